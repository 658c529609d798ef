//! What dishonesty earns: strategies played against the real pallets.
//!
//! A network of executors with equal stake near the minimum, a part of whom belongs to one adversary
//! that knows all of its seats. The others answer rightly. Nobody watches, unless the row says so:
//! only what the protocol does by itself counts. Computing an answer is taken to cost all that it
//! pays, so that honest play earns nothing, and every answer that is not computed saves the most.
//!
//! `OPG_ADVERSARY=<requests per row>` plays all rows at that length and writes
//! `docs/adversary.{md,csv}`; without it, the rows that must lose are played for a short time.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use frame_support::assert_ok;
use opg_primitives::{commitment, ModelError, Outcome};
use pallet_opg_attestation::SeatState;
use pallet_opg_inference::{Phase, State};
use pallet_opg_staking::{Holdings, PoolId, Pools, Role, Unbonding};
use std::{collections::BTreeSet, fmt::Write};

/// Executors: enough for all rounds of the high tier.
const EXECUTORS: usize = 60;
/// Stake of each operator: a little over the least.
const STAKE: Balance = 1_100 * OPG;
/// Fuel of the right answer; the limit is twice that.
const WORK: u64 = 5_000_000_000;
const EACH: Balance = WORK as Balance * 100_000_000;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Strategy {
	/// Compute, commit, reveal.
	Honest,
	/// Never compute; answer with a guess, which is wrong.
	Lazy,
	/// Never compute; commit to what another seat committed to, and reveal what it reveals.
	Copy,
	/// Compute and commit, then see the others reveal and stay silent.
	Hide,
	/// Never commit.
	Absent,
	/// All seats of the adversary give the same wrong answer, always.
	Collude,
	/// They do so only where they decide the round alone, and are honest otherwise.
	Sure,
	/// As `Collude`, and the adversary owns the model and earns its royalty.
	Owner,
	/// As `Sure`, and the adversary pays for the requests itself.
	SelfDeal,
	/// Honest executors; a challenger of the adversary challenges every right answer, and its jurors
	/// agree with it.
	Spam,
	/// As `Collude`; the adversary's delegators leave as soon as it has lied.
	Exit,
}
use Strategy::*;

#[derive(Clone, Copy)]
struct Row {
	strategy: Strategy,
	tier: Tier,
	/// Executors of the adversary, in percent.
	percent: usize,
	/// Whether one honest watcher re-runs every answer and challenges wrong ones.
	watched: bool,
	requests: usize,
}

#[derive(Default, Debug)]
struct Outcomes {
	/// Wrong answers that were settled.
	wrong: usize,
	/// Requests in which the adversary gave a wrong answer, or none, at all.
	faults: usize,
	/// What the adversary has more than before, computing paid, in planck.
	profit: i128,
}

fn good() -> Answer {
	Answer { outcome: Outcome::Output(vec![4, 2].try_into().unwrap()), fuel: WORK }
}
fn lie() -> Answer {
	Answer { outcome: Outcome::Error(ModelError::Trapped), fuel: WORK }
}

/// The account that delegates to executor `index` of the adversary.
fn delegator(index: usize) -> AccountId {
	AccountId::from(sp_io::hashing::blake2_256(&[b"delegator", &[index as u8][..]].concat()))
}

fn wealth_of(who: &AccountId) -> Balance {
	let data = System::account(who).data;
	data.free + data.reserved
}

struct Game {
	row: Row,
	bad: BTreeSet<AccountId>,
	session: u32,
	computed: Balance,
	outcomes: Outcomes,
}

impl Game {
	fn set_up(row: Row) -> Self {
		step();
		let rich = 1_000_000_000 * OPG;
		let mut bad = BTreeSet::new();
		for index in 3..EXECUTORS + 3 {
			let who = executor(index);
			open_pool(index, STAKE);
			assert_ok!(Balances::force_set_balance(
				RuntimeOrigin::root(),
				who.clone().into(),
				rich
			));
			if (index - 3) * 100 < row.percent * EXECUTORS {
				bad.insert(who);
				let delegator = delegator(index);
				assert_ok!(Balances::force_set_balance(
					RuntimeOrigin::root(),
					delegator.clone().into(),
					rich
				));
			}
		}
		for who in [eve(), ferdie(), dave()] {
			assert_ok!(Balances::force_set_balance(RuntimeOrigin::root(), who.into(), rich));
		}
		assert_ok!(Models::admit_engine(RuntimeOrigin::root(), ENGINE, 0));
		assert_ok!(register(dave(), 2 * WORK, OPG));
		for index in 3..EXECUTORS + 3 {
			assert_ok!(Models::serve(signed(executor(index)), 0, REPORT));
		}
		Self { row, bad, session: 1, computed: 0, outcomes: Outcomes::default() }
	}

