//! Runtime with this pallet, and fakes of what it reaches: executors `1..=9` with hot keys, and a
//! recipient of verdicts.

use crate as pallet_opg_attestation;
use crate::*;
use frame_support::{
	derive_impl, parameter_types,
	traits::{Authorize, ConstU32, Hooks},
	weights::{constants::RocksDbWeight, Weight},
	BoundedVec,
};
use frame_system::offchain::{
	CreateAuthorizedTransaction, CreateTransaction, CreateTransactionBase,
};
use opg_primitives::{
	batch_payload, commitment, Answer, BatchKind, Content, ExecutorKey, ExecutorSignature,
	JobError, ModelError, Outcome, RequestId, RoundIndex, Task, VersionLimits,
};
use pallet_opg_support::{
	Assignment, Committees, ExecutorDirectory, ExecutorLedger, Offence, OnRoundDecided,
	SilenceRecord, TaskSource, Verdict,
};
use sp_core::{ed25519, Pair, H256};
use sp_runtime::{
	traits::{BlockNumberProvider, Dispatchable},
	transaction_validity::{
		InvalidTransaction, TransactionSource, TransactionValidityError, ValidTransaction,
	},
	BuildStorage, Perbill,
};
use std::collections::{BTreeMap, BTreeSet};

/// Extrinsic of the mock, with the extension that authorizes calls.
pub type Extrinsic =
	frame_system::mocking::MockUncheckedExtrinsic<Test, (), frame_system::AuthorizeCall<Test>>;
type Block = frame_system::mocking::MockBlock<Test, (), frame_system::AuthorizeCall<Test>>;

#[frame_support::runtime]
mod runtime {
	#[runtime::runtime]
	#[runtime::derive(
		RuntimeCall,
		RuntimeEvent,
		RuntimeError,
		RuntimeOrigin,
		RuntimeFreezeReason,
		RuntimeHoldReason,
		RuntimeSlashReason,
		RuntimeLockId,
		RuntimeTask,
		RuntimeViewFunction
	)]
	pub struct Test;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;
	#[runtime::pallet_index(1)]
	pub type Attestation = pallet_opg_attestation;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type Hash = H256;
	type DbWeight = RocksDbWeight;
}

impl<C> CreateTransactionBase<C> for Test
where
	RuntimeCall: From<C>,
{
	type Extrinsic = Extrinsic;
	type RuntimeCall = RuntimeCall;
}

impl<C> CreateTransaction<C> for Test
where
	RuntimeCall: From<C>,
{
	type Extension = frame_system::AuthorizeCall<Test>;

	fn create_transaction(call: RuntimeCall, extension: Self::Extension) -> Extrinsic {
		Extrinsic::new_transaction(call, extension)
	}
}

impl<C> CreateAuthorizedTransaction<C> for Test
where
	RuntimeCall: From<C>,
{
	fn create_extension() -> Self::Extension {
		frame_system::AuthorizeCall::new()
	}
}

/// Weight that passes all deadlines of a block.
pub const MAX_DEADLINE_WEIGHT: Weight = Weight::from_parts(1_000_000_000_000, u64::MAX);
/// Weight of a verdict in the fake of the inference pallet.
pub const VERDICT_WEIGHT: Weight = Weight::from_parts(1_000_000, 0);
/// Weight of a declined seat in the fake of the inference pallet.
pub const VACANCY_WEIGHT: Weight = Weight::from_parts(100_000, 0);

parameter_types! {
	pub static DeadlineWeight: Weight = MAX_DEADLINE_WEIGHT;
	/// Time, where it is not the number of the block.
	pub static Clock: Option<u64> = None;
	/// Every fine, in their order.
	pub static Fines: Vec<(u64, Offence)> = Vec::new();
	/// Sessions of the fines.
	pub static FineSessions: Vec<u32> = Vec::new();
	/// What the fines mean for records.
	pub static FineRecords: Vec<SilenceRecord> = Vec::new();
	/// Every seat that was declined free of charge, in their order.
	pub static Vacancies: Vec<(RequestId, RoundIndex)> = Vec::new();
	/// Every conviction, in their order, with model and session.
	pub static Convictions: Vec<(u64, H256, u32)> = Vec::new();
	/// Payees of the last conviction.
	pub static Payees: Vec<(u64, Perbill)> = Vec::new();
	/// Records that change storage, by executor: so many missed seats are remembered.
	pub static Missed: BTreeMap<u64, u32> = BTreeMap::new();
	/// Records of kept seats, by executor, with those that changed nothing.
	pub static Records: BTreeMap<u64, u32> = BTreeMap::new();
	/// Executors whose hot key is not valid.
	pub static Keyless: BTreeSet<u64> = BTreeSet::new();
	/// Number of times that the hot keys were replaced.
	pub static Rotations: u8 = 0;
	/// Every verdict, in the order of the rounds' ends.
	pub static Verdicts: Vec<(RequestId, Verdict)> = Vec::new();
	/// Tasks of open requests.
	pub static Tasks: BTreeMap<RequestId, Task> = BTreeMap::new();
}

