//! `opg receipt`.

use super::{request, Session};
use crate::{
	amount::Amount,
	chain::Chain,
	contents, fs, keys,
	local::{Bounds, EngineArg},
	output::Output,
	receipt::{self, ReceiptError},
	rpc::{Refusal, NOT_YET},
	tensors,
};
use anyhow::{bail, Context, Result};
use clap::{Args, Subcommand};
use opg_primitives::{AccountId, Answer, Balance, Outcome, RequestId, Task, TaskInput};
use opg_receipt::{v4::Seat, Anchor, AuthorityFile, Receipt, Statement};
use opg_runtime_api::RequestStatus;
use serde_json::{json, Value};
use sp_core::H256;
use std::{
	path::{Path, PathBuf},
	thread::sleep,
	time::{Duration, Instant},
};

/// Time until the block of a settled request is final. GRANDPA takes some seconds.
const FINALITY_TIMEOUT: Duration = Duration::from_secs(60);

/// Time between two questions.
const POLL: Duration = Duration::from_secs(1);

/// Commands about receipts.
#[derive(Subcommand)]
pub(crate) enum ReceiptCommand {
	/// Write the receipt of a settled request.
	Create(Create),
	/// Check a receipt, and compute its answer again. Needs no node.
	///
	/// A receipt proves nothing by itself: one of --genesis, --chain and --authorities says what you
	/// trust.
	Verify(Verify),
}

/// Arguments of `opg receipt create`.
#[derive(Args)]
pub(crate) struct Create {
	/// Number of the request.
	request: RequestId,
	/// File to write.
	#[arg(long, value_name = "FILE")]
	output: PathBuf,
	/// Leave out what is before the set of authorities in this file. Only who trusts the set can check
	/// such a receipt, which is shorter.
	#[arg(long, value_name = "FILE")]
	authorities: Option<PathBuf>,
}

/// Arguments of `opg receipt verify`.
#[derive(Args)]
pub(crate) struct Verify {
	/// The receipt.
	receipt: PathBuf,
	#[command(flatten)]
	trusted: Trusted,
	/// The ONNX file. Without it the answer is not computed again.
	#[arg(long, value_name = "FILE")]
	model: Option<PathBuf>,
	/// File with the input, if it lies outside of the chain: the receipt has its hash.
	#[arg(long, value_name = "FILE")]
	input: Option<PathBuf>,
	/// File with the output, if it lies outside of the chain: it is compared with its hash, and shown.
	#[arg(long, value_name = "FILE")]
	output: Option<PathBuf>,
	/// Write the authorities after the proven block. Whoever trusts them can check later receipts
	/// without what was before.
	#[arg(long, value_name = "FILE")]
	save_authorities: Option<PathBuf>,
	#[command(flatten)]
	engine: EngineArg,
	#[command(flatten)]
	bounds: Bounds,
}

/// What the verifier trusts.
#[derive(Args)]
#[group(multiple = false)]
pub(crate) struct Trusted {
	/// Trust this hash of the chain's first block.
	#[arg(long, value_name = "HASH")]
	genesis: Option<H256>,
	/// Trust the first block of this raw chain specification.
	#[arg(long, value_name = "FILE")]
	chain: Option<PathBuf>,
	/// Trust the set of authorities in this file, as --save-authorities writes it.
	#[arg(long, value_name = "FILE")]
	authorities: Option<PathBuf>,
}

impl Trusted {
	fn anchor(&self) -> Result<Anchor> {
		match self {
			Self { genesis: Some(genesis), .. } => Ok(receipt::by_genesis(*genesis)),
			Self { chain: Some(file), .. } => receipt::by_chain_spec(file),
			Self { authorities: Some(file), .. } => {
				Ok(receipt::by_authorities(&receipt::authorities(file)?))
			},
			_ => bail!(ReceiptError::NoAnchor),
		}
	}
}

