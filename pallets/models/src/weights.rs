//! Weights of `pallet_opg_models`, measured and written by `scripts/bench-weights.sh`.
//!
//! Bencher 64.0.0, 2026-11-26, 50 steps of 20 runs, on AMD EPYC.

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
	fn nominate_engine() -> Weight;
	fn withdraw_nomination() -> Weight;
	fn set_canaries() -> Weight;
	fn post_digest() -> Weight;
	fn authorize_post_digest() -> Weight;
	fn retire_engine() -> Weight;
	fn set_maxima() -> Weight;
	fn allow_serving() -> Weight;
	fn declare_serving() -> Weight;
	fn authorize_declare_serving() -> Weight;
	fn describe() -> Weight;
	fn set_channel() -> Weight;
	fn deprecate() -> Weight;
	fn undeprecate() -> Weight;
	fn offer_transfer() -> Weight;
	fn accept_transfer(n: u32, ) -> Weight;
	fn remove_name() -> Weight;
	fn announce() -> Weight;
	fn remove_announcement() -> Weight;
}

/// Measured weights, with the database weights of the runtime.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	/// Storage: `Models::VersionMaxima` (r:1 w:0)
	/// Proof: `Models::VersionMaxima` (`max_values`: Some(1), `max_size`: Some(32), added: 527, mode: `Measured`)
	/// Storage: `Models::Engines` (r:1 w:0)
	/// Proof: `Models::Engines` (`max_values`: None, `max_size`: Some(41), added: 2516, mode: `Measured`)
	/// Storage: `Models::NextModelId` (r:1 w:1)
	/// Proof: `Models::NextModelId` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `Measured`)
	/// Storage: `Models::Announcements` (r:1 w:1)
	/// Proof: `Models::Announcements` (`max_values`: None, `max_size`: Some(625), added: 3100, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(211), added: 2686, mode: `Measured`)
	/// Storage: `Models::NamesByOwner` (r:1 w:0)
	/// Proof: `Models::NamesByOwner` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `Measured`)
	/// Storage: `Models::NamedModels` (r:1 w:1)
	/// Proof: `Models::NamedModels` (`max_values`: None, `max_size`: Some(778), added: 3253, mode: `Measured`)
	/// Storage: `Models::VersionLists` (r:1 w:1)
	/// Proof: `Models::VersionLists` (`max_values`: None, `max_size`: Some(12814), added: 15289, mode: `Measured`)
	/// Storage: `Models::FirstAnnouncements` (r:1 w:1)
	/// Proof: `Models::FirstAnnouncements` (`max_values`: None, `max_size`: Some(88), added: 2563, mode: `Measured`)
	/// Storage: `Models::ModelsByHash` (r:0 w:2)
	/// Proof: `Models::ModelsByHash` (`max_values`: None, `max_size`: Some(60), added: 2535, mode: `Measured`)
	/// Storage: `Models::Models` (r:0 w:1)
	/// Proof: `Models::Models` (`max_values`: None, `max_size`: Some(1737), added: 4212, mode: `Measured`)
	fn register() -> Weight {
		// Least time measured: 242_100_000 ps.
		Weight::from_parts(268_731_000, 18345)
			.saturating_add(T::DbWeight::get().reads(9))
			.saturating_add(T::DbWeight::get().writes(9))
	}
	/// Storage: `Models::Models` (r:1 w:1)
	/// Proof: `Models::Models` (`max_values`: None, `max_size`: Some(1737), added: 4212, mode: `Measured`)
	/// Storage: `Models::NamedModels` (r:1 w:1)
	/// Proof: `Models::NamedModels` (`max_values`: None, `max_size`: Some(778), added: 3253, mode: `Measured`)
	/// Storage: `Models::ServingExecutors` (r:1 w:1)
	/// Proof: `Models::ServingExecutors` (`max_values`: None, `max_size`: Some(83982), added: 86457, mode: `Measured`)
	/// Storage: `System::Account` (r:8 w:8)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:9 w:9)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(211), added: 2686, mode: `Measured`)
	/// Storage: `Models::VersionLists` (r:1 w:1)
	/// Proof: `Models::VersionLists` (`max_values`: None, `max_size`: Some(12814), added: 15289, mode: `Measured`)
	/// Storage: `Models::FirstAnnouncements` (r:1 w:1)
	/// Proof: `Models::FirstAnnouncements` (`max_values`: None, `max_size`: Some(88), added: 2563, mode: `Measured`)
	/// Storage: `Court::Holders` (r:1 w:0)
	/// Proof: `Court::Holders` (`max_values`: None, `max_size`: Some(3214), added: 5689, mode: `Measured`)
	/// Storage: `Models::ModelsByHash` (r:0 w:2)
	/// Proof: `Models::ModelsByHash` (`max_values`: None, `max_size`: Some(60), added: 2535, mode: `Measured`)
	fn deregister() -> Weight {
		// Least time measured: 494_917_000 ps.
		Weight::from_parts(531_221_000, 41383)
			.saturating_add(T::DbWeight::get().reads(23))
			.saturating_add(T::DbWeight::get().writes(24))
	}
	/// Storage: `Models::Models` (r:1 w:0)
	/// Proof: `Models::Models` (`max_values`: None, `max_size`: Some(1737), added: 4212, mode: `Measured`)
	/// Storage: `Staking::Pools` (r:1 w:0)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(170), added: 2645, mode: `Measured`)
	/// Storage: `Staking::HotKeys` (r:1 w:0)
	/// Proof: `Staking::HotKeys` (`max_values`: None, `max_size`: Some(117), added: 2592, mode: `Measured`)
	/// Storage: `Models::ServingExecutors` (r:1 w:1)
	/// Proof: `Models::ServingExecutors` (`max_values`: None, `max_size`: Some(83982), added: 86457, mode: `Measured`)
	/// Storage: `System::Account` (r:8 w:8)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:9 w:9)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(211), added: 2686, mode: `Measured`)
	/// Storage: `Staking::Snapshots` (r:1 w:0)
	/// Proof: `Staking::Snapshots` (`max_values`: None, `max_size`: Some(49166), added: 51641, mode: `Measured`)
	fn serve() -> Weight {
		// Least time measured: 682_577_000 ps.
		Weight::from_parts(741_876_000, 155875)
			.saturating_add(T::DbWeight::get().reads(22))
			.saturating_add(T::DbWeight::get().writes(18))
	}
	/// Storage: `Models::ServingExecutors` (r:1 w:1)
	/// Proof: `Models::ServingExecutors` (`max_values`: None, `max_size`: Some(83982), added: 86457, mode: `Measured`)
	/// Storage: `System::Account` (r:8 w:8)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:8 w:8)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(211), added: 2686, mode: `Measured`)
	fn stop_serving() -> Weight {
		// Least time measured: 505_854_000 ps.
		Weight::from_parts(553_755_000, 102170)
			.saturating_add(T::DbWeight::get().reads(17))
			.saturating_add(T::DbWeight::get().writes(17))
	}
	/// Storage: `Staking::Pools` (r:1 w:0)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(170), added: 2645, mode: `Measured`)
	/// Storage: `Models::ServingExecutors` (r:1 w:1)
	/// Proof: `Models::ServingExecutors` (`max_values`: None, `max_size`: Some(83982), added: 86457, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(211), added: 2686, mode: `Measured`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	/// Storage: `Models::ServingAllowances` (r:0 w:1)
	/// Proof: `Models::ServingAllowances` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `Measured`)
	fn remove_executor() -> Weight {
		// Least time measured: 181_751_000 ps.
		Weight::from_parts(207_248_000, 83948)
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().writes(4))
	}
	/// Storage: `Models::Engines` (r:1 w:1)
	/// Proof: `Models::Engines` (`max_values`: None, `max_size`: Some(41), added: 2516, mode: `Measured`)
	/// Storage: `Models::CounterForEngines` (r:1 w:1)
	/// Proof: `Models::CounterForEngines` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `Measured`)
	/// Storage: `Staking::CurrentSession` (r:1 w:0)
	/// Storage: `Staking::Snapshots` (r:1 w:0)
	/// Proof: `Staking::Snapshots` (`max_values`: None, `max_size`: Some(49166), added: 51641, mode: `Measured`)
	/// Storage: `Models::Evidence` (r:1 w:1)
	/// Storage: `Models::Nominations` (r:1 w:1)
	/// Storage: `Models::CounterForNominations` (r:1 w:1)
	fn admit_engine() -> Weight {
		// Estimated after `declare_serving`, not measured: decoding a full snapshot and as much evidence.
		Weight::from_parts(2_000_000_000, 250_000)
			.saturating_add(T::DbWeight::get().reads(7))
			.saturating_add(T::DbWeight::get().writes(5))
	}
	/// Storage: `Models::Engines` (r:1 w:0)
	/// Storage: `Models::Nominations` (r:1 w:1)
	/// Storage: `Models::CounterForNominations` (r:1 w:1)
	/// Storage: `Models::Models` (r:16 w:0)
	fn nominate_engine() -> Weight {
		// Estimated after `accept_transfer`, not measured: 16 versions, and 90 KB to encode.
		Weight::from_parts(500_000_000, 50_000)
			.saturating_add(T::DbWeight::get().reads(19))
			.saturating_add(T::DbWeight::get().writes(2))
	}
	/// Storage: `Models::Nominations` (r:1 w:1)
	/// Storage: `Models::CounterForNominations` (r:1 w:1)
	/// Storage: `Models::Evidence` (r:0 w:1)
	fn withdraw_nomination() -> Weight {
		// Estimated after `stop_serving`, not measured.
		Weight::from_parts(200_000_000, 100_000)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(3))
	}
	/// Storage: `Models::Models` (r:16 w:0)
	/// Storage: `Staking::CurrentSession` (r:1 w:0)
	/// Storage: `Models::Canaries` (r:0 w:1)
	fn set_canaries() -> Weight {
		// Estimated after `accept_transfer`, not measured: 16 versions, and 66 KB to encode.
		Weight::from_parts(500_000_000, 50_000)
			.saturating_add(T::DbWeight::get().reads(17))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `Staking::CurrentSession` (r:1 w:0)
	/// Storage: `Models::Canaries` (r:1 w:0)
	/// Storage: `Babe::Randomness` (r:1 w:0)
	/// Storage: `Models::ServingExecutors` (r:1 w:0)
	/// Storage: `Staking::Snapshots` (r:1 w:0)
	/// Storage: `Models::CanaryResults` (r:1 w:1)
	fn post_digest() -> Weight {
		// Estimated after `declare_serving`, not measured: full lists, and an event for each executor.
		Weight::from_parts(12_000_000_000, 400_000)
			.saturating_add(T::DbWeight::get().reads(6))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: those of `post_digest`, and `Staking::HotKeys` (r:1 w:0)
	fn authorize_post_digest() -> Weight {
		// Estimated after `authorize_declare_serving`, not measured.
		Weight::from_parts(12_100_000_000, 400_000)
			.saturating_add(T::DbWeight::get().reads(7))
	}
	/// Storage: `Models::Engines` (r:1 w:1)
	/// Proof: `Models::Engines` (`max_values`: None, `max_size`: Some(41), added: 2516, mode: `Measured`)
	fn retire_engine() -> Weight {
		// Least time measured: 12_939_000 ps.
		Weight::from_parts(14_141_000, 3591)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `Models::VersionMaxima` (r:0 w:1)
	/// Proof: `Models::VersionMaxima` (`max_values`: Some(1), `max_size`: Some(32), added: 527, mode: `Measured`)
	fn set_maxima() -> Weight {
		// Least time measured: 5_358_000 ps.
		Weight::from_parts(6_029_000, 0)
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `Staking::Pools` (r:1 w:0)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(170), added: 2645, mode: `Measured`)
	/// Storage: `Models::ServingAllowances` (r:0 w:1)
	/// Proof: `Models::ServingAllowances` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `Measured`)
	fn allow_serving() -> Weight {
		// Least time measured: 18_187_000 ps.
		Weight::from_parts(21_242_000, 3713)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `Models::ServingAllowances` (r:1 w:1)
	/// Proof: `Models::ServingAllowances` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `Measured`)
	/// Storage: `Models::Models` (r:1 w:0)
	/// Proof: `Models::Models` (`max_values`: None, `max_size`: Some(1737), added: 4212, mode: `Measured`)
	/// Storage: `Staking::Pools` (r:1 w:0)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(170), added: 2645, mode: `Measured`)
	/// Storage: `Staking::HotKeys` (r:1 w:0)
	/// Proof: `Staking::HotKeys` (`max_values`: None, `max_size`: Some(117), added: 2592, mode: `Measured`)
	/// Storage: `Models::ServingExecutors` (r:1 w:1)
	/// Proof: `Models::ServingExecutors` (`max_values`: None, `max_size`: Some(83982), added: 86457, mode: `Measured`)
	/// Storage: `System::Account` (r:8 w:8)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:9 w:9)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(211), added: 2686, mode: `Measured`)
	/// Storage: `Staking::Snapshots` (r:1 w:0)
	/// Proof: `Staking::Snapshots` (`max_values`: None, `max_size`: Some(49166), added: 51641, mode: `Measured`)
	fn declare_serving() -> Weight {
		// Least time measured: 671_921_000 ps.
		Weight::from_parts(722_617_000, 155943)
			.saturating_add(T::DbWeight::get().reads(23))
			.saturating_add(T::DbWeight::get().writes(19))
	}
	/// Storage: `Staking::HotKeys` (r:1 w:0)
	/// Proof: `Staking::HotKeys` (`max_values`: None, `max_size`: Some(117), added: 2592, mode: `Measured`)
	/// Storage: `Models::ServingAllowances` (r:1 w:0)
	/// Proof: `Models::ServingAllowances` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `Measured`)
	/// Storage: `Models::Models` (r:1 w:0)
	/// Proof: `Models::Models` (`max_values`: None, `max_size`: Some(1737), added: 4212, mode: `Measured`)
	/// Storage: `Staking::Pools` (r:1 w:0)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(170), added: 2645, mode: `Measured`)
	/// Storage: `Models::ServingExecutors` (r:1 w:0)
	/// Proof: `Models::ServingExecutors` (`max_values`: None, `max_size`: Some(83982), added: 86457, mode: `Measured`)
	/// Storage: `System::Account` (r:8 w:0)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:9 w:0)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(211), added: 2686, mode: `Measured`)
	/// Storage: `Staking::Snapshots` (r:1 w:0)
	/// Proof: `Staking::Snapshots` (`max_values`: None, `max_size`: Some(49166), added: 51641, mode: `Measured`)
	fn authorize_declare_serving() -> Weight {
		// Least time measured: 725_000_000 ps.
		Weight::from_parts(770_658_000, 155943)
			.saturating_add(T::DbWeight::get().reads(23))
	}
	/// Storage: `Models::NamesByOwner` (r:1 w:0)
	/// Proof: `Models::NamesByOwner` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `Measured`)
	/// Storage: `Models::NamedModels` (r:1 w:1)
	/// Proof: `Models::NamedModels` (`max_values`: None, `max_size`: Some(778), added: 3253, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(211), added: 2686, mode: `Measured`)
	/// Storage: `Models::NamesByTag` (r:0 w:16)
	/// Proof: `Models::NamesByTag` (`max_values`: None, `max_size`: Some(61), added: 2536, mode: `Measured`)
	fn describe() -> Weight {
		// Least time measured: 103_134_000 ps.
		Weight::from_parts(112_047_000, 4778)
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().writes(18))
	}
	/// Storage: `Models::NamesByOwner` (r:1 w:0)
	/// Proof: `Models::NamesByOwner` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `Measured`)
	/// Storage: `Models::NamedModels` (r:1 w:1)
	/// Proof: `Models::NamedModels` (`max_values`: None, `max_size`: Some(778), added: 3253, mode: `Measured`)
	/// Storage: `Models::Models` (r:1 w:0)
	/// Proof: `Models::Models` (`max_values`: None, `max_size`: Some(1737), added: 4212, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(211), added: 2686, mode: `Measured`)
	fn set_channel() -> Weight {
		// Least time measured: 82_102_000 ps.
		Weight::from_parts(87_790_000, 6413)
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().writes(2))
	}
	/// Storage: `Models::Models` (r:1 w:1)
	/// Proof: `Models::Models` (`max_values`: None, `max_size`: Some(1737), added: 4212, mode: `Measured`)
	/// Storage: `Models::VersionLists` (r:1 w:1)
	/// Proof: `Models::VersionLists` (`max_values`: None, `max_size`: Some(12814), added: 15289, mode: `Measured`)
	/// Storage: `Models::NamedModels` (r:1 w:1)
	/// Proof: `Models::NamedModels` (`max_values`: None, `max_size`: Some(778), added: 3253, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(211), added: 2686, mode: `Measured`)
	fn deprecate() -> Weight {
		// Least time measured: 168_501_000 ps.
		Weight::from_parts(193_419_000, 19866)
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().writes(4))
	}
	/// Storage: `Models::Models` (r:1 w:1)
	/// Proof: `Models::Models` (`max_values`: None, `max_size`: Some(1737), added: 4212, mode: `Measured`)
	/// Storage: `Models::VersionLists` (r:1 w:1)
	/// Proof: `Models::VersionLists` (`max_values`: None, `max_size`: Some(12814), added: 15289, mode: `Measured`)
	/// Storage: `Models::NamedModels` (r:1 w:1)
	/// Proof: `Models::NamedModels` (`max_values`: None, `max_size`: Some(778), added: 3253, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(211), added: 2686, mode: `Measured`)
	fn undeprecate() -> Weight {
		// Least time measured: 160_068_000 ps.
		Weight::from_parts(180_088_000, 19996)
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().writes(4))
	}
	/// Storage: `Models::NamesByOwner` (r:1 w:0)
	/// Proof: `Models::NamesByOwner` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `Measured`)
	/// Storage: `Models::NamedModels` (r:1 w:1)
	/// Proof: `Models::NamedModels` (`max_values`: None, `max_size`: Some(778), added: 3253, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(211), added: 2686, mode: `Measured`)
	fn offer_transfer() -> Weight {
		// Least time measured: 73_620_000 ps.
		Weight::from_parts(78_897_000, 4778)
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().writes(2))
	}
	/// Storage: `Models::NamesByOwner` (r:2 w:2)
	/// Proof: `Models::NamesByOwner` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `Measured`)
	/// Storage: `Models::NamedModels` (r:1 w:1)
	/// Proof: `Models::NamedModels` (`max_values`: None, `max_size`: Some(778), added: 3253, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:2 w:2)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(211), added: 2686, mode: `Measured`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	/// Storage: `Models::VersionLists` (r:1 w:0)
	/// Proof: `Models::VersionLists` (`max_values`: None, `max_size`: Some(12814), added: 15289, mode: `Measured`)
	/// Storage: `Models::Models` (r:256 w:256)
	/// Proof: `Models::Models` (`max_values`: None, `max_size`: Some(1737), added: 4212, mode: `Measured`)
	/// `n` from 1 to 256.
	fn accept_transfer(n: u32, ) -> Weight {
		// Least time measured: 132_888_000 ps.
		Weight::from_parts(112_296_695, 7422)
			// Standard error: 36_480.
			.saturating_add(Weight::from_parts(11_941_461, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(7))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(n.into())))
			.saturating_add(T::DbWeight::get().writes(6))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(n.into())))
			.saturating_add(Weight::from_parts(0, 4140).saturating_mul(n.into()))
	}
	/// Storage: `Models::NamesByOwner` (r:1 w:1)
	/// Proof: `Models::NamesByOwner` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `Measured`)
	/// Storage: `Models::NamedModels` (r:1 w:1)
	/// Proof: `Models::NamedModels` (`max_values`: None, `max_size`: Some(778), added: 3253, mode: `Measured`)
	/// Storage: `Models::VersionLists` (r:1 w:1)
	/// Proof: `Models::VersionLists` (`max_values`: None, `max_size`: Some(12814), added: 15289, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(211), added: 2686, mode: `Measured`)
	/// Storage: `Models::NamesByTag` (r:0 w:8)
	/// Proof: `Models::NamesByTag` (`max_values`: None, `max_size`: Some(61), added: 2536, mode: `Measured`)
	fn remove_name() -> Weight {
		// Least time measured: 166_298_000 ps.
		Weight::from_parts(180_078_000, 17245)
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().writes(12))
	}
	/// Storage: `Models::Announcements` (r:1 w:1)
	/// Proof: `Models::Announcements` (`max_values`: None, `max_size`: Some(625), added: 3100, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(211), added: 2686, mode: `Measured`)
	fn announce() -> Weight {
		// Least time measured: 605_863_000 ps.
		Weight::from_parts(659_253_000, 4343)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(2))
	}
	/// Storage: `Models::Announcements` (r:1 w:1)
	/// Proof: `Models::Announcements` (`max_values`: None, `max_size`: Some(625), added: 3100, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(211), added: 2686, mode: `Measured`)
	fn remove_announcement() -> Weight {
		// Least time measured: 54_651_000 ps.
		Weight::from_parts(59_589_000, 4343)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(2))
	}
}
