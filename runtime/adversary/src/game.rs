//! Games: one network with an adversary, and the requests that it plays.

use crate::{Outcomes, Row, Strategy::*, Watch};
use frame_support::assert_ok;
use opg_primitives::{commitment, Answer, Fuel, RequestId, RoundIndex};
use opg_runtime::{
	constants::{MIN_FUEL_PRICE, OPG, UNBONDING_BLOCKS},
	AccountId, Balance, Inference, Models, Runtime, RuntimeOrigin, Staking,
};
use opg_runtime_testing::*;
use pallet_opg_attestation::{RoundPhase, SeatState};
use pallet_opg_inference::{CommitteeStatus, RequestState};
use pallet_opg_staking::{Holdings, PoolId, PoolStatus, Pools, Role, SlashingPaused, Unbonding};
use sp_io::hashing::blake2_256;
use std::{collections::BTreeSet, mem, ops::Range};

/// Executors: enough for all rounds of the high tier. The first three are those of genesis, which
/// do not play.
const EXECUTORS: Range<usize> = 3..63;
/// Stake of each operator, in planck: a little over the minimum.
const STAKE: Balance = 1_100 * OPG;
/// Fuel of the right answer; the limit is twice that.
const WORK: Fuel = 5_000_000_000;
/// Pay of one answer, and the cost of computing it, in planck.
const PAY: Balance = WORK as Balance * MIN_FUEL_PRICE;
/// Balance of everyone, in planck: more than any game spends.
const FUNDS: Balance = 1_000_000_000 * OPG;
/// Requests of a game. A pool that is slashed and filled up again gets ever more shares for a
/// planck. After some four hundred times their number does not fit any more, and it takes no more
/// stake.
const GAME: usize = 300;
/// Blocks within which every request ends.
const MAX_STEPS: usize = 1_000;

/// Plays as many games as the row has requests for, each with randomness of its own.
pub fn play(row: Row, seed: u64) -> Outcomes {
	let mut sum = Outcomes::default();
	for game in 0..row.requests.div_ceil(GAME) {
		let requests = GAME.min(row.requests - game * GAME);
		let row_seed = row.percent as u64 * 31 + row.tier as u64 + game as u64 * 10_000;
		let seed = seed.wrapping_mul(1 << 32).wrapping_add(row_seed);
		let Outcomes { wrong, offences, profit } = play_game(Row { requests, ..row }, seed);
		sum.wrong += wrong;
		sum.offences += offences;
		sum.profit += profit;
	}
	sum
}

fn play_game(row: Row, seed: u64) -> Outcomes {
	set_seed(seed);
	let mut ext = genesis();
	let mut game = ext.execute_with(|| Game::new(row));
	let before = ext.execute_with(|| {
		game.top_up();
		game.wealth()
	});
	for number in 0..row.requests {
		ext.execute_with(|| game.play_request());
		// What is only in the overlay makes every block slower than the last.
		if number.is_multiple_of(32) {
			ext.commit_all().unwrap();
		}
	}
	ext.execute_with(|| {
		let after = game.wealth();
		game.outcomes.profit = after as i128 - before as i128 - game.computed as i128;
		check_invariants();
	});
	game.outcomes
}

fn good() -> Answer {
	Answer { fuel: WORK, ..right() }
}

fn lie() -> Answer {
	Answer { fuel: WORK, ..wrong() }
}

/// Account that delegates to executor `index` of the adversary.
fn delegator(index: usize) -> AccountId {
	AccountId::from(blake2_256(&[b"delegator", &[index as u8][..]].concat()))
}

fn pool_of(who: &AccountId) -> PoolId<AccountId> {
	PoolId { operator: who.clone(), role: Role::Executor }
}

/// Tells whether the round of this index is still in this phase.
fn is_in(id: RequestId, index: RoundIndex, phase: RoundPhase) -> bool {
	let round = round(id);
	round.index == index && round.phase == phase
}

/// Network with an adversary.
struct Game {
	row: Row,
	/// Executors of the adversary.
	bad: BTreeSet<AccountId>,
	session: u32,
	/// Cost of what the adversary computed, in planck.
	computed: Balance,
	outcomes: Outcomes,
}

