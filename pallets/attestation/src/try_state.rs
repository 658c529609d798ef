//! Invariants of the storage.

use crate::{pallet::*, types::*};
use frame_support::ensure;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks that open rounds are listed by their deadline, that no list is left behind, that phases fit the
	/// seats, that every seat has one holder, and that each stored answer was revealed and will be
	/// removed.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		let now = Self::now();
		let cursor = Cursors::<T>::get(Deadline::Reveal);
		ensure!(
			Deadlines::<T>::iter_keys().all(|commit_by| cursor.commit_by <= commit_by),
			"list of deadlines that have passed"
		);
		for (request, round) in Rounds::<T>::iter() {
			ensure!(
				round.phase == RoundPhase::Closed
					|| Deadlines::<T>::get(round.commit_by).contains(&(request, round.index)),
				"open round without a deadline"
			);
			ensure!(
				round.answer.is_some() != round.revealed_digests().is_empty(),
				"answer that is not kept, or that nobody gave"
			);
			if let Some((digest, answer)) = &round.answer {
				ensure!(answer.digest() == *digest, "answer with another digest");
				ensure!(round.revealed_by(*digest).next().is_some(), "answer of nobody");
			}
			ensure!(
				round.phase_at(now) != RoundPhase::Commit
					|| round
						.current_seats()
						.all(|seat| !matches!(seat.state, SeatState::Revealed { .. })),
				"revealed before everyone committed"
			);
			ensure!(round.current_places().count() as u32 == round.size, "seat without a holder");
			ensure!(
				round.phase != RoundPhase::Closed || round.vacant_seat().is_none(),
				"vacant seat of a round that is over"
			);
			ensure!(
				round.current_seats().all(|seat| match seat.state {
					SeatState::Revealed { witness, .. } => witness.is_some() == round.witnessed,
					_ => true,
				}),
				"witness that nobody asked for, or none"
			);
		}
		for (request, digest, answer) in Answers::<T>::iter() {
			ensure!(answer.digest() == digest, "answer under another digest");
			let round = Rounds::<T>::get(request).ok_or("answer without a round")?;
			ensure!(round.has_conflicting_answers(), "answer that is never removed");
			ensure!(round.revealed_by(digest).next().is_some(), "answer of nobody");
		}
		Ok(())
	}
}
