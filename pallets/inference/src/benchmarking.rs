//! Benchmarks of the worst cases of calls, actions of the agenda and verdicts.
//!
//! Keys that most actions of a block share are whitelisted: `base_weight` charges each once.

use crate::{
	agenda::{shared_agendas, BlockContext},
	draw::DrawContext,
	queue::Place,
	settlement::SettlementBatch,
	*,
};
use alloc::{vec, vec::Vec};
use frame_benchmarking::{benchmarking::add_to_whitelist, v2::*};
use frame_support::{
	traits::{
		fungible::{Balanced, Inspect, InspectHold, Mutate, MutateHold},
		Get,
	},
	weights::WeightMeter,
	BoundedVec,
};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use opg_primitives::{
	Answer, Balance, Dim, Dims, FailureReason, Input, ModelId, Outcome, RequestId, RoundIndex,
	Tier, MAX_DIMS, MAX_DIM_NAME, MAX_INPUT_BYTES, MAX_OUTPUT_BYTES,
};
use pallet_opg_support::{
	BenchmarkCommittees, BenchmarkExecutors, BenchmarkModels, BlockRandomness, Committees,
	CourtVerdict, ExecutorStake, ModelVersion, OnCourtDecided, OnRoundDecided, Verdict, VrfOutput,
	MAX_COMMITTEE,
};
use sp_core::H256;
use sp_runtime::traits::{BlockNumberProvider, Saturating};

/// Request that most benchmarks are about.
const ID: RequestId = 1;
/// Fuel limit of the model.
const FUEL_LIMIT: u64 = 1_000_000;
/// Largest number of right, and of wrong, executors in benchmarks that have both.
const HALF: u32 = tiers::MAX_REQUEST_SEATS / 2;
/// Seats of earlier rounds, at most.
const EARLIER: u32 = tiers::MAX_REQUEST_SEATS - tiers::audit_size(Tier::High);

fn rich<T: Config>(name: &'static str) -> T::AccountId {
	let who = account(name, 0, 0);
	fund::<T>(&who);
	who
}

fn fund<T: Config>(who: &T::AccountId) {
	T::Currency::set_balance(who, 1 << 90);
}

fn executors<T: Config>(count: u32) -> Vec<T::AccountId> {
	let mut executors: Vec<_> = (0..count).map(|index| account("executor", index, 0)).collect();
	executors.sort();
	executors
}

/// Registers a model that `count` executors serve, who can all be drawn.
fn model<T: Config>(count: u32) -> ModelId {
	let executors = executors::<T>(count);
	T::BenchmarkHelper::snapshot(&executors);
	T::BenchmarkHelper::version(&rich::<T>("owner"), &executors)
}

/// One open seat for each of so many executors.
fn open_seats_of<T: Config>(count: u32) {
	Pallet::<T>::store_seats(executors::<T>(count).into_iter().map(|who| (who, 1)).collect());
}

/// Context that has a sampler for `model`, so that a benchmark does not measure it.
fn draw_context<T: Config>(model: ModelId) -> DrawContext<T> {
	let mut draws = DrawContext::new();
	draws.count(&mut WeightMeter::new(), model, &[]);
	draws
}

fn block_context<T: Config>() -> BlockContext<T> {
	BlockContext::new(WeightMeter::new())
}

fn input(bytes: u32) -> Input {
	BoundedVec::truncate_from(vec![7; bytes as usize])
}

/// Answer of the largest size.
fn answer(fuel: u64) -> Answer {
	let output = vec![fuel as u8; MAX_OUTPUT_BYTES as usize];
	Answer { outcome: Outcome::Output(BoundedVec::truncate_from(output)), fuel }
}

/// As many symbolic dimensions as a model can have.
fn dims() -> Dims {
	let name = |index| BoundedVec::truncate_from(vec![index as u8; MAX_DIM_NAME as usize]);
	let dims = (0..MAX_DIMS).map(|index| Dim { name: name(index), size: 1 });
	BoundedVec::truncate_from(dims.collect())
}

fn now<T: Config>() -> BlockNumberFor<T> {
	frame_system::Pallet::<T>::block_number()
}

/// Outputs of as many different authors as there can be.
fn outputs<T: Config>() -> BoundedVec<(BlockNumberFor<T>, VrfOutput), sp_core::ConstU32<VRF_HISTORY>>
{
	let output = |age: u32| {
		let block = now::<T>().saturating_sub((VRF_HISTORY - 1 - age).into());
		let output = [age as u8; 32];
		(block, VrfOutput { output, author: H256::repeat_byte(age as u8) })
	};
	BoundedVec::truncate_from((0..VRF_HISTORY).map(output).collect())
}

