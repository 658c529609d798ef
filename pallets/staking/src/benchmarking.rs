//! Benchmarks of the calls and hooks, each in its worst case.

use crate::*;
use alloc::vec::Vec;
use frame_benchmarking::v2::*;
use frame_support::traits::{fungible::Mutate, EnsureOrigin, Get};
use frame_system::RawOrigin;
use opg_primitives::{possession_payload, Balance, ExecutorKey, ExecutorSignature};
use pallet_opg_support::{BenchmarkExecutors, ExecutorLedger, Offence};
use sp_core::ed25519;
use sp_runtime::{
	traits::{Saturating, Zero},
	Perbill, RuntimeAppPublic,
};

const ROLE: Role = Role::Executor;
const SETUP: &str = "benchmarks set up what they need";

/// An account with plenty of OPG.
fn rich<T: Config>(name: &'static str, index: u32) -> T::AccountId {
	let who = account(name, index, 0);
	fund::<T>(&who);
	who
}

fn fund<T: Config>(who: &T::AccountId) {
	T::Currency::set_balance(who, T::MinBond::get().saturating_mul(1_000));
}

fn signed<T: Config>(who: &T::AccountId) -> T::RuntimeOrigin {
	RawOrigin::Signed(who.clone()).into()
}

/// Opens a pool with twice the minimum bond.
fn open<T: Config>(who: &T::AccountId, role: Role) {
	let bond = T::MinBond::get().saturating_mul(2);
	let commission = Perbill::from_percent(10);
	Pallet::<T>::bond(signed::<T>(who), role, bond, commission).expect(SETUP);
}

/// An operator with an executor pool.
fn operator<T: Config>(index: u32) -> T::AccountId {
	let who = rich::<T>("operator", index);
	open::<T>(&who, ROLE);
	who
}

/// A hot key and its proof for `who`.
fn key<T: Config>(who: &T::AccountId) -> (ExecutorKey, ExecutorSignature) {
	let key = ExecutorKey::generate_pair(None);
	let payload = possession_payload(&Pallet::<T>::genesis_hash(), who);
	let proof = key.sign(&payload).expect(SETUP);
	(key, proof)
}

/// A delegator of `operator` with as many delegations as are allowed.
fn delegator<T: Config>(operator: &T::AccountId) -> T::AccountId {
	let who = rich::<T>("delegator", 0);
	for index in 1..T::MaxDelegations::get() {
		let other = self::operator::<T>(index);
		Pallet::<T>::delegate(signed::<T>(&who), other, ROLE, amount::<T>()).expect(SETUP);
	}
	let all = amount::<T>().saturating_mul(100);
	Pallet::<T>::delegate(signed::<T>(&who), operator.clone(), ROLE, all).expect(SETUP);
	who
}

fn amount<T: Config>() -> Balance {
	T::MinDelegation::get()
}

/// Leaves room for one more unbonding entry. Each entry is of another block.
fn unbonds<T: Config>(operator: &T::AccountId, who: &T::AccountId) {
	for _ in 1..T::MaxUnbonds::get() {
		next_block::<T>(1);
		let operator = operator.clone();
		Pallet::<T>::undelegate(signed::<T>(who), operator, ROLE, amount::<T>()).expect(SETUP);
	}
	next_block::<T>(1);
}

fn next_block<T: Config>(count: u32) {
	let next = Pallet::<T>::now().saturating_add(count.into());
	frame_system::Pallet::<T>::set_block_number(next);
}

/// Stores `count` active pools, each with another stake, without the transfers of real ones.
fn fill<T: Config>(role: Role, count: u32) -> Vec<T::AccountId> {
	let first = rich::<T>("first", 0);
	open::<T>(&first, role);
	let pool = Pools::<T>::take(role, &first).expect(SETUP);
	(0..count)
		.map(|index| {
			let who: T::AccountId = account("filler", index, 0);
			let mut pool = pool.clone();
			pool.active.gain(T::MinValidatorStake::get().saturating_add(index.into()));
			Pools::<T>::insert(role, &who, pool);
			let key = ed25519::Public::from_raw([0; 32]).into();
			HotKeys::<T>::insert(&who, HotKey { key, from: Zero::zero(), previous: None });
			who
		})
		.collect()
}

