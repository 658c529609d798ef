//! # Inference pallet
//!
//! Takes requests with escrow, draws committees from later randomness, keeps the deadlines of
//! disputes, pays and refunds. It does not judge answers.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod agenda;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod calls;
mod draw;
mod fees;
mod purses;
mod settle;
pub mod tiers;
#[cfg(any(feature = "try-runtime", feature = "std"))]
mod try_state;
mod types;
pub mod weights;

pub use agenda::SEARCH;
pub use draw::KEPT_OUTPUTS;
pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

#[frame_support::pallet]
pub mod pallet {
	use super::{draw::Lots, types::*, weights::WeightInfo};
	use frame_support::{pallet_prelude::*, traits::fungible, PalletId};
	use frame_system::pallet_prelude::*;
	use opg_primitives::{
		Balance, BlockNumber, Fuel, Input, ModelId, RequestId, RoundIndex, Tier, MAX_INPUT_BYTES,
	};
	use pallet_opg_support::{Committees, ExecutorPools, FailureReason, ModelRegistry};
	use sp_core::H256;

	/// Configuration.
	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>, Hash = H256> {
		/// The OPG token.
		type Currency: fungible::BalancedHold<Self::AccountId, Balance = Balance>
			+ fungible::MutateHold<Self::AccountId, Reason: From<HoldReason>>
			+ fungible::Mutate<Self::AccountId>
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
		/// The account of the protocol's share of fees.
		#[pallet::constant]
		type PotId: Get<PalletId>;
		/// Least price of fuel, and its price at genesis, in planck per fuel and executor.
		#[pallet::constant]
		type MinFuelPrice: Get<Balance>;
		/// Largest price of fuel.
		#[pallet::constant]
		type MaxFuelPrice: Get<Balance>;
		/// Fuel of all executors, ordered per block, at which the price stays.
		#[pallet::constant]
		type TargetFuel: Get<Fuel>;
		/// Held from the requester for the storage of a request until it is settled and so paid for,
		/// or pruned, in planck.
		#[pallet::constant]
		type RequestDeposit: Get<Balance>;
		/// Held from a challenger besides what the jury costs, in planck.
		#[pallet::constant]
		type ChallengeBond: Get<Balance>;
		/// What an executor with the least bond loses for a wrong answer, in planck.
		/// The audit probability is computed from it.
		#[pallet::constant]
		type StakeAtRisk: Get<Balance>;
		/// Most draws, settlements, prunings and ends of disputes per block.
		#[pallet::constant]
		type MaxAgenda: Get<u32>;
		/// Most draws per block: as many rounds as the committees can open.
		#[pallet::constant]
		type MaxDraws: Get<u32>;
		/// Blocks for which an attested answer can be challenged.
		#[pallet::constant]
		type ChallengeWindow: Get<BlockNumber>;
		/// Blocks from inclusion to pruning. Longer than the longest dispute.
		#[pallet::constant]
		type Lifetime: Get<BlockNumber>;
		/// Most executors, drawn or serving a model: bounds what a draw looks at.
		#[pallet::constant]
		type MaxExecutors: Get<u32>;
		/// What the agenda of a block may cost: the rest is put off.
		#[pallet::constant]
		type AgendaWeight: Get<Weight>;
		/// What calls and hooks cost.
		type WeightInfo: WeightInfo;
	}

	/// Why this pallet holds funds.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// The most that a request can cost, and the deposit for its storage.
		#[codec(index = 0)]
		Request,
		/// The bond of a challenger.
		#[codec(index = 1)]
		Challenge,
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

	/// What happens to requests at the start of a block.
	#[pallet::storage]
	pub type Agenda<T: Config> = StorageMap<
		_,
		Twox64Concat,
		BlockNumberFor<T>,
		BoundedVec<(RequestId, Action), T::MaxAgenda>,
		ValueQuery,
	>;

