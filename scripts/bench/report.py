#!/usr/bin/env python3
"""Compare the engine with native tract and onnxruntime; print a table and RESULT lines.

Reads in DIRECTORY what the three have printed (engine.txt, tract.txt, onnxruntime.txt: one line for
each model and round) and the outputs that they have left, which must be close to each other.

    report.py DIRECTORY
"""

import pathlib
import statistics
import sys

import numpy as np

# Largest difference, by the largest number of the output.
CLOSE = 1e-4


def medians(file):
    """Medians over the rounds: {model: [column, ...]}."""
    rows = {}
    for line in file.read_text().splitlines():
        name, *numbers = line.split()
        rows.setdefault(name, []).append([float(number) for number in numbers])
    return {name: [statistics.median(c) for c in zip(*rounds)] for name, rounds in rows.items()}


def main():
    directory = pathlib.Path(sys.argv[1])
    engine, tract, onnxruntime = (
        medians(directory / f"{who}.txt") for who in ("engine", "tract", "onnxruntime")
    )
    print("A run on one thread, a whole request and loading, in ms; what stays in memory, in MiB.")
    print(
        f"{'model':12}{'ours':>9}{'tract':>9}{'ort':>9}{'/tract':>9}{'/ort':>9}"
        f"{'request':>9}{'load':>9}{'MiB':>7}"
    )
    to_tract, to_ort, request_to_tract = [], [], []
    for name, (run, request, load, kept) in engine.items():
        (native,), (ort,) = tract[name], onnxruntime[name]
        outputs = [
            np.fromfile(directory / f"{name}.{who}", np.float32)
            for who in ("engine", "tract", "onnxruntime")
        ]
        for other in outputs[1:]:
            distance = np.abs(outputs[0] - other).max() / np.abs(other).max()
            if not distance <= CLOSE:
                sys.exit(f"error: {name}: outputs differ by {distance}")
        to_tract.append(run / native)
        to_ort.append(run / ort)
        request_to_tract.append(request / native)
        print(
            f"{name:12}{run:9.3f}{native:9.3f}{ort:9.3f}{to_tract[-1]:9.2f}{to_ort[-1]:9.2f}"
            f"{request:9.2f}{load:9.0f}{kept / 2**20:7.0f}"
        )
    for name, ratios in [
        ("engine_vs_tract", to_tract),
        ("engine_vs_onnxruntime", to_ort),
        ("engine_request_vs_tract", request_to_tract),
    ]:
        print(f"RESULT {name}_median {statistics.median(ratios):.2f}")
        print(f"RESULT {name}_max {max(ratios):.2f}")
    # What a request costs beyond the run itself: the thread, the instance and its memory.
    run, request, *_ = engine["mlp"]
    print(f"RESULT prepared_overhead_ms {request - run:.3f}")


if __name__ == "__main__":
    main()
