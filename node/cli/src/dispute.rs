//! Decisions of a challenger: from what the chain says, and what this machine found, to what to do.
//!
//! Nothing here talks to a node or writes a file.

use crate::{
	amount::Amount,
	claims::{Claim, Stage},
};
use opg_primitives::{AccountId, Answer, Balance, RequestId};
use opg_runtime::Runtime;
use pallet_opg_court::Case;
use pallet_opg_inference::{Challenge, RequestOf, RequestState, MAX_CHALLENGES};
use sp_core::H256;

/// What the chain says about a request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Standing {
	/// Number that the next request gets.
	pub next_request: RequestId,
	/// The request, unless it was pruned or is yet to come.
	pub request: Option<RequestOf<Runtime>>,
	/// Its case before the court.
	pub case: Option<Case>,
}

/// Answer that can be challenged now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
	/// Seed that the challenge has to name.
	pub seed: H256,
	/// Attested answer.
	pub answer: Answer,
}

/// Cause for which a request cannot be challenged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotChallengeable {
	/// The chain does not have it.
	#[error("there is no such request: it was never sent, or it ended long ago")]
	Unknown,
	/// Nobody attested an answer.
	#[error("it has no attested answer")]
	Unanswered,
	/// It is settled or failed.
	#[error("it is final: the challenge window is over")]
	Final,
	/// The court has begun to reveal.
	#[error("the court reveals its votes already")]
	Revealing,
	/// The account has a challenge there.
	#[error("this account has challenged it already")]
	Challenged,
	/// There is no room for another challenge.
	#[error("it has as many challenges as it can have")]
	Full,
}

impl Standing {
	/// The answer that `challenger` can challenge now.
	pub fn target(&self, challenger: &AccountId) -> Result<Target, NotChallengeable> {
		let request = self.request.as_ref().ok_or(NotChallengeable::Unknown)?;
		if request.state.is_final() {
			return Err(NotChallengeable::Final);
		}
		let (Some((answer, _)), Some(seed)) = (request.state.attested(), request.seed) else {
			return Err(NotChallengeable::Unanswered);
		};
		if !self.takes_challenges(&request.state) {
			return Err(NotChallengeable::Revealing);
		}
		if request.challenges.iter().any(|other| other.challenger == *challenger) {
			return Err(NotChallengeable::Challenged);
		}
		if request.challenges.len() >= MAX_CHALLENGES as usize {
			return Err(NotChallengeable::Full);
		}
		Ok(Target { seed, answer: answer.clone() })
	}

	fn takes_challenges(&self, state: &RequestState<AccountId, u32>) -> bool {
		match state {
			RequestState::Court { opened: true, .. } => {
				self.case.as_ref().is_some_and(|case| !case.has_public_votes())
			},
			_ => true,
		}
	}

	fn reveals(&self) -> bool {
		self.case.as_ref().is_some_and(Case::has_public_votes)
	}

	fn challenge(&self, claim: &Claim) -> Option<&Challenge<AccountId>> {
		self.request.as_ref()?.challenges.iter().find(|challenge| {
			challenge.challenger == claim.challenger && challenge.claim == claim.hash()
		})
	}

	/// Progress of a claim, by what the chain says and what was known before.
	pub fn stage(&self, claim: &Claim) -> Stage {
		let seen = match self.challenge(claim) {
			Some(Challenge { revealed: Some(_), .. }) => Stage::Revealed,
			Some(_) => Stage::Placed,
			None => Stage::Written,
		};
		claim.stage.max(seen)
	}

	/// What to do about a claim whose stage is that of [`Standing::stage`].
	pub fn step(&self, claim: &Claim) -> Step {
		if claim.stage == Stage::Lost {
			return Step::End(End::Lost);
		}
		let Some(request) = &self.request else {
			return match claim.stage {
				// The node does not have all blocks yet.
				_ if claim.request >= self.next_request => Step::Wait,
				Stage::Written => Step::End(End::Unplaced),
				_ => Step::End(End::Unknown),
			};
		};
		if request.state.is_final() {
			return Step::End(self.end(claim, request));
		}
		match self.challenge(claim) {
			Some(Challenge { revealed: None, .. }) if self.reveals() => Step::Reveal,
			Some(_) => Step::Wait,
			None => match self.target(&claim.challenger) {
				Ok(Target { seed, answer })
					if seed == claim.seed && answer.digest() == claim.disputed =>
				{
					Step::Send
				},
				_ => Step::Wait,
			},
		}
	}

