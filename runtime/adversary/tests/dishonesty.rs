//! Ten rows of the simulation, for a short time each.

#![allow(missing_docs)]

use opg_adversary::{check, play, Row, Strategy, Watch};
use opg_primitives::Tier;

#[test]
fn dishonesty_should_lose_money() {
	let mut rows: Vec<_> = Strategy::ALL
		.into_iter()
		// Their lies are too few to say anything within so short a time.
		.filter(|strategy| !strategy.is_opportunistic())
		.map(|strategy| Row {
			strategy,
			tier: Tier::Quorum,
			percent: 30,
			watch: Watch::Nobody,
			requests: 25,
		})
		.collect();
	rows.push(Row {
		strategy: Strategy::FreeRider,
		tier: Tier::Optimistic,
		percent: 30,
		watch: Watch::Watcher,
		requests: 60,
	});
	assert_eq!(rows.len(), 10);
	for row in rows {
		let outcomes = play(row, 0);
		check(&row, &outcomes).unwrap_or_else(|error| panic!("{row:?}: {outcomes:?}: {error}"));
	}
}
