//! Deadlines: end rounds in time, or as soon as blocks have weight for it.
//!
//! The commit phase of a round is as long as its model needs, and its reveal deadline is at a fixed
//! distance from the end of that phase. So one list of rounds for each tick of the clock at which such
//! phases end serves both deadlines, and they pass in the order of the lists. A cursor for each kind
//! says how far: what a block has no weight for stays where it is, and the next block goes on.

use crate::{pallet::*, types::*, weights::WeightInfo};
use alloc::vec::Vec;
use frame_support::{
	traits::Get,
	weights::{Weight, WeightMeter},
};
use frame_system::pallet_prelude::BlockNumberFor;
use opg_primitives::{RequestId, RoundIndex};
use sp_runtime::traits::{One, Zero};

impl<T: Config> Pallet<T> {
	/// Time from the end of the commit phase of a round to one of its deadlines.
	fn distance(deadline: Deadline) -> BlockNumberFor<T> {
		match deadline {
			Deadline::Commit => Zero::zero(),
			Deadline::Reveal => T::RevealBlocks::get().into(),
		}
	}

	/// Tells whether the ends of rounds are at most [`MAX_LATE_TICKS`] late. Only then are rounds
	/// opened, so that the lists that wait are bounded.
	pub(crate) fn is_in_time(now: BlockNumberFor<T>) -> bool {
		let cursor = Cursors::<T>::get(Deadline::Reveal);
		let latest = Self::distance(Deadline::Reveal) + MAX_LATE_TICKS.into();
		now <= cursor.commit_by + latest || !Deadlines::<T>::contains_key(cursor.commit_by)
	}

	/// Rounds whose reveal deadline has not passed, some of them closed already, in the order of their
	/// deadlines.
	///
	/// At most a full list for each tick of both phases. Reading them all takes a node a few
	/// milliseconds. An index by executor would cost the chain two writes per seat.
	pub(crate) fn open_rounds() -> Vec<(RequestId, RoundIndex)> {
		let mut lists: Vec<_> = Deadlines::<T>::iter().collect();
		lists.sort_unstable_by_key(|(commit_by, _)| *commit_by);
		lists.into_iter().flat_map(|(_, rounds)| rounds).collect()
	}

	/// Ends the rounds whose deadline has come, as far as `DeadlineWeight` allows. Returns the weight.
	pub(crate) fn pass_deadlines() -> Weight {
		let mut meter = WeightMeter::with_limit(T::DeadlineWeight::get());
		if meter.try_consume(Self::shared_weight()).is_ok() {
			// The reveal deadlines come first: they are those of older rounds.
			Self::pass(Deadline::Reveal, &mut meter);
			Self::pass(Deadline::Commit, &mut meter);
		}
		meter.consumed()
	}

	/// Passes the deadlines of one kind, oldest first.
	fn pass(deadline: Deadline, meter: &mut WeightMeter) {
		let (now, distance) = (Self::now(), Self::distance(deadline));
		let start = Cursors::<T>::get(deadline);
		let mut cursor = start;
		while cursor.commit_by + distance <= now && Self::pass_list(deadline, &mut cursor, meter) {
			cursor = Cursor { commit_by: cursor.commit_by + One::one(), position: 0 };
		}
		if cursor != start {
			Cursors::<T>::insert(deadline, cursor);
		}
	}

	/// Passes the deadlines of the rounds in the list of a cursor. Returns whether none is left.
	fn pass_list(
		deadline: Deadline,
		cursor: &mut Cursor<BlockNumberFor<T>>,
		meter: &mut WeightMeter,
	) -> bool {
		if !meter.can_consume(Self::max_list_weight()) {
			return false;
		}
		let rounds = Deadlines::<T>::get(cursor.commit_by);
		meter.consume(T::WeightInfo::take_deadlines(rounds.len() as u32));
		for (request, index) in rounds.iter().skip(cursor.position as usize) {
			if !meter.can_consume(Self::max_deadline_weight()) {
				return false;
			}
			meter.consume(Self::pass_deadline(deadline, *request, *index));
			cursor.position += 1;
		}
		if deadline == Deadline::Reveal && !rounds.is_empty() {
			Deadlines::<T>::remove(cursor.commit_by);
		}
		true
	}

	/// Passes a deadline of a round: ends it, unless it ended early. Returns the weight.
	fn pass_deadline(deadline: Deadline, request: RequestId, index: RoundIndex) -> Weight {
		let Some(round) = Rounds::<T>::get(request) else {
			return T::WeightInfo::read_round(0);
		};
		let is_over = round.index != index || round.phase == RoundPhase::Closed;
		// Those who committed still reveal.
		if is_over || (deadline == Deadline::Commit && round.awaits_reveal()) {
			return T::WeightInfo::read_round(round.seats.len() as u32);
		}
		Self::round_weight(&round).saturating_add(Self::end_round(request, round))
	}
}
