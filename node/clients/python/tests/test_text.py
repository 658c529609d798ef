"""Text to tokens and back, as `node/text` has it; texts of models at a node that is not there."""

from __future__ import annotations

import asyncio
import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_node import OPG, FakeNode

import opg
from opg.results import Answer, Content, TextGeneration, to_hex
from opg.tensors import decode, encode
from opg.text import (
    EXTRA_FUEL,
    MAX_FILE,
    MAX_MESSAGES,
    MAX_TEXT,
    Sampling,
    TextModel,
    fuel_limit,
    inputs_of,
    new_tokens,
)

GENERATION = TextGeneration(context=8, vocabulary=100, block=4, token_fuel=10, block_fuel=100)
GREEDY = Sampling()
CHAT = (
    "{% for own in messages %}<|im_start|>{{ own.role }} {{ own.content }}<|im_end|>{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>{% endif %}"
)
HELLO = [{"role": "user", "content": "Hello"}]
VERSION = {
    "generation": {
        "context": 32, "vocabulary": 1_000, "block": 8, "tokenFuel": 2_000_000,
        "blockFuel": 9_000_000,
    },
    "limits": {"inputBytes": 2**20, "fuel": 600_000_000},
}  # fmt: skip


@pytest.fixture(scope="module")
def tokenizers(root: Path) -> list[dict[str, Any]]:
    vectors: list[dict[str, Any]] = json.loads(_vectors(root, "tokenizers"))
    return vectors


@pytest.fixture(scope="module")
def smollm(tokenizers: list[dict[str, Any]]) -> dict[str, Any]:
    return _file(tokenizers, "smollm")


def _vectors(root: Path, name: str) -> str:
    return (root / "node/text/vectors" / f"{name}.json").read_text()


def _file(tokenizers: list[dict[str, Any]], name: str) -> dict[str, Any]:
    (found,) = (own["file"] for own in tokenizers if own["name"] == name)
    return dict(found)


def _model(file: Any, **own: Any) -> TextModel:
    """A tokenizer with what the import adds to it."""
    return TextModel(_bytes(file, **own))


def _bytes(file: Any, **own: Any) -> bytes:
    return json.dumps({**file, "model": {**file["model"], "opg": own}}).encode()


def refusals(reason: str) -> Any:
    """Expect a `TextError` for this reason."""
    return pytest.raises(opg.TextError, match=f"^{reason}: ")


def test_tokens_should_be_those_of_the_crate(tokenizers: list[dict[str, Any]]) -> None:
    assert len(tokenizers) == 7
    for vector in tokenizers:
        model = TextModel(json.dumps(vector["file"]).encode())
        for text, tokens, decoded, inner in vector["cases"]:
            assert model.complete(text) == tokens, (vector["name"], text)
            assert model._encode(text, is_whole=False) == inner, (vector["name"], text)
            assert model.decode(tokens) == decoded, (vector["name"], text)
        for tokens, decoded in vector["decoded"]:
            assert model.decode(tokens) == decoded, (vector["name"], tokens)


def test_conversations_should_be_those_of_the_crate(root: Path, smollm: dict[str, Any]) -> None:
    for vector in json.loads(_vectors(root, "chats")):
        names = {name: vector[name] for name in ("bos_token", "eos_token")}
        model = _model(smollm, chat_template=vector["template"], **names)
        for turns, text, refusal in vector["cases"]:
            messages = [{"role": role, "content": content} for role, content in turns]
            if refusal is None:
                assert model.render(messages) == text
            else:
                with refusals("Template") as error:
                    model.render(messages)
                assert error.value.explanation.endswith(f": {refusal}")


def test_conversation_should_become_tokens_without_those_around_a_text(
    tokenizers: list[dict[str, Any]],
) -> None:
    file = _file(tokenizers, "llama_3")
    model = _model(file, chat_template="{{ messages[0].content }}")
    assert model.has_template
    assert model.complete("Hello")[1:] == model.chat(HELLO)
    bare = _model(file)
    assert not bare.has_template
    with refusals("NoTemplate"):
        bare.chat(HELLO)


