//! `opg receipt`.

use super::{request, Session};
use crate::{
	amount::Amount,
	fs, keys,
	local::{Bounds, EngineArg},
	output::Output,
	receipt::{Proven, Receipt},
};
use anyhow::{ensure, Context, Result};
use clap::Subcommand;
use opg_primitives::RequestId;
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
	Verify {
		/// The receipt.
		receipt: PathBuf,
		/// The ONNX file. Without it the answer is not computed again.
		#[arg(long, value_name = "FILE")]
		model: Option<PathBuf>,
		#[command(flatten)]
		engine: EngineArg,
		/// Hash of the receipt's block, from a source that you trust: your own node, an explorer.
		#[arg(long, value_name = "HASH")]
		block: Option<H256>,
		#[command(flatten)]
		bounds: Bounds,
	},
}

impl ReceiptCommand {
	pub(crate) fn run(&self, session: &Session) -> Result<()> {
		match self {
			Self::Create { request, output } => create(session, *request, output),
			Self::Verify { receipt, model, engine, block, bounds } => {
				verify(session.output, receipt, model.as_deref(), (engine, bounds), *block)
			},
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

fn verify(
	output: Output,
	file: &Path,
	model: Option<&Path>,
	(engine, bounds): (&EngineArg, &Bounds),
	trusted: Option<H256>,
) -> Result<()> {
	let receipt = Receipt::load(file)?;
	let id = receipt.request;
	let proven = receipt.check()?;
	print(output, id, &proven);
	match trusted {
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
	match model {
		Some(model) => {
			output.news("loading the engine (the first time takes up to a minute)");
			let again = bounds.execute(&engine.load()?, &proven.task(), &fs::read(model)?)?;
			output.news(format_args!("local      {:?}, fuel {}", again.digest(), again.fuel));
			ensure!(
				again == proven.answer,
				"the answers differ: the settled one is wrong, or this machine is"
			);
			output.news("the same, bit for bit");
		},
		None => output.news("give --model to compute the answer again"),
	}
	output.json(|| to_json(id, &proven, trusted.is_some(), model.is_some()));
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
	output.news(format_args!("input      {:?}", round.input_hash));
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
