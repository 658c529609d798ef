#!/usr/bin/env python3
"""Magika, which tells what a file is, with its model run by somebody else: see scripts/demo.sh.

usage: what_is.py model OUT.onnx
           writes the model out of the package
       what_is.py label FILE INPUT.opgt ANSWER.opgt
           says what the package makes of an answer about this file. Fails where the input is not what the
           package gives its model, or its own run of the model says something else
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
    package._onnx_session = Recorded(scores)
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
    ((_, asked),) = opgt.decode(pathlib.Path(arguments[1]).read_bytes())
    ((_, scores),) = opgt.decode(pathlib.Path(arguments[2]).read_bytes())
    attested, given = told(file, scores)
    if asked.dtype != given.dtype or not np.array_equal(asked, given):
        sys.exit(f"{file}: the chain was asked about other bytes than the package takes")
    own = magika.Magika().identify_path(file)
    print(f"by the chain:   {shown(attested)}\nby onnxruntime: {shown(own)}")
    if attested.output.label != own.output.label or abs(attested.score - own.score) > 1e-4:
        sys.exit("they differ")


if __name__ == "__main__":
    if len(sys.argv) != {"model": 3, "label": 5}.get("".join(sys.argv[1:2])):
        sys.exit(__doc__)
    main(*sys.argv[1:])
