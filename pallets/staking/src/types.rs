//! What a pool is.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use opg_primitives::{Balance, ExecutorKey};
use scale_info::TypeInfo;
use sp_runtime::{helpers_128bit::multiply_by_rational_with_rounding, Rounding};

/// A stake pool: OPG against shares.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub struct Pool {
	/// Stake of the pool, in planck.
	pub balance: Balance,
	/// Shares that exist.
	pub shares: u128,
	/// The key that attests for the operator.
	pub hot_key: ExecutorKey,
	/// Whether it is drawn.
	pub duty: Duty,
}

/// Whether a pool's executor is drawn.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub enum Duty {
	/// Is drawn.
	#[codec(index = 0)]
	Active {
		/// Missed commitments in a row.
		misses: u8,
	},
	/// Is not drawn until it resumes.
	#[codec(index = 1)]
	Resting,
}

impl Pool {
	/// Shares for `amount` at the current rate, rounded in favour of the pool. `None` where the
	/// shares have no price or the result does not fit.
	pub fn shares_for(&self, amount: Balance) -> Option<u128> {
		if self.shares == 0 {
			return Some(amount);
		}
		if self.balance == 0 {
			return None;
		}
		multiply_by_rational_with_rounding(amount, self.shares, self.balance, Rounding::Down)
	}
}
