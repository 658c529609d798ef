//! What the node's store of blobs holds, what was fetched into it, and what was served from it.

use opg_blobs::{
	exchange::{FetchStats, Fetcher, ServeStats, Server},
	store::{Store, Usage},
};
use opg_worker::sourced::{self, Samples};
use parking_lot::Mutex;
use prometheus_endpoint::{PrometheusError, Registry};
use sc_network::PeerId;
use std::{
	sync::Arc,
	time::{Duration, Instant},
};

/// Time for which a count is used: to count looks at each blob.
const FRESH: Duration = Duration::from_secs(30);

/// Name, help, labels and values of a counter.
type Counter<'a, S> = (&'a str, &'a str, &'a [&'a str], fn(S) -> Samples);

/// Puts the metrics of a store into a registry. They are read when somebody asks.
///
/// # Errors
///
/// The registry has them already.
pub fn register_store(registry: &Registry, store: &Store) -> Result<(), PrometheusError> {
	let counted = Arc::new(Counted { store: store.clone(), last: Mutex::new(None) });
	let gauge = |name: &str, help: &str, labels: &[&str], read: fn(&Usage) -> Samples| {
		let counted = counted.clone();
		let read = move || counted.usage().as_ref().map(read).unwrap_or_default();
		sourced::gauge(registry, name, help, labels, read)
	};
	gauge("opg_blobs", "Blobs in the node's store, by state.", &["state"], |usage| {
		let states = [("complete", usage.blobs), ("partial", usage.partial)];
		states.map(|(state, count)| (vec![state], count as u64)).to_vec()
	})?;
	gauge("opg_blobs_bytes", "Bytes of the blobs in the node's store.", &[], |usage| {
		vec![(vec![], usage.bytes)]
	})?;
	gauge(
		"opg_blobs_evictable_bytes",
		"Bytes of the blobs that nothing pins, and that go where room is needed.",
		&[],
		|usage| vec![(vec![], usage.evictable)],
	)?;
	let quota = store.limits().quota;
	let help = "Bytes that the blobs in the node's store can have, as --blob-quota says.";
	sourced::gauge(registry, "opg_blobs_quota_bytes", help, &[], move || vec![(vec![], quota)])
}

/// Puts the metrics of a fetcher into a registry. They are read when somebody asks.
///
/// # Errors
///
/// The registry has them already.
pub fn register_fetcher(registry: &Registry, fetcher: &Fetcher) -> Result<(), PrometheusError> {
	let source = |read: fn(FetchStats) -> Samples| {
		let fetcher = fetcher.clone();
		move || read(fetcher.stats())
	};
	let running = source(|stats| {
		let states = [("running", stats.running), ("waiting", stats.waiting)];
		states.map(|(state, count)| (vec![state], count as u64)).to_vec()
	});
	let help = "Blobs that are being fetched from peers, by state.";
	sourced::gauge(registry, "opg_blob_fetches", help, &["state"], running)?;
	let counters: [Counter<'_, FetchStats>; 5] = [
		(
			"opg_blob_fetches_total",
			"Fetches of blobs that ended, by result. What was cancelled failed.",
			&["result"],
			|stats| vec![(vec!["done"], stats.done), (vec!["failed"], stats.failed)],
		),
		(
			"opg_blob_fetched_bytes_total",
			"Bytes of blobs that were fetched, verified and stored.",
			&[],
			|stats| vec![(vec![], stats.bytes)],
		),
		(
			"opg_blob_peer_faults_total",
			"Requests for blobs that peers did not serve, by kind: forged bytes, or no reply in time.",
			&["kind"],
			|stats| vec![(vec!["forged"], stats.forged), (vec!["no_reply"], stats.failed_requests)],
		),
		(
			"opg_blob_mirror_bytes_total",
			"Bytes that mirrors sent, whatever became of them.",
			&[],
			|stats| vec![(vec![], stats.mirrored_bytes)],
		),
		(
			"opg_blob_mirror_downloads_total",
			"Times that a mirror was asked for a blob, by result. One that does not have it failed.",
			&["result"],
			|stats| vec![(vec!["done"], stats.mirrored), (vec!["failed"], stats.unmirrored)],
		),
	];
	for (name, help, labels, read) in counters {
		sourced::counter(registry, name, help, labels, source(read))?;
	}
	Ok(())
}

/// Puts the metrics of what serves peers into a registry. They are read when somebody asks.
///
/// # Errors
///
/// The registry has them already.
pub fn register_server(
	registry: &Registry,
	server: &Server<PeerId>,
) -> Result<(), PrometheusError> {
	let counters: [Counter<'_, ServeStats>; 2] = [
		(
			"opg_blob_requests_total",
			"Requests of peers for blobs, by result: answered, put off by a limit, or malformed.",
			&["result"],
			|stats| {
				vec![
					(vec!["answered"], stats.answered),
					(vec!["put_off"], stats.busy),
					(vec!["malformed"], stats.malformed),
				]
			},
		),
		(
			"opg_blob_served_bytes_total",
			"Bytes of blobs that were given to peers, with their proofs.",
			&[],
			|stats| vec![(vec![], stats.bytes)],
		),
	];
	for (name, help, labels, read) in counters {
		let server = server.clone();
		sourced::counter(registry, name, help, labels, move || read(server.stats()))?;
	}
	Ok(())
}

/// A store, and when it was counted last.
struct Counted {
	store: Store,
	last: Mutex<Option<(Instant, Usage)>>,
}

impl Counted {
	/// What the store holds. `None` if the disk does not tell.
	fn usage(&self) -> Option<Usage> {
		let mut last = self.last.lock();
		if let Some((_, usage)) = last.filter(|(at, _)| at.elapsed() < FRESH) {
			return Some(usage);
		}
		let usage = match self.store.usage() {
			Ok(usage) => usage,
			Err(error) => {
				log::warn!(target: "opg::blobs", "the store is not counted: {error}");
				return None;
			},
		};
		*last = Some((Instant::now(), usage));
		Some(usage)
	}
}
