//! Attention: of each query its products with the keys that it sees, the softmax of these, and the sum
//! of the values by it.
//!
//! A cache has a row for each token; the query of token number `i` of a call sees those of all tokens
//! before the call, and of the first `i + 1` in it. Heads share keys and values in groups. In numbers:
//!
//! - A product has [`LANES`] sums, each a chain of fused multiply-adds from zero: number `i` goes to sum `i`
//!   modulo that. They are added in pairs, the second half to the first one, until one is left. This
//!   times `scale` is the score.
//! - The scores of a query become their [`softmax`], as that kernel computes it.
//! - A number of the result is one chain of fused multiply-adds, in the order of the tokens, from zero.
//!
//! Every NaN that is stored is [`canonical`]. What lies behind the tokens that are seen is not read. Fuel
//! is that of all of the cache nevertheless, so that a token has the same price wherever it stands.

use super::{
	super::clock::Deadline,
	fuel,
	memory::{self, OutOfBounds, Shared},
	softmax::softmax,
	vector::{canonical, Vector},
};
use std::ops::Range;
use wasmtime::Trap;

/// Sums of a product.
const LANES: usize = 16;
/// Queries that are computed at once: they read the keys and values once.
const QUERIES: usize = 4;
/// Longest head, and longest cache.
const MAX_WIDTH: u32 = 1 << 12;
const MAX_CONTEXT: u32 = 1 << 20;
/// Fuel from which on the queries are shared out to several threads: less would not make up for it.
const PART: u64 = 1 << 14;
/// Multiply-adds between two looks at the time.
const LOOK: usize = 1 << 24;

/// Sizes and guest addresses of one call.
#[derive(Clone, Copy, Debug)]
pub struct Call {
	/// Tokens of this call.
	pub tokens: u32,
	/// Tokens before it.
	pub position: u32,
	/// Tokens that the caches have room for.
	pub context: u32,
	/// Heads of keys and values.
	pub heads: u32,
	/// Heads of queries for each of them.
	pub group: u32,
	/// Numbers of a head.
	pub width: u32,
	/// What scores are multiplied by.
	pub scale: f32,
	/// The queries: for each token its heads, of which those of a group lie together.
	pub queries: u32,
	/// The keys: for each head a row for each token.
	pub keys: u32,
	/// The values, as the keys.
	pub values: u32,
	/// The result, as the queries, apart from all of these.
	pub result: u32,
}

impl Call {
	/// Reads what to do from `at`.
	pub fn read(memory: &[u8], at: u32) -> Result<Call, OutOfBounds> {
		let [tokens, position, context, heads, group, width, scale, queries, keys, values, result] =
			memory::call(memory, at)?;
		let scale = f32::from_bits(scale);
		let call = Call {
			tokens,
			position,
			context,
			heads,
			group,
			width,
			scale,
			queries,
			keys,
			values,
			result,
		};
		call.check(memory.len()).map(|()| call)
	}

	/// Refuses sizes that are not computed, and what is outside of the memory, not aligned, or overlaps.
	fn check(&self, memory: usize) -> Result<(), OutOfBounds> {
		let Call { tokens, position, context, width, .. } = *self;
		let sizes = (1..=MAX_WIDTH).contains(&width)
			&& (1..=MAX_CONTEXT).contains(&context)
			&& position.checked_add(tokens).is_some_and(|end| end <= context);
		if !sizes {
			return Err(OutOfBounds);
		}
		let range = |at: u32, count: Option<u64>| -> Option<Range<u64>> {
			let end = u64::from(at).checked_add(count?.checked_mul(4)?)?;
			(at.is_multiple_of(4) && end <= memory as u64).then_some(at.into()..end)
		};
		let of_queries = self.queries().checked_mul(width.into());
		let of_cache = (u64::from(self.heads) * u64::from(context)).checked_mul(width.into());
		let read = [(self.queries, of_queries), (self.keys, of_cache), (self.values, of_cache)];
		let written = range(self.result, of_queries).ok_or(OutOfBounds)?;
		let apart = |read: Range<u64>| read.end <= written.start || written.end <= read.start;
		let fits = |(at, count)| range(at, count).is_some_and(apart);
		read.into_iter().all(fits).then_some(()).ok_or(OutOfBounds)
	}

	/// Queries in all: tokens times heads. No memory holds so many that it would be too large a number.
	fn queries(&self) -> u64 {
		let heads = u64::from(self.heads) * u64::from(self.group);
		heads.saturating_mul(self.tokens.into())
	}

