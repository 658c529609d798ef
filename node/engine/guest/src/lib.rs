//! The inference engine inside its sandbox: a reactor that loads an ONNX model with tract and runs
//! it once.
//!
//! The host calls `_initialize`, then [`opg_load`], in which the guest reads the file from the host,
//! and [`opg_run`] or [`opg_witness`], with buffers from [`opg_alloc`], and drops the instance.
//! Everything here is deterministic; the hash of the compiled module is the engine id.

#[macro_use]
mod unequal;

mod binding;
mod branches;
mod broadcast;
mod describe;
mod file;
mod gates;
mod generation;
mod host;
mod loaded;
mod memory;
mod model;
mod operators;
mod optimise;
mod patch;
mod reductions;
mod refusal;
mod scatter;
mod sharing;
mod tables;
mod values;
mod weights;
mod witness;

use file::File;
use generation::Stops;
use loaded::Loaded;
use opg_engine_types::{Dims, Reason};
use refusal::Refusal;
use std::sync::OnceLock;

/// The model of this instance.
static LOADED: OnceLock<Loaded> = OnceLock::new();

/// The result of a call, for the host to read.
#[repr(C)]
pub struct Reply {
	/// 0: the rest is the encoded output, if there is one; else the code of a [`Reason`], and the
	/// rest is a message.
	status: u32,
	data: *const u8,
	length: u32,
}

impl Reply {
	fn leave(result: Result<Vec<u8>, Refusal>) -> *const Reply {
		let (status, data) = match result {
			Ok(output) => (0, output),
			Err(Refusal { reason, message }) => (reason as u32, message.into_bytes()),
		};
		let data = data.leak();
		Box::leak(Box::new(Reply { status, data: data.as_ptr(), length: data.len() as u32 }))
	}
}

extern "C" {
	fn __wasm_call_ctors();
}

/// Runs the constructors, in which tract's kernels register themselves. To be called once, first.
///
/// Naming them here also keeps the linker from running them before every export.
#[export_name = "_initialize"]
pub extern "C" fn initialize() {
	// SAFETY: the linker defines it; the host calls this once.
	unsafe { __wasm_call_ctors() }
}

/// Returns a buffer of `length` bytes for the host to fill.
#[no_mangle]
pub extern "C" fn opg_alloc(length: u32) -> *mut u8 {
	Vec::leak(vec![0; length as usize]).as_mut_ptr()
}

/// Takes a buffer back.
///
/// # Safety
///
/// It must come from [`opg_alloc`], with this length, and be used for nothing else.
unsafe fn own(data: *mut u8, length: u32) -> Vec<u8> {
	Vec::from_raw_parts(data, length as usize, length as usize)
}

/// Loads the model, a file of `length` bytes that the host lets it read, with these dimensions bound.
/// To be called once. Leaves no data.
///
/// # Safety
///
/// The buffer must come from [`opg_alloc`], with this length, and be used for nothing else. The host is
/// trusted.
#[no_mangle]
pub unsafe extern "C" fn opg_load(length: u32, dims: *mut u8, dims_length: u32) -> *const Reply {
	let dims = own(dims, dims_length);
	let loaded = memory::zeroing(|| {
		let dims =
			Dims::decode(&dims).map_err(|e| Refusal::new(Reason::BadBinding, e.to_string()))?;
		model::load(File(length), &dims)
	});
	Reply::leave(loaded.map(|loaded| {
		LOADED.get_or_init(|| loaded);
		Vec::new()
	}))
}

/// Leaves the description of the loaded model, encoded.
#[no_mangle]
pub extern "C" fn opg_describe() -> *const Reply {
	Reply::leave(loaded().map(|loaded| loaded.description.encode()))
}

/// Leaves an input for a trial of the loaded model, encoded: zeros, unless it generates.
#[no_mangle]
pub extern "C" fn opg_zeros() -> *const Reply {
	Reply::leave(loaded().and_then(Loaded::zeros))
}

/// Runs the loaded model on the input.
///
/// # Safety
///
/// As for [`opg_load`].
#[no_mangle]
pub unsafe extern "C" fn opg_run(input: *mut u8, input_length: u32) -> *const Reply {
	let input = own(input, input_length);
	Reply::leave(loaded().and_then(|loaded| loaded.run(input, Stops::Obeyed)))
}

/// The same as [`opg_run`], but no stop token ends a generation: for measuring tokens.
///
/// # Safety
///
/// As for [`opg_load`].
#[no_mangle]
pub unsafe extern "C" fn opg_trial(input: *mut u8, input_length: u32) -> *const Reply {
	let input = own(input, input_length);
	Reply::leave(loaded().and_then(|loaded| loaded.run(input, Stops::Ignored)))
}

/// Runs the loaded model on the input, and leaves the witness for the seed: see [`witness`].
///
/// # Safety
///
/// As for [`opg_load`]. The seed is 32 bytes long.
#[no_mangle]
pub unsafe extern "C" fn opg_witness(
	input: *mut u8,
	input_length: u32,
	seed: *mut u8,
) -> *const Reply {
	let (input, seed) = (own(input, input_length), own(seed, witness::SEED));
	Reply::leave(loaded().and_then(|loaded| loaded.witness(input, &seed)))
}

fn loaded() -> Result<&'static Loaded, Refusal> {
	LOADED.get().ok_or_else(|| Refusal::new(Reason::NotLoadable, "no model is loaded"))
}
