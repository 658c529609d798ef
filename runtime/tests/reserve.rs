//! Reserve on the real runtime: whoever causes courts pays them, and stake waits for them.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used)]

use frame_support::{assert_noop, assert_ok, traits::Hooks, weights::Weight};
use opg_primitives::{Fuel, RequestId, Tier};
use opg_runtime::{
	constants::{CHALLENGE_BOND, MIN_BOND, OPG, SESSION_SLOTS, SLOT_STAKE, UNBONDING_BLOCKS},
	*,
};
use opg_runtime_testing::*;
use pallet_opg_court::{CasePhase, Cases};
use pallet_opg_inference::{claim_hash, OpenSeats, RequestState, Requests};
use pallet_opg_staking::{Convictions, Error, Role};
use sp_core::H256;
use std::collections::BTreeSet;

/// Validators of the test chain.
const VALIDATORS: usize = 3;
/// Disputes that one pool causes at once.
const COURTS: usize = 1_000;
/// Fuel of every answer about the model of the mass; the limit is twice that.
const HEAVY: Fuel = 50 * FUEL;
/// Blocks within which all of them are decided.
const MAX_BLOCKS: u64 = 2_000;

fn reserved(who: &AccountId) -> Balance {
	let list = OpenSeats::<Runtime>::get();
	list.iter().find(|(own, _)| own == who).map_or(0, |(_, load)| load.reserved)
}

/// Pay of one validator for a case of a request: the bond of a challenge is that of all, and a fixed
/// part.
fn court_pay(id: RequestId) -> Balance {
	let bond = Inference::bond(&Requests::<Runtime>::get(id).unwrap()).unwrap();
	(bond - CHALLENGE_BOND) / VALIDATORS as Balance
}

/// Begins the next block, in which every hook keeps to its weight.
fn bounded_step() {
	type Limit<P> = fn(BlockNumber) -> (Weight, P);
	begin_block();
	let block = System::block_number();
	Staking::on_initialize(block);
	let hooks: [Limit<Weight>; 3] = [
		|block| {
			let limit = <Runtime as pallet_opg_attestation::Config>::DeadlineWeight::get();
			(Attestation::on_initialize(block), limit)
		},
		|block| {
			let limit = <Runtime as pallet_opg_inference::Config>::AgendaWeight::get();
			(Inference::on_initialize(block), limit)
		},
		|block| {
			let limit = <Runtime as pallet_opg_court::Config>::HookWeight::get();
			(Court::on_initialize(block), limit)
		},
	];
	for (place, hook) in hooks.into_iter().enumerate() {
		let (spent, limit) = hook(block);
		assert!(spent.all_lte(limit), "hook {place} in block {block}: {spent:?}, not {limit:?}");
	}
	if u64::from(block).is_multiple_of(SESSION_SLOTS) {
		next_session();
	}
}

/// Who makes a request, and about which model.
fn ask(who: AccountId, model: u32, tier: Tier) -> RequestId {
	let id = next_request();
	let (max_fee, reference) = (100 * OPG, H256::zero());
	let origin = signed(who);
	assert_ok!(Inference::request(
		origin,
		model,
		input(),
		tier,
		max_fee,
		OPG,
		reference,
		None,
		None
	));
	id
}

/// Validators vote rightly in every case that sits.
fn vote(voted: &mut BTreeSet<(RequestId, bool)>) {
	for (id, case) in Cases::<Runtime>::iter().collect::<Vec<_>>() {
		let reveals = matches!(case.phase, CasePhase::Reveal { .. });
		if case.phase == CasePhase::Waiting || !voted.insert((id, reveals)) {
			continue;
		}
		for index in 0..VALIDATORS {
			if reveals {
				court_reveal(id, index, 0, right()).unwrap();
			} else {
				court_commit(id, index, 0, &right()).unwrap();
			}
		}
	}
}

