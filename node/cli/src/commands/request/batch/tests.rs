//! Batches on a chain that loses transactions, refuses requests, changes its mind about blocks, and on a
//! machine that is interrupted.

use super::{
	journal::{Header, Journal},
	open_results,
	requests::{Batch, Found, Handed, Head, Ledger, Line, Progress, Stop},
};
use crate::{commands::request::Until, failure::Failure};
use anyhow::{bail, Result};
use opg_primitives::{AccountId, Answer, FailureReason, Nonce, Outcome, RequestId};
use serde_json::{json, Value};
use sp_core::H256;
use std::{
	cell::{Cell, RefCell},
	collections::{BTreeMap, BTreeSet},
	fs,
	path::Path,
};

/// Blocks from the best to the final one.
const FINALITY: usize = 3;
/// Blocks from inclusion to an answer, and to its settlement.
const ANSWERED: u32 = 2;
const SETTLED: u32 = 5;
/// Requests that the executors have room for.
const ROOM: usize = 12;

/// State of the chain after a block.
#[derive(Clone, Default)]
struct State {
	nonce: Nonce,
	/// Reference, and height of inclusion.
	requests: Vec<(H256, u32)>,
	/// Transactions of the last block.
	included: Vec<(Nonce, H256)>,
}

/// Numbers that look random.
struct Dice(Cell<u64>);

impl Dice {
	fn roll(&self, percent: u64) -> bool {
		let mut x = self.0.get();
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		self.0.set(x);
		x % 100 < percent
	}
}

/// What goes wrong, in percent.
#[derive(Clone, Copy, Default)]
struct Trouble {
	/// A call of the node fails.
	call: u64,
	/// The pool loses everything.
	loss: u64,
	/// A request is refused in the block.
	refusal: u64,
	/// The last blocks are replaced.
	fork: u64,
	/// The pool has no room.
	full: u64,
}

struct Chain {
	blocks: RefCell<Vec<State>>,
	/// Blocks that are final.
	final_blocks: Cell<usize>,
	pool: RefCell<BTreeMap<Nonce, H256>>,
	dice: Dice,
	trouble: Trouble,
	/// References of requests that fail.
	failing: BTreeSet<H256>,
	submitted: Cell<usize>,
}

impl Chain {
	fn new(seed: u64, trouble: Trouble) -> Self {
		Self {
			blocks: RefCell::new(vec![State::default(); FINALITY + 1]),
			final_blocks: Cell::new(1),
			pool: RefCell::default(),
			dice: Dice(Cell::new(seed)),
			trouble,
			failing: BTreeSet::new(),
			submitted: Cell::new(0),
		}
	}

	fn best(&self) -> State {
		self.blocks.borrow().last().unwrap().clone()
	}

	fn height(&self) -> u32 {
		self.blocks.borrow().len() as u32
	}

	fn block(&self) {
		if self.dice.roll(self.trouble.fork) {
			// Two blocks, none of them final, are as if they had never been.
			for _ in 0..2 {
				if self.blocks.borrow().len() == self.final_blocks.get() {
					break;
				}
				let state = self.blocks.borrow_mut().pop().unwrap();
				self.pool.borrow_mut().extend(state.included);
			}
		}
		if self.dice.roll(self.trouble.loss) {
			self.pool.borrow_mut().clear();
		}
		let mut state = State { included: Vec::new(), ..self.best() };
		let height = self.height() + 1;
		while let Some(reference) = self.pool.borrow_mut().remove(&state.nonce) {
			state.included.push((state.nonce, reference));
			state.nonce += 1;
			let open = state.requests.iter().filter(|(_, at)| at + ANSWERED > height).count();
			if open < ROOM && !self.dice.roll(self.trouble.refusal) {
				state.requests.push((reference, height));
			}
		}
		let nonce = state.nonce;
		self.pool.borrow_mut().retain(|own, _| *own >= nonce);
		self.blocks.borrow_mut().push(state);
		let final_blocks = self.blocks.borrow().len() - FINALITY.min(self.blocks.borrow().len());
		self.final_blocks.set(final_blocks.max(self.final_blocks.get()));
	}

