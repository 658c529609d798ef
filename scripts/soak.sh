#!/usr/bin/env bash
# A long run: a development chain of three nodes under 60 % of the load that `bench-network.sh`
# sustains, requests of one and of three executors in turns. Measures the memory of each node in the
# first and in the last 25 minutes of the hour after the warm-up, what the disks take, and the slots
# that are missed. Needs what is built, Node 20 with npm, Linux, and a machine that does nothing else. Takes
# 135 minutes, and eight more where the rate is not given. Ends with RESULT lines; fails where a node's
# memory grows by more than 5 %, a slot or a seat is missed, an operator is fined, or a request is not
# answered.
#
#   --minutes N    length of the load after the warm-up (default 60)
#   --warm-up N    minutes of load before (default 70: until the chain removes as many requests as it takes)
#   --rate RATE    requests per second, instead of 60 % of what `bench-network.sh --quick` sustains
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
# shellcheck source=scripts/client/env.sh
source "$OPG_ROOT/scripts/client/env.sh"
cd "$OPG_ROOT"

case " $* " in *" -h "* | *" --help "*) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0" && exit ;; esac
[ -r /proc/self/stat ] || die "this test reads memory from /proc, which only Linux has"
client_ready "$OPG_NODE" "$OPG_CLI" "$OPG_ENGINE"
if [[ " $* " != *" --rate"* ]]; then
	# It fails where a seat was missed at twice the load, which is nothing here.
	found="$(node scripts/bench-network/main.mjs --quick | tee /dev/stderr || true)"
	rate="$(awk '/^RESULT e2e_attested_per_second / { print $3 * 0.6 }' <<<"$found")"
	[ -n "$rate" ] || die "bench-network.sh --quick gave no rate: give one with --rate"
	set -- "$@" --rate "$rate"
fi
exec node scripts/soak/main.mjs "$@"
