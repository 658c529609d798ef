//! What batches cost at most. What one did cost is known after it; the rest is given back.

use crate::{pallet::*, types::*, weights::WeightInfo};
use frame_support::{traits::Get, weights::Weight};
use frame_system::pallet_prelude::BlockNumberFor;
use pallet_opg_support::{Requests, MAX_ROUND, MAX_SEATS};

impl<T: Config> Pallet<T> {
	pub(crate) fn most_of_commit(n: u32) -> Weight {
		T::WeightInfo::commit(n)
			.saturating_add(T::WeightInfo::clear_misses())
			.saturating_add(records::<T>(n))
	}

	pub(crate) fn most_of_reveal(n: u32, bytes: u32) -> Weight {
		let each = T::WeightInfo::new_answer().saturating_add(Self::most_of_tally());
		Self::cost_of_reveal(n, bytes)
			.saturating_add(records::<T>(n))
			.saturating_add(each.saturating_mul(n.into()))
	}

	/// Revealing so many answers of so many bytes altogether, what follows and records not counted.
	pub(crate) fn cost_of_reveal(n: u32, bytes: u32) -> Weight {
		T::WeightInfo::reveal(n).saturating_add(cost_of_bytes(T::WeightInfo::reveal_one, bytes))
	}

	pub(crate) fn most_of_decline(n: u32) -> Weight {
		T::WeightInfo::decline(n)
			.saturating_add(records::<T>(n))
			.saturating_add(Self::most_of_tally().saturating_mul(n.into()))
	}

	pub(crate) fn most_of_authorize_commit(n: u32) -> Weight {
		T::WeightInfo::authorize_commit(n).saturating_add(Self::most_of_reads(n))
	}

	pub(crate) fn most_of_authorize_reveal(n: u32, bytes: u32) -> Weight {
		T::WeightInfo::authorize_reveal(n)
			.saturating_add(cost_of_bytes(T::WeightInfo::authorize_reveal_one, bytes))
			.saturating_add(Self::most_of_reads(n))
	}

	pub(crate) fn most_of_authorize_decline(n: u32) -> Weight {
		T::WeightInfo::authorize_decline(n).saturating_add(Self::most_of_reads(n))
	}

	/// Reading `n` records that are as long as they can be.
	pub(crate) fn most_of_reads(n: u32) -> Weight {
		T::WeightInfo::read_record(MAX_SEATS).saturating_mul(n.into())
	}

	/// Closing the largest round, where everyone is silent or everyone reveals, and what follows.
	pub fn most_of_tally() -> Weight {
		T::WeightInfo::close(MAX_ROUND)
			.saturating_add(T::WeightInfo::punish_silence(MAX_ROUND))
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::Requests::most_of_decided())
	}

	/// Passing all deadlines of a block that end no round, or whose ends are put off.
	pub(crate) fn most_of_deadlines() -> Weight {
		let rounds = T::MaxRoundsPerBlock::get();
		T::WeightInfo::take_deadlines(rounds)
			.saturating_add(Self::most_of_put_off().saturating_mul(rounds.into()))
			.saturating_mul(2)
			.saturating_add(Self::shared())
	}

	/// Putting the end of a round off.
	pub(crate) fn most_of_put_off() -> Weight {
		T::WeightInfo::put_off().saturating_add(T::WeightInfo::change_record(MAX_SEATS))
	}

	/// The lists to which all rounds that are opened in a block, and all ends that are put off, are
	/// appended; and the hash of genesis, which every batch names.
	pub(crate) fn shared() -> Weight {
		T::DbWeight::get().reads_writes(4, 3)
	}

	/// Reading and changing a record with so many seats as `record` has.
	pub(crate) fn cost_of(record: &RecordOf<T>) -> Weight {
		T::WeightInfo::change_record(record.seats.len() as u32)
	}

	/// The same in a call: `authorize` was charged for the read, and a block writes a record once,
	/// however many of its batches change it.
	pub(crate) fn cost_in_batch(now: BlockNumberFor<T>, record: &RecordOf<T>) -> Weight {
		let writes = u64::from(record.changed_in(&now));
		Self::cost_of(record).saturating_sub(T::DbWeight::get().reads_writes(1, writes))
	}

	/// Reading a record in `authorize`: once in a block, however many of its batches name it.
	pub(crate) fn cost_of_read(now: BlockNumberFor<T>, record: &RecordOf<T>) -> Weight {
		let reads = u64::from(record.changed_in(&now));
		T::WeightInfo::read_record(record.seats.len() as u32)
			.saturating_sub(T::DbWeight::get().reads(reads))
	}
}

/// What so many bytes add to something that `one` weighs by its bytes.
fn cost_of_bytes(one: fn(u32) -> Weight, bytes: u32) -> Weight {
	one(bytes).saturating_sub(one(0))
}

fn records<T: Config>(n: u32) -> Weight {
	T::WeightInfo::change_record(MAX_SEATS).saturating_mul(n.into())
}
