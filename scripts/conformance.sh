#!/usr/bin/env bash
# ONNX's own tests of single operators, run through the engine. Fails if a test that is listed in
# node/engine/tests/conformance.txt no longer passes; `--update` writes the list and the table of
# reasons (docs/conformance.md) anew. Opt-in: needs Python with numpy and onnx, and PyPI once.
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$OPG_ROOT"

VERSION=1.19.1
SCRIPTS=node/engine/scripts
data="$HOME/.cache/opg-chain/onnx-$VERSION"
python="${OPG_PYTHON:-$HOME/.cache/opg-chain/venv/bin/python}"
[ -x "$python" ] ||
	die "no Python at $python: make a venv with $SCRIPTS/requirements.txt, or set OPG_PYTHON"

if [ ! -d "$data/onnx/backend/test/data/node" ]; then
	say "downloading the tests of onnx $VERSION"
	mkdir -p "$data"
	"$python" -m pip download --quiet --no-deps --dest "$data" "onnx==$VERSION"
	"$python" -m zipfile -e "$data"/onnx-*.whl "$data"
fi
# The whole workspace, because a part of it would be compiled with other dependency features.
cargo build --profile "$OPG_PROFILE" --locked --workspace --bin opg-engine
"$python" "$SCRIPTS/conformance.py" "$OPG_BIN/opg-engine" \
	"$data/onnx/backend/test/data/node" "$@"
