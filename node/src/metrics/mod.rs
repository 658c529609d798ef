//! Metrics of what the chain says about this node's operators, and about requests in general.
//!
//! They are read from final blocks, events and state. Operators are those whose hot key or court key
//! is in the keystore. Also of what the store holds. Queue and engine have [metrics of their
//! own](opg_worker).

mod blobs;
mod chain;
mod events;
mod state;

pub use blobs::{register_fetcher, register_server, register_store};
pub use chain::follow;

use opg_primitives::{FailureReason, JobError};
use prometheus_endpoint::{
	prometheus::core::{Collector, GenericCounterVec, GenericGaugeVec},
	register, CounterVec, Gauge, GaugeVec, Opts, PrometheusError, Registry, F64, U64,
};

/// Planck of an OPG, for metrics in OPG.
const PLANCK: f64 = 1e18;

/// Label value of a role.
pub(crate) const ROLES: [&str; 2] = ["validator", "executor"];

/// Metrics of the chain.
#[derive(Clone)]
pub struct ChainMetrics {
	operators: Gauge<U64>,
	unread: CounterVec<U64>,
	requests: CounterVec<U64>,
	failures: CounterVec<U64>,
	courts: CounterVec<U64>,
	drawn: CounterVec<U64>,
	commits: CounterVec<U64>,
	reveals: CounterVec<U64>,
	declines: CounterVec<U64>,
	misses: CounterVec<U64>,
	convictions: CounterVec<U64>,
	canaries_differed: CounterVec<U64>,
	votes: CounterVec<U64>,
	silences: CounterVec<U64>,
	challenges: CounterVec<U64>,
	rewards: CounterVec<F64>,
	losses: CounterVec<F64>,
	pool: GaugeVec<F64>,
	own: GaugeVec<F64>,
	active: GaugeVec<U64>,
	seats: GaugeVec<U64>,
	reserved: GaugeVec<F64>,
	reservable: GaugeVec<F64>,
}

/// Causes for which a block is not read.
const UNREAD: [&str; 3] = ["runtime", "state", "behind"];
/// What happens to requests.
const REQUESTS: [&str; 6] = ["requested", "attested", "audited", "disputed", "settled", "failed"];
/// What happens in court.
const COURTS: [&str; 4] = ["opened", "adjourned", "decided", "undecided"];
/// Steps of a vote.
const VOTES: [&str; 2] = ["committed", "revealed"];
/// What happens to challenges.
const CHALLENGES: [&str; 3] = ["raised", "won", "lost"];
/// Seats that were not kept.
const MISSES: [&str; 2] = ["missed_commit", "missed_reveal"];
/// Causes of losses.
const LOSSES: [&str; 5] = ["missed_commit", "missed_reveal", "consensus", "charge", "conviction"];

/// Label value of a reason to decline.
fn declined(reason: JobError) -> &'static str {
	match reason {
		JobError::NoEngine => "no_engine",
		JobError::QueueFull => "queue_full",
		JobError::ModelMissing => "model_missing",
		JobError::EngineMissing => "engine_missing",
		JobError::InputMissing => "input_missing",
		JobError::Internal => "internal",
		JobError::Failed => "failed",
	}
}

/// All reasons to decline.
const DECLINES: [JobError; 7] = [
	JobError::NoEngine,
	JobError::QueueFull,
	JobError::ModelMissing,
	JobError::EngineMissing,
	JobError::InputMissing,
	JobError::Internal,
	JobError::Failed,
];

/// Label value of the cause of a request without an answer.
fn failed(reason: FailureReason) -> &'static str {
	match reason {
		FailureReason::NotEnoughExecutors => "not_enough_executors",
		FailureReason::NotEnoughCommitments => "not_enough_commitments",
		FailureReason::NotEnoughReveals => "not_enough_reveals",
		FailureReason::Congested => "congested",
		FailureReason::ModelUnavailable => "model_unavailable",
		FailureReason::EngineUnavailable => "engine_unavailable",
		FailureReason::Cancelled => "cancelled",
		FailureReason::Undecided => "undecided",
		FailureReason::Expired => "expired",
		FailureReason::InputUnavailable => "input_unavailable",
		FailureReason::OutputUnavailable => "output_unavailable",
	}
}

/// All causes of requests without an answer.
const FAILURES: [FailureReason; 11] = [
	FailureReason::NotEnoughExecutors,
	FailureReason::NotEnoughCommitments,
	FailureReason::NotEnoughReveals,
	FailureReason::Congested,
	FailureReason::ModelUnavailable,
	FailureReason::EngineUnavailable,
	FailureReason::Cancelled,
	FailureReason::Undecided,
	FailureReason::Expired,
	FailureReason::InputUnavailable,
	FailureReason::OutputUnavailable,
];

/// A registry, and a shorter way to put metrics into it.
struct Registrar<'a>(&'a Registry);

impl Registrar<'_> {
	fn counters<T>(
		&self,
		name: &str,
		help: &str,
		labels: &[&str],
	) -> Result<GenericCounterVec<T>, PrometheusError>
	where
		T: prometheus_endpoint::prometheus::core::Atomic + 'static,
		GenericCounterVec<T>: Collector,
	{
		register(GenericCounterVec::new(Opts::new(name, help), labels)?, self.0)
	}

	fn gauges<T>(
		&self,
		name: &str,
		help: &str,
		labels: &[&str],
	) -> Result<GenericGaugeVec<T>, PrometheusError>
	where
		T: prometheus_endpoint::prometheus::core::Atomic + 'static,
		GenericGaugeVec<T>: Collector,
	{
		register(GenericGaugeVec::new(Opts::new(name, help), labels)?, self.0)
	}
}

