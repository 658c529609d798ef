//! What every call and hook costs in its worst case.

use crate::*;
use alloc::vec::Vec;
use frame_benchmarking::v2::*;
use frame_support::traits::{fungible::Mutate, EnsureOrigin, Get};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use opg_primitives::{possession_payload, Balance, ExecutorKey, ExecutorSignature};
use pallet_opg_support::{ExecutorPools, Fault};
use sp_core::ed25519;
use sp_runtime::{
	traits::{Saturating, Zero},
	Perbill, RuntimeAppPublic,
};

const ROLE: Role = Role::Executor;
const NOBODY: &str = "benchmarks set up what they need";

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

/// Open a pool with some more than the least bond.
fn open<T: Config>(who: &T::AccountId, role: Role) {
	let bond = T::MinBond::get().saturating_mul(2);
	let commission = Perbill::from_percent(10);
	Pallet::<T>::bond(signed::<T>(who), role, bond, commission).expect(NOBODY);
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
	let genesis = frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero());
	let proof = key.sign(&possession_payload(&genesis, who)).expect(NOBODY);
	(key, proof)
}

/// A delegator of `operator` with as many delegations as are allowed.
fn delegator<T: Config>(operator: &T::AccountId) -> T::AccountId {
	let who = rich::<T>("delegator", 0);
	for index in 1..T::MaxDelegations::get() {
		let other = self::operator::<T>(index);
		Pallet::<T>::delegate(signed::<T>(&who), other, ROLE, amount::<T>()).expect(NOBODY);
	}
	let all = amount::<T>().saturating_mul(100);
	Pallet::<T>::delegate(signed::<T>(&who), operator.clone(), ROLE, all).expect(NOBODY);
	who
}

fn amount<T: Config>() -> Balance {
	T::MinDelegation::get()
}

/// As many withdrawals as are allowed, each in its own block, but one.
fn unbonds<T: Config>(operator: &T::AccountId, who: &T::AccountId) {
	for _ in 1..T::MaxUnbonds::get() {
		next_block::<T>(1);
		let operator = operator.clone();
		Pallet::<T>::undelegate(signed::<T>(who), operator, ROLE, amount::<T>()).expect(NOBODY);
	}
	next_block::<T>(1);
}

fn next_block<T: Config>(count: u32) {
	let now = frame_system::Pallet::<T>::block_number();
	frame_system::Pallet::<T>::set_block_number(now.saturating_add(count.into()));
}

