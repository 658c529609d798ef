//! Runtime API of the registry: models by name, owner, tag and content hash.

use alloc::vec::Vec;
use codec::{Decode, Encode};
use opg_primitives::{
	registry::{
		ChannelName, Content, Licence, ModelName, Reason, Selector, Tag, Tags, TextGeneration,
		VersionNumber, VersionState,
	},
	AccountId, Balance, BlockNumber, Dims, ModelId, VersionLimits,
};
use scale_info::TypeInfo;
use sp_core::H256;

/// Named model: what its owner says of it, and which of its versions people should use.
#[derive(Clone, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub struct NamedModelView {
	/// Account that owns it and its versions.
	pub owner: AccountId,
	/// Name, unique for the owner.
	pub name: ModelName,
	/// Words by which it is found.
	pub tags: Tags,
	/// Model card.
	pub card: Option<Content>,
	/// Channels, and the number of the version to which each points.
	pub channels: Vec<(ChannelName, ModelId)>,
	/// Highest version that is neither a pre-release nor deprecated.
	pub latest: Option<ModelId>,
	/// Versions by semantic version, the highest first, those that were removed included.
	pub versions: Vec<ListedVersionView>,
	/// Account to which it is offered.
	pub offered_to: Option<AccountId>,
	/// What is held from the owner for it and its versions, in planck.
	pub deposit: Balance,
}

/// Version in the list of a named model.
#[derive(Clone, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub struct ListedVersionView {
	/// Semantic version.
	pub number: VersionNumber,
	/// Number on the chain.
	pub model: ModelId,
	/// State.
	pub state: VersionState,
}

/// Registered version, with its name, and who announced its file first.
#[derive(Clone, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub struct VersionView {
	/// Number of the version.
	pub model: ModelId,
	/// Account that owns it and earns the royalty.
	pub owner: AccountId,
	/// Name of the model of which it is a version.
	pub name: ModelName,
	/// Semantic version.
	pub number: VersionNumber,
	/// Content hash of the file.
	pub model_hash: H256,
	/// Length of the file in bytes.
	pub size: u32,
	/// Id of the engine.
	pub engine_id: H256,
	/// Sizes of symbolic dimensions.
	pub dims: Dims,
	/// What loading and running it may take.
	pub limits: VersionLimits,
	/// Paid to the owner per attested request, in planck.
	pub royalty: Balance,
	/// Digest of the engine's inspection report.
	pub report_hash: H256,
	/// SPDX expression.
	pub licence: Option<Licence>,
	/// File that makes tensors of text.
	pub tokenizer: Option<Content>,
	/// How it generates text, if it does.
	pub generation: Option<TextGeneration>,
	/// Reason for which it is deprecated, if it is.
	pub deprecated: Option<Reason>,
	/// Account that announced the file first, of those who registered it.
	pub announced_by: AccountId,
	/// Block of that announcement, or of the registration without one.
	pub announced_at: BlockNumber,
}

/// Which named models are listed.
#[derive(Clone, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub enum NameQuery {
	/// All.
	#[codec(index = 0)]
	All,
	/// Those of an owner.
	#[codec(index = 1)]
	Owner(AccountId),
	/// Those with a tag.
	#[codec(index = 2)]
	Tag(Tag),
}

/// Items of a lookup: at most [`opg_primitives::registry::MAX_PAGE`] versions, or
/// [`opg_primitives::registry::MAX_NAMES_PAGE`] named models.
#[derive(Clone, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub struct Page<I> {
	/// The items. Their order is fixed, and means nothing.
	pub items: Vec<I>,
	/// Cursor of the next page, which may be empty. `None` after the last.
	pub next: Option<Vec<u8>>,
}

sp_api::decl_runtime_apis! {
	/// Lookups in the registry of models. Since version 2 versions say how they generate text.
	#[api_version(2)]
	pub trait RegistryApi {
		/// Version with this number.
		fn version(model: ModelId) -> Option<VersionView>;
		/// Version of the named model of `owner` that `selector` names.
		fn resolve(owner: AccountId, name: ModelName, selector: Selector) -> Option<VersionView>;
		/// Named model of `owner`.
		fn named_model(owner: AccountId, name: ModelName) -> Option<NamedModelView>;
		/// Named models, from a cursor on.
		fn named_models(query: NameQuery, cursor: Option<Vec<u8>>, limit: u32)
			-> Page<NamedModelView>;
		/// Versions whose file has this content hash, from a cursor on.
		fn versions_with(model_hash: H256, cursor: Option<Vec<u8>>, limit: u32)
			-> Page<VersionView>;
	}
}
