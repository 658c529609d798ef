//! What calls, the actions of the agenda and decisions cost in their worst cases.
//!
//! Keys that most requests of a block share are not counted here: `begin_block_cost` charges each
//! once.

use crate::{agenda::Shared, draw::Lots, purses::Purses, *};
use alloc::{vec, vec::Vec};
use frame_benchmarking::{benchmarking::add_to_whitelist, v2::*};
use frame_support::{
	traits::{
		fungible::{Balanced, Inspect, InspectHold, Mutate, MutateHold},
		Get,
	},
	BoundedVec,
};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use opg_primitives::{
	Answer, Balance, Dim, Dims, Input, ModelId, Outcome, RequestId, RoundIndex, Tier, MAX_DIMS,
	MAX_DIM_NAME, MAX_INPUT_BYTES, MAX_OUTPUT_BYTES,
};
use pallet_opg_support::{
	Committees, ExecutorPools, FailureReason, ModelRegistry, ModelVersion, Requests as _, Verdict,
	MAX_ROUND, MAX_SEATS,
};
use sp_core::H256;
use sp_runtime::traits::Saturating;

/// The request that most benchmarks are about.
const ID: RequestId = 1;
/// Fuel limit of the model.
const FUEL: u64 = 1_000_000;
/// Most seats of either kind in benchmarks that have both: half of what a record holds.
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

/// A model that `count` executors serve who can all be drawn.
fn model<T: Config>(count: u32) -> ModelId {
	let executors = executors::<T>(count);
	T::Pools::benchmark_snapshot(&executors);
	T::Models::benchmark_version(&rich::<T>("owner"), &executors)
}

fn input(bytes: u32) -> Input {
	BoundedVec::truncate_from(vec![7; bytes as usize])
}

/// An answer that is as long as it can be.
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

/// Advance to a block after which the VRF outputs of all recent blocks are known.
fn go<T: Config>() {
	frame_system::Pallet::<T>::set_block_number((KEPT_OUTPUTS * 2).into());
	for age in 0..KEPT_OUTPUTS {
		let block = now::<T>().saturating_sub(age.into());
		Outputs::<T>::insert(block, [age as u8; 32]);
		add_to_whitelist(Outputs::<T>::hashed_key_for(block).into());
	}
	whitelist::<T>();
}

/// Keys that a block pays for once.
fn whitelist<T: Config>() {
	let mut keys = T::Committees::benchmark_shared_keys();
	keys.push(NextRequestId::<T>::hashed_key().into());
	keys.push(FuelOrdered::<T>::hashed_key().into());
	keys.push(Behind::<T>::hashed_key().into());
	keys.push(FuelPrice::<T>::hashed_key().into());
	keys.push(frame_system::Account::<T>::hashed_key_for(Pallet::<T>::pot()));
	let lifetime = T::Lifetime::get();
	for offset in [1, 2, 4, T::ChallengeWindow::get(), lifetime, 100] {
		keys.push(Agenda::<T>::hashed_key_for(now::<T>() + offset.into()));
	}
	keys.into_iter().for_each(|key| add_to_whitelist(key.into()));
}

