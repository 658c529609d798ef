//! Vaults by session: what left a pool is kept apart by the session in which it left.
//!
//! A pool has two lists of them, the oldest first: of stake that unbonds, and of the records of stake
//! that moved to other pools. Each list has a map, of the vaults that went off it and that somebody
//! still has shares of. A slash reaches the list, and not the map.

use crate::{
	pallet::*,
	types::*,
	vault::{Holding, Vault},
};
use frame_support::{pallet_prelude::DispatchError, storage::StorageDoubleMap};
use frame_system::pallet_prelude::BlockNumberFor;
use opg_primitives::Balance;

impl<T: Config> Pallet<T> {
	/// Pays `amount` planck into the vault of the current session, which is the last of `vaults` and
	/// unlocks at `unlock_at`. Opens it where there is none; fails with `no_room` where that does not
	/// fit. Returns the vault, and the shares that were bought.
	pub(crate) fn deposit_in_session<'a>(
		vaults: &'a mut UnbondingVaultsOf<T>,
		pool: &Pool,
		amount: Balance,
		unlock_at: BlockNumberFor<T>,
		no_room: Error<T>,
	) -> Result<(&'a Vault, Holding), DispatchError> {
		let session = CurrentSession::<T>::get();
		if vaults.last().is_none_or(|last| last.session != session) {
			let vault = pool.active.sibling();
			let opened = vaults.try_push(UnbondingVault { session, unlock_at, vault });
			opened.map_err(|_| no_room)?;
		}
		let last = vaults.last_mut().ok_or(Error::<T>::Overflow)?;
		last.unlock_at = unlock_at;
		let mut holding = Holding::default();
		last.vault.deposit(amount, &mut holding).ok_or(Error::<T>::Overflow)?;
		Ok((&last.vault, holding))
	}

	/// True where the list is full, and has no vault of the current session.
	pub(crate) fn needs_room(vaults: &UnbondingVaultsOf<T>) -> bool {
		let session = CurrentSession::<T>::get();
		vaults.is_full() && vaults.last().is_some_and(|last| last.session != session)
	}

	/// Moves the oldest vault off the list, and into the map `Older` where somebody has shares of it.
	pub(crate) fn release_oldest<Older>(id: &PoolIdOf<T>, vaults: &mut UnbondingVaultsOf<T>)
	where
		Older: StorageDoubleMap<PoolIdOf<T>, u32, Vault>,
	{
		let UnbondingVault { session, vault, .. } = vaults.remove(0);
		if vault.shares > 0 {
			Older::insert(id, session, vault);
		}
	}

	/// Redeems `holding` from the vault of `session`, on the list or in the map `Older`. Removes the
	/// vault where nobody has shares of it any more. Returns the value in planck.
	pub(crate) fn redeem_in_session<Older>(
		id: &PoolIdOf<T>,
		vaults: &mut UnbondingVaultsOf<T>,
		session: u32,
		holding: &Holding,
	) -> Balance
	where
		Older: StorageDoubleMap<PoolIdOf<T>, u32, Vault>,
	{
		let mut holding = holding.clone();
		let shares = holding.shares;
		let Some(at) = vaults.iter().position(|own| own.session == session) else {
			return Older::mutate_exists(id, session, |older| {
				// A pool that was slashed to nothing may have closed since.
				let Some(vault) = older.as_mut() else { return 0 };
				let amount = vault.redeem(shares, &mut holding);
				if vault.shares == 0 {
					*older = None;
				}
				amount
			});
		};
		let amount = vaults[at].vault.redeem(shares, &mut holding);
		Self::remove_if_empty(vaults, at);
		amount
	}

	/// Removes a vault that nobody has shares of, unless it is that of the current session: more may
	/// come into it, and must not find another generation.
	pub(crate) fn remove_if_empty(vaults: &mut UnbondingVaultsOf<T>, at: usize) {
		let own = &vaults[at];
		if own.vault.shares == 0 && own.session < CurrentSession::<T>::get() {
			vaults.remove(at);
		}
	}
}
