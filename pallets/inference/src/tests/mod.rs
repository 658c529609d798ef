//! Tests by topic. Every test ends with the invariants and the conservation of all planck.

mod agenda;
mod audits;
mod capacity;
mod challenges;
mod contents;
mod court;
mod draw;
mod fees;
mod fuel_limits;
mod intake;
mod pool_challenges;
mod pruning;
mod queue;
mod replacement;
mod requests;
mod reserve;
mod rounds;
mod settlement;
mod walk;
mod watching;
mod windows;
mod wire;
