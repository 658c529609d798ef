//! Executors that serve a version and stop.

use super::*;
use frame_support::{assert_noop, assert_ok};
use pallet_opg_support::ModelRegistry;

#[test]
fn serve_should_be_refused_when_the_executor_finds_another_report() {
	run(|| {
		assert_ok!(register(11, 1, b"m", 1, 0));
		let other = H256::repeat_byte(8);
		assert_noop!(Registry::serve(origin(1), 0, other), Error::<Test>::ReportMismatch);
		assert_ok!(serve(1, 0));
	});
}

#[test]
fn serve_should_be_refused_with_its_reason() {
	run(|| {
		assert_noop!(serve(1, 0), Error::<Test>::UnknownModel);
		assert_ok!(register(11, 1, b"m", 1, 0));
		assert_noop!(serve(12, 0), Error::<Test>::NotExecutor);
		assert_noop!(Registry::stop_serving(origin(1), 0), Error::<Test>::NotServing);
		for who in [3, 1, 2] {
			assert_ok!(serve(who, 0));
		}
		assert_eq!(Registry::serving_executors(0), [1, 2, 3]);
		assert_noop!(serve(1, 0), Error::<Test>::AlreadyServing);
		assert_noop!(serve(4, 0), Error::<Test>::TooManyServingExecutors);
	});
}
