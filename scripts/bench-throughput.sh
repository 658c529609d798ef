#!/usr/bin/env bash
# Attested inferences per second that the chain carries: imports full blocks of them into a client of
# a development chain. Run it on an otherwise idle machine; it takes some ten minutes.
#
#   scripts/bench-throughput.sh [--quick] [--hour] [--rate N]
#
#   --quick     four minutes: shorter runs, pruning not measured
#   --hour      fill the chain for an hour of its time before, so that the state is as large as it
#               gets and blocks also prune: this is what a busy chain costs; some minutes more
#   --rate N    requests per block, instead of as many as the runtime's limits let in: fewer
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$OPG_ROOT"

# The whole workspace, because a part of it would be compiled with other dependency features.
cargo bench --profile release --locked --workspace --bench throughput -- "$@"
