//! Settlement: pays executors, owner and pot from the escrow, or refunds the requester.
//!
//! The fee pays for as many answers as the first committee has seats. An audit adds what its seats
//! earn, from the pot or from whoever bought it. All executors that gave the right answer share the
//! sum in equal parts. Silence brings a second committee, and the pot pays nothing for it: whoever was
//! silent pays what the right ones miss, up to the pay of a seat, from its own stake.

use crate::{capacity::LoadChanges, pallet::*, tiers, types::*, weights::WeightInfo};
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
use pallet_opg_support::{Courts, ExecutorLedger, Judgement, SeatHolder};
use sp_runtime::traits::{AccountIdConversion, One};

pub(crate) type CreditOf<T> =
	Credit<<T as frame_system::Config>::AccountId, <T as Config>::Currency>;

impl<T: Config> Pallet<T> {
	/// Account of the pot. It takes the protocol's share of fees, lost bonds and a part of what
	/// liars lose, and pays auditors and the court.
	pub fn pot() -> T::AccountId {
		T::PotId::get().into_account_truncating()
	}

	/// Pays the executors that gave the right answer, the panel, the owner and the protocol, burns the
	/// burned part of the price, and releases the rest of the escrow.
	pub(crate) fn settle(
		batch: &mut SettlementBatch<T>,
		id: RequestId,
		mut request: RequestOf<T>,
		answer: Answer,
		judgement: Judgement<T::AccountId>,
	) {
		Self::release_seats_with(&mut batch.loads, id, &request);
		let Judgement { right, silent, .. } = judgement;
		let tier = request.tier;
		// The escrow was computed from the fuel limit, and no answer takes more fuel than that.
		let fuel_limit = request.version.limits.fuel;
		let max_pay = Self::pay(fuel_limit, request.price).unwrap_or_default();
		let pay = Self::pay(answer.fuel.min(fuel_limit), request.price).unwrap_or_default();
		let count = right.len() as u32;
		let by_fee = count.min(tiers::size(tier));
		let by_audit = (count - by_fee).min(tiers::audit_size(tier));

		let royalty = request.version.royalty;
		let burned = Self::burned(fuel_limit, request.price, tier).unwrap_or_default();
		let protocol = Self::protocol_share(pay, max_pay, tier).unwrap_or_default();
		let mut shared = pay.saturating_mul(by_fee.into());
		let storage = Self::held_fee(&request);
		let fee = shared
			.saturating_add(storage)
			.saturating_add(royalty)
			.saturating_add(protocol)
			.saturating_add(burned)
			.min(request.escrow);
		// The fee pays for the storage on the chain, so the deposit is returned.
		let rest = request.escrow.saturating_sub(fee).saturating_add(request.deposit);
		batch.charge(&request.requester, fee, rest);
		(request.escrow, request.deposit) = (0, 0);
		Self::pay_panel(batch, id, &mut request, storage);
		batch.burn(burned);
		batch.pay_account(&request.version.owner, royalty);
		let audit = pay.saturating_mul(by_audit.into());
		match request.audit.take() {
			Some(AuditOrder::Random) => shared = shared.saturating_add(audit),
			Some(AuditOrder::Bought { buyer, held }) => {
				let price = audit.min(held);
				batch.charge_buyer(&buyer, price, held.saturating_sub(price));
				shared = shared.saturating_add(price);
			},
			None => {},
		}
		if request.is_escalated {
			let missing = pay.saturating_mul(count.into()).saturating_sub(shared);
			shared = shared.saturating_add(Self::charge_equally(batch, &silent, pay, missing));
		}
		let each = batch.pay_equally(&right, shared);
		let limits = &request.version.limits;
		let fee = fee.saturating_add(Self::fixed_fees(tier, limits, request.stored_input));
		let digest = answer.digest();
		let paid = right.into_iter().map(|executor| (executor, each)).collect();
		let state = RequestState::Settled {
			answer,
			paid: BoundedVec::truncate_from(paid),
			fee,
			at: Self::now(),
		};
		Self::enter(&mut request, state);
		Requests::<T>::insert(id, &request);
		let Request { requester, model, reference, .. } = request;
		Self::deposit_event(Event::Settled {
			request: id,
			requester,
			model,
			digest,
			fee,
			reference,
		});
	}

	/// Charges seats `sum` planck in equal parts, each `most` at most, from the own stake of their
	/// operators, and gives it to the pot. Returns what was charged.
	pub(crate) fn charge_equally(
		batch: &mut SettlementBatch<T>,
		seats: &[SeatHolder<T::AccountId>],
		most: Balance,
		sum: Balance,
	) -> Balance {
		let each = sum.div_ceil(seats.len().max(1) as Balance).min(most);
		let mut charged: Balance = 0;
		for SeatHolder { executor, session } in seats.iter().filter(|_| each > 0) {
			let credit = T::Executors::charge(executor, each, *session);
			charged = charged.saturating_add(credit.peek());
			batch.deposit_to_pot(credit);
		}
		charged
	}

