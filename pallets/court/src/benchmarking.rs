//! Benchmarks of batches, phases and verdicts. What the recipient of a verdict does is measured by
//! its own pallet. `weight_bounds.rs` adds them up.

use crate::{declarations::MAX_SWEPT, *};
use alloc::{vec, vec::Vec};
use codec::Encode;
use frame_benchmarking::v2::*;
use frame_support::{
	traits::{Authorize, Get},
	BoundedVec,
};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use opg_primitives::{
	court::{court_batch_payload, court_commitment, CourtBatchKind, CourtKey, CourtSignature},
	Answer, Content, Outcome, RequestId, MAX_CONTENT_BYTES, MAX_OUTPUT_BYTES,
};
use pallet_opg_support::{CourtLoad, CourtReadiness, CourtSizes, Panels as PanelsTrait, MAX_PANEL};
use sp_core::{ed25519, H256};
use sp_runtime::{traits::Zero, transaction_validity::TransactionSource, RuntimeAppPublic};

const SET_UP: &str = "benchmarks set up what they need";
const SALT: [u8; 32] = [7; 32];
const WITNESS: H256 = H256::repeat_byte(3);
/// Allows every answer, and costs nothing of the budget but fuel.
const LOAD: CourtLoad = CourtLoad { fuel: 64, bytes: 0 };

fn answer_of(bytes: u32, fuel: u64) -> Answer {
	let output = vec![fuel as u8; bytes as usize];
	Answer { outcome: Outcome::Output(BoundedVec::truncate_from(output)), fuel }
}

/// Makes a bench of the largest size that of the current session. Its first seat has a key that the
/// keystore holds.
fn bench<T: Config>() -> CourtKey {
	// A batch names an earlier block, which is not the first: that names the chain.
	let block = frame_system::Pallet::<T>::block_number().max(2u32.into());
	frame_system::Pallet::<T>::set_block_number(block);
	let own = CourtKey::generate_pair(None);
	let bench: Vec<(T::AccountId, CourtKey)> = (0..T::MaxValidators::get())
		.map(|index| {
			let key = if index == 0 { own.clone() } else { key_of(index) };
			(account("validator", index, 0), key)
		})
		.collect();
	Benches::<T>::insert(T::Session::get(), BoundedVec::truncate_from(bench));
	own
}

impl<T: Config> Pallet<T> {
	/// Makes a bench of the largest size that of the current session, for the benchmarks of others.
	pub fn fill_bench() {
		bench::<T>();
	}
}

/// A hash of its own for each number.
fn number_hash(number: u64) -> H256 {
	let mut hash = [0; 32];
	hash[24..].copy_from_slice(&number.to_be_bytes());
	H256(hash)
}

/// Key of another seat.
fn key_of(index: u32) -> CourtKey {
	ed25519::Public::from_raw(number_hash(index.into()).0).into()
}

/// Stores a case that sits in this phase.
fn case<T: Config>(request: RequestId, phase: CasePhase) {
	let (session, seats) = Pallet::<T>::hold_bench();
	let seed = H256::repeat_byte(1);
	let sizes = CourtSizes { fetched: 0, output_limit: MAX_OUTPUT_BYTES };
	let case = Case { seed, load: LOAD, sizes, sitting: 0, session, seats, phase };
	Cases::<T>::insert(request, case);
	let (until, admission) = (BlockNumberFor::<T>::zero(), Admission::Budget);
	// A batch may have more cases than sit at once.
	let _ = Sittings::<T>::try_append(Sitting { request, until, admission });
}

/// Fills the lists.
fn fill_lists<T: Config>() {
	let request = RequestId::MAX;
	let until = BlockNumberFor::<T>::zero() + u32::MAX.into();
	let admission = Admission::Turn;
	while Sittings::<T>::try_append(Sitting { request, until, admission }).is_ok() {}
	// They are due, and none fits the budget: all are sorted, and none begins.
	let load = CourtLoad { fuel: u64::MAX, bytes: u64::MAX };
	while Docket::<T>::try_append(Waiting { request, not_before: 0, load }).is_ok() {}
}

/// Block that a batch can name.
fn named<T: Config>() -> BlockNumberFor<T> {
	let at = frame_system::Pallet::<T>::block_number() - 1u32.into();
	frame_system::BlockHash::<T>::insert(at, H256::repeat_byte(3));
	at
}

