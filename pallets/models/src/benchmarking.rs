//! Benchmarks of the calls, each in its worst case.

use crate::{
	evidence::{DigestCall, DigestCallOf, Subject},
	policy::{ServingAction, ServingCall, ServingCallOf},
	serving::MAX_SWEPT,
	*,
};
use alloc::{boxed::Box, vec, vec::Vec};
use codec::Encode;
use frame_benchmarking::v2::*;
use frame_support::{
	traits::{
		fungible::{Mutate, MutateHold},
		EnsureOrigin, Get,
	},
	BoundedVec,
};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use opg_primitives::{
	evidence::statement_payload,
	registry::{
		announcement, ChannelName, Content, Reason, TextGeneration, VersionNumber, MAX_CHANNEL,
		MAX_CHANNELS, MAX_LICENCE, MAX_PRE_RELEASE, MAX_REASON, MAX_TAG, MAX_TAGS, MAX_VERSIONS,
	},
	serving::serving_payload,
	Balance, Dim, Dims, ExecutorKey, ExecutorSignature, ModelId, VersionLimits, MAX_DIMS,
	MAX_DIM_NAME,
};
use pallet_opg_support::{BenchmarkExecutors, BenchmarkModels, ExecutorStake};
use sp_core::H256;
use sp_runtime::{traits::Zero, DispatchError, RuntimeAppPublic};

/// As many symbolic dimensions as a model can have, with the longest names.
fn dims() -> Dims {
	let name = |index| BoundedVec::truncate_from(vec![b'a' + index as u8; MAX_DIM_NAME as usize]);
	let dims = (0..MAX_DIMS).map(|index| Dim { name: name(index), size: 1 });
	BoundedVec::truncate_from(dims.collect())
}

fn name() -> ModelName {
	BoundedVec::truncate_from(vec![b'n'; 64])
}

/// Largest limits that a version can have.
fn limits<T: Config>() -> VersionLimits {
	VersionMaxima::<T>::get().limits
}

/// Admits an engine. Returns its id.
fn engine<T: Config>() -> H256 {
	let engine_id = H256::repeat_byte(9);
	Engines::<T>::insert(engine_id, Validity { from: Zero::zero(), until: None });
	engine_id
}

impl<T: Config> BenchmarkModels<T::AccountId> for Pallet<T> {
	fn version(owner: &T::AccountId, executors: &[T::AccountId]) -> ModelId {
		let id = NextModelId::<T>::get();
		NextModelId::<T>::put(id + 1);
		let model = Model {
			owner: owner.clone(),
			model_hash: H256::zero(),
			size: 1,
			// Nothing that is measured with it looks for its named model.
			name_id: 0,
			engine_id: engine::<T>(),
			dims: dims(),
			limits: limits::<T>(),
			royalty: 0,
			report_hash: H256::zero(),
			release: release(id),
			deprecated: None,
			deposit: 0,
		};
		Models::<T>::insert(id, model);
		let serving =
			|own: &T::AccountId| ServingExecutor { executor: own.clone(), from: 0, until: None };
		let list = executors.iter().map(serving).collect();
		ServingExecutors::<T>::insert(id, ServingList::<T>::truncate_from(list));
		id
	}
}

/// Release with the longest texts. Each `number` is another version.
fn release(number: u32) -> Release {
	let pre = BoundedVec::truncate_from(vec![b'a'; MAX_PRE_RELEASE as usize]);
	let licence = BoundedVec::truncate_from(vec![b'L'; MAX_LICENCE as usize]);
	Release {
		number: VersionNumber { pre, ..VersionNumber::new(1, 0, number) },
		licence: Some(licence),
		tokenizer: Some(Content { hash: H256::zero(), size: 1 }),
		generation: Some(TextGeneration {
			context: u32::MAX,
			vocabulary: u32::MAX,
			block: u32::MAX,
			token_fuel: u64::MAX,
			block_fuel: u64::MAX,
		}),
	}
}

/// Words of the greatest length, sorted.
fn words<B: TryFrom<Vec<u8>>>(count: u32, length: u32) -> Vec<B> {
	let word = |index: u32| vec![b'a' + index as u8; length as usize].try_into().ok();
	(0..count).filter_map(word).collect()
}

