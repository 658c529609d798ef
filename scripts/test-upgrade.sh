#!/usr/bin/env bash
# Holders upgrade a development chain of three nodes by a referendum, with scripts/upgrade.sh, while
# requests go on: those that are open in the block of the upgrade must be answered as the others. Takes
# seven minutes. Needs what is built, Node 20 with npm, and zstd. Ends with a RESULT line.
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
# shellcheck source=scripts/client/env.sh
source "$OPG_ROOT/scripts/client/env.sh"

client_ready "$OPG_NODE" "$OPG_CLI" "$OPG_ENGINE"
command -v zstd >/dev/null || die "zstd is not installed: the next runtime is made from that of the chain"
exec node "$OPG_ROOT/scripts/upgrade/test.mjs"
