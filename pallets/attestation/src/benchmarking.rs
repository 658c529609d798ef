//! What batches and deadlines cost. What a batch costs depends on the records that it changes and
//! on what it decides, so these are measured by themselves; `cost.rs` adds them up.

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
	batch_payload, commitment, Answer, BatchKind, ExecutorKey, ExecutorSignature, Outcome,
	RequestId, RoundIndex, Unavailable, MAX_OUTPUT_BYTES,
};
use pallet_opg_support::{ExecutorPools, Rule, MAX_ROUND, MAX_SEATS};
use sp_core::H256;
use sp_runtime::{traits::Zero, transaction_validity::TransactionSource, RuntimeAppPublic};

const SET_UP: &str = "benchmarks set up what they need";
const SALT: [u8; 32] = [7; 32];

fn executor<T: Config>(index: u32) -> T::AccountId {
	account("executor", index, 0)
}

/// An answer that is as long as it can be.
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
	SeatState::Revealed {
		committed_at: Zero::zero(),
		commitment: H256::repeat_byte(1),
		at: Zero::zero(),
		digest,
	}
}

fn record<T: Config>(
	round: RoundIndex,
	phase: Phase,
	seats: Vec<(T::AccountId, RoundIndex, SeatState<BlockNumberFor<T>>)>,
) -> RecordOf<T> {
	let seats =
		seats.into_iter().map(|(executor, round, state)| Seat { executor, round, state }).collect();
	Record {
		round,
		rule: Rule::Majority,
		phase,
		model: H256::zero(),
		engine: H256::zero(),
		input: H256::zero(),
		fuel_limit: u64::MAX,
		seats: BoundedVec::truncate_from(seats),
		answer: None,
	}
}

/// For other pallets' benchmarks, see [`pallet_opg_support::Committees::benchmark_rounds`].
pub(crate) fn rounds<T: Config>(
	request: RequestId,
	seats: Vec<(T::AccountId, RoundIndex, Answer)>,
) {
	let round = seats.iter().map(|(_, round, _)| *round).max().unwrap_or_default();
	let (mut answers, mut kept) = (Vec::new(), Vec::new());
	for (who, round, answer) in seats {
		let digest = answer.digest();
		answers.push((digest, answer));
		kept.push((who, round, revealed::<T>(digest)));
	}
	let record = record::<T>(round, Phase::Closed, kept);
	if record.has_rivals() {
		for (digest, answer) in answers {
			Answers::<T>::insert(request, digest, answer);
		}
	}
	Records::<T>::insert(request, record);
}

/// Open the first round of requests `0..n`: the executor of the batches is in the state `own`, two
/// others are in the state `others`. The records are charged by themselves.
fn open<T: Config>(
	n: u32,
	phase: Phase,
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
		Records::<T>::insert(request, record::<T>(0, phase, seats));
		add_to_whitelist(Records::<T>::hashed_key_for(request).into());
	}
	T::Pools::benchmark_executor(&executor::<T>(0))
}

fn signed<T: Config, I: Encode + Clone>(
	key: ExecutorKey,
	kind: BatchKind,
	items: Vec<I>,
) -> (Batch<T::AccountId, BlockNumberFor<T>, I>, ExecutorSignature) {
	let batch = Batch {
		executor: executor::<T>(0),
		at: frame_system::Pallet::<T>::block_number(),
		items: BoundedVec::truncate_from(items),
	};
	let payload = batch_payload(kind, &Pallet::<T>::genesis(), &batch);
	let signature = key.sign(&payload).expect(SET_UP);
	(batch, signature)
}

/// The last commitments of rounds.
fn commitments<T: Config>(n: u32) -> (CommitBatchOf<T>, ExecutorSignature) {
	let key = open::<T>(n, Phase::Commit, SeatState::Waiting, committed::<T>());
	let items = (0..n.into())
		.map(|request| Commitment { request, round: 0, commitment: H256::repeat_byte(2) })
		.collect();
	signed::<T, _>(key, BatchKind::Commit, items)
}

