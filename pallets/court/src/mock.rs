//! Runtime with this pallet, and fakes of what it reaches: validators with court keys, answers of
//! executors, and a recipient of verdicts.

use crate as pallet_opg_court;
use crate::*;
use codec::Encode;
use frame_support::{
	derive_impl, parameter_types,
	traits::{Authorize, ConstU32, ConstU64, Hooks, OneSessionHandler},
	weights::{constants::RocksDbWeight, Weight},
	BoundedVec,
};
use frame_system::offchain::{
	CreateAuthorizedTransaction, CreateTransaction, CreateTransactionBase,
};
use opg_primitives::{
	court::{
		court_batch_payload, court_commitment, second_seed, CourtBatchKind, CourtKey,
		CourtSignature,
	},
	Answer, BlockNumber, Content, FailureReason, Fuel, ModelId, Outcome, RequestId, RoundIndex,
	Task, MAX_OUTPUT_BYTES,
};
use pallet_opg_support::{
	Assignment, Committees, CourtFull, CourtLoad, CourtReadiness, CourtSizes, CourtVerdict, Courts,
	Judgement, ModelFiles, OnCourtDecided, OnHeld, Panels as PanelsTrait, SeatHolder, TaskSource,
	Vacancy,
};
use sp_core::{ed25519, Pair, H256};
use sp_runtime::{
	traits::{BlockNumberProvider, Convert, Dispatchable},
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
	pub type Court = pallet_opg_court;
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

/// Weight that lets a block do all that is due.
pub const MAX_HOOK_WEIGHT: Weight = Weight::from_parts(200_000_000_000, u64::MAX);
/// Weight of a verdict in the fake of the inference pallet.
pub const VERDICT_WEIGHT: Weight = Weight::from_parts(1_000_000, 0);

parameter_types! {
	pub static HookWeight: Weight = MAX_HOOK_WEIGHT;
	/// Current session.
	pub static Session: u32 = 0;
	/// Number of blocks in which the clock did not tick.
	pub static Lag: u64 = 0;
	/// Number of times that the court keys were replaced.
	pub static Rotations: u8 = 0;
	/// Requests with a claim that is not revealed.
	pub static Claims: BTreeSet<RequestId> = BTreeSet::new();
	/// Answers that executors revealed.
	pub static Known: Vec<(RequestId, Answer)> = Vec::new();
	/// Tasks of open requests.
	pub static Tasks: BTreeMap<RequestId, Task> = BTreeMap::new();
	/// What requests cost that do not cost [`LOAD`].
	pub static Loads: BTreeMap<RequestId, CourtLoad> = BTreeMap::new();
	/// Content hashes of the registered versions.
	pub static Files: BTreeMap<ModelId, H256> = BTreeMap::new();
	/// Every verdict, in order.
	pub static Verdicts: Vec<(RequestId, CourtVerdict<u64>)> = Vec::new();
	/// Requests whose contents were held, in order.
	pub static HeldContents: Vec<RequestId> = Vec::new();
	/// Requests whose panel ends when it holds a content.
	pub static EndOnHeld: BTreeSet<RequestId> = BTreeSet::new();
	/// Lengths of the input and the output of every request.
	pub static Sizes: CourtSizes = INLINE_SIZES;
	/// Requests that the recipient opens when it takes a verdict.
	pub static OpenOnVerdict: Vec<RequestId> = Vec::new();
}

/// Clock that can stand still.
pub struct Clock;

impl BlockNumberProvider for Clock {
	type BlockNumber = u64;
	fn current_block_number() -> u64 {
		System::block_number() - Lag::get()
	}
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

impl OnCourtDecided<u64> for Requests {
	fn on_court_decided(request: RequestId, verdict: CourtVerdict<u64>) -> Weight {
		Verdicts::mutate(|verdicts| verdicts.push((request, verdict)));
		for other in OpenOnVerdict::take() {
			let _ = Court::open(other, SEED);
		}
		// What the inference pallet does when it prunes: there is nothing left to remove.
		Court::remove(request);
		VERDICT_WEIGHT
	}
	fn awaits_claims(request: RequestId) -> bool {
		Claims::get().contains(&request)
	}
	fn court_terms(request: RequestId) -> (CourtLoad, CourtSizes) {
		(Loads::get().get(&request).copied().unwrap_or(LOAD), Sizes::get())
	}
	fn max_court_decided_weight() -> Weight {
		VERDICT_WEIGHT
	}
}

impl OnHeld for Requests {
	fn on_held(request: RequestId) -> Weight {
		HeldContents::mutate(|held| held.push(request));
		if EndOnHeld::get().contains(&request) {
			<Court as PanelsTrait<u64>>::dismiss(request);
		}
		VERDICT_WEIGHT
	}
	fn max_held_weight() -> Weight {
		VERDICT_WEIGHT
	}
}

/// Fake of the models pallet.
pub struct Registry;

impl ModelFiles for Registry {
	fn next() -> ModelId {
		Files::get().last_key_value().map_or(0, |(last, _)| last + 1)
	}
	fn model_hash(model: ModelId) -> Option<H256> {
		Files::get().remove(&model)
	}
}

/// Fake of the attestation pallet: nothing but answers.
pub struct Executors;

impl Committees<u64> for Executors {
	fn open(_: Assignment<u64>) -> Result<(), FailureReason> {
		unreachable!("the court opens no rounds")
	}
	fn past_members(_: RequestId) -> Vec<u64> {
		unreachable!("the court draws nobody")
	}
	fn seat_holders(_: RequestId) -> Vec<SeatHolder<u64>> {
		unreachable!("the court draws nobody")
	}
	fn revealed_digests(_: RequestId) -> Vec<H256> {
		unreachable!("the court asks for one answer")
	}
	fn doubted_seed(_: RequestId) -> Option<H256> {
		unreachable!("the court is told its seed")
	}
	fn judge(
		_: RequestId,
		_: H256,
		_: Option<(H256, H256)>,
		_: &[(&u64, Perbill)],
	) -> Judgement<u64> {
		unreachable!("the court judges no executor")
	}
	fn replace(_: RequestId, _: RoundIndex, _: u64, _: u32) -> Result<(), FailureReason> {
		unreachable!("the court replaces nobody")
	}
	fn vacancy(_: RequestId) -> Option<Vacancy<u64>> {
		unreachable!("the court replaces nobody")
	}
	fn leave_unfilled(_: RequestId) -> Weight {
		unreachable!("the court replaces nobody")
	}
	fn max_leave_unfilled_weight() -> Weight {
		Weight::zero()
	}
	fn answer(request: RequestId, digest: H256) -> Option<Answer> {
		Known::get()
			.into_iter()
			.find(|(own, answer)| *own == request && answer.digest() == digest)
			.map(|(_, answer)| answer)
	}
	fn remove(_: RequestId) -> Weight {
		unreachable!("the court removes no rounds")
	}
	fn max_remove_weight() -> Weight {
		Weight::zero()
	}
}

/// Largest bench.
pub const MAX_VALIDATORS: u32 = 9;
/// Largest number of cases that sit at once.
pub const MAX_SITTING: u32 = 2;
/// Largest number of open cases.
pub const MAX_CASES: u32 = 5;
/// Largest number of open panels.
pub const MAX_PANELS: u32 = 4;
/// Lengths of a request whose input and output are on the chain.
pub const INLINE_SIZES: CourtSizes = CourtSizes { fetched: 0, output_limit: MAX_OUTPUT_BYTES };
/// What a request costs a validator.
pub const LOAD: CourtLoad = CourtLoad { fuel: 10, bytes: 1 };
/// Fuel within the budget of a session.
pub const SESSION_FUEL: u64 = 100;
/// Bytes within the budget of a session.
pub const SESSION_BYTES: u64 = 1_000;
/// Time from one block to the next.
pub const BLOCK_MILLIS: u32 = 3_000;
/// Blocks of the commit phase.
pub const COMMIT_BLOCKS: u32 = 5;
/// Fuel of a case whose commit phase is twice as long.
pub const SLOW_FUEL: Fuel = 77;
/// Bytes of an input for which a commit phase is longer by a block.
pub const BYTES_PER_BLOCK: u32 = 10_000;
/// Blocks of the reveal phase.
pub const REVEAL_BLOCKS: u32 = 3;

/// Length of the commit phase of a case.
pub struct CommitBlocks;

impl Convert<(Fuel, u32), BlockNumber> for CommitBlocks {
	fn convert((fuel, fetched): (Fuel, u32)) -> BlockNumber {
		let times = if fuel == SLOW_FUEL { 2 } else { 1 };
		times * COMMIT_BLOCKS + fetched / BYTES_PER_BLOCK
	}
}

/// Digest of the account that made a request.
pub fn requester(request: RequestId) -> H256 {
	H256::from_low_u64_le(request)
}

impl Config for Test {
	type Requests = Requests;
	type OnHeld = Requests;
	type Models = Registry;
	type Committees = Executors;
	type BlockNumberProvider = Clock;
	type Session = Session;
	type MaxValidators = ConstU32<MAX_VALIDATORS>;
	type MaxSitting = ConstU32<MAX_SITTING>;
	type MaxCases = ConstU32<MAX_CASES>;
	type MaxPanels = ConstU32<MAX_PANELS>;
	type SessionFuel = ConstU64<SESSION_FUEL>;
	type SessionBytes = ConstU64<SESSION_BYTES>;
	type CommitBlocks = CommitBlocks;
	type RevealBlocks = ConstU32<REVEAL_BLOCKS>;
	type BlockMillis = ConstU32<BLOCK_MILLIS>;
	type HookWeight = HookWeight;
	type WeightInfo = crate::weights::SubstrateWeight<Test>;
}

/// Hash of the genesis block.
pub const GENESIS: H256 = H256::repeat_byte(0x47);
/// Seed of every disputed round.
pub const SEED: H256 = H256::repeat_byte(0x5e);
/// Salt of every commitment.
pub const SALT: [u8; 32] = [7; 32];

/// Storage at the first block.
pub fn new_ext() -> sp_io::TestExternalities {
	frame_system::GenesisConfig::<Test>::default().build_storage().expect("genesis builds").into()
}

/// Runs a test at block 1, with validators `1..=5` on the bench of session 0. Ends with `try_state`.
pub fn run(test: impl FnOnce()) {
	new_ext().execute_with(|| {
		begin();
		test();
		check();
	});
}

/// Forgets what the fakes noted, and begins block 1.
pub fn begin() {
	HookWeight::set(MAX_HOOK_WEIGHT);
	Session::take();
	Lag::take();
	Rotations::take();
	Claims::take();
	Known::take();
	Tasks::take();
	Loads::take();
	Files::take();
	Verdicts::take();
	OpenOnVerdict::take();
	HeldContents::take();
	EndOnHeld::take();
	Sizes::take();
	frame_system::BlockHash::<Test>::insert(0, GENESIS);
	System::set_block_number(1);
	begin_session(0, &[1, 2, 3, 4, 5]);
}

/// Invariants that hold after every step.
pub fn check() {
	Court::do_try_state().expect("invariants hold");
}

/// Begins a session with these validators, and their current keys.
pub fn begin_session(index: u32, validators: &[u64]) {
	Session::set(index);
	let keyed: Vec<_> = validators.iter().map(|who| (*who, court_key(*who))).collect();
	let bench = || keyed.iter().map(|(who, key)| (who, key.clone()));
	if index == 0 {
		Court::on_genesis_session(bench());
	} else {
		Court::on_new_session(true, bench(), bench());
	}
}

/// Begins the next block. Returns the weight of the hook.
pub fn next_block() -> Weight {
	let parent = System::block_number();
	frame_system::BlockHash::<Test>::insert(parent, hash_of(parent));
	System::reset_events();
	System::set_block_number(parent + 1);
	let weight = Court::on_initialize(parent + 1);
	assert!(weight.all_lte(HookWeight::get()), "{weight:?} is within the limit");
	weight
}

/// Hash of a block.
pub fn hash_of(block: u64) -> H256 {
	if block == 0 {
		GENESIS
	} else {
		H256::repeat_byte(block as u8)
	}
}

/// Begins the next `count` blocks.
pub fn next_blocks(count: u32) {
	(0..count).for_each(|_| {
		next_block();
	});
}

/// Seed of the current court key of a validator.
pub fn court_seed(who: u64) -> [u8; 32] {
	[16 * Rotations::get() + who as u8; 32]
}

/// Current key pair of a validator.
pub fn court_pair(who: u64) -> ed25519::Pair {
	ed25519::Pair::from_seed(&court_seed(who))
}

/// Current court key of a validator.
pub fn court_key(who: u64) -> CourtKey {
	court_pair(who).public().into()
}

/// Answer with an output of one byte, and fuel 10.
pub fn answer(byte: u8) -> Answer {
	let output = BoundedVec::try_from(vec![byte]).expect("one byte fits");
	Answer { outcome: Outcome::Output(output), fuel: 10 }
}

/// Opens a case.
pub fn open(request: RequestId) -> Result<(), CourtFull> {
	Court::open(request, SEED)
}

/// Opens a case and begins the block in which it sits.
pub fn sit(request: RequestId) {
	open(request).expect("the court has room");
	next_block();
	assert!(matches!(phase(request), CasePhase::Commit { .. }), "it sits");
}

/// Open case of a request.
pub fn case(request: RequestId) -> Case {
	Cases::<Test>::get(request).expect("the request has a case")
}

/// Phase of the case of a request.
pub fn phase(request: RequestId) -> CasePhase {
	case(request).phase
}

/// Seat of `who` on the bench of a request.
pub fn seat(request: RequestId, who: u64) -> SeatIndex {
	let bench = Benches::<Test>::get(case(request).session);
	bench.iter().position(|(own, _)| *own == who).expect("it has a seat") as SeatIndex
}

/// Item for the current sitting of a request.
pub fn item<P>(request: RequestId, payload: P) -> Item<P> {
	Item { request, sitting: case(request).sitting, payload }
}

/// Batch made at the last block, for the bench of the first item's case.
pub fn batch<P>(who: u64, items: Vec<Item<P>>) -> BatchOf<Test, P> {
	let request = items.first().expect("there is an item").request;
	Batch {
		session: case(request).session,
		seat: seat(request, who),
		at: System::block_number() - 1,
		items: BoundedVec::try_from(items).ok().expect("a batch takes so many"),
	}
}

/// Signature of `who` under a batch.
pub fn sign<P: Encode>(who: u64, kind: CourtBatchKind, batch: &BatchOf<Test, P>) -> CourtSignature {
	let payload = court_batch_payload(kind, &GENESIS, &hash_of(batch.at), batch);
	court_pair(who).sign(&payload).into()
}

/// Signed batch of commitments.
pub fn commit_call(who: u64, items: Vec<Item<H256>>) -> Call<Test> {
	let batch = batch(who, items);
	let signature = sign(who, CourtBatchKind::Commit, &batch);
	Call::commit { batch, signature }
}

/// Signed batch of revealed votes.
pub fn reveal_call(who: u64, items: Vec<Item<RevealedVote>>) -> Call<Test> {
	let batch = batch(who, items);
	let signature = sign(who, CourtBatchKind::Reveal, &batch);
	Call::reveal { batch, signature }
}

/// Registers versions `0..count`.
pub fn register(count: ModelId) {
	Files::set((0..count).map(|model| (model, file(model))).collect());
}

/// Content hash of the file of a version.
pub fn file(model: ModelId) -> H256 {
	H256::from_low_u64_be(model.into())
}

/// Declarations of `who` made at the last block, for the current bench.
pub fn declarations(who: u64, items: &[(ModelId, bool)]) -> DeclarationsOf<Test> {
	let session = Session::get();
	let bench = Benches::<Test>::get(session);
	let seat = bench.iter().position(|(own, _)| *own == who).expect("it has a seat") as SeatIndex;
	let items = items.iter().map(|(model, holds)| Declaration { model: *model, holds: *holds });
	Declarations {
		session,
		seat,
		at: System::block_number() - 1,
		items: BoundedVec::truncate_from(items.collect()),
	}
}

/// Call with declarations that the current key of `who` signed.
pub fn declare_call(who: u64, batch: DeclarationsOf<Test>) -> Call<Test> {
	let hash = hash_of(batch.at);
	let payload = court_batch_payload(CourtBatchKind::Declare, &GENESIS, &hash, &batch);
	Call::declare { batch, signature: court_pair(who).sign(&payload).into() }
}

/// Lets `who` say what its store holds.
pub fn declare(who: u64, items: &[(ModelId, bool)]) -> Result<(), u8> {
	submit(declare_call(who, declarations(who, items)))
}

/// A content of its own for each byte.
pub fn content(byte: u8) -> Content {
	Content { hash: H256::repeat_byte(byte), size: 20_000 }
}

/// Asks the panel of a request for a content.
pub fn convene(request: RequestId, byte: u8) -> Result<(), CourtFull> {
	<Court as PanelsTrait<u64>>::convene(request, content(byte), SEED)
}

/// Ends the panel of a request.
pub fn dismiss(request: RequestId) -> Vec<u64> {
	<Court as PanelsTrait<u64>>::dismiss(request)
}

/// Panel of a request.
pub fn panel(request: RequestId) -> PanelOf<Test> {
	Panels::<Test>::get(request).expect("the request has a panel")
}

/// Contents of `who` made at the last block, for the current bench.
pub fn holdings(who: u64, items: &[(RequestId, u8)]) -> HoldingsOf<Test> {
	let Declarations { session, seat, at, .. } = declarations(who, &[]);
	let items =
		items.iter().map(|(request, content)| Holding { request: *request, content: *content });
	Holdings { session, seat, at, items: BoundedVec::truncate_from(items.collect()) }
}

/// Call with contents that the current key of `who` signed.
pub fn hold_call(who: u64, batch: HoldingsOf<Test>) -> Call<Test> {
	let payload = court_batch_payload(CourtBatchKind::Hold, &GENESIS, &hash_of(batch.at), &batch);
	Call::hold { batch, signature: court_pair(who).sign(&payload).into() }
}

/// Lets `who` say which contents of panels its store holds.
pub fn hold(who: u64, items: &[(RequestId, u8)]) -> Result<(), u8> {
	submit(hold_call(who, holdings(who, items)))
}

/// Tells whether a version takes requests.
pub fn is_ready(model: ModelId) -> bool {
	<Court as CourtReadiness>::is_ready(model)
}

/// Witness of who computed this answer. Here it is the same for every seed.
pub fn witness_of(answer: &Answer) -> H256 {
	H256(sp_io::hashing::blake2_256(&answer.digest().0))
}

/// What a validator finds that computes this answer.
pub fn finding(answer: &Answer) -> Finding {
	Finding { digest: answer.digest(), witness: witness_of(answer) }
}

/// Commitment of `who` to an answer in the current sitting of a request.
pub fn commitment_of(request: RequestId, who: u64, answer: &Answer) -> H256 {
	let context = Court::vote_context(request, &case(request), &who);
	court_commitment(&context, &answer.digest(), &witness_of(answer), &SALT)
}

/// Vote that carries its answer.
pub fn vote_with(answer: &Answer) -> RevealedVote {
	RevealedVote { answer: Some(answer.clone()), ..vote_without(answer) }
}

/// Vote that leaves its answer out.
pub fn vote_without(answer: &Answer) -> RevealedVote {
	let Finding { digest, witness } = finding(answer);
	RevealedVote { digest, witness, salt: SALT, answer: None }
}

/// Validates a call as the transaction pool does. The error is the code of the refusal.
pub fn validate(call: &Call<Test>) -> Result<ValidTransaction, u8> {
	match call.authorize(TransactionSource::External).expect("every call is authorized") {
		Ok((valid, _)) => Ok(valid),
		Err(TransactionValidityError::Invalid(InvalidTransaction::Custom(code))) => Err(code),
		Err(other) => panic!("no code of this pallet: {other:?}"),
	}
}

/// Validates and dispatches a call.
pub fn submit(call: Call<Test>) -> Result<(), u8> {
	validate(&call)?;
	RuntimeCall::from(call)
		.dispatch(frame_system::RawOrigin::Authorized.into())
		.expect("an authorized call does not fail");
	Ok(())
}

/// Commits `who` to an answer in the current sitting of a request.
pub fn commit(request: RequestId, who: u64, answer: &Answer) -> Result<(), u8> {
	let payload = commitment_of(request, who, answer);
	submit(commit_call(who, vec![item(request, payload)]))
}

/// Reveals the vote of `who`, with its answer.
pub fn reveal(request: RequestId, who: u64, answer: &Answer) -> Result<(), u8> {
	submit(reveal_call(who, vec![item(request, vote_with(answer))]))
}

/// Lets these validators vote in a case that sits, and ends its sitting.
pub fn vote_all(request: RequestId, votes: &[(u64, Answer)]) {
	for (who, answer) in votes {
		commit(request, *who, answer).expect("the validator has not committed");
	}
	while matches!(phase(request), CasePhase::Commit { .. }) {
		next_block();
	}
	for (who, answer) in votes {
		reveal(request, *who, answer).expect("the validator committed");
	}
	while Sittings::<Test>::get().iter().any(|sitting| sitting.request == request) {
		next_block();
	}
}

/// Verdict of a first sitting for this answer, which these validators gave.
pub fn decided(answer: Answer, right: &[u64]) -> CourtVerdict<u64> {
	verdict(SEED, answer, right)
}

/// Verdict of a second sitting.
pub fn decided_again(answer: Answer, right: &[u64]) -> CourtVerdict<u64> {
	verdict(second_seed(&SEED), answer, right)
}

fn verdict(seed: H256, answer: Answer, right: &[u64]) -> CourtVerdict<u64> {
	let Finding { digest, witness } = finding(&answer);
	CourtVerdict::Decided { digest, witness, seed, answer, right: right.to_vec() }
}

/// Events of this pallet in the current block.
pub fn events() -> Vec<Event<Test>> {
	System::read_events_for_pallet::<Event<Test>>()
}
