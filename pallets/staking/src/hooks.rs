//! Hooks: the weight that every block pays, and the checks of the configuration.

use crate::{pallet::*, weights::WeightInfo};
#[cfg(feature = "runtime-benchmarks")]
use alloc::vec::Vec;
use frame_support::{traits::Get, weights::Weight};
use pallet_opg_support::weight_budget::assert_fits;

/// Number of keys that the requests, draws and decisions of a block share.
const SHARED_KEYS: usize = 6;
/// Number of these keys that may change.
const SHARED_WRITES: u64 = 3;

impl<T: Config> Pallet<T> {
	/// Keys that every block pays for once. Benchmarks do not count them. The first
	/// [`SHARED_WRITES`] may change.
	#[cfg(feature = "runtime-benchmarks")]
	pub fn shared_keys() -> [Vec<u8>; SHARED_KEYS] {
		[
			Suspended::<T>::hashed_key().to_vec(),
			SessionSlashed::<T>::hashed_key().to_vec(),
			SlashingPaused::<T>::hashed_key().to_vec(),
			SessionStake::<T>::hashed_key().to_vec(),
			CurrentSession::<T>::hashed_key().to_vec(),
			Snapshots::<T>::hashed_key_for(CurrentSession::<T>::get()),
		]
	}

	/// Weight that every block pays. It covers the shared keys, and the author's reward, for which
	/// `pallet-authorship` charges nothing.
	pub(crate) fn block_weight() -> Weight {
		T::WeightInfo::reward_author()
			.saturating_add(T::DbWeight::get().reads_writes(SHARED_KEYS as u64, SHARED_WRITES))
	}

	/// Worst-case weight of a change of sessions, with one slash of a validator.
	fn max_session_change_weight() -> Weight {
		let pools = T::MaxPools::get();
		T::WeightInfo::plan_session(pools)
			.saturating_add(T::WeightInfo::elect(pools))
			.saturating_add(T::WeightInfo::start_session(pools))
			.saturating_add(T::WeightInfo::slash_validator())
			// The index of the session, and the snapshot that is dropped.
			.saturating_add(T::DbWeight::get().writes(2))
	}

	/// Panics where the configuration contradicts itself.
	pub(crate) fn check_config() {
		assert!(T::MaxShareParts::get() > 1, "one part is the whole");
		assert!(T::MinDelegation::get() > 0, "a delegation is something");
		assert!(T::MinBond::get() >= T::MinDelegation::get(), "a bond is a delegation");
		let budget = T::BlockWeights::get().max_block;
		assert_fits("a change of sessions", Self::max_session_change_weight(), budget);
	}
}
