//! What a pool is.

use crate::vault::{Holding, Vault};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use opg_primitives::{Balance, ExecutorKey};
use scale_info::TypeInfo;
use sp_runtime::Perbill;

/// What an operator stakes for. An operator can have a pool for each; a fault in one role never
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

/// Names a pool.
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
	/// Whose.
	pub operator: AccountId,
	/// For what.
	pub role: Role,
}

/// [`PoolId`] of a runtime.
pub type PoolIdOf<T> = PoolId<<T as frame_system::Config>::AccountId>;

/// A stake pool.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub struct Pool {
	/// Stake that counts.
	pub active: Vault,
	/// Stake on its way out: it counts no more, and can still be slashed.
	pub unbonding: Vault,
	/// What the operator has of the active stake.
	pub own: Holding,
	/// Part of every reward that the operator takes first.
	pub commission: Perbill,
	/// Session in which the commission was last set.
	pub commission_set: u32,
	/// Whether the operator is on duty.
	pub status: Status,
	/// Held from the operator until the pool is closed, in planck.
	pub deposit: Balance,
}

impl Pool {
	/// Stake of the operator itself, in planck.
	pub fn self_bond(&self) -> Balance {
		self.active.value_of(&self.own)
	}

	/// Whether nobody has anything in it.
	pub fn is_empty(&self) -> bool {
		self.active.shares == 0 && self.unbonding.shares == 0
	}
}

/// Whether an operator is on duty.
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
pub enum Status {
	/// Is drawn or elected.
	#[codec(index = 0)]
	Active {
		/// Missed commitments in a row.
		misses: u8,
	},
	/// Is neither drawn nor elected until it resumes.
	#[codec(index = 1)]
	Resting,
	/// Closes when everyone has withdrawn; takes no more stake.
	#[codec(index = 2)]
	Leaving,
}

/// Stake that somebody took out of a pool and cannot have yet.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub struct Unbond<BlockNumber> {
	/// Shares of the pool's unbonding stake.
	pub holding: Holding,
	/// Can be withdrawn from this block on.
	pub matures: BlockNumber,
}

/// The key that attests for an executor.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub struct HotKey<BlockNumber> {
	/// The newest key.
	pub key: ExecutorKey,
	/// The block from which it is valid.
	pub from: BlockNumber,
	/// The key that is valid before.
	pub previous: Option<ExecutorKey>,
}

impl<BlockNumber: PartialOrd> HotKey<BlockNumber> {
	/// The key that is valid in block `now`.
	pub fn at(&self, now: BlockNumber) -> Option<&ExecutorKey> {
		if now >= self.from {
			Some(&self.key)
		} else {
			self.previous.as_ref()
		}
	}
}

/// Stake of the executors with which a session draws.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
#[scale_info(skip_type_params(Max))]
pub struct Snapshot<AccountId, Max: frame_support::traits::Get<u32>> {
	/// Stake of all of them together, in planck, before the cap.
	pub total: Balance,
	/// Operator and weight in planck, sorted by operator.
	pub members: frame_support::BoundedVec<(AccountId, Balance), Max>,
}

impl<AccountId, Max: frame_support::traits::Get<u32>> Default for Snapshot<AccountId, Max> {
	fn default() -> Self {
		Self { total: 0, members: Default::default() }
	}
}
