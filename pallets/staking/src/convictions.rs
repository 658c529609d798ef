//! Convictions: the loss of who was wrong is held, then burned and paid out, unless governance
//! cancels.

use crate::{pallet::*, slashing::Loss, types::*, unbonding::first_liable};
use alloc::vec::Vec;
use frame_support::{
	defensive,
	pallet_prelude::DispatchResult,
	traits::{
		fungible::{Balanced, Mutate},
		tokens::{imbalance::Imbalance, Preservation},
		Get,
	},
	BoundedVec,
};
use opg_primitives::Balance;
use pallet_opg_support::{economics, Liabilities};
use sp_core::H256;
use sp_runtime::{
	helpers_128bit::multiply_by_rational_with_rounding, traits::Saturating, Perbill, Rounding,
};

/// Largest number of convictions that mature or are forgotten in one block. More wait.
pub(crate) const MAX_SERVICED: u32 = 8;

impl<T: Config> Pallet<T> {
	/// Holds the loss of an executor that a verdict of the court found wrong. Each payee gets its
	/// part of what the operator itself loses, and the treasury its share of what that leaves. The
	/// operator could otherwise challenge itself, and gain from what its delegators lose.
	pub(crate) fn convict_executor(
		who: &T::AccountId,
		model_hash: H256,
		session: u32,
		payees: &[(&T::AccountId, Perbill)],
	) {
		let name = (who.clone(), model_hash, session);
		if ConvictionIds::<T>::contains_key(&name) {
			return;
		}
		let id = PoolId { operator: who.clone(), role: Role::Executor };
		let Some(mut pool) = Pools::<T>::get(id.role, who) else {
			defensive!("a pool outlives the disputes of its operator");
			return;
		};
		let share = economics::CONVICTION_SHARE;
		let own = Self::own_loss(&id, &pool, share, session);
		let Loss { active, unbonding } = Self::take_share(&id, &mut pool, share, session);
		let mut left = own.min(active.saturating_add(unbonding));
		let payees = payees.iter().filter_map(|(payee, part)| {
			let amount = part.mul_floor(own).min(left);
			left -= amount;
			(amount > 0).then(|| ((*payee).clone(), amount))
		});
		let mut payees = payees.collect::<Vec<_>>();
		let shared = T::TreasuryShare::get().mul_floor(left);
		if shared > 0 {
			payees.push((T::Treasury::get(), shared));
		}
		// The challengers come first. What does not fit is burned.
		let payees = BoundedVec::truncate_from(payees);
		pool.convictions = pool.convictions.saturating_add(1);
		Self::suspend(&id);
		Self::store(&id, pool);
		let now = Self::now();
		let matures_at = now.saturating_add(T::ConvictionDelay::get().into());
		let conviction = Conviction {
			operator: who.clone(),
			model_hash,
			session,
			convicted_in: CurrentSession::<T>::get(),
			active,
			unbonding,
			payees,
			matures_at,
			// Disputes of the same session come before the court within that time.
			forget_at: now.saturating_add(T::UnbondingBlocks::get().into()).max(matures_at),
			status: ConvictionStatus::Held,
		};
		let amount = conviction.amount();
		let number = ConvictionNumbers::<T>::mutate(|queue| {
			let number = queue.next;
			queue.next = number.saturating_add(1);
			number
		});
		ConvictionIds::<T>::insert(name, number);
		Convictions::<T>::insert(number, conviction);
		Self::deposit_event(Event::Convicted {
			conviction: number,
			operator: id.operator,
			model_hash,
			session,
			amount,
			matures_at,
		});
	}

	/// Executes the convictions that have matured, and forgets those that are old, a few per block.
	/// Returns their number.
	pub(crate) fn service_convictions() -> u32 {
		let mut queue = ConvictionNumbers::<T>::get();
		let now = Self::now();
		let mut count = 0;
		while count < MAX_SERVICED {
			let matured = (queue.maturing < queue.next)
				.then(|| Convictions::<T>::get(queue.maturing))
				.flatten()
				.filter(|conviction| conviction.matures_at <= now);
			if let Some(conviction) = matured {
				Self::execute_conviction(queue.maturing, conviction);
				queue.maturing += 1;
			} else {
				let old = (queue.oldest < queue.maturing)
					.then(|| Convictions::<T>::get(queue.oldest))
					.flatten()
					.filter(|conviction| {
						// A flooded court can come to another answer of the same session after that.
						conviction.forget_at <= now
							&& !T::Liabilities::in_dispute(&conviction.operator)
					});
				let Some(old) = old else { break };
				ConvictionIds::<T>::remove((old.operator, old.model_hash, old.session));
				Convictions::<T>::remove(queue.oldest);
				queue.oldest += 1;
			}
			count += 1;
		}
		if count > 0 {
			ConvictionNumbers::<T>::put(queue);
		}
		count
	}

