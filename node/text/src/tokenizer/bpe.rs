//! Byte-pair encoding: the pair that was merged first in training is merged first.

use super::{
	file::{Merge, Model},
	malformed, unsupported,
};
use crate::TextError;
use std::{
	cmp::Reverse,
	collections::{BinaryHeap, HashMap},
};

/// No neighbour.
const NONE: usize = usize::MAX;

/// Tokens and merges.
#[derive(Debug)]
pub(super) struct Bpe {
	tokens: HashMap<String, u32>,
	/// Of two tokens: how early they are merged, and into which.
	merges: HashMap<(u32, u32), (u32, u32)>,
	unknown: Option<u32>,
	fuses_unknown: bool,
	/// Tokens of bytes, for characters that have none.
	bytes: Option<Vec<u32>>,
	/// A word that is a token is that one.
	takes_words: bool,
}

/// A token in a word, between its neighbours.
#[derive(Clone, Copy)]
struct Symbol {
	token: u32,
	previous: usize,
	next: usize,
	is_gone: bool,
}

impl Bpe {
	pub fn new(model: Model) -> Result<Self, TextError> {
		if let Some(kind) = model.kind.as_deref().filter(|kind| *kind != "BPE") {
			return Err(unsupported(format!("the model `{kind}`")));
		}
		for (name, value) in [
			("continuing_subword_prefix", &model.continuing_subword_prefix),
			("end_of_word_suffix", &model.end_of_word_suffix),
		] {
			if value.as_ref().is_some_and(|value| !value.is_empty()) {
				return Err(unsupported(format!("`{name}`")));
			}
		}
		if model.dropout.is_some_and(|dropout| dropout != 0.0) {
			return Err(unsupported("`dropout`: tokens would depend on chance"));
		}
		let tokens: HashMap<String, u32> =
			model.vocab.iter().map(|(text, token)| (text.clone(), *token)).collect();
		let token = |text: &str| {
			let token = tokens.get(text).copied();
			token.ok_or_else(|| malformed(format!("{text:?} is merged, and no token")))
		};
		let mut merges = HashMap::with_capacity(model.merges.len());
		for (rank, merge) in model.merges.iter().enumerate() {
			let (left, right) = match merge {
				Merge::Pair(left, right) => (left.as_str(), right.as_str()),
				Merge::Text(text) => text
					.split_once(' ')
					.filter(|(_, right)| !right.contains(' '))
					.ok_or_else(|| malformed(format!("{text:?} are no two tokens")))?,
			};
			let rank = u32::try_from(rank).map_err(|_| malformed("there are too many merges"))?;
			let merged = token(&[left, right].concat())?;
			merges.insert((token(left)?, token(right)?), (rank, merged));
		}
		let unknown = model.unk_token.as_deref().map(token).transpose()?;
		let byte = |byte: u8| tokens.get(&format!("<0x{byte:02X}>")).copied();
		let bytes = model.byte_fallback.then(|| (0..=255).map(byte).collect::<Option<Vec<_>>>());
		Ok(Self {
			merges,
			unknown,
			fuses_unknown: model.fuse_unk,
			bytes: bytes.flatten(),
			takes_words: model.ignore_merges,
			tokens,
		})
	}

	/// Adds the tokens of a word.
	pub fn merge(&self, word: &str, tokens: &mut Vec<u32>) {
		if self.takes_words {
			if let Some(token) = self.tokens.get(word) {
				tokens.push(*token);
				return;
			}
		}
		let mut symbols = self.symbols(word);
		let mut queue = BinaryHeap::new();
		for at in 0..symbols.len() {
			self.offer(&symbols, at, &mut queue);
		}
		while let Some(Reverse((_, at, left, right, merged))) = queue.pop() {
			let own = symbols[at];
			// Something else was merged there since.
			if own.is_gone || own.token != left || own.next == NONE {
				continue;
			}
			let other = symbols[own.next];
			if other.token != right {
				continue;
			}
			symbols[own.next].is_gone = true;
			symbols[at] = Symbol { token: merged, next: other.next, ..own };
			if other.next != NONE {
				symbols[other.next].previous = at;
			}
			if own.previous != NONE {
				self.offer(&symbols, own.previous, &mut queue);
			}
			self.offer(&symbols, at, &mut queue);
		}
		tokens.extend(symbols.iter().filter(|own| !own.is_gone).map(|own| own.token));
	}

	/// The tokens of a word's characters.
	fn symbols(&self, word: &str) -> Vec<Symbol> {
		let mut tokens: Vec<u32> = Vec::with_capacity(word.len());
		let mut was_unknown = false;
		let mut buffer = [0; 4];
		for char in word.chars() {
			let text: &str = char.encode_utf8(&mut buffer);
			if let Some(token) = self.tokens.get(text) {
				tokens.push(*token);
				was_unknown = false;
			} else if let Some(bytes) = &self.bytes {
				tokens.extend(text.bytes().map(|byte| bytes[usize::from(byte)]));
				was_unknown = false;
			} else if let Some(unknown) = self.unknown {
				if !(was_unknown && self.fuses_unknown) {
					tokens.push(unknown);
				}
				was_unknown = true;
			}
		}
		let length = tokens.len();
		let symbol = |(at, token): (usize, u32)| Symbol {
			token,
			previous: at.checked_sub(1).unwrap_or(NONE),
			next: if at + 1 < length { at + 1 } else { NONE },
			is_gone: false,
		};
		tokens.into_iter().enumerate().map(symbol).collect()
	}

	/// Puts the merge of a token with the next one into the queue, if there is one.
	fn offer(&self, symbols: &[Symbol], at: usize, queue: &mut Queue) {
		let left = symbols[at];
		let Some(right) = symbols.get(left.next) else { return };
		let pair = (left.token, right.token);
		if let Some((rank, merged)) = self.merges.get(&pair) {
			queue.push(Reverse((*rank, at, pair.0, pair.1, *merged)));
		}
	}
}

/// Merges: how early, where, of which two, and into what.
type Queue = BinaryHeap<Reverse<(u32, usize, u32, u32, u32)>>;
