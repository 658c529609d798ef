//! Challenges, audits, tiers, cancelling, fees: what follows an attested answer.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use frame_support::{assert_noop, assert_ok};
use pallet_opg_inference::{Doubt, Error, FuelPrice, Phase, State};
use pallet_opg_support::FailureReason;

/// What Ferdie has, on hold or not.
fn ferdies() -> Balance {
	let data = System::account(ferdie()).data;
	data.free + data.reserved
}

/// A request that a whole committee answered wrongly.
fn lie(tier: Tier) -> (RequestId, Vec<AccountId>) {
	let id = request_tier(tier);
	let liars = committee(id);
	answer_all(id, |_| wrong());
	assert!(matches!(state(id), State::Attested { .. }));
	(id, liars)
}

/// Let a jury answer; the next block does what follows.
fn conclude(id: RequestId, answer: impl Fn(&AccountId) -> Answer) {
	answer_all(id, answer);
	let found = matches!(state(id), State::Disputed { phase: Phase::Found { .. }, .. });
	assert!(found, "{:?}", state(id));
	step();
}

#[test]
fn challenge_should_overturn_a_lie_and_pay_the_challenger() {
	run_with(12, || {
		let eves = Balances::free_balance(eve());
		let (id, liars) = lie(Tier::Quorum);
		let before = ferdies();
		assert_ok!(Inference::challenge(signed(ferdie()), id));
		assert!(Balances::free_balance(ferdie()) < before, "the bond is held");
		assert!(matches!(state(id), State::Disputed { doubt: Doubt::Challenge { .. }, .. }));
		steps(2);
		let jury = committee(id);
		assert_eq!(jury.len(), 7);
		assert!(jury.iter().all(|who| !liars.contains(who)));
		conclude(id, |_| right());
		assert_eq!(failed(id), Some(FailureReason::Overturned));
		assert!(liars.iter().all(|who| stake(who) == 9_000 * OPG));
		assert_eq!(ferdies(), before + 3 * 300 * OPG, "the bond, and 30 % of three slashes");
		assert!(jury.iter().all(|who| stake(who) == 10_000 * OPG + pay()));
		steps(constants::HOURS);
		assert_eq!(Balances::free_balance(eve()), eves, "refunded in full");
	});
}

#[test]
fn challenge_of_a_right_answer_should_cost_the_bond_and_pay_the_jury() {
	run_with(12, || {
		let id = request();
		let first = committee(id);
		answer_all(id, |_| right());
		let before = ferdies();
		assert_ok!(Inference::challenge(signed(ferdie()), id));
		assert_noop!(
			Inference::challenge(signed(ferdie()), id),
			Error::<Runtime>::NotChallengeable
		);
		steps(2);
		let jury = committee(id);
		conclude(id, |_| right());
		let State::Settled { answer, paid, .. } = state(id) else { panic!("{:?}", state(id)) };
		assert_eq!(answer, right());
		assert_eq!(paid.len(), 10);
		assert!(first.iter().chain(&jury).all(|who| stake(who) == 10_000 * OPG + pay()));
		// Seven times the pay at the fuel limit, which is twice the fuel used, and 10 OPG.
		assert_eq!(ferdies(), before - 14 * pay() - 10 * OPG);
	});
}

#[test]
fn liars_on_a_jury_should_be_slashed_too() {
	run_with(12, || {
		let id = request();
		answer_all(id, |_| right());
		assert_ok!(Inference::challenge(signed(ferdie()), id));
		steps(2);
		let jury = committee(id);
		conclude(id, |who| if jury[..3].contains(who) { wrong() } else { right() });
		assert!(matches!(state(id), State::Settled { .. }));
		assert!(jury[..3].iter().all(|who| stake(who) == 9_000 * OPG));
		assert!(jury[3..].iter().all(|who| stake(who) > 10_000 * OPG));
	});
}

#[test]
fn honest_minority_should_be_right_in_the_end_when_the_answer_is_overturned() {
	run_with(20, || {
		let id = request();
		let first = committee(id);
		// One honest seat escalates; the liars win the second committee too.
		answer_all(id, |who| if *who == first[0] { right() } else { wrong() });
		steps(2);
		let second = committee(id);
		assert_eq!(second.len(), 7);
		answer_all(id, |_| wrong());
		assert_eq!(stake(&first[0]), 10_000 * OPG, "not judged before the end");
		assert_ok!(Inference::challenge(signed(ferdie()), id));
		steps(2);
		conclude(id, |_| right());
		assert_eq!(failed(id), Some(FailureReason::Overturned));
		assert!(stake(&first[0]) > 10_000 * OPG, "paid for having been right");
		assert!(first[1..].iter().chain(&second).all(|who| stake(who) == 9_000 * OPG));
	});
}

