//! Sessions: elections of validators, and snapshots of the stake by which executors are drawn.

use crate::{pallet::*, types::*};
use alloc::vec::Vec;
use frame_support::{
	traits::{Contains, Get},
	BoundedVec,
};
use opg_primitives::Balance;

/// Sessions before the current one whose snapshots are kept: late draws of their rounds use them.
pub(crate) const PAST_SNAPSHOTS: u32 = 2;

impl<T: Config> Pallet<T> {
	/// Takes the snapshot by which session `index` draws. `pallet-session` plans a session when the
	/// one before it starts, so no randomness of it can be known yet. Nothing changes a snapshot.
	pub fn plan_session(index: u32) {
		let mut suspended = Vec::new();
		let (mut members, mut own) = (Vec::new(), Vec::new());
		let operators = Operators::<T>::get(Role::Executor);
		let declared = DeclaredSlots::<T>::get();
		for operator in &operators {
			let Some(pool) = Pools::<T>::get(Role::Executor, operator) else { continue };
			if !Self::is_eligible(&pool) {
				suspended.push(operator.clone());
			} else if HotKeys::<T>::contains_key(operator) {
				let backed = Self::backed(&declared, operator, pool.active.balance);
				members.push((operator.clone(), backed));
				own.push((operator.clone(), pool.self_bond()));
			}
		}
		let cap = cap(members.iter().map(|(_, stake)| *stake).collect(), T::MaxShareParts::get());
		for (_, stake) in &mut members {
			*stake = Self::whole_slots((*stake).min(cap));
		}
		// Those who left stay suspended while a snapshot holds them.
		let oldest = index.saturating_sub(PAST_SNAPSHOTS + 1);
		let older: Vec<_> = (oldest..index).map(Snapshots::<T>::get).collect();
		suspended.extend(Suspended::<T>::get().into_iter().filter(|who| {
			operators.binary_search(who).is_err()
				&& older
					.iter()
					.any(|members| members.binary_search_by(|(own, _)| own.cmp(who)).is_ok())
		}));
		suspended.sort();
		Suspended::<T>::put(BoundedVec::truncate_from(suspended));
		// `MaxPools` bounds both the operators and the snapshot.
		Snapshots::<T>::insert(index, BoundedVec::truncate_from(members));
		OwnStakes::<T>::insert(index, BoundedVec::truncate_from(own));
	}

	/// Draws by the snapshot of session `index` from now on.
	pub fn start_session(index: u32) {
		CurrentSession::<T>::put(index);
		if let Some(old) = index.checked_sub(PAST_SNAPSHOTS + 1) {
			Snapshots::<T>::remove(old);
			OwnStakes::<T>::remove(old);
		}
	}

	/// Validators of the next session: those with the most stake, the lower account first where it
	/// is equal. `None` where nobody can be elected, so that the set never becomes empty.
	pub fn elect() -> Option<Vec<T::AccountId>> {
		let mut candidates: Vec<_> = Operators::<T>::get(Role::Validator)
			.into_iter()
			.filter_map(|operator| {
				let pool = Pools::<T>::get(Role::Validator, &operator)?;
				Some((operator, pool))
			})
			.filter(|(operator, pool)| {
				Self::is_eligible(pool)
					&& pool.active.balance >= T::MinValidatorStake::get()
					&& T::ValidatorKeys::contains(operator)
			})
			.map(|(operator, pool)| (core::cmp::Reverse(pool.active.balance), operator))
			.collect();
		candidates.sort();
		candidates.truncate(ValidatorCount::<T>::get() as usize);
		let elected: Vec<_> = candidates.into_iter().map(|(_, operator)| operator).collect();
		(!elected.is_empty()).then_some(elected)
	}

	/// Draws skip `id` from now on.
	pub(crate) fn suspend(id: &PoolId<T::AccountId>) {
		if id.role == Role::Executor {
			Suspended::<T>::mutate(|list| {
				if let Err(at) = list.binary_search(&id.operator) {
					// One that does not fit is drawn and is silent, which costs nobody stake.
					let _ = list.try_insert(at, id.operator.clone());
				}
			});
		}
	}

	/// Draws do not skip `id` any more. It has the seats that the snapshots always gave it.
	pub(crate) fn reinstate(id: &PoolId<T::AccountId>) {
		if id.role == Role::Executor {
			Suspended::<T>::mutate(|list| {
				if let Ok(at) = list.binary_search(&id.operator) {
					list.remove(at);
				}
			});
		}
	}
}

/// Largest weight that leaves nobody more than one of `parts` equal parts of the total, in planck.
/// There is no cap with fewer than twice as many pools as parts: small stakes would then weigh
/// nearly as much as large ones.
pub(crate) fn cap(mut stakes: Vec<Balance>, parts: u32) -> Balance {
	if (stakes.len() as u32) < parts.saturating_mul(2) {
		return Balance::MAX;
	}
	stakes.sort_unstable_by(|a, b| b.cmp(a));
	let mut rest = stakes.iter().fold(0 as Balance, |sum, stake| sum.saturating_add(*stake));
	// With `m` pools capped at `w`, nobody has more than a part where w = rest / (parts - m).
	for (capped, stake) in stakes.iter().enumerate() {
		let left = Balance::from(parts).saturating_sub(capped as Balance);
		if left == 0 {
			return *stake;
		}
		if *stake <= rest / left {
			return rest / left;
		}
		rest -= stake;
	}
	Balance::MAX
}
