//! `opg executor`.

use super::Session;
use crate::{
	amount::Amount,
	chain::Chain,
	keys::{self, check_exposure, Secret, Signer},
	keystore,
	output::Output,
};
use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use opg_primitives::{
	executor_key::ExecutorPair, possession_payload, AccountId, Balance, BlockNumber, ModelId,
};
use opg_runtime::{Runtime, RuntimeEvent};
use pallet_opg_inference::{Load, OpenSeats};
use pallet_opg_models::{NextModelId, ServingAllowances, ServingExecutors};
use pallet_opg_staking::{
	Call, Conviction, ConvictionNumbers, ConvictionQueue, Convictions, DeclaredSlots, Event,
	HotKey, HotKeys, Pool, PoolStatus, Pools, Role,
};
use serde_json::{json, Value};
use sp_core::{Get, Pair};
use std::path::PathBuf;

/// Blocks whose events nodes still know.
const MAX_EVENT_BLOCKS: u32 = 240;
/// Most versions whose executors are looked at: the latest.
const MAX_VERSIONS: ModelId = 10_000;
/// Most convictions that are looked at: the latest.
const MAX_CONVICTIONS: u32 = 1_000;

/// Commands for those who run an executor.
#[derive(Subcommand)]
pub(crate) enum ExecutorCommand {
	/// Show how an executor stands: stake, slots, seats, misses, convictions, hot key, rewards, and what
	/// it serves.
	Status(Status),
	/// Replace the hot key with which your node attests. The old one is valid for a while: keep it on
	/// the node until no round is open that it committed to.
	SetHotKey(SetHotKey),
	/// Declare how many first seats your executor takes at a time, of all models together.
	Slots(Slots),
	/// Allow your executor's node to begin to serve model versions by itself, with its hot key, as its
	/// `--serve` says. Each takes a deposit from your account.
	AllowServing(AllowServing),
	/// Take no more seats until `opg executor resume`. Those that are open go on.
	Pause {
		#[command(flatten)]
		signer: Signer,
	},
	/// Take seats again after a pause, or after the chain paused the executor for its silence.
	Resume {
		#[command(flatten)]
		signer: Signer,
	},
}

/// Arguments of `opg executor status`.
#[derive(Args)]
pub(crate) struct Status {
	/// The operator: an address, a path such as //Alice, or a key of `opg key list`.
	#[arg(value_name = "ACCOUNT", env = "OPG_ACCOUNT", hide_env_values = true)]
	operator: String,
	/// Last blocks whose rewards and losses are added up.
	#[arg(
		long, value_name = "BLOCKS", default_value_t = 100,
		value_parser = clap::value_parser!(u32).range(0..=i64::from(MAX_EVENT_BLOCKS))
	)]
	blocks: u32,
}

/// Arguments of `opg executor set-hot-key`.
#[derive(Args)]
pub(crate) struct SetHotKey {
	#[command(flatten)]
	hot_key: HotKeyArgs,
	#[command(flatten)]
	signer: Signer,
}

/// Arguments of `opg executor slots`.
#[derive(Args)]
pub(crate) struct Slots {
	/// Number of slots. More than the stake backs do not count.
	slots: u32,
	#[command(flatten)]
	signer: Signer,
}

/// Arguments of `opg executor allow-serving`.
#[derive(Args)]
pub(crate) struct AllowServing {
	/// Most versions that it may begin with from now on. 0 takes the permission away.
	versions: u32,
	#[command(flatten)]
	signer: Signer,
}

/// Where the hot key comes from. It signs that it is this operator's.
#[derive(Args, Clone, Debug)]
#[group(required = true, multiple = false)]
pub(crate) struct HotKeyArgs {
	/// File whose first line is the secret of the hot key with which the node attests. The node needs
	/// the same secret.
	#[arg(long, value_name = "FILE")]
	hot_key_file: Option<PathBuf>,
	/// The secret itself. On chains for development only: others can see it here.
	#[arg(long, value_name = "SECRET")]
	hot_key: Option<Secret>,
}

impl HotKeyArgs {
	/// The key.
	pub fn load(&self, chain: &Chain) -> Result<ExecutorPair> {
		match (&self.hot_key_file, &self.hot_key) {
			(Some(path), _) => {
				Secret::of_file(path)?.hot_key(&format!("the first line of {}", path.display()))
			},
			(None, Some(secret)) => {
				check_exposure(chain, "--hot-key")?;
				secret.hot_key("--hot-key")
			},
			(None, None) => anyhow::bail!("give the hot key with --hot-key-file"),
		}
	}
}

