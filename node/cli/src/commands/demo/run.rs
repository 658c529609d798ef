//! `opg demo run`: the whole life of requests, over JSON-RPC, checked on this machine.

use super::{
	super::{
		model::{self, ModelParams},
		release::ReleaseArgs,
		request::{self, Until},
		stake, Session,
	},
	digits::{self, Sample},
	MODEL,
};
use crate::{
	amount::{Amount, OPG},
	chain::{Chain, Holding, PlannedSession},
	describe, fs,
	keys::{self, Account, Secret},
	local::{self, EngineArg},
	model_ref::{parse_name, NameRef},
	output::Output,
	receipt,
};
use anyhow::{bail, ensure, Context, Result};
use clap::Args;
use opg_execution::{model_hash, LocalEngine};
use opg_primitives::{
	AccountId, Balance, Dims, ModelId, Outcome, RequestId, Task, TaskInput, Tier,
};
use opg_runtime_api::RequestStatus;
use serde_json::json;
use sp_core::H256;
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
const POLL: Duration = Duration::from_secs(1);
/// Stake and serving count from the second session on, of a minute each. Two more for good measure.
const ELIGIBLE_TIMEOUT: Duration = Duration::from_secs(240);
/// Longer than a dispute.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(600);
/// Finality is a few blocks behind the best.
const FINALITY_TIMEOUT: Duration = Duration::from_secs(60);
/// Requests after which the misbehaving executor should have been drawn.
const MAX_REQUESTS: usize = 20;

/// Arguments of `opg demo run`.
#[derive(Args)]
pub(crate) struct Run {
	/// Another model with the same inputs and outputs, instead of the one in this program.
	#[arg(long, value_name = "FILE")]
	model: Option<PathBuf>,
	/// Other samples of handwritten digits, as JSON, instead of the ten in this program.
	#[arg(long, value_name = "FILE")]
	samples: Option<PathBuf>,
	/// Number of requests.
	#[arg(long, default_value_t = 3)]
	count: usize,
	/// Bond three more executors, so that a whole committee can be replaced.
	#[arg(long)]
	extra_executors: bool,
	/// An executor that is known to misbehave: send requests until it was drawn, and require that
	/// it lost stake. Implies --extra-executors.
	#[arg(long, value_name = "ACCOUNT", value_parser = keys::parse_account)]
	expect_liar: Option<AccountId>,
}

/// Everything that the requests of a demonstration share.
struct DemoContext {
	chain: Chain,
	output: Output,
	engine: LocalEngine,
	file: Vec<u8>,
	model: ModelId,
	requester: Account,
}

/// A request that was sent, attested and checked.
struct Checked {
	id: RequestId,
	/// Everyone who was drawn.
	drawn: Vec<AccountId>,
	label: i64,
}

impl Run {
	pub(super) fn run(&self, session: &Session) -> Result<()> {
		let output = session.output;
		let samples = match &self.samples {
			None => digits::samples()?,
			Some(path) => {
				digits::parse(&fs::read(path)?).with_context(|| format!("{}", path.display()))?
			},
		};
		let file = match &self.model {
			None => MODEL.to_vec(),
			Some(path) => fs::read(path)?,
		};
		let chain = session.connect()?;
		output.news(format_args!("chain      {} (genesis {:?})", chain.name(), chain.genesis()));

		output.news("engine     loading; the first time takes up to a minute");
		let engine = EngineArg::default().load()?;
		output.news(format_args!("engine     {:?}", engine.id()));
		let (model, report) = register(&chain, output, &engine, &file, &samples[0])?;

		let extra = self.extra_executors || self.expect_liar.is_some();
		let executors: Vec<&str> = EXECUTORS
			.into_iter()
			.chain(extra.then_some(EXTRA_EXECUTORS).into_iter().flatten())
			.collect();
		if extra {
			bond_all(&chain, output)?;
		}
		let since = serve_all(&chain, output, model, report, &executors)?;
		wait_until_eligible(&chain, output, model, executors.len() as u32, &since)?;

		let liar = self.expect_liar.as_ref();
		let before = liar.map(|liar| chain.pool_balance(liar)).transpose()?;
		let requester = Account::development(REQUESTER)?;
		let context = DemoContext { chain, output, engine, file, model, requester };
		let checked = self.send_all(&context, &samples)?;
		if let (Some(liar), Some(before)) = (liar, before) {
			let was_drawn = checked.iter().any(|request| request.drawn.contains(liar));
			ensure!(was_drawn, "{} was never drawn", keys::name(liar));
			require_slash(&context, liar, before)?;
		}
		output.news("\nEvery request was attested, and every answer is the local one bit for bit.");
		output.json(|| {
			let requests: Vec<_> = checked
				.iter()
				.map(|request| json!({ "request": request.id, "label": request.label }))
				.collect();
			json!({ "model": model, "requests": requests })
		});
		Ok(())
	}

