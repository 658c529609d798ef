//! Weighted sampling without replacement, in integers, from a seed.
//!
//! A seed orders all candidates: a weighted permutation. Who cannot be chosen keeps its place in it
//! and is skipped, so that the next in order is chosen. Leaving somebody out of the candidates would
//! give another permutation, and with it whoever can be left out at will another try.

use alloc::vec::Vec;
use codec::Encode;
use sp_core::U256;
use sp_io::hashing::blake2_256;

/// Largest number of candidates that one draw skips. Beyond it the draw gives fewer.
pub const MAX_SKIPPED: usize = 64;

/// Candidates whose weights lie end to end. A ticket below the sum of all weights falls on one of
/// them.
///
/// Building takes time linear in the `n` candidates, `t` tickets of a permutation `t · (log n + t)`.
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

	/// Number of candidates.
	pub fn len(&self) -> usize {
		self.members.len()
	}

	/// Tells whether there is no candidate.
	pub fn is_empty(&self) -> bool {
		self.members.is_empty()
	}

	/// Sum of all weights.
	pub fn total(&self) -> u128 {
		self.total
	}

	/// Candidates and their weights, sorted by candidate.
	pub fn members(&self) -> impl Iterator<Item = (&A, u128)> {
		self.members.iter().map(|(who, _, weight)| (who, *weight))
	}

	/// Weight of `who`; zero where it is no candidate.
	pub fn weight(&self, who: &A) -> u128 {
		let found = self.members.binary_search_by(|(member, ..)| member.cmp(who));
		found.map_or(0, |at| self.members[at].2)
	}

	/// Number of candidates that are not skipped.
	pub fn count(&self, skip: impl Fn(&A) -> bool) -> usize {
		self.members.iter().filter(|(who, ..)| !skip(who)).count()
	}

	/// First `k` candidates of the permutation that are not skipped. Gives fewer where there are not
	/// enough, or more than [`MAX_SKIPPED`] are skipped.
	pub fn draw(&self, seed: &[u8; 32], skip: impl Fn(&A) -> bool, k: usize) -> Vec<A> {
		self.permutation(seed)
			.take(MAX_SKIPPED + k)
			.filter(|who| !skip(who))
			.take(k)
			.cloned()
			.collect()
	}

	/// All candidates in the order of `seed`: each is the next with a probability proportional to its
	/// weight among those left.
	pub fn permutation<'a>(&'a self, seed: &'a [u8; 32]) -> Permutation<'a, A> {
		Permutation {
			sampler: self,
			stream: Stream { seed, next: 0 },
			drawn: Vec::new(),
			left: self.total,
		}
	}

	/// Index of the candidate on which `ticket` falls when those at `drawn` are left out.
	fn find(&self, mut ticket: u128, drawn: &[usize]) -> usize {
		for index in drawn {
			let (_, start, weight) = &self.members[*index];
			if ticket < *start {
				break;
			}
			ticket += weight;
		}
		self.members.partition_point(|(_, start, _)| *start <= ticket) - 1
	}
}

/// Iterator over the candidates of a [`WeightedSampler`] in the order of a seed.
pub struct Permutation<'a, A> {
	sampler: &'a WeightedSampler<A>,
	stream: Stream<'a>,
	/// Indices of those drawn so far, sorted.
	drawn: Vec<usize>,
	/// Weight of those left.
	left: u128,
}

impl<'a, A: Ord + Clone> Iterator for Permutation<'a, A> {
	type Item = &'a A;

	fn next(&mut self) -> Option<&'a A> {
		if self.left == 0 {
			return None;
		}
		let index = self.sampler.find(self.stream.below(self.left), &self.drawn);
		let at = self.drawn.partition_point(|other| *other < index);
		self.drawn.insert(at, index);
		let (who, _, weight) = &self.sampler.members[index];
		self.left -= weight;
		Some(who)
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

	fn nobody(_: &usize) -> bool {
		false
	}

