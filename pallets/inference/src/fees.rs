//! Fees: cost of a request, bond of a challenge, and the price of fuel, which follows demand.
//!
//! A part of the price, [`economics::BURNED_PRICE_SHARE`], is burned for the whole fuel limit, whoever
//! the executors are: ordering from one's own pools to drive the price costs as much as ordering from
//! others'. Executors get the rest of the price for the fuel that the answer took. They load a model
//! once, whatever the number of requests, so nobody pays for that fuel but in the court.

use crate::{contents::size_of, pallet::*, tiers, types::*};
use frame_support::traits::Get;
use opg_primitives::{Balance, Content, Fuel, ModelId, Tier, VersionLimits};
use pallet_opg_support::{economics, BlockRandomness, ModelRegistry, ModelVersion};
use sp_runtime::{helpers_128bit::multiply_by_rational_with_rounding, Perbill, Rounding};

/// The price changes by one part in this many per block at most.
const MAX_CHANGE_DIVISOR: Balance = 8;
/// Largest number of blocks for which a rise of the price is computed: by then it is at its bound.
const MAX_HEADROOM: u32 = 256;

impl<T: Config> Pallet<T> {
	/// Cost of a request to `model` at the current price in planck, seat fees included, deposit and the
	/// fee of storing an input excluded. With `fuel`: for an answer that takes so much and whose output
	/// the chain carries. Without: escrow and seat fees. `None` where the model takes no requests, or
	/// none with this fuel limit.
	pub fn estimate(
		model: ModelId,
		tier: Tier,
		fuel: Option<Fuel>,
		fuel_limit: Option<Fuel>,
	) -> Option<Balance> {
		Self::estimate_at(FuelPrice::<T>::get(), model, tier, fuel, fuel_limit)
	}

	/// Largest escrow and seat fees of a request that is included in the next `blocks` blocks, in
	/// planck, the fee of storing an input excluded: the price may rise until then.
	pub fn estimate_at_most(
		model: ModelId,
		tier: Tier,
		blocks: u32,
		fuel_limit: Option<Fuel>,
	) -> Option<Balance> {
		let price = (0..blocks.min(MAX_HEADROOM)).fold(FuelPrice::<T>::get(), |price, _| {
			let change = (price / MAX_CHANGE_DIVISOR).max(1);
			price.saturating_add(change).min(T::MaxFuelPrice::get())
		});
		Self::estimate_at(price, model, tier, None, fuel_limit)
	}

	fn estimate_at(
		price: Balance,
		model: ModelId,
		tier: Tier,
		fuel: Option<Fuel>,
		fuel_limit: Option<Fuel>,
	) -> Option<Balance> {
		let mut version = T::Models::version(model).ok()?;
		version.limits = version.limits.of_request(fuel_limit).ok()?;
		// The largest answer has the largest output too.
		let output = if fuel.is_none() { Self::max_output_fee(&version.limits) } else { 0 };
		let fuel = fuel.unwrap_or(version.limits.fuel).min(version.limits.fuel);
		let fee = Self::fee(fuel, &version, price, tier)?.checked_add(output)?;
		fee.checked_add(Self::fixed_fees(tier, &version.limits, None))
	}

	/// Seat fees of so many seats, in planck.
	pub(crate) fn seat_fees(seats: u32) -> Balance {
		T::SeatFee::get().saturating_mul(seats.into())
	}

	/// What a request burns at its inclusion, in planck: seat fees, and a content fee for its input where
	/// that is outside of the chain, and for its output where that can be.
	pub(crate) fn fixed_fees(
		tier: Tier,
		limits: &VersionLimits,
		stored_input: Option<Content>,
	) -> Balance {
		let input = u32::from(stored_input.is_some());
		let contents = input + u32::from(limits.max_stored_output() > 0);
		let content_fees = T::ContentFee::get().saturating_mul(contents.into());
		Self::seat_fees(tiers::size(tier)).saturating_add(content_fees)
	}

	/// `fuel × price × committee size`, plus the protocol's share, plus the royalty, in planck.
	pub(crate) fn fee(
		fuel: Fuel,
		version: &ModelVersion<T::AccountId, Balance>,
		price: Balance,
		tier: Tier,
	) -> Option<Balance> {
		let pay = Self::pay(fuel, price)?;
		let max_pay = Self::pay(version.limits.fuel, price)?;
		pay.checked_mul(tiers::size(tier).into())?
			.checked_add(Self::burned(version.limits.fuel, price, tier)?)?
			.checked_add(Self::protocol_share(pay, max_pay, tier)?)?
			.checked_add(version.royalty)
	}

