//! Charges: what an operator pays for its own seats, out of its own stake.
//!
//! Delegators pay shares of a pool by convictions and fines. What a court or a replacement costs is
//! paid by the operator alone, so that nobody gains from what its own delegators lose.

use crate::{pallet::*, pools::CreditOf, types::*, unbonding::first_liable};
use frame_support::{
	traits::{fungible::Credit, tokens::imbalance::Imbalance},
	BoundedVec,
};
use opg_primitives::Balance;

impl<T: Config> Pallet<T> {
	/// Takes up to `amount` planck out of the operator's own stake in its executor pool: first out of
	/// its active shares, then out of what it took out since the snapshot of `session`. A pool that
	/// has nothing left stays until somebody withdraws from it.
	pub(crate) fn charge_operator(
		operator: &T::AccountId,
		amount: Balance,
		session: u32,
	) -> CreditOf<T> {
		let id = PoolId { operator: operator.clone(), role: Role::Executor };
		let pool = Pools::<T>::get(id.role, operator).filter(|_| amount > 0);
		let Some(mut pool) = pool else {
			return Credit::<T::AccountId, T::Currency>::zero();
		};
		let shares = pool.active.shares_for(amount);
		let active = pool.active.redeem(shares, &mut pool.own);
		let taken = match amount.saturating_sub(active) {
			0 => active,
			missing => active.saturating_add(Self::charge_unbonding(&id, missing, session)),
		};
		if !Self::is_eligible(&pool) {
			Self::suspend(&id);
		}
		Self::store(&id, pool);
		let credit = Self::withdraw_loss(taken);
		Self::deposit_event(Event::Charged { operator: id.operator, amount: taken });
		credit
	}

	/// Takes up to `amount` planck out of what the operator took out of its pool since the snapshot
	/// of `session`, the oldest first. Returns what was taken.
	fn charge_unbonding(id: &PoolIdOf<T>, amount: Balance, session: u32) -> Balance {
		let mut entries = Unbonding::<T>::get(id, &id.operator).into_inner();
		let mut vaults = UnbondingVaults::<T>::get(id);
		let mut taken: Balance = 0;
		entries.retain_mut(|entry| {
			if entry.session < first_liable(session) || taken >= amount {
				return true;
			}
			// What is not on the list has unlocked, and nothing takes it any more.
			let Some(at) = vaults.iter().position(|own| own.session == entry.session) else {
				return true;
			};
			let vault = &mut vaults[at].vault;
			let shares = vault.shares_for(amount - taken);
			taken = taken.saturating_add(vault.redeem(shares, &mut entry.holding));
			Self::remove_if_empty(&mut vaults, at);
			entry.holding.shares > 0
		});
		if taken > 0 {
			let entries = BoundedVec::truncate_from(entries);
			Self::store_unbonding(id, &id.operator, vaults, entries);
		}
		taken
	}
}
