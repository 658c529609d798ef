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

/// Largest number of validators that one election pauses. The others wait for the next.
const MAX_OFFLINE: usize = 8;

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
	/// is equal. `None` where nobody can be elected, so that the set never becomes empty. Pauses those
	/// that are long offline.
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
		let mut seats = LastAuthored::<T>::get();
		let offline = Self::offline(&seats, &candidates);
		candidates.retain(|(_, operator)| !offline.contains(operator));
		offline.into_iter().for_each(Self::pause_validator);
		candidates.truncate(ValidatorCount::<T>::get() as usize);
		let elected: Vec<_> = candidates.into_iter().map(|(_, operator)| operator).collect();
		if elected.is_empty() {
			return None;
		}
		let next = CurrentSession::<T>::get().saturating_add(1);
		let mut last: Vec<_> = elected
			.iter()
			.map(|who| {
				let seat = seats.binary_search_by(|(own, _)| own.cmp(who));
				(who.clone(), seat.map_or(next, |at| seats[at].1))
			})
			.collect();
		last.sort();
		// `MaxValidators` bounds the number of those that are elected.
		seats = BoundedVec::truncate_from(last);
		LastAuthored::<T>::put(seats);
		Some(elected)
	}

	/// Those of the candidates that made no block for so long that they are offline, the longest first.
	/// No more than leaves `MinValidators` candidates.
	fn offline(
		seats: &[(T::AccountId, u32)],
		candidates: &[(core::cmp::Reverse<Balance>, T::AccountId)],
	) -> Vec<T::AccountId> {
		let current = CurrentSession::<T>::get();
		let silent = |last: u32| current.saturating_sub(last) > T::OfflineSessions::get();
		let mut offline: Vec<_> = seats
			.iter()
			.filter(|(_, last)| silent(*last))
			.map(|(who, last)| (*last, who))
			.collect();
		if offline.is_empty() {
			return Vec::new();
		}
		offline.sort();
		let spare = candidates.len().saturating_sub(T::MinValidators::get() as usize);
		offline
			.into_iter()
			.map(|(_, who)| who.clone())
			.filter(|who| candidates.iter().any(|(_, own)| own == who))
			.take(spare.min(MAX_OFFLINE))
			.collect()
	}

	fn pause_validator(operator: T::AccountId) {
		let Some(mut pool) = Pools::<T>::get(Role::Validator, &operator) else { return };
		if let PoolStatus::Active { history } = pool.status {
			pool.status = PoolStatus::Paused { history };
			Pools::<T>::insert(Role::Validator, &operator, pool);
			Self::deposit_event(Event::Paused { operator, role: Role::Validator });
		}
	}

	/// Notes that a validator made a block in the current session.
	pub(crate) fn note_author(author: &T::AccountId) {
		let (mut seats, current) = (LastAuthored::<T>::get(), CurrentSession::<T>::get());
		if let Ok(at) = seats.binary_search_by(|(own, _)| own.cmp(author)) {
			if seats[at].1 < current {
				seats[at].1 = current;
				LastAuthored::<T>::put(seats);
			}
		}
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
