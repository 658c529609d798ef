//! Challenges, audits, tiers and fees on the real runtime.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used)]

use frame_support::{assert_noop, assert_ok};
use opg_primitives::{Answer, RequestId, Tier};
use opg_runtime::{
	constants::{self, OPG},
	*,
};
use opg_runtime_testing::*;
use pallet_opg_inference::{claim_hash, tiers, Error, RequestState, Requests};
use pallet_opg_staking::Convictions;
use pallet_opg_support::economics;
use sp_core::H256;
use sp_runtime::DispatchResult;
use std::collections::BTreeSet;

/// Makes a request that the whole committee answers wrongly. Returns it with the committee.
fn lie(tier: Tier) -> (RequestId, Vec<AccountId>) {
	let id = request_tier(tier);
	let liars = committee(id);
	answer_all(id, |_| wrong());
	assert!(matches!(state(id), RequestState::Attested { .. }));
	(id, liars)
}

/// `who` challenges the attested answer of a request, and claims that `right` is right.
fn challenge(who: AccountId, id: RequestId, right: &Answer) -> DispatchResult {
	let disputed = state(id).attested().unwrap().0.digest();
	let seed = Requests::<Runtime>::get(id).unwrap().seed.unwrap();
	let claim = claim_hash(&who, id, right.digest(), H256(SALT));
	Inference::challenge(signed(who), id, seed, disputed, claim)
}

fn convicted() -> BTreeSet<AccountId> {
	Convictions::<Runtime>::iter_values().map(|conviction| conviction.operator).collect()
}

/// Bond of a challenge: three authors, each a tenth of the least price of the limits, and of a file of
/// a hundred bytes, and 10 OPG.
fn bond() -> Balance {
	let fuel = 2 * FUEL + 1_000 + 100 * constants::COURT_FUEL_PER_BYTE;
	3 * Balance::from(fuel) * constants::MIN_FUEL_PRICE / 10 + 10 * OPG
}

#[test]
fn challenger_should_share_what_liars_lose_when_their_convictions_are_carried_out() {
	run_with(6, || {
		let (id, liars) = lie(Tier::Quorum);
		let before = wealth(&ferdie());
		assert_ok!(challenge(ferdie(), id, &right()));
		assert_eq!(Balances::free_balance(ferdie()), before - bond());
		court_commits(id, 3, |_| Some(right()));
		assert_ok!(Inference::reveal_claim(signed(ferdie()), id, right().digest(), H256(SALT)));
		court_reveals(id, 3, |_| Some(right()));
		let RequestState::Settled { answer, .. } = state(id) else { panic!("{:?}", state(id)) };
		assert_eq!(answer, right());
		assert_eq!(convicted(), liars.iter().cloned().collect());
		// Governance has a day, or what a development chain calls one.
		steps(constants::CONVICTION_DELAY + 2);
		// Each has paid its part of the court before.
		let court = bond() - 10 * OPG;
		let left = 9_000 * OPG - court / 3..9_000 * OPG;
		assert!(liars.iter().all(|who| left.contains(&stake(who))));
		let (reward, all) = (wealth(&ferdie()) - before, 3 * 300 * OPG);
		assert!(reward <= all && reward > all - OPG / 1_000, "30 % of three: {reward}");
	});
}

#[test]
fn challenge_of_a_right_answer_should_cost_the_bond() {
	run_with(6, || {
		let id = request();
		let first = committee(id);
		answer_all(id, |_| right());
		let before = wealth(&ferdie());
		assert_ok!(challenge(ferdie(), id, &wrong()));
		assert_noop!(challenge(ferdie(), id, &wrong()), Error::<Runtime>::AlreadyChallenged);
		court_sits(id, 3, |_| Some(right()));
		let RequestState::Settled { answer, paid, .. } = state(id) else {
			panic!("{:?}", state(id))
		};
		assert_eq!(answer, right());
		assert_eq!(paid.len(), 3);
		assert!(first.iter().all(|who| stake(who) == 10_000 * OPG + pay()));
		assert_eq!(wealth(&ferdie()), before - bond());
		assert!(convicted().is_empty());
	});
}

