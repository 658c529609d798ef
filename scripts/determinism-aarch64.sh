#!/usr/bin/env bash
# The determinism suite on an emulated AArch64 processor: compiled for it here, run by qemu. Opt-in,
# for the emulator needs some ten minutes the first time, to compile the engine.
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$OPG_ROOT"

TARGET=aarch64-unknown-linux-gnu
if ! command -v qemu-aarch64 >/dev/null || ! command -v aarch64-linux-gnu-gcc >/dev/null; then
	die "this needs: apt-get install qemu-user gcc-aarch64-linux-gnu libc6-dev-arm64-cross"
fi
[ -d "$(rustc --print sysroot)/lib/rustlib/$TARGET" ] || rustup target add "$TARGET"

export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc
export CC_aarch64_unknown_linux_gnu=aarch64-linux-gnu-gcc
phase "compile the tests"
binary="$(cargo test --profile "$OPG_PROFILE" --locked -p opg-engine --test determinism --target "$TARGET" --no-run --message-format json |
	sed -n 's/.*"executable":"\([^"]*determinism-[^"]*\)".*/\1/p')"
# The interpreter's code is the same on both processors: the emulator finds it in this cache.
export OPG_ENGINE_CACHE="$CARGO_TARGET_DIR/determinism-cache"
phase "compile the engine for the interpreter"
OPG_ENGINE_BACKEND=interpreter cargo test --profile "$OPG_PROFILE" --locked -p opg-engine --test determinism -- \
	--ignored --exact child_should_hold
for backend in interpreter native; do
	phase "determinism on AArch64: $backend"
	OPG_ENGINE_BACKEND="$backend" qemu-aarch64 -L /usr/aarch64-linux-gnu "$binary" \
		--ignored --exact child_should_hold --nocapture
	printf 'RESULT determinism_aarch64_%s 1\n' "$backend"
done
phase_report
