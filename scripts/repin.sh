#!/usr/bin/env bash
# Pin the answers of the determinism suite anew, after an intended change of the engine, and check
# that they hold everywhere. The change of node/engine/tests/determinism.pins belongs into the commit.
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$OPG_ROOT"

OPG_REPIN=1 cargo test --release --locked -p opg-engine --test determinism -- --exact pins_should_hold_on_this_cpu
cargo test --release --locked -p opg-engine --test determinism
git diff --stat -- node/engine/tests/determinism.pins
