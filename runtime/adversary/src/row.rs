//! Rows of the simulation: a strategy, its circumstances, and what came of it.

use opg_primitives::{Balance, Tier};

/// Behaviour of the adversary. The README describes each.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[allow(missing_docs)]
pub enum Strategy {
	Honest,
	FreeRider,
	CommitmentCopier,
	RevealWithholder,
	NonCommitter,
	Collude,
	Opportunistic,
	Owner,
	SelfDeal,
	DelegatorFlight,
	Weightless,
	ClockPauser,
	FalseChallenge,
	HiddenClaim,
	FalsePoolChallenge,
	ReRoller,
	Flooder,
	Overload,
	ForcedCourts,
	Binge,
	Staller,
	CourtCopier,
	SelfChallenge,
	ChallengeCopier,
	Squatter,
	Tipper,
	FullBlocks,
	AuditCopier,
	AuditStaller,
	InputWithholder,
	OutputWithholder,
}
use Strategy::*;

impl Strategy {
	/// All strategies, in the order of the tables.
	pub const ALL: [Self; 31] = [
		Honest,
		FreeRider,
		CommitmentCopier,
		RevealWithholder,
		NonCommitter,
		Collude,
		Opportunistic,
		Owner,
		SelfDeal,
		DelegatorFlight,
		Weightless,
		ClockPauser,
		FalseChallenge,
		HiddenClaim,
		FalsePoolChallenge,
		ReRoller,
		Flooder,
		Overload,
		ForcedCourts,
		Binge,
		Staller,
		CourtCopier,
		SelfChallenge,
		ChallengeCopier,
		Squatter,
		Tipper,
		FullBlocks,
		AuditCopier,
		AuditStaller,
		InputWithholder,
		OutputWithholder,
	];

	/// Tells whether all its seats lie always.
	pub fn lies(self) -> bool {
		self.has_delegators()
			|| matches!(
				self,
				FreeRider
					| Binge | Collude
					| Owner | ForcedCourts
					| Staller | CourtCopier
					| SelfChallenge | ChallengeCopier
					| Squatter | Tipper
			)
	}

	/// Tells whether it lies only where it holds the whole first committee. Such lies are few.
	pub fn is_opportunistic(self) -> bool {
		matches!(self, Opportunistic | SelfDeal | ReRoller | Flooder | OutputWithholder)
	}

	/// Tells whether an offence of its executors denies an answer, and settles none: nobody can be
	/// judged for that, and nobody earns anything by it.
	pub fn denies(self) -> bool {
		self == OutputWithholder
	}

	/// Tells whether an executor fails in its duty even where it does not lie.
	pub fn evades(self) -> bool {
		matches!(
			self,
			CommitmentCopier | RevealWithholder | NonCommitter | Flooder | Overload | FullBlocks
		)
	}

	/// Tells whether an auditor fails in its duty.
	pub fn evades_audits(self) -> bool {
		self.evades() || matches!(self, AuditCopier | AuditStaller)
	}

	/// Tells whether others delegate to its executors, and leave in time.
	pub fn has_delegators(self) -> bool {
		matches!(self, DelegatorFlight | Weightless | ClockPauser)
	}

	/// Tells whether it fills the executors with requests of its own before each of somebody else.
	pub fn floods(self) -> bool {
		matches!(self, Flooder | Overload)
	}

	/// Tells whether it keeps blocks so full that the clock stands.
	pub fn fills_blocks(self) -> bool {
		matches!(self, ClockPauser | FullBlocks)
	}

	/// Who looks where it is played but once: some strategies are about who finds it out.
	pub fn watch(self) -> Watch {
		match self {
			ChallengeCopier | Squatter | ForcedCourts | CourtCopier => Watch::Always,
			Tipper => Watch::Executor,
			_ if self.has_delegators() => Watch::Always,
			_ => Watch::Nobody,
		}
	}

	/// Tells whether it challenges right answers.
	pub fn challenges_falsely(self) -> bool {
		matches!(self, FalseChallenge | HiddenClaim | FalsePoolChallenge)
	}
}

/// Requests that a binge lies about at once, in one session.
pub const BINGE: usize = 100;

/// Honest executors that were not drawn, and compute answers again.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Watch {
	/// Nobody does: only what the protocol does by itself counts.
	Nobody,
	/// Each of them does so for a share of all answers, from 0 to 1.
	Share(f64),
	/// One honest party computes every answer again, and challenges by a signed transaction.
	Always,
	/// One honest executor does so, and its node challenges with its pool.
	Executor,
}

