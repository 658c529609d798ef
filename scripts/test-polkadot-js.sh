#!/usr/bin/env bash
# A token holder who has only polkadot.js, against a development node of its own: delegates, earns,
# takes out, waits, withdraws. Takes eighteen minutes, seventeen of them unbonding. Needs what is
# built, and Node 20 with npm. Ends with a RESULT line.
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
# shellcheck source=scripts/client/env.sh
source "$OPG_ROOT/scripts/client/env.sh"

client_ready "$OPG_NODE"
cd "$OPG_ROOT/scripts/polkadot-js"
exec node staking.test.mjs
