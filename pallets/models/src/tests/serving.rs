//! Executors that serve a version and stop.

use super::*;
use frame_support::{assert_noop, assert_ok};
use pallet_opg_support::{ModelRegistry, Serving};
use proptest::prelude::*;

fn stop(who: u64) -> DispatchResult {
	Registry::stop_serving(origin(who), 0)
}

fn candidates(session: u32) -> Vec<u64> {
	Registry::serving(0, session).candidates
}

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
		assert_noop!(serve(9, 0), Error::<Test>::NotEligible);
		Suspended::set(&vec![8]);
		assert_noop!(serve(8, 0), Error::<Test>::NotEligible);
		assert_noop!(stop(1), Error::<Test>::NotServing);
		for who in [4, 3, 5] {
			assert_ok!(serve(who, 0));
		}
		assert_noop!(serve(3, 0), Error::<Test>::AlreadyServing);
		assert_noop!(serve(1, 0), Error::<Test>::TooManyServingExecutors);
	});
}

#[test]
fn serving_should_count_from_the_session_that_is_planned_next() {
	run(|| {
		assert_ok!(register(11, 1, b"m", 1, 0));
		Session::set(&5);
		assert_ok!(serve(1, 0));
		assert_eq!([5, 6, 7].map(candidates), [vec![], vec![], vec![1]]);
		Session::set(&8);
		assert_ok!(stop(1));
		let stopped = Serving { candidates: vec![1], stopped: vec![1] };
		assert_eq!([8, 9].map(|session| Registry::serving(0, session)), [stopped.clone(), stopped]);
		assert!(candidates(10).is_empty());
		// A late draw of a session before finds the same candidates as long as it can come.
		Session::set(&11);
		assert_ok!(serve(2, 0));
		assert_eq!(candidates(9), [1]);
		assert_eq!(Balances::free_balance(1), FUNDS - 10);
		Session::set(&12);
		assert_ok!(serve(3, 0));
		assert_eq!(Balances::free_balance(1), FUNDS, "its entry is gone");
		assert!(candidates(9).is_empty());
	});
}

#[test]
fn stop_should_be_cancelled_when_the_executor_serves_again_in_the_same_session() {
	run(|| {
		assert_ok!(register(11, 1, b"m", 1, 0));
		assert_ok!(serve(1, 0));
		// Never a candidate: nothing stays.
		assert_ok!(stop(1));
		assert_eq!(
			(Balances::free_balance(1), ServingExecutors::<Test>::iter().count()),
			(FUNDS, 0)
		);
		assert_ok!(serve(1, 0));
		Session::set(&3);
		assert_ok!(stop(1));
		assert_ok!(serve(1, 0));
		assert_eq!(Registry::serving(0, 9), Serving { candidates: vec![1], stopped: vec![] });
		// A session later the candidates of the planned session are frozen without it.
		assert_ok!(stop(1));
		Session::set(&4);
		assert_ok!(serve(1, 0));
		let planned = [3, 4, 5, 6].map(candidates);
		assert_eq!(planned, [vec![1], vec![1], vec![], vec![1]]);
		assert!(Registry::serving(0, 6).stopped.is_empty());
		assert_eq!(Balances::free_balance(1), FUNDS - 20, "one deposit per entry");
	});
}

/// Entries of closed pools stayed for ever, and kept newcomers out and the owner's deposit in.
#[test]
fn executor_without_a_pool_should_be_removed_by_anyone_for_its_deposit() {
	run(|| {
		assert_ok!(register(11, 1, b"m", 1, 0));
		assert_ok!(serve(1, 0));
		let remove = |who| Registry::remove_executor(origin(12), 0, who);
		assert_noop!(remove(2), Error::<Test>::NotServing);
		assert_noop!(remove(1), Error::<Test>::NotRemovable);
		Closed::set(&vec![1]);
		assert_ok!(remove(1));
		assert_eq!(Balances::free_balance(12), FUNDS + 10);
		assert_eq!((Balances::free_balance(1), Balances::reserved_balance(1)), (FUNDS - 10, 0));
		assert_ok!(Registry::deregister(origin(11), 0));
		// Who has a pool gets its own deposit back, when no draw needs the entry.
		assert_ok!(register(11, 1, b"m", 1, 0));
		assert_ok!(Registry::serve(origin(2), 1, REPORT));
		Session::set(&2);
		assert_ok!(Registry::stop_serving(origin(2), 1));
		Session::set(&5);
		let remove = || Registry::remove_executor(origin(12), 1, 2);
		assert_noop!(remove(), Error::<Test>::NotRemovable);
		Session::set(&6);
		assert_ok!(remove());
		assert_eq!(Balances::free_balance(2), FUNDS);
	});
}

