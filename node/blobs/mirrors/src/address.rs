//! Addresses that a mirror may have: those of the public internet, by the registries of IANA
//! (iana-ipv4-special-registry, iana-ipv6-special-registry).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Blocks of IPv4 that are not public. Private ones, which an operator may allow, have their own list.
const RESERVED_V4: [(Ipv4Addr, u32); 11] = [
	(Ipv4Addr::new(0, 0, 0, 0), 8),
	(Ipv4Addr::new(169, 254, 0, 0), 16),
	(Ipv4Addr::new(192, 0, 0, 0), 24),
	(Ipv4Addr::new(192, 0, 2, 0), 24),
	(Ipv4Addr::new(192, 31, 196, 0), 24),
	(Ipv4Addr::new(192, 52, 193, 0), 24),
	(Ipv4Addr::new(192, 88, 99, 0), 24),
	(Ipv4Addr::new(198, 18, 0, 0), 15),
	(Ipv4Addr::new(198, 51, 100, 0), 24),
	(Ipv4Addr::new(203, 0, 113, 0), 24),
	// Multicast, and all beyond it.
	(Ipv4Addr::new(224, 0, 0, 0), 3),
];

/// Private networks, those behind the NAT of a provider, and this machine.
const PRIVATE_V4: [(Ipv4Addr, u32); 5] = [
	(Ipv4Addr::new(10, 0, 0, 0), 8),
	(Ipv4Addr::new(100, 64, 0, 0), 10),
	(Ipv4Addr::new(127, 0, 0, 0), 8),
	(Ipv4Addr::new(172, 16, 0, 0), 12),
	(Ipv4Addr::new(192, 168, 0, 0), 16),
];

/// All that is public of IPv6, but for [`RESERVED_V6`].
const GLOBAL_V6: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// Blocks of the global ones that are not public, or that hold an address of IPv4.
const RESERVED_V6: [(Ipv6Addr, u32); 5] = [
	// Protocols, as Teredo.
	(Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
	(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
	// 6to4.
	(Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
	(Ipv6Addr::new(0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0), 48),
	(Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

const PRIVATE_V6: [(Ipv6Addr, u32); 2] =
	[(Ipv6Addr::LOCALHOST, 128), (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7)];

/// Which addresses a connection may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Addresses {
	/// Those of the public internet.
	Public,
	/// These, private networks, and this machine. Never link-local ones, where clouds have the secrets
	/// of a machine.
	PublicAndPrivate,
}

impl Addresses {
	/// Says whether an address is among them. One of IPv4 in one of IPv6 is looked at as such.
	pub fn contain(self, address: IpAddr) -> bool {
		let (is_private, is_public) = match address.to_canonical() {
			IpAddr::V4(address) => {
				let is_private = within_v4(address, &PRIVATE_V4);
				(is_private, !is_private && !within_v4(address, &RESERVED_V4))
			},
			IpAddr::V6(address) => {
				let is_global = within_v6(address, &[GLOBAL_V6]);
				let is_public = is_global && !within_v6(address, &RESERVED_V6);
				(within_v6(address, &PRIVATE_V6), is_public)
			},
		};
		is_public || (is_private && self == Addresses::PublicAndPrivate)
	}
}

fn within_v4(address: Ipv4Addr, blocks: &[(Ipv4Addr, u32)]) -> bool {
	let same = |(block, bits): &(Ipv4Addr, u32)| {
		(address.to_bits() ^ block.to_bits()).leading_zeros() >= *bits
	};
	blocks.iter().any(same)
}

fn within_v6(address: Ipv6Addr, blocks: &[(Ipv6Addr, u32)]) -> bool {
	let same = |(block, bits): &(Ipv6Addr, u32)| {
		(address.to_bits() ^ block.to_bits()).leading_zeros() >= *bits
	};
	blocks.iter().any(same)
}

#[cfg(test)]
mod tests {
	use super::*;

	fn contain(addresses: Addresses, address: &str) -> bool {
		addresses.contain(address.parse().expect("an address"))
	}

	const PUBLIC: [&str; 10] = [
		"1.1.1.1",
		"9.255.255.255",
		"11.0.0.0",
		"100.63.255.255",
		"100.128.0.0",
		"172.32.0.1",
		"223.255.255.255",
		"2606:4700::1111",
		"2a00:1450:4001::1",
		"::ffff:1.1.1.1",
	];

	const PRIVATE: [&str; 14] = [
		"10.0.0.1",
		"10.255.255.255",
		"100.64.0.1",
		"100.127.255.255",
		"127.0.0.1",
		"127.255.0.1",
		"172.16.0.1",
		"172.31.255.255",
		"192.168.1.1",
		"::1",
		"fc00::1",
		"fd12:3456::1",
		"::ffff:10.0.0.1",
		"::ffff:127.0.0.1",
	];

	const NEVER: [&str; 29] = [
		"0.0.0.0",
		"0.1.2.3",
		"169.254.169.254",
		"192.0.0.8",
		"192.0.2.1",
		"192.88.99.1",
		"198.18.0.1",
		"198.19.255.255",
		"198.51.100.7",
		"203.0.113.7",
		"224.0.0.1",
		"239.255.255.250",
		"240.0.0.1",
		"255.255.255.255",
		"::",
		"::ffff:169.254.169.254",
		"::ffff:0.0.0.0",
		"::127.0.0.1",
		"64:ff9b::7f00:1",
		"64:ff9b:1::1",
		"100::1",
		"2001::1",
		"2001:db8::1",
		"2002:7f00:1::1",
		"3fff::1",
		"5f00::1",
		"fe80::1",
		"fec0::1",
		"ff02::1",
	];

	#[test]
	fn public_addresses_should_be_allowed() {
		for address in PUBLIC {
			assert!(contain(Addresses::Public, address), "{address}");
			assert!(contain(Addresses::PublicAndPrivate, address), "{address}");
		}
	}

	#[test]
	fn private_addresses_should_be_refused_when_the_operator_does_not_allow_them() {
		for address in PRIVATE {
			assert!(!contain(Addresses::Public, address), "{address}");
			assert!(contain(Addresses::PublicAndPrivate, address), "{address}");
		}
	}

	#[test]
	fn reserved_addresses_should_be_refused_always() {
		for address in NEVER {
			assert!(!contain(Addresses::Public, address), "{address}");
			assert!(!contain(Addresses::PublicAndPrivate, address), "{address}");
		}
	}
}
