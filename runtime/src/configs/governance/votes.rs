//! Votes with OPG where it stands: in the account, and in the pools that it was staked in.
//!
//! A lock says how much an account voted with. What the account has in pools carries a part of it, and
//! only the rest is locked on the account. So who has staked all can vote with all, and still pay
//! fees, take its stake out and withdraw it. What is withdrawn is locked in the account then.

use super::origins::pallet_governance::VoteLocks as Locks;
use crate::{AccountId, Balance, Balances, BlockNumber, Inference, Runtime, Staking};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{
	traits::{
		fungible,
		tokens::{DepositConsequence, Fortitude, Preservation, Provenance, WithdrawConsequence},
		BalanceStatus, Currency, ExistenceRequirement, Get, LockIdentifier, LockableCurrency,
		ReservableCurrency, SignedImbalance, WithdrawReasons,
	},
	weights::Weight,
};
use scale_info::TypeInfo;
use sp_runtime::{DispatchError, DispatchResult};

/// Lock of the votes of an account.
#[derive(
	Clone,
	Copy,
	Default,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct VoteLock {
	/// Largest amount that it voted with and that is not unlocked, in planck.
	pub voted: Balance,
	/// Part of it that is locked on the account, in planck. Stake carries the rest.
	pub on_account: Balance,
}

/// Identifier of the lock, which wallets know as that of conviction voting.
const LOCK: LockIdentifier = *b"pyconvot";

/// Sets the lock of `who`.
fn store(who: &AccountId, lock: VoteLock) {
	if lock.voted == 0 {
		Locks::<Runtime>::remove(who);
	} else {
		Locks::<Runtime>::insert(who, lock);
	}
	let reasons = WithdrawReasons::except(WithdrawReasons::RESERVE);
	// Without an amount it removes the lock.
	Balances::set_lock(LOCK, who, lock.on_account, reasons);
}

/// Stake that counts in votes, in planck.
fn stake(who: &AccountId) -> Balance {
	Staking::total_stake(who)
}

/// OPG of an account, and what it has in pools: of its own, delegated, and not withdrawn yet.
pub struct VotingCurrency;

impl Currency<AccountId> for VotingCurrency {
	type Balance = Balance;
	type PositiveImbalance = <Balances as Currency<AccountId>>::PositiveImbalance;
	type NegativeImbalance = <Balances as Currency<AccountId>>::NegativeImbalance;

	fn total_balance(who: &AccountId) -> Balance {
		<Balances as Currency<_>>::total_balance(who).saturating_add(stake(who))
	}
	fn can_slash(who: &AccountId, value: Balance) -> bool {
		Balances::can_slash(who, value)
	}
	fn total_issuance() -> Balance {
		<Balances as Currency<_>>::total_issuance()
	}
	fn active_issuance() -> Balance {
		<Balances as Currency<_>>::active_issuance()
	}
	fn minimum_balance() -> Balance {
		<Balances as Currency<_>>::minimum_balance()
	}
	fn burn(amount: Balance) -> Self::PositiveImbalance {
		<Balances as Currency<_>>::burn(amount)
	}
	fn issue(amount: Balance) -> Self::NegativeImbalance {
		<Balances as Currency<_>>::issue(amount)
	}
	fn free_balance(who: &AccountId) -> Balance {
		Balances::free_balance(who)
	}
	fn ensure_can_withdraw(
		who: &AccountId,
		amount: Balance,
		reasons: WithdrawReasons,
		left: Balance,
	) -> DispatchResult {
		Balances::ensure_can_withdraw(who, amount, reasons, left)
	}
	fn transfer(
		from: &AccountId,
		to: &AccountId,
		value: Balance,
		existence: ExistenceRequirement,
	) -> DispatchResult {
		<Balances as Currency<_>>::transfer(from, to, value, existence)
	}
	fn slash(who: &AccountId, value: Balance) -> (Self::NegativeImbalance, Balance) {
		<Balances as Currency<_>>::slash(who, value)
	}
	fn deposit_into_existing(
		who: &AccountId,
		value: Balance,
	) -> Result<Self::PositiveImbalance, DispatchError> {
		Balances::deposit_into_existing(who, value)
	}
	fn deposit_creating(who: &AccountId, value: Balance) -> Self::PositiveImbalance {
		Balances::deposit_creating(who, value)
	}
	fn withdraw(
		who: &AccountId,
		value: Balance,
		reasons: WithdrawReasons,
		existence: ExistenceRequirement,
	) -> Result<Self::NegativeImbalance, DispatchError> {
		<Balances as Currency<_>>::withdraw(who, value, reasons, existence)
	}
	fn make_free_balance_be(
		who: &AccountId,
		balance: Balance,
	) -> SignedImbalance<Balance, Self::PositiveImbalance> {
		Balances::make_free_balance_be(who, balance)
	}
}

impl ReservableCurrency<AccountId> for VotingCurrency {
	fn can_reserve(who: &AccountId, value: Balance) -> bool {
		Balances::can_reserve(who, value)
	}
	fn slash_reserved(who: &AccountId, value: Balance) -> (Self::NegativeImbalance, Balance) {
		Balances::slash_reserved(who, value)
	}
	fn reserved_balance(who: &AccountId) -> Balance {
		Balances::reserved_balance(who)
	}
	fn reserve(who: &AccountId, value: Balance) -> DispatchResult {
		Balances::reserve(who, value)
	}
	fn unreserve(who: &AccountId, value: Balance) -> Balance {
		Balances::unreserve(who, value)
	}
	fn repatriate_reserved(
		slashed: &AccountId,
		beneficiary: &AccountId,
		value: Balance,
		status: BalanceStatus,
	) -> Result<Balance, DispatchError> {
		Balances::repatriate_reserved(slashed, beneficiary, value, status)
	}
}

