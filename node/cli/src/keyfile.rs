//! Encrypted key files, as polkadot.js and its wallets write and read them: version 3, sr25519.
//!
//! The key is encrypted by XSalsa20-Poly1305 under the scrypt of a password. What is encrypted is
//! `PKCS8_HEADER ‖ secret ‖ PKCS8_DIVIDER ‖ public`; before it lie the salt, the parameters of scrypt as
//! three little-endian `u32` (`N`, `p`, `r`), and the nonce.

use base64::{engine::general_purpose::STANDARD, Engine};
use crypto_secretbox::{
	aead::{rand_core::RngCore, Aead, OsRng},
	Key, KeyInit, Nonce, XSalsa20Poly1305,
};
use schnorrkel::SecretKey;
use serde::{Deserialize, Serialize};
use sp_core::{crypto::Ss58Codec, sr25519, Pair};
use std::time::{SystemTime, UNIX_EPOCH};
use zeroize::Zeroizing;

const PKCS8_HEADER: [u8; 16] = [48, 83, 2, 1, 1, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32];
const PKCS8_DIVIDER: [u8; 5] = [161, 35, 3, 33, 0];
const CONTENT: [&str; 2] = ["pkcs8", "sr25519"];
const ENCRYPTION: [&str; 2] = ["scrypt", "xsalsa20-poly1305"];
const VERSION: &str = "3";
/// The curve's secret scalar and a seed of nonces, in the form of Ed25519.
const SECRET_BYTES: usize = 64;
const SALT_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;
/// Parameters of scrypt that polkadot.js reads: the logarithm of `N`, and `p`. `r` is 8 in all of them. The
/// last is the one that it writes, and takes the most memory: 128 MiB.
const SCRYPT_PARAMS: [(u8, u32); 6] = [(13, 10), (14, 5), (15, 3), (15, 1), (16, 2), (17, 1)];
const SCRYPT_R: u32 = 8;

/// Cause for which a key file does not open.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyFileError {
	#[error("not a key file of polkadot.js: {0}")]
	Json(#[from] serde_json::Error),
	#[error("the key is of the kind {0:?}; this chain's client signs with sr25519")]
	Kind(Vec<String>),
	#[error(
		"the file is not encrypted, or in another way ({0:?}): export it anew, with a password"
	)]
	Encryption(Vec<String>),
	#[error(
		"the file has version {0}, and {VERSION} is known: export it anew with a wallet of today"
	)]
	Version(String),
	#[error("the file is damaged: {0}")]
	Damaged(&'static str),
	#[error("the parameters of scrypt are not among those that polkadot.js writes")]
	Scrypt,
	#[error("the password is wrong, or the file is damaged")]
	Password,
	#[error("the file says that it is of {0}, and its key is of another account")]
	Address(String),
}

/// An encrypted key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct KeyFile {
	encoded: String,
	encoding: Encoding,
	/// Address of the account. Nothing but the password proves it.
	pub address: String,
	#[serde(default)]
	meta: Meta,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Encoding {
	content: Vec<String>,
	#[serde(rename = "type")]
	encryption: Vec<String>,
	version: String,
}

/// What wallets note. They know more fields, which mean nothing here.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Meta {
	#[serde(default)]
	name: Option<String>,
	/// Milliseconds since 1970.
	#[serde(default)]
	when_created: Option<u64>,
}

impl KeyFile {
	/// Encrypts a key. `name` is what wallets show.
	pub fn encrypt(pair: &sr25519::Pair, name: &str, password: &str) -> Result<Self, KeyFileError> {
		let (log_n, p) = SCRYPT_PARAMS[SCRYPT_PARAMS.len() - 1];
		let mut random = [0; SALT_BYTES + NONCE_BYTES];
		OsRng.fill_bytes(&mut random);
		let (salt, nonce) = random.split_at(SALT_BYTES);
		let cipher = cipher(password, salt, log_n, p)?;
		let encrypted = cipher.encrypt(Nonce::from_slice(nonce), plain(pair)?.as_slice());
		let encrypted = encrypted.map_err(|_| KeyFileError::Damaged("it cannot be encrypted"))?;
		let params = [1 << log_n, p, SCRYPT_R].map(u32::to_le_bytes).concat();
		let since = SystemTime::now().duration_since(UNIX_EPOCH).ok();
		let when_created = since.and_then(|since| since.as_millis().try_into().ok());
		Ok(Self {
			encoded: STANDARD.encode([salt, &params, nonce, &encrypted].concat()),
			encoding: Encoding {
				content: CONTENT.map(Into::into).into(),
				encryption: ENCRYPTION.map(Into::into).into(),
				version: VERSION.into(),
			},
			address: pair.public().to_ss58check(),
			meta: Meta { name: Some(name.into()), when_created },
		})
	}

