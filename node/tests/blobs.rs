//! The store of a node: what subcommands do beside the running node and without it, and what becomes
//! of the stores that earlier versions had.

#![cfg(target_os = "linux")]

mod common;

use common::{compile_engine, network::Node, NODE};
use opg_execution::{digest, model_hash};
use sp_core::H256;
use std::{
	fs,
	path::{Path, PathBuf},
	process::{Command, Output},
};

const DIGITS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/examples/digits/digits.onnx");

/// Runs a subcommand for the first node below a folder.
fn run(folder: &Path, arguments: &[&str]) -> Output {
	Command::new(NODE)
		.args(arguments)
		.args(["--chain", "dev", "--base-path"])
		.arg(folder.join("node1"))
		.output()
		.expect("it runs")
}

/// What a subcommand that succeeds prints.
fn told(folder: &Path, arguments: &[&str]) -> String {
	let Output { status, stdout, stderr } = run(folder, arguments);
	assert!(status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&stderr));
	String::from_utf8(stdout).expect("it is UTF-8").trim().to_owned()
}

/// What a subcommand that fails says.
fn refusal(folder: &Path, arguments: &[&str]) -> String {
	let Output { status, stdout, stderr } = run(folder, arguments);
	assert!(!status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&stdout));
	String::from_utf8_lossy(&stderr).into_owned()
}

fn text(path: &Path) -> &str {
	path.to_str().expect("it is UTF-8")
}

/// The chain's data folder of the first node.
fn data(folder: &Path) -> PathBuf {
	let mut chains = fs::read_dir(folder.join("node1/chains")).expect("a folder");
	chains.next().expect("a chain").expect("is read").path()
}

#[test]
fn store_should_be_of_use_to_subcommands_when_the_node_runs_and_when_it_does_not() {
	compile_engine();
	let folder = tempfile::tempdir().expect("a folder");
	let folder = folder.path();
	let digits = fs::read(DIGITS).expect("it is there");
	let model = format!("{:?}", model_hash(&digits));
	// Without the node.
	assert_eq!(told(folder, &["models", "add", DIGITS]), model);
	let line = format!("{model} {} model", digits.len());
	assert_eq!(told(folder, &["blobs", "list"]), line);
	// A model in the store of an earlier version.
	let former = b"not a model, which nobody has looked at";
	let models = data(folder).join("models");
	fs::create_dir(&models).expect("a folder");
	let path = models.join(format!("{:x}", H256(digest(former))));
	fs::write(&path, former).expect("is written");

	let node = Node::start(folder, 1, &["--alice", "--blob-quota", "1"]);
	let moved = format!("{:?}", model_hash(former));
	assert_eq!(node.count(&format!("is now {moved}")), 1, "{}", node.log());
	assert!(!models.exists());
	// Beside it.
	assert!(told(folder, &["blobs", "usage"]).contains(&format!("quota      {}", 1 << 30)));
	let other = folder.join("other");
	fs::write(&other, vec![3; 1_000_000]).expect("is written");
	let hash = told(folder, &["blobs", "import", text(&other), "--pin", "mine"]);
	let list = told(folder, &["blobs", "list"]);
	for line in [line, format!("{moved} {} model", former.len()), format!("{hash} 1000000 mine")] {
		assert!(list.lines().any(|listed| listed == line), "{line} is not in:\n{list}");
	}
	assert_eq!(told(folder, &["models", "list"]).lines().count(), 2);
	assert!(refusal(folder, &["blobs", "remove", &hash]).contains("pinned as `mine`"));

	// Damage, and its repair, beside the node.
	let file = data(folder).join("blobs/blobs").join(hash.trim_start_matches("0x")).join("data");
	let mut bytes = fs::read(&file).expect("it is there");
	bytes[500_000] ^= 1;
	fs::write(&file, bytes).expect("it is ours");
	assert!(refusal(folder, &["blobs", "check"]).contains("1 blobs are damaged"));
	let repaired = told(folder, &["blobs", "check", "--repair"]);
	assert!(repaired.contains(&format!("{hash} is damaged: 61 of 62 parts")), "{repaired}");
	assert!(told(folder, &["blobs", "list"]).contains(&format!("{hash} partial mine")));
	assert_eq!(told(folder, &["blobs", "import", text(&other)]), hash);
	assert!(told(folder, &["blobs", "check"]).starts_with("3 blobs"));
	let restart = node.kill();

	// Without it again, with its quota.
	assert!(told(folder, &["blobs", "usage"]).contains(&format!("quota      {}", 1 << 30)));
	let exported = folder.join("exported");
	told(folder, &["blobs", "export", &hash, text(&exported)]);
	assert_eq!(fs::read(&exported).expect("it is there"), vec![3; 1_000_000]);
	assert!(refusal(folder, &["blobs", "export", &hash, text(&exported)]).contains("exported"));
	told(folder, &["blobs", "unpin", &hash, "mine"]);
	told(folder, &["blobs", "remove", &hash]);
	assert!(refusal(folder, &["blobs", "remove", &hash]).contains("is not in the store"));
	assert_eq!(told(folder, &["models", "remove", &moved]), "");
	assert_eq!(told(folder, &["models", "list"]), model);
	let node = restart();
	assert_eq!(node.count("is now"), 0, "nothing moves twice");
}
