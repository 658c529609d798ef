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
/// Blocks for which an attested answer can be challenged. A public network chooses hours.
pub const CHALLENGE_WINDOW: BlockNumber = 10;
/// Draws, settlements, prunings and ends of disputes per block. Their weight binds earlier where they
/// cost much; `integrity_test`s see to it that a full list leaves time.
pub const MAX_AGENDA: u32 = 2_560;
/// Draws per block, and so rounds that have the same deadline.
pub const MAX_DRAWS: u32 = 1_024;
/// Most executor pools, and most executors that serve one model.
pub const MAX_EXECUTORS: u32 = 1_024;
/// Least that an operator has in its own pool.
pub const MIN_BOND: Balance = 1_000 * OPG;
/// Fuel of all executors ordered per block at which the price stays: a hundred cores' worth.
pub const TARGET_FUEL: u64 = 600_000_000_000;
/// Blocks by which the agenda puts an action off at most: those among which it searches for room, and
/// 16 more for want of time. While it is behind nobody can ask, so what delays an action was under way: the requests of
/// less than 16 blocks, each of which admits no more than a block can settle.
const PUT_OFF: BlockNumber = pallet_opg_inference::SEARCH + 16;
/// Blocks from one draw to the next at most: a block in which the round is fixed, three that seed
/// it, both phases.
const ROUND: BlockNumber = 1 + 3 + PUT_OFF + COMMIT_BLOCKS + REVEAL_BLOCKS;
/// The longest dispute: two committees, the window, two juries, what follows from their verdict.
pub const LONGEST_DISPUTE: BlockNumber = 4 * ROUND + CHALLENGE_WINDOW + PUT_OFF + 1 + PUT_OFF;
const _: () = assert!(
	// The snapshot that an executor is drawn from is two sessions old at most.
	UNBONDING_BLOCKS > LONGEST_DISPUTE + 2 * SESSION_SLOTS as BlockNumber,
	"who lied cannot leave in time"
);
const _: () = assert!(HOURS > LONGEST_DISPUTE, "a request is kept until it is settled");
const _: () = assert!(
	HISTORY_SESSIONS as u64 * SESSION_SLOTS < UNBONDING_BLOCKS as u64,
	"a fault of consensus is reported before the stake leaves"
);
/// Blocks until stake that is taken out of a pool can be withdrawn. A public network chooses weeks.
pub const UNBONDING_BLOCKS: BlockNumber = 330;
/// Probability that a slot has a primary author, as a fraction.
pub const PRIMARY_PROBABILITY: (u64, u64) = (1, 4);
/// BABE at genesis. Secondary slots have a VRF output too: the draw needs one in every block.
pub const BABE_GENESIS_EPOCH_CONFIG: sp_consensus_babe::BabeEpochConfiguration =
	sp_consensus_babe::BabeEpochConfiguration {
		c: PRIMARY_PROBABILITY,
		allowed_slots: sp_consensus_babe::AllowedSlots::PrimaryAndSecondaryVRFSlots,
	};
