//! Invariants of the clock.

use crate::{pallet::*, MAX_PAUSE};
use frame_support::ensure;
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks that the clock is not ahead of the last block in which it ticked, nor that of the
	/// block number; and that it ticked in one of four blocks that admitted transactions.
	///
	/// It holds between blocks, and within one.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		let block = frame_system::Pallet::<T>::block_number();
		let (now, last) = (Now::<T>::get(), LastTick::<T>::get());
		let (_, closed) = Closed::<T>::get();
		ensure!(now <= last && last <= block, "the clock is ahead of the block number");
		let pause: BlockNumberFor<T> = MAX_PAUSE.into();
		ensure!(block - closed <= pause * now + pause, "the clock stood still for too long");
		Ok(())
	}
}
