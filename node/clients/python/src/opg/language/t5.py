"""T5 and its kin, from the pair of quantised ONNX files that exporters write.

Only weights are read. Exporters number those of products in the order of their use, which tells
which is which. Of each layer of the encoder these are queries, keys, values and what leaves
attention, then the two of which one gates the other, and the one behind them. Of the decoder they
are the same, with a second attention, to the encoder, before the gated ones; in the end comes the
one that gives logits.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from onnx import numpy_helper

from opg.language.decoder import Tokenizer
from opg.language.errors import ImportRefused
from opg.language.weights import BLOCK, Blocks, Bytes, Floats

ENCODER: Final = "encoder.onnx"
DECODER: Final = "decoder.onnx"
_OF_ENCODER: Final = 7
_OF_DECODER: Final = 11
_MAX_DISTANCE: Final = 128
"""Distances from which on all have one bias: what T5 has where nothing else is said."""
_EPSILON: Final = 1e-6
_START: Final = 0
_END: Final = 1
_NUMBER: Final = re.compile(r"MatMul_(\d+)_quantized$")
_NORM: Final = re.compile(r"(?:^|\.)block\.(\d+)\.layer\.(\d)\.layer_norm\.weight$")


@dataclass(frozen=True)
class Table:
    """Rows of bytes that stand for `(code - zero) * scale`."""

    codes: Bytes
    zero: int
    scale: float

    def dense(self) -> Floats:
        """The numbers."""
        return (self.codes.astype(np.float32) - np.float32(self.zero)) * np.float32(self.scale)


@dataclass(frozen=True)
class Part:
    """The encoder, or the decoder."""

    layers: list[list[Blocks]]
    """Matrices of each layer, in the order of their use."""
    norms: list[list[Floats]]
    """Of each layer, in the order of their use."""
    last_norm: Floats
    table: Table
    bias: Floats
    """Of each group of distances, a number for each head."""


@dataclass(frozen=True)
class Sizes:
    """What the numbers of a model are."""

    layers: int
    decoder_layers: int
    width: int
    heads: int
    head_width: int
    feed_forward: int
    vocabulary: int
    epsilon: float = _EPSILON
    start: int = _START
    """Token with which the decoder begins."""
    stop: tuple[int, ...] = (_END,)


class Pair:
    """Both files, and the tokenizer beside them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        encoder, decoder = _loaded(folder / ENCODER), _loaded(folder / DECODER)
        of_encoder, of_decoder = _products(encoder), _products(decoder)
        self.encoder = _part(encoder, of_encoder, _OF_ENCODER)
        self.decoder = _part(decoder, of_decoder[:-1], _OF_DECODER)
        if not of_decoder or not self.encoder.layers or not self.decoder.layers:
            raise ImportRefused(f"{folder} has no products of bytes: only quantised pairs are read")
        self.head = of_decoder[-1]
        heads = self.encoder.bias.shape[1]
        inner, width = self.encoder.layers[0][0].shape
        self.sizes = Sizes(
            layers=len(self.encoder.layers),
            decoder_layers=len(self.decoder.layers),
            width=width,
            heads=heads,
            head_width=inner // heads,
            feed_forward=self.encoder.layers[0][4].shape[0],
            vocabulary=self.head.shape[0],
        )
        self._check(inner)

    def _check(self, inner: int) -> None:
        """Refuse what is not shaped as T5 is."""
        size = self.sizes
        square, back = (inner, size.width), (size.width, inner)
        attention = [square, square, square, back]
        gated = [(size.feed_forward, size.width)] * 2 + [(size.width, size.feed_forward)]
        for part, expected, norms in (
            (self.encoder, attention + gated, 2),
            (self.decoder, attention + attention + gated, 3),
        ):
            for layer, of_layer in zip(part.layers, part.norms, strict=True):
                if [matrix.shape for matrix in layer] != expected or len(of_layer) != norms:
                    raise ImportRefused("a layer has other matrices or norms than T5 with gates")
            vectors = [*(norm for own in part.norms for norm in own), part.last_norm]
            if any(norm.shape != (size.width,) for norm in vectors):
                raise ImportRefused("a norm has another length than the model's width")
            if part.table.codes.shape != (size.vocabulary, size.width):
                raise ImportRefused("the table of embeddings has another shape than the logits")
        if inner != size.heads * size.head_width or self.head.shape[1] != size.width:
            raise ImportRefused(f"{inner} numbers for {size.heads} heads")

    def tokenizer(self) -> Tokenizer:
        """The files that make tokens of text."""
        path = self._folder / "tokenizer.json"
        if not path.is_file():
            raise ImportRefused(f"{path} is not there: give one with --tokenizer")
        config = path.with_name("tokenizer_config.json")
        data = b'{"eos_token":"</s>","pad_token":"<pad>","unk_token":"<unk>"}\n'
        return Tokenizer(path.read_bytes(), config.read_bytes() if config.is_file() else data)


