//! What must always hold.

use crate::{pallet::*, types::*};
use frame_support::ensure;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Every duty names an open seat and every open seat has its duty; phases fit the seats.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		let mut open = 0;
		for (request, record) in Records::<T>::iter() {
			for seat in record.current() {
				ensure!(
					(Duties::<T>::get(&seat.executor, request) == Some(record.round))
						== (record.phase != Phase::Closed),
					"duties differ from the open seats"
				);
			}
			if record.phase != Phase::Closed {
				open += record.current().count();
			}
			ensure!(
				record.phase != Phase::Commit
					|| record
						.current()
						.all(|seat| !matches!(seat.state, SeatState::Revealed { .. })),
				"revealed before everyone committed"
			);
		}
		ensure!(Duties::<T>::iter().count() == open, "duty without a seat");
		for (request, digest, answer) in Answers::<T>::iter() {
			ensure!(answer.digest() == digest, "answer under another digest");
			let record = Records::<T>::get(request).ok_or("answer without a record")?;
			ensure!(
				record.seats.iter().any(|seat| seat.state.digest() == Some(digest)),
				"answer of nobody"
			);
		}
		Ok(())
	}
}
