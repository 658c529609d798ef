//! The check of a model file before anything parses it is total.

#![no_main]

use libfuzzer_sys::fuzz_target;
use opg_engine_types::wire;

fuzz_target!(|bytes: &[u8]| match wire::outline(&mut &*bytes) {
	Ok(outline) => assert!(outline.len() <= 6 * bytes.len()),
	Err(error) => {
		assert!(!error.to_string().is_empty());
		assert!(!error.reason().is_of_input());
	},
});
