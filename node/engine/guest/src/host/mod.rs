//! Kernels on the host: tract finds these in its registry and prefers them to its own.
//!
//! The host defines each result to the last bit (see `src/host/kernels` there). The guest only says
//! where the operands are.

pub mod attention;
mod convolution;
mod functions;
mod integer;
pub mod nbits;
mod pack;
mod product;
pub mod stored;

pub use convolution::convolution;
use opg_engine_types::DType;
pub use pack::pack;

/// The imports. All addresses are the guest's own; the host traps on one that is not.
mod import {
	#[link(wasm_import_module = "opg-kernels-3")]
	extern "C" {
		/// Computes a matrix product; see `Step` of the host for the form of the steps.
		pub fn matmul(rows: u32, cols: u32, vector: u32, steps: *const [u32; 4], count: u32);
		/// Computes a convolution; see `Call` and `Step` of the host for the form of both.
		pub fn convolution(call: *const u32, steps: *const [u32; 4], count: u32);
		/// Adds the product of two panels of bytes to a tile.
		pub fn integer(vector: u32, depth: u32, tile: *mut i32, left: *const u8, right: *const u8);
		/// Brings a factor of a product into panels; see `Call` of the host for what is there.
		pub fn pack(call: *const u32);
		/// Computes a product with weights of few bits; see `Call` of the host for what is there.
		pub fn nbits(call: *const u32);
		/// Computes attention over a cache; see `Call` of the host for what is there.
		pub fn attention(call: *const u32);
		/// Replaces numbers by a function of them.
		pub fn elementwise(function: u32, at: *mut f32, count: u32);
		/// Replaces rows by their softmax.
		pub fn softmax(at: *mut f32, count: u32, length: u32);
		/// Writes the hash of data of the type with this code.
		pub fn digest(dtype: u32, at: *const u8, length: u32, to: *mut [u8; 32]);
	}
}

/// Replaces numbers by e to their power.
pub fn exp(numbers: &mut [f32]) {
	// SAFETY: the host changes the numbers and nothing else. The code is that of `Function::ALL` there.
	unsafe { import::elementwise(0, numbers.as_mut_ptr(), numbers.len() as u32) }
}

/// Replaces numbers `x` by `x * sigmoid(x)`.
pub fn silu(numbers: &mut [f32]) {
	// SAFETY: as above.
	unsafe { import::elementwise(4, numbers.as_mut_ptr(), numbers.len() as u32) }
}

/// BLAKE2b-256 of data of this type, of which every NaN counts as the canonical one.
pub fn digest(dtype: DType, data: &[u8]) -> [u8; 32] {
	let mut digest = [0; 32];
	// SAFETY: the host reads the data and writes the digest.
	unsafe { import::digest(dtype as u32, data.as_ptr(), data.len() as u32, &mut digest) };
	digest
}
