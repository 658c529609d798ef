#!/usr/bin/env python3
"""Magika, which tells what a file is, with its model run by somebody else: see scripts/demo.sh.

usage: what_is.py model OUT.onnx          writes the model out of the package
       what_is.py input FILE OUT.opgt     writes what the package would give its model for this file
       what_is.py label FILE ANSWER.opgt  says what the package makes of an answer about this file, and
                                          fails where its own run of the model says something else
"""

import pathlib
import shutil
import sys

import magika
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "node/engine/scripts"))
import opgt  # noqa: E402

MODEL = pathlib.Path(magika.__file__).parent / "models/standard_v3_3/model.onnx"
INPUT = "bytes"


class Recorded:
    """In place of the package's session of onnxruntime: keeps the input, gives these scores."""

    def __init__(self, scores):
        self.scores = scores
        self.given = None

    def run(self, _names, feeds):
        self.given = np.array(feeds[INPUT], "i4")
        return [self.scores]


def told(file, scores):
    """What the package says of a file by these scores, and what it gave its model."""
    package = magika.Magika()
    labels = len(package._target_labels_space)
    package._onnx_session = Recorded(np.zeros((1, labels), "f4") if scores is None else scores)
    result = package.identify_path(file)
    if package._onnx_session.given is None:
        sys.exit(f"{file}: Magika does not ask its model: {result.output.description}")
    return result, package._onnx_session.given


def shown(result):
    return f"{result.output.label}: {result.output.description}, {100 * result.score:.1f} %"


def main(command, *arguments):
    if command == "model":
        shutil.copy(MODEL, arguments[0])
        return
    file = pathlib.Path(arguments[0])
    if not file.is_file():
        sys.exit(f"{file} is no file")
    if command == "input":
        _, given = told(file, None)
        pathlib.Path(arguments[1]).write_bytes(opgt.encode([(INPUT, given)]))
        print(f"{file.name}: {given.size} numbers of its first and last bytes")
        return
    ((_, scores),) = opgt.decode(pathlib.Path(arguments[1]).read_bytes())
    attested, _ = told(file, scores)
    own = magika.Magika().identify_path(file)
    print(f"by the chain:   {shown(attested)}\nby onnxruntime: {shown(own)}")
    if attested.output.label != own.output.label or abs(attested.score - own.score) > 1e-4:
        sys.exit("they differ")


if __name__ == "__main__":
    if len(sys.argv) != {"model": 3, "input": 4, "label": 4}.get("".join(sys.argv[1:2])):
        sys.exit(__doc__)
    main(*sys.argv[1:])
