//! Weights of `pallet_opg_models`, measured and written by `scripts/bench-weights.sh`.
//!
//! Bencher 64.0.0, 2026-11-21, 20 steps of 10 runs, on AMD EPYC.

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(missing_docs)]

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// Weights of the calls and hooks.
pub trait WeightInfo {
	fn register() -> Weight;
	fn deregister() -> Weight;
	fn serve() -> Weight;
	fn stop_serving() -> Weight;
	fn remove_executor() -> Weight;
	fn admit_engine() -> Weight;
	fn retire_engine() -> Weight;
}

/// Measured weights, with the database weights of the runtime.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	/// Storage: `Models::Engines` (r:1 w:0)
	/// Proof: `Models::Engines` (`max_values`: None, `max_size`: Some(41), added: 2516, mode: `Measured`)
	/// Storage: `Models::NextModelId` (r:1 w:1)
	/// Proof: `Models::NextModelId` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `Measured`)
	/// Storage: `Models::Models` (r:0 w:1)
	/// Proof: `Models::Models` (`max_values`: None, `max_size`: Some(1419), added: 3894, mode: `Measured`)
	fn register() -> Weight {
		// Least time measured: 71_126_000 ps.
		Weight::from_parts(79_489_000, 3680)
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().writes(3))
	}
	/// Not measured yet: an estimate.
	fn deregister() -> Weight {
		Weight::from_parts(640_000_000, 32000)
			.saturating_add(T::DbWeight::get().reads(11))
			.saturating_add(T::DbWeight::get().writes(10))
	}
	/// Not measured yet: an estimate.
	fn serve() -> Weight {
		Weight::from_parts(1_300_000_000, 240000)
			.saturating_add(T::DbWeight::get().reads(15))
			.saturating_add(T::DbWeight::get().writes(10))
	}
	/// Not measured yet: an estimate.
	fn stop_serving() -> Weight {
		Weight::from_parts(800_000_000, 130000)
			.saturating_add(T::DbWeight::get().reads(11))
			.saturating_add(T::DbWeight::get().writes(10))
	}
	/// Not measured yet: an estimate.
	fn remove_executor() -> Weight {
		Weight::from_parts(260_000_000, 90000)
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().writes(4))
	}
	/// Storage: `Models::Engines` (r:1 w:1)
	/// Proof: `Models::Engines` (`max_values`: None, `max_size`: Some(41), added: 2516, mode: `Measured`)
	/// Storage: `Models::CounterForEngines` (r:1 w:1)
	/// Proof: `Models::CounterForEngines` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `Measured`)
	fn admit_engine() -> Weight {
		// Least time measured: 14_302_000 ps.
		Weight::from_parts(16_044_000, 3468)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(2))
	}
	/// Storage: `Models::Engines` (r:1 w:1)
	/// Proof: `Models::Engines` (`max_values`: None, `max_size`: Some(41), added: 2516, mode: `Measured`)
	fn retire_engine() -> Weight {
		// Least time measured: 12_128_000 ps.
		Weight::from_parts(13_610_000, 3553)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
}
