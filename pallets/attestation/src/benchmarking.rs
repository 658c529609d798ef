//! Benchmarks of batches and deadlines. The weight of a batch depends on the rounds that it changes
//! and on what it decides, so these are measured by themselves. `weight_bounds.rs` adds them up.

use crate::*;
use alloc::{vec, vec::Vec};
use codec::Encode;
use frame_benchmarking::{benchmarking::add_to_whitelist, v2::*};
use frame_support::{
	traits::{Authorize, Get},
	BoundedVec,
};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use opg_primitives::{
	batch_payload, commitment, Answer, BatchKind, BlockNumber, ExecutorKey, ExecutorSignature,
	JobError, Outcome, RequestId, RoundIndex, MAX_OUTPUT_BYTES,
};
use pallet_opg_support::{
	BenchmarkCommittees, BenchmarkExecutors, ExecutorLedger, MAX_COMMITTEE, MAX_MEMBERS, MAX_SEATS,
};
use sp_core::H256;
use sp_runtime::{traits::Zero, transaction_validity::TransactionSource, RuntimeAppPublic};

const SET_UP: &str = "benchmarks set up what they need";
const SALT: [u8; 32] = [7; 32];
const WITNESS: Option<H256> = Some(H256::zero());
/// Length of the commit phases.
const COMMIT_BLOCKS: BlockNumber = 10;

fn executor<T: Config>(index: u32) -> T::AccountId {
	account("executor", index, 0)
}

/// Answer of the largest size.
fn answer(fuel: u64) -> Answer {
	answer_of(MAX_OUTPUT_BYTES, fuel)
}

fn answer_of(bytes: u32, fuel: u64) -> Answer {
	let output = vec![fuel as u8; bytes as usize];
	Answer { outcome: Outcome::Output(BoundedVec::truncate_from(output)), fuel }
}

fn committed<T: Config>() -> SeatState<BlockNumberFor<T>> {
	SeatState::Committed { at: Zero::zero(), commitment: H256::repeat_byte(1) }
}

fn revealed<T: Config>(digest: H256) -> SeatState<BlockNumberFor<T>> {
	let commitment = Some((Zero::zero(), H256::repeat_byte(1)));
	SeatState::Revealed { commitment, at: Zero::zero(), digest, witness: WITNESS }
}

/// Round that takes witnesses.
fn round<T: Config>(
	index: RoundIndex,
	phase: RoundPhase,
	seats: Vec<(T::AccountId, RoundIndex, SeatState<BlockNumberFor<T>>)>,
) -> RoundOf<T> {
	let size = seats.iter().filter(|(_, round, _)| *round == index).count() as u32;
	let seats = seats
		.into_iter()
		.map(|(executor, round, state)| Seat { executor, round, session: 0, state })
		.collect();
	Round {
		index,
		needed: 2,
		size,
		witnessed: true,
		seed: H256::zero(),
		phase,
		decline_by: Pallet::<T>::now(),
		commit_by: Pallet::<T>::now() + COMMIT_BLOCKS.into(),
		model_hash: H256::zero(),
		engine_id: H256::zero(),
		input_hash: H256::zero(),
		fuel_limit: u64::MAX,
		output_limit: MAX_OUTPUT_BYTES,
		seats: BoundedVec::truncate_from(seats),
		answer: None,
	}
}

impl<T: Config> BenchmarkCommittees<T::AccountId> for Pallet<T> {
	fn shared_keys(commit_blocks: BlockNumber) -> Vec<Vec<u8>> {
		vec![
			Deadlines::<T>::hashed_key_for(Self::now() + commit_blocks.into()),
			Cursors::<T>::hashed_key_for(Deadline::Reveal),
			// Whether rounds end in time.
			Deadlines::<T>::hashed_key_for(Cursors::<T>::get(Deadline::Reveal).commit_by),
		]
	}

	fn round_key(request: RequestId) -> Vec<u8> {
		Rounds::<T>::hashed_key_for(request)
	}

	fn closed_rounds(request: RequestId, seats: Vec<(T::AccountId, RoundIndex, Answer)>) {
		let index = seats.iter().map(|(_, index, _)| *index).max().unwrap_or_default();
		let (mut answers, mut kept) = (Vec::new(), Vec::new());
		for (who, index, answer) in seats {
			let digest = answer.digest();
			answers.push((digest, answer));
			kept.push((who, index, revealed::<T>(digest)));
		}
		let mut round = round::<T>(index, RoundPhase::Closed, kept);
		for (digest, answer) in answers {
			Self::keep_answer(request, &mut round, digest, answer);
		}
		Rounds::<T>::insert(request, round);
	}

