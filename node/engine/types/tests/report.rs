//! Inspection reports: one encoding and a total decoder.

#![allow(clippy::unwrap_used)]

use opg_engine_types::{DType, Description, Generation, Inspection, ModelFault, Port, Reason};
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

/// A report on a model that generates text.
fn of_generator() -> Inspection {
	let generation = Generation {
		context: 64,
		block: 32,
		vocabulary: 256,
		token_fuel: 4_321,
		block_fuel: 98_765,
	};
	let mut report = report();
	report.description.generation = Some(generation);
	report
}

#[test]
fn report_on_a_generator_should_survive_encoding() {
	let bytes = of_generator().encode();
	assert_eq!(Inspection::decode(&bytes).unwrap(), of_generator());
	for cut in 0..bytes.len() {
		assert!(Inspection::decode(&bytes[..cut]).is_err());
	}
	// The guest hands over the description alone.
	for report in [report(), of_generator()] {
		let description = report.description;
		assert_eq!(Description::decode(&description.encode()).unwrap(), description);
	}
}

/// Calls of the graphs for a block and for a token that a run makes, one after another.
fn calls(generation: &Generation, prompt: u64, new: u64) -> (u64, u64) {
	let (mut blocks, mut tokens, mut left) = (0, new - 1, prompt);
	while left > 0 {
		match left {
			1 => tokens += 1,
			_ => blocks += 1,
		}
		left -= left.min(generation.block);
	}
	(blocks, tokens)
}

#[test]
fn most_fuel_should_be_that_of_the_worst_prompt() {
	for context in [2, 3, 8, 9, 10, 31, 32, 33, 64, 65] {
		for block in [2, 3, 8, 31, 32] {
			for (token_fuel, block_fuel) in
				[(10, 1), (10, 15), (10, 79), (10, 80), (10, 1000), (0, 7)]
			{
				let generation =
					Generation { context, block, vocabulary: 2, token_fuel, block_fuel };
				let fuel = |prompt: u64| {
					let (blocks, tokens) = calls(&generation, prompt, context - prompt);
					let sum = blocks * block_fuel + tokens * token_fuel;
					assert_eq!(generation.fuel(prompt, context - prompt), sum, "{generation:?}");
					sum
				};
				let most = (1..context).map(fuel).max().unwrap();
				assert_eq!(generation.most_fuel(), most, "{generation:?}");
			}
		}
	}
	// Numbers that a hostile report has do not overflow.
	let most = Generation {
		context: u64::MAX,
		block: u64::MAX,
		vocabulary: u64::MAX,
		token_fuel: u64::MAX,
		block_fuel: u64::MAX,
	};
	assert_eq!(most.most_fuel(), u64::MAX);
	assert_eq!(Generation::default().most_fuel(), 0);
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
		for report in [report(), of_generator()] {
			let mut bytes = report.encode();
			let at = at.index(bytes.len());
			bytes[at] = value;
			if let Ok(decoded) = Inspection::decode(&bytes) {
				prop_assert_eq!(decoded.encode(), bytes);
			}
		}
	}
}
