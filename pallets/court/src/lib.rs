#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod authorize;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod budget;
mod calls;
mod cases;
mod deadlines;
mod declarations;
mod declaring;
mod holding;
mod holdings;
mod interface;
#[cfg(test)]
mod mock;
mod offchain;
mod panels;
pub mod reject;
mod sessions;
pub mod tally;
#[cfg(test)]
mod tests;
#[cfg(any(feature = "try-runtime", feature = "std"))]
mod try_state;
mod types;
mod weight_bounds;
pub mod weights;

pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

#[frame_support::pallet]
pub mod pallet {
	use super::{types::*, weights::WeightInfo};
	use alloc::vec::Vec;
	use frame_support::{migrations::MultiStepMigrator, pallet_prelude::*};
	use frame_system::{offchain::CreateAuthorizedTransaction, pallet_prelude::*};
	use opg_primitives::{
		court::CourtSignature, Answer, BlockNumber, Content, Fuel, ModelId, RequestId,
	};
	use pallet_opg_support::{
		weight_budget::{assert_fits, max_transaction_weight},
		Committees, CourtLoad, ModelFiles, OnCourtDecided, OnHeld, TaskSource,
	};
	use sp_core::H256;
	use sp_runtime::traits::{BlockNumberProvider, Convert};

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// Configuration.
	#[pallet::config]
	pub trait Config:
		frame_system::Config<RuntimeEvent: From<Event<Self>>, Hash = H256>
		+ CreateAuthorizedTransaction<Call<Self>>
	{
		/// Tasks of requests, and recipient of verdicts.
		type Requests: TaskSource + OnCourtDecided<Self::AccountId>;
		/// Versions that validators can hold.
		type Models: ModelFiles;
		/// Answers that executors revealed.
		type Committees: Committees<Self::AccountId>;
		/// Recipient of what panels say.
		type OnHeld: OnHeld;
		/// Clock of the deadlines.
		type BlockNumberProvider: BlockNumberProvider<BlockNumber = BlockNumberFor<Self>>;
		/// Index of the current session.
		type Session: Get<u32>;
		/// Largest number of validators.
		#[pallet::constant]
		type MaxValidators: Get<u32>;
		/// Largest number of cases that sit at once: the oldest, and those within the budget.
		#[pallet::constant]
		type MaxSitting: Get<u32>;
		/// Fuel of the cases that begin within the budget of a session.
		#[pallet::constant]
		type SessionFuel: Get<Fuel>;
		/// Bytes of the model files of the cases that begin within the budget of a session.
		#[pallet::constant]
		type SessionBytes: Get<u64>;
		/// Largest number of open cases, those that wait included.
		#[pallet::constant]
		type MaxCases: Get<u32>;
		/// Largest number of open panels. Each member keeps what they are asked for.
		#[pallet::constant]
		type MaxPanels: Get<u32>;
		/// Blocks of the commit phase of a case whose loading and running take so much fuel, and whose
		/// input has so many bytes outside of the chain.
		type CommitBlocks: Convert<(Fuel, u32), BlockNumber>;
		/// Blocks of the reveal phase.
		#[pallet::constant]
		type RevealBlocks: Get<BlockNumber>;
		/// Time from one block to the next, in milliseconds.
		type BlockMillis: Get<u32>;
		/// Weight within which a block ends and begins phases. What does not fit is done later.
		#[pallet::constant]
		type HookWeight: Get<Weight>;
		/// Weights of calls and hooks.
		type WeightInfo: WeightInfo;
	}

	/// The pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// Validators of a session with their court keys. Kept for the current session, and while an open
	/// case names it.
	#[pallet::storage]
	pub type Benches<T: Config> = StorageMap<_, Twox64Concat, u32, BenchOf<T>, ValueQuery>;

	/// Number of open cases that name the bench of a session.
	#[pallet::storage]
	pub type BenchCases<T: Config> = StorageMap<_, Twox64Concat, u32, u32, ValueQuery>;

	/// Open cases.
	#[pallet::storage]
	pub type Cases<T: Config> = StorageMap<_, Twox64Concat, RequestId, Case>;

	/// Cases that wait for a sitting, oldest first.
	#[pallet::storage]
	pub type Docket<T: Config> = StorageValue<_, BoundedVec<Waiting, T::MaxCases>, ValueQuery>;

