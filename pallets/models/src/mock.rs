//! A runtime with this pallet, balances and pools for accounts below 10.

use crate as pallet_opg_models;
use crate::*;
use frame_support::{
	derive_impl,
	traits::{ConstU128, ConstU32, ConstU64},
};
use opg_primitives::ExecutorKey;
use pallet_opg_support::{ExecutorPools, Fault};
use sp_core::H256;
use sp_runtime::{BuildStorage, Perbill};

type Block = frame_system::mocking::MockBlock<Test>;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Balances: pallet_balances,
		Registry: pallet_opg_models,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type Hash = H256;
	type AccountData = pallet_balances::AccountData<u128>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type AccountStore = System;
	type Balance = u128;
	type ExistentialDeposit = ConstU128<1>;
}

/// Accounts below 10 have a pool.
pub struct Pools;
impl ExecutorPools<u64> for Pools {
	type Credit = ();
	fn snapshot() -> Vec<(u64, u128)> {
		vec![]
	}
	fn has_pool(who: &u64) -> bool {
		*who < 10
	}
	fn hot_key(_: &u64) -> Option<ExecutorKey> {
		None
	}
	fn operator_of(_: &ExecutorKey) -> Option<u64> {
		None
	}
	fn reward(_: &u64, (): ()) {}
	fn penalise(_: &u64, _: Fault, _: &[(&u64, Perbill)]) {}
	fn slashing_paused() -> bool {
		false
	}
	fn clear_misses(_: &u64) -> bool {
		false
	}
	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_executor(_: &u64) -> ExecutorKey {
		sp_core::ed25519::Public::default().into()
	}
	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_snapshot(_: &[u64]) {}
}

impl Config for Test {
	type Currency = Balances;
	type Pools = Pools;
	type ModelDeposit = ConstU128<100>;
	type ServeDeposit = ConstU128<10>;
	type MaxServers = ConstU32<3>;
	type MaxModelBytes = ConstU32<1_000>;
	type MaxFuel = ConstU64<1_000>;
	type MaxRoyalty = ConstU128<50>;
	type MaxEngines = ConstU32<2>;
	type GovernanceOrigin = frame_system::EnsureRoot<u64>;
	type WeightInfo = crate::weights::SubstrateWeight<Test>;
}

/// The engine of genesis.
pub const ENGINE: H256 = H256::zero();

/// Run a test with twelve funded accounts; ends with `try_state`.
pub fn run(test: impl FnOnce()) {
	let mut storage = frame_system::GenesisConfig::<Test>::default().build_storage().unwrap();
	pallet_balances::GenesisConfig::<Test> {
		balances: (1..=12).map(|who| (who, 1_000)).collect(),
		..Default::default()
	}
	.assimilate_storage(&mut storage)
	.unwrap();
	crate::GenesisConfig::<Test> { engines: vec![ENGINE], ..Default::default() }
		.assimilate_storage(&mut storage)
		.unwrap();
	sp_io::TestExternalities::from(storage).execute_with(|| {
		System::set_block_number(1);
		test();
		Registry::do_try_state().unwrap();
	});
}
