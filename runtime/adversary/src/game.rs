//! Games: one network with an adversary, and the requests that it plays.

use crate::{
	row::BINGE,
	stakes::Stakes,
	validators::{validator, VALIDATORS},
	Outcomes, Row, Strategy,
	Strategy::*,
};
use frame_support::{
	assert_ok,
	storage::{with_storage_layer, with_transaction_unchecked, TransactionOutcome},
	weights::Weight,
};
use opg_primitives::{
	registry::VersionNumber, Answer, Content, FailureReason, Fuel, ModelId, Outcome, RequestId,
	RoundIndex, VersionLimits, MAX_INPUT_BYTES, MAX_OUTPUT_BYTES,
};
use opg_runtime::{
	constants::{
		CHALLENGE_BOND, CHALLENGE_WINDOW, MAX_BLOCK_BYTES, MIN_FUEL_PRICE, OPG, SESSION_SLOTS,
		UNBONDING_BLOCKS,
	},
	AccountId, Balance, BlockNumber, Clock, Inference, Models, Runtime, Staking, System,
};
use opg_runtime_testing::*;
use pallet_opg_attestation::{DeclineOutcome, Rounds, Seat};
use pallet_opg_inference::{tiers, CommitteeStatus, Error, RequestState, Requests};
use pallet_opg_models::Release;
use pallet_opg_staking::Role;
use pallet_opg_support::economics;
use sp_core::H256;
use sp_io::hashing::blake2_256;
use sp_runtime::traits::BlockNumberProvider;
use sp_state_machine::BasicExternalities;
use std::{
	collections::{BTreeMap, BTreeSet},
	ops::Range,
};

/// Executors: enough for all rounds of the high tier. The first three are those of genesis, which
/// do not play.
pub(crate) const EXECUTORS: Range<usize> = 3..63;
/// Versions that all of them serve. Requests that are played at the same time are about different
/// ones, since only one conviction of an operator counts for each version and session.
pub(crate) const VERSIONS: usize = 8;
/// Fuel of the right answer, and the limit: a quarter of the largest.
pub(crate) const WORK: Fuel = 5_000_000_000;
/// Balance of everyone, in planck: more than any game spends.
pub(crate) const FUNDS: Balance = 1_000_000_000 * OPG;
/// Requests of a game. A pool that is slashed and filled up again gets ever more shares for a
/// planck. After some four hundred times their number does not fit any more, and it takes no more
/// stake.
const GAME: usize = 300;
/// Batches of requests after which entries that were removed are forgotten: whatever looks for the
/// next entry passes them.
const COMPACTION: usize = 8;
/// Blocks within which every request ends.
const MAX_STEPS: usize = 8_000;
/// Blocks before the end of a challenge window whose randomness may choose an audit, and one more.
const AUDIT_BLOCKS: BlockNumber = 4;
/// Most requests that a flood takes before the chain is congested.
const MAX_FLOOD: usize = 500;
/// Requests of its own that the adversary brings before the court beside others.
const FORCED: usize = 4 * VERSIONS;
/// Sets of own executors that a re-roller tries before each draw, with the randomness known.
const REROLLS: usize = 16;

/// Games of a row, each with its randomness.
pub fn games(row: Row, seed: u64) -> Vec<(Row, u64)> {
	let game = |number: usize| {
		let requests = GAME.min(row.requests - number * GAME);
		let place = (row.strategy as u64, row.tier as u64, row.percent as u64, number as u64);
		let bench = (row.bench.dishonest as u64, row.bench.absent as u64);
		let own = codec::Encode::using_encoded(&(seed, place, bench), sp_io::hashing::twox_64);
		(Row { requests, ..row }, u64::from_le_bytes(own))
	};
	(0..row.requests.div_ceil(GAME)).map(game).collect()
}

/// Plays as many games as the row has requests for, each with randomness of its own.
pub fn play(row: Row, seed: u64) -> Outcomes {
	let mut sum = Outcomes::default();
	for (row, seed) in games(row, seed) {
		sum.add(play_game(row, seed));
	}
	sum
}

