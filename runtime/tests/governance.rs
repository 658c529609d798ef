//! Governance: referenda from the proposal to the enactment, votes with stake, pauses, the treasury,
//! and who may do what.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used)]

mod calls;

use calls::all;
use codec::Encode;
use frame_support::{
	assert_noop, assert_ok,
	storage::with_storage_layer,
	traits::{
		schedule::DispatchTime, Authorize, Contains, Currency, EnsureOrigin, Get, OnRuntimeUpgrade,
		OriginTrait, StorePreimage,
	},
};
use frame_system::RawOrigin;
use opg_primitives::evidence::statement_payload;
use opg_runtime::{
	constants::*,
	governance::{
		origins::{OfTrack, RootOr},
		pallet_governance::{self, Origin},
		tracks::{self, Tracks, RULES},
	},
	*,
};
use opg_runtime_testing::*;
use pallet_conviction_voting::{AccountVote, Conviction, Vote};
use pallet_opg_models::{
	evidence::{DigestCall, Subject},
	Pin,
};
use pallet_opg_staking::{ConvictionStatus, Convictions, PoolId, Role, ValidatorCount};
use pallet_opg_support::{ExecutorLedger, ExecutorStake};
use pallet_referenda::{ReferendumInfo, ReferendumInfoFor, TracksInfo};
use sp_core::{Pair, H256};
use sp_runtime::{
	traits::{Dispatchable, Hash},
	transaction_validity::{TransactionSource, TransactionValidityError},
	DispatchError, DispatchResult, Perbill,
};

/// More OPG than all others have together, so that it decides every referendum.
const FORTUNE: Balance = 20_000_000 * OPG;
/// OPG for fees.
const FEES: Balance = OPG;

/// A delegator that has nothing but its stake and what fees cost.
fn zoe() -> AccountId {
	AccountId::new([26; 32])
}

fn alice() -> AccountId {
	executor(0)
}

/// Runs `test` on a chain on which Zoe has delegated all she has to Alice's executor.
fn run_with_zoe(test: impl FnOnce()) {
	run(|| {
		set_balance(&zoe(), FORTUNE + FEES);
		carry(&alice(), FORTUNE);
		carry(&executor(3), FORTUNE / 4);
		assert_ok!(Staking::delegate(signed(zoe()), alice(), Role::Executor, FORTUNE));
		test()
	})
}

fn track(origin: Origin) -> OriginCaller {
	OriginCaller::Governance(origin)
}

fn root() -> OriginCaller {
	OriginCaller::system(RawOrigin::Root)
}

/// Alice submits a referendum and places its decision deposit. Gives its index.
fn propose(origin: OriginCaller, call: impl Into<RuntimeCall>) -> u32 {
	let index = pallet_referenda::ReferendumCount::<Runtime>::get();
	let proposal = <Preimage as StorePreimage>::bound(call.into()).unwrap();
	let at = DispatchTime::After(0);
	assert_ok!(Referenda::submit(signed(alice()), Box::new(origin), proposal, at));
	assert_ok!(Referenda::place_decision_deposit(signed(alice()), index));
	index
}

fn vote_of(who: AccountId, index: u32, aye: bool, balance: Balance) -> DispatchResult {
	let vote = Vote { aye, conviction: Conviction::Locked1x };
	let vote = AccountVote::Standard { vote, balance };
	with_storage_layer(|| ConvictionVoting::vote(signed(who), index, vote))
}

fn info(index: u32) -> pallet_referenda::ReferendumInfoOf<Runtime, ()> {
	ReferendumInfoFor::<Runtime>::get(index).unwrap()
}

/// Begins blocks until a referendum has ended. Gives the block in which it did.
fn end(index: u32) -> BlockNumber {
	while matches!(info(index), ReferendumInfo::Ongoing(_)) {
		step();
	}
	System::block_number()
}

/// Id of the scheduled call of a referendum.
fn enactment_of(index: u32) -> [u8; 32] {
	(*b"assembly", "enactment", index).using_encoded(sp_io::hashing::blake2_256)
}

/// Begins blocks until the call of a referendum is made. Gives its result.
fn enact(index: u32) -> DispatchResult {
	loop {
		step();
		let result = System::events().into_iter().find_map(|record| match record.event {
			RuntimeEvent::Scheduler(pallet_scheduler::Event::Dispatched { id, result, .. }) => {
				(id == Some(enactment_of(index))).then_some(result)
			},
			_ => None,
		});
		if let Some(result) = result {
			return result;
		}
	}
}

/// Zoe decides a referendum alone, and its call is made. Gives the blocks from the approval to that,
/// and the result of the call.
fn pass(origin: OriginCaller, call: impl Into<RuntimeCall>) -> (BlockNumber, DispatchResult) {
	let index = propose(origin, call);
	assert_ok!(vote_of(zoe(), index, true, FORTUNE));
	let approved = end(index);
	assert!(matches!(info(index), ReferendumInfo::Approved(..)));
	let result = enact(index);
	(System::block_number() - approved, result)
}

fn period(id: u16, of: impl Fn(&pallet_referenda::TrackInfo<Balance, BlockNumber>) -> u32) -> u32 {
	of(&Tracks::info(id).unwrap())
}

