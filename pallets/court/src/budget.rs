//! Budget: which cases on the docket sit next, by what validators give in a session.
//!
//! - The oldest sits in its turn, whatever it costs, one such case at a time. So a case waits for no
//!   more sittings than there were cases before it.
//! - Besides, cases sit while what they cost is left of the session's fuel and bytes, the cheapest
//!   first. So a flood of heavy cases does not keep a small one waiting.

use crate::{pallet::*, types::*};
use alloc::vec::Vec;
use frame_support::traits::Get;
use opg_primitives::RequestId;
use pallet_opg_support::CourtLoad;

impl<T: Config> Pallet<T> {
	/// Cases on the docket that may sit now, in the order in which they begin.
	pub(crate) fn admissible() -> Vec<(RequestId, Admission)> {
		let session = T::Session::get();
		let mut due: Vec<Waiting> =
			Docket::<T>::get().into_iter().filter(|case| case.not_before <= session).collect();
		if due.is_empty() {
			return Vec::new();
		}
		let sittings = Sittings::<T>::get();
		let within_budget =
			sittings.iter().filter(|case| case.admission == Admission::Budget).count();
		let mut admitted = Vec::new();
		if within_budget == sittings.len() {
			admitted.push((due.remove(0).request, Admission::Turn));
		}
		// One place is kept for the oldest.
		let places = (T::MaxSitting::get() as usize).saturating_sub(within_budget + 1);
		// Stable: the older first where they cost the same.
		due.sort_by_key(|case| Self::share(case.load));
		let mut spent = Spent::<T>::get();
		let affordable = due.into_iter().filter(|case| match Self::spend(spent, case.load) {
			Some(total) => {
				spent = total;
				true
			},
			None => false,
		});
		admitted.extend(affordable.take(places).map(|case| (case.request, Admission::Budget)));
		admitted
	}

	/// What is spent of the session's budget with another case. `None` if it does not fit.
	pub(crate) fn spend(spent: CourtLoad, load: CourtLoad) -> Option<CourtLoad> {
		let total = CourtLoad {
			fuel: spent.fuel.checked_add(load.fuel)?,
			bytes: spent.bytes.checked_add(load.bytes)?,
		};
		let fits = total.fuel <= T::SessionFuel::get() && total.bytes <= T::SessionBytes::get();
		fits.then_some(total)
	}

	/// Part of the session's fuel or bytes that a case costs, the larger of the two, on a scale of its
	/// own.
	fn share(load: CourtLoad) -> u128 {
		let fuel = u128::from(load.fuel) * u128::from(T::SessionBytes::get());
		let bytes = u128::from(load.bytes) * u128::from(T::SessionFuel::get());
		fuel.max(bytes)
	}
}
