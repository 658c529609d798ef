//! Off-chain worker of a validator: has the node fetch and keep what the panels ask for on which it
//! sits, and says what the node holds.

use crate::{pallet::*, types::*};
use alloc::{collections::BTreeMap, vec, vec::Vec};
use codec::{Decode, Encode};
use frame_support::BoundedVec;
use frame_system::{offchain::SubmitTransaction, pallet_prelude::BlockNumberFor};
use opg_primitives::{
	court::{CourtBatchKind, CourtKey},
	Content,
};
use pallet_opg_support::CALL_LAG;
use sp_runtime::{
	offchain::{
		storage::StorageValueRef,
		storage_lock::{StorageLock, Time},
		Duration,
	},
	traits::{Get, SaturatedConversion, Saturating},
	RuntimeAppPublic,
};

const LOG: &str = "opg::court";
/// Number of blocks after which a statement that is in no block is repeated.
const RESUBMIT_BLOCKS: u32 = 2;
/// Number of blocks after which the node is asked again for what the chain knows that it holds: it
/// keeps it for some hours from then on.
pub(crate) const RENEW_BLOCKS: u32 = 20;
/// Largest number of contents that a run asks the node for. What is left comes first in the next.
pub(crate) const MAX_ASKED: usize = 64;

/// When a run asked the node for a content last. Kept in its local storage for contents of open
/// panels on which it sits.
#[derive(Clone, Copy, Encode, Decode)]
struct LastAsked {
	/// Block of the run.
	at: u32,
	/// Whether the node held it and a seat said so.
	is_sent: bool,
}

/// Content that a run asks the node for.
struct Due {
	item: Holding,
	content: Content,
	/// Block of the run that asked last, or zero.
	last: u32,
	/// Own seats that have not said that they hold it, as indices.
	silent: Vec<usize>,
}

impl<T: Config> Pallet<T> {
	pub(crate) fn hold_contents(now: BlockNumberFor<T>) {
		let keys = CourtKey::all();
		if keys.is_empty() || Panels::<T>::count() == 0 {
			return;
		}
		let session = T::Session::get();
		let bench = Benches::<T>::get(session);
		let seats = Self::own_seats(&bench, &keys);
		if seats.is_empty() {
			return;
		}
		// Runs overlap. The one that holds the lock does everything; the next block tries again.
		let mut lock = StorageLock::<Time>::with_deadline(
			b"opg/court/hold-lock",
			Duration::from_millis(2_000),
		);
		let Ok(_guard) = lock.try_lock() else { return };
		let block: u32 = now.saturated_into();
		let asked_ref = StorageValueRef::persistent(b"opg/court/asked");
		let mut asked: BTreeMap<Holding, LastAsked> =
			asked_ref.get().ok().flatten().unwrap_or_default();
		let accounts: Vec<_> = seats.iter().map(|(_, validator, _)| *validator).collect();
		let due = Self::due_contents(&accounts, block, &mut asked);
		let mut outboxes = vec![Vec::new(); seats.len()];
		for Due { item, content, silent, .. } in due.into_iter().take(MAX_ASKED) {
			let is_held = Self::hold_content(&item, &content);
			let is_sent = is_held && !silent.is_empty();
			asked.insert(item, LastAsked { at: block, is_sent });
			if is_held {
				silent.into_iter().for_each(|seat| outboxes[seat].push(item));
			}
		}
		asked_ref.set(&asked);
		let at = now.saturating_sub(CALL_LAG.into());
		for ((seat, _, key), mut items) in seats.into_iter().zip(outboxes) {
			items.sort_unstable();
			for items in items.chunks(MAX_HOLDINGS as usize) {
				let items = BoundedVec::truncate_from(items.to_vec());
				Self::send_holdings(Holdings { session, seat, at, items }, key);
			}
		}
	}

	/// Contents for which it is time, those asked for longest ago first. Forgets those that no panel
	/// with one of the accounts is asked for any more.
	fn due_contents(
		accounts: &[&T::AccountId],
		block: u32,
		asked: &mut BTreeMap<Holding, LastAsked>,
	) -> Vec<Due> {
		let (mut due, mut known) = (Vec::new(), BTreeMap::new());
		for (request, panel) in Panels::<T>::iter() {
			let places: Vec<_> = (0..)
				.zip(accounts)
				.filter_map(|(seat, who)| Some((seat, panel.place_of(who)?)))
				.collect();
			if places.is_empty() {
				continue;
			}
			for (index, of_panel) in (0..).zip(&panel.contents) {
				let item = Holding { request, content: index };
				let silent: Vec<usize> = places
					.iter()
					.filter(|(_, place)| !of_panel.is_held_by(*place))
					.map(|(seat, _)| *seat)
					.collect();
				let last = asked.get(&item).filter(|last| last.at <= block).copied();
				if let Some(last) = last {
					known.insert(item, last);
				}
				let is_due = last.is_none_or(|LastAsked { at, is_sent }| {
					let pause = match (silent.is_empty(), is_sent) {
						(true, _) => RENEW_BLOCKS,
						(false, true) => RESUBMIT_BLOCKS,
						(false, false) => 1,
					};
					block - at >= pause
				});
				if is_due {
					let last = last.map_or(0, |last| last.at);
					due.push(Due { item, content: of_panel.content, last, silent });
				}
			}
		}
		*asked = known;
		due.sort_by_key(|due| (due.last, due.item));
		due
	}

	/// Has the node fetch and keep a content. Tells whether it holds the whole of it.
	fn hold_content(Holding { request, .. }: &Holding, content: &Content) -> bool {
		match opg_runtime_interface::inference_host::hold_content(content.encode()) {
			Ok(is_held) => is_held,
			Err(reason) => {
				log::debug!(target: LOG, "request={request} of a panel: {reason:?}");
				false
			},
		}
	}

	fn send_holdings(batch: HoldingsOf<T>, key: &CourtKey) {
		let signature = Self::sign(CourtBatchKind::Hold, batch.at, &batch, key);
		let Some(signature) = signature else { return };
		for Holding { request, content } in &batch.items {
			log::debug!(target: LOG, "request={request} content {content} is held");
		}
		let count = batch.items.len();
		let xt = T::create_authorized_transaction(Call::hold { batch, signature }.into());
		match SubmitTransaction::<T, Call<T>>::submit_transaction(xt) {
			Ok(()) => log::info!(target: LOG, "said that the store holds {count} contents"),
			Err(()) => log::warn!(target: LOG, "the pool refused {count} contents; trying again"),
		}
	}
}
