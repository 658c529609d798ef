//! Keystore of the off-chain workers: derives each key once.
//!
//! The node's keystore holds phrases, and derives the key from its phrase for each signature. Of a
//! phrase of words that is two thousand rounds of a hash: milliseconds, where the signature itself
//! takes microseconds. An executor signs several times for each of its answers.

use opg_primitives::{
	court::{court_key::CourtPair, COURT_KEY_TYPE},
	executor_key::ExecutorPair,
	EXECUTOR_KEY_TYPE,
};
use parking_lot::Mutex;
use sc_keystore::LocalKeystore;
use sp_application_crypto::{AppCrypto, AppPair};
use sp_core::{
	crypto::{KeyTypeId, Pair},
	ecdsa, ed25519, sr25519,
};
use sp_keystore::{Error, Keystore};
use std::{collections::HashMap, sync::Arc};

/// The node's keystore, with the pairs of hot keys and court keys that have signed.
pub struct KeptPairs {
	store: Arc<LocalKeystore>,
	pairs: Mutex<HashMap<(KeyTypeId, ed25519::Public), ed25519::Pair>>,
}

impl KeptPairs {
	/// Keeps what this keystore gives.
	pub fn new(store: Arc<LocalKeystore>) -> Self {
		Self { store, pairs: Mutex::default() }
	}

	/// The pair of a key.
	fn pair<P>(&self, public: &ed25519::Public) -> Result<Option<ed25519::Pair>, Error>
	where
		P: AppPair + Into<ed25519::Pair>,
		<P as AppCrypto>::Public: From<ed25519::Public>,
	{
		let key = (P::ID, *public);
		let mut pairs = self.pairs.lock();
		if let Some(pair) = pairs.get(&key) {
			return Ok(Some(*pair));
		}
		let pair = self.store.key_pair::<P>(&(*public).into())?.map(Into::into);
		pairs.extend(pair.map(|pair| (key, pair)));
		Ok(pair)
	}
}

/// Methods that leave everything to the keystore.
macro_rules! leave {
	($(fn $name:ident($($arg:ident: $type:ty),*) -> $result:ty;)*) => {
		$(fn $name(&self, $($arg: $type),*) -> $result {
			self.store.$name($($arg),*)
		})*
	};
}

impl Keystore for KeptPairs {
	// Each run of a worker begins with this. A key that was taken out signs no more from then on.
	fn ed25519_public_keys(&self, key_type: KeyTypeId) -> Vec<ed25519::Public> {
		let keys = self.store.ed25519_public_keys(key_type);
		self.pairs.lock().retain(|(other, key), _| *other != key_type || keys.contains(key));
		keys
	}

	fn ed25519_sign(
		&self,
		key_type: KeyTypeId,
		public: &ed25519::Public,
		msg: &[u8],
	) -> Result<Option<ed25519::Signature>, Error> {
		let pair = match key_type {
			EXECUTOR_KEY_TYPE => self.pair::<ExecutorPair>(public)?,
			COURT_KEY_TYPE => self.pair::<CourtPair>(public)?,
			_ => return self.store.ed25519_sign(key_type, public, msg),
		};
		Ok(pair.map(|pair| pair.sign(msg)))
	}

