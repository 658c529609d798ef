//! What follows from decisions: paying, refunding.

use crate::{pallet::*, tiers, types::*, weights::WeightInfo};
use alloc::{vec, vec::Vec};
use frame_support::{
	defensive,
	traits::{
		fungible::{Balanced, BalancedHold, Inspect, MutateHold},
		tokens::{imbalance::Imbalance, Fortitude, Precision, Preservation},
		Get,
	},
	weights::Weight,
	BoundedVec,
};
use opg_primitives::{Answer, Balance, RequestId};
use pallet_opg_support::{
	penalties, Committees, ExecutorPools, FailureReason, Judged, Task, Verdict, MAX_SEATS,
};
use sp_runtime::{traits::AccountIdConversion, Perbill};

impl<T: Config> pallet_opg_support::Requests<T::AccountId> for Pallet<T> {
	fn task(request: RequestId) -> Option<Task> {
		let version = Requests::<T>::get(request)?.version;
		Some(Task {
			model: version.hash,
			engine: version.engine,
			dims: version.dims,
			input: Inputs::<T>::get(request)?.into_inner(),
			fuel_limit: version.max_fuel,
		})
	}

	fn decided(id: RequestId, verdict: Verdict) -> Weight {
		let Some(mut request) = Requests::<T>::get(id) else {
			defensive!("only a request that is kept is decided");
			return T::WeightInfo::look_up();
		};
		let Some(Phase::Assigned { round }) = request.state.phase_mut().copied() else {
			defensive!("only an assigned request is decided");
			return T::WeightInfo::look_up();
		};
		if T::Pools::slashing_paused() && matches!(request.state, State::Disputed { .. }) {
			// A dispute is not decided while nobody can be slashed for it.
			return Self::undecided(id, request, FailureReason::SlashingPaused);
		}
		match verdict {
			Verdict::Undecided(reason) => Self::escalate(id, request, round, reason),
			Verdict::Agreed(found) => match &request.state {
				State::Disputed { answer, .. } if *answer == found => {
					Self::uphold(id, request, found)
				},
				State::Disputed { .. } => Self::overturn(id, request, found),
				_ => Self::attest(id, request, found),
			},
		}
	}

	fn most_of_decided() -> Weight {
		let judge = |cost: fn(u32, u32) -> Weight| cost(MAX_SEATS, 0).max(cost(1, MAX_SEATS - 1));
		let again = T::WeightInfo::attested().max(T::WeightInfo::escalated());
		judge(T::WeightInfo::upheld)
			.max(judge(T::WeightInfo::overturned))
			.max(again.saturating_add(T::WeightInfo::give_up()))
	}
}

impl<T: Config> Pallet<T> {
	/// The account of the protocol's share, of lost bonds, and of what pays juries.
	pub fn pot() -> T::AccountId {
		T::PotId::get().into_account_truncating()
	}

	/// Draw a larger committee, or give up after the last.
	fn escalate(
		id: RequestId,
		mut request: RequestOf<T>,
		round: opg_primitives::RoundIndex,
		reason: FailureReason,
	) -> Weight {
		if round == tiers::ESCALATION || round >= tiers::SECOND_JURY {
			return Self::undecided(id, request, reason);
		}
		let (round, since) = (round + 1, frame_system::Pallet::<T>::block_number());
		if let Some(phase) = request.state.phase_mut() {
			*phase = Phase::Waiting { round, since };
		}
		Requests::<T>::insert(id, &request);
		Self::deposit_event(Event::Escalated { request: id, round, reason });
		if !Self::schedule_draw(id, &request) {
			return T::WeightInfo::escalated().saturating_add(Self::undecided(
				id,
				request,
				FailureReason::Congested,
			));
		}
		T::WeightInfo::escalated()
	}

	fn attest(id: RequestId, mut request: RequestOf<T>, answer: Answer) -> Weight {
		let now = frame_system::Pallet::<T>::block_number();
		let (digest, fuel) = (answer.digest(), answer.fuel);
		request.state = State::Attested { answer, at: now };
		Requests::<T>::insert(id, &request);
		Self::deposit_event(Event::Attested { request: id, digest, fuel });
		if !Self::schedule(now + T::ChallengeWindow::get().into(), id, Action::Settle) {
			return T::WeightInfo::attested().saturating_add(Self::undecided(
				id,
				request,
				FailureReason::Congested,
			));
		}
		T::WeightInfo::attested()
	}

	/// End a request that no committee decides: everyone gets back what they put in. Returns what
	/// that cost.
	pub(crate) fn undecided(id: RequestId, request: RequestOf<T>, reason: FailureReason) -> Weight {
		if let State::Disputed { doubt: Doubt::Challenge { challenger, bond }, .. } = &request.state
		{
			Self::release(HoldReason::Challenge, challenger, *bond);
		}
		Self::fail(id, request, reason);
		T::WeightInfo::give_up()
	}

	/// The jury found the attested answer: the challenger loses its bond.
	fn uphold(id: RequestId, request: RequestOf<T>, answer: Answer) -> Weight {
		if let State::Disputed { doubt: Doubt::Challenge { challenger, bond }, .. } = &request.state
		{
			let (credit, _) = T::Currency::slash(&HoldReason::Challenge.into(), challenger, *bond);
			// Dropping what the pot cannot take burns it.
			let _ = T::Currency::resolve(&Self::pot(), credit);
		}
		Self::deposit_event(Event::Upheld { request: id });
		let (right, wrong) = Self::settle(id, request, answer);
		T::WeightInfo::upheld(right, wrong)
	}

