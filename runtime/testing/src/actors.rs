//! Accounts, executors and the model of the test chain.

use codec::Encode;
use frame_support::{assert_ok, storage::with_storage_layer};
use opg_primitives::{possession_payload, registry::VersionNumber, Fuel, VersionLimits};
use opg_runtime::{
	constants::{OPG, SERVE_DEPOSIT},
	*,
};
use pallet_opg_models::{NextModelId, Release};
use pallet_opg_staking::{Delegations, Holdings, PoolId, Pools, Role};
use sp_core::{ed25519, Pair, H256};
use sp_io::hashing::blake2_256;
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};
use sp_runtime::{DispatchResult, Perbill};
use std::{cell::RefCell, collections::BTreeMap};

/// Fuel of every answer, half of the model's fuel limit.
pub const FUEL: Fuel = 1_000_000;
/// Id of the engine.
pub const ENGINE_ID: H256 = H256::repeat_byte(2);
/// Digest of the model's inspection report.
pub const REPORT: H256 = H256::repeat_byte(3);

thread_local! {
	static HOT_KEYS: RefCell<BTreeMap<AccountId, ed25519::Pair>> = const {
		RefCell::new(BTreeMap::new())
	};
}

/// Origin of a call that `who` signs.
pub fn signed(who: AccountId) -> RuntimeOrigin {
	RuntimeOrigin::signed(who)
}

/// Owner of the model.
pub fn dave() -> AccountId {
	Sr25519Keyring::Dave.to_account_id()
}

/// Requester.
pub fn eve() -> AccountId {
	Sr25519Keyring::Eve.to_account_id()
}

/// Challenger.
pub fn ferdie() -> AccountId {
	Sr25519Keyring::Ferdie.to_account_id()
}

/// Executor number `index`. The first three are those of the development chain.
pub fn executor(index: usize) -> AccountId {
	match index {
		0 => Sr25519Keyring::Alice.to_account_id(),
		1 => Sr25519Keyring::Bob.to_account_id(),
		2 => Sr25519Keyring::Charlie.to_account_id(),
		_ => AccountId::from(blake2_256(&(b"executor", index as u32).encode())),
	}
}

fn pair(index: usize) -> ed25519::Pair {
	match index {
		0 => Ed25519Keyring::Alice.pair(),
		1 => Ed25519Keyring::Bob.pair(),
		2 => Ed25519Keyring::Charlie.pair(),
		_ => ed25519::Pair::from_seed(&blake2_256(&(index as u32).encode())),
	}
}

/// Hot key of an executor whose pool is open.
pub fn hot_key(who: &AccountId) -> ed25519::Pair {
	HOT_KEYS.with(|keys| keys.borrow()[who])
}

/// Lets executors `0..count` sign with their hot keys, on a chain that this thread has not begun.
pub fn know_hot_keys(count: usize) {
	let keys = (0..count).map(|index| (executor(index), pair(index)));
	HOT_KEYS.with(|known| known.borrow_mut().extend(keys));
}

/// Opens the pool of executor `index` with `stake` planck. The first three have theirs from
/// genesis.
pub fn open_pool(index: usize, stake: Balance) {
	let (who, pair) = (executor(index), pair(index));
	HOT_KEYS.with(|keys| keys.borrow_mut().insert(who.clone(), pair));
	if index < 3 {
		return;
	}
	set_balance(&who, stake + 1_000 * OPG);
	assert_ok!(Staking::bond(signed(who.clone()), Role::Executor, stake, Perbill::zero()));
	let proof = pair.sign(&possession_payload(&System::block_hash(0), &who)).into();
	assert_ok!(Staking::set_hot_key(signed(who), pair.public().into(), proof));
}

/// Adds to the own stake of the executor `who` what its pool needs to take a delegation of `stake`
/// planck.
pub fn carry(who: &AccountId, stake: Balance) {
	let own = stake / 19 + OPG;
	set_balance(who, Balances::free_balance(who) + own);
	assert_ok!(Staking::delegate(signed(who.clone()), who.clone(), Role::Executor, own));
}

