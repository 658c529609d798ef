#!/usr/bin/env bash
# The JavaScript package: types of the chain, lints, unit tests, and then everything that
# docs/javascript.md says, test/live.mjs, and a page in a browser, at three nodes of a development chain
# that serve what is published.
#
#   scripts/test-js.sh            all of it; needs a build, Node 20 with npm, and the network (npm)
#   scripts/test-js.sh --unit     no nodes; the types are read out of the built opg-node
#   scripts/test-js.sh --nodes    starts the nodes, prints their address, and waits to be stopped
#
#   OPG_CHROMIUM=/usr/bin/chromium   which browser; without one the page is left out
#
# Takes a quarter of an hour. Ends with the lines
#   RESULT javascript_page_seconds N   from the first command of docs/javascript.md to its last
#   RESULT javascript_bundle_bytes N   what a web page loads of the package before it signs
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
# shellcheck source=scripts/nodes.sh
source "$OPG_ROOT/scripts/nodes.sh"
cd "$OPG_ROOT"

PACKAGE=node/clients/js
PAGE=docs/javascript.md
NODE="$OPG_BIN/opg-node"
OPG="$OPG_BIN/opg"
CACHE="$HOME/.cache/opg-chain/javascript"
CHROMIUM="${OPG_CHROMIUM:-/usr/bin/chromium}"
MODE=all
case "${1:-}" in
	"") ;;
	--unit) MODE=unit ;;
	--nodes) MODE=nodes ;;
	-h | --help) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0" && exit 0 ;;
	*) die "unknown option: $1" ;;
esac

export npm_config_audit=false npm_config_fund=false npm_config_update_notifier=false
export npm_config_loglevel=error

need_node() {
	command -v npm >/dev/null || die "Node 20 with npm is missing"
	local version
	version="$(node -p 'process.versions.node.split(".")[0]')"
	[ "$version" -ge 20 ] || die "Node $version is too old: the package needs 20"
}

unit() (
	phase "package"
	cd "$PACKAGE"
	if ! cmp -s package-lock.json node_modules/installed; then
		npm ci --ignore-scripts
		cp package-lock.json node_modules/installed
	fi
	npm run --silent descriptors -- --node "$NODE"
	rm -rf dist
	npm run --silent build

	phase "lints and format"
	npm run --silent lint

	phase "unit tests"
	local wasm="$CARGO_TARGET_DIR/wasm32-unknown-unknown/release/opg_receipt_wasm.wasm"
	if [ -f "$wasm" ]; then
		export OPG_RECEIPT_WASM="$wasm"
	else
		say "receipts: not checked, scripts/receipt-wasm.sh was not run"
	fi
	npm test --silent
	phase_end
)

# page: run what the page says, as somebody who follows it.
page() {
	phase "the page"
	local began=$SECONDS folder="$CACHE/page"
	rm -rf "$folder"
	mkdir -p "$folder"
	node "$PACKAGE/scripts/page.mjs" "$PAGE" "$folder"
	(
		cd "$folder"
		export OPG_CHAIN="$OPG_ROOT" OPG_URL="$URL"
		bash commands.sh
		node page.mjs
	)
	PAGE_SECONDS=$((SECONDS - began))
}

# types: what the README says compiles, by both ways in which TypeScript finds modules.
types() {
	phase "types of the package"
	local folder="$CACHE/page" way tsc="$OPG_ROOT/$PACKAGE/node_modules/.bin/tsc"
	sed -n '/^```ts$/,/^```$/{/^```/!p}' "$PACKAGE/README.md" >"$folder/readme.mts"
	cp "$PACKAGE/test/types.ts" "$folder/types.mts"
	for way in nodenext esnext; do
		local resolution=nodenext
		[ "$way" = nodenext ] || resolution=bundler
		(cd "$folder" && "$tsc" --noEmit --strict --target es2022 --lib es2022,dom,dom.asynciterable \
			--module "$way" --moduleResolution "$resolution" readme.mts types.mts)
	done
}

case "$MODE" in
	unit)
		need_node
		[ -x "$NODE" ] || die "$NODE is not there: build it first"
		unit
		;;
	nodes)
		need_programs
		nodes_of javascript
		start_serving_nodes
		printf '\nexport OPG_URL=%s\nexport OPG_BIN=%s\n\n' "$URL" "$OPG_BIN"
		say "Ctrl-C stops the nodes"
		wait
		;;
	all)
		need_node
		need_programs
		unit
		nodes_of javascript
		start_serving_nodes
		page
		types
		phase "tests at the nodes"
		OPG_URL="$URL" OPG_RECEIPT_WASM="$CACHE/page/receipt.wasm" node --test "$PACKAGE/test/live.mjs"
		phase "a page in a browser"
		if [ -x "$CHROMIUM" ]; then
			OPG_CHROMIUM="$CHROMIUM" node "$PACKAGE/test/browser.mjs" \
				"$URL" //Dave/digits "$CACHE/page/receipt.wasm"
		else
			say "left out: $CHROMIUM is not there"
		fi
		phase_end
		printf '\nRESULT javascript_page_seconds %s\n' "$PAGE_SECONDS"
		;;
esac