/// Advances to a block at which the VRF outputs of all recent blocks are known, and the clock with it.
fn go<T: Config>() {
	let block = BlockNumberFor::<T>::from(VRF_HISTORY * 2);
	frame_system::Pallet::<T>::set_block_number(block);
	T::BlockNumberProvider::set_block_number(block);
	AgendaCursor::<T>::put((block, 0));
	VrfOutputs::<T>::put(outputs::<T>());
	whitelist_shared_keys::<T>();
}

/// Whitelists the keys that a block pays for once.
fn whitelist_shared_keys<T: Config>() {
	let mut keys = T::BenchmarkHelper::shared_keys();
	keys.push(NextRequestId::<T>::hashed_key().into());
	keys.push(VrfOutputs::<T>::hashed_key().into());
	keys.push(DrawBatches::<T>::hashed_key().into());
	keys.push(OpenSeats::<T>::hashed_key().into());
	keys.push(AgendaCursor::<T>::hashed_key().into());
	keys.push(FuelOrdered::<T>::hashed_key().into());
	keys.push(PostponedAt::<T>::hashed_key().into());
	keys.push(FuelPrice::<T>::hashed_key().into());
	keys.push(frame_system::Account::<T>::hashed_key_for(Pallet::<T>::pot()));
	for distance in shared_agendas::<T>() {
		keys.push(Agenda::<T>::hashed_key_for(now::<T>() + distance.into()));
	}
	keys.into_iter().for_each(|key| add_to_whitelist(key.into()));
}

/// Stores request [`ID`] with all that is held for it.
fn insert<T: Config>(model: ModelId, tier: Tier, state: RequestStateOf<T>) -> RequestOf<T> {
	fund::<T>(&Pallet::<T>::pot());
	let requester = rich::<T>("requester");
	let royalty = T::RequestDeposit::get();
	let version = ModelVersion {
		owner: rich::<T>("owner"),
		model_hash: H256::zero(),
		engine_id: H256::zero(),
		dims: dims(),
		fuel_limit: FUEL_LIMIT,
		royalty,
	};
	let price = FuelPrice::<T>::get();
	let escrow = Pallet::<T>::fee(FUEL_LIMIT, &version, price, tier).expect("it is small");
	let is_settled = matches!(state, RequestState::Settled { .. });
	let deposit = if is_settled { 0 } else { T::RequestDeposit::get() };
	hold::<T>(HoldReason::Request, &requester, escrow + deposit);
	let request = Request {
		requester,
		model,
		version,
		input_hash: H256::zero(),
		tier,
		price,
		reference: H256::zero(),
		deadline: None,
		requested_at: now::<T>(),
		drawn_at: None,
		changed_at: now::<T>(),
		seed: Some(H256::zero()),
		deposit,
		escrow,
		audit: None,
		challenges: BoundedVec::new(),
		state,
	};
	Requests::<T>::insert(ID, &request);
	Inputs::<T>::insert(ID, input(MAX_INPUT_BYTES));
	request
}

fn hold<T: Config>(reason: HoldReason, who: &T::AccountId, amount: Balance) {
	T::Currency::hold(&reason.into(), who, amount).expect("it is rich")
}

/// Adds `count` challenges to request [`ID`], which claim and dispute nothing.
fn add_challenges<T: Config>(count: u32) {
	Requests::<T>::mutate(ID, |request| {
		let request = request.as_mut().expect("it is stored");
		for index in 0..count {
			let challenger: T::AccountId = account("challenger", index, 0);
			fund::<T>(&challenger);
			let bond = T::RequestDeposit::get();
			hold::<T>(HoldReason::Challenge, &challenger, bond);
			let (disputed, claim) = (H256::zero(), H256::zero());
			let challenge = Challenge { challenger, bond, disputed, claim, revealed: None };
			request.challenges.try_push(challenge).expect("there are few");
		}
	});
}

/// Status of a committee that waits for the outputs after block 5 before this one.
fn waiting<T: Config>(round: RoundIndex) -> CommitteeStatus<BlockNumberFor<T>> {
	let since = now::<T>().saturating_sub(5u32.into());
	CommitteeStatus::Waiting { round, since, session: T::Executors::session() }
}

