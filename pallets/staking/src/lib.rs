//! # Staking pallet
//!
//! Stake pools of operators, one per role: an operator bonds, OPG holders delegate, blocks and
//! inferences pay, faults cost the pool. A pool keeps shares as a vault does, so a reward or a
//! slash is O(1) in the number of delegators. Validators are elected from their pools every
//! session; executors are drawn by a snapshot per session, taken before any randomness that is
//! used in that session can be known. Stake that is taken out stays slashable until it matures.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod calls;
mod keys;
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
mod vault;
pub mod weights;

pub use pallet::*;
pub use types::*;
pub use vault::{Holding, Vault};
pub use weights::WeightInfo;

#[frame_support::pallet]
pub mod pallet {
	use super::{types::*, vault::Holding, weights::WeightInfo};
	use alloc::vec::Vec;
	use frame_support::{
		pallet_prelude::*,
		traits::{fungible, Contains},
		PalletId,
	};
	use frame_system::pallet_prelude::*;
	use opg_primitives::{Balance, BlockNumber, ExecutorKey, ExecutorSignature};
	use pallet_opg_support::Fault;
	use sp_runtime::Perbill;

	/// Configuration.
	#[pallet::config]
	pub trait Config:
		frame_system::Config<RuntimeEvent: From<Event<Self>>, Hash = sp_core::H256>
	{
		/// The OPG token.
		type Currency: fungible::Balanced<Self::AccountId, Balance = Balance>
			+ fungible::Mutate<Self::AccountId>
			+ fungible::MutateHold<Self::AccountId, Reason: From<HoldReason>>;
		/// The account that holds the stake of all pools.
		#[pallet::constant]
		type PalletId: Get<PalletId>;
		/// Least that an operator has in its own pool, in planck.
		#[pallet::constant]
		type MinBond: Get<Balance>;
		/// Least that is delegated at once, and that stays in a pool, in planck.
		#[pallet::constant]
		type MinDelegation: Get<Balance>;
		/// Least stake of a pool whose operator is elected as validator, in planck.
		#[pallet::constant]
		type MinValidatorStake: Get<Balance>;
		/// Held from an operator for its pool, in planck.
		#[pallet::constant]
		type PoolDeposit: Get<Balance>;
		/// Most pools of a role.
		#[pallet::constant]
		type MaxPools: Get<u32>;
		/// Most pools that one account delegates to.
		#[pallet::constant]
		type MaxDelegations: Get<u32>;
		/// Most withdrawals that one account has under way from one pool.
		#[pallet::constant]
		type MaxUnbonds: Get<u32>;
		/// Blocks until stake that is taken out can be withdrawn. Longer than the longest dispute.
		#[pallet::constant]
		type UnbondingBlocks: Get<BlockNumber>;
		/// Blocks until a new hot key is valid.
		#[pallet::constant]
		type KeyDelay: Get<BlockNumber>;
		/// Most that a commission changes, once per session.
		#[pallet::constant]
		type MaxCommissionChange: Get<Perbill>;
		/// No executor pool weighs more in a draw than one part of this many.
		/// Holds once there are twice as many pools.
		#[pallet::constant]
		type MaxShareParts: Get<u32>;
		/// Missed commitments in a row after which an executor rests.
		#[pallet::constant]
		type MaxMisses: Get<u8>;
		/// Most validators that governance can ask for.
		#[pallet::constant]
		type MaxValidators: Get<u32>;
		/// Whether an account has session keys, without which it cannot validate.
		type ValidatorKeys: Contains<Self::AccountId>;
		/// What the author of this block earns, in planck.
		type BlockReward: Get<Balance>;
		/// Who sets the number of validators and resumes slashing.
		type GovernanceOrigin: EnsureOrigin<Self::RuntimeOrigin>;
		/// What calls and hooks cost.
		type WeightInfo: WeightInfo;
	}

