//! Balances, transaction fees, batches, proxies, multisignature accounts.

use crate::{constants::*, *};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{
	parameter_types,
	traits::{
		fungible::{Balanced, Credit},
		ConstU128, ConstU32, ConstU8, InstanceFilter, OnUnbalanced, VariantCountOf,
	},
	weights::ConstantMultiplier,
};
use pallet_transaction_payment::{FungibleAdapter, Multiplier, TargetedFeeAdjustment};
use sp_runtime::{traits::BlakeTwo256, FixedPointNumber, Perquintill};

impl pallet_balances::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeHoldReason = RuntimeHoldReason;
	type RuntimeFreezeReason = RuntimeFreezeReason;
	type Balance = Balance;
	type DustRemoval = ();
	type ExistentialDeposit = ConstU128<EXISTENTIAL_DEPOSIT>;
	type AccountStore = System;
	type ReserveIdentifier = [u8; 8];
	type FreezeIdentifier = RuntimeFreezeReason;
	type MaxLocks = ConstU32<50>;
	type MaxReserves = ConstU32<50>;
	type MaxFreezes = VariantCountOf<RuntimeFreezeReason>;
	type DoneSlashHandler = ();
	type WeightInfo = pallet_balances::weights::SubstrateWeight<Runtime>;
}

/// Pays transaction fees and tips to the block author.
pub struct ToAuthor;
impl OnUnbalanced<Credit<AccountId, Balances>> for ToAuthor {
	fn on_nonzero_unbalanced(credit: Credit<AccountId, Balances>) {
		if let Some(author) = Authorship::author() {
			// Dropping what the author's account cannot take burns it.
			let _ = Balances::resolve(&author, credit);
		}
	}
}

parameter_types! {
	pub const TargetBlockFullness: Perquintill = TARGET_BLOCK_FULLNESS;
	pub AdjustmentVariable: Multiplier =
		Multiplier::saturating_from_rational(FEE_ADJUSTMENT.0, FEE_ADJUSTMENT.1);
	pub MinimumMultiplier: Multiplier =
		Multiplier::saturating_from_rational(MIN_FEE_MULTIPLIER.0, MIN_FEE_MULTIPLIER.1);
	pub MaximumMultiplier: Multiplier = Multiplier::saturating_from_integer(MAX_FEE_MULTIPLIER);
}

impl pallet_transaction_payment::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type OnChargeTransaction = FungibleAdapter<Balances, ToAuthor>;
	type OperationalFeeMultiplier = ConstU8<OPERATIONAL_FEE_MULTIPLIER>;
	type WeightToFee = ConstantMultiplier<Balance, ConstU128<WEIGHT_FEE>>;
	type LengthToFee = ConstantMultiplier<Balance, ConstU128<LENGTH_FEE>>;
	type FeeMultiplierUpdate = TargetedFeeAdjustment<
		Self,
		TargetBlockFullness,
		AdjustmentVariable,
		MinimumMultiplier,
		MaximumMultiplier,
	>;
	type WeightInfo = pallet_transaction_payment::weights::SubstrateWeight<Runtime>;
}

impl pallet_utility::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeCall = RuntimeCall;
	type PalletsOrigin = OriginCaller;
	type WeightInfo = pallet_utility::weights::SubstrateWeight<Runtime>;
}

impl pallet_multisig::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeCall = RuntimeCall;
	type Currency = Balances;
	type DepositBase = ConstU128<{ deposit(1, 88) }>;
	type DepositFactor = ConstU128<{ deposit(0, 32) }>;
	type MaxSignatories = ConstU32<MAX_SIGNATORIES>;
	type WeightInfo = pallet_multisig::weights::SubstrateWeight<Runtime>;
	type BlockNumberProvider = System;
}

/// Calls that a proxy may make for its account.
///
/// Each type but `Any` lists what it may do. None of them reaches Root, balances, or a royalty that
/// an account's requests would pay to somebody else; only `Governance` votes. The calls of a batch
/// keep the filter. Those for another account, whose proxy or signatory this one is, lose it: so only
/// `Any` makes them.
#[derive(
	Clone,
	Copy,
	Eq,
	PartialEq,
	Ord,
	PartialOrd,
	Encode,
	Decode,
	DecodeWithMemTracking,
	Debug,
	Default,
	MaxEncodedLen,
	scale_info::TypeInfo,
)]
pub enum ProxyType {
	/// All calls.
	#[default]
	#[codec(index = 0)]
	Any,
	/// Remarks, session keys, stake, models, and batches of those. It manages proxies of no more
	/// power, and approves calls of multisignature accounts without dispatching one.
	#[codec(index = 1)]
	NonTransfer,
	/// Calls of the staking pallet that an account signs for itself.
	#[codec(index = 2)]
	Staking,
	/// Models, and requests without a royalty.
	#[codec(index = 3)]
	Inference,
	/// What an operator does with a pool that it has: no stake goes in, and what comes out goes to
	/// the account itself.
	#[codec(index = 4)]
	StakingManagement,
	/// Votes in referenda, delegations of votes, and unlocking after them. It submits nothing, places
	/// no deposit, and votes in no committee.
	#[codec(index = 5)]
	Governance,
}

