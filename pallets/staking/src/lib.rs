#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod calls;
mod genesis;
mod hooks;
mod interface;
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
	use pallet_opg_support::Offence;
	use sp_runtime::Perbill;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// Types and constants of the pallet.
	#[pallet::config]
	pub trait Config:
		frame_system::Config<RuntimeEvent: From<Event<Self>>, Hash = sp_core::H256>
	{
		/// OPG, of which stake, rewards and deposits are.
		type Currency: fungible::Balanced<Self::AccountId, Balance = Balance>
			+ fungible::Mutate<Self::AccountId>
			+ fungible::MutateHold<Self::AccountId, Reason: From<HoldReason>>;
		/// Id of the account that holds the stake of all pools.
		#[pallet::constant]
		type PalletId: Get<PalletId>;
		/// Smallest stake of an operator in its own pool, in planck.
		#[pallet::constant]
		type MinBond: Get<Balance>;
		/// Smallest delegation, and smallest stake that a delegator leaves in a pool, in planck.
		#[pallet::constant]
		type MinDelegation: Get<Balance>;
		/// Smallest stake of a pool whose operator is elected as validator, in planck.
		#[pallet::constant]
		type MinValidatorStake: Get<Balance>;
		/// Deposit of an operator for its pool, in planck.
		#[pallet::constant]
		type PoolDeposit: Get<Balance>;
		/// Largest number of pools of a role.
		#[pallet::constant]
		type MaxPools: Get<u32>;
		/// Largest number of pools that one account delegates to.
		#[pallet::constant]
		type MaxDelegations: Get<u32>;
		/// Largest number of unbonding entries of one account in one pool.
		#[pallet::constant]
		type MaxUnbonds: Get<u32>;
		/// Blocks for which stake that is taken out unbonds. Longer than the longest dispute.
		#[pallet::constant]
		type UnbondingBlocks: Get<BlockNumber>;
		/// Blocks until a new hot key is valid.
		#[pallet::constant]
		type KeyDelay: Get<BlockNumber>;
		/// Largest change of a commission, once per session.
		#[pallet::constant]
		type MaxCommissionChange: Get<Perbill>;
		/// Number of equal parts of all weight in a draw. No executor pool has more than one part,
		/// once there are twice as many pools as parts.
		#[pallet::constant]
		type MaxShareParts: Get<u32>;
		/// Number of missed commitments in a row that pauses an executor.
		#[pallet::constant]
		type MaxMisses: Get<u8>;
		/// Largest number of validators that governance can set.
		#[pallet::constant]
		type MaxValidators: Get<u32>;
		/// Accounts that have session keys. Others are not elected.
		type ValidatorKeys: Contains<Self::AccountId>;
		/// Reward of the author of this block, in planck.
		type BlockReward: Get<Balance>;
		/// Origin that sets the number of validators and resumes slashing.
		type GovernanceOrigin: EnsureOrigin<Self::RuntimeOrigin>;
		/// Weights of the calls and hooks.
		type WeightInfo: WeightInfo;
	}

	/// Purposes for which the pallet holds funds.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// Deposit of a pool.
		#[codec(index = 0)]
		Pool,
	}

	/// The pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// Pools by role and operator.
	#[pallet::storage]
	pub type Pools<T: Config> =
		StorageDoubleMap<_, Twox64Concat, Role, Blake2_128Concat, T::AccountId, Pool>;

	/// Number of pools of a role.
	#[pallet::storage]
	pub type PoolCounts<T> = StorageMap<_, Twox64Concat, Role, u32, ValueQuery>;

	/// Number of pools ever opened. It numbers the generations of their shares.
	#[pallet::storage]
	pub type PoolsOpened<T> = StorageValue<_, u32, ValueQuery>;

	/// Shares of a delegator (second key) in a pool (first key). Those of the operator are in the
	/// pool itself.
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

	/// Pools that an account has stake in, its own not counted.
	#[pallet::storage]
	pub type Delegations<T: Config> = StorageMap<
		_,
		Blake2_128Concat,
		T::AccountId,
		BoundedVec<PoolId<T::AccountId>, T::MaxDelegations>,
		ValueQuery,
	>;

	/// Stake that an account (second key) took out of a pool (first key) and has not withdrawn.
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

	/// Hot keys by operator.
	#[pallet::storage]
	pub type HotKeys<T: Config> =
		StorageMap<_, Blake2_128Concat, T::AccountId, HotKey<BlockNumberFor<T>>>;

	/// Operators by hot key: the newest key of each, and the one before.
	#[pallet::storage]
	pub type KeyOwners<T: Config> = StorageMap<_, Blake2_128Concat, ExecutorKey, T::AccountId>;

	/// Stake of every eligible executor when a session was planned, by session. Kept for the
	/// current session and the planned one.
	#[pallet::storage]
	pub type Snapshots<T: Config> =
		StorageMap<_, Twox64Concat, u32, Snapshot<T::AccountId, T::MaxPools>, ValueQuery>;

	/// Executors that became ineligible since a snapshot was taken, sorted. Draws skip them.
	#[pallet::storage]
	pub type Suspended<T: Config> =
		StorageValue<_, BoundedVec<T::AccountId, T::MaxPools>, ValueQuery>;

	/// Index of the current session.
	#[pallet::storage]
	pub type CurrentSession<T> = StorageValue<_, u32, ValueQuery>;

	/// Stake of all executors when the current session was planned, in planck.
	#[pallet::storage]
	pub type SessionStake<T> = StorageValue<_, Balance, ValueQuery>;

	/// Sum of all slashes of executors in the current session, in planck.
	#[pallet::storage]
	pub type SessionSlashed<T> = StorageValue<_, Balance, ValueQuery>;

	/// Block in which the circuit breaker tripped. Executors are not slashed while it is set.
	#[pallet::storage]
	pub type SlashingPaused<T> = StorageValue<_, BlockNumberFor<T>>;

	/// Number of validators to elect.
	#[pallet::storage]
	pub type ValidatorCount<T> = StorageValue<_, u32, ValueQuery>;

	/// Pools at genesis.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// Operator and bond in planck of each validator.
		pub validators: Vec<(T::AccountId, Balance)>,
		/// Operator, bond in planck and hot key of each executor.
		pub executors: Vec<(T::AccountId, Balance, ExecutorKey)>,
		/// Number of validators to elect.
		pub validator_count: u32,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			self.open_pools();
		}
	}

	/// Events of the pools and sessions.
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// An operator opened a pool with OPG of its own.
		Bonded {
			/// Operator of the pool.
			operator: T::AccountId,
			/// Role of the pool.
			role: Role,
			/// Bond in planck.
			amount: Balance,
		},
		/// OPG was added to a pool. It earns and loses with the operator from now on.
		Delegated {
			/// Operator of the pool.
			operator: T::AccountId,
			/// Role of the pool.
			role: Role,
			/// Owner of the OPG.
			delegator: T::AccountId,
			/// Amount in planck.
			amount: Balance,
			/// Number of shares minted for it.
			shares: u128,
		},
		/// OPG was taken out of a pool. It can be withdrawn later, and be slashed until then.
		Undelegated {
			/// Operator of the pool.
			operator: T::AccountId,
			/// Role of the pool.
			role: Role,
			/// Owner of the OPG.
			delegator: T::AccountId,
			/// Amount in planck.
			amount: Balance,
			/// First block in which it can be withdrawn.
			unlock_at: BlockNumberFor<T>,
		},
		/// OPG that had been taken out was paid to its owner.
		Withdrawn {
			/// Operator of the pool.
			operator: T::AccountId,
			/// Role of the pool.
			role: Role,
			/// Owner of the OPG.
			delegator: T::AccountId,
			/// Amount in planck.
			amount: Balance,
		},
		/// A pool earned. All shares gained value.
		Rewarded {
			/// Operator of the pool.
			operator: T::AccountId,
			/// Role of the pool.
			role: Role,
			/// Amount with commission, in planck.
			amount: Balance,
		},
		/// A pool was slashed for an offence of its operator. All shares lost value.
		Slashed {
			/// Operator of the pool.
			operator: T::AccountId,
			/// Role of the pool.
			role: Role,
			/// Amount in planck.
			amount: Balance,
			/// Offence of an executor. `None` for an offence against consensus.
			offence: Option<Offence>,
		},
		/// An operator is neither drawn nor elected from now on.
		Paused {
			/// Operator of the pool.
			operator: T::AccountId,
			/// Role of the pool.
			role: Role,
		},
		/// An operator can be drawn or elected again.
		Resumed {
			/// Operator of the pool.
			operator: T::AccountId,
			/// Role of the pool.
			role: Role,
		},
		/// An operator left. Its pool takes no more stake, and closes when everyone has withdrawn.
		Left {
			/// Operator of the pool.
			operator: T::AccountId,
			/// Role of the pool.
			role: Role,
		},
		/// A pool that everyone had left was removed, and its deposit returned.
		Closed {
			/// Operator of the pool.
			operator: T::AccountId,
			/// Role of the pool.
			role: Role,
		},
		/// An operator changed its commission.
		CommissionSet {
			/// Operator of the pool.
			operator: T::AccountId,
			/// Role of the pool.
			role: Role,
			/// Share of every reward that the operator takes first.
			commission: Perbill,
		},
		/// An executor registered a hot key.
		HotKeySet {
			/// Operator of the executor pool.
			operator: T::AccountId,
			/// Public key.
			key: ExecutorKey,
			/// First block in which it is valid.
			from: BlockNumberFor<T>,
		},
		/// Governance set the number of validators to elect.
		ValidatorCountSet {
			/// Number of validators.
			count: u32,
		},
		/// The circuit breaker tripped. Slashes of executors and new requests wait for governance.
		SlashingPaused {
			/// Sum that would have been slashed in this session, in planck.
			slashed: Balance,
		},
		/// Governance resumed slashing.
		SlashingResumed,
	}

	/// Causes for which a call is refused.
	#[pallet::error]
	pub enum Error<T> {
		/// The operator has a pool of this role already. `delegate` adds to it.
		AlreadyBonded,
		/// The operator has no pool of this role.
		UnknownPool,
		/// The operator would have less than `MinBond` in its own pool. `leave` takes everything.
		BondTooSmall,
		/// The amount is below `MinDelegation`, or too little for one share of the pool.
		DelegationTooSmall,
		/// `MaxPools` pools of this role exist.
		TooManyPools,
		/// The account delegates to `MaxDelegations` pools.
		TooManyDelegations,
		/// The account has `MaxUnbonds` unbonding entries. `withdraw` those that have unlocked.
		TooManyUnbonds,
		/// The account has nothing in this pool.
		NothingDelegated,
		/// The account took nothing out of this pool.
		NothingUnbonding,
		/// Nothing can be withdrawn yet. `Unbonding` has the block.
		NotUnlocked,
		/// An entry still has value. `undelegate` or `withdraw` it.
		NotWorthless,
		/// The operator is leaving. The pool takes no stake.
		PoolLeaving,
		/// The operator is not leaving.
		NotLeaving,
		/// The hot key belongs to an operator already.
		KeyTaken,
		/// The newest hot key is not valid yet. It cannot be replaced before.
		RotationPending,
		/// The hot key did not sign for this operator on this chain.
		InvalidProof,
		/// The pool is not active.
		NotActive,
		/// The pool is not paused.
		NotPaused,
		/// The commission was set in this session already.
		CommissionChangedAlready,
		/// The commission changes by more than `MaxCommissionChange`.
		CommissionChangeTooLarge,
		/// The number of validators is zero, or above `MaxValidators`.
		InvalidValidatorCount,
		/// Slashing is not paused.
		SlashingNotPaused,
		/// A number does not fit.
		Overflow,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(_: BlockNumberFor<T>) -> Weight {
			Self::block_weight()
		}

		fn integrity_test() {
			Self::check_config();
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
		/// Signed. The signer becomes the operator.
		///
		/// ## Details
		/// `PoolDeposit` is held until the pool is closed. A validator must also call
		/// `session.set_keys`. It is elected in a later session if it has enough stake. An executor
		/// must also call `set_hot_key`. Its stake counts from the session after the next.
		///
		/// ## Parameters
		/// - `role`: role that the stake is for.
		/// - `amount`: bond in planck, at least `MinBond`.
		/// - `commission`: share of every reward that the operator takes first.
		///
		/// ## Errors
		/// - [`Error::AlreadyBonded`]: if the signer has a pool of this role.
		/// - [`Error::BondTooSmall`]: if `amount` is below `MinBond`.
		/// - [`Error::TooManyPools`]: if `MaxPools` pools of this role exist.
		/// - [`Error::Overflow`]: if `amount` does not fit the pool.
		///
		/// ## Events
		/// - [`Event::Bonded`].
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
		///
		/// ## Dispatch Origin
		/// Signed by any account. An operator adds to its own bond with this call.
		///
		/// ## Parameters
		/// - `operator`, `role`: name of the pool.
		/// - `amount`: amount in planck, at least `MinDelegation`.
		///
		/// ## Errors
		/// - [`Error::UnknownPool`]: if the operator has no pool of this role.
		/// - [`Error::PoolLeaving`]: if the operator is leaving.
		/// - [`Error::DelegationTooSmall`]: if `amount` is below `MinDelegation`, or too little for
		///   one share of the pool.
		/// - [`Error::TooManyDelegations`]: if the signer has stake in `MaxDelegations` others.
		///
		/// ## Events
		/// - [`Event::Delegated`].
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

		/// Take OPG out of a pool, to withdraw it `UnbondingBlocks` later.
		///
		/// ## Dispatch Origin
		/// Signed by a delegator, or by the operator.
		///
		/// ## Details
		/// Unbonding OPG earns nothing, and can still be slashed.
		///
		/// ## Parameters
		/// - `operator`, `role`: name of the pool.
		/// - `amount`: amount in planck. All is taken where this is more than there is, or where
		///   less than `MinDelegation` would stay.
		///
		/// ## Errors
		/// - [`Error::UnknownPool`]: if the operator has no pool of this role.
		/// - [`Error::NothingDelegated`]: if the signer has nothing in the pool.
		/// - [`Error::BondTooSmall`]: if the operator would keep less than `MinBond`.
		/// - [`Error::TooManyUnbonds`]: if `MaxUnbonds` entries of the signer are unbonding.
		///
		/// ## Events
		/// - [`Event::Undelegated`], with the block from which it can be withdrawn.
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

		/// Pay out the OPG that a delegator took out of a pool and that has unlocked.
		///
		/// ## Dispatch Origin
		/// Signed by any account, so that anyone can close a pool that is left.
		///
		/// ## Parameters
		/// - `operator`, `role`: name of the pool.
		/// - `delegator`: account that is paid.
		///
		/// ## Errors
		/// - [`Error::UnknownPool`]: if the operator has no pool of this role.
		/// - [`Error::NothingUnbonding`]: if the delegator took nothing out of the pool.
		/// - [`Error::NotUnlocked`]: if nothing can be withdrawn yet.
		///
		/// ## Events
		/// - [`Event::Withdrawn`].
		/// - [`Event::Closed`], if nobody has stake in a pool that is left.
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

		/// Take out your whole bond, and close the pool to new stake.
		///
		/// ## Dispatch Origin
		/// Signed by the operator.
		///
		/// ## Details
		/// The pool closes when everyone has withdrawn. The deposit comes back then.
		///
		/// ## Parameters
		/// - `role`: role of the pool.
		///
		/// ## Errors
		/// - [`Error::UnknownPool`]: if the signer has no pool of this role.
		/// - [`Error::PoolLeaving`]: if the operator is leaving already.
		/// - [`Error::TooManyUnbonds`]: if `MaxUnbonds` entries of the operator are unbonding.
		///
		/// ## Events
		/// - [`Event::Left`].
		/// - [`Event::Undelegated`], for the bond.
		/// - [`Event::Closed`], if nobody has stake in the pool.
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
		/// ## Parameters
		/// - `operator`, `role`: name of the pool.
		/// - `delegator`: account whose stake is taken out.
		///
		/// ## Errors
		/// - [`Error::UnknownPool`]: if the operator has no pool of this role.
		/// - [`Error::NotLeaving`]: if the operator has not left.
		/// - [`Error::NothingDelegated`]: if the delegator has nothing in the pool.
		/// - [`Error::TooManyUnbonds`]: if `MaxUnbonds` entries of the delegator are unbonding.
		///
		/// ## Events
		/// - [`Event::Undelegated`].
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::force_undelegate())]
		pub fn force_undelegate(
			origin: OriginFor<T>,
			operator: T::AccountId,
			role: Role,
			delegator: T::AccountId,
		) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_force_undelegate(PoolId { operator, role }, delegator)
		}

		/// Remove entries of a delegator in a pool that were slashed to nothing.
		///
		/// ## Dispatch Origin
		/// Signed by any account.
		///
		/// ## Parameters
		/// - `operator`, `role`: name of the pool.
		/// - `delegator`: account whose entries are removed.
		///
		/// ## Errors
		/// - [`Error::NotWorthless`]: if an entry still has value.
		///
		/// ## Events
		/// None.
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::reap())]
		pub fn reap(
			origin: OriginFor<T>,
			operator: T::AccountId,
			role: Role,
			delegator: T::AccountId,
		) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_reap(PoolId { operator, role }, delegator)
		}

		/// Change the share of rewards that the operator takes first.
		///
		/// ## Dispatch Origin
		/// Signed by the operator, once per session.
		///
		/// ## Parameters
		/// - `role`: role of the pool.
		/// - `commission`: new share. It differs from the old one by at most `MaxCommissionChange`.
		///
		/// ## Errors
		/// - [`Error::UnknownPool`]: if the signer has no pool of this role.
		/// - [`Error::CommissionChangedAlready`]: if the commission was set in this session.
		/// - [`Error::CommissionChangeTooLarge`]: if it changes by more than `MaxCommissionChange`.
		///
		/// ## Events
		/// - [`Event::CommissionSet`].
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

		/// Be neither drawn nor elected until you resume.
		///
		/// ## Dispatch Origin
		/// Signed by the operator.
		///
		/// ## Details
		/// Duties under way go on.
		///
		/// ## Parameters
		/// - `role`: role of the pool.
		///
		/// ## Errors
		/// - [`Error::UnknownPool`]: if the signer has no pool of this role.
		/// - [`Error::NotActive`]: if the pool is paused already, or the operator is leaving.
		///
		/// ## Events
		/// - [`Event::Paused`].
		#[pallet::call_index(8)]
		#[pallet::weight(T::WeightInfo::pause())]
		pub fn pause(origin: OriginFor<T>, role: Role) -> DispatchResult {
			let operator = ensure_signed(origin)?;
			Self::do_pause(PoolId { operator, role })
		}

		/// Be drawn or elected again after a pause.
		///
		/// ## Dispatch Origin
		/// Signed by the operator.
		///
		/// ## Parameters
		/// - `role`: role of the pool.
		///
		/// ## Errors
		/// - [`Error::UnknownPool`]: if the signer has no pool of this role.
		/// - [`Error::NotPaused`]: if the pool is not paused.
		///
		/// ## Events
		/// - [`Event::Resumed`].
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
		/// The first key is valid at once, another one after `KeyDelay` blocks. Keep the old key on
		/// the node until no round is open that it committed to.
		///
		/// ## Parameters
		/// - `hot_key`: public key that attests. It can do nothing else.
		/// - `proof`: signature of the hot key over genesis hash and operator.
		///
		/// ## Errors
		/// - [`Error::UnknownPool`]: if the signer has no executor pool.
		/// - [`Error::InvalidProof`]: if the hot key did not sign for this operator on this chain.
		/// - [`Error::KeyTaken`]: if the hot key belongs to an operator already.
		/// - [`Error::RotationPending`]: if the newest hot key is not valid yet.
		///
		/// ## Events
		/// - [`Event::HotKeySet`].
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

		/// Set the number of validators to elect.
		///
		/// ## Dispatch Origin
		/// Governance.
		///
		/// ## Parameters
		/// - `count`: number of validators, from 1 to `MaxValidators`.
		///
		/// ## Errors
		/// - [`Error::InvalidValidatorCount`]: if `count` is zero, or above `MaxValidators`.
		///
		/// ## Events
		/// - [`Event::ValidatorCountSet`].
		#[pallet::call_index(11)]
		#[pallet::weight(T::WeightInfo::set_validator_count())]
		pub fn set_validator_count(origin: OriginFor<T>, count: u32) -> DispatchResult {
			T::GovernanceOrigin::ensure_origin(origin)?;
			Self::do_set_validator_count(count)
		}

		/// Slash executors and take requests again, after the circuit breaker tripped.
		///
		/// ## Dispatch Origin
		/// Governance.
		///
		/// ## Errors
		/// - [`Error::SlashingNotPaused`]: if slashing is not paused.
		///
		/// ## Events
		/// - [`Event::SlashingResumed`].
		#[pallet::call_index(12)]
		#[pallet::weight(T::WeightInfo::resume_slashing())]
		pub fn resume_slashing(origin: OriginFor<T>) -> DispatchResult {
			T::GovernanceOrigin::ensure_origin(origin)?;
			Self::do_resume_slashing()
		}
	}
}
