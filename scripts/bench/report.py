#!/usr/bin/env python3
"""Compare the engine with native tract and onnxruntime; print tables and RESULT lines.

Reads in DIRECTORY what the three have printed (engine.txt, tract.txt, onnxruntime.txt: one line for
each model and round) and the outputs that they have left, which must be close to each other. Names
of models that others made begin with `r` and a number.

    report.py DIRECTORY
"""

import pathlib
import re
import statistics
import sys

import numpy as np

# Largest difference, by the largest number of the output, where a model has none of its own.
CLOSE = 1e-4


def medians(file):
    """Medians over the rounds: {model: [column, ...]}."""
    rows = {}
    for line in file.read_text().splitlines():
        name, *numbers = line.split()
        rows.setdefault(name, []).append([float(number) for number in numbers])
    return {name: [statistics.median(c) for c in zip(*rounds)] for name, rounds in rows.items()}


def difference(directory, name, other):
    """Between the engine's first output and that of another."""
    dtype = np.dtype((directory / f"{name}.dtype").read_text())
    ours, theirs = (np.fromfile(directory / f"{name}.{who}", dtype) for who in ("engine", other))
    if ours.shape != theirs.shape:
        return np.inf
    if dtype.kind != "f":
        return float(not np.array_equal(ours, theirs))
    ours, theirs = ours.astype("f8"), theirs.astype("f8")
    return np.abs(ours - theirs).max(initial=0) / max(np.abs(theirs).max(initial=0), 1e-30)


def table(directory, names, measured):
    """Prints a table; gives the ratios to both, and of a whole request to tract."""
    engine, tract, onnxruntime = measured
    print(
        f"{'model':30}{'ours':>9}{'tract':>9}{'ort':>9}{'/tract':>9}{'/ort':>9}"
        f"{'request':>9}{'load':>9}{'MiB':>7}"
    )
    to_tract, to_ort, request_to_tract = [], [], []
    for name in names:
        run, request, load, kept = engine[name]
        (ort,) = onnxruntime[name]
        close = directory / f"{name}.close"
        close = float(close.read_text()) if close.exists() else CLOSE
        distance = difference(directory, name, "onnxruntime")
        if not distance <= close:
            sys.exit(f"error: {name}: outputs differ by {distance}")
        to_ort.append(run / ort)
        # Native tract does not load some of the models that others made.
        native, ratio = "—", "—"
        if name in tract:
            distance = difference(directory, name, "tract")
            if not distance <= close:
                print(f"note: {name}: native tract differs by {distance:.1e}")
            to_tract.append(run / tract[name][0])
            request_to_tract.append(request / tract[name][0])
            native, ratio = f"{tract[name][0]:.3f}", f"{to_tract[-1]:.2f}"
        print(
            f"{name:30}{run:9.3f}{native:>9}{ort:9.3f}{ratio:>9}{to_ort[-1]:9.2f}"
            f"{request:9.2f}{load:9.0f}{kept / 2**20:7.0f}"
        )
    return to_tract, to_ort, request_to_tract


def results(*given):
    for name, ratios in given:
        print(f"RESULT {name}_median {statistics.median(ratios):.2f}")
        print(f"RESULT {name}_max {max(ratios):.2f}")


def main():
    directory = pathlib.Path(sys.argv[1])
    measured = [medians(directory / f"{who}.txt") for who in ("engine", "tract", "onnxruntime")]
    real = [name for name in measured[0] if re.match(r"r\d", name)]
    own = [name for name in measured[0] if name not in real]
    print("A run on one thread, a whole request and loading, in ms; what stays in memory, in MiB.")
    to_tract, to_ort, request = table(directory, own, measured)
    results(
        ("engine_vs_tract", to_tract),
        ("engine_vs_onnxruntime", to_ort),
        ("engine_request_vs_tract", request),
    )
    # What a request costs beyond the run itself: the thread, the instance and its memory.
    run, request, *_ = measured[0]["mlp"]
    print(f"RESULT prepared_overhead_ms {request - run:.3f}")
    if real:
        print("\nModels that others made.")
        to_tract, to_ort, _ = table(directory, real, measured)
        results(("real_vs_tract", to_tract), ("real_vs_onnxruntime", to_ort))
        print(f"RESULT real_models_measured {len(to_ort)}")


if __name__ == "__main__":
    main()