	/// Sends the requests, and waits until they are settled.
	fn send_all(&self, context: &DemoContext, samples: &[Sample]) -> Result<Vec<Checked>> {
		let output = context.output;
		let (mut right, mut checked) = (0, Vec::<Checked>::new());
		for sample in samples.iter().cycle() {
			let sent = checked.len();
			let drawn = self
				.expect_liar
				.as_ref()
				.is_none_or(|liar| checked.iter().any(|request| request.drawn.contains(liar)));
			if sent >= self.count && drawn {
				break;
			}
			ensure!(
				sent < self.count.max(MAX_REQUESTS),
				"the misbehaving executor was not drawn in {sent} requests"
			);
			let request = context.send_one(sample, sent + 1)?;
			right += usize::from(request.label == sample.label);
			checked.push(request);
		}
		output.news("\nwaiting until nobody can challenge the answers any more");
		for request in &checked {
			context.settled(request.id)?;
		}
		if let Some(request) = checked.first() {
			context.prove(request.id)?;
		}
		let sent = checked.len();
		output.news(format_args!("\n{right} of {sent} digits were read as a person reads them."));
		Ok(checked)
	}
}

impl DemoContext {
	/// Sends one request and checks its answer.
	fn send_one(&self, sample: &Sample, number: usize) -> Result<Checked> {
		let Self { chain, output, .. } = self;
		let max_fee = chain.estimate(self.model, Tier::Quorum, None)?;
		let input = digits::input(&sample.pixels);
		let order = request::Order {
			model: self.model,
			input: &input,
			tier: Tier::Quorum,
			max_fee,
			max_royalty: ROYALTY,
			reference: H256::zero(),
			deadline: None,
			fuel_limit: None,
		};
		let id = request::send(chain, order, &self.requester)?;
		output.news(format_args!(
			"\nrequest {id} (number {number}) by Eve, at most {}",
			Amount(max_fee)
		));
		output.news(digits::art(&sample.pixels));
		let view = request::follow(chain, *output, id, Until::Attested)?;
		let answer =
			request::attested(&view).with_context(|| format!("request {id} was not attested"))?;

		let again = local::execute(&self.engine, &view.task, &self.file)?;
		ensure!(
			again == *answer,
			"request {id}: the attested answer {:?} is not the local one {:?}",
			answer.digest(),
			again.digest()
		);
		output.news(format_args!(
			"              local re-run: the same answer and fuel, digest {:?}",
			again.digest()
		));
		let Outcome::Output(encoded) = &answer.outcome else {
			bail!("request {id}: the model gave no output");
		};
		let prediction = digits::prediction(encoded)?;
		let verdict = if prediction.label == sample.label { "right" } else { "WRONG" };
		output.news(format_args!(
			"              the model reads {} ({:.1} %), a person {}: {verdict}",
			prediction.label,
			prediction.probability * 100.0,
			sample.label,
		));
		let drawn = view.seats.iter().map(|seat| seat.executor.clone()).collect();
		Ok(Checked { id, drawn, label: prediction.label })
	}

	/// Waits until a request is paid for, and prints it.
	fn settled(&self, id: RequestId) -> Result<()> {
		let started = Instant::now();
		while started.elapsed() < SETTLE_TIMEOUT {
			match self.chain.request(id)?.status {
				RequestStatus::Settled { paid, fee, at, .. } => {
					self.output.news(format_args!("request {id} settled at {at} of the clock"));
					request::print_pay(self.output, fee, &paid);
					return Ok(());
				},
				RequestStatus::Failed { reason, .. } => {
					bail!("request {id} failed: {}", describe::failure(reason))
				},
				_ => sleep(POLL),
			}
		}
		bail!("request {id} was not settled within {} s", SETTLE_TIMEOUT.as_secs())
	}

	/// Gets the receipt of a settled request, and checks it as somebody without a node would.
	fn prove(&self, id: RequestId) -> Result<()> {
		let started = Instant::now();
		let proven = loop {
			// It is settled in the best block, and provable once that is final.
			let anchor = receipt::by_genesis(self.chain.genesis());
			let receipt = self.chain.receipt(id, None);
			match receipt.and_then(|receipt| receipt::check(&receipt, &anchor)) {
				Ok(proven) => break proven,
				Err(error) if started.elapsed() > FINALITY_TIMEOUT => return Err(error),
				Err(_) => sleep(POLL),
			}
		};
		let again = local::execute(&self.engine, &receipt::task(&proven)?, &self.file)?;
		ensure!(
			again == receipt::answer(&proven)?,
			"request {id}: the receipt proves another answer than the local one"
		);
		self.output.news(format_args!(
			"receipt    of request {id}: proven in block {} {:?}, run again, the same",
			proven.height, proven.block
		));
		Ok(())
	}
}

