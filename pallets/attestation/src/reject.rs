//! Codes of refused batches, in `InvalidTransaction::Custom`. One bad item refuses its batch.

/// The batch has no items, names a request twice, or declines a seat for a reason that passes.
pub const MALFORMED: u8 = 10;
/// The block that the batch names is ahead, or more than [`crate::BATCH_BLOCKS`] blocks ago.
pub const EXPIRED: u8 = 11;
/// The executor has no hot key that is valid now.
pub const NOT_EXECUTOR: u8 = 12;
/// There is no such request, or its current round is another one.
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
/// The hot key of the executor did not sign the batch.
pub const INVALID_SIGNATURE: u8 = 19;
