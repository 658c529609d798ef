#!/usr/bin/env bash
# Tools of others, unmodified, against a development chain of three nodes whose blocks hold answers, a
# challenge and votes of the court: each decodes every block, reads, sends a request and sees its answer.
# `docs/tools.md` has what came of it.
#
#   scripts/tools.sh                  all tools
#   scripts/tools.sh NAME...          these: polkadot_js, papi, dedot, subsquid, subquery, sidecar,
#                                     async_substrate_interface
#   scripts/tools.sh metadata_hash    a transaction as hardware wallets sign it, for a runtime that was
#                                     built with RUNTIME_METADATA_HASH (docs/tools.md)
#   scripts/tools.sh apps             polkadot.js Apps in Chromium (apt install chromium). No registry has
#                                     Apps: OPG_APPS names a folder with it, built
#   scripts/tools.sh governance       the same Apps: a holder whose OPG is staked proposes, votes and sees an
#                                     engine and a parameter enacted. Takes about twelve minutes
#
#   OPG_RUNTIME_WASM=FILE     runtime of the chain; default: that of the node
#   OPG_APPS=FOLDER           `index.html` of Apps and what that loads
#   OPG_CHROMIUM=FILE         which browser (default: chromium of the PATH)
#   OPG_SCREENSHOTS=FOLDER    keep pictures of Apps there
#
# Needs a build (scripts/demo.sh, or cargo build), Node 20 with npm, Python 3.11, and for SubQuery
# PostgreSQL (apt install postgresql). Installs the tools into ~/.cache/opg-chain/tools, as their lock
# files say. Takes about ten minutes. Ends with a RESULT line for each tool.
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
# shellcheck source=scripts/client/env.sh
source "$OPG_ROOT/scripts/client/env.sh"

case "${1:-}" in -h | --help) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0" && exit 0 ;; esac
NAMES=("$@")

CACHE="$HOME/.cache/opg-chain/tools"
export TOOLS_RUNTIME="${OPG_RUNTIME_WASM:-}"
export TOOLS_JS="$CACHE/js" TOOLS_SIDECAR="$CACHE/sidecar" TOOLS_PYTHON="$CACHE/python"
export TOOLS_SUBQUERY="$CACHE/subquery" TOOLS_BROWSER="$CACHE/apps"

# names NAME: whether the command line has this tool.
names() { [[ " ${NAMES[*]} " == *" $1 "* ]]; }
# wants NAME: whether this tool is to run.
wants() { [ "${#NAMES[@]}" -eq 0 ] || names "$1"; }

# find_postgres: set TOOLS_POSTGRES to the folder of the newest PostgreSQL's programs, which Debian does not
# put on the PATH.
find_postgres() {
	local program
	program="$(command -v initdb || find /usr/lib/postgresql -path '*/bin/initdb' 2>/dev/null | sort -V | tail -n 1 || true)"
	[ -n "$program" ] || die "SubQuery needs PostgreSQL: apt install postgresql"
	TOOLS_POSTGRES="$(dirname "$(readlink -f "$program")")"
	export TOOLS_POSTGRES
}

# in_apps: whether the command line has a tool that is polkadot.js Apps.
in_apps() { names apps || names governance; }

# find_apps: set TOOLS_APPS to the folder of Apps, and CHROMIUM.
find_apps() {
	[ -f "${OPG_APPS:-}/index.html" ] || die "apps and governance need OPG_APPS=FOLDER, which has the index.html of polkadot.js Apps"
	TOOLS_APPS="$(readlink -f "$OPG_APPS")"
	CHROMIUM="${OPG_CHROMIUM:-$(command -v chromium || true)}"
	[ -x "$CHROMIUM" ] || die "Chromium is not there: apt install chromium, or OPG_CHROMIUM=FILE"
	export TOOLS_APPS CHROMIUM
}

# install_js FOLDER: its scripts and its packages. No package needs a script of its own to install.
install_js() {
	mkdir -p "$CACHE/$1"
	cp "$OPG_ROOT/scripts/tools/$1"/* "$CACHE/$1/"
	cp "$OPG_ROOT/scripts/tools/js/expected.mjs" "$CACHE/$1/"
	(cd "$CACHE/$1" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
}

install_python() {
	mkdir -p "$TOOLS_PYTHON"
	cp "$OPG_ROOT/scripts/tools/python"/* "$TOOLS_PYTHON/"
	[ -x "$TOOLS_PYTHON/venv/bin/python" ] || python3 -m venv "$TOOLS_PYTHON/venv"
	"$TOOLS_PYTHON/venv/bin/pip" install --quiet --require-hashes -r "$TOOLS_PYTHON/requirements.txt"
}

if wants subquery; then find_postgres; fi
if in_apps; then find_apps; fi
client_ready "$OPG_NODE" "$OPG_CLI"
node "$OPG_ROOT/scripts/tools/snippets.mjs"
install_js js
install_js sidecar
if wants subquery; then install_js subquery; fi
if in_apps; then install_js apps; fi
install_python
exec node "$OPG_ROOT/scripts/tools/main.mjs" "$@"
