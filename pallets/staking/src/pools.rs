//! Rewards, slashes, and the executor pools as the other pallets see them.

use crate::{pallet::*, types::*};
use alloc::vec::Vec;
use frame_support::{
	defensive,
	traits::{
		fungible::{Balanced, Credit},
		tokens::{imbalance::Imbalance, Fortitude, Precision, Preservation},
		Get,
	},
};
use opg_primitives::{Balance, ExecutorKey};
use pallet_opg_support::{penalties, ExecutorPools, Fault};
use sp_runtime::{traits::Zero, Perbill};

type CreditOf<T> = Credit<<T as frame_system::Config>::AccountId, <T as Config>::Currency>;

impl<T: Config> Pallet<T> {
	/// Whether a pool counts in elections and draws.
	pub(crate) fn is_eligible(pool: &Pool) -> bool {
		matches!(pool.status, Status::Active { .. }) && pool.self_bond() >= T::MinBond::get()
	}

	/// Add `credit` to a pool; the operator's commission becomes shares of its own. Where the pool
	/// has no stake that could earn, the operator gets it.
	pub(crate) fn pay(id: &PoolIdOf<T>, credit: CreditOf<T>) {
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
			Self::put(id, pool);
		}
		let PoolId { operator, role } = id.clone();
		Self::deposit_event(Event::Rewarded { operator, role, amount });
	}

	/// Take `share` of all stake of a pool, on its way out or not. Returns what was taken.
	pub(crate) fn slash(id: &PoolIdOf<T>, pool: &mut Pool, share: Perbill) -> CreditOf<T> {
		let amount = pool.active.slash(share).saturating_add(pool.unbonding.slash(share));
		let credit = T::Currency::withdraw(
			&Self::account(),
			amount,
			Precision::Exact,
			Preservation::Preserve,
			Fortitude::Force,
		);
		if !Self::is_eligible(pool) {
			Self::sideline(id);
		}
		credit.unwrap_or_else(|_| {
			defensive!("the account covers the pools");
			Credit::<T::AccountId, T::Currency>::zero()
		})
	}

	/// Whether slashing `amount` more would take so much in this session that the engine, not the
	/// executors, must be suspected. From then on nothing is slashed until governance resumes it.
	fn trips_breaker(amount: Balance) -> bool {
		if SlashingPaused::<T>::exists() {
			return true;
		}
		let slashed = SessionSlashed::<T>::get().saturating_add(amount);
		let limit = penalties::BREAKER_SHARE.mul_floor(SessionStake::<T>::get());
		if slashed > limit {
			let now = frame_system::Pallet::<T>::block_number();
			SlashingPaused::<T>::put(now);
			Self::deposit_event(Event::SlashingPaused { slashed });
			return true;
		}
		SessionSlashed::<T>::put(slashed);
		false
	}

	/// Slash a validator for a fault of consensus, and let it rest.
	pub fn slash_validator(operator: &T::AccountId, share: Perbill) {
		let id = PoolId { operator: operator.clone(), role: Role::Validator };
		let Some(mut pool) = Pools::<T>::get(id.role, operator) else { return };
		let amount = Self::slash(&id, &mut pool, share).peek();
		if matches!(pool.status, Status::Active { .. }) {
			pool.status = Status::Resting;
			Self::deposit_event(Event::Rested { operator: operator.clone(), role: id.role });
		}
		Self::put(&id, pool);
		let operator = operator.clone();
		Self::deposit_event(Event::Slashed { operator, role: id.role, amount, fault: None });
	}

	/// Mint the reward of a block for its author's pool. An author without a pool gets nothing.
	pub fn reward_author(author: T::AccountId) {
		let id = PoolId { operator: author, role: Role::Validator };
		if Pools::<T>::contains_key(id.role, &id.operator) {
			let reward = T::BlockReward::get();
			Self::pay(&id, T::Currency::issue(reward));
		}
	}
}

impl<T: Config> ExecutorPools<T::AccountId> for Pallet<T> {
	type Credit = CreditOf<T>;

	fn snapshot() -> Vec<(T::AccountId, u128)> {
		let mut members = Snapshots::<T>::get(CurrentSession::<T>::get()).members.into_inner();
		let sidelined = Sidelined::<T>::get();
		if !sidelined.is_empty() {
			members.retain(|(operator, _)| sidelined.binary_search(operator).is_err());
		}
		members
	}

	fn has_pool(who: &T::AccountId) -> bool {
		Pools::<T>::contains_key(Role::Executor, who)
	}

	fn hot_key(who: &T::AccountId) -> Option<ExecutorKey> {
		Self::current_key(who)
	}

	fn operator_of(key: &ExecutorKey) -> Option<T::AccountId> {
		KeyOwners::<T>::get(key)
	}

	fn reward(who: &T::AccountId, credit: Self::Credit) {
		Self::pay(&PoolId { operator: who.clone(), role: Role::Executor }, credit);
	}

	fn penalise(who: &T::AccountId, fault: Fault, payees: &[(&T::AccountId, Perbill)]) {
		let id = PoolId { operator: who.clone(), role: Role::Executor };
		let Some(mut pool) = Pools::<T>::get(id.role, who) else {
			defensive!("a pool outlives the disputes of its operator");
			return;
		};
		let share = penalties::share(fault);
		// The payees get parts of what the operator itself loses: of what its delegators lose it
		// could otherwise get a part back by finding itself out.
		let own = share.mul_floor(pool.self_bond());
		let stake = pool.active.balance.saturating_add(pool.unbonding.balance);
		if !Self::trips_breaker(share.mul_ceil(stake)) {
			let mut credit = Self::slash(&id, &mut pool, share);
			let amount = credit.peek();
			for (payee, part) in payees {
				// Where the payee's account does not take it, it is burned as the rest is.
				let _ =
					T::Currency::resolve(payee, credit.extract(part.mul_floor(own.min(amount))));
			}
			Self::deposit_event(Event::Slashed {
				operator: who.clone(),
				role: id.role,
				amount,
				fault: Some(fault),
			});
		}
		if let (Fault::Uncommitted, Status::Active { misses }) = (fault, pool.status) {
			let misses = misses.saturating_add(1);
			pool.status = if misses >= T::MaxMisses::get() {
				Self::sideline(&id);
				Self::deposit_event(Event::Rested { operator: who.clone(), role: id.role });
				Status::Resting
			} else {
				Status::Active { misses }
			};
		}
		Self::put(&id, pool);
	}

	fn clear_misses(who: &T::AccountId) -> bool {
		let Some(mut pool) = Pools::<T>::get(Role::Executor, who) else { return false };
		let missed = matches!(pool.status, Status::Active { misses } if misses > 0);
		if missed {
			pool.status = Status::Active { misses: 0 };
			Pools::<T>::insert(Role::Executor, who, pool);
		}
		missed
	}

	fn slashing_paused() -> bool {
		SlashingPaused::<T>::exists()
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_executor(who: &T::AccountId) -> ExecutorKey {
		crate::benchmarking::executor::<T>(who)
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_snapshot(members: &[T::AccountId]) {
		crate::benchmarking::snapshot::<T>(members)
	}
}
