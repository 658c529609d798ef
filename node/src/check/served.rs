//! Models that the operators of this node serve, as the chain's database says, and whether their
//! files are in the store.

use super::Line;
use crate::{
	client::{FullBackend, FullClient},
	service::{self, Partial},
	stores,
	tasks::Purpose,
};
use codec::Decode;
use frame_support::storage::StoragePrefixedMap;
use opg_primitives::{AccountId, ExecutorKey, ModelId, EXECUTOR_KEY_TYPE};
use opg_runtime::{opaque::Block, Hash, Runtime, VERSION};
use pallet_opg_models::{Model, Models, ServingExecutor, ServingExecutors};
use pallet_opg_staking::KeyOwners;
use sc_client_api::{HeaderBackend, StorageProvider};
use sc_service::Configuration;
use sp_api::CallContext;
use sp_core::storage::StorageKey;

/// Most models that are looked at.
const MAX_MODELS: usize = 100_000;

const NAME: &str = "models";

/// The line about served models.
pub(super) fn all(config: &Configuration) -> Line {
	let held = match stores::held(config) {
		Ok(held) => held,
		Err(error) => {
			let advice = "run this as the user of the node, or `opg-node blobs check`";
			return Line::failed(NAME, format!("the store cannot be used: {error}"), advice);
		},
	};
	let count = format!("{} files in the store", held.len());
	if !config.database.path().is_some_and(std::path::Path::exists) {
		let finding = format!("{count}; no chain yet, which would say what is served");
		return Line::ok(NAME, finding);
	}
	let served = match served(config) {
		Ok(served) => served,
		Err(why) => {
			let advice = "stop the node to compare them with what it serves, or see the metric \
			              opg_jobs_total{result=\"model_missing\"}";
			return Line::warning(
				NAME,
				format!("{count}; the chain cannot be read: {why}"),
				advice,
			);
		},
	};
	let missing: Vec<_> = served.iter().filter(|(_, hash)| !held.contains(hash)).collect();
	if missing.is_empty() {
		return Line::ok(
			NAME,
			format!("{count}; all {} that are served are among them", served.len()),
		);
	}
	let list: Vec<_> = missing.iter().map(|(model, _)| model.to_string()).collect();
	Line::failed(
		NAME,
		format!("{count}; missing of those that are served: {}", list.join(", ")),
		"`opg-node models add FILE`, or stop serving with `opg model stop MODEL`",
	)
}

/// Numbers and file hashes of the models that the operators of this node serve.
fn served(config: &Configuration) -> Result<Vec<(ModelId, [u8; 32])>, String> {
	let Partial { client, keystore_container, .. } =
		service::new_partial(config, Purpose::Subcommand).map_err(|error| error.to_string())?;
	let best = client.info().best_hash;
	let version = client.runtime_version_at(best, CallContext::Offchain);
	let version = version.map_err(|error| error.to_string())?;
	if version.spec_version != VERSION.spec_version {
		return Err(format!("it runs version {}", version.spec_version));
	}
	let keys = keystore_container.keystore().ed25519_public_keys(EXECUTOR_KEY_TYPE);
	let mut operators = Vec::new();
	for key in keys {
		let key = KeyOwners::<Runtime>::hashed_key_for(ExecutorKey::from(key));
		operators.extend(get::<AccountId>(&client, best, key)?);
	}
	let prefix = StorageKey(ServingExecutors::<Runtime>::final_prefix().to_vec());
	let entries =
		StorageProvider::<Block, FullBackend>::storage_pairs(&*client, best, Some(&prefix), None)
			.map_err(|error| error.to_string())?;
	let mut served = Vec::new();
	for (key, list) in entries.take(MAX_MODELS) {
		let list = Vec::<ServingExecutor<AccountId>>::decode(&mut &list.0[..]);
		let list = list.map_err(|error| error.to_string())?;
		let serves = |entry: &ServingExecutor<AccountId>| {
			entry.until.is_none() && operators.contains(&entry.executor)
		};
		if !list.iter().any(serves) {
			continue;
		}
		// The key ends with the number, after its hash.
		let number = key.0.len().checked_sub(4).map(|at| ModelId::decode(&mut &key.0[at..]));
		let Some(Ok(number)) = number else { continue };
		let model = Models::<Runtime>::hashed_key_for(number);
		if let Some(Model { model_hash, .. }) = get::<Model<AccountId>>(&client, best, model)? {
			served.push((number, model_hash.0));
		}
	}
	Ok(served)
}

fn get<V: Decode>(client: &FullClient, at: Hash, key: Vec<u8>) -> Result<Option<V>, String> {
	let value = StorageProvider::<Block, FullBackend>::storage(client, at, &StorageKey(key));
	let Some(value) = value.map_err(|error| error.to_string())? else { return Ok(None) };
	V::decode(&mut &value.0[..]).map(Some).map_err(|error| error.to_string())
}
