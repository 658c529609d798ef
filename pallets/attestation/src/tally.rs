//! Tally: decides a round from its seats alone.

use crate::types::{Round, SeatState};
use alloc::vec::Vec;
use opg_primitives::{FailureReason, JobError};
use pallet_opg_support::{Offence, Rule};
use sp_core::H256;

impl<AccountId, BlockNumber> Round<AccountId, BlockNumber> {
	/// Digest of the answer on which the committee of the current round agrees, or the reason for
	/// which it agrees on none.
	pub fn tally(&self) -> Result<H256, FailureReason> {
		let seats = self.current_seats().count();
		let needed = match self.rule {
			Rule::NoDissent { needed } => needed as usize,
			Rule::Majority => seats / 2 + 1,
		};
		let revealed: Vec<H256> =
			self.current_seats().filter_map(|seat| seat.state.digest()).collect();
		let votes = |digest| revealed.iter().filter(|other| **other == digest).count();
		if let Some(digest) = revealed.iter().find(|digest| votes(**digest) >= needed) {
			if self.rule == Rule::Majority || votes(*digest) == revealed.len() {
				return Ok(*digest);
			}
		}
		Err(self.failure(needed, seats, revealed.len()))
	}

	/// Reason for which a committee of `seats`, of whom `revealed` revealed and `needed` should
	/// agree, does not.
	fn failure(&self, needed: usize, seats: usize, revealed: usize) -> FailureReason {
		let (mut silent, mut declined, mut without_model) = (0, 0, 0);
		for seat in self.current_seats() {
			match seat.state {
				SeatState::Waiting => silent += 1,
				SeatState::Declined { reason } => {
					declined += 1;
					without_model += usize::from(reason == JobError::ModelMissing);
				},
				SeatState::Committed { .. } | SeatState::Revealed { .. } => {},
			}
		}
		let uncommitted = silent + declined;
		if seats - uncommitted >= needed {
			if revealed < needed {
				FailureReason::NotEnoughReveals
			} else {
				FailureReason::NoAgreement
			}
		} else if 2 * without_model > uncommitted {
			FailureReason::ModelUnavailable
		} else if declined > silent {
			FailureReason::EngineUnavailable
		} else {
			FailureReason::NotEnoughCommitments
		}
	}

	/// Executors of the current round that did not reveal, each with its offence. Wrong answers are
	/// no matter of one round: a later one may find that the committee of this one was wrong.
	pub fn silent_executors(&self) -> impl Iterator<Item = (&AccountId, Offence)> {
		self.current_seats().filter_map(|seat| {
			let offence = match seat.state {
				SeatState::Waiting | SeatState::Declined { .. } => Offence::MissedCommit,
				SeatState::Committed { .. } => Offence::MissedReveal,
				SeatState::Revealed { .. } => return None,
			};
			Some((&seat.executor, offence))
		})
	}
}
