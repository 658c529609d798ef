#!/usr/bin/env bash
# Attacks a development chain with a real client, and checks that none of them gains anything or
# costs an honest operator stake. Starts three nodes with six executors, on free ports, and stops
# them. Needs what is built, and Node 20 with npm. Takes some ten minutes. Ends with RESULT
# lines; fails where an attack does not end as expected.
#
#   scripts/attack.sh             all sequences
#   scripts/attack.sh NAME...     only these (`scripts/attack.sh list` has the names)
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$OPG_ROOT"

export OPG_NODE="$OPG_BIN/opg-node" OPG_CLI="$OPG_BIN/opg"
for binary in "$OPG_NODE" "$OPG_CLI"; do
	[ -x "$binary" ] || die "$binary is not there: cargo build --profile $OPG_PROFILE --workspace"
done
command -v npm >/dev/null || die "Node.js with npm is not installed (https://nodejs.org)"
node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' ||
	die "Node.js 20 is needed, this is $(node --version)"

# The client of the polkadot.js test is used here too. No package needs a script of its own.
(cd scripts/polkadot-js && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
exec node scripts/attack/main.mjs "$@"
