//! Vault: a balance that many own by shares.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use opg_primitives::Balance;
use scale_info::TypeInfo;
use sp_runtime::{helpers_128bit::multiply_by_rational_with_rounding, Perbill, Rounding};

/// OPG that many own together by shares. Rewards and slashes move the balance per share. All
/// rounding is in favour of the vault.
#[derive(
	Clone,
	Default,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Debug,
)]
pub struct Vault {
	/// Balance in planck. Zero only where there are no shares.
	pub balance: Balance,
	/// Number of shares.
	pub shares: u128,
	/// Number that changes when the vault is slashed to nothing. Shares of another generation are
	/// void.
	pub generation: u64,
}

/// Shares that somebody has in a vault.
#[derive(
	Clone,
	Default,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Debug,
)]
pub struct Holding {
	/// Number of shares.
	pub shares: u128,
	/// Generation of the vault in which they were minted.
	pub generation: u64,
}

impl Vault {
	/// An empty vault whose generations no vault with another `number` has. A pool that is closed
	/// and opened again must not honour shares of its predecessor.
	pub fn new(number: u32) -> Self {
		Self { generation: u64::from(number) << 32, ..Self::default() }
	}

	/// An empty vault of the same pool.
	pub fn sibling(&self) -> Self {
		Self { generation: self.generation >> 32 << 32, ..Self::default() }
	}

	/// Shares of `holding` that still count.
	pub fn shares_of(&self, holding: &Holding) -> u128 {
		if holding.generation == self.generation {
			holding.shares
		} else {
			0
		}
	}

	/// Value of `holding`, in planck.
	pub fn value_of(&self, holding: &Holding) -> Balance {
		self.value_of_shares(self.shares_of(holding))
	}

	fn value_of_shares(&self, shares: u128) -> Balance {
		if shares >= self.shares {
			return if shares == 0 { 0 } else { self.balance };
		}
		multiply_by_rational_with_rounding(shares, self.balance, self.shares, Rounding::Down)
			.unwrap_or_default()
	}

	/// Pays in `amount` planck, and adds the minted shares to `holding`. Returns their number.
	/// Returns `None` and changes nothing where the amount does not buy a share or a number does
	/// not fit.
	pub fn deposit(&mut self, amount: Balance, holding: &mut Holding) -> Option<u128> {
		let minted = if self.shares == 0 {
			amount
		} else {
			multiply_by_rational_with_rounding(amount, self.shares, self.balance, Rounding::Down)?
		};
		if minted == 0 {
			return None;
		}
		let (balance, shares) =
			(self.balance.checked_add(amount)?, self.shares.checked_add(minted)?);
		let own = self.shares_of(holding).checked_add(minted)?;
		*holding = Holding { shares: own, generation: self.generation };
		(self.balance, self.shares) = (balance, shares);
		Some(minted)
	}

	/// Takes up to `shares` shares out of `holding`. Returns their value in planck.
	pub fn redeem(&mut self, shares: u128, holding: &mut Holding) -> Balance {
		let own = self.shares_of(holding);
		let shares = shares.min(own);
		let amount = self.value_of_shares(shares);
		self.balance = self.balance.saturating_sub(amount);
		self.shares = self.shares.saturating_sub(shares);
		*holding = Holding { shares: own - shares, generation: self.generation };
		amount
	}

	/// Smallest number of shares that is worth `amount` planck.
	pub fn shares_for(&self, amount: Balance) -> u128 {
		if self.balance == 0 {
			return 0;
		}
		multiply_by_rational_with_rounding(amount, self.shares, self.balance, Rounding::Up)
			.unwrap_or(u128::MAX)
	}

	/// Adds `amount` planck to the value of all shares. There must be shares.
	pub fn gain(&mut self, amount: Balance) {
		debug_assert!(self.shares > 0, "nobody would own it");
		self.balance = self.balance.saturating_add(amount);
	}

	/// Takes `share` of the balance, rounded up. Returns the amount in planck.
	pub fn slash(&mut self, share: Perbill) -> Balance {
		let amount = share.mul_ceil(self.balance).min(self.balance);
		self.balance -= amount;
		if self.balance == 0 && self.shares > 0 {
			self.shares = 0;
			self.generation = self.generation.wrapping_add(1);
		}
		amount
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;
	use sp_core::U512;

	#[test]
	fn slashed_to_nothing_should_void_old_shares_and_take_new_ones() {
		let (mut vault, mut old, mut new) = <(Vault, Holding, Holding)>::default();
		assert_eq!(vault.deposit(100, &mut old), Some(100));
		assert_eq!(vault.slash(Perbill::one()), 100);
		assert_eq!(vault.value_of(&old), 0);
		assert_eq!(vault.deposit(7, &mut new), Some(7));
		assert_eq!((vault.value_of(&old), vault.value_of(&new)), (0, 7));
		assert_eq!(vault.redeem(100, &mut old), 0);
		assert_eq!(vault.deposit(7, &mut old), Some(7));
		assert_eq!((vault.value_of(&old), vault.value_of(&new)), (7, 7));
	}

	/// The attack on vaults whose balance outsiders can raise: the first depositor buys one share,
	/// raises its price, and the next one's payment rounds to no share.
	#[test]
	fn deposit_should_be_refused_when_it_buys_no_share() {
		let (mut vault, mut first, mut next) = <(Vault, Holding, Holding)>::default();
		vault.deposit(1, &mut first).unwrap();
		vault.gain(1_000);
		assert_eq!(vault.deposit(1_000, &mut next), None);
		assert_eq!((vault.balance, vault.shares), (1_001, 1));
		assert_eq!(next, Holding::default());
	}

	#[test]
	fn deposit_should_change_nothing_when_a_number_does_not_fit() {
		let (mut vault, mut holding) = <(Vault, Holding)>::default();
		vault.deposit(u128::MAX, &mut holding).unwrap();
		let before = (vault.clone(), holding.clone());
		assert_eq!(vault.deposit(1, &mut holding), None);
		assert_eq!((vault, holding), before);
	}

	proptest! {
		#[test]
		fn nobody_should_gain_by_paying_in_and_out(
			balance in 1u128..1 << 100,
			shares in 1u128..1 << 100,
			amount in 1u128..1 << 100,
			part in 1u128..1 << 100,
		) {
			let mut vault = Vault { balance, shares, generation: 0 };
			let mut holding = Holding::default();
			let rate = |vault: &Vault, of: u128| U512::from(vault.balance) * U512::from(of);
			if let Some(minted) = vault.deposit(amount, &mut holding) {
				// The others' balance per share does not fall.
				prop_assert!(rate(&vault, shares) >= U512::from(balance) * U512::from(vault.shares));
				prop_assert!(vault.value_of(&holding) <= amount);
				let (before, total) = (vault.balance, vault.shares);
				let first = vault.redeem(part.min(minted), &mut holding);
				prop_assert!(
					U512::from(vault.balance) * U512::from(total)
						>= U512::from(before) * U512::from(vault.shares)
				);
				let rest = vault.redeem(u128::MAX, &mut holding);
				prop_assert!(first + rest <= amount);
				prop_assert_eq!(vault.balance, balance + amount - first - rest);
				prop_assert_eq!(vault.shares, shares);
			}
		}
	}
}
