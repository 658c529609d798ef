//! Tests by topic. Every test ends with the invariants and the conservation of all planck.

mod agenda;
mod audits;
mod capacity;
mod challenges;
mod court;
mod draw;
mod fees;
mod pruning;
mod queue;
mod requests;
mod rounds;
mod settlement;
mod walk;
mod wire;
