//! Foresight: how often an author of blocks gets a whole committee of its own.
//!
//! A seed is made of the VRF outputs of the next blocks by different authors. An author knows the
//! outputs of its own slots before anybody else, and can leave a slot empty. It cannot choose an
//! output, and it does not know those of others. The draw is that of the chain.
//!
//! Everything is in its favour: all of its slots count as different authors, nobody else has a slot
//! of its own besides, and an empty slot costs it nothing.

use opg_primitives::{domains, Tier};
use pallet_opg_inference::tiers;
use pallet_opg_support::sampling::WeightedSampler;
use sp_io::hashing::blake2_256;

/// Executors of equal stake that serve the model.
const EXECUTORS: usize = 60;
/// Slots of a session: the author knows its own outputs of the whole session.
const SESSION_SLOTS: usize = opg_runtime::constants::SESSION_SLOTS as usize;

/// What the adversary has.
#[derive(Clone, Copy, Debug)]
pub struct Adversary {
	/// Tier of the requests: it decides the size of the committee and the outputs of a seed.
	pub tier: Tier,
	/// Slots of its own, in percent.
	pub slots: u32,
	/// Executors of its own, in percent.
	pub stake: u32,
	/// Numbers of a request among which it can choose in a block, by requests that it sends before.
	pub numbers: u64,
}

/// What comes of it, each from 0 to 1.
#[derive(Clone, Copy, Debug)]
pub struct Chances {
	/// Draws whose whole committee is its own, without any influence.
	pub fair: f64,
	/// The same for a request of somebody else, where it leaves slots empty as it likes.
	pub withheld: f64,
	/// Sessions in which it finds a block for a request of its own whose committee is its own.
	pub chosen: f64,
}

/// Plays `tries` draws and sessions.
pub fn chances(adversary: Adversary, tries: usize, seed: u64) -> Chances {
	let mut lottery = Lottery::new(adversary, seed);
	let share = |hits: usize| hits as f64 / tries as f64;
	Chances {
		fair: share((0..tries).filter(|_| lottery.fair()).count()),
		withheld: share((0..tries).filter(|_| lottery.withheld()).count()),
		chosen: share((0..tries).filter(|_| lottery.chosen()).count()),
	}
}

type Output = [u8; 32];

struct Lottery {
	adversary: Adversary,
	sampler: WeightedSampler<usize>,
	/// Executors below this number are the adversary's.
	own: usize,
	/// Seats of the first committee.
	seats: usize,
	/// Outputs of a seed.
	outputs: usize,
	state: (u64, u64),
}

impl Lottery {
	fn new(adversary: Adversary, seed: u64) -> Self {
		Self {
			adversary,
			sampler: WeightedSampler::new((0..EXECUTORS).map(|who| (who, 1u128 << 70))),
			own: EXECUTORS * adversary.stake as usize / 100,
			seats: tiers::size(adversary.tier) as usize,
			outputs: tiers::seed_authors(adversary.tier) as usize,
			state: (seed, 0),
		}
	}

	fn output(&mut self) -> Output {
		self.state.1 += 1;
		codec::Encode::using_encoded(&self.state, blake2_256)
	}

	fn owns_slot(&mut self) -> bool {
		let output = self.output();
		let number = u32::from_le_bytes([output[0], output[1], output[2], output[3]]);
		u64::from(number) * 100 < u64::from(self.adversary.slots) << 32
	}

	/// Tells whether the whole committee is the adversary's, by the seed and the draw of the chain.
	fn wins(&self, outputs: &[Output], number: u64) -> bool {
		let seed = (domains::DRAW, sp_core::H256::zero(), outputs, number, 0u32, 0u8);
		let seed = codec::Encode::using_encoded(&seed, blake2_256);
		self.sampler.draw(&seed, |_| false, self.seats).iter().all(|who| *who < self.own)
	}

	fn fair(&mut self) -> bool {
		let outputs: Vec<_> = (0..self.outputs).map(|_| self.output()).collect();
		self.wins(&outputs, 0)
	}

	/// A request of somebody else. In a run of its own slots, the adversary takes any of them that
	/// give it the committee. Where none do, it leaves all of them empty: each block that it made
	/// would only end its choice earlier.
	fn withheld(&mut self) -> bool {
		let mut taken = Vec::new();
		while taken.len() < self.outputs {
			let mut run = Vec::new();
			while self.owns_slot() {
				run.push(self.output());
			}
			if self.any_wins(&taken, &run, 1) {
				return true;
			}
			taken.push(self.output());
		}
		self.wins(&taken, 0)
	}

	/// A session in which the adversary looks for a block after which a run of its own slots gives
	/// it the committee of a request of its own.
	fn chosen(&mut self) -> bool {
		let slots: Vec<Option<Output>> =
			(0..SESSION_SLOTS).map(|_| self.owns_slot().then(|| self.output())).collect();
		(0..slots.len()).any(|first| {
			let run: Vec<_> = slots[first..].iter().map_while(|slot| *slot).collect();
			self.any_wins(&[], &run, self.adversary.numbers)
		})
	}

	/// Tells whether the outputs taken already and some of `run`, in order, win for some number.
	fn any_wins(&self, taken: &[Output], run: &[Output], numbers: u64) -> bool {
		combinations(run.len(), self.outputs - taken.len()).into_iter().any(|indices| {
			let own = indices.into_iter().map(|index| run[index]);
			let outputs: Vec<_> = taken.iter().copied().chain(own).collect();
			(0..numbers).any(|number| self.wins(&outputs, number))
		})
	}
}

/// All ways to choose `count` of `0..length`, each in ascending order.
fn combinations(length: usize, count: usize) -> Vec<Vec<usize>> {
	if count == 0 {
		return vec![Vec::new()];
	}
	(count - 1..length)
		.flat_map(|last| {
			combinations(last, count - 1).into_iter().map(move |mut head| {
				head.push(last);
				head
			})
		})
		.collect()
}

#[cfg(test)]
mod tests {
	use super::*;

	fn adversary(tier: Tier, slots: u32) -> Adversary {
		Adversary { tier, slots, stake: 30, numbers: 1 }
	}

	#[test]
	fn combinations_should_be_all_of_them_when_counted() {
		assert_eq!(combinations(3, 2), [[0, 1], [0, 2], [1, 2]]);
		assert_eq!(combinations(20, 3).len(), 1_140);
		assert_eq!(combinations(2, 3), Vec::<Vec<usize>>::new());
	}

	#[test]
	fn foresight_should_gain_nothing_when_the_adversary_has_no_slot() {
		let chances = chances(adversary(Tier::Optimistic, 0), 2_000, 1);
		assert_eq!(chances.chosen, 0.0);
		assert!((chances.fair - 0.3).abs() < 0.05, "{chances:?}");
		assert!((chances.withheld - 0.3).abs() < 0.05, "{chances:?}");
	}

	#[test]
	fn foresight_should_gain_when_the_adversary_has_slots() {
		let chances = chances(adversary(Tier::Optimistic, 33), 2_000, 1);
		assert!(chances.withheld > chances.fair + 0.05, "{chances:?}");
		assert!(chances.chosen > 0.5, "{chances:?}");
	}
}