	leave! {
		fn ed25519_generate_new(
			key_type: KeyTypeId,
			seed: Option<&str>
		) -> Result<ed25519::Public, Error>;
		fn sr25519_public_keys(key_type: KeyTypeId) -> Vec<sr25519::Public>;
		fn sr25519_generate_new(
			key_type: KeyTypeId,
			seed: Option<&str>
		) -> Result<sr25519::Public, Error>;
		fn sr25519_sign(
			key_type: KeyTypeId,
			public: &sr25519::Public,
			msg: &[u8]
		) -> Result<Option<sr25519::Signature>, Error>;
		fn sr25519_vrf_sign(
			key_type: KeyTypeId,
			public: &sr25519::Public,
			data: &sr25519::vrf::VrfSignData
		) -> Result<Option<sr25519::vrf::VrfSignature>, Error>;
		fn sr25519_vrf_pre_output(
			key_type: KeyTypeId,
			public: &sr25519::Public,
			input: &sr25519::vrf::VrfInput
		) -> Result<Option<sr25519::vrf::VrfPreOutput>, Error>;
		fn ecdsa_public_keys(key_type: KeyTypeId) -> Vec<ecdsa::Public>;
		fn ecdsa_generate_new(
			key_type: KeyTypeId,
			seed: Option<&str>
		) -> Result<ecdsa::Public, Error>;
		fn ecdsa_sign(
			key_type: KeyTypeId,
			public: &ecdsa::Public,
			msg: &[u8]
		) -> Result<Option<ecdsa::Signature>, Error>;
		fn ecdsa_sign_prehashed(
			key_type: KeyTypeId,
			public: &ecdsa::Public,
			msg: &[u8; 32]
		) -> Result<Option<ecdsa::Signature>, Error>;
		fn insert(key_type: KeyTypeId, suri: &str, public: &[u8]) -> Result<(), ()>;
		fn keys(key_type: KeyTypeId) -> Result<Vec<Vec<u8>>, Error>;
		fn has_keys(public_keys: &[(Vec<u8>, KeyTypeId)]) -> bool;
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use opg_primitives::{ExecutorKey, ExecutorSignature};
	use sp_runtime::RuntimeAppPublic;
	use std::time::Instant;

	const PHRASE: &str =
		"bottom drive obey lake curtain smoke basket hold race lonely fit walk//Own";

	fn store(directory: &std::path::Path) -> (Arc<LocalKeystore>, ed25519::Public) {
		let store = LocalKeystore::open(directory, None).unwrap();
		let public = ed25519::Pair::from_string(PHRASE, None).unwrap().public();
		store.insert(EXECUTOR_KEY_TYPE, PHRASE, &public.0).unwrap();
		(Arc::new(store), public)
	}

	fn sign(keystore: &dyn Keystore, public: &ed25519::Public) -> Option<ed25519::Signature> {
		keystore.ed25519_sign(EXECUTOR_KEY_TYPE, public, b"message").unwrap()
	}

	#[test]
	fn signature_should_be_that_of_the_keystore_when_the_pair_is_kept() {
		let directory = tempfile::tempdir().unwrap();
		let (store, public) = store(directory.path());
		let kept = KeptPairs::new(store.clone());
		let expected = sign(&*store, &public);
		for _ in 0..2 {
			assert_eq!(sign(&kept, &public), expected);
		}
		let signature = ExecutorSignature::from(expected.unwrap());
		assert!(ExecutorKey::from(public).verify(b"message", &signature));
		// The same key for the court is another entry, and there is none.
		assert_eq!(kept.ed25519_sign(COURT_KEY_TYPE, &public, b"message").unwrap(), None);
	}

	#[test]
	fn key_should_sign_no_more_when_a_run_finds_that_it_was_taken_out() {
		let directory = tempfile::tempdir().unwrap();
		let (store, public) = store(directory.path());
		let kept = KeptPairs::new(store);
		assert!(sign(&kept, &public).is_some());
		for file in std::fs::read_dir(directory.path()).unwrap() {
			std::fs::remove_file(file.unwrap().path()).unwrap();
		}
		assert!(kept.ed25519_public_keys(EXECUTOR_KEY_TYPE).is_empty());
		assert_eq!(sign(&kept, &public), None);
		assert!(kept.pairs.lock().is_empty());
	}

	#[test]
	#[ignore = "prints times"]
	fn signatures_should_be_quick_when_the_pair_is_kept() {
		let directory = tempfile::tempdir().unwrap();
		let (store, public) = store(directory.path());
		let kept = KeptPairs::new(store.clone());
		for (name, keystore) in [("store", &*store as &dyn Keystore), ("kept", &kept)] {
			let began = Instant::now();
			for _ in 0..100 {
				sign(keystore, &public);
			}
			println!("{name}: {} us per signature", began.elapsed().as_micros() / 100);
		}
	}
}
