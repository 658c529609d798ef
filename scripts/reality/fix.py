#!/usr/bin/env python3
"""Change an ONNX file so that it fits the chain: what authors need most, in one file.

    fix.py MODEL -o FILE [--dim x:2=48] [--constant sr=16000] [--half]
           [--u8 x=SCALE,MEAN,DEVIATION] [--pool hidden=mask] [--argmax logits:-1]
           [--top scores=5] [--keep y,z]

What is said is done in that order. Always: weights come into the file, notes of shapes inside are
dropped, and an operator Squeeze without axes gets those that its input has. Needs onnx and numpy.
"""

import argparse
import re
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Unfit(Exception):
    """The model cannot be changed so."""


def shape(value):
    """Sizes of a value, with None for those that are open."""
    return [max(dim.dim_value, 0) or None for dim in value.type.tensor_type.shape.dim]


class Model:
    """An ONNX model under change."""

    def __init__(self, proto):
        self.proto = proto
        self.graph = self.proto.graph
        weights = {tensor.name for tensor in self.graph.initializer}
        # Old files list their weights among the inputs.
        for value in [value for value in self.graph.input if value.name in weights]:
            self.graph.input.remove(value)
        self.names = {name for node in self.graph.node for name in [*node.input, *node.output]}

    def opset(self):
        return max(o.version for o in self.proto.opset_import if o.domain in ("", "ai.onnx"))

    def input(self, name):
        found = [value for value in self.graph.input if value.name == name]
        if not found:
            raise Unfit(f"there is no input {name}: {', '.join(v.name for v in self.graph.input)}")
        return found[0]

    def output(self, name):
        found = [value for value in self.graph.output if value.name == name]
        if not found:
            names = ", ".join(value.name for value in self.graph.output)
            raise Unfit(f"there is no output {name}: {names}")
        return found[0]

    def fresh(self, name):
        """A name that nothing has."""
        while name in self.names:
            name += "_"
        self.names.add(name)
        return name

    def weight(self, name, array):
        name = self.fresh(name)
        self.graph.initializer.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def node(self, operator, inputs, name=None, **attributes):
        """Adds an operator at the end, and gives the name of its first output."""
        outputs = [self.fresh(name or operator.lower())]
        outputs += [self.fresh(f"{outputs[0]}_{i}") for i in range(1, attributes.pop("outputs", 1))]
        self.graph.node.append(helper.make_node(operator, inputs, outputs, **attributes))
        return outputs[0] if len(outputs) == 1 else outputs

    def replace_output(self, old, *new):
        """`new` are names, ONNX types and shapes."""
        at = list(self.graph.output).index(old)
        kept = list(self.graph.output)
        made = [helper.make_tensor_value_info(*about) for about in new]
        del self.graph.output[:]
        self.graph.output.extend(kept[:at] + made + kept[at + 1 :])

    def infer(self):
        """Shapes of all values that can be known."""
        del self.graph.value_info[:]
        known = onnx.shape_inference.infer_shapes(self.proto, data_prop=True).graph
        return {v.name: shape(v) for v in [*known.input, *known.output, *known.value_info]}


def bind(model, text):
    """`name=48`, or `x:2=48`: the third dimension of input x."""
    name, size = text.rsplit("=", 1)
    dims = [
        dim
        for value in model.graph.input
        for dim in value.type.tensor_type.shape.dim
        if dim.dim_param == name
    ]
    if not dims:
        found = re.fullmatch(r"(.+):(\d+)", name)
        if not found:
            raise Unfit(f"the inputs have no dimension {name}")
        value = model.input(found[1])
        dims = list(value.type.tensor_type.shape.dim)[int(found[2]) :][:1]
        if not dims or shape(value)[int(found[2])] is not None:
            raise Unfit(f"dimension {name} is not open")
    for dim in dims:
        dim.dim_value = int(size)


def constant(model, text):
    """`sr=16000`: an input that is always this number."""
    name, number = text.rsplit("=", 1)
    value = model.input(name)
    if None in shape(value):
        raise Unfit(f"input {name} has open dimensions: bind them first")
    dtype = helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type)
    array = np.full(shape(value), float(number)).astype(dtype)
    model.graph.input.remove(value)
    model.graph.initializer.append(numpy_helper.from_array(array, name))


def half(model):
    """Weights as f16, computed with as f32: half of the file."""
    casts = []
    for tensor in model.graph.initializer:
        if tensor.data_type == TensorProto.FLOAT and np.prod(tensor.dims, dtype=int) >= 256:
            name, array = tensor.name, numpy_helper.to_array(tensor)
            if not np.isfinite(array.astype("f2")).all():
                continue
            short = model.fresh(f"{name}_f16")
            tensor.CopyFrom(numpy_helper.from_array(array.astype("f2"), short))
            casts.append(helper.make_node("Cast", [short], [name], to=TensorProto.FLOAT))
    first(model, casts)


def first(model, nodes):
    """Adds nodes before all others."""
    kept = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend([*nodes, *kept])


