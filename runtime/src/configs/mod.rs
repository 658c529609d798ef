//! Configuration of the pallets, by subject.

mod accounts;
mod consensus;
mod governance;
mod inference;
mod staking;
mod system;
