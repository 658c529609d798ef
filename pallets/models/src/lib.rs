//! # Models pallet
//!
//! Model owners register a model version by the content hash of its ONNX file; executors declare
//! which versions they serve. It also records which engines may be used from which block. The chain
//! never holds model bytes.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod calls;
#[cfg(test)]
#[allow(missing_docs, clippy::unwrap_used)]
mod mock;
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

// A version has so many properties, and the macros repeat them.
#[allow(clippy::too_many_arguments)]
#[frame_support::pallet]
pub mod pallet {
	use super::{types::*, weights::WeightInfo};
	use frame_support::{pallet_prelude::*, traits::fungible};
	use frame_system::pallet_prelude::*;
	use opg_primitives::{Dims, Fuel, ModelId};
	use pallet_opg_support::ExecutorPools;
	use sp_core::H256;

	/// Configuration.
	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// The OPG token.
		type Currency: fungible::MutateHold<
			Self::AccountId,
			Balance = opg_primitives::Balance,
			Reason: From<HoldReason>,
		>;
		/// The executor pools: only operators with a pool can serve.
		type Pools: ExecutorPools<Self::AccountId>;
		/// Held from the owner while a version is registered, in planck.
		#[pallet::constant]
		type ModelDeposit: Get<opg_primitives::Balance>;
		/// Held from an executor while it serves a version, in planck.
		#[pallet::constant]
		type ServeDeposit: Get<opg_primitives::Balance>;
		/// Most executors that can serve one version.
		#[pallet::constant]
		type MaxServers: Get<u32>;
		/// Largest model file, in bytes.
		#[pallet::constant]
		type MaxModelBytes: Get<u32>;
		/// Largest fuel limit of one inference.
		#[pallet::constant]
		type MaxFuel: Get<Fuel>;
		/// Largest royalty, in planck.
		#[pallet::constant]
		type MaxRoyalty: Get<opg_primitives::Balance>;
		/// Most engines that are ever admitted.
		#[pallet::constant]
		type MaxEngines: Get<u32>;
		/// Who admits and retires engines.
		type GovernanceOrigin: EnsureOrigin<Self::RuntimeOrigin>;
		/// What the calls cost.
		type WeightInfo: WeightInfo;
	}

	/// Why this pallet holds funds.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// For a registered version.
		#[codec(index = 0)]
		Model,
		/// For serving a version.
		#[codec(index = 1)]
		Serve,
	}

	/// The pallet.
	#[pallet::pallet]
	pub struct Pallet<T>(_);

	/// Number of the next version.
	#[pallet::storage]
	pub type NextModelId<T> = StorageValue<_, ModelId, ValueQuery>;

	/// Registered versions.
	#[pallet::storage]
	pub type Models<T: Config> = StorageMap<_, Twox64Concat, ModelId, ModelOf<T>>;

	/// Who serves a version, sorted by account.
	#[pallet::storage]
	pub type Servers<T: Config> =
		StorageMap<_, Twox64Concat, ModelId, BoundedVec<T::AccountId, T::MaxServers>, ValueQuery>;

	/// Engines by id, the BLAKE2b-256 of their WebAssembly, and when they may be used.
	#[pallet::storage]
	pub type Engines<T: Config> = CountedStorageMap<_, Identity, H256, Validity<BlockNumberFor<T>>>;

	/// Engines that may be used from the start.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// Engine ids.
		pub engines: alloc::vec::Vec<H256>,
		#[doc(hidden)]
		#[serde(skip)]
		pub _config: core::marker::PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			for engine in &self.engines {
				Pallet::<T>::do_admit_engine(*engine, Default::default())
					.expect("the engines of genesis differ and are not too many");
			}
		}
	}

	/// What happened.
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A version was registered.
		Registered {
			/// Its number.
			model: ModelId,
			/// Its owner.
			owner: T::AccountId,
			/// Content hash of the file.
			hash: H256,
		},
		/// A version was removed and its deposit returned.
		Deregistered {
			/// Its number.
			model: ModelId,
		},
		/// An executor declared that it serves a version.
		Serving {
			/// The version.
			model: ModelId,
			/// The executor.
			executor: T::AccountId,
		},
		/// An executor no longer serves a version.
		StoppedServing {
			/// The version.
			model: ModelId,
			/// The executor.
			executor: T::AccountId,
		},
		/// Versions can be registered for an engine.
		EngineAdmitted {
			/// Its id.
			engine: H256,
			/// The first block of requests to such versions.
			from: BlockNumberFor<T>,
		},
		/// An engine has an end.
		EngineRetired {
			/// Its id.
			engine: H256,
			/// The first block without requests to its versions. Open ones are finished.
			until: BlockNumberFor<T>,
		},
	}

	/// What went wrong.
	#[pallet::error]
	pub enum Error<T> {
		/// There is no version with this number.
		UnknownModel,
		/// Only the owner may do this.
		NotOwner,
		/// The file is empty or larger than `MaxModelBytes`.
		BadSize,
		/// The name is empty.
		EmptyName,
		/// The fuel limit is zero or over `MaxFuel`.
		BadFuelLimit,
		/// The royalty is over `MaxRoyalty`.
		RoyaltyTooHigh,
		/// The dimensions are not named in order, each once, in UTF-8, with a size over zero.
		BadDims,
		/// No such engine was admitted. See `Engines` for those that were.
		UnknownEngine,
		/// The engine's time is over: register for a newer one.
		EngineRetired,
		/// The engine was admitted before.
		EngineAdmitted,
		/// As many engines as are allowed were admitted.
		TooManyEngines,
		/// The report is not the registered one: file, dimensions or engine differ, or it is wrong.
		OtherReport,
		/// Only an operator with an executor pool can serve.
		NotExecutor,
		/// The executor serves this version already.
		AlreadyServing,
		/// The executor does not serve this version.
		NotServing,
		/// As many executors as are allowed serve this version.
		TooManyServers,
		/// Executors still serve this version: they stop first.
		StillServed,
		/// All version numbers are used.
		NumbersExhausted,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
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
		/// Signed. The signer becomes the owner; `ModelDeposit` is held.
		///
		/// ## Parameters
		/// - `hash`: BLAKE2b-256 of the file.
		/// - `size`: length of the file in bytes.
		/// - `name`: for people; need not be unique.
		/// - `engine`: id of an admitted engine. Only with this one do executors run the version.
		/// - `dims`: sizes of all symbolic dimensions of the file, in the order of their names.
		/// - `max_fuel`: fuel limit of one inference.
		/// - `royalty`: paid to the owner per attested request, in planck.
		/// - `report`: BLAKE2b-256 of the engine's inspection report within these limits, as
		///   `opg model register` computes it. Executors find the same before they serve.
		///
		/// ## Errors
		/// `BadSize`, `EmptyName`, `BadFuelLimit`, `RoyaltyTooHigh`, `BadDims`, `UnknownEngine`,
		/// `EngineRetired`.
		///
		/// ## Events
		/// `Registered`.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::register())]
		pub fn register(
			origin: OriginFor<T>,
			hash: H256,
			size: u32,
			name: ModelName,
			engine: H256,
			dims: Dims,
			max_fuel: Fuel,
			royalty: opg_primitives::Balance,
			report: H256,
		) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			Self::do_register(Model {
				owner,
				hash,
				size,
				name,
				engine,
				dims,
				max_fuel,
				royalty,
				report,
			})
		}

		/// Remove a version that nobody serves and return its deposit.
		///
		/// ## Dispatch Origin
		/// Signed by the owner.
		///
		/// ## Errors
		/// `UnknownModel`, `NotOwner`, `StillServed`.
		///
		/// ## Events
		/// `Deregistered`.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::deregister())]
		pub fn deregister(origin: OriginFor<T>, model: ModelId) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			Self::do_deregister(owner, model)
		}

		/// Declare that the signer's node has the model file and runs the version when drawn.
		/// The node has inspected the file.
		///
		/// ## Dispatch Origin
		/// Signed by an operator with an executor pool; `ServeDeposit` is held.
		///
		/// ## Parameters
		/// - `model`: the version.
		/// - `report`: BLAKE2b-256 of the inspection report that the signer's own engine gave.
		///
		/// ## Errors
		/// `UnknownModel`, `OtherReport`, `NotExecutor`, `AlreadyServing`, `TooManyServers`.
		///
		/// ## Events
		/// `Serving`.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::serve())]
		pub fn serve(origin: OriginFor<T>, model: ModelId, report: H256) -> DispatchResult {
			let executor = ensure_signed(origin)?;
			Self::do_serve(executor, model, report)
		}

		/// Stop serving a version. Rounds that the executor was drawn for go on.
		///
		/// ## Dispatch Origin
		/// Signed by the executor.
		///
		/// ## Errors
		/// `NotServing`.
		///
		/// ## Events
		/// `StoppedServing`.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::stop_serving())]
		pub fn stop_serving(origin: OriginFor<T>, model: ModelId) -> DispatchResult {
			let executor = ensure_signed(origin)?;
			Self::do_stop_serving(executor, model)
		}

		/// Let versions be registered for an engine, and requested from a block on.
		///
		/// ## Dispatch Origin
		/// Governance.
		///
		/// ## Parameters
		/// - `engine`: BLAKE2b-256 of the WebAssembly module, as `opg-node engines id` prints it.
		/// - `from`: the first block of requests; this one, if it has passed.
		///
		/// ## Errors
		/// `EngineAdmitted`, `TooManyEngines`.
		///
		/// ## Events
		/// `EngineAdmitted`.
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::admit_engine())]
		pub fn admit_engine(
			origin: OriginFor<T>,
			engine: H256,
			from: BlockNumberFor<T>,
		) -> DispatchResult {
			T::GovernanceOrigin::ensure_origin(origin)?;
			Self::do_admit_engine(engine, from)
		}

		/// Let an engine end. Its versions take no requests from a block on; open ones are finished.
		/// Can be repeated until that block, to move it.
		///
		/// ## Dispatch Origin
		/// Governance.
		///
		/// ## Parameters
		/// - `engine`: the engine's id.
		/// - `until`: the first block without requests; this one, if it has passed.
		///
		/// ## Errors
		/// `UnknownEngine`, `EngineRetired`.
		///
		/// ## Events
		/// `EngineRetired`.
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::retire_engine())]
		pub fn retire_engine(
			origin: OriginFor<T>,
			engine: H256,
			until: BlockNumberFor<T>,
		) -> DispatchResult {
			T::GovernanceOrigin::ensure_origin(origin)?;
			Self::do_retire_engine(engine, until)
		}
	}
}
