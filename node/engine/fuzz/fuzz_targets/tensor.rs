//! The tensor decoder is total and accepts only what its encoder writes.

#![no_main]
#![allow(dead_code)]

#[path = "../../src/dims.rs"]
mod dims;
#[path = "../../src/report.rs"]
mod report;
#[path = "../../src/tensor.rs"]
mod tensor;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
	if let Ok(tensors) = tensor::decode(bytes) {
		assert_eq!(tensor::encode(&tensors), bytes);
	}
	if let Ok(dims) = dims::Dims::decode(bytes) {
		assert_eq!(dims.encode(), bytes);
	}
	if let Ok(report) = report::Inspection::decode(bytes) {
		assert_eq!(report.encode(), bytes);
	}
});
