//! Upgrade of a chain with requests in every state, from the state of each release.
//!
//! `snapshots/` has, for each release, the whole storage of a chain on which requests are in every
//! state, and the transactions that executors and validators had sent. A file is written once, by the
//! runtime of its release, and never changed:
//!
//! ```bash
//! source scripts/env.sh
//! cargo test --profile development --workspace --test snapshots -- --ignored write_snapshot
//! ```

#![allow(missing_docs)]
#![allow(clippy::unwrap_used)]

use codec::{Decode, Encode};
use frame_support::{
	assert_ok,
	traits::{GetStorageVersion, OnRuntimeUpgrade, PalletInfoAccess, StorageVersion},
};
use frame_system::offchain::CreateAuthorizedTransaction;
use opg_primitives::{
	beefy::no_key, Answer, Content, JobError, ModelId, Outcome, RequestId, Tier, VersionLimits,
	MAX_INPUT_BYTES, MAX_OUTPUT_BYTES,
};
use opg_runtime::{
	constants::{self, OPG},
	*,
};
use opg_runtime_testing::*;
use pallet_migrations::{ActiveCursor, Cursor, MigrationCursor};
use pallet_opg_attestation::{RoundPhase, Rounds, SeatState};
use pallet_opg_court::{CasePhase, Cases, Panels};
use pallet_opg_inference::{
	claim_hash, tiers, AuditOrder, BondSource, CommitteeStatus, IntakeStatus, RequestState,
	Requests, Vacancies,
};
use sp_core::H256;
use sp_maybe_compressed_blob::{compress_strongly, decompress};
use sp_runtime::{
	traits::{BlockNumberProvider, OpaqueKeys},
	StateVersion, Storage,
};
use std::{
	collections::{BTreeMap, BTreeSet},
	path::PathBuf,
};

/// Versions of the runtime that were released, or handed over.
const RELEASES: [u32; 1] = [100];
/// Executors of the chain.
const EXECUTORS: usize = 24;
/// Validators of the chain: the first three executors.
const VALIDATORS: usize = 3;
/// Size of a snapshot at most, in bytes, and unpacked.
const MAX_SNAPSHOT: usize = 1 << 20;
const MAX_UNPACKED: usize = 1 << 26;

const INPUT: Content = Content { hash: H256::repeat_byte(21), size: 4 * MAX_INPUT_BYTES };
const OUTPUT: Content = Content { hash: H256::repeat_byte(22), size: 3 * MAX_OUTPUT_BYTES };
/// Version whose inputs and outputs are outside of the chain.
const LARGE: ModelId = 1;

/// Storage of a chain, and what its nodes had sent when it was taken.
#[derive(Encode, Decode)]
struct Snapshot {
	/// Keys and values.
	entries: Vec<(Vec<u8>, Vec<u8>)>,
	/// Encoded transactions that no block has.
	sent: Vec<Vec<u8>>,
	/// Executors that gave a wrong answer.
	liars: Vec<AccountId>,
}

impl Snapshot {
	fn path(spec_version: u32) -> PathBuf {
		let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/snapshots");
		PathBuf::from(folder).join(format!("spec-{spec_version}.zst"))
	}

	fn read(spec_version: u32) -> Self {
		let file = std::fs::read(Self::path(spec_version)).unwrap();
		let bytes = decompress(&file, MAX_UNPACKED).unwrap();
		Self::decode(&mut &bytes[..]).unwrap()
	}

	/// Takes the storage of the current chain.
	fn take(sent: Vec<RuntimeCall>, liars: BTreeSet<AccountId>) -> Self {
		let mut entries = Vec::new();
		let mut key = Vec::new();
		while let Some(next) = sp_io::storage::next_key(&key) {
			let value = sp_io::storage::get(&next).unwrap().to_vec();
			entries.push((next.clone(), value));
			key = next;
		}
		let sent = sent
			.into_iter()
			.map(|call| {
				type Maker = Runtime;
				let extension =
					<Maker as CreateAuthorizedTransaction<RuntimeCall>>::create_extension();
				UncheckedExtrinsic::new_transaction(call, extension).encode()
			})
			.collect();
		Self { entries, sent, liars: liars.into_iter().collect() }
	}

