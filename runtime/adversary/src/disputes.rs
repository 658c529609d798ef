//! Disputes: who looks at an answer, who challenges it, and what the court is told.

use crate::{
	game::{court_pay, good, lie, mallory, Claim, Game, Play, Step, EXECUTORS, MALLORIES},
	validators::{case, Ballot, Motion},
	Strategy::*,
	Watch,
};
use frame_support::{assert_ok, storage::with_storage_layer};
use opg_primitives::{Answer, RequestId};
use opg_runtime::{AccountId, Inference, Runtime};
use opg_runtime_testing::{
	challenge_with_pool, committee, executor, ferdie, reveal_claim_with_pool, signed, state, SALT,
};
use pallet_opg_court::CasePhase;
use pallet_opg_inference::{claim_hash, RequestState, Requests};
use sp_core::H256;

impl Game {
	/// Who looks at an attested answer, and who challenges it.
	pub fn on_attested(&mut self, play: &mut Play, answer: &Answer) {
		self.stakes.leave();
		let watchers = self.watchers(play.id);
		play.looked = !watchers.is_empty();
		let is_wrong = *answer != good();
		if is_wrong {
			self.on_lie(play, watchers);
		} else if self.row.strategy.challenges_falsely() {
			play.offence = self.challenge_falsely(play);
		}
		let buyer = match self.row.strategy {
			AuditCopier => ferdie(),
			AuditStaller => mallory(0),
			_ => return,
		};
		assert_ok!(Inference::audit(signed(buyer), play.id));
	}

	/// Honest parties that compute an answer again: executors without a seat, or Ferdie.
	fn watchers(&mut self, id: RequestId) -> Vec<AccountId> {
		let drawn = committee(id);
		let mut executors: Vec<_> = EXECUTORS
			.map(executor)
			.filter(|who| !self.is_bad(who) && !drawn.contains(who))
			.collect();
		match self.row.watch {
			Watch::Nobody => Vec::new(),
			Watch::Always => vec![ferdie()],
			Watch::Executor => {
				let chosen = (self.random() * executors.len() as f64) as usize;
				vec![executors.swap_remove(chosen.min(executors.len() - 1))]
			},
			Watch::Share(share) => {
				executors.retain(|_| self.random() < share);
				executors
			},
		}
	}

	/// An attested answer is wrong.
	fn on_lie(&mut self, play: &mut Play, watchers: Vec<AccountId>) {
		let strategy = self.row.strategy;
		if strategy == Squatter {
			// Before anybody else, it takes all places on the list.
			(0..MALLORIES)
				.for_each(|index| challenge(play, mallory(index), &lie(), false).unwrap());
		}
		for who in watchers {
			if who == ferdie() {
				let challenged = challenge(play, who, &good(), true);
				assert!(challenged.is_ok() || strategy == Squatter, "an honest party challenges");
			} else {
				// Fails where there are ten of them already.
				let challenged = pool_challenge(play, who, &good());
				assert!(challenged || !play.challenges.is_empty(), "an honest executor challenges");
			}
		}
		if strategy == ChallengeCopier {
			// The claim in the pool, as it is: it does not open for another account.
			let copied = claim_hash(&ferdie(), play.id, good().digest(), H256(SALT));
			let _ = send_challenge(play.id, mallory(0), copied);
			let digest = good().digest();
			let who = mallory(0);
			play.challenges.push(Claim { who, digest, reveals: true, with_pool: false });
		}
		let brings_it_to_court = strategy == ForcedCourts && !play.counts;
		if strategy == SelfChallenge || brings_it_to_court {
			challenge(play, mallory(0), &good(), true).unwrap();
		}
	}

