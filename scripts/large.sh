#!/usr/bin/env bash
# Real models whose inputs or outputs are too long for the chain: a detector, one that reads a line, and
# an embedding with a vector for each token. They are published from one node, asked for through it, and
# answered by others. Each answer is compared with what the engine gives here, byte by byte, and with
# onnxruntime. Four nodes of a development chain: a validator, two executors with `--serve all`, and the
# author's, which takes and fetches for strangers only what the chain names.
#
#   scripts/large.sh
#
# `opg watch` computes all of them again meanwhile, with inputs that it gets from the author's node.
#
# Needs a build (scripts/demo.sh, or cargo build) and the models (scripts/reality.sh installs them).
# Takes about five minutes: what is served counts from the second session on, of a minute each. Ends with
# the lines
#   RESULT large_answers N             answers that came over the chain and are those of the engine here
#   RESULT large_input_seconds N       longest time from sending a request until its committee was drawn
#   RESULT large_answer_seconds N      longest time from sending a request until its answer was attested
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
# shellcheck source=scripts/nodes.sh
source "$OPG_ROOT/scripts/nodes.sh"
cd "$OPG_ROOT"

case "${1:-}" in -h | --help) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0" && exit 0 ;; esac
NODE="$OPG_BIN/opg-node"
OPG="$OPG_BIN/opg"
ENGINE="$OPG_BIN/opg-engine"
PYTHON="$HOME/.cache/opg-chain/reality-venv/bin/python"
for program in "$NODE" "$OPG" "$ENGINE"; do
	[ -x "$program" ] || die "$program is not there: build it first"
done
[ -x "$PYTHON" ] || die "the models are not installed: run scripts/reality.sh once"

nodes_of large

# opg ARGUMENT...: the client, at the author's node.
opg() { "$OPG" "$@" --url "$URL"; }

# request NAME: the number of the request about this model.
request() { sed -n 's/.*"request":\([0-9]*\).*/\1/p' "$DIR/$1.sent"; }

# status NAME: the name of the state that its request is in.
status() {
	opg request show "$(request "$1")" --json |
		"$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["status"]["name"])'
}

# watched: tell whether `opg watch` has computed all answers again, and found them right.
watched() { [ "$(grep -c '"event":"right"' "$DIR/watch.json")" = "${#NAMES[@]}" ]; }

# all_served MODEL...: tell whether both executors can be drawn for each of these numbers.
all_served() {
	local model
	for model in "$@"; do
		can_be_drawn "$AUTHOR" "$model" 2 || return 1
	done
}

# send NAME MODEL: ask the model, and hand its input to the node.
send() {
	opg request send "$2" --tensors "$DIR/$1.opgt" --tier optimistic --suri //One --json \
		>"$DIR/$1.sent" 2>>"$DIR/request.log"
}

# is_drawn NAME, is_attested NAME: tell how far its request is. One that has failed ends the script.
is_drawn() { is_past "$1" 'requested|uploading'; }
is_attested() { is_past "$1" 'requested|uploading|assigned|holding|disputed'; }
is_past() {
	local state
	state="$(status "$1")"
	[ "$state" != failed ] || { opg request show "$(request "$1")" && exit 1; }
	[[ ! "$state" =~ ^($2)$ ]]
}

is_settled() { [ "$(status "$1")" = settled ]; }

create_receipt() {
	opg receipt create "$(request "$1")" --output "$DIR/$1.receipt" >>"$DIR/request.log" 2>&1
}

phase "make the models and their inputs"
"$PYTHON" scripts/reality/large.py prepare "$ENGINE" "$DIR" | tee "$DIR/names"
mapfile -t NAMES <"$DIR/names"

