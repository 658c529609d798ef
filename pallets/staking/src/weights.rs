//! Weights, not measured yet.

#![allow(missing_docs)]

use core::marker::PhantomData;
use frame_support::weights::Weight;

pub trait WeightInfo {
	fn bond() -> Weight;
	fn delegate() -> Weight;
	fn undelegate() -> Weight;
	fn withdraw() -> Weight;
	fn leave() -> Weight;
	fn evict() -> Weight;
	fn forget() -> Weight;
	fn set_commission() -> Weight;
	fn rest() -> Weight;
	fn resume() -> Weight;
	fn set_hot_key() -> Weight;
	fn set_validator_count() -> Weight;
	fn resume_slashing() -> Weight;
	fn plan_session(p: u32) -> Weight;
	fn elect(p: u32) -> Weight;
	fn start_session(p: u32) -> Weight;
	fn reward_author() -> Weight;
	fn slash_validator() -> Weight;
	fn penalise() -> Weight;
	fn reward() -> Weight;
}

pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn bond() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn delegate() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn undelegate() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn withdraw() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn leave() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn evict() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn forget() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn set_commission() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn rest() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn resume() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn set_hot_key() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn set_validator_count() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn resume_slashing() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn plan_session(_p: u32) -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn elect(_p: u32) -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn start_session(_p: u32) -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn reward_author() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn slash_validator() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn penalise() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn reward() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
}

impl WeightInfo for () {
	fn bond() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn delegate() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn undelegate() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn withdraw() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn leave() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn evict() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn forget() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn set_commission() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn rest() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn resume() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn set_hot_key() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn set_validator_count() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn resume_slashing() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn plan_session(_p: u32) -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn elect(_p: u32) -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn start_session(_p: u32) -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn reward_author() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn slash_validator() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn penalise() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn reward() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
}
