//! The verifier of receipts for web pages: WebAssembly without imports, and without bindings that
//! would have to be generated.
//!
//! ```js
//! const { instance } = await WebAssembly.instantiate(bytes);
//! const { memory, alloc, free, verify } = instance.exports;
//! const put = (text) => {
//!   const bytes = new TextEncoder().encode(text);
//!   const at = alloc(bytes.length);
//!   new Uint8Array(memory.buffer, at, bytes.length).set(bytes);
//!   return [at, bytes.length];
//! };
//! const receipt = put(receiptText), anchor = put(genesisHash);
//! const at = verify(...receipt, ...anchor);
//! const length = new DataView(memory.buffer).getUint32(at, true);
//! const text = new TextDecoder().decode(new Uint8Array(memory.buffer, at + 4, length));
//! free(at, length + 4), free(...receipt), free(...anchor);
//! ```
//!
//! The anchor is a genesis hash, or the text of a file of authorities. The result is JSON:
//! `{"statement": …}` as [`Statement::to_json`](opg_receipt::Statement::to_json) has it, or
//! `{"error": {"reason": …, "message": …}}`.
//!
//! Only WebAssembly exports the names: elsewhere `free` would take the place of the C library's.

use opg_receipt::{verify as check, Anchor, AuthorityFile, Error, Hash, Receipt, Statement};
use serde_json::{json, Value};

/// Bytes of the length in front of a result.
const LENGTH_BYTES: usize = 4;

/// Reserves `length` bytes for the caller to write, to be given back by [`free`].
#[cfg_attr(target_family = "wasm", no_mangle)]
pub extern "C" fn alloc(length: usize) -> *mut u8 {
	Box::into_raw(vec![0u8; length].into_boxed_slice()).cast()
}

/// Gives bytes back.
///
/// # Safety
///
/// `at` and `length` are of [`alloc`] or of a result of [`verify`], and are given back once.
#[cfg_attr(target_family = "wasm", no_mangle)]
pub unsafe extern "C" fn free(at: *mut u8, length: usize) {
	// SAFETY: the caller promises that they are those of a boxed slice that nobody else has.
	drop(unsafe { Box::from_raw(core::ptr::slice_from_raw_parts_mut(at, length)) });
}

/// Checks a receipt. Gives the place of the result: its length, a little-endian number of 32 bits, and
/// as many bytes of JSON.
///
/// # Safety
///
/// Both ranges are of [`alloc`], and written.
#[cfg_attr(target_family = "wasm", no_mangle)]
pub unsafe extern "C" fn verify(
	receipt: *const u8,
	receipt_length: usize,
	anchor: *const u8,
	anchor_length: usize,
) -> *mut u8 {
	// SAFETY: the caller promises that both ranges are readable, and nothing else runs meanwhile.
	let (receipt, anchor) = unsafe {
		(
			core::slice::from_raw_parts(receipt, receipt_length),
			core::slice::from_raw_parts(anchor, anchor_length),
		)
	};
	let text = result(receipt, anchor).to_string().into_bytes();
	// A statement is shorter than its receipt, so the length fits.
	let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
	let mut bytes = Vec::with_capacity(LENGTH_BYTES + text.len());
	bytes.extend(length.to_le_bytes());
	bytes.extend(text);
	Box::into_raw(bytes.into_boxed_slice()).cast()
}

/// The result as JSON.
pub fn result(receipt: &[u8], anchor: &[u8]) -> Value {
	match checked(receipt, anchor) {
		Ok(statement) => json!({ "statement": statement.to_json() }),
		Err(error) => {
			json!({ "error": { "reason": error.reason(), "message": error.to_string() } })
		},
	}
}

fn checked(receipt: &[u8], anchor: &[u8]) -> Result<Statement, Error> {
	let text = core::str::from_utf8(anchor).unwrap_or_default().trim();
	let anchor = match text.parse::<Hash>() {
		Ok(genesis) => Anchor::Genesis(genesis),
		Err(_) => {
			let file = AuthorityFile::parse(anchor)?;
			Anchor::Authorities { genesis: file.genesis, set: file.set() }
		},
	};
	check(&Receipt::parse(receipt)?, &anchor)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn result_should_come_back_through_the_memory() {
		let put = |bytes: &[u8]| {
			let at = alloc(bytes.len());
			// SAFETY: the range was just allocated, and nobody else has it.
			unsafe { core::slice::from_raw_parts_mut(at, bytes.len()) }.copy_from_slice(bytes);
			at
		};
		let (receipt, anchor) = (b"{}", format!("0x{}", "00".repeat(32)));
		let (at, anchor_at) = (put(receipt), put(anchor.as_bytes()));
		// SAFETY: both ranges were written above, and the result is read as it is documented.
		let text = unsafe {
			let result = verify(at, receipt.len(), anchor_at, anchor.len());
			let mut length = [0; LENGTH_BYTES];
			length.copy_from_slice(core::slice::from_raw_parts(result, LENGTH_BYTES));
			let length = u32::from_le_bytes(length) as usize;
			let json = core::slice::from_raw_parts(result.add(LENGTH_BYTES), length).to_vec();
			free(result, LENGTH_BYTES + length);
			free(at, receipt.len());
			free(anchor_at, anchor.len());
			json
		};
		let value: Value = serde_json::from_slice(&text).unwrap();
		assert_eq!(value["error"]["reason"], "NoVersion");
		assert_eq!(result(b"{}", b"trust me")["error"]["reason"], "Form");
	}
}
