//! Executors that serve a version.
//!
//! The candidates of a session are frozen when the session before it begins, as the stake is, since
//! its randomness is known from then on. So an entry that is made in session `s` counts from session
//! `s + 2` on, and one that is stopped in session `s` stays a candidate before session `s + 2`. Draws
//! skip it at once, which takes a seat from nobody else.

use crate::{pallet::*, types::*};
use frame_support::{
	ensure,
	pallet_prelude::DispatchResult,
	traits::{
		fungible::MutateHold,
		tokens::{Fortitude, Precision, Restriction},
		Get,
	},
};
use opg_primitives::{Balance, ModelId};
use pallet_opg_support::{ExecutorDirectory, ExecutorStake};
use sp_core::H256;

/// Largest number of entries that nobody needs any more and that one call removes.
pub(crate) const MAX_SWEPT: usize = 8;

/// First session that is not planned yet in `session`.
fn next_unplanned(session: u32) -> u32 {
	session.saturating_add(2)
}

impl<T: Config> Pallet<T> {
	pub(crate) fn do_serve(who: T::AccountId, model: ModelId, report_hash: H256) -> DispatchResult {
		let version = Models::<T>::get(model).ok_or(Error::<T>::UnknownModel)?;
		ensure!(version.report_hash == report_hash, Error::<T>::ReportMismatch);
		ensure!(T::Executors::has_pool(&who), Error::<T>::NotExecutor);
		let is_eligible = T::Executors::hot_key(&who).is_some()
			&& T::ExecutorStake::suspended().binary_search(&who).is_err();
		ensure!(is_eligible, Error::<T>::NotEligible);
		let session = T::ExecutorStake::session();
		let from = next_unplanned(session);
		let mut list = ServingExecutors::<T>::get(model);
		ensure!(Self::position(&list, &who).is_none(), Error::<T>::AlreadyServing);
		Self::sweep(&mut list, session)?;
		Self::make_room(&mut list, model, &who, session)?;
		let stopping = list.iter_mut().find(|own| own.executor == who && own.until == Some(from));
		if let Some(entry) = stopping {
			entry.until = None;
		} else {
			T::Currency::hold(&HoldReason::Serve.into(), &who, T::ServeDeposit::get())?;
			let at = list.partition_point(|own| own.executor <= who);
			list.try_insert(at, ServingExecutor { executor: who.clone(), from, until: None })
				.map_err(|_| Error::<T>::TooManyServingExecutors)?;
		}
		Self::store_list(model, list);
		Self::deposit_event(Event::Serving { model, executor: who });
		Ok(())
	}

	pub(crate) fn do_stop_serving(who: T::AccountId, model: ModelId) -> DispatchResult {
		let session = T::ExecutorStake::session();
		let mut list = ServingExecutors::<T>::get(model);
		Self::sweep(&mut list, session)?;
		let at = Self::position(&list, &who).ok_or(Error::<T>::NotServing)?;
		Self::stop(&mut list, model, at, session)?;
		Self::store_list(model, list);
		Ok(())
	}

	pub(crate) fn do_remove_executor(
		caller: T::AccountId,
		model: ModelId,
		executor: T::AccountId,
	) -> DispatchResult {
		let session = T::ExecutorStake::session();
		let has_pool = T::Executors::has_pool(&executor);
		let mut list = ServingExecutors::<T>::get(model);
		ensure!(list.iter().any(|own| own.executor == executor), Error::<T>::NotServing);
		if has_pool && !T::ExecutorStake::has_stake(&executor) {
			if let Some(at) = Self::position(&list, &executor) {
				// Draws may still need the entry: taking it away would change the order of the others.
				Self::stop(&mut list, model, at, session)?;
				Self::store_list(model, list);
				return Ok(());
			}
		}
		let count = list.len();
		// No snapshot that draws can need holds an executor whose pool is closed.
		list.retain(|own| own.executor != executor || (has_pool && !own.is_forgotten(session)));
		let removed = count - list.len();
		ensure!(removed > 0, Error::<T>::NotRemovable);
		let deposits = T::ServeDeposit::get().saturating_mul(removed as Balance);
		if has_pool {
			Self::release_deposits(&executor, deposits)?;
		} else {
			ServingAllowances::<T>::remove(&executor);
			T::Currency::transfer_on_hold(
				&HoldReason::Serve.into(),
				&executor,
				&caller,
				deposits,
				Precision::BestEffort,
				Restriction::Free,
				Fortitude::Force,
			)?;
		}
		Self::store_list(model, list);
		Self::deposit_event(Event::ExecutorRemoved { model, executor });
		Ok(())
	}

