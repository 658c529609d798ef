"""A small decoder with random weights, in two forms: as a step graph that the engine drives (see
`guest/src/generation`), and as one Scan over as many steps as the context has.

Both compute the same: rows of an embedding and of a table of positions, layers of attention with grouped
heads and of a gated feed-forward network behind RMS norms, greedy choice in the form of a Scan.
"""

import numpy as np
import onnx
from onnx import TensorProto as T
from onnx import helper, numpy_helper

SEED = 20261127


class Decoder:
    """Sizes and weights."""

    def __init__(self, vocabulary, width, layers, heads, kv_heads, context, block, stop=()):
        self.vocabulary, self.width, self.layers = vocabulary, width, layers
        self.heads, self.kv_heads, self.context, self.block = heads, kv_heads, context, block
        self.head, self.stop = width // heads, list(stop)
        self.random = np.random.default_rng([SEED, vocabulary, width, layers, heads, context])
        self.weights = {}
        hidden = 2 * width
        self.weight("embedding", vocabulary, width, scale=1.0)
        self.weight("positions", context, width, scale=1.0)
        for layer in range(layers):
            self.weight(f"{layer}.qkv", width, (heads + 2 * kv_heads) * self.head)
            self.weight(f"{layer}.out", width, width)
            self.weight(f"{layer}.up", width, 2 * hidden)
            self.weight(f"{layer}.down", hidden, width)
        self.weight("logits", width, vocabulary)

    def weight(self, name, rows, columns, scale=None):
        scale = scale or 1 / np.sqrt(rows)
        values = self.random.standard_normal((rows, columns)) * scale
        self.weights[name] = values.astype(np.float32)

    def cache(self):
        return [1, self.kv_heads, self.context, self.head]

    def step(self):
        """The step graph."""
        graph = Graph(self)
        ids, last = "input_ids", "last"
        length = graph.op("Squeeze", graph.op("Shape", ids, start=1, end=2))
        steps = graph.op("Range", graph.int("zero", 0), length, graph.int("one", 1))
        places = graph.op("Add", steps, "position")
        x = graph.embed(ids, places)
        x = graph.layers(x, places, lambda name: f"past_key_values.{name}", lambda name: f"present.{name}")
        x = graph.op("Gather", graph.norm(x), last, axis=1)
        x = graph.op("Reshape", x, graph.ints("one_row", 1, self.width))
        graph.op("MatMul", x, "logits.weight", output="logits")
        info = helper.make_tensor_value_info
        caches = [f"{layer}.{kind}" for layer in range(self.layers) for kind in ("key", "value")]
        inputs = [
            info("input_ids", T.INT64, [1, "sequence"]),
            info("position", T.INT64, [1]),
            info("last", T.INT64, [1]),
            *(info(f"past_key_values.{name}", T.FLOAT, self.cache()) for name in caches),
        ]
        outputs = [
            info("logits", T.FLOAT, [1, self.vocabulary]),
            *(info(f"present.{name}", T.FLOAT, self.cache()) for name in caches),
        ]
        made = helper.make_graph(graph.nodes, "step", inputs, outputs, graph.constants)
        proto = model(made)
        helper.set_model_props(
            proto,
            {
                "opg.generate": "1",
                "opg.generate.context": str(self.context),
                "opg.generate.block": str(self.block),
                "opg.generate.stop": ",".join(map(str, self.stop)),
            },
        )
        onnx.checker.check_model(proto)
        return proto

    def scan(self):
        """One Scan. It takes `prompt`, i64 [context, 1], with -1 where the model chooses, and gives
        `tokens`, i64 [context, 1]: what it chooses after each."""
        graph = Graph(self)
        chosen = graph.op("GreaterOrEqual", "forced", graph.ints("none", 0))
        token = graph.op("Where", chosen, "forced", "token.in")
        ids = graph.op("Reshape", token, graph.ints("one_token", 1, 1))
        x = graph.embed(ids, "position.in")
        x = graph.layers(x, "position.in", lambda name: f"{name}.in", lambda name: f"{name}.out")
        x = graph.op("Reshape", graph.norm(x), graph.ints("one_row", 1, self.width))
        scores = graph.op("MatMul", x, "logits.weight")
        graph.op("ArgMax", scores, axis=1, keepdims=0, output="token.out")
        graph.op("Identity", "token.out", output="emitted")
        graph.op("Add", "position.in", graph.ints("next", 1), output="position.out")
        info = helper.make_tensor_value_info
        caches = [f"{layer}.{kind}" for layer in range(self.layers) for kind in ("key", "value")]
        states = [("token", T.INT64, [1]), ("position", T.INT64, [1])]
        states += [(name, T.FLOAT, self.cache()) for name in caches]
        body = helper.make_graph(
            graph.nodes,
            "step",
            [*(info(f"{name}.in", *of) for name, *of in states), info("forced", T.INT64, [1])],
            [*(info(f"{name}.out", *of) for name, *of in states), info("emitted", T.INT64, [1])],
            graph.constants,
        )
        types = {T.INT64: np.int64, T.FLOAT: np.float32}
        first = [
            numpy_helper.from_array(np.zeros(shape, types[kind]), f"{name}.first")
            for name, kind, shape in states
        ]
        scan = helper.make_node(
            "Scan",
            [*(f"{name}.first" for name, *_ in states), "prompt"],
            [*(f"{name}.after" for name, *_ in states), "tokens"],
            body=body,
            num_scan_inputs=1,
        )
        made = helper.make_graph(
            [scan],
            "scan",
            [info("prompt", T.INT64, [self.context, 1])],
            [info("tokens", T.INT64, [self.context, 1])],
            first,
        )
        return model(made)


