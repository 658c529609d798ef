//! Runtime with this pallet, balances, and fakes of the other pallets of the protocol.
//!
//! The fakes keep their state in storage, so that it is rolled back like that of pallets.

use crate as pallet_opg_inference;
use crate::*;
use codec::{Decode, Encode};
use frame_support::{
	assert_ok, derive_impl,
	dispatch::DispatchClass,
	parameter_types, storage_alias,
	traits::{
		fungible::{Balanced, Credit, Inspect, InspectHold},
		tokens::{imbalance::Imbalance, Fortitude, Precision, Preservation},
		ConstU128, ConstU32, ConstU64, Hooks,
	},
	weights::{
		constants::{RocksDbWeight, WEIGHT_REF_TIME_PER_SECOND},
		Weight,
	},
	PalletId, Twox64Concat,
};
use frame_system::limits::BlockWeights;
use opg_primitives::{
	Answer, Balance, BlockNumber, FailureReason, Fuel, Input, ModelError, ModelId, Outcome,
	RequestId, RoundIndex, Tier,
};
use pallet_opg_support::{
	economics, Assignment, BlockRandomness, CourtFull, CourtVerdict, ExecutorLedger, ExecutorStake,
	Judgement, ModelRegistry, ModelUnavailable, ModelVersion, Offence, OnCourtDecided,
	OnRoundDecided, Serving, Verdict, VrfOutput,
};
use sp_core::H256;
use sp_io::hashing::blake2_256;
use sp_runtime::{
	traits::{BlockNumberProvider, Dispatchable},
	BuildStorage, DispatchResult, Perbill,
};

type Block = frame_system::mocking::MockBlock<Test>;

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
	pub type Balances = pallet_balances;
	#[runtime::pallet_index(2)]
	pub type Inference = pallet_opg_inference;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type BlockWeights = RuntimeBlockWeights;
	type DbWeight = RocksDbWeight;
	type AccountData = pallet_balances::AccountData<Balance>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type AccountStore = System;
	type Balance = Balance;
	type ExistentialDeposit = ConstU128<EXISTENTIAL_DEPOSIT>;
}

pub const EXISTENTIAL_DEPOSIT: Balance = 10;
/// Free balance of every account at the beginning.
pub const FUNDS: Balance = 10_000_000;
/// Pool of every executor at the beginning.
pub const POOL: Balance = 1_000_000;
pub const DEPOSIT: Balance = 500;
pub const CHALLENGE_BOND: Balance = 1_000;
pub const SEAT_FEE: Balance = 7;
pub const MIN_PRICE: Balance = 10;
pub const MAX_PRICE: Balance = 1_000;
pub const TARGET_FUEL: Fuel = 10_000;
pub const FUEL_LIMIT: Fuel = 1_000;
pub const WINDOW: BlockNumber = 5;
pub const LIFETIME: BlockNumber = 200;
pub const MAX_AGENDA: u32 = 16;

/// Largest number of an executor. Executors are numbered from 1.
pub const EXECUTORS: u64 = 60;
pub const REQUESTER: u64 = 100;
pub const OTHER_REQUESTER: u64 = 101;
pub const CHALLENGER: u64 = 102;
/// Owner of the model. Its account does not exist at the beginning.
pub const OWNER: u64 = 103;
/// Account without funds.
pub const POOR: u64 = 104;
/// Another challenger.
pub const OTHER_CHALLENGER: u64 = 105;
/// Validators of the court.
pub const VALIDATORS: [u64; 3] = [200, 201, 202];

/// Model that takes requests.
pub const MODEL: ModelId = 0;
/// Model whose engine was retired.
pub const RETIRED: ModelId = 1;
/// Model that nobody registered.
pub const UNKNOWN: ModelId = 2;

