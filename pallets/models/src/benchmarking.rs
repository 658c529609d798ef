//! What every call costs in its worst case.

use crate::*;
use alloc::vec::Vec;
use frame_support::{traits::Get, BoundedVec};
use opg_primitives::ModelId;
use sp_core::H256;

/// A version with the largest fuel limit and the longest name.
fn model<T: Config>(owner: T::AccountId) -> ModelOf<T> {
	Model {
		owner,
		hash: H256::zero(),
		size: 1,
		name: BoundedVec::truncate_from([b'n'; 64].to_vec()),
		engine: H256::zero(),
		max_fuel: T::MaxFuel::get(),
		royalty: 0,
	}
}

/// For other pallets' benchmarks: a version that `servers` serve.
pub(crate) fn version<T: Config>(owner: T::AccountId, servers: Vec<T::AccountId>) -> ModelId {
	let id = NextModelId::<T>::get();
	NextModelId::<T>::put(id + 1);
	Models::<T>::insert(id, model::<T>(owner));
	Servers::<T>::insert(id, BoundedVec::truncate_from(servers));
	id
}
