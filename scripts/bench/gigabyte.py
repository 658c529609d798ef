"""Writes an ONNX file of about so many bytes of weights, piece by piece: products one after another.

    gigabyte.py KIND BYTES FILE

KIND is how the weights are stored: `nbits` (4 bits in blocks of 32, MatMulNBits), `f16` (Cast), `int8`
(DequantizeLinear with a scale for each column) or `f32`. Needs nothing but Python.
"""

import random
import struct
import sys

WIDTH = 4096
BLOCK = 32
FLOAT, UINT8, INT8, FLOAT16 = 1, 2, 3, 10
TENSOR, INT = 4, 2


def varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def number(field, value):
    return varint(field << 3) + varint(value)


def head(field, length):
    return varint(field << 3 | 2) + varint(length)


def data(field, value):
    value = value.encode() if isinstance(value, str) else value
    return head(field, len(value)) + value


def node(kind, inputs, output, domain="", **ints):
    attributes = [data(1, name) + number(3, value) + number(20, INT) for name, value in ints.items()]
    parts = [data(1, name) for name in inputs] + [data(2, output), data(4, kind)]
    parts += [data(5, attribute) for attribute in attributes]
    return data(1, b"".join(parts) + (data(7, domain) if domain else b""))


def value(field, name, shape):
    dims = b"".join(data(1, number(1, size)) for size in shape)
    return data(field, data(1, name) + data(2, data(1, number(1, FLOAT) + data(2, dims))))


class Initializer:
    """A tensor whose data is made when it is written."""

    def __init__(self, name, dtype, shape, size, make):
        self.length, self.make = size, make
        self.head = b"".join(number(1, dim) for dim in shape) + number(2, dtype) + data(8, name)
        self.head += head(9, size)

    def whole(self):
        return head(5, len(self.head) + self.length) + self.head


def floats(count, number):
    return lambda noise: struct.pack("<f", number) * count


def halves(count):
    """Numbers of about 1/64 and either sign, so that products neither grow nor vanish."""
    table = bytes(byte & 0x83 | 0x24 for byte in range(256))

    def make(noise):
        made = bytearray(noise.randbytes(2 * count))
        made[1::2] = made[1::2].translate(table)
        return made

    return make


def pairs(count):
    """Codes of 4 bits that are 8, the zero point, in the middle."""
    code = lambda bits: bits or 8
    table = bytes(code(byte & 15) | code(byte >> 4) << 4 for byte in range(256))
    return lambda noise: noise.randbytes(count).translate(table)


def layer(kind, at):
    """Tensors and nodes of a product of `xAT`."""
    here, after = f"x{at}", f"x{at + 1}"
    square = [WIDTH, WIDTH]
    count = WIDTH * WIDTH
    if kind == "nbits":
        blocks = WIDTH // BLOCK
        codes = Initializer(
            f"c{at}", UINT8, [WIDTH, blocks, BLOCK // 2], count // 2, pairs(count // 2)
        )
        scales = count // BLOCK
        scales = Initializer(f"s{at}", FLOAT, [scales], 4 * scales, floats(scales, (1 + at / 1000) / 64 / 4.6))
        sizes = {"K": WIDTH, "N": WIDTH, "bits": 4, "block_size": BLOCK, "accuracy_level": 4}
        return [codes, scales], [node("MatMulNBits", [here, f"c{at}", f"s{at}"], after, "com.microsoft", **sizes)]
    if kind == "f16":
        weights = Initializer(f"c{at}", FLOAT16, square, 2 * count, halves(count))
        return [weights], [
            node("Cast", [f"c{at}"], f"w{at}", to=FLOAT),
            node("MatMul", [here, f"w{at}"], after),
        ]
    if kind == "int8":
        codes = Initializer(f"c{at}", INT8, square, count, lambda noise: noise.randbytes(count))
        scales = Initializer(f"s{at}", FLOAT, [WIDTH], 4 * WIDTH, floats(WIDTH, 1 / 64 / 74))
        return [codes, scales], [
            node("DequantizeLinear", [f"c{at}", f"s{at}"], f"w{at}", axis=1),
            node("MatMul", [here, f"w{at}"], after),
        ]
    assert kind == "f32", kind
    weights = Initializer(f"w{at}", FLOAT, square, 4 * count, few_floats(count))
    return [weights], [node("MatMul", [here, f"w{at}"], after)]


def few_floats(count):
    """A few numbers again and again."""

    def make(noise):
        some = [noise.uniform(-1, 1) / 32 for _ in range(1000)]
        return (struct.pack("<1000f", *some) * (count // 1000 + 1))[: 4 * count]

    return make


def main(kind, size, path):
    tensors, nodes, layers = [], [], 0
    while sum(tensor.length for tensor in tensors) < int(size):
        more, ops = layer(kind, layers)
        tensors += more
        nodes += ops
        layers += 1
    rest = b"".join(nodes) + data(2, "gigabyte") + value(11, "x0", [1, WIDTH])
    rest += value(12, f"x{layers}", [1, WIDTH])
    length = len(rest) + sum(len(tensor.whole()) + tensor.length for tensor in tensors)
    opsets = data(8, number(2, 17)) + data(8, data(1, "com.microsoft") + number(2, 1))
    noise = random.Random(1)
    with open(path, "wb") as file:
        file.write(number(1, 9) + opsets + head(7, length) + rest)
        for tensor in tensors:
            file.write(tensor.whole())
            file.write(tensor.make(noise))


main(*sys.argv[1:])