#[test]
fn undecided_juries_should_give_everyone_back_what_they_put_in() {
	run_with(30, || {
		let (eves, ferdies_before) = (Balances::free_balance(eve()), ferdies());
		let id = request();
		answer_all(id, |_| right());
		assert_ok!(Inference::challenge(signed(ferdie()), id));
		for _jury in 0..2 {
			steps(2);
			let jury = committee(id);
			let half = jury.len() / 2;
			answer_all(id, |who| Answer {
				fuel: jury.iter().position(|j| j == who).unwrap().min(half + 1) as u64,
				..right()
			});
		}
		assert_eq!(failed(id), Some(FailureReason::NoAgreement));
		assert_eq!(ferdies(), ferdies_before);
		assert!((0..30).all(|index| stake(&executor(index)) == 10_000 * OPG), "nobody is judged");
		steps(constants::HOURS);
		assert_eq!(Balances::free_balance(eve()), eves);
	});
}

#[test]
fn challenge_should_be_refused_with_its_reason() {
	run(|| {
		assert_noop!(Inference::challenge(signed(ferdie()), 9), Error::<Runtime>::UnknownRequest);
		let id = request();
		assert_noop!(
			Inference::challenge(signed(ferdie()), id),
			Error::<Runtime>::NotChallengeable
		);
		answer_all(id, |_| right());
		steps(constants::CHALLENGE_WINDOW);
		assert!(matches!(state(id), State::Settled { .. }));
		assert_noop!(
			Inference::challenge(signed(ferdie()), id),
			Error::<Runtime>::NotChallengeable
		);
	});
	run_with(5, || {
		let id = request();
		answer_all(id, |_| right());
		assert_noop!(
			Inference::challenge(signed(ferdie()), id),
			Error::<Runtime>::NotEnoughExecutors
		);
	});
}

#[test]
fn challenger_should_never_sit_on_the_jury() {
	run_with(11, || {
		let id = request();
		let outsider = (0..11).map(executor).find(|who| !committee(id).contains(who)).unwrap();
		answer_all(id, |_| right());
		assert_ok!(Inference::challenge(signed(outsider.clone()), id));
		steps(2);
		assert_eq!(committee(id).len(), 7);
		assert!(!committee(id).contains(&outsider));
		answer_all(id, |_| right());
	});
}

#[test]
fn optimistic_answers_should_be_audited_now_and_then_and_liars_slashed() {
	run_with(10, || {
		let (mut audits, mut caught) = (0, 0);
		for _ in 0..300 {
			let (id, liar) = lie(Tier::Optimistic);
			let before = stake(&liar[0]);
			steps(constants::CHALLENGE_WINDOW);
			match state(id) {
				State::Settled { .. } => continue,
				State::Disputed { doubt: Doubt::Audit, .. } => audits += 1,
				other => panic!("{other:?}"),
			}
			steps(2);
			assert!(!committee(id).contains(&liar[0]));
			conclude(id, |_| right());
			assert_eq!(failed(id), Some(FailureReason::Overturned));
			caught += usize::from(stake(&liar[0]) < before);
			// The liars of this test would trip the breaker; that has its own.
			pallet_opg_staking::SessionSlashed::<Runtime>::kill();
		}
		// Two percent of 300 are 6; more than 20 or none is one in a thousand.
		assert!((1..=20).contains(&audits), "{audits}");
		assert_eq!(caught, audits);
	});
}

#[test]
fn answers_should_be_settled_without_audit_when_no_jury_can_be_drawn() {
	run_with(4, || {
		for _ in 0..150 {
			let id = request_tier(Tier::Quorum);
			answer_all(id, |_| right());
			steps(constants::CHALLENGE_WINDOW);
			assert!(matches!(state(id), State::Settled { .. }));
		}
	});
}

