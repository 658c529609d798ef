//! Many requests of one account, and the rule that none is paid for twice.
//!
//! A line is sent under a nonce that is in the journal before. Of the transactions of one nonce the chain
//! takes one. So a line is sent again under the same nonce as long as the chain has not used it, and under
//! another only once a *final* block used it and no request has the line's reference.

use super::journal::{Journal, Sent};
use crate::{
	commands::request::{answer_json, Until},
	describe,
	failure::{self, Code, Failure},
};
use anyhow::{bail, Error, Result};
use opg_primitives::{Answer, Balance, BlockNumber, FailureReason, Nonce, RequestId};
use opg_runtime::constants::REQUEST_LIFETIME;
use serde_json::{json, Value};
use sp_core::H256;
use std::{
	collections::{BTreeMap, BTreeSet},
	io::Write,
};

/// Requests that are read again at each block, before the newest: a re-organisation may have moved them.
const REREAD: RequestId = 256;
/// Times that a line fails in a block before it is given up.
const MAX_FAILURES: u32 = 16;
/// Blocks that a transaction is given to show in the node's pool.
const PATIENCE: BlockNumber = 2;
/// Blocks without any progress after which a batch stops.
const STALL: BlockNumber = 400;

/// What is read at each block.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Head {
	/// Height of the best block.
	pub height: BlockNumber,
	/// Time of the chain's clock.
	pub clock: BlockNumber,
	/// Next nonce of the account in the best block.
	pub best_nonce: Nonce,
	/// Next nonce of the account in the latest final block.
	pub final_nonce: Nonce,
	/// Number of the next request in the best block.
	pub next_request: RequestId,
	/// Number of the next request in the latest final block. No fork gives a smaller one to what is sent
	/// now.
	pub final_request: RequestId,
}

/// A request as the chain keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
	/// What it repeats, if the account of this batch pays for it.
	pub reference: Option<H256>,
	pub progress: Progress,
}

/// Progress of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Progress {
	/// No answer yet.
	Open,
	/// A committee agreed, and it may still change.
	Attested(Answer),
	/// Final.
	Settled(Answer, Balance),
	/// Failed and refunded.
	Failed(FailureReason),
}

/// What a node does with a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Handed {
	/// It waits in the pool.
	Taken,
	/// The pool has no room.
	Full,
	/// Another transaction has the nonce.
	NonceUsed,
}

/// The chain, as far as a batch needs it.
pub(super) trait Ledger {
	/// What is read at each block.
	fn head(&self) -> Result<Head>;
	/// The next nonce, counting what waits in the node's pool.
	fn next_nonce(&self) -> Result<Nonce>;
	/// References of this account's requests in the node's pool.
	fn pending(&self) -> Result<BTreeSet<H256>>;
	/// Requests with these numbers, in their order.
	fn requests(&self, numbers: &[RequestId]) -> Result<Vec<Option<Found>>>;
	/// Fails where the chain would refuse one more request now.
	fn check(&self, input: &[u8]) -> Result<()>;
	/// Hands in a request.
	fn submit(&self, input: &[u8], reference: H256, nonce: Nonce) -> Result<Handed>;
	/// Hands in the input of a request, where it lies outside of the chain.
	fn upload(&self, request: RequestId, input: &[u8]) -> Result<()>;
}

/// Line of a batch.
pub(super) struct Line {
	/// Number in the file, from 1 on.
	pub number: usize,
	/// What the file says to find it again.
	pub id: Value,
	/// Encoded tensors.
	pub input: Vec<u8>,
	/// Reference of its request.
	pub reference: H256,
	state: State,
	failures: u32,
}

impl Line {
	/// A line that was not sent.
	pub fn new(number: usize, id: Value, input: Vec<u8>, reference: H256) -> Self {
		Self { number, id, input, reference, state: State::Waiting, failures: 0 }
	}

	/// Tells whether its result is there.
	pub fn is_done(&self) -> bool {
		matches!(self.state, State::Done)
	}
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
	/// To be sent.
	Waiting,
	/// Handed in at this height, or perhaps not. No block is known to hold it.
	Sent(Sent, BlockNumber),
	/// In a block. `answered` once a committee agreed.
	Open { request: RequestId, answered: bool, sent: Sent },
	/// The result is written.
	Done,
}

