//! Load: the clock ticks, deadlines pass, and stake waits for disputes, at whatever rate of answers.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used)]

use frame_support::{assert_ok, dispatch::DispatchClass, weights::Weight};
use opg_runtime::{
	constants::{COMMIT_BLOCKS, LONGEST_BEFORE_COURT, OPG, REVEAL_BLOCKS, UNBONDING_BLOCKS},
	*,
};
use opg_runtime_testing::*;
use pallet_opg_attestation::{WeightInfo, MAX_BATCH};
use pallet_opg_inference::RequestState;
use pallet_opg_staking::{Error, Role};

/// Inferences that are attested in a block of three seconds: 250 per second.
const ATTESTED: u64 = 750;
const BLOCKS: u32 = 100;

/// Weight of the commitments and reveals of so many inferences by three executors, in full batches.
fn attestations(count: u64) -> Weight {
	type Weights = <Runtime as pallet_opg_attestation::Config>::WeightInfo;
	let batches = (3 * count).div_ceil(MAX_BATCH.into());
	let batch = Weights::commit(MAX_BATCH)
		.saturating_add(Weights::authorize_commit(MAX_BATCH))
		.saturating_add(Weights::reveal(MAX_BATCH))
		.saturating_add(Weights::authorize_reveal(MAX_BATCH));
	let rounds = Weights::change_round(3).saturating_mul(2).saturating_add(Weights::close(3));
	batch.saturating_mul(batches).saturating_add(rounds.saturating_mul(count))
}

/// Begins `count` blocks, of which each takes transactions of this weight with answers.
fn loaded_steps(count: u32, weight: Weight) {
	for _ in 0..count {
		System::register_extra_weight_unchecked(weight, DispatchClass::Operational);
		step();
		frame_system::BlockWeight::<Runtime>::kill();
	}
}

fn ticks() -> BlockNumber {
	pallet_opg_clock::Now::<Runtime>::get()
}

fn operational_limit() -> Weight {
	let limits = <Runtime as frame_system::Config>::BlockWeights::get();
	limits.get(DispatchClass::Operational).max_total.unwrap()
}

#[test]
fn deadlines_should_pass_when_250_inferences_are_attested_per_second() {
	run(|| {
		let weight = attestations(ATTESTED);
		assert!(weight.all_lt(operational_limit()), "the blocks take so many: {weight:?}");
		let id = request();
		let before = ticks();
		loaded_steps(BLOCKS, weight);
		assert_eq!(ticks() - before, BLOCKS, "it ticks in every block");
		// Nobody answers: two committees, and a refund.
		const { assert!(2 * (COMMIT_BLOCKS + REVEAL_BLOCKS) < BLOCKS) };
		assert!(matches!(state(id), RequestState::Failed { .. }), "{:?}", state(id));
	});
}

#[test]
fn deadlines_should_pass_four_times_as_late_when_answers_fill_every_block() {
	run(|| {
		let id = request();
		let before = ticks();
		loaded_steps(BLOCKS, operational_limit());
		assert_eq!(ticks() - before, BLOCKS / pallet_opg_clock::MAX_PAUSE);
		let times = 2 * (COMMIT_BLOCKS + REVEAL_BLOCKS) + 4;
		loaded_steps(times * pallet_opg_clock::MAX_PAUSE - BLOCKS, operational_limit());
		assert!(matches!(state(id), RequestState::Failed { .. }), "{:?}", state(id));
	});
}

/// Both are counted by the clock, so no load lets stake go before its dispute begins, which holds it.
#[test]
fn stake_should_stay_until_the_last_dispute_when_answers_fill_every_block() {
	run(|| {
		let who = executor(0);
		assert_ok!(Staking::undelegate(signed(who.clone()), who.clone(), Role::Executor, OPG));
		let withdraw =
			|| Staking::withdraw(signed(who.clone()), who.clone(), Role::Executor, who.clone());
		let before = ticks();
		let wait = |ticks: u32| {
			let blocks = ticks * pallet_opg_clock::MAX_PAUSE;
			loaded_steps(blocks, operational_limit());
		};
		wait(LONGEST_BEFORE_COURT);
		assert!(ticks() - before >= LONGEST_BEFORE_COURT);
		assert_eq!(withdraw(), Err(Error::<Runtime>::NotUnlocked.into()));
		wait(UNBONDING_BLOCKS + 1 - LONGEST_BEFORE_COURT);
		assert_ok!(withdraw());
	});
}
