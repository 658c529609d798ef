//! `tokenizer.json` of Hugging Face: byte-pair encoding, with the steps before and behind it.
//!
//! Text goes through: tokens that are found as they are ([`added`]); normalisation; cutting into words
//! ([`split`]); merging ([`bpe`]); tokens before and behind. The way back is [`decode`].

mod added;
mod bpe;
mod decode;
mod file;
mod normalize;
mod split;

pub use decode::Stream;
pub(crate) use file::Extras;

use crate::TextError;
use added::{Added, Piece};
use bpe::Bpe;
use decode::Decoding;
use normalize::Normalizer;
use split::{Splitter, Word};
use std::{
	collections::HashMap,
	time::{Duration, Instant},
};

/// Longest file of a tokenizer, in bytes.
pub const MAX_FILE: usize = 32 << 20;
/// Longest text that is cut into tokens, in bytes.
pub const MAX_TEXT: usize = 1 << 20;

/// Longest time to make tokens of a text. It is much shorter with the expressions that people use.
const MAX_TIME: Duration = Duration::from_secs(10);

fn deadline() -> Instant {
	Instant::now() + MAX_TIME
}

fn unsupported(what: impl Into<String>) -> TextError {
	TextError::Unsupported(what.into())
}

fn malformed(what: impl Into<String>) -> TextError {
	TextError::Malformed(what.into())
}

/// Text to tokens and back.
#[derive(Debug)]
pub struct Tokenizer {
	added: Added,
	normalizer: Normalizer,
	splitter: Splitter,
	bpe: Bpe,
	/// Tokens before and behind each text.
	around: (Vec<u32>, Vec<u32>),
	decoding: Decoding,
	/// Texts of the tokens, by their numbers.
	texts: HashMap<u32, String>,
}

impl Tokenizer {
	/// Reads a `tokenizer.json`, and what it says besides.
	pub(crate) fn parse(bytes: &[u8]) -> Result<(Self, Option<Extras>), TextError> {
		if bytes.len() > MAX_FILE {
			return Err(TextError::FileTooLong(bytes.len()));
		}
		let file: file::File =
			serde_json::from_slice(bytes).map_err(|error| malformed(error.to_string()))?;
		let normalizer = Normalizer::new(file.normalizer.as_ref())?;
		let splitter = Splitter::new(file.pre_tokenizer.as_ref())?;
		let decoding = Decoding::new(file.decoder.as_ref())?;
		let mut texts: HashMap<u32, String> =
			file.model.vocab.iter().map(|(text, token)| (*token, text.clone())).collect();
		if texts.len() != file.model.vocab.len() {
			return Err(malformed("two tokens have the same number"));
		}
		texts.extend(file.added_tokens.iter().map(|own| (own.id, own.content.clone())));
		let around = file::around(file.post_processor.as_ref())?;
		let added = Added::new(file.added_tokens, &normalizer)?;
		let extras = file.model.opg.as_ref().map(Extras::new);
		let bpe = Bpe::new(file.model)?;
		let own = Self { added, normalizer, splitter, bpe, around, decoding, texts };
		Ok((own, extras))
	}

	/// The tokens of a text; with `is_whole` also those that belong before and behind each.
	pub fn encode(&self, text: &str, is_whole: bool) -> Result<Vec<u32>, TextError> {
		if text.len() > MAX_TEXT {
			return Err(TextError::TextTooLong(text.len()));
		}
		let (mut tokens, deadline) = (Vec::new(), deadline());
		if is_whole {
			tokens.extend(&self.around.0);
		}
		for (at, piece) in self.added.raw(text).into_iter().enumerate() {
			match piece {
				Piece::Token(token) => tokens.push(token),
				Piece::Text(text) => self.encode_text(text, at == 0, deadline, &mut tokens)?,
			}
		}
		if is_whole {
			tokens.extend(&self.around.1);
		}
		Ok(tokens)
	}

	fn encode_text(
		&self,
		text: &str,
		is_first: bool,
		deadline: Instant,
		tokens: &mut Vec<u32>,
	) -> Result<(), TextError> {
		let text = self.normalizer.apply(text, deadline)?;
		for (at, piece) in self.added.normalized(&text).into_iter().enumerate() {
			match piece {
				Piece::Token(token) => tokens.push(token),
				Piece::Text(text) => {
					let word = Word { text: text.into(), is_first: is_first && at == 0 };
					for word in self.splitter.split(word, deadline)? {
						self.bpe.merge(&word.text, tokens);
					}
				},
			}
		}
		Ok(())
	}

	/// The text of tokens, without special ones.
	pub fn decode(&self, tokens: &[u32]) -> String {
		let mut stream = Stream::default();
		let mut text = String::new();
		for token in tokens {
			text.push_str(&self.push(&mut stream, *token));
		}
		text.push_str(&self.finish(stream));
		text
	}

	/// What a token adds to a text that grows. Kept back are bytes of a character that is not whole yet,
	/// and rows of tokens of one byte until another token follows.
	pub fn push(&self, stream: &mut Stream, token: u32) -> String {
		if self.is_special(token) {
			return String::new();
		}
		let Some(text) = self.texts.get(&token) else { return String::new() };
		stream.push(&self.decoding, text)
	}

	/// What is left of a text that grows, at its end.
	pub fn finish(&self, stream: Stream) -> String {
		stream.finish(&self.decoding)
	}

	/// Whether a token is no part of the text, such as one that ends an answer.
	pub fn is_special(&self, token: u32) -> bool {
		self.added.is_special(token)
	}
}
