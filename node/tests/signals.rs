//! A node and its subcommands end in order on SIGTERM and SIGINT: soon, with code 0, and without an
//! essential task that is said to have failed. Where the start fails, the code is 1.

#![cfg(unix)]

use std::{
	io::{BufRead, BufReader, Write},
	path::PathBuf,
	process::{Child, Command, Stdio},
	sync::mpsc::{self, Receiver},
	thread,
	time::{Duration, Instant},
};
use tempfile::TempDir;

/// Most time until a node on a busy machine has made its first block.
const START: Duration = Duration::from_secs(120);
/// Most time from the signal to the end.
const STOP: Duration = Duration::from_secs(20);
/// More bytes than a pipe holds, all of them white space.
const INPUT: &[u8] = &[b' '; 1 << 20];

/// A process whose log is read.
struct Process {
	child: Child,
	lines: Receiver<String>,
	log: Vec<String>,
}

impl Process {
	fn start(arguments: &[&str]) -> Self {
		let mut command = Command::new(env!("CARGO_BIN_EXE_opg-node"));
		command.args(arguments).env_remove("RUST_LOG").env("OPG_ENGINE_CACHE", engine_cache());
		command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
		let mut child = command.spawn().expect("the node starts");
		let stderr = BufReader::new(child.stderr.take().expect("it is piped"));
		let (sender, lines) = mpsc::channel();
		thread::spawn(move || {
			for line in stderr.lines().map_while(Result::ok) {
				let _ = sender.send(line);
			}
		});
		Self { child, lines, log: Vec::new() }
	}

	/// Waits until a line of the log has this text.
	fn wait_for(&mut self, text: &str) {
		let deadline = Instant::now() + START;
		loop {
			let left = deadline.saturating_duration_since(Instant::now());
			let Ok(line) = self.lines.recv_timeout(left) else {
				panic!("no line with {text:?}:\n{}", self.log.join("\n"));
			};
			let found = line.contains(text);
			self.log.push(line);
			if found {
				return;
			}
		}
	}

	/// Feeds the process [`INPUT`], which returns only when it reads, and leaves its input open.
	fn wait_until_it_reads(&mut self) {
		let stdin = self.child.stdin.as_mut().expect("it is piped");
		stdin.write_all(INPUT).expect("the process reads its input");
	}

	fn signal(&self, name: &str) {
		let kill = format!("kill -{name} {}", self.child.id());
		assert!(Command::new("sh")
			.args(["-c", &kill])
			.status()
			.expect("there is a shell")
			.success());
	}

	/// Waits for the end after a signal, and checks that it is in order. Returns the log.
	fn end(self, code: i32) -> String {
		self.end_within(STOP, code)
	}

	fn end_within(mut self, time: Duration, code: i32) -> String {
		let deadline = Instant::now() + time;
		let status = loop {
			if let Some(status) = self.child.try_wait().expect("it is our child") {
				break status;
			}
			assert!(Instant::now() < deadline, "it goes on:\n{}", self.log.join("\n"));
			thread::sleep(Duration::from_millis(20));
		};
		// Ends when the process's end of the pipe is closed, which it is.
		self.log.extend(self.lines.iter());
		let log = self.log.join("\n");
		assert_eq!(status.code(), Some(code), "{status}:\n{log}");
		assert!(!log.contains("Essential task"), "{log}");
		assert!(!log.contains("panicked"), "{log}");
		log
	}
}

impl Drop for Process {
	fn drop(&mut self) {
		let _ = self.child.kill();
		let _ = self.child.wait();
	}
}

/// Folder of the compiled engine that all tests share: to compile it for each takes a minute.
fn engine_cache() -> PathBuf {
	let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_else(std::env::temp_dir);
	home.join(".cache/opg-chain/engine-tests")
}

/// Starts a development node on ports that the system chooses.
fn start_node() -> Process {
	let mut node = Process::start(&[
		"--dev",
		"--tmp",
		"--no-mdns",
		"--no-telemetry",
		"--no-prometheus",
		"--rpc-port=0",
		"--listen-addr=/ip4/127.0.0.1/tcp/0",
	]);
	node.wait_for("Genesis 0x");
	node.wait_for("Engine 0x");
	node.wait_for("Imported #1 ");
	node
}

/// Runs a subcommand on the development chain in a folder of its own.
fn start_subcommand(name: &[&str], arguments: &[&str]) -> (Process, TempDir) {
	let folder = tempfile::tempdir().expect("there is a place for temporary files");
	let base_path = folder.path().to_str().expect("it is UTF-8").to_owned();
	let chain = ["--chain=dev", "--base-path", &base_path];
	(Process::start(&[name, &chain[..], arguments].concat()), folder)
}

#[test]
fn node_should_end_in_order_when_it_gets_sigterm() {
	let node = start_node();
	node.signal("TERM");
	node.end(0);
}

#[test]
fn node_should_end_in_order_when_it_gets_sigint() {
	let node = start_node();
	node.signal("INT");
	node.end(0);
}

#[test]
fn node_should_name_the_cause_alone_when_it_does_not_start() {
	let node = Process::start(&["--chain=local", "--tmp", "--rpc-port=0", "--executor-key=nobody"]);
	let log = node.end_within(START, 1);
	assert!(log.contains("Error: ") && log.contains("executor key"), "{log}");
}

#[test]
fn import_should_end_in_order_when_it_gets_sigterm_while_it_waits_for_blocks() {
	let (mut import, _folder) = start_subcommand(&["import-blocks"], &[]);
	import.wait_until_it_reads();
	import.signal("TERM");
	import.end(0);
}

#[test]
fn import_should_end_in_order_when_there_are_no_more_blocks() {
	let (mut import, _folder) = start_subcommand(&["import-blocks"], &[]);
	import.wait_until_it_reads();
	drop(import.child.stdin.take());
	import.end(0);
}

#[test]
fn subcommand_should_end_in_order_when_it_gets_a_signal_while_it_reads_a_file() {
	for signal in ["TERM", "INT"] {
		let (mut add, _folder) = start_subcommand(&["engines", "add"], &["/dev/stdin"]);
		add.wait_until_it_reads();
		add.signal(signal);
		add.end(0);
	}
}
