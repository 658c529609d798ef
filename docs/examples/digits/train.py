#!/usr/bin/env python3
"""Train the demonstration model: handwritten digits, 64-32-10, exported as ONNX.

The data set ships with scikit-learn (8x8 grey images, values 0..16), so nothing is downloaded.
Writes next to this script: digits.onnx and digits_test.json (ten images that were not trained on,
one per digit). The name of the new model is left to b3sum, see the README.

With --check nothing is trained or written: the committed model is evaluated on the held-out
images with onnx's reference implementation.
"""

import json
import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

HERE = pathlib.Path(__file__).resolve().parent
MODEL = HERE / "digits.onnx"
SAMPLES = HERE / "digits_test.json"
REQUIRED_ACCURACY = 0.95
SEED = 20


def split():
    """Integer pixels [n, 64] and labels [n]: train and test."""
    digits = load_digits()
    return train_test_split(
        digits.data.astype(np.int64),
        digits.target,
        test_size=0.25,
        random_state=SEED,
        stratify=digits.target,
    )


def scaled(pixels):
    return (pixels / 16.0).astype(np.float32)


def train(pixels, labels):
    model = MLPClassifier(hidden_layer_sizes=(32,), max_iter=600, alpha=1e-3, random_state=SEED)
    return model.fit(scaled(pixels), labels)


def export(model):
    (w1, w2), (b1, b2) = model.coefs_, model.intercepts_
    weights = [
        numpy_helper.from_array(value.astype(np.float32), name)
        for name, value in (("w1", w1), ("b1", b1), ("w2", w2), ("b2", b2))
    ]
    nodes = [
        helper.make_node("Gemm", ["pixels", "w1", "b1"], ["hidden"]),
        helper.make_node("Relu", ["hidden"], ["active"]),
        helper.make_node("Gemm", ["active", "w2", "b2"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
        helper.make_node("ArgMax", ["logits"], ["label"], axis=1, keepdims=0),
    ]
    graph = helper.make_graph(
        nodes,
        "digits",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, [1, 64])],
        [
            helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [1, 10]),
            helper.make_tensor_value_info("label", TensorProto.INT64, [1]),
        ],
        weights,
    )
    exported = helper.make_model(
        graph,
        producer_name="opg-chain",
        opset_imports=[helper.make_opsetid("", 13)],
        ir_version=8,
    )
    onnx.checker.check_model(exported, full_check=True)
    return exported


def accuracy(exported, pixels, labels):
    """Accuracy of the ONNX file itself, so that a broken export cannot pass."""
    run = ReferenceEvaluator(exported)
    right = sum(
        int(run.run(["label"], {"pixels": scaled(image[None])})[0][0]) == label
        for image, label in zip(pixels, labels)
    )
    return right / len(labels)


def require(value):
    print(f"test accuracy of the ONNX model: {value:.2%} (required: {REQUIRED_ACCURACY:.0%})")
    if value < REQUIRED_ACCURACY:
        sys.exit("error: the model is not accurate enough")


def main():
    train_pixels, test_pixels, train_labels, test_labels = split()
    if "--check" in sys.argv[1:]:
        require(accuracy(onnx.load(MODEL), test_pixels, test_labels))
        return
    exported = export(train(train_pixels, train_labels))
    require(accuracy(exported, test_pixels, test_labels))
    data = exported.SerializeToString()
    MODEL.write_bytes(data)
    samples = []
    for digit in range(10):
        image = test_pixels[int(np.flatnonzero(test_labels == digit)[0])]
        samples.append({"pixels": [int(value) for value in image], "label": digit})
    SAMPLES.write_text("[\n" + ",\n".join(json.dumps(sample) for sample in samples) + "\n]\n")
    print(f"{MODEL.name}: {len(data)} bytes; now run: b3sum {MODEL.name} >{MODEL.name}.b3")


if __name__ == "__main__":
    main()
