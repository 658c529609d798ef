//! Listings and events, as nodes and clients read them.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used)]

use codec::Encode;
use frame_support::assert_ok;
use opg_primitives::{AccountId, RequestId, Tier};
use opg_runtime::{
	constants::{MILLI_OPG, OPG, REQUEST_DEPOSIT, SLOT_STAKE},
	*,
};
use opg_runtime_api::{
	runtime_decl_for_directory_api::DirectoryApiV1,
	runtime_decl_for_request_events_api::RequestEventsApiV1, PoolRole, PoolState, RequestEvent,
};
use opg_runtime_testing::*;
use pallet_opg_staking::Role;

fn operators(page: &opg_runtime_api::Page<opg_runtime_api::ExecutorView>) -> Vec<AccountId> {
	page.items.iter().map(|own| own.pool.operator.clone()).collect()
}

#[test]
fn chain_should_tell_clock_price_and_next_request() {
	run(|| {
		let view = <Runtime as DirectoryApiV1<Block>>::chain();
		assert_eq!(view.spec_version, VERSION.spec_version);
		assert_eq!((view.request_deposit, view.next_request), (REQUEST_DEPOSIT, 0));
		assert!(view.fuel_price > 0 && view.session > 0 && view.clock > 0);
		assert_eq!(request(), 0);
		assert_eq!(<Runtime as DirectoryApiV1<Block>>::chain().next_request, 1);
	});
}

#[test]
fn executors_should_be_listed_by_page_with_slots_and_what_they_serve() {
	run(|| {
		let page = |model, cursor, limit| {
			<Runtime as DirectoryApiV1<Block>>::executors(model, cursor, limit)
		};
		let all = page(Some(0), None, 100);
		assert_eq!((all.items.len(), all.next.clone()), (6, None));
		let opened = all.items.iter().find(|own| own.pool.operator == executor(3)).unwrap();
		assert_eq!(u128::from(opened.slots), 10_000 * OPG / SLOT_STAKE);
		let first = page(Some(0), None, 4);
		let rest = page(Some(0), first.next.clone(), 4);
		assert_eq!((first.items.len(), rest.items.len(), &rest.next), (4, 2, &None));
		assert_eq!([operators(&first), operators(&rest)].concat(), operators(&all));
		assert_eq!(first.next, Some(operators(&first)[3].encode()));
		// Those of the preset do not serve the model.
		assert!(page(None, None, 100).items.len() >= 6);
		assert_eq!(page(Some(9), None, 100).items, []);
		// A limit of nothing is one.
		assert_eq!(page(Some(0), None, 0).items.len(), 1);

		let serving = <Runtime as DirectoryApiV1<Block>>::serving(None, 64);
		assert_eq!(serving.items[0].executors, operators(&all));
		assert_ok!(Models::stop_serving(signed(executor(0)), 0));
		let serving = <Runtime as DirectoryApiV1<Block>>::serving(None, 64);
		assert!(!serving.items[0].executors.contains(&executor(0)));

		assert_ok!(Staking::set_slots(signed(executor(1)), 3));
		assert_ok!(Staking::pause(signed(executor(1)), Role::Executor));
		let all = page(None, None, 100);
		let paused = all.items.iter().find(|own| own.pool.operator == executor(1)).unwrap();
		assert_eq!((paused.slots, paused.pool.state), (3, PoolState::Paused));
	});
}

#[test]
fn account_should_tell_pools_and_stake_on_its_way_out() {
	run(|| {
		let view = <Runtime as DirectoryApiV1<Block>>::account(executor(3));
		assert_eq!(view.pools[0].pool.role, PoolRole::Executor);
		assert_eq!(view.pools[0].pool.own_stake, 10_000 * OPG);
		assert!(view.held > 0 && view.delegations.is_empty());

		let who = eve();
		assert_ok!(Staking::delegate(signed(who.clone()), executor(0), Role::Executor, 30 * OPG));
		assert_ok!(Staking::undelegate(signed(who.clone()), executor(0), Role::Executor, 10 * OPG));
		let view = <Runtime as DirectoryApiV1<Block>>::account(who);
		let [delegation] = &view.delegations[..] else { panic!("{view:?}") };
		assert_eq!((&delegation.operator, delegation.role), (&executor(0), PoolRole::Executor));
		assert!(delegation.stake.abs_diff(20 * OPG) < MILLI_OPG);
		assert!(delegation.unbonding[0].amount.abs_diff(10 * OPG) < MILLI_OPG);
		assert!(delegation.unbonding[0].unlock_at > 0);
	});
}

/// What happened to requests in this block, by name.
fn events(id: RequestId) -> Vec<RequestEvent> {
	let events = <Runtime as RequestEventsApiV1<Block>>::request_events();
	events.into_iter().filter(|own| own.request == id).map(|own| own.event).collect()
}

#[test]
fn events_should_tell_what_a_block_did_to_requests_and_references_what_is_kept() {
	run(|| {
		let id = request_undrawn(Tier::Quorum);
		let requested = &events(id)[0];
		assert!(matches!(requested, RequestEvent::Requested { model: 0, .. }), "{requested:?}");
		draw(id);
		let drawn = &events(id)[0];
		let RequestEvent::Drawn { round: 0, committee: members } = drawn else {
			panic!("{drawn:?}")
		};
		assert_eq!(members, &committee(id));
		answer_all(id, |_| right());
		let answered = events(id);
		let count =
			|is_one: fn(&RequestEvent) -> bool| answered.iter().filter(|own| is_one(own)).count();
		assert_eq!(count(|own| matches!(own, RequestEvent::Committed { .. })), 3);
		assert_eq!(count(|own| matches!(own, RequestEvent::Revealed { .. })), 3);
		assert_eq!(count(|own| matches!(own, RequestEvent::Attested { .. })), 1);
		let is_settled = |own: &RequestEvent| matches!(own, RequestEvent::Settled { model: 0, .. });
		while !events(id).iter().any(is_settled) {
			step();
		}
		let kept = <Runtime as RequestEventsApiV1<Block>>::references(0, 1_000);
		assert_eq!((kept.len(), kept[0].request, kept[0].model), (1, id, 0));
		assert!(<Runtime as RequestEventsApiV1<Block>>::references(id + 1, 10).is_empty());
		assert!(<Runtime as RequestEventsApiV1<Block>>::failure_of(0).is_none());
	});
}
