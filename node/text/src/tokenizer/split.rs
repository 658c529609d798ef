//! Cutting of text into words, within which pairs are merged.

use super::{
	decode::byte_char,
	file::{flag, kind, parts},
	malformed, unsupported,
};
use crate::TextError;
use fancy_regex::Regex;
use serde_json::Value;
use std::{ops::Range, time::Instant};

/// Words of GPT-2, where a part of the kind `ByteLevel` cuts.
const GPT_2: &str = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

/// Longest expression, in bytes.
const MAX_PATTERN: usize = 4096;

/// Part of a text, and whether the text begins with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
	pub text: String,
	pub is_first: bool,
}

/// What is looked for.
#[derive(Debug)]
pub(super) enum Pattern {
	Text(String),
	Regex(Box<Regex>),
	Char(fn(char) -> bool),
}

/// Parts of a text, and whether they are what was looked for.
type Parts = Vec<(Range<usize>, bool)>;

impl Pattern {
	pub fn new(value: &Value) -> Result<Self, TextError> {
		if let Some(text) = value["String"].as_str().filter(|text| !text.is_empty()) {
			return Ok(Self::Text(text.into()));
		}
		let expression = value["Regex"].as_str();
		let expression = expression.ok_or_else(|| malformed("a pattern is of another form"))?;
		Self::regex(expression)
	}

	fn regex(expression: &str) -> Result<Self, TextError> {
		if expression.len() > MAX_PATTERN {
			return Err(unsupported("an expression of such a length"));
		}
		let regex = Regex::new(expression);
		let regex = regex.map_err(|error| {
			unsupported(format!("the expression {expression:?}, for the cause: {error}"))
		})?;
		Ok(Self::Regex(Box::new(regex)))
	}

	/// Cuts a text into what is found and what lies between. Expressions are the model's author's, so it
	/// ends at the deadline.
	pub fn find(&self, text: &str, deadline: Instant) -> Result<Parts, TextError> {
		let mut parts = Vec::new();
		let mut at = 0;
		let mut found = |range: Range<usize>| {
			if at < range.start {
				parts.push((at..range.start, false));
			}
			at = range.end;
			if !range.is_empty() {
				parts.push((range, true));
			}
		};
		match self {
			Self::Text(own) => {
				text.match_indices(own).for_each(|(at, own)| found(at..at + own.len()));
			},
			Self::Char(is) => {
				let own = text.char_indices().filter(|(_, own)| is(*own));
				own.for_each(|(at, own)| found(at..at + own.len_utf8()));
			},
			Self::Regex(regex) => {
				for own in regex.find_iter(text) {
					if Instant::now() > deadline {
						return Err(TextError::Split("it takes too long".into()));
					}
					found(own.map_err(|error| TextError::Split(error.to_string()))?.range());
				}
			},
		}
		if at < text.len() {
			parts.push((at..text.len(), false));
		}
		Ok(parts)
	}
}

/// What becomes of what is found.
#[derive(Clone, Copy, Debug)]
enum Behavior {
	Removed,
	Isolated,
	WithPrevious,
	WithNext,
	Contiguous,
}

impl Behavior {
	fn named(part: &Value) -> Result<Self, TextError> {
		Ok(match part["behavior"].as_str() {
			Some("Removed") => Self::Removed,
			Some("Isolated") => Self::Isolated,
			Some("MergedWithPrevious") => Self::WithPrevious,
			Some("MergedWithNext") => Self::WithNext,
			Some("Contiguous") => Self::Contiguous,
			other => return Err(malformed(format!("no behaviour: {other:?}"))),
		})
	}

	fn apply(self, parts: Parts) -> Vec<Range<usize>> {
		let mut words: Vec<Range<usize>> = Vec::with_capacity(parts.len());
		let mut was_match = None;
		// Where the words are gone through backwards, the previous one is the next.
		let join = |words: &mut Vec<Range<usize>>, range: Range<usize>| match words.last_mut() {
			Some(last) => *last = last.start.min(range.start)..last.end.max(range.end),
			None => words.push(range),
		};
		match self {
			Self::Removed => words.extend(parts.into_iter().filter(|own| !own.1).map(|own| own.0)),
			Self::Isolated => words.extend(parts.into_iter().map(|own| own.0)),
			Self::Contiguous => {
				for (range, is_match) in parts {
					if was_match.replace(is_match) == Some(is_match) {
						join(&mut words, range);
					} else {
						words.push(range);
					}
				}
			},
			Self::WithPrevious => {
				for (range, is_match) in parts {
					if is_match && was_match == Some(false) {
						join(&mut words, range);
					} else {
						words.push(range);
					}
					was_match = Some(is_match);
				}
			},
			Self::WithNext => {
				for (range, is_match) in parts.into_iter().rev() {
					if is_match && was_match == Some(false) {
						join(&mut words, range);
					} else {
						words.push(range);
					}
					was_match = Some(is_match);
				}
				words.reverse();
			},
		}
		words
	}
}

#[derive(Debug)]
enum Step {
	Cut(Pattern, Behavior, bool),
	ByteLevel { prefix: bool, words: Option<Pattern> },
	Metaspace { blank: String, prefix: Prefix, cut: Option<Pattern> },
}