/// Description with as many tags as can be.
fn description() -> Description {
	let tags = BoundedVec::truncate_from(words(MAX_TAGS, MAX_TAG));
	Description { tags, card: Some(Content { hash: H256::zero(), size: 1 }) }
}

/// Registers `versions` versions of a model with a description and all channels but one. Returns the
/// number of the last version, to which no channel points.
fn named<T: Config>(owner: &T::AccountId, versions: u32) -> Result<ModelId, DispatchError> {
	let (engine_id, limits, hash) = (engine::<T>(), limits::<T>(), H256::zero());
	let first = NextModelId::<T>::get();
	for id in first..first + versions {
		let origin = RawOrigin::Signed(owner.clone()).into();
		let (name, dims, release) = (name(), dims(), Box::new(release(id)));
		Pallet::<T>::register(
			origin, hash, 1, name, engine_id, dims, limits, 0, hash, release, None,
		)?;
	}
	Pallet::<T>::do_describe(owner.clone(), name(), description())?;
	for channel in words(MAX_CHANNELS - 1, MAX_CHANNEL) {
		Pallet::<T>::do_set_channel(owner.clone(), name(), channel, Some(first))?;
	}
	Ok(first + versions - 1)
}

/// Gives `who` as many announcements as it can have. The last of them is `commitment`.
fn announcements<T: Config>(who: &T::AccountId, commitment: H256) {
	let at = frame_system::Pallet::<T>::block_number();
	let count = T::MaxAnnouncements::get();
	let own = (1..=count).map(|index| {
		let other = H256::repeat_byte(index as u8);
		let commitment = if index == count { commitment } else { other };
		let reason = HoldReason::Announcement.into();
		let _ = T::Currency::hold(&reason, who, Pallet::<T>::announcement_deposit());
		Announcement { commitment, at }
	});
	let own = BoundedVec::truncate_from(own.collect());
	Announcements::<T>::insert(who, own);
	frame_system::Pallet::<T>::set_block_number(at + 1u32.into());
}

/// A version that as many executors serve as can, with as many stopped ones. `swept` of those are
/// needed no more.
fn popular<T: Config>(swept: usize) -> ModelId
where
	T::Currency: Mutate<T::AccountId, Balance = Balance>,
{
	let count = T::MaxServingExecutors::get();
	let mut executors: Vec<T::AccountId> =
		(0..count).map(|index| account("executor", index, 0)).collect();
	executors.sort();
	let id = <Pallet<T> as BenchmarkModels<_>>::version(&account("owner", 0, 0), &executors);
	T::BenchmarkHelper::snapshot(&executors);
	let session = T::ExecutorStake::session();
	ServingExecutors::<T>::mutate(id, |list| {
		let mut all: Vec<_> = list.iter().cloned().collect();
		for (index, own) in list.iter().enumerate().skip(1) {
			let until = if index <= swept { 0 } else { session + 1 };
			if index <= swept {
				T::Currency::set_balance(&own.executor, 1 << 90);
				let (reason, deposit) = (HoldReason::Serve.into(), T::ServeDeposit::get());
				let _ = T::Currency::hold(&reason, &own.executor, deposit);
			}
			all.push(ServingExecutor { until: Some(until), ..own.clone() });
		}
		all.sort_by(|a, b| (&a.executor, a.until).cmp(&(&b.executor, b.until)));
		*list = ServingList::<T>::truncate_from(all);
	});
	id
}

/// A version whose list is full, with `who` as an executor that displaces another from it; and the hot
/// key of `who`.
fn displacing<T: Config>(who: &T::AccountId) -> (ModelId, ExecutorKey)
where
	T::Currency: Mutate<T::AccountId, Balance = Balance>,
{
	let key = T::BenchmarkHelper::executor(who);
	let id = popular::<T>(MAX_SWEPT);
	// The snapshot of the benchmark gives everyone the same weight, but not to who is not in it.
	let mut list = ServingExecutors::<T>::get(id);
	list[0].executor = account("outsider", 0, 0);
	let mut members: Vec<_> = list.iter().map(|own| own.executor.clone()).skip(1).collect();
	members.dedup();
	members.pop();
	members.push(who.clone());
	T::BenchmarkHelper::snapshot(&members);
	list.sort_by(|a, b| (&a.executor, a.until).cmp(&(&b.executor, b.until)));
	ServingExecutors::<T>::insert(id, list);
	(id, key)
}

