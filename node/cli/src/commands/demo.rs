//! `opg demo`: the whole life of requests, over JSON-RPC, checked on this machine.

use super::{
	model,
	request::{self, Until},
	stake,
};
use crate::{
	amount::{self, OPG},
	chain::Chain,
	digits::{self, Sample},
	keys,
	local::{self, Local},
	receipt::Task,
};
use anyhow::{bail, Context, Result};
use clap::Args;
use opg_primitives::{AccountId, Balance, Dims, Fuel, ModelId, Outcome, RequestId, Tier};
use opg_runtime_api::RequestStatus;
use sp_core::{sr25519, H256};
use std::{
	path::PathBuf,
	thread::sleep,
	time::{Duration, Instant},
};

const OWNER: &str = "//Dave";
const REQUESTER: &str = "//Eve";
/// Bonded in genesis of the development chain.
const EXECUTORS: [&str; 3] = ["//Alice", "//Bob", "//Charlie"];
/// Bond themselves when a committee must be replaceable by a fresh one.
const EXTRA_EXECUTORS: [&str; 3] = ["//Ferdie", "//One", "//Two"];
const BOND: Balance = 10_000 * OPG;
const ROYALTY: Balance = OPG / 10;
/// Only for measuring the demonstration model before it is registered.
const PROBE_FUEL: Fuel = 100_000_000_000;
/// A bond counts from the second session of a minute each; one more for good measure.
const ELIGIBLE_TIMEOUT: Duration = Duration::from_secs(240);
/// Longer than a dispute.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(600);
/// Finality is a few blocks behind the best.
const FINALITY_TIMEOUT: Duration = Duration::from_secs(60);
/// After how many requests to give up on drawing the misbehaving executor.
const MAX_REQUESTS: usize = 20;

/// Run the demonstration on a development chain.
#[derive(Args, Debug)]
pub struct Demo {
	/// The digit model.
	#[arg(long, default_value = "scripts/models/digits.onnx")]
	model: PathBuf,
	/// Samples of handwritten digits.
	#[arg(long, default_value = "scripts/models/digits_test.json")]
	samples: PathBuf,
	/// How many requests to send.
	#[arg(long, default_value_t = 3)]
	count: usize,
	/// Bond three more executors, so that a whole committee can be replaced.
	#[arg(long)]
	extra_executors: bool,
	/// An executor that is known to misbehave: send requests until it was drawn, and require that
	/// it lost stake. Implies --extra-executors.
	#[arg(long)]
	expect_liar: Option<String>,
}

struct Setting {
	engine: Local,
	file: Vec<u8>,
	model: ModelId,
	requester: sr25519::Pair,
}

/// A request that was sent and attested.
struct Sent {
	id: RequestId,
	/// Everyone who was drawn.
	seats: Vec<AccountId>,
	label: i64,
}

impl Demo {
	/// Run the command.
	pub fn run(&self, chain: &Chain) -> Result<()> {
		let samples = digits::load(&self.samples)?;
		let file = local::read(&self.model)?;
		let liar = self.expect_liar.as_deref().map(keys::parse_account).transpose()?;
		println!("chain      {} (genesis {:?})", chain.name(), chain.genesis());

		println!("engine     loading; the first time takes up to a minute");
		let engine = Local::new()?;
		println!("engine     {:?}", engine.id());
		let (input, dims) = (digits::input(&samples[0].pixels)?, Dims::default());
		let probe = engine.answer(&file, &dims, &input, PROBE_FUEL)?;
		if let Outcome::Error(error) = probe.outcome {
			bail!("{}: the local engine cannot run this model: {error:?}", self.model.display());
		}

		let max_fuel = probe.fuel.saturating_mul(2);
		let owner = keys::pair(OWNER)?;
		let report = engine.report(&file, &dims, max_fuel)?;
		let choices = model::Choices { engine: engine.id(), dims, max_fuel, royalty: ROYALTY };
		let model = model::register(chain, &file, "digits", choices, report, &owner)?;
		println!(
			"model      {model} registered by Dave, fuel limit {max_fuel}, royalty {}",
			amount::show(ROYALTY)
		);

		let extra = self.extra_executors || liar.is_some();
		let executors: Vec<&str> = EXECUTORS
			.into_iter()
			.chain(extra.then_some(EXTRA_EXECUTORS).into_iter().flatten())
			.collect();
		if extra {
			bond_all(chain)?;
		}
		serve_all(chain, model, report, &executors)?;
		wait_until_eligible(chain, model, executors.len() as u32)?;

		let setting = Setting { engine, file, model, requester: keys::pair(REQUESTER)? };
		let before = liar.as_ref().map(|liar| chain.pool_balance(liar)).transpose()?;
		let sat = self.send_all(chain, &setting, &samples, liar.as_ref())?;
		if let (Some(liar), Some(before)) = (liar, before) {
			require_slash(chain, &liar, before, sat)?;
		}
		println!("\nEvery request was attested, and every answer is the local one bit for bit.");
		Ok(())
	}