/// State of a request whose answer is audited.
fn audited<T: Config>(status: CommitteeStatus<BlockNumberFor<T>>) -> RequestStateOf<T> {
	RequestState::Audited { answer: answer(9), at: now::<T>(), status }
}

fn in_court<T: Config>() -> RequestStateOf<T> {
	RequestState::Court { attested: Some((answer(9), now::<T>())), opened: true }
}

/// Stores request [`ID`], settled with as many payments as there can be.
fn insert_settled<T: Config>() {
	let executors = 0..tiers::MAX_REQUEST_SEATS;
	let paid = executors.map(|index| (account("executor", index, 0), 1)).collect();
	let paid = BoundedVec::truncate_from(paid);
	let state = RequestState::Settled { answer: answer(9), paid, fee: 0, at: now::<T>() };
	insert::<T>(0, Tier::High, state);
}

fn state<T: Config>(id: RequestId) -> Option<RequestStateOf<T>> {
	Requests::<T>::get(id).map(|request| request.state)
}

fn is_final<T: Config>(id: RequestId) -> bool {
	state::<T>(id).is_some_and(|state| state.is_final())
}

fn is_settled<T: Config>(id: RequestId) -> bool {
	matches!(state::<T>(id), Some(RequestState::Settled { .. }))
}

/// Fate of an answer at the end of its challenge window.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
	Audited,
	Settled,
}

/// Stores a request with an attested answer, under a number that gives it this fate.
fn insert_attested<T: Config>(model: ModelId, tier: Tier, fate: Fate) -> RequestId {
	let state = RequestState::Attested { answer: answer(9), at: now::<T>() };
	let request = insert::<T>(model, tier, state);
	let mut id = ID;
	while Pallet::<T>::is_audited(id, &request) != (fate == Fate::Audited) {
		id += 1;
	}
	Requests::<T>::insert(id, request);
	id
}

/// Gives `winners` executors a seat with the answer of fuel `right`, and `liars` others a seat with
/// an answer of their own each.
fn answered<T: Config>(id: RequestId, right: u64, winners: u32, liars: u32) {
	T::BenchmarkHelper::snapshot(&[]);
	let seats = (0..winners + liars)
		.map(|index| {
			let who: T::AccountId = account("executor", index, 0);
			T::BenchmarkHelper::executor(&who);
			let fuel = if index < winners { right } else { 100 + u64::from(index) };
			(who, 0, answer(fuel))
		})
		.collect();
	T::BenchmarkHelper::closed_rounds(id, seats);
}

/// Gives `count` executors without pools a seat in `round`.
fn past_seats<T: Config>(id: RequestId, count: u32, round: RoundIndex) {
	let seats = (0..count).map(|index| (account("earlier", index, 0), round, answer(9))).collect();
	T::BenchmarkHelper::closed_rounds(id, seats);
}

#[benchmarks]
mod benchmarks {
	use super::*;

	/// `i`: bytes of input. The draw context is not counted.
	#[benchmark]
	fn request(i: Linear<0, MAX_INPUT_BYTES>) -> Result<(), BenchmarkError> {
		go::<T>();
		let model = model::<T>(20);
		let mut draws = draw_context::<T>(model);
		let mut meter = WeightMeter::new();
		let who: T::AccountId = whitelisted_caller();
		fund::<T>(&who);
		let id = NextRequestId::<T>::get();
		let order = Order {
			model,
			input: input(i),
			tier: Tier::High,
			max_fee: Balance::MAX,
			max_royalty: Balance::MAX,
			reference: H256::zero(),
			deadline: Some(now::<T>() + 9u32.into()),
		};

		#[block]
		{
			Pallet::<T>::do_request(&mut draws, &mut meter, who, order)?;
		}

		assert!(Requests::<T>::contains_key(id));
		Ok(())
	}

	#[benchmark]
	fn cancel() {
		go::<T>();
		let inserted = insert::<T>(0, Tier::High, RequestState::Open(waiting::<T>(0)));

		#[extrinsic_call]
		_(RawOrigin::Signed(inserted.requester), ID);

		assert!(is_final::<T>(ID));
	}

	/// First challenge of an audited answer.
	#[benchmark]
	fn challenge() {
		go::<T>();
		insert::<T>(0, Tier::High, audited::<T>(waiting::<T>(tiers::AUDIT)));
		past_seats::<T>(ID, EARLIER, 0);
		let who: T::AccountId = whitelisted_caller();
		fund::<T>(&who);
		let (seed, digest, claim) = (H256::zero(), answer(9).digest(), H256::zero());

		#[extrinsic_call]
		_(RawOrigin::Signed(who), ID, seed, digest, claim);

		assert!(matches!(state::<T>(ID), Some(RequestState::Court { .. })));
	}

