//! The parts of one call on several threads.

use rayon::{ThreadPool, ThreadPoolBuilder, Yield};
use std::{
	hint,
	num::NonZero,
	sync::{
		atomic::{AtomicU64, AtomicUsize, Ordering},
		Mutex, OnceLock,
	},
	thread,
	time::{Duration, Instant},
};
use wasmtime::Trap;

/// Parts for each thread, so that one that begins late or is held up takes fewer of them.
const PARTS: usize = 4;

/// Parts that a call is cut into for so many threads.
pub fn parts_for(threads: usize) -> usize {
	if threads > 1 {
		threads.saturating_mul(PARTS)
	} else {
		1
	}
}

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

/// How long a thread looks for work before it sleeps. Calls follow on each other in less, and waking a
/// thread takes as long as a part of a small one.
const STAY: Duration = Duration::from_micros(200);

/// Threads that look for work, and when there was some, in nanoseconds from some point on.
static AWAKE: AtomicUsize = AtomicUsize::new(0);
static LAST: AtomicU64 = AtomicU64::new(0);

fn now() -> u64 {
	static BEGIN: OnceLock<Instant> = OnceLock::new();
	BEGIN.get_or_init(Instant::now).elapsed().as_nanos() as u64
}

/// Sees to it that so many threads are awake.
fn wake(pool: &ThreadPool, helpers: usize) {
	LAST.store(now(), Ordering::Relaxed);
	while AWAKE.load(Ordering::Relaxed) < helpers.min(pool.current_num_threads()) {
		AWAKE.fetch_add(1, Ordering::Relaxed);
		pool.spawn(|| {
			while now().saturating_sub(LAST.load(Ordering::Relaxed)) < STAY.as_nanos() as u64 {
				if rayon::yield_now() != Some(Yield::Executed) {
					hint::spin_loop();
				}
			}
			AWAKE.fetch_sub(1, Ordering::Relaxed);
		});
	}
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
	let parts: Vec<_> = parts.into_iter().map(|part| Mutex::new(Some(part))).collect();
	let share = parts.len().div_ceil(helpers + 1);
	// Who holds a lock takes that part.
	let take = |part: &Mutex<Option<P>>| part.try_lock().ok().and_then(|mut part| part.take());
	// Each thread begins with a share of its own, part after part, because it has fetched what comes next.
	// Then it helps the others, from their ends on.
	let take_all = |thread: usize| {
		let own = parts.iter().skip(thread * share).take(share);
		own.chain(parts.iter().rev()).filter_map(take).try_for_each(&work)
	};
	wake(pool, helpers);
	let mut theirs = vec![Ok(()); helpers];
	let ready = AtomicUsize::new(0);
	let (take_all, ready) = (&take_all, &ready);
	let ours = pool.in_place_scope(|scope| {
		for (thread, done) in theirs.iter_mut().enumerate() {
			scope.spawn(move |_| {
				*done = take_all(thread + 1);
				ready.fetch_add(1, Ordering::Release);
			});
		}
		let ours = take_all(0);
		// They are about to be: the scope would go to sleep.
		let begin = now();
		while ready.load(Ordering::Acquire) < helpers
			&& now().saturating_sub(begin) < STAY.as_nanos() as u64
		{
			hint::spin_loop();
		}
		ours
	});
	theirs.into_iter().fold(ours, Result::and)
}
