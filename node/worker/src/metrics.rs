//! Metrics of the queue, of the engine processes and of what they load.
//!
//! Counters are kept in any case, and seen where the node has a registry. What can be read when
//! somebody asks, as the jobs that wait, is read then.

use crate::{error::RunError, schedule::Rank, sourced::gauge, Answered};
use parking_lot::Mutex;
use prometheus_endpoint::{
	exponential_buckets, prometheus::core::Collector, register, CounterVec, Histogram,
	HistogramOpts, HistogramVec, Opts, PrometheusError, Registry, U64,
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// Ranks and their label values.
pub(crate) const KINDS: [(Rank, &str); 4] =
	[(Rank::Seat, "seat"), (Rank::Check, "check"), (Rank::Watch, "watch"), (Rank::Ahead, "ahead")];

/// How jobs end, as label values.
const RESULTS: [&str; 12] = [
	"done",
	"given_up",
	"cancelled",
	"timed_out",
	"model_missing",
	"engine_missing",
	"input_missing",
	"damaged",
	"too_large",
	"contents_full",
	"unreadable",
	"failed",
];

/// Label value of a rank.
pub(crate) fn kind(rank: Rank) -> &'static str {
	KINDS.iter().find(|(other, _)| *other == rank).map_or("", |(_, kind)| kind)
}

/// How a job ended, as a label value.
fn ended(error: &RunError) -> &'static str {
	match error {
		RunError::Cancelled => "cancelled",
		RunError::TimedOut(_) => "timed_out",
		RunError::ModelMissing => "model_missing",
		RunError::EngineMissing => "engine_missing",
		RunError::InputMissing => "input_missing",
		RunError::Damaged(_) => "damaged",
		RunError::TooLarge { .. } => "too_large",
		RunError::ContentsFull(_) => "contents_full",
		RunError::Store(_) => "unreadable",
		RunError::Execution(_) | RunError::Process(_) | RunError::Panicked => "failed",
	}
}

/// End of an engine process.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
	/// It ended by itself, was killed by somebody else, or does not speak as it should.
	Died,
	/// Its job did not end in time.
	TimedOut,
	/// A seat needed the time of its job.
	Cancelled,
	/// It had more memory than its models explain.
	Memory,
	/// Its job failed on this machine.
	Failed,
	/// A job that wants a new process took its place.
	Replaced,
}

impl End {
	const ALL: [Self; 6] =
		[Self::Died, Self::TimedOut, Self::Cancelled, Self::Memory, Self::Failed, Self::Replaced];

	fn label(self) -> &'static str {
		match self {
			Self::Died => "died",
			Self::TimedOut => "timed_out",
			Self::Cancelled => "cancelled",
			Self::Memory => "memory",
			Self::Failed => "failed",
			Self::Replaced => "replaced",
		}
	}
}

/// What an engine process has loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Loaded {
	pub(crate) models: u32,
	pub(crate) bytes: u64,
}

/// Engine processes that run, by their ids.
type Processes = Arc<Mutex<BTreeMap<u32, Loaded>>>;

/// Metrics of the worker. Clones are the same metrics.
#[derive(Clone)]
pub(crate) struct Metrics {
	jobs: CounterVec<U64>,
	waited: HistogramVec,
	ran: HistogramVec,
	fuel: CounterVec<U64>,
	loads: Histogram,
	starts: CounterVec<U64>,
	ends: CounterVec<U64>,
	unkept: CounterVec<U64>,
	processes: Processes,
}

impl Metrics {
	/// Metrics that nobody reads yet.
	///
	/// # Errors
	///
	/// A name or a label is none: a mistake of this file.
	pub(crate) fn new() -> Result<Self, PrometheusError> {
		// From 5 ms to 80 s: a job that takes longer is late for its seat.
		let buckets = || exponential_buckets(0.005, 2.0, 15);
		let counters = |name: &str, help: &str, labels: &[&str]| {
			CounterVec::new(Opts::new(name, help), labels)
		};
		let seconds = |name: &str, help: &str, labels: &[&str]| {
			HistogramVec::new(HistogramOpts::new(name, help).buckets(buckets()?), labels)
		};
		let metrics = Self {
			jobs: counters(
				"opg_jobs_total",
				"Jobs that ended, by kind and result. A job that is asked for again counts again.",
				&["kind", "result"],
			)?,
			waited: seconds(
				"opg_job_wait_seconds",
				"Time that jobs waited for a thread, by kind.",
				&["kind"],
			)?,
			ran: seconds(
				"opg_job_run_seconds",
				"Time that jobs took on their thread, by kind.",
				&["kind"],
			)?,
			fuel: counters(
				"opg_engine_fuel_total",
				"Fuel of the answers that were computed, by kind of the job.",
				&["kind"],
			)?,
			loads: Histogram::with_opts(
				HistogramOpts::new(
					"opg_model_load_seconds",
					"Time to load a model that was not loaded: cold loads.",
				)
				.buckets(buckets()?),
			)?,
			starts: counters(
				"opg_engine_process_starts_total",
				"Engine processes that were started, by result: started or failed.",
				&["result"],
			)?,
			ends: counters(
				"opg_engine_process_ends_total",
				"Engine processes that ended while the node runs, by cause.",
				&["cause"],
			)?,
			unkept: counters(
				"opg_answers_unkept_total",
				"Answers to seats that could not be written to the disk.",
				&[],
			)?,
			processes: Processes::default(),
		};
		metrics.begin_at_zero();
		Ok(metrics)
	}

