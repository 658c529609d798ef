//! Subscriptions to requests, models and answers.

use crate::{
	client::Client,
	define::Updates,
	error::Error,
	follower::{BlockNews, News},
	params::{Id, ModelParams, Nothing},
	state::State,
	types::{AttestedAnswer, EventParts, Hash, ModelEvent, Request, StatusName},
};
use futures::{future::BoxFuture, stream, FutureExt, StreamExt};
use opg_primitives::{ModelId, RequestId};
use opg_runtime_api::{OpgApi, RequestEvent, RequestEventView};
use std::sync::Arc;

impl<C: Client, P: Send + Sync + 'static> State<C, P> {
	/// A request at each change, until nothing changes it any more.
	pub(crate) fn subscribe_request(
		self: Arc<Self>,
		Id { id }: Id,
	) -> BoxFuture<'static, Result<Updates<Request>, Error>> {
		async move {
			// Before the first look, so that no change is missed.
			let news = self.follower.news();
			let first = self.request(Id { id })?.ok_or(Error::RequestUnknown(id))?;
			let last = first.clone();
			let state = Some(Watch { state: self, news, id, last });
			let first = stream::iter([Ok(first)]);
			Ok(first.chain(stream::unfold(state, next_change)).boxed())
		}
		.boxed()
	}

	/// What happens to requests to a model.
	pub(crate) fn subscribe_model(
		self: Arc<Self>,
		ModelParams { model }: ModelParams,
	) -> BoxFuture<'static, Result<Updates<ModelEvent>, Error>> {
		async move {
			let wanted = self.chain.version(self.chain.best().hash.0, &model)?.model;
			Ok(self.each_block(move |state, block| state.events_of(wanted, block)))
		}
		.boxed()
	}

	/// Every answer on which a committee agrees.
	pub(crate) fn subscribe_answers(
		self: Arc<Self>,
		Nothing {}: Nothing,
	) -> BoxFuture<'static, Result<Updates<AttestedAnswer>, Error>> {
		async move { Ok(self.each_block(|_, block| attested(block))) }.boxed()
	}

	/// What `read` gives of each block from now on.
	fn each_block<R: Send + 'static>(
		self: Arc<Self>,
		read: impl Fn(&Self, &BlockNews) -> Vec<R> + Send + 'static,
	) -> Updates<R> {
		let news = self.follower.news();
		let updates = news.flat_map(move |news| {
			let updates: Vec<Result<R, String>> = match news {
				Ok(News::Block(block)) => read(&self, &block).into_iter().map(Ok).collect(),
				Ok(News::Final) => Vec::new(),
				Err(reason) => vec![Err(reason)],
			};
			stream::iter(updates)
		});
		updates.boxed()
	}

	fn events_of(&self, wanted: ModelId, news: &BlockNews) -> Vec<ModelEvent> {
		let mut events = Vec::new();
		for own in &news.events {
			if self.model_of(own, news) != Some(wanted) {
				continue;
			}
			let EventParts { name, round, accounts, digest, reason } = (&own.event).into();
			events.push(ModelEvent {
				block: news.block,
				request: own.request,
				model: wanted,
				event: name,
				round,
				accounts,
				digest,
				reason,
			});
		}
		events
	}

	/// Version that a request names, to which something happened in this block.
	fn model_of(&self, own: &RequestEventView, news: &BlockNews) -> Option<ModelId> {
		if let RequestEvent::Pruned { model } = own.event {
			return Some(model);
		}
		let known = self.follower.index.lock().model_of(own.request);
		known.or_else(|| {
			let view = self.chain.api().request(news.block.hash.0, own.request).ok()??;
			Some(view.model)
		})
	}
}

/// A request that is watched.
struct Watch<C, P> {
	state: Arc<State<C, P>>,
	news: Updates<News>,
	id: RequestId,
	/// What was told last.
	last: Request,
}

/// The next change of a request. `None` once there is none any more.
async fn next_change<C: Client, P: Send + Sync + 'static>(
	watch: Option<Watch<C, P>>,
) -> Option<(Result<Request, String>, Option<Watch<C, P>>)> {
	let mut watch = watch?;
	if watch.last.is_final {
		return None;
	}
	loop {
		let is_news = match watch.news.next().await? {
			Ok(News::Block(block)) => block.events.iter().any(|own| own.request == watch.id),
			Ok(News::Final) => watch.last.has_ended(),
			Err(reason) => return Some((Err(reason), None)),
		};
		if !is_news {
			continue;
		}
		match watch.state.request(Id { id: watch.id }) {
			Ok(Some(request)) if request != watch.last => {
				watch.last = request.clone();
				return Some((Ok(request), Some(watch)));
			},
			Ok(Some(_)) => {},
			// It was on a fork, or was pruned.
			Ok(None) => return Some((Err(Error::RequestUnknown(watch.id).to_string()), None)),
			Err(error) => return Some((Err(error.to_string()), None)),
		}
	}
}

impl Request {
	/// Tells whether it has ended, in a block that may not be final.
	fn has_ended(&self) -> bool {
		matches!(self.status.name, StatusName::Settled | StatusName::Failed)
	}
}

/// Answers on which committees agreed in this block.
fn attested(news: &BlockNews) -> Vec<AttestedAnswer> {
	let answer = |own: &opg_runtime_api::RequestEventView| match own.event {
		RequestEvent::Attested { model, digest } => Some(AttestedAnswer {
			block: news.block,
			request: own.request,
			model,
			digest: Hash(digest),
		}),
		_ => None,
	};
	news.events.iter().filter_map(answer).collect()
}