	/// Cases that sit, oldest first.
	#[pallet::storage]
	pub type Sittings<T: Config> =
		StorageValue<_, BoundedVec<SittingOf<T>, T::MaxSitting>, ValueQuery>;

	/// What the cases cost that began within the budget of the current session.
	#[pallet::storage]
	pub type Spent<T: Config> = StorageValue<_, CourtLoad, ValueQuery>;

	/// Number of the cases decided in a session that each validator missed. Kept for the current
	/// session and the one before.
	#[pallet::storage]
	pub type Missed<T: Config> = StorageMap<
		_,
		Twox64Concat,
		u32,
		BoundedBTreeMap<T::AccountId, u32, T::MaxValidators>,
		ValueQuery,
	>;

	/// Votes of the current sitting of a case, by the seat of the validator on the bench.
	#[pallet::storage]
	pub type Votes<T: Config> =
		StorageDoubleMap<_, Twox64Concat, RequestId, Twox64Concat, SeatIndex, Vote>;

	/// Answers, by digest, that voters of the current sitting gave and that no executor revealed.
	#[pallet::storage]
	pub type Answers<T: Config> =
		StorageDoubleMap<_, Twox64Concat, RequestId, Identity, H256, Answer>;

	/// Validators that say that their store holds the file of a version, sorted. Those without a seat
	/// on the current bench do not count, and are removed as the list changes.
	#[pallet::storage]
	pub type Holders<T: Config> = StorageMap<
		_,
		Twox64Concat,
		ModelId,
		BoundedVec<T::AccountId, T::MaxValidators>,
		ValueQuery,
	>;

	/// Number of lists of [`Holders`] that an account is on.
	#[pallet::storage]
	pub type HeldModels<T: Config> = StorageMap<_, Twox64Concat, T::AccountId, u32, ValueQuery>;

	/// Block of the last declarations of each seat.
	#[pallet::storage]
	pub type DeclaredAt<T: Config> = StorageMap<_, Twox64Concat, SeatIndex, BlockNumberFor<T>>;

	/// Panels of open requests whose input or output lies outside of the chain.
	#[pallet::storage]
	pub type Panels<T: Config> = CountedStorageMap<_, Twox64Concat, RequestId, PanelOf<T>>;

