#!/usr/bin/env bash
# Profit of dishonesty: plays every strategy of runtime/adversary against the real pallets and writes
# docs/adversary.md and docs/adversary.csv; then tells what authors of blocks gain by foresight. Fails
# where a strategy that must lose wins, a watched lie settles, or an honest pool is slashed.
#
#   scripts/adversary.sh [REQUESTS] [OPTION...]      e.g. scripts/adversary.sh 1000 --seeds 1,2,3
#
# REQUESTS per row and seed (2000). `opg-adversary play --help` has the options. Builds what is not
# built, in the profile of OPG_PROFILE.
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$OPG_ROOT"

requests="${1:-2000}"
[ $# -eq 0 ] || shift
cargo build --profile "$OPG_PROFILE" --locked --workspace --bin opg-adversary
"$OPG_BIN/opg-adversary" foresight
"$OPG_BIN/opg-adversary" play \
	--requests "$requests" --markdown docs/adversary.md --csv docs/adversary.csv "$@"
