//! What validators say that their stores hold, and whether that is enough of them for a version to
//! take requests: a version that the court could not compute has no judge.

use crate::{pallet::*, reject, types::*, weights::WeightInfo};
use alloc::collections::BTreeSet;
use frame_support::{ensure, pallet_prelude::*};
use opg_primitives::{
	court::{CourtBatchKind, CourtSignature},
	ModelId,
};
use pallet_opg_support::{named_block, priority, refused, CourtReadiness, ModelFiles, CALL_BLOCKS};
use sp_runtime::traits::SaturatedConversion;

/// Largest number of accounts without a seat that a declaration removes from a list. One is enough
/// to make room in a list that is full.
pub(crate) const MAX_SWEPT: u32 = 2;

impl<T: Config> Pallet<T> {
	pub(crate) fn authorize_declarations(
		batch: &DeclarationsOf<T>,
		signature: &CourtSignature,
	) -> Result<(ValidTransaction, Weight), TransactionValidityError> {
		ensure!(batch.is_well_formed(), refused(reject::MALFORMED));
		let block = named_block::<T>(batch.at).ok_or_else(|| refused(reject::EXPIRED))?;
		let (validator, key) = Self::currently_seated(batch.session, batch.seat)?;
		let now = frame_system::Pallet::<T>::block_number();
		let is_due =
			DeclaredAt::<T>::get(batch.seat).is_none_or(|at| now >= at + DECLARE_BLOCKS.into());
		ensure!(is_due, refused(reject::TOO_SOON));
		let mut stale = None;
		let fits = |item| match Self::check_declaration(&validator, item) {
			Ok(()) => true,
			Err(code) => {
				stale.get_or_insert(code);
				false
			},
		};
		if !batch.items.iter().any(fits) {
			return Err(refused(stale.unwrap_or(reject::MALFORMED)));
		}
		Self::ensure_signed(CourtBatchKind::Declare, block, batch, &key, signature)?;
		// One per seat, so that nobody fills the pool with them.
		let valid = ValidTransaction::with_tag_prefix("OpgCourtDeclare")
			.and_provides((batch.session, batch.seat))
			.priority(priority::COURT_DECLARE)
			.longevity(CALL_BLOCKS.saturated_into())
			.propagate(true)
			.build()?;
		Ok((valid, Weight::zero()))
	}

	/// Tells whether a declaration changes what is stored, and may. The error is the code of the
	/// reason why not.
	fn check_declaration(validator: &T::AccountId, item: &Declaration) -> Result<(), u8> {
		let Declaration { model, holds } = *item;
		let is_listed = Holders::<T>::get(model).binary_search(validator).is_ok();
		ensure!(is_listed != holds, reject::NOTHING_NEW);
		if holds {
			ensure!(T::Models::model_hash(model).is_some(), reject::NO_SUCH_MODEL);
			let has_room = HeldModels::<T>::get(validator) < MAX_HELD_MODELS;
			ensure!(has_room, reject::TOO_MANY_MODELS);
		}
		Ok(())
	}

	pub(crate) fn do_declare(batch: DeclarationsOf<T>) {
		let bench = Benches::<T>::get(batch.session);
		let Some((validator, _)) = bench.get(usize::from(batch.seat)) else { return };
		let seated: BTreeSet<_> = bench.iter().map(|(who, _)| who).collect();
		DeclaredAt::<T>::insert(batch.seat, frame_system::Pallet::<T>::block_number());
		for item in batch.items {
			if Self::check_declaration(validator, &item).is_ok() {
				let Declaration { model, holds } = item;
				Self::list(&seated, validator, model, holds);
				let validator = validator.clone();
				Self::deposit_event(Event::Declared { validator, model, holds });
			}
		}
	}

	/// Lists a validator as one that holds a version, or removes it; and removes some of those
	/// without a seat.
	fn list(
		seated: &BTreeSet<&T::AccountId>,
		validator: &T::AccountId,
		model: ModelId,
		holds: bool,
	) {
		Holders::<T>::mutate_exists(model, |holders| {
			let mut list = holders.take().unwrap_or_default().into_inner();
			let mut swept = 0;
			list.retain(|own| {
				let stays = swept >= MAX_SWEPT || seated.contains(own);
				if !stays {
					swept += 1;
					Self::count_less(own);
				}
				stays
			});
			match (list.binary_search(validator), holds) {
				(Err(place), true) => {
					list.insert(place, validator.clone());
					HeldModels::<T>::mutate(validator, |count| *count = count.saturating_add(1));
				},
				(Ok(place), false) => {
					list.remove(place);
					Self::count_less(validator);
				},
				_ => {},
			}
			*holders = (!list.is_empty()).then(|| BoundedVec::truncate_from(list));
		});
	}

	fn count_less(who: &T::AccountId) {
		HeldModels::<T>::mutate_exists(who, |count| {
			*count = count.take().and_then(|count| count.checked_sub(1)).filter(|left| *left > 0);
		});
	}

	/// Lists the whole current bench as holding a version. For tests, benchmarks and simulations of
	/// other crates, which have no stores.
	pub fn list_bench(model: ModelId) {
		let bench = Benches::<T>::get(T::Session::get());
		let seated = bench.iter().map(|(who, _)| who).collect();
		bench.iter().for_each(|(who, _)| Self::list(&seated, who, model, true));
	}
}

impl<T: Config> CourtReadiness for Pallet<T> {
	fn is_ready(model: ModelId) -> bool {
		let holders = Holders::<T>::get(model);
		let bench = Benches::<T>::get(T::Session::get());
		let holding = bench.iter().filter(|(who, _)| holders.binary_search(who).is_ok()).count();
		holding > 0 && 3 * holding >= 2 * bench.len()
	}

	fn forget(model: ModelId) {
		Holders::<T>::take(model).iter().for_each(Self::count_less);
	}

	fn max_forget_weight() -> Weight {
		T::WeightInfo::forget(T::MaxValidators::get())
	}
}