#[test]
fn staked_votes_should_change_a_parameter_when_its_referendum_is_enacted() {
	run_with_zoe(|| {
		let before = ValidatorCount::<Runtime>::get();
		let call = pallet_opg_staking::Call::<Runtime>::set_validator_count { count: 7 };
		let index = propose(track(Origin::Parameters), call);
		assert_ok!(vote_of(zoe(), index, true, FORTUNE));
		assert_ok!(vote_of(eve(), index, false, 1_000 * OPG));
		let approved = end(index);
		let enactment = period(tracks::PARAMETERS, |track| track.min_enactment_period);
		while System::block_number() < approved + enactment - 1 {
			step();
			assert_eq!(ValidatorCount::<Runtime>::get(), before);
		}
		steps(2);
		assert_eq!(ValidatorCount::<Runtime>::get(), 7);
		assert_ok!(Referenda::refund_decision_deposit(signed(eve()), index));
		assert_ok!(Referenda::refund_submission_deposit(signed(alice()), index));
		assert_eq!(Balances::reserved_balance(alice()), held(&alice()));
	});
}

/// What an account holds by reasons, in planck.
fn held(who: &AccountId) -> Balance {
	pallet_balances::Holds::<Runtime>::get(who).iter().map(|hold| hold.amount).sum()
}

#[test]
fn engine_should_be_admitted_no_sooner_than_a_week_after_the_approval() {
	run_with_zoe(|| {
		let engine_id = H256::repeat_byte(0xee);
		let pins = vec![Pin { model: 0, input: Default::default() }].try_into().unwrap();
		let call = pallet_opg_models::Call::<Runtime>::nominate_engine { engine_id, pins };
		assert_ok!(pass(track(Origin::Engines), call).1);
		for index in 0..6 {
			assert_ok!(find(index, engine_id, H256::repeat_byte(1)));
		}
		let call = pallet_opg_models::Call::<Runtime>::admit_engine { engine_id, from: 0 };
		let (blocks, result) = pass(track(Origin::Engines), call);
		assert_ok!(result);
		// A minute of a development chain is a day.
		assert_eq!(blocks, 7 * MINUTES);
		assert!(pallet_opg_models::Engines::<Runtime>::contains_key(engine_id));
	});
}

/// An executor posts what it found for a nominated engine, as its node does.
fn find(index: usize, engine_id: H256, digest: H256) -> Result<(), TransactionValidityError> {
	let (executor, subject) = (executor(index), Subject::Engine(engine_id));
	let statement =
		DigestCall { executor: executor.clone(), at: System::block_number() - 1, subject, digest };
	let block = System::block_hash(statement.at);
	let payload = statement_payload(&System::block_hash(0), &block, &statement);
	let signature = hot_key(&executor).sign(&payload).into();
	let call = pallet_opg_models::Call::<Runtime>::post_digest { statement, signature };
	let call = RuntimeCall::from(call);
	call.authorize(TransactionSource::InBlock).unwrap()?;
	assert_ok!(call.dispatch(RawOrigin::Authorized.into()));
	Ok(())
}

#[test]
fn engine_should_not_be_admitted_when_less_than_two_thirds_of_the_stake_agree() {
	run_with_zoe(|| {
		let (engine_id, digest) = (H256::repeat_byte(0xee), H256::repeat_byte(1));
		let admit = || {
			let call = pallet_opg_models::Call::<Runtime>::admit_engine { engine_id, from: 0 };
			RuntimeCall::from(call).dispatch(track(Origin::Engines).into())
		};
		let refused = || {
			assert_eq!(
				admit().map(drop).map_err(|error| error.error),
				Err(pallet_opg_models::Error::<Runtime>::NotEnoughEvidence.into())
			);
			// Root has no way around it, sudo neither.
			assert_noop!(
				Models::admit_engine(RuntimeOrigin::root(), engine_id, 0),
				pallet_opg_models::Error::<Runtime>::NotEnoughEvidence
			);
		};
		refused();
		let pins = vec![Pin { model: 0, input: Default::default() }].try_into().unwrap();
		assert_ok!(Models::nominate_engine(track(Origin::Engines).into(), engine_id, pins));
		// Also during a pause.
		assert_ok!(pause());
		let snapshot = Staking::snapshot(Staking::session());
		let total: Balance = snapshot.iter().map(|(_, weight)| weight).sum();
		let mut agreed = 0;
		assert_ok!(find(0, engine_id, H256::repeat_byte(2)));
		for index in 1..6 {
			if 3 * agreed < 2 * total {
				refused();
			}
			assert_ok!(find(index, engine_id, digest));
			let own =
				|(who, weight): &(AccountId, Balance)| (*who == executor(index)).then_some(*weight);
			agreed += snapshot.iter().find_map(own).unwrap();
		}
		assert!(3 * agreed >= 2 * total);
		assert_ok!(admit());
	});
}

