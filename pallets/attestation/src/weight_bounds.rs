//! Weights: upper bounds that calls are charged with, and what they used of them. Dispatch refunds
//! the rest.

use crate::{pallet::*, types::*, weights::WeightInfo};
use frame_support::{traits::Get, weights::Weight};
use frame_system::pallet_prelude::BlockNumberFor;
use opg_primitives::MAX_OUTPUT_BYTES;
use pallet_opg_support::{OnRoundDecided, MAX_COMMITTEE, MAX_COMMIT_LENGTHS, MAX_MEMBERS};

impl<T: Config> Pallet<T> {
	pub(crate) fn max_commit_weight(n: u32) -> Weight {
		T::WeightInfo::commit(n).saturating_add(max_rounds_weight::<T>(n))
	}

	pub(crate) fn max_reveal_weight(n: u32, bytes: u32) -> Weight {
		let each = T::WeightInfo::new_answer()
			.saturating_add(Self::max_end_round_weight())
			.saturating_add(T::WeightInfo::record_presence());
		Self::reveal_weight(n, bytes)
			.saturating_add(max_rounds_weight::<T>(n))
			.saturating_add(each.saturating_mul(n.into()))
	}

	pub(crate) fn max_decline_weight(n: u32) -> Weight {
		let each =
			Self::max_end_round_weight().saturating_add(T::Requests::max_seat_declined_weight());
		T::WeightInfo::decline(n)
			.saturating_add(max_rounds_weight::<T>(n))
			.saturating_add(each.saturating_mul(n.into()))
	}

	pub(crate) fn max_authorize_commit_weight(n: u32) -> Weight {
		T::WeightInfo::authorize_commit(n)
			.saturating_add(Self::named_block_weight())
			.saturating_add(Self::max_read_weight(n))
	}

	pub(crate) fn max_authorize_reveal_weight(n: u32, bytes: u32) -> Weight {
		T::WeightInfo::authorize_reveal(n)
			.saturating_add(bytes_weight(T::WeightInfo::authorize_reveal_one, bytes))
			.saturating_add(Self::named_block_weight())
			.saturating_add(Self::max_read_weight(n))
	}

	pub(crate) fn max_authorize_decline_weight(n: u32) -> Weight {
		T::WeightInfo::authorize_decline(n)
			.saturating_add(Self::named_block_weight())
			.saturating_add(Self::max_read_weight(n))
	}

	/// Reading the hash of the block that a batch names.
	fn named_block_weight() -> Weight {
		T::DbWeight::get().reads(1)
	}

	/// Weight, authorization included, and length in bytes, envelope included, of the largest batch:
	/// one of reveals. The clock ticks where a block has room for one more.
	pub fn max_batch() -> (Weight, u32) {
		let output = MAX_BATCH * MAX_OUTPUT_BYTES;
		let weight = Self::max_reveal_weight(MAX_BATCH, output)
			.saturating_add(Self::max_authorize_reveal_weight(MAX_BATCH, output));
		// Numbers, salt, seed and witness of an item; executor, signature and extensions of a batch.
		(weight, output + MAX_BATCH * 128 + 512)
	}

	/// Reading `n` rounds with all their seats.
	pub(crate) fn max_read_weight(n: u32) -> Weight {
		T::WeightInfo::read_round(MAX_MEMBERS).saturating_mul(n.into())
	}

	/// Ending the largest round, in which each seat was given to another, at worst both with everyone
	/// silent and with everyone's reveal, and what follows in other pallets.
	pub fn max_end_round_weight() -> Weight {
		T::WeightInfo::close(2 * MAX_COMMITTEE)
			.saturating_add(T::WeightInfo::penalise_silence(MAX_COMMITTEE))
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::Requests::max_round_decided_weight())
	}

	/// Passing one deadline of each kind, from the fullest lists. A block has weight for that, so it
	/// gets on with deadlines however many are late.
	pub(crate) fn max_deadlines_weight() -> Weight {
		Self::max_list_weight()
			.saturating_add(Self::max_deadline_weight())
			.saturating_mul(2)
			.saturating_add(Self::shared_weight())
	}

	/// Reading and removing the fullest list of rounds.
	pub(crate) fn max_list_weight() -> Weight {
		T::WeightInfo::take_deadlines(MaxRoundsPerTick::<T>::get())
	}

	/// Passing a deadline of the largest round, which ends it.
	pub(crate) fn max_deadline_weight() -> Weight {
		T::WeightInfo::change_round(MAX_MEMBERS).saturating_add(Self::max_end_round_weight())
	}

	/// Storage that a block pays for once, whatever it does. Read: the clock, the hash of genesis, the
	/// lists of new rounds, one for each length of a commit phase, the oldest list, the cursors. Written:
	/// lists of new rounds and cursors.
	pub(crate) fn shared_weight() -> Weight {
		let lists = u64::from(MAX_COMMIT_LENGTHS);
		T::DbWeight::get().reads_writes(5 + lists, 2 + lists)
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

	/// Reading a round in a call that leaves it as it is. `authorize` was charged for the storage.
	pub(crate) fn read_in_batch_weight(round: Option<&RoundOf<T>>) -> Weight {
		T::WeightInfo::read_round(seats(round)).saturating_sub(T::DbWeight::get().reads(1))
	}

	/// Reading a round in `authorize`. A block reads a round once, however many of its batches name
	/// it.
	pub(crate) fn read_round_weight(now: BlockNumberFor<T>, round: Option<&RoundOf<T>>) -> Weight {
		let reads = u64::from(round.is_some_and(|round| round.changed_in(&now)));
		T::WeightInfo::read_round(seats(round)).saturating_sub(T::DbWeight::get().reads(reads))
	}
}

/// Seats of a round, if there is one.
fn seats<AccountId, BlockNumber>(round: Option<&Round<AccountId, BlockNumber>>) -> u32 {
	round.map_or(0, |round| round.seats.len() as u32)
}

/// Part of a weight function of bytes that depends on the bytes.
fn bytes_weight(weight: fn(u32) -> Weight, bytes: u32) -> Weight {
	weight(bytes).saturating_sub(weight(0))
}

fn max_rounds_weight<T: Config>(n: u32) -> Weight {
	T::WeightInfo::change_round(MAX_MEMBERS).saturating_mul(n.into())
}
