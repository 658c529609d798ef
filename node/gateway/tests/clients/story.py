"""Writes a model that says the alphabet, and its tokenizer.

story.py MODEL TOKENIZER. It is a step graph without caches: the next token follows from the last one
alone. Behind `z` it ends.
"""

import json
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SPECIAL = ["<end>", "<turn>", "</turn>"]
LETTERS = [chr(code) for code in range(ord("a"), ord("z") + 1)]
TOKENS = [*SPECIAL, *LETTERS]
CONTEXT = 64
TEMPLATE = "{% for own in messages %}<turn>{{ own.content }}{% endfor %}"


def table():
    """Logits behind each token: the next letter, and some chance for the one after it."""
    logits = np.full((len(TOKENS), len(TOKENS)), -20, np.float32)
    for token in range(len(TOKENS)):
        end = token == len(TOKENS) - 1
        following = 0 if end else max(token + 1, len(SPECIAL))
        logits[token, following] = 2
        logits[token, 0 if end else min(following + 1, len(TOKENS) - 1)] += 21
    return logits


def model():
    names = [("input_ids", [1, "sequence"]), ("position", [1]), ("last", [1])]
    inputs = [helper.make_tensor_value_info(n, TensorProto.INT64, s) for n, s in names]
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, len(TOKENS)])
    nodes = [
        helper.make_node("Gather", ["input_ids", "last"], ["token"], axis=1),
        helper.make_node("Reshape", ["token", "one"], ["row"]),
        helper.make_node("Gather", ["table", "row"], ["rows"]),
        helper.make_node("Mul", ["position", "zero"], ["nothing"]),
        helper.make_node("Cast", ["nothing"], ["none"], to=TensorProto.FLOAT),
        helper.make_node("Add", ["rows", "none"], ["logits"]),
    ]
    weights = {
        "table": table(),
        "one": np.array([1], np.int64),
        "zero": np.array([0], np.int64),
    }
    initializers = [numpy_helper.from_array(array, name) for name, array in weights.items()]
    graph = helper.make_graph(nodes, "story", inputs, [logits], initializers)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    facts = {"": "1", ".context": str(CONTEXT), ".block": "32", ".stop": "0"}
    helper.set_model_props(made, {f"opg.generate{key}": value for key, value in facts.items()})
    return made


def tokenizer():
    added = [{"id": at, "content": text, "special": True} for at, text in enumerate(SPECIAL)]
    return {
        "version": "1.0",
        "added_tokens": added,
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "use_regex": False},
        "decoder": {"type": "ByteLevel"},
        "model": {
            "type": "BPE",
            "vocab": {text: at for at, text in enumerate(TOKENS)},
            "merges": [],
            "opg": {"chat_template": TEMPLATE, "stop": [0]},
        },
    }


def main(model_path, tokenizer_path):
    onnx.save(model(), model_path)
    with open(tokenizer_path, "w") as file:
        json.dump(tokenizer(), file)


if __name__ == "__main__":
    main(*sys.argv[1:])
