//! Capacity: seats are counted, full executors are skipped, and filling others gains little.

use crate::{
	capacity::{Capacity, SeatTerms},
	draw::DrawContext,
	mock::*,
	*,
};
use codec::Encode;
use frame_support::{
	assert_noop, assert_ok,
	weights::{Weight, WeightMeter},
};
use opg_primitives::{RequestId, Tier};
use proptest::prelude::*;
use sp_io::hashing::blake2_256;
use sp_runtime::Perbill;

fn all_open() -> u32 {
	OpenSeats::<Test>::get().iter().map(|(_, load)| load.seats).sum()
}

fn pending() -> u32 {
	PendingSeats::<Test>::get(MODEL)
}

#[test]
fn seats_of_first_rounds_should_count_until_the_round_is_decided() {
	run(|| {
		let ends: [fn(RequestId) -> Weight; 3] =
			[|id| agree(id, answer(1)), |id| dissent(id, &[answer(1), wrong()]), fall_silent];
		for end in ends {
			let id = request(Tier::Quorum);
			assert_eq!((pending(), all_open()), (3, 0));
			run_draw(Tier::Quorum);
			assert_eq!((pending(), all_open()), (0, 3));
			assert!(members(id, 0).iter().all(|who| open_seats(*who) == 1));
			end(id);
			assert_eq!((pending(), all_open()), (0, 0));
			// A second round or an audit takes no slot.
			run_draw(Tier::Quorum);
			assert_eq!((pending(), all_open()), (0, 0));
		}
		let id = request(Tier::High);
		assert_eq!(pending(), 7);
		assert_ok!(dispatch(REQUESTER, Call::cancel { request: id }));
		assert_eq!(pending(), 0);
		let id = request_until(Tier::High, now() + 1);
		HasVrfOutput::set(false);
		run_blocks(3);
		assert!(failure(id).is_some());
		assert_eq!(pending(), 0);
		HasVrfOutput::set(true);
	});
}

#[test]
fn request_should_be_congested_when_less_than_two_thirds_have_a_free_slot() {
	run(|| {
		ExecutorCount::set(&9);
		SlotsEach::set(&1);
		let call = || request_call(Tier::Optimistic);
		// Three of nine are full, and six are two thirds.
		let ids: Vec<_> = (0..3).map(|_| drawn(Tier::Optimistic)).collect();
		assert_eq!(Inference::capacity(MODEL), Capacity { offered: 9, free: 6, executors: 6 });
		assert_eq!(Inference::capacity(MODEL).share(), Perbill::from_rational(2u32, 3));
		assert_ok!(dispatch(REQUESTER, call()));
		next_block();
		let before = balance(REQUESTER);
		assert_noop!(dispatch(REQUESTER, call()), Error::<Test>::Congested);
		assert_eq!(balance(REQUESTER), before);
		agree(ids[0], answer(1));
		assert_ok!(dispatch(REQUESTER, call()));
		// Who rests or has stopped offers nothing, so it is not missed either.
		next_block();
		assert_noop!(dispatch(REQUESTER, call()), Error::<Test>::Congested);
		let full: Vec<_> = (1..=9).filter(|who| open_seats(*who) > 0).collect();
		Suspended::set(&full[..2].to_vec());
		Stopped::set(&full[2..].to_vec());
		assert_eq!(Inference::capacity(MODEL).share(), Perbill::one());
		assert_ok!(dispatch(REQUESTER, call()));
	});
}

#[test]
fn seats_that_wait_should_be_spread_over_the_candidates() {
	run(|| {
		ExecutorCount::set(&4);
		SlotsEach::set(&3);
		for _ in 0..4 {
			assert_ok!(dispatch(REQUESTER, request_call(Tier::Quorum)));
		}
		assert_eq!(pending(), 12);
		let refused = dispatch(REQUESTER, request_call(Tier::Quorum));
		assert_eq!(refused, Err(Error::<Test>::Congested.into()));
	});
}

#[test]
fn draw_should_wait_when_the_executors_filled_up_meanwhile() {
	run(|| {
		ExecutorCount::set(&4);
		SlotsEach::set(&1);
		let ids = [request(Tier::Quorum), request(Tier::Quorum)];
		run_draw(Tier::Quorum);
		assert_eq!(ids.map(assigned_round), [Some(0), None], "three of four are full");
		run_blocks(5);
		assert_eq!(assigned_round(ids[1]), None);
		agree(ids[0], answer(1));
		run_draw(Tier::Quorum);
		assert_eq!(assigned_round(ids[1]), Some(0));
		agree(ids[1], answer(1));

		// Three quarters are free, but the requester is one of them.
		let first = drawn(Tier::Optimistic);
		let requester = (1..=4).find(|who| open_seats(*who) == 0).unwrap();
		let id = request_of(requester, Tier::Quorum);
		run_draw(Tier::Quorum);
		assert_eq!(assigned_round(id), None);
		agree(first, answer(1));
		run_draw(Tier::Quorum);
		assert_eq!(assigned_round(id), Some(0));
	});
}

