//! Largest file and limits of versions, which governance moves within the ceiling.

use super::*;
use frame_support::{assert_noop, assert_ok};
use pallet_opg_support::ModelRegistry;
use sp_runtime::DispatchError;

/// Registers a version of such a size with such limits.
fn register_at(Maxima { size, limits }: Maxima) -> DispatchResult {
	register_within(1, size, b"m", limits, 0)
}

/// Each of the maxima moved by itself, and the error of a version that is as large.
fn each(maxima: Maxima, change: fn(u64) -> u64) -> [(Maxima, Error<Test>); 6] {
	let small = |value: u32| change(value.into()) as u32;
	let VersionLimits { fuel, load_fuel, memory, input_bytes, output_bytes } = maxima.limits;
	let with = |limits| Maxima { limits, ..maxima };
	[
		(Maxima { size: small(maxima.size), ..maxima }, Error::InvalidSize),
		(with(VersionLimits { fuel: change(fuel), ..maxima.limits }), Error::InvalidFuel),
		(
			with(VersionLimits { load_fuel: change(load_fuel), ..maxima.limits }),
			Error::InvalidLoadFuel,
		),
		(with(VersionLimits { memory: small(memory), ..maxima.limits }), Error::InvalidMemory),
		(
			with(VersionLimits { input_bytes: small(input_bytes), ..maxima.limits }),
			Error::InvalidInputBytes,
		),
		(
			with(VersionLimits { output_bytes: small(output_bytes), ..maxima.limits }),
			Error::InvalidOutputBytes,
		),
	]
}

#[test]
fn register_should_be_refused_when_a_limit_is_zero_or_above_its_maximum() {
	run(|| {
		let maxima = VersionMaxima::<Test>::get();
		let changes: [fn(u64) -> u64; 2] = [|_| 0, |value| value + 1];
		for change in changes {
			for (version, error) in each(maxima, change) {
				assert_noop!(register_at(version), error);
			}
		}
		assert_ok!(register_at(maxima));
		assert_eq!(Registry::version(0).unwrap().limits, maxima.limits);
	});
}

#[test]
fn larger_versions_should_be_registered_when_governance_raised_the_maxima() {
	run(|| {
		let ceiling = MaximaCeiling::get();
		assert_noop!(register_at(ceiling), Error::<Test>::InvalidSize);
		assert_noop!(Registry::set_maxima(origin(1), ceiling), DispatchError::BadOrigin);
		assert_ok!(Registry::set_maxima(RuntimeOrigin::root(), ceiling));
		System::assert_last_event(Event::MaximaSet { maxima: ceiling }.into());
		assert_ok!(register_at(ceiling));
	});
}

#[test]
fn maxima_should_be_refused_when_one_is_above_the_ceiling() {
	run(|| {
		let ceiling = MaximaCeiling::get();
		for (maxima, _) in each(ceiling, |value| value + 1) {
			let set = Registry::set_maxima(RuntimeOrigin::root(), maxima);
			assert_noop!(set, Error::<Test>::AboveCeiling);
		}
	});
}

#[test]
fn versions_should_stay_when_governance_lowered_the_maxima() {
	run(|| {
		let maxima = VersionMaxima::<Test>::get();
		assert_ok!(register_at(maxima));
		let lower = Maxima { size: 1, limits: LIMITS };
		assert_ok!(Registry::set_maxima(RuntimeOrigin::root(), lower));
		assert_eq!(Registry::version(0).unwrap().limits, maxima.limits);
		assert_noop!(register_at(maxima), Error::<Test>::InvalidSize);
		assert_ok!(register_at(lower));
	});
}
