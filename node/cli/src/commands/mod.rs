//! The commands, one module for each subject.

pub mod demo;
pub mod engine;
pub mod model;
pub mod receipt;
pub mod request;
pub mod stake;

use anyhow::{Context, Result};
use opg_runtime::RuntimeEvent;

/// What `pick` takes from the first event that it accepts.
fn find_event<T>(
	events: &[RuntimeEvent],
	pick: impl FnMut(&RuntimeEvent) -> Option<T>,
) -> Result<T> {
	events.iter().find_map(pick).context("the block holds no event of the transaction")
}
