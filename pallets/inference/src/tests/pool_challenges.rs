//! Challenges with a pool as the bond: who may make one, what holds the bond, and how it ends.

use crate::{mock::*, *};
use codec::Encode;
use frame_support::{assert_ok, traits::Authorize};
use opg_primitives::{
	challenge::{pool_call_payload, PoolCallKind},
	Answer, ExecutorSignature, RequestId, Tier,
};
use pallet_opg_support::{priority, CALL_BLOCKS};
use sp_core::{Pair, H256};
use sp_runtime::{
	traits::Dispatchable,
	transaction_validity::{
		InvalidTransaction, TransactionSource, TransactionValidityError, ValidTransaction,
	},
};

const FUEL: u64 = FUEL_LIMIT / 2;
const BOND: u128 = 3 * COURT_PAY + CHALLENGE_BOND;

fn right() -> Answer {
	answer(FUEL)
}

/// An executor without a seat in the request.
pub(super) fn bystander(id: RequestId) -> u64 {
	let seats = Seats::get(id);
	let has_seat = |who: &u64| seats.iter().any(|seat| seat.executor == *who);
	(1..=EXECUTORS).find(|who| !has_seat(who)).unwrap()
}

/// Signature of `signer` under a call which names a block that has this hash.
fn sign<P: Encode>(
	signer: u64,
	kind: PoolCallKind,
	block: H256,
	call: &PoolCallOf<Test, P>,
) -> ExecutorSignature {
	hot_pair(signer).sign(&pool_call_payload(kind, &System::block_hash(0), &block, call)).into()
}

fn named(who: u64, id: RequestId, challenge: PoolChallenge) -> PoolCallOf<Test, PoolChallenge> {
	PoolCall { executor: who, at: block() - 1, request: id, payload: challenge }
}

/// Challenge of an attested answer, with the claim that `right` is right.
fn disputing(who: u64, id: RequestId, right: &Answer) -> PoolChallenge {
	let request = stored(id);
	let (attested, _) = request.state.attested().unwrap();
	let claim = claim_hash(&who, id, right.digest(), SALT);
	PoolChallenge { seed: request.seed.unwrap(), disputed: attested.digest(), claim }
}

fn signed_challenge(who: u64, id: RequestId, challenge: PoolChallenge) -> Call<Test> {
	let challenge = named(who, id, challenge);
	let signature = sign(who, PoolCallKind::Challenge, block_hash(challenge.at), &challenge);
	Call::challenge_with_pool { challenge, signature }
}

fn signed_claim(who: u64, id: RequestId, right: &Answer) -> Call<Test> {
	let payload = PoolClaim { digest: right.digest(), salt: SALT };
	let claim = PoolCall { executor: who, at: block() - 1, request: id, payload };
	let signature = sign(who, PoolCallKind::Claim, block_hash(claim.at), &claim);
	Call::reveal_claim_with_pool { claim, signature }
}

/// Validates a call as the transaction pool does. The error is the code of the refusal.
fn validate(call: &Call<Test>) -> Result<ValidTransaction, u8> {
	let root = || sp_io::storage::root(sp_runtime::StateVersion::V1);
	let before = root();
	let authorized = call.authorize(TransactionSource::External).unwrap();
	assert_eq!(root(), before, "a trial leaves nothing");
	match authorized {
		Ok((valid, _)) => Ok(valid),
		Err(TransactionValidityError::Invalid(InvalidTransaction::Custom(code))) => Err(code),
		Err(other) => panic!("no code of this pallet: {other:?}"),
	}
}

/// Validates and dispatches a call as a block does.
pub(super) fn submit(call: Call<Test>) -> Result<(), u8> {
	validate(&call)?;
	let origin = frame_system::RawOrigin::Authorized.into();
	let post = RuntimeCall::from(call).dispatch(origin).unwrap();
	assert_eq!(post.pays_fee, frame_support::dispatch::Pays::No);
	Ok(())
}

/// `who` challenges an attested answer, and claims that `right` is right.
fn challenge_with_pool(who: u64, id: RequestId, right: &Answer) -> Result<(), u8> {
	submit(signed_challenge(who, id, disputing(who, id, right)))
}

/// Code of a call that would fail with this error.
fn fails(error: Error<Test>) -> Result<(), u8> {
	Err(reject::FAILS_WITH + error.encode()[0])
}

#[test]
fn challenge_should_reserve_the_bond_and_open_the_court_when_it_comes_from_a_pool() {
	run(|| {
		let id = attested(Tier::Quorum, wrong());
		let who = bystander(id);
		assert_ok!(challenge_with_pool(who, id, &right()));

		assert!(matches!(state(id), RequestState::Court { opened: true, .. }));
		let source = BondSource::Pool { session: Session::get() };
		let challenge = stored(id).challenges[0].clone();
		assert_eq!((challenge.challenger, challenge.bond, challenge.source), (who, BOND, source));
		assert_eq!(load(who).reserved, BOND);
		assert_eq!(PoolChallenges::<Test>::get(MODEL, who), Some(id));
		assert_eq!((on_hold(HoldReason::Challenge, who), balance(who)), (0, FUNDS));
		let digest = wrong().digest();
		let challenged = Event::Challenged { request: id, challenger: who, digest, bond: BOND };
		assert!(events().contains(&challenged));
	});
}

