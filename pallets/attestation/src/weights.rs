//! Weights of `pallet_opg_attestation`, measured and written by `scripts/bench-weights.sh`.
//!
//! Bencher 64.0.0, 2026-11-21, 12 steps of 8 runs, on AMD EPYC.

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(missing_docs)]

use core::marker::PhantomData;
use frame_support::{
	traits::Get,
	weights::{constants::ParityDbWeight, Weight},
};

/// What every call and hook costs.
pub trait WeightInfo {
	fn commit(n: u32, ) -> Weight;
	fn clear_misses() -> Weight;
	fn reveal(n: u32, ) -> Weight;
	fn reveal_one(b: u32, ) -> Weight;
	fn decline(n: u32, ) -> Weight;
	fn authorize_commit(n: u32, ) -> Weight;
	fn authorize_reveal(n: u32, ) -> Weight;
	fn authorize_reveal_one(b: u32, ) -> Weight;
	fn authorize_decline(n: u32, ) -> Weight;
	fn change_record(s: u32, ) -> Weight;
	fn read_record(s: u32, ) -> Weight;
	fn new_answer() -> Weight;
	fn close(s: u32, ) -> Weight;
	fn punish_silence(s: u32, ) -> Weight;
	fn forget(a: u32, ) -> Weight;
	fn put_off() -> Weight;
	fn take_deadlines(d: u32, ) -> Weight;
}

