//! Numbers for monitoring, in the text format of Prometheus. They name no key and no client.

use std::{
	collections::BTreeMap,
	fmt::Write,
	sync::{
		atomic::{AtomicU64, Ordering},
		Mutex, PoisonError,
	},
};

/// Counters.
#[derive(Default)]
pub struct Metrics {
	/// By route and status. Both are from a fixed set.
	responses: Mutex<BTreeMap<(&'static str, u16), u64>>,
	ledger_failures: AtomicU64,
}

impl Metrics {
	/// Counts a response.
	pub fn responded(&self, route: &'static str, status: u16) {
		let mut responses = self.responses.lock().unwrap_or_else(PoisonError::into_inner);
		*responses.entry((route, status)).or_default() += 1;
	}

	/// Counts a line of the ledger that could not be written.
	pub fn ledger_failed(&self) {
		self.ledger_failures.fetch_add(1, Ordering::Relaxed);
	}

	/// All numbers.
	pub fn render(&self, in_flight: usize, unsettled: usize) -> String {
		let mut text = String::from(
			"# HELP opg_gateway_responses_total Responses by route and status.\n\
			 # TYPE opg_gateway_responses_total counter\n",
		);
		let responses = self.responses.lock().unwrap_or_else(PoisonError::into_inner);
		for ((route, status), count) in &*responses {
			let labels = format!("route=\"{route}\",status=\"{status}\"");
			// Writing to a string does not fail.
			let _ = writeln!(text, "opg_gateway_responses_total{{{labels}}} {count}");
		}
		let failures = self.ledger_failures.load(Ordering::Relaxed);
		for (name, kind, help, value) in [
			("in_flight", "gauge", "Requests without an answer yet.", in_flight as u64),
			("unsettled", "gauge", "Requests that are not settled yet.", unsettled as u64),
			("ledger_failures_total", "counter", "Lines that could not be written.", failures),
		] {
			let _ = writeln!(text, "# HELP opg_gateway_{name} {help}");
			let _ = writeln!(text, "# TYPE opg_gateway_{name} {kind}\nopg_gateway_{name} {value}");
		}
		text
	}
}