#[test]
fn operator_should_be_rewarded_when_the_challenge_of_its_pool_is_right() {
	run(|| {
		let id = attested(Tier::Quorum, wrong());
		let who = bystander(id);
		assert_ok!(challenge_with_pool(who, id, &right()));
		assert_ok!(challenge_by(CHALLENGER, id, &right()));
		begin_reveals(id);
		assert_ok!(submit(signed_claim(who, id, &right())));
		assert_ok!(reveal_claim(CHALLENGER, id, &right()));
		let before = balance(pool(who));
		decide(id, right());

		assert_eq!(load(who), Load::default());
		assert_eq!(PoolChallenges::<Test>::get(MODEL, who), None);
		assert_eq!(balance(pool(who)), before, "a reward goes to the account");
		// By the same rule as others: by bond, and the bonds are equal.
		let earned = balance(who) - FUNDS;
		assert!(earned > 0 && earned == balance(CHALLENGER) - FUNDS);
		assert!(events().contains(&Event::ChallengeWon { request: id, challenger: who }));
	});
}

#[test]
fn bond_should_be_charged_to_the_own_stake_when_the_challenge_is_lost() {
	run(|| {
		let id = attested(Tier::Quorum, right());
		let who = bystander(id);
		assert_ok!(challenge_with_pool(who, id, &wrong()));
		begin_reveals(id);
		assert_ok!(submit(signed_claim(who, id, &wrong())));
		decide(id, right());

		assert_eq!(Charged::get(who), BOND);
		assert_eq!((balance(who), balance(pool(who))), (FUNDS, POOL - BOND));
		assert_eq!(load(who), Load::default());
		assert_eq!(PoolChallenges::<Test>::get(MODEL, who), None);
		let lost = Event::ChallengeLost { request: id, challenger: who, bond: BOND };
		assert!(events().contains(&lost));
		assert_eq!(balance(VALIDATORS[0]), FUNDS + COURT_PAY);
	});
}

#[test]
fn bond_should_be_lost_when_the_claim_stays_hidden() {
	run(|| {
		let id = attested(Tier::Quorum, wrong());
		let who = bystander(id);
		assert_ok!(challenge_with_pool(who, id, &right()));
		begin_reveals(id);
		decide(id, right());
		assert_eq!(Charged::get(who), BOND);
	});
}

#[test]
fn reserve_should_be_released_when_the_court_does_not_decide() {
	run(|| {
		let id = attested(Tier::Quorum, wrong());
		let who = bystander(id);
		assert_ok!(challenge_with_pool(who, id, &right()));
		begin_reveals(id);
		adjourn(id);
		assert_eq!((load(who), Charged::get(who)), (Load::default(), 0));
		assert_eq!(PoolChallenges::<Test>::get(MODEL, who), None);
	});
}

#[test]
fn pool_should_have_one_challenge_at_a_time_when_it_serves_one_model() {
	run(|| {
		let (one, two) = (attested(Tier::Optimistic, wrong()), attested(Tier::Optimistic, wrong()));
		let seats = [Seats::get(one), Seats::get(two)].concat();
		let has_seat = |who: &u64| seats.iter().any(|seat| seat.executor == *who);
		let who = (1..=EXECUTORS).find(|who| !has_seat(who)).unwrap();
		assert_ok!(challenge_with_pool(who, one, &right()));
		let again = disputing(who, one, &right());
		let again = submit(signed_challenge(who, one, again));
		assert_eq!(again, fails(Error::AlreadyChallenged));
		assert_eq!(challenge_with_pool(who, two, &right()), fails(Error::PoolChallengeOpen));
		begin_reveals(one);
		assert_ok!(submit(signed_claim(who, one, &right())));
		decide(one, right());
		assert_ok!(challenge_with_pool(who, two, &right()));
	});
}

#[test]
fn challenge_should_be_refused_when_the_executor_may_not_make_it() {
	run(|| {
		let id = attested(Tier::Quorum, wrong());
		let who = bystander(id);
		// Its own answer is judged anyway.
		let member = members(id, 0)[0];
		assert_eq!(challenge_with_pool(member, id, &right()), fails(Error::HasSeat));
		// An account without a pool has no hot key.
		assert_eq!(challenge_with_pool(CHALLENGER, id, &right()), Err(reject::NOT_EXECUTOR));
		Suspended::set(&vec![who]);
		assert_eq!(challenge_with_pool(who, id, &right()), fails(Error::Suspended));
		Suspended::set(&vec![]);
		OwnStake::set(&BOND);
		assert_eq!(challenge_with_pool(who, id, &right()), fails(Error::NoReserve));
		OwnStake::set(&OWN_STAKE);
		assert_ok!(challenge_with_pool(who, id, &right()));
	});
}

