#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod agenda;
mod audit;
mod authorize;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod calls;
mod capacity;
mod challenge;
mod contents;
mod court;
mod draw;
mod errors;
mod events;
mod fees;
mod intake;
mod interface;
pub mod migrations;
#[cfg(test)]
mod mock;
mod orphans;
mod pruning;
mod queue;
pub mod reject;
mod replacement;
mod settlement;
#[cfg(test)]
mod tests;
pub mod tiers;
#[cfg(any(feature = "try-runtime", feature = "std"))]
mod try_state;
mod types;
mod verdict;
mod watching;
pub mod weights;
mod windows;

pub use agenda::SCHEDULE_SEARCH_BLOCKS;
pub use capacity::{Capacity, Load};
pub use challenge::{claim_hash, PoolCall, PoolCallOf, PoolChallenge, PoolClaim};
use frame_support::pallet_macros::import_section;

pub use pallet::*;
pub use queue::{MAX_DRAW_BATCHES, VRF_HISTORY};
pub use types::*;
pub use weights::WeightInfo;

#[import_section(errors::errors)]
#[import_section(events::events)]
// The arguments of a call are its wire format.
#[allow(clippy::too_many_arguments)]
#[frame_support::pallet]
pub mod pallet {
	use super::{capacity::Load, challenge::*, draw::DrawContext, types::*, weights::WeightInfo};
	use alloc::vec::Vec;
	use frame_support::{
		migrations::MultiStepMigrator, pallet_prelude::*, traits::fungible, weights::WeightMeter,
		PalletId,
	};
	use frame_system::{offchain::CreateAuthorizedTransaction, pallet_prelude::*};
	use opg_primitives::{
		Balance, BlockNumber, Content, ExecutorSignature, FailureReason, Fuel, Input, ModelId,
		RequestId, RoundIndex, Tier, MAX_INPUT_BYTES,
	};
	use pallet_opg_support::{
		weight_budget, BlockRandomness, CommitPhases, Committees, Courts, ExecutorDirectory,
		ExecutorLedger, ExecutorStake, ModelRegistry, Panels, VrfOutput, MAX_COMMIT_LENGTHS,
	};
	use sp_core::H256;
	use sp_runtime::{traits::BlockNumberProvider, Perbill};

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(2);

