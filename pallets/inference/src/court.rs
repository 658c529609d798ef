//! Court: brings disputed requests before it, and carries its verdicts out.

use crate::{
	contents::size_of, pallet::*, settlement::SettlementBatch, tiers, types::*, weights::WeightInfo,
};
use alloc::vec::Vec;
use frame_support::{
	defensive,
	traits::{tokens::imbalance::Imbalance, Get},
	weights::{Weight, WeightMeter},
};
use opg_primitives::{Answer, Balance, FailureReason, RequestId};
use pallet_opg_support::{
	economics, Committees, CourtLoad, CourtSizes, CourtVerdict, Courts, OnCourtDecided, Panels,
	MAX_PANEL,
};
use sp_core::H256;
use sp_runtime::Perbill;

impl<T: Config> Pallet<T> {
	/// Moves a request into the state of a dispute, which concerns all its seats, and asks the court
	/// to take it, unless others wait. Returns whether the court has the case, or it may wait.
	pub(crate) fn dispute(id: RequestId, request: &mut RequestOf<T>) -> bool {
		let attested = request.state.attested().map(|(answer, at)| (answer.clone(), *at));
		let others_wait = WaitingDisputes::<T>::decode_len().unwrap_or_default() > 0;
		let opened = !others_wait && Self::has_opened(id, request);
		Self::begin_dispute(id);
		Self::enter(request, RequestState::Court { attested, opened });
		Requests::<T>::insert(id, &*request);
		Self::deposit_event(Event::Disputed { request: id });
		opened || WaitingDisputes::<T>::try_append(id).is_ok()
	}

	fn has_opened(id: RequestId, request: &RequestOf<T>) -> bool {
		// Only what has answers is disputed, and they came after a draw. Witnesses that differ are for
		// the seed of their own round.
		let seed = T::Committees::doubted_seed(id).or(request.seed).unwrap_or_default();
		T::Courts::open(id, seed).is_ok()
	}

	/// Brings a request before the court. Where neither the court has room nor its queue, it ends without
	/// an answer, and nobody is judged.
	pub(crate) fn open_court(meter: &mut WeightMeter, id: RequestId, mut request: RequestOf<T>) {
		meter.consume(T::WeightInfo::open_court());
		meter.consume(Self::max_release_weight());
		if !Self::dispute(id, &mut request) {
			Self::refund(meter, id, request, FailureReason::Congested);
		}
	}

	/// Asks the court to take the dispute that has waited longest. One in a block is more than the court
	/// decides.
	pub(crate) fn service_disputes(meter: &mut WeightMeter) {
		if WaitingDisputes::<T>::decode_len().unwrap_or_default() == 0 {
			return;
		}
		meter.consume(T::WeightInfo::service_disputes());
		WaitingDisputes::<T>::mutate(|waiting| {
			if waiting.first().is_some_and(|id| Self::has_left_queue(*id)) {
				waiting.remove(0);
			}
		});
	}

	/// Asks the court to take a dispute that waits. Returns whether it waits no longer.
	fn has_left_queue(id: RequestId) -> bool {
		let Some(mut request) = Requests::<T>::get(id) else { return true };
		let RequestState::Court { attested, opened: false } = request.state.clone() else {
			return true;
		};
		if !Self::has_opened(id, &request) {
			return false;
		}
		request.state = RequestState::Court { attested, opened: true };
		Requests::<T>::insert(id, request);
		true
	}

	/// Largest weight of [`Self::open_court`].
	pub(crate) fn max_open_court_weight() -> Weight {
		T::WeightInfo::open_court()
			.saturating_add(Self::max_release_weight())
			.saturating_add(Self::undisputed_refund_weight())
	}

