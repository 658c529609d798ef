//! Tokens to text, one after the other.

use super::{
	file::{kind, parts},
	malformed, unsupported,
};
use crate::TextError;
use serde_json::Value;

/// The character that stands for a byte in tokens of bytes: itself where it can be printed, and one
/// from U+0100 on where not.
pub(super) fn byte_char(byte: u8) -> char {
	let code = match byte {
		0x21..=0x7e | 0xa1..=0xac | 0xae..=0xff => u32::from(byte),
		0x00..=0x20 => 0x100 + u32::from(byte),
		0x7f..=0xa0 => 0x121 + u32::from(byte) - 0x7f,
		0xad => 0x143,
	};
	char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// The byte for which a character stands.
fn char_byte(char: char) -> Option<u8> {
	let code = u32::from(char);
	let byte = match code {
		0x21..=0x7e | 0xa1..=0xac | 0xae..=0xff => code,
		0x100..=0x120 => code - 0x100,
		0x121..=0x142 => code - 0x121 + 0x7f,
		0x143 => 0xad,
		_ => return None,
	};
	u8::try_from(byte).ok()
}

/// How the text of a token becomes bytes.
#[derive(Debug, Default)]
pub(super) struct Decoding {
	is_bytes: bool,
	has_byte_tokens: bool,
	replace: Vec<(String, String)>,
	/// Taken away from where the text begins.
	strip: Option<(char, usize)>,
	/// Blanks between tokens.
	is_spaced: bool,
}

impl Decoding {
	pub fn new(part: Option<&Value>) -> Result<Self, TextError> {
		let mut own = Self { is_spaced: part.is_none(), ..Self::default() };
		part.map_or(Ok(()), |part| own.add(part))?;
		Ok(own)
	}

	fn add(&mut self, part: &Value) -> Result<(), TextError> {
		match kind(part)? {
			"Sequence" => {
				parts(part, "decoders")?.iter().try_for_each(|part| self.add(part))?;
			},
			"ByteLevel" => self.is_bytes = true,
			"ByteFallback" => self.has_byte_tokens = true,
			// Tokens are put together anyway.
			"Fuse" => (),
			"Replace" => {
				let (from, to) = (part["pattern"]["String"].as_str(), part["content"].as_str());
				let pair = from.zip(to).filter(|(from, _)| !from.is_empty());
				let (from, to) = pair.ok_or_else(|| unsupported("a replacement by expressions"))?;
				self.replace.push((from.into(), to.into()));
			},
			"Strip" => {
				let char = part["content"].as_str().and_then(|text| text.chars().next());
				let (start, stop) = (part["start"].as_u64(), part["stop"].as_u64());
				if stop != Some(0) {
					return Err(unsupported("a decoder that strips the end"));
				}
				let count = start.and_then(|start| usize::try_from(start).ok());
				let strip = char.zip(count).ok_or_else(|| malformed("`Strip` is malformed"))?;
				self.strip = Some(strip);
			},
			"Metaspace" => {
				let blank = part["replacement"].as_str().unwrap_or("\u{2581}");
				self.replace.push((blank.into(), " ".into()));
				let has_prefix = match part["prepend_scheme"].as_str() {
					Some(scheme) => scheme != "never",
					None => part["add_prefix_space"].as_bool().unwrap_or(true),
				};
				self.strip = has_prefix.then_some((' ', 1));
			},
			other => return Err(unsupported(format!("the decoder `{other}`"))),
		}
		Ok(())
	}

	/// The byte that a token of one byte stands for, such as `<0x0A>`.
	fn byte(&self, token: &str) -> Option<u8> {
		let hex = token.strip_prefix("<0x")?.strip_suffix('>')?;
		let hex = (self.has_byte_tokens && hex.len() == 2).then_some(hex)?;
		u8::from_str_radix(hex, 16).ok()
	}

	fn bytes(&self, token: &str) -> Vec<u8> {
		let mut text = std::borrow::Cow::Borrowed(token);
		for (from, to) in &self.replace {
			text = text.replace(from, to).into();
		}
		if self.is_bytes {
			// One that is no token of bytes is what it is.
			if let Some(bytes) = text.chars().map(char_byte).collect() {
				return bytes;
			}
		}
		text.into_owned().into_bytes()
	}
}

/// A text that grows token by token.
#[derive(Debug, Default)]
pub struct Stream {
	/// Bytes of a character that is not whole yet: at most three.
	pending: Vec<u8>,
	/// What tokens of one byte have said since the last other token. Only at the end of such a row is
	/// it known whether it is text.
	row: Vec<u8>,
	/// Characters that were stripped, until the text begins.
	stripped: usize,
	has_begun: bool,
	has_tokens: bool,
}

impl Stream {
	pub(super) fn push(&mut self, decoding: &Decoding, token: &str) -> String {
		if decoding.is_spaced && std::mem::replace(&mut self.has_tokens, true) {
			self.pending.push(b' ');
		}
		if let Some(byte) = decoding.byte(token) {
			self.row.push(byte);
			return String::new();
		}
		self.end_row();
		self.pending.extend(decoding.bytes(token));
		self.take(decoding)
	}

	/// A row of bytes that is no text becomes one replacement for each byte, as in `tokenizers`.
	fn end_row(&mut self) {
		let row = std::mem::take(&mut self.row);
		if std::str::from_utf8(&row).is_ok() {
			self.pending.extend(row);
		} else {
			let replaced = char::REPLACEMENT_CHARACTER.to_string().repeat(row.len());
			self.pending.extend(replaced.into_bytes());
		}
	}

	/// The whole characters, and what stands for broken ones.
	fn take(&mut self, decoding: &Decoding) -> String {
		let mut text = String::new();
		loop {
			match std::str::from_utf8(&self.pending) {
				Ok(valid) => {
					text.push_str(valid);
					self.pending.clear();
					break;
				},
				Err(error) => {
					let valid = self.pending.drain(..error.valid_up_to()).collect::<Vec<_>>();
					text.push_str(&String::from_utf8_lossy(&valid));
					let Some(length) = error.error_len() else { break };
					self.pending.drain(..length);
					text.push(char::REPLACEMENT_CHARACTER);
				},
			}
		}
		if let Some((strip, count)) = decoding.strip.filter(|_| !self.has_begun) {
			let mut chars = text.chars();
			while self.stripped < count && chars.as_str().starts_with(strip) {
				chars.next();
				self.stripped += 1;
			}
			text = chars.as_str().into();
		}
		self.has_begun |= !text.is_empty();
		text
	}

	/// What is left at the end: a row of bytes, or a character that never became whole.
	pub(super) fn finish(mut self, decoding: &Decoding) -> String {
		self.end_row();
		let mut text = self.take(decoding);
		text.push_str(&String::from_utf8_lossy(&self.pending));
		text
	}
}
