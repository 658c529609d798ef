#!/usr/bin/env bash
# Pin the engine anew after an intended change of its guest, and check that the pins hold everywhere.
# Changes node/engine/tests/determinism.pins and node/engine/types/engine.id, which belong into the
# commit. `scripts/check-reproducible.sh` then says whether other machines build the same engine.
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$OPG_ROOT"

# Features are unified over the workspace: dependencies are those that are compiled already.
tests=(cargo test --profile "$OPG_PROFILE" --locked --workspace --test determinism --)
OPG_REPIN=1 "${tests[@]}" --exact pins_should_hold_on_this_cpu
"${tests[@]}"
git diff --stat -- node/engine/tests/determinism.pins node/engine/types/engine.id
