//! Threads with the native stack that the guest needs.

use crate::error::EngineError;
use std::{
	cell::Cell,
	io,
	thread::{self, JoinHandle},
};

/// Native stack that the guest may use. The artifact limits the height of its frames, in the same
/// way everywhere (see [`opg_engine_meter`]). How much a frame takes natively depends on the CPU,
/// so this is 16 times that limit. If it ends all the same, that is trouble of this machine.
pub const GUEST_STACK: usize = 16 * opg_engine_meter::STACK_LIMIT as usize;
/// The same, with what the guest calls on the host.
const FULL_STACK: usize = GUEST_STACK + (4 << 20);

thread_local! {
	/// This thread has the stack that the guest needs.
	static HAS_GUEST_STACK: Cell<bool> = const { Cell::new(false) };
}

/// Starts a thread on which the engine runs models without starting one for each.
pub fn spawn<T: Send + 'static>(
	name: String,
	work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
	thread::Builder::new().name(name).stack_size(FULL_STACK).spawn(move || {
		HAS_GUEST_STACK.set(true);
		work()
	})
}

/// Calls `work` on a thread with the stack that the guest needs: this one, or a new one.
pub fn on_guest_stack<T: Send>(
	work: impl FnOnce() -> Result<T, EngineError> + Send,
) -> Result<T, EngineError> {
	if HAS_GUEST_STACK.get() {
		return work();
	}
	thread::scope(|scope| {
		let thread = thread::Builder::new().name("opg-engine".into()).stack_size(FULL_STACK);
		let done = thread.spawn_scoped(scope, work).map_err(EngineError::Thread)?.join();
		done.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
	})
}
