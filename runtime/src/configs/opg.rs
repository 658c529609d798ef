//! What this chain is for.

use crate::{constants::*, *};
use frame_support::{
	parameter_types,
	traits::{ConstU128, ConstU32, ConstU64, ConstU8, Get},
	PalletId,
};
use sp_runtime::Perbill;

/// Requests, and draws, per block.
type MaxDraws = ConstU32<64>;

parameter_types! {
	pub const StakingPalletId: PalletId = PalletId(*b"opg/stak");
	/// Lying and hiding an answer cost the same.
	pub const WrongSlash: Perbill = Perbill::from_percent(10);
	pub const MissSlash: Perbill = Perbill::from_parts(1_000_000);
}

impl pallet_opg_staking::Config for Runtime {
	type Currency = Balances;
	type PalletId = StakingPalletId;
	type MinBond = ConstU128<{ 1_000 * OPG }>;
	type MinDelegation = ConstU128<OPG>;
	type MaxPools = ConstU32<1_024>;
	type WrongSlash = WrongSlash;
	type MissSlash = MissSlash;
	type MaxMisses = ConstU8<3>;
}

impl pallet_opg_models::Config for Runtime {
	type Currency = Balances;
	type Pools = Staking;
	type ModelDeposit = ConstU128<{ deposit(2, 256) }>;
	type ServeDeposit = ConstU128<{ deposit(0, 64) }>;
	type MaxServers = ConstU32<1_024>;
	type MaxModelBytes = ConstU32<{ 64 * 1024 * 1024 }>;
	type MaxFuel = ConstU64<200_000_000_000>;
	type MaxRoyalty = ConstU128<{ 1_000_000 * OPG }>;
}

/// VRF output of the parent block.
pub struct ParentVrf;
impl Get<Option<[u8; 32]>> for ParentVrf {
	fn get() -> Option<[u8; 32]> {
		Babe::author_vrf_randomness()
	}
}

impl pallet_opg_inference::Config for Runtime {
	type Currency = Balances;
	type Models = Models;
	type Pools = Staking;
	type Committees = Attestation;
	type ParentVrf = ParentVrf;
	// A billion fuel, about half a second of one core, costs 0.1 OPG per executor.
	type FuelPrice = ConstU128<100_000_000>;
	type RequestDeposit = ConstU128<{ deposit(3, 24 * 1024) }>;
	type CommitteeSize = ConstU32<3>;
	type MaxDraws = MaxDraws;
	type Lifetime = ConstU32<HOURS>;
}

impl pallet_opg_attestation::Config for Runtime {
	type Pools = Staking;
	type Requests = Inference;
	type CommitBlocks = ConstU32<10>;
	type RevealBlocks = ConstU32<5>;
	type MaxRoundsPerBlock = MaxDraws;
}
