//! Deadlines: end rounds in time, or as soon as blocks have weight for it.
//!
//! Both deadlines of a round are at a fixed distance from its opening. So one list of rounds for each
//! tick of the clock serves both, and they pass in the order of the lists. A cursor for each kind
//! says how far: what a block has no weight for stays where it is, and the next block goes on.

use crate::{pallet::*, types::*, weights::WeightInfo};
use alloc::vec::Vec;
use frame_support::{
	traits::Get,
	weights::{Weight, WeightMeter},
};
use frame_system::pallet_prelude::BlockNumberFor;
use opg_primitives::{RequestId, RoundIndex};
use sp_runtime::traits::One;

impl<T: Config> Pallet<T> {
	/// Time from the opening of a round to one of its deadlines.
	fn distance(deadline: Deadline) -> BlockNumberFor<T> {
		let commit = T::CommitBlocks::get();
		match deadline {
			Deadline::Commit => commit.into(),
			Deadline::Reveal => (commit + T::RevealBlocks::get()).into(),
		}
	}

	/// Tells whether the ends of rounds are at most [`MAX_LATE_TICKS`] late. Only then are rounds
	/// opened, so that the lists that wait are bounded.
	pub(crate) fn is_in_time(now: BlockNumberFor<T>) -> bool {
		let cursor = Cursors::<T>::get(Deadline::Reveal);
		let latest = Self::distance(Deadline::Reveal) + MAX_LATE_TICKS.into();
		now <= cursor.opened_at + latest || !Deadlines::<T>::contains_key(cursor.opened_at)
	}

	/// Rounds whose reveal deadline has not passed, some of them closed already, oldest first.
	///
	/// At most a full list for each tick of both phases. Reading them all takes a node a few
	/// milliseconds. An index by executor would cost the chain two writes per seat.
	pub(crate) fn open_rounds() -> Vec<(RequestId, RoundIndex)> {
		let mut lists: Vec<_> = Deadlines::<T>::iter().collect();
		lists.sort_unstable_by_key(|(opened_at, _)| *opened_at);
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
		while cursor.opened_at + distance <= now && Self::pass_list(deadline, &mut cursor, meter) {
			cursor = Cursor { opened_at: cursor.opened_at + One::one(), position: 0 };
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
		let rounds = Deadlines::<T>::get(cursor.opened_at);
		meter.consume(T::WeightInfo::take_deadlines(rounds.len() as u32));
		for (request, index) in rounds.iter().skip(cursor.position as usize) {
			if !meter.can_consume(Self::max_deadline_weight()) {
				return false;
			}
			meter.consume(Self::pass_deadline(deadline, *request, *index));
			cursor.position += 1;
		}
		if deadline == Deadline::Reveal && !rounds.is_empty() {
			Deadlines::<T>::remove(cursor.opened_at);
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
