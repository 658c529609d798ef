//! Life of a request on the real runtime, from the off-chain worker through the pool's validation
//! to dispatch, and the penalties of those who lie or stay silent.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used)]

use codec::Decode;
use frame_support::{assert_noop, assert_ok, hypothetically, traits::Hooks};
use opg_primitives::{
	registry::{TextGeneration, VersionNumber},
	Answer, FailureReason, Fuel, Job, JobError, JobKind, JobStatus, ModelError, ModelId, Outcome,
	Tier, VersionLimits,
};
use opg_runtime::{
	constants::{self, OPG},
	*,
};
use opg_runtime_interface::{JobQueue, JobQueueExt};
use opg_runtime_testing::*;
use pallet_opg_attestation::{RoundPhase, Rounds};
use pallet_opg_inference::{tiers, CommitteeStatus, Error as InferenceError, RequestState};
use pallet_opg_models::Release;
use parking_lot::RwLock;
use sp_core::{
	offchain::{testing, OffchainDbExt, OffchainWorkerExt, TransactionPoolExt},
	H256,
};
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};
use sp_keystore::{testing::MemoryKeystore, Keystore, KeystoreExt};
use sp_runtime::{
	traits::BlockNumberProvider,
	transaction_validity::{TransactionSource, ValidTransaction},
	DispatchResult,
};

/// `who` asks for an inference of `model`.
fn ask(who: AccountId, model: ModelId, tier: Tier) -> DispatchResult {
	let (max_fee, max_royalty) = (10 * OPG, OPG);
	let (origin, reference) = (signed(who), H256::zero());
	Inference::request(origin, model, input(), tier, max_fee, max_royalty, reference, None, None)
		.map(drop)
		.map_err(|refused| refused.error)
}

/// Job queue that has the right answer at once.
struct PromptQueue;
impl JobQueue for PromptQueue {
	fn submit(&mut self, job: Job) -> Result<JobStatus, JobError> {
		assert_eq!(job.task.input.inline(), Some(&b"input"[..]));
		let answer = right();
		let witness = match job.kind {
			JobKind::Witness(seed) => Some(witness_of(&seed, &answer)),
			_ => None,
		};
		Ok(JobStatus::Done { answer, witness })
	}

	fn has_model(&mut self, _: [u8; 32]) -> Result<bool, JobError> {
		Ok(true)
	}

	fn watch_share(&mut self) -> Option<u32> {
		Some(0)
	}
}

/// The executors of the development chain.
const EXECUTORS: [(Sr25519Keyring, Ed25519Keyring); 3] = [
	(Sr25519Keyring::Alice, Ed25519Keyring::Alice),
	(Sr25519Keyring::Bob, Ed25519Keyring::Bob),
	(Sr25519Keyring::Charlie, Ed25519Keyring::Charlie),
];

#[test]
fn requests_should_be_finished_but_not_taken_when_their_engine_is_retired() {
	run(|| {
		let id = request();
		assert_ok!(Models::retire_engine(RuntimeOrigin::root(), ENGINE_ID, 0));
		assert_noop!(ask(eve(), 0, Tier::Quorum), InferenceError::<Runtime>::EngineNotValid);
		assert_eq!(Inference::estimate(0, Tier::Quorum, None, None), None);
		answer_all(id, |_| right());
		steps(constants::CHALLENGE_WINDOW);
		assert!(matches!(state(id), RequestState::Settled { .. }));
	});
}

/// Transactions that off-chain workers have sent.
type Pool = RwLock<testing::PoolState>;

/// Runs `test` on a chain whose executors work in this process and serve the model.
fn with_worker(test: impl FnOnce(&Pool)) {
	with_worker_of(PromptQueue, || register_model(FUEL), test);
}

/// The same, with these answers and this model.
fn with_worker_of(
	queue: impl JobQueue + 'static,
	register: impl FnOnce(),
	test: impl FnOnce(&Pool),
) {
	let mut ext = genesis();
	let (offchain, _state) = testing::TestOffchainExt::new();
	let (pool, pool_state) = testing::TestTransactionPoolExt::new();
	let keystore = MemoryKeystore::new();
	for (_, key) in &EXECUTORS {
		keystore
			.ed25519_generate_new(opg_primitives::EXECUTOR_KEY_TYPE, Some(&key.to_seed()))
			.unwrap();
	}
	ext.register_extension(OffchainDbExt::new(offchain.clone()));
	ext.register_extension(OffchainWorkerExt::new(offchain));
	ext.register_extension(TransactionPoolExt::new(pool));
	ext.register_extension(KeystoreExt::new(keystore));
	ext.register_extension(JobQueueExt(Box::new(queue)));
	ext.execute_with(|| {
		step();
		register();
		for (account, _) in &EXECUTORS {
			assert_ok!(Models::serve(signed(account.to_account_id()), 0, REPORT));
		}
		next_session();
		next_session();
		test(&pool_state);
		check_invariants();
	});
}