	/// Configuration.
	#[pallet::config]
	pub trait Config:
		frame_system::Config<RuntimeEvent: From<Event<Self>>, Hash = H256>
		+ CreateAuthorizedTransaction<Call<Self>>
	{
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
		type Executors: ExecutorDirectory<Self::AccountId>
			+ ExecutorStake<Self::AccountId>
			+ ExecutorLedger<
				Self::AccountId,
				Credit = fungible::Credit<Self::AccountId, Self::Currency>,
			>;
		/// Rounds of drawn committees.
		type Committees: Committees<Self::AccountId>;
		/// Court of all validators.
		type Courts: Courts;
		/// Validators that hold inputs and outputs outside of the chain.
		type Panels: Panels<Self::AccountId>;
		/// VRF output of the block that begins.
		type Randomness: BlockRandomness;
		/// Id of the pot's account.
		#[pallet::constant]
		type PotId: Get<PalletId>;
		/// Balance up to which the pot keeps what comes in, in planck. It pays audits, loads and courts
		/// from it.
		#[pallet::constant]
		type PotReserve: Get<Balance>;
		/// Account that gets what comes into the pot beyond its reserve.
		type Treasury: Get<Self::AccountId>;
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
		/// Burned per input outside of the chain, and per output that can be, in planck: the weight of what
		/// validators say about it, which they do not pay for.
		#[pallet::constant]
		type ContentFee: Get<Balance>;
		/// Fee of holding a byte of an input or output outside of the chain until the request is final, in
		/// planck. All validators that hold it share it.
		#[pallet::constant]
		type BytePrice: Get<Balance>;
		/// Held from a challenger on top of what the court costs, in planck.
		#[pallet::constant]
		type ChallengeBond: Get<Balance>;
		/// Pay of a validator in the court, as a share of the least pay for the fuel limit.
		#[pallet::constant]
		type CourtRate: Get<Perbill>;
		/// What a byte of a model's file costs a validator in the court, in fuel.
		#[pallet::constant]
		type CourtFuelPerByte: Get<Fuel>;
		/// Upper bound of the validators of a court.
		#[pallet::constant]
		type MaxBench: Get<u32>;
		/// Loss of an executor with the smallest bond for a wrong answer, in planck. The audit
		/// probability is computed from it.
		#[pallet::constant]
		type StakeAtRisk: Get<Balance>;
		/// Upper bound of the actions on the agenda of one time, of the draws of a batch, and of the
		/// disputes that wait for the court.
		#[pallet::constant]
		type MaxAgenda: Get<u32>;
		/// Upper bound of the draws per block: as many rounds as the committees can open.
		#[pallet::constant]
		type MaxDraws: Get<u32>;
		/// Lengths of commit phases, by the limits of versions.
		type CommitPhases: Get<CommitPhases>;
		/// Least time for which an attested answer can be challenged. It is longer for versions with
		/// long commit phases.
		#[pallet::constant]
		type ChallengeWindow: Get<BlockNumber>;
		/// Least time in which validators must hold an input or output outside of the chain. It grows with
		/// the size.
		#[pallet::constant]
		type HoldBlocks: Get<BlockNumber>;
		/// Milliseconds from one tick of the clock to the next, as a rule.
		#[pallet::constant]
		type MillisPerTick: Get<u32>;
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
		/// Origin that stops the intake of requests and resumes it.
		type DrainOrigin: EnsureOrigin<Self::RuntimeOrigin>;
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

	/// Encoded input tensors of the requests, where they are on the chain.
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

	/// Seats that were declined free of charge, by request and round, in the order in which the next
	/// draws give them to others.
	#[pallet::storage]
	pub type Vacancies<T: Config> =
		StorageValue<_, BoundedVec<(RequestId, RoundIndex), T::MaxAgenda>, ValueQuery>;

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

	/// What the request found that was taken last.
	#[pallet::storage]
	pub type LastAdmitted<T: Config> = StorageValue<_, Admitted<T::AccountId, BlockNumberFor<T>>>;

	/// Fuel of all executors that was ordered in this block.
	#[pallet::storage]
	pub type FuelOrdered<T> = StorageValue<_, Fuel, ValueQuery>;

	/// Executors with seats in requests that are not final, or with a pool in a challenge, sorted, and
	/// what they owe for them.
	#[pallet::storage]
	pub type OpenSeats<T: Config> =
		StorageValue<_, BoundedVec<(T::AccountId, Load), T::MaxExecutors>, ValueQuery>;

	/// Seats of first rounds that wait for their draw, by model.
	#[pallet::storage]
	pub type PendingSeats<T> = StorageMap<_, Twox64Concat, ModelId, u32, ValueQuery>;

	/// Disputes that wait until the court has room, oldest first. Where there is no room among them, a
	/// challenge is refused, and a request that dissent brought fails without a verdict.
	#[pallet::storage]
	pub type WaitingDisputes<T: Config> =
		StorageValue<_, BoundedVec<RequestId, T::MaxAgenda>, ValueQuery>;

	/// Requests that executors challenge with their pools, by model: one at a time.
	#[pallet::storage]
	pub type PoolChallenges<T: Config> =
		StorageDoubleMap<_, Twox64Concat, ModelId, Blake2_128Concat, T::AccountId, RequestId>;

	/// Whether the chain takes requests.
	#[pallet::storage]
	pub type Intake<T> = StorageValue<_, IntakeStatus, ValueQuery>;

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

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(_: BlockNumberFor<T>) -> Weight {
			Self::record_vrf_output(T::Randomness::output());
			// What a migration has not reached yet does not decode.
			if T::MultiBlockMigrator::ongoing() {
				return Self::postpone_draws();
			}
			Self::begin_block()
		}

		fn on_finalize(_: BlockNumberFor<T>) {
			Self::adjust_price();
		}

		fn offchain_worker(block: BlockNumberFor<T>) {
			Self::watch(block);
		}

		fn integrity_test() {
			assert!(T::TargetFuel::get() > 0, "the target of fuel is not zero");
			assert!(T::MinFuelPrice::get() > 0, "fuel is never free");
			assert!(T::MinFuelPrice::get() <= T::MaxFuelPrice::get());
			assert!(T::ChallengeWindow::get() > 0, "an answer can be challenged");
			assert!(T::HoldBlocks::get() > 0, "a content can be held in time");
			assert!(
				T::CommitPhases::get().lengths().count() <= MAX_COMMIT_LENGTHS as usize,
				"a block pays for the deadlines of all lengths"
			);
			assert!(T::StakeAtRisk::get() > 0, "a wrong answer costs something");
			// Whatever waits, each block does at least one draw and one action.
			weight_budget::assert_fits(
				"a block with one draw",
				Self::base_weight().saturating_add(Self::max_draw_weight()),
				Self::draw_budget(),
			);
			weight_budget::assert_fits(
				"a block with one replacement",
				Self::base_weight().saturating_add(Self::max_replacement_weight()),
				Self::draw_budget(),
			);
			weight_budget::assert_fits(
				"a block with one action",
				Self::draw_budget()
					.saturating_add(T::WeightInfo::service_disputes())
					.saturating_add(T::WeightInfo::agenda_list())
					.saturating_add(Self::max_action_weight()),
				T::AgendaWeight::get(),
			);
			let max = weight_budget::max_transaction_weight::<T>(DispatchClass::Normal);
			for call in [
				Self::max_request_weight(MAX_INPUT_BYTES),
				Self::max_request_stored_weight(),
				T::WeightInfo::audit_bought().saturating_add(DrawContext::<T>::max_weight()),
				T::WeightInfo::challenge().saturating_add(Self::max_release_weight()),
			] {
				weight_budget::assert_fits("a call", call, max);
			}
			let max = weight_budget::max_transaction_weight::<T>(DispatchClass::Operational);
			let challenge = T::WeightInfo::challenge_with_pool()
				.saturating_add(Self::max_release_weight())
				.saturating_add(Self::max_release_weight())
				.saturating_add(T::WeightInfo::authorize_challenge_with_pool());
			weight_budget::assert_fits("a challenge with a pool", challenge, max);
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
		/// seat fees, and [`Config::ContentFee`] where the version has outputs outside of the chain. The deposit comes back at the settlement, or at the pruning of a request that
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
		/// - `fuel_limit`: fuel limit of a run of this request, where it is less than the version's: at
		///   least [`opg_primitives::MIN_FUEL_SHARE`] of that. It takes its place in all that follows from
		///   the limit: escrow, windows, reserves, and the fuel at which a run ends without an output.
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
		/// - [`Error::InputTooLong`]: if the input is longer than the version takes.
		/// - [`Error::FuelLimitTooLow`], [`Error::FuelLimitTooHigh`]: if `fuel_limit` is not within its
		///   bounds.
		/// - [`Error::MaxFeeTooLow`]: if escrow and seat fees are more than `max_fee`.
		/// - [`Error::InvalidDeadline`]: if the deadline is over, or later than the pruning.
		/// - [`Error::Overflow`]: if the escrow or the number of the request is too large.
		///
		/// ## Events
		/// [`Event::Requested`]. Later [`Event::Drawn`], [`Event::Attested`] and [`Event::Settled`],
		/// or [`Event::Failed`]; in the end [`Event::Pruned`].
		#[pallet::call_index(0)]
		#[pallet::weight(Pallet::<T>::max_request_weight(input.len() as u32))]
		pub fn request(
			origin: OriginFor<T>,
			model: ModelId,
			input: Input,
			tier: Tier,
			max_fee: Balance,
			max_royalty: Balance,
			reference: H256,
			deadline: Option<BlockNumberFor<T>>,
			fuel_limit: Option<Fuel>,
		) -> DispatchResultWithPostInfo {
			let requester = ensure_signed(origin)?;
			let mut meter = WeightMeter::new();
			meter.consume(T::WeightInfo::request(input.len() as u32));
			let input = OrderInput::Inline(input);
			let order =
				Order { model, input, tier, max_fee, max_royalty, reference, deadline, fuel_limit };
			let mut draws = DrawContext::new();
			let paid = Self::do_request(&mut draws, &mut meter, requester, order)?;
			Ok(Some(meter.consumed().saturating_sub(paid)).into())
		}

		/// Takes a request back in the block of its inclusion.
		///
		/// ## Dispatch Origin
		/// Signed by the requester.
		///
		/// ## Details
		/// Returns the escrow. The deposit stays until the request is pruned; the seat fees are burned
		/// already. No validator was asked for an input yet, so its storage costs nothing. In a later block the committee may be known to some: a requester that could still
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
		/// - `claim`: [`claim_hash`] of the signer, the request, the right digest and a salt.
		///
		/// ## Errors
		/// - [`Error::UnknownRequest`]: if there is no such request.
		/// - [`Error::NotChallengeable`]: if the request has no answer yet, its answer is final, or its
		///   court takes no more claims.
		/// - [`Error::SeedMismatch`]: if the seed is another.
		/// - [`Error::UnknownDigest`]: if nobody gave an answer with this digest.
		/// - [`Error::AlreadyChallenged`]: if the signer challenged this request already.
		/// - [`Error::TooManyChallenges`]: if the request has as many challenges as it can have.
		/// - [`Error::Congested`]: if neither the court nor its queue has room.
		/// - [`Error::Overflow`]: if the bond is too large.
		///
		/// ## Events
		/// [`Event::Challenged`], and with the first challenge [`Event::Disputed`]. Later
		/// [`Event::ChallengeWon`], [`Event::ChallengeLost`] or [`Event::Failed`].
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::challenge().saturating_add(Pallet::<T>::max_release_weight()))]
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

