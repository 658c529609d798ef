//! Configuration of the pallets, by subject.

mod accounts;
pub(crate) mod consensus;
mod court;
pub mod governance;
mod inference;
mod staking;
mod system;

pub use accounts::ProxyType;
pub(crate) use system::block_weights;
