//! Calls under a hot key or a court key: how long they are valid, and how they are refused.

use frame_support::pallet_prelude::{InvalidTransaction, TransactionValidityError};
use frame_system::{pallet_prelude::BlockNumberFor, Config};

/// Number of blocks for which a call is valid after the block that it names.
pub const CALL_BLOCKS: u32 = 16;
/// Number of blocks by which the block that a node's call names is behind its best block. So a fork
/// does not undo it, as a rule, and nodes that are as far behind know its hash and relay the call.
pub const CALL_LAG: u32 = 2;

/// Hash of the block that a call names. `None` where that is not one of the last [`CALL_BLOCKS`]
/// before this one.
pub fn named_block<T: Config>(at: BlockNumberFor<T>) -> Option<T::Hash> {
	let now = frame_system::Pallet::<T>::block_number();
	// The hash of the block itself is not known yet.
	let is_recent = at < now && now <= at + CALL_BLOCKS.into();
	is_recent.then(|| frame_system::BlockHash::<T>::try_get(at).ok()).flatten()
}

/// Refusal with a code of a pallet's module `reject`.
pub fn refused(code: u8) -> TransactionValidityError {
	InvalidTransaction::Custom(code).into()
}
