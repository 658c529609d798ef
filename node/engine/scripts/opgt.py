"""The canonical tensor list (see node/engine/types/src/tensor.rs) in Python: a page long, as it should be."""

import struct

import ml_dtypes
import numpy as np

MAGIC = b"OPGT\x01"
DTYPES = [
    np.dtype(name)
    for name in (
        "bool u1 u2 u4 u8 i1 i2 i4 i8 f2 f4 f8".split() + [ml_dtypes.bfloat16]
    )
]


def encode(tensors):
    """Encode a list of (name, array). The bits of NaNs are kept."""
    out = [MAGIC, struct.pack("<B", len(tensors))]
    for name, array in tensors:
        array = np.asarray(array)
        data = array.astype(array.dtype.newbyteorder("<"), order="C", copy=False).tobytes()
        text = name.encode()
        out.append(struct.pack("<H", len(text)) + text)
        out.append(struct.pack("<BB", DTYPES.index(array.dtype), array.ndim))
        out.append(struct.pack(f"<{array.ndim}Q", *array.shape))
        out.append(struct.pack("<I", len(data)) + data)
    return b"".join(out)


def decode(data):
    """Decode what the engine has encoded into a list of (name, array)."""
    if data[:5] != MAGIC:
        raise ValueError("not a tensor list")
    at, tensors = 6, []
    for _ in range(data[5]):
        (length,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + length].decode()
        at += 2 + length
        code, rank = struct.unpack_from("<BB", data, at)
        shape = struct.unpack_from(f"<{rank}Q", data, at + 2)
        at += 2 + 8 * rank
        (length,) = struct.unpack_from("<I", data, at)
        array = np.frombuffer(data, DTYPES[code], length // DTYPES[code].itemsize, at + 4)
        tensors.append((name, array.reshape(shape)))
        at += 4 + length
    if at != len(data):
        raise ValueError("bytes follow the last tensor")
    return tensors