impl ReceiptCommand {
	pub(crate) fn run(&self, session: &Session) -> Result<()> {
		match self {
			Self::Create(arguments) => arguments.run(session),
			Self::Verify(arguments) => arguments.run(session.output),
		}
	}
}

impl Create {
	fn run(&self, session: &Session) -> Result<()> {
		let Self { request: id, output: file, authorities } = self;
		let trusted = authorities.as_deref().map(receipt::authorities).transpose()?;
		let chain = session.connect()?;
		let (anchor, from_set) = match &trusted {
			Some(trusted) => (receipt::by_authorities(trusted), Some(trusted.set().id)),
			None => (receipt::by_genesis(chain.genesis()), None),
		};
		let made = receipt_when_final(&chain, session.output, *id, from_set)?;
		// What does not check here would check nowhere.
		let statement =
			receipt::check(&made, &anchor).context("the node's receipt is of no use")?;
		fs::write(file, made.render())?;
		let Statement { height, block, .. } = statement;
		session.output.result(
			format_args!("{} proves request {id} in block {height} {block}", file.display()),
			|| json!({ "request": id, "block": block, "height": height, "file": file }),
		);
		Ok(())
	}
}

/// The receipt of a request, also where the block that settles it becomes final only now.
fn receipt_when_final(
	chain: &Chain,
	output: Output,
	request: RequestId,
	from_set: Option<u64>,
) -> Result<Receipt> {
	let deadline = Instant::now() + FINALITY_TIMEOUT;
	let mut is_said = false;
	loop {
		let made = chain.receipt(request, from_set);
		let waits = made.as_ref().err().is_some_and(|error| {
			let refusal = error.downcast_ref::<Refusal>();
			refusal.is_some_and(|refusal| refusal.code == NOT_YET) && Instant::now() < deadline
		});
		if !waits || !matches!(chain.request(request)?.status, RequestStatus::Settled { .. }) {
			return made;
		}
		if !is_said {
			output.news(format_args!(
				"request {request} is settled: waiting until its block is final"
			));
			is_said = true;
		}
		sleep(POLL);
	}
}

impl Verify {
	fn run(&self, output: Output) -> Result<()> {
		// Before anything else: whoever trusts nothing would read what anybody wrote.
		let anchor = self.trusted.anchor()?;
		let statement = receipt::check(&receipt::load(&self.receipt)?, &anchor)?;
		let answer = receipt::answer(&statement)?;
		print(output, &statement, &answer);
		output.news(format_args!(
			"the chain that you trust made block {} final, and its state has all of this",
			statement.height
		));
		if let Some(file) = &self.save_authorities {
			fs::write(file, AuthorityFile::new(statement.genesis, &statement.next_set).render())?;
			output.news(format_args!(
				"{} has the authority set {}",
				file.display(),
				statement.next_set.id
			));
		}
		let task = self.with_input(statement.id, receipt::task(&statement)?)?;
		if let Some(file) = &self.output {
			show_output(output, &answer, file)?;
		}
		match &self.model {
			Some(model) => {
				output.news("loading the engine (the first time takes up to a minute)");
				let again = self.bounds.execute(&self.engine.load()?, &task, &fs::read(model)?)?;
				output.news(format_args!("local      {:?}, fuel {}", again.digest(), again.fuel));
				if again != answer {
					let (local, proven) = (again.digest(), answer.digest());
					bail!(ReceiptError::OtherAnswer { local, proven });
				}
				output.news("the same, bit for bit");
			},
			None => output.news("give --model to compute the answer again"),
		}
		output.json(|| to_json(&statement, &answer, self.model.is_some()));
		Ok(())
	}

	/// The task with its input in it, as far as it is needed or given.
	fn with_input(&self, id: RequestId, task: Task) -> Result<Task> {
		let input = match (&task.input, &self.input) {
			(input, Some(file)) => TaskInput::Inline(contents::load_input(file, input)?),
			(TaskInput::Stored(content), None) if self.model.is_some() => bail!(
				"the input lies outside of the chain ({}): give it as --input. A node that still has it \
				 gives it by `opg request download {id} --input FILE`; otherwise ask who sent the request",
				contents::describe(*content)
			),
			_ => return Ok(task),
		};
		Ok(Task { input, ..task })
	}
}

