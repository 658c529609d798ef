//! Unit tests by topic, and the calls that they share.

mod announcements;
mod channels;
mod engines;
mod evidence;
mod holds;
mod lookups;
mod maxima;
mod names;
mod offchain;
mod policy;
mod registration;
mod serving;
mod transfer;

use crate::{mock::*, *};
use frame_support::storage::with_storage_layer;
use opg_primitives::{registry::VersionNumber, Dim, Dims, ModelId, VersionLimits};
use sp_core::H256;
use sp_runtime::DispatchResult;

/// Digest of every inspection report here.
const REPORT: H256 = H256::repeat_byte(9);

fn origin(who: u64) -> RuntimeOrigin {
	RuntimeOrigin::signed(who)
}

/// Limits of most versions here.
const LIMITS: VersionLimits = VersionLimits::inline(1, 1, 1);

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
	Registration { owner: who, size, limits, royalty, ..Registration::of(name) }.send()
}

fn register_for(engine_id: H256, dims: &[(&str, u64)]) -> DispatchResult {
	let dims = dims
		.iter()
		.map(|(name, size)| Dim { name: name.as_bytes().to_vec().try_into().unwrap(), size: *size })
		.collect::<Vec<_>>();
	let dims = dims.try_into().unwrap();
	Registration { engine_id, dims, ..Registration::of(b"m") }.send()
}

/// Arguments of `register`.
struct Registration {
	owner: u64,
	model_hash: H256,
	size: u32,
	name: ModelName,
	engine_id: H256,
	dims: Dims,
	limits: VersionLimits,
	royalty: u128,
	release: Release,
	salt: Option<[u8; 32]>,
}

impl Registration {
	/// A release of account 1, whose major version is its number on the chain.
	fn of(name: &[u8]) -> Self {
		let number = VersionNumber::new(NextModelId::<Test>::get(), 0, 0);
		Self {
			owner: 1,
			model_hash: H256::zero(),
			size: 1,
			name: text(name),
			engine_id: ENGINE,
			dims: Dims::default(),
			limits: LIMITS,
			royalty: 0,
			release: Release { number, licence: None, tokenizer: None, generation: None },
			salt: None,
		}
	}

	/// The same with this version number.
	fn at(number: &str) -> Self {
		let release = Release {
			number: VersionNumber::parse(number).unwrap(),
			licence: None,
			tokenizer: None,
			generation: None,
		};
		Self { release, ..Self::of(b"m") }
	}

	fn send(self) -> DispatchResult {
		let Self { owner, model_hash, size, name, engine_id, dims, limits, royalty, release, salt } =
			self;
		let origin = origin(owner);
		with_storage_layer(|| {
			Registry::register(
				origin,
				model_hash,
				size,
				name,
				engine_id,
				dims,
				limits,
				royalty,
				REPORT,
				Box::new(release),
				salt,
			)
		})
	}
}

/// A bounded text.
fn text<B: TryFrom<Vec<u8>, Error: std::fmt::Debug>>(bytes: &[u8]) -> B {
	bytes.to_vec().try_into().unwrap()
}

fn serve(who: u64, model: ModelId) -> DispatchResult {
	Registry::serve(origin(who), model, REPORT)
}

/// Nominates an engine, with evidence of all executors. Pins version 0.
fn prove(engine_id: H256) {
	let pin = Pin { model: 0, input: text(b"in") };
	Registry::nominate_engine(RuntimeOrigin::root(), engine_id, vec![pin].try_into().unwrap())
		.unwrap();
	let all = (1..9).map(|executor| Statement { executor, at: 0, digest: engine_id });
	Evidence::<Test>::insert(engine_id, Statements::<Test>::truncate_from(all.collect()));
}
