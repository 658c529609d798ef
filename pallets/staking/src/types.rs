//! Stored types: pools and their names, entries on their way out, hot keys, snapshots.

use crate::vault::{Holding, Vault};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use opg_primitives::{Balance, ExecutorKey};
use scale_info::TypeInfo;
use sp_runtime::Perbill;

/// Role that a pool is staked for. An operator can have a pool for each. A slash in one role never
/// costs the stake of the other.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Debug,
)]
pub enum Role {
	/// Makes and finalizes blocks.
	#[codec(index = 0)]
	Validator,
	/// Runs inferences.
	#[codec(index = 1)]
	Executor,
}

/// Name of a pool.
#[derive(
	Clone,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Debug,
)]
pub struct PoolId<AccountId> {
	/// Account that runs the pool.
	pub operator: AccountId,
	/// Role that it is staked for.
	pub role: Role,
}

/// [`PoolId`] with the account type of a runtime.
pub type PoolIdOf<T> = PoolId<<T as frame_system::Config>::AccountId>;

/// Stake pool of an operator in one role.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub struct Pool {
	/// Stake that counts in elections and draws, earns, and can be slashed.
	pub active: Vault,
	/// Stake that was taken out. It counts and earns no more, and can still be slashed.
	pub unbonding: Vault,
	/// Shares of the operator in the active stake.
	pub own: Holding,
	/// Part of every reward that the operator takes first.
	pub commission: Perbill,
	/// Index of the session in which the commission was last set.
	pub commission_set: u32,
	/// Duty of the operator.
	pub status: PoolStatus,
	/// Held from the operator until the pool is closed, in planck.
	pub deposit: Balance,
}

impl Pool {
	/// Stake of the operator itself, in planck.
	pub fn self_bond(&self) -> Balance {
		self.active.value_of(&self.own)
	}

	/// True where nobody has stake in it.
	pub fn is_empty(&self) -> bool {
		self.active.shares == 0 && self.unbonding.shares == 0
	}
}

/// Duty of a pool's operator.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Debug,
)]
pub enum PoolStatus {
	/// The operator can be drawn or elected.
	#[codec(index = 0)]
	Active {
		/// Missed commitments in a row.
		misses: u8,
	},
	/// The operator is neither drawn nor elected until it resumes.
	#[codec(index = 1)]
	Paused,
	/// The pool takes no more stake, and closes when everyone has withdrawn.
	#[codec(index = 2)]
	Leaving,
}

/// Stake on its way out of a pool.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub struct Unbond<BlockNumber> {
	/// Shares of the pool's unbonding stake.
	pub holding: Holding,
	/// First block in which it can be withdrawn.
	pub unlock_at: BlockNumber,
}

/// Keys that attest for an executor: the newest, and the one before.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub struct HotKey<BlockNumber> {
	/// Newest key.
	pub key: ExecutorKey,
	/// First block in which the newest key is valid.
	pub from: BlockNumber,
	/// Key that is valid until then. `None` where there was no other.
	pub previous: Option<ExecutorKey>,
}

impl<BlockNumber: PartialOrd> HotKey<BlockNumber> {
	/// Key that is valid in block `now`.
	pub fn at(&self, now: BlockNumber) -> Option<&ExecutorKey> {
		if now >= self.from {
			Some(&self.key)
		} else {
			self.previous.as_ref()
		}
	}
}

/// Stake by which the executors of a session are drawn.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
#[scale_info(skip_type_params(Max))]
pub struct Snapshot<AccountId, Max: frame_support::traits::Get<u32>> {
	/// Sum of their stakes in planck, before the cap.
	pub total: Balance,
	/// Operators and weights in planck after the cap, sorted by operator.
	pub members: frame_support::BoundedVec<(AccountId, Balance), Max>,
}

impl<AccountId, Max: frame_support::traits::Get<u32>> Default for Snapshot<AccountId, Max> {
	fn default() -> Self {
		Self { total: 0, members: Default::default() }
	}
}
