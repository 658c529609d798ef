#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;
mod tick;
#[cfg(any(feature = "try-runtime", feature = "std"))]
mod try_state;

pub use pallet::*;

/// Blocks that admit transactions, of which the clock ticks in at least one.
pub const MAX_PAUSE: u32 = 4;

#[frame_support::pallet]
pub mod pallet {
	use frame_support::{migrations::MultiStepMigrator, pallet_prelude::*};
	use frame_system::pallet_prelude::*;
	use sp_runtime::traits::One;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// Configuration.
	#[pallet::config]
	pub trait Config: frame_system::Config {
		/// Weight and length in bytes of the largest transaction of the class `Operational` that
		/// somebody may owe.
		type LargestBatch: Get<(Weight, u32)>;
	}

	/// The pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// Ticks since genesis, at the end of the last block.
	#[pallet::storage]
	pub type Now<T: Config> = StorageValue<_, BlockNumberFor<T>, ValueQuery>;

	/// Block in which the clock ticked last.
	#[pallet::storage]
	pub type LastTick<T: Config> = StorageValue<_, BlockNumberFor<T>, ValueQuery>;

	/// Last block that admitted no transactions, and the number of such blocks.
	#[pallet::storage]
	pub type Closed<T: Config> =
		StorageValue<_, (BlockNumberFor<T>, BlockNumberFor<T>), ValueQuery>;

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(block: BlockNumberFor<T>) -> Weight {
			// Asked here: the last step of a migration ends it within its block.
			if T::MultiBlockMigrator::ongoing() {
				Closed::<T>::mutate(|(last, count)| {
					*last = block;
					*count += One::one();
				});
			}
			// Of `on_finalize`. Weight and length of the block are in the overlay.
			T::DbWeight::get().reads_writes(3, 2)
		}

		fn on_finalize(block: BlockNumberFor<T>) {
			Self::tick_if_due(block);
		}

		fn integrity_test() {
			let limits = T::BlockWeights::get();
			let class = limits.get(DispatchClass::Operational);
			let (batch, bytes) = T::LargestBatch::get();
			let batch = batch.saturating_add(class.base_extrinsic);
			let most = class.max_total.unwrap_or(limits.max_block);
			assert!(batch.all_lte(most), "the clock only ticks where a batch of {batch:?} fits");
			let length = *T::BlockLength::get().max.get(DispatchClass::Operational);
			assert!(bytes <= length, "the clock only ticks where a batch of {bytes} bytes fits");
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}
}
