//! Sampling: which token follows on logits. Defined to the last bit, so that a second implementation
//! can follow it.
//!
//! 1. **Order.** A logit has a key: -0 counts as 0, and a NaN as less than -∞. Tokens are ordered by
//!    key, the largest first, and those with the same key by their id, the least first.
//! 2. **Temperature 0** takes the first token of that order. No random number is drawn.
//! 3. **Weights.** Else, with `m` the first token's logit, a token with the key of `m` has the weight
//!    2^30, and another one `floor(exp((x - m) / temperature) · 2^30)`, where the difference, the
//!    quotient and the product are f32, rounded each, and `exp` is that of the engine's kernels
//!    (`Function::Exp` in `src/host/kernels/elementwise.rs`). A NaN weighs nothing.
//! 4. **Top-k** keeps the first `top_k` tokens of the order; 0 keeps all.
//! 5. **Top-p** keeps of them the first ones, up to the one at which the sum of the weights times 2^24
//!    is at least `floor(top_p · 2^24)` times the sum of all of step 4. The first one is always kept.
//! 6. **Draw.** `r` is the next number of the stream, `s` the sum of the weights of step 5. The token is
//!    the first of the order at which the sum of the weights is more than `floor(r · s / 2^64)`.
//!
//! The stream is SplitMix64 from the seed: each number takes the next state, `state +
//! 0x9e3779b97f4a7c15`, and mixes it. It begins with `state = seed`. Sums are exact integers.

use crate::host;

/// 1 as a weight.
const ONE: f32 = (1u32 << 30) as f32;
/// 1 as a share.
const WHOLE: f32 = (1u32 << 24) as f32;

/// What a request says of sampling.
#[derive(Clone, Copy, Debug)]
pub struct Parameters {
	/// Not negative, and finite.
	pub temperature: f32,
	/// 0: all.
	pub top_k: usize,
	/// From 0 to 1.
	pub top_p: f32,
}

/// A pseudo-random stream: SplitMix64.
pub struct Stream(pub u64);

impl Stream {
	fn next(&mut self) -> u64 {
		self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
		let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
		let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
		z ^ z >> 31
	}
}

/// The token that follows. There is at least one logit.
pub fn next(logits: &[f32], parameters: &Parameters, stream: &mut Stream) -> usize {
	if parameters.temperature == 0.0 {
		return greedy(logits);
	}
	let order = order(logits);
	let kept = match parameters.top_k {
		0 => order.len(),
		top_k => top_k.min(order.len()),
	};
	let order = &order[..kept];
	let weights = weights(logits, order, parameters.temperature);
	let kept = share(&weights, parameters.top_p);
	let sum: u64 = weights[..kept].iter().map(|weight| u64::from(*weight)).sum();
	let drawn = ((u128::from(stream.next()) * u128::from(sum)) >> 64) as u64;
	// All are looked at, so that the fuel does not depend on the logits. `drawn` is less than the sum.
	let (mut seen, mut before) = (0, 0);
	for weight in &weights[..kept] {
		seen += u64::from(*weight);
		before += usize::from(seen <= drawn);
	}
	order[before] as usize
}

/// Orders like the logits. Without branches, so that vectors compute many.
#[inline(always)]
fn key(logit: f32) -> u32 {
	const SIGN: u32 = 1 << 31;
	let bits = logit.to_bits();
	// All bits of a negative number are turned.
	let turned = bits ^ (((bits as i32) >> 31) as u32 | SIGN);
	// -0 and 0 are the same.
	let key = if bits & !SIGN == 0 { SIGN } else { turned };
	if logit.is_nan() {
		0
	} else {
		key
	}
}

/// The first token of the order. All logits are looked at, and then as many of them again, so that the
/// fuel does not depend on them.
fn greedy(logits: &[f32]) -> usize {
	const BLOCK: usize = 256;
	let (mut best, mut first) = (0, 0);
	for (place, block) in logits.chunks(BLOCK).enumerate() {
		let most = most(block);
		if place == 0 || most > best {
			(best, first) = (most, place * BLOCK);
		}
	}
	// The last block may be shorter. None of those before it has the key.
	let from = first.min(logits.len().saturating_sub(BLOCK));
	let mut token = logits.len();
	for (place, logit) in logits[from..].iter().take(BLOCK).enumerate() {
		let id = if key(*logit) == best { from + place } else { logits.len() };
		token = token.min(id);
	}
	token
}

/// The largest key.
fn most(logits: &[f32]) -> u32 {
	const LANES: usize = 16;
	let mut lanes = [0; LANES];
	let chunks = logits.chunks_exact(LANES);
	let rest = chunks.remainder().iter().map(|logit| key(*logit)).fold(0, u32::max);
	for chunk in chunks {
		for (most, logit) in lanes.iter_mut().zip(chunk) {
			*most = (*most).max(key(*logit));
		}
	}
	lanes.into_iter().fold(rest, u32::max)
}

/// Ids in their order. Sorts by digits, so that the fuel does not depend on the logits.
fn order(logits: &[f32]) -> Vec<u32> {
	const BITS: u32 = 8;
	// The largest come first.
	let mut keys: Vec<(u32, u32)> =
		logits.iter().enumerate().map(|(id, logit)| (!key(*logit), id as u32)).collect();
	let mut sorted = vec![(0, 0); keys.len()];
	for shift in (0..u32::BITS).step_by(BITS as usize) {
		let digit = |key: u32| (key >> shift) as usize & ((1 << BITS) - 1);
		let mut places = [0usize; 1 << BITS];
		keys.iter().for_each(|(key, _)| places[digit(*key)] += 1);
		let mut next = 0;
		for place in &mut places {
			next += std::mem::replace(place, next);
		}
		for item in &keys {
			let place = &mut places[digit(item.0)];
			sorted[*place] = *item;
			*place += 1;
		}
		std::mem::swap(&mut keys, &mut sorted);
	}
	keys.into_iter().map(|(_, id)| id).collect()
}

/// Weights of the tokens in this order.
fn weights(logits: &[f32], order: &[u32], temperature: f32) -> Vec<u32> {
	let most = logits[order[0] as usize];
	let logit = |id: &u32| logits[*id as usize];
	let mut powers: Vec<f32> = order.iter().map(|id| (logit(id) - most) / temperature).collect();
	host::exp(&mut powers);
	let weight = |(id, power): (&u32, f32)| {
		let logit = logit(id);
		if key(logit) == key(most) {
			ONE as u32
		} else if logit.is_nan() {
			0
		} else {
			// What is no number weighs nothing.
			(power * ONE) as u32
		}
	};
	order.iter().zip(powers).map(weight).collect()
}

/// How many of the weights make up the share.
fn share(weights: &[u32], top_p: f32) -> usize {
	let sum: u64 = weights.iter().map(|weight| u64::from(*weight)).sum();
	let needed = u128::from((top_p * WHOLE) as u32) * u128::from(sum);
	let (mut seen, mut before) = (0u64, 0);
	for weight in weights {
		seen += u64::from(*weight);
		before += usize::from((u128::from(seen) << 24) < needed);
	}
	// The first one is always kept, and all of them make up the whole.
	(before + 1).min(weights.len())
}
