//! `opg request batch`: a file of inputs, many in flight.

mod journal;
mod requests;
#[cfg(test)]
mod tests;

use super::{
	check::{check_length, ModelFile},
	is_stored, tier_name, Terms, WaitArg,
};
use crate::{
	chain::Chain,
	claims,
	commands::Session,
	failure::Failure,
	fs as files,
	keys::{Account, Signer},
	model_ref::ModelRef,
	output::Output,
	reference,
	rpc::{pool, Refusal},
	signals, tensors,
	upload::Upload,
};
use anyhow::{bail, ensure, Context, Error, Result};
use clap::Args;
use codec::Encode;
use journal::{path_of, Header, Journal};
use opg_primitives::{Nonce, RequestId, Tier};
use opg_runtime::Runtime;
use opg_runtime_api::VersionView;
use opg_tensors::{json as tensor_json, report::Port};
use pallet_opg_inference::{NextRequestId, RequestOf, RequestState};
use requests::{Batch, Counts, Found, Handed, Head, Ledger, Line, Progress, Stop};
use serde_json::{json, Value};
use sp_core::H256;
use sp_io::hashing::blake2_256;
use std::{
	collections::{BTreeMap, BTreeSet},
	fs::{File, OpenOptions},
	io::{stderr, stdin, stdout, IsTerminal, Read, Write},
	path::{Path, PathBuf},
	thread::sleep,
	time::{Duration, Instant},
};

const POLL: Duration = Duration::from_millis(500);
/// Time between two attempts to reach a node that does not answer.
const RECONNECT: Duration = Duration::from_secs(5);
/// Time after which a node that does not answer ends the batch.
const OUTAGE: Duration = Duration::from_secs(600);

/// Arguments of `opg request batch`.
#[derive(Args)]
#[command(
	after_help = "A line of the file is {\"id\": ANYTHING, \"tensors\": [...]}, or the list of tensors \
	alone. A line of the results has `line`, `id`, `request`, `state` (attested, settled, failed), \
	`answer`, `fee`, `error` and `reference`, in the order in which they come. If it is interrupted, run \
	the same command again: lines that were sent are recognised, and not paid for twice."
)]
pub(crate) struct BatchArgs {
	/// Model version: owner/name@1.4.0, owner/name@channel, owner/name for the latest, or its number.
	#[arg(value_name = "MODEL")]
	model_ref: ModelRef,
	/// File with a JSON value in each line. `-` is the standard input.
	file: PathBuf,
	/// File for the results, a JSON object in a line each. The journal, by which an interrupted batch goes
	/// on, lies next to it. Without it the results are printed, and an interrupted batch cannot go on.
	#[arg(long, value_name = "FILE")]
	output: Option<PathBuf>,
	/// Requests without an answer at a time.
	#[arg(
		long, value_name = "REQUESTS", default_value_t = 32,
		value_parser = clap::value_parser!(u16).range(1..=1024)
	)]
	in_flight: u16,
	/// When an answer is a result.
	#[arg(long, value_name = "UNTIL", value_enum, default_value_t = WaitArg::Final)]
	wait: WaitArg,
	#[command(flatten)]
	model: ModelFile,
	#[command(flatten)]
	terms: Terms,
	#[command(flatten)]
	signer: Signer,
}

impl BatchArgs {
	pub(super) fn run(&self, session: &Session) -> Result<()> {
		let text = self.read()?;
		let chain = session.connect()?;
		let version = self.model_ref.resolve(&chain)?;
		let inputs = self.model.inputs(&version)?;
		let account = self.signer.account(&chain)?.with_key("a batch")?;
		let tier: Tier = self.terms.tier.into();
		let header = Header::new(
			claims::random(),
			chain.genesis(),
			account.id().clone(),
			version.model,
			tier_name(tier),
		);
		let (journal, header, sent) = match &self.output {
			Some(output) => Journal::open(&path_of(output), header)?,
			None => (Journal::none(), header, Vec::new()),
		};
		let lines = parse(&text, header.run, &version, inputs.as_deref())?;
		let (mut results, done): (Box<dyn Write>, _) = match &self.output {
			Some(output) => {
				let (file, done) = open_results(output)?;
				(Box::new(file), done)
			},
			None => (Box::new(stdout()), BTreeMap::new()),
		};
		signals::catch();
		let (limit, until) = (self.in_flight.into(), self.wait.into());
		let mut batch = Batch::new(lines, &sent, &done, journal, &mut results, limit, until);
		let ended = self.drive(session, chain, &version, &account, &mut batch);
		let counts = batch.counts();
		drop(batch);
		results.flush().context("cannot write the results")?;
		ended?;
		self.report(session.output, counts)
	}

