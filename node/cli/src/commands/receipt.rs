//! `opg receipt`.

use super::{request, Session};
use crate::{
	amount::Amount,
	contents, fs, keys,
	local::{Bounds, EngineArg},
	output::Output,
	receipt::{Proven, Receipt},
	tensors,
};
use anyhow::{bail, ensure, Context, Result};
use clap::{Args, Subcommand};
use opg_primitives::{Outcome, RequestId, Task, TaskInput};
use serde_json::{json, Value};
use sp_core::H256;
use std::path::{Path, PathBuf};

/// Commands about receipts.
#[derive(Subcommand)]
pub(crate) enum ReceiptCommand {
	/// Write the receipt of a settled request.
	Create {
		/// Number of the request.
		request: RequestId,
		/// File to write.
		#[arg(long, value_name = "FILE")]
		output: PathBuf,
	},
	/// Check a receipt, and compute its answer again. Needs no node.
	Verify(Verify),
}

/// Arguments of `opg receipt verify`.
#[derive(Args)]
pub(crate) struct Verify {
	/// The receipt.
	receipt: PathBuf,
	/// The ONNX file. Without it the answer is not computed again.
	#[arg(long, value_name = "FILE")]
	model: Option<PathBuf>,
	/// File with the input, if it lies outside of the chain: the receipt has its hash.
	#[arg(long, value_name = "FILE")]
	input: Option<PathBuf>,
	/// File with the output, if it lies outside of the chain: it is compared with its hash, and shown.
	#[arg(long, value_name = "FILE")]
	output: Option<PathBuf>,
	#[command(flatten)]
	engine: EngineArg,
	/// Hash of the receipt's block, from a source that you trust: your own node, an explorer.
	#[arg(long, value_name = "HASH")]
	block: Option<H256>,
	#[command(flatten)]
	bounds: Bounds,
}

impl ReceiptCommand {
	pub(crate) fn run(&self, session: &Session) -> Result<()> {
		match self {
			Self::Create { request, output } => create(session, *request, output),
			Self::Verify(arguments) => arguments.run(session.output),
		}
	}
}

fn create(session: &Session, id: RequestId, file: &Path) -> Result<()> {
	let receipt = session.connect()?.receipt(id)?;
	let text = receipt.render()?;
	// What does not check here would check nowhere.
	let proven = receipt.check().with_context(|| {
		format!("request {id} has no receipt yet: wait until it is settled in a final block")
	})?;
	fs::write(file, text)?;
	let Proven { height, block, .. } = proven;
	session.output.result(
		format_args!("{} proves request {id} in block {height} {block:?}", file.display()),
		|| json!({ "request": id, "block": block, "height": height, "file": file }),
	);
	Ok(())
}

impl Verify {
	fn run(&self, output: Output) -> Result<()> {
		let receipt = Receipt::load(&self.receipt)?;
		let id = receipt.request;
		let proven = receipt.check()?;
		print(output, id, &proven);
		self.check_block(output, &proven)?;
		let task = self.with_input(id, proven.task())?;
		if let Some(file) = &self.output {
			show_output(output, &proven, file)?;
		}
		match &self.model {
			Some(model) => {
				output.news("loading the engine (the first time takes up to a minute)");
				let again = self.bounds.execute(&self.engine.load()?, &task, &fs::read(model)?)?;
				output.news(format_args!("local      {:?}, fuel {}", again.digest(), again.fuel));
				ensure!(
					again == proven.answer,
					"the answers differ: the settled one is wrong, or this machine is"
				);
				output.news("the same, bit for bit");
			},
			None => output.news("give --model to compute the answer again"),
		}
		output.json(|| to_json(id, &proven, self.block.is_some(), self.model.is_some()));
		Ok(())
	}

	fn check_block(&self, output: Output, proven: &Proven) -> Result<()> {
		match self.block {
			Some(trusted) => {
				ensure!(
					trusted == proven.block,
					"the receipt is of block {:?}, not of {trusted:?}",
					proven.block
				);
				output.news("the block is the one you trust");
			},
			None => output.news(format_args!(
				"the proof fits block {:?}. Ask your own node if the chain has that block \
				 (chain_getBlockHash {}), and give it as --block",
				proven.block, proven.height
			)),
		}
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
fn show_output(output: Output, proven: &Proven, file: &Path) -> Result<()> {
	let Outcome::Stored(content) = proven.answer.outcome else {
		bail!("the answer lies in the receipt itself: leave --output out");
	};
	let bytes = tensors::load(file)?;
	contents::check("output", &bytes, content)?;
	output.news(format_args!("output     {} is the proven one", file.display()));
	request::print_tensors(output, &bytes);
	Ok(())
}

fn to_json(id: RequestId, proven: &Proven, block_trusted: bool, recomputed: bool) -> Value {
	let Proven { request, round, answer, .. } = proven;
	json!({
		"genesis": proven.genesis,
		"block": proven.block,
		"height": proven.height,
		"block_trusted": block_trusted,
		"recomputed": recomputed,
		"request": id,
		"requester": keys::name(&request.requester),
		"tier": request::tier_name(request.tier),
		"model": request.model,
		"model_hash": request.version.model_hash,
		"engine_id": request.version.engine_id,
		"input_hash": round.input_hash,
		"stored_input": proven.input.stored().map(contents::to_json),
		"answer": request::answer_json(answer),
		"paid": request::paid_json(&proven.paid),
	})
}

fn print(output: Output, id: RequestId, proven: &Proven) {
	let Proven { request, round, answer, .. } = proven;
	let (requester, tier) = (keys::name(&request.requester), request::tier_name(request.tier));
	output.news(format_args!("chain      genesis {:?}", proven.genesis));
	output.news(format_args!("request    {id} by {requester}, tier {tier}"));
	output.news(format_args!("model      {} ({:?})", request.model, request.version.model_hash));
	output.news(format_args!("engine     {:?}", request.version.engine_id));
	match proven.input.stored() {
		Some(content) => output.news(format_args!("input      {}", contents::describe(content))),
		None => output.news(format_args!("input      {:?}", round.input_hash)),
	}
	for seat in &round.seats {
		let verdict = match seat.state.digest() {
			Some(digest) if digest == answer.digest() => "gave this answer",
			Some(_) => "gave another answer",
			None => "gave none",
		};
		output.news(format_args!(
			"round {}    {} {verdict}",
			seat.round,
			keys::name(&seat.executor)
		));
	}
	output.news(format_args!("answer     {:?}, fuel {}", answer.digest(), answer.fuel));
	request::print_answer(output, answer);
	for (who, amount) in &proven.paid {
		output.news(format_args!("paid       {} {}", keys::name(who), Amount(*amount)));
	}
}
