//! # Models pallet
//!
//! Model owners register a model version by the content hash of its ONNX file; executors declare
//! which versions they serve. The chain never holds model bytes.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

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

pub use pallet::*;
pub use types::*;

#[frame_support::pallet]
pub mod pallet {
	use super::types::*;
	use frame_support::{pallet_prelude::*, traits::fungible};
	use frame_system::pallet_prelude::*;
	use opg_primitives::{Fuel, ModelId};
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
		/// - `engine`: engine id. An executor whose node has another engine cannot run the version.
		/// - `max_fuel`: fuel limit of one inference.
		/// - `royalty`: paid to the owner per attested request, in planck.
		///
		/// ## Errors
		/// `BadSize`, `EmptyName`, `BadFuelLimit`, `RoyaltyTooHigh`.
		///
		/// ## Events
		/// `Registered`.
		#[pallet::call_index(0)]
		#[pallet::weight(Weight::from_parts(60_000_000, 8_000) + T::DbWeight::get().reads_writes(4, 4))]
		pub fn register(
			origin: OriginFor<T>,
			hash: H256,
			size: u32,
			name: ModelName,
			engine: H256,
			max_fuel: Fuel,
			royalty: opg_primitives::Balance,
		) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			Self::do_register(Model { owner, hash, size, name, engine, max_fuel, royalty })
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
		#[pallet::weight(Weight::from_parts(60_000_000, 40_000) + T::DbWeight::get().reads_writes(4, 4))]
		pub fn deregister(origin: OriginFor<T>, model: ModelId) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			Self::do_deregister(owner, model)
		}

		/// Declare that the signer's node has the file and runs the version when drawn.
		///
		/// ## Dispatch Origin
		/// Signed by an operator with an executor pool; `ServeDeposit` is held.
		///
		/// ## Errors
		/// `UnknownModel`, `NotExecutor`, `AlreadyServing`, `TooManyServers`.
		///
		/// ## Events
		/// `Serving`.
		#[pallet::call_index(2)]
		#[pallet::weight(Weight::from_parts(60_000_000, 40_000) + T::DbWeight::get().reads_writes(5, 3))]
		pub fn serve(origin: OriginFor<T>, model: ModelId) -> DispatchResult {
			let executor = ensure_signed(origin)?;
			Self::do_serve(executor, model)
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
		#[pallet::weight(Weight::from_parts(60_000_000, 40_000) + T::DbWeight::get().reads_writes(3, 3))]
		pub fn stop_serving(origin: OriginFor<T>, model: ModelId) -> DispatchResult {
			let executor = ensure_signed(origin)?;
			Self::do_stop_serving(executor, model)
		}
	}
}
