//! Weights of `pallet_opg_inference`, measured and written by `scripts/bench-weights.sh`.
//!
//! Bencher 64.0.0, 2026-11-21, 20 steps of 10 runs, on AMD EPYC.

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(missing_docs)]

use core::marker::PhantomData;
use frame_support::{
	traits::Get,
	weights::{constants::ParityDbWeight, Weight},
};

/// What every call and hook costs.
pub trait WeightInfo {
	fn request(i: u32, ) -> Weight;
	fn cancel() -> Weight;
	fn challenge() -> Weight;
	fn begin_block() -> Weight;
	fn snapshot(p: u32, ) -> Weight;
	fn urn(p: u32, ) -> Weight;
	fn look_up() -> Weight;
	fn postpone() -> Weight;
	fn give_up() -> Weight;
	fn draw(s: u32, ) -> Weight;
	fn attested() -> Weight;
	fn escalated() -> Weight;
	fn upheld(w: u32, l: u32, ) -> Weight;
	fn overturned(w: u32, l: u32, ) -> Weight;
	fn settle_agreed(w: u32, ) -> Weight;
	fn settle(w: u32, l: u32, ) -> Weight;
	fn audit() -> Weight;
	fn prune() -> Weight;
}

/// With the database that the runtime names.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	/// Storage: `Models::Models` (r:1 w:0)
	/// Proof: `Models::Models` (`max_values`: None, `max_size`: Some(1419), added: 3894, mode: `Measured`)
	/// Storage: `Models::Engines` (r:1 w:0)
	/// Proof: `Models::Engines` (`max_values`: None, `max_size`: Some(41), added: 2516, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(193), added: 2668, mode: `Measured`)
	/// Storage: `Inference::Inputs` (r:0 w:1)
	/// Proof: `Inference::Inputs` (`max_values`: None, `max_size`: Some(16404), added: 18879, mode: `Measured`)
	/// Storage: `Inference::Requests` (r:0 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8040), added: 10515, mode: `Measured`)
	/// `i` from 0 to 16384.
	fn request(i: u32, ) -> Weight {
		// Least time measured: 165_737_000 ps.
		Weight::from_parts(179_191_736, 5179)
			// Standard error: 26.
			.saturating_add(Weight::from_parts(425, 0).saturating_mul(i.into()))
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().writes(3))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8040), added: 10515, mode: `Measured`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(193), added: 2668, mode: `Measured`)
	fn cancel() -> Weight {
		// Least time measured: 82_773_000 ps.
		Weight::from_parts(89_043_000, 5193)
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().writes(3))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8040), added: 10515, mode: `Measured`)
	/// Storage: `Attestation::Records` (r:1 w:0)
	/// Proof: `Attestation::Records` (`max_values`: None, `max_size`: Some(5640), added: 8115, mode: `Measured`)
	/// Storage: `Models::Servers` (r:1 w:0)
	/// Proof: `Models::Servers` (`max_values`: None, `max_size`: Some(32782), added: 35257, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(193), added: 2668, mode: `Measured`)
	fn challenge() -> Weight {
		// Least time measured: 130_325_000 ps.
		Weight::from_parts(146_759_000, 12381)
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().writes(2))
	}
	/// Storage: `Babe::AuthorVrfRandomness` (r:1 w:0)
	/// Proof: `Babe::AuthorVrfRandomness` (`max_values`: Some(1), `max_size`: Some(33), added: 528, mode: `Measured`)
	/// Storage: `Inference::Agenda` (r:1 w:1)
	/// Proof: `Inference::Agenda` (`max_values`: None, `max_size`: Some(9230), added: 11705, mode: `Measured`)
	/// Storage: `Inference::Outputs` (r:0 w:1)
	/// Proof: `Inference::Outputs` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `Measured`)
	fn begin_block() -> Weight {
		// Least time measured: 19_169_000 ps.
		Weight::from_parts(20_551_000, 12827)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(2))
	}
	/// `p` from 0 to 1024.
	fn snapshot(p: u32, ) -> Weight {
		// Least time measured: 10_957_000 ps.
		Weight::from_parts(10_988_552, 0)
			// Standard error: 61.
			.saturating_add(Weight::from_parts(30_680, 0).saturating_mul(p.into()))
	}
	/// Storage: `Models::Servers` (r:1 w:0)
	/// Proof: `Models::Servers` (`max_values`: None, `max_size`: Some(32782), added: 35257, mode: `Measured`)
	/// `p` from 0 to 1024.
	fn urn(p: u32, ) -> Weight {
		// Least time measured: 6_941_000 ps.
		Weight::from_parts(8_577_120, 3620)
			// Standard error: 87.
			.saturating_add(Weight::from_parts(46_146, 0).saturating_mul(p.into()))
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(Weight::from_parts(0, 32).saturating_mul(p.into()))
	}
	/// Storage: `Inference::Requests` (r:1 w:0)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8040), added: 10515, mode: `Measured`)
	fn look_up() -> Weight {
		// Least time measured: 12_368_000 ps.
		Weight::from_parts(13_400_000, 11492)
			.saturating_add(T::DbWeight::get().reads(1))
	}
	/// Storage: `Inference::Requests` (r:1 w:0)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8040), added: 10515, mode: `Measured`)
	fn postpone() -> Weight {
		// Least time measured: 17_827_000 ps.
		Weight::from_parts(19_770_000, 9034)
			.saturating_add(T::DbWeight::get().reads(1))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8040), added: 10515, mode: `Measured`)
	/// Storage: `System::Account` (r:2 w:2)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:2 w:2)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(193), added: 2668, mode: `Measured`)
	fn give_up() -> Weight {
		// Least time measured: 135_592_000 ps.
		Weight::from_parts(142_153_000, 12037)
			.saturating_add(T::DbWeight::get().reads(5))
			.saturating_add(T::DbWeight::get().writes(5))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8040), added: 10515, mode: `Measured`)
	/// Storage: `Attestation::Records` (r:1 w:1)
	/// Proof: `Attestation::Records` (`max_values`: None, `max_size`: Some(5640), added: 8115, mode: `Measured`)
	/// Storage: `Inference::Inputs` (r:1 w:0)
	/// Proof: `Inference::Inputs` (`max_values`: None, `max_size`: Some(16404), added: 18879, mode: `Measured`)
	/// `s` from 5 to 15.
	fn draw(s: u32, ) -> Weight {
		// Least time measured: 95_553_000 ps.
		Weight::from_parts(93_590_535, 29466)
			// Standard error: 20_274.
			.saturating_add(Weight::from_parts(1_546_903, 0).saturating_mul(s.into()))
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().writes(2))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8040), added: 10515, mode: `Measured`)
	fn attested() -> Weight {
		// Least time measured: 31_307_000 ps.
		Weight::from_parts(34_261_000, 4870)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8040), added: 10515, mode: `Measured`)
	fn escalated() -> Weight {
		// Least time measured: 26_689_000 ps.
		Weight::from_parts(29_834_000, 9030)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8040), added: 10515, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:2 w:2)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(193), added: 2668, mode: `Measured`)
	/// Storage: `System::Account` (r:3 w:3)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	/// Storage: `Attestation::Records` (r:1 w:0)
	/// Proof: `Attestation::Records` (`max_values`: None, `max_size`: Some(5640), added: 8115, mode: `Measured`)
	/// Storage: `Staking::Pools` (r:52 w:52)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(187), added: 2662, mode: `Measured`)
	/// Storage: `Attestation::Answers` (r:27 w:27)
	/// Proof: `Attestation::Answers` (`max_values`: None, `max_size`: Some(4155), added: 6630, mode: `Measured`)
	/// `w` from 1 to 26.
	/// `l` from 0 to 26.
	fn upheld(w: u32, l: u32, ) -> Weight {
		// Least time measured: 1_275_574_000 ps.
		Weight::from_parts(369_045_523, 14952)
			// Standard error: 839_135.
			.saturating_add(Weight::from_parts(36_456_143, 0).saturating_mul(w.into()))
			// Standard error: 809_760.
			.saturating_add(Weight::from_parts(70_234_325, 0).saturating_mul(l.into()))
			.saturating_add(T::DbWeight::get().reads(8))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(w.into())))
			.saturating_add(T::DbWeight::get().reads((2_u64).saturating_mul(l.into())))
			.saturating_add(T::DbWeight::get().writes(7))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(w.into())))
			.saturating_add(T::DbWeight::get().writes((2_u64).saturating_mul(l.into())))
			.saturating_add(Weight::from_parts(0, 2837).saturating_mul(l.into()))
			.saturating_add(Weight::from_parts(0, 2778).saturating_mul(w.into()))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8040), added: 10515, mode: `Measured`)
	/// Storage: `System::Account` (r:2 w:2)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:2 w:2)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(193), added: 2668, mode: `Measured`)
	/// Storage: `Attestation::Records` (r:1 w:0)
	/// Proof: `Attestation::Records` (`max_values`: None, `max_size`: Some(5640), added: 8115, mode: `Measured`)
	/// Storage: `Staking::Pools` (r:52 w:52)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(187), added: 2662, mode: `Measured`)
	/// Storage: `Attestation::Answers` (r:27 w:27)
	/// Proof: `Attestation::Answers` (`max_values`: None, `max_size`: Some(4155), added: 6630, mode: `Measured`)
	/// `w` from 1 to 26.
	/// `l` from 0 to 26.
	fn overturned(w: u32, l: u32, ) -> Weight {
		// Least time measured: 1_209_675_000 ps.
		Weight::from_parts(232_240_871, 12458)
			// Standard error: 604_016.
			.saturating_add(Weight::from_parts(39_110_459, 0).saturating_mul(w.into()))
			// Standard error: 582_872.
			.saturating_add(Weight::from_parts(94_687_765, 0).saturating_mul(l.into()))
			.saturating_add(T::DbWeight::get().reads(7))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(w.into())))
			.saturating_add(T::DbWeight::get().reads((2_u64).saturating_mul(l.into())))
			.saturating_add(T::DbWeight::get().writes(6))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(w.into())))
			.saturating_add(T::DbWeight::get().writes((2_u64).saturating_mul(l.into())))
			.saturating_add(Weight::from_parts(0, 2836).saturating_mul(l.into()))
			.saturating_add(Weight::from_parts(0, 2777).saturating_mul(w.into()))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8040), added: 10515, mode: `Measured`)
	/// Storage: `Attestation::Records` (r:1 w:0)
	/// Proof: `Attestation::Records` (`max_values`: None, `max_size`: Some(5640), added: 8115, mode: `Measured`)
	/// Storage: `Attestation::Answers` (r:1 w:1)
	/// Proof: `Attestation::Answers` (`max_values`: None, `max_size`: Some(4155), added: 6630, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(193), added: 2668, mode: `Measured`)
	/// Storage: `System::Account` (r:2 w:2)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	/// Storage: `Staking::Pools` (r:7 w:7)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(187), added: 2662, mode: `Measured`)
	/// `w` from 1 to 7.
	fn settle_agreed(w: u32, ) -> Weight {
		// Least time measured: 236_643_000 ps.
		Weight::from_parts(205_931_002, 12066)
			// Standard error: 236_416.
			.saturating_add(Weight::from_parts(44_920_928, 0).saturating_mul(w.into()))
			.saturating_add(T::DbWeight::get().reads(6))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(w.into())))
			.saturating_add(T::DbWeight::get().writes(5))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(w.into())))
			.saturating_add(Weight::from_parts(0, 2810).saturating_mul(w.into()))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8040), added: 10515, mode: `Measured`)
	/// Storage: `Attestation::Records` (r:1 w:0)
	/// Proof: `Attestation::Records` (`max_values`: None, `max_size`: Some(5640), added: 8115, mode: `Measured`)
	/// Storage: `Staking::Pools` (r:52 w:52)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(187), added: 2662, mode: `Measured`)
	/// Storage: `Attestation::Answers` (r:27 w:27)
	/// Proof: `Attestation::Answers` (`max_values`: None, `max_size`: Some(4155), added: 6630, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(193), added: 2668, mode: `Measured`)
	/// Storage: `System::Account` (r:2 w:2)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	/// `w` from 1 to 26.
	/// `l` from 0 to 26.
	fn settle(w: u32, l: u32, ) -> Weight {
		// Least time measured: 1_196_785_000 ps.
		Weight::from_parts(298_539_644, 12411)
			// Standard error: 562_708.
			.saturating_add(Weight::from_parts(36_837_458, 0).saturating_mul(w.into()))
			// Standard error: 543_009.
			.saturating_add(Weight::from_parts(68_990_333, 0).saturating_mul(l.into()))
			.saturating_add(T::DbWeight::get().reads(6))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(w.into())))
			.saturating_add(T::DbWeight::get().reads((2_u64).saturating_mul(l.into())))
			.saturating_add(T::DbWeight::get().writes(5))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(w.into())))
			.saturating_add(T::DbWeight::get().writes((2_u64).saturating_mul(l.into())))
			.saturating_add(Weight::from_parts(0, 2830).saturating_mul(l.into()))
			.saturating_add(Weight::from_parts(0, 2771).saturating_mul(w.into()))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8040), added: 10515, mode: `Measured`)
	/// Storage: `Attestation::Records` (r:1 w:0)
	/// Proof: `Attestation::Records` (`max_values`: None, `max_size`: Some(5640), added: 8115, mode: `Measured`)
	/// Storage: `Models::Servers` (r:1 w:0)
	/// Proof: `Models::Servers` (`max_values`: None, `max_size`: Some(32782), added: 35257, mode: `Measured`)
	fn audit() -> Weight {
		// Least time measured: 68_181_000 ps.
		Weight::from_parts(74_711_000, 12257)
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8040), added: 10515, mode: `Measured`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(193), added: 2668, mode: `Measured`)
	/// Storage: `Inference::Inputs` (r:0 w:1)
	/// Proof: `Inference::Inputs` (`max_values`: None, `max_size`: Some(16404), added: 18879, mode: `Measured`)
	/// Storage: `Attestation::Records` (r:0 w:1)
	/// Proof: `Attestation::Records` (`max_values`: None, `max_size`: Some(5640), added: 8115, mode: `Measured`)
	fn prune() -> Weight {
		// Least time measured: 83_545_000 ps.
		Weight::from_parts(88_432_000, 11811)
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().writes(5))
	}
}

