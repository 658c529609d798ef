//! A blob travels between real nodes of a development chain: by each backend of the network, on after
//! a node was killed in the middle, and from a node that fetched it itself.

#![cfg(target_os = "linux")]

mod common;

use common::{
	compile_engine,
	network::{wait_for, wait_looking, Node, PATIENCE},
	NODE,
};
use opg_blobs::store::blob_hash;
use serde_json::{json, Value};
use std::{
	fs::{self, File},
	io::{BufWriter, Write},
	path::Path,
	process::{Command, Output},
	time::{Duration, Instant},
};

const MIB: u64 = 1 << 20;
const SIZE: u64 = 256 * MIB;
/// Time for which a node serves as fast as it can, to see whether it misses slots.
const UNDER_LOAD: Duration = Duration::from_secs(60);

/// Runs a command of the node about the blobs of the node with this number.
fn blobs(folder: &Path, number: u32, command: &str, arguments: &[&str]) -> Output {
	Command::new(NODE)
		.args(["blobs", command, "--chain", "dev", "--base-path"])
		.arg(folder.join(format!("node{number}")))
		.args(arguments)
		.output()
		.expect("it runs")
}

/// Puts a file of 256 MiB and an odd byte into the store of a node, and returns its name.
fn import(folder: &Path, number: u32) -> String {
	let path = folder.join("file");
	let mut file = BufWriter::new(File::create(&path).expect("it can be written"));
	for word in 0..SIZE / 8 {
		let word: u64 = word.wrapping_mul(0x9e37_79b9_7f4a_7c15);
		file.write_all(&word.to_le_bytes()).expect("it can be written");
	}
	file.write_all(&[7]).expect("it can be written");
	file.flush().expect("it can be written");
	let imported = blobs(folder, number, "import", &[path.to_str().expect("it is UTF-8")]);
	assert!(imported.status.success(), "{imported:?}");
	String::from_utf8(imported.stdout).expect("text").trim().to_owned()
}

fn fetch(node: &Node, hash: &str) {
	node.rpc("blobs_v1_fetch", json!([hash, SIZE + 1]));
}

fn status(node: &Node, hash: &str) -> Value {
	let status = node.rpc("blobs_v1_status", json!([hash]));
	assert_ne!(status["state"], "failed", "{status}");
	status
}

fn received(node: &Node, hash: &str) -> u64 {
	status(node, hash)["received"].as_u64().unwrap_or(0)
}

fn wait_until_complete(node: &Node, hash: &str) {
	wait_looking("the blob is complete", PATIENCE, Duration::from_millis(5), || {
		(status(node, hash)["state"] == "complete").then_some(())
	});
}

#[test]
fn blob_should_arrive_whoever_is_killed_and_whatever_backend_the_nodes_have() {
	compile_engine();
	let folder = tempfile::tempdir().expect("a folder");
	let folder = folder.path();
	let hash = import(folder, 1);
	let own = ["--alice", "--validator", "--force-authoring", "--blob-upload-rate", "64"];
	let source = Node::start(folder, 1, &own);

	// It is killed in the middle, and goes on where it was.
	let second = Node::start(folder, 2, &["--bootnodes", &source.peer()]);
	fetch(&second, &hash);
	wait_for("some of it is here", PATIENCE, || {
		(received(&second, &hash) > 64 * MIB).then_some(())
	});
	let before = received(&second, &hash);
	assert!(before < SIZE, "too fast to be killed in the middle");
	let second = second.kill()();
	fetch(&second, &hash);
	let after = wait_for("it goes on", PATIENCE, || {
		Some(received(&second, &hash)).filter(|received| *received > 0)
	});
	assert!(after >= before, "{after} of {before} bytes are left");
	wait_until_complete(&second, &hash);

	// Whoever fetched it has it for others, also over the other backend.
	let other = second.peer();
	drop(source);
	let options = ["--bootnodes", &other, "--network-backend", "libp2p"];
	let third = Node::start(folder, 3, &options);
	fetch(&third, &hash);
	wait_until_complete(&third, &hash);
	let exported = folder.join("exported");
	let export = blobs(folder, 3, "export", &[&hash, exported.to_str().expect("it is UTF-8")]);
	assert!(export.status.success(), "{export:?}");
	let same = Command::new("cmp").arg(folder.join("file")).arg(exported).status();
	assert!(same.expect("it runs").success());
}

