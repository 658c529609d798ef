//! The program as people and scripts start it: exit codes, errors, keys, pages.

#![allow(clippy::unwrap_used)]

use clap::{Command as Definition, CommandFactory};
use jsonrpsee::server::{RpcModule, Server, ServerHandle};
use opg_cli::Cli;
use serde_json::{json, Value};
use sp_core::H256;
use std::{
	fs,
	path::Path,
	process::{Command, Output, Stdio},
};
use tempfile::TempDir;

/// Runs `opg` with the words of a line, away from the keys and settings of whoever runs the test.
fn opg(folder: &Path, line: &str) -> Output {
	Command::new(env!("CARGO_BIN_EXE_opg"))
		.args(line.split(' '))
		.env_clear()
		.env("HOME", folder)
		.env("OPG_KEYS", folder.join("keys"))
		.stdin(Stdio::null())
		.output()
		.unwrap()
}

/// The result on the standard output, of a program that succeeded.
fn result(output: &Output) -> Value {
	let errors = String::from_utf8_lossy(&output.stderr);
	assert!(output.status.success(), "{errors}");
	serde_json::from_slice(&output.stdout).unwrap()
}

/// The exit code, and the one JSON object on the standard error.
fn error(output: &Output) -> (i32, Value) {
	assert_eq!(String::from_utf8_lossy(&output.stdout), "");
	(output.status.code().unwrap(), serde_json::from_slice(&output.stderr).unwrap())
}

/// A node of a chain of this type that knows no more than its name.
struct Node {
	url: String,
	_handle: ServerHandle,
	_runtime: tokio::runtime::Runtime,
}

impl Node {
	fn start(chain_type: &'static str, spec_name: &'static str) -> Self {
		let mut module = RpcModule::new(());
		module.register_method("system_chain", |_, _, _| json!("Test")).unwrap();
		module.register_method("system_chainType", move |_, _, _| json!(chain_type)).unwrap();
		module
			.register_method("chain_getBlockHash", |_, _, _| json!(H256::repeat_byte(1)))
			.unwrap();
		module
			.register_method(
				"state_getRuntimeVersion",
				move |_, _, _| json!({ "specName": spec_name }),
			)
			.unwrap();
		let runtime = tokio::runtime::Builder::new_multi_thread()
			.worker_threads(1)
			.enable_all()
			.build()
			.unwrap();
		let server = runtime.block_on(Server::builder().build("127.0.0.1:0")).unwrap();
		let url = format!("ws://{}", server.local_addr().unwrap());
		let handle = runtime.block_on(async { server.start(module) });
		Self { url, _handle: handle, _runtime: runtime }
	}
}

#[test]
fn errors_should_be_one_json_object_with_the_code_when_json_is_asked_for() {
	let folder = TempDir::new().unwrap();
	let (code, value) = error(&opg(folder.path(), "request show --json"));
	assert_eq!((code, &value["code"], &value["reason"]), (2, &json!(2), &json!("Usage")));

	let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
	let (code, value) =
		error(&opg(folder.path(), &format!("request show 1 --json --url ws://{closed}")));
	assert_eq!((code, &value["reason"]), (5, &json!("NoNode")));
	assert!(value["message"].as_str().unwrap().contains("opg-node --dev"), "{value}");

	let node = Node::start("Development", "another");
	let (code, value) =
		error(&opg(folder.path(), &format!("request show 1 --json --url {}", node.url)));
	assert_eq!((code, &value["reason"]), (6, &json!("Incompatible")));
}

#[test]
fn secret_on_the_command_line_should_be_refused_when_the_chain_is_not_for_development() {
	let folder = TempDir::new().unwrap();
	for (chain_type, refused) in [("Live", true), ("Development", false), ("Local", false)] {
		let node = Node::start(chain_type, "opg");
		let line = format!("executor slots 1 --json --suri //Alice --url {}", node.url);
		let (code, value) = error(&opg(folder.path(), &line));
		// This node knows no more: whoever is not refused fails a step later.
		assert_eq!(code == 14, refused, "{chain_type}: {value}");
		let message = value["message"].as_str().unwrap();
		assert_eq!(message.contains("--suri-file"), refused, "{chain_type}: {value}");
	}
	let node = Node::start("Live", "opg");
	let (code, value) =
		error(&opg(folder.path(), &format!("executor slots 1 --json --url {}", node.url)));
	assert_eq!(code, 14, "{value}");
	assert!(value["message"].as_str().unwrap().contains("say who signs"), "{value}");
}

