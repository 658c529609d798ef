//! Which versions each executor serves. The chain lists executors by version, so this is the same turned
//! around, and is read again after half a minute.

use crate::{
	client::{Chain, Client},
	error::Error,
};
use opg_primitives::{AccountId, ModelId};
use opg_runtime_api::{DirectoryApi, Page, ServingView, MAX_SERVING_PAGE};
use parking_lot::Mutex;
use sp_core::H256;
use std::{
	collections::BTreeMap,
	sync::Arc,
	time::{Duration, Instant},
};

/// Time for which what was read is given again.
const LASTS: Duration = Duration::from_secs(30);

/// Pages that are read at most: 4,096 versions.
const MAX_PAGES: usize = 64;

type Lists = Arc<BTreeMap<AccountId, Vec<ModelId>>>;

/// What was read last.
#[derive(Default)]
pub(crate) struct Serving(Mutex<Option<(Instant, Lists)>>);

impl Serving {
	/// Versions by executor.
	pub(crate) fn lists<C: Client>(&self, chain: &Chain<C>, at: H256) -> Result<Lists, Error> {
		// Others wait meanwhile, and then need not read it themselves.
		let mut kept = self.0.lock();
		if let Some((_, lists)) = kept.as_ref().filter(|(read, _)| read.elapsed() < LASTS) {
			return Ok(lists.clone());
		}
		let lists = Arc::new(read(chain, at)?);
		*kept = Some((Instant::now(), lists.clone()));
		Ok(lists)
	}
}

fn read<C: Client>(chain: &Chain<C>, at: H256) -> Result<BTreeMap<AccountId, Vec<ModelId>>, Error> {
	let mut lists: BTreeMap<AccountId, Vec<ModelId>> = BTreeMap::new();
	let mut cursor = None;
	for _ in 0..MAX_PAGES {
		let Page { items, next } = chain.api().serving(at, cursor, MAX_SERVING_PAGE)?;
		for ServingView { model, executors } in items {
			for executor in executors {
				lists.entry(executor).or_default().push(model);
			}
		}
		cursor = next;
		if cursor.is_none() {
			break;
		}
	}
	lists.values_mut().for_each(|models| models.sort_unstable());
	Ok(lists)
}
