//! The commands, one module for each subject.

mod balance;
mod challenge;
mod demo;
mod engine;
mod executor;
mod gateway;
mod generate;
mod key;
mod maxima;
mod model;
mod publish;
mod receipt;
mod registry;
mod release;
mod request;
mod stake;
mod text;
mod watch;

pub(crate) use balance::Balance;
pub(crate) use challenge::ChallengeLost;
pub(crate) use demo::DemoCommand;
pub(crate) use engine::EngineCommand;
pub(crate) use executor::ExecutorCommand;
pub(crate) use gateway::Gateway;
pub(crate) use generate::{Completions, Man};
pub(crate) use key::KeyCommand;
pub(crate) use model::ModelCommand;
pub(crate) use receipt::ReceiptCommand;
pub(crate) use request::RequestCommand;
pub(crate) use stake::StakeCommand;
pub(crate) use text::{Chat, Complete};
pub(crate) use watch::Watch;

use crate::{chain::Chain, output::Output, rpc::Endpoint};
use anyhow::{Context, Result};
use opg_runtime::RuntimeEvent;

/// Options that every command has.
pub(crate) struct Session {
	/// The node to connect to.
	pub endpoint: Endpoint,
	/// Form of the results.
	pub output: Output,
}

impl Session {
	/// Connects to the node.
	pub(crate) fn connect(&self) -> Result<Chain> {
		Chain::connect(&self.endpoint)
	}
}

/// What `pick` takes from the first event that it accepts.
fn find_event<T>(
	events: &[RuntimeEvent],
	pick: impl FnMut(&RuntimeEvent) -> Option<T>,
) -> Result<T> {
	events.iter().find_map(pick).context(
		"the transaction succeeded without the event that this program expects: is it of the \
		 node's release?",
	)
}
