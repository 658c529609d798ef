//! Receipts: files that prove a settled request to whoever trusts one hash.
//!
//! A receipt holds the state of a final block as far as it is about one request, and why that block
//! is final: from the genesis state, or from a set of GRANDPA authorities, every later set is
//! announced in a header that the set before it justified. [`verify()`] checks all of it and gives what
//! is proven. It asks nobody: the [`Anchor`] is all that is trusted.
//!
//! The crate knows no runtime. Storage keys are constants of the format, and the types of the proven
//! values are its own ([`v4`]), so that a receipt stays readable when the chain has moved on. Tests of
//! `opg-cli` pin both against the runtime: where they fail, the format needs another version.
//!
//! Nothing in a file can make it panic, and [`limits`] bound all work.

mod error;
mod file;
mod finality;
mod header;
mod json;
pub mod limits;
mod primitives;
#[cfg(test)]
mod tests;
mod trie;
pub mod v4;
mod verify;

pub use error::{Error, FinalityError, GenesisError, ProofError};
pub use file::{Fragment, GenesisState, Receipt, VERSION};
pub use finality::{Authority, AuthorityFile, AuthoritySet};
pub use header::Header;
pub use primitives::{AccountId, Hash};
pub use verify::{verify, Anchor, Input, Statement};
