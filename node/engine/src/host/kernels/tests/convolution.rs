//! Convolutions give the bits of a reference that is written as plainly as possible.

use super::{binary, element, function_reference, Memory};
use crate::host::kernels::{
	convolution::{Call, PANEL},
	elementwise::Function,
	*,
};
use proptest::prelude::*;
use std::time::Duration;

#[derive(Clone, Copy, Debug)]
enum Plain {
	Scalar(u32, u32),
	PerChannel(u32),
	Tensor(u32),
	LeakyRelu(u32),
	Function(u32),
}

fn step() -> impl Strategy<Value = Plain> {
	prop_oneof![
		(0..6u32, element()).prop_map(|(op, value)| Plain::Scalar(op, value)),
		(0..6u32).prop_map(Plain::PerChannel),
		(0..6u32).prop_map(Plain::Tensor),
		element().prop_map(Plain::LeakyRelu),
		(0..Function::ALL.len() as u32).prop_map(Plain::Function),
	]
}

/// Batch, groups, channels and filters of a group; the rest as height and width.
#[derive(Clone, Debug)]
struct Sizes {
	counts: [usize; 4],
	input: [usize; 2],
	kernel: [usize; 2],
	strides: [usize; 2],
	dilations: [usize; 2],
	pads: [usize; 2],
	output: [usize; 2],
}

fn sizes() -> impl Strategy<Value = Sizes> {
	let counts = prop_oneof![
		[1usize..3, 1..4, 1..5, 1..20],
		// Depthwise.
		[1usize..3, 1..20, 1..2, 1..2],
	];
	let pair = |most: usize| [1..=most, 1..=most];
	(counts, pair(14), pair(4), pair(4), pair(3), [0usize..4, 0usize..4], pair(9)).prop_map(
		|(counts, input, kernel, strides, dilations, pads, output)| Sizes {
			counts,
			input,
			kernel,
			strides,
			dilations,
			pads,
			output,
		},
	)
}

/// The layout that the guest gives the weights.
fn pack(weights: &[u32], [_, groups, _, filters]: [usize; 4], depth: usize) -> Vec<u32> {
	let mut packed = Vec::new();
	for group in 0..groups {
		for first in (0..filters).step_by(PANEL) {
			for k in 0..depth {
				for filter in first..filters.min(first + PANEL) {
					packed.push(weights[(group * filters + filter) * depth + k]);
				}
			}
		}
	}
	packed
}

fn check(sizes: &Sizes, bits: &[u32], steps: &[Plain]) -> Result<(), TestCaseError> {
	let Sizes { counts, input, kernel, strides, dilations, pads, output } = sizes.clone();
	let [batch, groups, channels, filters] = counts;
	let depth = channels * kernel[0] * kernel[1];
	let out_channels = groups * filters;
	let size = batch * out_channels * output[0] * output[1];
	let mut next = bits.iter().copied().cycle();
	let mut memory = Memory::default();
	let x = memory.words((&mut next).take(batch * groups * channels * input[0] * input[1]));
	let weights: Vec<u32> = (&mut next).take(out_channels * depth).collect();
	let packed = memory.words(pack(&weights, counts, depth));
	let per_channel = memory.words((&mut next).take(out_channels));
	let other = memory.words((&mut next).take(size));
	let result = memory.words(vec![0; size]);
	let words = steps.iter().map(|step| match step {
		Plain::Scalar(op, value) => [1, *op, *value, 0],
		Plain::PerChannel(op) => [2, *op, per_channel, 0],
		Plain::Tensor(op) => [6, *op, other, 0],
		Plain::LeakyRelu(slope) => [4, *slope, 0, 0],
		Plain::Function(code) => [8, *code, 0, 0],
	});
	let steps_at = memory.words(words.flatten().collect::<Vec<u32>>());
	let given = [input, kernel, strides, dilations, pads, output];
	let call = counts.iter().chain(given.as_flattened()).map(|size| *size as u32);
	let at = memory.words(call.chain([x, packed, result]).collect::<Vec<u32>>());

	let mut expected = memory.0.clone();
	for (number, at) in (0..size).zip((result as usize..).step_by(4)) {
		let (rest, col) = (number / output[1], number % output[1]);
		let (rest, row) = (rest / output[0], rest % output[0]);
		let (image, channel) = (rest / out_channels, rest % out_channels);
		let group = channel / filters;
		let mut sum = 0f32;
		for k in 0..depth {
			let (kx, rest) = (k % kernel[1], k / kernel[1]);
			let (ky, from) = (rest % kernel[0], rest / kernel[0]);
			let place = |axis: usize, out: usize, k: usize| {
				let at = (out * strides[axis] + k * dilations[axis]).checked_sub(pads[axis]);
				at.filter(|at| *at < input[axis])
			};
			let plane = (image * groups + group) * channels + from;
			let value = match (place(0, row, ky), place(1, col, kx)) {
				(Some(y), Some(x_at)) => memory.float(x, (plane * input[0] + y) * input[1] + x_at),
				_ => 0.0,
			};
			sum = f32::from_bits(weights[channel * depth + k]).mul_add(value, sum);
		}
		for step in steps {
			sum = match *step {
				Plain::Scalar(op, value) => binary(op, f32::from_bits(value), sum),
				Plain::PerChannel(op) => binary(op, memory.float(per_channel, channel), sum),
				Plain::Tensor(op) => binary(op, memory.float(other, number), sum),
				Plain::LeakyRelu(_) if sum > 0.0 => sum,
				Plain::LeakyRelu(slope) => f32::from_bits(slope) * sum,
				Plain::Function(code) => function_reference(Function::ALL[code as usize], sum),
			};
		}
		let sum = if sum.is_nan() { 0x7fc0_0000 } else { sum.to_bits() };
		expected[at..at + 4].copy_from_slice(&sum.to_le_bytes());
	}
	let call = Call::read(&memory.0, at, steps_at, steps.len() as u32).unwrap();
	// Once with memory behind the operands, and once with the input at its very end.
	let more = [memory.0.clone(), vec![0xff; 4096]].concat();
	let more_expected = [expected.clone(), vec![0xff; 4096]].concat();
	for isa in Isa::available() {
		for (before, after, threads) in [(&memory.0, &expected, 1), (&more, &more_expected, 3)] {
			let mut bytes = before.clone();
			convolution(Means { isa, threads }, &mut bytes, &call, Deadline::after(None)).unwrap();
			prop_assert!(bytes == *after, "{isa:?} differs from the reference");
		}
	}
	Ok(())
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(2000))]

	#[test]
	fn convolution_should_give_the_bits_of_the_reference(
		sizes in sizes(),
		bits in prop::collection::vec(element(), 1..2000),
		steps in prop::collection::vec(step(), 0..4),
	) {
		check(&sizes, &bits, &steps)?;
	}
}