	fn end(&self, claim: &Claim, request: &RequestOf<Runtime>) -> End {
		let on_this_fork = request.seed == Some(claim.seed);
		match (&request.state, claim.stage) {
			(_, Stage::Written) => End::Unplaced,
			_ if !on_this_fork => End::Unplaced,
			(RequestState::Settled { answer, .. }, Stage::Revealed)
				if answer.digest() == claim.digest =>
			{
				End::Won
			},
			// What was not revealed is lost, right or wrong.
			(RequestState::Settled { .. }, _) => End::Lost,
			_ => End::Undecided,
		}
	}
}

/// What to do about a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
	/// Nothing now.
	Wait,
	/// Send the challenge: the chain does not have it, and would take it.
	Send,
	/// Reveal the claim.
	Reveal,
	/// Nothing any more.
	End(End),
}

/// End of a challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
	/// The court found the claimed answer.
	Won,
	/// It found another, or the claim was not revealed: the bond is gone.
	Lost,
	/// There is no verdict.
	Undecided,
	/// The challenge never came on the chain, as far as this machine knows.
	Unplaced,
	/// The request was pruned before this machine saw how it ended.
	Unknown,
}

impl End {
	/// In words.
	pub fn describe(self) -> &'static str {
		match self {
			Self::Won => "won: the court found the claimed answer",
			Self::Lost => "LOST: the court found another answer, or the claim was not revealed",
			Self::Undecided => "without a verdict",
			Self::Unplaced => "never placed, as far as this machine knows",
			Self::Unknown => "ended before this machine looked: see the balance of the account",
		}
	}
}

/// What a challenger stakes at most, in planck.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StakeLimits {
	/// On one challenge.
	pub max_bond: Balance,
	/// On all open challenges together.
	pub max_open: Balance,
}

/// Limit that a challenge would exceed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LimitReached {
	/// That of one challenge.
	#[error("the bond is {bond}, and the limit {limit}", bond = Amount(*.0), limit = Amount(*.1))]
	Bond(Balance, Balance),
	/// That of all together.
	#[error(
		"with the bond of {bond}, {open} would be open, and the limit is {limit}",
		bond = Amount(*.0), open = Amount(*.1), limit = Amount(*.2)
	)]
	Open(Balance, Balance, Balance),
}

