//! Calls: take a request, cancel it, challenge an answer.

use crate::{draw::DrawContext, pallet::*, tiers, types::*};
use frame_support::{
	ensure,
	pallet_prelude::DispatchResult,
	traits::{fungible::MutateHold, Get},
	weights::WeightMeter,
};
use opg_primitives::{input_hash, Balance, FailureReason, Input, ModelId, RequestId, Tier};
use pallet_opg_support::{ExecutorStake, ModelRegistry, ModelUnavailable};
use sp_runtime::traits::One;

impl<T: Config> Pallet<T> {
	pub(crate) fn do_request(
		draws: &mut DrawContext<T>,
		meter: &mut WeightMeter,
		requester: T::AccountId,
		model: ModelId,
		input: Input,
		tier: Tier,
		max_fee: Balance,
	) -> DispatchResult {
		ensure!(!T::Executors::slashing_paused(), Error::<T>::Paused);
		// The backlog bounds how long an action waits, so nothing is added to it.
		ensure!(PostponedAt::<T>::get() != Some(Self::now()), Error::<T>::Congested);
		let version = T::Models::version(model).map_err(|reason| match reason {
			ModelUnavailable::Unknown => Error::<T>::UnknownModel,
			ModelUnavailable::EngineNotValid => Error::<T>::EngineNotValid,
		})?;
		let sampler = draws.sampler(meter, model);
		let eligible = sampler.count_without(&[&requester, &version.owner]) as u32;
		ensure!(eligible >= tiers::size(tier), Error::<T>::NotEnoughExecutors);
		let price = FuelPrice::<T>::get();
		let escrow =
			Self::fee(version.fuel_limit, &version, price, tier).ok_or(Error::<T>::Overflow)?;
		ensure!(escrow <= max_fee, Error::<T>::MaxFeeTooLow);

		let request = NextRequestId::<T>::get();
		NextRequestId::<T>::put(request.checked_add(1).ok_or(Error::<T>::Overflow)?);
		let now = Self::now();
		let draw_at = now + One::one() + tiers::seed_blocks(tier).into();
		ensure!(Self::schedule(draw_at, request, Action::Draw), Error::<T>::Congested);
		let prune_at = now + T::Lifetime::get().into();
		ensure!(Self::schedule(prune_at, request, Action::Prune), Error::<T>::Congested);
		let deposit = T::RequestDeposit::get();
		let held = escrow.checked_add(deposit).ok_or(Error::<T>::Overflow)?;
		T::Currency::hold(&HoldReason::Request.into(), &requester, held)?;
		FuelOrdered::<T>::mutate(|fuel| {
			*fuel = fuel.saturating_add(Self::ordered_fuel(version.fuel_limit, tier));
		});
		let input_hash = input_hash(&input);
		Inputs::<T>::insert(request, input);
		Requests::<T>::insert(
			request,
			Request {
				requester: requester.clone(),
				model,
				version,
				input_hash,
				tier,
				price,
				requested_at: now,
				drawn_at: None,
				deposit,
				escrow,
				state: RequestState::Open(CommitteeStatus::Waiting { round: 0, since: now }),
			},
		);
		Self::deposit_event(Event::Requested { request, requester, model, tier, escrow });
		Ok(())
	}

	pub(crate) fn do_cancel(who: T::AccountId, id: RequestId) -> DispatchResult {
		let request = Requests::<T>::get(id).ok_or(Error::<T>::UnknownRequest)?;
		ensure!(request.requester == who, Error::<T>::NotRequester);
		let RequestState::Open(CommitteeStatus::Waiting { round: 0, since }) = request.state else {
			return Err(Error::<T>::NotCancellable.into());
		};
		// Once a block has added to the seed, its author may know the committee. A requester that
		// could still cancel could draw again until it likes the result.
		ensure!(since == Self::now(), Error::<T>::NotCancellable);
		FuelOrdered::<T>::mutate(|fuel| {
			let ordered = Self::ordered_fuel(request.version.fuel_limit, request.tier);
			*fuel = fuel.saturating_sub(ordered);
		});
		Self::fail(id, request, FailureReason::Cancelled);
		Ok(())
	}

	pub(crate) fn do_challenge(
		draws: &mut DrawContext<T>,
		meter: &mut WeightMeter,
		challenger: T::AccountId,
		id: RequestId,
	) -> DispatchResult {
		ensure!(!T::Executors::slashing_paused(), Error::<T>::Paused);
		let mut request = Requests::<T>::get(id).ok_or(Error::<T>::UnknownRequest)?;
		let RequestState::Attested { answer, at } = request.state.clone() else {
			return Err(Error::<T>::NotChallengeable.into());
		};
		ensure!(
			Self::has_jury(draws, meter, id, &request, Some(&challenger)),
			Error::<T>::NotEnoughExecutors
		);

		let bond = Self::bond(&request).ok_or(Error::<T>::Overflow)?;
		T::Currency::hold(&HoldReason::Challenge.into(), &challenger, bond)?;
		let origin = DisputeOrigin::Challenge { challenger: challenger.clone(), bond };
		let status = Self::jury_status();
		request.state = RequestState::Disputed { answer, at, origin, status };
		Requests::<T>::insert(id, &request);
		ensure!(Self::schedule_draw(id, &request), Error::<T>::Congested);
		Self::deposit_event(Event::Challenged { request: id, challenger, bond });
		Ok(())
	}
}
