//! Weights of `pallet_opg_attestation`, measured and written by `scripts/bench-weights.sh`.
//!
//! Bencher 64.0.0, 2026-11-22, 20 steps of 10 runs, on AMD EPYC.

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(missing_docs)]

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// Weights of the calls and hooks.
pub trait WeightInfo {
	fn commit(n: u32, ) -> Weight;
	fn record_presence() -> Weight;
	fn reveal(n: u32, ) -> Weight;
	fn reveal_one(b: u32, ) -> Weight;
	fn decline(n: u32, ) -> Weight;
	fn authorize_commit(n: u32, ) -> Weight;
	fn authorize_reveal(n: u32, ) -> Weight;
	fn authorize_reveal_one(b: u32, ) -> Weight;
	fn authorize_decline(n: u32, ) -> Weight;
	fn change_round(s: u32, ) -> Weight;
	fn read_round(s: u32, ) -> Weight;
	fn new_answer() -> Weight;
	fn close(s: u32, ) -> Weight;
	fn penalise_silence(s: u32, ) -> Weight;
	fn remove_answers(a: u32, ) -> Weight;
	fn take_deadlines(d: u32, ) -> Weight;
}

/// Measured weights, with the database weights of the runtime.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	/// Storage: `Staking::Pools` (r:1 w:0)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(187), added: 2662, mode: `Measured`)
	/// `n` from 1 to 16.
	fn commit(n: u32, ) -> Weight {
		// Least time measured: 26_510_000 ps.
		Weight::from_parts(21_653_729, 3814)
			// Standard error: 19_885.
			.saturating_add(Weight::from_parts(8_351_750, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(1))
	}
	/// Storage: `Staking::Pools` (r:1 w:1)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(187), added: 2662, mode: `Measured`)
	fn record_presence() -> Weight {
		// Not measured yet: what clearing a pool's misses took.
		Weight::from_parts(13_900_000, 3814)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// `n` from 1 to 16.
	fn reveal(n: u32, ) -> Weight {
		// Least time measured: 15_573_000 ps.
		Weight::from_parts(10_761_302, 0)
			// Standard error: 11_963.
			.saturating_add(Weight::from_parts(9_231_033, 0).saturating_mul(n.into()))
	}
	/// `b` from 0 to 4096.
	fn reveal_one(b: u32, ) -> Weight {
		// Least time measured: 14_912_000 ps.
		Weight::from_parts(19_201_280, 0)
			// Standard error: 25.
			.saturating_add(Weight::from_parts(2_117, 0).saturating_mul(b.into()))
	}
	/// `n` from 1 to 16.
	fn decline(n: u32, ) -> Weight {
		// Least time measured: 13_119_000 ps.
		Weight::from_parts(10_655_064, 0)
			// Standard error: 15_076.
			.saturating_add(Weight::from_parts(7_033_131, 0).saturating_mul(n.into()))
	}
	/// Storage: `Staking::HotKeys` (r:1 w:0)
	/// Proof: `Staking::HotKeys` (`max_values`: None, `max_size`: Some(117), added: 2592, mode: `Measured`)
	/// `n` from 1 to 16.
	fn authorize_commit(n: u32, ) -> Weight {
		// Least time measured: 52_989_000 ps.
		Weight::from_parts(56_264_178, 3675)
			// Standard error: 13_658.
			.saturating_add(Weight::from_parts(2_637_399, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(1))
	}
	/// Storage: `Staking::HotKeys` (r:1 w:0)
	/// Proof: `Staking::HotKeys` (`max_values`: None, `max_size`: Some(117), added: 2592, mode: `Measured`)
	/// `n` from 1 to 16.
	fn authorize_reveal(n: u32, ) -> Weight {
		// Least time measured: 58_968_000 ps.
		Weight::from_parts(58_450_126, 3675)
			// Standard error: 19_574.
			.saturating_add(Weight::from_parts(6_963_180, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(1))
	}
	/// Storage: `Staking::HotKeys` (r:1 w:0)
	/// Proof: `Staking::HotKeys` (`max_values`: None, `max_size`: Some(117), added: 2592, mode: `Measured`)
	/// `b` from 0 to 4096.
	fn authorize_reveal_one(b: u32, ) -> Weight {
		// Least time measured: 59_699_000 ps.
		Weight::from_parts(74_050_629, 3675)
			// Standard error: 216.
			.saturating_add(Weight::from_parts(3_359, 0).saturating_mul(b.into()))
			.saturating_add(T::DbWeight::get().reads(1))
	}
	/// Storage: `Staking::HotKeys` (r:1 w:0)
	/// Proof: `Staking::HotKeys` (`max_values`: None, `max_size`: Some(117), added: 2592, mode: `Measured`)
	/// `n` from 1 to 16.
	fn authorize_decline(n: u32, ) -> Weight {
		// Least time measured: 55_863_000 ps.
		Weight::from_parts(59_925_711, 3675)
			// Standard error: 32_175.
			.saturating_add(Weight::from_parts(2_718_583, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(1))
	}
	/// Storage: `Attestation::Rounds` (r:1 w:1)
	/// Proof: `Attestation::Rounds` (`max_values`: None, `max_size`: Some(9780), added: 12255, mode: `Measured`)
	/// `s` from 0 to 52.
	fn change_round(s: u32, ) -> Weight {
		// Least time measured: 8_903_000 ps.
		Weight::from_parts(10_152_201, 7762)
			// Standard error: 374.
			.saturating_add(Weight::from_parts(356_535, 0).saturating_mul(s.into()))
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
			.saturating_add(Weight::from_parts(0, 106).saturating_mul(s.into()))
	}
	/// Storage: `Attestation::Rounds` (r:1 w:0)
	/// Proof: `Attestation::Rounds` (`max_values`: None, `max_size`: Some(9780), added: 12255, mode: `Measured`)
	/// `s` from 0 to 52.
	fn read_round(s: u32, ) -> Weight {
		// Least time measured: 6_520_000 ps.
		Weight::from_parts(7_268_582, 7762)
			// Standard error: 161.
			.saturating_add(Weight::from_parts(46_563, 0).saturating_mul(s.into()))
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(Weight::from_parts(0, 106).saturating_mul(s.into()))
	}
	/// Storage: `Attestation::Answers` (r:0 w:1)
	/// Proof: `Attestation::Answers` (`max_values`: None, `max_size`: Some(4155), added: 6630, mode: `Measured`)
	fn new_answer() -> Weight {
		// Least time measured: 2_804_000 ps.
		Weight::from_parts(3_205_000, 0)
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// `s` from 1 to 15.
	fn close(s: u32, ) -> Weight {
		// Least time measured: 3_144_000 ps.
		Weight::from_parts(3_143_354, 0)
			// Standard error: 424.
			.saturating_add(Weight::from_parts(343_880, 0).saturating_mul(s.into()))
	}
	/// Storage: `Staking::Pools` (r:15 w:15)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(187), added: 2662, mode: `Measured`)
	/// `s` from 1 to 15.
	fn penalise_silence(s: u32, ) -> Weight {
		// Least time measured: 89_223_000 ps.
		Weight::from_parts(59_055_642, 1150)
			// Standard error: 221_314.
			.saturating_add(Weight::from_parts(71_595_250, 0).saturating_mul(s.into()))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(s.into())))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(s.into())))
			.saturating_add(Weight::from_parts(0, 2662).saturating_mul(s.into()))
	}
	/// Storage: `Attestation::Answers` (r:52 w:52)
	/// Proof: `Attestation::Answers` (`max_values`: None, `max_size`: Some(4155), added: 6630, mode: `Measured`)
	/// `a` from 1 to 52.
	fn remove_answers(a: u32, ) -> Weight {
		// Least time measured: 4_337_000 ps.
		Weight::from_parts(2_497_582, 1033)
			// Standard error: 1_068.
			.saturating_add(Weight::from_parts(1_146_697, 0).saturating_mul(a.into()))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(a.into())))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(a.into())))
			.saturating_add(Weight::from_parts(0, 2545).saturating_mul(a.into()))
	}
	/// Storage: `Attestation::Deadlines` (r:1 w:1)
	/// Proof: `Attestation::Deadlines` (`max_values`: None, `max_size`: Some(9231), added: 11706, mode: `Measured`)
	/// `d` from 0 to 1024.
	fn take_deadlines(d: u32, ) -> Weight {
		// Least time measured: 5_688_000 ps.
		Weight::from_parts(6_509_068, 3511)
			// Standard error: 9.
			.saturating_add(Weight::from_parts(2_919, 0).saturating_mul(d.into()))
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
			.saturating_add(Weight::from_parts(0, 9).saturating_mul(d.into()))
	}
}