#[test]
fn high_tier_should_take_five_of_seven_and_no_dissent() {
	run_with(30, || {
		let id = request_tier(Tier::High);
		let members = committee(id);
		assert_eq!(members.len(), 7);
		members.iter().for_each(|who| commit(id, who, &right()).unwrap());
		members[..5].iter().for_each(|who| reveal(id, who, right()).unwrap());
		steps(constants::COMMIT_BLOCKS + constants::REVEAL_BLOCKS);
		assert!(matches!(state(id), State::Attested { .. }), "two hid their answers");
		assert_eq!(stake(&members[6]), 9_000 * OPG);

		let id = request_tier(Tier::High);
		let members = committee(id);
		answer_all(id, |who| if *who == members[6] { wrong() } else { right() });
		assert!(matches!(state(id), State::Open(Phase::Waiting { round: 1, .. })), "one dissents");
		steps(4);
		assert_eq!(committee(id).len(), 15);
		answer_all(id, |_| right());
		steps(constants::CHALLENGE_WINDOW);
		let State::Settled { paid, .. } = state(id) else { panic!() };
		assert_eq!(paid.len(), 21);
	});
}

#[test]
fn request_should_be_cancelled_only_before_its_seed_begins() {
	run(|| {
		let eves = Balances::free_balance(eve());
		let id = pallet_opg_inference::NextRequestId::<Runtime>::get();
		assert_ok!(Inference::request(signed(eve()), 0, input(), Tier::Quorum, OPG * 10));
		assert_noop!(Inference::cancel(signed(ferdie()), id), Error::<Runtime>::NotRequester);
		assert_ok!(Inference::cancel(signed(eve()), id));
		assert_eq!(failed(id), Some(FailureReason::Cancelled));
		assert_noop!(Inference::cancel(signed(eve()), id), Error::<Runtime>::TooLate);
		assert_ok!(Inference::request(signed(eve()), 0, input(), Tier::Quorum, OPG * 10));
		step();
		assert_noop!(Inference::cancel(signed(eve()), id + 1), Error::<Runtime>::TooLate);
		step();
		assert!(Records::<Runtime>::get(id).is_none(), "a cancelled request is not drawn");
		answer_all(id + 1, |_| right());
		steps(constants::HOURS);
		let price = fee();
		assert_eq!(Balances::free_balance(eve()), eves - price);
	});
}

#[test]
fn attested_failure_should_settle_like_a_result() {
	run(|| {
		let id = request();
		answer_all(id, |_| wrong());
		steps(constants::CHALLENGE_WINDOW);
		let State::Settled { answer, paid, fee, .. } = state(id) else { panic!() };
		assert_eq!(answer, wrong());
		assert_eq!(paid.len(), 3);
		assert_eq!(Some(fee), Inference::estimate(0, Tier::Quorum, Some(FUEL)));
	});
}

#[test]
fn price_should_follow_use_within_its_bounds() {
	run(|| {
		let floor = FuelPrice::<Runtime>::get();
		// Twice the target and more moves the price by an eighth, whatever the excess.
		for _ in 0..3 {
			pallet_opg_inference::FuelOrdered::<Runtime>::put(u64::MAX);
			step();
		}
		let high = FuelPrice::<Runtime>::get();
		assert_eq!(high, floor * 9 / 8 * 9 / 8 * 9 / 8);
		pallet_opg_inference::FuelOrdered::<Runtime>::put(constants::TARGET_FUEL);
		step();
		assert_eq!(FuelPrice::<Runtime>::get(), high);
		// The price at inclusion is what is charged.
		let fee = Inference::estimate(0, Tier::Quorum, Some(FUEL)).unwrap();
		let id = request();
		answer_all(id, |_| right());
		steps(constants::CHALLENGE_WINDOW);
		let State::Settled { fee: charged, .. } = state(id) else { panic!() };
		assert_eq!(charged, fee);
		steps(30);
		assert_eq!(FuelPrice::<Runtime>::get(), floor);
	});
}

#[test]
fn requests_should_fail_with_refund_when_the_breaker_trips() {
	run_with(12, || {
		let eves = Balances::free_balance(eve());
		let id = request();
		answer_all(id, |_| right());
		pallet_opg_staking::SlashingPaused::<Runtime>::put(System::block_number());
		assert_noop!(
			Inference::request(signed(eve()), 0, input(), Tier::Quorum, 10 * OPG),
			Error::<Runtime>::Paused
		);
		assert_noop!(Inference::challenge(signed(ferdie()), id), Error::<Runtime>::Paused);
		steps(constants::CHALLENGE_WINDOW);
		assert_eq!(failed(id), Some(FailureReason::SlashingPaused));
		steps(constants::HOURS);
		assert_eq!(Balances::free_balance(eve()), eves);
	});
}

