//! Events of the pallet.

use frame_support::pallet_macros::*;

/// Section of the pallet that declares its events.
#[pallet_section]
mod events {
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
			/// Time from which on it can be withdrawn, by the clock.
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
		/// Stake moved to another pool. For a while it pays for both operators.
		Redelegated {
			/// Role of both pools.
			role: Role,
			/// Operator of the pool that it left.
			from: T::AccountId,
			/// Operator of the pool that it is in.
			to: T::AccountId,
			/// Owner of the OPG.
			delegator: T::AccountId,
			/// Amount in planck.
			amount: Balance,
			/// Number of shares minted for it.
			shares: u128,
		},
		/// Stake that had moved to another pool pays for its former operator no more.
		LiabilityEnded {
			/// Role of both pools.
			role: Role,
			/// Operator of the pool that it left.
			from: T::AccountId,
			/// Operator of the pool that it is in.
			to: T::AccountId,
			/// Owner of the OPG.
			delegator: T::AccountId,
			/// Burned for slashes of the former pool, in planck.
			burned: Balance,
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
		/// A pool was slashed for a fault of its operator. The treasury has its share of the amount,
		/// the rest is burned. All shares lost value.
		Slashed {
			/// Operator of the pool.
			operator: T::AccountId,
			/// Role of the pool.
			role: Role,
			/// Amount in planck.
			amount: Balance,
			/// Fault of an executor. `None` for an offence against consensus.
			offence: Option<Offence>,
		},
		/// An operator was charged out of its own stake, for a court or a replacement that a seat of
		/// its executor made necessary.
		Charged {
			/// Operator of the executor pool.
			operator: T::AccountId,
			/// Amount in planck.
			amount: Balance,
		},
		/// An executor was convicted of a wrong answer. Its loss is held, and it takes no seat.
		Convicted {
			/// Number of the conviction.
			conviction: ConvictionId,
			/// Operator of the executor pool.
			operator: T::AccountId,
			/// Content hash of the model.
			model_hash: H256,
			/// Session from whose snapshot the seat was drawn.
			session: u32,
			/// Amount that is held, in planck.
			amount: Balance,
			/// Time at which it is burned and paid out, by the clock, unless governance cancels.
			matures_at: BlockNumberFor<T>,
		},
		/// The loss of a conviction was paid out and burned.
		ConvictionExecuted {
			/// Number of the conviction.
			conviction: ConvictionId,
			/// Operator of the executor pool.
			operator: T::AccountId,
			/// Amount that was paid out, also to the treasury, in planck.
			paid: Balance,
			/// Amount that was burned, in planck.
			burned: Balance,
		},
		/// Governance gave the loss of a conviction back.
		ConvictionCancelled {
			/// Number of the conviction.
			conviction: ConvictionId,
			/// Operator of the executor pool.
			operator: T::AccountId,
			/// Amount in planck.
			amount: Balance,
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
		/// An operator left, or gave way to a larger stake. Its pool takes no more stake, and closes
		/// when everyone has withdrawn.
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
			/// Time from which on it is valid, by the clock.
			from: BlockNumberFor<T>,
		},
		/// An executor declared how many first seats it takes at a time.
		SlotsSet {
			/// Operator of the executor pool.
			operator: T::AccountId,
			/// Number of slots.
			slots: u32,
		},
		/// Governance set the number of validators to elect.
		ValidatorCountSet {
			/// Number of validators.
			count: u32,
		},
	}
}
