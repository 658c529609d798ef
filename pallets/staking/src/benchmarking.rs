//! Benchmarks of the calls and hooks, each in its worst case.

use crate::*;
use alloc::vec::Vec;
use frame_benchmarking::v2::*;
use frame_support::{
	traits::{fungible::Mutate, EnsureOrigin, Get},
	BoundedVec,
};
use frame_system::RawOrigin;
use opg_primitives::{possession_payload, Balance, ExecutorKey, ExecutorSignature};
use pallet_opg_support::{BenchmarkExecutors, ExecutorLedger, Offence, SilenceRecord};
use sp_core::{ed25519, H256};
use sp_runtime::{
	traits::{BlockNumberProvider, Saturating, Zero},
	Perbill, RuntimeAppPublic,
};

const ROLE: Role = Role::Executor;
/// First session in which the benchmarks of other pallets draw: others have been before it.
const FIRST_SESSION: u32 = 4;
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

/// Leaves room for one more unbonding entry. Each entry is of another block and session.
fn unbonds<T: Config>(operator: &T::AccountId, who: &T::AccountId) {
	for _ in 1..T::MaxUnbonds::get() {
		next_block::<T>(1);
		let operator = operator.clone();
		Pallet::<T>::undelegate(signed::<T>(who), operator, ROLE, amount::<T>()).expect(SETUP);
	}
	next_block::<T>(1);
}

/// Lets `count` blocks pass, by the clock too, and a session.
fn next_block<T: Config>(count: u32) {
	let next = Pallet::<T>::now().saturating_add(count.into());
	frame_system::Pallet::<T>::set_block_number(next);
	T::BlockNumberProvider::set_block_number(next);
	CurrentSession::<T>::mutate(|session| *session += 1);
}

/// Stores `count` active pools, each with another stake, without the transfers of real ones. They
/// are all operators of the role.
fn fill<T: Config>(role: Role, count: u32) -> Vec<T::AccountId> {
	let first = rich::<T>("first", 0);
	open::<T>(&first, role);
	let pool = Pools::<T>::take(role, &first).expect(SETUP);
	let mut operators: Vec<T::AccountId> = (0..count)
		.map(|index| {
			let who: T::AccountId = account("filler", index, 0);
			let mut pool = pool.clone();
			pool.active.gain(T::MinValidatorStake::get().saturating_add(index.into()));
			Pools::<T>::insert(role, &who, pool);
			let key = ed25519::Public::from_raw([0; 32]).into();
			HotKeys::<T>::insert(&who, HotKey { key, from: Zero::zero(), previous: None });
			who
		})
		.collect();
	operators.sort();
	Operators::<T>::insert(role, BoundedVec::truncate_from(operators.clone()));
	operators
}

/// Suspends as many others as there can be.
fn suspend_others<T: Config>() {
	let mut others: Vec<_> =
		(1..T::MaxPools::get()).map(|index| account("other", index, 0)).collect();
	others.sort();
	Suspended::<T>::put(BoundedVec::truncate_from(others));
}

/// Stores the three snapshots before session 9 with `count` members each, who have all left.
fn snapshots<T: Config>(count: u32) {
	let mut members: Vec<(T::AccountId, Balance)> =
		(0..count).map(|index| (account("leaver", index, 0), amount::<T>())).collect();
	members.sort();
	let suspended = members.iter().map(|(who, _)| who.clone()).collect();
	Suspended::<T>::put(BoundedVec::truncate_from(suspended));
	for index in 6..9 {
		Snapshots::<T>::insert(index, BoundedVec::truncate_from(members.clone()));
		OwnStakes::<T>::insert(index, BoundedVec::truncate_from(members.clone()));
	}
}

