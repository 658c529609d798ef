//! Stake pools of validators and executors.

use super::governance::{tracks, votes::MoveLocks, RootOr, TreasuryAccount};
use crate::{constants::*, *};
use frame_support::{
	parameter_types,
	traits::{ConstU128, ConstU32, Contains, Get},
	PalletId,
};
use sp_runtime::Perbill;

parameter_types! {
	pub const StakingPalletId: PalletId = PalletId(*b"opg/stak");
	pub const TreasuryShare: Perbill = TREASURY_SHARE;
	pub const MaxCommissionChange: Perbill = MAX_COMMISSION_CHANGE;
	pub const MinOwnShare: Perbill = MIN_OWN_SHARE;
	pub UnbondingBlocks: BlockNumber = Governance::period(UNBONDING_PERIOD).max(UNBONDING_BLOCKS);
	pub ConvictionDelay: BlockNumber = Governance::period(CONVICTION_PERIOD).max(CONVICTION_DELAY);
}

/// Accounts with session keys.
pub struct ValidatorKeys;
impl Contains<AccountId> for ValidatorKeys {
	fn contains(who: &AccountId) -> bool {
		// The accounts of benchmarks have none.
		pallet_session::NextKeys::<Runtime>::contains_key(who)
			|| cfg!(feature = "runtime-benchmarks")
	}
}

/// Reward of the author of the current block, in planck.
pub struct BlockReward;
impl Get<Balance> for BlockReward {
	fn get() -> Balance {
		inflation::block_reward(System::block_number())
	}
}

impl pallet_opg_staking::Config for Runtime {
	type Currency = Balances;
	type BlockNumberProvider = Clock;
	type PalletId = StakingPalletId;
	type MinBond = ConstU128<MIN_BOND>;
	type MinOwnShare = MinOwnShare;
	type SlotStake = ConstU128<SLOT_STAKE>;
	type MinDelegation = ConstU128<MIN_DELEGATION>;
	type MinValidatorStake = ConstU128<MIN_VALIDATOR_STAKE>;
	type PoolDeposit = ConstU128<POOL_DEPOSIT>;
	type MaxPools = ConstU32<MAX_EXECUTORS>;
	type MaxDelegations = ConstU32<MAX_DELEGATIONS>;
	type MaxUnbonds = ConstU32<MAX_UNBONDS>;
	type MaxRedelegations = ConstU32<MAX_REDELEGATIONS>;
	type UnbondingBlocks = UnbondingBlocks;
	type MaxUnbondingSessions = ConstU32<MAX_UNBONDING_SESSIONS>;
	type ConvictionDelay = ConvictionDelay;
	type DayBlocks = ConstU32<DAYS>;
	type KeyDelay = ConstU32<KEY_DELAY>;
	type MaxCommissionChange = MaxCommissionChange;
	type MaxShareParts = ConstU32<MAX_SHARE_PARTS>;
	type MaxValidators = ConstU32<MAX_VALIDATORS>;
	type OfflineSessions = ConstU32<OFFLINE_SESSIONS>;
	type MinValidators = ConstU32<MIN_VALIDATORS>;
	type ValidatorKeys = ValidatorKeys;
	type BlockReward = BlockReward;
	type GovernanceOrigin = RootOr<{ tracks::PARAMETERS }>;
	type CancelOrigin = RootOr<{ tracks::CANCEL }>;
	type Treasury = TreasuryAccount;
	type TreasuryShare = TreasuryShare;
	type VoteLocks = MoveLocks;
	type Liabilities = Inference;
	type CourtPresence = Court;
	type WeightInfo = pallet_opg_staking::weights::SubstrateWeight<Runtime>;
}
