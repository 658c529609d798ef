//! `opg stake`.

use super::{
	executor::{set_hot_key, AllowServing, HotKeyArgs, Slots},
	find_event, Session,
};
use crate::{
	amount::Amount,
	chain::{Chain, Submitted},
	keys::{self, Account, Signer},
};
use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use opg_primitives::{executor_key::ExecutorPair, AccountId, Balance, BlockNumber};
use opg_runtime::{Runtime, RuntimeCall, RuntimeEvent};
use pallet_opg_staking::{Call, Event, Redelegation, Redelegations, Role};
use serde_json::json;
use sp_runtime::Perbill;

/// Commands about stake in executor pools.
#[derive(Subcommand)]
pub(crate) enum StakeCommand {
	/// Bond OPG as an executor, and name the hot key of its node.
	Bond {
		/// How much, in OPG.
		#[arg(value_name = "OPG")]
		amount: Amount,
		#[command(flatten)]
		hot_key: HotKeyArgs,
		#[command(flatten)]
		signer: Signer,
	},
	/// Delegate OPG to an executor's pool.
	Delegate {
		/// How much, in OPG.
		#[arg(value_name = "OPG")]
		amount: Amount,
		#[command(flatten)]
		pool: Pool,
		#[command(flatten)]
		signer: Signer,
	},
	/// Take OPG out of an executor's pool. It can be withdrawn later.
	Undelegate {
		/// How much, in OPG.
		#[arg(value_name = "OPG")]
		amount: Amount,
		#[command(flatten)]
		pool: Pool,
		#[command(flatten)]
		signer: Signer,
	},
	/// Move OPG from one executor's pool to that of another, without unbonding. It stays liable for
	/// both until `settle`.
	Redelegate {
		/// The executor whose pool it leaves: an address, or a path such as //Alice.
		#[arg(value_parser = keys::parse_account)]
		from: AccountId,
		/// The executor whose pool it moves to.
		#[arg(value_parser = keys::parse_account)]
		to: AccountId,
		/// How much, in OPG. More than there is moves all.
		#[arg(value_name = "OPG")]
		amount: Amount,
		#[command(flatten)]
		signer: Signer,
	},
	/// End the liability of OPG that moved out of an executor's pool long enough ago.
	Settle {
		/// The executor whose pool it left: an address, or a path such as //Alice.
		#[arg(value_parser = keys::parse_account)]
		from: AccountId,
		/// Whose OPG it is. Without it, the signer's. Anyone can settle for anyone.
		#[arg(long, value_name = "ACCOUNT", value_parser = keys::parse_account)]
		delegator: Option<AccountId>,
		#[command(flatten)]
		signer: Signer,
	},
	/// The same as `opg executor slots`, where this was before.
	#[command(hide = true)]
	Slots(Slots),
	/// The same as `opg executor allow-serving`, where this was before.
	#[command(hide = true)]
	AllowServing(AllowServing),
	/// Withdraw the OPG that was taken out of an executor's pool and is unlocked.
	Withdraw {
		#[command(flatten)]
		pool: Pool,
		#[command(flatten)]
		signer: Signer,
	},
}

/// An executor's pool.
#[derive(Args)]
pub(crate) struct Pool {
	/// The executor: an address, or a path such as //Alice.
	#[arg(value_parser = keys::parse_account)]
	operator: AccountId,
}

