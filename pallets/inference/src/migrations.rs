//! Migrations of storage, from what the last release wrote.

use crate::pallet::{Config, LastAdmitted, Pallet};
#[cfg(feature = "try-runtime")]
use alloc::vec::Vec;
use frame_support::{
	migrations::VersionedMigration, traits::UncheckedOnRuntimeUpgrade, weights::Weight,
};
use sp_core::Get;
#[cfg(feature = "try-runtime")]
use sp_runtime::TryRuntimeError;

/// Forgets the request that was taken last: what is known of it has one number more, and counts within
/// its block only.
pub type ForgetAdmitted<T> = VersionedMigration<
	1,
	2,
	AdmittedForgetter<T>,
	Pallet<T>,
	<T as frame_system::Config>::DbWeight,
>;

/// What [`ForgetAdmitted`] does.
pub struct AdmittedForgetter<T>(core::marker::PhantomData<T>);

impl<T: Config> UncheckedOnRuntimeUpgrade for AdmittedForgetter<T> {
	fn on_runtime_upgrade() -> Weight {
		LastAdmitted::<T>::kill();
		T::DbWeight::get().writes(1)
	}

	#[cfg(feature = "try-runtime")]
	fn post_upgrade(_: Vec<u8>) -> Result<(), TryRuntimeError> {
		frame_support::ensure!(!LastAdmitted::<T>::exists(), "the last request is known");
		Ok(())
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::mock::*;
	use frame_support::traits::{GetStorageVersion, OnRuntimeUpgrade, StorageVersion};

	#[test]
	fn request_that_was_taken_last_should_be_forgotten_when_its_format_is_another() {
		new_ext().execute_with(|| {
			let key = LastAdmitted::<Test>::hashed_key();
			sp_io::storage::set(&key, &[1, 2, 3]);
			StorageVersion::new(1).put::<Pallet<Test>>();
			ForgetAdmitted::<Test>::on_runtime_upgrade();
			assert!(!sp_io::storage::exists(&key));
			assert_eq!(Pallet::<Test>::on_chain_storage_version(), 2);
			// The second time it does nothing.
			sp_io::storage::set(&key, &[1, 2, 3]);
			ForgetAdmitted::<Test>::on_runtime_upgrade();
			assert!(sp_io::storage::exists(&key));
		});
	}
}
