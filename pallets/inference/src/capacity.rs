//! Capacity: seats that are open, what they reserve, and what executors can carry besides.
//!
//! A slot is backed by stake, and the draw weighs slots, so that seats fill all executors evenly.
//! Somebody could still fill those of others, so that the next in order, its own, take all seats. So
//! draws of first rounds wait, and requests are refused, unless executors with a free slot hold two
//! thirds of the slots that are offered: who has a share `f` of the stake is drawn with a chance of
//! `1.5 f` at most. Rounds that silence or a doubt brings take no slots.
//!
//! Every seat, from its draw to the end of the request, reserves what a court about it costs, and what
//! its replacement earns, in the operator's own stake. Who has no reserve left is full. First rounds
//! leave a quarter of the reserve to second rounds and audits, so that nobody is crowded out of them.

use crate::{pallet::*, tiers, types::*, weights::WeightInfo};
use alloc::collections::BTreeMap;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{defensive, ensure, traits::Get, weights::Weight};
use opg_primitives::{Balance, ModelId, RequestId, RoundIndex};
use pallet_opg_support::{economics, Committees, ExecutorStake, Liabilities, SeatHolder};
use scale_info::TypeInfo;
use sp_runtime::Perbill;

/// What the candidates of a model offer, and what is free of it. Who rests, or has stopped, offers
/// nothing.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Capacity {
	/// Slots of all candidates.
	pub offered: u128,
	/// Slots of the candidates that have a free one, and reserve for it.
	pub free: u128,
	/// Number of these candidates.
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

/// What an executor owes for its seats in open requests, and for its challenges.
#[derive(
	Clone,
	Copy,
	Default,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Debug,
)]
pub struct Load {
	/// Seats in first rounds that are not decided.
	pub seats: u32,
	/// Reserved in the operator's own stake for seats of all rounds and for challenges, in planck.
	pub reserved: Balance,
	/// Open disputes in which it has a seat.
	pub disputes: u32,
}

impl Load {
	/// What a seat owes from its draw on.
	pub(crate) fn seat(terms: SeatTerms) -> Self {
		let seats = (terms.round == tiers::FIRST).into();
		Self { seats, reserved: terms.reserve, disputes: 0 }
	}

	/// What a challenge, or a seat whose round is decided, owes.
	pub(crate) fn reserve(reserved: Balance) -> Self {
		Self { reserved, ..Self::default() }
	}

	/// Tells whether an executor with this load can take a seat, besides `pending` that are to come.
	/// It has so many slots, and so much stake of its own in planck.
	pub(crate) fn has_room(
		&self,
		pending: u128,
		slots: u128,
		own: Balance,
		terms: SeatTerms,
	) -> bool {
		let mut limit = reservable(own);
		if terms.round == tiers::FIRST {
			if pending.saturating_add(self.seats.into()) >= slots {
				return false;
			}
			limit = economics::FIRST_ROUND_RESERVE_SHARE.mul_floor(limit);
		}
		let reserve = terms.reserve.saturating_mul(pending.saturating_add(1));
		self.reserved.saturating_add(reserve) <= limit
	}

	pub(crate) fn add(&mut self, other: Self) {
		self.seats = self.seats.saturating_add(other.seats);
		self.reserved = self.reserved.saturating_add(other.reserved);
		self.disputes = self.disputes.saturating_add(other.disputes);
	}

	fn remove(&mut self, other: Self) {
		if self.seats < other.seats
			|| self.reserved < other.reserved
			|| self.disputes < other.disputes
		{
			defensive!("what is released was taken");
		}
		self.seats = self.seats.saturating_sub(other.seats);
		self.reserved = self.reserved.saturating_sub(other.reserved);
		self.disputes = self.disputes.saturating_sub(other.disputes);
	}
}

/// Round of a seat, and what the seat reserves in planck.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct SeatTerms {
	pub(crate) round: RoundIndex,
	pub(crate) reserve: Balance,
}

/// Changes of loads, which are stored together: the list of all is decoded and encoded once for them.
pub(crate) struct LoadChanges<AccountId> {
	/// By executor: what is taken, and what is released.
	changes: BTreeMap<AccountId, (Load, Load)>,
}

impl<AccountId: Ord + Clone> LoadChanges<AccountId> {
	pub(crate) fn new() -> Self {
		Self { changes: BTreeMap::new() }
	}

	pub(crate) fn is_empty(&self) -> bool {
		self.changes.is_empty()
	}

	/// `who` owes `load` more.
	pub(crate) fn take(&mut self, who: &AccountId, load: Load) {
		self.changes.entry(who.clone()).or_default().0.add(load);
	}

	/// `who` owes `load` less.
	pub(crate) fn release(&mut self, who: &AccountId, load: Load) {
		self.changes.entry(who.clone()).or_default().1.add(load);
	}
}

/// Value that belongs to `who` in a sorted list.
pub(crate) fn value_of<A: Ord, V: Copy>(list: &[(A, V)], who: &A) -> Option<V> {
	list.binary_search_by(|(own, _)| own.cmp(who)).ok().map(|at| list[at].1)
}

