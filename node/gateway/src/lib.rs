//! The HTTP surface of OPG Chain, for clients that people already have: the Open Inference Protocol
//! (KServe v2), embeddings in the shape of OpenAI, receipts.
//!
//! The crate knows nothing of the chain but the trait [`Backend`]. `docs/gateway.md` describes the
//! surface.

pub mod amount;
pub mod backend;
pub mod error;
mod http;
pub mod keys;
pub mod ledger;
mod metrics;
pub mod service;

pub use backend::{Backend, BackendError};
pub use error::ApiError;
pub use http::{listen, Gateway, ListenError, Site, SiteError, Web};
pub use keys::{Keys, Limits};
pub use ledger::Ledger;
pub use service::{Service, Settings};
