//! Games: one network with an adversary, and the requests that it plays.

use crate::{row::BINGE, stakes::Stakes, validators::case, Outcomes, Row, Strategy::*, Watch};
use frame_support::{
	assert_ok,
	storage::{with_storage_layer, with_transaction_unchecked, TransactionOutcome},
};
use opg_primitives::{commitment, Answer, Fuel, JobError, RequestId, RoundIndex};
use opg_runtime::{
	constants::{MIN_FUEL_PRICE, OPG},
	AccountId, Balance, Clock, Inference, Models, Runtime, Staking,
};
use opg_runtime_testing::*;
use pallet_opg_attestation::{RoundPhase, SeatState};
use pallet_opg_court::CasePhase;
use pallet_opg_inference::{claim_hash, tiers, CommitteeStatus, Error, RequestState, Requests};
use pallet_opg_staking::Role;
use pallet_opg_support::economics;
use sp_core::H256;
use sp_io::hashing::blake2_256;
use sp_runtime::{traits::BlockNumberProvider, DispatchResult};
use std::{collections::BTreeSet, ops::Range};

/// Executors: enough for all rounds of the high tier. The first three are those of genesis, which
/// do not play.
pub(crate) const EXECUTORS: Range<usize> = 3..63;
/// Fuel of the right answer; the limit is twice that.
pub(crate) const WORK: Fuel = 5_000_000_000;
/// Balance of everyone, in planck: more than any game spends.
pub(crate) const FUNDS: Balance = 1_000_000_000 * OPG;
/// Requests of a game. A pool that is slashed and filled up again gets ever more shares for a
/// planck. After some four hundred times their number does not fit any more, and it takes no more
/// stake.
const GAME: usize = 300;
/// Blocks within which every request ends.
const MAX_STEPS: usize = 1_000;
/// Seats that an honest executor answers in a block of a flood.
const CAPACITY: usize = 1;
/// Most requests that a flood takes before the chain is congested.
const MAX_FLOOD: usize = 500;
/// Sets of own executors that a re-roller tries before each draw, with the randomness known.
const REROLLS: usize = 16;

/// Plays as many games as the row has requests for, each with randomness of its own.
pub fn play(row: Row, seed: u64) -> Outcomes {
	let mut sum = Outcomes::default();
	for game in 0..row.requests.div_ceil(GAME) {
		let requests = GAME.min(row.requests - game * GAME);
		let row_seed = row.percent as u64 * 31 + row.tier as u64 + game as u64 * 10_000;
		let seed = seed.wrapping_mul(1 << 32).wrapping_add(row_seed);
		sum.add(play_game(Row { requests, ..row }, seed));
	}
	sum
}

fn play_game(row: Row, seed: u64) -> Outcomes {
	set_seed(seed);
	let mut ext = genesis();
	let mut game = ext.execute_with(|| Game::new(row, seed));
	let before = ext.execute_with(|| {
		game.begin();
		game.wealth()
	});
	let batch = if row.strategy == Binge { BINGE } else { 1 };
	for number in 0..row.requests.div_ceil(batch) {
		ext.execute_with(|| game.play_requests(batch));
		// What is only in the overlay makes every block slower than the last.
		if number.is_multiple_of(32) {
			ext.commit_all().unwrap();
		}
	}
	ext.execute_with(|| {
		let after = game.wealth();
		// An honest owner earns the royalty too.
		let royalties = if row.strategy == Owner { row.requests as Balance * OPG } else { 0 };
		let honest = before + game.computed + royalties;
		game.outcomes.profit = after as i128 - honest as i128;
		check_invariants();
	});
	game.outcomes
}

/// Pay of one answer, and the cost of computing it, in planck.
fn pay() -> Balance {
	let price = Balance::from(WORK) * MIN_FUEL_PRICE;
	price - economics::BURNED_PRICE_SHARE.mul_floor(price)
}

