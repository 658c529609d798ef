//! Inspection reports: one encoding and a total decoder.

#![allow(clippy::unwrap_used)]

use opg_engine_types::{DType, Description, Inspection, ModelFault, Port, Reason};
use proptest::prelude::*;

fn report() -> Inspection {
	let port =
		|name: &str, dtype, shape: &[u64]| Port { name: name.into(), dtype, shape: shape.to_vec() };
	Inspection {
		description: Description {
			inputs: vec![port("x", DType::F32, &[1, 4]), port("y", DType::Bool, &[])],
			outputs: vec![port("z", DType::I64, &[2])],
			dims: vec![("batch".into(), 1)],
			opsets: vec![(String::new(), 13), ("ai.onnx.ml".into(), 3)],
			operators: vec![((String::new(), "Add".into()), 2), ((String::new(), "Mul".into()), 1)],
			parameters: 6,
			generation: None,
		},
		memory_bytes: 1 << 21,
		load_fuel: 12_345,
		run_fuel: 678,
		trial: Ok([7; 32]),
	}
}

#[test]
fn report_should_survive_encoding() {
	for trial in [Ok([7; 32]), Err(ModelFault::OutOfFuel)] {
		let report = Inspection { trial, ..report() };
		let bytes = report.encode();
		assert_eq!(Inspection::decode(&bytes).unwrap(), report);
		for cut in 0..bytes.len() {
			assert!(Inspection::decode(&bytes[..cut]).is_err());
		}
	}
}

#[test]
fn report_should_be_refused_when_its_lists_are_not_sorted() {
	let mut report = report();
	report.description.operators.reverse();
	assert!(Inspection::decode(&report.encode()).is_err());
}

#[test]
fn codes_should_name_one_fault_and_one_reason() {
	for fault in ModelFault::ALL {
		assert_eq!(ModelFault::from_code(fault.code()), Some(fault));
	}
	assert_eq!((ModelFault::from_code(0), ModelFault::from_code(7)), (None, None));
	for reason in Reason::ALL {
		assert_eq!(Reason::from_code(reason as u32), Some(reason));
	}
	assert_eq!((Reason::from_code(0), Reason::from_code(21)), (None, None));
}

proptest! {
	#[test]
	fn reports_should_have_one_encoding(at in any::<prop::sample::Index>(), value in any::<u8>()) {
		let mut bytes = report().encode();
		let at = at.index(bytes.len());
		bytes[at] = value;
		if let Ok(decoded) = Inspection::decode(&bytes) {
			prop_assert_eq!(decoded.encode(), bytes);
		}
	}
}
