//! Essential tasks that end in order when the node stops.
//!
//! Substrate reports "Essential task failed" whenever the future of an essential task ends by
//! itself. When the node stops, the exit signal is to end the task before that. Two tasks get ahead
//! of the signal, because they block and do not look at it meanwhile:
//!
//! - `txpool-background` waits in a channel of the standard library until the pool is dropped.
//! - `basic-block-import-worker` executes a block, and then finds that nobody waits for it.
//!
//! [`EssentialTasks`] mends the order. A task that ends lets Substrate look at the signal once more.
//! A blocked task is waiting for something that is dropped only after the signal.

use futures::future::{pending, poll_fn, BoxFuture, FutureExt};
use sc_service::{SpawnEssentialTaskHandle, TaskManager};
use sp_core::traits::SpawnEssentialNamed;
use std::{
	mem,
	sync::{
		atomic::{AtomicBool, Ordering},
		Arc,
	},
	task::Poll,
};

/// User of a task manager.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
	/// A node, which stops when an essential task ends.
	Node,
	/// A subcommand, which lets go of what it no longer needs. Its tasks end with that.
	Subcommand,
}

/// Spawns essential tasks.
#[derive(Clone)]
pub struct EssentialTasks {
	handle: SpawnEssentialTaskHandle,
	/// Tasks may end by themselves from now on.
	may_end: Arc<AtomicBool>,
}

impl EssentialTasks {
	/// Spawns tasks on this task manager.
	pub fn new(task_manager: &TaskManager, purpose: Purpose) -> Self {
		let may_end = AtomicBool::new(purpose == Purpose::Subcommand);
		Self { handle: task_manager.spawn_essential_handle(), may_end: Arc::new(may_end) }
	}

	/// Keeps `needed`, on which tasks depend, until `task_manager` has given its exit signal.
	pub fn keep_alive<T: Send + 'static>(&self, task_manager: &mut TaskManager, needed: T) {
		// A tuple is dropped in its order, and after the signal: see `TaskManager`.
		task_manager.keep_alive((MayEnd(self.may_end.clone()), needed));
	}

	fn ending_in_order(&self, task: BoxFuture<'static, ()>) -> BoxFuture<'static, ()> {
		let may_end = self.may_end.clone();
		async move {
			task.await;
			look_at_the_signal().await;
			if may_end.load(Ordering::SeqCst) {
				pending::<()>().await;
			}
		}
		.boxed()
	}
}

impl SpawnEssentialNamed for EssentialTasks {
	fn spawn_essential_blocking(
		&self,
		name: &'static str,
		group: Option<&'static str>,
		task: BoxFuture<'static, ()>,
	) {
		self.handle.spawn_blocking(name, group, self.ending_in_order(task));
	}

	fn spawn_essential(
		&self,
		name: &'static str,
		group: Option<&'static str>,
		task: BoxFuture<'static, ()>,
	) {
		self.handle.spawn(name, group, self.ending_in_order(task));
	}
}

/// Is polled twice. Before the second time Substrate polls the exit signal, which ends the task.
async fn look_at_the_signal() {
	let mut looked = false;
	poll_fn(|context| {
		if mem::replace(&mut looked, true) {
			return Poll::Ready(());
		}
		context.waker().wake_by_ref();
		Poll::Pending
	})
	.await
}

/// Lets tasks end when it is dropped.
struct MayEnd(Arc<AtomicBool>);

impl Drop for MayEnd {
	fn drop(&mut self) {
		self.0.store(true, Ordering::SeqCst);
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::{sync::mpsc, time::Duration};

	/// Longer than a task of these tests takes to end.
	const MOMENT: Duration = Duration::from_secs(1);

	/// A task that ends when what it depends on is dropped, and sees no signal before.
	fn blocked() -> (mpsc::Sender<()>, BoxFuture<'static, ()>) {
		let (sender, receiver) = mpsc::channel::<()>();
		(sender, async move { for () in receiver {} }.boxed())
	}

	/// Polls a task as often as one that is at its end needs.
	fn ends(mut task: BoxFuture<'static, ()>) -> bool {
		(0..2).any(|_| (&mut task).now_or_never().is_some())
	}

	/// Runs `test` with a task manager, whose runtime must not be dropped from within itself.
	fn with_manager(test: impl FnOnce(TaskManager)) {
		let runtime = sc_cli::build_runtime().expect("threads");
		test(TaskManager::new(runtime.handle().clone(), None).expect("no metrics"));
		runtime.shutdown_timeout(MOMENT);
	}

	#[test]
	fn task_should_end_only_by_the_signal_when_what_it_needs_goes_with_the_node() {
		with_manager(|mut manager| {
			let tasks = EssentialTasks::new(&manager, Purpose::Node);
			let (needed, task) = blocked();
			tasks.keep_alive(&mut manager, needed);
			drop(manager);
			assert!(!ends(tasks.ending_in_order(task)));
		});
	}

	#[test]
	fn task_should_end_by_the_signal_when_it_was_busy_while_the_signal_came() {
		with_manager(|manager| {
			let tasks = EssentialTasks::new(&manager, Purpose::Node);
			let (needed, task) = blocked();
			let (ended, end) = mpsc::channel();
			// As `SpawnEssentialTaskHandle` does with the wrapped task; `failed` is its report.
			let task = tasks.ending_in_order(task).map(move |()| ended.send("failed"));
			manager.spawn_handle().spawn_blocking("test", None, task.map(drop));
			std::thread::sleep(MOMENT / 4);
			drop(manager);
			drop(needed);
			assert!(end.recv_timeout(MOMENT).is_err());
		});
	}

	#[test]
	fn task_should_end_by_itself_when_the_node_runs() {
		with_manager(|mut manager| {
			let tasks = EssentialTasks::new(&manager, Purpose::Node);
			tasks.keep_alive(&mut manager, ());
			let (needed, task) = blocked();
			drop(needed);
			assert!(ends(tasks.ending_in_order(task)));
		});
	}

	#[test]
	fn task_should_end_only_by_the_signal_when_a_subcommand_drops_what_it_needs() {
		with_manager(|manager| {
			let tasks = EssentialTasks::new(&manager, Purpose::Subcommand);
			let (needed, task) = blocked();
			drop(needed);
			assert!(!ends(tasks.ending_in_order(task)));
		});
	}
}
