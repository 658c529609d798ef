//! Governance: referenda by track, votes with stake, treasury, pauses by the technical committee;
//! scheduled calls, preimages, and sudo.

pub mod origins;
mod pauses;
pub mod tracks;
pub mod votes;

pub use origins::{pallet_governance, RootOr};

use crate::{constants::*, *};
use core::cmp::Ordering;
use frame_support::{
	parameter_types,
	traits::{
		fungible::HoldConsideration,
		tokens::{PayFromAccount, UnityAssetBalanceConversion},
		AsEnsureOriginWithArg, ConstU128, ConstU32, EitherOf, LinearStoragePrice, PrivilegeCmp,
	},
	weights::Weight,
	PalletId,
};
use frame_system::{EnsureRoot, EnsureRootWithSuccess, EnsureSigned, EnsureWithSuccess, RawOrigin};
use origins::OfTrack;
use pallet_governance::Origin;
use pauses::{Committee, GoesOn, MayPause, PauseBlocks, Rest, TwoThirds};
use sp_runtime::{traits::IdentityLookup, Permill};
use tracks::{CANCEL, KILL, TREASURY};

parameter_types! {
	pub MaximumSchedulerWeight: Weight =
		SCHEDULER_SHARE * super::system::RuntimeBlockWeights::get().max_block;
	pub const PreimageHoldReason: RuntimeHoldReason =
		RuntimeHoldReason::Preimage(pallet_preimage::HoldReason::Preimage);
	pub const PreimageBaseDeposit: Balance = deposit(2, 64);
	pub const PreimageByteDeposit: Balance = deposit(0, 1);
	pub UndecidingTimeout: BlockNumber = Governance::period(UNDECIDING_TIMEOUT);
	pub VoteLockingPeriod: BlockNumber = Governance::period(VOTE_LOCKING_PERIOD);
	pub SpendPeriod: BlockNumber = Governance::period(SPEND_PERIOD);
	pub PayoutPeriod: BlockNumber = Governance::period(PAYOUT_PERIOD);
	pub MotionDuration: BlockNumber = Governance::period(MOTION_DURATION);
	pub MaxProposalWeight: Weight =
		COMMITTEE_SHARE * super::system::RuntimeBlockWeights::get().max_block;
	pub const TreasuryPalletId: PalletId = PalletId(*b"opg/trsy");
	pub const NoBurn: Permill = Permill::zero();
	pub const MaxSpend: Balance = MAX_SPEND;
	pub const Unlimited: Balance = Balance::MAX;
	pub const NoDeposit: Option<Balance> = None;
	pub const Never: Option<BlockNumber> = None;
	pub TreasuryAccount: AccountId = Treasury::account_id();
}

impl pallet_governance::Config for Runtime {}

impl pallet_referenda::Config for Runtime {
	type RuntimeCall = RuntimeCall;
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = pallet_referenda::weights::SubstrateWeight<Runtime>;
	type Scheduler = Scheduler;
	type Currency = Balances;
	type SubmitOrigin = AsEnsureOriginWithArg<EnsureSigned<AccountId>>;
	type CancelOrigin = RootOr<CANCEL>;
	type KillOrigin = RootOr<KILL>;
	type Slash = Treasury;
	type Votes = Balance;
	type Tally = pallet_conviction_voting::TallyOf<Runtime>;
	type SubmissionDeposit = ConstU128<SUBMISSION_DEPOSIT>;
	type MaxQueued = ConstU32<MAX_QUEUED>;
	type UndecidingTimeout = UndecidingTimeout;
	type AlarmInterval = ConstU32<1>;
	type Tracks = tracks::Tracks;
	type Preimages = Preimage;
	type BlockNumberProvider = System;
}

impl pallet_conviction_voting::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = votes::VotingWeight;
	type Currency = votes::VotingCurrency;
	type Polls = Referenda;
	type MaxTurnout = votes::Electorate;
	type MaxVotes = ConstU32<MAX_VOTES>;
	type VoteLockingPeriod = VoteLockingPeriod;
	type BlockNumberProvider = System;
	type VotingHooks = ();
}

