//! What must always hold.

use crate::{pallet::*, types::*};
use alloc::vec::Vec;
use frame_support::ensure;
use sp_core::H256;
use sp_runtime::TryRuntimeError;

fn gave<A, B>(record: &Record<A, B>, digest: H256) -> bool {
	record.seats.iter().any(|seat| seat.state.digest() == Some(digest))
}

impl<T: Config> Pallet<T> {
	/// Every open round has its deadline ahead; phases fit the seats.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		let now = frame_system::Pallet::<T>::block_number();
		let open: Vec<_> = Self::open_rounds(now).collect();
		for (request, record) in Records::<T>::iter() {
			ensure!(
				record.phase == Phase::Closed || open.contains(&(request, record.round)),
				"open round without a deadline"
			);
			if let Some((digest, answer)) = &record.answer {
				ensure!(answer.digest() == *digest, "answer with another digest");
				ensure!(gave(&record, *digest), "answer of nobody");
			}
			ensure!(
				record.phase != Phase::Commit
					|| record
						.current()
						.all(|seat| !matches!(seat.state, SeatState::Revealed { .. })),
				"revealed before everyone committed"
			);
		}
		for (request, digest, answer) in Answers::<T>::iter() {
			ensure!(answer.digest() == digest, "answer under another digest");
			let record = Records::<T>::get(request).ok_or("answer without a record")?;
			ensure!(record.has_rivals(), "answer that is never dropped");
			ensure!(gave(&record, digest), "answer of nobody");
		}
		Ok(())
	}
}
