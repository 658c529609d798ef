"""The step graph: one call takes some tokens, writes their keys and values, and gives the logits.

Inputs
    `input_ids` i64 [1, sequence], `position` i64 [1], `last` i64 [1],
    `past_key_values.{layer}.key` and `.value` f32 [1, kv_heads, context, head_width]
Outputs
    `logits` f32 [1, vocabulary] of the row `last`,
    `present.{layer}.key` and `.value`, as the past with the rows from `position` on written
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from onnx import TensorProto, helper

from opg.language.builder import MICROSOFT, Builder
from opg.language.decoder import Source
from opg.language.errors import ImportRefused
from opg.language.weights import (
    BLOCK,
    Blocks,
    Kind,
    Matrix,
    as_kind,
    dense,
    quantised,
    stacked,
)

PROMPT_BLOCK: Final = 32
"""Tokens of a prompt that go through in one call."""
_MAX_CONTEXT: Final = 2**20
"""What the engine takes."""

Progress = Callable[[str], None]


def step_graph(source: Source, kind: Kind, context: int, progress: Progress) -> bytes:
    """The ONNX file of a decoder, the same bytes for the same source and options."""
    decoder = source.decoder
    if context < PROMPT_BLOCK or context % PROMPT_BLOCK:
        raise ImportRefused(
            f"a context of {context} tokens: it must be a multiple of {PROMPT_BLOCK}, the tokens "
            "that go through in one call"
        )
    most = min(decoder.context, _MAX_CONTEXT)
    if context > most:
        raise ImportRefused(f"a context of {context} tokens: at most {most} are allowed")
    return _Step(source, kind, context, progress).file()


class _Step(Builder):
    """The graph of a decoder while it is made."""

    def __init__(self, source: Source, kind: Kind, context: int, progress: Progress) -> None:
        super().__init__(kind)
        self.source, self.decoder = source, source.decoder
        self.context, self.progress = context, progress

    # --- Parts of a decoder.

    def gamma(self, name: str) -> str:
        """Weights of a norm."""
        weight = self.source.vector(name, self.decoder.width)
        if weight is None:
            raise ImportRefused(f"the file has no weights of the norm {name}")
        return self.constant(f"{name}.weight", weight)

    def norm(self, x: str, name: str) -> str:
        """The norm of what is no sum."""
        return self.unit(x, self.gamma(name), self.decoder.epsilon, name)

    def sum_and_norm(self, x: str, y: str, total: str, name: str) -> tuple[str, str]:
        """The sum of both, under a name if it is wanted, and its norm."""
        self.node(
            "SkipSimplifiedLayerNormalization",
            [x, y, self.gamma(name)],
            [name, "", "", total] if total else [name],
            MICROSOFT,
            epsilon=self.decoder.epsilon,
        )
        return total, name

    def linear(self, x: str, names: Sequence[tuple[str, int]], inputs: int, name: str) -> str:
        """Products with one or more matrices, whose outputs come one after another."""
        parts = [self.stored(part, (outputs, inputs)) for part, outputs in names]
        biases = [self.source.vector(f"{part}.bias", outputs) for part, outputs in names]
        y = self.product(x, stacked(parts), name)
        if any(bias is not None for bias in biases):
            both = zip(biases, names, strict=True)
            given = [np.zeros(n, np.float32) if bias is None else bias for bias, (_, n) in both]
            y = self.add("Add", [y, self.constant(f"{name}.bias", np.concatenate(given))], name)
        return y

    def stored(self, name: str, shape: tuple[int, int]) -> Matrix:
        return as_kind(self.matrix(name, shape), self.kind)

    def matrix(self, name: str, shape: tuple[int, int]) -> Matrix:
        """The numbers of the source, of which none is infinite."""
        matrix = self.source.matrix(name, shape)
        parts = [matrix.scales, matrix.offsets] if isinstance(matrix, Blocks) else [matrix]
        if not all(part is None or bool(np.isfinite(part).all()) for part in parts):
            raise ImportRefused(f"{name} has numbers that are not finite")
        return matrix

    def embedding(self, ids: str) -> tuple[str, Matrix]:
        """Rows of the table, and the table."""
        decoder = self.decoder
        table = self.matrix("embed", (decoder.vocabulary, decoder.width))
        if self.kind.bits is None:
            numbers = dense(table)
            if self.kind is Kind.F32:
                name = self.constant("embed.weight", numbers)
                return self.add("Gather", [name, ids], "embed"), numbers
            name = self.constant("embed.weight.f16", self.half("embed", numbers))
            half = self.add("Gather", [name, ids], "embed.half")
            return self.add("Cast", [half], "embed", to=TensorProto.FLOAT), numbers
        # The table has 8 bits in both kinds: it is what tells tokens apart.
        blocks = as_kind(table, Kind.INT8)
        if not isinstance(blocks, Blocks) or blocks.offsets is not None:
            blocks = quantised(dense(table), 8)
        codes = self.constant("embed.codes", blocks.packed())
        scales = self.constant("embed.scales", blocks.scales)
        row = self.add("Gather", [codes, ids], "embed.row")
        row = self.add("Cast", [row], "embed.row.f32", to=TensorProto.FLOAT)
        row = self.add("Sub", [row, self.constant("embed.zero", np.float32(128))], "embed.centred")
        scale = self.add("Gather", [scales, ids], "embed.scale")
        scale = self.add("Unsqueeze", [scale, self.shape(-1)], "embed.scale.column")
        row = self.add("Mul", [row, scale], "embed.blocks")
        padded = blocks.codes.shape[1] * BLOCK
        row = self.reshape(row, "embed.padded", 1, -1, padded)
        if padded != decoder.width:
            ends = [self.shape(0), self.shape(decoder.width), self.shape(2)]
            row = self.add("Slice", [row, *ends], "embed")
        return row, blocks

    def positions(self) -> None:
        """What depends on the position alone: tables of rotations, and the number of tokens."""
        decoder, context = self.decoder, self.context
        half = decoder.head_width // 2
        powers = np.arange(half, dtype=np.float64) * (2.0 / decoder.head_width)
        speeds = 1 / np.float64(decoder.rope_theta) ** powers
        if decoder.rope_divisors is not None:
            speeds = speeds / np.array(decoder.rope_divisors)
        angles = np.arange(context)[:, None] * speeds[None, :]
        # A head (a, b) becomes (a cos - b sin, b cos + a sin).
        self.constant("rope.cos", np.cos(angles).astype(np.float32))
        self.constant("rope.sin", np.sin(angles).astype(np.float32))
        length = self.add("Shape", ["input_ids"], "length", start=1, end=2)
        end = self.add("Add", ["position", length], "end")
        self.add("Cast", [end], "tokens", to=TensorProto.INT32)
        # The operator takes the place of the last token.
        self.add("Sub", ["tokens", self.constant("one", np.array([1], np.int32))], "last_place")

    def attention(self, x: str, layer: int) -> str:
        d, name = self.decoder, f"{layer}.attention"
        outputs = [
            (f"{layer}.q", d.heads * d.head_width),
            (f"{layer}.k", d.kv_heads * d.head_width),
            (f"{layer}.v", d.kv_heads * d.head_width),
        ]
        qkv = self.linear(x, outputs, d.width, f"{layer}.qkv")
        past = [f"past_key_values.{layer}.{part}" for part in ("key", "value")]
        present = [f"present.{layer}.{part}" for part in ("key", "value")]
        self.node(
            "GroupQueryAttention",
            [qkv, "", "", *past, "last_place", "tokens", "rope.cos", "rope.sin"],
            [name, *present],
            MICROSOFT,
            num_heads=d.heads,
            kv_num_heads=d.kv_heads,
            do_rotary=1,
            scale=float(1 / np.sqrt(d.head_width)),
        )
        return self.linear(name, [(f"{layer}.o", d.width)], d.heads * d.head_width, f"{layer}.out")

    def feed_forward(self, x: str, layer: int) -> str:
        d, name = self.decoder, f"{layer}.feed_forward"
        outputs = [(f"{layer}.gate", d.feed_forward), (f"{layer}.up", d.feed_forward)]
        both = self.linear(x, outputs, d.width, name)
        gate, up = f"{name}.gate", f"{name}.up"
        self.split(both, [gate, up], [d.feed_forward, d.feed_forward], 2)
        gate = self.add(
            "Mul", [gate, self.add("Sigmoid", [gate], f"{name}.sigmoid")], f"{name}.silu"
        )
        y = self.add("Mul", [gate, up], f"{name}.hidden")
        return self.linear(y, [(f"{layer}.down", d.width)], d.feed_forward, f"{layer}.mlp")

    def logits(self, x: str, y: str, table: Matrix) -> None:
        """From the two parts of the last layer's sum."""
        d = self.decoder
        x = self.add("Gather", [x, "last"], "last.row", axis=1)
        y = self.add("Gather", [y, "last"], "last.row.added", axis=1)
        _, x = self.sum_and_norm(x, y, "", "norm")
        if not d.is_tied:
            y = self.product(x, self.stored("head", (d.vocabulary, d.width)), "head")
        elif isinstance(table, Blocks):
            # The names are those of the embedding, so that the table is stored once.
            y = self.product(x, table, "embed")
        elif self.kind is Kind.F32:
            turned = self.add("Transpose", ["embed.weight"], "head.weight", perm=[1, 0])
            y = self.add("MatMul", [x, turned], "head.y")
        else:
            wide = self.add("Cast", ["embed.weight.f16"], "head.wide", to=TensorProto.FLOAT)
            turned = self.add("Transpose", [wide], "head.weight", perm=[1, 0])
            y = self.add("MatMul", [x, turned], "head.y")
        self.reshape(y, "logits", 1, d.vocabulary)

    # --- The file.

    def file(self) -> bytes:
        d = self.decoder
        self.positions()
        x, table = self.embedding("input_ids")
        y = ""
        for layer in range(d.layers):
            self.progress(f"layer {layer + 1} of {d.layers}")
            if layer == 0:
                unit = self.norm(x, "0.input_norm")
            else:
                x, unit = self.sum_and_norm(x, y, f"{layer - 1}.done", f"{layer}.input_norm")
            y = self.attention(unit, layer)
            x, unit = self.sum_and_norm(x, y, f"{layer}.attended", f"{layer}.post_norm")
            y = self.feed_forward(unit, layer)
        self.progress("logits")
        self.logits(x, y, table)
        self.signature()
        facts = {
            "opg.generate": "1",
            "opg.generate.context": str(self.context),
            "opg.generate.block": str(PROMPT_BLOCK),
            "opg.generate.stop": ",".join(map(str, d.stop)),
        }
        return self.written(facts)

    def signature(self) -> None:
        d = self.decoder
        cache = [1, d.kv_heads, self.context, d.head_width]
        tensor = helper.make_tensor_value_info
        self.graph.input.append(tensor("input_ids", TensorProto.INT64, [1, "sequence"]))
        self.graph.input.append(tensor("position", TensorProto.INT64, [1]))
        self.graph.input.append(tensor("last", TensorProto.INT64, [1]))
        self.graph.output.append(tensor("logits", TensorProto.FLOAT, [1, d.vocabulary]))
        for layer in range(d.layers):
            for part in ("key", "value"):
                past, present = f"past_key_values.{layer}.{part}", f"present.{layer}.{part}"
                self.graph.input.append(tensor(past, TensorProto.FLOAT, cache))
                self.graph.output.append(tensor(present, TensorProto.FLOAT, cache))
