//! Normalisation of text before it is cut.

use super::{
	file::{kind, parts},
	malformed,
	split::Pattern,
	unsupported,
};
use crate::{TextError, MAX_TEXT};
use serde_json::Value;
use std::{borrow::Cow, time::Instant};
use unicode_normalization::UnicodeNormalization;

/// Steps, in order.
#[derive(Debug, Default)]
pub(super) struct Normalizer(Vec<Step>);

#[derive(Debug)]
enum Step {
	Nfc,
	Nfd,
	Nfkc,
	Nfkd,
	Prepend(String),
	Replace(Pattern, String),
}

impl Normalizer {
	pub fn new(part: Option<&Value>) -> Result<Self, TextError> {
		let mut own = Self::default();
		part.map_or(Ok(()), |part| own.add(part))?;
		Ok(own)
	}

	fn add(&mut self, part: &Value) -> Result<(), TextError> {
		let text = |key: &str| {
			let text = part[key].as_str();
			text.map(String::from).ok_or_else(|| malformed(format!("no `{key}`")))
		};
		self.0.push(match kind(part)? {
			"Sequence" => {
				return parts(part, "normalizers")?.iter().try_for_each(|part| self.add(part));
			},
			"NFC" => Step::Nfc,
			"NFD" => Step::Nfd,
			"NFKC" => Step::Nfkc,
			"NFKD" => Step::Nfkd,
			"Prepend" => Step::Prepend(text("prepend")?),
			"Replace" => Step::Replace(Pattern::new(&part["pattern"])?, text("content")?),
			other => return Err(unsupported(format!("the normaliser `{other}`"))),
		});
		Ok(())
	}

	/// The text, normalised until the deadline.
	pub fn apply<'a>(&self, text: &'a str, deadline: Instant) -> Result<Cow<'a, str>, TextError> {
		let mut text = Cow::Borrowed(text);
		for step in &self.0 {
			text = match step {
				Step::Nfc => text.nfc().collect(),
				Step::Nfd => text.nfd().collect(),
				Step::Nfkc => text.nfkc().collect(),
				Step::Nfkd => text.nfkd().collect(),
				Step::Prepend(before) if !text.is_empty() => format!("{before}{text}").into(),
				Step::Prepend(_) => text,
				Step::Replace(pattern, with) => {
					let mut new = String::with_capacity(text.len());
					for (range, is_match) in pattern.find(&text, deadline)? {
						new.push_str(if is_match { with } else { &text[range] });
					}
					new.into()
				},
			};
			// Some characters become eighteen.
			if text.len() > 18 * MAX_TEXT {
				return Err(TextError::TextTooLong(text.len()));
			}
		}
		Ok(text)
	}
}
