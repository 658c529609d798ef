//! Ledger: what each key spent, and which request a client's id stands for. It outlives a restart.
//!
//! The file has a JSON value on each line. What a power cut left of a line is ignored.

use crate::{
	amount,
	backend::{Planck, Reference, RequestId},
	keys::Limits,
};
use serde::{Deserialize, Serialize};
use std::{
	collections::{BTreeMap, HashMap, VecDeque},
	fs::{self, File, OpenOptions, TryLockError},
	io::{self, Write},
	path::{Path, PathBuf},
	sync::{Mutex, MutexGuard, PoisonError},
	time::{SystemTime, UNIX_EPOCH},
};

/// Version of the file format.
const VERSION: u32 = 1;
/// Ended requests whose ids are remembered: the newest.
pub const MAX_REMEMBERED: usize = 65_536;
/// Lines after which the file is written anew.
const MAX_LINES: usize = 4 * MAX_REMEMBERED;
const SECONDS_PER_DAY: u64 = 86_400;

/// Cause for which a ledger does not open, or refuses to count.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
	/// The file cannot be read or written.
	#[error("the ledger {path}: {error}")]
	File {
		/// Where it is.
		path: String,
		/// What happened.
		error: io::Error,
	},
	/// Another gateway uses it.
	#[error("another gateway uses the ledger {0}")]
	InUse(String),
	/// It is no ledger, or of another account or chain.
	#[error("{path} is no ledger of this account on this chain: {cause}")]
	Other {
		/// Where it is.
		path: String,
		/// What is wrong.
		cause: String,
	},
}

/// A limit that a request would pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitReached {
	/// Whether it is the limit of a day; otherwise it is that of all time.
	pub is_daily: bool,
	/// The limit.
	pub limit: Planck,
	/// What is spent and held of it.
	pub spent: Planck,
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
	/// It may be on its way. What it costs at most is held.
	Open,
	/// It ended.
	Closed,
	/// It was never made.
	Released,
}

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
	/// Name of the key.
	pub key: String,
	/// What is asked for: model, tier and input.
	pub digest: [u8; 32],
	/// Number of the model's version.
	pub model: u32,
	/// Number on the chain, once it is known.
	pub request: Option<RequestId>,
	/// How far it is.
	pub stage: Stage,
	/// The most that it costs.
	held: Planck,
	/// Day on which it was made.
	day: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
	Ledger {
		version: u32,
		chain: String,
	},
	/// What a key spent before the lines that follow.
	Spent {
		key: String,
		total: String,
		day: u64,
		today: String,
	},
	Held {
		reference: String,
		key: String,
		digest: String,
		model: u32,
		held: String,
		day: u64,
	},
	Made {
		reference: String,
		request: RequestId,
	},
	/// Amounts that a [`Line::Spent`] already counts are zero.
	Closed {
		reference: String,
		charged: String,
	},
	Released {
		reference: String,
	},
}

/// What a key spent.
#[derive(Clone, Copy, Debug, Default)]
struct Spent {
	total: Planck,
	day: u64,
	today: Planck,
	/// Held for requests that are open.
	held: Planck,
}

#[derive(Default)]
struct State {
	entries: HashMap<Reference, Entry>,
	/// References of what ended, the oldest first.
	ended: VecDeque<Reference>,
	spent: BTreeMap<String, Spent>,
}

struct Inner {
	state: State,
	file: File,
	lines: usize,
}

/// The ledger of a gateway.
pub struct Ledger {
	path: PathBuf,
	chain: String,
	inner: Mutex<Inner>,
	/// Holds the lock.
	_lock: File,
}

/// Day of UTC.
fn today() -> u64 {
	let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
	now.as_secs() / SECONDS_PER_DAY
}

fn text(bytes: &[u8; 32]) -> String {
	hex::encode(bytes)
}

fn bytes(text: &str) -> Option<[u8; 32]> {
	let mut bytes = [0; 32];
	hex::decode_to_slice(text, &mut bytes).ok()?;
	Some(bytes)
}

