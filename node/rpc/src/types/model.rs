//! Models and their versions.

use super::{Address, Hash, Planck};
use opg_primitives::{registry::TextGeneration, BlockNumber, Dims, Fuel, ModelId, VersionLimits};
use opg_runtime_api::{ListedVersionView, NamedModelView, VersionView};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// Text of the chain, of which not all need be UTF-8.
pub(crate) fn text(bytes: &[u8]) -> String {
	String::from_utf8_lossy(bytes).into_owned()
}

/// Sizes of symbolic dimensions by name.
pub(crate) fn dims(dims: &Dims) -> BTreeMap<String, u64> {
	dims.iter().map(|dim| (text(&dim.name), dim.size)).collect()
}

/// File by its content.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, JsonSchema, Debug)]
pub struct Content {
	/// BLAKE3 hash of the bytes.
	pub hash: Hash,
	/// Length in bytes.
	pub size: u32,
}

impl From<opg_primitives::Content> for Content {
	fn from(content: opg_primitives::Content) -> Self {
		Self { hash: Hash(content.hash), size: content.size }
	}
}

impl From<opg_primitives::registry::Content> for Content {
	fn from(content: opg_primitives::registry::Content) -> Self {
		Self { hash: Hash(content.hash), size: content.size }
	}
}

/// What loading and running a version may take.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, JsonSchema, Debug)]
#[serde(rename_all = "camelCase")]
pub struct Limits {
	/// Fuel of a run.
	pub fuel: Fuel,
	/// Fuel of loading.
	pub load_fuel: Fuel,
	/// Memory, in MiB.
	pub memory_mib: u32,
	/// Length of an encoded input, in bytes.
	pub input_bytes: u32,
	/// Length of an encoded output, in bytes.
	pub output_bytes: u32,
}

impl From<VersionLimits> for Limits {
	fn from(limits: VersionLimits) -> Self {
		let VersionLimits { fuel, load_fuel, memory, input_bytes, output_bytes } = limits;
		Self { fuel, load_fuel, memory_mib: memory, input_bytes, output_bytes }
	}
}

/// How a version generates text.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, JsonSchema, Debug)]
#[serde(rename_all = "camelCase")]
pub struct Generation {
	/// Most tokens, of prompt and answer together.
	pub context: u32,
	/// Tokens that there are.
	pub vocabulary: u32,
	/// Tokens of the prompt that are read at once.
	pub block: u32,
	/// Fuel of generating a token.
	pub token_fuel: Fuel,
	/// Fuel of reading a block of the prompt.
	pub block_fuel: Fuel,
}

impl From<TextGeneration> for Generation {
	fn from(generation: TextGeneration) -> Self {
		let TextGeneration { context, vocabulary, block, token_fuel, block_fuel } = generation;
		Self { context, vocabulary, block, token_fuel, block_fuel }
	}
}

/// Registered version of a model.
#[derive(Clone, PartialEq, Eq, Serialize, JsonSchema, Debug)]
#[serde(rename_all = "camelCase")]
pub struct Version {
	/// Number of the version.
	pub model: ModelId,
	/// Account that owns it and earns the royalty.
	pub owner: Address,
	/// Name of the model of which it is a version.
	pub name: String,
	/// Semantic version.
	pub number: String,
	/// BLAKE3 hash of the file.
	pub model_hash: Hash,
	/// Length of the file in bytes.
	pub size: u32,
	/// Id of the engine.
	pub engine_id: Hash,
	/// Sizes of symbolic dimensions by name.
	pub dims: BTreeMap<String, u64>,
	/// What loading and running it may take.
	pub limits: Limits,
	/// Paid to the owner per attested request.
	pub royalty: Planck,
	/// Digest of the engine's inspection report.
	pub report_hash: Hash,
	/// SPDX expression.
	pub licence: Option<String>,
	/// File that makes tensors of text.
	pub tokenizer: Option<Content>,
	/// How it generates text. `null` where it does not.
	pub generation: Option<Generation>,
	/// Reason for which it is deprecated, if it is.
	pub deprecated: Option<String>,
	/// Account that announced the file first, of those who registered it.
	pub announced_by: Address,
	/// Block of that announcement, or of the registration without one.
	pub announced_at: BlockNumber,
}

