//! Weight budgets, checked by the integrity tests of the pallets.

use frame_support::{dispatch::DispatchClass, traits::Get};
use frame_system::Config;
use sp_runtime::Weight;

/// Largest weight of one transaction of `class` that every block has room for.
///
/// The first block of a session has no more than what is reserved for the class.
pub fn max_transaction_weight<T: Config>(class: DispatchClass) -> Weight {
	let weights = T::BlockWeights::get();
	let limits = weights.get(class);
	let most = limits.max_extrinsic.unwrap_or(weights.max_block);
	let reserved = limits.reserved.map(|weight| weight.saturating_sub(limits.base_extrinsic));
	most.min(reserved.unwrap_or(most))
}

/// Panics where `weight` exceeds `budget` in one of its parts. `subject` is what has this weight in
/// the worst case.
pub fn assert_fits(subject: &str, weight: Weight, budget: Weight) {
	assert!(weight.all_lte(budget), "{subject} takes {weight:?}, more than its {budget:?}");
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn weight_should_fit_when_it_is_all_of_the_budget() {
		assert_fits("a block", Weight::from_parts(5, 7), Weight::from_parts(5, 7));
	}

	#[test]
	#[should_panic(expected = "a block takes")]
	fn weight_should_not_fit_when_its_proof_is_too_large() {
		assert_fits("a block", Weight::from_parts(1, 8), Weight::from_parts(5, 7));
	}
}
