//! `opg engine`.

use super::{find_event, Session};
use crate::{
	chain::{self, Chain, Included},
	keys::Signer,
	local::EngineArg,
	model_ref::ModelRef,
	output::Output,
	tensors,
};
use anyhow::{anyhow, ensure, Context, Result};
use clap::Subcommand;
use opg_primitives::BlockNumber;
use opg_runtime::{Runtime, RuntimeCall, RuntimeEvent};
use pallet_opg_models::{
	Evidence, Nominations, Pin, PinnedTasks, Pins, StatementOf, Statements, MAX_PINNED,
	MAX_PINNED_INPUT,
};
use serde_json::json;
use sp_core::H256;
use std::{path::PathBuf, str::FromStr};

/// Commands about engines.
#[derive(Subcommand)]
pub(crate) enum EngineCommand {
	/// Prepare the engine of this program, and print its id. Needs no node.
	Id,
	/// List the engines that models may name now.
	List,
	/// Nominate the engine in a file: executors that have it compute pinned tasks and post what they find.
	/// Signed by the sudo key: //Alice for development.
	Nominate {
		/// The engine, as `opg-node engines export` writes it.
		file: PathBuf,
		/// Task: a model version as `opg request send` takes it, and a file of encoded input tensors, JSON
		/// or .opgt. Repeatable.
		#[arg(long = "pin", value_name = "MODEL=FILE", required = true)]
		pins: Vec<PinArg>,
		#[command(flatten)]
		signer: Signer,
	},
	/// Show who posted which digest for a nominated engine.
	Evidence {
		/// Id of the engine.
		engine: H256,
	},
	/// Remove the nomination of an engine, and the evidence for it. Signed by the sudo key.
	Withdraw {
		/// Id of the engine.
		engine: H256,
		#[command(flatten)]
		signer: Signer,
	},
	/// Set the canaries: in each session from the next on, those who serve the version of one of them
	/// compute it. Without any, there are none. Signed by the sudo key.
	Canaries {
		/// Model version, and a file of encoded input tensors, JSON or .opgt. Repeatable.
		#[arg(long = "pin", value_name = "MODEL=FILE")]
		pins: Vec<PinArg>,
		#[command(flatten)]
		signer: Signer,
	},
	/// Let models name the engine in a file, for which there is evidence. Signed by the sudo key: //Alice
	/// for development.
	Admit {
		/// The engine, as `opg-node engines export` writes it.
		file: PathBuf,
		/// First block in which it counts; the next, if that has passed.
		#[arg(long, value_name = "BLOCK", default_value_t = 0)]
		from: BlockNumber,
		#[command(flatten)]
		signer: Signer,
	},
	/// Let models that name an engine take no more requests. Open ones are finished. Signed by the
	/// sudo key.
	Retire {
		/// Id of the engine.
		engine: H256,
		/// First block in which it does not count; the next, if that has passed.
		#[arg(long, value_name = "BLOCK", default_value_t = 0)]
		until: BlockNumber,
		#[command(flatten)]
		signer: Signer,
	},
}

/// Model version, and the file of its input.
#[derive(Clone, Debug)]
pub(crate) struct PinArg {
	model: ModelRef,
	file: PathBuf,
}

impl FromStr for PinArg {
	type Err = anyhow::Error;

	fn from_str(text: &str) -> Result<Self> {
		let (model, file) = text.split_once('=').context("a pin is MODEL=FILE")?;
		Ok(Self { model: model.parse()?, file: file.into() })
	}
}

/// Reads the inputs of pins, and asks the chain for the numbers of their versions.
fn read_pins(chain: &Chain, pins: &[PinArg]) -> Result<Pins> {
	let read = |PinArg { model, file }: &PinArg| -> Result<Pin> {
		let input = tensors::load(file)?.try_into().map_err(|input: Vec<u8>| {
			anyhow!(
				"{}: {} encoded bytes, and a pinned input has {MAX_PINNED_INPUT} at most",
				file.display(),
				input.len()
			)
		})?;
		Ok(Pin { model: model.number(chain)?, input })
	};
	let pins = pins.iter().map(read).collect::<Result<Vec<_>>>()?;
	let count = pins.len();
	pins.try_into().map_err(|_| anyhow!("{count} pins, and there are {MAX_PINNED} at most"))
}

