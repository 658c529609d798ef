//! # Inference pallet
//!
//! Takes requests with escrow, draws the committee from later randomness, pays or refunds.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod calls;
mod draw;
mod settle;
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
	use opg_primitives::{Balance, BlockNumber, Fuel, Input, ModelId, RequestId, RoundIndex};
	use pallet_opg_support::{Committees, ExecutorPools, FailureReason, ModelRegistry};
	use sp_core::H256;

	/// Configuration.
	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>, Hash = H256> {
		/// The OPG token.
		type Currency: fungible::BalancedHold<Self::AccountId, Balance = Balance>
			+ fungible::MutateHold<Self::AccountId, Reason: From<HoldReason>>
			+ fungible::Balanced<Self::AccountId, Balance = Balance>;
		/// Models and who serves them.
		type Models: ModelRegistry<Self::AccountId, Balance>;
		/// The executors' stake.
		type Pools: ExecutorPools<
			Self::AccountId,
			Credit = fungible::Credit<Self::AccountId, Self::Currency>,
		>;
		/// Where drawn committees work.
		type Committees: Committees<Self::AccountId>;
		/// VRF output of the parent block, where it has one.
		type ParentVrf: Get<Option<[u8; 32]>>;
		/// Planck per fuel and executor.
		#[pallet::constant]
		type FuelPrice: Get<Balance>;
		/// Held from the requester for the storage of a request until it is pruned, in planck.
		#[pallet::constant]
		type RequestDeposit: Get<Balance>;
		/// Executors in the first committee.
		#[pallet::constant]
		type CommitteeSize: Get<u32>;
		/// Most requests, and most draws, per block.
		#[pallet::constant]
		type MaxDraws: Get<u32>;
		/// Blocks from inclusion to pruning. Longer than both rounds together.
		#[pallet::constant]
		type Lifetime: Get<BlockNumber>;
	}

	/// Why this pallet holds funds.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// The most that a request can cost.
		#[codec(index = 0)]
		Escrow,
		/// For the storage of a request.
		#[codec(index = 1)]
		Deposit,
	}

	/// The pallet.
	#[pallet::pallet]
	pub struct Pallet<T>(_);

	/// Number of the next request.
	#[pallet::storage]
	pub type NextRequestId<T> = StorageValue<_, RequestId, ValueQuery>;

	/// Requests that are open or kept.
	#[pallet::storage]
	pub type Requests<T: Config> = StorageMap<_, Twox64Concat, RequestId, RequestOf<T>>;

	/// Inputs of the requests.
	#[pallet::storage]
	pub type Inputs<T> = StorageMap<_, Twox64Concat, RequestId, Input>;

	/// Rounds to draw at the start of a block.
	#[pallet::storage]
	pub type Draws<T: Config> = StorageMap<
		_,
		Twox64Concat,
		BlockNumberFor<T>,
		BoundedVec<(RequestId, RoundIndex), T::MaxDraws>,
		ValueQuery,
	>;

	/// Requests to prune at the start of a block.
	#[pallet::storage]
	pub type Expiries<T: Config> = StorageMap<
		_,
		Twox64Concat,
		BlockNumberFor<T>,
		BoundedVec<RequestId, T::MaxDraws>,
		ValueQuery,
	>;

	/// What happened.
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A request was accepted and its escrow held.
		Requested {
			/// Its number.
			request: RequestId,
			/// Who pays.
			requester: T::AccountId,
			/// The model version.
			model: ModelId,
			/// Escrow, in planck.
			escrow: Balance,
		},
		/// A committee was drawn.
		Drawn {
			/// The request.
			request: RequestId,
			/// The round.
			round: RoundIndex,
			/// The executors, in draw order.
			committee: alloc::vec::Vec<T::AccountId>,
		},
		/// A request has an attested answer and was paid for.
		Attested {
			/// The request.
			request: RequestId,
			/// Digest of the answer.
			digest: H256,
			/// Fuel of the answer.
			fuel: Fuel,
			/// Charged in total, in planck.
			fee: Balance,
		},
		/// A request ended without an answer and was refunded.
		Failed {
			/// The request.
			request: RequestId,
			/// Why.
			reason: FailureReason,
		},
		/// A request was removed and its deposit returned.
		Pruned {
			/// The request.
			request: RequestId,
		},
	}

	/// What went wrong.
	#[pallet::error]
	pub enum Error<T> {
		/// There is no model version with this number.
		UnknownModel,
		/// Fewer executors serve this model than a committee has seats, not counting the
		/// requester and the model owner.
		NotEnoughExecutors,
		/// The request costs more than `max_fee`; ask the runtime API `estimate`.
		MaxFeeTooLow,
		/// The block takes no more requests; try the next one.
		Congested,
		/// The circuit breaker tripped: no requests until governance resumes slashing.
		Paused,
		/// The fee does not fit.
		Overflow,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(now: BlockNumberFor<T>) -> Weight {
			let pruned = Self::prune(now);
			let drawn = Self::draw_due(now);
			let db = T::DbWeight::get();
			// Per draw: the request, the round, two deadlines; the candidates are read once a block.
			db.reads_writes(4, 2)
				+ (db.reads_writes(8, 6) + Weight::from_parts(100_000_000, 4_096))
					.saturating_mul(u64::from(drawn))
				+ (db.reads_writes(5, 5) + Weight::from_parts(50_000_000, 4_096))
					.saturating_mul(u64::from(pruned))
		}

		fn integrity_test() {
			assert!(T::CommitteeSize::get() > 0, "a committee has a seat");
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Ask for an inference by a committee of executors.
		///
		/// ## Dispatch Origin
		/// Signed. The most that the request can cost is held, and a deposit until it is pruned.
		///
		/// ## Parameters
		/// - `model`: the model version.
		/// - `input`: encoded input tensors.
		/// - `max_fee`: the most that the signer is willing to pay, in planck.
		///
		/// ## Errors
		/// `UnknownModel`, `NotEnoughExecutors`, `MaxFeeTooLow`, `Congested`.
		///
		/// ## Events
		/// `Requested`; later `Drawn`, then `Attested` or `Failed`, then `Pruned`.
		#[pallet::call_index(0)]
		#[pallet::weight(
			Weight::from_parts(120_000_000, 40_000).saturating_add(T::DbWeight::get().reads_writes(8, 7))
		)]
		pub fn request(
			origin: OriginFor<T>,
			model: ModelId,
			input: Input,
			max_fee: Balance,
		) -> DispatchResult {
			let requester = ensure_signed(origin)?;
			Self::do_request(requester, model, input, max_fee)
		}
	}
}
