//! Stored types: named models, their versions, executors that serve a version, and the blocks in which
//! an engine is valid.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{
	traits::{ConstU32, Get},
	BoundedVec, CloneNoBound, DebugNoBound, EqNoBound, PartialEqNoBound,
};
use opg_primitives::{
	registry::{
		ChannelName, Content, Licence, Reason, Tags, TextGeneration, VersionNumber, MAX_CHANNELS,
		MAX_VERSIONS,
	},
	Balance, Dims, ModelId, VersionLimits,
};
use scale_info::TypeInfo;
use sp_core::H256;

pub use opg_primitives::registry::{ModelName, VersionState};

/// Number of a named model within the pallet.
pub type NameId = u32;

/// Registered version. Of what is here only the owner, the deprecation and its deposit change.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub struct Model<AccountId> {
	/// Account that owns the named model and earns the royalty.
	pub owner: AccountId,
	/// BLAKE3 of the ONNX file.
	pub model_hash: H256,
	/// Length of the file in bytes.
	pub size: u32,
	/// Named model of which it is a version.
	pub name_id: NameId,
	/// BLAKE3 of the engine's WebAssembly.
	pub engine_id: H256,
	/// Sizes of all symbolic dimensions of the file, sorted by name.
	pub dims: Dims,
	/// What loading and running it may take.
	pub limits: VersionLimits,
	/// Paid to the owner per attested request, in planck.
	pub royalty: Balance,
	/// BLAKE2b-256 of the engine's inspection report. Every honest executor finds the same.
	pub report_hash: H256,
	/// Semantic version, licence, tokenizer, how it generates text.
	pub release: Release,
	/// Reason for which it is deprecated, if it is.
	pub deprecated: Option<Reason>,
	/// Part of the named model's deposit that comes back when the version is removed, in planck.
	pub deposit: Balance,
}

impl<AccountId> Model<AccountId> {
	/// The files that nodes have of it: the model, and its tokenizer.
	pub fn files(&self) -> impl Iterator<Item = Content> {
		let model = Content { hash: self.model_hash, size: self.size };
		core::iter::once(model).chain(self.release.tokenizer)
	}
}

/// What people need to know of a version. It never changes.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub struct Release {
	/// Semantic version, unique within the named model.
	pub number: VersionNumber,
	/// SPDX expression. `None` where the owner states no licence.
	pub licence: Option<Licence>,
	/// File that makes tensors of text, if the model needs one.
	pub tokenizer: Option<Content>,
	/// How the model generates text, if it does, as its inspection report says. Executors compare it with
	/// their own report before they serve.
	pub generation: Option<TextGeneration>,
}

/// Model as people know it: an owner, a name, and versions.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub struct NamedModel<AccountId> {
	/// Account that registers its versions.
	pub owner: AccountId,
	/// Name, unique for the owner.
	pub name: ModelName,
	/// What the owner says of it.
	pub description: Description,
	/// Pointers to versions, sorted by name.
	pub channels: Channels,
	/// Account that may take it over.
	pub offered_to: Option<AccountId>,
	/// Version numbers that are used, those of removed versions included.
	pub numbers: u32,
	/// Sum of the deposits of its registered versions, in planck.
	pub versions_deposit: Balance,
	/// What is held from the owner for it and its versions, in planck.
	pub deposit: Balance,
}

/// What an owner says of a named model. It can change.
#[derive(
	Clone,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Debug,
	Default,
)]
pub struct Description {
	/// Words by which it is found, sorted.
	pub tags: Tags,
	/// Model card: a text that says what the model does, and for what it is no good.
	pub card: Option<Content>,
}

/// Pointer to a version of a named model.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub struct Channel {
	/// Name, such as `stable`.
	pub name: ChannelName,
	/// Version that it points to.
	pub model: ModelId,
}

/// Channels of a named model, sorted by name.
pub type Channels = BoundedVec<Channel, ConstU32<MAX_CHANNELS>>;

/// Version in the list of its named model.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub struct ListedVersion {
	/// Semantic version.
	pub number: VersionNumber,
	/// Number on the chain.
	pub model: ModelId,
	/// State.
	pub listing: VersionState,
}

/// Versions of a named model, sorted by semantic version.
pub type VersionList = BoundedVec<ListedVersion, ConstU32<MAX_VERSIONS>>;

/// Commitment to a file that an account will register.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub struct Announcement<BlockNumber> {
	/// Hash of the owner, the content hash of the file, and a salt.
	pub commitment: H256,
	/// Block in which it was made.
	pub at: BlockNumber,
}

/// Who announced a file first, of those who registered it.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub struct FirstAnnouncement<AccountId, BlockNumber> {
	/// Account that announced it, or registered it without.
	pub who: AccountId,
	/// Block of the announcement, or of the registration without one.
	pub at: BlockNumber,
	/// Registered versions with this file.
	pub versions: u32,
}

/// Largest file and limits of a version.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Debug,
)]
pub struct Maxima {
	/// Length of the file in bytes.
	pub size: u32,
	/// Limits, each by itself.
	pub limits: VersionLimits,
}

impl Maxima {
	/// True where nothing is above `other`.
	pub fn are_within(&self, other: &Self) -> bool {
		let VersionLimits { fuel, load_fuel, memory, input_bytes, output_bytes } = self.limits;
		self.size <= other.size
			&& fuel <= other.limits.fuel
			&& load_fuel <= other.limits.load_fuel
			&& memory <= other.limits.memory
			&& input_bytes <= other.limits.input_bytes
			&& output_bytes <= other.limits.output_bytes
	}
}

/// Sessions before the current one whose draws may still come: their candidates are kept.
pub const PAST_SESSIONS: u32 = 2;

