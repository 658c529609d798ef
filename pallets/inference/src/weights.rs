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
	fn noop() -> Weight;
	fn postpone() -> Weight;
	fn queue_replacement() -> Weight;
	fn replace(e: u32, ) -> Weight;
	fn refund() -> Weight;
	fn draw(s: u32, e: u32, ) -> Weight;
	fn attested() -> Weight;
	fn escalated() -> Weight;
	fn open_court() -> Weight;
	fn judged(w: u32, l: u32, ) -> Weight;
	fn settle(w: u32, ) -> Weight;
	fn audit() -> Weight;
	fn charge_requester() -> Weight;
	fn pay_pool() -> Weight;
	fn pay_account() -> Weight;
	fn return_deposit() -> Weight;
	fn prune() -> Weight;
}

/// Measured weights, with the database weights of the runtime.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	/// Storage: `Models::Models` (r:1 w:0)
	/// Proof: `Models::Models` (`max_values`: None, `max_size`: Some(1419), added: 3894, mode: `Measured`)
	/// Storage: `Models::Engines` (r:1 w:0)
	/// Proof: `Models::Engines` (`max_values`: None, `max_size`: Some(41), added: 2516, mode: `Measured`)
	/// Storage: `Court::Holders` (r:1 w:0)
	/// Proof: `Court::Holders` (`max_values`: None, `max_size`: Some(3214), added: 5689, mode: `Measured`)
	/// Storage: `Court::Benches` (r:1 w:0)
	/// Proof: `Court::Benches` (`max_values`: None, `max_size`: Some(6414), added: 8889, mode: `Measured`)
	/// Storage: `Babe::Authorities` (r:1 w:0)
	/// Proof: `Babe::Authorities` (`max_values`: Some(1), `max_size`: Some(4002), added: 4497, mode: `Measured`)
	/// Storage: `Inference::PendingSeats` (r:1 w:1)
	/// Proof: `Inference::PendingSeats` (`max_values`: None, `max_size`: Some(16), added: 2491, mode: `Measured`)
	/// Storage: `Clock::Now` (r:1 w:0)
	/// Proof: `Clock::Now` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `Measured`)
	/// Storage: `Inference::Draws` (r:1 w:1)
	/// Proof: `Inference::Draws` (`max_values`: None, `max_size`: Some(20498), added: 22973, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(193), added: 2668, mode: `Measured`)
	/// Storage: `Inference::Inputs` (r:0 w:1)
	/// Proof: `Inference::Inputs` (`max_values`: None, `max_size`: Some(16404), added: 18879, mode: `Measured`)
	/// Storage: `Inference::Requests` (r:0 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8998), added: 11473, mode: `Measured`)
	/// `i` from 0 to 16384.
	fn request(i: u32, ) -> Weight {
		// Least time measured: 154_159_000 ps.
		Weight::from_parts(163_632_455, 15205)
			// Standard error: 24.
			.saturating_add(Weight::from_parts(1_350, 0).saturating_mul(i.into()))
			.saturating_add(T::DbWeight::get().reads(9))
			.saturating_add(T::DbWeight::get().writes(5))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8998), added: 11473, mode: `Measured`)
	/// Storage: `Inference::PendingSeats` (r:1 w:1)
	/// Proof: `Inference::PendingSeats` (`max_values`: None, `max_size`: Some(16), added: 2491, mode: `Measured`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(193), added: 2668, mode: `Measured`)
	/// Storage: `Clock::Now` (r:1 w:0)
	/// Proof: `Clock::Now` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `Measured`)
	fn cancel() -> Weight {
		// Least time measured: 66_269_000 ps.
		Weight::from_parts(69_333_000, 5333)
			.saturating_add(T::DbWeight::get().reads(5))
			.saturating_add(T::DbWeight::get().writes(4))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8998), added: 11473, mode: `Measured`)
	/// Storage: `Babe::Authorities` (r:1 w:0)
	/// Proof: `Babe::Authorities` (`max_values`: Some(1), `max_size`: Some(4002), added: 4497, mode: `Measured`)
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
	/// Storage: `Court::Benches` (r:1 w:0)
	/// Proof: `Court::Benches` (`max_values`: None, `max_size`: Some(6414), added: 8889, mode: `Measured`)
	fn challenge() -> Weight {
		// Least time measured: 132_577_000 ps.
		Weight::from_parts(140_079_000, 17050)
			.saturating_add(T::DbWeight::get().reads(9))
			.saturating_add(T::DbWeight::get().writes(5))
	}
	/// Storage: `Attestation::Rounds` (r:1 w:0)
	/// Proof: `Attestation::Rounds` (`max_values`: None, `max_size`: Some(14969), added: 17444, mode: `Measured`)
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8998), added: 11473, mode: `Measured`)
	/// Storage: `Babe::Authorities` (r:1 w:0)
	/// Proof: `Babe::Authorities` (`max_values`: Some(1), `max_size`: Some(4002), added: 4497, mode: `Measured`)
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
		// Least time measured: 303_722_000 ps.
		Weight::from_parts(383_622_000, 16888)
			.saturating_add(T::DbWeight::get().reads(10))
			.saturating_add(T::DbWeight::get().writes(5))
	}
	/// Storage: `System::BlockHash` (r:1 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `Measured`)
	/// Storage: `Staking::HotKeys` (r:1 w:0)
	/// Proof: `Staking::HotKeys` (`max_values`: None, `max_size`: Some(117), added: 2592, mode: `Measured`)
	/// Storage: `Clock::Now` (r:1 w:0)
	/// Proof: `Clock::Now` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `Measured`)
	/// Storage: `Attestation::Rounds` (r:1 w:0)
	/// Proof: `Attestation::Rounds` (`max_values`: None, `max_size`: Some(14969), added: 17444, mode: `Measured`)
	/// Storage: `Inference::Requests` (r:1 w:0)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8998), added: 11473, mode: `Measured`)
	/// Storage: `Babe::Authorities` (r:1 w:0)
	/// Proof: `Babe::Authorities` (`max_values`: Some(1), `max_size`: Some(4002), added: 4497, mode: `Measured`)
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
		// Least time measured: 383_602_000 ps.
		Weight::from_parts(458_633_000, 17141)
			.saturating_add(T::DbWeight::get().reads(13))
	}
	/// Storage: `System::BlockHash` (r:1 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `Measured`)
	/// Storage: `Staking::HotKeys` (r:1 w:0)
	/// Proof: `Staking::HotKeys` (`max_values`: None, `max_size`: Some(117), added: 2592, mode: `Measured`)
	/// Storage: `Clock::Now` (r:1 w:0)
	/// Proof: `Clock::Now` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `Measured`)
	/// Storage: `Inference::Requests` (r:1 w:0)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8998), added: 11473, mode: `Measured`)
	fn authorize_reveal_claim_with_pool() -> Weight {
		// Least time measured: 76_033_000 ps.
		Weight::from_parts(85_507_000, 10497)
			.saturating_add(T::DbWeight::get().reads(4))
	}
	/// Storage: `Inference::Requests` (r:1 w:0)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8998), added: 11473, mode: `Measured`)
	/// Storage: `Court::Cases` (r:1 w:0)
	/// Proof: `Court::Cases` (`max_values`: None, `max_size`: Some(78), added: 2553, mode: `Measured`)
	fn reveal_claim() -> Weight {
		// Least time measured: 14_081_000 ps.
		Weight::from_parts(15_494_000, 10287)
			.saturating_add(T::DbWeight::get().reads(2))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8998), added: 11473, mode: `Measured`)
	/// Storage: `Attestation::Rounds` (r:1 w:0)
	/// Proof: `Attestation::Rounds` (`max_values`: None, `max_size`: Some(14969), added: 17444, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(193), added: 2668, mode: `Measured`)
	/// Storage: `Inference::Draws` (r:1 w:1)
	/// Proof: `Inference::Draws` (`max_values`: None, `max_size`: Some(20498), added: 22973, mode: `Measured`)
	fn audit_bought() -> Weight {
		// Least time measured: 111_876_000 ps.
		Weight::from_parts(119_357_000, 16767)
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().writes(3))
	}
	/// Storage: `Babe::Initialized` (r:1 w:0)
	/// Proof: `Babe::Initialized` (`max_values`: Some(1), `max_size`: Some(110), added: 605, mode: `Measured`)
	fn begin_block() -> Weight {
		// Least time measured: 14_652_000 ps.
		Weight::from_parts(16_645_000, 1654)
			.saturating_add(T::DbWeight::get().reads(1))
	}
	/// Storage: `Inference::Agenda` (r:1 w:1)
	/// Proof: `Inference::Agenda` (`max_values`: None, `max_size`: Some(23054), added: 25529, mode: `Measured`)
	fn agenda_list() -> Weight {
		// Least time measured: 20_842_000 ps.
		Weight::from_parts(21_812_000, 26480)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `Inference::Draws` (r:1 w:1)
	/// Proof: `Inference::Draws` (`max_values`: None, `max_size`: Some(20498), added: 22973, mode: `Measured`)
	fn draw_list() -> Weight {
		// Least time measured: 13_911_000 ps.
		Weight::from_parts(14_862_000, 23956)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `Staking::Snapshots` (r:1 w:0)
	/// Proof: `Staking::Snapshots` (`max_values`: None, `max_size`: Some(49166), added: 51641, mode: `Measured`)
	/// `p` from 0 to 1024.
	fn snapshot(p: u32, ) -> Weight {
		// Least time measured: 14_061_000 ps.
		Weight::from_parts(16_350_328, 3454)
			// Standard error: 444.
			.saturating_add(Weight::from_parts(31_542, 0).saturating_mul(p.into()))
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(Weight::from_parts(0, 48).saturating_mul(p.into()))
	}
	/// Storage: `Inference::OpenSeats` (r:1 w:0)
	/// Proof: `Inference::OpenSeats` (`max_values`: Some(1), `max_size`: Some(57346), added: 57841, mode: `Measured`)
	/// Storage: `Staking::Snapshots` (r:1 w:0)
	/// Proof: `Staking::Snapshots` (`max_values`: None, `max_size`: Some(49166), added: 51641, mode: `Measured`)
	/// Storage: `Staking::OwnStakes` (r:1 w:0)
	/// Proof: `Staking::OwnStakes` (`max_values`: None, `max_size`: Some(49166), added: 51641, mode: `Measured`)
	/// Storage: `Models::ServingExecutors` (r:1 w:0)
	/// Proof: `Models::ServingExecutors` (`max_values`: None, `max_size`: Some(83982), added: 86457, mode: `Measured`)
	/// `p` from 0 to 1024.
	fn sampler(p: u32, ) -> Weight {
		// Least time measured: 27_411_000 ps.
		Weight::from_parts(27_713_462, 3606)
			// Standard error: 1_894.
			.saturating_add(Weight::from_parts(224_417, 0).saturating_mul(p.into()))
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(Weight::from_parts(0, 133).saturating_mul(p.into()))
	}
	/// Storage: `Inference::OpenSeats` (r:1 w:1)
	/// Proof: `Inference::OpenSeats` (`max_values`: Some(1), `max_size`: Some(57346), added: 57841, mode: `Measured`)
	/// `p` from 0 to 1024.
	fn open_seats(p: u32, ) -> Weight {
		// Least time measured: 4_777_000 ps.
		Weight::from_parts(5_027_000, 1518)
			// Standard error: 236.
			.saturating_add(Weight::from_parts(101_061, 0).saturating_mul(p.into()))
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
			.saturating_add(Weight::from_parts(0, 56).saturating_mul(p.into()))
	}
	/// Storage: `Inference::PendingSeats` (r:1 w:1)
	/// Proof: `Inference::PendingSeats` (`max_values`: None, `max_size`: Some(16), added: 2491, mode: `Measured`)
	/// `p` from 1 to 1024.
	fn capacity(p: u32, ) -> Weight {
		// Least time measured: 7_601_000 ps.
		Weight::from_parts(5_312_600, 3508)
			// Standard error: 1_161.
			.saturating_add(Weight::from_parts(251_199, 0).saturating_mul(p.into()))
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `Attestation::Rounds` (r:1 w:0)
	/// Proof: `Attestation::Rounds` (`max_values`: None, `max_size`: Some(14969), added: 17444, mode: `Measured`)
	/// Storage: `Inference::OpenSeats` (r:1 w:1)
	/// Proof: `Inference::OpenSeats` (`max_values`: Some(1), `max_size`: Some(57346), added: 57841, mode: `Measured`)
	/// `p` from 15 to 1024.
	fn release_seats(p: u32, ) -> Weight {
		// Least time measured: 17_186_000 ps.
		Weight::from_parts(9_246_332, 10004)
			// Standard error: 529.
			.saturating_add(Weight::from_parts(97_793, 0).saturating_mul(p.into()))
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(1))
			.saturating_add(Weight::from_parts(0, 56).saturating_mul(p.into()))
	}
	/// Storage: `Inference::Requests` (r:1 w:0)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8998), added: 11473, mode: `Measured`)
	fn noop() -> Weight {
		// Least time measured: 10_516_000 ps.
		Weight::from_parts(11_788_000, 10415)
			.saturating_add(T::DbWeight::get().reads(1))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8998), added: 11473, mode: `Measured`)
	/// Storage: `Inference::Draws` (r:1 w:1)
	/// Proof: `Inference::Draws` (`max_values`: None, `max_size`: Some(20498), added: 22973, mode: `Measured`)
	fn postpone() -> Weight {
		// Least time measured: 22_774_000 ps.
		Weight::from_parts(25_438_000, 9147)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(2))
	}
	/// Storage: `Inference::Vacancies` (r:1 w:1)
	/// Proof: `Inference::Vacancies` (`max_values`: Some(1), `max_size`: Some(23042), added: 23537, mode: `Measured`)
	fn queue_replacement() -> Weight {
		// Least time measured: 3_676_000 ps.
		Weight::from_parts(4_226_000, 1491)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `Attestation::Rounds` (r:1 w:1)
	/// Proof: `Attestation::Rounds` (`max_values`: None, `max_size`: Some(14969), added: 17444, mode: `Measured`)
	/// Storage: `Clock::Now` (r:1 w:0)
	/// Proof: `Clock::Now` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `Measured`)
	/// Storage: `Inference::Requests` (r:1 w:0)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8998), added: 11473, mode: `Measured`)
	/// `e` from 1 to 73.
	fn replace(e: u32, ) -> Weight {
		// Least time measured: 37_355_000 ps.
		Weight::from_parts(46_227_327, 5190)
			// Standard error: 6_283.
			.saturating_add(Weight::from_parts(261_247, 0).saturating_mul(e.into()))
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().writes(1))
			.saturating_add(Weight::from_parts(0, 38).saturating_mul(e.into()))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8998), added: 11473, mode: `Measured`)
	/// Storage: `Attestation::Rounds` (r:1 w:0)
	/// Proof: `Attestation::Rounds` (`max_values`: None, `max_size`: Some(14969), added: 17444, mode: `Measured`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(193), added: 2668, mode: `Measured`)
	/// Storage: `Clock::Now` (r:1 w:0)
	/// Proof: `Clock::Now` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `Measured`)
	fn refund() -> Weight {
		// Least time measured: 61_151_000 ps.
		Weight::from_parts(65_177_000, 5325)
			.saturating_add(T::DbWeight::get().reads(5))
			.saturating_add(T::DbWeight::get().writes(3))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8998), added: 11473, mode: `Measured`)
	/// Storage: `Attestation::Rounds` (r:1 w:1)
	/// Proof: `Attestation::Rounds` (`max_values`: None, `max_size`: Some(14969), added: 17444, mode: `Measured`)
	/// Storage: `Clock::Now` (r:1 w:0)
	/// Proof: `Clock::Now` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `Measured`)
	/// Storage: `Attestation::Deadlines` (r:1 w:0)
	/// Proof: `Attestation::Deadlines` (`max_values`: None, `max_size`: Some(36878), added: 39353, mode: `Measured`)
	/// Storage: `Inference::PendingSeats` (r:1 w:1)
	/// Proof: `Inference::PendingSeats` (`max_values`: None, `max_size`: Some(16), added: 2491, mode: `Measured`)
	/// `s` from 3 to 15.
	/// `e` from 0 to 22.
	fn draw(s: u32, e: u32, ) -> Weight {
		// Least time measured: 79_679_000 ps.
		Weight::from_parts(66_757_639, 8309)
			// Standard error: 149_246.
			.saturating_add(Weight::from_parts(1_943_290, 0).saturating_mul(s.into()))
			// Standard error: 83_391.
			.saturating_add(Weight::from_parts(1_842_316, 0).saturating_mul(e.into()))
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().writes(2))
			.saturating_add(Weight::from_parts(0, 1536).saturating_mul(e.into()))
			.saturating_add(Weight::from_parts(0, 24).saturating_mul(s.into()))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8998), added: 11473, mode: `Measured`)
	/// Storage: `Attestation::Rounds` (r:1 w:0)
	/// Proof: `Attestation::Rounds` (`max_values`: None, `max_size`: Some(14969), added: 17444, mode: `Measured`)
	/// Storage: `Clock::Now` (r:1 w:0)
	/// Proof: `Clock::Now` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `Measured`)
	fn attested() -> Weight {
		// Least time measured: 30_646_000 ps.
		Weight::from_parts(35_273_000, 5025)
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8998), added: 11473, mode: `Measured`)
	/// Storage: `Attestation::Rounds` (r:1 w:0)
	/// Proof: `Attestation::Rounds` (`max_values`: None, `max_size`: Some(14969), added: 17444, mode: `Measured`)
	/// Storage: `Inference::Draws` (r:1 w:1)
	/// Proof: `Inference::Draws` (`max_values`: None, `max_size`: Some(20498), added: 22973, mode: `Measured`)
	fn escalated() -> Weight {
		// Least time measured: 26_199_000 ps.
		Weight::from_parts(29_885_000, 5028)
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().writes(2))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8998), added: 11473, mode: `Measured`)
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
	/// Storage: `Court::Benches` (r:1 w:0)
	/// Proof: `Court::Benches` (`max_values`: None, `max_size`: Some(6414), added: 8889, mode: `Measured`)
	fn open_court() -> Weight {
		// Least time measured: 46_529_000 ps.
		Weight::from_parts(52_578_000, 9213)
			.saturating_add(T::DbWeight::get().reads(7))
			.saturating_add(T::DbWeight::get().writes(4))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8998), added: 11473, mode: `Measured`)
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
	/// Storage: `Clock::Now` (r:1 w:0)
	/// Proof: `Clock::Now` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(193), added: 2668, mode: `Measured`)
	/// Storage: `System::Account` (r:15 w:2)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	/// Storage: `Staking::Convictions` (r:0 w:13)
	/// Proof: `Staking::Convictions` (`max_values`: None, `max_size`: Some(894), added: 3369, mode: `Measured`)
	/// `w` from 1 to 13.
	/// `l` from 0 to 13.
	fn judged(w: u32, l: u32, ) -> Weight {
		// Least time measured: 613_544_000 ps.
		Weight::from_parts(232_321_716, 16672)
			// Standard error: 1_985_635.
			.saturating_add(Weight::from_parts(35_467_843, 0).saturating_mul(w.into()))
			// Standard error: 1_840_242.
			.saturating_add(Weight::from_parts(74_837_838, 0).saturating_mul(l.into()))
			.saturating_add(T::DbWeight::get().reads(6))
			.saturating_add(T::DbWeight::get().reads((2_u64).saturating_mul(w.into())))
			.saturating_add(T::DbWeight::get().reads((4_u64).saturating_mul(l.into())))
			.saturating_add(T::DbWeight::get().writes(4))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(w.into())))
			.saturating_add(T::DbWeight::get().writes((3_u64).saturating_mul(l.into())))
			.saturating_add(Weight::from_parts(0, 2802).saturating_mul(l.into()))
			.saturating_add(Weight::from_parts(0, 2867).saturating_mul(w.into()))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8998), added: 11473, mode: `Measured`)
	/// Storage: `Attestation::Rounds` (r:1 w:0)
	/// Proof: `Attestation::Rounds` (`max_values`: None, `max_size`: Some(14969), added: 17444, mode: `Measured`)
	/// Storage: `Clock::Now` (r:1 w:0)
	/// Proof: `Clock::Now` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `Measured`)
	/// `w` from 1 to 27.
	fn settle(w: u32, ) -> Weight {
		// Least time measured: 57_245_000 ps.
		Weight::from_parts(74_531_104, 13436)
			// Standard error: 63_694.
			.saturating_add(Weight::from_parts(1_533_208, 0).saturating_mul(w.into()))
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().writes(1))
			.saturating_add(Weight::from_parts(0, 144).saturating_mul(w.into()))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8998), added: 11473, mode: `Measured`)
	/// Storage: `Inference::Draws` (r:1 w:1)
	/// Proof: `Inference::Draws` (`max_values`: None, `max_size`: Some(20498), added: 22973, mode: `Measured`)
	fn audit() -> Weight {
		// Least time measured: 33_160_000 ps.
		Weight::from_parts(37_606_000, 9175)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(2))
	}
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(193), added: 2668, mode: `Measured`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	fn charge_requester() -> Weight {
		// Least time measured: 72_378_000 ps.
		Weight::from_parts(78_006_000, 3765)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(2))
	}
	/// Storage: `Staking::Pools` (r:1 w:1)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(170), added: 2645, mode: `Measured`)
	/// Storage: `System::Account` (r:1 w:0)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	fn pay_pool() -> Weight {
		// Least time measured: 45_298_000 ps.
		Weight::from_parts(49_193_000, 3935)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	fn pay_account() -> Weight {
		// Least time measured: 24_156_000 ps.
		Weight::from_parts(25_818_000, 3515)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(193), added: 2668, mode: `Measured`)
	fn return_deposit() -> Weight {
		// Least time measured: 41_652_000 ps.
		Weight::from_parts(43_605_000, 3765)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(2))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8998), added: 11473, mode: `Measured`)
	/// Storage: `Attestation::Rounds` (r:1 w:1)
	/// Proof: `Attestation::Rounds` (`max_values`: None, `max_size`: Some(14969), added: 17444, mode: `Measured`)
	/// Storage: `Inference::Inputs` (r:0 w:1)
	/// Proof: `Inference::Inputs` (`max_values`: None, `max_size`: Some(16404), added: 18879, mode: `Measured`)
	fn prune() -> Weight {
		// Least time measured: 26_370_000 ps.
		Weight::from_parts(29_143_000, 18605)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(3))
	}
}
