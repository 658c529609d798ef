//! What the hooks do with more work than a block has time for.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use frame_support::{assert_ok, traits::Hooks};
use pallet_opg_attestation::Phase;
use pallet_opg_inference::State;

fn open_rounds() -> usize {
	Records::<Runtime>::iter_values().filter(|record| record.phase != Phase::Closed).count()
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
