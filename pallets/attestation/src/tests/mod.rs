//! Unit tests, by topic.

#![allow(clippy::unwrap_used)]

mod batches;
mod commit;
mod commitments;
mod deadlines;
mod decline;
mod invariants;
mod judging;
mod removal;
mod reveal;
mod tally;
mod worker;
