//! Priorities of authorized transactions, together so that they can be compared.

use sp_runtime::transaction_validity::TransactionPriority;

/// Reveals come first: they end rounds.
pub const REVEAL: TransactionPriority = 1 << 40;
/// Commitments.
pub const COMMIT: TransactionPriority = 1 << 39;
/// Declined seats come last: they earn nothing.
pub const DECLINE: TransactionPriority = 1 << 38;