/// Suspends as many others as there can be.
fn suspend_others<T: Config>() {
	let mut others: Vec<_> =
		(1..T::MaxPools::get()).map(|index| account("other", index, 0)).collect();
	others.sort();
	Suspended::<T>::put(frame_support::BoundedVec::truncate_from(others));
}

/// Stores snapshots of this session and the next with `count` members each, all suspended.
fn snapshots<T: Config>(count: u32) {
	let mut members: Vec<(T::AccountId, Balance)> =
		(0..count).map(|index| (account("filler", index, 0), amount::<T>())).collect();
	members.sort();
	let suspended = members.iter().map(|(who, _)| who.clone()).collect();
	Suspended::<T>::put(frame_support::BoundedVec::truncate_from(suspended));
	for index in [7, 8] {
		let members = frame_support::BoundedVec::truncate_from(members.clone());
		Snapshots::<T>::insert(index, Snapshot { total: amount::<T>(), members });
	}
}

impl<T: Config> BenchmarkExecutors<T::AccountId> for Pallet<T> {
	fn executor(who: &T::AccountId) -> ExecutorKey {
		fund::<T>(who);
		open::<T>(who, ROLE);
		Pools::<T>::mutate(ROLE, who, |pool| {
			if let Some(pool) = pool {
				pool.status = PoolStatus::Active { misses: T::MaxMisses::get().saturating_sub(1) };
			}
		});
		let (key, _) = key::<T>(who);
		Pallet::<T>::install_key(who.clone(), key.clone()).expect(SETUP);
		// The circuit breaker does not trip.
		SessionStake::<T>::put(Balance::MAX);
		key
	}

