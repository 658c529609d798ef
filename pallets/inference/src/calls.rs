//! Taking a request, taking it back, challenging an answer.

use crate::{draw::Lots, pallet::*, tiers, types::*};
use alloc::vec::Vec;
use frame_support::{
	ensure,
	pallet_prelude::DispatchResult,
	traits::{fungible::MutateHold, Get},
};
use frame_system::pallet_prelude::BlockNumberFor;
use opg_primitives::{input_digest, Balance, Fuel, Input, ModelId, RequestId, Tier};
use pallet_opg_support::{Committees, ExecutorPools, FailureReason, ModelRegistry, NoVersion};
use sp_runtime::traits::One;

impl<T: Config> Pallet<T> {
	fn now() -> BlockNumberFor<T> {
		frame_system::Pallet::<T>::block_number()
	}

	pub(crate) fn do_request(
		lots: &mut Lots<T>,
		requester: T::AccountId,
		model: ModelId,
		input: Input,
		tier: Tier,
		max_fee: Balance,
	) -> DispatchResult {
		ensure!(!T::Pools::slashing_paused(), Error::<T>::Paused);
		// Nothing new until what there is gets done in time: how long that takes is bounded by that.
		ensure!(Behind::<T>::get() != Some(Self::now()), Error::<T>::Congested);
		let version = T::Models::version(model).map_err(|reason| match reason {
			NoVersion::Unknown => Error::<T>::UnknownModel,
			NoVersion::EngineNotValid => Error::<T>::EngineNotValid,
		})?;
		let eligible = lots.urn(model).count_without(&[&requester, &version.owner]) as u32;
		ensure!(eligible >= tiers::size(tier), Error::<T>::NotEnoughExecutors);
		let price = FuelPrice::<T>::get();
		let escrow =
			Self::fee(version.max_fuel, &version, price, tier).ok_or(Error::<T>::Overflow)?;
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
			*fuel = fuel.saturating_add(Self::ordered(version.max_fuel, tier));
		});
		let digest = input_digest(&input);
		Inputs::<T>::insert(request, input);
		Requests::<T>::insert(
			request,
			Request {
				requester: requester.clone(),
				model,
				version,
				input: digest,
				tier,
				price,
				requested_at: now,
				drawn_at: None,
				deposit,
				escrow,
				state: State::Open(Phase::Waiting { round: 0, since: now }),
			},
		);
		Self::deposit_event(Event::Requested { request, requester, model, tier, escrow });
		Ok(())
	}

	pub(crate) fn do_cancel(who: T::AccountId, id: RequestId) -> DispatchResult {
		let request = Requests::<T>::get(id).ok_or(Error::<T>::UnknownRequest)?;
		ensure!(request.requester == who, Error::<T>::NotRequester);
		let State::Open(Phase::Waiting { round: 0, since }) = request.state else {
			return Err(Error::<T>::TooLate.into());
		};
		// Once a block has added to the seed, its author may know the committee: a requester that
		// could still take the request back could draw again until it likes the result.
		ensure!(since == Self::now(), Error::<T>::TooLate);
		FuelOrdered::<T>::mutate(|fuel| {
			*fuel = fuel.saturating_sub(Self::ordered(request.version.max_fuel, request.tier));
		});
		Self::fail(id, request, FailureReason::Cancelled);
		Ok(())
	}

	pub(crate) fn do_challenge(
		lots: &mut Lots<T>,
		challenger: T::AccountId,
		id: RequestId,
	) -> DispatchResult {
		ensure!(!T::Pools::slashing_paused(), Error::<T>::Paused);
		let mut request = Requests::<T>::get(id).ok_or(Error::<T>::UnknownRequest)?;
		let State::Attested { answer, at } = request.state.clone() else {
			return Err(Error::<T>::NotChallengeable.into());
		};
		ensure!(
			Self::has_jury(lots, id, &request, Some(&challenger)),
			Error::<T>::NotEnoughExecutors
		);

		let bond = Self::bond(&request).ok_or(Error::<T>::Overflow)?;
		T::Currency::hold(&HoldReason::Challenge.into(), &challenger, bond)?;
		let doubt = Doubt::Challenge { challenger: challenger.clone(), bond };
		request.state = State::Disputed { answer, at, doubt, phase: Self::jury_phase() };
		Requests::<T>::insert(id, &request);
		ensure!(Self::schedule_draw(id, &request), Error::<T>::Congested);
		Self::deposit_event(Event::Challenged { request: id, challenger, bond });
		Ok(())
	}

	/// Fuel of all executors that a request orders.
	fn ordered(max_fuel: Fuel, tier: Tier) -> Fuel {
		max_fuel.saturating_mul(tiers::size(tier).into())
	}

	/// Whether a jury can be drawn that nobody of the request, nor the challenger, sits in. Without
	/// one an answer cannot be doubted: it would only keep its executors from being paid.
	pub(crate) fn has_jury(
		lots: &mut Lots<T>,
		id: RequestId,
		request: &RequestOf<T>,
		challenger: Option<&T::AccountId>,
	) -> bool {
		let sat = T::Committees::sat(id);
		let mut excluded: Vec<_> = sat.iter().chain(challenger).collect();
		excluded.extend([&request.requester, &request.version.owner]);
		let jury = tiers::seats(request.tier, tiers::JURY);
		lots.urn(request.model).count_without(&excluded) as u32 >= jury.least
	}

	/// The phase of a dispute that begins now.
	pub(crate) fn jury_phase() -> Phase<BlockNumberFor<T>> {
		Phase::Waiting { round: tiers::JURY, since: Self::now() }
	}
}
