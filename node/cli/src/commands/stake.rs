//! `opg bond`, `opg delegate`, `opg balance`.

use super::find_event;
use crate::{
	amount,
	chain::{Chain, Submitted},
	keys,
};
use anyhow::Result;
use clap::Args;
use opg_primitives::{executor_key::ExecutorPair, possession_payload};
use opg_runtime::{Runtime, RuntimeCall, RuntimeEvent};
use pallet_opg_staking::Role;
use sp_core::{sr25519, Pair};
use sp_runtime::Perbill;

/// Bond OPG as an executor.
#[derive(Args, Debug)]
pub struct Bond {
	/// How much, in OPG.
	amount: String,
	/// Secret of the operator, for example //Ferdie.
	#[arg(long)]
	suri: String,
	/// Secret of the hot key with which the node attests. The node needs the same secret.
	#[arg(long)]
	hot_key: String,
}

/// Delegate OPG to an executor's pool.
#[derive(Args, Debug)]
pub struct Delegate {
	/// How much, in OPG.
	amount: String,
	/// The executor: an address or a path such as //Alice.
	operator: String,
	/// Secret of the delegator.
	#[arg(long)]
	suri: String,
}

/// Take OPG out of an executor's pool.
#[derive(Args, Debug)]
pub struct Undelegate {
	/// How much, in OPG.
	amount: String,
	/// The executor: an address or a path such as //Alice.
	operator: String,
	/// Secret of the delegator.
	#[arg(long)]
	suri: String,
}

/// Get what was taken out of an executor's pool and has matured.
#[derive(Args, Debug)]
pub struct Withdraw {
	/// The executor: an address or a path such as //Alice.
	operator: String,
	/// Secret of the delegator.
	#[arg(long)]
	suri: String,
}

/// Show an account's balance.
#[derive(Args, Debug)]
pub struct Balance {
	/// An address or a path such as //Alice.
	account: String,
}

impl Bond {
	/// Run the command.
	pub fn run(&self, chain: &Chain) -> Result<()> {
		let operator = keys::pair(&self.suri)?;
		let amount = amount::parse(&self.amount)?;
		let submitted = bond(chain, amount, &operator, &keys::hot_key(&self.hot_key)?)?;
		let included = chain.included(&submitted)?;
		println!("bonded {} in block {}", amount::show(amount), included.block);
		Ok(())
	}
}

impl Delegate {
	/// Run the command.
	pub fn run(&self, chain: &Chain) -> Result<()> {
		let operator = keys::parse_account(&self.operator)?;
		let amount = amount::parse(&self.amount)?;
		let call = pallet_opg_staking::Call::<Runtime>::delegate {
			operator,
			role: Role::Executor,
			amount,
		};
		let included = chain.send(call, &keys::pair(&self.suri)?)?;
		println!("delegated {} in block {}", amount::show(amount), included.block);
		Ok(())
	}
}

impl Undelegate {
	/// Run the command.
	pub fn run(&self, chain: &Chain) -> Result<()> {
		let operator = keys::parse_account(&self.operator)?;
		let amount = amount::parse(&self.amount)?;
		let call = pallet_opg_staking::Call::<Runtime>::undelegate {
			operator,
			role: Role::Executor,
			amount,
		};
		let included = chain.send(call, &keys::pair(&self.suri)?)?;
		let (amount, matures) = find_event(&included.events, |event| match event {
			RuntimeEvent::Staking(pallet_opg_staking::Event::Undelegated {
				amount,
				matures,
				..
			}) => Some((*amount, *matures)),
			_ => None,
		})?;
		println!("took {} out; withdraw it from block {matures} on", amount::show(amount));
		Ok(())
	}
}

impl Withdraw {
	/// Run the command.
	pub fn run(&self, chain: &Chain) -> Result<()> {
		let operator = keys::parse_account(&self.operator)?;
		let signer = keys::pair(&self.suri)?;
		let delegator = keys::account(&signer);
		let call = pallet_opg_staking::Call::<Runtime>::withdraw {
			operator,
			role: Role::Executor,
			delegator,
		};
		let included = chain.send(call, &signer)?;
		let amount = find_event(&included.events, |event| match event {
			RuntimeEvent::Staking(pallet_opg_staking::Event::Withdrawn { amount, .. }) => {
				Some(*amount)
			},
			_ => None,
		})?;
		println!("got {}", amount::show(amount));
		Ok(())
	}
}

impl Balance {
	/// Run the command.
	pub fn run(&self, chain: &Chain) -> Result<()> {
		let account = keys::parse_account(&self.account)?;
		let data = chain.account(&account)?.data;
		println!("free       {}", amount::show(data.free));
		println!("held       {}", amount::show(data.reserved));
		println!("stake pool {}", amount::show(chain.pool_balance(&account)?));
		Ok(())
	}
}

/// Hand in the bond of an operator whose node attests with `hot_key`.
pub(super) fn bond(
	chain: &Chain,
	amount: opg_primitives::Balance,
	operator: &sr25519::Pair,
	hot_key: &ExecutorPair,
) -> Result<Submitted> {
	let payload = possession_payload(&chain.genesis(), &keys::account(operator));
	let bond = pallet_opg_staking::Call::<Runtime>::bond {
		role: Role::Executor,
		amount,
		commission: Perbill::zero(),
	};
	let set_hot_key = pallet_opg_staking::Call::<Runtime>::set_hot_key {
		hot_key: hot_key.public(),
		proof: hot_key.sign(&payload),
	};
	let calls = vec![RuntimeCall::Staking(bond), RuntimeCall::Staking(set_hot_key)];
	chain.submit(pallet_utility::Call::<Runtime>::batch_all { calls }, operator)
}
