//! Agenda: what a block runs, what it postpones, and the weight that it returns.

use crate::{agenda::*, draw::DrawContext, mock::*, settlement::SettlementBatch, *};
use frame_support::{weights::Weight, BoundedVec};
use opg_primitives::{FailureReason, RequestId, Tier};

type Weights = <Test as Config>::WeightInfo;

fn put(block: u64, ids: impl IntoIterator<Item = RequestId>) {
	let actions: Vec<_> = ids.into_iter().map(|id| (id, Action::Draw)).collect();
	Agenda::<Test>::insert(block, BoundedVec::try_from(actions).unwrap());
}

fn ids(block: u64) -> Vec<RequestId> {
	Agenda::<Test>::get(block).into_iter().map(|(id, _)| id).collect()
}

#[test]
fn postponed_actions_should_keep_their_order_and_come_first() {
	run(|| {
		MaxDraws::set(3);
		let next = now() + 1;
		put(next, 10..18);
		put(next + 1, 20..26);
		put(next + 2, 30..32);
		next_block();
		assert_eq!(PostponedAt::<Test>::get(), Some(next));
		assert!(ids(next).is_empty());
		assert_eq!(ids(next + 1), [13, 14, 20, 21, 22, 23, 24, 25]);
		assert_eq!(ids(next + 2), [15, 16, 17, 30, 31]);

		next_block();
		assert_eq!(ids(next + 2), [21, 22, 23, 15, 16, 17, 30, 31]);
		assert_eq!(ids(next + 3), [24, 25]);
	});
}

#[test]
fn postponed_actions_should_all_run_in_the_end() {
	run(|| {
		MaxDraws::set(1);
		let requests: Vec<_> = (0..4).map(|_| request(Tier::Quorum)).collect();
		next_block();
		for drawn in 1..=4 {
			next_block();
			let assigned = requests.iter().filter(|id| assigned_round(**id).is_some()).count();
			assert_eq!(assigned, drawn);
			// The oldest request is drawn first.
			assert!(requests[..drawn].iter().all(|id| assigned_round(*id).is_some()));
			check();
		}
		assert_eq!(PostponedAt::<Test>::get(), Some(now() - 1));
	});
}

#[test]
fn action_should_run_when_no_later_block_has_room_for_it() {
	run(|| {
		let id = request(Tier::Quorum);
		next_block();
		MaxDraws::set(0);
		fill_agendas(now() + 2, SCHEDULE_SEARCH_BLOCKS);
		next_block();
		assert_eq!(assigned_round(id), Some(0));
		assert_eq!(PostponedAt::<Test>::get(), Some(now()));
	});
}

#[test]
fn block_should_postpone_what_its_weight_does_not_allow() {
	run(|| {
		let requests = [request(Tier::Quorum), request(Tier::Quorum)];
		next_block();
		let limit = Inference::base_weight()
			+ Weights::snapshot(EXECUTORS as u32)
			+ Inference::max_action_weight()
			+ Weights::postpone() * 2;
		AgendaWeight::set(limit);
		let spent = next_block();

		assert_eq!(requests.map(assigned_round), [Some(0), None]);
		assert_eq!(ids(now() + 1), [requests[1]]);
		let expected = Inference::base_weight()
			+ DrawContext::<Test>::max_weight()
			+ Weights::draw(3, 0)
			+ Weights::postpone();
		assert_eq!(spent, expected);
		assert!(spent.all_lte(limit));

		next_block();
		assert_eq!(requests.map(assigned_round), [Some(0), Some(0)]);
	});
}

#[test]
fn block_should_reserve_the_weight_of_the_transfers_it_collects() {
	run(|| {
		let requests = [0, 1].map(|_| drawn(Tier::Quorum));
		for id in requests {
			agree(id, answer(FUEL_LIMIT));
		}
		run_blocks(WINDOW - 1);
		let settled = Weights::settle_agreed(3) + SettlementBatch::<Test>::weight_of(1, 3, 1);
		let fits = Inference::base_weight()
			+ settled + Inference::max_action_weight()
			+ Weights::postpone();
		// One picosecond less than the second settlement needs.
		AgendaWeight::set(fits.saturating_sub(Weight::from_parts(1, 0)));
		let spent = next_block();
		assert_eq!(spent, Inference::base_weight() + settled + Weights::postpone());
		assert_eq!(Agenda::<Test>::get(now() + 1).into_inner(), [(requests[1], Action::Settle)]);
		next_block();
		assert!(requests.iter().all(|id| state(*id).is_final()));
	});
}