	/// The chain as it was, before anything of this runtime has run.
	fn chain(&self) -> sp_io::TestExternalities {
		let top = self.entries.iter().cloned().collect();
		Storage { top, children_default: Default::default() }.into()
	}
}

/// The right answer to a request.
fn answer(id: RequestId) -> Answer {
	match Requests::<Runtime>::get(id).unwrap().model {
		LARGE => Answer { outcome: Outcome::Stored(OUTPUT), fuel: FUEL },
		_ => right(),
	}
}

fn is_odd(who: &AccountId) -> bool {
	(0..EXECUTORS).any(|index| index % 2 == 1 && executor(index) == *who)
}

/// Asks for `count` answers, and draws the committees.
fn ask_many(count: usize) -> Vec<RequestId> {
	let ids: Vec<_> = (0..count).map(|_| request_undrawn(Tier::Quorum)).collect();
	ids.iter().for_each(|id| draw(*id));
	ids
}

fn hold_all(id: RequestId, content: u8) {
	(0..VALIDATORS).for_each(|index| court_hold(index, id, content).unwrap());
}

/// `who` challenges the attested answer of a request, and claims that `right` is right.
fn challenge(who: AccountId, id: RequestId, right: &Answer) {
	let disputed = state(id).attested().unwrap().0.digest();
	let seed = Requests::<Runtime>::get(id).unwrap().seed.unwrap();
	let claim = claim_hash(&who, id, right.digest(), H256(SALT));
	assert_ok!(Inference::challenge(signed(who), id, seed, disputed, claim));
}

fn is_waiting(id: RequestId) -> bool {
	matches!(state(id), RequestState::Open(CommitteeStatus::Waiting { .. }))
}

/// Drives a chain to requests in every state, and takes its storage.
fn take_snapshot() -> Snapshot {
	let mut snapshot = None;
	run_with(EXECUTORS, || {
		let limits = VersionLimits {
			input_bytes: 8 * MAX_INPUT_BYTES,
			output_bytes: 8 * MAX_OUTPUT_BYTES,
			..VersionLimits::inline(2 * FUEL, 1_000, 64)
		};
		assert_ok!(register_within(dave(), limits, OPG));
		for index in 0..EXECUTORS {
			Models::serve(signed(executor(index)), LARGE, REPORT).unwrap();
		}
		set_balance(&ferdie(), 10_000 * OPG);
		set_balance(&eve(), 10_000 * OPG);
		next_session();
		next_session();
		step();
		snapshot = Some(drive());
	});
	snapshot.unwrap()
}

