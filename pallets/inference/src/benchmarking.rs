//! Benchmarks of the worst cases of calls, actions of the agenda and verdicts.
//!
//! Keys that most actions of a block share are whitelisted: `base_weight` charges each once.

mod setup;

use crate::{
	agenda::{shared_keys, BlockContext},
	authorize::Payload,
	capacity::LoadChanges,
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
		EnsureOrigin, Get,
	},
	weights::WeightMeter,
	BoundedVec,
};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use opg_primitives::{
	challenge::pool_call_payload, Answer, Balance, Content, Dim, Dims, ExecutorKey,
	ExecutorSignature, FailureReason, Input, ModelId, Outcome, RequestId, RoundIndex, Tier,
	VersionLimits, MAX_DIMS, MAX_DIM_NAME, MAX_INPUT_BYTES, MAX_OUTPUT_BYTES,
};
use pallet_opg_support::{
	BenchmarkCommittees, BenchmarkExecutors, BenchmarkModels, BlockRandomness, Committees,
	CourtVerdict, ExecutorStake, ModelVersion, OnCourtDecided, OnHeld, OnRoundDecided, Verdict,
	VrfOutput, MAX_COMMITTEE, MAX_MEMBERS,
};
use setup::*;
use sp_core::H256;
use sp_runtime::{
	traits::{BlockNumberProvider, Saturating},
	RuntimeAppPublic,
};

#[benchmarks]
mod benchmarks {
	use super::*;

	/// `i`: bytes of input. The draw context is not counted.
	#[benchmark]
	fn request(i: Linear<0, MAX_INPUT_BYTES>) -> Result<(), BenchmarkError> {
		go::<T>();
		// As few as can be: `sampler` and `capacity` count each.
		let model = model::<T>(tiers::size(Tier::High));
		whitelist_pending::<T>(model);
		let mut draws = draw_context::<T>(model);
		let mut meter = WeightMeter::new();
		let (who, order) = order::<T>(model, OrderInput::Inline(input(i)));
		let id = NextRequestId::<T>::get();

		#[block]
		{
			Pallet::<T>::do_request(&mut draws, &mut meter, who, order)?;
		}

		assert!(Requests::<T>::contains_key(id));
		Ok(())
	}

	/// The draw context is not counted.
	#[benchmark]
	fn request_stored() -> Result<(), BenchmarkError> {
		go::<T>();
		let model = model::<T>(tiers::size(Tier::High));
		let mut draws = draw_context::<T>(model);
		let mut meter = WeightMeter::new();
		let (who, order) = order::<T>(model, OrderInput::Stored(STORED));
		let id = NextRequestId::<T>::get();

		#[block]
		{
			Pallet::<T>::do_request(&mut draws, &mut meter, who, order)?;
		}

		assert!(Requests::<T>::contains_key(id));
		Ok(())
	}

	/// The panel is not counted.
	#[benchmark]
	fn convene() {
		go::<T>();
		insert_stored::<T>(RequestState::Uploading { until: None });
		let end = now::<T>() + Pallet::<T>::hold_blocks(STORED.size).into();

		#[block]
		{
			let stored = Requests::<T>::get(ID).expect("it is stored");
			assert!(Pallet::<T>::panel_seed(&stored).is_some());
			assert!(Pallet::<T>::schedule(end, ID, Action::EndHolding));
			Pallet::<T>::await_content(ID, stored, STORED, end);
		}

		assert!(Agenda::<T>::decode_len(end).is_some());
	}

	/// Input that is held. An output costs less.
	#[benchmark]
	fn held() {
		go::<T>();
		insert_stored::<T>(RequestState::Uploading { until: Some(now::<T>()) });

		#[block]
		{
			Pallet::<T>::on_held(ID);
		}

		assert!(state::<T>(ID).is_some_and(|state| state.waits_for_first_draw()));
	}

