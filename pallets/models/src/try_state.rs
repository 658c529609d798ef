//! Invariants of the registry.

use crate::pallet::*;
use alloc::collections::BTreeMap;
use frame_support::{
	ensure,
	traits::{fungible::InspectHold, Get},
};
use opg_primitives::Balance;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks five invariants. Numbers are below the next one. Versions name engines that were
	/// admitted. Versions that are served exist. Lists of executors are sorted and not empty, and an
	/// executor is in none twice at the same time. Every account holds the deposits of its entries, and
	/// no more.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		let next = NextModelId::<T>::get();
		ensure!(Models::<T>::iter_keys().all(|id| id < next), "model number not below the next");
		ensure!(
			Models::<T>::iter_values().all(|model| Engines::<T>::contains_key(model.engine_id)),
			"version of an unknown engine"
		);
		let mut entries = BTreeMap::<T::AccountId, Balance>::new();
		for (model, executors) in ServingExecutors::<T>::iter() {
			ensure!(Models::<T>::contains_key(model), "unknown model is served");
			ensure!(!executors.is_empty(), "empty list of executors is stored");
			for pair in executors.windows(2) {
				let (first, second) = (&pair[0], &pair[1]);
				ensure!(first.executor <= second.executor, "executors are not sorted");
				ensure!(
					first.executor != second.executor
						|| first.until.is_some_and(|until| until < second.from),
					"an executor serves twice"
				);
			}
			for own in executors {
				ensure!(own.until.is_none_or(|until| own.from < until), "entry of no session");
				*entries.entry(own.executor).or_insert(0) += 1;
			}
		}
		let mut owned = BTreeMap::<T::AccountId, Balance>::new();
		for model in Models::<T>::iter_values() {
			*owned.entry(model.owner).or_insert(0) += 1;
		}
		// Also of accounts without entries, since nothing would ever release a hold without an owner. A
		// pallet cannot list its holds, so all accounts are gone through.
		for who in frame_system::Account::<T>::iter_keys() {
			let count = |of: &BTreeMap<_, Balance>| of.get(&who).copied().unwrap_or_default();
			for (reason, deposits) in [
				(HoldReason::Serve, T::ServeDeposit::get().saturating_mul(count(&entries))),
				(HoldReason::Model, T::ModelDeposit::get().saturating_mul(count(&owned))),
			] {
				let held = T::Currency::balance_on_hold(&reason.into(), &who);
				ensure!(held == deposits, "the deposits of an account are not what it holds");
			}
		}
		Ok(())
	}
}