/// Delegates `stake` planck of `delegator` to the executor `who`, as it could before there was a least
/// share of the operator's own.
pub fn delegate_beyond_own_share(delegator: &AccountId, who: &AccountId, stake: Balance) {
	let id = PoolId { operator: who.clone(), role: Role::Executor };
	let mut pool = Pools::<Runtime>::get(id.role, who).unwrap();
	Holdings::<Runtime>::mutate(&id, delegator, |own| pool.active.deposit(stake, own).unwrap());
	Pools::<Runtime>::insert(id.role, who, pool);
	Delegations::<Runtime>::mutate(delegator, |pools| pools.try_push(id).unwrap());
	let account = Staking::account().into();
	assert_ok!(Balances::transfer_keep_alive(signed(delegator.clone()), account, stake));
}

/// Sets the free balance of `who`, in planck.
pub fn set_balance(who: &AccountId, amount: Balance) {
	assert_ok!(Balances::force_set_balance(RuntimeOrigin::root(), who.clone().into(), amount));
}

/// Balance of `who` in planck, holds included.
pub fn wealth(who: &AccountId) -> Balance {
	let data = System::account(who).data;
	data.free + data.reserved
}

/// Stake in the pool of executor `who`, in planck.
pub fn stake(who: &AccountId) -> Balance {
	Pools::<Runtime>::get(Role::Executor, who).unwrap().active.balance
}

/// Registers a model of Dave whose fuel limit is twice `fuel`. Its royalty is one OPG.
pub fn register_model(fuel: Fuel) {
	assert_ok!(register(dave(), 2 * fuel, OPG));
}

/// Registers a model that takes little to load.
pub fn register(owner: AccountId, fuel: Fuel, royalty: Balance) -> DispatchResult {
	register_within(owner, VersionLimits::inline(fuel, 1_000, 64), royalty)
}

/// Registers a model with these limits.
pub fn register_within(
	owner: AccountId,
	limits: VersionLimits,
	royalty: Balance,
) -> DispatchResult {
	let name = b"model".to_vec().try_into().unwrap();
	let (hash, dims) = (H256::repeat_byte(1), Default::default());
	// Each is another version.
	let number = VersionNumber::new(NextModelId::<Runtime>::get(), 0, 0);
	let release = Box::new(Release { number, licence: None, tokenizer: None, generation: None });
	with_storage_layer(|| {
		Models::register(
			signed(owner),
			hash,
			100,
			name,
			ENGINE_ID,
			dims,
			limits,
			royalty,
			REPORT,
			release,
			None,
		)
	})
}

/// Checks that everything that the staking and the models pallet hold has an owner there.
pub fn check_holds() {
	let mut owed = BTreeMap::<(AccountId, Vec<u8>), Balance>::new();
	let mut owe = |who: AccountId, reason: RuntimeHoldReason, amount: Balance| {
		*owed.entry((who, reason.encode())).or_default() += amount;
	};
	for (_, operator, pool) in Pools::<Runtime>::iter() {
		owe(operator, pallet_opg_staking::HoldReason::Pool.into(), pool.deposit);
	}
	for named in pallet_opg_models::NamedModels::<Runtime>::iter_values() {
		owe(named.owner, pallet_opg_models::HoldReason::Model.into(), named.deposit);
	}
	for entry in pallet_opg_models::ServingExecutors::<Runtime>::iter_values().flatten() {
		owe(entry.executor, pallet_opg_models::HoldReason::Serve.into(), SERVE_DEPOSIT);
	}
	for (who, holds) in pallet_balances::Holds::<Runtime>::iter() {
		for hold in holds {
			if matches!(hold.id, RuntimeHoldReason::Staking(_) | RuntimeHoldReason::Models(_)) {
				let amount = owed.remove(&(who.clone(), hold.id.encode())).unwrap_or_default();
				assert_eq!(hold.amount, amount, "{:?} of {who} has no owner", hold.id);
			}
		}
	}
	assert!(owed.values().all(|amount| *amount == 0), "deposits that are not held: {owed:?}");
}
