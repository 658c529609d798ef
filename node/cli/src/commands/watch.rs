//! `opg watch`: computes attested answers again, and challenges those that are wrong.
//!
//! One thread does everything: it follows the chain, sees to the claims that are open, and waits for
//! the one run that goes on in a process of its own.

use super::{
	challenge::{claim_json, next_step, standing, Challenger, ChallengerArgs},
	Session,
};
use crate::{
	amount::Amount,
	chain::Chain,
	claims::{self, Claim, Stage},
	dispute::{End, NotChallengeable, StakeLimits, Step},
	local::EngineArg,
	model_ref::ModelRef,
	output::Output,
	recompute::{self, Run, Source},
	rpc::Endpoint,
	signals,
	watching::{Follower, Job, ModelFiles, Queue, Selection, Share},
};
use anyhow::{anyhow, Error, Result};
use clap::Args;
use opg_primitives::{Answer, Balance, BlockNumber, ModelId, RequestId, Task};
use opg_runtime::RuntimeEvent;
use pallet_opg_inference::Event;
use serde_json::json;
use sp_core::H256;
use std::{
	collections::{BTreeMap, BTreeSet},
	path::PathBuf,
	thread::sleep,
	time::{Duration, Instant},
};

const POLL: Duration = Duration::from_millis(500);
/// Time between two attempts to connect to a node that does not answer.
const RECONNECT: Duration = Duration::from_secs(5);
/// Time after which a node that does not answer ends the program.
const OUTAGE: Duration = Duration::from_secs(600);
/// Blocks after which a transaction that was sent in vain is sent again.
const RETRY_BLOCKS: BlockNumber = 4;

/// Arguments of `opg watch`.
#[derive(Args)]
#[command(
	after_help = "Ends with code 3 after a challenge that was lost, once its other claims are \
	decided, and does not start again while the file of a lost claim is there. With --json, prints \
	one value in a line for each event."
)]
pub(crate) struct Watch {
	/// Watch this model version only: its number, or owner/name@1.4.0. Repeatable.
	#[arg(long = "model", value_name = "MODEL")]
	only: Vec<ModelRef>,
	/// Folder with the ONNX files, such as the store of a node.
	#[arg(long, value_name = "DIR")]
	models: PathBuf,
	/// Part of the answers to compute again, such as 0.1, or `all`. Nobody else can tell which.
	#[arg(long, value_name = "SHARE", default_value = "all")]
	share: Share,
	/// The most to put up as the bond of one challenge, in OPG.
	#[arg(long, value_name = "OPG")]
	max_bond: Amount,
	/// The most to have at stake in all open challenges together, in OPG; by default --max-bond.
	#[arg(long, value_name = "OPG")]
	max_open: Option<Amount>,
	#[command(flatten)]
	engine: EngineArg,
	#[command(flatten)]
	challenger: ChallengerArgs,
}

impl Watch {
	pub(crate) fn run(&self, session: &Session) -> Result<()> {
		let output = session.output;
		signals::catch();
		let files = ModelFiles::open(&self.models)?;
		let chain = session.connect()?;
		let challenger = self.challenger.open(&chain)?;
		let claims = challenger.claims.load(chain.genesis(), &challenger.account)?;
		let (lost, open): (Vec<Claim>, Vec<Claim>) =
			claims.into_iter().partition(|claim| claim.stage == Stage::Lost);
		output.news("loading the engine (the first time takes up to two minutes)");
		let engine_id = self.engine.load()?.id();
		recompute::warm_up(&self.engine)?;
		output.news(format_args!("watching {} with {} models", chain.name(), files.len()));
		let only = self.only.iter().map(|model| model.number(&chain));
		let only = only.collect::<Result<Vec<ModelId>>>()?;
		let watcher = Watcher {
			output,
			node: &session.endpoint,
			engine: &self.engine,
			engine_id,
			genesis: chain.genesis(),
			files,
			limits: StakeLimits {
				max_bond: self.max_bond.0,
				max_open: self.max_open.unwrap_or(self.max_bond).0,
			},
			selection: Selection::new(claims::random(), self.share, &only),
			challenger,
			follower: Follower::default(),
			queue: Queue::default(),
			running: None,
			open,
			failed_at: BTreeMap::new(),
			noted: BTreeSet::new(),
			lost: lost.into_iter().next(),
			counts: Counts::default(),
		};
		watcher.watch(session, chain)
	}
}

/// Number of requests by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
	/// Attested as this machine computes it.
	right: u64,
	/// Attested otherwise.
	wrong: u64,
	/// Challenged.
	challenged: u64,
	/// Not computed before the window was over, or for want of room in the queue.
	missed: u64,
	/// Not computed for want of the model or the input, or because the run failed here.
	skipped: u64,
}

