//! Validators of the court, and their votes as authorized calls.

use crate::{chain::*, executor};
use codec::Encode;
use frame_support::{
	assert_ok,
	traits::{Authorize, OneSessionHandler},
	BoundedVec,
};
use opg_primitives::{
	court::{
		court_batch_payload, court_commitment, CourtBatchKind, CourtKey, CourtSignature,
		VoteContext,
	},
	Answer, ModelId, RequestId,
};
use opg_runtime::*;
use pallet_opg_court::{
	Batch, Benches, Call, Case, CasePhase, Cases, Declaration, Declarations, Finding, Holding,
	Holdings, Item, RevealedVote,
};
use pallet_opg_support::ExecutorStake;
use sp_core::{ed25519, Pair, H256};
use sp_io::hashing::blake2_256;
use sp_runtime::{traits::Dispatchable, transaction_validity::TransactionSource};
use std::{cell::RefCell, collections::HashMap};

/// Salt of every commitment to a vote.
const VOTE_SALT: [u8; 32] = [9; 32];

/// Witness of who computed `answer` with this seed. In tests it is a hash of the two.
pub fn witness_of(seed: &H256, answer: &Answer) -> H256 {
	H256((b"witness", seed, answer.digest()).using_encoded(blake2_256))
}

thread_local! {
	static COURT_PAIRS: RefCell<HashMap<(usize, u32), ed25519::Pair>> = RefCell::default();
}

/// Court key of validator `index` after `rotations` of its keys.
pub fn court_pair(index: usize, rotations: u32) -> ed25519::Pair {
	// Simulations vote often, and deriving costs as much as signing.
	let derive =
		|| ed25519::Pair::from_seed(&blake2_256(&(b"court", index as u32, rotations).encode()));
	COURT_PAIRS.with(|pairs| *pairs.borrow_mut().entry((index, rotations)).or_insert_with(derive))
}

/// Makes executors `0..count` the validators of the current session, with court keys that were
/// rotated so many times.
pub fn seat_court_rotated(count: usize, rotations: u32) {
	let validators: Vec<_> = (0..count).map(executor).collect();
	let keys = (0..count).map(|index| CourtKey::from(court_pair(index, rotations).public()));
	let bench: Vec<_> = validators.iter().zip(keys).collect();
	// No validators are queued: the court asks for those of the session only.
	Court::on_new_session(true, bench.into_iter(), Vec::new().into_iter());
	hold_models();
}

/// Makes every registered version court-ready: all validators say that they hold it.
pub fn hold_models() {
	pallet_opg_models::Models::<Runtime>::iter_keys().for_each(Court::list_bench);
}

/// Makes executors `0..count` the validators of the current session.
pub fn seat_court(count: usize) {
	seat_court_rotated(count, 0);
}

/// Open case of a request.
pub fn case(id: RequestId) -> Case {
	Cases::<Runtime>::get(id).unwrap()
}

fn signed_vote<P: Encode + Clone>(
	kind: CourtBatchKind,
	id: RequestId,
	index: usize,
	rotations: u32,
	payload: P,
) -> (Batch<BlockNumber, P>, CourtSignature) {
	let case = case(id);
	let bench = Benches::<Runtime>::get(case.session);
	let seat = bench.iter().position(|(who, _)| *who == executor(index)).unwrap() as u16;
	let item = Item { request: id, sitting: case.sitting, payload };
	let batch = Batch {
		session: case.session,
		seat,
		at: System::block_number() - 1,
		items: BoundedVec::truncate_from(vec![item]),
	};
	let (genesis, block) = (System::block_hash(0), System::block_hash(batch.at));
	let payload = court_batch_payload(kind, &genesis, &block, &batch);
	(batch, court_pair(index, rotations).sign(&payload).into())
}

/// Validator `index` of the current bench says whether it holds a version.
pub fn court_declare(index: usize, model: ModelId, holds: bool) -> crate::Submitted {
	let session = Staking::session();
	let bench = Benches::<Runtime>::get(session);
	let seat = bench.iter().position(|(who, _)| *who == executor(index)).unwrap() as u16;
	let items = BoundedVec::truncate_from(vec![Declaration { model, holds }]);
	let batch = Declarations { session, seat, at: System::block_number() - 1, items };
	let (genesis, block) = (System::block_hash(0), System::block_hash(batch.at));
	let payload = court_batch_payload(CourtBatchKind::Declare, &genesis, &block, &batch);
	let signature = court_pair(index, 0).sign(&payload).into();
	submit_vote(Call::declare { batch, signature })
}

/// Validator `index` of the current bench says that it holds content `content` of the panel of a
/// request.
pub fn court_hold(index: usize, request: RequestId, content: u8) -> crate::Submitted {
	submit_vote(court_hold_call(index, request, content))
}

