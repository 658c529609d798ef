//! Announcements: commitments to a file before its content hash is public, and who was first.
//!
//! A commitment hides the content hash, and names its account. So who reads the hash of another's file,
//! in the pool or on the chain, can announce it in a later block only.

use crate::{pallet::*, types::*};
use frame_support::{
	ensure,
	pallet_prelude::DispatchResult,
	traits::{fungible::MutateHold, tokens::Precision, Get},
};
use frame_system::pallet_prelude::BlockNumberFor;
use opg_primitives::registry::announcement;
use sp_core::H256;
use sp_runtime::{traits::Saturating, DispatchError};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_announce(who: T::AccountId, commitment: H256) -> DispatchResult {
		let at = Self::now();
		let mut own = Announcements::<T>::get(&who);
		let is_new = own.iter().all(|own| own.commitment != commitment || has_expired::<T>(own));
		ensure!(is_new, Error::<T>::AlreadyAnnounced);
		// They are in order of their blocks.
		while own.first().is_some_and(has_expired::<T>) {
			let expired = own.remove(0).commitment;
			Self::release_announcement(&who, expired)?;
		}
		own.try_push(Announcement { commitment, at })
			.map_err(|_| Error::<T>::TooManyAnnouncements)?;
		T::Currency::hold(&HoldReason::Announcement.into(), &who, Self::announcement_deposit())?;
		Announcements::<T>::insert(&who, own);
		Self::deposit_event(Event::Announced { who, commitment });
		Ok(())
	}

	pub(crate) fn do_remove_announcement(
		caller: T::AccountId,
		who: T::AccountId,
		commitment: H256,
	) -> DispatchResult {
		let removed = Self::take_announcement(&who, commitment)?;
		ensure!(caller == who || has_expired::<T>(&removed), Error::<T>::NotExpired);
		Self::release_announcement(&who, commitment)
	}

	/// Uses up the announcement of a file by who registers it. Returns its block.
	pub(crate) fn reveal_announcement(
		who: &T::AccountId,
		model_hash: H256,
		salt: &[u8; 32],
	) -> Result<BlockNumberFor<T>, DispatchError> {
		let commitment = announcement(who, &model_hash, salt);
		let used = Self::take_announcement(who, commitment)?;
		ensure!(used.at < Self::now(), Error::<T>::AnnouncedJustNow);
		ensure!(!has_expired::<T>(&used), Error::<T>::AnnouncementExpired);
		Self::release_announcement(who, commitment)?;
		Ok(used.at)
	}

	/// Notes that `who` registered a version with a file that it announced in block `at`.
	pub(crate) fn note_file(model_hash: H256, who: &T::AccountId, at: BlockNumberFor<T>) {
		FirstAnnouncements::<T>::mutate(model_hash, |first| {
			let new = FirstAnnouncement { who: who.clone(), at, versions: 0 };
			let first = first.get_or_insert_with(|| new.clone());
			if at < first.at {
				*first = FirstAnnouncement { versions: first.versions, ..new };
			}
			first.versions = first.versions.saturating_add(1);
		});
	}

	/// Notes that a version with a file was removed.
	pub(crate) fn forget_file(model_hash: H256) {
		FirstAnnouncements::<T>::mutate_exists(model_hash, |first| {
			*first = first.take().filter(|first| first.versions > 1).map(|first| {
				FirstAnnouncement { versions: first.versions.saturating_sub(1), ..first }
			});
		});
	}

	fn take_announcement(
		who: &T::AccountId,
		commitment: H256,
	) -> Result<AnnouncementOf<T>, Error<T>> {
		Announcements::<T>::mutate_exists(who, |slot| {
			let own = slot.as_mut().ok_or(Error::<T>::NotAnnounced)?;
			let at = own.iter().position(|own| own.commitment == commitment);
			let taken = own.remove(at.ok_or(Error::<T>::NotAnnounced)?);
			if own.is_empty() {
				*slot = None;
			}
			Ok(taken)
		})
	}

	fn release_announcement(who: &T::AccountId, commitment: H256) -> DispatchResult {
		let (reason, deposit) = (HoldReason::Announcement.into(), Self::announcement_deposit());
		T::Currency::release(&reason, who, deposit, Precision::BestEffort)?;
		Self::deposit_event(Event::AnnouncementRemoved { who: who.clone(), commitment });
		Ok(())
	}
}

/// True where the announcement can no longer be used.
fn has_expired<T: Config>(own: &AnnouncementOf<T>) -> bool {
	Pallet::<T>::now().saturating_sub(own.at) >= T::AnnouncementLifetime::get()
}
