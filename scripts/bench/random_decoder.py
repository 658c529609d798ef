"""Writes a Llama-like decoder of random weights, as a folder of Hugging Face: some 0.7 billion of them.

    random_decoder.py FOLDER

How fast a model runs does not depend on what its weights are. Needs numpy.
"""

import json
import sys
from pathlib import Path

import numpy as np

LAYERS, WIDTH, HEADS, KEY_HEADS, HIDDEN, VOCABULARY = 12, 2048, 32, 4, 5632, 49152


def save(tensors, file):
    """As the package `safetensors` does."""
    header, end = {}, 0
    for name, tensor in tensors.items():
        begin, end = end, end + tensor.nbytes
        header[name] = {"dtype": "F16", "shape": tensor.shape, "data_offsets": [begin, end]}
    head = json.dumps(header).encode()
    with file.open("wb") as out:
        out.write(len(head).to_bytes(8, "little") + head)
        for tensor in tensors.values():
            out.write(tensor.tobytes())


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True)
    rng = np.random.default_rng(1)

    def matrix(rows, columns):
        numbers = rng.standard_normal((rows, columns), np.float32) / np.float32(columns**0.5)
        return numbers.astype(np.float16)

    norm = np.ones(WIDTH, np.float16)
    tensors = {
        "model.embed_tokens.weight": matrix(VOCABULARY, WIDTH),
        "model.norm.weight": norm,
        "lm_head.weight": matrix(VOCABULARY, WIDTH),
    }
    keys = WIDTH // HEADS * KEY_HEADS
    for layer in range(LAYERS):
        for part, rows, columns in [
            ("self_attn.q_proj", WIDTH, WIDTH),
            ("self_attn.k_proj", keys, WIDTH),
            ("self_attn.v_proj", keys, WIDTH),
            ("self_attn.o_proj", WIDTH, WIDTH),
            ("mlp.gate_proj", HIDDEN, WIDTH),
            ("mlp.up_proj", HIDDEN, WIDTH),
            ("mlp.down_proj", WIDTH, HIDDEN),
        ]:
            tensors[f"model.layers.{layer}.{part}.weight"] = matrix(rows, columns)
        for part in ("input_layernorm", "post_attention_layernorm"):
            tensors[f"model.layers.{layer}.{part}.weight"] = norm
    save(tensors, folder / "model.safetensors")
    config = {
        "model_type": "llama",
        "hidden_act": "silu",
        "hidden_size": WIDTH,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "num_key_value_heads": KEY_HEADS,
        "intermediate_size": HIDDEN,
        "vocab_size": VOCABULARY,
        "max_position_embeddings": 512,
        "rms_norm_eps": 1e-5,
        "rope_theta": 10000.0,
        "tie_word_embeddings": False,
        "eos_token_id": 2,
    }
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "tokenizer.json").write_text('{"added_tokens": []}')


if __name__ == "__main__":
    main()
