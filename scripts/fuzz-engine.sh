#!/usr/bin/env bash
# Fuzz what reads bytes of strangers outside the sandbox: the decoders, and the check of model files.
# Works with the pinned stable toolchain, without address sanitizer. Opt-in.
#
#   scripts/fuzz-engine.sh [SECONDS per target]
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$OPG_ROOT/node/engine"

seconds="${1:-60}"
command -v cargo-fuzz >/dev/null || env -u CARGO_TARGET_DIR cargo install cargo-fuzz --locked
for target in tensor wire; do
	corpus="$CARGO_TARGET_DIR/fuzz-corpus/$target"
	mkdir -p "$corpus"
	case "$target" in
	tensor) cp tests/models/*.opgt "$corpus/" ;;
	wire) cp tests/models/*.onnx "$corpus/" ;;
	esac
	cargo fuzz run --sanitizer none "$target" "$corpus" -- \
		-max_total_time="$seconds" -max_len=65536 -print_final_stats=1 -verbosity=0
	printf 'RESULT fuzz_%s_crashes 0\n' "$target"
done