/// Plays one game.
pub fn play_game(row: Row, seed: u64) -> Outcomes {
	set_seed(seed);
	set_author_count(VALIDATORS);
	let mut ext = BasicExternalities::new(genesis_storage());
	let mut game = ext.execute_with(|| Game::new(row, seed));
	let (before, earned) = ext.execute_with(|| {
		game.begin();
		(game.wealth(), game.earned_in_court())
	});
	let size = row.strategy.batch();
	for (number, first) in (0..row.requests).step_by(size).enumerate() {
		ext.execute_with(|| game.play_requests(size.min(row.requests - first)));
		if number % COMPACTION == COMPACTION - 1 {
			ext = BasicExternalities::new(ext.into_storages());
		}
	}
	ext.execute_with(|| {
		let after = game.wealth();
		// An honest owner earns the royalty too.
		let royalties = if row.strategy == Owner { row.requests as Balance * OPG } else { 0 };
		let honest = before + game.computed + royalties;
		game.outcomes.profit = after as i128 - honest as i128;
		game.outcomes.unpaid = game.court_due.saturating_sub(game.earned_in_court() - earned);
		check_invariants();
	});
	game.outcomes
}

impl Strategy {
	/// Requests that are played at the same time.
	fn batch(self) -> usize {
		match self {
			Binge => BINGE,
			ReRoller | Flooder | Overload => 1,
			_ => VERSIONS,
		}
	}
}

/// Pay of one answer, and the cost of computing it, in planck.
pub(crate) fn pay() -> Balance {
	pay_at(WORK, MIN_FUEL_PRICE)
}

fn pay_at(fuel: Fuel, price: Balance) -> Balance {
	let price = Balance::from(fuel) * price;
	price - economics::BURNED_PRICE_SHARE.mul_floor(price)
}

pub(crate) fn good() -> Answer {
	Answer { fuel: WORK, ..right() }
}

pub(crate) fn lie() -> Answer {
	Answer { fuel: WORK, ..wrong() }
}

/// Answer whose output is outside of the chain, and nowhere.
pub(crate) fn nowhere() -> Answer {
	let content = Content { hash: H256::repeat_byte(13), size: MAX_OUTPUT_BYTES + 1 };
	Answer { outcome: Outcome::Stored(content), fuel: WORK }
}

/// Input outside of the chain.
const STORED: Content = Content { hash: H256::repeat_byte(14), size: 4 * MAX_INPUT_BYTES };

/// Limits of all versions.
fn limits(strategy: Strategy) -> VersionLimits {
	let limits = VersionLimits::inline(WORK, 1_000, 64);
	match strategy {
		InputWithholder => VersionLimits { input_bytes: STORED.size, ..limits },
		OutputWithholder => VersionLimits { output_bytes: 2 * MAX_OUTPUT_BYTES, ..limits },
		_ => limits,
	}
}

/// Witness of somebody who has not computed. All of the adversary's give the same.
pub(crate) fn guessed_witness(seed: &H256) -> H256 {
	H256(codec::Encode::using_encoded(&("guessed", seed), blake2_256))
}

/// Account number `index` with which the adversary challenges, and floods.
pub(crate) fn mallory(index: usize) -> AccountId {
	AccountId::from(blake2_256(&[b"mallory", &[index as u8][..]].concat()))
}

/// Number of such accounts.
pub(crate) const MALLORIES: usize = pallet_opg_inference::MAX_CHALLENGES as usize;

/// Network with an adversary.
pub(crate) struct Game {
	pub row: Row,
	pub stakes: Stakes,
	/// Cost of what the adversary computed, in planck.
	pub computed: Balance,
	/// What validators that voted rightly should have got for it, in planck.
	court_due: Balance,
	/// Blocks of the current session.
	session_blocks: u64,
	/// State of the game's own randomness.
	random: (u64, u64),
	outcomes: Outcomes,
}

/// Request that is played.
pub(crate) struct Play {
	pub id: RequestId,
	/// Whether it is one of those that count, and not ballast.
	pub counts: bool,
	/// Steps of the protocol that everyone has taken.
	taken: BTreeSet<(Step, u8)>,
	/// Steps that members of the adversary have taken.
	acted: BTreeSet<(Step, RoundIndex, AccountId)>,
	/// Challenges.
	pub challenges: Vec<Claim>,
	/// Whether an honest party computed the attested answer again.
	pub looked: bool,
	/// Number of validators that voted rightly in the last sitting, and what each should get for it, in
	/// planck.
	pub voters: Option<(usize, Balance)>,
	pub offence: bool,
}

