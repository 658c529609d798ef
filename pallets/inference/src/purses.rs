//! What the settlements of a block move: each requester is charged and each payee paid in one sum,
//! however many requests it is about.

use crate::{pallet::*, weights::WeightInfo};
use alloc::collections::BTreeMap;
use frame_support::{
	defensive,
	traits::{
		fungible::{Balanced, BalancedHold, Credit, Inspect},
		tokens::{imbalance::Imbalance, Fortitude, Precision, Preservation},
	},
	weights::Weight,
};
use opg_primitives::Balance;
use pallet_opg_support::ExecutorPools;

type CreditOf<T> = Credit<<T as frame_system::Config>::AccountId, <T as Config>::Currency>;

/// What leaves the hold of a requester.
#[derive(Default)]
struct Bill {
	/// Charged.
	fee: Balance,
	/// Returned.
	rest: Balance,
}

/// What is to be moved. Every amount that somebody is owed is in a bill, or in `money`.
pub(crate) struct Purses<T: Config> {
	bills: BTreeMap<T::AccountId, Bill>,
	pools: BTreeMap<T::AccountId, Balance>,
	owners: BTreeMap<T::AccountId, Balance>,
	pot: Balance,
	money: CreditOf<T>,
}

impl<T: Config> Purses<T> {
	pub(crate) fn new() -> Self {
		Self {
			bills: BTreeMap::new(),
			pools: BTreeMap::new(),
			owners: BTreeMap::new(),
			pot: 0,
			money: CreditOf::<T>::zero(),
		}
	}

	/// Take `fee` out of the hold of a requester and return `rest` of it. The fee goes to the pot, as
	/// far as [`Self::take`] does not give it to others.
	pub(crate) fn charge(&mut self, who: &T::AccountId, fee: Balance, rest: Balance) {
		let bill = self.bills.entry(who.clone()).or_default();
		bill.fee = bill.fee.saturating_add(fee);
		bill.rest = bill.rest.saturating_add(rest);
		self.pot = self.pot.saturating_add(fee);
	}

	/// Give a credit to the pot.
	pub(crate) fn keep(&mut self, credit: CreditOf<T>) {
		self.pot = self.pot.saturating_add(credit.peek());
		self.money.subsume(credit);
	}

	/// What the pot can spend.
	pub(crate) fn in_pot(&self) -> Balance {
		let pot = Pallet::<T>::pot();
		T::Currency::reducible_balance(&pot, Preservation::Preserve, Fortitude::Polite)
			.saturating_add(self.pot)
	}

	/// Give the pool of an executor `amount` of what the pot has, or what there is.
	pub(crate) fn reward(&mut self, who: &T::AccountId, amount: Balance) {
		let amount = self.take(amount);
		owe(&mut self.pools, who, amount);
	}

	/// Give the owner of a model `amount` of what the pot has, or what there is.
	pub(crate) fn royalty(&mut self, who: &T::AccountId, amount: Balance) {
		let amount = self.take(amount);
		owe(&mut self.owners, who, amount);
	}

	/// Take `amount` out of the pot, or what there is.
	fn take(&mut self, amount: Balance) -> Balance {
		let missing = amount.saturating_sub(self.pot);
		self.pot = self.pot.saturating_sub(amount);
		if missing == 0 {
			return amount;
		}
		let withdrawn = T::Currency::withdraw(
			&Pallet::<T>::pot(),
			missing,
			Precision::BestEffort,
			Preservation::Preserve,
			Fortitude::Polite,
		);
		let credit = withdrawn.unwrap_or_else(|_| CreditOf::<T>::zero());
		let had = amount.saturating_sub(missing).saturating_add(credit.peek());
		self.money.subsume(credit);
		had
	}

	/// What [`Self::settle_up`] costs.
	pub(crate) fn cost(&self) -> Weight {
		Self::cost_of(self.bills.len(), self.pools.len(), self.owners.len())
	}

	/// What charging and paying so many costs.
	pub(crate) fn cost_of(requesters: usize, pools: usize, owners: usize) -> Weight {
		T::WeightInfo::charge_requester()
			.saturating_mul(requesters as u64)
			.saturating_add(T::WeightInfo::pay_pool().saturating_mul(pools as u64))
			.saturating_add(T::WeightInfo::pay_owner().saturating_mul(owners as u64))
	}

	/// Charge and pay everyone.
	pub(crate) fn settle_up(self) {
		let Self { bills, pools, owners, mut money, .. } = self;
		for (who, Bill { fee, rest }) in bills {
			let (credit, missing) = T::Currency::slash(&HoldReason::Request.into(), &who, fee);
			if missing > 0 {
				defensive!("what this pallet holds it can charge");
			}
			money.subsume(credit);
			Pallet::<T>::release(HoldReason::Request, &who, rest);
		}
		for (who, amount) in pools {
			T::Pools::reward(&who, money.extract(amount));
		}
		for (who, amount) in owners {
			// To the pot where its account does not exist and this is less than what would create it.
			if let Err(credit) = T::Currency::resolve(&who, money.extract(amount)) {
				money.subsume(credit);
			}
		}
		// Dropping what the pot cannot take burns it.
		let _ = T::Currency::resolve(&Pallet::<T>::pot(), money);
	}
}

fn owe<A: Ord + Clone>(purses: &mut BTreeMap<A, Balance>, who: &A, amount: Balance) {
	if amount > 0 {
		let owed = purses.entry(who.clone()).or_default();
		*owed = owed.saturating_add(amount);
	}
}
