#!/usr/bin/env bash
# Check what docs/monitoring has against Debian's Prometheus: its configuration, the alerts and their
# tests, and then a node of a development chain that a real Prometheus reads. Every query of the
# dashboard must have an answer there, and every alert must be evaluated.
#
#   scripts/monitoring.sh           all of that; needs a built node
#   scripts/monitoring.sh --rules   only what needs no node
#
# Needs `prometheus` (with promtool) and `python3`. Root gets what is missing from Debian.
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$OPG_ROOT"

missing=()
command -v promtool >/dev/null && command -v prometheus >/dev/null || missing+=(prometheus)
command -v python3 >/dev/null || missing+=(python3)
if [ "${#missing[@]}" -gt 0 ]; then
	[ "$(id -u)" = 0 ] || die "missing: ${missing[*]}; install with: sudo apt-get install ${missing[*]}"
	apt-get update -q >/dev/null
	DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" >/dev/null
fi

phase "rules"
promtool check config docs/monitoring/prometheus.yml
promtool test rules docs/monitoring/alerts.test.yml
[ "${1:-}" != --rules ] || { phase_report && exit 0; }

phase "a node and a Prometheus"
NODE="${OPG_NODE:-$OPG_BIN/opg-node}"
[ -x "$NODE" ] || die "there is no $NODE: cargo build --profile $OPG_PROFILE --workspace"
DIR="$(mktemp -d)"
processes=()
stop() {
	[ "${#processes[@]}" -eq 0 ] || kill "${processes[@]}" 2>/dev/null || true
	wait || true
	rm -rf "$DIR"
}
trap stop EXIT
port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
NODE_PORT="$(port)" PROMETHEUS_PORT="$(port)"

"$NODE" --dev --base-path "$DIR/node" --rpc-port 0 --no-mdns --no-telemetry --executor-key //Bob \
	--listen-addr /ip4/127.0.0.1/tcp/0 --prometheus-port "$NODE_PORT" >"$DIR/node.log" 2>&1 &
processes+=($!)
sed -e "s/127.0.0.1:9615/127.0.0.1:$NODE_PORT/" -e 's/15s/2s/' docs/monitoring/prometheus.yml >"$DIR/prometheus.yml"
cp docs/monitoring/alerts.yml "$DIR"
prometheus --config.file "$DIR/prometheus.yml" --storage.tsdb.path "$DIR/data" \
	--web.listen-address "127.0.0.1:$PROMETHEUS_PORT" >"$DIR/prometheus.log" 2>&1 &
processes+=($!)

python3 scripts/monitoring/check.py "http://127.0.0.1:$PROMETHEUS_PORT" docs/monitoring/dashboard.json || {
	tail -n 5 "$DIR/node.log" "$DIR/prometheus.log" >&2
	exit 1
}
phase_report
