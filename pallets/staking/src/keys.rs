//! Hot keys of the executors.

use crate::{pallet::*, types::HotKey};
use frame_support::{ensure, pallet_prelude::DispatchResult, traits::Get};
use frame_system::pallet_prelude::BlockNumberFor;
use opg_primitives::{possession_payload, ExecutorKey, ExecutorSignature};
use sp_runtime::{traits::Zero, RuntimeAppPublic};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_set_hot_key(
		operator: T::AccountId,
		key: ExecutorKey,
		proof: ExecutorSignature,
	) -> DispatchResult {
		ensure!(
			Pools::<T>::contains_key(crate::Role::Executor, &operator),
			Error::<T>::UnknownPool
		);
		let genesis = frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero());
		ensure!(key.verify(&possession_payload(&genesis, &operator), &proof), Error::<T>::BadProof);
		Self::install_key(operator, key)
	}

	/// The first key is valid at once, a new one after a delay: what was signed with the old one
	/// and is under way still counts.
	pub(crate) fn install_key(operator: T::AccountId, key: ExecutorKey) -> DispatchResult {
		ensure!(!KeyOwners::<T>::contains_key(&key), Error::<T>::KeyTaken);
		let now = frame_system::Pallet::<T>::block_number();
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

	pub(crate) fn forget_keys(operator: &T::AccountId) {
		if let Some(keys) = HotKeys::<T>::take(operator) {
			KeyOwners::<T>::remove(keys.key);
			if let Some(previous) = keys.previous {
				KeyOwners::<T>::remove(previous);
			}
		}
	}

	/// The key that attests for `operator` in this block.
	pub fn current_key(operator: &T::AccountId) -> Option<ExecutorKey> {
		HotKeys::<T>::get(operator)?.at(frame_system::Pallet::<T>::block_number()).cloned()
	}
}