fn good() -> Answer {
	Answer { fuel: WORK, ..right() }
}

fn lie() -> Answer {
	Answer { fuel: WORK, ..wrong() }
}

/// Account with which the adversary challenges, and floods.
fn mallory() -> AccountId {
	AccountId::from(blake2_256(b"mallory"))
}

/// Network with an adversary.
struct Game {
	row: Row,
	stakes: Stakes,
	/// Cost of what the adversary computed, in planck.
	computed: Balance,
	/// State of the game's own randomness.
	random: (u64, u64),
	outcomes: Outcomes,
}

/// Request that is played.
struct Play {
	id: RequestId,
	/// Whether it is the one that counts, and not ballast.
	counts: bool,
	/// Steps of the protocol that everyone has taken.
	taken: BTreeSet<(Step, u8)>,
	/// Challenges: who, what it claims, and whether it will reveal that.
	challenges: Vec<(AccountId, H256, bool)>,
	/// Whether an honest party computed the attested answer again.
	looked: bool,
	offence: bool,
}

/// Step of the protocol, once for each round or sitting.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
	Commit,
	Reveal,
	Attested,
	Vote,
	RevealVote,
	Adjourned,
}

impl Play {
	fn new(id: RequestId, counts: bool) -> Self {
		Self {
			id,
			counts,
			taken: BTreeSet::new(),
			challenges: Vec::new(),
			looked: false,
			offence: false,
		}
	}
}

impl Game {
	fn new(row: Row, seed: u64) -> Self {
		step();
		for who in [eve(), ferdie(), dave(), mallory()] {
			set_balance(&who, FUNDS);
		}
		register_model(WORK);
		let stakes = Stakes::new(row);
		Self { row, stakes, computed: 0, random: (seed, 0), outcomes: Outcomes::default() }
	}

	/// Number from 0 to 1.
	fn random(&mut self) -> f64 {
		self.random.1 += 1;
		let hash = codec::Encode::using_encoded(&self.random, blake2_256);
		let number = u32::from_le_bytes([hash[0], hash[1], hash[2], hash[3]]);
		f64::from(number) / f64::from(u32::MAX)
	}

	/// All that the adversary has, in planck.
	fn wealth(&self) -> Balance {
		let others = match self.row.strategy {
			Owner => wealth(&dave()),
			SelfDeal | Flooder => wealth(&eve()),
			_ => 0,
		};
		self.stakes.wealth() + wealth(&mallory()) + others
	}

	/// Brings every stake back to what it was, and begins a session with it.
	fn begin(&self) {
		self.stakes.restore();
		self.stakes.begin_planned_session();
	}

	fn is_bad(&self, who: &AccountId) -> bool {
		self.stakes.bad.contains(who)
	}

