//! Property: an account's holds are the deposits of what it registered and serves.

use super::*;
use frame_support::traits::fungible::Inspect;
use proptest::prelude::*;

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]

	#[test]
	fn holds_should_match_what_is_registered_and_served(
		steps in prop::collection::vec((0u8..7, 1u64..=12, 0u32..4), 1..120),
	) {
		run(|| {
			for (call, who, model) in steps {
				let _ = match call {
					0 => register(who, 1, b"m", 1, 0),
					1 => Registry::deregister(origin(who), model),
					2 => serve(who, model),
					3 => Registry::stop_serving(origin(who), model),
					4 => Registry::remove_executor(origin(12), model, who),
					5 => {
						Closed::set(&(1..=who).filter(|own| own % 3 == 0).collect::<Vec<_>>());
						Ok(())
					},
					_ => {
						Session::set(&(Session::get() + 1));
						Ok(())
					},
				};
				check();
			}
			let held: u128 =
				(1..=12u64).map(|who| Balances::total_balance(&who) - Balances::free_balance(who)).sum();
			let deposits = Models::<Test>::iter().count() as u128 * 100
				+ ServingExecutors::<Test>::iter_values().flatten().count() as u128 * 10;
			assert_eq!(held, deposits);
			let all: u128 = (1..=12u64).map(|who| Balances::total_balance(&who)).sum();
			assert_eq!(all, 12_000, "a deposit is moved, never burned");
		});
	}
}
