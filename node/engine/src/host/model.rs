//! The model's file: the guest reads it piece by piece while it loads, so it keeps no copy of it.

use super::{
	kernels::{self, bytes_mut, CALL_FUEL},
	State,
};
use std::ptr::NonNull;
use wasmtime::{Caller, Linker, Result, Trap};

/// Name of the import. Its number changes with its meaning or fuel, as that of the kernels does.
const MODULE: &str = "opg-model-1";

/// The functions, as imports name them.
pub const IMPORTS: [(&str, &str); 1] = [(MODULE, "read")];

/// The file that an instance may read. There is none unless a model is being loaded.
#[derive(Default)]
pub struct ModelFile(Option<NonNull<[u8]>>);

// SAFETY: it stands for a `&[u8]`, as which it is used alone.
unsafe impl Send for ModelFile {}
// SAFETY: as above.
unsafe impl Sync for ModelFile {}

impl ModelFile {
	/// Lends a file.
	///
	/// # Safety
	///
	/// The bytes must outlive the value, or at least every call of the guest while it is there.
	pub unsafe fn lend(file: &[u8]) -> ModelFile {
		ModelFile(Some(file.into()))
	}

	fn bytes(&self) -> &[u8] {
		// SAFETY: `lend` has the same requirement.
		self.0.map_or(&[], |file| unsafe { file.as_ref() })
	}
}

/// Defines the functions.
pub fn link(linker: &mut Linker<State>) -> Result<()> {
	linker.func_wrap(
		MODULE,
		"read",
		|mut caller: Caller<'_, State>, offset: u32, to: u32, length: u32| {
			kernels::run(&mut caller, fuel(length), |memory, state| {
				let tail = state.model.bytes().get(offset as usize..);
				let part = tail.and_then(|tail| tail.get(..length as usize));
				let part = part.ok_or(Trap::MemoryOutOfBounds)?;
				bytes_mut(memory, to, part.len())?.copy_from_slice(part);
				Ok(())
			})
		},
	)?;
	Ok(())
}

/// Fuel of reading so many bytes: a unit stands for half a nanosecond, in which a core copies four to
/// memory that it has not touched before.
fn fuel(length: u32) -> u64 {
	CALL_FUEL + u64::from(length) / 4
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_file_should_be_there_when_it_is_lent_alone() {
		assert!(ModelFile::default().bytes().is_empty());
		let file = vec![1, 2, 3];
		// SAFETY: the file lives longer.
		let lent = unsafe { ModelFile::lend(&file) };
		assert_eq!(lent.bytes(), file);
	}
}