	/// All that the adversary has, wherever it is.
	fn wealth(&self) -> Balance {
		let mut sum = 0;
		for index in 3..EXECUTORS + 3 {
			let who = executor(index);
			if !self.bad.contains(&who) {
				continue;
			}
			let id = PoolId { operator: who.clone(), role: Role::Executor };
			let pool = Pools::<Runtime>::get(Role::Executor, &who).unwrap();
			let delegator = delegator(index);
			sum += wealth_of(&who) + wealth_of(&delegator) + pool.self_bond();
			sum += pool.active.value_of(&Holdings::<Runtime>::get(&id, &delegator));
			for entry in Unbonding::<Runtime>::get(&id, &delegator) {
				sum += pool.unbonding.value_of(&entry.holding);
			}
		}
		match self.row.strategy {
			Owner => sum + wealth_of(&dave()),
			SelfDeal => sum + wealth_of(&eve()),
			Spam => sum + wealth_of(&ferdie()),
			_ => sum,
		}
	}

	/// Bring every stake back to what it was, and begin a session with it.
	fn top_up(&mut self) {
		for index in 3..EXECUTORS + 3 {
			let who = executor(index);
			let pool = Pools::<Runtime>::get(Role::Executor, &who).unwrap();
			let own = self.bad.contains(&who);
			// Where the adversary's delegators stake too, the others have as much as both together.
			let wanted = if self.row.strategy == Exit && !own { 2 * STAKE } else { STAKE };
			let missing = wanted.saturating_sub(pool.self_bond());
			if missing >= OPG {
				assert_ok!(Staking::delegate(
					signed(who.clone()),
					who.clone(),
					Role::Executor,
					missing
				));
			}
			if pool.status == pallet_opg_staking::Status::Resting {
				assert_ok!(Staking::resume(signed(who.clone()), Role::Executor));
			}
			if self.row.strategy == Exit && own {
				let delegator = delegator(index);
				let _ = Staking::withdraw(
					signed(eve()),
					who.clone(),
					Role::Executor,
					delegator.clone(),
				);
				let id = PoolId { operator: who.clone(), role: Role::Executor };
				if Holdings::<Runtime>::get(&id, &delegator).shares == 0 {
					assert_ok!(Staking::delegate(signed(delegator), who, Role::Executor, STAKE));
				}
			}
		}
		self.session += 1;
		Staking::plan_session(self.session);
		Staking::start_session(self.session);
	}

	/// Whether the adversary decides the round of `members` alone.
	fn decides(&self, round: u8, members: &[AccountId]) -> bool {
		let own = members.iter().filter(|who| self.bad.contains(who)).count();
		if round == 0 {
			own == members.len()
		} else {
			own > members.len() / 2
		}
	}

	/// What the adversary answers in this round, if anything.
	fn lies(&self, round: u8, members: &[AccountId]) -> bool {
		match self.row.strategy {
			Lazy | Collude | Owner | Exit => true,
			Sure | SelfDeal => self.decides(round, members),
			// Its jurors say that the challenger is right.
			Spam => round >= 2,
			Honest | Copy | Hide | Absent => false,
		}
	}

	fn commit_phase(&mut self, id: RequestId, members: &[AccountId]) {
		let lies = self.lies(round(id), members);
		for who in members {
			if !self.bad.contains(who) {
				commit(id, who, &good()).unwrap();
			}
		}
		for who in members.iter().filter(|who| self.bad.contains(who)) {
			match self.row.strategy {
				Absent => {},
				Copy => {
					let record = Records::<Runtime>::get(id).unwrap();
					let seen = record.current().find_map(|seat| match seat.state {
						SeatState::Committed { commitment, .. } => Some(commitment),
						_ => None,
					});
					let blind = commitment(&binding(id, who), &lie(), &SALT);
					commit_to(id, who, seen.unwrap_or(blind)).unwrap();
				},
				_ if lies => commit(id, who, &lie()).unwrap(),
				_ => {
					self.computed += EACH;
					commit(id, who, &good()).unwrap();
				},
			}
		}
	}

