//! The key of BEEFY, which is kept for later: with it validators would sign what other chains can check.

/// The BEEFY key. Its type (`beef`) and its scheme are those of the SDK, so that `pallet-beefy` takes
/// the keys that validators have.
pub mod beefy_key {
	mod app {
		use sp_application_crypto::{app_crypto, ecdsa};
		app_crypto!(ecdsa, crate::beefy::BEEFY_KEY_TYPE);
	}
	/// Public BEEFY key.
	pub type BeefyKey = app::Public;
	/// Signature by a BEEFY key.
	pub type BeefySignature = app::Signature;
	#[cfg(feature = "std")]
	/// Key pair of a BEEFY key.
	pub type BeefyPair = app::Pair;
}
pub use beefy_key::{BeefyKey, BeefySignature};

use crate::AccountId;
use sp_core::{crypto::KeyTypeId, ecdsa};

/// Key type of the BEEFY key.
pub const BEEFY_KEY_TYPE: KeyTypeId = sp_core::crypto::key_types::BEEFY;

/// Key of a validator that has none: its account after a byte with which no public key begins. Nobody
/// can sign for it, and no two validators have the same.
pub fn no_key(validator: &AccountId) -> BeefyKey {
	let mut bytes = [0; ecdsa::PUBLIC_KEY_SERIALIZED_SIZE];
	bytes[1..].copy_from_slice(validator.as_ref());
	ecdsa::Public::from_raw(bytes).into()
}

#[cfg(test)]
mod tests {
	use super::*;
	use codec::Encode;
	use sp_core::{Pair, H256};

	#[test]
	fn no_key_should_verify_nothing_and_differ_between_validators() {
		assert_eq!(BEEFY_KEY_TYPE.0, *b"beef");
		let [one, two] = [1, 2].map(|byte| no_key(&AccountId::new([byte; 32])));
		assert_ne!(one, two);
		assert_eq!(one.encode(), [&[0][..], &[1; 32]].concat());
		let pair = ecdsa::Pair::from_seed(&[1; 32]);
		let message = H256::repeat_byte(3);
		let signature = pair.sign(message.as_ref());
		assert!(!ecdsa::Pair::verify(&signature, message, &one.into()));
		// Every real key begins with one of these.
		assert!([2, 3].contains(&pair.public().encode()[0]));
	}
}
