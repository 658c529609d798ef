//! Random walk over everything that can happen to requests, with the invariants after every step.

use crate::{mock::*, *};
use opg_primitives::{Answer, Balance, FailureReason, RequestId, RoundIndex, Tier};
use pallet_opg_support::{OnRoundDecided, Rule, Verdict};
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
	},
	Cancel {
		pick: usize,
	},
	Challenge {
		who: u64,
		pick: usize,
	},
	/// Closes a round. Two bits of `answers` say what each seat reveals.
	Close {
		pick: usize,
		answers: u32,
	},
	Blocks(u32),
	/// Blocks without a VRF output.
	Missing(u32),
	/// Draws that a block can do.
	MaxDraws(u32),
	Price(Balance),
	StakeAtRisk(Balance),
	/// Pauses slashing for so many blocks.
	Pause(u32),
}

fn step() -> impl Strategy<Value = Step> {
	let tier = prop_oneof![Just(Tier::Optimistic), Just(Tier::Quorum), Just(Tier::High)];
	let who = prop_oneof![Just(REQUESTER), Just(OTHER_REQUESTER), Just(CHALLENGER), Just(7u64)];
	prop_oneof![
		6 => (who.clone(), tier).prop_map(|(who, tier)| Step::Request { who, tier }),
		1 => any::<usize>().prop_map(|pick| Step::Cancel { pick }),
		3 => (who, any::<usize>()).prop_map(|(who, pick)| Step::Challenge { who, pick }),
		8 => (any::<usize>(), any::<u32>(), any::<bool>()).prop_map(|(pick, bits, unanimous)| {
			Step::Close { pick, answers: if unanimous { 0 } else { bits } }
		}),
		8 => (1..8u32).prop_map(Step::Blocks),
		1 => (1..40u32).prop_map(Step::Missing),
		1 => (0..4u32).prop_map(Step::MaxDraws),
		1 => (MIN_PRICE..=MAX_PRICE).prop_map(Step::Price),
		1 => prop_oneof![Just(1), Just(10_000_000)].prop_map(Step::StakeAtRisk),
		1 => (1..4u32).prop_map(Step::Pause),
	]
}

/// Verdict on a closed round, by the rule of its committee.
fn verdict(id: RequestId, round: RoundIndex) -> Verdict {
	let seats: Vec<_> = Seats::get(id).into_iter().filter(|seat| seat.round == round).collect();
	let answers: Vec<_> = seats.iter().filter_map(|seat| seat.answer.clone()).collect();
	let count = |answer: &Answer| answers.iter().filter(|other| *other == answer).count();
	let agreed = answers.iter().find(|answer| match spec(id, round).rule {
		Rule::NoDissent { needed } => {
			count(answer) == answers.len() && answers.len() >= needed as usize
		},
		Rule::Majority => 2 * count(answer) > seats.len(),
	});
	match agreed {
		Some(answer) => Verdict::Agreed(answer.clone()),
		None => Verdict::Undecided(FailureReason::NoAgreement),
	}
}

fn spec(id: RequestId, round: RoundIndex) -> tiers::CommitteeSpec {
	tiers::committee_spec(stored(id).tier, round)
}

fn close(id: RequestId, answers: u32) {
	let round = assigned_round(id).unwrap();
	for index in 0..members(id, round).len() {
		match answers >> (2 * index) & 3 {
			0 | 1 => reveal(id, index, answer(FUEL_LIMIT / 3)),
			2 => reveal(id, index, wrong()),
			_ => {},
		}
	}
	Inference::on_round_decided(id, verdict(id, round));
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

fn blocks(count: u32) {
	for _ in 0..count {
		next_block();
		check();
	}
}

/// Takes a step. A call that is refused leaves nothing behind.
fn take(step: Step) {
	match step {
		Step::Request { who, tier } => {
			let (model, max_fee) = (MODEL, Balance::MAX);
			let _ = dispatch(who, Call::request { model, input: input(), tier, max_fee });
		},
		Step::Cancel { pick } => {
			if let Some(id) = choose(pick, with(|_| true)) {
				let _ = dispatch(stored(id).requester, Call::cancel { request: id });
			}
		},
		Step::Challenge { who, pick } => {
			let is_attested =
				|request: &RequestOf<Test>| matches!(request.state, RequestState::Attested { .. });
			if let Some(id) = choose(pick, with(is_attested)) {
				let _ = dispatch(who, Call::challenge { request: id });
			}
		},
		Step::Close { pick, answers } => {
			if let Some(id) = choose(pick, with(is_assigned)) {
				close(id, answers);
			}
		},
		Step::Blocks(count) => blocks(count),
		Step::Missing(count) => {
			HasVrfOutput::set(false);
			blocks(count);
			HasVrfOutput::set(true);
		},
		Step::MaxDraws(count) => MaxDraws::set(count),
		Step::Price(price) => FuelPrice::<Test>::put(price),
		Step::StakeAtRisk(stake) => StakeAtRisk::set(stake),
		Step::Pause(count) => {
			SlashingPaused::set(&true);
			blocks(count);
			SlashingPaused::set(&false);
		},
	}
}

/// Takes the steps and ends every request. Returns the kinds of events that there were.
fn walk(steps: Vec<Step>) -> BTreeSet<&'static str> {
	let mut kinds = BTreeSet::new();
	run(|| {
		for step in steps {
			take(step);
			check();
		}
		// Whatever is left ends by itself once its rounds are closed.
		MaxDraws::set(MAX_AGENDA);
		for block in 0..2 * LIFETIME {
			with(is_assigned).into_iter().for_each(|id| close(id, 0));
			next_block();
			if block % 16 == 0 {
				check();
			}
		}
		assert_eq!(Requests::<Test>::iter().count(), 0);
		assert_eq!(Inputs::<Test>::iter().count(), 0);
		assert_eq!(Seats::iter().count(), 0);
		assert_eq!(Agenda::<Test>::iter().count(), 0);
		kinds = events().iter().map(kind).collect();
	});
	kinds
}

fn kind(event: &Event<Test>) -> &'static str {
	match event {
		Event::Requested { .. } => "requested",
		Event::Drawn { .. } => "drawn",
		Event::Escalated { .. } => "escalated",
		Event::Attested { .. } => "attested",
		Event::Challenged { .. } => "challenged",
		Event::Audited { .. } => "audited",
		Event::Upheld { .. } => "upheld",
		Event::Overturned { .. } => "overturned",
		Event::Settled { .. } => "settled",
		Event::Failed { .. } => "failed",
		Event::Pruned { .. } => "pruned",
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
	for _ in 0..12 {
		kinds.extend(walk(steps().new_tree(&mut runner).unwrap().current()));
	}
	assert_eq!(kinds.len(), 11, "{kinds:?}");
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(32))]

	#[test]
	fn walk_should_lose_no_planck_and_end_every_request(steps in steps()) {
		walk(steps);
	}
}
