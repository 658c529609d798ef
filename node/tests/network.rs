//! A network of four validators finalizes without one of them, stands still without two, goes on when
//! they are back, and answers a request. `scripts/test-network.sh` breaks more, and takes longer.

#![cfg(target_os = "linux")]

mod common;

use common::{
	compile_engine,
	network::{eligible, opg, request, serve, wait_for, Node, PATIENCE},
};
use opg_primitives::BlockNumber;
use std::{path::Path, thread, time::Duration};

const DIGITS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/examples/digits/digits.onnx");
const CHAIN: &str = "local";
/// Votes on the way still count when their validator is gone.
const ON_THE_WAY: Duration = Duration::from_secs(3);

/// Waits until a node finalizes this many blocks more.
fn finalizes(node: &Node, more: BlockNumber) {
	let target = node.finalized() + more;
	wait_for("it finalizes", PATIENCE, || (node.finalized() >= target).then_some(()));
}

/// Waits until a node has finalized what the best chain of another is now.
fn follows(node: &Node, other: &Node) {
	let target = other.height();
	wait_for("it follows", PATIENCE, || (node.finalized() >= target).then_some(()));
}

#[test]
fn network_should_go_on_when_validators_are_killed_and_return() {
	compile_engine();
	let folder = tempfile::tempdir().expect("a folder");
	for number in 1..=4 {
		Node::add_model_on(CHAIN, folder.path(), number, Path::new(DIGITS));
	}
	let start = |number, options: &[&str]| {
		Node::start_on(CHAIN, folder.path(), number, &[options, &["--validator"][..]].concat())
	};
	let alice = start(1, &["--alice"]);
	let peer = alice.peer();
	let bob = start(2, &["--bob", "--bootnodes", &peer]);
	let charlie = start(3, &["--charlie", "--bootnodes", &peer]);
	let dave = start(4, &["--dave", "--bootnodes", &peer]);
	finalizes(&alice, 1);
	let tensors = folder.path().join("digit.json");
	let output = tensors.to_str().expect("it is UTF-8");
	opg(&alice, &["demo", "input", "--digit", "7", "--output", output]);
	serve(&alice, 0, Path::new(DIGITS), &[], &["//Alice", "//Bob", "//Charlie"]);

	// Until what is served counts, two sessions pass.
	let dave = dave.kill();
	finalizes(&alice, 3);
	let charlie = charlie.kill();
	thread::sleep(ON_THE_WAY);
	let (finalized, best) = (alice.finalized(), alice.height());
	wait_for("they make blocks", PATIENCE, || (alice.height() > best + 1).then_some(()));
	assert_eq!(alice.finalized(), finalized, "two of four finalize nothing");
	let charlie = charlie();
	follows(&alice, &alice);
	follows(&charlie, &alice);

	eligible(&alice, 0, 3);
	let id = request(&alice, 0, &tensors);
	let dave = dave();
	wait_for("all reveal", PATIENCE, || {
		let round = dave.round(id)?;
		let all = round.current_seats().all(|seat| seat.state.digest().is_some());
		all.then_some(())
	});
	for node in [&alice, &bob, &charlie, &dave] {
		follows(node, &alice);
	}
}
