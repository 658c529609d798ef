//! What validators say that they hold, and when that is enough of them.

use crate::{mock::*, *};
use codec::Encode;
use frame_support::dispatch::{DispatchClass, GetDispatchInfo};
use opg_primitives::court::{court_batch_payload, CourtBatchKind};
use pallet_opg_support::{priority, CourtReadiness};
use sp_core::Pair;

#[test]
fn version_should_be_ready_when_two_thirds_of_the_bench_hold_it() {
	for (seats, needed) in [(1, 1), (2, 2), (3, 2), (4, 3), (5, 4), (6, 4), (7, 5), (9, 6)] {
		run(|| {
			register(1);
			begin_session(1, &(1..=seats).collect::<Vec<_>>());
			for who in 1..=seats {
				assert_eq!(is_ready(0), who > needed, "{} of {seats}", who - 1);
				declare(who, &[(0, true)]).unwrap();
			}
			assert!(is_ready(0));
			assert!(!is_ready(1), "nobody holds another one");
		});
	}
}

#[test]
fn version_should_not_be_ready_when_there_is_no_bench() {
	run(|| {
		register(1);
		begin_session(1, &[]);
		assert!(!is_ready(0));
	});
}

#[test]
fn version_should_be_ready_no_more_when_validators_drop_it() {
	run(|| {
		register(1);
		(1..=4).for_each(|who| declare(who, &[(0, true)]).unwrap());
		assert!(is_ready(0));
		next_blocks(DECLARE_BLOCKS);
		declare(4, &[(0, false)]).unwrap();
		assert!(!is_ready(0));
		let dropped = Event::Declared { validator: 4, model: 0, holds: false };
		assert_eq!(events(), [dropped]);
		assert_eq!(HeldModels::<Test>::get(4), 0);
		assert_eq!(Holders::<Test>::get(0).to_vec(), [1, 2, 3]);
	});
}

#[test]
fn validators_should_not_count_while_they_have_no_seat() {
	run(|| {
		register(1);
		(1..=4).for_each(|who| declare(who, &[(0, true)]).unwrap());
		begin_session(1, &[4, 5, 6]);
		assert!(!is_ready(0));
		begin_session(2, &[4, 3, 5]);
		assert!(is_ready(0));
	});
}

#[test]
fn accounts_without_a_seat_should_be_swept_when_the_list_changes() {
	run(|| {
		register(1);
		begin_session(1, &(1..=9).collect::<Vec<_>>());
		(1..=9).for_each(|who| declare(who, &[(0, true)]).unwrap());
		assert_eq!(Holders::<Test>::get(0).len() as u32, MAX_VALIDATORS);
		next_blocks(DECLARE_BLOCKS);
		begin_session(2, &(8..=16).collect::<Vec<_>>());
		for who in 10..=16 {
			declare(who, &[(0, true)]).unwrap();
			check();
		}
		assert_eq!(Holders::<Test>::get(0).to_vec(), (8..=16).collect::<Vec<_>>());
		assert_eq!(HeldModels::<Test>::iter().count(), 9);
	});
}

#[test]
fn lists_should_be_removed_when_a_version_is_forgotten() {
	run(|| {
		register(2);
		(1..=3).for_each(|who| declare(who, &[(0, true), (1, true)]).unwrap());
		Files::mutate(|files| files.remove(&0));
		<Court as CourtReadiness>::forget(0);
		check();
		assert!(!Holders::<Test>::contains_key(0));
		assert_eq!(HeldModels::<Test>::get(1), 1);
	});
}

#[test]
fn stale_declarations_should_be_ignored_when_one_changes_something() {
	run(|| {
		register(2);
		declare(1, &[(0, true)]).unwrap();
		next_blocks(DECLARE_BLOCKS);
		assert_eq!(declare(1, &[(0, true), (1, false)]), Err(reject::NOTHING_NEW));
		assert_eq!(declare(1, &[(7, true)]), Err(reject::NO_SUCH_MODEL));
		declare(1, &[(0, true), (1, true), (7, true)]).unwrap();
		assert_eq!(events(), [Event::Declared { validator: 1, model: 1, holds: true }]);
		assert_eq!(HeldModels::<Test>::get(1), 2);
		assert!(!Holders::<Test>::contains_key(7));
	});
}