/// Batch of the first seat with an item for each request.
fn signed<T: Config, P: Encode>(
	key: CourtKey,
	kind: CourtBatchKind,
	payloads: impl Iterator<Item = P>,
) -> (BatchOf<T, P>, CourtSignature) {
	let items =
		(0u64..).zip(payloads).map(|(request, payload)| Item { request, sitting: 0, payload });
	let batch = Batch {
		session: T::Session::get(),
		seat: 0,
		at: named::<T>(),
		items: BoundedVec::truncate_from(items.collect()),
	};
	let block = frame_system::Pallet::<T>::block_hash(batch.at);
	let payload = court_batch_payload(kind, &Pallet::<T>::genesis(), &block, &batch);
	let signature = key.sign(&payload).expect(SET_UP);
	(batch, signature)
}

/// Last commitments of `n` sittings.
fn commitments<T: Config>(n: u32) -> (BatchOf<T, H256>, CourtSignature) {
	let key = bench::<T>();
	let committed = T::MaxValidators::get() - 1;
	(0..n.into()).for_each(|request| case::<T>(request, CasePhase::Commit { committed }));
	fill_lists::<T>();
	signed::<T, _>(key, CourtBatchKind::Commit, (0..n).map(|_| H256::repeat_byte(2)))
}

/// Last reveals of `n` sittings, each with a new answer of `bytes` of output.
fn reveals<T: Config>(n: u32, bytes: u32) -> (BatchOf<T, RevealedVote>, CourtSignature) {
	let key = bench::<T>();
	let payloads: Vec<RevealedVote> = (0..n.into())
		.map(|request| {
			case::<T>(request, CasePhase::Reveal { unrevealed: 1 });
			let answer = answer_of(bytes, request);
			let digest = answer.digest();
			let own = Cases::<T>::get(request).expect(SET_UP);
			let validator = account("validator", 0, 0);
			let context = Pallet::<T>::vote_context(request, &own, &validator);
			let commitment = court_commitment(&context, &digest, &WITNESS, &SALT);
			Votes::<T>::insert(request, 0, Vote::Committed(commitment));
			RevealedVote { digest, witness: WITNESS, salt: SALT, answer: Some(answer) }
		})
		.collect();
	fill_lists::<T>();
	signed::<T, _>(key, CourtBatchKind::Reveal, payloads.into_iter())
}

/// `n` declarations of the first seat, each for a list that only two accounts without a seat leave
/// room in. Those count as many others.
fn declarations<T: Config>(n: u32) -> (DeclarationsOf<T>, CourtSignature) {
	let key = bench::<T>();
	let who: T::AccountId = account("validator", 0, 0);
	let items: Vec<_> = (0..n).map(|model| Declaration { model, holds: false }).collect();
	for item in &items {
		let gone = (0..MAX_SWEPT).map(|index| account("gone", item.model * MAX_SWEPT + index, 0));
		let seated =
			(0..T::MaxValidators::get() - MAX_SWEPT).map(|index| account("validator", index, 0));
		let mut list: Vec<T::AccountId> = gone.chain(seated).collect();
		list.sort();
		list.iter().for_each(|who| HeldModels::<T>::insert(who, MAX_HELD_MODELS));
		Holders::<T>::insert(item.model, BoundedVec::truncate_from(list));
	}
	HeldModels::<T>::insert(who, MAX_HELD_MODELS);
	let batch = Declarations {
		session: T::Session::get(),
		seat: 0,
		at: named::<T>(),
		items: BoundedVec::truncate_from(items),
	};
	let block = frame_system::Pallet::<T>::block_hash(batch.at);
	let kind = CourtBatchKind::Declare;
	let payload = court_batch_payload(kind, &Pallet::<T>::genesis(), &block, &batch);
	let signature = key.sign(&payload).expect(SET_UP);
	(batch, signature)
}

/// `n` contents that the first seat is the last one to hold, of panels of the largest size.
fn holdings<T: Config>(n: u32) -> (HoldingsOf<T>, CourtSignature) {
	let key = bench::<T>();
	let members = (0..MAX_PANEL).rev().map(|index| account("validator", index, 0)).collect();
	let content = Content { hash: H256::repeat_byte(1), size: MAX_CONTENT_BYTES };
	let mut panel: PanelOf<T> =
		Panel { members: BoundedVec::truncate_from(members), contents: BoundedVec::new() };
	for _ in 0..MAX_CONTENTS {
		panel.contents.try_push(PanelContent { content, holders: 0 }).expect(SET_UP);
	}
	// The seat itself has the last place.
	for place in 0..panel.needed() as usize - 1 {
		panel.note_holder(0, place);
	}
	let items: Vec<_> = (0..n.into()).map(|request| Holding { request, content: 0 }).collect();
	for item in &items {
		Panels::<T>::insert(item.request, panel.clone());
	}
	let batch = Holdings {
		session: T::Session::get(),
		seat: 0,
		at: named::<T>(),
		items: BoundedVec::truncate_from(items),
	};
	let block = frame_system::Pallet::<T>::block_hash(batch.at);
	let kind = CourtBatchKind::Hold;
	let payload = court_batch_payload(kind, &Pallet::<T>::genesis(), &block, &batch);
	let signature = key.sign(&payload).expect(SET_UP);
	(batch, signature)
}

