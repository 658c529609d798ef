//! Time of each step of a request, from blocks in which only that step happens.

use crate::{
	chain::{import_all, Time},
	client::Executor,
	pipeline::{Case, Pipeline},
};
use opg_runtime::constants::{
	CHALLENGE_WINDOW, COMMIT_BLOCKS, HOURS, REVEAL_BLOCKS, SESSION_SLOTS,
};

/// Requests that go this way together are this many blocks after those before: more than one needs,
/// and a session, so that the block in which one begins, which takes nothing else, is always last.
const CYCLE: u32 = SESSION_SLOTS as u32;

/// Time that one request takes the importing node, in microseconds.
pub struct Split {
	/// A block with nothing but its timestamp.
	pub empty: f64,
	/// Name, and microseconds per request.
	pub parts: Vec<(&'static str, f64)>,
	/// Pruning, where it was waited for.
	pub pruning: Option<f64>,
}

/// Import `cycles` groups of `count` requests, each step of a group in its own block. With
/// `pruning`, go on with empty blocks for an hour.
pub fn split(wasm: &Executor, count: u32, cycles: u32, pruning: bool) -> Split {
	// Too few executors for a jury, so nothing is audited: audits would happen in between.
	let case = Case { executors: 9, models: 1, patience: 0 };
	let (mut pipeline, genesis) = Pipeline::new(case, wasm);
	// A session begins with the block after each multiple of its length.
	while pipeline.author.height % CYCLE != 1 {
		pipeline.step(0);
	}
	let first = pipeline.author.height;
	for _ in 0..cycles {
		let all = |done: u32| assert_eq!(done, count, "the whole group does it in one block");
		all(pipeline.step(count).requested);
		pipeline.step(0);
		all(pipeline.step(0).drawn);
		assert_eq!(pipeline.step(0).items, 3 * count, "all commit");
		all(pipeline.step(0).attested);
		(5..CYCLE).for_each(|_| {
			pipeline.step(0);
		});
	}
	pipeline.drain();
	if pruning {
		while pipeline.author.height < first + HOURS + cycles * CYCLE {
			pipeline.step(0);
		}
		assert_eq!(pipeline.total.pruned, cycles * count, "all are pruned");
	}
	let blocks = std::mem::take(&mut pipeline.author.blocks);
	drop(pipeline);
	let times = import_all(&genesis, blocks);

	// The median of what the block took that is so many after the requests.
	let at = |offset: u32| {
		let of_cycle = |cycle| times.get((first + cycle * CYCLE + offset) as usize);
		median((0..cycles).filter_map(of_cycle))
	};
	let empty = median(
		(5..CYCLE)
			.filter(|offset| ![12, 14, 17, 19].contains(offset))
			.flat_map(|offset| (0..cycles).map(move |cycle| (cycle, offset)))
			.map(|(cycle, offset)| &times[(first + cycle * CYCLE + offset) as usize]),
	);
	let each = |offset| (at(offset) - empty) * 1e6 / f64::from(count);
	let draw = 2;
	let parts = vec![
		("request", each(0)),
		("draw", each(draw)),
		("3 commitments", each(draw + 1)),
		("3 reveals and tally", each(draw + 2)),
		("settlement", each(draw + 2 + CHALLENGE_WINDOW)),
		("deadlines that passed", {
			each(draw + COMMIT_BLOCKS) + each(draw + COMMIT_BLOCKS + REVEAL_BLOCKS)
		}),
	];
	Split { empty: empty * 1e6, parts, pruning: pruning.then(|| each(HOURS)) }
}

fn median<'a>(times: impl Iterator<Item = &'a Time>) -> f64 {
	let mut times: Vec<_> = times.map(|time| time.wall).collect();
	times.sort_by(f64::total_cmp);
	times.get(times.len() / 2).copied().unwrap_or_default()
}