fn drive() -> Snapshot {
	let mut liars = BTreeSet::new();
	let mut lie = |id: RequestId| {
		liars.extend(committee(id).into_iter().filter(is_odd));
		answer_all(id, |who| if is_odd(who) { wrong() } else { right() });
	};

	// Cases of which some will reveal. The rest of these requests is settled by then.
	let (mut dissents, mut wrongs, mut rights) = (Vec::new(), Vec::new(), Vec::new());
	for id in ask_many(60) {
		let odd = committee(id).iter().filter(|who| is_odd(who)).count();
		if odd == 3 && wrongs.len() < 2 {
			lie(id);
			wrongs.push(id);
		} else if (odd == 1 || odd == 2) && dissents.len() < 6 {
			lie(id);
			dissents.push(id);
		} else {
			answer_all(id, |_| right());
			rights.push(id);
		}
	}
	assert_eq!((dissents.len(), wrongs.len()), (6, 2));
	challenge(ferdie(), rights[0], &wrong());
	challenge(ferdie(), wrongs[0], &right());
	let with_pool = (0..EXECUTORS)
		.map(executor)
		.find(|who| !is_odd(who) && !committee(wrongs[1]).contains(who))
		.unwrap();
	let disputed = state(wrongs[1]).attested().unwrap().0.digest();
	let claim = claim_hash(&with_pool, wrongs[1], right().digest(), H256(SALT));
	challenge_with_pool(wrongs[1], &with_pool, disputed, claim).unwrap();
	step();
	let revealing: Vec<_> = dissents.iter().chain(&wrongs).chain(&rights[..1]).copied().collect();
	for id in &revealing {
		assert!(matches!(case(*id).phase, CasePhase::Commit { .. }), "{:?}", case(*id));
		// Where all have committed, the phase is over.
		(0..2).for_each(|index| court_commit(*id, index, 0, &right()).unwrap());
	}

	// A request of which nobody says anything, and others while its second committee is at work.
	steps(8);
	let silent = ask_many(1)[0];
	// Cases that fill the court, and answers that can be challenged.
	let mut attested = Vec::new();
	for id in ask_many(110) {
		lie(id);
		if matches!(state(id), RequestState::Attested { .. }) {
			attested.push(id);
		}
	}
	let of_right = |id: &RequestId| state(*id).attested().unwrap().0.digest() == right().digest();
	let attested: Vec<_> = attested.into_iter().filter(of_right).collect();
	assert!(attested.len() > 5, "{}", attested.len());
	challenge(ferdie(), attested[0], &wrong());
	let outstanding = request_stored(LARGE, INPUT);
	let (holding, asked_output) = (request_stored(LARGE, INPUT), request_stored(LARGE, INPUT));
	steps(2);
	hold_all(asked_output, 0);
	let later_silent = ask_many(1)[0];
	draw(asked_output);
	// Until the second committee of the first is drawn.
	while round(silent).index == 0 || is_waiting(silent) {
		step();
	}
	for id in [attested[1], attested[2]] {
		assert_ok!(Inference::audit(signed(ferdie()), id));
	}
	answer_all(asked_output, |_| answer(asked_output));
	hold_all(holding, 0);
	let working = ask_many(5);
	draw(holding);
	let [assigned, committed, part, revealed, declined] = working[..] else { unreachable!() };
	draw(attested[1]);
	draw(attested[2]);
	answer_all(attested[2], |_| right());
	let commit_some = |id: RequestId, count: usize| {
		let members = committee(id);
		members[..count].iter().for_each(|who| commit(id, who, &right()).unwrap());
		members
	};
	commit_some(committed, 3);
	commit_some(part, 1);
	let members = commit_some(revealed, 3);
	reveal(revealed, &members[0], right()).unwrap();
	let asked_input = request_stored(LARGE, INPUT);
	step();
	step();
	while !is_waiting(later_silent) {
		step();
	}
	// The last block.
	answer_all(holding, |_| answer(holding));
	assert_ok!(Inference::audit(signed(ferdie()), attested[3]));
	let unasked_input = request_stored(LARGE, INPUT);
	let undrawn = request_undrawn(Tier::High);
	let optimistic = request_undrawn(Tier::Optimistic);
	let cancelled = request_undrawn(Tier::Quorum);
	assert_ok!(Inference::cancel(signed(eve()), cancelled));
	decline(declined, &committee(declined)[0], JobError::ModelMissing).unwrap();
	let _ = (outstanding, asked_input, unasked_input, undrawn, optimistic);

	let mut sent: Vec<RuntimeCall> = Vec::new();
	for who in committee(assigned) {
		sent.push(commit_call(assigned, &who, &right()).into());
	}
	for who in &committee(committed)[..2] {
		sent.push(reveal_call(committed, who, right()).into());
	}
	let phase_of = |id: &RequestId| case(*id).phase;
	let commits = |id: &RequestId| matches!(phase_of(id), CasePhase::Commit { committed: 0 });
	let sitting = Cases::<Runtime>::iter_keys().filter(commits).min().unwrap();
	sent.push(court_commit_call(sitting, 0, 0, &right()).into());
	assert!(matches!(phase_of(&dissents[0]), CasePhase::Reveal { .. }), "{:?}", case(dissents[0]));
	sent.push(court_reveal_call(dissents[0], 1, 0, right()).into());
	court_reveal(dissents[1], 0, 0, right()).unwrap();
	sent.push(court_hold_call(0, asked_input, 0).into());
	Snapshot::take(sent, liars)
}