/// Stores as many sessions of unbonding stake, and of stake that moved away, as a list has room for.
/// All snapshots hold them.
fn unbonding_vaults<T: Config>(who: &T::AccountId, role: Role) {
	let id = PoolId { operator: who.clone(), role };
	let pool = Pools::<T>::get(role, who).expect(SETUP);
	let vaults = (0..T::MaxUnbondingSessions::get()).map(|session| {
		let mut vault = pool.active.sibling();
		let _ = vault.deposit(T::MinBond::get(), &mut Default::default());
		UnbondingVault { session, unlock_at: Pallet::<T>::now() + 1u32.into(), vault }
	});
	let vaults = BoundedVec::truncate_from(vaults.collect());
	Moved::<T>::insert(&id, &vaults);
	UnbondingVaults::<T>::insert(id, vaults);
	let total = T::MinBond::get().saturating_mul(T::MaxUnbondingSessions::get().into());
	let _ = T::Currency::mint_into(&Pallet::<T>::account(), total);
}

/// An operator with as much unbonding stake as is kept apart.
fn unbonding_operator<T: Config>() -> T::AccountId {
	let operator = operator::<T>(0);
	unbonding_vaults::<T>(&operator, ROLE);
	operator
}

/// Convicts `operator` in session 0.
fn convict<T: Config>(operator: &T::AccountId, payees: &[T::AccountId]) {
	let part = Perbill::from_percent(5);
	let payees: Vec<_> = payees.iter().map(|payee| (payee, part)).collect();
	<Pallet<T> as ExecutorLedger<_>>::convict(operator, H256::zero(), 0, &payees);
}

/// As many payees as a conviction can have.
fn payees<T: Config>() -> Vec<T::AccountId> {
	(0..MAX_PAYEES).map(|index| account("payee", index, 0)).collect()
}

/// An operator that is convicted.
fn convicted<T: Config>() -> T::AccountId {
	let operator = unbonding_operator::<T>();
	convict::<T>(&operator, &payees::<T>());
	operator
}

impl<T: Config> BenchmarkExecutors<T::AccountId> for Pallet<T> {
	fn executor(who: &T::AccountId) -> ExecutorKey {
		fund::<T>(who);
		open::<T>(who, ROLE);
		Pools::<T>::mutate(ROLE, who, |pool| {
			if let Some(pool) = pool {
				// Two of the remembered seats were silent.
				pool.status = PoolStatus::Active { history: 0b11 };
			}
		});
		let (key, _) = key::<T>(who);
		Pallet::<T>::install_key(who.clone(), key.clone()).expect(SETUP);
		key
	}

	/// Suspends as many others as there can be, since draws read that list too.
	fn snapshot(members: &[T::AccountId]) {
		suspend_others::<T>();
		let mut members: Vec<_> =
			members.iter().map(|who| (who.clone(), T::MinBond::get())).collect();
		members.sort();
		let own = members.iter().map(|(who, _)| (who.clone(), Balance::MAX >> 8)).collect();
		let members = BoundedVec::truncate_from(members);
		let session = CurrentSession::<T>::get().max(FIRST_SESSION);
		CurrentSession::<T>::put(session);
		Snapshots::<T>::insert(session, members);
		OwnStakes::<T>::insert(session, BoundedVec::<_, T::MaxPools>::truncate_from(own));
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

	/// A stake that is larger than the least of as many pools as there can be.
	#[benchmark]
	fn displace() {
		let operators = fill::<T>(ROLE, T::MaxPools::get());
		suspend_others::<T>();
		let who = rich::<T>("operator", 0);
		let id = PoolId { operator: who, role: ROLE };
		let displaced;

		#[block]
		{
			displaced = Pallet::<T>::enlist(&id, Balance::MAX);
		}

		assert_eq!(displaced, Ok(true));
		assert_eq!(Operators::<T>::get(ROLE).len(), operators.len());
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

	/// The last redelegation that an account has room for, out of a pool whose list is full.
	#[benchmark]
	fn redelegate() {
		let operator = operator::<T>(0);
		let who = delegator::<T>(&operator);
		unbonding_vaults::<T>(&operator, ROLE);
		next_block::<T>(1);
		let last = T::MaxUnbondingSessions::get();
		CurrentSession::<T>::put(last);
		let to: T::AccountId = account("operator", 1, 0);
		let (id, pool) = (PoolId { operator: operator.clone(), role: ROLE }, operator.clone());
		for _ in 1..T::MaxRedelegations::get() {
			let (pool, to) = (pool.clone(), to.clone());
			Pallet::<T>::redelegate(signed::<T>(&who), pool, ROLE, to, amount::<T>()).expect(SETUP);
		}
		CurrentSession::<T>::put(last + 1);

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()), pool, ROLE, to, amount::<T>());

		assert_eq!(Redelegations::<T>::get(who).len() as u32, T::MaxRedelegations::get());
		assert!(MovedBefore::<T>::contains_key(id, 1));
	}

