//! # Staking pallet
//!
//! Stake pools of executors: an operator bonds, OPG holders delegate, faults cost the pool. A pool
//! keeps shares as a vault does, so a reward or a slash is O(1) in the number of delegators. The
//! stake that the draw uses is a snapshot per session, taken before any randomness that is used
//! in that session can be known.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod calls;
#[cfg(test)]
#[allow(missing_docs, clippy::unwrap_used)]
mod mock;
mod pools;
mod sessions;
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
	use alloc::vec::Vec;
	use frame_support::{pallet_prelude::*, traits::fungible, PalletId};
	use frame_system::pallet_prelude::*;
	use opg_primitives::{Balance, ExecutorKey, ExecutorSignature};
	use pallet_opg_support::Fault;
	use sp_runtime::Perbill;

	/// Configuration.
	#[pallet::config]
	pub trait Config:
		frame_system::Config<RuntimeEvent: From<Event<Self>>, Hash = sp_core::H256>
	{
		/// The OPG token.
		type Currency: fungible::Balanced<Self::AccountId, Balance = Balance>
			+ fungible::Mutate<Self::AccountId>;
		/// The account that holds the stake of all pools.
		#[pallet::constant]
		type PalletId: Get<PalletId>;
		/// Least that an operator bonds, in planck.
		#[pallet::constant]
		type MinBond: Get<Balance>;
		/// Least that is delegated at once, in planck.
		#[pallet::constant]
		type MinDelegation: Get<Balance>;
		/// Most pools.
		#[pallet::constant]
		type MaxPools: Get<u32>;
		/// Share of the pool that a wrong or a missing answer costs.
		#[pallet::constant]
		type WrongSlash: Get<Perbill>;
		/// Share of the pool that a missed commitment costs.
		#[pallet::constant]
		type MissSlash: Get<Perbill>;
		/// Missed commitments in a row after which an executor rests.
		#[pallet::constant]
		type MaxMisses: Get<u8>;
	}

	/// The pallet.
	#[pallet::pallet]
	pub struct Pallet<T>(_);

	/// The pool of each operator.
	#[pallet::storage]
	pub type Pools<T: Config> = CountedStorageMap<_, Blake2_128Concat, T::AccountId, Pool>;

	/// Shares of a delegator (second key) in the pool of an operator (first key).
	#[pallet::storage]
	pub type Shares<T: Config> = StorageDoubleMap<
		_,
		Blake2_128Concat,
		T::AccountId,
		Blake2_128Concat,
		T::AccountId,
		u128,
		ValueQuery,
	>;

	/// The operator that a hot key attests for.
	#[pallet::storage]
	pub type HotKeys<T: Config> = StorageMap<_, Blake2_128Concat, ExecutorKey, T::AccountId>;

	/// Stake of every active pool at the time a session was planned, sorted by operator. Kept for
	/// the current session and the planned one.
	#[pallet::storage]
	pub type Snapshots<T: Config> = StorageMap<
		_,
		Twox64Concat,
		u32,
		BoundedVec<(T::AccountId, Balance), T::MaxPools>,
		ValueQuery,
	>;

	/// Index of the current session.
	#[pallet::storage]
	pub type CurrentSession<T> = StorageValue<_, u32, ValueQuery>;

	/// Pools at genesis.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// Operator, bond in planck, hot key.
		pub pools: Vec<(T::AccountId, Balance, ExecutorKey)>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			for (operator, amount, key) in &self.pools {
				Pallet::<T>::open_pool(operator, *amount, key.clone())
					.expect("genesis pools are funded and distinct");
			}
			// `pallet-session` may have planned the first two sessions before these pools existed.
			Pallet::<T>::plan_session(0);
			Pallet::<T>::plan_session(1);
		}
	}

	/// What happened.
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// An operator opened a pool.
		Bonded {
			/// The operator.
			operator: T::AccountId,
			/// Its bond, in planck.
			amount: Balance,
		},
		/// OPG was added to a pool for shares.
		Delegated {
			/// The operator.
			operator: T::AccountId,
			/// Who delegated.
			delegator: T::AccountId,
			/// How much, in planck.
			amount: Balance,
			/// Shares received.
			shares: u128,
		},
		/// A pool earned.
		Rewarded {
			/// The operator.
			operator: T::AccountId,
			/// How much, in planck.
			amount: Balance,
		},
		/// A pool lost stake, which was burned.
		Slashed {
			/// The operator.
			operator: T::AccountId,
			/// How much, in planck.
			amount: Balance,
			/// For what.
			fault: Fault,
		},
		/// An executor missed too often and is not drawn until it resumes.
		Rested {
			/// The operator.
			operator: T::AccountId,
		},
		/// An executor asked to be drawn again.
		Resumed {
			/// The operator.
			operator: T::AccountId,
		},
	}

	/// What went wrong.
	#[pallet::error]
	pub enum Error<T> {
		/// The operator has a pool already.
		AlreadyBonded,
		/// There is no pool of this operator.
		UnknownPool,
		/// Less than the minimum bond.
		BondTooSmall,
		/// Less than the minimum delegation, or too little for one share.
		DelegationTooSmall,
		/// As many pools as are allowed exist.
		TooManyPools,
		/// The hot key belongs to an operator already.
		KeyTaken,
		/// The hot key did not sign for this operator on this chain.
		BadProof,
		/// The pool was slashed to nothing: its shares have no price.
		PoolDrained,
		/// The pool is not resting.
		NotResting,
		/// The amount is out of range.
		Overflow,
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
		/// Open an executor pool with a bond. It counts from the session after the next.
		///
		/// ## Dispatch Origin
		/// Signed by the operator.
		///
		/// ## Parameters
		/// - `amount`: the bond in planck; leaves the account for the pool.
		/// - `hot_key`: the key that attests. It can do nothing else.
		/// - `proof`: the hot key's signature over genesis hash and operator.
		///
		/// ## Errors
		/// `AlreadyBonded`, `BondTooSmall`, `TooManyPools`, `KeyTaken`, `BadProof`.
		///
		/// ## Events
		/// `Bonded`.
		#[pallet::call_index(0)]
		#[pallet::weight(Weight::from_parts(150_000_000, 8_000) + T::DbWeight::get().reads_writes(6, 6))]
		pub fn bond(
			origin: OriginFor<T>,
			amount: Balance,
			hot_key: ExecutorKey,
			proof: ExecutorSignature,
		) -> DispatchResult {
			let operator = ensure_signed(origin)?;
			Self::do_bond(operator, amount, hot_key, proof)
		}

		/// Add OPG to a pool for shares of it. Undelegation does not exist yet.
		///
		/// ## Dispatch Origin
		/// Signed by any account.
		///
		/// ## Parameters
		/// - `operator`: whose pool.
		/// - `amount`: in planck.
		///
		/// ## Errors
		/// `UnknownPool`, `DelegationTooSmall`, `PoolDrained`.
		///
		/// ## Events
		/// `Delegated`.
		#[pallet::call_index(1)]
		#[pallet::weight(Weight::from_parts(80_000_000, 8_000) + T::DbWeight::get().reads_writes(4, 4))]
		pub fn delegate(
			origin: OriginFor<T>,
			operator: T::AccountId,
			amount: Balance,
		) -> DispatchResult {
			let delegator = ensure_signed(origin)?;
			Self::do_delegate(operator, delegator, amount)
		}

		/// Be drawn again after resting.
		///
		/// ## Dispatch Origin
		/// Signed by the operator.
		///
		/// ## Errors
		/// `UnknownPool`, `NotResting`.
		///
		/// ## Events
		/// `Resumed`.
		#[pallet::call_index(2)]
		#[pallet::weight(Weight::from_parts(30_000_000, 4_000) + T::DbWeight::get().reads_writes(1, 1))]
		pub fn resume(origin: OriginFor<T>) -> DispatchResult {
			let operator = ensure_signed(origin)?;
			Self::do_resume(operator)
		}
	}
}