	fn vacant_seat(
		request: RequestId,
		index: RoundIndex,
		session: u32,
		members: Vec<T::AccountId>,
	) {
		let (reason, outcome) = (JobError::QueueFull, DeclineOutcome::Vacant);
		let waiting = members.into_iter().map(|who| (who, index, SeatState::Waiting)).collect();
		let mut round = round::<T>(index, RoundPhase::Commit, waiting);
		for (position, seat) in round.seats.iter_mut().enumerate() {
			seat.session = session;
			if position == 0 {
				seat.state = SeatState::Declined { reason, outcome };
			}
		}
		Rounds::<T>::insert(request, round);
	}
}

/// Opens the first round of requests `0..n`. The seat of the executor of the batches is in state
/// `own`, two other seats are in state `others`. Rounds are charged by themselves.
fn open<T: Config>(
	n: u32,
	phase: RoundPhase,
	own: SeatState<BlockNumberFor<T>>,
	others: SeatState<BlockNumberFor<T>>,
) -> ExecutorKey {
	for request in 0..n.into() {
		let seats = (0..3)
			.map(|index| {
				let state = if index == 0 { own.clone() } else { others.clone() };
				(executor::<T>(index), 0, state)
			})
			.collect();
		Rounds::<T>::insert(request, round::<T>(0, phase, seats));
		add_to_whitelist(Rounds::<T>::hashed_key_for(request).into());
	}
	T::BenchmarkHelper::executor(&executor::<T>(0))
}

/// Batch with an item for the first round of each request.
fn signed<T: Config, P: Encode + Clone>(
	key: ExecutorKey,
	kind: BatchKind,
	payloads: impl Iterator<Item = P>,
) -> (BatchOf<T, P>, ExecutorSignature) {
	let seed = H256::zero();
	let items =
		(0u64..).zip(payloads).map(|(request, payload)| Item { request, round: 0, seed, payload });
	// The hash of an earlier block is known.
	let now = frame_system::Pallet::<T>::block_number().max(1u32.into());
	frame_system::Pallet::<T>::set_block_number(now);
	let (at, block) = (now - 1u32.into(), H256::repeat_byte(3));
	frame_system::BlockHash::<T>::insert(at, block);
	add_to_whitelist(frame_system::BlockHash::<T>::hashed_key_for(at).into());
	let items = BoundedVec::truncate_from(items.collect());
	let batch = Batch { executor: executor::<T>(0), at, items };
	let payload = batch_payload(kind, &Pallet::<T>::genesis(), &block, &batch);
	let signature = key.sign(&payload).expect(SET_UP);
	(batch, signature)
}

/// Last commitments of `n` rounds.
fn commitments<T: Config>(n: u32) -> (BatchOf<T, H256>, ExecutorSignature) {
	let key = open::<T>(n, RoundPhase::Commit, SeatState::Waiting, committed::<T>());
	signed::<T, _>(key, BatchKind::Commit, (0..n).map(|_| H256::repeat_byte(2)))
}

/// `n` reveals of answers with `bytes` of output each that others revealed too.
fn reveals<T: Config>(n: u32, bytes: u32) -> (BatchOf<T, RevealedAnswer>, ExecutorSignature) {
	let key = open::<T>(n, RoundPhase::Reveal, committed::<T>(), committed::<T>());
	let who = executor::<T>(0);
	// Nothing is left to be recorded: that is charged by itself.
	let _ = (0..MAX_BATCH).all(|_| T::Executors::record_presence(&who));
	let payloads = (0..n.into()).map(|request| {
		let answer = answer_of(bytes, request);
		Rounds::<T>::mutate(request, |round| {
			let round = round.as_mut().expect(SET_UP);
			round.answer = Some((answer.digest(), answer.clone()));
			let context = Pallet::<T>::commitment_context(request, round, &who);
			let commitment = commitment(&context, &answer, WITNESS, &SALT);
			round.seat_mut(&who).expect(SET_UP).state =
				SeatState::Committed { at: Zero::zero(), commitment };
		});
		RevealedAnswer { answer, witness: WITNESS, salt: SALT }
	});
	signed::<T, _>(key, BatchKind::Reveal, payloads)
}

