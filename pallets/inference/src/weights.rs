//! Weights of `pallet_opg_inference`, measured and written by `scripts/bench-weights.sh`.
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
	fn request(i: u32, ) -> Weight;
	fn cancel() -> Weight;
	fn challenge() -> Weight;
	fn begin_block() -> Weight;
	fn snapshot(p: u32, ) -> Weight;
	fn urn(p: u32, ) -> Weight;
	fn look_up() -> Weight;
	fn postpone() -> Weight;
	fn give_up() -> Weight;
	fn draw(s: u32, e: u32, ) -> Weight;
	fn attested() -> Weight;
	fn escalated() -> Weight;
	fn upheld(w: u32, l: u32, ) -> Weight;
	fn overturned(w: u32, l: u32, ) -> Weight;
	fn settle_agreed(w: u32, ) -> Weight;
	fn settle(w: u32, l: u32, ) -> Weight;
	fn audit() -> Weight;
	fn charge_requester() -> Weight;
	fn pay_pool() -> Weight;
	fn pay_owner() -> Weight;
	fn return_deposit() -> Weight;
	fn prune() -> Weight;
}

/// With the database that the runtime names.
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
		// Least time measured: 92_178_000 ps.
		Weight::from_parts(116_616_915, 5179)
			// Standard error: 89.
			.saturating_add(Weight::from_parts(2_084, 0).saturating_mul(i.into()))
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().writes(3))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8072), added: 10547, mode: `Measured`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `Measured`)
	fn cancel() -> Weight {
		// Least time measured: 67_671_000 ps.
		Weight::from_parts(80_981_000, 5206)
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().writes(3))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8072), added: 10547, mode: `Measured`)
	/// Storage: `Attestation::Records` (r:1 w:0)
	/// Proof: `Attestation::Records` (`max_values`: None, `max_size`: Some(9780), added: 12255, mode: `Measured`)
	/// Storage: `Models::Servers` (r:1 w:0)
	/// Proof: `Models::Servers` (`max_values`: None, `max_size`: Some(32782), added: 35257, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `Measured`)
	fn challenge() -> Weight {
		// Least time measured: 115_522_000 ps.
		Weight::from_parts(183_103_000, 12414)
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().writes(2))
	}
	/// Storage: `Babe::AuthorVrfRandomness` (r:1 w:0)
	/// Proof: `Babe::AuthorVrfRandomness` (`max_values`: Some(1), `max_size`: Some(33), added: 528, mode: `Measured`)
	/// Storage: `Inference::Agenda` (r:1 w:1)
	/// Proof: `Inference::Agenda` (`max_values`: None, `max_size`: Some(23054), added: 25529, mode: `Measured`)
	/// Storage: `Inference::Outputs` (r:0 w:1)
	/// Proof: `Inference::Outputs` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `Measured`)
	fn begin_block() -> Weight {
		// Least time measured: 25_207_000 ps.
		Weight::from_parts(29_885_000, 26653)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(2))
	}
	/// `p` from 0 to 1024.
	fn snapshot(p: u32, ) -> Weight {
		// Least time measured: 10_195_000 ps.
		Weight::from_parts(16_750_921, 0)
			// Standard error: 554.
			.saturating_add(Weight::from_parts(50_028, 0).saturating_mul(p.into()))
	}
	/// Storage: `Models::Servers` (r:1 w:0)
	/// Proof: `Models::Servers` (`max_values`: None, `max_size`: Some(32782), added: 35257, mode: `Measured`)
	/// `p` from 0 to 1024.
	fn urn(p: u32, ) -> Weight {
		// Least time measured: 6_540_000 ps.
		Weight::from_parts(8_168_458, 3620)
			// Standard error: 289.
			.saturating_add(Weight::from_parts(54_125, 0).saturating_mul(p.into()))
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(Weight::from_parts(0, 32).saturating_mul(p.into()))
	}
	/// Storage: `Inference::Requests` (r:1 w:0)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8072), added: 10547, mode: `Measured`)
	fn look_up() -> Weight {
		// Least time measured: 10_035_000 ps.
		Weight::from_parts(14_832_000, 11524)
			.saturating_add(T::DbWeight::get().reads(1))
	}
	/// Storage: `Inference::Requests` (r:1 w:0)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8072), added: 10547, mode: `Measured`)
	fn postpone() -> Weight {
		// Least time measured: 14_742_000 ps.
		Weight::from_parts(23_265_000, 9066)
			.saturating_add(T::DbWeight::get().reads(1))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8072), added: 10547, mode: `Measured`)
	/// Storage: `System::Account` (r:2 w:2)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:2 w:2)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `Measured`)
	fn give_up() -> Weight {
		// Least time measured: 106_189_000 ps.
		Weight::from_parts(119_178_000, 12050)
			.saturating_add(T::DbWeight::get().reads(5))
			.saturating_add(T::DbWeight::get().writes(5))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8072), added: 10547, mode: `Measured`)
	/// Storage: `Attestation::Records` (r:1 w:1)
	/// Proof: `Attestation::Records` (`max_values`: None, `max_size`: Some(9780), added: 12255, mode: `Measured`)
	/// `s` from 5 to 15.
	/// `e` from 0 to 37.
	fn draw(s: u32, e: u32, ) -> Weight {
		// Least time measured: 62_033_000 ps.
		Weight::from_parts(61_701_600, 9181)
			// Standard error: 100_776.
			.saturating_add(Weight::from_parts(1_075_281, 0).saturating_mul(s.into()))
			// Standard error: 28_903.
			.saturating_add(Weight::from_parts(555_005, 0).saturating_mul(e.into()))
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(2))
			.saturating_add(Weight::from_parts(0, 106).saturating_mul(e.into()))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8072), added: 10547, mode: `Measured`)
	fn attested() -> Weight {
		// Least time measured: 25_969_000 ps.
		Weight::from_parts(32_669_000, 4902)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8072), added: 10547, mode: `Measured`)
	fn escalated() -> Weight {
		// Least time measured: 21_612_000 ps.
		Weight::from_parts(26_259_000, 9062)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8072), added: 10547, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `Measured`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	/// Storage: `Attestation::Records` (r:1 w:0)
	/// Proof: `Attestation::Records` (`max_values`: None, `max_size`: Some(9780), added: 12255, mode: `Measured`)
	/// Storage: `Attestation::Answers` (r:26 w:26)
	/// Proof: `Attestation::Answers` (`max_values`: None, `max_size`: Some(4155), added: 6630, mode: `Measured`)
	/// Storage: `Staking::Pools` (r:25 w:25)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(187), added: 2662, mode: `Measured`)
	/// `w` from 1 to 26.
	/// `l` from 0 to 26.
	fn upheld(w: u32, l: u32, ) -> Weight {
		// Least time measured: 135_112_000 ps.
		Weight::from_parts(165_337_000, 9422)
			// Standard error: 1_823_470.
			.saturating_add(Weight::from_parts(8_138_970, 0).saturating_mul(w.into()))
			// Standard error: 1_835_722.
			.saturating_add(Weight::from_parts(61_355_574, 0).saturating_mul(l.into()))
			.saturating_add(T::DbWeight::get().reads(5))
			.saturating_add(T::DbWeight::get().reads((2_u64).saturating_mul(l.into())))
			.saturating_add(T::DbWeight::get().writes(4))
			.saturating_add(T::DbWeight::get().writes((2_u64).saturating_mul(l.into())))
			.saturating_add(Weight::from_parts(0, 2849).saturating_mul(l.into()))
			.saturating_add(Weight::from_parts(0, 139).saturating_mul(w.into()))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8072), added: 10547, mode: `Measured`)
	/// Storage: `System::Account` (r:2 w:2)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:2 w:2)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `Measured`)
	/// Storage: `Attestation::Records` (r:1 w:0)
	/// Proof: `Attestation::Records` (`max_values`: None, `max_size`: Some(9780), added: 12255, mode: `Measured`)
	/// Storage: `Attestation::Answers` (r:26 w:26)
	/// Proof: `Attestation::Answers` (`max_values`: None, `max_size`: Some(4155), added: 6630, mode: `Measured`)
	/// Storage: `Staking::Pools` (r:25 w:25)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(187), added: 2662, mode: `Measured`)
	/// `w` from 1 to 26.
	/// `l` from 0 to 26.
	fn overturned(w: u32, l: u32, ) -> Weight {
		// Least time measured: 688_888_000 ps.
		Weight::from_parts(1_027_981_935, 12042)
			// Standard error: 11_570_240.
			.saturating_add(Weight::from_parts(5_385_503, 0).saturating_mul(w.into()))
			// Standard error: 11_169_837.
			.saturating_add(Weight::from_parts(84_825_334, 0).saturating_mul(l.into()))
			.saturating_add(T::DbWeight::get().reads(7))
			.saturating_add(T::DbWeight::get().reads((2_u64).saturating_mul(l.into())))
			.saturating_add(T::DbWeight::get().writes(6))
			.saturating_add(T::DbWeight::get().writes((2_u64).saturating_mul(l.into())))
			.saturating_add(Weight::from_parts(0, 2851).saturating_mul(l.into()))
			.saturating_add(Weight::from_parts(0, 140).saturating_mul(w.into()))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8072), added: 10547, mode: `Measured`)
	/// Storage: `Attestation::Records` (r:1 w:0)
	/// Proof: `Attestation::Records` (`max_values`: None, `max_size`: Some(9780), added: 12255, mode: `Measured`)
	/// `w` from 1 to 7.
	fn settle_agreed(w: u32, ) -> Weight {
		// Least time measured: 54_181_000 ps.
		Weight::from_parts(99_115_036, 9126)
			// Standard error: 446_208.
			.saturating_add(Weight::from_parts(867_419, 0).saturating_mul(w.into()))
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(1))
			.saturating_add(Weight::from_parts(0, 106).saturating_mul(w.into()))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8072), added: 10547, mode: `Measured`)
	/// Storage: `Attestation::Records` (r:1 w:0)
	/// Proof: `Attestation::Records` (`max_values`: None, `max_size`: Some(9780), added: 12255, mode: `Measured`)
	/// Storage: `Attestation::Answers` (r:26 w:26)
	/// Proof: `Attestation::Answers` (`max_values`: None, `max_size`: Some(4155), added: 6630, mode: `Measured`)
	/// Storage: `Staking::Pools` (r:25 w:25)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(187), added: 2662, mode: `Measured`)
	/// `w` from 1 to 26.
	/// `l` from 0 to 26.
	fn settle(w: u32, l: u32, ) -> Weight {
		// Least time measured: 568_828_000 ps.
		Weight::from_parts(47_422_374, 8977)
			// Standard error: 4_817_573.
			.saturating_add(Weight::from_parts(25_962_116, 0).saturating_mul(w.into()))
			// Standard error: 4_650_855.
			.saturating_add(Weight::from_parts(67_875_784, 0).saturating_mul(l.into()))
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().reads((2_u64).saturating_mul(l.into())))
			.saturating_add(T::DbWeight::get().writes(2))
			.saturating_add(T::DbWeight::get().writes((2_u64).saturating_mul(l.into())))
			.saturating_add(Weight::from_parts(0, 2840).saturating_mul(l.into()))
			.saturating_add(Weight::from_parts(0, 129).saturating_mul(w.into()))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8072), added: 10547, mode: `Measured`)
	/// Storage: `Attestation::Records` (r:1 w:0)
	/// Proof: `Attestation::Records` (`max_values`: None, `max_size`: Some(9780), added: 12255, mode: `Measured`)
	fn audit() -> Weight {
		// Least time measured: 45_378_000 ps.
		Weight::from_parts(70_746_000, 11494)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `Measured`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	fn charge_requester() -> Weight {
		// Least time measured: 86_239_000 ps.
		Weight::from_parts(94_551_000, 3765)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(2))
	}
	/// Storage: `Staking::Pools` (r:1 w:1)
	/// Proof: `Staking::Pools` (`max_values`: None, `max_size`: Some(187), added: 2662, mode: `Measured`)
	fn pay_pool() -> Weight {
		// Least time measured: 47_121_000 ps.
		Weight::from_parts(56_905_000, 3814)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	fn pay_owner() -> Weight {
		// Least time measured: 29_284_000 ps.
		Weight::from_parts(33_290_000, 3515)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `Measured`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `Measured`)
	fn return_deposit() -> Weight {
		// Least time measured: 46_469_000 ps.
		Weight::from_parts(73_270_000, 3765)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(2))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(8072), added: 10547, mode: `Measured`)
	/// Storage: `Attestation::Records` (r:1 w:1)
	/// Proof: `Attestation::Records` (`max_values`: None, `max_size`: Some(9780), added: 12255, mode: `Measured`)
	/// Storage: `Inference::Inputs` (r:0 w:1)
	/// Proof: `Inference::Inputs` (`max_values`: None, `max_size`: Some(16404), added: 18879, mode: `Measured`)
	fn prune() -> Weight {
		// Least time measured: 24_417_000 ps.
		Weight::from_parts(48_693_000, 17151)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(3))
	}
}