	/// Largest weight of so many charges.
	pub(crate) fn charges_weight(seats: usize) -> Weight {
		T::Executors::charge_weight().saturating_mul(seats as u64)
	}

	/// Ends a request without an answer: requester, challengers and the buyer of an audit get back
	/// what they put in.
	pub(crate) fn refund(
		meter: &mut WeightMeter,
		id: RequestId,
		mut request: RequestOf<T>,
		reason: FailureReason,
	) {
		meter.consume(T::WeightInfo::refund());
		if Self::burned_fee(&request, reason) > 0 {
			meter.consume(T::WeightInfo::charge_requester());
		}
		meter.consume(Self::release_seats(id, &request));
		for challenge in core::mem::take(&mut request.challenges) {
			meter.consume(Self::max_bond_weight());
			Self::return_bond(request.model, &challenge);
		}
		if let Some(AuditOrder::Bought { buyer, held }) = request.audit.take() {
			meter.consume(T::WeightInfo::return_deposit());
			Self::release(HoldReason::Audit, &buyer, held);
		}
		if matches!(request.state, RequestState::Court { opened: true, .. }) {
			meter.consume(T::Courts::remove(id));
		}
		Self::fail(id, request, reason);
	}

	/// Largest weight of [`Self::refund`] without challenges: there are none before a dispute.
	pub(crate) fn undisputed_refund_weight() -> Weight {
		T::WeightInfo::refund()
			.saturating_add(T::WeightInfo::return_deposit())
			.saturating_add(Self::max_release_weight())
	}

	/// Largest weight of [`Self::refund`].
	pub(crate) fn max_refund_weight() -> Weight {
		Self::undisputed_refund_weight()
			.saturating_add(Self::max_bond_weight().saturating_mul(MAX_CHALLENGES.into()))
			.saturating_add(T::Courts::max_remove_weight())
	}

	/// Ends a request without an answer and returns the escrow, but for what its panel is to be paid, and
	/// what is burned for an input that was asked for in vain. The deposit stays until it is pruned.
	pub(crate) fn fail(id: RequestId, mut request: RequestOf<T>, reason: FailureReason) {
		if request.state.waits_for_first_draw() {
			Self::end_waiting(&request);
		}
		let (owed, burned) = (Self::held_fee(&request), Self::burned_fee(&request, reason));
		let rest = request.escrow.saturating_sub(owed).saturating_sub(burned);
		if burned > 0 {
			// Dropping it burns it.
			drop(T::Currency::slash(&HoldReason::Request.into(), &request.requester, burned));
			Self::deposit_event(Event::StorageBurned { request: id, amount: burned });
		}
		Self::release(HoldReason::Request, &request.requester, rest);
		request.escrow = owed;
		if request.has_panel {
			// Where no agenda has room, the pruning does it.
			let _ = Self::schedule(Self::now() + One::one(), id, Action::Dismiss);
		}
		request.audit = None;
		Self::enter(&mut request, RequestState::Failed { reason, at: Self::now() });
		Requests::<T>::insert(id, &request);
		let Request { requester, model, reference, .. } = request;
		Self::deposit_event(Event::Failed { request: id, requester, model, reason, reference });
	}

	pub(crate) fn release(reason: HoldReason, who: &T::AccountId, amount: Balance) {
		if T::Currency::release(&reason.into(), who, amount, Precision::BestEffort).is_err() {
			defensive!("what this pallet holds it can release");
		}
	}
}

/// Amounts, in planck, that leave a hold.
#[derive(Default)]
struct Charge {
	/// Taken.
	fee: Balance,
	/// Returned.
	rest: Balance,
}

impl Charge {
	fn add(&mut self, fee: Balance, rest: Balance) {
		self.fee = self.fee.saturating_add(fee);
		self.rest = self.rest.saturating_add(rest);
	}
}

/// Transfers of all settlements of a block: each requester is charged, and each payee paid, in one
/// sum. Every amount that is accrued is covered by a charge or by `credit`.
pub(crate) struct SettlementBatch<T: Config> {
	/// Of requesters.
	charges: BTreeMap<T::AccountId, Charge>,
	/// Of accounts that bought an audit.
	buyers: BTreeMap<T::AccountId, Charge>,
	/// Into pools.
	executors: BTreeMap<T::AccountId, Balance>,
	/// To owners of models and to validators.
	accounts: BTreeMap<T::AccountId, Balance>,
	/// Neither paid nor kept.
	burned: Balance,
	/// Part of charges and credit that is accrued to nobody, and so the pot's.
	pub(crate) pot: Balance,
	/// Value that was taken from elsewhere than a charge.
	credit: CreditOf<T>,
	/// Seats of the requests that end.
	pub(crate) loads: LoadChanges<T::AccountId>,
}

impl<T: Config> SettlementBatch<T> {
	pub(crate) fn new() -> Self {
		Self {
			charges: BTreeMap::new(),
			buyers: BTreeMap::new(),
			executors: BTreeMap::new(),
			accounts: BTreeMap::new(),
			burned: 0,
			pot: 0,
			credit: CreditOf::<T>::zero(),
			loads: LoadChanges::new(),
		}
	}

