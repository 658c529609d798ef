"""T5 written plainly, and small files of random weights in the form that exporters write.

The reference shares nothing with `opg.language`: it has no caches, and finds the weights by itself.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper, numpy_helper

Array = npt.NDArray[np.float32]
START, END = 0, 1


@dataclass(frozen=True)
class Small:
    """Sizes of a model."""

    layers: int = 2
    decoder_layers: int = 3
    width: int = 64
    heads: int = 4
    head_width: int = 8
    feed_forward: int = 96
    vocabulary: int = 50
    buckets: int = 32

    def write(self, folder: Path) -> Path:
        """Both files: weights and products that name them, which is all that an import reads."""
        rng = np.random.default_rng(5)
        inner, width = self.heads * self.head_width, self.width
        square, back = (width, inner), (inner, width)
        attention = [square, square, square, back]
        gated = [(width, self.feed_forward)] * 2 + [(self.feed_forward, width)]
        self._part(folder / "encoder.onnx", rng, "enc", self.layers, attention + gated, 2)
        last = (width, self.vocabulary)
        each = attention * 2 + gated
        self._part(folder / "decoder.onnx", rng, "m.decoder", self.decoder_layers, each, 3, last)
        return folder

    def _part(
        self,
        path: Path,
        rng: np.random.Generator,
        name: str,
        layers: int,
        each: Sequence[tuple[int, int]],
        norms: int,
        last: tuple[int, int] | None = None,
    ) -> None:
        tensors, nodes = [], []

        def keep(own: str, array: Any) -> None:
            tensors.append(numpy_helper.from_array(np.asarray(array), own))

        def quantised(own: str, array: Any, zero: Any, scale: float) -> None:
            keep(f"{own}_quantized", array)
            keep(f"{own}_zero_point", zero)
            keep(f"{own}_scale", np.float32(scale))

        for number, shape in enumerate([*list(each) * layers, *([last] if last else [])]):
            codes = rng.integers(-127, 128, shape).astype(np.int8)
            own = f"onnx::MatMul_{900 + 7 * number}"
            quantised(own, codes, np.int8(0), 0.02 / math.sqrt(shape[0]))
            given = ["x", f"{own}_quantized", "", f"{own}_zero_point"]
            nodes.append(helper.make_node("MatMulInteger", given, [f"y{number}"]))
        # Quantisers sort nodes as they like.
        nodes.reverse()
        for layer in range(layers):
            for place in range(norms):
                gamma = (1 + 0.1 * rng.standard_normal(self.width)).astype(np.float32)
                keep(f"{name}.block.{layer}.layer.{place}.layer_norm.weight", gamma)
        keep(f"{name}.final_layer_norm.weight", np.ones(self.width, np.float32))
        bias = rng.integers(0, 256, (self.buckets, self.heads)).astype(np.uint8)
        own = f"{name}.block.0.layer.0.SelfAttention.relative_attention_bias.weight"
        quantised(own, bias, np.uint8(120), 0.02)
        table = np.random.default_rng(8).integers(0, 256, (self.vocabulary, self.width))
        own = "enc.embed_tokens.weight" if last is None else "m.shared.weight"
        quantised(own, table.astype(np.uint8), np.uint8(128), 0.02)
        graph = helper.make_graph(nodes, name, [], [], tensors)
        path.write_bytes(helper.make_model(graph).SerializeToString())


class Reference:
    """A pair, computed without caches."""

    def __init__(self, folder: Path) -> None:
        self.encoder, self.decoder = (
            _weights(folder / f"{part}.onnx") for part in ("encoder", "decoder")
        )

    def logits(self, prompt: Sequence[int], answer: Sequence[int]) -> Array:
        """Behind each token of an answer, which the decoder's first token is before."""
        matrices, norms, last, table, bias = self.encoder
        x, count = table[list(prompt)], len(prompt)
        places = np.arange(count)
        biases = bias[_buckets(places[None] - places[:, None], True, len(bias))].transpose(2, 0, 1)
        for at in range(len(norms)):
            q, k, v, o, gate, up, down = matrices[7 * at : 7 * at + 7]
            y = _norm(x, norms[at][0])
            x += _attend(y @ q, y @ k, y @ v, biases) @ o
            y = _norm(x, norms[at][1])
            x += (_gelu(y @ gate) * (y @ up)) @ down
        seen = _norm(x, last)
        matrices, norms, last, table, bias = self.decoder
        x = table[[START, *answer]]
        places = np.arange(len(x))
        biases = bias[_buckets(places[None] - places[:, None], False, len(bias))].transpose(2, 0, 1)
        biases[:, places[:, None] < places[None]] = -1e30
        for at in range(len(norms)):
            q, k, v, o, cq, ck, cv, co, gate, up, down = matrices[11 * at : 11 * at + 11]
            y = _norm(x, norms[at][0])
            x += _attend(y @ q, y @ k, y @ v, biases) @ o
            y = _norm(x, norms[at][1])
            zero = np.zeros((biases.shape[0], 1, 1), np.float32)
            x += _attend(y @ cq, seen @ ck, seen @ cv, zero) @ co
            y = _norm(x, norms[at][2])
            x += (_gelu(y @ gate) * (y @ up)) @ down
        found: Array = _norm(x, last) @ matrices[-1]
        return found

    def greedy(self, prompt: Sequence[int], count: int) -> list[int]:
        """Tokens of the highest logits, up to the one that ends."""
        answer: list[int] = []
        while len(answer) < count and END not in answer:
            answer.append(int(self.logits(prompt, answer)[-1].argmax()))
        return answer


