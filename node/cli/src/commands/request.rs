//! `opg request`, `opg show`, `opg rerun`.

use super::find_event;
use crate::{amount, chain::Chain, digits, keys, local, receipt::Task, tensors};
use anyhow::{bail, Context, Result};
use clap::Args;
use opg_primitives::{Answer, Balance, Input, ModelId, Outcome, RequestId, Tier};
use opg_runtime::{Runtime, RuntimeEvent};
use opg_runtime_api::{RequestStatus, RequestView};
use sp_core::{sr25519, H256};
use std::{
	path::PathBuf,
	thread::sleep,
	time::{Duration, Instant},
};

const POLL: Duration = Duration::from_millis(700);
/// Longer than every deadline of a request with an escalation.
const DECISION_TIMEOUT: Duration = Duration::from_secs(300);

/// Pay for an inference.
#[derive(Args, Debug)]
pub struct Send {
	/// The model version.
	model: ModelId,
	/// File with the input tensors: JSON, or encoded (.opgt, as `opg-engine convert` writes it).
	#[arg(long, group = "input", required_unless_present_any = ["digits", "picture"])]
	tensors: Option<PathBuf>,
	/// Send a sample of the digit model, by its place in the file (from 0).
	#[arg(long, group = "input")]
	digits: Option<usize>,
	/// Send a PNG picture of a handwritten digit to the digit model.
	#[arg(long, group = "input")]
	picture: Option<PathBuf>,
	/// File of samples.
	#[arg(long, default_value = "scripts/models/digits_test.json")]
	samples: PathBuf,
	/// How much assurance: optimistic (one executor, audited at random), quorum (three that agree)
	/// or high (seven, of whom five agree and none dissents).
	#[arg(long, default_value = "quorum", value_parser = parse_tier)]
	tier: Tier,
	/// The most to pay, in OPG; by default what the chain estimates.
	#[arg(long)]
	max_fee: Option<String>,
	/// Secret of the requester, for example //Eve.
	#[arg(long)]
	suri: String,
	/// Follow the request until it is decided.
	#[arg(long)]
	wait: bool,
}

/// Show a request.
#[derive(Args, Debug)]
pub struct Show {
	/// Its number.
	request: RequestId,
}

/// Re-run a request locally.
#[derive(Args, Debug)]
pub struct Rerun {
	/// Its number.
	request: RequestId,
	/// The ONNX file.
	#[arg(long)]
	model: PathBuf,
	/// The engine that the request names, if it is not the one of this client.
	#[arg(long, value_name = "FILE")]
	engine: Option<PathBuf>,
}

impl Send {
	/// Run the command.
	pub fn run(&self, chain: &Chain) -> Result<()> {
		let max_fee = match &self.max_fee {
			Some(fee) => amount::parse(fee)?,
			None => chain.estimate(self.model, self.tier)?,
		};
		let input = self.input()?;
		let id = send(chain, self.model, input, self.tier, max_fee, &keys::pair(&self.suri)?)?;
		println!("request {id} sent, at most {}", amount::show(max_fee));
		if self.wait {
			let view = follow(chain, id, Until::Final)?;
			if local::attested(&view).is_none() {
				bail!("request {id} was not attested");
			}
		}
		Ok(())
	}

	fn input(&self) -> Result<Input> {
		let pixels = match (&self.tensors, &self.picture, self.digits) {
			(Some(path), ..) => return tensors::load(path),
			(None, Some(path), _) => digits::load_picture(path)?,
			(None, None, Some(place)) => {
				let mut samples = digits::load(&self.samples)?;
				let count = samples.len();
				if place >= count {
					bail!("--digits goes from 0 to {}", count - 1);
				}
				samples.swap_remove(place).pixels
			},
			(None, None, None) => bail!("give --tensors, --digits or --picture"),
		};
		print!("{}", digits::art(&pixels));
		digits::input(&pixels)
	}
}

