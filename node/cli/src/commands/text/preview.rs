//! Previews: this machine computes the text while executors do.
//!
//! A run gives its tokens at its end. So runs for more and more new tokens are made, each twice as many:
//! what one gives is what the next begins with.

use super::{answer, note, Asker, Question};
use crate::{
	download::{self, Download},
	fs,
	local::{self, EngineArg},
	output::Output,
	text,
};
use anyhow::{ensure, Context, Result};
use clap::Args;
use opg_engine_types::tensor;
use opg_execution::{content_of, limits, Execution, LocalEngine, Prepared};
use opg_primitives::{Answer, Content, Outcome, VersionLimits};
use opg_runtime_api::VersionView;
use opg_text::Generator;
use std::{
	io::{stderr, stdout, IsTerminal, Write},
	path::{Path, PathBuf},
	time::Duration,
};

/// New tokens of the first run.
const FIRST: u32 = 4;
/// Longest time of a run.
const TIMEOUT: Duration = Duration::from_secs(600);

/// Whether there is a preview, and of which file.
#[derive(Args, Clone, Debug)]
pub(super) struct PreviewArgs {
	/// Show what this machine computes while executors do. It is not attested until the attested text is
	/// there and the same.
	#[arg(long)]
	preview: bool,
	/// The model's ONNX file, for --preview. By default it is got from the node, and kept.
	#[arg(long, value_name = "FILE", requires = "preview")]
	file: Option<PathBuf>,
	#[command(flatten)]
	engine: EngineArg,
}

/// A model that is loaded here.
pub(super) struct Preview {
	engine: LocalEngine,
	prepared: Prepared,
}

impl PreviewArgs {
	/// Loads the model, if a preview is wanted.
	pub fn open(
		&self,
		output: Output,
		version: &VersionView,
		cache: Option<&Path>,
		call: download::Call,
	) -> Result<Option<Preview>> {
		if !self.preview {
			return Ok(None);
		}
		let content = Content { hash: version.model_hash, size: version.size };
		let file = match &self.file {
			Some(path) => {
				let file = fs::read(path)?;
				ensure!(
					content_of(&file) == Some(content),
					"{} is not the file of model {}: give the one that was registered, or leave it out",
					path.display(),
					version.model
				);
				file
			},
			None => text::fetch(content, cache, || Download::of_model(content).run(call))?,
		};
		note(output, "loading engine and model (the first time takes up to a minute)");
		let engine = self.engine.load()?;
		local::check_engine(&engine, version.engine_id)?;
		let loaded = engine.prepare(&file, &version.dims, &limits(&version.limits))?;
		let prepared = loaded.map_err(|execution| anyhow::anyhow!(execution.message));
		let prepared = prepared.context("the engine does not take the model")?;
		Ok(Some(Preview { engine, prepared }))
	}
}

impl Preview {
	/// Whether people see previews: both of them on one terminal.
	pub fn is_seen() -> bool {
		stderr().is_terminal() && stdout().is_terminal()
	}

	/// Computes a question, and shows its text as it grows.
	pub fn run(&self, asker: &Asker, question: &Question) -> Result<Answer> {
		let is_shown = asker.output == Output::Text;
		note(asker.output, "[preview of this machine, not attested yet:]");
		let mut given = String::new();
		let mut new = FIRST.min(question.new);
		loop {
			let is_last = new == question.new;
			let Execution { answer, output, .. } = self.compute(asker, question, new, is_last)?;
			let output = match &answer.outcome {
				Outcome::Output(output) => output.as_slice(),
				Outcome::Stored(_) => output.as_deref().unwrap_or_default(),
				// What the whole run says counts.
				Outcome::Error(_) if is_last => return Ok(answer),
				Outcome::Error(_) => {
					new = question.new;
					continue;
				},
			};
			let (tokens, text, _) = answer::read(&asker.model, output, new)?;
			// A character that is not whole yet is the next run's.
			let whole = text.trim_end_matches(char::REPLACEMENT_CHARACTER);
			let text = if is_last { text.as_str() } else { whole };
			if let Some(more) = text.strip_prefix(given.as_str()).filter(|_| is_shown) {
				eprint!("{}", text::shown(more));
				stderr().flush()?;
			}
			given = text.into();
			if is_last {
				if is_shown {
					eprintln!();
				}
				return Ok(answer);
			}
			// One that ended early gives the same for any number; the whole one is what executors compute.
			let is_ended = (tokens.len() as u64) < u64::from(new);
			let next = if is_ended { question.new } else { new.saturating_mul(2) };
			new = next.min(question.new);
		}
	}

	fn compute(
		&self,
		asker: &Asker,
		question: &Question,
		new: u32,
		is_last: bool,
	) -> Result<Execution> {
		let generation = &asker.generation;
		let generator =
			Generator { context: generation.context, vocabulary: generation.vocabulary };
		let tensors = generator.input(&question.prompt, new, &question.sampling)?;
		let input = if is_last { question.input.clone() } else { tensor::encode(&tensors) };
		let of_request = VersionLimits { fuel: question.fuel_limit, ..asker.version.limits };
		let limits = opg_execution::Limits { time: Some(TIMEOUT), ..limits(&of_request) };
		Ok(self.engine.run_prepared(&self.prepared, &input, &limits)?)
	}
}