impl ExecutorCommand {
	pub(crate) fn run(&self, session: &Session) -> Result<()> {
		match self {
			Self::Status(arguments) => arguments.run(session),
			Self::SetHotKey(arguments) => arguments.run(session),
			Self::Slots(arguments) => arguments.run(session),
			Self::AllowServing(arguments) => arguments.run(session),
			Self::Pause { signer } => {
				let call = Call::<Runtime>::pause { role: Role::Executor };
				send(session, signer, call, "paused")
			},
			Self::Resume { signer } => {
				let call = Call::<Runtime>::resume { role: Role::Executor };
				send(session, signer, call, "resumed")
			},
		}
	}
}

fn send(session: &Session, signer: &Signer, call: Call<Runtime>, done: &str) -> Result<()> {
	let chain = session.connect()?;
	let block = chain.send(call, &signer.account(&chain)?)?.block;
	session.output.result(format_args!("{done} in block {block}"), || json!({ "block": block }));
	Ok(())
}

impl SetHotKey {
	fn run(&self, session: &Session) -> Result<()> {
		let chain = session.connect()?;
		let (operator, hot_key) = (self.signer.account(&chain)?, self.hot_key.load(&chain)?);
		let block = chain.send(set_hot_key(&chain, operator.id(), &hot_key), &operator)?.block;
		let key = chain
			.storage::<HotKey<BlockNumber>>(&HotKeys::<Runtime>::hashed_key_for(operator.id()))?
			.context("the chain does not know the hot key any more")?;
		let hex = key_hex(&hot_key.public());
		session.output.result(
			format_args!("hot key {hex} in block {block}, valid from {} of the clock on", key.from),
			|| json!({ "block": block, "hot_key": hex, "from": key.from }),
		);
		Ok(())
	}
}

/// The call by which `operator` names its hot key.
pub(super) fn set_hot_key(
	chain: &Chain,
	operator: &AccountId,
	hot_key: &ExecutorPair,
) -> Call<Runtime> {
	let payload = possession_payload(&chain.genesis(), operator);
	Call::set_hot_key { hot_key: hot_key.public(), proof: hot_key.sign(&payload) }
}

impl Slots {
	/// Declares the slots.
	pub fn run(&self, session: &Session) -> Result<()> {
		let slots = self.slots;
		let chain = session.connect()?;
		let call = Call::<Runtime>::set_slots { slots };
		let block = chain.send(call, &self.signer.account(&chain)?)?.block;
		session.output.result(
			format_args!("declared {slots} slots in block {block}"),
			|| json!({ "slots": slots, "block": block }),
		);
		Ok(())
	}
}

impl AllowServing {
	/// Allows it.
	pub fn run(&self, session: &Session) -> Result<()> {
		let versions = self.versions;
		let chain = session.connect()?;
		let call = pallet_opg_models::Call::<Runtime>::allow_serving { versions };
		let block = chain.send(call, &self.signer.account(&chain)?)?.block;
		session.output.result(
			format_args!("allowed {versions} versions in block {block}"),
			|| json!({ "versions": versions, "block": block }),
		);
		Ok(())
	}
}

/// How an executor stands, in the best block.
struct Standing {
	pool: Pool,
	declared: Option<u32>,
	load: Load,
	hot_key: Option<HotKey<BlockNumber>>,
	allowance: u32,
	serves: Vec<ModelId>,
	convictions: Vec<Conviction<AccountId, BlockNumber>>,
	clock: BlockNumber,
}

/// What an executor earned and lost in some blocks, in planck.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Income {
	blocks: u32,
	rewarded: Balance,
	slashed: Balance,
	charged: Balance,
}

impl Income {
	fn add(&mut self, operator: &AccountId, event: &RuntimeEvent) {
		let RuntimeEvent::Staking(event) = event else { return };
		let (who, sum, amount) = match event {
			Event::Rewarded { operator, role: Role::Executor, amount } => {
				(operator, &mut self.rewarded, amount)
			},
			Event::Slashed { operator, role: Role::Executor, amount, .. } => {
				(operator, &mut self.slashed, amount)
			},
			Event::Charged { operator, amount } => (operator, &mut self.charged, amount),
			_ => return,
		};
		if who == operator {
			*sum = sum.saturating_add(*amount);
		}
	}
}

