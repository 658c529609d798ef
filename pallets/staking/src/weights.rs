//! Weights of `pallet_opg_staking`, measured and written by `scripts/bench-weights.sh`.
//!
//! Bencher 64.0.0, 2026-11-21, 20 steps of 10 runs, on AMD EPYC.

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(missing_docs)]

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// Weights of the calls and hooks.
pub trait WeightInfo {
	fn bond() -> Weight;
	fn displace() -> Weight;
	fn delegate() -> Weight;
	fn undelegate() -> Weight;
	fn withdraw() -> Weight;
	fn leave() -> Weight;
	fn force_undelegate() -> Weight;
	fn reap() -> Weight;
	fn set_commission() -> Weight;
	fn pause() -> Weight;
	fn resume() -> Weight;
	fn set_hot_key() -> Weight;
	fn set_validator_count() -> Weight;
	fn cancel_conviction() -> Weight;
	fn set_slots() -> Weight;
	fn plan_session(p: u32, ) -> Weight;
	fn elect(p: u32, ) -> Weight;
	fn start_session() -> Weight;
	fn reward_author() -> Weight;
	fn slash_validator() -> Weight;
	fn fine() -> Weight;
	fn convict() -> Weight;
	fn execute_conviction() -> Weight;
	fn reward() -> Weight;
	fn charge() -> Weight;
}