/// A declaration of `executor`, which displaces another.
fn declaration<T: Config>(executor: T::AccountId) -> (ServingCallOf<T>, ExecutorSignature)
where
	T::Currency: Mutate<T::AccountId, Balance = Balance>,
{
	let (model, key) = displacing::<T>(&executor);
	ServingAllowances::<T>::insert(&executor, 2);
	let at = frame_system::Pallet::<T>::block_number();
	frame_system::Pallet::<T>::set_block_number(at + 1u32.into());
	frame_system::BlockHash::<T>::insert(at, H256::repeat_byte(1));
	let action = ServingAction::Serve { report_hash: H256::zero() };
	let call = ServingCall { executor, at, allowance: 2, model, action };
	let genesis = frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero());
	let payload = serving_payload(&genesis, &H256::repeat_byte(1), &call);
	let signature = key.sign(&payload).expect("the keystore has the key");
	(call, signature)
}

/// As many pins of as many versions as there can be, with the longest inputs.
fn pins<T: Config>() -> Pins {
	let owner = account("owner", 0, 0);
	let pin = |_| Pin {
		model: <Pallet<T> as BenchmarkModels<_>>::version(&owner, &[]),
		input: BoundedVec::truncate_from(vec![1; MAX_PINNED_INPUT as usize]),
	};
	BoundedVec::truncate_from((0..MAX_PINNED).map(pin).collect())
}

/// Digests of all these executors but `who`, each another one, sorted.
fn statements<T: Config>(members: &[T::AccountId], who: &T::AccountId) -> Statements<T> {
	let other = |executor: &T::AccountId| Statement {
		executor: executor.clone(),
		at: Zero::zero(),
		digest: H256(executor.using_encoded(sp_io::hashing::blake2_256)),
	};
	let others = members.iter().filter(|own| *own != who).map(other).collect();
	BoundedVec::truncate_from(others)
}

/// The digest of an executor for the canary of the session, after which most of the stake agrees, and all
/// others are told that theirs was another one. Before it each of them has posted.
fn last_digest<T: Config>() -> (DigestCallOf<T>, ExecutorSignature) {
	let executor: T::AccountId = account("executor", 0, 0);
	let key = T::BenchmarkHelper::executor(&executor);
	let count = T::MaxExecutors::get().min(T::MaxServingExecutors::get());
	let mut members: Vec<T::AccountId> =
		(0..count).map(|index| account("executor", index, 0)).collect();
	members.sort();
	let mut pins = pins::<T>();
	let model = <Pallet<T> as BenchmarkModels<_>>::version(&account("owner", 0, 0), &members);
	T::BenchmarkHelper::snapshot(&members);
	pins.iter_mut().for_each(|pin| pin.model = model);
	Canaries::<T>::put(CanaryList { from: 0, pins });
	let session = T::ExecutorStake::session();
	// The executor is one of those with half of the stake, who are told nothing.
	let digest = H256::repeat_byte(7);
	let mut statements = statements::<T>(&members, &executor);
	let half = statements.len() / 2 + 1;
	statements.iter_mut().take(half).for_each(|own| own.digest = digest);
	CanaryResults::<T>::put(CanaryResult { session, agreed: None, statements });
	let at = frame_system::Pallet::<T>::block_number();
	frame_system::Pallet::<T>::set_block_number(at + 1u32.into());
	frame_system::BlockHash::<T>::insert(at, H256::repeat_byte(1));
	let call = DigestCall { executor, at, subject: Subject::Canary(session), digest };
	let genesis = frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero());
	let payload = statement_payload(&genesis, &H256::repeat_byte(1), &call);
	let signature = key.sign(&payload).expect("the keystore has the key");
	(call, signature)
}

#[benchmarks(where T::Currency: Mutate<T::AccountId, Balance = Balance>)]
mod benchmarks {
	use super::*;

