#!/usr/bin/env bash
# Compares the engine's speed with native tract, which picks its best kernels for this CPU, and with
# onnxruntime: one thread each, the same models and inputs, in turns. Compares their outputs too.
# Models of our own, and those that others made (scripts/reality.sh), if they are installed.
# Run it on an otherwise idle machine; it takes some ten minutes.
#
#   OPG_PROFILE=release    how the engine is built; `development` is built already where tests ran
#   OPG_PYTHON=...         a Python with numpy, onnx and onnxruntime (scripts/bench/requirements.txt)
#   OPG_BENCH_SECONDS=1    how long each model is measured, each time
#   OPG_BENCH_ROUNDS=3     how often
#   OPG_BENCH_MODELS=""    only these and `mlp`, by name
#   OPG_BENCH_LARGE=...    those of which one run is measured on all cores
set -euo pipefail
# What is shipped is measured: at full optimisation.
export OPG_PROFILE="${OPG_PROFILE:-release}"
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$OPG_ROOT"

SECONDS_EACH="${OPG_BENCH_SECONDS:-1}"
ROUNDS="${OPG_BENCH_ROUNDS:-3}"
MODELS=(mlp digit_cnn mobilenet lstm encoder int8_mlp)
# Those on which several threads are to be of use.
LARGE="${OPG_BENCH_LARGE:-encoder}"
DIRECTORY="$HOME/.cache/opg-chain/bench"
VENV="$HOME/.cache/opg-chain/bench-venv"
REALITY="$HOME/.cache/opg-chain/reality-venv/bin/python"

python="${OPG_PYTHON:-}"
if [ -z "$python" ]; then
	for python in "$REALITY" "$HOME/.cache/opg-chain/venv/bin/python" "$VENV/bin/python"; do
		"$python" -c 'import numpy, onnx, onnxruntime' 2>/dev/null && break
	done
	if ! "$python" -c 'import numpy, onnx, onnxruntime' 2>/dev/null; then
		say "installing onnx and onnxruntime into $VENV"
		python3 -m venv "$VENV"
		"$VENV/bin/pip" install --quiet -r scripts/bench/requirements.txt
		python="$VENV/bin/python"
	fi
fi

say "building with the profile $OPG_PROFILE"
# The whole workspace, because a part of it would be compiled with other dependency features.
engine="$(cargo build --profile "$OPG_PROFILE" --locked --quiet --workspace --bench engine \
	--bin opg-engine --message-format json | sed -n 's/.*"executable":"\([^"]*\/engine-[^"]*\)".*/\1/p' | tail -n 1)"
cargo build --release --locked --quiet --manifest-path node/engine/benches/tract/Cargo.toml \
	--target-dir "$CARGO_TARGET_DIR/engine-bench"
tract="$CARGO_TARGET_DIR/engine-bench/release/opg-engine-bench-tract"

say "models: $DIRECTORY"
mkdir -p "$DIRECTORY"
"$python" scripts/bench/models.py "$DIRECTORY"
real=()
if [ -x "$REALITY" ] && "$REALITY" -c 'import tokenizers' 2>/dev/null; then
	mapfile -t real < <("$REALITY" scripts/bench/reality.py "$OPG_BIN/opg-engine" "$DIRECTORY")
else
	say "models that others made are not installed: scripts/reality.sh"
fi
names=("${MODELS[@]}" "${real[@]}")
if [ -n "${OPG_BENCH_MODELS:-}" ]; then
	read -ra names <<<"mlp $OPG_BENCH_MODELS"
fi

say "compiling the guest"
compile="$("$engine" compile)"

: >"$DIRECTORY/engine.txt"
: >"$DIRECTORY/tract.txt"
: >"$DIRECTORY/onnxruntime.txt"
for ((round = 1; round <= ROUNDS; round++)); do
	say "round $round of $ROUNDS"
	for model in "${names[@]}"; do
		"$engine" run "$DIRECTORY" "$SECONDS_EACH" "$model" >>"$DIRECTORY/engine.txt"
		# Native tract fails on some models that the engine takes.
		"$tract" "$DIRECTORY" "$SECONDS_EACH" "$model" >>"$DIRECTORY/tract.txt" 2>/dev/null ||
			say "native tract does not run $model"
		"$python" scripts/bench/onnxruntime_bench.py "$DIRECTORY" "$SECONDS_EACH" "$model" \
			>>"$DIRECTORY/onnxruntime.txt"
	done
done
printf 'Profile of the engine: %s; of native tract: release.\n' "$OPG_PROFILE"
"$python" scripts/bench/report.py "$DIRECTORY"
printf 'RESULT guest_compile_s %.1f\n' "$compile"
for model in mlp encoder; do
	read -r cores speedup <<<"$("$engine" scale "$DIRECTORY" 4 "$model")"
	printf 'RESULT engine_speedup_%s_on_%s_cores %.2f\n' "$model" "$cores" "$speedup"
done
for model in $LARGE; do
	read -r threads speedup <<<"$("$engine" threads "$DIRECTORY" 4 "$model")"
	printf 'RESULT engine_speedup_of_a_run_%s_by_%s_threads %.2f\n' "$model" "$threads" "$speedup"
done
