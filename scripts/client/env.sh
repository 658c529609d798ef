# Sourced by scripts that start nodes and talk to them from JavaScript, after scripts/env.sh: names the
# programs, and installs the client.
# shellcheck shell=bash

export OPG_NODE="$OPG_BIN/opg-node" OPG_CLI="$OPG_BIN/opg" OPG_ENGINE="$OPG_BIN/opg-engine"

# client_ready PROGRAM...: fail unless these programs are built; install the client of the polkadot.js test.
client_ready() {
	local program
	for program in "$@"; do
		[ -x "$program" ] ||
			die "$program is not there: cargo build --profile $OPG_PROFILE --workspace"
	done
	command -v npm >/dev/null || die "Node.js with npm is not installed (https://nodejs.org)"
	node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' ||
		die "Node.js 20 is needed, this is $(node --version)"
	# No package needs a script of its own to install.
	(cd "$OPG_ROOT/scripts/polkadot-js" &&
		npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
}
