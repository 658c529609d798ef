#!/usr/bin/env bash
# Build the engine's guest twice, in different directories and with cargo's registry under different
# paths, and compare: the engine id must depend on the sources and the toolchain alone.
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"

scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
registry="${CARGO_HOME:-$HOME/.cargo}"

# build DIRECTORY: compile the guest there, and print where it is. Of the engine's crate only the
# build script is kept: it is what makes the guest.
build() {
	local directory="$1"
	mkdir -p "$directory"
	cp -r "$OPG_ROOT/node/engine" "$directory/engine"
	cp "$OPG_ROOT/rust-toolchain.toml" "$directory/"
	ln -s "$registry" "$directory/registry"
	cat >"$directory/engine/Cargo.toml" <<-TOML
		[package]
		name = "opg-engine"
		version = "0.1.0"
		edition = "2021"
		[workspace]
		[build-dependencies]
		$(sed -n 's/^wasm-encoder = \(.*\)\["std"\].*/wasm-encoder = \1["std", "wasmparser"] }/p' "$OPG_ROOT/Cargo.toml")
		$(grep '^wasmparser = ' "$OPG_ROOT/Cargo.toml")
	TOML
	: >"$directory/engine/src/lib.rs"
	cp "$OPG_ROOT/Cargo.lock" "$directory/engine/"
	(cd "$directory/engine" && CARGO_HOME="$directory/registry" CARGO_TARGET_DIR="$directory/target" \
		cargo build --quiet --release >&2)
	find "$directory/target" -path '*/out/opg_engine_guest.wasm'
}

phase "first build"
first="$(build "$scratch/a")"
phase "second build, elsewhere"
second="$(build "$scratch/in/another/place")"
phase_report
b2sum -l 256 "$first" "$second"
cmp "$first" "$second" || { printf 'RESULT engine_reproducible 0\n'; die "the two builds differ"; }
pinned="$(sed -n 's/^engine //p' "$OPG_ROOT/node/engine/tests/determinism.pins")"
[ "$(b2sum -l 256 "$first" | cut -d' ' -f1)" = "$pinned" ] ||
	say "note: determinism.pins are of another engine, $pinned"
printf 'RESULT engine_reproducible 1\n'
