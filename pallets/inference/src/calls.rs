//! Calls of requesters: make a request, cancel it.

use crate::{
	contents::size_of, draw::DrawContext, pallet::*, queue::Place, tiers, types::*,
	weights::WeightInfo,
};
use frame_support::{
	ensure,
	pallet_prelude::DispatchResult,
	traits::{
		fungible::{Balanced, MutateHold},
		tokens::{Fortitude, Precision, Preservation},
		Get,
	},
	weights::{Weight, WeightMeter},
	BoundedVec,
};
use frame_system::pallet_prelude::BlockNumberFor;
use opg_primitives::{
	input_hash, Balance, Content, FailureReason, FuelLimitError, ModelId, RequestId, Tier,
	VersionLimits, MAX_INPUT_BYTES,
};
use pallet_opg_support::{ExecutorStake, ModelRegistry, ModelUnavailable};
use sp_runtime::{traits::One, DispatchError};

/// Seats of further requests for which a request looks for free slots, so that those of the same block
/// need not look again.
const SEATS_AHEAD: u32 = 64;

impl<T: Config> Pallet<T> {
	/// Largest weight of a request with so many bytes of input.
	pub(crate) fn max_request_weight(bytes: u32) -> Weight {
		T::WeightInfo::request(bytes)
			.saturating_add(DrawContext::<T>::max_weight())
			// Where slots are scarce, it looks twice.
			.saturating_add(T::WeightInfo::capacity(T::MaxExecutors::get()))
			// Of a deadline.
			.saturating_add(T::DbWeight::get().reads_writes(1, 1))
	}

	/// Largest weight of a request whose input is outside of the chain.
	pub(crate) fn max_request_stored_weight() -> Weight {
		Self::max_request_weight(0)
			.saturating_sub(T::WeightInfo::request(0))
			.saturating_add(T::WeightInfo::request_stored())
	}

	/// Checks that an input is no longer than the version takes, and on the chain where the chain can
	/// carry it. Returns its content where it is outside.
	fn check_input(
		input: &OrderInput,
		limits: &VersionLimits,
	) -> Result<Option<Content>, Error<T>> {
		let (bytes, stored) = match input {
			OrderInput::Inline(input) => (input.len() as u32, None),
			OrderInput::Stored(content) => {
				ensure!(content.size > MAX_INPUT_BYTES, Error::<T>::InputTooShort);
				(content.size, Some(*content))
			},
		};
		ensure!(bytes <= limits.input_bytes, Error::<T>::InputTooLong);
		Ok(stored)
	}

