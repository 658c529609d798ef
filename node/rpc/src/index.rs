//! What this node remembers of requests that it saw on the best chain.

use crate::types::{EventParts, HistoryEntry};
use opg_primitives::{AccountId, BlockNumber, ModelId, RequestId};
use opg_runtime_api::{ReferenceView, RequestEvent, RequestEventView};
use schnellru::{ByLength, LruMap};
use sp_core::H256;
use sp_runtime::traits::{BlakeTwo256, Hash};
use std::collections::VecDeque;

/// Requests that are found by their reference, of those that the chain keeps. Of more, those that were
/// made longest ago are forgotten.
pub const MAX_REFERENCES: u32 = 65_536;

/// Requests whose history is known. Of more, the one to which nothing happened for longest is forgotten.
pub const MAX_HISTORIES: u32 = 8_192;

/// Entries of a history, the newest.
pub const MAX_HISTORY: usize = 64;

/// Newest blocks whose events can be taken back. A longer fork leaves entries of its blocks in histories.
const MAX_FORK: usize = 256;

/// Hash of a requester and a reference: half of their size.
type Name = H256;

fn name(requester: &AccountId, reference: H256) -> Name {
	BlakeTwo256::hash_of(&(requester, reference))
}

/// What is known of a request.
struct Known {
	model: ModelId,
	/// None if its requester set no reference.
	name: Option<Name>,
}

/// Requests that this node saw.
pub(crate) struct Index {
	/// Newest request of a requester with a reference.
	references: LruMap<Name, RequestId>,
	requests: LruMap<RequestId, Known>,
	histories: LruMap<RequestId, VecDeque<HistoryEntry>>,
	/// Blocks, and the requests to which something happened in them.
	blocks: VecDeque<(H256, BlockNumber, Vec<RequestId>)>,
}

impl Index {
	pub(crate) fn new() -> Self {
		Self {
			references: LruMap::new(ByLength::new(MAX_REFERENCES)),
			requests: LruMap::new(ByLength::new(MAX_REFERENCES)),
			histories: LruMap::new(ByLength::new(MAX_HISTORIES)),
			blocks: VecDeque::new(),
		}
	}

	/// A request that the chain keeps.
	pub(crate) fn add(&mut self, view: ReferenceView) {
		let ReferenceView { request, requester, model, reference } = view;
		// Zero is what those have who set none.
		let name = (!reference.is_zero()).then(|| name(&requester, reference));
		self.requests.insert(request, Known { model, name });
		if let Some(name) = name {
			self.references.insert(name, request);
		}
	}

	/// The chain keeps a request no longer.
	fn remove(&mut self, request: RequestId) {
		self.histories.remove(&request);
		let Some(name) = self.requests.remove(&request).and_then(|known| known.name) else {
			return;
		};
		// A newer request may have the same name.
		if self.references.peek(&name) == Some(&request) {
			self.references.remove(&name);
		}
	}

	/// A block became part of the best chain.
	pub(crate) fn enact(&mut self, number: BlockNumber, hash: H256, events: &[RequestEventView]) {
		let mut requests = Vec::new();
		for RequestEventView { request, event, .. } in events {
			match event {
				RequestEvent::Requested { requester, model, reference } => {
					self.add(ReferenceView {
						request: *request,
						requester: requester.clone(),
						model: *model,
						reference: *reference,
					})
				},
				RequestEvent::Pruned { .. } => {
					self.remove(*request);
					continue;
				},
				_ => {},
			}
			let EventParts { name, accounts, .. } = event.into();
			let Some(history) = self.histories.get_or_insert(*request, VecDeque::new) else {
				continue;
			};
			if history.len() >= MAX_HISTORY {
				history.pop_front();
			}
			history.push_back(HistoryEntry { block: number, event: name, accounts });
			requests.push(*request);
		}
		if self.blocks.len() >= MAX_FORK {
			self.blocks.pop_front();
		}
		self.blocks.push_back((hash, number, requests));
	}

	/// A block is no part of the best chain any more.
	pub(crate) fn retract(&mut self, hash: H256) {
		let Some(at) = self.blocks.iter().position(|(own, ..)| *own == hash) else { return };
		let Some((_, number, requests)) = self.blocks.remove(at) else { return };
		for request in requests {
			if let Some(history) = self.histories.get(&request) {
				history.retain(|entry| entry.block != number);
			}
		}
	}

