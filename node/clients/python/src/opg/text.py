"""Text to the tokens of language models and back, and the tensors of their requests.

The crate `node/text` does the same for the command line and the gateway: `node/text/vectors` has
what both are tested with. Needs `pip install 'opg[language]'`, which is looked for on use.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import operator
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import numpy as np

from opg.errors import NodeMisbehaved, PackageMissing, TextError
from opg.results import Finish, Model, TextGeneration
from opg.tensors import Array

MAX_FILE: Final = 32 * 2**20
"""Longest file of a tokenizer, in bytes."""
MAX_TEXT: Final = 2**20
"""Longest text that is cut into tokens, in bytes."""
MAX_MESSAGES: Final = 1024
"""Most messages of a conversation."""
EXTRA_FUEL: Final = 50_000_000
"""Fuel that a limit has beyond a quarter more than what tokens and blocks take."""

_MAX_TEMPLATE: Final = 256 * 2**10
_MIN_FUEL_SHARE: Final = 16
"""The chain takes fuel limits from this part of a version's on."""
_PAD: Final = -1
"""Stands behind the last token."""
_TEMPLATE_SECONDS: Final = 60.0
"""Longest time of a template, of the clock: it has five seconds of a processor."""


class TextModel:
    """How a version makes tokens of text: its tokenizer, and the template of its conversations."""

    def __init__(self, file: bytes) -> None:
        """Read a `tokenizer.json`. Raises `PackageMissing`, or `TextError` for what is none."""
        tokenizers = _package("tokenizers")
        if len(file) > MAX_FILE:
            raise _too_long_file(len(file))
        try:
            text = file.decode()
            raw = json.loads(text)
            model = raw["model"]
            own = model.get("opg") or {}
            special = [
                token["id"] for token in raw.get("added_tokens") or () if token.get("special")
            ]
            self._names = {
                name: value
                for name, value in own.items()
                if name.endswith("_token") and isinstance(value, str)
            }
            self._ends = frozenset([*special, *(own.get("stop") or ())])
            template = own.get("chat_template")
            self._template: str | None = template if isinstance(template, str) else None
            size = len((self._template or "").encode())
        except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
            raise _malformed(repr(error)) from None
        if size > _MAX_TEMPLATE:
            raise _malformed(f"its template has {size} bytes, of {_MAX_TEMPLATE}")
        if model.get("dropout"):
            raise TextError(
                "Unsupported",
                "the tokenizer gives other tokens each time (`dropout`): ask the version's owner "
                "for one without",
            )
        with _refusing("Malformed", "the file is no tokenizer.json"):
            self._tokenizer = tokenizers.Tokenizer.from_str(text)
            # A text is not cut off, and nothing is put behind it.
            self._tokenizer.no_truncation()
            self._tokenizer.no_padding()

    @property
    def has_template(self) -> bool:
        """Whether conversations have a form, so that `chat` can be called."""
        return self._template is not None

    def complete(self, text: str) -> list[int]:
        """Give the tokens of a text, with those that the tokenizer puts before or behind each."""
        return self._encode(text, is_whole=True)

    def chat(self, messages: Sequence[Mapping[str, str]]) -> list[int]:
        """Give the tokens of a conversation whose next message is the model's.

        Takes some tenths of a second: the template is rendered in a process of its own.
        """
        # The template writes what belongs before and behind.
        return self._encode(self.render(messages), is_whole=False)

    def render(self, messages: Sequence[Mapping[str, str]]) -> str:
        """Give the text of a conversation, up to where the model's next message begins."""
        if self._template is None:
            raise TextError(
                "NoTemplate",
                "the version has no template for conversations: complete a text instead, or ask "
                "its owner for a version whose tokenizer has one",
            )
        context = {
            "messages": _messages(messages),
            "add_generation_prompt": True,
            **self._names,
        }
        return _render(self._template, context)

    def decode(self, tokens: Sequence[int]) -> str:
        """Give the text of tokens, without special ones."""
        with _refusing("Malformed", "the tokenizer does not decode the answer"):
            return str(self._tokenizer.decode(list(tokens), skip_special_tokens=True))

    def finish(self, tokens: Sequence[int], most: int) -> Finish:
        """Tell what ended an answer of so many tokens at most.

        Where as many came, the last of them tells: it is one that ends answers, or none.
        """
        is_full = len(tokens) >= most
        is_ended = bool(tokens) and tokens[-1] in self._ends
        return "length" if is_full and not is_ended else "stop"

    def _encode(self, text: str, *, is_whole: bool) -> list[int]:
        size = _size(text)
        if size > MAX_TEXT:
            raise _too_long_text(size)
        with _refusing("Split", "the tokenizer gives up on the text"):
            return list(self._tokenizer.encode(text, add_special_tokens=is_whole).ids)