	/// Send the requests, and tell whether the misbehaving executor was drawn.
	fn send_all(
		&self,
		chain: &Chain,
		setting: &Setting,
		samples: &[Sample],
		liar: Option<&AccountId>,
	) -> Result<bool> {
		let (mut sat, mut right, mut sent, mut open) = (false, 0, 0, Vec::new());
		for sample in samples.iter().cycle() {
			if sent >= self.count && (liar.is_none() || sat) {
				break;
			}
			if sent >= self.count.max(MAX_REQUESTS) {
				bail!("the misbehaving executor was not drawn in {sent} requests");
			}
			sent += 1;
			let one = setting.send_one(chain, sample, sent)?;
			sat |= liar.is_some_and(|liar| one.seats.contains(liar));
			right += usize::from(one.label == sample.label);
			open.push(one.id);
		}
		println!("\nwaiting until nobody can challenge the answers any more");
		for id in &open {
			settled(chain, *id)?;
		}
		if let Some(id) = open.first() {
			setting.prove(chain, *id)?;
		}
		println!("\n{right} of {sent} digits were read as a person reads them.");
		Ok(sat)
	}
}

impl Setting {
	/// Send one request and check its answer.
	fn send_one(&self, chain: &Chain, sample: &Sample, number: usize) -> Result<Sent> {
		// The price may rise between the estimate and the block.
		let max_fee = chain.estimate(self.model, Tier::Quorum)?.saturating_mul(2);
		let id = request::send(
			chain,
			self.model,
			digits::input(&sample.pixels)?,
			Tier::Quorum,
			max_fee,
			&self.requester,
		)?;
		println!("\nrequest {id} (number {number}) by Eve, at most {}", amount::show(max_fee));
		print!("{}", digits::art(&sample.pixels));
		let view = request::follow(chain, id, Until::Attested)?;
		let answer =
			local::attested(&view).with_context(|| format!("request {id} was not attested"))?;

		let again = self.engine.rerun(&Task::of(&view), &self.file)?;
		if again != *answer {
			bail!(
				"request {id}: the attested answer {:?} is not the local one {:?}",
				answer.digest(),
				again.digest()
			);
		}
		println!(
			"              local re-run: the same answer and fuel, digest {:?}",
			again.digest()
		);
		let Outcome::Output(output) = &answer.outcome else {
			bail!("request {id}: the model failed");
		};
		let prediction = digits::prediction(output)?;
		let certainty = usize::try_from(prediction.label)
			.ok()
			.and_then(|label| prediction.probabilities.get(label))
			.context("the label has no probability")?;
		let verdict = if prediction.label == sample.label { "right" } else { "WRONG" };
		println!(
			"              the model reads {} ({:.1} %), a person {}: {verdict}",
			prediction.label,
			certainty * 100.0,
			sample.label,
		);
		let seats = view.seats.iter().map(|seat| seat.executor.clone()).collect();
		Ok(Sent { id, seats, label: prediction.label })
	}
}

