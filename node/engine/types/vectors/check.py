#!/usr/bin/env python3
"""Checks the golden vectors of the engine's encodings: a second reader, independent of the Rust one.

    python3 check.py

Needs nothing but Python. The encodings are described in `../src/{tensor,dims,report}.rs`. Every
vector is encoded here and compared with the file, decoded and encoded again; the malformed ones
must be refused.
"""

import hashlib
import json
import pathlib
import struct
import sys

HERE = pathlib.Path(__file__).resolve().parent
DTYPES = ["bool", "u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64", "f16", "f32", "f64", "bf16"]
SIZES = [1, 1, 2, 4, 8, 1, 2, 4, 8, 2, 4, 8, 2]
MAX_TENSORS, MAX_RANK, MAX_DIMS, MAX_NAME = 64, 8, 256, 1024


class Malformed(Exception):
    """The bytes are not an encoding."""


def require(condition):
    if not condition:
        raise Malformed


def digest(data):
    """BLAKE2b-256, the content hash."""
    return hashlib.blake2b(data, digest_size=32).hexdigest()


class Reader:
    def __init__(self, data):
        self.data = data

    def take(self, length):
        require(len(self.data) >= length)
        head, self.data = self.data[:length], self.data[length:]
        return head

    def number(self, form):
        return struct.unpack("<" + form, self.take(struct.calcsize(form)))[0]

    def text(self):
        try:
            return self.take(self.number("H")).decode()
        except UnicodeDecodeError:
            raise Malformed from None

    def list(self, item):
        return [item() for _ in range(self.number("H"))]

    def end(self):
        require(not self.data)


def text(value):
    data = value.encode()
    return struct.pack("<H", len(data)) + data


def many(items, encode):
    return struct.pack("<H", len(items)) + b"".join(encode(item) for item in items)


def named(item):
    return text(item["name"]) + struct.pack("<Q", item["value"])


# Lists of tensors.


def encode_tensors(tensors):
    out = b"OPGT\x01" + struct.pack("<B", len(tensors))
    for tensor in tensors:
        data, shape = bytes.fromhex(tensor["data"]), tensor["shape"]
        out += text(tensor["name"]) + bytes([DTYPES.index(tensor["dtype"]), len(shape)])
        out += struct.pack(f"<{len(shape)}QI", *shape, len(data)) + data
    return out


def decode_tensors(data):
    reader = Reader(data)
    require(reader.take(5) == b"OPGT\x01")
    count = reader.number("B")
    require(count <= MAX_TENSORS)
    tensors = []
    for _ in range(count):
        name, code, rank = reader.text(), reader.number("B"), reader.number("B")
        require(code < len(DTYPES) and rank <= MAX_RANK)
        shape = [reader.number("Q") for _ in range(rank)]
        content = reader.take(reader.number("I"))
        size = SIZES[code]
        for dim in shape:
            size *= dim
        require(size == len(content) and (code != 0 or all(byte < 2 for byte in content)))
        tensors.append({"name": name, "dtype": DTYPES[code], "shape": shape, "data": content.hex()})
    reader.end()
    require(len({tensor["name"] for tensor in tensors}) == count)
    return tensors


# Bound dimensions.


def encode_dims(dims):
    return b"".join(named(dim) for dim in sorted(dims, key=lambda dim: dim["name"].encode()))


def decode_dims(data):
    reader, dims = Reader(data), []
    while reader.data:
        name = reader.text()
        require(1 <= len(name.encode()) <= MAX_NAME and len(dims) < MAX_DIMS)
        require(not dims or dims[-1]["name"].encode() < name.encode())
        dims.append({"name": name, "value": reader.number("Q")})
    return dims


# Inspection reports.


def encode_port(port):
    shape = port["shape"]
    head = bytes([DTYPES.index(port["dtype"]), len(shape)])
    return text(port["name"]) + head + struct.pack(f"<{len(shape)}Q", *shape)


GENERATION = ("context", "block", "vocabulary", "token_fuel", "block_fuel")


def encode_report(report):
    generation = report.get("generation")
    magic = b"OPGR\x02" if generation else b"OPGR\x01"
    out = magic + many(report["inputs"], encode_port) + many(report["outputs"], encode_port)
    out += many(report["dims"], named) + many(report["opsets"], named)
    out += many(report["operators"], lambda item: text(item["domain"]) + named(item))
    out += struct.pack("<Q", report["parameters"])
    if generation:
        out += struct.pack("<5Q", *(generation[name] for name in GENERATION))
    numbers = ("memory_bytes", "load_fuel", "run_fuel")
    out += struct.pack("<3Q", *(report[name] for name in numbers))
    output = report.get("output_digest")
    return out + bytes([report.get("fault", 0)]) + bytes.fromhex(output or "00" * 32)


def decode_report(data):
    reader = Reader(data)
    magic = reader.take(5)
    require(magic in (b"OPGR\x01", b"OPGR\x02"))

    def port():
        name, code, rank = reader.text(), reader.number("B"), reader.number("B")
        require(code < len(DTYPES))
        return {"name": name, "dtype": DTYPES[code], "shape": [reader.number("Q") for _ in range(rank)]}

    def item():
        return {"name": reader.text(), "value": reader.number("Q")}

    def operator():
        return {"domain": reader.text(), **item()}

    def ordered(items):
        keys = [(item.get("domain", "").encode(), item["name"].encode()) for item in items]
        require(all(a < b for a, b in zip(keys, keys[1:])))
        return items

    report = {"inputs": reader.list(port), "outputs": reader.list(port)}
    report["dims"] = ordered(reader.list(item))
    report["opsets"] = ordered(reader.list(item))
    report["operators"] = ordered(reader.list(operator))
    report["parameters"] = reader.number("Q")
    if magic == b"OPGR\x02":
        report["generation"] = {name: reader.number("Q") for name in GENERATION}
    for name in ("memory_bytes", "load_fuel", "run_fuel"):
        report[name] = reader.number("Q")
    fault, output = reader.number("B"), reader.take(32)
    reader.end()
    require(fault <= 6 and (fault == 0 or not any(output)))
    report.update({"fault": fault} if fault else {"output_digest": output.hex()})
    return report


def main():
    checked = 0
    for name, encode, decode in (
        ("tensors", encode_tensors, decode_tensors),
        ("dims", encode_dims, decode_dims),
        ("reports", encode_report, decode_report),
    ):
        vectors = json.loads((HERE / f"{name}.json").read_text())
        for vector in vectors["valid"]:
            encoded = encode(vector["value"])
            what = f"{name}: {vector['about']}"
            assert encoded.hex() == vector["encoded"], what
            assert encode(decode(encoded)) == encoded, what
            assert digest(encoded) == vector["digest"], what
            checked += 1
        for vector in vectors["malformed"]:
            try:
                decode(bytes.fromhex(vector["encoded"]))
            except Malformed:
                checked += 1
            else:
                sys.exit(f"{name}: {vector['about']}: accepted")
    codes = json.loads((HERE / "codes.json").read_text())
    assert codes["dtypes"] == {name: code for code, name in enumerate(DTYPES)}, "dtypes"
    print(f"{checked} vectors: ok")


if __name__ == "__main__":
    main()
