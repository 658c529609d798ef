//! Unbonding stake: it pays for rounds that are drawn from a snapshot that holds it, and for no
//! others.

use super::*;
use frame_support::{assert_noop, assert_ok, traits::fungible::Balanced};

/// Stake on its way out of the pool of 1, in planck.
fn leaving() -> u128 {
	Staking::unbonding_balance(&id(1))
}

#[test]
fn undelegated_stake_should_pay_for_rounds_of_its_snapshots_only() {
	run(|| {
		executor(1, 10_000);
		assert_ok!(delegate(2, 1, 1_000));
		(0..5).for_each(|_| next_session());
		// The snapshots up to that of session 6 hold it.
		assert_ok!(undelegate(2, 1, 1_000));
		assert_noop!(withdraw(2, 1), Error::<Test>::NotUnlocked);
		convict(1, 7);
		assert_eq!((leaving(), pool(1).active.balance), (1_000, 9_000), "not in the snapshot");
		convict(1, 6);
		assert_eq!((leaving(), pool(1).active.balance), (900, 8_100));
		convict(1, 5);
		assert_eq!((leaving(), pool(1).active.balance), (810, 7_290));
		convict(1, 5);
		assert_eq!((leaving(), pool(1).active.balance), (810, 7_290), "once per session");
		Staking::reward(&1, Balances::issue(10_000));
		assert_eq!(leaving(), 810, "slashed, not rewarded");
		go_to(10);
		assert_noop!(withdraw(2, 1), Error::<Test>::NotUnlocked);
		next_session();
		go_to(11);
		assert_ok!(Staking::withdraw(signed(9), 1, E, 2));
		assert_eq!(free(2), FUNDS - 1_000 + 810);
		assert_noop!(withdraw(2, 1), Error::<Test>::NothingUnbonding);
		assert!(UnbondingVaults::<Test>::get(id(1)).is_empty());
		assert!(Delegations::<Test>::get(2).is_empty());
	});
}

/// An operator lets a second account of its own delegate, and undelegates before it lies: the pool
/// is drawn by the weight of a snapshot, so the lie costs as much of what that snapshot held.
#[test]
fn lie_should_cost_as_if_the_delegated_stake_were_there_when_it_left_after_the_snapshot() {
	run(|| {
		executor(1, 1_000);
		assert_ok!(delegate(2, 1, 98_000));
		next_session();
		next_session();
		let session = Staking::session();
		assert_eq!(Staking::snapshot(session), [(1, 99_000)]);
		assert_ok!(undelegate(2, 1, 98_000));
		let next = Staking::snapshot(session + 1);
		assert_eq!(next, [(1, 99_000)], "a draw of the next session weighs it, too");
		next_session();
		convict(1, session + 1);
		let held = Convictions::<Test>::get(0).unwrap();
		assert_eq!((held.active, held.unbonding), (100, 9_800));
		assert_eq!(Staking::snapshot(session + 2), [(1, 1_000)]);
		convict(1, session + 2);
		let held = Convictions::<Test>::get(1).unwrap();
		assert_eq!((held.active, held.unbonding), (90, 0));
	});
}

/// Leavers of an abandoned pool cannot be burned by it.
#[test]
fn leavers_should_not_pay_for_later_rounds_when_they_have_not_withdrawn() {
	run(|| {
		executor(1, 10_000);
		assert_ok!(delegate(2, 1, 1_000));
		assert_ok!(undelegate(2, 1, 1_000));
		(0..3).for_each(|_| next_session());
		go_to(100);
		for session in 2..4 {
			convict(1, session);
		}
		Staking::fine(&1, Offence::MissedReveal, 3, SilenceRecord::Counted);
		assert_eq!(leaving(), 1_000);
		assert_ok!(withdraw(2, 1));
		assert_eq!(free(2), FUNDS);
	});
}

#[test]
fn unlocked_stake_should_leave_the_list_and_stay_withdrawable() {
	run(|| {
		executor(1, 10_000);
		(2..=6).for_each(|who| delegate(who, 1, 1_000).unwrap());
		// More sessions than the list has room for: the oldest goes, although it is locked.
		for who in 2..=6 {
			assert_ok!(undelegate(who, 1, 1_000));
			next_session();
		}
		assert_eq!(UnbondingVaults::<Test>::get(id(1)).len(), 4);
		assert_eq!(UnlockedVaults::<Test>::iter().count(), 1);
		assert_eq!(leaving(), 5_000);
		check();
		go_to(11);
		assert_ok!(undelegate(1, 1, 100));
		assert_eq!(UnbondingVaults::<Test>::get(id(1)).len(), 3, "two of them have unlocked");
		for who in 2..=6 {
			assert_ok!(withdraw(who, 1));
			assert_eq!(free(who), FUNDS);
			check();
		}
		assert_eq!(UnlockedVaults::<Test>::iter().count(), 0);
		assert_eq!(leaving(), 100);
	});
}