	/// Claim of the last of all challengers. What is measured is the search and the comparison: the
	/// court reveals nothing in a benchmark.
	#[benchmark]
	fn reveal_claim() {
		go::<T>();
		insert::<T>(0, Tier::High, in_court::<T>());
		add_challenges::<T>(MAX_CHALLENGES);
		let who: T::AccountId = account("challenger", MAX_CHALLENGES - 1, 0);
		let result;

		#[block]
		{
			result = Pallet::<T>::do_reveal_claim(who, ID, H256::zero(), H256::zero());
		}

		assert!(result.is_err());
	}

	/// The draw context is not counted.
	#[benchmark]
	fn audit_bought() -> Result<(), BenchmarkError> {
		go::<T>();
		let model = model::<T>(20);
		insert::<T>(
			model,
			Tier::High,
			RequestState::Attested { answer: answer(9), at: now::<T>() },
		);
		past_seats::<T>(ID, EARLIER, 0);
		let mut draws = draw_context::<T>(model);
		let mut meter = WeightMeter::new();
		let who: T::AccountId = whitelisted_caller();
		fund::<T>(&who);

		#[block]
		{
			Pallet::<T>::do_buy_audit(&mut draws, &mut meter, who, ID)?;
		}

		assert!(matches!(state::<T>(ID), Some(RequestState::Audited { .. })));
		Ok(())
	}

	/// Block without draws and actions: the VRF output, the queue, the price of fuel.
	#[benchmark]
	fn begin_block() {
		go::<T>();
		FuelOrdered::<T>::put(T::TargetFuel::get().saturating_mul(2));

		#[block]
		{
			let _ = T::Randomness::output();
			Pallet::<T>::record_vrf_output(Some(VrfOutput {
				output: [1; 32],
				author: H256::zero(),
			}));
			let _ = DrawBatches::<T>::get();
			Pallet::<T>::adjust_price();
		}

		assert!(FuelPrice::<T>::get() > T::MinFuelPrice::get());
	}

	/// A full list of the agenda, read and removed.
	#[benchmark]
	fn agenda_list() {
		go::<T>();
		let time = now::<T>();
		let actions = (0..T::MaxAgenda::get()).map(|id| (id.into(), Action::Settle)).collect();
		Agenda::<T>::insert(time, BoundedVec::truncate_from(actions));
		let due;

		#[block]
		{
			due = Agenda::<T>::take(time);
		}

		assert_eq!(due.len() as u32, T::MaxAgenda::get());
	}

	/// A full list of draws, read and removed.
	#[benchmark]
	fn draw_list() {
		go::<T>();
		let ids = (0..T::MaxAgenda::get()).map(RequestId::from).collect();
		Draws::<T>::insert((now::<T>(), 3), BoundedVec::truncate_from(ids));
		let due;

		#[block]
		{
			due = Draws::<T>::take((now::<T>(), 3));
		}

		assert_eq!(due.len() as u32, T::MaxAgenda::get());
	}

	/// `p`: executors in the snapshot.
	#[benchmark]
	fn snapshot(p: Linear<0, { T::MaxExecutors::get() }>) {
		model::<T>(p);

		#[block]
		{
			let _ = T::Executors::suspended();
			let _ = T::Executors::snapshot(T::Executors::session());
		}
	}

	/// `p`: executors that can be drawn and serve the model. The snapshot is counted too.
	#[benchmark]
	fn sampler(p: Linear<0, { T::MaxExecutors::get() }>) {
		let model = model::<T>(p);
		let count;

		#[block]
		{
			count = DrawContext::<T>::new().count(&mut WeightMeter::new(), model, &[]);
		}

		assert_eq!(count, p);
	}

	/// `p`: executors with open seats.
	#[benchmark]
	fn open_seats(p: Linear<0, { T::MaxExecutors::get() }>) {
		open_seats_of::<T>(p);
		let list;

		#[block]
		{
			let _ = T::Executors::declared_slots();
			list = OpenSeats::<T>::get().into_inner();
			Pallet::<T>::store_seats(list.clone());
		}

		assert_eq!(list.len() as u32, p);
	}

