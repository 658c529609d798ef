//! Why a model cannot be changed as asked.

use std::{io, path::PathBuf};

/// What was wrong, and where it helps, what to do. Names of the model are escaped and cut.
#[derive(Debug, thiserror::Error)]
pub enum Error {
	/// A file cannot be read or written.
	#[error("{doing} {file:?}")]
	File {
		/// What was tried.
		doing: &'static str,
		/// The file.
		file: PathBuf,
		/// Why not.
		source: io::Error,
	},
	/// The output would replace the model or its weights.
	#[error("{0:?} is the model or its weights: name another file with -o")]
	SameFile(PathBuf),
	/// The model and its weights are too large.
	#[error("the model is longer than {} MiB with its weights", crate::MAX_BYTES >> 20)]
	TooLarge,
	/// The file is not ONNX, or damaged.
	#[error("this is no ONNX model, or it is damaged: {0}")]
	Damaged(String),
	/// Weights in another file are not as the model says.
	#[error("weights {tensor} in another file: {what}")]
	External {
		/// The tensor.
		tensor: String,
		/// What is wrong with them.
		what: String,
	},
	/// An option is not of its form.
	#[error("--{option} {text}: must be {form}")]
	Form {
		/// The option.
		option: &'static str,
		/// What was given.
		text: String,
		/// What it must look like.
		form: &'static str,
	},
	/// There is no input or output of this name.
	#[error("there is no {what} {name}; there are: {names}")]
	Missing {
		/// Input or output.
		what: &'static str,
		/// The name that was given.
		name: String,
		/// Those that there are.
		names: String,
	},
	/// The change does not fit this input, output or weight.
	#[error("{name}: {why}")]
	Unfit {
		/// The input, output or weight.
		name: String,
		/// Why not, and what to do.
		why: String,
	},
}

/// A name of the model for a terminal: without control characters, and not too long.
pub(crate) fn shown(name: &str) -> String {
	const MAX: usize = 80;
	let mut out: String = name.chars().take(MAX).flat_map(char::escape_debug).collect();
	if name.chars().nth(MAX).is_some() {
		out.push('…');
	}
	out
}

/// The change does not fit `name`.
pub(crate) fn unfit(name: &str, why: impl Into<String>) -> Error {
	Error::Unfit { name: shown(name), why: why.into() }
}

/// The option is not of its form.
pub(crate) fn form(option: &'static str, text: &str, form: &'static str) -> Error {
	Error::Form { option, text: shown(text), form }
}