def model(graph):
    opsets = [helper.make_opsetid("", 17)]
    return helper.make_model(graph, producer_name="opg-chain", opset_imports=opsets, ir_version=9)


class Graph:
    """Nodes and constants of a step."""

    def __init__(self, decoder):
        self.decoder, self.nodes, self.names = decoder, [], set()
        self.constants, self.count = [], 0
        for name, value in decoder.weights.items():
            self.constant(f"{name}.weight", value)

    def constant(self, name, value):
        if name not in self.names:
            self.names.add(name)
            self.constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def ints(self, name, *values):
        return self.constant(name, np.array(values, np.int64))

    def int(self, name, value):
        return self.constant(name, np.array(value, np.int64))

    def float(self, name, value):
        return self.constant(name, np.array(value, np.float32))

    def op(self, kind, *inputs, output=None, outputs=1, **attributes):
        self.count += 1
        names = [output or f"v{self.count}"]
        if outputs > 1:
            names = [f"v{self.count}.{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, **attributes))
        return names[0] if outputs == 1 else names

    def embed(self, ids, places):
        rows = self.op("Gather", "embedding.weight", ids)
        return self.op("Add", rows, self.op("Gather", "positions.weight", places))

    def norm(self, x):
        square = self.op("ReduceMean", self.op("Mul", x, x), axes=[-1])
        root = self.op("Sqrt", self.op("Add", square, self.float("epsilon", 1e-5)))
        return self.op("Div", x, root)

    def layers(self, x, places, past, present):
        """`places` are those of the rows of `x`, i64 [rows]."""
        of = self.decoder
        column = self.op("Reshape", places, self.ints("column", -1, 1))
        self.constant("keys", np.arange(of.context, dtype=np.int64))
        visible = self.op("LessOrEqual", "keys", column)
        # Of each row and head its place in a cache: [1, kv_heads, rows, 3].
        heads = np.zeros([1, of.kv_heads, 1, 3], np.int64)
        heads[0, :, 0, 1] = np.arange(of.kv_heads)
        along = self.op("Mul", column, self.ints("third", 0, 0, 1))
        rows = self.op("Add", self.constant("heads", heads), along)
        for layer in range(of.layers):
            x = self.op("Add", x, self.attention(layer, self.norm(x), visible, rows, past, present))
            both = self.op("MatMul", self.norm(x), f"{layer}.up.weight")
            gate, up = self.op("Split", both, self.ints("halves", 2 * of.width, 2 * of.width), axis=2, outputs=2)
            gate = self.op("Mul", gate, self.op("Sigmoid", gate))
            x = self.op("Add", x, self.op("MatMul", self.op("Mul", gate, up), f"{layer}.down.weight"))
        return x

    def attention(self, layer, x, visible, rows, past, present):
        of = self.decoder
        groups = of.heads // of.kv_heads
        all_heads = of.heads + 2 * of.kv_heads
        qkv = self.op("MatMul", x, f"{layer}.qkv.weight")
        qkv = self.op("Reshape", qkv, self.ints("qkv.heads", 1, -1, all_heads, of.head))
        qkv = self.op("Transpose", qkv, perm=[0, 2, 1, 3])
        split = self.ints("qkv.split", of.heads, of.kv_heads, of.kv_heads)
        query, key, value = self.op("Split", qkv, split, axis=1, outputs=3)
        keys, values = f"{layer}.key", f"{layer}.value"
        keys = self.op("ScatterND", past(keys), rows, key, output=present(keys))
        values = self.op("ScatterND", past(values), rows, value, output=present(values))
        query = self.op("Mul", query, self.float("scale", 1 / np.sqrt(of.head)))
        query = self.op("Reshape", query, self.ints("grouped", 1, of.kv_heads, -1, of.head))
        scores = self.op("MatMul", query, self.op("Transpose", keys, perm=[0, 1, 3, 2]))
        scores = self.op("Reshape", scores, self.ints("by_head", 1, of.kv_heads * groups, -1, of.context))
        scores = self.op("Where", visible, scores, self.float("hidden", -1e30))
        shares = self.op("Softmax", scores, axis=-1)
        shares = self.op("Reshape", shares, self.ints("by_group", 1, of.kv_heads, -1, of.context))
        mixed = self.op("MatMul", shares, values)
        mixed = self.op("Reshape", mixed, self.ints("mixed", 1, of.heads, -1, of.head))
        mixed = self.op("Transpose", mixed, perm=[0, 2, 1, 3])
        mixed = self.op("Reshape", mixed, self.ints("joined", 1, -1, of.width))
        return self.op("MatMul", mixed, f"{layer}.out.weight")
