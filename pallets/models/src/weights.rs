//! Weights, not measured yet.

#![allow(missing_docs)]

use core::marker::PhantomData;
use frame_support::weights::Weight;

pub trait WeightInfo {
	fn register() -> Weight;
	fn deregister() -> Weight;
	fn serve() -> Weight;
	fn stop_serving() -> Weight;
	fn admit_engine() -> Weight;
	fn retire_engine() -> Weight;
}

pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn register() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn deregister() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn serve() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn stop_serving() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn admit_engine() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn retire_engine() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
}

impl WeightInfo for () {
	fn register() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn deregister() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn serve() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn stop_serving() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn admit_engine() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn retire_engine() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
}
