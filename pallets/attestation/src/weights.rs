//! Weights of `pallet_opg_attestation`, measured and written by `scripts/bench-weights.sh`.
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
	fn clear_misses() -> Weight;
	fn commit(n: u32, ) -> Weight;
	fn reveal(n: u32, ) -> Weight;
	fn decline(n: u32, ) -> Weight;
	fn authorize_commit(n: u32, ) -> Weight;
	fn authorize_reveal(n: u32, ) -> Weight;
	fn authorize_decline(n: u32, ) -> Weight;
	fn change_record(s: u32, ) -> Weight;
	fn read_record(s: u32, ) -> Weight;
	fn new_answer() -> Weight;
	fn close(r: u32, p: u32, ) -> Weight;
	fn forget(a: u32, ) -> Weight;
	fn put_off() -> Weight;
	fn take_deadlines(d: u32, ) -> Weight;
}

/// With the database that the runtime names.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn clear_misses() -> Weight {
		Weight::from_parts(40_000_000, 0)
	}

	/// Storage: `Staking::Pools` (r:1 w:1)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(187), added: 2662, mode: `Measured`)
	/// `n` from 1 to 16.
	fn commit(n: u32, ) -> Weight {
		// Least time measured: 31_427_000 ps.
		Weight::from_parts(27_195_552, 3814)
			// Standard error: 21_740.
			.saturating_add(Weight::from_parts(9_939_918, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `Attestation::Answers` (r:16 w:0)
	/// Proof: `Attestation::Answers` (`max_values`: None, `max_size`: Some(4155), added: 6630, mode: `Measured`)
	/// `n` from 1 to 16.
	fn reveal(n: u32, ) -> Weight {
		// Least time measured: 29_675_000 ps.
		Weight::from_parts(12_422_252, 974)
			// Standard error: 39_471.
			.saturating_add(Weight::from_parts(23_323_312, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(n.into())))
			.saturating_add(Weight::from_parts(0, 2561).saturating_mul(n.into()))
	}
	/// `n` from 1 to 16.
	fn decline(n: u32, ) -> Weight {
		// Least time measured: 14_952_000 ps.
		Weight::from_parts(9_421_141, 0)
			// Standard error: 19_070.
			.saturating_add(Weight::from_parts(8_816_922, 0).saturating_mul(n.into()))
	}
	/// Storage: `Staking::HotKeys` (r:1 w:0)
	/// Proof: `Staking::HotKeys` (`max_values`: None, `max_size`: Some(117), added: 2592, mode: `Measured`)
	/// `n` from 1 to 16.
	fn authorize_commit(n: u32, ) -> Weight {
		// Least time measured: 50_676_000 ps.
		Weight::from_parts(52_812_542, 3675)
			// Standard error: 9_715.
			.saturating_add(Weight::from_parts(3_128_167, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(1))
	}
	/// Storage: `Staking::HotKeys` (r:1 w:0)
	/// Proof: `Staking::HotKeys` (`max_values`: None, `max_size`: Some(117), added: 2592, mode: `Measured`)
	/// `n` from 1 to 16.
	fn authorize_reveal(n: u32, ) -> Weight {
		// Least time measured: 67_881_000 ps.
		Weight::from_parts(45_618_196, 3675)
			// Standard error: 56_263.
			.saturating_add(Weight::from_parts(23_550_345, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(1))
	}
	/// Storage: `Staking::HotKeys` (r:1 w:0)
	/// Proof: `Staking::HotKeys` (`max_values`: None, `max_size`: Some(117), added: 2592, mode: `Measured`)
	/// `n` from 1 to 16.
	fn authorize_decline(n: u32, ) -> Weight {
		// Least time measured: 49_504_000 ps.
		Weight::from_parts(51_023_575, 3675)
			// Standard error: 7_190.
			.saturating_add(Weight::from_parts(2_744_856, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(1))
	}
	/// Storage: `Attestation::Records` (r:1 w:1)
	/// Proof: `Attestation::Records` (`max_values`: None, `max_size`: Some(5640), added: 8115, mode: `Measured`)
	/// `s` from 0 to 52.
	fn change_record(s: u32, ) -> Weight {
		// Least time measured: 9_143_000 ps.
		Weight::from_parts(9_592_247, 3622)
			// Standard error: 122.
			.saturating_add(Weight::from_parts(454_940, 0).saturating_mul(s.into()))
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
			.saturating_add(Weight::from_parts(0, 106).saturating_mul(s.into()))
	}
	/// Storage: `Attestation::Records` (r:1 w:0)
	/// Proof: `Attestation::Records` (`max_values`: None, `max_size`: Some(5640), added: 8115, mode: `Measured`)
	/// `s` from 0 to 52.
	fn read_record(s: u32, ) -> Weight {
		// Least time measured: 7_021_000 ps.
		Weight::from_parts(7_625_916, 3622)
			// Standard error: 51.
			.saturating_add(Weight::from_parts(41_113, 0).saturating_mul(s.into()))
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(Weight::from_parts(0, 106).saturating_mul(s.into()))
	}
	/// Storage: `Attestation::Answers` (r:0 w:1)
	/// Proof: `Attestation::Answers` (`max_values`: None, `max_size`: Some(4155), added: 6630, mode: `Measured`)
	fn new_answer() -> Weight {
		// Least time measured: 3_495_000 ps.
		Weight::from_parts(3_786_000, 0)
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `Staking::Pools` (r:15 w:15)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(187), added: 2662, mode: `Measured`)
	/// Storage: `Staking::SessionSlashed` (r:1 w:1)
	/// Proof: `Staking::SessionSlashed` (`max_values`: Some(1), `max_size`: Some(16), added: 511, mode: `Measured`)
	/// Storage: `Staking::SessionStake` (r:1 w:0)
	/// Proof: `Staking::SessionStake` (`max_values`: Some(1), `max_size`: Some(16), added: 511, mode: `Measured`)
	/// Storage: `Attestation::Answers` (r:1 w:0)
	/// Proof: `Attestation::Answers` (`max_values`: None, `max_size`: Some(4155), added: 6630, mode: `Measured`)
	/// `r` from 0 to 15.
	/// `p` from 0 to 15.
	fn close(r: u32, p: u32, ) -> Weight {
		// Least time measured: 22_334_000 ps.
		Weight::from_parts(8_503_570, 7494)
			// Standard error: 648_629.
			.saturating_add(Weight::from_parts(5_645_699, 0).saturating_mul(r.into()))
			// Standard error: 648_629.
			.saturating_add(Weight::from_parts(79_534_591, 0).saturating_mul(p.into()))
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(p.into())))
			.saturating_add(T::DbWeight::get().writes(1))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(p.into())))
			.saturating_add(Weight::from_parts(0, 2715).saturating_mul(p.into()))
			.saturating_add(Weight::from_parts(0, 128).saturating_mul(r.into()))
	}
	/// Storage: `Attestation::Answers` (r:52 w:52)
	/// Proof: `Attestation::Answers` (`max_values`: None, `max_size`: Some(4155), added: 6630, mode: `Measured`)
	/// Storage: `Attestation::Records` (r:0 w:1)
	/// Proof: `Attestation::Records` (`max_values`: None, `max_size`: Some(5640), added: 8115, mode: `Measured`)
	/// `a` from 0 to 52.
	fn forget(a: u32, ) -> Weight {
		// Least time measured: 5_888_000 ps.
		Weight::from_parts(5_888_807, 1069)
			// Standard error: 1_060.
			.saturating_add(Weight::from_parts(1_199_728, 0).saturating_mul(a.into()))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(a.into())))
			.saturating_add(T::DbWeight::get().writes(1))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(a.into())))
			.saturating_add(Weight::from_parts(0, 2545).saturating_mul(a.into()))
	}
	fn put_off() -> Weight {
		// Least time measured: 5_488_000 ps.
		Weight::from_parts(6_040_000, 0)
	}
	/// Storage: `Attestation::Deadlines` (r:1 w:1)
	/// Proof: `Attestation::Deadlines` (`max_values`: None, `max_size`: Some(9231), added: 11706, mode: `Measured`)
	/// `d` from 0 to 1024.
	fn take_deadlines(d: u32, ) -> Weight {
		// Least time measured: 7_341_000 ps.
		Weight::from_parts(8_351_581, 3511)
			// Standard error: 4.
			.saturating_add(Weight::from_parts(2_582, 0).saturating_mul(d.into()))
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
			.saturating_add(Weight::from_parts(0, 9).saturating_mul(d.into()))
	}
}