/// With the database that the runtime names.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	/// Storage: `Staking::Pools` (r:1 w:0)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(187), added: 2662, mode: `Measured`)
	/// `n` from 1 to 16.
	fn commit(n: u32, ) -> Weight {
		// Least time measured: 30_255_000 ps.
		Weight::from_parts(49_466_090, 3814)
			// Standard error: 205_356.
			.saturating_add(Weight::from_parts(9_736_541, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(1))
	}
	/// Storage: `Staking::Pools` (r:1 w:1)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(187), added: 2662, mode: `Measured`)
	fn clear_misses() -> Weight {
		// Least time measured: 12_259_000 ps.
		Weight::from_parts(15_062_000, 3814)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// `n` from 1 to 16.
	fn reveal(n: u32, ) -> Weight {
		// Least time measured: 18_487_000 ps.
		Weight::from_parts(19_411_326, 0)
			// Standard error: 135_236.
			.saturating_add(Weight::from_parts(11_165_729, 0).saturating_mul(n.into()))
	}
	/// `b` from 0 to 4096.
	fn reveal_one(b: u32, ) -> Weight {
		// Least time measured: 16_595_000 ps.
		Weight::from_parts(45_659_664, 0)
			// Standard error: 260.
			.saturating_add(Weight::from_parts(2_906, 0).saturating_mul(b.into()))
	}
	/// `n` from 1 to 16.
	fn decline(n: u32, ) -> Weight {
		// Least time measured: 16_935_000 ps.
		Weight::from_parts(29_162_042, 0)
			// Standard error: 167_155.
			.saturating_add(Weight::from_parts(9_047_545, 0).saturating_mul(n.into()))
	}
	/// Storage: `Staking::HotKeys` (r:1 w:0)
	/// Proof: `Staking::HotKeys` (`max_values`: None, `max_size`: Some(117), added: 2592, mode: `Measured`)
	/// `n` from 1 to 16.
	fn authorize_commit(n: u32, ) -> Weight {
		// Least time measured: 57_876_000 ps.
		Weight::from_parts(66_463_211, 3675)
			// Standard error: 60_404.
			.saturating_add(Weight::from_parts(2_930_028, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(1))
	}
	/// Storage: `Staking::HotKeys` (r:1 w:0)
	/// Proof: `Staking::HotKeys` (`max_values`: None, `max_size`: Some(117), added: 2592, mode: `Measured`)
	/// `n` from 1 to 16.
	fn authorize_reveal(n: u32, ) -> Weight {
		// Least time measured: 59_969_000 ps.
		Weight::from_parts(62_715_989, 3675)
			// Standard error: 189_424.
			.saturating_add(Weight::from_parts(9_581_658, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(1))
	}
	/// Storage: `Staking::HotKeys` (r:1 w:0)
	/// Proof: `Staking::HotKeys` (`max_values`: None, `max_size`: Some(117), added: 2592, mode: `Measured`)
	/// `b` from 0 to 4096.
	fn authorize_reveal_one(b: u32, ) -> Weight {
		// Least time measured: 61_702_000 ps.
		Weight::from_parts(87_767_753, 3675)
			// Standard error: 419.
			.saturating_add(Weight::from_parts(5_672, 0).saturating_mul(b.into()))
			.saturating_add(T::DbWeight::get().reads(1))
	}
	/// Storage: `Staking::HotKeys` (r:1 w:0)
	/// Proof: `Staking::HotKeys` (`max_values`: None, `max_size`: Some(117), added: 2592, mode: `Measured`)
	/// `n` from 1 to 16.
	fn authorize_decline(n: u32, ) -> Weight {
		// Least time measured: 57_146_000 ps.
		Weight::from_parts(79_721_588, 3675)
			// Standard error: 120_701.
			.saturating_add(Weight::from_parts(2_711_149, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(1))
	}
	/// Storage: `Attestation::Records` (r:1 w:1)
	/// Proof: `Attestation::Records` (`max_values`: None, `max_size`: Some(9780), added: 12255, mode: `Measured`)
	/// `s` from 0 to 52.
	fn change_record(s: u32, ) -> Weight {
		// Least time measured: 8_643_000 ps.
		Weight::from_parts(11_260_432, 7762)
			// Standard error: 2_045.
			.saturating_add(Weight::from_parts(391_291, 0).saturating_mul(s.into()))
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
			.saturating_add(Weight::from_parts(0, 106).saturating_mul(s.into()))
	}
	/// Storage: `Attestation::Records` (r:1 w:0)
	/// Proof: `Attestation::Records` (`max_values`: None, `max_size`: Some(9780), added: 12255, mode: `Measured`)
	/// `s` from 0 to 52.
	fn read_record(s: u32, ) -> Weight {
		// Least time measured: 6_359_000 ps.
		Weight::from_parts(10_488_576, 7762)
			// Standard error: 642.
			.saturating_add(Weight::from_parts(70_191, 0).saturating_mul(s.into()))
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(Weight::from_parts(0, 106).saturating_mul(s.into()))
	}
	/// Storage: `Attestation::Answers` (r:0 w:1)
	/// Proof: `Attestation::Answers` (`max_values`: None, `max_size`: Some(4155), added: 6630, mode: `Measured`)
	fn new_answer() -> Weight {
		// Least time measured: 3_004_000 ps.
		Weight::from_parts(5_508_000, 0)
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// `s` from 1 to 15.
	fn close(s: u32, ) -> Weight {
		// Least time measured: 3_125_000 ps.
		Weight::from_parts(4_924_714, 0)
			// Standard error: 1_454.
			.saturating_add(Weight::from_parts(491_744, 0).saturating_mul(s.into()))
	}
	/// Storage: `Staking::Pools` (r:15 w:15)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(187), added: 2662, mode: `Measured`)
	/// `s` from 1 to 15.
	fn punish_silence(s: u32, ) -> Weight {
		// Least time measured: 110_335_000 ps.
		Weight::from_parts(121_935_498, 1150)
			// Standard error: 1_819_610.
			.saturating_add(Weight::from_parts(80_052_425, 0).saturating_mul(s.into()))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(s.into())))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(s.into())))
			.saturating_add(Weight::from_parts(0, 2662).saturating_mul(s.into()))
	}
	/// Storage: `Attestation::Answers` (r:52 w:52)
	/// Proof: `Attestation::Answers` (`max_values`: None, `max_size`: Some(4155), added: 6630, mode: `Measured`)
	/// `a` from 1 to 52.
	fn forget(a: u32, ) -> Weight {
		// Least time measured: 4_277_000 ps.
		Weight::from_parts(3_743_370, 1033)
			// Standard error: 5_188.
			.saturating_add(Weight::from_parts(1_517_119, 0).saturating_mul(a.into()))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(a.into())))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(a.into())))
			.saturating_add(Weight::from_parts(0, 2545).saturating_mul(a.into()))
	}
	fn put_off() -> Weight {
		// Least time measured: 4_567_000 ps.
		Weight::from_parts(7_421_000, 0)
	}
	/// Storage: `Attestation::Deadlines` (r:1 w:1)
	/// Proof: `Attestation::Deadlines` (`max_values`: None, `max_size`: Some(9231), added: 11706, mode: `Measured`)
	/// `d` from 0 to 1024.
	fn take_deadlines(d: u32, ) -> Weight {
		// Least time measured: 5_418_000 ps.
		Weight::from_parts(7_057_588, 3511)
			// Standard error: 38.
			.saturating_add(Weight::from_parts(3_859, 0).saturating_mul(d.into()))
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
			.saturating_add(Weight::from_parts(0, 9).saturating_mul(d.into()))
	}
}

