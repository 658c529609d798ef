//! What must always hold.

use crate::{pallet::*, types::*};
use alloc::collections::BTreeMap;
use frame_support::{
	ensure,
	traits::{fungible::InspectHold, Get},
};
use opg_primitives::Balance;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Holds equal what the requests say; every request has an input, something that moves it on, and
	/// an end.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		let next = NextRequestId::<T>::get();
		let mut planned = BTreeMap::new();
		for (block, actions) in Agenda::<T>::iter() {
			ensure!(block > frame_system::Pallet::<T>::block_number(), "overdue agenda");
			for (id, action) in actions {
				ensure!(planned.insert((id, action as u8), block).is_none(), "planned twice");
			}
		}
		let is_planned = |id, action: Action| planned.contains_key(&(id, action as u8));
		let mut held: BTreeMap<T::AccountId, [Balance; 2]> = BTreeMap::new();
		for (id, request) in Requests::<T>::iter() {
			ensure!(id < next, "request number not below the next");
			ensure!(Inputs::<T>::contains_key(id), "request without an input");
			ensure!(is_planned(id, Action::Prune), "request is never pruned");
			ensure!(
				!request.state.is_final() || request.escrow == 0,
				"a final request holds an escrow"
			);
			ensure!(
				!matches!(request.state, State::Settled { .. }) || request.deposit == 0,
				"a settled request holds a deposit"
			);
			match &request.state {
				State::Open(Phase::Waiting { .. })
				| State::Disputed { phase: Phase::Waiting { .. }, .. } => {
					ensure!(is_planned(id, Action::Draw), "no draw for a request that waits for it")
				},
				State::Attested { .. } => {
					ensure!(is_planned(id, Action::Settle), "an attested request is never settled")
				},
				State::Disputed { phase: Phase::Found { .. }, .. } => {
					ensure!(is_planned(id, Action::Conclude), "a dispute never ends")
				},
				_ => {},
			}
			if let State::Disputed { doubt: Doubt::Challenge { challenger, bond }, .. } =
				&request.state
			{
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