/// Lets the executors' off-chain workers run, and takes what they sent.
fn run_workers(pool: &Pool) -> Vec<UncheckedExtrinsic> {
	Attestation::offchain_worker(System::block_number());
	let sent = std::mem::take(&mut pool.write().transactions);
	sent.into_iter().map(|xt| UncheckedExtrinsic::decode(&mut &xt[..]).unwrap()).collect()
}

/// Validates `transaction` as the pool of a node does, on top of the current block.
fn validate(transaction: &UncheckedExtrinsic) -> ValidTransaction {
	let parent = System::block_hash(0);
	let source = TransactionSource::Local;
	hypothetically!(Executive::validate_transaction(source, transaction.clone(), parent)).unwrap()
}

#[test]
fn worker_should_send_several_batches_when_it_has_many_duties() {
	with_worker(|pool| {
		let count = 1 + pallet_opg_attestation::MAX_BATCH as usize;
		for _ in 0..count {
			assert_ok!(ask(eve(), 0, Tier::Quorum));
		}
		steps(tiers::seed_authors(Tier::Quorum));
		let sent = run_workers(pool);
		assert_eq!(sent.len(), 2 * EXECUTORS.len());
		for transaction in sent {
			assert_ok!(Executive::apply_extrinsic(transaction).unwrap());
		}
		let revealing =
			Rounds::<Runtime>::iter_values().filter(|round| round.phase == RoundPhase::Reveal);
		assert_eq!(revealing.count(), count, "everyone committed to everything");
	});
}

#[test]
fn worker_should_drive_a_request_to_payment_through_the_pool() {
	with_worker(|pool| {
		let before = Balances::free_balance(dave());
		let id = request();
		for phase in [RoundPhase::Commit, RoundPhase::Reveal] {
			assert_eq!(round(id).phase, phase);
			let sent = run_workers(pool);
			assert_eq!(sent.len(), EXECUTORS.len(), "one batch per executor");
			for transaction in sent {
				let valid = validate(&transaction);
				assert_eq!(valid.provides.len(), 1);
				assert!(valid.propagate);
				assert_ok!(Executive::apply_extrinsic(transaction).unwrap());
			}
			if phase == RoundPhase::Commit {
				assert_eq!(round(id).phase, RoundPhase::Reveal);
			}
		}
		assert!(run_workers(pool).is_empty(), "nothing is left to do");
		assert!(matches!(state(id), RequestState::Attested { .. }), "{:?}", state(id));
		steps(constants::CHALLENGE_WINDOW);
		let RequestState::Settled { answer, paid, fee: charged, .. } = state(id) else {
			panic!("not settled: {:?}", state(id))
		};
		assert_eq!(answer, right());
		assert_eq!(paid.len(), 3);
		assert!(paid.iter().all(|(_, amount)| *amount == pay()));
		assert_eq!(charged, fee());
		assert_eq!(charged, Inference::estimate(0, Tier::Quorum, Some(FUEL), None).unwrap());
		assert_eq!(Balances::free_balance(dave()), before + OPG);
	});
}

/// How the model of [`TextQueue`] generates text.
const GENERATION: TextGeneration = TextGeneration {
	context: 64,
	vocabulary: 100,
	block: 32,
	token_fuel: 10_000,
	block_fuel: 100_000,
};
/// Tokens after which its text ends by itself.
const END: u32 = 10;

/// Job queue with a model that generates text. Its input is the number of tokens of the prompt, and the
/// largest number of new ones.
struct TextQueue;
impl JobQueue for TextQueue {
	fn submit(&mut self, job: Job) -> Result<JobStatus, JobError> {
		let Some(&[prompt, max_new]) = job.task.input.inline() else { panic!("another input") };
		let limit = job.task.limits.fuel;
		let fuel = GENERATION.fuel(prompt.into(), END.min(max_new.into()));
		let answer = match fuel <= limit {
			true => Answer { outcome: Outcome::Output(Default::default()), fuel },
			false => Answer { outcome: Outcome::Error(ModelError::OutOfFuel), fuel: limit },
		};
		Ok(JobStatus::Done { answer, witness: None })
	}

