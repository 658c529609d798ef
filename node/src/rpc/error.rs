//! Errors of the methods about blobs, with their codes.

use jsonrpsee::types::{ErrorObject, ErrorObjectOwned};
use opg_blobs::{exchange, store};
use opg_primitives::RequestId;
use sp_core::H256;

/// Failure of a method about blobs.
#[derive(Debug, thiserror::Error)]
pub enum Error {
	/// Strangers may upload what the chain names.
	#[error(
		"no registered version has the file {hash:?} of {size} bytes, and this node takes no other \
		 uploads: register it first, or use a node that runs with --rpc-methods unsafe"
	)]
	NotRegistered {
		/// Name of the file.
		hash: H256,
		/// Its size.
		size: u64,
	},
	/// The request that is named does not await the file.
	#[error(
		"request {request} does not await {hash:?} of {size} bytes on the chain of this node: see that \
		 it is included and open, and that hash and size are those of its input"
	)]
	NotAwaited {
		/// Number of the request.
		request: RequestId,
		/// Name of the file.
		hash: H256,
		/// Its size.
		size: u64,
	},
	/// Others upload.
	#[error(
		"{limit} uploads are open on this node: try again in two minutes, or use another node"
	)]
	TooManyUploads {
		/// Most that can be open.
		limit: usize,
	},
	/// The connection uploads.
	#[error("{limit} uploads of this connection are open: finish one")]
	TooManyOfConnection {
		/// Most that can be open.
		limit: usize,
	},
	/// Somebody uploads it under another size.
	#[error("the file is being uploaded as of {open} bytes, not {given}: see which is right")]
	OtherSize {
		/// Size of the open upload.
		open: u64,
		/// Size that was given now.
		given: u64,
	},
	/// There is no such upload, or it was idle for so long that it was closed.
	#[error("no upload of {0:?} is open: begin it, which goes on where it was")]
	NoUpload(H256),
	/// Ranges are missing.
	#[error("{missing} bytes are missing: begin the upload again to see which, and send them")]
	Incomplete {
		/// Bytes that are missing.
		missing: u64,
	},
	/// The blob is not here.
	#[error("this node does not hold {0:?}: ask another, or let this one fetch it")]
	NotHere(H256),
	/// The node has no network for blobs.
	#[error("this node fetches no blobs: its offchain worker or its network is off")]
	NoFetcher,
	/// A fetch is not begun.
	#[error(transparent)]
	Refused(#[from] exchange::Refused),
	/// The store fails.
	#[error(transparent)]
	Store(#[from] store::Error),
	/// The chain's state cannot be read.
	#[error("the node's state cannot be read: {0}")]
	State(String),
}

impl Error {
	/// Code of the error in JSON-RPC.
	fn code(&self) -> i32 {
		match self {
			Self::NotRegistered { .. } => 7001,
			Self::TooManyUploads { .. } | Self::TooManyOfConnection { .. } => 7002,
			Self::NoUpload(_) => 7003,
			Self::Incomplete { .. } => 7004,
			Self::Store(store::Error::Forged { .. } | store::Error::InvalidRange { .. }) => 7005,
			Self::OtherSize { .. } => 7006,
			Self::NotHere(_) => 7007,
			Self::NoFetcher | Self::Refused(_) => 7008,
			Self::Store(_) => 7009,
			Self::State(_) => 7010,
			Self::NotAwaited { .. } => 7011,
		}
	}
}

impl From<Error> for ErrorObjectOwned {
	fn from(error: Error) -> Self {
		ErrorObject::owned(error.code(), error.to_string(), None::<()>)
	}
}
