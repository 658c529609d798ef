//! Channels of named models, and deprecated versions: what of a model's versions people should use.

use crate::{pallet::*, types::*};
use frame_support::{ensure, pallet_prelude::DispatchResult};
use opg_primitives::{
	registry::{is_channel, ChannelName, Reason},
	ModelId,
};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_set_channel(
		owner: T::AccountId,
		name: ModelName,
		channel: ChannelName,
		model: Option<ModelId>,
	) -> DispatchResult {
		let (id, mut named) = Self::named(&owner, &name)?;
		ensure!(is_channel(&channel), Error::<T>::InvalidChannel);
		let found = named.channels.binary_search_by(|own| own.name.cmp(&channel));
		if let Some(model) = model {
			let version = Models::<T>::get(model).ok_or(Error::<T>::UnknownModel)?;
			ensure!(version.name_id == id, Error::<T>::OtherName);
			match found {
				Ok(at) => named.channels[at].model = model,
				Err(at) => named
					.channels
					.try_insert(at, Channel { name: channel.clone(), model })
					.map_err(|_| Error::<T>::TooManyChannels)?,
			}
		} else {
			let at = found.map_err(|_| Error::<T>::UnknownChannel)?;
			named.channels.remove(at);
		}
		Self::store_named(id, named)?;
		Self::deposit_event(Event::ChannelMoved { owner, name, channel, model });
		Ok(())
	}

	pub(crate) fn do_deprecate(
		who: T::AccountId,
		model: ModelId,
		reason: Reason,
	) -> DispatchResult {
		let version = Self::owned(&who, model)?;
		let is_text = !reason.is_empty() && core::str::from_utf8(&reason).is_ok();
		ensure!(is_text, Error::<T>::InvalidReason);
		Self::relist(&version, VersionState::Deprecated);
		Self::store_deprecation(model, version, Some(reason.clone()))?;
		Self::deposit_event(Event::Deprecated { model, reason });
		Ok(())
	}

	pub(crate) fn do_undeprecate(who: T::AccountId, model: ModelId) -> DispatchResult {
		let version = Self::owned(&who, model)?;
		ensure!(version.deprecated.is_some(), Error::<T>::NotDeprecated);
		Self::relist(&version, VersionState::Current);
		Self::store_deprecation(model, version, None)?;
		Self::deposit_event(Event::Undeprecated { model });
		Ok(())
	}

	/// The version, if `who` owns it.
	pub(crate) fn owned(who: &T::AccountId, model: ModelId) -> Result<ModelOf<T>, Error<T>> {
		let version = Models::<T>::get(model).ok_or(Error::<T>::UnknownModel)?;
		ensure!(version.owner == *who, Error::<T>::NotOwner);
		Ok(version)
	}

	fn store_deprecation(
		model: ModelId,
		mut version: ModelOf<T>,
		deprecated: Option<Reason>,
	) -> DispatchResult {
		let before = version.deposit;
		version.deprecated = deprecated;
		version.deposit = Self::version_deposit(&version);
		let id = version.name_id;
		let mut named = NamedModels::<T>::get(id).ok_or(Error::<T>::UnknownName)?;
		named.versions_deposit =
			named.versions_deposit.saturating_sub(before).saturating_add(version.deposit);
		Models::<T>::insert(model, version);
		Self::store_named(id, named)
	}
}