	/// Why this pallet holds funds.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// For the storage of a pool.
		#[codec(index = 0)]
		Pool,
	}

	/// The pallet.
	#[pallet::pallet]
	pub struct Pallet<T>(_);

	/// The pools of each role, by operator.
	#[pallet::storage]
	pub type Pools<T: Config> =
		StorageDoubleMap<_, Twox64Concat, Role, Blake2_128Concat, T::AccountId, Pool>;

	/// How many pools of a role there are.
	#[pallet::storage]
	pub type PoolCounts<T> = StorageMap<_, Twox64Concat, Role, u32, ValueQuery>;

	/// How many pools were ever opened: numbers the generations of their shares.
	#[pallet::storage]
	pub type PoolsOpened<T> = StorageValue<_, u32, ValueQuery>;

	/// Shares of a delegator (second key) in a pool (first key).
	/// What an operator has in its own pool is in the pool.
	#[pallet::storage]
	pub type Holdings<T: Config> = StorageDoubleMap<
		_,
		Blake2_128Concat,
		PoolId<T::AccountId>,
		Blake2_128Concat,
		T::AccountId,
		Holding,
		ValueQuery,
	>;

	/// The pools that an account has stake in, its own not counted.
	#[pallet::storage]
	pub type Delegations<T: Config> = StorageMap<
		_,
		Blake2_128Concat,
		T::AccountId,
		BoundedVec<PoolId<T::AccountId>, T::MaxDelegations>,
		ValueQuery,
	>;

	/// Stake that an account (second key) took out of a pool (first key) and cannot have yet.
	#[pallet::storage]
	pub type Unbonding<T: Config> = StorageDoubleMap<
		_,
		Blake2_128Concat,
		PoolId<T::AccountId>,
		Blake2_128Concat,
		T::AccountId,
		BoundedVec<Unbond<BlockNumberFor<T>>, T::MaxUnbonds>,
		ValueQuery,
	>;

	/// The hot keys of an executor.
	#[pallet::storage]
	pub type HotKeys<T: Config> =
		StorageMap<_, Blake2_128Concat, T::AccountId, HotKey<BlockNumberFor<T>>>;

	/// The operator that a hot key belongs to, before, while and until some time after it is valid.
	#[pallet::storage]
	pub type KeyOwners<T: Config> = StorageMap<_, Blake2_128Concat, ExecutorKey, T::AccountId>;

	/// Stake of every eligible executor at the time a session was planned.
	/// Kept for the current session and the planned one.
	#[pallet::storage]
	pub type Snapshots<T: Config> =
		StorageMap<_, Twox64Concat, u32, Snapshot<T::AccountId, T::MaxPools>, ValueQuery>;

	/// Executors that became ineligible since a snapshot was taken, sorted.
	#[pallet::storage]
	pub type Sidelined<T: Config> =
		StorageValue<_, BoundedVec<T::AccountId, T::MaxPools>, ValueQuery>;

	/// Index of the current session.
	#[pallet::storage]
	pub type CurrentSession<T> = StorageValue<_, u32, ValueQuery>;

	/// Stake of all executors at the start of this session, in planck.
	#[pallet::storage]
	pub type SessionStake<T> = StorageValue<_, Balance, ValueQuery>;

	/// What executors lost in this session, in planck.
	#[pallet::storage]
	pub type SessionSlashed<T> = StorageValue<_, Balance, ValueQuery>;

	/// The block since which executors are not slashed, because too much was in one session.
	#[pallet::storage]
	pub type SlashingPaused<T> = StorageValue<_, BlockNumberFor<T>>;

	/// How many validators are elected.
	#[pallet::storage]
	pub type ValidatorCount<T> = StorageValue<_, u32, ValueQuery>;

	/// Pools at genesis.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// Operator, bond in planck.
		pub validators: Vec<(T::AccountId, Balance)>,
		/// Operator, bond in planck, hot key.
		pub executors: Vec<(T::AccountId, Balance, ExecutorKey)>,
		/// How many validators are elected.
		pub validator_count: u32,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			// The account never falls below what keeps it alive, so no pool loses its dust.
			let minimum = <T::Currency as fungible::Inspect<T::AccountId>>::minimum_balance();
			<T::Currency as fungible::Mutate<T::AccountId>>::mint_into(
				&Pallet::<T>::account(),
				minimum,
			)
			.expect("an account can hold the minimum");
			ValidatorCount::<T>::put(self.validator_count);
			let open = |operator: &T::AccountId, role, amount| {
				let id = PoolId { operator: operator.clone(), role };
				Pallet::<T>::open_pool(&id, amount, Perbill::zero())
					.expect("genesis pools are funded and distinct");
			};
			for (operator, amount) in &self.validators {
				open(operator, Role::Validator, *amount);
			}
			for (operator, amount, key) in &self.executors {
				open(operator, Role::Executor, *amount);
				Pallet::<T>::install_key(operator.clone(), key.clone())
					.expect("genesis keys are distinct");
			}
			// `pallet-session` may have planned the first two sessions before these pools existed.
			Pallet::<T>::plan_session(0);
			Pallet::<T>::plan_session(1);
			Pallet::<T>::start_session(0);
		}
	}

	/// What happened.
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// An operator opened a pool with OPG of its own.
		Bonded {
			/// The operator.
			operator: T::AccountId,
			/// For what it stakes.
			role: Role,
			/// Its bond, in planck.
			amount: Balance,
		},
		/// OPG was added to a pool. It earns and loses with the operator from now on.
		Delegated {
			/// The operator.
			operator: T::AccountId,
			/// The pool's role.
			role: Role,
			/// Whose OPG.
			delegator: T::AccountId,
			/// How much, in planck.
			amount: Balance,
			/// Shares of the pool received for it.
			shares: u128,
		},
		/// OPG was taken out of a pool. It can be withdrawn later, and be slashed until then.
		Undelegated {
			/// The operator.
			operator: T::AccountId,
			/// The pool's role.
			role: Role,
			/// Whose OPG.
			delegator: T::AccountId,
			/// How much, in planck.
			amount: Balance,
			/// The block from which it can be withdrawn.
			matures: BlockNumberFor<T>,
		},
		/// OPG that had been taken out was paid to its owner.
		Withdrawn {
			/// The operator.
			operator: T::AccountId,
			/// The pool's role.
			role: Role,
			/// Whose OPG.
			delegator: T::AccountId,
			/// How much, in planck.
			amount: Balance,
		},
		/// A pool earned: everyone's shares are worth more.
		Rewarded {
			/// The operator.
			operator: T::AccountId,
			/// The pool's role.
			role: Role,
			/// How much, commission included, in planck.
			amount: Balance,
		},
		/// A pool lost stake for a fault of its operator: everyone's shares are worth less.
		Slashed {
			/// The operator.
			operator: T::AccountId,
			/// The pool's role.
			role: Role,
			/// How much, in planck.
			amount: Balance,
			/// The executor's fault; none for a fault of consensus.
			fault: Option<Fault>,
		},
		/// An operator rests: it is neither drawn nor elected.
		Rested {
			/// The operator.
			operator: T::AccountId,
			/// The pool's role.
			role: Role,
		},
		/// An operator is on duty again.
		Resumed {
			/// The operator.
			operator: T::AccountId,
			/// The pool's role.
			role: Role,
		},
		/// An operator leaves: its pool takes no more stake and closes when all is withdrawn.
		Left {
			/// The operator.
			operator: T::AccountId,
			/// The pool's role.
			role: Role,
		},
		/// A pool that everyone had left was removed and its deposit returned.
		Closed {
			/// The operator.
			operator: T::AccountId,
			/// The pool's role.
			role: Role,
		},
		/// An operator changed its commission.
		CommissionSet {
			/// The operator.
			operator: T::AccountId,
			/// The pool's role.
			role: Role,
			/// The part of every reward that it takes from now on.
			commission: Perbill,
		},
		/// An executor registered a hot key.
		HotKeySet {
			/// The operator.
			operator: T::AccountId,
			/// The key.
			key: ExecutorKey,
			/// The block from which it is valid.
			from: BlockNumberFor<T>,
		},
		/// Governance changed how many validators are elected.
		ValidatorCountSet {
			/// The number.
			count: u32,
		},
		/// So much would be slashed in one session that the engine must be suspected: slashing of
		/// executors and new requests wait for governance.
		SlashingPaused {
			/// What would have been lost in this session, in planck.
			slashed: Balance,
		},
		/// Governance resumed slashing.
		SlashingResumed,
	}

	/// What went wrong.
	#[pallet::error]
	pub enum Error<T> {
		/// The operator has a pool for this role already; add to it with `delegate`.
		AlreadyBonded,
		/// This operator has no pool for this role.
		UnknownPool,
		/// An operator keeps at least `MinBond` of its own in its pool; to take everything, `leave`.
		BondTooSmall,
		/// Less than `MinDelegation` planck, or too little for one share of the pool.
		DelegationTooSmall,
		/// As many pools of this role as are allowed exist.
		TooManyPools,
		/// The account delegates to as many pools as is allowed.
		TooManyDelegations,
		/// As many withdrawals as are allowed are under way; `withdraw` those that matured.
		TooManyUnbonds,
		/// The account has nothing in this pool.
		NothingDelegated,
		/// The account took nothing out of this pool.
		NothingUnbonding,
		/// Nothing can be withdrawn yet; see `Unbonding` for the block.
		NotMature,
		/// There is still something of worth; `undelegate` or `withdraw` it.
		StillWorth,
		/// The operator is leaving: the pool takes no stake.
		PoolLeaving,
		/// The operator is not leaving.
		NotLeaving,
		/// The hot key belongs to an operator already.
		KeyTaken,
		/// The newest hot key is not valid yet; it cannot be replaced before.
		RotationPending,
		/// The hot key did not sign for this operator on this chain.
		BadProof,
		/// The pool is not active.
		NotActive,
		/// The pool is not resting.
		NotResting,
		/// The commission was set in this session already.
		CommissionChangedAlready,
		/// The commission changes by more than `MaxCommissionChange`.
		CommissionChangeTooLarge,
		/// Zero validators, or more than `MaxValidators`.
		BadValidatorCount,
		/// Slashing is not paused.
		NotPaused,
		/// The amount is out of range.
		Overflow,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		/// Charges for the author's reward, since `pallet-authorship` charges nothing for what follows
		/// from it; and once in a block for what most requests, draws and decisions read: the session,
		/// its snapshot, who is sidelined, what was slashed, and whether slashing is paused. The last
		/// three may change.
		fn on_initialize(_: BlockNumberFor<T>) -> Weight {
			T::WeightInfo::reward_author().saturating_add(T::DbWeight::get().reads_writes(6, 3))
		}

		fn integrity_test() {
			assert!(T::MaxShareParts::get() > 1, "one part is the whole");
			assert!(T::MinDelegation::get() > 0, "a delegation is something");
			assert!(T::MinBond::get() >= T::MinDelegation::get(), "a bond is a delegation");
			let pools = T::MaxPools::get();
			let worst = T::WeightInfo::plan_session(pools)
				.saturating_add(T::WeightInfo::elect(pools))
				.saturating_add(T::WeightInfo::start_session(pools))
				.saturating_add(T::WeightInfo::slash_validator())
				// The index of the session and the snapshot that is dropped.
				.saturating_add(T::DbWeight::get().writes(2));
			assert!(
				worst.all_lte(T::BlockWeights::get().max_block),
				"the worst session change fits a block: {worst:?}"
			);
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Open a pool with OPG of your own, to validate or to run inferences.
		///
		/// ## Dispatch Origin
		/// Signed by the operator. `PoolDeposit` is held until the pool is closed.
		///
		/// ## Details
		/// A validator must also `session.setKeys`; it is elected in a later session if it has enough
		/// stake. An executor must also `setHotKey`; its stake counts from the session after the
		/// next.
		///
		/// ## Parameters
		/// - `role`: what the stake is for.
		/// - `amount`: the bond in planck, at least `MinBond`.
		/// - `commission`: the part of every reward that the operator takes first.
		///
		/// ## Errors
		/// `AlreadyBonded`, `BondTooSmall`, `TooManyPools`.
		///
		/// ## Events
		/// `Bonded`.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::bond())]
		pub fn bond(
			origin: OriginFor<T>,
			role: Role,
			amount: Balance,
			commission: Perbill,
		) -> DispatchResult {
			let operator = ensure_signed(origin)?;
			Self::open_pool(&PoolId { operator, role }, amount, commission)
		}

		/// Put OPG into an operator's pool, where it earns and loses with the operator.
		/// An operator adds to its own bond with this call.
		///
		/// ## Dispatch Origin
		/// Signed by any account.
		///
		/// ## Parameters
		/// - `operator`, `role`: which pool.
		/// - `amount`: in planck, at least `MinDelegation`.
		///
		/// ## Errors
		/// `UnknownPool`, `PoolLeaving`, `DelegationTooSmall`, `TooManyDelegations`.
		///
		/// ## Events
		/// `Delegated`.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::delegate())]
		pub fn delegate(
			origin: OriginFor<T>,
			operator: T::AccountId,
			role: Role,
			amount: Balance,
		) -> DispatchResult {
			let delegator = ensure_signed(origin)?;
			Self::do_delegate(PoolId { operator, role }, delegator, amount)
		}

		/// Take OPG out of a pool. You can `withdraw` it `UnbondingBlocks` later.
		/// Until then it earns nothing and can still be slashed.
		///
		/// ## Dispatch Origin
		/// Signed by a delegator, or by the operator.
		///
		/// ## Parameters
		/// - `operator`, `role`: which pool.
		/// - `amount`: in planck. All is taken where this is more than there is, or where less than
		///   `MinDelegation` would stay.
		///
		/// ## Errors
		/// `UnknownPool`, `NothingDelegated`, `BondTooSmall`, `TooManyUnbonds`.
		///
		/// ## Events
		/// `Undelegated`, with the block from which it can be withdrawn.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::undelegate())]
		pub fn undelegate(
			origin: OriginFor<T>,
			operator: T::AccountId,
			role: Role,
			amount: Balance,
		) -> DispatchResult {
			let delegator = ensure_signed(origin)?;
			Self::do_undelegate(PoolId { operator, role }, delegator, amount)
		}

		/// Pay to a delegator the OPG that it took out of a pool and that has matured.
		///
		/// ## Dispatch Origin
		/// Signed by any account: a pool that closes may need a push.
		///
		/// ## Parameters
		/// - `operator`, `role`: which pool.
		/// - `delegator`: who is paid.
		///
		/// ## Errors
		/// `UnknownPool`, `NothingUnbonding`, `NotMature`.
		///
		/// ## Events
		/// `Withdrawn`; `Closed` where it was the last of a pool that is left.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::withdraw())]
		pub fn withdraw(
			origin: OriginFor<T>,
			operator: T::AccountId,
			role: Role,
			delegator: T::AccountId,
		) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_withdraw(PoolId { operator, role }, delegator)
		}

		/// Leave: take out your whole bond and close the pool to new stake.
		///
		/// ## Dispatch Origin
		/// Signed by the operator.
		///
		/// ## Errors
		/// `UnknownPool`, `PoolLeaving`, `TooManyUnbonds`.
		///
		/// ## Events
		/// `Left`, `Undelegated`; later `Closed`.
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::leave())]
		pub fn leave(origin: OriginFor<T>, role: Role) -> DispatchResult {
			let operator = ensure_signed(origin)?;
			Self::do_leave(PoolId { operator, role })
		}

		/// Take a delegator's stake out of a pool whose operator has left, so that it can close.
		///
		/// ## Dispatch Origin
		/// Signed by any account.
		///
		/// ## Errors
		/// `UnknownPool`, `NotLeaving`, `NothingDelegated`, `TooManyUnbonds`.
		///
		/// ## Events
		/// `Undelegated`.
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::evict())]
		pub fn evict(
			origin: OriginFor<T>,
			operator: T::AccountId,
			role: Role,
			delegator: T::AccountId,
		) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_evict(PoolId { operator, role }, delegator)
		}

		/// Drop entries of a delegator in a pool that were slashed to nothing.
		///
		/// ## Dispatch Origin
		/// Signed by any account.
		///
		/// ## Errors
		/// `StillWorth`.
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::forget())]
		pub fn forget(
			origin: OriginFor<T>,
			operator: T::AccountId,
			role: Role,
			delegator: T::AccountId,
		) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_forget(PoolId { operator, role }, delegator)
		}

		/// Change the part of rewards that the operator takes first.
		///
		/// ## Dispatch Origin
		/// Signed by the operator, once per session and by at most `MaxCommissionChange`.
		///
		/// ## Errors
		/// `UnknownPool`, `CommissionChangedAlready`, `CommissionChangeTooLarge`.
		///
		/// ## Events
		/// `CommissionSet`.
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::set_commission())]
		pub fn set_commission(
			origin: OriginFor<T>,
			role: Role,
			commission: Perbill,
		) -> DispatchResult {
			let operator = ensure_signed(origin)?;
			Self::do_set_commission(PoolId { operator, role }, commission)
		}

		/// Rest: be neither drawn nor elected until you resume. Duties under way go on.
		///
		/// ## Dispatch Origin
		/// Signed by the operator.
		///
		/// ## Errors
		/// `UnknownPool`, `NotActive`.
		///
		/// ## Events
		/// `Rested`.
		#[pallet::call_index(8)]
		#[pallet::weight(T::WeightInfo::rest())]
		pub fn rest(origin: OriginFor<T>, role: Role) -> DispatchResult {
			let operator = ensure_signed(origin)?;
			Self::do_rest(PoolId { operator, role })
		}

		/// Be drawn or elected again after resting.
		///
		/// ## Dispatch Origin
		/// Signed by the operator.
		///
		/// ## Errors
		/// `UnknownPool`, `NotResting`.
		///
		/// ## Events
		/// `Resumed`.
		#[pallet::call_index(9)]
		#[pallet::weight(T::WeightInfo::resume())]
		pub fn resume(origin: OriginFor<T>, role: Role) -> DispatchResult {
			let operator = ensure_signed(origin)?;
			Self::do_resume(PoolId { operator, role })
		}

		/// Register the key that your node attests with, or replace it.
		///
		/// ## Dispatch Origin
		/// Signed by an operator with an executor pool.
		///
		/// ## Details
		/// The first key is valid at once, another one after `KeyDelay` blocks: keep the old one on
		/// the node until no round is open that it committed to.
		///
		/// ## Parameters
		/// - `hot_key`: the key that attests. It can do nothing else.
		/// - `proof`: the hot key's signature over genesis hash and operator.
		///
		/// ## Errors
		/// `UnknownPool`, `BadProof`, `KeyTaken`, `RotationPending`.
		///
		/// ## Events
		/// `HotKeySet`.
		#[pallet::call_index(10)]
		#[pallet::weight(T::WeightInfo::set_hot_key())]
		pub fn set_hot_key(
			origin: OriginFor<T>,
			hot_key: ExecutorKey,
			proof: ExecutorSignature,
		) -> DispatchResult {
			let operator = ensure_signed(origin)?;
			Self::do_set_hot_key(operator, hot_key, proof)
		}

		/// Set how many validators are elected.
		///
		/// ## Dispatch Origin
		/// Governance.
		///
		/// ## Errors
		/// `BadValidatorCount`.
		///
		/// ## Events
		/// `ValidatorCountSet`.
		#[pallet::call_index(11)]
		#[pallet::weight(T::WeightInfo::set_validator_count())]
		pub fn set_validator_count(origin: OriginFor<T>, count: u32) -> DispatchResult {
			T::GovernanceOrigin::ensure_origin(origin)?;
			let range = 1..=T::MaxValidators::get();
			ensure!(range.contains(&count), Error::<T>::BadValidatorCount);
			ValidatorCount::<T>::put(count);
			Self::deposit_event(Event::ValidatorCountSet { count });
			Ok(())
		}

		/// Slash executors and take requests again after a pause.
		///
		/// ## Dispatch Origin
		/// Governance.
		///
		/// ## Errors
		/// `NotPaused`.
		///
		/// ## Events
		/// `SlashingResumed`.
		#[pallet::call_index(12)]
		#[pallet::weight(T::WeightInfo::resume_slashing())]
		pub fn resume_slashing(origin: OriginFor<T>) -> DispatchResult {
			T::GovernanceOrigin::ensure_origin(origin)?;
			SlashingPaused::<T>::take().ok_or(Error::<T>::NotPaused)?;
			SessionSlashed::<T>::kill();
			Self::deposit_event(Event::SlashingResumed);
			Ok(())
		}
	}
}
