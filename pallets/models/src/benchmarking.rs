//! Benchmarks of the calls, each in its worst case.

use crate::*;
use alloc::{vec, vec::Vec};
use frame_benchmarking::v2::*;
use frame_support::{
	traits::{fungible::Mutate, EnsureOrigin, Get},
	BoundedVec,
};
use frame_system::RawOrigin;
use opg_primitives::{Balance, Dim, Dims, ModelId, MAX_DIMS, MAX_DIM_NAME};
use pallet_opg_support::{BenchmarkExecutors, BenchmarkModels};
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
			fuel_limit: T::MaxFuelLimit::get(),
			royalty: 0,
			report_hash: H256::zero(),
		};
		Models::<T>::insert(id, model);
		ServingExecutors::<T>::insert(id, BoundedVec::truncate_from(executors.to_vec()));
		id
	}
}

/// A version that one more executor can serve.
fn popular<T: Config>() -> ModelId {
	let mut executors: Vec<T::AccountId> =
		(1..T::MaxServingExecutors::get()).map(|index| account("executor", index, 0)).collect();
	executors.sort();
	<Pallet<T> as BenchmarkModels<_>>::version(&account("owner", 0, 0), &executors)
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
		let (owner, hash, fuel_limit) = (rich::<T>(), H256::zero(), T::MaxFuelLimit::get());
		let id = NextModelId::<T>::get();

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), hash, 1, name(), engine_id, dims(), fuel_limit, royalty, hash);

		assert!(Models::<T>::contains_key(id));
	}

	#[benchmark]
	fn deregister() -> Result<(), BenchmarkError> {
		let owner = rich::<T>();
		let origin = RawOrigin::Signed(owner.clone());
		let (engine_id, fuel_limit, hash) = (engine::<T>(), T::MaxFuelLimit::get(), H256::zero());
		let id = NextModelId::<T>::get();
		let call = origin.clone().into();
		Pallet::<T>::register(call, hash, 1, name(), engine_id, dims(), fuel_limit, 0, hash)?;

		#[extrinsic_call]
		_(origin, id);

		assert!(!Models::<T>::contains_key(id));
		Ok(())
	}

	/// The last executor that can serve.
	#[benchmark]
	fn serve() {
		let (who, id) = (rich::<T>(), popular::<T>());
		T::BenchmarkHelper::executor(&who);

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()), id, H256::zero());

		assert!(ServingExecutors::<T>::get(id).contains(&who));
	}

	#[benchmark]
	fn stop_serving() -> Result<(), BenchmarkError> {
		let (who, id) = (rich::<T>(), popular::<T>());
		T::BenchmarkHelper::executor(&who);
		let origin = RawOrigin::Signed(who.clone());
		Pallet::<T>::serve(origin.clone().into(), id, H256::zero())?;

		#[extrinsic_call]
		_(origin, id);

		assert!(!ServingExecutors::<T>::get(id).contains(&who));
		Ok(())
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
}
