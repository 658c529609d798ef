//! Invariants of requests, their holds and their places on the agenda.

use crate::{pallet::*, types::*};
use alloc::collections::{BTreeMap, BTreeSet};
use frame_support::{
	ensure,
	traits::{fungible::InspectHold, Get},
};
use opg_primitives::Balance;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks the invariants that the README lists.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		let next = NextRequestId::<T>::get();
		let mut scheduled = BTreeSet::new();
		for (block, actions) in Agenda::<T>::iter() {
			ensure!(block > Self::now(), "overdue agenda");
			for (id, action) in actions {
				ensure!(scheduled.insert((id, action as u8)), "action is scheduled twice");
			}
		}
		let is_scheduled = |id, action: Action| scheduled.contains(&(id, action as u8));
		let mut held: BTreeMap<T::AccountId, [Balance; 2]> = BTreeMap::new();
		for (id, request) in Requests::<T>::iter() {
			ensure!(id < next, "request number not below the next");
			ensure!(Inputs::<T>::contains_key(id), "request without an input");
			ensure!(is_scheduled(id, Action::Prune), "request is never pruned");
			ensure!(
				!request.state.is_final() || request.escrow == 0,
				"a final request holds an escrow"
			);
			ensure!(
				!matches!(request.state, RequestState::Settled { .. }) || request.deposit == 0,
				"a settled request holds a deposit"
			);
			match (&request.state, request.state.committee()) {
				(_, Some(CommitteeStatus::Waiting { .. })) => {
					ensure!(
						is_scheduled(id, Action::Draw),
						"a draw that is awaited is not scheduled"
					)
				},
				(_, Some(CommitteeStatus::Decided { .. })) => ensure!(
					is_scheduled(id, Action::ResolveDispute),
					"a decided dispute is never resolved"
				),
				(RequestState::Attested { .. }, _) => {
					ensure!(
						is_scheduled(id, Action::Settle),
						"an attested request is never settled"
					)
				},
				_ => {},
			}
			if let Some((challenger, bond)) = request.state.challenge() {
				held.entry(challenger.clone()).or_default()[1] += bond;
			}
			held.entry(request.requester).or_default()[0] += request.escrow + request.deposit;
		}
		for (who, [request, bond]) in held {
			for (reason, amount) in [(HoldReason::Request, request), (HoldReason::Challenge, bond)]
			{
				ensure!(
					T::Currency::balance_on_hold(&reason.into(), &who) == amount,
					"what an account has on hold differs from its requests"
				);
			}
		}
		let price = FuelPrice::<T>::get();
		ensure!(
			(T::MinFuelPrice::get()..=T::MaxFuelPrice::get()).contains(&price),
			"the price of fuel is out of range"
		);
		Ok(())
	}
}
