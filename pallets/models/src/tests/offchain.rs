//! Versions that the node is told to load.

use super::*;
use crate::offchain::PREPARE_BLOCKS;
use frame_support::traits::Hooks;
use opg_primitives::{Job, JobError, JobStatus, Task, EXECUTOR_KEY_TYPE};
use opg_runtime_interface::{JobQueue, JobQueueExt};
use sp_keystore::{testing::MemoryKeystore, Keystore, KeystoreExt};
use std::sync::{Arc, Mutex};

/// Notes what it is told to load.
#[derive(Clone, Default)]
struct Node(Arc<Mutex<Vec<Task>>>);

impl JobQueue for Node {
	fn submit(&mut self, _: Job) -> Result<JobStatus, JobError> {
		Err(JobError::Internal)
	}
	fn has_model(&mut self, _: [u8; 32]) -> Result<bool, JobError> {
		Ok(false)
	}
	fn watch_share(&mut self) -> Option<u32> {
		None
	}
	fn prepare(&mut self, task: Task) {
		self.0.lock().unwrap().push(task);
	}
}

/// Runs a test on a node that holds the hot key of operator 5, or no key.
fn run_node(has_key: bool, test: impl FnOnce(&Node)) {
	let (node, keystore) = (Node::default(), MemoryKeystore::new());
	if has_key {
		keystore.ed25519_generate_new(EXECUTOR_KEY_TYPE, None).unwrap();
	}
	let mut externalities = externalities();
	externalities.register_extension(KeystoreExt::new(keystore));
	externalities.register_extension(JobQueueExt(Box::new(node.clone())));
	run_in(externalities, || test(&node));
}

/// Numbers of the blocks in whose off-chain run the node was told of a version, with its fuel.
fn told(node: &Node, blocks: std::ops::Range<u64>) -> Vec<(u64, u64)> {
	blocks
		.flat_map(|block| {
			Registry::offchain_worker(block);
			let told = std::mem::take(&mut *node.0.lock().unwrap());
			told.into_iter().map(move |task| (block, task.limits.fuel))
		})
		.collect()
}

#[test]
fn node_should_be_told_of_the_versions_that_its_operator_serves() {
	run_node(true, |node| {
		for fuel in 1..4 {
			register(1, 1, b"m", fuel, 0).unwrap();
		}
		serve(4, 0).unwrap();
		serve(5, 1).unwrap();
		serve(4, 2).unwrap();
		serve(5, 2).unwrap();
		let every = u64::from(PREPARE_BLOCKS);
		let mut first = told(node, 1..every + 1);
		first.sort_unstable();
		assert_eq!(first, [(every, 2), (every, 3)]);
		Registry::stop_serving(origin(5), 1).unwrap();
		assert_eq!(told(node, every + 1..3 * every), [(2 * every, 3)]);
	});
}

#[test]
fn node_should_be_told_of_nothing_when_it_has_no_hot_key() {
	run_node(false, |node| {
		register(1, 1, b"m", 1, 0).unwrap();
		serve(5, 0).unwrap();
		assert_eq!(told(node, 0..100), []);
	});
}
