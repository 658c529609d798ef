//! Some rows of the simulation, for a short time each.

#![allow(missing_docs)]

use opg_adversary::{check, play, Bench, Row, Strategy, Watch};
use opg_primitives::Tier;
use std::thread;

/// Row with a third of the validators, at most, against the honest.
fn row(strategy: Strategy, tier: Tier, watch: Watch, requests: usize) -> Row {
	let bench = Bench { dishonest: 30, absent: 0 };
	Row { strategy, tier, percent: 30, bench, watch, requests }
}

fn check_all(rows: Vec<Row>) {
	let check_row = |row: &Row| {
		let outcomes = play(*row, 0);
		let broken = check(row, &outcomes);
		assert!(broken.is_empty(), "{row:?}: {outcomes:?}: {broken:?}");
	};
	thread::scope(|scope| rows.iter().for_each(|row| drop(scope.spawn(move || check_row(row)))));
}

#[test]
fn dishonesty_should_lose_money_when_nobody_watches() {
	let rows = Strategy::ALL
		.into_iter()
		// Rare lies say nothing within so short a time, and others need more requests.
		.filter(|strategy| !strategy.is_opportunistic() && strategy.watch() == Watch::Nobody)
		.filter(|strategy| !matches!(strategy, Strategy::Overload | Strategy::Binge))
		.map(|strategy| row(strategy, Tier::Quorum, Watch::Nobody, 16));
	check_all(rows.collect());
}

#[test]
fn wrong_answers_should_not_settle_when_an_honest_party_looks() {
	let always = [Strategy::Collude, Strategy::Staller, Strategy::SelfChallenge];
	let always = always.map(|strategy| (strategy, Watch::Always));
	let others = Strategy::ALL.map(|strategy| (strategy, strategy.watch()));
	let others = others.into_iter().filter(|(_, watch)| *watch != Watch::Nobody);
	let rows = always
		.into_iter()
		.chain(others)
		.map(|(strategy, watch)| row(strategy, Tier::Optimistic, watch, 24));
	check_all(rows.collect());
}

#[test]
fn wrong_answers_should_not_settle_when_a_third_of_the_validators_is_offline() {
	let mut row = row(Strategy::Collude, Tier::Optimistic, Watch::Executor, 24);
	row.bench = Bench { dishonest: 0, absent: 33 };
	check_all(vec![row]);
}

#[test]
fn pausing_should_not_turn_a_draw_when_its_randomness_is_known() {
	let mut row = row(Strategy::ReRoller, Tier::Optimistic, Watch::Nobody, 40);
	row.percent = 20;
	check_all(vec![row]);
}

#[test]
fn withholder_should_earn_nothing_when_it_holds_the_whole_committee() {
	let row = row(Strategy::OutputWithholder, Tier::Optimistic, Watch::Nobody, 40);
	let outcomes = play(row, 0);
	assert!(check(&row, &outcomes).is_empty(), "{outcomes:?}");
	let denied = (outcomes.failed, outcomes.offences);
	assert!(denied.0 > 0 && denied.0 == denied.1, "{outcomes:?}");
	assert!(outcomes.profit <= 0 && outcomes.wrong == 0, "{outcomes:?}");
}