	/// Removes what is left of a list of a version that nobody serves any more.
	pub(crate) fn clear_list(model: ModelId) -> DispatchResult {
		let session = T::ExecutorStake::session();
		let list = ServingExecutors::<T>::get(model);
		ensure!(
			list.len() <= MAX_SWEPT && list.iter().all(|own| own.has_ended(session)),
			Error::<T>::StillServed
		);
		ServingExecutors::<T>::remove(model);
		list.iter()
			.try_for_each(|own| Self::release_deposits(&own.executor, T::ServeDeposit::get()))
	}

	/// Position of the entry by which `who` serves.
	fn position(list: &ServingList<T>, who: &T::AccountId) -> Option<usize> {
		list.iter().position(|own| own.executor == *who && own.until.is_none())
	}

	/// Removes a few entries that no draw needs any more.
	fn sweep(list: &mut ServingList<T>, session: u32) -> DispatchResult {
		for _ in 0..MAX_SWEPT {
			let Some(at) = list.iter().position(|own| own.is_forgotten(session)) else { break };
			let own = list.remove(at);
			Self::release_deposits(&own.executor, T::ServeDeposit::get())?;
		}
		Ok(())
	}

	/// Where as many serve as can, stops the one with the least weight in favour of `who`.
	fn make_room(
		list: &mut ServingList<T>,
		model: ModelId,
		who: &T::AccountId,
		session: u32,
	) -> DispatchResult {
		let count = list.iter().filter(|own| own.until.is_none()).count() as u32;
		if count < T::MaxServingExecutors::get() {
			return Ok(());
		}
		let snapshot = T::ExecutorStake::snapshot(session);
		let weight = |who: &T::AccountId| {
			let at = snapshot.binary_search_by(|(own, _)| own.cmp(who));
			at.map_or(0, |at| snapshot[at].1)
		};
		let smallest = list
			.iter()
			.enumerate()
			.filter(|(_, own)| own.until.is_none())
			.map(|(at, own)| (weight(&own.executor), at))
			.min()
			.filter(|(least, _)| *least < weight(who));
		let (_, at) = smallest.ok_or(Error::<T>::TooManyServingExecutors)?;
		Self::stop(list, model, at, session)
	}

	/// Ends the entry at `at`, and removes it where it was never a candidate.
	fn stop(list: &mut ServingList<T>, model: ModelId, at: usize, session: u32) -> DispatchResult {
		let until = next_unplanned(session);
		let executor = list[at].executor.clone();
		if list[at].from >= until {
			list.remove(at);
			Self::release_deposits(&executor, T::ServeDeposit::get())?;
		} else {
			list[at].until = Some(until);
		}
		Self::deposit_event(Event::StoppedServing { model, executor });
		Ok(())
	}

	fn release_deposits(executor: &T::AccountId, amount: Balance) -> DispatchResult {
		let reason = HoldReason::Serve.into();
		T::Currency::release(&reason, executor, amount, Precision::BestEffort)?;
		Ok(())
	}

	fn store_list(model: ModelId, list: ServingList<T>) {
		if list.is_empty() {
			ServingExecutors::<T>::remove(model);
		} else {
			ServingExecutors::<T>::insert(model, list);
		}
	}
}
