//! Weights of `pallet_opg_attestation`, measured and written by `scripts/bench-weights.sh`.
//!
//! Bencher 64.0.0, 2026-11-26, 20 steps of 10 runs, on AMD EPYC.

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
	/// `n` from 1 to 16.
	fn commit(n: u32, ) -> Weight {
		// Least time measured: 17_977_000 ps.
		Weight::from_parts(20_392_199, 0)
			// Standard error: 24_053.
			.saturating_add(Weight::from_parts(8_309_114, 0).saturating_mul(n.into()))
	}
	/// Storage: `Staking::Pools` (r:1 w:1)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(170), added: 2645, mode: `Measured`)
	fn record_presence() -> Weight {
		// Least time measured: 12_158_000 ps.
		Weight::from_parts(13_911_000, 3795)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `Staking::Pools` (r:1 w:0)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(170), added: 2645, mode: `Measured`)
	/// `n` from 1 to 16.
	fn reveal(n: u32, ) -> Weight {
		// Least time measured: 31_527_000 ps.
		Weight::from_parts(28_870_758, 3795)
			// Standard error: 56_405.
			.saturating_add(Weight::from_parts(10_152_453, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(1))
	}
	/// Storage: `Staking::Pools` (r:1 w:0)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(170), added: 2645, mode: `Measured`)
	/// `b` from 0 to 4096.
	fn reveal_one(_b: u32, ) -> Weight {
		// Least time measured: 32_328_000 ps.
		Weight::from_parts(51_045_842, 3795)
			.saturating_add(T::DbWeight::get().reads(1))
	}
	/// Storage: `Inference::Vacancies` (r:1 w:1)
	/// Proof: `Inference::Vacancies` (`max_values`: Some(1), `max_size`: Some(23042), added: 23537, mode: `Measured`)
	/// `n` from 1 to 16.
	fn decline(n: u32, ) -> Weight {
		// Least time measured: 19_890_000 ps.
		Weight::from_parts(20_823_691, 1491)
			// Standard error: 17_492.
			.saturating_add(Weight::from_parts(7_819_590, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `Staking::HotKeys` (r:1 w:0)
	/// Proof: `Staking::HotKeys` (`max_values`: None, `max_size`: Some(117), added: 2592, mode: `Measured`)
	/// `n` from 1 to 16.
	fn authorize_commit(n: u32, ) -> Weight {
		// Least time measured: 58_507_000 ps.
		Weight::from_parts(59_856_907, 3675)
			// Standard error: 10_240.
			.saturating_add(Weight::from_parts(3_283_034, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(1))
	}
	/// Storage: `Staking::HotKeys` (r:1 w:0)
	/// Proof: `Staking::HotKeys` (`max_values`: None, `max_size`: Some(117), added: 2592, mode: `Measured`)
	/// `n` from 1 to 16.
	fn authorize_reveal(n: u32, ) -> Weight {
		// Least time measured: 62_823_000 ps.
		Weight::from_parts(64_956_133, 3675)
			// Standard error: 59_096.
			.saturating_add(Weight::from_parts(7_816_232, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(1))
	}
	/// Storage: `Staking::HotKeys` (r:1 w:0)
	/// Proof: `Staking::HotKeys` (`max_values`: None, `max_size`: Some(117), added: 2592, mode: `Measured`)
	/// `b` from 0 to 4096.
	fn authorize_reveal_one(b: u32, ) -> Weight {
		// Least time measured: 67_520_000 ps.
		Weight::from_parts(104_704_719, 3675)
			// Standard error: 262.
			.saturating_add(Weight::from_parts(5_872, 0).saturating_mul(b.into()))
			.saturating_add(T::DbWeight::get().reads(1))
	}
	/// Storage: `Staking::HotKeys` (r:1 w:0)
	/// Proof: `Staking::HotKeys` (`max_values`: None, `max_size`: Some(117), added: 2592, mode: `Measured`)
	/// `n` from 1 to 16.
	fn authorize_decline(n: u32, ) -> Weight {
		// Least time measured: 58_838_000 ps.
		Weight::from_parts(66_322_900, 3675)
			// Standard error: 27_859.
			.saturating_add(Weight::from_parts(3_158_140, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(1))
	}
	/// Storage: `Attestation::Rounds` (r:1 w:1)
	/// Proof: `Attestation::Rounds` (`max_values`: None, `max_size`: Some(14969), added: 17444, mode: `Measured`)
	/// `s` from 0 to 74.
	fn change_round(s: u32, ) -> Weight {
		// Least time measured: 10_085_000 ps.
		Weight::from_parts(12_611_372, 7810)
			// Standard error: 612.
			.saturating_add(Weight::from_parts(580_526, 0).saturating_mul(s.into()))
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
			.saturating_add(Weight::from_parts(0, 144).saturating_mul(s.into()))
	}
	/// Storage: `Attestation::Rounds` (r:1 w:0)
	/// Proof: `Attestation::Rounds` (`max_values`: None, `max_size`: Some(14969), added: 17444, mode: `Measured`)
	/// `s` from 0 to 74.
	fn read_round(s: u32, ) -> Weight {
		// Least time measured: 7_151_000 ps.
		Weight::from_parts(8_927_915, 7810)
			// Standard error: 538.
			.saturating_add(Weight::from_parts(108_420, 0).saturating_mul(s.into()))
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(Weight::from_parts(0, 144).saturating_mul(s.into()))
	}
	/// Storage: `Attestation::Answers` (r:0 w:1)
	/// Proof: `Attestation::Answers` (`max_values`: None, `max_size`: Some(4155), added: 6630, mode: `Measured`)
	fn new_answer() -> Weight {
		// Least time measured: 2_944_000 ps.
		Weight::from_parts(3_295_000, 0)
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// `s` from 1 to 30.
	fn close(s: u32, ) -> Weight {
		// Least time measured: 5_308_000 ps.
		Weight::from_parts(5_698_433, 0)
			// Standard error: 477.
			.saturating_add(Weight::from_parts(450_863, 0).saturating_mul(s.into()))
	}
	/// Storage: `Staking::Pools` (r:15 w:15)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(170), added: 2645, mode: `Measured`)
	/// Storage: `Staking::UnbondingVaults` (r:15 w:0)
	/// Proof: `Staking::UnbondingVaults` (`max_values`: None, `max_size`: Some(6195), added: 8670, mode: `Measured`)
	/// Storage: `Staking::Moved` (r:15 w:0)
	/// Proof: `Staking::Moved` (`max_values`: None, `max_size`: Some(9267), added: 11742, mode: `Measured`)
	/// `s` from 1 to 15.
	fn penalise_silence(s: u32, ) -> Weight {
		// Least time measured: 99_258_000 ps.
		Weight::from_parts(54_522_758, 1150)
			// Standard error: 467_621.
			.saturating_add(Weight::from_parts(78_447_409, 0).saturating_mul(s.into()))
			.saturating_add(T::DbWeight::get().reads((3_u64).saturating_mul(s.into())))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(s.into())))
			.saturating_add(Weight::from_parts(0, 2643).saturating_mul(s.into()))
	}
	/// Storage: `Attestation::Answers` (r:37 w:37)
	/// Proof: `Attestation::Answers` (`max_values`: None, `max_size`: Some(4155), added: 6630, mode: `Measured`)
	/// `a` from 1 to 37.
	fn remove_answers(a: u32, ) -> Weight {
		// Least time measured: 3_775_000 ps.
		Weight::from_parts(2_121_582, 1031)
			// Standard error: 970.
			.saturating_add(Weight::from_parts(941_200, 0).saturating_mul(a.into()))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(a.into())))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(a.into())))
			.saturating_add(Weight::from_parts(0, 2545).saturating_mul(a.into()))
	}
	/// Storage: `Attestation::Deadlines` (r:1 w:1)
	/// Proof: `Attestation::Deadlines` (`max_values`: None, `max_size`: Some(36878), added: 39353, mode: `Measured`)
	/// `d` from 0 to 4096.
	fn take_deadlines(d: u32, ) -> Weight {
		// Least time measured: 5_378_000 ps.
		Weight::from_parts(6_478_666, 3510)
			// Standard error: 9.
			.saturating_add(Weight::from_parts(6_998, 0).saturating_mul(d.into()))
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
			.saturating_add(Weight::from_parts(0, 9).saturating_mul(d.into()))
	}
}