	/// Lets every series begin at zero, so that the first event is an increase.
	fn begin_at_zero(&self) {
		for (_, kind) in KINDS {
			for result in RESULTS {
				self.jobs.with_label_values(&[kind, result]);
			}
			self.waited.with_label_values(&[kind]);
			self.ran.with_label_values(&[kind]);
			self.fuel.with_label_values(&[kind]);
		}
		for result in ["started", "failed"] {
			self.starts.with_label_values(&[result]);
		}
		for end in End::ALL {
			self.ends.with_label_values(&[end.label()]);
		}
		self.unkept.with_label_values(&[]);
	}

	/// Puts them into a registry.
	///
	/// # Errors
	///
	/// The registry has them already.
	pub(crate) fn register(&self, registry: &Registry) -> Result<(), PrometheusError> {
		fn add(
			metric: &(impl Collector + Clone + 'static),
			registry: &Registry,
		) -> Result<(), PrometheusError> {
			register(metric.clone(), registry).map(drop)
		}
		for counters in [&self.jobs, &self.fuel, &self.starts, &self.ends, &self.unkept] {
			add(counters, registry)?;
		}
		add(&self.waited, registry)?;
		add(&self.ran, registry)?;
		add(&self.loads, registry)?;
		let processes = |read: fn(&BTreeMap<u32, Loaded>) -> u64| {
			let processes = self.processes.clone();
			move || vec![(vec![], read(&processes.lock()))]
		};
		gauge(
			registry,
			"opg_engine_processes",
			"Engine processes that run.",
			&[],
			processes(|all| all.len() as u64),
		)?;
		gauge(
			registry,
			"opg_models_loaded",
			"Models that are loaded, in all engine processes together.",
			&[],
			processes(|all| all.values().map(|loaded| u64::from(loaded.models)).sum()),
		)?;
		gauge(
			registry,
			"opg_models_loaded_bytes",
			"Memory of the models that are loaded, in all engine processes together.",
			&[],
			processes(|all| all.values().map(|loaded| loaded.bytes).sum()),
		)?;
		let all = self.processes.clone();
		gauge(
			registry,
			"opg_engine_memory_bytes",
			"Memory of all engine processes that is not the content of files.",
			&[],
			move || {
				let ids: Vec<u32> = all.lock().keys().copied().collect();
				let bytes = ids.into_iter().filter_map(memory_bytes);
				vec![(vec![], bytes.map(|bytes| bytes as u64).sum())]
			},
		)
	}

	/// A job has a thread after this time.
	pub(crate) fn note_start(&self, rank: Rank, waited: Duration) {
		self.waited.with_label_values(&[kind(rank)]).observe(waited.as_secs_f64());
	}

	/// A job has ended.
	pub(crate) fn note_end(
		&self,
		rank: Rank,
		result: Result<Option<&Answered>, &RunError>,
		took: Duration,
	) {
		let kind = kind(rank);
		let label = result.err().map_or("done", ended);
		self.jobs.with_label_values(&[kind, label]).inc();
		self.ran.with_label_values(&[kind]).observe(took.as_secs_f64());
		if let Ok(Some(Answered { answer, .. })) = result {
			self.fuel.with_label_values(&[kind]).inc_by(answer.fuel);
		}
	}

	/// A job will have no thread in time.
	pub(crate) fn note_given_up(&self, rank: Rank) {
		self.jobs.with_label_values(&[kind(rank), "given_up"]).inc();
	}

	/// So many answers are not on the disk.
	pub(crate) fn note_unkept(&self, answers: usize) {
		self.unkept.with_label_values(&[]).inc_by(answers as u64);
	}

	/// A process loaded a model in this time.
	pub(crate) fn note_load(&self, took: Duration) {
		self.loads.observe(took.as_secs_f64());
	}

	/// What a process has loaded now.
	pub(crate) fn note_loaded(&self, process: u32, loaded: Loaded) {
		self.processes.lock().insert(process, loaded);
	}

	/// A process was started, or was not.
	pub(crate) fn note_process_start(&self, started: bool) {
		let result = if started { "started" } else { "failed" };
		self.starts.with_label_values(&[result]).inc();
	}

	/// A process has ended for this cause.
	pub(crate) fn note_process_end(&self, end: End) {
		self.ends.with_label_values(&[end.label()]).inc();
	}

	/// A process is gone.
	pub(crate) fn forget_process(&self, process: u32) {
		self.processes.lock().remove(&process);
	}
}

/// Memory of a process that is not the content of files, in bytes. `None` where the system does not
/// tell.
pub(crate) fn memory_bytes(id: u32) -> Option<usize> {
	let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
	let kibibytes = |name: &str| -> Option<usize> {
		let line = status.lines().find_map(|line| line.strip_prefix(name))?;
		line.trim().strip_suffix(" kB")?.parse().ok()
	};
	Some((kibibytes("RssAnon:")? + kibibytes("RssShmem:")?) << 10)
}

#[cfg(test)]
mod tests {
	use super::*;
	use opg_primitives::{Answer, ModelError, Outcome};
	use sp_core::H256;

