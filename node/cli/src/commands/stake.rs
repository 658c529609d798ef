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
use anyhow::Result;
use clap::{Args, Subcommand};
use opg_primitives::{executor_key::ExecutorPair, AccountId, Balance};
use opg_runtime::{Runtime, RuntimeCall, RuntimeEvent};
use pallet_opg_staking::{Call, Event, Role};
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