/// Shows the output in a file, if it is the proven one.
fn show_output(output: Output, answer: &Answer, file: &Path) -> Result<()> {
	let Outcome::Stored(content) = answer.outcome else {
		bail!("the answer lies in the receipt itself: leave --output out");
	};
	let bytes = tensors::load(file)?;
	contents::check("output", &bytes, content)?;
	output.news(format_args!("output     {} is the proven one", file.display()));
	request::print_tensors(output, &bytes);
	Ok(())
}

/// Payees and amounts, in planck.
fn paid(statement: &Statement) -> Vec<(AccountId, Balance)> {
	let paid = statement.settlement.paid.iter();
	paid.map(|(who, amount)| (AccountId::new(who.0), *amount)).collect()
}

/// What the executor of a seat did, in words.
fn verdict(seat: &Seat, answer: &Answer) -> &'static str {
	match seat.digest() {
		Some(digest) if receipt::hash(digest) == answer.digest() => "gave this answer",
		Some(_) => "gave another answer",
		None => "gave none",
	}
}

fn to_json(statement: &Statement, answer: &Answer, recomputed: bool) -> Value {
	let Statement { request, committees, settlement, input, .. } = statement;
	let stored_input = match input {
		opg_receipt::Input::Stored(content) => {
			json!({ "hash": content.hash, "bytes": content.size })
		},
		opg_receipt::Input::Inline(_) => Value::Null,
	};
	let attestations = committees.seats.iter().map(|seat| {
		json!({
			"executor": keys::name(&AccountId::new(seat.executor.0)),
			"round": seat.round,
			"digest": seat.digest(),
		})
	});
	json!({
		"genesis": statement.genesis,
		"spec_version": statement.spec_version,
		"block": statement.block,
		"height": statement.height,
		"time": statement.time,
		"next_authority_set": statement.next_set.id,
		"recomputed": recomputed,
		"request": statement.id,
		"requester": keys::name(&AccountId::new(request.requester.0)),
		"tier": request::tier_name(receipt::tier(statement)),
		"model": request.model,
		"model_hash": request.version.model_hash,
		"engine_id": request.version.engine_id,
		"input_hash": request.input_hash,
		"stored_input": stored_input,
		"attestations": attestations.collect::<Vec<_>>(),
		"answer": request::answer_json(answer),
		"fee": settlement.fee.to_string(),
		"paid": request::paid_json(&paid(statement)),
	})
}

fn print(output: Output, statement: &Statement, answer: &Answer) {
	let Statement { id, request, committees, .. } = statement;
	let requester = keys::name(&AccountId::new(request.requester.0));
	let tier = request::tier_name(receipt::tier(statement));
	output.news(format_args!("chain      genesis {}", statement.genesis));
	output.news(format_args!(
		"block      {} {}, by {} {}",
		statement.height, statement.block, statement.spec_name, statement.spec_version
	));
	output.news(format_args!("request    {id} by {requester}, tier {tier}"));
	output.news(format_args!("model      {} ({})", request.model, request.version.model_hash));
	output.news(format_args!("engine     {}", request.version.engine_id));
	match request.stored_input {
		Some(content) => output.news(format_args!(
			"input      {}, {} bytes, outside of the chain",
			content.hash, content.size
		)),
		None => output.news(format_args!("input      {}", request.input_hash)),
	}
	for seat in &committees.seats {
		output.news(format_args!(
			"round {}    {} {}",
			seat.round,
			keys::name(&AccountId::new(seat.executor.0)),
			verdict(seat, answer)
		));
	}
	output.news(format_args!("answer     {:?}, fuel {}", answer.digest(), answer.fuel));
	request::print_answer(output, answer);
	for (who, amount) in paid(statement) {
		output.news(format_args!("paid       {} {}", keys::name(&who), Amount(amount)));
	}
}
