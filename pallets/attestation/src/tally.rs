//! Tally: decides a round from its seats alone.

use crate::types::{Round, Seat, SeatState};
use opg_primitives::{FailureReason, JobError};
use pallet_opg_support::{Offence, SilenceRecord};
use sp_core::H256;

/// Result of a round.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tally {
	/// Enough seats revealed the answer with this digest, and nobody another answer or witness.
	Agreed(H256),
	/// Two revealed answers differ, or two witnesses.
	Dissent,
	/// Too few seats revealed an answer, and nobody another.
	Undecided(FailureReason),
}

impl<AccountId, BlockNumber> Round<AccountId, BlockNumber> {
	/// Decides the current round.
	pub fn tally(&self) -> Tally {
		let mut revealed = self.current_seats().filter_map(|seat| seat.state.digest());
		let Some(digest) = revealed.next() else {
			return Tally::Undecided(self.failure());
		};
		if self.has_conflicting_witnesses() {
			return Tally::Dissent;
		}
		let mut count = 1;
		for other in revealed {
			if other != digest {
				return Tally::Dissent;
			}
			count += 1;
		}
		if count >= self.needed {
			Tally::Agreed(digest)
		} else {
			Tally::Undecided(self.failure())
		}
	}

	/// Reason for which too few of the committee revealed.
	fn failure(&self) -> FailureReason {
		let (mut kept, mut silent, mut declined) = (0, 0, 0);
		let (mut without_model, mut without_input, mut overloaded) = (0, 0, 0);
		for seat in self.current_places() {
			match seat.state {
				// A node that tried and failed lacks nothing that its operator could give it.
				SeatState::Waiting | SeatState::Declined { reason: JobError::Failed, .. } => {
					silent += 1
				},
				SeatState::Declined { reason, .. } => {
					declined += 1;
					without_model += u32::from(reason == JobError::ModelMissing);
					without_input += u32::from(reason == JobError::InputMissing);
					overloaded += u32::from(reason == JobError::QueueFull);
				},
				SeatState::Committed { .. } | SeatState::Revealed { .. } => kept += 1,
			}
		}
		if kept >= self.needed {
			FailureReason::NotEnoughReveals
		} else if 2 * without_model > silent + declined {
			FailureReason::ModelUnavailable
		} else if 2 * without_input > silent + declined {
			FailureReason::InputUnavailable
		} else if 2 * overloaded > silent + declined {
			FailureReason::Congested
		} else if declined > silent {
			FailureReason::EngineUnavailable
		} else {
			FailureReason::NotEnoughCommitments
		}
	}

	/// Seats of the current round that were not kept, each with the offence of its executor. Wrong
	/// answers are no matter of one round: the court finds them.
	///
	/// Who committed and did not reveal has missed its reveal only where another member got its own
	/// in. Where nobody did, blocks may have had no room for reveals, and that is not the executor's
	/// fault: it costs what a missed commitment costs.
	pub fn silent_executors(
		&self,
	) -> impl Iterator<Item = (&Seat<AccountId, BlockNumber>, Offence)> {
		let others_revealed = self.current_seats().any(|seat| seat.state.digest().is_some());
		self.current_seats().filter_map(move |seat| {
			let offence = match seat.state {
				SeatState::Committed { .. } if others_revealed => Offence::MissedReveal,
				ref state if state.is_silent() => Offence::MissedCommit,
				_ => return None,
			};
			Some((seat, offence))
		})
	}

	/// What a silent seat of the current round means for the record of its executor. Where at least
	/// half of several seats are silent, the cause is hardly theirs: an overload of all pauses nobody.
	/// A committee of one tells nothing about others, so its seat counts.
	pub fn silence_record(&self) -> SilenceRecord {
		let seats = self.current_places().count();
		if seats > 1 && 2 * self.silent_executors().count() >= seats {
			SilenceRecord::Overload
		} else {
			SilenceRecord::Counted
		}
	}
}
