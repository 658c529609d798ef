//! `opg request`.

mod batch;
mod check;
mod progress;
mod transfer;
mod view;

use batch::BatchArgs;
pub(super) use check::check_length;
use check::{ModelFile, Offer};
use progress::print_line;
pub(super) use progress::{follow, print_answer, print_pay, print_tensors, Until};
pub(super) use view::{answer_json, attested, paid_json, tier_name};

use super::{
	challenge::{ChallengeArgs, RevealClaimArgs},
	find_event, Session,
};
use crate::{
	amount::Amount,
	chain::{Chain, Replaced},
	claims, contents, describe,
	failure::{code, Code, Failure},
	fs,
	keys::{Account, Signer},
	local::{Bounds, EngineArg},
	model_ref::ModelRef,
	reference::{self, Once},
	tensors::InputArgs,
	upload::Upload,
};
use anyhow::{ensure, Context, Result};
use clap::{Args, Subcommand, ValueEnum};
use opg_execution::content_of;
use opg_primitives::{
	AccountId, Balance, BlockNumber, Fuel, Input, ModelId, Nonce, RequestId, TaskInput, Tier,
	MAX_INPUT_BYTES,
};
use opg_runtime::{Runtime, RuntimeEvent};
use opg_runtime_api::{RequestStatus, RequestView, VersionView};
use pallet_opg_inference::Call;
use serde_json::json;
use sp_core::{Get, H256};
use std::path::PathBuf;
use transfer::{DownloadArgs, UploadArgs};

/// Commands about requests.
#[derive(Subcommand)]
pub(crate) enum RequestCommand {
	/// Pay for an inference. An input that is too long for the chain is handed to the node as well.
	Send(Send),
	/// Pay for an inference on each line of a file, many at a time.
	Batch(BatchArgs),
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
	#[arg(value_name = "MODEL")]
	model_ref: ModelRef,
	#[command(flatten)]
	input: InputArgs,
	#[command(flatten)]
	model: ModelFile,
	#[command(flatten)]
	terms: Terms,
	/// Anything of 32 bytes, as hex: the events of the request repeat it. A request of this account that
	/// has it already is not sent again.
	#[arg(long, value_name = "HASH")]
	reference: Option<H256>,
	/// Follow the request until it is attested, or until nothing can change it any more.
	#[arg(
		long, value_name = "UNTIL", value_enum, num_args = 0..=1, require_equals = true,
		default_missing_value = "final"
	)]
	wait: Option<WaitArg>,
	#[command(flatten)]
	signer: Signer,
}

/// What a request asks for, besides the model and the input.
#[derive(Args, Clone, Debug)]
pub(crate) struct Terms {
	/// How much assurance to pay for.
	#[arg(long, value_enum, default_value_t = TierArg::Quorum)]
	tier: TierArg,
	/// The most to pay, in OPG; by default what it costs if it is included within ten blocks.
	#[arg(long, value_name = "OPG")]
	max_fee: Option<Amount>,
	/// The most royalty to pay, in OPG; by default what the model asks for now.
	#[arg(long, value_name = "OPG")]
	max_royalty: Option<Amount>,
	/// Give up where no committee was drawn within this many blocks.
	#[arg(long, value_name = "BLOCKS")]
	deadline: Option<BlockNumber>,
	/// Most fuel that a run may take, where it is less than the version's limit, and at least a sixteenth
	/// of it. It costs less then, and ends without an output where that is not enough.
	#[arg(long, value_name = "FUEL")]
	fuel_limit: Option<Fuel>,
}

/// What a request for text asks for. Its fuel limit follows from its tokens.
#[derive(Args, Clone, Debug)]
pub(super) struct TextTerms {
	/// How much assurance to pay for.
	#[arg(long, value_enum, default_value_t = TierArg::Quorum)]
	tier: TierArg,
	/// The most to pay for an answer, in OPG. Without it, what it costs at most, once you confirm that.
	#[arg(long, value_name = "OPG")]
	pub max_fee: Option<Amount>,
	/// The most royalty to pay, in OPG; by default what the model asks for now.
	#[arg(long, value_name = "OPG")]
	max_royalty: Option<Amount>,
}

impl TextTerms {
	/// What an answer within this fuel limit costs at most, in planck, if it is included soon.
	pub fn price(
		&self,
		chain: &Chain,
		version: &VersionView,
		input: &[u8],
		fuel_limit: Fuel,
	) -> Result<Balance> {
		let estimate = chain.estimate(version.model, self.tier.into(), Some(fuel_limit))?;
		Ok(estimate.saturating_add(chain.input_fee(input)?))
	}

