//! What the methods work on.

use crate::{
	client::Chain, follower::Follower, host::Host, inputs::Inputs, serving::Serving, slots::Slots,
};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Dry runs at a time. Each takes a thread until it is done.
const DRY_RUNS: usize = 2;

/// The chain as its specification describes it.
#[derive(Clone, Debug)]
pub struct ChainInfo {
	/// Name.
	pub name: String,
}

/// Parts behind the methods.
pub(crate) struct State<C, P> {
	pub(crate) chain: Chain<C>,
	pub(crate) pool: Arc<P>,
	pub(crate) info: ChainInfo,
	pub(crate) host: Arc<dyn Host>,
	pub(crate) inputs: Arc<Inputs>,
	pub(crate) follower: Follower,
	pub(crate) serving: Serving,
	pub(crate) slots: Slots,
	pub(crate) dry_runs: Semaphore,
}

impl<C, P> State<C, P> {
	pub(crate) fn new(
		chain: Chain<C>,
		pool: Arc<P>,
		info: ChainInfo,
		host: Arc<dyn Host>,
		inputs: Arc<Inputs>,
		follower: Follower,
	) -> Self {
		Self {
			chain,
			pool,
			info,
			host,
			inputs,
			follower,
			serving: Serving::default(),
			slots: Slots::default(),
			dry_runs: Semaphore::new(DRY_RUNS),
		}
	}
}
