//! Gives the off-chain worker access to the engine, and the executor its development keys.

use crate::{
	cli::ExecutorParams,
	files::{self, Kind},
	service::FullClient,
};
use opg_primitives::EXECUTOR_KEY_TYPE;
use opg_runtime_api::OpgApi;
use opg_runtime_interface::EngineExt;
use opg_worker::{Worker, WorkerConfig, WorkerHandle};
use sc_client_api::HeaderBackend;
use sc_service::{ChainType, Configuration, Error};
use sp_api::ProvideRuntimeApi;
use sp_core::{crypto::Ss58Codec, H256};
use sp_externalities::Extension;
use sp_keystore::{Keystore, KeystorePtr};

/// Start the worker. The engine compiles in the background.
pub fn start_worker(config: &Configuration, params: &ExecutorParams) -> Result<Worker, Error> {
	let engine_cache =
		params.engine_cache.clone().unwrap_or_else(|| config.base_path.path().join("engine"));
	let open = |kind| files::open(kind, &config.data_path).map_err(Error::Other);
	let (engines, models) = (open(Kind::Engines)?, open(Kind::Models)?);
	let config = WorkerConfig {
		queue: params.engine_queue,
		threads: params.engine_threads,
		loaded_bytes: params.engine_memory.saturating_mul(1 << 20),
		#[cfg(feature = "dev-faults")]
		fault: fault(params),
	};
	Ok(Worker::new(Some(engine_cache), engines, models, config)?)
}

/// Say so if the engine in this program is not one that the chain admits now.
pub fn check_engine(client: &FullClient) -> Result<(), Error> {
	let info = client.info();
	let valid = client
		.runtime_api()
		.valid_engines(info.best_hash)
		.map_err(|error| Error::Application(Box::new(error)))?;
	let (own, now) = (H256(opg_worker::artifact().id), info.best_number);
	if !valid.contains(&own) {
		let valid: Vec<_> = valid.iter().map(|id| format!("{id:?}")).collect();
		log::warn!(
			"⚠️ This program's engine {own:?} is not valid on this chain at block {now}. Valid are: {}. \
			 To run models of those, get the file of a release that has one (`opg-node engines export`) \
			 and add it here with `opg-node engines add`.",
			if valid.is_empty() { "none".into() } else { valid.join(", ") },
		);
	}
	Ok(())
}

#[cfg(feature = "dev-faults")]
fn fault(params: &ExecutorParams) -> Option<opg_worker::Fault> {
	use crate::cli::DevFault;
	let fault = params.dev_fault.map(|fault| match fault {
		DevFault::Liar => opg_worker::Fault::Liar,
		DevFault::Silent => opg_worker::Fault::Silent,
	});
	if let Some(fault) = fault {
		log::warn!("⚠️ This node misbehaves on purpose: {fault:?}");
	}
	fault
}

/// The extensions of one call of the off-chain worker.
pub fn extensions(engine: &WorkerHandle) -> Vec<Box<dyn Extension>> {
	vec![Box::new(EngineExt(Box::new(engine.clone())))]
}

/// Put the hot keys that the command line asks for into the keystore, for this run only.
///
/// Fails if keys are asked for on a live chain: their seed would show in the list of processes.
pub fn insert_executor_keys(
	config: &Configuration,
	params: &ExecutorParams,
	keystore: &KeystorePtr,
) -> Result<(), Error> {
	let chain_type = config.chain_spec.chain_type();
	let development = matches!(chain_type, ChainType::Development | ChainType::Local);
	if !development && !params.executor_keys.is_empty() {
		let reason = "--executor-key works on development and local chains only; \
			use `key insert --key-type opgx` instead";
		return Err(Error::Other(reason.into()));
	}
	// The seed of `--dev` and `--alice` is no secret, so it is welcome on any chain.
	for seed in config.dev_key_seed.iter().chain(&params.executor_keys) {
		let public = keystore
			.ed25519_generate_new(EXECUTOR_KEY_TYPE, Some(seed))
			.map_err(|error| Error::Other(format!("executor key: {error}")))?;
		log::info!("🔑 Executor key {}", public.to_ss58check());
	}
	Ok(())
}
