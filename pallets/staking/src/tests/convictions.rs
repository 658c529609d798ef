//! Convictions: the loss is held, then burned and paid out, or given back.

use super::*;
use frame_support::{assert_noop, assert_ok, traits::Hooks};
use sp_runtime::DispatchError;

#[test]
fn payees_should_get_parts_of_the_operators_own_loss_when_a_conviction_matures() {
	run(|| {
		executor(1, 10_000);
		assert_ok!(delegate(2, 1, 100_000));
		let issuance = Balances::total_issuance();
		convict(1, 1);
		assert_eq!((pool(1).active.balance, value(2, 1)), (99_000, 90_000));
		assert_eq!((free(7), Balances::total_issuance()), (FUNDS, issuance), "nothing yet");
		go_to(4);
		assert_eq!(free(7), FUNDS);
		go_to(5);
		// 30 % of the operator's own 1,000 each. Its delegators' loss is nobody's gain.
		assert_eq!((free(7), free(8)), (FUNDS + 300, FUNDS + 300));
		assert_eq!(Balances::total_issuance(), issuance - 11_000 + 600);
		assert_eq!(Convictions::<Test>::get(0).unwrap().status, ConvictionStatus::Executed);
		assert_noop!(Staking::cancel_conviction(RuntimeOrigin::root(), 0), Error::<Test>::NotHeld);
	});
}

#[test]
fn own_stake_on_its_way_out_should_count_as_the_operators_own_loss() {
	run(|| {
		executor(1, 10_000);
		assert_ok!(delegate(2, 1, 10_000));
		assert_ok!(undelegate(1, 1, 9_000));
		convict(1, 1);
		let conviction = Convictions::<Test>::get(0).unwrap();
		assert_eq!((conviction.active, conviction.unbonding), (1_100, 900));
		assert_eq!(conviction.payees.to_vec(), [(7, 300), (8, 300)], "30 % of 100 + 900");
	});
}

#[test]
fn conviction_should_count_once_per_operator_model_and_session() {
	run(|| {
		executor(1, 10_000);
		(0..5).for_each(|_| convict(1, 1));
		assert_eq!(pool(1).active.balance, 9_000);
		Staking::convict(&1, H256::zero(), 1, &[]);
		convict(1, 2);
		assert_eq!(pool(1).active.balance, 7_290, "another model, another session");
		// A verdict that comes after the first has matured changes nothing either.
		go_to(8);
		convict(1, 1);
		assert_eq!(pool(1).active.balance, 7_290);
		// It is forgotten when no dispute of that session can come.
		go_to(11);
		assert_eq!(Convictions::<Test>::iter().count(), 0);
		assert_eq!(ConvictionNumbers::<Test>::get().oldest, 3);
	});
}

/// A flooded court keeps disputes waiting for longer than a conviction is remembered.
#[test]
fn conviction_should_be_remembered_while_its_operator_has_a_dispute() {
	run(|| {
		executor(1, 10_000);
		convict(1, 1);
		Disputed::set(&vec![1]);
		go_to(40);
		convict(1, 1);
		assert_eq!(pool(1).active.balance, 9_000);
		Disputed::set(&vec![]);
		go_to(41);
		assert_eq!(Convictions::<Test>::iter().count(), 0);
	});
}

#[test]
fn convicted_executor_should_take_no_seat_until_the_conviction_has_matured() {
	run(|| {
		executor(1, 10_000);
		next_session();
		convict(1, 1);
		assert_eq!(Staking::suspended(), [1]);
		next_session();
		assert_eq!(Staking::suspended(), [1]);
		assert!(Staking::snapshot(3).is_empty());
		// Neither a pause and a resumption nor more stake help.
		assert_ok!(Staking::pause(signed(1), E));
		assert_ok!(Staking::resume(signed(1), E));
		assert_eq!(Staking::suspended(), [1]);
		assert_noop!(delegate(1, 1, 1_000), Error::<Test>::OperatorConvicted);
		go_to(2);
		convict(1, 2);
		go_to(5);
		assert_eq!(Staking::suspended(), [1], "another is held");
		go_to(6);
		assert!(Staking::suspended().is_empty());
		next_session();
		assert_eq!(Staking::snapshot(4), [(1, 8_000)]);
	});
}