/// Prints who posted which digest.
fn show_evidence(chain: &Chain, output: Output, id: H256) -> Result<()> {
	let is_nominated = chain.storage::<PinnedTasks>(&Nominations::<Runtime>::hashed_key_for(id))?;
	ensure!(is_nominated.is_some(), "the engine {id:?} is not nominated");
	let statements: Statements<Runtime> =
		chain.storage(&Evidence::<Runtime>::hashed_key_for(id))?.unwrap_or_default();
	for own in &statements {
		output.news(format_args!("{:?} {}", own.digest, own.executor));
	}
	if statements.is_empty() {
		output.news(format_args!("no executor has posted a digest yet"));
	}
	output.json(|| {
		let statement = |own: &StatementOf<Runtime>| {
			json!({ "executor": own.executor.to_string(), "digest": own.digest, "at": own.at })
		};
		json!(statements.iter().map(statement).collect::<Vec<_>>())
	});
	Ok(())
}

impl EngineCommand {
	pub(crate) fn run(&self, session: &Session) -> Result<()> {
		let output = session.output;
		match self {
			Self::Id => {
				let id = EngineArg::default().load()?.id();
				output.result(format_args!("{id:?}"), || json!({ "engine_id": id }));
			},
			Self::List => {
				let engines = session.connect()?.valid_engines()?;
				engines.iter().for_each(|id| output.news(format_args!("{id:?}")));
				output.json(|| json!(engines));
			},
			Self::Nominate { file, pins, signer } => {
				// What does not load here would load nowhere.
				let id = EngineArg::file(file.clone()).load()?.id();
				let chain = session.connect()?;
				let pins = read_pins(&chain, pins)?;
				let call = pallet_opg_models::Call::nominate_engine { engine_id: id, pins };
				let block = govern(&chain, call, signer)?.block;
				output.news(format_args!("engine {id:?} nominated in block {block}"));
				output.news(format_args!(
					"executors add the file with: opg-node engines add {}",
					file.display()
				));
				output.json(|| json!({ "engine_id": id, "block": block }));
			},
			Self::Evidence { engine } => show_evidence(&session.connect()?, output, *engine)?,
			Self::Withdraw { engine: id, signer } => {
				let call = pallet_opg_models::Call::withdraw_nomination { engine_id: *id };
				let block = govern(&session.connect()?, call, signer)?.block;
				output.result(
					format_args!("nomination of {id:?} withdrawn in block {block}"),
					|| json!({ "engine_id": id, "block": block }),
				);
			},
			Self::Canaries { pins, signer } => {
				let chain = session.connect()?;
				let pins = read_pins(&chain, pins)?;
				let count = pins.len();
				let call = pallet_opg_models::Call::set_canaries { pins };
				let block = govern(&chain, call, signer)?.block;
				output.result(
					format_args!("{count} canaries from the next session on, in block {block}"),
					|| json!({ "canaries": count, "block": block }),
				);
			},
			Self::Admit { file, from, signer } => {
				// What does not load here would load nowhere.
				let id = EngineArg::file(file.clone()).load()?.id();
				let call = pallet_opg_models::Call::admit_engine { engine_id: id, from: *from };
				let block = govern(&session.connect()?, call, signer)?.block;
				output.news(format_args!("engine {id:?} admitted in block {block}"));
				output.news(format_args!(
					"executors add the file with: opg-node engines add {}",
					file.display()
				));
				output.json(|| json!({ "engine_id": id, "block": block }));
			},
			Self::Retire { engine: id, until, signer } => {
				let call = pallet_opg_models::Call::retire_engine { engine_id: *id, until: *until };
				let block = govern(&session.connect()?, call, signer)?.block;
				output.result(
					format_args!("engine {id:?} retired in block {block}"),
					|| json!({ "engine_id": id, "block": block }),
				);
			},
		}
		Ok(())
	}
}

/// Sends a call as governance, which is `sudo` here.
pub(super) fn govern(
	chain: &Chain,
	call: pallet_opg_models::Call<Runtime>,
	signer: &Signer,
) -> Result<Included> {
	let call = Box::new(RuntimeCall::from(call));
	let sudo = pallet_sudo::Call::<Runtime>::sudo { call };
	let included = chain.send(sudo, &signer.account(chain)?)?;
	let done = find_event(&included.events, |event| match event {
		RuntimeEvent::Sudo(pallet_sudo::Event::Sudid { sudo_result }) => Some(*sudo_result),
		_ => None,
	})?;
	done.map_err(|error| anyhow!("the chain refused: {}", chain::describe(error)))?;
	Ok(included)
}
