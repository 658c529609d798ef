//! Accounts and keys from the command line.

use anyhow::{anyhow, ensure, Result};
use clap::Args;
use opg_primitives::{
	address::{address, SS58_PREFIX},
	executor_key::ExecutorPair,
	AccountId,
};
use sp_core::{crypto::Ss58Codec, sr25519, Pair};
use std::{fmt, str::FromStr};

/// Development accounts that the output names.
const KNOWN: [&str; 9] =
	["//Alice", "//Bob", "//Charlie", "//Dave", "//Eve", "//Ferdie", "//One", "//Two", "//Three"];

/// A secret: a phrase, a hex seed, or a development path such as `//Alice`.
///
/// Every text is taken as one at first, because clap prints the values that it refuses.
#[derive(Clone)]
pub(crate) struct Secret(String);

impl FromStr for Secret {
	type Err = std::convert::Infallible;

	fn from_str(text: &str) -> Result<Self, Self::Err> {
		Ok(Self(text.into()))
	}
}

impl fmt::Debug for Secret {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str("Secret")
	}
}

impl Secret {
	/// The executor hot key of the secret.
	pub fn hot_key(&self) -> Result<ExecutorPair> {
		ExecutorPair::from_string(&self.0, None).map_err(|_| {
			anyhow!("--hot-key is neither a phrase nor a seed nor a path such as //Alice")
		})
	}
}

/// The account that signs a transaction.
#[derive(Args)]
pub(crate) struct Signer {
	/// Secret of the account that signs: a phrase, a seed, or a path such as //Alice.
	#[arg(long, value_name = "SECRET")]
	suri: Secret,
}

impl Signer {
	/// The key pair.
	pub fn pair(&self) -> Result<sr25519::Pair> {
		pair(&self.suri.0).map_err(|_| {
			anyhow!("--suri is neither a phrase nor a seed nor a path such as //Alice")
		})
	}
}

/// The pair of a secret.
pub(crate) fn pair(secret: &str) -> Result<sr25519::Pair> {
	sr25519::Pair::from_string(secret, None)
		.map_err(|_| anyhow!("neither a phrase nor a seed nor a path such as //Alice"))
}

/// The account of a pair.
pub(crate) fn account(pair: &sr25519::Pair) -> AccountId {
	AccountId::from(pair.public().0)
}

/// Reads an account: an address, or a development path such as `//Alice`.
pub(crate) fn parse_account(text: &str) -> Result<AccountId> {
	if text.starts_with("//") {
		return Ok(account(&pair(text)?));
	}
	let (account, format) = AccountId::from_ss58check_with_version(text)
		.map_err(|_| anyhow!("neither an address nor a path such as //Alice"))?;
	ensure!(
		format.prefix() == SS58_PREFIX,
		"an address of another network, with the prefix {}: the account of this key is {} here",
		format.prefix(),
		address(&account)
	);
	Ok(account)
}

/// The name of a development account, the address of any other.
pub(crate) fn name(who: &AccountId) -> String {
	KNOWN
		.iter()
		.find(|path| pair(path).is_ok_and(|pair| account(&pair) == *who))
		.map_or_else(|| address(who), |path| path.trim_start_matches('/').to_string())
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn name_should_be_short_when_an_account_is_for_development() {
		assert_eq!(name(&parse_account("//Ferdie").unwrap()), "Ferdie");
		let other = AccountId::from([7; 32]);
		assert_eq!(parse_account(&name(&other)).unwrap(), other);
	}

	#[test]
	fn account_should_be_refused_when_it_is_neither_an_address_nor_a_path() {
		for text in
			["", "Alice", "/Alice", "0x00", "opJ34wkzbEsRaYwsvsQbkN7HwxeYDRsFdUNYs59Eu1nviSTLf"]
		{
			assert!(parse_account(text).is_err(), "{text}");
		}
	}

	#[test]
	fn address_should_be_refused_with_ours_when_it_is_of_another_network() {
		let theirs = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
		let error = parse_account(theirs).unwrap_err().to_string();
		let ours = address(&parse_account("//Alice").unwrap());
		assert!(error.contains("prefix 42") && error.contains(&ours), "{error}");
	}

	#[test]
	fn secret_should_stay_out_of_errors_when_it_is_refused() {
		let words = "bottom drive obey lake curtain smoke basket hold race lonely fit secretly";
		let signer = Signer { suri: words.parse().unwrap() };
		let error = format!("{:#}", signer.pair().err().unwrap());
		assert!(error.contains("--suri"), "{error}");
		assert!(words.split(' ').all(|word| !error.contains(word)), "{error}");
		let error = format!("{:#}", signer.suri.hot_key().err().unwrap());
		assert!(words.split(' ').all(|word| !error.contains(word)), "{error}");
		assert_eq!(format!("{:?}", signer.suri), "Secret");
	}
}