/// Fake of the staking pallet.
pub struct Executors;

impl ExecutorDirectory<u64> for Executors {
	fn has_pool(who: &u64) -> bool {
		(1..=9).contains(who)
	}
	fn hot_key(who: &u64) -> Option<ExecutorKey> {
		let has_key = Self::has_pool(who) && !Keyless::get().contains(who);
		has_key.then(|| hot_pair(*who).public().into())
	}
	fn operator_of(key: &ExecutorKey) -> Option<u64> {
		(1..=9).find(|who| ExecutorKey::from(hot_pair(*who).public()) == *key)
	}
}

impl ExecutorLedger<u64> for Executors {
	type Credit = ();
	fn reward(_: &u64, _: ()) {}
	fn fine(who: &u64, offence: Offence, session: u32, record: SilenceRecord) {
		Fines::mutate(|fines| fines.push((*who, offence)));
		FineSessions::mutate(|sessions| sessions.push(session));
		FineRecords::mutate(|records| records.push(record));
	}
	fn convict(who: &u64, model_hash: H256, session: u32, payees: &[(&u64, Perbill)]) {
		Convictions::mutate(|convictions| convictions.push((*who, model_hash, session)));
		Payees::set(payees.iter().map(|(payee, part)| (**payee, *part)).collect());
	}
	fn charge(_: &u64, _: u128, _: u32) {}
	fn charge_weight() -> Weight {
		Weight::zero()
	}
	fn record_presence(who: &u64) -> bool {
		Records::mutate(|records| *records.entry(*who).or_default() += 1);
		Missed::mutate(|missed| match missed.get_mut(who) {
			Some(count) if *count > 0 => {
				*count -= 1;
				true
			},
			_ => false,
		})
	}
}

#[cfg(feature = "runtime-benchmarks")]
impl pallet_opg_support::BenchmarkExecutors<u64> for Executors {
	fn executor(who: &u64) -> ExecutorKey {
		hot_pair(*who).public().into()
	}
	fn snapshot(_: &[u64]) {}
}

/// Fake of the inference pallet.
pub struct Requests;

impl TaskSource for Requests {
	fn task(request: RequestId) -> Option<Task> {
		Tasks::get().remove(&request)
	}
	fn requester(request: RequestId) -> Option<H256> {
		Some(requester(request))
	}
}

impl OnRoundDecided for Requests {
	fn on_round_decided(request: RequestId, verdict: Verdict) -> Weight {
		Verdicts::mutate(|verdicts| verdicts.push((request, verdict)));
		VERDICT_WEIGHT
	}
	fn on_seat_declined(request: RequestId, round: RoundIndex) -> Weight {
		Vacancies::mutate(|vacancies| vacancies.push((request, round)));
		VACANCY_WEIGHT
	}
	fn max_round_decided_weight() -> Weight {
		VERDICT_WEIGHT
	}
	fn max_seat_declined_weight() -> Weight {
		VACANCY_WEIGHT
	}
}

/// Clock: the number of the block, unless a test sets it.
pub struct TestClock;

impl BlockNumberProvider for TestClock {
	type BlockNumber = u64;
	fn current_block_number() -> u64 {
		Clock::get().unwrap_or_else(System::block_number)
	}
}

/// Blocks of the commit phase.
pub const COMMIT_BLOCKS: u32 = 5;
/// Blocks of the reveal phase.
pub const REVEAL_BLOCKS: u32 = 3;
/// Milliseconds of a block.
pub const BLOCK_MILLIS: u32 = 3_000;
/// Largest number of rounds that open in a block.
pub const MAX_ROUNDS: u32 = 128;

