//! Migrations of storage, from what the last release wrote.

use crate::{
	pallet::{Config, Models, ModelsByHash, Pallet},
	types::{Model, NameId, Release},
};
#[cfg(feature = "try-runtime")]
use alloc::vec::Vec;
use codec::{Decode, Encode};
use frame_support::{
	migrations::VersionedMigration, traits::UncheckedOnRuntimeUpgrade, weights::Weight,
};
use opg_primitives::{
	registry::{Content, Licence, Reason, VersionNumber},
	Balance, Dims, VersionLimits,
};
use sp_core::{Get, H256};
#[cfg(feature = "try-runtime")]
use sp_runtime::TryRuntimeError;

/// Versions say whether they generate text: those that there are do not. Their tokenizers are found by
/// their hashes.
///
/// It takes one block, whatever the number of versions. A version is read, and written with an entry for
/// each of its files: 0.11 to 0.16 ms of weight, so the 1.2 s of a block are those of 7,600 versions.
/// Each of them takes a deposit. docs/operations.md says what to do where there are more.
pub type AddGeneration<T> =
	VersionedMigration<2, 3, GenerationAdder<T>, Pallet<T>, <T as frame_system::Config>::DbWeight>;

/// Version of a model in storage of version 2.
#[derive(Encode, Decode)]
struct FormerModel<AccountId> {
	owner: AccountId,
	model_hash: H256,
	size: u32,
	name_id: NameId,
	engine_id: H256,
	dims: Dims,
	limits: VersionLimits,
	royalty: Balance,
	report_hash: H256,
	release: FormerRelease,
	deprecated: Option<Reason>,
	deposit: Balance,
}

/// The same of a release.
#[derive(Encode, Decode)]
struct FormerRelease {
	number: VersionNumber,
	licence: Option<Licence>,
	tokenizer: Option<Content>,
}

impl<AccountId> FormerModel<AccountId> {
	fn into_model(self) -> Model<AccountId> {
		let FormerRelease { number, licence, tokenizer } = self.release;
		Model {
			owner: self.owner,
			model_hash: self.model_hash,
			size: self.size,
			name_id: self.name_id,
			engine_id: self.engine_id,
			dims: self.dims,
			limits: self.limits,
			royalty: self.royalty,
			report_hash: self.report_hash,
			release: Release { number, licence, tokenizer, generation: None },
			deprecated: self.deprecated,
			deposit: self.deposit,
		}
	}
}

/// What [`AddGeneration`] does.
pub struct GenerationAdder<T>(core::marker::PhantomData<T>);

impl<T: Config> UncheckedOnRuntimeUpgrade for GenerationAdder<T> {
	fn on_runtime_upgrade() -> Weight {
		let (mut count, mut files) = (0, 0);
		Models::<T>::translate(|id, former: FormerModel<T::AccountId>| {
			count += 1;
			let model = former.into_model();
			for file in model.files() {
				files += 1;
				ModelsByHash::<T>::insert(file.hash, id, ());
			}
			Some(model)
		});
		// The end of the list is read too.
		T::DbWeight::get().reads_writes(count + 1, count + files)
	}

	#[cfg(feature = "try-runtime")]
	fn pre_upgrade() -> Result<Vec<u8>, TryRuntimeError> {
		Ok((Models::<T>::iter_keys().count() as u32).encode())
	}

	#[cfg(feature = "try-runtime")]
	fn post_upgrade(state: Vec<u8>) -> Result<(), TryRuntimeError> {
		let count = u32::decode(&mut &state[..]).map_err(|_| TryRuntimeError::Corruption)?;
		let all: Vec<crate::types::ModelOf<T>> = Models::<T>::iter_values().collect();
		frame_support::ensure!(all.len() as u32 == count, "versions are lost");
		let says_none = all.iter().all(|own| own.release.generation.is_none());
		frame_support::ensure!(says_none, "a version generates text that said nothing of it");
		Ok(())
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::mock::*;
	use frame_support::traits::{GetStorageVersion, OnRuntimeUpgrade, StorageVersion};

	#[test]
	fn versions_should_be_as_they_were_when_they_are_migrated() {
		externalities().execute_with(|| {
			let former = FormerModel {
				owner: 7u64,
				model_hash: H256::repeat_byte(1),
				size: 2,
				name_id: 3,
				engine_id: H256::repeat_byte(4),
				dims: Dims::new(),
				limits: VersionLimits::inline(5, 6, 7),
				royalty: 8,
				report_hash: H256::repeat_byte(9),
				release: FormerRelease {
					number: VersionNumber::new(1, 2, 3),
					licence: Some(b"MIT".to_vec().try_into().unwrap()),
					tokenizer: Some(Content { hash: H256::repeat_byte(10), size: 11 }),
				},
				deprecated: Some(b"old".to_vec().try_into().unwrap()),
				deposit: 12,
			};
			let bytes = former.encode();
			for id in [0, 5] {
				sp_io::storage::set(&Models::<Test>::hashed_key_for(id), &bytes);
			}
			StorageVersion::new(2).put::<Pallet<Test>>();
			AddGeneration::<Test>::on_runtime_upgrade();
			let expected = former.into_model();
			for id in [0, 5] {
				assert_eq!(Models::<Test>::get(id), Some(expected.clone()));
				assert!(ModelsByHash::<Test>::contains_key(H256::repeat_byte(10), id));
			}
			assert_eq!(Models::<Test>::iter().count(), 2);
			assert_eq!(Pallet::<Test>::on_chain_storage_version(), 3);
			// The second time it does nothing.
			AddGeneration::<Test>::on_runtime_upgrade();
			assert_eq!(Models::<Test>::get(0), Some(expected));
		});
	}
}
