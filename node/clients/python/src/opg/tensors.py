"""Lists of tensors as the chain carries them: numpy arrays to OPGT and back, bit for bit.

    magic "OPGT" | version u8 | count u8 | tensor*
    tensor: name length u16 | name, UTF-8 | dtype u8 | rank u8 | dims u64 * rank
            | data length u32 | data, little endian, row-major

Nothing is converted: an array whose type the format does not have is refused, and so is what has
no type of its own, such as a list. `node/engine/types/src/tensor.rs` is the reference.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from opg.errors import TensorError

Array: TypeAlias = npt.NDArray[Any]
"""An array of any type that the format has."""

MAGIC: Final = b"OPGT\x01"
MAX_TENSORS: Final = 64
MAX_RANK: Final = 8
MAX_NAME_BYTES: Final = 2**16 - 1
MAX_DATA_BYTES: Final = 2**32 - 1

BF16: Final = 12
"""Code of `bfloat16`, which is carried although no model takes it."""

_NAMES: Final = (
    "bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64",
    "float16", "float32", "float64",
)  # fmt: skip
"""Types by their codes, as numpy names them."""

_CODES: Final = {(np.dtype(n).kind, np.dtype(n).itemsize): c for c, n in enumerate(_NAMES)}


def encode(tensors: Mapping[str, Array | np.generic]) -> bytes:
    """Encode named arrays, in the order of the mapping. The bits of NaNs are kept.

    Raises `TensorError` for anything that would not come back as it is.
    """
    if len(tensors) > MAX_TENSORS:
        raise TensorError(f"{len(tensors)} tensors, at most {MAX_TENSORS} are allowed")
    out = [MAGIC, bytes([len(tensors)])]
    for name, value in tensors.items():
        array = _array(name, value)
        code = _code(name, array)
        text = _encode_name(name)
        if array.ndim > MAX_RANK:
            raise TensorError(
                f"tensor {name!r} has {array.ndim} dimensions, at most {MAX_RANK} are allowed"
            )
        if array.nbytes > MAX_DATA_BYTES:
            raise TensorError(f"tensor {name!r} has {array.nbytes} bytes, which is too many")
        data = _little_endian(array, code)
        if code == 0 and np.any(np.frombuffer(data, np.uint8) > 1):
            raise TensorError(f"tensor {name!r} has a bool that is neither 0 nor 1")
        out += [
            struct.pack("<H", len(text)),
            text,
            struct.pack(f"<BB{array.ndim}Q", code, array.ndim, *array.shape),
            struct.pack("<I", len(data)),
            data,
        ]
    return b"".join(out)


def decode(data: bytes) -> dict[str, Array]:
    """Decode a list of tensors into arrays by name, in the order of the list.

    Raises `TensorError` unless the bytes are exactly one list. What is decoded encodes to the same
    bytes.
    """
    reader = _Reader(data)
    if reader.take(len(MAGIC)) != MAGIC:
        raise TensorError('not a tensor list: it must begin with "OPGT" and version 1')
    (count,) = reader.take(1)
    if count > MAX_TENSORS:
        raise TensorError(f"{count} tensors, at most {MAX_TENSORS} are allowed")
    tensors: dict[str, Array] = {}
    for _ in range(count):
        name, array = _decode_one(reader)
        if name in tensors:
            raise TensorError(f"two tensors are named {name!r}")
        tensors[name] = array
    if not reader.is_at_end():
        raise TensorError("bytes follow the last tensor")
    return tensors


def dtype_name(code: int) -> str:
    """Name of the type with a code, as numpy has it."""
    return "bfloat16" if code == BF16 else _NAMES[code]


def _array(name: str, value: object) -> Array:
    if isinstance(value, np.ma.MaskedArray):
        raise TensorError(f"tensor {name!r} is masked: give it a value everywhere with .filled()")
    if not isinstance(value, np.ndarray | np.generic):
        raise TensorError(
            f"tensor {name!r} is a {type(value).__name__}, which has no element type: say which "
            "one the model takes, such as np.asarray(value, dtype=np.float32)"
        )
    return np.asarray(value)


def _code(name: str, array: Array) -> int:
    if array.dtype.name == "bfloat16":
        return BF16
    code = _CODES.get((array.dtype.kind, array.dtype.itemsize))
    # Types of other packages may have the kind and size of one of numpy's.
    if code is None or array.dtype.newbyteorder("=") != np.dtype(_NAMES[code]):
        raise TensorError(
            f"tensor {name!r} is of the type {array.dtype}, and the chain carries "
            f"{', '.join(_NAMES)} and bfloat16 only"
        )
    return code


def _encode_name(name: object) -> bytes:
    if not isinstance(name, str):
        raise TensorError(f"a tensor's name is a str, and {name!r} is not")
    try:
        text = name.encode()
    except UnicodeEncodeError:
        raise TensorError(f"the tensor name {name!r} cannot be written as UTF-8") from None
    if len(text) > MAX_NAME_BYTES:
        raise TensorError(f"a tensor name has {len(text)} bytes, more than {MAX_NAME_BYTES}")
    return text


def _little_endian(array: Array, code: int) -> bytes:
    if code == BF16:
        # Swapping bytes is not defined for it: take the elements as numbers of two bytes.
        array = np.ascontiguousarray(array).reshape(array.shape).view(np.uint16)
    return array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes(order="C")


def _decode_one(reader: _Reader) -> tuple[str, Array]:
    try:
        name = reader.take(reader.number("H")).decode()
    except UnicodeDecodeError:
        raise TensorError("a tensor name is not UTF-8") from None
    code, rank = reader.take(2)
    if code > BF16:
        raise TensorError(f"unknown element type {code}")
    if rank > MAX_RANK:
        raise TensorError(f"{rank} dimensions, at most {MAX_RANK} are allowed")
    shape = [reader.number("Q") for _ in range(rank)]
    data = reader.take(reader.number("I"))
    dtype = _dtype(code)
    need = dtype.itemsize
    for size in shape:
        need *= size
        if need >= 2**64:
            break
    if need != len(data):
        raise TensorError(
            f"tensor {name!r} has {len(data)} bytes of data, its shape needs another number"
        )
    if code == 0 and any(byte > 1 for byte in data):
        raise TensorError(f"tensor {name!r} has a bool that is neither 0 nor 1")
    try:
        # A copy, which the caller may write to, in the byte order of this machine.
        array = np.frombuffer(data, dtype).reshape(shape).astype(dtype.newbyteorder("="))
    except ValueError as error:
        raise TensorError(f"numpy cannot hold tensor {name!r} of shape {shape}: {error}") from None
    return name, array


def _dtype(code: int) -> np.dtype[Any]:
    if code != BF16:
        return np.dtype(_NAMES[code]).newbyteorder("<")
    try:
        import ml_dtypes  # noqa: PLC0415, of which few have a use
    except ImportError:
        raise TensorError("for bfloat16 tensors, run: pip install 'opg[bf16]'") from None
    bfloat16: np.dtype[Any] = np.dtype(ml_dtypes.bfloat16)
    return bfloat16


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, length: int) -> bytes:
        end = self._at + length
        if end > len(self._data):
            raise TensorError("the tensor list ends too early")
        taken = self._data[self._at : end]
        self._at = end
        return taken

    def number(self, form: str) -> int:
        (value,) = struct.unpack("<" + form, self.take(struct.calcsize(form)))
        return int(value)

    def is_at_end(self) -> bool:
        return self._at == len(self._data)