/// Numbers of the lines by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
	pub lines: usize,
	pub answered: usize,
	pub failed: usize,
	pub in_flight: usize,
	pub waiting: usize,
}

/// A batch.
pub(super) struct Batch<'a> {
	lines: Vec<Line>,
	/// Place in `lines` by reference.
	places: BTreeMap<H256, usize>,
	journal: Journal,
	results: &'a mut dyn Write,
	/// Lines in flight at most.
	limit: usize,
	/// Lines in flight at most now: half as many after the chain refused some, one more after each turn
	/// in which it did not.
	window: usize,
	/// Whether the chain refused a line that this turn saw.
	is_refused: bool,
	/// When an answer is a result.
	until: Until,
	/// Requests below were read.
	scanned: RequestId,
	answered: usize,
	failed: usize,
	/// Height of the last progress.
	moved_at: Option<BlockNumber>,
	last: Option<Counts>,
}

impl<'a> Batch<'a> {
	/// A batch of these lines, of which `sent` were handed in before, and those in `done` have a result.
	pub fn new(
		lines: Vec<Line>,
		sent: &[Sent],
		done: &BTreeMap<H256, bool>,
		journal: Journal,
		results: &'a mut dyn Write,
		limit: usize,
		until: Until,
	) -> Self {
		let places =
			lines.iter().enumerate().map(|(place, line)| (line.reference, place)).collect();
		let mut batch = Self {
			lines,
			places,
			journal,
			results,
			limit,
			window: limit,
			is_refused: false,
			until,
			scanned: RequestId::MAX,
			answered: 0,
			failed: 0,
			moved_at: None,
			last: None,
		};
		// A later entry of a line takes the place of an earlier.
		for entry in sent {
			if let Some(place) = batch.places.get(&entry.reference) {
				batch.lines[*place].state = State::Sent(*entry, 0);
				batch.scanned = batch.scanned.min(entry.first);
			}
		}
		for (reference, is_answer) in done {
			if let Some(place) = batch.places.get(reference) {
				batch.lines[*place].state = State::Done;
				if *is_answer {
					batch.answered += 1;
				} else {
					batch.failed += 1;
				}
			}
		}
		batch
	}

	/// How far it is.
	pub fn counts(&self) -> Counts {
		let waiting = self.lines.iter().filter(|line| line.state == State::Waiting).count();
		Counts {
			lines: self.lines.len(),
			answered: self.answered,
			failed: self.failed,
			in_flight: self.in_flight(),
			waiting,
		}
	}

	/// Tells whether every line has a result.
	pub fn is_done(&self) -> bool {
		self.lines.iter().all(Line::is_done)
	}

	/// Does what there is to do at a block. It can be done again after any error.
	pub fn turn(&mut self, ledger: &impl Ledger) -> Result<()> {
		let head = ledger.head()?;
		self.look(ledger, &head)?;
		self.follow(ledger, &head)?;
		self.recover(ledger, &head)?;
		self.adapt();
		self.send(ledger, &head)?;
		self.check_progress(&head)
	}

	fn in_flight(&self) -> usize {
		let is_in_flight = |line: &&Line| {
			matches!(line.state, State::Sent(..) | State::Open { answered: false, .. })
		};
		self.lines.iter().filter(is_in_flight).count()
	}

	/// Finds the requests of lines that were sent.
	fn look(&mut self, ledger: &impl Ledger, head: &Head) -> Result<()> {
		let from = self.scanned.min(head.next_request).saturating_sub(REREAD);
		// Nothing that was sent has a smaller number.
		let first = self.sent().map(|sent| sent.first).min();
		if let Some(first) = first {
			self.find(ledger, from.max(first)..head.next_request)?;
		}
		self.scanned = head.next_request;
		Ok(())
	}