@dataclass(frozen=True)
class Sampling:
    """How the next token is chosen."""

    temperature: float = 0.0
    """0 takes the most probable token always."""
    top_k: int = 0
    """Only so many most probable tokens; 0 takes all."""
    top_p: float = 1.0
    """Only the most probable tokens that make up so much; 1 takes all."""
    seed: int = 0
    """Of the pseudo-random numbers."""

    def inputs(self) -> dict[str, Array]:
        """Give the tensors. Raises `TextError` where the engine would fail."""
        with np.errstate(over="ignore"):
            temperature, top_p = np.float32(self.temperature), np.float32(self.top_p)
        top_k, seed = operator.index(self.top_k), operator.index(self.seed)
        # What the engine gets is what counts: a small number may be zero there.
        if not np.isfinite(temperature) or temperature < 0:
            raise TextError("Sampling", "the temperature is a number from 0, which is greedy")
        if not 0 < top_p <= 1:
            raise TextError("Sampling", "top_p is a share above 0, and at most 1")
        if not 0 <= top_k < 2**32:
            raise TextError("Sampling", "top_k is a number of tokens, and 0 takes all")
        if not 0 <= seed < 2**63:
            raise TextError("Sampling", "the seed is not negative, and below 2^63")
        return {
            "temperature": np.array([temperature], np.float32),
            "top_k": np.array([top_k], np.int64),
            "top_p": np.array([top_p], np.float32),
            "seed": np.array([seed], np.int64),
        }


def generation_of(version: Model) -> TextGeneration:
    """Tell how a version generates text. Raises `TextError` if it does not."""
    if version.generation is None:
        raise TextError(
            "NoGenerator",
            f"model {version.model} generates no text: client.infer asks it with tensors",
        )
    return version.generation


def inputs_of(
    generation: TextGeneration, prompt: Sequence[int], new: int, sampling: Sampling
) -> dict[str, Array]:
    """Give the tensors of a request.

    Raises `TextError` where the engine would answer with a fault, for which the request is paid.
    """
    new, length, context = operator.index(new), len(prompt), generation.context
    room = max(context - length, 0)
    chosen = sampling.inputs()
    if not prompt:
        raise TextError(
            "EmptyPrompt",
            "the prompt is empty: write something, so that there is what to go on from",
        )
    if new < 1:
        raise TextError("NoNewTokens", "no new tokens are asked for: max_tokens is at least 1")
    if length + new > context:
        raise TextError(
            "TooLong",
            f"the prompt has {length} tokens, and with {new} new ones that is more than the "
            f"context of {context}: make the prompt shorter, or ask for at most {room} new tokens "
            "(max_tokens)",
        )
    unknown = next((token for token in prompt if token >= generation.vocabulary), None)
    if unknown is not None:
        raise TextError(
            "UnknownToken",
            f"the token {unknown} is not among the {generation.vocabulary} of the model: is it "
            "another model's tokenizer?",
        )
    tokens = np.full((1, context), _PAD, np.int64)
    tokens[0, :length] = prompt
    return {"prompt": tokens, "max_new_tokens": np.array([new], np.int64), **chosen}


