#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod agenda;
mod audit;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod calls;
mod draw;
mod fees;
mod interface;
#[cfg(test)]
mod mock;
mod pruning;
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
pub use draw::VRF_HISTORY;
pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

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
	use pallet_opg_support::{Committees, ExecutorLedger, ExecutorStake, ModelRegistry};
	use sp_core::H256;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// Configuration.
	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>, Hash = H256> {
		/// The OPG token.
		type Currency: fungible::BalancedHold<Self::AccountId, Balance = Balance>
			+ fungible::MutateHold<Self::AccountId, Reason: From<HoldReason>>
			+ fungible::Mutate<Self::AccountId>
			+ fungible::Balanced<Self::AccountId, Balance = Balance>;
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
		/// VRF output of the parent block, if it has one.
		type ParentVrf: Get<Option<[u8; 32]>>;
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
		/// Held from a challenger on top of what the jury costs, in planck.
		#[pallet::constant]
		type ChallengeBond: Get<Balance>;
		/// Loss of an executor with the smallest bond for a wrong answer, in planck. The audit
		/// probability is computed from it.
		#[pallet::constant]
		type StakeAtRisk: Get<Balance>;
		/// Upper bound of the actions on the agenda of a block.
		#[pallet::constant]
		type MaxAgenda: Get<u32>;
		/// Upper bound of the draws per block: as many rounds as the committees can open.
		#[pallet::constant]
		type MaxDraws: Get<u32>;
		/// Blocks for which an attested answer can be challenged.
		#[pallet::constant]
		type ChallengeWindow: Get<BlockNumber>;
		/// Blocks from inclusion to pruning. Longer than the longest dispute.
		#[pallet::constant]
		type Lifetime: Get<BlockNumber>;
		/// Upper bound of the executors in a snapshot, and of those that serve one model.
		#[pallet::constant]
		type MaxExecutors: Get<u32>;
		/// Weight that the agenda of a block can spend. The rest is postponed.
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

	/// Actions that run at the start of a block, in this order.
	#[pallet::storage]
	pub type Agenda<T: Config> = StorageMap<
		_,
		Twox64Concat,
		BlockNumberFor<T>,
		BoundedVec<(RequestId, Action), T::MaxAgenda>,
		ValueQuery,
	>;

	/// Latest block that postponed a part of its agenda.
	#[pallet::storage]
	pub type PostponedAt<T: Config> = StorageValue<_, BlockNumberFor<T>>;

	/// VRF outputs of the last [`VRF_HISTORY`](crate::VRF_HISTORY) blocks.
	#[pallet::storage]
	pub type VrfOutputs<T: Config> = StorageMap<_, Twox64Concat, BlockNumberFor<T>, [u8; 32]>;

	/// Price of fuel, in planck per fuel and executor.
	#[pallet::storage]
	pub type FuelPrice<T: Config> = StorageValue<_, Balance, ValueQuery, T::MinFuelPrice>;

	/// Fuel of all executors that was ordered in this block.
	#[pallet::storage]
	pub type FuelOrdered<T> = StorageValue<_, Fuel, ValueQuery>;

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
			/// Held for the fee, in planck; the deposit is not included.
			escrow: Balance,
		},
		/// A committee was drawn.
		Drawn {
			/// Number of the request.
			request: RequestId,
			/// Round of the committee.
			round: RoundIndex,
			/// Executors, in draw order.
			committee: Vec<T::AccountId>,
		},
		/// A committee did not agree, and a larger one is drawn.
		Escalated {
			/// Number of the request.
			request: RequestId,
			/// Round of the larger committee.
			round: RoundIndex,
			/// Cause for which the last committee did not agree.
			reason: FailureReason,
		},
		/// A committee agreed on an answer. It can be challenged for `ChallengeWindow` blocks.
		Attested {
			/// Number of the request.
			request: RequestId,
			/// Digest of the answer.
			digest: H256,
			/// Fuel of the answer.
			fuel: Fuel,
		},
		/// An account put up a bond against an answer, and a jury computes it again.
		Challenged {
			/// Number of the request.
			request: RequestId,
			/// Account that put up the bond.
			challenger: T::AccountId,
			/// Bond, in planck.
			bond: Balance,
		},
		/// Randomness picked an answer, and a jury computes it again.
		Audited {
			/// Number of the request.
			request: RequestId,
		},
		/// A jury found the same answer. A challenger loses its bond to the pot.
		Upheld {
			/// Number of the request.
			request: RequestId,
		},
		/// A jury found another answer. The executors that gave the first one are slashed, a
		/// challenger gets its bond and its share back, and the requester is refunded.
		Overturned {
			/// Number of the request.
			request: RequestId,
			/// Digest of the jury's answer.
			digest: H256,
			/// Paid to everyone who gave the jury's answer, in planck.
			paid: Balance,
		},
		/// An answer is final and paid.
		Settled {
			/// Number of the request.
			request: RequestId,
			/// Charged in total, royalty included, in planck.
			fee: Balance,
		},
		/// A request ended without an answer, and its escrow was returned.
		Failed {
			/// Number of the request.
			request: RequestId,
			/// Cause.
			reason: FailureReason,
		},
		/// A request was removed, and its deposit returned if it was still held.
		Pruned {
			/// Number of the request.
			request: RequestId,
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
		/// The request has no answer yet, or its answer is in dispute or final already.
		NotChallengeable,
		/// Too few executors serve the model, besides the parties and those who had a seat already.
		NotEnoughExecutors,
		/// The escrow would be larger than `max_fee`. The runtime API `estimate` tells it.
		MaxFeeTooLow,
		/// The agendas of the next blocks have no room, or this block postponed a part of its own.
		Congested,
		/// The circuit breaker tripped: there are no requests until governance resumes slashing.
		Paused,
		/// A number is too large: the fee, the bond or the number of the request.
		Overflow,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(now: BlockNumberFor<T>) -> Weight {
			Self::record_vrf_output(now, T::ParentVrf::get());
			Self::service_agenda(now)
		}

		fn on_finalize(_now: BlockNumberFor<T>) {
			Self::adjust_price();
		}

		fn integrity_test() {
			assert!(T::TargetFuel::get() > 0, "the target of fuel is not zero");
			assert!(T::MinFuelPrice::get() > 0, "fuel is never free");
			assert!(T::MinFuelPrice::get() <= T::MaxFuelPrice::get());
			assert!(T::ChallengeWindow::get() > 0, "an answer can be challenged");
			assert!(T::StakeAtRisk::get() > 0, "a wrong answer costs something");
			let minimum = Self::base_weight()
				.saturating_add(T::WeightInfo::snapshot(T::MaxExecutors::get()))
				.saturating_add(
					T::WeightInfo::postpone().saturating_mul(T::MaxAgenda::get().into()),
				)
				.saturating_add(Self::max_action_weight());
			assert!(
				minimum.all_lte(T::AgendaWeight::get()),
				"a full agenda on which all but one action is postponed fits: {minimum:?}"
			);
			let max = T::BlockWeights::get()
				.get(DispatchClass::Normal)
				.max_extrinsic
				.unwrap_or(T::BlockWeights::get().max_block);
			for call in [T::WeightInfo::request(MAX_INPUT_BYTES), T::WeightInfo::challenge()] {
				let call = call.saturating_add(DrawContext::<T>::max_weight());
				assert!(call.all_lte(max), "a call fits the block: {call:?}");
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
		/// Holds the escrow, which is the most that the request can cost, and a deposit. The deposit
		/// comes back at the settlement, or at the pruning of a request that failed. The request
		/// keeps the model version and the price of fuel as they are now.
		///
		/// ## Parameters
		/// - `model`: number of the model version.
		/// - `input`: encoded input tensors.
		/// - `tier`: `Optimistic` (one executor, audited at random), `Quorum` (three that agree) or
		///   `High` (seven, of whom five agree and none dissents).
		/// - `max_fee`: upper bound of the escrow that the signer accepts, in planck.
		///
		/// ## Errors
		/// - [`Error::Paused`]: if the circuit breaker tripped.
		/// - [`Error::Congested`]: if this block postponed a part of its agenda, or the agendas of
		///   the blocks around the draw or the pruning have no room.
		/// - [`Error::UnknownModel`]: if no model version has this number.
		/// - [`Error::EngineNotValid`]: if the model's engine is not valid in this block.
		/// - [`Error::NotEnoughExecutors`]: if fewer executors than the first committee has seats can
		///   be drawn, besides the signer and the model's owner.
		/// - [`Error::MaxFeeTooLow`]: if the escrow is more than `max_fee`.
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
		) -> DispatchResultWithPostInfo {
			let requester = ensure_signed(origin)?;
			let mut meter = WeightMeter::new();
			meter.consume(T::WeightInfo::request(input.len() as u32));
			let mut draws = DrawContext::new(&mut meter);
			Self::do_request(&mut draws, &mut meter, requester, model, input, tier, max_fee)?;
			Ok(Some(meter.consumed()).into())
		}

		/// Takes a request back, free of charge, in the block of its inclusion.
		///
		/// ## Dispatch Origin
		/// Signed by the requester.
		///
		/// ## Details
		/// Returns the escrow. The deposit stays until the request is pruned. In a later block the
		/// committee may be known to some: a requester that could still cancel could draw again until
		/// it likes the result.
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

		/// Puts up a bond against an attested answer, so that a jury computes it again.
		///
		/// ## Dispatch Origin
		/// Signed by any account.
		///
		/// ## Details
		/// Nobody in the jury had a seat for the request before. If the jury finds another answer,
		/// the bond comes back with a share of what the executors lose. If it finds the same, the
		/// bond is lost. If it finds none, the bond comes back.
		///
		/// ## Parameters
		/// - `request`: number of the request.
		///
		/// ## Errors
		/// - [`Error::Paused`]: if the circuit breaker tripped.
		/// - [`Error::UnknownRequest`]: if there is no such request.
		/// - [`Error::NotChallengeable`]: if the request has no answer yet, or its answer is in
		///   dispute or final already.
		/// - [`Error::NotEnoughExecutors`]: if no jury can be drawn.
		/// - [`Error::Congested`]: if the agendas of the blocks around the draw have no room.
		/// - [`Error::Overflow`]: if the bond is too large.
		///
		/// ## Events
		/// [`Event::Challenged`]. Later [`Event::Upheld`], [`Event::Overturned`] or
		/// [`Event::Failed`].
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::challenge().saturating_add(DrawContext::<T>::max_weight()))]
		pub fn challenge(origin: OriginFor<T>, request: RequestId) -> DispatchResultWithPostInfo {
			let challenger = ensure_signed(origin)?;
			let mut meter = WeightMeter::new();
			meter.consume(T::WeightInfo::challenge());
			let mut draws = DrawContext::new(&mut meter);
			Self::do_challenge(&mut draws, &mut meter, challenger, request)?;
			Ok(Some(meter.consumed()).into())
		}
	}
}
