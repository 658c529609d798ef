#!/usr/bin/env bash
# Compares the engine's speed with native tract, which picks its best kernels for this CPU, and with
# onnxruntime: one thread each, the same models and inputs, in turns. Compares their outputs too.
# Run it on an otherwise idle machine; it takes some three minutes.
#
#   OPG_PYTHON=...         a Python with numpy, onnx and onnxruntime (scripts/bench/requirements.txt)
#   OPG_BENCH_SECONDS=1    how long each model is measured, each time
#   OPG_BENCH_ROUNDS=3     how often
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$OPG_ROOT"

SECONDS_EACH="${OPG_BENCH_SECONDS:-1}"
ROUNDS="${OPG_BENCH_ROUNDS:-3}"
MODELS=(mlp digit_cnn mobilenet lstm encoder int8_mlp)
DIRECTORY="$HOME/.cache/opg-chain/bench"
VENV="$HOME/.cache/opg-chain/bench-venv"

python="${OPG_PYTHON:-}"
if [ -z "$python" ]; then
	for python in "$HOME/.cache/opg-chain/venv/bin/python" "$VENV/bin/python"; do
		"$python" -c 'import numpy, onnx, onnxruntime' 2>/dev/null && break
	done
	if ! "$python" -c 'import numpy, onnx, onnxruntime' 2>/dev/null; then
		say "installing onnx and onnxruntime into $VENV"
		python3 -m venv "$VENV"
		"$VENV/bin/pip" install --quiet -r scripts/bench/requirements.txt
		python="$VENV/bin/python"
	fi
fi

say "building"
# What is shipped is measured: at full optimisation.
engine="$(cargo bench --locked --quiet -p opg-engine --bench engine --no-run --message-format json |
	sed -n 's/.*"executable":"\([^"]*\)".*/\1/p' | tail -n 1)"
cargo build --release --locked --quiet --manifest-path node/engine/benches/tract/Cargo.toml \
	--target-dir "$CARGO_TARGET_DIR/engine-bench"
tract="$CARGO_TARGET_DIR/engine-bench/release/opg-engine-bench-tract"

say "models: $DIRECTORY"
"$python" scripts/bench/models.py "$DIRECTORY"

say "compiling the guest"
compile="$("$engine" compile)"

: >"$DIRECTORY/engine.txt"
: >"$DIRECTORY/tract.txt"
: >"$DIRECTORY/onnxruntime.txt"
for ((round = 1; round <= ROUNDS; round++)); do
	say "round $round of $ROUNDS"
	for model in "${MODELS[@]}"; do
		"$engine" run "$DIRECTORY" "$SECONDS_EACH" "$model" >>"$DIRECTORY/engine.txt"
		"$tract" "$DIRECTORY" "$SECONDS_EACH" "$model" >>"$DIRECTORY/tract.txt"
		"$python" scripts/bench/onnxruntime_bench.py "$DIRECTORY" "$SECONDS_EACH" "$model" \
			>>"$DIRECTORY/onnxruntime.txt"
	done
done
"$python" scripts/bench/report.py "$DIRECTORY"
printf 'RESULT guest_compile_s %.1f\n' "$compile"
for model in mlp encoder; do
	read -r cores speedup <<<"$("$engine" scale "$DIRECTORY" 4 "$model")"
	printf 'RESULT engine_speedup_%s_on_%s_cores %.2f\n' "$model" "$cores" "$speedup"
done
