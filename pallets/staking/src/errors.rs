//! Errors of the pallet.

use frame_support::pallet_macros::*;

/// Section of the pallet that declares its errors.
#[pallet_section]
mod errors {
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
		/// `MaxPools` pools of this role exist, each with at least as much stake.
		TooManyPools,
		/// The account delegates to `MaxDelegations` pools.
		TooManyDelegations,
		/// The account has `MaxUnbonds` unbonding entries. `withdraw` those that have unlocked.
		TooManyUnbonds,
		/// The account has nothing in this pool.
		NothingDelegated,
		/// The account took nothing out of this pool.
		NothingUnbonding,
		/// Nothing can be withdrawn yet. `Unbonding` has the time.
		NotUnlocked,
		/// The court looks at a seat of the operator. Stake on its way out waits for the verdict. Where
		/// stake left in as many sessions as are kept apart, all stake does.
		InDispute,
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
		/// The executor was paused for silence in this session. It can resume in the next.
		NotResumableYet,
		/// The operator is convicted. The pool takes no stake until the conviction has matured.
		OperatorConvicted,
		/// No conviction with this number is held.
		NotHeld,
		/// The commission was set in this session already.
		CommissionChangedAlready,
		/// The commission changes by more than `MaxCommissionChange`.
		CommissionChangeTooLarge,
		/// The number of validators is zero, or above `MaxValidators`.
		InvalidValidatorCount,
		/// Less than `MinOwnShare` of the pool would be its operator's own. The operator has to add to its
		/// bond first.
		OwnShareTooSmall,
		/// The stake is in this pool already.
		SamePool,
		/// Own stake of an operator does not move between pools.
		OwnStake,
		/// `MaxRedelegations` of the account are liable for a former operator. `settle` those that have
		/// ended.
		TooManyRedelegations,
		/// Stake that moved from another pool still pays for its former operator.
		StillLiable,
		/// The account moved nothing out of this pool.
		NothingRedelegated,
		/// A number does not fit.
		Overflow,
	}
}
