//! Weights of `pallet_opg_inference`, measured and written by `scripts/bench-weights.sh`.
//!
//! Bencher 64.0.0, 2026-11-26, 20 steps of 10 runs, on AMD EPYC.

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(missing_docs)]

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// Weights of the calls and hooks.
pub trait WeightInfo {
	fn request(i: u32, ) -> Weight;
	fn request_stored() -> Weight;
	fn cancel() -> Weight;
	fn challenge() -> Weight;
	fn challenge_with_pool() -> Weight;
	fn authorize_challenge_with_pool() -> Weight;
	fn authorize_reveal_claim_with_pool() -> Weight;
	fn reveal_claim() -> Weight;
	fn audit_bought() -> Weight;
	fn begin_block() -> Weight;
	fn agenda_list() -> Weight;
	fn draw_list() -> Weight;
	fn snapshot(p: u32, ) -> Weight;
	fn sampler(p: u32, ) -> Weight;
	fn open_seats(p: u32, ) -> Weight;
	fn capacity(p: u32, ) -> Weight;
	fn release_seats(p: u32, ) -> Weight;
	fn convene() -> Weight;
	fn held() -> Weight;
	fn dismiss() -> Weight;
	fn noop() -> Weight;
	fn postpone() -> Weight;
	fn queue_replacement() -> Weight;
	fn replace(e: u32, ) -> Weight;
	fn refund() -> Weight;
	fn draw(s: u32, e: u32, ) -> Weight;
	fn attested() -> Weight;
	fn escalated() -> Weight;
	fn open_court() -> Weight;
	fn service_disputes() -> Weight;
	fn judged(w: u32, l: u32, ) -> Weight;
	fn settle(w: u32, ) -> Weight;
	fn audit() -> Weight;
	fn charge_requester() -> Weight;
	fn pay_pool() -> Weight;
	fn pay_account() -> Weight;
	fn return_deposit() -> Weight;
	fn prune() -> Weight;
	fn drain() -> Weight;
	fn resume() -> Weight;
	fn end_drain() -> Weight;
	fn release_orphaned(r: u32, ) -> Weight;
}

