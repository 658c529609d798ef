//! Runtime with this pallet, balances, and fakes of the other pallets of the protocol.
//!
//! The fakes keep their state in storage, so that it is rolled back like that of pallets.

use crate as pallet_opg_inference;
use crate::*;
use codec::{Decode, Encode};
use frame_support::{
	assert_ok, derive_impl, parameter_types, storage_alias,
	traits::{
		fungible::{Balanced, Credit, Inspect, InspectHold},
		tokens::{imbalance::Imbalance, Fortitude, Precision, Preservation},
		ConstU128, ConstU32, ConstU64, Get, Hooks,
	},
	weights::{constants::RocksDbWeight, Weight},
	PalletId, Twox64Concat,
};
use opg_primitives::{
	Answer, Balance, BlockNumber, FailureReason, Fuel, Input, ModelError, ModelId, Outcome,
	RequestId, RoundIndex, Tier,
};
use pallet_opg_support::{
	economics, Assignment, ExecutorLedger, ExecutorStake, Judgement, ModelRegistry,
	ModelUnavailable, ModelVersion, Offence, OnRoundDecided, Verdict,
};
use sp_core::H256;
use sp_io::hashing::blake2_256;
use sp_runtime::{traits::Dispatchable, BuildStorage, DispatchResult, Perbill};

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
pub const MIN_PRICE: Balance = 10;
pub const MAX_PRICE: Balance = 1_000;
pub const TARGET_FUEL: Fuel = 10_000;
pub const FUEL_LIMIT: Fuel = 1_000;
pub const WINDOW: BlockNumber = 5;
pub const LIFETIME: BlockNumber = 200;
pub const MAX_AGENDA: u32 = 8;

/// Largest number of an executor. Executors are numbered from 1.
pub const EXECUTORS: u64 = 60;
pub const REQUESTER: u64 = 100;
pub const OTHER_REQUESTER: u64 = 101;
pub const CHALLENGER: u64 = 102;
/// Owner of the model. Its account does not exist at the beginning.
pub const OWNER: u64 = 103;
/// Account without funds.
pub const POOR: u64 = 104;

/// Model that takes requests.
pub const MODEL: ModelId = 0;
/// Model whose engine was retired.
pub const RETIRED: ModelId = 1;
/// Model that nobody registered.
pub const UNKNOWN: ModelId = 2;

parameter_types! {
	pub const PotId: PalletId = PalletId(*b"opg/pot_");
	pub static AgendaWeight: Weight = Weight::from_parts(1_000_000_000_000, u64::MAX);
	pub static MaxDraws: u32 = 8;
	pub static StakeAtRisk: Balance = 10_000_000;
	/// Randomness of the chain.
	pub static Entropy: u64 = 0;
	/// Tells whether blocks have a VRF output.
	pub static HasVrfOutput: bool = true;

	pub storage SlashingPaused: bool = false;
	/// Executors 1 to this number can be drawn.
	pub storage ExecutorCount: u64 = EXECUTORS;
	/// Executors from this number on serve the models.
	pub storage FirstServing: u64 = 1;
	pub storage Royalty: Balance = 100;
	/// Error of opening a round.
	pub storage OpenFailure: Option<FailureReason> = None;
	/// Planck that penalties burned.
	pub storage Burned: Balance = 0;
}

/// VRF output of the parent block: a hash of its number and the entropy.
pub struct ParentVrf;
impl Get<Option<[u8; 32]>> for ParentVrf {
	fn get() -> Option<[u8; 32]> {
		HasVrfOutput::get()
			.then(|| (Entropy::get(), System::block_number()).using_encoded(blake2_256))
	}
}

/// Executors with pools, each an account of its own.
pub struct Executors;

/// Account that stands for the pool of an executor.
pub fn pool(who: u64) -> u64 {
	who + 1_000
}

impl ExecutorStake<u64> for Executors {
	fn snapshot() -> Vec<(u64, u128)> {
		(1..=ExecutorCount::get()).map(|who| (who, 1_000)).collect()
	}
	fn slashing_paused() -> bool {
		SlashingPaused::get()
	}
}

