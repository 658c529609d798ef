# Sourced by the other scripts: where and how cargo builds, and how long things take.
# shellcheck shell=bash

OPG_ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
export OPG_ROOT
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$HOME/.cache/opg-chain/target}"
# Where scripts/setup.sh puts Node.js if the system has none that is new enough.
OPG_NODE_JS="$HOME/.cache/opg-chain/node-js"
# `development`: checked arithmetic, half the build time. `release`: what is shipped.
export OPG_PROFILE="${OPG_PROFILE:-development}"
# Programs of this profile.
OPG_BIN="$CARGO_TARGET_DIR/$OPG_PROFILE"
export OPG_BIN
# litep2p's WebRTC asks for a vendored OpenSSL, which takes five minutes to compile: use the system's.
export OPENSSL_NO_VENDOR=1

# rustup's directory is not on the PATH of a shell that was opened before it was installed.
case ":$PATH:" in
	*":${CARGO_HOME:-$HOME/.cargo}/bin:"*) ;;
	*) export PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH" ;;
esac

[ ! -x "$OPG_NODE_JS/bin/node" ] || export PATH="$OPG_NODE_JS/bin:$PATH"

_phase_name=""
_phase_start=0
_phase_lines=()

# phase NAME: end the running phase and begin another.
phase() {
	phase_end
	_phase_name="$1"
	_phase_start=$SECONDS
	printf '\n=== %s\n' "$1"
}

# phase_end: end the running phase, if any.
phase_end() {
	[ -n "$_phase_name" ] || return 0
	_phase_lines+=("$(printf '%6d s  %s' "$((SECONDS - _phase_start))" "$_phase_name")")
	_phase_name=""
}

# phase_report: print the time of each phase, and of all.
phase_report() {
	phase_end
	printf '\n=== time\n'
	[ "${#_phase_lines[@]}" -eq 0 ] || printf '%s\n' "${_phase_lines[@]}"
	printf '%6d s  in all\n' "$SECONDS"
}

say() { printf '%s\n' "$*"; }
die() {
	printf 'error: %s\n' "$*" >&2
	exit 1
}
