//! Weights, not measured yet.

#![allow(missing_docs)]

use core::marker::PhantomData;
use frame_support::weights::Weight;

pub trait WeightInfo {
	fn request(i: u32) -> Weight;
	fn cancel() -> Weight;
	fn challenge() -> Weight;
	fn begin_block() -> Weight;
	fn snapshot(p: u32) -> Weight;
	fn urn(p: u32) -> Weight;
	fn look_up() -> Weight;
	fn postpone() -> Weight;
	fn give_up() -> Weight;
	fn draw(s: u32) -> Weight;
	fn attested() -> Weight;
	fn escalated() -> Weight;
	fn upheld(w: u32, l: u32) -> Weight;
	fn overturned(w: u32, l: u32) -> Weight;
	fn settle(w: u32, l: u32) -> Weight;
	fn audit() -> Weight;
	fn prune() -> Weight;
}

pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn request(_i: u32) -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn cancel() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn challenge() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn begin_block() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn snapshot(_p: u32) -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn urn(_p: u32) -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn look_up() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn postpone() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn give_up() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn draw(_s: u32) -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn attested() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn escalated() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn upheld(_w: u32, _l: u32) -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn overturned(_w: u32, _l: u32) -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn settle(_w: u32, _l: u32) -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn audit() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn prune() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
}

impl WeightInfo for () {
	fn request(_i: u32) -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn cancel() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn challenge() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn begin_block() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn snapshot(_p: u32) -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn urn(_p: u32) -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn look_up() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn postpone() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn give_up() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn draw(_s: u32) -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn attested() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn escalated() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn upheld(_w: u32, _l: u32) -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn overturned(_w: u32, _l: u32) -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn settle(_w: u32, _l: u32) -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn audit() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn prune() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
}
