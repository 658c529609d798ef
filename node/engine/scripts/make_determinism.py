#!/usr/bin/env python3
"""Make the models of the determinism suite: node/engine/tests/models/.

Each is small and belongs to a family of operators. Beside NAME.onnx there are NAME.plain.opgt and
NAME.special.opgt (inputs: random numbers, and the same strewn with NaNs of both signs, infinities,
denormals, signed zeros and the largest numbers), and, where onnx's reference implementation can
run the model, NAME.expected.opgt: its outputs on the plain input, which ours must be close to.
NAME.dims binds symbolic dimensions, where there are some. Everything comes from one seed. Outputs
on which ONNX says nothing (NaNs, casts out of range) or where its reference is wrong are left out.

Not here, since the engine does not run them: SequenceMap, Optional, string operators, Col2Im, Unique,
MaxUnpool, RoiAlign.
"""

import pathlib
import warnings

import numpy as np
from onnx import TensorProto as T
from onnx import helper
from onnx.reference import ReferenceEvaluator

import opgt
from generator import Generator
from graphs import MODELS, model

OUT = pathlib.Path(__file__).resolve().parents[1] / "tests/models"


@model()
def dense(m):
    x = m.input("x", (2, 24))
    h = m.op("Relu", m.op("Gemm", x, m.noise(24, 33), m.noise(33)))
    h = m.op("Tanh", m.op("Gemm", h, m.noise(17, 33), m.noise(17), transB=1, alpha=0.5, beta=2.0))
    m.output(m.op("Add", m.op("MatMul", h, m.noise(17, 5)), m.noise(5)))


@model()
def matmul_batched(m):
    a, b = m.input("a", (2, 3, 7, 19)), m.input("b", (3, 19, 11))
    m.output(m.op("MatMul", a, b), m.op("MatMul", m.input("v", (19,)), m.noise(19, 6)))


@model()
def einsum(m):
    a, b = m.input("a", (3, 5, 4)), m.input("b", (3, 4, 6))
    m.output(m.op("Einsum", a, b, equation="bij,bjk->bki"))


@model()
def conv(m):
    x = m.input("x", (1, 3, 14, 14))
    h = m.op("Relu", m.op("Conv", x, m.noise(8, 3, 3, 3), m.noise(8), pads=[1, 1, 1, 1]))
    h = m.op("MaxPool", h, kernel_shape=[2, 2], strides=[2, 2])
    h = m.op("Conv", h, m.noise(10, 8, 3, 3), m.noise(10), strides=[2, 2], dilations=[2, 2], pads=[2, 2, 2, 2])
    h = m.op("Flatten", m.op("LeakyRelu", h, alpha=0.1))
    m.output(m.op("Gemm", h, m.noise(160, 4), m.noise(4)))


@model()
def conv_1d_3d(m):
    x, y = m.input("x", (1, 4, 21)), m.input("y", (1, 2, 5, 6, 7))
    a = m.op("Conv", x, m.noise(6, 4, 5), auto_pad="SAME_UPPER", strides=[2])
    m.output(a, m.op("Conv", y, m.noise(3, 2, 2, 3, 2), m.noise(3)))


@model()
def conv_depthwise(m):
    x = m.input("x", (1, 6, 12, 12))
    h = m.op("Conv", x, m.noise(6, 1, 3, 3), m.noise(6), group=6, pads=[1, 1, 1, 1])
    h = m.op("Clip", h, m.weight(0.0), m.weight(6.0))
    h = m.op("Conv", h, m.noise(12, 6, 1, 1), m.noise(12))
    h = m.op("HardSwish", m.op("Conv", h, m.noise(12, 3, 3, 3), group=4))
    m.output(m.op("GlobalAveragePool", h))


@model()
def conv_transpose(m):
    x = m.input("x", (1, 3, 5, 6))
    a = m.op("ConvTranspose", x, m.noise(3, 4, 3, 3), m.noise(4), strides=[2, 2], pads=[1, 1, 1, 1])
    m.output(m.op("ConvTranspose", a, m.noise(4, 2, 2, 2)))


