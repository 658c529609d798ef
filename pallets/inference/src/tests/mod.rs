//! Tests by topic. Every test ends with the invariants and the conservation of all planck.

mod agenda;
mod audits;
mod challenges;
mod draw;
mod fees;
mod pruning;
mod requests;
mod settlement;
mod walk;
mod wire;
