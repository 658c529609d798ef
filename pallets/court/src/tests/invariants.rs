//! Whatever validators submit and whenever: nothing is left behind, and every case ends.

use crate::{mock::*, *};
use frame_support::weights::Weight;
use pallet_opg_support::{CourtLoad, CourtReadiness, Courts};
use proptest::prelude::*;

/// Numbers of the requests of a walk.
const REQUESTS: u64 = 7;

#[derive(Clone, Debug)]
enum Step {
	Open { request: u64, fuel: u64 },
	Commit { request: u64, who: u64, byte: u8 },
	Reveal { request: u64, who: u64, byte: u8 },
	Remove { request: u64 },
	Declare { who: u64, model: u32, holds: bool },
	Forget { model: u32 },
	Convene { request: u64, byte: u8 },
	Hold { request: u64, who: u64, content: u8 },
	Dismiss { request: u64 },
	Session { validators: Vec<u64> },
	Next { ticks: bool, has_weight: bool },
}

fn step() -> impl Strategy<Value = Step> {
	let request = || 0..REQUESTS;
	let who = || 1u64..=5;
	let byte = || 0u8..2;
	prop_oneof![
		3 => (request(), 10u64..2 * SESSION_FUEL)
			.prop_map(|(request, fuel)| Step::Open { request, fuel }),
		12 => (request(), who(), byte())
			.prop_map(|(request, who, byte)| Step::Commit { request, who, byte }),
		12 => (request(), who(), byte())
			.prop_map(|(request, who, byte)| Step::Reveal { request, who, byte }),
		1 => request().prop_map(|request| Step::Remove { request }),
		6 => (who(), 0u32..3, any::<bool>())
			.prop_map(|(who, model, holds)| Step::Declare { who, model, holds }),
		1 => (0u32..3).prop_map(|model| Step::Forget { model }),
		3 => (request(), byte()).prop_map(|(request, byte)| Step::Convene { request, byte }),
		12 => (request(), who(), 0u8..3)
			.prop_map(|(request, who, content)| Step::Hold { request, who, content }),
		1 => request().prop_map(|request| Step::Dismiss { request }),
		2 => prop::sample::subsequence((1u64..=5).collect::<Vec<_>>(), 0..=5)
			.prop_map(|validators| Step::Session { validators }),
		12 => (prop::bool::weighted(0.8), prop::bool::weighted(0.8))
			.prop_map(|(ticks, has_weight)| Step::Next { ticks, has_weight }),
	]
}

fn is_seated(request: u64, who: u64) -> bool {
	Cases::<Test>::get(request)
		.is_some_and(|case| Benches::<Test>::get(case.session).iter().any(|(own, _)| *own == who))
}

fn take(step: Step) {
	match step {
		Step::Open { request, fuel } => {
			// A request is disputed once.
			if Verdicts::get().iter().all(|(decided, _)| *decided != request) {
				let load = CourtLoad { fuel, bytes: 1 };
				Loads::mutate(|loads| loads.insert(request, load));
				let _ = open(request);
			}
		},
		Step::Commit { request, who, byte } => {
			if is_seated(request, who) {
				let _ = commit(request, who, &answer(byte));
			}
		},
		Step::Declare { who, model, holds } => {
			if Files::get().is_empty() {
				register(3);
			}
			let bench = Benches::<Test>::get(Session::get());
			if bench.iter().any(|(own, _)| *own == who) {
				let _ = declare(who, &[(model, holds)]);
			}
		},
		Step::Forget { model } => {
			Files::mutate(|files| files.remove(&model));
			Court::forget(model);
		},
		Step::Convene { request, byte } => {
			let _ = convene(request, byte);
		},
		Step::Hold { request, who, content } => {
			let bench = Benches::<Test>::get(Session::get());
			if bench.iter().any(|(own, _)| *own == who) {
				let _ = hold(who, &[(request, content)]);
			}
		},
		Step::Dismiss { request } => {
			let paid = Panels::<Test>::get(request).map(Panel::paid_members);
			assert_eq!(dismiss(request), paid.unwrap_or_default());
		},
		Step::Reveal { request, who, byte } => {
			if is_seated(request, who) {
				let _ = reveal(request, who, &answer(byte));
			}
		},
		Step::Remove { request } => {
			Court::remove(request);
		},
		Step::Session { validators } => begin_session(Session::get() + 1, &validators),
		Step::Next { ticks, has_weight } => {
			if !ticks {
				Lag::mutate(|lag| *lag += 1);
			}
			let little = <Test as Config>::WeightInfo::read_lists()
				+ <Test as Config>::WeightInfo::begin_sitting()
				+ Weight::from_parts(0, 1 << 40);
			HookWeight::set(if has_weight { MAX_HOOK_WEIGHT } else { little });
			next_block();
		},
	}
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(128))]

	#[test]
	fn invariants_should_hold_when_anything_happens(
		steps in prop::collection::vec(step(), 1..120),
	) {
		run(|| {
			for step in steps {
				take(step);
				check();
			}
			// Everything ends by itself.
			HookWeight::set(MAX_HOOK_WEIGHT);
			for _ in 0..3 * REQUESTS {
				begin_session(Session::get() + 1, &[1, 2]);
				next_blocks(1 + COMMIT_BLOCKS + REVEAL_BLOCKS);
			}
			assert_eq!(Cases::<Test>::iter().count(), 0);
			assert_eq!(BenchCases::<Test>::iter().count(), 0);
			assert_eq!(Benches::<Test>::iter().count(), 1);
			assert_eq!(Votes::<Test>::iter().count(), 0);
			assert_eq!(Answers::<Test>::iter().count(), 0);
			assert!(Missed::<Test>::iter().count() <= 2);
			(0..REQUESTS).for_each(|request| drop(dismiss(request)));
			assert_eq!(Panels::<Test>::iter().count(), 0);
		});
	}
}
