#!/usr/bin/env bash
# Profit of dishonesty: plays every strategy of runtime/adversary against the real pallets and writes
# docs/adversary.md and docs/adversary.csv; then tells what authors of blocks gain by foresight. Fails
# where a strategy that must lose wins, a watched lie settles, or an honest pool is slashed.
#
#   scripts/adversary.sh [REQUESTS] [OPTION...]
#
# REQUESTS per row (2000). `opg-adversary play --help` has the options.
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$OPG_ROOT"

requests="${1:-2000}"
[ $# -eq 0 ] || shift
cargo build --release --locked --workspace --bin opg-adversary
"$CARGO_TARGET_DIR/release/opg-adversary" foresight
"$CARGO_TARGET_DIR/release/opg-adversary" play \
	--requests "$requests" --markdown docs/adversary.md --csv docs/adversary.csv "$@"
