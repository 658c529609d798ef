//! Values that JSON has no type for: amounts, hashes, bytes, addresses, and names of models.

use opg_primitives::{
	address::{address, SS58_PREFIX},
	registry::{is_model_name, ModelName, Selector},
	AccountId, Balance, ModelId,
};
use schemars::{json_schema, JsonSchema, Schema, SchemaGenerator};
use serde::{de::Error as _, Deserialize, Deserializer, Serialize, Serializer};
use sp_core::{
	bytes,
	crypto::{AccountId32, Ss58AddressFormat, Ss58Codec},
	H256,
};
use std::borrow::Cow;

/// Gives a type the JSON schema of text that matches a pattern.
macro_rules! text_schema {
	($type:ident, $pattern:literal, $description:literal) => {
		impl JsonSchema for $type {
			fn schema_name() -> Cow<'static, str> {
				stringify!($type).into()
			}

			fn json_schema(_: &mut SchemaGenerator) -> Schema {
				json_schema!({
					"type": "string",
					"pattern": $pattern,
					"description": $description,
				})
			}
		}
	};
}

/// Amount in planck. One OPG is 10^18 planck, which is more than a number of JavaScript holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Planck(pub Balance);

text_schema!(
	Planck,
	"^[0-9]+$",
	"Amount in planck, in decimal. One OPG is 1000000000000000000 planck."
);

impl Serialize for Planck {
	fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
		serializer.collect_str(&self.0)
	}
}

/// Hash of 32 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Debug)]
#[serde(transparent)]
pub struct Hash(pub H256);

text_schema!(Hash, "^0x[0-9a-f]{64}$", "Hash of 32 bytes, in hexadecimal with 0x.");

impl From<H256> for Hash {
	fn from(hash: H256) -> Self {
		Self(hash)
	}
}

/// Bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hex(pub Vec<u8>);

text_schema!(Hex, "^0x([0-9a-fA-F]{2})*$", "Bytes, in hexadecimal with 0x.");

impl Serialize for Hex {
	fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
		bytes::serialize(&self.0, serializer)
	}
}

impl<'de> Deserialize<'de> for Hex {
	fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
		bytes::deserialize(deserializer).map(Self)
	}
}

/// Account of an address of this chain, or what is wrong with the address.
fn parse_address(text: &str) -> Result<AccountId, String> {
	let parsed = AccountId::from_ss58check_with_version(text);
	let (account, prefix) = parsed.map_err(|error| format!("not an address: {error}"))?;
	if prefix != Ss58AddressFormat::custom(SS58_PREFIX) {
		return Err(format!(
			"an address of another network: here, the account of this key has the address {}",
			address(&account)
		));
	}
	Ok(account)
}

/// Account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Address(pub AccountId);

text_schema!(Address, "^[1-9A-HJ-NP-Za-km-z]{46,50}$", "Account as an SS58 address of this chain.");

impl From<&AccountId32> for Address {
	fn from(account: &AccountId32) -> Self {
		Self(account.clone())
	}
}

impl From<AccountId32> for Address {
	fn from(account: AccountId32) -> Self {
		Self(account)
	}
}

impl Serialize for Address {
	fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
		serializer.serialize_str(&address(&self.0))
	}
}

impl<'de> Deserialize<'de> for Address {
	fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
		let text = Cow::<str>::deserialize(deserializer)?;
		parse_address(&text).map(Self).map_err(D::Error::custom)
	}
}

/// Version of a model, as people name it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ModelRef {
	/// By the number of the version.
	Number(ModelId),
	/// By owner, name and selector.
	Named(AccountId, ModelName, Selector),
}

impl ModelRef {
	/// Reads `7`, `owner/name`, `owner/name@1.4.0`, `owner/name@channel` or `owner/name@^1.2`.
	///
	/// # Errors
	///
	/// What is wrong with it, in words.
	pub fn parse(text: &str) -> Result<Self, InvalidModelRef> {
		let Some((owner, name)) = text.rsplit_once('/') else {
			return text.parse().map(Self::Number).map_err(|_| InvalidModelRef::Form);
		};
		let owner = parse_address(owner).map_err(InvalidModelRef::Owner)?;
		let (name, selector) = match name.split_once('@') {
			None => (name, Selector::Latest),
			Some((name, selector)) => {
				(name, Selector::parse(selector).ok_or(InvalidModelRef::Selector)?)
			},
		};
		let name = Some(name.as_bytes()).filter(|name| is_model_name(name));
		let name = name.and_then(|name| name.to_vec().try_into().ok());
		Ok(Self::Named(owner, name.ok_or(InvalidModelRef::Name)?, selector))
	}
}

