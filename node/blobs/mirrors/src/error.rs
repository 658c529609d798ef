//! Why mirrors cannot be used at all.

/// Why mirrors cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub enum Error {
	/// There are too many.
	#[error("{0} mirrors are named, at most {max} can be", max = crate::MAX_MIRRORS)]
	TooManyMirrors(usize),
	/// The system has no certificates to trust.
	#[error("the system has no certificates to know a mirror by: install ca-certificates ({0})")]
	NoCertificates(String),
	/// The library of TLS cannot be used.
	#[error("TLS: {0}")]
	Tls(#[from] rustls::Error),
}
