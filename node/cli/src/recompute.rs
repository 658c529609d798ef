//! Inference in a process of its own: it can be stopped, and shares no memory with an earlier one.
//!
//! The process is this program, with a command that people do not need. It reads an encoded task from
//! the standard input, and writes the encoded answer.

use crate::{
	commands::Session,
	contents, fs,
	local::{self, EngineArg},
	rpc::Endpoint,
};
use anyhow::{bail, ensure, Context, Result};
use clap::Args;
use codec::{DecodeAll, Encode};
use opg_primitives::{Answer, RequestId, Task};
use sp_core::Bytes;
use std::{
	io::{Read, Seek, Write},
	path::{Path, PathBuf},
	process::{Child, Command, Stdio},
	thread::sleep,
	time::Duration,
};

const POLL: Duration = Duration::from_millis(50);

/// Arguments of `opg recompute`.
#[derive(Args)]
pub(crate) struct Recompute {
	/// The ONNX file. Without it the engine is loaded, and that is all.
	#[arg(long, value_name = "FILE")]
	model: Option<PathBuf>,
	/// Request that the task is of. Needed where its input lies outside of the chain: the node of --url
	/// gives it.
	#[arg(long)]
	request: Option<RequestId>,
	/// Use a compiled engine that no other run uses, see [`EngineArg::load_cold`].
	#[arg(long)]
	cold: bool,
	#[command(flatten)]
	engine: EngineArg,
}

impl Recompute {
	pub(crate) fn run(&self, session: &Session) -> Result<()> {
		let engine = if self.cold { self.engine.load_cold() } else { self.engine.load() }?;
		let Some(model) = &self.model else { return Ok(()) };
		let mut task = Vec::new();
		std::io::stdin().read_to_end(&mut task)?;
		let mut task = Task::decode_all(&mut &task[..]).context("no task on the standard input")?;
		if task.input.stored().is_some() {
			let request = self.request.context("whose input is it? --request is missing")?;
			task = contents::with_input(&session.connect()?, request, task, None)?;
		}
		let answer = local::execute(&engine, &task, &fs::read(model)?)?;
		println!("{}", serde_json::to_string(&Bytes(answer.encode()))?);
		Ok(())
	}
}

/// Where a run gets an input that lies outside of the chain.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
	/// Node that is asked.
	pub node: &'a Endpoint,
	/// Request whose input it is.
	pub request: RequestId,
}

/// Run of a model in a process of its own. The process ends when this is dropped.
pub(crate) struct Run(Child);

impl Run {
	/// Begins to compute a task on the model in a file.
	pub fn start(
		task: &Task,
		source: Source,
		model: &Path,
		engine: &EngineArg,
		cold: bool,
	) -> Result<Self> {
		// A file, not a pipe: writing to a process that has ended would end this one too.
		let mut input = tempfile::tempfile().context("no temporary file")?;
		input.write_all(&task.encode())?;
		input.rewind()?;
		let mut command = command(engine, cold)?;
		command.arg("--model").arg(model).stdin(input);
		command.args(["--url", &source.node.to_string()]);
		command.args(["--request", &source.request.to_string()]);
		Ok(Self(command.spawn().context("cannot start a process of this program")?))
	}

	/// The answer, once there is one.
	pub fn poll(&mut self) -> Result<Option<Answer>> {
		let Some(status) = self.0.try_wait()? else { return Ok(None) };
		ensure!(status.success(), "the run ended with {status}");
		let mut text = String::new();
		let Some(mut output) = self.0.stdout.take() else { bail!("the run has no output") };
		output.read_to_string(&mut text)?;
		let Bytes(encoded) = serde_json::from_str(&text).context("the run gave no answer")?;
		Ok(Some(Answer::decode_all(&mut &encoded[..]).context("the run gave no answer")?))
	}

	/// Waits for the answer.
	pub fn wait(mut self) -> Result<Answer> {
		loop {
			if let Some(answer) = self.poll()? {
				return Ok(answer);
			}
			sleep(POLL);
		}
	}
}

impl Drop for Run {
	fn drop(&mut self) {
		// Fails if the process has ended already.
		let _ = self.0.kill();
		let _ = self.0.wait();
	}
}

/// Compiles the engine of cold runs now, so that the first of them is not late for it.
pub(crate) fn warm_up(engine: &EngineArg) -> Result<()> {
	let status = command(engine, true)?.stdin(Stdio::null()).stdout(Stdio::null()).status()?;
	ensure!(status.success(), "the engine for second runs does not load: {status}");
	Ok(())
}

fn command(engine: &EngineArg, cold: bool) -> Result<Command> {
	// The program that runs now, even if its file was replaced since.
	let program = if cfg!(target_os = "linux") {
		"/proc/self/exe".into()
	} else {
		std::env::current_exe().context("this program does not find itself")?
	};
	let mut command = Command::new(program);
	command.arg("recompute").stdout(Stdio::piped());
	// The model is somebody else's.
	command.env_remove("OPG_SURI");
	if cold {
		command.arg("--cold");
	}
	if let Some(file) = engine.path() {
		command.arg("--engine").arg(file);
	}
	Ok(command)
}
