#!/usr/bin/env python3
"""Models whose inputs or outputs are too long for the chain; see scripts/large.sh.

usage: large.py prepare ENGINE DIR     writes NAME.onnx, NAME.dims and NAME.opgt of each, prints the names
       large.py compare DIR NAME OUT   compares an answer, as it came over the chain, with onnxruntime
"""

import pathlib
import sys
import tempfile

import onnx

import cases
import inputs
import minilm
from engine import MAX_INPUT, MAX_OUTPUT, Theirs, difference, fix, opgt

TOKENS = 128


def passage():
    """Tokens of a text, all of whose places are wanted, not their mean."""
    text = " ".join(cases.SENTENCES * 8)
    ids, mask = cases.encode(cases.MINILM, f"{cases.MINILM_FOLDER}/tokenizer.json", text, TOKENS)
    return {"input_ids": ids, "attention_mask": mask}


def embedding(engine, scratch):
    """MiniLM with a vector for each token. Weights are halves, as it would be published."""
    folder = cases.located(cases.MINILM, f"{cases.MINILM_FOLDER}/model.safetensors")
    made = scratch / "made.onnx"
    onnx.save(
        minilm.export(folder, TOKENS), made, save_as_external_data=True, location="made.weights"
    )
    return fix(engine, made, ("--half",), scratch)


def located(file):
    return lambda engine, scratch: cases.located(cases.RAPIDOCR, f"{cases.RAPIDOCR_FOLDER}/{file}")


# By name: the file, the sizes of its dimensions, an input, and the most that it differs by.
LARGE = {
    "detector": (
        located("ch_PP-OCRv4_det_infer.onnx"),
        "p2o.DynamicDimension.0=1 p2o.DynamicDimension.1=160 p2o.DynamicDimension.2=160",
        lambda: {"x": cases.scaled(inputs.text(cases.WORDS, 160, 160))},
        1e-4,
    ),
    "ocr": (
        located("ch_PP-OCRv4_rec_infer.onnx"),
        "p2o.DynamicDimension.0=1 ?=48 p2o.DynamicDimension.1=112",
        lambda: {"x": cases.scaled(cases.words())},
        1e-4,
    ),
    "embedding": (embedding, "", passage, 1e-4),
}


def prepare(engine, folder):
    for name, (make, dims, feeds, _) in LARGE.items():
        with tempfile.TemporaryDirectory() as scratch:
            model = make(engine, pathlib.Path(scratch)).read_bytes()
        (folder / f"{name}.onnx").write_bytes(model)
        (folder / f"{name}.dims").write_text("".join(f"--dim={dim}\n" for dim in dims.split()))
        (folder / f"{name}.opgt").write_bytes(opgt.encode(list(feeds().items())))
        print(name)


def compare(folder, name, answer):
    given, said = folder / f"{name}.opgt", answer.read_bytes()
    assert given.stat().st_size > MAX_INPUT or len(said) > MAX_OUTPUT, "the chain would carry it"
    ours = dict(opgt.decode(said))
    feeds = dict(opgt.decode(given.read_bytes()))
    theirs = Theirs((folder / f"{name}.onnx").read_bytes()).run(feeds)
    gap, allowed = difference(ours, theirs), LARGE[name][3]
    print(
        f"{name}: {given.stat().st_size} bytes in, {len(said)} out,"
        f" differs from onnxruntime by {gap:.0e} of {allowed:.0e}"
    )
    assert gap <= allowed, gap
    if name == "ocr":
        (scores,) = ours.values()
        cases.reads(cases.alphabet(), scores[0].argmax(-1).tolist())


if __name__ == "__main__":
    command, *rest = sys.argv[1:]
    if command == "prepare":
        prepare(rest[0], pathlib.Path(rest[1]))
    else:
        compare(pathlib.Path(rest[0]), rest[1], pathlib.Path(rest[2]))
