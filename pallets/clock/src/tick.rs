//! Ticks of the clock, and its value as other pallets read it.

use crate::{pallet::*, MAX_PAUSE};
use frame_support::{dispatch::DispatchClass, traits::Get};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::traits::{BlockNumberProvider, One};

impl<T: Config> Pallet<T> {
	/// Ticks at the end of `block`, where it is due.
	pub(crate) fn tick_if_due(block: BlockNumberFor<T>) {
		let (closed, _) = Closed::<T>::get();
		if closed == block {
			return;
		}
		let due = block - LastTick::<T>::get() >= MAX_PAUSE.into();
		if due || Self::has_room() {
			Now::<T>::mutate(|now| *now += One::one());
			LastTick::<T>::put(block);
		}
	}

	/// Tells whether the block could still take the largest batch, by the rules of
	/// [`frame_system::CheckWeight`].
	fn has_room() -> bool {
		let class = DispatchClass::Operational;
		let limits = T::BlockWeights::get();
		let own_limits = limits.get(class);
		let (batch, bytes) = T::LargestBatch::get();
		let batch =
			batch.saturating_add(own_limits.base_extrinsic).saturating_add_proof_size(bytes.into());
		let mut used = frame_system::Pallet::<T>::block_weight();
		used.accrue(batch, class);
		let own = used.get(class);
		let total = used.total();
		let length = frame_system::Pallet::<T>::block_size().saturating_add(bytes);
		let reserved = own_limits.reserved.is_none_or(|reserved| own.all_lte(reserved));
		own_limits.max_total.is_none_or(|most| own.all_lte(most))
			&& (reserved || total.all_lte(limits.max_block))
			&& length <= *T::BlockLength::get().max.get(class)
	}
}

impl<T: Config> BlockNumberProvider for Pallet<T> {
	type BlockNumber = BlockNumberFor<T>;

	fn current_block_number() -> Self::BlockNumber {
		Now::<T>::get()
	}

	#[cfg(any(feature = "std", feature = "runtime-benchmarks"))]
	fn set_block_number(now: Self::BlockNumber) {
		Now::<T>::put(now);
	}
}
