//! `opg model`.

use super::find_event;
use crate::{
	amount,
	chain::{Chain, Submitted},
	keys, local,
};
use anyhow::{anyhow, bail, Context, Result};
use clap::Subcommand;
use opg_primitives::{model_hash, Balance, Fuel, ModelId};
use opg_runtime::{Runtime, RuntimeEvent};
use sp_core::sr25519;
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
		/// Fuel limit of one inference, load and run together.
		#[arg(long)]
		max_fuel: Fuel,
		/// Paid to you per attested request, in OPG.
		#[arg(long, default_value = "0")]
		royalty: String,
		/// Secret of the owner, for example //Dave.
		#[arg(long)]
		suri: String,
	},
	/// Declare that the signer's node runs a model.
	Serve {
		/// The model version.
		model: ModelId,
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
			Self::Register { file, name, max_fuel, royalty, suri } => {
				let data = local::read(file)?;
				let owner = keys::pair(suri)?;
				let royalty = amount::parse(royalty)?;
				let id = register(chain, &data, name, *max_fuel, royalty, &owner)?;
				println!("model {id} registered, hash {:?}", model_hash(&data));
				println!("executors add the file with: opg-node models add {}", file.display());
			},
			Self::Serve { model, suri } => {
				let included = chain.included(&serve(chain, *model, &keys::pair(suri)?)?)?;
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

/// Register a model and give its number.
pub(super) fn register(
	chain: &Chain,
	file: &[u8],
	name: &str,
	max_fuel: Fuel,
	royalty: Balance,
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
			engine: local::engine_id(),
			max_fuel,
			royalty,
		},
		owner,
	)?;
	find_event(&included.events, |event| match event {
		RuntimeEvent::Models(pallet_opg_models::Event::Registered { model, .. }) => Some(*model),
		_ => None,
	})
}

/// Hand in the declaration that `operator` serves a model.
pub(super) fn serve(chain: &Chain, model: ModelId, operator: &sr25519::Pair) -> Result<Submitted> {
	chain.submit(pallet_opg_models::Call::<Runtime>::serve { model }, operator)
}
