#!/usr/bin/env python3
"""Write the models of the reality suite, with their inputs, for scripts/bench-engine.sh.

For each: <name>.onnx with every dimension bound, <name>.input and <name>.npz as models.py writes
them, with what the model is run on last in the suite. Prints the names. What the engine refuses is
left out. Run it with the Python of the reality suite.

    reality.py DIRECTORY
"""

import pathlib
import re
import sys
import tempfile

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts/reality"))

import cases  # noqa: E402
import fix  # noqa: E402
import suite  # noqa: E402
from engine import Theirs, opgt  # noqa: E402


class Recorder:
    """A session that keeps what it was last given."""

    def __init__(self, model):
        self.theirs, self.feeds = Theirs(model), {}

    def run(self, feeds):
        self.feeds = feeds
        return self.theirs.run(feeds)


def closed(case, scratch):
    """The model with its dimensions bound in the file."""
    file, changed = suite.model(case, scratch)
    if not case.dims:
        return changed
    file = scratch / "changed.onnx"
    file.write_bytes(changed)
    return fix.fix(file, [f"--dim={dim}" for dim in case.dims.split()])


def main():
    directory = pathlib.Path(sys.argv[1])
    for number, case in enumerate(case for case in cases.CASES if not case.refused):
        name = f"r{number:02}_{re.sub('[^a-z0-9]+', '_', case.name.lower())[:24].strip('_')}"
        with tempfile.TemporaryDirectory() as scratch:
            model = closed(case, pathlib.Path(scratch))
        try:
            recorder = Recorder(model)
        except Exception as error:  # onnxruntime has bugs of its own once dimensions are bound.
            print(f"{case.name}: onnxruntime does not load it: {error}", file=sys.stderr)
            continue
        case.play(recorder, case.feeds())
        order = [given.name for given in recorder.theirs.session.get_inputs()]
        feeds = {name: np.asarray(recorder.feeds[name]) for name in order}
        (directory / f"{name}.onnx").write_bytes(model)
        (directory / f"{name}.input").write_bytes(opgt.encode(list(feeds.items())))
        np.savez(directory / f"{name}.npz", **feeds)
        (directory / f"{name}.close").write_text(f"{max(case.tolerance, 1e-4)}\n")
        print(name, flush=True)


if __name__ == "__main__":
    main()
