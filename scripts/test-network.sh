#!/usr/bin/env bash
# Starts networks of real nodes on this machine and breaks them: kills nodes, fills disks, cuts the
# network. After each fault every request must end, every OPG be accounted for, finality go on, and
# nobody lose more than the capped fine. Needs what is built, Node 20 with npm, and for some faults
# root, zstd, libfaketime, or what zombienet/README.md names: without, it says which it leaves out. Three
# networks at a time; 31 minutes on two cores. Ends with a table and RESULT lines; fails where a fault
# does not end as expected. docs/faults.md says what each came to.
#
#   scripts/test-network.sh               all faults
#   scripts/test-network.sh NAME...       only these, or those of these lanes or networks (`list` has all)
#   scripts/test-network.sh start NAME    starts a network, and leaves it running until Ctrl-C
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
# shellcheck source=scripts/client/env.sh
source "$OPG_ROOT/scripts/client/env.sh"
cd "$OPG_ROOT"

case " $* " in *" -h "* | *" --help "*) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0" && exit ;; esac
client_ready "$OPG_NODE" "$OPG_CLI" "$OPG_ENGINE"
# Without it the peers that send garbage are left out.
(cd zombienet/peer && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) ||
	say "the packages of zombienet/peer cannot be installed"
exec node zombienet/main.mjs "$@"
