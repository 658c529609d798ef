//! Checked views of the guest's memory.

use wasmtime::Trap;

/// The guest has named an address outside its memory, or one that is not aligned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfBounds;

impl From<OutOfBounds> for Trap {
	fn from(_: OutOfBounds) -> Self {
		Trap::MemoryOutOfBounds
	}
}

#[cfg(not(target_endian = "little"))]
compile_error!("the guest's numbers are little endian");

/// Four bytes as a number.
pub fn word(bytes: &[u8]) -> u32 {
	bytes.iter().rev().fold(0, |word, byte| word << 8 | u32::from(*byte))
}

/// `count` words, as bytes.
pub fn words(memory: &[u8], at: u32, count: usize) -> Result<&[u8], OutOfBounds> {
	bytes(memory, at, count.checked_mul(4).ok_or(OutOfBounds)?)
}

/// `count` numbers.
pub fn floats(memory: &[u8], at: u32, count: usize) -> Result<&[f32], OutOfBounds> {
	// SAFETY: any bytes are numbers.
	match unsafe { words(memory, at, count)?.align_to() } {
		([], floats, []) => Ok(floats),
		_ => Err(OutOfBounds),
	}
}

/// The same, to be changed.
pub fn floats_mut(memory: &mut [u8], at: u32, count: usize) -> Result<&mut [f32], OutOfBounds> {
	let length = count.checked_mul(4).ok_or(OutOfBounds)?;
	// SAFETY: any bytes are numbers, and any numbers bytes.
	match unsafe { bytes_mut(memory, at, length)?.align_to_mut() } {
		([], floats, []) => Ok(floats),
		_ => Err(OutOfBounds),
	}
}

/// `count` bytes.
pub fn bytes(memory: &[u8], at: u32, count: usize) -> Result<&[u8], OutOfBounds> {
	let to = count.checked_add(at as usize).ok_or(OutOfBounds)?;
	memory.get(at as usize..to).ok_or(OutOfBounds)
}

/// The same, to be changed.
pub fn bytes_mut(memory: &mut [u8], at: u32, count: usize) -> Result<&mut [u8], OutOfBounds> {
	let to = count.checked_add(at as usize).ok_or(OutOfBounds)?;
	memory.get_mut(at as usize..to).ok_or(OutOfBounds)
}