	#[test]
	fn draw_should_give_distinct_members_when_there_are_enough() {
		let sampler = sampler(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
		for seed in 0..200u8 {
			let mut drawn = sampler.draw(&[seed; 32], |who| *who == 3, 7);
			assert!(!drawn.contains(&3));
			drawn.sort_unstable();
			drawn.dedup();
			assert_eq!(drawn.len(), 7);
		}
	}

	#[test]
	fn draw_should_give_all_when_there_are_too_few() {
		assert_eq!(sampler(&[5, 0]).draw(&[0; 32], nobody, 3), [0]);
		assert_eq!(sampler(&[]).draw(&[0; 32], nobody, 3), Vec::<usize>::new());
		assert_eq!(sampler(&[u128::MAX / 3; 3]).draw(&[0; 32], nobody, 3).len(), 3);
		assert_eq!(sampler(&[u128::MAX, 1]).count(nobody), 1, "beyond 2^128");
		assert_eq!(sampler(&[1, 2]).draw(&[0; 32], |_| true, 3), Vec::<usize>::new());
		assert_eq!(sampler(&[1, 2]).count(|who| *who == 0), 1);
	}

	#[test]
	fn draw_should_give_fewer_when_too_many_are_skipped() {
		let sampler = sampler(&[1; 200]);
		let order: Vec<_> = sampler.permutation(&[9; 32]).copied().collect();
		assert_eq!(order.len(), 200);
		let skipped = |count: usize| order[..count].to_vec();
		let draw = |skipped: Vec<usize>| sampler.draw(&[9; 32], |who| skipped.contains(who), 3);
		assert_eq!(draw(skipped(MAX_SKIPPED)), order[MAX_SKIPPED..MAX_SKIPPED + 3]);
		assert_eq!(draw(skipped(MAX_SKIPPED + 1)).len(), 2);
		assert_eq!(draw(skipped(MAX_SKIPPED + 3)), Vec::<usize>::new());
	}

	#[test]
	fn draw_should_stay_as_pinned_when_the_seed_is_fixed() {
		let sampler = sampler(&[30, 10, 10, 10, 10, 10, 10, 10]);
		assert_eq!(sampler.draw(&[1; 32], nobody, 3), [0, 4, 1]);
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
				*seen.entry(sampler.draw(&i.using_encoded(blake2_256), nobody, k)).or_default() +=
					1;
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
			.filter(|i| sampler.draw(&i.using_encoded(blake2_256), nobody, 3).contains(&0))
			.count() as f64;
		assert!((hits / f64::from(rounds) - 0.7083).abs() < 0.005, "{hits}");
	}

	/// Nothing that some of the candidates do, by being skipped or not, raises the number of their
	/// seats, for any seed.
	#[test]
	fn seats_should_not_rise_when_any_of_the_own_members_are_skipped() {
		// Every third candidate is the attacker's.
		let own: Vec<usize> = (0..30).filter(|who| who % 3 == 0).collect();
		let weights: Vec<u128> = (0..30).map(|index| 1 + index * index % 17).collect();
		let sampler = sampler(&weights);
		for i in 0..3_000u32 {
			let seed = i.using_encoded(blake2_256);
			let seats = |subset: u32| {
				let skip = |who: &usize| {
					own.iter()
						.position(|other| other == who)
						.is_some_and(|at| subset >> at & 1 == 1)
				};
				let drawn = sampler.draw(&seed, skip, 7);
				drawn.iter().filter(|who| own.contains(who)).count()
			};
			let all = seats(0);
			// Another subset of the own members for each seed.
			assert!(seats(u32::from_le_bytes([seed[0], seed[1], 0, 0])) <= all, "{i}");
			assert!((0..own.len()).all(|at| seats(1 << at) <= all), "{i}");
		}
	}

	/// Why nobody is removed: for some seeds, the sampler without one of the own members seats more of
	/// them.
	#[test]
	fn seats_should_rise_for_some_seeds_when_an_own_member_is_removed_instead() {
		let own = |who: &usize| who.is_multiple_of(3);
		let members: Vec<_> = (0..30usize).map(|index| (index, 10)).collect();
		let all = WeightedSampler::new(members.clone());
		let fewer = WeightedSampler::new(members.into_iter().filter(|(who, _)| *who != 0));
		let gains = |seed: [u8; 32]| {
			let seats = |sampler: &WeightedSampler<usize>| {
				sampler.draw(&seed, nobody, 3).iter().filter(|who| own(who)).count()
			};
			seats(&fewer) > seats(&all)
		};
		assert!((0..1_000u32).any(|i| gains(i.using_encoded(blake2_256))));
	}
}
