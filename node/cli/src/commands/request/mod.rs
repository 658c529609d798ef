//! `opg request`.

mod progress;
mod view;

pub(super) use progress::{follow, print_answer, print_pay, Until};
pub(super) use view::{answer_json, attested, paid_json, tier_name};

use super::{
	challenge::{ChallengeArgs, RevealClaimArgs},
	find_event, Session,
};
use crate::{
	amount::Amount,
	chain::Chain,
	fs,
	keys::Signer,
	local::{Bounds, EngineArg},
	model_ref::ModelRef,
	tensors,
};
use anyhow::{ensure, Context, Result};
use clap::{Args, Subcommand, ValueEnum};
use opg_primitives::{Balance, BlockNumber, Input, ModelId, RequestId, Tier};
use opg_runtime::{Runtime, RuntimeEvent};
use serde_json::json;
use sp_core::{sr25519, H256};
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
	/// Compute a request on this machine, twice, and put a bond against the attested answer if it is
	/// wrong: the court of all validators decides.
	Challenge(ChallengeArgs),
	/// Reveal the claim of a challenge, where `opg request challenge` did not.
	RevealClaim(RevealClaimArgs),
	/// Compute a request on this machine, and compare the answer with the attested one.
	Rerun {
		/// Number of the request.
		request: RequestId,
		/// The ONNX file.
		#[arg(long, value_name = "FILE")]
		model: PathBuf,
		#[command(flatten)]
		engine: EngineArg,
		#[command(flatten)]
		bounds: Bounds,
	},
}

/// Arguments of `opg request send`.
#[derive(Args)]
pub(crate) struct Send {
	/// Model version: owner/name@1.4.0, owner/name@channel, owner/name for the latest, or its number.
	model: ModelRef,
	/// File with the input tensors: JSON, or .opgt as `opg-engine convert` writes it.
	#[arg(long, value_name = "FILE")]
	tensors: PathBuf,
	/// How much assurance to pay for.
	#[arg(long, value_enum, default_value_t = TierArg::Quorum)]
	tier: TierArg,
	/// The most to pay, in OPG; by default what it costs if it is included within ten blocks.
	#[arg(long, value_name = "OPG")]
	max_fee: Option<Amount>,
	/// The most royalty to pay, in OPG; by default what the model asks for now.
	#[arg(long, value_name = "OPG")]
	max_royalty: Option<Amount>,
	/// Anything of 32 bytes, as hex: the events of the request repeat it.
	#[arg(long, value_name = "HASH")]
	reference: Option<H256>,
	/// Give up where no committee was drawn within this many blocks.
	#[arg(long, value_name = "BLOCKS")]
	deadline: Option<BlockNumber>,
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
			Self::Challenge(arguments) => arguments.run(session),
			Self::RevealClaim(arguments) => arguments.run(session),
			Self::Rerun { request, model, engine, bounds } => {
				rerun(session, *request, model, engine, bounds)
			},
		}
	}
}

impl Send {
	fn run(&self, session: &Session) -> Result<()> {
		let output = session.output;
		let (input, requester) = (tensors::load(&self.tensors)?, self.signer.pair()?);
		let chain = session.connect()?;
		let tier = self.tier.into();
		let model = self.model.number(&chain)?;
		let max_fee = match self.max_fee {
			Some(fee) => fee,
			None => Amount(chain.estimate(model, tier)?),
		};
		let max_royalty = match self.max_royalty {
			Some(royalty) => royalty.0,
			None => chain.model(model)?.royalty,
		};
		let now = self.deadline.map(|_| chain.clock()).transpose()?;
		let order = Order {
			model,
			input,
			tier,
			max_fee: max_fee.0,
			max_royalty,
			reference: self.reference.unwrap_or_default(),
			deadline: now.zip(self.deadline).map(|(now, blocks)| now.saturating_add(blocks)),
		};
		let id = send(&chain, order, &requester)?;
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

fn rerun(
	session: &Session,
	id: RequestId,
	model: &Path,
	engine: &EngineArg,
	bounds: &Bounds,
) -> Result<()> {
	let output = session.output;
	let view = session.connect()?.request(id)?;
	let attested = attested(&view)
		.with_context(|| format!("request {id} has no attested answer; see `opg request show`"))?;
	output.news("loading the engine (the first time takes up to a minute)");
	let local = bounds.execute(&engine.load()?, &view.task, &fs::read(model)?)?;
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

/// What a requester asks for.
pub(super) struct Order {
	/// Number of the model version.
	pub model: ModelId,
	/// Input tensors.
	pub input: Input,
	/// Assurance to pay for.
	pub tier: Tier,
	/// The most to pay, in planck.
	pub max_fee: Balance,
	/// The most of it that the model's owner gets, in planck.
	pub max_royalty: Balance,
	/// What the events of the request repeat.
	pub reference: H256,
	/// Time of the chain's clock after which no committee is drawn.
	pub deadline: Option<BlockNumber>,
}

/// Sends a request and gives its number.
pub(super) fn send(chain: &Chain, order: Order, requester: &sr25519::Pair) -> Result<RequestId> {
	let Order { model, input, tier, max_fee, max_royalty, reference, deadline } = order;
	let call = pallet_opg_inference::Call::<Runtime>::request {
		model,
		input,
		tier,
		max_fee,
		max_royalty,
		reference,
		deadline,
	};
	let included = chain.send(call, requester)?;
	find_event(&included.events, |event| match event {
		RuntimeEvent::Inference(pallet_opg_inference::Event::Requested { request, .. }) => {
			Some(*request)
		},
		_ => None,
	})
}