	/// Reads a file, and checks that this program can open it with the right password.
	pub fn parse(json: &[u8]) -> Result<Self, KeyFileError> {
		let file: Self = serde_json::from_slice(json)?;
		let Encoding { content, encryption, version } = &file.encoding;
		if version != VERSION {
			return Err(KeyFileError::Version(version.clone()));
		}
		if *content != CONTENT {
			return Err(KeyFileError::Kind(content.clone()));
		}
		if *encryption != ENCRYPTION {
			return Err(KeyFileError::Encryption(encryption.clone()));
		}
		Ok(file)
	}

	/// The file, as it is written.
	pub fn to_json(&self) -> Result<Vec<u8>, KeyFileError> {
		Ok(serde_json::to_vec(self)?)
	}

	/// Name that wallets show.
	pub fn name(&self) -> Option<&str> {
		self.meta.name.as_deref()
	}

	/// Public key of the account that the file names.
	pub fn public(&self) -> Result<sr25519::Public, KeyFileError> {
		if let Some(hex) = self.address.strip_prefix("0x") {
			let bytes = hex::decode(hex).ok().and_then(|bytes| bytes.try_into().ok());
			return bytes
				.map(sr25519::Public::from_raw)
				.ok_or(KeyFileError::Damaged("its address is of another form"));
		}
		let public = sr25519::Public::from_ss58check_with_version(&self.address);
		public
			.map(|(public, _)| public)
			.map_err(|_| KeyFileError::Damaged("its address is of another form"))
	}

	/// Opens the file.
	pub fn decrypt(&self, password: &str) -> Result<sr25519::Pair, KeyFileError> {
		let cut = || KeyFileError::Damaged("it is too short");
		let bytes = STANDARD.decode(self.encoded.trim());
		let bytes = bytes.map_err(|_| KeyFileError::Damaged("it is not in base64"))?;
		let (salt, rest) = bytes.split_at_checked(SALT_BYTES).ok_or_else(cut)?;
		let (params, rest) = rest.split_first_chunk::<12>().ok_or_else(cut)?;
		let (nonce, encrypted) = rest.split_at_checked(NONCE_BYTES).ok_or_else(cut)?;
		let (log_n, p) = scrypt_params(params).ok_or(KeyFileError::Scrypt)?;
		let plain = cipher(password, salt, log_n, p)?.decrypt(Nonce::from_slice(nonce), encrypted);
		let plain = Zeroizing::new(plain.map_err(|_| KeyFileError::Password)?);
		let pair = pair(&plain).ok_or(KeyFileError::Damaged("its content is of another form"))?;
		if self.public()? != pair.public() {
			return Err(KeyFileError::Address(self.address.clone()));
		}
		Ok(pair)
	}
}

/// What is encrypted.
fn plain(pair: &sr25519::Pair) -> Result<Zeroizing<Vec<u8>>, KeyFileError> {
	let raw = Zeroizing::new(pair.to_raw_vec());
	let secret = SecretKey::from_bytes(&raw);
	let secret = secret.map_err(|_| KeyFileError::Damaged("the key is of another form"))?;
	let secret = Zeroizing::new(secret.to_ed25519_bytes());
	let public = pair.public();
	Ok(Zeroizing::new([&PKCS8_HEADER[..], &*secret, &PKCS8_DIVIDER, &public.0].concat()))
}

/// The key in what was encrypted, if it is whole.
fn pair(plain: &[u8]) -> Option<sr25519::Pair> {
	let rest = plain.strip_prefix(&PKCS8_HEADER)?;
	let (secret, rest) = rest.split_first_chunk::<SECRET_BYTES>()?;
	let public = rest.strip_prefix(&PKCS8_DIVIDER)?;
	let secret = SecretKey::from_ed25519_bytes(secret).ok()?;
	let pair = sr25519::Pair::from_seed_slice(&*Zeroizing::new(secret.to_bytes())).ok()?;
	(pair.public().0 == public).then_some(pair)
}

/// The parameters that a file names, as the logarithm of `N`, and `p`, if polkadot.js would read them.
fn scrypt_params(bytes: &[u8; 12]) -> Option<(u8, u32)> {
	let mut numbers = bytes.as_chunks::<4>().0.iter().map(|bytes| u32::from_le_bytes(*bytes));
	let (n, p, r) = (numbers.next()?, numbers.next()?, numbers.next()?);
	let known = SCRYPT_PARAMS.into_iter().find(|(log_n, known)| (1u32 << *log_n, *known) == (n, p));
	known.filter(|_| r == SCRYPT_R)
}