	/// An account with plenty of OPG.
	fn rich<T: Config>() -> T::AccountId
	where
		T::Currency: Mutate<T::AccountId, Balance = Balance>,
	{
		let who: T::AccountId = whitelisted_caller();
		T::Currency::set_balance(&who, 1 << 90);
		who
	}

	/// The last version that a name can have, whose file was announced.
	#[benchmark]
	fn register() -> Result<(), BenchmarkError> {
		let (engine_id, royalty) = (engine::<T>(), T::MaxRoyalty::get());
		let (owner, hash, limits) = (rich::<T>(), H256::zero(), limits::<T>());
		named::<T>(&owner, MAX_VERSIONS - 1)?;
		let id = NextModelId::<T>::get();
		let salt = Some([0; 32]);
		announcements::<T>(&owner, announcement(&owner, &hash, &[0; 32]));
		let origin = RawOrigin::Signed(owner);

		#[extrinsic_call]
		_(
			origin,
			hash,
			1,
			name(),
			engine_id,
			dims(),
			limits,
			royalty,
			hash,
			Box::new(release(id)),
			salt,
		);

		assert!(Models::<T>::contains_key(id));
		Ok(())
	}

	/// A version of which some entries are left.
	#[benchmark]
	fn deregister() -> Result<(), BenchmarkError> {
		let owner = rich::<T>();
		let id = named::<T>(&owner, MAX_VERSIONS)?;
		let origin = RawOrigin::Signed(owner);
		let ended = (0..MAX_SWEPT as u32).map(|index| {
			let executor: T::AccountId = account("executor", index, 0);
			T::Currency::set_balance(&executor, 1 << 90);
			let (reason, deposit) = (HoldReason::Serve.into(), T::ServeDeposit::get());
			let _ = T::Currency::hold(&reason, &executor, deposit);
			ServingExecutor { executor, from: 0, until: Some(0) }
		});
		ServingExecutors::<T>::insert(id, ServingList::<T>::truncate_from(ended.collect()));

		#[extrinsic_call]
		_(origin, id);

		assert!(!Models::<T>::contains_key(id));
		Ok(())
	}

