//! `opg model`.

use super::{find_event, Session};
use crate::{
	amount::Amount,
	chain::{Chain, Submitted},
	fs,
	keys::Signer,
	local::{self, EngineArg},
};
use anyhow::{bail, ensure, Context, Result};
use clap::Subcommand;
use opg_engine_types::{Dim, Dims as EngineDims};
use opg_primitives::{model_hash, Balance, Dims, Fuel, ModelId, MAX_DIMS, MAX_DIM_NAME};
use opg_runtime::{Runtime, RuntimeEvent};
use serde_json::json;
use sp_core::{sr25519, H256};
use std::path::PathBuf;

/// Commands about models.
#[derive(Subcommand)]
pub(crate) enum ModelCommand {
	/// Register a model version by the content hash of its ONNX file.
	Register {
		/// The ONNX file. It stays on this machine: executors add it to their nodes' stores.
		file: PathBuf,
		/// Name for people.
		#[arg(long)]
		name: String,
		/// Size of a dimension that the file leaves open, by its name or by input and axis:
		/// `--dim batch=1`, `--dim x:2=48`. Repeatable.
		#[arg(long = "dim", value_name = "NAME=SIZE")]
		dims: Vec<Dim>,
		/// Fuel limit of one inference, load and run together.
		#[arg(long, value_name = "FUEL")]
		fuel_limit: Fuel,
		/// Paid to you per attested request, in OPG.
		#[arg(long, value_name = "OPG", default_value = "0")]
		royalty: Amount,
		#[command(flatten)]
		engine: EngineArg,
		#[command(flatten)]
		signer: Signer,
	},
	/// Inspect a model file here, and declare that the signer's node runs it.
	Serve {
		/// Number of the model version.
		model: ModelId,
		/// The ONNX file, as the node has it.
		file: PathBuf,
		#[command(flatten)]
		engine: EngineArg,
		#[command(flatten)]
		signer: Signer,
	},
	/// Declare that the signer's node no longer runs a model.
	Stop {
		/// Number of the model version.
		model: ModelId,
		#[command(flatten)]
		signer: Signer,
	},
}

impl ModelCommand {
	pub(crate) fn run(&self, session: &Session) -> Result<()> {
		let output = session.output;
		match self {
			Self::Register { file, name, dims, fuel_limit, royalty, engine, signer } => {
				let data = fs::read(file)?;
				let owner = signer.pair()?;
				let chain = session.connect()?;
				let engine = engine.load()?;
				let params = ModelParams {
					engine_id: engine.id(),
					dims: chain_dims(dims)?,
					fuel_limit: *fuel_limit,
					royalty: royalty.0,
				};
				let report = local::report(&engine, &data, &params.dims, *fuel_limit)?;
				let id = register(&chain, &data, name, params, report, &owner)?;
				let hash = model_hash(&data);
				output
					.news(format_args!("model {id} registered, hash {hash:?}, report {report:?}"));
				output.news(format_args!(
					"executors add the file with: opg-node models add {}",
					file.display()
				));
				output.json(|| json!({ "model": id, "model_hash": hash, "report_hash": report }));
			},
			Self::Serve { model, file, engine, signer } => {
				let operator = signer.pair()?;
				let chain = session.connect()?;
				let version = chain.model(*model)?;
				let data = fs::read(file)?;
				let found = model_hash(&data);
				ensure!(
					found == version.model_hash,
					"{} has the hash {found:?}, and model {model} is the file {:?}: give the file \
					 that was registered",
					file.display(),
					version.model_hash
				);
				let engine = engine.load()?;
				local::check_engine(&engine, version.engine_id)?;
				let report = local::report(&engine, &data, &version.dims, version.fuel_limit)?;
				ensure!(
					report == version.report_hash,
					"model {model} was registered with the report {:?}, and this machine finds \
					 {report:?}: do not serve it",
					version.report_hash
				);
				let submitted = serve(&chain, *model, report, &operator)?;
				let block = chain.included(submitted)?.block;
				let since = chain.next_planned_session()?;
				output.result(
					format_args!("model {model} in block {block}: {since}"),
					|| json!({ "model": model, "block": block, "session": since.session, "session_block": since.block }),
				);
			},
			Self::Stop { model, signer } => {
				let call = pallet_opg_models::Call::<Runtime>::stop_serving { model: *model };
				let block = session.connect()?.send(call, &signer.pair()?)?.block;
				output.result(
					format_args!("stopped serving model {model} in block {block}"),
					|| json!({ "model": model, "block": block }),
				);
			},
		}
		Ok(())
	}
}

