//! Runtime with this pallet and balances, for unit tests.

use crate as pallet_opg_models;
use crate::*;
use frame_support::{
	derive_impl, parameter_types,
	traits::{fungible::Inspect, ConstU128, ConstU32, ConstU64},
};
use frame_system::offchain::{
	CreateAuthorizedTransaction, CreateTransaction, CreateTransactionBase,
};
use opg_primitives::{ExecutorKey, ModelId, VersionLimits, MAX_INPUT_BYTES, MAX_OUTPUT_BYTES};
use pallet_opg_support::{CourtReadiness, ExecutorDirectory, ExecutorStake};
use sp_core::{ed25519, Pair, H256};
use sp_runtime::{BuildStorage, Weight};

/// Extrinsic of the mock, with the extension that authorizes calls.
pub type Extrinsic =
	frame_system::mocking::MockUncheckedExtrinsic<Test, (), frame_system::AuthorizeCall<Test>>;
type Block = frame_system::mocking::MockBlock<Test, (), frame_system::AuthorizeCall<Test>>;

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
	pub type Registry = pallet_opg_models;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountData = pallet_balances::AccountData<u128>;
}

impl<C> CreateTransactionBase<C> for Test
where
	RuntimeCall: From<C>,
{
	type Extrinsic = Extrinsic;
	type RuntimeCall = RuntimeCall;
}

impl<C> CreateTransaction<C> for Test
where
	RuntimeCall: From<C>,
{
	type Extension = frame_system::AuthorizeCall<Test>;

	fn create_transaction(call: RuntimeCall, extension: Self::Extension) -> Extrinsic {
		Extrinsic::new_transaction(call, extension)
	}
}

impl<C> CreateAuthorizedTransaction<C> for Test
where
	RuntimeCall: From<C>,
{
	fn create_extension() -> Self::Extension {
		frame_system::AuthorizeCall::new()
	}
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type AccountStore = System;
	type Balance = u128;
	type ExistentialDeposit = ConstU128<1>;
}

parameter_types! {
	/// Current session.
	pub storage Session: u32 = 0;
	/// Randomness of the session.
	pub storage SessionRandomness: H256 = H256::zero();
	/// Executors that no snapshot holds.
	pub storage Outside: Vec<u64> = vec![];
	/// Executors that may not be drawn, sorted.
	pub storage Suspended: Vec<u64> = vec![];
	/// Executors whose pool was closed.
	pub storage Closed: Vec<u64> = vec![];
	/// Executors whose pool has no stake left.
	pub storage Drained: Vec<u64> = vec![];
	/// Versions that validators do not hold.
	pub storage NotReady: Vec<ModelId> = vec![];
	/// Versions that the court forgot.
	pub storage Forgotten: Vec<ModelId> = vec![];
	/// Maxima of genesis.
	pub const DefaultMaxima: Maxima = Maxima {
		size: 1_000,
		limits: VersionLimits::inline(1_000, 500, 64),
	};
	/// Maxima above all that can be set.
	pub const MaximaCeiling: Maxima = Maxima {
		size: 4_000,
		limits: VersionLimits {
			fuel: 4_000,
			load_fuel: 2_000,
			memory: 256,
			input_bytes: 4 * MAX_INPUT_BYTES,
			output_bytes: 4 * MAX_OUTPUT_BYTES,
		},
	};
}

/// Court whose validators hold every version but `NotReady`.
pub struct Court;

impl CourtReadiness for Court {
	fn is_ready(model: ModelId) -> bool {
		!NotReady::get().contains(&model)
	}
	fn forget(model: ModelId) {
		let mut forgotten = Forgotten::get();
		forgotten.push(model);
		Forgotten::set(&forgotten);
	}
	fn max_forget_weight() -> Weight {
		Weight::zero()
	}
}

/// Hot key of an executor.
pub fn hot_pair(who: u64) -> ed25519::Pair {
	ed25519::Pair::from_seed(&[who as u8; 32])
}

/// Accounts below 10 have an executor pool whose weight is ten times the account. 9 has no hot key.
pub struct Executors;

impl ExecutorDirectory<u64> for Executors {
	fn has_pool(who: &u64) -> bool {
		*who < 10 && !Closed::get().contains(who)
	}
	fn hot_key(who: &u64) -> Option<ExecutorKey> {
		(*who != 9).then(|| hot_pair(*who).public().into())
	}
	fn operator_of(_: &ExecutorKey) -> Option<u64> {
		Some(5)
	}
}