@pytest.mark.parametrize(
    "template",
    [
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{% set ns = namespace(s=messages[0].content) %}{% for a in range(60) %}"
        "{% set ns.s = ns.s ~ ns.s %}{% endfor %}{{ ns.s }}",
        "{{ messages[0].content * 1000000000 }}",
        "{{ messages[0].content * 1000000 }}",
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
        "{{ '%1000000000d' % 1 }}",
        "{% include '/etc/hostname' %}",
        "{{ messages.__class__.__mro__[1].__subclasses__()() }}",
    ],
)
def test_templates_should_be_bounded(smollm: dict[str, Any], template: str) -> None:
    with refusals("Template"):
        _model(smollm, chat_template=template).chat(HELLO)


def test_templates_should_be_refused_when_they_are_none(smollm: dict[str, Any]) -> None:
    with refusals("Malformed"):
        _model(smollm, chat_template="{% for %}").chat(HELLO)
    with refusals("Malformed"):
        _model(smollm, chat_template=" " * (2**18 + 1))
    with refusals("Malformed"):
        _model(smollm, chat_template="\ud800")


@pytest.mark.parametrize(
    "messages",
    [
        [],
        "Hello",
        {"role": "user", "content": "Hello"},
        [{"role": "user", "content": ""}] * (MAX_MESSAGES + 1),
        ["Hello"],
        [{"role": "user"}],
        [{"role": "user", "content": "a", "name": "b"}],
        [{"role": "user", "content": [{"type": "text", "text": "Hello"}]}],
    ],
)
def test_messages_should_be_refused_when_they_are_none(
    smollm: dict[str, Any], messages: Any
) -> None:
    with refusals("Messages"):
        _model(smollm, chat_template=CHAT).chat(messages)


