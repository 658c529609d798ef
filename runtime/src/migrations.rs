//! Migrations of storage: from what the last release wrote to what this runtime reads.
//!
//! A type that is stored and changes has a migration in one of the two lists, which the next release
//! takes out again. `CONTRIBUTING.md` says how to write and to test one.

use crate::{configs::block_weights, *};
#[cfg(feature = "try-runtime")]
use codec::Decode;
use codec::{Compact, Encode};
use frame_support::{
	migrations::FreezeChainOnFailedMigration,
	parameter_types,
	traits::{ConstU32, OnRuntimeUpgrade},
	weights::Weight,
};
use opg_primitives::beefy::no_key;
use sp_runtime::Perbill;
#[cfg(feature = "try-runtime")]
use sp_runtime::TryRuntimeError;

/// Migrations that run whole in the block of the upgrade: few entries, each behind a
/// `VersionedMigration`, or of a kind that does nothing the second time.
pub type SingleBlock = (
	KeepBeefyKey,
	EndSudo,
	pallet_opg_models::migrations::AddGeneration<Runtime>,
	pallet_opg_inference::migrations::ForgetAdmitted<Runtime>,
);

/// Migrations that take many blocks. While they run, blocks carry inherents only, the clock of
/// deadlines stands, and the hooks of our pallets do nothing.
#[cfg(not(feature = "runtime-benchmarks"))]
pub type MultiBlock = ();
#[cfg(feature = "runtime-benchmarks")]
pub type MultiBlock = pallet_migrations::mock_helpers::MockedMigrations;

/// Log target.
const LOG: &str = "opg::migrations";

type DbWeight = <Runtime as frame_system::Config>::DbWeight;

/// Gives the session keys of validators one for BEEFY, which nobody can sign with. They set a real one
/// with `session.set_keys`.
///
/// The session pallet has no storage version. What tells the former keys is the length of the list
/// for the next session, which has those of all validators.
pub struct KeepBeefyKey;

impl_opaque_keys! {
	/// Session keys of version 100.
	pub struct SessionKeysWithoutBeefy {
		/// Block production.
		pub babe: Babe,
		/// Finality.
		pub grandpa: Grandpa,
		/// Votes in the court.
		pub court: Court,
	}
}

/// An account and three public keys, each of 32 bytes.
const FORMER_ENTRY_BYTES: usize = 128;

impl KeepBeefyKey {
	fn is_needed() -> bool {
		let key = pallet_session::QueuedKeys::<Runtime>::hashed_key();
		let count = pallet_session::QueuedKeys::<Runtime>::decode_len().unwrap_or_default();
		let stored = sp_io::storage::read(&key, &mut [], 0);
		let list = Compact(count as u32)
			.encoded_size()
			.saturating_add(count.saturating_mul(FORMER_ENTRY_BYTES));
		count > 0 && stored == Some(list as u32)
	}

	/// Keys that validators have set, and that are queued for the next session.
	fn count() -> u64 {
		let next = pallet_session::NextKeys::<Runtime>::iter_keys().count();
		let queued = pallet_session::QueuedKeys::<Runtime>::decode_len().unwrap_or_default();
		next.saturating_add(queued) as u64
	}
}

impl OnRuntimeUpgrade for KeepBeefyKey {
	fn on_runtime_upgrade() -> Weight {
		if !Self::is_needed() {
			return DbWeight::get().reads(2);
		}
		Session::upgrade_keys::<SessionKeysWithoutBeefy, _>(|validator, former| SessionKeys {
			beefy: no_key(&validator),
			babe: former.babe,
			grandpa: former.grandpa,
			court: former.court,
		});
		// Of each entry: itself, and who owns its keys, which is removed and written again.
		let count = Self::count();
		DbWeight::get().reads_writes(count.saturating_add(3), count.saturating_mul(8))
	}

	#[cfg(feature = "try-runtime")]
	fn pre_upgrade() -> Result<Vec<u8>, TryRuntimeError> {
		Ok((Self::is_needed(), Self::count()).encode())
	}

	#[cfg(feature = "try-runtime")]
	fn post_upgrade(state: Vec<u8>) -> Result<(), TryRuntimeError> {
		let (was_needed, count) =
			<(bool, u64)>::decode(&mut &state[..]).map_err(|_| TryRuntimeError::Corruption)?;
		let all: Vec<_> = pallet_session::NextKeys::<Runtime>::iter().collect();
		let queued = pallet_session::QueuedKeys::<Runtime>::get();
		frame_support::ensure!((all.len() + queued.len()) as u64 == count, "session keys are lost");
		for (validator, keys) in all.into_iter().chain(queued) {
			let has_none = keys.beefy == no_key(&validator);
			frame_support::ensure!(has_none || !was_needed, "a BEEFY key that nobody has set");
		}
		Ok(())
	}
}

/// Removes the key of `pallet-sudo` on a public network, at every upgrade. Only the presets have it:
/// there, and where they set their own pace, nothing is done.
pub struct EndSudo;

impl EndSudo {
	/// Whether periods of governance are those of a public network.
	fn is_public() -> bool {
		pallet_governance::Speed::<Runtime>::get() <= 1
	}
}

impl OnRuntimeUpgrade for EndSudo {
	fn on_runtime_upgrade() -> Weight {
		let reads = DbWeight::get().reads(2);
		if !Self::is_public() || !pallet_sudo::Key::<Runtime>::exists() {
			return reads;
		}
		log::error!(target: LOG, "sudo had a key on a public network: it is removed");
		pallet_sudo::Key::<Runtime>::kill();
		System::deposit_event(pallet_sudo::Event::<Runtime>::KeyRemoved);
		reads.saturating_add(DbWeight::get().writes(2))
	}

	#[cfg(feature = "try-runtime")]
	fn pre_upgrade() -> Result<Vec<u8>, TryRuntimeError> {
		Ok(pallet_sudo::Key::<Runtime>::get().encode())
	}

	#[cfg(feature = "try-runtime")]
	fn post_upgrade(state: Vec<u8>) -> Result<(), TryRuntimeError> {
		let before = Option::<AccountId>::decode(&mut &state[..])
			.map_err(|_| TryRuntimeError::Corruption)?;
		let after = pallet_sudo::Key::<Runtime>::get();
		let expected = before.filter(|_| !Self::is_public());
		frame_support::ensure!(after == expected, "the key of sudo is not what it should be");
		Ok(())
	}
}

/// Part of a block that migrations can spend, besides hooks and inherents.
const MIGRATION_SHARE: Perbill = Perbill::from_percent(50);

parameter_types! {
	pub MaxServiceWeight: Weight = MIGRATION_SHARE * block_weights().max_block;
}

impl pallet_migrations::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type Migrations = MultiBlock;
	type CursorMaxLen = ConstU32<{ 1 << 16 }>;
	type IdentifierMaxLen = ConstU32<256>;
	type MigrationStatusHandler = ();
	// To go on with half of the state migrated would lose escrow.
	type FailedMigrationHandler = FreezeChainOnFailedMigration;
	type MaxServiceWeight = MaxServiceWeight;
	type WeightInfo = pallet_migrations::weights::SubstrateWeight<Runtime>;
}
