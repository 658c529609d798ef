//! Hooks: the weight that every block pays, and the checks of the configuration.

use crate::{convictions::MAX_SERVICED, pallet::*, weights::WeightInfo};
#[cfg(feature = "runtime-benchmarks")]
use alloc::vec::Vec;
use frame_support::{traits::Get, weights::Weight};
use pallet_opg_support::{weight_budget::assert_fits, Liabilities};

/// Number of keys that the requests, draws and decisions of a block share.
const SHARED_KEYS: usize = 6;
/// Number of these keys that may change.
const SHARED_WRITES: u64 = 2;
/// Number of convictions that a block reads and leaves as they are: the next to mature, and the next
/// to be forgotten.
const WAITING_CONVICTIONS: u64 = 2;

impl<T: Config> Pallet<T> {
	/// Keys that every block pays for once. Benchmarks do not count them. The first
	/// [`SHARED_WRITES`] may change.
	#[cfg(feature = "runtime-benchmarks")]
	pub fn shared_keys() -> [Vec<u8>; SHARED_KEYS] {
		[
			Suspended::<T>::hashed_key().to_vec(),
			ConvictionNumbers::<T>::hashed_key().to_vec(),
			CurrentSession::<T>::hashed_key().to_vec(),
			DeclaredSlots::<T>::hashed_key().to_vec(),
			Snapshots::<T>::hashed_key_for(CurrentSession::<T>::get()),
			OwnStakes::<T>::hashed_key_for(CurrentSession::<T>::get()),
		]
	}

	/// Weight that a block pays that has executed or forgotten `convictions`. It covers the shared
	/// keys, and the author's reward, for which `pallet-authorship` charges nothing.
	pub(crate) fn block_weight(convictions: u32) -> Weight {
		let reads = SHARED_KEYS as u64 + WAITING_CONVICTIONS;
		T::WeightInfo::reward_author()
			.saturating_add(T::DbWeight::get().reads_writes(reads, SHARED_WRITES))
			// Whether the oldest conviction is still remembered.
			.saturating_add(T::Liabilities::max_weight())
			.saturating_add(T::WeightInfo::execute_conviction().saturating_mul(convictions.into()))
			// Whether one of them closes its pool.
			.saturating_add(T::Liabilities::max_weight().saturating_mul(convictions.into()))
	}

	/// Worst-case weight of a change of sessions, with one slash of a validator.
	fn max_session_change_weight() -> Weight {
		let pools = T::MaxPools::get();
		T::WeightInfo::plan_session(pools)
			.saturating_add(T::WeightInfo::elect(pools))
			.saturating_add(T::WeightInfo::start_session())
			.saturating_add(T::WeightInfo::slash_validator())
			.saturating_add(Self::block_weight(MAX_SERVICED))
	}

	/// Panics where the configuration contradicts itself.
	pub(crate) fn check_config() {
		assert!(T::MaxShareParts::get() > 1, "one part is the whole");
		assert!(T::DayBlocks::get() > 0, "a day has blocks");
		assert!(T::OfflineSessions::get() > 0, "a validator has time to make a block");
		assert!(T::MinValidators::get() > 0, "somebody makes blocks");
		assert!(T::MinDelegation::get() > 0, "a delegation is something");
		assert!(T::MinBond::get() >= T::MinDelegation::get(), "a bond is a delegation");
		assert!(!T::MinOwnShare::get().is_one(), "pools take delegations");
		assert!(T::SlotStake::get() > 0, "a slot is backed by something");
		assert!(T::MinBond::get() >= T::SlotStake::get(), "every executor has a slot");
		let budget = T::BlockWeights::get().max_block;
		assert_fits("a change of sessions", Self::max_session_change_weight(), budget);
	}
}