/// Validators, in percent. The others are honest and present.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bench {
	/// Those of the adversary.
	pub dishonest: usize,
	/// Honest ones that are offline while the court sits.
	pub absent: usize,
}

impl Bench {
	/// Tells whether the court decides although those of the adversary vote for one lie: more than
	/// half of all validators are honest and present, and twice as many as lie.
	pub fn decides(&self) -> bool {
		let right = 100 - self.dishonest - self.absent;
		right > 50 && right >= 2 * self.dishonest
	}
}

/// Strategy and its circumstances.
#[derive(Clone, Copy, Debug)]
pub struct Row {
	/// Behaviour of the adversary.
	pub strategy: Strategy,
	/// Tier of all requests.
	pub tier: Tier,
	/// Executors of the adversary, in percent.
	pub percent: usize,
	/// Validators.
	pub bench: Bench,
	/// Checks of answers by others.
	pub watch: Watch,
	/// Number of requests.
	pub requests: usize,
}

/// Result of a row.
#[derive(Clone, Copy, Default, Debug)]
pub struct Outcomes {
	/// Requests that were played.
	pub requests: usize,
	/// Wrong answers that were settled.
	pub wrong: usize,
	/// Those of them at which an honest party had looked in time.
	pub wrong_watched: usize,
	/// Requests in which the adversary committed an offence.
	pub offences: usize,
	/// Requests whose whole first committee was the adversary's.
	pub whole_committees: usize,
	/// Requests that ended without an answer.
	pub failed: usize,
	/// Those of them that the court could not decide.
	pub undecided: usize,
	/// Requests that the court decided, those included that only fill executors or courts.
	pub courts: usize,
	/// What validators that voted rightly did not get for it, in planck.
	pub unpaid: Balance,
	/// Honest pools that were convicted, or lost more than the capped fines of the sessions and the
	/// pay of those who sat in their place.
	pub honest_slashed: usize,
	/// Change of the adversary's wealth, cost of computing deducted, in planck.
	pub profit: i128,
}

impl Outcomes {
	/// Adds those of another game of the same row.
	pub fn add(&mut self, other: Self) {
		self.requests += other.requests;
		self.wrong += other.wrong;
		self.wrong_watched += other.wrong_watched;
		self.offences += other.offences;
		self.whole_committees += other.whole_committees;
		self.failed += other.failed;
		self.undecided += other.undecided;
		self.courts += other.courts;
		self.unpaid += other.unpaid;
		self.honest_slashed += other.honest_slashed;
		self.profit += other.profit;
	}
}

/// Every strategy at every tier and each of these stakes in percent, `requests` long. Strategies
/// whose lies are seldom audited play longer; those that fill the chain, and those that look many
/// times at a draw, shorter.
pub fn all_rows(requests: usize, shares: &[usize], bench: Bench, watch: f64) -> Vec<Row> {
	let mut rows = Vec::new();
	for tier in [Tier::Optimistic, Tier::Quorum, Tier::High] {
		for &percent in shares {
			let row = |strategy, watch, bench| {
				let requests = match strategy {
					Opportunistic | SelfDeal if tier != Tier::High => 2 * requests,
					ReRoller => requests.div_ceil(5),
					ForcedCourts => requests.div_ceil(10),
					Binge => requests.next_multiple_of(BINGE),
					Flooder | Overload => requests.div_ceil(50),
					_ => requests,
				};
				Row { strategy, tier, percent, bench, watch, requests }
			};
			for strategy in Strategy::ALL {
				rows.push(row(strategy, strategy.watch(), bench));
			}
			for strategy in [Collude, Opportunistic, Staller, SelfChallenge, Binge] {
				rows.push(row(strategy, Watch::Always, bench));
			}
			rows.push(row(Collude, Watch::Share(watch), bench));
			// A third of the validators is offline and none lies; or the adversary has its part, and
			// some of the others are offline. In the last case the court cannot decide.
			let benches =
				[(0, 33), (bench.dishonest, 5), (bench.dishonest, 10), (bench.dishonest, 15)];
			// The court is the same whatever the tier is.
			for (dishonest, absent) in benches.into_iter().filter(|_| tier != Tier::High) {
				let bench = Bench { dishonest, absent };
				rows.push(row(Collude, Watch::Always, bench));
				rows.push(row(FalseChallenge, Watch::Nobody, bench));
			}
		}
	}
	rows
}
