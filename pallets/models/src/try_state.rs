//! Invariants of the registry.

use crate::pallet::*;
use crate::types::*;
use alloc::collections::{BTreeMap, BTreeSet};
use frame_support::{
	ensure,
	traits::{fungible::InspectHold, Get},
};
use opg_primitives::{Balance, ModelId};
use sp_core::H256;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks the versions, the named models, the indexes, the lists of executors, the evidence for
	/// engines, and that every account holds the deposits of its entries and no more.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::check_versions()?;
		Self::check_names()?;
		Self::check_lists()?;
		Self::check_files()?;
		Self::check_evidence()?;
		let serving = Self::check_executors()?;
		Self::check_holds(serving)
	}

	/// Numbers are below the next one. Versions name engines that were admitted.
	fn check_versions() -> Result<(), TryRuntimeError> {
		let next = NextModelId::<T>::get();
		ensure!(Models::<T>::iter_keys().all(|id| id < next), "model number not below the next");
		ensure!(
			Models::<T>::iter_values().all(|model| Engines::<T>::contains_key(model.engine_id)),
			"version of an unknown engine"
		);
		Ok(())
	}

	/// The indexes by owner and tag are what a scan of the named models gives. Deposits are what entries
	/// and bytes cost. Channels point to versions of their named model.
	fn check_names() -> Result<(), TryRuntimeError> {
		let next = NextNameId::<T>::get();
		let (mut by_owner, mut by_tag) = (BTreeSet::new(), BTreeSet::new());
		for (id, named) in NamedModels::<T>::iter() {
			ensure!(id < next, "number of a name not below the next");
			ensure!(
				named.deposit == Self::name_deposit(&named),
				"another deposit than of its size"
			);
			by_owner.insert((named.owner.clone(), named.name.clone(), id));
			by_tag.extend(named.description.tags.iter().cloned().map(|tag| (tag, id)));
			for pair in named.channels.windows(2) {
				ensure!(pair[0].name < pair[1].name, "channels are not sorted");
			}
			for channel in &named.channels {
				let version = Models::<T>::get(channel.model).ok_or("channel to no version")?;
				ensure!(version.name_id == id, "channel to a version of another name");
			}
			let registered: Balance = Models::<T>::iter_values()
				.filter(|model| model.name_id == id)
				.map(|model| model.deposit)
				.sum();
			ensure!(named.versions_deposit == registered, "another deposit than of its versions");
		}
		let owned: BTreeSet<_> = NamesByOwner::<T>::iter().collect();
		ensure!(owned == by_owner, "index by owner is another than a scan gives");
		let tagged: BTreeSet<_> = NamesByTag::<T>::iter_keys().collect();
		ensure!(tagged == by_tag, "index by tag is another than a scan gives");
		Ok(())
	}

	/// The lists of versions are sorted, and what a scan of the versions gives.
	fn check_lists() -> Result<(), TryRuntimeError> {
		let mut listed = BTreeSet::<ModelId>::new();
		for (id, list) in VersionLists::<T>::iter() {
			let named = NamedModels::<T>::get(id).ok_or("list of an unknown name")?;
			ensure!(named.numbers as usize == list.len(), "numbers are not counted right");
			for pair in list.windows(2) {
				ensure!(pair[0].number < pair[1].number, "versions are not sorted");
			}
			for own in list {
				let Some(model) = Models::<T>::get(own.model) else {
					ensure!(
						own.listing == VersionState::Removed,
						"a version is listed and not there"
					);
					continue;
				};
				let listing = if model.deprecated.is_some() {
					VersionState::Deprecated
				} else {
					VersionState::Current
				};
				ensure!(own.listing == listing, "a version is listed with another state");
				ensure!(
					(model.name_id, &model.owner, &model.release.number)
						== (id, &named.owner, &own.number),
					"a version is listed under another name, owner or number"
				);
				ensure!(model.deposit == Self::version_deposit(&model), "deposit of a version");
				listed.insert(own.model);
			}
		}
		ensure!(listed == Models::<T>::iter_keys().collect(), "a version is not listed");
		ensure!(
			NamedModels::<T>::iter()
				.all(|(id, named)| { named.numbers > 0 && VersionLists::<T>::contains_key(id) }),
			"named model without a list"
		);
		Ok(())
	}

	/// The index by content hash is what a scan of the versions gives, and each file of a model has
	/// somebody who announced it first.
	fn check_files() -> Result<(), TryRuntimeError> {
		let mut files = BTreeMap::<H256, u32>::new();
		let mut by_hash = BTreeSet::new();
		for (id, model) in Models::<T>::iter() {
			*files.entry(model.model_hash).or_insert(0) += 1;
			by_hash.extend(model.files().map(|file| (file.hash, id)));
		}
		let found: BTreeSet<_> = ModelsByHash::<T>::iter_keys().collect();
		ensure!(found == by_hash, "index by hash is another than a scan gives");
		let counted: BTreeMap<_, _> =
			FirstAnnouncements::<T>::iter().map(|(hash, first)| (hash, first.versions)).collect();
		ensure!(counted == files, "files are not counted right");
		Ok(())
	}

	/// Nominated engines are not admitted, and there is evidence for no other. Whoever posted a digest did
	/// so once.
	fn check_evidence() -> Result<(), TryRuntimeError> {
		ensure!(Nominations::<T>::count() <= MAX_NOMINATIONS, "too many nominations");
		ensure!(
			Nominations::<T>::iter()
				.all(|(id, tasks)| !tasks.is_empty() && !Engines::<T>::contains_key(id)),
			"nomination of an admitted engine, or without tasks"
		);
		let is_sorted = |all: &Statements<T>| {
			!all.is_empty() && all.windows(2).all(|pair| pair[0].executor < pair[1].executor)
		};
		for (id, all) in Evidence::<T>::iter() {
			ensure!(Nominations::<T>::contains_key(id), "evidence for an engine not nominated");
			ensure!(is_sorted(&all), "statements are not sorted");
		}
		let results = CanaryResults::<T>::get();
		ensure!(results.is_none_or(|own| is_sorted(&own.statements)), "results of a canary");
		ensure!(Canaries::<T>::get().is_none_or(|list| !list.pins.is_empty()), "no canaries");
		Ok(())
	}

	/// Versions that are served exist. Lists of executors are sorted and not empty, and an executor is in
	/// none twice at the same time. Returns the number of entries of each executor.
	fn check_executors() -> Result<BTreeMap<T::AccountId, Balance>, TryRuntimeError> {
		ensure!(
			ServingAllowances::<T>::iter_values().all(|left| left > 0),
			"an allowance of no versions is stored"
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
		Ok(entries)
	}

	/// Also of accounts without entries, since nothing would ever release a hold without an owner. A
	/// pallet cannot list its holds, so all accounts are gone through.
	fn check_holds(serving: BTreeMap<T::AccountId, Balance>) -> Result<(), TryRuntimeError> {
		let mut names = BTreeMap::<T::AccountId, Balance>::new();
		for named in NamedModels::<T>::iter_values() {
			*names.entry(named.owner).or_insert(0) += named.deposit;
		}
		for who in frame_system::Account::<T>::iter_keys() {
			let of = |of: &BTreeMap<_, Balance>| of.get(&who).copied().unwrap_or_default();
			let announced = Announcements::<T>::get(&who);
			ensure!(announced.windows(2).all(|pair| pair[0].at <= pair[1].at), "announcements");
			for (reason, deposits) in [
				(HoldReason::Model, of(&names)),
				(HoldReason::Serve, T::ServeDeposit::get().saturating_mul(of(&serving))),
				(
					HoldReason::Announcement,
					Self::announcement_deposit().saturating_mul(announced.len() as Balance),
				),
			] {
				let held = T::Currency::balance_on_hold(&reason.into(), &who);
				ensure!(held == deposits, "the deposits of an account are not what it holds");
			}
		}
		ensure!(
			Announcements::<T>::iter_values().all(|own| !own.is_empty()),
			"empty list of announcements is stored"
		);
		Ok(())
	}
}
