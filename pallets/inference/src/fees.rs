//! Fees: cost of a request, bond of a challenge, and the price of fuel, which follows demand.

use crate::{pallet::*, tiers, types::*};
use frame_support::traits::Get;
use opg_primitives::{Balance, Fuel, ModelId, Tier};
use pallet_opg_support::{economics, ModelRegistry, ModelVersion};
use sp_runtime::{helpers_128bit::multiply_by_rational_with_rounding, Perbill, Rounding};

/// The price changes by one part in this many per block at most.
const MAX_CHANGE_DIVISOR: Balance = 8;

impl<T: Config> Pallet<T> {
	/// Cost of a request to `model` at the current price in planck, deposit excluded. With `fuel`:
	/// the fee for an answer that takes so much. Without: the escrow.
	pub fn estimate(model: ModelId, tier: Tier, fuel: Option<Fuel>) -> Option<Balance> {
		let version = T::Models::version(model).ok()?;
		let fuel = fuel.unwrap_or(version.fuel_limit).min(version.fuel_limit);
		Self::fee(fuel, &version, FuelPrice::<T>::get(), tier)
	}

	/// `fuel × price × committee size`, plus the protocol's share, plus the royalty, in planck.
	pub(crate) fn fee(
		fuel: Fuel,
		version: &ModelVersion<T::AccountId, Balance>,
		price: Balance,
		tier: Tier,
	) -> Option<Balance> {
		let pay = Self::pay(fuel, price)?;
		let max_pay = Self::pay(version.fuel_limit, price)?;
		pay.checked_mul(tiers::size(tier).into())?
			.checked_add(Self::protocol_share(pay, max_pay, tier)?)?
			.checked_add(version.royalty)
	}

	/// Share of the protocol, in planck: a part of what the committee earns, and what audits of
	/// such requests cost on average. `pay`: earned per executor; `max_pay`: the same at the fuel
	/// limit, which the audit probability depends on.
	pub(crate) fn protocol_share(pay: Balance, max_pay: Balance, tier: Tier) -> Option<Balance> {
		let committee = pay.checked_mul(tiers::size(tier).into())?;
		let jury = pay.checked_mul(tiers::committee_spec(tier, tiers::JURY).target.into())?;
		let audits = Self::audit_probability(max_pay).mul_floor(jury);
		economics::PROTOCOL_SHARE.mul_floor(committee).checked_add(audits)
	}

	/// Probability of an audit of an answer whose executors earn `max_pay` planck at the fuel limit.
	pub fn audit_probability(max_pay: Balance) -> Perbill {
		economics::audit_probability(max_pay, T::StakeAtRisk::get())
	}

	/// Pay of one executor for `fuel`, in planck.
	pub(crate) fn pay(fuel: Fuel, price: Balance) -> Option<Balance> {
		Balance::from(fuel).checked_mul(price)
	}

	/// Bond of a challenge, in planck: pays the jury, with [`Config::ChallengeBond`] on top.
	pub fn bond(request: &RequestOf<T>) -> Option<Balance> {
		let jury = tiers::committee_spec(request.tier, tiers::JURY).target;
		Self::pay(request.version.fuel_limit, request.price)?
			.checked_mul(jury.into())?
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