#[test]
fn a_vote_should_not_leave_the_bounds_of_a_parameter() {
	run_with_zoe(|| {
		let before = ValidatorCount::<Runtime>::get();
		let parameters = || RuntimeOrigin::from(track(Origin::Parameters));
		for count in [0, MAX_VALIDATORS + 1] {
			assert_noop!(
				Staking::set_validator_count(parameters(), count),
				pallet_opg_staking::Error::<Runtime>::InvalidValidatorCount
			);
		}
		let ceiling = <Runtime as pallet_opg_models::Config>::MaximaCeiling::get();
		let mut above = [ceiling; 4];
		above[0].size += 1;
		above[1].limits.fuel += 1;
		above[2].limits.load_fuel += 1;
		above[3].limits.memory += 1;
		for maxima in above {
			assert_noop!(
				Models::set_maxima(parameters(), maxima),
				pallet_opg_models::Error::<Runtime>::AboveCeiling
			);
		}
		// What is voted through is refused then.
		let call = pallet_opg_staking::Call::<Runtime>::set_validator_count { count: 0 };
		let (_, result) = pass(track(Origin::Parameters), call);
		let refused = pallet_opg_staking::Error::<Runtime>::InvalidValidatorCount;
		assert_eq!(result, Err(refused.into()));
		assert_eq!(ValidatorCount::<Runtime>::get(), before);
	});
}

#[test]
fn referendum_should_be_rejected_when_the_noes_have_more() {
	run_with_zoe(|| {
		let call = pallet_opg_staking::Call::<Runtime>::set_validator_count { count: 7 };
		let index = propose(track(Origin::Parameters), call);
		assert_ok!(vote_of(eve(), index, true, 900_000 * OPG));
		assert_ok!(vote_of(zoe(), index, false, FORTUNE));
		end(index);
		assert!(matches!(info(index), ReferendumInfo::Rejected(..)));
	});
}

#[test]
fn cancelled_referendum_should_end_and_return_its_deposits() {
	run_with_zoe(|| {
		let call = frame_system::Call::<Runtime>::set_heap_pages { pages: 1 };
		let bad = propose(root(), call);
		let call = pallet_referenda::Call::<Runtime>::cancel { index: bad };
		assert_ok!(pass(track(Origin::Cancel), call).1);
		assert!(matches!(info(bad), ReferendumInfo::Cancelled(..)));
		assert_ok!(Referenda::refund_decision_deposit(signed(alice()), bad));
		assert_ok!(Referenda::refund_submission_deposit(signed(alice()), bad));
	});
}

#[test]
fn approved_call_should_be_cancelled_before_it_is_enacted() {
	run_with_zoe(|| {
		let engine_id = H256::repeat_byte(0xee);
		let call = pallet_opg_models::Call::<Runtime>::admit_engine { engine_id, from: 0 };
		let index = propose(track(Origin::Engines), call);
		assert_ok!(vote_of(zoe(), index, true, FORTUNE));
		let approved = end(index);
		let id = enactment_of(index);
		for origin in [Origin::Parameters, Origin::Kill] {
			let call = pallet_scheduler::Call::<Runtime>::cancel_named { id };
			let call = RuntimeCall::from(call);
			assert!(call.dispatch(track(origin).into()).is_err());
		}
		let call = pallet_scheduler::Call::<Runtime>::cancel_named { id };
		assert_ok!(pass(track(Origin::Cancel), call).1);
		steps(approved + 7 * MINUTES + 2 - System::block_number());
		assert!(!pallet_opg_models::Engines::<Runtime>::contains_key(engine_id));
		// It cannot touch what Root has scheduled, as the alarms of referenda.
		let call = frame_system::Call::<Runtime>::set_heap_pages { pages: 1 }.into();
		let at = System::block_number() + 10;
		assert_ok!(Scheduler::schedule(RuntimeOrigin::root(), at, None, 0, Box::new(call)));
		assert!(Scheduler::cancel(track(Origin::Cancel).into(), at, 0).is_err());
	});
}

#[test]
fn killed_referendum_should_leave_its_deposits_to_the_treasury() {
	run_with_zoe(|| {
		let call = frame_system::Call::<Runtime>::set_heap_pages { pages: 1 };
		let bad = propose(root(), call);
		let before = Balances::free_balance(Treasury::account_id());
		let call = pallet_referenda::Call::<Runtime>::kill { index: bad };
		assert_ok!(pass(track(Origin::Kill), call).1);
		assert!(matches!(info(bad), ReferendumInfo::Killed(_)));
		let deposits = SUBMISSION_DEPOSIT + RULES[usize::from(tracks::UPGRADES)].decision_deposit;
		assert_eq!(Balances::free_balance(Treasury::account_id()), before + deposits);
	});
}

#[test]
fn conviction_should_be_cancelled_by_a_referendum_while_it_is_held() {
	run_with_zoe(|| {
		let before = stake(&alice());
		<Staking as ExecutorLedger<_>>::convict(&alice(), H256::repeat_byte(1), 2, &[]);
		assert!(stake(&alice()) < before);
		let call = pallet_opg_staking::Call::<Runtime>::cancel_conviction { conviction: 0 };
		// What Zoe votes with has shrunk too.
		let index = propose(track(Origin::Cancel), call);
		assert_ok!(vote_of(zoe(), index, true, Staking::total_stake(&zoe())));
		end(index);
		assert_ok!(enact(index));
		assert_eq!(Convictions::<Runtime>::get(0).unwrap().status, ConvictionStatus::Cancelled);
		assert_eq!(stake(&alice()), before);
	});
}

