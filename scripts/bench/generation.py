#!/usr/bin/env python3
"""Measure a decoder as a step graph and as one Scan: see scripts/bench-generation.sh."""

import pathlib
import re
import resource
import subprocess
import sys

import numpy as np

import opgt
from decoder import Decoder

CONTEXT, BLOCK = 64, 32
# The least of so many measurements counts.
ROUNDS = 3


class Engine:
    """The program, and the files that it runs."""

    def __init__(self, program, directory, repeat):
        self.program, self.directory = program, pathlib.Path(directory)
        self.repeat = int(repeat)

    def run(self, model, tensors):
        """The only output, the fuel, the milliseconds of processor time of a prepared run, and the fuel of loading."""
        given, taken = self.directory / "input.opgt", self.directory / "output.opgt"
        given.write_bytes(opgt.encode(tensors))
        command = [self.program, "run", self.directory / model, given, "--output", taken]
        least = float("inf")
        for _ in range(ROUNDS):
            made, spent = processor([*command, "--repeat", str(self.repeat)])
            _, before = processor(command)
            least = min(least, (spent - before) * 1e3 / self.repeat)
        fuel, loading = re.search(r"fuel (\d+), .* took (\d+) fuel", made.stderr).groups()
        ((_, values),) = opgt.decode(taken.read_bytes())
        return values.reshape(-1), int(fuel), least, int(loading)


def processor(command):
    """The program's end, and the seconds of processor time that it took: those of the clock depend on what
    else the machine does."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    made = subprocess.run(command, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if made.returncode:
        sys.exit(made.stderr)
    return made, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def request(prompt, new):
    padded = np.full((1, CONTEXT), -1, "i8")
    padded[0, : len(prompt)] = prompt
    return [
        ("prompt", padded),
        ("max_new_tokens", np.array([new], "i8")),
        ("temperature", np.zeros(1, "f4")),
        ("top_k", np.zeros(1, "i8")),
        ("top_p", np.ones(1, "f4")),
        ("seed", np.zeros(1, "i8")),
    ]


def main():
    program, directory, repeat = sys.argv[1:]
    engine = Engine(program, directory, repeat)
    decoder = Decoder(4096, 256, 6, 8, 8, CONTEXT, BLOCK)
    parameters = sum(weight.size for weight in decoder.weights.values())
    for name, proto in (("step", decoder.step()), ("scan", decoder.scan())):
        (engine.directory / f"{name}.onnx").write_bytes(proto.SerializeToString())
    print(f"{parameters} parameters, context {CONTEXT}, block {BLOCK}")

    prompt = [int(token) for token in np.random.default_rng(1).integers(0, 4096, 48)]
    forced = np.full((CONTEXT, 1), -1, "i8")
    forced[:16, 0] = prompt[:16]
    chosen, *scan = engine.run("scan.onnx", [("prompt", forced)])
    rows = [("Scan: always 64 steps", *scan)]
    cases = (
        ("whole", "steps: prompt of 16, 48 new", 16, 48),
        ("early", "steps: prompt of 16, 8 new", 16, 8),
        ("long", "steps: prompt of 48, 1 new", 48, 1),
        ("short", "steps: prompt of 16, 1 new", 16, 1),
    )
    measured = {}
    for key, label, length, new in cases:
        tokens, *numbers = engine.run("step.onnx", request(prompt[:length], new))
        if length == 16 and list(tokens[:new]) != list(chosen[15 : 15 + new]):
            sys.exit(f"{label}: other tokens than the Scan: {tokens[:new]}, {chosen[15:15 + new]}")
        measured[key] = numbers
        rows.append((label, *numbers))
    print(f"{'':30} {'fuel':>14} {'ms':>9} {'load fuel':>14}")
    for label, fuel, millis, loading in rows:
        print(f"{label:30} {fuel:14} {millis:9.2f} {loading:14}")

    for unit, at in (("fuel", 0), ("ms", 1)):
        token = (measured["whole"][at] - measured["early"][at]) / 40
        block = measured["long"][at] - measured["short"][at]
        results = {
            "scan_token": scan[at] / CONTEXT,
            "step_token": token,
            "step_prompt_token": block / BLOCK,
            "early_stop_share_of_scan": measured["early"][at] / scan[at],
        }
        for name, value in results.items():
            shown = f"{value:.3f}" if value < 1000 else f"{value:.0f}"
            print(f"RESULT generation_{name}_{unit} {shown}")


if __name__ == "__main__":
    main()
