//! Settlement: who is paid what from where, what is burned, and who gets the rest.

use crate::{mock::*, settlement::SettlementBatch, *};
use frame_support::traits::fungible::Balanced;
use opg_primitives::{Balance, Fuel, Tier};
use pallet_opg_support::{OnRoundDecided, Verdict};
use sp_core::H256;

const FUEL: Fuel = FUEL_LIMIT / 2;
/// Pay of an executor for [`FUEL`].
const PAY: Balance = MAX_PAY / 2;
/// Protocol's share of a quorum: five percent of its pay, and two percent of an audit of three.
const PROTOCOL: Balance = 3 * PAY / 20 + 3 * PAY / 50;
/// A fifth of the price of the fuel limit of three executors.
const BURNED: Balance = 3 * FUEL_LIMIT as Balance * MIN_PRICE / 5;
const ROYALTY: Balance = 100;
/// Charged to the requester of a quorum in the end.
const FEE: Balance = 3 * PAY + PROTOCOL + BURNED + ROYALTY + 3 * SEAT_FEE;

fn paid(id: u64) -> Vec<(u64, Balance)> {
	match state(id) {
		RequestState::Settled { paid, .. } => paid.into_inner(),
		state => panic!("it is settled: {state:?}"),
	}
}

fn spendable_pot() -> Balance {
	pot() - EXISTENTIAL_DEPOSIT
}

#[test]
fn settlement_should_pay_everyone_when_the_window_is_over() {
	run(|| {
		let id = attested(Tier::Quorum, answer(FUEL));
		run_blocks(WINDOW - 1);
		assert_eq!(balance(REQUESTER), FUNDS - 3 * SEAT_FEE);
		assert!(matches!(state(id), RequestState::Attested { .. }));
		next_block();

		assert_eq!(balance(REQUESTER), FUNDS - FEE);
		assert_eq!(on_hold(HoldReason::Request, REQUESTER), 0);
		assert!(members(id, 0).into_iter().all(|who| balance(pool(who)) == POOL + PAY));
		assert_eq!(balance(OWNER), ROYALTY);
		assert_eq!(spendable_pot(), PROTOCOL);
		assert_eq!(burned(), BURNED + 3 * SEAT_FEE);
		assert_eq!(paid(id), members(id, 0).into_iter().map(|who| (who, PAY)).collect::<Vec<_>>());
		let settled = Event::Settled {
			request: id,
			requester: REQUESTER,
			model: MODEL,
			digest: answer(FUEL).digest(),
			fee: FEE,
			reference: H256::repeat_byte(9),
		};
		assert!(events().contains(&settled));
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
		assert_eq!(balance(REQUESTER), FUNDS - escrow - 3 * SEAT_FEE);
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
		assert!(paid(id).into_iter().all(|(_, pay)| pay == PAY));
		// What is burned, and the protocol's share, are those of the whole committee.
		let protocol = 7 * PAY / 20 + 5 * PAY / 50;
		let fixed = 7 * BURNED / 3 + protocol + ROYALTY + 7 * SEAT_FEE;
		assert_eq!(balance(REQUESTER), FUNDS - 5 * PAY - fixed);
	});
}

/// One absent seat made the pot pay six, so that deliberate absence drained it. Now it pays for one of
/// those who sat in its place.
#[test]
fn pot_should_not_pay_when_silence_brings_a_second_committee() {
	run(|| {
		let id = drawn(Tier::Quorum);
		reveal(id, 0, answer(FUEL));
		reveal(id, 2, answer(FUEL));
		fall_silent(id);
		run_draw(Tier::Quorum);
		agree(id, answer(FUEL));
		run_blocks(WINDOW);

		let (first, second) = (members(id, 0), members(id, tiers::SECOND));
		let winners = [vec![first[0], first[2]], second].concat();
		let each = 4 * PAY / 9;
		assert_eq!(balance(pool(first[1])), POOL - PAY);
		assert_eq!(paid(id), winners.into_iter().map(|who| (who, each)).collect::<Vec<_>>());
		assert_eq!(balance(REQUESTER), FUNDS - FEE);
		assert_eq!(spendable_pot(), PROTOCOL + 4 * PAY % 9);
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
fn settlements_of_one_block_should_pay_what_each_alone_would() {
	run(|| {
		ExecutorCount::set(&4);
		let ids = [(); 3].map(|()| request(Tier::Quorum));
		run_draw(Tier::Quorum);
		let fuel = [FUEL, FUEL_LIMIT, 7];
		for (id, fuel) in ids.into_iter().zip(fuel) {
			agree(id, answer(fuel));
		}
		let fees: Balance = fuel
			.map(|fuel| Inference::estimate(MODEL, Tier::Quorum, Some(fuel), None).unwrap())
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
			let id = drawn(Tier::Quorum);
			reveal(id, 0, answer(fuel));
			fall_silent(id);
			run_draw(Tier::Quorum);
			agree(id, answer(fuel));
			for _ in 0..WINDOW {
				next_block();
				check();
			}
			let RequestState::Settled { paid, fee, .. } = state(id) else {
				panic!("it is settled")
			};
			let paid: Balance = paid.into_iter().map(|(_, pay)| pay).sum();
			let charged: Balance = Charged::iter_values().sum();
			assert!(charged > 0, "two were silent");
			let pools: Balance = (1..=EXECUTORS).map(|who| balance(pool(who))).sum();
			assert_eq!(pools + charged, Balance::from(EXECUTORS) * POOL + paid);
			assert_eq!(fee + charged, paid + spendable_pot() + balance(OWNER) + burned());
			assert_eq!(balance(REQUESTER), FUNDS - fee);
		});
	}
}

#[test]
fn batch_should_pay_no_more_than_the_pot_can_spend() {
	run(|| {
		let mut batch = SettlementBatch::<Test>::new();
		batch.deposit_to_pot(Balances::issue(100));
		assert_eq!(batch.pay_equally(&[], 50), 0);
		assert_eq!(batch.pay_equally(&[1, 2, 3], 150), 33);
		// One planck is left, so that is all that an account can get.
		batch.pay_account(&REQUESTER, 50);
		let left = batch.pot_balance();
		assert_eq!(batch.pay_court(&VALIDATORS, 50, left), 0);
		batch.burn(50);
		batch.apply();
		assert_eq!([1, 2, 3].map(|who| balance(pool(who)) - POOL), [33; 3]);
		assert_eq!(balance(REQUESTER), FUNDS + 1);
		assert_eq!(VALIDATORS.map(balance), [FUNDS; 3]);
		assert_eq!(spendable_pot(), 0);
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

#[test]
fn treasury_should_get_what_the_pot_has_beyond_its_reserve() {
	run(|| {
		PotReserve::set(pot() + PROTOCOL + 100);
		let settle = || {
			let id = attested(Tier::Quorum, answer(FUEL));
			run_blocks(WINDOW);
			assert!(state(id).is_final());
		};
		settle();
		assert_eq!((spendable_pot(), balance(TREASURY)), (PROTOCOL, 0));
		settle();
		assert_eq!(spendable_pot(), PROTOCOL + 100);
		assert_eq!(balance(TREASURY), PROTOCOL - 100);
		settle();
		assert_eq!(spendable_pot(), PROTOCOL + 100);
		assert_eq!(balance(TREASURY), 2 * PROTOCOL - 100);
		// A lower reserve takes nothing out.
		PotReserve::set(0);
		settle();
		assert_eq!(spendable_pot(), PROTOCOL + 100);
		PotReserve::set(Balance::MAX);
	});
}
