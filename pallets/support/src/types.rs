//! Offences, and rules of committees.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Largest number of seats in one round.
pub const MAX_COMMITTEE: u32 = 15;
/// Largest number of seats in all rounds of a request: a committee of 7, then three of 15.
pub const MAX_SEATS: u32 = 52;

/// Breach of an executor's duty. [`crate::economics`] has the price of each.
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
pub enum Offence {
	/// Revealed an answer that the deciding round disagrees with.
	#[codec(index = 0)]
	WrongAnswer,
	/// Committed and did not reveal.
	#[codec(index = 1)]
	MissedReveal,
	/// Did not commit.
	#[codec(index = 2)]
	MissedCommit,
}

/// Condition under which a committee agrees.
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
pub enum Rule {
	/// At least `needed` seats give the same answer and nobody gives another.
	#[codec(index = 0)]
	NoDissent {
		/// Number of seats.
		needed: u32,
	},
	/// More than half of the seats give the same answer.
	#[codec(index = 1)]
	Majority,
}
