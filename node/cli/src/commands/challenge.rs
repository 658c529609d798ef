//! `opg request challenge` and `opg request reveal-claim`.

use super::{find_event, Session};
use crate::{
	amount::Amount,
	chain::Chain,
	claims::{self, Claim, Claims, Stage},
	contents,
	dispute::{End, Standing, Step, Target},
	fs,
	keys::{self, Account, Signer},
	local::{self, EngineArg},
	output::Output,
	recompute::{Run, Source},
};
use anyhow::{bail, ensure, Context, Result};
use clap::Args;
use opg_primitives::{AccountId, Answer, Balance, BlockNumber, RequestId, Task};
use opg_runtime::{Runtime, RuntimeEvent};
use pallet_opg_court::Cases;
use pallet_opg_inference::{Call, Event, NextRequestId, Requests};
use serde_json::{json, Value};
use sp_core::H256;
use std::{
	io::{stdin, IsTerminal},
	path::PathBuf,
	thread::sleep,
	time::Duration,
};

const POLL: Duration = Duration::from_millis(700);

/// A challenge was lost: this machine computes otherwise than the chain, or its claim came late.
///
/// Programs end with a code of their own for it.
#[derive(Debug, thiserror::Error)]
#[error(
	"the challenge of request {request} was lost. Find out why this machine computes otherwise, then \
	 remove {}", .file.display()
)]
pub(crate) struct ChallengeLost {
	/// Number of the request.
	pub(super) request: RequestId,
	/// File of the claim.
	pub(super) file: PathBuf,
}

/// Account that challenges, with its claims.
pub(super) struct Challenger {
	signer: Account,
	/// Its id.
	pub account: AccountId,
	/// Files of its claims.
	pub claims: Claims,
}

/// Options of everything that challenges.
#[derive(Args)]
pub(crate) struct ChallengerArgs {
	/// Folder of the claims, by default in the user's data directory. A claim that gets lost before
	/// it is revealed costs the bond.
	#[arg(long = "claims", value_name = "DIR")]
	folder: Option<PathBuf>,
	#[command(flatten)]
	signer: Signer,
}

impl ChallengerArgs {
	/// The account, with its claims.
	pub fn open(&self, chain: &Chain) -> Result<Challenger> {
		let signer = self.signer.account(chain)?.with_key("a challenge")?;
		let account = signer.id().clone();
		Ok(Challenger { signer, account, claims: Claims::open(self.folder.as_deref())? })
	}
}

impl Challenger {
	/// Sends the challenge behind a claim that is saved already. Gives the block, and the bond that
	/// was held.
	pub fn send(&self, chain: &Chain, claim: &Claim) -> Result<(BlockNumber, Balance)> {
		let call = Call::<Runtime>::challenge {
			request: claim.request,
			seed: claim.seed,
			digest: claim.disputed,
			claim: claim.hash(),
		};
		let included = chain.send(call, &self.signer)?;
		let bond = find_event(&included.events, |event| match event {
			RuntimeEvent::Inference(Event::Challenged { bond, .. }) => Some(*bond),
			_ => None,
		})?;
		Ok((included.block, bond))
	}

	/// Notes that the challenge is on the chain, with this bond.
	pub fn placed(&self, claim: &mut Claim, bond: Balance) -> Result<()> {
		claim.bond = bond;
		self.set_stage(claim, Stage::Placed)
	}

	/// Reveals a claim, and gives the block.
	pub fn reveal(&self, chain: &Chain, claim: &Claim) -> Result<BlockNumber> {
		let Claim { request, digest, salt, .. } = *claim;
		Ok(chain.send(Call::<Runtime>::reveal_claim { request, digest, salt }, &self.signer)?.block)
	}

	/// Changes the stage of a claim, on the disk first.
	pub fn set_stage(&self, claim: &mut Claim, stage: Stage) -> Result<()> {
		if stage != claim.stage {
			let changed = claim.at(stage);
			self.claims.save(&changed)?;
			*claim = changed;
		}
		Ok(())
	}