impl State {
	fn apply(&mut self, line: Line) -> Option<()> {
		match line {
			Line::Ledger { .. } => return None,
			Line::Spent { key, total, day, today } => {
				let spent = self.spent.entry(key).or_default();
				(spent.total, spent.day) = (amount::parse(&total)?, day);
				spent.today = amount::parse(&today)?;
			},
			Line::Held { reference, key, digest, model, held, day } => {
				let (reference, digest) = (bytes(&reference)?, bytes(&digest)?);
				let held = amount::parse(&held)?;
				let spent = self.spent.entry(key.clone()).or_default();
				spent.held = spent.held.saturating_add(held);
				let stage = Stage::Open;
				let entry = Entry { key, digest, model, request: None, stage, held, day };
				if self.entries.insert(reference, entry).is_some() {
					self.ended.retain(|ended| *ended != reference);
				}
			},
			Line::Made { reference, request } => {
				self.entries.get_mut(&bytes(&reference)?)?.request = Some(request);
			},
			Line::Closed { reference, charged } => {
				self.end(bytes(&reference)?, Stage::Closed, amount::parse(&charged)?)?;
			},
			Line::Released { reference } => self.end(bytes(&reference)?, Stage::Released, 0)?,
		}
		Some(())
	}

	fn end(&mut self, reference: Reference, stage: Stage, charged: Planck) -> Option<()> {
		let entry = self.entries.get_mut(&reference)?;
		if entry.stage != Stage::Open {
			return Some(());
		}
		entry.stage = stage;
		let spent = self.spent.entry(entry.key.clone()).or_default();
		spent.held = spent.held.saturating_sub(entry.held);
		spent.total = spent.total.saturating_add(charged);
		if entry.day > spent.day {
			(spent.day, spent.today) = (entry.day, 0);
		}
		if entry.day == spent.day {
			spent.today = spent.today.saturating_add(charged);
		}
		self.ended.push_back(reference);
		while self.ended.len() > MAX_REMEMBERED {
			if let Some(oldest) = self.ended.pop_front() {
				self.entries.remove(&oldest);
			}
		}
		Some(())
	}

	/// The lines that give this state.
	fn lines(&self, chain: &str) -> Vec<Line> {
		let mut lines = vec![Line::Ledger { version: VERSION, chain: chain.into() }];
		for (key, spent) in &self.spent {
			let Spent { total, day, today, .. } = *spent;
			let (total, today) = (amount::show(total), amount::show(today));
			lines.push(Line::Spent { key: key.clone(), total, day, today });
		}
		let open = self.entries.iter().filter(|(_, entry)| entry.stage == Stage::Open);
		let ended = self.ended.iter().filter_map(|it| self.entries.get_key_value(it));
		for (reference, entry) in ended.chain(open) {
			let reference = text(reference);
			let (key, digest) = (entry.key.clone(), text(&entry.digest));
			let (held, day, model) = (amount::show(entry.held), entry.day, entry.model);
			let same = || reference.clone();
			lines.push(Line::Held { reference: same(), key, digest, model, held, day });
			if let Some(request) = entry.request {
				lines.push(Line::Made { reference: same(), request });
			}
			match entry.stage {
				Stage::Open => {},
				Stage::Closed => lines.push(Line::Closed { reference, charged: "0".into() }),
				Stage::Released => lines.push(Line::Released { reference }),
			}
		}
		lines
	}
}

