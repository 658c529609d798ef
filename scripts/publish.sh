#!/usr/bin/env bash
# A stranger publishes a model, and strangers' nodes answer for it. Four nodes of a development chain: a
# validator, two executors with `--serve all`, and the author's, which has no key. Nobody copies a file:
# the model reaches the author's node by `opg model publish`, and the others over the network.
#
#   scripts/publish.sh [MODEL.onnx]
#
# Needs a build (scripts/demo.sh, or cargo build). Takes about three minutes: what is served counts from
# the second session on, of a minute each. Ends with the lines
#   RESULT publish_seconds N           from `opg model publish` until all hold the file
#   RESULT publish_served_seconds N    until both executors have declared that they serve it
#   RESULT publish_attested 1          an answer was attested, and computing it again gives the same
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
# shellcheck source=scripts/nodes.sh
source "$OPG_ROOT/scripts/nodes.sh"
cd "$OPG_ROOT"

case "${1:-}" in -h | --help) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0" && exit 0 ;; esac
MODEL="${1:-docs/examples/digits/digits.onnx}"
NODE="$OPG_BIN/opg-node"
OPG="$OPG_BIN/opg"
for program in "$NODE" "$OPG"; do
	[ -x "$program" ] || die "$program is not there: build it first"
done
[ -f "$MODEL" ] || die "$MODEL is not there"

nodes_of publish

# holds PORT: tell whether the node holds the model's file.
holds() { rpc "$1" blobs_v1_status "[\"$HASH\"]" | grep '"complete"' >/dev/null; }

# serve: tell whether both executors have declared that they serve the model.
serve() {
	grep 'version 0: declared Serve' "$DIR/bob.log" >/dev/null &&
		grep 'version 0: declared Serve' "$DIR/charlie.log" >/dev/null
}

send_request() {
	"$OPG" request send 0 --tensors "$DIR/input.json" --tier optimistic --suri //One \
		--url "$URL" >>"$DIR/request.log" 2>&1
}

is_attested() {
	"$OPG" request show 0 --url "$URL" --json | grep -E '"name":"(attested|settled)"' >/dev/null
}

phase "start four nodes"
say "engine $("$OPG" engine id)"
start_dev_node validator --alice --validator --force-authoring
VALIDATOR=$RPC_PORT
peer="$(peer_id "$RPC_PORT")"
bootnode=(--bootnodes "/ip4/127.0.0.1/tcp/$P2P_PORT/p2p/$peer")
start_dev_node bob "${bootnode[@]}" --executor-key //Bob --serve all
BOB=$RPC_PORT
start_dev_node charlie "${bootnode[@]}" --executor-key //Charlie --serve all
CHARLIE=$RPC_PORT
# Of the author, for whom it takes what is registered only.
start_dev_node author "${bootnode[@]}" --rpc-methods safe
AUTHOR=$RPC_PORT
URL="ws://127.0.0.1:$AUTHOR"

phase "two operators allow their nodes to serve"
"$OPG" stake allow-serving 4 --suri //Bob --url "$URL"
"$OPG" stake allow-serving 4 --suri //Charlie --url "$URL"

phase "publish"
began=$SECONDS
"$OPG" model publish "$MODEL" --name digits --suri //Dave --url "$URL" | tee "$DIR/publish.txt"
HASH="$(sed -n 's/.*hash \(0x[0-9a-f]*\).*/\1/p' "$DIR/publish.txt" | head -n 1)"
for port in "$AUTHOR" "$VALIDATOR" "$BOB" "$CHARLIE"; do retry 90 holds "$port"; done
held=$((SECONDS - began))
retry 90 serve
served=$((SECONDS - began))
# Again: everything is there, and nothing is paid twice.
"$OPG" model publish "$MODEL" --name digits --suri //Dave --url "$URL" |
	grep 'is registered already' >/dev/null

phase "ask for an inference"
"$OPG" demo input --digit 7 --output "$DIR/input.json"
retry 200 can_be_drawn "$AUTHOR" 0 2
retry 60 send_request
retry 90 is_attested
"$OPG" request rerun 0 --model "$MODEL" --url "$URL"
printf '\nRESULT publish_seconds %s\n' "$held"
printf 'RESULT publish_served_seconds %s\n' "$served"
printf 'RESULT publish_attested 1\n'
