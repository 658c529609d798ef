//! Accounts and keys from the command line.

use anyhow::{anyhow, Result};
use opg_primitives::{executor_key::ExecutorPair, AccountId};
use sp_core::{crypto::Ss58Codec, sr25519, Pair};

/// The development accounts, so that output names them.
const KNOWN: [&str; 9] =
	["//Alice", "//Bob", "//Charlie", "//Dave", "//Eve", "//Ferdie", "//One", "//Two", "//Three"];

/// The pair of a secret: a phrase, a hex seed, or a development path such as `//Alice`.
pub fn pair(suri: &str) -> Result<sr25519::Pair> {
	sr25519::Pair::from_string(suri, None)
		.map_err(|e| anyhow!("--suri is not a phrase, a seed or a path like //Alice: {e:?}"))
}

/// The executor hot key of a secret.
pub fn hot_key(suri: &str) -> Result<ExecutorPair> {
	ExecutorPair::from_string(suri, None)
		.map_err(|e| anyhow!("--hot-key is not a phrase, a seed or a path like //Alice: {e:?}"))
}

/// The account of a pair.
pub fn account(pair: &sr25519::Pair) -> AccountId {
	AccountId::from(pair.public().0)
}

/// An account as an address, or as a development path such as `//Alice`.
pub fn parse_account(text: &str) -> Result<AccountId> {
	if text.starts_with("//") {
		return Ok(account(&pair(text)?));
	}
	AccountId::from_ss58check(text)
		.map_err(|e| anyhow!("`{text}` is neither an address nor a path like //Alice: {e:?}"))
}

/// The name of a development account, the address of any other.
pub fn name(who: &AccountId) -> String {
	KNOWN
		.iter()
		.find(|suri| pair(suri).is_ok_and(|pair| account(&pair) == *who))
		.map_or_else(|| who.to_ss58check(), |suri| suri.trim_start_matches('/').to_string())
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn name_should_be_short_for_development_accounts_only() {
		assert_eq!(name(&parse_account("//Ferdie").unwrap()), "Ferdie");
		let other = AccountId::from([7; 32]);
		assert_eq!(parse_account(&name(&other)).unwrap(), other);
	}
}