	/// Files the end of a challenge away: a claim that was lost stays, any other is removed.
	pub fn close(&self, claim: &mut Claim, end: End) -> Result<()> {
		if end == End::Lost {
			return self.set_stage(claim, Stage::Lost);
		}
		self.claims.remove(claim)
	}

	/// The error that a lost challenge ends a program with.
	pub fn lost(&self, claim: &Claim) -> ChallengeLost {
		ChallengeLost { request: claim.request, file: self.claims.path(claim) }
	}

	/// Waits until the court reveals, reveals the claim, and waits for the verdict, unless the
	/// caller does not want to. Gives the verdict, if it waited for one.
	fn follow(
		&self,
		chain: &Chain,
		output: Output,
		claim: &mut Claim,
		wait: bool,
	) -> Result<Option<End>> {
		let request = claim.request;
		output.news(format_args!(
			"waiting until the court reveals its votes; if this is interrupted, go on with\n  \
			 opg request reveal-claim {request}"
		));
		loop {
			let (stage, step) = next_step(chain, claim)?;
			self.set_stage(claim, stage)?;
			match step {
				Step::Wait if claim.stage == Stage::Revealed && !wait => return Ok(None),
				Step::Wait => {},
				Step::Send => ensure!(
					claim.stage > Stage::Written,
					"the challenge is not on the chain: `opg request challenge {request}` sends it"
				),
				Step::Reveal => {
					let block = self.reveal(chain, claim)?;
					self.set_stage(claim, Stage::Revealed)?;
					output.news(format_args!("claim {:?} revealed in block {block}", claim.digest));
				},
				Step::End(end) => {
					self.close(claim, end)?;
					output.news(format_args!("{} {}", claims::describe(claim), end.describe()));
					return Ok(Some(end));
				},
			}
			sleep(POLL);
		}
	}

	/// Prints a claim, and how its challenge ended, for programs. Fails if it was lost.
	fn finish(&self, output: Output, claim: &Claim, end: Option<End>) -> Result<()> {
		output.json(|| claim_json(claim, end));
		ensure!(end != Some(End::Lost), self.lost(claim));
		Ok(())
	}
}

/// A claim as JSON. The salt stays out: it is a secret until the claim is revealed.
pub(super) fn claim_json(claim: &Claim, end: Option<End>) -> Value {
	json!({
		"request": claim.request,
		"challenger": keys::name(&claim.challenger),
		"disputed": claim.disputed,
		"digest": claim.digest,
		"bond": claim.bond.to_string(),
		"stage": claim.stage,
		"end": end.map(end_name),
	})
}

/// Name of an end, for programs.
fn end_name(end: End) -> &'static str {
	match end {
		End::Won => "won",
		End::Lost => "lost",
		End::Undecided => "undecided",
		End::Unplaced => "unplaced",
		End::Unknown => "unknown",
	}
}

/// What the chain says about a request, in its best block.
pub(super) fn standing(chain: &Chain, id: RequestId) -> Result<Standing> {
	standing_at(chain, id, None)
}

fn standing_at(chain: &Chain, id: RequestId, at: Option<H256>) -> Result<Standing> {
	let next_request = chain.storage_at(&NextRequestId::<Runtime>::hashed_key(), at)?;
	// A case is gone in the block in which its request is final, so the request is read first.
	Ok(Standing {
		next_request: next_request.unwrap_or_default(),
		request: chain.storage_at(&Requests::<Runtime>::hashed_key_for(id), at)?,
		case: chain.storage_at(&Cases::<Runtime>::hashed_key_for(id), at)?,
	})
}

