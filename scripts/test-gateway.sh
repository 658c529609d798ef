#!/usr/bin/env bash
# The gateway with clients of others, unmodified as they are on PyPI: tritonclient and openai. First at a
# chain in memory; then everything that docs/gateway.md says, and tests of the clients, at nodes of a
# development chain.
#
#   scripts/test-gateway.sh           all of it; needs a build and the network (PyPI)
#   scripts/test-gateway.sh --mock    no nodes
#   scripts/test-gateway.sh --nodes   starts the nodes, prints what to set, and waits to be stopped
#
#   OPG_PYTHON=python3.11             which Python
#
# Takes about ten minutes, and one or two with --mock.
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
# shellcheck source=scripts/nodes.sh
source "$OPG_ROOT/scripts/nodes.sh"
cd "$OPG_ROOT"

TESTS=node/gateway/tests/clients
PAGE=docs/gateway.md
DIGITS=docs/examples/digits/digits.onnx
NODE="$OPG_BIN/opg-node"
OPG="$OPG_BIN/opg"
CACHE="$HOME/.cache/opg-chain/gateway"
PYTHON="${OPG_PYTHON:-python3}"
MODE=all
case "${1:-}" in
	"") ;;
	--mock) MODE=mock ;;
	--nodes) MODE=nodes ;;
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

# start_nodes: three nodes that serve what is published, and three models of //Dave; sets OPG_URL and GENESIS.
start_nodes() {
	start_serving_nodes
	local port="${URL##*:}"
	export OPG_URL="$URL"
	GENESIS="$(rpc "$port" chain_getBlockHash '[0]' | sed 's/.*"result":"\([^"]*\)".*/\1/')"
	export GENESIS

	phase "publish three models"
	"$CACHE/venv/bin/python" "$TESTS/words.py" "$DIR/tokens.onnx"
	"$OPG_BIN/opg-engine" fix "$DIR/tokens.onnx" --pool hidden=attention_mask --output "$DIR/words.onnx"
	"$OPG" model publish "$DIGITS" --name digits --suri //Dave
	"$OPG" model publish "$DIR/words.onnx" --name words --suri //Dave
	"$CACHE/venv/bin/python" "$TESTS/story.py" "$DIR/story.onnx" "$DIR/story.json"
	"$OPG" model publish "$DIR/story.onnx" --name story --tokenizer "$DIR/story.json" --suri //Dave
	# What an executor declares counts from the session after the next one on.
	retry 300 takes_requests "$port" 0
	retry 300 takes_requests "$port" 1
	retry 300 takes_requests "$port" 2
}

# takes_requests PORT MODEL: whether a request of three executors would be taken now.
takes_requests() {
	local answer
	answer="$(rpc "$1" opg_v1_estimate "[$2]")" || return 1
	case "$answer" in *'"takesRequests":true'*) ;; *) return 1 ;; esac
	case "$answer" in *'"congested":false'*) ;; *) return 1 ;; esac
	can_be_drawn "$1" "$2" 3
}

# page_script: the commands of the page, and its Python, in their order.
page_script() {
	say 'set -euo pipefail'
	# However it ends, the gateway ends too.
	say "trap 'kill \$(jobs -p) 2>/dev/null || true' EXIT"
	awk '
		/^```$/ { if (kind == "python") print "PYTHON"; kind = ""; next }
		/^```python$/ { kind = "python"; print "venv/bin/python - <<'"'PYTHON'"'"; next }
		/^```bash$/ { kind = "bash"; next }
		/^```/ { kind = "other"; next }
		kind == "python" || kind == "bash" { print }
	' "$PAGE"
}

# page: run what the page says, as somebody who follows it.
page() {
	phase "the page"
	local folder="$DIR/page"
	mkdir -p "$folder"
	cp "$DIGITS" "$folder/digits.onnx"
	free_port
	page_script | sed "s/127\.0\.0\.1:8080/127.0.0.1:$PORT/g; s/opg gateway --keys/opg gateway --listen 127.0.0.1:$PORT --keys/" >"$folder/page.sh"
	(
		cd "$folder"
		PATH="$OPG_BIN:$PATH" XDG_DATA_HOME="$folder/data" \
			PIP_CONSTRAINT="$OPG_ROOT/$TESTS/requirements.txt" bash page.sh
	)
}

case "$MODE" in
	mock)
		clients
		mock
		phase_report
		;;
	nodes)
		nodes_of gateway
		clients
		start_nodes
		printf '\nexport OPG_URL=%s\nexport GENESIS=%s\ncp %s .\n\n' "$OPG_URL" "$GENESIS" "$OPG_ROOT/$DIGITS"
		say "Ctrl-C stops the nodes"
		wait
		;;
	all)
		nodes_of gateway
		clients
		mock
		start_nodes
		page
		phase "tests at the nodes"
		OPG_DIGITS="$OPG_ROOT/$DIGITS" XDG_DATA_HOME="$DIR/data" tests -v "$TESTS/test_live.py"
		;;
esac