	fn has_model(&mut self, _: [u8; 32]) -> Result<bool, JobError> {
		Ok(true)
	}

	fn watch_share(&mut self) -> Option<u32> {
		Some(0)
	}
}

/// Registers a model of Dave that generates text.
fn register_text() {
	let limits = VersionLimits::inline(2_000_000, 1_000, 64);
	let release = Release {
		number: VersionNumber::new(1, 0, 0),
		licence: None,
		tokenizer: None,
		generation: Some(GENERATION),
	};
	assert_ok!(Models::register(
		signed(dave()),
		H256::repeat_byte(1),
		100,
		b"text".to_vec().try_into().unwrap(),
		ENGINE_ID,
		Default::default(),
		limits,
		OPG,
		REPORT,
		Box::new(release),
		None,
	));
}

/// Eve asks for `max_new` tokens behind a prompt of so many, and the workers do the rest. Gives the
/// answer, and what Eve has paid.
fn generate(pool: &Pool, prompt: u8, max_new: u8, fuel_limit: Option<Fuel>) -> (Answer, Balance) {
	let (before, id) = (wealth(&eve()), next_request());
	let (input, reference) = (vec![prompt, max_new].try_into().unwrap(), H256::zero());
	let max_fee = Inference::estimate(0, Tier::Quorum, None, fuel_limit).unwrap();
	let origin = signed(eve());
	assert_ok!(Inference::request(
		origin,
		0,
		input,
		Tier::Quorum,
		max_fee,
		OPG,
		reference,
		None,
		fuel_limit
	));
	draw(id);
	let limit = fuel_limit.unwrap_or(2_000_000);
	assert_eq!(round(id).fuel_limit, limit);
	for _ in [RoundPhase::Commit, RoundPhase::Reveal] {
		for transaction in run_workers(pool) {
			validate(&transaction);
			assert_ok!(Executive::apply_extrinsic(transaction).unwrap());
		}
	}
	steps(constants::CHALLENGE_WINDOW);
	let RequestState::Settled { answer, fee, paid, .. } = state(id) else {
		panic!("not settled: {:?}", state(id))
	};
	let pay = Balance::from(answer.fuel) * constants::MIN_FUEL_PRICE * 4 / 5;
	assert!(paid.iter().all(|(_, amount)| *amount == pay));
	assert_eq!(before - wealth(&eve()), fee, "the rest came back");
	let expected = Inference::estimate(0, Tier::Quorum, Some(answer.fuel), fuel_limit);
	assert_eq!(Some(fee), expected);
	(answer, fee)
}

#[test]
fn text_should_cost_the_tokens_that_were_generated_within_the_limit_of_its_request() {
	with_worker_of(TextQueue, register_text, |pool| {
		let limit = GENERATION.fuel(40, 20) * 5 / 4;
		let (answer, fee) = generate(pool, 40, 20, Some(limit));
		assert_eq!(answer.fuel, GENERATION.fuel(40, END));
		assert!(matches!(answer.outcome, Outcome::Output(_)));
		let most = Inference::estimate(0, Tier::Quorum, None, Some(limit)).unwrap();
		assert!(fee < most);
		// The same without a limit of its own: the share of the price that is burned is larger.
		let (same, dearer) = generate(pool, 40, 20, None);
		assert_eq!(same, answer);
		let burned = |fuel: Fuel| 3 * (Balance::from(fuel) * constants::MIN_FUEL_PRICE / 5);
		assert_eq!(dearer - fee, burned(2_000_000) - burned(limit));
	});
}

#[test]
fn text_that_takes_more_than_the_limit_of_its_request_should_be_paid_as_out_of_fuel() {
	with_worker_of(TextQueue, register_text, |pool| {
		let limit = GENERATION.fuel(40, END) - 1;
		let (answer, fee) = generate(pool, 40, 20, Some(limit));
		assert_eq!(answer.outcome, Outcome::Error(ModelError::OutOfFuel));
		assert_eq!(answer.fuel, limit);
		assert_eq!(Some(fee), Inference::estimate(0, Tier::Quorum, None, Some(limit)));
	});
}

#[test]
fn node_should_lack_the_engine_of_a_job_in_a_format_that_it_does_not_know() {
	with_worker(|_| {
		let later = vec![2];
		let status = opg_runtime_interface::inference_host::submit_or_poll(later);
		assert_eq!(status, Err(JobError::EngineMissing), "seats are declined, and nobody is fined");
	});
}

