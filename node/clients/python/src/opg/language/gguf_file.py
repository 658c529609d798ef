"""A decoder in a GGUF file, as llama.cpp takes it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import gguf
import numpy as np
import numpy.typing as npt
from gguf import GGMLQuantizationType as Type

from opg.language.decoder import NORMS, Decoder, Tokenizer, count, number
from opg.language.errors import ImportRefused
from opg.language.tokenizer import byte_level_bpe, stop_tokens
from opg.language.weights import BLOCK, Blocks, Bytes, Floats, Matrix, rows

ARCHITECTURES: Final = ("llama", "qwen2")
_PERMUTED: Final = ("llama",)
"""Those whose queries and keys were turned so that neighbours rotate, and not halves."""
_NAMES: Final = {
    "input_norm": "attn_norm", "q": "attn_q", "k": "attn_k", "v": "attn_v", "o": "attn_output",
    "post_norm": "ffn_norm", "gate": "ffn_gate", "up": "ffn_up", "down": "ffn_down",
}  # fmt: skip
_WHOLE: Final = {"embed": "token_embd", "norm": "output_norm", "head": "output"}
_FREQUENCIES: Final = "rope_freqs.weight"
_CONTROL: Final = 3
"""Type of tokens that are no text."""
_SHOWN: Final = 3


class GgufFile:
    """The file as a source."""

    def __init__(self, path: Path) -> None:
        try:
            reader = gguf.GGUFReader(path)
            self._fields = dict(reader.fields)
            self._tensors = {tensor.name: tensor for tensor in reader.tensors}
        except (ValueError, IndexError, KeyError, OverflowError, TypeError) as error:
            raise ImportRefused(f"{path} is no GGUF file that can be read: {error}") from error
        self._architecture = self._text("general.architecture")
        if self._architecture not in ARCHITECTURES:
            raise ImportRefused(
                f"{path} is of the architecture {self._architecture!r}: supported are "
                f"{', '.join(ARCHITECTURES)}"
            )
        parts = self._value("split.count")
        if parts not in (None, 0, 1):
            raise ImportRefused(
                f"{path} is one of {parts} parts: join them with llama-gguf-split --merge"
            )
        self.decoder = self._decoder()
        if self.decoder.layers > len(self._tensors):
            raise ImportRefused(f"the file has no tensors of {self.decoder.layers} layers")
        self._refuse_what_is_not_known()

    # --- Metadata.

    def _value(self, key: str) -> Any:
        field = self._fields.get(key)
        try:
            return None if field is None else field.contents()
        except (ValueError, IndexError) as error:
            raise ImportRefused(f"the value of {key} cannot be read: {error}") from error

    def _text(self, key: str) -> str:
        value = self._value(key)
        if not isinstance(value, str):
            raise ImportRefused(f"the file does not say its {key}")
        return value

    def _number(self, key: str, default: float | None = None) -> float:
        key = f"{self._architecture}.{key}"
        value = self._value(key)
        return number(key, default if value is None else value)

    def _count(self, key: str, default: int | None = None) -> int:
        key = f"{self._architecture}.{key}"
        value = self._value(key)
        return count(key, default if value is None else value)

    def _list(self, key: str) -> list[Any]:
        value = self._value(key)
        if not isinstance(value, list):
            raise ImportRefused(f"the file has no list {key}")
        return value

    def _texts(self, key: str) -> list[str]:
        values = self._list(key)
        if not all(isinstance(value, str) for value in values):
            raise ImportRefused(f"the list {key} has what is no text")
        return values

    def _decoder(self) -> Decoder:
        width, heads = (
            self._count("embedding_length"),
            self._count("attention.head_count"),
        )
        if heads < 1:
            raise ImportRefused(f"the number of heads is {heads}")
        head_width = self._count("attention.key_length", width // heads)
        if self._count("attention.value_length", head_width) != head_width:
            raise ImportRefused("keys and values of different widths are not supported")
        if self._count("rope.dimension_count", head_width) != head_width:
            raise ImportRefused("heads of which only a part is rotated are not supported")
        if self._count("expert_count", 0):
            raise ImportRefused("mixtures of experts are not supported")
        if "token_embd.weight" not in self._tensors:
            raise ImportRefused("the file has no tensor token_embd.weight")
        context = self._count("context_length")
        if self._count("attention.sliding_window", 0) not in (0, context):
            raise ImportRefused("attention through a sliding window is not supported")
        return Decoder(
            vocabulary=int(self._tensors["token_embd.weight"].shape[-1]),
            width=width,
            layers=self._count("block_count"),
            heads=heads,
            kv_heads=self._count("attention.head_count_kv", heads),
            head_width=head_width,
            feed_forward=self._count("feed_forward_length"),
            epsilon=self._number("attention.layer_norm_rms_epsilon"),
            rope_theta=float(self._number("rope.freq_base", 10000.0)),
            rope_divisors=self._rope_divisors(head_width),
            context=context,
            is_tied="output.weight" not in self._tensors,
            stop=self._stop(),
        )

    def _rope_divisors(self, head_width: int) -> tuple[float, ...] | None:
        # As llama.cpp has it: a factor without a type is linear, and it had another name once.
        scaling = self._value(f"{self._architecture}.rope.scaling.type")
        if scaling not in (None, "none", "linear"):
            raise ImportRefused(
                f"positions are scaled by {scaling!r}: supported are none, linear, and factors "
                f"in {_FREQUENCIES}"
            )
        if self._number("rope.scaling.attn_factor", 1.0) != 1:
            raise ImportRefused("attention that is scaled with the positions is not supported")
        factor = self._number("rope.scaling.factor", self._number("rope.scale_linear", 0.0))
        divisors = np.full(head_width // 2, 1.0 if scaling == "none" else factor or 1.0)
        if _FREQUENCIES in self._tensors:
            divisors = divisors * self._floats(_FREQUENCIES, (head_width // 2,))
        return None if bool((divisors == 1).all()) else tuple(map(float, divisors))

    def _stop(self) -> tuple[int, ...]:
        named = [self._value(f"tokenizer.ggml.{name}_token_id") for name in ("eos", "eot", "eom")]
        try:
            tokens, kinds = self._texts("tokenizer.ggml.tokens"), self._kinds()
        except ImportRefused:
            tokens, kinds = [], []
        both = enumerate(zip(tokens, kinds, strict=False))
        control = [(place, text) for place, (text, kind) in both if kind == _CONTROL]
        return stop_tokens(
            [count("stop token", token) for token in named if token is not None], control
        )

    def _kinds(self) -> list[int]:
        if "tokenizer.ggml.token_type" not in self._fields:
            return [1] * len(self._list("tokenizer.ggml.tokens"))
        return [count("type of a token", kind) for kind in self._list("tokenizer.ggml.token_type")]

    # --- Tensors.

    def _name(self, name: str) -> str:
        if name in _WHOLE:
            return f"{_WHOLE[name]}.weight"
        layer, _, part = name.partition(".")
        part, _, bias = part.partition(".")
        return f"blk.{layer}.{_NAMES[part]}.{bias or 'weight'}"

    def _refuse_what_is_not_known(self) -> None:
        known = {self._name(name) for name in _WHOLE} | {_FREQUENCIES}
        for layer in range(self.decoder.layers):
            for part in _NAMES:
                known.add(self._name(f"{layer}.{part}"))
                if part not in NORMS:
                    known.add(self._name(f"{layer}.{part}.bias"))
        unknown = sorted(set(self._tensors) - known)
        if unknown:
            more = f" and {len(unknown) - _SHOWN} more" if len(unknown) > _SHOWN else ""
            raise ImportRefused(
                "the file has tensors that no supported model has: "
                f"{', '.join(unknown[:_SHOWN])}{more}"
            )

    def _tensor(self, name: str, shape: tuple[int, ...]) -> gguf.ReaderTensor:
        if name not in self._tensors:
            raise ImportRefused(f"the file has no tensor {name}")
        tensor = self._tensors[name]
        found = tuple(int(dim) for dim in reversed(tensor.shape))
        if found != shape:
            raise ImportRefused(f"{name} is {list(found)}, and must be {list(shape)}")
        return tensor

    def _floats(self, name: str, shape: tuple[int, ...]) -> Floats:
        tensor = self._tensor(name, shape)
        try:
            with np.errstate(all="ignore"):
                numbers = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        except NotImplementedError as error:
            raise ImportRefused(
                f"{name} is of the type {tensor.tensor_type.name}, which cannot be read"
            ) from error
        return np.ascontiguousarray(numbers, np.float32).reshape(shape)

    def matrix(self, name: str, shape: tuple[int, int]) -> Matrix:
        """A matrix, as blocks where the file's are such."""
        file_name = self._name(name)
        tensor = self._tensor(file_name, shape)
        read = _BLOCKS.get(tensor.tensor_type)
        if read is None:
            matrix: Matrix = self._floats(file_name, shape)
        else:
            with np.errstate(all="ignore"):
                matrix = read(np.asarray(tensor.data).reshape(shape[0], -1), shape[1])
        return rows(matrix, self._order(name, shape[0]))

    def vector(self, name: str, length: int) -> Floats | None:
        """A vector, or None where there is none."""
        file_name = self._name(name)
        if file_name not in self._tensors:
            return None
        vector = self._floats(file_name, (length,))
        order = self._order(name.removesuffix(".bias"), length)
        return vector[order] if name.endswith(".bias") else vector

    def _order(self, name: str, length: int) -> Any:
        """Where the rows of queries and keys are that rotate by halves."""
        part = name.rpartition(".")[2]
        if self._architecture not in _PERMUTED or part not in ("q", "k"):
            return slice(None)
        index = np.arange(length).reshape(-1, self.decoder.head_width // 2, 2)
        return index.transpose(0, 2, 1).reshape(-1)

    # --- Text.

    def tokenizer(self) -> Tokenizer:
        """Made of the metadata."""
        model = self._text("tokenizer.ggml.model")
        if model != "gpt2":
            raise ImportRefused(
                f"the tokenizer in the file is of the kind {model!r}: supported is byte-level BPE "
                "('gpt2'). Give the model's own tokenizer.json"
            )
        ids = {
            name: self._value(f"tokenizer.ggml.{key}_token_id")
            for name, key in (
                ("bos_token", "bos"),
                ("eos_token", "eos"),
                ("unk_token", "unknown"),
                ("pad_token", "padding"),
            )
        }
        return byte_level_bpe(
            tokens=self._texts("tokenizer.ggml.tokens"),
            kinds=self._kinds(),
            merges=self._texts("tokenizer.ggml.merges"),
            splits=self._text("tokenizer.ggml.pre"),
            special={name: count(name, token) for name, token in ids.items() if token is not None},
            adds_bos=self._value("tokenizer.ggml.add_bos_token"),
            template=self._value("tokenizer.chat_template"),
        )


def _halves(data: Bytes, at: int) -> Floats:
    """A number of two bytes at a place of each block."""
    two: npt.NDArray[np.float16] = np.ascontiguousarray(data[..., at : at + 2]).view(np.float16)
    return two[..., 0].astype(np.float32)


def _nibbles(data: Bytes) -> Bytes:
    """Codes of a block: first the low halves of all bytes, then the high ones."""
    return np.concatenate([data & np.uint8(15), data >> np.uint8(4)], axis=2)


def _blocks(data: Bytes, columns: int) -> Bytes:
    """The bytes of each block of a row."""
    return data.reshape(len(data), columns // BLOCK, -1)


def _q4_0(data: Bytes, columns: int) -> Blocks:
    data = _blocks(data, columns)
    return Blocks(4, columns, _nibbles(data[..., 2:]), _halves(data, 0))


def _q4_1(data: Bytes, columns: int) -> Blocks:
    # scale * code + least is scale * (code - 8) + (least + 8 * scale).
    data = _blocks(data, columns)
    scales = _halves(data, 0)
    offsets = _halves(data, 2) + np.float32(8) * scales
    return Blocks(4, columns, _nibbles(data[..., 4:]), scales, None, offsets)


def _q4_k(data: Bytes, columns: int) -> Blocks:
    # Eight blocks together: two factors, then scales and offsets of 6 bits, then codes.
    data = data.reshape(len(data), columns // (8 * BLOCK), -1)
    packed = np.ascontiguousarray(data[..., 4:16]).reshape(-1, 12)
    shape = len(data), -1, 8
    by, below = (part.reshape(shape) for part in gguf.quants.Q4_K.get_scale_min(packed))
    scales = _halves(data, 0)[..., None] * by.astype(np.float32)
    offsets = np.float32(8) * scales - _halves(data, 2)[..., None] * below.astype(np.float32)
    pairs = data[..., 16:].reshape(len(data), -1, BLOCK)
    codes = np.stack([pairs & np.uint8(15), pairs >> np.uint8(4)], axis=2)
    blocks = len(data), columns // BLOCK
    codes = codes.reshape(*blocks, BLOCK)
    return Blocks(4, columns, codes, scales.reshape(blocks), None, offsets.reshape(blocks))


def _q8_0(data: Bytes, columns: int) -> Blocks:
    # Signed to unsigned: the middle of the range is the code of zero.
    data = _blocks(data, columns)
    return Blocks(8, columns, data[..., 2:] ^ np.uint8(128), _halves(data, 0))


_BLOCKS: Final[dict[Type, Callable[[Bytes, int], Blocks]]] = {
    Type.Q4_0: _q4_0,
    Type.Q4_1: _q4_1,
    Type.Q4_K: _q4_k,
    Type.Q8_0: _q8_0,
}
