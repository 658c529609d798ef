//! What happens to the engine costs the node a job at most: it makes a block in every slot, and answers
//! what comes later. A validator of a development chain that answers for all three executors.

#![cfg(target_os = "linux")]

mod common;

use common::{
	compile_engine, is_alive,
	network::{eligible, request, serve, wait_for, Node, PATIENCE},
	onnx::{bytes, floats, input, int, model, node, node_with, output, x, FLOAT},
	signal, try_signal,
};
use opg_primitives::{ModelError, ModelId, Outcome, RequestId};
use std::{
	fs,
	path::PathBuf,
	thread,
	time::{Duration, Instant},
};

/// Memory limits of the two versions of the large model, in MiB: it just fits, and it does not.
const MEMORY: [&str; 2] = ["512", "256"];
/// Sides of the matrix that a run of it holds: 400 MiB.
const SIDE: usize = 10_240;

/// Fuel limit of both.
const FUEL: &str = "20000000000";

/// A model of 16 numbers whose run needs a matrix of `SIDE` x `SIDE`.
fn large_model() -> Vec<u8> {
	let weights: Vec<f32> = (0..16 * SIDE).map(|at| (at % 7) as f32).collect();
	let transposed = bytes(5, [bytes(1, "perm"), int(20, 7), int(8, 1), int(8, 0)].concat());
	model(&[
		input("x", FLOAT, &[1, 16]),
		floats("w", &[16, SIDE as u64], &weights),
		node("MatMul", &["x", "w"], &["row"]),
		node_with("Transpose", &["row"], &["column"], &[transposed]),
		node("MatMul", &["column", "row"], &["matrix"]),
		node("ReduceMax", &["matrix"], &["y"]),
		output("y"),
	])
}

/// A node, and files for it.
struct Chain {
	node: Node,
	/// An input.
	tensors: PathBuf,
}

impl Chain {
	fn request(&self, model: ModelId) -> RequestId {
		request(&self.node, model, &self.tensors)
	}

	/// Waits until a request has its answer from all, and gives it.
	fn answer(&self, id: RequestId) -> Outcome {
		wait_for("all reveal", PATIENCE, || {
			let round = self.node.round(id)?;
			let all = round.current_seats().all(|seat| seat.state.digest().is_some());
			round.answer.filter(|_| all).map(|(_, answer)| answer.outcome)
		})
	}
}

#[test]
fn node_should_make_a_block_in_every_slot_when_its_engine_is_at_its_limit_or_killed() {
	compile_engine();
	let folder = tempfile::tempdir().expect("a folder");
	let [file, tensors] = ["large.onnx", "x.opgt"].map(|name| folder.path().join(name));
	fs::write(&file, large_model()).expect("there is room");
	fs::write(&tensors, x(&[1.0; 16])).expect("there is room");
	Node::add_model(folder.path(), 1, &file);
	let keys = ["--executor-key", "//Bob", "--executor-key", "//Charlie"];
	let own = ["--alice", "--validator", "--force-authoring"];
	let node = Node::start(folder.path(), 1, &[&own[..], &keys].concat());
	let chain = Chain { node, tensors };
	for (model, memory) in (0..).zip(MEMORY) {
		let limits = ["--memory", memory, "--fuel-limit", FUEL, "--load-fuel", FUEL];
		serve(&chain.node, model, &file, &limits, &["//Alice", "//Bob", "//Charlie"]);
	}
	(0..2).for_each(|model| eligible(&chain.node, model, 3));
	let from = chain.node.height();

	let id = chain.request(0);
	let first = chain.answer(id);
	assert!(matches!(first, Outcome::Output(_)), "it fits: {first:?}");
	let id = chain.request(1);
	assert_eq!(chain.answer(id), Outcome::Error(ModelError::OutOfMemory));
	for name in ["KILL", "BUS", "SEGV", "ABRT"] {
		let engine = chain.node.engine();
		// It cannot end the job before it gets the signal.
		signal(engine, "STOP");
		let id = chain.request(0);
		wait_for("it is drawn", PATIENCE, || chain.node.round(id).map(drop));
		thread::sleep(Duration::from_millis(500));
		signal(engine, name);
		signal(engine, "CONT");
		// After a fault that it does not know, the process waits for the next one to end it. A signal
		// from outside, other than a fault, can find a lock taken that its handler needs: then it hangs
		// until the job is over, for longer than this test waits.
		let sent = Instant::now();
		wait_for("it ends", PATIENCE, || {
			let hangs = sent.elapsed() > Duration::from_secs(10);
			try_signal(engine, if hangs { "KILL" } else { name });
			(!is_alive(engine)).then_some(())
		});
		assert_eq!(chain.answer(id), first, "{name}");
	}
	let id = chain.request(0);
	assert_eq!(chain.answer(id), first);

	let slots: Vec<u64> =
		(from..=chain.node.height()).map(|height| chain.node.slot(height)).collect();
	let missed: Vec<_> = slots.windows(2).filter(|pair| pair[1] != pair[0] + 1).collect();
	assert!(missed.is_empty(), "missed of {}: {missed:?}", slots.len());
	assert!(slots.len() > 10);
}
