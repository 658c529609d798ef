//! Agenda: what a block runs, what it leaves for later, and the weight that it returns.

use crate::{agenda::*, mock::*, settlement::SettlementBatch, *};
use frame_support::{weights::Weight, BoundedVec};
use opg_primitives::{RequestId, Tier};

type Weights = <Test as Config>::WeightInfo;

fn put(time: u64, ids: impl IntoIterator<Item = RequestId>) {
	let actions: Vec<_> = ids.into_iter().map(|id| (id, Action::Settle)).collect();
	Agenda::<Test>::insert(time, BoundedVec::try_from(actions).unwrap());
}

fn ids(time: u64) -> Vec<RequestId> {
	Agenda::<Test>::get(time).into_iter().map(|(id, _)| id).collect()
}

/// Weight of a block that does nothing but look at one list of the agenda.
fn idle() -> Weight {
	Inference::base_weight() + Weights::agenda_list()
}

/// Limit with which a block does so many actions that turn out to be nothing.
fn limit(actions: u64) -> Weight {
	idle() + Weights::noop() * (actions - 1) + Inference::max_action_weight()
}

/// A key that a benchmark does not count, and that the block does not pay for, is free.
#[test]
fn block_should_pay_for_each_key_that_benchmarks_do_not_count() {
	run(|| {
		let keys = shared_keys::<Test>();
		// The account of the staking pallet is not known here.
		assert_eq!(keys.len() + 1, shared_count::<Test>());
		let different: std::collections::BTreeSet<_> = keys.iter().collect();
		assert_eq!(different.len(), keys.len(), "no two are the same");
		let database = <Test as frame_system::Config>::DbWeight::get();
		let paid = Inference::base_weight() - Weights::begin_block();
		assert!(database.reads_writes(keys.len() as u64, keys.len() as u64).all_lte(paid));
	});
}

#[test]
fn actions_that_do_not_fit_should_stay_where_they_are() {
	run(|| {
		let next = now() + 1;
		put(next, 10..18);
		put(next + 1, 20..26);
		AgendaWeight::set(limit(3));
		assert!(next_block().all_lte(limit(3)));
		assert_eq!(PostponedAt::<Test>::get(), Some(block()));
		assert_eq!(AgendaCursor::<Test>::get(), (next, 3));
		assert_eq!(ids(next).len(), 8);

		next_block();
		assert_eq!(AgendaCursor::<Test>::get(), (next, 6));
		next_block();
		// Two of the first list, then the next.
		assert!(ids(next).is_empty());
		assert_eq!(AgendaCursor::<Test>::get().0, next + 1);
		AgendaWeight::set(limit(100));
		next_block();
		assert_eq!(AgendaCursor::<Test>::get(), (now() + 1, 0));
		assert_ne!(PostponedAt::<Test>::get(), Some(block()));
		assert_eq!(Agenda::<Test>::iter().count(), 0);
	});
}

/// M5 of an audit: lists of three blocks in a row, each full, took more than the limit. The limit is a
/// bound in every state, and everything is done in the end.
#[test]
fn agenda_should_stay_within_its_weight_when_all_lists_are_full() {
	run(|| {
		let ids: Vec<_> = (0..4).map(|_| attested(Tier::High, answer(FUEL_LIMIT))).collect();
		let first = now() + 1;
		for time in first..first + 20 {
			let mut filler = 1_000_000;
			while Agenda::<Test>::try_append(time, (filler, Action::Settle)).is_ok() {
				filler += 1;
			}
		}
		let limit = limit(10);
		AgendaWeight::set(limit);
		for _ in 0..160 {
			assert!(next_block().all_lte(limit));
		}
		assert!(ids.into_iter().all(|id| state(id).is_final()));
		assert_eq!(AgendaCursor::<Test>::get(), (now() + 1, 0));
	});
}