	/// Convicts whoever gave another answer, in any round, pays the validators, and settles with the
	/// right answer. Returns the weight.
	///
	/// Whoever was wrong, or copied, pays the validators first, in equal parts and at once, from the own
	/// stake that its seat reserved. A conviction takes a tenth of the stake, which no seat reserves.
	/// That and the bonds that are lost pay nobody before the validators. What these miss is paid by the
	/// silent seats of an audit, each up to the pay of a seat: they brought a court, or could have found
	/// more. The pot pays the rest, after the executors.
	/// Challengers that the digest proves right share [`economics::CHALLENGER_SHARE`] of what the
	/// operators themselves lose, by bond. The bonds of the others go to the pot.
	fn carry_out(
		id: RequestId,
		mut request: RequestOf<T>,
		(digest, witness): (H256, (H256, H256)),
		answer: Answer,
		validators: &[T::AccountId],
	) -> Weight {
		let mut batch = SettlementBatch::<T>::new();
		let challenges = core::mem::take(&mut request.challenges);
		let mut weight = Weight::zero();
		let (right, wrong): (Vec<_>, Vec<_>) =
			challenges.into_iter().partition(|challenge| challenge.is_right(digest));
		for challenge in wrong {
			weight.saturating_accrue(Self::max_bond_weight());
			let credit = Self::take_bond(request.model, &challenge);
			let (challenger, bond) = (challenge.challenger, credit.peek());
			batch.deposit_to_pot(credit);
			Self::deposit_event(Event::ChallengeLost { request: id, challenger, bond });
		}
		let bonds: Balance = right.iter().map(|challenge| challenge.bond).sum();
		let pot = Self::pot();
		let mut payees: Vec<_> = right
			.iter()
			.map(|Challenge { challenger, bond, .. }| {
				let part = Perbill::from_rational(*bond, bonds.max(1));
				// Rounds down, so that all parts together are not more than the share.
				(challenger, economics::CHALLENGER_SHARE * part)
			})
			.collect();
		payees.push((&pot, economics::POT_SHARE));
		let judgement = T::Committees::judge(id, digest, Some(witness), &payees);
		for challenge in &right {
			weight.saturating_accrue(Self::max_bond_weight());
			Self::return_bond(request.model, challenge);
			let challenger = challenge.challenger.clone();
			Self::deposit_event(Event::ChallengeWon { request: id, challenger });
		}
		let (right, wrong) = (judgement.right.len() as u32, judgement.wrong.len() as u32);
		// A fine costs less than a conviction.
		let penalised = wrong + judgement.copied.len() as u32;
		weight.saturating_accrue(T::WeightInfo::judged(right, penalised));
		Self::deposit_event(Event::Judged { request: id, digest, right, wrong });
		if request.has_panel {
			weight.saturating_accrue(T::Panels::max_dismiss_weight());
		}
		let court_pay = Self::court_pay(&request.version, size_of(request.stored_input));
		let cost = court_pay.saturating_mul(validators.len() as Balance);
		let liable = [judgement.wrong.as_slice(), &judgement.copied].concat();
		let (silent, absent) = (judgement.silent.len(), judgement.absent.len());
		weight.saturating_accrue(Self::charges_weight(liable.len() + silent + absent));
		Self::charge_equally(&mut batch, &liable, Balance::MAX, cost);
		let seat_pay = Self::pay(request.version.limits.fuel, request.price).unwrap_or_default();
		let missing = cost.saturating_sub(batch.pot);
		Self::charge_equally(&mut batch, &judgement.absent, seat_pay, missing);
		// Whatever a verdict takes pays the court before an audit, which the pot pays.
		let lost = batch.pot;
		let paid = batch.pay_court(validators, court_pay, lost);
		Self::settle(&mut batch, id, request, answer, judgement);
		let left = batch.pot_balance();
		batch.pay_court(validators, court_pay - paid, left);
		weight.saturating_accrue(batch.weight());
		batch.apply();
		weight
	}
}

impl<T: Config> OnCourtDecided<T::AccountId> for Pallet<T> {
	fn on_court_decided(id: RequestId, verdict: CourtVerdict<T::AccountId>) -> Weight {
		let Some(request) = Requests::<T>::get(id) else {
			defensive!("only a stored request is decided");
			return T::WeightInfo::noop();
		};
		if !matches!(request.state, RequestState::Court { .. }) {
			defensive!("only a request in court is decided");
			return T::WeightInfo::noop();
		}
		match verdict {
			CourtVerdict::Decided { digest, witness, seed, answer, right } => {
				Self::carry_out(id, request, (digest, (seed, witness)), answer, &right)
			},
			CourtVerdict::Undecided => {
				let mut meter = WeightMeter::new();
				Self::refund(&mut meter, id, request, FailureReason::Undecided);
				meter.consumed()
			},
		}
	}

	fn awaits_claims(id: RequestId) -> bool {
		Requests::<T>::get(id).is_some_and(|request| {
			request.challenges.iter().any(|challenge| challenge.revealed.is_none())
		})
	}

	fn court_terms(id: RequestId) -> (CourtLoad, CourtSizes) {
		let Some(request) = Requests::<T>::get(id) else { return Default::default() };
		let (version, fetched) = (request.version, size_of(request.stored_input));
		let load = CourtLoad {
			fuel: version.limits.total_fuel(),
			bytes: u64::from(version.size) + u64::from(fetched),
		};
		(load, CourtSizes { fetched, output_limit: version.limits.output_bytes })
	}

	fn max_court_decided_weight() -> Weight {
		let seats = tiers::MAX_REQUEST_SEATS;
		let accounts = 1 + T::MaxBench::get() as usize + MAX_PANEL as usize;
		T::WeightInfo::judged(seats, 0)
			.max(T::WeightInfo::judged(1, seats - 1))
			.saturating_add(Self::max_bond_weight().saturating_mul(MAX_CHALLENGES.into()))
			.saturating_add(SettlementBatch::<T>::weight_of(2, seats as usize, accounts))
			.saturating_add(Self::charges_weight(seats as usize))
			.saturating_add(Self::max_release_weight())
			.saturating_add(T::Panels::max_dismiss_weight())
			.max(Self::max_refund_weight())
	}
}
