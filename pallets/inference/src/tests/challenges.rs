//! Challenges: who may challenge what, when, with which claim and bond.

use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok};
use opg_primitives::{RequestId, Tier};
use sp_core::H256;
use sp_runtime::{DispatchResult, TokenError};

const FUEL: u64 = FUEL_LIMIT / 2;
/// What three validators earn, and the fixed part.
const BOND: u128 = 3 * COURT_PAY + CHALLENGE_BOND;

/// Challenge of `who` with these parts.
fn try_challenge(who: u64, id: RequestId, seed: H256, digest: H256) -> DispatchResult {
	dispatch(who, Call::challenge { request: id, seed, digest, claim: H256::zero() })
}

#[test]
fn challenge_should_hold_the_bond_and_open_the_court() {
	run(|| {
		let id = attested(Tier::Quorum, wrong());
		let at = now();
		next_block();
		assert_ok!(challenge_by(CHALLENGER, id, &answer(FUEL)));

		assert_eq!(on_hold(HoldReason::Challenge, CHALLENGER), BOND);
		let court = RequestState::Court { attested: Some((wrong(), at)), opened: true };
		assert_eq!(state(id), court);
		assert_eq!(Cases::get(id), Some(false));
		assert_eq!(stored(id).changed_at, block());
		let digest = wrong().digest();
		let challenged =
			Event::Challenged { request: id, challenger: CHALLENGER, digest, bond: BOND };
		assert!(events().contains(&challenged));
		assert!(events().contains(&Event::Disputed { request: id }));
		// The end of the window settles nothing that is in dispute.
		run_blocks(WINDOW);
		assert_eq!(state(id), court);
	});
}

#[test]
fn bond_should_follow_the_validators_and_the_fuel_limit_but_no_price() {
	run(|| {
		let id = request(Tier::Quorum);
		assert_eq!(Inference::bond(&stored(id)), Some(BOND));
		AuthorCount::set(100);
		assert_eq!(Inference::bond(&stored(id)), Some(100 * COURT_PAY + CHALLENGE_BOND));
		// Somebody who drives the price of fuel does not make challenges dear.
		FuelPrice::<Test>::put(MAX_PRICE);
		let id = request(Tier::High);
		assert_eq!(Inference::bond(&stored(id)), Some(100 * COURT_PAY + CHALLENGE_BOND));
	});
}

#[test]
fn challenge_should_be_possible_until_the_answer_is_settled() {
	run(|| {
		let id = attested(Tier::Quorum, wrong());
		run_blocks(WINDOW - 1);
		assert_ok!(challenge_by(CHALLENGER, id, &answer(FUEL)));
	});
	run(|| {
		let id = attested(Tier::Quorum, wrong());
		let (seed, digest) = (stored(id).seed.unwrap(), wrong().digest());
		run_blocks(WINDOW);
		assert_noop!(try_challenge(CHALLENGER, id, seed, digest), Error::<Test>::NotChallengeable);
	});
}

#[test]
fn challenge_should_be_refused_when_there_is_no_answer_to_challenge() {
	run(|| {
		let none = H256::zero();
		assert_noop!(try_challenge(CHALLENGER, 9, none, none), Error::<Test>::UnknownRequest);
		let id = request(Tier::Quorum);
		assert_noop!(try_challenge(CHALLENGER, id, none, none), Error::<Test>::NotChallengeable);
		run_draw(Tier::Quorum);
		assert_noop!(try_challenge(CHALLENGER, id, none, none), Error::<Test>::NotChallengeable);
	});
}

/// After a re-organisation the same number may name another answer.
#[test]
fn challenge_should_be_refused_when_it_is_meant_for_another_fork_or_answer() {
	run(|| {
		let id = attested(Tier::Quorum, wrong());
		let (seed, digest) = (stored(id).seed.unwrap(), wrong().digest());
		assert_noop!(
			try_challenge(CHALLENGER, id, H256::repeat_byte(3), digest),
			Error::<Test>::SeedMismatch
		);
		assert_noop!(
			try_challenge(CHALLENGER, id, seed, answer(FUEL).digest()),
			Error::<Test>::UnknownDigest
		);
		assert_ok!(try_challenge(CHALLENGER, id, seed, digest));
	});
}

