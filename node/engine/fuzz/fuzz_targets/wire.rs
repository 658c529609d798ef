//! The check of a model's bytes before anything parses them is total.

#![no_main]
#![allow(dead_code)]

#[path = "../../src/reason.rs"]
mod reason;
#[path = "../../guest/src/wire.rs"]
mod wire;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
	if let Err(error) = wire::check(bytes) {
		assert!(!error.to_string().is_empty());
		assert!(!error.reason().is_of_input());
	}
});