/// Part of an operator's own stake that seats and challenges can reserve, in planck.
pub(crate) fn reservable(own: Balance) -> Balance {
	economics::RESERVABLE_SHARE.mul_floor(own)
}

impl<T: Config> Pallet<T> {
	/// Reserves `amount` planck in the own stake of an executor, for a challenge. Fails where too
	/// little is left.
	pub(crate) fn reserve(who: &T::AccountId, amount: Balance) -> Result<(), Error<T>> {
		let own = value_of(&T::Executors::own_stake(T::Executors::session()), who);
		let limit = reservable(own.unwrap_or_default());
		OpenSeats::<T>::try_mutate(|list| {
			let found = list.binary_search_by(|(own, _)| own.cmp(who));
			let mut load = found.map_or_else(|_| Load::default(), |at| list[at].1);
			load.add(Load::reserve(amount));
			ensure!(load.reserved <= limit, Error::<T>::NoReserve);
			match found {
				Ok(at) => list[at].1 = load,
				Err(at) => {
					list.try_insert(at, (who.clone(), load)).map_err(|_| Error::<T>::NoReserve)?
				},
			}
			Ok(())
		})
	}

	/// Stores changes of loads. Returns the number of executors on the list before.
	pub(crate) fn store_loads(changes: LoadChanges<T::AccountId>) -> u32 {
		if changes.is_empty() {
			return 0;
		}
		OpenSeats::<T>::mutate(|list| {
			let length = list.len() as u32;
			for (who, (taken, released)) in changes.changes {
				let found = list.binary_search_by(|(own, _)| own.cmp(&who));
				let mut load = found.map_or_else(|_| Load::default(), |at| list[at].1);
				load.add(taken);
				load.remove(released);
				let is_stored = match found {
					Ok(at) if load == Load::default() => {
						list.remove(at);
						true
					},
					Ok(at) => {
						list[at].1 = load;
						true
					},
					Err(_) if load == Load::default() => true,
					Err(at) => list.try_insert(at, (who, load)).is_ok(),
				};
				if !is_stored {
					defensive!("whoever takes a seat has looked for room");
				}
			}
			length
		})
	}

	/// Releases what [`Self::reserve`] reserved.
	pub(crate) fn unreserve(who: &T::AccountId, amount: Balance) {
		let mut changes = LoadChanges::new();
		changes.release(who, Load::reserve(amount));
		Self::store_loads(changes);
	}

	/// The first round of a request is over: its seats take no slots any more. Returns the weight.
	pub(crate) fn release_first_round(id: RequestId) -> Weight {
		let slot = Load { seats: 1, ..Load::default() };
		Self::change_loads(id, |changes, who| changes.release(who, slot))
	}

	/// A request is in dispute from now on. Returns the weight.
	pub(crate) fn begin_dispute(id: RequestId) -> Weight {
		let dispute = Load { disputes: 1, ..Load::default() };
		Self::change_loads(id, |changes, who| changes.take(who, dispute))
	}

	/// A request ends, in the state that it has: its seats owe nothing any more. Returns the weight.
	pub(crate) fn release_seats(id: RequestId, request: &RequestOf<T>) -> Weight {
		let owed = Self::owed_by_seats(request);
		Self::change_loads(id, |changes, who| changes.release(who, owed))
	}

	/// What each seat of a request owes whose first round is decided.
	pub(crate) fn owed_by_seats(request: &RequestOf<T>) -> Load {
		let disputes = matches!(request.state, RequestState::Court { .. }).into();
		Load { seats: 0, reserved: request.seat_reserve, disputes }
	}

	/// [`Self::release_seats`] in changes that are stored later.
	pub(crate) fn release_seats_with(
		changes: &mut LoadChanges<T::AccountId>,
		id: RequestId,
		request: &RequestOf<T>,
	) {
		let owed = Self::owed_by_seats(request);
		for SeatHolder { executor, .. } in T::Committees::seat_holders(id) {
			changes.release(&executor, owed);
		}
	}

	fn change_loads(
		id: RequestId,
		change: impl Fn(&mut LoadChanges<T::AccountId>, &T::AccountId),
	) -> Weight {
		let mut changes = LoadChanges::new();
		for SeatHolder { executor, .. } in T::Committees::seat_holders(id) {
			change(&mut changes, &executor);
		}
		if changes.is_empty() {
			return T::DbWeight::get().reads(1);
		}
		T::WeightInfo::release_seats(Self::store_loads(changes))
	}

	/// Largest weight of one change of the loads of a request's seats.
	pub(crate) fn max_release_weight() -> Weight {
		T::WeightInfo::release_seats(T::MaxExecutors::get())
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

impl<T: Config> Liabilities<T::AccountId> for Pallet<T> {
	fn in_dispute(who: &T::AccountId) -> bool {
		value_of(&OpenSeats::<T>::get(), who).is_some_and(|load| load.disputes > 0)
	}

	fn has_seats(who: &T::AccountId) -> bool {
		value_of(&OpenSeats::<T>::get(), who).is_some()
	}

	fn max_weight() -> Weight {
		T::WeightInfo::open_seats(T::MaxExecutors::get())
			.saturating_add(T::DbWeight::get().reads(1))
	}
}
