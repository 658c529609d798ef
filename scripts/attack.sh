#!/usr/bin/env bash
# Attacks a development chain with a real client, and checks that none of them gains anything or
# costs an honest operator stake. Starts three nodes with six executors, on free ports, and stops
# them. Needs what is built, and Node 20 with npm. Takes some ten minutes. Ends with RESULT
# lines; fails where an attack does not end as expected.
#
#   scripts/attack.sh             all sequences
#   scripts/attack.sh NAME...     only these (`scripts/attack.sh list` has the names)
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
# shellcheck source=scripts/client/env.sh
source "$OPG_ROOT/scripts/client/env.sh"
cd "$OPG_ROOT"

client_ready "$OPG_NODE" "$OPG_CLI"
exec node scripts/attack/main.mjs "$@"
