//! Property: an account's holds are the deposits of what it registered and serves.

use super::*;
use proptest::prelude::*;

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]

	#[test]
	fn holds_should_match_what_is_registered_and_served(
		steps in prop::collection::vec((0u8..4, 1u64..=12, 0u32..4), 1..120),
	) {
		run(|| {
			for (call, who, model) in steps {
				let _ = match call {
					0 => register(who, 1, b"m", 1, 0),
					1 => Registry::deregister(origin(who), model),
					2 => serve(who, model),
					_ => Registry::stop_serving(origin(who), model),
				};
				Registry::do_try_state().unwrap();
			}
			for who in 1..=12u64 {
				let owned = Models::<Test>::iter_values().filter(|m| m.owner == who).count();
				let served =
					ServingExecutors::<Test>::iter_values().filter(|s| s.contains(&who)).count();
				let held = owned as u128 * 100 + served as u128 * 10;
				assert_eq!(Balances::free_balance(who), 1_000 - held);
			}
		});
	}
}