/// Shapes of networks: those that need several strips, and those that are gone through as they lie.
#[test]
fn convolution_should_give_the_bits_of_the_reference_when_it_is_large() {
	let bits: Vec<u32> = (1..5000u32).map(|i| (i as f32 * 0.37).sin().to_bits()).collect();
	let one = [1, 1];
	for (counts, input, kernel, strides, pads, output) in [
		([1, 1, 40, 33], [30, 90], [3, 3], one, [1, 1], [30, 90]),
		([1, 1, 40, 17], [40, 50], one, one, [0, 0], [40, 50]),
		([1, 60, 1, 1], [50, 50], [5, 5], [2, 2], [2, 2], [25, 25]),
		([1, 1, 1, 40], [6000, 1], [256, 1], [128, 1], [0, 0], [45, 1]),
		([1, 1, 700, 40], [5, 5], [3, 3], one, [1, 1], [5, 5]),
	] {
		let sizes = Sizes { counts, input, kernel, strides, dilations: one, pads, output };
		check(&sizes, &bits, &[Plain::PerChannel(2), Plain::Scalar(1, 0)]).unwrap();
	}
}

#[test]
fn a_large_convolution_should_be_cut_for_several_threads() {
	// By rows of the result, and by filters.
	for (height, filters, by_strips) in [(64, 128, true), (1, 512, false)] {
		let sizes = [1, 1, 64, filters, height, 64, 3, 3, 1, 1, 1, 1, 1, 1, height, 64];
		let mut memory = Memory::default();
		let at = small(&mut memory, sizes, [0, 0, 0]);
		let call = Call::read(&memory.0, at, 0, 0).unwrap();
		assert_eq!((call.parts(1).len(), call.parts(2).len()), (1, 2));
		assert_eq!(format!("{:?}", call.parts(2)[0]).contains("panels: 0..8,"), by_strips);
	}
	let mut memory = Memory::default();
	let at = small(&mut memory, SMALL, [0, 0, 0]);
	assert_eq!(Call::read(&memory.0, at, 0, 0).unwrap().parts(2).len(), 1);
}

/// A convolution of one channel and one filter, with the input at 0.
fn small(memory: &mut Memory, sizes: [u32; 16], [x, weights, y]: [u32; 3]) -> u32 {
	memory.words(sizes.into_iter().chain([x, weights, y]).collect::<Vec<u32>>())
}

const SMALL: [u32; 16] = [1, 1, 1, 1, 4, 4, 1, 1, 1, 1, 1, 1, 0, 0, 4, 4];

