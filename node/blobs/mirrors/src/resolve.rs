//! Addresses of names.

use futures::future::{BoxFuture, FutureExt};
use std::{fmt::Debug, io, net::IpAddr};

/// Finds the addresses of a name.
pub trait Resolve: Debug + Send + Sync + 'static {
	/// The addresses, in the order in which they are to be tried.
	fn resolve(&self, name: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>>;
}

/// Asks the system, as every program does.
#[derive(Clone, Copy, Debug)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
	fn resolve(&self, name: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
		async move {
			let found = tokio::net::lookup_host((name, 0)).await?;
			Ok(found.map(|address| address.ip()).collect())
		}
		.boxed()
	}
}
