//! Benchmarks of the worst cases of calls, actions of the agenda and verdicts.
//!
//! Keys that most actions of a block share are whitelisted: `base_weight` charges each once.

use crate::{
	agenda::{shared_agendas, BlockContext},
	draw::DrawContext,
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
	BenchmarkCommittees, BenchmarkExecutors, BenchmarkModels, Committees, ModelVersion,
	OnRoundDecided, Verdict, MAX_COMMITTEE, MAX_SEATS,
};
use sp_core::H256;
use sp_runtime::traits::Saturating;

/// Request that most benchmarks are about.
const ID: RequestId = 1;
/// Fuel limit of the model.
const FUEL_LIMIT: u64 = 1_000_000;
/// Largest number of right, and of wrong, executors in benchmarks that have both.
const HALF: u32 = MAX_SEATS / 2;

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

/// Context that has a sampler for `model`, so that a benchmark does not measure it.
fn draw_context<T: Config>(model: ModelId) -> DrawContext<T> {
	let mut meter = WeightMeter::new();
	let mut draws = DrawContext::new(&mut meter);
	draws.sampler(&mut meter, model);
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

/// Advances to a block at which the VRF outputs of all recent blocks are known.
fn go<T: Config>() {
	frame_system::Pallet::<T>::set_block_number((VRF_HISTORY * 2).into());
	for age in 0..VRF_HISTORY {
		let block = now::<T>().saturating_sub(age.into());
		VrfOutputs::<T>::insert(block, [age as u8; 32]);
		add_to_whitelist(VrfOutputs::<T>::hashed_key_for(block).into());
	}
	whitelist_shared_keys::<T>();
}

/// Whitelists the keys that a block pays for once.
fn whitelist_shared_keys<T: Config>() {
	let mut keys = T::BenchmarkHelper::shared_keys();
	keys.push(NextRequestId::<T>::hashed_key().into());
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
	let hold = |reason: HoldReason, who: &T::AccountId, amount: Balance| {
		T::Currency::hold(&reason.into(), who, amount).expect("it is rich")
	};
	let is_settled = matches!(state, RequestState::Settled { .. });
	let deposit = if is_settled { 0 } else { T::RequestDeposit::get() };
	hold(HoldReason::Request, &requester, escrow + deposit);
	if let Some((challenger, bond)) = state.challenge() {
		hold(HoldReason::Challenge, challenger, bond);
	}
	let request = Request {
		requester,
		model,
		version,
		input_hash: H256::zero(),
		tier,
		price,
		requested_at: now::<T>(),
		drawn_at: None,
		deposit,
		escrow,
		state,
	};
	Requests::<T>::insert(ID, &request);
	Inputs::<T>::insert(ID, input(MAX_INPUT_BYTES));
	request
}

fn challenged<T: Config>(
	answer: Answer,
	status: CommitteeStatus<BlockNumberFor<T>>,
) -> RequestStateOf<T> {
	let challenger = rich::<T>("challenger");
	let origin = DisputeOrigin::Challenge { challenger, bond: T::RequestDeposit::get() };
	RequestState::Disputed { answer, at: now::<T>(), origin, status }
}

/// Stores request [`ID`] with a dispute about its answer.
fn insert_disputed<T: Config>(status: CommitteeStatus<BlockNumberFor<T>>) {
	insert::<T>(0, Tier::Quorum, challenged::<T>(answer(9), status));
}

fn decided<T: Config>(fuel: u64) -> CommitteeStatus<BlockNumberFor<T>> {
	CommitteeStatus::Decided { digest: answer(fuel).digest(), fuel }
}

/// Stores request [`ID`], settled with as many payments as there can be.
fn insert_settled<T: Config>() {
	let paid = (0..MAX_SEATS).map(|index| (account("executor", index, 0), 1)).collect();
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
	while Pallet::<T>::is_audited(now::<T>(), id, &request) != (fate == Fate::Audited) {
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
		let input = input(i);

		#[block]
		{
			let (tier, max_fee) = (Tier::High, Balance::MAX);
			Pallet::<T>::do_request(&mut draws, &mut meter, who, model, input, tier, max_fee)?;
		}

		assert!(Requests::<T>::contains_key(id));
		Ok(())
	}

	#[benchmark]
	fn cancel() {
		go::<T>();
		let state = RequestState::Open(CommitteeStatus::Waiting { round: 0, since: now::<T>() });
		let inserted = insert::<T>(0, Tier::High, state);

		#[extrinsic_call]
		_(RawOrigin::Signed(inserted.requester), ID);

		assert!(is_final::<T>(ID));
	}

	/// The draw context is counted with the fewest executors that make a jury.
	#[benchmark]
	fn challenge() {
		go::<T>();
		let model = model::<T>(20);
		let answered = RequestState::Attested { answer: answer(9), at: now::<T>() };
		insert::<T>(model, Tier::High, answered);
		past_seats::<T>(ID, tiers::MAX_SEATS_BEFORE_DISPUTE, 0);
		let who: T::AccountId = whitelisted_caller();
		fund::<T>(&who);

		#[extrinsic_call]
		_(RawOrigin::Signed(who), ID);

		assert!(matches!(state::<T>(ID), Some(RequestState::Disputed { .. })));
	}

	/// Block without its actions: reading a full agenda, the VRF output of the parent, the price of
	/// fuel.
	#[benchmark]
	fn begin_block() {
		go::<T>();
		let actions = (0..T::MaxAgenda::get()).map(|id| (id.into(), Action::Draw)).collect();
		Agenda::<T>::insert(now::<T>(), BoundedVec::truncate_from(actions));
		FuelOrdered::<T>::put(T::TargetFuel::get().saturating_mul(2));
		let due;

		#[block]
		{
			let _ = T::ParentVrf::get();
			Pallet::<T>::record_vrf_output(now::<T>(), Some([1; 32]));
			due = Agenda::<T>::take(now::<T>());
			Pallet::<T>::adjust_price();
		}

		assert_eq!(due.len() as u32, T::MaxAgenda::get());
		assert!(FuelPrice::<T>::get() > T::MinFuelPrice::get());
	}

	/// `p`: executors that can be drawn.
	#[benchmark]
	fn snapshot(p: Linear<0, { T::MaxExecutors::get() }>) {
		model::<T>(p);
		let mut meter = WeightMeter::new();

		#[block]
		{
			let _ = DrawContext::<T>::new(&mut meter);
		}
	}

	/// `p`: executors that can be drawn and serve the model.
	#[benchmark]
	fn sampler(p: Linear<0, { T::MaxExecutors::get() }>) {
		let model = model::<T>(p);
		let mut meter = WeightMeter::new();
		let mut draws = DrawContext::<T>::new(&mut meter);
		let count;

		#[block]
		{
			count = draws.sampler(&mut meter, model).count_without(&[]) as u32;
		}

		assert_eq!(count, p);
	}

	/// Action on a request whose state has changed since it was scheduled.
	#[benchmark]
	fn noop() {
		go::<T>();
		insert_settled::<T>();
		let mut context = block_context::<T>();

		#[block]
		{
			Pallet::<T>::settle_or_audit(&mut context, now::<T>(), ID);
		}

		assert_eq!(context.meter.consumed(), T::WeightInfo::noop());
	}

	/// Draw or pruning for which it is too early.
	#[benchmark]
	fn postpone() {
		go::<T>();
		let status = CommitteeStatus::Waiting { round: tiers::JURY, since: now::<T>() };
		insert::<T>(0, Tier::High, challenged::<T>(answer(9), status));
		let mut meter = WeightMeter::new();
		let mut draws = DrawContext::<T>::new(&mut meter);

		#[block]
		{
			Pallet::<T>::draw(&mut draws, &mut meter, ID);
		}

		assert!(!Agenda::<T>::get(now::<T>() + 1u32.into()).is_empty());
	}

	/// End of a challenged request without a decision.
	#[benchmark]
	fn refund() {
		go::<T>();
		let status = CommitteeStatus::Assigned { round: tiers::SECOND_JURY };
		insert::<T>(0, Tier::High, challenged::<T>(answer(9), status));

		#[block]
		{
			let verdict = Verdict::Undecided(FailureReason::NoAgreement);
			Pallet::<T>::on_round_decided(ID, verdict);
		}

		assert!(is_final::<T>(ID));
	}

	/// Round of a challenged request, without the draw context. `s`: its seats, `e`: those of
	/// earlier rounds.
	#[benchmark]
	fn draw(s: Linear<5, MAX_COMMITTEE>, e: Linear<0, { MAX_SEATS - MAX_COMMITTEE }>) {
		go::<T>();
		let model = model::<T>(s);
		let since = now::<T>().saturating_sub(5u32.into());
		let status = CommitteeStatus::Waiting { round: tiers::SECOND_JURY, since };
		insert::<T>(model, Tier::Optimistic, challenged::<T>(answer(9), status));
		past_seats::<T>(ID, e, tiers::JURY);
		let mut draws = draw_context::<T>(model);
		let mut meter = WeightMeter::new();

		#[block]
		{
			Pallet::<T>::draw(&mut draws, &mut meter, ID);
		}

		assert_eq!(T::Committees::past_members(ID).len() as u32, e + s);
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

	/// First jury that did not agree.
	#[benchmark]
	fn escalated() {
		go::<T>();
		insert_disputed::<T>(CommitteeStatus::Assigned { round: tiers::JURY });

		#[block]
		{
			let verdict = Verdict::Undecided(FailureReason::NoAgreement);
			Pallet::<T>::on_round_decided(ID, verdict);
		}

		assert!(!is_final::<T>(ID));
	}

	/// Jury that found the same answer. `w`: executors who gave it, `l`: others, in all rounds.
	#[benchmark]
	fn upheld(w: Linear<1, HALF>, l: Linear<0, HALF>) {
		go::<T>();
		insert_disputed::<T>(decided::<T>(9));
		answered::<T>(ID, 9, w, l);
		let mut context = block_context::<T>();

		#[block]
		{
			Pallet::<T>::resolve_dispute(&mut context, ID);
		}

		assert!(is_settled::<T>(ID));
		context.batch.apply();
	}

	/// Jury that found another answer. `w`: executors who gave it, `l`: others, in all rounds.
	#[benchmark]
	fn overturned(w: Linear<1, HALF>, l: Linear<0, HALF>) {
		go::<T>();
		insert_disputed::<T>(decided::<T>(8));
		answered::<T>(ID, 8, w, l);
		let mut context = block_context::<T>();

		#[block]
		{
			Pallet::<T>::resolve_dispute(&mut context, ID);
		}

		assert!(is_final::<T>(ID));
		context.batch.apply();
	}

	/// Undisputed answer of a committee that agreed without dissent. `w`: executors who gave it.
	#[benchmark]
	fn settle_agreed(w: Linear<1, 7>) {
		go::<T>();
		let id = insert_attested::<T>(0, Tier::High, Fate::Settled);
		answered::<T>(id, 9, w, 0);
		let mut context = block_context::<T>();

		#[block]
		{
			Pallet::<T>::settle_or_audit(&mut context, now::<T>(), id);
		}

		assert!(is_settled::<T>(id));
		context.batch.apply();
	}

	/// Undisputed answer after an escalation. `w`: executors who gave it, `l`: others, in all rounds.
	#[benchmark]
	fn settle(w: Linear<1, HALF>, l: Linear<0, HALF>) {
		go::<T>();
		let id = insert_attested::<T>(0, Tier::Quorum, Fate::Settled);
		answered::<T>(id, 9, w, l);
		let mut context = block_context::<T>();

		#[block]
		{
			Pallet::<T>::settle_or_audit(&mut context, now::<T>(), id);
		}

		assert!(is_settled::<T>(id));
		context.batch.apply();
	}

	/// Answer that is audited, without the draw context.
	#[benchmark]
	fn audit() {
		go::<T>();
		let model = model::<T>(20);
		let id = insert_attested::<T>(model, Tier::High, Fate::Audited);
		past_seats::<T>(id, tiers::MAX_SEATS_BEFORE_DISPUTE, 0);
		let mut context = block_context::<T>();
		let (draws, meter) = context.draws();
		draws.sampler(meter, model);

		#[block]
		{
			Pallet::<T>::settle_or_audit(&mut context, now::<T>(), id);
		}

		assert!(matches!(state::<T>(id), Some(RequestState::Disputed { .. })));
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

	/// Paying the owner of a model.
	#[benchmark]
	fn pay_owner() {
		go::<T>();
		fund::<T>(&Pallet::<T>::pot());
		let who = rich::<T>("owner");
		let mut batch = SettlementBatch::<T>::new();
		let amount = T::RequestDeposit::get();
		batch.deposit_to_pot(T::Currency::issue(amount));
		batch.pay_owner(&who, amount);
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
		past_seats::<T>(ID, MAX_SEATS, 0);
		let mut meter = WeightMeter::new();

		#[block]
		{
			Pallet::<T>::prune(&mut meter, now::<T>(), ID);
		}

		assert!(!Requests::<T>::contains_key(ID));
	}
}