impl Status {
	fn run(&self, session: &Session) -> Result<()> {
		let operator = keystore::find(&self.operator)?;
		let chain = session.connect()?;
		let standing = Standing::read(&chain, &operator)?;
		let mut income = Income::default();
		let height = chain.height()?;
		for number in height.saturating_sub(self.blocks)..height {
			for event in chain.events(chain.block_hash(number + 1)?)? {
				income.add(&operator, &event);
			}
			income.blocks += 1;
		}
		standing.print(session.output, &operator, &income);
		session.output.json(|| standing.to_json(&operator, &income));
		Ok(())
	}
}

impl Standing {
	fn read(chain: &Chain, operator: &AccountId) -> Result<Self> {
		let pool = chain.storage(&Pools::<Runtime>::hashed_key_for(Role::Executor, operator))?;
		let pool = pool.with_context(|| {
			format!("{} has no executor pool: `opg stake bond` opens one", keys::name(operator))
		})?;
		let declared: Vec<(AccountId, u32)> =
			chain.storage(&DeclaredSlots::<Runtime>::hashed_key())?.unwrap_or_default();
		let loads: Vec<(AccountId, Load)> =
			chain.storage(&OpenSeats::<Runtime>::hashed_key())?.unwrap_or_default();
		let next: ModelId =
			chain.storage(&NextModelId::<Runtime>::hashed_key())?.unwrap_or_default();
		let mut serves = Vec::new();
		for model in next.saturating_sub(MAX_VERSIONS)..next {
			let key = ServingExecutors::<Runtime>::hashed_key_for(model);
			let executors: Vec<pallet_opg_models::ServingExecutor<AccountId>> =
				chain.storage(&key)?.unwrap_or_default();
			if executors.iter().any(|own| own.executor == *operator && own.until.is_none()) {
				serves.push(model);
			}
		}
		let numbers: ConvictionQueue =
			chain.storage(&ConvictionNumbers::<Runtime>::hashed_key())?.unwrap_or_default();
		let oldest = numbers.oldest.max(numbers.next.saturating_sub(MAX_CONVICTIONS));
		let mut convictions = Vec::new();
		for number in oldest..numbers.next {
			let conviction: Option<Conviction<AccountId, BlockNumber>> =
				chain.storage(&Convictions::<Runtime>::hashed_key_for(number))?;
			convictions.extend(conviction.filter(|own| own.operator == *operator));
		}
		let own = |list: Vec<(AccountId, u32)>| {
			list.into_iter().find(|(who, _)| who == operator).map(|(_, slots)| slots)
		};
		Ok(Self {
			pool,
			declared: own(declared),
			load: loads
				.into_iter()
				.find(|(who, _)| who == operator)
				.map(|(_, load)| load)
				.unwrap_or_default(),
			hot_key: chain.storage(&HotKeys::<Runtime>::hashed_key_for(operator))?,
			allowance: chain
				.storage(&ServingAllowances::<Runtime>::hashed_key_for(operator))?
				.unwrap_or_default(),
			serves,
			convictions,
			clock: chain.clock()?,
		})
	}

	/// Slots that the stake backs, and that are declared.
	fn slots(&self) -> u128 {
		let slot: Balance = <Runtime as pallet_opg_staking::Config>::SlotStake::get();
		let backed = self.pool.active.balance / slot.max(1);
		self.declared.map_or(backed, |declared| backed.min(declared.into()))
	}

	/// Silent seats among the last sixteen.
	fn misses(&self) -> u32 {
		match self.pool.status {
			PoolStatus::Active { history } | PoolStatus::Paused { history } => history.count_ones(),
			PoolStatus::Leaving | PoolStatus::PausedForSilence { .. } => 0,
		}
	}

	fn state(&self) -> String {
		match self.pool.status {
			PoolStatus::Active { .. } if self.pool.convictions > 0 => {
				"convicted: takes no seat".into()
			},
			PoolStatus::Active { .. } => "active".into(),
			PoolStatus::Paused { .. } => "paused".into(),
			PoolStatus::PausedForSilence { resumable_in } => {
				format!("paused for silence; `opg executor resume` from session {resumable_in} on")
			},
			PoolStatus::Leaving => "leaving".into(),
		}
	}

