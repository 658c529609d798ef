//! Validators of the simulation: they sit in the court, and vote with its real calls.

use crate::Bench;
use frame_support::{
	assert_ok,
	traits::{Authorize, OneSessionHandler},
	BoundedVec,
};
use opg_primitives::{
	court::{
		court_batch_payload, court_commitment, court_key::CourtPair, CourtBatchKind, VoteContext,
	},
	Answer, RequestId,
};
use opg_runtime::{AccountId, Court, Runtime, RuntimeCall, System};
use opg_runtime_testing::hold_models;
use pallet_opg_court::{Batch, Call, Case, CasePhase, Cases, Item, RevealedVote, SeatIndex};
use sp_core::Pair;
use sp_io::hashing::blake2_256;
use sp_runtime::{
	traits::Dispatchable,
	transaction_validity::{TransactionSource, TransactionValidityError},
};

/// Number of validators.
const VALIDATORS: usize = 20;
/// Salt of every vote.
const SALT: [u8; 32] = [9; 32];

/// Account of validator `index`.
pub fn validator(index: usize) -> AccountId {
	AccountId::from(blake2_256(&[b"validator", &[index as u8][..]].concat()))
}

fn pair(index: usize) -> CourtPair {
	CourtPair::from_seed(&blake2_256(&[b"court key", &[index as u8][..]].concat()))
}

/// Case of a request.
pub fn case(id: RequestId) -> Option<Case> {
	Cases::<Runtime>::get(id)
}

/// Validators of a game: first those of the adversary, then those that are offline.
pub struct Validators {
	bench: Bench,
	pairs: Vec<CourtPair>,
}

impl Validators {
	/// Validators of whom `bench` tells the shares.
	pub fn new(bench: Bench) -> Self {
		Self { bench, pairs: (0..VALIDATORS).map(pair).collect() }
	}

	/// All accounts.
	pub fn accounts(&self) -> Vec<AccountId> {
		(0..VALIDATORS).map(validator).collect()
	}

	/// Accounts of the adversary.
	pub fn dishonest(&self) -> Vec<AccountId> {
		(0..self.count(self.bench.dishonest)).map(validator).collect()
	}

	/// Makes them the bench of the session that begins.
	pub fn begin_session(&self) {
		let accounts = self.accounts();
		let seats: Vec<_> =
			accounts.iter().zip(&self.pairs).map(|(who, pair)| (who, pair.public())).collect();
		<Court as OneSessionHandler<AccountId>>::on_new_session(
			true,
			seats.clone().into_iter(),
			seats.into_iter(),
		);
		hold_models();
	}

	fn count(&self, percent: usize) -> usize {
		VALIDATORS * percent / 100
	}

	/// Seats that vote, each with what it votes for.
	fn ballots<'a>(
		&self,
		right: &'a Answer,
		bought: Option<&'a Answer>,
	) -> Vec<(SeatIndex, &'a Answer)> {
		let dishonest = self.count(self.bench.dishonest);
		let first_present = dishonest + self.count(self.bench.absent);
		let bought = (0..dishonest).filter_map(|seat| bought.map(|answer| (seat, answer)));
		let honest = (first_present..VALIDATORS).map(|seat| (seat, right));
		bought.chain(honest).map(|(seat, answer)| (seat as SeatIndex, answer)).collect()
	}

	/// Those who are present commit: the honest to `right`, the adversary's to `bought`, if to
	/// anything.
	pub fn commit(&self, id: RequestId, right: &Answer, bought: Option<&Answer>) {
		let Some(case) = case(id) else { return };
		for (seat, answer) in self.ballots(right, bought) {
			let context = VoteContext {
				genesis: System::block_hash(0),
				request: id,
				sitting: case.sitting,
				seed: case.seed,
				validator: validator(seat.into()),
			};
			let payload = court_commitment(&context, &answer.digest(), &SALT);
			let (batch, signature) = self.batch(CourtBatchKind::Commit, id, &case, seat, payload);
			submit(Call::commit { batch, signature }).expect("a vote is taken");
		}
	}

	/// Those who committed reveal.
	pub fn reveal(&self, id: RequestId, right: &Answer, bought: Option<&Answer>) {
		for (seat, answer) in self.ballots(right, bought) {
			// The last one may have ended the phase.
			let Some(case) = case(id) else { return };
			if !matches!(case.phase, CasePhase::Reveal { .. }) {
				return;
			}
			let payload =
				RevealedVote { digest: answer.digest(), salt: SALT, answer: Some(answer.clone()) };
			let (batch, signature) = self.batch(CourtBatchKind::Reveal, id, &case, seat, payload);
			submit(Call::reveal { batch, signature }).expect("a revealed vote is taken");
		}
	}

	/// Batch of one item, signed by the court key of `seat`.
	fn batch<P: codec::Encode>(
		&self,
		kind: CourtBatchKind,
		id: RequestId,
		case: &Case,
		seat: SeatIndex,
		payload: P,
	) -> (Batch<u32, P>, opg_primitives::court::CourtSignature) {
		let item = Item { request: id, sitting: case.sitting, payload };
		// Nodes name a block whose hash all of them know.
		let at = System::block_number().saturating_sub(1);
		let items = BoundedVec::truncate_from(vec![item]);
		let batch = Batch { session: case.session, seat, at, items };
		let (genesis, block) = (System::block_hash(0), System::block_hash(at));
		let payload = court_batch_payload(kind, &genesis, &block, &batch);
		(batch, self.pairs[usize::from(seat)].sign(&payload))
	}
}

/// Authorizes and dispatches `call`, as a block does.
fn submit(call: Call<Runtime>) -> Result<(), TransactionValidityError> {
	let call = RuntimeCall::from(call);
	call.authorize(TransactionSource::External).expect("the court authorizes its calls")?;
	assert_ok!(call.dispatch(frame_system::RawOrigin::Authorized.into()));
	Ok(())
}
