//! Invariants of requests, their holds, the queue of draws and the agenda.

use crate::{capacity::Load, pallet::*, tiers, types::*};
use alloc::collections::{BTreeMap, BTreeSet};
use frame_support::{
	ensure,
	traits::{fungible::InspectHold, Get},
};
use opg_primitives::{Balance, RequestId};
use pallet_opg_support::Committees;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks the invariants that the README lists.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		let scheduled = Self::scheduled()?;
		let queued = Self::queued()?;
		let next = NextRequestId::<T>::get();
		let is_scheduled = |id, action| scheduled.contains(&(id, action));
		let mut held: BTreeMap<T::AccountId, [Balance; 3]> = BTreeMap::new();
		let (mut loads, mut pending) = (BTreeMap::<T::AccountId, Load>::new(), BTreeMap::new());
		let mut pool_challenges = 0;
		for (id, request) in Requests::<T>::iter() {
			if !request.state.is_final() {
				let seats = request.state.is_in_first_round().into();
				let owed = Load { seats, ..Self::owed_by_seats(&request) };
				for seat in T::Committees::seat_holders(id) {
					loads.entry(seat.executor).or_default().add(owed);
				}
			}
			if request.state.waits_for_first_draw() {
				*pending.entry(request.model).or_insert(0u32) += tiers::size(request.tier);
			}
			ensure!(id < next, "request number not below the next");
			ensure!(
				Inputs::<T>::contains_key(id) == request.stored_input.is_none(),
				"a request has no input, or two"
			);
			ensure!(is_scheduled(id, Action::Prune), "request is never pruned");
			if request.state.is_final() {
				ensure!(
					request.challenges.is_empty() && request.audit.is_none(),
					"a final request holds a bond"
				);
				ensure!(
					request.escrow == 0 || request.has_panel,
					"a final request holds an escrow, and owes nothing"
				);
			}
			match request.state.awaited(request.stored_input) {
				Some((_, None)) => {
					ensure!(is_scheduled(id, Action::Convene), "a content is never asked for")
				},
				Some((_, Some(_))) => ensure!(
					request.has_panel && is_scheduled(id, Action::EndHolding),
					"a content is awaited for ever"
				),
				None => ensure!(
					!matches!(
						request.state,
						RequestState::Uploading { .. } | RequestState::Holding { .. }
					),
					"a request waits for a content that it does not have"
				),
			}
			match (&request.state, request.state.committee()) {
				(_, Some(CommitteeStatus::Waiting { .. })) => {
					ensure!(queued.contains(&id), "a draw that is awaited is not queued")
				},
				(RequestState::Attested { .. }, _) => ensure!(
					is_scheduled(id, Action::Settle),
					"an attested request is never settled"
				),
				(_, Some(CommitteeStatus::Passed)) => {
					ensure!(is_scheduled(id, Action::Settle), "an audited request is never settled")
				},
				(RequestState::Court { opened: false, .. }, _) => {
					let waits = WaitingDisputes::<T>::get().contains(&id);
					ensure!(waits, "the court is never asked again")
				},
				(RequestState::Settled { .. }, _) => ensure!(
					request.deposit == 0 && !request.has_panel,
					"a settled request holds a deposit, or its panel waits for its pay"
				),
				_ => {},
			}
			let in_dispute = matches!(request.state, RequestState::Court { .. });
			ensure!(
				in_dispute || request.challenges.is_empty(),
				"a challenged request is not in dispute"
			);
			for Challenge { challenger, bond, source, .. } in request.challenges {
				match source {
					BondSource::Account => held.entry(challenger).or_default()[1] += bond,
					BondSource::Pool { .. } => {
						let entry = PoolChallenges::<T>::get(request.model, &challenger);
						ensure!(entry == Some(id), "a challenge with a pool is not listed");
						pool_challenges += 1;
						loads.entry(challenger).or_default().add(Load::reserve(bond));
					},
				}
			}
			if let Some(AuditOrder::Bought { buyer, held: price }) = request.audit {
				held.entry(buyer).or_default()[2] += price;
			}
			held.entry(request.requester).or_default()[0] += request.escrow + request.deposit;
		}
		ensure!(
			OpenSeats::<T>::get()
				.into_iter()
				.eq(loads.into_iter().filter(|(_, load)| *load != Load::default())),
			"the loads of executors are not those of their seats and challenges"
		);
		ensure!(
			PoolChallenges::<T>::iter_keys().count() == pool_challenges,
			"a challenge with a pool that has ended is listed"
		);
		ensure!(
			PendingSeats::<T>::iter().collect::<BTreeMap<_, _>>() == pending,
			"the seats that wait are not those of the requests"
		);
		// Also of accounts without requests: a hold without an owner would never be released.
		for who in frame_system::Account::<T>::iter_keys() {
			let owed = held.get(&who).copied().unwrap_or_default();
			let reasons = [HoldReason::Request, HoldReason::Challenge, HoldReason::Audit];
			for (reason, amount) in reasons.into_iter().zip(owed) {
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

	/// Actions on the agenda that are not done.
	fn scheduled() -> Result<BTreeSet<(RequestId, Action)>, TryRuntimeError> {
		let (cursor, done) = AgendaCursor::<T>::get();
		let mut scheduled = BTreeSet::new();
		for (time, actions) in Agenda::<T>::iter() {
			ensure!(time >= cursor, "an agenda was passed over");
			let skipped = if time == cursor { done as usize } else { 0 };
			ensure!(skipped <= actions.len(), "more actions are done than there were");
			scheduled.extend(actions.into_iter().skip(skipped));
		}
		Ok(scheduled)
	}

	/// Requests whose draws are queued and not done.
	fn queued() -> Result<BTreeSet<RequestId>, TryRuntimeError> {
		let batches = DrawBatches::<T>::get();
		let mut queued = BTreeSet::new();
		for batch in &batches {
			let ids = Draws::<T>::get((batch.queued_at, batch.authors));
			ensure!((batch.done as usize) < ids.len(), "a batch of draws has none left");
			ensure!(
				batch.queued_at <= batch.since && batch.since <= Self::block(),
				"a batch of draws waits for the past"
			);
			queued.extend(ids.into_iter().skip(batch.done as usize));
		}
		ensure!(Draws::<T>::iter().count() == batches.len(), "draws without a batch");
		let outputs = VrfOutputs::<T>::get();
		ensure!(outputs.is_sorted_by_key(|(block, _)| *block), "outputs are not in order");
		Ok(queued)
	}
}
