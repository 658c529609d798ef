#!/usr/bin/env bash
# Time of drawing a committee from 10, 100, 1,000 and 10,000 executors, natively, on this machine.
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$OPG_ROOT"

# The whole workspace, because a part of it would be compiled with other features of dependencies.
exec cargo bench --profile release --locked --workspace --bench draw