	fn reveal_phase(&mut self, id: RequestId, members: &[AccountId]) {
		let (round, lies) = (round(id), self.lies(round(id), members));
		let mut order: Vec<_> = members.iter().collect();
		order.sort_by_key(|who| self.bad.contains(who));
		for who in order {
			let state = Records::<Runtime>::get(id).unwrap();
			let committed = state.round == round
				&& state
					.seat(who)
					.is_some_and(|seat| matches!(seat.state, SeatState::Committed { .. }));
			if !committed || state.phase != pallet_opg_attestation::Phase::Reveal {
				continue;
			}
			if !self.bad.contains(who) {
				reveal(id, who, good()).unwrap();
				continue;
			}
			match self.row.strategy {
				Hide => {},
				Copy => assert!(reveal(id, who, good()).is_err(), "a copy is not revealed"),
				_ => reveal(id, who, if lies { lie() } else { good() }).unwrap(),
			}
		}
	}

	/// One request, from being asked to its end.
	fn play(&mut self) {
		self.top_up();
		let id = pallet_opg_inference::NextRequestId::<Runtime>::get();
		assert_ok!(Inference::request(signed(eve()), 0, input(), self.row.tier, 1_000 * OPG));
		let (mut challenged, mut fault, mut left) = (false, false, false);
		for _ in 0..1_000 {
			match state(id) {
				State::Open(Phase::Assigned { round })
				| State::Disputed { phase: Phase::Assigned { round }, .. } => {
					let members = committee(id);
					let own = members.iter().any(|who| self.bad.contains(who));
					fault |= own
						&& (self.lies(round, &members)
							|| matches!(self.row.strategy, Copy | Hide | Absent));
					self.commit_phase(id, &members);
					// Seats that did not commit are waited for.
					while waits(id, round, pallet_opg_attestation::Phase::Commit) {
						step();
					}
					self.reveal_phase(id, &members);
					while waits(id, round, pallet_opg_attestation::Phase::Reveal) {
						step();
					}
				},
				State::Attested { answer, .. } => {
					if self.row.strategy == Exit && !std::mem::replace(&mut left, true) {
						self.leave();
					}
					let spam = self.row.strategy == Spam && answer == good();
					let doubted = self.row.watched && answer != good();
					if (spam || doubted) && !std::mem::replace(&mut challenged, true) {
						assert_ok!(Inference::challenge(signed(ferdie()), id));
					} else {
						step();
					}
				},
				State::Settled { answer, .. } => {
					self.outcomes.wrong += usize::from(answer != good());
					break;
				},
				State::Failed { .. } => break,
				_ => step(),
			}
			if pallet_opg_staking::SlashingPaused::<Runtime>::exists() {
				assert_ok!(Staking::resume_slashing(RuntimeOrigin::root()));
			}
		}
		assert!(state(id).is_final());
		self.outcomes.faults += usize::from(fault);
		if self.row.strategy == Exit {
			steps(constants::UNBONDING_BLOCKS);
		}
	}

	/// The adversary's delegators leave.
	fn leave(&self) {
		for index in 3..EXECUTORS + 3 {
			let who = executor(index);
			if self.bad.contains(&who) {
				let delegator = signed(delegator(index));
				assert_ok!(Staking::undelegate(delegator, who, Role::Executor, Balance::MAX));
			}
		}
	}
}

/// Whether the round is still in this phase.
fn waits(id: RequestId, round: u8, phase: pallet_opg_attestation::Phase) -> bool {
	let record = Records::<Runtime>::get(id).unwrap();
	record.round == round && record.phase == phase
}

/// Requests of a game. A pool that is slashed and filled up again gets ever more shares for a planck;
/// after some four hundred times their number does not fit any more, and it takes no more stake.
const GAME: usize = 300;

