//! Deadlines: end the phases of sitting cases, and begin sittings, as far as the weight of a block
//! allows. Both lists are bounded, so nothing is moved from block to block: what does not fit stays
//! where it is, and comes first in the next block.

use crate::{pallet::*, types::*, weights::WeightInfo};
use alloc::vec::Vec;
use frame_support::{
	defensive,
	traits::Get,
	weights::{Weight, WeightMeter},
};
use opg_primitives::RequestId;

impl<T: Config> Pallet<T> {
	/// Ends the phases that are over and begins the sittings for which there is room. Returns the
	/// weight.
	pub(crate) fn pass_deadlines() -> Weight {
		let mut meter = WeightMeter::with_limit(T::HookWeight::get());
		meter.consume(T::WeightInfo::read_lists());
		Self::end_phases(&mut meter);
		Self::begin_sittings(&mut meter);
		meter.consumed()
	}

	fn end_phases(meter: &mut WeightMeter) {
		let now = Self::now();
		// A list of its own: a verdict may change those in storage.
		let due: Vec<RequestId> = Sittings::<T>::get()
			.into_iter()
			.filter(|sitting| sitting.until <= now)
			.map(|sitting| sitting.request)
			.collect();
		for request in due {
			let Some(case) = Cases::<T>::get(request) else { continue };
			match case.phase {
				CasePhase::Commit { committed } => {
					if meter.try_consume(T::WeightInfo::begin_reveal()).is_err() {
						return;
					}
					Self::begin_reveal(request, case, committed);
				},
				CasePhase::Reveal { .. } => {
					if !meter.can_consume(Self::max_end_sitting_weight()) {
						return;
					}
					meter.consume(Self::end_sitting(request, case));
				},
				CasePhase::Waiting => {
					defensive!("a case that waits does not sit");
				},
			}
		}
	}

	fn begin_sittings(meter: &mut WeightMeter) {
		let begun: Vec<RequestId> = Self::admissible()
			.into_iter()
			.take_while(|(request, admission)| {
				meter.try_consume(T::WeightInfo::begin_sitting()).is_ok()
					&& Self::begin_sitting(*request, *admission)
			})
			.map(|(request, _)| request)
			.collect();
		if !begun.is_empty() {
			Docket::<T>::mutate(|docket| {
				docket.retain(|waiting| !begun.contains(&waiting.request));
			});
		}
	}
}
