//! Interfaces of the runtime to nodes and clients: presets, transactions, views, try-runtime.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used)]

use codec::Encode;
use frame_support::assert_ok;
use opg_primitives::{Content, FailureReason, JobError, RequestId, TaskInput, Tier};
use opg_runtime::{constants, genesis_config_presets, *};
use opg_runtime_api::{
	runtime_decl_for_opg_api::OpgApiV2, FreeExecutors, Reliance, RequestStatus, RequestView,
	SeatView,
};
use opg_runtime_testing::*;
use pallet_opg_inference::Call;
use sp_core::H256;
use sp_runtime::{
	generic::Era,
	traits::{BlockNumberProvider, TransactionExtension},
};

fn view(id: RequestId) -> RequestView {
	<Runtime as OpgApiV2<Block>>::request(id).unwrap()
}

#[test]
fn presets_should_admit_the_pinned_engine_and_no_other() {
	let names = genesis_config_presets::preset_names();
	assert_eq!(names.len(), 2);
	for name in names {
		preset(&name).execute_with(|| {
			let engines = <Runtime as OpgApiV2<Block>>::valid_engines();
			assert_eq!(engines, [H256(opg_engine_types::PINNED_ENGINE_ID)], "{name}");
			check_invariants();
		});
	}
}

#[test]
fn implicit_part_of_a_transaction_should_be_what_the_chain_expects() {
	run(|| {
		let height = System::block_number().saturating_sub(1);
		let era = Era::mortal(constants::AUTHORIZED_ERA, height.into());
		for (era, checkpoint) in [(Era::Immortal, 0), (era, height)] {
			let expected = tx_extension(0, era, 0).implicit().unwrap();
			let implicit = tx_implicit(System::block_hash(0), System::block_hash(checkpoint));
			assert_eq!(implicit, expected);
		}
	});
}

/// dApps build these bytes without this repository. `vectors/check.py` builds them from the fields.
#[test]
fn calls_of_requesters_should_stay_as_pinned_when_encoded() {
	let text = include_str!("vectors/requests.json");
	let vectors: Vec<serde_json::Value> = serde_json::from_str(text).unwrap();
	let calls = [
		Call::request {
			model: 7,
			input: b"input".to_vec().try_into().unwrap(),
			tier: Tier::Quorum,
			max_fee: 5 * constants::OPG,
			max_royalty: constants::OPG,
			reference: H256::zero(),
			deadline: None,
			fuel_limit: None,
		},
		Call::request {
			model: u32::MAX,
			input: vec![0xab; 300].try_into().unwrap(),
			tier: Tier::High,
			max_fee: u128::MAX,
			max_royalty: 0,
			reference: H256::repeat_byte(0xcd),
			deadline: Some(1_000),
			fuel_limit: Some(1_000_000_000),
		},
		Call::cancel { request: 9 },
		Call::challenge {
			request: u64::MAX,
			seed: H256::repeat_byte(1),
			digest: H256::repeat_byte(2),
			claim: H256::repeat_byte(3),
		},
		Call::reveal_claim { request: 9, digest: H256::repeat_byte(4), salt: H256::repeat_byte(5) },
		Call::audit { request: 9 },
		Call::request_stored {
			model: 7,
			input: Content { hash: H256::repeat_byte(14), size: 602_130 },
			tier: Tier::Quorum,
			max_fee: 5 * constants::OPG,
			max_royalty: 0,
			reference: H256::repeat_byte(0xcd),
			deadline: Some(1_000),
			fuel_limit: Some(1_000_000_000),
		},
	];
	assert_eq!(vectors.len(), calls.len());
	for (vector, call) in vectors.iter().zip(calls) {
		let expected = sp_core::bytes::to_hex(&RuntimeCall::from(call).encode(), false);
		assert_eq!(vector["call_bytes"], expected.as_str(), "{vector}");
	}
}

#[test]
fn view_should_follow_a_request_to_its_settlement() {
	run(|| {
		let id = request();
		let members = committee(id);
		let assigned = view(id);
		assert_eq!(assigned.status, RequestStatus::Assigned);
		assert_eq!(assigned.requester, eve());
		assert_eq!(assigned.task.engine_id, ENGINE_ID);
		assert_eq!(assigned.task.input, TaskInput::Inline(input().into_inner()));
		assert_eq!(assigned.task.limits.fuel, 2 * FUEL);
		assert_eq!(assigned.seats.len(), members.len());
		answer_all(id, |_| right());
		let at = Clock::current_block_number();
		let attested = view(id);
		assert_eq!(attested.status, RequestStatus::Attested { answer: right(), at });
		assert!(attested.seed.is_some());
		let digest = right().digest();
		let is_revealed =
			|seat: &SeatView| seat.revealed.is_some_and(|(_, revealed)| revealed == digest);
		assert!(attested.seats.iter().all(is_revealed));
		steps(constants::CHALLENGE_WINDOW);
		let RequestStatus::Settled { answer, paid, fee: charged, .. } = view(id).status else {
			panic!("not settled")
		};
		assert_eq!((answer, charged), (right(), fee()));
		assert_eq!(paid.len(), members.len());
		steps(constants::REQUEST_LIFETIME);
		assert_eq!(<Runtime as OpgApiV2<Block>>::request(id), None);
	});
}