#[test]
fn convolution_should_be_refused_when_operands_are_outside_or_overlap() {
	let memory = Memory(vec![0; 1024]);
	for (addresses, fits) in [
		([0, 64, 128], true),
		([980, 64, 128], false),
		([0, 1022, 128], false),
		([0, 1 << 20, 128], false),
		([0, 64, 1020], false),
		([0, 64, 60], false),
		([0, 64, 64], false),
		([u32::MAX - 3, 64, 128], false),
		([2, 64, 128], false),
	] {
		let mut memory = Memory(memory.0.clone());
		let at = small(&mut memory, SMALL, addresses);
		let call = Call::read(&memory.0, at, 0, 0).unwrap();
		for isa in Isa::available() {
			let mut bytes = memory.0.clone();
			// What lies behind 1024 is the call itself.
			bytes.truncate(1024);
			let done =
				convolution(Means { isa, threads: 1 }, &mut bytes, &call, Deadline::after(None));
			assert_eq!(done.is_ok(), fits, "{addresses:?}");
		}
	}
}

#[test]
fn convolution_should_be_refused_when_its_sizes_are_impossible() {
	for (place, size) in [
		(0, 0),
		(1, 0),
		(2, 0),
		(3, 0),
		(4, 0),
		(6, 0),
		(8, 0),
		(10, 0),
		(14, 0),
		// More than the host lays out.
		(11, u32::MAX),
		(9, u32::MAX),
		(6, u32::MAX),
		(2, u32::MAX),
	] {
		let mut sizes = SMALL;
		sizes[7] = 3;
		sizes[place] = size;
		let mut memory = Memory(vec![0; 1024]);
		let at = small(&mut memory, sizes, [0, 64, 128]);
		assert!(Call::read(&memory.0, at, 0, 0).is_err(), "{sizes:?}");
	}
	let mut memory = Memory(vec![0; 4096]);
	let at = small(&mut memory, SMALL, [0, 64, 128]);
	assert!(Call::read(&memory.0, at, 0, 65).is_err());
	for step in [[0, 0, 0, 0], [1, 6, 0, 0], [8, 99, 0, 0], [7, 0, 0, 0]] {
		let steps = memory.words(step);
		assert!(Call::read(&memory.0, at, steps, 1).is_err(), "{step:?}");
	}
	assert!(Call::read(&memory.0, memory.0.len() as u32 - 4, 0, 0).is_err());
}

#[test]
fn convolution_should_stop_when_the_time_is_over() {
	let mut memory = Memory::default();
	// 64 filters of 3 by 3 on 64 channels of 64 by 64 numbers: 10^8 multiply-adds.
	let sizes = [1, 1, 64, 64, 64, 64, 3, 3, 1, 1, 1, 1, 1, 1, 64, 64];
	let operands = [64 * 64 * 64, 64 * 64 * 9, 64 * 64 * 64];
	let operands = operands.map(|count| memory.words(vec![0; count]));
	let at = small(&mut memory, sizes, operands);
	let call = Call::read(&memory.0, at, 0, 0).unwrap();
	for isa in Isa::available() {
		let late = convolution(
			Means { isa, threads: 1 },
			&mut memory.0,
			&call,
			Deadline::after(Some(Duration::ZERO)),
		);
		assert_eq!(late, Err(Trap::Interrupt));
	}
}

/// Fuel covers all the multiply-adds, whatever the sizes are.
#[test]
fn convolution_should_cost_what_its_sizes_are_worth() {
	for sizes in [
		SMALL,
		[3, 2, 64, 64, 56, 56, 3, 3, 1, 1, 1, 1, 1, 1, 56, 56],
		[1, 960, 1, 1, 7, 7, 3, 3, 1, 1, 1, 1, 1, 1, 7, 7],
		[1, 1, 1 << 10, 1 << 20, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1],
		[u32::MAX, u32::MAX, 1, u32::MAX, 4, 4, 1, 1, 1, 1, 1, 1, 0, 0, 4, 4],
	] {
		let mut memory = Memory(vec![0; 64]);
		let at = small(&mut memory, sizes, [0, 0, 0]);
		let fuel = Call::read(&memory.0, at, 0, 0).unwrap().fuel();
		let elements: u128 = [0, 1, 3, 14, 15].into_iter().map(|i| u128::from(sizes[i])).product();
		let depth: u128 = [2, 6, 7].into_iter().map(|i| u128::from(sizes[i])).product();
		let least = (elements * depth / 16 + elements / 2).min(u128::from(u64::MAX));
		assert!(u128::from(fuel) >= least, "{sizes:?}: {fuel} for {least}");
	}
}