	/// The latest block that had to put off a part of its agenda.
	#[pallet::storage]
	pub type Behind<T: Config> = StorageValue<_, BlockNumberFor<T>>;

	/// VRF outputs of the latest blocks.
	#[pallet::storage]
	pub type Outputs<T: Config> = StorageMap<_, Twox64Concat, BlockNumberFor<T>, [u8; 32]>;

	/// Price of fuel, in planck per fuel and executor.
	#[pallet::storage]
	pub type FuelPrice<T: Config> = StorageValue<_, Balance, ValueQuery, T::MinFuelPrice>;

	/// Fuel of all executors that was ordered in this block.
	#[pallet::storage]
	pub type FuelOrdered<T> = StorageValue<_, Fuel, ValueQuery>;

	/// Funds the pot at genesis with what keeps its account alive.
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
			/// How much assurance was asked for.
			tier: Tier,
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
		/// A committee did not agree; a larger one is drawn.
		Escalated {
			/// The request.
			request: RequestId,
			/// The next round.
			round: RoundIndex,
			/// What was wrong with the last one.
			reason: FailureReason,
		},
		/// A committee agreed on an answer. It can be challenged for `ChallengeWindow` blocks.
		Attested {
			/// The request.
			request: RequestId,
			/// Digest of the answer.
			digest: H256,
			/// Fuel of the answer.
			fuel: Fuel,
		},
		/// Somebody put a bond against an answer: a jury computes it again.
		Challenged {
			/// The request.
			request: RequestId,
			/// Who.
			challenger: T::AccountId,
			/// The bond, in planck.
			bond: Balance,
		},
		/// Chance picked an answer: a jury computes it again.
		Audited {
			/// The request.
			request: RequestId,
		},
		/// The jury found the same answer. A challenger loses its bond.
		Upheld {
			/// The request.
			request: RequestId,
		},
		/// The jury found another answer: the executors are slashed, the challenger gets its bond
		/// and its part, and the requester is refunded.
		Overturned {
			/// The request.
			request: RequestId,
			/// Digest of the jury's answer.
			digest: H256,
			/// Paid to the jury and to others who were right, in planck.
			paid: Balance,
		},
		/// The answer is final and paid.
		Settled {
			/// The request.
			request: RequestId,
			/// Charged in total, royalty included, in planck.
			fee: Balance,
		},
		/// A request ended without an answer and was refunded.
		Failed {
			/// The request.
			request: RequestId,
			/// Why.
			reason: FailureReason,
		},
		/// A request was removed and its deposit returned, if that was still held.
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
		/// The model's engine is not valid yet, or no longer: its owner must register a new version.
		EngineNotValid,
		/// There is no request with this number, or it was pruned.
		UnknownRequest,
		/// Only who asked for it can take a request back.
		NotRequester,
		/// The draw has begun: the request cannot be taken back.
		TooLate,
		/// Only an attested answer whose window is open can be challenged.
		NotChallengeable,
		/// Too few executors serve this model, not counting the parties and those who sat already.
		NotEnoughExecutors,
		/// The request costs more than `max_fee`; ask the runtime API `estimate`.
		MaxFeeTooLow,
		/// The next blocks have no room for it, or this one could not do all that it had to; try later.
		Congested,
		/// The circuit breaker tripped: no requests until governance resumes slashing.
		Paused,
		/// The fee does not fit.
		Overflow,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(now: BlockNumberFor<T>) -> Weight {
			Self::note_output(now, T::ParentVrf::get());
			Self::work_off(now)
		}

		fn on_finalize(_now: BlockNumberFor<T>) {
			Self::adjust_price();
		}

