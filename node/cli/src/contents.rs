//! Inputs and outputs wherever they lie: on the chain, at a node, or in a file.

use crate::{chain::Chain, download::download, tensors};
use anyhow::{ensure, Result};
use opg_execution::{content_of, model_hash};
use opg_primitives::{Answer, Content, Outcome, RequestId, Task, TaskInput};
use serde_json::{json, Value};
use std::path::Path;

/// A content for people.
pub(crate) fn describe(Content { hash, size }: Content) -> String {
	format!("{hash:?}, {size} bytes, outside of the chain")
}

/// A content as JSON.
pub(crate) fn to_json(Content { hash, size }: Content) -> Value {
	json!({ "hash": hash, "bytes": size })
}

/// Fails, with what was expected, unless the bytes are this content.
pub(crate) fn check(what: &str, bytes: &[u8], expected: Content) -> Result<()> {
	ensure!(
		content_of(bytes) == Some(expected),
		"the file gives {} bytes with the hash {:?}, and the {what} that the chain names has {} bytes \
		 and the hash {:?}: give the file that was used, or what `opg request download` writes",
		bytes.len(),
		model_hash(bytes),
		expected.size,
		expected.hash
	);
	Ok(())
}

/// Encoded tensors in a file, which must be this input.
pub(crate) fn load_input(file: &Path, input: &TaskInput) -> Result<Vec<u8>> {
	let bytes = tensors::load(file)?;
	match input {
		TaskInput::Inline(inline) => ensure!(
			bytes == *inline,
			"{} is not the input of the request, which the chain has itself: leave it out",
			file.display()
		),
		TaskInput::Stored(content) => check("input", &bytes, *content)?,
	}
	Ok(bytes)
}

/// Encoded input of a request: from the chain, or from the node.
pub(crate) fn input(chain: &Chain, request: RequestId, input: TaskInput) -> Result<Vec<u8>> {
	match input {
		TaskInput::Inline(inline) => Ok(inline),
		TaskInput::Stored(content) => download(chain, request, "input", content),
	}
}

/// The task of a request with its input in it, so that an engine on this machine can compute it. The
/// input is that in the file, if one is given.
pub(crate) fn with_input(
	chain: &Chain,
	request: RequestId,
	task: Task,
	file: Option<&Path>,
) -> Result<Task> {
	let input = match file {
		Some(file) => load_input(file, &task.input)?,
		None => input(chain, request, task.input)?,
	};
	Ok(Task { input: TaskInput::Inline(input), ..task })
}

/// Encoded output of a request: from the chain, or from the node. `None` where the answer is an error.
pub(crate) fn output(
	chain: &Chain,
	request: RequestId,
	answer: &Answer,
) -> Result<Option<Vec<u8>>> {
	Ok(match &answer.outcome {
		Outcome::Output(inline) => Some(inline.to_vec()),
		Outcome::Stored(content) => Some(download(chain, request, "output", *content)?),
		Outcome::Error(_) => None,
	})
}

#[cfg(test)]
mod tests {
	use super::*;
	use opg_engine_types::tensor::{self, DType, Tensor};

	fn encoded(length: u64) -> Vec<u8> {
		let (name, shape) = ("x".into(), vec![length]);
		let data = vec![7; length as usize];
		tensor::encode(&[Tensor { name, dtype: DType::U8, shape, data }])
	}

	fn stored(bytes: &[u8]) -> TaskInput {
		TaskInput::Stored(content_of(bytes).unwrap())
	}

	#[test]
	fn file_should_be_taken_when_it_is_the_input_of_the_request() {
		let folder = tempfile::tempdir().unwrap();
		let file = folder.path().join("x.opgt");
		for bytes in [encoded(9), encoded(100_000)] {
			std::fs::write(&file, &bytes).unwrap();
			for input in [stored(&bytes), TaskInput::Inline(bytes.clone())] {
				assert_eq!(load_input(&file, &input).unwrap(), bytes);
			}
		}
	}

	#[test]
	fn file_should_be_refused_with_both_hashes_when_it_is_another_input() {
		let folder = tempfile::tempdir().unwrap();
		let file = folder.path().join("x.opgt");
		let (given, asked) = (encoded(9), encoded(100_000));
		std::fs::write(&file, &given).unwrap();
		let error = format!("{:#}", load_input(&file, &stored(&asked)).unwrap_err());
		for bytes in [given, asked.clone()] {
			assert!(error.contains(&format!("{:?}", model_hash(&bytes))), "{error}");
			assert!(error.contains(&format!("{} bytes", bytes.len())), "{error}");
		}
		let error = load_input(&file, &TaskInput::Inline(asked)).unwrap_err();
		assert!(error.to_string().contains("x.opgt"), "{error}");
	}
}