/// Parameters of a model version that its owner chooses.
pub(super) struct ModelParams {
	/// Id of the engine that answers for it.
	pub engine_id: H256,
	/// Sizes of symbolic dimensions.
	pub dims: Dims,
	/// Fuel limit of load and run together.
	pub fuel_limit: Fuel,
	/// Paid to the owner per attested request, in planck.
	pub royalty: Balance,
}

/// Dimensions as the chain takes them: sorted by name, each bound once.
fn chain_dims(dims: &[Dim]) -> Result<Dims> {
	let dims = EngineDims::try_from(dims.to_vec())?;
	let dims = dims.iter().map(|(name, size)| {
		let bytes = name.as_bytes().to_vec().try_into().ok();
		let name = bytes.with_context(|| {
			format!("the dimension `{name}`: a name has {MAX_DIM_NAME} bytes at most")
		})?;
		Ok(opg_primitives::Dim { name, size })
	});
	let dims = dims.collect::<Result<Vec<_>>>()?.try_into().ok();
	dims.with_context(|| format!("a model version binds {MAX_DIMS} dimensions at most"))
}

/// Registers a model and gives its number.
pub(super) fn register(
	chain: &Chain,
	file: &[u8],
	name: &str,
	params: ModelParams,
	report_hash: H256,
	owner: &sr25519::Pair,
) -> Result<ModelId> {
	if name.is_empty() {
		bail!("--name is empty");
	}
	let name = name.as_bytes().to_vec().try_into().ok();
	let ModelParams { engine_id, dims, fuel_limit, royalty } = params;
	ensure!(
		chain.valid_engines()?.contains(&engine_id),
		"the engine {engine_id:?} is not valid on this chain: name one of `opg engine list` with \
		 --engine, or use the `opg` of the node's release"
	);
	let call = pallet_opg_models::Call::<Runtime>::register {
		model_hash: model_hash(file),
		size: u32::try_from(file.len()).context("the file is too large")?,
		name: name.context("--name has more than 64 bytes")?,
		engine_id,
		dims,
		fuel_limit,
		royalty,
		report_hash,
	};
	let included = chain.send(call, owner)?;
	find_event(&included.events, |event| match event {
		RuntimeEvent::Models(pallet_opg_models::Event::Registered { model, .. }) => Some(*model),
		_ => None,
	})
}

/// Hands in the declaration that `operator` serves a model.
pub(super) fn serve(
	chain: &Chain,
	model: ModelId,
	report_hash: H256,
	operator: &sr25519::Pair,
) -> Result<Submitted> {
	chain.submit(pallet_opg_models::Call::<Runtime>::serve { model, report_hash }, operator)
}

#[cfg(test)]
mod tests {
	use super::*;

	fn dims(list: &[&str]) -> Result<Dims> {
		chain_dims(&list.iter().map(|text| text.parse().unwrap()).collect::<Vec<_>>())
	}

	#[test]
	fn dims_should_be_sorted_by_name_as_the_chain_wants_them() {
		let dims = dims(&["length=7", "batch=1"]).unwrap();
		let names: Vec<_> = dims.iter().map(|dim| dim.name.to_vec()).collect();
		assert_eq!(names, [b"batch".to_vec(), b"length".to_vec()]);
		assert_eq!(dims[1].size, 7);
	}

	#[test]
	fn dims_should_be_refused_when_the_chain_would_refuse_them() {
		assert!(dims(&["a=1", "a=2"]).is_err());
		let long = format!("{}=1", "a".repeat(65));
		assert!(dims(&[&long]).err().unwrap().to_string().contains("64 bytes"));
		let many: Vec<_> = (0..17).map(|i| format!("d{i}=1")).collect();
		let many: Vec<_> = many.iter().map(String::as_str).collect();
		assert!(dims(&many).err().unwrap().to_string().contains("16 dimensions"));
	}
}
