//! Conservation: random walks over all four pallets make no planck out of nothing, lose none that
//! is not burned, and keep `try_state` of every pallet after each step.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used)]

use frame_support::storage::with_storage_layer;
use opg_primitives::{Content, JobError, RequestId, Tier, MAX_INPUT_BYTES};
use opg_runtime::{
	constants::{self, OPG},
	*,
};
use opg_runtime_testing::*;
use pallet_opg_attestation::{RoundPhase, Rounds, SeatState};
use pallet_opg_court::{CasePhase, Cases};
use pallet_opg_inference::{claim_hash, BondSource, Challenge, RequestState, Requests};
use pallet_opg_staking::Role;
use proptest::prelude::*;
use sp_core::H256;
use sp_runtime::{traits::BlockNumberProvider, DispatchError, DispatchResult};

const EXECUTORS: usize = 12;
/// Validators of the court.
const VALIDATORS: usize = 3;
/// Input outside of the chain.
const STORED: Content = Content { hash: H256::repeat_byte(9), size: 2 * MAX_INPUT_BYTES };

/// Step of a walk: a kind, and three numbers that choose the parties and the amount.
type Step = (u8, u8, u8, u16);

fn step_of_walk() -> impl Strategy<Value = Step> {
	(0u8..100, any::<u8>(), any::<u8>(), any::<u16>())
}

/// Chooses one of the latest requests, most of which are still open.
fn pick_request(pick: u8) -> Option<RequestId> {
	let mut ids: Vec<_> = pallet_opg_inference::Requests::<Runtime>::iter_keys().collect();
	ids.sort_unstable();
	let recent = &ids[ids.len().saturating_sub(6)..];
	recent.get(pick as usize % recent.len().max(1)).copied()
}

/// Lets one seat of a request, or all of them, do its duty, rightly or not.
fn act(pick: u8, seat: u8, how: u16) {
	let Some(id) = pick_request(pick) else { return };
	let Some(round) = Rounds::<Runtime>::get(id) else { return };
	let seats = round.current_seats().count();
	if how.is_multiple_of(7) {
		act_in(id, seat as usize % seats, how);
	} else {
		(0..seats).for_each(|seat| act_in(id, seat, how));
	}
}

fn act_in(id: RequestId, seat: usize, how: u16) {
	let round = round(id);
	let seats: Vec<_> = round.current_seats().cloned().collect();
	let Some(seat) = seats.get(seat) else { return };
	// Whether an executor lies is decided by its seat, so that it reveals what it committed to.
	// First committees lie about every tenth request; auditors are mostly right.
	let lies = (id.is_multiple_of(10) && round.index < 2) || how % 97 == 5;
	let answer = if lies { wrong() } else { right() };
	// Some auditors copy.
	let copied = round.witnessed.then_some(H256::zero());
	let who = &seat.executor;
	let _ = match (&seat.state, round.phase) {
		(SeatState::Waiting, _) if round.takes_no_commitment() => reveal(id, who, answer),
		(SeatState::Waiting, RoundPhase::Commit) if how % 50 == 7 => {
			decline(id, who, JobError::ModelMissing)
		},
		(SeatState::Waiting, RoundPhase::Commit) if how % 11 == 3 => {
			commit_with(id, who, &answer, copied)
		},
		(SeatState::Waiting, RoundPhase::Commit) => commit(id, who, &answer),
		(SeatState::Committed { .. }, RoundPhase::Reveal) => reveal(id, who, answer.clone())
			.or_else(|_| reveal_with(id, who, answer, copied))
			.or_else(|_| reveal(id, who, if lies { right() } else { wrong() })),
		_ => Ok(()),
	};
}

