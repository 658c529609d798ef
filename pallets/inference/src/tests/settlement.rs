//! Settlement: who is paid what from where, and who gets the rest.

use crate::{mock::*, settlement::SettlementBatch, *};
use frame_support::traits::fungible::Balanced;
use opg_primitives::{Answer, Balance, FailureReason, Fuel, Tier};
use pallet_opg_support::{OnRoundDecided, Verdict};

const FUEL: Fuel = FUEL_LIMIT / 2;
/// Pay of an executor for [`FUEL`].
const PAY: Balance = MAX_PAY / 2;
/// Protocol's share of a quorum: five percent of its pay, and two percent of a jury of seven.
const PROTOCOL: Balance = 3 * PAY / 20 + 7 * PAY / 50;
const ROYALTY: Balance = 100;
/// Loss of an executor that gave a wrong answer.
const LOSS: Balance = POOL / 10;

fn paid(id: u64) -> Vec<(u64, Balance)> {
	match state(id) {
		RequestState::Settled { paid, .. } => paid.into_inner(),
		state => panic!("it is settled: {state:?}"),
	}
}

fn spendable_pot() -> Balance {
	pot() - EXISTENTIAL_DEPOSIT
}

/// Request that a first committee with these answers did not decide, and an escalation did.
fn escalated(first: [Option<Answer>; 3]) -> u64 {
	let id = drawn(Tier::Quorum);
	for (index, answer) in first.into_iter().enumerate() {
		if let Some(answer) = answer {
			reveal(id, index, answer);
		}
	}
	disagree(id);
	run_blocks(2);
	agree(id, answer(FUEL));
	check();
	id
}

#[test]
fn settlement_should_pay_everyone_when_the_window_is_over() {
	run(|| {
		let id = attested(Tier::Quorum, answer(FUEL));
		let (digest, fuel) = (answer(FUEL).digest(), FUEL);
		assert!(events().contains(&Event::Attested { request: id, digest, fuel }));
		run_blocks(WINDOW - 1);
		assert_eq!(balance(REQUESTER), FUNDS);
		assert!(matches!(state(id), RequestState::Attested { .. }));
		next_block();

		let fee = 3 * PAY + PROTOCOL + ROYALTY;
		assert_eq!(balance(REQUESTER), FUNDS - fee);
		assert_eq!(on_hold(HoldReason::Request, REQUESTER), 0);
		assert!(members(id, 0).into_iter().all(|who| balance(pool(who)) == POOL + PAY));
		assert_eq!(balance(OWNER), ROYALTY);
		assert_eq!(spendable_pot(), PROTOCOL);
		assert_eq!(paid(id), members(id, 0).into_iter().map(|who| (who, PAY)).collect::<Vec<_>>());
		assert!(events().contains(&Event::Settled { request: id, fee }));
		assert_eq!((stored(id).escrow, stored(id).deposit), (0, 0));
	});
}

#[test]
fn settlement_should_pay_no_more_than_the_fuel_limit() {
	run(|| {
		let id = attested(Tier::Quorum, answer(FUEL_LIMIT * 10));
		let escrow = stored(id).escrow;
		run_blocks(WINDOW);
		assert_eq!(paid(id)[0].1, MAX_PAY);
		assert_eq!(balance(REQUESTER), FUNDS - escrow);
	});
}

#[test]
fn settlement_should_return_the_pay_of_seats_that_did_not_answer() {
	run(|| {
		let id = drawn(Tier::High);
		for index in 0..5 {
			reveal(id, index, answer(FUEL));
		}
		Inference::on_round_decided(id, Verdict::Agreed(answer(FUEL)));
		run_blocks(WINDOW);
		assert_eq!(paid(id).len(), 5);
		// The protocol's share is that of the whole committee.
		let protocol = 7 * PAY / 20 + 15 * PAY / 50;
		assert_eq!(balance(REQUESTER), FUNDS - 5 * PAY - protocol - ROYALTY);
	});
}

#[test]
fn settlement_should_slash_the_wrong_and_pay_an_escalation_from_the_pot() {
	run(|| {
		let id = escalated([Some(answer(FUEL)), Some(wrong()), Some(answer(FUEL))]);
		let (first, second) = (members(id, 0), members(id, tiers::ESCALATION));
		run_blocks(WINDOW);

		assert_eq!(balance(pool(first[1])), POOL - LOSS);
		let winners = [vec![first[0], first[2]], second].concat();
		assert!(winners.iter().all(|who| balance(pool(*who)) == POOL + PAY));
		assert_eq!(paid(id), winners.iter().map(|who| (*who, PAY)).collect::<Vec<_>>());
		// The fee pays three, and the pot six: from its part of the slash, and its share of the fee.
		let fee = 3 * PAY + PROTOCOL + ROYALTY;
		assert_eq!(balance(REQUESTER), FUNDS - fee);
		assert_eq!(spendable_pot(), PROTOCOL + LOSS * 3 / 10 - 6 * PAY);
		assert_eq!(Burned::get(), LOSS * 7 / 10);
	});
}

#[test]
fn settlement_should_share_what_the_pot_has_when_that_is_not_enough() {
	run(|| {
		let id = escalated([Some(answer(FUEL)), None, Some(answer(FUEL))]);
		run_blocks(WINDOW);
		let each = PROTOCOL / 6;
		assert!(each < PAY);
		let pay: Vec<_> = paid(id).into_iter().map(|(_, pay)| pay).collect();
		assert_eq!(pay, [PAY, PAY, PAY, each, each, each, each, each, each]);
		// The remainder stays in the pot.
		assert_eq!(spendable_pot(), PROTOCOL % 6);
	});
}

