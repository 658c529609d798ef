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
use frame_system::{
	limits::BlockWeights,
	offchain::{CreateAuthorizedTransaction, CreateTransaction, CreateTransactionBase},
};
use opg_primitives::{
	Answer, Balance, BlockNumber, Content, ExecutorKey, FailureReason, Fuel, Input, ModelError,
	ModelId, Outcome, RequestId, RoundIndex, Tier, VersionLimits, MAX_INPUT_BYTES,
	MAX_OUTPUT_BYTES,
};
use pallet_opg_support::{
	economics, Assignment, BlockRandomness, CommitPhases, CourtFull, CourtVerdict,
	ExecutorDirectory, ExecutorLedger, ExecutorStake, Judgement, ModelRegistry, ModelUnavailable,
	ModelVersion, Offence, OnCourtDecided, OnRoundDecided, SeatHolder, Serving, SilenceRecord,
	Vacancy, Verdict, VrfOutput,
};
use sp_core::{ed25519, Pair, H256};
use sp_io::hashing::blake2_256;
use sp_runtime::{
	traits::{BlockNumberProvider, Dispatchable},
	BuildStorage, DispatchResult, Perbill,
};

mod steps;

pub use steps::*;

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
/// Own stake of every executor in the snapshots, for as many seats as most tests draw. A charge takes
/// it from the pool.
pub const OWN_STAKE: Balance = 1_000_000_000;
/// Length of the model's file.
pub const MODEL_BYTES: u32 = 50;
/// Cost of a byte of it in the court.
pub const FUEL_PER_BYTE: Fuel = 2;
pub const DEPOSIT: Balance = 500;
pub const CHALLENGE_BOND: Balance = 1_000;
pub const SEAT_FEE: Balance = 7;
pub const MIN_PRICE: Balance = 10;
pub const MAX_PRICE: Balance = 1_000;
pub const TARGET_FUEL: Fuel = 10_000;
pub const FUEL_LIMIT: Fuel = 1_000;
/// Fuel of loading the model.
pub const LOAD_FUEL: Fuel = 200;
/// Limits of the model, unless a test sets others.
pub const LIMITS: VersionLimits = VersionLimits::inline(FUEL_LIMIT, LOAD_FUEL, 64);
/// Commit phases: the model has the shortest.
pub const PHASES: CommitPhases = CommitPhases {
	shortest: 2,
	longest: 8,
	fuel_per_block: 2_000,
	bytes_per_block: MAX_INPUT_BYTES,
};
/// Challenge window of the model.
pub const WINDOW: BlockNumber = 5;
/// Least time in which a content is held.
pub const HOLD: BlockNumber = 4;
/// Burned per content outside of the chain.
pub const CONTENT_FEE: Balance = 11;
/// Fee of a byte outside of the chain.
pub const BYTE_PRICE: Balance = 3;
pub const MILLIS_PER_TICK: u32 = 3_000;
pub const LIFETIME: BlockNumber = 200;
pub const MAX_AGENDA: u32 = 16;

/// Largest number of an executor. Executors are numbered from 1.
pub const EXECUTORS: u64 = 60;
pub const REQUESTER: u64 = 100;
pub const OTHER_REQUESTER: u64 = 101;
pub const CHALLENGER: u64 = 102;
/// Owner of the model. Its account does not exist at the beginning.
pub const OWNER: u64 = 103;
/// Account of the treasury.
pub const TREASURY: u64 = 109;
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
	/// Balance that the pot keeps.
	pub static PotReserve: Balance = Balance::MAX;
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
	/// Stake of its own that each executor has in the snapshots. Its pool is
	/// [`POOL`] at the beginning, and the rest belongs to delegators.
	pub storage OwnStake: Balance = OWN_STAKE;
	/// Slots of each executor, which are its weight.
	pub storage SlotsEach: u32 = 1_000;
	/// Slots that executors declared, sorted by executor.
	pub storage Declared: Vec<(u64, u32)> = Vec::new();
	/// Executors that take no seat, sorted.
	pub storage Suspended: Vec<u64> = Vec::new();
	/// Candidates that stopped serving, sorted.
	pub storage Stopped: Vec<u64> = Vec::new();
	pub storage Royalty: Balance = 100;
	/// Limits of the model.
	pub storage Limits: VersionLimits = LIMITS;
	pub const Phases: CommitPhases = PHASES;
	/// Length of the commit phase of the round that was opened last.
	pub storage CommitBlocks: BlockNumber = 0;
	/// Fuel limit of that round.
	pub storage RoundFuel: Fuel = 0;
	/// Error of opening a round.
	pub storage OpenFailure: Option<FailureReason> = None;
	/// Tells whether the court takes no case.
	pub storage IsCourtFull: bool = false;
	/// Tells whether no panel can be convened.
	pub storage ArePanelsFull: bool = false;
	/// Executor that copied in an audit, and the seed of that round.
	pub storage Doubted: Option<(u64, H256)> = None;
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

