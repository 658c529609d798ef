//! Schedule of the jobs that wait: which is next, and which are given up.
//!
//! - Seats come first, then what is recomputed before a challenge, then what is recomputed to watch.
//!   Of equals the one with the earliest deadline is next. Where deadlines are about the same, as of
//!   the seats of one block, the models take turns, and so do the requesters.
//! - A job is given up when its deadline is over, when it would not be done in time, or when there
//!   are too many. Then the model or the requester that asks for the most yields its newest job, so
//!   that a burst of one does not take the time of the others. A job that has waited for half of its
//!   time does not yield to others: until then an executor can decline the seat.
//! - A job that waits alone has its turn although it is expected to be late. Otherwise one wrong
//!   expectation would stay for good.

use crate::{pace::Pace, turns::Turns, Key};
use opg_primitives::{Job, JobKind};
use std::{
	collections::HashMap,
	time::{Duration, Instant},
};

/// Deadlines this close to each other are about the same.
const EQUAL_URGENCY: Duration = Duration::from_secs(1);

/// Most bytes of the inputs of jobs that wait: 4,096 of the longest.
pub(crate) const MAX_WAITING_BYTES: usize = 64 << 20;

/// Longest time that a job can be given.
const MAX_TIME: Duration = Duration::from_secs(3600);

/// Rank of a job. A job has its turn after all of lower ranks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
	/// A seat of a committee or of the court.
	Seat,
	/// An answer is checked once more before it is challenged.
	Check,
	/// An answer is checked.
	Watch,
	/// A model is loaded ahead.
	Ahead,
}

impl From<JobKind> for Rank {
	fn from(kind: JobKind) -> Self {
		match kind {
			JobKind::Run | JobKind::Witness(_) => Self::Seat,
			JobKind::Cold => Self::Check,
			JobKind::Watch => Self::Watch,
		}
	}
}

/// Job that waits.
pub(crate) struct Waiting {
	pub(crate) key: Key,
	pub(crate) job: Job,
	pub(crate) model: Key,
	pub(crate) rank: Rank,
	/// When it was handed in.
	pub(crate) since: Instant,
	/// End of the time in which its result is of use.
	pub(crate) deadline: Instant,
	/// Time that it is expected to take.
	pub(crate) expected: Duration,
	/// From then on it does not yield to others.
	firm_from: Instant,
	/// Later ones have higher numbers.
	number: u64,
}

impl Waiting {
	/// A model to be loaded ahead by this job, which waits for nothing.
	pub(crate) fn ahead(job: Job, now: Instant) -> Self {
		let (key, model, deadline) = (job.key().0, job.model_key().0, deadline(&job, now));
		let (rank, expected) = (Rank::Ahead, Duration::ZERO);
		Self {
			key,
			job,
			model,
			rank,
			since: now,
			deadline,
			expected,
			firm_from: deadline,
			number: 0,
		}
	}

	/// Place in the order of the schedule.
	fn place(&self) -> (Rank, Instant, u64) {
		(self.rank, self.deadline, self.number)
	}
}

/// Bytes of an input that waits with its job. One outside of the chain waits in the store.
fn input_bytes(job: &Job) -> usize {
	job.task.input.inline().map_or(0, <[u8]>::len)
}

/// Instant at which the result of `job` is of no more use.
pub(crate) fn deadline(job: &Job, now: Instant) -> Instant {
	now + Duration::from_millis(job.millis_left.into()).min(MAX_TIME)
}

/// The jobs that wait.
pub(crate) struct Schedule {
	/// In the order of their [places](Waiting::place).
	jobs: Vec<Waiting>,
	/// Bytes of their inputs.
	bytes: usize,
	/// Jobs so far.
	count: u64,
	pace: Pace,
	turns: Turns,
	max_jobs: usize,
	threads: u32,
}

impl Schedule {
	/// A schedule of at most `max_jobs` for so many threads.
	pub(crate) fn new(max_jobs: usize, threads: u32) -> Self {
		let (max_jobs, threads) = (max_jobs.max(1), threads.max(1));
		let (pace, turns) = (Pace::new(), Turns::new());
		Self { jobs: Vec::new(), bytes: 0, count: 0, pace, turns, max_jobs, threads }
	}

	/// Adds a job. Gives the keys and ranks of those that are given up, its own perhaps. `busy` is the time
	/// that the seats which run now are expected to take yet, together.
	pub(crate) fn push(
		&mut self,
		key: Key,
		job: Job,
		now: Instant,
		busy: Duration,
	) -> Vec<(Key, Rank)> {
		let (model, deadline) = (job.model_key().0, deadline(&job, now));
		self.count += 1;
		self.bytes += input_bytes(&job);
		let waiting = Waiting {
			key,
			model,
			rank: job.kind.into(),
			since: now,
			deadline,
			expected: self.pace.expected(&model, &job),
			firm_from: now + (deadline - now) / 2,
			number: self.count,
			job,
		};
		self.place(waiting);
		self.give_up(now, busy)
	}