#[test]
fn loss_should_be_given_back_when_governance_cancels() {
	run(|| {
		executor(1, 10_000);
		assert_ok!(delegate(2, 1, 10_000));
		assert_ok!(delegate(3, 1, 10_000));
		assert_ok!(undelegate(3, 1, 10_000));
		let issuance = Balances::total_issuance();
		convict(1, 1);
		assert_eq!((pool(1).self_bond(), value(2, 1)), (9_000, 9_000));
		assert_eq!(Staking::unbonding_value(&id(1), &3), 9_000);
		let cancel = |origin| Staking::cancel_conviction(origin, 0);
		assert_noop!(cancel(signed(1)), DispatchError::BadOrigin);
		assert_ok!(cancel(RuntimeOrigin::root()));
		assert_noop!(cancel(RuntimeOrigin::root()), Error::<Test>::NotHeld);
		assert_eq!((pool(1).self_bond(), value(2, 1)), (10_000, 10_000));
		assert_eq!(Staking::unbonding_value(&id(1), &3), 10_000);
		assert!(Staking::suspended().is_empty());
		go_to(20);
		assert_eq!((free(7), Balances::total_issuance()), (FUNDS, issuance));
		// What governance cancelled stays cancelled for that session.
		go_to(21);
		assert_eq!(Convictions::<Test>::iter().count(), 0);
	});
}

#[test]
fn left_pool_should_close_when_its_last_conviction_has_matured() {
	run(|| {
		executor(1, 10_000);
		assert_ok!(Staking::leave(signed(1), E));
		go_to(9);
		convict(1, 1);
		go_to(11);
		assert_ok!(withdraw(1, 1));
		assert!(Pools::<Test>::contains_key(E, 1), "the conviction is held");
		go_to(13);
		assert!(!Pools::<Test>::contains_key(E, 1));
		assert_eq!(free(1), FUNDS - 1_000);
		assert_eq!(free(7), FUNDS + 300);
	});
}

#[test]
fn convictions_should_mature_over_blocks_when_there_are_many() {
	run(|| {
		executor(1, 1_000_000 - 1_000);
		(0..20).for_each(|session| convict(1, session));
		System::set_block_number(5);
		let weights: Vec<_> = (5..9).map(|_| Staking::on_initialize(5)).collect();
		assert_eq!(weights[0], weights[1]);
		assert!(weights[2].all_lt(weights[1]) && weights[3].all_lt(weights[2]));
		assert_eq!(pool(1).convictions, 0);
	});
}

#[test]
fn treasury_should_get_a_share_of_what_the_operator_loses_and_nobody_else_is_paid() {
	run(|| {
		TreasuryShare::set(&Perbill::from_percent(50));
		executor(1, 10_000);
		assert_ok!(delegate(2, 1, 100_000));
		let issuance = Balances::total_issuance();
		convict(1, 1);
		assert_eq!(free(TREASURY), 0, "nothing yet");
		go_to(5);
		// Half of the 400 that the two payees leave of the operator's own 1,000.
		assert_eq!((free(7), free(8), free(TREASURY)), (FUNDS + 300, FUNDS + 300, 200));
		assert_eq!(Balances::total_issuance(), issuance - 11_000 + 800);
		let executed = System::events().into_iter().find_map(|record| match record.event {
			RuntimeEvent::Staking(Event::ConvictionExecuted { paid, burned, .. }) => {
				Some((paid, burned))
			},
			_ => None,
		});
		assert_eq!(executed, Some((800, 10_200)));
	});
}

#[test]
fn treasury_should_get_nothing_when_the_conviction_is_cancelled() {
	run(|| {
		TreasuryShare::set(&Perbill::from_percent(50));
		executor(1, 10_000);
		convict(1, 1);
		assert_ok!(Staking::cancel_conviction(RuntimeOrigin::root(), 0));
		go_to(20);
		assert_eq!((free(TREASURY), pool(1).self_bond()), (0, 10_000));
	});
}

#[test]
fn treasury_should_get_a_share_of_fines_and_of_offences_against_consensus() {
	run(|| {
		TreasuryShare::set(&Perbill::from_percent(50));
		executor(1, 100_000);
		assert_ok!(delegate(2, 1, 100_000));
		let issuance = Balances::total_issuance();
		fine(1, Offence::MissedReveal);
		let lost = 100_000 - pool(1).self_bond();
		assert_eq!(free(TREASURY), lost / 2);
		assert_eq!(Balances::total_issuance(), issuance - 2 * lost + lost / 2);
		assert_ok!(Staking::bond(signed(3), Role::Validator, 10_000, Perbill::zero()));
		Staking::slash_validator(&3, Perbill::from_percent(10), 1);
		assert_eq!(free(TREASURY), lost / 2 + 500);
	});
}