	fn read(&self) -> Result<String> {
		if self.file.as_os_str() != "-" {
			let shown = || format!("{} is no text", self.file.display());
			return String::from_utf8(files::read(&self.file)?).with_context(shown);
		}
		let mut text = String::new();
		stdin().read_to_string(&mut text).context("cannot read the standard input")?;
		Ok(text)
	}

	/// Takes turns until every line has a result.
	fn drive(
		&self,
		session: &Session,
		chain: Chain,
		version: &VersionView,
		account: &Account,
		batch: &mut Batch,
	) -> Result<()> {
		let genesis = chain.genesis();
		let mut connection = Some(chain);
		let mut down: Option<Instant> = None;
		let mut height = None;
		while !batch.is_done() {
			if signals::stopped() {
				eprintln!();
				bail!("stopped; run the same command again, it goes on where it was");
			}
			let turn = match connection.take() {
				None => session.connect().and_then(|chain| {
					ensure!(
						chain.genesis() == genesis,
						Stop(Failure::OtherChain("the node is of another chain now".into()).into())
					);
					connection = Some(chain);
					Ok(())
				}),
				Some(chain) => {
					let turn = self.turn(&chain, version, account, batch, &mut height);
					connection = turn.is_ok().then_some(chain);
					turn
				},
			};
			let error = match turn {
				Ok(()) => {
					down = None;
					self.show(batch.counts());
					sleep(POLL);
					continue;
				},
				Err(error) => match error.downcast::<Stop>() {
					Ok(Stop(error)) => return Err(error),
					Err(error) => error,
				},
			};
			let since = *down.get_or_insert_with(|| {
				eprintln!("warning: {error:#}");
				Instant::now()
			});
			if since.elapsed() > OUTAGE {
				return Err(error.context("run the same command again, it goes on where it was"));
			}
			sleep(RECONNECT);
		}
		self.show(batch.counts());
		Ok(())
	}

	/// Takes a turn if there is a new block.
	fn turn(
		&self,
		chain: &Chain,
		version: &VersionView,
		account: &Account,
		batch: &mut Batch,
		height: &mut Option<u32>,
	) -> Result<()> {
		let now = chain.height()?;
		if *height != Some(now) {
			batch.turn(&Node { chain, version, account, terms: &self.terms })?;
			*height = Some(now);
		}
		Ok(())
	}

	fn show(&self, counts: Counts) {
		let Counts { lines, answered, failed, in_flight, waiting } = counts;
		if stderr().is_terminal() {
			eprint!(
				"\r{answered} of {lines} answered, {failed} failed, {in_flight} in flight, {waiting} \
				 waiting   "
			);
			let _ = stderr().flush();
		}
	}

	fn report(&self, output: Output, counts: Counts) -> Result<()> {
		let Counts { lines, answered, failed, .. } = counts;
		if stderr().is_terminal() {
			eprintln!();
		}
		// Without a file the results themselves are on the standard output.
		if let Some(path) = &self.output {
			output.result(
				format_args!("{answered} of {lines} answered, results in {}", path.display()),
				|| json!({ "lines": lines, "answered": answered, "failed": failed }),
			);
		}
		ensure!(
			failed == 0,
			Failure::RequestFailed(format!("{failed} of {lines} lines have no answer"))
		);
		Ok(())
	}
}

/// The lines of a file. Nothing is sent unless all of them are inputs of the model.
fn parse(
	text: &str,
	run: H256,
	version: &VersionView,
	inputs: Option<&[Port]>,
) -> Result<Vec<Line>> {
	let mut lines = Vec::new();
	for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
		let number = index + 1;
		let (id, input) = parse_line(line, version, inputs)
			.with_context(|| format!("line {number}, of which nothing was sent"))?;
		let reference = blake2_256(&(b"opg/cli/batch", run, number as u64, &input).encode());
		lines.push(Line::new(number, id, input, H256(reference)));
	}
	ensure!(!lines.is_empty(), "the file has no lines");
	Ok(lines)
}

fn parse_line(
	line: &str,
	version: &VersionView,
	inputs: Option<&[Port]>,
) -> Result<(Value, Vec<u8>)> {
	let value: Value = serde_json::from_str(line)?;
	let (id, list) = match &value {
		Value::Object(object) => {
			let known = |key: &String| ["id", "tensors"].contains(&key.as_str());
			if let Some(other) = object.keys().find(|key| !known(key)) {
				bail!("a line has `id` and `tensors`, not `{}`", opg_execution::printable(other));
			}
			(object.get("id").cloned().unwrap_or_default(), &value["tensors"])
		},
		list => (Value::Null, list),
	};
	let input = tensors::encode(&tensor_json::from_value(list)?, inputs)?;
	check_length(&input, version)?;
	Ok((id, input))
}

