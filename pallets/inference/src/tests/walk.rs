//! Random walk over everything that can happen to requests, with the invariants after every step.

use crate::{mock::*, *};
use frame_support::weights::Weight;
use opg_primitives::{Balance, FailureReason, RequestId, Tier};
use pallet_opg_support::{OnRoundDecided, Verdict};
use proptest::{
	prelude::*,
	strategy::ValueTree,
	test_runner::{RngAlgorithm, TestRng, TestRunner},
};
use std::collections::BTreeSet;

#[derive(Clone, Debug)]
enum Step {
	Request {
		who: u64,
		tier: Tier,
		/// Time until which a committee must be drawn.
		within: Option<u64>,
		/// Whether the input is outside of the chain.
		is_stored: bool,
	},
	/// A panel holds what it was asked for.
	Hold {
		pick: usize,
	},
	PanelsFull(bool),
	Cancel {
		pick: usize,
	},
	Challenge {
		who: u64,
		pick: usize,
		/// Whether it claims the answer that the court finds.
		right: bool,
	},
	Audit {
		who: u64,
		pick: usize,
	},
	/// Closes a round. Two bits of `answers` say what each seat reveals.
	Close {
		pick: usize,
		answers: u32,
	},
	/// A seat of a committee at work is declined free of charge.
	Decline {
		pick: usize,
		seat: usize,
	},
	/// The court reveals votes, and so do challengers whose bit is set.
	Reveal {
		pick: usize,
		challengers: u32,
	},
	/// The court decides, or not.
	Court {
		pick: usize,
		decides: bool,
	},
	CourtFull(bool),
	Blocks(u32),
	/// Blocks in which the clock stands still.
	Paused(u32),
	/// Blocks without a VRF output.
	Missing(u32),
	/// Draws that a block can do.
	MaxDraws(u32),
	/// Whether a block has weight for little more than one draw and one action.
	Tight(bool),
	Authors(u32),
	Session,
	/// Pauses or resumes an executor.
	Pause(u64),
	Price(Balance),
	StakeAtRisk(Balance),
	/// Stake that seats can reserve.
	OwnStake(Balance),
	/// Stops the intake of requests, or resumes it.
	Drain(bool),
	/// Somebody asks for the holds of an account whose requests are gone.
	ReleaseOrphaned(u64),
}

fn step() -> impl Strategy<Value = Step> {
	let tier = prop_oneof![Just(Tier::Optimistic), Just(Tier::Quorum), Just(Tier::High)];
	let who = prop_oneof![Just(REQUESTER), Just(OTHER_REQUESTER), Just(CHALLENGER), Just(7u64)];
	let within = prop_oneof![3 => Just(None), 1 => (1..9u64).prop_map(Some)];
	let pick = any::<usize>;
	prop_oneof![
		6 => (who.clone(), tier, within, any::<bool>()).prop_map(
			|(who, tier, within, is_stored)| Step::Request { who, tier, within, is_stored }
		),
		6 => pick().prop_map(|pick| Step::Hold { pick }),
		1 => any::<bool>().prop_map(Step::PanelsFull),
		1 => pick().prop_map(|pick| Step::Cancel { pick }),
		4 => (who.clone(), pick(), any::<bool>())
			.prop_map(|(who, pick, right)| Step::Challenge { who, pick, right }),
		2 => (who, pick()).prop_map(|(who, pick)| Step::Audit { who, pick }),
		8 => (pick(), any::<u32>(), any::<bool>()).prop_map(|(pick, bits, unanimous)| {
			Step::Close { pick, answers: if unanimous { 0 } else { bits } }
		}),
		2 => (pick(), pick()).prop_map(|(pick, seat)| Step::Decline { pick, seat }),
		3 => (pick(), any::<u32>())
			.prop_map(|(pick, challengers)| Step::Reveal { pick, challengers }),
		4 => (pick(), any::<bool>()).prop_map(|(pick, decides)| Step::Court { pick, decides }),
		1 => any::<bool>().prop_map(Step::CourtFull),
		8 => (1..8u32).prop_map(Step::Blocks),
		1 => (1..8u32).prop_map(Step::Paused),
		1 => (1..40u32).prop_map(Step::Missing),
		1 => (0..4u32).prop_map(Step::MaxDraws),
		1 => any::<bool>().prop_map(Step::Tight),
		1 => (1..5u32).prop_map(Step::Authors),
		1 => Just(Step::Session),
		1 => (1..=EXECUTORS).prop_map(Step::Pause),
		1 => (MIN_PRICE..=MAX_PRICE).prop_map(Step::Price),
		1 => prop_oneof![Just(1), Just(10_000_000)].prop_map(Step::StakeAtRisk),
		1 => prop_oneof![Just(OWN_STAKE), Just(6 * SEAT_RESERVE), Just(2 * SEAT_RESERVE)]
			.prop_map(Step::OwnStake),
		1 => prop_oneof![1 => Just(true), 3 => Just(false)].prop_map(Step::Drain),
		1 => prop_oneof![Just(REQUESTER), Just(CHALLENGER)].prop_map(Step::ReleaseOrphaned),
	]
}

