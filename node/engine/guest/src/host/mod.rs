//! Kernels on the host: tract finds these in its registry and prefers them to its own.
//!
//! The host defines each result to the last bit (see `src/host/kernels` there). The guest only says
//! where the operands are.

mod functions;
mod integer;
mod product;

/// The imports. All addresses are the guest's own; the host traps on one that is not.
mod import {
	#[link(wasm_import_module = "opg-kernels-1")]
	extern "C" {
		/// Computes a matrix product; see `Step` of the host for the form of the steps.
		pub fn matmul(rows: u32, cols: u32, vector: u32, steps: *const [u32; 4], count: u32);
		/// Adds the product of two panels of bytes to a tile.
		pub fn integer(vector: u32, depth: u32, tile: *mut i32, left: *const u8, right: *const u8);
		/// Replaces numbers by a function of them.
		pub fn elementwise(function: u32, at: *mut f32, count: u32);
		/// Replaces rows by their softmax.
		pub fn softmax(at: *mut f32, count: u32, length: u32);
	}
}
