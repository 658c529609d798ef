//! Deposits: what an owner pays for a named model and its versions, by entries and bytes.

use crate::{pallet::*, types::*};
use codec::{Encode, MaxEncodedLen};
use frame_support::{
	pallet_prelude::DispatchResult,
	traits::{fungible::MutateHold, tokens::Precision, Get},
};
use opg_primitives::{registry::Tag, Balance, ModelId};
use sp_core::H256;

/// Entries of a version: `Models`, `ModelsByHash`, `FirstAnnouncements`. That of a tokenizer is free:
/// deposits are older than it.
const VERSION_ITEMS: u32 = 3;
/// Entries of a named model without tags: `NamedModels`, `NamesByOwner`, `VersionLists`.
const NAME_ITEMS: u32 = 3;

impl<T: Config> Pallet<T> {
	fn deposit(items: u32, bytes: usize) -> Balance {
		let items = T::ItemDeposit::get().saturating_mul(items.into());
		items.saturating_add(T::ByteDeposit::get().saturating_mul(bytes as Balance))
	}

	/// Deposit of a version, returned when it is removed, in planck. That a model generates no text costs
	/// nothing to say: deposits are older than the field.
	pub(crate) fn version_deposit(model: &ModelOf<T>) -> Balance {
		let index = H256::max_encoded_len() + ModelId::max_encoded_len();
		let first = H256::max_encoded_len() + FirstAnnouncementOf::<T>::max_encoded_len();
		let free = usize::from(model.release.generation.is_none());
		Self::deposit(VERSION_ITEMS, model.encoded_size() - free + index + first)
	}

	/// Deposit of a named model and its versions, in planck.
	pub(crate) fn name_deposit(named: &NamedModelOf<T>) -> Balance {
		let by_owner = T::AccountId::max_encoded_len() + named.name.encoded_size();
		let id = NameId::max_encoded_len();
		let by_tag: usize =
			named.description.tags.iter().map(|tag: &Tag| tag.encoded_size() + id).sum();
		let list = ListedVersion::max_encoded_len() * named.numbers as usize;
		let items = NAME_ITEMS.saturating_add(named.description.tags.len() as u32);
		Self::deposit(items, named.encoded_size() + by_owner + id + by_tag + list)
			.saturating_add(named.versions_deposit)
	}

	/// Deposit of an announcement, in planck.
	pub(crate) fn announcement_deposit() -> Balance {
		Self::deposit(1, T::AccountId::max_encoded_len() + AnnouncementOf::<T>::max_encoded_len())
	}

	/// Stores a named model that changed, and holds or releases what its deposit changed by.
	pub(crate) fn store_named(id: NameId, mut named: NamedModelOf<T>) -> DispatchResult {
		let (held, deposit) = (named.deposit, Self::name_deposit(&named));
		let reason = HoldReason::Model.into();
		if deposit > held {
			T::Currency::hold(&reason, &named.owner, deposit - held)?;
		} else if deposit < held {
			T::Currency::release(&reason, &named.owner, held - deposit, Precision::BestEffort)?;
		}
		named.deposit = deposit;
		NamedModels::<T>::insert(id, named);
		Ok(())
	}
}