	/// Share of the protocol, in planck: a part of what the committee earns, and what audits of
	/// such requests cost on average. `pay`: earned per executor; `max_pay`: the same at the fuel
	/// limit, which the audit probability depends on.
	pub(crate) fn protocol_share(pay: Balance, max_pay: Balance, tier: Tier) -> Option<Balance> {
		let committee = pay.checked_mul(tiers::size(tier).into())?;
		let auditors = pay.checked_mul(tiers::audit_size(tier).into())?;
		let audits = Self::audit_probability(max_pay).mul_floor(auditors);
		economics::PROTOCOL_SHARE.mul_floor(committee).checked_add(audits)
	}

	/// Probability of an audit of an answer whose executors earn `max_pay` planck at the fuel limit.
	pub fn audit_probability(max_pay: Balance) -> Perbill {
		economics::audit_probability(max_pay, T::StakeAtRisk::get())
	}

	/// Part of the price of the fuel limit that is burned, of all seats together, in planck.
	pub(crate) fn burned(fuel_limit: Fuel, price: Balance, tier: Tier) -> Option<Balance> {
		let price = Balance::from(fuel_limit).checked_mul(price)?;
		economics::BURNED_PRICE_SHARE.mul_floor(price).checked_mul(tiers::size(tier).into())
	}

	/// Pay of one executor for `fuel`, in planck: the part of the price that is not burned.
	pub(crate) fn pay(fuel: Fuel, price: Balance) -> Option<Balance> {
		let price = Balance::from(fuel).checked_mul(price)?;
		Some(price - economics::BURNED_PRICE_SHARE.mul_floor(price))
	}

	/// Price of an audit, in planck: what its committee earns at the fuel limit.
	pub fn audit_price(request: &RequestOf<T>) -> Option<Balance> {
		Self::pay(request.version.limits.fuel, request.price)?
			.checked_mul(tiers::audit_size(request.tier).into())
	}

	/// Pay of one validator for recomputing a request to `version` in the court, in planck: what the
	/// work costs, whatever the price of fuel is. It loads the model, which executors have done before,
	/// and runs it. The bytes are those of the file and of an input outside of the chain, of `input_bytes`,
	/// which it fetches and keeps.
	pub(crate) fn court_pay(
		version: &ModelVersion<T::AccountId, Balance>,
		input_bytes: u32,
	) -> Balance {
		let bytes = Balance::from(version.size).saturating_add(input_bytes.into());
		let bytes = bytes.saturating_mul(T::CourtFuelPerByte::get().into());
		let fuel = Balance::from(version.limits.total_fuel()).saturating_add(bytes);
		T::CourtRate::get().mul_floor(fuel.saturating_mul(T::MinFuelPrice::get()))
	}

	/// What a seat reserves in the operator's own stake, in planck: a court about it, and its
	/// replacement at the fuel limit. `input_bytes`: length of an input outside of the chain.
	pub(crate) fn seat_reserve(
		version: &ModelVersion<T::AccountId, Balance>,
		price: Balance,
		input_bytes: u32,
	) -> Option<Balance> {
		Self::court_pay(version, input_bytes)
			.checked_mul(T::Randomness::authors().into())?
			.checked_add(Self::pay(version.limits.fuel, price)?)
	}

	/// Bond of a challenge, in planck: pays the court, with [`Config::ChallengeBond`] on top.
	pub fn bond(request: &RequestOf<T>) -> Option<Balance> {
		Self::court_pay(&request.version, size_of(request.stored_input))
			.checked_mul(T::Randomness::authors().into())?
			.checked_add(T::ChallengeBond::get())
	}

	/// Fuel that a request orders from all executors together.
	pub(crate) fn ordered_fuel(fuel_limit: Fuel, tier: Tier) -> Fuel {
		fuel_limit.saturating_mul(tiers::size(tier).into())
	}

	/// Moves the price of fuel as EIP-1559 moves the base fee:
	/// `price × (1 + (ordered − target) / target / 8)`, where orders beyond twice the target count
	/// as twice the target.
	pub(crate) fn adjust_price() {
		let ordered = FuelOrdered::<T>::take();
		let price = FuelPrice::<T>::get();
		let target = T::TargetFuel::get().max(1);
		let gap = ordered.abs_diff(target).min(target);
		let change = multiply_by_rational_with_rounding(
			price,
			gap.into(),
			Balance::from(target).saturating_mul(MAX_CHANGE_DIVISOR),
			Rounding::Down,
		)
		.unwrap_or_default();
		let moved = if ordered > target {
			price.saturating_add(change.max(1))
		} else {
			price.saturating_sub(change)
		};
		let next = moved.clamp(T::MinFuelPrice::get(), T::MaxFuelPrice::get());
		if next != price {
			FuelPrice::<T>::put(next);
		}
	}
}