impl StakeLimits {
	/// Fails if a challenge with `bond` exceeds a limit while `claims` are open.
	pub fn check(&self, bond: Balance, claims: &[Claim]) -> Result<(), LimitReached> {
		if bond > self.max_bond {
			return Err(LimitReached::Bond(bond, self.max_bond));
		}
		let bonds = claims.iter().map(|claim| claim.bond);
		let open = bonds.fold(bond, Balance::saturating_add);
		if open > self.max_open {
			return Err(LimitReached::Open(bond, open, self.max_open));
		}
		Ok(())
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use opg_primitives::{FailureReason, Outcome, Output, Tier, VersionLimits};
	use pallet_opg_court::CasePhase;
	use pallet_opg_inference::{BondSource, CommitteeStatus, Request};
	use pallet_opg_support::ModelVersion;

	const SEED: H256 = H256::repeat_byte(5);
	const ID: RequestId = 3;

	fn me() -> AccountId {
		AccountId::from([7; 32])
	}

	fn answer(byte: u8) -> Answer {
		let output = Output::try_from(vec![byte]).unwrap();
		Answer { outcome: Outcome::Output(output), fuel: 4 }
	}

	fn request(state: RequestState<AccountId, u32>) -> RequestOf<Runtime> {
		Request {
			requester: AccountId::from([1; 32]),
			model: 0,
			version: ModelVersion {
				owner: AccountId::from([2; 32]),
				model_hash: H256::zero(),
				size: 0,
				engine_id: H256::zero(),
				dims: Default::default(),
				limits: VersionLimits::inline(10, 10, 1),
				royalty: 0,
			},
			input_hash: H256::zero(),
			stored_input: None,
			tier: Tier::Quorum,
			price: 1,
			reference: H256::zero(),
			deadline: None,
			requested_at: 1,
			drawn_at: Some(2),
			changed_at: 4,
			seed: Some(SEED),
			seat_reserve: 0,
			is_escalated: false,
			deposit: 0,
			escrow: 0,
			has_panel: false,
			audit: None,
			challenges: Default::default(),
			state,
		}
	}

	fn attested() -> RequestState<AccountId, u32> {
		RequestState::Attested { answer: answer(1), at: 4 }
	}

	fn court(opened: bool) -> RequestState<AccountId, u32> {
		RequestState::Court { attested: Some((answer(1), 4)), opened }
	}

	fn settled(byte: u8) -> RequestState<AccountId, u32> {
		RequestState::Settled { answer: answer(byte), paid: Default::default(), fee: 0, at: 9 }
	}

	fn case(phase: CasePhase) -> Option<Case> {
		let load = Default::default();
		Some(Case {
			seed: SEED,
			load,
			sitting: 0,
			session: 1,
			seats: 3,
			sizes: Default::default(),
			phase,
		})
	}

	fn committing() -> Option<Case> {
		case(CasePhase::Commit { committed: 1 })
	}

	fn revealing() -> Option<Case> {
		case(CasePhase::Reveal { unrevealed: 1 })
	}

	fn standing(state: RequestState<AccountId, u32>, case: Option<Case>) -> Standing {
		Standing { next_request: ID + 1, request: Some(request(state)), case }
	}

	fn claim(stage: Stage) -> Claim {
		let digests = [answer(1).digest(), answer(2).digest()];
		let mut claim = Claim::new(H256::zero(), ID, me(), SEED, digests, 10);
		claim.stage = stage;
		claim
	}

	/// `standing` with the challenge of `claim` in it.
	fn with(mut standing: Standing, claim: &Claim, revealed: bool) -> Standing {
		let challenge = Challenge {
			challenger: me(),
			bond: claim.bond,
			source: BondSource::Account,
			disputed: claim.disputed,
			claim: claim.hash(),
			revealed: revealed.then_some(claim.digest),
		};
		standing.request.as_mut().unwrap().challenges.try_push(challenge).unwrap();
		standing
	}

	#[test]
	fn answer_should_be_a_target_while_the_chain_takes_challenges() {
		let waiting = CommitteeStatus::Assigned { round: 2 };
		let audited = RequestState::Audited { answer: answer(1), at: 4, status: waiting };
		for standing in [
			standing(attested(), None),
			standing(audited, None),
			standing(court(false), None),
			standing(court(true), case(CasePhase::Waiting)),
			standing(court(true), committing()),
		] {
			assert_eq!(standing.target(&me()), Ok(Target { seed: SEED, answer: answer(1) }));
		}
	}

	#[test]
	fn target_should_say_why_there_is_none() {
		let full = (0..MAX_CHALLENGES as u8).fold(standing(attested(), None), |standing, who| {
			let mut standing = with(standing, &claim(Stage::Written), false);
			let challenges = &mut standing.request.as_mut().unwrap().challenges;
			challenges.last_mut().unwrap().challenger = AccountId::from([100 + who; 32]);
			standing
		});
		let failed = RequestState::Failed { reason: FailureReason::Undecided, at: 9 };
		let open = RequestState::Open(CommitteeStatus::Assigned { round: 0 });
		let unanswered = RequestState::Court { attested: None, opened: false };
		for (standing, cause) in [
			(Standing { next_request: 0, request: None, case: None }, NotChallengeable::Unknown),
			(standing(open, None), NotChallengeable::Unanswered),
			(standing(unanswered, None), NotChallengeable::Unanswered),
			(standing(settled(1), None), NotChallengeable::Final),
			(standing(failed, None), NotChallengeable::Final),
			(standing(court(true), revealing()), NotChallengeable::Revealing),
			// In the block of the verdict the case is gone already.
			(standing(court(true), None), NotChallengeable::Revealing),
			(
				with(standing(attested(), None), &claim(Stage::Written), false),
				NotChallengeable::Challenged,
			),
			(full, NotChallengeable::Full),
		] {
			assert_eq!(standing.target(&me()), Err(cause));
		}
		let second = Case { sitting: 1, ..case(CasePhase::Waiting).unwrap() };
		let standing = standing(court(true), Some(second));
		assert_eq!(standing.target(&me()), Err(NotChallengeable::Revealing));
	}

	#[test]
	fn claim_should_be_sent_again_when_the_chain_does_not_have_it() {
		let claim = claim(Stage::Placed);
		assert_eq!(standing(attested(), None).step(&claim), Step::Send);
		let other_answer = RequestState::Attested { answer: answer(3), at: 4 };
		assert_eq!(standing(other_answer, None).step(&claim), Step::Wait);
		let mut other_fork = standing(attested(), None);
		other_fork.request.as_mut().unwrap().seed = Some(H256::zero());
		assert_eq!(other_fork.step(&claim), Step::Wait);
		assert_eq!(standing(court(true), revealing()).step(&claim), Step::Wait);
	}

	#[test]
	fn claim_should_be_revealed_once_while_the_court_reveals() {
		let claim = claim(Stage::Placed);
		let step =
			|case, revealed| with(standing(court(true), case), &claim, revealed).step(&claim);
		assert_eq!(step(case(CasePhase::Waiting), false), Step::Wait);
		assert_eq!(step(committing(), false), Step::Wait);
		assert_eq!(step(revealing(), false), Step::Reveal);
		assert_eq!(step(revealing(), true), Step::Wait);
		// A second sitting still takes it.
		let second = Some(Case { sitting: 1, ..case(CasePhase::Waiting).unwrap() });
		assert_eq!(step(second, false), Step::Reveal);
	}

	#[test]
	fn challenge_of_another_claim_should_not_be_taken_for_this_one() {
		let (mine, other) = (claim(Stage::Written), claim(Stage::Written));
		let standing = with(standing(court(true), revealing()), &other, false);
		assert_eq!(standing.stage(&mine), Stage::Written);
		assert_eq!(standing.step(&mine), Step::Wait);
		assert_eq!(standing.step(&other), Step::Reveal);
	}

	#[test]
	fn stage_should_follow_the_chain_and_never_go_back() {
		let claim = claim(Stage::Written);
		let court = || standing(court(true), revealing());
		assert_eq!(court().stage(&claim), Stage::Written);
		assert_eq!(with(court(), &claim, false).stage(&claim), Stage::Placed);
		assert_eq!(with(court(), &claim, true).stage(&claim), Stage::Revealed);
		let revealed = claim.at(Stage::Revealed);
		assert_eq!(standing(settled(2), None).stage(&revealed), Stage::Revealed);
	}

	#[test]
	fn end_should_be_won_only_when_the_claim_was_right_and_revealed() {
		let failed = RequestState::Failed { reason: FailureReason::Undecided, at: 9 };
		for (state, stage, end) in [
			(settled(2), Stage::Revealed, End::Won),
			(settled(2), Stage::Placed, End::Lost),
			(settled(1), Stage::Revealed, End::Lost),
			(settled(3), Stage::Revealed, End::Lost),
			(settled(1), Stage::Written, End::Unplaced),
			(failed.clone(), Stage::Revealed, End::Undecided),
			(failed, Stage::Written, End::Unplaced),
			(settled(2), Stage::Lost, End::Lost),
		] {
			let step = standing(state, None).step(&claim(stage));
			assert_eq!(step, Step::End(end), "{stage:?}");
		}
	}

	#[test]
	fn claim_should_wait_when_the_node_is_behind_and_end_when_the_request_is_gone() {
		let gone = |next_request| Standing { next_request, request: None, case: None };
		assert_eq!(gone(ID).step(&claim(Stage::Placed)), Step::Wait);
		assert_eq!(gone(ID + 1).step(&claim(Stage::Written)), Step::End(End::Unplaced));
		assert_eq!(gone(ID + 1).step(&claim(Stage::Revealed)), Step::End(End::Unknown));
	}

	#[test]
	fn limits_should_hold_for_each_challenge_and_for_all_together() {
		let limits = StakeLimits { max_bond: 10, max_open: 25 };
		let open = |count| vec![claim(Stage::Placed); count];
		assert_eq!(limits.check(10, &open(0)), Ok(()));
		assert_eq!(limits.check(11, &open(0)), Err(LimitReached::Bond(11, 10)));
		assert_eq!(limits.check(5, &open(2)), Ok(()));
		assert_eq!(limits.check(6, &open(2)), Err(LimitReached::Open(6, 26, 25)));
		let boundless = StakeLimits { max_bond: Balance::MAX, max_open: Balance::MAX - 1 };
		assert!(boundless.check(Balance::MAX, &open(1)).is_err());
	}
}