parameter_types! {
	/// Blocks of a second, a quarter of which is reserved for each class.
	pub RuntimeBlockWeights: BlockWeights = {
		let second = Weight::from_parts(WEIGHT_REF_TIME_PER_SECOND, u64::MAX);
		BlockWeights::builder()
			.for_class(DispatchClass::non_mandatory(), |weights| {
				weights.max_total = Some(Perbill::from_percent(75) * second);
				weights.reserved = Some(Perbill::from_percent(25) * second);
			})
			.build_or_panic()
	};
	pub const PotId: PalletId = PalletId(*b"opg/pot_");
	pub const CourtRate: Perbill = Perbill::from_percent(10);
	pub static AgendaWeight: Weight = Weight::from_parts(1_000_000_000_000, u64::MAX);
	pub static MaxDraws: u32 = MAX_AGENDA;
	pub static StakeAtRisk: Balance = 10_000_000;
	/// Randomness of the chain.
	pub static Entropy: u64 = 0;
	/// Tells whether blocks have a VRF output.
	pub static HasVrfOutput: bool = true;
	/// Authors that can make blocks.
	pub static AuthorCount: u32 = 3;
	/// Author of all blocks, where it is not that of the block's turn.
	pub static OnlyAuthor: Option<u64> = None;
	/// Tells whether the clock stands still.
	pub static IsClockPaused: bool = false;

	pub storage Now: u64 = 0;
	pub storage Session: u32 = 5;
	/// Executors 1 to this number are in the snapshots.
	pub storage ExecutorCount: u64 = EXECUTORS;
	/// Executors from this number on are candidates of the models.
	pub storage FirstServing: u64 = 1;
	/// Slots of each executor, which are its weight.
	pub storage SlotsEach: u32 = 1_000;
	/// Slots that executors declared, sorted by executor.
	pub storage Declared: Vec<(u64, u32)> = Vec::new();
	/// Executors that take no seat, sorted.
	pub storage Suspended: Vec<u64> = Vec::new();
	/// Candidates that stopped serving, sorted.
	pub storage Stopped: Vec<u64> = Vec::new();
	pub storage Royalty: Balance = 100;
	/// Error of opening a round.
	pub storage OpenFailure: Option<FailureReason> = None;
	/// Tells whether the court takes no case.
	pub storage IsCourtFull: bool = false;
	/// Planck that convictions burned.
	pub storage Burned: Balance = 0;
}

/// Clock that ticks in every block, unless it stands still.
pub struct Clock;
impl BlockNumberProvider for Clock {
	type BlockNumber = u64;
	fn current_block_number() -> u64 {
		Now::get()
	}
	#[cfg(feature = "runtime-benchmarks")]
	fn set_block_number(now: u64) {
		Now::set(&now);
	}
}

/// VRF output of a block: a hash of its number and the entropy. Authors take turns.
pub struct Randomness;
impl BlockRandomness for Randomness {
	fn output() -> Option<VrfOutput> {
		let block = System::block_number();
		let author = OnlyAuthor::get().unwrap_or(block % u64::from(AuthorCount::get()));
		HasVrfOutput::get().then(|| VrfOutput {
			output: (Entropy::get(), block).using_encoded(blake2_256),
			author: H256::from_low_u64_be(author),
		})
	}
	fn authors() -> u32 {
		AuthorCount::get()
	}
}

/// Executors with pools, each an account of its own.
pub struct Executors;

/// Account that stands for the pool of an executor.
pub fn pool(who: u64) -> u64 {
	who + 1_000
}

/// Snapshots hold the current session, the next, and the two before.
fn is_kept(session: u32) -> bool {
	(Session::get().saturating_sub(2)..=Session::get() + 1).contains(&session)
}

impl ExecutorStake<u64> for Executors {
	fn session() -> u32 {
		Session::get()
	}
	fn snapshot(session: u32) -> Vec<(u64, u128)> {
		let executors = (1..=ExecutorCount::get()).map(|who| (who, SlotsEach::get().into()));
		if is_kept(session) {
			executors.collect()
		} else {
			vec![]
		}
	}
	fn suspended() -> Vec<u64> {
		Suspended::get()
	}
	fn slot_stake() -> u128 {
		1
	}
	fn declared_slots() -> Vec<(u64, u32)> {
		Declared::get()
	}
}

impl ExecutorLedger<u64> for Executors {
	type Credit = Credit<u64, Balances>;
	fn reward(who: &u64, credit: Self::Credit) {
		Balances::resolve(&pool(*who), credit).map_err(drop).unwrap();
	}
	fn fine(_: &u64, _: Offence, _: u32) {}
	fn convict(who: &u64, _: H256, _: u32, payees: &[(&u64, Perbill)]) {
		let loss = economics::CONVICTION_SHARE.mul_floor(balance(pool(*who)));
		let mut credit = Balances::withdraw(
			&pool(*who),
			loss,
			Precision::Exact,
			Preservation::Preserve,
			Fortitude::Polite,
		)
		.unwrap();
		for (payee, part) in payees {
			Balances::resolve(payee, credit.extract(part.mul_floor(loss))).map_err(drop).unwrap();
		}
		Burned::set(&(Burned::get() + credit.peek()));
	}
	fn record_presence(_: &u64) -> bool {
		false
	}
}