/// A flooded docket is longer than the list of sessions. Who left right before the lie let others
/// leave in later sessions, with dust, until the own vault went off the list, where nothing slashes it.
#[test]
fn leavers_should_pay_when_their_dispute_outlasts_the_list_of_sessions() {
	run(|| {
		executor(1, 10_000);
		(2..=6).for_each(|who| delegate(who, 1, 1_000).unwrap());
		let session = Staking::session();
		Disputed::set(&vec![1]);
		for who in 2..=5 {
			assert_ok!(undelegate(who, 1, 1_000));
			next_session();
		}
		let sixth = undelegate(6, 1, 1_000);
		convict(1, session);
		assert_eq!(Staking::unbonding_value(&id(1), &2), 900);
		assert_eq!(sixth, Err(Error::<Test>::InDispute.into()));
		Disputed::set(&vec![]);
		assert_ok!(undelegate(6, 1, 1_000));
		assert_eq!(UnlockedVaults::<Test>::iter().count(), 1, "the verdict was passed");
	});
}

/// A full list made room that nobody needed: each other one to leave in its last session took a vault
/// off it.
#[test]
fn vaults_should_stay_on_a_full_list_while_its_last_session_goes_on() {
	run(|| {
		executor(1, 10_000);
		(2..=6).for_each(|who| delegate(who, 1, 1_000).unwrap());
		for who in 2..=5 {
			next_session();
			assert_ok!(undelegate(who, 1, 1_000));
		}
		// Also while the court looks at a seat.
		for disputed in [vec![], vec![1]] {
			Disputed::set(&disputed);
			assert_ok!(undelegate(6, 1, 100));
			assert_eq!(UnbondingVaults::<Test>::get(id(1)).len(), 4);
		}
		next_session();
		assert_noop!(Staking::leave(signed(1), E), Error::<Test>::InDispute);
	});
}

/// The vault of the session went off the list, and the next to leave opened another of that name.
#[test]
fn unlocked_stake_should_stay_on_the_list_when_its_session_outlasts_unbonding() {
	run(|| {
		executor(1, 10_000);
		(2..=3).for_each(|who| delegate(who, 1, 1_000).unwrap());
		next_session();
		assert_ok!(undelegate(2, 1, 1_000));
		go_to(20);
		assert_ok!(undelegate(3, 1, 1_000));
		check();
		assert_ok!(withdraw(2, 1));
		go_to(30);
		assert_ok!(withdraw(3, 1));
		assert_eq!([free(2), free(3)], [FUNDS; 2]);
	});
}

/// The shares of who took nothing out were dropped, and stayed in the pool as nobody's.
#[test]
fn delegator_should_keep_its_stake_when_it_takes_nothing_out() {
	run(|| {
		executor(1, 10_000);
		assert_ok!(delegate(2, 1, 1_000));
		assert_ok!(undelegate(2, 1, 0));
		assert_eq!(value(2, 1), 1_000);
		assert_eq!(Delegations::<Test>::get(2).to_vec(), [id(1)]);
		assert!(UnbondingVaults::<Test>::get(id(1)).is_empty());
	});
}

#[test]
fn validator_should_pay_by_the_session_of_its_offence() {
	run(|| {
		let (role, fund) = (Role::Validator, 10_000);
		assert_ok!(Staking::bond(signed(1), role, fund, Perbill::zero()));
		assert_ok!(Staking::delegate(signed(2), 1, role, fund));
		(0..4).for_each(|_| next_session());
		assert_ok!(Staking::undelegate(signed(2), 1, role, fund));
		let pool = PoolId { operator: 1, role };
		Staking::slash_validator(&1, Perbill::from_percent(50), 6);
		assert_eq!(Staking::unbonding_value(&pool, &2), fund);
		Staking::slash_validator(&1, Perbill::from_percent(50), 5);
		assert_eq!(Staking::unbonding_value(&pool, &2), fund / 2);
		let stays = Pools::<Test>::get(role, 1).unwrap();
		assert_eq!(stays.active.balance, fund / 4);
		assert!(matches!(stays.status, PoolStatus::Paused { .. }));
	});
}
