//! Weights of `pallet_opg_inference`, measured and written by `scripts/bench-weights.sh`.
//!
//! Bencher 64.0.0, 2026-11-22, 20 steps of 10 runs, on AMD EPYC; measured before draws had a queue and
//! challenges a court, so those at the end are estimates.

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(missing_docs)]

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// Weights of every call and hook.
pub trait WeightInfo {
	fn request(i: u32, ) -> Weight;
	fn cancel() -> Weight;
	fn begin_block() -> Weight;
	fn snapshot(p: u32, ) -> Weight;
	fn sampler(p: u32, ) -> Weight;
	fn noop() -> Weight;
	fn postpone() -> Weight;
	fn refund() -> Weight;
	fn draw(s: u32, e: u32, ) -> Weight;
	fn attested() -> Weight;
	fn escalated() -> Weight;
	fn judged(w: u32, l: u32, ) -> Weight;
	fn settle(w: u32, ) -> Weight;
	fn audit() -> Weight;
	fn charge_requester() -> Weight;
	fn pay_pool() -> Weight;
	fn pay_account() -> Weight;
	fn return_deposit() -> Weight;
	fn prune() -> Weight;
	fn challenge() -> Weight;
	fn reveal_claim() -> Weight;
	fn audit_bought() -> Weight;
	fn agenda_list() -> Weight;
	fn draw_list() -> Weight;
	fn open_court() -> Weight;
	fn open_seats(p: u32, ) -> Weight;
	fn capacity(p: u32, ) -> Weight;
	fn release_seats(p: u32, ) -> Weight;
	fn challenge_with_pool() -> Weight;
	fn authorize_challenge_with_pool() -> Weight;
	fn authorize_reveal_claim_with_pool() -> Weight;
	fn queue_replacement() -> Weight;
	fn replace(e: u32, ) -> Weight;
}

