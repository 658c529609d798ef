#!/usr/bin/env bash
# Most memory that the engine processes of a worker take over 10,000 runs of 50 models that grow,
# against the limit that the worker was given. Takes some minutes. Ends with a RESULT line; fails
# where they take more than the limit and a tenth.
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$OPG_ROOT"

# The whole workspace, because a part of it would be compiled with other dependency features.
cargo test --profile "$OPG_PROFILE" --locked --workspace --test worker_memory -- \
	--ignored --nocapture --exact \
	memory_should_stay_within_the_limit_over_ten_thousand_runs_of_fifty_models