	/// The jury found another answer: whoever gave the attested one is slashed, and the requester
	/// gets everything back.
	fn overturn(id: RequestId, request: RequestOf<T>, found: Answer) -> Weight {
		let pot = Self::pot();
		let mut payees: Vec<(&T::AccountId, Perbill)> = vec![(&pot, penalties::POT_SHARE)];
		if let State::Disputed { doubt: Doubt::Challenge { challenger, bond }, .. } = &request.state
		{
			Self::release(HoldReason::Challenge, challenger, *bond);
			payees.push((challenger, penalties::CHALLENGER_SHARE));
		}
		let Judged { right, wrong } = T::Committees::judge(id, found.digest(), &payees);
		let each = Self::pay(found.fuel.min(request.version.max_fuel), request.price);
		let each = Self::pay_from_pot(&right, each.unwrap_or_default());
		let paid = each.saturating_mul(right.len() as Balance);
		Self::deposit_event(Event::Overturned { request: id, digest: found.digest(), paid });
		Self::fail(id, request, FailureReason::Overturned);
		T::WeightInfo::overturned(right.len() as u32, wrong)
	}

	/// Pay `each` to those who are right, or an equal part of what the pot has. Returns what each got.
	fn pay_from_pot(right: &[T::AccountId], each: Balance) -> Balance {
		if right.is_empty() {
			return 0;
		}
		let pot = Self::pot();
		let count = right.len() as Balance;
		let has = T::Currency::reducible_balance(&pot, Preservation::Preserve, Fortitude::Polite);
		let each = each.min(has / count);
		let Ok(mut purse) = T::Currency::withdraw(
			&pot,
			each.saturating_mul(count),
			Precision::BestEffort,
			Preservation::Preserve,
			Fortitude::Polite,
		) else {
			defensive!("the pot pays what it can spend");
			return 0;
		};
		for who in right {
			T::Pools::reward(who, purse.extract(each));
		}
		each
	}

	/// Judge everyone who answered, pay those who were right, the owner and the protocol; release
	/// the rest of the escrow.
	///
	/// Each is paid for its own work: the first so many winners as the committee has seats from the
	/// fee, in the order of the rounds; those who decided an escalation or a dispute from the pot, in
	/// equal parts where it has not enough. Returns how many were right and how many wrong.
	pub(crate) fn settle(id: RequestId, mut request: RequestOf<T>, answer: Answer) -> (u32, u32) {
		let pot = Self::pot();
		let Judged { right: mut winners, wrong } =
			T::Committees::judge(id, answer.digest(), &[(&pot, penalties::POT_SHARE)]);
		let right = winners.len() as u32;
		// The escrow was computed from the fuel limit, and no answer takes more fuel than that.
		let most = Self::pay(request.version.max_fuel, request.price).unwrap_or_default();
		let each =
			Self::pay(answer.fuel.min(request.version.max_fuel), request.price).unwrap_or_default();

		let by_fee = winners.len().min(tiers::size(request.tier) as usize);
		let by_pot = winners.split_off(by_fee);
		let pay = each.saturating_mul(by_fee as Balance);
		let royalty = request.version.royalty;
		let protocol = Self::protocol_part(each, most, request.tier).unwrap_or_default();
		let fee = pay.saturating_add(royalty).saturating_add(protocol).min(request.escrow);
		let (mut credit, _missing) =
			T::Currency::slash(&HoldReason::Escrow.into(), &request.requester, fee);
		let fee = credit.peek();
		let (mut purse, royalty) = (credit.extract(pay), credit.extract(royalty));
		// Dropping what the pot cannot take burns it.
		let _ = T::Currency::resolve(&pot, credit);
		let mut paid = Vec::with_capacity(by_fee + by_pot.len());
		for winner in winners {
			let credit = purse.extract(each);
			paid.push((winner.clone(), credit.peek()));
			T::Pools::reward(&winner, credit);
		}
		let extra = Self::pay_from_pot(&by_pot, each);
		paid.extend(by_pot.into_iter().map(|winner| (winner, extra)));
		if let Err(credit) = T::Currency::resolve(&request.version.owner, royalty) {
			// The owner's account does not exist and the royalty is below what would create it:
			// back to the requester, whose account does.
			let _ = T::Currency::resolve(&request.requester, credit);
		}
		Self::release(HoldReason::Escrow, &request.requester, request.escrow.saturating_sub(fee));
		request.escrow = 0;
		request.state = State::Settled {
			answer,
			paid: BoundedVec::truncate_from(paid),
			fee,
			at: frame_system::Pallet::<T>::block_number(),
		};
		Requests::<T>::insert(id, request);
		Self::deposit_event(Event::Settled { request: id, fee });
		(right, wrong)
	}

	/// End a request without an answer and return the escrow.
	pub(crate) fn fail(id: RequestId, mut request: RequestOf<T>, reason: FailureReason) {
		Self::release(HoldReason::Escrow, &request.requester, request.escrow);
		request.escrow = 0;
		request.state = State::Failed { reason, at: frame_system::Pallet::<T>::block_number() };
		Requests::<T>::insert(id, request);
		Self::deposit_event(Event::Failed { request: id, reason });
	}

	pub(crate) fn release(reason: HoldReason, who: &T::AccountId, amount: Balance) {
		if T::Currency::release(&reason.into(), who, amount, Precision::BestEffort).is_err() {
			defensive!("what this pallet holds it can release");
		}
	}
}
