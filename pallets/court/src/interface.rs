//! Implementation of [`Courts`], by which the inference pallet brings disputes to the court, and of
//! [`CourtPresence`], by which the staking pallet learns who was absent.

use crate::{pallet::*, types::*, weights::WeightInfo};
use frame_support::{ensure, traits::Get, weights::Weight};
use opg_primitives::RequestId;
use pallet_opg_support::{CourtFull, CourtPresence, Courts, OnCourtDecided};
use sp_core::H256;

impl<T: Config> Courts for Pallet<T> {
	fn open(request: RequestId, seed: H256) -> Result<(), CourtFull> {
		if Cases::<T>::contains_key(request) {
			return Ok(());
		}
		let waiting = Docket::<T>::decode_len().unwrap_or_default();
		let sitting = Sittings::<T>::decode_len().unwrap_or_default();
		ensure!(waiting + sitting < T::MaxCases::get() as usize, CourtFull);
		let (load, sizes) = T::Requests::court_terms(request);
		let not_before = T::Session::get();
		Docket::<T>::try_append(Waiting { request, not_before, load }).map_err(|_| CourtFull)?;
		let (session, seats) = Self::hold_bench();
		let phase = CasePhase::Waiting;
		let case = Case { seed, load, sizes, sitting: 0, session, seats, phase };
		Cases::<T>::insert(request, case);
		Self::deposit_event(Event::Opened { request, session });
		Ok(())
	}

	fn accepts_claims(request: RequestId) -> bool {
		Cases::<T>::get(request).is_some_and(|case| !case.has_public_votes())
	}

	fn reveals_claims(request: RequestId) -> bool {
		Cases::<T>::get(request).is_some_and(|case| case.has_public_votes())
	}

	fn remove(request: RequestId) -> Weight {
		let read = T::DbWeight::get().reads(1);
		match Self::remove_case(request) {
			Some((votes, answers)) => {
				read.saturating_add(T::WeightInfo::end_sitting(votes, answers))
			},
			None => read,
		}
	}

	fn max_remove_weight() -> Weight {
		let votes = T::MaxValidators::get();
		T::DbWeight::get().reads(1).saturating_add(T::WeightInfo::end_sitting(votes, votes))
	}
}

impl<T: Config> CourtPresence<T::AccountId> for Pallet<T> {
	fn missed(session: u32, who: &T::AccountId) -> u32 {
		Missed::<T>::get(session).get(who).copied().unwrap_or_default()
	}
}