/// Play as many games as a row has requests for, each with randomness of its own.
fn play(row: Row) -> Outcomes {
	let mut sum = Outcomes::default();
	for game in 0..row.requests.div_ceil(GAME) {
		let requests = GAME.min(row.requests - game * GAME);
		let chance = row.percent as u64 * 31 + row.tier as u64 + game as u64 * 10_000;
		let Outcomes { wrong, faults, profit } = play_game(Row { requests, ..row }, chance);
		sum.wrong += wrong;
		sum.faults += faults;
		sum.profit += profit;
	}
	sum
}

fn play_game(row: Row, chance: u64) -> Outcomes {
	CHANCE.with(|own| own.set(chance));
	let mut ext = genesis();
	let mut game = ext.execute_with(|| Game::set_up(row));
	let before = ext.execute_with(|| {
		game.top_up();
		game.wealth()
	});
	for number in 0..row.requests {
		ext.execute_with(|| game.play());
		// What is only in the overlay makes every block slower than the last.
		if number.is_multiple_of(32) {
			ext.commit_all().unwrap();
		}
	}
	ext.execute_with(|| {
		let after = game.wealth();
		game.outcomes.profit = after as i128 - before as i128 - game.computed as i128;
		check();
	});
	game.outcomes
}

/// Probability of more than half of `n` seats at stake share `f`, drawn independently.
fn majority(n: u64, f: f64) -> f64 {
	(n / 2 + 1..=n)
		.map(|k| {
			let ways = (0..k).fold(1.0, |c, i| c * (n - i) as f64 / (i + 1) as f64);
			ways * f.powi(k as i32) * (1.0 - f).powi((n - k) as i32)
		})
		.sum()
}

/// The share of wrong answers that an adversary with stake share `f` settles at most, where nobody
/// watches: it has the whole first committee, or a part of it and the majority of the second.
/// Where somebody does, it needs the majority of the jury besides.
fn bound(row: &Row) -> f64 {
	let (k, f) = (pallet_opg_inference::tiers::size(row.tier), row.percent as f64 / 100.0);
	let all = f.powi(k as i32);
	let mixed = if k == 1 { 0.0 } else { 1.0 - all - (1.0 - f).powi(k as i32) };
	let unwatched = all + mixed * majority(2 * u64::from(k) + 1, f);
	if row.watched {
		let jury = majority(pallet_opg_inference::tiers::seats(row.tier, 2).wanted.into(), f);
		unwatched * jury
	} else {
		unwatched
	}
}

/// Whether the row must lose money for its result to be acceptable. Fewer faults than this say
/// nothing about what they earn on average: one lie in fifty is audited.
fn must_lose(row: &Row, outcomes: &Outcomes) -> bool {
	let enough = if matches!(row.strategy, Sure | SelfDeal) { 50 } else { 1 };
	row.strategy != Honest && row.percent <= 30 && outcomes.faults >= enough
}

fn judge(row: &Row, outcomes: &Outcomes) {
	let what = format!("{:?} {:?} {} % {outcomes:?}", row.strategy, row.tier, row.percent);
	let n = row.requests as f64;
	let (share, bound) = (outcomes.wrong as f64 / n, bound(row));
	let error = 4.0 * (bound * (1.0 - bound) / n).sqrt() + 1.0 / n;
	assert!(share <= bound + error, "{what}: {share} of answers are wrong, the bound is {bound}");
	if row.strategy == Honest {
		assert_eq!((outcomes.wrong, outcomes.faults), (0, 0));
	}
	if must_lose(row, outcomes) {
		assert!(outcomes.profit < 0, "{what}: dishonesty pays");
	}
}

#[test]
fn dishonesty_should_lose_money() {
	if std::env::var("OPG_ADVERSARY").is_ok() {
		return;
	}
	for strategy in [Honest, Lazy, Copy, Hide, Absent, Collude, Owner, Spam, Exit] {
		let row = Row { strategy, tier: Tier::Quorum, percent: 30, watched: false, requests: 25 };
		judge(&row, &play(row));
	}
	let row =
		Row { strategy: Lazy, tier: Tier::Optimistic, percent: 30, watched: true, requests: 60 };
	judge(&row, &play(row));
}

