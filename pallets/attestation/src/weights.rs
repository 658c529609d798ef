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
	/// Storage: `Clock::Now` (r:1 w:0)
	/// Proof: `Clock::Now` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `Measured`)
	/// `n` from 1 to 16.
	fn commit(n: u32, ) -> Weight {
		// Least time measured: 22_444_000 ps.
		Weight::from_parts(18_913_740, 1491)
			// Standard error: 34_303.
			.saturating_add(Weight::from_parts(8_390_360, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(1))
	}
	/// Storage: `Staking::Pools` (r:1 w:1)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(170), added: 2645, mode: `Measured`)
	fn record_presence() -> Weight {
		// Least time measured: 12_299_000 ps.
		Weight::from_parts(13_931_000, 3795)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `Clock::Now` (r:1 w:0)
	/// Proof: `Clock::Now` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `Measured`)
	/// Storage: `Staking::Pools` (r:1 w:0)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(170), added: 2645, mode: `Measured`)
	/// `n` from 1 to 16.
	fn reveal(n: u32, ) -> Weight {
		// Least time measured: 32_318_000 ps.
		Weight::from_parts(28_848_550, 3801)
			// Standard error: 19_264.
			.saturating_add(Weight::from_parts(9_391_038, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(2))
	}
	/// Storage: `Clock::Now` (r:1 w:0)
	/// Proof: `Clock::Now` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `Measured`)
	/// Storage: `Staking::Pools` (r:1 w:0)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(170), added: 2645, mode: `Measured`)
	/// `b` from 0 to 4096.
	fn reveal_one(b: u32, ) -> Weight {
		// Least time measured: 33_009_000 ps.
		Weight::from_parts(41_461_515, 3801)
			// Standard error: 64.
			.saturating_add(Weight::from_parts(2_111, 0).saturating_mul(b.into()))
			.saturating_add(T::DbWeight::get().reads(2))
	}
	/// Storage: `Clock::Now` (r:1 w:0)
	/// Proof: `Clock::Now` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `Measured`)
	/// Storage: `Inference::Vacancies` (r:1 w:1)
	/// Proof: `Inference::Vacancies` (`max_values`: Some(1), `max_size`: Some(23042), added: 23537, mode: `Measured`)
	/// `n` from 1 to 16.
	fn decline(n: u32, ) -> Weight {
		// Least time measured: 27_181_000 ps.
		Weight::from_parts(27_018_602, 1497)
			// Standard error: 28_292.
			.saturating_add(Weight::from_parts(8_146_577, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `Clock::Now` (r:1 w:0)
	/// Proof: `Clock::Now` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `Measured`)
	/// Storage: `Staking::HotKeys` (r:1 w:0)
	/// Proof: `Staking::HotKeys` (`max_values`: None, `max_size`: Some(117), added: 2592, mode: `Measured`)
	/// `n` from 1 to 16.
	fn authorize_commit(n: u32, ) -> Weight {
		// Least time measured: 62_783_000 ps.
		Weight::from_parts(73_544_238, 3681)
			// Standard error: 77_118.
			.saturating_add(Weight::from_parts(3_323_333, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(2))
	}
	/// Storage: `Clock::Now` (r:1 w:0)
	/// Proof: `Clock::Now` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `Measured`)
	/// Storage: `Staking::HotKeys` (r:1 w:0)
	/// Proof: `Staking::HotKeys` (`max_values`: None, `max_size`: Some(117), added: 2592, mode: `Measured`)
	/// `n` from 1 to 16.
	fn authorize_reveal(n: u32, ) -> Weight {
		// Least time measured: 68_101_000 ps.
		Weight::from_parts(66_680_677, 3681)
			// Standard error: 19_165.
			.saturating_add(Weight::from_parts(7_641_608, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(2))
	}
	/// Storage: `Clock::Now` (r:1 w:0)
	/// Proof: `Clock::Now` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `Measured`)
	/// Storage: `Staking::HotKeys` (r:1 w:0)
	/// Proof: `Staking::HotKeys` (`max_values`: None, `max_size`: Some(117), added: 2592, mode: `Measured`)
	/// `b` from 0 to 4096.
	fn authorize_reveal_one(b: u32, ) -> Weight {
		// Least time measured: 66_028_000 ps.
		Weight::from_parts(71_806_832, 3681)
			// Standard error: 33.
			.saturating_add(Weight::from_parts(3_758, 0).saturating_mul(b.into()))
			.saturating_add(T::DbWeight::get().reads(2))
	}
	/// Storage: `Clock::Now` (r:1 w:0)
	/// Proof: `Clock::Now` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `Measured`)
	/// Storage: `Staking::HotKeys` (r:1 w:0)
	/// Proof: `Staking::HotKeys` (`max_values`: None, `max_size`: Some(117), added: 2592, mode: `Measured`)
	/// `n` from 1 to 16.
	fn authorize_decline(n: u32, ) -> Weight {
		// Least time measured: 60_470_000 ps.
		Weight::from_parts(61_389_223, 3681)
			// Standard error: 9_924.
			.saturating_add(Weight::from_parts(3_062_597, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(2))
	}
	/// Storage: `Attestation::Rounds` (r:1 w:1)
	/// Proof: `Attestation::Rounds` (`max_values`: None, `max_size`: Some(14969), added: 17444, mode: `Measured`)
	/// `s` from 0 to 74.
	fn change_round(s: u32, ) -> Weight {
		// Least time measured: 10_355_000 ps.
		Weight::from_parts(12_729_794, 7810)
			// Standard error: 783.
			.saturating_add(Weight::from_parts(572_269, 0).saturating_mul(s.into()))
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
			.saturating_add(Weight::from_parts(0, 144).saturating_mul(s.into()))
	}
	/// Storage: `Attestation::Rounds` (r:1 w:0)
	/// Proof: `Attestation::Rounds` (`max_values`: None, `max_size`: Some(14969), added: 17444, mode: `Measured`)
	/// `s` from 0 to 74.
	fn read_round(s: u32, ) -> Weight {
		// Least time measured: 7_431_000 ps.
		Weight::from_parts(8_971_441, 7810)
			// Standard error: 526.
			.saturating_add(Weight::from_parts(116_602, 0).saturating_mul(s.into()))
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(Weight::from_parts(0, 144).saturating_mul(s.into()))
	}
	/// Storage: `Attestation::Answers` (r:0 w:1)
	/// Proof: `Attestation::Answers` (`max_values`: None, `max_size`: Some(4155), added: 6630, mode: `Measured`)
	fn new_answer() -> Weight {
		// Least time measured: 2_954_000 ps.
		Weight::from_parts(3_355_000, 0)
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// `s` from 1 to 30.
	fn close(s: u32, ) -> Weight {
		// Least time measured: 5_278_000 ps.
		Weight::from_parts(5_774_813, 0)
			// Standard error: 492.
			.saturating_add(Weight::from_parts(422_184, 0).saturating_mul(s.into()))
	}
	/// Storage: `Staking::Pools` (r:15 w:15)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(170), added: 2645, mode: `Measured`)
	/// Storage: `Clock::Now` (r:1 w:0)
	/// Proof: `Clock::Now` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `Measured`)
	/// Storage: `Staking::UnbondingVaults` (r:15 w:0)
	/// Proof: `Staking::UnbondingVaults` (`max_values`: None, `max_size`: Some(6195), added: 8670, mode: `Measured`)
	/// `s` from 1 to 15.
	fn penalise_silence(s: u32, ) -> Weight {
		// Least time measured: 104_335_000 ps.
		Weight::from_parts(64_792_202, 1651)
			// Standard error: 259_564.
			.saturating_add(Weight::from_parts(74_450_480, 0).saturating_mul(s.into()))
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().reads((2_u64).saturating_mul(s.into())))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(s.into())))
			.saturating_add(Weight::from_parts(0, 2643).saturating_mul(s.into()))
	}
	/// Storage: `Attestation::Answers` (r:37 w:37)
	/// Proof: `Attestation::Answers` (`max_values`: None, `max_size`: Some(4155), added: 6630, mode: `Measured`)
	/// `a` from 1 to 37.
	fn remove_answers(a: u32, ) -> Weight {
		// Least time measured: 4_436_000 ps.
		Weight::from_parts(2_525_131, 1031)
			// Standard error: 1_060.
			.saturating_add(Weight::from_parts(959_315, 0).saturating_mul(a.into()))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(a.into())))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(a.into())))
			.saturating_add(Weight::from_parts(0, 2545).saturating_mul(a.into()))
	}
	/// Storage: `Attestation::Deadlines` (r:1 w:1)
	/// Proof: `Attestation::Deadlines` (`max_values`: None, `max_size`: Some(36878), added: 39353, mode: `Measured`)
	/// `d` from 0 to 4096.
	fn take_deadlines(d: u32, ) -> Weight {
		// Least time measured: 5_639_000 ps.
		Weight::from_parts(6_675_187, 3510)
			// Standard error: 8.
			.saturating_add(Weight::from_parts(7_039, 0).saturating_mul(d.into()))
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
			.saturating_add(Weight::from_parts(0, 9).saturating_mul(d.into()))
	}
}