	fn trip(&self) -> Result<()> {
		if self.dice.roll(self.trouble.call) {
			bail!("the node does not answer");
		}
		Ok(())
	}

	fn answer() -> Answer {
		Answer { fuel: 1, outcome: Outcome::Output(Default::default()) }
	}
}

impl Ledger for Chain {
	fn head(&self) -> Result<Head> {
		self.trip()?;
		let (best, blocks) = (self.best(), self.blocks.borrow());
		Ok(Head {
			height: blocks.len() as u32,
			clock: blocks.len() as u32,
			best_nonce: best.nonce,
			final_nonce: blocks[self.final_blocks.get() - 1].nonce,
			next_request: best.requests.len() as RequestId,
			final_request: blocks[self.final_blocks.get() - 1].requests.len() as RequestId,
		})
	}

	fn next_nonce(&self) -> Result<Nonce> {
		self.trip()?;
		let mut nonce = self.best().nonce;
		while self.pool.borrow().contains_key(&nonce) {
			nonce += 1;
		}
		Ok(nonce)
	}

	fn pending(&self) -> Result<BTreeSet<H256>> {
		self.trip()?;
		Ok(self.pool.borrow().values().copied().collect())
	}

	fn requests(&self, numbers: &[RequestId]) -> Result<Vec<Option<Found>>> {
		self.trip()?;
		let (best, height) = (self.best(), self.height());
		let found = |number: &RequestId| {
			let (reference, at) = *best.requests.get(*number as usize)?;
			let age = height - at;
			let progress = match self.failing.contains(&reference) {
				_ if age < ANSWERED => Progress::Open,
				true => Progress::Failed(FailureReason::Expired),
				false if age < SETTLED => Progress::Attested(Self::answer()),
				false => Progress::Settled(Self::answer(), 7),
			};
			Some(Found { reference: Some(reference), progress })
		};
		Ok(numbers.iter().map(found).collect())
	}

	fn check(&self, _: &[u8]) -> Result<()> {
		self.trip()?;
		let (best, height) = (self.best(), self.height());
		let open = best.requests.iter().filter(|(_, at)| at + ANSWERED > height).count();
		if open >= ROOM {
			bail!(Failure::Congested("no room".into()));
		}
		Ok(())
	}

	fn submit(&self, _: &[u8], reference: H256, nonce: Nonce) -> Result<Handed> {
		if self.dice.roll(self.trouble.full) {
			return Ok(Handed::Full);
		}
		if nonce < self.best().nonce || self.pool.borrow().contains_key(&nonce) {
			return Ok(Handed::NonceUsed);
		}
		self.pool.borrow_mut().insert(nonce, reference);
		self.submitted.set(self.submitted.get() + 1);
		// It may have taken it, and the answer is lost.
		self.trip()?;
		Ok(Handed::Taken)
	}

	fn upload(&self, _: RequestId, _: &[u8]) -> Result<()> {
		self.trip()
	}
}

fn lines(count: usize) -> Vec<Line> {
	let line = |number: usize| {
		Line::new(number, json!(number), vec![1], H256::from_low_u64_be(number as u64))
	};
	(1..=count).map(line).collect()
}

fn header() -> Header {
	Header::new(H256::zero(), H256::zero(), AccountId::from([1; 32]), 0, "quorum")
}

