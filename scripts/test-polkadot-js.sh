#!/usr/bin/env bash
# A token holder who has only polkadot.js, against a development node of its own: delegates, earns,
# takes out, waits, withdraws. Takes eighteen minutes, seventeen of them unbonding. Needs what is
# built, and Node 20 with npm. Ends with a RESULT line.
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$OPG_ROOT/scripts/polkadot-js"

export OPG_NODE="$OPG_BIN/opg-node"
[ -x "$OPG_NODE" ] || die "$OPG_NODE is not there: cargo build --profile $OPG_PROFILE --workspace"
command -v npm >/dev/null || die "Node.js with npm is not installed (https://nodejs.org)"
node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' ||
	die "Node.js 20 is needed, this is $(node --version)"

# No package needs a script of its own to install.
npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
exec node staking.test.mjs
