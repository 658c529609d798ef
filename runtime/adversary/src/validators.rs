//! Validators of the simulation: they sit in the court, and vote with its real calls.

use crate::{game::guessed_witness, Bench};
use frame_support::{
	assert_ok,
	traits::{Authorize, OneSessionHandler},
	BoundedVec,
};
use opg_primitives::{
	court::{
		court_batch_payload, court_commitment, court_key::CourtPair, CourtBatchKind,
		CourtSignature, VoteContext,
	},
	Answer, RequestId,
};
use opg_runtime::{AccountId, Court, Runtime, RuntimeCall, Staking, System};
use opg_runtime_testing::witness_of;
use pallet_opg_court::{
	Batch, Call, Case, Cases, Holding, Holdings, Item, Panels, RevealedVote, SeatIndex, MAX_BATCH,
};
use pallet_opg_support::ExecutorStake;
use sp_core::{Pair, H256};
use sp_io::hashing::blake2_256;
use sp_runtime::{
	traits::Dispatchable,
	transaction_validity::{TransactionSource, TransactionValidityError},
};
use std::collections::BTreeMap;

/// Number of validators.
pub const VALIDATORS: usize = 20;
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

/// What a validator votes for.
#[derive(Clone, PartialEq, Eq)]
pub struct Ballot {
	/// Answer that it says is right.
	pub answer: Answer,
	/// Whether it has computed that, and so knows the witness.
	pub computed: bool,
}

impl Ballot {
	fn witness(&self, seed: &H256) -> H256 {
		if self.computed {
			witness_of(seed, &self.answer)
		} else {
			guessed_witness(seed)
		}
	}
}

/// Votes about one request: what the honest validators vote for, and what those of the adversary do
/// if they vote.
pub struct Motion {
	/// Request.
	pub id: RequestId,
	/// Ballot of the honest.
	pub right: Ballot,
	/// Ballot of the adversary's.
	pub bought: Option<Ballot>,
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
	}

	fn count(&self, percent: usize) -> usize {
		(VALIDATORS * percent).div_ceil(100)
	}

	/// Number of validators that vote as the verdict says, where there is one.
	pub fn count_right(&self, motion: &Motion) -> usize {
		let bought = motion.bought.as_ref() == Some(&motion.right);
		let dishonest = self.count(self.bench.dishonest);
		let honest = VALIDATORS - dishonest - self.count(self.bench.absent);
		honest + if bought { dishonest } else { 0 }
	}

	/// What a validator votes for, if it votes.
	fn ballot<'a>(&self, seat: usize, motion: &'a Motion) -> Option<&'a Ballot> {
		let dishonest = self.count(self.bench.dishonest);
		if seat < dishonest {
			motion.bought.as_ref()
		} else {
			(seat >= dishonest + self.count(self.bench.absent)).then_some(&motion.right)
		}
	}

	/// Those who are present commit.
	pub fn commit(&self, motions: &[Motion]) {
		let item = |who: &AccountId, case: &Case, motion: &Motion, ballot: &Ballot| {
			let context = VoteContext {
				genesis: System::block_hash(0),
				request: motion.id,
				sitting: case.sitting,
				seed: case.seed,
				validator: who.clone(),
			};
			let witness = ballot.witness(&case.seed);
			court_commitment(&context, &ballot.answer.digest(), &witness, &SALT)
		};
		self.vote(CourtBatchKind::Commit, motions, item, |batch, signature| Call::commit {
			batch,
			signature,
		});
	}

	/// Those who committed reveal.
	pub fn reveal(&self, motions: &[Motion]) {
		let item = |_: &AccountId, case: &Case, _: &Motion, ballot: &Ballot| RevealedVote {
			digest: ballot.answer.digest(),
			witness: ballot.witness(&case.seed),
			salt: SALT,
			answer: Some(ballot.answer.clone()),
		};
		self.vote(CourtBatchKind::Reveal, motions, item, |batch, signature| Call::reveal {
			batch,
			signature,
		});
	}

	/// Every validator votes on all motions that are in the phase of `kind`, in as few batches as
	/// there can be.
	fn vote<P: codec::Encode + Clone>(
		&self,
		kind: CourtBatchKind,
		motions: &[Motion],
		payload: impl Fn(&AccountId, &Case, &Motion, &Ballot) -> P,
		call: impl Fn(Batch<u32, P>, CourtSignature) -> Call<Runtime>,
	) {
		let mut by_session = BTreeMap::<u32, Vec<(&Motion, Case)>>::new();
		for motion in motions {
			if let Some(case) = case(motion.id) {
				by_session.entry(case.session).or_default().push((motion, case));
			}
		}
		for (session, cases) in by_session {
			for seat in 0..VALIDATORS {
				let who = validator(seat);
				let items: Vec<_> = cases
					.iter()
					.filter_map(|(motion, case)| {
						let payload = payload(&who, case, motion, self.ballot(seat, motion)?);
						Some(Item { request: motion.id, sitting: case.sitting, payload })
					})
					.collect();
				for items in items.chunks(MAX_BATCH as usize) {
					let (batch, signature) = self.batch(kind, session, seat, items.to_vec());
					submit(call(batch, signature)).expect("a vote is taken");
				}
			}
		}
	}

	/// One validator less than needed says that it holds the input of a request, those of the adversary
	/// first.
	pub fn hold_too_few(&self, request: RequestId) {
		let members = Panels::<Runtime>::get(request).map_or(0, |panel| panel.members.len());
		let needed = (2 * members).div_ceil(3);
		for seat in 0..needed.saturating_sub(1) {
			let at = System::block_number().saturating_sub(1);
			let items = BoundedVec::truncate_from(vec![Holding { request, content: 0 }]);
			let batch =
				Holdings { session: Staking::session(), seat: seat as SeatIndex, at, items };
			let (genesis, block) = (System::block_hash(0), System::block_hash(at));
			let payload = court_batch_payload(CourtBatchKind::Hold, &genesis, &block, &batch);
			let signature = self.pairs[seat].sign(&payload);
			submit(Call::hold { batch, signature }).expect("a member says that it holds it");
		}
	}

	/// Batch that is signed by the court key of `seat`.
	fn batch<P: codec::Encode>(
		&self,
		kind: CourtBatchKind,
		session: u32,
		seat: usize,
		items: Vec<Item<P>>,
	) -> (Batch<u32, P>, CourtSignature) {
		// Nodes name a block whose hash all of them know.
		let at = System::block_number().saturating_sub(1);
		let items = BoundedVec::truncate_from(items);
		let batch = Batch { session, seat: seat as SeatIndex, at, items };
		let (genesis, block) = (System::block_hash(0), System::block_hash(at));
		let payload = court_batch_payload(kind, &genesis, &block, &batch);
		(batch, self.pairs[seat].sign(&payload))
	}
}

/// Authorizes and dispatches `call`, as a block does.
fn submit(call: Call<Runtime>) -> Result<(), TransactionValidityError> {
	let call = RuntimeCall::from(call);
	call.authorize(TransactionSource::External).expect("the court authorizes its calls")?;
	assert_ok!(call.dispatch(frame_system::RawOrigin::Authorized.into()));
	Ok(())
}
