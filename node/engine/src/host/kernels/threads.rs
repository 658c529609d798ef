//! The parts of one call on several threads.

use rayon::{ThreadPool, ThreadPoolBuilder};
use std::{
	num::NonZero,
	sync::{Mutex, OnceLock, PoisonError},
	thread,
};
use wasmtime::Trap;

/// Parts for each thread, so that one that begins late or is held up takes fewer of them.
pub const PARTS: usize = 4;

/// Threads of all engines of this process, besides those that runs have: as many as there are other
/// cores. They sleep while there is nothing to do. `None` where the system gives none.
static POOL: OnceLock<Option<ThreadPool>> = OnceLock::new();

fn pool() -> Option<&'static ThreadPool> {
	let start = || {
		let cores = thread::available_parallelism().map_or(1, NonZero::get);
		let threads = ThreadPoolBuilder::new().num_threads(cores.saturating_sub(1).max(1));
		threads.thread_name(|number| format!("opg-kernels-{number}")).build().ok()
	};
	POOL.get_or_init(start).as_ref()
}

/// Calls `work` with each part, on this thread and on up to `threads - 1` others. The parts do not
/// depend on each other, so the result is that of calling it with one after another.
pub fn on_threads<P: Send>(
	threads: usize,
	parts: Vec<P>,
	work: impl Fn(P) -> Result<(), Trap> + Sync,
) -> Result<(), Trap> {
	let helpers = threads.min(parts.len()).saturating_sub(1);
	let pool = if helpers > 0 { pool() } else { None };
	let Some(pool) = pool else { return parts.into_iter().try_for_each(work) };
	let parts = Mutex::new(parts.into_iter());
	let next = || parts.lock().unwrap_or_else(PoisonError::into_inner).next();
	let take = || {
		while let Some(part) = next() {
			work(part)?;
		}
		Ok(())
	};
	let mut theirs = vec![Ok(()); helpers];
	let ours = pool.in_place_scope(|scope| {
		for done in &mut theirs {
			scope.spawn(|_| *done = take());
		}
		take()
	});
	theirs.into_iter().fold(ours, Result::and)
}
