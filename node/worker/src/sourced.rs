//! Metrics that are read when somebody asks.

use prometheus_endpoint::{
	register, MetricSource, Opts, PrometheusError, Registry, SourcedCounter, SourcedGauge,
};
use std::sync::Arc;

/// Values with the values of their labels.
pub type Samples = Vec<(Vec<&'static str>, u64)>;

#[derive(Clone)]
struct Source(Arc<dyn Fn() -> Samples + Send + Sync>);

impl MetricSource for Source {
	type N = u64;

	fn collect(&self, mut set: impl FnMut(&[&str], u64)) {
		for (labels, value) in (self.0)() {
			set(&labels, value);
		}
	}
}

fn options(name: &str, help: &str, labels: &[&str]) -> Opts {
	Opts::new(name, help).variable_labels(labels.iter().map(|label| (*label).into()).collect())
}

/// Registers a gauge.
///
/// # Errors
///
/// The registry has it already.
pub fn gauge(
	registry: &Registry,
	name: &str,
	help: &str,
	labels: &[&str],
	read: impl Fn() -> Samples + Send + Sync + 'static,
) -> Result<(), PrometheusError> {
	let gauge = SourcedGauge::new(&options(name, help, labels), Source(Arc::new(read)))?;
	register(gauge, registry).map(drop)
}

/// Registers a counter. What it reads never becomes less.
///
/// # Errors
///
/// The registry has it already.
pub fn counter(
	registry: &Registry,
	name: &str,
	help: &str,
	labels: &[&str],
	read: impl Fn() -> Samples + Send + Sync + 'static,
) -> Result<(), PrometheusError> {
	let counter = SourcedCounter::new(&options(name, help, labels), Source(Arc::new(read)))?;
	register(counter, registry).map(drop)
}