impl InstanceFilter<RuntimeCall> for ProxyType {
	fn filter(&self, call: &RuntimeCall) -> bool {
		match self {
			Self::Any => true,
			Self::NonTransfer => match call {
				RuntimeCall::System(
					frame_system::Call::remark { .. }
					| frame_system::Call::remark_with_event { .. },
				)
				| RuntimeCall::Utility(_)
				| RuntimeCall::Session(_) => true,
				RuntimeCall::Proxy(call) => is_proxy_management(call),
				RuntimeCall::Multisig(call) => is_approval(call),
				RuntimeCall::Staking(call) => is_own_stake(call),
				RuntimeCall::Models(call) => is_own_model(call),
				_ => false,
			},
			Self::Staking => {
				matches!(call, RuntimeCall::Staking(call) if is_own_stake(call))
			},
			Self::Inference => match call {
				RuntimeCall::Models(call) => is_own_model(call),
				RuntimeCall::Inference(call) => is_free_of_royalty(call),
				_ => false,
			},
			Self::StakingManagement => {
				matches!(call, RuntimeCall::Staking(call) if is_management(call))
			},
			Self::Governance => match call {
				RuntimeCall::ConvictionVoting(call) => is_vote(call),
				_ => false,
			},
		}
	}

	fn is_superset(&self, other: &Self) -> bool {
		match (self, other) {
			(Self::Any, _)
			| (Self::NonTransfer, Self::Staking | Self::StakingManagement)
			| (Self::Staking, Self::StakingManagement) => true,
			_ => self == other,
		}
	}
}

/// What remains of these calls is checked by the pallet: a proxy adds none of more power than its
/// own.
fn is_proxy_management(call: &pallet_proxy::Call<Runtime>) -> bool {
	use pallet_proxy::Call;
	matches!(
		call,
		Call::add_proxy { .. }
			| Call::remove_proxy { .. }
			| Call::announce { .. }
			| Call::remove_announcement { .. }
			| Call::reject_announcement { .. }
	)
}

fn is_approval(call: &pallet_multisig::Call<Runtime>) -> bool {
	use pallet_multisig::Call;
	matches!(call, Call::approve_as_multi { .. } | Call::cancel_as_multi { .. })
}

fn is_own_stake(call: &pallet_opg_staking::Call<Runtime>) -> bool {
	use pallet_opg_staking::Call;
	is_management(call)
		|| matches!(
			call,
			Call::bond { .. }
				| Call::delegate { .. }
				| Call::redelegate { .. }
				| Call::leave { .. }
				| Call::force_undelegate { .. }
		)
}

fn is_management(call: &pallet_opg_staking::Call<Runtime>) -> bool {
	use pallet_opg_staking::Call;
	matches!(
		call,
		Call::undelegate { .. }
			| Call::withdraw { .. }
			| Call::settle { .. }
			| Call::reap { .. }
			| Call::set_commission { .. }
			| Call::pause { .. }
			| Call::resume { .. }
			| Call::set_hot_key { .. }
			| Call::set_slots { .. }
	)
}

fn is_vote(call: &pallet_conviction_voting::Call<Runtime>) -> bool {
	use pallet_conviction_voting::Call;
	matches!(
		call,
		Call::vote { .. }
			| Call::delegate { .. }
			| Call::undelegate { .. }
			| Call::unlock { .. }
			| Call::remove_vote { .. }
			| Call::remove_other_vote { .. }
	)
}

fn is_own_model(call: &pallet_opg_models::Call<Runtime>) -> bool {
	use pallet_opg_models::Call;
	matches!(
		call,
		Call::register { .. }
			| Call::deregister { .. }
			| Call::describe { .. }
			| Call::set_channel { .. }
			| Call::deprecate { .. }
			| Call::undeprecate { .. }
			| Call::announce { .. }
			| Call::remove_announcement { .. }
			| Call::serve { .. }
			| Call::stop_serving { .. }
			| Call::allow_serving { .. }
	)
}

/// A request pays a royalty to the model's owner, who may be the proxy. So it names none.
fn is_free_of_royalty(call: &pallet_opg_inference::Call<Runtime>) -> bool {
	use pallet_opg_inference::Call;
	match call {
		Call::request { max_royalty, .. } | Call::request_stored { max_royalty, .. } => {
			*max_royalty == 0
		},
		Call::cancel { .. }
		| Call::challenge { .. }
		| Call::reveal_claim { .. }
		| Call::audit { .. } => true,
		_ => false,
	}
}

impl pallet_proxy::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeCall = RuntimeCall;
	type Currency = Balances;
	type ProxyType = ProxyType;
	type ProxyDepositBase = ConstU128<{ deposit(1, 8) }>;
	type ProxyDepositFactor = ConstU128<{ deposit(0, 33) }>;
	type MaxProxies = ConstU32<MAX_PROXIES>;
	type WeightInfo = pallet_proxy::weights::SubstrateWeight<Runtime>;
	type MaxPending = ConstU32<MAX_PROXIES>;
	type CallHasher = BlakeTwo256;
	type AnnouncementDepositBase = ConstU128<{ deposit(1, 8) }>;
	type AnnouncementDepositFactor = ConstU128<{ deposit(0, 66) }>;
	type BlockNumberProvider = System;
}
