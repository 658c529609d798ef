#!/usr/bin/env bash
# Compares products with weights of 4 and 8 bits with those of f32, for one row and for 32, in the engine
# and in onnxruntime: one thread each, the same models and inputs, in turns. Compares their outputs too.
# Run it on an otherwise idle machine; it takes some three minutes once it is built.
#
#   OPG_PROFILE=release    how the engine is built; `development` is built already where tests ran
#   OPG_PYTHON=...         a Python with numpy, onnx and onnxruntime (scripts/bench/requirements.txt)
#   OPG_BENCH_ENGINE=...   the benchmark of the engine (node/engine/benches), if it is built
#   OPG_BENCH_SECONDS=1    how long each product is measured, each time
#   OPG_BENCH_ROUNDS=3     how often
set -euo pipefail
export OPG_PROFILE="${OPG_PROFILE:-release}"
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$OPG_ROOT"

DIRECTORY="$HOME/.cache/opg-chain/bench-products"
python="${OPG_PYTHON:-$HOME/.cache/opg-chain/reality-venv/bin/python}"
"$python" -c 'import numpy, onnx, onnxruntime' ||
	die "this needs a Python with scripts/bench/requirements.txt: set OPG_PYTHON"

engine="${OPG_BENCH_ENGINE:-}"
if [ -z "$engine" ]; then
	say "building with the profile $OPG_PROFILE"
	engine="$(cargo build --profile "$OPG_PROFILE" --locked --quiet --workspace --bench engine \
		--message-format json | sed -n 's/.*"executable":"\([^"]*\/engine-[^"]*\)".*/\1/p' | tail -n 1)"
fi

say "models: $DIRECTORY"
mapfile -t names < <("$python" scripts/bench/products.py make "$DIRECTORY")
: >"$DIRECTORY/engine.txt"
: >"$DIRECTORY/onnxruntime.txt"
for ((round = 1; round <= ${OPG_BENCH_ROUNDS:-3}; round++)); do
	say "round $round of ${OPG_BENCH_ROUNDS:-3}"
	for model in "${names[@]}"; do
		"$engine" run "$DIRECTORY" "${OPG_BENCH_SECONDS:-1}" "$model" >>"$DIRECTORY/engine.txt"
		"$python" scripts/bench/onnxruntime_bench.py "$DIRECTORY" "${OPG_BENCH_SECONDS:-1}" "$model" \
			>>"$DIRECTORY/onnxruntime.txt"
	done
done
"$python" scripts/bench/products.py report "$DIRECTORY"
