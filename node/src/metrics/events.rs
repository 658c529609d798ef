//! What the events of a block mean for the metrics.

use super::{chain::Operators, declined, failed, opg, ChainMetrics};
use opg_primitives::AccountId;
use opg_runtime::{Runtime, RuntimeEvent};
use pallet_opg_attestation::Event as Attestation;
use pallet_opg_court::Event as Court;
use pallet_opg_inference::Event as Inference;
use pallet_opg_models::Event as Models;
use pallet_opg_staking::{Event as Staking, Role};
use pallet_opg_support::Offence;
use prometheus_endpoint::{CounterVec, U64};

/// Counts an event, where it concerns requests in general or one of these operators.
pub(super) fn count(metrics: &ChainMetrics, operators: &Operators, event: &RuntimeEvent) {
	let counting = Counting { metrics, operators };
	match event {
		RuntimeEvent::Attestation(event) => counting.attestation(event),
		RuntimeEvent::Court(event) => counting.court(event),
		RuntimeEvent::Inference(event) => counting.inference(event),
		RuntimeEvent::Staking(event) => counting.staking(event),
		RuntimeEvent::Models(Models::CanaryDiffered { executor, .. }) => {
			counting.one(&metrics.canaries_differed, executor, None);
		},
		_ => {},
	}
}

/// Label value of a role.
pub(super) fn role(role: Role) -> &'static str {
	match role {
		Role::Validator => "validator",
		Role::Executor => "executor",
	}
}

/// Label value of what a slash is for.
fn offence(offence: Option<Offence>) -> &'static str {
	match offence {
		Some(Offence::MissedReveal) => "missed_reveal",
		Some(Offence::MissedCommit) => "missed_commit",
		None => "consensus",
	}
}

struct Counting<'a> {
	metrics: &'a ChainMetrics,
	operators: &'a Operators,
}

