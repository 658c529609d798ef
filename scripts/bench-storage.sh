#!/usr/bin/env bash
# Time of reading and of writing an item of the state, in a database configured as the node's with a
# million items, to compare with the runtime's DbWeight (8 and 50 µs). Run it on an otherwise idle
# machine.
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$OPG_ROOT"

# The whole workspace, because a part of it would be compiled with other dependency features.
cargo bench --profile release --locked --workspace --bench storage
