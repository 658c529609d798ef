#!/usr/bin/env python3
"""Measure SmolLM2 in the engine and in llama.cpp: see scripts/bench-language.sh."""

import os
import re
import subprocess
import sys
import types

import tokenizers

NEW = 64
# Tokens of the long prompt beyond the short one: whole blocks.
LONG = 256
TURNS = (("int4", 1), ("int8", 1), ("int4", 2), ("large", 1), ("large", 2))
TEXT = "Once upon a time there was a machine that could prove every word it said. "


def engine(program, model, prompt, new, threads, rounds):
    """Milliseconds of the shortest run, the number of new tokens, and the milliseconds of loading."""
    ids = ",".join(map(str, prompt))
    command = [program, "generate", model, "--prompt-tokens", ids, "--max-new-tokens", str(new)]
    command += ["--threads", str(threads), "--repeat", str(rounds)]
    made = subprocess.run(command, capture_output=True, text=True)
    if made.returncode:
        sys.exit(made.stderr)
    shortest = float(re.search(r"([\d.]+) ms for the shortest", made.stderr)[1])
    loading = float(re.search(r"fuel and ([\d.]+) ms", made.stderr)[1])
    return shortest, len(made.stdout.strip().split(",")), loading


def llama(file, prompt, new, long, threads):
    """Prints milliseconds of reading the prompt, of new tokens after it, and of reading the long prompt."""
    import time

    # The package's own __init__ needs what only its server needs.
    import importlib.util

    package = types.ModuleType("llama")
    package.__path__ = list(importlib.util.find_spec("llama").submodule_search_locations)
    sys.modules["llama"] = package
    from llama._llama_cpp_cpu import ffi, lib

    quiet = ffi.callback("void(enum ggml_log_level, const char *, void *)", lambda *_: None)
    lib.llama_log_set(quiet, ffi.NULL)
    lib.llama_backend_init()
    model = lib.llama_model_load_from_file(file.encode(), lib.llama_model_default_params())
    parameters = lib.llama_context_default_params()
    parameters.n_ctx = parameters.n_batch = parameters.n_ubatch = 512
    parameters.n_threads = parameters.n_threads_batch = threads
    context = lib.llama_init_from_model(model, parameters)
    vocabulary = lib.llama_vocab_n_tokens(lib.llama_model_get_vocab(model))

    def decode(tokens, position):
        batch = lib.llama_batch_init(len(tokens), 0, 1)
        batch.n_tokens = len(tokens)
        for place, token in enumerate(tokens):
            batch.token[place], batch.pos[place] = token, position + place
            batch.n_seq_id[place], batch.seq_id[place][0] = 1, 0
            batch.logits[place] = place == len(tokens) - 1
        if lib.llama_decode(context, batch):
            sys.exit("llama_decode failed")
        logits = lib.llama_get_logits_ith(context, len(tokens) - 1)
        best = max(ffi.unpack(logits, vocabulary))
        lib.llama_batch_free(batch)
        return ffi.unpack(logits, vocabulary).index(best)

    def clear():
        lib.llama_kv_self_clear(context)

    clear()
    start = time.perf_counter()
    token = decode(prompt, 0)
    read = time.perf_counter()
    for place in range(new - 1):
        token = decode([token], len(prompt) + place)
    generated = time.perf_counter()
    clear()
    begin = time.perf_counter()
    decode(long, 0)
    print((read - start) * 1e3, (generated - read) * 1e3, (time.perf_counter() - begin) * 1e3)


def peer(shim, file, prompt, new, long, threads):
    given = [str(new), str(threads), ",".join(map(str, prompt)), ",".join(map(str, long))]
    command = [sys.executable, __file__, "--llama", file, *given]
    environment = {**os.environ, "LD_PRELOAD": shim}
    made = subprocess.run(command, capture_output=True, text=True, env=environment)
    if made.returncode:
        sys.exit(made.stderr)
    return [float(number) for number in made.stdout.split()]


def keep(best, what, threads, token, prompt):
    """The shortest times of a new token and of one of the prompt."""
    name = f"{what}, {threads} thread{'s' * (threads > 1)}"
    known = best.get(name, (float("inf"), float("inf")))
    best[name] = (min(known[0], token), min(known[1], prompt))


def main():
    if sys.argv[1] == "--llama":
        file, new, threads, prompt, long = sys.argv[2:]
        numbers = [[int(token) for token in ids.split(",")] for ids in (prompt, long)]
        return llama(file, numbers[0], int(new), numbers[1], int(threads))
    program, rounds, shim, gguf, tokenizer, *files = sys.argv[1:]
    rounds, models = int(rounds), dict(zip(("int4", "int8", "large"), files, strict=True))
    ids = tokenizers.Tokenizer.from_file(tokenizer).encode(TEXT * 30).ids
    short, long = ids[:33], ids[: 33 + LONG]

    best = {}
    loading = float("inf")
    for turn in range(rounds):
        print(f"round {turn + 1} of {rounds}", file=sys.stderr)
        for kind, threads in TURNS:
            model = models[kind]
            first, _, load = engine(program, model, short, 1, threads, 2)
            whole, count, _ = engine(program, model, short, NEW, threads, 1)
            read, _, _ = engine(program, model, long, 1, threads, 2)
            if kind == "int4":
                loading = min(loading, load)
            token = (whole - first) / (count - 1)
            keep(best, f"engine, {kind}", threads, token, (read - first) / LONG)
        for threads in (1, 2):
            read, generated, read_long = peer(shim, gguf, short, NEW, long, threads)
            token, prompt = generated / (NEW - 1), (read_long - read) / LONG
            keep(best, "llama.cpp, Q4_1", threads, token, prompt)

    print(f"{'':28}{'new token, ms':>16}{'tokens/s':>12}{'token of the prompt, ms':>26}")
    for name, (token, prompt) in best.items():
        print(f"{name:28}{token:16.1f}{1e3 / token:12.1f}{prompt:26.2f}")
    token, prompt = best["engine, int4, 1 thread"]
    print(f"RESULT lm_tokens_per_second {1e3 / token:.1f}")
    print(f"RESULT lm_int8_tokens_per_second {1e3 / best['engine, int8, 1 thread'][0]:.1f}")
    print(f"RESULT lm_vs_peer {best['llama.cpp, Q4_1, 1 thread'][0] / token:.2f}")
    two, prompt_of_two = best["engine, int4, 2 threads"]
    print(f"RESULT lm_threads_speedup {token / two:.2f}")
    others = [best[f"llama.cpp, Q4_1, {threads}"][0] for threads in ("1 thread", "2 threads")]
    print(f"RESULT lm_peer_threads_speedup {others[0] / others[1]:.2f}")
    print(f"RESULT lm_prompt_threads_speedup {prompt / prompt_of_two:.2f}")
    large = [best[f"engine, large, {threads}"][0] for threads in ("1 thread", "2 threads")]
    print(f"RESULT lm_large_threads_speedup {large[0] / large[1]:.2f}")
    print(f"RESULT lm_prompt_speedup {token / prompt:.1f}")
    print(f"RESULT lm_load_seconds {loading / 1e3:.1f}")


if __name__ == "__main__":
    main()
