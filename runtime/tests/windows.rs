//! Limits of versions, and the windows that follow from them.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used)]

use frame_support::{assert_noop, assert_ok};
use opg_primitives::{ModelId, RequestId, Tier, VersionLimits};
use opg_runtime::{
	constants::{self, FUEL_PER_CORE_SECOND, OPG},
	*,
};
use opg_runtime_testing::*;
use pallet_opg_attestation::RoundPhase;
use pallet_opg_court::Sittings;
use pallet_opg_inference::RequestState;
use pallet_opg_models::{Error, Maxima, NextModelId};
use sp_core::H256;
use sp_runtime::traits::BlockNumberProvider;

/// Validators of the court.
const VALIDATORS: usize = 3;

type Ceiling = <Runtime as pallet_opg_models::Config>::MaximaCeiling;

/// Limits of a version that takes so many seconds to load, and as many to run.
fn seconds(count: u64) -> VersionLimits {
	let fuel = count * FUEL_PER_CORE_SECOND;
	VersionLimits::inline(fuel, fuel, 512)
}

/// Registers a version that all six executors serve.
fn serve_version(limits: VersionLimits) -> ModelId {
	let model = NextModelId::<Runtime>::get();
	assert_ok!(register_within(dave(), limits, OPG));
	(0..6).for_each(|index| Models::serve(signed(executor(index)), model, REPORT).unwrap());
	next_session();
	next_session();
	model
}

/// Eve makes a request, and its committee is drawn.
fn ask(model: ModelId) -> RequestId {
	let id = next_request();
	let (tier, max_fee, reference) = (Tier::Quorum, 100 * OPG, H256::zero());
	let call = Inference::request(
		signed(eve()),
		model,
		input(),
		tier,
		max_fee,
		OPG,
		reference,
		None,
		None,
	);
	assert_ok!(call);
	draw(id);
	id
}

/// Runs `test` on a chain whose maxima are as high as governance can set them.
fn run_raised(test: impl FnOnce()) {
	run(|| {
		assert_ok!(Models::set_maxima(RuntimeOrigin::root(), Ceiling::get()));
		test();
	});
}

#[test]
fn windows_should_be_four_times_as_long_when_the_limits_are() {
	run_raised(|| {
		let models = [(serve_version(seconds(5)), 10), (serve_version(seconds(20)), 40)];
		for (model, blocks) in models {
			let id = ask(model);
			let now = Clock::current_block_number();
			let round = round(id);
			assert_eq!((round.decline_by - now, round.commit_by - now), (blocks / 2, blocks));
			answer_all(id, |_| right());
			steps(2 * blocks - 1);
			assert!(matches!(state(id), RequestState::Attested { .. }), "{blocks}");
			step();
			assert!(!matches!(state(id), RequestState::Attested { .. }), "{blocks}");

			let id = ask(model);
			let liar = committee(id)[0].clone();
			answer_all(id, |who| if *who == liar { wrong() } else { right() });
			while Sittings::<Runtime>::get().is_empty() {
				step();
			}
			assert_eq!(
				Sittings::<Runtime>::get()[0].until - Clock::current_block_number(),
				2 * blocks
			);
			court_sits(id, VALIDATORS, |_| Some(right()));
			assert!(matches!(state(id), RequestState::Settled { .. }), "{blocks}");
		}
	});
}

/// Whoever answered still has its stake when the longest window is over.
#[test]
fn unbonding_should_last_longer_than_the_longest_dispute_of_the_largest_version() {
	run_raised(|| {
		let model = serve_version(Ceiling::get().limits);
		let begun = Clock::current_block_number();
		let id = ask(model);
		// The first committee is silent, the second answers at the last moment.
		while round(id).index == 0 {
			step();
		}
		steps(constants::MAX_COMMIT_BLOCKS - 1);
		assert_eq!(round(id).phase_at(Clock::current_block_number()), RoundPhase::Commit);
		answer_all(id, |_| right());
		steps(constants::MAX_CHALLENGE_WINDOW - 1);
		assert!(matches!(state(id), RequestState::Attested { .. }));
		let taken = Clock::current_block_number() - begun;
		assert!(taken >= 2 * constants::MAX_COMMIT_BLOCKS + constants::MAX_CHALLENGE_WINDOW - 2);
		assert!(taken < constants::LONGEST_BEFORE_COURT);
		let sessions = 2 * constants::SESSION_SLOTS as u32;
		assert!(constants::LONGEST_BEFORE_COURT + sessions < constants::UNBONDING_BLOCKS);
	});
}

#[test]
fn version_should_be_refused_when_it_claims_more_memory_than_the_maximum() {
	run(|| {
		let claim = |memory| register_within(dave(), VersionLimits { memory, ..seconds(1) }, OPG);
		assert_ok!(claim(512));
		assert_noop!(claim(513), Error::<Runtime>::InvalidMemory);
		let ceiling: Maxima = Ceiling::get();
		assert_ok!(Models::set_maxima(RuntimeOrigin::root(), ceiling));
		assert_ok!(claim(3 * 1024));
		assert_noop!(claim(3 * 1024 + 1), Error::<Runtime>::InvalidMemory);
		let limits = VersionLimits { memory: 3 * 1024 + 1, ..ceiling.limits };
		let above = Maxima { limits, ..ceiling };
		let set = Models::set_maxima(RuntimeOrigin::root(), above);
		assert_noop!(set, Error::<Runtime>::AboveCeiling);
		let lower = Maxima { limits: seconds(1), size: 1 };
		assert_ok!(Models::set_maxima(RuntimeOrigin::root(), lower));
		assert_noop!(claim(1), Error::<Runtime>::InvalidSize);
		assert_eq!(pallet_opg_models::Models::<Runtime>::get(2).unwrap().limits.memory, 3 * 1024);
	});
}
