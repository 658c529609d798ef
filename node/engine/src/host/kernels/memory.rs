//! Checked views of the guest's memory.

use std::{marker::PhantomData, slice};
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

/// The words of a call.
pub fn call<const WORDS: usize>(memory: &[u8], at: u32) -> Result<[u32; WORDS], OutOfBounds> {
	let (words, _) = words(memory, at, WORDS)?.as_chunks::<4>();
	Ok(std::array::from_fn(|place| word(&words[place])))
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

/// The guest's memory, as several threads see it at once.
#[derive(Clone, Copy)]
pub struct Shared<'a> {
	begin: *mut u8,
	length: usize,
	memory: PhantomData<&'a mut [u8]>,
}

// SAFETY: it stands for a `&mut [u8]`; `bytes_mut` says what its callers have to see to.
unsafe impl Send for Shared<'_> {}
// SAFETY: as above.
unsafe impl Sync for Shared<'_> {}

impl<'a> Shared<'a> {
	/// Takes the memory for so long.
	pub fn new(memory: &'a mut [u8]) -> Self {
		Shared { begin: memory.as_mut_ptr(), length: memory.len(), memory: PhantomData }
	}

	/// `count` bytes from `at` on.
	///
	/// # Safety
	///
	/// While the result is in use, nobody may write there.
	pub unsafe fn bytes(self, at: usize, count: usize) -> Result<&'a [u8], OutOfBounds> {
		self.check(at, count)?;
		// SAFETY: within the memory; the caller sees to the rest.
		Ok(unsafe { slice::from_raw_parts(self.begin.add(at), count) })
	}

	/// The same, to be changed.
	///
	/// # Safety
	///
	/// While the result is in use, nobody else may read or write there.
	pub unsafe fn bytes_mut(self, at: usize, count: usize) -> Result<&'a mut [u8], OutOfBounds> {
		self.check(at, count)?;
		// SAFETY: within the memory; the caller sees to the rest.
		Ok(unsafe { slice::from_raw_parts_mut(self.begin.add(at), count) })
	}

	/// `count` numbers.
	///
	/// # Safety
	///
	/// As for [`Shared::bytes`].
	pub unsafe fn floats(self, at: u32, count: usize) -> Result<&'a [f32], OutOfBounds> {
		// SAFETY: the caller sees to it.
		let bytes = unsafe { self.bytes(at as usize, count.checked_mul(4).ok_or(OutOfBounds)?)? };
		floats(bytes, 0, count)
	}

	/// A word.
	///
	/// # Safety
	///
	/// As for [`Shared::bytes`].
	pub unsafe fn word(self, at: u32) -> Result<u32, OutOfBounds> {
		// SAFETY: the caller sees to it.
		Ok(word(unsafe { self.bytes(at as usize, 4)? }))
	}

	/// Where an address of the guest is.
	pub fn address(self, at: u32) -> *mut u8 {
		self.begin.wrapping_add(at as usize)
	}

	/// Bytes in all.
	pub fn len(self) -> usize {
		self.length
	}

	fn check(self, at: usize, count: usize) -> Result<(), OutOfBounds> {
		let end = at.checked_add(count).filter(|end| *end <= self.length);
		end.map(|_| ()).ok_or(OutOfBounds)
	}
}
