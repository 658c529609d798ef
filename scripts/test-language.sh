#!/usr/bin/env bash
# A language model that others made, asked by each client at a node that has neither its file nor its
# tokenizer: `opg complete`, the package for Python, and the unmodified package `openai` through the gateway.
# The node gets both from where they were published. All must give the same text. The dashboard shows it in
# Chromium, and verifies that the receipt proves it.
#
#   OPG_CHROMIUM=FILE   which browser (default: chromium of the PATH)
#
# Needs a build, what scripts/dashboard.sh needs, Debian's Chromium (apt install chromium), and 93 MB and the
# packages from PyPI; takes eight minutes.
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
# shellcheck source=scripts/nodes.sh
source "$OPG_ROOT/scripts/nodes.sh"
# shellcheck source=scripts/language.sh
source "$OPG_ROOT/scripts/language.sh"
cd "$OPG_ROOT"

case "${1:-}" in
	"") ;;
	-h | --help) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0" && exit 0 ;;
	*) die "unknown option: $1" ;;
esac

NODE="$OPG_BIN/opg-node"
OPG="$OPG_BIN/opg"
MODEL=//Dave/smollm2
QUESTION="What is a blockchain?"
TOKENS=24
CLIENTS="$HOME/.cache/opg-chain/gateway"
PAGE=node/clients/dashboard
CHROMIUM="${OPG_CHROMIUM:-$(command -v chromium || true)}"
[ -x "$CHROMIUM" ] || die "Chromium is not there: apt install chromium, or OPG_CHROMIUM=FILE"

scripts/dashboard.sh
nodes_of language
phase "SmolLM2"
import_smollm2 int4
[ -x "$CLIENTS/venv/bin/python" ] || python3 -m venv "$CLIENTS/venv"
"$CLIENTS/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps -r node/gateway/tests/clients/requirements.txt
start_serving_nodes
phase "publish SmolLM2"
"$OPG" model set-maxima --size 192 --suri //Alice --url "$URL"
"$OPG" model publish "$LANGUAGE_MODEL" --name smollm2 --tokenizer "$LANGUAGE_TOKENIZER" --suri //Dave --url "$URL"
retry 400 can_be_drawn "${URL##*:}" 0 3
tokenizer="$(b3sum --no-names "$LANGUAGE_TOKENIZER")"
tokenizer_is() {
	rpc "${OTHER_URL##*:}" blobs_v1_status "[\"0x$tokenizer\"]" | grep "\"state\":\"$1\"" >/dev/null
}
tokenizer_is missing || die "the other node has the tokenizer already"

phase "opg complete"
XDG_CACHE_HOME="$DIR/cache" "$OPG" complete "$QUESTION" --chat --model "$MODEL" --max-tokens "$TOKENS" \
	--tier quorum --max-fee 50 --suri //Eve --url "$OTHER_URL" >"$DIR/opg.txt"
tokenizer_is complete || die "the other node did not get the tokenizer"

phase "Python"
OPG_URL="$OTHER_URL" "$HOME/.cache/opg-chain/language/venv/bin/python" - "$MODEL" "$QUESTION" "$TOKENS" \
	>"$DIR/python.txt" <<'PYTHON'
import sys

import opg

model, question, tokens = sys.argv[1:]
messages = [{"role": "user", "content": question}]
with opg.Client(account=opg.Account.from_suri("//Ferdie")) as client:
    print(client.generate(model, messages=messages, max_tokens=int(tokens), max_fee="50").text)
PYTHON

phase "the gateway"
key="$("$OPG" gateway key test --keys "$DIR/keys.json" --per-day 40)"
free_port
gateway="http://127.0.0.1:$PORT"
"$OPG" gateway --listen "${gateway#http://}" --keys "$DIR/keys.json" --state "$DIR/gateway" --suri //One \
	--url "$OTHER_URL" >"$DIR/gateway.log" 2>&1 &
PIDS+=($!)
retry 60 curl -fsS "$gateway/v2/health/ready"
"$CLIENTS/venv/bin/python" - "$gateway/v1" "$key" "$MODEL" "$QUESTION" "$TOKENS" >"$DIR/gateway.txt" <<'PYTHON'
import sys

import openai

address, key, model, question, tokens = sys.argv[1:]
client = openai.OpenAI(base_url=address, api_key=key, timeout=600)
messages = [{"role": "user", "content": question}]
answer = client.chat.completions.create(model=model, messages=messages, max_tokens=int(tokens))
print(answer.choices[0].message.content)
PYTHON

cat "$DIR/opg.txt"
for client in python gateway; do
	diff <(sed '/^$/d' "$DIR/opg.txt") <(sed '/^$/d' "$DIR/$client.txt") || die "the text by $client is another"
done

phase "the dashboard in Chromium"
serve_page "$PAGE/dist"
GENESIS="$(rpc "${OTHER_URL##*:}" chain_getBlockHash '[0]' | sed 's/.*"result":"\([^"]*\)".*/\1/')"
export OPG_URL="$OTHER_URL" PAGE_URL CHROMIUM GENESIS
node "$PAGE/browser/language.mjs" 0 "$QUESTION" "$DIR/opg.txt" >"$DIR/page.txt"
printf '\nRESULT language_clients_agree 4\n'
