//! `opg model`.

use super::{
	find_event,
	maxima::{self, SetMaxima},
	publish::publish,
	registry::RegistryCommand,
	release::{announced, ReleaseArgs},
	Session,
};
use crate::{
	amount::Amount,
	chain::{Chain, Submitted},
	describe, fs,
	keys::{Account, Signer},
	local::{self, EngineArg},
	model_ref::{parse_name, ModelRef, NameRef},
	output::Output,
};
use anyhow::{ensure, Context, Result};
use clap::{Args, Subcommand};
use opg_engine_types::{Dim, Dims as EngineDims};
use opg_execution::{model_hash, LocalEngine};
use opg_primitives::{
	registry::ModelName, Balance, Dims, Fuel, ModelId, VersionLimits, MAX_CONTENT_BYTES, MAX_DIMS,
	MAX_DIM_NAME,
};
use opg_runtime::{Runtime, RuntimeEvent};
use pallet_opg_models::Release;
use serde_json::json;
use sp_core::H256;
use std::path::{Path, PathBuf};

/// What a node has for its engine unless it is told otherwise, in MiB.
const ENGINE_MEMORY: u32 = 1024;

/// Commands about models.
#[derive(Subcommand)]
pub(crate) enum ModelCommand {
	/// Register a model version by the content hash of its ONNX file. `publish` also hands the file to
	/// the network.
	Register {
		/// The ONNX file. It stays on this machine.
		file: PathBuf,
		#[command(flatten)]
		version: VersionArgs,
	},
	/// Publish a model: inspect its ONNX file here, hand it to the node, and register it. Executors and
	/// validators fetch it from there.
	///
	/// Run it again if it breaks off: it goes on where it was.
	Publish {
		/// The ONNX file.
		file: PathBuf,
		#[command(flatten)]
		version: VersionArgs,
	},
	/// Inspect a model file here, and declare that the signer's node runs it.
	Serve {
		/// Version as owner/name@1.4.0, or its number.
		model: ModelRef,
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
		/// Version as owner/name@1.4.0, or its number.
		model: ModelRef,
		#[command(flatten)]
		signer: Signer,
	},
	/// Print the name of a model file on the chain: BLAKE3-256 of its bytes, as of `b3sum`.
	Hash {
		/// The ONNX file.
		file: PathBuf,
	},
	/// Show the largest file and limits of new versions.
	Maxima,
	/// Change the largest file and limits of new versions. Signed by the sudo key: //Alice for development.
	SetMaxima(SetMaxima),
	#[command(flatten)]
	Registry(RegistryCommand),
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
	/// Longest encoded input. Default: what the model's inputs take, at least 16 KiB.
	#[arg(long, value_name = "BYTES", value_parser = parse_content_bytes)]
	input_bytes: Option<u32>,
	/// Longest encoded output. Default: what the model's outputs take, at least 4 KiB.
	#[arg(long, value_name = "BYTES", value_parser = parse_content_bytes)]
	output_bytes: Option<u32>,
}

/// Reads the limit of an input or output.
fn parse_content_bytes(text: &str) -> Result<u32> {
	let bytes = text.parse().ok().filter(|bytes| (1..=MAX_CONTENT_BYTES).contains(bytes));
	bytes.with_context(|| {
		format!(
			"an input or output has one byte at least, and {MAX_CONTENT_BYTES} at most (64 MiB)"
		)
	})
}

impl LimitArgs {
	fn resolve(
		&self,
		chain: &Chain,
		engine: &LocalEngine,
		model: &[u8],
		dims: &Dims,
	) -> Result<VersionLimits> {
		let measured = local::suggest_limits(engine, model, dims, &chain.maxima()?.limits)?;
		Ok(VersionLimits {
			fuel: self.fuel_limit.unwrap_or(measured.fuel),
			load_fuel: self.load_fuel.unwrap_or(measured.load_fuel),
			memory: self.memory.unwrap_or(measured.memory),
			input_bytes: self.input_bytes.unwrap_or(measured.input_bytes),
			output_bytes: self.output_bytes.unwrap_or(measured.output_bytes),
		})
	}
}

impl ModelCommand {
	pub(crate) fn run(&self, session: &Session) -> Result<()> {
		let output = session.output;
		match self {
			Self::Hash { file } => {
				let hash = model_hash(&fs::read(file)?);
				output.result(format_args!("{hash:?}"), || json!({ "model_hash": hash }));
			},
			Self::Register { file, version } => {
				let data = fs::read(file)?;
				let chain = session.connect()?;
				let draft = version.draft(&chain, &data)?;
				let id = draft.register(&chain, &data)?;
				draft.tell(output, id);
				output.news(format_args!(
					"executors add the file with: opg-node models add {}",
					file.display()
				));
				output.json(|| draft.json(id));
			},
			Self::Publish { file, version } => publish(session, file, version)?,
			Self::Serve { model, file, engine_memory, engine, signer } => {
				let chain = session.connect()?;
				let operator = signer.account(&chain)?;
				let version = model.resolve(&chain)?;
				let model = version.model;
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
					report.hash == version.report_hash,
					"model {model} was registered with the report {:?}, and this machine finds \
					 {:?}: do not serve it",
					version.report_hash,
					report.hash
				);
				ensure!(
					report.generation == version.generation,
					"model {model} was registered as one that {}, and this machine finds that it {}: do \
					 not serve it",
					describe::generation(&version.generation),
					describe::generation(&report.generation)
				);
				let submitted = serve(&chain, model, report.hash, &operator)?;
				let block = chain.included(submitted)?.block;
				let since = chain.next_planned_session()?;
				output.result(
					format_args!("model {model} in block {block}: {since}"),
					|| json!({ "model": model, "block": block, "session": since.session, "session_block": since.block }),
				);
			},
			Self::Stop { model, signer } => {
				let chain = session.connect()?;
				let model = model.number(&chain)?;
				let call = pallet_opg_models::Call::<Runtime>::stop_serving { model };
				let block = chain.send(call, &signer.account(&chain)?)?.block;
				output.result(
					format_args!("stopped serving model {model} in block {block}"),
					|| json!({ "model": model, "block": block }),
				);
			},
			Self::Maxima => maxima::show(session)?,
			Self::SetMaxima(set) => set.run(session)?,
			Self::Registry(command) => command.run(session)?,
		}
		Ok(())
	}
}