/// Store request [`ID`] with all that is held for it.
fn insert<T: Config>(model: ModelId, tier: Tier, state: StateOf<T>) -> RequestOf<T> {
	fund::<T>(&Pallet::<T>::pot());
	let requester = rich::<T>("requester");
	let royalty = T::RequestDeposit::get();
	let version = ModelVersion {
		owner: rich::<T>("owner"),
		hash: H256::zero(),
		engine: H256::zero(),
		dims: dims(),
		max_fuel: FUEL,
		royalty,
	};
	let price = FuelPrice::<T>::get();
	let escrow = Pallet::<T>::fee(FUEL, &version, price, tier).expect("it is small");
	let deposit = T::RequestDeposit::get();
	let hold = |reason: HoldReason, who: &T::AccountId, amount: Balance| {
		T::Currency::hold(&reason.into(), who, amount).expect("it is rich")
	};
	let deposit = if matches!(state, State::Settled { .. }) { 0 } else { deposit };
	hold(HoldReason::Request, &requester, escrow + deposit);
	if let State::Disputed { doubt: Doubt::Challenge { challenger, bond }, .. } = &state {
		hold(HoldReason::Challenge, challenger, *bond);
	}
	let request = Request {
		requester,
		model,
		version,
		input: H256::zero(),
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

fn challenged<T: Config>(answer: Answer, phase: Phase<BlockNumberFor<T>>) -> StateOf<T> {
	let doubt =
		Doubt::Challenge { challenger: rich::<T>("challenger"), bond: T::RequestDeposit::get() };
	State::Disputed { answer, at: now::<T>(), doubt, phase }
}

/// Store request [`ID`] with a dispute about its answer.
fn insert_disputed<T: Config>(phase: Phase<BlockNumberFor<T>>) {
	insert::<T>(0, Tier::Quorum, challenged::<T>(answer(9), phase));
}

/// What a jury found.
fn found<T: Config>(fuel: u64) -> Phase<BlockNumberFor<T>> {
	Phase::Found { digest: answer(fuel).digest(), fuel }
}

/// Store request [`ID`], settled with as many payments as there can be.
fn insert_settled<T: Config>() {
	let paid = (0..MAX_SEATS).map(|index| (account("executor", index, 0), 1)).collect();
	let paid = BoundedVec::truncate_from(paid);
	let state = State::Settled { answer: answer(9), paid, fee: 0, at: now::<T>() };
	insert::<T>(0, Tier::High, state);
}

fn is_settled<T: Config>(id: RequestId) -> bool {
	let state = Requests::<T>::get(id).map(|kept| kept.state);
	matches!(state, Some(State::Settled { .. }))
}

/// Store a request with an answer that is audited, or is not.
fn insert_attested<T: Config>(model: ModelId, tier: Tier, audited: bool) -> RequestId {
	let state = State::Attested { answer: answer(9), at: now::<T>() };
	let kept = insert::<T>(model, tier, state);
	renumber::<T>(&kept, audited)
}

/// Executors with pools sat for `id`: so many gave the answer `right`, and others each one of its own.
fn sat<T: Config>(id: RequestId, right: u64, winners: u32, liars: u32) {
	T::Pools::benchmark_snapshot(&[]);
	let seats = (0..winners + liars)
		.map(|index| {
			let who: T::AccountId = account("executor", index, 0);
			T::Pools::benchmark_executor(&who);
			let fuel = if index < winners { right } else { 100 + u64::from(index) };
			(who, 0, answer(fuel))
		})
		.collect();
	T::Committees::benchmark_rounds(id, seats);
}

/// So many executors without pools sat in earlier rounds than the last.
fn sat_before<T: Config>(id: RequestId, count: u32, round: RoundIndex) {
	let seats = (0..count).map(|index| (account("earlier", index, 0), round, answer(9))).collect();
	T::Committees::benchmark_rounds(id, seats);
}

/// Give `request` a number under which it is audited, or is not.
fn renumber<T: Config>(request: &RequestOf<T>, audited: bool) -> RequestId {
	let mut id = ID;
	while Pallet::<T>::is_audited(now::<T>(), id, request) != audited {
		id += 1;
	}
	Requests::<T>::insert(id, request);
	id
}

#[benchmarks]
mod benchmarks {
	use super::*;

	/// `i`: bytes of input. What it takes to see whether there is a committee is not counted.
	#[benchmark]
	fn request(i: Linear<0, MAX_INPUT_BYTES>) -> Result<(), BenchmarkError> {
		go::<T>();
		let model = model::<T>(20);
		let mut lots = Lots::<T>::new();
		let _ = lots.urn(model);
		let who: T::AccountId = whitelisted_caller();
		fund::<T>(&who);
		let id = NextRequestId::<T>::get();
		let input = input(i);

		#[block]
		{
			Pallet::<T>::do_request(&mut lots, who, model, input, Tier::High, Balance::MAX)?;
		}

		assert!(Requests::<T>::contains_key(id));
		Ok(())
	}

	#[benchmark]
	fn cancel() {
		go::<T>();
		let state = State::Open(Phase::Waiting { round: 0, since: now::<T>() });
		let kept = insert::<T>(0, Tier::High, state);

		#[extrinsic_call]
		_(RawOrigin::Signed(kept.requester), ID);

		assert!(Requests::<T>::get(ID).is_some_and(|kept| kept.state.is_final()));
	}

	/// What it takes to see whether there is a jury is counted with the fewest executors.
	#[benchmark]
	fn challenge() {
		go::<T>();
		let model = model::<T>(20);
		let state = State::Attested { answer: answer(9), at: now::<T>() };
		insert::<T>(model, Tier::High, state);
		sat_before::<T>(ID, tiers::MOST_BEFORE_DISPUTE, 0);
		let who: T::AccountId = whitelisted_caller();
		fund::<T>(&who);

		#[extrinsic_call]
		_(RawOrigin::Signed(who), ID);

		let state = Requests::<T>::get(ID).map(|kept| kept.state);
		assert!(matches!(state, Some(State::Disputed { .. })));
	}

	/// Everything but what is on the agenda: the full list of it, the VRF output of the parent, the
	/// price of fuel.
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
			Pallet::<T>::note_output(now::<T>(), Some([1; 32]));
			due = Agenda::<T>::take(now::<T>());
			Pallet::<T>::adjust_price();
		}

		assert_eq!(due.len() as u32, T::MaxAgenda::get());
		assert!(FuelPrice::<T>::get() > T::MinFuelPrice::get());
	}

	/// `p`: executors that can be drawn, as many rest.
	#[benchmark]
	fn snapshot(p: Linear<0, { T::MaxExecutors::get() }>) {
		model::<T>(p);

		#[block]
		{
			let _ = Lots::<T>::new();
		}
	}

	/// `p`: executors that can be drawn and serve the model.
	#[benchmark]
	fn urn(p: Linear<0, { T::MaxExecutors::get() }>) {
		let model = model::<T>(p);
		let mut lots = Lots::<T>::new();
		let count;

		#[block]
		{
			count = lots.urn(model).count_without(&[]) as u32;
		}

		assert_eq!(count, p);
	}

	/// An action on a request that is not what it was.
	#[benchmark]
	fn look_up() {
		go::<T>();
		insert_settled::<T>();
		let mut shared = Shared::new();

		#[block]
		{
			Pallet::<T>::settle_or_audit(&mut shared, now::<T>(), ID);
		}
	}

	/// A draw or a pruning for which it is too early.
	#[benchmark]
	fn postpone() {
		go::<T>();
		let phase = Phase::Waiting { round: 2, since: now::<T>() };
		insert::<T>(0, Tier::High, challenged::<T>(answer(9), phase));
		let mut lots = Lots::<T>::new();

		#[block]
		{
			Pallet::<T>::draw(&mut lots, ID);
		}

		assert!(!Agenda::<T>::get(now::<T>() + 1u32.into()).is_empty());
	}

	/// The end of a challenged request without a decision.
	#[benchmark]
	fn give_up() {
		go::<T>();
		let phase = Phase::Assigned { round: tiers::SECOND_JURY };
		insert::<T>(0, Tier::High, challenged::<T>(answer(9), phase));

		#[block]
		{
			Pallet::<T>::decided(ID, Verdict::Undecided(FailureReason::NoAgreement));
		}

		assert!(Requests::<T>::get(ID).is_some_and(|kept| kept.state.is_final()));
	}

	/// A round of a challenged request, without the urn. `s`: its seats, `e`: those of earlier rounds.
	#[benchmark]
	fn draw(s: Linear<5, MAX_ROUND>, e: Linear<0, { MAX_SEATS - MAX_ROUND }>) {
		go::<T>();
		let model = model::<T>(s);
		let since = now::<T>().saturating_sub(5u32.into());
		let phase = Phase::Waiting { round: tiers::SECOND_JURY, since };
		insert::<T>(model, Tier::Optimistic, challenged::<T>(answer(9), phase));
		sat_before::<T>(ID, e, tiers::JURY);
		let mut lots = Lots::<T>::new();
		let _ = lots.urn(model);

		#[block]
		{
			Pallet::<T>::draw(&mut lots, ID);
		}

		assert_eq!(T::Committees::sat(ID).len() as u32, e + s);
	}

	/// A committee agreed.
	#[benchmark]
	fn attested() {
		go::<T>();
		insert::<T>(0, Tier::High, State::Open(Phase::Assigned { round: 0 }));
		let answer = answer(9);

		#[block]
		{
			Pallet::<T>::decided(ID, Verdict::Agreed(answer));
		}

		let state = Requests::<T>::get(ID).map(|kept| kept.state);
		assert!(matches!(state, Some(State::Attested { .. })));
	}

	/// A jury did not agree: the next is drawn.
	#[benchmark]
	fn escalated() {
		go::<T>();
		insert_disputed::<T>(Phase::Assigned { round: tiers::JURY });

		#[block]
		{
			Pallet::<T>::decided(ID, Verdict::Undecided(FailureReason::NoAgreement));
		}

		assert!(Requests::<T>::get(ID).is_some_and(|kept| !kept.state.is_final()));
	}

	/// A jury found the same answer. `w`: executors who gave it, `l`: others, in all rounds.
	#[benchmark]
	fn upheld(w: Linear<1, HALF>, l: Linear<0, HALF>) {
		go::<T>();
		insert_disputed::<T>(found::<T>(9));
		sat::<T>(ID, 9, w, l);
		let mut purses = Purses::new();

		#[block]
		{
			Pallet::<T>::conclude(&mut purses, ID);
		}

		assert!(is_settled::<T>(ID));
		purses.settle_up();
	}

	/// A jury found another answer. `w`: executors who gave it, `l`: others, in all rounds.
	#[benchmark]
	fn overturned(w: Linear<1, HALF>, l: Linear<0, HALF>) {
		go::<T>();
		insert_disputed::<T>(found::<T>(8));
		sat::<T>(ID, 8, w, l);
		let mut purses = Purses::new();

		#[block]
		{
			Pallet::<T>::conclude(&mut purses, ID);
		}

		assert!(Requests::<T>::get(ID).is_some_and(|kept| kept.state.is_final()));
		purses.settle_up();
	}

	/// An answer that nobody doubts, of a committee that all agreed. `w`: executors who gave it.
	#[benchmark]
	fn settle_agreed(w: Linear<1, 7>) {
		go::<T>();
		let id = insert_attested::<T>(0, Tier::High, false);
		sat::<T>(id, 9, w, 0);
		let mut shared = Shared::new();

		#[block]
		{
			Pallet::<T>::settle_or_audit(&mut shared, now::<T>(), id);
		}

		assert!(is_settled::<T>(id));
		shared.purses.settle_up();
	}

	/// An answer that nobody doubts, after an escalation. `w`: executors who gave it, `l`: others, in
	/// all rounds.
	#[benchmark]
	fn settle(w: Linear<1, HALF>, l: Linear<0, HALF>) {
		go::<T>();
		let id = insert_attested::<T>(0, Tier::Quorum, false);
		sat::<T>(id, 9, w, l);
		let mut shared = Shared::new();

		#[block]
		{
			Pallet::<T>::settle_or_audit(&mut shared, now::<T>(), id);
		}

		assert!(is_settled::<T>(id));
		shared.purses.settle_up();
	}

	/// An answer that chance doubts, without the urn.
	#[benchmark]
	fn audit() {
		go::<T>();
		let model = model::<T>(20);
		let id = insert_attested::<T>(model, Tier::High, true);
		sat_before::<T>(id, tiers::MOST_BEFORE_DISPUTE, 0);
		let mut shared = Shared::new();
		let _ = shared.lots().urn(model);

		#[block]
		{
			Pallet::<T>::settle_or_audit(&mut shared, now::<T>(), id);
		}

		let state = Requests::<T>::get(id).map(|kept| kept.state);
		assert!(matches!(state, Some(State::Disputed { .. })));
	}

	/// Taking fees of a requester and returning the rest.
	#[benchmark]
	fn charge_requester() {
		go::<T>();
		let state = State::Open(Phase::Assigned { round: 0 });
		let Request { requester, escrow, deposit, .. } = insert::<T>(0, Tier::High, state);
		let mut purses = Purses::<T>::new();
		purses.charge(&requester, escrow / 2, escrow / 2);

		#[block]
		{
			purses.settle_up();
		}

		let held = T::Currency::balance_on_hold(&HoldReason::Request.into(), &requester);
		assert!(held <= deposit + 1);
	}

	/// Paying the pool of an executor.
	#[benchmark]
	fn pay_pool() {
		go::<T>();
		let who = account("executor", 0, 0);
		T::Pools::benchmark_executor(&who);
		let mut purses = Purses::<T>::new();
		let amount = T::RequestDeposit::get();
		purses.keep(T::Currency::issue(amount));
		purses.reward(&who, amount);

		#[block]
		{
			purses.settle_up();
		}
	}

	/// Paying the owner of a model.
	#[benchmark]
	fn pay_owner() {
		go::<T>();
		fund::<T>(&Pallet::<T>::pot());
		let who = rich::<T>("owner");
		let mut purses = Purses::<T>::new();
		let amount = T::RequestDeposit::get();
		purses.keep(T::Currency::issue(amount));
		purses.royalty(&who, amount);
		let before = T::Currency::total_balance(&who);

		#[block]
		{
			purses.settle_up();
		}

		assert!(T::Currency::total_balance(&who) > before);
	}

	/// Returning the deposit of a request that failed.
	#[benchmark]
	fn return_deposit() {
		let kept = insert::<T>(0, Tier::High, State::Open(Phase::Assigned { round: 0 }));

		#[block]
		{
			Pallet::<T>::release(HoldReason::Request, &kept.requester, kept.deposit);
		}
	}

	/// Forgetting a settled request and its record.
	#[benchmark]
	fn prune() {
		go::<T>();
		insert_settled::<T>();
		sat_before::<T>(ID, MAX_SEATS, 0);

		#[block]
		{
			Pallet::<T>::prune(now::<T>(), ID);
		}

		assert!(!Requests::<T>::contains_key(ID));
	}
}
