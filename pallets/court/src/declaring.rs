//! Off-chain worker of a validator: compares what the chain says that its store holds with the
//! store, a page of versions at a time, and declares what differs.

use crate::{pallet::*, types::*};
use alloc::vec::Vec;
use codec::{Decode, Encode};
use frame_support::BoundedVec;
use frame_system::{offchain::SubmitTransaction, pallet_prelude::BlockNumberFor};
use opg_primitives::{
	court::{CourtBatchKind, CourtKey},
	ModelId,
};
use pallet_opg_support::{ModelFiles, CALL_LAG};
use sp_runtime::{
	offchain::storage::StorageValueRef,
	traits::{Get, SaturatedConversion, Saturating},
	RuntimeAppPublic,
};

const LOG: &str = "opg::court";

/// Where the node is on its way through the versions, kept in its local storage.
#[derive(Clone, Copy, Encode, Decode)]
struct Progress {
	/// Block of the last page.
	at: u32,
	/// First version of the next page.
	next: ModelId,
}

impl<T: Config> Pallet<T> {
	/// Compares the next page, and declares what differs. What a lost batch declared is found again
	/// on the next way through.
	pub(crate) fn declare_held(now: BlockNumberFor<T>) {
		let keys = CourtKey::all();
		if keys.is_empty() {
			return;
		}
		let session = T::Session::get();
		let bench = Benches::<T>::get(session);
		let seats = Self::own_seats(&bench, &keys);
		if seats.is_empty() {
			return;
		}
		let Some(page) = Self::next_page(now.saturated_into()) else { return };
		for (seat, validator, key) in seats {
			let room = MAX_HELD_MODELS.saturating_sub(HeldModels::<T>::get(validator));
			let is_new = |item: &&Declaration| {
				let is_listed = Holders::<T>::get(item.model).binary_search(validator).is_ok();
				is_listed != item.holds && (!item.holds || room > 0)
			};
			let items: Vec<Declaration> = page.iter().filter(is_new).copied().collect();
			if !items.is_empty() {
				let at = now.saturating_sub(CALL_LAG.into());
				let items = BoundedVec::truncate_from(items);
				Self::send_declarations(Declarations { session, seat, at, items }, key);
			}
		}
	}

	/// Versions of the next page, with whether the store holds them. `None` where it is not time for
	/// one, or where there is no store.
	fn next_page(block: u32) -> Option<Vec<Declaration>> {
		let progress_ref = StorageValueRef::persistent(b"opg/court/declared");
		let last: Option<Progress> = progress_ref.get().ok().flatten();
		let is_early =
			last.is_some_and(|Progress { at, .. }| at <= block && block - at < DECLARE_BLOCKS);
		if is_early {
			return None;
		}
		let end = T::Models::next();
		let from = last.map_or(0, |last| last.next);
		let from = if from < end { from } else { 0 };
		let to = from.saturating_add(MAX_DECLARATIONS).min(end);
		progress_ref.set(&Progress { at: block, next: to });
		let mut page = Vec::new();
		for model in from..to {
			if let Some(hash) = T::Models::model_hash(model) {
				let holds = opg_runtime_interface::inference_host::has_model(hash.0).ok()?;
				page.push(Declaration { model, holds });
			}
		}
		Some(page)
	}

	fn send_declarations(batch: DeclarationsOf<T>, key: &CourtKey) {
		let signature = Self::sign(CourtBatchKind::Declare, batch.at, &batch, key);
		let Some(signature) = signature else { return };
		let count = batch.items.len();
		let call = Call::declare { batch, signature };
		let xt = T::create_authorized_transaction(call.into());
		match SubmitTransaction::<T, Call<T>>::submit_transaction(xt) {
			Ok(()) => log::info!(target: LOG, "declared what the store holds: {count} changes"),
			Err(()) => log::debug!(target: LOG, "the pool refused {count} declarations"),
		}
	}
}