	/// Suspends as many others as there can be, since draws read that list too.
	fn snapshot(members: &[T::AccountId]) {
		suspend_others::<T>();
		let mut members: Vec<_> =
			members.iter().map(|who| (who.clone(), T::MinBond::get())).collect();
		members.sort();
		let members = frame_support::BoundedVec::truncate_from(members);
		let snapshot = Snapshot { total: Balance::MAX, members };
		Snapshots::<T>::insert(CurrentSession::<T>::get(), snapshot);
	}
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn bond() {
		let who = rich::<T>("operator", 0);

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()), ROLE, T::MinBond::get(), Perbill::zero());

		assert!(Pools::<T>::contains_key(ROLE, who));
	}

	#[benchmark]
	fn delegate() {
		let operator = operator::<T>(0);
		let who = delegator::<T>(&operator);
		let id = PoolId { operator: operator.clone(), role: ROLE };
		let before = Holdings::<T>::get(&id, &who).shares;

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()), operator, ROLE, amount::<T>());

		assert!(Holdings::<T>::get(id, who).shares > before);
	}

	#[benchmark]
	fn undelegate() {
		let operator = operator::<T>(0);
		let who = delegator::<T>(&operator);
		unbonds::<T>(&operator, &who);

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()), operator.clone(), ROLE, amount::<T>());

		let id = PoolId { operator, role: ROLE };
		assert_eq!(Unbonding::<T>::get(id, who).len() as u32, T::MaxUnbonds::get());
	}

	/// The last withdrawal from a pool whose operator has left closes it.
	#[benchmark]
	fn withdraw() {
		let operator = operator::<T>(0);
		for _ in 0..2 {
			Pallet::<T>::install_key(operator.clone(), key::<T>(&operator).0).expect(SETUP);
			next_block::<T>(T::KeyDelay::get());
		}
		let who = delegator::<T>(&operator);
		unbonds::<T>(&operator, &who);
		let (pool, all) = (operator.clone(), Balance::MAX);
		Pallet::<T>::undelegate(signed::<T>(&who), pool.clone(), ROLE, all).expect(SETUP);
		Pallet::<T>::leave(signed::<T>(&operator), ROLE).expect(SETUP);
		next_block::<T>(T::UnbondingBlocks::get());
		let first = operator.clone();
		Pallet::<T>::withdraw(signed::<T>(&who), pool.clone(), ROLE, first).expect(SETUP);

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()), pool, ROLE, who.clone());

		assert!(!Pools::<T>::contains_key(ROLE, operator));
	}

	#[benchmark]
	fn leave() {
		let operator = operator::<T>(0);
		suspend_others::<T>();

		#[extrinsic_call]
		_(RawOrigin::Signed(operator.clone()), ROLE);

		let pool = Pools::<T>::get(ROLE, operator).expect("it closes later");
		assert_eq!(pool.status, PoolStatus::Leaving);
	}

	#[benchmark]
	fn force_undelegate() {
		let operator = operator::<T>(0);
		let who = delegator::<T>(&operator);
		unbonds::<T>(&operator, &who);
		Pallet::<T>::leave(signed::<T>(&operator), ROLE).expect(SETUP);
		let caller = whitelisted_caller();

		#[extrinsic_call]
		_(RawOrigin::Signed(caller), operator.clone(), ROLE, who.clone());

		let id = PoolId { operator, role: ROLE };
		assert_eq!(Holdings::<T>::get(id, who).shares, 0);
	}

	#[benchmark]
	fn reap() {
		let operator = operator::<T>(0);
		let who = delegator::<T>(&operator);
		unbonds::<T>(&operator, &who);
		let id = PoolId { operator: operator.clone(), role: ROLE };
		let mut pool = Pools::<T>::get(ROLE, &operator).expect(SETUP);
		let _ = Pallet::<T>::slash_pool(&id, &mut pool, Perbill::one());
		Pools::<T>::insert(ROLE, &operator, pool);
		let caller = whitelisted_caller();

		#[extrinsic_call]
		_(RawOrigin::Signed(caller), operator, ROLE, who.clone());

		assert!(!Delegations::<T>::get(who).contains(&id));
	}

	#[benchmark]
	fn set_commission() {
		let operator = operator::<T>(0);
		CurrentSession::<T>::put(5);
		let commission = Perbill::from_percent(10) + T::MaxCommissionChange::get();

		#[extrinsic_call]
		_(RawOrigin::Signed(operator.clone()), ROLE, commission);

		assert_eq!(Pools::<T>::get(ROLE, operator).map(|pool| pool.commission), Some(commission));
	}

	#[benchmark]
	fn pause() {
		let operator = operator::<T>(0);
		suspend_others::<T>();

		#[extrinsic_call]
		_(RawOrigin::Signed(operator.clone()), ROLE);

		assert!(Suspended::<T>::get().contains(&operator));
	}

	#[benchmark]
	fn resume() {
		let operator = operator::<T>(0);
		suspend_others::<T>();
		Pallet::<T>::pause(signed::<T>(&operator), ROLE).expect(SETUP);

		#[extrinsic_call]
		_(RawOrigin::Signed(operator.clone()), ROLE);

		assert!(!Suspended::<T>::get().contains(&operator));
	}

	/// The third key of an operator, which removes the first.
	#[benchmark]
	fn set_hot_key() {
		let operator = operator::<T>(0);
		for _ in 0..2 {
			Pallet::<T>::install_key(operator.clone(), key::<T>(&operator).0).expect(SETUP);
			next_block::<T>(T::KeyDelay::get());
		}
		let (key, proof) = key::<T>(&operator);

		#[extrinsic_call]
		_(RawOrigin::Signed(operator.clone()), key.clone(), proof);

		assert_eq!(KeyOwners::<T>::get(key), Some(operator));
	}

	#[benchmark]
	fn set_validator_count() -> Result<(), BenchmarkError> {
		let origin =
			T::GovernanceOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, 1);

		assert_eq!(ValidatorCount::<T>::get(), 1);
		Ok(())
	}

	#[benchmark]
	fn resume_slashing() -> Result<(), BenchmarkError> {
		let origin =
			T::GovernanceOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		SlashingPaused::<T>::put(Pallet::<T>::now());
		SessionSlashed::<T>::put(1);

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin);

		assert!(!SlashingPaused::<T>::exists());
		Ok(())
	}

	/// `p`: executor pools.
	#[benchmark]
	fn plan_session(p: Linear<1, { T::MaxPools::get() }>) {
		snapshots::<T>(p);
		fill::<T>(ROLE, p);

		#[block]
		{
			Pallet::<T>::plan_session(9);
		}

		assert!(Snapshots::<T>::get(9).members.len() as u32 >= p);
	}

	/// `p`: validator pools.
	#[benchmark]
	fn elect(p: Linear<1, { T::MaxPools::get() }>) {
		fill::<T>(Role::Validator, p);
		ValidatorCount::<T>::put(T::MaxValidators::get());
		let elected;

		#[block]
		{
			elected = Pallet::<T>::elect();
		}

		assert!(
			elected.is_some_and(|elected| elected.len() as u32 >= p.min(T::MaxValidators::get()))
		);
	}

	/// `p`: executors in the snapshots.
	#[benchmark]
	fn start_session(p: Linear<1, { T::MaxPools::get() }>) {
		snapshots::<T>(p);

		#[block]
		{
			Pallet::<T>::start_session(8);
		}

		assert!(!Snapshots::<T>::contains_key(7));
	}

	/// Reward of a block, for its author.
	#[benchmark]
	fn reward_author() {
		let who = rich::<T>("operator", 0);
		open::<T>(&who, Role::Validator);
		let before = Pools::<T>::get(Role::Validator, &who).expect(SETUP).active.balance;

		#[block]
		{
			Pallet::<T>::reward_author(who.clone());
		}

		let pool = Pools::<T>::get(Role::Validator, who).expect("it stays");
		assert!(T::BlockReward::get() == 0 || pool.active.balance > before);
	}

	/// An offence against consensus.
	#[benchmark]
	fn slash_validator() {
		let who = rich::<T>("operator", 0);
		open::<T>(&who, Role::Validator);

		#[block]
		{
			Pallet::<T>::slash_validator(&who, Perbill::from_percent(60));
		}

		let pool = Pools::<T>::get(Role::Validator, who).expect("it stays");
		assert_eq!(pool.status, PoolStatus::Paused);
	}

	/// A wrong answer that leaves too small a bond, with two payees.
	#[benchmark]
	fn penalise() {
		let operator = operator::<T>(0);
		Pools::<T>::mutate(ROLE, &operator, |pool| {
			if let Some(pool) = pool {
				let own = &mut pool.own;
				pool.active.redeem(pool.active.shares / 2, own);
			}
		});
		SessionStake::<T>::put(Balance::MAX);
		suspend_others::<T>();
		let payees = [rich::<T>("payee", 0), rich::<T>("payee", 1)];

		#[block]
		{
			let part = Perbill::from_percent(30);
			let payees = [(&payees[0], part), (&payees[1], part)];
			<Pallet<T> as ExecutorLedger<_>>::penalise(&operator, Offence::WrongAnswer, &payees);
		}

		assert!(Suspended::<T>::get().contains(&operator));
	}

	/// A right answer, with a commission.
	#[benchmark]
	fn reward() {
		use frame_support::traits::fungible::Balanced;
		let operator = operator::<T>(0);
		let credit = T::Currency::issue(T::MinBond::get());

		#[block]
		{
			<Pallet<T> as ExecutorLedger<_>>::reward(&operator, credit);
		}

		let pool = Pools::<T>::get(ROLE, operator).expect("it stays");
		assert!(pool.active.balance > T::MinBond::get().saturating_mul(2));
	}
}
