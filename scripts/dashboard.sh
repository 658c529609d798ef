#!/usr/bin/env bash
# Builds the dashboard: the verifier of receipts as WebAssembly, the JavaScript client, and the page in
# node/clients/dashboard/dist, for any file server.
#
#   --output DIR   also copy the page there
#
# Needs opg-node of this tree (its runtime tells the types of the chain), Node 20.19 with npm, cargo with
# the target of scripts/setup.sh, and the network (npm, crates.io). Takes two minutes, and seconds once
# its parts are built.
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$OPG_ROOT"

PAGE=node/clients/dashboard
CLIENT=node/clients/js

output=""
while [ $# -gt 0 ]; do
	case "$1" in
		--output) output="${2:?--output needs a folder}" && shift ;;
		-h | --help) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0" && exit 0 ;;
		*) die "unknown option: $1. The only one is --output DIR" ;;
	esac
	shift
done
command -v npm >/dev/null || die "Node.js with npm is not installed (https://nodejs.org)"
node -e 'const [a, b] = process.versions.node.split("."); process.exit(a * 100 + +b < 2019 ? 1 : 0)' ||
	die "Node.js 20.19 is needed, this is $(node --version)"

[ -x "$OPG_BIN/opg-node" ] || die "$OPG_BIN/opg-node is not there: build the workspace first"

# install FOLDER: packages as its lock file says. None needs a script of its own to install.
install() (
	cd "$1"
	if ! cmp -s package-lock.json node_modules/installed; then
		npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
		cp package-lock.json node_modules/installed
	fi
)

scripts/receipt-wasm.sh --output "$PAGE/src/verifier.wasm"

phase "client"
install "$CLIENT"
(
	cd "$CLIENT"
	node scripts/descriptors.mjs --node "$OPG_BIN/opg-node"
	npm run --silent build
)

phase "page"
install "$PAGE"
(cd "$PAGE" && npm run --silent build)
[ -z "$output" ] || { mkdir -p "$output" && cp -r "$PAGE/dist/." "$output/"; }
phase_report