#[test]
fn request_should_end_with_its_lifetime_when_executors_stay_full() {
	run(|| {
		ExecutorCount::set(&4);
		SlotsEach::set(&1);
		let ids = [request(Tier::Quorum), request(Tier::Quorum)];
		run_blocks(LIFETIME);
		assert_eq!(assigned_round(ids[0]), Some(0));
		assert!(!Requests::<Test>::contains_key(ids[1]));
		assert_eq!(pending(), 0);
		assert_eq!(on_hold(HoldReason::Request, REQUESTER), stored(ids[0]).escrow + DEPOSIT);
	});
}

#[test]
fn full_executors_should_be_skipped_in_first_rounds_only() {
	run(|| {
		ExecutorCount::set(&12);
		SlotsEach::set(&1);
		let full = members(drawn(Tier::Quorum), 0);
		let mut draws = DrawContext::<Test>::new();
		let mut seats = |round: u8| {
			let candidates = (MODEL, Session::get());
			let seed = [round; 32];
			let terms = SeatTerms { round, reserve: 0 };
			draws.draw(&mut WeightMeter::new(), candidates, terms, &seed, &[], 12)
		};
		let first = seats(tiers::FIRST);
		assert_eq!(first.len(), 9);
		assert!(first.iter().all(|who| !full.contains(who)));
		assert_eq!(seats(tiers::SECOND).len(), 12);
		assert_eq!(seats(tiers::AUDIT).len(), 12);
	});
}

#[test]
fn fewer_declared_slots_should_count_at_once_and_more_not() {
	run(|| {
		ExecutorCount::set(&3);
		SlotsEach::set(&2);
		let id = drawn(Tier::Quorum);
		Declared::set(&vec![(1, 1), (2, 1), (3, 1)]);
		let capacity = Inference::capacity(MODEL);
		assert_eq!((capacity.offered, capacity.free), (3, 0));
		Declared::set(&vec![(1, 9), (2, 9)]);
		assert_eq!(Inference::capacity(MODEL), Capacity { offered: 6, free: 6, executors: 3 });
		agree(id, answer(1));
	});
}

/// Committees of `k` in a state of the chain, for so many seeds.
fn committees(k: u32, seeds: u32) -> Vec<Vec<u64>> {
	let mut draws = DrawContext::<Test>::new();
	let candidates = (MODEL, Session::get());
	let terms = SeatTerms { round: tiers::FIRST, reserve: 0 };
	(0..seeds)
		.map(|number| {
			let seed = number.using_encoded(blake2_256);
			draws.draw(&mut WeightMeter::new(), candidates, terms, &seed, &[], k)
		})
		.collect()
}

/// Tells whether a first round would be drawn now.
fn would_draw() -> bool {
	let mut draws = DrawContext::<Test>::new();
	draws.capacity(&mut WeightMeter::new(), (MODEL, Session::get()), 0, 0).is_enough()
}

/// Largest share of committees of `k` that are wholly the attacker's, in any state on its way to
/// fill the others. Its pools are the first of `pools`, each of eight slots. They answer at once, so
/// that they never are full, and the others do not.
fn worst_share(pools: u64, own: u64, k: u32, seeds: u32) -> f64 {
	let mut worst: f64 = 0.0;
	run(|| {
		ExecutorCount::set(&pools);
		SlotsEach::set(&8);
		let mut open = Vec::new();
		let mut full = usize::MAX;
		while dispatch(REQUESTER, request_call(Tier::Optimistic)).is_ok() {
			open.push(NextRequestId::<Test>::get() - 1);
			next_block();
			open.retain(|id| {
				let is_own = members(*id, 0).iter().any(|who| *who <= own);
				if is_own {
					agree(*id, answer(1));
				}
				!is_own && assigned_round(*id).is_some()
			});
			// Only executors that are full change the chances.
			let now_full = (1..=pools).filter(|who| open_seats(*who) == 8).count();
			if now_full != full && would_draw() {
				full = now_full;
				let all = committees(k, seeds);
				let whole = all.iter().filter(|members| members.iter().all(|who| *who <= own));
				worst = worst.max(whole.count() as f64 / f64::from(seeds));
			}
			if open.len() as u64 > pools * 8 {
				break;
			}
		}
		assert!(full > 0 && full < usize::MAX, "some were filled");
	});
	worst
}

/// Before, four pools with slots without end had 43 % of the committees after 40 requests, and all
/// after 60.
#[test]
fn attacker_with_28_percent_should_get_few_whole_committees_when_it_fills_the_others() {
	let share = worst_share(14, 4, 3, 6_000);
	// By hand: four of the ten pools that are free, the attacker's, fill a committee in 1 of 30.
	assert!((0.025..=0.04).contains(&share), "{share}");
	assert!(share <= (1.5f64 * 4.0 / 14.0).powi(3), "{share}");
}