	fn value(registry: &Registry, name: &str, labels: &[(&str, &str)]) -> f64 {
		let families = registry.gather();
		let family = families.iter().find(|family| family.get_name() == name).expect(name);
		let metric = family.get_metric().iter().find(|metric| {
			labels.iter().all(|(name, value)| {
				let mut pairs = metric.get_label().iter();
				pairs.any(|pair| pair.get_name() == *name && pair.get_value() == *value)
			})
		});
		let metric = metric.expect("a series");
		let count = metric.get_histogram().get_sample_count() as f64;
		count + metric.get_counter().get_value() + metric.get_gauge().get_value()
	}

	#[test]
	fn every_end_of_a_job_should_be_a_series_from_the_start() {
		let errors = [
			RunError::ModelMissing,
			RunError::EngineMissing,
			RunError::InputMissing,
			RunError::ContentsFull(1),
			RunError::TimedOut(Duration::ZERO),
			RunError::Cancelled,
			RunError::TooLarge { needed: 2, share: 1 },
			RunError::Damaged(H256::zero()),
			RunError::Process(String::new()),
			RunError::Panicked,
		];
		for error in errors {
			assert!(RESULTS.contains(&ended(&error)), "{error}");
		}
	}

	#[test]
	fn every_series_should_begin_at_zero_when_nothing_happened() {
		let (registry, metrics) = (Registry::new(), Metrics::new().expect("its names are names"));
		metrics.register(&registry).expect("once");
		for (_, kind) in KINDS {
			for result in RESULTS {
				let labels = [("kind", kind), ("result", result)];
				assert_eq!(value(&registry, "opg_jobs_total", &labels), 0.0);
			}
		}
		assert_eq!(value(&registry, "opg_engine_process_ends_total", &[("cause", "died")]), 0.0);
		assert_eq!(value(&registry, "opg_engine_memory_bytes", &[]), 0.0);
		assert!(metrics.register(&registry).is_err(), "twice");
	}

	#[test]
	fn job_should_count_by_kind_and_result_when_it_ends() {
		let (registry, metrics) = (Registry::new(), Metrics::new().expect("its names are names"));
		metrics.register(&registry).expect("once");
		let answer = Answer { outcome: Outcome::Error(ModelError::BadInput), fuel: 7 };
		let answered = Answered { answer, witness: None };
		metrics.note_start(Rank::Seat, Duration::from_millis(3));
		metrics.note_end(Rank::Seat, Ok(Some(&answered)), Duration::from_secs(1));
		metrics.note_end(Rank::Watch, Err(&RunError::ModelMissing), Duration::ZERO);
		metrics.note_given_up(Rank::Seat);
		let count = |kind, result| {
			value(&registry, "opg_jobs_total", &[("kind", kind), ("result", result)])
		};
		assert_eq!(count("seat", "done"), 1.0);
		assert_eq!(count("seat", "given_up"), 1.0);
		assert_eq!(count("watch", "model_missing"), 1.0);
		assert_eq!(value(&registry, "opg_engine_fuel_total", &[("kind", "seat")]), 7.0);
		assert_eq!(value(&registry, "opg_job_wait_seconds", &[("kind", "seat")]), 1.0);
	}

	#[test]
	fn loaded_models_should_count_until_their_process_is_gone() {
		let (registry, metrics) = (Registry::new(), Metrics::new().expect("its names are names"));
		metrics.register(&registry).expect("once");
		let own = std::process::id();
		metrics.note_loaded(own, Loaded { models: 2, bytes: 30 });
		metrics.note_loaded(u32::MAX, Loaded { models: 1, bytes: 4 });
		assert_eq!(value(&registry, "opg_models_loaded", &[]), 3.0);
		assert_eq!(value(&registry, "opg_models_loaded_bytes", &[]), 34.0);
		if cfg!(target_os = "linux") {
			assert!(value(&registry, "opg_engine_memory_bytes", &[]) > 0.0);
		}
		metrics.forget_process(own);
		assert_eq!(value(&registry, "opg_engine_processes", &[]), 1.0);
	}

	#[cfg(target_os = "linux")]
	#[test]
	fn memory_of_a_process_should_be_known() {
		assert!(memory_bytes(std::process::id()).is_some_and(|bytes| bytes > 0));
		assert_eq!(memory_bytes(u32::MAX), None);
	}
}
