//! Hooks that have more work than a block has time for.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used)]

use frame_support::{
	assert_ok,
	traits::{fungible::Mutate, Hooks},
};
use opg_primitives::Tier;
use opg_runtime::{
	constants::{self, OPG},
	*,
};
use opg_runtime_testing::*;
use pallet_opg_attestation::{RoundPhase, Rounds};
use pallet_opg_inference::{CommitteeStatus, Event, RequestState};
use pallet_opg_staking::Role;
use sp_core::H256;
use sp_runtime::DispatchResult;
use std::collections::BTreeSet;

/// `who` makes a request of the quorum tier.
fn ask(who: AccountId) -> DispatchResult {
	let (tier, max_fee, reference) = (Tier::Quorum, 10 * OPG, H256::zero());
	Inference::request(signed(who), 0, input(), tier, max_fee, OPG, reference, None, None)
		.map(drop)
		.map_err(|refused| refused.error)
}

/// Runs `test` on a chain whose executors have slots for all of its requests.
fn run_wide(test: impl FnOnce()) {
	run(|| {
		set_balance(&ferdie(), 10_000_000 * OPG);
		for index in 0..6 {
			let (pool, stake) = (executor(index), 400_000 * OPG);
			carry(&pool, stake);
			assert_ok!(Staking::delegate(signed(ferdie()), pool, Role::Executor, stake));
		}
		next_session();
		next_session();
		step();
		test();
	});
}

fn open_rounds() -> usize {
	Rounds::<Runtime>::iter_values().filter(|round| round.phase != RoundPhase::Closed).count()
}

#[test]
fn actions_that_wait_should_come_before_later_ones() {
	run_wide(|| {
		let limit = <Runtime as pallet_opg_inference::Config>::AgendaWeight::get();
		// Two blocks in a row, each with more to settle than a block has time for: everyone asks
		// once.
		let count = 1_800u64;
		for id in 0..2 * count {
			let who = AccountId::new(sp_io::hashing::blake2_256(&id.to_le_bytes()));
			Balances::set_balance(&who, 100 * OPG);
			assert_ok!(ask(who));
			if (id + 1) % (count / 3) == 0 {
				step();
			}
		}
		(0..count).for_each(|id| {
			draw(id);
			answer_all(id, |_| right());
		});
		step();
		(count..2 * count).for_each(|id| {
			draw(id);
			answer_all(id, |_| right());
		});
		let mut delays = 0;
		let mut audited = BTreeSet::new();
		for _ in 0..2 * constants::CHALLENGE_WINDOW + 20 {
			begin_block();
			Attestation::on_initialize(System::block_number());
			let spent = Inference::on_initialize(System::block_number());
			assert!(spent.all_lte(limit), "{spent:?}");
			for record in System::events() {
				if let RuntimeEvent::Inference(Event::Audited { request, .. }) = record.event {
					audited.insert(request);
				}
			}
			// Auditors do their part.
			for id in &audited {
				let status = state(*id).committee().copied();
				if matches!(status, Some(CommitteeStatus::Assigned { .. })) {
					answer_all(*id, |_| right());
				}
			}
			let postponed = pallet_opg_inference::PostponedAt::<Runtime>::get();
			let postponed = postponed == Some(System::block_number());
			delays += u32::from(postponed);
			let next = next_request();
			let asked = ask(eve());
			let congested = pallet_opg_inference::Error::<Runtime>::Congested.into();
			let expected = if postponed { Err(congested) } else { Ok(()) };
			assert_eq!(asked, expected, "load is shed");
			if !postponed {
				assert_ok!(Inference::cancel(signed(eve()), next));
			}
		}
		assert!(delays > 0, "some were postponed");
		assert!(audited.iter().all(|id| matches!(state(*id), RequestState::Settled { .. })));
		let settled: Vec<_> = (0..2 * count)
			.filter(|id| !audited.contains(id))
			.map(|id| match state(id) {
				RequestState::Settled { at, .. } => at,
				other => panic!("{id} is not settled: {other:?}"),
			})
			.collect();
		assert!(settled.is_sorted(), "in the order of the requests");
		check_invariants();
	});
}

#[test]
fn rounds_should_end_later_when_a_block_has_no_time_for_all() {
	run_wide(|| {
		let count = 500;
		for _ in 0..count {
			assert_ok!(ask(eve()));
		}
		// Nobody ever commits.
		let mut ends = Vec::new();
		for _ in 0..40 {
			begin_block();
			let (now, open) = (System::block_number(), open_rounds());
			let spent = Attestation::on_initialize(now);
			let limit = <Runtime as pallet_opg_attestation::Config>::DeadlineWeight::get();
			assert!(spent.all_lte(limit), "{spent:?}");
			ends.extend(open.checked_sub(open_rounds()).filter(|ended| *ended > 0));
			let spent = Inference::on_initialize(now);
			let limit = <Runtime as pallet_opg_inference::Config>::AgendaWeight::get();
			assert!(spent.all_lte(limit), "{spent:?}");
			check_invariants();
		}
		assert!(ends.len() > 1, "all first rounds have their deadline in one block");
		assert_eq!(ends.iter().sum::<usize>(), 2 * count, "second rounds end too");
		let failed = pallet_opg_inference::Requests::<Runtime>::iter_values()
			.filter(|request| matches!(request.state, RequestState::Failed { .. }))
			.count();
		assert_eq!((failed, open_rounds()), (count, 0), "none was lost");
	});
}
