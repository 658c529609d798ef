#!/usr/bin/env bash
# Measures the weights of our pallets' calls and hooks and writes pallets/*/src/weights.rs.
#
#   --report        only print what the committed weights mean
#   --steps N       values of each component that are measured (50)
#   --repeat N      runs at each of them (20)
#   PALLET...       only these: staking, models, inference, attestation, court
#
# Lines `RESULT <name> <number>` end the output. Measure on a machine that does nothing else.
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$OPG_ROOT"

BENCHER_VERSION=0.28.0
# Another directory than that of the node: the feature changes every dependency of the runtime.
BENCH_TARGET="$HOME/.cache/opg-chain/bench-target"
TOOLS="$HOME/.cache/opg-chain/release-tools"

steps=50 repeat=20 report_only=0 pallets=()
while [ $# -gt 0 ]; do
	case "$1" in
	--report) report_only=1 ;;
	--steps) steps="$2" && shift ;;
	--repeat) repeat="$2" && shift ;;
	--*) die "unknown option $1" ;;
	*) pallets+=("$1") ;;
	esac
	shift
done
[ "${#pallets[@]}" -gt 0 ] || pallets=(staking models inference attestation court)

# bencher: print the path of the bencher of this version, which is compiled where it is missing. Not
# one from elsewhere: how it was compiled is part of what is measured. Its release profile is ours,
# so host functions are as fast as in the node.
bencher() {
	local found="$TOOLS/bin/frame-omni-bencher"
	# Its RocksDB generates bindings with libclang.
	if ! [ -x "$found" ] && ! compgen -G '/usr/lib/*/libclang*.so*' >/dev/null &&
		! compgen -G '/usr/lib/llvm*/lib/libclang*.so*' >/dev/null && [ -z "${LIBCLANG_PATH:-}" ]; then
		die "compiling frame-omni-bencher needs libclang: apt-get install libclang-dev"
	fi
	if ! [ -x "$found" ] || [ "$("$found" --version)" != "frame-omni-bencher $BENCHER_VERSION" ]; then
		CARGO_TARGET_DIR="$BENCH_TARGET/bencher" cargo install --locked --root "$TOOLS" \
			"frame-omni-bencher@$BENCHER_VERSION" >&2
	fi
	printf '%s' "$found"
}

if [ "$report_only" = 0 ]; then
	phase "bencher"
	bencher="$(bencher)"
	say "$bencher"

	phase "runtime"
	CARGO_TARGET_DIR="$BENCH_TARGET" \
		cargo build --release --locked -p opg-runtime --features runtime-benchmarks
	runtime="$BENCH_TARGET/release/wbuild/opg-runtime/opg_runtime.wasm"

	for pallet in "${pallets[@]}"; do
		phase "$pallet"
		# The bencher has no job queue: our host function is missing, and nothing here calls it.
		"$bencher" v1 benchmark pallet \
			--runtime "$runtime" \
			--genesis-builder=runtime \
			--genesis-builder-preset=development \
			--allow-missing-host-functions \
			--pallet "pallet_opg_$pallet" \
			--extrinsic '*' \
			--default-pov-mode measured \
			--steps "$steps" \
			--repeat "$repeat" \
			--template scripts/bench/weights.hbs \
			--output "pallets/$pallet/src/weights.rs"
		cargo fmt -p "pallet-opg-$pallet"
	done
fi

phase "report"
CARGO_TARGET_DIR="$BENCH_TARGET" SKIP_WASM_BUILD=1 \
	cargo bench --locked -p opg-runtime --features runtime-benchmarks --bench weight_report
phase_end
