//! Verdicts on rounds: attests an answer, escalates a silent round, brings a dissent to the court.

use crate::{pallet::*, tiers, types::*, weights::WeightInfo};
use frame_support::weights::WeightMeter;
use opg_primitives::{Answer, FailureReason, RequestId, RoundIndex};
use pallet_opg_support::{Committees, Verdict};
use sp_runtime::traits::One;

impl<T: Config> Pallet<T> {
	/// Goes on after the end of a round.
	pub(crate) fn conclude_round(
		meter: &mut WeightMeter,
		id: RequestId,
		request: RequestOf<T>,
		round: RoundIndex,
		verdict: Verdict,
	) {
		// Whoever differs may have sat in an earlier round, which was too silent to agree.
		let differ = T::Committees::revealed_digests(id).len() > 1;
		let is_audit = round == tiers::AUDIT;
		match verdict {
			Verdict::Agreed(answer) if !differ && is_audit => {
				Self::pass_audit(meter, id, request, answer)
			},
			Verdict::Agreed(answer) if !differ => {
				meter.consume(T::WeightInfo::attested());
				Self::accept(meter, id, request, answer)
			},
			Verdict::Undecided(reason) if !differ && !is_audit => {
				Self::escalate(meter, id, request, round, reason)
			},
			// Two answers differ, or an answer that was picked to be checked was not.
			_ => Self::open_court(meter, id, request),
		}
	}

	/// Draws a larger committee once, or refunds the request.
	fn escalate(
		meter: &mut WeightMeter,
		id: RequestId,
		mut request: RequestOf<T>,
		round: RoundIndex,
		reason: FailureReason,
	) {
		if round == tiers::SECOND {
			return Self::refund(meter, id, request, reason);
		}
		if Self::is_expired(&request) {
			return Self::refund(meter, id, request, FailureReason::Expired);
		}
		meter.consume(T::WeightInfo::escalated());
		request.state = RequestState::Open(Self::waiting(tiers::SECOND));
		Self::deposit_event(Event::Escalated { request: id, round: tiers::SECOND, reason });
		Self::fix_round(meter, id, request);
	}

	/// Goes on with the answer of a committee. Where its output is outside of the chain, the panel has to
	/// hold it first.
	fn accept(meter: &mut WeightMeter, id: RequestId, mut request: RequestOf<T>, answer: Answer) {
		if stored_output(&answer).is_none() {
			return Self::attest(meter, id, request, answer);
		}
		Self::enter(&mut request, RequestState::Holding { answer, until: None });
		Requests::<T>::insert(id, &request);
		if !Self::schedule(Self::now() + One::one(), id, Action::Convene) {
			Self::refund(meter, id, request, FailureReason::Congested);
		}
	}

	/// Stores the answer of a committee. What follows moves money, so the agenda does it, after the
	/// challenge window. The caller spends the weight.
	pub(crate) fn attest(
		meter: &mut WeightMeter,
		id: RequestId,
		mut request: RequestOf<T>,
		answer: Answer,
	) {
		let now = Self::now();
		let (digest, fuel) = (answer.digest(), answer.fuel);
		Self::enter(&mut request, RequestState::Attested { answer, at: now });
		Requests::<T>::insert(id, &request);
		Self::deposit_event(Event::Attested {
			request: id,
			requester: request.requester.clone(),
			model: request.model,
			digest,
			fuel,
			reference: request.reference,
		});
		let window = Self::challenge_window(&request.version.limits);
		if !Self::schedule(now + window.into(), id, Action::Settle) {
			Self::refund(meter, id, request, FailureReason::Congested);
		}
	}

	/// An audit committee agreed. An answer whose window is over is settled at the next time of the
	/// clock; any other when its window is over.
	fn pass_audit(
		meter: &mut WeightMeter,
		id: RequestId,
		mut request: RequestOf<T>,
		found: Answer,
	) {
		let RequestState::Audited { answer, at, .. } = request.state.clone() else {
			return Self::open_court(meter, id, request);
		};
		if answer.digest() != found.digest() {
			return Self::open_court(meter, id, request);
		}
		meter.consume(T::WeightInfo::attested());
		let next = Self::now() + One::one();
		let is_over = at + Self::challenge_window(&request.version.limits).into() < next;
		request.state = RequestState::Audited { answer, at, status: CommitteeStatus::Passed };
		Requests::<T>::insert(id, &request);
		if is_over && !Self::schedule(next, id, Action::Settle) {
			Self::refund(meter, id, request, FailureReason::Congested);
		}
	}

	/// Tells whether the deadline of a request is over.
	pub(crate) fn is_expired(request: &RequestOf<T>) -> bool {
		request.deadline.is_some_and(|deadline| Self::now() > deadline)
	}

	/// Ends a request that has no committee after its deadline. A committee that was drawn in time may
	/// finish: it works for its pay.
	pub(crate) fn expire(meter: &mut WeightMeter, id: RequestId) {
		meter.consume(T::WeightInfo::noop());
		let Some(request) = Requests::<T>::get(id) else { return };
		let is_waiting = matches!(
			request.state,
			RequestState::Open(CommitteeStatus::Waiting { .. }) | RequestState::Uploading { .. }
		);
		if is_waiting && Self::is_expired(&request) {
			Self::refund(meter, id, request, FailureReason::Expired);
		}
	}

	/// Moves a request to another state in this block.
	pub(crate) fn enter(request: &mut RequestOf<T>, state: RequestStateOf<T>) {
		request.state = state;
		request.changed_at = Self::block();
	}
}