	/// Gives a job that waits another deadline. Tells whether it waits.
	pub(crate) fn refresh(&mut self, key: &Key, deadline: Instant) -> bool {
		let Some(index) = self.jobs.iter().position(|waiting| waiting.key == *key) else {
			return false;
		};
		let waiting = self.jobs.remove(index);
		self.place(Waiting { deadline, ..waiting });
		true
	}

	/// Gives up jobs until all that are left are expected to be done in time. Gives their keys and
	/// ranks.
	pub(crate) fn give_up(&mut self, now: Instant, busy: Duration) -> Vec<(Key, Rank)> {
		let mut given_up = Vec::new();
		while let Some(index) = self.excess(now, busy) {
			let Waiting { key, rank, .. } = self.remove(index);
			given_up.push((key, rank));
		}
		given_up
	}

	/// Takes the job that is next.
	pub(crate) fn pop(&mut self) -> Option<Waiting> {
		let first = self.jobs.first()?;
		let latest = (first.rank, first.deadline + EQUAL_URGENCY);
		let equals = self.jobs.iter().take_while(|job| (job.rank, job.deadline) <= latest);
		let (index, _) = equals.enumerate().min_by_key(|(index, waiting)| {
			(self.turns.place(&waiting.model, &waiting.job.requester.0), *index)
		})?;
		let waiting = self.remove(index);
		self.turns.take(waiting.model, waiting.job.requester.0);
		Some(waiting)
	}

	/// The job with the earliest deadline of those of the lowest rank.
	pub(crate) fn first(&self) -> Option<&Waiting> {
		self.jobs.first()
	}

	/// Learns what a job took.
	pub(crate) fn learn(&mut self, job: &Job, took: Duration) {
		let model = job.model_key().0;
		self.pace.learn(model, job, took);
		for waiting in self.jobs.iter_mut().filter(|waiting| waiting.model == model) {
			waiting.expected = self.pace.expected(&model, &waiting.job);
		}
	}

	/// Bytes of the inputs of the jobs that wait.
	pub(crate) fn bytes(&self) -> usize {
		self.bytes
	}

	/// Jobs that wait, by rank.
	pub(crate) fn count(&self, rank: Rank) -> usize {
		self.jobs.iter().filter(|waiting| waiting.rank == rank).count()
	}

	#[cfg(test)]
	pub(crate) fn len(&self) -> usize {
		self.jobs.len()
	}

	pub(crate) fn clear(&mut self) {
		self.jobs.clear();
		self.bytes = 0;
	}

	fn place(&mut self, waiting: Waiting) {
		let index = self.jobs.partition_point(|other| other.place() < waiting.place());
		self.jobs.insert(index, waiting);
	}

	fn remove(&mut self, index: usize) -> Waiting {
		let waiting = self.jobs.remove(index);
		self.bytes -= input_bytes(&waiting.job);
		waiting
	}

	/// A job to be given up, if there is one.
	fn excess(&self, now: Instant, busy: Duration) -> Option<usize> {
		if let Some(index) = self.jobs.iter().position(|waiting| waiting.deadline <= now) {
			return Some(index);
		}
		if self.jobs.len() > self.max_jobs || self.bytes > MAX_WAITING_BYTES {
			return Some(self.yielding(self.jobs.len() - 1, now, |_| 1));
		}
		let late = self.first_late(now, busy)?;
		Some(self.yielding(late, now, |waiting| waiting.expected.as_nanos()))
	}

	/// The first job that is expected to be late.
	fn first_late(&self, now: Instant, busy: Duration) -> Option<usize> {
		if self.jobs.len() == 1 && busy.is_zero() {
			return None;
		}
		let mut before = busy;
		self.jobs.iter().position(|waiting| {
			before += waiting.expected;
			let until = (before / self.threads).max(waiting.expected);
			// What nothing is known of is tried.
			!before.is_zero() && waiting.deadline.saturating_duration_since(now) < until
		})
	}

	/// The job that yields so that the job at `last` has its turn: of the rank that comes last, of the
	/// model or the requester that asks for the most, the newest. Within a model it is of the requester
	/// that asks for the most, and of a requester it is in the model that is asked for the most.
	fn yielding(&self, last: usize, now: Instant, weight: impl Fn(&Waiting) -> u128) -> usize {
		let rank = self.jobs[last].rank;
		let candidates = || {
			let jobs = self.jobs.iter().enumerate().take(last + 1);
			jobs.filter(|(_, waiting)| waiting.rank == rank)
		};
		let (mut models, mut requesters) = (HashMap::new(), HashMap::new());
		for (_, waiting) in candidates() {
			let weight = weight(waiting);
			*models.entry(waiting.model).or_insert(0) += weight;
			*requesters.entry(waiting.job.requester).or_insert(0) += weight;
		}
		let asked = |waiting: &Waiting| -> [u128; 3] {
			let model = models.get(&waiting.model).copied().unwrap_or(0);
			let requester = requesters.get(&waiting.job.requester).copied().unwrap_or(0);
			[model.max(requester), model, requester]
		};
		candidates()
			.filter(|(_, waiting)| now < waiting.firm_from && weight(waiting) > 0)
			.max_by_key(|(_, waiting)| (asked(waiting), waiting.number))
			.map_or(last, |(index, _)| index)
	}
}

#[cfg(test)]
mod tests;
