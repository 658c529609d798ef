#!/usr/bin/env python3
"""Write the models of the reality suite, with their inputs, for scripts/bench-engine.sh.

For each: <name>.onnx with every dimension bound, <name>.input and <name>.npz as models.py writes
them, with what the model is run on last in the suite. Prints the names. What the engine refuses is
left out. Run it with the Python of the reality suite.

    reality.py OPG_ENGINE DIRECTORY
"""

import pathlib
import re
import subprocess
import sys
import tempfile

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts/reality"))

import cases  # noqa: E402
import suite  # noqa: E402
from engine import Theirs, fix, opgt  # noqa: E402

LOADS = "import sys; from engine import Theirs; Theirs(sys.argv[1])"


class Recorder:
    """A session that keeps what it was last given."""

    def __init__(self, model):
        self.theirs, self.feeds = Theirs(model), {}

    def run(self, feeds):
        self.feeds = feeds
        return self.theirs.run(feeds)


def closed(case, engine, scratch):
    """The model with its dimensions bound in the file."""
    file, changed = suite.model(case, engine, scratch)
    if not case.dims:
        return changed
    file = scratch / "changed.onnx"
    file.write_bytes(changed)
    dims = [f"--dim={dim}" for dim in case.dims.split()]
    return fix(engine, file, dims, scratch).read_bytes()


def main():
    engine, directory = sys.argv[1], pathlib.Path(sys.argv[2])
    for number, case in enumerate(case for case in cases.CASES if not case.refused):
        name = f"r{number:02}_{re.sub('[^a-z0-9]+', '_', case.name.lower())[:24].strip('_')}"
        with tempfile.TemporaryDirectory() as scratch:
            model = closed(case, engine, pathlib.Path(scratch))
        (directory / f"{name}.onnx").write_bytes(model)
        # In a process of its own: onnxruntime has bugs once dimensions are bound, and can crash.
        command = [sys.executable, "-c", LOADS, (directory / f"{name}.onnx").resolve()]
        folder = ROOT / "scripts/reality"
        if subprocess.run(command, cwd=folder, stderr=subprocess.DEVNULL).returncode != 0:
            print(f"{case.name}: onnxruntime does not load it", file=sys.stderr)
            (directory / f"{name}.onnx").unlink()
            continue
        recorder = Recorder(model)
        case.play(recorder, case.feeds())
        order = [given.name for given in recorder.theirs.session.get_inputs()]
        feeds = {name: np.asarray(recorder.feeds[name]) for name in order}
        (directory / f"{name}.input").write_bytes(opgt.encode(list(feeds.items())))
        np.savez(directory / f"{name}.npz", **feeds)
        (directory / f"{name}.close").write_text(f"{max(case.tolerance, 1e-4)}\n")
        print(name, flush=True)


if __name__ == "__main__":
    main()
