//! The model's file, which stays on the host: the guest reads the parts that it needs.

use opg_engine_types::wire::Source;

/// The import. It is there while a model is loaded; the host traps on bytes that are not in the file,
/// and on addresses that are not the guest's.
mod import {
	#[link(wasm_import_module = "opg-model-1")]
	extern "C" {
		/// Copies bytes of the file to an address.
		pub fn read(offset: u32, to: *mut u8, length: u32);
	}
}

/// The file, of this length.
pub struct File(pub u32);

impl Source for File {
	fn length(&self) -> usize {
		self.0 as usize
	}

	fn read(&mut self, at: usize, to: &mut [u8]) {
		read(at, to);
	}
}

/// Reads the bytes of the file from `at` on.
pub fn read(at: usize, to: &mut [u8]) {
	// SAFETY: the host writes so many bytes.
	unsafe { import::read(at as u32, to.as_mut_ptr(), to.len() as u32) }
}
