//! Traits of the staking pallet: identity, stake, rewards and penalties of executors.

use crate::Offence;
use alloc::vec::Vec;
use opg_primitives::ExecutorKey;
use sp_runtime::Perbill;

/// Operators with an executor pool, and their hot keys.
pub trait ExecutorDirectory<AccountId> {
	/// Tells whether `who` has an executor pool.
	fn has_pool(who: &AccountId) -> bool;
	/// Hot key that attests for `who`, if it has one that is valid now.
	fn hot_key(who: &AccountId) -> Option<ExecutorKey>;
	/// Operator that registered `key`, even if it is not valid yet, or no longer.
	fn operator_of(key: &ExecutorKey) -> Option<AccountId>;
}

/// Stake by which executors are drawn.
pub trait ExecutorStake<AccountId> {
	/// Operators and their weights in planck, from the snapshot of the current session, sorted by
	/// operator. Leaves out those who may not be drawn any more.
	fn snapshot() -> Vec<(AccountId, u128)>;
	/// Tells whether the circuit breaker tripped: nothing is slashed and no request is decided.
	fn slashing_paused() -> bool;
}

/// Rewards and penalties of executors.
pub trait ExecutorLedger<AccountId> {
	/// Value that is paid in. Dropping one burns it.
	type Credit;
	/// Adds `credit` to the pool of `who`.
	fn reward(who: &AccountId, credit: Self::Credit);
	/// Takes from the pool of `who` what `offence` costs. Each payee gets its part of what the
	/// operator itself loses; the rest is burned.
	fn penalise(who: &AccountId, offence: Offence, payees: &[(&AccountId, Perbill)]);
	/// Clears the misses of `who` after it committed. Returns whether it had any.
	fn clear_misses(who: &AccountId) -> bool;
}

/// Executors for benchmarks.
#[cfg(feature = "runtime-benchmarks")]
pub trait BenchmarkExecutors<AccountId> {
	/// Opens an active pool for `who`, with a hot key that the keystore has. One more missed
	/// commitment pauses it.
	fn executor(who: &AccountId) -> ExecutorKey;
	/// Makes `members` the snapshot of the current session.
	fn snapshot(members: &[AccountId]);
}
