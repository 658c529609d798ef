//! Runtime with this pallet and balances, for unit tests.

use crate as pallet_opg_staking;
use crate::*;
use frame_support::{
	derive_impl, parameter_types,
	traits::{ConstU128, ConstU32, ConstU64, Contains, Hooks},
	weights::Weight,
	PalletId,
};
use opg_primitives::{possession_payload, ExecutorKey};
use pallet_opg_support::{CourtPresence, Liabilities, VoteLocks};
use sp_core::{ed25519, Pair};
use sp_runtime::{BuildStorage, DispatchResult, Perbill};

#[frame_support::runtime]
mod runtime {
	#[runtime::runtime]
	#[runtime::derive(
		RuntimeCall,
		RuntimeEvent,
		RuntimeError,
		RuntimeOrigin,
		RuntimeHoldReason,
		RuntimeFreezeReason,
		RuntimeTask
	)]
	pub struct Test;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;
	#[runtime::pallet_index(1)]
	pub type Balances = pallet_balances;
	#[runtime::pallet_index(2)]
	pub type Staking = pallet_opg_staking;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = frame_system::mocking::MockBlock<Test>;
	type AccountData = pallet_balances::AccountData<u128>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type AccountStore = System;
	type Balance = u128;
	type ExistentialDeposit = ConstU128<1>;
}

parameter_types! {
	pub const Id: PalletId = PalletId(*b"opg/stak");
	pub const MaxCommissionChange: Perbill = Perbill::from_percent(5);
	/// Operators about whose seats the court decides.
	pub storage Disputed: Vec<u64> = Vec::new();
	/// Operators with a seat in a request that is open.
	pub storage Seated: Vec<u64> = Vec::new();
	/// Session, validator, and number of the cases that it missed.
	pub storage Missed: Vec<(u32, u64, u32)> = Vec::new();
	/// Smallest share of a pool that is its operator's.
	pub storage MinOwnShare: Perbill = Perbill::zero();
	/// Share of losses that the treasury gets.
	pub storage TreasuryShare: Perbill = Perbill::zero();
	/// Account and amount of what was staked, in planck.
	pub storage Staked: Vec<(u64, u128)> = Vec::new();
	/// Account and amount of what was withdrawn, in planck.
	pub storage Withdrawn: Vec<(u64, u128)> = Vec::new();
}

/// Account of the treasury.
pub const TREASURY: u64 = 99;

/// Records what it is told.
pub struct Locks;
impl VoteLocks<u64> for Locks {
	fn before_staking(who: &u64, amount: u128) {
		Staked::set(&[Staked::get(), vec![(*who, amount)]].concat());
	}
	fn after_withdrawal(who: &u64, amount: u128) {
		Withdrawn::set(&[Withdrawn::get(), vec![(*who, amount)]].concat());
	}
	fn max_weight() -> Weight {
		Weight::zero()
	}
}

/// Cases that the test says were missed.
pub struct Bench;
impl CourtPresence<u64> for Bench {
	fn missed(session: u32, who: &u64) -> u32 {
		let missed = Missed::get().into_iter().find(|row| (row.0, row.1) == (session, *who));
		missed.map_or(0, |(_, _, cases)| cases)
	}
}

/// Liabilities that the test chooses.
pub struct Requests;
impl Liabilities<u64> for Requests {
	fn in_dispute(who: &u64) -> bool {
		Disputed::get().contains(who)
	}
	fn has_seats(who: &u64) -> bool {
		Seated::get().contains(who)
	}
	fn max_weight() -> Weight {
		Weight::zero()
	}
}

/// Accounts below 10 have session keys.
pub struct Keys;
impl Contains<u64> for Keys {
	fn contains(who: &u64) -> bool {
		*who < 10
	}
}

impl Config for Test {
	type Currency = Balances;
	type BlockNumberProvider = System;
	type PalletId = Id;
	type MinBond = ConstU128<1_000>;
	type MinOwnShare = MinOwnShare;
	type SlotStake = ConstU128<125>;
	type MinDelegation = ConstU128<10>;
	type MinValidatorStake = ConstU128<2_000>;
	type PoolDeposit = ConstU128<100>;
	type MaxPools = ConstU32<8>;
	type MaxDelegations = ConstU32<3>;
	type MaxUnbonds = ConstU32<3>;
	type MaxRedelegations = ConstU32<2>;
	type UnbondingBlocks = ConstU32<10>;
	type MaxUnbondingSessions = ConstU32<4>;
	type ConvictionDelay = ConstU32<4>;
	type DayBlocks = ConstU32<20>;
	type KeyDelay = ConstU32<5>;
	type MaxCommissionChange = MaxCommissionChange;
	type MaxShareParts = ConstU32<4>;
	type MaxValidators = ConstU32<5>;
	type OfflineSessions = ConstU32<3>;
	type MinValidators = ConstU32<2>;
	type ValidatorKeys = Keys;
	type BlockReward = ConstU128<7>;
	type GovernanceOrigin = frame_system::EnsureRoot<u64>;
	type CancelOrigin = frame_system::EnsureRoot<u64>;
	type Treasury = ConstU64<TREASURY>;
	type TreasuryShare = TreasuryShare;
	type VoteLocks = Locks;
	type Liabilities = Requests;
	type CourtPresence = Bench;
	type WeightInfo = crate::weights::SubstrateWeight<Test>;
}

