//! Trait of the randomness that seeds draws: one VRF output per block.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_core::H256;

/// VRF output of a block. Its author cannot choose it, but can withhold the block.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Debug,
)]
pub struct VrfOutput {
	/// Output.
	pub output: [u8; 32],
	/// Key with which the author makes blocks.
	pub author: H256,
}

/// Source of the VRF outputs.
pub trait BlockRandomness {
	/// Output of the block that is being built, from its beginning on. `None` where it has none, as
	/// in genesis.
	fn output() -> Option<VrfOutput>;
	/// Number of authors that can make blocks now.
	fn authors() -> u32;
}
