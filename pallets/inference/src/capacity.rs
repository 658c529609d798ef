//! Capacity: seats that are open, and what executors can carry besides.
//!
//! A slot is backed by stake, and the draw weighs slots, so that seats fill all executors evenly.
//! Somebody could still fill those of others, so that the next in order, its own, take all seats. So
//! draws of first rounds wait, and requests are refused, unless executors with a free slot hold two
//! thirds of the slots that are offered: who has a share `f` of the stake is drawn with a chance of
//! `1.5 f` at most. Rounds that silence or a doubt brings skip nobody for being full, and their seats
//! are not counted.

use crate::{pallet::*, tiers, types::*, weights::WeightInfo};
use alloc::vec::Vec;
use frame_support::{defensive, traits::Get, weights::Weight, BoundedVec};
use opg_primitives::{ModelId, RequestId};
use pallet_opg_support::Committees;
use sp_runtime::Perbill;

/// What the candidates of a model offer, and what is free of it. Who rests, or has stopped, offers
/// nothing.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Capacity {
	/// Slots of all candidates.
	pub offered: u128,
	/// Slots of the candidates that have a free one.
	pub free: u128,
	/// Number of candidates that have a free slot.
	pub executors: u32,
}

impl Capacity {
	/// Tells whether enough is free for a draw that nobody can turn in its favour by filling others.
	pub fn is_enough(&self) -> bool {
		self.free.saturating_mul(3) >= self.offered.saturating_mul(2)
	}

	/// Free part of what is offered. A draw takes place from two thirds on.
	pub fn share(&self) -> Perbill {
		Perbill::from_rational(self.free, self.offered.max(1))
	}
}

/// Number that belongs to `who` in a sorted list.
pub(crate) fn number_of<A: Ord>(list: &[(A, u32)], who: &A) -> Option<u32> {
	list.binary_search_by(|(own, _)| own.cmp(who)).ok().map(|at| list[at].1)
}

impl<T: Config> Pallet<T> {
	/// One more open seat for each of `members` in the sorted `list`. Returns whether all have room;
	/// where not, nothing changes.
	pub(crate) fn take_seats(
		list: &mut Vec<(T::AccountId, u32)>,
		members: &[T::AccountId],
		most: usize,
	) -> bool {
		let new = members.iter().filter(|who| number_of(list, *who).is_none()).count();
		if list.len() + new > most {
			return false;
		}
		for who in members {
			match list.binary_search_by(|(own, _)| own.cmp(who)) {
				Ok(at) => list[at].1 = list[at].1.saturating_add(1),
				Err(at) => list.insert(at, (who.clone(), 1)),
			}
		}
		true
	}

	/// The first round of `members` is decided. Returns the number of executors on the list.
	pub(crate) fn release_seats(members: &[T::AccountId]) -> u32 {
		OpenSeats::<T>::mutate(|list| {
			let length = list.len() as u32;
			for who in members {
				match list.binary_search_by(|(own, _)| own.cmp(who)) {
					Ok(at) if list[at].1 > 1 => list[at].1 -= 1,
					Ok(at) => {
						list.remove(at);
					},
					Err(_) => {
						defensive!("a seat of a first round is counted");
					},
				}
			}
			length
		})
	}

	/// The first round of a request is over. Returns the weight.
	pub(crate) fn release_first_round(id: RequestId) -> Weight {
		T::WeightInfo::release_seats(Self::release_seats(&T::Committees::past_members(id)))
	}

	/// Largest weight of [`Self::release_first_round`].
	pub(crate) fn max_release_weight() -> Weight {
		T::WeightInfo::release_seats(T::MaxExecutors::get())
	}

	/// Stores the list of open seats that draws have changed.
	pub(crate) fn store_seats(list: Vec<(T::AccountId, u32)>) {
		OpenSeats::<T>::put(BoundedVec::truncate_from(list));
	}

	/// The first round of a request waits for its draw.
	pub(crate) fn await_seats(model: ModelId, seats: u32) {
		PendingSeats::<T>::mutate(model, |pending| *pending = pending.saturating_add(seats));
	}

	/// A request whose first round waited for its draw does not wait any more.
	pub(crate) fn end_waiting(request: &RequestOf<T>) {
		let seats = tiers::size(request.tier);
		PendingSeats::<T>::mutate_exists(request.model, |pending| {
			*pending = pending.and_then(|count| count.checked_sub(seats)).filter(|left| *left > 0);
		});
	}
}