#[test]
fn everyone_should_be_judged_when_a_second_committee_dissents() {
	run_with(20, || {
		let id = request();
		let first = committee(id);
		first.iter().for_each(|who| commit(id, who, &right()).unwrap());
		first[1..].iter().for_each(|who| reveal(id, who, right()).unwrap());
		steps(constants::COMMIT_BLOCKS + constants::REVEAL_BLOCKS + 1);
		draw(id);
		let second = committee(id);
		assert_eq!(second.len(), 7);
		answer_all(id, |_| wrong());
		assert!(matches!(state(id), RequestState::Court { attested: None, .. }));
		court_sits(id, 3, |_| Some(right()));
		assert_eq!(convicted(), second.into_iter().collect());
		let RequestState::Settled { paid, .. } = state(id) else { panic!("{:?}", state(id)) };
		assert_eq!(paid.len(), 2, "who was right in the first round is paid");
	});
}

#[test]
fn optimistic_answers_should_be_audited_now_and_then_and_liars_convicted() {
	run_with(10, || {
		let (mut audits, mut caught) = (0, BTreeSet::new());
		for _ in 0..200 {
			let (id, liar) = lie(Tier::Optimistic);
			while matches!(state(id), RequestState::Attested { .. }) {
				step();
			}
			match state(id) {
				RequestState::Settled { .. } => continue,
				RequestState::Audited { .. } => audits += 1,
				other => panic!("{other:?}"),
			}
			draw(id);
			assert!(!committee(id).contains(&liar[0]));
			answer_all(id, |_| right());
			court_sits(id, 3, |_| Some(right()));
			caught.extend(liar);
			assert_eq!(convicted(), caught);
			if audits == 2 {
				return;
			}
		}
		// Two percent of 200 are 4; none is one in fifty, and the seed of the chain is fixed.
		assert!(audits > 0);
	});
}

#[test]
fn bought_audit_should_find_a_lie() {
	run_with(10, || {
		let before = wealth(&ferdie());
		let (id, liars) = lie(Tier::Quorum);
		assert_ok!(Inference::audit(signed(ferdie()), id));
		draw(id);
		let auditors = committee(id);
		assert_eq!(auditors.len() as u32, tiers::audit_size(Tier::Quorum));
		answer_all(id, |_| right());
		court_sits(id, 3, |_| Some(right()));
		assert_eq!(convicted(), liars.into_iter().collect());
		let RequestState::Settled { paid, .. } = state(id) else { panic!("{:?}", state(id)) };
		assert_eq!(paid.into_iter().collect::<Vec<_>>(), auditors.map_pay());
		// The fee pays as many as it has seats for.
		assert_eq!(wealth(&ferdie()), before - 3 * constants::SEAT_FEE);
	});
}

/// Copying what was attested does not show the witness.
#[test]
fn auditor_that_copies_should_be_fined_and_pay_the_court_that_finds_it() {
	run_with(10, || {
		let id = request();
		answer_all(id, |_| right());
		assert_ok!(Inference::audit(signed(ferdie()), id));
		draw(id);
		let auditors = committee(id);
		let copier = &auditors[0];
		let guess = |who: &AccountId| (who == copier).then(H256::zero).or(witness(id, &right()));
		auditors.iter().for_each(|who| commit_with(id, who, &right(), guess(who)).unwrap());
		auditors.iter().for_each(|who| reveal_with(id, who, right(), guess(who)).unwrap());
		assert!(matches!(state(id), RequestState::Court { .. }), "{:?}", state(id));
		let pot = wealth(&Inference::pot());
		let paid = || (0..3).map(|index| wealth(&executor(index))).sum::<Balance>();
		let before = (paid(), stake(copier));
		court_sits(id, 3, |_| Some(right()));
		let RequestState::Settled { paid: executors, .. } = state(id) else { panic!() };
		assert!(executors.iter().all(|(who, _)| who != copier), "it is not paid");
		assert!(auditors[1..].iter().all(|who| executors.iter().any(|(own, _)| own == who)));
		assert!(convicted().is_empty(), "its answer was right");
		let lost = before.1 - stake(copier);
		let fine = economics::MAX_FINE_PER_SESSION * before.1;
		assert!(lost > fine / 2 && lost <= fine + bond(), "{lost}");
		assert_eq!(paid() - before.0, bond() - 10 * OPG, "three validators are paid");
		assert!(wealth(&Inference::pot()) >= pot, "not by the pot");
		assert!(auditors[1..].iter().all(|who| stake(who) >= 10_000 * OPG));
	});
}

trait MapPay {
	fn map_pay(self) -> Vec<(AccountId, Balance)>;
}

impl MapPay for Vec<AccountId> {
	fn map_pay(self) -> Vec<(AccountId, Balance)> {
		self.into_iter().map(|who| (who, pay())).collect()
	}
}

