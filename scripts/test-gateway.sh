#!/usr/bin/env bash
# The gateway with clients of others, unmodified as they are on PyPI: tritonclient and openai. First at a
# chain in memory; then everything that docs/gateway.md says, and tests of the clients, at nodes of a
# development chain.
#
#   scripts/test-gateway.sh           all of it; needs a build and the network (PyPI)
#   scripts/test-gateway.sh --mock    no nodes
#
#   OPG_PYTHON=python3.11             which Python
#
# Takes about six minutes, and one with --mock.
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
# shellcheck source=scripts/nodes.sh
source "$OPG_ROOT/scripts/nodes.sh"
cd "$OPG_ROOT"

CRATE=node/gateway
TESTS=$CRATE/tests/clients
CACHE="$HOME/.cache/opg-chain/gateway"
PYTHON="${OPG_PYTHON:-python3}"
MODE=all
case "${1:-}" in
	"") ;;
	--mock) MODE=mock ;;
	-h | --help) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0" && exit 0 ;;
	*) die "unknown option: $1" ;;
esac

# The test folder's caches stay out of the checkout.
export PYTHONDONTWRITEBYTECODE=1 PIP_DISABLE_PIP_VERSION_CHECK=1
mkdir -p "$CACHE"

clients() {
	phase "clients"
	[ -x "$CACHE/venv/bin/python" ] || "$PYTHON" -m venv "$CACHE/venv"
	"$CACHE/venv/bin/pip" install --quiet --no-deps -r "$TESTS/requirements.txt"
	"$CACHE/venv/bin/pip" check
}

# tests ARGUMENT...: run tests of the clients.
tests() { "$CACHE/venv/bin/python" -m pytest -q -p no:cacheprovider --rootdir "$TESTS" "$@"; }

# The crate alone: it has none of a node's libraries, so this is quick.
mock() {
	phase "at a chain in memory"
	cargo build --quiet --locked --target-dir "$CARGO_TARGET_DIR/gateway" -p opg-gateway --example mock
	OPG_GATEWAY_MOCK="$CARGO_TARGET_DIR/gateway/debug/examples/mock" tests "$TESTS/test_mock.py"
}

clients
mock
phase_report
