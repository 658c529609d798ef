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
	fn commit(n: u32, ) -> Weight;
	fn clear_misses() -> Weight;
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
	/// Storage: `Staking::Pools` (r:1 w:0)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(187), added: 2662, mode: `Measured`)
	/// `n` from 1 to 16.
	fn commit(n: u32, ) -> Weight {
		// Least time measured: 29_955_000 ps.
		Weight::from_parts(24_725_079, 3814)
			// Standard error: 37_493.
			.saturating_add(Weight::from_parts(10_824_049, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(1))
	}
	/// Storage: `Staking::Pools` (r:1 w:1)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(187), added: 2662, mode: `Measured`)
	fn clear_misses() -> Weight {
		// Least time measured: 14_632_000 ps.
		Weight::from_parts(15_844_000, 3814)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `Attestation::Answers` (r:16 w:0)
	/// Proof: `Attestation::Answers` (`max_values`: None, `max_size`: Some(4155), added: 6630, mode: `Measured`)
	/// `n` from 1 to 16.
	fn reveal(n: u32, ) -> Weight {
		// Least time measured: 32_668_000 ps.
		Weight::from_parts(12_501_221, 974)
			// Standard error: 39_351.
			.saturating_add(Weight::from_parts(24_141_061, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(n.into())))
			.saturating_add(Weight::from_parts(0, 2561).saturating_mul(n.into()))
	}
	/// `n` from 1 to 16.
	fn decline(n: u32, ) -> Weight {
		// Least time measured: 15_413_000 ps.
		Weight::from_parts(10_439_811, 0)
			// Standard error: 10_786.
			.saturating_add(Weight::from_parts(9_153_191, 0).saturating_mul(n.into()))
	}
	/// Storage: `Staking::HotKeys` (r:1 w:0)
	/// Proof: `Staking::HotKeys` (`max_values`: None, `max_size`: Some(117), added: 2592, mode: `Measured`)
	/// `n` from 1 to 16.
	fn authorize_commit(n: u32, ) -> Weight {
		// Least time measured: 53_030_000 ps.
		Weight::from_parts(53_499_579, 3675)
			// Standard error: 9_427.
			.saturating_add(Weight::from_parts(3_320_450, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(1))
	}
	/// Storage: `Staking::HotKeys` (r:1 w:0)
	/// Proof: `Staking::HotKeys` (`max_values`: None, `max_size`: Some(117), added: 2592, mode: `Measured`)
	/// `n` from 1 to 16.
	fn authorize_reveal(n: u32, ) -> Weight {
		// Least time measured: 70_996_000 ps.
		Weight::from_parts(44_735_428, 3675)
			// Standard error: 56_620.
			.saturating_add(Weight::from_parts(24_083_592, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(1))
	}
	/// Storage: `Staking::HotKeys` (r:1 w:0)
	/// Proof: `Staking::HotKeys` (`max_values`: None, `max_size`: Some(117), added: 2592, mode: `Measured`)
	/// `n` from 1 to 16.
	fn authorize_decline(n: u32, ) -> Weight {
		// Least time measured: 55_112_000 ps.
		Weight::from_parts(56_053_338, 3675)
			// Standard error: 9_334.
			.saturating_add(Weight::from_parts(3_083_875, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(1))
	}
	/// Storage: `Attestation::Records` (r:1 w:1)
	/// Proof: `Attestation::Records` (`max_values`: None, `max_size`: Some(5640), added: 8115, mode: `Measured`)
	/// `s` from 0 to 52.
	fn change_record(s: u32, ) -> Weight {
		// Least time measured: 8_272_000 ps.
		Weight::from_parts(8_687_794, 3622)
			// Standard error: 141.
			.saturating_add(Weight::from_parts(523_764, 0).saturating_mul(s.into()))
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
			.saturating_add(Weight::from_parts(0, 106).saturating_mul(s.into()))
	}
	/// Storage: `Attestation::Records` (r:1 w:0)
	/// Proof: `Attestation::Records` (`max_values`: None, `max_size`: Some(5640), added: 8115, mode: `Measured`)
	/// `s` from 0 to 52.
	fn read_record(s: u32, ) -> Weight {
		// Least time measured: 6_099_000 ps.
		Weight::from_parts(6_605_837, 3622)
			// Standard error: 69.
			.saturating_add(Weight::from_parts(44_317, 0).saturating_mul(s.into()))
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(Weight::from_parts(0, 106).saturating_mul(s.into()))
	}
	/// Storage: `Attestation::Answers` (r:0 w:1)
	/// Proof: `Attestation::Answers` (`max_values`: None, `max_size`: Some(4155), added: 6630, mode: `Measured`)
	fn new_answer() -> Weight {
		// Least time measured: 3_765_000 ps.
		Weight::from_parts(4_106_000, 0)
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `Staking::Pools` (r:15 w:15)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(187), added: 2662, mode: `Measured`)
	/// Storage: `Attestation::Answers` (r:1 w:0)
	/// Proof: `Attestation::Answers` (`max_values`: None, `max_size`: Some(4155), added: 6630, mode: `Measured`)
	/// `r` from 0 to 15.
	/// `p` from 0 to 15.
	fn close(r: u32, p: u32, ) -> Weight {
		// Least time measured: 26_579_000 ps.
		Weight::from_parts(40_326_757, 7471)
			// Standard error: 782_834.
			.saturating_add(Weight::from_parts(972_042, 0).saturating_mul(r.into()))
			// Standard error: 782_834.
			.saturating_add(Weight::from_parts(85_799_733, 0).saturating_mul(p.into()))
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(p.into())))
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
		// Least time measured: 6_650_000 ps.
		Weight::from_parts(6_100_941, 1069)
			// Standard error: 1_415.
			.saturating_add(Weight::from_parts(1_284_789, 0).saturating_mul(a.into()))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(a.into())))
			.saturating_add(T::DbWeight::get().writes(1))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(a.into())))
			.saturating_add(Weight::from_parts(0, 2545).saturating_mul(a.into()))
	}
	fn put_off() -> Weight {
		// Least time measured: 5_899_000 ps.
		Weight::from_parts(6_519_000, 0)
	}
	/// Storage: `Attestation::Deadlines` (r:1 w:1)
	/// Proof: `Attestation::Deadlines` (`max_values`: None, `max_size`: Some(9231), added: 11706, mode: `Measured`)
	/// `d` from 0 to 1024.
	fn take_deadlines(d: u32, ) -> Weight {
		// Least time measured: 6_289_000 ps.
		Weight::from_parts(7_068_967, 3511)
			// Standard error: 3.
			.saturating_add(Weight::from_parts(2_679, 0).saturating_mul(d.into()))
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
			.saturating_add(Weight::from_parts(0, 9).saturating_mul(d.into()))
	}
}

