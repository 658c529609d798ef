//! Runtime API of listings: the chain's clock and prices, executors, pools of an account, engines, and
//! the cases before the court.

use crate::Page;
use alloc::vec::Vec;
use codec::{Decode, Encode};
use opg_primitives::{AccountId, Balance, BlockNumber, ExecutorKey, ModelId, RequestId};
use scale_info::TypeInfo;
use sp_core::H256;
use sp_runtime::Perbill;

/// Most executors of a page.
pub const MAX_EXECUTORS_PAGE: u32 = 100;

/// Most versions of a page of [`ServingView`]s: each comes with the list of its executors.
pub const MAX_SERVING_PAGE: u32 = 64;

/// What holds for the chain as a whole.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub struct ChainView {
	/// Version of the runtime.
	pub spec_version: u32,
	/// Version of the format of transactions.
	pub transaction_version: u32,
	/// Index of the current session.
	pub session: u32,
	/// Time of the clock by which deadlines and windows count.
	pub clock: BlockNumber,
	/// Price of fuel, in planck per fuel and executor.
	pub fuel_price: Balance,
	/// Held from a requester for storage, in planck.
	pub request_deposit: Balance,
	/// Number of the next request.
	pub next_request: RequestId,
}

/// What a pool is staked for.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub enum PoolRole {
	/// Makes and finalizes blocks.
	#[codec(index = 0)]
	Validator,
	/// Runs inferences.
	#[codec(index = 1)]
	Executor,
}

/// Duty of a pool's operator.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub enum PoolState {
	/// It can be drawn or elected.
	#[codec(index = 0)]
	Active,
	/// It has paused.
	#[codec(index = 1)]
	Paused,
	/// It was silent in too many of its last seats, and does not take any until it resumes.
	#[codec(index = 2)]
	PausedForSilence {
		/// First session in which it can resume.
		resumable_in: u32,
	},
	/// It takes no more stake, and closes when everyone has withdrawn.
	#[codec(index = 3)]
	Leaving,
}

/// Stake pool.
#[derive(Clone, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub struct PoolView {
	/// Account that runs it.
	pub operator: AccountId,
	/// What it is staked for.
	pub role: PoolRole,
	/// Stake that counts, in planck.
	pub stake: Balance,
	/// Part of it that is the operator's own, in planck.
	pub own_stake: Balance,
	/// Part of every reward that the operator takes first.
	pub commission: Perbill,
	/// Duty of the operator.
	pub state: PoolState,
	/// Seats among the last sixteen in which the operator was silent.
	pub misses: u32,
	/// Convictions that are held. The operator takes no seat while there are any.
	pub convictions: u32,
}

/// Executor.
#[derive(Clone, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub struct ExecutorView {
	/// Its pool.
	pub pool: PoolView,
	/// Seats of first rounds that it takes at a time: as many as its stake backs, and no more than it
	/// declared.
	pub slots: u32,
	/// Seats of first rounds that it has now.
	pub busy: u32,
	/// Part of its own stake that seats and challenges reserve, in planck.
	pub reserved: Balance,
}

/// Executors that serve a version.
#[derive(Clone, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub struct ServingView {
	/// Number of the version.
	pub model: ModelId,
	/// Operators that have not stopped, sorted.
	pub executors: Vec<AccountId>,
}

/// Stake of an account in a pool of somebody else.
#[derive(Clone, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub struct DelegationView {
	/// Account that runs the pool.
	pub operator: AccountId,
	/// What it is staked for.
	pub role: PoolRole,
	/// Stake that counts, in planck.
	pub stake: Balance,
	/// Stake on its way out.
	pub unbonding: Vec<UnbondingView>,
}

/// Stake on its way out of a pool.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub struct UnbondingView {
	/// What it is worth now, in planck.
	pub amount: Balance,
	/// Time of the clock from which on it can be withdrawn.
	pub unlock_at: BlockNumber,
}

/// Pool of an account, and what the account takes out of it.
#[derive(Clone, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub struct OwnPoolView {
	/// The pool.
	pub pool: PoolView,
	/// Stake of the operator on its way out.
	pub unbonding: Vec<UnbondingView>,
}

/// Balances and stakes of an account.
#[derive(Clone, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub struct AccountView {
	/// Not held, in planck. A part may be frozen.
	pub free: Balance,
	/// Held for requests, pools, deposits and the like, in planck.
	pub held: Balance,
	/// Pools that it runs.
	pub pools: Vec<OwnPoolView>,
	/// Pools of others in which it has stake.
	pub delegations: Vec<DelegationView>,
}

/// Engine that the chain knows.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub struct EngineView {
	/// Its id.
	pub id: H256,
	/// Whether versions that name it take requests now.
	pub is_valid: bool,
}

/// Phase of a case before the court.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub enum CourtPhase {
	/// Waits for a sitting.
	#[codec(index = 0)]
	Waiting,
	/// Validators compute, and commit to votes.
	#[codec(index = 1)]
	Commit {
		/// Time of the clock at which it ends.
		until: BlockNumber,
	},
	/// Validators reveal their votes.
	#[codec(index = 2)]
	Reveal {
		/// Time of the clock at which it ends.
		until: BlockNumber,
	},
}

/// Open case before the court.
#[derive(Clone, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub struct CourtView {
	/// Number of the disputed request.
	pub request: RequestId,
	/// Block in which the dispute began.
	pub since: BlockNumber,
	/// Accounts that challenge an answer.
	pub challengers: Vec<AccountId>,
	/// Phase.
	pub phase: CourtPhase,
	/// 0 for the first sitting, 1 for the second.
	pub sitting: u8,
	/// Validators that have committed to a vote in this sitting.
	pub votes: u32,
	/// Validators that can vote.
	pub seats: u32,
}

sp_api::decl_runtime_apis! {
	/// Listings for clients.
	pub trait DirectoryApi {
		/// What holds for the chain as a whole.
		fn chain() -> ChainView;
		/// Executors by operator, from a cursor on: all whose pool is not leaving, or those that serve a
		/// version. At most [`MAX_EXECUTORS_PAGE`].
		fn executors(model: Option<ModelId>, cursor: Option<Vec<u8>>, limit: u32)
			-> Page<ExecutorView>;
		/// Versions that somebody serves, from a cursor on. At most [`MAX_SERVING_PAGE`].
		fn serving(cursor: Option<Vec<u8>>, limit: u32) -> Page<ServingView>;
		/// Operator whose hot key this is, or was until a new one became valid.
		fn operator_of(key: ExecutorKey) -> Option<AccountId>;
		/// Balances and stakes of an account.
		fn account(who: AccountId) -> AccountView;
		/// Engines that the chain knows.
		fn engines() -> Vec<EngineView>;
		/// Open cases before the court: those that sit, then those that wait.
		fn courts() -> Vec<CourtView>;
	}
}
