//! Rounds: what members of committees commit to, and what they reveal.

use crate::{
	game::{good, guessed_witness, lie, nowhere, pay, Game, Play, Step},
	Strategy::*,
};
use opg_primitives::{commitment, Answer, BatchKind, JobError, RequestId, RoundIndex};
use opg_runtime::{AccountId, Clock, Runtime};
use opg_runtime_testing::{
	commit_to, committee, context, decline, round, signed_batch, state, submit, witness_of,
	Submitted, SALT,
};
use pallet_opg_attestation::{Call, RevealedAnswer, RoundOf, RoundPhase, SeatState};
use pallet_opg_inference::{tiers, CommitteeStatus, RequestState};
use sp_core::H256;
use sp_runtime::traits::BlockNumberProvider;
use std::collections::BTreeMap;

/// Seats that an honest executor answers in a block of a flood.
const CAPACITY: usize = 1;
/// Chance with which what an honest executor sends gets into a full block. On the chain it comes
/// first, and has room of its own.
const CHANCE_IN_FULL_BLOCK: f64 = 1.0 / 16.0;

/// Seats that each executor answers in this block.
pub(crate) type Busy = BTreeMap<AccountId, usize>;

impl Game {
	/// Everyone does in this block what the rounds of one request ask of him.
	pub fn act_on(&mut self, play: &mut Play, busy: &mut Busy) {
		match state(play.id) {
			RequestState::Open(CommitteeStatus::Assigned { round })
			| RequestState::Audited { status: CommitteeStatus::Assigned { round }, .. } => {
				self.act_in_round(play, round, busy)
			},
			// Every other input goes to as many validators as do not suffice.
			RequestState::Uploading { until: Some(_) }
				if play.id.is_multiple_of(2) && play.take(Step::Upload, 0) =>
			{
				self.stakes.validators.hold_too_few(play.id)
			},
			RequestState::Attested { answer, .. } if play.take(Step::Attested, 0) => {
				self.on_attested(play, &answer)
			},
			_ => {},
		}
	}

	fn act_in_round(&mut self, play: &mut Play, index: RoundIndex, busy: &mut Busy) {
		let members = committee(play.id);
		if self.has_looked(play.id) {
			let strategy = self.row.strategy;
			let evades =
				if index == tiers::AUDIT { strategy.evades_audits() } else { strategy.evades() };
			let fails = self.lies(&members) || evades;
			play.offence |= fails && !self.own(&members).is_empty();
			self.bad_commits(play, index, &members);
		}
		self.honest_answers(play.id, index, busy);
		if self.may_reveal(play.id, index) {
			self.bad_reveals(play, index, &members);
		}
	}

