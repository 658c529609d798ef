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
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from onnx import TensorProto, helper, numpy_helper

from opg.language.decoder import Source
from opg.language.errors import ImportRefused
from opg.language.weights import (
    BLOCK,
    Blocks,
    Floats,
    Kind,
    Matrix,
    as_kind,
    dense,
    quantised,
    stacked,
)

PROMPT_BLOCK: Final = 32
"""Tokens of a prompt that go through in one call."""
_OPSET: Final = 17
_MAX_CONTEXT: Final = 2**20
"""What the engine takes."""
_MAX_BYTES: Final = 2**31 - 1
"""What a protobuf file can hold."""

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


class _Step:
    """A graph while it is made."""

    def __init__(self, source: Source, kind: Kind, context: int, progress: Progress) -> None:
        self.source, self.decoder, self.kind = source, source.decoder, kind
        self.context, self.progress = context, progress
        # Weights go straight into the file, because each copy of a graph doubles them.
        self.model = helper.make_model(
            helper.make_graph([], "step", [], []),
            producer_name="opg.language",
            ir_version=8,
            opset_imports=[
                helper.make_opsetid("", _OPSET),
                helper.make_opsetid("com.microsoft", 1),
            ],
        )
        self.graph = self.model.graph
        self.named: set[str] = set()
        self.bytes = 0

    # --- Parts of a graph.

    def add(self, op: str, inputs: Sequence[str], name: str, **attributes: Any) -> str:
        self.graph.node.append(helper.make_node(op, inputs, [name], name=name, **attributes))
        return name

    def constant(self, name: str, array: Any) -> str:
        if name not in self.named:
            self.named.add(name)
            array = np.asarray(array, order="C")
            self.bytes += array.nbytes
            if array.dtype.kind == "f" and not bool(np.isfinite(array).all()):
                raise ImportRefused(f"{name} has numbers that are not finite")
            if self.bytes > _MAX_BYTES:
                raise ImportRefused(
                    f"weights as {self.kind.value} take more than 2 GiB, which an ONNX file cannot "
                    "hold: choose int8 or int4"
                )
            self.graph.initializer.append(numpy_helper.from_array(array, name))
        return name

    def shape(self, *dims: int) -> str:
        return self.constant(
            "shape." + "x".join(map(str, dims)).replace("-1", "n"), np.array(dims, np.int64)
        )

    def reshape(self, x: str, name: str, *dims: int) -> str:
        return self.add("Reshape", [x, self.shape(*dims)], name)

    # --- Parts of a decoder.

    def norm(self, x: str, name: str) -> str:
        decoder = self.decoder
        weight = self.source.vector(name, decoder.width)
        if weight is None:
            raise ImportRefused(f"the file has no weights of the norm {name}")
        square = self.add("Mul", [x, x], f"{name}.square")
        mean = self.add("ReduceMean", [square], f"{name}.mean", axes=[-1], keepdims=1)
        epsilon = self.constant("epsilon", np.float32(decoder.epsilon))
        root = self.add("Sqrt", [self.add("Add", [mean, epsilon], f"{name}.sum")], f"{name}.root")
        unit = self.add("Div", [x, root], f"{name}.unit")
        return self.add("Mul", [unit, self.constant(f"{name}.weight", weight)], name)

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

    def product(self, x: str, matrix: Matrix, name: str) -> str:
        """`x` times the transposed matrix."""
        if not isinstance(matrix, Blocks):
            return self.add("MatMul", [x, self.floats(f"{name}.weight", matrix.T)], f"{name}.y")
        rows, columns = matrix.shape
        inputs = [
            x,
            self.constant(f"{name}.codes", matrix.packed()),
            self.constant(f"{name}.scales", matrix.scales),
        ]
        zeros = matrix.packed_zeros()
        if zeros is not None:
            inputs.append(self.constant(f"{name}.zeros", zeros))
        self.graph.node.append(
            helper.make_node(
                "MatMulNBits",
                inputs,
                [f"{name}.y"],
                name=f"{name}.y",
                domain="com.microsoft",
                K=columns,
                N=rows,
                accuracy_level=4,
                bits=matrix.bits,
                block_size=BLOCK,
            )
        )
        if matrix.offsets is None:
            return f"{name}.y"
        # What a block adds besides: its offset times the sum of the inputs.
        blocks = self.reshape(x, f"{name}.blocks", 1, -1, columns // BLOCK, BLOCK)
        sums = self.add("ReduceSum", [blocks, self.shape(3)], f"{name}.sums", keepdims=0)
        offsets = self.floats(f"{name}.offsets", matrix.offsets.T)
        offset = self.add("MatMul", [sums, offsets], f"{name}.offset")
        return self.add("Add", [f"{name}.y", offset], f"{name}.all")

    def floats(self, name: str, array: Floats) -> str:
        """Numbers as the kind stores what is not in blocks."""
        if self.kind is Kind.F32:
            return self.constant(name, array)
        half = self.constant(f"{name}.f16", self.half(name, array))
        return self.add("Cast", [half], name, to=TensorProto.FLOAT)

    def half(self, name: str, array: Floats) -> npt.NDArray[np.float16]:
        """The numbers as f16."""
        with np.errstate(over="ignore"):
            half = array.astype(np.float16)
        if bool(np.isinf(half).any()):
            raise ImportRefused(f"{name} has numbers that f16 cannot hold: choose f32 or int8")
        return half

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
        """What depends on the position alone: rotations, rows of the caches, what is visible."""
        decoder, context = self.decoder, self.context
        zero, one = self.constant("zero", np.int64(0)), self.constant("one", np.int64(1))
        length = self.add("Shape", ["input_ids"], "length.all", start=1, end=2)
        length = self.add("Squeeze", [length], "length")
        steps = self.add("Range", [zero, length, one], "steps")
        places = self.add("Add", [steps, "position"], "places")
        half = decoder.head_width // 2
        powers = np.arange(half, dtype=np.float64) * (2.0 / decoder.head_width)
        speeds = 1 / np.float64(decoder.rope_theta) ** powers
        if decoder.rope_divisors is not None:
            speeds = speeds / np.array(decoder.rope_divisors)
        angles = np.arange(context)[:, None] * speeds[None, :]
        cos, sin = np.cos(angles), np.sin(angles)
        # A head (a, b) becomes (a cos - b sin, b cos + a sin).
        tables = np.concatenate([cos, cos], 1), np.concatenate([-sin, sin], 1)
        for name, table in zip(("cos", "sin"), tables, strict=True):
            self.constant(f"rope.{name}.all", table.astype(np.float32))
            self.add("Gather", [f"rope.{name}.all", places], f"rope.{name}")
        column = self.reshape(places, "places.column", -1, 1)
        keys = self.constant("keys", np.arange(context, dtype=np.int64)[None, :])
        self.add("LessOrEqual", [keys, column], "visible")
        # Coordinates of the rows that are written: (0, head, place).
        heads = np.zeros((1, decoder.kv_heads, 1, 3), np.int64)
        heads[0, :, 0, 1] = np.arange(decoder.kv_heads)
        unit = self.constant("unit", np.array([0, 0, 1], np.int64))
        place = self.add("Mul", [column, unit], "places.coordinates")
        self.add("Add", [self.constant("heads", heads), place], "rows")

    def attention(self, x: str, layer: int) -> str:
        d = self.decoder
        group, name = d.heads // d.kv_heads, f"{layer}.attention"
        both, all_heads = d.heads + d.kv_heads, d.heads + 2 * d.kv_heads
        outputs = [
            (f"{layer}.q", d.heads * d.head_width),
            (f"{layer}.k", d.kv_heads * d.head_width),
            (f"{layer}.v", d.kv_heads * d.head_width),
        ]
        qkv = self.linear(x, outputs, d.width, f"{layer}.qkv")
        qkv = self.reshape(qkv, f"{name}.rows", 1, -1, all_heads, d.head_width)
        qkv = self.add("Transpose", [qkv], f"{name}.heads", perm=[0, 2, 1, 3])
        qk, v = self.split(qkv, f"{name}.qk", f"{name}.v", (both, d.kv_heads), 1)
        # Rotation by halves of queries and keys.
        half = d.head_width // 2
        a, b = self.split(qk, f"{name}.a", f"{name}.b", (half, half), 3)
        swapped = self.add("Concat", [b, a], f"{name}.swapped", axis=3)
        straight = self.add("Mul", [qk, "rope.cos"], f"{name}.straight")
        crossed = self.add("Mul", [swapped, "rope.sin"], f"{name}.crossed")
        qk = self.add("Add", [straight, crossed], f"{name}.rotated")
        q, k = self.split(qk, f"{name}.q", f"{name}.k", (d.heads, d.kv_heads), 1)
        caches = []
        for part, rows in (("key", k), ("value", v)):
            past, present = f"past_key_values.{layer}.{part}", f"present.{layer}.{part}"
            caches.append(self.add("ScatterND", [past, "rows", rows], present))
        # The queries of a group are rows of one product with the head that they share.
        scale = self.constant("scale", np.float32(1 / np.sqrt(d.head_width)))
        q = self.add("Mul", [q, scale], f"{name}.scaled")
        q = self.reshape(q, f"{name}.groups", 1, d.kv_heads, -1, d.head_width)
        keys = self.add("Transpose", [caches[0]], f"{name}.keys", perm=[0, 1, 3, 2])
        scores = self.add("MatMul", [q, keys], f"{name}.scores")
        scores = self.reshape(scores, f"{name}.by_head", 1, d.kv_heads * group, -1, self.context)
        hidden = self.constant("hidden", np.float32(-1e30))
        scores = self.add("Where", ["visible", scores, hidden], f"{name}.masked")
        shares = self.add("Softmax", [scores], f"{name}.shares", axis=-1)
        shares = self.reshape(shares, f"{name}.by_group", 1, d.kv_heads, -1, self.context)
        y = self.add("MatMul", [shares, caches[1]], f"{name}.mixed")
        y = self.reshape(y, f"{name}.mixed.heads", 1, d.heads, -1, d.head_width)
        y = self.add("Transpose", [y], f"{name}.mixed.rows", perm=[0, 2, 1, 3])
        y = self.reshape(y, name, 1, -1, d.heads * d.head_width)
        return self.linear(y, [(f"{layer}.o", d.width)], d.heads * d.head_width, f"{layer}.out")

    def split(
        self, x: str, first: str, second: str, sizes: tuple[int, int], axis: int
    ) -> tuple[str, str]:
        inputs = [x, self.shape(*sizes)]
        self.graph.node.append(helper.make_node("Split", inputs, [first, second], first, axis=axis))
        return first, second

    def feed_forward(self, x: str, layer: int) -> str:
        d, name = self.decoder, f"{layer}.feed_forward"
        outputs = [(f"{layer}.gate", d.feed_forward), (f"{layer}.up", d.feed_forward)]
        both = self.linear(x, outputs, d.width, name)
        gate, up = self.split(
            both, f"{name}.gate", f"{name}.up", (d.feed_forward, d.feed_forward), 2
        )
        gate = self.add(
            "Mul", [gate, self.add("Sigmoid", [gate], f"{name}.sigmoid")], f"{name}.silu"
        )
        y = self.add("Mul", [gate, up], f"{name}.hidden")
        return self.linear(y, [(f"{layer}.down", d.width)], d.feed_forward, f"{layer}.mlp")

    def logits(self, x: str, table: Matrix) -> None:
        d = self.decoder
        x = self.add("Gather", [x, "last"], "last.row", axis=1)
        x = self.norm(x, "norm")
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
        for layer in range(d.layers):
            self.progress(f"layer {layer + 1} of {d.layers}")
            y = self.attention(self.norm(x, f"{layer}.input_norm"), layer)
            x = self.add("Add", [x, y], f"{layer}.attended")
            y = self.feed_forward(self.norm(x, f"{layer}.post_norm"), layer)
            x = self.add("Add", [x, y], f"{layer}.done")
        self.progress("logits")
        self.logits(x, table)
        self.signature()
        facts = {
            "opg.generate": "1",
            "opg.generate.context": str(self.context),
            "opg.generate.block": str(PROMPT_BLOCK),
            "opg.generate.stop": ",".join(map(str, d.stop)),
        }
        for key, value in facts.items():
            self.model.metadata_props.add(key=key, value=value)
        data: bytes = self.model.SerializeToString(deterministic=True)
        if len(data) > _MAX_BYTES:
            raise ImportRefused("the file is longer than 2 GiB: choose int8 or int4")
        return data

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