impl WeightInfo for () {
	fn request(i: u32, ) -> Weight {
		Weight::from_parts(116_616_915, 5179)
			.saturating_add(Weight::from_parts(2_084, 0).saturating_mul(i.into()))
			.saturating_add(ParityDbWeight::get().reads(3))
			.saturating_add(ParityDbWeight::get().writes(3))
	}
	fn cancel() -> Weight {
		Weight::from_parts(80_981_000, 5206)
			.saturating_add(ParityDbWeight::get().reads(3))
			.saturating_add(ParityDbWeight::get().writes(3))
	}
	fn challenge() -> Weight {
		Weight::from_parts(183_103_000, 12414)
			.saturating_add(ParityDbWeight::get().reads(4))
			.saturating_add(ParityDbWeight::get().writes(2))
	}
	fn begin_block() -> Weight {
		Weight::from_parts(29_885_000, 26653)
			.saturating_add(ParityDbWeight::get().reads(2))
			.saturating_add(ParityDbWeight::get().writes(2))
	}
	fn snapshot(p: u32, ) -> Weight {
		Weight::from_parts(16_750_921, 0)
			.saturating_add(Weight::from_parts(50_028, 0).saturating_mul(p.into()))
	}
	fn urn(p: u32, ) -> Weight {
		Weight::from_parts(8_168_458, 3620)
			.saturating_add(Weight::from_parts(54_125, 0).saturating_mul(p.into()))
			.saturating_add(ParityDbWeight::get().reads(1))
			.saturating_add(Weight::from_parts(0, 32).saturating_mul(p.into()))
	}
	fn look_up() -> Weight {
		Weight::from_parts(14_832_000, 11524)
			.saturating_add(ParityDbWeight::get().reads(1))
	}
	fn postpone() -> Weight {
		Weight::from_parts(23_265_000, 9066)
			.saturating_add(ParityDbWeight::get().reads(1))
	}
	fn give_up() -> Weight {
		Weight::from_parts(119_178_000, 12050)
			.saturating_add(ParityDbWeight::get().reads(5))
			.saturating_add(ParityDbWeight::get().writes(5))
	}
	fn draw(s: u32, e: u32, ) -> Weight {
		Weight::from_parts(61_701_600, 9181)
			.saturating_add(Weight::from_parts(1_075_281, 0).saturating_mul(s.into()))
			.saturating_add(Weight::from_parts(555_005, 0).saturating_mul(e.into()))
			.saturating_add(ParityDbWeight::get().reads(2))
			.saturating_add(ParityDbWeight::get().writes(2))
			.saturating_add(Weight::from_parts(0, 106).saturating_mul(e.into()))
	}
	fn attested() -> Weight {
		Weight::from_parts(32_669_000, 4902)
			.saturating_add(ParityDbWeight::get().reads(1))
			.saturating_add(ParityDbWeight::get().writes(1))
	}
	fn escalated() -> Weight {
		Weight::from_parts(26_259_000, 9062)
			.saturating_add(ParityDbWeight::get().reads(1))
			.saturating_add(ParityDbWeight::get().writes(1))
	}
	fn upheld(w: u32, l: u32, ) -> Weight {
		Weight::from_parts(165_337_000, 9422)
			.saturating_add(Weight::from_parts(8_138_970, 0).saturating_mul(w.into()))
			.saturating_add(Weight::from_parts(61_355_574, 0).saturating_mul(l.into()))
			.saturating_add(ParityDbWeight::get().reads(5))
			.saturating_add(ParityDbWeight::get().reads((2_u64).saturating_mul(l.into())))
			.saturating_add(ParityDbWeight::get().writes(4))
			.saturating_add(ParityDbWeight::get().writes((2_u64).saturating_mul(l.into())))
			.saturating_add(Weight::from_parts(0, 2849).saturating_mul(l.into()))
			.saturating_add(Weight::from_parts(0, 139).saturating_mul(w.into()))
	}
	fn overturned(w: u32, l: u32, ) -> Weight {
		Weight::from_parts(1_027_981_935, 12042)
			.saturating_add(Weight::from_parts(5_385_503, 0).saturating_mul(w.into()))
			.saturating_add(Weight::from_parts(84_825_334, 0).saturating_mul(l.into()))
			.saturating_add(ParityDbWeight::get().reads(7))
			.saturating_add(ParityDbWeight::get().reads((2_u64).saturating_mul(l.into())))
			.saturating_add(ParityDbWeight::get().writes(6))
			.saturating_add(ParityDbWeight::get().writes((2_u64).saturating_mul(l.into())))
			.saturating_add(Weight::from_parts(0, 2851).saturating_mul(l.into()))
			.saturating_add(Weight::from_parts(0, 140).saturating_mul(w.into()))
	}
	fn settle_agreed(w: u32, ) -> Weight {
		Weight::from_parts(99_115_036, 9126)
			.saturating_add(Weight::from_parts(867_419, 0).saturating_mul(w.into()))
			.saturating_add(ParityDbWeight::get().reads(2))
			.saturating_add(ParityDbWeight::get().writes(1))
			.saturating_add(Weight::from_parts(0, 106).saturating_mul(w.into()))
	}
	fn settle(w: u32, l: u32, ) -> Weight {
		Weight::from_parts(47_422_374, 8977)
			.saturating_add(Weight::from_parts(25_962_116, 0).saturating_mul(w.into()))
			.saturating_add(Weight::from_parts(67_875_784, 0).saturating_mul(l.into()))
			.saturating_add(ParityDbWeight::get().reads(3))
			.saturating_add(ParityDbWeight::get().reads((2_u64).saturating_mul(l.into())))
			.saturating_add(ParityDbWeight::get().writes(2))
			.saturating_add(ParityDbWeight::get().writes((2_u64).saturating_mul(l.into())))
			.saturating_add(Weight::from_parts(0, 2840).saturating_mul(l.into()))
			.saturating_add(Weight::from_parts(0, 129).saturating_mul(w.into()))
	}
	fn audit() -> Weight {
		Weight::from_parts(70_746_000, 11494)
			.saturating_add(ParityDbWeight::get().reads(2))
			.saturating_add(ParityDbWeight::get().writes(1))
	}
	fn charge_requester() -> Weight {
		Weight::from_parts(94_551_000, 3765)
			.saturating_add(ParityDbWeight::get().reads(2))
			.saturating_add(ParityDbWeight::get().writes(2))
	}
	fn pay_pool() -> Weight {
		Weight::from_parts(56_905_000, 3814)
			.saturating_add(ParityDbWeight::get().reads(1))
			.saturating_add(ParityDbWeight::get().writes(1))
	}
	fn pay_owner() -> Weight {
		Weight::from_parts(33_290_000, 3515)
			.saturating_add(ParityDbWeight::get().reads(1))
			.saturating_add(ParityDbWeight::get().writes(1))
	}
	fn return_deposit() -> Weight {
		Weight::from_parts(73_270_000, 3765)
			.saturating_add(ParityDbWeight::get().reads(2))
			.saturating_add(ParityDbWeight::get().writes(2))
	}
	fn prune() -> Weight {
		Weight::from_parts(48_693_000, 17151)
			.saturating_add(ParityDbWeight::get().reads(2))
			.saturating_add(ParityDbWeight::get().writes(3))
	}
}
