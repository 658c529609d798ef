//! Weights of `pallet_opg_models`, measured and written by `scripts/bench-weights.sh`.
//!
//! Bencher 64.0.0, 2026-11-26, 20 steps of 10 runs, on AMD EPYC.

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
	fn set_maxima() -> Weight;
	fn describe() -> Weight;
	fn set_channel() -> Weight;
	fn deprecate() -> Weight;
	fn undeprecate() -> Weight;
	fn offer_transfer() -> Weight;
	fn accept_transfer(n: u32) -> Weight;
	fn remove_name() -> Weight;
	fn announce() -> Weight;
	fn remove_announcement() -> Weight;
	fn allow_serving() -> Weight;
	fn declare_serving() -> Weight;
	fn authorize_declare_serving() -> Weight;
}

/// Measured weights, with the database weights of the runtime.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	/// Not measured yet: the reads and writes of the code, and twice the time of calls alike.
	fn register() -> Weight {
		Weight::from_parts(400_000_000, 40_000)
			.saturating_add(T::DbWeight::get().reads(11))
			.saturating_add(T::DbWeight::get().writes(11))
	}
	/// Storage: `Models::Models` (r:1 w:1)
	/// Proof: `Models::Models` (`max_values`: None, `max_size`: Some(1431), added: 3906, mode: `Measured`)
	/// Storage: `Models::ServingExecutors` (r:1 w:1)
	/// Proof: `Models::ServingExecutors` (`max_values`: None, `max_size`: Some(83982), added: 86457, mode: `Measured`)
	/// Storage: `System::Account` (r:8 w:8)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:9 w:9)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(193), added: 2668, mode: `Measured`)
	/// Storage: `Court::Holders` (r:1 w:0)
	/// Proof: `Court::Holders` (`max_values`: None, `max_size`: Some(3214), added: 5689, mode: `Measured`)
	fn deregister() -> Weight {
		// Least time measured: 362_080_000 ps.
		// Measured before named models, whose part is added.
		Weight::from_parts(376_711_000, 26607)
			.saturating_add(Weight::from_parts(300_000_000, 40_000))
			.saturating_add(T::DbWeight::get().reads(20 + 3))
			.saturating_add(T::DbWeight::get().writes(19 + 4))
	}
	/// Storage: `Models::Models` (r:1 w:0)
	/// Proof: `Models::Models` (`max_values`: None, `max_size`: Some(1431), added: 3906, mode: `Measured`)
	/// Storage: `Staking::Pools` (r:1 w:0)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(170), added: 2645, mode: `Measured`)
	/// Storage: `Staking::HotKeys` (r:1 w:0)
	/// Proof: `Staking::HotKeys` (`max_values`: None, `max_size`: Some(117), added: 2592, mode: `Measured`)
	/// Storage: `Models::ServingExecutors` (r:1 w:1)
	/// Proof: `Models::ServingExecutors` (`max_values`: None, `max_size`: Some(83982), added: 86457, mode: `Measured`)
	/// Storage: `System::Account` (r:8 w:8)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:9 w:9)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(193), added: 2668, mode: `Measured`)
	/// Storage: `Staking::Snapshots` (r:1 w:0)
	/// Proof: `Staking::Snapshots` (`max_values`: None, `max_size`: Some(49166), added: 51641, mode: `Measured`)
	fn serve() -> Weight {
		// Least time measured: 721_505_000 ps.
		Weight::from_parts(818_639_000, 155699)
			.saturating_add(T::DbWeight::get().reads(22))
			.saturating_add(T::DbWeight::get().writes(18))
	}
	/// Storage: `Models::ServingExecutors` (r:1 w:1)
	/// Proof: `Models::ServingExecutors` (`max_values`: None, `max_size`: Some(83982), added: 86457, mode: `Measured`)
	/// Storage: `System::Account` (r:8 w:8)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:8 w:8)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(193), added: 2668, mode: `Measured`)
	fn stop_serving() -> Weight {
		// Least time measured: 559_103_000 ps.
		Weight::from_parts(645_171_000, 102170)
			.saturating_add(T::DbWeight::get().reads(17))
			.saturating_add(T::DbWeight::get().writes(17))
	}
	/// Storage: `Staking::Pools` (r:1 w:0)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(170), added: 2645, mode: `Measured`)
	/// Storage: `Models::ServingExecutors` (r:1 w:1)
	/// Proof: `Models::ServingExecutors` (`max_values`: None, `max_size`: Some(83982), added: 86457, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(193), added: 2668, mode: `Measured`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	fn remove_executor() -> Weight {
		// Least time measured: 193_128_000 ps.
		Weight::from_parts(229_802_000, 83948)
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().writes(3))
	}
	/// Storage: `Models::Engines` (r:1 w:1)
	/// Proof: `Models::Engines` (`max_values`: None, `max_size`: Some(41), added: 2516, mode: `Measured`)
	/// Storage: `Models::CounterForEngines` (r:1 w:1)
	/// Proof: `Models::CounterForEngines` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `Measured`)
	fn admit_engine() -> Weight {
		// Least time measured: 15_543_000 ps.
		Weight::from_parts(17_646_000, 3553)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(2))
	}
	/// Storage: `Models::Engines` (r:1 w:1)
	/// Proof: `Models::Engines` (`max_values`: None, `max_size`: Some(41), added: 2516, mode: `Measured`)
	fn retire_engine() -> Weight {
		// Least time measured: 12_669_000 ps.
		Weight::from_parts(13_881_000, 3591)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `Models::VersionMaxima` (r:0 w:1)
	/// Proof: `Models::VersionMaxima` (`max_values`: Some(1), `max_size`: Some(24), added: 519, mode: `Measured`)
	fn set_maxima() -> Weight {
		// Least time measured: 5_097_000 ps.
		Weight::from_parts(7_251_000, 0)
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Not measured yet: the reads and writes of the code, and twice the time of calls alike.
	fn describe() -> Weight {
		Weight::from_parts(300_000_000, 10_000)
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().writes(19))
	}
	/// Not measured yet: the reads and writes of the code, and twice the time of calls alike.
	fn set_channel() -> Weight {
		Weight::from_parts(150_000_000, 10_000)
			.saturating_add(T::DbWeight::get().reads(5))
			.saturating_add(T::DbWeight::get().writes(2))
	}
	/// Not measured yet: the reads and writes of the code, and twice the time of calls alike.
	fn deprecate() -> Weight {
		Weight::from_parts(350_000_000, 40_000)
			.saturating_add(T::DbWeight::get().reads(5))
			.saturating_add(T::DbWeight::get().writes(4))
	}
	/// Not measured yet: the reads and writes of the code, and twice the time of calls alike.
	fn undeprecate() -> Weight {
		Weight::from_parts(350_000_000, 40_000)
			.saturating_add(T::DbWeight::get().reads(5))
			.saturating_add(T::DbWeight::get().writes(4))
	}
	/// Not measured yet: the reads and writes of the code, and twice the time of calls alike.
	fn offer_transfer() -> Weight {
		Weight::from_parts(150_000_000, 10_000)
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().writes(2))
	}
	/// Not measured yet: the reads and writes of the code, and twice the time of calls alike.
	fn accept_transfer(n: u32) -> Weight {
		Weight::from_parts(350_000_000, 45_000)
			.saturating_add(Weight::from_parts(40_000_000, 4_500).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(8))
			.saturating_add(T::DbWeight::get().reads(u64::from(n)))
			.saturating_add(T::DbWeight::get().writes(7))
			.saturating_add(T::DbWeight::get().writes(u64::from(n)))
	}
	/// Not measured yet: the reads and writes of the code, and twice the time of calls alike.
	fn remove_name() -> Weight {
		Weight::from_parts(300_000_000, 40_000)
			.saturating_add(T::DbWeight::get().reads(5))
			.saturating_add(T::DbWeight::get().writes(14))
	}
	/// Not measured yet: the reads and writes of the code, and twice the time of calls alike.
	fn announce() -> Weight {
		Weight::from_parts(1_000_000_000, 10_000)
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().writes(3))
	}
	/// Not measured yet: the reads and writes of the code, and twice the time of calls alike.
	fn remove_announcement() -> Weight {
		Weight::from_parts(150_000_000, 10_000)
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().writes(3))
	}
	/// Not measured yet: the reads and writes of the code, and the time of calls alike.
	fn allow_serving() -> Weight {
		Weight::from_parts(20_000_000, 3635)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Not measured yet: `serve`, and the allowance.
	fn declare_serving() -> Weight {
		Self::serve()
			.saturating_add(Weight::from_parts(10_000_000, 3541))
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Not measured yet: a trial of `declare_serving`, and a signature.
	fn authorize_declare_serving() -> Weight {
		Self::declare_serving()
			.saturating_add(Weight::from_parts(70_000_000, 0))
			.saturating_add(T::DbWeight::get().reads(3))
	}
}