/// Why a text names no model.
#[derive(Debug, thiserror::Error)]
pub enum InvalidModelRef {
	/// It is neither a number nor has it an owner.
	#[error(
		"a model is the number of a version, or owner/name, owner/name@1.4.0, owner/name@channel"
	)]
	Form,
	/// The owner is no account.
	#[error("what comes before the / is no owner: {0}")]
	Owner(String),
	/// The name is none.
	#[error(
		"a model is called by at most 64 lower-case letters, digits, `.`, `_` and `-`, and begins with a \
		 letter or digit"
	)]
	Name,
	/// What follows the `@` is no selector.
	#[error(
		"what follows the @ is a version such as 1.4.0, a channel, latest, or one such as ^1.2"
	)]
	Selector,
}

impl<'de> Deserialize<'de> for ModelRef {
	fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
		#[derive(Deserialize)]
		#[serde(untagged)]
		enum Given {
			Number(ModelId),
			Text(String),
		}
		match Given::deserialize(deserializer)? {
			Given::Number(number) => Ok(Self::Number(number)),
			Given::Text(text) => Self::parse(&text).map_err(D::Error::custom),
		}
	}
}

impl JsonSchema for ModelRef {
	fn schema_name() -> Cow<'static, str> {
		"ModelRef".into()
	}

	fn json_schema(_: &mut SchemaGenerator) -> Schema {
		json_schema!({
			"description": "Version of a model: its number, or owner/name, owner/name@1.4.0, \
				owner/name@channel, owner/name@^1.2.",
			"oneOf": [{ "type": "integer", "minimum": 0 }, { "type": "string" }],
		})
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use opg_primitives::registry::VersionNumber;

	fn owner() -> AccountId {
		AccountId::new([7; 32])
	}

	#[test]
	fn models_should_be_read_as_people_name_them() {
		let owner_text = address(&owner());
		let named = |text: &str| ModelRef::parse(&format!("{owner_text}/{text}")).expect("a model");
		let name: ModelName = b"digits".to_vec().try_into().expect("short");
		let expected = |selector| ModelRef::Named(owner(), name.clone(), selector);
		assert_eq!(ModelRef::parse("7").expect("a number"), ModelRef::Number(7));
		assert_eq!(named("digits"), expected(Selector::Latest));
		let number = VersionNumber::new(1, 4, 0);
		assert_eq!(named("digits@1.4.0"), expected(Selector::Exact(number)));
		assert_eq!(named("digits@^1.2"), expected(Selector::Requirement(b"^1.2".to_vec())));
		assert_eq!(serde_json::from_str::<ModelRef>("7").expect("a number"), ModelRef::Number(7));
	}

	#[test]
	fn models_should_be_refused_with_the_cause() {
		let owner = address(&owner());
		for (text, cause) in [
			("digits".into(), "the number of a version"),
			("Dave/digits".into(), "no owner"),
			(format!("{owner}/Digits"), "lower-case"),
			(format!("{owner}/digits@"), "such as 1.4.0"),
		] {
			let error = ModelRef::parse(&text).expect_err("it is none").to_string();
			assert!(error.contains(cause), "{text}: {error}");
		}
	}

	#[test]
	fn values_should_be_written_as_the_document_says() {
		let json = |value: serde_json::Result<String>| value.expect("JSON");
		assert_eq!(json(serde_json::to_string(&Planck(u128::MAX))), format!("\"{}\"", u128::MAX));
		assert_eq!(json(serde_json::to_string(&Hex(vec![]))), "\"0x\"");
		let address = json(serde_json::to_string(&Address(owner())));
		assert_eq!(serde_json::from_str::<Address>(&address).expect("an address").0, owner());
		let foreign = "\"5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY\"";
		let error = serde_json::from_str::<Address>(foreign).expect_err("of another network");
		assert!(error.to_string().contains("another network"), "{error}");
	}
}
