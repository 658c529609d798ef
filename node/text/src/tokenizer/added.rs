//! Tokens that are found in the text as they are, before it is cut.

use super::{file::AddedToken, normalize::Normalizer, unsupported};
use crate::TextError;
use std::collections::{HashMap, HashSet};

/// Part of a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
	Text(&'a str),
	Token(u32),
}

/// A token, and whether blanks beside it belong to it.
#[derive(Clone, Debug)]
struct Own {
	token: u32,
	lstrip: bool,
	rstrip: bool,
}

/// Texts by their first byte, the longest first.
#[derive(Debug, Default)]
struct Set(HashMap<u8, Vec<(String, Own)>>);

/// All of them.
#[derive(Debug)]
pub(super) struct Added {
	raw: Set,
	normalized: Set,
	special: HashSet<u32>,
}

impl Added {
	pub fn new(tokens: Vec<AddedToken>, normalizer: &Normalizer) -> Result<Self, TextError> {
		let deadline = super::deadline();
		let mut own =
			Self { raw: Set::default(), normalized: Set::default(), special: HashSet::new() };
		for AddedToken { id, content, single_word, lstrip, rstrip, normalized, special } in tokens {
			if single_word {
				return Err(unsupported(format!("the added token {content:?} as a single word")));
			}
			if special {
				own.special.insert(id);
			}
			let token = Own { token: id, lstrip, rstrip };
			match normalized {
				true => {
					own.normalized.insert(normalizer.apply(&content, deadline)?.into_owned(), token)
				},
				false => own.raw.insert(content, token),
			}
		}
		own.raw.sort();
		own.normalized.sort();
		Ok(own)
	}

	pub fn is_special(&self, token: u32) -> bool {
		self.special.contains(&token)
	}

	/// Finds those that are looked for before the text is normalised.
	pub fn raw<'a>(&self, text: &'a str) -> Vec<Piece<'a>> {
		self.raw.split(text)
	}

	/// Finds the others in normalised text.
	pub fn normalized<'a>(&self, text: &'a str) -> Vec<Piece<'a>> {
		self.normalized.split(text)
	}
}

impl Set {
	fn insert(&mut self, text: String, token: Own) {
		if let Some(first) = text.bytes().next() {
			self.0.entry(first).or_default().push((text, token));
		}
	}

	fn sort(&mut self) {
		for list in self.0.values_mut() {
			list.sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
		}
	}

	/// The leftmost, and of those at one place the longest.
	fn split<'a>(&self, text: &'a str) -> Vec<Piece<'a>> {
		let mut pieces = Vec::new();
		let (mut begin, mut at) = (0, 0);
		let bytes = text.as_bytes();
		while at < bytes.len() {
			let list = self.0.get(&bytes[at]);
			let found = list.and_then(|list| {
				list.iter().find(|(own, _)| bytes[at..].starts_with(own.as_bytes()))
			});
			let Some((own, token)) = found else {
				at += 1;
				continue;
			};
			let mut before = &text[begin..at];
			if token.lstrip {
				before = before.trim_end();
			}
			if !before.is_empty() {
				pieces.push(Piece::Text(before));
			}
			pieces.push(Piece::Token(token.token));
			at += own.len();
			if token.rstrip {
				at = text.len() - text[at..].trim_start().len();
			}
			begin = at;
		}
		if begin < text.len() {
			pieces.push(Piece::Text(&text[begin..]));
		}
		pieces
	}
}
