//! Paying, refunding and pruning.

use crate::{pallet::*, types::*};
use alloc::vec::Vec;
use frame_support::{
	defensive,
	traits::{
		fungible::{Balanced, BalancedHold, MutateHold},
		tokens::{imbalance::Imbalance, Precision},
	},
	BoundedVec,
};
use frame_system::pallet_prelude::BlockNumberFor;
use opg_primitives::{Answer, Balance, RequestId};
use pallet_opg_support::{Committees, ExecutorPools, FailureReason, Task, Verdict};

impl<T: Config> pallet_opg_support::Requests<T::AccountId> for Pallet<T> {
	fn task(request: RequestId) -> Option<Task> {
		let version = Requests::<T>::get(request)?.version;
		Some(Task {
			model: version.hash,
			engine: version.engine,
			input: Inputs::<T>::get(request)?.into_inner(),
			fuel_limit: version.max_fuel,
		})
	}

	fn decided(request: RequestId, verdict: Verdict<T::AccountId>) {
		match verdict {
			Verdict::Attested { answer, winners } => Self::attest(request, answer, winners),
			Verdict::Escalated => Self::escalate(request),
			Verdict::Failed(reason) => Self::fail(request, reason),
		}
	}
}

impl<T: Config> Pallet<T> {
	fn escalate(id: RequestId) {
		let Some(mut request) = Requests::<T>::get(id) else {
			defensive!("only an open request escalates");
			return;
		};
		let State::Assigned { round, escrow } = request.state else {
			defensive!("only an assigned request escalates");
			return;
		};
		let round = round.saturating_add(1);
		request.state = State::Waiting { round, escrow };
		Requests::<T>::insert(id, request);
		let now = frame_system::Pallet::<T>::block_number();
		Self::queue_draw(Self::draw_block(now), id, round);
	}

	/// The escrow of an open request.
	fn escrow(state: &StateOf<T>) -> Option<Balance> {
		match state {
			State::Waiting { escrow, .. } | State::Assigned { escrow, .. } => Some(*escrow),
			State::Attested { .. } | State::Failed { .. } => None,
		}
	}

	/// Pay the winners in equal parts and the owner its royalty; release the rest.
	fn attest(id: RequestId, answer: Answer, winners: Vec<T::AccountId>) {
		let Some(mut request) = Requests::<T>::get(id) else {
			defensive!("only an open request is attested");
			return;
		};
		let Some(escrow) = Self::escrow(&request.state) else {
			defensive!("a request is attested once");
			return;
		};
		// The escrow was computed from the fuel limit, and no answer takes more fuel than that.
		let pay =
			Self::pay(answer.fuel.min(request.version.max_fuel), request.price).unwrap_or_default();
		let share = pay / (winners.len() as Balance).max(1);
		let mut left = escrow;
		let mut take = |amount: Balance| {
			let (credit, _missing) = T::Currency::slash(
				&HoldReason::Escrow.into(),
				&request.requester,
				amount.min(left),
			);
			left = left.saturating_sub(credit.peek());
			credit
		};
		let paid: Vec<_> = winners
			.into_iter()
			.map(|winner| {
				let credit = take(share);
				let amount = credit.peek();
				T::Pools::reward(&winner, credit);
				(winner, amount)
			})
			.collect();
		let royalty = take(request.version.royalty);
		if let Err(credit) = T::Currency::resolve(&request.version.owner, royalty) {
			// The owner's account does not exist and the royalty is below what would create it:
			// back to the requester, whose account does.
			let _ = T::Currency::resolve(&request.requester, credit);
		}
		Self::release(HoldReason::Escrow, &request.requester, left);
		let (digest, fuel, fee) = (answer.digest(), answer.fuel, escrow.saturating_sub(left));
		request.state = State::Attested {
			answer,
			paid: BoundedVec::truncate_from(paid),
			fee,
			at: frame_system::Pallet::<T>::block_number(),
		};
		Requests::<T>::insert(id, request);
		Self::deposit_event(Event::Attested { request: id, digest, fuel, fee });
	}

	/// Refund the escrow.
	pub(crate) fn fail(id: RequestId, reason: FailureReason) {
		let Some(mut request) = Requests::<T>::get(id) else {
			defensive!("only an open request fails");
			return;
		};
		let Some(escrow) = Self::escrow(&request.state) else {
			defensive!("a request fails once");
			return;
		};
		Self::release(HoldReason::Escrow, &request.requester, escrow);
		request.state = State::Failed { reason, at: frame_system::Pallet::<T>::block_number() };
		Requests::<T>::insert(id, request);
		Self::deposit_event(Event::Failed { request: id, reason });
	}

	fn release(reason: HoldReason, who: &T::AccountId, amount: Balance) {
		if T::Currency::release(&reason.into(), who, amount, Precision::BestEffort).is_err() {
			defensive!("what this pallet holds it can release");
		}
	}

	/// Remove the requests whose time is over. Returns how many.
	pub(crate) fn prune(now: BlockNumberFor<T>) -> u32 {
		let due = Expiries::<T>::take(now);
		for id in &due {
			let Some(request) = Requests::<T>::get(id) else { continue };
			if Self::escrow(&request.state).is_some() {
				defensive!("the lifetime is longer than both rounds");
				Self::fail(*id, FailureReason::Congested);
			}
			Self::release(HoldReason::Deposit, &request.requester, request.deposit);
			Requests::<T>::remove(id);
			Inputs::<T>::remove(id);
			T::Committees::forget(*id);
			Self::deposit_event(Event::Pruned { request: *id });
		}
		due.len() as u32
	}
}