def fuel_limit(version: Model, prompt: int, new: int) -> int:
    """Give the fuel limit of a request with so many tokens: a quarter more, and 50 million.

    Within what the chain takes: the version's limit, and a sixteenth of it.
    """
    fuel = generation_of(version).fuel(prompt, new)
    limit = fuel + fuel // 4 + EXTRA_FUEL
    return min(max(limit, -(-version.fuel // _MIN_FUEL_SHARE)), version.fuel)


def new_tokens(outputs: Mapping[str, Array], context: int) -> tuple[int, ...]:
    """Give the new tokens of an answer, with the one that ended it."""
    tensor = outputs.get("tokens")
    if tensor is None or tensor.dtype != np.int32 or tensor.shape != (1, context):
        raise NodeMisbehaved(
            f"the answer is no list of tokens: it has no `tokens` of int32 [1, {context}]"
        )
    tokens: list[int] = tensor[0].tolist()
    tokens = tokens[: tokens.index(_PAD)] if _PAD in tokens else tokens
    if any(token < 0 for token in tokens):
        raise NodeMisbehaved("the answer is no list of tokens: one of them is negative")
    return tuple(tokens)


def check_file_size(size: int) -> None:
    """Raise `TextError` for a tokenizer that is longer than what is read."""
    if size > MAX_FILE:
        raise _too_long_file(size)


def _messages(messages: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    if isinstance(messages, str | Mapping) or not 1 <= len(messages) <= MAX_MESSAGES:
        count = 1 if isinstance(messages, str | Mapping) else len(messages)
        raise TextError(
            "Messages",
            f"a conversation is a list of 1 to {MAX_MESSAGES} messages, and this one is "
            f"{'no list' if count == 1 else f'of {count}'}",
        )
    taken, size = [], 0
    for message in messages:
        if not isinstance(message, Mapping) or set(message) != {"role", "content"}:
            raise TextError(
                "Messages",
                'a message is a dict with "role" and "content" and nothing else, such as '
                '{"role": "user", "content": "Hello"}',
            )
        role, content = message["role"], message["content"]
        if not isinstance(role, str) or not isinstance(content, str):
            raise TextError("Messages", "role and content of a message are texts")
        size += _size(role) + _size(content)
        taken.append({"role": role, "content": content})
    if size > MAX_TEXT:
        raise _too_long_text(size)
    return taken


def _render(template: str, context: dict[str, Any]) -> str:
    """Render a template in a process of its own, which ends where it takes too much."""
    _package("jinja2")
    path = [entry for entry in sys.path if isinstance(entry, str)]
    order = {"path": path, "template": template, "context": context, "most": MAX_TEXT}
    program = str(Path(__file__).with_name("template.py"))
    try:
        done = subprocess.run(  # noqa: S603
            # Without what is set for Python in the environment, and without our own folder.
            [sys.executable, "-I", program],
            input=json.dumps(order).encode(),
            capture_output=True,
            timeout=_TEMPLATE_SECONDS,
            check=False,
        )
        given = json.loads(done.stdout)
    except OSError as error:
        raise TextError("Template", f"no process for the version's template: {error}") from error
    except (ValueError, subprocess.TimeoutExpired):
        given = {"refused": "it takes too long, or too much memory"}
    if "malformed" in given:
        raise _malformed(f"its template: {given['malformed']}")
    if "refused" in given:
        raise TextError(
            "Template",
            f"the version's template does not take these messages: {given['refused']}",
        )
    return str(given["text"])


def _package(name: str) -> ModuleType:
    """Give a package of the extra `language`."""
    if importlib.util.find_spec(name) is None:
        raise PackageMissing(f"{name} is not installed: pip install 'opg[language]'", name=name)
    return importlib.import_module(name)


@contextlib.contextmanager
def _refusing(reason: str, text: str) -> Iterator[None]:
    """Make a `TextError` of what the package `tokenizers` raises."""
    try:
        yield
    except BaseException as error:
        # It is written in Rust, whose panics are no `Exception`.
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            raise TextError(reason, f"{text}: {error}") from None
        raise


def _size(text: str) -> int:
    try:
        return len(text.encode())
    except UnicodeEncodeError:
        raise TextError("NoText", "the text has halves of characters (surrogates)") from None


def _malformed(cause: str) -> TextError:
    return TextError("Malformed", f"the file is no tokenizer.json: {cause}")


def _too_long_file(size: int) -> TextError:
    return TextError(
        "FileTooLong", f"the tokenizer's file has {size} bytes, and {MAX_FILE} are taken"
    )


def _too_long_text(size: int) -> TextError:
    return TextError("TextTooLong", f"the text has {size} bytes, and {MAX_TEXT} are taken")
