//! Weights of `pallet_opg_staking`, measured and written by `scripts/bench-weights.sh`.
//!
//! Bencher 64.0.0, 2026-11-26, 50 steps of 20 runs, on AMD EPYC.

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
	fn redelegate() -> Weight;
	fn settle() -> Weight;
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
	/// Storage: `Staking::Pools` (r:1 w:1)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(170), added: 2645, mode: `Measured`)
	/// Storage: `Staking::Operators` (r:1 w:1)
	/// Proof: `Staking::Operators` (`max_values`: None, `max_size`: Some(32779), added: 35254, mode: `Measured`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(211), added: 2686, mode: `Measured`)
	/// Storage: `Staking::PoolsOpened` (r:1 w:1)
	/// Proof: `Staking::PoolsOpened` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `Measured`)
	fn bond() -> Weight {
		// Least time measured: 105_197_000 ps.
		Weight::from_parts(113_158_000, 3948)
			.saturating_add(T::DbWeight::get().reads(5))
			.saturating_add(T::DbWeight::get().writes(5))
	}
	/// Storage: `Staking::Operators` (r:1 w:1)
	/// Proof: `Staking::Operators` (`max_values`: None, `max_size`: Some(32779), added: 35254, mode: `Measured`)
	/// Storage: `Staking::Pools` (r:1024 w:1)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(170), added: 2645, mode: `Measured`)
	fn displace() -> Weight {
		// Least time measured: 5_793_872_000 ps.
		Weight::from_parts(6_117_094_000, 2739891)
			.saturating_add(T::DbWeight::get().reads(1025))
			.saturating_add(T::DbWeight::get().writes(2))
	}
	/// Storage: `Staking::Pools` (r:1 w:1)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(170), added: 2645, mode: `Measured`)
	/// Storage: `Staking::Delegations` (r:1 w:1)
	/// Proof: `Staking::Delegations` (`max_values`: None, `max_size`: Some(2162), added: 4637, mode: `Measured`)
	/// Storage: `Staking::Holdings` (r:1 w:1)
	/// Proof: `Staking::Holdings` (`max_values`: None, `max_size`: Some(121), added: 2596, mode: `Measured`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	fn delegate() -> Weight {
		// Least time measured: 83_174_000 ps.
		Weight::from_parts(89_514_000, 7191)
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().writes(4))
	}
	/// Storage: `Staking::Pools` (r:1 w:1)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(170), added: 2645, mode: `Measured`)
	/// Storage: `Staking::Holdings` (r:1 w:1)
	/// Proof: `Staking::Holdings` (`max_values`: None, `max_size`: Some(121), added: 2596, mode: `Measured`)
	/// Storage: `Staking::UnbondingVaults` (r:1 w:1)
	/// Proof: `Staking::UnbondingVaults` (`max_values`: None, `max_size`: Some(9267), added: 11742, mode: `Measured`)
	/// Storage: `Staking::Unbonding` (r:1 w:1)
	/// Proof: `Staking::Unbonding` (`max_values`: None, `max_size`: Some(610), added: 3085, mode: `Measured`)
	/// Storage: `Governance::Speed` (r:1 w:0)
	/// Proof: `Governance::Speed` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `Measured`)
	/// Storage: `Staking::Redelegations` (r:1 w:0)
	/// Proof: `Staking::Redelegations` (`max_values`: None, `max_size`: Some(1570), added: 4045, mode: `Measured`)
	fn undelegate() -> Weight {
		// Least time measured: 52_769_000 ps.
		Weight::from_parts(57_536_000, 6296)
			.saturating_add(T::DbWeight::get().reads(6))
			.saturating_add(T::DbWeight::get().writes(4))
	}
	/// Storage: `Staking::Pools` (r:1 w:1)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(170), added: 2645, mode: `Measured`)
	/// Storage: `Inference::OpenSeats` (r:1 w:0)
	/// Proof: `Inference::OpenSeats` (`max_values`: Some(1), `max_size`: Some(57346), added: 57841, mode: `Measured`)
	/// Storage: `Staking::UnbondingVaults` (r:1 w:1)
	/// Proof: `Staking::UnbondingVaults` (`max_values`: None, `max_size`: Some(9267), added: 11742, mode: `Measured`)
	/// Storage: `Staking::Unbonding` (r:1 w:1)
	/// Proof: `Staking::Unbonding` (`max_values`: None, `max_size`: Some(610), added: 3085, mode: `Measured`)
	/// Storage: `System::Account` (r:2 w:2)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	/// Storage: `Staking::Holdings` (r:1 w:1)
	/// Proof: `Staking::Holdings` (`max_values`: None, `max_size`: Some(121), added: 2596, mode: `Measured`)
	/// Storage: `Staking::Delegations` (r:1 w:1)
	/// Proof: `Staking::Delegations` (`max_values`: None, `max_size`: Some(2162), added: 4637, mode: `Measured`)
	/// Storage: `Staking::UnlockedVaults` (r:1 w:0)
	/// Proof: `Staking::UnlockedVaults` (`max_values`: None, `max_size`: Some(101), added: 2576, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(211), added: 2686, mode: `Measured`)
	/// Storage: `Staking::HotKeys` (r:1 w:1)
	/// Proof: `Staking::HotKeys` (`max_values`: None, `max_size`: Some(117), added: 2592, mode: `Measured`)
	/// Storage: `Staking::KeyOwners` (r:0 w:2)
	/// Proof: `Staking::KeyOwners` (`max_values`: None, `max_size`: Some(80), added: 2555, mode: `Measured`)
	/// Storage: `Staking::Moved` (r:1 w:1)
	/// Proof: `Staking::Moved` (`max_values`: None, `max_size`: Some(9267), added: 11742, mode: `Measured`)
	/// Storage: `Staking::MovedBefore` (r:1 w:0)
	/// Proof: `Staking::MovedBefore` (`max_values`: None, `max_size`: Some(101), added: 2576, mode: `Measured`)
	fn withdraw() -> Weight {
		// Least time measured: 190_294_000 ps.
		Weight::from_parts(203_714_000, 12058)
			.saturating_add(T::DbWeight::get().reads(13))
			.saturating_add(T::DbWeight::get().writes(12))
	}
	/// Storage: `Staking::Pools` (r:1 w:1)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(170), added: 2645, mode: `Measured`)
	/// Storage: `Staking::Operators` (r:1 w:1)
	/// Proof: `Staking::Operators` (`max_values`: None, `max_size`: Some(32779), added: 35254, mode: `Measured`)
	/// Storage: `Staking::UnbondingVaults` (r:1 w:1)
	/// Proof: `Staking::UnbondingVaults` (`max_values`: None, `max_size`: Some(9267), added: 11742, mode: `Measured`)
	/// Storage: `Staking::Unbonding` (r:1 w:1)
	/// Proof: `Staking::Unbonding` (`max_values`: None, `max_size`: Some(610), added: 3085, mode: `Measured`)
	/// Storage: `Governance::Speed` (r:1 w:0)
	/// Proof: `Governance::Speed` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `Measured`)
	fn leave() -> Weight {
		// Least time measured: 86_669_000 ps.
		Weight::from_parts(96_434_000, 3957)
			.saturating_add(T::DbWeight::get().reads(5))
			.saturating_add(T::DbWeight::get().writes(4))
	}
	/// Storage: `Staking::Pools` (r:1 w:1)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(170), added: 2645, mode: `Measured`)
	/// Storage: `Staking::Holdings` (r:1 w:1)
	/// Proof: `Staking::Holdings` (`max_values`: None, `max_size`: Some(121), added: 2596, mode: `Measured`)
	/// Storage: `Staking::UnbondingVaults` (r:1 w:1)
	/// Proof: `Staking::UnbondingVaults` (`max_values`: None, `max_size`: Some(9267), added: 11742, mode: `Measured`)
	/// Storage: `Staking::Unbonding` (r:1 w:1)
	/// Proof: `Staking::Unbonding` (`max_values`: None, `max_size`: Some(610), added: 3085, mode: `Measured`)
	/// Storage: `Governance::Speed` (r:1 w:0)
	/// Proof: `Governance::Speed` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `Measured`)
	/// Storage: `Staking::Redelegations` (r:1 w:0)
	/// Proof: `Staking::Redelegations` (`max_values`: None, `max_size`: Some(1570), added: 4045, mode: `Measured`)
	fn force_undelegate() -> Weight {
		// Least time measured: 56_394_000 ps.
		Weight::from_parts(61_993_000, 6381)
			.saturating_add(T::DbWeight::get().reads(6))
			.saturating_add(T::DbWeight::get().writes(4))
	}
	/// Storage: `Staking::Pools` (r:2 w:2)
	/// Storage: `Staking::Holdings` (r:2 w:2)
	/// Storage: `Staking::Unbonding` (r:1 w:0)
	/// Storage: `Staking::Delegations` (r:1 w:1)
	/// Storage: `Staking::Moved` (r:1 w:1)
	/// Storage: `Staking::MovedBefore` (r:0 w:1)
	/// Storage: `Staking::Redelegations` (r:1 w:1)
	/// Storage: `Governance::Speed` (r:1 w:0)
	fn redelegate() -> Weight {
		// Not measured yet: what `undelegate` and `delegate` take together, and half of it.
		Weight::from_parts(220_000_000, 27190)
			.saturating_add(T::DbWeight::get().reads(9))
			.saturating_add(T::DbWeight::get().writes(8))
	}
	/// Storage: `Staking::Redelegations` (r:1 w:1)
	/// Storage: `Staking::Pools` (r:9 w:8)
	/// Storage: `Staking::Moved` (r:1 w:1)
	/// Storage: `Staking::MovedBefore` (r:8 w:8)
	/// Storage: `Staking::Holdings` (r:8 w:8)
	/// Storage: `Staking::Unbonding` (r:8 w:0)
	/// Storage: `Staking::Delegations` (r:1 w:1)
	/// Storage: `System::Account` (r:1 w:1)
	fn settle() -> Weight {
		// Not measured yet: eight times what `charge` takes.
		Weight::from_parts(800_000_000, 92430)
			.saturating_add(T::DbWeight::get().reads(37))
			.saturating_add(T::DbWeight::get().writes(28))
	}
	/// Storage: `Staking::Pools` (r:1 w:0)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(170), added: 2645, mode: `Measured`)
	/// Storage: `Staking::Holdings` (r:1 w:1)
	/// Proof: `Staking::Holdings` (`max_values`: None, `max_size`: Some(121), added: 2596, mode: `Measured`)
	/// Storage: `Staking::Unbonding` (r:1 w:1)
	/// Proof: `Staking::Unbonding` (`max_values`: None, `max_size`: Some(610), added: 3085, mode: `Measured`)
	/// Storage: `Staking::UnbondingVaults` (r:1 w:0)
	/// Proof: `Staking::UnbondingVaults` (`max_values`: None, `max_size`: Some(9267), added: 11742, mode: `Measured`)
	/// Storage: `Staking::Delegations` (r:1 w:1)
	/// Proof: `Staking::Delegations` (`max_values`: None, `max_size`: Some(2162), added: 4637, mode: `Measured`)
	fn reap() -> Weight {
		// Least time measured: 48_142_000 ps.
		Weight::from_parts(54_922_000, 8382)
			.saturating_add(T::DbWeight::get().reads(5))
			.saturating_add(T::DbWeight::get().writes(3))
	}
	/// Storage: `Staking::Pools` (r:1 w:1)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(170), added: 2645, mode: `Measured`)
	fn set_commission() -> Weight {
		// Least time measured: 16_474_000 ps.
		Weight::from_parts(17_846_000, 3791)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `Staking::Pools` (r:1 w:1)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(170), added: 2645, mode: `Measured`)
	fn pause() -> Weight {
		// Least time measured: 64_696_000 ps.
		Weight::from_parts(72_959_000, 3791)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `Staking::Pools` (r:1 w:1)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(170), added: 2645, mode: `Measured`)
	fn resume() -> Weight {
		// Least time measured: 37_626_000 ps.
		Weight::from_parts(40_089_000, 3791)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `Staking::Pools` (r:1 w:0)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(170), added: 2645, mode: `Measured`)
	/// Storage: `Staking::KeyOwners` (r:1 w:2)
	/// Proof: `Staking::KeyOwners` (`max_values`: None, `max_size`: Some(80), added: 2555, mode: `Measured`)
	/// Storage: `Staking::HotKeys` (r:1 w:1)
	/// Proof: `Staking::HotKeys` (`max_values`: None, `max_size`: Some(117), added: 2592, mode: `Measured`)
	fn set_hot_key() -> Weight {
		// Least time measured: 77_395_000 ps.
		Weight::from_parts(83_194_000, 4102)
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().writes(3))
	}
	/// Storage: `Staking::ValidatorCount` (r:0 w:1)
	/// Proof: `Staking::ValidatorCount` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `Measured`)
	fn set_validator_count() -> Weight {
		// Least time measured: 4_787_000 ps.
		Weight::from_parts(5_408_000, 0)
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `Staking::Convictions` (r:1 w:1)
	/// Proof: `Staking::Convictions` (`max_values`: None, `max_size`: Some(894), added: 3369, mode: `Measured`)
	/// Storage: `Staking::Pools` (r:1 w:1)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(170), added: 2645, mode: `Measured`)
	/// Storage: `Staking::UnbondingVaults` (r:1 w:1)
	/// Proof: `Staking::UnbondingVaults` (`max_values`: None, `max_size`: Some(9267), added: 11742, mode: `Measured`)
	/// Storage: `Staking::Moved` (r:1 w:1)
	/// Proof: `Staking::Moved` (`max_values`: None, `max_size`: Some(9267), added: 11742, mode: `Measured`)
	fn cancel_conviction() -> Weight {
		// Least time measured: 34_321_000 ps.
		Weight::from_parts(38_327_000, 13933)
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().writes(4))
	}
	/// Storage: `Staking::Pools` (r:1 w:0)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(170), added: 2645, mode: `Measured`)
	fn set_slots() -> Weight {
		// Least time measured: 71_216_000 ps.
		Weight::from_parts(78_067_000, 3791)
			.saturating_add(T::DbWeight::get().reads(1))
	}
	/// Storage: `Staking::Operators` (r:1 w:0)
	/// Proof: `Staking::Operators` (`max_values`: None, `max_size`: Some(32779), added: 35254, mode: `Measured`)
	/// Storage: `Staking::Pools` (r:1023 w:0)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(170), added: 2645, mode: `Measured`)
	/// Storage: `Staking::HotKeys` (r:1023 w:0)
	/// Proof: `Staking::HotKeys` (`max_values`: None, `max_size`: Some(117), added: 2592, mode: `Measured`)
	/// Storage: `Staking::Snapshots` (r:3 w:1)
	/// Proof: `Staking::Snapshots` (`max_values`: None, `max_size`: Some(49166), added: 51641, mode: `Measured`)
	/// Storage: `Staking::OwnStakes` (r:0 w:1)
	/// Proof: `Staking::OwnStakes` (`max_values`: None, `max_size`: Some(49166), added: 51641, mode: `Measured`)
	/// `p` from 1 to 1024.
	fn plan_session(p: u32, ) -> Weight {
		// Least time measured: 33_510_000 ps.
		Weight::from_parts(34_071_000, 8865)
			// Standard error: 27_671.
			.saturating_add(Weight::from_parts(10_565_072, 0).saturating_mul(p.into()))
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().reads((2_u64).saturating_mul(p.into())))
			.saturating_add(T::DbWeight::get().writes(2))
			.saturating_add(Weight::from_parts(0, 2808).saturating_mul(p.into()))
	}
	/// Storage: `Staking::Operators` (r:1 w:0)
	/// Proof: `Staking::Operators` (`max_values`: None, `max_size`: Some(32779), added: 35254, mode: `Measured`)
	/// Storage: `Staking::Pools` (r:1023 w:0)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(170), added: 2645, mode: `Measured`)
	/// Storage: `Session::NextKeys` (r:1023 w:0)
	/// Proof: `Session::NextKeys` (`max_values`: None, `max_size`: None, mode: `Measured`)
	/// Storage: `Staking::ValidatorCount` (r:1 w:0)
	/// Proof: `Staking::ValidatorCount` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `Measured`)
	/// `p` from 1 to 1024.
	fn elect(p: u32, ) -> Weight {
		// Least time measured: 20_510_000 ps.
		Weight::from_parts(20_771_000, 3884)
			// Standard error: 11_779.
			.saturating_add(Weight::from_parts(7_879_583, 0).saturating_mul(p.into()))
			// The list of validators, and eight of them that are paused.
			.saturating_add(T::DbWeight::get().reads(11))
			.saturating_add(T::DbWeight::get().writes(9))
			.saturating_add(T::DbWeight::get().reads((2_u64).saturating_mul(p.into())))
			.saturating_add(Weight::from_parts(0, 2675).saturating_mul(p.into()))
	}
	/// Storage: `Staking::Snapshots` (r:0 w:1)
	/// Proof: `Staking::Snapshots` (`max_values`: None, `max_size`: Some(49166), added: 51641, mode: `Measured`)
	/// Storage: `Staking::OwnStakes` (r:0 w:1)
	/// Proof: `Staking::OwnStakes` (`max_values`: None, `max_size`: Some(49166), added: 51641, mode: `Measured`)
	fn start_session() -> Weight {
		// Least time measured: 2_553_000 ps.
		Weight::from_parts(2_944_000, 0)
			.saturating_add(T::DbWeight::get().writes(2))
	}
	/// Storage: `Staking::Pools` (r:1 w:1)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(170), added: 2645, mode: `Measured`)
	/// Storage: `System::Account` (r:1 w:0)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	/// Storage: `Staking::LastAuthored` (r:1 w:1)
	/// Proof: `Staking::LastAuthored` (`max_values`: Some(1), `max_size`: Some(3602), added: 4097, mode: `Measured`)
	fn reward_author() -> Weight {
		// Least time measured: 43_234_000 ps.
		Weight::from_parts(46_419_000, 3827)
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().writes(2))
	}
	/// Storage: `Staking::Pools` (r:1 w:1)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(170), added: 2645, mode: `Measured`)
	/// Storage: `Staking::UnbondingVaults` (r:1 w:1)
	/// Proof: `Staking::UnbondingVaults` (`max_values`: None, `max_size`: Some(9267), added: 11742, mode: `Measured`)
	/// Storage: `Staking::Moved` (r:1 w:1)
	/// Proof: `Staking::Moved` (`max_values`: None, `max_size`: Some(9267), added: 11742, mode: `Measured`)
	fn slash_validator() -> Weight {
		// Not measured yet with full lists: what `fine` takes, which slashes as many vaults.
		Weight::from_parts(111_146_000, 13050)
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().writes(3))
	}
	/// Storage: `Staking::Pools` (r:1 w:1)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(170), added: 2645, mode: `Measured`)
	/// Storage: `Staking::UnbondingVaults` (r:1 w:1)
	/// Proof: `Staking::UnbondingVaults` (`max_values`: None, `max_size`: Some(9267), added: 11742, mode: `Measured`)
	/// Storage: `Staking::Moved` (r:1 w:1)
	/// Proof: `Staking::Moved` (`max_values`: None, `max_size`: Some(9267), added: 11742, mode: `Measured`)
	fn fine() -> Weight {
		// Least time measured: 99_549_000 ps.
		Weight::from_parts(111_146_000, 13050)
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().writes(3))
	}
	/// Storage: `Staking::ConvictionIds` (r:1 w:1)
	/// Proof: `Staking::ConvictionIds` (`max_values`: None, `max_size`: Some(88), added: 2563, mode: `Measured`)
	/// Storage: `Staking::Pools` (r:1 w:1)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(170), added: 2645, mode: `Measured`)
	/// Storage: `Staking::Unbonding` (r:1 w:0)
	/// Proof: `Staking::Unbonding` (`max_values`: None, `max_size`: Some(610), added: 3085, mode: `Measured`)
	/// Storage: `Staking::UnbondingVaults` (r:1 w:1)
	/// Proof: `Staking::UnbondingVaults` (`max_values`: None, `max_size`: Some(9267), added: 11742, mode: `Measured`)
	/// Storage: `Staking::Convictions` (r:0 w:1)
	/// Proof: `Staking::Convictions` (`max_values`: None, `max_size`: Some(894), added: 3369, mode: `Measured`)
	/// Storage: `Governance::Speed` (r:1 w:0)
	/// Proof: `Governance::Speed` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `Measured`)
	/// Storage: `Staking::Moved` (r:1 w:1)
	/// Proof: `Staking::Moved` (`max_values`: None, `max_size`: Some(9267), added: 11742, mode: `Measured`)
	fn convict() -> Weight {
		// Least time measured: 92_127_000 ps.
		Weight::from_parts(102_462_000, 13050)
			.saturating_add(T::DbWeight::get().reads(6))
			.saturating_add(T::DbWeight::get().writes(5))
	}
	/// Storage: `System::Account` (r:17 w:17)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	/// Storage: `Staking::Pools` (r:1 w:1)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(170), added: 2645, mode: `Measured`)
	/// Storage: `Staking::UnbondingVaults` (r:1 w:1)
	/// Proof: `Staking::UnbondingVaults` (`max_values`: None, `max_size`: Some(9267), added: 11742, mode: `Measured`)
	/// Storage: `Staking::UnlockedVaults` (r:1 w:0)
	/// Proof: `Staking::UnlockedVaults` (`max_values`: None, `max_size`: Some(101), added: 2576, mode: `Measured`)
	/// Storage: `Inference::OpenSeats` (r:1 w:0)
	/// Proof: `Inference::OpenSeats` (`max_values`: Some(1), `max_size`: Some(57346), added: 57841, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(211), added: 2686, mode: `Measured`)
	/// Storage: `Staking::HotKeys` (r:1 w:1)
	/// Proof: `Staking::HotKeys` (`max_values`: None, `max_size`: Some(117), added: 2592, mode: `Measured`)
	/// Storage: `Staking::KeyOwners` (r:0 w:1)
	/// Proof: `Staking::KeyOwners` (`max_values`: None, `max_size`: Some(80), added: 2555, mode: `Measured`)
	/// Storage: `Staking::Convictions` (r:0 w:1)
	/// Proof: `Staking::Convictions` (`max_values`: None, `max_size`: Some(894), added: 3369, mode: `Measured`)
	/// Storage: `Staking::Moved` (r:1 w:1)
	/// Proof: `Staking::Moved` (`max_values`: None, `max_size`: Some(9267), added: 11742, mode: `Measured`)
	/// Storage: `Staking::MovedBefore` (r:1 w:0)
	/// Proof: `Staking::MovedBefore` (`max_values`: None, `max_size`: Some(101), added: 2576, mode: `Measured`)
	fn execute_conviction() -> Weight {
		// Least time measured: 425_664_000 ps.
		Weight::from_parts(453_535_000, 44202)
			.saturating_add(T::DbWeight::get().reads(25))
			.saturating_add(T::DbWeight::get().writes(24))
	}
	/// Storage: `Staking::Pools` (r:1 w:1)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(170), added: 2645, mode: `Measured`)
	/// Storage: `System::Account` (r:1 w:0)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	fn reward() -> Weight {
		// Least time measured: 36_875_000 ps.
		Weight::from_parts(39_579_000, 3894)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `Staking::Pools` (r:1 w:1)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(170), added: 2645, mode: `Measured`)
	/// Storage: `Staking::Unbonding` (r:1 w:1)
	/// Proof: `Staking::Unbonding` (`max_values`: None, `max_size`: Some(610), added: 3085, mode: `Measured`)
	/// Storage: `Staking::UnbondingVaults` (r:1 w:1)
	/// Proof: `Staking::UnbondingVaults` (`max_values`: None, `max_size`: Some(9267), added: 11742, mode: `Measured`)
	fn charge() -> Weight {
		// Least time measured: 103_354_000 ps.
		Weight::from_parts(116_434_000, 5122)
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().writes(3))
	}
}
