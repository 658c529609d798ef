#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod agenda;
mod audit;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod calls;
mod capacity;
mod challenge;
mod court;
mod draw;
mod fees;
mod interface;
#[cfg(test)]
mod mock;
mod pruning;
mod queue;
mod settlement;
#[cfg(test)]
mod tests;
pub mod tiers;
#[cfg(any(feature = "try-runtime", feature = "std"))]
mod try_state;
mod types;
mod verdict;
pub mod weights;

pub use agenda::SCHEDULE_SEARCH_BLOCKS;
pub use capacity::Capacity;
pub use challenge::claim_hash;
pub use pallet::*;
pub use queue::{MAX_DRAW_BATCHES, VRF_HISTORY};
pub use types::*;
pub use weights::WeightInfo;

// The arguments of a call are its wire format.
#[allow(clippy::too_many_arguments)]
#[frame_support::pallet]
pub mod pallet {
	use super::{draw::DrawContext, types::*, weights::WeightInfo};
	use alloc::vec::Vec;
	use frame_support::{pallet_prelude::*, traits::fungible, weights::WeightMeter, PalletId};
	use frame_system::pallet_prelude::*;
	use opg_primitives::{
		Balance, BlockNumber, FailureReason, Fuel, Input, ModelId, RequestId, RoundIndex, Tier,
		MAX_INPUT_BYTES,
	};
	use pallet_opg_support::{
		weight_budget, BlockRandomness, Committees, Courts, ExecutorLedger, ExecutorStake,
		ModelRegistry, VrfOutput,
	};
	use sp_core::H256;
	use sp_runtime::{traits::BlockNumberProvider, Perbill};

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// Configuration.
	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>, Hash = H256> {
		/// The OPG token.
		type Currency: fungible::BalancedHold<Self::AccountId, Balance = Balance>
			+ fungible::MutateHold<Self::AccountId, Reason: From<HoldReason>>
			+ fungible::Mutate<Self::AccountId>
			+ fungible::Balanced<Self::AccountId, Balance = Balance>;
		/// Clock by which windows, deadlines and retention are counted. It stands still in blocks
		/// that had no room for attestations.
		type BlockNumberProvider: BlockNumberProvider<BlockNumber = BlockNumberFor<Self>>;
		/// Registry of models, and of the executors that serve them.
		type Models: ModelRegistry<Self::AccountId, Balance>;
		/// Stake, rewards and penalties of executors.
		type Executors: ExecutorStake<Self::AccountId>
			+ ExecutorLedger<
				Self::AccountId,
				Credit = fungible::Credit<Self::AccountId, Self::Currency>,
			>;
		/// Rounds of drawn committees.
		type Committees: Committees<Self::AccountId>;
		/// Court of all validators.
		type Courts: Courts;
		/// VRF output of the block that begins.
		type Randomness: BlockRandomness;
		/// Id of the pot's account.
		#[pallet::constant]
		type PotId: Get<PalletId>;
		/// Lower bound of the price of fuel, and its price at genesis, in planck per fuel and
		/// executor.
		#[pallet::constant]
		type MinFuelPrice: Get<Balance>;
		/// Upper bound of the price of fuel, in planck per fuel and executor.
		#[pallet::constant]
		type MaxFuelPrice: Get<Balance>;
		/// Fuel of all executors, ordered per block, at which the price stays.
		#[pallet::constant]
		type TargetFuel: Get<Fuel>;
		/// Held from the requester for storage until the request is settled or pruned, in planck.
		#[pallet::constant]
		type RequestDeposit: Get<Balance>;
		/// Burned per seat of the first committee, and of an audit that is bought, in planck: the
		/// weight of commitment, reveal and tally, which executors do not pay for.
		#[pallet::constant]
		type SeatFee: Get<Balance>;
		/// Held from a challenger on top of what the court costs, in planck.
		#[pallet::constant]
		type ChallengeBond: Get<Balance>;
		/// Pay of a validator in the court, as a share of the least pay for the fuel limit.
		#[pallet::constant]
		type CourtRate: Get<Perbill>;
		/// Upper bound of the validators of a court.
		#[pallet::constant]
		type MaxBench: Get<u32>;
		/// Loss of an executor with the smallest bond for a wrong answer, in planck. The audit
		/// probability is computed from it.
		#[pallet::constant]
		type StakeAtRisk: Get<Balance>;
		/// Upper bound of the actions on the agenda of one time, and of the draws of a batch.
		#[pallet::constant]
		type MaxAgenda: Get<u32>;
		/// Upper bound of the draws per block: as many rounds as the committees can open.
		#[pallet::constant]
		type MaxDraws: Get<u32>;
		/// Time for which an attested answer can be challenged.
		#[pallet::constant]
		type ChallengeWindow: Get<BlockNumber>;
		/// Time from inclusion to pruning. Longer than the longest dispute.
		#[pallet::constant]
		type Lifetime: Get<BlockNumber>;
		/// Upper bound of the executors in a snapshot, and of those that serve one model.
		#[pallet::constant]
		type MaxExecutors: Get<u32>;
		/// Weight that draws and agenda of a block can spend. Draws get half of it at most. The rest
		/// of the work waits.
		#[pallet::constant]
		type AgendaWeight: Get<Weight>;
		/// Weights of calls and of what the agenda does.
		type WeightInfo: WeightInfo;
		/// Executors, models and rounds for benchmarks.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: pallet_opg_support::BenchmarkExecutors<Self::AccountId>
			+ pallet_opg_support::BenchmarkModels<Self::AccountId>
			+ pallet_opg_support::BenchmarkCommittees<Self::AccountId>;
	}

