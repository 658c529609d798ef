//! Migrations of storage: from what the last release wrote to what this runtime reads.
//!
//! A type that is stored and changes has a migration in one of the two lists, which the next release
//! takes out again. `CONTRIBUTING.md` says how to write and to test one.

use crate::{configs::block_weights, *};
use frame_support::{
	migrations::FreezeChainOnFailedMigration, parameter_types, traits::ConstU32, weights::Weight,
};
use sp_runtime::Perbill;

/// Migrations that run whole in the block of the upgrade: few entries, each behind a
/// `VersionedMigration`.
pub type SingleBlock = ();

/// Migrations that take many blocks. While they run, blocks carry inherents only, the clock of
/// deadlines stands, and the hooks of our pallets do nothing.
#[cfg(not(feature = "runtime-benchmarks"))]
pub type MultiBlock = ();
#[cfg(feature = "runtime-benchmarks")]
pub type MultiBlock = pallet_migrations::mock_helpers::MockedMigrations;

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