/// Call with which validator `index` of the current bench says that it holds content `content` of the
/// panel of a request.
pub fn court_hold_call(index: usize, request: RequestId, content: u8) -> Call<Runtime> {
	let session = Staking::session();
	let bench = Benches::<Runtime>::get(session);
	let seat = bench.iter().position(|(who, _)| *who == executor(index)).unwrap() as u16;
	let items = BoundedVec::truncate_from(vec![Holding { request, content }]);
	let batch = Holdings { session, seat, at: System::block_number() - 1, items };
	let (genesis, block) = (System::block_hash(0), System::block_hash(batch.at));
	let payload = court_batch_payload(CourtBatchKind::Hold, &genesis, &block, &batch);
	let signature = court_pair(index, 0).sign(&payload).into();
	Call::hold { batch, signature }
}

/// Authorizes and dispatches a call of the court, as a block does.
pub fn submit_vote(call: Call<Runtime>) -> crate::Submitted {
	let call = RuntimeCall::from(call);
	call.authorize(TransactionSource::External).unwrap()?;
	assert_ok!(call.dispatch(frame_system::RawOrigin::Authorized.into()));
	Ok(())
}

/// What a validator finds that computes `answer` for a request.
fn finding(id: RequestId, answer: &Answer) -> Finding {
	Finding { digest: answer.digest(), witness: witness_of(&case(id).seed, answer) }
}

fn commit_call(id: RequestId, index: usize, rotations: u32, finding: Finding) -> Call<Runtime> {
	let case = case(id);
	let context = VoteContext {
		genesis: System::block_hash(0),
		request: id,
		sitting: case.sitting,
		seed: case.seed,
		validator: executor(index),
	};
	let commitment = court_commitment(&context, &finding.digest, &finding.witness, &VOTE_SALT);
	let (batch, signature) = signed_vote(CourtBatchKind::Commit, id, index, rotations, commitment);
	Call::commit { batch, signature }
}

fn reveal_call(
	id: RequestId,
	index: usize,
	rotations: u32,
	finding: Finding,
	answer: Answer,
) -> Call<Runtime> {
	let Finding { digest, witness } = finding;
	let vote = RevealedVote { digest, witness, salt: VOTE_SALT, answer: Some(answer) };
	let (batch, signature) = signed_vote(CourtBatchKind::Reveal, id, index, rotations, vote);
	Call::reveal { batch, signature }
}

/// Commitment of validator `index` to its vote for `answer`, with the key of so many rotations.
pub fn court_commit_call(
	id: RequestId,
	index: usize,
	rotations: u32,
	answer: &Answer,
) -> Call<Runtime> {
	commit_call(id, index, rotations, finding(id, answer))
}

/// Validator `index` commits to its vote for `answer`, with the key of so many rotations.
pub fn court_commit(
	id: RequestId,
	index: usize,
	rotations: u32,
	answer: &Answer,
) -> crate::Submitted {
	submit_vote(court_commit_call(id, index, rotations, answer))
}

/// Revealed vote of validator `index` for `answer`, with the key of so many rotations.
pub fn court_reveal_call(
	id: RequestId,
	index: usize,
	rotations: u32,
	answer: Answer,
) -> Call<Runtime> {
	reveal_call(id, index, rotations, finding(id, &answer), answer)
}

/// Validator `index` reveals its vote for `answer`, with the key of so many rotations.
pub fn court_reveal(
	id: RequestId,
	index: usize,
	rotations: u32,
	answer: Answer,
) -> crate::Submitted {
	submit_vote(court_reveal_call(id, index, rotations, answer))
}

/// Vote of who copied `answer`, without its witness.
fn copied(answer: &Answer) -> Finding {
	Finding { digest: answer.digest(), witness: H256::zero() }
}

/// Validator `index` commits to a vote for `answer`, which it has not computed.
pub fn court_commit_copy(id: RequestId, index: usize, answer: &Answer) -> crate::Submitted {
	submit_vote(commit_call(id, index, 0, copied(answer)))
}

/// Validator `index` reveals a vote for `answer`, which it has not computed.
pub fn court_reveal_copy(id: RequestId, index: usize, answer: Answer) -> crate::Submitted {
	submit_vote(reveal_call(id, index, 0, copied(&answer), answer))
}

/// Steps until the case is in its reveal phase, after validators `0..count` have committed to what
/// `vote` gives them.
pub fn court_commits(id: RequestId, count: usize, vote: impl Fn(usize) -> Option<Answer>) {
	while case(id).phase == CasePhase::Waiting {
		step();
	}
	for index in 0..count {
		if let Some(answer) = vote(index) {
			court_commit(id, index, 0, &answer).unwrap();
		}
	}
	while matches!(case(id).phase, CasePhase::Commit { .. }) {
		step();
	}
}

/// Steps until the sitting is over, after validators `0..count` have revealed what `vote` gives
/// them.
pub fn court_reveals(id: RequestId, count: usize, vote: impl Fn(usize) -> Option<Answer>) {
	for index in 0..count {
		if let Some(answer) = vote(index) {
			court_reveal(id, index, 0, answer).unwrap();
		}
	}
	while Cases::<Runtime>::get(id)
		.is_some_and(|case| matches!(case.phase, CasePhase::Reveal { .. }))
	{
		step();
	}
}

/// A whole sitting, in which validators `0..count` vote as `vote` says; `None` is silent.
pub fn court_sits(id: RequestId, count: usize, vote: impl Fn(usize) -> Option<Answer>) {
	court_commits(id, count, &vote);
	court_reveals(id, count, vote);
}