impl ExecutorLedger<u64> for Executors {
	type Credit = Credit<u64, Balances>;
	fn reward(who: &u64, credit: Self::Credit) {
		Balances::resolve(&pool(*who), credit).map_err(drop).unwrap();
	}
	fn penalise(who: &u64, offence: Offence, payees: &[(&u64, Perbill)]) {
		let loss = economics::share(offence).mul_floor(balance(pool(*who)));
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
	fn clear_misses(_: &u64) -> bool {
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
	fn serving_executors(_: ModelId) -> Vec<u64> {
		(FirstServing::get()..=EXECUTORS).collect()
	}
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
	fn judge(request: RequestId, digest: H256, payees: &[(&u64, Perbill)]) -> Judgement<u64> {
		let (mut right, mut wrong) = (Vec::new(), 0);
		for Seat { executor, answer, .. } in Seats::get(request) {
			match answer {
				Some(answer) if answer.digest() == digest => right.push(executor),
				Some(_) => {
					wrong += 1;
					Executors::penalise(&executor, Offence::WrongAnswer, payees);
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
	type Models = Models;
	type Executors = Executors;
	type Committees = Committees;
	type ParentVrf = ParentVrf;
	type PotId = PotId;
	type MinFuelPrice = ConstU128<MIN_PRICE>;
	type MaxFuelPrice = ConstU128<MAX_PRICE>;
	type TargetFuel = ConstU64<TARGET_FUEL>;
	type RequestDeposit = ConstU128<DEPOSIT>;
	type ChallengeBond = ConstU128<CHALLENGE_BOND>;
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

/// Planck of all accounts at the beginning, the pot's included.
fn genesis_issuance() -> Balance {
	accounts().map(|(_, amount)| amount).sum::<Balance>() + EXISTENTIAL_DEPOSIT
}

fn accounts() -> impl Iterator<Item = (u64, Balance)> {
	let pools = (1..=EXECUTORS).map(|who| (pool(who), POOL));
	let executors = (1..=EXECUTORS).map(|who| (who, FUNDS));
	let others = [REQUESTER, OTHER_REQUESTER, CHALLENGER].map(|who| (who, FUNDS));
	pools.chain(executors).chain(others)
}

/// Runs a test on a new chain, in block 1; ends with [`check`].
pub fn run(test: impl FnOnce()) {
	AgendaWeight::set(Weight::from_parts(1_000_000_000_000, u64::MAX));
	MaxDraws::set(MAX_AGENDA);
	StakeAtRisk::set(10_000_000);
	Entropy::set(0);
	HasVrfOutput::set(true);
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
	assert_eq!(Balances::total_issuance() + Burned::get(), genesis_issuance());
	// Nothing stays on hold for requests that are gone.
	let held: Balance = frame_system::Account::<Test>::iter_keys()
		.map(|who| on_hold(HoldReason::Request, who) + on_hold(HoldReason::Challenge, who))
		.sum();
	let owed: Balance = Requests::<Test>::iter_values()
		.map(|request| {
			let bond = request.state.challenge().map_or(0, |(_, bond)| bond);
			request.escrow + request.deposit + bond
		})
		.sum();
	assert_eq!(held, owed);
}

/// Ends this block and runs the hooks of the next.
pub fn next_block() -> Weight {
	let now = System::block_number();
	if now > 0 {
		Inference::on_finalize(now);
	}
	System::set_block_number(now + 1);
	Inference::on_initialize(now + 1)
}

pub fn run_blocks(count: u32) {
	for _ in 0..count {
		next_block();
	}
}

pub fn now() -> u64 {
	System::block_number()
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

/// Pay of one executor for the whole fuel limit at the lowest price.
pub const MAX_PAY: Balance = FUEL_LIMIT as Balance * MIN_PRICE;

/// Makes a request and returns its number.
pub fn request(tier: Tier) -> RequestId {
	let id = NextRequestId::<Test>::get();
	assert_ok!(Inference::request(signed(REQUESTER), MODEL, input(), tier, Balance::MAX));
	id
}

/// Makes a request and runs blocks until its first committee is drawn.
pub fn drawn(tier: Tier) -> RequestId {
	let id = request(tier);
	run_blocks(1 + tiers::seed_blocks(tier));
	id
}

/// Request whose first committee agreed on `answer` in this block.
pub fn attested(tier: Tier, answer: Answer) -> RequestId {
	let id = drawn(tier);
	agree(id, answer);
	id
}

/// Request whose answer was challenged in the block in which it was attested.
pub fn challenged(tier: Tier, answer: Answer) -> RequestId {
	let id = attested(tier, answer);
	assert_ok!(Inference::challenge(signed(CHALLENGER), id));
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
pub fn disagree(id: RequestId) -> Weight {
	Inference::on_round_decided(id, Verdict::Undecided(FailureReason::NoAgreement))
}

/// Fills the agendas of so many blocks from `from` on with actions of requests that do not exist.
pub fn fill_agendas(from: u64, count: u32) {
	for block in from..from + u64::from(count) {
		let mut filler = 1_000_000 + block * u64::from(MAX_AGENDA);
		while Agenda::<Test>::try_append(block, (filler, Action::Draw)).is_ok() {
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