	/// The panel, and the transfers to its members, are not counted.
	#[benchmark]
	fn dismiss() {
		go::<T>();
		insert_stored::<T>(RequestState::Failed { reason: FailureReason::Expired, at: now::<T>() });
		let mut batch = SettlementBatch::<T>::new();

		#[block]
		{
			let mut stored = Requests::<T>::get(ID).expect("it is stored");
			let owed = core::mem::take(&mut stored.escrow);
			batch.charge(&stored.requester, owed, 0);
			Requests::<T>::insert(ID, stored);
		}

		assert_eq!(Requests::<T>::get(ID).map(|stored| stored.escrow), Some(0));
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

	/// First challenge of an audited answer, with a pool as the bond.
	#[benchmark]
	fn challenge_with_pool() {
		go::<T>();
		let key = audited_by_others::<T>();
		let (call, signature) = signed::<T, _>(key, pool_challenge());

		#[extrinsic_call]
		_(RawOrigin::Authorized, call, signature);

		assert!(matches!(state::<T>(ID), Some(RequestState::Court { .. })));
	}

	#[benchmark]
	fn authorize_challenge_with_pool() {
		go::<T>();
		let key = audited_by_others::<T>();
		let (call, signature) = signed::<T, _>(key, pool_challenge());
		let result;

		#[block]
		{
			result = Pallet::<T>::authorize_pool_call(&call, &signature);
		}

		assert!(result.is_ok());
	}

	/// What is measured is the signature, the search and the comparison: the court reveals nothing in
	/// a benchmark.
	#[benchmark]
	fn authorize_reveal_claim_with_pool() {
		go::<T>();
		insert::<T>(0, Tier::High, in_court::<T>());
		add_challenges::<T>(MAX_CHALLENGES);
		let key = T::BenchmarkHelper::executor(&watcher::<T>());
		let claim = PoolClaim { digest: H256::zero(), salt: H256::zero() };
		let (claim, signature) = signed::<T, _>(key, claim);
		let result;

		#[block]
		{
			result = Pallet::<T>::authorize_pool_call(&claim, &signature);
		}

		assert!(result.is_err());
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
		// There is an output of the block before.
		let next = frame_system::Pallet::<T>::block_number() + 1u32.into();
		frame_system::Pallet::<T>::set_block_number(next);
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

	/// A full list of draws that an earlier block queued, read and removed.
	#[benchmark]
	fn draw_list() {
		go::<T>();
		let ids = (0..T::MaxAgenda::get()).map(RequestId::from).collect();
		let list = (now::<T>() - 1u32.into(), 3u32);
		Draws::<T>::insert(list, BoundedVec::truncate_from(ids));
		let due;

		#[block]
		{
			due = Draws::<T>::take(list);
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

	/// `p`: executors that can be drawn and serve the model. The seats that wait in it are counted too:
	/// all requests and draws with this sampler share them.
	#[benchmark]
	fn sampler(p: Linear<0, { T::MaxExecutors::get() }>) {
		let model = model::<T>(p);
		let mut draws = DrawContext::<T>::new();
		draws.load(&mut WeightMeter::new(), T::Executors::session());
		let count;

		#[block]
		{
			count = draws.count(&mut WeightMeter::new(), model, &[]);
			Pallet::<T>::await_seats(model, 1);
		}

		assert_eq!(count, p);
	}

	/// `p`: executors with open seats.
	#[benchmark]
	fn open_seats(p: Linear<0, { T::MaxExecutors::get() }>) {
		whitelist_shared_keys::<T>();
		open_seats_of::<T>(p);
		let list;

		#[block]
		{
			let _ = T::Executors::declared_slots();
			list = OpenSeats::<T>::get().into_inner();
			let mut changes = LoadChanges::new();
			list.first().into_iter().for_each(|(who, load)| changes.take(who, *load));
			Pallet::<T>::store_loads(changes);
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
			free = draws.capacity(&mut WeightMeter::new(), candidates, 0, 1);
		}

		assert_eq!(free.executors, p);
	}

	/// `p`: executors with open seats. Whoever ends a round pays for reading it.
	#[benchmark]
	fn release_seats(p: Linear<{ MAX_COMMITTEE }, { T::MaxExecutors::get() }>) {
		whitelist_shared_keys::<T>();
		whitelist_round::<T>(ID);
		open_seats_of::<T>(p);
		let mut members = executors::<T>(p);
		members.truncate(MAX_COMMITTEE as usize);
		let seats = members.into_iter().map(|who| (who, 0, answer(9))).collect();
		T::BenchmarkHelper::closed_rounds(ID, seats);

		#[block]
		{
			Pallet::<T>::release_first_round(ID);
		}

		let open = OpenSeats::<T>::get().into_iter().filter(|(_, load)| load.seats > 0);
		assert_eq!(open.count() as u32, p - MAX_COMMITTEE);
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

	/// One more vacant seat that waits for the next draws.
	#[benchmark]
	fn queue_replacement() {
		whitelist_shared_keys::<T>();

		#[block]
		{
			Pallet::<T>::queue_replacement(ID, tiers::FIRST);
		}

		assert_eq!(Vacancies::<T>::get().len(), 1);
	}

	/// Giving a vacant seat to another executor, without the draw context. `e`: members so far.
	#[benchmark]
	fn replace(e: Linear<1, { MAX_MEMBERS - 1 }>) {
		go::<T>();
		let model = model::<T>(3);
		let status = CommitteeStatus::Assigned { round: tiers::SECOND };
		insert::<T>(model, Tier::High, RequestState::Open(status));
		let members: Vec<T::AccountId> = (0..e).map(|index| account("earlier", index, 0)).collect();
		owe::<T>(members.clone());
		let session = T::Executors::session();
		T::BenchmarkHelper::vacant_seat(ID, tiers::SECOND, session, members);
		let mut draws = draw_context::<T>(model);
		let mut meter = WeightMeter::new();

		#[block]
		{
			Pallet::<T>::service_vacancy(&mut draws, &mut meter, ID, tiers::SECOND);
		}

		assert_eq!(T::Committees::past_members(ID).len() as u32, e + 1);
	}

	/// End of a request without a decision, which waits for its first draw.
	#[benchmark]
	fn refund() {
		go::<T>();
		insert::<T>(0, Tier::High, RequestState::Open(waiting::<T>(tiers::FIRST)));
		Pallet::<T>::await_seats(0, 2 * tiers::size(Tier::High));

		#[block]
		{
			let stored = Requests::<T>::get(ID).expect("it is stored");
			Pallet::<T>::refund(&mut WeightMeter::new(), ID, stored, FailureReason::Expired);
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
		whitelist_pending::<T>(model);
		let mut draws = draw_context::<T>(model);
		let mut meter = WeightMeter::new();
		// Seats change what was offered to the round before.
		draws.offered(&mut meter, (model, T::Executors::session()), 1);

		#[block]
		{
			Pallet::<T>::draw(&mut draws, &mut meter, ID, &[[1; 32]; 3]);
		}

		assert!(T::Committees::past_members(ID).len() as u32 > e);
	}

	/// First committee that agreed. Whoever ended its round has paid for reading it.
	#[benchmark]
	fn attested() {
		go::<T>();
		whitelist_round::<T>(ID);
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
		whitelist_round::<T>(ID);
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

	/// Oldest of as many disputes as can wait, which the court takes.
	#[benchmark]
	fn service_disputes() {
		go::<T>();
		let before = Some((answer(9), now::<T>()));
		insert::<T>(0, Tier::High, RequestState::Court { attested: before, opened: false });
		past_seats::<T>(ID, EARLIER, 0);
		let waiting = (0..T::MaxAgenda::get()).map(|index| ID + RequestId::from(index)).collect();
		WaitingDisputes::<T>::put(BoundedVec::truncate_from(waiting));

		#[block]
		{
			Pallet::<T>::service_disputes(&mut WeightMeter::new());
		}

		assert_eq!(WaitingDisputes::<T>::get().len() as u32, T::MaxAgenda::get() - 1);
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
			witness: H256::zero(),
			seed: H256::zero(),
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

		let rest = T::Currency::balance_on_hold(&HoldReason::Request.into(), &requester);
		assert!(rest <= deposit + 1);
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
		let mut context = block_context::<T>();

		#[block]
		{
			Pallet::<T>::prune(&mut context, ID);
		}

		assert!(!Requests::<T>::contains_key(ID));
	}

	#[benchmark]
	fn drain() -> Result<(), BenchmarkError> {
		let origin =
			T::DrainOrigin::try_successful_origin().map_err(|()| BenchmarkError::Weightless)?;

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin);

		assert_eq!(Intake::<T>::get(), IntakeStatus::Draining);
		Ok(())
	}

	#[benchmark]
	fn resume() -> Result<(), BenchmarkError> {
		let origin =
			T::DrainOrigin::try_successful_origin().map_err(|()| BenchmarkError::Weightless)?;
		Intake::<T>::put(IntakeStatus::Drained);

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin);

		assert_eq!(Intake::<T>::get(), IntakeStatus::Open);
		Ok(())
	}

	#[benchmark]
	fn end_drain() {
		Intake::<T>::put(IntakeStatus::Draining);
		let mut meter = WeightMeter::new();

		#[block]
		{
			Pallet::<T>::end_drain(&mut meter);
		}

		assert_eq!(Intake::<T>::get(), IntakeStatus::Drained);
	}

	/// `r`: requests that there are, of the largest size.
	#[benchmark]
	fn release_orphaned(r: Linear<1, 1_000>) {
		go::<T>();
		let state = RequestState::Open(CommitteeStatus::Assigned { round: 0 });
		let inserted = insert::<T>(0, Tier::High, state);
		for other in 1..RequestId::from(r) {
			Requests::<T>::insert(ID + other, &inserted);
		}
		let who = rich::<T>("orphan");
		hold::<T>(HoldReason::Request, &who, inserted.deposit);

		#[extrinsic_call]
		_(RawOrigin::Signed(inserted.requester), who.clone(), r);

		assert_eq!(T::Currency::balance_on_hold(&HoldReason::Request.into(), &who), 0);
	}
}