impl WeightInfo for () {
	fn request(i: u32, ) -> Weight {
		Weight::from_parts(179_191_736, 5179)
			.saturating_add(Weight::from_parts(425, 0).saturating_mul(i.into()))
			.saturating_add(ParityDbWeight::get().reads(3))
			.saturating_add(ParityDbWeight::get().writes(3))
	}
	fn cancel() -> Weight {
		Weight::from_parts(89_043_000, 5193)
			.saturating_add(ParityDbWeight::get().reads(3))
			.saturating_add(ParityDbWeight::get().writes(3))
	}
	fn challenge() -> Weight {
		Weight::from_parts(146_759_000, 12381)
			.saturating_add(ParityDbWeight::get().reads(4))
			.saturating_add(ParityDbWeight::get().writes(2))
	}
	fn begin_block() -> Weight {
		Weight::from_parts(20_551_000, 12827)
			.saturating_add(ParityDbWeight::get().reads(2))
			.saturating_add(ParityDbWeight::get().writes(2))
	}
	fn snapshot(p: u32, ) -> Weight {
		Weight::from_parts(10_988_552, 0)
			.saturating_add(Weight::from_parts(30_680, 0).saturating_mul(p.into()))
	}
	fn urn(p: u32, ) -> Weight {
		Weight::from_parts(8_577_120, 3620)
			.saturating_add(Weight::from_parts(46_146, 0).saturating_mul(p.into()))
			.saturating_add(ParityDbWeight::get().reads(1))
			.saturating_add(Weight::from_parts(0, 32).saturating_mul(p.into()))
	}
	fn look_up() -> Weight {
		Weight::from_parts(13_400_000, 11492)
			.saturating_add(ParityDbWeight::get().reads(1))
	}
	fn postpone() -> Weight {
		Weight::from_parts(19_770_000, 9034)
			.saturating_add(ParityDbWeight::get().reads(1))
	}
	fn give_up() -> Weight {
		Weight::from_parts(142_153_000, 12037)
			.saturating_add(ParityDbWeight::get().reads(5))
			.saturating_add(ParityDbWeight::get().writes(5))
	}
	fn draw(s: u32, ) -> Weight {
		Weight::from_parts(93_590_535, 29466)
			.saturating_add(Weight::from_parts(1_546_903, 0).saturating_mul(s.into()))
			.saturating_add(ParityDbWeight::get().reads(3))
			.saturating_add(ParityDbWeight::get().writes(2))
	}
	fn attested() -> Weight {
		Weight::from_parts(34_261_000, 4870)
			.saturating_add(ParityDbWeight::get().reads(1))
			.saturating_add(ParityDbWeight::get().writes(1))
	}
	fn escalated() -> Weight {
		Weight::from_parts(29_834_000, 9030)
			.saturating_add(ParityDbWeight::get().reads(1))
			.saturating_add(ParityDbWeight::get().writes(1))
	}
	fn upheld(w: u32, l: u32, ) -> Weight {
		Weight::from_parts(369_045_523, 14952)
			.saturating_add(Weight::from_parts(36_456_143, 0).saturating_mul(w.into()))
			.saturating_add(Weight::from_parts(70_234_325, 0).saturating_mul(l.into()))
			.saturating_add(ParityDbWeight::get().reads(8))
			.saturating_add(ParityDbWeight::get().reads((1_u64).saturating_mul(w.into())))
			.saturating_add(ParityDbWeight::get().reads((2_u64).saturating_mul(l.into())))
			.saturating_add(ParityDbWeight::get().writes(7))
			.saturating_add(ParityDbWeight::get().writes((1_u64).saturating_mul(w.into())))
			.saturating_add(ParityDbWeight::get().writes((2_u64).saturating_mul(l.into())))
			.saturating_add(Weight::from_parts(0, 2837).saturating_mul(l.into()))
			.saturating_add(Weight::from_parts(0, 2778).saturating_mul(w.into()))
	}
	fn overturned(w: u32, l: u32, ) -> Weight {
		Weight::from_parts(232_240_871, 12458)
			.saturating_add(Weight::from_parts(39_110_459, 0).saturating_mul(w.into()))
			.saturating_add(Weight::from_parts(94_687_765, 0).saturating_mul(l.into()))
			.saturating_add(ParityDbWeight::get().reads(7))
			.saturating_add(ParityDbWeight::get().reads((1_u64).saturating_mul(w.into())))
			.saturating_add(ParityDbWeight::get().reads((2_u64).saturating_mul(l.into())))
			.saturating_add(ParityDbWeight::get().writes(6))
			.saturating_add(ParityDbWeight::get().writes((1_u64).saturating_mul(w.into())))
			.saturating_add(ParityDbWeight::get().writes((2_u64).saturating_mul(l.into())))
			.saturating_add(Weight::from_parts(0, 2836).saturating_mul(l.into()))
			.saturating_add(Weight::from_parts(0, 2777).saturating_mul(w.into()))
	}
	fn settle_agreed(w: u32, ) -> Weight {
		Weight::from_parts(205_931_002, 12066)
			.saturating_add(Weight::from_parts(44_920_928, 0).saturating_mul(w.into()))
			.saturating_add(ParityDbWeight::get().reads(6))
			.saturating_add(ParityDbWeight::get().reads((1_u64).saturating_mul(w.into())))
			.saturating_add(ParityDbWeight::get().writes(5))
			.saturating_add(ParityDbWeight::get().writes((1_u64).saturating_mul(w.into())))
			.saturating_add(Weight::from_parts(0, 2810).saturating_mul(w.into()))
	}
	fn settle(w: u32, l: u32, ) -> Weight {
		Weight::from_parts(298_539_644, 12411)
			.saturating_add(Weight::from_parts(36_837_458, 0).saturating_mul(w.into()))
			.saturating_add(Weight::from_parts(68_990_333, 0).saturating_mul(l.into()))
			.saturating_add(ParityDbWeight::get().reads(6))
			.saturating_add(ParityDbWeight::get().reads((1_u64).saturating_mul(w.into())))
			.saturating_add(ParityDbWeight::get().reads((2_u64).saturating_mul(l.into())))
			.saturating_add(ParityDbWeight::get().writes(5))
			.saturating_add(ParityDbWeight::get().writes((1_u64).saturating_mul(w.into())))
			.saturating_add(ParityDbWeight::get().writes((2_u64).saturating_mul(l.into())))
			.saturating_add(Weight::from_parts(0, 2830).saturating_mul(l.into()))
			.saturating_add(Weight::from_parts(0, 2771).saturating_mul(w.into()))
	}
	fn audit() -> Weight {
		Weight::from_parts(74_711_000, 12257)
			.saturating_add(ParityDbWeight::get().reads(3))
			.saturating_add(ParityDbWeight::get().writes(1))
	}
	fn prune() -> Weight {
		Weight::from_parts(88_432_000, 11811)
			.saturating_add(ParityDbWeight::get().reads(3))
			.saturating_add(ParityDbWeight::get().writes(5))
	}
}