impl Show {
	/// Run the command.
	pub fn run(&self, chain: &Chain) -> Result<()> {
		let view = chain.request(self.request)?;
		println!("request    {} by {}", self.request, keys::name(&view.requester));
		println!("model      {} ({:?})", view.model, view.model_hash);
		println!("engine     {:?}", view.engine);
		for dim in &view.dims {
			println!("dimension  {} = {}", String::from_utf8_lossy(&dim.name), dim.size);
		}
		println!("included   block {}", view.requested_at);
		Progress::default().print(&view);
		if !is_final(&view) {
			println!("  not final yet");
		}
		Ok(())
	}
}

/// Put a bond against an attested answer: a jury computes it again.
#[derive(Args, Debug)]
pub struct Challenge {
	/// The request.
	request: RequestId,
	/// Secret of the challenger.
	#[arg(long)]
	suri: String,
}

impl Challenge {
	/// Run the command.
	pub fn run(&self, chain: &Chain) -> Result<()> {
		let call = pallet_opg_inference::Call::<Runtime>::challenge { request: self.request };
		let included = chain.send(call, &keys::pair(&self.suri)?)?;
		println!("challenged in block {}", included.block);
		let view = follow(chain, self.request, Until::Final)?;
		match view.status {
			RequestStatus::Failed { .. } => println!("the answer did not stand"),
			_ => println!("the answer stands"),
		}
		Ok(())
	}
}

impl Rerun {
	/// Run the command.
	pub fn run(&self, chain: &Chain) -> Result<()> {
		let view = chain.request(self.request)?;
		let attested = local::attested(&view)
			.with_context(|| format!("request {} has no attested answer", self.request))?;
		println!("loading the engine (the first time takes up to a minute)");
		let engine = local::Local::load(self.engine.as_deref())?;
		let local = engine.rerun(&Task::of(&view), &local::read(&self.model)?)?;
		println!("attested {:?}, fuel {}", attested.digest(), attested.fuel);
		println!("local    {:?}, fuel {}", local.digest(), local.fuel);
		if local.digest() != attested.digest() {
			bail!("the answers differ: the attested one is wrong, or this machine is");
		}
		println!("the same, bit for bit");
		Ok(())
	}
}

/// Send a request and give its number.
pub(super) fn send(
	chain: &Chain,
	model: ModelId,
	input: Input,
	tier: Tier,
	max_fee: Balance,
	requester: &sr25519::Pair,
) -> Result<RequestId> {
	let call = pallet_opg_inference::Call::<Runtime>::request { model, input, tier, max_fee };
	let included = chain.send(call, requester)?;
	find_event(&included.events, |event| match event {
		RuntimeEvent::Inference(pallet_opg_inference::Event::Requested { request, .. }) => {
			Some(*request)
		},
		_ => None,
	})
}

/// For how long to follow a request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
	/// Until it has an answer, or none.
	Attested,
	/// Until nothing can change it any more.
	Final,
}

fn parse_tier(name: &str) -> Result<Tier, String> {
	match name {
		"optimistic" => Ok(Tier::Optimistic),
		"quorum" => Ok(Tier::Quorum),
		"high" => Ok(Tier::High),
		_ => Err("a tier is optimistic, quorum or high".into()),
	}
}

fn is_final(view: &RequestView) -> bool {
	matches!(view.status, RequestStatus::Settled { .. } | RequestStatus::Failed { .. })
}

/// Print what happens to a request.
pub(super) fn follow(chain: &Chain, id: RequestId, until: Until) -> Result<RequestView> {
	let started = Instant::now();
	let mut progress = Progress::default();
	while started.elapsed() < DECISION_TIMEOUT {
		let view = chain.request(id)?;
		progress.print(&view);
		let attested = matches!(view.status, RequestStatus::Attested { .. });
		if is_final(&view) || (attested && until == Until::Attested) {
			return Ok(view);
		}
		sleep(POLL);
	}
	bail!("request {id} was not decided within {} s", DECISION_TIMEOUT.as_secs())
}

/// Remembers what was printed, so that polling prints each thing once.
#[derive(Default)]
struct Progress {
	included: bool,
	rounds: u8,
	committed: Vec<usize>,
	revealed: Vec<usize>,
	declined: Vec<usize>,
	attested: bool,
	disputed: bool,
	ended: bool,
}

