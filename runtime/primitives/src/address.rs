//! Addresses and token of the chain, as wallets show them.

use crate::AccountId;
use alloc::string::String;
use sp_core::crypto::{set_default_ss58_version, Ss58AddressFormat, Ss58Codec};

/// Prefix of account addresses in SS58. Every address begins with `op`. No other network has it in
/// the registry of prefixes (`ss58-registry` 1.51).
pub const SS58_PREFIX: u16 = 3_241;
/// Symbol of the token.
pub const TOKEN_SYMBOL: &str = "OPG";
/// Decimals of the token: one OPG is 10^18 planck.
pub const TOKEN_DECIMALS: u8 = 18;

/// Address of an account on this chain.
pub fn address(account: &AccountId) -> String {
	account.to_ss58check_with_version(Ss58AddressFormat::custom(SS58_PREFIX))
}

/// Lets `sp_core` write addresses with the prefix of this chain, and read them besides those of
/// registered networks. By default it writes those of no network, and refuses ours.
pub fn set_default_prefix() {
	set_default_ss58_version(Ss58AddressFormat::custom(SS58_PREFIX));
}

#[cfg(test)]
mod tests {
	use super::*;

	/// Alice's, of the development chains.
	const KEY: [u8; 32] = [
		0xd4, 0x35, 0x93, 0xc7, 0x15, 0xfd, 0xd3, 0x1c, 0x61, 0x14, 0x1a, 0xbd, 0x04, 0xa9, 0x9f,
		0xd6, 0x82, 0x2c, 0x85, 0x58, 0x85, 0x4c, 0xcd, 0xe3, 0x9a, 0x56, 0x84, 0xe7, 0xa5, 0x6d,
		0xa2, 0x7d,
	];
	const ADDRESS: &str = "opJ34wkzbEsRaYwsvsQbkN7HwxeYDRsFdUNYs59Eu1nviSTLe";

	#[test]
	fn address_should_begin_with_op_whatever_the_account_is() {
		assert_eq!(address(&KEY.into()), ADDRESS);
		for bytes in [[0; 32], [255; 32]] {
			let text = address(&bytes.into());
			assert!(text.starts_with("op"), "{text}");
		}
	}

	#[test]
	fn prefix_should_be_of_no_other_network() {
		let format = Ss58AddressFormat::custom(SS58_PREFIX);
		assert!(format.is_custom() && !format.is_reserved());
	}

	#[test]
	fn sp_core_should_write_and_read_our_addresses_when_the_prefix_is_set() {
		set_default_prefix();
		let account = AccountId::from(KEY);
		assert_eq!(account.to_string(), ADDRESS);
		assert_eq!(AccountId::from_ss58check(ADDRESS), Ok(account));
	}
}