/// Parameters of a model version that its owner chooses.
#[derive(Clone)]
pub(super) struct ModelParams {
	/// Id of the engine that answers for it.
	pub engine_id: H256,
	/// Sizes of symbolic dimensions.
	pub dims: Dims,
	/// What loading and running it may take.
	pub limits: VersionLimits,
	/// Paid to the owner per attested request, in planck.
	pub royalty: Balance,
	/// Semantic version, licence, tokenizer, how it generates text.
	pub release: Release,
}

/// What a version has besides its file.
#[derive(Args)]
pub(crate) struct VersionArgs {
	/// Name of the model, unique for you: lower-case letters, digits, `.`, `_` and `-`.
	#[arg(long, value_parser = parse_name)]
	name: ModelName,
	#[command(flatten)]
	release: ReleaseArgs,
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
}

impl VersionArgs {
	/// The file that makes tensors of text, if one is given.
	pub fn tokenizer(&self) -> Option<&Path> {
		self.release.tokenizer()
	}

	/// Inspects the file here, as executors will, and completes what is not given.
	pub fn draft(&self, chain: &Chain, data: &[u8]) -> Result<Draft> {
		let owner = self.signer.account(chain)?;
		let engine = self.engine.load()?;
		let dims = chain_dims(&self.dims)?;
		let limits = self.limits.resolve(chain, &engine, data, &dims)?;
		let report = local::report(&engine, data, &dims, &limits)?;
		let name = NameRef { owner: owner.id().clone(), name: self.name.clone() };
		let release = self.release.resolve(chain, &name, &report)?;
		let (engine_id, royalty) = (engine.id(), self.royalty.0);
		let params = ModelParams { engine_id, dims, limits, royalty, release };
		Ok(Draft { owner, name, hash: model_hash(data), report: report.hash, params })
	}
}

/// A version that is to be registered.
pub(crate) struct Draft {
	owner: Account,
	/// Its name.
	pub name: NameRef,
	/// Name of its file.
	pub hash: H256,
	report: H256,
	params: ModelParams,
}

impl Draft {
	/// Registers it and gives its number.
	pub fn register(&self, chain: &Chain, data: &[u8]) -> Result<ModelId> {
		register(chain, data, &self.name, self.params.clone(), self.report, &self.owner)
	}

	/// Tells people what was registered.
	pub fn tell(&self, output: Output, id: ModelId) {
		let Self { name, hash, report, params, .. } = self;
		output.news(format_args!("limits     {}", describe::limits(&params.limits)));
		let generation = &params.release.generation;
		if generation.is_some() {
			output.news(format_args!("text       {}", describe::generation(generation)));
		}
		output.news(format_args!("model {id} registered, hash {hash:?}, report {report:?}"));
		output.news(format_args!("it is {name}@{}", params.release.number));
	}

	/// Tells programs what was registered.
	pub fn json(&self, id: ModelId) -> serde_json::Value {
		json!({
			"model": id,
			"version": self.params.release.number.to_string(),
			"model_hash": self.hash,
			"report_hash": self.report,
			"limits": describe::limits_json(&self.params.limits),
			"generation": self.params.release.generation.as_ref().map(describe::generation_json),
		})
	}
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

/// Registers a model version and gives its number. Uses the owner's announcement of the file, if there
/// is one.
pub(super) fn register(
	chain: &Chain,
	file: &[u8],
	name: &NameRef,
	params: ModelParams,
	report_hash: H256,
	owner: &Account,
) -> Result<ModelId> {
	let ModelParams { engine_id, dims, limits, royalty, release } = params;
	ensure!(
		chain.valid_engines()?.contains(&engine_id),
		"the engine {engine_id:?} is not valid on this chain: name one of `opg engine list` with \
		 --engine, or use the `opg` of the node's release"
	);
	let model_hash = model_hash(file);
	let call = pallet_opg_models::Call::<Runtime>::register {
		model_hash,
		size: u32::try_from(file.len()).context("the file is too large")?,
		name: name.name.clone(),
		engine_id,
		dims,
		limits,
		royalty,
		report_hash,
		release: Box::new(release),
		salt: announced(chain, owner, &model_hash)?,
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
	operator: &Account,
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