#[test]
fn worker_should_not_send_a_batch_again_until_it_may_be_lost() {
	with_worker(|pool| {
		request();
		assert_eq!(run_workers(pool).len(), EXECUTORS.len());
		assert!(run_workers(pool).is_empty(), "sent in this block");
		// Nothing was included.
		steps(2);
		assert_eq!(run_workers(pool).len(), EXECUTORS.len());
	});
}

#[test]
fn honest_committee_should_be_paid_and_request_pruned() {
	run(|| {
		let free = Balances::free_balance(eve());
		let id = request();
		let members = committee(id);
		assert_eq!(members.len(), 3);
		answer_all(id, |_| right());
		let pay = pay();
		assert!(members.iter().all(|who| stake(who) == 10_000 * OPG), "not paid yet");
		steps(constants::CHALLENGE_WINDOW);
		assert!(members.iter().all(|who| stake(who) == 10_000 * OPG + pay));
		// All but the fee comes back when the request is pruned.
		steps(constants::HOURS);
		assert!(pallet_opg_inference::Requests::<Runtime>::get(id).is_none());
		assert!(Rounds::<Runtime>::get(id).is_none());
		assert_eq!(Balances::free_balance(eve()), free - fee());
	});
}

#[test]
fn liar_should_be_convicted_by_the_court_when_it_dissents() {
	run(|| {
		let id = request();
		let first = committee(id);
		answer_all(id, |who| if *who == first[0] { wrong() } else { right() });
		assert!(matches!(state(id), RequestState::Court { attested: None, opened: true }));
		assert!(first.iter().all(|who| stake(who) == 10_000 * OPG), "nobody is judged yet");
		court_sits(id, 3, |_| Some(right()));
		let RequestState::Settled { answer, paid, .. } = state(id) else { panic!() };
		assert_eq!(answer, right());
		let paid: Vec<_> = paid.into_iter().collect();
		let expected: Vec<_> = first[1..].iter().map(|who| (who.clone(), pay())).collect();
		assert_eq!(paid, expected);
		let convicted: Vec<_> = pallet_opg_staking::Convictions::<Runtime>::iter_values()
			.map(|conviction| conviction.operator)
			.collect();
		assert_eq!(convicted, first[..1]);
	});
}

#[test]
fn hidden_answer_should_bring_a_second_committee() {
	run(|| {
		let id = request();
		let first = committee(id);
		first.iter().for_each(|who| commit(id, who, &right()).unwrap());
		first[1..].iter().for_each(|who| reveal(id, who, right()).unwrap());
		steps(constants::COMMIT_BLOCKS + constants::REVEAL_BLOCKS + 1);
		draw(id);
		assert!(stake(&first[0]) < 10_000 * OPG, "it was fined");
		let second = committee(id);
		assert!(second.iter().all(|who| !first.contains(who)));
		answer_all(id, |_| right());
		assert!(matches!(state(id), RequestState::Attested { .. }));
	});
}

#[test]
fn request_should_fail_with_refund_when_nobody_answers() {
	run(|| {
		let free = Balances::free_balance(eve());
		let id = request();
		let first = committee(id);
		steps(constants::COMMIT_BLOCKS + 1);
		assert!(first.iter().all(|who| stake(who) < 10_000 * OPG), "they were fined");
		draw(id);
		steps(constants::COMMIT_BLOCKS + 1);
		assert_eq!(failure(id), Some(FailureReason::NotEnoughCommitments));
		steps(constants::HOURS);
		// Who orders seats pays for their calls.
		assert_eq!(Balances::free_balance(eve()), free - 3 * constants::SEAT_FEE);
	});
}

#[test]
fn request_should_fail_with_the_cause_when_no_node_has_the_model() {
	run_with(12, || {
		let id = request();
		let deadline = round(id).commit_by;
		// Three, and those who are asked to take their seats; then all others.
		for size in [3, 3, 6] {
			let members = committee(id);
			assert_eq!(members.len(), size);
			members.iter().for_each(|who| decline(id, who, JobError::ModelMissing).unwrap());
			step();
			draw(id);
		}
		assert_eq!(failure(id), Some(FailureReason::ModelUnavailable));
		assert!(Clock::current_block_number() < deadline, "nobody waits for the deadline");
	});
}

