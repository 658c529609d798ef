#!/usr/bin/env bash
# Compares two forms of the same small decoder with random weights: a step graph that the engine drives
# (docs/adr/0046-generation-by-steps.md), and one Scan over all steps of the context. Prints a table, and
# RESULT lines: fuel and milliseconds of processor time of a token in both, the share of an early stop, and
# what reading a token of the prompt takes. Takes a minute or two.
#
#   OPG_PROFILE=release     how the engine is built; `development` is built already where tests ran
#   OPG_PYTHON=...          a Python with numpy and onnx (node/engine/scripts/requirements.txt)
#   OPG_BENCH_REPEAT=10     runs of each, of which the mean counts; the least of three
set -euo pipefail
export OPG_PROFILE="${OPG_PROFILE:-release}"
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$OPG_ROOT"

VENV="$HOME/.cache/opg-chain/generation-venv"
python="${OPG_PYTHON:-}"
if [ -z "$python" ]; then
	python="$VENV/bin/python"
	if ! "$python" -c 'import numpy, onnx' 2>/dev/null; then
		say "installing onnx into $VENV"
		python3 -m venv "$VENV"
		"$VENV/bin/pip" install --quiet -r node/engine/scripts/requirements.txt
	fi
fi
if [ ! -x "$OPG_BIN/opg-engine" ]; then
	say "building with the profile $OPG_PROFILE"
	cargo build --profile "$OPG_PROFILE" --locked --quiet --workspace --bin opg-engine
fi
directory="$(mktemp -d)"
trap 'rm -rf "$directory"' EXIT
PYTHONPATH=node/engine/scripts "$python" scripts/bench/generation.py \
	"$OPG_BIN/opg-engine" "$directory" "${OPG_BENCH_REPEAT:-10}"
