//! Answers, commitments and reveals of executors, as authorized calls.

use crate::{hot_key, witness_of, FUEL};
use codec::Encode;
use frame_support::{assert_ok, traits::Authorize, BoundedVec};
use opg_primitives::{
	batch_payload, commitment, Answer, BatchKind, CommitmentContext, ExecutorSignature, JobError,
	ModelError, Outcome, RequestId,
};
use opg_runtime::{constants::OPG, *};
use pallet_opg_attestation::{Batch, Call, Item, RevealedAnswer, RoundOf, Rounds};
use sp_core::{Pair, H256};
use sp_runtime::{
	traits::Dispatchable,
	transaction_validity::{InvalidTransaction, TransactionSource, TransactionValidityError},
};

/// Salt of every commitment.
pub const SALT: [u8; 32] = [7; 32];

/// Result of submitting an authorized call.
pub type Submitted = Result<(), TransactionValidityError>;

/// The right answer.
pub fn right() -> Answer {
	Answer { outcome: Outcome::Output(BoundedVec::truncate_from(vec![4, 2])), fuel: FUEL }
}

/// A wrong answer.
pub fn wrong() -> Answer {
	Answer { outcome: Outcome::Error(ModelError::Trapped), fuel: FUEL }
}

/// Pay of one executor for one answer, in planck: the part of the price that is not burned.
pub fn pay() -> Balance {
	Balance::from(FUEL) * constants::MIN_FUEL_PRICE * 4 / 5
}

/// Fee of a quorum request, in planck: three executors, five percent of that, two percent of an audit
/// of three, a fifth of the price of the fuel limit of three executors, the seat fees, the royalty.
pub fn fee() -> Balance {
	let burned = 3 * Balance::from(2 * FUEL) * constants::MIN_FUEL_PRICE / 5;
	3 * pay() + 3 * pay() / 20 + 3 * pay() / 50 + burned + 3 * constants::SEAT_FEE + OPG
}

/// The current round of a request.
pub fn round(id: RequestId) -> RoundOf<Runtime> {
	Rounds::<Runtime>::get(id).unwrap()
}

/// Executors with a seat in the current round.
pub fn committee(id: RequestId) -> Vec<AccountId> {
	round(id).current_places().map(|seat| seat.executor.clone()).collect()
}

/// Witness of who computed `answer` in the current round of a request, where it takes one.
pub fn witness(id: RequestId, answer: &Answer) -> Option<H256> {
	let round = round(id);
	round.witnessed.then(|| witness_of(&round.seed, answer))
}

/// Context of a commitment of `who` in the current round.
pub fn context(id: RequestId, who: &AccountId) -> CommitmentContext<AccountId> {
	let round = round(id);
	CommitmentContext {
		genesis: System::block_hash(0),
		request: id,
		round: round.index,
		seed: round.seed,
		executor: who.clone(),
		model_hash: round.model_hash,
		engine_id: round.engine_id,
		input_hash: round.input_hash,
	}
}

/// Authorizes and dispatches `call`, as a block does.
pub fn submit(call: Call<Runtime>) -> Submitted {
	let call = RuntimeCall::from(call);
	call.authorize(TransactionSource::InBlock).unwrap()?;
	assert_ok!(call.dispatch(frame_system::RawOrigin::Authorized.into()));
	Ok(())
}

/// Batch of one item for the current round, signed by `who`. It names the parent block.
pub fn signed_batch<P: Encode + Clone>(
	kind: BatchKind,
	id: RequestId,
	who: &AccountId,
	payload: P,
) -> (Batch<AccountId, BlockNumber, P>, ExecutorSignature) {
	let RoundOf::<Runtime> { index, seed, .. } = round(id);
	let item = Item { request: id, round: index, seed, payload };
	let batch = Batch {
		executor: who.clone(),
		at: System::block_number() - 1,
		items: BoundedVec::truncate_from(vec![item]),
	};
	let block = System::block_hash(batch.at);
	let payload = batch_payload(kind, &System::block_hash(0), &block, &batch);
	let signature = hot_key(who).sign(&payload).into();
	(batch, signature)
}

/// Commitment of `who` to `answer` in the current round of a request, as its node sends it.
pub fn commit_call(id: RequestId, who: &AccountId, answer: &Answer) -> Call<Runtime> {
	let digest = commitment(&context(id, who), answer, witness(id, answer), &SALT);
	let (batch, signature) = signed_batch(BatchKind::Commit, id, who, digest);
	Call::commit { batch, signature }
}

/// Reveal of `answer` by `who` in the current round of a request, as its node sends it.
pub fn reveal_call(id: RequestId, who: &AccountId, answer: Answer) -> Call<Runtime> {
	let payload = RevealedAnswer { witness: witness(id, &answer), answer, salt: SALT };
	let (batch, signature) = signed_batch(BatchKind::Reveal, id, who, payload);
	Call::reveal { batch, signature }
}

/// `who` commits to a digest that is not necessarily a commitment to an answer.
pub fn commit_to(id: RequestId, who: &AccountId, digest: H256) -> Submitted {
	let (batch, signature) = signed_batch(BatchKind::Commit, id, who, digest);
	submit(Call::commit { batch, signature })
}

/// `who` commits to `answer`, and to the right witness where the round takes one.
pub fn commit(id: RequestId, who: &AccountId, answer: &Answer) -> Submitted {
	commit_with(id, who, answer, witness(id, answer))
}

/// `who` commits to `answer` and `witness`.
pub fn commit_with(
	id: RequestId,
	who: &AccountId,
	answer: &Answer,
	witness: Option<H256>,
) -> Submitted {
	commit_to(id, who, commitment(&context(id, who), answer, witness, &SALT))
}

/// `who` reveals `answer`, and the right witness where the round takes one.
pub fn reveal(id: RequestId, who: &AccountId, answer: Answer) -> Submitted {
	let witness = witness(id, &answer);
	reveal_with(id, who, answer, witness)
}

/// `who` reveals `answer` and `witness`.
pub fn reveal_with(
	id: RequestId,
	who: &AccountId,
	answer: Answer,
	witness: Option<H256>,
) -> Submitted {
	let payload = RevealedAnswer { answer, witness, salt: SALT };
	let (batch, signature) = signed_batch(BatchKind::Reveal, id, who, payload);
	submit(Call::reveal { batch, signature })
}

/// `who` gives its seat up.
pub fn decline(id: RequestId, who: &AccountId, reason: JobError) -> Submitted {
	let (batch, signature) = signed_batch(BatchKind::Decline, id, who, reason);
	submit(Call::decline { batch, signature })
}

/// All of the committee commit to the answers that `answer` gives them, where the round takes
/// commitments, and reveal them.
pub fn answer_all(id: RequestId, answer: impl Fn(&AccountId) -> Answer) {
	let members = committee(id);
	if !round(id).takes_no_commitment() {
		members.iter().for_each(|who| commit(id, who, &answer(who)).unwrap());
	}
	members.iter().for_each(|who| reveal(id, who, answer(who)).unwrap());
}

/// Refusal with a code of [`pallet_opg_attestation::reject`].
pub fn refused(code: u8) -> Submitted {
	Err(InvalidTransaction::Custom(code).into())
}
