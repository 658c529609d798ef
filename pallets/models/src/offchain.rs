//! Off-chain worker of an executor: names the versions that it serves to its node, which loads them
//! ahead of the first job.

use crate::{pallet::*, types::*};
use alloc::vec::Vec;
use codec::Encode;
use frame_system::pallet_prelude::BlockNumberFor;
use opg_primitives::{host::VersionedTask, ExecutorKey, Task, TaskInput};
use pallet_opg_support::ExecutorDirectory;
use sp_runtime::{traits::Zero, RuntimeAppPublic};

/// Blocks from one time that the node is told to the next. A file that arrives later, or a version that
/// is served from now on, is found then.
pub(crate) const PREPARE_BLOCKS: u32 = 10;

impl<T: Config> Pallet<T> {
	/// Names the versions that operators of this node serve, every [`PREPARE_BLOCKS`] blocks.
	pub(crate) fn prepare_served(block: BlockNumberFor<T>) {
		if !(block % PREPARE_BLOCKS.into()).is_zero() {
			return;
		}
		let operators: Vec<T::AccountId> =
			ExecutorKey::all().iter().filter_map(T::Executors::operator_of).collect();
		if operators.is_empty() {
			return;
		}
		for (model, list) in ServingExecutors::<T>::iter() {
			let is_served = |own: &ServingExecutor<T::AccountId>| {
				own.until.is_none() && operators.contains(&own.executor)
			};
			if !list.iter().any(is_served) {
				continue;
			}
			let Some(Model { model_hash, engine_id, dims, limits, .. }) = Models::<T>::get(model)
			else {
				continue;
			};
			let task =
				Task { model_hash, engine_id, dims, input: TaskInput::Inline(Vec::new()), limits };
			let task = VersionedTask::V1(task).encode();
			opg_runtime_interface::inference_host::prepare(task);
		}
	}
}
