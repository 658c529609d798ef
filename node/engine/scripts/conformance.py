#!/usr/bin/env python3
"""Run ONNX's node tests through `opg-engine run`; see scripts/conformance.sh.

The tests pass everything as an input, also axes, shapes and scales, which the engine wants to know
when it loads a model. Where a model is refused as it is, all its inputs but the first are made
constants, which is how exporters write models; and then the first too, if the shape of the output
depends on it.

usage: conformance.py ENGINE DATA [--update]
"""

import collections
import concurrent.futures
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy as np
import onnx
from onnx import numpy_helper

import opgt

HERE = pathlib.Path(__file__).resolve().parent
LIST = HERE.parent / "tests/conformance.txt"
TABLE = HERE.parents[2] / "docs/conformance.md"
# As ONNX's own runner compares.
RTOL, ATOL = 1e-3, 1e-7
FUEL = 20_000_000_000

# What the tests say nothing about.
BEYOND = """
## Loops and sequences

- `Loop` is unrolled when the model is loaded. Its trip count, or the condition after each turn, must
  follow from constants and shapes. What it unrolls to counts against the limit of 20,000 nodes.
- Sequences of tensors are taken where a graph makes them of tensors and takes elements out at places
  that are constant. They are no input or output of a model, a loop or a branch.
- Recurrent layers run forward or in both directions, with their usual activations; `reverse`, other
  activations, `clip` and `input_forget` are refused, since tract would leave them out.

## Operators of com.microsoft

A closed list; `onnxruntime` writes some of them when it optimises or quantizes a model. All others are
refused as `ForeignDomain`.

| operators | computed |
|---|---|
| `Gelu`, `BiasGelu`, `FastGelu`, `QuickGelu` | by tract |
| `SkipLayerNormalization` | by tract; with a bias only if it has beta |
| `SkipSimplifiedLayerNormalization` | over the last axis, without a bias; its first and last output |
| `SimplifiedLayerNormalization`, which has no domain | over the last axis |
| `MultiHeadAttention` | by tract: queries, keys and values apart, without bias, mask and past |
| `GroupQueryAttention` | by the engine: one sequence, f32, caches of fixed size, halves rotated or none; without a window, a softcap, smooth softmax, positions or a bias ([ADR 49](adr/0049-a-decoder-of-few-operators.md)) |
| `RotaryEmbedding` | by tract, with a position for each place; in three dimensions with `num_heads` |
| `MatMulNBits` | 2, 4 or 8 bits, constant weights. With `accuracy_level` 4, 4 or 8 bits and blocks of 32 or more: on the codes, with the left factor in 8 bits ([ADR 47](adr/0047-weights-of-few-bits.md)); else as a product of floats |
| `GatherBlockQuantized` | by tract, 4 bits, a table of two dimensions; scales are rounded to f16 in blocks of 32 |
| `QuantizeLinear`, `DequantizeLinear` | as those of ONNX |
| `FusedMatMul` | as a product, without `transBatch` |
| `FusedConv`, `FusedGemm` | as both operators: `Relu`, `LeakyRelu`, `Sigmoid`, `Tanh`, `Clip`, `HardSigmoid` |
| `DynamicQuantizeMatMul`, `MatMulIntegerToFloat` | as `MatMulInteger` and what is around it |
| `DynamicQuantizeLSTM` | as `LSTM` with constant weights made floats; the input is not quantized |
| `QLinearAdd`, `QLinearMul`, `QLinearConcat`, `QLinearSigmoid`, `QLinearLeakyRelu`, `QLinearAveragePool`, `QLinearGlobalAveragePool` | on floats, between `DequantizeLinear` and `QuantizeLinear` |

`Attention` of com.microsoft, which is not on the list, is another operator than that of ONNX.
"""


class Unlike(Exception):
    """The test did not pass, and why."""


def tensor(file, info):
    """The value in a test's .pb file, which may not be a tensor."""
    if info.type.WhichOneof("value") != "tensor_type":
        raise Unlike("an input or output is a sequence, a map or an optional")
    proto = onnx.TensorProto()
    proto.ParseFromString(file.read_bytes())
    if proto.data_type == onnx.TensorProto.STRING:
        raise Unlike("an input or output is a tensor of strings")
    array = numpy_helper.to_array(proto)
    if array.dtype not in opgt.DTYPES:
        raise Unlike(f"an input or output is of the type {array.dtype}")
    return array


def bindings(infos, arrays):
    """Symbolic dimensions have the sizes that the inputs have."""
    dims = {}
    for info, array in zip(infos, arrays):
        for dim, size in zip(info.type.tensor_type.shape.dim, array.shape):
            if dim.dim_param:
                dims[dim.dim_param] = size
    return [f"--dim={name}={size}" for name, size in dims.items()]


def reason(said):
    """The engine's error in a few words, the same for the same cause."""
    said = said.strip()
    last = said.splitlines()[-1] if said else "no message"
    for pattern, words in (
        (r"Unimplemented\((\w+)\)", "operator {} is not implemented"),
        (r"bad model \(OpenDimension\)", "a shape depends on values"),
        (r"(?i)\b(?:be|as|is|typable only if \w+ is) a? ?const|is variable", "must be a constant"),
        (r"(?:Unknown DatumType|elem_type:) (\w+)", "the type {} is not supported"),
        (r"(\w+: [^:\n]*not supported)", "{}"),
        (r"bad model \(NotLoadable\).*: (.{1,60})", "refused: {}"),
        (r"bad model \((\w+)\)", "refused: {}"),
        (r"bad input \((\w+)\)", "refused: {}"),
    ):
        found = re.search(pattern, said)
        if found:
            return words.format(*found.groups())
    if "trapped" in said:
        return "the inference library panics"
    return last[:80]


