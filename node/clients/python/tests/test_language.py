"""Language models: what is imported computes what the files say, or is refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from gguf import GGMLQuantizationType as Type
from language_files import ENGINE, MERGES, TEMPLATE, TOKENS, Small, Steps, generated
from language_reference import Reference, of_folder, of_gguf
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer

from opg import language
from opg.language.__main__ import main
from opg.language.weights import Blocks, Kind, as_kind, dense, quantised, stacked
from opg.text import TextModel

PROMPT = [5, 17, 250, 3, 99, 42, 7] * 5
"""Longer than a block, and not a multiple of one."""
LLAMA3 = {
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}


def assert_same(steps: Steps, reference: Reference, count: int = 200) -> None:
    """Logits are close, and the greedy tokens the same, with and without blocks."""
    expected = reference.logits(PROMPT)[-1]
    for block in (1, 32):
        steps.reset()
        np.testing.assert_allclose(steps.feed(PROMPT, block), expected, rtol=0, atol=2e-4)
    assert steps.greedy(PROMPT, count) == reference.greedy(PROMPT, count)
    # A random model soon repeats itself; behind random tokens it does not.
    assert agreement(steps, reference) == 1


@pytest.mark.skipif(not ENGINE, reason="OPG_ENGINE is not set")
@pytest.mark.parametrize("heads", [(4, 2), (4, 4), (4, 1)])
def test_engine_should_give_the_tokens_of_the_reference(
    tmp_path: Path, heads: tuple[int, int]
) -> None:
    small = Small(heads=heads[0], kv_heads=heads[1], has_biases=True)
    folder = small.write_folder(tmp_path / "hf")
    imported = language.import_model(folder, tmp_path / "out", weights="f32", context=96)
    expected = of_folder(folder).greedy(PROMPT, 60)
    found = generated(imported.model, PROMPT, 60)
    assert found == expected[: len(found)]
    assert len(found) == 60 or found[-1] in imported.decoder.stop


def agreement(steps: Steps, reference: Reference) -> float:
    """The share of places of a random text at which both find the same token the most likely."""
    text = np.random.default_rng(3).integers(0, len(TOKENS), 200).tolist()
    steps.reset()
    own = [int(steps.feed([token], 1).argmax()) for token in text]
    assert len(set(own)) > 20
    return float((reference.logits(text).argmax(1) == np.array(own)).mean())


# --- Computes what the files say.


def test_folder_should_give_the_tokens_of_the_reference(tmp_path: Path) -> None:
    folder = Small().write_folder(tmp_path / "hf")
    imported = language.import_model(folder, tmp_path / "out", weights="f32", context=256)
    assert_same(Steps(imported.model), of_folder(folder))


def test_gguf_should_give_the_tokens_of_the_reference(tmp_path: Path) -> None:
    file = Small().write_gguf(tmp_path / "m.gguf")
    imported = language.import_model(file, tmp_path / "out", weights="f32", context=256)
    assert_same(Steps(imported.model), of_gguf(file))


def test_gguf_and_folder_of_one_model_should_give_the_same_file(tmp_path: Path) -> None:
    small = Small(theta=500000.0)
    folder, file = small.write_folder(tmp_path / "hf"), small.write_gguf(tmp_path / "m.gguf")
    for weights in Kind:
        one, other = (
            language.import_model(source, tmp_path / "out", weights=weights).model.read_bytes()
            for source in (folder, file)
        )
        assert one == other, weights


@pytest.mark.parametrize(
    "small",
    [
        Small(is_tied=False),
        Small(kv_heads=4),
        Small(heads=2, kv_heads=1, layers=1),
        Small(has_biases=True),
        Small(theta=500000.0, config={"rope_scaling": LLAMA3}),
        Small(config={"rope_scaling": {"rope_type": "linear", "factor": 2.0}}),
    ],
    ids=["untied", "no groups", "one key-value head", "biases", "llama3", "linear"],
)
def test_features_should_give_the_tokens_of_the_reference(tmp_path: Path, small: Small) -> None:
    folder = small.write_folder(tmp_path / "hf")
    imported = language.import_model(folder, tmp_path / "out", weights="f32", context=256)
    assert_same(Steps(imported.model), of_folder(folder), count=40)


def test_gguf_should_have_its_architectures_and_features(tmp_path: Path) -> None:
    speeds = {"rope_freqs.weight": np.linspace(1, 8, 8).astype(np.float32)}
    cases: list[tuple[Small, dict[str, Any]]] = [
        (Small(is_tied=False, has_biases=True), {}),
        (Small(has_biases=True), {"architecture": "qwen2", "pre": "qwen2"}),
        (Small(), {"extra": speeds, "pre": "llama-bpe"}),
        # llama.cpp takes a factor without a type as linear, and knows an older name of it.
        (Small(), {"facts": {"llama.rope.scaling.factor": 4.0}}),
        (Small(), {"facts": {"llama.rope.scale_linear": 4.0}}),
        (Small(), {"facts": {"llama.rope.scaling.type": "none", "llama.rope.scaling.factor": 4.0}}),
        (
            Small(),
            {"facts": {"llama.rope.scaling.type": "linear", "llama.rope.scaling.factor": 2.0}},
        ),
    ]
    for small, options in cases:
        file = small.write_gguf(tmp_path / "m.gguf", **options)
        imported = language.import_model(file, tmp_path / "out", weights="f32", context=256)
        assert_same(Steps(imported.model), of_gguf(file), count=20)


def test_shards_should_be_read_as_one_file_is(tmp_path: Path) -> None:
    one = Small().write_folder(tmp_path / "one")
    three = Small().write_folder(tmp_path / "three", shards=3)
    files = [
        language.import_model(folder, tmp_path / "out").model.read_bytes()
        for folder in (one, three)
    ]
    assert files[0] == files[1]


@pytest.mark.parametrize("dtype", ["F16", "BF16", "F64"])
def test_element_types_of_safetensors_should_be_read(tmp_path: Path, dtype: str) -> None:
    small, folder = Small(layers=1), tmp_path / "hf"
    small.write_folder(folder)
    rounded, header, data = {}, dict[str, Any](), b""
    for name, array in small.tensors().items():
        if dtype == "BF16":
            upper = (array.view(np.uint32) >> 16).astype(np.uint16)
            rounded[name], stored = (
                (upper.astype(np.uint32) << 16).view(np.float32),
                upper.tobytes(),
            )
        else:
            narrow = array.astype(np.float16 if dtype == "F16" else np.float64)
            rounded[name], stored = narrow.astype(np.float32), narrow.tobytes()
        offsets = [len(data), len(data) + len(stored)]
        header[name] = {"dtype": dtype, "shape": array.shape, "data_offsets": offsets}
        data += stored
    text = json.dumps(header).encode()
    file = len(text).to_bytes(8, "little") + text + data
    (folder / "model.safetensors").write_bytes(file)
    imported = language.import_model(folder, tmp_path / "out", weights="f32")
    table = next(t for t in onnx.load(imported.model).graph.initializer if t.name == "embed.weight")
    assert onnx.numpy_helper.to_array(table).tobytes() == (
        rounded["model.embed_tokens.weight"].tobytes()
    )


# --- Weights.


@pytest.mark.parametrize("kind", [Type.Q4_0, Type.Q4_1, Type.Q4_K, Type.Q8_0])
def test_blocks_of_gguf_should_keep_their_numbers(tmp_path: Path, kind: Type) -> None:
    small = Small(width=256, feed_forward=512) if kind == Type.Q4_K else Small()
    file = small.write_gguf(tmp_path / "m.gguf", matrices=kind)
    weights = Kind.INT8 if kind == Type.Q8_0 else Kind.INT4
    imported = language.import_model(file, tmp_path / "out", weights=weights)
    steps = Steps(imported.model, is_exact=True)
    expected = of_gguf(file).logits(PROMPT)[-1]
    np.testing.assert_allclose(steps.feed(PROMPT), expected, rtol=0, atol=2e-4)


@pytest.mark.parametrize("kind", [Type.Q4_0, Type.Q4_1])
def test_blocks_of_4_bits_should_keep_their_numbers_in_8(tmp_path: Path, kind: Type) -> None:
    file = Small().write_gguf(tmp_path / "m.gguf", matrices=kind)
    logits = []
    for weights in (Kind.INT4, Kind.INT8):
        imported = language.import_model(file, tmp_path / weights.value, weights=weights)
        logits.append(Steps(imported.model, is_exact=True).feed(PROMPT))
    np.testing.assert_allclose(logits[0], logits[1], rtol=0, atol=2e-4)


@pytest.mark.parametrize("embedding", [Type.Q4_0, Type.Q4_1, Type.F16])
def test_embeddings_of_each_type_should_take_8_bits(tmp_path: Path, embedding: Type) -> None:
    file = Small().write_gguf(tmp_path / "m.gguf", matrices=Type.Q4_0, embedding=embedding)
    imported = language.import_model(file, tmp_path / "out")
    tables = {tensor.name: tensor for tensor in onnx.load(imported.model).graph.initializer}
    assert list(tables["embed.codes"].dims) == [len(TOKENS), 2, 32]
    logits = Steps(imported.model, is_exact=True).feed(PROMPT)
    expected = of_gguf(file).logits(PROMPT)[-1]
    atol = 2e-4 if embedding == Type.Q4_0 else 0.5
    np.testing.assert_allclose(logits, expected, rtol=0, atol=atol)


@pytest.mark.parametrize("kind", [Type.F16, Type.Q5_0, Type.Q5_1])
def test_other_types_of_gguf_should_be_read_as_numbers(tmp_path: Path, kind: Type) -> None:
    file = Small().write_gguf(tmp_path / "m.gguf", matrices=kind)
    imported = language.import_model(file, tmp_path / "out", weights="f32", context=256)
    assert_same(Steps(imported.model), of_gguf(file), count=20)


def test_rounded_weights_should_mostly_agree(tmp_path: Path) -> None:
    folder = Small().write_folder(tmp_path / "hf")
    reference = of_folder(folder)
    found = {}
    for kind in Kind:
        imported = language.import_model(folder, tmp_path / kind.value, weights=kind)
        found[kind] = agreement(Steps(imported.model), reference)
    assert found[Kind.F32] == 1
    assert found[Kind.F16] >= 0.98, found
    # Random numbers are the worst there is to round.
    assert found[Kind.INT8] >= 0.9, found
    assert found[Kind.INT4] >= 0.4, found


def test_width_that_is_no_multiple_of_a_block_should_be_padded(tmp_path: Path) -> None:
    small = Small(width=80, heads=5, kv_heads=1, feed_forward=72)
    folder = small.write_folder(tmp_path / "hf")
    reference = of_folder(folder).logits(PROMPT)[-1]
    for kind, atol in ((Kind.INT8, 0.5), (Kind.F32, 2e-4)):
        imported = language.import_model(folder, tmp_path / "out", weights=kind)
        logits = Steps(imported.model, is_exact=True).feed(PROMPT)
        np.testing.assert_allclose(logits, reference, rtol=0, atol=atol)


def test_quantised_blocks_should_be_within_half_a_step() -> None:
    numbers = np.random.default_rng(0).standard_normal((7, 96)).astype(np.float32)
    numbers[0] = 0
    numbers[1, :32] = 5
    blocks = quantised(numbers, 8)
    steps = np.repeat(blocks.scales, 32, axis=1)
    assert (np.abs(blocks.dense() - numbers) <= steps * 0.501).all()
    error = np.abs(quantised(numbers, 4).dense() - numbers)
    assert (error.reshape(7, 3, 32).max(2) <= np.ptp(numbers.reshape(7, 3, 32), 2) / 6 + 0.34).all()
    assert not error[0].any()


def test_stacked_blocks_should_be_the_rows_of_all() -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 16, (2, 3, 32), dtype=np.uint8)
    scales = rng.random((2, 3), dtype=np.float32)
    plain = Blocks(4, 96, codes, scales)
    zeros = Blocks(4, 96, codes, scales, rng.integers(0, 16, (2, 3), dtype=np.uint8))
    offset = Blocks(4, 96, codes, scales, None, rng.random((2, 3), dtype=np.float32))
    parts = [plain, zeros, offset]
    expected = np.concatenate([part.dense() for part in parts])
    np.testing.assert_array_equal(dense(stacked(parts)), expected)
    for part in parts:
        np.testing.assert_array_equal(dense(as_kind(part, Kind.INT8)), part.dense())
    assert offset.offsets is not None
    flat = Blocks(4, 96, codes, np.where(scales < 0.5, 0, scales), None, offset.offsets)
    for part in (offset, flat):
        same, floats = part.with_float_zeros(offset.offsets)
        numbers = (same.codes - floats[..., None]) * same.scales[..., None]
        np.testing.assert_allclose(numbers.reshape(2, 96), part.dense(), rtol=0, atol=1e-5)


# --- The file.


def test_file_should_have_the_form_that_the_engine_drives(tmp_path: Path) -> None:
    small = Small()
    imported = language.import_model(small.write_folder(tmp_path / "hf"), tmp_path / "out")
    model = onnx.load(imported.model)
    onnx.checker.check_model(model)
    facts = {item.key: item.value for item in model.metadata_props}
    assert facts == {
        "opg.generate": "1",
        "opg.generate.context": "256",
        "opg.generate.block": "32",
        "opg.generate.stop": "261",
    }
    shapes = {
        item.name: [dim.dim_param or dim.dim_value for dim in item.type.tensor_type.shape.dim]
        for item in (*model.graph.input, *model.graph.output)
    }
    cache = [1, small.kv_heads, 256, small.head_width]
    assert shapes == {
        "input_ids": [1, "sequence"],
        "position": [1],
        "last": [1],
        "logits": [1, small.vocabulary],
        **{
            f"{side}.{layer}.{part}": cache
            for side in ("past_key_values", "present")
            for layer in range(small.layers)
            for part in ("key", "value")
        },
    }
    products = [node for node in model.graph.node if node.op_type == "MatMulNBits"]
    assert len(products) == 4 * small.layers + 1
    assert len(model.graph.node) <= 12 * small.layers + 24


def test_rows_before_the_position_should_be_kept(tmp_path: Path) -> None:
    imported = language.import_model(Small().write_folder(tmp_path / "hf"), tmp_path / "out")
    steps = Steps(imported.model)
    steps.feed(PROMPT)
    before = {name: array.copy() for name, array in steps.past.items()}
    steps.feed([1], 1)
    for name, array in steps.past.items():
        at = len(PROMPT)
        assert (array[:, :, at] != before[name][:, :, at]).any()
        # Nobody sees those behind it before they are written.
        np.testing.assert_array_equal(array[:, :, :at], before[name][:, :, :at])


def test_same_source_should_give_the_same_bytes(tmp_path: Path) -> None:
    file = Small().write_gguf(tmp_path / "m.gguf", matrices=Type.Q4_1)
    command = [sys.executable, "-m", "opg.language", "import", str(file), "--out"]
    written = []
    for seed in ("1", "2"):
        out = tmp_path / seed
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        subprocess.run([*command, str(out)], check=True, env=environment, capture_output=True)  # noqa: S603
        written.append([path.read_bytes() for path in sorted(out.iterdir())])
    assert written[0] == written[1]


# --- Tokenizers.


def test_tokenizer_of_gguf_should_make_its_tokens(tmp_path: Path) -> None:
    imported = language.import_model(Small().write_gguf(tmp_path / "m.gguf"), tmp_path / "out")
    tokenizer = Tokenizer.from_file(str(imported.tokenizer))
    texts = {
        "the": ["t", "he"],
        "see the 12": ["s", "e", "e", "Ġthe", "Ġ", "1", "2"],
        "<|start|>a<|im_end|><user>": ["<|start|>", "a", "<|im_end|>", "<user>"],
        "é": ["Ã", "©"],
    }
    for text, tokens in texts.items():
        encoding = tokenizer.encode(text)
        assert encoding.tokens == tokens
        assert encoding.ids == [TOKENS.index(token) for token in tokens]
        assert tokenizer.decode(encoding.ids, skip_special_tokens=False) == text
    assert tokenizer.decode([TOKENS.index("<|start|>"), TOKENS.index("a")]) == "a"
    config = json.loads(imported.tokenizer_config.read_text())
    assert config["chat_template"] == TEMPLATE
    assert (config["bos_token"], config["eos_token"]) == ("<|start|>", "<|im_end|>")


def test_rules_of_splitting_should_be_those_of_the_file(tmp_path: Path) -> None:
    numbers = {"smollm": ["1", "2"], "gpt-2": ["12"], "llama-bpe": ["<|start|>", "12"]}
    for pre, expected in numbers.items():
        file = Small().write_gguf(tmp_path / "m.gguf", pre=pre)
        imported = language.import_model(file, tmp_path / "out")
        assert Tokenizer.from_file(str(imported.tokenizer)).encode("12").tokens == expected


def test_tokenizer_of_a_folder_should_stay_as_it_is(tmp_path: Path) -> None:
    folder = Small().write_folder(tmp_path / "hf")
    (folder / "tokenizer.json").write_bytes(b'{"added_tokens": [], "odd": "\\u00e9"}')
    (folder / "tokenizer_config.json").write_bytes(b'{"a": 1}')
    imported = language.import_model(folder, tmp_path / "out")
    assert imported.tokenizer.read_bytes() == (folder / "tokenizer.json").read_bytes()
    assert imported.tokenizer_config.read_bytes() == b'{"a": 1}'
    (folder / "chat_template.jinja").write_text(TEMPLATE)
    imported = language.import_model(folder, tmp_path / "out")
    assert json.loads(imported.tokenizer_config.read_text()) == {"a": 1, "chat_template": TEMPLATE}


def test_one_file_should_have_all_that_clients_need(tmp_path: Path) -> None:
    imported = language.import_model(Small().write_gguf(tmp_path / "m.gguf"), tmp_path / "out")
    stop = [int(token) for token in Steps(imported.model).facts["opg.generate.stop"].split(",")]
    own = json.loads(imported.tokenizer.read_text())["model"]["opg"]
    assert own["chat_template"] == TEMPLATE
    assert (own["bos_token"], own["eos_token"]) == ("<|start|>", "<|im_end|>")
    assert own["stop"] == stop
    model = TextModel(imported.tokenizer.read_bytes())
    said = model.chat([{"role": "user", "content": "hello"}])
    assert model._tokenizer.decode(said, skip_special_tokens=False) == "<|start|>hello<|im_end|>"
    assert model.finish([5, stop[0]], 2) == "stop"
    # The forms of Hugging Face, and what is no part of it.
    folder = Small().write_folder(tmp_path / "hf")
    file: dict[str, Any] = {"added_tokens": [], "model": {"type": "BPE", "vocab": {}}}
    (folder / "tokenizer.json").write_text(json.dumps(file))
    config = {
        "chat_template": [
            {"name": "tool_use", "template": "x"},
            {"name": "default", "template": "é"},
        ],
        "bos_token": {"content": "<s>", "lstrip": False},
        "unk_token": None,
        "other_token": "y",
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": 3}))
    imported = language.import_model(folder, tmp_path / "out")
    file["model"]["opg"] = {"chat_template": "é", "bos_token": "<s>", "stop": [3]}
    assert json.loads(imported.tokenizer.read_text()) == file
    (folder / "tokenizer_config.json").write_text("[]")
    with pytest.raises(language.ImportRefused, match="no objects"):
        language.import_model(folder, tmp_path / "out")


def test_tokenizer_can_be_given(tmp_path: Path) -> None:
    file = Small().write_gguf(tmp_path / "m.gguf", pre="of tomorrow")
    with pytest.raises(language.ImportRefused, match="rules 'of tomorrow': supported are gpt-2"):
        language.import_model(file, tmp_path / "out")
    (tmp_path / "tokenizer.json").write_bytes(b"{}")
    given = tmp_path / "tokenizer.json"
    imported = language.import_model(file, tmp_path / "out", tokenizer=given)
    assert imported.tokenizer.read_bytes() == b"{}"


def test_stop_tokens_should_be_all_that_the_files_name(tmp_path: Path) -> None:
    folder = Small().write_folder(tmp_path / "hf")
    added = [{"id": 7, "content": "<|im_end|>", "special": True}]
    (folder / "tokenizer.json").write_text(json.dumps({"added_tokens": added}))
    (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": [9, 3]}))
    imported = language.import_model(folder, tmp_path / "out")
    assert Steps(imported.model).facts["opg.generate.stop"] == "9,3,7"


# --- Refusals.


@pytest.mark.parametrize(
    "added", [3, ["<|im_end|>"], [{"id": 7, "content": []}], [{"content": ""}]]
)
def test_tokens_of_a_folder_should_be_refused_when_odd(tmp_path: Path, added: Any) -> None:
    folder = Small().write_folder(tmp_path / "hf")
    (folder / "tokenizer.json").write_text(json.dumps({"added_tokens": added}))
    with pytest.raises(language.ImportRefused, match=r"added token|id of a token"):
        language.import_model(folder, tmp_path / "out")


def test_folder_should_be_refused_when_a_norm_has_a_bias(tmp_path: Path) -> None:
    folder = Small().write_folder(tmp_path / "hf")
    name = "model.layers.1.input_layernorm.bias"
    file = folder / "model.safetensors"
    save_file({**load_file(file), name: np.ones(64, np.float32)}, file)
    with pytest.raises(language.ImportRefused, match=f"no supported model has: {name}"):
        language.import_model(folder, tmp_path / "out")


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("weights", list(Kind))
def test_matrices_that_are_not_finite_should_be_refused(tmp_path: Path, weights: Kind) -> None:
    folder = Small().write_folder(tmp_path / "hf")
    file = folder / "model.safetensors"
    tensors = load_file(file)
    tensors["model.layers.1.mlp.up_proj.weight"][3, 4] = np.inf
    save_file(tensors, file)
    with pytest.raises(language.ImportRefused, match=r"1\.up has numbers that are not finite"):
        language.import_model(folder, tmp_path / "out", weights=weights)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"model_type": "gpt2"}, "type 'gpt2': supported are llama, mistral, qwen2"),
        ({"hidden_act": "gelu"}, "activation 'gelu'"),
        ({"sliding_window": 64}, "sliding window"),
        ({"rope_scaling": {"rope_type": "yarn", "factor": 2}}, "scaled by 'yarn'"),
        ({"rope_scaling": {"rope_type": "llama3"}}, "'llama3' of positions is incomplete"),
        ({"quantization_config": {}}, "quantised weights"),
        ({"hidden_size": None}, "hidden_size in config.json is None"),
        ({"hidden_size": 10**30}, "the width is 10"),
        ({"hidden_size": True}, "is True: it must be a whole number"),
        ({"rms_norm_eps": "1"}, "rms_norm_eps in config.json is '1'"),
        ({"rms_norm_eps": float("nan")}, "is nan: it must be a number"),
        ({"rope_theta": -1}, "scaled by -1"),
        ({"rope_scaling": {"rope_type": "linear", "factor": 0}}, "scaled by 0"),
        ({"hidden_size": 128}, r"is \[263, 64\], and must be \[263, 128\]"),
        ({"num_key_value_heads": 3}, "cannot share"),
        ({"num_attention_heads": 0}, "number of heads is 0"),
        ({"eos_token_id": "2"}, "the stop token is '2'"),
        ({"num_hidden_layers": 3}, r"no weights of the norm 2.input_norm"),
        ({"num_hidden_layers": 1000}, "no tensors of 1000 layers"),
        ({"num_hidden_layers": 1}, "no supported model has: model.layers.1.input_layernorm.weight"),
        ({"tie_word_embeddings": False}, "no tensor lm_head.weight"),
        ({"eos_token_id": 300}, "stop token 300"),
        ({"eos_token_id": list(range(65))}, "65 stop tokens"),
        ({"max_position_embeddings": 16}, "multiple of 32"),
    ],
)
def test_folder_should_be_refused_when(tmp_path: Path, config: Any, message: str) -> None:
    folder = Small(config=config).write_folder(tmp_path / "hf")
    if "model_type" in config:
        Small(config=config).write_folder(tmp_path / "hf")
    with pytest.raises(language.ImportRefused, match=message):
        language.import_model(folder, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("number", [np.inf, np.nan])
def test_numbers_that_are_not_finite_should_be_refused(tmp_path: Path, number: float) -> None:
    extra = {"blk.0.attn_q.bias": np.full(64, number, np.float32)}
    file = Small().write_gguf(tmp_path / "m.gguf", extra=extra)
    with pytest.raises(language.ImportRefused, match=r"qkv\.bias has numbers that are not finite"):
        language.import_model(file, tmp_path / "out")


def test_context_should_be_refused_when_it_does_not_fit(tmp_path: Path) -> None:
    folder = Small().write_folder(tmp_path / "hf")
    for context, message in ((0, "multiple of 32"), (100, "multiple of 32"), (512, "at most 256")):
        with pytest.raises(language.ImportRefused, match=message):
            language.import_model(folder, tmp_path / "out", context=context)


def test_safetensors_should_be_refused_when_broken(tmp_path: Path) -> None:
    folder = Small().write_folder(tmp_path / "hf")
    file = folder / "model.safetensors"
    whole = file.read_bytes()
    length = int.from_bytes(whole[:8], "little")
    header = json.loads(whole[8 : 8 + length])

    def with_header(change: dict[str, Any]) -> bytes:
        text = json.dumps({**header, "model.norm.weight": change}).encode()
        return len(text).to_bytes(8, "little") + text + whole[8 + length :]

    norm = header["model.norm.weight"]
    broken = [
        b"",
        b"\0\0",
        whole[:100],
        whole[:-4],
        (2**63).to_bytes(8, "little") + whole[8:],
        b"\2\0\0\0\0\0\0\0[]",
        with_header({**norm, "data_offsets": [-4, 252]}),
        with_header({**norm, "data_offsets": [10**15, 10**15 + 256]}),
        with_header({**norm, "dtype": "I8"}),
        with_header({**norm, "shape": [-64]}),
        with_header({}),
    ]
    for data in broken:
        file.write_bytes(data)
        with pytest.raises(language.ImportRefused):
            language.import_model(folder, tmp_path / "out")
    file.unlink()
    with pytest.raises(language.ImportRefused, match="No such file"):
        language.import_model(folder, tmp_path / "out")
    index = {"weight_map": {"model.norm.weight": "../model.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(language.ImportRefused, match="outside of the folder"):
        language.import_model(folder, tmp_path / "out")


def test_gguf_should_be_refused_when_it_is_not_supported(tmp_path: Path) -> None:
    file = tmp_path / "m.gguf"
    extra = {"blk.0.attn_q_norm.weight": np.ones(16, np.float32)}
    cases: list[tuple[dict[str, Any], str]] = [
        ({"architecture": "gemma3"}, "architecture 'gemma3': supported are llama, qwen2"),
        ({"extra": extra}, "no supported model has: blk.0.attn_q_norm.weight"),
        ({"extra": {"blk.1.ffn_norm.bias": np.ones(64, np.float32)}}, "has: blk.1.ffn_norm.bias"),
        ({"facts": {"llama.rope.scaling.type": "yarn"}}, "scaled by 'yarn'"),
        ({"facts": {"llama.rope.scaling.attn_factor": 2.0}}, "scaled with the positions"),
        ({"facts": {"split.count": 3}}, "one of 3 parts"),
        (
            {"facts": {"tokenizer.ggml.merges": [1, 2]}, "pre": "gpt-2"},
            "merges has what is no text",
        ),
    ]
    for options, message in cases:
        Small().write_gguf(file, **options)
        with pytest.raises(language.ImportRefused, match=message):
            language.import_model(file, tmp_path / "out")


def test_gguf_should_be_refused_when_broken(tmp_path: Path) -> None:
    file = Small().write_gguf(tmp_path / "m.gguf")
    whole = file.read_bytes()
    for data in (b"", b"GGUF", whole[:50], whole[:5000], whole[:-100_000], b"PK" + whole[2:]):
        file.write_bytes(data)
        with pytest.raises(language.ImportRefused):
            language.import_model(file, tmp_path / "out")
    with pytest.raises(language.ImportRefused, match="is not there"):
        language.import_model(tmp_path / "none.gguf", tmp_path / "out")


# --- The command.


def test_command_should_say_what_it_wrote(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Small().write_folder(tmp_path / "hf")
    assert main(["import", str(folder), "--out", str(tmp_path / "out"), "--weights", "int8"]) == 0
    said = capsys.readouterr()
    assert "model.onnx (0.1 MB, int8)" in said.out
    assert "256 tokens of 256" in said.out
    assert not said.err


def test_command_should_fail_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", str(tmp_path / "none"), "--out", str(tmp_path / "out")]) == 1
    said = capsys.readouterr()
    assert said.err == f"Error: {tmp_path / 'none'} is not there\n"
    assert MERGES