	/// An executor that displaces another from a full list.
	#[benchmark]
	fn serve() {
		let who = rich::<T>();
		let (id, _) = displacing::<T>(&who);

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()), id, H256::zero());

		assert!(ServingExecutors::<T>::get(id).iter().any(|own| own.executor == who));
	}

	#[benchmark]
	fn stop_serving() {
		let who = rich::<T>();
		T::BenchmarkHelper::executor(&who);
		let id = popular::<T>(MAX_SWEPT);
		ServingExecutors::<T>::mutate(id, |list| {
			list.pop();
			let at = list.partition_point(|own| own.executor <= who);
			let own = ServingExecutor { executor: who.clone(), from: 0, until: None };
			let _ = list.try_insert(at, own);
		});

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()), id);

		let list = ServingExecutors::<T>::get(id);
		assert!(list.iter().all(|own| own.executor != who || own.until.is_some()));
	}

	/// An executor without a pool.
	#[benchmark]
	fn remove_executor() {
		let who = rich::<T>();
		let id = popular::<T>(1);
		let executor = ServingExecutors::<T>::get(id)[1].executor.clone();

		#[extrinsic_call]
		_(RawOrigin::Signed(who), id, executor.clone());

		assert!(ServingExecutors::<T>::get(id).iter().all(|own| own.executor != executor));
	}

	#[benchmark]
	fn admit_engine() -> Result<(), BenchmarkError> {
		let origin =
			T::EngineOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		let engine_id = H256::repeat_byte(7);
		let mut members: Vec<T::AccountId> =
			(0..T::MaxExecutors::get()).map(|index| account("executor", index, 0)).collect();
		members.sort();
		T::BenchmarkHelper::snapshot(&members);
		Pallet::<T>::do_nominate_engine(engine_id, pins::<T>())?;
		let mut all = statements::<T>(&members, &account("outsider", 0, 0));
		let most = all.len() * 2 / 3 + 1;
		all.iter_mut().take(most).for_each(|own| own.digest = H256::zero());
		Evidence::<T>::insert(engine_id, all);

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, engine_id, 1u32.into());

		assert!(Engines::<T>::contains_key(engine_id));
		Ok(())
	}

	#[benchmark]
	fn nominate_engine() -> Result<(), BenchmarkError> {
		let origin =
			T::EngineOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		let engine_id = H256::repeat_byte(7);
		let pins = pins::<T>();

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, engine_id, pins);

		assert!(Nominations::<T>::contains_key(engine_id));
		Ok(())
	}

	#[benchmark]
	fn withdraw_nomination() -> Result<(), BenchmarkError> {
		let origin =
			T::EngineOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		let engine_id = H256::repeat_byte(7);
		Pallet::<T>::do_nominate_engine(engine_id, pins::<T>())?;

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, engine_id);

		assert!(!Nominations::<T>::contains_key(engine_id));
		Ok(())
	}

	#[benchmark]
	fn set_canaries() -> Result<(), BenchmarkError> {
		let origin =
			T::EngineOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		let pins = pins::<T>();

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, pins);

		assert!(Canaries::<T>::exists());
		Ok(())
	}

	#[benchmark]
	fn post_digest() {
		let (statement, signature) = last_digest::<T>();

		#[extrinsic_call]
		_(RawOrigin::Authorized, statement, signature);

		assert!(CanaryResults::<T>::get().is_some_and(|results| results.agreed.is_some()));
	}

	#[benchmark]
	fn authorize_post_digest() {
		let (statement, signature) = last_digest::<T>();
		let result;

		#[block]
		{
			result = Pallet::<T>::authorize_digest(&statement, &signature);
		}

		assert!(result.is_ok());
	}

	#[benchmark]
	fn retire_engine() -> Result<(), BenchmarkError> {
		let origin =
			T::EngineOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		let engine_id = engine::<T>();

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, engine_id, 9u32.into());

		assert!(Engines::<T>::get(engine_id).is_some_and(|validity| validity.until.is_some()));
		Ok(())
	}

	#[benchmark]
	fn set_maxima() -> Result<(), BenchmarkError> {
		let origin =
			T::GovernanceOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		let maxima = T::MaximaCeiling::get();

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, maxima);

		assert_eq!(VersionMaxima::<T>::get(), maxima);
		Ok(())
	}

	#[benchmark]
	fn allow_serving() {
		let who = rich::<T>();
		T::BenchmarkHelper::executor(&who);

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()), 7);

		assert_eq!(ServingAllowances::<T>::get(who), 7);
	}

	/// An executor that displaces another from a full list.
	#[benchmark]
	fn declare_serving() {
		let (declaration, signature) = declaration::<T>(rich::<T>());
		let ServingCall { executor, model, .. } = declaration.clone();

		#[extrinsic_call]
		_(RawOrigin::Authorized, declaration, signature);

		let list = ServingExecutors::<T>::get(model);
		assert!(list.iter().any(|own| own.executor == executor));
	}

	#[benchmark]
	fn authorize_declare_serving() {
		let (declaration, signature) = declaration::<T>(rich::<T>());
		let result;

		#[block]
		{
			result = Pallet::<T>::authorize_serving(&declaration, &signature);
		}

		assert!(result.is_ok());
	}

	#[benchmark]
	fn describe() -> Result<(), BenchmarkError> {
		let owner = rich::<T>();
		named::<T>(&owner, 2)?;
		let other = Description {
			tags: BoundedVec::truncate_from(words(MAX_TAGS, MAX_TAG - 1)),
			..description()
		};
		let origin = RawOrigin::Signed(owner);

		#[extrinsic_call]
		_(origin, name(), other.clone());

		let named = NamedModels::<T>::iter_values().find(|named| named.description == other);
		assert!(named.is_some());
		Ok(())
	}

	#[benchmark]
	fn set_channel() -> Result<(), BenchmarkError> {
		let owner = rich::<T>();
		let id = named::<T>(&owner, 2)?;
		let channel: ChannelName = BoundedVec::truncate_from(vec![b'z'; MAX_CHANNEL as usize]);
		let origin = RawOrigin::Signed(owner);

		#[extrinsic_call]
		_(origin, name(), channel, Some(id));

		let model = Models::<T>::get(id).ok_or(BenchmarkError::Weightless)?;
		let named = NamedModels::<T>::get(model.name_id).ok_or(BenchmarkError::Weightless)?;
		assert_eq!(named.channels.len() as u32, MAX_CHANNELS);
		Ok(())
	}

	#[benchmark]
	fn deprecate() -> Result<(), BenchmarkError> {
		let owner = rich::<T>();
		let id = named::<T>(&owner, MAX_VERSIONS)?;
		let reason: Reason = BoundedVec::truncate_from(vec![b'r'; MAX_REASON as usize]);
		let origin = RawOrigin::Signed(owner);

		#[extrinsic_call]
		_(origin, id, reason);

		assert!(Models::<T>::get(id).is_some_and(|model| model.deprecated.is_some()));
		Ok(())
	}

	#[benchmark]
	fn undeprecate() -> Result<(), BenchmarkError> {
		let owner = rich::<T>();
		let id = named::<T>(&owner, MAX_VERSIONS)?;
		let reason: Reason = BoundedVec::truncate_from(vec![b'r'; MAX_REASON as usize]);
		Pallet::<T>::do_deprecate(owner.clone(), id, reason)?;
		let origin = RawOrigin::Signed(owner);

		#[extrinsic_call]
		_(origin, id);

		assert!(Models::<T>::get(id).is_some_and(|model| model.deprecated.is_none()));
		Ok(())
	}

	#[benchmark]
	fn offer_transfer() -> Result<(), BenchmarkError> {
		let owner = rich::<T>();
		named::<T>(&owner, 2)?;
		let origin = RawOrigin::Signed(owner.clone());

		#[extrinsic_call]
		_(origin, name(), Some(owner.clone()));

		let named = NamedModels::<T>::iter_values().find(|named| named.owner == owner);
		assert!(named.is_some_and(|named| named.offered_to.is_some()));
		Ok(())
	}

	#[benchmark]
	fn accept_transfer(n: Linear<1, MAX_VERSIONS>) -> Result<(), BenchmarkError> {
		let to = rich::<T>();
		let owner: T::AccountId = account("owner", 0, 0);
		T::Currency::set_balance(&owner, 1 << 90);
		let id = named::<T>(&owner, n)?;
		Pallet::<T>::do_offer_transfer(owner.clone(), name(), Some(to.clone()))?;

		#[extrinsic_call]
		_(RawOrigin::Signed(to.clone()), owner, name(), Balance::MAX);

		assert!(Models::<T>::get(id).is_some_and(|model| model.owner == to));
		Ok(())
	}

	#[benchmark]
	fn remove_name() -> Result<(), BenchmarkError> {
		let owner = rich::<T>();
		let last = named::<T>(&owner, MAX_VERSIONS)?;
		for channel in words(MAX_CHANNELS - 1, MAX_CHANNEL) {
			Pallet::<T>::do_set_channel(owner.clone(), name(), channel, None)?;
		}
		for id in last + 1 - MAX_VERSIONS..=last {
			Pallet::<T>::do_deregister(owner.clone(), id)?;
		}
		let origin = RawOrigin::Signed(owner.clone());

		#[extrinsic_call]
		_(origin, name());

		assert!(!NamesByOwner::<T>::contains_key(owner, name()));
		Ok(())
	}

	/// As many announcements as can be, all of which expired.
	#[benchmark]
	fn announce() {
		let who = rich::<T>();
		announcements::<T>(&who, H256::zero());
		let late = frame_system::Pallet::<T>::block_number() + T::AnnouncementLifetime::get();
		frame_system::Pallet::<T>::set_block_number(late);
		let origin = RawOrigin::Signed(who.clone());

		#[extrinsic_call]
		_(origin, H256::repeat_byte(0xff));

		assert_eq!(Announcements::<T>::get(who).len(), 1);
	}

	#[benchmark]
	fn remove_announcement() {
		let who = rich::<T>();
		announcements::<T>(&who, H256::zero());
		let count = Announcements::<T>::get(&who).len();
		let origin = RawOrigin::Signed(who.clone());

		#[extrinsic_call]
		_(origin, who.clone(), H256::zero());

		assert_eq!(Announcements::<T>::get(who).len(), count - 1);
	}
}
