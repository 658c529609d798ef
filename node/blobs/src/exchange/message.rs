//! Messages of the protocol, version 1. The version is part of the protocol's name.

use crate::store::{Hash, MAX_RANGE_BYTES};
use codec::{Decode, DecodeAll, Encode};
use std::ops::Range;

/// Bytes of the longest request. What is longer is none.
pub const MAX_REQUEST_BYTES: u64 = 49;

/// Bytes of the longest reply: those of a range, their proof, and what frames them.
pub const MAX_REPLY_BYTES: u64 = MAX_RANGE_BYTES + 16 * 1024;

/// What a peer asks.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Request {
	/// Is this blob here?
	#[codec(index = 0)]
	Have {
		/// Name of the blob.
		hash: Hash,
	},
	/// Bytes of a blob, with their proof. The range begins at a multiple of
	/// [`GROUP_BYTES`](crate::store::GROUP_BYTES), ends at one or at the end of the blob, and has at
	/// most [`MAX_RANGE_BYTES`].
	#[codec(index = 1)]
	Range {
		/// Name of the blob.
		hash: Hash,
		/// First byte.
		start: u64,
		/// Byte after the last.
		end: u64,
	},
}

/// What it is told.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Reply {
	/// The blob is not here, or no longer.
	#[codec(index = 0)]
	NotHeld,
	/// The whole blob is here.
	#[codec(index = 1)]
	Held {
		/// Bytes of it.
		size: u64,
	},
	/// The range, as [`Blob::encode`](crate::store::Blob::encode) gives it.
	#[codec(index = 2)]
	Range(Vec<u8>),
	/// A limit is reached: ask again later.
	#[codec(index = 3)]
	Busy {
		/// Time until it is worth while, in milliseconds.
		retry_ms: u32,
	},
}

impl Request {
	/// A request for a range.
	pub fn range(hash: Hash, range: &Range<u64>) -> Request {
		Request::Range { hash, start: range.start, end: range.end }
	}

	/// The request in a message, which must be nothing else.
	pub fn parse(message: &[u8]) -> Option<Request> {
		if message.len() as u64 > MAX_REQUEST_BYTES {
			return None;
		}
		Request::decode_all(&mut &message[..]).ok()
	}
}

impl Reply {
	/// The reply in a message, which must be nothing else.
	pub fn parse(message: &[u8]) -> Option<Reply> {
		if message.len() as u64 > MAX_REPLY_BYTES {
			return None;
		}
		Reply::decode_all(&mut &message[..]).ok()
	}
}
