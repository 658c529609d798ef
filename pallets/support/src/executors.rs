//! Traits of the staking pallet: identity, stake, rewards and penalties of executors.

use crate::{Offence, SilenceRecord};
use alloc::vec::Vec;
use opg_primitives::ExecutorKey;
use sp_core::H256;
use sp_runtime::{Perbill, Weight};

/// Operators with an executor pool, and their hot keys.
pub trait ExecutorDirectory<AccountId> {
	/// Tells whether `who` has an executor pool.
	fn has_pool(who: &AccountId) -> bool;
	/// Hot key that attests for `who`, if it has one that is valid now.
	fn hot_key(who: &AccountId) -> Option<ExecutorKey>;
	/// Operator that registered `key`, even if it is not valid yet, or no longer.
	fn operator_of(key: &ExecutorKey) -> Option<AccountId>;
}

/// Stake by which executors are drawn. A snapshot is taken once per session, for the session after
/// the next, and never changes: no call changes who can be drawn in the session that runs, or in
/// the one that is planned.
pub trait ExecutorStake<AccountId> {
	/// Session that runs now. A round that is fixed now draws from its snapshot.
	fn session() -> u32;
	/// Stake that backs one slot, in planck.
	fn slot_stake() -> u128;
	/// Operators and their weights in planck in the snapshot of `session`, whole, sorted by
	/// operator. A weight is the stake behind the slots of the operator: a whole multiple of
	/// [`Self::slot_stake`]. Empty where it is not kept: kept are the planned session, the current one
	/// and the two before.
	fn snapshot(session: u32) -> Vec<(AccountId, u128)>;
	/// Operators of the snapshot of `session`, and what they had of their own in their pools when it
	/// was taken, in planck. Sorted by operator. Kept as long as the snapshot.
	fn own_stake(session: u32) -> Vec<(AccountId, u128)>;
	/// Tells whether anybody has active stake in the pool of `who`. Losses can take all of it, and the
	/// pool stays.
	fn has_stake(who: &AccountId) -> bool;
	/// Operators who take no seat now although a snapshot holds them: paused, leaving, or under a
	/// conviction. Sorted. A draw skips them; it never removes them from the snapshot, whose
	/// order would change for the others.
	fn suspended() -> Vec<AccountId>;
	/// Operators who declared a number of slots, and that number now. Sorted. It bounds the slots
	/// of the snapshot at once.
	fn declared_slots() -> Vec<(AccountId, u32)>;
}

/// Rewards and penalties of executors.
pub trait ExecutorLedger<AccountId> {
	/// Value that is paid in. Dropping one burns it.
	type Credit;
	/// Adds `credit` to the pool of `who`.
	fn reward(who: &AccountId, credit: Self::Credit);
	/// Takes what a seat without commitment or reveal costs, within the limits of a session and of
	/// a day, and burns it. `session` is the one from whose snapshot the seat was drawn: stake that
	/// had left before does not pay. `record` tells whether the seat counts among those for which
	/// `who` is paused.
	fn fine(who: &AccountId, offence: Offence, session: u32, record: SilenceRecord);
	/// Convicts `who` of a wrong answer about `model_hash`, after a verdict of the court. `session`
	/// is the one from whose snapshot the seat was drawn. The loss is frozen for the delay of
	/// convictions; then each payee gets its part of what the operator itself loses, and the rest
	/// is burned, unless governance cancels. Further convictions of the same operator, model and
	/// session change nothing.
	fn convict(who: &AccountId, model_hash: H256, session: u32, payees: &[(&AccountId, Perbill)]);
	/// Takes up to `amount` planck out of the operator's own stake, never out of a delegator's: first
	/// the active part, then what the operator took out since the snapshot of `session`, from which
	/// its seat was drawn.
	fn charge(who: &AccountId, amount: u128, session: u32) -> Self::Credit;
	/// Largest weight of [`Self::charge`].
	fn charge_weight() -> Weight;
	/// Notes that `who` kept a seat. Returns whether that changed storage.
	fn record_presence(who: &AccountId) -> bool;
}

/// What executors owe for their seats.
pub trait Liabilities<AccountId> {
	/// Tells whether an open dispute concerns a seat of `who`. Stake on its way out waits for its end.
	fn in_dispute(who: &AccountId) -> bool;
	/// Tells whether a request in which `who` has a seat is open. Its pool stays until then.
	fn has_seats(who: &AccountId) -> bool;
	/// Largest weight of either.
	fn max_weight() -> Weight;
}

impl<AccountId> Liabilities<AccountId> for () {
	fn in_dispute(_: &AccountId) -> bool {
		false
	}

	fn has_seats(_: &AccountId) -> bool {
		false
	}

	fn max_weight() -> Weight {
		Weight::zero()
	}
}

/// Executors for benchmarks.
#[cfg(feature = "runtime-benchmarks")]
pub trait BenchmarkExecutors<AccountId> {
	/// Opens an active pool for `who`, with a hot key that the keystore has. One more missed seat
	/// pauses it.
	fn executor(who: &AccountId) -> ExecutorKey;
	/// Makes `members` the snapshot of the current session, which is not among the first, with own
	/// stake for any seat.
	fn snapshot(members: &[AccountId]);
}