/// Reveals of answers of so many bytes that others revealed too.
fn reveals<T: Config>(n: u32, bytes: u32) -> (RevealBatchOf<T>, ExecutorSignature) {
	let key = open::<T>(n, Phase::Reveal, committed::<T>(), committed::<T>());
	let who = executor::<T>(0);
	let items = (0..n.into())
		.map(|request| {
			let answer = answer_of(bytes, request);
			Records::<T>::mutate(request, |record| {
				let record = record.as_mut().expect(SET_UP);
				record.answer = Some((answer.digest(), answer.clone()));
				let binding = Pallet::<T>::binding(request, record, &who);
				let commitment = commitment(&binding, &answer, &SALT);
				record.seat_mut(&who).expect(SET_UP).state =
					SeatState::Committed { at: Zero::zero(), commitment };
			});
			Reveal { request, round: 0, answer, salt: SALT }
		})
		.collect();
	signed::<T, _>(key, BatchKind::Reveal, items)
}

fn declines<T: Config>(n: u32) -> (DeclineBatchOf<T>, ExecutorSignature) {
	let key = open::<T>(n, Phase::Commit, SeatState::Waiting, SeatState::Waiting);
	let reason = Unavailable::ModelMissing;
	let items = (0..n.into()).map(|request| Decline { request, round: 0, reason }).collect();
	signed::<T, _>(key, BatchKind::Decline, items)
}

/// A record whose seats are as large as they can be.
fn history<T: Config>(seats: u32) -> RecordOf<T> {
	let seats =
		(0..seats).map(|index| (executor::<T>(index), 0, revealed::<T>(H256::zero()))).collect();
	let answer = answer(9);
	Record { answer: Some((answer.digest(), answer)), ..record::<T>(0, Phase::Closed, seats) }
}

fn authorize<T: Config>(call: &Call<T>) -> Result<(), BenchmarkError> {
	let valid = call.authorize(TransactionSource::External);
	valid.ok_or("no authorization")?.map_err(|_| "refused")?;
	Ok(())
}

#[benchmarks]
mod benchmarks {
	use super::*;

	/// `n`: commitments of an executor that missed none. Records not counted.
	#[benchmark]
	fn commit(n: Linear<1, MAX_BATCH>) {
		let (batch, signature) = commitments::<T>(n);
		T::Pools::clear_misses(&batch.executor);

		#[extrinsic_call]
		_(RawOrigin::Authorized, batch, signature);

		assert_eq!(Records::<T>::get(0).map(|record| record.phase), Some(Phase::Reveal));
	}

	/// The misses of an executor are forgotten.
	#[benchmark]
	fn clear_misses() {
		let who = executor::<T>(0);
		T::Pools::benchmark_executor(&who);
		let missed;

		#[block]
		{
			missed = T::Pools::clear_misses(&who);
		}

		assert!(missed);
	}

	/// `n`: reveals that decide nothing, of known answers without bytes. Records not counted.
	#[benchmark]
	fn reveal(n: Linear<1, MAX_BATCH>) {
		let (batch, signature) = reveals::<T>(n, 0);

		#[extrinsic_call]
		_(RawOrigin::Authorized, batch, signature);

		let record = Records::<T>::get(0).expect("it is kept");
		assert!(record.seat(&executor::<T>(0)).is_some_and(|seat| seat.state.digest().is_some()));
	}

	/// One reveal. `b`: bytes of the answer.
	#[benchmark]
	fn reveal_one(b: Linear<0, MAX_OUTPUT_BYTES>) {
		let (batch, signature) = reveals::<T>(1, b);

		#[extrinsic_call]
		reveal(RawOrigin::Authorized, batch, signature);

		let record = Records::<T>::get(0).expect("it is kept");
		assert!(record.seat(&executor::<T>(0)).is_some_and(|seat| seat.state.digest().is_some()));
	}

	/// `n`: seats given up that end nothing. Records not counted.
	#[benchmark]
	fn decline(n: Linear<1, MAX_BATCH>) {
		let (batch, signature) = declines::<T>(n);

		#[extrinsic_call]
		_(RawOrigin::Authorized, batch, signature);

		let record = Records::<T>::get(0).expect("it is kept");
		let declined = SeatState::Declined { reason: Unavailable::ModelMissing };
		assert!(record.seat(&executor::<T>(0)).is_some_and(|seat| seat.state == declined));
	}

	/// `n`: commitments. Records not counted.
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

