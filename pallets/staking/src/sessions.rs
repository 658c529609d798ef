//! The stake snapshot of each session.

use crate::{pallet::*, types::Duty};
use alloc::vec::Vec;
use frame_support::{traits::Get, BoundedVec};

impl<T: Config> Pallet<T> {
	/// Fix the stake with which session `index` draws. `pallet-session` plans a session when the
	/// one before it starts, so no randomness used in it can be known yet.
	pub fn plan_session(index: u32) {
		let mut stakes: Vec<_> = Pools::<T>::iter()
			.filter(|(_, pool)| pool.duty != Duty::Resting && pool.balance >= T::MinBond::get())
			.map(|(operator, pool)| (operator, pool.balance))
			.collect();
		stakes.sort();
		// `MaxPools` bounds both the pools and the snapshot.
		Snapshots::<T>::insert(index, BoundedVec::truncate_from(stakes));
	}

	/// Draw with the snapshot of session `index` from now on.
	pub fn start_session(index: u32) {
		if let Some(old) = index.checked_sub(1) {
			Snapshots::<T>::remove(old);
		}
		CurrentSession::<T>::put(index);
	}
}