	/// Events of this pallet.
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A disputed request came to the court.
		Opened {
			/// Number of the request.
			request: RequestId,
			/// Session whose validators are the bench of the first sitting.
			session: u32,
		},
		/// The court sits: validators compute the task and commit.
		SittingBegan {
			/// Number of the request.
			request: RequestId,
			/// 0, or 1 after an undecided sitting.
			sitting: u8,
			/// Session whose validators are the bench.
			session: u32,
		},
		/// A validator committed to a vote.
		Committed {
			/// Number of the request.
			request: RequestId,
			/// Validator.
			validator: T::AccountId,
			/// Hides the vote, see [`opg_primitives::court::court_commitment`].
			commitment: H256,
		},
		/// The commit phase ended: validators reveal their votes, challengers their claims.
		RevealBegan {
			/// Number of the request.
			request: RequestId,
		},
		/// A validator revealed its vote.
		Revealed {
			/// Number of the request.
			request: RequestId,
			/// Validator.
			validator: T::AccountId,
			/// Digest of the answer that it found.
			digest: H256,
			/// Digest of the intermediate tensors that the seed of the case names.
			witness: H256,
		},
		/// The first sitting decided nothing. The court sits once more, in a later session.
		Adjourned {
			/// Number of the request.
			request: RequestId,
			/// Validators that revealed no vote.
			silent: Vec<T::AccountId>,
		},
		/// The court decided.
		Decided {
			/// Number of the request.
			request: RequestId,
			/// Digest of the right answer.
			digest: H256,
			/// Witness of the right answer, for the seed of the case.
			witness: H256,
			/// Validators that gave both.
			right: Vec<T::AccountId>,
			/// Validators that revealed no vote.
			silent: Vec<T::AccountId>,
		},
		/// The second sitting decided nothing either. Nobody is judged: a matter for governance.
		Undecided {
			/// Number of the request.
			request: RequestId,
			/// Validators that revealed no vote.
			silent: Vec<T::AccountId>,
		},
		/// A validator said whether its store holds the file of a version.
		Declared {
			/// Validator.
			validator: T::AccountId,
			/// Number of the version.
			model: ModelId,
			/// Whether it holds the file.
			holds: bool,
		},
		/// A panel was drawn from the current bench.
		PanelConvened {
			/// Number of the request.
			request: RequestId,
			/// Seed of the draw, see [`opg_primitives::court::panel_seed`].
			seed: H256,
			/// Its members, in the order of the draw.
			members: Vec<T::AccountId>,
		},
		/// A panel was asked to hold a content.
		ContentAsked {
			/// Number of the request.
			request: RequestId,
			/// The content.
			content: Content,
		},
		/// A member of a panel says that its store holds a content.
		Held {
			/// Number of the request.
			request: RequestId,
			/// Index of the content among those that the panel is asked for.
			content: u8,
			/// Member.
			validator: T::AccountId,
		},
		/// Two thirds of a panel hold a content.
		ContentHeld {
			/// Number of the request.
			request: RequestId,
			/// Index of the content among those that the panel is asked for.
			content: u8,
		},
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
			Self::declare_held(now);
			Self::hold_contents(now);
		}

		fn integrity_test() {
			let max = max_transaction_weight::<T>(DispatchClass::Operational);
			let commit = T::WeightInfo::commit(MAX_BATCH)
				.saturating_add(T::WeightInfo::authorize_commit(MAX_BATCH));
			assert_fits("a full batch of commitments", commit, max);
			assert_fits("the largest batch", Self::max_batch().0, max);
			let declare = T::WeightInfo::declare(MAX_DECLARATIONS)
				.saturating_add(T::WeightInfo::authorize_declare(MAX_DECLARATIONS));
			assert_fits("a full batch of declarations", declare, max);
			let verdict =
				T::WeightInfo::read_lists().saturating_add(Self::max_end_sitting_weight());
			assert_fits("a verdict of the court", verdict, T::HookWeight::get());
			assert!(T::MaxValidators::get() <= SeatIndex::MAX.into(), "every seat has an index");
			assert!(T::MaxSitting::get() > 1, "cases sit besides the oldest");
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Submits commitments of one validator.
		///
		/// ## Dispatch Origin
		/// Authorized by the signature. Feeless.
		///
		/// ## Details
		/// Each item names a sitting in its commit phase, in which this validator has not committed.
		/// Items that do not are ignored, as long as there is one that does.
		///
		/// ## Parameters
		/// - `batch`: 1 to 16 items, each with a commitment as its payload, of different requests.
		/// - `signature`: by the court key of the seat, of
		///   [`opg_primitives::court::court_batch_payload`].
		///
		/// ## Errors
		/// Before dispatch, `InvalidTransaction::Custom` with a code of [`crate::reject`]:
		/// - [`MALFORMED`](crate::reject::MALFORMED): if there are no items, or two of one request.
		/// - [`EXPIRED`](crate::reject::EXPIRED): if `batch.at` is not one of the last 16 blocks.
		/// - [`NOT_ON_BENCH`](crate::reject::NOT_ON_BENCH): if the bench has no such seat.
		/// - [`NO_SITTING`](crate::reject::NO_SITTING): if no item names a sitting with this bench.
		/// - [`WRONG_PHASE`](crate::reject::WRONG_PHASE): if none is in its commit phase.
		/// - [`WRONG_VOTE_STATE`](crate::reject::WRONG_VOTE_STATE): if the validator committed to all.
		/// - [`INVALID_SIGNATURE`](crate::reject::INVALID_SIGNATURE): if the court key did not sign.
		///
		/// ## Events
		/// [`Event::Committed`] for each item that is not ignored.
		#[pallet::call_index(0)]
		#[pallet::weight((
			T::WeightInfo::commit(batch.items.len() as u32),
			DispatchClass::Operational,
		))]
		#[pallet::weight_of_authorize(T::WeightInfo::authorize_commit(batch.items.len() as u32))]
		#[pallet::authorize(|_, batch, signature| Pallet::<T>::authorize_batch(batch, signature))]
		pub fn commit(
			origin: OriginFor<T>,
			batch: BatchOf<T, H256>,
			_signature: CourtSignature,
		) -> DispatchResult {
			ensure_authorized(origin)?;
			Self::do_commit(batch);
			Ok(())
		}

		/// Submits revealed votes of one validator.
		///
		/// ## Dispatch Origin
		/// Authorized by the signature. Feeless.
		///
		/// ## Details
		/// Each item names a sitting in its reveal phase, in which this validator committed and has
		/// not revealed. It carries the answer, unless the chain holds one with that digest. Items
		/// that do not are ignored, as long as there is one that does.
		///
		/// ## Parameters
		/// - `batch`: 1 to 16 items, each with a digest, a witness, their salt, and the answer or none as
		///   its payload, of different requests.
		/// - `signature`: by the court key of the seat, of
		///   [`opg_primitives::court::court_batch_payload`].
		///
		/// ## Errors
		/// Before dispatch, `InvalidTransaction::Custom` with a code of [`crate::reject`]:
		/// - [`MALFORMED`](crate::reject::MALFORMED): if there are no items, or two of one request.
		/// - [`EXPIRED`](crate::reject::EXPIRED): if `batch.at` is not one of the last 16 blocks.
		/// - [`NOT_ON_BENCH`](crate::reject::NOT_ON_BENCH): if the bench has no such seat.
		/// - [`WRONG_COMMITMENT`](crate::reject::WRONG_COMMITMENT): if digest, witness and salt do not
		///   make the commitment.
		/// - [`WRONG_ANSWER`](crate::reject::WRONG_ANSWER): if an answer has another digest.
		/// - [`TOO_MUCH_FUEL`](crate::reject::TOO_MUCH_FUEL): if an answer has more fuel than the limit
		///   of its version.
		/// - [`WRONG_OUTPUT_SIZE`](crate::reject::WRONG_OUTPUT_SIZE): if an answer has an output that is
		///   longer than the limit of its version, or is stored and short enough not to be.
		/// - [`NO_SITTING`](crate::reject::NO_SITTING): if no item names a sitting with this bench.
		/// - [`WRONG_PHASE`](crate::reject::WRONG_PHASE): if none is in its reveal phase.
		/// - [`WRONG_VOTE_STATE`](crate::reject::WRONG_VOTE_STATE): if the validator has nothing to
		///   reveal in any.
		/// - [`ANSWER_MISSING`](crate::reject::ANSWER_MISSING): if the chain does not hold the answers
		///   that are left out.
		/// - [`INVALID_SIGNATURE`](crate::reject::INVALID_SIGNATURE): if the court key did not sign.
		///
		/// ## Events
		/// [`Event::Revealed`] for each item that is not ignored.
		#[pallet::call_index(1)]
		#[pallet::weight((
			Pallet::<T>::reveal_weight(batch.items.len() as u32, batch.output_bytes()),
			DispatchClass::Operational,
		))]
		#[pallet::weight_of_authorize(Pallet::<T>::authorize_reveal_weight(
			batch.items.len() as u32,
			batch.output_bytes(),
		))]
		#[pallet::authorize(|_, batch, signature| Pallet::<T>::authorize_batch(batch, signature))]
		pub fn reveal(
			origin: OriginFor<T>,
			batch: BatchOf<T, RevealedVote>,
			_signature: CourtSignature,
		) -> DispatchResult {
			ensure_authorized(origin)?;
			Self::do_reveal(batch);
			Ok(())
		}

		/// Says which versions the store of one validator's node holds.
		///
		/// ## Dispatch Origin
		/// Authorized by the signature. Feeless.
		///
		/// ## Details
		/// A version takes requests while two thirds of the current bench hold its file. Each seat sends
		/// such a batch once in [`DECLARE_BLOCKS`] blocks at most. Items that change nothing, name no
		/// version, or hold one too many are ignored, as long as there is one that counts.
		///
		/// ## Parameters
		/// - `batch`: 1 to 64 versions, sorted, each with whether the store holds its file.
		/// - `signature`: by the court key of the seat, of
		///   [`opg_primitives::court::court_batch_payload`].
		///
		/// ## Errors
		/// Before dispatch, `InvalidTransaction::Custom` with a code of [`crate::reject`]:
		/// - [`MALFORMED`](crate::reject::MALFORMED): if there are no items, or they are not sorted.
		/// - [`EXPIRED`](crate::reject::EXPIRED): if `batch.at` is not one of the last 16 blocks.
		/// - [`NOT_ON_BENCH`](crate::reject::NOT_ON_BENCH): if the bench is not the current one, or has
		///   no such seat.
		/// - [`TOO_SOON`](crate::reject::TOO_SOON): if the seat declared in the last blocks.
		/// - [`NOTHING_NEW`](crate::reject::NOTHING_NEW): if the first item, and no other either, changes
		///   anything.
		/// - [`NO_SUCH_MODEL`](crate::reject::NO_SUCH_MODEL): if the first item, where none counts, names
		///   no version.
		/// - [`TOO_MANY_MODELS`](crate::reject::TOO_MANY_MODELS): if, where none counts, the validator
		///   holds as many versions as it can.
		/// - [`INVALID_SIGNATURE`](crate::reject::INVALID_SIGNATURE): if the court key did not sign.
		///
		/// ## Events
		/// [`Event::Declared`] for each item that is not ignored.
		#[pallet::call_index(2)]
		#[pallet::weight((
			T::WeightInfo::declare(batch.items.len() as u32),
			DispatchClass::Operational,
		))]
		#[pallet::weight_of_authorize(T::WeightInfo::authorize_declare(batch.items.len() as u32))]
		#[pallet::authorize(|_, batch, signature| {
			Pallet::<T>::authorize_declarations(batch, signature)
		})]
		pub fn declare(
			origin: OriginFor<T>,
			batch: DeclarationsOf<T>,
			_signature: CourtSignature,
		) -> DispatchResult {
			ensure_authorized(origin)?;
			Self::do_declare(batch);
			Ok(())
		}

		/// Says which contents of panels the store of one validator's node holds.
		///
		/// ## Dispatch Origin
		/// Authorized by the signature. Feeless.
		///
		/// ## Details
		/// A content is held once two thirds of the panel said so. Whoever says so later is paid as
		/// well. A member counts with whichever seat of the current bench it has. Items that name no
		/// content of a panel, are of no member, or were said before are ignored, as long as there is
		/// one that counts.
		///
		/// ## Parameters
		/// - `batch`: 1 to 16 contents, sorted by request and index, each once.
		/// - `signature`: by the court key of the seat, of
		///   [`opg_primitives::court::court_batch_payload`].
		///
		/// ## Errors
		/// Before dispatch, `InvalidTransaction::Custom` with a code of [`crate::reject`]:
		/// - [`MALFORMED`](crate::reject::MALFORMED): if there are no items, or they are not sorted.
		/// - [`EXPIRED`](crate::reject::EXPIRED): if `batch.at` is not one of the last 16 blocks.
		/// - [`NOT_ON_BENCH`](crate::reject::NOT_ON_BENCH): if the bench is not the current one, or has
		///   no such seat.
		/// - [`NO_PANEL`](crate::reject::NO_PANEL): if the first item, where none counts, names no
		///   content that a panel is asked for.
		/// - [`NOT_ON_PANEL`](crate::reject::NOT_ON_PANEL): if the first item, where none counts, is of
		///   a panel without the validator.
		/// - [`HELD_ALREADY`](crate::reject::HELD_ALREADY): if the first item, where none counts, was
		///   said before.
		/// - [`INVALID_SIGNATURE`](crate::reject::INVALID_SIGNATURE): if the court key did not sign.
		///
		/// ## Events
		/// [`Event::Held`] for each item that is not ignored, and [`Event::ContentHeld`] where there
		/// are enough with it.
		#[pallet::call_index(3)]
		#[pallet::weight((
			Pallet::<T>::max_hold_weight(batch.items.len() as u32),
			DispatchClass::Operational,
		))]
		#[pallet::weight_of_authorize(T::WeightInfo::authorize_hold(batch.items.len() as u32))]
		#[pallet::authorize(|_, batch, signature| {
			Pallet::<T>::authorize_holdings(batch, signature)
		})]
		pub fn hold(
			origin: OriginFor<T>,
			batch: HoldingsOf<T>,
			_signature: CourtSignature,
		) -> DispatchResultWithPostInfo {
			ensure_authorized(origin)?;
			Ok(Some(Self::do_hold(batch)).into())
		}
	}
}