def run(engine, case):
    """Whether the case passes without constants; `Unlike` if it does not pass."""
    plain = True
    model = onnx.load(case / "model.onnx")
    weights = {weight.name for weight in model.graph.initializer}
    inputs = [info for info in model.graph.input if info.name not in weights]
    for data in sorted(case.glob("test_data_set_*")):
        given = [tensor(data / f"input_{i}.pb", info) for i, info in enumerate(inputs)]
        wanted = [
            tensor(data / f"output_{i}.pb", info) for i, info in enumerate(model.graph.output)
        ]
        for variable in (len(inputs), 1, 0):
            try:
                made = with_constants(model, inputs[variable:], given[variable:])
                got = answer(engine, made, inputs[:variable], given[:variable])
                plain = plain and variable == len(inputs)
                break
            except Unlike:
                if variable == 0:
                    raise
        compare(got, wanted)
    return plain


def with_constants(model, inputs, given):
    """The model with these inputs as initializers."""
    fixed = onnx.ModelProto()
    fixed.CopyFrom(model)
    for info, array in zip(inputs, given):
        fixed.graph.initializer.append(numpy_helper.from_array(array, info.name))
    return fixed


def answer(engine, model, inputs, given):
    """The arrays that the engine gives."""
    with tempfile.TemporaryDirectory() as scratch:
        file, encoded, out = (pathlib.Path(scratch, name) for name in ("m.onnx", "in.opgt", "out.opgt"))
        file.write_bytes(model.SerializeToString())
        encoded.write_bytes(opgt.encode(list(zip([info.name for info in inputs], given))))
        command = [engine, "run", file, encoded, f"--output={out}", f"--fuel={FUEL}"]
        done = subprocess.run(
            command + bindings(inputs, given), capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise Unlike(reason(done.stderr))
        return [array for _, array in opgt.decode(out.read_bytes())]


def compare(got, wanted):
    for ours, theirs in zip(got, wanted, strict=True):
        if ours.dtype != theirs.dtype:
            raise Unlike(f"the output is {ours.dtype} instead of {theirs.dtype}")
        if ours.shape != theirs.shape:
            raise Unlike("the output has another shape")
        wide = (lambda a: a.astype("f8")) if ours.dtype.kind not in "biu" else (lambda a: a)
        if not np.allclose(wide(ours), wide(theirs), rtol=RTOL, atol=ATOL, equal_nan=True):
            raise Unlike("the output differs")


def verdict(engine, case):
    """The case's name, why it does not pass, and whether it passes without constants."""
    try:
        return case.name, None, run(engine, case)
    except Unlike as unlike:
        return case.name, str(unlike), False


def write_table(reasons, passed, as_is, total):
    counts = collections.Counter(reasons.values())
    lines = [
        "# Conformance",
        "",
        f"Of {total} ONNX node tests (onnx 1.19.1) {passed} pass, {100 * passed / total:.1f} %. The",
        "list is `node/engine/tests/conformance.txt`; `scripts/conformance.sh` checks it. Where a test",
        "passes parameters (axes, shapes, scales) as inputs and the engine wants constants, they are made",
        "constants, as exporters write them; the first input too, if the output's shape depends on it.",
        f"{as_is} pass as they are. The others:",
        "",
        "| tests | reason | for example |",
        "|---|---|---|",
    ]
    for why, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        example = min(name for name, other in reasons.items() if other == why)
        lines.append(f"| {count} | {why.replace('|', '/')} | `{example}` |")
    TABLE.write_text("\n".join(lines) + "\n" + BEYOND)


def main():
    engine, data = sys.argv[1], pathlib.Path(sys.argv[2])
    cases = sorted(case for case in data.iterdir() if (case / "model.onnx").exists())
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        verdicts = list(pool.map(lambda case: verdict(engine, case), cases))
    reasons = {name: why for name, why, _ in verdicts if why is not None}
    passed = sorted(name for name, why, _ in verdicts if why is None)
    as_is = sum(plain for _, _, plain in verdicts)
    if "--update" in sys.argv[3:]:
        LIST.write_text("\n".join(passed) + "\n")
        write_table(reasons, len(passed), as_is, len(cases))
    listed = LIST.read_text().split()
    regressions = [name for name in listed if name not in passed]
    for name in regressions:
        print(f"no longer passes: {name}: {reasons.get(name, 'not there')}")
    news = len(set(passed) - set(listed))
    if news:
        print(f"{news} tests pass that are not listed: --update adds them")
    print(f"RESULT conformance_passed {len(passed)}")
    print(f"RESULT conformance_passed_as_they_are {as_is}")
    print(f"RESULT conformance_total {len(cases)}")
    print(f"RESULT conformance_percent {100 * len(passed) / len(cases):.2f}")
    print(f"RESULT conformance_regressions {len(regressions)}")
    if regressions:
        sys.exit(1)


if __name__ == "__main__":
    main()