/// Answer that the court finds. That of some requests has an output outside of the chain.
fn right(id: RequestId) -> opg_primitives::Answer {
	if id % 3 == 1 {
		large_answer(FUEL_LIMIT / 3)
	} else {
		answer(FUEL_LIMIT / 3)
	}
}

/// The bits of `word` that are for the one at `index`. They begin again where there are more of
/// them than the word has bits for.
fn bits(word: u32, width: u32, index: usize) -> u32 {
	word.rotate_right(width * index as u32 % u32::BITS) & ((1 << width) - 1)
}

fn close(id: RequestId, answers: u32) {
	let round = assigned_round(id).unwrap();
	for index in 0..members(id, round).len() {
		match bits(answers, 2, index) {
			0 | 1 => reveal(id, index, right(id)),
			2 => reveal(id, index, wrong()),
			_ => {},
		}
	}
	let seats = Seats::get(id).into_iter().filter(|seat| seat.round == round);
	let given: Vec<_> = seats.filter_map(|seat| seat.answer).collect();
	let needed = tiers::committee_spec(stored(id).tier, round).needed as usize;
	let verdict = match given.first() {
		Some(first) if given.iter().any(|other| other != first) => Verdict::Dissent,
		Some(first) if given.len() >= needed => Verdict::Agreed(first.clone()),
		_ => Verdict::Undecided(FailureReason::NotEnoughReveals),
	};
	Inference::on_round_decided(id, verdict);
}

fn choose(pick: usize, mut ids: Vec<RequestId>) -> Option<RequestId> {
	ids.sort();
	(!ids.is_empty()).then(|| ids[pick % ids.len()])
}

fn with(condition: impl Fn(&RequestOf<Test>) -> bool) -> Vec<RequestId> {
	Requests::<Test>::iter().filter(|(_, request)| condition(request)).map(|(id, _)| id).collect()
}

fn is_assigned(request: &RequestOf<Test>) -> bool {
	matches!(request.state.committee(), Some(CommitteeStatus::Assigned { .. }))
}

/// Least weight with which a block does one draw and one action.
fn tight() -> Weight {
	type Weights = <Test as Config>::WeightInfo;
	let draws = Inference::base_weight() + Weights::draw_list() + Inference::max_draw_weight();
	draws * 2 + Weights::agenda_list() + Inference::max_action_weight()
}

fn ample() -> Weight {
	Weight::from_parts(1_000_000_000_000, u64::MAX)
}

fn blocks(count: u32) {
	for _ in 0..count {
		assert!(next_block().all_lte(AgendaWeight::get()));
		check();
	}
}

fn awaits_panel(request: &RequestOf<Test>) -> bool {
	matches!(request.state.awaited(request.stored_input), Some((_, Some(_))))
}

fn is_in_court(request: &RequestOf<Test>) -> bool {
	matches!(request.state, RequestState::Court { opened: true, .. })
}

