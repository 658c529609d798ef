#!/usr/bin/env bash
# Install what the build needs: Debian packages, the Rust toolchain and its WASM targets.
# Does nothing where everything is there, and says what it does.
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"

PACKAGES=(build-essential ca-certificates curl git libssl-dev pkg-config protobuf-compiler qemu-user)
TARGETS=(wasm32v1-none wasm32-wasip1)
COMPONENTS=(clippy rustfmt rust-src)
CHANNEL="$(sed -n 's/^channel = "\(.*\)"/\1/p' "$OPG_ROOT/rust-toolchain.toml")"

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "this needs root: $*"
	fi
}

installed() { dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed; }

apt_install() {
	say "installing packages: $*"
	as_root apt-get update -qq
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

packages() {
	if ! command -v apt-get >/dev/null; then
		say "no apt-get here: make sure that a C compiler, curl, git, OpenSSL headers, pkg-config and protoc are installed"
		return
	fi
	local missing=() package
	for package in "${PACKAGES[@]}"; do
		installed "$package" || missing+=("$package")
	done
	if [ "${#missing[@]}" -gt 0 ]; then
		apt_install "${missing[@]}"
	fi
	say "packages: ok"
}

has_targets() {
	local sysroot target
	sysroot="$(cd "$OPG_ROOT" && rustc --print sysroot 2>/dev/null)" || return 1
	for target in "$@"; do
		compgen -G "$sysroot/lib/rustlib/$target/lib/libcore-*.rlib" >/dev/null || return 1
	done
}

has_components() {
	(cd "$OPG_ROOT" && cargo fmt --version && cargo clippy --version) >/dev/null 2>&1
}

install_rustup() {
	say "installing rustup"
	curl --proto '=https' --tlsv1.2 -fsS --max-time 120 https://sh.rustup.rs |
		sh -s -- -y -q --profile minimal --default-toolchain none >/dev/null
	# shellcheck disable=SC1091
	source "$HOME/.cargo/env"
}

with_rustup() {
	command -v rustup >/dev/null || install_rustup || return 1
	say "installing Rust $CHANNEL with ${COMPONENTS[*]} for ${TARGETS[*]}"
	local component target options=()
	for component in "${COMPONENTS[@]}"; do options+=(--component "$component"); done
	for target in "${TARGETS[@]}"; do options+=(--target "$target"); done
	rustup toolchain install "$CHANNEL" --profile minimal --no-self-update "${options[@]}" >/dev/null
}

# Where rustup can download nothing: Debian's Rust, whose package brings the sources of the standard
# library, from which the runtime's target is built here.
with_debian() {
	say "rustup could not install Rust $CHANNEL; trying Debian's packages"
	command -v apt-get >/dev/null || return 1
	apt_install rustc-web cargo-web rust-web-src lld-22 || return 1
	mkdir -p "$HOME/.cache/opg-chain"
	touch "$HOME/.cache/opg-chain/debian-rust"
	export PATH="/usr/bin:$PATH"
	build_core wasm32v1-none
	has_targets wasm32-wasip1 ||
		say "note: Debian has no Rust standard library for wasm32-wasip1, which the inference engine is compiled for." \
			"The engine, and so the node, cannot be built on this machine: build them where rustup works."
}

# build_core TARGET: compile core and alloc for TARGET and put them where rustc looks.
build_core() {
	local target="$1" crate destination
	has_targets "$target" && return
	say "compiling the core library for $target"
	crate="$(mktemp -d)"
	destination="$(rustc --print sysroot)/lib/rustlib/$target/lib"
	mkdir "$crate/src"
	printf '#![no_std]\nextern crate alloc;\n' >"$crate/src/lib.rs"
	printf '[package]\nname = "core-for-target"\nversion = "0.0.0"\nedition = "2021"\n' >"$crate/Cargo.toml"
	# Only for this crate: build scripts of the real build would notice RUSTC_BOOTSTRAP. Without the
	# embedded bitcode the link-time optimisation of the runtime fails.
	(cd "$crate" && RUSTFLAGS="-C embed-bitcode=yes" RUSTC_BOOTSTRAP=1 \
		cargo build --quiet --release -Zbuild-std=core,alloc --target "$target" --target-dir target)
	as_root mkdir -p "$destination"
	as_root cp "$crate/target/$target/release/deps/"lib{core,alloc,compiler_builtins}-*.rlib "$destination/"
	rm -rf "$crate"
	# Cargo does not notice that a target's core changed.
	rm -rf "$CARGO_TARGET_DIR"/*/wbuild
}

toolchain() {
	if has_targets "${TARGETS[@]}" && has_components; then
		say "toolchain: ok ($(cd "$OPG_ROOT" && rustc --version))"
		return
	fi
	with_rustup || with_debian || die "no Rust with the targets ${TARGETS[*]}.
Install rustup (https://rustup.rs) and run: rustup toolchain install $CHANNEL --target ${TARGETS[*]}"
	has_targets wasm32v1-none || die "Rust still has no target wasm32v1-none"
	say "toolchain: $(cd "$OPG_ROOT" && rustc --version)"
}

# rustup's directory is not on the PATH of a shell that was opened before it was installed.
[ -d "$HOME/.cargo/bin" ] && [ ! -f "$HOME/.cache/opg-chain/debian-rust" ] && PATH="$HOME/.cargo/bin:$PATH"
packages
toolchain
say "build directory: $CARGO_TARGET_DIR"