/// Opens the file of results to add to it, and tells which references have one, with an answer or not.
fn open_results(path: &Path) -> Result<(File, BTreeMap<H256, bool>)> {
	let shown = || path.display().to_string();
	let mut options = OpenOptions::new();
	options.read(true).append(true).create(true);
	let mut file = options.open(path).with_context(shown)?;
	// A line that was cut off has no result.
	let text = files::whole_lines(&mut file).with_context(shown)?;
	let mut done = BTreeMap::new();
	for line in text.lines() {
		let value: Value = serde_json::from_str(line)
			.with_context(|| format!("{} is no file of results of this program", path.display()))?;
		let reference: H256 = serde_json::from_value(value["reference"].clone())
			.with_context(|| format!("{} is no file of results of this program", path.display()))?;
		done.insert(reference, value["error"].is_null());
	}
	Ok((file, done))
}

/// The chain, for the requests of one account.
struct Node<'a> {
	chain: &'a Chain,
	version: &'a VersionView,
	account: &'a Account,
	terms: &'a Terms,
}

impl Ledger for Node<'_> {
	fn head(&self) -> Result<Head> {
		let chain = self.chain;
		let key = frame_system::Account::<Runtime>::hashed_key_for(self.account.id());
		let at = chain.finalized()?;
		let next_key = NextRequestId::<Runtime>::hashed_key();
		let final_request = chain.storage_at(&next_key, Some(at))?.unwrap_or_default();
		let at_final: Option<
			frame_system::AccountInfo<Nonce, pallet_balances::AccountData<opg_primitives::Balance>>,
		> = chain.storage_at(&key, Some(at))?;
		// The final block first: what it has, the best one has.
		let final_nonce = at_final.map_or(0, |account| account.nonce);
		Ok(Head {
			height: chain.height()?,
			clock: chain.clock()?,
			best_nonce: chain.account(self.account.id())?.nonce,
			final_nonce,
			next_request: chain.storage(&next_key)?.unwrap_or_default(),
			final_request,
		})
	}

	fn next_nonce(&self) -> Result<Nonce> {
		self.chain.next_nonce(self.account.id())
	}

	fn pending(&self) -> Result<BTreeSet<H256>> {
		reference::pending(self.chain, self.account.id())
	}

	fn requests(&self, numbers: &[RequestId]) -> Result<Vec<Option<Found>>> {
		let found = reference::requests(self.chain, numbers)?;
		Ok(found.into_iter().map(|found| found.map(|request| self.found(request))).collect())
	}

	fn check(&self, input: &[u8]) -> Result<()> {
		let reference = H256::zero();
		self.terms.order(self.chain, self.version, input, reference, self.account.id()).map(drop)
	}

	fn submit(&self, input: &[u8], reference: H256, nonce: Nonce) -> Result<Handed> {
		// What it costs was checked for this block already.
		let order = self.terms.order_unchecked(self.chain, self.version, input, reference)?;
		let call = order.call()?;
		match self.chain.submit_with_nonce(call, self.account, nonce) {
			Ok(()) => Ok(Handed::Taken),
			Err(error) => handed(error),
		}
	}

	fn upload(&self, request: RequestId, input: &[u8]) -> Result<()> {
		if !is_stored(input) {
			return Ok(());
		}
		Upload::of_bytes(input)?.send(self.chain, Some(request))
	}
}

impl Node<'_> {
	fn found(&self, request: RequestOf<Runtime>) -> Found {
		let is_own = request.requester == *self.account.id();
		let progress = match request.state {
			RequestState::Open(_)
			| RequestState::Uploading { .. }
			| RequestState::Holding { .. }
			| RequestState::Court { attested: None, .. } => Progress::Open,
			RequestState::Attested { answer, .. }
			| RequestState::Audited { answer, .. }
			| RequestState::Court { attested: Some((answer, _)), .. } => Progress::Attested(answer),
			RequestState::Settled { answer, fee, .. } => Progress::Settled(answer, fee),
			RequestState::Failed { reason, .. } => Progress::Failed(reason),
		};
		Found { reference: is_own.then_some(request.reference), progress }
	}
}

/// What a refusal means. One that another attempt does not mend ends the batch.
fn handed(error: Error) -> Result<Handed> {
	let Some(refusal) = error.downcast_ref::<Refusal>() else { return Err(error) };
	match refusal.code {
		pool::KNOWN => Ok(Handed::Taken),
		pool::DROPPED | pool::BANNED => Ok(Handed::Full),
		_ if refusal.is_nonce_used() => Ok(Handed::NonceUsed),
		pool::INVALID => Err(Stop(error).into()),
		_ => Err(error),
	}
}