	/// Pays the payees of a conviction and burns the rest, unless it was cancelled.
	pub(crate) fn execute_conviction(
		number: ConvictionId,
		mut conviction: Conviction<T::AccountId, frame_system::pallet_prelude::BlockNumberFor<T>>,
	) {
		if conviction.status != ConvictionStatus::Held {
			return;
		}
		let mut credit = Self::withdraw_loss(conviction.amount());
		let total = credit.peek();
		for (payee, amount) in &conviction.payees {
			// What the payee's account does not take is burned, as the rest is.
			let _ = T::Currency::resolve(payee, credit.extract(*amount));
		}
		let burned = credit.peek();
		drop(credit);
		conviction.status = ConvictionStatus::Executed;
		let operator = conviction.operator.clone();
		Convictions::<T>::insert(number, conviction);
		Self::discharge(&operator, |_, _| ());
		let paid = total.saturating_sub(burned);
		Self::deposit_event(Event::ConvictionExecuted {
			conviction: number,
			operator,
			paid,
			burned,
		});
	}

	pub(crate) fn do_cancel_conviction(number: ConvictionId) -> DispatchResult {
		let mut conviction = Convictions::<T>::get(number)
			.filter(|conviction| conviction.status == ConvictionStatus::Held)
			.ok_or(Error::<T>::NotHeld)?;
		conviction.status = ConvictionStatus::Cancelled;
		Convictions::<T>::insert(number, &conviction);
		let (operator, amount) = (conviction.operator.clone(), conviction.amount());
		let mut rest = amount;
		Self::discharge(&operator, |id, pool| rest = Self::give_back(id, pool, &conviction));
		if rest > 0 {
			// Nobody is left in the pool.
			let from = Self::account();
			T::Currency::transfer(&from, &operator, rest, Preservation::Preserve)?;
		}
		Self::deposit_event(Event::ConvictionCancelled { conviction: number, operator, amount });
		Ok(())
	}

	/// Ends one conviction of an operator, and lets it be drawn again after the last. `settle` may
	/// change the pool before. Closes a pool that everyone has left meanwhile.
	fn discharge(operator: &T::AccountId, settle: impl FnOnce(&PoolIdOf<T>, &mut Pool)) {
		let id = PoolId { operator: operator.clone(), role: Role::Executor };
		let Some(mut pool) = Pools::<T>::get(id.role, operator) else { return };
		settle(&id, &mut pool);
		pool.convictions = pool.convictions.saturating_sub(1);
		if Self::is_eligible(&pool) {
			Self::reinstate(&id);
		}
		if Self::store_or_close(&id, pool).is_err() {
			defensive!("the deposit of a pool is held until it closes");
		}
	}

	/// Adds the loss of a conviction to the vaults from which it was taken. Returns what nobody is
	/// left for, in planck.
	fn give_back(
		id: &PoolIdOf<T>,
		pool: &mut Pool,
		conviction: &Conviction<T::AccountId, frame_system::pallet_prelude::BlockNumberFor<T>>,
	) -> Balance {
		let mut rest = conviction.amount();
		let mut vaults = UnbondingVaults::<T>::get(id);
		let sessions = first_liable(conviction.session)..=conviction.convicted_in;
		let is_liable =
			|own: &UnbondingVault<_>| sessions.contains(&own.session) && own.vault.shares > 0;
		let total = vaults
			.iter()
			.filter(|own| is_liable(own))
			.fold(0 as Balance, |sum, own| sum.saturating_add(own.vault.balance));
		for own in vaults.iter_mut().filter(|own| is_liable(own)) {
			// All of them lost the same share.
			let part = multiply_by_rational_with_rounding(
				conviction.unbonding,
				own.vault.balance,
				total,
				Rounding::Down,
			);
			let part = part.unwrap_or_default().min(rest);
			own.vault.gain(part);
			rest -= part;
		}
		if rest < conviction.amount() {
			UnbondingVaults::<T>::insert(id, vaults);
		}
		Self::restore_moved(id, conviction);
		if pool.active.shares > 0 {
			pool.active.gain(rest);
			rest = 0;
		}
		rest
	}
}
