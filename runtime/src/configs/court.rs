//! The court.

use crate::{constants::*, *};
use frame_support::{
	parameter_types,
	traits::{ConstU32, ConstU64, Get},
	weights::Weight,
};
use opg_primitives::Fuel;
use pallet_opg_support::ExecutorStake;
use sp_runtime::traits::Convert;

parameter_types! {
	pub CourtWeight: Weight = COURT_SHARE * super::system::RuntimeBlockWeights::get().max_block;
}

/// Current session. It begins, for staking too, before its validators are told to the court.
pub struct CurrentSession;
impl Get<u32> for CurrentSession {
	fn get() -> u32 {
		<Staking as ExecutorStake<AccountId>>::session()
	}
}

/// Length of the commit phase of a sitting.
pub struct CommitBlocks;
impl Convert<(Fuel, u32), BlockNumber> for CommitBlocks {
	fn convert((fuel, fetched): (Fuel, u32)) -> BlockNumber {
		court_commit_blocks(fuel, fetched)
	}
}

impl pallet_opg_court::Config for Runtime {
	type Requests = Inference;
	type Models = Models;
	type Committees = Attestation;
	type OnHeld = Inference;
	type BlockNumberProvider = Clock;
	type Session = CurrentSession;
	type MaxValidators = ConstU32<MAX_VALIDATORS>;
	type MaxSitting = ConstU32<MAX_SITTING>;
	type MaxCases = ConstU32<MAX_CASES>;
	type SessionFuel = ConstU64<COURT_SESSION_FUEL>;
	type SessionBytes = ConstU64<COURT_SESSION_BYTES>;
	type MaxPanels = ConstU32<MAX_PANELS>;
	type CommitBlocks = CommitBlocks;
	type RevealBlocks = ConstU32<COURT_REVEAL_BLOCKS>;
	type BlockMillis = ConstU32<{ SLOT_MILLIS as u32 }>;
	type HookWeight = CourtWeight;
	type WeightInfo = pallet_opg_court::weights::SubstrateWeight<Runtime>;
}
