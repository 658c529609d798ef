//! BABE, GRANDPA, sessions, offences of validators.

use crate::{constants::*, *};
use alloc::vec::Vec;
use frame_support::{
	traits::{ConstU128, ConstU32, ConstU64, OneSessionHandler},
	weights::Weight,
};
use opg_primitives::beefy::BeefyKey;
use pallet_opg_staking::WeightInfo;
use sp_runtime::{
	traits::{Convert, ConvertInto, OpaqueKeys},
	BoundToRuntimeAppPublic, Perbill,
};
use sp_staking::offence::{OffenceDetails, OnOffenceHandler};

/// Slots for which an equivocation can be reported.
type ReportLongevity = ConstU64<{ HISTORY_SESSIONS as u64 * SESSION_SLOTS }>;

impl pallet_babe::Config for Runtime {
	type EpochDuration = ConstU64<SESSION_SLOTS>;
	type ExpectedBlockTime = ConstU64<SLOT_MILLIS>;
	type EpochChangeTrigger = pallet_babe::ExternalTrigger;
	type DisabledValidators = Session;
	type WeightInfo = ();
	type MaxAuthorities = ConstU32<MAX_VALIDATORS>;
	type MaxNominators = ConstU32<0>;
	type KeyOwnerProof = sp_session::MembershipProof;
	type EquivocationReportSystem =
		pallet_babe::EquivocationReportSystem<Self, Offences, Historical, ReportLongevity>;
}

impl pallet_grandpa::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = ();
	type MaxAuthorities = ConstU32<MAX_VALIDATORS>;
	type MaxNominators = ConstU32<0>;
	type MaxSetIdSessionEntries = ConstU64<{ HISTORY_SESSIONS as u64 }>;
	type KeyOwnerProof = sp_session::MembershipProof;
	type EquivocationReportSystem =
		pallet_grandpa::EquivocationReportSystem<Self, Offences, Historical, ReportLongevity>;
}

impl pallet_authorship::Config for Runtime {
	type FindAuthor = pallet_session::FindAccountFromAuthorIndex<Self, Babe>;
	type EventHandler = PayAuthor;
}

/// Pays the reward of a block into its author's pool.
pub struct PayAuthor;
impl pallet_authorship::EventHandler<AccountId, BlockNumber> for PayAuthor {
	fn note_author(author: AccountId) {
		Staking::reward_author(author);
	}
}

/// Elects the validators and fixes the executors' stake when sessions change.
pub struct Sessions;
impl pallet_session::SessionManager<AccountId> for Sessions {
	fn new_session(index: u32) -> Option<Vec<AccountId>> {
		Staking::plan_session(index);
		Staking::elect().filter(|elected| !is_queued(elected))
	}
	fn start_session(index: u32) {
		Staking::start_session(index);
		Historical::prune_up_to(index.saturating_sub(HISTORY_SESSIONS));
	}
	fn end_session(_index: u32) {}
}

/// Whether the session before has these validators already, with the keys that they have now.
///
/// Any answer but `None` begins another set of GRANDPA's authorities, and a receipt carries every change of
/// that set since genesis. Keys count, because equivocations are proven against the root that is
/// stored for a session: with `None` that is the root of the session before.
fn is_queued(elected: &[AccountId]) -> bool {
	let queued = pallet_session::QueuedKeys::<Runtime>::get();
	queued.len() == elected.len()
		&& queued.iter().all(|(validator, keys)| {
			elected.contains(validator) && Session::load_keys(validator).as_ref() == Some(keys)
		})
}

impl pallet_session::historical::SessionManager<AccountId, ()> for Sessions {
	fn new_session(index: u32) -> Option<Vec<(AccountId, ())>> {
		let validators = <Self as pallet_session::SessionManager<_>>::new_session(index)?;
		Some(validators.into_iter().map(|who| (who, ())).collect())
	}
	fn start_session(index: u32) {
		<Self as pallet_session::SessionManager<_>>::start_session(index)
	}
	fn end_session(index: u32) {
		<Self as pallet_session::SessionManager<_>>::end_session(index)
	}
}

/// A validator is its account and nothing more.
pub struct NoDetails;
impl Convert<AccountId, Option<()>> for NoDetails {
	fn convert(_: AccountId) -> Option<()> {
		Some(())
	}
}

impl pallet_session::historical::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type FullIdentification = ();
	type FullIdentificationOf = NoDetails;
}

/// Slashes the pools of validators that equivocate.
pub struct SlashValidators;
impl OnOffenceHandler<AccountId, (AccountId, ()), Weight> for SlashValidators {
	fn on_offence(
		offenders: &[OffenceDetails<AccountId, (AccountId, ())>],
		slash_fraction: &[Perbill],
		session: u32,
	) -> Weight {
		for (details, share) in offenders.iter().zip(slash_fraction) {
			Staking::slash_validator(&details.offender.0, *share, session);
		}
		<Runtime as pallet_opg_staking::Config>::WeightInfo::slash_validator()
			.saturating_mul(offenders.len() as u64)
	}
}

impl pallet_offences::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type IdentificationTuple = pallet_session::historical::IdentificationTuple<Self>;
	type OnOffenceHandler = SlashValidators;
}

/// The session key that is kept for BEEFY. Nothing uses it: `pallet-beefy` takes its place, with the
/// keys that validators have set by then.
pub struct Beefy;

impl BoundToRuntimeAppPublic for Beefy {
	type Public = BeefyKey;
}

impl OneSessionHandler<AccountId> for Beefy {
	type Key = BeefyKey;

	fn on_genesis_session<'a, I>(_validators: I)
	where
		I: Iterator<Item = (&'a AccountId, BeefyKey)> + 'a,
	{
	}

	fn on_new_session<'a, I>(_changed: bool, _validators: I, _queued_validators: I)
	where
		I: Iterator<Item = (&'a AccountId, BeefyKey)> + 'a,
	{
	}

	fn on_disabled(_validator_index: u32) {}
}

impl pallet_session::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type ValidatorId = AccountId;
	type ValidatorIdOf = ConvertInto;
	type ShouldEndSession = Babe;
	type NextSessionRotation = Babe;
	type SessionManager = pallet_session::historical::NoteHistoricalRoot<Self, Sessions>;
	type SessionHandler = <SessionKeys as OpaqueKeys>::KeyTypeIdProviders;
	type Keys = SessionKeys;
	type DisablingStrategy = ();
	type WeightInfo = pallet_session::weights::SubstrateWeight<Runtime>;
	type Currency = Balances;
	type KeyDeposit = ConstU128<{ deposit(1, 128) }>;
}
