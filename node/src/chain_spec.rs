//! Specifications of the chains that the node knows by name.

use opg_primitives::address::{SS58_PREFIX, TOKEN_DECIMALS, TOKEN_SYMBOL};
use opg_runtime::genesis_config_presets::{get_preset, DEVELOPMENT, LOCAL};
use sc_chain_spec::{ChainSpecBuilder, ChainSpecExtension};
use sc_service::{ChainType, Properties};
use sc_sync_state_rpc::LightSyncStateExtension;
use serde::{Deserialize, Serialize};

/// What a specification has besides Substrate's fields.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ChainSpecExtension)]
#[serde(rename_all = "camelCase")]
pub struct Extensions {
	/// State from which a light client begins, as `sync_state_genSyncSpec` writes it.
	pub light_sync_state: LightSyncStateExtension,
}

/// Chain specification. Building a genesis calls the runtime, which imports our host functions.
pub type ChainSpec =
	sc_service::GenericChainSpec<Extensions, opg_runtime_interface::inference_host::HostFunctions>;

/// A specification that has no genesis yet.
pub type Builder =
	ChainSpecBuilder<Extensions, opg_runtime_interface::inference_host::HostFunctions>;

/// Failure to build a chain specification.
#[derive(Debug, thiserror::Error)]
pub enum Error {
	/// The node was compiled with `SKIP_WASM_BUILD`.
	#[error("this node was built without a runtime")]
	NoRuntime,
	/// The runtime has no genesis preset of this name.
	#[error("the runtime has no genesis preset {0}")]
	NoPreset(&'static str),
	/// The genesis preset is not JSON.
	#[error("the genesis preset is not JSON: {0}")]
	Json(#[from] serde_json::Error),
}

/// One validator, for development.
pub fn development() -> Result<ChainSpec, Error> {
	build("OPG Development", "opg_dev", ChainType::Development, DEVELOPMENT)
}

/// Several validators on one machine.
pub fn local() -> Result<ChainSpec, Error> {
	build("OPG Local Testnet", "opg_local", ChainType::Local, LOCAL)
}

fn build(
	name: &str,
	id: &str,
	chain_type: ChainType,
	genesis_preset: &'static str,
) -> Result<ChainSpec, Error> {
	let preset = get_preset(&genesis_preset.into()).ok_or(Error::NoPreset(genesis_preset))?;
	Ok(builder(name, id, chain_type)?
		.with_genesis_config_patch(serde_json::from_slice(&preset)?)
		.build())
}

/// All of a specification but the genesis.
///
/// # Errors
///
/// [`Error::NoRuntime`].
pub fn builder(name: &str, id: &str, chain_type: ChainType) -> Result<Builder, Error> {
	let code = opg_runtime::WASM_BINARY.ok_or(Error::NoRuntime)?;
	Ok(ChainSpec::builder(code, Extensions::default())
		.with_name(name)
		.with_id(id)
		.with_protocol_id("opg")
		.with_chain_type(chain_type)
		.with_properties(properties()))
}

fn properties() -> Properties {
	let mut properties = Properties::new();
	properties.insert("tokenSymbol".into(), TOKEN_SYMBOL.into());
	properties.insert("tokenDecimals".into(), TOKEN_DECIMALS.into());
	properties.insert("ss58Format".into(), SS58_PREFIX.into());
	properties
}