	/// `p`: candidates, each with open seats.
	#[benchmark]
	fn capacity(p: Linear<1, { T::MaxExecutors::get() }>) {
		let model = model::<T>(p);
		open_seats_of::<T>(p);
		let mut draws = draw_context::<T>(model);
		let candidates = (model, T::Executors::session());
		let free;

		#[block]
		{
			let pending = PendingSeats::<T>::get(model);
			free = draws.capacity(&mut WeightMeter::new(), candidates, pending);
			Pallet::<T>::await_seats(model, 1);
		}

		assert_eq!(free.executors, p);
	}

	/// `p`: executors with open seats.
	#[benchmark]
	fn release_seats(p: Linear<{ MAX_COMMITTEE }, { T::MaxExecutors::get() }>) {
		open_seats_of::<T>(p);
		let mut members = executors::<T>(p);
		members.truncate(tiers::size(Tier::High) as usize);

		#[block]
		{
			Pallet::<T>::release_seats(&members);
		}

		assert_eq!(OpenSeats::<T>::get().len() as u32, p - tiers::size(Tier::High));
	}

	/// Action on a request whose state has changed since it was scheduled.
	#[benchmark]
	fn noop() {
		go::<T>();
		insert_settled::<T>();
		let mut context = block_context::<T>();

		#[block]
		{
			Pallet::<T>::settle_or_audit(&mut context, ID);
		}

		assert_eq!(context.meter.consumed(), T::WeightInfo::noop());
	}

	/// Draw that is queued again.
	#[benchmark]
	fn postpone() {
		go::<T>();
		insert::<T>(0, Tier::High, audited::<T>(waiting::<T>(tiers::AUDIT)));

		#[block]
		{
			Requests::<T>::mutate(ID, |stored| {
				let stored = stored.as_mut().expect("it is stored");
				stored.state = audited::<T>(Pallet::<T>::waiting(tiers::AUDIT));
			});
			assert!(Pallet::<T>::queue_draw(ID, Tier::High, Place::UnderWay));
		}

		assert_eq!(DrawBatches::<T>::get().len(), 1);
	}

	/// End of a request without a decision.
	#[benchmark]
	fn refund() {
		go::<T>();
		let status = CommitteeStatus::Assigned { round: tiers::SECOND };
		insert::<T>(0, Tier::High, RequestState::Open(status));

		#[block]
		{
			let verdict = Verdict::Undecided(FailureReason::NotEnoughReveals);
			Pallet::<T>::on_round_decided(ID, verdict);
		}

		assert!(is_final::<T>(ID));
	}

	/// Round of a request, without the draw context. `s`: its seats, `e`: those of earlier rounds.
	/// As many candidates as a draw skips at most come before each seat.
	#[benchmark]
	fn draw(s: Linear<3, MAX_COMMITTEE>, e: Linear<0, EARLIER>) {
		go::<T>();
		let model = model::<T>(s);
		let (tier, round) = if s < 7 { (Tier::Quorum, tiers::SECOND) } else { (Tier::High, 0) };
		let round = if s > 7 { tiers::SECOND } else { round };
		insert::<T>(model, tier, RequestState::Open(waiting::<T>(round)));
		past_seats::<T>(ID, e, 0);
		let mut draws = draw_context::<T>(model);
		let mut meter = WeightMeter::new();

		#[block]
		{
			Pallet::<T>::draw(&mut draws, &mut meter, ID, &[[1; 32]; 3]);
		}

		assert!(T::Committees::past_members(ID).len() as u32 > e);
	}

	/// First committee that agreed.
	#[benchmark]
	fn attested() {
		go::<T>();
		let state = RequestState::Open(CommitteeStatus::Assigned { round: 0 });
		insert::<T>(0, Tier::High, state);
		let answer = answer(9);

		#[block]
		{
			Pallet::<T>::on_round_decided(ID, Verdict::Agreed(answer));
		}

		assert!(matches!(self::state::<T>(ID), Some(RequestState::Attested { .. })));
	}

	/// First committee that was silent.
	#[benchmark]
	fn escalated() {
		go::<T>();
		let state = RequestState::Open(CommitteeStatus::Assigned { round: 0 });
		insert::<T>(0, Tier::High, state);

		#[block]
		{
			let verdict = Verdict::Undecided(FailureReason::NotEnoughReveals);
			Pallet::<T>::on_round_decided(ID, verdict);
		}

		assert!(!is_final::<T>(ID));
	}

