//! Unit tests by topic, and the calls that they share.

mod engines;
mod holds;
mod maxima;
mod offchain;
mod registration;
mod serving;

use crate::{mock::*, *};
use opg_primitives::{Dim, Dims, ModelId, VersionLimits};
use sp_core::H256;
use sp_runtime::DispatchResult;

/// Digest of every inspection report here.
const REPORT: H256 = H256::repeat_byte(9);

fn origin(who: u64) -> RuntimeOrigin {
	RuntimeOrigin::signed(who)
}

/// Limits of most versions here.
const LIMITS: VersionLimits = VersionLimits { fuel: 1, load_fuel: 1, memory: 1 };

fn register(who: u64, size: u32, name: &[u8], fuel: u64, royalty: u128) -> DispatchResult {
	register_within(who, size, name, VersionLimits { fuel, ..LIMITS }, royalty)
}

fn register_within(
	who: u64,
	size: u32,
	name: &[u8],
	limits: VersionLimits,
	royalty: u128,
) -> DispatchResult {
	let (hash, name) = (H256::zero(), name.to_vec().try_into().unwrap());
	let dims = Dims::default();
	Registry::register(origin(who), hash, size, name, ENGINE, dims, limits, royalty, REPORT)
}

fn register_for(engine_id: H256, dims: &[(&str, u64)]) -> DispatchResult {
	let dims = dims
		.iter()
		.map(|(name, size)| Dim { name: name.as_bytes().to_vec().try_into().unwrap(), size: *size })
		.collect::<Vec<_>>();
	let (name, dims) = (b"m".to_vec().try_into().unwrap(), dims.try_into().unwrap());
	Registry::register(origin(1), H256::zero(), 1, name, engine_id, dims, LIMITS, 0, REPORT)
}

fn serve(who: u64, model: ModelId) -> DispatchResult {
	Registry::serve(origin(who), model, REPORT)
}
