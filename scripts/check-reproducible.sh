#!/usr/bin/env bash
# Checks that every machine builds the same engine. Compiles the guest as this machine does, and
# once more in an environment that differs in everything about a machine that could get into the
# artifact: the component rust-src, CARGO_HOME, the registry's folder, the checkout, the target
# folder, the number of jobs. Compares each id with the pinned one, node/engine/types/engine.id. If
# they differ, further builds tell which of these it is.
#
# Works offline once the guest's dependencies are fetched. Some four minutes on two idle cores, twice
# that without a build of the engine; does nothing where sources and toolchain are those of the last
# success (--force compiles all the same).
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$OPG_ROOT"

WORK="$CARGO_TARGET_DIR/reproducible"
GUEST=node/engine/guest
PIN=node/engine/types/engine.id
sysroot="$(rustc --print sysroot)"
export CARGO="$sysroot/bin/cargo"
export RUSTC="$sysroot/bin/rustc"
# The builder starts these two itself, and no rustup in between.
[ -x "$CARGO" ] || die "no cargo in $sysroot"
pinned="$(cat "$PIN")"

# fingerprint: a hash of all that the result depends on.
fingerprint() {
	{
		"$RUSTC" -vV
		[ -d "$sysroot/lib/rustlib/src/rust" ] && say "with rust-src"
		find "$GUEST" node/engine/types node/engine/builder node/engine/meter node/reproducible scripts/check-reproducible.sh \
			-path "$GUEST/target" -prune -o -type f -print0 | sort -z | xargs -0 b2sum
	} | b2sum | cut -c -64
}

# has_sources SYSROOT: the sources of the standard library are installed there.
has_sources() { [ -f "$1/lib/rustlib/src/rust/library/std/src/lib.rs" ]; }

