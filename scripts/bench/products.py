#!/usr/bin/env python3
"""Products with weights of 32, 8 and 4 bits, of the shapes that a small language model has, for
scripts/bench-products.sh.

    products.py make DIRECTORY       write the models, as scripts/bench/models.py does; print their names
    products.py report DIRECTORY     print the table, from the times in engine.txt and onnxruntime.txt
"""

import pathlib
import statistics
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper
from models import OPSET, Graph, encode

DEPTH = 576
WIDTHS = [1536, 49152]
# One token, and a block of a prompt.
ROWS = [1, 32]
BLOCK = 32


def quantised(weights, bits):
    """Codes, as MatMulNBits has them, and scales of blocks along K, of weights of [N, K]."""
    blocks = weights.reshape(len(weights), -1, BLOCK)
    middle = 1 << (bits - 1)
    scales = np.abs(blocks).max(axis=2) / (middle - 1)
    codes = np.rint(blocks / scales[:, :, None]).astype(np.int64) + middle
    codes = codes.astype(np.uint8)
    if bits == 4:
        codes = codes[:, :, 0::2] | codes[:, :, 1::2] << 4
    return codes, scales.astype(np.float32)


def make(directory, width, rows, bits):
    g = Graph()
    x = g.input("x", g.rng.standard_normal((rows, DEPTH)).astype(np.float32))
    weights = (g.rng.standard_normal((width, DEPTH)) / np.sqrt(DEPTH)).astype(np.float32)
    if bits == 32:
        y = g.op("MatMul", x, g.constant(np.ascontiguousarray(weights.T)))
    else:
        codes, scales = quantised(weights, bits)
        sizes = dict(K=DEPTH, N=width, bits=bits, block_size=BLOCK, accuracy_level=4)
        y = g.op("MatMulNBits", x, g.constant(codes), g.constant(scales), domain="com.microsoft", **sizes)
    graph = helper.make_graph(
        g.nodes,
        "g",
        g.inputs,
        [helper.make_tensor_value_info(y, TensorProto.FLOAT, None)],
        g.weights,
    )
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid("com.microsoft", 1)]
    proto = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    name = f"product-{bits}-{width}-{rows}"
    onnx.save(proto, directory / f"{name}.onnx")
    (directory / f"{name}.input").write_bytes(encode(g.feeds))
    np.savez(directory / f"{name}.npz", **g.feeds)
    print(name)


def report(directory):
    def times(file):
        found = {}
        for line in (directory / file).read_text().splitlines():
            name, time, *_ = line.split()
            found.setdefault(name, []).append(float(time))
        return {name: statistics.median(values) for name, values in found.items()}

    ours, theirs = times("engine.txt"), times("onnxruntime.txt")
    print("| weights | bits | rows | here, ms | f32 ÷ here | onnxruntime, ms | f32 ÷ onnxruntime | GB/s | close |")
    print("|---|---|---|---|---|---|---|---|---|")
    for width in WIDTHS:
        for rows in ROWS:
            for bits in (32, 8, 4):
                name = f"product-{bits}-{width}-{rows}"
                whole = f"product-32-{width}-{rows}"
                a, b = ours[name], theirs[name]
                size = width * DEPTH * (bits / 8 + (0 if bits == 32 else 4 / BLOCK))
                outputs = (np.fromfile(directory / f"{name}.{who}", np.float32) for who in ("engine", "onnxruntime"))
                here, there = outputs
                error = np.abs(here - there).max() / np.abs(there).max()
                print(
                    f"| {DEPTH} × {width} | {bits} | {rows} | {a:.3f} | {ours[whole] / a:.2f} | {b:.3f} "
                    f"| {theirs[whole] / b:.2f} | {size / a / 1e6:.1f} | {error:.0e} |"
                )
    for bits in (8, 4):
        one, block = (ours[f"product-{bits}-{WIDTHS[1]}-{rows}"] for rows in ROWS)
        vector, whole = ours[f"product-{bits}-{WIDTHS[1]}-1"], ours[f"product-32-{WIDTHS[1]}-1"]
        print(f"RESULT product_int{bits}_vs_f32 {whole / vector:.2f}")
        print(f"RESULT product_int{bits}_vs_onnxruntime {theirs[f'product-{bits}-{WIDTHS[1]}-1'] / vector:.2f}")
        print(f"RESULT product_int{bits}_block_per_token_speedup {one * ROWS[1] / block:.2f}")


def main():
    command, directory = sys.argv[1], pathlib.Path(sys.argv[2])
    if command == "report":
        report(directory)
        return
    directory.mkdir(parents=True, exist_ok=True)
    for width in WIDTHS:
        for rows in ROWS:
            for bits in (32, 8, 4):
                make(directory, width, rows, bits)


if __name__ == "__main__":
    main()
