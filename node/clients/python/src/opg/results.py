"""What the chain and its nodes say: typed, and checked where a node could lie."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar

from blake3 import blake3

from opg import amount
from opg.errors import NodeMisbehaved, TensorError
from opg.tensors import Array, decode

Json: TypeAlias = dict[str, Any]
Tier: TypeAlias = Literal["optimistic", "quorum", "high"]
Trust: TypeAlias = Literal["attested", "settled"]
Finish: TypeAlias = Literal["stop", "length"]

MAX_CONTENT_BYTES: Final = 64 * 2**20
"""Longest encoded input or output."""

TIERS: Final = ("optimistic", "quorum", "high")
MODEL_ERRORS: Final = (
    "BadModel", "BadInput", "OutOfFuel", "OutOfMemory", "Trapped", "OutputTooLarge",
)  # fmt: skip


@dataclass(frozen=True)
class Block:
    """A block, by its height and hash."""

    number: int
    hash: str


@dataclass(frozen=True)
class Chain:
    """The chain that a node follows, as of now."""

    name: str
    genesis: str
    spec_name: str
    spec_version: int
    transaction_version: int
    ss58_prefix: int
    clock: int
    """Time that deadlines count. It ticks about once in a block."""
    best: Block
    finalized: Block
    inline_input_bytes: int
    """Longest encoded input that the chain carries. A longer one is uploaded."""
    raw: Json = field(repr=False)
    """All that the node says, as `opg_v1_chain` describes it."""

    @classmethod
    def of(cls, raw: Json) -> Chain:
        """Read the answer of `opg_v1_chain`."""
        return cls(
            name=raw["name"],
            genesis=raw["genesis"],
            spec_name=raw["specName"],
            spec_version=int(raw["specVersion"]),
            transaction_version=int(raw["transactionVersion"]),
            ss58_prefix=int(raw["ss58Prefix"]),
            clock=int(raw["clock"]),
            best=Block(int(raw["best"]["number"]), raw["best"]["hash"]),
            finalized=Block(int(raw["finalized"]["number"]), raw["finalized"]["hash"]),
            inline_input_bytes=int(raw["limits"]["inlineInputBytes"]),
            raw=raw,
        )


@dataclass(frozen=True)
class Estimate:
    """What a request would cost, in planck."""

    model: int
    fee: int
    """Now, with royalty and the fee of storing the input."""
    max_fee: int
    """The most within the blocks that were asked about. The price may rise until then."""
    royalty: int
    """Part of it that the model's owner gets."""
    input_fee: int
    """Part of it for storing an input that is too long for the chain."""
    deposit: int
    """Held besides, and given back."""
    takes_requests: bool
    congested: bool
    raw: Json = field(repr=False)

    @classmethod
    def of(cls, raw: Json) -> Estimate:
        """Read the answer of `opg_v1_estimate`."""
        return cls(
            model=int(raw["model"]),
            fee=int(raw["fee"] or 0),
            max_fee=int(raw["maxFee"] or 0),
            royalty=int(raw["royalty"] or 0),
            input_fee=int(raw["inputFee"] or 0),
            deposit=int(raw["deposit"] or 0),
            takes_requests=bool(raw["takesRequests"]),
            congested=bool(raw["congested"]),
            raw=raw,
        )

    def __str__(self) -> str:
        return f"{amount.show(self.fee)} now, at most {amount.show(self.max_fee)} soon"


@dataclass(frozen=True)
class TextGeneration:
    """How a version generates text."""

    context: int
    """Most tokens, of prompt and answer together."""
    vocabulary: int
    """Tokens that there are."""
    block: int
    """Tokens of the prompt that are read at once."""
    token_fuel: int
    """Fuel of generating a token."""
    block_fuel: int
    """Fuel of reading a block of the prompt, or what is left of it."""

    @classmethod
    def of(cls, raw: Json | None) -> TextGeneration | None:
        """Read it as nodes write it."""
        if raw is None:
            return None
        return cls(
            context=int(raw["context"]),
            vocabulary=int(raw["vocabulary"]),
            block=int(raw["block"]),
            token_fuel=int(raw["tokenFuel"]),
            block_fuel=int(raw["blockFuel"]),
        )

    def fuel(self, prompt: int, new: int) -> int:
        """Give the fuel of reading a prompt of so many tokens and generating so many.

        What else a run takes is not in it. `TextGeneration::fuel` of `opg-primitives`.
        """
        blocks, rest = divmod(prompt, max(self.block, 1))
        # A token alone goes the way of new tokens, and the last new one goes no way.
        blocks += rest > 1
        tokens = max(new - 1, 0) + (rest == 1)
        return blocks * self.block_fuel + tokens * self.token_fuel


