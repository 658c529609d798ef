//! Weights that are put together from several.

use crate::{pallet::*, types::*, weights::WeightInfo};
use frame_support::{traits::Get, weights::Weight};
use opg_primitives::MAX_OUTPUT_BYTES;
use pallet_opg_support::{OnCourtDecided, OnHeld};

impl<T: Config> Pallet<T> {
	/// `n` revealed votes with `bytes` of output in total.
	pub(crate) fn reveal_weight(n: u32, bytes: u32) -> Weight {
		T::WeightInfo::reveal(n).saturating_add(bytes_weight(T::WeightInfo::reveal_one, bytes))
	}

	/// Authorizing `n` revealed votes with `bytes` of output in total.
	pub(crate) fn authorize_reveal_weight(n: u32, bytes: u32) -> Weight {
		T::WeightInfo::authorize_reveal(n)
			.saturating_add(bytes_weight(T::WeightInfo::authorize_reveal_one, bytes))
	}

	/// Weight, authorization included, and length in bytes, envelope included, of the largest batch.
	/// None is longer than one of revealed votes.
	pub fn max_batch() -> (Weight, u32) {
		let output = MAX_BATCH * MAX_OUTPUT_BYTES;
		let reveal = Self::reveal_weight(MAX_BATCH, output)
			.saturating_add(Self::authorize_reveal_weight(MAX_BATCH, output));
		let hold = Self::max_hold_weight(MAX_HOLDINGS)
			.saturating_add(T::WeightInfo::authorize_hold(MAX_HOLDINGS));
		// Numbers, digest, witness and salt of an item; seat, signature and extensions of a batch.
		(reveal.max(hold), output + MAX_BATCH * 160 + 512)
	}

	/// `n` contents that are held, each by the last member that it needed, and what follows in other
	/// pallets.
	pub(crate) fn max_hold_weight(n: u32) -> Weight {
		T::WeightInfo::hold(n).saturating_add(T::OnHeld::max_held_weight().saturating_mul(n.into()))
	}

	/// Ending a sitting in which everyone voted and gave an answer of its own, and what follows in
	/// other pallets.
	pub fn max_end_sitting_weight() -> Weight {
		let votes = T::MaxValidators::get();
		T::WeightInfo::end_sitting(votes, votes)
			.saturating_add(T::WeightInfo::note_missed())
			.saturating_add(T::Requests::max_court_decided_weight())
	}
}

/// Part of a weight function of bytes that depends on the bytes.
fn bytes_weight(weight: fn(u32) -> Weight, bytes: u32) -> Weight {
	weight(bytes).saturating_sub(weight(0))
}
