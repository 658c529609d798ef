//! Unit tests, by topic.

#![allow(clippy::unwrap_used)]

mod batches;
mod benches;
mod declarations;
mod docket;
mod invariants;
mod sittings;
mod tally;
mod votes;
mod worker;