impl ChainMetrics {
	/// Puts the metrics into a registry.
	///
	/// # Errors
	///
	/// The registry has them already.
	pub fn register(registry: &Registry) -> Result<Self, PrometheusError> {
		let to = Registrar(registry);
		let metrics = Self {
			operators: register(
				Gauge::new("opg_operators", "Operators whose hot key or court key is in the keystore.")?,
				registry,
			)?,
			unread: to.counters(
				"opg_blocks_unread_total",
				"Final blocks whose events are not in these metrics, by cause: another runtime than \
				 this node's, no state, or too far behind.",
				&["cause"],
			)?,
			requests: to.counters(
				"opg_requests_total",
				"Requests of the chain, by what happened to them.",
				&["event"],
			)?,
			failures: to.counters(
				"opg_requests_failed_total",
				"Requests of the chain that ended without an answer, by reason.",
				&["reason"],
			)?,
			courts: to.counters(
				"opg_courts_total",
				"Disputes before the court, by what happened to them.",
				&["event"],
			)?,
			drawn: to.counters(
				"opg_seats_drawn_total",
				"Seats for which an operator of this node was drawn.",
				&["operator"],
			)?,
			commits: to.counters(
				"opg_commits_total",
				"Commitments of an operator of this node.",
				&["operator"],
			)?,
			reveals: to.counters(
				"opg_reveals_total",
				"Answers that an operator of this node revealed.",
				&["operator"],
			)?,
			declines: to.counters(
				"opg_declines_total",
				"Seats that an operator of this node declined, by reason.",
				&["operator", "reason"],
			)?,
			misses: to.counters(
				"opg_misses_total",
				"Seats for which an operator of this node was fined, by reason.",
				&["operator", "reason"],
			)?,
			convictions: to.counters(
				"opg_convictions_total",
				"Convictions of an operator of this node for a wrong answer.",
				&["operator"],
			)?,
			canaries_differed: to.counters(
				"opg_canaries_differed_total",
				"Canaries that the machine of an operator computed otherwise than most of the stake.",
				&["operator"],
			)?,
			votes: to.counters(
				"opg_court_votes_total",
				"Votes of a validator of this node in the court, by step.",
				&["operator", "step"],
			)?,
			silences: to.counters(
				"opg_court_silences_total",
				"Sittings of the court in which a validator of this node revealed no vote.",
				&["operator"],
			)?,
			challenges: to.counters(
				"opg_challenges_total",
				"Challenges by an operator of this node, by what happened to them.",
				&["operator", "event"],
			)?,
			rewards: to.counters(
				"opg_rewards_opg_total",
				"OPG that the pools of an operator of this node earned, by role.",
				&["operator", "role"],
			)?,
			losses: to.counters(
				"opg_losses_opg_total",
				"OPG that an operator of this node lost, or that is held for a conviction, by cause.",
				&["operator", "cause"],
			)?,
			pool: to.gauges(
				"opg_pool_stake_opg",
				"OPG in the pool of an operator of this node, by role: all of it can be slashed.",
				&["operator", "role"],
			)?,
			own: to.gauges(
				"opg_pool_own_stake_opg",
				"OPG in the pool of an operator of this node that is its own, by role.",
				&["operator", "role"],
			)?,
			active: to.gauges(
				"opg_pool_active",
				"Whether the pool of an operator of this node can be drawn or elected, by role: 1, or 0 \
				 where it is paused, leaves or is convicted.",
				&["operator", "role"],
			)?,
			seats: to.gauges(
				"opg_seats_open",
				"Seats of an operator of this node in first rounds that are not decided.",
				&["operator"],
			)?,
			reserved: to.gauges(
				"opg_reserved_opg",
				"Stake at risk: OPG that open seats and challenges of an operator of this node reserve.",
				&["operator"],
			)?,
			reservable: to.gauges(
				"opg_reservable_opg",
				"OPG that seats and challenges of an operator of this node can reserve this session.",
				&["operator"],
			)?,
		};
		metrics.begin_at_zero();
		Ok(metrics)
	}

	/// Lets the series that concern no operator begin at zero.
	fn begin_at_zero(&self) {
		for cause in UNREAD {
			self.unread.with_label_values(&[cause]);
		}
		for event in REQUESTS {
			self.requests.with_label_values(&[event]);
		}
		for reason in FAILURES {
			self.failures.with_label_values(&[failed(reason)]);
		}
		for event in COURTS {
			self.courts.with_label_values(&[event]);
		}
	}

	/// Lets the series of an operator begin at zero, so that the first event is an increase.
	fn begin_operator(&self, operator: &str) {
		for counter in [
			&self.drawn,
			&self.commits,
			&self.reveals,
			&self.convictions,
			&self.canaries_differed,
			&self.silences,
		] {
			counter.with_label_values(&[operator]);
		}
		for reason in DECLINES {
			self.declines.with_label_values(&[operator, declined(reason)]);
		}
		for reason in MISSES {
			self.misses.with_label_values(&[operator, reason]);
		}
		for step in VOTES {
			self.votes.with_label_values(&[operator, step]);
		}
		for event in CHALLENGES {
			self.challenges.with_label_values(&[operator, event]);
		}
		for role in ROLES {
			self.rewards.with_label_values(&[operator, role]);
		}
		for cause in LOSSES {
			self.losses.with_label_values(&[operator, cause]);
		}
	}
}

/// Planck in OPG.
fn opg(planck: u128) -> f64 {
	planck as f64 / PLANCK
}