#[test]
fn stake_should_count_once_wherever_it_is() {
	run_with_zoe(|| {
		let call = pallet_opg_staking::Call::<Runtime>::set_validator_count { count: 7 };
		let index = propose(track(Origin::Parameters), call);
		let all = |who: &AccountId| {
			<governance::votes::VotingCurrency as Currency<AccountId>>::total_balance(who)
		};
		assert_eq!(all(&zoe()), FORTUNE + FEES);
		let too_much = pallet_conviction_voting::Error::<Runtime>::InsufficientFunds;
		assert_eq!(vote_of(zoe(), index, true, FORTUNE + FEES + 1), Err(too_much.into()));
		let undelegate =
			|amount| Staking::undelegate(signed(zoe()), alice(), Role::Executor, amount);
		assert_ok!(undelegate(FORTUNE / 4));
		assert_eq!(all(&zoe()), FORTUNE + FEES, "unbonding");
		steps(UNBONDING_BLOCKS + 1);
		assert_ok!(Staking::withdraw(signed(eve()), alice(), Role::Executor, zoe()));
		assert_eq!(all(&zoe()), FORTUNE + FEES, "withdrawn");
		// An operator's own stake counts for the operator.
		let pool = PoolId { operator: executor(4), role: Role::Executor };
		assert_eq!(Staking::total_stake(&executor(4)), Staking::stake(pool, executor(4)).active);
		assert_eq!(all(&executor(4)), wealth(&executor(4)) + 10_000 * OPG);
	});
}

#[test]
fn lock_should_let_stake_out_and_stop_its_transfer_afterwards() {
	run_with_zoe(|| {
		let call = pallet_opg_staking::Call::<Runtime>::set_validator_count { count: 7 };
		let index = propose(track(Origin::Parameters), call);
		assert_ok!(vote_of(zoe(), index, true, FORTUNE));
		let transfer = |amount| {
			with_storage_layer(|| {
				Balances::transfer_keep_alive(signed(zoe()), eve().into(), amount)
			})
		};
		let free = || Balances::usable_balance(zoe());
		assert!(free() >= FEES - EXISTENTIAL_DEPOSIT, "she can pay fees");
		let undelegate =
			|amount| Staking::undelegate(signed(zoe()), alice(), Role::Executor, amount);
		assert_ok!(undelegate(FORTUNE / 4));
		// A slash of what stays takes nothing of what she pays fees with.
		<Staking as ExecutorLedger<_>>::convict(&alice(), H256::repeat_byte(1), 2, &[]);
		steps(UNBONDING_BLOCKS + 1);
		assert_ok!(Staking::withdraw(signed(zoe()), alice(), Role::Executor, zoe()));
		let withdrawn = Balances::free_balance(zoe()) - FEES;
		assert!(withdrawn > 0);
		assert!(transfer(withdrawn).is_err());
		assert!(transfer(2 * FEES).is_err());
		assert!(free() >= FEES - EXISTENTIAL_DEPOSIT, "she can still pay fees");
		// It can be staked, and is locked again when it comes out.
		let back = || Staking::delegate(signed(zoe()), executor(3), Role::Executor, withdrawn);
		assert_ok!(back());
		assert!(free() >= FEES - EXISTENTIAL_DEPOSIT);
		assert_ok!(Staking::undelegate(signed(zoe()), executor(3), Role::Executor, withdrawn));
		steps(UNBONDING_BLOCKS + 1);
		assert_ok!(Staking::withdraw(signed(zoe()), executor(3), Role::Executor, zoe()));
		assert!(transfer(2 * FEES).is_err());
		// The vote is over, and its time has passed.
		steps(VOTE_LOCKING_PERIOD / DEVELOPMENT_SPEED);
		assert_ok!(ConvictionVoting::remove_vote(signed(zoe()), Some(tracks::PARAMETERS), index));
		assert_ok!(ConvictionVoting::unlock(signed(eve()), tracks::PARAMETERS, zoe().into()));
		assert_ok!(transfer(withdrawn - OPG));
	});
}

/// A slash took the stake that carried a vote. The next vote is carried by what is there.
#[test]
fn lock_should_be_on_the_account_when_a_slash_took_the_stake() {
	run_with_zoe(|| {
		let call = || pallet_opg_staking::Call::<Runtime>::set_validator_count { count: 7 };
		let index = propose(track(Origin::Parameters), call());
		assert_ok!(vote_of(zoe(), index, true, FORTUNE));
		<Staking as ExecutorLedger<_>>::convict(&alice(), H256::repeat_byte(1), 2, &[]);
		let lost = FORTUNE - Staking::total_stake(&zoe());
		assert!(lost > 0);
		set_balance(&zoe(), lost + FEES);
		let index = propose(track(Origin::Parameters), call());
		assert_ok!(vote_of(zoe(), index, true, FORTUNE));
		assert!(Balances::transfer_keep_alive(signed(zoe()), eve().into(), 2 * FEES).is_err());
	});
}

/// What an upgrade of the runtime does besides the migrations of pallets.
fn upgrade() {
	<Runtime as frame_system::Config>::SingleBlockMigrations::on_runtime_upgrade();
}

