//! Calls of requesters: make a request, cancel it.

use crate::{draw::DrawContext, pallet::*, queue::Place, tiers, types::*, weights::WeightInfo};
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
use opg_primitives::{input_hash, FailureReason, RequestId};
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

	/// Takes a request. Returns the weight of what the block has paid for already.
	pub(crate) fn do_request(
		draws: &mut DrawContext<T>,
		meter: &mut WeightMeter,
		requester: T::AccountId,
		order: Order<BlockNumberFor<T>>,
	) -> Result<Weight, DispatchError> {
		let Order { model, input, tier, max_fee, max_royalty, reference, deadline } = order;
		// The backlog bounds how long a request waits, so nothing is added to it.
		ensure!(PostponedAt::<T>::get() != Some(Self::block()), Error::<T>::Congested);
		let version = T::Models::version(model).map_err(|reason| match reason {
			ModelUnavailable::Unknown => Error::<T>::UnknownModel,
			ModelUnavailable::EngineNotValid => Error::<T>::EngineNotValid,
			ModelUnavailable::NotCourtReady => Error::<T>::NotCourtReady,
		})?;
		ensure!(version.royalty <= max_royalty, Error::<T>::RoyaltyAboveMax);
		let price = FuelPrice::<T>::get();
		let seat_reserve = Self::seat_reserve(&version, price).ok_or(Error::<T>::Overflow)?;
		let block = Self::block();
		let last = LastAdmitted::<T>::get().filter(|last| last.block == block);
		let pending = PendingSeats::<T>::get(model);
		// One more than it needs: its requester may be an executor. The draw looks again at all of it.
		let known = last.as_ref().filter(|last| {
			last.model == model && last.executors > tiers::size(tier) && last.seats >= pending
		});
		let (executors, seats) = match known {
			Some(Admitted { executors, seats, .. }) => (*executors, *seats),
			None => {
				let executors = draws.count(meter, model, &[&requester, &version.owner]);
				ensure!(executors >= tiers::size(tier), Error::<T>::NotEnoughExecutors);
				let candidates = (model, T::Executors::session());
				let mut is_enough =
					|seats| draws.capacity(meter, candidates, seats, seat_reserve).is_enough();
				let ahead = pending.saturating_add(SEATS_AHEAD);
				let seats = if is_enough(ahead) { ahead } else { pending };
				ensure!(seats == ahead || is_enough(pending), Error::<T>::Congested);
				(executors, seats)
			},
		};
		let escrow =
			Self::fee(version.limits.fuel, &version, price, tier).ok_or(Error::<T>::Overflow)?;
		let seat_fees = Self::seat_fees(tiers::size(tier));
		let most = escrow.checked_add(seat_fees).ok_or(Error::<T>::Overflow)?;
		ensure!(most <= max_fee, Error::<T>::MaxFeeTooLow);

		let request = NextRequestId::<T>::get();
		NextRequestId::<T>::put(request.checked_add(1).ok_or(Error::<T>::Overflow)?);
		let now = Self::now();
		ensure!(Self::queue_draw(request, tier, Place::New), Error::<T>::Congested);
		let prune_at = now + T::Lifetime::get().into();
		ensure!(Self::schedule(prune_at, request, Action::Prune), Error::<T>::Congested);
		if let Some(deadline) = deadline {
			ensure!(deadline > now && deadline < prune_at, Error::<T>::InvalidDeadline);
			let over = deadline + One::one();
			// Few share this agenda.
			meter.consume(T::DbWeight::get().reads_writes(1, 1));
			ensure!(Self::schedule(over, request, Action::Expire), Error::<T>::Congested);
		}
		Self::burn_seat_fees(&requester, tiers::size(tier))?;
		let deposit = T::RequestDeposit::get();
		let held = escrow.checked_add(deposit).ok_or(Error::<T>::Overflow)?;
		T::Currency::hold(&HoldReason::Request.into(), &requester, held)?;
		FuelOrdered::<T>::mutate(|fuel| {
			*fuel = fuel.saturating_add(Self::ordered_fuel(version.limits.fuel, tier));
		});
		Self::await_seats(model, tiers::size(tier));
		let input_hash = input_hash(&input);
		Inputs::<T>::insert(request, input);
		let paid = last.map_or(Weight::zero(), |last| {
			let same_account = u64::from(last.requester == requester);
			let same_model = u64::from(last.model == model);
			// The holds of the requester; version, engine, and validators that hold the file.
			let reads = same_account + 3 * same_model;
			T::DbWeight::get().reads_writes(reads, same_account)
		});
		let admitted = Admitted { block, requester: requester.clone(), model, executors, seats };
		LastAdmitted::<T>::put(admitted);
		Requests::<T>::insert(
			request,
			Request {
				requester: requester.clone(),
				model,
				version,
				input_hash,
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
				audit: None,
				challenges: BoundedVec::new(),
				state: RequestState::Open(Self::waiting(tiers::FIRST)),
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

	/// Takes the seat fees of so many seats from `who` and burns them.
	pub(crate) fn burn_seat_fees(who: &T::AccountId, seats: u32) -> DispatchResult {
		let amount = Self::seat_fees(seats);
		let (precision, keep) = (Precision::Exact, Preservation::Preserve);
		// Dropping the credit burns it.
		T::Currency::withdraw(who, amount, precision, keep, Fortitude::Polite).map(drop)
	}

	pub(crate) fn do_cancel(who: T::AccountId, id: RequestId) -> DispatchResult {
		let request = Requests::<T>::get(id).ok_or(Error::<T>::UnknownRequest)?;
		ensure!(request.requester == who, Error::<T>::NotRequester);
		let is_waiting =
			matches!(request.state, RequestState::Open(CommitteeStatus::Waiting { round: 0, .. }));
		// Once a block has added to the seed, its author may know the committee. A requester that
		// could still cancel could draw again until it likes the result.
		ensure!(is_waiting && request.requested_at == Self::block(), Error::<T>::NotCancellable);
		FuelOrdered::<T>::mutate(|fuel| {
			let ordered = Self::ordered_fuel(request.version.limits.fuel, request.tier);
			*fuel = fuel.saturating_sub(ordered);
		});
		Self::fail(id, request, FailureReason::Cancelled);
		Ok(())
	}
}
