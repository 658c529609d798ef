//! Codes of refused batches, in `InvalidTransaction::Custom`. They differ from those of the
//! attestation pallet.

/// The batch has no items, or names a request twice; or declarations, or contents, are not sorted.
pub const MALFORMED: u8 = 40;
/// The batch does not name one of the last [`pallet_opg_support::CALL_BLOCKS`] blocks.
pub const EXPIRED: u8 = 41;
/// The bench is not kept, or has no such seat. Of declarations and of contents that
/// are held: it is not the current one.
pub const NOT_ON_BENCH: u8 = 42;
/// There is no such sitting, or its bench is another one.
pub const NO_SITTING: u8 = 43;
/// The current phase of the sitting does not take this.
pub const WRONG_PHASE: u8 = 44;
/// The validator committed already, or reveals without an unrevealed commitment.
pub const WRONG_VOTE_STATE: u8 = 45;
/// Digest, witness and salt do not make the commitment.
pub const WRONG_COMMITMENT: u8 = 46;
/// The answer has another digest than the vote.
pub const WRONG_ANSWER: u8 = 47;
/// The answer is left out, and the chain does not hold it.
pub const ANSWER_MISSING: u8 = 48;
/// The court key of the seat did not sign the batch.
pub const INVALID_SIGNATURE: u8 = 49;
/// Declarations change nothing: the validator is listed as it says, with all versions.
pub const NOTHING_NEW: u8 = 50;
/// No version with this number is registered.
pub const NO_SUCH_MODEL: u8 = 51;
/// The validator holds [`crate::MAX_HELD_MODELS`] versions already.
pub const TOO_MANY_MODELS: u8 = 52;
/// The last declarations of the seat are less than [`crate::DECLARE_BLOCKS`] blocks old.
pub const TOO_SOON: u8 = 53;
/// The answer has more fuel than the limit of its version.
pub const TOO_MUCH_FUEL: u8 = 54;
/// The output of the answer has a length with which it is not stored, or is longer than the limit of
/// its version.
pub const WRONG_OUTPUT_SIZE: u8 = 55;
/// No panel is asked for this content.
pub const NO_PANEL: u8 = 56;
/// The validator is no member of the panel.
pub const NOT_ON_PANEL: u8 = 57;
/// The validator said so already.
pub const HELD_ALREADY: u8 = 58;