	fn sent(&self) -> impl Iterator<Item = Sent> + '_ {
		self.lines.iter().filter_map(|line| match line.state {
			State::Sent(sent, _) => Some(sent),
			_ => None,
		})
	}

	/// Notes which of these requests are those of lines that were sent.
	fn find(&mut self, ledger: &impl Ledger, numbers: std::ops::Range<RequestId>) -> Result<()> {
		let numbers: Vec<_> = numbers.collect();
		for (request, found) in numbers.iter().zip(ledger.requests(&numbers)?) {
			let reference = found.and_then(|found| found.reference);
			let Some(place) = reference.and_then(|own| self.places.get(&own)) else { continue };
			let line = &mut self.lines[*place];
			if let State::Sent(sent, _) = line.state {
				ledger.upload(*request, &line.input)?;
				line.state = State::Open { request: *request, answered: false, sent };
			}
		}
		Ok(())
	}

	/// Sees what became of requests.
	fn follow(&mut self, ledger: &impl Ledger, head: &Head) -> Result<()> {
		let open: Vec<(usize, RequestId, Sent)> = self
			.lines
			.iter()
			.enumerate()
			.filter_map(|(place, line)| match line.state {
				State::Open { request, sent, .. } => Some((place, request, sent)),
				_ => None,
			})
			.collect();
		let numbers: Vec<_> = open.iter().map(|(_, request, _)| *request).collect();
		let all = ledger.requests(&numbers)?;
		for ((place, request, sent), found) in open.into_iter().zip(all) {
			let reference = self.lines[place].reference;
			let Some(found) = found.filter(|found| found.reference == Some(reference)) else {
				// Another request has the number on this fork, or the chain keeps it no longer.
				self.lines[place].state = State::Sent(sent, head.height);
				self.scanned = self.scanned.min(sent.first);
				continue;
			};
			match found.progress {
				Progress::Open => {},
				Progress::Attested(answer) if self.until == Until::Attested => {
					self.answer(place, request, "attested", &answer, None)?;
				},
				Progress::Attested(_) => {
					self.lines[place].state = State::Open { request, answered: true, sent };
				},
				Progress::Settled(answer, fee) => {
					self.answer(place, request, "settled", &answer, Some(fee))?;
				},
				Progress::Failed(reason) => {
					let why = describe::failure(reason);
					let error = Failure::RequestFailed(format!("request {request} failed: {why}"));
					self.fail(place, Some(request), &error.into())?;
				},
			}
		}
		Ok(())
	}

	/// Sees to lines that were sent and are in no block.
	fn recover(&mut self, ledger: &impl Ledger, head: &Head) -> Result<()> {
		let lost = self.sent().filter(|sent| sent.nonce < head.final_nonce);
		if let Some(first) = lost.map(|sent| sent.first).min() {
			// Once more and all of them, because what follows is for good.
			self.find(ledger, first..head.next_request)?;
		}
		let mut pending = None;
		let mut sent: Vec<_> = (0..self.lines.len())
			.filter_map(|place| match self.lines[place].state {
				State::Sent(sent, at) => Some((sent.nonce, place, sent, at)),
				_ => None,
			})
			.collect();
		sent.sort_by_key(|(nonce, place, ..)| (*nonce, *place));
		for (nonce, place, sent, at) in sent {
			if nonce < head.final_nonce {
				self.give_back(place, sent, head)?;
			} else if nonce >= head.best_nonce && head.height > at.saturating_add(PATIENCE) {
				if pending.is_none() {
					pending = Some(ledger.pending()?);
				}
				let line = &mut self.lines[place];
				let waits = |pending: &BTreeSet<H256>| pending.contains(&line.reference);
				if !pending.as_ref().is_some_and(waits) {
					ledger.submit(&line.input, line.reference, nonce)?;
					line.state = State::Sent(sent, head.height);
				}
			}
		}
		Ok(())
	}

	/// A final block used the nonce of a line, and no request is the line's.
	fn give_back(&mut self, place: usize, sent: Sent, head: &Head) -> Result<()> {
		if head.clock.saturating_sub(sent.clock) >= REQUEST_LIFETIME {
			let error = anyhow::anyhow!(
				"it was sent long ago, and the chain keeps such requests no longer: look for the reference \
				 in the events. It is not sent again, because it may have been paid for"
			);
			return self.fail(place, None, &error);
		}
		let line = &mut self.lines[place];
		line.failures += 1;
		if line.failures >= MAX_FAILURES {
			let text = format!("the chain refused it {MAX_FAILURES} times");
			return self.fail(place, None, &Failure::Congested(text).into());
		}
		line.state = State::Waiting;
		self.is_refused = true;
		Ok(())
	}

	/// Makes room for fewer lines or for more.
	fn adapt(&mut self) {
		self.window = match std::mem::take(&mut self.is_refused) {
			true => (self.window / 2).max(1),
			false => (self.window + 1).min(self.limit),
		};
	}

	/// Sends what there is room for.
	fn send(&mut self, ledger: &impl Ledger, head: &Head) -> Result<()> {
		let mut next = None;
		let mut room = self.window.saturating_sub(self.in_flight());
		for place in 0..self.lines.len() {
			if room == 0 {
				break;
			}
			if self.lines[place].state != State::Waiting {
				continue;
			}
			if next.is_none()
				|| self.lines[place].input.len() > opg_primitives::MAX_INPUT_BYTES as usize
			{
				if let Err(error) = ledger.check(&self.lines[place].input) {
					// Without a cause of the chain it is trouble of the connection.
					if !error.is::<Failure>() {
						return Err(error);
					}
					// What is open frees room and deposits when it ends.
					if failure::code(&error) == Code::Congested || self.has_open() {
						return Ok(());
					}
					return Err(Stop(error).into());
				}
			}
			let nonce = match next {
				Some(nonce) => nonce,
				None => self.free_nonce(ledger.next_nonce()?),
			};
			let line = &mut self.lines[place];
			let sent = Sent {
				reference: line.reference,
				nonce,
				clock: head.clock,
				first: head.final_request,
			};
			self.journal.note(&sent).map_err(Stop)?;
			line.state = State::Sent(sent, head.height);
			match ledger.submit(&line.input, line.reference, nonce)? {
				Handed::Taken => {
					next = Some(self.free_nonce(nonce.saturating_add(1)));
					room -= 1;
				},
				// The node did not take it, and gave it to nobody.
				Handed::Full | Handed::NonceUsed => {
					line.state = State::Waiting;
					return Ok(());
				},
			}
		}
		Ok(())
	}

	/// The first nonce from `least` on that no line has.
	fn free_nonce(&self, least: Nonce) -> Nonce {
		let used: BTreeSet<_> = self.sent().map(|sent| sent.nonce).collect();
		(least..).find(|nonce| !used.contains(nonce)).unwrap_or(least)
	}

	fn has_open(&self) -> bool {
		self.lines.iter().any(|line| matches!(line.state, State::Sent(..) | State::Open { .. }))
	}

	fn answer(
		&mut self,
		place: usize,
		request: RequestId,
		state: &str,
		answer: &Answer,
		fee: Option<Balance>,
	) -> Result<()> {
		self.answered += 1;
		self.write(
			place,
			json!({
				"request": request,
				"state": state,
				"answer": answer_json(answer),
				"fee": fee.map(|fee| fee.to_string()),
				"error": null,
			}),
		)
	}

	fn fail(&mut self, place: usize, request: Option<RequestId>, error: &Error) -> Result<()> {
		self.failed += 1;
		self.write(
			place,
			json!({
				"request": request,
				"state": "failed",
				"answer": null,
				"fee": null,
				"error": failure::to_json(error),
			}),
		)
	}

	fn write(&mut self, place: usize, mut result: Value) -> Result<()> {
		let line = &mut self.lines[place];
		result["line"] = json!(line.number);
		result["id"] = line.id.clone();
		result["reference"] = json!(line.reference);
		writeln!(self.results, "{result}")
			.and_then(|()| self.results.flush())
			.map_err(|error| Stop(Error::from(error).context("cannot write a result")))?;
		line.state = State::Done;
		Ok(())
	}

	/// Stops a batch with which nothing happens any more.
	fn check_progress(&mut self, head: &Head) -> Result<()> {
		let counts = self.counts();
		if self.last != Some(counts) {
			(self.last, self.moved_at) = (Some(counts), Some(head.height));
		}
		let since = self.moved_at.unwrap_or(head.height);
		if head.height.saturating_sub(since) > STALL {
			bail!(Stop(
				Failure::Timeout(format!(
					"nothing happened for {STALL} blocks, with {} requests in flight and {} waiting: run the \
					 same command again later, it goes on where it was",
					counts.in_flight, counts.waiting
				))
				.into()
			));
		}
		Ok(())
	}
}

/// Trouble that another attempt does not mend.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(super) struct Stop(pub Error);
