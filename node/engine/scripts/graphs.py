"""Graphs of the determinism suite under construction, and their inputs."""

import numpy as np
import onnx
from onnx import TensorProto as T
from onnx import helper, numpy_helper

SEED = 20261121

FLOATS = {
    np.dtype("f2"): ("u2", [0x7E00, 0xFE01, 0x7D01, 0x7C00, 0xFC00, 0x8000, 0x0001, 0x83FF, 0x7BFF]),
    np.dtype("f4"): (
        "u4",
        [
            0x7FC00000,
            0xFFC12345,
            0x7F800001,
            0x7F800000,
            0xFF800000,
            0x80000000,
            0x00000001,
            0x807FFFFF,
            0x00800000,
            0x7F7FFFFF,
            0xFF7FFFFF,
        ],
    ),
    np.dtype("f8"): (
        "u8",
        [
            0x7FF8000000000000,
            0xFFF8000000000123,
            0x7FF0000000000001,
            0x7FF0000000000000,
            0xFFF0000000000000,
            0x8000000000000000,
            0x0000000000000001,
            0x7FEFFFFFFFFFFFFF,
        ],
    ),
}


class Model:
    """A graph under construction; every value has a name."""

    def __init__(self, name, opset=17, more=()):
        self.name, self.opset, self.more = name, opset, list(more)
        self.nodes, self.weights, self.inputs, self.outputs = [], [], [], []
        self.plain, self.dims, self.without_reference = [], {}, set()
        self.random = np.random.default_rng([SEED, *name.encode()])
        self.counter = 0

    def fresh(self):
        self.counter += 1
        return f"v{self.counter}"

    def input(self, name, shape, dtype="f4", value=None, dims=None):
        """Declare an input; `dims` are its dimensions as the file says them, names among them."""
        dtype = np.dtype(dtype)
        if value is None:
            if dtype.kind == "f":
                value = self.random.standard_normal(shape)
            elif dtype.kind == "b":
                value = self.random.integers(0, 2, shape)
            else:
                value = self.random.integers(0, 100, shape)
        self.plain.append((name, np.asarray(value).astype(dtype).reshape(shape)))
        code = helper.np_dtype_to_tensor_dtype(dtype)
        self.inputs.append(helper.make_tensor_value_info(name, code, dims or list(shape)))
        for dim, size in zip(dims or [], shape):
            if isinstance(dim, str):
                self.dims[dim] = size
        return name

    def weight(self, value, dtype="f4"):
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.asarray(value).astype(dtype), name))
        return name

    def noise(self, *shape, scale=0.4, dtype="f4"):
        return self.weight(self.random.standard_normal(shape) * scale, dtype)

    def ints(self, *values):
        return self.weight(list(values), "i8")

    def op(self, kind, *inputs, outputs=1, **attributes):
        """Append a node; returns the name of its output, or a list of them."""
        names = [self.fresh() for _ in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, **attributes))
        return names[0] if outputs == 1 else names

    def output(self, *names, dtype=T.FLOAT, reference=True):
        for name in names:
            if not reference:
                self.without_reference.add(name)
            self.outputs.append(helper.make_tensor_value_info(name, dtype, None))
        return self

    def proto(self):
        graph = helper.make_graph(self.nodes, self.name, self.inputs, self.outputs, self.weights)
        opsets = [helper.make_opsetid("", self.opset)]
        opsets += [helper.make_opsetid(domain, version) for domain, version in self.more]
        proto = helper.make_model(graph, producer_name="opg-chain", opset_imports=opsets, ir_version=9)
        proto = onnx.shape_inference.infer_shapes(proto, data_prop=True)
        del proto.graph.value_info[:]
        # The checker wants the shape of every output, which cannot always be inferred.
        if all(output.type.tensor_type.HasField("shape") for output in proto.graph.output):
            onnx.checker.check_model(proto)
        else:
            print(f"{self.name}: not checked")
        return proto

    def special(self):
        """The plain input with special values in about a third of the places."""
        tensors = []
        for name, value in self.plain:
            if value.dtype in FLOATS and value.size:
                bits, patterns = FLOATS[value.dtype]
                words = value.copy().reshape(-1).view(bits)
                places = self.random.permutation(words.size)[: max(1, words.size // 3)]
                for i, place in enumerate(places):
                    words[place] = patterns[i % len(patterns)]
                value = words.view(value.dtype).reshape(value.shape)
            tensors.append((name, value))
        return tensors


MODELS = []


def model(opset=17, more=()):
    """Decorate a function that fills a model named as itself."""

    def add(build):
        def make():
            made = Model(build.__name__, opset, more)
            build(made)
            return made

        MODELS.append(make)
        return make

    return add
