//! The chains that the node knows by name.

use sc_service::{ChainType, Properties};
use serde_json::{json, Value};
use sp_core::H256;

/// A chain specification. Building a genesis calls the runtime, which imports our host functions.
pub type ChainSpec = sc_service::GenericChainSpec<
	sc_service::NoExtension,
	opg_runtime_interface::opg_engine::HostFunctions,
>;

/// One validator, for development.
pub fn development() -> Result<ChainSpec, String> {
	build("OPG Development", "opg_dev", ChainType::Development, "development")
}

/// Several validators on one machine.
pub fn local() -> Result<ChainSpec, String> {
	build("OPG Local Testnet", "opg_local", ChainType::Local, "local_testnet")
}

fn build(
	name: &str,
	id: &str,
	chain_type: ChainType,
	genesis_preset: &str,
) -> Result<ChainSpec, String> {
	let code = opg_runtime::WASM_BINARY.ok_or("this node was built without a runtime")?;
	let preset = opg_runtime::genesis_config_presets::get_preset(&genesis_preset.into())
		.ok_or_else(|| format!("the runtime has no preset {genesis_preset}"))?;
	let mut genesis: Value = serde_json::from_slice(&preset).map_err(|error| error.to_string())?;
	// The runtime does not know the engine: the node brings it.
	genesis["models"] = json!({ "engines": [H256(opg_worker::artifact().id)] });
	Ok(ChainSpec::builder(code, None)
		.with_name(name)
		.with_id(id)
		.with_protocol_id("opg")
		.with_chain_type(chain_type)
		.with_genesis_config_patch(genesis)
		.with_properties(properties())
		.build())
}

fn properties() -> Properties {
	let mut properties = Properties::new();
	properties.insert("tokenSymbol".into(), "OPG".into());
	properties.insert("tokenDecimals".into(), 18.into());
	properties.insert("ss58Format".into(), 42.into());
	properties
}
