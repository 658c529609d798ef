//! # Attestation pallet
//!
//! Committees commit to answers, then reveal them; the pallet compares. Executors submit with
//! authorized transactions, feeless and batched, signed by a hot key. It moves no money: it tells
//! the staking and the inference pallet what was decided.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod authorize;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod cost;
mod offchain;
mod rounds;
mod tally;
#[cfg(any(feature = "try-runtime", feature = "std"))]
mod try_state;
mod types;
pub mod weights;

pub use authorize::reject;
pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

#[frame_support::pallet]
pub mod pallet {
	use super::{types::*, weights::WeightInfo};
	use frame_support::pallet_prelude::*;
	use frame_system::{offchain::CreateAuthorizedTransaction, pallet_prelude::*};
	use opg_primitives::{
		Answer, BlockNumber, ExecutorSignature, RequestId, RoundIndex, Unavailable,
		MAX_OUTPUT_BYTES,
	};
	use pallet_opg_support::{ExecutorPools, Requests};
	use sp_core::H256;

	/// Configuration.
	#[pallet::config]
	pub trait Config:
		frame_system::Config<RuntimeEvent: From<Event<Self>>, Hash = H256>
		+ CreateAuthorizedTransaction<Call<Self>>
	{
		/// The executors' stake and keys.
		type Pools: ExecutorPools<Self::AccountId>;
		/// Where decisions go.
		type Requests: Requests<Self::AccountId>;
		/// Blocks from the draw to the commit deadline.
		#[pallet::constant]
		type CommitBlocks: Get<BlockNumber>;
		/// Blocks from the commit deadline to the reveal deadline.
		#[pallet::constant]
		type RevealBlocks: Get<BlockNumber>;
		/// Most rounds that are opened per block.
		#[pallet::constant]
		type MaxRoundsPerBlock: Get<u32>;
		/// What passing the deadlines of a block may cost: the rest is put off.
		#[pallet::constant]
		type DeadlineWeight: Get<Weight>;
		/// What calls and hooks cost.
		type WeightInfo: WeightInfo;
	}

	/// The pallet.
	#[pallet::pallet]
	pub struct Pallet<T>(_);

	/// What the committees of a request did. Kept until the request is pruned.
	#[pallet::storage]
	pub type Records<T: Config> = StorageMap<_, Twox64Concat, RequestId, RecordOf<T>>;

	/// Answers that differ from the one that the record of the request keeps, by digest. Kept until
	/// the request is judged or pruned.
	#[pallet::storage]
	pub type Answers<T: Config> =
		StorageDoubleMap<_, Twox64Concat, RequestId, Identity, H256, Answer>;

	/// Rounds with a deadline at a block.
	/// Once for the commit deadline and once for the reveal deadline, each at a fixed distance from
	/// the draw.
	#[pallet::storage]
	pub type Deadlines<T: Config> = StorageMap<
		_,
		Twox64Concat,
		(BlockNumberFor<T>, Deadline),
		BoundedVec<(RequestId, RoundIndex), T::MaxRoundsPerBlock>,
		ValueQuery,
	>;

