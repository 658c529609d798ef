//! A runtime with this pallet and balances.

use crate as pallet_opg_staking;
use crate::*;
use frame_support::{
	derive_impl, parameter_types,
	traits::{ConstU128, ConstU32, ConstU8},
	PalletId,
};
use opg_primitives::{possession_payload, ExecutorKey};
use sp_core::{ed25519, Pair, H256};
use sp_runtime::{BuildStorage, DispatchResult, Perbill};

type Block = frame_system::mocking::MockBlock<Test>;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Balances: pallet_balances,
		Staking: pallet_opg_staking,
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

parameter_types! {
	pub const Id: PalletId = PalletId(*b"opg/stak");
	pub const WrongSlash: Perbill = Perbill::from_percent(10);
	pub const MissSlash: Perbill = Perbill::from_percent(1);
}

impl Config for Test {
	type Currency = Balances;
	type PalletId = Id;
	type MinBond = ConstU128<1_000>;
	type MinDelegation = ConstU128<10>;
	type MaxPools = ConstU32<4>;
	type WrongSlash = WrongSlash;
	type MissSlash = MissSlash;
	type MaxMisses = ConstU8<3>;
}

/// What every account has at genesis.
pub const FUNDS: u128 = 1_000_000;

/// Run a test with eight funded accounts; ends with `try_state`.
pub fn run(test: impl FnOnce()) {
	let mut storage = frame_system::GenesisConfig::<Test>::default().build_storage().unwrap();
	pallet_balances::GenesisConfig::<Test> {
		balances: (1..=8).map(|who| (who, FUNDS)).collect(),
		..Default::default()
	}
	.assimilate_storage(&mut storage)
	.unwrap();
	sp_io::TestExternalities::from(storage).execute_with(|| {
		System::set_block_number(1);
		test();
		check();
	});
}

/// `try_state`, and every planck accounted for.
pub fn check() {
	Staking::do_try_state().unwrap();
	let accounts: u128 = frame_system::Account::<Test>::iter_values()
		.map(|account| account.data.free + account.data.reserved)
		.sum();
	assert_eq!(accounts, Balances::total_issuance());
}

/// Bond with the hot key that `seed` gives.
pub fn bond(who: u64, amount: u128, seed: u8) -> DispatchResult {
	let pair = ed25519::Pair::from_seed(&[seed; 32]);
	let proof = pair.sign(&possession_payload(&System::block_hash(0), &who));
	Staking::bond(
		RuntimeOrigin::signed(who),
		amount,
		ExecutorKey::from(pair.public()),
		proof.into(),
	)
}