	fn state_name(&self) -> &'static str {
		match self.pool.status {
			PoolStatus::Active { .. } => "active",
			PoolStatus::Paused { .. } => "paused",
			PoolStatus::PausedForSilence { .. } => "paused_for_silence",
			PoolStatus::Leaving => "leaving",
		}
	}

	fn print(&self, output: Output, operator: &AccountId, income: &Income) {
		let Self { pool, load, .. } = self;
		output.news(format_args!("operator   {}", keys::name(operator)));
		output.news(format_args!("state      {}", self.state()));
		output.news(format_args!(
			"stake      {}, of it own {}, commission {:?}",
			Amount(pool.active.balance),
			Amount(pool.self_bond()),
			pool.commission
		));
		output.news(format_args!(
			"seats      {} of {} slots; {} reserved; {} disputes",
			load.seats,
			self.slots(),
			Amount(load.reserved),
			load.disputes
		));
		output.news(format_args!("misses     {} of the last 16 seats", self.misses()));
		for conviction in &self.convictions {
			output.news(format_args!(
				"conviction {:?}: {} on the file {:?}, due at {} of the clock, which is at {}",
				conviction.status,
				Amount(conviction.amount()),
				conviction.model_hash,
				conviction.matures_at,
				self.clock
			));
		}
		match &self.hot_key {
			None => output.news("hot key    none: `opg executor set-hot-key`"),
			Some(key) if key.from > self.clock => output.news(format_args!(
				"hot key    {}, valid from {} of the clock on, which is at {}",
				key_hex(&key.key),
				key.from,
				self.clock
			)),
			Some(key) => output.news(format_args!("hot key    {}", key_hex(&key.key))),
		}
		let serves: Vec<_> = self.serves.iter().map(ToString::to_string).collect();
		let serves = if serves.is_empty() { "nothing".into() } else { serves.join(", ") };
		output.news(format_args!(
			"serves     {serves}; its node may begin with {} more by itself",
			self.allowance
		));
		output.news(format_args!(
			"income     {} earned, {} slashed, {} charged in the last {} blocks",
			Amount(income.rewarded),
			Amount(income.slashed),
			Amount(income.charged),
			income.blocks
		));
	}

	fn to_json(&self, operator: &AccountId, income: &Income) -> Value {
		let Self { pool, load, .. } = self;
		let convictions: Vec<_> = self
			.convictions
			.iter()
			.map(|conviction| {
				json!({
					"status": format!("{:?}", conviction.status).to_lowercase(),
					"model_hash": conviction.model_hash,
					"amount": conviction.amount().to_string(),
					"matures_at": conviction.matures_at,
				})
			})
			.collect();
		json!({
			"operator": keys::name(operator),
			"state": self.state_name(),
			"stake": pool.active.balance.to_string(),
			"own_stake": pool.self_bond().to_string(),
			"commission_parts_per_billion": pool.commission.deconstruct(),
			"slots": u64::try_from(self.slots()).unwrap_or(u64::MAX),
			"declared_slots": self.declared,
			"seats": load.seats,
			"reserved": load.reserved.to_string(),
			"disputes": load.disputes,
			"misses": self.misses(),
			"held_convictions": pool.convictions,
			"convictions": convictions,
			"hot_key": self.hot_key.as_ref().map(|key| json!({
				"key": key_hex(&key.key),
				"from": key.from,
				"previous": key.previous.as_ref().map(key_hex),
			})),
			"serves": self.serves,
			"serving_allowance": self.allowance,
			"clock": self.clock,
			"income": {
				"blocks": income.blocks,
				"rewarded": income.rewarded.to_string(),
				"slashed": income.slashed.to_string(),
				"charged": income.charged.to_string(),
			},
		})
	}
}

fn key_hex(key: &impl AsRef<[u8]>) -> String {
	format!("0x{}", hex::encode(key))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn income_should_be_that_of_the_executor_alone() {
		let (own, other) = (AccountId::from([1; 32]), AccountId::from([2; 32]));
		let rewarded = |operator: &AccountId, role, amount| {
			RuntimeEvent::Staking(Event::Rewarded { operator: operator.clone(), role, amount })
		};
		let mut income = Income::default();
		for event in [
			rewarded(&own, Role::Executor, 5),
			rewarded(&own, Role::Executor, 6),
			rewarded(&own, Role::Validator, 100),
			rewarded(&other, Role::Executor, 100),
			RuntimeEvent::Staking(Event::Charged { operator: own.clone(), amount: 7 }),
			RuntimeEvent::Staking(Event::Slashed {
				operator: own.clone(),
				role: Role::Executor,
				amount: 8,
				offence: None,
			}),
		] {
			income.add(&own, &event);
		}
		assert_eq!(income, Income { blocks: 0, rewarded: 11, slashed: 8, charged: 7 });
	}
}