def test_sizes_should_be_bounded(smollm: dict[str, Any]) -> None:
    model = _model(smollm, chat_template=CHAT)
    with refusals("FileTooLong"):
        TextModel(b" " * (MAX_FILE + 1))
    with refusals("TextTooLong"):
        model.complete("é" * (MAX_TEXT // 2) + "a")
    with refusals("TextTooLong"):
        model.chat([{"role": "user", "content": "a" * MAX_TEXT}])
    with refusals("NoText"):
        model.complete("\ud800")


def test_tokenizers_should_be_refused_when_they_are_none(smollm: dict[str, Any]) -> None:
    for file in (b"", b"[]", b"{}", b"\xff", b"[" * 100_000, b'{"model": 5}', b'{"model": {}}'):
        with refusals("Malformed"):
            TextModel(file)
    with refusals("Malformed"):
        TextModel(json.dumps({**smollm, "decoder": {"type": "no such"}}).encode())
    with refusals("Unsupported"):
        TextModel(json.dumps({**smollm, "model": {**smollm["model"], "dropout": 0.1}}).encode())


def test_texts_should_not_be_cut_or_filled_when_the_file_says_so(smollm: dict[str, Any]) -> None:
    cut = {"direction": "Right", "max_length": 2, "strategy": "LongestFirst", "stride": 0}
    fill = {
        "strategy": {"Fixed": 100}, "direction": "Right", "pad_to_multiple_of": None, "pad_id": 0,
        "pad_type_id": 0, "pad_token": "<|endoftext|>",
    }  # fmt: skip
    own = _model({**smollm, "truncation": cut, "padding": fill})
    text = "more than two tokens"
    assert own.complete(text) == _model(smollm).complete(text)


def test_end_should_be_told_by_the_last_token_or_the_number(smollm: dict[str, Any]) -> None:
    model = _model(smollm, stop=[300])
    assert model.finish([5, 6], 3) == "stop"
    assert model.finish([5, 6, 7], 3) == "length"
    assert model.finish([5, 6, 300], 3) == "stop"
    # A special one, whether or not the file names it.
    assert model.finish([5, 6, 2], 3) == "stop"
    assert model.finish([], 3) == "stop"


def test_missing_packages_should_be_named(
    smollm: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = _model(smollm, chat_template=CHAT)
    own = importlib.util.find_spec
    monkeypatch.setattr(
        "importlib.util.find_spec",
        lambda name, *rest: None if name in {"tokenizers", "jinja2"} else own(name, *rest),
    )
    with pytest.raises(opg.PackageMissing, match=r"^tokenizers .*pip install 'opg\[language\]'"):
        TextModel(b"")
    with pytest.raises(opg.PackageMissing, match=r"^jinja2 .*pip install 'opg\[language\]'"):
        model.chat(HELLO)


def test_request_should_have_the_tensors_that_the_engine_takes() -> None:
    inputs = inputs_of(GENERATION, [5, 99], 6, Sampling(0.5, 3, 0.9, 7))
    shown = [(name, own.dtype.name, own.shape) for name, own in inputs.items()]
    assert shown == [
        ("prompt", "int64", (1, 8)),
        ("max_new_tokens", "int64", (1,)),
        ("temperature", "float32", (1,)),
        ("top_k", "int64", (1,)),
        ("top_p", "float32", (1,)),
        ("seed", "int64", (1,)),
    ]
    assert inputs["prompt"].tolist() == [[5, 99, -1, -1, -1, -1, -1, -1]]
    assert [inputs[name].item() for name in ("max_new_tokens", "top_k", "seed")] == [6, 3, 7]
    assert inputs["temperature"].item() == 0.5


def test_request_should_be_refused_when_the_engine_would_refuse_it() -> None:
    for prompt, new, reason in [
        ([], 1, "EmptyPrompt"),
        ([1], 0, "NoNewTokens"),
        ([1, 2, 3], 6, "TooLong.*at most 5 new"),
        ([1] * 9, 2**70, "TooLong.*at most 0 new"),
        ([100], 1, "UnknownToken"),
    ]:
        with pytest.raises(opg.TextError, match=reason):
            inputs_of(GENERATION, prompt, new, GREEDY)
    for sampling in (
        Sampling(temperature=float("nan")),
        Sampling(temperature=-0.5),
        Sampling(temperature=1e39),
        Sampling(top_p=0.0),
        Sampling(top_p=1e-60),
        Sampling(top_p=1.5),
        Sampling(top_p=float("nan")),
        Sampling(top_k=-1),
        Sampling(seed=-1),
        Sampling(seed=2**63),
    ):
        with refusals("Sampling"):
            inputs_of(GENERATION, [1], 1, sampling)
    assert inputs_of(GENERATION, [1] * 7, 1, GREEDY)


def test_answer_should_be_its_tokens_up_to_the_padding() -> None:
    def of(values: list[int], dtype: Any = np.int32) -> tuple[int, ...]:
        return new_tokens({"tokens": np.array([values], dtype)}, 4)

    assert of([5, 2, -1, -1]) == (5, 2)
    assert of([-1, 3, 3, 3]) == ()
    assert of([1, 2, 3, 4]) == (1, 2, 3, 4)
    for values, dtype in [([1, -2, -1, -1], np.int32), ([1] * 4, np.int64), ([1] * 5, np.int32)]:
        with pytest.raises(opg.NodeMisbehaved):
            of(values, dtype)
    with pytest.raises(opg.NodeMisbehaved):
        new_tokens({"logits": np.zeros((1, 4), np.int32)}, 4)


def test_fuel_should_be_that_of_the_runtime() -> None:
    # As of `runtime/primitives/src/registry.rs`.
    generation = TextGeneration(256, 4_096, 32, 10, 100)
    for prompt, new, fuel in [
        (1, 1, 10), (2, 1, 100), (32, 1, 100), (33, 1, 110), (34, 1, 200), (32, 8, 170),
        (33, 8, 180), (0, 0, 0),
    ]:  # fmt: skip
        assert generation.fuel(prompt, new) == fuel, (prompt, new)


def _version(fuel: int, generation: dict[str, int]) -> opg.Model:
    raw = {
        "model": 0, "owner": "a", "name": "b", "number": "1.0.0", "modelHash": "0x", "size": 1,
        "engineId": "0x", "royalty": "0", "limits": {"inputBytes": 1, "fuel": fuel},
        "generation": generation, "tokenizer": None,
    }  # fmt: skip
    return opg.Model.of(raw)


def test_fuel_limit_should_be_one_that_the_chain_takes() -> None:
    # As of `node/cli/src/commands/text/mod.rs`.
    generation = {
        "context": 512, "vocabulary": 9, "block": 32, "tokenFuel": 400_000_000,
        "blockFuel": 3_000_000_000,
    }  # fmt: skip
    version = _version(300_000_000_001, generation)
    expected = (2 * 3_000_000_000 + 63 * 400_000_000) // 4 * 5 + EXTRA_FUEL
    assert fuel_limit(version, 40, 64) == expected
    assert fuel_limit(version, 1, 1) == 18_750_000_001
    assert fuel_limit(_version(10**11, generation), 511, 400) == 10**11


# At a node.


@pytest.fixture
def serving(node: FakeNode, smollm: dict[str, Any]) -> FakeNode:
    """A node with a model that answers "Hello", and then a token that ends answers."""
    file = _bytes(smollm, chat_template=CHAT, stop=[2])
    content = Content.naming(file)
    node.contents[content.hash] = file
    named = {"hash": to_hex(content.hash), "size": content.size}
    node.version = {**VERSION, "tokenizer": named}
    node.has_fuel_limits = True
    tokens = np.full((1, 32), -1, np.int32)
    answer = [*_model(smollm).complete("Hello"), 2]
    tokens[0, : len(answer)] = answer
    node.outcome = Answer(0, "", 12, encode({"tokens": tokens}), None, None)
    return node


def _sent(node: FakeNode, smollm: dict[str, Any]) -> tuple[str, dict[str, Any], int]:
    """Text of the prompt, the tensors, and the fuel limit of the only request."""
    (transaction,) = node.transactions
    start = transaction.find(b"OPGT")
    inputs = decode(transaction[start : len(transaction) - (1 + 16 + 16 + 32 + 10)])
    prompt = [token for token in inputs["prompt"][0].tolist() if token >= 0]
    text = _model(smollm)._tokenizer.decode(prompt, skip_special_tokens=False)
    assert transaction[-9] == 1
    return text, inputs, int.from_bytes(transaction[-8:], "little")


async def test_text_should_be_generated(
    client: opg.AsyncClient, serving: FakeNode, smollm: dict[str, Any]
) -> None:
    given = await client.generate("//Dave/digits", "Say it:", max_tokens=9)
    assert (given.text, given.finish_reason) == ("Hello", "stop")
    assert given.tokens[-1] == 2
    text, inputs, limit = _sent(serving, smollm)
    assert text == "Say it:"
    assert inputs["max_new_tokens"].item() == 9
    prompt = len(given.prompt)
    assert given.usage == opg.Usage(prompt, len(given.tokens))
    assert given.usage.total_tokens == prompt + len(given.tokens)
    blocks, rest = divmod(prompt, 8)
    fuel = (blocks + (rest > 1)) * 9_000_000 + (8 + (rest == 1)) * 2_000_000
    assert limit == fuel + fuel // 4 + EXTRA_FUEL
    assert (given.result.fee, given.result.fuel) == (OPG, 12)
    assert (await given.result.receipt()).request == given.result.request


async def test_conversation_should_be_answered(
    client: opg.AsyncClient, serving: FakeNode, smollm: dict[str, Any]
) -> None:
    given = await client.generate(
        0, messages=HELLO, max_tokens=5, temperature=0.5, top_k=4, top_p=0.5, seed=6
    )
    assert given.text == "Hello"
    text, inputs, _ = _sent(serving, smollm)
    assert text == "<|im_start|>user Hello<|im_end|><|im_start|>"
    chosen = {name: inputs[name].item() for name in ("temperature", "top_k", "top_p", "seed")}
    assert chosen == {"temperature": 0.5, "top_k": 4, "top_p": 0.5, "seed": 6}


async def test_length_should_end_a_text(client: opg.AsyncClient, serving: FakeNode) -> None:
    tokens = np.full((1, 32), -1, np.int32)
    tokens[0, :2] = [300, 301]
    serving.outcome = Answer(0, "", 12, encode({"tokens": tokens}), None, None)
    given = await client.generate(0, "Hi", max_tokens=2)
    assert given.finish_reason == "length"


async def test_price_should_be_told_by_tokens(client: opg.AsyncClient, serving: FakeNode) -> None:
    estimate = await client.estimate_generation(0, messages=HELLO, max_tokens=9)
    assert estimate.max_tokens == 9
    assert str(estimate).startswith(f"{estimate.prompt_tokens} tokens and up to 9 new ones: 2 OPG")
    ((_, params, _),) = [own for own in serving.exchanged if own[0] == "opg_v1_estimate"]
    assert params[1]["fuelLimit"] == estimate.fuel_limit
    assert not serving.transactions


async def test_same_reference_should_give_the_same_text(
    client: opg.AsyncClient, serving: FakeNode
) -> None:
    asked = [client.generate(0, "Hi", max_tokens=9, reference="0x" + "ab" * 32) for _ in range(3)]
    given = await asyncio.gather(*asked)
    assert {own.result.request for own in given} == {0}
    assert len(serving.transactions) == 1
    # All of them waited for one file.
    assert serving.calls.count("blobs_v1_range") == 1


async def test_program_that_waits_should_get_texts(
    serving: FakeNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("opg.aio._POLL_SECONDS", 0.01)

    def ask() -> None:
        with opg.Client(serving.url, opg.Account.from_suri("//Eve")) as client:
            assert client.estimate_generation(0, "Hi", max_tokens=9).prompt_tokens > 0
            given = client.generate(0, "Hi", max_tokens=9)
            assert given.text == "Hello"
            assert isinstance(given.result, opg.Result)
            assert given.result.receipt().request == 0

    await asyncio.to_thread(ask)


async def test_nothing_should_be_sent_when_no_request_comes_of_it(
    client: opg.AsyncClient, serving: FakeNode
) -> None:
    with pytest.raises(opg.TextError, match="TooLong"):
        await client.generate(0, "Hi", max_tokens=32)
    with pytest.raises(opg.TextError, match="EmptyPrompt"):
        await client.generate(0, "")
    with pytest.raises(opg.TextError, match="Sampling"):
        await client.generate(0, "Hi", max_tokens=1, temperature=-1)
    with pytest.raises(ValueError, match="one of them"):
        await client.generate(0)
    with pytest.raises(ValueError, match="one of them"):
        await client.generate(0, "Hi", messages=HELLO)
    wrong: Any = HELLO
    with pytest.raises(TypeError, match="messages="):
        await client.generate(0, wrong)
    with pytest.raises(opg.FeeTooLow):
        await client.generate(0, "Hi", max_tokens=1, max_fee=1)
    changes: list[tuple[dict[str, Any], str]] = [
        ({"tokenizer": None}, "NoTokenizer"),
        ({"generation": None}, "NoGenerator"),
        ({"tokenizer": {"hash": "0x" + "ab" * 32, "size": MAX_FILE + 1}}, "FileTooLong"),
    ]
    own = serving.version
    for change, reason in changes:
        serving.version = {**own, **change}
        with refusals(reason):
            await client.generate(0, "Hi")
    assert not serving.transactions


async def test_tokenizer_should_be_taken_from_a_file_when_the_node_does_not_have_it(
    client: opg.AsyncClient, serving: FakeNode, tmp_path: Path
) -> None:
    ((_, file),) = serving.contents.items()
    serving.contents.clear()
    with pytest.raises(opg.ContentUnavailable, match="tokenizer=FILE"):
        await client.generate(0, "Hi", max_tokens=9)
    path = tmp_path / "tokenizer.json"
    path.write_bytes(file + b" ")
    with refusals("OtherTokenizer"):
        await client.generate(0, "Hi", max_tokens=9, tokenizer=path)
    path.write_bytes(file)
    assert (await client.generate(0, "Hi", max_tokens=9, tokenizer=path)).text == "Hello"
    # It is kept.
    assert (await client.generate(0, "Hi", max_tokens=9)).text == "Hello"


async def test_tokenizer_should_be_refused_when_it_is_not_the_one_that_the_chain_names(
    client: opg.AsyncClient, serving: FakeNode
) -> None:
    serving.forges = True
    with pytest.raises(opg.NodeMisbehaved):
        await client.generate(0, "Hi", max_tokens=9)