	/// Reasons for which this pallet holds funds.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// Escrow and deposit of a request.
		#[codec(index = 0)]
		Request,
		/// Bond of a challenger.
		#[codec(index = 1)]
		Challenge,
		/// Price of an audit that was bought.
		#[codec(index = 2)]
		Audit,
	}

	/// Inference pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// Number of the next request.
	#[pallet::storage]
	pub type NextRequestId<T> = StorageValue<_, RequestId, ValueQuery>;

	/// Requests that are open, or final and not pruned yet.
	#[pallet::storage]
	pub type Requests<T: Config> = StorageMap<_, Twox64Concat, RequestId, RequestOf<T>>;

	/// Encoded input tensors of the requests.
	#[pallet::storage]
	pub type Inputs<T> = StorageMap<_, Twox64Concat, RequestId, Input>;

	/// Batches of draws that wait for randomness, in the order in which they were queued.
	#[pallet::storage]
	pub type DrawBatches<T: Config> = StorageValue<
		_,
		BoundedVec<DrawBatch<BlockNumberFor<T>>, ConstU32<{ crate::MAX_DRAW_BATCHES }>>,
		ValueQuery,
	>;

	/// Requests of a batch of draws, by the block that queued it and the number of authors.
	#[pallet::storage]
	pub type Draws<T: Config> = StorageMap<
		_,
		Twox64Concat,
		(BlockNumberFor<T>, u32),
		BoundedVec<RequestId, T::MaxAgenda>,
		ValueQuery,
	>;

	/// Actions by the time of the chain's clock, run in this order.
	#[pallet::storage]
	pub type Agenda<T: Config> = StorageMap<
		_,
		Twox64Concat,
		BlockNumberFor<T>,
		BoundedVec<(RequestId, Action), T::MaxAgenda>,
		ValueQuery,
	>;

	/// Oldest time whose agenda is not done, and the number of its actions that are.
	#[pallet::storage]
	pub type AgendaCursor<T: Config> = StorageValue<_, (BlockNumberFor<T>, u32), ValueQuery>;

	/// Latest block that left a part of its draws or of its agenda for later.
	#[pallet::storage]
	pub type PostponedAt<T: Config> = StorageValue<_, BlockNumberFor<T>>;

	/// Blocks and VRF outputs of the last [`VRF_HISTORY`](crate::VRF_HISTORY) blocks, this one
	/// included.
	#[pallet::storage]
	pub type VrfOutputs<T: Config> = StorageValue<
		_,
		BoundedVec<(BlockNumberFor<T>, VrfOutput), ConstU32<{ crate::VRF_HISTORY }>>,
		ValueQuery,
	>;

	/// Price of fuel, in planck per fuel and executor.
	#[pallet::storage]
	pub type FuelPrice<T: Config> = StorageValue<_, Balance, ValueQuery, T::MinFuelPrice>;

	/// Fuel of all executors that was ordered in this block.
	#[pallet::storage]
	pub type FuelOrdered<T> = StorageValue<_, Fuel, ValueQuery>;

	/// Executors with seats in first rounds that are not decided, sorted, and the numbers of these
	/// seats.
	#[pallet::storage]
	pub type OpenSeats<T: Config> =
		StorageValue<_, BoundedVec<(T::AccountId, u32), T::MaxExecutors>, ValueQuery>;

	/// Seats of first rounds that wait for their draw, by model.
	#[pallet::storage]
	pub type PendingSeats<T> = StorageMap<_, Twox64Concat, ModelId, u32, ValueQuery>;

	/// Funds the pot at genesis with the existential deposit, which keeps its account alive.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		#[doc(hidden)]
		#[serde(skip)]
		pub _config: core::marker::PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			let minimum = <T::Currency as fungible::Inspect<T::AccountId>>::minimum_balance();
			<T::Currency as fungible::Mutate<T::AccountId>>::mint_into(
				&Pallet::<T>::pot(),
				minimum,
			)
			.expect("an account can hold the minimum");
		}
	}

	/// Events of requests.
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A request was accepted and its escrow held.
		Requested {
			/// Number that the request got.
			request: RequestId,
			/// Account that pays.
			requester: T::AccountId,
			/// Number of the model version.
			model: ModelId,
			/// Assurance that the requester pays for.
			tier: Tier,
			/// Held for the fee, in planck; deposit and seat fees are not included.
			escrow: Balance,
			/// Reference that the requester set.
			reference: H256,
		},
		/// A committee was drawn.
		Drawn {
			/// Number of the request.
			request: RequestId,
			/// Round of the committee.
			round: RoundIndex,
			/// Executors, in draw order.
			committee: Vec<T::AccountId>,
			/// Seed of the draw.
			seed: H256,
			/// Number of different authors whose outputs made the seed.
			authors: u32,
		},
		/// A committee was too silent to agree, and a larger one is drawn.
		Escalated {
			/// Number of the request.
			request: RequestId,
			/// Round of the larger committee.
			round: RoundIndex,
			/// Cause for which the last committee did not agree.
			reason: FailureReason,
		},
		/// A committee agreed on an answer. It can be challenged for `ChallengeWindow`.
		Attested {
			/// Number of the request.
			request: RequestId,
			/// Account that pays.
			requester: T::AccountId,
			/// Number of the model version.
			model: ModelId,
			/// Digest of the answer.
			digest: H256,
			/// Fuel of the answer.
			fuel: Fuel,
			/// Reference that the requester set.
			reference: H256,
		},
		/// An audit committee computes an answer again.
		Audited {
			/// Number of the request.
			request: RequestId,
			/// Account that bought the audit. `None` where randomness picked the answer.
			buyer: Option<T::AccountId>,
		},
		/// An account put up a bond against an answer.
		Challenged {
			/// Number of the request.
			request: RequestId,
			/// Account that put up the bond.
			challenger: T::AccountId,
			/// Digest of the answer that it disputes.
			digest: H256,
			/// Bond, in planck.
			bond: Balance,
		},
		/// A challenger revealed the digest that it claims to be right.
		ClaimRevealed {
			/// Number of the request.
			request: RequestId,
			/// Account that put up the bond.
			challenger: T::AccountId,
			/// Digest that it claims.
			digest: H256,
		},
		/// The answer to a request is in dispute, and the court decides.
		Disputed {
			/// Number of the request.
			request: RequestId,
		},
		/// The court decided, and whoever gave another answer is convicted.
		Judged {
			/// Number of the request.
			request: RequestId,
			/// Digest of the right answer.
			digest: H256,
			/// Number of executors that gave it.
			right: u32,
			/// Number of executors that gave another.
			wrong: u32,
		},
		/// The court proved a challenger right: its bond came back.
		ChallengeWon {
			/// Number of the request.
			request: RequestId,
			/// Account that put up the bond.
			challenger: T::AccountId,
		},
		/// The court did not prove a challenger right: its bond went to the pot.
		ChallengeLost {
			/// Number of the request.
			request: RequestId,
			/// Account that put up the bond.
			challenger: T::AccountId,
			/// Bond, in planck.
			bond: Balance,
		},
		/// An answer is final and paid.
		Settled {
			/// Number of the request.
			request: RequestId,
			/// Account that paid.
			requester: T::AccountId,
			/// Number of the model version.
			model: ModelId,
			/// Digest of the answer.
			digest: H256,
			/// Charged in total, royalty and seat fees included, in planck.
			fee: Balance,
			/// Reference that the requester set.
			reference: H256,
		},
		/// A request ended without an answer, and its escrow was returned.
		Failed {
			/// Number of the request.
			request: RequestId,
			/// Account that made it.
			requester: T::AccountId,
			/// Number of the model version.
			model: ModelId,
			/// Cause.
			reason: FailureReason,
			/// Reference that the requester set.
			reference: H256,
		},
		/// A request was removed, and its deposit returned if it was still held.
		Pruned {
			/// Number of the request.
			request: RequestId,
			/// Account that made it.
			requester: T::AccountId,
			/// Number of the model version.
			model: ModelId,
			/// Reference that the requester set.
			reference: H256,
		},
	}

	/// Errors of calls.
	#[pallet::error]
	pub enum Error<T> {
		/// There is no model version with this number.
		UnknownModel,
		/// The model's engine is not valid yet, or no longer. In the latter case the owner must
		/// register a new version.
		EngineNotValid,
		/// There is no request with this number, or it was pruned.
		UnknownRequest,
		/// The signer is not the requester.
		NotRequester,
		/// The block of inclusion is over, or the request has ended.
		NotCancellable,
		/// The request has no answer yet, its answer is final, or its court takes no more claims.
		NotChallengeable,
		/// The request has no attested answer that is not audited yet.
		NotAuditable,
		/// The seed is not that of the answer: it was given on another fork.
		SeedMismatch,
		/// Nobody revealed an answer with this digest.
		UnknownDigest,
		/// The signer challenged this request already.
		AlreadyChallenged,
		/// The request has as many challenges as it can have.
		TooManyChallenges,
		/// The signer did not challenge this request, or revealed its claim already.
		NotChallenger,
		/// The court does not reveal votes now.
		NotRevealing,
		/// Digest and salt are not those of the claim.
		ClaimMismatch,
		/// Too few executors serve the model, besides the parties and those who had a seat already.
		NotEnoughExecutors,
		/// Escrow and seat fees would be larger than `max_fee`. The runtime API `estimate` tells them.
		MaxFeeTooLow,
		/// The royalty is larger than `max_royalty`.
		RoyaltyAboveMax,
		/// The deadline is over already, or after the request is pruned.
		InvalidDeadline,
		/// Executors with a free slot hold too little of what all that serve the model offer, draws or
		/// agendas have no room, or this block left a part of them for later.
		Congested,
		/// A number is too large: the fee, the bond or the number of the request.
		Overflow,
		/// Less than two thirds of the validators say that their store holds the model's file, so the
		/// court could not judge its answers. Give them the file; their nodes say so by themselves.
		NotCourtReady,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(_: BlockNumberFor<T>) -> Weight {
			Self::record_vrf_output(T::Randomness::output());
			Self::begin_block()
		}

		fn on_finalize(_: BlockNumberFor<T>) {
			Self::adjust_price();
		}

		fn integrity_test() {
			assert!(T::TargetFuel::get() > 0, "the target of fuel is not zero");
			assert!(T::MinFuelPrice::get() > 0, "fuel is never free");
			assert!(T::MinFuelPrice::get() <= T::MaxFuelPrice::get());
			assert!(T::ChallengeWindow::get() > 0, "an answer can be challenged");
			assert!(T::StakeAtRisk::get() > 0, "a wrong answer costs something");
			// Whatever waits, each block does at least one draw and one action.
			weight_budget::assert_fits(
				"a block with one draw",
				Self::base_weight().saturating_add(Self::max_draw_weight()),
				Self::draw_budget(),
			);
			weight_budget::assert_fits(
				"a block with one action",
				Self::draw_budget()
					.saturating_add(T::WeightInfo::agenda_list())
					.saturating_add(Self::max_action_weight()),
				T::AgendaWeight::get(),
			);
			let max = weight_budget::max_transaction_weight::<T>(DispatchClass::Normal);
			for call in [
				T::WeightInfo::request(MAX_INPUT_BYTES),
				T::WeightInfo::audit_bought(),
				T::WeightInfo::challenge(),
			] {
				let call = call.saturating_add(DrawContext::<T>::max_weight());
				weight_budget::assert_fits("a call", call, max);
			}
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Asks a committee of executors for an inference.
		///
		/// ## Dispatch Origin
		/// Signed by any account.
		///
		/// ## Details
		/// Holds the escrow, which is the most that the request can cost, and a deposit, and burns the
		/// seat fees. The deposit comes back at the settlement, or at the pruning of a request that
		/// failed. The request keeps the model version and the price of fuel as they are now.
		///
		/// ## Parameters
		/// - `model`: number of the model version.
		/// - `input`: encoded input tensors.
		/// - `tier`: `Optimistic` (one executor, audited at random), `Quorum` (three that agree) or
		///   `High` (seven, of whom five agree and none dissents).
		/// - `max_fee`: upper bound of escrow and seat fees that the signer accepts, in planck.
		/// - `max_royalty`: upper bound of the royalty that the signer accepts, in planck.
		/// - `reference`: anything; the events repeat it.
		/// - `deadline`: time of the chain's clock after which no further committee is drawn for a
		///   first answer. A committee that was drawn in time may finish.
		///
		/// ## Errors
		/// - [`Error::Congested`]: if this block left a part of its draws or of its agenda for later,
		///   one of them has no room, or executors with a free slot hold less than two thirds of the
		///   slots that all who serve the model offer.
		/// - [`Error::UnknownModel`]: if no model version has this number.
		/// - [`Error::EngineNotValid`]: if the model's engine is not valid in this block.
		/// - [`Error::NotEnoughExecutors`]: if fewer executors than the first committee has seats can
		///   be drawn, besides the signer and the model's owner.
		/// - [`Error::RoyaltyAboveMax`]: if the royalty is more than `max_royalty`.
		/// - [`Error::MaxFeeTooLow`]: if escrow and seat fees are more than `max_fee`.
		/// - [`Error::InvalidDeadline`]: if the deadline is over, or later than the pruning.
		/// - [`Error::Overflow`]: if the escrow or the number of the request is too large.
		///
		/// ## Events
		/// [`Event::Requested`]. Later [`Event::Drawn`], [`Event::Attested`] and [`Event::Settled`],
		/// or [`Event::Failed`]; in the end [`Event::Pruned`].
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::request(input.len() as u32)
			.saturating_add(DrawContext::<T>::max_weight()))]
		pub fn request(
			origin: OriginFor<T>,
			model: ModelId,
			input: Input,
			tier: Tier,
			max_fee: Balance,
			max_royalty: Balance,
			reference: H256,
			deadline: Option<BlockNumberFor<T>>,
		) -> DispatchResultWithPostInfo {
			let requester = ensure_signed(origin)?;
			let mut meter = WeightMeter::new();
			meter.consume(T::WeightInfo::request(input.len() as u32));
			let order = Order { model, input, tier, max_fee, max_royalty, reference, deadline };
			let mut draws = DrawContext::new();
			Self::do_request(&mut draws, &mut meter, requester, order)?;
			Ok(Some(meter.consumed()).into())
		}

		/// Takes a request back in the block of its inclusion.
		///
		/// ## Dispatch Origin
		/// Signed by the requester.
		///
		/// ## Details
		/// Returns the escrow. The deposit stays until the request is pruned; the seat fees are burned
		/// already. In a later block the committee may be known to some: a requester that could still
		/// cancel could draw again until it likes the result.
		///
		/// ## Parameters
		/// - `request`: number of the request.
		///
		/// ## Errors
		/// - [`Error::UnknownRequest`]: if there is no such request.
		/// - [`Error::NotRequester`]: if the signer did not make the request.
		/// - [`Error::NotCancellable`]: if the request was made in an earlier block, or has ended.
		///
		/// ## Events
		/// [`Event::Failed`].
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::cancel())]
		pub fn cancel(origin: OriginFor<T>, request: RequestId) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_cancel(who, request)
		}

		/// Puts up a bond against an answer, so that the court computes it again.
		///
		/// ## Dispatch Origin
		/// Signed by any account.
		///
		/// ## Details
		/// The signer binds itself to the digest that it computed, and reveals it with `reveal_claim`
		/// while the court reveals its votes. The bond comes back if the court finds that digest, with
		/// a share of what the convicted operators themselves lose, by bond where several are right; or
		/// if the court finds none. Otherwise the bond is lost, also where the claim stays hidden.
		///
		/// ## Parameters
		/// - `request`: number of the request.
		/// - `seed`: seed of the request's last round for a first answer, so that a challenge counts on
		///   one fork only.
		/// - `digest`: digest of the answer that is wrong: the attested one, or, in court, any that was
		///   revealed.
		/// - `claim`: [`claim_hash`](crate::claim_hash) of the signer, the request, the right digest
		///   and a salt.
		///
		/// ## Errors
		/// - [`Error::UnknownRequest`]: if there is no such request.
		/// - [`Error::NotChallengeable`]: if the request has no answer yet, its answer is final, or its
		///   court takes no more claims.
		/// - [`Error::SeedMismatch`]: if the seed is another.
		/// - [`Error::UnknownDigest`]: if nobody gave an answer with this digest.
		/// - [`Error::AlreadyChallenged`]: if the signer challenged this request already.
		/// - [`Error::TooManyChallenges`]: if the request has as many challenges as it can have.
		/// - [`Error::Congested`]: if neither court nor agenda has room.
		/// - [`Error::Overflow`]: if the bond is too large.
		///
		/// ## Events
		/// [`Event::Challenged`], and with the first challenge [`Event::Disputed`]. Later
		/// [`Event::ChallengeWon`], [`Event::ChallengeLost`] or [`Event::Failed`].
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::challenge())]
		pub fn challenge(
			origin: OriginFor<T>,
			request: RequestId,
			seed: H256,
			digest: H256,
			claim: H256,
		) -> DispatchResult {
			let challenger = ensure_signed(origin)?;
			Self::do_challenge(challenger, request, seed, digest, claim)
		}

		/// Reveals the claim of a challenge.
		///
		/// ## Dispatch Origin
		/// Signed by the challenger.
		///
		/// ## Details
		/// To be called while the court reveals its votes. A claim that is not revealed is lost.
		///
		/// ## Parameters
		/// - `request`: number of the request.
		/// - `digest`: digest that is right.
		/// - `salt`: salt of the claim.
		///
		/// ## Errors
		/// - [`Error::UnknownRequest`]: if there is no such request.
		/// - [`Error::NotChallenger`]: if the signer did not challenge it, or revealed already.
		/// - [`Error::NotRevealing`]: if the court does not reveal votes now.
		/// - [`Error::ClaimMismatch`]: if digest and salt are not those of the claim.
		///
		/// ## Events
		/// [`Event::ClaimRevealed`].
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::reveal_claim())]
		pub fn reveal_claim(
			origin: OriginFor<T>,
			request: RequestId,
			digest: H256,
			salt: H256,
		) -> DispatchResult {
			let challenger = ensure_signed(origin)?;
			Self::do_reveal_claim(challenger, request, digest, salt)
		}

		/// Buys an audit: a committee that had no seat before computes the answer again.
		///
		/// ## Dispatch Origin
		/// Signed by any account.
		///
		/// ## Details
		/// Holds what the auditors earn at the fuel limit and burns the seat fees of the audit. The
		/// auditors are paid from it for the fuel of the answer; the rest comes back. An auditor that
		/// finds another answer, or an audit that falls silent, brings the request to the court.
		///
		/// ## Parameters
		/// - `request`: number of the request.
		///
		/// ## Errors
		/// - [`Error::UnknownRequest`]: if there is no such request.
		/// - [`Error::NotAuditable`]: if the request has no attested answer, is audited already, or its
		///   challenge window is over.
		/// - [`Error::NotEnoughExecutors`]: if no audit committee can be drawn.
		/// - [`Error::Congested`]: if draws have no room.
		/// - [`Error::Overflow`]: if the price is too large.
		///
		/// ## Events
		/// [`Event::Audited`]. Later [`Event::Drawn`], and [`Event::Settled`] or [`Event::Disputed`].
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::audit_bought()
			.saturating_add(DrawContext::<T>::max_weight()))]
		pub fn audit(origin: OriginFor<T>, request: RequestId) -> DispatchResultWithPostInfo {
			let buyer = ensure_signed(origin)?;
			let mut meter = WeightMeter::new();
			meter.consume(T::WeightInfo::audit_bought());
			let mut draws = DrawContext::new();
			Self::do_buy_audit(&mut draws, &mut meter, buyer, request)?;
			Ok(Some(meter.consumed()).into())
		}
	}
}
