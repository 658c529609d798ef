//! Validators that are long offline lose their seats.

use super::*;
use frame_support::assert_ok;

fn validators(count: u64) {
	for who in 1..=count {
		assert_ok!(Staking::bond(signed(who), Role::Validator, 5_000, Perbill::zero()));
	}
}

/// Begins a session after an election, as the runtime does.
fn elect() -> Vec<u64> {
	let next = Staking::session() + 1;
	Staking::start_session(next);
	Staking::elect().unwrap()
}

fn is_paused(who: u64) -> bool {
	let pool = Pools::<Test>::get(Role::Validator, who).unwrap();
	matches!(pool.status, PoolStatus::Paused { .. })
}

#[test]
fn validator_should_be_paused_after_so_many_whole_sessions_without_a_block_and_resume() {
	run(|| {
		validators(4);
		ValidatorCount::<Test>::put(3);
		assert_eq!(elect(), [1, 2, 3], "of session 2");
		let work = |who: &[u64]| who.iter().for_each(|who| Staking::reward_author(*who));
		// 3 makes a block in its second session, and then none in three whole ones.
		elect();
		work(&[1, 2]);
		elect();
		work(&[1, 2, 3]);
		for _ in 4..=6 {
			assert_eq!(elect(), [1, 2, 3]);
			work(&[1, 2]);
		}
		assert_eq!(LastAuthored::<Test>::get().to_vec(), [(1, 6), (2, 6), (3, 3)]);
		assert_eq!(elect(), [1, 2, 4], "the next one gets the seat");
		assert!(is_paused(3));
		System::assert_has_event(Event::Paused { operator: 3, role: Role::Validator }.into());
		assert_eq!(LastAuthored::<Test>::get().to_vec(), [(1, 6), (2, 6), (4, 8)]);
		// It costs nothing, and it comes back with all the time.
		assert_ok!(Staking::resume(signed(3), Role::Validator));
		assert_ok!(Staking::delegate(signed(3), 3, Role::Validator, 100));
		for _ in 8..=12 {
			assert_eq!(elect(), [3, 1, 2]);
			work(&[1, 2]);
		}
		assert_eq!(elect(), [1, 2, 4], "expected from session 9 on");
	});
}

#[test]
fn elections_should_leave_enough_candidates_however_many_are_offline() {
	run(|| {
		validators(5);
		ValidatorCount::<Test>::put(5);
		elect();
		for _ in 0..3 {
			elect();
		}
		Staking::reward_author(1);
		assert_eq!(elect(), [1, 2, 3, 4, 5]);
		// Of four that are offline one stays: the lower accounts lose their seats first.
		assert_eq!(elect(), [1, 5]);
		assert_eq!([2, 3, 4].map(is_paused), [true; 3]);
		for _ in 0..5 {
			assert_eq!(elect(), [1, 5]);
		}
	});
}

#[test]
fn validator_should_not_be_paused_for_sessions_in_which_it_was_not_elected() {
	run(|| {
		validators(3);
		for _ in 0..9 {
			assert_eq!(elect(), [1, 2]);
			[1, 2].iter().for_each(|who| Staking::reward_author(*who));
			// The author of a block that is no validator any more changes nothing.
			Staking::reward_author(3);
		}
		assert_ok!(Staking::delegate(signed(3), 3, Role::Validator, 1_000));
		for _ in 0..4 {
			assert_eq!(elect(), [3, 1]);
			Staking::reward_author(1);
		}
		assert!(!is_paused(3));
	});
}
