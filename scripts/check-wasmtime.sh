#!/usr/bin/env bash
# The same artifact under another version of wasmtime: the determinism suite, with the pins of this
# version. Builds the engine's host once more, with that wasmtime and without the rest of the
# workspace, around the guest that this checkout has built. Opt-in: some ten minutes and 2 GB.
#
#   scripts/check-wasmtime.sh [VERSION]     without an argument, the newest that this rustc compiles
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$OPG_ROOT"

WORK="$CARGO_TARGET_DIR/other-wasmtime"
# Outside of the workspace, cargo names the newest version that this rustc compiles.
version="${1:-$(cd / && cargo info wasmtime 2>/dev/null | sed -n 's/^version: \([0-9.]*\).*/\1/p')}"
[ -n "$version" ] || die "which version of wasmtime? crates.io does not say"
id="$(cat node/engine/types/engine.id)"
artifact=""
for built in $(find "$CARGO_TARGET_DIR" -path "$WORK" -prune -o \
	-path '*/build/opg-engine-*/out/opg_engine_guest.wasm' -print); do
	[ "$(b3sum "$built" | cut -d' ' -f1)" != "$id" ] || artifact="$built"
done
[ -n "$artifact" ] || die "the pinned engine was not built here: cargo build -p opg-engine"

phase "a workspace with wasmtime $version"
rm -rf "$WORK/workspace"
mkdir -p "$WORK/workspace/node"
cp -r node/engine "$WORK/workspace/node/"
cd "$WORK/workspace"
rm -rf node/engine/{builder,cli,fuzz,guest,benches}
# The guest is there already.
cat >node/engine/build.rs <<'END'
//! Takes the guest that is there.
use std::{env, fs, path::Path};

fn main() {
	let out = env::var("OUT_DIR").expect("cargo sets it");
	let artifact = env::var("OPG_ARTIFACT").expect("the script sets it");
	fs::copy(artifact, Path::new(&out).join("opg_engine_guest.wasm")).expect("it can be copied");
	println!("cargo:rerun-if-env-changed=OPG_ARTIFACT");
	println!("cargo:rustc-env=OPG_TARGET={}", env::var("TARGET").expect("cargo sets it"));
}
END
# Later versions compare it with the limit of asynchronous calls, which nothing uses here.
sed -i 's/\.max_wasm_stack(GUEST_STACK)/.max_wasm_stack(GUEST_STACK).async_stack_size(2 * GUEST_STACK)/' \
	node/engine/src/engine.rs
sed -i -e '/^\[build-dependencies\]/,/^$/d' -e '/^\[\[bench\]\]/,/^$/d' node/engine/Cargo.toml
{
	printf '[workspace]\nresolver = "2"\nmembers = ["node/engine", "node/engine/meter", "node/engine/types"]\n\n'
	sed -n '/^\[workspace.package\]/,/^$/p;/^\[workspace.lints/,/^$/p' "$OPG_ROOT/Cargo.toml"
	sed -n '/^\[workspace.dependencies\]/,/^\[/{/^wasmtime = /d;p}' "$OPG_ROOT/Cargo.toml" | sed '$d'
	sed -n "s/^\(wasmtime = {\) version = \"[^\"]*\"/\1 version = \"=$version\"/p" "$OPG_ROOT/Cargo.toml"
	printf '\n[profile.test]\nopt-level = 3\n'
} >Cargo.toml

phase "the determinism suite with wasmtime $version"
export OPG_ARTIFACT="$artifact" CARGO_TARGET_DIR="$WORK/target" OPG_ENGINE_CACHE="$WORK/cache"
cargo test --package opg-engine --test determinism --test prepared --test refusals
phase_report
printf 'RESULT wasmtime_other_version %s\n' "$version"
printf 'RESULT wasmtime_same_pins 1\n'