	/// Fuel: a function of the sizes alone.
	pub fn fuel(&self) -> u64 {
		let (context, width) = (u64::from(self.context), u64::from(self.width));
		// Both products, and a fold of the lanes.
		let sums = 2 * width.next_multiple_of(LANES as u64) / fuel::MULTIPLY_ADDS + fuel::FOLD;
		let row = context * (sums + fuel::SOFTMAX) + fuel::SOFTMAX_ROW;
		let queries = self.queries().saturating_mul(row);
		// Both caches, from memory once; after that they are in a cache of the CPU.
		let caches = u64::from(self.heads).saturating_mul(context * (8 * width / fuel::BYTES));
		queries.saturating_add(caches).saturating_add(fuel::CALL)
	}

	/// Cuts the queries into as many parts, or fewer where there is little to do. Queries are counted by
	/// heads of keys, then by tokens, then by their place in the group.
	pub fn parts(&self, count: usize) -> Vec<Range<usize>> {
		let queries = self.queries() as usize;
		let count = if self.fuel() >= PART { count } else { 1 };
		let step = queries.div_ceil(count.max(1)).max(1);
		(0..queries).step_by(step).map(|from| from..queries.min(from + step)).collect()
	}

	/// Queries that read the same keys, from one to the next head.
	fn of_head(&self) -> usize {
		self.tokens as usize * self.group as usize
	}

	/// Tokens that a query sees.
	fn seen(&self, query: usize) -> usize {
		self.position as usize + query % self.of_head() / self.group as usize + 1
	}

	/// Place of a query's first number among those of all.
	fn place(&self, query: usize) -> usize {
		let group = self.group as usize;
		let (head, rest) = (query / self.of_head(), query % self.of_head());
		let (token, member) = (rest / group, rest % group);
		((token * self.heads as usize + head) * group + member) * self.width as usize
	}
}

/// Computes a part of the queries on vectors `V`.
///
/// # Safety
///
/// The CPU must have the instruction set of `V`. The call must have been read from this memory. What
/// other threads do with the memory meanwhile is to compute other parts.
#[inline(always)]
pub unsafe fn run<V: Vector, const C: usize>(
	memory: Shared<'_>,
	call: &Call,
	part: Range<usize>,
	deadline: Deadline,
) -> Result<(), Trap> {
	let (context, width) = (call.context as usize, call.width as usize);
	let padded = width.next_multiple_of(LANES);
	let mut room = Room {
		queries: vec![0.0; QUERIES * padded],
		scores: vec![0.0; QUERIES * context],
		tail: [0.0; LANES],
	};
	let mut done = 0;
	let mut first = part.start;
	while first < part.end {
		let head = first / call.of_head();
		let end = part.end.min((head + 1) * call.of_head());
		let count = QUERIES.min(end - first);
		done += count * context * width;
		if done >= LOOK {
			done = 0;
			deadline.check()?;
		}
		// SAFETY: the caller sees to it.
		unsafe {
			match count {
				1 => some::<V, C, 1>(memory, call, &mut room, head, first)?,
				2 => some::<V, C, 2>(memory, call, &mut room, head, first)?,
				3 => some::<V, C, 3>(memory, call, &mut room, head, first)?,
				_ => some::<V, C, QUERIES>(memory, call, &mut room, head, first)?,
			}
		}
		first += count;
	}
	Ok(())
}

/// What some queries need beside the guest's memory.
struct Room {
	/// The queries, with zeros up to whole lanes.
	queries: Vec<f32>,
	/// The scores of each, which become shares.
	scores: Vec<f32>,
	/// The end of a key, with zeros up to whole lanes.
	tail: [f32; LANES],
}