	/// Takes a request. Returns the weight of what the block has paid for already.
	pub(crate) fn do_request(
		draws: &mut DrawContext<T>,
		meter: &mut WeightMeter,
		requester: T::AccountId,
		order: Order<BlockNumberFor<T>>,
	) -> Result<Weight, DispatchError> {
		let Order { model, input, tier, max_fee, max_royalty, reference, deadline, fuel_limit } =
			order;
		ensure!(Intake::<T>::get() == IntakeStatus::Open, Error::<T>::Draining);
		// The backlog bounds how long a request waits, so nothing is added to it.
		ensure!(PostponedAt::<T>::get() != Some(Self::block()), Error::<T>::Congested);
		let mut version = T::Models::version(model).map_err(|reason| match reason {
			ModelUnavailable::Unknown => Error::<T>::UnknownModel,
			ModelUnavailable::EngineNotValid => Error::<T>::EngineNotValid,
			ModelUnavailable::NotCourtReady => Error::<T>::NotCourtReady,
		})?;
		ensure!(version.royalty <= max_royalty, Error::<T>::RoyaltyAboveMax);
		version.limits = version.limits.of_request(fuel_limit).map_err(|error| match error {
			FuelLimitError::TooLow => Error::<T>::FuelLimitTooLow,
			FuelLimitError::TooHigh => Error::<T>::FuelLimitTooHigh,
		})?;
		let stored_input = Self::check_input(&input, &version.limits)?;
		let price = FuelPrice::<T>::get();
		let seat_reserve = Self::seat_reserve(&version, price, size_of(stored_input))
			.ok_or(Error::<T>::Overflow)?;
		let block = Self::block();
		let last = LastAdmitted::<T>::get().filter(|last| last.block == block);
		let pending = PendingSeats::<T>::get(model);
		// One more than it needs: its requester may be an executor. The draw looks again at all of it.
		let known = last.as_ref().filter(|last| {
			last.model == model
				&& last.executors > tiers::size(tier)
				&& last.seats >= pending
				&& last.seat_reserve >= seat_reserve
		});
		let (executors, seats, reserve) = match known {
			Some(Admitted { executors, seats, seat_reserve, .. }) => {
				(*executors, *seats, *seat_reserve)
			},
			None => {
				let executors = draws.count(meter, model, &[&requester, &version.owner]);
				ensure!(executors >= tiers::size(tier), Error::<T>::NotEnoughExecutors);
				let candidates = (model, T::Executors::session());
				let mut is_enough =
					|seats| draws.capacity(meter, candidates, seats, seat_reserve).is_enough();
				let ahead = pending.saturating_add(SEATS_AHEAD);
				let seats = if is_enough(ahead) { ahead } else { pending };
				ensure!(seats == ahead || is_enough(pending), Error::<T>::Congested);
				(executors, seats, seat_reserve)
			},
		};
		let storage = Self::byte_fee(size_of(stored_input))
			.saturating_add(Self::max_output_fee(&version.limits));
		let escrow = Self::fee(version.limits.fuel, &version, price, tier)
			.and_then(|fee| fee.checked_add(storage))
			.ok_or(Error::<T>::Overflow)?;
		let fixed = Self::fixed_fees(tier, &version.limits, stored_input);
		let most = escrow.checked_add(fixed).ok_or(Error::<T>::Overflow)?;
		ensure!(most <= max_fee, Error::<T>::MaxFeeTooLow);

		let request = NextRequestId::<T>::get();
		NextRequestId::<T>::put(request.checked_add(1).ok_or(Error::<T>::Overflow)?);
		let now = Self::now();
		let (is_queued, state) = match stored_input {
			None => {
				let state = RequestState::Open(Self::waiting(tiers::FIRST));
				(Self::queue_draw(request, tier, Place::New), state)
			},
			Some(_) => {
				let is_queued = Self::schedule(now + One::one(), request, Action::Convene);
				(is_queued, RequestState::Uploading { until: None })
			},
		};
		ensure!(is_queued, Error::<T>::Congested);
		let prune_at = now + T::Lifetime::get().into();
		ensure!(Self::schedule(prune_at, request, Action::Prune), Error::<T>::Congested);
		if let Some(deadline) = deadline {
			ensure!(deadline > now && deadline < prune_at, Error::<T>::InvalidDeadline);
			let over = deadline + One::one();
			// Few share this agenda.
			meter.consume(T::DbWeight::get().reads_writes(1, 1));
			ensure!(Self::schedule(over, request, Action::Expire), Error::<T>::Congested);
		}
		Self::burn(&requester, fixed)?;
		let deposit = T::RequestDeposit::get();
		let held = escrow.checked_add(deposit).ok_or(Error::<T>::Overflow)?;
		T::Currency::hold(&HoldReason::Request.into(), &requester, held)?;
		if state.waits_for_first_draw() {
			Self::order_seats(model, &version.limits, tier);
		}
		let input_hash = match input {
			OrderInput::Inline(input) => {
				let hash = input_hash(&input);
				Inputs::<T>::insert(request, input);
				hash
			},
			OrderInput::Stored(content) => content.hash,
		};
		let paid = last.map_or(Weight::zero(), |last| {
			let same_account = u64::from(last.requester == requester);
			let same_model = u64::from(last.model == model);
			// The holds of the requester; version, engine, and validators that hold the file.
			let reads = same_account + 3 * same_model;
			T::DbWeight::get().reads_writes(reads, same_account)
		});
		let admitted = Admitted {
			block,
			requester: requester.clone(),
			model,
			executors,
			seats,
			seat_reserve: reserve,
		};
		LastAdmitted::<T>::put(admitted);
		Requests::<T>::insert(
			request,
			Request {
				requester: requester.clone(),
				model,
				version,
				input_hash,
				stored_input,
				tier,
				price,
				reference,
				deadline,
				requested_at: block,
				drawn_at: None,
				changed_at: block,
				seed: None,
				seat_reserve,
				is_escalated: false,
				deposit,
				escrow,
				has_panel: false,
				audit: None,
				challenges: BoundedVec::new(),
				state,
			},
		);
		Self::deposit_event(Event::Requested {
			request,
			requester,
			model,
			tier,
			escrow,
			reference,
		});
		Ok(paid)
	}

	/// A request waits for its first draw from this block on: its seats and its fuel count.
	pub(crate) fn order_seats(model: ModelId, limits: &VersionLimits, tier: Tier) {
		FuelOrdered::<T>::mutate(|fuel| {
			*fuel = fuel.saturating_add(Self::ordered_fuel(limits.fuel, tier));
		});
		Self::await_seats(model, tiers::size(tier));
	}

	/// Takes `amount` planck from `who` and burns it.
	pub(crate) fn burn(who: &T::AccountId, amount: Balance) -> DispatchResult {
		let (precision, keep) = (Precision::Exact, Preservation::Preserve);
		// Dropping the credit burns it.
		T::Currency::withdraw(who, amount, precision, keep, Fortitude::Polite).map(drop)
	}

	pub(crate) fn do_cancel(who: T::AccountId, id: RequestId) -> DispatchResult {
		let request = Requests::<T>::get(id).ok_or(Error::<T>::UnknownRequest)?;
		ensure!(request.requester == who, Error::<T>::NotRequester);
		let is_waiting = request.state.waits_for_first_draw()
			|| matches!(request.state, RequestState::Uploading { until: None });
		// Once a block has added to the seed, its author may know the committee. A requester that
		// could still cancel could draw again until it likes the result.
		ensure!(is_waiting && request.requested_at == Self::block(), Error::<T>::NotCancellable);
		if request.state.waits_for_first_draw() {
			FuelOrdered::<T>::mutate(|fuel| {
				let ordered = Self::ordered_fuel(request.version.limits.fuel, request.tier);
				*fuel = fuel.saturating_sub(ordered);
			});
		}
		Self::fail(id, request, FailureReason::Cancelled);
		Ok(())
	}
}
