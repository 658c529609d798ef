//! Stake on its way out: one vault per session in which stake left a pool.
//!
//! The snapshot of session `s` is taken when session `s - 1` begins. So it holds what left the pool
//! in session `s - 1` or later, and not what left before.

use crate::{pallet::*, types::*, vault::Vault};
use alloc::vec::Vec;
use frame_support::{
	ensure,
	pallet_prelude::{DispatchError, DispatchResult},
	BoundedVec,
};
use frame_system::pallet_prelude::BlockNumberFor;
use opg_primitives::Balance;
use sp_runtime::Perbill;

/// Entries of an account that are on their way out of a pool.
pub(crate) type UnbondingEntriesOf<T> =
	BoundedVec<Unbond<BlockNumberFor<T>>, <T as Config>::MaxUnbonds>;

/// Largest number of vaults that have unlocked and that one call takes off a pool's list.
const MAX_RELEASED: usize = 2;

/// First session whose leavers the snapshot of `session` still holds.
pub(crate) fn first_liable(session: u32) -> u32 {
	session.saturating_sub(1)
}

impl<T: Config> Pallet<T> {
	/// Puts `amount` planck that `delegator` took out of the active stake on its way out.
	pub(crate) fn queue_unbond(
		id: &PoolIdOf<T>,
		pool: &Pool,
		delegator: &T::AccountId,
		amount: Balance,
		unlock_at: BlockNumberFor<T>,
	) -> DispatchResult {
		let session = CurrentSession::<T>::get();
		let mut vaults = UnbondingVaults::<T>::get(id);
		Self::release_vaults(id, &mut vaults)?;
		let no_room = Error::<T>::TooManyUnbonds;
		let (_, holding) = Self::deposit_in_session(&mut vaults, pool, amount, unlock_at, no_room)?;
		UnbondingVaults::<T>::insert(id, vaults);
		Unbonding::<T>::try_mutate(id, delegator, |entries| -> DispatchResult {
			match entries.last_mut() {
				Some(last)
					if last.unlock_at == unlock_at
						&& last.session == session
						&& last.holding.generation == holding.generation =>
				{
					last.holding.shares = last.holding.shares.saturating_add(holding.shares);
				},
				_ => entries
					.try_push(Unbond { holding, session, unlock_at })
					.map_err(|_| Error::<T>::TooManyUnbonds)?,
			}
			Ok(())
		})
	}

	/// Takes the oldest vaults off the list: those that have unlocked, and one where the list has no
	/// room for the current session. None while the operator is in dispute, since nothing slashes what
	/// is off the list, and a docket can be longer than it. So a full list takes no other session until
	/// the verdict.
	fn release_vaults(id: &PoolIdOf<T>, vaults: &mut UnbondingVaultsOf<T>) -> DispatchResult {
		let (now, current) = (Self::now(), CurrentSession::<T>::get());
		let is_due = |vaults: &UnbondingVaultsOf<T>| {
			// More may leave in the vault of the current session, however long that lasts.
			let first = vaults.first().filter(|first| first.session < current);
			first.is_some_and(|first| first.unlock_at <= now || Self::needs_room(vaults))
		};
		if !is_due(vaults) {
			return Ok(());
		}
		if Self::in_dispute(id) {
			ensure!(!Self::needs_room(vaults), Error::<T>::InDispute);
			return Ok(());
		}
		for _ in 0..MAX_RELEASED {
			if is_due(vaults) {
				Self::release_oldest::<UnlockedVaults<T>>(id, vaults);
			}
		}
		Ok(())
	}

	/// Redeems all of what `delegator` took out and that has unlocked. Returns its value in planck.
	pub(crate) fn redeem_unlocked(
		id: &PoolIdOf<T>,
		delegator: &T::AccountId,
	) -> Result<Balance, DispatchError> {
		let now = Self::now();
		let mut entries = Unbonding::<T>::get(id, delegator);
		ensure!(!entries.is_empty(), Error::<T>::NothingUnbonding);
		let count = entries.len();
		let mut vaults = UnbondingVaults::<T>::get(id);
		let mut amount: Balance = 0;
		entries.retain(|entry| {
			if entry.unlock_at > now {
				return true;
			}
			amount = amount.saturating_add(Self::redeem_in_session::<UnlockedVaults<T>>(
				id,
				&mut vaults,
				entry.session,
				&entry.holding,
			));
			false
		});
		ensure!(entries.len() < count, Error::<T>::NotUnlocked);
		Self::store_unbonding(id, delegator, vaults, entries);
		Ok(amount)
	}

	/// Stores the vaults of a pool and the entries of `who` in them, or removes what is empty.
	pub(crate) fn store_unbonding(
		id: &PoolIdOf<T>,
		who: &T::AccountId,
		vaults: UnbondingVaultsOf<T>,
		entries: UnbondingEntriesOf<T>,
	) {
		if vaults.is_empty() {
			UnbondingVaults::<T>::remove(id);
		} else {
			UnbondingVaults::<T>::insert(id, vaults);
		}
		if entries.is_empty() {
			Unbonding::<T>::remove(id, who);
		} else {
			Unbonding::<T>::insert(id, who, entries);
		}
	}

	/// True where somebody has stake on its way out of a pool, or liable for it in another.
	pub(crate) fn has_unbonding(id: &PoolIdOf<T>) -> bool {
		UnbondingVaults::<T>::get(id).iter().any(|own| own.vault.shares > 0)
			|| UnlockedVaults::<T>::iter_key_prefix(id).next().is_some()
			|| Self::has_moved(id)
	}

	/// True where an entry of `who` has shares that count.
	pub(crate) fn owns_unbonding(id: &PoolIdOf<T>, who: &T::AccountId) -> bool {
		Self::unbonding_of(id, who).iter().any(|(entry, vault)| vault.shares_of(&entry.holding) > 0)
	}

	/// Value of what `who` took out of a pool and has not withdrawn, in planck.
	pub fn unbonding_value(id: &PoolIdOf<T>, who: &T::AccountId) -> Balance {
		let entries = Self::unbonding_of(id, who);
		entries
			.iter()
			.fold(0, |sum, (entry, vault)| sum.saturating_add(vault.value_of(&entry.holding)))
	}

	/// Part of `share` of all stake in the snapshot of `session` that is the operator's own, in
	/// planck: what it has in the pool, and what it took out since.
	pub(crate) fn own_loss(id: &PoolIdOf<T>, pool: &Pool, share: Perbill, session: u32) -> Balance {
		let entries = Self::unbonding_of(id, &id.operator);
		entries.iter().filter(|(entry, _)| entry.session >= first_liable(session)).fold(
			share.mul_floor(pool.self_bond()),
			|sum, (entry, vault)| {
				sum.saturating_add(share.mul_floor(vault.value_of(&entry.holding)))
			},
		)
	}

	/// Entries of `who` on their way out of a pool, the oldest first, each with the vault that its
	/// shares are of.
	pub(crate) fn unbonding_of(
		id: &PoolIdOf<T>,
		who: &T::AccountId,
	) -> Vec<(Unbond<BlockNumberFor<T>>, Vault)> {
		let entries = Unbonding::<T>::get(id, who);
		if entries.is_empty() {
			return Vec::new();
		}
		let vaults = UnbondingVaults::<T>::get(id);
		let vault = |session| {
			let locked = vaults.iter().find(|own| own.session == session);
			locked.map(|own| own.vault.clone()).or_else(|| UnlockedVaults::<T>::get(id, session))
		};
		entries
			.into_iter()
			.filter_map(|entry| vault(entry.session).map(|vault| (entry, vault)))
			.collect()
	}
}
