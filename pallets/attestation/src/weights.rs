//! Weights, not measured yet.

#![allow(missing_docs)]

use core::marker::PhantomData;
use frame_support::weights::Weight;

pub trait WeightInfo {
	fn commit(n: u32) -> Weight;
	fn reveal(n: u32) -> Weight;
	fn decline(n: u32) -> Weight;
	fn authorize_commit(n: u32) -> Weight;
	fn authorize_reveal(n: u32) -> Weight;
	fn authorize_decline(n: u32) -> Weight;
	fn change_record(s: u32) -> Weight;
	fn read_record(s: u32) -> Weight;
	fn new_answer() -> Weight;
	fn close(r: u32, p: u32) -> Weight;
	fn forget(a: u32) -> Weight;
	fn put_off() -> Weight;
	fn take_deadlines(d: u32) -> Weight;
}

pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn commit(_n: u32) -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn reveal(_n: u32) -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn decline(_n: u32) -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn authorize_commit(_n: u32) -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn authorize_reveal(_n: u32) -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn authorize_decline(_n: u32) -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn change_record(_s: u32) -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn read_record(_s: u32) -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn new_answer() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn close(_r: u32, _p: u32) -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn forget(_a: u32) -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn put_off() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn take_deadlines(_d: u32) -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
}

impl WeightInfo for () {
	fn commit(_n: u32) -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn reveal(_n: u32) -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn decline(_n: u32) -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn authorize_commit(_n: u32) -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn authorize_reveal(_n: u32) -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn authorize_decline(_n: u32) -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn change_record(_s: u32) -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn read_record(_s: u32) -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn new_answer() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn close(_r: u32, _p: u32) -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn forget(_a: u32) -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn put_off() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn take_deadlines(_d: u32) -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
}
