//! What a request costs, and how the price of fuel follows its use.

use crate::{pallet::*, tiers, types::*};
use frame_support::traits::Get;
use opg_primitives::{Balance, Fuel, ModelId, Tier};
use pallet_opg_support::{penalties, ModelRegistry, ModelVersion};
use sp_runtime::{helpers_128bit::multiply_by_rational_with_rounding, Perbill};

/// The price moves by an eighth at most from block to block.
const MOST_CHANGE: Balance = 8;

impl<T: Config> Pallet<T> {
	/// What a request to `model` costs at the current price, deposit not counted, in planck: with
	/// `fuel`, exactly what is charged for an answer that takes so much; without, the escrow.
	pub fn estimate(model: ModelId, tier: Tier, fuel: Option<Fuel>) -> Option<Balance> {
		let version = T::Models::version(model).ok()?;
		let fuel = fuel.unwrap_or(version.max_fuel).min(version.max_fuel);
		Self::fee(fuel, &version, FuelPrice::<T>::get(), tier)
	}

	/// `fuel × price × committee size`, the protocol's share of it on top, what audits of such
	/// requests cost on average, and the royalty.
	pub(crate) fn fee(
		fuel: Fuel,
		version: &ModelVersion<T::AccountId, Balance>,
		price: Balance,
		tier: Tier,
	) -> Option<Balance> {
		let each = Self::pay(fuel, price)?;
		let most = Self::pay(version.max_fuel, price)?;
		each.checked_mul(tiers::size(tier).into())?
			.checked_add(Self::protocol_part(each, most, tier)?)?
			.checked_add(version.royalty)
	}

	/// What the protocol gets of a request whose executors earn `each`, and `most` at the fuel limit.
	pub(crate) fn protocol_part(each: Balance, most: Balance, tier: Tier) -> Option<Balance> {
		let pay = each.checked_mul(tiers::size(tier).into())?;
		let jury = each.checked_mul(tiers::seats(tier, tiers::JURY).wanted.into())?;
		let audits = Self::audit_probability(most).mul_floor(jury);
		penalties::PROTOCOL_SHARE.mul_floor(pay).checked_add(audits)
	}

	/// With which probability the answer of an executor that earns `most` at the fuel limit is audited.
	pub fn audit_probability(most: Balance) -> Perbill {
		penalties::audit_probability(most, T::StakeAtRisk::get())
	}

	/// What one executor earns, in planck.
	pub(crate) fn pay(fuel: Fuel, price: Balance) -> Option<Balance> {
		Balance::from(fuel).checked_mul(price)
	}

	/// What a challenger puts at stake: enough to pay the jury, and something besides.
	pub fn bond(request: &RequestOf<T>) -> Option<Balance> {
		let jury = tiers::seats(request.tier, tiers::JURY).wanted;
		Self::pay(request.version.max_fuel, request.price)?
			.checked_mul(jury.into())?
			.checked_add(T::ChallengeBond::get())
	}

	/// Move the price of fuel towards where the target is ordered, as EIP-1559 moves the base fee:
	/// `price × (1 + (ordered − target) / target / 8)`, at most doubling the target counts.
	pub(crate) fn adjust_price() {
		let ordered = FuelOrdered::<T>::take();
		let price = FuelPrice::<T>::get();
		let target = T::TargetFuel::get().max(1);
		let gap = ordered.abs_diff(target).min(target);
		let change = multiply_by_rational_with_rounding(
			price,
			gap.into(),
			Balance::from(target).saturating_mul(MOST_CHANGE),
			sp_runtime::Rounding::Down,
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