/// Measured weights, with the database weights of the runtime.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	/// Not measured yet: an estimate.
	fn bond() -> Weight {
		Weight::from_parts(170_000_000, 37000)
			.saturating_add(T::DbWeight::get().reads(5))
			.saturating_add(T::DbWeight::get().writes(5))
	}
	/// Not measured yet: an estimate.
	fn displace() -> Weight {
		Weight::from_parts(6_200_000_000, 2800000)
			.saturating_add(T::DbWeight::get().reads(1025))
			.saturating_add(T::DbWeight::get().writes(3))
	}
	/// Storage: `Staking::Pools` (r:1 w:1)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(187), added: 2662, mode: `Measured`)
	/// Storage: `Staking::Delegations` (r:1 w:1)
	/// Proof: `Staking::Delegations` (`max_values`: None, `max_size`: Some(2162), added: 4637, mode: `Measured`)
	/// Storage: `Staking::Holdings` (r:1 w:1)
	/// Proof: `Staking::Holdings` (`max_values`: None, `max_size`: Some(121), added: 2596, mode: `Measured`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	fn delegate() -> Weight {
		// Least time measured: 103_054_000 ps.
		Weight::from_parts(116_645_000, 7276)
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().writes(4))
	}
	/// Not measured yet: an estimate.
	fn undelegate() -> Weight {
		Weight::from_parts(95_000_000, 12000)
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().writes(6))
	}
	/// Not measured yet: an estimate.
	fn withdraw() -> Weight {
		Weight::from_parts(330_000_000, 24000)
			.saturating_add(T::DbWeight::get().reads(13))
			.saturating_add(T::DbWeight::get().writes(15))
	}
	/// Not measured yet: an estimate.
	fn leave() -> Weight {
		Weight::from_parts(240_000_000, 92000)
			.saturating_add(T::DbWeight::get().reads(5))
			.saturating_add(T::DbWeight::get().writes(7))
	}
	/// Not measured yet: an estimate.
	fn force_undelegate() -> Weight {
		Weight::from_parts(95_000_000, 12000)
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().writes(6))
	}
	/// Not measured yet: an estimate.
	fn reap() -> Weight {
		Weight::from_parts(140_000_000, 56000)
			.saturating_add(T::DbWeight::get().reads(21))
			.saturating_add(T::DbWeight::get().writes(3))
	}
	/// Storage: `Staking::Pools` (r:1 w:1)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(187), added: 2662, mode: `Measured`)
	fn set_commission() -> Weight {
		// Least time measured: 16_485_000 ps.
		Weight::from_parts(18_537_000, 3810)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `Staking::Pools` (r:1 w:1)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(187), added: 2662, mode: `Measured`)
	fn pause() -> Weight {
		// Least time measured: 50_506_000 ps.
		Weight::from_parts(60_190_000, 3810)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `Staking::Pools` (r:1 w:1)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(187), added: 2662, mode: `Measured`)
	fn resume() -> Weight {
		// Least time measured: 28_542_000 ps.
		Weight::from_parts(31_307_000, 3809)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `Staking::Pools` (r:1 w:0)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(187), added: 2662, mode: `Measured`)
	/// Storage: `Staking::KeyOwners` (r:1 w:2)
	/// Proof: `Staking::KeyOwners` (`max_values`: None, `max_size`: Some(80), added: 2555, mode: `Measured`)
	/// Storage: `Staking::HotKeys` (r:1 w:1)
	/// Proof: `Staking::HotKeys` (`max_values`: None, `max_size`: Some(117), added: 2592, mode: `Measured`)
	fn set_hot_key() -> Weight {
		// Least time measured: 73_309_000 ps.
		Weight::from_parts(88_182_000, 4102)
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().writes(3))
	}
	/// Storage: `Staking::ValidatorCount` (r:0 w:1)
	/// Proof: `Staking::ValidatorCount` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `Measured`)
	fn set_validator_count() -> Weight {
		// Least time measured: 5_198_000 ps.
		Weight::from_parts(5_799_000, 0)
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Not measured yet: an estimate.
	fn cancel_conviction() -> Weight {
		Weight::from_parts(160_000_000, 12000)
			.saturating_add(T::DbWeight::get().reads(5))
			.saturating_add(T::DbWeight::get().writes(5))
	}
	/// Not measured yet: an estimate.
	fn set_slots() -> Weight {
		Weight::from_parts(120_000_000, 44000)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Not measured yet in this form: an estimate.
	/// Storage: `Staking::Pools` (r:1028 w:0)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(187), added: 2662, mode: `Measured`)
	/// Storage: `Staking::HotKeys` (r:1027 w:0)
	/// Proof: `Staking::HotKeys` (`max_values`: None, `max_size`: Some(117), added: 2592, mode: `Measured`)
	/// Storage: `Staking::Snapshots` (r:0 w:1)
	/// Proof: `Staking::Snapshots` (`max_values`: None, `max_size`: Some(49182), added: 51657, mode: `Measured`)
	/// `p` from 1 to 1024.
	fn plan_session(p: u32, ) -> Weight {
		// Least time measured: 45_758_000 ps.
		Weight::from_parts(350_000_000, 200_000)
			// Standard error: 32_504.
			.saturating_add(Weight::from_parts(11_768_485, 0).saturating_mul(p.into()))
			.saturating_add(T::DbWeight::get().reads(12))
			.saturating_add(T::DbWeight::get().reads((2_u64).saturating_mul(p.into())))
			.saturating_add(T::DbWeight::get().writes(2))
			.saturating_add(Weight::from_parts(0, 2747).saturating_mul(p.into()))
	}
	/// Not measured yet in this form: an estimate.
	/// Storage: `Staking::Pools` (r:1026 w:0)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(187), added: 2662, mode: `Measured`)
	/// Storage: `Session::NextKeys` (r:1025 w:0)
	/// Proof: `Session::NextKeys` (`max_values`: None, `max_size`: None, mode: `Measured`)
	/// Storage: `Staking::ValidatorCount` (r:1 w:0)
	/// Proof: `Staking::ValidatorCount` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `Measured`)
	/// `p` from 1 to 1024.
	fn elect(p: u32, ) -> Weight {
		// Least time measured: 29_644_000 ps.
		Weight::from_parts(60_000_000, 40_000)
			// Standard error: 32_330.
			.saturating_add(Weight::from_parts(8_817_116, 0).saturating_mul(p.into()))
			.saturating_add(T::DbWeight::get().reads(5))
			.saturating_add(T::DbWeight::get().reads((2_u64).saturating_mul(p.into())))
			.saturating_add(Weight::from_parts(0, 2662).saturating_mul(p.into()))
	}
	/// Not measured yet: an estimate.
	fn start_session() -> Weight {
		Weight::from_parts(10_000_000, 0)
			.saturating_add(T::DbWeight::get().writes(2))
	}
	/// Storage: `Staking::Pools` (r:1 w:1)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(187), added: 2662, mode: `Measured`)
	fn reward_author() -> Weight {
		// Least time measured: 39_369_000 ps.
		Weight::from_parts(42_443_000, 3743)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Not measured yet: an estimate.
	fn slash_validator() -> Weight {
		Weight::from_parts(75_000_000, 10000)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(2))
	}
	/// Not measured yet: an estimate.
	fn fine() -> Weight {
		Weight::from_parts(85_000_000, 10000)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(2))
	}
	/// Not measured yet: an estimate.
	fn convict() -> Weight {
		Weight::from_parts(260_000_000, 16000)
			.saturating_add(T::DbWeight::get().reads(5))
			.saturating_add(T::DbWeight::get().writes(5))
	}
	/// Not measured yet: an estimate.
	fn execute_conviction() -> Weight {
		Weight::from_parts(1_100_000_000, 60000)
			.saturating_add(T::DbWeight::get().reads(26))
			.saturating_add(T::DbWeight::get().writes(26))
	}
	/// Storage: `Staking::Pools` (r:1 w:1)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(187), added: 2662, mode: `Measured`)
	fn reward() -> Weight {
		// Least time measured: 32_518_000 ps.
		Weight::from_parts(35_423_000, 3810)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Not measured yet: an estimate. Pool, own stake on its way out and its vaults, the pallet's
	/// account and the list of suspended executors.
	fn charge() -> Weight {
		Weight::from_parts(120_000_000, 20000)
			.saturating_add(T::DbWeight::get().reads(5))
			.saturating_add(T::DbWeight::get().writes(5))
	}
}