fn authorize<T: Config>(call: &Call<T>) -> Result<(), BenchmarkError> {
	let valid = call.authorize(TransactionSource::External);
	valid.ok_or("no authorization")?.map_err(|_| "refused")?;
	Ok(())
}

#[benchmarks]
mod benchmarks {
	use super::*;

	/// `n`: commitments that end phases.
	#[benchmark]
	fn commit(n: Linear<1, MAX_BATCH>) {
		let (batch, signature) = commitments::<T>(n);

		#[extrinsic_call]
		_(RawOrigin::Authorized, batch, signature);

		assert!(Votes::<T>::contains_key(0, 0));
	}

	/// `n`: reveals of new answers without bytes, which end phases.
	#[benchmark]
	fn reveal(n: Linear<1, MAX_BATCH>) {
		let (batch, signature) = reveals::<T>(n, 0);

		#[extrinsic_call]
		_(RawOrigin::Authorized, batch, signature);

		assert_eq!(Answers::<T>::iter().count(), n as usize);
	}

	/// One reveal. `b`: bytes of the answer.
	#[benchmark]
	fn reveal_one(b: Linear<0, MAX_OUTPUT_BYTES>) {
		let (batch, signature) = reveals::<T>(1, b);

		#[extrinsic_call]
		reveal(RawOrigin::Authorized, batch, signature);

		assert_eq!(Answers::<T>::iter().count(), 1);
	}

	/// `n`: commitments.
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

	/// `n`: reveals of answers without bytes.
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

	/// A block in which nothing is due, with full lists.
	#[benchmark]
	fn read_lists() {
		fill_lists::<T>();

		#[block]
		{
			Pallet::<T>::pass_deadlines();
		}

		assert_eq!(Sittings::<T>::decode_len(), Some(T::MaxSitting::get() as usize));
	}

	/// Beginning a second sitting within the budget.
	#[benchmark]
	fn begin_sitting() {
		bench::<T>();
		case::<T>(0, CasePhase::Waiting);
		Cases::<T>::mutate(0, |case| {
			case.as_mut().expect(SET_UP).sitting = SECOND_SITTING;
		});
		Sittings::<T>::kill();
		let (until, admission) = (BlockNumberFor::<T>::zero() + u32::MAX.into(), Admission::Turn);
		let other = Sitting { request: RequestId::MAX, until, admission };
		Sittings::<T>::put(BoundedVec::truncate_from(vec![other]));
		let waiting = Waiting { request: 0, not_before: 0, load: LOAD };
		Docket::<T>::put(BoundedVec::truncate_from(vec![waiting]));

		#[block]
		{
			Pallet::<T>::pass_deadlines();
		}

		assert_eq!(Docket::<T>::decode_len(), Some(0));
	}

	/// End of a commit phase.
	#[benchmark]
	fn begin_reveal() {
		bench::<T>();
		case::<T>(0, CasePhase::Commit { committed: 1 });
		fill_lists::<T>();

		#[block]
		{
			Pallet::<T>::pass_deadlines();
		}

		let phase = Cases::<T>::get(0).map(|case| case.phase);
		assert_eq!(phase, Some(CasePhase::Reveal { unrevealed: 1 }));
	}

	/// End of an undecided sitting. `v`: votes. `a`: answers of the largest size.
	#[benchmark]
	fn end_sitting(
		v: Linear<0, { T::MaxValidators::get() }>,
		a: Linear<0, { T::MaxValidators::get() }>,
	) {
		bench::<T>();
		case::<T>(0, CasePhase::Reveal { unrevealed: 0 });
		for seat in 0..v {
			let digest = number_hash(seat.into());
			let finding = Finding { digest, witness: WITNESS };
			Votes::<T>::insert(0, seat as SeatIndex, Vote::Revealed(finding));
		}
		for fuel in 0..u64::from(a) {
			let answer = answer_of(MAX_OUTPUT_BYTES, fuel);
			Answers::<T>::insert(0, answer.digest(), answer);
		}
		let own = Cases::<T>::get(0).expect(SET_UP);

		#[block]
		{
			Pallet::<T>::end_sitting(0, own);
		}

		assert_eq!(Votes::<T>::iter().count() + Answers::<T>::iter().count(), 0);
	}