	/// The adversary challenges a right answer. Tells whether it could.
	fn challenge_falsely(&mut self, play: &mut Play) -> bool {
		match self.row.strategy {
			FalseChallenge => challenge(play, mallory(0), &lie(), true).unwrap(),
			HiddenClaim => challenge(play, mallory(0), &lie(), false).unwrap(),
			_ => {
				let drawn = committee(play.id);
				let own: Vec<_> =
					self.stakes.bad.iter().filter(|who| !drawn.contains(who)).cloned().collect();
				let first = (self.random() * own.len() as f64) as usize;
				let rest = own.len() - first.min(own.len());
				// Some may have a challenge about the version already.
				let mut order = own.into_iter().cycle().skip(first).take(rest + first);
				return order.any(|who| pool_challenge(play, who, &lie()));
			},
		}
		true
	}

	/// Everyone does in this block what the court asks of him.
	pub fn act_in_court(&mut self, plays: &mut [Play]) {
		let (mut commits, mut reveals) = (Vec::new(), Vec::new());
		for play in plays.iter_mut() {
			let RequestState::Court { attested, .. } = state(play.id) else { continue };
			let Some(case) = case(play.id) else { continue };
			let attested = attested.map_or_else(lie, |(answer, _)| answer);
			match case.phase {
				CasePhase::Waiting => {},
				CasePhase::Commit { .. } => {
					if play.take(Step::Vote, case.sitting) {
						commits.push(self.motion(play.id, &attested));
					}
				},
				CasePhase::Reveal { .. } => {
					if play.take(Step::RevealVote, case.sitting) {
						let motion = self.motion(play.id, &attested);
						let voters = self.stakes.validators.count_right(&motion);
						play.voters = Some((voters, court_pay(play.id)));
						reveals.push(motion);
						play.challenges.iter().for_each(|claim| reveal_claim(play.id, claim));
					}
				},
			}
		}
		self.stakes.validators.commit(&commits);
		self.stakes.validators.reveal(&reveals);
	}

	/// What validators vote for.
	fn motion(&self, id: RequestId, attested: &Answer) -> Motion {
		let right = Ballot { answer: good(), computed: true };
		let bought = match self.row.strategy {
			Honest => Some(right.clone()),
			Staller => None,
			// It takes what it can see without any work of its own.
			CourtCopier => Some(Ballot { answer: attested.clone(), computed: false }),
			_ => Some(Ballot { answer: lie(), computed: true }),
		};
		Motion { id, right, bought }
	}
}

/// `who` challenges the attested answer and claims that `answer` is right.
fn challenge(play: &mut Play, who: AccountId, answer: &Answer, reveals: bool) -> Result<(), ()> {
	let digest = answer.digest();
	let claim = claim_hash(&who, play.id, digest, H256(SALT));
	send_challenge(play.id, who.clone(), claim)?;
	play.challenges.push(Claim { who, digest, reveals, with_pool: false });
	Ok(())
}

fn send_challenge(id: RequestId, who: AccountId, claim: H256) -> Result<(), ()> {
	let request = Requests::<Runtime>::get(id).unwrap();
	let seed = request.seed.unwrap();
	let sent =
		with_storage_layer(|| Inference::challenge(signed(who), id, seed, disputed(id), claim));
	sent.map_err(|_| ())
}

/// Digest of the answer that is, or was, attested.
fn disputed(id: RequestId) -> H256 {
	let state = state(id);
	let (answer, _) = state.attested().unwrap();
	answer.digest()
}

/// Executor `who` challenges with its pool. Tells whether it could.
fn pool_challenge(play: &mut Play, who: AccountId, answer: &Answer) -> bool {
	let digest = answer.digest();
	let claim = claim_hash(&who, play.id, digest, H256(SALT));
	let is_taken = challenge_with_pool(play.id, &who, disputed(play.id), claim).is_ok();
	if is_taken {
		play.challenges.push(Claim { who, digest, reveals: true, with_pool: true });
	}
	is_taken
}

/// The challenger says what it claims. That of a copier is refused.
fn reveal_claim(id: RequestId, claim: &Claim) {
	let Claim { who, digest, reveals, with_pool } = claim;
	if *reveals && *with_pool {
		assert_ok!(reveal_claim_with_pool(id, who, *digest, H256(SALT)));
	} else if *reveals {
		let _ = with_storage_layer(|| {
			Inference::reveal_claim(signed(who.clone()), id, *digest, H256(SALT))
		});
	}
}