	/// Members that are the adversary's.
	fn own<'a>(&self, members: &'a [AccountId]) -> Vec<&'a AccountId> {
		members.iter().filter(|who| self.is_bad(who)).collect()
	}

	/// Tells whether the adversary holds the whole committee.
	fn holds(&self, members: &[AccountId]) -> bool {
		members.iter().all(|who| self.is_bad(who))
	}

	/// Tells whether the adversary gives the wrong answer in this round. It sees the committee
	/// before it commits.
	fn lies(&self, members: &[AccountId]) -> bool {
		let strategy = self.row.strategy;
		strategy.lies() || strategy.is_opportunistic() && self.holds(members)
	}

	/// What the adversary's validators vote for, if they vote.
	fn bought(&self) -> Option<Answer> {
		match self.row.strategy {
			Honest => Some(good()),
			Staller => None,
			_ => Some(lie()),
		}
	}

	/// Plays requests of one session from their inclusion to their end.
	fn play_requests(&mut self, count: usize) {
		self.begin();
		let before = self.stakes.honest();
		let mut plays = Vec::new();
		if self.row.strategy == Flooder {
			let flood = (0..MAX_FLOOD).map_while(|_| self.request(mallory()));
			plays.extend(flood.map(|id| Play::new(id, false)));
		}
		for _ in 0..count {
			let id = self.request_when_free(&mut plays);
			plays.push(Play::new(id, true));
		}
		if self.row.strategy == ReRoller {
			self.reroll(plays[0].id);
		}
		for _ in 0..MAX_STEPS {
			self.act(&mut plays);
			if plays.iter().all(|play| state(play.id).is_final()) {
				break;
			}
			step();
		}
		for play in &plays {
			self.conclude(play);
		}
		self.outcomes.honest_slashed += self.stakes.slashed_since(&before);
		self.stakes.mature();
		if self.row.strategy == DelegatorFlight {
			self.stakes.wait_for_delegators();
		}
	}

	/// Eve makes a request as soon as the chain takes one.
	fn request_when_free(&mut self, plays: &mut [Play]) -> RequestId {
		for _ in 0..MAX_STEPS {
			if let Some(id) = self.request(eve()) {
				return id;
			}
			self.act(plays);
			step();
		}
		panic!("the chain stays congested");
	}

	/// `who` makes a request, unless the chain is congested.
	fn request(&self, who: AccountId) -> Option<RequestId> {
		let id = next_request();
		let (tier, reference) = (self.row.tier, H256::zero());
		let (max_fee, max_royalty) = (1_000 * OPG, 1_000 * OPG);
		let origin = signed(who);
		let requested = with_storage_layer(|| {
			Inference::request(origin, 0, input(), tier, max_fee, max_royalty, reference, None)
		});
		match requested {
			Ok(_) => Some(id),
			Err(error) if error.error == Error::<Runtime>::Congested.into() => None,
			Err(error) => panic!("a request is refused: {error:?}"),
		}
	}

	fn conclude(&mut self, play: &Play) {
		let state = state(play.id);
		assert!(state.is_final(), "request {} did not end: {state:?}", play.id);
		if !play.counts {
			return;
		}
		self.outcomes.requests += 1;
		self.outcomes.offences += usize::from(play.offence);
		match state {
			RequestState::Settled { answer, .. } if answer != good() => {
				self.outcomes.wrong += 1;
				self.outcomes.wrong_watched += usize::from(play.looked);
			},
			RequestState::Failed { reason, .. } => {
				let undecided = reason == opg_primitives::FailureReason::Undecided;
				self.outcomes.undecided += usize::from(undecided);
				self.outcomes.failed += 1;
			},
			_ => {},
		}
	}

	/// Everyone does in this block what the requests ask of him.
	fn act(&mut self, plays: &mut [Play]) {
		let mut busy = Busy::default();
		for play in plays {
			match state(play.id) {
				RequestState::Open(CommitteeStatus::Assigned { round })
				| RequestState::Audited { status: CommitteeStatus::Assigned { round }, .. } => {
					self.act_in_round(play, round, &mut busy)
				},
				RequestState::Attested { answer, .. } if take(play, Step::Attested, 0) => {
					self.on_attested(play, &answer)
				},
				RequestState::Court { .. } => self.act_in_court(play),
				_ => {},
			}
		}
	}

	fn act_in_round(&mut self, play: &mut Play, index: RoundIndex, busy: &mut Busy) {
		let members = committee(play.id);
		if take(play, Step::Commit, index) {
			let is_first = index == tiers::FIRST && play.counts;
			self.outcomes.whole_committees += usize::from(is_first && self.holds(&members));
			let has_own = !self.own(&members).is_empty();
			play.offence |= has_own && (self.lies(&members) || self.row.strategy.evades());
			self.bad_commits(play.id, index, &members);
		}
		self.honest_answers(play.id, index, busy);
		if self.may_reveal(play.id, index) && take(play, Step::Reveal, index) {
			self.bad_reveals(play.id, index, &members);
		}
	}

	/// Tells whether the round takes reveals now.
	fn may_reveal(&self, id: RequestId, index: RoundIndex) -> bool {
		let round = round(id);
		round.index == index
			&& match round.phase_at(Clock::current_block_number()) {
				RoundPhase::Commit => round.takes_no_commitment(),
				phase => phase == RoundPhase::Reveal,
			}
	}

	/// Honest members commit and reveal as soon as they can, and reveal in time.
	fn honest_answers(&self, id: RequestId, index: RoundIndex, busy: &mut Busy) {
		for who in committee(id).iter().filter(|who| !self.is_bad(who)) {
			let (round, reveals) = (round(id), self.may_reveal(id, index));
			let at_once = round.takes_no_commitment();
			match round.seat(who).map(|seat| &seat.state) {
				Some(SeatState::Waiting)
					if round.index == index && round.phase == RoundPhase::Commit =>
				{
					if self.row.strategy == Flooder && !busy.takes(who) {
						self.decline_in_time(id, who);
					} else if at_once {
						reveal(id, who, good()).unwrap();
					} else if !reveals {
						commit(id, who, &good()).unwrap();
					}
				},
				Some(SeatState::Committed { .. }) if reveals => reveal(id, who, good()).unwrap(),
				_ => {},
			}
		}
	}

	/// An honest executor without time gives its seat up while that is free.
	fn decline_in_time(&self, id: RequestId, who: &AccountId) {
		if Clock::current_block_number() + 1 >= round(id).decline_by {
			decline(id, who, JobError::QueueFull).unwrap();
		}
	}

	fn bad_commits(&mut self, id: RequestId, index: RoundIndex, members: &[AccountId]) {
		if round(id).takes_no_commitment() {
			return;
		}
		let lies = self.lies(members);
		// Those who copy see what the honest commit to.
		if self.row.strategy == CommitmentCopier {
			self.honest_answers(id, index, &mut Busy::default());
		}
		for who in self.own(members) {
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
				AuditCopier if index == tiers::AUDIT => {
					// Whatever was attested, which is right here.
					commit(id, who, &good()).unwrap()
				},
				_ => {
					self.computed += pay();
					commit(id, who, &good()).unwrap();
				},
			}
		}
	}

	/// The adversary's members reveal after the honest ones.
	fn bad_reveals(&mut self, id: RequestId, index: RoundIndex, members: &[AccountId]) {
		let lies = self.lies(members);
		let at_once = round(id).takes_no_commitment();
		for who in self.own(members) {
			let round = round(id);
			let expected = round.seat(who).is_some_and(|seat| match seat.state {
				SeatState::Committed { .. } => true,
				SeatState::Waiting => at_once,
				_ => false,
			});
			if !expected || round.index != index || round.phase == RoundPhase::Closed {
				continue;
			}
			match self.row.strategy {
				RevealWithholder => {},
				NonCommitter | CommitmentCopier if at_once => {},
				CommitmentCopier => {
					assert!(reveal(id, who, good()).is_err(), "a copy is not revealed")
				},
				_ => {
					if at_once && !lies {
						self.computed += pay();
					}
					reveal(id, who, if lies { lie() } else { good() }).unwrap()
				},
			}
		}
	}

	/// Who looks at an attested answer, and who challenges it.
	fn on_attested(&mut self, play: &mut Play, answer: &Answer) {
		if self.row.strategy == DelegatorFlight {
			self.stakes.delegators_leave();
		}
		play.looked = match self.row.watch {
			Watch::Nobody => false,
			Watch::Always => true,
			Watch::Share(share) => {
				let drawn = committee(play.id);
				let honest = EXECUTORS.map(executor).filter(|who| !self.is_bad(who));
				let watchers = honest.filter(|who| !drawn.contains(who)).count();
				(0..watchers).any(|_| self.random() < share)
			},
		};
		let is_wrong = *answer != good();
		if play.looked && is_wrong {
			let copied = challenge(play, ferdie(), &good(), true);
			if self.row.strategy == ChallengeCopier {
				// The claim in the pool, as it is: it does not open for another account.
				let _ = send_challenge(play.id, mallory(), copied);
				play.challenges.push((mallory(), good().digest(), true));
			}
		}
		if self.row.strategy == SelfChallenge && is_wrong {
			challenge(play, mallory(), &good(), true);
		}
		if self.row.strategy.challenges_falsely() && !is_wrong {
			challenge(play, mallory(), &lie(), self.row.strategy == FalseChallenge);
			play.offence = true;
		}
	}

	fn act_in_court(&mut self, play: &mut Play) {
		let id = play.id;
		let Some(case) = case(id) else { return };
		let bought = self.bought();
		match case.phase {
			CasePhase::Waiting if case.sitting > 0 => {
				if take(play, Step::Adjourned, case.sitting) {
					self.stakes.begin_session();
				}
			},
			CasePhase::Waiting => {},
			CasePhase::Commit { .. } => {
				if take(play, Step::Vote, case.sitting) {
					self.stakes.validators.commit(id, &good(), bought.as_ref());
				}
			},
			CasePhase::Reveal { .. } => {
				if take(play, Step::RevealVote, case.sitting) {
					self.stakes.validators.reveal(id, &good(), bought.as_ref());
					for (who, digest, reveals) in &play.challenges {
						if *reveals {
							// That of a copier is refused.
							let _ = Inference::reveal_claim(
								signed(who.clone()),
								id,
								*digest,
								H256(SALT),
							);
						}
					}
				}
			},
		}
	}

	/// With the randomness of the draw known, the adversary looks for the set of its executors that
	/// gives it the committee when it pauses, and does that.
	fn reroll(&mut self, id: RequestId) {
		let own: Vec<_> = self.stakes.bad.iter().cloned().collect();
		for _ in 0..REROLLS {
			let chosen: Vec<_> = own.iter().filter(|_| self.random() < 0.5).cloned().collect();
			let stops = self.random() < 0.5;
			let act = || {
				for who in &chosen {
					if stops {
						assert_ok!(Models::stop_serving(signed(who.clone()), 0));
					} else {
						assert_ok!(Staking::pause(signed(who.clone()), Role::Executor));
					}
				}
			};
			let wins = with_transaction_unchecked(|| {
				act();
				let drawn = |id| Requests::<Runtime>::get(id).unwrap().drawn_at.is_some();
				for _ in 0..8 {
					if !drawn(id) {
						step();
					}
				}
				TransactionOutcome::Rollback(drawn(id) && self.holds(&committee(id)))
			});
			if wins {
				return act();
			}
		}
	}
}

/// Seats that each executor answers in this block.
#[derive(Default)]
struct Busy(std::collections::BTreeMap<AccountId, usize>);

impl Busy {
	/// Takes one more seat, if `who` has time for it.
	fn takes(&mut self, who: &AccountId) -> bool {
		let seats = self.0.entry(who.clone()).or_default();
		*seats += 1;
		*seats <= CAPACITY
	}
}

/// Notes a step. Tells whether it is new.
fn take(play: &mut Play, step: Step, index: u8) -> bool {
	play.taken.insert((step, index))
}

/// `who` challenges the attested answer and claims that `answer` is right. Gives the claim.
fn challenge(play: &mut Play, who: AccountId, answer: &Answer, reveals: bool) -> H256 {
	let digest = answer.digest();
	let claim = claim_hash(&who, play.id, digest, H256(SALT));
	send_challenge(play.id, who.clone(), claim).unwrap();
	play.challenges.push((who, digest, reveals));
	claim
}

fn send_challenge(id: RequestId, who: AccountId, claim: H256) -> DispatchResult {
	let request = Requests::<Runtime>::get(id).unwrap();
	let disputed = request.state.attested().unwrap().0.digest();
	Inference::challenge(signed(who), id, request.seed.unwrap(), disputed, claim)
}