/// Own stake of an executor that is not charged yet, in planck.
pub fn own(who: u64) -> Balance {
	OwnStake::get().saturating_sub(Charged::get(who))
}

/// Executors that were convicted.
#[storage_alias]
pub type Convicted =
	StorageMap<MockExecutors, Twox64Concat, u64, bool, frame_support::pallet_prelude::ValueQuery>;

/// Charges and own losses of executors, in planck.
#[storage_alias]
pub type Charged = StorageMap<
	MockExecutors,
	Twox64Concat,
	u64,
	Balance,
	frame_support::pallet_prelude::ValueQuery,
>;

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
	fn own_stake(session: u32) -> Vec<(u64, u128)> {
		Self::snapshot(session).into_iter().map(|(who, _)| (who, own(who))).collect()
	}
	fn has_stake(who: &u64) -> bool {
		balance(pool(*who)) > EXISTENTIAL_DEPOSIT
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

/// Hot key pair of an executor.
pub fn hot_pair(who: u64) -> ed25519::Pair {
	ed25519::Pair::from_seed(&[who as u8; 32])
}

impl ExecutorDirectory<u64> for Executors {
	fn has_pool(who: &u64) -> bool {
		(1..=EXECUTORS).contains(who)
	}
	fn hot_key(who: &u64) -> Option<ExecutorKey> {
		Self::has_pool(who).then(|| hot_pair(*who).public().into())
	}
	fn operator_of(key: &ExecutorKey) -> Option<u64> {
		(1..=EXECUTORS).find(|who| ExecutorKey::from(hot_pair(*who).public()) == *key)
	}
}

impl ExecutorLedger<u64> for Executors {
	type Credit = Credit<u64, Balances>;
	fn reward(who: &u64, credit: Self::Credit) {
		Balances::resolve(&pool(*who), credit).map_err(drop).unwrap();
	}
	fn fine(_: &u64, _: Offence, _: u32, _: SilenceRecord) {}
	fn charge(who: &u64, amount: Balance, _: u32) -> Self::Credit {
		let pool = pool(*who);
		let rest = Balances::reducible_balance(&pool, Preservation::Preserve, Fortitude::Polite);
		let amount = amount.min(own(*who)).min(rest);
		Charged::mutate(who, |charged| *charged += amount);
		let (exact, keep) = (Precision::Exact, Preservation::Preserve);
		Balances::withdraw(&pool, amount, exact, keep, Fortitude::Polite).unwrap()
	}
	fn charge_weight() -> Weight {
		Weight::from_parts(1_000_000, 1_000)
	}
	/// Payees get parts of what the operator itself loses. There is one model, so that one conviction
	/// counts.
	fn convict(who: &u64, _: H256, _: u32, payees: &[(&u64, Perbill)]) {
		if Convicted::mutate(who, |is_known| core::mem::replace(is_known, true)) {
			return;
		}
		let loss = economics::CONVICTION_SHARE.mul_floor(balance(pool(*who)));
		let own_loss = economics::CONVICTION_SHARE.mul_floor(own(*who)).min(loss);
		Charged::mutate(who, |charged| *charged += own_loss);
		let mut credit = Balances::withdraw(
			&pool(*who),
			loss,
			Precision::Exact,
			Preservation::Preserve,
			Fortitude::Polite,
		)
		.unwrap();
		for (payee, part) in payees {
			Balances::resolve(payee, credit.extract(part.mul_floor(own_loss)))
				.map_err(drop)
				.unwrap();
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
				size: MODEL_BYTES,
				engine_id: H256::repeat_byte(2),
				dims: Default::default(),
				limits: Limits::get(),
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
		let doubted = Doubted::get().map(|(_, seed)| seed);
		assert_eq!(doubted.or(stored(request).seed), Some(seed));
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

/// Panels that are open: seed, and what was asked for so far.
#[storage_alias]
pub type OpenPanels = StorageMap<MockCourt, Twox64Concat, RequestId, (H256, Vec<Content>)>;

/// Numbers of panels that were convened, and that were dismissed.
#[storage_alias]
pub type PanelCount =
	StorageValue<MockCourt, (u32, u32), frame_support::pallet_prelude::ValueQuery>;

/// Requests whose panels hold something.
#[storage_alias]
pub type HeldBy = StorageMap<MockCourt, Twox64Concat, RequestId, Vec<u64>>;

/// Weight of convening a panel.
pub const CONVENE_WEIGHT: Weight = Weight::from_parts(11, 11);
/// Weight of dismissing a panel.
pub const DISMISS_WEIGHT: Weight = Weight::from_parts(13, 13);

/// Panels of all validators.
pub struct Panels;
impl pallet_opg_support::Panels<u64> for Panels {
	fn convene(request: RequestId, content: Content, seed: H256) -> Result<(), CourtFull> {
		if ArePanelsFull::get() {
			return Err(CourtFull);
		}
		let known = OpenPanels::get(request);
		if known.is_none() {
			PanelCount::mutate(|(convened, _)| *convened += 1);
		}
		let (seed, mut asked) = known.unwrap_or((seed, Vec::new()));
		asked.push(content);
		assert!(asked.len() <= 2, "a panel holds an input and an output");
		OpenPanels::insert(request, (seed, asked));
		Ok(())
	}
	fn dismiss(request: RequestId) -> Vec<u64> {
		assert!(OpenPanels::take(request).is_some(), "each panel is dismissed once");
		PanelCount::mutate(|(_, dismissed)| *dismissed += 1);
		HeldBy::take(request).unwrap_or_default()
	}
	fn max_convene_weight() -> Weight {
		CONVENE_WEIGHT
	}
	fn max_dismiss_weight() -> Weight {
		DISMISS_WEIGHT
	}
}

/// Members of the panel hold what was asked for last, and they are enough.
pub fn hold(id: RequestId, holders: &[u64]) -> Weight {
	assert!(OpenPanels::contains_key(id));
	HeldBy::insert(id, holders.to_vec());
	<Inference as pallet_opg_support::OnHeld>::on_held(id)
}

/// The court reveals votes on a request.
pub fn begin_reveals(id: RequestId) {
	Cases::insert(id, true);
}

/// Witness of every verdict.
pub const WITNESS: H256 = H256::repeat_byte(8);

/// The court decides for `answer`, with all validators.
pub fn decide(id: RequestId, answer: Answer) -> Weight {
	assert!(Cases::take(id).is_some());
	let digest = answer.digest();
	let seed = Doubted::get().map(|(_, seed)| seed).or(stored(id).seed).unwrap();
	let right = VALIDATORS.to_vec();
	let verdict = CourtVerdict::Decided { digest, witness: WITNESS, seed, answer, right };
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

/// Rounds that were opened last: seed, session and number of seats.
#[storage_alias]
pub type Opened = StorageMap<MockCommittees, Twox64Concat, RequestId, (H256, u32, u32)>;

/// Executors of the current round that declined, and whose seat waits for another.
#[storage_alias]
pub type Decliners = StorageMap<
	MockCommittees,
	Twox64Concat,
	RequestId,
	Vec<u64>,
	frame_support::pallet_prelude::ValueQuery,
>;

/// Executors of the current round whose seat another has.
#[storage_alias]
pub type GivenAway = StorageMap<
	MockCommittees,
	Twox64Concat,
	RequestId,
	Vec<u64>,
	frame_support::pallet_prelude::ValueQuery,
>;

/// An executor declines its seat free of charge.
pub fn decline(id: RequestId, who: u64) {
	let round = assigned_round(id).expect("a committee is at work");
	assert!(members(id, round).contains(&who));
	Decliners::append(id, who);
	Inference::on_seat_declined(id, round);
}

/// Weight of a seat that stays unfilled.
pub const UNFILLED_WEIGHT: Weight = Weight::from_parts(9, 9);

/// Weight of removing a request from the fake.
pub const REMOVE_WEIGHT: Weight = Weight::from_parts(7, 7);

/// Rounds whose answers the test chooses.
pub struct Committees;
impl pallet_opg_support::Committees<u64> for Committees {
	fn open(assignment: Assignment<u64>) -> Result<(), FailureReason> {
		if let Some(reason) = OpenFailure::get() {
			return Err(reason);
		}
		let Assignment { request, round, committee, seed, session, .. } = assignment;
		CommitBlocks::set(&assignment.commit_blocks);
		RoundFuel::set(&assignment.fuel_limit);
		Opened::insert(request, (seed, session, committee.len() as u32));
		Decliners::remove(request);
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
	fn doubted_seed(_: RequestId) -> Option<H256> {
		Doubted::get().map(|(_, seed)| seed)
	}
	fn judge(
		request: RequestId,
		digest: H256,
		witness: Option<(H256, H256)>,
		payees: &[(&u64, Perbill)],
	) -> Judgement<u64> {
		let mut judgement = Judgement::default();
		let copier = Doubted::get().filter(|_| witness.is_some()).map(|(copier, _)| copier);
		for Seat { executor, answer, round } in Seats::get(request) {
			let holder = SeatHolder { executor, session: 0 };
			match answer {
				Some(answer) if answer.digest() != digest => {
					judgement.wrong.push(holder);
					Executors::convict(&executor, H256::zero(), 0, payees);
				},
				Some(_) if copier == Some(executor) => judgement.copied.push(holder),
				Some(_) => judgement.right.push(executor),
				None if round == tiers::FIRST => judgement.silent.push(holder),
				None if round == tiers::AUDIT => judgement.absent.push(holder),
				None => {},
			}
		}
		judgement
	}
	fn seat_holders(request: RequestId) -> Vec<SeatHolder<u64>> {
		let (_, session, _) = Opened::get(request).unwrap_or_default();
		let given_away = GivenAway::get(request);
		Seats::get(request)
			.into_iter()
			.filter(|seat| !given_away.contains(&seat.executor))
			.map(|Seat { executor, .. }| SeatHolder { executor, session })
			.collect()
	}
	fn vacancy(request: RequestId) -> Option<Vacancy<u64>> {
		let declined = *Decliners::get(request).first()?;
		let (seed, session, _) = Opened::get(request)?;
		let round = Seats::get(request).last()?.round;
		if assigned_round(request) != Some(round) && !Cases::contains_key(request) {
			return None;
		}
		Some(Vacancy { round, seed, session, declined })
	}
	fn replace(
		request: RequestId,
		round: RoundIndex,
		executor: u64,
		of: u32,
	) -> Result<(), FailureReason> {
		let (_, session, size) = Opened::get(request).expect("it was opened");
		assert_eq!(of, session);
		if members(request, round).len() as u32 >= 2 * size {
			return Err(FailureReason::NotEnoughExecutors);
		}
		let declined = Decliners::mutate(request, |declined| declined.remove(0));
		GivenAway::append(request, declined);
		Seats::append(request, Seat { round, executor, answer: None });
		Ok(())
	}
	fn leave_unfilled(request: RequestId) -> Weight {
		Decliners::mutate(request, |declined| {
			if !declined.is_empty() {
				declined.remove(0);
			}
		});
		UNFILLED_WEIGHT
	}
	fn max_leave_unfilled_weight() -> Weight {
		UNFILLED_WEIGHT
	}
	fn remove(request: RequestId) -> Weight {
		Seats::remove(request);
		Opened::remove(request);
		Decliners::remove(request);
		GivenAway::remove(request);
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
	type Panels = Panels;
	type Randomness = Randomness;
	type PotId = PotId;
	type PotReserve = PotReserve;
	type Treasury = ConstU64<TREASURY>;
	type MinFuelPrice = ConstU128<MIN_PRICE>;
	type MaxFuelPrice = ConstU128<MAX_PRICE>;
	type TargetFuel = ConstU64<TARGET_FUEL>;
	type RequestDeposit = ConstU128<DEPOSIT>;
	type SeatFee = ConstU128<SEAT_FEE>;
	type ContentFee = ConstU128<CONTENT_FEE>;
	type BytePrice = ConstU128<BYTE_PRICE>;
	type ChallengeBond = ConstU128<CHALLENGE_BOND>;
	type CourtRate = CourtRate;
	type CourtFuelPerByte = ConstU64<FUEL_PER_BYTE>;
	type MaxBench = ConstU32<3>;
	type StakeAtRisk = StakeAtRisk;
	type MaxAgenda = ConstU32<MAX_AGENDA>;
	type MaxDraws = MaxDraws;
	type CommitPhases = Phases;
	type ChallengeWindow = ConstU32<WINDOW>;
	type HoldBlocks = ConstU32<HOLD>;
	type MillisPerTick = ConstU32<MILLIS_PER_TICK>;
	type Lifetime = ConstU32<LIFETIME>;
	type MaxExecutors = ConstU32<{ EXECUTORS as u32 }>;
	type AgendaWeight = AgendaWeight;
	type DrainOrigin = frame_system::EnsureRoot<u64>;
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
	fn shared_keys(_: BlockNumber) -> Vec<Vec<u8>> {
		vec![]
	}
	fn round_key(_: RequestId) -> Vec<u8> {
		vec![]
	}
	fn closed_rounds(request: RequestId, seats: Vec<(u64, RoundIndex, Answer)>) {
		let seat = |(executor, round, answer)| Seat { round, executor, answer: Some(answer) };
		Seats::insert(request, seats.into_iter().map(seat).collect::<Vec<_>>());
	}
	fn vacant_seat(request: RequestId, round: RoundIndex, session: u32, members: Vec<u64>) {
		Opened::insert(request, (H256::zero(), session, members.len() as u32));
		Decliners::append(request, members[0]);
		let seat = |executor| Seat { round, executor, answer: None };
		Seats::insert(request, members.into_iter().map(seat).collect::<Vec<_>>());
	}
}
