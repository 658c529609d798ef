//! Verdicts: attests an answer, escalates a round without agreement, and resolves disputes.

use crate::{agenda::BlockContext, pallet::*, tiers, types::*, weights::WeightInfo};
use alloc::vec;
use frame_support::{
	traits::{fungible::BalancedHold, Get},
	weights::WeightMeter,
};
use opg_primitives::{Answer, Balance, FailureReason, Fuel, RequestId, RoundIndex};
use pallet_opg_support::{economics, Committees, ExecutorStake, Judgement};
use sp_core::H256;
use sp_runtime::traits::One;

impl<T: Config> Pallet<T> {
	/// Draws a larger committee, or refunds the request after the last one.
	pub(crate) fn escalate(
		meter: &mut WeightMeter,
		id: RequestId,
		mut request: RequestOf<T>,
		round: RoundIndex,
		reason: FailureReason,
	) {
		if round == tiers::ESCALATION || round >= tiers::SECOND_JURY {
			return Self::refund(meter, id, request, reason);
		}
		meter.consume(T::WeightInfo::escalated());
		let round = round + 1;
		if let Some(status) = request.state.committee_mut() {
			*status = CommitteeStatus::Waiting { round, since: Self::now() };
		}
		Requests::<T>::insert(id, &request);
		Self::deposit_event(Event::Escalated { request: id, round, reason });
		if !Self::schedule_draw(id, &request) {
			Self::refund(meter, id, request, FailureReason::Congested);
		}
	}

	/// Stores the answer of a committee. What follows moves money, so the agenda does it: after the
	/// challenge window, or in the next block where the answer is a jury's.
	pub(crate) fn attest(
		meter: &mut WeightMeter,
		id: RequestId,
		mut request: RequestOf<T>,
		answer: Answer,
	) {
		meter.consume(T::WeightInfo::attested());
		let now = Self::now();
		let (digest, fuel) = (answer.digest(), answer.fuel);
		let (at, action) = if let RequestState::Disputed { status, .. } = &mut request.state {
			*status = CommitteeStatus::Decided { digest, fuel };
			(now + One::one(), Action::ResolveDispute)
		} else {
			request.state = RequestState::Attested { answer, at: now };
			Self::deposit_event(Event::Attested { request: id, digest, fuel });
			(now + T::ChallengeWindow::get().into(), Action::Settle)
		};
		Requests::<T>::insert(id, &request);
		if !Self::schedule(at, id, action) {
			Self::refund(meter, id, request, FailureReason::Congested);
		}
	}

	/// Ends a dispute with the answer of its jury.
	pub(crate) fn resolve_dispute(context: &mut BlockContext<T>, id: RequestId) {
		let Some(request) = Requests::<T>::get(id) else {
			return context.meter.consume(T::WeightInfo::noop());
		};
		let RequestState::Disputed {
			answer,
			status: CommitteeStatus::Decided { digest, fuel },
			..
		} = &request.state
		else {
			return context.meter.consume(T::WeightInfo::noop());
		};
		if T::Executors::slashing_paused() {
			// A dispute is not decided while nobody can be slashed for it.
			let reason = FailureReason::SlashingPaused;
			return Self::refund(&mut context.meter, id, request, reason);
		}
		let (answer, digest, fuel) = (answer.clone(), *digest, *fuel);
		if answer.digest() == digest {
			Self::uphold(context, id, request, answer);
		} else {
			Self::overturn(context, id, request, digest, fuel);
		}
	}

	/// The jury found the attested answer: the challenger loses its bond to the pot.
	fn uphold(context: &mut BlockContext<T>, id: RequestId, request: RequestOf<T>, answer: Answer) {
		if let Some((challenger, bond)) = request.state.challenge() {
			let (credit, _) = T::Currency::slash(&HoldReason::Challenge.into(), challenger, bond);
			context.batch.deposit_to_pot(credit);
		}
		Self::deposit_event(Event::Upheld { request: id });
		let (right, wrong) = Self::settle(&mut context.batch, id, request, answer);
		context.meter.consume(T::WeightInfo::upheld(right, wrong));
	}

	/// The jury found another answer: executors that gave the attested one are slashed, and the
	/// requester gets everything back.
	fn overturn(
		context: &mut BlockContext<T>,
		id: RequestId,
		request: RequestOf<T>,
		digest: H256,
		fuel: Fuel,
	) {
		let pot = Self::pot();
		let mut payees = vec![(&pot, economics::POT_SHARE)];
		if let Some((challenger, bond)) = request.state.challenge() {
			Self::release(HoldReason::Challenge, challenger, bond);
			payees.push((challenger, economics::CHALLENGER_SHARE));
		}
		let Judgement { right, wrong } = T::Committees::judge(id, digest, &payees);
		let pay = Self::pay(fuel.min(request.version.fuel_limit), request.price);
		let pay = context.batch.pay_from_pot(&right, pay.unwrap_or_default());
		let paid = pay.saturating_mul(right.len() as Balance);
		Self::deposit_event(Event::Overturned { request: id, digest, paid });
		Self::fail(id, request, FailureReason::Overturned);
		context.meter.consume(T::WeightInfo::overturned(right.len() as u32, wrong));
	}
}
