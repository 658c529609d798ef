//! Metadata for tests: that of this runtime, and what a later one may have.

use codec::{Decode, Encode};
use frame_metadata::{v16::RuntimeMetadataV16, RuntimeMetadata, RuntimeMetadataPrefixed};
use opg_runtime::{Runtime, VERSION};
use scale_info::{form::PortableForm, Field, TypeDef, Variant};
use sp_core::H256;
use std::sync::Arc;
use subxt::{
	config::{substrate::SpecVersionForRange, SubstrateConfig},
	Metadata, OfflineClient, OfflineClientAtBlock,
};

/// Genesis hash of the chain of [`offline`].
pub(crate) const GENESIS: H256 = H256::repeat_byte(1);

/// Metadata of this runtime, changed, as a node sends it.
pub(crate) fn encoded(change: impl FnOnce(&mut RuntimeMetadataV16)) -> Vec<u8> {
	let bytes = Runtime::metadata_at_version(16).unwrap();
	let mut metadata = RuntimeMetadataPrefixed::decode(&mut &bytes[..]).unwrap();
	let RuntimeMetadata::V16(inner) = &mut metadata.1 else { panic!("version 16 was asked for") };
	change(inner);
	metadata.encode()
}

/// Metadata of this runtime, changed.
pub(crate) fn changed(change: impl FnOnce(&mut RuntimeMetadataV16)) -> Metadata {
	Metadata::decode(&mut &encoded(change)[..]).unwrap()
}

/// Metadata of this runtime.
pub(crate) fn of_runtime() -> Metadata {
	changed(|_| ())
}

/// A chain with this metadata, and without a node.
pub(crate) fn offline(metadata: Metadata) -> OfflineClientAtBlock<SubstrateConfig> {
	let versions = SpecVersionForRange {
		block_range: 0..u64::MAX,
		spec_version: VERSION.spec_version,
		transaction_version: VERSION.transaction_version,
	};
	let config = SubstrateConfig::builder()
		.set_genesis_hash(GENESIS)
		.set_spec_version_for_block_ranges([versions])
		.set_metadata_for_spec_versions([(VERSION.spec_version, Arc::new(metadata))])
		.build();
	OfflineClient::new_with_config(config).at_block(100u64).unwrap()
}

fn definition<'a>(
	metadata: &'a mut RuntimeMetadataV16,
	path: &str,
) -> &'a mut TypeDef<PortableForm> {
	let mut types = metadata.types.types.iter_mut();
	let found = types.find(|own| own.ty.path.segments.join("::") == path);
	&mut found.unwrap_or_else(|| panic!("there is no {path}")).ty.type_def
}

/// Variants of an enum.
pub(crate) fn variants<'a>(
	metadata: &'a mut RuntimeMetadataV16,
	path: &str,
) -> &'a mut Vec<Variant<PortableForm>> {
	let TypeDef::Variant(definition) = definition(metadata, path) else {
		panic!("{path} is no enum")
	};
	&mut definition.variants
}

/// Fields of a struct.
pub(crate) fn fields<'a>(
	metadata: &'a mut RuntimeMetadataV16,
	path: &str,
) -> &'a mut Vec<Field<PortableForm>> {
	let TypeDef::Composite(definition) = definition(metadata, path) else {
		panic!("{path} is no struct")
	};
	&mut definition.fields
}