fn sudo_was_removed() -> bool {
	let removed = RuntimeEvent::Sudo(pallet_sudo::Event::KeyRemoved);
	System::events().iter().any(|record| record.event == removed)
}

#[test]
fn sudo_should_end_at_an_upgrade_of_a_public_network_only() {
	run(|| {
		upgrade();
		assert_eq!(pallet_sudo::Key::<Runtime>::get(), Some(alice()), "a preset keeps it");
		for speed in [0, 1] {
			pallet_sudo::Key::<Runtime>::put(eve());
			pallet_governance::Speed::<Runtime>::put(speed);
			System::reset_events();
			upgrade();
			assert_eq!(pallet_sudo::Key::<Runtime>::get(), None);
			assert!(sudo_was_removed());
			System::reset_events();
			upgrade();
			assert!(!sudo_was_removed(), "there was none");
		}
		// So nobody has Root but the track `upgrades`.
		let call = frame_system::Call::<Runtime>::set_heap_pages { pages: 1 }.into();
		let sudo = pallet_sudo::Call::<Runtime>::sudo { call: Box::new(call) };
		assert!(RuntimeCall::from(sudo).dispatch(signed(eve())).is_err());
		pallet_governance::Speed::<Runtime>::put(DEVELOPMENT_SPEED);
	});
}

fn motion(call: impl Into<RuntimeCall>) -> DispatchResult {
	let call: RuntimeCall = call.into();
	let length = call.encoded_size() as u32;
	let hash = <Runtime as frame_system::Config>::Hashing::hash_of(&call);
	let index = pallet_collective::ProposalCount::<Runtime, pallet_collective::Instance1>::get();
	assert_ok!(TechnicalCommittee::propose(signed(alice()), 2, Box::new(call), length));
	for who in [alice(), executor(1)] {
		assert_ok!(TechnicalCommittee::vote(signed(who), hash, index, true));
	}
	let weight = frame_support::weights::Weight::from_parts(100_000_000_000, 1 << 40);
	assert_ok!(TechnicalCommittee::close(signed(eve()), hash, index, weight, length));
	let mut results = System::events().into_iter().filter_map(|record| match record.event {
		RuntimeEvent::TechnicalCommittee(pallet_collective::Event::Executed { result, .. }) => {
			Some(result)
		},
		_ => None,
	});
	results.next_back().unwrap()
}

fn pause() -> DispatchResult {
	motion(pallet_safe_mode::Call::<Runtime>::force_enter {})
}

fn transfer() -> RuntimeCall {
	pallet_balances::Call::<Runtime>::transfer_allow_death { dest: ferdie().into(), value: OPG }
		.into()
}

fn dispatch(call: impl Into<RuntimeCall>, who: AccountId) -> DispatchResult {
	call.into().dispatch(signed(who)).map(drop).map_err(|error| error.error)
}

const REFUSED_IN_A_PAUSE: &[&str] = &[
	"Balances.burn",
	"Balances.force_adjust_total_issuance",
	"Balances.force_set_balance",
	"Balances.force_transfer",
	"Balances.force_unreserve",
	"Balances.transfer_all",
	"Balances.transfer_allow_death",
	"Balances.transfer_keep_alive",
	"Balances.upgrade_accounts",
	"Inference.request",
	"Inference.request_stored",
	"Models.accept_transfer",
	"Models.allow_serving",
	"Models.announce",
	"Models.describe",
	"Models.offer_transfer",
	"Models.register",
	"Models.remove_name",
	"Models.serve",
	"Models.set_channel",
	"Models.undeprecate",
	"Staking.bond",
	"Staking.delegate",
	"Staking.redelegate",
];

#[test]
fn pause_should_refuse_what_is_listed_here_and_nothing_else() {
	run(|| {
		let refused = || {
			let filter = <Runtime as frame_system::Config>::BaseCallFilter::contains;
			let calls = all().into_iter().filter(|(_, call)| !filter(call));
			let mut names: Vec<_> = calls.map(|(name, _)| name).collect();
			names.sort();
			names
		};
		let always = refused();
		assert!(always.iter().all(|name| name.starts_with("System.")), "{always:?}");
		assert_ok!(pause());
		let names: Vec<_> =
			refused().into_iter().filter(|name| !name.starts_with("System.")).collect();
		assert_eq!(names, REFUSED_IN_A_PAUSE);
	});
}

