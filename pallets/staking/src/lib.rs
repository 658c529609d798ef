#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod calls;
mod charges;
mod convictions;
mod errors;
mod events;
mod genesis;
mod hooks;
mod interface;
mod keys;
#[cfg(test)]
#[allow(missing_docs, clippy::unwrap_used)]
mod mock;
mod pools;
mod redelegation;
mod session_vaults;
mod sessions;
mod slashing;
mod slots;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
#[cfg(any(feature = "try-runtime", feature = "std"))]
mod try_state;
mod types;
mod unbonding;
mod vault;
mod views;
pub mod weights;

use frame_support::pallet_macros::import_section;

pub use pallet::*;
pub use types::*;
pub use vault::{Holding, Vault};
pub use views::StakeViewOf;
pub use weights::WeightInfo;

#[import_section(errors::errors)]
#[import_section(events::events)]
#[frame_support::pallet]
pub mod pallet {
	use super::{
		types::*,
		vault::{Holding, Vault},
		views::StakeViewOf,
		weights::WeightInfo,
	};
	use alloc::vec::Vec;
	use frame_support::{
		migrations::MultiStepMigrator,
		pallet_prelude::*,
		traits::{fungible, Contains},
		PalletId,
	};
	use frame_system::pallet_prelude::*;
	use opg_primitives::{Balance, BlockNumber, ExecutorKey, ExecutorSignature};
	use pallet_opg_support::{CourtPresence, Liabilities, Offence, VoteLocks};
	use sp_core::H256;
	use sp_runtime::{traits::BlockNumberProvider, Perbill};

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// Types and constants of the pallet.
	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>, Hash = H256> {
		/// OPG, of which stake, rewards and deposits are.
		type Currency: fungible::Balanced<Self::AccountId, Balance = Balance>
			+ fungible::Mutate<Self::AccountId>
			+ fungible::MutateHold<Self::AccountId, Reason: From<HoldReason>>;
		/// Clock by which unbonding, new keys, convictions and days count. Congestion slows it down.
		type BlockNumberProvider: BlockNumberProvider<BlockNumber = BlockNumberFor<Self>>;
		/// Id of the account that holds the stake of all pools.
		#[pallet::constant]
		type PalletId: Get<PalletId>;
		/// Smallest stake of an operator in its own pool, in planck.
		#[pallet::constant]
		type MinBond: Get<Balance>;
		/// Smallest share of a pool that is its operator's own where it takes delegations, and where the
		/// operator takes stake out.
		#[pallet::constant]
		type MinOwnShare: Get<Perbill>;
		/// Stake that backs one slot of an executor, in planck.
		#[pallet::constant]
		type SlotStake: Get<Balance>;
		/// Smallest delegation, and smallest stake that a delegator leaves in a pool, in planck.
		#[pallet::constant]
		type MinDelegation: Get<Balance>;
		/// Smallest stake of a pool whose operator is elected as validator, in planck.
		#[pallet::constant]
		type MinValidatorStake: Get<Balance>;
		/// Deposit of an operator for its pool, in planck.
		#[pallet::constant]
		type PoolDeposit: Get<Balance>;
		/// Largest number of pools of a role whose operators are not leaving. A larger stake displaces
		/// the smallest.
		#[pallet::constant]
		type MaxPools: Get<u32>;
		/// Largest number of pools that one account delegates to.
		#[pallet::constant]
		type MaxDelegations: Get<u32>;
		/// Largest number of unbonding entries of one account in one pool.
		#[pallet::constant]
		type MaxUnbonds: Get<u32>;
		/// Largest number of redelegations of one account whose liability has not ended.
		#[pallet::constant]
		type MaxRedelegations: Get<u32>;
		/// Blocks for which stake that is taken out unbonds. Longer than the longest dispute.
		#[pallet::constant]
		type UnbondingBlocks: Get<BlockNumber>;
		/// Largest number of sessions whose unbonding stake is kept apart. They last longer than the time
		/// in which a dispute can begin.
		#[pallet::constant]
		type MaxUnbondingSessions: Get<u32>;
		/// Blocks for which the loss of a convicted executor is held before it is burned.
		#[pallet::constant]
		type ConvictionDelay: Get<BlockNumber>;
		/// Length of a day, for the limit of fines.
		#[pallet::constant]
		type DayBlocks: Get<BlockNumber>;
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
		/// Largest number of validators that governance can set.
		#[pallet::constant]
		type MaxValidators: Get<u32>;
		/// Number of whole sessions after which a validator that made no block in them is paused.
		#[pallet::constant]
		type OfflineSessions: Get<u32>;
		/// Number of candidates that elections leave, however many of them are offline.
		#[pallet::constant]
		type MinValidators: Get<u32>;
		/// Accounts that have session keys. Others are not elected.
		type ValidatorKeys: Contains<Self::AccountId>;
		/// Reward of the author of this block, in planck.
		type BlockReward: Get<Balance>;
		/// Origin that sets the number of validators.
		type GovernanceOrigin: EnsureOrigin<Self::RuntimeOrigin>;
		/// Origin that cancels convictions.
		type CancelOrigin: EnsureOrigin<Self::RuntimeOrigin>;
		/// Account that gets a share of what operators lose.
		type Treasury: Get<Self::AccountId>;
		/// Share of what operators themselves lose, and nobody else is paid, that the treasury gets.
		/// The rest is burned, as all is that delegators lose.
		#[pallet::constant]
		type TreasuryShare: Get<Perbill>;
		/// Locks of votes. They follow the OPG into pools and out of them.
		type VoteLocks: VoteLocks<Self::AccountId>;
		/// What executors owe for their seats.
		type Liabilities: Liabilities<Self::AccountId>;
		/// Cases of the court that validators missed. They lower the rewards of the next session.
		type CourtPresence: CourtPresence<Self::AccountId>;
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

	/// Operators whose pool of a role is not leaving, sorted. Elections and snapshots go through this
	/// list, and not through the pools that are left.
	#[pallet::storage]
	pub type Operators<T: Config> =
		StorageMap<_, Twox64Concat, Role, BoundedVec<T::AccountId, T::MaxPools>, ValueQuery>;

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

	/// Stake on its way out of a pool, by the session in which it left, the oldest first. A slash
	/// touches those that the snapshot of its session still holds.
	#[pallet::storage]
	pub type UnbondingVaults<T: Config> =
		StorageMap<_, Blake2_128Concat, PoolId<T::AccountId>, UnbondingVaultsOf<T>, ValueQuery>;

	/// Stake that left a pool in a session and has unlocked, where somebody has not withdrawn.
	/// Nothing slashes it.
	#[pallet::storage]
	pub type UnlockedVaults<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, PoolId<T::AccountId>, Twox64Concat, u32, Vault>;

	/// Records of stake that moved to other pools, by the session in which it moved, the oldest first.
	/// A balance here is no OPG: it is what slashes of this pool have left of what moved.
	#[pallet::storage]
	pub type Moved<T: Config> =
		StorageMap<_, Blake2_128Concat, PoolId<T::AccountId>, UnbondingVaultsOf<T>, ValueQuery>;

	/// Records that did not fit into `Moved` any more, until their last liability is settled. Nothing
	/// slashes them.
	#[pallet::storage]
	pub type MovedBefore<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, PoolId<T::AccountId>, Twox64Concat, u32, Vault>;

	/// Stake of an account that moved from one pool to another and is liable for both.
	#[pallet::storage]
	pub type Redelegations<T: Config> = StorageMap<
		_,
		Blake2_128Concat,
		T::AccountId,
		BoundedVec<RedelegationOf<T>, T::MaxRedelegations>,
		ValueQuery,
	>;

	/// Convictions by number. They are kept until no dispute of their session can come.
	#[pallet::storage]
	pub type Convictions<T: Config> =
		StorageMap<_, Twox64Concat, ConvictionId, Conviction<T::AccountId, BlockNumberFor<T>>>;

	/// Numbers of the convictions by operator, model hash and session.
	#[pallet::storage]
	pub type ConvictionIds<T: Config> =
		StorageMap<_, Blake2_128Concat, (T::AccountId, H256, u32), ConvictionId>;

	/// Convictions that are kept, and those that have not matured.
	#[pallet::storage]
	pub type ConvictionNumbers<T> = StorageValue<_, ConvictionQueue, ValueQuery>;

	/// Hot keys by operator.
	#[pallet::storage]
	pub type HotKeys<T: Config> =
		StorageMap<_, Blake2_128Concat, T::AccountId, HotKey<BlockNumberFor<T>>>;

	/// Operators by hot key: the newest key of each, and the one before.
	#[pallet::storage]
	pub type KeyOwners<T: Config> = StorageMap<_, Blake2_128Concat, ExecutorKey, T::AccountId>;

	/// Operators of all eligible executors when a session was planned, sorted, and their weights in
	/// planck: the stake behind their slots, after the cap. By session. Kept for the planned session,
	/// the current one and the two before.
	#[pallet::storage]
	pub type Snapshots<T: Config> = StorageMap<
		_,
		Twox64Concat,
		u32,
		BoundedVec<(T::AccountId, Balance), T::MaxPools>,
		ValueQuery,
	>;

	/// Operators of the executors in a snapshot, sorted, and what they had of their own in their pools
	/// then, in planck. By session, and kept as the snapshots are.
	#[pallet::storage]
	pub type OwnStakes<T: Config> = StorageMap<
		_,
		Twox64Concat,
		u32,
		BoundedVec<(T::AccountId, Balance), T::MaxPools>,
		ValueQuery,
	>;

	/// Operators of executor pools that take no seat now: paused, leaving, or convicted. Sorted. One
	/// that does not fit is drawn, and is silent: that costs it nothing.
	#[pallet::storage]
	pub type Suspended<T: Config> =
		StorageValue<_, BoundedVec<T::AccountId, T::MaxPools>, ValueQuery>;

	/// Operators of executor pools who declared a number of slots, sorted. The others have as many as
	/// their stake backs.
	#[pallet::storage]
	pub type DeclaredSlots<T: Config> =
		StorageValue<_, BoundedVec<(T::AccountId, u32), T::MaxPools>, ValueQuery>;

	/// Index of the current session.
	#[pallet::storage]
	pub type CurrentSession<T> = StorageValue<_, u32, ValueQuery>;

	/// Elected validators, sorted, and the session in which each made its last block, or the first in
	/// which it is to make some.
	#[pallet::storage]
	pub type LastAuthored<T: Config> =
		StorageValue<_, BoundedVec<(T::AccountId, u32), T::MaxValidators>, ValueQuery>;

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

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(_: BlockNumberFor<T>) -> Weight {
			// What a migration has not reached yet does not decode.
			if T::MultiBlockMigrator::ongoing() {
				return Self::block_weight(0);
			}
			Self::block_weight(Self::service_convictions())
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
		/// must also call `set_hot_key`. Its stake counts from the session after the next. Where
		/// `MaxPools` pools of the role exist, the one with the least stake gives way to a larger
		/// `amount`: its operator is leaving from now on.
		///
		/// ## Parameters
		/// - `role`: role that the stake is for.
		/// - `amount`: bond in planck, at least `MinBond`.
		/// - `commission`: share of every reward that the operator takes first.
		///
		/// ## Errors
		/// - [`Error::AlreadyBonded`]: if the signer has a pool of this role.
		/// - [`Error::BondTooSmall`]: if `amount` is below `MinBond`.
		/// - [`Error::TooManyPools`]: if `MaxPools` pools of this role exist, each with at least as
		///   much stake.
		/// - [`Error::Overflow`]: if `amount` does not fit the pool.
		///
		/// ## Events
		/// - [`Event::Left`], for an operator that gives way.
		/// - [`Event::Bonded`].
		#[pallet::call_index(0)]
		#[pallet::weight(
			T::WeightInfo::bond()
				.saturating_add(T::WeightInfo::displace())
				.saturating_add(T::VoteLocks::max_weight())
		)]
		pub fn bond(
			origin: OriginFor<T>,
			role: Role,
			amount: Balance,
			commission: Perbill,
		) -> DispatchResultWithPostInfo {
			let operator = ensure_signed(origin)?;
			let displaced = Self::open_pool(&PoolId { operator, role }, amount, commission)?;
			let smaller = T::WeightInfo::bond().saturating_add(T::VoteLocks::max_weight());
			let weight = if displaced { None } else { Some(smaller) };
			Ok(weight.into())
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
		/// - [`Error::OperatorConvicted`]: if a conviction of the operator is held.
		/// - [`Error::DelegationTooSmall`]: if `amount` is below `MinDelegation`, or too little for
		///   one share of the pool.
		/// - [`Error::OwnShareTooSmall`]: if less than `MinOwnShare` of the pool would be its
		///   operator's. The operator itself can always add.
		/// - [`Error::TooManyDelegations`]: if the signer has stake in `MaxDelegations` others.
		///
		/// ## Events
		/// - [`Event::Delegated`].
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::delegate().saturating_add(T::VoteLocks::max_weight()))]
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
		/// Unbonding OPG earns nothing. It can still be slashed for rounds that are drawn from a
		/// snapshot that holds it: those of this session and the next.
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
		/// - [`Error::OwnShareTooSmall`]: if the operator would keep less than `MinOwnShare` of its
		///   pool.
		/// - [`Error::StillLiable`]: if less would stay than what moved in and still pays for a former
		///   operator.
		/// - [`Error::TooManyUnbonds`]: if `MaxUnbonds` entries of the signer are unbonding.
		/// - [`Error::InDispute`]: if the court looks at a seat of the operator, and stake left the
		///   pool in `MaxUnbondingSessions` others than this one.
		///
		/// ## Events
		/// - [`Event::Undelegated`], with the block from which it can be withdrawn.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::undelegate().saturating_add(T::Liabilities::max_weight()))]
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
		/// Signed by any account, so that anyone can close a pool that is left, also one of which
		/// charges took the last.
		///
		/// ## Parameters
		/// - `operator`, `role`: name of the pool.
		/// - `delegator`: account that is paid.
		///
		/// ## Errors
		/// - [`Error::UnknownPool`]: if the operator has no pool of this role.
		/// - [`Error::NothingUnbonding`]: if the delegator took nothing out of the pool.
		/// - [`Error::NotUnlocked`]: if nothing can be withdrawn yet.
		/// - [`Error::InDispute`]: if the court looks at a seat of the operator's executor.
		///
		/// ## Events
		/// - [`Event::Withdrawn`].
		/// - [`Event::Closed`], if nobody has stake in a pool that is left.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::withdraw()
			.saturating_add(T::Liabilities::max_weight().saturating_mul(2))
			.saturating_add(T::VoteLocks::max_weight()))]
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
		/// - [`Error::InDispute`]: as for `undelegate`.
		///
		/// ## Events
		/// - [`Event::Left`].
		/// - [`Event::Undelegated`], for the bond.
		/// - [`Event::Closed`], if nobody has stake in the pool.
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::leave().saturating_add(T::Liabilities::max_weight()))]
		pub fn leave(origin: OriginFor<T>, role: Role) -> DispatchResult {
			let operator = ensure_signed(origin)?;
			Self::do_leave(PoolId { operator, role })
		}

		/// Take somebody's stake out of a pool whose operator has left, so that it can close.
		///
		/// ## Dispatch Origin
		/// Signed by any account.
		///
		/// ## Parameters
		/// - `operator`, `role`: name of the pool.
		/// - `delegator`: account whose stake is taken out. It can be the operator.
		///
		/// ## Errors
		/// - [`Error::UnknownPool`]: if the operator has no pool of this role.
		/// - [`Error::NotLeaving`]: if the operator has not left.
		/// - [`Error::NothingDelegated`]: if the delegator has nothing in the pool.
		/// - [`Error::StillLiable`]: if some of it moved in and still pays for a former operator.
		/// - [`Error::TooManyUnbonds`]: if `MaxUnbonds` entries of the delegator are unbonding.
		/// - [`Error::InDispute`]: as for `undelegate`.
		///
		/// ## Events
		/// - [`Event::Undelegated`].
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::force_undelegate().saturating_add(T::Liabilities::max_weight()))]
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
		/// ## Details
		/// An executor that was paused for silence can resume from the next session on.
		///
		/// ## Parameters
		/// - `role`: role of the pool.
		///
		/// ## Errors
		/// - [`Error::UnknownPool`]: if the signer has no pool of this role.
		/// - [`Error::NotPaused`]: if the pool is not paused.
		/// - [`Error::NotResumableYet`]: if it was paused for silence in this session.
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

		/// Cancel a conviction, and give its loss back to the pool.
		///
		/// ## Dispatch Origin
		/// Governance.
		///
		/// ## Details
		/// What was taken from stake that has left the pool since goes to those who stayed.
		///
		/// ## Parameters
		/// - `conviction`: number of a conviction whose loss is still held.
		///
		/// ## Errors
		/// - [`Error::NotHeld`]: if no conviction with this number is held.
		///
		/// ## Events
		/// - [`Event::ConvictionCancelled`].
		#[pallet::call_index(12)]
		#[pallet::weight(T::WeightInfo::cancel_conviction())]
		pub fn cancel_conviction(origin: OriginFor<T>, conviction: ConvictionId) -> DispatchResult {
			T::CancelOrigin::ensure_origin(origin)?;
			Self::do_cancel_conviction(conviction)
		}

		/// Declare how many seats of first rounds your executor takes at a time.
		///
		/// ## Dispatch Origin
		/// Signed by an operator with an executor pool.
		///
		/// ## Details
		/// An executor that has as many open seats is full, and draws skip it. Without a declaration
		/// it has as many slots as its stake backs, and more never count. Its weight in draws is the
		/// stake behind its slots. A lower number makes it full at once; its weight, and a higher
		/// number, change with the session that is planned next. Audits and second rounds come on top.
		///
		/// ## Parameters
		/// - `slots`: number of seats that your node can work on at once, of all models together.
		///
		/// ## Errors
		/// - [`Error::UnknownPool`]: if the signer has no executor pool.
		/// - [`Error::PoolLeaving`]: if the operator is leaving.
		///
		/// ## Events
		/// - [`Event::SlotsSet`].
		#[pallet::call_index(13)]
		#[pallet::weight(T::WeightInfo::set_slots())]
		pub fn set_slots(origin: OriginFor<T>, slots: u32) -> DispatchResult {
			let operator = ensure_signed(origin)?;
			Self::do_set_slots(operator, slots)
		}

		/// Move delegated stake to another pool of the same role, without unbonding.
		///
		/// ## Dispatch Origin
		/// Signed by a delegator.
		///
		/// ## Details
		/// The stake counts in the other pool at once, and shares its fate. For `UnbondingBlocks` it
		/// also pays for rounds of the former operator that are drawn from a snapshot that held it, and
		/// stays in the pool: no part of it moves again or is taken out. `settle` ends that.
		///
		/// ## Parameters
		/// - `operator`, `role`: name of the pool that it leaves.
		/// - `to`: operator of the pool that it moves to.
		/// - `amount`: amount in planck. All is moved where this is more than there is, or where less
		///   than `MinDelegation` would stay.
		///
		/// ## Errors
		/// - [`Error::SamePool`]: if `to` is `operator`.
		/// - [`Error::OwnStake`]: if the signer is one of the two operators.
		/// - [`Error::UnknownPool`]: if one of them has no pool of this role.
		/// - [`Error::OperatorConvicted`]: if a conviction of one of them is held.
		/// - [`Error::PoolLeaving`]: if `to` is leaving.
		/// - [`Error::NothingDelegated`]: if the signer has nothing in the pool.
		/// - [`Error::StillLiable`]: if less would stay than what moved in and still pays for a former
		///   operator.
		/// - [`Error::DelegationTooSmall`]: if less than `MinDelegation` would move, or too little for
		///   one share of the pool.
		/// - [`Error::OwnShareTooSmall`]: if less than `MinOwnShare` of the pool of `to` would be its
		///   operator's.
		/// - [`Error::TooManyDelegations`]: if the signer has stake in `MaxDelegations` others.
		/// - [`Error::TooManyRedelegations`]: if `MaxRedelegations` of the signer have not ended.
		/// - [`Error::InDispute`]: if the court looks at a seat of the former operator, and stake moved
		///   out of its pool in `MaxUnbondingSessions` others than this one.
		///
		/// ## Events
		/// - [`Event::Redelegated`].
		#[pallet::call_index(14)]
		#[pallet::weight(T::WeightInfo::redelegate().saturating_add(T::Liabilities::max_weight()))]
		pub fn redelegate(
			origin: OriginFor<T>,
			operator: T::AccountId,
			role: Role,
			to: T::AccountId,
			amount: Balance,
		) -> DispatchResult {
			let delegator = ensure_signed(origin)?;
			Self::do_redelegate(PoolId { operator, role }, to, delegator, amount)
		}

		/// End the liability of stake that moved out of a pool long enough ago.
		///
		/// ## Dispatch Origin
		/// Signed by any account.
		///
		/// ## Details
		/// What slashes of the former pool took meanwhile is burned out of the stake, in the pool that
		/// it is in.
		///
		/// ## Parameters
		/// - `operator`, `role`: name of the pool that it left.
		/// - `delegator`: account whose stake it is.
		///
		/// ## Errors
		/// - [`Error::NothingRedelegated`]: if the delegator moved nothing out of this pool.
		/// - [`Error::InDispute`]: if the court looks at a seat of the former operator.
		/// - [`Error::OperatorConvicted`]: if a conviction of it is held.
		/// - [`Error::StillLiable`]: if `UnbondingBlocks` have not passed.
		///
		/// ## Events
		/// - [`Event::LiabilityEnded`], for each time that some moved.
		#[pallet::call_index(15)]
		#[pallet::weight(T::WeightInfo::settle().saturating_add(T::Liabilities::max_weight()))]
		pub fn settle(
			origin: OriginFor<T>,
			operator: T::AccountId,
			role: Role,
			delegator: T::AccountId,
		) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_settle(delegator, PoolId { operator, role })
		}
	}

	#[pallet::view_functions]
	impl<T: Config> Pallet<T> {
		/// Stake of an account in one pool.
		pub fn stake(pool: PoolId<T::AccountId>, who: T::AccountId) -> StakeViewOf<T> {
			Self::stake_view(&pool, &who)
		}

		/// Stake of an account in every pool in which it has some, its own pools first.
		pub fn stakes(who: T::AccountId) -> Vec<StakeViewOf<T>> {
			Self::stake_views(&who)
		}
	}
}
