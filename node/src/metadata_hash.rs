//! Hash of the runtime's metadata, as wallets that show what they sign compute it (RFC 78 of Polkadot).

use codec::Decode;
use frame_metadata::RuntimeMetadataPrefixed;
use merkleized_metadata::{generate_metadata_digest, ExtraInfo};
use opg_primitives::address::{SS58_PREFIX, TOKEN_DECIMALS, TOKEN_SYMBOL};
use opg_runtime::{Runtime, VERSION};
use sp_core::H256;

/// The hash of the runtime that this program has. It does not depend on the hash that the runtime was
/// compiled with.
///
/// The SDK's builder would do the same between two compilations of the runtime. But it does so by an
/// executor among the build scripts, with which cargo compiles the whole SDK a second time.
pub fn of_runtime() -> Result<H256, String> {
	let encoded = Runtime::metadata_at_version(15).ok_or("the runtime has no metadata 15")?;
	let metadata =
		RuntimeMetadataPrefixed::decode(&mut &encoded[..]).map_err(|error| error.to_string())?;
	let info = ExtraInfo {
		spec_version: VERSION.spec_version,
		spec_name: VERSION.spec_name.to_string(),
		base58_prefix: SS58_PREFIX,
		decimals: TOKEN_DECIMALS,
		token_symbol: TOKEN_SYMBOL.into(),
	};
	Ok(generate_metadata_digest(&metadata.1, info)?.hash().into())
}