#[test]
fn pause_should_end_by_itself_and_let_the_whitelist_go_on() {
	run_with_zoe(|| {
		let id = request();
		let call = pallet_opg_staking::Call::<Runtime>::set_validator_count { count: 7 };
		let index = propose(track(Origin::Parameters), call);
		assert_ok!(pause());
		let filtered = Err(frame_system::Error::<Runtime>::CallFiltered.into());
		assert_eq!(dispatch(transfer(), eve()), filtered);
		let batch = pallet_utility::Call::<Runtime>::batch_all { calls: vec![transfer()] };
		assert_eq!(dispatch(batch, eve()), filtered);
		// Stake goes out, votes are cast, what is open is answered and settled.
		let undelegate = pallet_opg_staking::Call::<Runtime>::undelegate {
			operator: alice(),
			role: Role::Executor,
			amount: OPG,
		};
		assert_ok!(dispatch(undelegate, zoe()));
		let vote = Vote { aye: true, conviction: Conviction::None };
		let vote = pallet_conviction_voting::Call::<Runtime>::vote {
			poll_index: index,
			vote: AccountVote::Standard { vote, balance: FORTUNE },
		};
		assert_ok!(dispatch(vote, zoe()));
		answer_all(id, |_| right());
		steps(PAUSE_BLOCKS / DEVELOPMENT_SPEED);
		assert_eq!(dispatch(transfer(), eve()), filtered);
		step();
		assert_ok!(dispatch(transfer(), eve()));
		while !matches!(state(id), pallet_opg_inference::RequestState::Settled { .. }) {
			step();
		}
		// Referenda decided meanwhile.
		end(index);
		steps(period(tracks::PARAMETERS, |track| track.min_enactment_period) + 1);
		assert_eq!(ValidatorCount::<Runtime>::get(), 7);
	});
}

#[test]
fn parameter_should_be_set_during_a_pause() {
	run_with_zoe(|| {
		let call = pallet_opg_staking::Call::<Runtime>::set_validator_count { count: 7 };
		let index = propose(track(Origin::Parameters), call);
		assert_ok!(vote_of(zoe(), index, true, FORTUNE));
		end(index);
		steps(period(tracks::PARAMETERS, |track| track.min_enactment_period) - 3);
		assert_ok!(pause());
		steps(4);
		assert!(SafeMode::is_entered());
		assert_eq!(ValidatorCount::<Runtime>::get(), 7);
	});
}

#[test]
fn committee_should_not_pause_again_before_it_has_rested() {
	run(|| {
		assert_ok!(pause());
		steps(PAUSE_BLOCKS / DEVELOPMENT_SPEED + 1);
		assert!(!SafeMode::is_entered());
		let refused = Err(DispatchError::BadOrigin);
		assert_eq!(pause(), refused);
		assert_eq!(motion(pallet_safe_mode::Call::<Runtime>::force_extend {}), refused);
		steps(PAUSE_REST / DEVELOPMENT_SPEED);
		assert_ok!(pause());
		// It may end a pause, and has to rest after that as well.
		assert_ok!(motion(pallet_safe_mode::Call::<Runtime>::force_exit {}));
		assert!(!SafeMode::is_entered());
		assert_eq!(pause(), refused);
	});
}

#[test]
fn committee_should_do_nothing_but_pause() {
	run(|| {
		let root_call: RuntimeCall =
			frame_system::Call::<Runtime>::set_heap_pages { pages: 1 }.into();
		for call in [
			root_call.clone(),
			pallet_utility::Call::<Runtime>::batch_all { calls: vec![root_call] }.into(),
			pallet_opg_staking::Call::<Runtime>::set_validator_count { count: 7 }.into(),
			pallet_opg_staking::Call::<Runtime>::cancel_conviction { conviction: 0 }.into(),
			pallet_referenda::Call::<Runtime>::cancel { index: 0 }.into(),
			pallet_collective::Call::<Runtime, pallet_collective::Instance1>::set_members {
				new_members: vec![eve()],
				prime: None,
				old_count: 3,
			}
			.into(),
			transfer(),
		] {
			assert!(motion(call.clone()).is_err(), "{call:?}");
		}
	});
}

#[test]
fn referendum_should_change_the_committee() {
	run_with_zoe(|| {
		let call = pallet_collective::Call::<Runtime, pallet_collective::Instance1>::set_members {
			new_members: vec![eve()],
			prime: None,
			old_count: 3,
		};
		assert_ok!(pass(root(), call).1);
		let outsider = TechnicalCommittee::propose(signed(alice()), 2, Box::new(transfer()), 100);
		assert!(outsider.is_err());
		assert_ok!(TechnicalCommittee::propose(signed(eve()), 2, Box::new(transfer()), 100));
	});
}

#[test]
fn treasury_should_get_its_share_of_a_slash_and_pay_a_spend_out() {
	run_with_zoe(|| {
		let treasury = Treasury::account_id();
		let (before, issued) = (Balances::free_balance(&treasury), Balances::total_issuance());
		let share = Perbill::from_percent(10);
		let pool = PoolId { operator: alice(), role: Role::Validator };
		let delegated = 3_000 * OPG;
		assert_ok!(Staking::delegate(signed(eve()), alice(), Role::Validator, delegated));
		let own = share * Staking::stake(pool, alice()).active;
		let loss = own + share * delegated;
		Staking::slash_validator(&alice(), share, Staking::session());
		let gained = Balances::free_balance(&treasury) - before;
		assert_eq!(gained, TREASURY_SHARE * own, "of what delegators lose it gets nothing");
		assert_eq!(Balances::total_issuance(), issued - (loss - gained));
		// A spend within it.
		let spend = |amount| pallet_treasury::Call::<Runtime>::spend {
			asset_kind: Box::new(()),
			amount,
			beneficiary: Box::new(ferdie()),
			valid_from: None,
		};
		assert_ok!(pass(track(Origin::Treasury), spend(gained)).1);
		let before = wealth(&ferdie());
		assert_ok!(Treasury::payout(signed(eve()), 0));
		assert_eq!(wealth(&ferdie()), before + gained);
		assert_noop!(
			Treasury::payout(signed(eve()), 0),
			pallet_treasury::Error::<Runtime>::AlreadyAttempted
		);
		// One referendum gives no more than the largest spend.
		let (_, refused) = pass(track(Origin::Treasury), spend(MAX_SPEND + 1));
		let expected = pallet_treasury::Error::<Runtime>::InsufficientPermission;
		assert_eq!(refused, Err(expected.into()));
	});
}

