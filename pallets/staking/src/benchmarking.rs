//! What every call costs in its worst case.

use crate::*;
use alloc::vec::Vec;
use frame_benchmarking::v2::*;
use frame_support::traits::{fungible::Mutate, EnsureOrigin, Get};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use opg_primitives::{possession_payload, Balance, ExecutorKey, ExecutorSignature};
use pallet_opg_support::{ExecutorPools, Fault};
use sp_runtime::{traits::Zero, Perbill, RuntimeAppPublic, Saturating};

const ROLE: Role = Role::Executor;

/// An account with plenty of OPG.
fn rich<T: Config>(name: &'static str, index: u32) -> T::AccountId {
	let who = account(name, index, 0);
	let _ = T::Currency::mint_into(&Pallet::<T>::account(), T::MinBond::get());
	T::Currency::set_balance(&who, T::MinBond::get().saturating_mul(1_000));
	who
}

/// An operator with an executor pool and two hot keys.
fn operator<T: Config>(index: u32) -> T::AccountId {
	let who = rich::<T>("operator", index);
	let bond = T::MinBond::get().saturating_mul(2);
	Pallet::<T>::bond(signed::<T>(&who), ROLE, bond, Perbill::zero()).expect("it is rich");
	who
}

fn signed<T: Config>(who: &T::AccountId) -> T::RuntimeOrigin {
	RawOrigin::Signed(who.clone()).into()
}

/// A hot key and its proof for `who`.
fn key<T: Config>(who: &T::AccountId) -> (ExecutorKey, ExecutorSignature) {
	let key = ExecutorKey::generate_pair(None);
	let genesis = frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero());
	let proof = key.sign(&possession_payload(&genesis, who)).expect("the keystore has it");
	(key, proof)
}

/// A delegator of `operator` with as many other delegations as are allowed.
fn delegator<T: Config>(operator: &T::AccountId) -> T::AccountId {
	let who = rich::<T>("delegator", 0);
	for index in 1..T::MaxDelegations::get() {
		let other = self::operator::<T>(index);
		Pallet::<T>::delegate(signed::<T>(&who), other, ROLE, amount::<T>()).expect("it is rich");
	}
	let all = amount::<T>().saturating_mul(100);
	Pallet::<T>::delegate(signed::<T>(&who), operator.clone(), ROLE, all).expect("it is rich");
	who
}

fn amount<T: Config>() -> Balance {
	T::MinDelegation::get()
}

/// As many withdrawals as are allowed, each in its own block, but one.
fn unbonds<T: Config>(operator: &T::AccountId, who: &T::AccountId) {
	for _ in 1..T::MaxUnbonds::get() {
		next_block::<T>(1);
		Pallet::<T>::undelegate(signed::<T>(who), operator.clone(), ROLE, amount::<T>())
			.expect("it delegated more");
	}
	next_block::<T>(1);
}

fn next_block<T: Config>(count: u32) {
	let now = frame_system::Pallet::<T>::block_number();
	frame_system::Pallet::<T>::set_block_number(now.saturating_add(count.into()));
}

