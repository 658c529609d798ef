//! Hot keys: proof of possession, rotation after a delay, removal with the pool.

use crate::{pallet::*, types::*};
use frame_support::{ensure, pallet_prelude::DispatchResult, traits::Get};
use frame_system::pallet_prelude::BlockNumberFor;
use opg_primitives::{possession_payload, ExecutorKey, ExecutorSignature};
use sp_core::H256;
use sp_runtime::{traits::Zero, RuntimeAppPublic};

impl<T: Config> Pallet<T> {
	/// Genesis hash of the chain, which every proof signs.
	pub(crate) fn genesis_hash() -> H256 {
		frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero())
	}

	pub(crate) fn do_set_hot_key(
		operator: T::AccountId,
		key: ExecutorKey,
		proof: ExecutorSignature,
	) -> DispatchResult {
		ensure!(Pools::<T>::contains_key(Role::Executor, &operator), Error::<T>::UnknownPool);
		let payload = possession_payload(&Self::genesis_hash(), &operator);
		ensure!(key.verify(&payload, &proof), Error::<T>::InvalidProof);
		Self::install_key(operator, key)
	}

	/// Installs a key without a proof. The first key is valid at once. A later one is valid after a
	/// delay, so that signatures of the old one that are under way still count.
	pub(crate) fn install_key(operator: T::AccountId, key: ExecutorKey) -> DispatchResult {
		ensure!(!KeyOwners::<T>::contains_key(&key), Error::<T>::KeyTaken);
		let now = Self::now();
		let installed = match HotKeys::<T>::get(&operator) {
			None => HotKey { key: key.clone(), from: now, previous: None },
			Some(old) => {
				ensure!(now >= old.from, Error::<T>::RotationPending);
				if let Some(older) = old.previous {
					KeyOwners::<T>::remove(older);
				}
				let from = now + T::KeyDelay::get().into();
				HotKey { key: key.clone(), from, previous: Some(old.key) }
			},
		};
		let from = installed.from;
		KeyOwners::<T>::insert(&key, &operator);
		HotKeys::<T>::insert(&operator, installed);
		Self::deposit_event(Event::HotKeySet { operator, key, from });
		Ok(())
	}

	pub(crate) fn remove_keys(operator: &T::AccountId) {
		if let Some(keys) = HotKeys::<T>::take(operator) {
			KeyOwners::<T>::remove(keys.key);
			if let Some(previous) = keys.previous {
				KeyOwners::<T>::remove(previous);
			}
		}
	}
}
