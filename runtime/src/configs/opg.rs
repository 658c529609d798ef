//! What this chain is for.

use crate::{constants::*, *};
use frame_support::{
	parameter_types,
	traits::{ConstU128, ConstU32, ConstU64, ConstU8, Contains, Get},
	weights::Weight,
	PalletId,
};
use frame_system::EnsureRoot;
use pallet_opg_support::{penalties, Fault};
use sp_runtime::Perbill;

parameter_types! {
	pub const StakingPalletId: PalletId = PalletId(*b"opg/stak");
	pub const PotId: PalletId = PalletId(*b"opg/pot_");
	pub StakeAtRisk: Balance = penalties::share(Fault::Wrong).mul_floor(MIN_BOND);
	/// What the agenda may cost: about half of what an inference costs is there.
	pub AgendaWeight: Weight =
		Perbill::from_percent(50) * super::system::RuntimeBlockWeights::get().max_block;
	/// What deadlines may cost. A quarter of the block is always left for transactions.
	pub DeadlineWeight: Weight =
		Perbill::from_percent(25) * super::system::RuntimeBlockWeights::get().max_block;
	pub const MaxCommissionChange: Perbill = Perbill::from_percent(1);
}

/// Accounts that `session.setKeys` was called for.
pub struct ValidatorKeys;
impl Contains<AccountId> for ValidatorKeys {
	fn contains(who: &AccountId) -> bool {
		// The accounts of benchmarks have none.
		pallet_session::NextKeys::<Runtime>::contains_key(who)
			|| cfg!(feature = "runtime-benchmarks")
	}
}

/// What the author of this block earns.
pub struct BlockReward;
impl Get<Balance> for BlockReward {
	fn get() -> Balance {
		inflation::block_reward(System::block_number())
	}
}

impl pallet_opg_staking::Config for Runtime {
	type Currency = Balances;
	type PalletId = StakingPalletId;
	type MinBond = ConstU128<MIN_BOND>;
	type MinDelegation = ConstU128<OPG>;
	type MinValidatorStake = ConstU128<{ 5_000 * OPG }>;
	type PoolDeposit = ConstU128<{ deposit(4, 512) }>;
	type MaxPools = ConstU32<MAX_EXECUTORS>;
	type MaxDelegations = ConstU32<64>;
	type MaxUnbonds = ConstU32<16>;
	type UnbondingBlocks = ConstU32<UNBONDING_BLOCKS>;
	type KeyDelay = ConstU32<40>;
	type MaxCommissionChange = MaxCommissionChange;
	// A quarter of the weight: such a pool sits in at most three quarters of all committees of three.
	type MaxShareParts = ConstU32<4>;
	type MaxMisses = ConstU8<3>;
	type MaxValidators = ConstU32<100>;
	type ValidatorKeys = ValidatorKeys;
	type BlockReward = BlockReward;
	type GovernanceOrigin = EnsureRoot<AccountId>;
	type WeightInfo = pallet_opg_staking::weights::SubstrateWeight<Runtime>;
}

impl pallet_opg_models::Config for Runtime {
	type Currency = Balances;
	type Pools = Staking;
	type ModelDeposit = ConstU128<{ deposit(2, 1_536) }>;
	type ServeDeposit = ConstU128<{ deposit(0, 64) }>;
	type MaxServers = ConstU32<MAX_EXECUTORS>;
	type MaxModelBytes = ConstU32<{ 64 * 1024 * 1024 }>;
	// Some ten seconds of one core: a third of the commit phase.
	type MaxFuel = ConstU64<20_000_000_000>;
	type MaxRoyalty = ConstU128<{ 1_000_000 * OPG }>;
	type MaxEngines = ConstU32<256>;
	type GovernanceOrigin = EnsureRoot<AccountId>;
	type WeightInfo = pallet_opg_models::weights::SubstrateWeight<Runtime>;
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
	type PotId = PotId;
	// A billion fuel, about half a second of one core, costs 0.1 OPG per executor at least.
	type MinFuelPrice = ConstU128<100_000_000>;
	type MaxFuelPrice = ConstU128<1_000_000_000_000>;
	type TargetFuel = ConstU64<TARGET_FUEL>;
	type RequestDeposit = ConstU128<{ deposit(3, 24 * 1024) }>;
	type ChallengeBond = ConstU128<{ 10 * OPG }>;
	type StakeAtRisk = StakeAtRisk;
	type MaxAgenda = ConstU32<MAX_AGENDA>;
	type MaxDraws = ConstU32<MAX_DRAWS>;
	type ChallengeWindow = ConstU32<CHALLENGE_WINDOW>;
	type Lifetime = ConstU32<HOURS>;
	type MaxExecutors = ConstU32<MAX_EXECUTORS>;
	type AgendaWeight = AgendaWeight;
	type WeightInfo = pallet_opg_inference::weights::SubstrateWeight<Runtime>;
}

impl pallet_opg_attestation::Config for Runtime {
	type Pools = Staking;
	type Requests = Inference;
	type CommitBlocks = ConstU32<COMMIT_BLOCKS>;
	type RevealBlocks = ConstU32<REVEAL_BLOCKS>;
	type MaxRoundsPerBlock = ConstU32<MAX_DRAWS>;
	type DeadlineWeight = DeadlineWeight;
	type WeightInfo = pallet_opg_attestation::weights::SubstrateWeight<Runtime>;
}