impl Config for Test {
	type Executors = Executors;
	type Requests = Requests;
	type BlockNumberProvider = TestClock;
	type RevealBlocks = ConstU32<REVEAL_BLOCKS>;
	type MillisPerTick = ConstU32<BLOCK_MILLIS>;
	type MaxRoundsPerBlock = ConstU32<MAX_ROUNDS>;
	type DeadlineWeight = DeadlineWeight;
	type WeightInfo = crate::weights::SubstrateWeight<Test>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Executors;
}

/// Hash of the genesis block.
pub const GENESIS: H256 = H256::repeat_byte(0x47);
/// Fuel limit of every model.
pub const FUEL_LIMIT: u64 = 1_000;
/// Salt of every commitment.
pub const SALT: [u8; 32] = [7; 32];

/// Storage at the first block.
pub fn new_ext() -> sp_io::TestExternalities {
	frame_system::GenesisConfig::<Test>::default().build_storage().expect("genesis builds").into()
}

/// Runs a test at block 1. Ends with `try_state`.
pub fn run(test: impl FnOnce()) {
	new_ext().execute_with(|| {
		begin();
		test();
		check();
	});
}

/// Forgets what the fakes noted, and begins block 1.
pub fn begin() {
	DeadlineWeight::set(MAX_DEADLINE_WEIGHT);
	Clock::take();
	Fines::take();
	FineSessions::take();
	FineRecords::take();
	Vacancies::take();
	Convictions::take();
	Payees::take();
	Missed::take();
	Records::take();
	Keyless::take();
	Rotations::take();
	Verdicts::take();
	Tasks::take();
	frame_system::BlockHash::<Test>::insert(0, GENESIS);
	System::set_block_number(1);
}

/// Invariants that hold after every step.
pub fn check() {
	Attestation::do_try_state().expect("invariants hold");
}

/// Hash of a block after genesis.
pub fn block_hash(number: u64) -> H256 {
	H256::from_low_u64_be(number)
}

/// Begins the next block. Returns the weight of the hook.
pub fn next_block() -> Weight {
	let now = System::block_number() + 1;
	System::reset_events();
	frame_system::BlockHash::<Test>::insert(now - 1, block_hash(now - 1));
	System::set_block_number(now);
	Attestation::on_initialize(now)
}

/// Begins the next `count` blocks.
pub fn next_blocks(count: u32) {
	(0..count).for_each(|_| {
		next_block();
	});
}

/// Seed of the current hot key of an executor.
pub fn hot_seed(who: u64) -> [u8; 32] {
	[16 * Rotations::get() + who as u8; 32]
}

/// Current hot key pair of an executor.
pub fn hot_pair(who: u64) -> ed25519::Pair {
	ed25519::Pair::from_seed(&hot_seed(who))
}

/// Answer with an output of one byte, and fuel 10.
pub fn answer(byte: u8) -> Answer {
	let output = BoundedVec::try_from(vec![byte]).expect("one byte fits");
	Answer { outcome: Outcome::Output(output), fuel: 10 }
}

/// Answer with an output of so many bytes outside of the chain.
pub fn stored(size: u32) -> Answer {
	let content = Content { hash: H256::repeat_byte(9), size };
	Answer { outcome: Outcome::Stored(content), fuel: 10 }
}

/// Answer that reports a trap.
pub fn trap() -> Answer {
	Answer { outcome: Outcome::Error(ModelError::Trapped), fuel: 10 }
}

/// Seed of a round.
pub fn seed(request: RequestId, round: RoundIndex) -> H256 {
	H256::from_low_u64_be(256 * (request + 1) + u64::from(round))
}

/// Session from which the committee of a round is drawn.
pub fn session(round: RoundIndex) -> u32 {
	10 + u32::from(round)
}

/// Digest of the account that made a request.
pub fn requester(request: RequestId) -> H256 {
	H256::from_low_u64_le(request)
}

/// Limits of every model.
pub const LIMITS: VersionLimits = VersionLimits::inline(FUEL_LIMIT, 10 * FUEL_LIMIT, 64);

