//! Panels: who is drawn, and who is paid.

use crate::{mock::*, *};
use opg_primitives::court::panel_seed;
use pallet_opg_support::{CourtFull, Panels as PanelsTrait, MAX_PANEL};
use sp_core::H256;
use std::collections::{BTreeMap, BTreeSet};

/// Panel of these members, which is asked for one content.
fn panel_of(members: u64) -> PanelOf<Test> {
	let asked = PanelContent { content: content(1), holders: 0 };
	Panel {
		members: (0..members).collect::<Vec<_>>().try_into().unwrap(),
		contents: vec![asked].try_into().unwrap(),
	}
}

#[test]
fn panel_should_be_the_whole_bench_when_that_is_small() {
	for seats in 0..=MAX_VALIDATORS {
		run(|| {
			begin_session(1, &(1..=seats.into()).collect::<Vec<_>>());
			convene(7, 1).unwrap();
			let members: BTreeSet<_> = panel(7).members.into_iter().collect();
			assert_eq!(members, (1..=seats.into()).collect());
		});
	}
}

#[test]
fn panel_should_be_part_of_the_bench_when_that_is_large() {
	run(|| {
		// The bench of the mock is smaller: the draw itself is what is tested.
		let bench = |seats: u64| (1..=seats).map(|who| (who, court_key(1))).collect::<Vec<_>>();
		let draw = |request| {
			let members = Court::draw_panel(bench(60), request, SEED).members;
			assert_eq!(members.len() as u32, MAX_PANEL);
			let distinct: BTreeSet<_> = members.iter().copied().collect();
			assert_eq!(distinct.len(), members.len());
			assert!(distinct.iter().all(|who| (1..=60).contains(who)));
			members.to_vec()
		};
		assert_ne!(draw(7), draw(8), "each request has a panel of its own");
		// 21 of 60 in each of 1,000 draws: 350 times each, with a standard deviation of 15.
		let mut counts = BTreeMap::<u64, u32>::new();
		for who in (0..1_000).flat_map(draw) {
			*counts.entry(who).or_default() += 1;
		}
		assert!(counts.values().all(|count| (275..425).contains(count)), "{counts:?}");
	});
}

#[test]
fn panel_should_be_the_same_when_the_bench_has_another_order() {
	run(|| {
		convene(7, 1).unwrap();
		let first = panel(7).members;
		dismiss(7);
		begin_session(1, &[5, 3, 1, 2, 4]);
		convene(7, 1).unwrap();
		assert_eq!(panel(7).members, first);
		let others = |seed| {
			<Court as PanelsTrait<u64>>::convene(8, content(1), seed).unwrap();
			let members = panel(8).members;
			dismiss(8);
			members
		};
		let orders: BTreeSet<_> =
			(0..20).map(|byte| others(H256::repeat_byte(byte)).to_vec()).collect();
		assert!(orders.len() > 15, "the seed decides");
	});
}

#[test]
fn panel_should_be_announced_when_it_is_convened() {
	run(|| {
		convene(7, 1).unwrap();
		convene(7, 2).unwrap();
		let members = panel(7).members.to_vec();
		assert_eq!(
			events(),
			[
				Event::PanelConvened { request: 7, seed: SEED, members },
				Event::ContentAsked { request: 7, content: content(1) },
				Event::ContentAsked { request: 7, content: content(2) },
			]
		);
		assert_ne!(panel_seed(&GENESIS, &SEED, 7), SEED, "another draw may have the same seed");
	});
}

#[test]
fn panel_should_need_two_thirds_of_its_members() {
	let needed =
		[(0, 1), (1, 1), (2, 2), (3, 2), (4, 3), (5, 4), (6, 4), (7, 5), (20, 14), (21, 14)];
	for (members, needed) in needed {
		let mut panel = panel_of(members);
		assert_eq!(panel.needed(), needed, "{members}");
		for place in 0..members as usize {
			assert_eq!(panel.note_holder(0, place), place as u32 + 1 == needed, "once");
			assert!(!panel.note_holder(0, place), "twice is once");
		}
	}
}

#[test]
fn members_should_stay_when_another_content_is_asked_for() {
	run(|| {
		convene(7, 1).unwrap();
		let members = panel(7).members;
		begin_session(1, &[1, 2, 8, 9]);
		<Court as PanelsTrait<u64>>::convene(7, content(2), H256::zero()).unwrap();
		assert_eq!(panel(7).members, members);
		let contents: Vec<_> = panel(7).contents.iter().map(|asked| asked.content).collect();
		assert_eq!(contents, [content(1), content(2)]);
		assert_eq!(convene(7, 3), Err(CourtFull), "a request has one input and one output");
	});
}

#[test]
fn panels_should_be_refused_when_there_are_too_many() {
	run(|| {
		let last = u64::from(MAX_PANELS);
		(0..last).for_each(|request| convene(request, 1).unwrap());
		assert_eq!(convene(last, 1), Err(CourtFull));
		convene(0, 2).unwrap();
		dismiss(1);
		convene(last, 1).unwrap();
	});
}

#[test]
fn members_should_be_paid_when_they_hold_all_that_was_held() {
	run(|| {
		convene(7, 1).unwrap();
		for who in [1, 2, 3, 4] {
			hold(who, &[(7, 0)]).unwrap();
		}
		convene(7, 2).unwrap();
		for who in [1, 2, 3, 5] {
			hold(who, &[(7, 1)]).unwrap();
		}
		let paid: BTreeSet<_> = dismiss(7).into_iter().collect();
		assert_eq!(paid, [1, 2, 3].into());
		assert_eq!(Panels::<Test>::count(), 0);
		assert!(dismiss(7).is_empty(), "once");
	});
}

#[test]
fn members_should_be_paid_for_the_first_content_when_the_second_is_not_held() {
	run(|| {
		convene(7, 1).unwrap();
		for who in [1, 2, 3, 4] {
			hold(who, &[(7, 0)]).unwrap();
		}
		convene(7, 2).unwrap();
		hold(5, &[(7, 0), (7, 1)]).unwrap();
		hold(1, &[(7, 1)]).unwrap();
		let paid: BTreeSet<_> = dismiss(7).into_iter().collect();
		assert_eq!(paid, [1, 2, 3, 4, 5].into(), "who was late is paid as well");
	});
}

#[test]
fn nobody_should_be_paid_when_nothing_was_held() {
	run(|| {
		convene(7, 1).unwrap();
		for who in [1, 2, 3] {
			hold(who, &[(7, 0)]).unwrap();
		}
		assert!(dismiss(7).is_empty());
		assert!(dismiss(8).is_empty(), "a request without a panel");
	});
}

#[test]
fn paid_members_should_be_in_the_order_of_the_draw() {
	run(|| {
		convene(7, 1).unwrap();
		let members = panel(7).members.to_vec();
		Court::hold_all(7);
		assert_eq!(HeldContents::get(), [7]);
		assert_eq!(dismiss(7), members);
	});
}
