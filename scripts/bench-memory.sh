#!/usr/bin/env bash
# Memory that the engine takes for models of a gigabyte of weights, by how these are stored: the most at
# any time while a model is loaded and run, with the file itself, over the size of the weights. Takes
# some minutes and 1 GB of disk. Ends with lines `RESULT engine_memory_over_weights_KIND N` and the
# largest of them.
#
#   OPG_BENCH_BYTES=...    bytes of weights (1000000000)
#   OPG_BENCH_ENGINE=...   the benchmark of the engine (node/engine/benches), if it is built
#   KIND...                nbits, f16, int8, f32; all but f32 if there is none
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$OPG_ROOT"

kinds=("$@")
[ "${#kinds[@]}" -gt 0 ] || kinds=(nbits f16 int8)
bytes="${OPG_BENCH_BYTES:-1000000000}"

engine="${OPG_BENCH_ENGINE:-}"
if [ -z "$engine" ]; then
	say "building with the profile $OPG_PROFILE"
	engine="$(cargo build --profile "$OPG_PROFILE" --locked --quiet --workspace --bench engine \
		--message-format json | sed -n 's/.*"executable":"\([^"]*\/engine-[^"]*\)".*/\1/p' | tail -n 1)"
fi

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
results=()
for kind in "${kinds[@]}"; do
	say "$kind"
	python3 scripts/bench/gigabyte.py "$kind" "$bytes" "$folder/model.onnx"
	read -r size load run stays load_seconds load_fuel run_seconds < <("$engine" memory "$folder/model.onnx")
	say "$kind: file $size bytes; loading $load ($load_seconds s, $load_fuel fuel), a run $run ($run_seconds s), between runs $stays"
	results+=("$(awk "BEGIN { print ($load > $run ? $load : $run) / $size }")")
	printf 'RESULT engine_memory_over_weights_%s %s\n' "$kind" "${results[-1]}"
done
printf 'RESULT engine_memory_over_weights %s\n' "$(printf '%s\n' "${results[@]}" | sort -g | tail -n 1)"