/// Trouble that ends a turn.
enum Trouble {
	/// The node does not answer, or refuses. Later it may not.
	Node(Error),
	/// This machine fails. To go on would risk a bond.
	Local(Error),
}

impl From<Error> for Trouble {
	fn from(error: Error) -> Self {
		Self::Node(error)
	}
}

/// Request that is computed again.
struct Running {
	id: RequestId,
	task: Task,
	file: PathBuf,
	started: Instant,
	run: Run,
	/// Answer of the first run, which was not the attested one, while the second goes on.
	first: Option<Answer>,
}

struct Watcher<'a> {
	output: Output,
	node: &'a Endpoint,
	engine: &'a EngineArg,
	engine_id: H256,
	genesis: H256,
	files: ModelFiles,
	limits: StakeLimits,
	selection: Selection,
	challenger: Challenger,
	follower: Follower,
	queue: Queue,
	running: Option<Running>,
	/// Claims whose challenges have not ended.
	open: Vec<Claim>,
	/// Height at which a transaction about a claim was sent in vain, by the claim's salt.
	failed_at: BTreeMap<H256, BlockNumber>,
	/// Models for which it was said that they cannot be computed.
	noted: BTreeSet<ModelId>,
	/// First claim that was lost. Nothing is challenged any more.
	lost: Option<Claim>,
	counts: Counts,
}

