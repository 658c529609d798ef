//! Weighted sampling without replacement, in integers, from a seed.

use alloc::vec::Vec;
use codec::Encode;
use sp_core::U256;
use sp_io::hashing::blake2_256;

/// Draw `k` of `candidates`, each with probability proportional to its weight among those left.
///
/// Zero weights are never drawn. Returns fewer than `k` where there are not enough. Costs
/// O(n·k): a scan per seat.
pub fn draw<A: Clone>(seed: &[u8; 32], candidates: &[(A, u128)], k: usize) -> Vec<A> {
	let mut left: Vec<&(A, u128)> = candidates.iter().filter(|(_, weight)| *weight > 0).collect();
	let mut total = left.iter().fold(U256::zero(), |sum, (_, weight)| sum + U256::from(*weight));
	let mut stream = Stream { seed, next: 0 };
	let mut drawn = Vec::with_capacity(k);
	while drawn.len() < k && !left.is_empty() {
		let mut ticket = stream.below(total);
		let Some(index) = left.iter().position(|(_, weight)| {
			let weight = U256::from(*weight);
			let hit = ticket < weight;
			if !hit {
				ticket -= weight;
			}
			hit
		}) else {
			break;
		};
		let (who, weight) = left.remove(index);
		total -= U256::from(*weight);
		drawn.push(who.clone());
	}
	drawn
}

struct Stream<'a> {
	seed: &'a [u8; 32],
	next: u32,
}

impl Stream<'_> {
	/// Uniform in `0..bound`: values of the incomplete last interval are drawn again.
	fn below(&mut self, bound: U256) -> U256 {
		let excess = (U256::MAX % bound + 1) % bound;
		loop {
			let value = U256::from_big_endian(&(self.seed, self.next).using_encoded(blake2_256));
			self.next += 1;
			if value <= U256::MAX - excess {
				return value % bound;
			}
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn draw_should_give_distinct_members_when_there_are_enough() {
		let candidates: Vec<_> = (0..10u32).map(|i| (i, u128::from(i) + 1)).collect();
		for seed in 0..200u8 {
			let mut drawn = draw(&[seed; 32], &candidates, 7);
			drawn.sort_unstable();
			drawn.dedup();
			assert_eq!(drawn.len(), 7);
		}
	}

	#[test]
	fn draw_should_give_all_when_there_are_too_few() {
		assert_eq!(draw(&[0; 32], &[(1, 5), (2, 0)], 3), [1]);
		assert_eq!(draw::<u8>(&[0; 32], &[], 3), Vec::<u8>::new());
		let max = draw(&[0; 32], &[(1, u128::MAX), (2, u128::MAX), (3, u128::MAX)], 3);
		assert_eq!(max.len(), 3);
	}

	/// Stakes 30 + 7×10 at k = 3 seat the large one in 70.8 % of committees: 1 minus the
	/// probability that three draws miss it, 70/100 · 60/90 · 50/80.
	#[test]
	fn draw_should_follow_the_exact_distribution() {
		let candidates: Vec<_> = (0..8u32).map(|i| (i, if i == 0 { 30 } else { 10 })).collect();
		let rounds = 100_000u32;
		let hits = (0..rounds)
			.filter(|i| draw(&i.using_encoded(blake2_256), &candidates, 3).contains(&0))
			.count() as f64;
		let n = f64::from(rounds);
		let p = 1.0 - 0.7 * (60.0 / 90.0) * (50.0 / 80.0);
		let chi2 = (hits - n * p).powi(2) / (n * p) + (hits - n * p).powi(2) / (n * (1.0 - p));
		assert!(chi2 < 10.83, "chi2 {chi2} at one degree of freedom, p < 0.001");
	}
}
