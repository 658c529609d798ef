#!/usr/bin/env bash
# Upgrades a running network whose presets have sudo, as `local_testnet` has, to another runtime. Waits
# until its migrations are over and blocks are finalized. Needs Node 20 with npm; without a file also zstd.
#
#   scripts/upgrade.sh [--url WS_URL] [--sudo SECRET] [--drain] [WASM]
#
# WASM: the runtime. Without one, the runtime of the chain with the next version.
# --url: a node, ws://127.0.0.1:9944 by default. --sudo: secret of the sudo account, //Alice by default.
# --drain: stops the intake of requests first, waits until the last is gone, and resumes afterwards. That
# takes an hour after the last request.
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