#[test]
fn governance_calls_should_take_their_own_origin_and_root_alone() {
	run(|| {
		<Staking as ExecutorLedger<_>>::convict(&alice(), H256::repeat_byte(1), 2, &[]);
		let engine_id = H256::repeat_byte(0xee);
		let maxima = <Runtime as pallet_opg_models::Config>::MaximaCeiling::get();
		let spend = pallet_treasury::Call::<Runtime>::spend {
			asset_kind: Box::new(()),
			amount: OPG,
			beneficiary: Box::new(ferdie()),
			valid_from: None,
		};
		let referendum =
			|| propose(root(), frame_system::Call::<Runtime>::set_heap_pages { pages: 1 });
		let (first, second) = (referendum(), referendum());
		let calls: Vec<(Option<Origin>, RuntimeCall)> = vec![
			(
				Some(Origin::Engines),
				pallet_opg_models::Call::<Runtime>::admit_engine { engine_id, from: 0 }.into(),
			),
			(
				Some(Origin::Engines),
				pallet_opg_models::Call::<Runtime>::retire_engine {
					engine_id: ENGINE_ID,
					until: 1_000_000,
				}
				.into(),
			),
			(
				Some(Origin::Engines),
				pallet_opg_models::Call::<Runtime>::nominate_engine {
					engine_id,
					pins: Default::default(),
				}
				.into(),
			),
			(
				Some(Origin::Engines),
				pallet_opg_models::Call::<Runtime>::withdraw_nomination { engine_id }.into(),
			),
			(
				Some(Origin::Engines),
				pallet_opg_models::Call::<Runtime>::set_canaries { pins: Default::default() }
					.into(),
			),
			(
				Some(Origin::Parameters),
				pallet_opg_models::Call::<Runtime>::set_maxima { maxima }.into(),
			),
			(
				Some(Origin::Parameters),
				pallet_opg_staking::Call::<Runtime>::set_validator_count { count: 7 }.into(),
			),
			(
				Some(Origin::Cancel),
				pallet_opg_staking::Call::<Runtime>::cancel_conviction { conviction: 0 }.into(),
			),
			(Some(Origin::Treasury), spend.into()),
			(
				Some(Origin::Cancel),
				pallet_referenda::Call::<Runtime>::cancel { index: first }.into(),
			),
			(Some(Origin::Kill), pallet_referenda::Call::<Runtime>::kill { index: second }.into()),
			(None, pallet_safe_mode::Call::<Runtime>::force_extend {}.into()),
			(None, frame_system::Call::<Runtime>::set_heap_pages { pages: 1 }.into()),
		];
		let origins =
			[Origin::Engines, Origin::Parameters, Origin::Treasury, Origin::Cancel, Origin::Kill];
		let committee =
			OriginCaller::TechnicalCommittee(pallet_collective::RawOrigin::Members(3, 3));
		for (own, call) in calls {
			let try_as = |origin: RuntimeOrigin| {
				calls::rolled_back(|| call.clone().dispatch(origin).map(drop))
			};
			let is_refused = |origin: RuntimeOrigin| {
				try_as(origin).is_err_and(|error| {
					error.error == DispatchError::BadOrigin
						|| error.error == frame_system::Error::<Runtime>::CallFiltered.into()
				})
			};
			for origin in origins {
				let caller = RuntimeOrigin::from(track(origin));
				assert_eq!(is_refused(caller), own != Some(origin), "{origin:?} {call:?}");
			}
			assert!(is_refused(signed(alice())), "{call:?}");
			assert!(is_refused(RuntimeOrigin::none()), "{call:?}");
			assert!(is_refused(committee.clone().into()), "{call:?}");
			assert!(!is_refused(RuntimeOrigin::root()), "{call:?}");
		}
	});
}

#[test]
fn origins_of_tracks_should_be_told_apart() {
	type Engines = OfTrack<{ tracks::ENGINES }>;
	run(|| {
		assert_ok!(Engines::try_origin(track(Origin::Engines).into()));
		assert!(Engines::try_origin(track(Origin::Kill).into()).is_err());
		assert!(Engines::try_origin(RuntimeOrigin::root()).is_err());
		assert_ok!(RootOr::<{ tracks::ENGINES }>::try_origin(RuntimeOrigin::root()));
		for rules in &RULES {
			assert_eq!(RULES[usize::from(rules.id)].name, rules.name);
		}
		let signed = RuntimeOrigin::signed(alice());
		assert_eq!(Tracks::track_for(signed.caller()), Err(()));
	});
}