impl Counting<'_> {
	/// Label value of an account, if it is an operator of this node.
	fn own(&self, account: &AccountId) -> Option<&str> {
		self.operators.get(account).map(String::as_str)
	}

	fn one(&self, counter: &CounterVec<U64>, account: &AccountId, label: Option<&str>) {
		if let Some(operator) = self.own(account) {
			let labels: Vec<&str> = [operator].into_iter().chain(label).collect();
			counter.with_label_values(&labels).inc();
		}
	}

	fn attestation(&self, event: &Attestation<Runtime>) {
		let metrics = self.metrics;
		match event {
			Attestation::Committed { executor, .. } => self.one(&metrics.commits, executor, None),
			Attestation::Revealed { executor, .. } => self.one(&metrics.reveals, executor, None),
			Attestation::Declined { executor, reason, .. } => {
				self.one(&metrics.declines, executor, Some(declined(*reason)));
			},
			_ => {},
		}
	}

	fn court(&self, event: &Court<Runtime>) {
		let metrics = self.metrics;
		let happened = |event| metrics.courts.with_label_values(&[event]).inc();
		let silence = |silent: &[AccountId]| {
			silent.iter().for_each(|account| self.one(&metrics.silences, account, None));
		};
		match event {
			Court::Opened { .. } => happened("opened"),
			Court::Committed { validator, .. } => {
				self.one(&metrics.votes, validator, Some("committed"));
			},
			Court::Revealed { validator, .. } => {
				self.one(&metrics.votes, validator, Some("revealed"));
			},
			Court::Adjourned { silent, .. } => {
				happened("adjourned");
				silence(silent);
			},
			Court::Decided { silent, .. } => {
				happened("decided");
				silence(silent);
			},
			Court::Undecided { silent, .. } => {
				happened("undecided");
				silence(silent);
			},
			_ => {},
		}
	}

	fn inference(&self, event: &Inference<Runtime>) {
		let metrics = self.metrics;
		let happened = |event| metrics.requests.with_label_values(&[event]).inc();
		match event {
			Inference::Requested { .. } => happened("requested"),
			Inference::Drawn { committee, .. } => {
				committee.iter().for_each(|account| self.one(&metrics.drawn, account, None));
			},
			Inference::Replaced { executor, .. } => self.one(&metrics.drawn, executor, None),
			Inference::Attested { .. } => happened("attested"),
			Inference::Audited { .. } => happened("audited"),
			Inference::Disputed { .. } => happened("disputed"),
			Inference::Settled { .. } => happened("settled"),
			Inference::Failed { reason, .. } => {
				happened("failed");
				metrics.failures.with_label_values(&[failed(*reason)]).inc();
			},
			Inference::Challenged { challenger, .. } => {
				self.one(&metrics.challenges, challenger, Some("raised"));
			},
			Inference::ChallengeWon { challenger, .. } => {
				self.one(&metrics.challenges, challenger, Some("won"));
			},
			Inference::ChallengeLost { challenger, .. } => {
				self.one(&metrics.challenges, challenger, Some("lost"));
			},
			_ => {},
		}
	}

	fn staking(&self, event: &Staking<Runtime>) {
		let metrics = self.metrics;
		let loses = |account: &AccountId, cause, amount: u128| {
			if let Some(operator) = self.own(account) {
				metrics.losses.with_label_values(&[operator, cause]).inc_by(opg(amount));
			}
		};
		match event {
			Staking::Rewarded { operator, role: of, amount } => {
				if let Some(operator) = self.own(operator) {
					let labels = [operator, role(*of)];
					metrics.rewards.with_label_values(&labels).inc_by(opg(*amount));
				}
			},
			Staking::Slashed { operator, amount, offence: of, .. } => {
				let cause = offence(*of);
				if of.is_some() {
					self.one(&metrics.misses, operator, Some(cause));
				}
				loses(operator, cause, *amount);
			},
			Staking::Charged { operator, amount } => loses(operator, "charge", *amount),
			Staking::Convicted { operator, amount, .. } => {
				self.one(&metrics.convictions, operator, None);
				loses(operator, "conviction", *amount);
			},
			_ => {},
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use opg_primitives::{FailureReason, JobError};
	use prometheus_endpoint::Registry;
	use sp_core::H256;

	const OWN: AccountId = AccountId::new([1; 32]);
	const OTHER: AccountId = AccountId::new([2; 32]);

	/// Metrics of one operator, `own`, after these events.
	fn after(events: &[RuntimeEvent]) -> ChainMetrics {
		let metrics = ChainMetrics::register(&Registry::new()).expect("once");
		metrics.begin_operator("own");
		let operators = Operators::from([(OWN, "own".into())]);
		events.iter().for_each(|event| count(&metrics, &operators, event));
		metrics
	}

	#[test]
	fn seats_should_count_for_own_operators_when_a_committee_is_drawn() {
		let (request, round, commitment) = (1, 0, H256::zero());
		let drawn = |committee| {
			RuntimeEvent::Inference(Inference::Drawn {
				request,
				round,
				committee,
				seed: H256::zero(),
				authors: 1,
			})
		};
		let committed = |executor| {
			RuntimeEvent::Attestation(Attestation::Committed {
				request,
				round,
				executor,
				commitment,
			})
		};
		let reason = JobError::QueueFull;
		let metrics = after(&[
			drawn(vec![OTHER, OWN]),
			drawn(vec![OTHER]),
			committed(OTHER),
			committed(OWN),
			RuntimeEvent::Attestation(Attestation::Declined {
				request,
				round,
				executor: OWN,
				reason,
			}),
		]);
		assert_eq!(metrics.drawn.with_label_values(&["own"]).get(), 1);
		assert_eq!(metrics.commits.with_label_values(&["own"]).get(), 1);
		assert_eq!(metrics.declines.with_label_values(&["own", "queue_full"]).get(), 1);
	}

	#[test]
	fn canary_should_count_when_that_of_an_operator_was_another() {
		let differed = |executor| {
			let (digest, agreed) = (H256::zero(), H256::repeat_byte(1));
			let event = Models::CanaryDiffered { session: 1, executor, digest, agreed };
			RuntimeEvent::Models(event)
		};
		let metrics = after(&[differed(OTHER), differed(OWN)]);
		assert_eq!(metrics.canaries_differed.with_label_values(&["own"]).get(), 1);
	}

	#[test]
	fn loss_should_count_by_cause_when_an_operator_is_fined() {
		let slashed = |operator, of| {
			RuntimeEvent::Staking(Staking::Slashed {
				operator,
				role: Role::Executor,
				amount: 500_000_000_000_000_000,
				offence: of,
			})
		};
		let metrics = after(&[
			slashed(OWN, Some(Offence::MissedReveal)),
			slashed(OTHER, Some(Offence::MissedReveal)),
			slashed(OWN, None),
		]);
		assert_eq!(metrics.misses.with_label_values(&["own", "missed_reveal"]).get(), 1);
		assert_eq!(metrics.losses.with_label_values(&["own", "missed_reveal"]).get(), 0.5);
		assert_eq!(metrics.losses.with_label_values(&["own", "consensus"]).get(), 0.5);
	}

	#[test]
	fn requests_and_courts_should_count_for_all_when_they_end() {
		let (request, requester, reference) = (1, OTHER, H256::zero());
		let reason = FailureReason::Congested;
		let metrics = after(&[
			RuntimeEvent::Inference(Inference::Failed {
				request,
				requester,
				model: 0,
				reason,
				reference,
			}),
			RuntimeEvent::Court(Court::Undecided { request, silent: vec![OTHER, OWN] }),
		]);
		assert_eq!(metrics.requests.with_label_values(&["failed"]).get(), 1);
		assert_eq!(metrics.failures.with_label_values(&["congested"]).get(), 1);
		assert_eq!(metrics.courts.with_label_values(&["undecided"]).get(), 1);
		assert_eq!(metrics.silences.with_label_values(&["own"]).get(), 1);
	}
}
