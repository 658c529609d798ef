//! `opg request upload` and `opg request download`: inputs and outputs that are too long for the chain.

use super::{check::ModelFile, view::attested};
use crate::{
	chain::Chain,
	commands::Session,
	contents,
	tensors::{as_typed, save, InputArgs},
	upload::Upload,
};
use anyhow::{Context, Result};
use clap::Args;
use opg_execution::model_hash;
use opg_primitives::RequestId;
use serde_json::{json, Map};
use std::path::{Path, PathBuf};

/// Arguments of `opg request upload`.
#[derive(Args)]
pub(crate) struct UploadArgs {
	/// Number of the request.
	request: RequestId,
	#[command(flatten)]
	input: InputArgs,
	#[command(flatten)]
	model: ModelFile,
}

impl UploadArgs {
	pub(super) fn run(&self, session: &Session) -> Result<()> {
		let id = self.request;
		let files = self.input.read()?;
		let chain = session.connect()?;
		let request = chain.request(id)?;
		let input = request.task.input;
		let content = input.stored().with_context(|| {
			format!("the input of request {id} is on the chain: nothing is to be uploaded")
		})?;
		let inputs = match self.model.is_given() {
			true => self.model.inputs(&chain.model(request.model)?)?,
			false => None,
		};
		let bytes = files.encode(inputs.as_deref())?;
		contents::check("input", &bytes, content)?;
		upload(&chain, id, &bytes, &self.input, &self.model)?;
		session.output.result(
			format_args!("{} has the input of request {id}", session.endpoint),
			|| json!({ "request": id, "input": contents::to_json(content) }),
		);
		Ok(())
	}
}

/// Hands the input of a request to the node. `from` is where it came from, and `model` what it was made
/// for.
pub(super) fn upload(
	chain: &Chain,
	id: RequestId,
	bytes: &[u8],
	from: &InputArgs,
	model: &ModelFile,
) -> Result<()> {
	Upload::of_bytes(bytes)?.send(chain, Some(id)).with_context(|| {
		format!(
			"request {id} was sent, and its input is not at the node. Hand it to this node or to \
			 another while the request waits for it: opg request upload {id} {}",
			as_typed(&[from.words(), model.words()].concat())
		)
	})
}

/// Arguments of `opg request download`.
#[derive(Args)]
pub(crate) struct DownloadArgs {
	/// Number of the request.
	request: RequestId,
	/// File for the input. With the ending .json it is written as JSON, otherwise as the bytes that the
	/// chain names.
	#[arg(long, value_name = "FILE", required_unless_present = "output")]
	input: Option<PathBuf>,
	/// File for the output of the attested answer, in the same way.
	#[arg(long, value_name = "FILE")]
	output: Option<PathBuf>,
}

impl DownloadArgs {
	pub(super) fn run(&self, session: &Session) -> Result<()> {
		let (id, output) = (self.request, session.output);
		let chain = session.connect()?;
		let view = chain.request(id)?;
		let mut written = Vec::new();
		let mut write = |what, file: &Path, bytes: &[u8]| -> Result<()> {
			save(file, bytes)?;
			let (hash, size) = (model_hash(bytes), bytes.len());
			output.news(format_args!("{what} in {}: {hash:?}, {size} bytes", file.display()));
			written.push((String::from(what), json!({ "hash": hash, "bytes": size })));
			Ok(())
		};
		if let Some(file) = &self.input {
			write("input", file, &contents::input(&chain, id, view.task.input.clone())?)?;
		}
		if let Some(file) = &self.output {
			let answer = attested(&view).with_context(|| {
				format!("request {id} has no attested answer; see `opg request show {id}`")
			})?;
			let bytes = contents::output(&chain, id, answer)?.with_context(|| {
				format!("the answer of request {id} is an error, not an output")
			})?;
			write("output", file, &bytes)?;
		}
		output.json(|| json!({ "request": id, "written": Map::from_iter(written) }));
		Ok(())
	}
}
