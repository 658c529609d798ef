#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod answers;
mod authorize;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod calls;
mod deadlines;
mod interface;
#[cfg(test)]
mod mock;
mod offchain;
pub mod reject;
mod rounds;
mod tally;
#[cfg(test)]
mod tests;
#[cfg(any(feature = "try-runtime", feature = "std"))]
mod try_state;
mod types;
mod weight_bounds;
pub mod weights;

pub use pallet::*;
pub use tally::Tally;
pub use types::*;
pub use weights::WeightInfo;

#[frame_support::pallet]
pub mod pallet {
	use super::{types::*, weights::WeightInfo};
	use frame_support::{migrations::MultiStepMigrator, pallet_prelude::*};
	use frame_system::{offchain::CreateAuthorizedTransaction, pallet_prelude::*};
	use opg_primitives::{
		Answer, BlockNumber, ExecutorSignature, JobError, RequestId, RoundIndex, MAX_OUTPUT_BYTES,
	};
	use pallet_opg_support::{
		weight_budget::{assert_fits, max_transaction_weight},
		ExecutorDirectory, ExecutorLedger, OnRoundDecided, TaskSource,
	};
	use sp_core::H256;
	use sp_runtime::traits::BlockNumberProvider;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// Configuration.
	#[pallet::config]
	pub trait Config:
		frame_system::Config<RuntimeEvent: From<Event<Self>>, Hash = H256>
		+ CreateAuthorizedTransaction<Call<Self>>
	{
		/// Hot keys of executors, and penalties for them.
		type Executors: ExecutorDirectory<Self::AccountId> + ExecutorLedger<Self::AccountId>;
		/// Tasks of requests, and recipient of verdicts.
		type Requests: TaskSource + OnRoundDecided;
		/// Clock that deadlines count. The hooks of later blocks see it tick; it never goes back.
		type BlockNumberProvider: BlockNumberProvider<BlockNumber = BlockNumberFor<Self>>;
		/// Ticks from the commit deadline to the reveal deadline.
		#[pallet::constant]
		type RevealBlocks: Get<BlockNumber>;
		/// Milliseconds from one tick of the clock to the next, as a rule.
		#[pallet::constant]
		type MillisPerTick: Get<u32>;
		/// Largest number of rounds that are opened in one block.
		#[pallet::constant]
		type MaxRoundsPerBlock: Get<u32>;
		/// Weight within which a block passes deadlines. What does not fit waits for the next.
		#[pallet::constant]
		type DeadlineWeight: Get<Weight>;
		/// Weights of calls and hooks.
		type WeightInfo: WeightInfo;
		/// Executors for benchmarks.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: pallet_opg_support::BenchmarkExecutors<Self::AccountId>;
	}

	/// The pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// Current round of each request, with the seats of all its rounds. Kept until the request is
	/// removed.
	#[pallet::storage]
	pub type Rounds<T: Config> = StorageMap<_, Twox64Concat, RequestId, RoundOf<T>>;

	/// Answers, by digest, that differ from the one in the round of the request. Kept until the
	/// request is removed.
	#[pallet::storage]
	pub type Answers<T: Config> =
		StorageDoubleMap<_, Twox64Concat, RequestId, Identity, H256, Answer>;

	/// Rounds by the time at which their commit phases end. Their reveal deadlines are at a fixed
	/// distance from it. A list is removed once all its reveal deadlines have passed.
	#[pallet::storage]
	pub type Deadlines<T: Config> = StorageMap<
		_,
		Twox64Concat,
		BlockNumberFor<T>,
		BoundedVec<(RequestId, RoundIndex), MaxRoundsPerTick<T>>,
		ValueQuery,
	>;

	/// Round whose deadline of each kind comes next.
	#[pallet::storage]
	pub type Cursors<T: Config> =
		StorageMap<_, Twox64Concat, Deadline, Cursor<BlockNumberFor<T>>, ValueQuery>;

