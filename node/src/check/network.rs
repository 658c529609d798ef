//! Ports: whether they are free, and what can be reached from outside.

use super::Line;
use sc_network::multiaddr::Protocol;
use sc_service::{config::RpcMethods, Configuration};
use std::{
	io::ErrorKind,
	net::{IpAddr, SocketAddr, TcpListener},
};

/// The node's addresses, with what they are for.
fn addresses(config: &Configuration) -> Vec<(&'static str, SocketAddr)> {
	let peers = config.network.listen_addresses.iter().filter_map(|address| {
		let (mut ip, mut port) = (None, None);
		for part in address.iter() {
			match part {
				Protocol::Ip4(of) => ip = Some(IpAddr::V4(of)),
				Protocol::Ip6(of) => ip = Some(IpAddr::V6(of)),
				Protocol::Tcp(of) => port = Some(of),
				_ => {},
			}
		}
		Some(("peers", SocketAddr::new(ip?, port?)))
	});
	let rpc = config.rpc.addr.iter().flatten().map(|endpoint| ("RPC", endpoint.listen_addr));
	let metrics = config.prometheus_config.iter().map(|config| ("metrics", config.port));
	peers.chain(rpc).chain(metrics).collect()
}

/// A line for each address that is taken, or one if all are free.
pub(super) fn ports(config: &Configuration) -> Vec<Line> {
	let addresses = addresses(config);
	let lines: Vec<_> =
		addresses.iter().filter_map(|(what, address)| taken(what, *address)).collect();
	if !lines.is_empty() {
		return lines;
	}
	let all: Vec<_> = addresses.iter().map(|(what, address)| format!("{what} {address}")).collect();
	vec![Line::ok("ports", format!("free: {}", all.join(", ")))]
}

/// A line about an address at which the node could not listen.
fn taken(what: &str, address: SocketAddr) -> Option<Line> {
	let error = TcpListener::bind(address).err()?;
	// As of IPv6 where there is none; the node goes on without.
	if error.kind() == ErrorKind::AddrNotAvailable || error.raw_os_error() == Some(97) {
		return None;
	}
	let finding = format!("{what}: {address}: {error}");
	if error.kind() == ErrorKind::AddrInUse {
		let advice = "if the node runs, all is well; otherwise find who listens with `ss -ltnp`";
		return Some(Line::warning("ports", finding, advice));
	}
	Some(Line::failed("ports", finding, "let the node listen at another address"))
}

/// Lines about what strangers can reach.
pub(super) fn exposure(config: &Configuration) -> Vec<Line> {
	let outside = |address: &SocketAddr| !address.ip().is_loopback();
	let rpc: Vec<_> =
		config.rpc.addr.iter().flatten().map(|endpoint| endpoint.listen_addr).collect();
	let is_unsafe = matches!(config.rpc.methods, RpcMethods::Unsafe);
	let metrics = config.prometheus_config.as_ref().map(|config| config.port);
	let mut lines = vec![judge_rpc(rpc.iter().any(outside), is_unsafe)];
	lines.extend(metrics.filter(outside).map(|address| {
		let finding = format!("metrics can be read from outside at {address}");
		let advice = "without --prometheus-external, Prometheus reads them on the machine itself";
		Line::warning("metrics", finding, advice)
	}));
	lines
}

fn judge_rpc(outside: bool, is_unsafe: bool) -> Line {
	match (outside, is_unsafe) {
		(false, _) => Line::ok("rpc", "answers this machine only"),
		(true, true) => Line::failed(
			"rpc",
			"strangers can insert keys and stop the node: unsafe methods, open to the outside",
			"leave --rpc-methods at its default, and use `opg-node key insert` on the machine",
		),
		(true, false) => Line::warning(
			"rpc",
			"strangers can ask this node",
			"leave out --rpc-external on an executor or a validator; keep other nodes for the public, \
			 behind a proxy with limits",
		),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::check::Level;

	#[test]
	fn port_should_be_reported_when_somebody_listens() {
		let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
		let address = listener.local_addr().expect("it has one");
		let line = taken("RPC", address).expect("it is taken");
		assert_eq!(line.level, Level::Warning);
		assert!(line.finding.contains(&address.to_string()), "{}", line.finding);
		drop(listener);
		assert_eq!(taken("RPC", address), None);
	}

	#[test]
	fn rpc_should_fail_when_strangers_could_insert_keys() {
		assert_eq!(judge_rpc(false, true).level, Level::Ok);
		assert_eq!(judge_rpc(true, false).level, Level::Warning);
		assert_eq!(judge_rpc(true, true).level, Level::Failed);
	}
}
