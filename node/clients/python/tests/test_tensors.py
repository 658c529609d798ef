"""Tensors: the bytes are those of the Rust encoder, and nothing is converted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

import opg
from opg import tensors

DTYPES = [
    *(np.dtype(name) for name in tensors._NAMES),
    np.dtype(ml_dtypes.bfloat16),
]


def vectors(root: Path) -> dict[str, list[dict[str, Any]]]:
    path = root / "node/engine/types/vectors/tensors.json"
    loaded: dict[str, list[dict[str, Any]]] = json.loads(path.read_text())
    return loaded


def test_types_should_have_the_codes_of_the_format(root: Path) -> None:
    codes = json.loads((root / "node/engine/types/vectors/codes.json").read_text())["dtypes"]
    short = {"bool": "bool", "bf16": "bfloat16"}
    kinds = {"u": "uint", "i": "int", "f": "float"}
    for name, code in codes.items():
        expected = short.get(name) or kinds[name[0]] + name[1:]
        assert tensors.dtype_name(code) == expected
    assert len(codes) == len(DTYPES)


def test_arrays_should_encode_to_the_golden_vectors(root: Path) -> None:
    for vector in vectors(root)["valid"]:
        encoded = bytes.fromhex(vector["encoded"])
        arrays = {
            item["name"]: np.frombuffer(
                bytes.fromhex(item["data"]),
                "V2" if item["dtype"] == "bf16" else _numpy_name(item["dtype"]),
            ).reshape(item["shape"])
            for item in vector["value"]
        }
        for item in vector["value"]:
            if item["dtype"] == "bf16":
                arrays[item["name"]] = arrays[item["name"]].view(ml_dtypes.bfloat16)
        assert tensors.encode(arrays) == encoded, vector["about"]
        decoded = tensors.decode(encoded)
        assert list(decoded) == [item["name"] for item in vector["value"]]
        assert tensors.encode(decoded) == encoded, vector["about"]


def test_malformed_lists_should_be_refused(root: Path) -> None:
    for vector in vectors(root)["malformed"]:
        with pytest.raises(opg.TensorError):
            tensors.decode(bytes.fromhex(vector["encoded"]))


def test_files_of_the_engines_tests_should_come_back_as_they_are(root: Path) -> None:
    files = sorted((root / "node/engine/tests/models").glob("*.opgt"))
    assert len(files) > 100
    for file in files:
        assert tensors.encode(tensors.decode(file.read_bytes())) == file.read_bytes(), file.name


@st.composite
def arrays(draw: st.DrawFn) -> Any:
    dtype = draw(st.sampled_from(DTYPES))
    shape = draw(npst.array_shapes(min_dims=0, max_dims=8, min_side=0, max_side=3))
    size = int(np.prod(shape)) * dtype.itemsize
    data = draw(st.binary(min_size=size, max_size=size))
    if dtype == np.bool_:
        data = bytes(byte & 1 for byte in data)
    array = np.frombuffer(data, dtype).reshape(shape)
    if draw(st.booleans()):
        # Neither in order nor of this machine's byte order, and the same numbers.
        array = array.T.copy().T
        if dtype.name != "bfloat16":
            array = array.astype(dtype.newbyteorder(draw(st.sampled_from("<>"))))
    return array


@given(st.dictionaries(st.text(max_size=6), arrays(), max_size=5))
def test_arrays_should_come_back_bit_for_bit(given: dict[str, Any]) -> None:
    encoded = tensors.encode(given)
    back = tensors.decode(encoded)
    assert list(back) == list(given)
    for name, array in given.items():
        assert back[name].dtype == array.dtype.newbyteorder("=")
        assert back[name].shape == array.shape
        assert back[name].flags.writeable
        native = array if array.dtype.name == "bfloat16" else array.astype(back[name].dtype)
        assert back[name].tobytes() == native.tobytes()
    assert tensors.encode(back) == encoded


@given(st.binary(max_size=80))
def test_any_bytes_should_decode_or_be_refused(data: bytes) -> None:
    for candidate in (data, tensors.MAGIC + data):
        try:
            decoded = tensors.decode(candidate)
        except opg.TensorError:
            continue
        assert tensors.encode(decoded) == candidate


@pytest.mark.parametrize(
    ("value", "cause"),
    [
        ([1.0, 2.0], "no element type"),
        (1.5, "no element type"),
        (np.array(["a"]), "carries"),
        (np.array([1 + 2j]), "carries"),
        (np.array([object()]), "carries"),
        (np.array([1], "M8[s]"), "carries"),
        (np.zeros(1, np.longdouble), "carries"),
        (np.zeros(1, ml_dtypes.float8_e4m3fn), "carries"),
        (np.zeros(1, [("a", "i4")]), "carries"),
        (np.ma.masked_array([1.0], mask=[True]), "masked"),
        (np.zeros((1,) * 9, np.int8), "dimensions"),
        (np.array([2], np.uint8).view(np.bool_), "neither 0 nor 1"),
    ],
)
def test_what_would_not_come_back_should_be_refused(value: Any, cause: str) -> None:
    with pytest.raises(opg.TensorError, match=cause):
        tensors.encode({"x": value})


def test_names_and_numbers_of_tensors_should_have_limits() -> None:
    scalar = np.float32(1)
    with pytest.raises(opg.TensorError, match="at most 64"):
        tensors.encode({str(i): scalar for i in range(65)})
    with pytest.raises(opg.TensorError, match="more than 65535"):
        tensors.encode({"x" * 65_536: scalar})
    with pytest.raises(opg.TensorError, match="UTF-8"):
        tensors.encode({"\ud800": scalar})
    assert list(tensors.decode(tensors.encode({str(i): scalar for i in range(64)}))) == [
        str(i) for i in range(64)
    ]


def test_shapes_that_overflow_should_be_refused() -> None:
    # 2^63 * 4 elements and then none: the Rust decoder refuses it as well.
    shape = (2**63, 4, 0)
    data = tensors.MAGIC + b"\x01\x01\x00x\x01\x03"
    data += b"".join(size.to_bytes(8, "little") for size in shape) + bytes(4)
    with pytest.raises(opg.TensorError):
        tensors.decode(data)


def _numpy_name(name: str) -> str:
    return {"u": "uint", "i": "int", "f": "float"}[name[0]] + name[1:] if name != "bool" else name
