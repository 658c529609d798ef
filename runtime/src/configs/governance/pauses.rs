//! Pauses by the technical committee: who may begin one, and what goes on.

use super::origins::pallet_governance::RestUntil;
use crate::{
	constants::*, AccountId, BlockNumber, Governance, Runtime, RuntimeCall, RuntimeOrigin, System,
};
use frame_support::{
	parameter_types,
	traits::{Contains, EnsureOrigin, SafeModeNotify},
};

/// Instance of the collective that is the technical committee.
pub type Committee = pallet_collective::Instance1;

/// Two thirds of the technical committee.
pub type TwoThirds = pallet_collective::EnsureProportionAtLeast<AccountId, Committee, 2, 3>;

parameter_types! {
	pub PauseBlocks: BlockNumber = Governance::period(PAUSE_BLOCKS);
}

/// Two thirds of the technical committee, unless a pause ended a short time ago. So they cannot make
/// a pause that does not end.
pub struct MayPause;

impl EnsureOrigin<RuntimeOrigin> for MayPause {
	/// Length of the pause, in blocks.
	type Success = BlockNumber;

	fn try_origin(origin: RuntimeOrigin) -> Result<BlockNumber, RuntimeOrigin> {
		if System::block_number() < RestUntil::<Runtime>::get() {
			return Err(origin);
		}
		TwoThirds::try_origin(origin).map(|()| PauseBlocks::get())
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn try_successful_origin() -> Result<RuntimeOrigin, ()> {
		TwoThirds::try_successful_origin()
	}
}

/// Keeps the committee from pausing again at once.
pub struct Rest;

impl SafeModeNotify for Rest {
	fn entered() {}
	fn exited() {
		let rest = Governance::period(PAUSE_REST);
		RestUntil::<Runtime>::put(System::block_number().saturating_add(rest));
	}
}

/// Calls that go on during a pause: all that somebody owes, all that decides about the chain, and all
/// that brings OPG out. Refused are transfers, new stake, new models and new requests.
pub struct GoesOn;

impl Contains<RuntimeCall> for GoesOn {
	fn contains(call: &RuntimeCall) -> bool {
		match call {
			// Blocks, and what validators and executors owe.
			RuntimeCall::System(_)
			| RuntimeCall::Timestamp(_)
			| RuntimeCall::Babe(_)
			| RuntimeCall::Grandpa(_)
			| RuntimeCall::Session(_)
			| RuntimeCall::Attestation(_)
			| RuntimeCall::Court(_) => true,
			// What carries calls: each of them is asked for again.
			RuntimeCall::Utility(_) | RuntimeCall::Proxy(_) | RuntimeCall::Multisig(_) => true,
			// Governance.
			RuntimeCall::Scheduler(_)
			| RuntimeCall::Preimage(_)
			| RuntimeCall::Migrations(_)
			| RuntimeCall::Sudo(_)
			| RuntimeCall::Referenda(_)
			| RuntimeCall::ConvictionVoting(_)
			| RuntimeCall::Treasury(_)
			| RuntimeCall::TechnicalCommittee(_)
			| RuntimeCall::SafeMode(_) => true,
			RuntimeCall::Balances(_) => false,
			RuntimeCall::Staking(call) => {
				use pallet_opg_staking::Call;
				// A redelegation is new stake in another pool. `undelegate` goes on.
				!matches!(call, Call::bond { .. } | Call::delegate { .. } | Call::redelegate { .. })
			},
			RuntimeCall::Models(call) => {
				use pallet_opg_models::Call;
				matches!(
					call,
					Call::deregister { .. }
						| Call::stop_serving { .. }
						| Call::remove_executor { .. }
						| Call::remove_announcement { .. }
						| Call::deprecate { .. }
						// Free for the sender: refused, it could be sent again and again.
						| Call::declare_serving { .. }
						| Call::post_digest { .. }
						| Call::nominate_engine { .. }
						| Call::withdraw_nomination { .. }
						| Call::set_canaries { .. }
						| Call::admit_engine { .. }
						| Call::retire_engine { .. }
						| Call::set_maxima { .. }
				)
			},
			// Open requests are disputed and settled.
			RuntimeCall::Inference(call) => {
				use pallet_opg_inference::Call;
				!matches!(call, Call::request { .. } | Call::request_stored { .. })
			},
		}
	}
}
