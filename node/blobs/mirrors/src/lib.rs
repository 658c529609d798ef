#![doc = include_str!("../README.md")]

mod address;
mod client;
mod error;
mod mirror;
mod resolve;

pub use address::Addresses;
pub use error::Error;
pub use mirror::{InvalidMirror, Mirror};
pub use resolve::{Resolve, SystemResolver};
pub use rustls::{pki_types::CertificateDer, RootCertStore};

use client::Client;
use futures::future::{BoxFuture, FutureExt};
use opg_blobs::{
	exchange::{Download, MirrorError, Mirrors},
	store::Hash,
};
use rustls::{crypto::ring, ClientConfig};
use std::sync::Arc;

/// Mirrors that an operator can name.
pub const MAX_MIRRORS: usize = 8;

/// Mirrors that speak HTTP. They are asked in their order.
#[derive(Clone, Debug)]
pub struct HttpMirrors {
	mirrors: Vec<Mirror>,
	client: Client,
}

impl HttpMirrors {
	/// Mirrors at these addresses, known by the certificates that the system trusts.
	///
	/// # Errors
	///
	/// [`Error`], all of them.
	pub fn new(mirrors: Vec<Mirror>, addresses: Addresses) -> Result<Self, Error> {
		let mut roots = RootCertStore::empty();
		let found = rustls_native_certs::load_native_certs();
		roots.add_parsable_certificates(found.certs);
		if roots.is_empty() && mirrors.iter().any(|mirror| !mirror.is_plain()) {
			let errors: Vec<String> = found.errors.iter().map(ToString::to_string).collect();
			return Err(Error::NoCertificates(errors.join("; ")));
		}
		Self::with_roots(mirrors, addresses, roots, Arc::new(SystemResolver))
	}

	/// The same with certificates and names from elsewhere.
	///
	/// # Errors
	///
	/// [`Error::TooManyMirrors`] and [`Error::Tls`].
	pub fn with_roots(
		mirrors: Vec<Mirror>,
		addresses: Addresses,
		roots: RootCertStore,
		resolve: Arc<dyn Resolve>,
	) -> Result<Self, Error> {
		if mirrors.len() > MAX_MIRRORS {
			return Err(Error::TooManyMirrors(mirrors.len()));
		}
		// Named, as another part of the program may have made another one the default.
		let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
			.with_safe_default_protocol_versions()?
			.with_root_certificates(roots)
			.with_no_client_auth();
		Ok(HttpMirrors { mirrors, client: Client { tls: Arc::new(tls), resolve, addresses } })
	}
}

impl Mirrors for HttpMirrors {
	fn count(&self) -> usize {
		self.mirrors.len()
	}

	fn name(&self, mirror: usize) -> String {
		self.mirrors.get(mirror).map(ToString::to_string).unwrap_or_default()
	}

	fn open(
		&self,
		mirror: usize,
		hash: Hash,
		size: u64,
		start: u64,
	) -> BoxFuture<'static, Result<Download, MirrorError>> {
		match self.mirrors.get(mirror) {
			Some(mirror) => self.client.clone().download(mirror.clone(), hash, size, start).boxed(),
			None => async { Err(MirrorError::NotFound) }.boxed(),
		}
	}
}
