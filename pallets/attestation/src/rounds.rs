//! Rounds: from phase to phase as executors submit, and their end.

use crate::{pallet::*, tally::Tally, types::*, weights::WeightInfo};
use frame_support::{defensive, traits::Get, weights::Weight};
use frame_system::pallet_prelude::BlockNumberFor;
use opg_primitives::{CommitmentContext, FailureReason, RequestId};
use pallet_opg_support::{ExecutorLedger, OnRoundDecided, Verdict};
use sp_core::H256;
use sp_runtime::traits::{BlockNumberProvider, Zero};

impl<T: Config> Pallet<T> {
	/// Time that deadlines count.
	pub(crate) fn now() -> BlockNumberFor<T> {
		T::BlockNumberProvider::current_block_number()
	}

	/// Hash of the genesis block.
	pub(crate) fn genesis() -> H256 {
		frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero())
	}

	/// Everything that a commitment of `executor` in the current round is bound to.
	pub(crate) fn commitment_context(
		request: RequestId,
		round: &RoundOf<T>,
		executor: &T::AccountId,
	) -> CommitmentContext<T::AccountId> {
		CommitmentContext {
			genesis: Self::genesis(),
			request,
			round: round.index,
			seed: round.seed,
			executor: executor.clone(),
			model_hash: round.model_hash,
			engine_id: round.engine_id,
			input_hash: round.input_hash,
		}
	}

	/// Stores a round of which a seat changed. A phase in which nobody is left to wait for ends.
	/// Returns the weight of the end of the round.
	pub(crate) fn advance(request: RequestId, mut round: RoundOf<T>) -> Weight {
		round.phase = round.phase_at(Self::now());
		if round.phase == RoundPhase::Commit && !round.awaits_commitment() {
			round.phase = RoundPhase::Reveal;
		}
		if round.phase == RoundPhase::Commit || round.awaits_reveal() {
			Rounds::<T>::insert(request, round);
			Weight::zero()
		} else {
			Self::end_round(request, round)
		}
	}

	/// Ends the current round and reports the verdict. Returns the weight without that of the stored
	/// round.
	pub(crate) fn end_round(request: RequestId, round: RoundOf<T>) -> Weight {
		let seats = round.current_seats().count() as u32;
		let silent = round.silent_executors().count() as u32;
		// Where answers conflict, the one that decides may be outside the round.
		let reads = u64::from(round.has_conflicting_answers());
		let mut weight = T::DbWeight::get().reads(reads) + T::WeightInfo::close(seats);
		if silent > 0 {
			Self::penalise_silence(&round);
			weight += T::WeightInfo::penalise_silence(silent);
		}
		let verdict = Self::close(request, round);
		weight.saturating_add(T::Requests::on_round_decided(request, verdict))
	}

	/// Fines the executors of the current round that kept no seat.
	pub(crate) fn penalise_silence(round: &RoundOf<T>) {
		let record = round.silence_record();
		for (seat, offence) in round.silent_executors() {
			T::Executors::fine(&seat.executor, offence, seat.session, record);
		}
	}

	/// Closes the current round and stores it.
	pub(crate) fn close(request: RequestId, mut round: RoundOf<T>) -> Verdict {
		round.phase = RoundPhase::Closed;
		while round.fill_vacant_seat(DeclineOutcome::Unfilled) {}
		let verdict = match round.tally() {
			Tally::Agreed(digest) => match Self::find_answer(request, &round, digest) {
				Some(answer) => Verdict::Agreed(answer),
				None => {
					defensive!("every revealed answer is kept until the request is removed");
					Verdict::Undecided(FailureReason::NotEnoughReveals)
				},
			},
			Tally::Dissent => Verdict::Dissent,
			Tally::Undecided(reason) => Verdict::Undecided(reason),
		};
		Rounds::<T>::insert(request, round);
		verdict
	}
}
