"""A decoder in a folder of Hugging Face: config.json, safetensors, tokenizer.json."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from opg.language.decoder import NORMS, Decoder, Tokenizer, count, number
from opg.language.errors import ImportRefused
from opg.language.tokenizer import stop_tokens
from opg.language.weights import Floats, Matrix

MODEL_TYPES: Final = ("llama", "mistral", "qwen2")
_PARTS: Final = {
    "input_norm": "input_layernorm",
    "q": "self_attn.q_proj",
    "k": "self_attn.k_proj",
    "v": "self_attn.v_proj",
    "o": "self_attn.o_proj",
    "post_norm": "post_attention_layernorm",
    "gate": "mlp.gate_proj",
    "up": "mlp.up_proj",
    "down": "mlp.down_proj",
}
_WHOLE: Final = {"embed": "model.embed_tokens", "norm": "model.norm", "head": "lm_head"}
_IGNORED: Final = ".rotary_emb.inv_freq"
"""Written by old releases; follows from the configuration."""
_MAX_HEADER: Final = 100 * 2**20
_SHOWN: Final = 3


class Folder:
    """The folder as a source."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._config = _object(path / "config.json")
        model_type = self._config.get("model_type")
        if model_type not in MODEL_TYPES:
            raise ImportRefused(
                f"{path} holds a model of the type {model_type!r}: supported are "
                f"{', '.join(MODEL_TYPES)}"
            )
        self._tensors = _tensors(path)
        self.decoder = self._decoder()
        if self.decoder.layers > len(self._tensors):
            raise ImportRefused(f"the folder has no tensors of {self.decoder.layers} layers")
        self._refuse_what_is_not_known()

    # --- Configuration.

    def _number(self, key: str, default: float | None = None) -> float:
        value = self._config.get(key)
        return number(f"{key} in config.json", default if value is None else value)

    def _count(self, key: str, default: int | None = None) -> int:
        value = self._config.get(key)
        return count(f"{key} in config.json", default if value is None else value)

    def _decoder(self) -> Decoder:
        config = self._config
        if config.get("hidden_act", "silu") != "silu":
            raise ImportRefused(f"the activation {config['hidden_act']!r}: supported is 'silu'")
        context = self._count("max_position_embeddings")
        window = self._count("sliding_window", context)
        if config.get("use_sliding_window", True) and window < context:
            raise ImportRefused("attention through a sliding window is not supported")
        if "quantization_config" in config:
            raise ImportRefused("quantised weights of Hugging Face are not supported: give f16")
        width, heads = self._count("hidden_size"), self._count("num_attention_heads")
        if heads < 1:
            raise ImportRefused(f"the number of heads is {heads}")
        head_width = self._count("head_dim", width // heads)
        theta, divisors = self._rope(head_width)
        return Decoder(
            vocabulary=self._count("vocab_size"),
            width=width,
            layers=self._count("num_hidden_layers"),
            heads=heads,
            kv_heads=self._count("num_key_value_heads", heads),
            head_width=head_width,
            feed_forward=self._count("intermediate_size"),
            epsilon=self._number("rms_norm_eps", 1e-6),
            rope_theta=theta,
            rope_divisors=divisors,
            context=context,
            is_tied=bool(config.get("tie_word_embeddings", False)),
            stop=self._stop(),
        )

    def _rope(self, head_width: int) -> tuple[float, tuple[float, ...] | None]:
        """Base of the speeds, and what divides each speed."""
        scaling = self._config.get("rope_parameters") or self._config.get("rope_scaling") or {}
        if not isinstance(scaling, dict):
            raise ImportRefused("the scaling of positions in config.json is no object")
        theta = number("rope_theta", scaling.get("rope_theta", self._number("rope_theta", 10000.0)))
        if scaling.get("partial_rotary_factor", 1.0) != 1.0:
            raise ImportRefused("heads of which only a part is rotated are not supported")
        kind = scaling.get("rope_type", scaling.get("type", "default"))
        half = head_width // 2
        try:
            if kind == "default":
                return theta, None
            if kind == "linear":
                return theta, (number("factor", scaling["factor"]),) * half
            if kind == "llama3":
                return theta, _llama3(scaling, theta, head_width)
        except (KeyError, ArithmeticError) as error:
            raise ImportRefused(f"the scaling {kind!r} of positions is incomplete") from error
        raise ImportRefused(
            f"positions are scaled by {kind!r}: supported are default, linear, llama3"
        )

    def _stop(self) -> tuple[int, ...]:
        generation = self._path / "generation_config.json"
        named = _object(generation).get("eos_token_id") if generation.is_file() else None
        named = self._config.get("eos_token_id") if named is None else named
        listed = named if isinstance(named, list) else [] if named is None else [named]
        return stop_tokens([count("stop token", token) for token in listed], self._control())

    def _control(self) -> list[tuple[int, str]]:
        """Tokens that are no text, as far as the model has them."""
        file = self._path / "tokenizer.json"
        added = (_object(file).get("added_tokens") or []) if file.is_file() else []
        if not isinstance(added, list):
            raise ImportRefused(f"{file} has added tokens that are no list")
        control = []
        for token in added:
            if not isinstance(token, dict) or not isinstance(token.get("content"), str):
                raise ImportRefused(f"{file} has an added token without a text")
            place = count("id of a token", token.get("id"))
            if token.get("special") and 0 <= place < self._count("vocab_size"):
                control.append((place, token["content"]))
        return sorted(control)

    # --- Tensors.

    def _name(self, name: str) -> str:
        if name in _WHOLE:
            return f"{_WHOLE[name]}.weight"
        layer, _, part = name.partition(".")
        part, _, bias = part.partition(".")
        return f"model.layers.{layer}.{_PARTS[part]}.{bias or 'weight'}"

    def _refuse_what_is_not_known(self) -> None:
        known = {self._name(name) for name in _WHOLE}
        for layer in range(self.decoder.layers):
            for part in _PARTS:
                known.add(self._name(f"{layer}.{part}"))
                if part not in NORMS:
                    known.add(self._name(f"{layer}.{part}.bias"))
        unknown = sorted(name for name in set(self._tensors) - known if not name.endswith(_IGNORED))
        if unknown:
            more = f" and {len(unknown) - _SHOWN} more" if len(unknown) > _SHOWN else ""
            raise ImportRefused(
                "the folder has tensors that no supported model has: "
                f"{', '.join(unknown[:_SHOWN])}{more}"
            )

    def matrix(self, name: str, shape: tuple[int, int]) -> Matrix:
        """A matrix."""
        return self._floats(self._name(name), shape)

    def vector(self, name: str, length: int) -> Floats | None:
        """A vector, or None where there is none."""
        file_name = self._name(name)
        return self._floats(file_name, (length,)) if file_name in self._tensors else None

    def _floats(self, name: str, shape: tuple[int, ...]) -> Floats:
        if name not in self._tensors:
            raise ImportRefused(f"the folder has no tensor {name}")
        return self._tensors[name].floats(name, shape)

    # --- Text.

    def tokenizer(self) -> Tokenizer:
        """The folder's own files."""
        file = self._path / "tokenizer.json"
        if not file.is_file():
            raise ImportRefused(f"{self._path} has no tokenizer.json")
        config_file = self._path / "tokenizer_config.json"
        template = self._path / "chat_template.jinja"
        if not template.is_file():
            own = config_file.read_bytes() if config_file.is_file() else b"{}\n"
            return Tokenizer(file.read_bytes(), own)
        config = _object(config_file) if config_file.is_file() else {}
        config["chat_template"] = template.read_text(encoding="utf-8")
        text = json.dumps(config, ensure_ascii=False, indent=1) + "\n"
        return Tokenizer(file.read_bytes(), text.encode())


def _llama3(scaling: dict[str, Any], theta: float, head_width: int) -> tuple[float, ...]:
    """Slow pairs are slowed further, fast ones stay, and those between are mixed."""
    factor, low, high, context = (
        number(key, scaling[key])
        for key in (
            "factor",
            "low_freq_factor",
            "high_freq_factor",
            "original_max_position_embeddings",
        )
    )
    divisors = []
    for pair in range(head_width // 2):
        turns = context * theta ** (-2 * pair / head_width) / (2 * math.pi)
        share = min(max((turns - low) / (high - low), 0.0), 1.0)
        divisors.append(1 / ((1 - share) / factor + share))
    return tuple(divisors)


def _object(file: Path) -> dict[str, Any]:
    try:
        value = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise ImportRefused(f"{file} cannot be read: {error}") from error
    if not isinstance(value, dict):
        raise ImportRefused(f"{file} holds no object")
    return value


class _Tensor:
    """A tensor in a file of safetensors."""

    def __init__(self, data: npt.NDArray[np.uint8], dtype: str, shape: tuple[int, ...]) -> None:
        self.data, self.dtype, self.shape = data, dtype, shape

    def floats(self, name: str, shape: tuple[int, ...]) -> Floats:
        """The numbers, as f32."""
        if self.shape != shape:
            raise ImportRefused(f"{name} is {list(self.shape)}, and must be {list(shape)}")
        data = np.array(self.data)
        if self.dtype == "BF16":
            wide = data.view("<u2").astype(np.uint32) << np.uint32(16)
            return wide.view(np.float32).reshape(shape)
        with np.errstate(over="ignore"):
            return data.view(_DTYPES[self.dtype]).astype(np.float32).reshape(shape)


_DTYPES: Final = {"F32": "<f4", "F16": "<f2", "F64": "<f8"}
_WIDTHS: Final = {"F32": 4, "F16": 2, "BF16": 2, "F64": 8}


def _tensors(path: Path) -> dict[str, _Tensor]:
    index = path / "model.safetensors.index.json"
    if not index.is_file():
        return _read(path / "model.safetensors")
    places = _object(index).get("weight_map")
    if not isinstance(places, dict):
        raise ImportRefused(f"{index} has no weight_map")
    files: dict[str, dict[str, _Tensor]] = {}
    tensors = {}
    for name, file in places.items():
        if not isinstance(file, str) or Path(file).name != file:
            raise ImportRefused(f"{index} names a file outside of the folder: {file!r}")
        if file not in files:
            files[file] = _read(path / file)
        if name not in files[file]:
            raise ImportRefused(f"{path / file} has no tensor {name}")
        tensors[name] = files[file][name]
    return tensors


def _read(file: Path) -> dict[str, _Tensor]:
    """The tensors of a file: eight bytes of length, a JSON header, data."""
    try:
        data = np.memmap(file, np.uint8, "r")
        length = int.from_bytes(data[:8].tobytes(), "little")
        if len(data) < 8 or length > min(_MAX_HEADER, len(data) - 8):  # noqa: PLR2004
            raise ImportRefused(f"{file} is cut off, or no file of safetensors")
        header = json.loads(data[8 : 8 + length].tobytes())
        return {
            name: _tensor(file, name, data[8 + length :], about)
            for name, about in header.items()
            if name != "__metadata__"
        }
    except (OSError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise ImportRefused(f"{file} cannot be read: {error}") from error
    except ValueError as error:
        if isinstance(error, ImportRefused):
            raise
        raise ImportRefused(f"{file} cannot be read: {error}") from error


def _tensor(file: Path, name: str, data: npt.NDArray[np.uint8], about: dict[str, Any]) -> _Tensor:
    dtype, shape = about["dtype"], tuple(int(dim) for dim in about["shape"])
    begin, end = (int(at) for at in about["data_offsets"])
    if dtype not in _WIDTHS:
        raise ImportRefused(f"{name} is of the type {dtype}: supported are {', '.join(_WIDTHS)}")
    fits = 0 <= begin <= end <= len(data)
    if not fits or end - begin != math.prod(shape) * _WIDTHS[dtype]:
        raise ImportRefused(f"{name} does not lie within {file}")
    return _Tensor(data[begin:end], dtype, shape)