@dataclass(frozen=True)
class Model:
    """A version of a model."""

    model: int
    """Its number, which names it for ever."""
    owner: str
    name: str
    version: str
    model_hash: str
    size: int
    engine_id: str
    royalty: int
    """Paid to the owner per attested request, in planck."""
    input_bytes: int
    """Longest encoded input that it takes."""
    fuel: int
    """Most fuel that a run may take."""
    generation: TextGeneration | None
    """How it generates text, if it does."""
    tokenizer: Content | None
    """File that makes tokens of text, if it has one."""
    raw: Json = field(repr=False)
    """All that the node says, as `opg_v1_model` describes it."""

    @classmethod
    def of(cls, raw: Json) -> Model:
        """Read the answer of `opg_v1_model`."""
        return cls(
            model=int(raw["model"]),
            owner=raw["owner"],
            name=raw["name"],
            version=str(raw["number"]),
            model_hash=raw["modelHash"],
            size=int(raw["size"]),
            engine_id=raw["engineId"],
            royalty=int(raw["royalty"]),
            input_bytes=int(raw["limits"]["inputBytes"]),
            fuel=int(raw["limits"]["fuel"]),
            generation=TextGeneration.of(raw.get("generation")),
            tokenizer=None if raw.get("tokenizer") is None else Content.named(raw["tokenizer"]),
            raw=raw,
        )


@dataclass(frozen=True)
class Content:
    """An input or output outside of the chain, by its BLAKE3 hash and size."""

    hash: bytes
    size: int

    @classmethod
    def of(cls, raw: Json | None) -> Content | None:
        """Read a content as nodes write it."""
        if raw is None:
            return None
        content = cls.named(raw)
        if not 0 <= content.size <= MAX_CONTENT_BYTES:
            raise NodeMisbehaved(f"the node speaks of a content of {content.size} bytes")
        return content

    @classmethod
    def named(cls, raw: Json) -> Content:
        """Read one of any size."""
        return cls(from_hex(raw["hash"]), int(raw["size"]))

    @classmethod
    def naming(cls, data: bytes) -> Content:
        """Name these bytes."""
        return cls(blake3(data).digest(), len(data))


@dataclass(frozen=True)
class Answer:
    """What executors attested to: an output or the model's error, and the fuel that it took."""

    request: int
    digest: str
    """BLAKE2b-256 of outcome and fuel. It is what the chain compares."""
    fuel: int
    output: bytes | None
    """Encoded output, if the chain carries it."""
    stored: Content | None
    """Where it does not, the name of the output."""
    error: str | None
    """The model's error: one of `MODEL_ERRORS`."""

    @classmethod
    def of(cls, request: int, raw: Json) -> Answer:
        """Read an answer, and make sure that its digest is that of what it says."""
        output = raw["output"]
        answer = cls(
            request=request,
            digest=raw["digest"],
            fuel=int(raw["fuel"]),
            output=None if output is None else from_hex(output),
            stored=Content.of(raw["storedOutput"]),
            error=raw["error"],
        )
        if answer_digest(answer) != from_hex(answer.digest):
            raise NodeMisbehaved(f"the answer of request {request} is not that of its digest")
        return answer


T = TypeVar("T")


def read(method: str, of: Callable[[Json], T], raw: Any) -> T:
    """Read what a method of a node gives. Raises `NodeMisbehaved` where it is of another form."""
    try:
        return of(raw)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise NodeMisbehaved(f"{method} does not give what it should: {error!r}") from error


def answer_digest(answer: Answer) -> bytes:
    """Compute the digest of an answer from what it says."""
    if answer.output is not None:
        outcome = b"\x00" + _compact(len(answer.output)) + answer.output
    elif answer.stored is not None:
        stored = answer.stored
        outcome = b"\x02" + stored.hash + stored.size.to_bytes(4, "little")
    elif answer.error in MODEL_ERRORS:
        outcome = bytes([1, MODEL_ERRORS.index(answer.error)])
    else:
        raise NodeMisbehaved(f"request {answer.request}: an answer of an unknown kind")
    domain = b"opg/answer/v1"
    encoded = _compact(len(domain)) + domain + outcome + answer.fuel.to_bytes(8, "little")
    return hashlib.blake2b(encoded, digest_size=32).digest()