	/// A decided case that as many validators missed as the list takes.
	#[benchmark]
	fn note_missed() {
		let bench: Vec<T::AccountId> =
			(0..T::MaxValidators::get()).map(|index| account("validator", index, 0)).collect();

		#[block]
		{
			Pallet::<T>::note_missed(bench);
		}

		let count = Missed::<T>::get(T::Session::get()).len();
		assert_eq!(count, T::MaxValidators::get() as usize);
	}

	/// `n`: declarations that leave a list, of which accounts without a seat are swept too.
	#[benchmark]
	fn declare(n: Linear<1, MAX_DECLARATIONS>) {
		let (batch, signature) = declarations::<T>(n);

		#[extrinsic_call]
		_(RawOrigin::Authorized, batch, signature);

		let left = T::MaxValidators::get() - MAX_SWEPT - 1;
		assert_eq!(Holders::<T>::get(0).len(), left as usize);
	}

	/// `n`: declarations, of which only the last one changes something.
	#[benchmark]
	fn authorize_declare(n: Linear<1, MAX_DECLARATIONS>) -> Result<(), BenchmarkError> {
		let (mut batch, _) = declarations::<T>(n);
		for item in batch.items.iter_mut().rev().skip(1) {
			item.holds = true;
		}
		let block = frame_system::Pallet::<T>::block_hash(batch.at);
		let kind = CourtBatchKind::Declare;
		let payload = court_batch_payload(kind, &Pallet::<T>::genesis(), &block, &batch);
		let (_, key) = Benches::<T>::get(batch.session)[0].clone();
		let signature = key.sign(&payload).expect(SET_UP);
		let call = Call::<T>::declare { batch, signature };
		let valid;

		#[block]
		{
			valid = authorize::<T>(&call);
		}

		valid
	}

	/// A version that `v` validators hold.
	#[benchmark]
	fn forget(v: Linear<0, { T::MaxValidators::get() }>) {
		let mut list: Vec<T::AccountId> =
			(0..v).map(|index| account("validator", index, 0)).collect();
		list.sort();
		list.iter().for_each(|who| HeldModels::<T>::insert(who, 2));
		Holders::<T>::insert(0, BoundedVec::truncate_from(list));

		#[block]
		{
			<Pallet<T> as CourtReadiness>::forget(0);
		}

		assert!(!Holders::<T>::contains_key(0));
	}

	/// `n`: contents, each with the last member that it needed. What follows has weights of its own.
	#[benchmark]
	fn hold(n: Linear<1, MAX_HOLDINGS>) {
		let (batch, signature) = holdings::<T>(n);

		#[extrinsic_call]
		_(RawOrigin::Authorized, batch, signature);

		let needed = Panels::<T>::get(0).map(|panel| panel.needed());
		let holders = Panels::<T>::get(0).map(|panel| panel.contents[0].holders.count_ones());
		assert_eq!(needed, holders);
	}

	/// `n`: contents.
	#[benchmark]
	fn authorize_hold(n: Linear<1, MAX_HOLDINGS>) -> Result<(), BenchmarkError> {
		let (batch, signature) = holdings::<T>(n);
		let call = Call::<T>::hold { batch, signature };
		let valid;

		#[block]
		{
			valid = authorize::<T>(&call);
		}

		valid
	}

	/// A panel of the largest size, drawn from the largest bench.
	#[benchmark]
	fn convene() {
		bench::<T>();
		let content = Content { hash: H256::repeat_byte(1), size: MAX_CONTENT_BYTES };

		#[block]
		{
			<Pallet<T> as PanelsTrait<T::AccountId>>::convene(0, content, H256::repeat_byte(2))
				.expect(SET_UP);
		}

		assert_eq!(Panels::<T>::count(), 1);
	}

	/// A panel of the largest size that holds an input and an output.
	#[benchmark]
	fn dismiss() {
		holdings::<T>(1);
		Panels::<T>::mutate(0, |panel| {
			let panel = panel.as_mut().expect(SET_UP);
			for place in 0..MAX_PANEL as usize {
				(0..MAX_CONTENTS as usize).for_each(|index| {
					panel.note_holder(index, place);
				});
			}
		});
		let paid;

		#[block]
		{
			paid = <Pallet<T> as PanelsTrait<T::AccountId>>::dismiss(0);
		}

		assert_eq!(paid.len(), MAX_PANEL as usize);
	}
}
