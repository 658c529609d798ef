//! Results for people or for programs.

use crate::failure;
use anyhow::Error;
use serde_json::Value;
use std::fmt::Display;

/// Form in which results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Output {
	/// Lines for people, with news of what goes on.
	Text,
	/// One JSON value for programs, in one line, at the end.
	Json,
}

impl Output {
	/// The form that the flag `--json` asks for.
	pub fn new(json: bool) -> Self {
		if json {
			Self::Json
		} else {
			Self::Text
		}
	}

	/// Prints a line of news, for people only.
	pub fn news(self, line: impl Display) {
		if self == Self::Text {
			println!("{line}");
		}
	}

	/// Prints the value of a result, for programs only.
	pub fn json(self, value: impl FnOnce() -> Value) {
		if self == Self::Json {
			println!("{}", value());
		}
	}

	/// Prints the error with which the program ends, on the standard error.
	pub fn error(self, error: &Error) {
		match self {
			Self::Text => eprintln!("error: {error:#}"),
			Self::Json => eprintln!("{}", failure::to_json(error)),
		}
	}

	/// Prints a result that is one line of text.
	pub fn result(self, line: impl Display, value: impl FnOnce() -> Value) {
		self.news(line);
		self.json(value);
	}
}
