//! Slashes: fines for silence with their limits, and offences against consensus.

use crate::{pallet::*, pools::CreditOf, types::*, unbonding::first_liable};
use frame_support::{
	defensive,
	traits::{
		fungible::{Balanced, Credit},
		tokens::{imbalance::Imbalance, Fortitude, Precision, Preservation},
		Get,
	},
};
use frame_system::pallet_prelude::BlockNumberFor;
use opg_primitives::Balance;
use pallet_opg_support::{economics, Offence, SilenceRecord};
use sp_runtime::{traits::SaturatedConversion, Perbill};

/// Amounts that were taken from a pool, in planck.
pub(crate) struct Loss {
	/// From the active stake.
	pub active: Balance,
	/// From stake on its way out.
	pub unbonding: Balance,
}

impl<T: Config> Pallet<T> {
	/// Takes `share` of all stake that the snapshot of `session` held: what is in the pool now, and
	/// what left it since the snapshot. What moved to other pools pays later. Suspends the operator
	/// where too little is left. The caller stores the pool, and decides what becomes of the amounts,
	/// which stay in the account.
	pub(crate) fn take_share(
		id: &PoolIdOf<T>,
		pool: &mut Pool,
		share: Perbill,
		session: u32,
	) -> Loss {
		let active = pool.active.slash(share);
		let mut unbonding: Balance = 0;
		let mut vaults = UnbondingVaults::<T>::get(id);
		for own in vaults.iter_mut().filter(|own| own.session >= first_liable(session)) {
			unbonding = unbonding.saturating_add(own.vault.slash(share));
		}
		if unbonding > 0 {
			UnbondingVaults::<T>::insert(id, vaults);
		}
		Self::slash_moved(id, share, session);
		if !Self::is_eligible(pool) {
			Self::suspend(id);
		}
		Loss { active, unbonding }
	}

	/// Gives the treasury its share of `own`, the part of a loss that was the operator's. Dropping the
	/// rest burns it: what delegators lose pays nobody.
	fn share_with_treasury(loss: &mut CreditOf<T>, own: Balance) {
		let share = T::TreasuryShare::get().mul_floor(own.min(loss.peek()));
		if let Err(refused) = T::Currency::resolve(&T::Treasury::get(), loss.extract(share)) {
			// The treasury's account would stay below the existential deposit.
			loss.subsume(refused);
		}
	}

	/// Takes `amount` planck of what pools lost out of the account. Dropping it burns it.
	pub(crate) fn withdraw_loss(amount: Balance) -> CreditOf<T> {
		let credit = T::Currency::withdraw(
			&Self::account(),
			amount,
			Precision::Exact,
			Preservation::Preserve,
			Fortitude::Force,
		);
		credit.unwrap_or_else(|_| {
			defensive!("the account covers the pools");
			Credit::<T::AccountId, T::Currency>::zero()
		})
	}

	/// Takes `share` of a pool as [`Self::take_share`] does, and burns what is not the treasury's.
	pub(crate) fn burn_share(
		id: &PoolIdOf<T>,
		pool: &mut Pool,
		share: Perbill,
		session: u32,
		offence: Option<Offence>,
	) {
		let own = share.mul_floor(pool.self_bond());
		let Loss { active, unbonding } = Self::take_share(id, pool, share, session);
		let mut loss = Self::withdraw_loss(active.saturating_add(unbonding));
		let amount = loss.peek();
		Self::share_with_treasury(&mut loss, own);
		let PoolId { operator, role } = id.clone();
		Self::deposit_event(Event::Slashed { operator, role, amount, offence });
	}

	/// Fines an executor for a silent seat, and pauses it after too many of them.
	///
	/// One that is paused for silence is not fined any more. A pause of its own spares it nothing:
	/// it could otherwise pause whenever a seat does not suit it.
	pub(crate) fn fine_executor(
		who: &T::AccountId,
		offence: Offence,
		session: u32,
		record: SilenceRecord,
	) {
		let id = PoolId { operator: who.clone(), role: Role::Executor };
		let Some(mut pool) = Pools::<T>::get(id.role, who) else { return };
		if matches!(pool.status, PoolStatus::PausedForSilence { .. }) {
			return;
		}
		let current = CurrentSession::<T>::get();
		let day = Self::now() / BlockNumberFor::<T>::from(T::DayBlocks::get().max(1));
		let share = pool.fines.admit(economics::fine(offence), current, day.saturated_into());
		if !share.is_zero() {
			Self::burn_share(&id, &mut pool, share, session, Some(offence));
		}
		if let PoolStatus::Active { history } | PoolStatus::Paused { history } = &mut pool.status {
			if record == SilenceRecord::Counted {
				*history = *history << 1 | 1;
			}
			if history.count_ones() >= economics::MAX_SILENT_SEATS {
				pool.status =
					PoolStatus::PausedForSilence { resumable_in: current.saturating_add(1) };
				Self::suspend(&id);
				Self::deposit_event(Event::Paused { operator: who.clone(), role: id.role });
			}
		}
		Self::store(&id, pool);
	}

	/// Notes that an executor kept a seat. Returns whether that changed its record.
	pub(crate) fn note_presence(who: &T::AccountId) -> bool {
		let Some(mut pool) = Pools::<T>::get(Role::Executor, who) else { return false };
		let (PoolStatus::Active { history } | PoolStatus::Paused { history }) = &mut pool.status
		else {
			return false;
		};
		if *history == 0 {
			return false;
		}
		*history <<= 1;
		Pools::<T>::insert(Role::Executor, who, pool);
		true
	}

	/// Takes `share` of a validator's pool for an offence against consensus in `session`, and pauses
	/// it. The validators of a session are elected when its executors' snapshot is taken.
	pub fn slash_validator(operator: &T::AccountId, share: Perbill, session: u32) {
		let id = PoolId { operator: operator.clone(), role: Role::Validator };
		let Some(mut pool) = Pools::<T>::get(id.role, operator) else { return };
		if let PoolStatus::Active { history } = pool.status {
			pool.status = PoolStatus::Paused { history };
			Self::deposit_event(Event::Paused { operator: operator.clone(), role: id.role });
		}
		Self::burn_share(&id, &mut pool, share, session, None);
		Self::store(&id, pool);
	}
}