/// Before there was a reserve, a pool paid for its tenth or so of them, and then had nothing left.
#[test]
fn courts_should_be_paid_and_others_decided_when_one_minimal_pool_dissents_a_thousand_times() {
	genesis().execute_with(|| {
		step();
		for who in [eve(), ferdie()] {
			set_balance(&who, 10_000_000 * OPG);
		}
		// Three pools of the smallest bond, with delegations for as many slots; and the three of
		// genesis, which serve another model.
		(0..6).for_each(|index| open_pool(index, MIN_BOND));
		register_model(HEAVY);
		assert_ok!(register(dave(), 2 * FUEL, OPG));
		for index in 0..6 {
			let (who, model) = (executor(index), u32::from(index < 3));
			if index >= 3 {
				let stake = 2 * COURTS as Balance * SLOT_STAKE;
				delegate_beyond_own_share(&ferdie(), &who, stake);
			}
			assert_ok!(Models::serve(signed(who), model, REPORT));
		}
		next_session();
		next_session();
		bounded_step();

		let liar = executor(3);
		let mass: Vec<_> = (0..COURTS).map(|_| ask(eve(), 0, Tier::Quorum)).collect();
		mass.iter().for_each(|id| draw(*id));
		let of_all = reserved(&liar);
		assert!(of_all >= COURTS as Balance * VALIDATORS as Balance * court_pay(mass[0]));
		let pot = wealth(&Inference::pot());
		let paid = || (0..VALIDATORS).map(|index| wealth(&executor(index))).sum::<Balance>();
		let before = paid();
		for id in &mass {
			answer_all(*id, |who| if *who == liar { wrong() } else { right() });
		}
		// Somebody else's dispute, which comes last.
		let other = ask(eve(), 1, Tier::Optimistic);
		draw(other);
		answer_all(other, |_| wrong());
		let seed = Requests::<Runtime>::get(other).unwrap().seed.unwrap();
		let claim = claim_hash(&ferdie(), other, right().digest(), H256(SALT));
		let disputed = wrong().digest();
		assert_ok!(Inference::challenge(signed(ferdie()), other, seed, disputed, claim));
		let due = mass.iter().chain([&other]).map(|id| court_pay(*id)).sum::<Balance>();

		let (mut voted, mut convicted) = (BTreeSet::new(), BTreeSet::new());
		let is_open = |id: &RequestId| !state(*id).is_final();
		for block in 0.. {
			assert!(
				block < MAX_BLOCKS,
				"{} are open",
				mass.iter().filter(|id| is_open(id)).count()
			);
			bounded_step();
			vote(&mut voted);
			// A conviction is forgotten once its operator's disputes are over.
			convicted.extend(Convictions::<Runtime>::iter_values().map(|own| own.operator));
			if Cases::<Runtime>::get(other)
				.is_some_and(|case| matches!(case.phase, CasePhase::Reveal { .. }))
			{
				// Fails once it is revealed.
				let digest = right().digest();
				let _ = Inference::reveal_claim(signed(ferdie()), other, digest, H256(SALT));
			}
			if !mass.iter().chain([&other]).any(is_open) {
				break;
			}
		}
		for id in mass.iter().chain([&other]) {
			let RequestState::Settled { answer, .. } = state(*id) else {
				panic!("{:?}", state(*id))
			};
			assert_eq!(answer, right());
		}
		assert_eq!(paid() - before, VALIDATORS as Balance * due, "every vote is paid");
		assert!(wealth(&Inference::pot()) >= pot, "not by the pot");
		assert!(convicted.contains(&liar));
		assert_eq!(convicted.len(), 2, "and who lied about the other model");
		assert_eq!(reserved(&liar), 0);
		check_invariants();
	});
}

#[test]
fn stake_should_not_be_withdrawn_while_a_dispute_about_its_seat_is_open() {
	run(|| {
		let all: Vec<_> = (0..6).map(executor).collect();
		for who in &all {
			assert_ok!(Staking::undelegate(signed(who.clone()), who.clone(), Role::Executor, OPG));
		}
		steps(UNBONDING_BLOCKS - 6);
		let id = request();
		let members = committee(id);
		answer_all(id, |who| if *who == members[0] { wrong() } else { right() });
		steps(8);
		assert!(matches!(state(id), RequestState::Court { .. }));
		let withdraw = |who: &AccountId| {
			Staking::withdraw(signed(eve()), who.clone(), Role::Executor, who.clone())
		};
		for who in &all {
			if members.contains(who) {
				assert_noop!(withdraw(who), Error::<Runtime>::InDispute);
			} else {
				assert_ok!(withdraw(who));
			}
		}
		court_sits(id, VALIDATORS, |_| Some(right()));
		members.iter().for_each(|who| withdraw(who).unwrap());
	});
}
