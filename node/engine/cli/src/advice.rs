//! Advice: where a model or an input does not fit a chain, or hardly does.
//!
//! The limits are those that a chain has unless its governance sets others; those of inputs and outputs
//! are the same on all.

use opg_engine::{tensor, Inspection, Port};

/// Longest model file, in bytes.
const MODEL: u64 = 64 << 20;
/// Largest fuel limit of a version, for a run as for loading.
const FUEL: u64 = 20_000_000_000;
/// Largest memory limit of a version, in bytes.
const MEMORY: u64 = 512 << 20;
/// Longest encoded input, in bytes.
const INPUT: u64 = 16 << 10;
/// Longest encoded output, in bytes.
const OUTPUT: u64 = 4 << 10;

/// Lines about a model.
pub fn of_model(file: &[u8], inspection: &Inspection) -> Vec<String> {
	let Inspection { description, memory_bytes, load_fuel, run_fuel, .. } = inspection;
	let measured = [
		("bytes in the file", file.len() as u64, MODEL),
		("fuel for loading", *load_fuel, FUEL),
		("fuel for a run", *run_fuel, FUEL),
		("bytes of memory", *memory_bytes, MEMORY),
		("bytes of input", encoded_length(&description.inputs), INPUT),
		("bytes of output", encoded_length(&description.outputs), OUTPUT),
	];
	of_all(&measured)
}

/// Lines about a run.
pub fn of_run(load_fuel: u64, run_fuel: u64, input: &[u8], output: &[u8]) -> Vec<String> {
	let measured = [
		("fuel for loading", load_fuel, FUEL),
		("fuel for a run", run_fuel, FUEL),
		("bytes of input", input.len() as u64, INPUT),
		("bytes of output", output.len() as u64, OUTPUT),
	];
	of_all(&measured)
}

fn of_all(measured: &[(&str, u64, u64)]) -> Vec<String> {
	measured.iter().filter_map(|(what, have, most)| advice(what, *have, *most)).collect()
}

fn advice(what: &str, have: u64, most: u64) -> Option<String> {
	if have > most {
		Some(format!("{have} {what}: more than the {most} that a chain allows by default"))
	} else if have > most - most / 5 {
		Some(format!("{have} {what}: close to the {most} that a chain allows by default"))
	} else {
		None
	}
}

/// Length of an encoded list of tensors like these.
fn encoded_length(ports: &[Port]) -> u64 {
	let of_port = |Port { name, dtype, shape }: &Port| {
		let data = shape.iter().fold(dtype.size() as u64, |size, dim| size.saturating_mul(*dim));
		data.saturating_add((2 + name.len() + 2 + 8 * shape.len() + 4) as u64)
	};
	ports.iter().map(of_port).fold(tensor::MAGIC.len() as u64 + 1, u64::saturating_add)
}

#[cfg(test)]
mod tests {
	use super::*;
	use opg_engine::{
		tensor::{DType, Tensor},
		Description,
	};

	#[test]
	fn length_should_be_that_of_the_encoding() {
		let port = |name: &str, dtype: DType, shape: &[u64]| Port {
			name: name.into(),
			dtype,
			shape: shape.to_vec(),
		};
		let ports = [port("x", DType::F32, &[2, 3]), port("mask", DType::Bool, &[])];
		let zeros = ports.iter().map(|Port { name, dtype, shape }| Tensor {
			name: name.clone(),
			dtype: *dtype,
			shape: shape.clone(),
			data: vec![0; dtype.size() * shape.iter().product::<u64>() as usize],
		});
		let encoded = tensor::encode(&zeros.collect::<Vec<_>>());
		assert_eq!(encoded_length(&ports), encoded.len() as u64);
		assert_eq!(encoded_length(&[port("x", DType::F32, &[u64::MAX, 2])]), u64::MAX);
	}

	#[test]
	fn advice_should_be_given_when_a_limit_is_near_or_passed() {
		let inspection = Inspection {
			description: Description::default(),
			memory_bytes: 500 << 20,
			load_fuel: 21_000_000_000,
			run_fuel: 1,
			trial: Ok([0; 32]),
		};
		let advice = of_model(&[], &inspection);
		assert!(advice[0].contains("fuel for loading: more than"), "{advice:?}");
		assert!(advice[1].contains("bytes of memory: close to"), "{advice:?}");
		assert_eq!(advice.len(), 2);
		assert!(of_run(1, 1, &[], &[0; 5000])[0].contains("bytes of output: more than"));
	}
}
