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
/// and two sessions, so that the blocks in which they begin, with more to do, are always the same.
const CYCLE: u32 = 2 * SESSION_SLOTS as u32;
/// Blocks from a request to its draw.
const DRAW: u32 = 1;
/// Blocks from a request to its settlement.
const SETTLEMENT: u32 = DRAW + 2 + CHALLENGE_WINDOW;
/// Blocks from a request to the deadlines of its round.
const DEADLINES: [u32; 2] = [DRAW + COMMIT_BLOCKS, DRAW + COMMIT_BLOCKS + REVEAL_BLOCKS];
const _: () = assert!(SETTLEMENT < CYCLE);

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
	let case = Case { executors: 9, models: 1, patience: 0, together: 1 };
	let (mut pipeline, genesis) = Pipeline::new(case, wasm);
	// A session begins with the block after each multiple of its length.
	while pipeline.author.height % SESSION_SLOTS as u32 != 1 {
		pipeline.step(0);
	}
	let first = pipeline.author.height;
	for _ in 0..cycles {
		let all = |done: u32| assert_eq!(done, count, "the whole group does it in one block");
		all(pipeline.step(count).requested);
		all(pipeline.step(0).drawn);
		assert_eq!(pipeline.step(0).items, 3 * count, "all commit");
		all(pipeline.step(0).attested);
		for offset in 4..CYCLE {
			let settled = pipeline.step(0).settled;
			// A few are audited, and are settled before or after the others.
			assert!(offset != SETTLEMENT || settled >= count / 10 * 9, "{settled} of {count}");
		}
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
		(4..CYCLE)
			// The last block of each session's length begins the next.
			.filter(|offset| (offset + 1) % SESSION_SLOTS as u32 != 0)
			.filter(|offset| *offset != SETTLEMENT && !DEADLINES.contains(offset))
			.flat_map(|offset| (0..cycles).map(move |cycle| (cycle, offset)))
			.map(|(cycle, offset)| &times[(first + cycle * CYCLE + offset) as usize]),
	);
	let each = |offset| (at(offset) - empty) * 1e6 / f64::from(count);
	let parts = vec![
		("request", each(0)),
		("draw", each(DRAW)),
		("3 commitments", each(DRAW + 1)),
		("3 reveals and tally", each(DRAW + 2)),
		("settlement", each(SETTLEMENT)),
		("deadlines that passed", DEADLINES.map(each).iter().sum()),
	];
	Split { empty: empty * 1e6, parts, pruning: pruning.then(|| each(HOURS)) }
}

fn median<'a>(times: impl Iterator<Item = &'a Time>) -> f64 {
	let mut times: Vec<_> = times.map(|time| time.wall).collect();
	times.sort_by(f64::total_cmp);
	times.get(times.len() / 2).copied().unwrap_or_default()
}
