//! Shares never favour the one who acts.

use crate::types::{Duty, Pool};
use opg_primitives::ExecutorKey;
use proptest::prelude::*;
use sp_core::{ed25519, Pair};

fn pool(balance: u128, shares: u128) -> Pool {
	let hot_key = ExecutorKey::from(ed25519::Pair::from_seed(&[0; 32]).public());
	Pool { balance, shares, hot_key, duty: Duty::Active { misses: 0 } }
}

#[test]
fn shares_should_have_no_price_when_the_pool_is_drained() {
	assert_eq!(pool(0, 5).shares_for(7), None);
	assert_eq!(pool(0, 0).shares_for(7), Some(7));
}

proptest! {
	#[test]
	fn shares_should_never_be_worth_more_than_what_was_paid(
		balance in 1u128..1 << 100,
		shares in 1u128..1 << 100,
		amount in 1u128..1 << 100,
	) {
		if let Some(minted) = pool(balance, shares).shares_for(amount) {
			let worth = sp_core::U512::from(minted) * sp_core::U512::from(balance + amount);
			let paid = sp_core::U512::from(amount) * sp_core::U512::from(shares + minted);
			prop_assert!(worth <= paid);
		}
	}
}
