//! What must always hold.

use crate::{pallet::*, types::State};
use alloc::collections::BTreeMap;
use frame_support::{
	ensure,
	traits::{fungible::InspectHold, Get},
};
use opg_primitives::Balance;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Holds equal what the requests say; every request has an input and will be pruned.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		let next = NextRequestId::<T>::get();
		let mut held: BTreeMap<T::AccountId, (Balance, Balance)> = BTreeMap::new();
		for (id, request) in Requests::<T>::iter() {
			ensure!(id < next, "request number not below the next");
			ensure!(Inputs::<T>::contains_key(id), "request without an input");
			let expiry = request.requested_at + T::Lifetime::get().into();
			ensure!(Expiries::<T>::get(expiry).contains(&id), "request is never pruned");
			let entry = held.entry(request.requester).or_default();
			if let State::Waiting { escrow, .. } | State::Assigned { escrow, .. } = request.state {
				entry.0 += escrow;
			}
			entry.1 += request.deposit;
		}
		for (who, (escrow, deposit)) in held {
			ensure!(
				T::Currency::balance_on_hold(&HoldReason::Escrow.into(), &who) == escrow,
				"escrow of an account differs from its requests"
			);
			ensure!(
				T::Currency::balance_on_hold(&HoldReason::Deposit.into(), &who) == deposit,
				"deposit of an account differs from its requests"
			);
		}
		Ok(())
	}
}