#[test]
fn declined_seat_should_go_to_the_next_in_order_and_cost_nothing() {
	run(|| {
		let id = request();
		let first = committee(id);
		let deadline = round(id).commit_by;
		first[1..].iter().for_each(|who| commit(id, who, &right()).unwrap());
		decline(id, &first[0], JobError::EngineMissing).unwrap();
		step();
		let now = committee(id);
		assert_eq!((round(id).index, round(id).commit_by), (tiers::FIRST, deadline));
		assert_eq!(now.len(), 3);
		assert!(first[1..].iter().all(|who| now.contains(who)) && !now.contains(&first[0]));
		let next = now.iter().find(|who| !first.contains(who)).unwrap();
		commit(id, next, &right()).unwrap();
		now.iter().for_each(|who| reveal(id, who, right()).unwrap());
		assert!(matches!(state(id), RequestState::Attested { .. }));
		steps(constants::CHALLENGE_WINDOW + 1);
		let RequestState::Settled { paid, .. } = state(id) else { panic!("{:?}", state(id)) };
		assert!(paid.iter().any(|(who, amount)| who == next && *amount == pay()));
		assert_eq!(stake(&first[0]), 10_000 * OPG, "it is neither paid nor fined");
	});
}

#[test]
fn declined_seats_should_not_keep_the_others_from_revealing_when_nobody_takes_them() {
	run_with(3, || {
		let id = request();
		let first = committee(id);
		decline(id, &first[0], JobError::EngineMissing).unwrap();
		first[1..].iter().for_each(|who| commit(id, who, &right()).unwrap());
		step();
		first[1..].iter().for_each(|who| reveal(id, who, right()).unwrap());
		while !state(id).is_final() {
			step();
		}
		assert_eq!(failure(id), Some(FailureReason::NotEnoughExecutors));
		assert!(first.iter().all(|who| stake(who) == 10_000 * OPG));
	});
}

#[test]
fn committee_should_never_hold_the_requester_or_the_owner() {
	run_with(8, || {
		let (alice, bob) = (executor(0), executor(1));
		assert_ok!(register(bob.clone(), 2 * FUEL, OPG));
		(0..8).for_each(|index| Models::serve(signed(executor(index)), 1, REPORT).unwrap());
		next_session();
		next_session();
		for _ in 0..40 {
			let id = next_request();
			assert_ok!(ask(alice.clone(), 1, Tier::Quorum));
			draw(id);
			let members = committee(id);
			assert!(!members.contains(&alice) && !members.contains(&bob));
			answer_all(id, |_| right());
		}
	});
}

/// The latency that the design promises: drawn in the block after the request, or two later.
#[test]
fn draw_should_use_the_output_of_the_block_that_begins() {
	run(|| {
		for (tier, blocks) in [(Tier::Optimistic, 1), (Tier::Quorum, 2)] {
			let id = request_undrawn(tier);
			steps(blocks - 1);
			assert!(matches!(state(id), RequestState::Open(CommitteeStatus::Waiting { .. })));
			step();
			assert!(matches!(state(id), RequestState::Open(CommitteeStatus::Assigned { .. })));
			answer_all(id, |_| right());
		}
	});
}

#[test]
fn draw_should_wait_when_a_block_has_no_vrf_output() {
	run(|| {
		let id = request_undrawn(Tier::Optimistic);
		begin_block();
		pallet_babe::Initialized::<Runtime>::kill();
		Inference::on_initialize(System::block_number());
		assert!(matches!(state(id), RequestState::Open(CommitteeStatus::Waiting { .. })));
		step();
		assert!(matches!(state(id), RequestState::Open(CommitteeStatus::Assigned { .. })));
	});
}

/// What Inference takes from the pre-digest at the beginning of a block is what Babe stores at its
/// end.
#[test]
fn output_at_the_beginning_should_be_that_which_babe_stores_at_the_end() {
	run(|| {
		for _ in 0..4 {
			step();
			let (block, vrf) = *pallet_opg_inference::VrfOutputs::<Runtime>::get().last().unwrap();
			assert_eq!(block, System::block_number());
			Babe::on_finalize(block);
			assert_eq!(Babe::author_vrf_randomness(), Some(vrf.output));
		}
	});
}

/// Inference reads what Babe and Session have set, and rounds end before their draws.
#[test]
fn hooks_should_run_in_the_order_that_the_draw_needs() {
	use frame_support::traits::PalletsInfoAccess;
	let infos = AllPalletsWithSystem::infos();
	let place = |name: &str| infos.iter().position(|info| info.name == name).unwrap();
	let order = ["Babe", "Session", "Staking", "Attestation", "Inference", "Clock"];
	let places: Vec<_> = order.iter().map(|name| place(name)).collect();
	assert!(places.is_sorted(), "{order:?} {places:?}");
}