impl WeightInfo for () {
	fn commit(n: u32, ) -> Weight {
		Weight::from_parts(49_466_090, 3814)
			.saturating_add(Weight::from_parts(9_736_541, 0).saturating_mul(n.into()))
			.saturating_add(ParityDbWeight::get().reads(1))
	}
	fn clear_misses() -> Weight {
		Weight::from_parts(15_062_000, 3814)
			.saturating_add(ParityDbWeight::get().reads(1))
			.saturating_add(ParityDbWeight::get().writes(1))
	}
	fn reveal(n: u32, ) -> Weight {
		Weight::from_parts(19_411_326, 0)
			.saturating_add(Weight::from_parts(11_165_729, 0).saturating_mul(n.into()))
	}
	fn reveal_one(b: u32, ) -> Weight {
		Weight::from_parts(45_659_664, 0)
			.saturating_add(Weight::from_parts(2_906, 0).saturating_mul(b.into()))
	}
	fn decline(n: u32, ) -> Weight {
		Weight::from_parts(29_162_042, 0)
			.saturating_add(Weight::from_parts(9_047_545, 0).saturating_mul(n.into()))
	}
	fn authorize_commit(n: u32, ) -> Weight {
		Weight::from_parts(66_463_211, 3675)
			.saturating_add(Weight::from_parts(2_930_028, 0).saturating_mul(n.into()))
			.saturating_add(ParityDbWeight::get().reads(1))
	}
	fn authorize_reveal(n: u32, ) -> Weight {
		Weight::from_parts(62_715_989, 3675)
			.saturating_add(Weight::from_parts(9_581_658, 0).saturating_mul(n.into()))
			.saturating_add(ParityDbWeight::get().reads(1))
	}
	fn authorize_reveal_one(b: u32, ) -> Weight {
		Weight::from_parts(87_767_753, 3675)
			.saturating_add(Weight::from_parts(5_672, 0).saturating_mul(b.into()))
			.saturating_add(ParityDbWeight::get().reads(1))
	}
	fn authorize_decline(n: u32, ) -> Weight {
		Weight::from_parts(79_721_588, 3675)
			.saturating_add(Weight::from_parts(2_711_149, 0).saturating_mul(n.into()))
			.saturating_add(ParityDbWeight::get().reads(1))
	}
	fn change_record(s: u32, ) -> Weight {
		Weight::from_parts(11_260_432, 7762)
			.saturating_add(Weight::from_parts(391_291, 0).saturating_mul(s.into()))
			.saturating_add(ParityDbWeight::get().reads(1))
			.saturating_add(ParityDbWeight::get().writes(1))
			.saturating_add(Weight::from_parts(0, 106).saturating_mul(s.into()))
	}
	fn read_record(s: u32, ) -> Weight {
		Weight::from_parts(10_488_576, 7762)
			.saturating_add(Weight::from_parts(70_191, 0).saturating_mul(s.into()))
			.saturating_add(ParityDbWeight::get().reads(1))
			.saturating_add(Weight::from_parts(0, 106).saturating_mul(s.into()))
	}
	fn new_answer() -> Weight {
		Weight::from_parts(5_508_000, 0)
			.saturating_add(ParityDbWeight::get().writes(1))
	}
	fn close(s: u32, ) -> Weight {
		Weight::from_parts(4_924_714, 0)
			.saturating_add(Weight::from_parts(491_744, 0).saturating_mul(s.into()))
	}
	fn punish_silence(s: u32, ) -> Weight {
		Weight::from_parts(121_935_498, 1150)
			.saturating_add(Weight::from_parts(80_052_425, 0).saturating_mul(s.into()))
			.saturating_add(ParityDbWeight::get().reads((1_u64).saturating_mul(s.into())))
			.saturating_add(ParityDbWeight::get().writes((1_u64).saturating_mul(s.into())))
			.saturating_add(Weight::from_parts(0, 2662).saturating_mul(s.into()))
	}
	fn forget(a: u32, ) -> Weight {
		Weight::from_parts(3_743_370, 1033)
			.saturating_add(Weight::from_parts(1_517_119, 0).saturating_mul(a.into()))
			.saturating_add(ParityDbWeight::get().reads((1_u64).saturating_mul(a.into())))
			.saturating_add(ParityDbWeight::get().writes((1_u64).saturating_mul(a.into())))
			.saturating_add(Weight::from_parts(0, 2545).saturating_mul(a.into()))
	}
	fn put_off() -> Weight {
		Weight::from_parts(7_421_000, 0)
	}
	fn take_deadlines(d: u32, ) -> Weight {
		Weight::from_parts(7_057_588, 3511)
			.saturating_add(Weight::from_parts(3_859, 0).saturating_mul(d.into()))
			.saturating_add(ParityDbWeight::get().reads(1))
			.saturating_add(ParityDbWeight::get().writes(1))
			.saturating_add(Weight::from_parts(0, 9).saturating_mul(d.into()))
	}
}