impl Ledger {
	/// Opens or begins the ledger in a folder. `chain` names the chain and the account that pays.
	///
	/// # Errors
	///
	/// It is in use, of another chain, or cannot be written.
	pub fn open(folder: &Path, chain: &str) -> Result<Self, LedgerError> {
		let path = folder.join("ledger.jsonl");
		let shown = path.display().to_string();
		let failed = |error| LedgerError::File { path: shown.clone(), error };
		let other = |cause: &str| LedgerError::Other { path: shown.clone(), cause: cause.into() };
		fs::create_dir_all(folder).map_err(failed)?;
		// The ledger itself is replaced now and then, and the lock of a file that is gone locks nothing.
		let lock = File::create(folder.join("lock")).map_err(failed)?;
		match lock.try_lock() {
			Ok(()) => {},
			Err(TryLockError::WouldBlock) => return Err(LedgerError::InUse(shown)),
			Err(TryLockError::Error(error)) => return Err(failed(error)),
		}
		let text = match fs::read(&path) {
			Ok(text) => text,
			Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
			Err(error) => return Err(failed(error)),
		};
		let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
		let mut lines = text[..whole].split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
		let mut state = State::default();
		if let Some(first) = lines.next() {
			match serde_json::from_slice(first) {
				Ok(Line::Ledger { version: VERSION, chain: its }) if its == chain => {},
				Ok(Line::Ledger { version: VERSION, chain }) => return Err(other(&chain)),
				_ => return Err(other("its first line is of another form")),
			}
		}
		for (number, line) in lines.enumerate() {
			let line = serde_json::from_slice(line).ok();
			if line.and_then(|line| state.apply(line)).is_none() {
				return Err(other(&format!("line {} is of another form", number + 2)));
			}
		}
		let (file, lines) = rewrite(&path, &state, chain).map_err(failed)?;
		let inner = Mutex::new(Inner { state, file, lines });
		Ok(Self { path, chain: chain.into(), inner, _lock: lock })
	}

	fn lock(&self) -> MutexGuard<'_, Inner> {
		self.inner.lock().unwrap_or_else(PoisonError::into_inner)
	}

	/// Writes a line, and then applies it.
	fn write(&self, inner: &mut Inner, line: Line) -> Result<(), LedgerError> {
		let failed = |error| LedgerError::File { path: self.path.display().to_string(), error };
		let mut bytes = serde_json::to_vec(&line).map_err(|error| failed(error.into()))?;
		bytes.push(b'\n');
		let length = inner.file.metadata().map_err(failed)?.len();
		if let Err(error) = inner.file.write_all(&bytes).and_then(|()| inner.file.sync_data()) {
			// Half a line would make one with the next.
			inner.file.set_len(length).map_err(failed)?;
			return Err(failed(error));
		}
		inner.state.apply(line);
		inner.lines += 1;
		if inner.lines > MAX_LINES + inner.state.entries.len() {
			let (file, lines) = rewrite(&self.path, &inner.state, &self.chain).map_err(failed)?;
			(inner.file, inner.lines) = (file, lines);
		}
		Ok(())
	}

	/// The request with this reference.
	pub fn entry(&self, reference: &Reference) -> Option<Entry> {
		self.lock().state.entries.get(reference).cloned()
	}

	/// References of requests that may be on their way.
	pub fn open_requests(&self) -> Vec<(Reference, Entry)> {
		let inner = self.lock();
		let open = inner.state.entries.iter().filter(|(_, entry)| entry.stage == Stage::Open);
		open.map(|(reference, entry)| (*reference, entry.clone())).collect()
	}

	/// Counts what a request costs at most, before it is made.
	///
	/// # Errors
	///
	/// The file cannot be written. The inner error is the limit that the request would pass.
	pub fn hold(
		&self,
		reference: Reference,
		key: &str,
		limits: &Limits,
		(model, digest): (u32, [u8; 32]),
		held: Planck,
	) -> Result<Result<(), LimitReached>, LedgerError> {
		let mut inner = self.lock();
		let day = today();
		let spent = inner.state.spent.get(key).copied().unwrap_or_default();
		let today = if spent.day == day { spent.today } else { 0 };
		let most = [(true, limits.per_day, today), (false, limits.total, spent.total)];
		for (is_daily, limit, ended) in most {
			let (Some(limit), spent) = (limit, ended.saturating_add(spent.held)) else { continue };
			if spent.saturating_add(held) > limit {
				return Ok(Err(LimitReached { is_daily, limit, spent }));
			}
		}
		let (reference, digest) = (text(&reference), text(&digest));
		let (key, held) = (key.into(), amount::show(held));
		self.write(&mut inner, Line::Held { reference, key, digest, model, held, day })?;
		Ok(Ok(()))
	}

	/// Notes the number of a request.
	///
	/// # Errors
	///
	/// The file cannot be written.
	pub fn made(&self, reference: &Reference, request: RequestId) -> Result<(), LedgerError> {
		self.write(&mut self.lock(), Line::Made { reference: text(reference), request })
	}

	/// Counts what a request cost in the end.
	///
	/// # Errors
	///
	/// The file cannot be written.
	pub fn close(&self, reference: &Reference, charged: Planck) -> Result<(), LedgerError> {
		let charged = amount::show(charged);
		self.write(&mut self.lock(), Line::Closed { reference: text(reference), charged })
	}

	/// Notes that a request was never made, so that its id is free.
	///
	/// # Errors
	///
	/// The file cannot be written.
	pub fn release(&self, reference: &Reference) -> Result<(), LedgerError> {
		self.write(&mut self.lock(), Line::Released { reference: text(reference) })
	}

	/// What a key spent at all, what is held besides, and what it spent today.
	pub fn spent(&self, key: &str) -> (Planck, Planck, Planck) {
		let spent = self.lock().state.spent.get(key).copied().unwrap_or_default();
		(spent.total, spent.held, if spent.day == today() { spent.today } else { 0 })
	}

	/// The most that a request costs, while it is open.
	pub fn held(&self, reference: &Reference) -> Planck {
		self.lock().state.entries.get(reference).map_or(0, |entry| entry.held)
	}
}