#[test]
fn challenge_should_be_refused_when_the_challenger_cannot_pay_the_bond() {
	run(|| {
		let id = attested(Tier::Quorum, wrong());
		let (seed, digest) = (stored(id).seed.unwrap(), wrong().digest());
		assert_noop!(try_challenge(POOR, id, seed, digest), TokenError::FundsUnavailable);
	});
}

#[test]
fn several_should_challenge_one_answer_up_to_a_limit() {
	run(|| {
		let id = attested(Tier::Quorum, wrong());
		assert_ok!(challenge_by(CHALLENGER, id, &answer(FUEL)));
		let (seed, digest) = (stored(id).seed.unwrap(), wrong().digest());
		assert_noop!(try_challenge(CHALLENGER, id, seed, digest), Error::<Test>::AlreadyChallenged);
		for who in 1..u64::from(MAX_CHALLENGES) {
			assert_ok!(challenge_by(who, id, &answer(FUEL)));
		}
		assert_eq!(stored(id).challenges.len() as u32, MAX_CHALLENGES);
		assert_noop!(
			try_challenge(OTHER_CHALLENGER, id, seed, digest),
			Error::<Test>::TooManyChallenges
		);
	});
}

#[test]
fn challenge_should_be_refused_when_the_court_reveals_votes() {
	run(|| {
		let id = challenged(Tier::Quorum, wrong(), &answer(FUEL));
		begin_reveals(id);
		let (seed, digest) = (stored(id).seed.unwrap(), wrong().digest());
		assert_noop!(
			try_challenge(OTHER_CHALLENGER, id, seed, digest),
			Error::<Test>::NotChallengeable
		);
	});
}

#[test]
fn any_revealed_answer_should_be_challengeable_when_a_committee_dissents() {
	run(|| {
		let id = drawn(Tier::Quorum);
		dissent(id, &[answer(FUEL), wrong()]);
		let seed = stored(id).seed.unwrap();
		assert_ok!(try_challenge(1, id, seed, answer(FUEL).digest()));
		assert_ok!(try_challenge(2, id, seed, wrong().digest()));
		assert_noop!(
			try_challenge(3, id, seed, answer(FUEL + 1).digest()),
			Error::<Test>::UnknownDigest
		);
	});
}

/// The court was asked for each case by itself, so that luck decided which of them it took.
#[test]
fn disputes_should_come_before_the_court_in_their_order_when_it_was_full() {
	run(|| {
		IsCourtFull::set(&true);
		let ids = [(); 3].map(|()| request(Tier::Quorum));
		run_draw(Tier::Quorum);
		let challenge = |id| {
			agree(id, wrong());
			assert_ok!(challenge_by(CHALLENGER, id, &answer(FUEL)));
		};
		challenge(ids[1]);
		challenge(ids[0]);
		next_block();
		IsCourtFull::set(&false);
		// Whoever comes later does not pass those who wait.
		challenge(ids[2]);
		for left in [&[ids[1], ids[0], ids[2]][..], &[ids[0], ids[2]], &[ids[2]], &[]] {
			assert_eq!(WaitingDisputes::<Test>::get().into_inner(), left);
			next_block();
		}
		assert!(ids
			.iter()
			.all(|id| matches!(state(*id), RequestState::Court { opened: true, .. })));
	});
}

/// A liar that fills the court must not get its answer settled by it.
#[test]
fn challenge_should_be_taken_when_the_court_is_full() {
	run(|| {
		IsCourtFull::set(&true);
		let id = attested(Tier::Quorum, wrong());
		assert_ok!(challenge_by(CHALLENGER, id, &answer(FUEL)));
		assert_ok!(challenge_by(OTHER_CHALLENGER, id, &answer(FUEL)));
		run_blocks(3 * WINDOW);
		assert!(matches!(state(id), RequestState::Court { opened: false, .. }));
		IsCourtFull::set(&false);
		run_blocks(10);
		assert!(matches!(state(id), RequestState::Court { opened: true, .. }));
	});
}