def _weights(path: Path) -> tuple[list[Array], list[list[Array]], Array, Array, Array]:
    stored = {t.name: numpy_helper.to_array(t) for t in onnx.load(str(path)).graph.initializer}
    whole = {
        name[: -len("_quantized")]: (
            codes.astype(np.float32) - stored[name.replace("_quantized", "_zero_point")]
        )
        * stored[name.replace("_quantized", "_scale")]
        for name, codes in stored.items()
        if name.endswith("_quantized")
    }
    numbers = sorted((int(n.rpartition("_")[2]), n) for n in whole if "MatMul_" in n)
    norms: list[list[Array]] = []
    for name in sorted(n for n in stored if re.search(r"\d\.layer_norm", n)):
        layer = int(re.findall(r"\d+", name)[0])
        norms += [[]] * 0 if layer < len(norms) else [[]]
        norms[layer].append(stored[name])
    table = next(w for n, w in whole.items() if "embed_tokens" in n or "shared" in n)
    bias = next(w for n, w in whole.items() if "relative_attention_bias" in n)
    last = next(w for n, w in stored.items() if "final_layer_norm" in n)
    return [whole[name] for _, name in numbers], norms, last, table, bias


def _norm(x: Array, gamma: Array) -> Array:
    mean = (x.astype(np.float64) ** 2).mean(-1, keepdims=True)
    found: Array = (x / np.sqrt(mean + 1e-6)).astype(np.float32) * gamma
    return found


def _gelu(x: Array) -> Array:
    found: Array = x / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    return found


def _attend(q: Array, k: Array, v: Array, biases: Array) -> Array:
    heads = biases.shape[0]
    q, k, v = (x.reshape(len(x), heads, -1).transpose(1, 0, 2) for x in (q, k, v))
    scores = q @ k.transpose(0, 2, 1) + biases
    shares = np.exp(scores - scores.max(-1, keepdims=True))
    shares /= shares.sum(-1, keepdims=True)
    found: Array = (shares @ v).transpose(1, 0, 2).reshape(q.shape[1], -1)
    return found


def _buckets(distances: npt.NDArray[Any], both: bool, count: int) -> npt.NDArray[Any]:
    """One distance after another, as the paper's code has it."""
    found = [_bucket(int(distance), both, count) for distance in distances.ravel()]
    return np.array(found).reshape(distances.shape)


def _bucket(distance: int, both: bool, count: int) -> int:
    base = 0
    if both:
        count //= 2
        base = count if distance > 0 else 0
        distance = abs(distance)
    else:
        distance = max(-distance, 0)
    near = count // 2
    if distance < near:
        return base + distance
    far = near + int(math.log(distance / near) / math.log(128 / near) * (count - near))
    return base + min(far, count - 1)
