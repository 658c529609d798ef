//! Ways to give other nodes files that are not what they ask for, for tests of the protocol. Never
//! part of a release.

use codec::Encode;
use opg_blobs::exchange::Reply;

/// Way in which a node forges files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Provider {
	/// A bit of each range is another.
	Corrupt,
	/// The second half of each range is missing.
	Truncate,
}

/// What becomes of the replies of a node.
pub fn by(provider: Option<Provider>) -> fn(Vec<u8>) -> Vec<u8> {
	match provider {
		None => std::convert::identity,
		Some(Provider::Corrupt) => |message| {
			spoil(message, |range| {
				let middle = range.len() / 2;
				range[middle..].iter_mut().take(1).for_each(|byte| *byte ^= 1);
			})
		},
		Some(Provider::Truncate) => {
			|message| spoil(message, |range| range.truncate(range.len() / 2))
		},
	}
}

/// Changes the range in a reply, if there is one.
fn spoil(message: Vec<u8>, change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
	match Reply::parse(&message) {
		Some(Reply::Range(mut range)) => {
			change(&mut range);
			Reply::Range(range).encode()
		},
		_ => message,
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn range_should_be_another_when_the_provider_forges_it() {
		let range = Reply::Range(vec![1, 2, 3, 4]).encode();
		let forged = |provider| Reply::parse(&by(provider)(range.clone()));
		assert_eq!(forged(None), Some(Reply::Range(vec![1, 2, 3, 4])));
		assert_eq!(forged(Some(Provider::Corrupt)), Some(Reply::Range(vec![1, 2, 2, 4])));
		assert_eq!(forged(Some(Provider::Truncate)), Some(Reply::Range(vec![1, 2])));
	}

	#[test]
	fn other_replies_should_pass_when_the_provider_forges_ranges() {
		let held = Reply::Held { size: 7 }.encode();
		assert_eq!(by(Some(Provider::Corrupt))(held.clone()), held);
	}
}
