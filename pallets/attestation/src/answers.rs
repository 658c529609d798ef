//! Answers: the first of a request is kept in its round, others in [`Answers`].

use crate::{pallet::*, types::*, weights::WeightInfo};
use frame_support::weights::Weight;
use opg_primitives::{Answer, RequestId};
use pallet_opg_support::MAX_SEATS;
use sp_core::H256;

impl<T: Config> Pallet<T> {
	/// Keeps a revealed answer, unless it is the first again. Returns the weight without that of the
	/// stored round.
	pub(crate) fn keep_answer(
		request: RequestId,
		round: &mut RoundOf<T>,
		digest: H256,
		answer: Answer,
	) -> Weight {
		match &round.answer {
			None => round.answer = Some((digest, answer)),
			Some((first, _)) if *first == digest => {},
			Some(_) => {
				Answers::<T>::insert(request, digest, answer);
				return T::WeightInfo::new_answer();
			},
		}
		Weight::zero()
	}

	/// Revealed answer of a request, in whichever round.
	pub(crate) fn find_answer(
		request: RequestId,
		round: &RoundOf<T>,
		digest: H256,
	) -> Option<Answer> {
		match &round.answer {
			Some((first, answer)) if *first == digest => Some(answer.clone()),
			_ => Answers::<T>::get(request, digest),
		}
	}

	/// Removes the answers outside the round, of which there is at most one per seat. Returns the
	/// number of those that an earlier block stored.
	pub(crate) fn remove_answers(request: RequestId) -> u32 {
		Answers::<T>::clear_prefix(request, MAX_SEATS, None).unique
	}
}
