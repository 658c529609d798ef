//! `opg model`.

use super::{find_event, Session};
use crate::{
	amount::Amount,
	chain::{Chain, Submitted},
	describe, fs,
	keys::{self, Signer},
	local::{self, EngineArg},
	output::Output,
};
use anyhow::{bail, ensure, Context, Result};
use clap::{Args, Subcommand};
use opg_engine_types::{Dim, Dims as EngineDims};
use opg_execution::{printable, LocalEngine};
use opg_primitives::{
	model_hash, Balance, Dims, Fuel, ModelId, VersionLimits, MAX_DIMS, MAX_DIM_NAME,
};
use opg_runtime::{Inference, Runtime, RuntimeEvent};
use pallet_opg_models::Model;
use serde_json::json;
use sp_core::{sr25519, H256};
use std::{collections::BTreeMap, path::PathBuf};

/// What a node has for its engine unless it is told otherwise, in MiB.
const ENGINE_MEMORY: u32 = 1024;

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
		#[command(flatten)]
		limits: LimitArgs,
		/// Paid to you per attested request, in OPG.
		#[arg(long, value_name = "OPG", default_value = "0")]
		royalty: Amount,
		#[command(flatten)]
		engine: EngineArg,
		#[command(flatten)]
		signer: Signer,
	},
	/// Show a model version: its file, engine, limits, and the windows that follow from them.
	Show {
		/// Number of the model version.
		model: ModelId,
	},
	/// Inspect a model file here, and declare that the signer's node runs it.
	Serve {
		/// Number of the model version.
		model: ModelId,
		/// The ONNX file, as the node has it.
		file: PathBuf,
		/// Memory that the node has for a thread of its engine: its `--engine-memory`, divided by its
		/// `--engine-threads`. It declines every job of a version that may take more.
		#[arg(long, value_name = "MIB", default_value_t = ENGINE_MEMORY)]
		engine_memory: u32,
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

/// Limits of a version. Those that are not given are measured here.
#[derive(Args)]
pub(crate) struct LimitArgs {
	/// Fuel limit of a run, which requests pay for. Default: twice what a run takes here.
	#[arg(long, value_name = "FUEL")]
	fuel_limit: Option<Fuel>,
	/// Fuel limit of loading the model. Default: twice what that takes here.
	#[arg(long, value_name = "FUEL")]
	load_fuel: Option<Fuel>,
	/// Memory limit of the model and a run together. Default: a quarter more than they take here.
	#[arg(long, value_name = "MIB")]
	memory: Option<u32>,
}

impl LimitArgs {
	fn resolve(
		&self,
		chain: &Chain,
		engine: &LocalEngine,
		model: &[u8],
		dims: &Dims,
	) -> Result<VersionLimits> {
		if let (Some(fuel), Some(load_fuel), Some(memory)) =
			(self.fuel_limit, self.load_fuel, self.memory)
		{
			return Ok(VersionLimits { fuel, load_fuel, memory });
		}
		let measured = local::suggest_limits(engine, model, dims, &chain.maxima()?.limits)?;
		Ok(VersionLimits {
			fuel: self.fuel_limit.unwrap_or(measured.fuel),
			load_fuel: self.load_fuel.unwrap_or(measured.load_fuel),
			memory: self.memory.unwrap_or(measured.memory),
		})
	}
}

impl ModelCommand {
	pub(crate) fn run(&self, session: &Session) -> Result<()> {
		let output = session.output;
		match self {
			Self::Register { file, name, dims, limits, royalty, engine, signer } => {
				let data = fs::read(file)?;
				let owner = signer.pair()?;
				let chain = session.connect()?;
				let engine = engine.load()?;
				let dims = chain_dims(dims)?;
				let limits = limits.resolve(&chain, &engine, &data, &dims)?;
				let report = local::report(&engine, &data, &dims, &limits)?;
				let royalty = royalty.0;
				let params = ModelParams { engine_id: engine.id(), dims, limits, royalty };
				let id = register(&chain, &data, name, params, report, &owner)?;
				let hash = model_hash(&data);
				output.news(format_args!("limits     {}", describe::limits(&limits)));
				output
					.news(format_args!("model {id} registered, hash {hash:?}, report {report:?}"));
				output.news(format_args!(
					"executors add the file with: opg-node models add {}",
					file.display()
				));
				output.json(|| {
					json!({
						"model": id,
						"model_hash": hash,
						"report_hash": report,
						"limits": describe::limits_json(&limits),
					})
				});
			},
			Self::Show { model } => show(&session.connect()?, output, *model)?,
			Self::Serve { model, file, engine_memory, engine, signer } => {
				let operator = signer.pair()?;
				let chain = session.connect()?;
				let version = chain.model(*model)?;
				let memory = version.limits.memory;
				ensure!(
					memory <= *engine_memory,
					"model {model} may take {memory} MiB, and your node has {engine_memory} MiB for a \
					 thread of its engine, so it would decline each job: start it with a \
					 larger --engine-memory, and give the same here"
				);
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
				let report = local::report(&engine, &data, &version.dims, &version.limits)?;
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

/// Prints a model version.
fn show(chain: &Chain, output: Output, id: ModelId) -> Result<()> {
	let Model { owner, model_hash, size, name, engine_id, dims, limits, royalty, report_hash } =
		chain.model(id)?;
	let (owner, name) = (keys::name(&owner), String::from_utf8_lossy(&name).into_owned());
	let commit = Inference::commit_blocks(&limits);
	let window = Inference::challenge_window(&limits);
	let bound: Vec<_> = dims
		.iter()
		.map(|dim| (String::from_utf8_lossy(&dim.name).into_owned(), dim.size))
		.collect();
	output.news(format_args!("model      {id}: {}, of {owner}", printable(&name)));
	output.news(format_args!("file       {model_hash:?}, {size} bytes"));
	output.news(format_args!("engine     {engine_id:?}"));
	for (name, size) in &bound {
		output.news(format_args!("dimension  {}={size}", printable(name)));
	}
	output.news(format_args!("limits     {}", describe::limits(&limits)));
	output.news(format_args!(
		"windows    {commit} blocks to compute an answer, {window} to challenge it"
	));
	output.news(format_args!("royalty    {}", Amount(royalty)));
	output.news(format_args!("report     {report_hash:?}"));
	output.json(|| {
		json!({
			"model": id,
			"owner": owner,
			"name": name,
			"model_hash": model_hash,
			"size": size,
			"engine_id": engine_id,
			"dims": bound.into_iter().collect::<BTreeMap<_, _>>(),
			"limits": describe::limits_json(&limits),
			"commit_blocks": commit,
			"challenge_window": window,
			"royalty": royalty.to_string(),
			"report_hash": report_hash,
		})
	});
	Ok(())
}

/// Parameters of a model version that its owner chooses.
pub(super) struct ModelParams {
	/// Id of the engine that answers for it.
	pub engine_id: H256,
	/// Sizes of symbolic dimensions.
	pub dims: Dims,
	/// What loading and running it may take.
	pub limits: VersionLimits,
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
	let ModelParams { engine_id, dims, limits, royalty } = params;
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
		limits,
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
