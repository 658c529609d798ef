//! Rows of the simulation: a strategy, its circumstances, and what came of it.

use opg_primitives::Tier;

/// Behaviour of the adversary. The README describes each.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Strategy {
	Honest,
	FreeRider,
	CommitmentCopier,
	RevealWithholder,
	NonCommitter,
	Collude,
	Opportunistic,
	Owner,
	SelfDeal,
	ChallengeSpam,
	DelegatorFlight,
}
use Strategy::*;

impl Strategy {
	/// All strategies, in the order of the tables.
	pub const ALL: [Self; 11] = [
		Honest,
		FreeRider,
		CommitmentCopier,
		RevealWithholder,
		NonCommitter,
		Collude,
		Opportunistic,
		Owner,
		SelfDeal,
		ChallengeSpam,
		DelegatorFlight,
	];

	/// Tells whether it lies only where it decides the round. Such lies are few.
	pub fn is_opportunistic(self) -> bool {
		matches!(self, Opportunistic | SelfDeal)
	}

	/// Tells whether an executor fails in its duty even where it does not lie.
	pub fn evades(self) -> bool {
		matches!(self, CommitmentCopier | RevealWithholder | NonCommitter)
	}
}

/// Honest parties besides the executors.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Watch {
	/// Nobody checks answers.
	Nobody,
	/// One watcher computes every answer again and challenges wrong ones.
	Watcher,
}

/// Strategy and its circumstances.
#[derive(Clone, Copy, Debug)]
pub struct Row {
	/// Behaviour of the adversary.
	pub strategy: Strategy,
	/// Tier of all requests.
	pub tier: Tier,
	/// Executors of the adversary, in percent.
	pub percent: usize,
	/// Checks of answers by others.
	pub watch: Watch,
	/// Number of requests.
	pub requests: usize,
}

/// Result of a row.
#[derive(Clone, Copy, Default, Debug)]
pub struct Outcomes {
	/// Wrong answers that were settled.
	pub wrong: usize,
	/// Requests in which the adversary committed an offence.
	pub offences: usize,
	/// Change of the adversary's wealth, cost of computing deducted, in planck.
	pub profit: i128,
}

/// Every strategy at every tier and each of these stakes in percent, `requests` long. Strategies
/// whose lies are seldom audited play longer, those that wait for unbonding shorter.
pub fn all_rows(requests: usize, shares: &[usize]) -> Vec<Row> {
	let mut rows = Vec::new();
	for tier in [Tier::Optimistic, Tier::Quorum, Tier::High] {
		for &percent in shares {
			for strategy in Strategy::ALL {
				let requests = match strategy {
					_ if strategy.is_opportunistic() && tier != Tier::High => 5 * requests,
					DelegatorFlight => requests / 5,
					_ => requests,
				};
				rows.push(Row { strategy, tier, percent, watch: Watch::Nobody, requests });
			}
			for strategy in [Collude, Opportunistic] {
				rows.push(Row { strategy, tier, percent, watch: Watch::Watcher, requests });
			}
		}
	}
	rows
}
