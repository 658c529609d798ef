"""A Llama-like decoder, whatever file it comes from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final, Protocol

from opg.language.errors import ImportRefused
from opg.language.weights import Floats, Matrix

_MAX_COUNT: Final = 2**24
_MAX_HEAD_WIDTH: Final = 4096
_MAX_STOPS: Final = 64
"""What the engine takes."""
NORMS: Final = ("input_norm", "post_norm")
"""Parts of a layer that are no products: RMSNorm has weights alone."""


def number(name: str, value: Any) -> float:
    """A number in a file."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not _is_finite(value):
        raise ImportRefused(f"the {name} is {value!r}: it must be a number")
    return float(value)


def count(name: str, value: Any) -> int:
    """A whole number in a file."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise ImportRefused(f"the {name} is {value!r}: it must be a whole number")
    return value


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


@dataclass(frozen=True)
class Decoder:
    """Shape of a decoder: RMSNorm, rotated positions, grouped queries, SwiGLU."""

    vocabulary: int
    width: int
    layers: int
    heads: int
    kv_heads: int
    head_width: int
    feed_forward: int
    epsilon: float
    """What RMSNorm adds to the mean square."""
    rope_theta: float
    rope_divisors: tuple[float, ...] | None
    """What divides the speed of each rotated pair, where positions are scaled."""
    context: int
    """Tokens that the model was made for."""
    is_tied: bool
    """Whether the embeddings are the matrix of the logits too."""
    stop: tuple[int, ...]
    """Tokens that end an answer."""

    def __post_init__(self) -> None:
        counts = {
            "vocabulary": self.vocabulary,
            "width": self.width,
            "layers": self.layers,
            "heads": self.heads,
            "key-value heads": self.kv_heads,
            "head width": self.head_width,
            "feed-forward width": self.feed_forward,
            "context": self.context,
        }
        for name, found in counts.items():
            most = _MAX_HEAD_WIDTH if name == "head width" else _MAX_COUNT
            if not 1 <= found <= most:
                raise ImportRefused(f"the {name} is {found}: it must be between 1 and {most}")
        if self.heads % self.kv_heads:
            raise ImportRefused(
                f"{self.heads} heads cannot share {self.kv_heads} key-value heads equally"
            )
        if self.head_width % 2:
            raise ImportRefused(f"the head width is {self.head_width}: positions rotate pairs")
        if not 0 <= self.epsilon < 1:
            raise ImportRefused(f"the epsilon of RMSNorm is {self.epsilon}")
        for speed in (self.rope_theta, *(self.rope_divisors or ())):
            if not (_is_finite(speed) and speed > 0):
                raise ImportRefused(f"positions are scaled by {speed}: it must be positive")
        if len(self.stop) > _MAX_STOPS:
            raise ImportRefused(f"{len(self.stop)} stop tokens: {_MAX_STOPS} are allowed")
        for token in self.stop:
            if not 0 <= token < self.vocabulary:
                raise ImportRefused(
                    f"the stop token {token} is not among {self.vocabulary} tokens of the model"
                )


class Source(Protocol):
    """A file that holds a decoder. Names of tensors are those of Hugging Face, shortened.

    `embed`, `norm`, `head`, and of layer 7: `7.input_norm`, `7.q`, `7.k`, `7.v`, `7.o`,
    `7.post_norm`, `7.gate`, `7.up`, `7.down`. Heads are rotated by halves.
    """

    @property
    def decoder(self) -> Decoder:
        """The shape."""

    def matrix(self, name: str, shape: tuple[int, int]) -> Matrix:
        """A matrix `[outputs, inputs]` of this shape."""

    def vector(self, name: str, length: int) -> Floats | None:
        """A vector of this length, or None where the file has none: a bias."""

    def tokenizer(self) -> Tokenizer:
        """What makes tokens of text."""


@dataclass(frozen=True)
class Tokenizer:
    """What makes tokens of text and text of tokens."""

    json: bytes
    """The file tokenizer.json."""
    config: bytes
    """The file tokenizer_config.json: chat template, names of special tokens."""