#[test]
fn high_tier_should_take_five_of_seven_and_no_dissent() {
	run_with(30, || {
		let id = request_tier(Tier::High);
		let members = committee(id);
		assert_eq!(members.len(), 7);
		members.iter().for_each(|who| commit(id, who, &right()).unwrap());
		members[..5].iter().for_each(|who| reveal(id, who, right()).unwrap());
		steps(constants::COMMIT_BLOCKS + constants::REVEAL_BLOCKS + 1);
		assert!(matches!(state(id), RequestState::Attested { .. }), "two hid their answers");

		let id = request_tier(Tier::High);
		let members = committee(id);
		answer_all(id, |who| if *who == members[6] { wrong() } else { right() });
		assert!(matches!(state(id), RequestState::Court { .. }), "one dissents");
		court_sits(id, 3, |_| Some(right()));
		let RequestState::Settled { paid, .. } = state(id) else { panic!() };
		assert_eq!(paid.len(), 6);
		assert_eq!(convicted(), [members[6].clone()].into());
	});
}

#[test]
fn attested_failure_should_settle_like_a_result() {
	run(|| {
		let id = request();
		answer_all(id, |_| wrong());
		while matches!(state(id), RequestState::Attested { .. }) {
			step();
		}
		let RequestState::Settled { answer, paid, fee, .. } = state(id) else { panic!() };
		assert_eq!(answer, wrong());
		assert_eq!(paid.len(), 3);
		assert_eq!(Some(fee), Inference::estimate(0, Tier::Quorum, Some(FUEL), None));
	});
}

/// Whom a request gets depends on the randomness after it and on its number, and on nothing that
/// the requester chooses.
#[test]
fn committee_should_not_depend_on_what_the_requester_chooses() {
	let drawn = |input: &[u8], max_fee: Balance, reference: u8| {
		let mut members = Vec::new();
		run_with(12, || {
			let input = input.to_vec().try_into().unwrap();
			let id = next_request();
			let (tier, reference) = (Tier::Quorum, H256::repeat_byte(reference));
			let origin = signed(eve());
			assert_ok!(Inference::request(
				origin, 0, input, tier, max_fee, OPG, reference, None, None
			));
			draw(id);
			members = committee(id);
		});
		members
	};
	let base = drawn(b"a", 10 * OPG, 0);
	assert_eq!(base, drawn(b"b", 10 * OPG, 0));
	assert_eq!(base, drawn(b"a", 20 * OPG, 0));
	assert_eq!(base, drawn(b"a", 10 * OPG, 1));
}

/// The author of a request's own block adds nothing to its seed: only later blocks do.
#[test]
fn committee_should_depend_on_later_blocks_only() {
	let drawn = |own: u64, next: u64, tier: Tier| {
		let mut members = Vec::new();
		run_with(30, || {
			set_seed(own);
			step();
			let id = request_undrawn(tier);
			set_seed(next);
			step();
			set_seed(3);
			draw(id);
			members = committee(id);
		});
		set_seed(0);
		members
	};
	let high = drawn(1, 2, Tier::High);
	assert_eq!(high, drawn(9, 2, Tier::High), "the own block");
	assert_ne!(high, drawn(1, 8, Tier::High), "a later block");
	assert_eq!(drawn(1, 2, Tier::Quorum), drawn(9, 2, Tier::Quorum));
}

/// Nothing that an operator does after a request raises the number of its seats. Here the own third of
/// the executors knows the seed and pauses, and what it gains is nothing.
#[test]
fn pausing_before_the_draw_should_gain_no_seat() {
	let own = |who: &AccountId| (0..18).step_by(3).any(|index| executor(index) == *who);
	let seats = |seed: u64, paused: u32| {
		let mut seats = 0;
		set_seed(seed);
		run_with(18, || {
			let id = request_undrawn(Tier::High);
			for (bit, index) in (0..18).step_by(3).enumerate() {
				if paused >> bit & 1 == 1 {
					let who = signed(executor(index));
					assert_ok!(Staking::pause(who, pallet_opg_staking::Role::Executor));
				}
			}
			draw(id);
			seats = committee(id).iter().filter(|who| own(who)).count();
		});
		set_seed(0);
		seats
	};
	for seed in 0..4 {
		let all = seats(seed, 0);
		for paused in [1, 2, 4, 8, 16, 32, 21, 42, 63] {
			assert!(seats(seed, paused) <= all, "{seed} {paused}");
		}
	}
}
