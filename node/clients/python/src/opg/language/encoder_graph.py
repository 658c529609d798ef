"""The step graph of an encoder and its decoder.

The prompt goes through in one block, and every token after it alone. Which of both a call is
follows from its length, so the engine takes one branch of an `If` when it loads the graph for it:

- The branch of the prompt runs the encoder, and gives what the decoder needs of it: keys and
  values of each layer, and which places have tokens. They are caches, which the branch of one
  token passes on.
- The decoder begins at the place of the prompt's last token, and looks no further back.

A prompt of one token goes the way of tokens after it. T5 ends each text with a token of its own,
so it is that of an empty text: it gets an empty answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from onnx import GraphProto, TensorProto, helper

from opg.language.builder import MICROSOFT, Builder
from opg.language.errors import ImportRefused
from opg.language.t5 import Pair, Part, groups
from opg.language.weights import Floats, Kind, Matrix, as_kind, stacked

_HIDDEN: Final = np.float32(-1e30)
_MAX_CONTEXT: Final = 4096
"""Biases of an encoder grow with the square of it."""


def encoder_step_graph(
    pair: Pair, kind: Kind, context: int, progress: Callable[[str], None]
) -> bytes:
    """The ONNX file of a pair, the same bytes for the same source and options."""
    if not 8 <= context <= _MAX_CONTEXT:  # noqa: PLR2004
        raise ImportRefused(f"a context of {context} tokens: 8 to {_MAX_CONTEXT} are allowed")
    return _Step(pair, kind, context, progress).file()


class _Step(Builder):
    """The graph while it is made."""

    def __init__(
        self, pair: Pair, kind: Kind, context: int, progress: Callable[[str], None]
    ) -> None:
        super().__init__(kind)
        self.pair, self.sizes = pair, pair.sizes
        self.context, self.progress = context, progress
        heads, width = self.sizes.heads, self.sizes.head_width
        self.cache = [1, heads, context, width]
        layers = range(self.sizes.decoder_layers)
        self.crossed = [f"{layer}.cross.{part}" for layer in layers for part in ("key", "value")]
        self.own = [f"{layer}.{part}" for layer in layers for part in ("key", "value")]

    # --- What both parts have.

    def embedded(self, tokens: str, part: Part, name: str) -> str:
        """Rows of the table of a part: one table, if both are the same."""
        table, same = part.table, self.pair.encoder.table
        is_same = table is same or bool((table.codes == same.codes).all())
        stored = self.constant("embed.codes" if is_same else f"{name}.codes", table.codes)
        row = self.add("Gather", [stored, tokens], f"{name}.row")
        row = self.add("Cast", [row], f"{name}.row.f32", to=TensorProto.FLOAT)
        zero = self.constant(f"{name}.zero", np.float32(table.zero))
        row = self.add("Sub", [row, zero], f"{name}.centred")
        return self.add("Mul", [row, self.constant(f"{name}.scale", np.float32(table.scale))], name)

    def normed(self, x: str, gamma: Floats, name: str) -> str:
        return self.unit(x, self.constant(f"{name}.weight", gamma), self.sizes.epsilon, name)

    def times(self, x: str, matrices: Sequence[Matrix], name: str) -> str:
        """Products with matrices, whose outputs come one after another."""
        return self.product(x, stacked([as_kind(own, self.kind) for own in matrices]), name)

    def heads(self, x: str, name: str) -> str:
        """Numbers of each token, by heads."""
        rows = self.reshape(x, f"{name}.rows", 1, -1, self.sizes.heads, self.sizes.head_width)
        return self.add("Transpose", [rows], name, perm=[0, 2, 1, 3])

    def attend(self, q: str, k: str, v: str, bias: str, name: str) -> str:
        """Attention of heads, whose scores are not scaled."""
        turned = self.add("Transpose", [k], f"{name}.turned", perm=[0, 1, 3, 2])
        scores = self.add("MatMul", [q, turned], f"{name}.scores")
        scores = self.add("Add", [scores, bias], f"{name}.biased")
        shares = self.add("Softmax", [scores], f"{name}.shares", axis=-1)
        mixed = self.add("MatMul", [shares, v], f"{name}.mixed")
        rows = self.add("Transpose", [mixed], f"{name}.mixed.rows", perm=[0, 2, 1, 3])
        return self.reshape(rows, name, 1, -1, self.sizes.heads * self.sizes.head_width)

    def parts(self, x: str, matrices: Sequence[Matrix], names: Sequence[str], name: str) -> None:
        """Products with several matrices of as many rows."""
        size = matrices[0].shape[0]
        both = self.times(x, matrices, name)
        self.split(both, names, [size] * len(names), 2)

    def feed_forward(self, x: str, gamma: Floats, matrices: Sequence[Matrix], name: str) -> str:
        unit = self.normed(x, gamma, f"{name}.norm")
        gate, up = f"{name}.gate", f"{name}.up"
        self.parts(unit, matrices[:2], [gate, up], name)
        self.node("FastGelu", [gate], [f"{name}.gelu"], MICROSOFT)
        y = self.add("Mul", [f"{name}.gelu", up], f"{name}.hidden")
        y = self.times(y, matrices[2:], f"{name}.down")
        return self.add("Add", [x, y], f"{name}.sum")

    # --- The branches.

    def prompt(self) -> GraphProto:
        """The encoder."""
        branch = GraphProto(name="prompt")
        self.nodes = branch.node
        place = self.constant("places", np.arange(self.context))
        seen = self.add("LessOrEqual", [place, "last"], "encoder.seen")
        mask = self.add("Cast", [seen], "encoder.seen.f32", to=TensorProto.FLOAT)
        zero, hidden = self.constant("zero", np.float32(0)), self.constant("hidden", _HIDDEN)
        mask_row = self.add("Where", [seen, zero, hidden], "encoder.hidden")
        mask_row = self.reshape(mask_row, "encoder.hidden.row", 1, 1, 1, self.context)
        distances = np.arange(self.context)[None, :] - np.arange(self.context)[:, None]
        table = self.pair.encoder.bias
        biases = table[groups(distances, len(table), both_ways=True)].transpose(2, 0, 1)[None]
        bias = self.constant("encoder.biases", biases)
        bias = self.add("Add", [bias, mask_row], "encoder.bias")
        x = self.embedded("input_ids", self.pair.encoder, "encoder.embed")
        for layer, matrices in enumerate(self.pair.encoder.layers):
            self.progress(f"layer {layer + 1} of {self.sizes.layers} of the encoder")
            name, norms = f"encoder.{layer}", self.pair.encoder.norms[layer]
            qkv = [f"{name}.{part}" for part in "qkv"]
            unit = self.normed(x, norms[0], f"{name}.norm")
            self.parts(unit, matrices[:3], [f"{own}.all" for own in qkv], f"{name}.qkv")
            q, k, v = (self.heads(f"{own}.all", own) for own in qkv)
            y = self.times(self.attend(q, k, v, bias, name), matrices[3:4], f"{name}.out")
            x = self.add("Add", [x, y], f"{name}.attended")
            x = self.feed_forward(x, norms[1], matrices[4:], f"{name}.feed")
        x = self.normed(x, self.pair.encoder.last_norm, "encoder.norm")
        outputs = ["encoder.token", "encoder.place", "encoder.mask"]
        start = self.constant("start", np.array([[self.sizes.start]]))
        self.add("Identity", [start], outputs[0])
        self.add("Identity", ["last"], outputs[1])
        self.reshape(mask, outputs[2], 1, 1, self.context, 1)
        for layer, matrices in enumerate(self.pair.decoder.layers):
            name = f"encoder.{layer}.cross"
            both = [f"{name}.key.all", f"{name}.value.all"]
            self.parts(x, matrices[5:7], both, name)
            outputs += [self.heads(own, own.removesuffix(".all")) for own in both]
        return self.closed(branch, outputs)

    def answer(self) -> GraphProto:
        """What passes on what the encoder gave."""
        branch = GraphProto(name="answer")
        self.nodes = branch.node
        past = [f"past_key_values.{name}" for name in ("mask", *self.crossed)]
        given = ["input_ids", "position", *past]
        outputs = [self.add("Identity", [own], f"answer.{at}") for at, own in enumerate(given)]
        return self.closed(branch, outputs)

    def closed(self, branch: GraphProto, outputs: Sequence[str]) -> GraphProto:
        """The branch with these outputs."""
        tensor = helper.make_tensor_value_info
        facts: list[tuple[int, list[int]]] = [
            (TensorProto.INT64, [1, 1]),
            (TensorProto.INT64, [1]),
            (TensorProto.FLOAT, [1, 1, self.context, 1]),
            *[(TensorProto.FLOAT, self.cache)] * len(self.crossed),
        ]
        for output, (kind, shape) in zip(outputs, facts, strict=True):
            branch.output.append(tensor(output, kind, shape))
        self.nodes = self.graph.node
        return branch

    # --- The decoder.

    def decoder(self) -> str:
        """The last row of the decoder."""
        size, part = self.sizes, self.pair.decoder
        place = self.constant("places", np.arange(self.context))
        mask = "present.mask"
        count = self.add("ReduceSum", [mask], "count.f32", keepdims=0)
        one = self.constant("one", np.float32(1))
        first = self.add("Sub", [count, one], "first.f32")
        first = self.add("Cast", [first], "first", to=TensorProto.INT64)
        begun = self.add("GreaterOrEqual", [place, first], "begun")
        written = self.add("LessOrEqual", [place, "place"], "written")
        seen = self.add("And", [begun, written], "seen")
        hidden = self.constant("hidden", _HIDDEN)
        distances = np.arange(self.context)[None, :] - np.arange(self.context)[:, None]
        of_places = part.bias[groups(distances, len(part.bias), both_ways=False)]
        biases = self.constant("biases", np.ascontiguousarray(of_places.transpose(0, 2, 1)))
        bias = self.add("Gather", [biases, "place"], "bias.row")
        bias = self.add("Where", [seen, bias, hidden], "bias.seen")
        bias = self.reshape(bias, "bias", 1, size.heads, 1, self.context)
        crossed = self.add("Sub", [mask, one], "cross.places")
        # What has no token is far below what has.
        far = self.constant("far", -_HIDDEN)
        crossed = self.add("Mul", [crossed, far], "cross.hidden")
        crossed = self.reshape(crossed, "cross.bias", 1, 1, 1, self.context)
        heads = np.zeros((1, size.heads, 1, 3), np.int64)
        heads[0, :, 0, 1] = np.arange(size.heads)
        row = self.add("Mul", ["place", self.constant("unit", np.array([0, 0, 1]))], "row")
        rows = self.add("Add", [self.constant("heads", heads), row], "rows")
        x = self.embedded("token", part, "embed")
        for layer, matrices in enumerate(part.layers):
            self.progress(f"layer {layer + 1} of {size.decoder_layers} of the decoder")
            x = self.layer(x, layer, matrices, rows, bias, crossed)
        return self.normed(x, part.last_norm, "norm")

    def layer(
        self, x: str, layer: int, matrices: Sequence[Any], rows: str, bias: str, crossed: str
    ) -> str:
        name, norms = f"{layer}", self.pair.decoder.norms[layer]
        unit = self.normed(x, norms[0], f"{name}.norm")
        qkv = [f"{name}.{part}" for part in "qkv"]
        self.parts(unit, matrices[:3], [f"{own}.all" for own in qkv], f"{name}.qkv")
        q, k, v = (self.heads(f"{own}.all", own) for own in qkv)
        caches = [
            self.add("ScatterND", [f"past_key_values.{own}", rows, new], f"present.{own}")
            for own, new in ((f"{layer}.key", k), (f"{layer}.value", v))
        ]
        y = self.attend(q, caches[0], caches[1], bias, f"{name}.self")
        x = self.add("Add", [x, self.times(y, matrices[3:4], f"{name}.out")], f"{name}.attended")
        unit = self.normed(x, norms[1], f"{name}.cross.norm")
        q = self.heads(self.times(unit, matrices[4:5], f"{name}.cross.q.all"), f"{name}.cross.q")
        keys, values = (f"present.{layer}.cross.{part}" for part in ("key", "value"))
        y = self.attend(q, keys, values, crossed, f"{name}.cross")
        y = self.times(y, matrices[7:8], f"{name}.cross.out")
        x = self.add("Add", [x, y], f"{name}.cross.attended")
        return self.feed_forward(x, norms[2], matrices[8:], f"{name}.feed")

    # --- The file.

    def file(self) -> bytes:
        size, context = self.sizes, self.context
        length = self.add("Shape", ["input_ids"], "length.all", start=1, end=2)
        is_one = self.add("Equal", [length, self.constant("ones", np.array([1]))], "is_one.all")
        is_one = self.add("Squeeze", [is_one], "is_one")
        prompt, answer = self.prompt(), self.answer()
        present = [f"present.{name}" for name in ("mask", *self.crossed)]
        self.node(
            "If", [is_one], ["token", "place", *present], then_branch=answer, else_branch=prompt
        )
        y = self.times(self.decoder(), [self.pair.head], "head")
        y = self.reshape(y, "scores", 1, size.vocabulary)
        # Without an encoder's tokens there is nothing to say.
        nothing = np.full((1, size.vocabulary), _HIDDEN, np.float32)
        nothing[0, list(size.stop)] = 0
        zero = self.constant("zero", np.float32(0))
        is_empty = self.add("Equal", ["count.f32", zero], "is_empty")
        self.add("Where", [is_empty, self.constant("nothing", nothing), y], "logits")
        tensor = helper.make_tensor_value_info
        self.graph.input.append(tensor("input_ids", TensorProto.INT64, [1, "sequence"]))
        self.graph.input.append(tensor("position", TensorProto.INT64, [1]))
        self.graph.input.append(tensor("last", TensorProto.INT64, [1]))
        self.graph.output.append(tensor("logits", TensorProto.FLOAT, [1, size.vocabulary]))
        for name in ("mask", *self.crossed, *self.own):
            shape = [1, 1, context, 1] if name == "mask" else self.cache
            self.graph.input.append(tensor(f"past_key_values.{name}", TensorProto.FLOAT, shape))
            self.graph.output.append(tensor(f"present.{name}", TensorProto.FLOAT, shape))
        return self.written(
            {
                "opg.generate": "1",
                "opg.generate.context": str(context),
                "opg.generate.block": str(context),
                "opg.generate.stop": ",".join(map(str, size.stop)),
            }
        )