	/// Tells whether the adversary knows all members who will sit. Where honest executors give seats
	/// up, it waits for those who take them.
	fn has_looked(&self, id: RequestId) -> bool {
		let round = round(id);
		self.row.strategy != Flooder
			|| round.takes_no_commitment()
			|| Clock::current_block_number() > round.decline_by + 1
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
	fn honest_answers(&mut self, id: RequestId, index: RoundIndex, busy: &mut Busy) {
		let mut members = committee(id);
		members.retain(|who| !self.is_bad(who));
		for who in &members {
			let (round, reveals) = (round(id), self.may_reveal(id, index));
			let at_once = round.takes_no_commitment();
			let Some(seat) = round.seat(who) else { continue };
			let commits = seat.state == SeatState::Waiting
				&& round.index == index
				&& round.phase == RoundPhase::Commit;
			let is_committed = matches!(seat.state, SeatState::Committed { .. });
			let is_due = commits || is_committed && reveals;
			if !is_due || !self.gets_in() {
				continue;
			}
			if is_committed {
				reveal(id, who, &Given::computed(good())).unwrap();
			} else if self.row.strategy.floods() && !takes(busy, who) {
				self.is_late(id, who);
			} else if at_once {
				reveal(id, who, &Given::computed(good())).unwrap();
			} else if !reveals {
				commit(id, who, &Given::computed(good())).unwrap();
			}
		}
	}

	/// Tells whether a transaction of an honest executor is in this block.
	fn gets_in(&mut self) -> bool {
		self.row.strategy != FullBlocks || self.random() < CHANCE_IN_FULL_BLOCK
	}

	/// An honest executor without time gives its seat up while that is free, or, where its node does not
	/// know how late it will be, is silent.
	fn is_late(&self, id: RequestId, who: &AccountId) {
		let declines = self.row.strategy == Flooder;
		if declines && Clock::current_block_number() + 1 >= round(id).decline_by {
			decline(id, who, JobError::QueueFull).unwrap();
		}
	}

	/// What the adversary gives in a round.
	fn given(&self, index: RoundIndex, members: &[AccountId]) -> Given {
		if self.row.strategy == AuditCopier && index == tiers::AUDIT {
			// Whatever was attested, which is right here.
			Given { answer: good(), computed: false }
		} else if self.lies(members) {
			let answer = if self.row.strategy == OutputWithholder { nowhere() } else { lie() };
			Given { answer, computed: false }
		} else {
			Given::computed(good())
		}
	}

	fn bad_commits(&mut self, play: &mut Play, index: RoundIndex, members: &[AccountId]) {
		let id = play.id;
		if round(id).takes_no_commitment() {
			return;
		}
		let given = self.given(index, members);
		for who in self.own(members) {
			let round = round(id);
			let is_due = round.index == index
				&& round.phase == RoundPhase::Commit
				&& round.seat(who).is_some_and(|seat| seat.state == SeatState::Waiting);
			if !is_due || !play.acts(Step::Commit, index, who) {
				continue;
			}
			match self.row.strategy {
				NonCommitter => {},
				AuditStaller if index == tiers::AUDIT => {},
				CommitmentCopier => {
					// Those who copy see what the honest commit to.
					self.honest_answers(id, index, &mut Busy::default());
					let round = self::round(id);
					let seen = round.current_seats().find_map(|seat| match seat.state {
						SeatState::Committed { commitment, .. } => Some(commitment),
						_ => None,
					});
					let blind = Given::computed(lie()).commitment(&round, id, who);
					commit_to(id, who, seen.unwrap_or(blind)).unwrap();
				},
				_ => {
					self.computed += if given.computed { pay() } else { 0 };
					commit(id, who, &given).unwrap();
				},
			}
		}
	}

	/// The adversary's members reveal after the honest ones.
	fn bad_reveals(&mut self, play: &mut Play, index: RoundIndex, members: &[AccountId]) {
		let id = play.id;
		let given = self.given(index, members);
		let at_once = round(id).takes_no_commitment();
		for who in self.own(members) {
			let round = round(id);
			let is_due = round.seat(who).is_some_and(|seat| match seat.state {
				SeatState::Committed { .. } => true,
				SeatState::Waiting => at_once,
				_ => false,
			});
			if !is_due || round.index != index || round.phase == RoundPhase::Closed {
				continue;
			}
			if !play.acts(Step::Reveal, index, who) {
				continue;
			}
			match self.row.strategy {
				RevealWithholder | FullBlocks => {},
				NonCommitter | CommitmentCopier if at_once => {},
				CommitmentCopier => {
					assert!(reveal(id, who, &given).is_err(), "a copy is not revealed")
				},
				_ => {
					self.computed += if at_once && given.computed { pay() } else { 0 };
					// It has bound itself, and a seat that was given to another may have changed what it
					// would give now.
					let bound = bound(&round, id, who);
					reveal(id, who, bound.as_ref().unwrap_or(&given)).unwrap()
				},
			}
		}
	}
}

/// Takes one more seat, if `who` has time for it.
fn takes(busy: &mut Busy, who: &AccountId) -> bool {
	let seats = busy.entry(who.clone()).or_default();
	*seats += 1;
	*seats <= CAPACITY
}

/// What a seat of the adversary has committed to, where it has made that itself.
fn bound(round: &RoundOf<Runtime>, id: RequestId, who: &AccountId) -> Option<Given> {
	let SeatState::Committed { commitment, .. } = round.seat(who)?.state else { return None };
	let all = [
		Given::computed(good()),
		Given { answer: good(), computed: false },
		Given { answer: lie(), computed: false },
		Given { answer: nowhere(), computed: false },
	];
	all.into_iter().find(|given| given.commitment(round, id, who) == commitment)
}

/// What an executor gives in a round.
struct Given {
	answer: Answer,
	/// Whether it has computed that, and so knows the witness.
	computed: bool,
}

impl Given {
	fn computed(answer: Answer) -> Self {
		Self { answer, computed: true }
	}

	/// Witness, where the round asks for one. Those who lie together agree on one too.
	fn witness(&self, round: &RoundOf<Runtime>) -> Option<H256> {
		let witness = if self.computed {
			witness_of(&round.seed, &self.answer)
		} else {
			guessed_witness(&round.seed)
		};
		round.witnessed.then_some(witness)
	}

	fn commitment(&self, round: &RoundOf<Runtime>, id: RequestId, who: &AccountId) -> H256 {
		commitment(&context(id, who), &self.answer, self.witness(round), &SALT)
	}
}

fn commit(id: RequestId, who: &AccountId, given: &Given) -> Submitted {
	commit_to(id, who, given.commitment(&round(id), id, who))
}

fn reveal(id: RequestId, who: &AccountId, given: &Given) -> Submitted {
	let witness = given.witness(&round(id));
	let payload = RevealedAnswer { answer: given.answer.clone(), witness, salt: SALT };
	let (batch, signature) = signed_batch(BatchKind::Reveal, id, who, payload);
	submit(Call::reveal { batch, signature })
}