/// Before which words a blank is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Prefix {
	Always,
	First,
	Never,
}

/// Steps, in order.
#[derive(Debug, Default)]
pub(super) struct Splitter(Vec<Step>);

impl Splitter {
	pub fn new(part: Option<&Value>) -> Result<Self, TextError> {
		let mut own = Self::default();
		part.map_or(Ok(()), |part| own.add(part))?;
		Ok(own)
	}

	fn add(&mut self, part: &Value) -> Result<(), TextError> {
		let step = match kind(part)? {
			"Sequence" => {
				return parts(part, "pretokenizers")?.iter().try_for_each(|part| self.add(part));
			},
			"Split" => Step::Cut(
				Pattern::new(&part["pattern"])?,
				Behavior::named(part)?,
				flag(part, "invert", false),
			),
			"Digits" => {
				let behavior = match flag(part, "individual_digits", false) {
					true => Behavior::Isolated,
					false => Behavior::Contiguous,
				};
				Step::Cut(Pattern::Char(char::is_numeric), behavior, false)
			},
			"WhitespaceSplit" => {
				Step::Cut(Pattern::Char(char::is_whitespace), Behavior::Removed, false)
			},
			"ByteLevel" => {
				let words = flag(part, "use_regex", true).then(|| Pattern::regex(GPT_2));
				let prefix = flag(part, "add_prefix_space", true);
				Step::ByteLevel { prefix, words: words.transpose()? }
			},
			"Metaspace" => {
				let blank = part["replacement"].as_str().unwrap_or("\u{2581}").to_string();
				let prefix = match part["prepend_scheme"].as_str() {
					Some("always") => Prefix::Always,
					Some("first") => Prefix::First,
					Some("never") => Prefix::Never,
					None if flag(part, "add_prefix_space", true) => Prefix::Always,
					None => Prefix::Never,
					Some(other) => return Err(malformed(format!("no `prepend_scheme`: {other}"))),
				};
				let cut = flag(part, "split", true).then(|| Pattern::Text(blank.clone()));
				Step::Metaspace { blank, prefix, cut }
			},
			other => return Err(unsupported(format!("the pre-tokenizer `{other}`"))),
		};
		self.0.push(step);
		Ok(())
	}

	/// The words of a text.
	pub fn split(&self, word: Word, deadline: Instant) -> Result<Vec<Word>, TextError> {
		let mut words = vec![word];
		for step in &self.0 {
			let mut next = Vec::with_capacity(words.len());
			for word in words {
				step.apply(word, &mut next, deadline)?;
			}
			words = next;
		}
		Ok(words)
	}
}

/// Adds the parts of a word, by these ranges.
fn cut(word: &Word, ranges: Vec<Range<usize>>, words: &mut Vec<Word>) {
	for range in ranges {
		let is_first = word.is_first && range.start == 0;
		words.push(Word { text: word.text[range].into(), is_first });
	}
}

impl Step {
	fn apply(
		&self,
		mut word: Word,
		words: &mut Vec<Word>,
		deadline: Instant,
	) -> Result<(), TextError> {
		if word.text.is_empty() {
			return Ok(());
		}
		match self {
			Self::Cut(pattern, behavior, invert) => {
				let mut parts = pattern.find(&word.text, deadline)?;
				parts.iter_mut().for_each(|(_, is_match)| *is_match ^= invert);
				cut(&word, behavior.apply(parts), words);
			},
			Self::ByteLevel { prefix, words: pattern } => {
				if *prefix && !word.text.starts_with(' ') {
					word.text.insert(0, ' ');
				}
				let from = words.len();
				match pattern {
					None => words.push(word),
					Some(pattern) => {
						let parts = pattern.find(&word.text, deadline)?;
						cut(&word, Behavior::Isolated.apply(parts), words);
					},
				}
				for own in &mut words[from..] {
					own.text = own.text.bytes().map(byte_char).collect();
				}
			},
			Self::Metaspace { blank, prefix, cut: pattern } => {
				word.text = word.text.replace(' ', blank);
				let is_wanted =
					*prefix == Prefix::Always || *prefix == Prefix::First && word.is_first;
				if is_wanted && !word.text.starts_with(blank.as_str()) {
					word.text.insert_str(0, blank);
				}
				match pattern {
					None => words.push(word),
					Some(pattern) => {
						let parts = pattern.find(&word.text, deadline)?;
						cut(&word, Behavior::WithNext.apply(parts), words);
					},
				}
			},
		}
		Ok(())
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use serde_json::json;
	use std::time::Duration;

	#[test]
	fn cutting_should_end_at_the_deadline() {
		let splitter = Splitter::new(Some(&json!({ "type": "ByteLevel" }))).unwrap();
		let word = || Word { text: "a b".into(), is_first: true };
		let now = Instant::now();
		assert_eq!(splitter.split(word(), now + Duration::from_secs(60)).unwrap().len(), 2);
		let past = now.checked_sub(Duration::from_secs(1)).unwrap_or(now);
		let error = splitter.split(word(), past).unwrap_err();
		assert!(matches!(error, TextError::Split(_)), "{error:?}");
	}
}
