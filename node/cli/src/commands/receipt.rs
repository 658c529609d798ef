//! `opg receipt`, `opg verify`.

use super::request;
use crate::{
	chain::Chain,
	keys, local,
	receipt::{Proven, Receipt},
};
use anyhow::{bail, Context, Result};
use clap::Args;
use opg_primitives::RequestId;
use sp_core::H256;
use std::{fs, path::PathBuf, str::FromStr};

/// Write a receipt.
#[derive(Args, Debug)]
pub struct Write {
	/// Number of the settled request.
	request: RequestId,
	/// Where to.
	#[arg(long)]
	output: PathBuf,
}

/// Check a receipt.
#[derive(Args, Debug)]
pub struct Verify {
	/// The receipt.
	receipt: PathBuf,
	/// The ONNX file, to run the request again.
	#[arg(long)]
	model: Option<PathBuf>,
	/// The engine that the receipt names, if it is not the one of this client.
	#[arg(long, value_name = "FILE")]
	engine: Option<PathBuf>,
	/// Hash of the receipt's block, from a source that you trust: your own node, an explorer.
	#[arg(long, value_name = "HASH")]
	block: Option<String>,
}

impl Write {
	/// Run the command.
	pub fn run(&self, chain: &Chain) -> Result<()> {
		let receipt = chain.receipt(self.request)?;
		let text = receipt.render();
		// What does not check here would check nowhere.
		let proven = receipt.check().with_context(|| {
			format!("request {} has no receipt yet: is its block final?", self.request)
		})?;
		fs::write(&self.output, text)
			.with_context(|| format!("cannot write {}", self.output.display()))?;
		println!(
			"{} proves request {} in block {} {:?}",
			self.output.display(),
			self.request,
			proven.height,
			proven.block
		);
		Ok(())
	}
}

impl Verify {
	/// Run the command.
	pub fn run(&self) -> Result<()> {
		let receipt = Receipt::load(&self.receipt)?;
		let id = receipt.request;
		let proven = receipt.check()?;
		print(id, &proven);
		match &self.block {
			Some(text) => {
				let trusted = H256::from_str(text).context("--block is 0x and 64 hex digits")?;
				if trusted != proven.block {
					bail!("the receipt is of block {:?}, not of {trusted:?}", proven.block);
				}
				println!("the block is the one you trust");
			},
			None => println!(
				"the proof fits block {:?}. Whether the chain has that block, your own node says \
				 (chain_getBlockHash {}); give it as --block",
				proven.block, proven.height
			),
		}
		let Some(model) = &self.model else {
			println!("give --model to run the request again");
			return Ok(());
		};
		println!("loading the engine (the first time takes up to a minute)");
		let engine = local::Local::load(self.engine.as_deref())?;
		let again = engine.rerun(&proven.task(), &local::read(model)?)?;
		println!("local      {:?}, fuel {}", again.digest(), again.fuel);
		if again != proven.answer {
			bail!("the answers differ: the settled one is wrong, or this machine is");
		}
		println!("the same, bit for bit");
		Ok(())
	}
}

fn print(id: RequestId, proven: &Proven) {
	let Proven { request, record, answer, .. } = proven;
	println!("chain      genesis {:?}", proven.genesis);
	println!("request    {id} by {}, tier {:?}", keys::name(&request.requester), request.tier);
	println!("model      {} ({:?})", request.model, request.version.hash);
	println!("engine     {:?}", request.version.engine);
	println!("input      {:?}", record.input);
	for seat in &record.seats {
		let verdict = match seat.state.digest() {
			Some(digest) if digest == answer.digest() => "gave this answer",
			Some(_) => "gave another answer",
			None => "gave none",
		};
		println!("round {}    {} {verdict}", seat.round, keys::name(&seat.executor));
	}
	println!("answer     {:?}, fuel {}", answer.digest(), answer.fuel);
	request::print_answer(answer);
	for (who, amount) in &proven.paid {
		println!("paid       {} {}", keys::name(who), crate::amount::show(*amount));
	}
}
