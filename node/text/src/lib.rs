#![doc = include_str!("../README.md")]

mod chat;
mod error;
mod request;
mod tokenizer;

pub use chat::{Message, Template, MAX_MESSAGES};
pub use error::TextError;
pub use request::{
	fuel_limit, new_tokens, Finish, Generator, Sampling, EXTRA_FUEL, MAX_NEW_TOKENS, PROMPT, TOKENS,
};
pub use tokenizer::{Stream, Tokenizer, MAX_FILE, MAX_TEXT};

/// How a version makes tokens of text: its tokenizer, and the template of its conversations if it has
/// one. All of it is in one file, which the chain names by its hash.
#[derive(Debug)]
pub struct TextModel {
	/// Text to tokens and back.
	pub tokenizer: Tokenizer,
	template: Option<Template>,
	/// Tokens that end answers, where the file says so.
	stops: Vec<u32>,
}

impl TextModel {
	/// Reads a `tokenizer.json`.
	///
	/// # Errors
	///
	/// It is too long, malformed, or of a kind that is not supported.
	pub fn parse(file: &[u8]) -> Result<Self, TextError> {
		let (tokenizer, extras) = Tokenizer::parse(file)?;
		let stops = extras.as_ref().map(|extras| extras.stops.clone()).unwrap_or_default();
		let template = extras.map(Template::new).transpose()?.flatten();
		Ok(Self { tokenizer, template, stops })
	}

	/// Whether conversations have a form, so that [`TextModel::chat`] can be called.
	pub fn has_template(&self) -> bool {
		self.template.is_some()
	}

	/// The tokens of a text, with those that the tokenizer puts before or behind each.
	pub fn complete(&self, text: &str) -> Result<Vec<u32>, TextError> {
		self.tokenizer.encode(text, true)
	}

	/// The tokens of a conversation whose next message is the model's.
	///
	/// # Errors
	///
	/// The version has no template, or that refuses the messages.
	pub fn chat(&self, messages: &[Message]) -> Result<Vec<u32>, TextError> {
		let template = self.template.as_ref().ok_or(TextError::NoTemplate)?;
		// The template writes what belongs before and behind.
		self.tokenizer.encode(&template.render(messages)?, false)
	}

	/// What ended an answer of so many tokens at most. Where as many came, the last of them tells: it is
	/// one that ends answers, or none.
	pub fn finish(&self, tokens: &[u32], most: u32) -> Finish {
		let is_full = tokens.len() as u64 >= u64::from(most);
		match tokens.last() {
			Some(last) if self.stops.contains(last) || self.tokenizer.is_special(*last) => {
				Finish::Stop
			},
			_ if is_full => Finish::Length,
			_ => Finish::Stop,
		}
	}
}

#[cfg(test)]
mod tests;