#[test]
fn attacker_should_get_no_more_than_the_cube_of_one_and_a_half_times_its_share() {
	for (pools, own) in [(12, 2), (30, 10), (60, 18)] {
		let share = worst_share(pools, own, 3, 2_000);
		let limit = (1.5 * own as f64 / pools as f64).powi(3);
		assert!(share <= limit + 0.01, "{own} of {pools}: {share}, limit {limit}");
	}
}

/// What an attacker can do before a round is fixed.
#[derive(Clone, Debug)]
enum Move {
	/// Makes a request of its own.
	Ask(Tier),
	/// Lets one of the rounds end.
	Answer(usize),
	/// Lowers the slots of one of its pools, or does not.
	Declare(u64, u32),
	/// Rests with one of its pools, or comes back.
	Rest(u64),
	Blocks(u32),
}

fn any_move() -> impl Strategy<Value = Move> {
	let tier = prop_oneof![Just(Tier::Optimistic), Just(Tier::Quorum), Just(Tier::High)];
	prop_oneof![
		12 => tier.prop_map(Move::Ask),
		3 => any::<usize>().prop_map(Move::Answer),
		1 => (1..=5u64, 0..=4u32).prop_map(|(who, slots)| Move::Declare(who, slots)),
		1 => (1..=5u64).prop_map(Move::Rest),
		4 => (1..=3u32).prop_map(Move::Blocks),
	]
}

fn play(step: &Move, open: &mut Vec<RequestId>) {
	match step {
		Move::Ask(tier) => {
			if dispatch(REQUESTER, request_call(*tier)).is_ok() {
				open.push(NextRequestId::<Test>::get() - 1);
			}
		},
		Move::Answer(pick) => {
			let ready: Vec<_> =
				open.iter().copied().filter(|id| assigned_round(*id).is_some()).collect();
			if let Some(id) = ready.get(pick % ready.len().max(1)) {
				agree(*id, answer(1));
				open.retain(|other| other != id);
			}
		},
		Move::Declare(who, slots) => {
			let mut declared = Declared::get();
			declared.retain(|(own, _)| own != who);
			declared.push((*who, *slots));
			declared.sort();
			Declared::set(&declared);
		},
		Move::Rest(who) => {
			let mut suspended = Suspended::get();
			if suspended.contains(who) {
				suspended.retain(|own| own != who);
			} else {
				suspended.push(*who);
				suspended.sort();
			}
			Suspended::set(&suspended);
		},
		Move::Blocks(count) => run_blocks(*count),
	}
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(48))]

	/// Seats that draws take change what is offered as counting all candidates again does.
	#[test]
	fn offered_capacity_should_follow_the_seats(
		taken in prop::collection::vec((1_u64..=14, any::<bool>(), 0..OWN_STAKE / 4, 0_u32..4), 1..60),
	) {
		run(|| {
			ExecutorCount::set(&12);
			SlotsEach::set(&4);
			Declared::set(&vec![(2, 1), (3, 3)]);
			Suspended::set(&vec![4]);
			Stopped::set(&vec![5]);
			let mut draws = DrawContext::<Test>::new();
			let candidates = (MODEL, Session::get());
			let mut meter = WeightMeter::new();
			for (who, is_first, reserve, asked) in taken {
				let round = if is_first { tiers::FIRST } else { tiers::AUDIT };
				let reserve = if asked == 0 { reserve } else { 1_000 };
				let offered = draws.offered(&mut meter, candidates, reserve);
				assert_eq!(offered, draws.capacity(&mut meter, candidates, 0, reserve));
				assert!(draws.take_seats(&[who], SeatTerms { round, reserve }));
			}
		});
	}

	/// Five of 18 pools are the attacker's, with four slots each. Whatever it does before a round is
	/// fixed, its part of the seats is at most one and a half times its part of the weight.
	#[test]
	fn expected_own_seats_should_not_pass_one_and_a_half_times_the_own_weight(
		moves in prop::collection::vec(any_move(), 1..60),
	) {
		const SEEDS: u32 = 400;
		run(|| {
			ExecutorCount::set(&18);
			SlotsEach::set(&4);
			let mut open = Vec::new();
			for step in &moves {
				play(step, &mut open);
			}
			if !would_draw() {
				return;
			}
			for k in [1, 3] {
				let seats = committees(k, SEEDS).concat();
				let own = seats.iter().filter(|who| **who <= 5).count() as f64;
				let share = own / f64::from(k * SEEDS);
				let limit = 1.5 * 5.0 / 18.0;
				// Five standard deviations.
				let noise = 5.0 * (0.25 / f64::from(k * SEEDS)).sqrt();
				assert!(share <= limit + noise, "{share} of the seats, limit {limit}");
			}
		});
	}
}