	/// Sends a request that costs `max_fee` at most, if the chain would take it now.
	pub fn send(
		&self,
		chain: &Chain,
		version: &VersionView,
		input: &[u8],
		fuel_limit: Fuel,
		max_fee: Amount,
		requester: &Account,
	) -> Result<RequestId> {
		let terms = Terms {
			tier: self.tier,
			max_fee: Some(max_fee),
			max_royalty: self.max_royalty,
			deadline: None,
			fuel_limit: Some(fuel_limit),
		};
		let order = terms.order(chain, version, input, claims::random(), requester.id())?;
		let id = send(chain, order, requester)?;
		if is_stored(input) {
			Upload::of_bytes(input)?.send(chain, Some(id))?;
		}
		Ok(id)
	}
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum WaitArg {
	/// A committee agreed on an answer. It can still be challenged.
	Attested,
	/// Nothing can change it any more.
	Final,
}

impl From<WaitArg> for Until {
	fn from(wait: WaitArg) -> Self {
		match wait {
			WaitArg::Attested => Self::Attested,
			WaitArg::Final => Self::Final,
		}
	}
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
			Self::Batch(arguments) => arguments.run(session),
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
		let files = self.input.read()?;
		let chain = session.connect()?;
		let version = self.model_ref.resolve(&chain)?;
		if self.model.is_given() {
			output.news("loading the engine (the first time takes up to a minute)");
		}
		let input = files.encode(self.model.inputs(&version)?.as_deref())?;
		check_length(&input, &version)?;
		let requester = self.signer.account(&chain)?;
		let (id, max_fee) = self.send(&chain, &version, &input, &requester)?;
		let is_uploading = match max_fee {
			None => {
				output.news(format_args!(
					"request {id} has this reference already: nothing is sent again"
				));
				let view = self.same(&chain, id, &input, &version)?;
				matches!(view.status, RequestStatus::Uploading { .. })
			},
			Some(max_fee) => {
				output.news(format_args!(
					"request {id} sent, at most {} and a deposit of {}",
					Amount(max_fee),
					Amount(<Runtime as pallet_opg_inference::Config>::RequestDeposit::get())
				));
				true
			},
		};
		if is_stored(&input) && is_uploading {
			self.upload(session, &chain, id, &input)?;
		}
		let Some(until) = self.wait else {
			let is_new = max_fee.is_some();
			let max_fee = max_fee.map(|planck| planck.to_string());
			output.json(|| json!({ "request": id, "is_new": is_new, "max_fee": max_fee }));
			return Ok(());
		};
		let view = follow(&chain, output, id, until.into())?;
		output.json(|| view::to_json(id, &view));
		check_attested(id, &view)
	}

	/// Number of the request, and what it costs at most; `None` where it was there already.
	fn send(
		&self,
		chain: &Chain,
		version: &VersionView,
		input: &[u8],
		requester: &Account,
	) -> Result<(RequestId, Option<Balance>)> {
		let reference = self.reference.unwrap_or_else(claims::random);
		let mut max_fee = 0;
		let mut submit = |nonce: Option<Nonce>| {
			let order = self.terms.order(chain, version, input, reference, requester.id())?;
			max_fee = order.max_fee;
			chain.submit_with(order.call()?, requester, nonce)
		};
		let submitted = match self.reference {
			// Nobody else knows of it.
			None => submit(None)?,
			Some(_) => {
				let submit = |nonce| submit(Some(nonce));
				match reference::send_once(chain, requester.id(), reference, submit)? {
					Once::Known(id) => return Ok((id, None)),
					Once::New(submitted) => submitted,
				}
			},
		};
		let error = match chain.included(submitted) {
			Ok(included) => return Ok((requested(&included.events)?, Some(max_fee))),
			Err(error) => error,
		};
		if self.reference.is_some() && error.is::<Replaced>() {
			// What took its place may have the reference.
			if let Some(id) = reference::find(chain, requester.id(), reference)? {
				return Ok((id, None));
			}
		}
		Err(match code(&error) {
			Code::Timeout => error.context(format!(
				"it may be included later. Run this again with --reference {reference:?}: then it is not \
				 paid for twice"
			)),
			_ => error,
		})
	}

