//! Models, requests, attestation.

use crate::{constants::*, *};
use frame_support::{
	parameter_types,
	traits::{ConstU128, ConstU32, ConstU64, Get},
	weights::Weight,
	PalletId,
};
use frame_system::EnsureRoot;
use pallet_opg_support::{economics, Offence};

parameter_types! {
	pub const PotId: PalletId = PalletId(*b"opg/pot_");
	pub StakeAtRisk: Balance = economics::share(Offence::WrongAnswer).mul_floor(MIN_BOND);
	pub AgendaWeight: Weight = AGENDA_SHARE * super::system::RuntimeBlockWeights::get().max_block;
	pub DeadlineWeight: Weight =
		DEADLINE_SHARE * super::system::RuntimeBlockWeights::get().max_block;
}

impl pallet_opg_models::Config for Runtime {
	type Currency = Balances;
	type Executors = Staking;
	type ModelDeposit = ConstU128<MODEL_DEPOSIT>;
	type ServeDeposit = ConstU128<SERVE_DEPOSIT>;
	type MaxServingExecutors = ConstU32<MAX_EXECUTORS>;
	type MaxModelBytes = ConstU32<MAX_MODEL_BYTES>;
	type MaxFuelLimit = ConstU64<MAX_FUEL_LIMIT>;
	type MaxRoyalty = ConstU128<MAX_ROYALTY>;
	type MaxEngines = ConstU32<MAX_ENGINES>;
	type GovernanceOrigin = EnsureRoot<AccountId>;
	type WeightInfo = pallet_opg_models::weights::SubstrateWeight<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Staking;
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
	type Executors = Staking;
	type Committees = Attestation;
	type ParentVrf = ParentVrf;
	type PotId = PotId;
	type MinFuelPrice = ConstU128<MIN_FUEL_PRICE>;
	type MaxFuelPrice = ConstU128<MAX_FUEL_PRICE>;
	type TargetFuel = ConstU64<TARGET_FUEL>;
	type RequestDeposit = ConstU128<REQUEST_DEPOSIT>;
	type ChallengeBond = ConstU128<CHALLENGE_BOND>;
	type StakeAtRisk = StakeAtRisk;
	type MaxAgenda = ConstU32<MAX_AGENDA>;
	type MaxDraws = ConstU32<MAX_DRAWS>;
	type ChallengeWindow = ConstU32<CHALLENGE_WINDOW>;
	type Lifetime = ConstU32<REQUEST_LIFETIME>;
	type MaxExecutors = ConstU32<MAX_EXECUTORS>;
	type AgendaWeight = AgendaWeight;
	type WeightInfo = pallet_opg_inference::weights::SubstrateWeight<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmarking::InferenceHelper;
}

impl pallet_opg_attestation::Config for Runtime {
	type Executors = Staking;
	type Requests = Inference;
	type CommitBlocks = ConstU32<COMMIT_BLOCKS>;
	type RevealBlocks = ConstU32<REVEAL_BLOCKS>;
	type MaxRoundsPerBlock = ConstU32<MAX_DRAWS>;
	type DeadlineWeight = DeadlineWeight;
	type WeightInfo = pallet_opg_attestation::weights::SubstrateWeight<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Staking;
}
