//! Unit tests, by topic.

#![allow(clippy::unwrap_used)]

mod batches;
mod benches;
mod budget;
mod declarations;
mod docket;
mod holding;
mod holdings;
mod invariants;
mod panels;
mod presence;
mod sittings;
mod tally;
mod votes;
mod witnesses;
mod worker;