/// Stage of a claim now, and what to do about it. An end counts once it is in a final block: until
/// then the claim may be needed again.
pub(super) fn next_step(chain: &Chain, claim: &Claim) -> Result<(Stage, Step)> {
	let step = |at| -> Result<(Stage, Step)> {
		let standing = standing_at(chain, claim.request, at)?;
		let stage = standing.stage(claim);
		Ok((stage, standing.step(&claim.at(stage))))
	};
	let (stage, best) = step(None)?;
	if !matches!(best, Step::End(_)) {
		return Ok((stage, best));
	}
	let (_, last) = step(Some(chain.finalized()?))?;
	Ok((stage, if last == best { best } else { Step::Wait }))
}

/// Arguments of `opg request challenge`.
#[derive(Args)]
pub(crate) struct ChallengeArgs {
	/// Number of the request.
	request: RequestId,
	/// The ONNX file.
	#[arg(long, value_name = "FILE")]
	model: PathBuf,
	/// File with the input, if it lies outside of the chain and the node does not have it.
	#[arg(long, value_name = "FILE")]
	input: Option<PathBuf>,
	#[command(flatten)]
	engine: EngineArg,
	/// The most to put up as the bond, in OPG. Without it, what the chain asks for, once you confirm
	/// it.
	#[arg(long, value_name = "OPG")]
	max_bond: Option<Amount>,
	/// Do not wait for the court. The claim must be revealed later: `opg request reveal-claim`.
	#[arg(long)]
	no_wait: bool,
	#[command(flatten)]
	challenger: ChallengerArgs,
}

impl ChallengeArgs {
	pub(super) fn run(&self, session: &Session) -> Result<()> {
		let (output, id) = (session.output, self.request);
		let chain = session.connect()?;
		let challenger = self.challenger.open(&chain)?;
		let cannot = || format!("request {id} cannot be challenged");
		let target = standing(&chain, id)?.target(&challenger.account).with_context(cannot)?;
		let task = chain.request(id)?.task;
		let task = contents::with_input(&chain, id, task, self.input.as_deref())?;
		let right = self.compute_twice(session, &task, &target.answer)?;

		// Computing took its time.
		let target = standing(&chain, id)?.target(&challenger.account).with_context(cannot)?;
		let bond = chain.challenge_bond(id)?;
		self.agree_to(Amount(bond))?;
		let mut claim = self.claim(&chain, &challenger, &target, &right, bond)?;
		challenger.claims.save(&claim)?;
		let (block, bond) = challenger.send(&chain, &claim)?;
		challenger.placed(&mut claim, bond)?;
		output.news(format_args!(
			"challenged in block {block}, bond {}, claim in {}",
			Amount(bond),
			challenger.claims.path(&claim).display()
		));
		if self.no_wait {
			output.news(format_args!(
				"reveal it while the court votes: opg request reveal-claim {id}"
			));
			return challenger.finish(output, &claim, None);
		}
		let end = challenger.follow(&chain, output, &mut claim, true)?;
		challenger.finish(output, &claim, end)
	}

	/// Computes the task here, and again in a process of its own, unless the first answer is the
	/// attested one.
	fn compute_twice(&self, session: &Session, task: &Task, attested: &Answer) -> Result<Answer> {
		let output = session.output;
		output.news("loading the engine (the first time takes up to a minute)");
		let first = local::execute(&self.engine.load()?, task, &fs::read(&self.model)?)?;
		output.news(format_args!("attested {:?}, fuel {}", attested.digest(), attested.fuel));
		output.news(format_args!("local    {:?}, fuel {}", first.digest(), first.fuel));
		ensure!(
			first != *attested,
			"request {}: this machine finds the attested answer, bit for bit: it is right, and a \
			 challenge would be lost",
			self.request
		);
		output.news("computing it again in a process of its own");
		let source = Source { node: &session.endpoint, request: self.request };
		let second = Run::start(task, source, &self.model, &self.engine, true)?.wait()?;
		output.news(format_args!("again    {:?}, fuel {}", second.digest(), second.fuel));
		ensure!(
			second == first,
			"this machine gave two answers to the same task: do not trust it with a challenge"
		);
		Ok(first)
	}

