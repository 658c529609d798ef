//! Codes of refused calls under a hot key, in `InvalidTransaction::Custom`. They differ from those of
//! the attestation pallet and of the court.

/// The hash of the block that the call names is not known, or it is more than
/// [`pallet_opg_support::CALL_BLOCKS`] blocks ago.
pub const EXPIRED: u8 = 70;
/// The executor has no hot key that is valid now.
pub const NOT_EXECUTOR: u8 = 71;
/// The hot key of the executor did not sign the call with the hash that the block which it names has
/// on this fork.
pub const INVALID_SIGNATURE: u8 = 72;
/// The call would fail, and no error of this pallet says why.
pub const FAILS: u8 = 73;
/// The call would fail: the index of the [`crate::Error`] that says why is added.
pub const FAILS_WITH: u8 = 100;