	/// The request with the same reference. Fails if it asks for something else.
	fn same(
		&self,
		chain: &Chain,
		id: RequestId,
		input: &[u8],
		version: &VersionView,
	) -> Result<RequestView> {
		let view = chain.request(id)?;
		let is_same_input = match &view.task.input {
			TaskInput::Inline(inline) => inline == input,
			TaskInput::Stored(content) => content_of(input) == Some(*content),
		};
		ensure!(
			is_same_input
				&& view.model == version.model
				&& view.tier == Tier::from(self.terms.tier)
				&& version.limits.of_request(self.terms.fuel_limit) == Ok(view.task.limits),
			Failure::Usage(format!(
				"request {id} has this reference, and another input, model, tier or fuel limit: give \
				 this one another reference"
			))
		);
		Ok(view)
	}

	fn upload(&self, session: &Session, chain: &Chain, id: RequestId, input: &[u8]) -> Result<()> {
		let output = session.output;
		output.news(format_args!(
			"the input has {} bytes, more than the chain carries: handing it to {}",
			input.len(),
			session.endpoint
		));
		transfer::upload(chain, id, input, &self.input, &self.model)?;
		output.news("uploaded; validators fetch it while the node is up");
		Ok(())
	}
}

impl Terms {
	/// What is asked for, if the chain would take it now.
	fn order<'a>(
		&self,
		chain: &Chain,
		version: &VersionView,
		input: &'a [u8],
		reference: H256,
		requester: &AccountId,
	) -> Result<Order<'a>> {
		let order = self.order_unchecked(chain, version, input, reference)?;
		let Order { max_fee, max_royalty, fuel_limit, .. } = order;
		let offer = Offer { max_fee, max_royalty, fuel_limit };
		offer.check(chain, version, order.tier, input, requester)?;
		Ok(order)
	}

	/// What is asked for.
	fn order_unchecked<'a>(
		&self,
		chain: &Chain,
		version: &VersionView,
		input: &'a [u8],
		reference: H256,
	) -> Result<Order<'a>> {
		let tier = self.tier.into();
		let Self { max_fee, max_royalty, fuel_limit, .. } = *self;
		let offer = Offer::new(chain, version, tier, input, max_fee, max_royalty, fuel_limit)?;
		let now = self.deadline.map(|_| chain.clock()).transpose()?;
		Ok(Order {
			model: version.model,
			input,
			tier,
			max_fee: offer.max_fee,
			max_royalty: offer.max_royalty,
			reference,
			deadline: now.zip(self.deadline).map(|(now, blocks)| now.saturating_add(blocks)),
			fuel_limit,
		})
	}
}

/// Fails if a request has no attested answer.
pub(super) fn check_attested(id: RequestId, view: &RequestView) -> Result<()> {
	let why = match view.status {
		RequestStatus::Failed { reason, .. } => {
			format!("request {id} failed: {}", describe::failure(reason))
		},
		_ => format!("request {id} was not attested"),
	};
	ensure!(attested(view).is_some(), Failure::RequestFailed(why));
	Ok(())
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

/// What a requester asks for.
pub(crate) struct Order<'a> {
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
	/// Fuel limit, where it is not the version's.
	pub fuel_limit: Option<Fuel>,
}

/// Sends a request and gives its number. An input that is too long for the chain is only named by it.
pub(super) fn send(chain: &Chain, order: Order, requester: &Account) -> Result<RequestId> {
	let included = chain.send(order.call()?, requester)?;
	requested(&included.events)
}

/// Number of the request that a transaction made.
fn requested(events: &[RuntimeEvent]) -> Result<RequestId> {
	find_event(events, |event| match event {
		RuntimeEvent::Inference(pallet_opg_inference::Event::Requested { request, .. }) => {
			Some(*request)
		},
		_ => None,
	})
}

impl Order<'_> {
	/// The call that asks for it.
	pub(crate) fn call(&self) -> Result<Call<Runtime>> {
		let Order { model, input, tier, max_fee, max_royalty, reference, deadline, fuel_limit } =
			*self;
		Ok(match Input::try_from(input.to_vec()) {
			Ok(input) => Call::<Runtime>::request {
				model,
				input,
				tier,
				max_fee,
				max_royalty,
				reference,
				deadline,
				fuel_limit,
			},
			Err(input) => Call::request_stored {
				model,
				input: content_of(&input).context("the input is too long")?,
				tier,
				max_fee,
				max_royalty,
				reference,
				deadline,
				fuel_limit,
			},
		})
	}
}