/// All rows. Writes the tables.
#[test]
fn adversary_tables() {
	let Ok(requests) = std::env::var("OPG_ADVERSARY") else { return };
	let requests: usize = requests.parse().expect("OPG_ADVERSARY is a number of requests");
	let mut rows = Vec::new();
	for tier in [Tier::Optimistic, Tier::Quorum, Tier::High] {
		for percent in [10, 30, 45] {
			for strategy in
				[Honest, Lazy, Copy, Hide, Absent, Collude, Sure, Owner, SelfDeal, Spam, Exit]
			{
				// Lies of a strategy that lies seldom are audited seldom: play longer.
				let seldom = matches!(strategy, Sure | SelfDeal) && tier != Tier::High;
				let requests = match strategy {
					_ if seldom => 5 * requests,
					Exit => requests / 5,
					_ => requests,
				};
				rows.push(Row { strategy, tier, percent, watched: false, requests });
			}
			for strategy in [Collude, Sure] {
				rows.push(Row { strategy, tier, percent, watched: true, requests });
			}
		}
	}
	let mut csv = String::from(
		"tier,strategy,stake_percent,watched,requests,faults,wrong_settled,wrong_bound,profit_opg_per_request,profit_opg_per_fault\n",
	);
	let mut table = String::from(
		"| tier | strategy | stake | watched | requests | with a fault | wrong answers settled | bound | profit per request | per fault |\n\
		 |---|---|---|---|---|---|---|---|---|---|\n",
	);
	// Two threads, as the machine has two cores; each game has its own storage.
	let rows = std::sync::Mutex::new(rows.into_iter().enumerate());
	let done = std::sync::Mutex::new(Vec::new());
	std::thread::scope(|scope| {
		for _ in 0..2 {
			scope.spawn(|| loop {
				let Some((place, row)) = rows.lock().unwrap().next() else { break };
				let outcomes = play(row);
				println!("{:?} {:?} {} %: {outcomes:?}", row.tier, row.strategy, row.percent);
				done.lock().unwrap().push((place, row, outcomes));
			});
		}
	});
	let mut done = done.into_inner().unwrap();
	done.sort_by_key(|(place, ..)| *place);
	let mut losing = 0;
	for (_, row, outcomes) in &done {
		let n = row.requests as f64;
		let profit = outcomes.profit as f64 / OPG as f64;
		let (wrong, bound) = (outcomes.wrong as f64 / n, bound(row));
		let per_fault = profit / (outcomes.faults.max(1)) as f64;
		writeln!(
			csv,
			"{:?},{:?},{},{},{},{},{},{bound:.5},{:.4},{per_fault:.4}",
			row.tier,
			row.strategy,
			row.percent,
			row.watched,
			row.requests,
			outcomes.faults,
			outcomes.wrong,
			profit / n,
		)
		.unwrap();
		writeln!(
			table,
			"| {:?} | {:?} | {} % | {} | {} | {} | {} ({:.2} %) | {:.2} % | {:.3} OPG | {per_fault:.2} OPG |",
			row.tier,
			row.strategy,
			row.percent,
			if row.watched { "yes" } else { "no" },
			row.requests,
			outcomes.faults,
			outcomes.wrong,
			wrong * 100.0,
			bound * 100.0,
			profit / n,
		)
		.unwrap();
		losing += usize::from(must_lose(row, outcomes));
	}
	let docs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
	let head = "# What dishonesty earns\n\n\
		Written by `scripts/adversary.sh`, which plays the strategies of `runtime/tests/adversary.rs` against the real pallets. Each of 60 executors\n\
		has 1,100 OPG at stake and earns 0.5 OPG per answer. Profit is what the adversary has more than before, where computing an answer costs\n\
		all that it pays, so that honest play earns 0 (an owner its royalty, a requester minus its fees).\n\n";
	std::fs::write(docs.join("adversary.md"), format!("{head}{table}")).unwrap();
	std::fs::write(docs.join("adversary.csv"), csv).unwrap();
	for (_, row, outcomes) in &done {
		judge(row, outcomes);
	}
	println!("RESULT adversary_rows {}", done.len());
	println!("RESULT adversary_losing_rows {losing}");
}