/// Assignment of a committee. Hashes are of repeated bytes.
pub fn assignment(
	request: RequestId,
	round: RoundIndex,
	committee: &[u64],
	needed: u32,
) -> Assignment<u64> {
	Assignment {
		request,
		round,
		committee: committee.to_vec(),
		needed,
		seed: seed(request, round),
		session: session(round),
		model_hash: H256::repeat_byte(1),
		engine_id: H256::repeat_byte(2),
		input_hash: H256::repeat_byte(3),
		fuel_limit: FUEL_LIMIT,
		output_limit: LIMITS.output_bytes,
		commit_blocks: COMMIT_BLOCKS,
		witnessed: false,
	}
}

/// Opens a round in which all must agree on answer and witness.
pub fn open_witnessed(request: RequestId, round: RoundIndex, committee: &[u64]) {
	let assignment = assignment(request, round, committee, committee.len() as u32);
	Attestation::open(Assignment { witnessed: true, ..assignment }).expect("there is room");
}

/// Opens a round in which all must agree.
pub fn open(request: RequestId, round: RoundIndex, committee: &[u64]) {
	open_needing(request, round, committee, committee.len() as u32);
}

/// Opens a round in which `needed` must agree.
pub fn open_needing(request: RequestId, round: RoundIndex, committee: &[u64], needed: u32) {
	Attestation::open(assignment(request, round, committee, needed)).expect("there is room");
}

/// Current round of a request.
pub fn round(request: RequestId) -> RoundOf<Test> {
	Rounds::<Test>::get(request).expect("the request has a round")
}

/// Phase of the current round of a request.
pub fn phase(request: RequestId) -> RoundPhase {
	round(request).phase_at(TestClock::current_block_number())
}

/// State of the seat of `who` in the current round of a request.
pub fn seat_state(request: RequestId, who: u64) -> SeatState<u64> {
	round(request).seat(&who).expect("it has a seat").state.clone()
}

/// Item for a round.
pub fn item<P>(request: RequestId, round: RoundIndex, payload: P) -> Item<P> {
	Item { request, round, seed: seed(request, round), payload }
}

/// Batch for the current block. It names the one before.
pub fn batch<P>(who: u64, items: Vec<Item<P>>) -> BatchOf<Test, P> {
	let items = BoundedVec::try_from(items).ok().expect("a batch takes so many");
	Batch { executor: who, at: System::block_number() - 1, items }
}

/// Signature of `who` under a batch.
pub fn sign<P: codec::Encode>(
	who: u64,
	kind: BatchKind,
	batch: &BatchOf<Test, P>,
) -> ExecutorSignature {
	let block = System::block_hash(batch.at);
	hot_pair(who).sign(&batch_payload(kind, &GENESIS, &block, batch)).into()
}

/// Signed batch of commitments.
pub fn commit_call(who: u64, items: Vec<Item<H256>>) -> Call<Test> {
	let batch = batch(who, items);
	let signature = sign(who, BatchKind::Commit, &batch);
	Call::commit { batch, signature }
}

/// Signed batch of reveals.
pub fn reveal_call(who: u64, items: Vec<Item<RevealedAnswer>>) -> Call<Test> {
	let batch = batch(who, items);
	let signature = sign(who, BatchKind::Reveal, &batch);
	Call::reveal { batch, signature }
}

/// Signed batch of declined seats.
pub fn decline_call(who: u64, items: Vec<Item<JobError>>) -> Call<Test> {
	let batch = batch(who, items);
	let signature = sign(who, BatchKind::Decline, &batch);
	Call::decline { batch, signature }
}

/// Commitment of `who` to an answer in the current round of a request.
pub fn commitment_of(request: RequestId, who: u64, answer: &Answer) -> H256 {
	commitment_with(request, who, answer, None)
}

/// Commitment of `who` to an answer and a witness in the current round of a request.
pub fn commitment_with(
	request: RequestId,
	who: u64,
	answer: &Answer,
	witness: Option<H256>,
) -> H256 {
	let round = Rounds::<Test>::get(request).expect("the request has a round");
	let context = Attestation::commitment_context(request, &round, &who);
	commitment(&context, answer, witness, &SALT)
}