/// Replaces the file by one with the lines of this state.
fn rewrite(path: &Path, state: &State, chain: &str) -> io::Result<(File, usize)> {
	let new = path.with_extension("new");
	let lines = state.lines(chain);
	let mut bytes = Vec::new();
	for line in &lines {
		serde_json::to_writer(&mut bytes, line)?;
		bytes.push(b'\n');
	}
	let mut file = OpenOptions::new().create(true).truncate(true).write(true).open(&new)?;
	file.write_all(&bytes)?;
	file.sync_all()?;
	fs::rename(&new, path)?;
	if let Some(folder) = path.parent() {
		File::open(folder)?.sync_all()?;
	}
	Ok((OpenOptions::new().append(true).open(path)?, lines.len()))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::backend::OPG;
	use proptest::{prelude::*, sample::select};

	const WHAT: (u32, [u8; 32]) = (7, [9; 32]);

	fn limits(total: Planck) -> Limits {
		Limits { total: Some(total), ..Limits::default() }
	}

	fn hold(ledger: &Ledger, reference: u8, total: Planck, held: Planck) -> Option<LimitReached> {
		ledger.hold([reference; 32], "a", &limits(total), WHAT, held).unwrap().err()
	}

	#[test]
	fn limit_should_count_what_is_held_and_what_was_charged() {
		let folder = tempfile::tempdir().unwrap();
		let ledger = Ledger::open(folder.path(), "chain").unwrap();
		assert_eq!(hold(&ledger, 1, 10, 6), None);
		let reached = LimitReached { is_daily: false, limit: 10, spent: 6 };
		assert_eq!(hold(&ledger, 2, 10, 6), Some(reached));
		ledger.close(&[1; 32], 4).unwrap();
		assert_eq!(hold(&ledger, 2, 10, 6), None);
		assert_eq!(ledger.spent("a"), (4, 6, 4));
		ledger.release(&[2; 32]).unwrap();
		assert_eq!(ledger.spent("a"), (4, 0, 4));
		// Another key has its own.
		assert_eq!(ledger.spent("b"), (0, 0, 0));
	}

	#[test]
	fn daily_limit_should_be_that_of_a_day() {
		let folder = tempfile::tempdir().unwrap();
		let ledger = Ledger::open(folder.path(), "chain").unwrap();
		let limits = Limits { per_day: Some(10), ..Limits::default() };
		ledger.hold([1; 32], "a", &limits, WHAT, 8).unwrap().unwrap();
		ledger.close(&[1; 32], 8).unwrap();
		let reached = ledger.hold([2; 32], "a", &limits, WHAT, 8).unwrap().unwrap_err();
		assert_eq!(reached, LimitReached { is_daily: true, limit: 10, spent: 8 });
		ledger.lock().state.spent.get_mut("a").unwrap().day -= 1;
		ledger.hold([2; 32], "a", &limits, WHAT, 8).unwrap().unwrap();
	}

	#[test]
	fn ledger_should_come_back_after_a_restart() {
		let folder = tempfile::tempdir().unwrap();
		let open = || Ledger::open(folder.path(), "chain");
		let ledger = open().unwrap();
		assert!(matches!(open(), Err(LedgerError::InUse(_))));
		for reference in 1..=3 {
			assert_eq!(hold(&ledger, reference, OPG, 100), None);
		}
		ledger.made(&[1; 32], 11).unwrap();
		ledger.close(&[1; 32], 40).unwrap();
		ledger.made(&[2; 32], 12).unwrap();
		drop(ledger);
		// Twice: the second time from what the first has rewritten.
		for _ in 0..2 {
			let ledger = open().unwrap();
			assert_eq!(ledger.spent("a"), (40, 200, 40));
			let ended = ledger.entry(&[1; 32]).unwrap();
			assert_eq!((ended.stage, ended.request), (Stage::Closed, Some(11)));
			let open: BTreeMap<_, _> = ledger.open_requests().into_iter().collect();
			assert_eq!(open.len(), 2);
			assert_eq!(open[&[2; 32]].request, Some(12));
			assert_eq!(open[&[3; 32]].request, None);
		}
		assert!(matches!(Ledger::open(folder.path(), "other"), Err(LedgerError::Other { .. })));
	}

	#[test]
	fn ledger_should_ignore_half_a_line_and_refuse_what_is_none() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("ledger.jsonl");
		let ledger = Ledger::open(folder.path(), "chain").unwrap();
		assert_eq!(hold(&ledger, 1, OPG, 100), None);
		drop(ledger);
		let whole = fs::read(&path).unwrap();
		fs::write(&path, [&whole, &b"{\"closed\":"[..]].concat()).unwrap();
		assert_eq!(Ledger::open(folder.path(), "chain").unwrap().spent("a"), (0, 100, 0));
		for wrong in [&b"nonsense\n"[..], b"{\"released\":{\"reference\":\"00\"}}\n"] {
			fs::write(&path, [&whole, wrong].concat()).unwrap();
			let refused = Ledger::open(folder.path(), "chain").err().unwrap();
			assert!(matches!(refused, LedgerError::Other { .. }), "{refused}");
		}
	}

	proptest! {
		#![proptest_config(ProptestConfig::with_cases(32))]

		/// Whatever happens, what is spent and held is what the requests say, and never above the limit.
		#[test]
		fn spent_should_be_the_sum_of_requests(
			steps in proptest::collection::vec((0u8..6, select(vec![0, 1, 2, 3]), 1u128..50), 1..40),
		) {
			let folder = tempfile::tempdir().unwrap();
			let mut ledger = Ledger::open(folder.path(), "chain").unwrap();
			let (mut open, mut charged) = (BTreeMap::new(), 0);
			for (reference, step, amount) in steps {
				match step {
					0 if !open.contains_key(&reference) => {
						if hold(&ledger, reference, 100, amount).is_none() {
							open.insert(reference, amount);
						}
					},
					1 => if let Some(held) = open.remove(&reference) {
						ledger.close(&[reference; 32], held / 2).unwrap();
						charged += held / 2;
					},
					2 => if open.remove(&reference).is_some() {
						ledger.release(&[reference; 32]).unwrap();
					},
					_ => {
						drop(ledger);
						ledger = Ledger::open(folder.path(), "chain").unwrap();
					},
				}
				let held: Planck = open.values().sum();
				let (total, now_held, _) = ledger.spent("a");
				prop_assert_eq!((total, now_held), (charged, held));
				prop_assert!(total + now_held <= 100);
			}
		}
	}
}
