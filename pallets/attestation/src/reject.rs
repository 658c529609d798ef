//! Codes of refused batches, in `InvalidTransaction::Custom`.
//!
//! An item is *stale* where the round, its phase or the seat is not, or no longer, what it names
//! ([`NO_ROUND`], [`WRONG_PHASE`], [`WRONG_SEAT_STATE`]). Stale items are ignored as long as one item
//! of the batch fits; otherwise the first one's code refuses the batch. Anything else that is wrong
//! with one item refuses its batch.
//!
//! Where no item fits and one may fit in a later block, a batch that comes from another node is not
//! refused: see `authorize.rs`. In a block it is.

/// The batch has no items, names a request twice, or declines a seat for a reason that is none.
pub const MALFORMED: u8 = 10;
/// The hash of the block that the batch names is not known, or it is more than
/// [`pallet_opg_support::CALL_BLOCKS`] blocks ago.
pub const EXPIRED: u8 = 11;
/// The executor has no hot key that is valid now.
pub const NOT_EXECUTOR: u8 = 12;
/// There is no such request, or its current round is another one, or has another seed: one of
/// another fork.
pub const NO_ROUND: u8 = 13;
/// The current phase of the round does not take this.
pub const WRONG_PHASE: u8 = 14;
/// The executor has no seat in the round.
pub const NOT_DRAWN: u8 = 15;
/// The executor committed or declined already, or reveals without an unrevealed commitment.
pub const WRONG_SEAT_STATE: u8 = 16;
/// Answer and salt do not fit the commitment.
pub const WRONG_COMMITMENT: u8 = 17;
/// The answer took more fuel than the limit of the model.
pub const TOO_MUCH_FUEL: u8 = 18;
/// The hot key of the executor did not sign the batch with the hash that the block which it names has
/// on this fork.
pub const INVALID_SIGNATURE: u8 = 19;
/// The round takes witnesses, and the reveal has none.
pub const MISSING_WITNESS: u8 = 20;
/// The reveal has a witness, and the round takes none.
pub const UNEXPECTED_WITNESS: u8 = 21;
/// The output of the answer has a length with which it is not stored, or is longer than the limit of
/// the model.
pub const WRONG_OUTPUT_SIZE: u8 = 22;
