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
	fn settle_agreed(w: u32, ) -> Weight {
		Self::settle(w, 0)
	}

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
		// Least time measured: 167_130_000 ps.
		Weight::from_parts(174_610_648, 5179)
			// Standard error: 7.
			.saturating_add(Weight::from_parts(177, 0).saturating_mul(i.into()))
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
		// Least time measured: 80_971_000 ps.
		Weight::from_parts(86_650_000, 5193)
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
		// Least time measured: 128_341_000 ps.
		Weight::from_parts(137_044_000, 12381)
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
		// Least time measured: 18_748_000 ps.
		Weight::from_parts(20_080_000, 12827)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(2))
	}
	/// `p` from 0 to 1024.
	fn snapshot(p: u32, ) -> Weight {
		// Least time measured: 10_857_000 ps.
		Weight::from_parts(10_821_690, 0)
			// Standard error: 58.
			.saturating_add(Weight::from_parts(30_226, 0).saturating_mul(p.into()))
	}
	/// Storage: `Models::Servers` (r:1 w:0)
	/// Proof: `Models::Servers` (`max_values`: None, `max_size`: Some(32782), added: 35257, mode: `Measured`)
	/// `p` from 0 to 1024.
	fn urn(p: u32, ) -> Weight {
		// Least time measured: 8_182_000 ps.
		Weight::from_parts(8_578_834, 3620)
			// Standard error: 73.
			.saturating_add(Weight::from_parts(44_243, 0).saturating_mul(p.into()))
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(Weight::from_parts(0, 32).saturating_mul(p.into()))
	}
	/// Storage: `Inference::Requests` (r:1 w:0)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8040), added: 10515, mode: `Measured`)
	fn look_up() -> Weight {
		// Least time measured: 12_238_000 ps.
		Weight::from_parts(13_129_000, 11492)
			.saturating_add(T::DbWeight::get().reads(1))
	}
	/// Storage: `Inference::Requests` (r:1 w:0)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8040), added: 10515, mode: `Measured`)
	fn postpone() -> Weight {
		// Least time measured: 17_115_000 ps.
		Weight::from_parts(18_288_000, 9034)
			.saturating_add(T::DbWeight::get().reads(1))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8040), added: 10515, mode: `Measured`)
	/// Storage: `System::Account` (r:2 w:2)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:2 w:2)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(193), added: 2668, mode: `Measured`)
	fn give_up() -> Weight {
		// Least time measured: 133_429_000 ps.
		Weight::from_parts(140_680_000, 12037)
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
		// Least time measured: 90_816_000 ps.
		Weight::from_parts(90_385_306, 29466)
			// Standard error: 20_223.
			.saturating_add(Weight::from_parts(1_552_326, 0).saturating_mul(s.into()))
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().writes(2))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8040), added: 10515, mode: `Measured`)
	fn attested() -> Weight {
		// Least time measured: 29_994_000 ps.
		Weight::from_parts(32_188_000, 4870)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8040), added: 10515, mode: `Measured`)
	fn escalated() -> Weight {
		// Least time measured: 25_058_000 ps.
		Weight::from_parts(27_642_000, 9030)
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
	/// Storage: `Staking::SessionSlashed` (r:1 w:1)
	/// Proof: `Staking::SessionSlashed` (`max_values`: Some(1), `max_size`: Some(16), added: 511, mode: `Measured`)
	/// Storage: `Staking::SessionStake` (r:1 w:0)
	/// Proof: `Staking::SessionStake` (`max_values`: Some(1), `max_size`: Some(16), added: 511, mode: `Measured`)
	/// Storage: `Attestation::Answers` (r:27 w:27)
	/// Proof: `Attestation::Answers` (`max_values`: None, `max_size`: Some(4155), added: 6630, mode: `Measured`)
	/// `w` from 1 to 26.
	/// `l` from 0 to 26.
	fn upheld(w: u32, l: u32, ) -> Weight {
		// Least time measured: 1_308_863_000 ps.
		Weight::from_parts(294_235_709, 14983)
			// Standard error: 572_431.
			.saturating_add(Weight::from_parts(40_099_885, 0).saturating_mul(w.into()))
			// Standard error: 552_392.
			.saturating_add(Weight::from_parts(70_039_791, 0).saturating_mul(l.into()))
			.saturating_add(T::DbWeight::get().reads(10))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(w.into())))
			.saturating_add(T::DbWeight::get().reads((2_u64).saturating_mul(l.into())))
			.saturating_add(T::DbWeight::get().writes(8))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(w.into())))
			.saturating_add(T::DbWeight::get().writes((2_u64).saturating_mul(l.into())))
			.saturating_add(Weight::from_parts(0, 2837).saturating_mul(l.into()))
			.saturating_add(Weight::from_parts(0, 2779).saturating_mul(w.into()))
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
	/// Storage: `Staking::SessionSlashed` (r:1 w:1)
	/// Proof: `Staking::SessionSlashed` (`max_values`: Some(1), `max_size`: Some(16), added: 511, mode: `Measured`)
	/// Storage: `Staking::SessionStake` (r:1 w:0)
	/// Proof: `Staking::SessionStake` (`max_values`: Some(1), `max_size`: Some(16), added: 511, mode: `Measured`)
	/// Storage: `Attestation::Answers` (r:27 w:27)
	/// Proof: `Attestation::Answers` (`max_values`: None, `max_size`: Some(4155), added: 6630, mode: `Measured`)
	/// `w` from 1 to 26.
	/// `l` from 0 to 26.
	fn overturned(w: u32, l: u32, ) -> Weight {
		// Least time measured: 1_200_051_000 ps.
		Weight::from_parts(247_378_349, 12489)
			// Standard error: 1_002_737.
			.saturating_add(Weight::from_parts(39_368_402, 0).saturating_mul(w.into()))
			// Standard error: 967_635.
			.saturating_add(Weight::from_parts(93_412_239, 0).saturating_mul(l.into()))
			.saturating_add(T::DbWeight::get().reads(9))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(w.into())))
			.saturating_add(T::DbWeight::get().reads((2_u64).saturating_mul(l.into())))
			.saturating_add(T::DbWeight::get().writes(7))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(w.into())))
			.saturating_add(T::DbWeight::get().writes((2_u64).saturating_mul(l.into())))
			.saturating_add(Weight::from_parts(0, 2836).saturating_mul(l.into()))
			.saturating_add(Weight::from_parts(0, 2777).saturating_mul(w.into()))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8040), added: 10515, mode: `Measured`)
	/// Storage: `Attestation::Records` (r:1 w:0)
	/// Proof: `Attestation::Records` (`max_values`: None, `max_size`: Some(5640), added: 8115, mode: `Measured`)
	/// Storage: `Staking::Pools` (r:52 w:52)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(187), added: 2662, mode: `Measured`)
	/// Storage: `Staking::SessionSlashed` (r:1 w:1)
	/// Proof: `Staking::SessionSlashed` (`max_values`: Some(1), `max_size`: Some(16), added: 511, mode: `Measured`)
	/// Storage: `Staking::SessionStake` (r:1 w:0)
	/// Proof: `Staking::SessionStake` (`max_values`: Some(1), `max_size`: Some(16), added: 511, mode: `Measured`)
	/// Storage: `Attestation::Answers` (r:27 w:27)
	/// Proof: `Attestation::Answers` (`max_values`: None, `max_size`: Some(4155), added: 6630, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(193), added: 2668, mode: `Measured`)
	/// Storage: `System::Account` (r:2 w:2)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	/// `w` from 1 to 26.
	/// `l` from 0 to 26.
	fn settle(w: u32, l: u32, ) -> Weight {
		// Least time measured: 1_282_143_000 ps.
		Weight::from_parts(306_986_166, 12442)
			// Standard error: 337_451.
			.saturating_add(Weight::from_parts(39_607_641, 0).saturating_mul(w.into()))
			// Standard error: 325_638.
			.saturating_add(Weight::from_parts(68_458_183, 0).saturating_mul(l.into()))
			.saturating_add(T::DbWeight::get().reads(8))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(w.into())))
			.saturating_add(T::DbWeight::get().reads((2_u64).saturating_mul(l.into())))
			.saturating_add(T::DbWeight::get().writes(6))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(w.into())))
			.saturating_add(T::DbWeight::get().writes((2_u64).saturating_mul(l.into())))
			.saturating_add(Weight::from_parts(0, 2830).saturating_mul(l.into()))
			.saturating_add(Weight::from_parts(0, 2772).saturating_mul(w.into()))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8040), added: 10515, mode: `Measured`)
	/// Storage: `Attestation::Records` (r:1 w:0)
	/// Proof: `Attestation::Records` (`max_values`: None, `max_size`: Some(5640), added: 8115, mode: `Measured`)
	/// Storage: `Models::Servers` (r:1 w:0)
	/// Proof: `Models::Servers` (`max_values`: None, `max_size`: Some(32782), added: 35257, mode: `Measured`)
	fn audit() -> Weight {
		// Least time measured: 69_584_000 ps.
		Weight::from_parts(75_423_000, 12257)
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
		// Least time measured: 86_739_000 ps.
		Weight::from_parts(91_888_000, 11811)
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().writes(5))
	}
}

