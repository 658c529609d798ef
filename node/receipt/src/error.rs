//! Reasons for which a receipt is refused.

use crate::{limits, Hash};

/// Reason for which a receipt proves nothing.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Error {
	/// The file is longer than [`limits::MAX_FILE_BYTES`].
	#[error("it is longer than {} bytes", limits::MAX_FILE_BYTES)]
	TooLarge,
	/// There is more of something than [`limits`] allow.
	#[error("it has more than {limit} {what}")]
	TooMany {
		/// Name of what there is too much of.
		what: &'static str,
		/// Most that there can be.
		limit: usize,
	},
	/// The file is no JSON.
	#[error("it is not JSON: {0}")]
	NotJson(String),
	/// The file does not say its version.
	#[error("it has no `version`")]
	NoVersion,
	/// The file is of another version of the format.
	#[error(
		"its version is {0}, and this program reads {version}: use the `opg` of its release",
		version = crate::VERSION
	)]
	OtherVersion(u64),
	/// The JSON is not of the form of the version.
	#[error("it is not of the form of its version: {0}")]
	Form(String),
	/// A value does not decode.
	#[error("{0} does not decode")]
	Undecodable(&'static str),
	/// The anchor is a genesis hash, and the receipt begins with a later set of authorities.
	#[error(
		"it begins with the authority set {0}, not with the genesis: trust that set, or make a whole \
		 receipt"
	)]
	NotFromGenesis(u64),
	/// The part about the genesis block proves nothing.
	#[error("the genesis block: {0}")]
	Genesis(#[from] GenesisError),
	/// The receipt is of another chain than the anchor.
	#[error("it is of the chain with the genesis {found}, not {expected}")]
	OtherChain {
		/// Genesis hash of the anchor.
		expected: Hash,
		/// Genesis hash of the receipt.
		found: Hash,
	},
	/// The trusted authority set is not one that the receipt goes through.
	#[error("it goes from the authority set {first} to {last}, and not through the trusted one, {trusted}")]
	OtherSets {
		/// Number of the set with which the receipt begins.
		first: u64,
		/// Number of the set with which it ends.
		last: u64,
		/// Number of the trusted set.
		trusted: u64,
	},
	/// The set of this number is another one than the trusted.
	#[error("its authority set {0} is another one than the trusted")]
	OtherAuthorities(u64),
	/// The headers and justifications do not show that the block is final.
	#[error("part {index} of the proof of finality: {cause}")]
	Finality {
		/// Position of the header, from 0.
		index: usize,
		/// Cause.
		cause: FinalityError,
	},
	/// There is no header.
	#[error("it has no proof of finality")]
	NoBlock,
	/// The trie nodes do not lead from the state root to the values.
	#[error("the storage proof: {0}")]
	State(#[from] ProofError),
	/// A value is not in the state of the block.
	#[error("the state of the block has no {0}")]
	Missing(&'static str),
	/// The request is not settled in the state of the block.
	#[error("request {0} is not settled in this block")]
	NotSettled(u64),
	/// Two values contradict each other.
	#[error("the {0} of the request and of its committees differ")]
	Contradiction(&'static str),
	/// The receipt says another runtime version than the state.
	#[error("it says runtime version {claimed}, and the state {proven}")]
	OtherSpecVersion {
		/// Version that the file says.
		claimed: u32,
		/// Version in the state.
		proven: u32,
	},
}

impl Error {
	/// Name of the reason, for programs.
	pub fn reason(&self) -> &'static str {
		match self {
			Self::TooLarge => "TooLarge",
			Self::TooMany { .. } => "TooMany",
			Self::NotJson(_) => "NotJson",
			Self::NoVersion => "NoVersion",
			Self::OtherVersion(_) => "OtherVersion",
			Self::Form(_) => "Form",
			Self::Undecodable(_) => "Undecodable",
			Self::NotFromGenesis(_) => "NotFromGenesis",
			Self::Genesis(_) => "Genesis",
			Self::OtherChain { .. } => "OtherChain",
			Self::OtherSets { .. } => "OtherSets",
			Self::OtherAuthorities(_) => "OtherAuthorities",
			Self::Finality { .. } => "Finality",
			Self::NoBlock => "NoBlock",
			Self::State(_) => "State",
			Self::Missing(_) => "Missing",
			Self::NotSettled(_) => "NotSettled",
			Self::Contradiction(_) => "Contradiction",
			Self::OtherSpecVersion { .. } => "OtherSpecVersion",
		}
	}
}

/// Reason for which the genesis block of a receipt proves nothing.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum GenesisError {
	/// The header does not decode.
	#[error("its header does not decode")]
	Header,
	/// The header has not the hash that the receipt says.
	#[error("its header has another hash")]
	OtherHash,
	/// The header has another number than 0.
	#[error("its header has another number than 0")]
	Number,
	/// The trie nodes do not lead from the state root to the authorities.
	#[error("its storage proof: {0}")]
	Proof(#[from] ProofError),
	/// There are no authorities, or they do not decode.
	#[error("its state names no authorities")]
	NoAuthorities,
	/// The receipt begins with another set than that of the genesis block.
	#[error("it has the authority set 0, and the receipt begins with {0}")]
	OtherSet(u64),
}

/// Reason for which a header is not shown to be final.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FinalityError {
	/// The header does not decode.
	#[error("the header does not decode")]
	Header,
	/// The justification does not decode.
	#[error("the justification does not decode")]
	Justification,
	/// There is more of something than the limits allow.
	#[error("there are more than {limit} {what}")]
	TooMany {
		/// Name of what there is too much of.
		what: &'static str,
		/// Most that there can be.
		limit: usize,
	},
	/// The header is not above the one before it.
	#[error("the header is not above the one before it")]
	NotAbove,
	/// The justification is of another block.
	#[error("the justification is of another block")]
	OtherTarget,
	/// A vote is of somebody who is not in the authority set.
	#[error("a vote is of no authority of set {0}")]
	Stranger(u64),
	/// A signature does not fit its vote, key, round and set.
	#[error("a signature is wrong")]
	Signature,
	/// The headers between the votes are not exactly those that are needed.
	#[error("the headers do not connect the votes")]
	Ancestry,
	/// A vote is there twice.
	#[error("a vote is there twice")]
	Duplicate,
	/// The votes are too few.
	#[error("the votes are less than two thirds of set {0}")]
	NotEnough(u64),
	/// The authorities that the header announces are none, too many, or not for the next block.
	#[error("the change of authorities is not one that GRANDPA can follow")]
	Change,
	/// A header that is not the last announces no authorities.
	#[error("the header announces no authorities, and is not the last")]
	NoChange,
	/// The number of the next authority set is too large.
	#[error("the number of the authority set is too large")]
	SetOverflow,
}

/// Reason for which trie nodes do not prove a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ProofError {
	/// A node is missing or altered: no node has the hash that the one above it names.
	#[error("a node is missing")]
	MissingNode,
	/// A node is not of the form of a trie node.
	#[error("a node does not decode")]
	InvalidNode,
	/// A node is there twice.
	#[error("a node is there twice")]
	Duplicate,
	/// A node is of no use.
	#[error("a node is of no use")]
	Unused,
}