impl WeightInfo for () {
	fn commit(n: u32, ) -> Weight {
		Weight::from_parts(24_725_079, 3814)
			.saturating_add(Weight::from_parts(10_824_049, 0).saturating_mul(n.into()))
			.saturating_add(ParityDbWeight::get().reads(1))
	}
	fn clear_misses() -> Weight {
		Weight::from_parts(15_844_000, 3814)
			.saturating_add(ParityDbWeight::get().reads(1))
			.saturating_add(ParityDbWeight::get().writes(1))
	}
	fn reveal(n: u32, ) -> Weight {
		Weight::from_parts(12_501_221, 974)
			.saturating_add(Weight::from_parts(24_141_061, 0).saturating_mul(n.into()))
			.saturating_add(ParityDbWeight::get().reads((1_u64).saturating_mul(n.into())))
			.saturating_add(Weight::from_parts(0, 2561).saturating_mul(n.into()))
	}
	fn decline(n: u32, ) -> Weight {
		Weight::from_parts(10_439_811, 0)
			.saturating_add(Weight::from_parts(9_153_191, 0).saturating_mul(n.into()))
	}
	fn authorize_commit(n: u32, ) -> Weight {
		Weight::from_parts(53_499_579, 3675)
			.saturating_add(Weight::from_parts(3_320_450, 0).saturating_mul(n.into()))
			.saturating_add(ParityDbWeight::get().reads(1))
	}
	fn authorize_reveal(n: u32, ) -> Weight {
		Weight::from_parts(44_735_428, 3675)
			.saturating_add(Weight::from_parts(24_083_592, 0).saturating_mul(n.into()))
			.saturating_add(ParityDbWeight::get().reads(1))
	}
	fn authorize_decline(n: u32, ) -> Weight {
		Weight::from_parts(56_053_338, 3675)
			.saturating_add(Weight::from_parts(3_083_875, 0).saturating_mul(n.into()))
			.saturating_add(ParityDbWeight::get().reads(1))
	}
	fn change_record(s: u32, ) -> Weight {
		Weight::from_parts(8_687_794, 3622)
			.saturating_add(Weight::from_parts(523_764, 0).saturating_mul(s.into()))
			.saturating_add(ParityDbWeight::get().reads(1))
			.saturating_add(ParityDbWeight::get().writes(1))
			.saturating_add(Weight::from_parts(0, 106).saturating_mul(s.into()))
	}
	fn read_record(s: u32, ) -> Weight {
		Weight::from_parts(6_605_837, 3622)
			.saturating_add(Weight::from_parts(44_317, 0).saturating_mul(s.into()))
			.saturating_add(ParityDbWeight::get().reads(1))
			.saturating_add(Weight::from_parts(0, 106).saturating_mul(s.into()))
	}
	fn new_answer() -> Weight {
		Weight::from_parts(4_106_000, 0)
			.saturating_add(ParityDbWeight::get().writes(1))
	}
	fn close(r: u32, p: u32, ) -> Weight {
		Weight::from_parts(40_326_757, 7471)
			.saturating_add(Weight::from_parts(972_042, 0).saturating_mul(r.into()))
			.saturating_add(Weight::from_parts(85_799_733, 0).saturating_mul(p.into()))
			.saturating_add(ParityDbWeight::get().reads(1))
			.saturating_add(ParityDbWeight::get().reads((1_u64).saturating_mul(p.into())))
			.saturating_add(ParityDbWeight::get().writes((1_u64).saturating_mul(p.into())))
			.saturating_add(Weight::from_parts(0, 2715).saturating_mul(p.into()))
			.saturating_add(Weight::from_parts(0, 128).saturating_mul(r.into()))
	}
	fn forget(a: u32, ) -> Weight {
		Weight::from_parts(6_100_941, 1069)
			.saturating_add(Weight::from_parts(1_284_789, 0).saturating_mul(a.into()))
			.saturating_add(ParityDbWeight::get().reads((1_u64).saturating_mul(a.into())))
			.saturating_add(ParityDbWeight::get().writes(1))
			.saturating_add(ParityDbWeight::get().writes((1_u64).saturating_mul(a.into())))
			.saturating_add(Weight::from_parts(0, 2545).saturating_mul(a.into()))
	}
	fn put_off() -> Weight {
		Weight::from_parts(6_519_000, 0)
	}
	fn take_deadlines(d: u32, ) -> Weight {
		Weight::from_parts(7_068_967, 3511)
			.saturating_add(Weight::from_parts(2_679, 0).saturating_mul(d.into()))
			.saturating_add(ParityDbWeight::get().reads(1))
			.saturating_add(ParityDbWeight::get().writes(1))
			.saturating_add(Weight::from_parts(0, 9).saturating_mul(d.into()))
	}
}
