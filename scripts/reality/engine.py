"""Models in `opg-engine`, and in onnxruntime, called alike."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy as np
import onnxruntime

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "node/engine/scripts"))
import opgt  # noqa: E402

# What the chain allows, of fuel for loading and for a run alike: node/engine/README.md.
FUEL = 20_000_000_000
# What the chain carries itself, and what may lie outside of it.
MAX_INPUT, MAX_OUTPUT, MAX_CONTENT = 16 << 10, 4 << 10, 64 << 20


class Refused(Exception):
    """The engine does not take the model, or the input."""


def called(engine, *arguments):
    """What `opg-engine` says to these arguments."""
    done = subprocess.run(
        [engine, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "RUST_BACKTRACE": "0"},
    )
    if done.returncode != 0:
        raise Refused(done.stderr.strip().removeprefix("Error: "))
    return done


def fix(engine, model, changes, scratch):
    """The file of the changed model."""
    fixed = scratch / "fixed.onnx"
    called(engine, "fix", model, "-o", fixed, *changes)
    return fixed


class Ours:
    """A model with its dimensions, run by a new process each time, as the chain would."""

    def __init__(self, engine, model, dims):
        self.scratch = tempfile.TemporaryDirectory()
        self.file = pathlib.Path(self.scratch.name, "model.onnx")
        self.file.write_bytes(model)
        self.engine, self.dims = engine, [f"--dim={dim}" for dim in dims]
        # Of the largest run.
        self.fuel, self.milliseconds, self.input_bytes, self.output_bytes = 0, 0.0, 0, 0

    def call(self, command, *arguments):
        return called(self.engine, command, self.file, *self.dims, *arguments)

    def inspect(self):
        return json.loads(self.call("inspect").stdout)

    def run(self, feeds):
        given, out = (pathlib.Path(self.scratch.name, name) for name in ("in.opgt", "out.opgt"))
        given.write_bytes(opgt.encode(list(feeds.items())))
        said = self.call("run", given, f"--output={out}", f"--fuel={10 * FUEL}").stderr
        fuel, milliseconds = re.search(r"fuel (\d+), ([\d.]+) ms", said).groups()
        self.fuel = max(self.fuel, int(fuel))
        self.milliseconds = max(self.milliseconds, float(milliseconds))
        self.input_bytes = max(self.input_bytes, given.stat().st_size)
        self.output_bytes = max(self.output_bytes, out.stat().st_size)
        return dict(opgt.decode(out.read_bytes()))


class Theirs:
    """The same in onnxruntime, one thread."""

    def __init__(self, model):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(
            model if isinstance(model, bytes) else str(model),
            options,
            providers=["CPUExecutionProvider"],
        )

    def run(self, feeds):
        names = [output.name for output in self.session.get_outputs()]
        return dict(zip(names, self.session.run(names, feeds), strict=True))


def difference(ours, theirs):
    """The largest difference, as a part of the largest number of that output; 1 or more where
    integers differ. Types, names and shapes must be the same.
    """
    if list(ours) != list(theirs):
        raise AssertionError(f"outputs {list(ours)} instead of {list(theirs)}")
    worst = 0.0
    for name, wanted in theirs.items():
        got, wanted = np.asarray(ours[name]), np.asarray(wanted)
        if (got.dtype, got.shape) != (wanted.dtype, wanted.shape):
            shapes = f"{got.dtype}{got.shape} instead of {wanted.dtype}{wanted.shape}"
            raise AssertionError(f"{name} is {shapes}")
        if wanted.dtype.kind != "f":
            worst = max(worst, float(not np.array_equal(got, wanted)))
            continue
        if not (np.isfinite(got).all() and np.isfinite(wanted).all()):
            raise AssertionError(f"{name} is not finite")
        if wanted.size:
            gap = np.abs(got.astype("f8") - wanted.astype("f8")).max()
            worst = max(worst, float(gap / max(np.abs(wanted.astype("f8")).max(), 1e-30)))
    return worst