impl LockableCurrency<AccountId> for VotingCurrency {
	type Moment = BlockNumber;
	type MaxLocks = <Balances as LockableCurrency<AccountId>>::MaxLocks;

	/// Lowers the lock to `voted` planck: votes were unlocked.
	fn set_lock(_: LockIdentifier, who: &AccountId, voted: Balance, _: WithdrawReasons) {
		let lock = Locks::<Runtime>::get(who).unwrap_or_default();
		let on_account = lock.on_account.min(voted.saturating_sub(stake(who)));
		store(who, VoteLock { voted, on_account });
	}

	/// Raises the lock to `voted` planck: there is a vote of so many.
	fn extend_lock(_: LockIdentifier, who: &AccountId, voted: Balance, _: WithdrawReasons) {
		let lock = Locks::<Runtime>::get(who).unwrap_or_default();
		// Also for no larger vote: a slash may have taken the stake that carried the last one.
		let on_account = lock.on_account.max(voted.saturating_sub(stake(who)));
		store(who, VoteLock { voted: lock.voted.max(voted), on_account });
	}

	fn remove_lock(_: LockIdentifier, who: &AccountId) {
		store(who, VoteLock::default());
	}
}

impl fungible::Inspect<AccountId> for VotingCurrency {
	type Balance = Balance;

	fn total_issuance() -> Balance {
		<Balances as fungible::Inspect<_>>::total_issuance()
	}
	fn active_issuance() -> Balance {
		<Balances as fungible::Inspect<_>>::active_issuance()
	}
	fn minimum_balance() -> Balance {
		<Balances as fungible::Inspect<_>>::minimum_balance()
	}
	fn total_balance(who: &AccountId) -> Balance {
		<Self as Currency<_>>::total_balance(who)
	}
	fn balance(who: &AccountId) -> Balance {
		Balances::balance(who)
	}
	fn reducible_balance(who: &AccountId, preservation: Preservation, force: Fortitude) -> Balance {
		Balances::reducible_balance(who, preservation, force)
	}
	fn can_deposit(who: &AccountId, amount: Balance, provenance: Provenance) -> DepositConsequence {
		Balances::can_deposit(who, amount, provenance)
	}
	fn can_withdraw(who: &AccountId, amount: Balance) -> WithdrawConsequence<Balance> {
		Balances::can_withdraw(who, amount)
	}
}

/// Moves locks with the OPG that goes into pools and comes out of them.
pub struct MoveLocks;

impl pallet_opg_support::VoteLocks<AccountId> for MoveLocks {
	fn before_staking(who: &AccountId, amount: Balance) {
		let Some(lock) = Locks::<Runtime>::get(who) else { return };
		let on_account = lock.on_account.saturating_sub(amount);
		store(who, VoteLock { on_account, ..lock });
	}

	fn after_withdrawal(who: &AccountId, amount: Balance) {
		let Some(lock) = Locks::<Runtime>::get(who) else { return };
		// No more than was withdrawn: the fee of the next withdrawal stays free.
		let on_account = lock.on_account.saturating_add(amount).min(lock.voted);
		store(who, VoteLock { on_account, ..lock });
	}

	fn max_weight() -> Weight {
		// This lock, those of the account with their freeze, and the account.
		<Runtime as frame_system::Config>::DbWeight::get().reads_writes(4, 4)
	}
}

/// OPG that could vote: all but what the protocol itself has, in the treasury and in the pot.
pub struct Electorate;

impl Get<Balance> for Electorate {
	fn get() -> Balance {
		let own = [crate::Treasury::account_id(), Inference::pot()];
		let own = own.iter().map(Balances::free_balance).fold(0, Balance::saturating_add);
		<Balances as Currency<AccountId>>::total_issuance().saturating_sub(own)
	}
}

/// Weights of conviction voting, with what it takes to count the stake of a voter.
pub struct VotingWeight;

type Measured = pallet_conviction_voting::weights::SubstrateWeight<Runtime>;

impl VotingWeight {
	/// Weight of a call that counts the stake of the voter `times` times, and sets its lock.
	fn with_stake(weight: Weight, times: u64) -> Weight {
		weight
			.saturating_add(Staking::max_total_stake_weight().saturating_mul(times))
			.saturating_add(<Runtime as frame_system::Config>::DbWeight::get().reads_writes(3, 1))
	}
}

impl pallet_conviction_voting::WeightInfo for VotingWeight {
	fn vote_new() -> Weight {
		Self::with_stake(Measured::vote_new(), 2)
	}
	fn vote_existing() -> Weight {
		Self::with_stake(Measured::vote_existing(), 2)
	}
	fn remove_vote() -> Weight {
		Self::with_stake(Measured::remove_vote(), 0)
	}
	fn remove_other_vote() -> Weight {
		Self::with_stake(Measured::remove_other_vote(), 0)
	}
	fn delegate(votes: u32) -> Weight {
		Self::with_stake(Measured::delegate(votes), 2)
	}
	fn undelegate(votes: u32) -> Weight {
		Self::with_stake(Measured::undelegate(votes), 0)
	}
	fn unlock() -> Weight {
		Self::with_stake(Measured::unlock(), 1)
	}
}