/// Balance of every account at genesis, in planck.
pub const FUNDS: u128 = 1_000_000;
/// Number of accounts with funds: 1 to this one.
pub const ACCOUNTS: u64 = 12;

/// Runs a test with funded accounts. Ends with [`check`].
pub fn run(test: impl FnOnce()) {
	let mut storage = frame_system::GenesisConfig::<Test>::default().build_storage().unwrap();
	pallet_balances::GenesisConfig::<Test> {
		balances: (1..=ACCOUNTS).map(|who| (who, FUNDS)).collect(),
		..Default::default()
	}
	.assimilate_storage(&mut storage)
	.unwrap();
	pallet_opg_staking::GenesisConfig::<Test> { validator_count: 2, ..Default::default() }
		.assimilate_storage(&mut storage)
		.unwrap();
	sp_io::TestExternalities::from(storage).execute_with(|| {
		System::set_block_number(1);
		test();
		check();
	});
}

/// Checks `try_state`, and that every planck is free, held for a pool, in a pool, or held by a
/// conviction.
pub fn check() {
	Staking::do_try_state().unwrap();
	let accounts: u128 = frame_system::Account::<Test>::iter_values()
		.map(|account| account.data.free + account.data.reserved)
		.sum();
	assert_eq!(accounts, Balances::total_issuance());
	let mut deposits = std::collections::BTreeMap::<u64, u128>::new();
	let mut pools: u128 = 0;
	for role in [Role::Validator, Role::Executor] {
		for (operator, pool) in Pools::<Test>::iter_prefix(role) {
			*deposits.entry(operator).or_default() += pool.deposit;
			pools += pool.active.balance + Staking::unbonding_balance(&PoolId { operator, role });
		}
	}
	let held: u128 = Convictions::<Test>::iter_values()
		.filter(|conviction| conviction.status == ConvictionStatus::Held)
		.map(|conviction| conviction.amount())
		.sum();
	assert_eq!(Balances::free_balance(Staking::account()), pools + held + 1);
	// No hold is without an owner.
	for (who, holds) in pallet_balances::Holds::<Test>::iter() {
		let held: u128 = holds.iter().map(|hold| hold.amount).sum();
		assert_eq!(held, deposits.remove(&who).unwrap_or_default(), "holds of {who}");
	}
	assert!(deposits.values().all(|deposit| *deposit == 0), "deposits that are not held");
}

/// Begins block `to`.
pub fn go_to(to: u64) {
	System::set_block_number(to);
	Staking::on_initialize(to);
}

/// Begins the next session as `pallet-session` does.
pub fn next_session() {
	let next = CurrentSession::<Test>::get() + 1;
	Staking::start_session(next);
	Staking::plan_session(next + 1);
}

/// Origin signed by `who`.
pub fn signed(who: u64) -> RuntimeOrigin {
	RuntimeOrigin::signed(who)
}

/// Opens an executor pool.
pub fn bond(who: u64, amount: u128) -> DispatchResult {
	Staking::bond(signed(who), Role::Executor, amount, Perbill::zero())
		.map(|_| ())
		.map_err(|error| error.error)
}

/// Registers the hot key that `seed` gives.
pub fn set_key(who: u64, seed: u8) -> DispatchResult {
	let pair = ed25519::Pair::from_seed(&[seed; 32]);
	let proof = pair.sign(&possession_payload(&System::block_hash(0), &who));
	Staking::set_hot_key(signed(who), ExecutorKey::from(pair.public()), proof.into())
}

/// Opens an executor pool with a hot key of its own.
pub fn executor(who: u64, amount: u128) {
	bond(who, amount).unwrap();
	set_key(who, who as u8).unwrap();
}

/// Executor pool of `who`.
pub fn pool(who: u64) -> Pool {
	Pools::<Test>::get(Role::Executor, who).unwrap()
}