impl WeightInfo for () {
	fn clear_misses() -> Weight {
		Weight::from_parts(40_000_000, 0)
	}

	fn commit(n: u32, ) -> Weight {
		Weight::from_parts(27_195_552, 3814)
			.saturating_add(Weight::from_parts(9_939_918, 0).saturating_mul(n.into()))
			.saturating_add(ParityDbWeight::get().reads(1))
			.saturating_add(ParityDbWeight::get().writes(1))
	}
	fn reveal(n: u32, ) -> Weight {
		Weight::from_parts(12_422_252, 974)
			.saturating_add(Weight::from_parts(23_323_312, 0).saturating_mul(n.into()))
			.saturating_add(ParityDbWeight::get().reads((1_u64).saturating_mul(n.into())))
			.saturating_add(Weight::from_parts(0, 2561).saturating_mul(n.into()))
	}
	fn decline(n: u32, ) -> Weight {
		Weight::from_parts(9_421_141, 0)
			.saturating_add(Weight::from_parts(8_816_922, 0).saturating_mul(n.into()))
	}
	fn authorize_commit(n: u32, ) -> Weight {
		Weight::from_parts(52_812_542, 3675)
			.saturating_add(Weight::from_parts(3_128_167, 0).saturating_mul(n.into()))
			.saturating_add(ParityDbWeight::get().reads(1))
	}
	fn authorize_reveal(n: u32, ) -> Weight {
		Weight::from_parts(45_618_196, 3675)
			.saturating_add(Weight::from_parts(23_550_345, 0).saturating_mul(n.into()))
			.saturating_add(ParityDbWeight::get().reads(1))
	}
	fn authorize_decline(n: u32, ) -> Weight {
		Weight::from_parts(51_023_575, 3675)
			.saturating_add(Weight::from_parts(2_744_856, 0).saturating_mul(n.into()))
			.saturating_add(ParityDbWeight::get().reads(1))
	}
	fn change_record(s: u32, ) -> Weight {
		Weight::from_parts(9_592_247, 3622)
			.saturating_add(Weight::from_parts(454_940, 0).saturating_mul(s.into()))
			.saturating_add(ParityDbWeight::get().reads(1))
			.saturating_add(ParityDbWeight::get().writes(1))
			.saturating_add(Weight::from_parts(0, 106).saturating_mul(s.into()))
	}
	fn read_record(s: u32, ) -> Weight {
		Weight::from_parts(7_625_916, 3622)
			.saturating_add(Weight::from_parts(41_113, 0).saturating_mul(s.into()))
			.saturating_add(ParityDbWeight::get().reads(1))
			.saturating_add(Weight::from_parts(0, 106).saturating_mul(s.into()))
	}
	fn new_answer() -> Weight {
		Weight::from_parts(3_786_000, 0)
			.saturating_add(ParityDbWeight::get().writes(1))
	}
	fn close(r: u32, p: u32, ) -> Weight {
		Weight::from_parts(8_503_570, 7494)
			.saturating_add(Weight::from_parts(5_645_699, 0).saturating_mul(r.into()))
			.saturating_add(Weight::from_parts(79_534_591, 0).saturating_mul(p.into()))
			.saturating_add(ParityDbWeight::get().reads(2))
			.saturating_add(ParityDbWeight::get().reads((1_u64).saturating_mul(p.into())))
			.saturating_add(ParityDbWeight::get().writes(1))
			.saturating_add(ParityDbWeight::get().writes((1_u64).saturating_mul(p.into())))
			.saturating_add(Weight::from_parts(0, 2715).saturating_mul(p.into()))
			.saturating_add(Weight::from_parts(0, 128).saturating_mul(r.into()))
	}
	fn forget(a: u32, ) -> Weight {
		Weight::from_parts(5_888_807, 1069)
			.saturating_add(Weight::from_parts(1_199_728, 0).saturating_mul(a.into()))
			.saturating_add(ParityDbWeight::get().reads((1_u64).saturating_mul(a.into())))
			.saturating_add(ParityDbWeight::get().writes(1))
			.saturating_add(ParityDbWeight::get().writes((1_u64).saturating_mul(a.into())))
			.saturating_add(Weight::from_parts(0, 2545).saturating_mul(a.into()))
	}
	fn put_off() -> Weight {
		Weight::from_parts(6_040_000, 0)
	}
	fn take_deadlines(d: u32, ) -> Weight {
		Weight::from_parts(8_351_581, 3511)
			.saturating_add(Weight::from_parts(2_582, 0).saturating_mul(d.into()))
			.saturating_add(ParityDbWeight::get().reads(1))
			.saturating_add(ParityDbWeight::get().writes(1))
			.saturating_add(Weight::from_parts(0, 9).saturating_mul(d.into()))
	}
}
