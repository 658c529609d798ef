//! `opg demo`: handwritten digits. The model and the samples are part of the program.

mod digits;
mod run;

use super::Session;
use crate::{fs, output::Output};
use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use opg_tensors::json;
use serde_json::json;
use std::path::{Path, PathBuf};

/// The digit model, as it lies in docs/examples/digits.
const MODEL: &[u8] =
	include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/examples/digits/digits.onnx"));

/// Commands of the demonstration.
#[derive(Subcommand)]
pub(crate) enum DemoCommand {
	/// Register the digit model, let executors serve it, send requests, check every answer.
	Run(run::Run),
	/// Write the digit model, for `opg-node models add`.
	Model {
		/// File to write.
		#[arg(long, value_name = "FILE")]
		output: PathBuf,
	},
	/// Write an input of the digit model, for `opg request send --tensors`.
	Input {
		#[command(flatten)]
		source: Source,
		/// File to write, as JSON.
		#[arg(long, value_name = "FILE")]
		output: PathBuf,
	},
}

/// Source of a digit.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Source {
	/// The sample of this digit.
	#[arg(long, value_parser = clap::value_parser!(u8).range(0..=9))]
	digit: Option<u8>,
	/// A PNG or JPEG picture of a handwritten digit.
	#[arg(long, value_name = "FILE")]
	picture: Option<PathBuf>,
}

impl DemoCommand {
	pub(crate) fn run(&self, session: &Session) -> Result<()> {
		match self {
			Self::Run(command) => command.run(session),
			Self::Model { output } => {
				fs::write(output, MODEL)?;
				written(session.output, output);
				Ok(())
			},
			Self::Input { source, output } => {
				let pixels = source.pixels()?;
				let tensors = json::render(&[digits::tensor(&pixels)])?;
				fs::write(output, format!("{tensors}\n"))?;
				session.output.news(digits::art(&pixels));
				written(session.output, output);
				Ok(())
			},
		}
	}
}

impl Source {
	fn pixels(&self) -> Result<Vec<u8>> {
		if let Some(path) = &self.picture {
			return digits::picture(&fs::read(path)?)
				.with_context(|| format!("{}", path.display()));
		}
		let sample = digits::samples()?
			.into_iter()
			.find(|sample| Some(sample.label) == self.digit.map(i64::from))
			.context("there is no sample of this digit")?;
		Ok(sample.pixels)
	}
}

fn written(output: Output, file: &Path) {
	output.result(format_args!("{} written", file.display()), || json!({ "file": file }));
}
