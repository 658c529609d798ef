//! The parts of the file.

use super::{malformed, unsupported};
use crate::TextError;
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashMap;

/// What is read of a `tokenizer.json`.
#[derive(Deserialize)]
pub(super) struct File {
	#[serde(default)]
	pub added_tokens: Vec<AddedToken>,
	pub normalizer: Option<Value>,
	pub pre_tokenizer: Option<Value>,
	pub post_processor: Option<Value>,
	pub decoder: Option<Value>,
	pub model: Model,
}

/// A token that is found in the text as it is.
#[derive(Deserialize)]
pub(super) struct AddedToken {
	pub id: u32,
	pub content: String,
	#[serde(default)]
	pub single_word: bool,
	#[serde(default)]
	pub lstrip: bool,
	#[serde(default)]
	pub rstrip: bool,
	#[serde(default)]
	pub normalized: bool,
	#[serde(default)]
	pub special: bool,
}

/// The model: which pairs are merged, and into which token.
#[derive(Deserialize)]
pub(super) struct Model {
	/// Files of old have none.
	#[serde(rename = "type")]
	pub kind: Option<String>,
	pub dropout: Option<f64>,
	pub unk_token: Option<String>,
	pub continuing_subword_prefix: Option<String>,
	pub end_of_word_suffix: Option<String>,
	#[serde(default)]
	pub fuse_unk: bool,
	#[serde(default)]
	pub byte_fallback: bool,
	#[serde(default)]
	pub ignore_merges: bool,
	#[serde(default)]
	pub vocab: Vocabulary,
	#[serde(default)]
	pub merges: Vec<Merge>,
	/// Not of `tokenizers`, which ignores it.
	pub opg: Option<Value>,
}

/// Tokens by their texts. Models of another kind have them in another form.
#[derive(Default)]
pub(super) struct Vocabulary(HashMap<String, u32>);

impl std::ops::Deref for Vocabulary {
	type Target = HashMap<String, u32>;

	fn deref(&self) -> &Self::Target {
		&self.0
	}
}

impl<'de> Deserialize<'de> for Vocabulary {
	fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
		struct Visitor;
		impl<'de> serde::de::Visitor<'de> for Visitor {
			type Value = Vocabulary;

			fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
				f.write_str("tokens by their texts")
			}

			fn visit_map<A: serde::de::MapAccess<'de>>(
				self,
				mut map: A,
			) -> Result<Vocabulary, A::Error> {
				let mut all = HashMap::new();
				while let Some((text, token)) = map.next_entry()? {
					all.insert(text, token);
				}
				Ok(Vocabulary(all))
			}

			/// That of Unigram, which is refused by its name.
			fn visit_seq<A: serde::de::SeqAccess<'de>>(
				self,
				mut list: A,
			) -> Result<Vocabulary, A::Error> {
				while list.next_element::<serde::de::IgnoredAny>()?.is_some() {}
				Ok(Vocabulary::default())
			}
		}
		deserializer.deserialize_any(Visitor)
	}
}

/// Two tokens that become one: `"a b"`, or `["a", "b"]`.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Merge {
	Text(String),
	Pair(String, String),
}

/// What the file says besides.
#[derive(Debug)]
pub(crate) struct Extras {
	/// The template of conversations.
	pub chat_template: Option<String>,
	/// Special tokens by the names that templates have for them.
	pub special: Vec<(String, String)>,
	/// Tokens that end answers.
	pub stops: Vec<u32>,
}

impl Extras {
	/// What the importer of language models adds to the file.
	pub fn new(opg: &Value) -> Self {
		let text = |value: &Value| value.as_str().map(String::from);
		let entries = opg.as_object().into_iter().flatten();
		let special = entries.filter(|(name, _)| name.ends_with("_token"));
		let special = special.filter_map(|(name, value)| Some((name.clone(), text(value)?)));
		let stops = opg["stop"].as_array().into_iter().flatten();
		let stops = stops.filter_map(|token| u32::try_from(token.as_u64()?).ok());
		Self {
			chat_template: text(&opg["chat_template"]),
			special: special.collect(),
			stops: stops.collect(),
		}
	}
}

/// The name of a part, such as `ByteLevel`.
pub(super) fn kind(part: &Value) -> Result<&str, TextError> {
	part["type"].as_str().ok_or_else(|| malformed("a part has no `type`"))
}

/// The parts of a sequence.
pub(super) fn parts<'a>(part: &'a Value, key: &str) -> Result<&'a Vec<Value>, TextError> {
	part[key].as_array().ok_or_else(|| malformed(format!("a sequence has no `{key}`")))
}

/// A switch, with what it is where nothing is said.
pub(super) fn flag(part: &Value, key: &str, default: bool) -> bool {
	part[key].as_bool().unwrap_or(default)
}

/// Tokens that belong before and behind each text.
pub(super) fn around(part: Option<&Value>) -> Result<(Vec<u32>, Vec<u32>), TextError> {
	let Some(part) = part else { return Ok(Default::default()) };
	match kind(part)? {
		// It is about places in the text, and not about tokens.
		"ByteLevel" => Ok(Default::default()),
		"Sequence" => {
			let mut all = (Vec::new(), Vec::new());
			for part in parts(part, "processors")? {
				let (before, behind) = around(Some(part))?;
				all.0.splice(..0, before);
				all.1.extend(behind);
			}
			Ok(all)
		},
		"TemplateProcessing" => {
			let (mut before, mut behind, mut is_behind) = (Vec::new(), Vec::new(), false);
			for item in parts(part, "single")? {
				if item["Sequence"].is_object() {
					if std::mem::replace(&mut is_behind, true) {
						return Err(unsupported("a text is there twice"));
					}
					continue;
				}
				let name = item["SpecialToken"]["id"].as_str();
				let name = name.ok_or_else(|| malformed("its `single` is of another form"))?;
				let ids = part["special_tokens"][name]["ids"].as_array();
				let ids = ids.ok_or_else(|| malformed(format!("there is no `{name}`")))?;
				for id in ids {
					let id = id.as_u64().and_then(|id| u32::try_from(id).ok());
					let id = id.ok_or_else(|| malformed(format!("`{name}` has no number")))?;
					if is_behind {
						behind.push(id);
					} else {
						before.push(id);
					}
				}
			}
			Ok((before, behind))
		},
		other => Err(unsupported(format!("the post-processor `{other}`"))),
	}
}
