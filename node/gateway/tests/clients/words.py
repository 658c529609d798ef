"""Writes a model for embeddings: a table of 64 words, a vector for each of eight tokens.

words.py FILE. `opg-engine fix --pool hidden=attention_mask` makes one vector of them.
"""

import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

WORDS, TOKENS, WIDTH = 64, 8, 4


def table():
    """Vectors that f32 holds exactly."""
    numbers = (np.arange(WORDS * WIDTH) * 37 % 101 - 50) / 64
    return numbers.reshape(WORDS, WIDTH).astype(np.float32)


def main(path):
    ports = [("input_ids", [1, TOKENS]), ("attention_mask", [1, TOKENS])]
    inputs = [helper.make_tensor_value_info(n, TensorProto.INT64, s) for n, s in ports]
    hidden = helper.make_tensor_value_info("hidden", TensorProto.FLOAT, [1, TOKENS, WIDTH])
    nodes = [helper.make_node("Gather", ["table", "input_ids"], ["hidden"])]
    weights = [numpy_helper.from_array(table(), "table")]
    graph = helper.make_graph(nodes, "words", inputs, [hidden], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, path)


if __name__ == "__main__":
    main(sys.argv[1])