/// A slash that takes all of a pool leaves the pool, and its operator need not act any more.
#[test]
fn executor_should_be_stopped_by_anyone_when_its_pool_has_no_stake() {
	run(|| {
		assert_ok!(register(11, 1, b"m", 1, 0));
		assert_ok!(serve(1, 0));
		Session::set(&2);
		let remove = || Registry::remove_executor(origin(12), 0, 1);
		assert_noop!(remove(), Error::<Test>::NotRemovable);
		Drained::set(&vec![1]);
		assert_ok!(remove());
		// It stays a candidate of the sessions whose draws could know it, and is skipped there.
		assert_eq!(Registry::serving(0, 3).candidates, [1]);
		assert_eq!(Registry::serving(0, 3).stopped, [1]);
		assert!(Registry::serving(0, 4).candidates.is_empty());
		assert_noop!(remove(), Error::<Test>::NotRemovable);
		Session::set(&6);
		assert_ok!(remove());
		assert_eq!(Balances::free_balance(1), FUNDS);
		assert_ok!(Registry::deregister(origin(11), 0));
	});
}

#[test]
fn full_list_should_give_way_to_more_weight() {
	run(|| {
		assert_ok!(register(11, 1, b"m", 1, 0));
		for who in [4, 2, 3] {
			assert_ok!(serve(who, 0));
		}
		assert_noop!(serve(1, 0), Error::<Test>::TooManyServingExecutors);
		assert_ok!(serve(5, 0));
		assert_eq!(candidates(2), [3, 4, 5]);
		assert_eq!(Balances::free_balance(2), FUNDS, "its deposit is back");
		Session::set(&2);
		assert_ok!(serve(6, 0));
		assert_eq!(Registry::serving(0, 3).stopped, [3], "frozen, and skipped");
		assert_eq!([3, 4].map(candidates), [vec![3, 4, 5], vec![4, 5, 6]]);
		assert_noop!(serve(3, 0), Error::<Test>::TooManyServingExecutors);
	});
}

#[test]
fn list_should_be_swept_over_several_calls_when_many_have_stopped() {
	run(|| {
		assert_ok!(register(11, 1, b"m", 1, 0));
		for session in 0..20 {
			Session::set(&session);
			for who in 1..9 {
				let _ = if session % 2 == 0 { serve(who, 0) } else { stop(who) };
			}
			check();
		}
		assert!(ServingExecutors::<Test>::get(0).len() <= 6);
	});
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(128))]

	/// No call after the first block of a session changes the candidates of that session, of the
	/// next, or of the two before.
	#[test]
	fn frozen_candidates_should_not_depend_on_later_calls(
		calls in prop::collection::vec((0u8..3, 1u64..9, any::<bool>()), 1..120),
	) {
		run(|| {
			assert_ok!(register(11, 1, b"m", 1, 0));
			Session::set(&2);
			let frozen = |session: u32| [session - 2, session - 1, session, session + 1].map(candidates);
			let mut before = frozen(2);
			for (call, who, ends_session) in calls {
				let _ = match call {
					0 => serve(who, 0),
					1 => stop(who),
					_ => Registry::remove_executor(origin(12), 0, who),
				};
				let session = Session::get();
				assert_eq!(frozen(session), before);
				let serving = Registry::serving(0, session);
				assert!(serving.candidates.is_sorted() && serving.stopped.is_sorted());
				assert!(serving.stopped.iter().all(|own| serving.candidates.contains(own)));
				if ends_session {
					Session::set(&(session + 1));
					assert_eq!(frozen(session + 1)[..3], before[1..]);
					before = frozen(session + 1);
				}
			}
		});
	}
}