# other_toolchain: a copy of the toolchain that differs in whether it has rust-src. Sets `toolchain`
# and `about_toolchain`.
other_toolchain() {
	local other
	toolchain="$WORK/toolchain"
	rm -rf "$toolchain" && mkdir -p "$toolchain/lib/rustlib"
	# Hard links where that is possible.
	copy() { cp -al "$@" 2>/dev/null || cp -a "$@"; }
	copy "$sysroot/bin" "$toolchain/"
	find "$sysroot/lib" -maxdepth 1 -name '*.so*' | while read -r file; do copy "$file" "$toolchain/lib/"; done
	local host
	host="$("$RUSTC" -vV | sed -n 's/^host: //p')"
	copy "$sysroot/lib/rustlib/$host" "$sysroot/lib/rustlib/wasm32-wasip1" "$toolchain/lib/rustlib/"
	[ "$("$toolchain/bin/rustc" --print sysroot)" = "$toolchain" ] || die "the copy of the toolchain uses $sysroot"
	if has_sources "$sysroot"; then
		about_toolchain="toolchain without rust-src"
		return
	fi
	about_toolchain="other path of the toolchain (rust-src is on this machine for no toolchain of this version: NOT checked)"
	command -v rustup >/dev/null || return 0
	for other in "$(rustup show home)"/toolchains/*; do
		has_sources "$other" && [ "$("$other/bin/rustc" -vV)" = "$("$RUSTC" -vV)" ] || continue
		copy "$other/lib/rustlib/src" "$toolchain/lib/rustlib/"
		about_toolchain="toolchain with rust-src"
		return
	done
}

# other_home: a CARGO_HOME elsewhere, which finds the guest's dependencies in a folder of another
# name. Sets `home` and `about_home`.
other_home() {
	home="$WORK/elsewhere/cargo-home"
	mkdir -p "$home"
	local vendored="$WORK/elsewhere/other-registry"
	if "$CARGO" vendor --quiet --locked --versioned-dirs --manifest-path "$GUEST/Cargo.toml" "$vendored" \
		>/dev/null 2>"$WORK/vendor.log"; then
		printf '[source.crates-io]\nreplace-with = "other"\n[source.other]\ndirectory = "%s"\n' "$vendored" \
			>"$home/config.toml"
		about_home="other CARGO_HOME, crates in another folder"
	else
		# Offline, and only what this machine compiles was fetched.
		ln -s "${CARGO_HOME:-$HOME/.cargo}/registry" "$home/registry"
		about_home="other CARGO_HOME, the registry's folder under its own name (cargo vendor failed: $WORK/vendor.log)"
	fi
}

# build NAME GUEST TARGET JOBS ABOUT: compile the guest there, and note its id.
build() {
	phase "$1: $5"
	"$builder" "$2" "$3" "$4" "$WORK/$1.wasm" || die "$1 does not compile"
	local id
	id="$(b3sum "$WORK/$1.wasm" | cut -d' ' -f1)"
	say "$id"
	printf '%s  %s: %s\n' "$id" "$1" "$5" >>"$WORK/ids"
}

# all_equal: every environment so far gives the same.
all_equal() { [ "$(cut -d' ' -f1 "$WORK/ids" | sort -u | wc -l)" -eq 1 ]; }

mkdir -p "$WORK"
print="$(fingerprint)"
if [ "${1:-}" != --force ] && [ "$(cat "$WORK/success" 2>/dev/null)" = "$print" ]; then
	say "sources and toolchain are those of the last success:"
	cat "$WORK/ids"
	say "check-reproducible.sh: ok"
	printf 'RESULT engine_reproducible 1\n'
	exit 0
fi
scratch=("$WORK/toolchain" "$WORK/elsewhere" "$WORK/target")
rm -rf "$WORK/success" "$WORK/ids" "${scratch[@]}"

phase "the builder"
cargo build --quiet --locked --package opg-engine-builder --target-dir "$WORK/host"
builder="$WORK/host/debug/opg-engine-builder"
export CARGO_TERM_QUIET=true

phase "environments"
other_toolchain
other_home
checkout="$WORK/elsewhere/another/checkout/node/engine"
mkdir -p "$checkout"
cp -r "$GUEST" node/engine/types "$checkout/"
rm -rf "$checkout/guest/target"
jobs="$(nproc)"
[ "$jobs" -gt 1 ] || jobs=2

# The folder is that of the engine's build script: after a build, there is nothing left to compile.
build here "$OPG_ROOT/$GUEST" "$CARGO_TARGET_DIR/engine-guest" "$jobs" "as this machine builds it, $jobs jobs"
RUSTC="$toolchain/bin/rustc" CARGO_HOME="$home" \
	build elsewhere "$checkout/guest" "$WORK/elsewhere/target" 1 \
	"$about_toolchain, $about_home, other checkout and target folder, one job"
if ! all_equal; then
	RUSTC="$toolchain/bin/rustc" build toolchain "$OPG_ROOT/$GUEST" "$WORK/target" "$jobs" "$about_toolchain"
	rm -rf "$WORK/target"
	CARGO_HOME="$home" build home "$OPG_ROOT/$GUEST" "$WORK/target" "$jobs" "$about_home"
	rm -rf "$WORK/target"
	build checkout "$checkout/guest" "$WORK/target" "$jobs" "other checkout and target folder"
	rm -rf "$WORK/target"
	build jobs "$OPG_ROOT/$GUEST" "$WORK/target" 1 "one job"
fi
rm -rf "${scratch[@]}"

phase_report
printf '\n%s  pinned in %s\n' "$pinned" "$PIN"
cat "$WORK/ids"
if ! all_equal; then
	printf 'RESULT engine_reproducible 0\n'
	die "the id depends on the environment; the artifacts are in $WORK"
fi
if ! grep -q "^$pinned " "$WORK/ids"; then
	printf 'RESULT engine_reproducible 0\n'
	die "every environment gives one engine, which is not the pinned one: scripts/repin.sh if that is intended"
fi
printf '%s\n' "$print" >"$WORK/success"
say "check-reproducible.sh: ok"
printf 'RESULT engine_reproducible 1\n'
