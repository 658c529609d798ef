#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod announcements;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod calls;
mod channels;
mod config;
mod deposits;
mod errors;
mod events;
pub mod evidence;
mod interface;
mod lookups;
pub mod migrations;
#[cfg(test)]
#[allow(missing_docs, clippy::unwrap_used)]
mod mock;
mod names;
mod offchain;
pub mod policy;
mod serving;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
mod transfer;
#[cfg(any(feature = "try-runtime", feature = "std"))]
mod try_state;
mod types;
pub mod weights;

use frame_support::pallet_macros::import_section;

pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

// `register` has one argument per property of a version, and the macros repeat them.
#[allow(clippy::too_many_arguments)]
#[import_section(config::config)]
#[import_section(errors::errors)]
#[import_section(events::events)]
#[frame_support::pallet]
pub mod pallet {
	use super::{
		evidence::{DigestCallOf, Subject},
		policy::ServingCallOf,
		types::*,
		weights::WeightInfo,
	};
	use alloc::boxed::Box;
	use frame_support::{pallet_prelude::*, traits::fungible};
	use frame_system::{offchain::CreateAuthorizedTransaction, pallet_prelude::*};
	use opg_primitives::{
		registry::{ChannelName, Reason, Tag, VersionNumber, MAX_VERSIONS},
		Balance, Dims, ExecutorSignature, ModelId, VersionLimits,
	};
	use pallet_opg_support::{CourtReadiness, ExecutorDirectory, ExecutorStake};
	use sp_core::H256;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(3);