phase "start four nodes"
start_dev_node validator --alice --validator --force-authoring
VALIDATOR=$RPC_PORT
peer="$(peer_id "$VALIDATOR")"
bootnode=(--bootnodes "/ip4/127.0.0.1/tcp/$P2P_PORT/p2p/$peer")
start_dev_node bob "${bootnode[@]}" --executor-key //Bob --serve all
start_dev_node charlie "${bootnode[@]}" --executor-key //Charlie --serve all
start_dev_node author "${bootnode[@]}" --rpc-methods safe
AUTHOR=$RPC_PORT
URL="ws://127.0.0.1:$AUTHOR"
for operator in //Bob //Charlie; do opg stake allow-serving 4 --suri "$operator"; done

phase "publish"
for name in "${NAMES[@]}"; do
	mapfile -t dims <"$DIR/$name.dims"
	opg model publish "$DIR/$name.onnx" --name "$name" "${dims[@]}" --suri //Dave
done
retry 300 all_served "${!NAMES[@]}"
mkdir "$DIR/models"
for name in "${NAMES[@]}"; do ln "$DIR/$name.onnx" "$DIR/models/"; done
opg watch --models "$DIR/models" --claims "$DIR/claims" --max-bond 20 --suri //Eve --json \
	>"$DIR/watch.json" 2>"$DIR/watch.log" &
PIDS+=($!)

phase "ask"
drawn=0
attested=0
for model in "${!NAMES[@]}"; do
	name="${NAMES[model]}"
	retry 90 send "$name" "$model"
	began=$SECONDS
	# Again, as after an upload that broke off.
	if [ "$(stat -c %s "$DIR/$name.opgt")" -gt 16384 ]; then
		opg request upload "$(request "$name")" --tensors "$DIR/$name.opgt"
	fi
	retry 90 is_drawn "$name"
	[ $((SECONDS - began)) -le "$drawn" ] || drawn=$((SECONDS - began))
	retry 180 is_attested "$name"
	[ $((SECONDS - began)) -le "$attested" ] || attested=$((SECONDS - began))
	opg request show "$(request "$name")"
done

phase "compare with the engine here, and with onnxruntime"
for name in "${NAMES[@]}"; do
	mapfile -t dims <"$DIR/$name.dims"
	opg request rerun "$(request "$name")" --model "$DIR/$name.onnx"
	opg request download "$(request "$name")" --input "$DIR/$name.came" --output "$DIR/$name.answer"
	cmp "$DIR/$name.opgt" "$DIR/$name.came"
	"$ENGINE" run "$DIR/$name.onnx" "${dims[@]}" "$DIR/$name.opgt" --output "$DIR/$name.here.opgt" \
		2>>"$DIR/engine.log"
	cmp "$DIR/$name.here.opgt" "$DIR/$name.answer"
	"$PYTHON" scripts/reality/large.py compare "$DIR" "$name" "$DIR/$name.answer"
done

retry 60 watched
if opg request upload "$(request detector)" --tensors "$DIR/ocr.opgt" 2>"$DIR/refused.txt"; then
	die "another file was taken for the input of a request"
fi
grep 'the hash 0x' "$DIR/refused.txt"

phase "prove one of them without a node"
name="${NAMES[0]}"
retry 300 is_settled "$name"
retry 60 create_receipt "$name"
genesis="$(rpc "$AUTHOR" chain_getBlockHash '[0]' | sed -n 's/.*"\(0x[0-9a-f]*\)".*/\1/p')"
verify=("$OPG" receipt verify "$DIR/$name.receipt" --genesis "$genesis" --model "$DIR/$name.onnx")
if "${verify[@]}" >"$DIR/verify.txt" 2>&1; then
	die "a receipt was verified without the input that it names"
fi
grep -e '--input' "$DIR/verify.txt" >/dev/null
"${verify[@]}" --input "$DIR/$name.opgt" --output "$DIR/$name.here.opgt" | tail -n 4

printf '\nRESULT large_answers %s\n' "${#NAMES[@]}"
printf 'RESULT large_input_seconds %s\n' "$drawn"
printf 'RESULT large_answer_seconds %s\n' "$attested"
