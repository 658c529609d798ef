#!/usr/bin/env bash
# What dishonesty earns: plays every strategy of runtime/tests/adversary.rs against the real pallets
# and writes docs/adversary.md and docs/adversary.csv. Fails where a strategy that must lose wins.
#
#   scripts/adversary.sh [REQUESTS]    requests per row (default 2000; a quarter of an hour)
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$OPG_ROOT"

export OPG_ADVERSARY="${1:-2000}"
cargo test --release --locked --workspace --test adversary -- --nocapture adversary_tables