impl Game {
	fn new(row: Row) -> Self {
		step();
		let mut bad = BTreeSet::new();
		for index in EXECUTORS {
			let who = executor(index);
			open_pool(index, STAKE);
			set_balance(&who, FUNDS);
			if (index - EXECUTORS.start) * 100 < row.percent * EXECUTORS.len() {
				bad.insert(who);
				set_balance(&delegator(index), FUNDS);
			}
		}
		for who in [eve(), ferdie(), dave()] {
			set_balance(&who, FUNDS);
		}
		register_model(WORK);
		for index in EXECUTORS {
			assert_ok!(Models::serve(signed(executor(index)), 0, REPORT));
		}
		Self { row, bad, session: 1, computed: 0, outcomes: Outcomes::default() }
	}

	/// Executors of the adversary, with their numbers.
	fn bad_executors(&self) -> impl Iterator<Item = (usize, AccountId)> + '_ {
		EXECUTORS.map(|index| (index, executor(index))).filter(|(_, who)| self.bad.contains(who))
	}

	/// All that the adversary has, in planck.
	fn wealth(&self) -> Balance {
		let pools = self.bad_executors().map(|(index, who)| {
			let (id, delegator) = (pool_of(&who), delegator(index));
			let pool = Pools::<Runtime>::get(Role::Executor, &who).unwrap();
			let delegated = pool.active.value_of(&Holdings::<Runtime>::get(&id, &delegator));
			let unbonding: Balance = Unbonding::<Runtime>::get(&id, &delegator)
				.iter()
				.map(|entry| pool.unbonding.value_of(&entry.holding))
				.sum();
			wealth(&who) + wealth(&delegator) + pool.self_bond() + delegated + unbonding
		});
		let others = match self.row.strategy {
			Owner => wealth(&dave()),
			SelfDeal => wealth(&eve()),
			ChallengeSpam => wealth(&ferdie()),
			_ => 0,
		};
		pools.sum::<Balance>() + others
	}

	/// Brings every stake back to what it was, and begins a session with it.
	fn top_up(&mut self) {
		let delegators = self.row.strategy == DelegatorFlight;
		for index in EXECUTORS {
			let who = executor(index);
			let pool = Pools::<Runtime>::get(Role::Executor, &who).unwrap();
			let own = self.bad.contains(&who);
			// Where the adversary's delegators stake too, the others have as much as both together.
			let wanted = if delegators && !own { 2 * STAKE } else { STAKE };
			let missing = wanted.saturating_sub(pool.self_bond());
			if missing >= OPG {
				let origin = signed(who.clone());
				assert_ok!(Staking::delegate(origin, who.clone(), Role::Executor, missing));
			}
			if pool.status == PoolStatus::Paused {
				assert_ok!(Staking::resume(signed(who.clone()), Role::Executor));
			}
			if delegators && own {
				let (id, delegator) = (pool_of(&who), delegator(index));
				// Fails where nothing can be withdrawn yet.
				let _ = Staking::withdraw(
					signed(eve()),
					who.clone(),
					Role::Executor,
					delegator.clone(),
				);
				if Holdings::<Runtime>::get(&id, &delegator).shares == 0 {
					assert_ok!(Staking::delegate(signed(delegator), who, Role::Executor, STAKE));
				}
			}
		}
		self.session += 1;
		Staking::plan_session(self.session);
		Staking::start_session(self.session);
	}

	/// Tells whether the adversary decides the round of `members` alone.
	fn decides(&self, index: RoundIndex, members: &[AccountId]) -> bool {
		let own = members.iter().filter(|who| self.bad.contains(who)).count();
		if index == 0 {
			own == members.len()
		} else {
			own > members.len() / 2
		}
	}

	/// Tells whether the adversary gives the wrong answer in this round.
	fn lies(&self, index: RoundIndex, members: &[AccountId]) -> bool {
		match self.row.strategy {
			FreeRider | Collude | Owner | DelegatorFlight => true,
			Opportunistic | SelfDeal => self.decides(index, members),
			// Its jurors say that the challenger is right.
			ChallengeSpam => index >= 2,
			Honest | CommitmentCopier | RevealWithholder | NonCommitter => false,
		}
	}

	fn commit_phase(&mut self, id: RequestId, members: &[AccountId]) {
		let lies = self.lies(round(id).index, members);
		let (bad, honest): (Vec<_>, Vec<_>) =
			members.iter().partition(|who| self.bad.contains(who));
		for who in honest {
			commit(id, who, &good()).unwrap();
		}
		for who in bad {
			match self.row.strategy {
				NonCommitter => {},
				CommitmentCopier => {
					let round = round(id);
					let seen = round.current_seats().find_map(|seat| match seat.state {
						SeatState::Committed { commitment, .. } => Some(commitment),
						_ => None,
					});
					let blind = commitment(&context(id, who), &lie(), &SALT);
					commit_to(id, who, seen.unwrap_or(blind)).unwrap();
				},
				_ if lies => commit(id, who, &lie()).unwrap(),
				_ => {
					self.computed += PAY;
					commit(id, who, &good()).unwrap();
				},
			}
		}
	}

	fn reveal_phase(&mut self, id: RequestId, members: &[AccountId]) {
		let index = round(id).index;
		let lies = self.lies(index, members);
		let mut order: Vec<_> = members.iter().collect();
		order.sort_by_key(|who| self.bad.contains(who));
		for who in order {
			let round = round(id);
			let committed = round
				.seat(who)
				.is_some_and(|seat| matches!(seat.state, SeatState::Committed { .. }));
			if !committed || !is_in(id, index, RoundPhase::Reveal) {
				continue;
			}
			if !self.bad.contains(who) {
				reveal(id, who, good()).unwrap();
				continue;
			}
			match self.row.strategy {
				RevealWithholder => {},
				CommitmentCopier => {
					assert!(reveal(id, who, good()).is_err(), "a copy is not revealed")
				},
				_ => reveal(id, who, if lies { lie() } else { good() }).unwrap(),
			}
		}
	}

	/// Plays both phases of a round. Seats that stay silent are waited for.
	fn play_round(&mut self, id: RequestId, index: RoundIndex, members: &[AccountId]) {
		self.commit_phase(id, members);
		while is_in(id, index, RoundPhase::Commit) {
			step();
		}
		self.reveal_phase(id, members);
		while is_in(id, index, RoundPhase::Reveal) {
			step();
		}
	}

	/// Plays one request from its inclusion to its end.
	fn play_request(&mut self) {
		self.top_up();
		let Row { strategy, tier, watch, .. } = self.row;
		let id = next_request();
		assert_ok!(Inference::request(signed(eve()), 0, input(), tier, 1_000 * OPG));
		let (mut challenged, mut offence, mut left) = (false, false, false);
		for _ in 0..MAX_STEPS {
			match state(id) {
				RequestState::Open(CommitteeStatus::Assigned { round })
				| RequestState::Disputed { status: CommitteeStatus::Assigned { round }, .. } => {
					let members = committee(id);
					let own = members.iter().any(|who| self.bad.contains(who));
					offence |= own && (self.lies(round, &members) || strategy.evades());
					self.play_round(id, round, &members);
				},
				RequestState::Attested { answer, .. } => {
					if strategy == DelegatorFlight && !mem::replace(&mut left, true) {
						self.leave();
					}
					let spam = strategy == ChallengeSpam && answer == good();
					let caught = watch == Watch::Watcher && answer != good();
					if (spam || caught) && !mem::replace(&mut challenged, true) {
						assert_ok!(Inference::challenge(signed(ferdie()), id));
					} else {
						step();
					}
				},
				RequestState::Settled { answer, .. } => {
					self.outcomes.wrong += usize::from(answer != good());
					break;
				},
				RequestState::Failed { .. } => break,
				_ => step(),
			}
			if SlashingPaused::<Runtime>::exists() {
				assert_ok!(Staking::resume_slashing(RuntimeOrigin::root()));
			}
		}
		assert!(state(id).is_final());
		self.outcomes.offences += usize::from(offence);
		if strategy == DelegatorFlight {
			steps(UNBONDING_BLOCKS);
		}
	}

	/// All delegators of the adversary leave.
	fn leave(&self) {
		for (index, who) in self.bad_executors() {
			let delegator = signed(delegator(index));
			assert_ok!(Staking::undelegate(delegator, who, Role::Executor, Balance::MAX));
		}
	}
}
