//! Blobs travel between nodes: messages, the side that serves, the side that fetches.
//!
//! There is no network here. A [`Transport`] sends requests and finds peers; the node makes one of
//! the chain's network, tests make others. [ADR 33](../../../../docs/adr/0033-blobs-over-request-response.md)
//! says why it is as it is.
//!
//! - [`Server`] answers the requests of peers from a [`Store`](crate::store::Store), within
//!   [`ServeLimits`].
//! - [`Fetcher`] brings blobs into a store, each from several peers at once. Whoever wants a blob
//!   calls [`Fetcher::fetch`] and gets a [`Fetch`], which tells how far it is and waits for its
//!   end. A fetch goes on where an earlier one, or an earlier run of the node, ended.
//!
//! ```no_run
//! # use opg_blobs::{exchange::*, store::{Hash, Store}};
//! # async fn example(store: Store, hash: Hash, size: u64) -> Result<(), Box<dyn std::error::Error>> {
//! let fetcher = Fetcher::new(store, FetchLimits::default());
//! // The node spawns `fetcher.clone().run(transport)`.
//! let mut fetch = fetcher.fetch(hash, size, Wish { priority: Priority::Normal, deadline: None })?;
//! println!("{} of {size} bytes are here", fetch.status().received);
//! fetch.finished().await?;
//! # Ok(())
//! # }
//! ```

mod fetch;
mod fetcher;
mod message;
mod mirrors;
mod pace;
mod peers;
mod ranges;
mod server;
mod status;
mod transport;

pub use fetcher::{FetchLimits, FetchStats, Fetcher};
pub use message::{Reply, Request, MAX_REPLY_BYTES, MAX_REQUEST_BYTES};
pub use mirrors::{Download, MirrorError, MirrorLimits, Mirrors};
pub use server::{Answer, Malformed, ServeLimits, ServeStats, Server};
pub use status::{Fetch, FetchError, Priority, Refused, State, Status, Wish};
pub use transport::{Misbehaviour, Transport, Unreachable};