/// Time for 256 MiB between nodes, against copying and hashing them in one thread, and the slots that
/// the serving validator misses. `scripts/bench-blobs.sh` runs it.
#[test]
#[ignore = "a measurement of two minutes, for a machine that does nothing else"]
fn validator_should_miss_no_slot_when_it_serves_as_fast_as_it_can() {
	compile_engine();
	let folder = tempfile::tempdir().expect("a folder");
	let folder = folder.path();
	let hash = import(folder, 1);
	let own = ["--alice", "--validator", "--force-authoring", "--blob-upload-rate", "65536"];
	let source = Node::start(folder, 1, &own);
	let peer = source.peer();
	// Whoever serves a blob holds it open for a while, and could not lose it in between.
	let options = ["--bootnodes", &peer, "--blob-upload-rate", "0"];
	let start = |number| Node::start(folder, number, &options);
	let others: Vec<Node> = (2..6).map(start).collect();
	for node in &others {
		wait_for("it has a peer", PATIENCE, || {
			(node.rpc("system_health", json!([]))["peers"] != 0).then_some(())
		});
	}
	let first = source.height() + 1;
	wait_for("the chain goes on", PATIENCE, || (source.height() >= first).then_some(()));

	let copy = median(|| copy_and_hash(folder));
	println!("copy, sync and BLAKE3 in one thread: {copy:.2} s");
	let one = median(|| spread(folder, &others[..1], &hash));
	println!("one node to another: {one:.2} s, {:.0} MiB/s", 256.0 / one);
	let four = median(|| spread(folder, &others, &hash));
	println!("one node to four: {four:.2} s, {:.0} MiB/s in all", 4.0 * 256.0 / four);
	let begun = Instant::now();
	while begun.elapsed() < UNDER_LOAD {
		spread(folder, &others, &hash);
	}

	let last = source.height();
	let slots = source.slot(last) - source.slot(first);
	let missed = slots - u64::from(last - first);
	println!("{slots} slots, {missed} of them without a block");
	println!("RESULT blob_rate_over_copy {:.2}", copy / one);
	println!("RESULT blob_one_to_four_over_copy {:.2}", copy / four);
	println!("RESULT blob_missed_slots {missed}");
	assert_eq!(missed, 0);
}

fn median(mut measure: impl FnMut() -> f64) -> f64 {
	let mut times = [measure(), measure(), measure()];
	times.sort_by(f64::total_cmp);
	times[1]
}

/// Seconds to copy the file and to hash it.
fn copy_and_hash(folder: &Path) -> f64 {
	let begun = Instant::now();
	let bytes = fs::read(folder.join("file")).expect("it is there");
	let mut copy = File::create(folder.join("copy")).expect("it can be written");
	copy.write_all(&bytes).expect("it can be written");
	copy.sync_all().expect("it can be written");
	std::hint::black_box(blob_hash(&bytes));
	begun.elapsed().as_secs_f64()
}

/// Seconds until all of these nodes have fetched the blob. Then they lose it again.
fn spread(folder: &Path, nodes: &[Node], hash: &str) -> f64 {
	let begun = Instant::now();
	nodes.iter().for_each(|node| fetch(node, hash));
	nodes.iter().for_each(|node| wait_until_complete(node, hash));
	let time = begun.elapsed().as_secs_f64();
	for number in (2..).take(nodes.len()) {
		let removed = blobs(folder, number, "remove", &[hash]);
		assert!(removed.status.success(), "{removed:?}");
	}
	time
}
