//! The program as people start it.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::{
	io::pipe,
	os::unix::process::ExitStatusExt,
	process::{Command, Stdio},
};

/// A reader that was there and has gone, as `head` when it has seen enough.
#[test]
fn output_should_end_quietly_when_nobody_reads_it() {
	let (reader, writer) = pipe().unwrap();
	drop(reader);
	let output = Command::new(env!("CARGO_BIN_EXE_opg-engine"))
		.arg("id")
		.stdin(Stdio::null())
		.stdout(writer)
		.stderr(Stdio::piped())
		.output()
		.unwrap();
	assert_eq!(output.status.signal(), Some(libc::SIGPIPE), "{}", output.status);
	assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
