//! `opg-node check`: whether this machine and this configuration can execute and validate.
//!
//! It takes the arguments of the node, changes nothing, and can run beside the node.

mod clock;
mod engine;
mod keys;
mod machine;
mod network;
mod served;

use crate::cli::{CheckCmd, Cli};
use sc_cli::CliConfiguration;
use sc_service::{ChainType, Configuration};
use serde_json::{json, Value};
use std::fmt;

/// Result of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
	/// As it should be.
	Ok,
	/// The node works, and something is worse than it could be.
	Warning,
	/// The node does not start, or does not do its work.
	Failed,
}

impl fmt::Display for Level {
	fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
		to.pad(match self {
			Self::Ok => "ok",
			Self::Warning => "warning",
			Self::Failed => "failed",
		})
	}
}

/// A line of the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
	/// What was looked at.
	name: &'static str,
	level: Level,
	/// What was found.
	finding: String,
	/// What to do about it; empty if there is nothing to do.
	advice: String,
}

impl Line {
	fn ok(name: &'static str, finding: impl Into<String>) -> Self {
		let (level, finding) = (Level::Ok, finding.into());
		Self { name, level, finding, advice: String::new() }
	}

	fn warning(name: &'static str, finding: impl Into<String>, advice: impl Into<String>) -> Self {
		Self { name, level: Level::Warning, finding: finding.into(), advice: advice.into() }
	}

	fn failed(name: &'static str, finding: impl Into<String>, advice: impl Into<String>) -> Self {
		Self { name, level: Level::Failed, finding: finding.into(), advice: advice.into() }
	}

	fn json(&self) -> Value {
		json!({
			"name": self.name,
			"level": self.level.to_string(),
			"finding": self.finding,
			"advice": self.advice,
		})
	}
}

impl fmt::Display for Line {
	fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(to, "{:<8} {:<10} {}", self.level, self.name, self.finding)?;
		if !self.advice.is_empty() {
			write!(to, "\n{:20}-> {}", "", self.advice)?;
		}
		Ok(())
	}
}

/// Some checks failed.
#[derive(Debug, thiserror::Error)]
#[error("{0} of {1} checks failed: the lines above say what to do")]
struct Failed(usize, usize);

/// Checks, and prints a report to the standard output.
///
/// # Errors
///
/// A check failed.
pub fn run(cli: &Cli, command: &CheckCmd) -> sc_cli::Result<()> {
	let mut lines = machine::of_everyone();
	let runtime = sc_cli::build_runtime()?;
	// The node raises it too, before it looks at it.
	let _ = fdlimit_raised();
	lines.push(machine::files());
	match command.run.create_configuration(cli, runtime.handle().clone()) {
		Ok(config) => lines.extend(of_configuration(&config, command)),
		Err(error) => lines.push(Line::failed(
			"arguments",
			error.to_string(),
			"give `check` the arguments of the node, and correct this one",
		)),
	}
	report(&lines, command.json)
}

/// The kernel lets every process raise its own limit up to the hard one.
fn fdlimit_raised() -> std::io::Result<()> {
	use rustix::process::{getrlimit, setrlimit, Resource, Rlimit};
	let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
	Ok(setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })?)
}

fn report(lines: &[Line], as_json: bool) -> sc_cli::Result<()> {
	let failed = lines.iter().filter(|line| line.level == Level::Failed).count();
	if as_json {
		let all: Vec<_> = lines.iter().map(Line::json).collect();
		println!("{:#}", json!({ "ok": failed == 0, "checks": all }));
	} else {
		lines.iter().for_each(|line| println!("{line}"));
	}
	if failed > 0 {
		return Err(sc_cli::Error::Application(Box::new(Failed(failed, lines.len()))));
	}
	Ok(())
}

fn of_configuration(config: &Configuration, command: &CheckCmd) -> Vec<Line> {
	let CheckCmd { executor, blobs, .. } = command;
	let mut lines = vec![
		chain(config),
		machine::memory(executor),
		machine::cores(executor),
		machine::disk(&config.data_path, blobs.blob_quota),
	];
	lines.extend(network::ports(config));
	lines.extend(network::exposure(config));
	lines.extend(keys::all(config, executor));
	lines.push(engine::sandbox());
	lines.extend(engine::all(&crate::executor::engine_cache(config, executor)));
	lines.push(served::all(config));
	lines
}

/// The chain that the arguments name.
fn chain(config: &Configuration) -> Line {
	let spec = &config.chain_spec;
	let finding = format!("{} ({})", spec.name(), spec.id());
	match spec.chain_type() {
		ChainType::Live | ChainType::Custom(_) => Line::ok("chain", finding),
		ChainType::Development | ChainType::Local => Line::warning(
			"chain",
			format!("{finding}: everybody knows the keys of its operators"),
			"for a public network, give its file: --chain FILE",
		),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn report_should_fail_when_a_check_failed_and_only_then() {
		let lines = [Line::ok("a", "fine"), Line::warning("b", "slow", "be quick")];
		assert!(report(&lines, false).is_ok());
		let failed = [Line::failed("c", "gone", "bring it back")];
		let error = report(&failed, true).expect_err("it failed").to_string();
		assert!(error.contains("1 of 1 checks failed"), "{error}");
	}

	#[test]
	fn line_should_say_what_to_do_when_it_is_not_ok() {
		let line = Line::warning("clock", "not synchronized", "start chronyd").to_string();
		assert_eq!(
			line,
			"warning  clock      not synchronized\n                    -> start chronyd"
		);
		assert_eq!(Line::ok("cpu", "AVX2").to_string(), "ok       cpu        AVX2");
		let json = Line::ok("cpu", "AVX2").json();
		assert_eq!(json, json!({"name": "cpu", "level": "ok", "finding": "AVX2", "advice": ""}));
	}
}