@model()
def pooling(m):
    x = m.input("x", (1, 3, 9, 10))
    m.output(
        m.op("MaxPool", x, kernel_shape=[3, 2], strides=[2, 2], pads=[1, 0, 1, 1]),
        m.op("AveragePool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]),
        m.op("AveragePool", x, kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1),
        m.op("GlobalMaxPool", x),
    )


@model()
def normalisation(m):
    x = m.input("x", (2, 4, 5, 5))
    scale, shift = m.noise(4), m.noise(4)
    variance = m.weight(np.abs(m.random.standard_normal(4)) + 0.1)
    m.output(
        m.op("BatchNormalization", x, scale, shift, m.noise(4), variance),
        m.op("InstanceNormalization", x, scale, shift),
        m.op("LpNormalization", x, axis=1, p=2),
    )
    # The reference leaves out the last channel of each window.
    m.output(m.op("LRN", x, size=3, alpha=0.01, beta=0.6, bias=1.5), reference=False)


@model()
def layer_norm(m):
    x = m.input("x", (2, 7, 12))
    m.output(m.op("LayerNormalization", x, m.noise(12), m.noise(12), axis=-1))


@model()
def lstm(m):
    x = m.input("x", (6, 2, 5))
    y, h, c = m.op(
        "LSTM", x, m.noise(2, 32, 5), m.noise(2, 32, 8), m.noise(2, 64), outputs=3, hidden_size=8, direction="bidirectional"
    )
    m.output(y, h, c)


@model()
def gru(m):
    x, h = m.input("x", (5, 2, 4)), m.input("h", (1, 2, 7))
    y, last = m.op(
        "GRU", x, m.noise(1, 21, 4), m.noise(1, 21, 7), m.noise(1, 42), "", h, outputs=2, hidden_size=7, linear_before_reset=1
    )
    m.output(y, last)


@model()
def rnn(m):
    x = m.input("x", (5, 1, 4))
    y, last = m.op("RNN", x, m.noise(1, 6, 4), m.noise(1, 6, 6), m.noise(1, 12), outputs=2, hidden_size=6)
    m.output(y, last)


def encoder(m, x, length, width, heads):
    """One transformer block: attention, gelu, layer norms."""
    size = width // heads

    def split(value, perm):
        shaped = m.op("Reshape", value, m.ints(1, length, heads, size))
        return m.op("Transpose", shaped, perm=perm)

    q = split(m.op("MatMul", x, m.noise(width, width)), [0, 2, 1, 3])
    k = split(m.op("MatMul", x, m.noise(width, width)), [0, 2, 3, 1])
    v = split(m.op("MatMul", x, m.noise(width, width)), [0, 2, 1, 3])
    scores = m.op("Div", m.op("MatMul", q, k), m.weight(np.sqrt(size)))
    mask = m.weight(np.triu(np.full((length, length), -np.inf), 1))
    mixed = m.op("MatMul", m.op("Softmax", m.op("Add", scores, mask), axis=-1), v)
    mixed = m.op("Reshape", m.op("Transpose", mixed, perm=[0, 2, 1, 3]), m.ints(1, length, width))
    x = m.op("LayerNormalization", m.op("Add", x, mixed), m.noise(width), m.noise(width))
    h = m.op("Add", m.op("MatMul", x, m.noise(width, 2 * width)), m.noise(2 * width))
    erf = m.op("Erf", m.op("Div", h, m.weight(np.sqrt(2))))
    gelu = m.op("Mul", m.op("Mul", h, m.op("Add", erf, m.weight(1.0))), m.weight(0.5))
    return m.op("Add", x, m.op("MatMul", gelu, m.noise(2 * width, width)))


@model()
def attention(m):
    m.output(encoder(m, m.input("x", (1, 9, 16)), 9, 16, 4))


@model(opset=23)
def attention_operator(m):
    """Attention as one operator: grouped heads, a mask, causal."""
    q, k, v = m.input("q", (1, 4, 6, 8)), m.input("k", (1, 2, 6, 8)), m.input("v", (1, 2, 6, 8))
    m.output(m.op("Attention", q, k, v, is_causal=1))
    mask = m.weight(np.triu(np.full((6, 6), -np.inf), 2))
    m.output(m.op("Attention", q, k, v, mask, scale=0.25))


@model()
def transformer(m):
    tokens = m.input("tokens", (1, 10), "i8")
    words = m.op("Gather", m.noise(100, 24), tokens)
    x = m.op("Add", words, m.noise(10, 24))
    for _ in range(2):
        x = encoder(m, x, 10, 24, 3)
    first = m.op("Gather", x, m.weight(0, "i8"), axis=1)
    m.output(m.op("Softmax", m.op("Gemm", first, m.noise(24, 3), m.noise(3)), axis=1))


@model()
def softmax(m):
    x = m.input("x", (3, 4, 9))
    m.output(
        m.op("Softmax", x, axis=1),
        m.op("LogSoftmax", x, axis=-1),
        m.op("Softmax", m.op("Mul", x, m.weight(100.0)), axis=-1),
        m.op("Hardmax", x, axis=2),
    )


@model()
def transcendental(m):
    x = m.input("x", (64,), value=np.linspace(-3, 3, 64))
    unit = m.op("Tanh", x)
    big = m.op("Mul", x, m.weight(1000.0))
    for kind in "Exp Sin Cos Tan Atan Sinh Cosh Asinh Erf Sigmoid Log Sqrt Reciprocal".split():
        m.output(m.op(kind, x))
    for kind in "Asin Acos Atanh".split():
        m.output(m.op(kind, unit))
    for kind in "Sin Tanh Sigmoid Exp".split():
        m.output(m.op(kind, big))
    m.output(m.op("Acosh", m.op("Abs", x)), m.op("Pow", m.op("Abs", x), x), m.op("Pow", x, m.weight(3.0)))


@model()
def activations(m):
    x = m.input("x", (5, 13))
    for kind in "Relu Elu Selu Celu HardSigmoid Softplus Softsign Mish HardSwish ThresholdedRelu".split():
        m.output(m.op(kind, x))
    m.output(m.op("PRelu", x, m.noise(13)), m.op("LeakyRelu", x, alpha=0.2))


@model()
def rounding(m):
    x = m.input("x", (40,), value=np.arange(40) / 4 - 5)
    for kind in "Floor Ceil Round Sign Abs Neg".split():
        m.output(m.op(kind, x))
    m.output(m.op("Clip", x, m.weight(-1.5), m.weight(2.5)))
    m.output(m.op("Mod", x, m.weight(1.75), fmod=1), m.op("Max", x, m.weight(0.0)), m.op("Min", x, m.weight(-0.0)))


@model()
def resize(m):
    x = m.input("x", (1, 2, 5, 6))
    none = ""
    scales = m.weight([1.0, 1.0, 2.0, 2.0])
    m.output(
        m.op("Resize", x, none, scales, mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor"),
        m.op("Resize", x, none, scales, mode="linear", coordinate_transformation_mode="half_pixel"),
        m.op("Resize", x, none, none, m.ints(1, 2, 9, 11), mode="linear", coordinate_transformation_mode="align_corners"),
    )


@model()
def gather_scatter(m):
    x = m.input("x", (4, 6))
    i = m.weight([[0, 2, 1, 3, 0, 1], [3, 3, 0, 0, 2, 2]], "i8")
    m.output(
        m.op("Gather", x, m.ints(3, 0, -1), axis=1),
        m.op("GatherElements", x, i, axis=0),
        m.op("GatherND", x, m.weight([[0, 1], [3, 5], [2, 2]], "i8")),
        m.op("ScatterElements", x, i, m.noise(2, 6), axis=0),
        m.op("ScatterND", x, m.weight([[1], [3]], "i8"), m.noise(2, 6)),
    )


@model()
def gather_computed(m):
    """Indices that come with the request."""
    x, i = m.input("x", (6, 5)), m.input("i", (4,), "i8", [5, 0, 3, 3])
    m.output(m.op("Gather", x, i, axis=0), m.op("OneHot", i, m.weight(6, "i8"), m.weight([-1.0, 2.0])))


@model()
def top_k(m):
    x = m.input("x", (3, 20))
    for largest in (0, 1):
        values, places = m.op("TopK", x, m.ints(5), outputs=2, axis=1, largest=largest)
        m.output(values).output(places, dtype=T.INT64)
    m.output(m.op("ArgMax", x, axis=1), m.op("ArgMin", x, axis=0, select_last_index=1), dtype=T.INT64)


@model(opset=15, more=[("ai.onnx.ml", 3)])
def trees(m):
    """Two trees of depth two over four features, three classes."""
    x = m.input("x", (8, 4))
    ids = list(range(7)) * 2
    branch = [True, True, True] + [False] * 4
    leaves = [(tree, node) for tree in (0, 1) for node in range(3, 7)]
    label, scores = m.op(
        "TreeEnsembleClassifier",
        x,
        outputs=2,
        domain="ai.onnx.ml",
        nodes_treeids=[0] * 7 + [1] * 7,
        nodes_nodeids=ids,
        nodes_featureids=[0, 1, 2, 0, 0, 0, 0, 3, 2, 0, 0, 0, 0, 0],
        nodes_values=[float(v) for v in m.random.standard_normal(14)],
        nodes_modes=["BRANCH_LEQ" if b else "LEAF" for b in branch * 2],
        nodes_truenodeids=[1, 3, 5, 0, 0, 0, 0] * 2,
        nodes_falsenodeids=[2, 4, 6, 0, 0, 0, 0] * 2,
        nodes_missing_value_tracks_true=[0] * 14,
        class_treeids=[tree for tree, _ in leaves],
        class_nodeids=[node for _, node in leaves],
        class_ids=[0, 1, 2, 0, 2, 1, 0, 1],
        class_weights=[0.5, 0.25, 1.0, 0.125, 0.75, 0.3, 0.2, 0.6],
        classlabels_int64s=[10, 20, 30],
        post_transform="NONE",
    )
    m.output(label, dtype=T.INT64).output(scores)


@model()
def int8_matmul(m):
    a = m.input("a", (4, 16), "u1", m.random.integers(0, 256, (4, 16)))
    b = m.weight(m.random.integers(-128, 128, (16, 6)), "i1")
    m.output(m.op("MatMulInteger", a, b, m.weight(120, "u1"), m.weight(0, "i1")), dtype=T.INT32)
    scale, zero = m.weight(0.05), m.weight(128, "u1")
    w = m.weight(m.random.integers(0, 256, (16, 6)), "u1")
    for result in (2.0, 0.7):
        # With the smaller scale some values saturate, which the reference does not do.
        y = m.op("QLinearMatMul", a, scale, zero, w, scale, zero, m.weight(result), zero)
        m.output(y, dtype=T.UINT8, reference=result == 2.0)


@model()
def int8_conv(m):
    x = m.input("x", (1, 3, 8, 8))
    scale, zero = m.weight(0.04), m.weight(117, "u1")
    q = m.op("QuantizeLinear", x, scale, zero)
    w = m.weight(m.random.integers(0, 256, (5, 3, 3, 3)), "u1")
    y = m.op("QLinearConv", q, scale, zero, w, m.weight(0.01), m.weight(131, "u1"), m.weight(0.3), m.weight(90, "u1"))
    m.output(y, dtype=T.UINT8).output(m.op("DequantizeLinear", y, m.weight(0.3), m.weight(90, "u1")))


@model()
def int8_dynamic(m):
    x = m.input("x", (3, 12))
    q, scale, zero = m.op("DynamicQuantizeLinear", x, outputs=3)
    w = m.weight(m.random.integers(-128, 128, (12, 7)), "i1")
    y = m.op("Cast", m.op("MatMulInteger", q, w, zero, m.weight(0, "i1")), to=T.FLOAT)
    m.output(m.op("Mul", y, m.op("Mul", scale, m.weight(0.02))))


@model()
def half(m):
    x = m.input("x", (2, 18), "f2")
    h = m.op("Sigmoid", m.op("Add", m.op("MatMul", x, m.noise(18, 9, dtype="f2")), m.noise(9, dtype="f2")))
    m.output(m.op("Softmax", m.op("MatMul", h, m.noise(9, 4, dtype="f2")), axis=1), dtype=T.FLOAT16)
    m.output(m.op("Exp", x), dtype=T.FLOAT16).output(m.op("Cast", x, to=T.FLOAT))


@model()
def half_conv(m):
    x = m.input("x", (1, 2, 7, 7), "f2")
    y = m.op("Relu", m.op("Conv", x, m.noise(4, 2, 3, 3, dtype="f2"), m.noise(4, dtype="f2")))
    m.output(m.op("GlobalAveragePool", y), dtype=T.FLOAT16)


@model()
def double(m):
    x = m.input("x", (3, 10), "f8")
    h = m.op("Tanh", m.op("MatMul", x, m.noise(10, 10, dtype="f8")))
    m.output(h, m.op("ReduceMean", h, axes=[1]), m.op("Sqrt", x), m.op("Exp", x), dtype=T.DOUBLE)


@model()
def integers(m):
    a, b = m.input("a", (12,), "i8"), m.weight([7, -3, 1, 2, 5, -1, 3, 9, 11, -13, 4, 6], "i8")
    # Towards zero, as C does it; the reference rounds down.
    m.output(m.op("Div", a, b), dtype=T.INT64, reference=False)
    m.output(m.op("Mod", a, b), m.op("Mul", a, b), m.op("Max", a, b), m.op("Sign", b), dtype=T.INT64)
    c = m.input("c", (6,), "u1", [0, 1, 127, 128, 254, 255])
    m.output(m.op("Add", c, m.weight(200, "u1")), m.op("BitShift", c, m.weight(3, "u1"), direction="LEFT"), dtype=T.UINT8)
    d = m.input("d", (3,), "i4", [-(2**31), -1, 2**31 - 1])
    m.output(m.op("Add", d, d), m.op("Abs", d), dtype=T.INT32)


@model()
def casts(m):
    x = m.input("x", (24,), value=np.linspace(-120, 120, 24))
    for code in (T.INT8, T.UINT8, T.INT16, T.INT32, T.INT64, T.BOOL, T.FLOAT16, T.DOUBLE, T.UINT64):
        unsigned = code in (T.UINT8, T.UINT64)
        m.output(m.op("Cast", x, to=code), dtype=code, reference=not unsigned)


@model()
def logic(m):
    x, y = m.input("x", (4, 5)), m.input("y", (5,))
    less, nan = m.op("Less", x, y), m.op("IsNaN", x)
    m.output(less, nan, m.op("IsInf", x), m.op("Equal", x, x), m.op("And", less, m.op("Not", nan)), dtype=T.BOOL)
    m.output(m.op("Where", nan, y, x), m.op("Where", m.op("GreaterOrEqual", x, y), x, y))


@model()
def reductions(m):
    x = m.input("x", (3, 4, 6))
    m.output(m.op("ReduceSum", x, m.ints(1, 2), keepdims=0))
    for kind in "Mean Max Min Prod L1 L2 LogSum LogSumExp SumSquare".split():
        m.output(m.op(f"Reduce{kind}", x, axes=[1]))
    m.output(m.op("CumSum", x, m.weight(2, "i8"), reverse=1))


@model()
def nan_tellers(m):
    """What could turn the sign of a NaN into a number."""
    x = m.input("x", (2, 16))
    root = m.op("Sqrt", m.op("Neg", m.op("Abs", x)))
    for value in (root, m.op("Neg", root), m.op("Sub", m.op("Div", x, m.weight(0.0)), m.op("Div", x, m.weight(0.0)))):
        for kind in ("ReduceMin", "ReduceMax"):
            m.output(m.op(kind, value, axes=[1]), reference=False)
        m.output(m.op("Sign", value), m.op("Relu", value), m.op("Max", value, x), reference=False)
        m.output(m.op("Clip", value, m.weight(-1.0), m.weight(1.0)), reference=False)
        m.output(m.op("ArgMax", value, axis=1), dtype=T.INT64, reference=False)
        m.output(m.op("Cast", value, to=T.INT32), dtype=T.INT32, reference=False)


@model()
def nan_order(m):
    """Sorting among NaNs of either sign."""
    x = m.input("x", (2, 16))
    root = m.op("Sqrt", m.op("Neg", m.op("Abs", x)))
    best, place = m.op("TopK", m.op("Concat", root, x, axis=1), m.ints(4), outputs=2)
    m.output(best, reference=False).output(place, dtype=T.INT64, reference=False)


@model()
def shapes(m):
    x = m.input("x", (2, 4, 6))
    m.output(
        m.op("Transpose", x, perm=[2, 0, 1]),
        m.op("Slice", x, m.ints(3, 5), m.ints(0, -7), m.ints(1, 2), m.ints(-1, -2)),
        m.op("Pad", x, m.ints(0, 1, 2, 0, 0, 1), m.weight(1.5), mode="constant"),
        m.op("Pad", x, m.ints(0, 1, 2, 0, 0, 1), mode="reflect"),
        m.op("Pad", x, m.ints(0, 1, 2, 0, 0, 1), mode="edge"),
        m.op("Tile", x, m.ints(1, 2, 1)),
        m.op("Expand", m.op("Unsqueeze", x, m.ints(0)), m.ints(2, 1, 1, 1)),
        m.op("Reshape", x, m.ints(0, -1)),
        m.op("Concat", *m.op("Split", x, outputs=2, axis=1), x, axis=1),
        m.op("Squeeze", m.op("Slice", x, m.ints(0), m.ints(1), m.ints(0)), m.ints(0)),
    )
    y = m.input("y", (1, 8, 2, 3))
    m.output(m.op("DepthToSpace", y, blocksize=2, mode="CRD"), m.op("Trilu", x, upper=0))
    m.output(m.op("SpaceToDepth", m.op("DepthToSpace", y, blocksize=2), blocksize=2))


@model()
def dynamic_dims(m):
    """Symbolic dimensions, bound by NAME.dims."""
    x = m.input("x", (3, 5, 8), dims=["batch", "length", 8])
    h = m.op("Relu", m.op("MatMul", x, m.noise(8, 6)))
    pooled = m.op("ReduceMean", h, axes=[1], keepdims=0)
    size = m.op("Gather", m.op("Shape", x), m.weight(0, "i8"))
    shape = m.op("Concat", m.op("Unsqueeze", size, m.ints(0)), m.ints(2, 3), axis=0)
    m.output(m.op("Reshape", pooled, shape))


@model()
def branches(m):
    """If, both ways, over a condition that comes with the request."""
    x, first = m.input("x", (2, 5)), m.input("first", (), "?", True)
    info = [helper.make_tensor_value_info("branch", T.FLOAT, [2, 5])]
    yes = helper.make_graph([helper.make_node("Exp", [x], ["branch"])], "yes", [], info)
    no = helper.make_graph([helper.make_node("Softmax", [x], ["branch"], axis=1)], "no", [], info)
    m.output(m.op("If", first, then_branch=yes, else_branch=no))


@model()
def scan(m):
    """A running, squashed sum over the first axis."""
    x = m.input("x", (6, 4))
    value = lambda name: helper.make_tensor_value_info(name, T.FLOAT, [4])
    body = helper.make_graph(
        [
            helper.make_node("Add", ["state", "row"], ["sum"]),
            helper.make_node("Tanh", ["sum"], ["next"]),
            helper.make_node("Mul", ["next", "row"], ["out"]),
        ],
        "body",
        [value("state"), value("row")],
        [value("next"), value("out")],
    )
    last, rows = m.op("Scan", m.weight(np.zeros(4)), x, outputs=2, body=body, num_scan_inputs=1)
    m.output(last, rows)


@model()
def fourier(m):
    x = m.input("x", (1, 16, 1))
    m.output(m.op("DFT", x, axis=1))


@model(opset=18)
def windows(m):
    """Norms of windows, cropping and padding, sequences in reverse order."""
    x = m.input("x", (2, 3, 6, 5))
    m.output(m.op("LpPool", x, kernel_shape=[2, 3], strides=[2, 1], pads=[0, 1, 0, 1]))
    m.output(m.op("LpPool", x, kernel_shape=[3, 2], p=3))
    m.output(m.op("CenterCropPad", x, m.ints(3, 8), axes=[2, 3]))
    lengths = m.input("lengths", (3,), "i8", [2, 1, 2])
    m.output(m.op("ReverseSequence", x, lengths, time_axis=0, batch_axis=1))


@model()
def losses(m):
    x, classes = m.input("x", (3, 5, 2)), m.input("classes", (3, 2), "i8", [0, 4, 2, 1, 3, 3])
    weights = m.weight([0.5, 1.0, 2.0, 0.25, 1.5])
    m.output(m.op("NegativeLogLikelihoodLoss", x, classes, weights, reduction="none"))
    m.output(m.op("NegativeLogLikelihoodLoss", x, classes, ignore_index=3))
    loss, logs = m.op("SoftmaxCrossEntropyLoss", x, classes, weights, outputs=2)
    m.output(loss, logs)


@model()
def loops(m):
    """A loop with a trip count, one that a condition ends, and sequences."""
    x = m.input("x", (2, 3))
    info = lambda name, kind=T.FLOAT, dims=None: helper.make_tensor_value_info(name, kind, dims)
    node = helper.make_node
    body = helper.make_graph(
        [
            node("Identity", ["go"], ["goes_on"]),
            node("Cast", ["turn"], ["turn_as_float"], to=T.FLOAT),
            node("Add", ["state", "turn_as_float"], ["moved"]),
            node("Tanh", ["moved"], ["next"]),
            node("Mul", ["next", x], ["row"]),
        ],
        "body",
        [info("turn", T.INT64, []), info("go", T.BOOL, []), info("state", dims=[2, 3])],
        [info("goes_on", T.BOOL, []), info("next"), info("row")],
    )
    last, rows = m.op("Loop", m.weight(4, "i8"), m.weight(True, "?"), x, outputs=2, body=body)
    m.output(last)
    # The reference puts them together without a new axis.
    m.output(rows, reference=False)
    one, three = m.weight(1, "i8"), m.weight(3, "i8")
    body = helper.make_graph(
        [
            node("Add", ["count", one], ["more"]),
            node("Less", ["more", three], ["goes_on"]),
            node("Concat", ["state", x], ["next"], axis=0),
        ],
        "body",
        [
            info("turn", T.INT64, []),
            info("go", T.BOOL, []),
            info("count", T.INT64, []),
            info("state", dims=["n", 3]),
        ],
        [info("goes_on", T.BOOL, []), info("more", T.INT64, []), info("next")],
    )
    _, grown = m.op("Loop", "", m.weight(True, "?"), m.weight(0, "i8"), x, outputs=2, body=body)
    m.output(grown)
    sequence = m.op("SequenceInsert", m.op("SequenceConstruct", x, last), x, one)
    m.output(m.op("SequenceAt", sequence, m.weight(-1, "i8")))
    m.output(m.op("ConcatFromSequence", sequence, axis=1, new_axis=1))
    parts = m.op("SplitToSequence", x, axis=1, keepdims=0)
    m.output(m.op("SequenceAt", parts, m.weight(2, "i8")))


@model(more=[("ai.onnx.ml", 5)])
def more_trees(m):
    """Regression, the newer form of trees, and tables of numbers."""
    x = m.input("x", (8, 4))
    values = [float(v) for v in m.random.standard_normal(7)]
    regressor = m.op(
        "TreeEnsembleRegressor",
        x,
        domain="ai.onnx.ml",
        n_targets=2,
        nodes_treeids=[0] * 7,
        nodes_nodeids=list(range(7)),
        nodes_featureids=[0, 1, 2, 0, 0, 0, 0],
        nodes_values=values,
        nodes_modes=["BRANCH_GTE", "BRANCH_LT", "BRANCH_LEQ"] + ["LEAF"] * 4,
        nodes_truenodeids=[1, 3, 5, 0, 0, 0, 0],
        nodes_falsenodeids=[2, 4, 6, 0, 0, 0, 0],
        nodes_missing_value_tracks_true=[1, 0, 1, 0, 0, 0, 0],
        target_treeids=[0] * 4,
        target_nodeids=[3, 4, 5, 6],
        target_ids=[0, 1, 0, 1],
        target_weights=[0.5, -0.25, 1.0, 0.125],
        base_values=[0.1, 0.2],
    )
    m.output(regressor)
    tensor = lambda name, values: helper.make_tensor(name, T.FLOAT, [len(values)], values)
    ensemble = m.op(
        "TreeEnsemble",
        x,
        domain="ai.onnx.ml",
        n_targets=2,
        aggregate_function=1,
        post_transform=0,
        tree_roots=[0],
        nodes_modes=helper.make_tensor("modes", T.UINT8, [3], [0, 6, 3]),
        nodes_featureids=[0, 1, 2],
        nodes_splits=tensor("splits", values[:3]),
        nodes_truenodeids=[1, 0, 2],
        nodes_trueleafs=[0, 1, 1],
        nodes_falsenodeids=[2, 1, 3],
        nodes_falseleafs=[0, 1, 1],
        membership_values=tensor("members", [1.5, -0.5, float("nan")]),
        leaf_targetids=[0, 1, 0, 1],
        leaf_weights=tensor("weights", [0.5, -0.25, 1.0, 0.125]),
    )
    m.output(ensemble)
    keys = m.op("Round", x)
    encoded = m.op(
        "LabelEncoder",
        keys,
        domain="ai.onnx.ml",
        keys_floats=[-1.0, 0.0, 1.0, float("nan")],
        values_int64s=[7, 8, 9, 10],
        default_int64=-3,
    )
    m.output(encoded, dtype=T.INT64, reference=False)
    m.output(m.op("Binarizer", x, domain="ai.onnx.ml", threshold=0.25))


@model(more=[("com.microsoft", 1)])
def contributed(m):
    """Operators of com.microsoft, for which onnx has no reference."""
    op = lambda kind, *inputs, **attributes: m.op(kind, *inputs, domain="com.microsoft", **attributes)
    x = m.input("x", (1, 3, 32))
    h = op("SkipLayerNormalization", x, m.noise(1, 3, 32), m.noise(32), m.noise(32), m.noise(32))
    h = op("BiasGelu", h, m.noise(32))
    h = op("FastGelu", op("SkipSimplifiedLayerNormalization", h, x, m.noise(32)), m.noise(32))
    h = op("MultiHeadAttention", h, op("QuickGelu", h), op("Gelu", x), num_heads=4)
    positions = m.weight([[2, 0, 1]], "i8")
    tables = m.noise(5, 4), m.noise(5, 4)
    h = op("RotaryEmbedding", h, positions, *tables, num_heads=4)
    m.output(op("FusedMatMul", h, m.noise(6, 32), transB=1, alpha=0.5))
    packed = m.weight(m.random.integers(0, 256, (6, 1, 16)), "u1")
    m.output(op("MatMulNBits", h, packed, m.noise(6), K=32, N=6, bits=4, block_size=32))
    scale, zero = m.weight(0.04), m.weight(118, "u1")
    a = m.op("QuantizeLinear", x, scale, zero)
    b = op("QLinearMul", a, scale, zero, a, scale, zero, scale, zero)
    b = op("QLinearAdd", a, scale, zero, b, scale, zero, scale, zero)
    b = op("QLinearLeakyRelu", b, scale, zero, scale, zero, alpha=0.2)
    b = op("QLinearConcat", scale, zero, a, scale, zero, b, scale, zero, axis=1)
    m.output(op("DequantizeLinear", b, scale, zero))
    weights = m.weight(m.random.integers(-100, 100, (32, 5)), "i1")
    m.output(op("DynamicQuantizeMatMul", x, weights, scale))
    m.output(op("MatMulIntegerToFloat", a, weights, scale, scale, zero))


@model(opset=19)
def stored_weights(m):
    """Weights that the graph makes floats of: so many that they stay as they are."""
    x = m.input("x", (3, 70))
    h = m.op("MatMul", x, m.op("Cast", m.noise(70, 90, dtype="f2"), to=T.FLOAT))
    codes = lambda low, high, shape, dtype: m.weight(m.random.integers(low, high, shape), dtype)
    scales = m.weight(np.abs(m.random.standard_normal(64)) * 0.003)
    w = m.op("DequantizeLinear", codes(-128, 128, (90, 64), "i1"), scales, codes(-9, 9, 64, "i1"), axis=1)
    h = m.op("Relu", m.op("MatMul", h, w))
    w = m.op("DequantizeLinear", codes(0, 256, (80, 64), "u1"), m.weight(0.002), m.weight(118, "u1"))
    m.output(m.op("Gemm", h, w, m.noise(80), transB=1))


@model(more=[("com.microsoft", 1)])
def quantized_lstm(m):
    x = m.input("x", (5, 1, 3))
    weights = lambda *shape: m.weight(m.random.integers(-100, 100, shape), "i1")
    scales = lambda: m.weight(np.abs(m.random.standard_normal(2)) * 0.01)
    zeros = m.weight([0, 0], "i1")
    outputs = m.op(
        "DynamicQuantizeLSTM",
        x,
        weights(2, 3, 16),
        weights(2, 4, 16),
        m.noise(2, 32),
        *[""] * 4,
        scales(),
        zeros,
        scales(),
        zeros,
        outputs=3,
        domain="com.microsoft",
        hidden_size=4,
        direction="bidirectional",
    )
    m.output(*outputs)


@model(more=[("com.microsoft", 1)])
def few_bits(m):
    """Products with weights that stay as they are; onnx has no reference for them."""
    x, rows = m.input("x", (1, 1, 75)), m.input("rows", (2, 19, 160))
    codes = lambda *shape: m.weight(m.random.integers(0, 256, shape), "u1")

    def product(a, k, n, bits, block, zeros, bias):
        blocks = -(-k // block)
        given = [a, codes(n, blocks, block * bits // 8), m.noise(n, blocks)]
        if zeros == "floats":
            given.append(m.noise(n, blocks))
        else:
            given.append(codes(n, -(-blocks * bits // 8)) if zeros else "")
        given += ["", m.noise(n)] if bias else []
        sizes = dict(K=k, N=n, bits=bits, block_size=block, accuracy_level=4)
        return m.op("MatMulNBits", *given, domain="com.microsoft", **sizes)

    h = product(x, 75, 70, 4, 32, zeros=True, bias=False)
    m.output(product(m.op("Tanh", h), 70, 33, 8, 32, zeros=False, bias=True))
    m.output(product(rows, 160, 21, 4, 64, zeros=False, bias=True))
    m.output(product(rows, 160, 9, 8, 128, zeros=True, bias=False))
    m.output(product(rows, 160, 37, 4, 32, zeros="floats", bias=False))
    m.output(product(rows, 160, 18, 8, 64, zeros="floats", bias=False))


@model(more=[("com.microsoft", 1)])
def cached_attention(m):
    """Two tokens of a decoder whose caches have room for nine."""
    x = m.op("SimplifiedLayerNormalization", m.input("x", (1, 2, 160)), m.noise(160), epsilon=1e-5)
    caches = m.input("keys", (1, 2, 9, 20)), m.input("values", (1, 2, 9, 20))
    lengths = m.weight([5], "i4"), m.weight(6, "i4")
    outputs = m.op(
        "GroupQueryAttention",
        x,
        "",
        "",
        *caches,
        *lengths,
        m.noise(9, 8),
        m.noise(9, 8),
        outputs=3,
        domain="com.microsoft",
        num_heads=4,
        kv_num_heads=2,
        do_rotary=1,
    )
    m.output(*outputs)


MODELS.append(Generator)


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    for old in OUT.iterdir():
        old.unlink()
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    for make in MODELS:
        made = make()
        proto = made.proto()
        expected = None
        try:
            names = [output.name for output in proto.graph.output]
            if isinstance(made, Generator):
                expected = made.expected(proto)
            else:
                values = ReferenceEvaluator(proto).run(names, dict(made.plain))
                pairs = zip(names, values)
                expected = [(n, v) for n, v in pairs if n not in made.without_reference]
        except Exception as error:  # The reference lacks some operators.
            print(f"{made.name}: no reference: {type(error).__name__} {error}")
        files = {
            "onnx": proto.SerializeToString(deterministic=True),
            "plain.opgt": opgt.encode(made.plain),
            "special.opgt": opgt.encode(made.special()),
        }
        if expected:
            files["expected.opgt"] = opgt.encode(expected)
        if made.dims:
            files["dims"] = "".join(f"{k}={v}\n" for k, v in made.dims.items()).encode()
        for kind, data in files.items():
            (OUT / f"{made.name}.{kind}").write_bytes(data)
    total = sum(file.stat().st_size for file in OUT.iterdir())
    print(f"{len(MODELS)} models, {total} bytes")


if __name__ == "__main__":
    main()