/// Takes a step. A call that is refused leaves nothing behind.
fn take(step: Step) {
	match step {
		Step::Request { who, tier, within, is_stored } => {
			let mut call = if is_stored { request_stored_call(tier) } else { request_call(tier) };
			match &mut call {
				Call::request { deadline, fuel_limit, .. }
				| Call::request_stored { deadline, fuel_limit, .. } => {
					*deadline = within.map(|within| now() + within);
					// One of them asks within a limit of its own.
					*fuel_limit = (who == OTHER_REQUESTER).then_some(FUEL_LIMIT / 2);
				},
				_ => unreachable!(),
			}
			let _ = dispatch(who, call);
		},
		Step::Hold { pick } => {
			if let Some(id) = choose(pick, with(awaits_panel)) {
				hold(id, &VALIDATORS[..2]);
			}
		},
		Step::PanelsFull(are_full) => ArePanelsFull::set(&are_full),
		Step::Cancel { pick } => {
			if let Some(id) = choose(pick, with(|_| true)) {
				let _ = dispatch(stored(id).requester, Call::cancel { request: id });
			}
		},
		Step::Challenge { who, pick, right: is_right } => {
			let is_challengeable = |request: &RequestOf<Test>| {
				request.state.attested().is_some()
					|| matches!(request.state, RequestState::Court { .. })
			};
			if let Some(id) = choose(pick, with(is_challengeable)) {
				let claimed = if is_right { right(id) } else { wrong() };
				let _ = challenge_by(who, id, &claimed);
			}
		},
		Step::Audit { who, pick } => {
			let is_attested =
				|request: &RequestOf<Test>| matches!(request.state, RequestState::Attested { .. });
			if let Some(id) = choose(pick, with(is_attested)) {
				let _ = dispatch(who, Call::audit { request: id });
			}
		},
		Step::Close { pick, answers } => {
			if let Some(id) = choose(pick, with(is_assigned)) {
				close(id, answers);
			}
		},
		Step::Decline { pick, seat } => {
			if let Some(id) = choose(pick, with(is_assigned)) {
				let members = members(id, assigned_round(id).unwrap());
				let who = members[seat % members.len()];
				if !Decliners::get(id).contains(&who) && !GivenAway::get(id).contains(&who) {
					decline(id, who);
				}
			}
		},
		Step::Reveal { pick, challengers } => {
			if let Some(id) = choose(pick, with(is_in_court)) {
				begin_reveals(id);
				let all = stored(id).challenges;
				for (index, challenge) in all.into_iter().enumerate() {
					if bits(challengers, 1, index) == 1 {
						for claimed in [right(id), wrong()] {
							let _ = reveal_claim(challenge.challenger, id, &claimed);
						}
					}
				}
			}
		},
		Step::Court { pick, decides } => {
			if let Some(id) = choose(pick, with(is_in_court)) {
				if decides {
					decide(id, right(id));
				} else {
					adjourn(id);
				}
			}
		},
		Step::CourtFull(is_full) => IsCourtFull::set(&is_full),
		Step::Blocks(count) => blocks(count),
		Step::Paused(count) => {
			IsClockPaused::set(true);
			blocks(count);
			IsClockPaused::set(false);
		},
		Step::Missing(count) => {
			HasVrfOutput::set(false);
			blocks(count);
			HasVrfOutput::set(true);
		},
		Step::MaxDraws(count) => MaxDraws::set(count),
		Step::Tight(is_tight) => AgendaWeight::set(if is_tight { tight() } else { ample() }),
		Step::Authors(count) => AuthorCount::set(count),
		Step::Session => Session::set(&(Session::get() + 1)),
		Step::Pause(who) => {
			let mut suspended: BTreeSet<_> = Suspended::get().into_iter().collect();
			if !suspended.remove(&who) {
				suspended.insert(who);
			}
			Suspended::set(&suspended.into_iter().collect());
		},
		Step::Price(price) => FuelPrice::<Test>::put(price),
		Step::StakeAtRisk(stake) => StakeAtRisk::set(stake),
		Step::OwnStake(stake) => OwnStake::set(&stake),
		Step::Drain(stop) => {
			let origin = RuntimeOrigin::root();
			let _ = if stop { Inference::drain(origin) } else { Inference::resume(origin) };
		},
		Step::ReleaseOrphaned(who) => {
			let call = Call::release_orphaned { who, max_requests: u32::MAX };
			assert_eq!(dispatch(7, call), Err(Error::<Test>::NothingOrphaned.into()));
		},
	}
}

