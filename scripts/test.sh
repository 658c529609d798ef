#!/usr/bin/env bash
# Everything that must pass: format, dependencies, build, lints, documentation, tests, one engine id
# from different environments, and the chain itself, end to end. Installs nothing: scripts/setup.sh
# --tests does. Goes on after a failed phase, and fails at the end.
#
#   scripts/test.sh             all phases
#   scripts/test.sh NAME...     only these, in the order below; `list` names them
#
#   OPG_REFERENDUM=1    also upgrade a network by referendum (7 minutes)
#   OPG_POLKADOT_JS=1   also delegate, earn and withdraw with polkadot.js (needs Node 20, 18 minutes)
set -uo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$OPG_ROOT" || exit 1

CARGO_FLAGS=(--profile "$OPG_PROFILE" --locked --workspace)
# Code of features that the node is built without. One set for lints and documentation, so that the
# dependencies are checked once.
FEATURES=(--features opg-runtime/runtime-benchmarks,opg-runtime/try-runtime)
DIGITS=docs/examples/digits

require() {
	local tool
	for tool in "$@"; do
		command -v "$tool" >/dev/null || die "$tool is missing: run scripts/setup.sh --tests"
	done
}

format() { cargo fmt --all --check; }

dependencies() {
	cargo deny --locked check bans licenses sources || return
	cargo machete || return
	# The advisories are a git repository, which not every network reaches.
	if timeout 120 cargo deny --locked fetch db >/dev/null 2>&1; then
		cargo deny --locked check advisories
	else
		say "!!! advisories: NOT checked, their database cannot be fetched here !!!"
	fi
}

build() { cargo build "${CARGO_FLAGS[@]}"; }

lints() {
	SKIP_WASM_BUILD=1 cargo clippy "${CARGO_FLAGS[@]}" --all-targets "${FEATURES[@]}" -- -D warnings || return
	# Outside of the workspace: what is compiled for another processor, with a fuzzer, or beside
	# what the node does not depend on.
	local manifest
	for manifest in $(git ls-files 'node/*Cargo.toml' 'runtime/*Cargo.toml' 'docs/*Cargo.toml'); do
		grep -q '^\[workspace\]' "$manifest" || continue
		say "checking $manifest"
		cargo check --quiet --locked --all-targets --manifest-path "$manifest" \
			--target-dir "$CARGO_TARGET_DIR/outside" || return
	done
}

# Private items are documented too, so links to them resolve.
documentation() {
	SKIP_WASM_BUILD=1 RUSTDOCFLAGS="-D warnings -A rustdoc::private_intra_doc_links" \
		cargo doc "${CARGO_FLAGS[@]}" "${FEATURES[@]}" --no-deps --document-private-items
}

tests() { cargo test "${CARGO_FLAGS[@]}" --no-fail-fast; }

# The snapshots of releases once more, with the checks before and after migrations, and those of all
# pallets. For the feature the runtime and the pallets are compiled once more, for this machine only:
# nothing of the node, nothing for WASM. It needs Rust and a C compiler.
upgrade() {
	SKIP_WASM_BUILD=1 cargo test "${CARGO_FLAGS[@]}" --features opg-runtime/try-runtime --test snapshots
}

vectors() {
	local script
	for script in $(git ls-files '*/vectors/check.py'); do
		python3 "$script" || return
	done
}

# The model of the examples, and its accuracy where a Python with the packages for it is at hand.
model() {
	local python
	(cd "$DIGITS" && b3sum --check --quiet digits.onnx.b3) || return
	for python in "${OPG_PYTHON:-}" "$HOME/.cache/opg-chain/venv/bin/python" python3; do
		if [ -n "$python" ] && "$python" -c 'import onnx, sklearn' 2>/dev/null; then
			"$python" "$DIGITS/train.py" --check
			return
		fi
	done
	say "accuracy: not checked, no Python with the packages of $DIGITS/requirements.txt"
}

reality() { bash scripts/reality.sh --small; }

# What runs the commands of the pages, and that each page can be run. Running them needs nodes:
# scripts/test-docs.sh.
pages() {
	python3 -m unittest scripts/docs/test_page.py || return
	bash scripts/test-docs.sh --list >/dev/null
}

reproducible() { bash scripts/check-reproducible.sh; }

python() { bash scripts/test-python.sh --unit; }

gateway() { bash scripts/test-gateway.sh --mock; }

javascript() { bash scripts/test-js.sh --unit; }

dashboard() { bash scripts/test-dashboard.sh --unit; }

demonstration() { bash scripts/demo.sh --no-build --count 2; }

# Holders upgrade a network of three nodes, while requests go on.
referendum() {
	[ "${OPG_REFERENDUM:-0}" = 1 ] || { say "left out: OPG_REFERENDUM=1 includes it" && return; }
	bash scripts/test-upgrade.sh
}

polkadot_js() {
	[ "${OPG_POLKADOT_JS:-0}" = 1 ] || { say "left out: OPG_POLKADOT_JS=1 includes it" && return; }
	bash scripts/test-keys.sh || return
	bash scripts/test-polkadot-js.sh
}

PHASES=(format dependencies build lints documentation tests upgrade vectors model reality python javascript dashboard pages gateway reproducible demonstration referendum polkadot_js)
[ "${1:-}" != list ] || { printf '%s\n' "${PHASES[@]}" && exit 0; }
for name in "$@"; do
	[[ " ${PHASES[*]} " == *" $name "* ]] || die "there is no phase $name: scripts/test.sh list"
done

# What most phases need; of those that need less, less is asked for where they run alone.
require cargo rustc
for name in "${PHASES[@]}"; do
	[ $# -eq 0 ] || [[ " $* " == *" $name "* ]] || continue
	case "$name" in
		format | upgrade) ;;
		dependencies) require cargo-deny cargo-machete ;;
		*) require protoc python3 b2sum b3sum curl ;;
	esac
done
failed=()
for name in "${PHASES[@]}"; do
	[ $# -eq 0 ] || [[ " $* " == *" $name "* ]] || continue
	phase "$name"
	"$name" && continue
	say "FAILED: $name"
	failed+=("$name")
	# What comes after needs what it builds.
	[ "$name" != build ] || break
done
phase_report
if [ "${#failed[@]}" -gt 0 ]; then
	printf '\ntest.sh: FAILED: %s\n' "${failed[*]}"
	exit 1
fi
printf '\ntest.sh: ok\n'
