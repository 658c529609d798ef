//! Settlement: pays executors, owner and pot from the escrow, or refunds the requester.

use crate::{pallet::*, tiers, types::*, weights::WeightInfo};
use alloc::collections::BTreeMap;
use frame_support::{
	defensive,
	traits::{
		fungible::{Balanced, BalancedHold, Credit, Inspect, MutateHold},
		tokens::{imbalance::Imbalance, Fortitude, Precision, Preservation},
		Get,
	},
	weights::{Weight, WeightMeter},
	BoundedVec,
};
use opg_primitives::{Answer, Balance, FailureReason, RequestId};
use pallet_opg_support::{economics, Committees, ExecutorLedger, Judgement};
use sp_runtime::traits::AccountIdConversion;

type CreditOf<T> = Credit<<T as frame_system::Config>::AccountId, <T as Config>::Currency>;

impl<T: Config> Pallet<T> {
	/// Account of the pot. It takes the protocol's share of fees, lost bonds and a part of what
	/// liars lose, and pays juries.
	pub fn pot() -> T::AccountId {
		T::PotId::get().into_account_truncating()
	}

	/// Judges every answer, pays those who were right, the owner and the protocol, and releases the
	/// rest of the escrow. Returns the numbers of right and of wrong executors.
	///
	/// The fee pays as many executors as the first committee has seats, in the order of the rounds.
	/// The pot pays those who decided an escalation or a dispute, in equal parts where it has not
	/// enough.
	pub(crate) fn settle(
		batch: &mut SettlementBatch<T>,
		id: RequestId,
		mut request: RequestOf<T>,
		answer: Answer,
	) -> (u32, u32) {
		let pot = Self::pot();
		let Judgement { right: mut paid_by_fee, wrong } =
			T::Committees::judge(id, answer.digest(), &[(&pot, economics::POT_SHARE)]);
		let right = paid_by_fee.len() as u32;
		// The escrow was computed from the fuel limit, and no answer takes more fuel than that.
		let fuel_limit = request.version.fuel_limit;
		let max_pay = Self::pay(fuel_limit, request.price).unwrap_or_default();
		let pay = Self::pay(answer.fuel.min(fuel_limit), request.price).unwrap_or_default();

		let count = paid_by_fee.len().min(tiers::size(request.tier) as usize);
		let paid_by_pot = paid_by_fee.split_off(count);
		let royalty = request.version.royalty;
		let protocol = Self::protocol_share(pay, max_pay, request.tier).unwrap_or_default();
		let fee = pay
			.saturating_mul(count as Balance)
			.saturating_add(royalty)
			.saturating_add(protocol)
			.min(request.escrow);
		// The fee pays for the storage, so the deposit is returned.
		let rest = request.escrow.saturating_sub(fee).saturating_add(request.deposit);
		batch.charge(&request.requester, fee, rest);
		(request.escrow, request.deposit) = (0, 0);
		batch.pay_owner(&request.version.owner, royalty);
		paid_by_fee.iter().for_each(|executor| batch.pay_executor(executor, pay));
		let pay_of_pot = batch.pay_from_pot(&paid_by_pot, pay);
		let by_fee = paid_by_fee.into_iter().map(|executor| (executor, pay));
		let by_pot = paid_by_pot.into_iter().map(|executor| (executor, pay_of_pot));
		request.state = RequestState::Settled {
			answer,
			paid: BoundedVec::truncate_from(by_fee.chain(by_pot).collect()),
			fee,
			at: Self::now(),
		};
		Requests::<T>::insert(id, request);
		Self::deposit_event(Event::Settled { request: id, fee });
		(right, wrong)
	}

	/// Ends a request that no committee decides: requester and challenger get back what they put in.
	pub(crate) fn refund(
		meter: &mut WeightMeter,
		id: RequestId,
		request: RequestOf<T>,
		reason: FailureReason,
	) {
		meter.consume(T::WeightInfo::refund());
		if let Some((challenger, bond)) = request.state.challenge() {
			Self::release(HoldReason::Challenge, challenger, bond);
		}
		Self::fail(id, request, reason);
	}

	/// Ends a request without an answer and returns the escrow. The deposit stays until it is pruned.
	pub(crate) fn fail(id: RequestId, mut request: RequestOf<T>, reason: FailureReason) {
		Self::release(HoldReason::Request, &request.requester, request.escrow);
		request.escrow = 0;
		request.state = RequestState::Failed { reason, at: Self::now() };
		Requests::<T>::insert(id, request);
		Self::deposit_event(Event::Failed { request: id, reason });
	}

	pub(crate) fn release(reason: HoldReason, who: &T::AccountId, amount: Balance) {
		if T::Currency::release(&reason.into(), who, amount, Precision::BestEffort).is_err() {
			defensive!("what this pallet holds it can release");
		}
	}
}

/// Amounts, in planck, that leave the hold of a requester.
#[derive(Default)]
struct Charge {
	/// Taken.
	fee: Balance,
	/// Returned.
	rest: Balance,
}