	/// What happened.
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// An executor committed to an answer.
		Committed {
			/// The request.
			request: RequestId,
			/// The round.
			round: RoundIndex,
			/// The executor.
			executor: T::AccountId,
			/// The commitment.
			commitment: H256,
		},
		/// An executor revealed its answer.
		Revealed {
			/// The request.
			request: RequestId,
			/// The round.
			round: RoundIndex,
			/// The executor.
			executor: T::AccountId,
			/// Digest of the answer.
			digest: H256,
		},
		/// An executor gave its seat up. It costs what a missed commitment costs.
		Declined {
			/// The request.
			request: RequestId,
			/// The round.
			round: RoundIndex,
			/// The executor.
			executor: T::AccountId,
			/// Why.
			reason: Unavailable,
		},
	}

	/// What went wrong. Not reached by an authorized transaction.
	#[pallet::error]
	pub enum Error<T> {
		/// The round changed between authorization and dispatch.
		RoundChanged,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(now: BlockNumberFor<T>) -> Weight {
			Self::pass_deadlines(now)
		}

		fn offchain_worker(now: BlockNumberFor<T>) {
			Self::work(now);
		}

		fn integrity_test() {
			let max = T::BlockWeights::get()
				.get(DispatchClass::Normal)
				.max_extrinsic
				.unwrap_or(T::BlockWeights::get().max_block);
			let most_bytes = MAX_BATCH * MAX_OUTPUT_BYTES;
			for batch in [
				Self::most_of_commit(MAX_BATCH)
					.saturating_add(Self::most_of_authorize_commit(MAX_BATCH)),
				Self::most_of_reveal(MAX_BATCH, most_bytes)
					.saturating_add(Self::most_of_authorize_reveal(MAX_BATCH, most_bytes)),
				Self::most_of_decline(MAX_BATCH)
					.saturating_add(Self::most_of_authorize_decline(MAX_BATCH)),
			] {
				assert!(batch.all_lte(max), "a full batch fits the block: {batch:?}");
			}
			let most = Self::most_of_deadlines().saturating_add(Self::most_of_tally());
			assert!(
				most.all_lte(T::DeadlineWeight::get()),
				"the deadlines of a block leave time to end a round: {most:?}"
			);
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Record commitments of one executor.
		///
		/// ## Dispatch Origin
		/// Authorized: the hot key of `batch.executor` signed, it was drawn for each round, none
		/// is committed yet and all are before their deadline. Feeless.
		///
		/// ## Events
		/// `Committed` for each.
		#[pallet::call_index(0)]
		#[pallet::weight((
			Pallet::<T>::most_of_commit(batch.items.len() as u32),
			DispatchClass::Normal,
			Pays::No,
		))]
		#[pallet::weight_of_authorize(Pallet::<T>::most_of_authorize_commit(batch.items.len() as u32))]
		#[pallet::authorize(|_source, batch, signature| Pallet::<T>::authorize_commit(batch, signature))]
		pub fn commit(
			origin: OriginFor<T>,
			batch: CommitBatchOf<T>,
			signature: ExecutorSignature,
		) -> DispatchResultWithPostInfo {
			ensure_authorized(origin)?;
			let _ = signature;
			Ok((Some(Self::do_commit(batch)?), Pays::No).into())
		}

		/// Record revealed answers of one executor. The last reveal of a round decides it.
		///
		/// ## Dispatch Origin
		/// Authorized: the hot key of `batch.executor` signed, each answer and salt fit the
		/// commitment, none is revealed yet and all are before their deadline. Feeless.
		///
		/// ## Events
		/// `Revealed` for each; what follows from a decision.
		#[pallet::call_index(1)]
		#[pallet::weight((
			Pallet::<T>::most_of_reveal(batch.items.len() as u32, batch.answer_bytes()),
			DispatchClass::Normal,
			Pays::No,
		))]
		#[pallet::weight_of_authorize(Pallet::<T>::most_of_authorize_reveal(
			batch.items.len() as u32,
			batch.answer_bytes(),
		))]
		#[pallet::authorize(|_source, batch, signature| Pallet::<T>::authorize_reveal(batch, signature))]
		pub fn reveal(
			origin: OriginFor<T>,
			batch: RevealBatchOf<T>,
			signature: ExecutorSignature,
		) -> DispatchResultWithPostInfo {
			ensure_authorized(origin)?;
			let _ = signature;
			Ok((Some(Self::do_reveal(batch)?), Pays::No).into())
		}

		/// Give seats of one executor up, because its node cannot run the model at all.
		/// Costs what missed commitments cost, and spares the requester the wait for the deadline.
		///
		/// ## Dispatch Origin
		/// Authorized: as for `commit`. Feeless.
		///
		/// ## Events
		/// `Declined` for each; what follows where nobody is left to wait for.
		#[pallet::call_index(2)]
		#[pallet::weight((
			Pallet::<T>::most_of_decline(batch.items.len() as u32),
			DispatchClass::Normal,
			Pays::No,
		))]
		#[pallet::weight_of_authorize(Pallet::<T>::most_of_authorize_decline(batch.items.len() as u32))]
		#[pallet::authorize(|_source, batch, signature| Pallet::<T>::authorize_decline(batch, signature))]
		pub fn decline(
			origin: OriginFor<T>,
			batch: DeclineBatchOf<T>,
			signature: ExecutorSignature,
		) -> DispatchResultWithPostInfo {
			ensure_authorized(origin)?;
			let _ = signature;
			Ok((Some(Self::do_decline(batch)?), Pays::No).into())
		}
	}
}