def groups(
    distances: npt.NDArray[np.int64], count: int, *, both_ways: bool
) -> npt.NDArray[np.int64]:
    """Group of each distance of a key from a query: near ones have their own, far ones share."""
    offset: Any = 0
    if both_ways:
        count //= 2
        offset = (distances > 0) * count
        distances = np.abs(distances)
    else:
        distances = np.maximum(-distances, 0)
    near = count // 2
    with np.errstate(divide="ignore"):
        ratio = np.log(np.maximum(distances, 1) / near) / math.log(_MAX_DISTANCE / near)
    far = np.minimum(near + (ratio * (count - near)).astype(np.int64), count - 1)
    found: npt.NDArray[np.int64] = offset + np.where(distances < near, distances, far)
    return found


def _loaded(path: Path) -> onnx.GraphProto:
    try:
        return onnx.load(str(path)).graph
    except FileNotFoundError as error:
        raise ImportRefused(f"{path} is not there") from error
    except DecodeError as error:
        raise ImportRefused(f"{path} is no ONNX file") from error


def _stored(graph: onnx.GraphProto) -> dict[str, Any]:
    return {tensor.name: tensor for tensor in graph.initializer}


def _bytes(stored: dict[str, Any], name: str) -> tuple[Any, Any, Any]:
    """Codes, zero points and scales of a tensor that onnxruntime has quantised."""
    base = name.removesuffix("_quantized")
    try:
        parts = [stored[name], stored[f"{base}_zero_point"], stored[f"{base}_scale"]]
    except KeyError as error:
        raise ImportRefused(f"{base} has no {error.args[0]}") from None
    codes, zero, scale = (numpy_helper.to_array(part) for part in parts)
    return codes, zero, scale


def _products(graph: onnx.GraphProto) -> list[Blocks]:
    """Matrices of all products with weights, in the order of their numbers."""
    stored = _stored(graph)
    numbered: dict[int, str] = {}
    for node in graph.node:
        if node.op_type == "MatMulInteger" and node.input[1] in stored:
            number = _NUMBER.search(node.input[1])
            if number is None:
                raise ImportRefused(f"{node.input[1]} has no number, which would tell its place")
            numbered[int(number[1])] = node.input[1]
    found = []
    for _, name in sorted(numbered.items()):
        codes, zero, scale = _bytes(stored, name)
        if codes.dtype != np.int8 or codes.ndim != 2 or zero.any():  # noqa: PLR2004
            raise ImportRefused(f"{name} is no matrix of i8 around zero")
        found.append(_blocks(codes, scale))
    return found


def _blocks(codes: npt.NDArray[np.int8], scale: Any) -> Blocks:
    """The transposed matrix in blocks, which stand for the same numbers."""
    columns, rows = codes.shape
    scales = np.broadcast_to(np.asarray(scale, np.float32).reshape(-1, 1), (rows, 1))
    whole = np.zeros((rows, -(-columns // BLOCK) * BLOCK), np.int16)
    whole[:, :columns] = codes.T
    blocks = (whole + 128).astype(np.uint8).reshape(rows, -1, BLOCK)
    return Blocks(8, columns, blocks, np.repeat(scales, blocks.shape[1], axis=1))


def _part(graph: onnx.GraphProto, products: Sequence[Blocks], of_layer: int) -> Part:
    stored = _stored(graph)
    norms: dict[tuple[int, int], Floats] = {}
    last, table, bias = None, None, None
    for name, tensor in stored.items():
        place = _NORM.search(name)
        if place:
            array = numpy_helper.to_array(tensor).astype(np.float32)
            norms[int(place[1]), int(place[2])] = array
        elif name.endswith("final_layer_norm.weight"):
            last = numpy_helper.to_array(tensor).astype(np.float32)
        elif name.endswith("relative_attention_bias.weight_quantized"):
            bias = _table(stored, name).dense()
        elif name.endswith((".embed_tokens.weight_quantized", ".shared.weight_quantized")):
            table = _table(stored, name)
    if last is None or table is None or bias is None:
        raise ImportRefused("norm, embeddings or biases of distances are missing: is it T5?")
    count = len(products) // of_layer
    if count * of_layer != len(products):
        raise ImportRefused(f"{len(products)} products, which is no multiple of {of_layer}")
    layers = [list(products[at * of_layer : (at + 1) * of_layer]) for at in range(count)]
    of_each = [[norms[key] for key in sorted(norms) if key[0] == at] for at in range(count)]
    return Part(layers, of_each, last, table, bias)


def _table(stored: dict[str, Any], name: str) -> Table:
    codes, zero, scale = _bytes(stored, name)
    if codes.dtype != np.uint8 or codes.ndim != 2 or zero.size != 1 or scale.size != 1:  # noqa: PLR2004
        raise ImportRefused(f"{name} is no table of u8 with one scale")
    return Table(codes, int(zero.item()), float(scale.item()))
