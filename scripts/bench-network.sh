#!/usr/bin/env bash
# End-to-end load: starts a development chain with its three executors on free ports, drives requests
# to the digit model from one client at a rising rate, holds nine tenths of what is sustained, then
# asks for too much, and stops the chain. Prints the rate, the latency, and the CPU per attested answer
# by part, next to three plain runs of the engine per request. Needs what is built, Node 20 with npm,
# Linux, and a machine that does nothing else. Takes five minutes more than the load. Ends with RESULT
# lines; fails where a seat is missed, an operator is fined, or an answer is wrong.
#
#   --seconds N    length of the load (default 600)
#   --quick        150 seconds, in shorter and steeper steps
#   --from RATE    requests per second at first (default 2)
#   --batch N      requests in a transaction (default 1)
#   --stake OPG    added to each executor, for more slots: there is one for each 125 OPG of stake
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
# shellcheck source=scripts/client/env.sh
source "$OPG_ROOT/scripts/client/env.sh"
cd "$OPG_ROOT"

case " $* " in *" -h "* | *" --help "*) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0" && exit ;; esac
[ -r /proc/self/stat ] || die "this bench reads CPU times from /proc, which only Linux has"
client_ready "$OPG_NODE" "$OPG_CLI" "$OPG_ENGINE"
exec node scripts/bench-network/main.mjs "$@"