#[test]
fn challenge_should_be_refused_when_it_is_meant_for_another_answer() {
	run(|| {
		let id = attested(Tier::Quorum, wrong());
		let who = bystander(id);
		let challenge = disputing(who, id, &right());
		let seed = H256::repeat_byte(3);
		let other = PoolChallenge { seed, ..challenge.clone() };
		assert_eq!(submit(signed_challenge(who, id, other)), fails(Error::SeedMismatch));
		let disputed = right().digest();
		let other = PoolChallenge { disputed, ..challenge.clone() };
		assert_eq!(submit(signed_challenge(who, id, other)), fails(Error::UnknownDigest));
		let unknown = submit(signed_challenge(who, id + 1, challenge.clone()));
		assert_eq!(unknown, fails(Error::UnknownRequest));
		run_blocks(WINDOW);
		let late = submit(signed_challenge(who, id, challenge));
		assert_eq!(late, fails(Error::NotChallengeable));
	});
}

/// After a re-organisation the same request may have another answer, even with the same seed.
#[test]
fn challenge_should_be_refused_when_it_was_signed_on_another_fork() {
	run(|| {
		let id = attested(Tier::Quorum, wrong());
		let who = bystander(id);
		let challenge = named(who, id, disputing(who, id, &right()));
		let there = H256::repeat_byte(0xf0);
		let signature = sign(who, PoolCallKind::Challenge, there, &challenge);
		let call = Call::challenge_with_pool { challenge: challenge.clone(), signature };
		assert_eq!(validate(&call).unwrap_err(), reject::INVALID_SIGNATURE);
		// On that fork it is valid.
		frame_system::BlockHash::<Test>::insert(challenge.at, there);
		assert_ok!(submit(call));
	});
}

#[test]
fn challenge_should_be_refused_when_its_signature_is_not_of_the_hot_key() {
	run(|| {
		let id = attested(Tier::Quorum, wrong());
		let who = bystander(id);
		let challenge = named(who, id, disputing(who, id, &right()));
		let hash = block_hash(challenge.at);
		let by_other = sign(who + 1, PoolCallKind::Challenge, hash, &challenge);
		let as_claim = sign(who, PoolCallKind::Claim, hash, &challenge);
		for signature in [by_other, as_claim] {
			let call = Call::challenge_with_pool { challenge: challenge.clone(), signature };
			assert_eq!(validate(&call).unwrap_err(), reject::INVALID_SIGNATURE);
		}
	});
}

#[test]
fn challenge_should_be_valid_for_some_blocks_only() {
	run(|| {
		let id = attested(Tier::Quorum, wrong());
		let who = bystander(id);
		let call = signed_challenge(who, id, disputing(who, id, &right()));
		let at = block() - 1;
		let now = |block: u64| System::set_block_number(block);
		now(at + u64::from(CALL_BLOCKS));
		assert_ok!(validate(&call));
		now(at + u64::from(CALL_BLOCKS) + 1);
		assert_eq!(validate(&call).unwrap_err(), reject::EXPIRED);
		now(at);
		assert_eq!(validate(&call).unwrap_err(), reject::EXPIRED, "its own block is not known");
		now(at + 1);
	});
}

#[test]
fn challenges_of_one_pool_and_model_should_exclude_each_other_in_the_transaction_pool() {
	run(|| {
		let (one, two) = (attested(Tier::Optimistic, wrong()), attested(Tier::Optimistic, wrong()));
		let seats = [Seats::get(one), Seats::get(two)].concat();
		let has_seat = |who: &u64| seats.iter().any(|seat| seat.executor == *who);
		let free: Vec<u64> = (1..=EXECUTORS).filter(|who| !has_seat(who)).take(2).collect();
		let place = |who: u64, id: RequestId| {
			validate(&signed_challenge(who, id, disputing(who, id, &right()))).unwrap()
		};
		let valid = place(free[0], one);
		assert_eq!(valid.priority, priority::POOL_CHALLENGE);
		assert_eq!(valid.provides, place(free[0], two).provides);
		assert_ne!(valid.provides, place(free[1], one).provides);
	});
}

#[test]
fn claim_should_be_refused_when_the_court_does_not_reveal_or_it_is_another() {
	run(|| {
		let id = attested(Tier::Quorum, wrong());
		let who = bystander(id);
		assert_ok!(challenge_with_pool(who, id, &right()));
		assert_eq!(submit(signed_claim(who, id, &right())), fails(Error::NotRevealing));
		begin_reveals(id);
		assert_eq!(submit(signed_claim(who, id, &wrong())), fails(Error::ClaimMismatch));
		assert_ok!(submit(signed_claim(who, id, &right())));
		assert_eq!(submit(signed_claim(who, id, &right())), fails(Error::NotChallenger));
	});
}

#[test]
fn calls_should_be_refused_when_an_account_sends_them() {
	run(|| {
		let id = attested(Tier::Quorum, wrong());
		let who = bystander(id);
		let call = signed_challenge(who, id, disputing(who, id, &right()));
		assert!(dispatch(who, call).is_err());
		assert!(dispatch(who, signed_claim(who, id, &right())).is_err());
	});
}
