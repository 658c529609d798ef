#!/usr/bin/env bash
# Compiles the verifier of receipts to WebAssembly, and checks the receipts of the repository with it
# under Node.js, as a web page does: whole ones by their genesis hash and by a set of authorities, and
# altered ones. Needs the target of scripts/setup.sh and Node 20. Takes a minute. Ends with RESULT
# lines.
#
#   --output FILE   also copy the WebAssembly there
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$OPG_ROOT"

TARGET=wasm32-unknown-unknown

output=""
while [ $# -gt 0 ]; do
	case "$1" in
		--output) output="${2:?--output needs a file}" && shift ;;
		*) die "unknown option: $1. The only one is --output FILE" ;;
	esac
	shift
done

phase "compile"
# What counts is the size: the page loads it.
CARGO_PROFILE_RELEASE_OPT_LEVEL=s CARGO_PROFILE_RELEASE_LTO=fat \
	CARGO_PROFILE_RELEASE_CODEGEN_UNITS=1 CARGO_PROFILE_RELEASE_PANIC=abort \
	CARGO_PROFILE_RELEASE_STRIP=true \
	cargo build --locked --release -p opg-receipt-wasm --target "$TARGET"
wasm="$CARGO_TARGET_DIR/$TARGET/release/opg_receipt_wasm.wasm"

phase "check"
node scripts/receipt/verify.mjs "$wasm" node/cli/vectors
[ -z "$output" ] || cp "$wasm" "$output"
phase_report
printf 'RESULT receipt_wasm_bytes %s\n' "$(stat -c %s "$wasm")"
printf 'RESULT receipt_wasm_gzip_bytes %s\n' "$(gzip -9c "$wasm" | wc -c)"