@dataclass(frozen=True)
class Status:
    """Where a request stands."""

    request: int
    state: str
    """`unknown`, `open`, `attested`, `disputed`, `settled` or `failed`."""
    is_final: bool
    """Whether a final block has it so."""
    may_rely: bool
    """Whether it is settled in a final block: nothing can change the answer any more."""
    answer: Answer | None
    raw: Json = field(repr=False)

    @classmethod
    def of(cls, raw: Json) -> Status:
        """Read the answer of `opg_v1_result`."""
        request, answer = int(raw["request"]), raw["answer"]
        return cls(
            request=request,
            state=raw["state"],
            is_final=bool(raw["isFinal"]),
            may_rely=bool(raw["mayRely"]),
            answer=None if answer is None else Answer.of(request, answer),
            raw=raw,
        )


@dataclass(frozen=True)
class Receipt:
    """A result with what proves it, for `opg.verify` or `opg receipt verify`."""

    request: int
    data: Json = field(repr=False)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it to a file, as `opg receipt` writes it."""
        Path(path).write_text(json.dumps(self.data, indent="\t") + "\n")

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Receipt:
        """Read it from a file."""
        try:
            data = json.loads(Path(path).read_bytes())
            return cls(int(data["request"]), data)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path} is no receipt: {error}") from None


@dataclass(frozen=True)
class DryRun:
    """What the node's own engine gives. Nobody attests to it."""

    outputs: dict[str, Array] | None
    error: str | None
    fuel: int
    digest: str

    @classmethod
    def of(cls, raw: Json) -> DryRun:
        """Read the answer of `opg_v1_dryRun`."""
        output = raw["output"]
        return cls(
            outputs=None if output is None else outputs_of(0, from_hex(output)),
            error=raw["error"],
            fuel=int(raw["fuel"]),
            digest=raw["digest"],
        )


@dataclass(frozen=True)
class GenerationEstimate:
    """What a text would cost."""

    prompt_tokens: int
    max_tokens: int
    """Most new tokens."""
    fuel_limit: int
    """Most fuel that a run may take: what the tokens take, and room."""
    estimate: Estimate
    """The price where all of that is taken. An answer that ends early costs less."""

    def __str__(self) -> str:
        return f"{self.prompt_tokens} tokens and up to {self.max_tokens} new ones: {self.estimate}"


@dataclass(frozen=True)
class Usage:
    """Tokens of a text."""

    prompt_tokens: int
    completion_tokens: int
    """New ones, with that which ended the answer."""

    @property
    def total_tokens(self) -> int:
        """Both together."""
        return self.prompt_tokens + self.completion_tokens


R = TypeVar("R")


@dataclass(frozen=True)
class Generated(Generic[R]):
    """A text of attested tokens."""

    text: str
    """Text of the tokens, without special ones: computed here. What is attested are tokens."""
    tokens: tuple[int, ...]
    """The new tokens, with the one that ended the answer."""
    finish_reason: Finish
    """`stop`, or `length` where `max_tokens` came."""
    usage: Usage
    prompt: tuple[int, ...]
    """Tokens of the prompt."""
    result: R
    """The attested result: fee, digest, receipt."""


def outputs_of(request: int, encoded: bytes) -> dict[str, Array]:
    """Decode an output, which executors have agreed on."""
    try:
        return decode(encoded)
    except TensorError as error:
        raise NodeMisbehaved(f"the output of request {request} does not decode: {error}") from error


def from_hex(text: str) -> bytes:
    """Read bytes as nodes write them."""
    try:
        if not text.startswith("0x"):
            raise ValueError(text)
        return bytes.fromhex(text[2:])
    except (AttributeError, ValueError):
        raise NodeMisbehaved(f"the node gives {str(text)[:80]!r} where bytes are due") from None


def to_hex(data: bytes) -> str:
    """Write bytes as nodes read them."""
    return f"0x{data.hex()}"


def nested(raw: Mapping[str, Any] | None, *names: str) -> Any:
    """Take a value out of nested objects, or `None`."""
    value: Any = raw
    for name in names:
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def _compact(number: int) -> bytes:
    """Encode a length below 2^30 as SCALE does."""
    if number < 1 << 6:
        return bytes([number << 2])
    if number < 1 << 14:
        return (number << 2 | 1).to_bytes(2, "little")
    return (number << 2 | 2).to_bytes(4, "little")
