#!/usr/bin/env bash
# What reading and writing an item of the state costs, in a database as the node's with a million
# items, to compare with the runtime's DbWeight (8 and 50 µs). Run it on an otherwise idle machine.
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$OPG_ROOT"

# The whole workspace, because a part of it would be compiled with other dependency features.
cargo build --release --locked --workspace --examples
exec "$CARGO_TARGET_DIR/release/examples/storage"
