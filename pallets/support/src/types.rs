//! Offences of executors, and sizes of committees.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Largest number of seats in one round.
pub const MAX_COMMITTEE: u32 = 15;
/// Largest number of seats in all rounds of a request: a committee of 7, a larger one of 15, an audit
/// of 15.
pub const MAX_SEATS: u32 = 37;
/// Largest number of executors in all rounds of a request: each seat can be given to another once.
pub const MAX_MEMBERS: u32 = 2 * MAX_SEATS;

/// Seat that an executor did not keep. [`crate::economics`] has the price of each. A wrong answer is
/// no offence of this kind: it is for the court.
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
	/// Committed and did not reveal, though others could.
	#[codec(index = 1)]
	MissedReveal,
	/// Any other seat that was not kept.
	#[codec(index = 2)]
	MissedCommit,
}

/// What a silent seat means for the record of its executor, which pauses whoever is silent in three
/// of its last sixteen seats.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SilenceRecord {
	/// It counts.
	Counted,
	/// It does not: at least half of the seats of its round were silent, as where a burst of requests
	/// was too much for all.
	Overload,
}
