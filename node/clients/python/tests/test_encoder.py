"""Encoders with their decoders: what is imported computes what the files say, or is refused."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from encoder_reference import END, Reference, Small
from language_files import ENGINE, Steps, generated
from onnx import numpy_helper
from tokenizers import Tokenizer

from opg import language
from opg.language.__main__ import main
from opg.language.t5 import groups

CONTEXT = 48
PROMPTS = [[5, 17, 30, 3, END], [9, END], [*range(2, 40), END]]
PAIR = os.environ.get("OPG_T5", "")
TITLES = [
    "fix the failing unit tests in the payment module and update the changelog",
    "Add dark mode to the settings page",
    "write documentation for the new inference API",
    "Upgrade React to version 19 and fix type errors",
]


def write(folder: Path) -> Path:
    small = Small().write(folder)
    words = {"<pad>": 0, "</s>": 1, "<unk>": 2}
    (folder / "tokenizer.json").write_text(
        Tokenizer.from_str(
            '{"version":"1.0","model":{"type":"WordLevel","unk_token":"<unk>","vocab":'
            + str(words).replace("'", '"')
            + "}}"
        ).to_str()
    )
    return small


@pytest.mark.parametrize(("kind", "atol"), [("f32", 2e-4), ("f16", 0.1), ("int8", 2e-4)])
def test_pair_should_give_the_tokens_of_the_reference(
    tmp_path: Path, kind: language.Kind, atol: float
) -> None:
    folder = write(tmp_path)
    made = language.import_model(folder, tmp_path / "out", weights=kind, context=CONTEXT)
    onnx.checker.check_model(onnx.load(made.model))
    steps, reference = Steps(made.model, is_exact=True), Reference(folder)
    for prompt in PROMPTS:
        steps.reset()
        answer: list[int] = []
        logits = steps.feed(prompt, CONTEXT)
        while len(prompt) + len(answer) < CONTEXT - 1:
            expected = reference.logits(prompt, answer)[-1]
            np.testing.assert_allclose(logits, expected, rtol=0, atol=atol)
            answer.append(int(expected.argmax()))
            logits = steps.feed(answer[-1:], 1)
        assert len(set(answer)) > 1


@pytest.mark.skipif(not ENGINE, reason="OPG_ENGINE is not set")
def test_engine_should_give_the_tokens_of_the_reference(tmp_path: Path) -> None:
    folder = write(tmp_path)
    made = language.import_model(folder, tmp_path / "out", weights="f32", context=CONTEXT)
    reference = Reference(folder)
    for prompt in PROMPTS:
        count = CONTEXT - len(prompt)
        assert generated(made.model, prompt, count) == reference.greedy(prompt, count)
    assert generated(made.model, [END], 5) == [END]


def test_empty_text_should_have_an_empty_answer(tmp_path: Path) -> None:
    made = language.import_model(write(tmp_path), tmp_path / "out", context=CONTEXT)
    assert Steps(made.model).feed([END], 1).argmax() == END


def test_groups_should_be_those_of_the_paper() -> None:
    distances = np.array([-200, -128, -127, -20, -9, -8, -7, -1, 0, 1, 7, 8, 20, 500])
    assert groups(distances, 32, both_ways=True).tolist() == [
        15, 15, 15, 10, 8, 8, 7, 1, 0, 17, 23, 24, 26, 31,
    ]  # fmt: skip
    assert groups(distances, 32, both_ways=False).tolist() == [
        31, 31, 31, 17, 9, 8, 7, 1, 0, 0, 0, 0, 0, 0,
    ]  # fmt: skip


def test_same_pair_should_give_the_same_bytes(tmp_path: Path) -> None:
    folder = write(tmp_path)
    made = [language.import_model(folder, tmp_path / at, context=CONTEXT) for at in "ab"]
    assert made[0].model.read_bytes() == made[1].model.read_bytes()


def test_command_should_say_what_it_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write(tmp_path)
    assert main(["import", str(folder), "--out", str(tmp_path / "out"), "--weights", "int8"]) == 0
    told = capsys.readouterr().out
    assert "encoder    2 layers, width 64, 4 heads" in told
    assert "decoder    3 layers" in told
    assert "stops at   1" in told


def test_pair_should_be_refused_when_it_is_no_t5(tmp_path: Path) -> None:
    folder = write(tmp_path)

    def refused(change: str, file: str, text: str) -> None:
        path = folder / file
        before = path.read_bytes()
        model = onnx.load(str(path))
        for tensor in list(model.graph.initializer):
            array = numpy_helper.to_array(tensor)
            if change == "norm" and tensor.name.endswith("1.layer_norm.weight"):
                model.graph.initializer.remove(tensor)
            elif change == "zero" and tensor.name.endswith("MatMul_900_zero_point"):
                tensor.CopyFrom(numpy_helper.from_array(array + np.int8(1), tensor.name))
            elif change == "shape" and tensor.name.endswith("MatMul_900_quantized"):
                tensor.CopyFrom(numpy_helper.from_array(array[:-32], tensor.name))
            elif (change == "bias" and "relative" in tensor.name) or (
                change == "scale" and tensor.name.endswith("MatMul_900_scale")
            ):
                model.graph.initializer.remove(tensor)
        path.write_bytes(model.SerializeToString() if change else b"\xff\xff")
        with pytest.raises(language.ImportRefused, match=text):
            language.import_model(folder, tmp_path / "out", context=CONTEXT)
        path.write_bytes(before)

    refused("norm", "encoder.onnx", "other matrices or norms")
    refused("zero", "encoder.onnx", "no matrix of i8 around zero")
    refused("shape", "decoder.onnx", "other matrices or norms")
    refused("bias", "decoder.onnx", "is it T5")
    refused("scale", "encoder.onnx", "has no onnx::MatMul_900_scale")
    refused("", "decoder.onnx", "no ONNX file")
    for context in (0, 7, 10_000):
        with pytest.raises(language.ImportRefused, match="a context of"):
            language.import_model(folder, tmp_path / "out", context=context)
    (folder / "tokenizer.json").unlink()
    with pytest.raises(language.ImportRefused, match="give one with --tokenizer"):
        language.import_model(folder, tmp_path / "out", context=CONTEXT)
    (folder / "decoder.onnx").unlink()
    with pytest.raises(language.ImportRefused, match=r"config\.json"):
        language.import_model(folder, tmp_path / "out", context=CONTEXT)


def ended(tokens: list[int]) -> list[int]:
    """Tokens up to the one that ends an answer."""
    return tokens[: tokens.index(END) + 1] if END in tokens else tokens


@pytest.mark.skipif(not PAIR, reason="OPG_T5 is not set")
def test_titles_should_be_those_of_the_model(tmp_path: Path) -> None:
    """The pair of traceforge-title-model 0.2.0: `scripts/test-python.sh --language` fetches it."""
    folder = Path(PAIR)
    reference, text = Reference(folder), Tokenizer.from_file(str(folder / "tokenizer.json"))
    made = language.import_model(folder, tmp_path / "f32", weights="f32")
    exact = Steps(made.model)
    made = language.import_model(folder, tmp_path / "int8", weights="int8")
    rounded = Steps(made.model)
    encoder, decoder = (
        onnxruntime.InferenceSession(folder / f"{part}.onnx") for part in ("encoder", "decoder")
    )
    same = 0
    for title in TITLES:
        prompt = text.encode(title).ids
        expected = reference.greedy(prompt, 40)
        found = [ended(steps.greedy(prompt, 40, made.context)) for steps in (exact, rounded)]
        assert found[0] == expected
        whole = np.ones((1, len(prompt)), np.int64)
        states = encoder.run(None, {"input_ids": np.array([prompt]), "attention_mask": whole})[0]
        theirs: list[int] = []
        while len(theirs) < 40 and END not in theirs:
            given = {
                "input_ids": np.array([[0, *theirs]]),
                "encoder_hidden_states": states,
                "encoder_attention_mask": whole,
            }
            theirs.append(int(decoder.run(None, given)[0][0, -1].argmax()))
        same += found[1] == theirs
        print(f"\n{text.decode(theirs)} | {text.decode(found[1])}")
    print(f"\nRESULT language_titles_same {same / len(TITLES):.2f}")
    assert same >= 3