/// As many executor pools as are allowed, on duty and with keys.
fn fill<T: Config>(count: u32) -> Vec<T::AccountId> {
	(0..count)
		.map(|index| {
			let who = operator::<T>(index);
			let (key, _) = key::<T>(&who);
			Pallet::<T>::install_key(who.clone(), key).expect("it is new");
			who
		})
		.collect()
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

		#[extrinsic_call]
		_(RawOrigin::Signed(who), operator.clone(), ROLE, amount::<T>());

		assert!(Pools::<T>::get(ROLE, operator).is_some());
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
		let who = delegator::<T>(&operator);
		let (first, _) = key::<T>(&operator);
		Pallet::<T>::install_key(operator.clone(), first).expect("it is new");
		unbonds::<T>(&operator, &who);
		Pallet::<T>::undelegate(signed::<T>(&who), operator.clone(), ROLE, Balance::MAX)
			.expect("it delegated more");
		Pallet::<T>::leave(signed::<T>(&operator), ROLE).expect("it did not leave yet");
		next_block::<T>(T::UnbondingBlocks::get());
		Pallet::<T>::withdraw(signed::<T>(&who), operator.clone(), ROLE, operator.clone())
			.expect("it matured");

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()), operator.clone(), ROLE, who.clone());

		assert!(!Pools::<T>::contains_key(ROLE, operator));
	}

	#[benchmark]
	fn leave() {
		let operator = operator::<T>(0);

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
		Pallet::<T>::leave(signed::<T>(&operator), ROLE).expect("it did not leave yet");
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
		let mut pool = Pools::<T>::get(ROLE, &operator).expect("it is open");
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
		let commission = T::MaxCommissionChange::get();

		#[extrinsic_call]
		_(RawOrigin::Signed(operator.clone()), ROLE, commission);

		assert_eq!(Pools::<T>::get(ROLE, operator).map(|pool| pool.commission), Some(commission));
	}

	/// `r`: executors that were sidelined already.
	#[benchmark]
	fn rest(r: Linear<0, 1_000>) {
		let operator = operator::<T>(0);
		for index in 0..r {
			let id = PoolId { operator: account("other", index, 0), role: ROLE };
			Pallet::<T>::sideline(&id);
		}

		#[extrinsic_call]
		_(RawOrigin::Signed(operator.clone()), ROLE);

		assert!(Sidelined::<T>::get().contains(&operator));
	}

	/// `r`: executors that are sidelined.
	#[benchmark]
	fn resume(r: Linear<0, 1_000>) {
		let operator = operator::<T>(0);
		Pallet::<T>::rest(signed::<T>(&operator), ROLE).expect("it is active");
		for index in 0..r {
			let id = PoolId { operator: account("other", index, 0), role: ROLE };
			Pallet::<T>::sideline(&id);
		}

		#[extrinsic_call]
		_(RawOrigin::Signed(operator.clone()), ROLE);

		assert!(!Sidelined::<T>::get().contains(&operator));
	}

	#[benchmark]
	fn set_hot_key() {
		let operator = operator::<T>(0);
		for _ in 0..2 {
			let (key, _) = key::<T>(&operator);
			Pallet::<T>::install_key(operator.clone(), key).expect("the last one is valid");
			next_block::<T>(T::KeyDelay::get());
		}
		let (key, proof) = key::<T>(&operator);

		#[extrinsic_call]
		_(RawOrigin::Signed(operator.clone()), key.clone(), proof);

		assert_eq!(KeyOwners::<T>::get(key), Some(operator));
	}

	#[benchmark]
	fn set_validator_count() -> Result<(), BenchmarkError> {
		let origin = T::GovernanceOrigin::try_successful_origin()
			.map_err(|_| BenchmarkError::Weightless)?;

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, 1);

		assert_eq!(ValidatorCount::<T>::get(), 1);
		Ok(())
	}

	#[benchmark]
	fn resume_slashing() -> Result<(), BenchmarkError> {
		let origin = T::GovernanceOrigin::try_successful_origin()
			.map_err(|_| BenchmarkError::Weightless)?;
		SlashingPaused::<T>::put(frame_system::Pallet::<T>::block_number());

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin);

		assert!(!SlashingPaused::<T>::exists());
		Ok(())
	}

	/// `p`: executor pools.
	#[benchmark]
	fn plan_session(p: Linear<1, 1_000>) {
		fill::<T>(p);

		#[block]
		{
			Pallet::<T>::plan_session(7);
		}

		assert_eq!(Snapshots::<T>::get(7).members.len() as u32, p);
	}

	/// A slash of a pool with payees.
	#[benchmark]
	fn penalise() {
		let operator = operator::<T>(0);
		SessionStake::<T>::put(Balance::MAX);
		let payee = rich::<T>("payee", 0);

		#[block]
		{
			let part = Perbill::from_percent(30);
			Pallet::<T>::penalise(&operator, Fault::Wrong, &[(&payee, part), (&payee, part)]);
		}

		let pool = Pools::<T>::get(ROLE, operator).expect("it is open");
		assert!(pool.active.balance < T::MinBond::get().saturating_mul(2));
	}

	/// A reward of a pool with a commission.
	#[benchmark]
	fn reward() {
		let operator = operator::<T>(0);
		let credit = T::Currency::issue(T::MinBond::get());

		#[block]
		{
			<Pallet<T> as ExecutorPools<_>>::reward(&operator, credit);
		}

		let pool = Pools::<T>::get(ROLE, operator).expect("it is open");
		assert_eq!(pool.active.balance, T::MinBond::get().saturating_mul(3));
	}
}