/// Three models, served by the same executors.
pub struct Models;
impl ModelRegistry<u64, Balance> for Models {
	fn version(model: ModelId) -> Result<ModelVersion<u64, Balance>, ModelUnavailable> {
		match model {
			MODEL => Ok(ModelVersion {
				owner: OWNER,
				model_hash: H256::repeat_byte(1),
				engine_id: H256::repeat_byte(2),
				dims: Default::default(),
				fuel_limit: FUEL_LIMIT,
				royalty: Royalty::get(),
			}),
			RETIRED => Err(ModelUnavailable::EngineNotValid),
			_ => Err(ModelUnavailable::Unknown),
		}
	}
	fn serving(_: ModelId, _: u32) -> Serving<u64> {
		let candidates = (FirstServing::get()..=EXECUTORS).collect();
		Serving { candidates, stopped: Stopped::get() }
	}
}

/// Case of the court: whether votes are revealed.
#[storage_alias]
pub type Cases = StorageMap<MockCourt, Twox64Concat, RequestId, bool>;

/// Court that decides as the test says.
pub struct Court;
impl pallet_opg_support::Courts for Court {
	fn open(request: RequestId, seed: H256) -> Result<(), CourtFull> {
		assert_eq!(stored(request).seed, Some(seed));
		if IsCourtFull::get() {
			return Err(CourtFull);
		}
		if !Cases::contains_key(request) {
			Cases::insert(request, false);
		}
		Ok(())
	}
	fn accepts_claims(request: RequestId) -> bool {
		Cases::get(request) == Some(false)
	}
	fn reveals_claims(request: RequestId) -> bool {
		Cases::get(request) == Some(true)
	}
	fn remove(request: RequestId) -> Weight {
		Cases::remove(request);
		Weight::zero()
	}
	fn max_remove_weight() -> Weight {
		Weight::zero()
	}
}

/// The court reveals votes on a request.
pub fn begin_reveals(id: RequestId) {
	Cases::insert(id, true);
}

/// The court decides for `answer`, with all validators.
pub fn decide(id: RequestId, answer: Answer) -> Weight {
	assert!(Cases::take(id).is_some());
	let digest = answer.digest();
	let verdict = CourtVerdict::Decided { digest, answer, right: VALIDATORS.to_vec() };
	Inference::on_court_decided(id, verdict)
}

/// The court does not decide.
pub fn adjourn(id: RequestId) -> Weight {
	assert!(Cases::take(id).is_some());
	Inference::on_court_decided(id, CourtVerdict::Undecided)
}

/// Seat in a round, and the answer that its executor revealed.
#[derive(Clone, PartialEq, Eq, Encode, Decode, Debug)]
pub struct Seat {
	pub round: RoundIndex,
	pub executor: u64,
	pub answer: Option<Answer>,
}

#[storage_alias]
pub type Seats = StorageMap<
	MockCommittees,
	Twox64Concat,
	RequestId,
	Vec<Seat>,
	frame_support::pallet_prelude::ValueQuery,
>;

/// Weight of removing a request from the fake.
pub const REMOVE_WEIGHT: Weight = Weight::from_parts(7, 7);

/// Rounds whose answers the test chooses.
pub struct Committees;
impl pallet_opg_support::Committees<u64> for Committees {
	fn open(assignment: Assignment<u64>) -> Result<(), FailureReason> {
		if let Some(reason) = OpenFailure::get() {
			return Err(reason);
		}
		let Assignment { request, round, committee, .. } = assignment;
		Seats::mutate(request, |seats| {
			let opened =
				committee.into_iter().map(|executor| Seat { round, executor, answer: None });
			seats.extend(opened);
		});
		Ok(())
	}
	fn past_members(request: RequestId) -> Vec<u64> {
		Seats::get(request).into_iter().map(|seat| seat.executor).collect()
	}
	fn revealed_digests(request: RequestId) -> Vec<H256> {
		let mut digests = Vec::new();
		for digest in Seats::get(request).iter().filter_map(|seat| seat.answer.as_ref()) {
			if !digests.contains(&digest.digest()) {
				digests.push(digest.digest());
			}
		}
		digests
	}
	fn answer(request: RequestId, digest: H256) -> Option<Answer> {
		let answers = Seats::get(request).into_iter().filter_map(|seat| seat.answer);
		answers.into_iter().find(|answer| answer.digest() == digest)
	}
	fn judge(request: RequestId, digest: H256, payees: &[(&u64, Perbill)]) -> Judgement<u64> {
		let (mut right, mut wrong) = (Vec::new(), 0);
		for Seat { executor, answer, .. } in Seats::get(request) {
			match answer {
				Some(answer) if answer.digest() == digest => right.push(executor),
				Some(_) => {
					wrong += 1;
					Executors::convict(&executor, H256::zero(), 0, payees);
				},
				None => {},
			}
		}
		Judgement { right, wrong }
	}
	fn remove(request: RequestId) -> Weight {
		Seats::remove(request);
		REMOVE_WEIGHT
	}
	fn max_remove_weight() -> Weight {
		REMOVE_WEIGHT
	}
}

