//! Weights of `pallet_opg_court`: not measured yet. The numbers are estimates from the like ones of
//! the attestation pallet, rounded up, and are replaced by `scripts/bench-weights.sh`.

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
}

/// Estimated weights, with the database weights of the runtime.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	/// Bench, list of sittings; per item the case and the vote.
	fn commit(n: u32, ) -> Weight {
		Weight::from_parts(40_000_000, 16_000)
			.saturating_add(Weight::from_parts(20_000_000, 5_300).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads_writes(2, 1))
			.saturating_add(T::DbWeight::get().reads_writes(2, 2).saturating_mul(n.into()))
	}
	/// Per item the case, the vote, the answers of voters and of executors, and the request.
	fn reveal(n: u32, ) -> Weight {
		Weight::from_parts(40_000_000, 16_000)
			.saturating_add(Weight::from_parts(40_000_000, 50_000).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads_writes(2, 1))
			.saturating_add(T::DbWeight::get().reads_writes(6, 3).saturating_mul(n.into()))
	}
	fn reveal_one(b: u32, ) -> Weight {
		Weight::from_parts(40_000_000, 0)
			.saturating_add(Weight::from_parts(5_000, 0).saturating_mul(b.into()))
	}
	fn authorize_commit(n: u32, ) -> Weight {
		Weight::from_parts(90_000_000, 16_000)
			.saturating_add(Weight::from_parts(10_000_000, 5_300).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().reads(2).saturating_mul(n.into()))
	}
	fn authorize_reveal(n: u32, ) -> Weight {
		Weight::from_parts(90_000_000, 16_000)
			.saturating_add(Weight::from_parts(20_000_000, 25_000).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().reads(5).saturating_mul(n.into()))
	}
	fn authorize_reveal_one(b: u32, ) -> Weight {
		Weight::from_parts(40_000_000, 0)
			.saturating_add(Weight::from_parts(5_000, 0).saturating_mul(b.into()))
	}
	/// Docket, list of sittings, what is spent, clock, session.
	fn read_lists() -> Weight {
		Weight::from_parts(20_000_000, 16_000)
			.saturating_add(T::DbWeight::get().reads(5))
	}
	/// Both lists, case, what is spent, bench, number of its cases.
	fn begin_sitting() -> Weight {
		Weight::from_parts(40_000_000, 22_000)
			.saturating_add(T::DbWeight::get().reads_writes(6, 5))
	}
	/// List of sittings, case.
	fn begin_reveal() -> Weight {
		Weight::from_parts(30_000_000, 8_000)
			.saturating_add(T::DbWeight::get().reads_writes(2, 2))
	}
	/// Both lists, case, bench, number of its cases; each vote; each answer.
	fn end_sitting(v: u32, a: u32, ) -> Weight {
		Weight::from_parts(100_000_000, 30_000)
			.saturating_add(Weight::from_parts(4_000_000, 2_600).saturating_mul(v.into()))
			.saturating_add(Weight::from_parts(8_000_000, 6_700).saturating_mul(a.into()))
			.saturating_add(T::DbWeight::get().reads_writes(8, 5))
			.saturating_add(T::DbWeight::get().reads_writes(1, 1).saturating_mul(v.into()))
			.saturating_add(T::DbWeight::get().reads_writes(1, 1).saturating_mul(a.into()))
	}
	/// Session, missed cases of a whole bench.
	fn note_missed() -> Weight {
		Weight::from_parts(30_000_000, 7_000)
			.saturating_add(T::DbWeight::get().reads_writes(2, 1))
	}
	/// Bench, block of the last declarations; per item the list, the version, and the counts of three
	/// accounts.
	fn declare(n: u32, ) -> Weight {
		Weight::from_parts(40_000_000, 12_000)
			.saturating_add(Weight::from_parts(40_000_000, 18_000).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads_writes(2, 1))
			.saturating_add(T::DbWeight::get().reads_writes(5, 4).saturating_mul(n.into()))
	}
	/// Session, bench, block of the last declarations, hashes of two blocks; per item the list, the
	/// version, the count of the validator.
	fn authorize_declare(n: u32, ) -> Weight {
		Weight::from_parts(90_000_000, 16_000)
			.saturating_add(Weight::from_parts(10_000_000, 9_000).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(6))
			.saturating_add(T::DbWeight::get().reads(2).saturating_mul(n.into()))
	}
	/// The list, and the count of each account on it.
	fn forget(v: u32, ) -> Weight {
		Weight::from_parts(10_000_000, 7_000)
			.saturating_add(Weight::from_parts(3_000_000, 2_600).saturating_mul(v.into()))
			.saturating_add(T::DbWeight::get().reads_writes(1, 1))
			.saturating_add(T::DbWeight::get().reads_writes(1, 1).saturating_mul(v.into()))
	}
}