/// `count` pools on duty, each with another stake, without the transfers of real ones.
fn fill<T: Config>(role: Role, count: u32) -> Vec<T::AccountId> {
	let first = rich::<T>("first", 0);
	open::<T>(&first, role);
	let pool = Pools::<T>::take(role, &first).expect(NOBODY);
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

/// Sideline as many others as there can be.
fn sideline<T: Config>() {
	let mut others: Vec<_> =
		(1..T::MaxPools::get()).map(|index| account("other", index, 0)).collect();
	others.sort();
	Sidelined::<T>::put(frame_support::BoundedVec::truncate_from(others));
}

/// Snapshots of this session and the next with `count` members each, and as many sidelined.
fn snapshots<T: Config>(count: u32) {
	let mut members: Vec<(T::AccountId, Balance)> =
		(0..count).map(|index| (account("filler", index, 0), amount::<T>())).collect();
	members.sort();
	let sidelined = members.iter().map(|(who, _)| who.clone()).collect();
	Sidelined::<T>::put(frame_support::BoundedVec::truncate_from(sidelined));
	for index in [7, 8] {
		let members = frame_support::BoundedVec::truncate_from(members.clone());
		Snapshots::<T>::insert(index, Snapshot { total: amount::<T>(), members });
	}
}

/// For other pallets' benchmarks: a pool on duty, with a hot key, that rests after one more miss.
pub(crate) fn executor<T: Config>(who: &T::AccountId) -> ExecutorKey {
	fund::<T>(who);
	open::<T>(who, ROLE);
	Pools::<T>::mutate(ROLE, who, |pool| {
		if let Some(pool) = pool {
			pool.status = Status::Active { misses: T::MaxMisses::get().saturating_sub(1) };
		}
	});
	let (key, _) = key::<T>(who);
	Pallet::<T>::install_key(who.clone(), key.clone()).expect(NOBODY);
	// The circuit breaker does not trip.
	SessionStake::<T>::put(Balance::MAX);
	key
}

/// For other pallets' benchmarks: `members` are drawn from now on, and as many others rest as can.
pub(crate) fn snapshot<T: Config>(members: &[T::AccountId]) {
	sideline::<T>();
	let mut members: Vec<_> = members.iter().map(|who| (who.clone(), T::MinBond::get())).collect();
	members.sort();
	let members = frame_support::BoundedVec::truncate_from(members);
	Snapshots::<T>::insert(CurrentSession::<T>::get(), Snapshot { total: Balance::MAX, members });
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
			Pallet::<T>::install_key(operator.clone(), key::<T>(&operator).0).expect(NOBODY);
			next_block::<T>(T::KeyDelay::get());
		}
		let who = delegator::<T>(&operator);
		unbonds::<T>(&operator, &who);
		let (pool, all) = (operator.clone(), Balance::MAX);
		Pallet::<T>::undelegate(signed::<T>(&who), pool.clone(), ROLE, all).expect(NOBODY);
		Pallet::<T>::leave(signed::<T>(&operator), ROLE).expect(NOBODY);
		next_block::<T>(T::UnbondingBlocks::get());
		let first = operator.clone();
		Pallet::<T>::withdraw(signed::<T>(&who), pool.clone(), ROLE, first).expect(NOBODY);

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()), pool, ROLE, who.clone());

		assert!(!Pools::<T>::contains_key(ROLE, operator));
	}

	#[benchmark]
	fn leave() {
		let operator = operator::<T>(0);
		sideline::<T>();

		#[extrinsic_call]
		_(RawOrigin::Signed(operator.clone()), ROLE);

		let pool = Pools::<T>::get(ROLE, operator).expect("it closes later");
		assert_eq!(pool.status, Status::Leaving);
	}

	#[benchmark]
	fn evict() {
		let operator = operator::<T>(0);
		let who = delegator::<T>(&operator);
		unbonds::<T>(&operator, &who);
		Pallet::<T>::leave(signed::<T>(&operator), ROLE).expect(NOBODY);
		let caller = whitelisted_caller();

		#[extrinsic_call]
		_(RawOrigin::Signed(caller), operator.clone(), ROLE, who.clone());

		let id = PoolId { operator, role: ROLE };
		assert_eq!(Holdings::<T>::get(id, who).shares, 0);
	}

	#[benchmark]
	fn forget() {
		let operator = operator::<T>(0);
		let who = delegator::<T>(&operator);
		unbonds::<T>(&operator, &who);
		let id = PoolId { operator: operator.clone(), role: ROLE };
		let mut pool = Pools::<T>::get(ROLE, &operator).expect(NOBODY);
		let _ = Pallet::<T>::slash(&id, &mut pool, Perbill::one());
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
	fn rest() {
		let operator = operator::<T>(0);
		sideline::<T>();

		#[extrinsic_call]
		_(RawOrigin::Signed(operator.clone()), ROLE);

		assert!(Sidelined::<T>::get().contains(&operator));
	}

	#[benchmark]
	fn resume() {
		let operator = operator::<T>(0);
		sideline::<T>();
		Pallet::<T>::rest(signed::<T>(&operator), ROLE).expect(NOBODY);

		#[extrinsic_call]
		_(RawOrigin::Signed(operator.clone()), ROLE);

		assert!(!Sidelined::<T>::get().contains(&operator));
	}

	/// The third key of an operator: the first is forgotten.
	#[benchmark]
	fn set_hot_key() {
		let operator = operator::<T>(0);
		for _ in 0..2 {
			Pallet::<T>::install_key(operator.clone(), key::<T>(&operator).0).expect(NOBODY);
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
		SlashingPaused::<T>::put(frame_system::Pallet::<T>::block_number());
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

	/// The author of a block is paid.
	#[benchmark]
	fn reward_author() {
		let who = rich::<T>("operator", 0);
		open::<T>(&who, Role::Validator);
		let before = Pools::<T>::get(Role::Validator, &who).expect(NOBODY).active.balance;

		#[block]
		{
			Pallet::<T>::reward_author(who.clone());
		}

		let pool = Pools::<T>::get(Role::Validator, who).expect("it stays");
		assert!(T::BlockReward::get() == 0 || pool.active.balance > before);
	}

	/// A fault of consensus.
	#[benchmark]
	fn slash_validator() {
		let who = rich::<T>("operator", 0);
		open::<T>(&who, Role::Validator);

		#[block]
		{
			Pallet::<T>::slash_validator(&who, Perbill::from_percent(60));
		}

		let pool = Pools::<T>::get(Role::Validator, who).expect("it stays");
		assert_eq!(pool.status, Status::Resting);
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
		sideline::<T>();
		let payees = [rich::<T>("payee", 0), rich::<T>("payee", 1)];

		#[block]
		{
			let part = Perbill::from_percent(30);
			let payees = [(&payees[0], part), (&payees[1], part)];
			<Pallet<T> as ExecutorPools<_>>::penalise(&operator, Fault::Wrong, &payees);
		}

		assert!(Sidelined::<T>::get().contains(&operator));
	}

	/// A right answer, with a commission.
	#[benchmark]
	fn reward() {
		use frame_support::traits::fungible::Balanced;
		let operator = operator::<T>(0);
		let credit = T::Currency::issue(T::MinBond::get());

		#[block]
		{
			<Pallet<T> as ExecutorPools<_>>::reward(&operator, credit);
		}

		let pool = Pools::<T>::get(ROLE, operator).expect("it stays");
		assert!(pool.active.balance > T::MinBond::get().saturating_mul(2));
	}
}