/// Whom a request gets depends on the randomness after it and on its number, and on nothing that the
/// requester chooses.
#[test]
fn committee_should_not_depend_on_what_the_requester_chooses() {
	let drawn = |input: &[u8], max_fee: Balance| {
		let mut members = Vec::new();
		run_with(12, || {
			let input = input.to_vec().try_into().unwrap();
			let id = pallet_opg_inference::NextRequestId::<Runtime>::get();
			assert_ok!(Inference::request(signed(eve()), 0, input, Tier::Quorum, max_fee));
			steps(2);
			members = committee(id);
			steps(constants::HOURS);
		});
		members
	};
	let base = drawn(b"a", 10 * OPG);
	assert_eq!(base, drawn(b"b", 10 * OPG));
	assert_eq!(base, drawn(b"a", 20 * OPG));
}

/// The author of a request's own block adds nothing to its seed: only later blocks do.
#[test]
fn committee_should_depend_on_later_blocks_only() {
	let drawn = |own: u8, next: u8, tier: Tier| {
		let mut members = Vec::new();
		run_with(30, || {
			let id = pallet_opg_inference::NextRequestId::<Runtime>::get();
			assert_ok!(Inference::request(signed(eve()), 0, input(), tier, 10 * OPG));
			let mut vrf = [own, next, 3, 4, 5].into_iter();
			for _ in 0..=pallet_opg_inference::tiers::seed_blocks(tier) {
				let parent = System::block_number();
				step();
				// What the block before this one drew, as BABE would tell.
				let output = [vrf.next().unwrap(); 32];
				pallet_opg_inference::Outputs::<Runtime>::insert(parent, output);
				if Records::<Runtime>::get(id).is_some() {
					break;
				}
			}
			members = committee(id);
			steps(constants::HOURS);
		});
		members
	};
	// The draw itself runs in the step that adds the last output, so the last one is BABE's.
	let high = drawn(1, 2, Tier::High);
	assert_eq!(high, drawn(9, 2, Tier::High), "the own block");
	assert_ne!(high, drawn(1, 8, Tier::High), "a later block");
	assert_eq!(drawn(1, 2, Tier::Quorum), drawn(9, 2, Tier::Quorum));
}

/// A commitment is worth nothing anywhere else: another request, round, executor or chain.
#[test]
fn commitments_should_not_be_replayed() {
	use opg_primitives::{commitment, Binding};
	type Change = fn(Binding<AccountId>) -> Binding<AccountId>;
	let elsewhere: [Change; 4] = [
		|own| Binding { request: own.request + 1, ..own },
		|own| Binding { round: own.round + 1, ..own },
		|own| Binding { executor: dave(), ..own },
		|own| Binding { genesis: sp_core::H256::repeat_byte(9), ..own },
	];
	run(|| {
		for change in elsewhere {
			let id = request();
			let first = committee(id);
			let stolen = commitment(&change(binding(id, &first[0])), &right(), &SALT);
			commit_to(id, &first[0], stolen).unwrap();
			first[1..].iter().for_each(|who| commit(id, who, &right()).unwrap());
			assert_eq!(reveal(id, &first[0], right()), refused(reject::WRONG_COMMITMENT));
		}
		let id = request();
		let first = committee(id);
		let who = &first[0];
		let own = binding(id, who);
		// Another's transaction, with the own name on it.
		let item =
			Commitment { request: id, round: 0, commitment: commitment(&own, &right(), &SALT) };
		let batch = Batch {
			executor: first[1].clone(),
			at: System::block_number(),
			items: vec![item].try_into().unwrap(),
		};
		let payload = opg_primitives::batch_payload(
			opg_primitives::BatchKind::Commit,
			&System::block_hash(0),
			&batch,
		);
		let signature = sp_core::Pair::sign(&key(who), &payload).into();
		let call = pallet_opg_attestation::Call::commit { batch, signature };
		assert_eq!(apply(call), refused(reject::BAD_SIGNATURE));
	});
}