		/// Challenges an answer with the pool of an executor as the bond.
		///
		/// ## Dispatch Origin
		/// Authorized by the signature. Feeless.
		///
		/// ## Details
		/// For executors that had no seat: their nodes send it by themselves. It is a
		/// [`challenge`](Self::challenge) of the operator, but the bond is reserved in the operator's
		/// own stake, and charged there if the challenge is lost. Rewards go to the operator's account.
		///
		/// ## Parameters
		/// - `challenge`: with a [`PoolChallenge`] as its payload.
		/// - `signature`: by the hot key of `challenge.executor`, of
		///   [`opg_primitives::challenge::pool_call_payload`].
		///
		/// ## Errors
		/// Before dispatch, `InvalidTransaction::Custom` with a code of [`crate::reject`]. Those for
		/// which it would fail are the errors of [`challenge`](Self::challenge), and:
		/// - [`Error::Suspended`]: if the executor is paused, is leaving, or was convicted.
		/// - [`Error::HasSeat`]: if it has a seat in the request.
		/// - [`Error::PoolChallengeOpen`]: if its pool is the bond of another challenge of the model.
		/// - [`Error::NoReserve`]: if its own stake has no room for the bond.
		///
		/// ## Events
		/// As of [`challenge`](Self::challenge).
		#[pallet::call_index(5)]
		#[pallet::weight((
			T::WeightInfo::challenge_with_pool()
				.saturating_add(Pallet::<T>::max_release_weight()),
			DispatchClass::Operational,
		))]
		#[pallet::weight_of_authorize(
			T::WeightInfo::authorize_challenge_with_pool()
				.saturating_add(Pallet::<T>::max_release_weight())
		)]
		#[pallet::authorize(|_, challenge, signature| {
			Pallet::<T>::authorize_pool_call(challenge, signature)
		})]
		pub fn challenge_with_pool(
			origin: OriginFor<T>,
			challenge: PoolCallOf<T, PoolChallenge>,
			_signature: ExecutorSignature,
		) -> DispatchResultWithPostInfo {
			ensure_authorized(origin)?;
			Self::do_challenge_with_pool(challenge)?;
			Ok(Pays::No.into())
		}

		/// Reveals the claim of a challenge of an executor.
		///
		/// ## Dispatch Origin
		/// Authorized by the signature. Feeless.
		///
		/// ## Details
		/// As [`reveal_claim`](Self::reveal_claim), for nodes.
		///
		/// ## Parameters
		/// - `claim`: with a [`PoolClaim`] as its payload.
		/// - `signature`: by the hot key of `claim.executor`, of
		///   [`opg_primitives::challenge::pool_call_payload`].
		///
		/// ## Errors
		/// Before dispatch, `InvalidTransaction::Custom` with a code of [`crate::reject`]. Those for
		/// which it would fail are the errors of [`reveal_claim`](Self::reveal_claim).
		///
		/// ## Events
		/// [`Event::ClaimRevealed`].
		#[pallet::call_index(6)]
		#[pallet::weight((T::WeightInfo::reveal_claim(), DispatchClass::Operational))]
		#[pallet::weight_of_authorize(T::WeightInfo::authorize_reveal_claim_with_pool())]
		#[pallet::authorize(|_, claim, signature| {
			Pallet::<T>::authorize_pool_call(claim, signature)
		})]
		pub fn reveal_claim_with_pool(
			origin: OriginFor<T>,
			claim: PoolCallOf<T, PoolClaim>,
			_signature: ExecutorSignature,
		) -> DispatchResultWithPostInfo {
			ensure_authorized(origin)?;
			let PoolCall { executor, request, payload: PoolClaim { digest, salt }, .. } = claim;
			Self::do_reveal_claim(executor, request, digest, salt)?;
			Ok(Pays::No.into())
		}

		/// Asks a committee of executors for an inference whose input is outside of the chain.
		///
		/// ## Dispatch Origin
		/// Signed by any account.
		///
		/// ## Details
		/// As [`request`](Self::request), but the committee is drawn once validators hold the input. They
		/// are asked at the next time of the chain's clock: from then on the signer uploads it to any
		/// node. [`Config::ContentFee`] is burned with the seat fees, and the escrow holds
		/// [`Config::BytePrice`] for each byte. Where validators do not hold the input in time, the request
		/// fails, that part is burned, and the rest of the escrow comes back.
		///
		/// ## Parameters
		/// - `model`: number of the model version.
		/// - `input`: BLAKE3 hash and length of the encoded input tensors.
		/// - `tier`, `max_fee`, `max_royalty`, `reference`, `deadline`, `fuel_limit`: as of
		///   [`request`](Self::request). A request whose deadline passes before the input is held fails as if it were not held.
		///
		/// ## Errors
		/// Those of [`request`](Self::request), and:
		/// - [`Error::InputTooShort`]: if the chain carries an input of this size.
		///
		/// ## Events
		/// [`Event::Requested`]. Later [`Event::Convened`], and [`Event::Held`] or [`Event::Failed`]; then
		/// as of [`request`](Self::request).
		#[pallet::call_index(7)]
		#[pallet::weight(Pallet::<T>::max_request_stored_weight())]
		pub fn request_stored(
			origin: OriginFor<T>,
			model: ModelId,
			input: Content,
			tier: Tier,
			max_fee: Balance,
			max_royalty: Balance,
			reference: H256,
			deadline: Option<BlockNumberFor<T>>,
			fuel_limit: Option<Fuel>,
		) -> DispatchResultWithPostInfo {
			let requester = ensure_signed(origin)?;
			let mut meter = WeightMeter::new();
			meter.consume(T::WeightInfo::request_stored());
			let input = OrderInput::Stored(input);
			let order =
				Order { model, input, tier, max_fee, max_royalty, reference, deadline, fuel_limit };
			let mut draws = DrawContext::new();
			let paid = Self::do_request(&mut draws, &mut meter, requester, order)?;
			Ok(Some(meter.consumed().saturating_sub(paid)).into())
		}

		/// Stops the intake of requests.
		///
		/// ## Dispatch Origin
		/// [`Config::DrainOrigin`].
		///
		/// ## Details
		/// New requests are refused. Those that there are go on as ever: they are answered, disputed,
		/// settled and pruned. The view function `backlog` counts them. Meant for the time before an
		/// upgrade that touches what is stored of them.
		///
		/// ## Errors
		/// - [`Error::Draining`]: if the intake has stopped already.
		///
		/// ## Events
		/// [`Event::DrainStarted`]. Later [`Event::Drained`], once the last request is pruned.
		#[pallet::call_index(8)]
		#[pallet::weight(T::WeightInfo::drain())]
		pub fn drain(origin: OriginFor<T>) -> DispatchResult {
			T::DrainOrigin::ensure_origin(origin)?;
			Self::do_drain()
		}

		/// Takes requests again.
		///
		/// ## Dispatch Origin
		/// [`Config::DrainOrigin`].
		///
		/// ## Errors
		/// - [`Error::NotDraining`]: if requests are taken.
		///
		/// ## Events
		/// [`Event::IntakeResumed`].
		#[pallet::call_index(9)]
		#[pallet::weight(T::WeightInfo::resume())]
		pub fn resume(origin: OriginFor<T>) -> DispatchResult {
			T::DrainOrigin::ensure_origin(origin)?;
			Self::do_resume()
		}

		/// Releases what an account has on hold for requests, challenges and audits that are gone.
		///
		/// ## Dispatch Origin
		/// Signed by any account.
		///
		/// ## Details
		/// Nothing is on hold without a request, unless one does not decode any more, or an error lost
		/// it. The call reads all requests and releases what none of them holds. It pays for as many
		/// as the signer allows for; what it did not read is paid back.
		///
		/// ## Parameters
		/// - `who`: account whose holds are released.
		/// - `max_requests`: upper bound of the number of requests that there are.
		///
		/// ## Errors
		/// - [`Error::TooManyRequests`]: if there are more requests.
		/// - [`Error::NothingOrphaned`]: if requests hold all that the account has on hold.
		///
		/// ## Events
		/// [`Event::OrphanedReleased`].
		#[pallet::call_index(10)]
		#[pallet::weight(T::WeightInfo::release_orphaned(*max_requests))]
		pub fn release_orphaned(
			origin: OriginFor<T>,
			who: T::AccountId,
			max_requests: u32,
		) -> DispatchResultWithPostInfo {
			ensure_signed(origin)?;
			let read = Self::do_release_orphaned(who, max_requests)?;
			Ok(Some(T::WeightInfo::release_orphaned(read)).into())
		}
	}

	#[pallet::view_functions]
	impl<T: Config> Pallet<T> {
		/// Tells whether requests are taken, and how many there are. Reads all of them: for nodes and
		/// scripts, not for calls.
		pub fn backlog() -> Backlog {
			Self::backlog_view()
		}
	}
}
