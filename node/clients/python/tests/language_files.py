"""Small decoders of random weights, written as others write them, and a step graph that is run."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
from gguf import GGMLQuantizationType as Type
from onnx import helper, numpy_helper
from safetensors.numpy import save_file

Array = npt.NDArray[np.float32]
ENGINE = os.environ.get("OPG_ENGINE", "")

TEMPLATE = "{% for m in messages %}<|start|>{{ m['content'] }}<|im_end|>{% endfor %}"
MERGES = ["Ġ t", "h e", "Ġt he", "1 2"]


def byte_level() -> list[str]:
    """The characters that stand for bytes in byte-level BPE, in the order of the bytes."""
    printable = {*range(33, 127), *range(161, 173), *range(174, 256)}
    others = iter(range(256, 512))
    return [chr(byte) if byte in printable else chr(next(others)) for byte in range(256)]


TOKENS = [*byte_level(), *(m.replace(" ", "") for m in MERGES), "<|start|>", "<|im_end|>", "<user>"]
KINDS = [1] * (256 + len(MERGES)) + [3, 3, 4]


@dataclass(frozen=True)
class Small:
    """A decoder."""

    layers: int = 2
    width: int = 64
    heads: int = 4
    kv_heads: int = 2
    feed_forward: int = 96
    vocabulary: int = len(TOKENS)
    context: int = 256
    theta: float = 10000.0
    is_tied: bool = True
    has_biases: bool = False
    seed: int = 1
    config: dict[str, Any] = field(default_factory=dict)
    """Besides, in config.json."""

    @property
    def head_width(self) -> int:
        return self.width // self.heads

    def tensors(self) -> dict[str, Array]:
        """By the names of Hugging Face."""
        rng = np.random.default_rng(self.seed)

        def matrix(rows: int, columns: int, scale: float = 1.5) -> Array:
            numbers = rng.standard_normal((rows, columns)) * (scale / np.sqrt(columns))
            return np.asarray(numbers, np.float32)

        def norm() -> Array:
            return np.asarray(1 + 0.1 * rng.standard_normal(self.width), np.float32)

        kv = self.kv_heads * self.head_width
        found = {
            "model.embed_tokens.weight": matrix(self.vocabulary, self.width, 4.0),
            "model.norm.weight": norm(),
        }
        if not self.is_tied:
            found["lm_head.weight"] = matrix(self.vocabulary, self.width, 4.0)
        for layer in range(self.layers):
            name = f"model.layers.{layer}"
            found[f"{name}.input_layernorm.weight"] = norm()
            found[f"{name}.self_attn.q_proj.weight"] = matrix(self.width, self.width)
            found[f"{name}.self_attn.k_proj.weight"] = matrix(kv, self.width)
            found[f"{name}.self_attn.v_proj.weight"] = matrix(kv, self.width)
            found[f"{name}.self_attn.o_proj.weight"] = matrix(self.width, self.width)
            found[f"{name}.post_attention_layernorm.weight"] = norm()
            found[f"{name}.mlp.gate_proj.weight"] = matrix(self.feed_forward, self.width)
            found[f"{name}.mlp.up_proj.weight"] = matrix(self.feed_forward, self.width)
            found[f"{name}.mlp.down_proj.weight"] = matrix(self.width, self.feed_forward)
            if self.has_biases:
                for part, rows in (("q", self.width), ("k", kv), ("v", kv)):
                    bias = rng.standard_normal(rows).astype(np.float32)
                    found[f"{name}.self_attn.{part}_proj.bias"] = bias
        return found

    def write_folder(self, folder: Path, *, shards: int = 1, model_type: str = "llama") -> Path:
        """As `save_pretrained` does."""
        folder.mkdir(parents=True, exist_ok=True)
        config = {
            "model_type": model_type,
            "hidden_act": "silu",
            "hidden_size": self.width,
            "num_hidden_layers": self.layers,
            "num_attention_heads": self.heads,
            "num_key_value_heads": self.kv_heads,
            "intermediate_size": self.feed_forward,
            "vocab_size": self.vocabulary,
            "max_position_embeddings": self.context,
            "rms_norm_eps": 1e-5,
            "rope_theta": self.theta,
            "tie_word_embeddings": self.is_tied,
            "eos_token_id": 261,
            **self.config,
        }
        (folder / "config.json").write_text(json.dumps(config))
        (folder / "tokenizer.json").write_text(json.dumps({"added_tokens": []}))
        tensors = self.tensors()
        if shards == 1:
            save_file(tensors, folder / "model.safetensors")
            return folder
        places = {}
        for at in range(shards):
            file = f"model-{at + 1:05}-of-{shards:05}.safetensors"
            names = list(tensors)[at::shards]
            save_file({name: tensors[name] for name in names}, folder / file)
            places.update(dict.fromkeys(names, file))
        index = {"metadata": {}, "weight_map": places}
        (folder / "model.safetensors.index.json").write_text(json.dumps(index))
        return folder

    def write_gguf(
        self,
        path: Path,
        *,
        architecture: str = "llama",
        matrices: Type = Type.F32,
        pre: str = "smollm",
        extra: dict[str, Array] | None = None,
        facts: dict[str, str | float | list[int]] | None = None,
        embedding: Type = Type.Q8_0,
    ) -> Path:
        """As llama.cpp's `convert_hf_to_gguf.py` and its quantiser do."""
        writer = gguf.GGUFWriter(path, architecture)
        writer.add_block_count(self.layers)
        writer.add_context_length(self.context)
        writer.add_embedding_length(self.width)
        writer.add_feed_forward_length(self.feed_forward)
        writer.add_head_count(self.heads)
        writer.add_head_count_kv(self.kv_heads)
        writer.add_rope_freq_base(self.theta)
        writer.add_layer_norm_rms_eps(1e-5)
        writer.add_tokenizer_model("gpt2")
        writer.add_tokenizer_pre(pre)
        writer.add_token_list(TOKENS)
        writer.add_token_types(KINDS)
        writer.add_token_merges(MERGES)
        writer.add_eos_token_id(261)
        writer.add_bos_token_id(260)
        writer.add_chat_template(TEMPLATE)
        for key, value in (facts or {}).items():
            if isinstance(value, str):
                writer.add_string(key, value)
            elif isinstance(value, float):
                writer.add_float32(key, value)
            elif isinstance(value, int):
                writer.add_uint16(key, value)
            else:
                writer.add_array(key, value)
        for name, array in self.gguf_tensors(architecture):
            if array.ndim == 1 or matrices == Type.F32:
                writer.add_tensor(name, array)
                continue
            stored = embedding if name == "token_embd.weight" else matrices
            writer.add_tensor(name, stored_as(array, stored), raw_dtype=stored)
        for name, array in (extra or {}).items():
            writer.add_tensor(name, array)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        return path

    def gguf_tensors(self, architecture: str) -> Iterator[tuple[str, Array]]:
        """By the names of GGUF, queries and keys turned as llama.cpp turns them."""
        parts = {
            "input_layernorm": "attn_norm",
            "self_attn.q_proj": "attn_q",
            "self_attn.k_proj": "attn_k",
            "self_attn.v_proj": "attn_v",
            "self_attn.o_proj": "attn_output",
            "post_attention_layernorm": "ffn_norm",
            "mlp.gate_proj": "ffn_gate",
            "mlp.up_proj": "ffn_up",
            "mlp.down_proj": "ffn_down",
        }
        whole = {
            "model.embed_tokens": "token_embd",
            "model.norm": "output_norm",
            "lm_head": "output",
        }
        for name, given in self.tensors().items():
            array, (stem, _, last) = given, name.rpartition(".")
            if stem in whole:
                yield f"{whole[stem]}.{last}", array
                continue
            _, _, layer, part = stem.split(".", 3)
            if architecture == "llama" and part.endswith(("q_proj", "k_proj")):
                heads = len(array) // self.head_width
                turned = array.reshape(heads, 2, self.head_width // 2, *array.shape[1:])
                array = turned.swapaxes(1, 2).reshape(array.shape)
            yield f"blk.{layer}.{parts[part]}.{last}", array


def stored_as(array: Array, kind: Type) -> npt.NDArray[Any]:
    """A matrix in a type of GGUF."""
    if kind != Type.Q4_K:
        return gguf.quants.quantize(array, kind)
    # The package cannot write this type: any bytes do, with factors that keep numbers small.
    rng = np.random.default_rng(array.size)
    blocks = rng.integers(0, 256, (array.size // 256, 144), dtype=np.uint8)
    blocks[:, :4] = np.array([2e-4, 1.5e-3], np.float16).view(np.uint8)
    return blocks.reshape(len(array), -1)


def generated(model: Path, prompt: Sequence[int], count: int) -> list[int]:
    """Greedy tokens of the engine, whose program OPG_ENGINE names."""
    command = [ENGINE, "generate", str(model), "--max-new-tokens", str(count), "--prompt-tokens"]
    ids = ",".join(map(str, prompt))
    done = subprocess.run([*command, ids], capture_output=True, text=True, check=True)  # noqa: S603
    return [int(token) for token in done.stdout.strip().split(",")]


def attributes(graph: onnx.GraphProto) -> Iterator[onnx.AttributeProto]:
    """Attributes of all nodes, and of those in branches."""
    for node in graph.node:
        for attribute in node.attribute:
            yield attribute
            yield from attributes(attribute.g)


def write_out_offsets(graph: onnx.GraphProto, *, is_exact: bool) -> None:
    """Write products whose zero points are floats as onnxruntime can compute them.

    As the engine does, if it is not to be exact: the inputs are rounded to 8 bits in pieces of 32,
    but for what the offset of a block takes of them. Exact ones of 4 bits it computes itself.
    """
    stored = {tensor.name: tensor for tensor in graph.initializer}
    nodes = list(graph.node)
    del graph.node[:]
    for node in nodes:
        given = [
            numpy_helper.to_array(stored[name])
            for name in (node.input[1:4] if node.op_type == "MatMulNBits" else [])
        ]
        has_offsets = len(given) == 3 and given[2].dtype == np.float32
        if not has_offsets or (is_exact and given[0].shape[-1] == 16):
            graph.node.append(node)
            continue
        codes, scales, zeros = given
        middle = 128
        if codes.shape[-1] == 16:
            codes = np.stack([codes & 15, codes >> 4], -1).reshape(*codes.shape[:-1], 32)
            middle = 8
        name = node.output[0]

        def add(op: str, inputs: list[str], end: str, name: str = name, **more: Any) -> str:
            graph.node.append(helper.make_node(op, inputs, [name + end], **more))
            return name + end

        def constant(array: Any, end: str, name: str = name) -> str:
            graph.initializer.append(numpy_helper.from_array(np.asarray(array), name + end))
            return name + end

        centred = (codes.astype(np.float32) - middle) * scales[..., None]
        weights = constant(centred.reshape(len(codes), -1).T.copy(), ".weights")
        offsets = constant(((middle - zeros) * scales).T.copy(), ".offsets")
        x = node.input[0]
        blocks = add("Reshape", [x, constant([1, -1, codes.shape[1], 32], ".shape")], ".blocks")
        sums = add("ReduceSum", [blocks, constant([3], ".axis")], ".sums", keepdims=0)
        if not is_exact:
            largest = add("ReduceMax", [add("Abs", [blocks], ".abs")], ".most", axes=[3])
            scale = add("Div", [largest, constant(np.float32(127), ".127")], ".scale")
            scale = add("Max", [scale, constant(np.float32(1e-30), ".least")], ".positive")
            whole = add("Round", [add("Div", [blocks, scale], ".parts")], ".whole")
            rounded = add("Mul", [whole, scale], ".rounded")
            x = add("Reshape", [rounded, constant([1, -1, 32 * codes.shape[1]], ".flat")], ".x")
        product = add("MatMul", [x, weights], ".product")
        graph.node.append(
            helper.make_node("Add", [product, add("MatMul", [sums, offsets], ".offset")], [name])
        )


class Steps:
    """A step graph in onnxruntime, driven as the engine drives it."""

    def __init__(self, model: Path, *, is_exact: bool = False) -> None:
        """`is_exact` turns off what onnxruntime rounds in products with blocks."""
        loaded = onnx.load(model)
        self.facts = {item.key: item.value for item in loaded.metadata_props}
        write_out_offsets(loaded.graph, is_exact=is_exact)
        for attribute in attributes(loaded.graph):
            if is_exact and attribute.name == "accuracy_level":
                attribute.i = 1
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(loaded.SerializeToString(), options)
        self.outputs = [output.name for output in self.session.get_outputs()]
        self.reset()

    def reset(self) -> None:
        """Forget all."""
        shapes = {item.name: item.shape for item in self.session.get_inputs()}
        self.position = 0
        self.past = {
            name: np.zeros(shape, np.float32)
            for name, shape in shapes.items()
            if name.startswith("past_key_values.")
        }

    def feed(self, tokens: Sequence[int], block: int = 32) -> Array:
        """Logits behind these tokens, which go through in blocks whose ends are padded."""
        logits = np.zeros(0, np.float32)
        for at in range(0, len(tokens), block):
            part = list(tokens[at : at + block])
            given = {
                "input_ids": np.array([part + [0] * (block - len(part))], np.int64),
                "position": np.array([self.position], np.int64),
                "last": np.array([len(part) - 1], np.int64),
                **self.past,
            }
            found = dict(zip(self.outputs, self.session.run(None, given), strict=True))
            logits = found.pop("logits")[0]
            self.past = {k.replace("present", "past_key_values"): v for k, v in found.items()}
            self.position += len(part)
        return logits

    def greedy(self, prompt: Sequence[int], count: int, block: int = 32) -> list[int]:
        """Tokens of the highest logits."""
        self.reset()
        logits, tokens = self.feed(prompt, block), list[int]()
        while True:
            tokens.append(int(logits.argmax()))
            if len(tokens) == count:
                return tokens
            logits = self.feed(tokens[-1:], 1)
