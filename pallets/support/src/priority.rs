//! Priorities in the transaction pool, together so that they can be compared.
//!
//! The extensions of a transaction add theirs up. An authorized transaction has one priority, that
//! of its call, because it pays no fee and no tip. A signed one has what its fee and tip buy, and
//! the runtime caps that at [`MAX_TIPPED`]: no tip comes before these calls.

use sp_runtime::transaction_validity::TransactionPriority;

/// Reveals of answers come first: they end rounds.
pub const REVEAL: TransactionPriority = TransactionPriority::MAX;
/// Reveals of the court's votes.
pub const COURT_REVEAL: TransactionPriority = TransactionPriority::MAX - 1;
/// Challenges with a pool as the bond, and their claims. They keep wrong answers from settling, and
/// each pool has few of them.
pub const POOL_CHALLENGE: TransactionPriority = TransactionPriority::MAX - 2;
/// Commitments to answers.
pub const COMMIT: TransactionPriority = TransactionPriority::MAX - 3;
/// Commitments to the court's votes.
pub const COURT_COMMIT: TransactionPriority = TransactionPriority::MAX - 4;
/// Statements of validators that they hold inputs and outputs. Requests wait for them.
pub const COURT_HOLD: TransactionPriority = TransactionPriority::MAX - 5;
/// Declarations of validators that they hold models. Each validator has few of them.
pub const COURT_DECLARE: TransactionPriority = TransactionPriority::MAX - 6;
/// Declined seats earn nothing.
pub const DECLINE: TransactionPriority = TransactionPriority::MAX - 7;
/// Declarations of executors about the versions that they serve come last of what is authorized: they
/// count in a later session, and each executor has few of them.
pub const SERVING: TransactionPriority = TransactionPriority::MAX - 8;
/// Least priority of a signed challenge, claim or bought audit. A tip adds to it, at most
/// [`MAX_TIPPED`].
pub const CHALLENGE: TransactionPriority = 1 << 62;
/// Most that fee and tip of a signed transaction buy.
pub const MAX_TIPPED: TransactionPriority = CHALLENGE - 1;

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn authorized_calls_should_come_before_challenges_and_those_before_tips() {
		let ordered = [
			MAX_TIPPED,
			CHALLENGE,
			CHALLENGE + MAX_TIPPED,
			SERVING,
			DECLINE,
			COURT_DECLARE,
			COURT_HOLD,
			COURT_COMMIT,
			COMMIT,
			POOL_CHALLENGE,
			COURT_REVEAL,
			REVEAL,
		];
		assert!(ordered.is_sorted_by(|low, high| low < high));
	}
}