def u8(model, text):
    """`x=SCALE,MEAN,DEVIATION`: input x, planes of f32, becomes bytes. The graph computes
    (byte * scale - mean) / deviation, with a number for all channels, or R:G:B.
    """
    name, _, numbers = text.partition("=")
    value = model.input(name)
    if value.type.tensor_type.elem_type != TensorProto.FLOAT or len(shape(value)) != 4:
        raise Unfit(f"input {name} is not a picture of f32 with four dimensions")
    numbers = [[float(n) for n in part.split(":")] for part in numbers.split(",") if part]
    scale, mean, deviation = (numbers + [[1], [0], [1]][len(numbers) :])[:3]
    value.type.tensor_type.elem_type = TensorProto.UINT8
    value.name = model.fresh(f"{name}_u8")
    per_channel = lambda given: np.array(given, "f4").reshape(1, -1, 1, 1)
    # (byte * scale - mean) / deviation, as one product and one sum.
    deviation = per_channel(deviation)
    factor, offset = per_channel(scale) / deviation, -per_channel(mean) / deviation
    as_float, scaled = model.fresh(f"{name}_f32"), model.fresh(f"{name}_scaled")
    first(
        model,
        [
            helper.make_node("Cast", [value.name], [as_float], to=TensorProto.FLOAT),
            helper.make_node("Mul", [as_float, model.weight(f"{name}_scale", factor)], [scaled]),
            helper.make_node("Add", [scaled, model.weight(f"{name}_offset", offset)], [name]),
        ],
    )


def pool(model, text):
    """`hidden=mask`: the mean of the tokens that the input `mask` names, of length 1."""
    hidden, _, mask = text.partition("=")
    old = model.output(hidden)
    batch, tokens, width = model.infer()[hidden]
    model.input(mask)
    as_float = model.node("Cast", [mask], to=TensorProto.FLOAT)
    row = model.node("Reshape", [as_float, model.weight("row", np.array([batch, 1, tokens]))])
    total = model.node("MatMul", [row, hidden])
    count = model.node("MatMul", [row, model.weight("ones", np.ones((tokens, 1), "f4"))])
    mean = model.node("Div", [total, count])
    flat = model.node("Reshape", [mean, model.weight("flat", np.array([batch, width]))])
    name = model.node("LpNormalization", [flat], f"{hidden}_pooled", axis=-1, p=2)
    model.replace_output(old, (name, TensorProto.FLOAT, [batch, width]))


def argmax(model, text):
    """`logits:-1`: places of the largest numbers along an axis, in place of all numbers."""
    name, axis = at_axis(model, text)
    old = model.output(name)
    left = shape(old)
    del left[axis]
    made = model.node("ArgMax", [name], f"{name}_argmax", axis=axis, keepdims=0)
    model.replace_output(old, (made, TensorProto.INT64, left))


def top(model, text):
    """`scores=5`: the five largest along the last axis, and their places."""
    name, count = text.rsplit("=", 1)
    old = model.output(name)
    k = model.weight("k", np.array([int(count)]))
    values, places = model.node("TopK", [name, k], f"{name}_top", axis=-1, outputs=2)
    kind, left = old.type.tensor_type.elem_type, [*shape(old)[:-1], int(count)]
    model.replace_output(old, (values, kind, left), (places, TensorProto.INT64, left))


def at_axis(model, text):
    """The name of an output, and `:AXIS` after it; the last one without."""
    if any(value.name == text for value in model.graph.output):
        return text, -1
    found = re.fullmatch(r"(.+):(-?\d+)", text)
    if not found:
        model.output(text)
    return found[1], int(found[2])


def keep(model, text):
    """`y,z`: these outputs only."""
    kept = [model.output(name) for name in text.split(",")]
    del model.graph.output[:]
    model.graph.output.extend(kept)


def complete(model):
    """Axes of a Squeeze that names none: all that have one element."""
    bare = [
        node
        for node in model.graph.node
        if node.op_type == "Squeeze" and len(node.input) == 1 and not node.attribute
    ]
    if not bare:
        return
    shapes = model.infer()
    for node in bare:
        sizes = shapes.get(node.input[0])
        if sizes is None or None in sizes:
            raise Unfit(f"the shape before {node.name or 'Squeeze'} is not known: bind dimensions")
        axes = [axis for axis, size in enumerate(sizes) if size == 1]
        if model.opset() < 13:
            node.attribute.append(helper.make_attribute("axes", axes))
        else:
            node.input.append(model.weight("axes", np.array(axes)))


STEPS = {
    "dim": bind,
    "constant": constant,
    "u8": u8,
    "pool": pool,
    "argmax": argmax,
    "top": top,
    "keep": keep,
}


def fix(model, arguments):
    """The changed model, as bytes. `model` is a file or has been read; `arguments` are those of the
    command line.
    """
    options = parser().parse_args(["model", *arguments])
    proto = onnx.ModelProto()
    proto.CopyFrom(model if isinstance(model, onnx.ModelProto) else onnx.load(model))
    model = Model(proto)
    for step, change in STEPS.items():
        for text in getattr(options, step):
            change(model, text)
        if step == "constant":
            complete(model)
            if options.half:
                half(model)
    del model.graph.value_info[:]
    onnx.checker.check_model(model.proto)
    return model.proto.SerializeToString()


def parser():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("model")
    parser.add_argument("-o", "--output")
    parser.add_argument("--half", action="store_true", help=half.__doc__)
    for step, change in STEPS.items():
        parser.add_argument(f"--{step}", action="append", default=[], help=change.__doc__)
    return parser


def main():
    options = parser().parse_args()
    if not options.output:
        sys.exit("fix.py: where to? -o FILE")
    try:
        made = fix(options.model, [word for word in sys.argv[1:] if word != options.model])
    except Unfit as unfit:
        sys.exit(f"fix.py: {unfit}")
    with open(options.output, "wb") as file:
        file.write(made)


if __name__ == "__main__":
    main()