/// Measured weights, with the database weights of the runtime.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	/// Storage: `Models::Models` (r:1 w:0)
	/// Proof: `Models::Models` (`max_values`: None, `max_size`: Some(1431), added: 3906, mode: `Measured`)
	/// Storage: `Models::Engines` (r:1 w:0)
	/// Proof: `Models::Engines` (`max_values`: None, `max_size`: Some(41), added: 2516, mode: `Measured`)
	/// Storage: `Court::Holders` (r:1 w:0)
	/// Proof: `Court::Holders` (`max_values`: None, `max_size`: Some(3214), added: 5689, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(193), added: 2668, mode: `Measured`)
	/// Storage: `Inference::Inputs` (r:0 w:1)
	/// Proof: `Inference::Inputs` (`max_values`: None, `max_size`: Some(16404), added: 18879, mode: `Measured`)
	/// Storage: `Inference::Requests` (r:0 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(9010), added: 11485, mode: `Measured`)
	/// `i` from 0 to 16384.
	fn request(i: u32, ) -> Weight {
		// Least time measured: 144_755_000 ps.
		Weight::from_parts(177_148_705, 8457)
			// Standard error: 125.
			.saturating_add(Weight::from_parts(1_197, 0).saturating_mul(i.into()))
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().writes(3))
	}
	/// Storage: `Models::Models` (r:1 w:0)
	/// Proof: `Models::Models` (`max_values`: None, `max_size`: Some(1737), added: 4212, mode: `Measured`)
	/// Storage: `Models::Engines` (r:1 w:0)
	/// Proof: `Models::Engines` (`max_values`: None, `max_size`: Some(41), added: 2516, mode: `Measured`)
	/// Storage: `Court::Holders` (r:1 w:0)
	/// Proof: `Court::Holders` (`max_values`: None, `max_size`: Some(3214), added: 5689, mode: `Measured`)
	/// Storage: `Inference::PendingSeats` (r:1 w:0)
	/// Proof: `Inference::PendingSeats` (`max_values`: None, `max_size`: Some(16), added: 2491, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(211), added: 2686, mode: `Measured`)
	/// Storage: `Inference::Requests` (r:0 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(9056), added: 11531, mode: `Measured`)
	fn request_stored() -> Weight {
		// Least time measured: 127_069_000 ps.
		Weight::from_parts(144_425_000, 8633)
			.saturating_add(T::DbWeight::get().reads(5))
			.saturating_add(T::DbWeight::get().writes(2))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(9010), added: 11485, mode: `Measured`)
	/// Storage: `Inference::PendingSeats` (r:1 w:1)
	/// Proof: `Inference::PendingSeats` (`max_values`: None, `max_size`: Some(16), added: 2491, mode: `Measured`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(193), added: 2668, mode: `Measured`)
	fn cancel() -> Weight {
		// Least time measured: 66_369_000 ps.
		Weight::from_parts(80_490_000, 5313)
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().writes(4))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(9010), added: 11485, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(193), added: 2668, mode: `Measured`)
	/// Storage: `Attestation::Rounds` (r:1 w:0)
	/// Proof: `Attestation::Rounds` (`max_values`: None, `max_size`: Some(14969), added: 17444, mode: `Measured`)
	/// Storage: `Court::Cases` (r:1 w:1)
	/// Proof: `Court::Cases` (`max_values`: None, `max_size`: Some(78), added: 2553, mode: `Measured`)
	/// Storage: `Court::Docket` (r:1 w:1)
	/// Proof: `Court::Docket` (`max_values`: Some(1), `max_size`: Some(1794), added: 2289, mode: `Measured`)
	/// Storage: `Court::Sittings` (r:1 w:0)
	/// Proof: `Court::Sittings` (`max_values`: Some(1), `max_size`: Some(209), added: 704, mode: `Measured`)
	/// Storage: `Court::BenchCases` (r:1 w:1)
	/// Proof: `Court::BenchCases` (`max_values`: None, `max_size`: Some(16), added: 2491, mode: `Measured`)
	fn challenge() -> Weight {
		// Least time measured: 131_076_000 ps.
		Weight::from_parts(204_575_000, 16754)
			.saturating_add(T::DbWeight::get().reads(7))
			.saturating_add(T::DbWeight::get().writes(5))
	}
	/// Storage: `Attestation::Rounds` (r:1 w:0)
	/// Proof: `Attestation::Rounds` (`max_values`: None, `max_size`: Some(14969), added: 17444, mode: `Measured`)
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(9010), added: 11485, mode: `Measured`)
	/// Storage: `Inference::PoolChallenges` (r:1 w:1)
	/// Proof: `Inference::PoolChallenges` (`max_values`: None, `max_size`: Some(68), added: 2543, mode: `Measured`)
	/// Storage: `Staking::OwnStakes` (r:1 w:0)
	/// Proof: `Staking::OwnStakes` (`max_values`: None, `max_size`: Some(49166), added: 51641, mode: `Measured`)
	/// Storage: `Court::Cases` (r:1 w:1)
	/// Proof: `Court::Cases` (`max_values`: None, `max_size`: Some(78), added: 2553, mode: `Measured`)
	/// Storage: `Court::Docket` (r:1 w:1)
	/// Proof: `Court::Docket` (`max_values`: Some(1), `max_size`: Some(1794), added: 2289, mode: `Measured`)
	/// Storage: `Court::Sittings` (r:1 w:0)
	/// Proof: `Court::Sittings` (`max_values`: Some(1), `max_size`: Some(209), added: 704, mode: `Measured`)
	/// Storage: `Court::BenchCases` (r:1 w:1)
	/// Proof: `Court::BenchCases` (`max_values`: None, `max_size`: Some(16), added: 2491, mode: `Measured`)
	/// Storage: `Court::Benches` (r:1 w:0)
	/// Proof: `Court::Benches` (`max_values`: None, `max_size`: Some(6414), added: 8889, mode: `Measured`)
	fn challenge_with_pool() -> Weight {
		// Least time measured: 294_108_000 ps.
		Weight::from_parts(397_692_000, 16628)
			.saturating_add(T::DbWeight::get().reads(9))
			.saturating_add(T::DbWeight::get().writes(5))
	}
	/// Storage: `System::BlockHash` (r:1 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `Measured`)
	/// Storage: `Staking::HotKeys` (r:1 w:0)
	/// Proof: `Staking::HotKeys` (`max_values`: None, `max_size`: Some(117), added: 2592, mode: `Measured`)
	/// Storage: `Attestation::Rounds` (r:1 w:0)
	/// Proof: `Attestation::Rounds` (`max_values`: None, `max_size`: Some(14969), added: 17444, mode: `Measured`)
	/// Storage: `Inference::Requests` (r:1 w:0)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(9010), added: 11485, mode: `Measured`)
	/// Storage: `Inference::PoolChallenges` (r:1 w:0)
	/// Proof: `Inference::PoolChallenges` (`max_values`: None, `max_size`: Some(68), added: 2543, mode: `Measured`)
	/// Storage: `Staking::OwnStakes` (r:1 w:0)
	/// Proof: `Staking::OwnStakes` (`max_values`: None, `max_size`: Some(49166), added: 51641, mode: `Measured`)
	/// Storage: `Court::Cases` (r:1 w:0)
	/// Proof: `Court::Cases` (`max_values`: None, `max_size`: Some(78), added: 2553, mode: `Measured`)
	/// Storage: `Court::Docket` (r:1 w:0)
	/// Proof: `Court::Docket` (`max_values`: Some(1), `max_size`: Some(1794), added: 2289, mode: `Measured`)
	/// Storage: `Court::Sittings` (r:1 w:0)
	/// Proof: `Court::Sittings` (`max_values`: Some(1), `max_size`: Some(209), added: 704, mode: `Measured`)
	/// Storage: `Court::BenchCases` (r:1 w:0)
	/// Proof: `Court::BenchCases` (`max_values`: None, `max_size`: Some(16), added: 2491, mode: `Measured`)
	/// Storage: `Court::Benches` (r:1 w:0)
	/// Proof: `Court::Benches` (`max_values`: None, `max_size`: Some(6414), added: 8889, mode: `Measured`)
	fn authorize_challenge_with_pool() -> Weight {
		// Least time measured: 351_754_000 ps.
		Weight::from_parts(448_739_000, 16850)
			.saturating_add(T::DbWeight::get().reads(11))
	}
	/// Storage: `System::BlockHash` (r:1 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `Measured`)
	/// Storage: `Staking::HotKeys` (r:1 w:0)
	/// Proof: `Staking::HotKeys` (`max_values`: None, `max_size`: Some(117), added: 2592, mode: `Measured`)
	/// Storage: `Inference::Requests` (r:1 w:0)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(9010), added: 11485, mode: `Measured`)
	fn authorize_reveal_claim_with_pool() -> Weight {
		// Least time measured: 80_160_000 ps.
		Weight::from_parts(93_800_000, 10477)
			.saturating_add(T::DbWeight::get().reads(3))
	}
	/// Storage: `Inference::Requests` (r:1 w:0)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(9010), added: 11485, mode: `Measured`)
	/// Storage: `Court::Cases` (r:1 w:0)
	/// Proof: `Court::Cases` (`max_values`: None, `max_size`: Some(78), added: 2553, mode: `Measured`)
	fn reveal_claim() -> Weight {
		// Least time measured: 14_571_000 ps.
		Weight::from_parts(17_456_000, 10256)
			.saturating_add(T::DbWeight::get().reads(2))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(9010), added: 11485, mode: `Measured`)
	/// Storage: `Attestation::Rounds` (r:1 w:0)
	/// Proof: `Attestation::Rounds` (`max_values`: None, `max_size`: Some(14969), added: 17444, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(193), added: 2668, mode: `Measured`)
	fn audit_bought() -> Weight {
		// Least time measured: 112_758_000 ps.
		Weight::from_parts(144_275_000, 16745)
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().writes(2))
	}
	/// Storage: `Babe::Initialized` (r:1 w:0)
	/// Proof: `Babe::Initialized` (`max_values`: Some(1), `max_size`: Some(110), added: 605, mode: `Measured`)
	fn begin_block() -> Weight {
		// Least time measured: 9_565_000 ps.
		Weight::from_parts(10_977_000, 1485)
			.saturating_add(T::DbWeight::get().reads(1))
	}
	/// Storage: `Inference::Agenda` (r:1 w:1)
	/// Proof: `Inference::Agenda` (`max_values`: None, `max_size`: Some(23054), added: 25529, mode: `Measured`)
	fn agenda_list() -> Weight {
		// Least time measured: 20_730_000 ps.
		Weight::from_parts(23_415_000, 26480)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `Inference::Draws` (r:1 w:1)
	/// Proof: `Inference::Draws` (`max_values`: None, `max_size`: Some(20498), added: 22973, mode: `Measured`)
	fn draw_list() -> Weight {
		// Least time measured: 14_522_000 ps.
		Weight::from_parts(17_476_000, 23920)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// `p` from 0 to 1024.
	fn snapshot(p: u32, ) -> Weight {
		// Least time measured: 13_480_000 ps.
		Weight::from_parts(14_379_282, 0)
			// Standard error: 293.
			.saturating_add(Weight::from_parts(23_552, 0).saturating_mul(p.into()))
	}
	/// Storage: `Models::ServingExecutors` (r:1 w:0)
	/// Proof: `Models::ServingExecutors` (`max_values`: None, `max_size`: Some(83982), added: 86457, mode: `Measured`)
	/// Storage: `Inference::PendingSeats` (r:1 w:1)
	/// Proof: `Inference::PendingSeats` (`max_values`: None, `max_size`: Some(16), added: 2491, mode: `Measured`)
	/// `p` from 0 to 1024.
	fn sampler(p: u32, ) -> Weight {
		// Least time measured: 11_537_000 ps.
		Weight::from_parts(20_880_762, 3621)
			// Standard error: 752.
			.saturating_add(Weight::from_parts(131_185, 0).saturating_mul(p.into()))
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(1))
			.saturating_add(Weight::from_parts(0, 37).saturating_mul(p.into()))
	}
	/// `p` from 0 to 1024.
	fn open_seats(p: u32, ) -> Weight {
		// Least time measured: 1_182_000 ps.
		Weight::from_parts(1_332_000, 0)
			// Standard error: 228.
			.saturating_add(Weight::from_parts(86_953, 0).saturating_mul(p.into()))
	}
	/// `p` from 1 to 1024.
	fn capacity(p: u32, ) -> Weight {
		// Least time measured: 1_042_000 ps.
		Weight::from_parts(4_665_310, 0)
			// Standard error: 2_660.
			.saturating_add(Weight::from_parts(331_504, 0).saturating_mul(p.into()))
	}
	/// `p` from 15 to 1024.
	fn release_seats(p: u32, ) -> Weight {
		// Least time measured: 8_993_000 ps.
		Weight::from_parts(969_299, 0)
			// Standard error: 471.
			.saturating_add(Weight::from_parts(81_709, 0).saturating_mul(p.into()))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(9056), added: 11531, mode: `Measured`)
	/// Storage: `Inference::Agenda` (r:1 w:1)
	/// Proof: `Inference::Agenda` (`max_values`: None, `max_size`: Some(23054), added: 25529, mode: `Measured`)
	fn convene() -> Weight {
		// Least time measured: 19_689_000 ps.
		Weight::from_parts(21_622_000, 5050)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(2))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(9056), added: 11531, mode: `Measured`)
	/// Storage: `Inference::PendingSeats` (r:1 w:1)
	/// Proof: `Inference::PendingSeats` (`max_values`: None, `max_size`: Some(16), added: 2491, mode: `Measured`)
	fn held() -> Weight {
		// Least time measured: 26_139_000 ps.
		Weight::from_parts(28_262_000, 5054)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(2))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(9056), added: 11531, mode: `Measured`)
	fn dismiss() -> Weight {
		// Least time measured: 11_236_000 ps.
		Weight::from_parts(12_329_000, 5054)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `Inference::Requests` (r:1 w:0)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(9010), added: 11485, mode: `Measured`)
	fn noop() -> Weight {
		// Least time measured: 12_538_000 ps.
		Weight::from_parts(14_301_000, 10427)
			.saturating_add(T::DbWeight::get().reads(1))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(9010), added: 11485, mode: `Measured`)
	fn postpone() -> Weight {
		// Least time measured: 23_855_000 ps.
		Weight::from_parts(27_351_000, 9124)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	fn queue_replacement() -> Weight {
		// Least time measured: 1_262_000 ps.
		Weight::from_parts(1_692_000, 0)
	}
	/// Storage: `Attestation::Rounds` (r:1 w:1)
	/// Proof: `Attestation::Rounds` (`max_values`: None, `max_size`: Some(14969), added: 17444, mode: `Measured`)
	/// Storage: `Inference::Requests` (r:1 w:0)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(9010), added: 11485, mode: `Measured`)
	/// `e` from 1 to 73.
	fn replace(e: u32, ) -> Weight {
		// Least time measured: 37_235_000 ps.
		Weight::from_parts(47_001_909, 5171)
			// Standard error: 5_554.
			.saturating_add(Weight::from_parts(228_676, 0).saturating_mul(e.into()))
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(1))
			.saturating_add(Weight::from_parts(0, 38).saturating_mul(e.into()))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(9010), added: 11485, mode: `Measured`)
	/// Storage: `Attestation::Rounds` (r:1 w:0)
	/// Proof: `Attestation::Rounds` (`max_values`: None, `max_size`: Some(14969), added: 17444, mode: `Measured`)
	/// Storage: `Inference::PendingSeats` (r:1 w:1)
	/// Proof: `Inference::PendingSeats` (`max_values`: None, `max_size`: Some(16), added: 2491, mode: `Measured`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(193), added: 2668, mode: `Measured`)
	fn refund() -> Weight {
		// Least time measured: 65_237_000 ps.
		Weight::from_parts(69_644_000, 5315)
			.saturating_add(T::DbWeight::get().reads(5))
			.saturating_add(T::DbWeight::get().writes(4))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(9010), added: 11485, mode: `Measured`)
	/// Storage: `Attestation::Rounds` (r:1 w:1)
	/// Proof: `Attestation::Rounds` (`max_values`: None, `max_size`: Some(14969), added: 17444, mode: `Measured`)
	/// `s` from 3 to 15.
	/// `e` from 0 to 22.
	fn draw(s: u32, e: u32, ) -> Weight {
		// Least time measured: 87_891_000 ps.
		Weight::from_parts(85_437_011, 8344)
			// Standard error: 123_584.
			.saturating_add(Weight::from_parts(1_981_129, 0).saturating_mul(s.into()))
			// Standard error: 68_569.
			.saturating_add(Weight::from_parts(1_267_029, 0).saturating_mul(e.into()))
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(2))
			.saturating_add(Weight::from_parts(0, 182).saturating_mul(e.into()))
			.saturating_add(Weight::from_parts(0, 21).saturating_mul(s.into()))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(9010), added: 11485, mode: `Measured`)
	fn attested() -> Weight {
		// Least time measured: 27_552_000 ps.
		Weight::from_parts(30_746_000, 5005)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(9010), added: 11485, mode: `Measured`)
	fn escalated() -> Weight {
		// Least time measured: 25_088_000 ps.
		Weight::from_parts(29_093_000, 5005)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(9010), added: 11485, mode: `Measured`)
	/// Storage: `Attestation::Rounds` (r:1 w:0)
	/// Proof: `Attestation::Rounds` (`max_values`: None, `max_size`: Some(14969), added: 17444, mode: `Measured`)
	/// Storage: `Court::Cases` (r:1 w:1)
	/// Proof: `Court::Cases` (`max_values`: None, `max_size`: Some(78), added: 2553, mode: `Measured`)
	/// Storage: `Court::Docket` (r:1 w:1)
	/// Proof: `Court::Docket` (`max_values`: Some(1), `max_size`: Some(1794), added: 2289, mode: `Measured`)
	/// Storage: `Court::Sittings` (r:1 w:0)
	/// Proof: `Court::Sittings` (`max_values`: Some(1), `max_size`: Some(209), added: 704, mode: `Measured`)
	/// Storage: `Court::BenchCases` (r:1 w:1)
	/// Proof: `Court::BenchCases` (`max_values`: None, `max_size`: Some(16), added: 2491, mode: `Measured`)
	fn open_court() -> Weight {
		// Least time measured: 45_178_000 ps.
		Weight::from_parts(51_797_000, 9116)
			.saturating_add(T::DbWeight::get().reads(6))
			.saturating_add(T::DbWeight::get().writes(4))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(9010), added: 11485, mode: `Measured`)
	/// Storage: `Attestation::Rounds` (r:1 w:0)
	/// Proof: `Attestation::Rounds` (`max_values`: None, `max_size`: Some(14969), added: 17444, mode: `Measured`)
	/// Storage: `Court::Cases` (r:1 w:1)
	/// Proof: `Court::Cases` (`max_values`: None, `max_size`: Some(78), added: 2553, mode: `Measured`)
	/// Storage: `Court::Docket` (r:1 w:1)
	/// Proof: `Court::Docket` (`max_values`: Some(1), `max_size`: Some(1794), added: 2289, mode: `Measured`)
	/// Storage: `Court::Sittings` (r:1 w:0)
	/// Proof: `Court::Sittings` (`max_values`: Some(1), `max_size`: Some(209), added: 704, mode: `Measured`)
	/// Storage: `Court::BenchCases` (r:1 w:1)
	/// Proof: `Court::BenchCases` (`max_values`: None, `max_size`: Some(16), added: 2491, mode: `Measured`)
	fn service_disputes() -> Weight {
		// Least time measured: 69_674_000 ps.
		Weight::from_parts(83_274_000, 16586)
			.saturating_add(T::DbWeight::get().reads(6))
			.saturating_add(T::DbWeight::get().writes(4))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(9010), added: 11485, mode: `Measured`)
	/// Storage: `Attestation::Rounds` (r:1 w:0)
	/// Proof: `Attestation::Rounds` (`max_values`: None, `max_size`: Some(14969), added: 17444, mode: `Measured`)
	/// Storage: `Staking::ConvictionIds` (r:13 w:13)
	/// Proof: `Staking::ConvictionIds` (`max_values`: None, `max_size`: Some(88), added: 2563, mode: `Measured`)
	/// Storage: `Staking::Pools` (r:26 w:26)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(170), added: 2645, mode: `Measured`)
	/// Storage: `Staking::Unbonding` (r:13 w:0)
	/// Proof: `Staking::Unbonding` (`max_values`: None, `max_size`: Some(610), added: 3085, mode: `Measured`)
	/// Storage: `Staking::UnbondingVaults` (r:13 w:0)
	/// Proof: `Staking::UnbondingVaults` (`max_values`: None, `max_size`: Some(6195), added: 8670, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(193), added: 2668, mode: `Measured`)
	/// Storage: `System::Account` (r:15 w:2)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	/// Storage: `Staking::Convictions` (r:0 w:13)
	/// Proof: `Staking::Convictions` (`max_values`: None, `max_size`: Some(894), added: 3369, mode: `Measured`)
	/// Storage: `Governance::Speed` (r:1 w:0)
	/// Proof: `Governance::Speed` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `Measured`)
	/// Storage: `Staking::Moved` (r:13 w:0)
	/// Proof: `Staking::Moved` (`max_values`: None, `max_size`: Some(9267), added: 11742, mode: `Measured`)
	/// `w` from 1 to 13.
	/// `l` from 0 to 13.
	fn judged(w: u32, l: u32, ) -> Weight {
		// Least time measured: 629_928_000 ps.
		Weight::from_parts(4_626_486, 16652)
			// Standard error: 3_906_174.
			.saturating_add(Weight::from_parts(59_027_301, 0).saturating_mul(w.into()))
			// Standard error: 3_620_154.
			.saturating_add(Weight::from_parts(80_205_322, 0).saturating_mul(l.into()))
			.saturating_add(T::DbWeight::get().reads(6))
			.saturating_add(T::DbWeight::get().reads((2_u64).saturating_mul(w.into())))
			.saturating_add(T::DbWeight::get().reads((5_u64).saturating_mul(l.into())))
			.saturating_add(T::DbWeight::get().writes(4))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(w.into())))
			.saturating_add(T::DbWeight::get().writes((3_u64).saturating_mul(l.into())))
			.saturating_add(Weight::from_parts(0, 2802).saturating_mul(l.into()))
			.saturating_add(Weight::from_parts(0, 2867).saturating_mul(w.into()))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(9010), added: 11485, mode: `Measured`)
	/// Storage: `Attestation::Rounds` (r:1 w:0)
	/// Proof: `Attestation::Rounds` (`max_values`: None, `max_size`: Some(14969), added: 17444, mode: `Measured`)
	/// `w` from 1 to 27.
	fn settle(w: u32, ) -> Weight {
		// Least time measured: 71_537_000 ps.
		Weight::from_parts(78_718_441, 13416)
			// Standard error: 177_919.
			.saturating_add(Weight::from_parts(4_230_795, 0).saturating_mul(w.into()))
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(1))
			.saturating_add(Weight::from_parts(0, 144).saturating_mul(w.into()))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(9010), added: 11485, mode: `Measured`)
	fn audit() -> Weight {
		// Least time measured: 34_160_000 ps.
		Weight::from_parts(45_828_000, 9152)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(193), added: 2668, mode: `Measured`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	fn charge_requester() -> Weight {
		// Least time measured: 74_180_000 ps.
		Weight::from_parts(80_660_000, 3765)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(2))
	}
	/// Storage: `Staking::Pools` (r:1 w:1)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(170), added: 2645, mode: `Measured`)
	/// Storage: `System::Account` (r:1 w:0)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	fn pay_pool() -> Weight {
		// Least time measured: 48_242_000 ps.
		Weight::from_parts(77_826_000, 3935)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	fn pay_account() -> Weight {
		// Least time measured: 26_740_000 ps.
		Weight::from_parts(32_068_000, 3515)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(193), added: 2668, mode: `Measured`)
	fn return_deposit() -> Weight {
		// Least time measured: 40_800_000 ps.
		Weight::from_parts(43_795_000, 3765)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(2))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(9010), added: 11485, mode: `Measured`)
	/// Storage: `Attestation::Rounds` (r:1 w:1)
	/// Proof: `Attestation::Rounds` (`max_values`: None, `max_size`: Some(14969), added: 17444, mode: `Measured`)
	/// Storage: `Inference::Inputs` (r:0 w:1)
	/// Proof: `Inference::Inputs` (`max_values`: None, `max_size`: Some(16404), added: 18879, mode: `Measured`)
	fn prune() -> Weight {
		// Least time measured: 29_183_000 ps.
		Weight::from_parts(34_881_000, 18617)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(3))
	}
	// Not measured yet: by hand, after calls that do as much, and rounded up.
	/// Storage: `Inference::Intake` (r:1 w:1)
	fn drain() -> Weight {
		Weight::from_parts(10_000_000, 0)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `Inference::Intake` (r:1 w:1)
	fn resume() -> Weight {
		Weight::from_parts(10_000_000, 0)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `Inference::Requests` (r:1 w:0)
	/// Storage: `Inference::Intake` (r:0 w:1)
	fn end_drain() -> Weight {
		Weight::from_parts(10_000_000, 0)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `Inference::Requests` (r:65536 w:0)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Storage: `System::Account` (r:1 w:1)
	/// `r` from 0 to 65536. Each is one step to the next key, and one read.
	fn release_orphaned(r: u32, ) -> Weight {
		Weight::from_parts(140_000_000, 0)
			.saturating_add(Weight::from_parts(20_000_000, 0).saturating_mul(r.into()))
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().reads(2_u64.saturating_mul(r.into())))
			.saturating_add(T::DbWeight::get().writes(2))
	}
}
