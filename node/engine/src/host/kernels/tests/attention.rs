//! Attention gives the bits of a reference that is written as plainly as possible.

use super::{element, Memory};
use crate::host::kernels::{attention::Call, *};
use proptest::prelude::*;

/// Sizes of a call.
#[derive(Clone, Copy, Debug)]
struct Sizes {
	tokens: usize,
	position: usize,
	behind: usize,
	heads: usize,
	group: usize,
	width: usize,
}

fn sizes() -> impl Strategy<Value = Sizes> {
	let tokens = prop_oneof![2 => Just(1usize), 1 => 0usize..8];
	let position = prop_oneof![0usize..4, 0usize..40];
	let width = prop_oneof![1usize..70, prop::sample::select(vec![16, 32, 64, 80, 96, 128])];
	(tokens, position, 0usize..3, 0usize..4, 0usize..7, width)
		.prop_filter("a token has room", |(tokens, position, behind, ..)| {
			tokens + position + behind > 0
		})
		.prop_map(|(tokens, position, behind, heads, group, width)| Sizes {
			tokens,
			position,
			behind,
			heads,
			group,
			width,
		})
}

/// Memory with the operands and the call, where the call is, and the memory with the result.
fn call(sizes: Sizes, scale: u32, numbers: &[u32]) -> (Memory, u32, Vec<u8>) {
	let Sizes { tokens, position, behind, heads, group, width } = sizes;
	let context = position + tokens + behind;
	let mut memory = Memory(vec![7; 4]);
	let mut next = numbers.iter().copied().cycle();
	let queries = memory.words((&mut next).take(tokens * heads * group * width));
	let keys = memory.words((&mut next).take(heads * context * width));
	let values = memory.words((&mut next).take(heads * context * width));
	let result = memory.words(vec![7; tokens * heads * group * width]);
	let given = [tokens, position, context, heads, group, width].map(|size| size as u32);
	let at = memory.words([&given[..], &[scale, queries, keys, values, result]].concat());

	let mut expected = memory.0.clone();
	let head_of_queries = |token: usize, head: usize| (token * heads * group + head) * width;
	for token in 0..tokens {
		for head in 0..heads * group {
			let query = head_of_queries(token, head);
			let row = |place: usize| (head / group * context + place) * width;
			let seen = position + token + 1;
			let score = |place: usize| {
				let mut lanes = [0f32; 16];
				for i in 0..width {
					let (q, k) =
						(memory.float(queries, query + i), memory.float(keys, row(place) + i));
					lanes[i % 16] = q.mul_add(k, lanes[i % 16]);
				}
				// Zeros up to whole lanes make a zero of a negative one.
				for lane in
					lanes.iter_mut().skip(if width.is_multiple_of(16) { 16 } else { width % 16 })
				{
					*lane = 0f32.mul_add(0.0, *lane);
				}
				for half in [8, 4, 2, 1] {
					for i in 0..half {
						lanes[i] += lanes[i + half];
					}
				}
				lanes[0] * f32::from_bits(scale)
			};
			let mut shares: Vec<f32> = (0..seen).map(score).collect();
			softmax::run(&mut shares, seen);
			for i in 0..width {
				let mut sum = 0f32;
				for (place, share) in shares.iter().enumerate() {
					sum = share.mul_add(memory.float(values, row(place) + i), sum);
				}
				let sum = if sum.is_nan() { 0x7fc0_0000 } else { sum.to_bits() };
				let to = result as usize + 4 * (query + i);
				expected[to..to + 4].copy_from_slice(&sum.to_le_bytes());
			}
		}
	}
	(memory, at, expected)
}

