#!/usr/bin/env bash
# What drawing a committee costs with 10, 100, 1,000 and 10,000 executors, natively, on this machine.
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$OPG_ROOT"

# The whole workspace, because a part of it would be compiled with other dependency features.
cargo build --release --locked --workspace --example draw
exec "$CARGO_TARGET_DIR/release/examples/draw"
