#!/usr/bin/env bash
# All hostile files and 20,000 mutants of the determinism models, each run twice. A plain test runs
# a few hundred of the mutants. Then models that are made to be slow for their fuel: none may take more
# than twice as long as it stands for, so the machine must be idle. Ends with RESULT lines.
#
#   scripts/hostile.sh [MUTANTS]
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$OPG_ROOT"

tests=(--profile "$OPG_PROFILE" --locked --workspace --test hostile)
pace=(--profile "$OPG_PROFILE" --locked --workspace --test pace)
cargo test "${tests[@]}" --test pace --no-run
status=0
OPG_HOSTILE_MUTANTS="${1:-20000}" cargo test "${tests[@]}" || status=$?
# cargo gives 101 where a test fails, and names the signal where the process is gone.
if [ "$status" -eq 0 ] || [ "$status" -eq 101 ]; then
	printf 'RESULT hostile_aborts 0\n'
else
	printf 'RESULT hostile_aborts 1\n'
fi
cargo test "${pace[@]}" -- --ignored --nocapture || status=1
exit "$status"
