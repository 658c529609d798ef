//! Trait of governance: locks of votes, which stake carries where it stands.

use opg_primitives::Balance;
use sp_runtime::Weight;

/// Locks on what an account voted with. Stake counts as if it were in the account, so a lock moves
/// with the OPG: off the account when it is staked, and back when it is withdrawn.
pub trait VoteLocks<AccountId> {
	/// `amount` planck of `who` are about to be staked. They may be locked.
	fn before_staking(who: &AccountId, amount: Balance);
	/// `amount` planck of stake were paid out to `who`.
	fn after_withdrawal(who: &AccountId, amount: Balance);
	/// Upper bound on the weight of either.
	fn max_weight() -> Weight;
}

impl<AccountId> VoteLocks<AccountId> for () {
	fn before_staking(_: &AccountId, _: Balance) {}
	fn after_withdrawal(_: &AccountId, _: Balance) {}
	fn max_weight() -> Weight {
		Weight::zero()
	}
}
