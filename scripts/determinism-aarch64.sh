#!/usr/bin/env bash
# The determinism suite and the hostile files on an emulated AArch64 processor: compiled for it here, run
# by qemu. Opt-in, for the emulator needs some ten minutes the first time, to compile the engine.
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
tests=(cargo test --profile "$OPG_PROFILE" --locked -p opg-engine --test determinism --test hostile)
built="$("${tests[@]}" --target "$TARGET" --no-run --message-format json)"
# executable NAME: the program of these tests.
executable() {
	sed -n 's/.*"executable":"\([^"]*\/'"$1"'-[^"]*\)".*/\1/p' <<<"$built"
}
emulated=(qemu-aarch64 -L /usr/aarch64-linux-gnu)
# The interpreter's code is the same on both processors: the emulator finds it in this cache.
export OPG_ENGINE_CACHE="$CARGO_TARGET_DIR/determinism-cache"
phase "compile the engine for the interpreter"
OPG_ENGINE_BACKEND=interpreter "${tests[@]}" -- --ignored --exact child_should_hold
for backend in interpreter native; do
	phase "determinism on AArch64: $backend"
	OPG_ENGINE_BACKEND="$backend" "${emulated[@]}" "$(executable determinism)" \
		--ignored --exact child_should_hold --nocapture
	printf 'RESULT determinism_aarch64_%s 1\n' "$backend"
done
# The engine is compiled by now, and the cache has it.
phase "hostile files here and on AArch64"
verdicts="$(mktemp -d)"
trap 'rm -rf "$verdicts"' EXIT
tell=(--ignored --exact verdicts_should_be_told)
OPG_HOSTILE_VERDICTS="$verdicts/here" "${tests[@]}" -- "${tell[@]}"
OPG_HOSTILE_VERDICTS="$verdicts/aarch64" "${emulated[@]}" "$(executable hostile)" "${tell[@]}"
diff "$verdicts/here" "$verdicts/aarch64"
printf 'RESULT hostile_aarch64_same_verdicts %s\n' "$(wc -l <"$verdicts/here")"
phase_report