/// `n` declined seats.
fn declines<T: Config>(n: u32) -> (BatchOf<T, JobError>, ExecutorSignature) {
	let key = open::<T>(n, RoundPhase::Commit, SeatState::Waiting, SeatState::Waiting);
	signed::<T, _>(key, BatchKind::Decline, (0..n).map(|_| JobError::ModelMissing))
}

/// Round whose seats have the largest size.
fn history<T: Config>(seats: u32) -> RoundOf<T> {
	let seats =
		(0..seats).map(|index| (executor::<T>(index), 0, revealed::<T>(H256::zero()))).collect();
	let answer = answer(9);
	Round { answer: Some((answer.digest(), answer)), ..round::<T>(0, RoundPhase::Closed, seats) }
}

fn authorize<T: Config>(call: &Call<T>) -> Result<(), BenchmarkError> {
	let valid = call.authorize(TransactionSource::External);
	valid.ok_or("no authorization")?.map_err(|_| "refused")?;
	Ok(())
}

#[benchmarks]
mod benchmarks {
	use super::*;

	/// `n`: commitments. Without rounds.
	#[benchmark]
	fn commit(n: Linear<1, MAX_BATCH>) {
		let (batch, signature) = commitments::<T>(n);

		#[extrinsic_call]
		_(RawOrigin::Authorized, batch, signature);

		assert_eq!(Rounds::<T>::get(0).map(|round| round.phase), Some(RoundPhase::Reveal));
	}

	/// Recording a kept seat of an executor that missed some.
	#[benchmark]
	fn record_presence() {
		let who = executor::<T>(0);
		T::BenchmarkHelper::executor(&who);
		let changed;

		#[block]
		{
			changed = T::Executors::record_presence(&who);
		}

		assert!(changed);
	}

	/// `n`: reveals that end no round, of known answers without bytes. Without rounds, and without
	/// what records that seats were kept.
	#[benchmark]
	fn reveal(n: Linear<1, MAX_BATCH>) {
		let (batch, signature) = reveals::<T>(n, 0);

		#[extrinsic_call]
		_(RawOrigin::Authorized, batch, signature);

		let round = Rounds::<T>::get(0).expect("it is kept");
		assert!(round.seat(&executor::<T>(0)).is_some_and(|seat| seat.state.digest().is_some()));
	}

	/// One reveal. `b`: bytes of the answer.
	#[benchmark]
	fn reveal_one(b: Linear<0, MAX_OUTPUT_BYTES>) {
		let (batch, signature) = reveals::<T>(1, b);

		#[extrinsic_call]
		reveal(RawOrigin::Authorized, batch, signature);

		let round = Rounds::<T>::get(0).expect("it is kept");
		assert!(round.seat(&executor::<T>(0)).is_some_and(|seat| seat.state.digest().is_some()));
	}

	/// `n`: declined seats that end no round. Without rounds.
	#[benchmark]
	fn decline(n: Linear<1, MAX_BATCH>) {
		let (batch, signature) = declines::<T>(n);

		#[extrinsic_call]
		_(RawOrigin::Authorized, batch, signature);

		let round = Rounds::<T>::get(0).expect("it is kept");
		let (reason, outcome) = (JobError::ModelMissing, DeclineOutcome::Vacant);
		let declined = SeatState::Declined { reason, outcome };
		assert!(round.seat(&executor::<T>(0)).is_some_and(|seat| seat.state == declined));
	}

	/// `n`: commitments. Without rounds.
	#[benchmark]
	fn authorize_commit(n: Linear<1, MAX_BATCH>) -> Result<(), BenchmarkError> {
		let (batch, signature) = commitments::<T>(n);
		let call = Call::<T>::commit { batch, signature };
		let valid;

		#[block]
		{
			valid = authorize::<T>(&call);
		}

		valid
	}

	/// `n`: reveals of answers without bytes. Without rounds.
	#[benchmark]
	fn authorize_reveal(n: Linear<1, MAX_BATCH>) -> Result<(), BenchmarkError> {
		let (batch, signature) = reveals::<T>(n, 0);
		let call = Call::<T>::reveal { batch, signature };
		let valid;

		#[block]
		{
			valid = authorize::<T>(&call);
		}

		valid
	}