	/// Audit that found another answer.
	#[benchmark]
	fn open_court() {
		go::<T>();
		insert::<T>(0, Tier::High, audited::<T>(CommitteeStatus::Assigned { round: tiers::AUDIT }));

		#[block]
		{
			Pallet::<T>::on_round_decided(ID, Verdict::Dissent);
		}

		assert!(matches!(state::<T>(ID), Some(RequestState::Court { .. })));
	}

	/// Verdict of the court, without challenges and payments. `w`: executors who were right, `l`:
	/// others, in all rounds.
	#[benchmark]
	fn judged(w: Linear<1, HALF>, l: Linear<0, HALF>) {
		go::<T>();
		insert::<T>(0, Tier::High, in_court::<T>());
		answered::<T>(ID, 9, w, l);
		let verdict = CourtVerdict::Decided {
			digest: answer(9).digest(),
			answer: answer(9),
			right: Vec::new(),
		};

		#[block]
		{
			Pallet::<T>::on_court_decided(ID, verdict);
		}

		assert!(is_settled::<T>(ID));
	}

	/// Answer that is settled. `w`: executors who gave it, in all rounds.
	#[benchmark]
	fn settle(w: Linear<1, { tiers::MAX_REQUEST_SEATS }>) {
		go::<T>();
		let id = insert_attested::<T>(0, Tier::High, Fate::Settled);
		answered::<T>(id, 9, w, 0);
		let mut context = block_context::<T>();

		#[block]
		{
			Pallet::<T>::settle_or_audit(&mut context, id);
		}

		assert!(is_settled::<T>(id));
		context.batch.apply();
	}

	/// Answer that is audited by chance.
	#[benchmark]
	fn audit() {
		go::<T>();
		let id = insert_attested::<T>(0, Tier::High, Fate::Audited);
		let mut context = block_context::<T>();

		#[block]
		{
			Pallet::<T>::settle_or_audit(&mut context, id);
		}

		assert!(matches!(state::<T>(id), Some(RequestState::Audited { .. })));
	}

	/// Charging a requester and returning the rest.
	#[benchmark]
	fn charge_requester() {
		go::<T>();
		let state = RequestState::Open(CommitteeStatus::Assigned { round: 0 });
		let Request { requester, escrow, deposit, .. } = insert::<T>(0, Tier::High, state);
		let mut batch = SettlementBatch::<T>::new();
		batch.charge(&requester, escrow / 2, escrow / 2);

		#[block]
		{
			batch.apply();
		}

		let held = T::Currency::balance_on_hold(&HoldReason::Request.into(), &requester);
		assert!(held <= deposit + 1);
	}

	/// Paying the pool of an executor.
	#[benchmark]
	fn pay_pool() {
		go::<T>();
		let who = account("executor", 0, 0);
		T::BenchmarkHelper::executor(&who);
		let mut batch = SettlementBatch::<T>::new();
		let amount = T::RequestDeposit::get();
		batch.deposit_to_pot(T::Currency::issue(amount));
		batch.pay_executor(&who, amount);

		#[block]
		{
			batch.apply();
		}
	}

	/// Paying the owner of a model, or a validator.
	#[benchmark]
	fn pay_account() {
		go::<T>();
		fund::<T>(&Pallet::<T>::pot());
		let who = rich::<T>("owner");
		let mut batch = SettlementBatch::<T>::new();
		let amount = T::RequestDeposit::get();
		batch.deposit_to_pot(T::Currency::issue(amount));
		batch.pay_account(&who, amount);
		let before = T::Currency::total_balance(&who);

		#[block]
		{
			batch.apply();
		}

		assert!(T::Currency::total_balance(&who) > before);
	}

	/// Returning the deposit of a request that failed.
	#[benchmark]
	fn return_deposit() {
		let state = RequestState::Open(CommitteeStatus::Assigned { round: 0 });
		let inserted = insert::<T>(0, Tier::High, state);

		#[block]
		{
			Pallet::<T>::release(HoldReason::Request, &inserted.requester, inserted.deposit);
		}
	}

	/// Removing a settled request and its last round.
	#[benchmark]
	fn prune() {
		go::<T>();
		insert_settled::<T>();
		past_seats::<T>(ID, tiers::MAX_REQUEST_SEATS, 0);
		let mut meter = WeightMeter::new();

		#[block]
		{
			Pallet::<T>::prune(&mut meter, ID);
		}

		assert!(!Requests::<T>::contains_key(ID));
	}
}