#[test]
fn view_should_tell_why_a_request_failed() {
	run_with(12, || {
		let id = request();
		// Three, those who are asked to take their seats, and a second committee.
		for _ in 0..3 {
			for who in committee(id) {
				decline(id, &who, JobError::ModelMissing).unwrap();
			}
			let declined = Some(JobError::ModelMissing);
			assert!(view(id).seats.iter().all(|seat| seat.declined == declined));
			step();
			draw(id);
		}
		let RequestStatus::Failed { reason, .. } = view(id).status else { panic!("not failed") };
		assert_eq!(reason, FailureReason::ModelUnavailable);
		assert!(matches!(may_rely(id), Reliance::Failed { .. }));
	});
}

fn may_rely(id: RequestId) -> Reliance {
	<Runtime as OpgApiV2<Block>>::may_rely(id)
}

#[test]
fn reliance_should_follow_a_request_with_the_block_since_which_it_is_so() {
	run(|| {
		assert_eq!(may_rely(0), Reliance::Unknown);
		let asked = System::block_number();
		let id = request();
		assert_eq!(may_rely(id), Reliance::Open { since: asked });
		step();
		answer_all(id, |_| wrong());
		let attested = System::block_number();
		assert_eq!(may_rely(id), Reliance::Attested { since: attested });
		step();
		let view = view(id);
		let (seed, disputed) = (view.seed.unwrap(), wrong().digest());
		let bond = <Runtime as OpgApiV2<Block>>::challenge_bond(id).unwrap();
		let claim = H256::zero();
		Inference::challenge(signed(ferdie()), id, seed, disputed, claim).unwrap();
		assert_eq!(wealth(&ferdie()) - Balances::free_balance(ferdie()), bond);
		assert_eq!(may_rely(id), Reliance::Disputed { since: attested + 1 });
		let disputed = RequestStatus::Disputed {
			answer: Some(wrong()),
			since: attested + 1,
			challengers: vec![ferdie()],
		};
		assert_eq!(self::view(id).status, disputed);

		let id = request();
		answer_all(id, |_| right());
		let price = <Runtime as OpgApiV2<Block>>::audit_price(id).unwrap();
		Inference::audit(signed(eve()), id).unwrap();
		assert_eq!(price, 3 * 2 * pay());
		assert!(matches!(self::view(id).status, RequestStatus::Audited { buyer: Some(_), .. }));
		draw(id);
		answer_all(id, |_| right());
		while matches!(may_rely(id), Reliance::Attested { .. }) {
			step();
		}
		assert_eq!(may_rely(id), Reliance::Settled { since: System::block_number() });
	});
}

#[test]
fn estimate_with_headroom_should_be_more_than_the_estimate() {
	run(|| {
		let now = <Runtime as OpgApiV2<Block>>::estimate(0, Tier::Quorum, None, None).unwrap();
		let later = |blocks| {
			<Runtime as OpgApiV2<Block>>::estimate_at_most(0, Tier::Quorum, blocks, None).unwrap()
		};
		assert_eq!(later(0), now);
		assert!(now < later(1) && later(1) < later(5));
		assert_eq!(<Runtime as OpgApiV2<Block>>::eligible_executors(0), 6);
		let free = || <Runtime as OpgApiV2<Block>>::free_executors(0);
		assert_eq!(free(), FreeExecutors { executors: 6, slots: 480, offered: 480 });
		// Those of 10,000 OPG have 80 slots, and one of them declares none.
		assert_ok!(Staking::set_slots(signed(executor(0)), 0));
		assert_eq!(free(), FreeExecutors { executors: 5, slots: 400, offered: 400 });
	});
}

#[cfg(feature = "try-runtime")]
#[test]
fn try_runtime_should_upgrade_a_chain_with_open_requests() {
	use frame_try_runtime::{runtime_decl_for_try_runtime::TryRuntimeV1, UpgradeCheckSelect};
	run(|| {
		request();
		let (weight, limit) =
			<Runtime as TryRuntimeV1<Block>>::on_runtime_upgrade(UpgradeCheckSelect::All);
		assert!(weight.all_lte(limit), "{weight:?} {limit:?}");
	});
}