/// Transfers of all settlements of a block: each requester is charged, and each payee paid, in one
/// sum. Every amount that is accrued is covered by a charge or by `credit`.
pub(crate) struct SettlementBatch<T: Config> {
	charges: BTreeMap<T::AccountId, Charge>,
	executors: BTreeMap<T::AccountId, Balance>,
	owners: BTreeMap<T::AccountId, Balance>,
	/// Part of charges and credit that is accrued to nobody, and so the pot's.
	pot: Balance,
	/// Value that was taken from elsewhere than a charge.
	credit: CreditOf<T>,
}

impl<T: Config> SettlementBatch<T> {
	pub(crate) fn new() -> Self {
		Self {
			charges: BTreeMap::new(),
			executors: BTreeMap::new(),
			owners: BTreeMap::new(),
			pot: 0,
			credit: CreditOf::<T>::zero(),
		}
	}

	/// Takes `fee` out of the hold of a requester and returns `rest` of it. The fee is the pot's, as
	/// far as later payments do not take it from there.
	pub(crate) fn charge(&mut self, who: &T::AccountId, fee: Balance, rest: Balance) {
		let charge = self.charges.entry(who.clone()).or_default();
		charge.fee = charge.fee.saturating_add(fee);
		charge.rest = charge.rest.saturating_add(rest);
		self.pot = self.pot.saturating_add(fee);
	}

	/// Gives `credit` to the pot.
	pub(crate) fn deposit_to_pot(&mut self, credit: CreditOf<T>) {
		self.pot = self.pot.saturating_add(credit.peek());
		self.credit.subsume(credit);
	}

	/// Pays `amount` from the pot into the pool of an executor, or what there is.
	pub(crate) fn pay_executor(&mut self, who: &T::AccountId, amount: Balance) {
		let amount = self.take_from_pot(amount);
		accrue(&mut self.executors, who, amount);
	}

	/// Pays `amount` from the pot to the owner of a model, or what there is.
	pub(crate) fn pay_owner(&mut self, who: &T::AccountId, amount: Balance) {
		let amount = self.take_from_pot(amount);
		accrue(&mut self.owners, who, amount);
	}

	/// Pays `pay` from the pot to each executor, or equal parts of what there is. Returns what each
	/// got.
	pub(crate) fn pay_from_pot(&mut self, executors: &[T::AccountId], pay: Balance) -> Balance {
		if executors.is_empty() {
			return 0;
		}
		let pay = pay.min(self.pot_balance() / executors.len() as Balance);
		executors.iter().for_each(|who| self.pay_executor(who, pay));
		pay
	}

	/// Planck that the pot can spend.
	fn pot_balance(&self) -> Balance {
		let pot = Pallet::<T>::pot();
		T::Currency::reducible_balance(&pot, Preservation::Preserve, Fortitude::Polite)
			.saturating_add(self.pot)
	}

	/// Takes `amount` out of the pot, or what there is. Returns what was taken.
	fn take_from_pot(&mut self, amount: Balance) -> Balance {
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
		let taken = amount.saturating_sub(missing).saturating_add(credit.peek());
		self.credit.subsume(credit);
		taken
	}

	/// Weight of [`Self::apply`].
	pub(crate) fn weight(&self) -> Weight {
		Self::weight_of(self.charges.len(), self.executors.len(), self.owners.len())
	}

	/// Weight of [`Self::apply`] with so many parties.
	pub(crate) fn weight_of(requesters: usize, executors: usize, owners: usize) -> Weight {
		T::WeightInfo::charge_requester()
			.saturating_mul(requesters as u64)
			.saturating_add(T::WeightInfo::pay_pool().saturating_mul(executors as u64))
			.saturating_add(T::WeightInfo::pay_owner().saturating_mul(owners as u64))
	}

	/// Charges and pays everyone.
	pub(crate) fn apply(self) {
		let Self { charges, executors, owners, mut credit, .. } = self;
		for (who, Charge { fee, rest }) in charges {
			let (charged, missing) = T::Currency::slash(&HoldReason::Request.into(), &who, fee);
			if missing > 0 {
				defensive!("what this pallet holds it can charge");
			}
			credit.subsume(charged);
			Pallet::<T>::release(HoldReason::Request, &who, rest);
		}
		for (who, amount) in executors {
			T::Executors::reward(&who, credit.extract(amount));
		}
		for (who, amount) in owners {
			// The pot keeps a royalty that is less than what would create the owner's account.
			if let Err(refused) = T::Currency::resolve(&who, credit.extract(amount)) {
				credit.subsume(refused);
			}
		}
		// Dropping what the pot cannot take burns it.
		let _ = T::Currency::resolve(&Pallet::<T>::pot(), credit);
	}
}

fn accrue<A: Ord + Clone>(amounts: &mut BTreeMap<A, Balance>, who: &A, amount: Balance) {
	if amount > 0 {
		let sum = amounts.entry(who.clone()).or_default();
		*sum = sum.saturating_add(amount);
	}
}