	/// One reveal. `b`: bytes of the answer.
	#[benchmark]
	fn authorize_reveal_one(b: Linear<0, MAX_OUTPUT_BYTES>) -> Result<(), BenchmarkError> {
		let (batch, signature) = reveals::<T>(1, b);
		let call = Call::<T>::reveal { batch, signature };
		let valid;

		#[block]
		{
			valid = authorize::<T>(&call);
		}

		valid
	}

	/// `n`: seats. Without rounds.
	#[benchmark]
	fn authorize_decline(n: Linear<1, MAX_BATCH>) -> Result<(), BenchmarkError> {
		let (batch, signature) = declines::<T>(n);
		let call = Call::<T>::decline { batch, signature };
		let valid;

		#[block]
		{
			valid = authorize::<T>(&call);
		}

		valid
	}

	/// Reading and writing a round. `s`: seats.
	#[benchmark]
	fn change_round(s: Linear<0, MAX_MEMBERS>) {
		Rounds::<T>::insert(0, history::<T>(s));

		#[block]
		{
			Rounds::<T>::mutate(0, |round| {
				if let Some(round) = round {
					round.phase = RoundPhase::Commit;
				}
			});
		}

		assert_eq!(Rounds::<T>::get(0).map(|round| round.phase), Some(RoundPhase::Commit));
	}

	/// Reading a round. `s`: seats.
	#[benchmark]
	fn read_round(s: Linear<0, MAX_MEMBERS>) {
		Rounds::<T>::insert(0, history::<T>(s));
		let round;

		#[block]
		{
			round = Rounds::<T>::get(0);
		}

		assert_eq!(round.map(|round| round.seats.len() as u32), Some(s));
	}

	/// Keeping an answer that nobody revealed yet.
	#[benchmark]
	fn new_answer() {
		let answer = answer(9);
		let digest = answer.digest();

		#[block]
		{
			Answers::<T>::insert(0, digest, answer);
		}

		assert!(Answers::<T>::contains_key(0, digest));
	}

	/// Closing a round in which nobody was silent, without storing it and without what follows. `s`:
	/// its seats.
	#[benchmark]
	fn close(s: Linear<1, { 2 * MAX_COMMITTEE }>) {
		let answer = answer(9);
		let digest = answer.digest();
		let seats = (0..s).map(|index| (executor::<T>(index), 0, revealed::<T>(digest))).collect();
		let mut round = round::<T>(0, RoundPhase::Reveal, seats);
		round.needed = 1;
		round.answer = Some((digest, answer));
		Rounds::<T>::insert(0, &round);
		add_to_whitelist(Rounds::<T>::hashed_key_for(0).into());

		#[block]
		{
			let _ = Pallet::<T>::close(0, round);
		}

		assert_eq!(Rounds::<T>::get(0).map(|round| round.phase), Some(RoundPhase::Closed));
	}

	/// `s`: seats whose executors did not commit, and are paused for it: more seats than those were
	/// kept.
	#[benchmark]
	fn penalise_silence(s: Linear<1, MAX_COMMITTEE>) {
		T::BenchmarkHelper::snapshot(&[]);
		let silent = (0..s).map(|index| {
			let who = executor::<T>(index);
			T::BenchmarkHelper::executor(&who);
			(who, 0, SeatState::Waiting)
		});
		let kept = (s..=2 * s).map(|index| (executor::<T>(index), 0, revealed::<T>(H256::zero())));
		let seats: Vec<_> = silent.chain(kept).collect();
		let round = round::<T>(0, RoundPhase::Reveal, seats);

		#[block]
		{
			Pallet::<T>::penalise_silence(&round);
		}
	}

	/// Removing `a` answers.
	#[benchmark]
	fn remove_answers(a: Linear<1, MAX_SEATS>) {
		for fuel in 0..a.into() {
			let answer = answer(fuel);
			Answers::<T>::insert(0, answer.digest(), answer);
		}

		#[block]
		{
			Pallet::<T>::remove_answers(0);
		}

		assert_eq!(Answers::<T>::iter_prefix(0).count(), 0);
	}

	/// Reading and removing a list of `d` rounds.
	#[benchmark]
	fn take_deadlines(d: Linear<0, { MaxRoundsPerTick::<T>::get() }>) {
		let now = Pallet::<T>::now();
		let rounds = (0..d).map(|request| (request.into(), 0)).collect();
		Deadlines::<T>::insert(now, BoundedVec::truncate_from(rounds));
		let due;

		#[block]
		{
			due = Deadlines::<T>::take(now);
		}

		assert_eq!(due.len() as u32, d);
	}
}