/// Names of what requests, rounds, cases, bonds and audits of a chain are at.
fn coverage() -> BTreeSet<String> {
	let mut seen = BTreeSet::new();
	let mut note = |text: String| {
		seen.insert(text);
	};
	let status = |status: &CommitteeStatus<BlockNumber>| match status {
		CommitteeStatus::Waiting { round: 0, .. } => "waiting",
		CommitteeStatus::Waiting { .. } => "waiting again",
		CommitteeStatus::Assigned { round: 0 } => "assigned",
		CommitteeStatus::Assigned { .. } => "assigned again",
		CommitteeStatus::Passed => "passed",
	};
	for request in Requests::<Runtime>::iter_values() {
		note(match &request.state {
			RequestState::Open(of) => format!("open, {}", status(of)),
			RequestState::Attested { .. } => "attested".into(),
			RequestState::Audited { status: of, .. } => format!("audited, {}", status(of)),
			RequestState::Court { attested, opened } => {
				format!("court, attested: {}, opened: {opened}", attested.is_some())
			},
			RequestState::Settled { .. } => "settled".into(),
			RequestState::Failed { .. } => "failed".into(),
			RequestState::Uploading { until } => format!("uploading, asked: {}", until.is_some()),
			RequestState::Holding { until, .. } => format!("holding, asked: {}", until.is_some()),
		});
		for challenge in &request.challenges {
			note(match challenge.source {
				BondSource::Account => "bond of an account".into(),
				BondSource::Pool { .. } => "bond of a pool".into(),
			});
		}
		if let Some(AuditOrder::Bought { .. }) = request.audit {
			note("bought audit".into());
		}
	}
	for round in Rounds::<Runtime>::iter_values() {
		note(format!("round, {:?}", round.phase));
		for seat in round.current_seats() {
			note(match seat.state {
				SeatState::Waiting => "seat, waiting".into(),
				SeatState::Committed { .. } => "seat, committed".into(),
				SeatState::Revealed { .. } => "seat, revealed".into(),
				SeatState::Declined { .. } => "seat, declined".into(),
			});
		}
	}
	for case in Cases::<Runtime>::iter_values() {
		note(match case.phase {
			CasePhase::Waiting => "case, waiting".into(),
			CasePhase::Commit { .. } => "case, committing".into(),
			CasePhase::Reveal { .. } => "case, revealing".into(),
		});
	}
	if !Vacancies::<Runtime>::get().is_empty() {
		note("vacant seat".into());
	}
	seen
}

/// What [`coverage`] has to find.
const STATES: [&str; 32] = [
	"attested",
	"audited, assigned again",
	"audited, passed",
	"audited, waiting again",
	"bond of a pool",
	"bond of an account",
	"bought audit",
	"case, committing",
	"case, revealing",
	"case, waiting",
	"court, attested: false, opened: false",
	"court, attested: false, opened: true",
	"court, attested: true, opened: false",
	"court, attested: true, opened: true",
	"failed",
	"holding, asked: false",
	"holding, asked: true",
	"open, assigned",
	"open, assigned again",
	"open, waiting",
	"open, waiting again",
	"round, Closed",
	"round, Commit",
	"round, Reveal",
	"seat, committed",
	"seat, declined",
	"seat, revealed",
	"seat, waiting",
	"settled",
	"uploading, asked: false",
	"uploading, asked: true",
	"vacant seat",
];

#[test]
#[ignore = "writes the snapshot of a release, once"]
fn write_snapshot() {
	let path = Snapshot::path(VERSION.spec_version);
	assert!(!path.exists(), "a snapshot is never written again");
	let bytes = take_snapshot().encode();
	let file = compress_strongly(&bytes, MAX_UNPACKED).unwrap();
	println!("{} bytes, unpacked {}", file.len(), bytes.len());
	assert!(file.len() <= MAX_SNAPSHOT, "{}", file.len());
	std::fs::write(path, file).unwrap();
}