/// Weights with the database costs of the runtime.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	/// Storage: `Models::Models` (r:1 w:0)
	/// Proof: `Models::Models` (`max_values`: None, `max_size`: Some(1419), added: 3894, mode: `Measured`)
	/// Storage: `Models::Engines` (r:1 w:0)
	/// Proof: `Models::Engines` (`max_values`: None, `max_size`: Some(41), added: 2516, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `Measured`)
	/// Storage: `Inference::Inputs` (r:0 w:1)
	/// Proof: `Inference::Inputs` (`max_values`: None, `max_size`: Some(16404), added: 18879, mode: `Measured`)
	/// Storage: `Inference::Requests` (r:0 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8072), added: 10547, mode: `Measured`)
	/// `i` from 0 to 16384.
	fn request(i: u32, ) -> Weight {
		// Least time measured: 93_840_000 ps.
		Weight::from_parts(101_938_654, 5179)
			// Standard error: 28.
			.saturating_add(Weight::from_parts(1_971, 0).saturating_mul(i.into()))
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().writes(3))
			// Not measured yet: the queue of draws, the burned seat fees, and two searches for room on
			// 16 full agendas each.
			.saturating_add(Weight::from_parts(60_000_000, 8_000))
			.saturating_add(T::DbWeight::get().reads(4 + 2 * 16))
			.saturating_add(T::DbWeight::get().writes(4))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8072), added: 10547, mode: `Measured`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `Measured`)
	fn cancel() -> Weight {
		// Least time measured: 65_367_000 ps.
		Weight::from_parts(75_693_000, 5206)
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().writes(3))
	}
	/// Storage: `Babe::AuthorVrfRandomness` (r:1 w:0)
	/// Proof: `Babe::AuthorVrfRandomness` (`max_values`: Some(1), `max_size`: Some(33), added: 528, mode: `Measured`)
	/// Storage: `Inference::Agenda` (r:1 w:1)
	/// Proof: `Inference::Agenda` (`max_values`: None, `max_size`: Some(23054), added: 25529, mode: `Measured`)
	/// Storage: `Inference::VrfOutputs` (r:0 w:1)
	/// Proof: `Inference::VrfOutputs` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `Measured`)
	fn begin_block() -> Weight {
		// Least time measured: 23_134_000 ps.
		Weight::from_parts(27_471_000, 26653)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(2))
	}
	/// `p` from 0 to 1024.
	fn snapshot(p: u32, ) -> Weight {
		// Least time measured: 9_765_000 ps.
		Weight::from_parts(10_652_270, 0)
			// Standard error: 151.
			.saturating_add(Weight::from_parts(34_281, 0).saturating_mul(p.into()))
	}
	/// Storage: `Models::ServingExecutors` (r:1 w:0)
	/// Proof: `Models::ServingExecutors` (`max_values`: None, `max_size`: Some(32782), added: 35257, mode: `Measured`)
	/// `p` from 0 to 1024.
	fn sampler(p: u32, ) -> Weight {
		// Least time measured: 6_479_000 ps.
		Weight::from_parts(8_262_536, 3620)
			// Standard error: 391.
			.saturating_add(Weight::from_parts(55_458, 0).saturating_mul(p.into()))
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(Weight::from_parts(0, 32).saturating_mul(p.into()))
	}
	/// Storage: `Inference::Requests` (r:1 w:0)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8072), added: 10547, mode: `Measured`)
	fn noop() -> Weight {
		// Least time measured: 10_646_000 ps.
		Weight::from_parts(14_211_000, 11524)
			.saturating_add(T::DbWeight::get().reads(1))
	}
	/// Storage: `Inference::Requests` (r:1 w:0)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8072), added: 10547, mode: `Measured`)
	fn postpone() -> Weight {
		// Least time measured: 14_361_000 ps.
		Weight::from_parts(21_712_000, 9066)
			.saturating_add(T::DbWeight::get().reads(1))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8072), added: 10547, mode: `Measured`)
	/// Storage: `System::Account` (r:2 w:2)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:2 w:2)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `Measured`)
	fn refund() -> Weight {
		// Least time measured: 110_685_000 ps.
		Weight::from_parts(124_716_000, 12050)
			.saturating_add(T::DbWeight::get().reads(5))
			.saturating_add(T::DbWeight::get().writes(5))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8072), added: 10547, mode: `Measured`)
	/// Storage: `Attestation::Rounds` (r:1 w:1)
	/// Proof: `Attestation::Rounds` (`max_values`: None, `max_size`: Some(9780), added: 12255, mode: `Measured`)
	/// `s` from 5 to 15.
	/// `e` from 0 to 37.
	fn draw(s: u32, e: u32, ) -> Weight {
		// Least time measured: 62_012_000 ps.
		Weight::from_parts(79_872_232, 9181)
			// Standard error: 146_143.
			.saturating_add(Weight::from_parts(691_009, 0).saturating_mul(s.into()))
			// Standard error: 40_276.
			.saturating_add(Weight::from_parts(162_124, 0).saturating_mul(e.into()))
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(2))
			.saturating_add(Weight::from_parts(0, 106).saturating_mul(e.into()))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8072), added: 10547, mode: `Measured`)
	fn attested() -> Weight {
		// Least time measured: 27_090_000 ps.
		Weight::from_parts(32_118_000, 4902)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8072), added: 10547, mode: `Measured`)
	fn escalated() -> Weight {
		// Least time measured: 21_422_000 ps.
		Weight::from_parts(23_906_000, 9062)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8072), added: 10547, mode: `Measured`)
	/// Storage: `System::Account` (r:2 w:2)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:2 w:2)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `Measured`)
	/// Storage: `Attestation::Rounds` (r:1 w:0)
	/// Proof: `Attestation::Rounds` (`max_values`: None, `max_size`: Some(9780), added: 12255, mode: `Measured`)
	/// Storage: `Attestation::Answers` (r:27 w:27)
	/// Proof: `Attestation::Answers` (`max_values`: None, `max_size`: Some(4155), added: 6630, mode: `Measured`)
	/// Storage: `Staking::Pools` (r:26 w:26)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(187), added: 2662, mode: `Measured`)
	/// `w` from 1 to 26.
	/// `l` from 0 to 26.
	fn judged(w: u32, l: u32, ) -> Weight {
		// Least time measured: 634_236_000 ps.
		Weight::from_parts(298_357_833, 12116)
			// Standard error: 1_087_402.
			.saturating_add(Weight::from_parts(15_733_561, 0).saturating_mul(w.into()))
			// Standard error: 1_049_336.
			.saturating_add(Weight::from_parts(73_388_080, 0).saturating_mul(l.into()))
			.saturating_add(T::DbWeight::get().reads(7))
			.saturating_add(T::DbWeight::get().reads((2_u64).saturating_mul(l.into())))
			.saturating_add(T::DbWeight::get().writes(6))
			.saturating_add(T::DbWeight::get().writes((2_u64).saturating_mul(l.into())))
			.saturating_add(Weight::from_parts(0, 2850).saturating_mul(l.into()))
			.saturating_add(Weight::from_parts(0, 140).saturating_mul(w.into()))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8072), added: 10547, mode: `Measured`)
	/// Storage: `Attestation::Rounds` (r:1 w:0)
	/// Proof: `Attestation::Rounds` (`max_values`: None, `max_size`: Some(9780), added: 12255, mode: `Measured`)
	/// `w` from 1 to 7.
	fn settle(w: u32, ) -> Weight {
		// Least time measured: 45_047_000 ps.
		Weight::from_parts(61_567_763, 9126)
			// Standard error: 170_381.
			.saturating_add(Weight::from_parts(3_260_452, 0).saturating_mul(w.into()))
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(1))
			.saturating_add(Weight::from_parts(0, 106).saturating_mul(w.into()))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8072), added: 10547, mode: `Measured`)
	/// Storage: `Attestation::Rounds` (r:1 w:0)
	/// Proof: `Attestation::Rounds` (`max_values`: None, `max_size`: Some(9780), added: 12255, mode: `Measured`)
	fn audit() -> Weight {
		// Least time measured: 40_811_000 ps.
		Weight::from_parts(46_219_000, 11494)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `Measured`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	fn charge_requester() -> Weight {
		// Least time measured: 80_630_000 ps.
		Weight::from_parts(87_661_000, 3765)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(2))
	}
	/// Storage: `Staking::Pools` (r:1 w:1)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(187), added: 2662, mode: `Measured`)
	fn pay_pool() -> Weight {
		// Least time measured: 41_933_000 ps.
		Weight::from_parts(48_523_000, 3814)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	fn pay_account() -> Weight {
		// Least time measured: 28_913_000 ps.
		Weight::from_parts(30_695_000, 3515)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `Measured`)
	fn return_deposit() -> Weight {
		// Least time measured: 45_859_000 ps.
		Weight::from_parts(50_675_000, 3765)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(2))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8072), added: 10547, mode: `Measured`)
	/// Storage: `Attestation::Rounds` (r:1 w:1)
	/// Proof: `Attestation::Rounds` (`max_values`: None, `max_size`: Some(9780), added: 12255, mode: `Measured`)
	/// Storage: `Inference::Inputs` (r:0 w:1)
	/// Proof: `Inference::Inputs` (`max_values`: None, `max_size`: Some(16404), added: 18879, mode: `Measured`)
	fn prune() -> Weight {
		// Least time measured: 23_876_000 ps.
		Weight::from_parts(29_324_000, 17151)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(3))
	}

	// Not measured yet: estimates from the functions above that do alike.

	/// Stored request, hold of the bond, one more entry of the court.
	fn challenge() -> Weight {
		Weight::from_parts(180_000_000, 20_000)
			.saturating_add(T::DbWeight::get().reads(6 + 16))
			.saturating_add(T::DbWeight::get().writes(6))
	}
	/// Stored request, one hash, and the court's case.
	fn reveal_claim() -> Weight {
		Weight::from_parts(60_000_000, 20_000)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Stored request and round, two charges, one more draw. The draw context is not counted.
	fn audit_bought() -> Weight {
		Weight::from_parts(200_000_000, 20_000)
			.saturating_add(T::DbWeight::get().reads(7))
			.saturating_add(T::DbWeight::get().writes(5))
	}
	/// One full list of the agenda, read and removed.
	fn agenda_list() -> Weight {
		Weight::from_parts(30_000_000, 30_000)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// One full list of draws, read and removed.
	fn draw_list() -> Weight {
		Weight::from_parts(20_000_000, 12_000)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Stored request, one more case of the court or, where it is full, one more action.
	fn open_court() -> Weight {
		Weight::from_parts(80_000_000, 20_000)
			.saturating_add(T::DbWeight::get().reads(4 + 16))
			.saturating_add(T::DbWeight::get().writes(4))
	}
	/// Lists of loads and of declared slots, decoded, and the former decoded again and encoded once.
	/// The block pays for their keys.
	fn open_seats(p: u32, ) -> Weight {
		Weight::from_parts(10_000_000, 1_000)
			.saturating_add(Weight::from_parts(260_000, 100).saturating_mul(p.into()))
	}
	/// Free slots of so many candidates, and the counter of a model.
	fn capacity(p: u32, ) -> Weight {
		Weight::from_parts(5_000_000, 100)
			.saturating_add(Weight::from_parts(250_000, 0).saturating_mul(p.into()))
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// List of loads, decoded and encoded, and the round of a request, decoded. The block pays for the
	/// key of the list.
	fn release_seats(p: u32, ) -> Weight {
		Weight::from_parts(20_000_000, 12_000)
			.saturating_add(Weight::from_parts(130_000, 60).saturating_mul(p.into()))
			.saturating_add(T::DbWeight::get().reads(1))
	}
	/// As `challenge`, with the list of suspended executors, the round, and the reserve in a full list
	/// of loads in place of the hold.
	fn challenge_with_pool() -> Weight {
		Self::challenge()
			.saturating_add(Weight::from_parts(220_000_000, 120_000))
			.saturating_add(T::DbWeight::get().reads(8))
			.saturating_add(T::DbWeight::get().writes(2))
	}
	/// Hot key, hash of a block, signature, and the call on trial.
	fn authorize_challenge_with_pool() -> Weight {
		Self::challenge_with_pool()
			.saturating_add(Weight::from_parts(90_000_000, 8_000))
			.saturating_add(T::DbWeight::get().reads(4))
	}
	/// Hot key, hash of a block, signature, and the call on trial.
	fn authorize_reveal_claim_with_pool() -> Weight {
		Self::reveal_claim()
			.saturating_add(Weight::from_parts(90_000_000, 8_000))
			.saturating_add(T::DbWeight::get().reads(4))
	}
	/// Not measured yet: one more entry of a list.
	fn queue_replacement() -> Weight {
		Weight::from_parts(5_000_000, 4_000)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Not measured yet: what a draw of one seat takes, and reading the round once more. `e`: members
	/// so far.
	fn replace(e: u32, ) -> Weight {
		Weight::from_parts(80_000_000, 12_000)
			.saturating_add(Weight::from_parts(400_000, 0).saturating_mul(e.into()))
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(1))
			.saturating_add(Weight::from_parts(0, 106).saturating_mul(e.into()))
	}
}