impl Watcher<'_> {
	fn watch(mut self, session: &Session, chain: Chain) -> Result<()> {
		let mut connection = Some(chain);
		let mut down: Option<Instant> = None;
		while !signals::stopped() {
			let turn = match &connection {
				Some(chain) => self.turn(chain),
				None => session.connect().map_err(Trouble::Node).and_then(|chain| {
					self.accept(&chain)?;
					connection = Some(chain);
					Ok(())
				}),
			};
			let pause = match turn {
				Ok(()) => {
					if connection.is_some() {
						down = None;
					}
					POLL
				},
				Err(Trouble::Local(error)) => return Err(error),
				Err(Trouble::Node(error)) => {
					connection = None;
					let since = *down.get_or_insert_with(|| {
						eprintln!("warning: {error:#}");
						Instant::now()
					});
					if since.elapsed() > OUTAGE {
						return Err(error.context("the node does not answer any more"));
					}
					RECONNECT
				},
			};
			if self.lost.is_some() && self.open.is_empty() {
				break;
			}
			wait(pause);
		}
		self.report();
		match &self.lost {
			Some(claim) => Err(self.challenger.lost(claim).into()),
			None => Ok(()),
		}
	}

	/// Makes sure that a node that came back is of the same chain.
	fn accept(&self, chain: &Chain) -> Result<(), Trouble> {
		if chain.genesis() == self.genesis {
			return Ok(());
		}
		Err(Trouble::Local(anyhow!("the node is of another chain now: {}", chain.name())))
	}

	fn report(&self) {
		let Counts { right, wrong, challenged, missed, skipped } = self.counts;
		let open = self.open.len();
		self.output.result(
			format_args!(
				"{right} right, {wrong} wrong, {challenged} challenged, {missed} missed, \
				 {skipped} skipped"
			),
			|| {
				json!({
					"event": "stopped",
					"right": right,
					"wrong": wrong,
					"challenged": challenged,
					"missed": missed,
					"skipped": skipped,
					"open": open,
				})
			},
		);
		if open > 0 {
			eprintln!(
				"warning: {open} challenges are open: start again in time to reveal the claims"
			);
		}
	}

	/// Looks at new blocks, sees to the claims, and to the run.
	fn turn(&mut self, chain: &Chain) -> Result<(), Trouble> {
		let height = chain.height()?;
		self.see_to_claims(chain, height)?;
		if self.lost.is_some() {
			self.running = None;
			return Ok(());
		}
		self.read_blocks(chain, height)?;
		if self.running.is_none() {
			self.start_next(chain)?;
		}
		self.see_to_run(chain, height)
	}

	fn read_blocks(&mut self, chain: &Chain, height: BlockNumber) -> Result<(), Trouble> {
		let new = self.follower.new_blocks(height, |number| chain.block_hash(number))?;
		if new.skipped > 0 {
			eprintln!("warning: {} blocks were not looked at: the program was away", new.skipped);
		}
		for (number, hash) in new.blocks {
			for event in chain.events(hash)? {
				if let RuntimeEvent::Inference(Event::Attested { request, model, digest, .. }) =
					event
				{
					self.consider(Job { request, model, digest });
				}
			}
			self.follower.read(number, hash);
		}
		Ok(())
	}

	fn consider(&mut self, job: Job) {
		let Some(ticket) = self.selection.ticket(&job) else { return };
		if let Some(Job { request, .. }) = self.queue.push(ticket, job) {
			self.counts.missed += 1;
			self.line(request, "missed", "too many wait");
		}
	}

	/// Notes that a request cannot be challenged any more.
	fn miss(&mut self, id: RequestId, cause: NotChallengeable) {
		// Its claim is seen to.
		if cause != NotChallengeable::Challenged {
			self.counts.missed += 1;
			self.line(id, "missed", cause);
		}
	}

	/// Begins to compute the next request that can be.
	fn start_next(&mut self, chain: &Chain) -> Result<(), Trouble> {
		while let Some(Job { request: id, model, .. }) = self.queue.first() {
			let target = standing(chain, id)?.target(&self.challenger.account);
			let task = target.is_ok().then(|| chain.request(id)).transpose()?.map(|view| view.task);
			// Not before the node answered, so that no request is lost in an outage.
			self.queue.remove_first();
			match (target, task) {
				(Err(cause), _) => self.miss(id, cause),
				(Ok(_), Some(task)) => {
					let Some(file) = self.file_of(model, &task) else {
						self.counts.skipped += 1;
						continue;
					};
					let run = Run::start(&task, self.source(id), &file, self.engine, false);
					let (run, started) = (run.map_err(Trouble::Local)?, Instant::now());
					self.running = Some(Running { id, task, file, started, run, first: None });
					return Ok(());
				},
				(Ok(_), None) => {},
			}
		}
		Ok(())
	}

	/// Where a run gets an input that lies outside of the chain.
	fn source(&self, request: RequestId) -> Source<'_> {
		Source { node: self.node, request }
	}

	/// The file of a task's model, if this machine can compute it. Says once if it cannot.
	fn file_of(&mut self, model: ModelId, task: &Task) -> Option<PathBuf> {
		let file = self.files.find(task.model_hash).filter(|_| task.engine_id == self.engine_id);
		if file.is_none() && self.noted.insert(model) {
			eprintln!(
				"warning: model {model} is not watched: {}",
				if task.engine_id == self.engine_id {
					format!("there is no file with the hash {:?}", task.model_hash)
				} else {
					format!(
						"it names the engine {:?}, and this is {:?}",
						task.engine_id, self.engine_id
					)
				}
			);
		}
		file
	}

	fn see_to_run(&mut self, chain: &Chain, height: BlockNumber) -> Result<(), Trouble> {
		let Some(Running { id, .. }) = self.running else { return Ok(()) };
		// Before anything is taken, so that no answer is lost in an outage.
		let target = standing(chain, id)?.target(&self.challenger.account);
		let bond = chain.challenge_bond(id)?;
		let Some(mut running) = self.running.take() else { return Ok(()) };
		let target = match target {
			Ok(target) => target,
			Err(cause) => {
				// What it computes is of no use any more. Dropping it ends the process.
				self.miss(id, cause);
				return Ok(());
			},
		};
		let answer = match running.run.poll() {
			Ok(Some(answer)) => answer,
			Ok(None) => {
				self.running = Some(running);
				return Ok(());
			},
			Err(error) => {
				self.counts.skipped += 1;
				self.line(id, "failed", format_args!("{error:#}"));
				return Ok(());
			},
		};
		let time = running.started.elapsed().as_secs_f32();
		match running.first.take() {
			None if answer == target.answer => {
				self.counts.right += 1;
				self.line(id, "right", format_args!("{:?} in {time:.1} s", answer.digest()));
				Ok(())
			},
			None => {
				let Running { task, file, .. } = &running;
				let second = Run::start(task, self.source(id), file, self.engine, true);
				running.run = second.map_err(Trouble::Local)?;
				running.first = Some(answer);
				self.running = Some(running);
				Ok(())
			},
			Some(first) if first != answer => {
				self.counts.skipped += 1;
				self.line(id, "failed", "this machine gave two answers to the same task");
				Ok(())
			},
			// Nothing is wrong on the fork that is the best now.
			Some(_) if answer == target.answer => {
				self.counts.right += 1;
				self.line(id, "right", format_args!("{:?}, attested anew", answer.digest()));
				Ok(())
			},
			Some(_) => {
				self.counts.wrong += 1;
				let (wrong, right) = (target.answer.digest(), answer.digest());
				self.line(id, "WRONG", format_args!("{wrong:?}, and right is {right:?}"));
				let digests = [wrong, right];
				let claim = self.claim(id, target.seed, digests, bond);
				self.challenge(chain, height, claim)
			},
		}
	}

	fn claim(&self, id: RequestId, seed: H256, digests: [H256; 2], bond: Balance) -> Claim {
		Claim::new(self.genesis, id, self.challenger.account.clone(), seed, digests, bond)
	}

	/// Challenges, unless there is a claim on this answer already, or a limit is in the way.
	fn challenge(
		&mut self,
		chain: &Chain,
		height: BlockNumber,
		claim: Claim,
	) -> Result<(), Trouble> {
		let (id, seed) = (claim.request, claim.seed);
		if self.open.iter().any(|other| (other.request, other.seed) == (id, seed)) {
			return Ok(());
		}
		if let Err(limit) = self.limits.check(claim.bond, &self.open) {
			self.line(id, "not challenged", limit);
			return Ok(());
		}
		self.challenger.claims.save(&claim).map_err(Trouble::Local)?;
		self.open.push(claim);
		self.counts.challenged += 1;
		self.send(chain, height, self.open.len() - 1)
	}

	/// Does what the open claims need now.
	fn see_to_claims(&mut self, chain: &Chain, height: BlockNumber) -> Result<(), Trouble> {
		for place in (0..self.open.len()).rev() {
			let claim = &mut self.open[place];
			let (stage, step) = next_step(chain, claim)?;
			self.challenger.set_stage(claim, stage).map_err(Trouble::Local)?;
			match step {
				Step::Wait => {},
				Step::Send | Step::Reveal if !self.may_send(place, height) => {},
				// A machine that was wrong once stakes nothing more.
				Step::Send if self.lost.is_some() => {},
				Step::Send => self.send(chain, height, place)?,
				Step::Reveal => self.reveal(chain, height, place)?,
				Step::End(end) => self.end(place, end)?,
			}
		}
		Ok(())
	}

	fn may_send(&self, place: usize, height: BlockNumber) -> bool {
		let last = self.failed_at.get(&self.open[place].salt);
		last.is_none_or(|last| height >= last.saturating_add(RETRY_BLOCKS))
	}

	fn send(&mut self, chain: &Chain, height: BlockNumber, place: usize) -> Result<(), Trouble> {
		let claim = &mut self.open[place];
		self.failed_at.insert(claim.salt, height);
		let id = claim.request;
		match self.challenger.send(chain, claim) {
			Ok((block, bond)) => {
				self.challenger.placed(claim, bond).map_err(Trouble::Local)?;
				self.failed_at.remove(&claim.salt);
				self.line(
					id,
					"challenged",
					format_args!("in block {block}, bond {}", Amount(bond)),
				);
			},
			// Later turns see whether it came on the chain after all.
			Err(error) => self.line(id, "not challenged", format_args!("{error:#}")),
		}
		Ok(())
	}

	fn reveal(&mut self, chain: &Chain, height: BlockNumber, place: usize) -> Result<(), Trouble> {
		let claim = &mut self.open[place];
		self.failed_at.insert(claim.salt, height);
		let (id, digest) = (claim.request, claim.digest);
		match self.challenger.reveal(chain, claim) {
			Ok(block) => {
				self.challenger.set_stage(claim, Stage::Revealed).map_err(Trouble::Local)?;
				self.failed_at.remove(&claim.salt);
				self.line(id, "revealed", format_args!("{digest:?} in block {block}"));
			},
			Err(error) => self.line(id, "not revealed", format_args!("{error:#}")),
		}
		Ok(())
	}

	fn end(&mut self, place: usize, end: End) -> Result<(), Trouble> {
		let mut claim = self.open.remove(place);
		self.failed_at.remove(&claim.salt);
		self.challenger.close(&mut claim, end).map_err(Trouble::Local)?;
		self.output.result(
			format_args!("request {}: challenge {}", claim.request, end.describe()),
			|| {
				let mut value = claim_json(&claim, Some(end));
				value["event"] = json!("ended");
				value
			},
		);
		if end == End::Lost && self.lost.is_none() {
			self.lost = Some(claim);
		}
		Ok(())
	}

	/// Prints an event of a request.
	fn line(&self, id: RequestId, event: &str, text: impl std::fmt::Display) {
		self.output.result(
			format_args!("request {id}: {event}: {text}"),
			|| json!({ "event": event, "request": id, "text": text.to_string() }),
		);
	}
}

/// Sleeps, but not when the program is to end.
fn wait(time: Duration) {
	let end = Instant::now() + time;
	while Instant::now() < end && !signals::stopped() {
		sleep(POLL.min(end.saturating_duration_since(Instant::now())));
	}
}
