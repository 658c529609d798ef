//! Sessions: elections of validators, and snapshots of the stake by which executors are drawn.

use crate::{pallet::*, types::*};
use alloc::vec::Vec;
use frame_support::{
	traits::{Contains, Get},
	BoundedVec,
};
use opg_primitives::Balance;

impl<T: Config> Pallet<T> {
	/// Takes the snapshot by which session `index` draws. `pallet-session` plans a session when the
	/// one before it starts, so no randomness of it can be known yet.
	pub fn plan_session(index: u32) {
		let mut stakes: Vec<_> = Pools::<T>::iter_prefix(Role::Executor)
			.filter(|(_, pool)| Self::is_eligible(pool))
			.map(|(operator, pool)| (operator, pool.active.balance))
			.filter(|(operator, _)| HotKeys::<T>::contains_key(operator))
			.collect();
		let total = stakes.iter().fold(0 as Balance, |sum, (_, stake)| sum.saturating_add(*stake));
		let cap = cap(stakes.iter().map(|(_, stake)| *stake).collect(), T::MaxShareParts::get());
		for (_, stake) in &mut stakes {
			*stake = (*stake).min(cap);
		}
		stakes.sort();
		// An executor that is eligible again is drawn again at once.
		Suspended::<T>::mutate(|list| {
			list.retain(|who| stakes.binary_search_by(|(member, _)| member.cmp(who)).is_err())
		});
		// `MaxPools` bounds both the pools and the snapshot.
		let members = BoundedVec::truncate_from(stakes);
		Snapshots::<T>::insert(index, Snapshot { total, members });
	}

	/// Draws by the snapshot of session `index` from now on.
	pub fn start_session(index: u32) {
		if let Some(old) = index.checked_sub(1) {
			Snapshots::<T>::remove(old);
		}
		CurrentSession::<T>::put(index);
		let snapshot = Snapshots::<T>::get(index);
		SessionStake::<T>::put(snapshot.total);
		SessionSlashed::<T>::kill();
		// An executor in neither snapshot need not be on the list.
		let planned = Snapshots::<T>::get(index + 1);
		Suspended::<T>::mutate(|list| {
			list.retain(|who| {
				[&snapshot, &planned]
					.iter()
					.any(|s| s.members.binary_search_by(|(member, _)| member.cmp(who)).is_ok())
			})
		});
	}

	/// Validators of the next session: those with the most stake, the lower account first where it
	/// is equal. `None` where nobody can be elected, so that the set never becomes empty.
	pub fn elect() -> Option<Vec<T::AccountId>> {
		let mut candidates: Vec<_> = Pools::<T>::iter_prefix(Role::Validator)
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

	/// Leaves `id` out of draws by the snapshots in which it still is.
	pub(crate) fn suspend(id: &PoolId<T::AccountId>) {
		if id.role == Role::Executor {
			Suspended::<T>::mutate(|list| {
				if let Err(at) = list.binary_search(&id.operator) {
					// There are no more executors than pools, so this always fits.
					let _ = list.try_insert(at, id.operator.clone());
				}
			});
		}
	}

	/// Draws `id` again by the snapshots in which it is.
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
