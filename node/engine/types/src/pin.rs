//! The id of the engine that this source tree builds.

/// Content hash, BLAKE3-256, of the engine that this source tree builds on every machine. It is read from
/// `node/engine/types/engine.id`, which `scripts/repin.sh` writes; a test compares it with the engine.
pub const PINNED_ENGINE_ID: [u8; 32] = parse(include_bytes!("../engine.id"));

/// Reads 64 hexadecimal digits and a line feed. A file of another form does not compile.
const fn parse(text: &[u8; 65]) -> [u8; 32] {
	assert!(text[64] == b'\n', "engine.id is one line");
	let mut id = [0; 32];
	let mut at = 0;
	while at < 64 {
		id[at / 2] = id[at / 2] << 4 | digit(text[at]);
		at += 1;
	}
	id
}

const fn digit(character: u8) -> u8 {
	match character {
		b'0'..=b'9' => character - b'0',
		b'a'..=b'f' => character - b'a' + 10,
		_ => panic!("engine.id is in lower-case hexadecimal digits"),
	}
}
