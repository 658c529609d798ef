//! Executors of the simulation, and what the adversary has at stake.

use crate::{
	game::{EXECUTORS, FUNDS, VERSIONS},
	validators::Validators,
	Row, Strategy,
};
use frame_support::assert_ok;
use opg_primitives::ModelId;
use opg_runtime::{
	constants::{MIN_BOND, OPG},
	AccountId, Balance, Court, Models, Runtime, Staking,
};
use opg_runtime_testing::*;
use pallet_opg_staking::{Holdings, Pool, PoolId, PoolStatus, Pools, Role};
use pallet_opg_support::{
	economics::MAX_FINE_PER_SESSION, CourtReadiness, ExecutorStake, ModelRegistry,
};
use sp_io::hashing::blake2_256;
use std::collections::{BTreeMap, BTreeSet};

/// Stake of each operator, in planck: a little over the minimum.
const STAKE: Balance = 1_100 * OPG;
/// Sessions after which stake and declarations count.
const PLANNING_SESSIONS: u32 = 2;
/// Blocks within which every conviction matures.
const MAX_MATURING: usize = 1_000;

/// Account that delegates to executor `index` of the adversary.
fn delegator(index: usize) -> AccountId {
	AccountId::from(blake2_256(&[b"delegator", &[index as u8][..]].concat()))
}

fn id_of(who: &AccountId) -> PoolId<AccountId> {
	PoolId { operator: who.clone(), role: Role::Executor }
}

fn pool(who: &AccountId) -> Pool {
	Pools::<Runtime>::get(Role::Executor, who).unwrap()
}

/// Stake of every honest operator at some time, in planck.
pub(crate) struct HonestStake {
	session: u32,
	stakes: BTreeMap<AccountId, Balance>,
}

/// Executors with equal stake, and validators. A part of both is the adversary's.
pub(crate) struct Stakes {
	row: Row,
	/// Executors of the adversary.
	pub bad: BTreeSet<AccountId>,
	/// Validators, a part of which is the adversary's.
	pub validators: Validators,
}

impl Stakes {
	/// Opens all pools.
	pub fn new(row: Row) -> Self {
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
		let validators = Validators::new(row.bench);
		for who in validators.accounts() {
			set_balance(&who, FUNDS);
		}
		Self { row, bad, validators }
	}

