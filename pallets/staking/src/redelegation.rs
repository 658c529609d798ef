//! Redelegation: stake that moves to another pool at once, and still pays for what its former
//! operator does.
//!
//! The stake itself is in the pool that it moved to. The former pool keeps a *record* of it: a vault
//! per session in which stake moved, whose balance is no OPG. A slash of the former pool takes its
//! share of the records as it does of unbonding stake. What a record has lost when the liability
//! ends is burned out of the stake that moved. Until then that stake does not leave its pool.

use crate::{pallet::*, types::*, unbonding::first_liable};
use frame_support::{ensure, pallet_prelude::DispatchResult, traits::Get};
use opg_primitives::Balance;
use pallet_opg_support::economics;
use sp_runtime::{
	helpers_128bit::multiply_by_rational_with_rounding, traits::Zero, PerThing, Perbill, Rounding,
};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_redelegate(
		from: PoolIdOf<T>,
		to: T::AccountId,
		delegator: T::AccountId,
		amount: Balance,
	) -> DispatchResult {
		ensure!(from.operator != to, Error::<T>::SamePool);
		// Own stake pays challengers and courts, which reach it in its pool only.
		ensure!(delegator != from.operator && delegator != to, Error::<T>::OwnStake);
		let mut pool = Self::pool(&from)?;
		// What a cancelled conviction gives back is measured by what it took from.
		ensure!(pool.convictions == 0, Error::<T>::OperatorConvicted);
		let target = PoolId { operator: to, role: from.role };
		let mut next = Self::pool(&target)?;
		ensure!(next.status != PoolStatus::Leaving, Error::<T>::PoolLeaving);
		ensure!(next.convictions == 0, Error::<T>::OperatorConvicted);

		let mut own = Holdings::<T>::get(&from, &delegator);
		let (shares, _) = Self::shares_to_take(&from, &pool, &delegator, &own, amount)?;
		let moved = pool.active.redeem(shares, &mut own);
		ensure!(moved >= T::MinDelegation::get(), Error::<T>::DelegationTooSmall);
		Self::store_holding(&from, &delegator, own);
		let generation = next.active.generation;
		Self::record_move(&from, &pool, &target.operator, generation, &delegator, moved)?;

		Self::track_delegation(&target, &delegator)?;
		let shares =
			Holdings::<T>::mutate(&target, &delegator, |own| next.active.deposit(moved, own));
		let shares = shares.ok_or(Error::<T>::DelegationTooSmall)?;
		ensure!(Self::has_own_share(&next), Error::<T>::OwnShareTooSmall);
		Self::store(&target, next);
		Self::store_or_close(&from, pool)?;
		Self::deposit_event(Event::Redelegated {
			role: from.role,
			from: from.operator,
			to: target.operator,
			delegator,
			amount: moved,
			shares,
		});
		Ok(())
	}

	/// Writes down that `amount` planck moved from a pool to that of `to`.
	fn record_move(
		from: &PoolIdOf<T>,
		pool: &Pool,
		to: &T::AccountId,
		generation: u64,
		delegator: &T::AccountId,
		amount: Balance,
	) -> DispatchResult {
		let session = CurrentSession::<T>::get();
		let ends_at = Self::now() + T::UnbondingBlocks::get().into();
		let mut vaults = Moved::<T>::get(from);
		if Self::needs_room(&vaults) {
			// A round drawn so many sessions ago has ended, unless a long docket holds its dispute up.
			// Nothing slashes what is off the list.
			ensure!(!Self::in_dispute(from), Error::<T>::InDispute);
			Self::release_oldest::<MovedBefore<T>>(from, &mut vaults);
		}
		let no_room = Error::<T>::TooManyRedelegations;
		let (vault, holding) =
			Self::deposit_in_session(&mut vaults, pool, amount, ends_at, no_room)?;
		let worth = vault.value_of(&holding);
		Moved::<T>::insert(from, vaults);
		Redelegations::<T>::try_mutate(delegator, |records| -> DispatchResult {
			let record = Redelegation {
				from: from.clone(),
				to: to.clone(),
				generation,
				amount: worth,
				holding,
				session,
				ends_at,
			};
			records.try_push(record).map_err(|_| Error::<T>::TooManyRedelegations)?;
			Ok(())
		})
	}

	/// Part of what `who` has in a pool that still pays for a former operator, in planck.
	pub(crate) fn liable(id: &PoolIdOf<T>, pool: &Pool, who: &T::AccountId) -> Balance {
		let records = Redelegations::<T>::get(who);
		let own = records.iter().filter(|record| record.is_in(id, pool));
		own.fold(0, |sum, record| sum.saturating_add(record.amount))
	}

	/// Takes `share` of the records of all stake that moved out of a pool and that the snapshot of
	/// `session` held.
	pub(crate) fn slash_moved(id: &PoolIdOf<T>, share: Perbill, session: u32) {
		let mut vaults = Moved::<T>::get(id);
		let mut lost: Balance = 0;
		for own in vaults.iter_mut().filter(|own| own.session >= first_liable(session)) {
			lost = lost.saturating_add(own.vault.slash(share));
		}
		if lost > 0 {
			Moved::<T>::insert(id, vaults);
		}
	}

	/// Undoes [`Self::slash_moved`] for a conviction that is cancelled. Nothing moved out of the pool
	/// since it was passed, and no record ended, so what is left of each is known.
	pub(crate) fn restore_moved(
		id: &PoolIdOf<T>,
		conviction: &Conviction<T::AccountId, frame_system::pallet_prelude::BlockNumberFor<T>>,
	) {
		let share = economics::CONVICTION_SHARE;
		let (lost, left) = (share.deconstruct(), share.left_from_one().deconstruct());
		if left.is_zero() {
			return;
		}
		let mut vaults = Moved::<T>::get(id);
		let sessions = first_liable(conviction.session)..=conviction.convicted_in;
		let mut given: Balance = 0;
		for own in vaults.iter_mut().filter(|own| sessions.contains(&own.session)) {
			let (balance, lost, left) = (own.vault.balance, lost.into(), left.into());
			let back = multiply_by_rational_with_rounding(balance, lost, left, Rounding::Down);
			if let Some(back) = back.filter(|back| *back > 0 && own.vault.shares > 0) {
				own.vault.gain(back);
				given = given.saturating_add(back);
			}
		}
		if given > 0 {
			Moved::<T>::insert(id, vaults);
		}
	}

	/// True where the pool keeps records of stake that moved away.
	pub(crate) fn has_moved(id: &PoolIdOf<T>) -> bool {
		Moved::<T>::get(id).iter().any(|own| own.vault.shares > 0)
			|| MovedBefore::<T>::iter_key_prefix(id).next().is_some()
	}

	pub(crate) fn do_settle(delegator: T::AccountId, from: PoolIdOf<T>) -> DispatchResult {
		let mut records = Redelegations::<T>::get(&delegator).into_inner();
		ensure!(records.iter().any(|record| record.from == from), Error::<T>::NothingRedelegated);
		ensure!(!Self::in_dispute(&from), Error::<T>::InDispute);
		let convictions =
			Pools::<T>::get(from.role, &from.operator).map_or(0, |own| own.convictions);
		ensure!(convictions == 0, Error::<T>::OperatorConvicted);
		let (now, count) = (Self::now(), records.len());
		let mut vaults = Moved::<T>::get(&from);
		records.retain(|record| {
			if record.from != from || record.ends_at > now {
				return true;
			}
			let left = Self::redeem_in_session::<MovedBefore<T>>(
				&from,
				&mut vaults,
				record.session,
				&record.holding,
			);
			let debt = record.amount.saturating_sub(left);
			let burned = Self::collect_debt(&delegator, record, debt);
			Self::deposit_event(Event::LiabilityEnded {
				role: from.role,
				from: from.operator.clone(),
				to: record.to.clone(),
				delegator: delegator.clone(),
				burned,
			});
			false
		});
		ensure!(records.len() < count, Error::<T>::StillLiable);
		if vaults.is_empty() {
			Moved::<T>::remove(&from);
		} else {
			Moved::<T>::insert(&from, vaults);
		}
		if records.is_empty() {
			Redelegations::<T>::remove(&delegator);
		} else {
			Redelegations::<T>::insert(
				&delegator,
				frame_support::BoundedVec::truncate_from(records),
			);
		}
		Ok(())
	}

	/// Burns up to `debt` planck of what `delegator` has in the pool that a record names. Returns what
	/// was burned. A pool that nobody has anything in any more is closed by the next `withdraw`.
	fn collect_debt(
		delegator: &T::AccountId,
		record: &RedelegationOf<T>,
		debt: Balance,
	) -> Balance {
		let id = PoolId { operator: record.to.clone(), role: record.from.role };
		let pool = Pools::<T>::get(id.role, &id.operator);
		let pool = pool.filter(|pool| debt > 0 && record.is_in(&id, pool));
		let Some(mut pool) = pool else { return 0 };
		let mut own = Holdings::<T>::get(&id, delegator);
		let taken = pool.active.redeem(pool.active.shares_for(debt), &mut own);
		Self::store_holding(&id, delegator, own);
		Self::store(&id, pool);
		// Dropped, and so burned, as all is that delegators lose.
		drop(Self::withdraw_loss(taken));
		taken
	}
}
