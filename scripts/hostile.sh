#!/usr/bin/env bash
# All hostile files and 20,000 mutants of the determinism models, each run twice. A plain test runs
# a few hundred of the mutants. Ends with RESULT lines.
#
#   scripts/hostile.sh [MUTANTS]
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$OPG_ROOT"

tests=(--profile "$OPG_PROFILE" --locked --workspace --test hostile)
cargo test "${tests[@]}" --no-run
status=0
OPG_HOSTILE_MUTANTS="${1:-20000}" cargo test "${tests[@]}" || status=$?
# cargo gives 101 where a test fails, and names the signal where the process is gone.
if [ "$status" -eq 0 ] || [ "$status" -eq 101 ]; then
	printf 'RESULT hostile_aborts 0\n'
else
	printf 'RESULT hostile_aborts 1\n'
fi
exit "$status"