/// Computes `Q` queries of one head from `first` on.
#[inline(always)]
unsafe fn some<V: Vector, const C: usize, const Q: usize>(
	memory: Shared<'_>,
	call: &Call,
	room: &mut Room,
	head: usize,
	first: usize,
) -> Result<(), OutOfBounds> {
	let (context, width) = (call.context as usize, call.width as usize);
	let padded = width.next_multiple_of(LANES);
	let places: [usize; Q] = std::array::from_fn(|i| call.place(first + i));
	let seen: [usize; Q] = std::array::from_fn(|i| call.seen(first + i));
	let (least, most) = (seen[0], seen[Q - 1]);
	let of_head = 4 * (head * context * width) as u32;
	// SAFETY: within the memory, where nobody writes, because the result is apart.
	let (keys, values) = unsafe {
		(
			memory.floats(call.keys + of_head, most * width)?,
			memory.floats(call.values + of_head, most * width)?,
		)
	};
	for (place, to) in places.iter().zip(room.queries.chunks_exact_mut(padded)) {
		// SAFETY: as above.
		let from = unsafe { memory.floats(call.queries + 4 * *place as u32, width)? };
		to[..width].copy_from_slice(from);
	}
	// Those that a query does not see are computed and never read.
	for (token, key) in keys.chunks_exact(width).enumerate() {
		// SAFETY: the queries have whole lanes.
		let products = unsafe { products::<V, Q>(key, &room.queries, padded, &mut room.tail) };
		for (i, product) in products.into_iter().enumerate() {
			room.scores[i * context + token] = product * call.scale;
		}
	}
	for (seen, scores) in seen.iter().zip(room.scores.chunks_exact_mut(context)) {
		softmax(&mut scores[..*seen]);
	}
	let shares: [&[f32]; Q] = std::array::from_fn(|i| &room.scores[i * context..][..seen[i]]);
	let result = memory.address(call.result).cast::<f32>();
	let whole = width - width % (C * V::LANES);
	for column in (0..whole).step_by(C * V::LANES) {
		// SAFETY: the columns are within the rows, and the result is within the memory; these queries are
		// this thread's.
		unsafe {
			let mut sums = [[V::splat(0.0); C]; Q];
			for token in 0..least {
				let row = vectors::<V, C>(values, token * width + column);
				for (sums, shares) in sums.iter_mut().zip(&shares) {
					add::<V, C>(sums, *shares.get_unchecked(token), &row);
				}
			}
			for (sums, shares) in sums.iter_mut().zip(&shares) {
				for (token, share) in shares.iter().enumerate().skip(least) {
					add::<V, C>(sums, *share, &vectors::<V, C>(values, token * width + column));
				}
			}
			for (sums, place) in sums.into_iter().zip(&places) {
				for (j, sum) in sums.into_iter().enumerate() {
					let to = result.add(place + column + j * V::LANES);
					sum.store(to);
					for i in 0..V::LANES {
						*to.add(i) = canonical(*to.add(i));
					}
				}
			}
		}
	}
	// What is left of a row, one number after another.
	for column in whole..width {
		for (shares, place) in shares.iter().zip(&places) {
			// SAFETY: as above; any vector has a first lane.
			unsafe {
				let mut sum = V::splat(0.0);
				for (share, row) in shares.iter().zip(values.chunks_exact(width)) {
					sum = V::splat(*share).mul_add(V::splat(row[column]), sum);
				}
				let mut lanes = [0.0; LANES];
				sum.store(lanes.as_mut_ptr());
				*result.add(place + column) = canonical(lanes[0]);
			}
		}
	}
	Ok(())
}

/// Some vectors from a place on.
///
/// # Safety
///
/// They must lie within the numbers.
#[inline(always)]
unsafe fn vectors<V: Vector, const C: usize>(numbers: &[f32], at: usize) -> [V; C] {
	// SAFETY: the caller sees to it.
	unsafe {
		let mut vectors = [V::splat(0.0); C];
		for (j, vector) in vectors.iter_mut().enumerate() {
			*vector = V::load(numbers.as_ptr().add(at + j * V::LANES));
		}
		vectors
	}
}

/// Adds vectors times a number.
///
/// # Safety
///
/// The CPU must have the instruction set of `V`.
#[inline(always)]
unsafe fn add<V: Vector, const C: usize>(sums: &mut [V; C], factor: f32, row: &[V; C]) {
	for (sum, number) in sums.iter_mut().zip(row) {
		// SAFETY: the caller sees to it.
		*sum = unsafe { V::splat(factor).mul_add(*number, *sum) };
	}
}

/// The products of a key with `Q` queries.
///
/// # Safety
///
/// The CPU must have the instruction set of `V`, and `padded` is the length of the key in whole lanes.
#[inline(always)]
unsafe fn products<V: Vector, const Q: usize>(
	key: &[f32],
	queries: &[f32],
	padded: usize,
	tail: &mut [f32; LANES],
) -> [f32; Q] {
	// Vectors of all lanes, at most.
	const VECTORS: usize = 4;
	let vectors = LANES / V::LANES;
	let (whole, rest) = key.as_chunks::<LANES>();
	if !rest.is_empty() {
		tail[..rest.len()].copy_from_slice(rest);
	}
	let tail = (!rest.is_empty()).then_some(&*tail);
	// SAFETY: `vectors` of them are the lanes, and each query has as many as the key.
	unsafe {
		let mut sums = [[V::splat(0.0); VECTORS]; Q];
		for (chunk, lanes) in whole.iter().chain(tail).enumerate() {
			for j in 0..vectors {
				let number = V::load(lanes.as_ptr().add(j * V::LANES));
				for (i, sums) in sums.iter_mut().enumerate() {
					let at = i * padded + chunk * LANES + j * V::LANES;
					sums[j] = V::load(queries.as_ptr().add(at)).mul_add(number, sums[j]);
				}
			}
		}
		let mut products = [0.0; Q];
		for (product, sums) in products.iter_mut().zip(&sums) {
			let mut lanes = [0.0; LANES];
			for (j, sum) in sums[..vectors].iter().enumerate() {
				sum.store(lanes.as_mut_ptr().add(j * V::LANES));
			}
			let mut width = LANES / 2;
			while width > 0 {
				for lane in 0..width {
					lanes[lane] += lanes[lane + width];
				}
				width /= 2;
			}
			*product = lanes[0];
		}
		products
	}
}
