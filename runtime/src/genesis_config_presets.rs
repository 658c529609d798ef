//! Genesis presets, built by the runtime.

use crate::{constants::OPG, AccountId, SessionKeys};
use alloc::{string::String, vec, vec::Vec};
use opg_primitives::ExecutorKey;
use serde_json::{json, Value};
use sp_genesis_builder::PresetId;
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};

/// Name of the preset for a small public-keys-are-known network.
const LOCAL: &str = sp_genesis_builder::LOCAL_TESTNET_RUNTIME_PRESET;
const DEVELOPMENT: &str = sp_genesis_builder::DEV_RUNTIME_PRESET;

fn executor_key(keyring: Ed25519Keyring) -> ExecutorKey {
	ExecutorKey::from(keyring.public())
}

fn genesis(
	validators: &[(Sr25519Keyring, Ed25519Keyring)],
	executors: &[(Sr25519Keyring, Ed25519Keyring)],
	sudo: Option<Sr25519Keyring>,
) -> Value {
	let balances: Vec<(AccountId, u128)> =
		Sr25519Keyring::iter().map(|who| (who.to_account_id(), 1_000_000 * OPG)).collect();
	let keys: Vec<_> = validators
		.iter()
		.map(|(sr, ed)| {
			let account = sr.to_account_id();
			let keys = SessionKeys { babe: sr.public().into(), grandpa: ed.public().into() };
			(account.clone(), account, keys)
		})
		.collect();
	let stakes: Vec<(AccountId, u128)> =
		validators.iter().map(|(sr, _)| (sr.to_account_id(), 10_000 * OPG)).collect();
	let pools: Vec<_> = executors
		.iter()
		.map(|(sr, ed)| (sr.to_account_id(), 10_000 * OPG, executor_key(*ed)))
		.collect();
	json!({
		"balances": { "balances": balances },
		"babe": { "epochConfig": crate::constants::BABE_GENESIS_EPOCH_CONFIG },
		"session": { "keys": keys },
		"staking": { "validators": stakes, "executors": pools, "validatorCount": 21 },
		"sudo": { "key": sudo.map(|who| who.to_account_id()) },
	})
}

/// The preset called `id`.
pub fn get_preset(id: &PresetId) -> Option<Vec<u8>> {
	use Ed25519Keyring as Ed;
	use Sr25519Keyring as Sr;
	let alice = (Sr::Alice, Ed::Alice);
	let bob = (Sr::Bob, Ed::Bob);
	let charlie = (Sr::Charlie, Ed::Charlie);
	let executors = [alice, bob, charlie];
	let patch = match id.as_ref() {
		DEVELOPMENT => genesis(&[alice], &executors, Some(Sr::Alice)),
		LOCAL => genesis(&[alice, bob, charlie], &executors, None),
		_ => return None,
	};
	serde_json::to_string(&patch).ok().map(String::into_bytes)
}

/// The names of all presets.
pub fn preset_names() -> Vec<PresetId> {
	vec![PresetId::from(DEVELOPMENT), PresetId::from(LOCAL)]
}