/// The first block with this runtime, before its transactions.
fn upgrade() {
	#[cfg(feature = "try-runtime")]
	{
		use frame_try_runtime::{runtime_decl_for_try_runtime::TryRuntimeV1, UpgradeCheckSelect};
		let (weight, limit) =
			<Runtime as TryRuntimeV1<Block>>::on_runtime_upgrade(UpgradeCheckSelect::All);
		assert!(weight.all_lte(limit), "{weight:?} {limit:?}");
	}
	#[cfg(not(feature = "try-runtime"))]
	Executive::execute_on_runtime_upgrade();
	check_invariants();
	check_versions();
}

/// Versions of our pallets' storage are those of the code.
fn check_versions() {
	fn check<P: GetStorageVersion<InCodeStorageVersion = StorageVersion> + PalletInfoAccess>() {
		let (stored, code) = (P::on_chain_storage_version(), P::in_code_storage_version());
		assert_eq!(stored, code, "{} has no migration to its version", P::name());
	}
	check::<Attestation>();
	check::<Clock>();
	check::<Court>();
	check::<Inference>();
	check::<Models>();
	check::<Staking>();
}

/// What executors and validators do in a block, all honestly.
fn work(voted: &mut BTreeSet<(RequestId, u8, bool, usize)>) {
	let ids: Vec<_> = Requests::<Runtime>::iter_keys().collect();
	for id in ids {
		if let Some(round) = Rounds::<Runtime>::get(id) {
			let reveals = round.phase_at(Clock::current_block_number()) == RoundPhase::Reveal
				|| round.takes_no_commitment();
			for seat in round.current_places().filter(|_| round.phase != RoundPhase::Closed) {
				match seat.state {
					SeatState::Waiting if !reveals => {
						commit(id, &seat.executor, &answer(id)).unwrap()
					},
					SeatState::Waiting if round.takes_no_commitment() => {
						reveal(id, &seat.executor, answer(id)).unwrap()
					},
					SeatState::Committed { .. } if reveals => {
						reveal(id, &seat.executor, answer(id)).unwrap()
					},
					_ => {},
				}
			}
		}
		if let Some(case) = Cases::<Runtime>::get(id) {
			for index in 0..VALIDATORS {
				let mut is_first = |reveals| voted.insert((id, case.sitting, reveals, index));
				// What was voted before the upgrade is refused.
				match case.phase {
					CasePhase::Commit { .. } if is_first(false) => {
						let _ = court_commit(id, index, 0, &answer(id));
					},
					CasePhase::Reveal { .. } if is_first(true) => {
						let _ = court_reveal(id, index, 0, answer(id));
					},
					_ => {},
				}
			}
		}
		if Cases::<Runtime>::get(id).is_some_and(|case| case.has_public_votes()) {
			reveal_claims(id);
		}
		if let Some(panel) = Panels::<Runtime>::get(id) {
			for content in 0..panel.contents.len() as u8 {
				for index in 0..VALIDATORS {
					let _ = court_hold(index, id, content);
				}
			}
		}
	}
}

/// Challengers reveal what they claim, where they have not.
fn reveal_claims(id: RequestId) {
	for challenge in Requests::<Runtime>::get(id).unwrap().challenges {
		let who = challenge.challenger;
		let is_claimed = |claimed: &Answer| {
			claim_hash(&who, id, claimed.digest(), H256(SALT)) == challenge.claim
		};
		let claimed = [right(), wrong()].into_iter().find(is_claimed).unwrap().digest();
		match challenge.source {
			_ if challenge.revealed.is_some() => {},
			BondSource::Account => {
				assert_ok!(Inference::reveal_claim(signed(who), id, claimed, H256(SALT)));
			},
			BondSource::Pool { .. } => {
				reveal_claim_with_pool(id, &who, claimed, H256(SALT)).unwrap();
			},
		}
	}
}