/// Challenge that was made.
pub(crate) struct Claim {
	pub who: AccountId,
	/// Digest that it claims to be right.
	pub digest: H256,
	/// Whether it will be revealed.
	pub reveals: bool,
	/// Whether the bond is an executor's pool.
	pub with_pool: bool,
}

/// Step of the protocol, once for each round or sitting.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
	Commit,
	Reveal,
	Attested,
	Upload,
	Vote,
	RevealVote,
}

impl Play {
	fn new(id: RequestId, counts: bool) -> Self {
		Self {
			id,
			counts,
			taken: BTreeSet::new(),
			acted: BTreeSet::new(),
			challenges: Vec::new(),
			looked: false,
			voters: None,
			offence: false,
		}
	}

	/// Tells whether it waits for randomness: for a draw or a panel, or soon for the choice of an audit.
	fn awaits_output(&self) -> bool {
		let state = state(self.id);
		let is_ending = state.attested().is_some_and(|(_, at)| {
			Clock::current_block_number() + AUDIT_BLOCKS >= at + CHALLENGE_WINDOW
		});
		let is_unasked = matches!(
			state,
			RequestState::Uploading { until: None } | RequestState::Holding { until: None, .. }
		);
		is_ending
			|| is_unasked
			|| matches!(state.committee(), Some(CommitteeStatus::Waiting { .. }))
	}

	/// Notes a step. Tells whether it is new.
	pub fn take(&mut self, step: Step, index: u8) -> bool {
		self.taken.insert((step, index))
	}

	/// Notes a step of a member of the adversary in a round. Tells whether it is new.
	pub fn acts(&mut self, step: Step, index: RoundIndex, who: &AccountId) -> bool {
		self.acted.insert((step, index, who.clone()))
	}
}

impl Game {
	fn new(row: Row, seed: u64) -> Self {
		step();
		for who in [eve(), ferdie(), dave()].into_iter().chain((0..MALLORIES).map(mallory)) {
			set_balance(&who, FUNDS);
		}
		(0..VERSIONS).for_each(|number| register_version(number, limits(row.strategy)));
		let stakes = Stakes::new(row);
		Self {
			row,
			stakes,
			computed: 0,
			court_due: 0,
			session_blocks: 0,
			random: (seed, 0),
			outcomes: Outcomes::default(),
		}
	}

	/// Number from 0 to 1.
	pub fn random(&mut self) -> f64 {
		self.random.1 += 1;
		let hash = codec::Encode::using_encoded(&self.random, blake2_256);
		let number = u32::from_le_bytes([hash[0], hash[1], hash[2], hash[3]]);
		f64::from(number) / f64::from(u32::MAX)
	}

	/// All that the adversary has, in planck.
	fn wealth(&self) -> Balance {
		let others = match self.row.strategy {
			Owner => wealth(&dave()),
			SelfDeal | InputWithholder => wealth(&eve()),
			_ => 0,
		};
		let mallories: Balance = (0..MALLORIES).map(|index| wealth(&mallory(index))).sum();
		self.stakes.wealth() + mallories + others
	}

	/// All that validators have, in planck: the court pays them, and nobody else.
	fn earned_in_court(&self) -> Balance {
		(0..VALIDATORS).map(|index| wealth(&validator(index))).sum()
	}

	/// Brings every stake back to what it was, and begins a session with it.
	fn begin(&mut self) {
		self.stakes.restore();
		self.stakes.begin_planned_session();
		self.session_blocks = 0;
	}

	pub fn is_bad(&self, who: &AccountId) -> bool {
		self.stakes.bad.contains(who)
	}