/// Registers the model, if it answers `sample`. Gives its number, and the digest of its report.
fn register(
	chain: &Chain,
	output: Output,
	engine: &LocalEngine,
	file: &[u8],
	sample: &Sample,
) -> Result<(ModelId, H256)> {
	let dims = Dims::default();
	let limits = local::suggest_limits(engine, file, &dims, &chain.maxima()?.limits)?;
	let task = Task {
		model_hash: model_hash(file),
		engine_id: engine.id(),
		dims: dims.clone(),
		input: TaskInput::Inline(digits::input(&sample.pixels)),
		limits,
	};
	let probe = local::execute(engine, &task, file)?;
	if let Outcome::Error(error) = probe.outcome {
		bail!("this is no digit model: {}", describe::model_error(error));
	}
	let report = local::report(engine, file, &dims, &limits)?;
	let owner = Account::development(OWNER)?;
	let name = NameRef { owner: owner.id().clone(), name: parse_name("digits")? };
	let release = ReleaseArgs::default().resolve(chain, &name, &report)?;
	let version = release.number.to_string();
	let params = ModelParams { engine_id: engine.id(), dims, limits, royalty: ROYALTY, release };
	let model = model::register(chain, file, &name, params, report.hash, &owner)?;
	output.news(format_args!(
		"model      {model} registered by Dave, {name}@{version}, {}, royalty {}",
		describe::limits(&limits),
		Amount(ROYALTY)
	));
	Ok((model, report.hash))
}

fn bond_all(chain: &Chain, output: Output) -> Result<()> {
	let mut waiting = Vec::new();
	for path in EXTRA_EXECUTORS {
		let operator = Account::development(path)?;
		if chain.pool_balance(operator.id())? == 0 {
			let hot_key = path.parse::<Secret>()?.hot_key(path)?;
			waiting.push((path, stake::bond(chain, BOND, &operator, &hot_key)?));
		}
	}
	for (path, submitted) in waiting {
		let block = chain.included(submitted).with_context(|| format!("bond of {path}"))?.block;
		output.news(format_args!("executor   {path} bonded {} in block {block}", Amount(BOND)));
	}
	Ok(())
}

fn serve_all(
	chain: &Chain,
	output: Output,
	model: ModelId,
	report: H256,
	executors: &[&str],
) -> Result<PlannedSession> {
	let mut waiting = Vec::new();
	for path in executors {
		waiting.push((path, model::serve(chain, model, report, &Account::development(path)?)?));
	}
	for (path, submitted) in waiting {
		let block = chain.included(submitted).with_context(|| format!("serve by {path}"))?.block;
		output.news(format_args!(
			"executor   {path} declared in block {block} that it serves model {model}"
		));
	}
	chain.next_planned_session()
}

fn wait_until_eligible(
	chain: &Chain,
	output: Output,
	model: ModelId,
	needed: u32,
	since: &PlannedSession,
) -> Result<()> {
	let started = Instant::now();
	let mut next_report = Duration::ZERO;
	loop {
		let eligible = chain.eligible_executors(model)?;
		let held = chain.validators_holding(model)?;
		let Holding { holding, validators } = held;
		if eligible >= needed && held.is_enough() {
			let height = chain.height()?;
			output.news(format_args!(
				"executors  {eligible} eligible in block {height}; {holding} of {validators} validators \
				 hold the model"
			));
			return Ok(());
		}
		let elapsed = started.elapsed();
		ensure!(
			elapsed <= ELIGIBLE_TIMEOUT,
			"within {} s only {eligible} of {needed} executors became eligible, and {holding} of \
			 {validators} validators said that they hold the model (`opg-node models add`)",
			ELIGIBLE_TIMEOUT.as_secs()
		);
		if elapsed >= next_report {
			output.news(format_args!(
				"executors  {eligible} of {needed} eligible in block {}; {since}; {holding} of \
				 {validators} validators hold the model",
				chain.height()?
			));
			next_report = elapsed + Duration::from_secs(15);
		}
		sleep(POLL);
	}
}

fn require_slash(context: &DemoContext, liar: &AccountId, before: Balance) -> Result<()> {
	let DemoContext { chain, output, .. } = context;
	let name = keys::name(liar);
	let after = chain.pool_balance(liar)?;
	output.news(format_args!(
		"stake pool of {name}: {} before, {} after",
		Amount(before),
		Amount(after)
	));
	ensure!(after < before, "{name} misbehaved and lost nothing");
	output.news(format_args!("{name} lost {}", Amount(before - after)));
	Ok(())
}