/// Validates a call as a block does. The error is the code of the refusal.
pub fn validate(call: &Call<Test>) -> Result<ValidTransaction, u8> {
	validate_from(TransactionSource::InBlock, call)
}

/// Validates a call from this source. The error is the code of the refusal.
pub fn validate_from(source: TransactionSource, call: &Call<Test>) -> Result<ValidTransaction, u8> {
	match call.authorize(source).expect("every call is authorized") {
		Ok((valid, unspent)) => {
			assert!(unspent.all_lte(call.weight_of_authorize()), "refunds what was charged");
			Ok(valid)
		},
		Err(TransactionValidityError::Invalid(InvalidTransaction::Custom(code))) => Err(code),
		Err(other) => panic!("no code of this pallet: {other:?}"),
	}
}

/// Validates and dispatches a call, which must not take more weight than it is charged for.
pub fn submit(call: Call<Test>) -> Result<(), u8> {
	use frame_support::dispatch::GetDispatchInfo;
	validate(&call)?;
	let charged = call.get_dispatch_info().call_weight;
	let post = RuntimeCall::from(call)
		.dispatch(frame_system::RawOrigin::Authorized.into())
		.expect("an authorized call does not fail");
	let used = post.actual_weight.expect("it tells what it used");
	assert!(used.all_lte(charged), "{used:?} of {charged:?}");
	Ok(())
}

/// Commits `who` to an answer in the current round of a request.
pub fn commit(request: RequestId, who: u64, answer: &Answer) -> Result<(), u8> {
	let Some(round) = Rounds::<Test>::get(request) else { return Err(reject::NO_ROUND) };
	let payload = commitment_of(request, who, answer);
	submit(commit_call(who, vec![item(request, round.index, payload)]))
}

/// Reveals an answer of `who` in the current round of a request.
pub fn reveal(request: RequestId, who: u64, answer: &Answer) -> Result<(), u8> {
	reveal_with(request, who, answer, None)
}

/// Reveals an answer and a witness of `who` in the current round of a request.
pub fn reveal_with(
	request: RequestId,
	who: u64,
	answer: &Answer,
	witness: Option<H256>,
) -> Result<(), u8> {
	let Some(round) = Rounds::<Test>::get(request) else { return Err(reject::NO_ROUND) };
	let payload = RevealedAnswer { witness, ..revealed(answer) };
	submit(reveal_call(who, vec![item(request, round.index, payload)]))
}

/// Reveal of an answer without a witness.
pub fn revealed(answer: &Answer) -> RevealedAnswer {
	RevealedAnswer { answer: answer.clone(), witness: None, salt: SALT }
}

/// Everyone commits to its answer and witness, then reveals them.
pub fn answer_all_with(request: RequestId, answers: &[(u64, Answer, H256)]) {
	let index = round(request).index;
	for (who, answer, witness) in answers {
		let payload = commitment_with(request, *who, answer, Some(*witness));
		submit(commit_call(*who, vec![item(request, index, payload)])).expect("the seat waits");
	}
	for (who, answer, witness) in answers {
		reveal_with(request, *who, answer, Some(*witness)).expect("the seat is committed");
	}
}

/// Nobody takes the vacant seats of the current round of a request.
pub fn leave_unfilled(request: RequestId) {
	while Attestation::vacancy(request).is_some() {
		let weight = Attestation::leave_unfilled(request);
		assert!(weight.all_lte(Attestation::max_leave_unfilled_weight()));
	}
}

/// Declines the seat of `who` in the current round of a request.
pub fn decline(request: RequestId, who: u64, reason: JobError) -> Result<(), u8> {
	let Some(round) = Rounds::<Test>::get(request) else { return Err(reject::NO_ROUND) };
	submit(decline_call(who, vec![item(request, round.index, reason)]))
}

/// Everyone commits to its answer, where the round takes commitments, then reveals it.
pub fn answer_all(request: RequestId, answers: &[(u64, Answer)]) {
	for (who, answer) in answers {
		if !round(request).takes_no_commitment() {
			commit(request, *who, answer).expect("the seat waits");
		}
	}
	for (who, answer) in answers {
		reveal(request, *who, answer).expect("the seat is committed");
	}
}

/// Events of this pallet in the current block.
pub fn events() -> Vec<Event<Test>> {
	System::read_events_for_pallet::<Event<Test>>()
}
