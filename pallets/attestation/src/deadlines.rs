//! Deadlines: end phases in time, and postpone the ends of rounds for which a block has no weight.

use crate::{pallet::*, types::*, weights::WeightInfo};
use frame_support::{
	traits::Get,
	weights::{Weight, WeightMeter},
};
use frame_system::pallet_prelude::BlockNumberFor;
use opg_primitives::{RequestId, RoundIndex};
use sp_runtime::traits::One;

impl<T: Config> Pallet<T> {
	/// Deadlines of a round that is opened now. Both are at a fixed distance, so the limit of draws
	/// per block bounds them too.
	pub(crate) fn new_deadlines() -> [(BlockNumberFor<T>, Deadline); 2] {
		let now = frame_system::Pallet::<T>::block_number();
		let commit_by = now + T::CommitBlocks::get().into();
		let reveal_by = commit_by + T::RevealBlocks::get().into();
		[(commit_by, Deadline::Commit), (reveal_by, Deadline::Reveal)]
	}

	/// Rounds whose last deadline is ahead, some of them closed already, oldest first.
	///
	/// At most a full list for each block of both phases. Reading them all takes a node a few
	/// milliseconds. An index by executor would cost the chain two writes per seat.
	pub(crate) fn open_rounds(
		now: BlockNumberFor<T>,
	) -> impl Iterator<Item = (RequestId, RoundIndex)> {
		(1..=T::CommitBlocks::get() + T::RevealBlocks::get())
			.flat_map(move |ahead| Deadlines::<T>::get((now + ahead.into(), Deadline::Reveal)))
	}

	/// Ends the phases whose deadline is `now`. Returns the weight.
	pub(crate) fn pass_deadlines(now: BlockNumberFor<T>) -> Weight {
		// Measures without a limit: a round that cannot be postponed ends in any case.
		let mut meter = WeightMeter::new();
		meter.consume(Self::shared_weight());
		let lists =
			[(Deadline::Commit, RoundPhase::Commit), (Deadline::Reveal, RoundPhase::Reveal)]
				.map(|(deadline, phase)| (phase, Deadlines::<T>::take((now, deadline))));
		let mut left = 0;
		for (_, due) in &lists {
			left += due.len() as u64;
			meter.consume(T::WeightInfo::take_deadlines(due.len() as u32));
		}
		for (phase, due) in lists {
			for (request, index) in due {
				left = left.saturating_sub(1);
				let reserved = Self::max_postpone_weight().saturating_mul(left);
				Self::pass_deadline(now, (request, index), phase, reserved, &mut meter);
			}
		}
		meter.consumed()
	}

	/// Ends `phase` of a round, unless it ended early. `reserved`: weight for those that follow.
	fn pass_deadline(
		now: BlockNumberFor<T>,
		(request, index): (RequestId, RoundIndex),
		phase: RoundPhase,
		reserved: Weight,
		meter: &mut WeightMeter,
	) {
		let Some(round) = Rounds::<T>::get(request) else {
			return meter.consume(T::WeightInfo::read_round(0));
		};
		if round.index != index || round.phase != phase {
			return meter.consume(T::WeightInfo::read_round(round.seats.len() as u32));
		}
		meter.consume(Self::round_weight(&round));
		let round = Round { phase: RoundPhase::Reveal, ..round };
		if phase == RoundPhase::Commit && round.awaits_reveal() {
			// Those who committed still reveal: their answers count in the deciding round.
			Rounds::<T>::insert(request, round);
			return;
		}
		let needed = Self::max_end_round_weight().saturating_add(reserved);
		let fits = meter.consumed().saturating_add(needed).all_lte(T::DeadlineWeight::get());
		// Only the end is postponed, never a phase: nobody loses time to reveal.
		if !fits && Self::postpone(now, request, index) {
			Rounds::<T>::insert(request, round);
			return meter.consume(T::WeightInfo::postpone());
		}
		meter.consume(Self::end_round(request, round));
	}

	/// Moves the end of a round to the next block. Returns whether that block has room for it.
	pub(crate) fn postpone(now: BlockNumberFor<T>, request: RequestId, index: RoundIndex) -> bool {
		Deadlines::<T>::try_append((now + One::one(), Deadline::Reveal), (request, index)).is_ok()
	}
}