impl Config for Test {
	type Currency = Balances;
	type BlockNumberProvider = Clock;
	type Models = Models;
	type Executors = Executors;
	type Committees = Committees;
	type Courts = Court;
	type Randomness = Randomness;
	type PotId = PotId;
	type MinFuelPrice = ConstU128<MIN_PRICE>;
	type MaxFuelPrice = ConstU128<MAX_PRICE>;
	type TargetFuel = ConstU64<TARGET_FUEL>;
	type RequestDeposit = ConstU128<DEPOSIT>;
	type SeatFee = ConstU128<SEAT_FEE>;
	type ChallengeBond = ConstU128<CHALLENGE_BOND>;
	type CourtRate = CourtRate;
	type MaxBench = ConstU32<3>;
	type StakeAtRisk = StakeAtRisk;
	type MaxAgenda = ConstU32<MAX_AGENDA>;
	type MaxDraws = MaxDraws;
	type ChallengeWindow = ConstU32<WINDOW>;
	type Lifetime = ConstU32<LIFETIME>;
	type MaxExecutors = ConstU32<{ EXECUTORS as u32 }>;
	type AgendaWeight = AgendaWeight;
	type WeightInfo = crate::weights::SubstrateWeight<Test>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = BenchmarkHelper;
}

#[cfg(feature = "runtime-benchmarks")]
pub struct BenchmarkHelper;

#[cfg(feature = "runtime-benchmarks")]
impl pallet_opg_support::BenchmarkExecutors<u64> for BenchmarkHelper {
	fn executor(_: &u64) -> opg_primitives::ExecutorKey {
		sp_core::ed25519::Public::default().into()
	}
	fn snapshot(members: &[u64]) {
		ExecutorCount::set(&(members.len() as u64));
	}
}

#[cfg(feature = "runtime-benchmarks")]
impl pallet_opg_support::BenchmarkModels<u64> for BenchmarkHelper {
	fn version(_: &u64, _: &[u64]) -> ModelId {
		MODEL
	}
}

#[cfg(feature = "runtime-benchmarks")]
impl pallet_opg_support::BenchmarkCommittees<u64> for BenchmarkHelper {
	fn shared_keys() -> Vec<Vec<u8>> {
		vec![]
	}
	fn closed_rounds(request: RequestId, seats: Vec<(u64, RoundIndex, Answer)>) {
		let seat = |(executor, round, answer)| Seat { round, executor, answer: Some(answer) };
		Seats::insert(request, seats.into_iter().map(seat).collect::<Vec<_>>());
	}
}

fn accounts() -> impl Iterator<Item = (u64, Balance)> {
	let pools = (1..=EXECUTORS).map(|who| (pool(who), POOL));
	let executors = (1..=EXECUTORS).map(|who| (who, FUNDS));
	let others = [REQUESTER, OTHER_REQUESTER, CHALLENGER, OTHER_CHALLENGER];
	let others = others.into_iter().chain(VALIDATORS).map(|who| (who, FUNDS));
	pools.chain(executors).chain(others)
}

/// Runs a test on a new chain, in block 1; ends with [`check`].
pub fn run(test: impl FnOnce()) {
	AgendaWeight::set(Weight::from_parts(1_000_000_000_000, u64::MAX));
	MaxDraws::set(MAX_AGENDA);
	StakeAtRisk::set(10_000_000);
	Entropy::set(0);
	HasVrfOutput::set(true);
	AuthorCount::set(3);
	OnlyAuthor::set(None);
	IsClockPaused::set(false);
	let mut storage = frame_system::GenesisConfig::<Test>::default().build_storage().unwrap();
	pallet_balances::GenesisConfig::<Test> { balances: accounts().collect(), ..Default::default() }
		.assimilate_storage(&mut storage)
		.unwrap();
	crate::GenesisConfig::<Test>::default().assimilate_storage(&mut storage).unwrap();
	sp_io::TestExternalities::from(storage).execute_with(|| {
		next_block();
		check();
		test();
		check();
	});
}

