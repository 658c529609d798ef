//! Follows the blocks once for all subscribers: tells them what happened, and remembers a part of it.

use crate::{
	client::{Chain, Client},
	index::Index,
	inputs::Inputs,
	types::Block,
};
use futures::{stream::BoxStream, StreamExt};
use opg_primitives::RequestId;
use opg_runtime_api::{
	DirectoryApi, OpgApi, RequestEvent, RequestEventView, RequestEventsApi, MAX_REFERENCES_PAGE,
};
use parking_lot::Mutex;
use sc_client_api::BlockImportNotification;
use sp_core::H256;
use std::{sync::Arc, time::Duration};
use tokio::{
	sync::broadcast::{self, error::RecvError},
	time::interval,
};

const LOG: &str = "opg::rpc";

/// News that a subscriber can be behind. Who is further behind is dropped, and told so.
const MAX_BEHIND: usize = 512;

/// Blocks of a fork that are read at a time. Of a longer one the oldest are passed over.
const MAX_ENACTED: usize = 256;

/// Time between two looks for inputs whose requests were not included.
const EXPIRE: Duration = Duration::from_secs(60);

/// What is told to subscribers.
#[derive(Clone, Debug)]
pub(crate) enum News {
	/// A block became part of the best chain.
	Block(Arc<BlockNews>),
	/// A block became final, and those before it.
	Final,
}

/// What a block did to requests.
#[derive(Debug)]
pub(crate) struct BlockNews {
	/// The block.
	pub block: Block,
	/// What happened, in order.
	pub events: Vec<RequestEventView>,
}

/// What the task that follows the blocks shares with the methods. Clones are the same.
#[derive(Clone)]
pub(crate) struct Follower {
	news: broadcast::Sender<News>,
	pub(crate) index: Arc<Mutex<Index>>,
}

impl Follower {
	pub(crate) fn new() -> Self {
		let (news, _) = broadcast::channel(MAX_BEHIND);
		Self { news, index: Arc::new(Mutex::new(Index::new())) }
	}

	/// What happens from now on. An error says why there is no more.
	pub(crate) fn news(&self) -> BoxStream<'static, Result<News, String>> {
		let receiver = self.news.subscribe();
		let next = |receiver: Option<broadcast::Receiver<News>>| async move {
			let mut receiver = receiver?;
			match receiver.recv().await {
				Ok(news) => Some((Ok(news), Some(receiver))),
				Err(RecvError::Lagged(missed)) => {
					Some((Err(format!("it was too slow and missed {missed} blocks")), None))
				},
				Err(RecvError::Closed) => None,
			}
		};
		futures::stream::unfold(Some(receiver), next).boxed()
	}

	/// Follows the blocks. Ends with the node.
	pub(crate) async fn run<C: Client>(self, chain: Chain<C>, inputs: Arc<Inputs>) {
		let mut imported = chain.client().import_notification_stream();
		let mut finalized = chain.client().finality_notification_stream();
		if let Err(error) = self.fill(&chain) {
			log::warn!(
				target: LOG,
				"opg_v1_requestByReference finds only requests that come from now on: {error}"
			);
		}
		let mut expire = interval(EXPIRE);
		loop {
			tokio::select! {
				block = imported.next() => match block {
					Some(block) => self.imported(&chain, &inputs, block),
					None => return,
				},
				block = finalized.next() => match block {
					// Nobody may listen.
					Some(_) => drop(self.news.send(News::Final)),
					None => return,
				},
				_ = expire.tick() => inputs.expire(),
			}
		}
	}

	/// Fills the index with the requests that the chain keeps.
	fn fill<C: Client>(&self, chain: &Chain<C>) -> Result<(), crate::Error> {
		let at = chain.best().hash.0;
		let end = chain.api().chain(at)?.next_request;
		let mut from = end.saturating_sub(crate::index::MAX_REFERENCES.into());
		while from < end {
			let views = chain.api().references(at, from, MAX_REFERENCES_PAGE)?;
			let mut index = self.index.lock();
			views.into_iter().for_each(|view| index.add(view));
			from += RequestId::from(MAX_REFERENCES_PAGE);
		}
		Ok(())
	}

	fn imported<C: Client>(
		&self,
		chain: &Chain<C>,
		inputs: &Inputs,
		imported: BlockImportNotification<opg_runtime::opaque::Block>,
	) {
		if !imported.is_new_best {
			return;
		}
		if let Some(route) = &imported.tree_route {
			let mut index = self.index.lock();
			route.retracted().iter().for_each(|block| index.retract(block.hash));
			drop(index);
			let enacted = route.enacted();
			let from = enacted.len().saturating_sub(MAX_ENACTED);
			for block in &enacted[from..] {
				self.enact(chain, inputs, block.number, block.hash);
			}
		}
		self.enact(chain, inputs, imported.header.number, imported.hash);
	}

	/// Reads a block of the best chain, and tells what happened in it.
	fn enact<C: Client>(&self, chain: &Chain<C>, inputs: &Inputs, number: u32, hash: H256) {
		let events = match chain.api().request_events(hash) {
			Ok(events) => events,
			Err(error) => {
				// As while the node syncs, when blocks come without state.
				log::debug!(target: LOG, "Events of block {number} are not known: {error}");
				return;
			},
		};
		if !inputs.is_empty() {
			for RequestEventView { request, event, .. } in &events {
				if matches!(event, RequestEvent::Requested { .. }) {
					let contents = chain.api().contents_of(hash, *request);
					inputs.included(contents.unwrap_or_default());
				}
			}
		}
		self.index.lock().enact(number, hash, &events);
		let block = Block::new(number, hash);
		// Nobody may listen.
		drop(self.news.send(News::Block(Arc::new(BlockNews { block, events }))));
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[tokio::test]
	async fn subscriber_should_be_dropped_with_the_reason_when_it_is_too_slow() {
		let follower = Follower::new();
		let mut news = follower.news();
		for _ in 0..MAX_BEHIND + 3 {
			follower.news.send(News::Final).expect("somebody listens");
		}
		let Some(Err(reason)) = news.next().await else { panic!("it missed some") };
		assert_eq!(reason, "it was too slow and missed 3 blocks");
		assert!(news.next().await.is_none());
		let mut again = follower.news();
		follower.news.send(News::Final).expect("somebody listens");
		assert!(matches!(again.next().await, Some(Ok(News::Final))));
	}
}
