#!/usr/bin/env bash
# Time of 256 MiB between nodes of a development chain, one to another and one to four, against copying
# and hashing the file on one of them, and the slots that the validator misses while it serves as fast
# as it can. All nodes share this machine, which must do nothing else. Builds the release first. Ends
# with RESULT lines; fails where a slot is missed.
set -euo pipefail
export OPG_PROFILE="${OPG_PROFILE:-release}"
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$OPG_ROOT"

# The whole workspace, because a part of it would be compiled with other dependency features.
cargo test --profile "$OPG_PROFILE" --locked --workspace --test blob_exchange -- \
	--ignored --nocapture --exact validator_should_miss_no_slot_when_it_serves_as_fast_as_it_can