/// Checks the invariants of the pallet, and that every planck is accounted for.
pub fn check() {
	Inference::do_try_state().unwrap();
	let accounts: Balance = frame_system::Account::<Test>::iter_values()
		.map(|account| account.data.free + account.data.reserved)
		.sum();
	assert_eq!(accounts, Balances::total_issuance());
}

/// Planck that there were at genesis and are gone: burned prices, seat fees and convictions.
pub fn burned() -> Balance {
	let genesis = accounts().map(|(_, amount)| amount).sum::<Balance>() + EXISTENTIAL_DEPOSIT;
	genesis - Balances::total_issuance()
}

/// Ends this block and runs the hooks of the next.
pub fn next_block() -> Weight {
	let block = System::block_number();
	if block > 0 {
		Inference::on_finalize(block);
	}
	System::set_block_number(block + 1);
	if !IsClockPaused::get() {
		Now::set(&(Now::get() + 1));
	}
	Inference::on_initialize(block + 1)
}

pub fn run_blocks(count: u32) {
	for _ in 0..count {
		next_block();
	}
}

pub fn now() -> u64 {
	Now::get()
}

pub fn block() -> u64 {
	System::block_number()
}

/// Number of seats in first rounds that are open.
pub fn open_seats(who: u64) -> u32 {
	capacity::number_of(&OpenSeats::<Test>::get(), &who).unwrap_or_default()
}

/// Free and held planck of an account.
pub fn balance(who: u64) -> Balance {
	Balances::total_balance(&who)
}

pub fn on_hold(reason: HoldReason, who: u64) -> Balance {
	Balances::balance_on_hold(&reason.into(), &who)
}

pub fn pot() -> Balance {
	balance(Inference::pot())
}

pub fn signed(who: u64) -> RuntimeOrigin {
	RuntimeOrigin::signed(who)
}

/// Dispatches a call as a block does: one that is refused leaves nothing behind.
pub fn dispatch(who: u64, call: Call<Test>) -> DispatchResult {
	let done = RuntimeCall::Inference(call).dispatch(signed(who));
	done.map(drop).map_err(|refused| refused.error)
}

pub fn input() -> Input {
	Input::truncate_from(vec![1, 2, 3])
}

/// Answer of honest executors that took so much fuel.
pub fn answer(fuel: Fuel) -> Answer {
	Answer { outcome: Outcome::Output(Default::default()), fuel }
}

/// Answer that differs from every [`answer`].
pub fn wrong() -> Answer {
	Answer { outcome: Outcome::Error(ModelError::Trapped), fuel: FUEL_LIMIT }
}

/// Pay of one executor for the whole fuel limit at the lowest price: a fifth of the price is burned.
pub const MAX_PAY: Balance = FUEL_LIMIT as Balance * MIN_PRICE * 4 / 5;
/// Pay of one validator in the court.
pub const COURT_PAY: Balance = FUEL_LIMIT as Balance * MIN_PRICE / 10;

/// Call of a request of this tier.
pub fn request_call(tier: Tier) -> Call<Test> {
	Call::request {
		model: MODEL,
		input: input(),
		tier,
		max_fee: Balance::MAX,
		max_royalty: Balance::MAX,
		reference: H256::repeat_byte(9),
		deadline: None,
	}
}

/// Makes a request and returns its number.
pub fn request(tier: Tier) -> RequestId {
	request_of(REQUESTER, tier)
}

/// Makes a request of `who` and returns its number.
pub fn request_of(who: u64, tier: Tier) -> RequestId {
	let id = NextRequestId::<Test>::get();
	assert_ok!(dispatch(who, request_call(tier)));
	id
}

/// Makes a request with a deadline and returns its number.
pub fn request_until(tier: Tier, until: u64) -> RequestId {
	let id = NextRequestId::<Test>::get();
	let Call::request { model, input, tier, max_fee, max_royalty, reference, .. } =
		request_call(tier)
	else {
		unreachable!()
	};
	let deadline = Some(until);
	let call = Call::request { model, input, tier, max_fee, max_royalty, reference, deadline };
	assert_ok!(dispatch(REQUESTER, call));
	id
}

/// Runs blocks until the seed of a committee is complete.
pub fn run_draw(tier: Tier) {
	run_blocks(tiers::seed_authors(tier));
}

/// Makes a request and runs blocks until its first committee is drawn.
pub fn drawn(tier: Tier) -> RequestId {
	let id = request(tier);
	run_draw(tier);
	id
}