	/// As many as an account has, each to another pool, and all of them slashed.
	#[benchmark]
	fn settle() {
		let operator = operator::<T>(0);
		let who = delegator::<T>(&operator);
		unbonding_vaults::<T>(&operator, ROLE);
		CurrentSession::<T>::put(T::MaxUnbondingSessions::get());
		for index in 1..=T::MaxRedelegations::get() {
			let (pool, to) = (operator.clone(), account("operator", index, 0));
			Pallet::<T>::redelegate(signed::<T>(&who), pool, ROLE, to, amount::<T>()).expect(SETUP);
		}
		let id = PoolId { operator: operator.clone(), role: ROLE };
		Pallet::<T>::slash_moved(&id, Perbill::from_percent(10), T::MaxUnbondingSessions::get());
		next_block::<T>(T::UnbondingBlocks::get());
		let caller = whitelisted_caller();

		#[extrinsic_call]
		_(RawOrigin::Signed(caller), operator, ROLE, who.clone());

		assert!(Redelegations::<T>::get(who).is_empty());
	}

	#[benchmark]
	fn reap() {
		let operator = operator::<T>(0);
		let who = delegator::<T>(&operator);
		unbonds::<T>(&operator, &who);
		let id = PoolId { operator: operator.clone(), role: ROLE };
		let mut pool = Pools::<T>::get(ROLE, &operator).expect(SETUP);
		Pallet::<T>::burn_share(&id, &mut pool, Perbill::one(), 0, None);
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
	fn cancel_conviction() -> Result<(), BenchmarkError> {
		let origin =
			T::CancelOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		let operator = convicted::<T>();

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, 0);

		assert_eq!(Pools::<T>::get(ROLE, operator).map(|pool| pool.convictions), Some(0));
		Ok(())
	}

	/// On a full list.
	#[benchmark]
	fn set_slots() -> Result<(), BenchmarkError> {
		let operator = operator::<T>(0);
		let mut declared: Vec<_> = (1..T::MaxPools::get())
			.map(|index| (account::<T::AccountId>("declared", index, 0), 1))
			.collect();
		declared.sort();
		DeclaredSlots::<T>::put(frame_support::BoundedVec::truncate_from(declared));

		#[extrinsic_call]
		_(RawOrigin::Signed(operator.clone()), 3);

		assert!(DeclaredSlots::<T>::get().contains(&(operator, 3)));
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

		assert_eq!(Snapshots::<T>::get(9).len() as u32, p);
	}

	/// `p`: validator pools.
	#[benchmark]
	fn elect(p: Linear<1, { T::MaxPools::get() }>) {
		let operators = fill::<T>(Role::Validator, p);
		// All that are elected are offline, as far as there are so many.
		let seats = operators.into_iter().map(|who| (who, 0)).collect();
		LastAuthored::<T>::put(BoundedVec::<_, T::MaxValidators>::truncate_from(seats));
		CurrentSession::<T>::put(T::OfflineSessions::get() + 1);
		ValidatorCount::<T>::put(T::MaxValidators::get());
		let elected;

		#[block]
		{
			elected = Pallet::<T>::elect();
		}

		assert!(elected
			.is_some_and(|elected| { elected.len() as u32 >= p.min(T::MinValidators::get()) }));
	}

	#[benchmark]
	fn start_session() {
		snapshots::<T>(1);

		#[block]
		{
			Pallet::<T>::start_session(9);
		}

		assert!(!Snapshots::<T>::contains_key(6));
	}

