//! Measures the engine, for scripts/bench-engine.sh; not of use otherwise.
fn main() {}
