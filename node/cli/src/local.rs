//! The engine on this machine: what makes an answer checkable by anyone.

use crate::receipt::Task;
use anyhow::{anyhow, bail, Context, Result};
use opg_engine::{Artifact, Engine, EngineConfig};
use opg_primitives::{model_hash, Answer, Dim, Dims, Fuel};
use opg_runtime_api::{RequestStatus, RequestView};
use sp_core::H256;
use sp_io::hashing::blake2_256;
use std::{
	env, fs,
	path::{Path, PathBuf},
};

/// An engine of the same kind as the executors run.
pub struct Local {
	engine: Engine,
}

impl Local {
	/// Load the engine of this client. Compiles it the first time, which takes up to a minute.
	pub fn new() -> Result<Self> {
		Self::load(None)
	}

	/// Load the engine in a file, as an old receipt may need it, or else that of this client.
	pub fn load(file: Option<&Path>) -> Result<Self> {
		let cache = cache_dir();
		if let Some(dir) = &cache {
			fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))?;
		}
		let bytes = file.map(read).transpose()?;
		let artifact =
			bytes.as_ref().map(|bytes| Artifact { id: blake2_256(bytes), bytes: bytes.as_slice() });
		let cache = cache.as_deref();
		let engine = Engine::with(EngineConfig { cache, artifact, ..EngineConfig::default() })
			.map_err(|e| anyhow!("local engine: {e}"))?;
		Ok(Self { engine })
	}

	/// Id of the engine.
	pub fn id(&self) -> H256 {
		H256(self.engine.id())
	}

	/// Inspect `model` within the limits of a version, and give the digest of the report.
	pub fn report(&self, model: &[u8], dims: &Dims, max_fuel: Fuel) -> Result<H256> {
		let run = self
			.engine
			.inspect(model, &bound(dims)?, &opg_worker::limits(max_fuel))
			.map_err(|e| anyhow!("the local engine failed: {e}"))?;
		match run.outcome {
			Ok(inspection) => Ok(H256(blake2_256(&inspection.encode()))),
			Err(fault) => bail!("the engine does not take this model: {fault}: {}", run.message),
		}
	}

	/// Run `model` on an encoded input, exactly as an executor does.
	pub fn answer(
		&self,
		model: &[u8],
		dims: &Dims,
		input: &[u8],
		fuel_limit: Fuel,
	) -> Result<Answer> {
		let run = self
			.engine
			.run_bound(model, &bound(dims)?, input, &opg_worker::limits(fuel_limit))
			.map_err(|e| anyhow!("the local engine failed: {e}"))?;
		if !run.message.is_empty() {
			eprintln!("local engine: {}", run.message);
		}
		Ok(opg_worker::answer(run))
	}

	/// Run a task again on the model in `model` and give the local answer.
	pub fn rerun(&self, task: &Task<'_>, model: &[u8]) -> Result<Answer> {
		check_file(model, task.model)?;
		self.check_engine(task.engine)?;
		self.answer(model, task.dims, task.input, task.fuel_limit)
	}

	/// Fails unless this is the `engine` that the chain names.
	pub fn check_engine(&self, engine: H256) -> Result<()> {
		if self.id() != engine {
			bail!(
				"the chain names the engine {engine:?}, this is {:?}: get its file from a node or a \
				 release that has it (`opg-node engines export`), and name it with --engine",
				self.id()
			);
		}
		Ok(())
	}
}

/// Fails unless `model` has the `hash` that the chain names.
pub fn check_file(model: &[u8], hash: H256) -> Result<()> {
	let found = model_hash(model);
	if found != hash {
		bail!("this is not the model: the file has the hash {found:?}, the chain names {hash:?}");
	}
	Ok(())
}

fn bound(dims: &Dims) -> Result<opg_engine::Dims> {
	opg_worker::dims(dims).map_err(|error| anyhow!(error))
}

/// Bindings as people write them, `name=size`, in any order.
pub fn parse_dims(bindings: &[String]) -> Result<Dims> {
	let mut dims = bindings
		.iter()
		.map(|binding| {
			let (name, size) = binding.split_once('=').context("--dim takes NAME=SIZE")?;
			let name = name.as_bytes().to_vec().try_into();
			let name = name.map_err(|_| anyhow!("{binding}: a name has 64 bytes at most"))?;
			Ok(Dim { name, size: size.parse().with_context(|| binding.clone())? })
		})
		.collect::<Result<Vec<_>>>()?;
	dims.sort_by(|a, b| a.name.cmp(&b.name));
	dims.try_into().map_err(|_| anyhow!("a version binds 16 dimensions at most"))
}

/// Read a file, and name it in the error.
pub fn read(path: &Path) -> Result<Vec<u8>> {
	fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// The attested answer of a request, if it has one.
pub fn attested(request: &RequestView) -> Option<&Answer> {
	match &request.status {
		RequestStatus::Attested { answer, .. }
		| RequestStatus::Disputed { answer, .. }
		| RequestStatus::Settled { answer, .. } => Some(answer),
		_ => None,
	}
}

fn cache_dir() -> Option<PathBuf> {
	let given = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
	given("OPG_ENGINE_CACHE").or_else(|| {
		let base = given("XDG_CACHE_HOME").or_else(|| Some(given("HOME")?.join(".cache")))?;
		Some(base.join("opg-chain/engine"))
	})
}
