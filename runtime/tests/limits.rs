//! What the hooks do with more work than a block has time for.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use frame_support::{
	assert_ok,
	traits::{fungible::Mutate, Hooks},
};
use pallet_opg_attestation::Phase;
use pallet_opg_inference::State;

fn open_rounds() -> usize {
	Records::<Runtime>::iter_values().filter(|record| record.phase != Phase::Closed).count()
}

#[test]
fn what_is_put_off_should_come_before_what_is_later() {
	run(|| {
		let limit = <Runtime as pallet_opg_inference::Config>::AgendaWeight::get();
		// Two blocks in a row, each with more to settle than a block has time for: everyone asks once.
		let count = 1_800u64;
		for id in 0..2 * count {
			let who = AccountId::new(sp_io::hashing::blake2_256(&id.to_le_bytes()));
			Balances::set_balance(&who, 100 * OPG);
			assert_ok!(Inference::request(signed(who), 0, input(), Tier::Quorum, 10 * OPG));
			if (id + 1) % (count / 2) == 0 {
				step();
			}
		}
		steps(2);
		(0..count).for_each(|id| answer_all(id, |_| right()));
		step();
		(count..2 * count).for_each(|id| answer_all(id, |_| right()));
		let mut delays = 0;
		for _ in 0..constants::CHALLENGE_WINDOW + 10 {
			begin();
			Attestation::on_initialize(System::block_number());
			let spent = Inference::on_initialize(System::block_number());
			assert!(spent.all_lte(limit), "{spent:?}");
			let behind = pallet_opg_inference::Behind::<Runtime>::get();
			let behind = behind == Some(System::block_number());
			delays += u32::from(behind);
			let next = pallet_opg_inference::NextRequestId::<Runtime>::get();
			let asked = Inference::request(signed(eve()), 0, input(), Tier::Quorum, 10 * OPG);
			let congested = pallet_opg_inference::Error::<Runtime>::Congested.into();
			let expected = if behind { Err(congested) } else { Ok(()) };
			assert_eq!(asked.map(|_| ()).map_err(|e| e.error), expected, "load is shed");
			if !behind {
				assert_ok!(Inference::cancel(signed(eve()), next));
			}
		}
		assert!(delays > 0, "some were put off");
		let settled: Vec<_> = (0..2 * count)
			.map(|id| match state(id) {
				State::Settled { at, .. } => at,
				other => panic!("{id} is not settled: {other:?}"),
			})
			.collect();
		assert!(settled.is_sorted(), "in the order of the requests");
		check();
	});
}

#[test]
fn rounds_should_end_later_when_a_block_has_no_time_for_all() {
	run(|| {
		let count = 500;
		for _ in 0..count {
			assert_ok!(Inference::request(signed(eve()), 0, input(), Tier::Quorum, 10 * OPG));
		}
		// Nobody ever commits.
		let mut ends = Vec::new();
		for _ in 0..40 {
			begin();
			let (now, open) = (System::block_number(), open_rounds());
			let spent = Attestation::on_initialize(now);
			let limit = <Runtime as pallet_opg_attestation::Config>::DeadlineWeight::get();
			assert!(spent.all_lte(limit), "{spent:?}");
			ends.extend(open.checked_sub(open_rounds()).filter(|ended| *ended > 0));
			let spent = Inference::on_initialize(now);
			let limit = <Runtime as pallet_opg_inference::Config>::AgendaWeight::get();
			assert!(spent.all_lte(limit), "{spent:?}");
			check();
		}
		assert_eq!(ends.len(), 2, "all first rounds have their deadline in one block");
		assert_eq!(ends.iter().sum::<usize>(), count);
		let failed = pallet_opg_inference::Requests::<Runtime>::iter_values()
			.filter(|request| matches!(request.state, State::Failed { .. }))
			.count();
		assert_eq!((failed, open_rounds()), (count, 0), "none was lost");
	});
}
