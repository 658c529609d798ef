//! Weighted sampling without replacement, in integers, from a seed.

use alloc::vec::Vec;
use codec::Encode;
use sp_core::U256;
use sp_io::hashing::blake2_256;

/// Candidates whose weights lie end to end. A ticket below the sum of all weights falls on one of
/// them.
///
/// Building takes time linear in the `n` candidates, a draw of `k` of them `k · (log n + k)`.
pub struct WeightedSampler<A> {
	/// Candidate, offset of its weight, weight; sorted by candidate.
	members: Vec<(A, u128, u128)>,
	total: u128,
}

impl<A: Ord + Clone> WeightedSampler<A> {
	/// Lays out `candidates`, which must be sorted and distinct. Leaves out those of weight zero,
	/// and those that would bring the sum to 2^128: no token has so many units.
	pub fn new(candidates: impl IntoIterator<Item = (A, u128)>) -> Self {
		let mut total: u128 = 0;
		let mut members = Vec::new();
		for (who, weight) in candidates {
			if let Some(end) = total.checked_add(weight).filter(|_| weight > 0) {
				members.push((who, total, weight));
				total = end;
			}
		}
		Self { members, total }
	}

	/// Number of candidates that are not in `excluded`.
	pub fn count_without(&self, excluded: &[&A]) -> usize {
		self.members.len() - self.indices(excluded).len()
	}

	/// Draws `k` candidates that are not in `excluded`, without replacement, each with a probability
	/// proportional to its weight among those left. Draws fewer if there are not enough.
	pub fn draw(&self, seed: &[u8; 32], excluded: &[&A], k: usize) -> Vec<A> {
		let mut excluded_indices = self.indices(excluded);
		let mut left =
			excluded_indices.iter().fold(self.total, |left, index| left - self.members[*index].2);
		let mut stream = Stream { seed, next: 0 };
		let mut drawn = Vec::with_capacity(k);
		while drawn.len() < k && left > 0 {
			let index = self.find(stream.below(left), &excluded_indices);
			let at = excluded_indices.partition_point(|other| *other < index);
			excluded_indices.insert(at, index);
			left -= self.members[index].2;
			drawn.push(self.members[index].0.clone());
		}
		drawn
	}

	/// Indices of those of `who` who are candidates, sorted.
	fn indices(&self, who: &[&A]) -> Vec<usize> {
		let mut indices: Vec<_> = who
			.iter()
			.filter_map(|who| self.members.binary_search_by(|(member, ..)| member.cmp(who)).ok())
			.collect();
		indices.sort_unstable();
		indices.dedup();
		indices
	}

	/// Index of the candidate on which `ticket` falls when those at `excluded_indices` are left out.
	fn find(&self, mut ticket: u128, excluded_indices: &[usize]) -> usize {
		for index in excluded_indices {
			let (_, start, weight) = &self.members[*index];
			if ticket < *start {
				break;
			}
			ticket += weight;
		}
		self.members.partition_point(|(_, start, _)| *start <= ticket) - 1
	}
}

/// Uniform numbers: hashes of the seed with a counter.
struct Stream<'a> {
	seed: &'a [u8; 32],
	next: u32,
}

