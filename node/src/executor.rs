//! Executor: the job queue behind the off-chain worker, and hot keys for development.

use crate::{cli::ExecutorParams, engine_worker};
use opg_execution::{default_cache_dir, Isa};
use opg_primitives::EXECUTOR_KEY_TYPE;
use opg_runtime_interface::{JobQueue, JobQueueExt};
use opg_worker::{Contents, Worker, WorkerConfig};
use sc_service::{ChainType, Configuration, Error};
use sp_core::crypto::Ss58Codec;
use sp_externalities::Extension;
use sp_keystore::{Keystore, KeystorePtr};
use sp_runtime::Perbill;
use std::path::PathBuf;

/// Folder of the compiled engine.
pub fn engine_cache(config: &Configuration, params: &ExecutorParams) -> PathBuf {
	params
		.engine_cache
		.clone()
		.or_else(default_cache_dir)
		.unwrap_or_else(|| config.base_path.path().join("engine"))
}

/// Starts the worker. The engine compiles in the background.
pub fn start_worker(
	config: &Configuration,
	params: &ExecutorParams,
	contents: Contents,
) -> Result<Worker, Error> {
	let engine_cache = engine_cache(config, params);
	if !Isa::best().keeps_pace() {
		log::warn!(
			"🐌 This CPU has neither AVX2 and FMA nor NEON: answers are right, but may be late, and an \
			 executor is fined for that"
		);
	}
	let registry = config.prometheus_registry().cloned();
	let config = WorkerConfig {
		queue: params.engine_queue,
		threads: params.engine_threads,
		loaded_bytes: params.engine_memory.saturating_mul(1 << 20),
		journal: Some(config.data_path.join("answers")),
		program: Some(engine_worker::program()?),
		watch_share: params.watch_share.map(parts_of_percent),
		registry,
	};
	Ok(Worker::new(Some(engine_cache), contents, config)?)
}

/// Parts per billion of so many percent.
fn parts_of_percent(percent: u8) -> u32 {
	Perbill::from_percent(percent.into()).deconstruct()
}

/// The job queue of a worker, as the off-chain worker sees it.
#[cfg(not(feature = "dev-misbehaviour"))]
pub fn job_queue(worker: &Worker, _: &ExecutorParams) -> impl JobQueue + Clone + Sync + 'static {
	worker.handle()
}

/// The job queue of a worker, as the off-chain worker sees it: spoiled if the command line says so.
#[cfg(feature = "dev-misbehaviour")]
pub fn job_queue(
	worker: &Worker,
	params: &ExecutorParams,
) -> impl JobQueue + Clone + Sync + 'static {
	if let Some(behaviour) = params.misbehaviour {
		log::warn!("⚠️ This node misbehaves on purpose: {behaviour:?}");
	}
	crate::misbehaviour::Misbehaving::new(worker.handle(), params.misbehaviour)
}

/// Extensions of one call of the off-chain worker.
pub fn extensions(queue: &(impl JobQueue + Clone + 'static)) -> Vec<Box<dyn Extension>> {
	vec![Box::new(JobQueueExt(Box::new(queue.clone())))]
}

/// Puts the hot keys that the command line asks for into the keystore, for this run only.
///
/// # Errors
///
/// Keys are asked for on a live chain, where their seed would show in the list of processes.
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
