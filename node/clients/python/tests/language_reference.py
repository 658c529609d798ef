"""A decoder written plainly, from the weights as files hold them: what imports are compared with.

It shares nothing with `opg.language`: other names, no caches, the positions of GGUF files rotated
as those files have them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file

Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Reference:
    """All that a pass needs."""

    weight: Callable[[str], Array]
    """By the names of GGUF; queries and keys in the file's own order."""
    bias: Callable[[str], Array | None]
    layers: int
    heads: int
    kv_heads: int
    head_width: int
    epsilon: float
    speeds: npt.NDArray[np.float64]
    """Radians per position, of each pair."""
    neighbours_rotate: bool
    inputs_of_products: Callable[[Array], Array] = lambda x: x
    """What becomes of the left side of each product: as it is, or rounded."""

    def logits(self, tokens: Sequence[int]) -> Array:
        """Of every place, `[tokens, vocabulary]`."""
        table = self.weight("token_embd")
        x = table[np.array(tokens)]
        for layer in range(self.layers):
            y = self._norm(x, f"blk.{layer}.attn_norm")
            x = x + self._attention(y, f"blk.{layer}.attn")
            y = self._norm(x, f"blk.{layer}.ffn_norm")
            gate = self._linear(y, f"blk.{layer}.ffn_gate")
            gate = gate / (1 + np.exp(-gate)) * self._linear(y, f"blk.{layer}.ffn_up")
            x = x + self._linear(gate, f"blk.{layer}.ffn_down")
        return self._linear(self._norm(x, "output_norm"), "output")

    def greedy(self, prompt: Sequence[int], count: int) -> list[int]:
        """Tokens of the highest logits, one pass over all that came before for each."""
        tokens = list(prompt)
        for _ in range(count):
            tokens.append(int(self.logits(tokens)[-1].argmax()))
        return tokens[len(prompt) :]

    def _linear(self, x: Array, name: str) -> Array:
        y: Array = self.inputs_of_products(x) @ self.weight(name).T
        bias = self.bias(name)
        return y if bias is None else y + bias

    def _norm(self, x: Array, name: str) -> Array:
        mean = (x.astype(np.float64) ** 2).mean(-1, keepdims=True)
        unit = (x / np.sqrt(mean + self.epsilon)).astype(np.float32)
        y: Array = unit * self.weight(name)
        return y

    def _attention(self, x: Array, name: str) -> Array:
        count = len(x)
        q = self._linear(x, f"{name}_q").reshape(count, self.heads, self.head_width)
        k = self._linear(x, f"{name}_k").reshape(count, self.kv_heads, self.head_width)
        v = self._linear(x, f"{name}_v").reshape(count, self.kv_heads, self.head_width)
        q, k = self._rotated(q), self._rotated(k)
        heads = []
        for head in range(self.heads):
            own = head * self.kv_heads // self.heads
            scores = q[:, head] @ k[:, own].T / np.sqrt(np.float32(self.head_width))
            scores[np.triu_indices(count, 1)] = -np.inf
            shares = np.exp(scores - scores.max(-1, keepdims=True))
            heads.append(shares / shares.sum(-1, keepdims=True) @ v[:, own])
        return self._linear(np.concatenate(heads, 1).astype(np.float32), f"{name}_output")

    def _rotated(self, x: Array) -> Array:
        angles = np.arange(len(x))[:, None, None] * self.speeds
        half = self.head_width // 2
        first, second = (
            (slice(0, None, 2), slice(1, None, 2))
            if self.neighbours_rotate
            else (slice(0, half), slice(half, None))
        )
        a, b = x[..., first], x[..., second]
        turned = np.empty_like(x)
        turned[..., first] = a * np.cos(angles) - b * np.sin(angles)
        turned[..., second] = a * np.sin(angles) + b * np.cos(angles)
        return turned


def of_gguf(path: Path, **options: Any) -> Reference:
    """The reference for a GGUF file."""
    reader = gguf.GGUFReader(path)
    tensors = {tensor.name: tensor for tensor in reader.tensors}
    kept: dict[str, Array] = {}

    def field(key: str) -> Any:
        found = reader.fields.get(f"{architecture}.{key}")
        return None if found is None else found.contents()

    def weight(name: str) -> Array:
        if name == "output" and "output.weight" not in tensors:
            name = "token_embd"
        if name not in kept:
            tensor = tensors[f"{name}.weight"]
            kept[name] = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        return kept[name]

    def bias(name: str) -> Array | None:
        tensor = tensors.get(f"{name}.bias")
        return None if tensor is None else np.array(tensor.data)

    architecture = reader.fields["general.architecture"].contents()
    heads = field("attention.head_count")
    head_width = field("attention.key_length") or field("embedding_length") // heads
    powers = np.arange(0, head_width, 2) / head_width
    speeds = float(field("rope.freq_base") or 10000.0) ** -powers
    if field("rope.scaling.type") != "none":
        speeds = speeds / (field("rope.scaling.factor") or field("rope.scale_linear") or 1)
    if "rope_freqs.weight" in tensors:
        speeds = speeds / np.array(tensors["rope_freqs.weight"].data)
    return Reference(
        weight=weight,
        bias=bias,
        layers=field("block_count"),
        heads=heads,
        kv_heads=field("attention.head_count_kv"),
        head_width=head_width,
        epsilon=field("attention.layer_norm_rms_epsilon"),
        speeds=speeds,
        neighbours_rotate=architecture == "llama",
        **options,
    )


_HUGGING_FACE = {
    "token_embd": "model.embed_tokens",
    "output_norm": "model.norm",
    "output": "lm_head",
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}


def of_folder(path: Path) -> Reference:
    """The reference for a folder of Hugging Face whose weights are f32."""
    config = json.loads((path / "config.json").read_text())
    tensors: dict[str, Array] = {}
    for file in sorted(path.glob("*.safetensors")):
        tensors.update(load_file(file))

    def full(name: str) -> str:
        if not name.startswith("blk."):
            return _HUGGING_FACE[name]
        _, layer, part = name.split(".")
        return f"model.layers.{layer}.{_HUGGING_FACE[part]}"

    def weight(name: str) -> Array:
        is_tied = name == "output" and config["tie_word_embeddings"]
        return tensors[f"{full('token_embd' if is_tied else name)}.weight"]

    head_width = config["hidden_size"] // config["num_attention_heads"]
    speeds = config["rope_theta"] ** -(np.arange(0, head_width, 2) / head_width)
    scaling = config.get("rope_scaling") or {}
    if scaling.get("rope_type") == "linear":
        speeds = speeds / scaling["factor"]
    elif scaling.get("rope_type") == "llama3":
        length = scaling["original_max_position_embeddings"]
        wave = 2 * np.pi / speeds
        low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
        share = (length / wave - low) / (high - low)
        mixed = (1 - share) * speeds / scaling["factor"] + share * speeds
        slowed = np.where(wave > length / low, speeds / scaling["factor"], mixed)
        speeds = np.where(wave < length / high, speeds, slowed)
    return Reference(
        weight=weight,
        bias=lambda name: tensors.get(f"{full(name)}.bias"),
        layers=config["num_hidden_layers"],
        heads=config["num_attention_heads"],
        kv_heads=config["num_key_value_heads"],
        head_width=head_width,
        epsilon=config["rms_norm_eps"],
        speeds=speeds,
        neighbours_rotate=False,
    )