	/// Makes sure that the user agrees to the bond.
	fn agree_to(&self, bond: Amount) -> Result<()> {
		match self.max_bond {
			Some(max) => {
				ensure!(bond.0 <= max.0, "the chain asks for a bond of {bond}, more than {max}");
				Ok(())
			},
			None if stdin().is_terminal() => {
				eprint!("Put up a bond of {bond}? It is lost if the court finds you wrong. [y/N] ");
				let mut line = String::new();
				stdin().read_line(&mut line)?;
				ensure!(matches!(line.trim(), "y" | "Y" | "yes"), "not challenged");
				Ok(())
			},
			None => bail!("the chain asks for a bond of {bond}: agree to it with --max-bond"),
		}
	}

	/// The claim that is on the disk already, or a new one.
	fn claim(
		&self,
		chain: &Chain,
		challenger: &Challenger,
		target: &Target,
		right: &Answer,
		bond: Balance,
	) -> Result<Claim> {
		let (disputed, digest) = (target.answer.digest(), right.digest());
		ensure!(disputed != digest, "the attested answer is another now, and right");
		let old = challenger.claims.load(chain.genesis(), &challenger.account)?;
		let old =
			old.into_iter().find(|old| (old.request, old.seed) == (self.request, target.seed));
		if let Some(claim) = old {
			// It may have been sent, and its salt be worth a bond.
			ensure!(
				(claim.disputed, claim.digest) == (disputed, digest),
				"there is another claim on this request: {}",
				challenger.claims.path(&claim).display()
			);
			return Ok(claim);
		}
		Ok(Claim::new(
			chain.genesis(),
			self.request,
			challenger.account.clone(),
			target.seed,
			[disputed, digest],
			bond,
		))
	}
}

/// Arguments of `opg request reveal-claim`.
#[derive(Args)]
pub(crate) struct RevealClaimArgs {
	/// Number of the request.
	request: RequestId,
	/// Do not wait for the verdict.
	#[arg(long)]
	no_wait: bool,
	#[command(flatten)]
	challenger: ChallengerArgs,
}

impl RevealClaimArgs {
	pub(super) fn run(&self, session: &Session) -> Result<()> {
		let chain = session.connect()?;
		let challenger = self.challenger.open(&chain)?;
		let claims = challenger.claims.load(chain.genesis(), &challenger.account)?;
		let claims = claims.into_iter().filter(|claim| claim.request == self.request);
		let claims: Vec<Claim> = claims.collect();
		// Of claims on two forks, the one whose fork this is.
		let seed = standing(&chain, self.request)?.request.and_then(|request| request.seed);
		let here = claims.iter().find(|claim| Some(claim.seed) == seed);
		let mut claim = here.or(claims.first()).cloned().with_context(|| {
			format!(
				"this machine has no claim of {} on request {}: is it in another folder?",
				keys::name(&challenger.account),
				self.request
			)
		})?;
		let output = session.output;
		let end = challenger.follow(&chain, output, &mut claim, !self.no_wait)?;
		challenger.finish(output, &claim, end)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::failure::Code;
	use anyhow::{anyhow, Error};

	#[test]
	fn program_should_end_with_a_code_of_its_own_when_a_challenge_was_lost() {
		let lost = ChallengeLost { request: 7, file: "claims/7.json".into() };
		let error = Error::from(lost).context("watching");
		assert_eq!(crate::failure::code(&error), Code::ChallengeLost);
		assert!(format!("{error:#}").contains("claims/7.json"), "{error:#}");
		assert_eq!(crate::failure::code(&anyhow!("anything else")), Code::Failed);
	}

	#[test]
	fn salt_should_stay_out_of_the_results() {
		let account = AccountId::from([7; 32]);
		let claim = Claim::new(H256::zero(), 7, account, H256::zero(), [H256::zero(); 2], 1);
		let text = claim_json(&claim, Some(End::Won)).to_string();
		assert!(!text.contains(format!("{:?}", claim.salt).trim_start_matches("0x")), "{text}");
		assert!(text.contains("\"won\"") && text.contains("\"written\""), "{text}");
	}
}
