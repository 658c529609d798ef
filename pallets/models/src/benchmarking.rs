//! Benchmarks of the calls, each in its worst case.

use crate::{serving::MAX_SWEPT, *};
use alloc::{vec, vec::Vec};
use frame_benchmarking::v2::*;
use frame_support::{
	traits::{
		fungible::{Mutate, MutateHold},
		EnsureOrigin, Get,
	},
	BoundedVec,
};
use frame_system::RawOrigin;
use opg_primitives::{Balance, Dim, Dims, ModelId, VersionLimits, MAX_DIMS, MAX_DIM_NAME};
use pallet_opg_support::{BenchmarkExecutors, BenchmarkModels, ExecutorStake};
use sp_core::H256;
use sp_runtime::traits::Zero;

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
			name: name(),
			engine_id: engine::<T>(),
			dims: dims(),
			limits: limits::<T>(),
			royalty: 0,
			report_hash: H256::zero(),
		};
		Models::<T>::insert(id, model);
		let serving =
			|own: &T::AccountId| ServingExecutor { executor: own.clone(), from: 0, until: None };
		let list = executors.iter().map(serving).collect();
		ServingExecutors::<T>::insert(id, ServingList::<T>::truncate_from(list));
		id
	}
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

	#[benchmark]
	fn register() {
		let (engine_id, royalty) = (engine::<T>(), T::MaxRoyalty::get());
		let (owner, hash, limits) = (rich::<T>(), H256::zero(), limits::<T>());
		let id = NextModelId::<T>::get();

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), hash, 1, name(), engine_id, dims(), limits, royalty, hash);

		assert!(Models::<T>::contains_key(id));
	}

	/// A version of which some entries are left.
	#[benchmark]
	fn deregister() -> Result<(), BenchmarkError> {
		let owner = rich::<T>();
		let origin = RawOrigin::Signed(owner.clone());
		let (engine_id, limits, hash) = (engine::<T>(), limits::<T>(), H256::zero());
		let id = NextModelId::<T>::get();
		let call = origin.clone().into();
		Pallet::<T>::register(call, hash, 1, name(), engine_id, dims(), limits, 0, hash)?;
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
		T::BenchmarkHelper::executor(&who);
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
			T::GovernanceOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		let engine_id = H256::repeat_byte(7);

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, engine_id, 1u32.into());

		assert!(Engines::<T>::contains_key(engine_id));
		Ok(())
	}

	#[benchmark]
	fn retire_engine() -> Result<(), BenchmarkError> {
		let origin =
			T::GovernanceOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
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
}