#[test]
fn key_should_be_made_listed_and_opened_with_its_password_alone() {
	let folder = TempDir::new().unwrap();
	let path = |name: &str| folder.path().join(name).display().to_string();
	fs::write(path("right"), "secret\n").unwrap();
	fs::write(path("wrong"), "other\n").unwrap();
	let line = format!("key generate mine --show-phrase --json --password-file {}", path("right"));
	let made = result(&opg(folder.path(), &line));
	assert_eq!(made["phrase"].as_str().unwrap().split(' ').count(), 12);

	let listed = result(&opg(folder.path(), "key list --json"));
	assert_eq!(listed[0]["address"], made["address"]);
	let open = |password: &str| {
		let line = format!("key inspect mine --open --json --password-file {}", path(password));
		opg(folder.path(), &line)
	};
	assert_eq!(result(&open("right"))["public_key"], made["public_key"]);
	assert_eq!(error(&open("wrong")).0, 14);

	// Its file is a key file of a wallet, which can be kept under another name.
	let file = made["file"].as_str().unwrap();
	let line =
		format!("key import copy --key-file {file} --json --password-file {}", path("right"));
	assert_eq!(result(&opg(folder.path(), &line))["address"], made["address"]);
	// The phrase gives the same key.
	fs::write(path("phrase"), made["phrase"].as_str().unwrap()).unwrap();
	let line = format!(
		"key import again --suri-file {} --json --password-file {}",
		path("phrase"),
		path("right")
	);
	assert_eq!(result(&opg(folder.path(), &line))["address"], made["address"]);
	let (code, value) = error(&opg(folder.path(), "executor status --json nobody"));
	assert_eq!((code, &value["reason"]), (14, &json!("CannotSign")), "{value}");
}

#[test]
fn each_command_should_have_a_manual_page() {
	let folder = TempDir::new().unwrap();
	let pages = folder.path().join("man1");
	let line = format!("man {} --json", pages.display());
	result(&opg(folder.path(), &line));
	let mut definition = Cli::command();
	definition.build();
	let mut names = Vec::new();
	collect(&definition, "opg", &mut names);
	assert!(names.len() > 40, "{names:?}");
	for name in names {
		let page = fs::read_to_string(pages.join(format!("{name}.1"))).unwrap_or_default();
		assert!(page.contains(".SH SYNOPSIS"), "{name}");
	}
}

fn collect(definition: &Definition, name: &str, names: &mut Vec<String>) {
	names.push(name.into());
	let below = definition.get_subcommands().filter(|below| !below.is_hide_set());
	for below in below.filter(|below| below.get_name() != "help") {
		collect(below, &format!("{name}-{}", below.get_name()), names);
	}
}

#[test]
fn completions_should_know_the_commands_when_a_shell_asks() {
	let folder = TempDir::new().unwrap();
	for shell in ["bash", "zsh", "fish"] {
		let output = opg(folder.path(), &format!("completions {shell}"));
		let text = String::from_utf8(output.stdout).unwrap();
		for word in ["request", "batch", "in-flight", "password-file"] {
			assert!(text.contains(word), "{shell} lacks {word}");
		}
	}
}

/// A reader that was there and has gone, as `head` when it has seen enough.
#[cfg(unix)]
#[test]
fn output_should_end_quietly_when_nobody_reads_it() {
	use std::os::unix::process::ExitStatusExt;

	let (reader, writer) = std::io::pipe().unwrap();
	drop(reader);
	let output = Command::new(env!("CARGO_BIN_EXE_opg"))
		.args(["completions", "bash"])
		.stdin(Stdio::null())
		.stdout(writer)
		.stderr(Stdio::piped())
		.output()
		.unwrap();
	assert_eq!(output.status.signal(), Some(libc::SIGPIPE), "{}", output.status);
	assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
