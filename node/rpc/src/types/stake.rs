//! Executors, pools and accounts.

use super::{Address, Planck};
use opg_primitives::{BlockNumber, ModelId, Nonce};
use opg_runtime_api::{
	AccountView, DelegationView, ExecutorView, OwnPoolView, PoolState, PoolView, UnbondingView,
};
use schemars::JsonSchema;
use serde::Serialize;

/// What a pool is staked for.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, JsonSchema, Debug)]
#[serde(rename_all = "camelCase")]
pub enum Role {
	/// Makes and finalizes blocks.
	Validator,
	/// Runs inferences.
	Executor,
}

impl From<opg_runtime_api::PoolRole> for Role {
	fn from(role: opg_runtime_api::PoolRole) -> Self {
		match role {
			opg_runtime_api::PoolRole::Validator => Self::Validator,
			opg_runtime_api::PoolRole::Executor => Self::Executor,
		}
	}
}

/// Duty of an operator.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, JsonSchema, Debug)]
#[serde(rename_all = "camelCase")]
pub enum OperatorState {
	/// Can be drawn or elected.
	Active,
	/// Has paused.
	Paused,
	/// Was silent in too many of its last seats, and takes none until it resumes.
	Silent,
	/// Takes no more stake, and closes.
	Leaving,
	/// Takes no seat while a conviction is held.
	Convicted,
}

impl From<&PoolView> for OperatorState {
	fn from(pool: &PoolView) -> Self {
		match pool.state {
			_ if pool.convictions > 0 => Self::Convicted,
			PoolState::Active => Self::Active,
			PoolState::Paused => Self::Paused,
			PoolState::PausedForSilence { .. } => Self::Silent,
			PoolState::Leaving => Self::Leaving,
		}
	}
}

/// Executor.
#[derive(Clone, PartialEq, Serialize, JsonSchema, Debug)]
#[serde(rename_all = "camelCase")]
pub struct Executor {
	/// Account that runs it.
	pub operator: Address,
	/// Stake of its pool.
	pub stake: Planck,
	/// Part of it that is the operator's own.
	pub own_stake: Planck,
	/// Seats of first rounds that it takes at a time.
	pub slots: u32,
	/// Seats of first rounds that it has now.
	pub busy: u32,
	/// Part of its own stake that seats and challenges reserve.
	pub reserved: Planck,
	/// Versions that it serves, of those that this node listed in the last half minute.
	pub serves: Vec<ModelId>,
	/// Duty.
	pub state: OperatorState,
	/// Part of every reward that the operator takes first.
	pub commission: f64,
	/// Seats among the last sixteen in which it was silent.
	pub misses: u32,
	/// Convictions that are held.
	pub convictions: u32,
}

impl Executor {
	/// An executor that serves these versions.
	pub(crate) fn new(view: ExecutorView, serves: Vec<ModelId>) -> Self {
		let ExecutorView { pool, slots, busy, reserved } = view;
		Self {
			state: OperatorState::from(&pool),
			operator: pool.operator.into(),
			stake: Planck(pool.stake),
			own_stake: Planck(pool.own_stake),
			slots,
			busy,
			reserved: Planck(reserved),
			serves,
			commission: share(pool.commission),
			misses: pool.misses,
			convictions: pool.convictions,
		}
	}
}

/// A share as a number from 0 to 1.
fn share(parts: sp_runtime::Perbill) -> f64 {
	f64::from(parts.deconstruct()) / 1e9
}

/// Stake on its way out of a pool.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, JsonSchema, Debug)]
#[serde(rename_all = "camelCase")]
pub struct Unbonding {
	/// What it is worth now.
	pub amount: Planck,
	/// Time of the clock from which on it can be withdrawn.
	pub unlock_at: BlockNumber,
}

impl From<UnbondingView> for Unbonding {
	fn from(view: UnbondingView) -> Self {
		Self { amount: Planck(view.amount), unlock_at: view.unlock_at }
	}
}

/// Pool of an account.
#[derive(Clone, PartialEq, Serialize, JsonSchema, Debug)]
#[serde(rename_all = "camelCase")]
pub struct Pool {
	/// What it is staked for.
	pub role: Role,
	/// Stake that counts.
	pub stake: Planck,
	/// Part of it that is the operator's own.
	pub own_stake: Planck,
	/// Part of every reward that the operator takes first.
	pub commission: f64,
	/// Duty of the operator.
	pub state: OperatorState,
	/// Seats among the last sixteen in which the operator was silent.
	pub misses: u32,
	/// Convictions that are held.
	pub convictions: u32,
	/// Stake of the operator on its way out.
	pub unbonding: Vec<Unbonding>,
}

impl From<OwnPoolView> for Pool {
	fn from(OwnPoolView { pool, unbonding }: OwnPoolView) -> Self {
		Self {
			role: pool.role.into(),
			stake: Planck(pool.stake),
			own_stake: Planck(pool.own_stake),
			commission: share(pool.commission),
			state: OperatorState::from(&pool),
			misses: pool.misses,
			convictions: pool.convictions,
			unbonding: unbonding.into_iter().map(Into::into).collect(),
		}
	}
}

/// Stake of an account in a pool of somebody else.
#[derive(Clone, PartialEq, Eq, Serialize, JsonSchema, Debug)]
pub struct Delegation {
	/// Account that runs the pool.
	pub operator: Address,
	/// What it is staked for.
	pub role: Role,
	/// Stake that counts.
	pub stake: Planck,
	/// Stake on its way out.
	pub unbonding: Vec<Unbonding>,
}

impl From<DelegationView> for Delegation {
	fn from(view: DelegationView) -> Self {
		Self {
			operator: view.operator.into(),
			role: view.role.into(),
			stake: Planck(view.stake),
			unbonding: view.unbonding.into_iter().map(Into::into).collect(),
		}
	}
}

/// Balances and stakes of an account.
#[derive(Clone, PartialEq, Serialize, JsonSchema, Debug)]
pub struct Account {
	/// Nonce of the next transaction, as of the newest block. `system_accountNextIndex` also counts those
	/// that wait in the pool.
	pub nonce: Nonce,
	/// What it can spend, but for the part that is frozen.
	pub free: Planck,
	/// Held for requests, pools, deposits and the like.
	pub held: Planck,
	/// Pools that it runs.
	pub pools: Vec<Pool>,
	/// Pools of others in which it has stake.
	pub delegations: Vec<Delegation>,
}

impl Account {
	/// An account with this nonce.
	pub(crate) fn new(nonce: Nonce, view: AccountView) -> Self {
		Self {
			nonce,
			free: Planck(view.free),
			held: Planck(view.held),
			pools: view.pools.into_iter().map(Into::into).collect(),
			delegations: view.delegations.into_iter().map(Into::into).collect(),
		}
	}
}