impl Setting {
	/// Get the receipt of a settled request and check it as somebody without a node would.
	fn prove(&self, chain: &Chain, id: RequestId) -> Result<()> {
		let started = Instant::now();
		let proven = loop {
			// It is settled in the best block, and provable once that is final.
			match chain.receipt(id)?.check() {
				Ok(proven) => break proven,
				Err(error) if started.elapsed() > FINALITY_TIMEOUT => return Err(error),
				Err(_) => sleep(Duration::from_secs(1)),
			}
		};
		if self.engine.rerun(&proven.task(), &self.file)? != proven.answer {
			bail!("request {id}: the receipt proves another answer than the local one");
		}
		println!(
			"receipt    of request {id}: proven in block {} {:?}, run again, the same",
			proven.height, proven.block
		);
		Ok(())
	}
}

/// Wait until a request is paid for, and print it.
fn settled(chain: &Chain, id: RequestId) -> Result<()> {
	let started = Instant::now();
	while started.elapsed() < SETTLE_TIMEOUT {
		match chain.request(id)?.status {
			RequestStatus::Settled { paid, fee, at, .. } => {
				println!("request {id} settled in block {at}");
				request::print_pay(fee, &paid);
				return Ok(());
			},
			RequestStatus::Failed { reason, .. } => {
				bail!("request {id} failed: {}", String::from_utf8_lossy(&reason))
			},
			_ => sleep(Duration::from_secs(1)),
		}
	}
	bail!("request {id} was not settled within {} s", SETTLE_TIMEOUT.as_secs())
}

fn bond_all(chain: &Chain) -> Result<()> {
	let mut waiting = Vec::new();
	for suri in EXTRA_EXECUTORS {
		let operator = keys::pair(suri)?;
		if chain.pool_balance(&keys::account(&operator))? == 0 {
			waiting.push((suri, stake::bond(chain, BOND, &operator, &keys::hot_key(suri)?)?));
		}
	}
	for (suri, submitted) in waiting {
		let block = chain.included(&submitted).with_context(|| format!("bond of {suri}"))?.block;
		println!("executor   {suri} bonded {} in block {block}", amount::show(BOND));
	}
	Ok(())
}

fn serve_all(chain: &Chain, model: ModelId, report: H256, executors: &[&str]) -> Result<()> {
	let mut waiting = Vec::new();
	for suri in executors {
		waiting.push((suri, model::serve(chain, model, report, &keys::pair(suri)?)?));
	}
	for (suri, submitted) in waiting {
		let block = chain.included(&submitted).with_context(|| format!("serve by {suri}"))?.block;
		println!("executor   {suri} serves model {model} since block {block}");
	}
	Ok(())
}

fn wait_until_eligible(chain: &Chain, model: ModelId, needed: u32) -> Result<()> {
	let started = Instant::now();
	let mut next_report = Duration::ZERO;
	loop {
		let eligible = chain.eligible_executors(model)?;
		if eligible >= needed {
			println!("executors  {eligible} eligible in block {}", chain.height()?);
			return Ok(());
		}
		let elapsed = started.elapsed();
		if elapsed > ELIGIBLE_TIMEOUT {
			bail!(
				"only {eligible} of {needed} executors became eligible within {} s",
				ELIGIBLE_TIMEOUT.as_secs()
			);
		}
		if elapsed >= next_report {
			println!(
				"executors  {eligible} of {needed} eligible in block {}; \
				 stake counts from the next session on",
				chain.height()?
			);
			next_report = elapsed + Duration::from_secs(15);
		}
		sleep(Duration::from_secs(1));
	}
}

fn require_slash(chain: &Chain, liar: &AccountId, before: Balance, sat: bool) -> Result<()> {
	let name = keys::name(liar);
	let after = chain.pool_balance(liar)?;
	println!(
		"stake pool of {name}: {} before, {} after",
		amount::show(before),
		amount::show(after)
	);
	if !sat {
		bail!("{name} was never drawn");
	}
	if after >= before {
		bail!("{name} misbehaved and lost nothing");
	}
	println!("{name} lost {}", amount::show(before - after));
	Ok(())
}
