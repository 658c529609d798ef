//! Advice: where a model or an input does not fit a chain, or hardly does.
//!
//! The limits are those that a chain has unless its governance sets others. What a chain itself carries of
//! an input or output is the same on all.

use opg_engine::Inspection;
use opg_tensors::report::encoded_bytes;

/// Longest model file, in bytes.
const MODEL: u64 = 64 << 20;
/// Largest fuel limit of a version, for a run as for loading.
const FUEL: u64 = 20_000_000_000;
/// Largest memory limit of a version, in bytes.
const MEMORY: u64 = 512 << 20;
/// Longest encoded input or output, in bytes.
const CONTENT: u64 = 64 << 20;
/// Longest encoded input that a chain carries, in bytes.
const INPUT: u64 = 16 << 10;
/// Longest encoded output that a chain carries, in bytes.
const OUTPUT: u64 = 4 << 10;

/// Lines about a model.
pub fn of_model(file: &[u8], inspection: &Inspection) -> Vec<String> {
	let Inspection { description, memory_bytes, load_fuel, run_fuel, .. } = inspection;
	let measured = [
		("bytes in the file", file.len() as u64, MODEL),
		("fuel for loading", *load_fuel, FUEL),
		("fuel for a run", *run_fuel, FUEL),
		("bytes of memory", *memory_bytes, MEMORY),
	];
	let length = |ports| encoded_bytes(ports).unwrap_or(u64::MAX);
	let contents = of_contents(length(&description.inputs), length(&description.outputs));
	of_all(&measured).chain(contents).collect()
}

/// Lines about a run.
pub fn of_run(load_fuel: u64, run_fuel: u64, input: &[u8], output: &[u8]) -> Vec<String> {
	let measured = [("fuel for loading", load_fuel, FUEL), ("fuel for a run", run_fuel, FUEL)];
	let contents = of_contents(input.len() as u64, output.len() as u64);
	of_all(&measured).chain(contents).collect()
}

fn of_all<'a>(measured: &'a [(&str, u64, u64)]) -> impl Iterator<Item = String> + 'a {
	measured.iter().filter_map(|(what, have, most)| advice(what, *have, *most))
}

/// Lines about an encoded input and output of these lengths.
fn of_contents(input: u64, output: u64) -> impl Iterator<Item = String> {
	[("input", input, INPUT), ("output", output, OUTPUT)].into_iter().filter_map(
		|(what, have, inline)| match have {
			have if have > CONTENT => advice(&format!("bytes of {what}"), have, CONTENT),
			have if have > inline => Some(format!(
				"{have} bytes of {what}: more than the {inline} that a chain carries, so it lies outside \
				 and its storage is paid for"
			)),
			_ => None,
		},
	)
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

#[cfg(test)]
mod tests {
	use super::*;
	use opg_engine::Description;

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
		// A model without inputs and outputs has nothing that is too long.
		assert_eq!(advice.len(), 2);
		assert!(of_run(1, 1, &[], &[0; 4096]).is_empty());
		assert!(of_run(1, 1, &[], &[0; 4097])[0].contains("bytes of output: more than the 4096"));
		let input = vec![0; CONTENT as usize + 1];
		assert!(of_run(1, 1, &input, &[])[0].contains("that a chain allows"));
	}
}