	/// Members that are the adversary's.
	pub fn own<'a>(&self, members: &'a [AccountId]) -> Vec<&'a AccountId> {
		members.iter().filter(|who| self.is_bad(who)).collect()
	}

	/// Tells whether the adversary holds the whole committee.
	pub fn holds(&self, members: &[AccountId]) -> bool {
		members.iter().all(|who| self.is_bad(who))
	}

	/// Tells whether the adversary gives the wrong answer in this round. It sees the committee
	/// before it commits.
	pub fn lies(&self, members: &[AccountId]) -> bool {
		let strategy = self.row.strategy;
		strategy.lies() || strategy.is_opportunistic() && self.holds(members)
	}

	/// Begins the next block, and the next session when it is time.
	fn step(&mut self, plays: &[Play]) {
		let is_full = self.row.strategy.fills_blocks();
		let bytes = if is_full { MAX_BLOCK_BYTES as usize } else { 0 };
		System::set_block_consumed_resources(Weight::zero(), bytes);
		if plays.iter().any(Play::awaits_output) {
			step();
		} else {
			quiet_step();
		}
		self.session_blocks += 1;
		if self.session_blocks >= SESSION_SLOTS {
			self.session_blocks = 0;
			self.stakes.begin_session();
		}
	}

	/// Plays requests of one session from their inclusion to their end.
	fn play_requests(&mut self, count: usize) {
		self.begin();
		if self.row.strategy == Weightless {
			self.stakes.leave();
		}
		let before = self.stakes.honest();
		let mut plays = self.ballast();
		for number in 0..count {
			let id = self.request_when_free(number % VERSIONS, &mut plays);
			let offence = self.row.strategy == InputWithholder;
			plays.push(Play { offence, ..Play::new(id, true) });
		}
		if self.row.strategy == ReRoller {
			self.reroll(plays[0].id);
		}
		for block in 0..MAX_STEPS {
			self.act(&mut plays);
			if plays.iter().all(|play| state(play.id).is_final()) {
				break;
			}
			if self.row.strategy == ClockPauser && block.is_multiple_of(8) {
				self.stakes.withdraw();
			}
			self.step(&plays);
		}
		let mut replaced = BTreeMap::new();
		for play in &plays {
			self.conclude(play);
			self.add_replaced(play.id, &mut replaced);
		}
		self.outcomes.honest_slashed += self.stakes.slashed_since(&before, &replaced);
		System::set_block_consumed_resources(Weight::zero(), 0);
		self.stakes.mature();
		if self.row.strategy.has_delegators() {
			(0..UNBONDING_BLOCKS).for_each(|_| quiet_step());
			self.stakes.withdraw();
		}
	}

	/// Requests of the adversary before those of others: as many as the chain takes, or as many as it
	/// wants to bring before the court.
	fn ballast(&mut self) -> Vec<Play> {
		let most = match self.row.strategy {
			Flooder | Overload => MAX_FLOOD,
			ForcedCourts => FORCED,
			_ => 0,
		};
		let requests = (0..most).map_while(|number| self.request(number % VERSIONS, mallory(0)));
		requests.map(|id| Play::new(id, false)).collect()
	}

	/// Eve makes a request as soon as the chain takes one.
	fn request_when_free(&mut self, version: usize, plays: &mut [Play]) -> RequestId {
		for _ in 0..MAX_STEPS {
			if let Some(id) = self.request(version, eve()) {
				return id;
			}
			self.act(plays);
			self.step(plays);
		}
		panic!("the chain stays congested");
	}

	/// `who` makes a request, unless the chain is congested.
	fn request(&self, version: usize, who: AccountId) -> Option<RequestId> {
		let id = next_request();
		let (tier, reference) = (self.row.tier, H256::zero());
		let (max_fee, max_royalty) = (1_000 * OPG, 1_000 * OPG);
		let (origin, model) = (signed(who), version as ModelId);
		let requested = with_storage_layer(|| match self.row.strategy {
			InputWithholder => Inference::request_stored(
				origin,
				model,
				STORED,
				tier,
				max_fee,
				max_royalty,
				reference,
				None,
				None,
			),
			_ => {
				let input = input();
				Inference::request(
					origin,
					model,
					input,
					tier,
					max_fee,
					max_royalty,
					reference,
					None,
					None,
				)
			},
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
		let is_forced = self.row.strategy == ForcedCourts && !play.counts;
		self.outcomes.offences +=
			usize::from(play.offence && play.counts || is_forced && play.voters.is_some());
		let is_settled = matches!(state, RequestState::Settled { .. });
		if let Some((voters, court_pay)) = play.voters.filter(|_| is_settled) {
			self.outcomes.courts += 1;
			self.court_due += court_pay * voters as Balance;
		}
		if !play.counts {
			return;
		}
		self.outcomes.requests += 1;
		let members: Vec<_> = first_places(play.id).into_iter().map(|seat| seat.executor).collect();
		self.outcomes.whole_committees += usize::from(!members.is_empty() && self.holds(&members));
		match state {
			RequestState::Settled { answer, .. } if answer != good() => {
				self.outcomes.wrong += 1;
				self.outcomes.wrong_watched += usize::from(play.looked);
			},
			RequestState::Failed { reason, .. } => {
				let undecided = reason == FailureReason::Undecided;
				self.outcomes.undecided += usize::from(undecided);
				self.outcomes.failed += 1;
			},
			_ => {},
		}
	}

	/// Adds what honest executors that were silent in the first round pay those who sat in their
	/// place, in planck.
	fn add_replaced(&self, id: RequestId, replaced: &mut BTreeMap<AccountId, Balance>) {
		let request = Requests::<Runtime>::get(id).unwrap();
		let pay = pay_at(request.version.limits.fuel, request.price);
		for seat in first_places(id).iter().filter(|seat| seat.state.is_silent()) {
			if !self.is_bad(&seat.executor) {
				*replaced.entry(seat.executor.clone()).or_default() += pay;
			}
		}
	}

	/// Everyone does in this block what the requests ask of him.
	fn act(&mut self, plays: &mut [Play]) {
		let mut busy = BTreeMap::new();
		for play in plays.iter_mut() {
			self.act_on(play, &mut busy);
		}
		self.act_in_court(plays);
	}

	/// With the randomness of the draw known, the adversary looks for the set of its executors that
	/// gives it the committee when it pauses, stops serving or begins to serve again, and does that.
	fn reroll(&mut self, id: RequestId) {
		let own: Vec<_> = self.stakes.bad.iter().cloned().collect();
		for _ in 0..REROLLS {
			let chosen: Vec<_> = own.iter().filter(|_| self.random() < 0.5).cloned().collect();
			let way = self.random();
			let act = || {
				for who in chosen.iter().cloned().map(signed) {
					if way < 0.4 {
						assert_ok!(Staking::pause(who, Role::Executor));
					} else {
						assert_ok!(Models::stop_serving(who.clone(), 0));
						if way > 0.8 {
							assert_ok!(Models::serve(who, 0, REPORT));
						}
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

/// Seats of the first round of a request, without those that were given to another.
fn first_places(id: RequestId) -> Vec<Seat<AccountId, BlockNumber>> {
	let seats = Rounds::<Runtime>::get(id).map(|round| round.seats.into_inner());
	let is_place = |seat: &Seat<_, _>| {
		seat.round == tiers::FIRST && !seat.state.is_declined(DeclineOutcome::Replaced)
	};
	seats.unwrap_or_default().into_iter().filter(is_place).collect()
}

/// Registers a version of Dave with a file of its own. Its royalty is one OPG.
fn register_version(number: usize, limits: VersionLimits) {
	let name = b"model".to_vec().try_into().unwrap();
	let (hash, dims) = (H256::repeat_byte(number as u8 + 1), Default::default());
	let size = 100;
	let origin = signed(dave());
	let number = VersionNumber::new(number as u32, 0, 0);
	let release = Box::new(Release { number, licence: None, tokenizer: None, generation: None });
	assert_ok!(Models::register(
		origin, hash, size, name, ENGINE_ID, dims, limits, OPG, REPORT, release, None,
	));
}

/// Pay of one validator for a case of this request, in planck: the bond of a challenge is that of all
/// of them, and a fixed part.
pub(crate) fn court_pay(id: RequestId) -> Balance {
	let request = Requests::<Runtime>::get(id).unwrap();
	let bond = Inference::bond(&request).unwrap();
	(bond - CHALLENGE_BOND) / VALIDATORS as Balance
}
