//! Text of strangers, made safe to print.

/// Most characters of such text that are printed.
pub const MAX_PRINTED: usize = 500;

/// `text` without characters that a terminal or a log would act upon, cut to [`MAX_PRINTED`].
///
/// Text that comes from models, peers or RPC passes through this on its way to a log or a terminal.
/// Control, formatting and direction characters and backslashes are escaped as in a Rust literal, so
/// that nobody can forge a line of a log or hide a part of one (RUSTSEC-2025-0055).
pub fn printable(text: &str) -> String {
	let mut printed = String::new();
	let mut characters = text.chars();
	for character in characters.by_ref().take(MAX_PRINTED) {
		match character {
			'"' | '\'' => printed.push(character),
			_ => printed.extend(character.escape_debug()),
		}
	}
	if characters.next().is_some() {
		printed.push('…');
	}
	printed
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn text_should_stay_as_it_is_when_it_is_harmless() {
		for text in ["", "node \"Conv_1\": 3 × 3", "Ärger mit 模型 🧠"] {
			assert_eq!(printable(text), text);
		}
	}

	#[test]
	fn text_should_be_escaped_when_a_terminal_would_act_upon_it() {
		assert_eq!(printable("a\x1b[2Jb\r\nc"), "a\\u{1b}[2Jb\\r\\nc");
		assert_eq!(printable("\u{202e}evil\u{9b}31m\u{2028}"), "\\u{202e}evil\\u{9b}31m\\u{2028}");
		assert_eq!(printable("\\n"), "\\\\n");
	}

	#[test]
	fn text_should_be_cut_when_it_is_long() {
		let longest = "é".repeat(MAX_PRINTED);
		assert_eq!(printable(&longest), longest);
		assert_eq!(printable(&(longest.clone() + "x")), longest + "…");
	}
}
