#!/usr/bin/env python3
"""Write the models that scripts/bench-engine.sh measures, with their inputs.

For each: <name>.onnx, <name>.input (the engine's tensor encoding) and <name>.npz (the same
tensors for onnxruntime). Weights come from a fixed seed and are scaled so that values stay of the
order of one; only the shapes are those of real models.

    models.py DIRECTORY
"""

import pathlib
import struct
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SEED = 7
OPSET = 17
# Codes of the engine's tensor encoding.
DTYPES = {"float32": 10, "int64": 8, "uint8": 1, "int8": 5}


class Graph:
    """Collects nodes and weights of one model."""

    def __init__(self, seed=SEED):
        self.rng = np.random.default_rng(seed)
        self.nodes, self.weights, self.inputs, self.feeds, self.count = [], [], [], {}, 0

    def input(self, name, value):
        dtype = helper.np_dtype_to_tensor_dtype(value.dtype)
        self.inputs.append(helper.make_tensor_value_info(name, dtype, value.shape))
        self.feeds[name] = value
        return name

    def constant(self, value):
        self.count += 1
        name = f"w{self.count}"
        self.weights.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def weight(self, *shape, fan_in=None):
        scale = 1.0 / np.sqrt(fan_in if fan_in else shape[0])
        return self.constant((self.rng.standard_normal(shape) * scale).astype(np.float32))

    def bias(self, n):
        return self.constant((self.rng.standard_normal(n) * 0.1).astype(np.float32))

    def op(self, kind, *inputs, outputs=1, **attributes):
        self.count += 1
        names = [f"v{self.count}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, **attributes))
        return names[0] if outputs == 1 else names

    def dense(self, x, n_in, n_out):
        return self.op("Add", self.op("MatMul", x, self.weight(n_in, n_out)), self.bias(n_out))

    def conv(self, x, c_in, c_out, kernel, stride=1, group=1):
        weight = self.weight(
            c_out, c_in // group, kernel, kernel, fan_in=c_in // group * kernel * kernel / 2
        )
        pad = kernel // 2
        return self.op(
            "Conv", x, weight, self.bias(c_out), kernel_shape=[kernel] * 2, strides=[stride] * 2,
            pads=[pad] * 4, group=group,
        )

    def save(self, directory, name, output, dtype=TensorProto.FLOAT):
        out = helper.make_tensor_value_info(output, dtype, None)
        graph = helper.make_graph(self.nodes, name, self.inputs, [out], self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
        model.ir_version = 8
        # Only checks it: the engine infers its own shapes.
        onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True)
        (directory / f"{name}.onnx").write_bytes(model.SerializeToString())
        (directory / f"{name}.input").write_bytes(encode(self.feeds))
        np.savez(directory / f"{name}.npz", **self.feeds)


def encode(tensors):
    """The engine's tensor encoding, see node/engine/src/tensor.rs."""
    out = b"OPGT\x01" + bytes([len(tensors)])
    for name, value in tensors.items():
        data = value.tobytes()
        out += struct.pack("<H", len(name)) + name.encode()
        out += bytes([DTYPES[str(value.dtype)], value.ndim])
        out += struct.pack(f"<{value.ndim}Q", *value.shape) + struct.pack("<I", len(data)) + data
    return out


def floats(g, *shape):
    return g.rng.standard_normal(shape).astype(np.float32)


def mlp(g):
    x = g.input("x", floats(g, 1, 784))
    x = g.op("Relu", g.dense(x, 784, 512))
    x = g.op("Relu", g.dense(x, 512, 256))
    return g.op("Softmax", g.dense(x, 256, 10), axis=1)


def digit_cnn(g):
    x = g.input("x", floats(g, 1, 1, 28, 28))
    x = g.op("Relu", g.conv(x, 1, 32, 3))
    x = g.op("Relu", g.conv(x, 32, 64, 3))
    x = g.op("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])
    x = g.op("Flatten", x)
    x = g.op("Relu", g.dense(x, 64 * 14 * 14, 128))
    return g.op("Softmax", g.dense(x, 128, 10), axis=1)


def mobilenet(g):
    """Inverted residuals with depthwise convolutions and ReLU6, as in MobileNetV2."""
    lo, hi = (g.constant(np.float32(value)) for value in (0.0, 6.0))

    def relu6(x):
        return g.op("Clip", x, lo, hi)

    x = g.input("x", floats(g, 1, 3, 64, 64))
    x = relu6(g.conv(x, 3, 32, 3, stride=2))
    c_in = 32
    for expand, c_out, repeat, stride in [
        (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2),
    ]:
        for i in range(repeat):
            h = c_in * expand
            y = relu6(g.conv(x, c_in, h, 1)) if expand > 1 else x
            y = relu6(g.conv(y, h, h, 3, stride=stride if i == 0 else 1, group=h))
            y = g.conv(y, h, c_out, 1)
            x = g.op("Add", x, y) if i > 0 else y
            c_in = c_out
    x = relu6(g.conv(x, 160, 640, 1))
    x = g.op("Flatten", g.op("GlobalAveragePool", x))
    return g.dense(x, 640, 100)


def lstm(g, steps=32, width=64, hidden=128):
    x = g.input("x", floats(g, steps, 1, width))
    w = g.weight(1, 4 * hidden, width, fan_in=width)
    r = g.weight(1, 4 * hidden, hidden, fan_in=hidden)
    b = g.bias((1, 8 * hidden))
    _, last, _ = g.op("LSTM", x, w, r, b, outputs=3, hidden_size=hidden)
    last = g.op("Reshape", last, g.constant(np.array([1, hidden], np.int64)))
    return g.dense(last, hidden, 10)


def encoder(g, layers=6, width=384, heads=12, inner=1536, tokens=128, words=4096):
    """A transformer encoder of MiniLM's shape, with fewer words."""
    ids = g.input("ids", g.rng.integers(0, words, (1, tokens)))
    mask = np.ones((1, tokens), np.int64)
    mask[:, tokens * 3 // 4 :] = 0
    mask = g.op("Cast", g.input("mask", mask), to=TensorProto.FLOAT)
    mask = g.op("Unsqueeze", mask, g.constant(np.array([1, 2], np.int64)))
    mask = g.op("Mul", g.op("Sub", g.constant(np.float32(1)), mask), g.constant(np.float32(-1e4)))

    def norm(x):
        scale = g.constant(np.ones(width, np.float32))
        return g.op("LayerNormalization", x, scale, g.bias(width), axis=-1, epsilon=1e-12)

    def split(x):
        shape = g.constant(np.array([1, tokens, heads, width // heads], np.int64))
        return g.op("Transpose", g.op("Reshape", x, shape), perm=[0, 2, 1, 3])

    def gelu(x):
        y = g.op("Erf", g.op("Div", x, g.constant(np.float32(np.sqrt(2)))))
        y = g.op("Mul", x, g.op("Add", y, g.constant(np.float32(1))))
        return g.op("Mul", y, g.constant(np.float32(0.5)))

    x = g.op("Gather", g.weight(words, width, fan_in=1), ids, axis=0)
    x = norm(g.op("Add", x, g.weight(1, tokens, width, fan_in=1)))
    for _ in range(layers):
        q, k, v = (split(g.dense(x, width, width)) for _ in range(3))
        scores = g.op("MatMul", q, g.op("Transpose", k, perm=[0, 1, 3, 2]))
        scores = g.op("Div", scores, g.constant(np.float32(np.sqrt(width // heads))))
        scores = g.op("Softmax", g.op("Add", scores, mask), axis=-1)
        y = g.op("Transpose", g.op("MatMul", scores, v), perm=[0, 2, 1, 3])
        y = g.op("Reshape", y, g.constant(np.array([1, tokens, width], np.int64)))
        x = norm(g.op("Add", x, g.dense(y, width, width)))
        y = g.dense(gelu(g.dense(x, width, inner)), inner, width)
        x = norm(g.op("Add", x, y))
    return g.op("ReduceMean", x, axes=[1], keepdims=0)


def int8_mlp(g):
    x = g.input("x", floats(g, 1, 784))
    zero = g.constant(np.int8(0))
    scale = g.constant(np.float32(1 / 32))
    x = g.op("QuantizeLinear", x, scale, zero)
    for n_in, n_out in [(784, 512), (512, 256), (256, 10)]:
        w = g.constant(g.rng.integers(-127, 128, (n_in, n_out)).astype(np.int8))
        w_scale = g.constant(np.float32(1 / 64 / np.sqrt(n_in)))
        x = g.op("QLinearMatMul", x, scale, zero, w, w_scale, zero, scale, zero)
    return g.op("DequantizeLinear", x, scale, zero)


MODELS = [mlp, digit_cnn, mobilenet, lstm, encoder, int8_mlp]


def main():
    directory = pathlib.Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    for build in MODELS:
        g = Graph()
        g.save(directory, build.__name__, build(g))


if __name__ == "__main__":
    main()