/// Runs a batch for so many blocks at most, as one process does. Gives whether it came to its end.
fn run(chain: &Chain, folder: &Path, count: usize, blocks: usize, until: Until) -> bool {
	let output = folder.join("out.jsonl");
	let (journal, _, sent) = Journal::open(&folder.join("journal"), header()).unwrap();
	let (mut results, done) = open_results(&output).unwrap();
	let mut batch = Batch::new(lines(count), &sent, &done, journal, &mut results, 40, until);
	for _ in 0..blocks {
		// A turn that failed is taken again.
		while let Err(error) = batch.turn(chain) {
			assert!(!error.is::<Stop>(), "{error:#}");
		}
		if batch.is_done() {
			return true;
		}
		chain.block();
	}
	false
}

fn results(folder: &Path) -> Vec<Value> {
	let text = fs::read_to_string(folder.join("out.jsonl")).unwrap();
	text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Number of the requests of each reference in the best chain.
fn paid(chain: &Chain) -> BTreeMap<H256, usize> {
	let mut paid = BTreeMap::new();
	for (reference, _) in chain.best().requests {
		*paid.entry(reference).or_default() += 1;
	}
	paid
}

fn assert_each_once(chain: &Chain, folder: &Path, count: usize, case: &str) {
	let results = results(folder);
	let numbers: BTreeSet<_> = results.iter().map(|line| line["line"].as_u64().unwrap()).collect();
	assert_eq!((results.len(), numbers.len()), (count, count), "{case}");
	let paid = paid(chain);
	assert_eq!(paid.len(), count, "{case}");
	let twice: Vec<_> = paid.iter().filter(|(_, times)| **times > 1).collect();
	assert!(twice.is_empty(), "{case}: {twice:?}");
}

#[test]
fn every_line_should_be_answered_when_nothing_goes_wrong() {
	let folder = tempfile::tempdir().unwrap();
	let chain = Chain::new(1, Trouble::default());
	assert!(run(&chain, folder.path(), 1_000, 2_000, Until::Final));
	assert_each_once(&chain, folder.path(), 1_000, "calm");
	let results = results(folder.path());
	assert!(results.iter().all(|line| line["state"] == "settled" && line["error"].is_null()));
	assert!(results.iter().all(|line| line["fee"] == "7" && line["id"] == line["line"]));
}

#[test]
fn no_line_should_be_paid_for_twice_whatever_goes_wrong() {
	let trouble = Trouble { call: 10, loss: 10, refusal: 10, fork: 15, full: 5 };
	for seed in 1..=36 {
		let folder = tempfile::tempdir().unwrap();
		let chain = Chain::new(seed, trouble);
		let mut processes = 0;
		// The process is interrupted again and again.
		while !run(&chain, folder.path(), 100, 3 + processes % 17, Until::Final) {
			processes += 1;
			assert!(processes < 2_000, "seed {seed} comes to no end");
		}
		assert_each_once(&chain, folder.path(), 100, &format!("seed {seed}"));
	}
}

#[test]
fn attested_answers_should_be_results_when_they_are_asked_for() {
	let folder = tempfile::tempdir().unwrap();
	let chain = Chain::new(3, Trouble::default());
	assert!(run(&chain, folder.path(), 20, 100, Until::Attested));
	assert!(results(folder.path()).iter().all(|line| line["state"] == "attested"));
}

#[test]
fn failed_request_should_be_a_result_with_the_cause_and_not_be_sent_again() {
	let folder = tempfile::tempdir().unwrap();
	let mut chain = Chain::new(4, Trouble::default());
	chain.failing.insert(H256::from_low_u64_be(2));
	assert!(run(&chain, folder.path(), 3, 100, Until::Final));
	assert_each_once(&chain, folder.path(), 3, "failing");
	let results = results(folder.path());
	let failed: Vec<_> = results.iter().filter(|line| !line["error"].is_null()).collect();
	assert_eq!(failed.len(), 1);
	assert_eq!(failed[0]["error"]["reason"], "RequestFailed");
	assert_eq!(failed[0]["line"], 2);
	// Nor when the batch is run again.
	let before = chain.submitted.get();
	assert!(run(&chain, folder.path(), 3, 100, Until::Final));
	assert_eq!(chain.submitted.get(), before);
}