	/// Newest request of `requester` with this reference, on a chain that this node followed.
	pub(crate) fn find(&mut self, requester: &AccountId, reference: H256) -> Option<RequestId> {
		self.references.get(&name(requester, reference)).copied()
	}

	/// Version that a request names.
	pub(crate) fn model_of(&mut self, request: RequestId) -> Option<ModelId> {
		self.requests.get(&request).map(|known| known.model)
	}

	/// What happened to a request.
	pub(crate) fn history_of(&mut self, request: RequestId) -> Vec<HistoryEntry> {
		self.histories.get(&request).map(|own| own.iter().cloned().collect()).unwrap_or_default()
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::types::EventName;

	const REFERENCE: H256 = H256::repeat_byte(3);

	fn account() -> AccountId {
		AccountId::new([1; 32])
	}

	fn event(request: RequestId, event: RequestEvent) -> RequestEventView {
		RequestEventView { request, extrinsic: None, event }
	}

	fn requested(request: RequestId) -> RequestEventView {
		let requester = account();
		event(request, RequestEvent::Requested { requester, model: 7, reference: REFERENCE })
	}

	fn names(index: &mut Index, request: RequestId) -> Vec<EventName> {
		index.history_of(request).into_iter().map(|entry| entry.event).collect()
	}

	#[test]
	fn request_should_be_found_by_its_reference_and_the_newest_of_several() {
		let mut index = Index::new();
		assert_eq!(index.find(&account(), REFERENCE), None);
		index.enact(1, H256::repeat_byte(1), &[requested(4)]);
		index.enact(2, H256::repeat_byte(2), &[requested(5)]);
		assert_eq!(index.find(&account(), REFERENCE), Some(5));
		assert_eq!(index.find(&AccountId::new([2; 32]), REFERENCE), None);
		assert_eq!(index.model_of(4), Some(7));
	}

	#[test]
	fn request_should_not_be_found_by_a_reference_of_zero() {
		let mut index = Index::new();
		let view =
			ReferenceView { request: 1, requester: account(), model: 7, reference: H256::zero() };
		index.add(view);
		assert_eq!(index.find(&account(), H256::zero()), None);
		assert_eq!(index.model_of(1), Some(7));
	}

	#[test]
	fn request_should_be_forgotten_when_the_chain_removes_it() {
		let mut index = Index::new();
		let pruned = |request| event(request, RequestEvent::Pruned { model: 7 });
		index.enact(1, H256::repeat_byte(1), &[requested(4), requested(5)]);
		index.enact(2, H256::repeat_byte(2), &[pruned(4)]);
		assert_eq!(index.model_of(4), None);
		assert_eq!(index.find(&account(), REFERENCE), Some(5), "the newer one stays");
		index.enact(3, H256::repeat_byte(3), &[pruned(5)]);
		assert_eq!(index.find(&account(), REFERENCE), None);
		assert_eq!((index.references.len(), index.requests.len()), (0, 0));
	}

	#[test]
	fn history_should_lose_what_happened_on_a_fork_and_end_with_the_request() {
		let mut index = Index::new();
		let (one, two, fork) = (H256::repeat_byte(1), H256::repeat_byte(2), H256::repeat_byte(3));
		index.enact(1, one, &[requested(4)]);
		index.enact(2, fork, &[event(4, RequestEvent::Disputed)]);
		assert_eq!(names(&mut index, 4), [EventName::Requested, EventName::Disputed]);
		index.retract(fork);
		index.enact(2, two, &[event(4, RequestEvent::Audited { buyer: None })]);
		assert_eq!(names(&mut index, 4), [EventName::Requested, EventName::Audited]);
		index.enact(3, fork, &[event(4, RequestEvent::Pruned { model: 7 })]);
		assert!(names(&mut index, 4).is_empty());
	}

	#[test]
	fn history_should_be_bounded() {
		let mut index = Index::new();
		for block in 0..200 {
			let hash = H256::from_low_u64_be(block.into());
			index.enact(block, hash, &[event(4, RequestEvent::Disputed)]);
		}
		let history = index.history_of(4);
		assert_eq!((history.len(), history[0].block), (MAX_HISTORY, 200 - MAX_HISTORY as u32));
		for request in 0..u64::from(MAX_HISTORIES) {
			let hash = H256::from_low_u64_be(1_000 + request);
			index.enact(1_000, hash, &[event(request + 10, RequestEvent::Disputed)]);
		}
		assert!(index.history_of(4).is_empty(), "it was forgotten");
		assert!(index.blocks.len() <= MAX_FORK);
	}
}