#[test]
fn agenda_should_wait_when_the_clock_stands_still() {
	run(|| {
		let id = attested(Tier::Quorum, answer(FUEL_LIMIT));
		IsClockPaused::set(true);
		run_blocks(5 * WINDOW);
		assert!(!state(id).is_final());
		IsClockPaused::set(false);
		run_blocks(WINDOW);
		assert!(state(id).is_final());
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
		let transfers = SettlementBatch::<Test>::weight_of(1, 3, 1);
		let settled = Weights::settle(3) + transfers + Inference::max_release_weight();
		let fits = idle() + settled + Inference::max_action_weight();
		// One picosecond less than the second settlement needs.
		AgendaWeight::set(fits.saturating_sub(Weight::from_parts(1, 0)));
		assert_eq!(next_block(), idle() + settled);
		assert_eq!(requests.map(|id| state(id).is_final()), [true, false]);
		next_block();
		assert!(requests.iter().all(|id| state(*id).is_final()));
	});
}

#[test]
fn block_should_return_the_weight_of_what_it_did() {
	run(|| {
		assert_eq!(next_block(), idle());
		// Two settlements share a requester and an owner. Executors that are in both get one sum.
		let requests = [request(Tier::High), request(Tier::High)];
		run_draw(Tier::High);
		for id in requests {
			let open = OpenSeats::<Test>::get().len() as u32;
			let spent = agree(id, answer(FUEL_LIMIT));
			assert_eq!(spent, Weights::release_seats(open) + Weights::attested());
		}
		let mut executors = requests.map(|id| members(id, 0)).concat();
		executors.sort();
		executors.dedup();
		run_blocks(WINDOW - 1);
		let transfers = SettlementBatch::<Test>::weight_of(1, executors.len(), 1);
		let transfers = transfers + Inference::max_release_weight();
		assert_eq!(next_block(), idle() + Weights::settle(7) * 2 + transfers);

		// An action of a request that is not there.
		put(now() + 1, [1_000]);
		assert_eq!(next_block(), idle() + Weights::noop());
	});
}

#[test]
fn block_should_return_the_weight_of_pruning() {
	run(|| {
		let id = attested(Tier::Quorum, answer(FUEL_LIMIT));
		run_blocks(LIFETIME - 3);
		assert!(state(id).is_final());
		assert_eq!(next_block(), idle() + Weights::prune() + REMOVE_WEIGHT);

		let id = request(Tier::Quorum);
		Inference::cancel(signed(REQUESTER), id).unwrap();
		run_blocks(LIFETIME - 1);
		let deposit = Weights::return_deposit();
		assert_eq!(next_block(), idle() + Weights::prune() + deposit + REMOVE_WEIGHT);
	});
}

#[test]
fn schedule_should_take_the_first_time_that_has_room() {
	run(|| {
		fill_agendas(20, SCHEDULE_SEARCH_BLOCKS - 1);
		assert!(Inference::schedule(20, 1, Action::Settle));
		let last = 20 + u64::from(SCHEDULE_SEARCH_BLOCKS) - 1;
		assert_eq!(ids(last), [1]);
		fill_agendas(last, 1);
		assert!(!Inference::schedule(20, 2, Action::Settle));
	});
}

#[test]
fn action_should_do_nothing_when_the_state_of_its_request_has_changed() {
	run(|| {
		let id = drawn(Tier::Quorum);
		let before = stored(id);
		let actions = [(id, Action::Settle), (id, Action::Expire)];
		Agenda::<Test>::insert(now() + 1, BoundedVec::truncate_from(actions.to_vec()));
		let spent = next_block();
		assert_eq!(stored(id), before);
		assert_eq!(spent, idle() + Weights::noop() * 2);
	});
}

#[test]
fn verdict_should_return_its_weight() {
	run(|| {
		let id = drawn(Tier::Quorum);
		assert_eq!(fall_silent(id), Weights::release_seats(3) + Weights::escalated());
		run_draw(Tier::Quorum);
		assert_eq!(fall_silent(id), Weights::refund() + Weights::release_seats(10));
		let id = drawn(Tier::Quorum);
		let spent = dissent(id, &[answer(1), wrong()]);
		let dispute = Weights::open_court() + Inference::max_release_weight();
		assert_eq!(spent, Weights::release_seats(3) + dispute);
	});
}