impl ExecutorStake<u64> for Executors {
	fn session() -> u32 {
		Session::get()
	}
	fn snapshot(_: u32) -> Vec<(u64, u128)> {
		let outside = Outside::get();
		let inside = (1..9).filter(|who| !outside.contains(who));
		inside.map(|who| (who, 10 * u128::from(who))).collect()
	}
	fn own_stake(session: u32) -> Vec<(u64, u128)> {
		Self::snapshot(session)
	}
	fn has_stake(who: &u64) -> bool {
		!Drained::get().contains(who)
	}
	fn suspended() -> Vec<u64> {
		Suspended::get()
	}
	fn slot_stake() -> u128 {
		10
	}
	fn declared_slots() -> Vec<(u64, u32)> {
		vec![]
	}
}

#[cfg(feature = "runtime-benchmarks")]
impl pallet_opg_support::BenchmarkExecutors<u64> for Executors {
	fn executor(_: &u64) -> ExecutorKey {
		ed25519::Public::default().into()
	}
	fn snapshot(_: &[u64]) {}
}

impl Config for Test {
	type Currency = Balances;
	type Executors = Executors;
	type ExecutorStake = Executors;
	type Readiness = Court;
	type ItemDeposit = ConstU128<10>;
	type ByteDeposit = ConstU128<1>;
	type ServeDeposit = ConstU128<10>;
	type MaxServingExecutors = ConstU32<3>;
	type MaxExecutors = ConstU32<8>;
	type SessionRandomness = SessionRandomness;
	type DefaultMaxima = DefaultMaxima;
	type MaximaCeiling = MaximaCeiling;
	type MaxRoyalty = ConstU128<50>;
	type MaxEngines = ConstU32<2>;
	type MaxAnnouncements = ConstU32<3>;
	type AnnouncementLifetime = ConstU64<20>;
	type EngineOrigin = frame_system::EnsureRoot<u64>;
	type GovernanceOrigin = frame_system::EnsureRoot<u64>;
	type WeightInfo = crate::weights::SubstrateWeight<Test>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Executors;
}

/// Id of the engine of genesis.
pub const ENGINE: H256 = H256::zero();

/// Free balance of each account at genesis.
pub const FUNDS: u128 = 1_000_000;

/// Runs a test with twelve funded accounts. Ends with [`check`].
pub fn run(test: impl FnOnce()) {
	run_in(externalities(), test);
}

/// The same in these externalities.
pub fn run_in(mut externalities: sp_io::TestExternalities, test: impl FnOnce()) {
	externalities.execute_with(|| {
		System::set_block_number(1);
		test();
		check();
	});
}

/// The state at genesis.
pub fn externalities() -> sp_io::TestExternalities {
	let mut storage = frame_system::GenesisConfig::<Test>::default().build_storage().unwrap();
	pallet_balances::GenesisConfig::<Test> {
		balances: (1..=12).map(|who| (who, FUNDS)).collect(),
		..Default::default()
	}
	.assimilate_storage(&mut storage)
	.unwrap();
	crate::GenesisConfig::<Test> { engines: vec![ENGINE], ..Default::default() }
		.assimilate_storage(&mut storage)
		.unwrap();
	storage.into()
}

/// Checks `try_state`, and that nothing is held but deposits.
pub fn check() {
	Registry::do_try_state().unwrap();
	let all: u128 = (1..=12u64).map(|who| Balances::total_balance(&who)).sum();
	assert_eq!(all, 12 * FUNDS, "a deposit is moved, never burned");
	for (who, holds) in pallet_balances::Holds::<Test>::iter() {
		let held: u128 = holds.iter().map(|hold| hold.amount).sum();
		let named: u128 = NamedModels::<Test>::iter_values()
			.filter(|named| named.owner == who)
			.map(|named| named.deposit)
			.sum();
		let served = ServingExecutors::<Test>::iter_values()
			.flatten()
			.filter(|own| own.executor == who)
			.count() as u128;
		let announced = Announcements::<Test>::get(who).len() as u128;
		let deposits = named + served * 10 + announced * Registry::announcement_deposit();
		assert_eq!(held, deposits, "holds of {who}");
	}
}
