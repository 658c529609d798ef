//! The chains that the node knows by name.

use sc_service::{ChainType, Properties};

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
	Ok(ChainSpec::builder(code, None)
		.with_name(name)
		.with_id(id)
		.with_protocol_id("opg")
		.with_chain_type(chain_type)
		.with_genesis_config_preset_name(genesis_preset)
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
