//! Serving by the node itself: what it is asked about a version, and what its hot key signs.

use crate::{registry::TextGeneration, Dims, ModelId, VersionLimits};
use alloc::vec::Vec;
use codec::{Decode, Encode};
use scale_info::TypeInfo;
use sp_core::H256;

/// Declaration of an executor about a version, under its hot key.
pub const SERVING: &[u8] = b"opg/serving/v1";

/// Version that a node is told of. Its policy decides whether to fetch, inspect and serve it.
#[derive(Clone, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub struct VersionOffer {
	/// Number of the version.
	pub model: ModelId,
	/// Name of the file.
	pub model_hash: H256,
	/// Length of the file in bytes.
	pub size: u32,
	/// BLAKE2b-256 of the owner's encoded account.
	pub owner: H256,
	/// Id of the engine.
	pub engine_id: H256,
	/// Sizes of symbolic dimensions.
	pub dims: Dims,
	/// What loading and running it may take.
	pub limits: VersionLimits,
	/// Digest of the inspection report that the owner registered.
	pub report_hash: H256,
	/// How it generates text, as the owner registered it, if it does. Not in the first format of an offer.
	#[codec(skip)]
	pub generation: Option<TextGeneration>,
	/// Whether the version takes requests as far as its engine and owner go: one that does not is not
	/// worth serving from now on.
	pub is_open: bool,
	/// Whether the node is one of a validator, whose court may have to compute the version.
	pub for_court: bool,
	/// Whether an operator of the node serves the version.
	pub is_served: bool,
	/// Whether an operator of the node may be bound to serve it by the hot key.
	pub may_serve: bool,
}

/// What a node's own inspection of a model found.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, Debug)]
pub struct Report {
	/// BLAKE2b-256 of the report.
	pub hash: H256,
	/// How the model generates text, as the report says, if it does.
	pub generation: Option<TextGeneration>,
}

/// What the node wants its hot key to declare about a version.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub enum ServingWish {
	/// Nothing, or nothing yet.
	#[codec(index = 0)]
	Nothing,
	/// That it serves the version: the policy admits it, its file is here, and the node's own engine
	/// gave this report.
	#[codec(index = 1)]
	Serve(H256),
	/// That it serves the version no more.
	#[codec(index = 2)]
	Stop,
}

/// Payload that a hot key signs under a declaration. `block` is the hash of the block that the call
/// names: a call of one fork is of no use on another.
pub fn serving_payload<C: Encode>(genesis: &H256, block: &H256, call: &C) -> Vec<u8> {
	(SERVING, genesis, block, call).encode()
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn payload_should_change_when_chain_fork_or_call_does() {
		let (one, two) = (H256::repeat_byte(1), H256::repeat_byte(2));
		let base = serving_payload(&one, &one, &0u8);
		let changed = [
			serving_payload(&two, &one, &0u8),
			serving_payload(&one, &two, &0u8),
			serving_payload(&one, &one, &1u8),
		];
		assert!(changed.iter().all(|payload| *payload != base));
	}

	#[test]
	fn wire_format_should_not_change() {
		let mut bytes = vec![14 << 2];
		bytes.extend(b"opg/serving/v1");
		bytes.extend([1; 32]);
		bytes.extend([2; 32]);
		bytes.push(5);
		assert_eq!(serving_payload(&H256::repeat_byte(1), &H256::repeat_byte(2), &5u8), bytes);
		assert_eq!(ServingWish::Stop.encode(), [2]);
		assert_eq!(ServingWish::Serve(H256::repeat_byte(3)).encode()[0], 1);
	}
}
