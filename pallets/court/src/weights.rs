//! Weights of `pallet_opg_court`, measured and written by `scripts/bench-weights.sh`.
//!
//! Bencher 64.0.0, 2026-11-26, 20 steps of 10 runs, on AMD EPYC.

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(missing_docs)]

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// Weights of the calls and hooks.
pub trait WeightInfo {
	fn commit(n: u32, ) -> Weight;
	fn reveal(n: u32, ) -> Weight;
	fn reveal_one(b: u32, ) -> Weight;
	fn authorize_commit(n: u32, ) -> Weight;
	fn authorize_reveal(n: u32, ) -> Weight;
	fn authorize_reveal_one(b: u32, ) -> Weight;
	fn read_lists() -> Weight;
	fn begin_sitting() -> Weight;
	fn begin_reveal() -> Weight;
	fn end_sitting(v: u32, a: u32, ) -> Weight;
	fn note_missed() -> Weight;
	fn declare(n: u32, ) -> Weight;
	fn authorize_declare(n: u32, ) -> Weight;
	fn forget(v: u32, ) -> Weight;
	fn hold(n: u32, ) -> Weight;
	fn authorize_hold(n: u32, ) -> Weight;
	fn convene() -> Weight;
	fn dismiss() -> Weight;
}

/// Measured weights, with the database weights of the runtime.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	/// Storage: `Court::Benches` (r:1 w:0)
	/// Proof: `Court::Benches` (`max_values`: None, `max_size`: Some(6414), added: 8889, mode: `Measured`)
	/// Storage: `Court::Cases` (r:16 w:16)
	/// Proof: `Court::Cases` (`max_values`: None, `max_size`: Some(78), added: 2553, mode: `Measured`)
	/// Storage: `Court::Votes` (r:16 w:16)
	/// Proof: `Court::Votes` (`max_values`: None, `max_size`: Some(91), added: 2566, mode: `Measured`)
	/// Storage: `Court::Sittings` (r:1 w:1)
	/// Proof: `Court::Sittings` (`max_values`: Some(1), `max_size`: Some(209), added: 704, mode: `Measured`)
	/// `n` from 1 to 16.
	fn commit(n: u32, ) -> Weight {
		// Least time measured: 30_946_000 ps.
		Weight::from_parts(24_687_458, 10267)
			// Standard error: 27_117.
			.saturating_add(Weight::from_parts(14_169_391, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().reads((2_u64).saturating_mul(n.into())))
			.saturating_add(T::DbWeight::get().writes(1))
			.saturating_add(T::DbWeight::get().writes((2_u64).saturating_mul(n.into())))
			.saturating_add(Weight::from_parts(0, 2527).saturating_mul(n.into()))
	}
	/// Storage: `Court::Benches` (r:1 w:0)
	/// Proof: `Court::Benches` (`max_values`: None, `max_size`: Some(6414), added: 8889, mode: `Measured`)
	/// Storage: `Court::Cases` (r:16 w:16)
	/// Proof: `Court::Cases` (`max_values`: None, `max_size`: Some(78), added: 2553, mode: `Measured`)
	/// Storage: `Court::Votes` (r:16 w:16)
	/// Proof: `Court::Votes` (`max_values`: None, `max_size`: Some(91), added: 2566, mode: `Measured`)
	/// Storage: `Court::Answers` (r:16 w:16)
	/// Proof: `Court::Answers` (`max_values`: None, `max_size`: Some(4155), added: 6630, mode: `Measured`)
	/// Storage: `Attestation::Rounds` (r:16 w:0)
	/// Proof: `Attestation::Rounds` (`max_values`: None, `max_size`: Some(14969), added: 17444, mode: `Measured`)
	/// Storage: `Inference::Requests` (r:16 w:0)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(9010), added: 11485, mode: `Measured`)
	/// Storage: `Court::Sittings` (r:1 w:1)
	/// Proof: `Court::Sittings` (`max_values`: Some(1), `max_size`: Some(209), added: 704, mode: `Measured`)
	/// `n` from 1 to 16.
	fn reveal(n: u32, ) -> Weight {
		// Least time measured: 47_841_000 ps.
		Weight::from_parts(31_073_640, 10298)
			// Standard error: 35_571.
			.saturating_add(Weight::from_parts(28_234_135, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().reads((5_u64).saturating_mul(n.into())))
			.saturating_add(T::DbWeight::get().writes(1))
			.saturating_add(T::DbWeight::get().writes((3_u64).saturating_mul(n.into())))
			.saturating_add(Weight::from_parts(0, 2593).saturating_mul(n.into()))
	}
	/// Storage: `Court::Benches` (r:1 w:0)
	/// Proof: `Court::Benches` (`max_values`: None, `max_size`: Some(6414), added: 8889, mode: `Measured`)
	/// Storage: `Court::Cases` (r:1 w:1)
	/// Proof: `Court::Cases` (`max_values`: None, `max_size`: Some(78), added: 2553, mode: `Measured`)
	/// Storage: `Court::Votes` (r:1 w:1)
	/// Proof: `Court::Votes` (`max_values`: None, `max_size`: Some(91), added: 2566, mode: `Measured`)
	/// Storage: `Court::Answers` (r:1 w:1)
	/// Proof: `Court::Answers` (`max_values`: None, `max_size`: Some(4155), added: 6630, mode: `Measured`)
	/// Storage: `Attestation::Rounds` (r:1 w:0)
	/// Proof: `Attestation::Rounds` (`max_values`: None, `max_size`: Some(14969), added: 17444, mode: `Measured`)
	/// Storage: `Inference::Requests` (r:1 w:0)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(9010), added: 11485, mode: `Measured`)
	/// Storage: `Court::Sittings` (r:1 w:1)
	/// Proof: `Court::Sittings` (`max_values`: Some(1), `max_size`: Some(209), added: 704, mode: `Measured`)
	/// `b` from 0 to 4096.
	fn reveal_one(b: u32, ) -> Weight {
		// Least time measured: 48_272_000 ps.
		Weight::from_parts(56_920_570, 10410)
			// Standard error: 49.
			.saturating_add(Weight::from_parts(1_828, 0).saturating_mul(b.into()))
			.saturating_add(T::DbWeight::get().reads(7))
			.saturating_add(T::DbWeight::get().writes(4))
	}
	/// Storage: `System::BlockHash` (r:1 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `Measured`)
	/// Storage: `Court::Benches` (r:1 w:0)
	/// Proof: `Court::Benches` (`max_values`: None, `max_size`: Some(6414), added: 8889, mode: `Measured`)
	/// Storage: `Court::Cases` (r:16 w:0)
	/// Proof: `Court::Cases` (`max_values`: None, `max_size`: Some(78), added: 2553, mode: `Measured`)
	/// Storage: `Court::Votes` (r:16 w:0)
	/// Proof: `Court::Votes` (`max_values`: None, `max_size`: Some(91), added: 2566, mode: `Measured`)
	/// `n` from 1 to 16.
	fn authorize_commit(n: u32, ) -> Weight {
		// Least time measured: 71_266_000 ps.
		Weight::from_parts(71_569_642, 10084)
			// Standard error: 19_258.
			.saturating_add(Weight::from_parts(5_842_886, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().reads((2_u64).saturating_mul(n.into())))
			.saturating_add(Weight::from_parts(0, 2527).saturating_mul(n.into()))
	}
	/// Storage: `System::BlockHash` (r:1 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `Measured`)
	/// Storage: `Court::Benches` (r:1 w:0)
	/// Proof: `Court::Benches` (`max_values`: None, `max_size`: Some(6414), added: 8889, mode: `Measured`)
	/// Storage: `Court::Cases` (r:16 w:0)
	/// Proof: `Court::Cases` (`max_values`: None, `max_size`: Some(78), added: 2553, mode: `Measured`)
	/// Storage: `Court::Votes` (r:16 w:0)
	/// Proof: `Court::Votes` (`max_values`: None, `max_size`: Some(91), added: 2566, mode: `Measured`)
	/// `n` from 1 to 16.
	fn authorize_reveal(n: u32, ) -> Weight {
		// Least time measured: 77_365_000 ps.
		Weight::from_parts(72_097_916, 10103)
			// Standard error: 15_566.
			.saturating_add(Weight::from_parts(11_524_151, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().reads((2_u64).saturating_mul(n.into())))
			.saturating_add(Weight::from_parts(0, 2593).saturating_mul(n.into()))
	}
	/// Storage: `System::BlockHash` (r:1 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `Measured`)
	/// Storage: `Court::Benches` (r:1 w:0)
	/// Proof: `Court::Benches` (`max_values`: None, `max_size`: Some(6414), added: 8889, mode: `Measured`)
	/// Storage: `Court::Cases` (r:1 w:0)
	/// Proof: `Court::Cases` (`max_values`: None, `max_size`: Some(78), added: 2553, mode: `Measured`)
	/// Storage: `Court::Votes` (r:1 w:0)
	/// Proof: `Court::Votes` (`max_values`: None, `max_size`: Some(91), added: 2566, mode: `Measured`)
	/// `b` from 0 to 4096.
	fn authorize_reveal_one(b: u32, ) -> Weight {
		// Least time measured: 77_085_000 ps.
		Weight::from_parts(83_641_759, 10215)
			// Standard error: 38.
			.saturating_add(Weight::from_parts(3_337, 0).saturating_mul(b.into()))
			.saturating_add(T::DbWeight::get().reads(4))
	}
	/// Storage: `Court::Sittings` (r:1 w:0)
	/// Proof: `Court::Sittings` (`max_values`: Some(1), `max_size`: Some(209), added: 704, mode: `Measured`)
	/// Storage: `Court::Docket` (r:1 w:0)
	/// Proof: `Court::Docket` (`max_values`: Some(1), `max_size`: Some(1794), added: 2289, mode: `Measured`)
	/// Storage: `Court::Spent` (r:1 w:0)
	/// Proof: `Court::Spent` (`max_values`: Some(1), `max_size`: Some(16), added: 511, mode: `Measured`)
	fn read_lists() -> Weight {
		// Least time measured: 11_257_000 ps.
		Weight::from_parts(12_138_000, 3577)
			.saturating_add(T::DbWeight::get().reads(3))
	}
	/// Storage: `Court::Sittings` (r:1 w:1)
	/// Proof: `Court::Sittings` (`max_values`: Some(1), `max_size`: Some(209), added: 704, mode: `Measured`)
	/// Storage: `Court::Docket` (r:1 w:1)
	/// Proof: `Court::Docket` (`max_values`: Some(1), `max_size`: Some(1794), added: 2289, mode: `Measured`)
	/// Storage: `Court::Spent` (r:1 w:1)
	/// Proof: `Court::Spent` (`max_values`: Some(1), `max_size`: Some(16), added: 511, mode: `Measured`)
	/// Storage: `Court::Cases` (r:1 w:1)
	/// Proof: `Court::Cases` (`max_values`: None, `max_size`: Some(78), added: 2553, mode: `Measured`)
	/// Storage: `Court::BenchCases` (r:1 w:1)
	/// Proof: `Court::BenchCases` (`max_values`: None, `max_size`: Some(16), added: 2491, mode: `Measured`)
	/// Storage: `Court::Benches` (r:1 w:0)
	/// Proof: `Court::Benches` (`max_values`: None, `max_size`: Some(6414), added: 8889, mode: `Measured`)
	fn begin_sitting() -> Weight {
		// Least time measured: 33_159_000 ps.
		Weight::from_parts(46_530_000, 10129)
			.saturating_add(T::DbWeight::get().reads(6))
			.saturating_add(T::DbWeight::get().writes(5))
	}
	/// Storage: `Court::Sittings` (r:1 w:1)
	/// Proof: `Court::Sittings` (`max_values`: Some(1), `max_size`: Some(209), added: 704, mode: `Measured`)
	/// Storage: `Court::Cases` (r:1 w:1)
	/// Proof: `Court::Cases` (`max_values`: None, `max_size`: Some(78), added: 2553, mode: `Measured`)
	/// Storage: `Court::Docket` (r:1 w:0)
	/// Proof: `Court::Docket` (`max_values`: Some(1), `max_size`: Some(1794), added: 2289, mode: `Measured`)
	/// Storage: `Court::Spent` (r:1 w:0)
	/// Proof: `Court::Spent` (`max_values`: Some(1), `max_size`: Some(16), added: 511, mode: `Measured`)
	fn begin_reveal() -> Weight {
		// Least time measured: 23_084_000 ps.
		Weight::from_parts(36_434_000, 5693)
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().writes(2))
	}
	/// Storage: `Court::Benches` (r:1 w:0)
	/// Proof: `Court::Benches` (`max_values`: None, `max_size`: Some(6414), added: 8889, mode: `Measured`)
	/// Storage: `Court::Votes` (r:101 w:100)
	/// Proof: `Court::Votes` (`max_values`: None, `max_size`: Some(91), added: 2566, mode: `Measured`)
	/// Storage: `Court::Answers` (r:101 w:100)
	/// Proof: `Court::Answers` (`max_values`: None, `max_size`: Some(4155), added: 6630, mode: `Measured`)
	/// Storage: `Court::Sittings` (r:1 w:1)
	/// Proof: `Court::Sittings` (`max_values`: Some(1), `max_size`: Some(209), added: 704, mode: `Measured`)
	/// Storage: `Court::BenchCases` (r:1 w:1)
	/// Proof: `Court::BenchCases` (`max_values`: None, `max_size`: Some(16), added: 2491, mode: `Measured`)
	/// Storage: `Court::Docket` (r:1 w:1)
	/// Proof: `Court::Docket` (`max_values`: Some(1), `max_size`: Some(1794), added: 2289, mode: `Measured`)
	/// Storage: `Court::Cases` (r:0 w:1)
	/// Proof: `Court::Cases` (`max_values`: None, `max_size`: Some(78), added: 2553, mode: `Measured`)
	/// `v` from 0 to 100.
	/// `a` from 0 to 100.
	fn end_sitting(v: u32, a: u32, ) -> Weight {
		// Least time measured: 579_133_000 ps.
		Weight::from_parts(765_991_000, 10123)
			// Standard error: 1_481_281.
			.saturating_add(Weight::from_parts(6_479_729, 0).saturating_mul(v.into()))
			// Standard error: 1_481_281.
			.saturating_add(Weight::from_parts(17_852_458, 0).saturating_mul(a.into()))
			.saturating_add(T::DbWeight::get().reads(6))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(v.into())))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(a.into())))
			.saturating_add(T::DbWeight::get().writes(4))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(v.into())))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(a.into())))
			.saturating_add(Weight::from_parts(0, 6621).saturating_mul(a.into()))
			.saturating_add(Weight::from_parts(0, 2558).saturating_mul(v.into()))
	}
	/// Storage: `Court::Missed` (r:1 w:1)
	/// Proof: `Court::Missed` (`max_values`: None, `max_size`: Some(3614), added: 6089, mode: `Measured`)
	fn note_missed() -> Weight {
		// Least time measured: 15_633_000 ps.
		Weight::from_parts(22_623_000, 3508)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}
	/// Storage: `Court::Benches` (r:1 w:0)
	/// Proof: `Court::Benches` (`max_values`: None, `max_size`: Some(6414), added: 8889, mode: `Measured`)
	/// Storage: `Court::Holders` (r:64 w:64)
	/// Proof: `Court::Holders` (`max_values`: None, `max_size`: Some(3214), added: 5689, mode: `Measured`)
	/// Storage: `Court::HeldModels` (r:129 w:129)
	/// Proof: `Court::HeldModels` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `Measured`)
	/// Storage: `Court::DeclaredAt` (r:0 w:1)
	/// Proof: `Court::DeclaredAt` (`max_values`: None, `max_size`: Some(14), added: 2489, mode: `Measured`)
	/// `n` from 1 to 64.
	fn declare(n: u32, ) -> Weight {
		// Least time measured: 62_053_000 ps.
		Weight::from_parts(97_255_000, 11959)
			// Standard error: 1_781_472.
			.saturating_add(Weight::from_parts(37_420_702, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().reads((3_u64).saturating_mul(n.into())))
			.saturating_add(T::DbWeight::get().writes(2))
			.saturating_add(T::DbWeight::get().writes((3_u64).saturating_mul(n.into())))
			.saturating_add(Weight::from_parts(0, 8293).saturating_mul(n.into()))
	}
	/// Storage: `System::BlockHash` (r:1 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `Measured`)
	/// Storage: `Court::Benches` (r:1 w:0)
	/// Proof: `Court::Benches` (`max_values`: None, `max_size`: Some(6414), added: 8889, mode: `Measured`)
	/// Storage: `Court::DeclaredAt` (r:1 w:0)
	/// Proof: `Court::DeclaredAt` (`max_values`: None, `max_size`: Some(14), added: 2489, mode: `Measured`)
	/// Storage: `Court::Holders` (r:64 w:0)
	/// Proof: `Court::Holders` (`max_values`: None, `max_size`: Some(3214), added: 5689, mode: `Measured`)
	/// `n` from 1 to 64.
	fn authorize_declare(n: u32, ) -> Weight {
		// Least time measured: 77_316_000 ps.
		Weight::from_parts(100_676_942, 9982)
			// Standard error: 100_526.
			.saturating_add(Weight::from_parts(6_503_580, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(n.into())))
			.saturating_add(Weight::from_parts(0, 5697).saturating_mul(n.into()))
	}
	/// Storage: `Court::Holders` (r:1 w:1)
	/// Proof: `Court::Holders` (`max_values`: None, `max_size`: Some(3214), added: 5689, mode: `Measured`)
	/// Storage: `Court::HeldModels` (r:100 w:100)
	/// Proof: `Court::HeldModels` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `Measured`)
	/// `v` from 0 to 100.
	fn forget(v: u32, ) -> Weight {
		// Least time measured: 6_129_000 ps.
		Weight::from_parts(9_083_306, 3563)
			// Standard error: 25_167.
			.saturating_add(Weight::from_parts(4_831_724, 0).saturating_mul(v.into()))
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(v.into())))
			.saturating_add(T::DbWeight::get().writes(1))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(v.into())))
			.saturating_add(Weight::from_parts(0, 2557).saturating_mul(v.into()))
	}
	/// Storage: `Court::Benches` (r:1 w:0)
	/// Proof: `Court::Benches` (`max_values`: None, `max_size`: Some(6414), added: 8889, mode: `Measured`)
	/// Storage: `Court::Panels` (r:15 w:15)
	/// Proof: `Court::Panels` (`max_values`: None, `max_size`: Some(770), added: 3245, mode: `Measured`)
	/// Storage: `Inference::Requests` (r:15 w:0)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(9056), added: 11531, mode: `Measured`)
	/// `n` from 1 to 16.
	fn hold(n: u32, ) -> Weight {
		// Least time measured: 28_222_000 ps.
		Weight::from_parts(19_073_231, 10674)
			// Standard error: 25_002.
			.saturating_add(Weight::from_parts(12_923_709, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().reads((2_u64).saturating_mul(n.into())))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(n.into())))
			.saturating_add(Weight::from_parts(0, 2527).saturating_mul(n.into()))
	}
	/// Storage: `System::BlockHash` (r:1 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `Measured`)
	/// Storage: `Court::Benches` (r:1 w:0)
	/// Proof: `Court::Benches` (`max_values`: None, `max_size`: Some(6414), added: 8889, mode: `Measured`)
	/// Storage: `Court::Panels` (r:15 w:0)
	/// Proof: `Court::Panels` (`max_values`: None, `max_size`: Some(770), added: 3245, mode: `Measured`)
	/// `n` from 1 to 16.
	fn authorize_hold(n: u32, ) -> Weight {
		// Least time measured: 62_863_000 ps.
		Weight::from_parts(65_112_263, 10683)
			// Standard error: 7_455.
			.saturating_add(Weight::from_parts(3_808_537, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(n.into())))
			.saturating_add(Weight::from_parts(0, 2527).saturating_mul(n.into()))
	}
	/// Storage: `Court::Panels` (r:1 w:1)
	/// Proof: `Court::Panels` (`max_values`: None, `max_size`: Some(770), added: 3245, mode: `Measured`)
	/// Storage: `Court::CounterForPanels` (r:1 w:1)
	/// Proof: `Court::CounterForPanels` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `Measured`)
	/// Storage: `Court::Benches` (r:1 w:0)
	/// Proof: `Court::Benches` (`max_values`: None, `max_size`: Some(6414), added: 8889, mode: `Measured`)
	fn convene() -> Weight {
		// Least time measured: 46_199_000 ps.
		Weight::from_parts(52_248_000, 9911)
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().writes(2))
	}
	/// Storage: `Court::Panels` (r:1 w:1)
	/// Proof: `Court::Panels` (`max_values`: None, `max_size`: Some(770), added: 3245, mode: `Measured`)
	/// Storage: `Court::CounterForPanels` (r:1 w:1)
	/// Proof: `Court::CounterForPanels` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `Measured`)
	fn dismiss() -> Weight {
		// Least time measured: 10_415_000 ps.
		Weight::from_parts(12_058_000, 4327)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(2))
	}
}