impl Progress {
	fn print(&mut self, view: &RequestView) {
		if !self.included {
			self.included = true;
			println!("  block {:>4}  included", view.requested_at);
		}
		let rounds = view.seats.iter().map(|seat| seat.round + 1).max().unwrap_or(0);
		for round in self.rounds..rounds {
			let drawn = view.seats.iter().filter(|seat| seat.round == round);
			let names: Vec<_> = drawn.map(|seat| keys::name(&seat.executor)).collect();
			let block = match view.drawn_at.filter(|_| round == 0) {
				Some(block) => format!("block {block:>4}"),
				None => "escalated ".into(),
			};
			println!("  {block}  round {round}: {} drawn", names.join(", "));
		}
		self.rounds = self.rounds.max(rounds);
		let mut news = Vec::new();
		for (place, seat) in view.seats.iter().enumerate() {
			for (what, happened, printed) in [
				("committed to", seat.committed, &mut self.committed),
				("revealed digest", seat.revealed, &mut self.revealed),
			] {
				if let Some((block, hash)) = happened.filter(|_| !printed.contains(&place)) {
					printed.push(place);
					news.push((block, what, keys::name(&seat.executor), hash));
				}
			}
		}
		for (place, seat) in view.seats.iter().enumerate() {
			let Some(reason) = seat.declined.as_ref() else { continue };
			if !self.declined.contains(&place) {
				self.declined.push(place);
				let who = keys::name(&seat.executor);
				println!("  {:<10}  {who:<8} declined: {}", "", String::from_utf8_lossy(reason));
			}
		}
		news.sort();
		for (block, what, who, hash) in news {
			println!("  block {block:>4}  {who:<8} {what:<15} {}", short(&hash));
		}
		self.print_decision(view);
	}

	fn print_decision(&mut self, view: &RequestView) {
		if let RequestStatus::Attested { answer, at } | RequestStatus::Disputed { answer, at, .. } =
			&view.status
		{
			if !std::mem::replace(&mut self.attested, true) {
				println!(
					"  block {at:>4}  ATTESTED {} after {} blocks, fuel {}",
					short(&answer.digest()),
					at.saturating_sub(view.requested_at),
					answer.fuel,
				);
				print_answer(answer);
			}
		}
		if let RequestStatus::Disputed { challenger, .. } = &view.status {
			if !std::mem::replace(&mut self.disputed, true) {
				let by = challenger.as_ref().map_or("an audit".into(), keys::name);
				println!("              disputed by {by}: a jury computes it again");
			}
		}
		match &view.status {
			RequestStatus::Failed { reason, at } if !self.ended => {
				self.ended = true;
				println!("  block {at:>4}  FAILED, refunded: {}", String::from_utf8_lossy(reason));
			},
			RequestStatus::Settled { answer, paid, fee, at } if !self.ended => {
				self.ended = true;
				println!("  block {at:>4}  SETTLED {}", short(&answer.digest()));
				if !self.attested {
					print_answer(answer);
				}
				print_pay(*fee, paid);
			},
			_ => {},
		}
	}
}

/// Print what a request cost and who got it.
pub(super) fn print_pay(fee: Balance, paid: &[(opg_primitives::AccountId, Balance)]) {
	let paid: Vec<_> = paid
		.iter()
		.map(|(who, amount)| format!("{} {}", keys::name(who), amount::show(*amount)))
		.collect();
	println!("              fee {}; paid: {}", amount::show(fee), paid.join(", "));
}

/// Print the tensors of an answer, or its error.
pub(super) fn print_answer(answer: &Answer) {
	match &answer.outcome {
		Outcome::Error(error) => println!("              the model fails on this input: {error:?}"),
		Outcome::Output(output) => {
			for line in tensors::show(output) {
				println!("              {line}");
			}
		},
	}
}

/// The first bytes of a hash, for people.
fn short(hash: &H256) -> String {
	format!("{hash:?}").chars().take(14).chain("...".chars()).collect()
}