#[test]
fn settlement_should_keep_the_royalty_when_the_owner_has_no_account() {
	run(|| {
		Royalty::set(&(EXISTENTIAL_DEPOSIT - 1));
		let id = attested(Tier::Quorum, answer(FUEL));
		run_blocks(WINDOW);
		assert!(state(id).is_final());
		assert_eq!(balance(OWNER), 0);
		assert_eq!(spendable_pot(), PROTOCOL + EXISTENTIAL_DEPOSIT - 1);
	});
}

#[test]
fn settlement_should_refund_when_slashing_is_paused() {
	run(|| {
		let id = attested(Tier::Quorum, answer(FUEL));
		SlashingPaused::set(&true);
		run_blocks(WINDOW);
		assert_eq!(failure(id), Some(FailureReason::SlashingPaused));
		assert_eq!(balance(REQUESTER), FUNDS);
		assert_eq!(on_hold(HoldReason::Request, REQUESTER), DEPOSIT);
	});
}

#[test]
fn settlements_of_one_block_should_pay_what_each_alone_would() {
	run(|| {
		ExecutorCount::set(&4);
		let ids = [(); 3].map(|()| request(Tier::Quorum));
		run_blocks(2);
		let fuel = [FUEL, FUEL_LIMIT, 7];
		for (id, fuel) in ids.into_iter().zip(fuel) {
			agree(id, answer(fuel));
		}
		let fees: Balance = fuel
			.map(|fuel| Inference::estimate(MODEL, Tier::Quorum, Some(fuel)).unwrap())
			.into_iter()
			.sum();
		run_blocks(WINDOW);
		assert!(ids.iter().all(|id| matches!(state(*id), RequestState::Settled { .. })));
		assert_eq!(balance(REQUESTER), FUNDS - fees);
		assert_eq!(balance(OWNER), 3 * ROYALTY);
		let earned = |who| -> Balance {
			let pay = ids.into_iter().flat_map(paid);
			pay.filter(|(paid, _)| *paid == who).map(|(_, pay)| pay).sum()
		};
		assert!((1..=4).all(|who| balance(pool(who)) == POOL + earned(who)));
		ExecutorCount::set(&EXECUTORS);
	});
}

#[test]
fn settlement_should_lose_no_planck_when_prices_are_odd() {
	for (price, fuel) in [(11, 1), (13, 7), (997, 333), (17, 999), (MAX_PRICE, 1_000)] {
		run(|| {
			FuelPrice::<Test>::put(price);
			let id = escalated([Some(answer(fuel)), Some(wrong()), None]);
			// The escalation found another answer than the first seat of the committee.
			assert_eq!(Seats::get(id).len(), 10);
			for _ in 0..WINDOW {
				next_block();
				check();
			}
			assert!(state(id).is_final());
			let paid: Balance = paid(id).into_iter().map(|(_, pay)| pay).sum();
			let pools: Balance = (1..=EXECUTORS).map(|who| balance(pool(who))).sum();
			let wrong = Seats::get(id).iter().filter(|seat| seat.answer == Some(wrong())).count();
			let liars = Seats::get(id)
				.into_iter()
				.filter(|seat| seat.answer.as_ref().is_some_and(|given| *given != answer(FUEL)))
				.count();
			assert!(wrong == 1 && (1..=2).contains(&liars));
			assert_eq!(
				pools,
				Balance::from(EXECUTORS as u32) * POOL + paid - liars as Balance * LOSS
			);
		});
	}
}

#[test]
fn batch_should_pay_no_more_than_the_pot_can_spend() {
	run(|| {
		let mut batch = SettlementBatch::<Test>::new();
		batch.deposit_to_pot(Balances::issue(100));
		assert_eq!(batch.pay_from_pot(&[], 50), 0);
		assert_eq!(batch.pay_from_pot(&[1, 2, 3], 50), 33);
		// One planck is left, so that is all that an owner can get.
		batch.pay_owner(&REQUESTER, 50);
		batch.apply();
		assert_eq!([1, 2, 3].map(|who| balance(pool(who)) - POOL), [33; 3]);
		assert_eq!(balance(REQUESTER), FUNDS + 1);
		assert_eq!(spendable_pot(), 0);
		// Takes what was issued out again.
		Burned::set(&0);
		let burn = |who, amount| {
			use frame_support::traits::{
				fungible::Mutate,
				tokens::{Fortitude, Precision, Preservation},
			};
			let (preservation, precision) = (Preservation::Expendable, Precision::Exact);
			Balances::burn_from(&who, amount, preservation, precision, Fortitude::Polite).unwrap();
		};
		[1, 2, 3].into_iter().for_each(|who| burn(pool(who), 33));
		burn(REQUESTER, 1);
	});
}

#[test]
fn batch_should_take_what_the_pot_has_after_what_it_was_given() {
	run(|| {
		let id = attested(Tier::Quorum, answer(FUEL));
		run_blocks(WINDOW);
		assert!(state(id).is_final());
		assert_eq!(spendable_pot(), PROTOCOL);
		let mut batch = SettlementBatch::<Test>::new();
		batch.pay_executor(&1, PROTOCOL + 1_000);
		batch.apply();
		assert_eq!(spendable_pot(), 0);
	});
}