/// Blocks for which convictions are held, and for which stake unbonds.
fn staking_periods() -> (BlockNumber, BlockNumber) {
	use pallet_opg_staking::Config;
	(<Runtime as Config>::ConvictionDelay::get(), <Runtime as Config>::UnbondingBlocks::get())
}

/// No speed of a network shortens what disputes need.
#[test]
fn staking_periods_should_not_fall_below_the_least_when_a_network_is_fast() {
	run(|| {
		for (speed, expected) in [
			(u32::MAX, (CONVICTION_DELAY, UNBONDING_BLOCKS)),
			(24, (HOURS, 14 * HOURS)),
			(0, (DAYS, 14 * DAYS)),
		] {
			governance::pallet_governance::Speed::<Runtime>::put(speed);
			assert_eq!(staking_periods(), expected);
		}
	});
}

#[test]
fn tracks_should_leave_the_time_that_they_promise() {
	let locking = VOTE_LOCKING_PERIOD;
	assert!(RULES.iter().all(|rules| rules.enactment <= locking), "who voted aye bears it");
	assert!(RULES[usize::from(tracks::ENGINES)].enactment >= 7 * DAYS);
	// A conviction is held for a day on a public network.
	let cancel = &RULES[usize::from(tracks::CANCEL)];
	assert!(2 * (cancel.prepare + cancel.confirm + cancel.enactment) < CONVICTION_PERIOD);
	run(|| {
		Tracks::check_integrity().unwrap();
		let least = period(tracks::CANCEL, |track| {
			track.prepare_period + track.confirm_period + track.min_enactment_period
		});
		assert!(2 * least < CONVICTION_DELAY, "nor is it too late on a development chain");
		assert_eq!(staking_periods(), (CONVICTION_DELAY, UNBONDING_BLOCKS));
		let speed = DEVELOPMENT_SPEED;
		let expected: Vec<_> = RULES.iter().map(|rules| (rules.decision / speed).max(1)).collect();
		let periods: Vec<_> = Tracks::tracks().map(|track| track.info.decision_period).collect();
		assert_eq!(periods, expected);
	});
	// A chain whose genesis says nothing is a public network, and nobody has sudo.
	let storage = sp_runtime::BuildStorage::build_storage(&RuntimeGenesisConfig::default());
	sp_io::TestExternalities::from(storage.unwrap()).execute_with(|| {
		let periods: Vec<_> = Tracks::tracks().map(|track| track.info.decision_period).collect();
		assert_eq!(periods, RULES.each_ref().map(|rules| rules.decision));
		assert_eq!(staking_periods(), (DAYS, 14 * DAYS));
		assert_eq!(pallet_sudo::Key::<Runtime>::get(), None);
	});
}

#[test]
fn sudo_should_be_handed_over_by_removing_its_key() {
	run_with_zoe(|| {
		assert_ok!(Sudo::remove_key(signed(alice())));
		assert_eq!(pallet_sudo::Key::<Runtime>::get(), None);
		let call = Box::new(transfer());
		assert!(Sudo::sudo(signed(alice()), call).is_err());
		let call = frame_system::Call::<Runtime>::set_heap_pages { pages: 1 };
		assert_ok!(pass(root(), call).1);
	});
}

/// The code of an upgrade is noted by whoever proposes it, or sent by anyone after a referendum
/// has authorized its hash.
#[test]
fn proposer_should_be_able_to_pay_for_the_preimage_of_a_runtime() {
	run(|| {
		let largest = pallet_preimage::MAX_SIZE as usize;
		let built = WASM_BINARY.map(|wasm| wasm.len());
		for bytes in built.into_iter().chain([largest]) {
			let before = Balances::free_balance(eve());
			assert_ok!(Preimage::note_preimage(signed(eve()), vec![bytes as u8; bytes]));
			let deposit = before - Balances::free_balance(eve());
			println!("preimage of {bytes} bytes: {} OPG", deposit as f64 / OPG as f64);
			assert!(deposit < 500 * OPG, "{deposit}");
			let length = <Runtime as frame_system::Config>::BlockLength::get();
			let normal = length.max.get(frame_support::dispatch::DispatchClass::Normal);
			assert!(bytes == largest || bytes < *normal as usize, "it fits a block");
			let hash = <Runtime as frame_system::Config>::Hashing::hash(&vec![bytes as u8; bytes]);
			assert_ok!(Preimage::unnote_preimage(signed(eve()), hash));
			assert_eq!(Balances::free_balance(eve()), before);
		}
	});
}

#[test]
fn electorate_should_be_all_opg_but_that_of_the_protocol() {
	run(|| {
		let electorate = <governance::votes::Electorate as Get<Balance>>::get;
		let before = electorate();
		let own = wealth(&Treasury::account_id()) + wealth(&Inference::pot());
		assert_eq!(before, Balances::total_issuance() - own);
		let to = Treasury::account_id().into();
		assert_ok!(Balances::transfer_keep_alive(signed(eve()), to, 1_000 * OPG));
		assert_eq!(electorate(), before - 1_000 * OPG);
		assert_ok!(Staking::delegate(signed(eve()), alice(), Role::Executor, 1_000 * OPG));
		assert_eq!(electorate(), before - 1_000 * OPG, "stake votes");
	});
}
