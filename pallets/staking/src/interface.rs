//! Interface to the other pallets: who an executor is, what it has at stake, what it earns and
//! loses.

use crate::{pallet::*, pools::CreditOf, types::*, weights::WeightInfo};
use alloc::vec::Vec;
use frame_support::{traits::Get, weights::Weight};
use opg_primitives::ExecutorKey;
use pallet_opg_support::{
	ExecutorDirectory, ExecutorLedger, ExecutorStake, Offence, SilenceRecord,
};
use sp_core::H256;
use sp_runtime::Perbill;

impl<T: Config> ExecutorDirectory<T::AccountId> for Pallet<T> {
	fn has_pool(who: &T::AccountId) -> bool {
		Pools::<T>::contains_key(Role::Executor, who)
	}

	fn hot_key(who: &T::AccountId) -> Option<ExecutorKey> {
		HotKeys::<T>::get(who)?.at(Self::now()).cloned()
	}

	fn operator_of(key: &ExecutorKey) -> Option<T::AccountId> {
		KeyOwners::<T>::get(key)
	}
}

impl<T: Config> ExecutorStake<T::AccountId> for Pallet<T> {
	fn session() -> u32 {
		CurrentSession::<T>::get()
	}

	fn snapshot(session: u32) -> Vec<(T::AccountId, u128)> {
		Snapshots::<T>::get(session).into_inner()
	}

	fn own_stake(session: u32) -> Vec<(T::AccountId, u128)> {
		OwnStakes::<T>::get(session).into_inner()
	}

	fn has_stake(who: &T::AccountId) -> bool {
		Pools::<T>::get(Role::Executor, who).is_some_and(|pool| pool.active.shares > 0)
	}

	fn suspended() -> Vec<T::AccountId> {
		Suspended::<T>::get().into_inner()
	}

	fn slot_stake() -> u128 {
		T::SlotStake::get()
	}

	fn declared_slots() -> Vec<(T::AccountId, u32)> {
		DeclaredSlots::<T>::get().into_inner()
	}
}

impl<T: Config> ExecutorLedger<T::AccountId> for Pallet<T> {
	type Credit = CreditOf<T>;

	fn reward(who: &T::AccountId, credit: Self::Credit) {
		Self::reward_pool(&PoolId { operator: who.clone(), role: Role::Executor }, credit);
	}

	fn fine(who: &T::AccountId, offence: Offence, session: u32, record: SilenceRecord) {
		Self::fine_executor(who, offence, session, record);
	}

	fn convict(
		who: &T::AccountId,
		model_hash: H256,
		session: u32,
		payees: &[(&T::AccountId, Perbill)],
	) {
		Self::convict_executor(who, model_hash, session, payees);
	}

	fn charge(who: &T::AccountId, amount: u128, session: u32) -> Self::Credit {
		Self::charge_operator(who, amount, session)
	}

	fn charge_weight() -> Weight {
		T::WeightInfo::charge()
	}

	fn record_presence(who: &T::AccountId) -> bool {
		Self::note_presence(who)
	}
}