#[test]
fn declarations_should_be_refused_when_the_validator_holds_too_many_versions() {
	run(|| {
		register(MAX_HELD_MODELS + 2);
		for model in 0..MAX_HELD_MODELS - 1 {
			Holders::<Test>::insert(model, sp_runtime::BoundedVec::truncate_from(vec![1]));
		}
		HeldModels::<Test>::insert(1, MAX_HELD_MODELS - 1);
		let last = MAX_HELD_MODELS;
		declare(1, &[(last, true), (last + 1, true)]).unwrap();
		assert_eq!(HeldModels::<Test>::get(1), MAX_HELD_MODELS);
		next_blocks(DECLARE_BLOCKS);
		assert_eq!(declare(1, &[(last + 1, true)]), Err(reject::TOO_MANY_MODELS));
		declare(1, &[(0, false), (last + 1, true)]).unwrap();
		assert_eq!(HeldModels::<Test>::get(1), MAX_HELD_MODELS);
	});
}

#[test]
fn declarations_should_be_refused_when_the_seat_declared_a_moment_ago() {
	run(|| {
		register(2);
		declare(1, &[(0, true)]).unwrap();
		declare(2, &[(0, true)]).unwrap();
		for _ in 0..DECLARE_BLOCKS {
			assert_eq!(declare(1, &[(1, true)]), Err(reject::TOO_SOON));
			next_block();
		}
		declare(1, &[(1, true)]).unwrap();
	});
}

#[test]
fn declarations_should_be_refused_when_they_are_malformed_or_of_another_bench() {
	run(|| {
		register(2);
		assert_eq!(declare(1, &[]), Err(reject::MALFORMED));
		assert_eq!(declare(1, &[(0, true), (0, true)]), Err(reject::MALFORMED));
		assert_eq!(declare(1, &[(1, true), (0, true)]), Err(reject::MALFORMED));
		let batch = declarations(1, &[(0, true)]);
		let no_seat = Declarations { seat: 5, ..batch.clone() };
		assert_eq!(submit(declare_call(1, no_seat)), Err(reject::NOT_ON_BENCH));
		let early = Declarations { at: System::block_number(), ..batch.clone() };
		assert_eq!(submit(declare_call(1, early)), Err(reject::EXPIRED));
		// A case keeps the bench, which still is not the current one.
		open(7).unwrap();
		begin_session(1, &[1, 2]);
		assert_eq!(submit(declare_call(1, batch)), Err(reject::NOT_ON_BENCH));
	});
}

#[test]
fn declarations_should_be_refused_when_the_signature_is_of_something_else() {
	run(|| {
		register(1);
		let batch = declarations(1, &[(0, true)]);
		let hash = hash_of(batch.at);
		let (kind, other) = (CourtBatchKind::Declare, sp_core::H256::repeat_byte(0xee));
		for (who, payload) in [
			(2, court_batch_payload(kind, &GENESIS, &hash, &batch)),
			(1, court_batch_payload(CourtBatchKind::Commit, &GENESIS, &hash, &batch)),
			(1, court_batch_payload(kind, &other, &hash, &batch)),
			(1, court_batch_payload(kind, &GENESIS, &other, &batch)),
			(1, batch.encode()),
		] {
			let signature = court_pair(who).sign(&payload).into();
			let call = Call::declare { batch: batch.clone(), signature };
			assert_eq!(submit(call), Err(reject::INVALID_SIGNATURE));
		}
		submit(declare_call(1, batch)).unwrap();
	});
}

#[test]
fn declarations_should_come_after_votes_and_one_per_seat() {
	run(|| {
		register(2);
		let call = declare_call(1, declarations(1, &[(0, true)]));
		assert_eq!(call.get_dispatch_info().class, DispatchClass::Operational);
		let valid = validate(&call).unwrap();
		assert_eq!(valid.priority, priority::COURT_DECLARE);
		assert_eq!(valid.provides, [("OpgCourtDeclare", (0u32, 0u16)).encode()]);
		let other = validate(&declare_call(1, declarations(1, &[(1, true)]))).unwrap();
		assert_eq!(valid.provides, other.provides);
	});
}