/// Executor that serves a version, in the sessions from `from` on and before `until`.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub struct ServingExecutor<AccountId> {
	/// Operator of the executor.
	pub executor: AccountId,
	/// First session in which it can be drawn.
	pub from: u32,
	/// First session of which it is no candidate any more. Draws skip it as soon as this is set.
	pub until: Option<u32>,
}

impl<AccountId> ServingExecutor<AccountId> {
	/// True where it is a candidate of `session`.
	pub fn is_candidate(&self, session: u32) -> bool {
		self.from <= session && self.until.is_none_or(|until| session < until)
	}

	/// True where it is no candidate of `session`, nor of a later one.
	pub fn has_ended(&self, session: u32) -> bool {
		self.until.is_some_and(|until| until <= session)
	}

	/// True where no draw can need it any more when `session` is the current one.
	pub fn is_forgotten(&self, session: u32) -> bool {
		self.until.is_some_and(|until| until.saturating_add(PAST_SESSIONS) <= session)
	}
}

/// Largest number of entries of a version: those who serve it, and those who have stopped and are
/// still candidates.
pub struct MaxEntries<T>(core::marker::PhantomData<T>);

impl<T: crate::Config> Get<u32> for MaxEntries<T> {
	fn get() -> u32 {
		T::MaxServingExecutors::get().saturating_mul(2)
	}
}

/// Entries of a version, sorted by account and session.
pub type ServingList<T> =
	BoundedVec<ServingExecutor<<T as frame_system::Config>::AccountId>, MaxEntries<T>>;

/// Blocks in which an engine takes requests.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub struct Validity<BlockNumber> {
	/// First block of requests.
	pub from: BlockNumber,
	/// First block without requests. `None` while the engine is not retired.
	pub until: Option<BlockNumber>,
}

impl<BlockNumber: PartialOrd> Validity<BlockNumber> {
	/// True from the block `until` on.
	pub fn has_ended(&self, now: &BlockNumber) -> bool {
		self.until.as_ref().is_some_and(|until| until <= now)
	}

	/// True from the block `from` on, and before the block `until`.
	pub fn contains(&self, now: &BlockNumber) -> bool {
		self.from <= *now && !self.has_ended(now)
	}
}

/// Most tasks of a nomination, and most canaries.
pub const MAX_PINNED: u32 = 16;
/// Longest pinned input, in bytes.
pub const MAX_PINNED_INPUT: u32 = 4_096;
/// Most engines that are nominated at the same time.
pub const MAX_NOMINATIONS: u32 = 4;

/// Encoded tensors of a pinned task.
pub type PinnedInput = BoundedVec<u8, ConstU32<MAX_PINNED_INPUT>>;

/// Input of a registered version, as governance names it.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub struct Pin {
	/// Number of the version.
	pub model: ModelId,
	/// Encoded input tensors.
	pub input: PinnedInput,
}

/// Pins of a nomination, or canaries.
pub type Pins = BoundedVec<Pin, ConstU32<MAX_PINNED>>;

/// Task of a nomination. It stays when its version is removed.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub struct PinnedTask {
	/// BLAKE3 of the ONNX file.
	pub model_hash: H256,
	/// Length of the file in bytes.
	pub size: u32,
	/// Sizes of all symbolic dimensions of the file, sorted by name.
	pub dims: Dims,
	/// What loading and running it may take.
	pub limits: VersionLimits,
	/// Encoded input tensors.
	pub input: PinnedInput,
}

/// Tasks of a nomination.
pub type PinnedTasks = BoundedVec<PinnedTask, ConstU32<MAX_PINNED>>;

/// Digest that an executor posted.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub struct Statement<AccountId, BlockNumber> {
	/// Operator of the executor.
	pub executor: AccountId,
	/// Block that the call named.
	pub at: BlockNumber,
	/// The digest.
	pub digest: H256,
}

/// Canaries, of which one is drawn in each session.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub struct CanaryList {
	/// First session in which one is drawn.
	pub from: u32,
	/// Versions and inputs.
	pub pins: Pins,
}

/// What executors found for the canary of a session.
#[derive(
	CloneNoBound, PartialEqNoBound, EqNoBound, Encode, Decode, MaxEncodedLen, TypeInfo, DebugNoBound,
)]
#[scale_info(skip_type_params(T))]
pub struct CanaryResult<T: crate::Config> {
	/// The session.
	pub session: u32,
	/// Digest that more than half of the stake posted, once there is one.
	pub agreed: Option<H256>,
	/// All that was posted, sorted by executor.
	pub statements: Statements<T>,
}

/// Digests of executors, each one's, sorted by executor.
pub type Statements<T> = BoundedVec<StatementOf<T>, <T as crate::Config>::MaxExecutors>;

/// [`Statement`] with the types of a runtime.
pub type StatementOf<T> = Statement<
	<T as frame_system::Config>::AccountId,
	frame_system::pallet_prelude::BlockNumberFor<T>,
>;

/// [`Model`] with the account type of a runtime.
pub type ModelOf<T> = Model<<T as frame_system::Config>::AccountId>;
/// [`NamedModel`] with the account type of a runtime.
pub type NamedModelOf<T> = NamedModel<<T as frame_system::Config>::AccountId>;
/// [`Announcement`] with the block number of a runtime.
pub type AnnouncementOf<T> = Announcement<frame_system::pallet_prelude::BlockNumberFor<T>>;
/// [`FirstAnnouncement`] with the account type and the block number of a runtime.
pub type FirstAnnouncementOf<T> = FirstAnnouncement<
	<T as frame_system::Config>::AccountId,
	frame_system::pallet_prelude::BlockNumberFor<T>,
>;
