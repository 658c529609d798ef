"""A graph while it is made: nodes, constants, and products with stored matrices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from onnx import TensorProto, helper, numpy_helper

from opg.language.errors import ImportRefused
from opg.language.weights import BLOCK, Blocks, Floats, Kind, Matrix

MICROSOFT: Final = "com.microsoft"
_OPSET: Final = 17
_MAX_BYTES: Final = 2**31 - 1
"""What a protobuf file can hold."""


class Builder:
    """What every step graph is made of."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        # Weights go straight into the file, because each copy of a graph doubles them.
        self.model = helper.make_model(
            helper.make_graph([], "step", [], []),
            producer_name="opg.language",
            ir_version=8,
            opset_imports=[helper.make_opsetid("", _OPSET), helper.make_opsetid(MICROSOFT, 1)],
        )
        self.graph = self.model.graph
        self.nodes: Any = self.graph.node
        """Where nodes go: to the graph, or to a branch of it."""
        self.named: set[str] = set()
        self.bytes = 0

    def node(
        self,
        op: str,
        inputs: Sequence[str],
        outputs: Sequence[str],
        domain: str = "",
        **attributes: Any,
    ) -> None:
        """Add a node, which has the name of its first output."""
        made = helper.make_node(op, inputs, outputs, outputs[0], domain=domain, **attributes)
        self.nodes.append(made)

    def add(self, op: str, inputs: Sequence[str], name: str, **attributes: Any) -> str:
        """Add a node of ONNX with one output, and give its name."""
        self.node(op, inputs, [name], **attributes)
        return name

    def constant(self, name: str, array: Any) -> str:
        """Add a constant, unless there is one of this name."""
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
        """A constant of these numbers."""
        return self.constant(
            "shape." + "x".join(map(str, dims)).replace("-1", "n"), np.array(dims, np.int64)
        )

    def reshape(self, x: str, name: str, *dims: int) -> str:
        """A tensor of this shape."""
        return self.add("Reshape", [x, self.shape(*dims)], name)

    def split(self, x: str, names: Sequence[str], sizes: Sequence[int], axis: int) -> None:
        """Parts of a tensor."""
        self.node("Split", [x, self.shape(*sizes)], names, axis=axis)

    def unit(self, x: str, gamma: str, epsilon: float, name: str) -> str:
        """`x` by the root of its mean square, times gamma: of operators of ONNX."""
        square = self.add("Mul", [x, x], f"{name}.square")
        mean = self.add("ReduceMean", [square], f"{name}.mean", axes=[-1], keepdims=1)
        least = self.constant("epsilon", np.float32(epsilon))
        root = self.add("Sqrt", [self.add("Add", [mean, least], f"{name}.sum")], f"{name}.root")
        unit = self.add("Div", [x, root], f"{name}.unit")
        return self.add("Mul", [unit, gamma], name)

    def product(self, x: str, matrix: Matrix, name: str) -> str:
        """`x` times the transposed matrix."""
        if not isinstance(matrix, Blocks):
            return self.add("MatMul", [x, self.floats(f"{name}.weight", matrix.T)], f"{name}.y")
        rows, columns = matrix.shape
        zeros: Any = matrix.packed_zeros()
        if matrix.offsets is not None:
            matrix, zeros = matrix.with_float_zeros(matrix.offsets)
        inputs = [
            x,
            self.constant(f"{name}.codes", matrix.packed()),
            self.constant(f"{name}.scales", matrix.scales),
        ]
        if zeros is not None:
            inputs.append(self.constant(f"{name}.zeros", zeros))
        self.node(
            "MatMulNBits",
            inputs,
            [f"{name}.y"],
            MICROSOFT,
            K=columns,
            N=rows,
            accuracy_level=4,
            bits=matrix.bits,
            block_size=BLOCK,
        )
        return f"{name}.y"

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

    def written(self, facts: Mapping[str, str]) -> bytes:
        """The file, with these metadata."""
        for key, value in facts.items():
            self.model.metadata_props.add(key=key, value=value)
        data: bytes = self.model.SerializeToString(deterministic=True)
        if len(data) > _MAX_BYTES:
            raise ImportRefused("the file is longer than 2 GiB: choose int8 or int4")
        return data