fn apply_step((what, a, b, amount): Step) -> DispatchResult {
	let someone = |pick: u8| match pick as usize % (EXECUTORS + 3) {
		0 => eve(),
		1 => dave(),
		2 => ferdie(),
		index => executor(index - 3),
	};
	let operator = |pick: u8| executor(pick as usize % EXECUTORS);
	let who = signed(someone(a));
	let opg = Balance::from(amount) * OPG / 16;
	match what {
		0..=6 => {
			let tier = [Tier::Optimistic, Tier::Quorum, Tier::High][b as usize % 3];
			let (model, reference) = (u32::from(b % 8 == 7), H256::zero());
			let deadline = (amount % 8 == 7).then(|| Clock::current_block_number() + 9);
			let fuel_limit = (b % 5 == 2).then_some(FUEL);
			let (max_fee, max_royalty) = (10 * OPG, OPG);
			let requested = if amount % 4 == 1 {
				Inference::request_stored(
					who,
					model,
					STORED,
					tier,
					max_fee,
					max_royalty,
					reference,
					deadline,
					fuel_limit,
				)
			} else {
				Inference::request(
					who,
					model,
					input(),
					tier,
					max_fee,
					max_royalty,
					reference,
					deadline,
					fuel_limit,
				)
			};
			requested.map(drop).map_err(|failed| failed.error)
		},
		7..=54 => {
			act(a, b, amount);
			Ok(())
		},
		55..=69 => {
			steps(1 + u32::from(b) % 3);
			Ok(())
		},
		70 => {
			steps(constants::CHALLENGE_WINDOW);
			Ok(())
		},
		71 if b.is_multiple_of(16) => {
			steps(100 + u32::from(amount) % 200);
			Ok(())
		},
		71..=76 => {
			let attested = Requests::<Runtime>::iter()
				.find(|(_, request)| matches!(request.state, RequestState::Attested { .. }));
			let Some((id, request)) = attested else { return Ok(()) };
			if amount % 4 == 3 {
				return Inference::audit(who, id).map(drop).map_err(|failed| failed.error);
			}
			let claimed = if amount % 2 == 0 { right() } else { wrong() };
			let disputed = request.state.attested().unwrap().0.digest();
			if amount % 8 < 2 {
				let who = operator(b);
				let claim = claim_hash(&who, id, claimed.digest(), H256(SALT));
				let _ = challenge_with_pool(id, &who, disputed, claim);
				return Ok(());
			}
			let claim = claim_hash(&ferdie(), id, claimed.digest(), H256(SALT));
			let seed = request.seed.unwrap();
			Inference::challenge(signed(ferdie()), id, seed, disputed, claim)
		},
		77 => {
			let Some(id) = pick_request(b) else { return Ok(()) };
			Inference::cancel(who, id)
		},
		78..=82 => Staking::delegate(who, operator(b), Role::Executor, opg),
		83..=86 => Staking::undelegate(who, operator(b), Role::Executor, opg),
		87..=89 => Staking::withdraw(who, operator(b), Role::Executor, someone(a)),
		90 if b.is_multiple_of(64) => Staking::leave(who, Role::Executor),
		90..=91 => {
			let _ = Staking::resume(signed(operator(a)), Role::Executor);
			Staking::delegate(signed(operator(a)), operator(a), Role::Executor, 2_000 * OPG)
		},
		92 => Staking::pause(signed(operator(a)), Role::Executor),
		93 => Models::serve(signed(operator(a)), u32::from(b) % 3, REPORT),
		94 if b.is_multiple_of(16) => Models::stop_serving(signed(operator(a)), u32::from(b) % 3),
		95 => register(someone(a), 2 * FUEL, Balance::from(amount) * OPG / 65_536),
		96 => Models::deregister(who, 1 + u32::from(b) % 3),
		_ => {
			next_session();
			for index in 0..EXECUTORS {
				let resume = || Staking::resume(signed(executor(index)), Role::Executor);
				let _ = with_storage_layer(resume);
			}
			Ok(())
		},
	}
}