/// Everything that is on hold for requests, by account.
fn holds() -> BTreeMap<AccountId, Balance> {
	let mut held = BTreeMap::new();
	for (who, holds) in pallet_balances::Holds::<Runtime>::iter() {
		for hold in holds {
			if matches!(hold.id, RuntimeHoldReason::Inference(_)) {
				*held.entry(who.clone()).or_default() += hold.amount;
			}
		}
	}
	held
}

/// Upgrades the chain of a release, and goes on until its last request is gone. A migration takes the
/// first `migrating` blocks.
fn upgrade_and_end(release: u32, migrating: u32) {
	let snapshot = Snapshot::read(release);
	let transactions: Vec<_> = snapshot
		.sent
		.iter()
		.map(|bytes| UncheckedExtrinsic::decode(&mut &bytes[..]).expect("the format is known"))
		.collect();
	know_hot_keys(EXECUTORS);
	snapshot.chain().execute_with(|| {
		let expected: BTreeSet<_> = STATES.iter().map(|text| text.to_string()).collect();
		let found = coverage();
		assert!(expected.is_subset(&found), "{:?}", expected.difference(&found));
		assert!(!holds().is_empty());
		let honest: Vec<_> = (0..EXECUTORS)
			.map(executor)
			.filter(|who| !snapshot.liars.contains(who))
			.map(|who| (stake(&who), who))
			.collect();
		assert!(honest.len() >= EXECUTORS / 2);

		begin_block();
		upgrade();
		let now = Clock::current_block_number();
		if migrating > 0 {
			let before = coverage();
			// A migration that goes on and on, and then the end of the list of migrations.
			Cursor::<Runtime>::put(MigrationCursor::Stuck);
			initialize_pallets();
			steps(migrating);
			assert_eq!(Clock::current_block_number(), now, "the clock stands");
			assert_eq!(coverage(), before, "nothing happened");
			check_invariants();
			let started_at = System::block_number();
			let end = ActiveCursor { index: 0, inner_cursor: None, started_at };
			Cursor::<Runtime>::put(MigrationCursor::Active(end));
			<Migrations as frame_support::migrations::MultiStepMigrator>::step();
			assert!(!Cursor::<Runtime>::exists());
			step();
		} else {
			initialize_pallets();
			for transaction in transactions {
				let label = format!("{:?}", transaction.function);
				let applied = Executive::apply_extrinsic(transaction);
				assert!(matches!(applied, Ok(Ok(()))), "{label}: {applied:?}");
			}
		}

		// As the referendum of an upgrade would.
		assert_ok!(Inference::drain(RuntimeOrigin::root()));
		let mut voted = BTreeSet::new();
		let mut ended = BTreeMap::new();
		let final_before: BTreeSet<_> = Requests::<Runtime>::iter()
			.filter(|(_, request)| request.state.is_final())
			.map(|(id, _)| id)
			.collect();
		let eve_before = wealth(&eve());
		let last = 3 * constants::HOURS;
		let mut blocks = 0;
		while Requests::<Runtime>::iter_keys().next().is_some() {
			work(&mut voted);
			for (id, request) in Requests::<Runtime>::iter() {
				match &request.state {
					RequestState::Settled { fee, .. } => {
						ended.insert(id, Some(fee - burned_at_inclusion(&request)));
					},
					RequestState::Failed { .. } => {
						ended.insert(id, None);
					},
					_ => {},
				}
			}
			step();
			blocks += 1;
			assert!(blocks < last, "requests do not end: {:?}", coverage());
			if blocks % 100 == 0 {
				check_invariants();
			}
		}
		step();
		check_invariants();
		assert_eq!(Inference::backlog().intake, IntakeStatus::Drained);
		assert_eq!(holds(), BTreeMap::new(), "something is on hold for ever");
		assert_eq!(ended.len() as u64, next_request() - first_kept(&snapshot));
		let settled = ended.values().flatten().count();
		assert!(settled * 10 > ended.len() * 9, "{settled} of {}", ended.len());
		let paid: Balance = ended
			.iter()
			.filter(|(id, _)| !final_before.contains(id))
			.filter_map(|(_, paid)| *paid)
			.sum();
		assert_eq!(wealth(&eve()), eve_before - paid, "the rest came back");
		for (before, who) in honest {
			assert!(stake(&who) >= before, "{who} lost {} planck", before - stake(&who));
		}
	});
}