#[test]
fn block_should_return_its_base_weight_when_its_agenda_is_empty() {
	run(|| {
		let writes = 10;
		let database = <Test as frame_system::Config>::DbWeight::get();
		let expected = Weights::begin_block() + database.reads_writes(6 + writes, writes);
		assert_eq!(Inference::base_weight(), expected);
		assert_eq!(next_block(), expected);
	});
}

#[test]
fn block_should_return_the_weight_of_what_it_did() {
	run(|| {
		let base = Inference::base_weight();
		let executors = EXECUTORS as u32;
		let context = Weights::snapshot(executors) + Weights::sampler(executors);
		// Two draws share their context.
		let requests = [request(Tier::Quorum), request(Tier::High)];
		next_block();
		assert_eq!(next_block(), base + context + Weights::draw(3, 0));
		next_block();
		assert_eq!(next_block(), base + context + Weights::draw(7, 0));

		// Two settlements share a requester and an owner. Executors that are in both get one sum.
		assert_eq!(agree(requests[0], answer(FUEL_LIMIT)), Weights::attested());
		assert_eq!(agree(requests[1], answer(FUEL_LIMIT)), Weights::attested());
		let mut executors = [members(requests[0], 0), members(requests[1], 0)].concat();
		executors.sort();
		executors.dedup();
		run_blocks(WINDOW - 1);
		let transfers = SettlementBatch::<Test>::weight_of(1, executors.len(), 1);
		let settled = Weights::settle_agreed(3) + Weights::settle_agreed(7);
		assert_eq!(next_block(), base + settled + transfers);

		// An action of a request that is not there.
		put(now() + 1, [1_000]);
		assert_eq!(next_block(), base + Weights::snapshot(60) + Weights::noop());
	});
}

#[test]
fn block_should_return_the_weight_of_pruning() {
	run(|| {
		let id = attested(Tier::Quorum, answer(FUEL_LIMIT));
		run_blocks(LIFETIME - 3);
		assert!(state(id).is_final());
		let base = Inference::base_weight();
		assert_eq!(next_block(), base + Weights::prune() + REMOVE_WEIGHT);

		let id = request(Tier::Quorum);
		Inference::cancel(signed(REQUESTER), id).unwrap();
		run_blocks(LIFETIME - 1);
		let deposit = Weights::return_deposit();
		assert_eq!(next_block(), base + Weights::prune() + deposit + REMOVE_WEIGHT);
	});
}

#[test]
fn schedule_should_take_the_first_block_that_has_room() {
	run(|| {
		fill_agendas(20, SCHEDULE_SEARCH_BLOCKS - 1);
		assert!(Inference::schedule(20, 1, Action::Draw));
		let last = 20 + u64::from(SCHEDULE_SEARCH_BLOCKS) - 1;
		assert_eq!(ids(last), [1]);
		fill_agendas(last, 1);
		assert!(!Inference::schedule(20, 2, Action::Draw));
	});
}

#[test]
fn action_should_do_nothing_when_the_state_of_its_request_has_changed() {
	run(|| {
		let id = attested(Tier::Quorum, answer(FUEL_LIMIT));
		let before = stored(id);
		let actions = [(id, Action::Draw), (id, Action::ResolveDispute), (99, Action::Settle)];
		Agenda::<Test>::insert(now() + 1, BoundedVec::truncate_from(actions.to_vec()));
		let spent = next_block();
		assert_eq!(stored(id), before);
		let snapshot = Weights::snapshot(EXECUTORS as u32);
		assert_eq!(spent, Inference::base_weight() + snapshot + Weights::noop() * 3);
	});
}

#[test]
fn verdict_should_return_its_weight() {
	run(|| {
		let id = drawn(Tier::Quorum);
		assert_eq!(disagree(id), Weights::escalated());
		run_blocks(2);
		assert_eq!(disagree(id), Weights::refund());

		let id = drawn(Tier::Quorum);
		fill_agendas(now() + u64::from(WINDOW), SCHEDULE_SEARCH_BLOCKS);
		let spent = agree(id, answer(FUEL_LIMIT));
		assert_eq!(spent, Weights::attested() + Weights::refund());
		assert_eq!(failure(id), Some(FailureReason::Congested));
		use pallet_opg_support::OnRoundDecided;
		assert!(spent.all_lte(Inference::max_round_decided_weight()));
	});
}