	/// Takes `fee` out of the hold of a requester and returns `rest` of it. The fee is the pot's, as
	/// far as later payments do not take it from there.
	pub(crate) fn charge(&mut self, who: &T::AccountId, fee: Balance, rest: Balance) {
		self.charges.entry(who.clone()).or_default().add(fee, rest);
		self.pot = self.pot.saturating_add(fee);
	}

	/// [`Self::charge`] for an account that bought an audit.
	pub(crate) fn charge_buyer(&mut self, who: &T::AccountId, fee: Balance, rest: Balance) {
		self.buyers.entry(who.clone()).or_default().add(fee, rest);
		self.pot = self.pot.saturating_add(fee);
	}

	/// Takes `amount` from the pot, or what there is, and burns it.
	pub(crate) fn burn(&mut self, amount: Balance) {
		let amount = self.take_from_pot(amount);
		self.burned = self.burned.saturating_add(amount);
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

	/// Pays `amount` from the pot to an account, or what there is.
	pub(crate) fn pay_account(&mut self, who: &T::AccountId, amount: Balance) {
		let amount = self.take_from_pot(amount);
		accrue(&mut self.accounts, who, amount);
	}

	/// Pays executors `sum` from the pot in equal parts, or what there is. Returns what each got.
	pub(crate) fn pay_equally(&mut self, executors: &[T::AccountId], sum: Balance) -> Balance {
		if executors.is_empty() {
			return 0;
		}
		let each = sum.min(self.pot_balance()) / executors.len() as Balance;
		executors.iter().for_each(|who| self.pay_executor(who, each));
		each
	}

	/// Pays `pay` from the pot to each validator, or equal parts of `most`. Returns what each got.
	pub(crate) fn pay_court(
		&mut self,
		validators: &[T::AccountId],
		pay: Balance,
		most: Balance,
	) -> Balance {
		let pay = pay.min(most / validators.len().max(1) as Balance);
		validators.iter().for_each(|who| self.pay_account(who, pay));
		pay
	}

	/// Planck that the pot can spend.
	pub(crate) fn pot_balance(&self) -> Balance {
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
		let charges = self.charges.len() + self.buyers.len();
		let payments = Self::weight_of(charges, self.executors.len(), self.accounts.len());
		if self.loads.is_empty() {
			return payments;
		}
		payments.saturating_add(Pallet::<T>::max_release_weight())
	}

	/// Weight of [`Self::apply`] with so many parties, without the loads of executors.
	pub(crate) fn weight_of(charges: usize, executors: usize, accounts: usize) -> Weight {
		T::WeightInfo::charge_requester()
			.saturating_mul(charges as u64)
			.saturating_add(T::WeightInfo::pay_pool().saturating_mul(executors as u64))
			.saturating_add(T::WeightInfo::pay_account().saturating_mul(accounts as u64))
	}

	/// Charges and pays everyone.
	pub(crate) fn apply(self) {
		let Self { charges, buyers, executors, accounts, burned, mut credit, loads, .. } = self;
		Pallet::<T>::store_loads(loads);
		for (reason, charges) in [(HoldReason::Request, charges), (HoldReason::Audit, buyers)] {
			for (who, Charge { fee, rest }) in charges {
				let (charged, missing) = T::Currency::slash(&reason.into(), &who, fee);
				if missing > 0 {
					defensive!("what this pallet holds it can charge");
				}
				credit.subsume(charged);
				Pallet::<T>::release(reason, &who, rest);
			}
		}
		// Dropping it burns it.
		drop(credit.extract(burned));
		for (who, amount) in executors {
			T::Executors::reward(&who, credit.extract(amount));
		}
		for (who, amount) in accounts {
			// The pot keeps what is less than what would create the account.
			if let Err(refused) = T::Currency::resolve(&who, credit.extract(amount)) {
				credit.subsume(refused);
			}
		}
		Self::fill_pot(credit);
	}

	/// Gives `credit` to the pot, and to the treasury what it has beyond its reserve then. The pot
	/// never pays out what it had before.
	fn fill_pot(mut credit: CreditOf<T>) {
		let pot = Pallet::<T>::pot();
		let filled = T::Currency::balance(&pot).saturating_add(credit.peek());
		let surplus = credit.extract(filled.saturating_sub(T::PotReserve::get()));
		// The treasury refuses what is less than what would create its account.
		if let Err(refused) = T::Currency::resolve(&T::Treasury::get(), surplus) {
			credit.subsume(refused);
		}
		// Dropping what the pot cannot take burns it.
		let _ = T::Currency::resolve(&pot, credit);
	}
}

fn accrue<A: Ord + Clone>(amounts: &mut BTreeMap<A, Balance>, who: &A, amount: Balance) {
	if amount > 0 {
		let sum = amounts.entry(who.clone()).or_default();
		*sum = sum.saturating_add(amount);
	}
}