/// What a request burned when it was taken.
fn burned_at_inclusion(request: &pallet_opg_inference::RequestOf<Runtime>) -> Balance {
	let contents = if request.model == LARGE { 2 } else { 0 };
	Balance::from(tiers::size(request.tier)) * constants::SEAT_FEE
		+ contents * constants::CONTENT_FEE
}

/// Number of requests that were pruned before the snapshot.
fn first_kept(snapshot: &Snapshot) -> u64 {
	snapshot.chain().execute_with(|| Requests::<Runtime>::iter_keys().min().unwrap())
}

#[test]
fn requests_of_each_release_should_end_without_a_fine_or_a_hold_after_the_upgrade() {
	RELEASES.into_iter().for_each(|release| upgrade_and_end(release, 0));
}

#[test]
fn session_keys_of_each_release_should_stay_and_get_a_beefy_key_that_nobody_has() {
	for release in RELEASES {
		Snapshot::read(release).chain().execute_with(|| {
			let key = |key: &[u8]| sp_io::storage::get(key).unwrap();
			let entry_of =
				|who: &AccountId| pallet_session::NextKeys::<Runtime>::hashed_key_for(who);
			let validators = Session::validators();
			assert!(!validators.is_empty());
			let former: Vec<_> = validators.iter().map(|who| key(&entry_of(who))).collect();
			begin_block();
			upgrade();
			let queued = pallet_session::QueuedKeys::<Runtime>::get();
			assert_eq!(queued.len(), validators.len());
			for (who, former) in validators.iter().zip(&former) {
				let keys = pallet_session::NextKeys::<Runtime>::get(who).unwrap();
				let bytes = keys.encode();
				assert_eq!(bytes[..former.len()], former[..], "the others are as they were");
				assert_eq!(keys.beefy, no_key(who));
				assert!(queued.contains(&(who.clone(), keys.clone())));
				for id in <SessionKeys as OpaqueKeys>::key_ids() {
					let owner = Session::key_owner(*id, keys.get_raw(*id));
					assert_eq!(owner.as_ref(), Some(who), "{id:?}");
				}
			}
			// The second time it does nothing.
			let root = sp_io::storage::root(StateVersion::V1);
			<Runtime as frame_system::Config>::SingleBlockMigrations::on_runtime_upgrade();
			assert_eq!(sp_io::storage::root(StateVersion::V1), root);
			// The sessions that begin have the same validators.
			initialize_pallets();
			for _ in 0..3 {
				step();
				Session::rotate_session();
			}
			assert_eq!(Session::validators(), validators);
			assert_eq!(Babe::authorities().len(), validators.len());
			check_invariants();
		});
	}
}

#[test]
fn sudo_of_each_release_should_end_with_the_upgrade_of_a_public_network() {
	for (release, is_public) in RELEASES.into_iter().flat_map(|of| [(of, true), (of, false)]) {
		Snapshot::read(release).chain().execute_with(|| {
			let key = pallet_sudo::Key::<Runtime>::get();
			assert!(key.is_some(), "the chain is that of a preset");
			// Chains of version 100 have no pace of their own, so they are public networks.
			if !is_public {
				governance::pallet_governance::Speed::<Runtime>::put(constants::DEVELOPMENT_SPEED);
				// A pallet with storage is not a new one, which would get its version by itself.
				Governance::in_code_storage_version().put::<Governance>();
			}
			begin_block();
			upgrade();
			assert_eq!(pallet_sudo::Key::<Runtime>::get(), key.filter(|_| !is_public));
		});
	}
}

#[test]
fn deadlines_should_stand_while_a_migration_takes_many_blocks() {
	RELEASES.into_iter().for_each(|release| upgrade_and_end(release, 60));
}