		fn integrity_test() {
			assert!(T::TargetFuel::get() > 0, "a target is something");
			assert!(T::MinFuelPrice::get() > 0, "fuel is never free");
			assert!(T::MinFuelPrice::get() <= T::MaxFuelPrice::get());
			assert!(T::ChallengeWindow::get() > 0, "an answer can be challenged");
			assert!(T::StakeAtRisk::get() > 0, "a lie costs something");
			let most = Self::begin_block_cost()
				.saturating_add(T::WeightInfo::snapshot(T::MaxExecutors::get()))
				.saturating_add(
					T::WeightInfo::postpone().saturating_mul(T::MaxAgenda::get().into()),
				)
				.saturating_add(Self::most_of_action());
			assert!(
				most.all_lte(T::AgendaWeight::get()),
				"an agenda on which everything is put off leaves time to do something: {most:?}"
			);
			let max = T::BlockWeights::get()
				.get(DispatchClass::Normal)
				.max_extrinsic
				.unwrap_or(T::BlockWeights::get().max_block);
			for call in [T::WeightInfo::request(MAX_INPUT_BYTES), T::WeightInfo::challenge()] {
				let call = call.saturating_add(Self::most_of_lots());
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
		/// Ask for an inference by a committee of executors.
		///
		/// ## Dispatch Origin
		/// Signed. The most that the request can cost is held, and a deposit, which comes back when
		/// the request is settled, or pruned if it failed.
		///
		/// ## Parameters
		/// - `model`: the model version.
		/// - `input`: encoded input tensors.
		/// - `tier`: `Optimistic` (one executor, audited at random), `Quorum` (three that agree) or
		///   `High` (seven, of whom five agree and none dissents).
		/// - `max_fee`: the most that the signer is willing to pay, in planck.
		///
		/// ## Errors
		/// `UnknownModel`, `EngineNotValid`, `NotEnoughExecutors`, `MaxFeeTooLow`, `Congested`, `Paused`.
		///
		/// ## Events
		/// `Requested`; later `Drawn`, `Attested`, `Settled`, or `Failed`; at last `Pruned`.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::request(input.len() as u32).saturating_add(Pallet::<T>::most_of_lots()))]
		pub fn request(
			origin: OriginFor<T>,
			model: ModelId,
			input: Input,
			tier: Tier,
			max_fee: Balance,
		) -> DispatchResultWithPostInfo {
			let requester = ensure_signed(origin)?;
			let (mut lots, bytes) = (Lots::new(), input.len() as u32);
			Self::do_request(&mut lots, requester, model, input, tier, max_fee)?;
			Ok(Some(T::WeightInfo::request(bytes).saturating_add(lots.cost())).into())
		}

		/// Take a request back, free of charge, in the block in which it was made.
		///
		/// ## Dispatch Origin
		/// Signed by the requester.
		///
		/// ## Details
		/// Later the committee may be known to some: whoever could still cancel could draw again
		/// until it likes the result.
		///
		/// ## Errors
		/// `UnknownRequest`, `NotRequester`, `TooLate`.
		///
		/// ## Events
		/// `Failed`.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::cancel())]
		pub fn cancel(origin: OriginFor<T>, request: RequestId) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_cancel(who, request)
		}

		/// Put a bond against an attested answer: a jury computes it again.
		/// Nobody in the jury sat for the request before. If it finds another answer, the bond comes
		/// back with a part of what the executors lose; if it finds the same, the bond is lost.
		///
		/// ## Dispatch Origin
		/// Signed by any account.
		///
		/// ## Errors
		/// `UnknownRequest`, `NotChallengeable`, `NotEnoughExecutors`, `Congested`, `Paused`.
		///
		/// ## Events
		/// `Challenged`; later `Upheld` or `Overturned`.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::challenge().saturating_add(Pallet::<T>::most_of_lots()))]
		pub fn challenge(origin: OriginFor<T>, request: RequestId) -> DispatchResultWithPostInfo {
			let challenger = ensure_signed(origin)?;
			let mut lots = Lots::new();
			Self::do_challenge(&mut lots, challenger, request)?;
			Ok(Some(T::WeightInfo::challenge().saturating_add(lots.cost())).into())
		}
	}
}