impl StakeCommand {
	pub(crate) fn run(&self, session: &Session) -> Result<()> {
		let output = session.output;
		let role = Role::Executor;
		match self {
			Self::Bond { amount, hot_key, signer } => {
				let chain = session.connect()?;
				let (operator, hot_key) = (signer.account(&chain)?, hot_key.load(&chain)?);
				let submitted = bond(&chain, amount.0, &operator, &hot_key)?;
				let block = chain.included(submitted)?.block;
				output.result(
					format_args!("bonded {amount} in block {block}"),
					|| json!({ "amount": amount.0.to_string(), "block": block }),
				);
			},
			Self::Delegate { amount, pool, signer } => {
				let operator = pool.operator.clone();
				let call = Call::<Runtime>::delegate { operator, role, amount: amount.0 };
				let chain = session.connect()?;
				let block = chain.send(call, &signer.account(&chain)?)?.block;
				output.result(
					format_args!("delegated {amount} in block {block}"),
					|| json!({ "amount": amount.0.to_string(), "block": block }),
				);
			},
			Self::Undelegate { amount, pool, signer } => {
				let operator = pool.operator.clone();
				let call = Call::<Runtime>::undelegate { operator, role, amount: amount.0 };
				let chain = session.connect()?;
				let included = chain.send(call, &signer.account(&chain)?)?;
				let (planck, unlock_at) = find_event(&included.events, |event| match event {
					RuntimeEvent::Staking(Event::Undelegated { amount, unlock_at, .. }) => {
						Some((*amount, *unlock_at))
					},
					_ => None,
				})?;
				output.result(
					format_args!(
						"took {} out; withdraw it from block {unlock_at} on",
						Amount(planck)
					),
					|| {
						json!({
							"amount": planck.to_string(),
							"unlock_at": unlock_at,
							"block": included.block,
						})
					},
				);
			},
			Self::Redelegate { from, to, amount, signer } => {
				let chain = session.connect()?;
				let signer = signer.account(&chain)?;
				let (operator, to) = (from.clone(), to.clone());
				let call = Call::<Runtime>::redelegate { operator, role, to, amount: amount.0 };
				let included = chain.send(call, &signer)?;
				let (to, planck) = find_event(&included.events, |event| match event {
					RuntimeEvent::Staking(Event::Redelegated { to, amount, .. }) => {
						Some((keys::name(to), *amount))
					},
					_ => None,
				})?;
				let ends_at = liable_until(&chain, signer.id(), from)?;
				output.result(
					format_args!(
						"moved {} to {to}; settle it from block {ends_at} on",
						Amount(planck)
					),
					|| {
						json!({
							"amount": planck.to_string(),
							"ends_at": ends_at,
							"block": included.block,
						})
					},
				);
			},
			Self::Settle { from, delegator, signer } => {
				let chain = session.connect()?;
				let signer = signer.account(&chain)?;
				let delegator = delegator.as_ref().unwrap_or(signer.id()).clone();
				let call = Call::<Runtime>::settle { operator: from.clone(), role, delegator };
				let included = chain.send(call, &signer)?;
				let burned = |event: &RuntimeEvent| match event {
					RuntimeEvent::Staking(Event::LiabilityEnded { burned, .. }) => Some(*burned),
					_ => None,
				};
				find_event(&included.events, burned)?;
				// One event for each time that some moved.
				let planck: Balance = included.events.iter().filter_map(burned).sum();
				output.result(
					format_args!("settled in block {}; burned {}", included.block, Amount(planck)),
					|| json!({ "burned": planck.to_string(), "block": included.block }),
				);
			},
			Self::Slots(arguments) => arguments.run(session)?,
			Self::AllowServing(arguments) => arguments.run(session)?,
			Self::Withdraw { pool, signer } => {
				let chain = session.connect()?;
				let signer = signer.account(&chain)?;
				let (operator, delegator) = (pool.operator.clone(), signer.id().clone());
				let call = Call::<Runtime>::withdraw { operator, role, delegator };
				let included = chain.send(call, &signer)?;
				let planck = find_event(&included.events, |event| match event {
					RuntimeEvent::Staking(Event::Withdrawn { amount, .. }) => Some(*amount),
					_ => None,
				})?;
				output.result(
					format_args!("withdrew {}", Amount(planck)),
					|| json!({ "amount": planck.to_string(), "block": included.block }),
				);
			},
		}
		Ok(())
	}
}

/// Time from which on `delegator` can settle what it last moved out of the pool of `from`.
fn liable_until(chain: &Chain, delegator: &AccountId, from: &AccountId) -> Result<BlockNumber> {
	let records: Option<Vec<Redelegation<AccountId, BlockNumber>>> =
		chain.storage(&Redelegations::<Runtime>::hashed_key_for(delegator))?;
	let records = records.unwrap_or_default();
	let own = records.iter().filter(|own| own.from.role == Role::Executor);
	let last = own.filter(|own| own.from.operator == *from).map(|own| own.ends_at).max();
	last.context("the stake moved, but the chain has no record of it")
}

/// Hands in the bond of an operator whose node attests with `hot_key`.
pub(super) fn bond(
	chain: &Chain,
	amount: Balance,
	operator: &Account,
	hot_key: &ExecutorPair,
) -> Result<Submitted> {
	let bond = Call::<Runtime>::bond { role: Role::Executor, amount, commission: Perbill::zero() };
	let set_hot_key = set_hot_key(chain, operator.id(), hot_key);
	let calls = vec![RuntimeCall::Staking(bond), RuntimeCall::Staking(set_hot_key)];
	chain.submit(pallet_utility::Call::<Runtime>::batch_all { calls }, operator)
}
