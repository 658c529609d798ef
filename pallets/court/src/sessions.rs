//! Sessions: their benches, and who was absent.

use crate::{pallet::*, types::*};
use alloc::vec::Vec;
use frame_support::{
	traits::{Get, OneSessionHandler},
	BoundedVec,
};
use opg_primitives::court::CourtKey;
use sp_runtime::BoundToRuntimeAppPublic;

impl<T: Config> BoundToRuntimeAppPublic for Pallet<T> {
	type Public = CourtKey;
}

impl<T: Config> OneSessionHandler<T::AccountId> for Pallet<T> {
	type Key = CourtKey;

	fn on_genesis_session<'a, I>(validators: I)
	where
		I: Iterator<Item = (&'a T::AccountId, CourtKey)> + 'a,
	{
		Self::keep_bench(validators);
	}

	fn on_new_session<'a, I>(_changed: bool, validators: I, _queued_validators: I)
	where
		I: Iterator<Item = (&'a T::AccountId, CourtKey)> + 'a,
	{
		Self::keep_bench(validators);
	}

	fn on_disabled(_validator_index: u32) {}
}

impl<T: Config> Pallet<T> {
	/// Keeps the bench of the session that begins, and drops those before that no case names.
	fn keep_bench<'a>(validators: impl Iterator<Item = (&'a T::AccountId, CourtKey)>)
	where
		T::AccountId: 'a,
	{
		let session = T::Session::get();
		// As a rule the last one, and those of open cases.
		let earlier: Vec<u32> = Benches::<T>::iter_keys().collect();
		earlier.into_iter().for_each(Self::drop_unused);
		let bench: Vec<_> = validators.map(|(who, key)| (who.clone(), key)).collect();
		Benches::<T>::insert(session, BoundedVec::truncate_from(bench));
		Spent::<T>::kill();
		let forgotten: Vec<u32> =
			Missed::<T>::iter_keys().filter(|kept| kept.saturating_add(1) < session).collect();
		forgotten.into_iter().for_each(Missed::<T>::remove);
	}

	/// Counts a decided case as missed by these validators. Where there are benches of several
	/// sessions, those for whom the list has no room any more lose nothing.
	pub(crate) fn note_missed(validators: Vec<T::AccountId>) {
		if validators.is_empty() {
			return;
		}
		Missed::<T>::mutate(T::Session::get(), |missed| {
			for who in validators {
				match missed.get_mut(&who) {
					Some(count) => *count = count.saturating_add(1),
					None => {
						let _ = missed.try_insert(who, 1);
					},
				}
			}
		});
	}

	/// Holds the current bench for a case. Returns its session and its number of seats.
	pub(crate) fn hold_bench() -> (u32, u32) {
		let session = T::Session::get();
		BenchCases::<T>::mutate(session, |cases| *cases = cases.saturating_add(1));
		(session, Benches::<T>::get(session).len() as u32)
	}

	/// Lets go of a bench that a case held.
	pub(crate) fn release_bench(session: u32) {
		BenchCases::<T>::mutate_exists(session, |cases| {
			*cases = cases.take().and_then(|cases| cases.checked_sub(1)).filter(|cases| *cases > 0);
		});
		if session != T::Session::get() {
			Self::drop_unused(session);
		}
	}

	fn drop_unused(session: u32) {
		if !BenchCases::<T>::contains_key(session) {
			Benches::<T>::remove(session);
		}
	}

	/// Seat of the validator with this key.
	pub(crate) fn seat_of(bench: &BenchOf<T>, key: &CourtKey) -> Option<SeatIndex> {
		bench.iter().position(|(_, own)| own == key).map(|seat| seat as SeatIndex)
	}

	/// Seats of these keys on a bench, each with its validator.
	pub(crate) fn own_seats<'a>(
		bench: &'a BenchOf<T>,
		keys: &'a [CourtKey],
	) -> Vec<(SeatIndex, &'a T::AccountId, &'a CourtKey)> {
		keys.iter()
			.filter_map(|key| {
				let index = Self::seat_of(bench, key)?;
				let (validator, _) = bench.get(usize::from(index))?;
				Some((index, validator, key))
			})
			.collect()
	}
}