#[test]
fn challenge_should_be_refused_when_neither_court_nor_queue_has_room() {
	run(|| {
		IsCourtFull::set(&true);
		let id = attested(Tier::Quorum, wrong());
		// Requests that are gone wait no longer once it is their turn.
		let waiting: Vec<_> = (1_000..1_000 + u64::from(MAX_AGENDA)).collect();
		WaitingDisputes::<Test>::set(waiting.try_into().unwrap());
		let (seed, digest) = (stored(id).seed.unwrap(), wrong().digest());
		assert_noop!(try_challenge(CHALLENGER, id, seed, digest), Error::<Test>::Congested);
	});
}

#[test]
fn claim_should_be_revealed_while_the_court_reveals_votes() {
	run(|| {
		let id = challenged(Tier::Quorum, wrong(), &answer(FUEL));
		let right = answer(FUEL);
		assert_noop!(reveal_claim(CHALLENGER, id, &right), Error::<Test>::NotRevealing);
		begin_reveals(id);
		assert_noop!(reveal_claim(CHALLENGER, id, &wrong()), Error::<Test>::ClaimMismatch);
		assert_noop!(reveal_claim(OTHER_CHALLENGER, id, &right), Error::<Test>::NotChallenger);
		assert_noop!(reveal_claim(CHALLENGER, id + 1, &right), Error::<Test>::UnknownRequest);
		use pallet_opg_support::OnCourtDecided;
		assert!(Inference::awaits_claims(id));
		assert_ok!(reveal_claim(CHALLENGER, id, &right));
		assert!(!Inference::awaits_claims(id));
		let (challenger, digest) = (CHALLENGER, right.digest());
		assert!(events().contains(&Event::ClaimRevealed { request: id, challenger, digest }));
		assert_noop!(reveal_claim(CHALLENGER, id, &right), Error::<Test>::NotChallenger);
	});
}

/// M11 of an audit: whoever sees a challenge sends the same one.
#[test]
fn claim_should_be_worthless_when_another_account_copies_it() {
	run(|| {
		let id = challenged(Tier::Quorum, wrong(), &answer(FUEL));
		let Challenge { claim, .. } = stored(id).challenges[0].clone();
		let (seed, digest) = (stored(id).seed.unwrap(), wrong().digest());
		let copied = Call::challenge { request: id, seed, digest, claim };
		assert_ok!(dispatch(OTHER_CHALLENGER, copied));
		begin_reveals(id);
		assert_ok!(reveal_claim(CHALLENGER, id, &answer(FUEL)));
		assert_noop!(
			reveal_claim(OTHER_CHALLENGER, id, &answer(FUEL)),
			Error::<Test>::ClaimMismatch
		);
	});
}

#[test]
fn claim_should_stay_as_pinned() {
	let hash = claim_hash(&7u64, 1, H256::repeat_byte(1), H256::repeat_byte(2));
	assert_eq!(format!("{hash:?}"), PINNED);
	assert_ne!(hash, claim_hash(&8u64, 1, H256::repeat_byte(1), H256::repeat_byte(2)));
	assert_ne!(hash, claim_hash(&7u64, 2, H256::repeat_byte(1), H256::repeat_byte(2)));
}

const PINNED: &str = "0x027046fb10e30c14470daa03e452b3353fd952a70931e2ea74b1c9d6e2dc4350";

#[test]
fn challenge_should_be_possible_while_an_answer_is_audited() {
	run(|| {
		let id = attested(Tier::Quorum, wrong());
		assert_ok!(dispatch(OTHER_REQUESTER, Call::audit { request: id }));
		// A liar cannot keep challengers out by an audit of its own.
		assert_ok!(challenge_by(CHALLENGER, id, &answer(FUEL)));
		run_blocks(5);
		assert!(matches!(state(id), RequestState::Court { opened: true, .. }));
		assert!(members(id, tiers::AUDIT).is_empty());
	});
}