	/// `n`: reveals of answers without bytes. Records not counted.
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

	/// `n`: seats. Records not counted.
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

	/// Reading and writing a record. `s`: seats of all its rounds.
	#[benchmark]
	fn change_record(s: Linear<0, MAX_SEATS>) {
		Records::<T>::insert(0, history::<T>(s));

		#[block]
		{
			Records::<T>::mutate(0, |record| {
				if let Some(record) = record {
					record.phase = Phase::Commit;
				}
			});
		}

		assert_eq!(Records::<T>::get(0).map(|record| record.phase), Some(Phase::Commit));
	}

	/// Reading a record. `s`: seats of all its rounds.
	#[benchmark]
	fn read_record(s: Linear<0, MAX_SEATS>) {
		Records::<T>::insert(0, history::<T>(s));
		let record;

		#[block]
		{
			record = Records::<T>::get(0);
		}

		assert_eq!(record.map(|record| record.seats.len() as u32), Some(s));
	}

	/// Keeping an answer that nobody gave yet.
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

	/// The end of a round in which nobody was silent, without what follows and without the record.
	/// `s`: its seats.
	#[benchmark]
	fn close(s: Linear<1, MAX_ROUND>) {
		let answer = answer(9);
		let digest = answer.digest();
		let seats = (0..s).map(|index| (executor::<T>(index), 0, revealed::<T>(digest))).collect();
		let mut record = record::<T>(0, Phase::Reveal, seats);
		record.rule = Rule::Undisputed { needed: 1 };
		record.answer = Some((digest, answer));
		Records::<T>::insert(0, &record);
		add_to_whitelist(Records::<T>::hashed_key_for(0).into());

		#[block]
		{
			let _ = Pallet::<T>::close(0, record);
		}

		assert_eq!(Records::<T>::get(0).map(|record| record.phase), Some(Phase::Closed));
	}

	/// `s`: seats whose executors did not commit, and rest from now on.
	#[benchmark]
	fn punish_silence(s: Linear<1, MAX_ROUND>) {
		T::Pools::benchmark_snapshot(&[]);
		let seats: Vec<_> = (0..s)
			.map(|index| {
				let who = executor::<T>(index);
				T::Pools::benchmark_executor(&who);
				(who, 0, SeatState::Waiting)
			})
			.collect();
		let record = record::<T>(0, Phase::Reveal, seats);

		#[block]
		{
			Pallet::<T>::punish_silence(&record);
		}
	}

	/// Forgetting answers that were not judged. `a`: how many.
	#[benchmark]
	fn forget(a: Linear<1, MAX_SEATS>) {
		for fuel in 0..a.into() {
			let answer = answer(fuel);
			Answers::<T>::insert(0, answer.digest(), answer);
		}

		#[block]
		{
			Pallet::<T>::drop_answers(0);
		}

		assert_eq!(Answers::<T>::iter_prefix(0).count(), 0);
	}

	/// The end of a round for which there is no time in a block.
	#[benchmark]
	fn put_off() {
		let now = frame_system::Pallet::<T>::block_number();
		let next = (now + 1u32.into(), Deadline::Reveal);
		let rounds = (1..T::MaxRoundsPerBlock::get()).map(|request| (request.into(), 0)).collect();
		Deadlines::<T>::insert(next, BoundedVec::truncate_from(rounds));
		add_to_whitelist(Deadlines::<T>::hashed_key_for(next).into());

		#[block]
		{
			Pallet::<T>::put_off(now, 0, 0);
		}

		assert_eq!(Deadlines::<T>::get(next).len() as u32, T::MaxRoundsPerBlock::get());
	}

	/// `d`: rounds with a deadline at this block. Records not counted.
	#[benchmark]
	fn take_deadlines(d: Linear<0, { T::MaxRoundsPerBlock::get() }>) {
		let now = frame_system::Pallet::<T>::block_number();
		let rounds = (0..d).map(|request| (request.into(), 0)).collect();
		Deadlines::<T>::insert((now, Deadline::Commit), BoundedVec::truncate_from(rounds));
		let due;

		#[block]
		{
			due = Deadlines::<T>::take((now, Deadline::Commit));
		}

		assert_eq!(due.len() as u32, d);
	}
}
