//! Rewards and slashes of pools, and the circuit breaker.

use crate::{pallet::*, types::*};
use frame_support::{
	defensive,
	traits::{
		fungible::{Balanced, Credit},
		tokens::{imbalance::Imbalance, Fortitude, Precision, Preservation},
		Get,
	},
};
use opg_primitives::Balance;
use pallet_opg_support::{economics, Offence};
use sp_runtime::{
	traits::{AccountIdConversion, Zero},
	Perbill,
};

pub(crate) type CreditOf<T> =
	Credit<<T as frame_system::Config>::AccountId, <T as Config>::Currency>;

impl<T: Config> Pallet<T> {
	/// Account that holds the stake of all pools.
	pub fn account() -> T::AccountId {
		T::PalletId::get().into_account_truncating()
	}

	pub(crate) fn pool(id: &PoolIdOf<T>) -> Result<Pool, Error<T>> {
		Pools::<T>::get(id.role, &id.operator).ok_or(Error::<T>::UnknownPool)
	}

	pub(crate) fn store(id: &PoolIdOf<T>, pool: Pool) {
		Pools::<T>::insert(id.role, &id.operator, pool);
	}

	/// True where a pool counts in elections and draws.
	pub(crate) fn is_eligible(pool: &Pool) -> bool {
		matches!(pool.status, PoolStatus::Active { .. }) && pool.self_bond() >= T::MinBond::get()
	}

	/// Adds `credit` to a pool. The operator's commission becomes shares of its own. The operator
	/// gets all of it where the pool has no stake that could earn.
	pub(crate) fn reward_pool(id: &PoolIdOf<T>, credit: CreditOf<T>) {
		let amount = credit.peek();
		if amount.is_zero() {
			return;
		}
		let Some(mut pool) = Pools::<T>::get(id.role, &id.operator) else {
			defensive!("reward for an operator without a pool is burned");
			return;
		};
		let receiver = if pool.active.shares == 0 { id.operator.clone() } else { Self::account() };
		if T::Currency::resolve(&receiver, credit).is_err() {
			defensive!("an account that exists takes every deposit");
			return;
		}
		if pool.active.shares > 0 {
			let commission = pool.commission.mul_floor(amount);
			pool.active.gain(amount - commission);
			if commission > 0 && pool.active.deposit(commission, &mut pool.own).is_none() {
				pool.active.gain(commission);
			}
			Self::store(id, pool);
		}
		let PoolId { operator, role } = id.clone();
		Self::deposit_event(Event::Rewarded { operator, role, amount });
	}

	/// Takes `share` of all stake of a pool, active and unbonding, and returns it. Suspends the
	/// operator where too little is left. The caller stores the pool.
	pub(crate) fn slash_pool(id: &PoolIdOf<T>, pool: &mut Pool, share: Perbill) -> CreditOf<T> {
		let amount = pool.active.slash(share).saturating_add(pool.unbonding.slash(share));
		let credit = T::Currency::withdraw(
			&Self::account(),
			amount,
			Precision::Exact,
			Preservation::Preserve,
			Fortitude::Force,
		);
		if !Self::is_eligible(pool) {
			Self::suspend(id);
		}
		credit.unwrap_or_else(|_| {
			defensive!("the account covers the pools");
			Credit::<T::AccountId, T::Currency>::zero()
		})
	}

	/// Charges a slash of `amount` planck to the circuit breaker. Returns true where slashing is
	/// paused, or is from now on, because executors would lose more than
	/// [`economics::BREAKER_SHARE`] of their stake in this session.
	fn trips_breaker(amount: Balance) -> bool {
		if SlashingPaused::<T>::exists() {
			return true;
		}
		let slashed = SessionSlashed::<T>::get().saturating_add(amount);
		let limit = economics::BREAKER_SHARE.mul_floor(SessionStake::<T>::get());
		if slashed > limit {
			SlashingPaused::<T>::put(Self::now());
			Self::deposit_event(Event::SlashingPaused { slashed });
			return true;
		}
		SessionSlashed::<T>::put(slashed);
		false
	}

	/// Slashes an executor for `offence`, pays the payees, and pauses the executor after
	/// `MaxMisses` missed commitments in a row.
	pub(crate) fn penalise_executor(
		who: &T::AccountId,
		offence: Offence,
		payees: &[(&T::AccountId, Perbill)],
	) {
		let id = PoolId { operator: who.clone(), role: Role::Executor };
		let Some(mut pool) = Pools::<T>::get(id.role, who) else {
			defensive!("a pool outlives the disputes of its operator");
			return;
		};
		let share = economics::share(offence);
		// The payees get parts of what the operator itself loses. It could otherwise challenge
		// itself, and gain from what its delegators lose.
		let own = share.mul_floor(pool.self_bond());
		let stake = pool.active.balance.saturating_add(pool.unbonding.balance);
		if !Self::trips_breaker(share.mul_ceil(stake)) {
			let mut credit = Self::slash_pool(&id, &mut pool, share);
			let amount = credit.peek();
			for (payee, part) in payees {
				// A part that the payee's account does not take is burned, as the rest is.
				let _ =
					T::Currency::resolve(payee, credit.extract(part.mul_floor(own.min(amount))));
			}
			Self::deposit_event(Event::Slashed {
				operator: who.clone(),
				role: id.role,
				amount,
				offence: Some(offence),
			});
		}
		if let (Offence::MissedCommit, PoolStatus::Active { misses }) = (offence, pool.status) {
			let misses = misses.saturating_add(1);
			pool.status = if misses >= T::MaxMisses::get() {
				Self::suspend(&id);
				Self::deposit_event(Event::Paused { operator: who.clone(), role: id.role });
				PoolStatus::Paused
			} else {
				PoolStatus::Active { misses }
			};
		}
		Self::store(&id, pool);
	}

	/// Takes `share` of a validator's pool for an offence against consensus, and pauses it.
	pub fn slash_validator(operator: &T::AccountId, share: Perbill) {
		let id = PoolId { operator: operator.clone(), role: Role::Validator };
		let Some(mut pool) = Pools::<T>::get(id.role, operator) else { return };
		let amount = Self::slash_pool(&id, &mut pool, share).peek();
		if matches!(pool.status, PoolStatus::Active { .. }) {
			pool.status = PoolStatus::Paused;
			Self::deposit_event(Event::Paused { operator: operator.clone(), role: id.role });
		}
		Self::store(&id, pool);
		let operator = operator.clone();
		Self::deposit_event(Event::Slashed { operator, role: id.role, amount, offence: None });
	}

	/// Mints the reward of a block into its author's pool. An author without a pool gets nothing.
	pub fn reward_author(author: T::AccountId) {
		let id = PoolId { operator: author, role: Role::Validator };
		if Pools::<T>::contains_key(id.role, &id.operator) {
			let reward = T::BlockReward::get();
			Self::reward_pool(&id, T::Currency::issue(reward));
		}
	}
}