impl WeightInfo for () {
	fn settle_agreed(w: u32, ) -> Weight {
		Self::settle(w, 0)
	}

	fn request(i: u32, ) -> Weight {
		Weight::from_parts(174_610_648, 5179)
			.saturating_add(Weight::from_parts(177, 0).saturating_mul(i.into()))
			.saturating_add(ParityDbWeight::get().reads(3))
			.saturating_add(ParityDbWeight::get().writes(3))
	}
	fn cancel() -> Weight {
		Weight::from_parts(86_650_000, 5193)
			.saturating_add(ParityDbWeight::get().reads(3))
			.saturating_add(ParityDbWeight::get().writes(3))
	}
	fn challenge() -> Weight {
		Weight::from_parts(137_044_000, 12381)
			.saturating_add(ParityDbWeight::get().reads(4))
			.saturating_add(ParityDbWeight::get().writes(2))
	}
	fn begin_block() -> Weight {
		Weight::from_parts(20_080_000, 12827)
			.saturating_add(ParityDbWeight::get().reads(2))
			.saturating_add(ParityDbWeight::get().writes(2))
	}
	fn snapshot(p: u32, ) -> Weight {
		Weight::from_parts(10_821_690, 0)
			.saturating_add(Weight::from_parts(30_226, 0).saturating_mul(p.into()))
	}
	fn urn(p: u32, ) -> Weight {
		Weight::from_parts(8_578_834, 3620)
			.saturating_add(Weight::from_parts(44_243, 0).saturating_mul(p.into()))
			.saturating_add(ParityDbWeight::get().reads(1))
			.saturating_add(Weight::from_parts(0, 32).saturating_mul(p.into()))
	}
	fn look_up() -> Weight {
		Weight::from_parts(13_129_000, 11492)
			.saturating_add(ParityDbWeight::get().reads(1))
	}
	fn postpone() -> Weight {
		Weight::from_parts(18_288_000, 9034)
			.saturating_add(ParityDbWeight::get().reads(1))
	}
	fn give_up() -> Weight {
		Weight::from_parts(140_680_000, 12037)
			.saturating_add(ParityDbWeight::get().reads(5))
			.saturating_add(ParityDbWeight::get().writes(5))
	}
	fn draw(s: u32, ) -> Weight {
		Weight::from_parts(90_385_306, 29466)
			.saturating_add(Weight::from_parts(1_552_326, 0).saturating_mul(s.into()))
			.saturating_add(ParityDbWeight::get().reads(3))
			.saturating_add(ParityDbWeight::get().writes(2))
	}
	fn attested() -> Weight {
		Weight::from_parts(32_188_000, 4870)
			.saturating_add(ParityDbWeight::get().reads(1))
			.saturating_add(ParityDbWeight::get().writes(1))
	}
	fn escalated() -> Weight {
		Weight::from_parts(27_642_000, 9030)
			.saturating_add(ParityDbWeight::get().reads(1))
			.saturating_add(ParityDbWeight::get().writes(1))
	}
	fn upheld(w: u32, l: u32, ) -> Weight {
		Weight::from_parts(294_235_709, 14983)
			.saturating_add(Weight::from_parts(40_099_885, 0).saturating_mul(w.into()))
			.saturating_add(Weight::from_parts(70_039_791, 0).saturating_mul(l.into()))
			.saturating_add(ParityDbWeight::get().reads(10))
			.saturating_add(ParityDbWeight::get().reads((1_u64).saturating_mul(w.into())))
			.saturating_add(ParityDbWeight::get().reads((2_u64).saturating_mul(l.into())))
			.saturating_add(ParityDbWeight::get().writes(8))
			.saturating_add(ParityDbWeight::get().writes((1_u64).saturating_mul(w.into())))
			.saturating_add(ParityDbWeight::get().writes((2_u64).saturating_mul(l.into())))
			.saturating_add(Weight::from_parts(0, 2837).saturating_mul(l.into()))
			.saturating_add(Weight::from_parts(0, 2779).saturating_mul(w.into()))
	}
	fn overturned(w: u32, l: u32, ) -> Weight {
		Weight::from_parts(247_378_349, 12489)
			.saturating_add(Weight::from_parts(39_368_402, 0).saturating_mul(w.into()))
			.saturating_add(Weight::from_parts(93_412_239, 0).saturating_mul(l.into()))
			.saturating_add(ParityDbWeight::get().reads(9))
			.saturating_add(ParityDbWeight::get().reads((1_u64).saturating_mul(w.into())))
			.saturating_add(ParityDbWeight::get().reads((2_u64).saturating_mul(l.into())))
			.saturating_add(ParityDbWeight::get().writes(7))
			.saturating_add(ParityDbWeight::get().writes((1_u64).saturating_mul(w.into())))
			.saturating_add(ParityDbWeight::get().writes((2_u64).saturating_mul(l.into())))
			.saturating_add(Weight::from_parts(0, 2836).saturating_mul(l.into()))
			.saturating_add(Weight::from_parts(0, 2777).saturating_mul(w.into()))
	}
	fn settle(w: u32, l: u32, ) -> Weight {
		Weight::from_parts(306_986_166, 12442)
			.saturating_add(Weight::from_parts(39_607_641, 0).saturating_mul(w.into()))
			.saturating_add(Weight::from_parts(68_458_183, 0).saturating_mul(l.into()))
			.saturating_add(ParityDbWeight::get().reads(8))
			.saturating_add(ParityDbWeight::get().reads((1_u64).saturating_mul(w.into())))
			.saturating_add(ParityDbWeight::get().reads((2_u64).saturating_mul(l.into())))
			.saturating_add(ParityDbWeight::get().writes(6))
			.saturating_add(ParityDbWeight::get().writes((1_u64).saturating_mul(w.into())))
			.saturating_add(ParityDbWeight::get().writes((2_u64).saturating_mul(l.into())))
			.saturating_add(Weight::from_parts(0, 2830).saturating_mul(l.into()))
			.saturating_add(Weight::from_parts(0, 2772).saturating_mul(w.into()))
	}
	fn audit() -> Weight {
		Weight::from_parts(75_423_000, 12257)
			.saturating_add(ParityDbWeight::get().reads(3))
			.saturating_add(ParityDbWeight::get().writes(1))
	}
	fn prune() -> Weight {
		Weight::from_parts(91_888_000, 11811)
			.saturating_add(ParityDbWeight::get().reads(3))
			.saturating_add(ParityDbWeight::get().writes(5))
	}
}
