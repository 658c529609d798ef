//! `opg request`.

mod progress;
mod transfer;
mod view;

use progress::print_line;
pub(super) use progress::{follow, print_answer, print_pay, print_tensors, Until};
pub(super) use view::{answer_json, attested, paid_json, tier_name};

use super::{
	challenge::{ChallengeArgs, RevealClaimArgs},
	find_event, Session,
};
use crate::{
	amount::Amount,
	chain::Chain,
	contents, fs,
	keys::Signer,
	local::{Bounds, EngineArg},
	model_ref::ModelRef,
	tensors,
};
use anyhow::{ensure, Context, Result};
use clap::{Args, Subcommand, ValueEnum};
use opg_execution::content_of;
use opg_primitives::{Balance, BlockNumber, Input, ModelId, RequestId, Tier, MAX_INPUT_BYTES};
use opg_runtime::{Runtime, RuntimeEvent};
use opg_runtime_api::VersionView;
use pallet_opg_inference::Call;
use serde_json::json;
use sp_core::{sr25519, H256};
use std::path::PathBuf;
use transfer::{DownloadArgs, UploadArgs};

/// Commands about requests.
#[derive(Subcommand)]
pub(crate) enum RequestCommand {
	/// Pay for an inference. An input that is too long for the chain is handed to the node as well.
	Send(Send),
	/// Hand the input of a request to a node, where `opg request send` broke off.
	Upload(UploadArgs),
	/// Write the input or the output of a request to a file, wherever it lies.
	Download(DownloadArgs),
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
	Rerun(Rerun),
}

/// Arguments of `opg request rerun`.
#[derive(Args)]
pub(crate) struct Rerun {
	/// Number of the request.
	request: RequestId,
	/// The ONNX file.
	#[arg(long, value_name = "FILE")]
	model: PathBuf,
	/// File with the input, if it lies outside of the chain and the node does not have it.
	#[arg(long, value_name = "FILE")]
	input: Option<PathBuf>,
	#[command(flatten)]
	engine: EngineArg,
	#[command(flatten)]
	bounds: Bounds,
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
			Self::Upload(arguments) => arguments.run(session),
			Self::Download(arguments) => arguments.run(session),
			Self::Show { request } => show(session, *request),
			Self::Challenge(arguments) => arguments.run(session),
			Self::RevealClaim(arguments) => arguments.run(session),
			Self::Rerun(arguments) => arguments.run(session),
		}
	}
}

impl Send {
	fn run(&self, session: &Session) -> Result<()> {
		let output = session.output;
		let (input, requester) = (tensors::load(&self.tensors)?, self.signer.pair()?);
		let chain = session.connect()?;
		let tier = self.tier.into();
		let version = self.model.resolve(&chain)?;
		check_length(&input, &version)?;
		let model = version.model;
		let max_fee = match self.max_fee {
			Some(fee) => fee,
			None => Amount(chain.estimate(model, tier)?.saturating_add(chain.input_fee(&input)?)),
		};
		let max_royalty = self.max_royalty.map_or(version.royalty, |royalty| royalty.0);
		let now = self.deadline.map(|_| chain.clock()).transpose()?;
		let order = Order {
			model,
			input: &input,
			tier,
			max_fee: max_fee.0,
			max_royalty,
			reference: self.reference.unwrap_or_default(),
			deadline: now.zip(self.deadline).map(|(now, blocks)| now.saturating_add(blocks)),
		};
		let id = send(&chain, order, &requester)?;
		output.news(format_args!("request {id} sent, at most {max_fee}"));
		if is_stored(&input) {
			output.news(format_args!(
				"the input has {} bytes, more than the chain carries: handing it to {}",
				input.len(),
				session.endpoint
			));
			transfer::upload(&chain, id, &input, &self.tensors)?;
			output.news("uploaded; validators fetch it while the node is up");
		}
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
	let chain = session.connect()?;
	let view = chain.request(id)?;
	session.output.json(|| view::to_json(id, &view));
	view::print(session.output, id, &view);
	view::print_stored_output(session.output, &chain, id, &view);
	if !view::is_final(&view) {
		print_line(session.output, None, "not final yet");
	}
	Ok(())
}

impl Rerun {
	fn run(&self, session: &Session) -> Result<()> {
		let (output, id) = (session.output, self.request);
		let chain = session.connect()?;
		let view = chain.request(id)?;
		let attested = attested(&view).with_context(|| {
			format!("request {id} has no attested answer; see `opg request show`")
		})?;
		let task = contents::with_input(&chain, id, view.task.clone(), self.input.as_deref())?;
		output.news("loading the engine (the first time takes up to a minute)");
		let local = self.bounds.execute(&self.engine.load()?, &task, &fs::read(&self.model)?)?;
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
}

/// Tells whether an encoded input is longer than what the chain carries.
fn is_stored(input: &[u8]) -> bool {
	input.len() > MAX_INPUT_BYTES as usize
}

/// Fails if an encoded input is longer than what the version takes.
fn check_length(input: &[u8], version: &VersionView) -> Result<()> {
	let most = version.limits.input_bytes;
	ensure!(
		input.len() <= most as usize,
		"the encoded input has {} bytes, and model {} takes {most} at most: compare it with the inputs \
		 that the model has, or ask its owner for a version with a larger --input-bytes",
		input.len(),
		version.model
	);
	Ok(())
}

/// What a requester asks for.
pub(super) struct Order<'a> {
	/// Number of the model version.
	pub model: ModelId,
	/// Encoded input tensors.
	pub input: &'a [u8],
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

/// Sends a request and gives its number. An input that is too long for the chain is only named by it.
pub(super) fn send(chain: &Chain, order: Order, requester: &sr25519::Pair) -> Result<RequestId> {
	let Order { model, input, tier, max_fee, max_royalty, reference, deadline } = order;
	let call = match Input::try_from(input.to_vec()) {
		Ok(input) => Call::<Runtime>::request {
			model,
			input,
			tier,
			max_fee,
			max_royalty,
			reference,
			deadline,
		},
		Err(input) => Call::request_stored {
			model,
			input: content_of(&input).context("the input is too long")?,
			tier,
			max_fee,
			max_royalty,
			reference,
			deadline,
		},
	};
	let included = chain.send(call, requester)?;
	find_event(&included.events, |event| match event {
		RuntimeEvent::Inference(pallet_opg_inference::Event::Requested { request, .. }) => {
			Some(*request)
		},
		_ => None,
	})
}