	/// Reward of a block, for its author.
	#[benchmark]
	fn reward_author() {
		let who = rich::<T>("operator", 0);
		open::<T>(&who, Role::Validator);
		let mut seats: Vec<_> = (1..T::MaxValidators::get())
			.map(|index| (account("validator", index, 0), 0))
			.chain([(who.clone(), 0)])
			.collect();
		seats.sort();
		LastAuthored::<T>::put(BoundedVec::<_, T::MaxValidators>::truncate_from(seats));
		CurrentSession::<T>::put(1);
		let before = Pools::<T>::get(Role::Validator, &who).expect(SETUP).active.balance;

		#[block]
		{
			Pallet::<T>::reward_author(who.clone());
		}

		let pool = Pools::<T>::get(Role::Validator, who).expect("it stays");
		assert!(T::BlockReward::get() == 0 || pool.active.balance > before);
	}

	/// An offence against consensus. As much stake is unbonding, and has moved away, as is kept apart.
	#[benchmark]
	fn slash_validator() {
		let who = rich::<T>("operator", 0);
		let role = Role::Validator;
		open::<T>(&who, role);
		unbonding_vaults::<T>(&who, role);
		let id = PoolId { operator: who.clone(), role };
		let slashed = |vaults: UnbondingVaultsOf<T>| {
			vaults.iter().all(|own| own.vault.balance < T::MinBond::get())
		};

		#[block]
		{
			Pallet::<T>::slash_validator(&who, Perbill::from_percent(60), 0);
		}

		let pool = Pools::<T>::get(role, who).expect("it stays");
		assert_eq!(pool.status, PoolStatus::Paused { history: 0 });
		assert!(slashed(UnbondingVaults::<T>::get(&id)) && slashed(Moved::<T>::get(&id)));
	}

	/// A silent seat that pauses the executor. As much stake is unbonding as is kept apart.
	#[benchmark]
	fn fine() {
		let operator = unbonding_operator::<T>();
		Pools::<T>::mutate(ROLE, &operator, |pool| {
			if let Some(pool) = pool {
				pool.status = PoolStatus::Active { history: 0b11 };
			}
		});
		suspend_others::<T>();

		#[block]
		{
			<Pallet<T> as ExecutorLedger<_>>::fine(
				&operator,
				Offence::MissedReveal,
				0,
				SilenceRecord::Counted,
			);
		}

		assert!(Suspended::<T>::get().contains(&operator));
	}

	/// A wrong answer, with as many payees and as much unbonding stake as there can be.
	#[benchmark]
	fn convict() {
		suspend_others::<T>();
		let (operator, payees) = (unbonding_operator::<T>(), payees::<T>());

		#[block]
		{
			super::convict::<T>(&operator, &payees);
		}

		assert_eq!(Pools::<T>::get(ROLE, operator).map(|pool| pool.convictions), Some(1));
	}

	/// A conviction that matures, with as many payees as there can be. It closes its pool.
	#[benchmark]
	fn execute_conviction() {
		let operator = convicted::<T>();
		let id = PoolId { operator: operator.clone(), role: ROLE };
		Pallet::<T>::install_key(operator.clone(), key::<T>(&operator).0).expect(SETUP);
		// Everyone has withdrawn, so there is room for what leaves.
		UnbondingVaults::<T>::remove(&id);
		Pallet::<T>::leave(signed::<T>(&operator), ROLE).expect(SETUP);
		UnbondingVaults::<T>::remove(&id);
		Moved::<T>::remove(&id);
		let _ = UnlockedVaults::<T>::clear_prefix(&id, u32::MAX, None);
		let conviction = Convictions::<T>::get(0).expect(SETUP);

		#[block]
		{
			Pallet::<T>::execute_conviction(0, conviction);
		}

		assert!(!Pools::<T>::contains_key(ROLE, operator));
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
	/// More than what an operator has, in its pool and on its way out.
	#[benchmark]
	fn charge() {
		use frame_support::traits::tokens::imbalance::Imbalance;
		let operator = operator::<T>(0);
		unbonds::<T>(&operator, &operator);
		suspend_others::<T>();
		let all = T::MinBond::get().saturating_mul(3);
		let taken;

		#[block]
		{
			taken = <Pallet<T> as ExecutorLedger<_>>::charge(&operator, all, 0).peek();
		}

		assert_eq!(taken, T::MinBond::get().saturating_mul(2));
	}
}
