#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod calls;
mod interface;
#[cfg(test)]
#[allow(missing_docs, clippy::unwrap_used)]
mod mock;
mod offchain;
mod serving;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
#[cfg(any(feature = "try-runtime", feature = "std"))]
mod try_state;
mod types;
pub mod weights;

pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

// `register` has one argument per property of a version, and the macros repeat them.
#[allow(clippy::too_many_arguments)]
#[frame_support::pallet]
pub mod pallet {
	use super::{types::*, weights::WeightInfo};
	use frame_support::{pallet_prelude::*, traits::fungible};
	use frame_system::pallet_prelude::*;
	use opg_primitives::{Balance, Dims, ModelId, VersionLimits};
	use pallet_opg_support::{CourtReadiness, ExecutorDirectory, ExecutorStake};
	use sp_core::H256;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// Types and constants of the pallet.
	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// OPG, from which deposits are held.
		type Currency: fungible::MutateHold<
			Self::AccountId,
			Balance = Balance,
			Reason: From<HoldReason>,
		>;
		/// Executor pools. Only their operators can serve.
		type Executors: ExecutorDirectory<Self::AccountId>;
		/// Sessions, and the stake by which a list that is full gives way.
		type ExecutorStake: ExecutorStake<Self::AccountId>;
		/// What validators say about versions.
		type Readiness: CourtReadiness;
		/// Deposit of the owner while a version is registered, in planck.
		#[pallet::constant]
		type ModelDeposit: Get<Balance>;
		/// Deposit of an executor while it serves a version, in planck.
		#[pallet::constant]
		type ServeDeposit: Get<Balance>;
		/// Largest number of executors that serve one version.
		#[pallet::constant]
		type MaxServingExecutors: Get<u32>;
		/// Largest file and limits of a version, until governance sets others.
		#[pallet::constant]
		type DefaultMaxima: Get<Maxima>;
		/// Largest maxima that governance can set: what a court of validators can do, within the time
		/// that the chain's windows leave it.
		#[pallet::constant]
		type MaximaCeiling: Get<Maxima>;
		/// Largest royalty, in planck.
		#[pallet::constant]
		type MaxRoyalty: Get<Balance>;
		/// Largest number of engines ever admitted.
		#[pallet::constant]
		type MaxEngines: Get<u32>;
		/// Origin that admits and retires engines, and sets the maxima of versions.
		type GovernanceOrigin: EnsureOrigin<Self::RuntimeOrigin>;
		/// Weights of the calls.
		type WeightInfo: WeightInfo;
		/// Executors for benchmarks.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: pallet_opg_support::BenchmarkExecutors<Self::AccountId>;
	}

	/// Purposes for which the pallet holds funds.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// Deposit of a registered version.
		#[codec(index = 0)]
		Model,
		/// Deposit for serving a version.
		#[codec(index = 1)]
		Serve,
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

	/// Executors that serve a version, and those who have stopped and are candidates of a session
	/// that draws can still need. Sorted by account and session.
	#[pallet::storage]
	pub type ServingExecutors<T: Config> =
		StorageMap<_, Twox64Concat, ModelId, ServingList<T>, ValueQuery>;

	/// Largest file and limits of the versions that can be registered.
	#[pallet::storage]
	pub type VersionMaxima<T: Config> = StorageValue<_, Maxima, ValueQuery, T::DefaultMaxima>;

	/// Blocks in which each engine takes requests, by engine id.
	#[pallet::storage]
	pub type Engines<T: Config> = CountedStorageMap<_, Identity, H256, Validity<BlockNumberFor<T>>>;

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

	/// Events of the registry.
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A version was registered.
		Registered {
			/// Number of the version.
			model: ModelId,
			/// Account that earns the royalty.
			owner: T::AccountId,
			/// BLAKE2b-256 of the file.
			model_hash: H256,
		},
		/// A version was removed and its deposit returned.
		Deregistered {
			/// Number of the version.
			model: ModelId,
		},
		/// An executor declared that it serves a version. It is drawn from the next session on that is
		/// not planned yet.
		Serving {
			/// Number of the version.
			model: ModelId,
			/// Operator of the executor.
			executor: T::AccountId,
		},
		/// An executor stopped serving a version, or gave way to one with more stake. It is not drawn
		/// any more.
		StoppedServing {
			/// Number of the version.
			model: ModelId,
			/// Operator of the executor.
			executor: T::AccountId,
		},
		/// The entries of an executor that serves no more were removed.
		ExecutorRemoved {
			/// Number of the version.
			model: ModelId,
			/// Operator of the executor.
			executor: T::AccountId,
		},
		/// Versions can be registered for an engine.
		EngineAdmitted {
			/// BLAKE2b-256 of the engine's WebAssembly.
			engine_id: H256,
			/// First block of requests to such versions.
			from: BlockNumberFor<T>,
		},
		/// The last block of an engine was set or moved.
		EngineRetired {
			/// BLAKE2b-256 of the engine's WebAssembly.
			engine_id: H256,
			/// First block without requests to its versions. Open requests are finished.
			until: BlockNumberFor<T>,
		},
		/// Versions can be registered within these maxima. Those that exist stay as they are.
		MaximaSet {
			/// Largest file and limits.
			maxima: Maxima,
		},
	}

	/// Causes for which a call is refused.
	#[pallet::error]
	pub enum Error<T> {
		/// No version has this number.
		UnknownModel,
		/// The signer does not own the version.
		NotOwner,
		/// The file is empty or larger than `VersionMaxima` allows.
		InvalidSize,
		/// The name is empty.
		EmptyName,
		/// The fuel of a run is zero or above `VersionMaxima`.
		InvalidFuel,
		/// The fuel of loading is zero or above `VersionMaxima`.
		InvalidLoadFuel,
		/// The memory is zero or above `VersionMaxima`.
		InvalidMemory,
		/// A maximum is above `MaximaCeiling`.
		AboveCeiling,
		/// The royalty is above `MaxRoyalty`.
		RoyaltyTooHigh,
		/// A dimension has no UTF-8 name or no size, or the names are not sorted and distinct.
		InvalidDims,
		/// The engine was never admitted. `Engines` lists those that were.
		UnknownEngine,
		/// The engine takes no requests any more. Register for a newer one.
		EngineRetired,
		/// The engine was admitted before.
		EngineAlreadyAdmitted,
		/// `MaxEngines` engines were admitted.
		TooManyEngines,
		/// The registered report is another. File, dimensions or engine differ, or one is wrong.
		ReportMismatch,
		/// The signer has no executor pool.
		NotExecutor,
		/// The signer's executor has no hot key, or is paused, leaving or convicted.
		NotEligible,
		/// The executor serves this version already.
		AlreadyServing,
		/// The executor does not serve this version.
		NotServing,
		/// `MaxServingExecutors` executors serve this version, each with at least as much weight.
		TooManyServingExecutors,
		/// The executor has a pool, and draws can still need its entries.
		NotRemovable,
		/// Executors still serve this version. They have to stop first. `remove_executor` removes
		/// those whose pool is closed.
		StillServed,
		/// All version numbers are used.
		NumbersExhausted,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn offchain_worker(block: BlockNumberFor<T>) {
			Self::prepare_served(block);
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
		/// Register a model version by the BLAKE2b-256 hash of its ONNX file.
		///
		/// ## Dispatch Origin
		/// Signed. The signer becomes the owner.
		///
		/// ## Details
		/// `ModelDeposit` is held from the owner until the version is removed. Only the engine
		/// `engine_id` runs the version.
		///
		/// ## Parameters
		/// - `model_hash`: BLAKE2b-256 of the file.
		/// - `size`: length of the file in bytes.
		/// - `name`: name for people, UTF-8. Need not be unique.
		/// - `engine_id`: id of an admitted engine.
		/// - `dims`: sizes of all symbolic dimensions of the file, sorted by name.
		/// - `limits`: what loading and running the version may take. The windows of its requests follow
		///   from them.
		/// - `royalty`: paid to the owner per attested request, in planck.
		/// - `report_hash`: BLAKE2b-256 of the engine's inspection report within these limits, as
		///   `opg model register` computes it. Executors find the same before they serve.
		///
		/// ## Errors
		/// - [`Error::InvalidSize`]: if `size` is zero or above `VersionMaxima`.
		/// - [`Error::EmptyName`]: if `name` is empty.
		/// - [`Error::InvalidFuel`], [`Error::InvalidLoadFuel`], [`Error::InvalidMemory`]: if that limit
		///   is zero or above `VersionMaxima`.
		/// - [`Error::RoyaltyTooHigh`]: if `royalty` is above `MaxRoyalty`.
		/// - [`Error::InvalidDims`]: if a dimension has no UTF-8 name or no size, or if the names
		///   are not sorted and distinct.
		/// - [`Error::UnknownEngine`]: if `engine_id` was never admitted.
		/// - [`Error::EngineRetired`]: if the engine takes no requests any more.
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
		) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			Self::do_register(Model {
				owner,
				model_hash,
				size,
				name,
				engine_id,
				dims,
				limits,
				royalty,
				report_hash,
			})
		}

		/// Remove a version that nobody serves, and return its deposit.
		///
		/// ## Dispatch Origin
		/// Signed by the owner.
		///
		/// ## Details
		/// Open requests to the version are finished.
		///
		/// ## Parameters
		/// - `model`: number of the version.
		///
		/// ## Errors
		/// - [`Error::UnknownModel`]: if no version has this number.
		/// - [`Error::NotOwner`]: if the signer does not own the version.
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
		/// ## Parameters
		/// - `engine_id`: BLAKE2b-256 of the WebAssembly, as `opg-node engines id` prints it.
		/// - `from`: first block of requests. A block in the past means this one.
		///
		/// ## Errors
		/// - [`Error::EngineAlreadyAdmitted`]: if the engine was admitted before.
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
			T::GovernanceOrigin::ensure_origin(origin)?;
			Self::do_admit_engine(engine_id, from)
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
			T::GovernanceOrigin::ensure_origin(origin)?;
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
	}
}
