//! Checked views of the guest's memory.

/// The guest has named an address outside its memory, or one that is not aligned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfBounds;

#[cfg(not(target_endian = "little"))]
compile_error!("the guest's numbers are little endian");

/// Four bytes as a number.
pub fn word(bytes: &[u8]) -> u32 {
	bytes.iter().rev().fold(0, |word, byte| word << 8 | u32::from(*byte))
}

/// `count` words, as bytes.
pub fn words(memory: &[u8], at: u32, count: usize) -> Result<&[u8], OutOfBounds> {
	let to = count.checked_mul(4).and_then(|length| length.checked_add(at as usize));
	memory.get(at as usize..to.ok_or(OutOfBounds)?).ok_or(OutOfBounds)
}

/// `count` numbers.
pub fn floats(memory: &[u8], at: u32, count: usize) -> Result<&[f32], OutOfBounds> {
	// SAFETY: any bytes are numbers.
	match unsafe { words(memory, at, count)?.align_to() } {
		([], floats, []) => Ok(floats),
		_ => Err(OutOfBounds),
	}
}
