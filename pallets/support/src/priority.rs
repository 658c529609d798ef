//! Priorities of authorized transactions, in one place so that they can be compared.

use sp_runtime::transaction_validity::TransactionPriority;

/// Reveals end a round: first.
pub const REVEAL: TransactionPriority = 1 << 40;
/// Seats given up: last, since they earn nothing.
pub const DECLINE: TransactionPriority = 1 << 38;
/// Commitments.
pub const COMMIT: TransactionPriority = 1 << 39;
