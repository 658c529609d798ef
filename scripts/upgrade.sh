#!/usr/bin/env bash
# Upgrades a running network to another runtime, by a referendum: holders vote with what they own and what
# they have staked, and one of them sends the code. On a network from a preset it takes some three minutes.
# Waits until migrations are over and blocks are finalized. Needs Node 20 with npm; without a file also zstd.
#
#   scripts/upgrade.sh [--url WS_URL] [--voter SECRET]... [--conviction N] [--drain] [WASM]
#   scripts/upgrade.sh [--url WS_URL] --sudo SECRET [--drain] [WASM]
#
# WASM: the runtime. Without one, the runtime of the chain with the next version.
# --url: a node, ws://127.0.0.1:9944 by default.
# --voter: secret of a holder. The first one proposes, places the deposit of 10,000 OPG and sends the code.
# By default the holders of the presets, the first of whom is //Bob.
# --conviction: from 0 to 6, 1 by default. The votes lock OPG for a time.
# --sudo: secret of the sudo account, as //Alice, which does it without a referendum.
# --drain: stops the intake of requests first, waits until the last is gone, and resumes afterwards. That
# takes an hour after the last request, and by referendum two more of them.
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
# shellcheck source=scripts/client/env.sh
source "$OPG_ROOT/scripts/client/env.sh"

case "${1:-}" in
	-h | --help)
		sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
		exit
		;;
esac
client_ready
exec node "$OPG_ROOT/scripts/upgrade/main.mjs" "$@"
