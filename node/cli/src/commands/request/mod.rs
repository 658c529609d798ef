//! `opg request`.

mod progress;
mod view;

pub(super) use progress::{follow, print_answer, print_pay, Until};
pub(super) use view::{answer_json, attested, paid_json, tier_name};

use super::{find_event, Session};
use crate::{
	amount::Amount,
	chain::Chain,
	fs,
	keys::Signer,
	local::{self, EngineArg},
	tensors,
};
use anyhow::{ensure, Context, Result};
use clap::{Args, Subcommand, ValueEnum};
use opg_primitives::{Balance, Input, ModelId, RequestId, Tier};
use opg_runtime::{Runtime, RuntimeEvent};
use opg_runtime_api::RequestStatus;
use serde_json::json;
use sp_core::sr25519;
use std::path::{Path, PathBuf};

/// Commands about requests.
#[derive(Subcommand)]
pub(crate) enum RequestCommand {
	/// Pay for an inference.
	Send(Send),
	/// Show where a request stands.
	Show {
		/// Number of the request.
		request: RequestId,
	},
	/// Put a bond against an attested answer: a jury computes it again.
	Challenge {
		/// Number of the request.
		request: RequestId,
		#[command(flatten)]
		signer: Signer,
	},
	/// Compute a request on this machine, and compare the answer with the attested one.
	Rerun {
		/// Number of the request.
		request: RequestId,
		/// The ONNX file.
		#[arg(long, value_name = "FILE")]
		model: PathBuf,
		#[command(flatten)]
		engine: EngineArg,
	},
}

/// Arguments of `opg request send`.
#[derive(Args)]
pub(crate) struct Send {
	/// Number of the model version.
	model: ModelId,
	/// File with the input tensors: JSON, or .opgt as `opg-engine convert` writes it.
	#[arg(long, value_name = "FILE")]
	tensors: PathBuf,
	/// How much assurance to pay for.
	#[arg(long, value_enum, default_value_t = TierArg::Quorum)]
	tier: TierArg,
	/// The most to pay, in OPG; by default what the chain estimates.
	#[arg(long, value_name = "OPG")]
	max_fee: Option<Amount>,
	/// Follow the request until nothing can change it any more.
	#[arg(long)]
	wait: bool,
	#[command(flatten)]
	signer: Signer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum TierArg {
	/// One executor, audited at random.
	Optimistic,
	/// Three executors that agree.
	Quorum,
	/// Seven executors, of whom five agree and none dissents.
	High,
}

impl From<TierArg> for Tier {
	fn from(tier: TierArg) -> Self {
		match tier {
			TierArg::Optimistic => Self::Optimistic,
			TierArg::Quorum => Self::Quorum,
			TierArg::High => Self::High,
		}
	}
}

impl RequestCommand {
	pub(crate) fn run(&self, session: &Session) -> Result<()> {
		match self {
			Self::Send(arguments) => arguments.run(session),
			Self::Show { request } => show(session, *request),
			Self::Challenge { request, signer } => challenge(session, *request, signer),
			Self::Rerun { request, model, engine } => rerun(session, *request, model, engine),
		}
	}
}

impl Send {
	fn run(&self, session: &Session) -> Result<()> {
		let output = session.output;
		let (input, requester) = (tensors::load(&self.tensors)?, self.signer.pair()?);
		let chain = session.connect()?;
		let tier = self.tier.into();
		let max_fee = match self.max_fee {
			Some(fee) => fee,
			None => Amount(chain.estimate(self.model, tier)?),
		};
		let id = send(&chain, self.model, input, tier, max_fee.0, &requester)?;
		output.news(format_args!("request {id} sent, at most {max_fee}"));
		if !self.wait {
			output.json(|| json!({ "request": id, "max_fee": max_fee.0.to_string() }));
			return Ok(());
		}
		let view = follow(&chain, output, id, Until::Final)?;
		output.json(|| view::to_json(id, &view));
		ensure!(attested(&view).is_some(), "request {id} was not attested");
		Ok(())
	}
}

fn show(session: &Session, id: RequestId) -> Result<()> {
	let view = session.connect()?.request(id)?;
	session.output.json(|| view::to_json(id, &view));
	view::print(session.output, id, &view);
	Ok(())
}

fn challenge(session: &Session, id: RequestId, signer: &Signer) -> Result<()> {
	let output = session.output;
	let signer = signer.pair()?;
	let chain = session.connect()?;
	let call = pallet_opg_inference::Call::<Runtime>::challenge { request: id };
	let block = chain.send(call, &signer)?.block;
	output.news(format_args!("challenged in block {block}"));
	let view = follow(&chain, output, id, Until::Final)?;
	output.news(match view.status {
		RequestStatus::Failed { .. } => "the answer did not stand",
		_ => "the answer stands",
	});
	output.json(|| view::to_json(id, &view));
	Ok(())
}

fn rerun(session: &Session, id: RequestId, model: &Path, engine: &EngineArg) -> Result<()> {
	let output = session.output;
	let view = session.connect()?.request(id)?;
	let attested = attested(&view)
		.with_context(|| format!("request {id} has no attested answer; see `opg request show`"))?;
	output.news("loading the engine (the first time takes up to a minute)");
	let local = local::execute(&engine.load()?, &view.task, &fs::read(model)?)?;
	output.news(format_args!("attested {:?}, fuel {}", attested.digest(), attested.fuel));
	output.news(format_args!("local    {:?}, fuel {}", local.digest(), local.fuel));
	let same = local == *attested;
	output.json(|| {
		json!({
			"request": id,
			"attested": answer_json(attested),
			"local": answer_json(&local),
			"same": same,
		})
	});
	ensure!(same, "the answers differ: the attested one is wrong, or this machine is");
	output.news("the same, bit for bit");
	Ok(())
}

/// Sends a request and gives its number.
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
