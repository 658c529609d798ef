//! A blob travels between real nodes of a development chain: by each backend of the network, on after
//! a node was killed in the middle, and from a node that fetched it itself or from a mirror.

#![cfg(target_os = "linux")]

mod common;

use common::{
	compile_engine,
	network::{wait_for, Node, PATIENCE},
	NODE,
};
use serde_json::{json, Value};
use std::{
	fs::File,
	io::{self, BufRead, BufReader, BufWriter, Write},
	net::{TcpListener, TcpStream},
	path::{Path, PathBuf},
	process::{Command, Output},
	thread,
};

const MIB: u64 = 1 << 20;
const SIZE: u64 = 256 * MIB;

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
	wait_for("the blob is complete", PATIENCE, || {
		(status(node, hash)["state"] == "complete").then_some(())
	});
}

/// Compares what a node has with the file.
fn assert_same(folder: &Path, number: u32, hash: &str) {
	let exported = folder.join("exported");
	let export = blobs(folder, number, "export", &[hash, exported.to_str().expect("it is UTF-8")]);
	assert!(export.status.success(), "{export:?}");
	let same = Command::new("cmp").arg(folder.join("file")).arg(exported).status();
	assert!(same.expect("it runs").success());
}

/// A web server of this file under `/opg/NAME`. Gives its port.
fn serve_file(file: PathBuf, name: String) -> u16 {
	let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
	let port = listener.local_addr().expect("it is bound").port();
	thread::spawn(move || {
		for stream in listener.incoming().flatten() {
			let (file, name) = (file.clone(), name.clone());
			// Who asked may be killed meanwhile.
			thread::spawn(move || respond(stream, &file, &name));
		}
	});
	port
}

/// Responds to one request. It knows no ranges: a client that wants one gets the whole.
fn respond(mut stream: TcpStream, file: &Path, name: &str) -> io::Result<()> {
	let lines = BufReader::new(stream.try_clone()?).lines();
	let head: Vec<_> =
		lines.map_while(Result::ok).take_while(|line| !line.trim().is_empty()).collect();
	if !head.first().is_some_and(|line| line.starts_with(&format!("GET /opg/{name} "))) {
		return stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
	}
	let mut file = File::open(file)?;
	write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", file.metadata()?.len())?;
	io::copy(&mut file, &mut stream).map(drop)
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
	assert_same(folder, 3, &hash);
}

#[test]
fn blob_should_come_from_the_mirror_when_no_peer_has_it() {
	compile_engine();
	let folder = tempfile::tempdir().expect("a folder");
	let folder = folder.path();
	let hash = import(folder, 1);
	let port = serve_file(folder.join("file"), hash.trim_start_matches("0x").to_owned());
	let mirror = format!("http://127.0.0.1:{port}/opg");

	let options = ["--alice", "--blob-mirror", &mirror, "--blob-mirror-private"];
	let node = Node::start(folder, 2, &options);
	fetch(&node, &hash);
	wait_until_complete(&node, &hash);
	assert_same(folder, 2, &hash);

	// An address of this machine is not asked unless the operator says so.
	let node = Node::start(folder, 3, &["--alice", "--blob-mirror", &mirror]);
	fetch(&node, &hash);
	wait_for("the mirror is refused", PATIENCE, || {
		(node.count("127.0.0.1, which is not allowed") > 0).then_some(())
	});
	assert_eq!(received(&node, &hash), 0);
}