/// Request whose first committee agreed on `answer` in this block.
pub fn attested(tier: Tier, answer: Answer) -> RequestId {
	let id = drawn(tier);
	agree(id, answer);
	id
}

/// Salt of every claim.
pub const SALT: H256 = H256::repeat_byte(5);

/// Challenge of the attested answer of a request by `who`, which claims that `right` is right.
pub fn challenge_by(who: u64, id: RequestId, right: &Answer) -> DispatchResult {
	let request = stored(id);
	let digest = match request.state.attested() {
		Some((answer, _)) => answer.digest(),
		None => <Committees as pallet_opg_support::Committees<u64>>::revealed_digests(id)[0],
	};
	let (seed, claim) = (request.seed.unwrap(), claim_hash(&who, id, right.digest(), SALT));
	dispatch(who, Call::challenge { request: id, seed, digest, claim })
}

/// `who` reveals its claim that `right` is right.
pub fn reveal_claim(who: u64, id: RequestId, right: &Answer) -> DispatchResult {
	dispatch(who, Call::reveal_claim { request: id, digest: right.digest(), salt: SALT })
}

/// Request whose answer was challenged, by a claim that `right` is right, in the block in which it
/// was attested.
pub fn challenged(tier: Tier, answer: Answer, right: &Answer) -> RequestId {
	let id = attested(tier, answer);
	assert_ok!(challenge_by(CHALLENGER, id, right));
	id
}

pub fn stored(id: RequestId) -> RequestOf<Test> {
	Requests::<Test>::get(id).unwrap()
}

pub fn state(id: RequestId) -> RequestStateOf<Test> {
	stored(id).state
}

/// Cause for which a request failed.
pub fn failure(id: RequestId) -> Option<FailureReason> {
	match state(id) {
		RequestState::Failed { reason, .. } => Some(reason),
		_ => None,
	}
}

/// Round that a committee works on.
pub fn assigned_round(id: RequestId) -> Option<RoundIndex> {
	match state(id).committee() {
		Some(CommitteeStatus::Assigned { round }) => Some(*round),
		_ => None,
	}
}

/// Members of a round.
pub fn members(id: RequestId, round: RoundIndex) -> Vec<u64> {
	let seats = Seats::get(id).into_iter().filter(|seat| seat.round == round);
	seats.map(|seat| seat.executor).collect()
}

/// Lets the executor with this index in the committee at work reveal `answer`.
pub fn reveal(id: RequestId, index: usize, answer: Answer) {
	let round = assigned_round(id).unwrap();
	Seats::mutate(id, |seats| {
		let mut committee = seats.iter_mut().filter(|seat| seat.round == round);
		committee.nth(index).unwrap().answer = Some(answer);
	});
}

/// Lets the rest of the committee at work reveal `answer`, on which they agree.
pub fn agree(id: RequestId, answer: Answer) -> Weight {
	let round = assigned_round(id).unwrap();
	Seats::mutate(id, |seats| {
		for seat in seats.iter_mut().filter(|seat| seat.round == round && seat.answer.is_none()) {
			seat.answer = Some(answer.clone());
		}
	});
	Inference::on_round_decided(id, Verdict::Agreed(answer))
}

/// Ends the round of the committee at work without an agreement.
pub fn fall_silent(id: RequestId) -> Weight {
	Inference::on_round_decided(id, Verdict::Undecided(FailureReason::NotEnoughReveals))
}

/// The committee at work reveals `answers` in turn, which differ.
pub fn dissent(id: RequestId, answers: &[Answer]) -> Weight {
	let round = assigned_round(id).unwrap();
	for index in 0..members(id, round).len() {
		reveal(id, index, answers[index % answers.len()].clone());
	}
	Inference::on_round_decided(id, Verdict::Dissent)
}

/// Fills the agendas of so many times from `from` on with actions of requests that do not exist.
pub fn fill_agendas(from: u64, count: u32) {
	for time in from..from + u64::from(count) {
		let mut filler = 1_000_000 + time * u64::from(MAX_AGENDA);
		while Agenda::<Test>::try_append(time, (filler, Action::Settle)).is_ok() {
			filler += 1;
		}
	}
}

/// Events of this pallet.
pub fn events() -> Vec<Event<Test>> {
	let events = System::events().into_iter();
	events
		.filter_map(|record| match record.event {
			RuntimeEvent::Inference(event) => Some(event),
			_ => None,
		})
		.collect()
}
