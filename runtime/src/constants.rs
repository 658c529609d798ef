//! Units and times.

use opg_primitives::{Balance, BlockNumber};

/// One OPG in planck.
pub const OPG: Balance = 1_000_000_000_000_000_000;
/// A thousandth of an OPG.
pub const MILLI_OPG: Balance = OPG / 1_000;
/// What the storage of one item and of `bytes` costs as a deposit.
pub const fn deposit(items: u32, bytes: u32) -> Balance {
	items as Balance * 100 * MILLI_OPG + bytes as Balance * MILLI_OPG / 10
}

/// Slot length in milliseconds.
pub const SLOT_MILLIS: u64 = 3_000;
/// Session length in slots. Short, so that stake counts within two minutes; it cannot change
/// after genesis, and a public network chooses hours.
pub const SESSION_SLOTS: u64 = 20;
/// Blocks per hour.
pub const HOURS: BlockNumber = (3_600_000 / SLOT_MILLIS) as BlockNumber;
/// Blocks per year of 365 days.
pub const BLOCKS_PER_YEAR: BlockNumber = HOURS * 24 * 365;
/// Sessions for which a fault of consensus can be reported. Shorter than unbonding.
pub const HISTORY_SESSIONS: u32 = 6;

/// Blocks from a draw to the commit deadline.
pub const COMMIT_BLOCKS: BlockNumber = 10;
/// Blocks from the commit deadline to the reveal deadline.
pub const REVEAL_BLOCKS: BlockNumber = 5;
/// Blocks until stake that is taken out of a pool can be withdrawn. A public network chooses weeks.
pub const UNBONDING_BLOCKS: BlockNumber = 160;
/// Probability that a slot has a primary author, as a fraction.
pub const PRIMARY_PROBABILITY: (u64, u64) = (1, 4);
/// BABE at genesis. Secondary slots have a VRF output too: the draw needs one in every block.
pub const BABE_GENESIS_EPOCH_CONFIG: sp_consensus_babe::BabeEpochConfiguration =
	sp_consensus_babe::BabeEpochConfiguration {
		c: PRIMARY_PROBABILITY,
		allowed_slots: sp_consensus_babe::AllowedSlots::PrimaryAndSecondaryVRFSlots,
	};