fn check(sizes: Sizes, scale: u32, numbers: &[u32]) -> Result<(), TestCaseError> {
	let (memory, at, expected) = call(sizes, scale, numbers);
	let call = Call::read(&memory.0, at).unwrap();
	for isa in Isa::available() {
		for threads in [1, 3] {
			let mut given = memory.0.clone();
			attention(Means { isa, threads }, &mut given, &call, Deadline::after(None)).unwrap();
			prop_assert!(given == expected, "{isa:?} differs from the reference: {sizes:?}");
		}
	}
	Ok(())
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(1000))]

	#[test]
	fn attention_should_give_the_bits_of_the_reference(
		sizes in sizes(),
		numbers in prop::collection::vec((-2f32..2.0).prop_map(f32::to_bits), 1..2000),
	) {
		check(sizes, 0.125f32.to_bits(), &numbers)?;
	}

	#[test]
	fn attention_should_give_the_bits_of_the_reference_when_numbers_are_special(
		sizes in sizes(),
		scale in element(),
		numbers in prop::collection::vec(element(), 1..300),
	) {
		check(sizes, scale, &numbers)?;
	}
}

#[test]
fn attention_should_be_cut_for_several_threads_when_there_is_much_to_do() {
	let sizes = Sizes { tokens: 33, position: 200, behind: 20, heads: 3, group: 3, width: 64 };
	let numbers: Vec<u32> = (0..10_007u32)
		.map(|i| ((i.wrapping_mul(0x9e37_79b1) >> 8) as f32 / 1e7).to_bits())
		.collect();
	let (memory, at, _) = call(sizes, 0.01f32.to_bits(), &numbers);
	assert!(Call::read(&memory.0, at).unwrap().parts(12).len() == 12);
	check(sizes, 0.01f32.to_bits(), &numbers).unwrap();
}

#[test]
fn attention_should_not_read_what_no_query_sees() {
	let sizes = Sizes { tokens: 2, position: 3, behind: 4, heads: 2, group: 2, width: 20 };
	let numbers: Vec<u32> = (0..977u32).map(|i| (i as f32 / 500.0 - 1.0).to_bits()).collect();
	let (memory, at, expected) = call(sizes, 1f32.to_bits(), &numbers);
	let call = Call::read(&memory.0, at).unwrap();
	let mut given = memory.0.clone();
	let context = sizes.position + sizes.tokens + sizes.behind;
	for cache in [call.keys, call.values] {
		for head in 0..sizes.heads {
			for place in sizes.position + sizes.tokens..context {
				let at = cache as usize + 4 * (head * context + place) * sizes.width;
				given[at..][..4 * sizes.width].fill(0xff);
			}
		}
	}
	let means = Means { isa: Isa::best(), threads: 1 };
	attention(means, &mut given, &call, Deadline::after(None)).unwrap();
	let result = call.result as usize..call.result as usize + 4 * 2 * 4 * 20;
	assert!(given[result.clone()] == expected[result]);
}

#[test]
fn attention_should_be_refused_when_sizes_contradict_the_memory() {
	let sizes = Sizes { tokens: 2, position: 3, behind: 4, heads: 2, group: 2, width: 20 };
	let (memory, at, _) = call(sizes, 1f32.to_bits(), &[0]);
	assert!(Call::read(&memory.0, at).is_ok());
	let keys = memory::word(&memory.0[at as usize + 32..][..4]);
	for (word, value) in [
		(0, 7),
		(0, u32::MAX),
		(1, 8),
		(1, u32::MAX),
		(2, 0),
		(2, u32::MAX),
		(3, u32::MAX),
		(4, u32::MAX),
		(5, 0),
		(5, 1 << 13),
		(7, 2),
		(7, u32::MAX - 3),
		(8, 6),
		(8, u32::MAX - 3),
		(9, memory.0.len() as u32),
		// The result overlaps the keys.
		(10, keys),
		(10, 2),
		(10, u32::MAX - 3),
	] {
		let mut memory = memory.0.clone();
		memory[at as usize + 4 * word..][..4].copy_from_slice(&value.to_le_bytes());
		let refused = Call::read(&memory, at).err();
		assert_eq!(refused, Some(memory::OutOfBounds), "word {word}: {value}");
	}
	assert!(Call::read(&memory.0, memory.0.len() as u32 - 28).is_err());
}