/// Takes the steps and ends every request. Returns the kinds of events that there were.
fn walk(steps: Vec<Step>) -> BTreeSet<&'static str> {
	let mut kinds = BTreeSet::new();
	run(|| {
		Limits::set(&LARGE);
		for step in steps {
			take(step);
			check();
		}
		// Whatever is left ends by itself once its rounds are closed.
		MaxDraws::set(MAX_AGENDA);
		AgendaWeight::set(ample());
		IsCourtFull::set(&false);
		ArePanelsFull::set(&false);
		OwnStake::set(&OWN_STAKE);
		let _ = Inference::drain(RuntimeOrigin::root());
		for block in 0..2 * LIFETIME {
			with(is_assigned).into_iter().for_each(|id| close(id, 0));
			with(is_in_court).into_iter().for_each(|id| {
				decide(id, right(id));
			});
			next_block();
			if block % 16 == 0 {
				check();
			}
		}
		assert_eq!(Requests::<Test>::iter().count(), 0);
		assert_eq!(Inputs::<Test>::iter().count(), 0);
		assert_eq!(Seats::iter().count(), 0);
		let (convened, dismissed) = PanelCount::get();
		assert_eq!(convened, dismissed, "each panel is dismissed once");
		assert!(OpenSeats::<Test>::get().is_empty(), "all that was reserved is free");
		assert_eq!(Agenda::<Test>::iter().count(), 0);
		assert_eq!(Draws::<Test>::iter().count(), 0);
		assert_eq!(Intake::<Test>::get(), IntakeStatus::Drained);
		kinds = events().iter().map(kind).collect();
	});
	kinds
}

fn kind(event: &Event<Test>) -> &'static str {
	match event {
		Event::Requested { .. } => "requested",
		Event::Convened { .. } => "convened",
		Event::Held { .. } => "held",
		Event::StoragePaid { .. } => "storage paid",
		Event::StorageBurned { .. } => "storage burned",
		Event::Drawn { .. } => "drawn",
		Event::Replaced { .. } => "replaced",
		Event::Escalated { .. } => "escalated",
		Event::Attested { .. } => "attested",
		Event::Audited { buyer: None, .. } => "audited by chance",
		Event::Audited { .. } => "audit bought",
		Event::Challenged { .. } => "challenged",
		Event::ClaimRevealed { .. } => "claim revealed",
		Event::Disputed { .. } => "disputed",
		Event::Judged { .. } => "judged",
		Event::ChallengeWon { .. } => "challenge won",
		Event::ChallengeLost { .. } => "challenge lost",
		Event::Settled { .. } => "settled",
		Event::Failed { .. } => "failed",
		Event::Pruned { .. } => "pruned",
		Event::DrainStarted => "drain started",
		Event::Drained => "drained",
		Event::IntakeResumed => "intake resumed",
		Event::OrphanedReleased { .. } => "orphaned released",
		Event::__Ignore(..) => "ignored",
	}
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
	proptest::collection::vec(step(), 40..120)
}

#[test]
fn walk_should_reach_every_event() {
	let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
	let mut runner = TestRunner::new_with_rng(ProptestConfig::default(), rng);
	let mut kinds = BTreeSet::new();
	for _ in 0..100 {
		kinds.extend(walk(steps().new_tree(&mut runner).unwrap().current()));
	}
	assert_eq!(kinds.len(), 23, "{kinds:?}");
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(32))]

	#[test]
	fn walk_should_lose_no_planck_and_end_every_request(steps in steps()) {
		walk(steps);
	}
}
