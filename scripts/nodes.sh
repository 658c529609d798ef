# Sourced by scripts that start nodes: ports, calls, waiting, and the end of all nodes.
# shellcheck shell=bash

# Processes of the nodes.
PIDS=()
# Seconds between two tries of `retry`.
RETRY_PAUSE=1

# stop_nodes: end all of $PIDS, in order if they do so within ten seconds.
stop_nodes() {
	local pid
	for pid in "${PIDS[@]}"; do kill "$pid" 2>/dev/null || true; done
	local deadline=$((SECONDS + 10))
	for pid in "${PIDS[@]}"; do
		while kill -0 "$pid" 2>/dev/null && [ "$SECONDS" -lt "$deadline" ]; do sleep 0.2; done
		kill -9 "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
}

# nodes_of NAME: set DIR to a new folder for what nodes write. The end of the script, which this names, ends
# the nodes too. Where the script fails, the folder stays and the last lines of its logs are shown.
nodes_of() {
	SCRIPT_NAME="$1"
	DIR="$(mktemp -d "${TMPDIR:-/tmp}/opg-$1.XXXXXX")"
	trap finish_nodes EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
}

finish_nodes() {
	local status=$?
	trap - EXIT INT TERM
	stop_nodes
	if [ "$status" -eq 0 ]; then
		rm -rf "$DIR"
	else
		tail -n 25 "$DIR"/*.log >&2 || true
		printf '\n%s: FAILED (status %s); logs are in %s\n' "$SCRIPT_NAME" "$status" "$DIR" >&2
	fi
	phase_report
	exit "$status"
}

port_is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Below those that the system gives to connections.
NEXT_PORT=$((20000 + RANDOM % 12000))
# free_port: set PORT to a port that nothing listens on, and never give it again.
free_port() {
	until port_is_free "$NEXT_PORT"; do NEXT_PORT=$((NEXT_PORT + 1)); done
	PORT=$NEXT_PORT
	NEXT_PORT=$((NEXT_PORT + 1))
}

# rpc PORT METHOD [PARAMETERS]: call a method of a node; parameters are a JSON array.
rpc() {
	curl -fsS --max-time 5 -H 'Content-Type: application/json' \
		-d "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"$2\",\"params\":${3:-[]}}" \
		"http://127.0.0.1:$1"
}

# retry SECONDS COMMAND...: repeat the command until it succeeds.
retry() {
	local deadline=$((SECONDS + $1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$deadline" ] || { say "in vain: $*" >&2 && exit 1; }
		sleep "$RETRY_PAUSE"
	done
}

# can_be_drawn PORT MODEL COUNT: tell whether so many executors can be drawn for this model; both below 10.
can_be_drawn() {
	rpc "$1" state_call "[\"OpgApi_eligible_executors\",\"0x0${2}000000\"]" |
		grep "\"result\":\"0x0${3}000000\"" >/dev/null
}

answers() { rpc "$1" system_health >/dev/null 2>&1; }

# peer_id PORT: the name of a node in the network.
peer_id() { rpc "$1" system_localPeerId | sed 's/.*"result":"\([^"]*\)".*/\1/'; }

# start_dev_node NAME OPTION...: start a node of a development chain in $DIR by the program $NODE, and wait
# for it; sets RPC_PORT and P2P_PORT.
start_dev_node() {
	local name="$1"
	shift
	free_port && P2P_PORT=$PORT
	free_port && RPC_PORT=$PORT
	# Network keys, of no value: a node with a key seed generates none by itself.
	local key
	key="$(printf '%064d' "${#PIDS[@]}1")"
	"$NODE" --chain dev --base-path "$DIR/$name" --no-mdns --no-telemetry --no-prometheus \
		--node-key "$key" --listen-addr "/ip4/127.0.0.1/tcp/$P2P_PORT" --rpc-port "$RPC_PORT" \
		"$@" >>"$DIR/$name.log" 2>&1 &
	PIDS+=($!)
	retry 120 answers "$RPC_PORT"
	say "$name: RPC ws://127.0.0.1:$RPC_PORT"
}

# need_programs: fail unless the programs $NODE and $OPG, and the engine's, are built.
need_programs() {
	local program
	for program in "$NODE" "$OPG" "$OPG_BIN/opg-engine"; do
		[ -x "$program" ] || die "$program is not there: build it first"
	done
}

# start_serving_nodes: three nodes of a development chain, by the programs $NODE and $OPG, which serve what is
# published; sets URL and that of another node, OTHER_URL, the chain's specification CHAIN, and the address
# of a peer, PEER.
start_serving_nodes() {
	local who
	need_programs
	phase "start three nodes"
	say "engine $("$OPG" engine id)"
	start_dev_node alice --alice --validator --force-authoring --serve all
	URL="ws://127.0.0.1:$RPC_PORT"
	rpc "$RPC_PORT" rpc_methods | grep opg_v1_submitAndWatch >/dev/null ||
		die "$NODE has no opg_v1_ methods: build it anew"
	PEER="/ip4/127.0.0.1/tcp/$P2P_PORT/p2p/$(peer_id "$RPC_PORT")"
	start_dev_node bob --bob --bootnodes "$PEER" --serve all
	OTHER_URL="ws://127.0.0.1:$RPC_PORT"
	start_dev_node charlie --charlie --bootnodes "$PEER" --serve all
	CHAIN="$DIR/chain.json"
	"$NODE" build-spec --chain dev --raw >"$CHAIN" 2>>"$DIR/build-spec.log"
	for who in Alice Bob Charlie; do
		OPG_SURI="//$who" "$OPG" stake allow-serving 8 --url "$URL"
	done
}

# page_environment: what somebody needs who follows a page, one NAME=VALUE a line: the node, and for a node of
# one's own the chain, a peer and free ports.
page_environment() {
	printf 'OPG_URL=%s\nCHAIN=%s\nPEER=%s\n' "$URL" "$CHAIN" "$PEER"
	local name
	for name in P2P_PORT RPC_PORT METRICS_PORT; do
		free_port
		printf '%s=%s\n' "$name" "$PORT"
	done
}

# run_page PAGE FOLDER: run the commands of a page of the documentation in a new folder, at the root of what
# looks like a checkout, and at the node $URL.
run_page() {
	local name environment
	mkdir -p "$2"
	for name in docs node scripts; do ln -s "$OPG_ROOT/$name" "$2/$name"; done
	mapfile -t environment < <(page_environment)
	env "${environment[@]}" PATH="$OPG_BIN:$PATH" python3 "$OPG_ROOT/scripts/docs/page.py" "$1" "$2"
}

# serve_page FOLDER: a built page by a file server that knows nothing of it; sets PAGE_URL.
serve_page() {
	free_port
	python3 -m http.server --bind 127.0.0.1 --directory "$1" "$PORT" \
		>"$DIR/http.log" 2>&1 &
	PIDS+=($!)
	PAGE_URL="http://127.0.0.1:$PORT/"
	retry 20 curl -fsS -o "$DIR/index.html" "$PAGE_URL"
}