fn cipher(
	password: &str,
	salt: &[u8],
	log_n: u8,
	p: u32,
) -> Result<XSalsa20Poly1305, KeyFileError> {
	let mut key = Zeroizing::new([0; 32]);
	let params = scrypt::Params::new(log_n, SCRYPT_R, p, key.len());
	let params = params.map_err(|_| KeyFileError::Scrypt)?;
	scrypt::scrypt(password.as_bytes(), salt, &params, &mut *key)
		.map_err(|_| KeyFileError::Scrypt)?;
	Ok(XSalsa20Poly1305::new(Key::from_slice(&*key)))
}

#[cfg(test)]
mod tests {
	use super::*;

	/// Written by `@polkadot/keyring` 14, of `//Alice//fixture`: `scripts/polkadot-js/keys.test.mjs` tells how.
	const FIXTURE: &[u8] = include_bytes!("../vectors/key-polkadot-js.json");
	const PASSWORD: &str = "correct horse, battery staple: ü";

	fn parsed() -> KeyFile {
		KeyFile::parse(FIXTURE).unwrap()
	}

	#[test]
	fn file_of_polkadot_js_should_open_with_its_password_alone() {
		let expected = sr25519::Pair::from_string("//Alice//fixture", None).unwrap();
		let pair = parsed().decrypt(PASSWORD).unwrap();
		assert_eq!(pair.public(), expected.public());
		let signature = pair.sign(b"message");
		assert!(sr25519::Pair::verify(&signature, b"message", &expected.public()));
		assert_eq!(parsed().name(), Some("fixture"));
		for password in ["", "correct horse", &PASSWORD[1..]] {
			let error = parsed().decrypt(password).err().unwrap();
			assert!(matches!(error, KeyFileError::Password), "{password}: {error}");
		}
	}

	#[test]
	fn file_should_come_back_as_it_was_written() {
		for suri in ["//Alice", "//Bob/soft/2"] {
			let pair = sr25519::Pair::from_string(suri, None).unwrap();
			let written = KeyFile::encrypt(&pair, "mine", "secret").unwrap().to_json().unwrap();
			let read = KeyFile::parse(&written).unwrap();
			assert_eq!(read.public().unwrap(), pair.public());
			assert_eq!(read.decrypt("secret").unwrap().public(), pair.public());
			assert_eq!(read.name(), Some("mine"));
		}
	}

	#[test]
	fn file_should_be_refused_when_it_is_damaged() {
		let bytes = STANDARD.decode(parsed().encoded).unwrap();
		let with = |bytes: &[u8]| KeyFile { encoded: STANDARD.encode(bytes), ..parsed() };
		for length in [0, 31, 43, 67] {
			let error = with(&bytes[..length]).decrypt(PASSWORD).err().unwrap();
			assert!(matches!(error, KeyFileError::Damaged(_)), "{length}: {error}");
		}
		// Salt, nonce, tag, content.
		for index in [0, 44, 68, bytes.len() - 1] {
			let mut damaged = bytes.clone();
			damaged[index] ^= 1;
			let error = with(&damaged).decrypt(PASSWORD).err().unwrap();
			assert!(matches!(error, KeyFileError::Password), "{index}: {error}");
		}
		let other = KeyFile {
			address: sr25519::Pair::from_string("//Bob", None).unwrap().public().to_ss58check(),
			..parsed()
		};
		assert!(matches!(other.decrypt(PASSWORD).err().unwrap(), KeyFileError::Address(_)));
	}

	#[test]
	fn parameters_of_scrypt_should_be_bounded() {
		let bytes = STANDARD.decode(parsed().encoded).unwrap();
		for params in [[1 << 31, 1, 8], [1 << 17, 1 << 30, 8], [1 << 17, 1, 1 << 30], [0, 0, 0]] {
			let mut other = bytes.clone();
			other[32..44].copy_from_slice(&params.map(u32::to_le_bytes).concat());
			let file = KeyFile { encoded: STANDARD.encode(&other), ..parsed() };
			let error = file.decrypt(PASSWORD).err().unwrap();
			assert!(matches!(error, KeyFileError::Scrypt), "{params:?}: {error}");
		}
	}

	#[test]
	fn file_should_be_refused_with_the_cause_when_it_is_of_another_kind() {
		let text = String::from_utf8(FIXTURE.to_vec()).unwrap();
		for (old, new, cause) in [
			("sr25519", "ed25519", "signs with sr25519"),
			("\"3\"", "\"2\"", "version 2"),
			("\"scrypt\",\"xsalsa20-poly1305\"", "\"none\"", "not encrypted"),
			("\"encoding\"", "\"other\"", "not a key file"),
		] {
			assert!(text.contains(old), "{old}");
			let error = KeyFile::parse(text.replace(old, new).as_bytes()).unwrap_err();
			assert!(error.to_string().contains(cause), "{error}");
		}
	}
}