/// Panels hold what they are asked for, but that of every third request.
fn hold() {
	for id in pallet_opg_court::Panels::<Runtime>::iter_keys().collect::<Vec<_>>() {
		if !id.is_multiple_of(3) {
			Court::hold_all(id);
		}
	}
}

/// Lets the court go on: validators vote for the right answer, and challengers reveal.
fn vote() {
	for (id, case) in Cases::<Runtime>::iter().collect::<Vec<_>>() {
		for index in 0..VALIDATORS {
			let _ = match case.phase {
				CasePhase::Commit { .. } => court_commit(id, index, 0, &right()),
				CasePhase::Reveal { .. } => court_reveal(id, index, 0, right()),
				_ => Ok(()),
			};
		}
		for claimed in [right(), wrong()] {
			let _ = with_storage_layer(|| {
				Inference::reveal_claim(signed(ferdie()), id, claimed.digest(), H256(SALT))
			});
			for who in hidden_claims(id) {
				let _ = reveal_claim_with_pool(id, &who, claimed.digest(), H256(SALT));
			}
		}
	}
}

/// Executors that challenged a request with their pools, and have not said what they claim.
fn hidden_claims(id: RequestId) -> Vec<AccountId> {
	let challenges = Requests::<Runtime>::get(id).map(|request| request.challenges.into_inner());
	let is_hidden = |own: &Challenge<AccountId>| {
		own.revealed.is_none() && matches!(own.source, BondSource::Pool { .. })
	};
	challenges.unwrap_or_default().into_iter().filter(is_hidden).map(|own| own.challenger).collect()
}

fn walk(steps: Vec<Step>) -> [u32; 6] {
	let mut ended = [0; 6];
	run_with(EXECUTORS, || {
		pallet_opg_models::Models::<Runtime>::mutate(0, |version| {
			version.as_mut().unwrap().limits.input_bytes = STORED.size;
		});
		for step in steps {
			let before = Balances::total_issuance();
			// As in a block: a call that fails changes nothing.
			let result: Result<(), DispatchError> = with_storage_layer(|| apply_step(step));
			vote();
			hold();
			for record in System::events() {
				match record.event {
					RuntimeEvent::Inference(pallet_opg_inference::Event::Settled { .. }) => {
						ended[0] += 1
					},
					RuntimeEvent::Inference(pallet_opg_inference::Event::Failed { .. }) => {
						ended[1] += 1
					},
					RuntimeEvent::Inference(pallet_opg_inference::Event::StoragePaid {
						..
					}) => ended[4] += 1,
					RuntimeEvent::Inference(pallet_opg_inference::Event::StorageBurned {
						..
					}) => ended[5] += 1,
					RuntimeEvent::Inference(pallet_opg_inference::Event::ChallengeWon {
						..
					}) => ended[2] += 1,
					RuntimeEvent::Inference(pallet_opg_inference::Event::ChallengeLost {
						..
					}) => ended[3] += 1,
					_ => {},
				}
			}
			System::reset_events();
			assert!(
				Balances::total_issuance() <= before,
				"{step:?} ({result:?}) made OPG out of nothing"
			);
			check_invariants();
		}
	});
	ended
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(8))]

	#[test]
	fn conservation_should_hold_after_every_step(
		steps in prop::collection::vec(step_of_walk(), 1..400),
	) {
		walk(steps);
	}
}

/// The same at length, from a fixed seed. The walk reaches every way in which a request ends.
#[test]
fn conservation_should_hold_over_ten_thousand_steps() {
	use proptest::{
		strategy::ValueTree,
		test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
	};
	let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
	let mut runner = TestRunner::new_with_rng(Config::default(), rng);
	let steps = prop::collection::vec(step_of_walk(), 10_000..10_001);
	let ended = walk(steps.new_tree(&mut runner).unwrap().current());
	println!("settled, failed, challenges won, lost, storage paid, burned: {ended:?}");
	assert!(ended.iter().all(|count| *count > 0), "{ended:?}");
}