impl Stream<'_> {
	/// Next number in `0..bound`. Values of the incomplete last interval are drawn again, so that
	/// none is more likely than another.
	fn below(&mut self, bound: u128) -> u128 {
		let bound = U256::from(bound);
		let excess = (U256::MAX % bound + 1) % bound;
		loop {
			let value = U256::from_big_endian(&(self.seed, self.next).using_encoded(blake2_256));
			self.next += 1;
			if value <= U256::MAX - excess {
				return (value % bound).low_u128();
			}
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn sampler(weights: &[u128]) -> WeightedSampler<usize> {
		WeightedSampler::new(weights.iter().copied().enumerate())
	}

	#[test]
	fn draw_should_give_distinct_members_when_there_are_enough() {
		let sampler = sampler(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
		for seed in 0..200u8 {
			let mut drawn = sampler.draw(&[seed; 32], &[&3], 7);
			assert!(!drawn.contains(&3));
			drawn.sort_unstable();
			drawn.dedup();
			assert_eq!(drawn.len(), 7);
		}
	}

	#[test]
	fn draw_should_give_all_when_there_are_too_few() {
		assert_eq!(sampler(&[5, 0]).draw(&[0; 32], &[], 3), [0]);
		assert_eq!(sampler(&[]).draw(&[0; 32], &[], 3), Vec::<usize>::new());
		assert_eq!(sampler(&[u128::MAX / 3; 3]).draw(&[0; 32], &[], 3).len(), 3);
		assert_eq!(sampler(&[u128::MAX, 1]).count_without(&[]), 1, "beyond 2^128");
		assert_eq!(sampler(&[1, 2]).draw(&[0; 32], &[&0, &1, &9], 3), Vec::<usize>::new());
		assert_eq!(sampler(&[1, 2]).count_without(&[&0, &0, &9]), 1);
	}

	#[test]
	fn draw_should_stay_as_pinned_when_the_seed_is_fixed() {
		let sampler = sampler(&[30, 10, 10, 10, 10, 10, 10, 10]);
		assert_eq!(sampler.draw(&[1; 32], &[], 3), [0, 4, 1]);
	}

	/// Probability of each ordered committee of `k`, by the definition.
	fn exact(weights: &[u128], k: usize) -> Vec<(Vec<usize>, f64)> {
		if k == 0 {
			return vec![(Vec::new(), 1.0)];
		}
		let mut all = Vec::new();
		for (head, probability) in exact(weights, k - 1) {
			let left: u128 =
				(0..weights.len()).filter(|i| !head.contains(i)).map(|i| weights[i]).sum();
			for next in (0..weights.len()).filter(|i| !head.contains(i) && weights[*i] > 0) {
				let mut committee = head.clone();
				committee.push(next);
				all.push((committee, probability * weights[next] as f64 / left as f64));
			}
		}
		all
	}

	/// Chi-square of 100,000 draws against the exact distribution over ordered committees. The
	/// limit is the mean plus five standard deviations: degrees of freedom f, variance 2f.
	#[test]
	fn draw_should_follow_the_exact_distribution_when_repeated() {
		for (weights, k) in [
			(vec![30, 10, 10, 10, 10, 10, 10, 10], 3),
			(vec![1, 1, 1, 1], 2),
			(vec![1, 2, 4, 8, 16], 3),
			(vec![1_000_000, 999_999, 3 << 100, 1 << 100], 2),
		] {
			let (sampler, rounds) = (sampler(&weights), 100_000u32);
			let mut seen = std::collections::BTreeMap::<Vec<usize>, u32>::new();
			for i in 0..rounds {
				*seen.entry(sampler.draw(&i.using_encoded(blake2_256), &[], k)).or_default() += 1;
			}
			// Cells that expect fewer than five count as one.
			let (mut chi2, mut cells, mut rare) = (0.0, 0, (0.0, 0.0));
			for (committee, probability) in exact(&weights, k) {
				let expected = probability * f64::from(rounds);
				let observed = f64::from(seen.get(&committee).copied().unwrap_or(0));
				if expected < 5.0 {
					rare = (rare.0 + expected, rare.1 + observed);
				} else {
					chi2 += (observed - expected).powi(2) / expected;
					cells += 1;
				}
			}
			if rare.0 >= 5.0 {
				chi2 += (rare.1 - rare.0).powi(2) / rare.0;
				cells += 1;
			}
			let freedom = f64::from(cells - 1);
			assert!(
				chi2 < freedom + 5.0 * (2.0 * freedom).sqrt(),
				"chi2 {chi2} at {freedom} degrees of freedom, weights {weights:?}"
			);
		}
	}

	/// Of stakes 30 and 7 × 10, the large one is in 70.8 % of committees of three: 1 minus the
	/// probability that three draws miss it, 70/100 · 60/90 · 50/80.
	#[test]
	fn large_stake_should_have_a_seat_in_seventy_percent_of_committees() {
		let (sampler, rounds) = (sampler(&[30, 10, 10, 10, 10, 10, 10, 10]), 100_000u32);
		let hits = (0..rounds)
			.filter(|i| sampler.draw(&i.using_encoded(blake2_256), &[], 3).contains(&0))
			.count() as f64;
		assert!((hits / f64::from(rounds) - 0.7083).abs() < 0.005, "{hits}");
	}

	#[test]
	fn draw_should_equal_one_without_the_excluded_when_the_seed_is_the_same() {
		let all = sampler(&[5, 100, 7, 11, 3]);
		let fewer = WeightedSampler::new([(0usize, 5), (2, 7), (3, 11), (4, 3)]);
		for i in 0..1_000u32 {
			let seed = i.using_encoded(blake2_256);
			assert_eq!(all.draw(&seed, &[&1], 3), fewer.draw(&seed, &[], 3));
		}
	}
}