impl From<VersionView> for Version {
	fn from(view: VersionView) -> Self {
		Self {
			model: view.model,
			owner: view.owner.into(),
			name: text(&view.name),
			number: view.number.to_string(),
			model_hash: view.model_hash.into(),
			size: view.size,
			engine_id: view.engine_id.into(),
			dims: dims(&view.dims),
			limits: view.limits.into(),
			royalty: Planck(view.royalty),
			report_hash: view.report_hash.into(),
			licence: view.licence.map(|licence| text(&licence)),
			tokenizer: view.tokenizer.map(Into::into),
			generation: view.generation.map(Into::into),
			deprecated: view.deprecated.map(|reason| text(&reason)),
			announced_by: view.announced_by.into(),
			announced_at: view.announced_at,
		}
	}
}

/// State of a version in the list of its model.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, JsonSchema, Debug)]
#[serde(rename_all = "camelCase")]
pub enum VersionState {
	/// Can be the latest.
	Current,
	/// Takes requests, and is not the latest.
	Deprecated,
	/// Was removed. Its number stays used.
	Removed,
}

/// Version in the list of a model.
#[derive(Clone, PartialEq, Eq, Serialize, JsonSchema, Debug)]
pub struct ListedVersion {
	/// Semantic version.
	pub number: String,
	/// Number on the chain.
	pub model: ModelId,
	/// State.
	pub state: VersionState,
}

impl From<ListedVersionView> for ListedVersion {
	fn from(view: ListedVersionView) -> Self {
		let state = match view.state {
			opg_primitives::registry::VersionState::Current => VersionState::Current,
			opg_primitives::registry::VersionState::Deprecated => VersionState::Deprecated,
			opg_primitives::registry::VersionState::Removed => VersionState::Removed,
		};
		Self { number: view.number.to_string(), model: view.model, state }
	}
}

/// Model: what its owner says of it, and its versions.
#[derive(Clone, PartialEq, Eq, Serialize, JsonSchema, Debug)]
#[serde(rename_all = "camelCase")]
pub struct NamedModel {
	/// Account that owns it and its versions.
	pub owner: Address,
	/// Name, unique for the owner.
	pub name: String,
	/// Words by which it is found.
	pub tags: Vec<String>,
	/// Model card.
	pub card: Option<Content>,
	/// Number of the version to which each channel points.
	pub channels: BTreeMap<String, ModelId>,
	/// Highest version that is neither a pre-release nor deprecated.
	pub latest: Option<ModelId>,
	/// Versions, the highest first, those that were removed included.
	pub versions: Vec<ListedVersion>,
	/// Account to which it is offered.
	pub offered_to: Option<Address>,
	/// What is held from the owner for it and its versions.
	pub deposit: Planck,
}

impl From<NamedModelView> for NamedModel {
	fn from(view: NamedModelView) -> Self {
		Self {
			owner: view.owner.into(),
			name: text(&view.name),
			tags: view.tags.iter().map(|tag| text(tag)).collect(),
			card: view.card.map(Into::into),
			channels: view.channels.iter().map(|(name, model)| (text(name), *model)).collect(),
			latest: view.latest,
			versions: view.versions.into_iter().map(Into::into).collect(),
			offered_to: view.offered_to.map(Into::into),
			deposit: Planck(view.deposit),
		}
	}
}

/// Item of a listing of models: versions where they are looked up by the hash of their file.
#[derive(Clone, PartialEq, Eq, Serialize, JsonSchema, Debug)]
#[serde(untagged)]
pub enum ListedModel {
	/// Version.
	Version(Box<Version>),
	/// Model.
	Named(Box<NamedModel>),
}