	/// Purposes for which the pallet holds funds.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// Deposit of a named model and its versions.
		#[codec(index = 0)]
		Model,
		/// Deposit for serving a version.
		#[codec(index = 1)]
		Serve,
		/// Deposit of an announcement.
		#[codec(index = 2)]
		Announcement,
	}

	/// The pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// Number of the next version.
	#[pallet::storage]
	pub type NextModelId<T> = StorageValue<_, ModelId, ValueQuery>;

	/// Registered versions by number.
	#[pallet::storage]
	pub type Models<T: Config> = StorageMap<_, Twox64Concat, ModelId, ModelOf<T>>;

	/// Number of the next named model.
	#[pallet::storage]
	pub type NextNameId<T> = StorageValue<_, NameId, ValueQuery>;

	/// Named models by number.
	#[pallet::storage]
	pub type NamedModels<T: Config> = StorageMap<_, Twox64Concat, NameId, NamedModel<T::AccountId>>;

	/// Named models by owner and name.
	#[pallet::storage]
	pub type NamesByOwner<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, T::AccountId, Blake2_128Concat, ModelName, NameId>;

	/// Named models by tag.
	#[pallet::storage]
	pub type NamesByTag<T> = StorageDoubleMap<_, Blake2_128Concat, Tag, Twox64Concat, NameId, ()>;

	/// Versions of a named model, sorted by semantic version.
	#[pallet::storage]
	pub type VersionLists<T> = StorageMap<_, Twox64Concat, NameId, VersionList, ValueQuery>;

	/// Versions by the content hash of their file, and by that of their tokenizer.
	#[pallet::storage]
	pub type ModelsByHash<T> =
		StorageDoubleMap<_, Blake2_128Concat, H256, Twox64Concat, ModelId, ()>;

	/// Who announced a registered file first, by its content hash.
	#[pallet::storage]
	pub type FirstAnnouncements<T: Config> =
		StorageMap<_, Blake2_128Concat, H256, FirstAnnouncement<T::AccountId, BlockNumberFor<T>>>;

	/// Announcements of an account, in order.
	#[pallet::storage]
	pub type Announcements<T: Config> = StorageMap<
		_,
		Blake2_128Concat,
		T::AccountId,
		BoundedVec<Announcement<BlockNumberFor<T>>, T::MaxAnnouncements>,
		ValueQuery,
	>;

	/// Executors that serve a version, and those who have stopped and are candidates of a session
	/// that draws can still need. Sorted by account and session.
	#[pallet::storage]
	pub type ServingExecutors<T: Config> =
		StorageMap<_, Twox64Concat, ModelId, ServingList<T>, ValueQuery>;

	/// Versions that the hot key of an executor may begin to serve. None where there is no entry.
	#[pallet::storage]
	pub type ServingAllowances<T: Config> =
		StorageMap<_, Twox64Concat, T::AccountId, u32, ValueQuery>;

	/// Largest file and limits of the versions that can be registered.
	#[pallet::storage]
	pub type VersionMaxima<T: Config> = StorageValue<_, Maxima, ValueQuery, T::DefaultMaxima>;

	/// Blocks in which each engine takes requests, by engine id.
	#[pallet::storage]
	pub type Engines<T: Config> = CountedStorageMap<_, Identity, H256, Validity<BlockNumberFor<T>>>;

	/// Pinned tasks of each nominated engine, by engine id.
	#[pallet::storage]
	pub type Nominations<T: Config> = CountedStorageMap<_, Identity, H256, PinnedTasks>;

	/// Digests that executors posted for a nominated engine, by engine id.
	#[pallet::storage]
	pub type Evidence<T: Config> = StorageMap<_, Identity, H256, Statements<T>, ValueQuery>;

	/// Canaries. None where governance set none.
	#[pallet::storage]
	pub type Canaries<T: Config> = StorageValue<_, CanaryList>;

	/// What executors found for the latest canary that anybody computed.
	#[pallet::storage]
	pub type CanaryResults<T: Config> = StorageValue<_, CanaryResult<T>>;

	/// Engines that are valid from genesis on.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// Engine ids. At most `MaxEngines`, all distinct.
		pub engines: alloc::vec::Vec<H256>,
		#[doc(hidden)]
		#[serde(skip)]
		pub _config: core::marker::PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			for engine_id in &self.engines {
				Pallet::<T>::do_admit_engine(*engine_id, Default::default())
					.expect("the engines of genesis differ and are not too many");
			}
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn offchain_worker(block: BlockNumberFor<T>) {
			Self::prepare_served(block);
			Self::follow_policy(block);
			Self::give_evidence(block);
		}

		fn integrity_test() {
			let (default, ceiling) = (T::DefaultMaxima::get(), T::MaximaCeiling::get());
			assert!(default.are_within(&ceiling), "governance could set the default maxima");
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Register a version of a model by the BLAKE3 hash of its ONNX file.
		///
		/// ## Dispatch Origin
		/// Signed. The signer becomes the owner.
		///
		/// ## Details
		/// The first version of a name makes the named model. A deposit per entry and byte is held from
		/// the owner until the version is removed, and a part of it until the named model is. Nothing of
		/// a version ever changes but its owner and its deprecation. Only the engine `engine_id` runs it.
		///
		/// ## Parameters
		/// - `model_hash`: BLAKE3 of the file.
		/// - `size`: length of the file in bytes.
		/// - `name`: name of the model, unique for the owner: lower-case letters, digits, `.`, `_`, `-`.
		/// - `engine_id`: id of an admitted engine.
		/// - `dims`: sizes of all symbolic dimensions of the file, sorted by name.
		/// - `limits`: what loading and running the version may take. The windows of its requests follow
		///   from them.
		/// - `royalty`: paid to the owner per attested request, in planck.
		/// - `report_hash`: BLAKE2b-256 of the engine's inspection report within these limits, as
		///   `opg model register` computes it. Executors find the same before they serve.
		/// - `release`: semantic version, licence, tokenizer, and how the model generates text, as the
		///   report says.
		/// - `salt`: that of an announcement of this file, if the signer made one.
		///
		/// ## Errors
		/// - [`Error::InvalidSize`]: if `size` is zero or above `VersionMaxima`.
		/// - [`Error::InvalidName`], [`Error::InvalidNumber`], [`Error::InvalidLicence`],
		///   [`Error::EmptyFile`]: if the name, the version number, the licence or the tokenizer is not
		///   one.
		/// - [`Error::InvalidGeneration`]: if a number of how the model generates text is zero, or its
		///   context has no room for a prompt and an answer.
		/// - [`Error::InvalidFuel`], [`Error::InvalidLoadFuel`], [`Error::InvalidMemory`],
		///   [`Error::InvalidInputBytes`], [`Error::InvalidOutputBytes`]: if that limit is zero or above
		///   `VersionMaxima`.
		/// - [`Error::RoyaltyTooHigh`]: if `royalty` is above `MaxRoyalty`.
		/// - [`Error::InvalidDims`]: if a dimension has no UTF-8 name or no size, or if the names
		///   are not sorted and distinct.
		/// - [`Error::UnknownEngine`]: if `engine_id` was never admitted.
		/// - [`Error::EngineRetired`]: if the engine takes no requests any more.
		/// - [`Error::NumberTaken`], [`Error::TooManyVersions`]: if the named model had this version
		///   number before, or has no room for one more.
		/// - [`Error::NotAnnounced`], [`Error::AnnouncedJustNow`], [`Error::AnnouncementExpired`]: if
		///   `salt` is not that of an announcement of this file by the signer, or that is too young or
		///   too old.
		/// - [`Error::NumbersExhausted`]: if all version numbers are used.
		///
		/// ## Events
		/// - [`Event::Registered`], with the number of the version.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::register())]
		pub fn register(
			origin: OriginFor<T>,
			model_hash: H256,
			size: u32,
			name: ModelName,
			engine_id: H256,
			dims: Dims,
			limits: VersionLimits,
			royalty: Balance,
			report_hash: H256,
			release: Box<Release>,
			salt: Option<[u8; 32]>,
		) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			let model = Model {
				owner,
				model_hash,
				size,
				name_id: 0,
				engine_id,
				dims,
				limits,
				royalty,
				report_hash,
				release: *release,
				deprecated: None,
				deposit: 0,
			};
			Self::do_register(name, model, salt)
		}

		/// Remove a version that nobody serves, and return its deposit.
		///
		/// ## Dispatch Origin
		/// Signed by the owner.
		///
		/// ## Details
		/// Open requests to the version are finished. Its version number stays used, and the deposit for
		/// that is held until the named model is removed.
		///
		/// ## Parameters
		/// - `model`: number of the version.
		///
		/// ## Errors
		/// - [`Error::UnknownModel`]: if no version has this number.
		/// - [`Error::NotOwner`]: if the signer does not own the version.
		/// - [`Error::InChannel`]: if a channel points to the version.
		/// - [`Error::StillServed`]: if executors serve the version in this session, or if more than
		///   eight entries are left of those who did.
		///
		/// ## Events
		/// - [`Event::Deregistered`].
		#[pallet::call_index(1)]
		#[pallet::weight(
			T::WeightInfo::deregister().saturating_add(T::Readiness::max_forget_weight())
		)]
		pub fn deregister(origin: OriginFor<T>, model: ModelId) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			Self::do_deregister(owner, model)
		}

		/// Declare that the signer's node has the model file, inspected it, and runs the version
		/// when drawn.
		///
		/// ## Dispatch Origin
		/// Signed by an operator with an executor pool.
		///
		/// ## Details
		/// The executor is drawn from the next session on that is not planned yet: the one after the
		/// next. `ServeDeposit` is held from it until its entry is removed. Where
		/// `MaxServingExecutors` serve the version, the one with the least weight gives way to more.
		/// An executor that stopped in this session goes on as if it had not.
		///
		/// ## Parameters
		/// - `model`: number of the version.
		/// - `report_hash`: BLAKE2b-256 of the inspection report that the signer's own engine gave.
		///
		/// ## Errors
		/// - [`Error::UnknownModel`]: if no version has this number.
		/// - [`Error::ReportMismatch`]: if the registered report has another digest.
		/// - [`Error::NotExecutor`]: if the signer has no executor pool.
		/// - [`Error::NotEligible`]: if it has no hot key, or is paused, leaving or convicted.
		/// - [`Error::AlreadyServing`]: if the signer serves the version already.
		/// - [`Error::TooManyServingExecutors`]: if `MaxServingExecutors` executors serve it, each
		///   with at least as much weight.
		///
		/// ## Events
		/// - [`Event::StoppedServing`], for an executor that gives way.
		/// - [`Event::Serving`].
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::serve())]
		pub fn serve(origin: OriginFor<T>, model: ModelId, report_hash: H256) -> DispatchResult {
			let executor = ensure_signed(origin)?;
			Self::do_serve(executor, model, report_hash)
		}

		/// Stop serving a version.
		///
		/// ## Dispatch Origin
		/// Signed by the executor.
		///
		/// ## Details
		/// The executor is not drawn any more. Rounds that it was drawn for go on. It stays among the
		/// candidates of this session and the next, where draws skip it. The deposit comes back when
		/// its entry is removed: at once where it was never a candidate, else two sessions after its
		/// last one, with the next call that touches the list.
		///
		/// ## Parameters
		/// - `model`: number of the version.
		///
		/// ## Errors
		/// - [`Error::NotServing`]: if the signer does not serve the version.
		///
		/// ## Events
		/// - [`Event::StoppedServing`].
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::stop_serving())]
		pub fn stop_serving(origin: OriginFor<T>, model: ModelId) -> DispatchResult {
			let executor = ensure_signed(origin)?;
			Self::do_stop_serving(executor, model)
		}

		/// Admit an engine: versions can be registered for it now, and requested from a block on.
		///
		/// ## Dispatch Origin
		/// Governance.
		///
		/// ## Details
		/// Two thirds of the stake of the current snapshot must have posted the same digest of the tasks
		/// of its nomination. Only where the snapshot is empty no evidence is needed. The nomination and
		/// the evidence are removed.
		///
		/// ## Parameters
		/// - `engine_id`: BLAKE3-256 of the WebAssembly, as `opg-node engines id` prints it.
		/// - `from`: first block of requests. A block in the past means this one.
		///
		/// ## Errors
		/// - [`Error::EngineAlreadyAdmitted`]: if the engine was admitted before.
		/// - [`Error::NotEnoughEvidence`]: if less of the stake agrees.
		/// - [`Error::TooManyEngines`]: if `MaxEngines` engines were admitted.
		///
		/// ## Events
		/// - [`Event::EngineAdmitted`].
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::admit_engine())]
		pub fn admit_engine(
			origin: OriginFor<T>,
			engine_id: H256,
			from: BlockNumberFor<T>,
		) -> DispatchResult {
			T::EngineOrigin::ensure_origin(origin)?;
			Self::do_admit_nominated(engine_id, from)
		}

		/// Retire an engine: its versions take no requests from a block on.
		///
		/// ## Dispatch Origin
		/// Governance.
		///
		/// ## Details
		/// Open requests are finished. The call can be repeated to move the block, until it has come.
		///
		/// ## Parameters
		/// - `engine_id`: id of an admitted engine.
		/// - `until`: first block without requests. A block in the past means this one.
		///
		/// ## Errors
		/// - [`Error::UnknownEngine`]: if the engine was never admitted.
		/// - [`Error::EngineRetired`]: if the engine takes no requests any more.
		///
		/// ## Events
		/// - [`Event::EngineRetired`].
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::retire_engine())]
		pub fn retire_engine(
			origin: OriginFor<T>,
			engine_id: H256,
			until: BlockNumberFor<T>,
		) -> DispatchResult {
			T::EngineOrigin::ensure_origin(origin)?;
			Self::do_retire_engine(engine_id, until)
		}

		/// Remove the entries of an executor that can serve a version no more.
		///
		/// ## Dispatch Origin
		/// Signed by any account.
		///
		/// ## Details
		/// The deposits of an executor without a pool go to the signer, as a reward. Those of another
		/// go back to it. An executor whose pool has lost all stake stops serving, as with
		/// `stop_serving`; a later call removes its entries.
		///
		/// ## Parameters
		/// - `model`: number of the version.
		/// - `executor`: an executor without a pool, one whose pool has no stake, or one that stopped so
		///   long ago that no draw needs its entries.
		///
		/// ## Errors
		/// - [`Error::NotServing`]: if the executor has no entry.
		/// - [`Error::NotRemovable`]: if it has a pool, and draws can still need its entries.
		///
		/// ## Events
		/// - [`Event::ExecutorRemoved`], or [`Event::StoppedServing`].
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::remove_executor())]
		pub fn remove_executor(
			origin: OriginFor<T>,
			model: ModelId,
			executor: T::AccountId,
		) -> DispatchResult {
			let caller = ensure_signed(origin)?;
			Self::do_remove_executor(caller, model, executor)
		}

		/// Set the largest file and limits of the versions that can be registered.
		///
		/// ## Dispatch Origin
		/// Governance.
		///
		/// ## Details
		/// Versions that exist stay as they are, also where they are above the new maxima.
		///
		/// ## Parameters
		/// - `maxima`: largest file, and largest limits, each by itself.
		///
		/// ## Errors
		/// - [`Error::AboveCeiling`]: if one is above `MaximaCeiling`.
		///
		/// ## Events
		/// - [`Event::MaximaSet`].
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::set_maxima())]
		pub fn set_maxima(origin: OriginFor<T>, maxima: Maxima) -> DispatchResult {
			T::GovernanceOrigin::ensure_origin(origin)?;
			Self::do_set_maxima(maxima)
		}

		/// Say something else of a named model: its tags and its model card.
		///
		/// ## Dispatch Origin
		/// Signed by the owner.
		///
		/// ## Details
		/// The deposit changes with what is stored.
		///
		/// ## Parameters
		/// - `name`: name of the model.
		/// - `description`: tags, sorted, and the content hash and size of the model card.
		///
		/// ## Errors
		/// - [`Error::UnknownName`]: if the signer has no model of this name.
		/// - [`Error::InvalidTags`]: if a tag is not one, or the tags are not sorted and distinct.
		/// - [`Error::EmptyFile`]: if the model card has no bytes.
		///
		/// ## Events
		/// - [`Event::Described`].
		#[pallet::call_index(10)]
		#[pallet::weight(T::WeightInfo::describe())]
		pub fn describe(
			origin: OriginFor<T>,
			name: ModelName,
			description: Description,
		) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			Self::do_describe(owner, name, description)
		}

		/// Point a channel of a named model to one of its versions, or remove the channel.
		///
		/// ## Dispatch Origin
		/// Signed by the owner.
		///
		/// ## Details
		/// The first move makes the channel. A channel can point to a pre-release and to a deprecated
		/// version.
		///
		/// ## Parameters
		/// - `name`: name of the model.
		/// - `channel`: name of the channel: lower-case letters, digits and `-`.
		/// - `model`: number of the version, or `None` to remove the channel.
		///
		/// ## Errors
		/// - [`Error::UnknownName`]: if the signer has no model of this name.
		/// - [`Error::InvalidChannel`]: if the channel cannot be called so.
		/// - [`Error::UnknownModel`], [`Error::OtherName`]: if no version has this number, or one of
		///   another named model.
		/// - [`Error::TooManyChannels`]: if the named model has `MAX_CHANNELS` others.
		/// - [`Error::UnknownChannel`]: if a channel is to be removed that there is not.
		///
		/// ## Events
		/// - [`Event::ChannelMoved`].
		#[pallet::call_index(11)]
		#[pallet::weight(T::WeightInfo::set_channel())]
		pub fn set_channel(
			origin: OriginFor<T>,
			name: ModelName,
			channel: ChannelName,
			model: Option<ModelId>,
		) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			Self::do_set_channel(owner, name, channel, model)
		}

		/// Deprecate a version: it still takes requests, and is not the latest any more.
		///
		/// ## Dispatch Origin
		/// Signed by the owner.
		///
		/// ## Details
		/// The call can be repeated with another reason. The deposit changes with its length.
		///
		/// ## Parameters
		/// - `model`: number of the version.
		/// - `reason`: why, and what to use instead. UTF-8.
		///
		/// ## Errors
		/// - [`Error::UnknownModel`]: if no version has this number.
		/// - [`Error::NotOwner`]: if the signer does not own the version.
		/// - [`Error::InvalidReason`]: if the reason is not UTF-8, or empty.
		///
		/// ## Events
		/// - [`Event::Deprecated`].
		#[pallet::call_index(12)]
		#[pallet::weight(T::WeightInfo::deprecate())]
		pub fn deprecate(origin: OriginFor<T>, model: ModelId, reason: Reason) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			Self::do_deprecate(owner, model, reason)
		}

		/// Take back that a version is deprecated.
		///
		/// ## Dispatch Origin
		/// Signed by the owner.
		///
		/// ## Parameters
		/// - `model`: number of the version.
		///
		/// ## Errors
		/// - [`Error::UnknownModel`]: if no version has this number.
		/// - [`Error::NotOwner`]: if the signer does not own the version.
		/// - [`Error::NotDeprecated`]: if the version is not deprecated.
		///
		/// ## Events
		/// - [`Event::Undeprecated`].
		#[pallet::call_index(13)]
		#[pallet::weight(T::WeightInfo::undeprecate())]
		pub fn undeprecate(origin: OriginFor<T>, model: ModelId) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			Self::do_undeprecate(owner, model)
		}

		/// Offer a named model with all its versions to another account, or take the offer back.
		///
		/// ## Dispatch Origin
		/// Signed by the owner.
		///
		/// ## Details
		/// Nothing moves before the account accepts. Another offer takes the place of the first.
		///
		/// ## Parameters
		/// - `name`: name of the model.
		/// - `to`: account that can accept it, or `None` to take the offer back.
		///
		/// ## Errors
		/// - [`Error::UnknownName`]: if the signer has no model of this name.
		/// - [`Error::NotOffered`]: if an offer is to be taken back that there is not.
		///
		/// ## Events
		/// - [`Event::TransferOffered`].
		#[pallet::call_index(14)]
		#[pallet::weight(T::WeightInfo::offer_transfer())]
		pub fn offer_transfer(
			origin: OriginFor<T>,
			name: ModelName,
			to: Option<T::AccountId>,
		) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			Self::do_offer_transfer(owner, name, to)
		}

		/// Take over a named model that was offered to the signer.
		///
		/// ## Dispatch Origin
		/// Signed by the account to which it was offered.
		///
		/// ## Details
		/// The deposit is held from the signer, and that of the former owner returned. The signer earns
		/// the royalty of requests from now on; those that are open keep their own copy of the version.
		/// The unused part of the weight is refunded.
		///
		/// ## Parameters
		/// - `owner`: present owner.
		/// - `name`: name of the model.
		/// - `max_deposit`: the most that may be held from the signer, in planck.
		///
		/// ## Errors
		/// - [`Error::UnknownName`]: if `owner` has no model of this name.
		/// - [`Error::NotOffered`]: if it is not offered to the signer.
		/// - [`Error::NameTaken`]: if the signer has a model of this name.
		/// - [`Error::DepositTooHigh`]: if the deposit is above `max_deposit`.
		///
		/// ## Events
		/// - [`Event::Transferred`].
		#[pallet::call_index(15)]
		#[pallet::weight(T::WeightInfo::accept_transfer(MAX_VERSIONS))]
		pub fn accept_transfer(
			origin: OriginFor<T>,
			owner: T::AccountId,
			name: ModelName,
			max_deposit: Balance,
		) -> DispatchResultWithPostInfo {
			let to = ensure_signed(origin)?;
			let versions = Self::do_accept_transfer(owner, name, to, max_deposit)?;
			Ok(Some(T::WeightInfo::accept_transfer(versions)).into())
		}

		/// Remove a named model all of whose versions were removed, and return its deposit.
		///
		/// ## Dispatch Origin
		/// Signed by the owner.
		///
		/// ## Details
		/// The name can be registered again, with any version number. Who has to be sure of the bytes
		/// names a version by its number on the chain, or by its content hash.
		///
		/// ## Parameters
		/// - `name`: name of the model.
		///
		/// ## Errors
		/// - [`Error::UnknownName`]: if the signer has no model of this name.
		/// - [`Error::HasVersions`]: if a version is registered.
		///
		/// ## Events
		/// - [`Event::NameRemoved`].
		#[pallet::call_index(16)]
		#[pallet::weight(T::WeightInfo::remove_name())]
		pub fn remove_name(origin: OriginFor<T>, name: ModelName) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			Self::do_remove_name(owner, name)
		}

		/// Commit to a file that the signer will register, before its content hash is on the chain.
		///
		/// ## Dispatch Origin
		/// Signed by any account.
		///
		/// ## Details
		/// Who registers the file in a later block and shows the salt is noted as who announced it in
		/// this block. A deposit is held until then, or until the announcement is removed. Expired ones
		/// of the signer are removed first.
		///
		/// ## Parameters
		/// - `commitment`: hash of the signer, the content hash of the file, and a salt of 32 random
		///   bytes, as `opg model announce` computes it.
		///
		/// ## Errors
		/// - [`Error::AlreadyAnnounced`]: if the signer made this announcement.
		/// - [`Error::TooManyAnnouncements`]: if the signer has `MaxAnnouncements`.
		///
		/// ## Events
		/// - [`Event::AnnouncementRemoved`], for each that expired.
		/// - [`Event::Announced`].
		#[pallet::call_index(17)]
		#[pallet::weight(T::WeightInfo::announce())]
		pub fn announce(origin: OriginFor<T>, commitment: H256) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_announce(who, commitment)
		}

		/// Remove an announcement, and return its deposit to who made it.
		///
		/// ## Dispatch Origin
		/// Signed by who made it, or by any account once it expired.
		///
		/// ## Parameters
		/// - `who`: account that made it.
		/// - `commitment`: the announcement.
		///
		/// ## Errors
		/// - [`Error::NotAnnounced`]: if `who` has no such announcement.
		/// - [`Error::NotExpired`]: if it is another's and has not expired.
		///
		/// ## Events
		/// - [`Event::AnnouncementRemoved`].
		#[pallet::call_index(18)]
		#[pallet::weight(T::WeightInfo::remove_announcement())]
		pub fn remove_announcement(
			origin: OriginFor<T>,
			who: T::AccountId,
			commitment: H256,
		) -> DispatchResult {
			let caller = ensure_signed(origin)?;
			Self::do_remove_announcement(caller, who, commitment)
		}

		/// Allow the signer's hot key to begin to serve versions, as its node's policy says.
		///
		/// ## Dispatch Origin
		/// Signed by an operator with an executor pool.
		///
		/// ## Details
		/// The number takes the place of what is left of an earlier one. Each version that the hot key
		/// begins with takes one of it, and `ServeDeposit` is held as with `serve`. What it serves goes on
		/// where the number is set to zero.
		///
		/// ## Parameters
		/// - `versions`: most versions that the hot key may begin with from now on.
		///
		/// ## Errors
		/// - [`Error::NotExecutor`]: if the signer has no executor pool.
		///
		/// ## Events
		/// - [`Event::ServingAllowed`].
		#[pallet::call_index(30)]
		#[pallet::weight(T::WeightInfo::allow_serving())]
		pub fn allow_serving(origin: OriginFor<T>, versions: u32) -> DispatchResult {
			let executor = ensure_signed(origin)?;
			Self::do_allow_serving(executor, versions)
		}

		/// Declare that the node of an executor serves a version, or serves it no more.
		///
		/// ## Dispatch Origin
		/// Authorized by the signature. Feeless.
		///
		/// ## Details
		/// As `serve` and `stop_serving`, for nodes. Beginning to serve takes one of what the operator
		/// allows by `allow_serving`.
		///
		/// ## Parameters
		/// - `declaration`: executor, version, and what is declared.
		/// - `signature`: by the hot key of the executor, of
		///   [`opg_primitives::serving::serving_payload`].
		///
		/// ## Errors
		/// Before dispatch, `InvalidTransaction::Custom` with a code of [`crate::policy::reject`]. Those
		/// for which it would fail are the errors of `serve` and `stop_serving`, and
		/// [`Error::NotAllowed`].
		///
		/// ## Events
		/// Those of `serve` and `stop_serving`.
		#[pallet::call_index(31)]
		#[pallet::weight(T::WeightInfo::declare_serving())]
		#[pallet::weight_of_authorize(T::WeightInfo::authorize_declare_serving())]
		#[pallet::authorize(|_, declaration, signature| {
			Pallet::<T>::authorize_serving(declaration, signature)
		})]
		pub fn declare_serving(
			origin: OriginFor<T>,
			declaration: ServingCallOf<T>,
			_signature: ExecutorSignature,
		) -> DispatchResultWithPostInfo {
			ensure_authorized(origin)?;
			Self::do_declare_serving(declaration)?;
			Ok(Pays::No.into())
		}

		/// Nominate an engine: nodes that have it compute pinned tasks, and post what they find.
		///
		/// ## Dispatch Origin
		/// Governance.
		///
		/// ## Details
		/// Files, dimensions and limits of the tasks are those of registered versions, whose own engine
		/// does not count. The tasks never change: to pin others, withdraw the nomination.
		///
		/// ## Parameters
		/// - `engine_id`: BLAKE3-256 of the WebAssembly, as `opg-node engines id` prints it.
		/// - `pins`: versions and encoded inputs, at least one.
		///
		/// ## Errors
		/// - [`Error::EngineAlreadyAdmitted`], [`Error::AlreadyNominated`]: if it was.
		/// - [`Error::TooManyNominations`]: if [`MAX_NOMINATIONS`] engines are nominated.
		/// - [`Error::NothingPinned`]: if there are no pins.
		/// - [`Error::UnknownModel`]: if a version is not registered.
		///
		/// ## Events
		/// - [`Event::EngineNominated`].
		#[pallet::call_index(32)]
		#[pallet::weight(T::WeightInfo::nominate_engine())]
		pub fn nominate_engine(
			origin: OriginFor<T>,
			engine_id: H256,
			pins: Pins,
		) -> DispatchResult {
			T::EngineOrigin::ensure_origin(origin)?;
			Self::do_nominate_engine(engine_id, pins)
		}

		/// Remove the nomination of an engine, and all evidence for it.
		///
		/// ## Dispatch Origin
		/// Governance.
		///
		/// ## Parameters
		/// - `engine_id`: id of a nominated engine.
		///
		/// ## Errors
		/// - [`Error::NotNominated`]: if it is not nominated.
		///
		/// ## Events
		/// - [`Event::NominationWithdrawn`].
		#[pallet::call_index(33)]
		#[pallet::weight(T::WeightInfo::withdraw_nomination())]
		pub fn withdraw_nomination(origin: OriginFor<T>, engine_id: H256) -> DispatchResult {
			T::EngineOrigin::ensure_origin(origin)?;
			Self::do_withdraw_nomination(engine_id)
		}

		/// Set the canaries, of which one is drawn in each session from the next on.
		///
		/// ## Dispatch Origin
		/// Governance.
		///
		/// ## Details
		/// They take the place of the former ones, which end with this call. No pins: no canaries.
		///
		/// ## Parameters
		/// - `pins`: versions and encoded inputs.
		///
		/// ## Errors
		/// - [`Error::UnknownModel`]: if a version is not registered.
		///
		/// ## Events
		/// - [`Event::CanariesSet`].
		#[pallet::call_index(34)]
		#[pallet::weight(T::WeightInfo::set_canaries())]
		pub fn set_canaries(origin: OriginFor<T>, pins: Pins) -> DispatchResult {
			T::EngineOrigin::ensure_origin(origin)?;
			Self::do_set_canaries(pins)
		}

		/// Post what the machine of an executor found: for a nominated engine, or for the canary of the
		/// session.
		///
		/// ## Dispatch Origin
		/// Authorized by the signature. Feeless.
		///
		/// ## Details
		/// Of an engine, another digest takes the place of the former one after
		/// [`pallet_opg_support::CALL_BLOCKS`] blocks. Of a canary, the first one counts.
		///
		/// ## Parameters
		/// - `statement`: executor, subject, and digest.
		/// - `signature`: by the hot key of the executor, of
		///   [`opg_primitives::evidence::statement_payload`].
		///
		/// ## Errors
		/// Before dispatch, `InvalidTransaction::Custom` with a code of [`crate::policy::reject`]. Those
		/// for which it would fail are [`Error::NotNominated`], [`Error::NotAsked`],
		/// [`Error::AlreadyPosted`], [`Error::TooManyStatements`].
		///
		/// ## Events
		/// - [`Event::CanaryDiffered`], for each executor of which that is known now.
		/// - [`Event::DigestPosted`].
		#[pallet::call_index(35)]
		#[pallet::weight(T::WeightInfo::post_digest())]
		#[pallet::weight_of_authorize(T::WeightInfo::authorize_post_digest())]
		#[pallet::authorize(|_, statement, signature| {
			Pallet::<T>::authorize_digest(statement, signature)
		})]
		pub fn post_digest(
			origin: OriginFor<T>,
			statement: DigestCallOf<T>,
			_signature: ExecutorSignature,
		) -> DispatchResultWithPostInfo {
			ensure_authorized(origin)?;
			Self::do_post_digest(statement)?;
			Ok(Pays::No.into())
		}
	}
}
