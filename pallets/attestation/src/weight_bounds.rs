//! Weights: upper bounds that calls are charged with, and what they used of them. Dispatch refunds
//! the rest.

use crate::{pallet::*, types::*, weights::WeightInfo};
use frame_support::{traits::Get, weights::Weight};
use frame_system::pallet_prelude::BlockNumberFor;
use pallet_opg_support::{OnRoundDecided, MAX_COMMITTEE, MAX_SEATS};

impl<T: Config> Pallet<T> {
	pub(crate) fn max_commit_weight(n: u32) -> Weight {
		T::WeightInfo::commit(n)
			.saturating_add(T::WeightInfo::clear_misses())
			.saturating_add(max_rounds_weight::<T>(n))
	}

	pub(crate) fn max_reveal_weight(n: u32, bytes: u32) -> Weight {
		let each = T::WeightInfo::new_answer().saturating_add(Self::max_end_round_weight());
		Self::reveal_weight(n, bytes)
			.saturating_add(max_rounds_weight::<T>(n))
			.saturating_add(each.saturating_mul(n.into()))
	}

	pub(crate) fn max_decline_weight(n: u32) -> Weight {
		T::WeightInfo::decline(n)
			.saturating_add(max_rounds_weight::<T>(n))
			.saturating_add(Self::max_end_round_weight().saturating_mul(n.into()))
	}

	pub(crate) fn max_authorize_commit_weight(n: u32) -> Weight {
		T::WeightInfo::authorize_commit(n).saturating_add(Self::max_read_weight(n))
	}

	pub(crate) fn max_authorize_reveal_weight(n: u32, bytes: u32) -> Weight {
		T::WeightInfo::authorize_reveal(n)
			.saturating_add(bytes_weight(T::WeightInfo::authorize_reveal_one, bytes))
			.saturating_add(Self::max_read_weight(n))
	}

	pub(crate) fn max_authorize_decline_weight(n: u32) -> Weight {
		T::WeightInfo::authorize_decline(n).saturating_add(Self::max_read_weight(n))
	}

	/// Reading `n` rounds with all their seats.
	pub(crate) fn max_read_weight(n: u32) -> Weight {
		T::WeightInfo::read_round(MAX_SEATS).saturating_mul(n.into())
	}

	/// Ending the largest round, at worst both with everyone silent and with everyone's reveal, and
	/// what follows in other pallets.
	pub fn max_end_round_weight() -> Weight {
		T::WeightInfo::close(MAX_COMMITTEE)
			.saturating_add(T::WeightInfo::penalise_silence(MAX_COMMITTEE))
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::Requests::max_round_decided_weight())
	}

	/// Passing all deadlines of a block, with every end of a round postponed.
	pub(crate) fn max_deadlines_weight() -> Weight {
		let rounds = T::MaxRoundsPerBlock::get();
		T::WeightInfo::take_deadlines(rounds)
			.saturating_add(Self::max_postpone_weight().saturating_mul(rounds.into()))
			.saturating_mul(2)
			.saturating_add(Self::shared_weight())
	}

	/// Postponing the end of the largest round.
	pub(crate) fn max_postpone_weight() -> Weight {
		T::WeightInfo::postpone().saturating_add(T::WeightInfo::change_round(MAX_SEATS))
	}

	/// Storage that a block pays for once, whatever it does. Read: the two lists of a new round's
	/// deadlines, the list to which ends are postponed, the hash of genesis. Written: the lists.
	pub(crate) fn shared_weight() -> Weight {
		T::DbWeight::get().reads_writes(4, 3)
	}

	/// `n` reveals with `bytes` of output in total, without rounds and what follows.
	pub(crate) fn reveal_weight(n: u32, bytes: u32) -> Weight {
		T::WeightInfo::reveal(n).saturating_add(bytes_weight(T::WeightInfo::reveal_one, bytes))
	}

	/// Reading and changing `round`.
	pub(crate) fn round_weight(round: &RoundOf<T>) -> Weight {
		T::WeightInfo::change_round(round.seats.len() as u32)
	}

	/// Reading and changing `round` in a call. `authorize` was charged for the read, and a block
	/// writes a round once, however many of its batches change it.
	pub(crate) fn round_in_batch_weight(now: BlockNumberFor<T>, round: &RoundOf<T>) -> Weight {
		let writes = u64::from(round.changed_in(&now));
		Self::round_weight(round).saturating_sub(T::DbWeight::get().reads_writes(1, writes))
	}

	/// Reading `round` in `authorize`. A block reads a round once, however many of its batches name
	/// it.
	pub(crate) fn read_round_weight(now: BlockNumberFor<T>, round: &RoundOf<T>) -> Weight {
		let reads = u64::from(round.changed_in(&now));
		T::WeightInfo::read_round(round.seats.len() as u32)
			.saturating_sub(T::DbWeight::get().reads(reads))
	}
}

/// Part of a weight function of bytes that depends on the bytes.
fn bytes_weight(weight: fn(u32) -> Weight, bytes: u32) -> Weight {
	weight(bytes).saturating_sub(weight(0))
}

fn max_rounds_weight<T: Config>(n: u32) -> Weight {
	T::WeightInfo::change_round(MAX_SEATS).saturating_mul(n.into())
}
