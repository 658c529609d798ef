//! What the methods give: the shapes of docs/openrpc.json, which is generated from them.
//!
//! What is absent is `null`, and never missing.

mod chain;
mod model;
mod names;
mod request;
mod scalar;
mod stake;

pub use chain::*;
pub use model::*;
pub use names::{
	dispatch_error, invalid_transaction, named, unknown_transaction, validity_error, Named,
};
pub use request::*;
pub use scalar::*;
pub use stake::*;

use opg_primitives::BlockNumber;
use schemars::JsonSchema;
use serde::Serialize;
use sp_core::H256;

/// Block.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, JsonSchema, Debug)]
pub struct Block {
	/// Height.
	pub number: BlockNumber,
	/// Hash.
	pub hash: Hash,
}

impl Block {
	/// The block of this height and hash.
	pub fn new(number: BlockNumber, hash: H256) -> Self {
		Self { number, hash: Hash(hash) }
	}
}

/// Items of a listing.
#[derive(Clone, PartialEq, Eq, Serialize, JsonSchema, Debug)]
#[schemars(rename = "{I}Page")]
pub struct Page<I> {
	/// The items. Their order is fixed, and means nothing.
	pub items: Vec<I>,
	/// Cursor of the next page, which may be empty. `null` after the last.
	pub next: Option<Hex>,
}

impl<I> Page<I> {
	/// A page of the runtime's, its items converted.
	pub(crate) fn of<V>(page: opg_runtime_api::Page<V>, convert: impl FnMut(V) -> I) -> Self {
		let opg_runtime_api::Page { items, next } = page;
		Self { items: items.into_iter().map(convert).collect(), next: next.map(Hex) }
	}
}
