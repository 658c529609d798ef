//! Encodings and names that the inference engine shares with its users: tensors, bound
//! dimensions, inspection reports, faults and reasons, the check of a model file before it is
//! parsed, content hashes, the engine's pinned id.
//!
//! Each encoding is canonical: one value has one encoding, and a decoder accepts nothing else. All
//! numbers are little endian. The bytes are pinned by the files in `vectors/`, which Rust and
//! Python read.
//!
//! The crate needs only `alloc`: the sandboxed guest and the chain's runtime are compiled with it.

#![no_std]

extern crate alloc;

pub mod dims;
pub mod fault;
pub mod reason;
pub mod report;
pub mod tensor;
pub mod wire;

#[cfg(feature = "hash")]
mod hash;
#[cfg(feature = "pin")]
mod pin;

pub use dims::{Dim, Dims, DimsError};
pub use fault::ModelFault;
#[cfg(feature = "hash")]
pub use hash::{content_hash, digest};
#[cfg(feature = "pin")]
pub use pin::PINNED_ENGINE_ID;
pub use reason::Reason;
pub use report::{Description, Generation, Inspection, Port, ReportError};
pub use tensor::{DType, Tensor, TensorError};

/// Longest model file, in bytes.
pub const MAX_MODEL_BYTES: usize = 1 << 30;
