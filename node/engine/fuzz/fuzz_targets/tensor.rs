//! The decoders of tensors, dimensions and reports are total, and accept only what their encoders
//! write.

#![no_main]

use libfuzzer_sys::fuzz_target;
use opg_engine_types::{tensor, Dims, Inspection};

fuzz_target!(|bytes: &[u8]| {
	if let Ok(tensors) = tensor::decode(bytes) {
		assert_eq!(tensor::encode(&tensors), bytes);
	}
	if let Ok(dims) = Dims::decode(bytes) {
		assert_eq!(dims.encode(), bytes);
	}
	if let Ok(report) = Inspection::decode(bytes) {
		assert_eq!(report.encode(), bytes);
	}
});
