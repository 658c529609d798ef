//! Calls: validators commit and reveal. They count votes; what follows from the last vote of a phase
//! is left to the next block.

use crate::{authorize::Payload, pallet::*, types::*};
use opg_primitives::RequestId;
use pallet_opg_support::OnCourtDecided;
use sp_core::H256;

impl<T: Config> Pallet<T> {
	pub(crate) fn do_commit(batch: BatchOf<T, H256>) {
		Self::vote(batch, |case, validator, Item { request, payload: commitment, .. }| {
			if let CasePhase::Commit { committed } = &mut case.phase {
				*committed = committed.saturating_add(1);
			}
			Self::deposit_event(Event::Committed { request, validator, commitment });
			Vote::Committed(commitment)
		});
	}

	pub(crate) fn do_reveal(batch: BatchOf<T, RevealedVote>) {
		Self::vote(batch, |case, validator, Item { request, payload, .. }| {
			let finding = payload.finding();
			let RevealedVote { digest, witness, answer, .. } = payload;
			if let CasePhase::Reveal { unrevealed } = &mut case.phase {
				*unrevealed = unrevealed.saturating_sub(1);
			}
			if let Some(answer) = answer {
				if !Self::holds_answer(request, digest) {
					Answers::<T>::insert(request, digest, answer);
				}
			}
			Self::deposit_event(Event::Revealed { request, validator, digest, witness });
			Vote::Revealed(finding)
		});
	}

	/// Stores the vote that `count` makes of each item that fits.
	fn vote<P: Payload<T>>(
		batch: BatchOf<T, P>,
		count: impl Fn(&mut Case, T::AccountId, Item<P>) -> Vote,
	) {
		let (session, seat) = (batch.session, batch.seat);
		let bench = Benches::<T>::get(session);
		let Some((validator, _)) = bench.get(usize::from(seat)) else { return };
		for item in batch.items {
			let request = item.request;
			let Ok(mut case) = Self::check_item(session, seat, validator, &item) else { continue };
			let vote = count(&mut case, validator.clone(), item);
			if Self::is_phase_complete(request, &case) {
				Self::end_phase_early(request);
			}
			Votes::<T>::insert(request, seat, vote);
			Cases::<T>::insert(request, case);
		}
	}

	/// Tells whether nobody is left to wait for.
	fn is_phase_complete(request: RequestId, case: &Case) -> bool {
		match case.phase {
			CasePhase::Waiting => false,
			CasePhase::Commit { committed } => committed >= case.seats,
			CasePhase::Reveal { unrevealed } => {
				unrevealed == 0 && !T::Requests::awaits_claims(request)
			},
		}
	}
}
