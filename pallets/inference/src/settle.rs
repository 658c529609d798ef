//! What follows from decisions: paying, refunding.

use crate::{pallet::*, purses::Purses, tiers, types::*, weights::WeightInfo};
use alloc::{vec, vec::Vec};
use frame_support::{
	defensive,
	traits::{
		fungible::{BalancedHold, MutateHold},
		tokens::Precision,
		Get,
	},
	weights::Weight,
	BoundedVec,
};
use opg_primitives::{Answer, Balance, Fuel, RequestId};
use pallet_opg_support::{
	penalties, Committees, ExecutorPools, FailureReason, Judged, Task, Verdict,
};
use sp_core::H256;
use sp_runtime::{
	traits::{AccountIdConversion, One},
	Perbill,
};

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
		match verdict {
			Verdict::Undecided(reason) => Self::escalate(id, request, round, reason),
			Verdict::Agreed(found) => Self::attest(id, request, found),
		}
	}

	fn most_of_decided() -> Weight {
		T::WeightInfo::attested()
			.max(T::WeightInfo::escalated())
			.saturating_add(T::WeightInfo::give_up())
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

	/// A committee agreed. What follows moves money: the agenda does it, after the window in which
	/// the answer can be challenged, or in the next block where it is a jury's.
	fn attest(id: RequestId, mut request: RequestOf<T>, answer: Answer) -> Weight {
		let now = frame_system::Pallet::<T>::block_number();
		let (digest, fuel) = (answer.digest(), answer.fuel);
		let (at, action) = if let State::Disputed { phase, .. } = &mut request.state {
			*phase = Phase::Found { digest, fuel };
			(now + One::one(), Action::Conclude)
		} else {
			request.state = State::Attested { answer, at: now };
			Self::deposit_event(Event::Attested { request: id, digest, fuel });
			(now + T::ChallengeWindow::get().into(), Action::Settle)
		};
		Requests::<T>::insert(id, &request);
		if !Self::schedule(at, id, action) {
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

	/// End a dispute as its jury found. Returns what that cost.
	pub(crate) fn conclude(purses: &mut Purses<T>, id: RequestId) -> Weight {
		let Some(request) = Requests::<T>::get(id) else { return T::WeightInfo::look_up() };
		let State::Disputed { answer, phase: Phase::Found { digest, fuel }, .. } = &request.state
		else {
			return T::WeightInfo::look_up();
		};
		if T::Pools::slashing_paused() {
			// A dispute is not decided while nobody can be slashed for it.
			return Self::undecided(id, request, FailureReason::SlashingPaused);
		}
		let (answer, digest, fuel) = (answer.clone(), *digest, *fuel);
		if answer.digest() == digest {
			Self::uphold(purses, id, request, answer)
		} else {
			Self::overturn(purses, id, request, digest, fuel)
		}
	}

	/// The jury found the attested answer: the challenger loses its bond.
	fn uphold(
		purses: &mut Purses<T>,
		id: RequestId,
		request: RequestOf<T>,
		answer: Answer,
	) -> Weight {
		if let State::Disputed { doubt: Doubt::Challenge { challenger, bond }, .. } = &request.state
		{
			let (credit, _) = T::Currency::slash(&HoldReason::Challenge.into(), challenger, *bond);
			purses.keep(credit);
		}
		Self::deposit_event(Event::Upheld { request: id });
		let (right, wrong) = Self::settle(purses, id, request, answer);
		T::WeightInfo::upheld(right, wrong)
	}

	/// The jury found another answer: whoever gave the attested one is slashed, and the requester
	/// gets everything back.
	fn overturn(
		purses: &mut Purses<T>,
		id: RequestId,
		request: RequestOf<T>,
		digest: H256,
		fuel: Fuel,
	) -> Weight {
		let pot = Self::pot();
		let mut payees: Vec<(&T::AccountId, Perbill)> = vec![(&pot, penalties::POT_SHARE)];
		if let State::Disputed { doubt: Doubt::Challenge { challenger, bond }, .. } = &request.state
		{
			Self::release(HoldReason::Challenge, challenger, *bond);
			payees.push((challenger, penalties::CHALLENGER_SHARE));
		}
		let Judged { right, wrong } = T::Committees::judge(id, digest, &payees);
		let each = Self::pay(fuel.min(request.version.max_fuel), request.price);
		let each = Self::pay_from_pot(purses, &right, each.unwrap_or_default());
		let paid = each.saturating_mul(right.len() as Balance);
		Self::deposit_event(Event::Overturned { request: id, digest, paid });
		Self::fail(id, request, FailureReason::Overturned);
		T::WeightInfo::overturned(right.len() as u32, wrong)
	}

	/// Pay `each` to those who are right, or an equal part of what the pot has. Returns what each got.
	fn pay_from_pot(purses: &mut Purses<T>, right: &[T::AccountId], each: Balance) -> Balance {
		if right.is_empty() {
			return 0;
		}
		let count = right.len() as Balance;
		let each = each.min(purses.in_pot() / count);
		right.iter().for_each(|who| purses.reward(who, each));
		each
	}

	/// Judge everyone who answered, pay those who were right, the owner and the protocol; release
	/// the rest of the escrow.
	///
	/// Each is paid for its own work: the first so many winners as the committee has seats from the
	/// fee, in the order of the rounds; those who decided an escalation or a dispute from the pot, in
	/// equal parts where it has not enough. Returns how many were right and how many wrong.
	pub(crate) fn settle(
		purses: &mut Purses<T>,
		id: RequestId,
		mut request: RequestOf<T>,
		answer: Answer,
	) -> (u32, u32) {
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
		// The fee pays for the storage: the deposit comes back.
		let rest = request.escrow.saturating_sub(fee).saturating_add(request.deposit);
		purses.charge(&request.requester, fee, rest);
		(request.escrow, request.deposit) = (0, 0);
		purses.royalty(&request.version.owner, royalty);
		winners.iter().for_each(|winner| purses.reward(winner, each));
		let extra = Self::pay_from_pot(purses, &by_pot, each);
		let by_fee = winners.into_iter().map(|winner| (winner, each));
		let by_pot = by_pot.into_iter().map(|winner| (winner, extra));
		let paid = by_fee.chain(by_pot).collect();
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

	/// End a request without an answer and return the escrow. The deposit stays until it is pruned.
	pub(crate) fn fail(id: RequestId, mut request: RequestOf<T>, reason: FailureReason) {
		Self::release(HoldReason::Request, &request.requester, request.escrow);
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
