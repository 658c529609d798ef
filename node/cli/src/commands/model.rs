//! `opg model`.

use super::find_event;
use crate::{
	amount,
	chain::{Chain, Submitted},
	keys,
	local::{self, Local},
};
use anyhow::{anyhow, bail, Context, Result};
use clap::Subcommand;
use opg_primitives::{model_hash, Balance, Dims, Fuel, ModelId};
use opg_runtime::{Runtime, RuntimeEvent};
use sp_core::{sr25519, H256};
use std::path::PathBuf;

/// Commands about models.
#[derive(Subcommand, Debug)]
pub enum ModelCommand {
	/// Register a model version by the content hash of its ONNX file.
	Register {
		/// The ONNX file. It stays on this machine: executors add it to their nodes' stores.
		file: PathBuf,
		/// Name for people.
		#[arg(long)]
		name: String,
		/// Size of a symbolic dimension, as in `--dim batch=1`. Repeatable.
		#[arg(long = "dim", value_name = "NAME=SIZE")]
		dims: Vec<String>,
		/// Fuel limit of one inference, load and run together.
		#[arg(long)]
		max_fuel: Fuel,
		/// Paid to you per attested request, in OPG.
		#[arg(long, default_value = "0")]
		royalty: String,
		/// The engine that answers for it, if it is not the one of this client.
		#[arg(long, value_name = "FILE")]
		engine: Option<PathBuf>,
		/// Secret of the owner, for example //Dave.
		#[arg(long)]
		suri: String,
	},
	/// Inspect a model file here, and declare that the signer's node runs it.
	Serve {
		/// The model version.
		model: ModelId,
		/// The ONNX file, as the node has it.
		file: PathBuf,
		/// The engine that the model names, if it is not the one of this client.
		#[arg(long, value_name = "FILE")]
		engine: Option<PathBuf>,
		/// Secret of the operator, for example //Alice.
		#[arg(long)]
		suri: String,
	},
	/// Declare that the signer's node no longer runs a model.
	Stop {
		/// The model version.
		model: ModelId,
		/// Secret of the operator.
		#[arg(long)]
		suri: String,
	},
}

impl ModelCommand {
	/// Run the command.
	pub fn run(&self, chain: &Chain) -> Result<()> {
		match self {
			Self::Register { file, name, dims, max_fuel, royalty, engine, suri } => {
				let data = local::read(file)?;
				let owner = keys::pair(suri)?;
				let royalty = amount::parse(royalty)?;
				let dims = local::parse_dims(dims)?;
				let engine = Local::load(engine.as_deref())?;
				let report = engine.report(&data, &dims, *max_fuel)?;
				let engine = engine.id();
				let choices = Choices { engine, dims, max_fuel: *max_fuel, royalty };
				let id = register(chain, &data, name, choices, report, &owner)?;
				println!("model {id} registered, hash {:?}, report {report:?}", model_hash(&data));
				println!("executors add the file with: opg-node models add {}", file.display());
			},
			Self::Serve { model, file, engine, suri } => {
				let version = chain.model(*model)?;
				let data = local::read(file)?;
				local::check_file(&data, version.hash)
					.with_context(|| format!("{} for model {model}", file.display()))?;
				let engine = Local::load(engine.as_deref())?;
				engine.check_engine(version.engine)?;
				let report = engine.report(&data, &version.dims, version.max_fuel)?;
				if report != version.report {
					bail!(
						"model {model} was registered with the report {:?}, this machine finds \
						 {report:?}: do not serve it",
						version.report
					);
				}
				let submitted = serve(chain, *model, report, &keys::pair(suri)?)?;
				let included = chain.included(&submitted)?;
				println!("serving model {model} since block {}", included.block);
			},
			Self::Stop { model, suri } => {
				let call = pallet_opg_models::Call::<Runtime>::stop_serving { model: *model };
				let included = chain.send(call, &keys::pair(suri)?)?;
				println!("stopped serving model {model} in block {}", included.block);
			},
		}
		Ok(())
	}
}

/// What the owner of a model version chooses.
pub(super) struct Choices {
	/// The engine that answers for it.
	pub engine: H256,
	/// Sizes of symbolic dimensions.
	pub dims: Dims,
	/// Fuel limit of load and run together.
	pub max_fuel: Fuel,
	/// Paid to the owner per attested request, in planck.
	pub royalty: Balance,
}

/// Register a model and give its number.
pub(super) fn register(
	chain: &Chain,
	file: &[u8],
	name: &str,
	choices: Choices,
	report: H256,
	owner: &sr25519::Pair,
) -> Result<ModelId> {
	if name.is_empty() {
		bail!("--name is empty");
	}
	let included = chain.send(
		pallet_opg_models::Call::<Runtime>::register {
			hash: model_hash(file),
			size: u32::try_from(file.len()).context("the file is too large")?,
			name: name
				.as_bytes()
				.to_vec()
				.try_into()
				.map_err(|_| anyhow!("--name is longer than 64 bytes"))?,
			engine: choices.engine,
			dims: choices.dims,
			max_fuel: choices.max_fuel,
			royalty: choices.royalty,
			report,
		},
		owner,
	)?;
	find_event(&included.events, |event| match event {
		RuntimeEvent::Models(pallet_opg_models::Event::Registered { model, .. }) => Some(*model),
		_ => None,
	})
}

/// Hand in the declaration that `operator` serves a model.
pub(super) fn serve(
	chain: &Chain,
	model: ModelId,
	report: H256,
	operator: &sr25519::Pair,
) -> Result<Submitted> {
	chain.submit(pallet_opg_models::Call::<Runtime>::serve { model, report }, operator)
}
