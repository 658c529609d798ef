#!/usr/bin/env bash
# The dashboard: types, unit tests, and then the page in Chromium, served by a file server under its
# content security policy, at three nodes of a development chain: a request on its way from open to
# settled, its receipt verified in the page and a changed one refused, a picture, a delegation, and a
# node that goes away. The text of a language model's request is shown at a node that is made up.
#
#   scripts/test-dashboard.sh            all of it
#   scripts/test-dashboard.sh --unit     no browser and no nodes
#   scripts/test-dashboard.sh --nodes    starts the nodes and the page, prints their addresses, and
#                                        waits to be stopped
#
#   OPG_CHROMIUM=FILE        which browser (default: chromium of the PATH)
#   OPG_SCREENSHOTS=FOLDER   keep pictures of the views there
#
# Needs a build of the workspace, Node 20.19 with npm, cargo with the target of scripts/setup.sh,
# Debian's Chromium (apt install chromium), and the network (npm, crates.io). Takes about eight
# minutes. Ends with RESULT lines.
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
# shellcheck source=scripts/nodes.sh
source "$OPG_ROOT/scripts/nodes.sh"
cd "$OPG_ROOT"

PAGE=node/clients/dashboard
NODE="$OPG_BIN/opg-node"
OPG="$OPG_BIN/opg"
CHROMIUM="${OPG_CHROMIUM:-$(command -v chromium || true)}"
DIGITS=docs/examples/digits/digits.onnx
# Stake and serving count from the second session on, of a minute each.
SERVING_SECONDS=300
MODE=all
case "${1:-}" in
	"") ;;
	--unit) MODE=unit ;;
	--nodes) MODE=nodes ;;
	-h | --help) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0" && exit 0 ;;
	*) die "unknown option: $1" ;;
esac

missing() {
	need_programs
	[ "$MODE" != all ] || [ -x "$CHROMIUM" ] ||
		die "Chromium is not there: apt install chromium, or OPG_CHROMIUM=FILE"
}

unit() {
	phase "types and unit tests"
	(cd "$PAGE" && npm run --silent check && npm run --silent test)
}

# start_nodes: three nodes that serve what is published, and three models; sets URL and OTHER_URL.
start_nodes() {
	start_serving_nodes

	phase "publish three models"
	# The chain carries the input of the first; that of the second lies outside of it.
	node "$PAGE/browser/picture.mjs" 32 "$DIR/colours.onnx" "$DIR/colours.png"
	node "$PAGE/browser/picture.mjs" 96 "$DIR/photos.onnx" "$DIR/photos.png"
	export OPG_SURI=//Dave
	"$OPG" model publish "$DIGITS" --name digits --royalty 0.01 --url "$URL"
	"$OPG" model publish "$DIR/colours.onnx" --name colours --url "$URL"
	"$OPG" model publish "$DIR/photos.onnx" --name photos --url "$URL"
	say "waiting until executors serve them"
	export OPG_SURI=//Eve
	"$OPG" demo input --digit 7 --output "$DIR/seven.json"
	RETRY_PAUSE=3 retry "$SERVING_SECONDS" send_picture colours
	RETRY_PAUSE=3 retry "$SERVING_SECONDS" send_picture photos
}

send_picture() {
	"$OPG" request send "//Dave/$1" --tensors picture="$DIR/$1.png" --scale 0.00392157 \
		--url "$URL" >>"$DIR/serving.log" 2>&1
}

missing
scripts/dashboard.sh
[ "$MODE" = nodes ] || unit
case "$MODE" in
	unit) phase_report ;;
	nodes)
		nodes_of dashboard
		start_nodes
		serve_page "$PAGE/dist"
		printf '\n%s?node=%s\n\n' "$PAGE_URL" "$URL"
		say "Ctrl-C stops the nodes and the page"
		wait
		;;
	all)
		nodes_of dashboard
		start_nodes
		serve_page "$PAGE/dist"
		export OPG_URL="$URL" OPG_OTHER_URL="$OTHER_URL" OPG_BIN DIR PAGE_URL CHROMIUM
		phase "text in Chromium"
		node "$PAGE/browser/text.mjs"
		phase "the page in Chromium"
		node "$PAGE/browser/test.mjs"
		phase_end
		find "$PAGE/dist" -type f -printf '%s\n' | awk '{ sum += $1 } END { print "RESULT dashboard_bytes " sum }'
		;;
esac