	/// Executors of the adversary, with their numbers.
	fn bad_executors(&self) -> impl Iterator<Item = (usize, AccountId)> + '_ {
		EXECUTORS.map(|index| (index, executor(index))).filter(|(_, who)| self.bad.contains(who))
	}

	/// All that the adversary's executors, delegators and validators have, in planck.
	pub fn wealth(&self) -> Balance {
		let of_pool = |(index, who): (usize, AccountId)| {
			let (id, delegator) = (id_of(&who), delegator(index));
			let pool = pool(&who);
			let delegated = pool.active.value_of(&Holdings::<Runtime>::get(&id, &delegator));
			let unbonding =
				Staking::unbonding_value(&id, &who) + Staking::unbonding_value(&id, &delegator);
			wealth(&who) + wealth(&delegator) + pool.self_bond() + delegated + unbonding
		};
		let validators = self.validators.dishonest();
		let validators: Balance = validators.iter().map(wealth).sum();
		self.bad_executors().map(of_pool).sum::<Balance>() + validators
	}

	/// Begins the next session, and plans the one after it.
	pub fn begin_session(&self) {
		let next = Staking::session() + 1;
		Staking::start_session(next);
		self.validators.begin_session();
		Staking::plan_session(next + 1);
		if !Court::is_ready(0) {
			hold_models();
		}
	}

	/// Begins the first session that counts what was staked and declared up to now.
	pub fn begin_planned_session(&self) {
		(0..PLANNING_SESSIONS).for_each(|_| self.begin_session());
	}

	/// Brings every stake back to what it was.
	pub fn restore(&self) {
		let delegators = self.row.strategy.has_delegators();
		for index in EXECUTORS {
			let who = executor(index);
			let own = self.bad.contains(&who);
			// Where the adversary's delegators stake too, the others have as much as both together.
			let wanted = if delegators && !own { 2 * STAKE } else { STAKE };
			let missing = wanted.saturating_sub(pool(&who).self_bond());
			if missing >= OPG {
				let origin = signed(who.clone());
				assert_ok!(Staking::delegate(origin, who.clone(), Role::Executor, missing));
			}
			if let PoolStatus::PausedForSilence { resumable_in } = pool(&who).status {
				while Staking::session() < resumable_in {
					self.begin_session();
				}
			}
			// Fails where it is not paused.
			let _ = Staking::resume(signed(who.clone()), Role::Executor);
			if delegators && own {
				self.delegate_again(index, &who);
			}
		}
		self.serve();
	}

	fn delegate_again(&self, index: usize, who: &AccountId) {
		let (id, delegator) = (id_of(who), delegator(index));
		// Fails where nothing can be withdrawn yet.
		let _ = Staking::withdraw(signed(eve()), who.clone(), Role::Executor, delegator.clone());
		if Holdings::<Runtime>::get(&id, &delegator).shares == 0 {
			let origin = signed(delegator);
			assert_ok!(Staking::delegate(origin, who.clone(), Role::Executor, STAKE));
		}
	}

	/// Lets those serve the versions who do not.
	fn serve(&self) {
		(0..VERSIONS as ModelId).for_each(|version| self.serve_version(version));
	}

	fn serve_version(&self, version: ModelId) {
		let serving = Models::serving(version, Staking::session());
		let all_serve = serving.stopped.is_empty() && serving.candidates.len() == EXECUTORS.len();
		if all_serve {
			return;
		}
		for index in EXECUTORS {
			// Fails where it serves already.
			let _ = Models::serve(signed(executor(index)), version, REPORT);
		}
	}

	/// Stake of every honest operator.
	pub fn honest(&self) -> HonestStake {
		let honest = EXECUTORS.map(executor).filter(|who| !self.bad.contains(who));
		let stakes = honest.map(|who| (who.clone(), pool(&who).self_bond())).collect();
		HonestStake { session: Staking::session(), stakes }
	}

	/// Number of honest pools that are convicted, or lost more than the capped fines of the sessions
	/// since `before` and the pay of others that sat in their place, in planck.
	pub fn slashed_since(
		&self,
		before: &HonestStake,
		replaced: &BTreeMap<AccountId, Balance>,
	) -> usize {
		let sessions = Balance::from(Staking::session() - before.session + 1);
		let is_slashed = |(who, before): (&AccountId, &Balance)| {
			let pool = pool(who);
			let lost = before.saturating_sub(pool.self_bond());
			let fines = MAX_FINE_PER_SESSION.mul_ceil(*before) * sessions;
			let replaced = replaced.get(who).copied().unwrap_or_default();
			// Shares are rounded down.
			pool.convictions > 0 || lost > fines + replaced + 1_000
		};
		before.stakes.iter().filter(|entry| is_slashed(*entry)).count()
	}

	/// Waits until all convictions have been executed.
	pub fn mature(&self) {
		let is_held = || EXECUTORS.into_iter().any(|index| pool(&executor(index)).convictions > 0);
		for _ in 0..MAX_MATURING {
			if !is_held() {
				return;
			}
			quiet_step();
		}
		panic!("a conviction does not mature");
	}

	/// All delegators of the adversary leave, where it has some, and its operators with what they need
	/// not have, where they try that.
	pub fn leave(&self) {
		if !self.row.strategy.has_delegators() {
			return;
		}
		for (index, who) in self.bad_executors() {
			// Fails where it has left already.
			let delegator = signed(delegator(index));
			let _ = Staking::undelegate(delegator, who.clone(), Role::Executor, Balance::MAX);
			if self.row.strategy == Strategy::ClockPauser {
				let more = pool(&who).self_bond().saturating_sub(MIN_BOND);
				let _ = Staking::undelegate(signed(who.clone()), who, Role::Executor, more);
			}
		}
	}

	/// Those who left try to withdraw.
	pub fn withdraw(&self) {
		for (index, who) in self.bad_executors() {
			for holder in [delegator(index), who.clone()] {
				// Fails while it is locked.
				let _ = Staking::withdraw(signed(eve()), who.clone(), Role::Executor, holder);
			}
		}
	}
}
