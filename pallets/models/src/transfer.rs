//! Transfer of a named model to another account, which has to accept it.

use crate::{pallet::*, types::*};
use frame_support::{
	ensure,
	pallet_prelude::DispatchResult,
	traits::{fungible::MutateHold, tokens::Precision},
};
use opg_primitives::Balance;
use sp_runtime::DispatchError;

impl<T: Config> Pallet<T> {
	pub(crate) fn do_offer_transfer(
		owner: T::AccountId,
		name: ModelName,
		to: Option<T::AccountId>,
	) -> DispatchResult {
		let (id, mut named) = Self::named(&owner, &name)?;
		ensure!(to.is_some() || named.offered_to.is_some(), Error::<T>::NotOffered);
		named.offered_to = to.clone();
		Self::store_named(id, named)?;
		Self::deposit_event(Event::TransferOffered { owner, name, to });
		Ok(())
	}

	/// Returns the number of versions that it went through.
	pub(crate) fn do_accept_transfer(
		from: T::AccountId,
		name: ModelName,
		to: T::AccountId,
		max_deposit: Balance,
	) -> Result<u32, DispatchError> {
		let (id, mut named) = Self::named(&from, &name)?;
		ensure!(named.offered_to.as_ref() == Some(&to), Error::<T>::NotOffered);
		ensure!(!NamesByOwner::<T>::contains_key(&to, &name), Error::<T>::NameTaken);
		let returned = core::mem::take(&mut named.deposit);
		named.owner = to.clone();
		named.offered_to = None;
		ensure!(Self::name_deposit(&named) <= max_deposit, Error::<T>::DepositTooHigh);
		Self::store_named(id, named)?;
		let reason = HoldReason::Model.into();
		T::Currency::release(&reason, &from, returned, Precision::BestEffort)?;
		NamesByOwner::<T>::remove(&from, &name);
		NamesByOwner::<T>::insert(&to, &name, id);
		let list = VersionLists::<T>::get(id);
		for own in list.iter().filter(|own| own.listing != VersionState::Removed) {
			Models::<T>::mutate(own.model, |model| {
				if let Some(model) = model {
					model.owner = to.clone();
				}
			});
		}
		Self::deposit_event(Event::Transferred { from, to, name });
		Ok(list.len() as u32)
	}
}