impl pallet_treasury::Config for Runtime {
	type Currency = Balances;
	type RejectOrigin = RootOr<TREASURY>;
	type RuntimeEvent = RuntimeEvent;
	type SpendPeriod = SpendPeriod;
	type Burn = NoBurn;
	type PalletId = TreasuryPalletId;
	type BurnDestination = ();
	type WeightInfo = pallet_treasury::weights::SubstrateWeight<Runtime>;
	type SpendFunds = ();
	// None: `spend_local` is deprecated, and `spend` does the same.
	type MaxApprovals = ConstU32<0>;
	type SpendOrigin = EitherOf<
		EnsureRootWithSuccess<AccountId, Unlimited>,
		EnsureWithSuccess<OfTrack<TREASURY>, AccountId, MaxSpend>,
	>;
	type AssetKind = ();
	type Beneficiary = AccountId;
	type BeneficiaryLookup = IdentityLookup<AccountId>;
	type Paymaster = PayFromAccount<Balances, TreasuryAccount>;
	type BalanceConverter = UnityAssetBalanceConversion;
	type PayoutPeriod = PayoutPeriod;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = BenchmarkSpends;
	type BlockNumberProvider = System;
}

/// Beneficiaries of benchmarks.
#[cfg(feature = "runtime-benchmarks")]
pub struct BenchmarkSpends;
#[cfg(feature = "runtime-benchmarks")]
impl pallet_treasury::ArgumentsFactory<(), AccountId> for BenchmarkSpends {
	fn create_asset_kind(_: u32) {}
	fn create_beneficiary(seed: [u8; 32]) -> AccountId {
		AccountId::from(seed)
	}
}

impl pallet_collective::Config<Committee> for Runtime {
	type RuntimeOrigin = RuntimeOrigin;
	type Proposal = RuntimeCall;
	type RuntimeEvent = RuntimeEvent;
	type MotionDuration = MotionDuration;
	type MaxProposals = ConstU32<MAX_MOTIONS>;
	type MaxMembers = ConstU32<MAX_COMMITTEE>;
	type DefaultVote = pallet_collective::MoreThanMajorityThenPrimeDefaultVote;
	type WeightInfo = pallet_collective::weights::SubstrateWeight<Runtime>;
	type SetMembersOrigin = EnsureRoot<AccountId>;
	type MaxProposalWeight = MaxProposalWeight;
	type DisapproveOrigin = EnsureRoot<AccountId>;
	type KillOrigin = EnsureRoot<AccountId>;
	type Consideration = ();
}

impl pallet_safe_mode::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type WhitelistedCalls = GoesOn;
	// Only the committee and Root pause.
	type EnterDuration = PauseBlocks;
	type ExtendDuration = PauseBlocks;
	type EnterDepositAmount = NoDeposit;
	type ExtendDepositAmount = NoDeposit;
	type ForceEnterOrigin = EitherOf<EnsureRootWithSuccess<AccountId, PauseBlocks>, MayPause>;
	type ForceExtendOrigin = EnsureRootWithSuccess<AccountId, PauseBlocks>;
	type ForceExitOrigin = EitherOf<EnsureRoot<AccountId>, TwoThirds>;
	type ForceDepositOrigin = EnsureRoot<AccountId>;
	type Notify = Rest;
	type ReleaseDelay = Never;
	type WeightInfo = pallet_safe_mode::weights::SubstrateWeight<Runtime>;
}

/// Who may cancel whose scheduled calls: Root all, the track that cancels those of the other tracks.
pub struct Privileges;
impl PrivilegeCmp<OriginCaller> for Privileges {
	fn cmp_privilege(left: &OriginCaller, right: &OriginCaller) -> Option<Ordering> {
		match (left, right) {
			_ if left == right => Some(Ordering::Equal),
			(OriginCaller::system(RawOrigin::Root), _)
			| (OriginCaller::Governance(Origin::Cancel), OriginCaller::Governance(_)) => {
				Some(Ordering::Greater)
			},
			_ => None,
		}
	}
}

impl pallet_scheduler::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeOrigin = RuntimeOrigin;
	type PalletsOrigin = OriginCaller;
	type RuntimeCall = RuntimeCall;
	type MaximumWeight = MaximumSchedulerWeight;
	// What is approved and not enacted yet can be cancelled.
	type ScheduleOrigin = RootOr<CANCEL>;
	type OriginPrivilegeCmp = Privileges;
	type MaxScheduledPerBlock = ConstU32<MAX_SCHEDULED>;
	type WeightInfo = pallet_scheduler::weights::SubstrateWeight<Runtime>;
	type Preimages = Preimage;
	type BlockNumberProvider = System;
}

impl pallet_preimage::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = pallet_preimage::weights::SubstrateWeight<Runtime>;
	type Currency = Balances;
	type ManagerOrigin = EnsureRoot<AccountId>;
	type Consideration = HoldConsideration<
		AccountId,
		Balances,
		PreimageHoldReason,
		LinearStoragePrice<PreimageBaseDeposit, PreimageByteDeposit, Balance>,
	>;
}

impl pallet_sudo::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeCall = RuntimeCall;
	type WeightInfo = pallet_sudo::weights::SubstrateWeight<Runtime>;
}
