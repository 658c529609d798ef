//! `opg stake`.

use super::{find_event, Session};
use crate::{
	amount::Amount,
	chain::{Chain, Submitted},
	keys::{self, Secret, Signer},
};
use anyhow::Result;
use clap::{Args, Subcommand};
use opg_primitives::{executor_key::ExecutorPair, possession_payload, AccountId, Balance};
use opg_runtime::{Runtime, RuntimeCall, RuntimeEvent};
use pallet_opg_staking::{Call, Event, Role};
use serde_json::json;
use sp_core::{sr25519, Pair};
use sp_runtime::Perbill;

/// Commands about stake in executor pools.
#[derive(Subcommand)]
pub(crate) enum StakeCommand {
	/// Bond OPG as an executor, and name the hot key of its node.
	Bond {
		/// How much, in OPG.
		#[arg(value_name = "OPG")]
		amount: Amount,
		/// Secret of the hot key with which the node attests. The node needs the same secret.
		#[arg(long, value_name = "SECRET")]
		hot_key: Secret,
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
	/// Declare how many first seats your executor takes at a time, of all models together.
	Slots {
		/// Number of slots. More than the stake backs do not count.
		slots: u32,
		#[command(flatten)]
		signer: Signer,
	},
	/// Allow your executor's node to begin to serve model versions by itself, with its hot key, as its
	/// `--serve` says. Each takes a deposit from your account.
	AllowServing {
		/// Most versions that it may begin with from now on. 0 takes the permission away.
		versions: u32,
		#[command(flatten)]
		signer: Signer,
	},
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
				let (operator, hot_key) = (signer.pair()?, hot_key.hot_key()?);
				let chain = session.connect()?;
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
				let signer = signer.pair()?;
				let block = session.connect()?.send(call, &signer)?.block;
				output.result(
					format_args!("delegated {amount} in block {block}"),
					|| json!({ "amount": amount.0.to_string(), "block": block }),
				);
			},
			Self::Undelegate { amount, pool, signer } => {
				let operator = pool.operator.clone();
				let call = Call::<Runtime>::undelegate { operator, role, amount: amount.0 };
				let signer = signer.pair()?;
				let included = session.connect()?.send(call, &signer)?;
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
			Self::Slots { slots, signer } => {
				let call = Call::<Runtime>::set_slots { slots: *slots };
				let signer = signer.pair()?;
				let block = session.connect()?.send(call, &signer)?.block;
				output.result(
					format_args!("declared {slots} slots in block {block}"),
					|| json!({ "slots": slots, "block": block }),
				);
			},
			Self::AllowServing { versions, signer } => {
				let versions = *versions;
				let call = pallet_opg_models::Call::<Runtime>::allow_serving { versions };
				let signer = signer.pair()?;
				let block = session.connect()?.send(call, &signer)?.block;
				output.result(
					format_args!("allowed {versions} versions in block {block}"),
					|| json!({ "versions": versions, "block": block }),
				);
			},
			Self::Withdraw { pool, signer } => {
				let signer = signer.pair()?;
				let (operator, delegator) = (pool.operator.clone(), keys::account(&signer));
				let call = Call::<Runtime>::withdraw { operator, role, delegator };
				let included = session.connect()?.send(call, &signer)?;
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
	operator: &sr25519::Pair,
	hot_key: &ExecutorPair,
) -> Result<Submitted> {
	let payload = possession_payload(&chain.genesis(), &keys::account(operator));
	let bond = Call::<Runtime>::bond { role: Role::Executor, amount, commission: Perbill::zero() };
	let set_hot_key =
		Call::<Runtime>::set_hot_key { hot_key: hot_key.public(), proof: hot_key.sign(&payload) };
	let calls = vec![RuntimeCall::Staking(bond), RuntimeCall::Staking(set_hot_key)];
	chain.submit(pallet_utility::Call::<Runtime>::batch_all { calls }, operator)
}
