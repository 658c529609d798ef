//! Taking a request.

use crate::{pallet::*, types::*};
use frame_support::{
	ensure,
	pallet_prelude::DispatchResult,
	traits::{fungible::MutateHold, Get},
};
use opg_primitives::{Balance, Fuel, Input, ModelId};
use pallet_opg_support::{ExecutorPools, ModelRegistry, ModelVersion};

impl<T: Config> Pallet<T> {
	/// The most that one request to `model` costs, deposit not counted, in planck.
	pub fn estimate(model: ModelId) -> Option<Balance> {
		Self::fee(&T::Models::version(model)?, T::FuelPrice::get())
	}

	fn fee(version: &ModelVersion<T::AccountId, Balance>, price: Balance) -> Option<Balance> {
		Self::pay(version.max_fuel, price)?.checked_add(version.royalty)
	}

	/// What the executors of one request earn together: `fuel × price × committee size`.
	pub(crate) fn pay(fuel: Fuel, price: Balance) -> Option<Balance> {
		Balance::from(fuel).checked_mul(price)?.checked_mul(Balance::from(T::CommitteeSize::get()))
	}

	pub(crate) fn do_request(
		requester: T::AccountId,
		model: ModelId,
		input: Input,
		max_fee: Balance,
	) -> DispatchResult {
		let version = T::Models::version(model).ok_or(Error::<T>::UnknownModel)?;
		let eligible = Self::eligible(model, &[&requester, &version.owner]);
		ensure!(eligible >= T::CommitteeSize::get(), Error::<T>::NotEnoughExecutors);
		ensure!(!T::Pools::slashing_paused(), Error::<T>::Paused);
		let price = T::FuelPrice::get();
		let escrow = Self::fee(&version, price).ok_or(Error::<T>::Overflow)?;
		ensure!(escrow <= max_fee, Error::<T>::MaxFeeTooLow);

		let request = NextRequestId::<T>::get();
		let now = frame_system::Pallet::<T>::block_number();
		Draws::<T>::try_append(Self::draw_block(now), (request, 0))
			.map_err(|_| Error::<T>::Congested)?;
		Expiries::<T>::try_append(now + T::Lifetime::get().into(), request)
			.map_err(|_| Error::<T>::Congested)?;
		let deposit = T::RequestDeposit::get();
		T::Currency::hold(&HoldReason::Escrow.into(), &requester, escrow)?;
		T::Currency::hold(&HoldReason::Deposit.into(), &requester, deposit)?;
		NextRequestId::<T>::put(request.checked_add(1).ok_or(Error::<T>::Overflow)?);
		Inputs::<T>::insert(request, input);
		Requests::<T>::insert(
			request,
			Request {
				requester: requester.clone(),
				model,
				version,
				price,
				requested_at: now,
				drawn_at: None,
				deposit,
				state: State::Waiting { round: 0, escrow },
			},
		);
		Self::deposit_event(Event::Requested { request, requester, model, escrow });
		Ok(())
	}
}
