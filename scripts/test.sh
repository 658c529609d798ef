#!/usr/bin/env bash
# Everything that must pass: format, dependencies, build, tests, the committed model, and the
# chain itself, end to end.
#
#   OPG_SKIP_DENY=1   leave out cargo-deny, which is compiled (some minutes) where it is missing
#   OPG_POLKADOT_JS=1 also delegate, earn and withdraw with polkadot.js (needs Node 20, eighteen minutes)
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$OPG_ROOT"

trap 'status=$?; phase_report; printf "\ntest.sh: %s\n" "$([ "$status" -eq 0 ] && echo ok || echo FAILED)"; exit "$status"' EXIT

phase "set-up"
bash scripts/setup.sh

phase "format"
cargo fmt --all --check

if [ "${OPG_SKIP_DENY:-0}" = 1 ]; then
	say "!!! OPG_SKIP_DENY=1: licences and sources of dependencies are NOT checked !!!"
else
	phase "licences and sources of dependencies"
	command -v cargo-deny >/dev/null || env -u CARGO_TARGET_DIR cargo install cargo-deny --locked
	cargo deny --locked check bans licenses sources
fi

phase "build (the first time takes half an hour on two cores)"
cargo build --release --locked --workspace

phase "clippy"
cargo clippy --release --locked --workspace --all-targets -- -D warnings

phase "tests"
cargo test --release --locked --workspace

phase "the committed model"
expected="$(cat scripts/models/digits.onnx.blake2b)"
if actual="$(b2sum -l 256 scripts/models/digits.onnx 2>/dev/null)"; then
	[ "${actual%% *}" = "$expected" ] || die "digits.onnx does not have the hash in digits.onnx.blake2b"
	say "hash: ok"
fi
for python in "${OPG_PYTHON:-}" "$HOME/.cache/opg-chain/venv/bin/python" python3; do
	if [ -n "$python" ] && "$python" -c 'import onnx, sklearn' 2>/dev/null; then
		"$python" scripts/models/train_digits.py --check
		python=found
		break
	fi
done
[ "$python" = found ] ||
	say "accuracy: not checked, no Python with the packages of scripts/models/requirements.txt"

phase "end to end: three nodes, two requests"
bash scripts/demo.sh --no-build --count 2

if [ "${OPG_POLKADOT_JS:-0}" = 1 ]; then
	phase "a token holder with polkadot.js"
	bash scripts/test-polkadot-js.sh
fi
phase_end
