#!/usr/bin/env bash
# The pages for each role, command by command, as somebody who follows them: at three nodes of a development
# chain that serve what is published. Fails where a command fails, or prints something else than the page
# shows. `scripts/docs/page.py --help` says what of a page is run. docs/python.md is run by
# scripts/test-python.sh, in the same way.
#
#   scripts/test-docs.sh              all pages; needs a build, the example `ask` too, and the network (PyPI)
#   scripts/test-docs.sh NAME...      these: requester dapp model-author executor holder validator
#   scripts/test-docs.sh --list       prints every command that would be run
#   scripts/test-docs.sh --nodes      starts the nodes, prints what to set to follow a page, and waits to be
#                                     stopped
#
#   OPG_DOCS="torch"                  also what needs PyTorch, which takes 6 GB from PyPI
#   OPG_PYTHON=python3.11             which Python
#
# Takes about twenty minutes. Ends with the lines
#   RESULT docs_NAME_seconds N        of each page
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
# shellcheck source=scripts/nodes.sh
source "$OPG_ROOT/scripts/nodes.sh"
cd "$OPG_ROOT"

# The last one leaves the chain without finality: its validator goes.
PAGES=(requester dapp model-author executor holder validator)
NODE="$OPG_BIN/opg-node"
OPG="$OPG_BIN/opg"

case "${1:-}" in
	-h | --help) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0" && exit 0 ;;
	--list) printf "docs/%s.md\n" "${PAGES[@]}" | xargs python3 scripts/docs/page.py --list && exit ;;
esac
NODES_ONLY=0
[ "${1:-}" != --nodes ] || { NODES_ONLY=1 && shift; }
for name in "$@"; do
	[[ " ${PAGES[*]} " == *" $name "* ]] || die "there is no page $name: ${PAGES[*]}"
done
[ $# -eq 0 ] || PAGES=("$@")

if [ "$NODES_ONLY" = 0 ]; then
	# The page for dApp developers runs it.
	ask="$OPG_BIN/examples/ask"
	[[ " ${PAGES[*]} " != *" dapp "* ]] || [ -x "$ask" ] ||
		die "$ask is not there: cargo build --profile $OPG_PROFILE --workspace --example ask"
	phase "the runner of pages"
	python3 -m unittest scripts/docs/test_page.py
fi

nodes_of docs
start_serving_nodes
# What the pages ask: it counts from the second session on, while the first pages are run.
OPG_SURI=//Dave "$OPG" model publish docs/examples/digits/digits.onnx --name digits --royalty 0.01 --url "$URL"

if [ "$NODES_ONLY" = 1 ]; then
	printf '\nexport PATH=%s:$PATH\n' "$OPG_BIN"
	page_environment | sed 's/^/export /'
	printf '\n'
	say "Ctrl-C stops the nodes"
	wait
fi

results=()
for name in "${PAGES[@]}"; do
	phase "docs/$name.md"
	began=$SECONDS
	run_page "docs/$name.md" "$DIR/$name" 2>&1 | tee "$DIR/$name.out"
	results+=("RESULT docs_${name//-/_}_seconds $((SECONDS - began))")
done
phase_end
printf '\n'
printf '%s\n' "${results[@]}"
