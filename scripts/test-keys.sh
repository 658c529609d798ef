#!/usr/bin/env bash
# Key files of `opg key` in polkadot.js, and those of polkadot.js in `opg`. Takes a few seconds. Needs
# what is built, and Node 20 with npm. Ends with a RESULT line.
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
# shellcheck source=scripts/client/env.sh
source "$OPG_ROOT/scripts/client/env.sh"

client_ready "$OPG_CLI"
cd "$OPG_ROOT/scripts/polkadot-js"
exec node keys.test.mjs
