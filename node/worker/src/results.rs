//! Results of jobs, kept in memory while somebody asks for them, until newer ones need the room.

use crate::{Answered, Key};
use opg_primitives::{JobError, Outcome};
use std::{
	collections::{BTreeMap, HashMap},
	time::{Duration, Instant},
};

/// Most bytes of results that are kept: some 14,000 of the longest answers.
pub(crate) const MAX_KEPT_BYTES: usize = 64 << 20;

/// Time after which a result that nobody asks for is forgotten. Who has a seat asks in every block, and
/// the slowest round ends much earlier. A seat's answer is on disk besides, and others are computed again.
const KEPT: Duration = Duration::from_secs(20 * 60);

/// Bytes that a result takes besides its output.
const ENTRY_BYTES: usize = 512;

/// Most results that are kept, when no answer has an output.
pub const MAX_FINISHED: usize = MAX_KEPT_BYTES / ENTRY_BYTES;

/// State of a job.
pub(crate) enum Entry {
	/// Waiting or running, after `failed` failed attempts.
	Waiting { failed: u8 },
	/// Answered.
	Done(Answered),
	/// Not run, because the model file or the engine was not here. Never final: it may arrive.
	Missing(JobError),
	/// The node failed at it so many times.
	Failed { times: u8 },
}

impl Entry {
	fn bytes(&self) -> usize {
		let output = match self {
			Self::Done(Answered { answer, .. }) => match &answer.outcome {
				Outcome::Output(output) => output.len(),
				Outcome::Error(_) | Outcome::Stored(_) => 0,
			},
			_ => 0,
		};
		ENTRY_BYTES + output
	}
}

/// All jobs that are known.
pub(crate) struct Results {
	/// Entries; those that are not waiting with their numbers.
	entries: HashMap<Key, (Entry, Option<u64>)>,
	/// Keys of the entries that are not waiting, and when somebody asked for them last, the earliest first.
	finished: BTreeMap<u64, (Key, Instant)>,
	/// Numbers that were given so far.
	count: u64,
	/// Bytes of the entries that are not waiting.
	bytes: usize,
	max_bytes: usize,
}

impl Results {
	/// Keeps at most `max_bytes` of results.
	pub(crate) fn new(max_bytes: usize) -> Self {
		let (entries, finished) = Default::default();
		Self { entries, finished, count: 0, bytes: 0, max_bytes }
	}

	pub(crate) fn get(&self, key: &Key) -> Option<&Entry> {
		self.entries.get(key).map(|(entry, _)| entry)
	}

	/// Notes that a job waits.
	pub(crate) fn wait(&mut self, key: Key, failed: u8) {
		self.remove(&key);
		self.entries.insert(key, (Entry::Waiting { failed }, None));
	}

	/// Notes that somebody asks for a job, so that its result is kept.
	pub(crate) fn renew(&mut self, key: &Key, now: Instant) {
		if let Some((_, Some(number))) = self.entries.get_mut(key) {
			self.finished.remove(number);
			self.count += 1;
			*number = self.count;
			self.finished.insert(self.count, (*key, now));
		}
	}

	/// Notes how a job has ended. Results that nobody asks for are forgotten, and those that nobody asked
	/// for longest where this one needs the room.
	pub(crate) fn finish(&mut self, key: Key, entry: Entry, now: Instant) {
		self.remove(&key);
		self.count += 1;
		self.bytes += entry.bytes();
		self.finished.insert(self.count, (key, now));
		self.entries.insert(key, (entry, Some(self.count)));
		while let Some((_, (oldest, asked))) = self.finished.first_key_value() {
			if self.bytes <= self.max_bytes && now.saturating_duration_since(*asked) <= KEPT {
				break;
			}
			let oldest = *oldest;
			self.remove(&oldest);
		}
	}

	/// Forgets a job.
	pub(crate) fn remove(&mut self, key: &Key) {
		if let Some((entry, Some(number))) = self.entries.remove(key) {
			self.finished.remove(&number);
			self.bytes -= entry.bytes();
		}
	}

	pub(crate) fn clear(&mut self) {
		*self = Self::new(self.max_bytes);
	}

	#[cfg(test)]
	pub(crate) fn len(&self) -> usize {
		self.entries.len()
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use opg_primitives::{Answer, Output};

	fn done(bytes: usize) -> Entry {
		let output = Output::try_from(vec![0; bytes]).expect("short");
		let answer = Answer { outcome: Outcome::Output(output), fuel: 1 };
		Entry::Done(Answered { answer, witness: None })
	}

	fn known(results: &Results) -> Vec<u8> {
		(0..10).filter(|key| results.get(&[*key; 32]).is_some()).collect()
	}

	#[test]
	fn oldest_results_should_be_forgotten_when_a_new_one_needs_the_room() {
		let (mut results, now) = (Results::new(3 * ENTRY_BYTES + 100), Instant::now());
		for key in 0..3 {
			results.finish([key; 32], done(0), now);
		}
		results.wait([9; 32], 0);
		results.finish([3; 32], done(600), now);
		assert_eq!(known(&results), [2, 3, 9], "what waits is not forgotten");
		assert!(results.bytes <= results.max_bytes);
	}

	#[test]
	fn result_should_be_forgotten_when_nobody_asks_for_it_any_more() {
		let (mut results, start) = (Results::new(MAX_KEPT_BYTES), Instant::now());
		for key in 0..3 {
			results.finish([key; 32], done(0), start);
		}
		results.wait([9; 32], 0);
		results.renew(&[0; 32], start + KEPT);
		// Of no result: nothing happens.
		results.renew(&[9; 32], start + KEPT);
		results.renew(&[8; 32], start + KEPT);
		results.finish([3; 32], done(0), start + KEPT);
		assert_eq!(known(&results), [0, 1, 2, 3, 9]);
		results.finish([4; 32], done(0), start + KEPT + Duration::from_secs(1));
		assert_eq!(known(&results), [0, 3, 4, 9]);
		assert_eq!((results.finished.len(), results.bytes), (3, 3 * ENTRY_BYTES));
	}

	#[test]
	fn result_should_count_once_when_the_job_runs_again() {
		let (mut results, now) = (Results::new(2 * ENTRY_BYTES), Instant::now());
		results.finish([1; 32], done(0), now);
		for _ in 0..5 {
			results.wait([2; 32], 1);
			results.finish([2; 32], Entry::Failed { times: 1 }, now);
		}
		assert_eq!((results.len(), results.finished.len(), results.bytes), (2, 2, 2 * ENTRY_BYTES));
		results.clear();
		assert_eq!((results.len(), results.bytes), (0, 0));
	}
}
