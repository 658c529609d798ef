//! Registers methods, and writes the document of them at the same time: neither has what the other lacks.

use crate::{
	document::{About, Document},
	error::Error,
	params::{parse, Parameters},
	slots::Slots,
};
use futures::{future::BoxFuture, stream::BoxStream, StreamExt};
use jsonrpsee::{
	core::StringError,
	server::RegisterMethodError,
	types::{ErrorObjectOwned, Params},
	Extensions, PendingSubscriptionSink, RpcModule, SubscriptionMessage, SubscriptionSink,
};
use sc_rpc_api::check_if_safe;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use std::{sync::Arc, time::Duration};

/// Time that a subscriber has to take a message. Who is slower is dropped, and told so.
const SLOW: Duration = Duration::from_secs(10);

/// What a subscription gives. An error closes it, and is told as the reason.
pub(crate) type Updates<R> = BoxStream<'static, Result<R, String>>;

/// Method that waits.
type Handler<X, A, R> = fn(Arc<X>, A) -> BoxFuture<'static, Result<R, Error>>;

/// Methods that work on `X`, and their document.
pub(crate) struct Methods<X> {
	module: RpcModule<X>,
	document: Document,
	slots: Slots,
}

impl<X: Send + Sync + 'static> Methods<X> {
	/// None yet. Subscriptions take their places of `slots`.
	pub(crate) fn new(state: Arc<X>, slots: Slots) -> Self {
		Self { module: RpcModule::from_arc(state), document: Document::new(), slots }
	}

	/// Adds a method that reads the chain, on a thread of its own.
	pub(crate) fn read<A, R>(
		&mut self,
		about: About,
		handler: fn(&X, A) -> Result<R, Error>,
	) -> Result<(), RegisterMethodError>
	where
		A: Parameters + 'static,
		R: Serialize + JsonSchema + Clone + Send + 'static,
	{
		self.document.method::<A, R>(&about);
		self.module.register_blocking_method(about.name, move |params, state, extensions| {
			allow(&about, &extensions)?;
			let result = parse(&params).and_then(|params| handler(&state, params));
			result.map_err(ErrorObjectOwned::from)
		})?;
		Ok(())
	}

	/// Adds a method that waits.
	pub(crate) fn call<A, R>(
		&mut self,
		about: About,
		handler: Handler<X, A, R>,
	) -> Result<(), RegisterMethodError>
	where
		A: Parameters + Send + 'static,
		R: Serialize + JsonSchema + Clone + Send + 'static,
	{
		self.document.method::<A, R>(&about);
		let run = move |params: Params<'static>, state, extensions: Extensions| async move {
			allow(&about, &extensions)?;
			let params = parse(&params)?;
			handler(state, params).await.map_err(ErrorObjectOwned::from)
		};
		self.module.register_async_method(about.name, run)?;
		Ok(())
	}

	/// Adds a subscription. Its handler ends before it is accepted, and may refuse it.
	pub(crate) fn subscription<A, R>(
		&mut self,
		about: About,
		notification: &'static str,
		unsubscribe: &'static str,
		handler: Handler<X, A, Updates<R>>,
	) -> Result<(), RegisterMethodError>
	where
		A: Parameters + Send + 'static,
		R: Serialize + JsonSchema + Send + 'static,
	{
		self.document.subscription::<A, R>(&about, unsubscribe, notification);
		let slots = self.slots.clone();
		let run = move |params: Params<'static>, pending: PendingSubscriptionSink, state, _| {
			let slots = slots.clone();
			async move {
				let connection = pending.connection_id();
				let begin = async {
					let slot = slots.take(connection)?;
					let updates = handler(state, parse(&params)?).await?;
					Ok::<_, Error>((slot, updates))
				};
				let (_slot, updates) = match begin.await {
					Ok(begun) => begun,
					Err(error) => {
						pending.reject(error).await;
						return Ok(());
					},
				};
				match pending.accept().await {
					Ok(sink) => pump(sink, updates).await,
					// It has gone.
					Err(_) => Ok(()),
				}
			}
		};
		self.module.register_subscription(about.name, notification, unsubscribe, run)?;
		Ok(())
	}

	/// Describes a method that another part of the node answers.
	pub(crate) fn elsewhere<A: Parameters, R: JsonSchema>(&mut self, about: About) {
		self.document.method::<A, R>(&about);
	}

	/// The methods, with `rpc.discover`, and their document.
	pub(crate) fn finish(self) -> Result<(RpcModule<X>, Value), RegisterMethodError> {
		let Self { mut module, document, .. } = self;
		let document = document.finish();
		let discovered = document.clone();
		module.register_method("rpc.discover", move |_, _, _| {
			Ok::<_, ErrorObjectOwned>(discovered.clone())
		})?;
		Ok((module, document))
	}
}

/// Refuses what is for the operator alone to others.
fn allow(about: &About, extensions: &Extensions) -> Result<(), ErrorObjectOwned> {
	match about.is_unsafe {
		true => check_if_safe(extensions).map_err(Into::into),
		false => Ok(()),
	}
}

/// Sends updates until they end, or the subscriber does, or is too slow.
async fn pump<R: Serialize>(
	sink: SubscriptionSink,
	mut updates: Updates<R>,
) -> Result<(), StringError> {
	loop {
		let update = tokio::select! {
			() = sink.closed() => return Ok(()),
			update = updates.next() => update,
		};
		let Some(update) = update else { return Ok(()) };
		// The reason becomes a JSON string as it is.
		let update = update.map_err(|reason| reason.replace(['"', '\\'], "'"))?;
		let message = SubscriptionMessage::from_json(&update)?;
		match sink.send_timeout(message, SLOW).await {
			Ok(()) => {},
			Err(jsonrpsee::SendTimeoutError::Closed(_)) => return Ok(()),
			Err(jsonrpsee::SendTimeoutError::Timeout(_)) => {
				return Err(format!("it took no message for {} s", SLOW.as_secs()).into());
			},
		}
	}
}