	/// Largest number of rounds whose commit phases end at one tick of the clock: as many as are opened
	/// between two.
	pub struct MaxRoundsPerTick<T>(PhantomData<T>);

	impl<T: Config> Get<u32> for MaxRoundsPerTick<T> {
		fn get() -> u32 {
			T::MaxRoundsPerBlock::get().saturating_mul(MAX_BLOCKS_PER_TICK)
		}
	}

	/// Events of this pallet.
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// An executor committed to an answer.
		Committed {
			/// Number of the request.
			request: RequestId,
			/// Round of the request.
			round: RoundIndex,
			/// Operator.
			executor: T::AccountId,
			/// Hides the answer, see [`opg_primitives::commitment`].
			commitment: H256,
		},
		/// An executor revealed its answer.
		Revealed {
			/// Number of the request.
			request: RequestId,
			/// Round of the request.
			round: RoundIndex,
			/// Operator.
			executor: T::AccountId,
			/// Digest of the answer.
			digest: H256,
		},
		/// An executor declined its seat: free of charge in the first half of the commit phase, later
		/// at the price of a missed commitment.
		Declined {
			/// Number of the request.
			request: RequestId,
			/// Round of the request.
			round: RoundIndex,
			/// Operator.
			executor: T::AccountId,
			/// Condition of its node.
			reason: JobError,
		},
	}

	/// Errors of this pallet. An authorized transaction reaches none.
	#[pallet::error]
	pub enum Error<T> {
		/// Every round changed between authorization and dispatch.
		RoundChanged,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(_: BlockNumberFor<T>) -> Weight {
			// What a migration has not reached yet does not decode.
			if T::MultiBlockMigrator::ongoing() {
				return Weight::zero();
			}
			Self::pass_deadlines()
		}

		fn offchain_worker(now: BlockNumberFor<T>) {
			Self::work(now);
		}

		fn integrity_test() {
			let max = max_transaction_weight::<T>(DispatchClass::Operational);
			let max_bytes = MAX_BATCH * MAX_OUTPUT_BYTES;
			let commit = Self::max_commit_weight(MAX_BATCH)
				.saturating_add(Self::max_authorize_commit_weight(MAX_BATCH));
			let reveal = Self::max_reveal_weight(MAX_BATCH, max_bytes)
				.saturating_add(Self::max_authorize_reveal_weight(MAX_BATCH, max_bytes));
			let decline = Self::max_decline_weight(MAX_BATCH)
				.saturating_add(Self::max_authorize_decline_weight(MAX_BATCH));
			let deadlines = Self::max_deadlines_weight();
			assert_fits("a full batch of commitments", commit, max);
			assert_fits("a full batch of reveals", reveal, max);
			assert_fits("a full batch of declined seats", decline, max);
			assert_fits("passing deadlines", deadlines, T::DeadlineWeight::get());
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Submits commitments of one executor.
		///
		/// ## Dispatch Origin
		/// Authorized by the signature. Feeless.
		///
		/// ## Details
		/// Each item names a round in its commit phase that still waits for this executor. The last
		/// commitment of a round begins its reveal phase. A committee of one takes no commitments.
		/// Stale items are ignored while another fits, see [`crate::reject`].
		///
		/// ## Parameters
		/// - `batch`: 1 to 16 items, each with a commitment as its payload, of different requests.
		/// - `signature`: by the hot key of `batch.executor`, of [`opg_primitives::batch_payload`].
		///
		/// ## Errors
		/// Before dispatch, `InvalidTransaction::Custom` with a code of [`crate::reject`]:
		/// - [`MALFORMED`](crate::reject::MALFORMED): if there are no items, or two of one request.
		/// - [`EXPIRED`](crate::reject::EXPIRED): if the hash of block `batch.at` is not known, or it is
		///   more than 16 blocks ago.
		/// - [`NO_ROUND`](crate::reject::NO_ROUND): if the round is not the request's current one, or
		///   has another seed. Where it may come yet, the pool keeps the batch aside.
		/// - [`WRONG_PHASE`](crate::reject::WRONG_PHASE): if it is not in its commit phase, or takes no
		///   commitments.
		/// - [`NOT_DRAWN`](crate::reject::NOT_DRAWN): if the executor has no seat in it.
		/// - [`WRONG_SEAT_STATE`](crate::reject::WRONG_SEAT_STATE): if the executor committed or
		///   declined already.
		/// - [`NOT_EXECUTOR`](crate::reject::NOT_EXECUTOR): if the executor has no valid hot key.
		/// - [`INVALID_SIGNATURE`](crate::reject::INVALID_SIGNATURE): if that key did not sign, or block
		///   `batch.at` has another hash.
		///
		/// ## Events
		/// [`Event::Committed`] for each item.
		#[pallet::call_index(0)]
		#[pallet::weight((
			Pallet::<T>::max_commit_weight(batch.items.len() as u32),
			DispatchClass::Operational,
		))]
		#[pallet::weight_of_authorize(
			Pallet::<T>::max_authorize_commit_weight(batch.items.len() as u32)
		)]
		#[pallet::authorize(|source, batch, signature| {
			Pallet::<T>::authorize_batch(source, batch, signature)
		})]
		pub fn commit(
			origin: OriginFor<T>,
			batch: BatchOf<T, H256>,
			_signature: ExecutorSignature,
		) -> DispatchResultWithPostInfo {
			ensure_authorized(origin)?;
			Ok((Some(Self::do_commit(batch)?), Pays::No).into())
		}

		/// Submits revealed answers of one executor.
		///
		/// ## Dispatch Origin
		/// Authorized by the signature. Feeless.
		///
		/// ## Details
		/// Each item names a round in its reveal phase to which this executor committed, or one with a
		/// committee of one. The last reveal of a round ends it, and what follows from the verdict is
		/// part of this call. Records that the executor kept its seats. Stale items are ignored while
		/// another fits, see [`crate::reject`].
		///
		/// ## Parameters
		/// - `batch`: 1 to 16 items, each with an answer, its salt, and in an audit its witness as its
		///   payload, of different requests.
		/// - `signature`: by the hot key of `batch.executor`, of [`opg_primitives::batch_payload`].
		///
		/// ## Errors
		/// Before dispatch, `InvalidTransaction::Custom` with a code of [`crate::reject`]:
		/// - [`MALFORMED`](crate::reject::MALFORMED): if there are no items, or two of one request.
		/// - [`EXPIRED`](crate::reject::EXPIRED): if the hash of block `batch.at` is not known, or it is
		///   more than 16 blocks ago.
		/// - [`NO_ROUND`](crate::reject::NO_ROUND): if the round is not the request's current one, or
		///   has another seed. Where it may come yet, the pool keeps the batch aside.
		/// - [`WRONG_PHASE`](crate::reject::WRONG_PHASE): if it is not in its reveal phase.
		/// - [`NOT_DRAWN`](crate::reject::NOT_DRAWN): if the executor has no seat in it.
		/// - [`WRONG_SEAT_STATE`](crate::reject::WRONG_SEAT_STATE): if the executor did not commit,
		///   or revealed already.
		/// - [`TOO_MUCH_FUEL`](crate::reject::TOO_MUCH_FUEL): if the answer took more than the limit.
		/// - [`WRONG_OUTPUT_SIZE`](crate::reject::WRONG_OUTPUT_SIZE): if the output is longer than the
		///   limit, or is stored and short enough not to be.
		/// - [`MISSING_WITNESS`](crate::reject::MISSING_WITNESS): if the round takes witnesses, and there
		///   is none.
		/// - [`UNEXPECTED_WITNESS`](crate::reject::UNEXPECTED_WITNESS): if it takes none, and there is
		///   one.
		/// - [`WRONG_COMMITMENT`](crate::reject::WRONG_COMMITMENT): if answer, witness and salt do not
		///   fit the commitment.
		/// - [`NOT_EXECUTOR`](crate::reject::NOT_EXECUTOR): if the executor has no valid hot key.
		/// - [`INVALID_SIGNATURE`](crate::reject::INVALID_SIGNATURE): if that key did not sign, or block
		///   `batch.at` has another hash.
		///
		/// ## Events
		/// [`Event::Revealed`] for each item, and those of what follows.
		#[pallet::call_index(1)]
		#[pallet::weight((
			Pallet::<T>::max_reveal_weight(batch.items.len() as u32, batch.output_bytes()),
			DispatchClass::Operational,
		))]
		#[pallet::weight_of_authorize(Pallet::<T>::max_authorize_reveal_weight(
			batch.items.len() as u32,
			batch.output_bytes(),
		))]
		#[pallet::authorize(|source, batch, signature| {
			Pallet::<T>::authorize_batch(source, batch, signature)
		})]
		pub fn reveal(
			origin: OriginFor<T>,
			batch: BatchOf<T, RevealedAnswer>,
			_signature: ExecutorSignature,
		) -> DispatchResultWithPostInfo {
			ensure_authorized(origin)?;
			Ok((Some(Self::do_reveal(batch)?), Pays::No).into())
		}

		/// Declines seats of one executor, whose node cannot answer in time.
		///
		/// ## Dispatch Origin
		/// Authorized by the signature. Feeless.
		///
		/// ## Details
		/// Each item names a round in its commit phase that still waits for this executor. In the first
		/// half of the phase a declined seat costs nothing, and the next draws give it to another
		/// executor; later it costs what a missed commitment costs. If nobody is left to wait for, what
		/// follows is part of this call. Stale items are ignored while another fits, see
		/// [`crate::reject`].
		///
		/// ## Parameters
		/// - `batch`: 1 to 16 items, each with `ModelMissing`, `EngineMissing`, `QueueFull` or `Failed` as
		///   its payload, of different requests.
		/// - `signature`: by the hot key of `batch.executor`, of [`opg_primitives::batch_payload`].
		///
		/// ## Errors
		/// Before dispatch, `InvalidTransaction::Custom` with a code of [`crate::reject`]:
		/// - [`MALFORMED`](crate::reject::MALFORMED): if there are no items, or two of one request,
		///   or if a reason is none of these.
		/// - [`EXPIRED`](crate::reject::EXPIRED): if the hash of block `batch.at` is not known, or it is
		///   more than 16 blocks ago.
		/// - [`NO_ROUND`](crate::reject::NO_ROUND): if the round is not the request's current one, or
		///   has another seed. Where it may come yet, the pool keeps the batch aside.
		/// - [`WRONG_PHASE`](crate::reject::WRONG_PHASE): if it is not in its commit phase.
		/// - [`NOT_DRAWN`](crate::reject::NOT_DRAWN): if the executor has no seat in it.
		/// - [`WRONG_SEAT_STATE`](crate::reject::WRONG_SEAT_STATE): if the executor committed or
		///   declined already.
		/// - [`NOT_EXECUTOR`](crate::reject::NOT_EXECUTOR): if the executor has no valid hot key.
		/// - [`INVALID_SIGNATURE`](crate::reject::INVALID_SIGNATURE): if that key did not sign, or block
		///   `batch.at` has another hash.
		///
		/// ## Events
		/// [`Event::Declined`] for each item, and those of what follows.
		#[pallet::call_index(2)]
		#[pallet::weight((
			Pallet::<T>::max_decline_weight(batch.items.len() as u32),
			DispatchClass::Operational,
		))]
		#[pallet::weight_of_authorize(
			Pallet::<T>::max_authorize_decline_weight(batch.items.len() as u32)
		)]
		#[pallet::authorize(|source, batch, signature| {
			Pallet::<T>::authorize_batch(source, batch, signature)
		})]
		pub fn decline(
			origin: OriginFor<T>,
			batch: BatchOf<T, JobError>,
			_signature: ExecutorSignature,
		) -> DispatchResultWithPostInfo {
			ensure_authorized(origin)?;
			Ok((Some(Self::do_decline(batch)?), Pays::No).into())
		}
	}
}
