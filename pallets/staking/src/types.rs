//! Stored types: pools and their names, entries on their way out, convictions, hot keys.

use crate::vault::{Holding, Vault};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{traits::ConstU32, BoundedVec};
use opg_primitives::{Balance, ExecutorKey};
use pallet_opg_support::economics;
use scale_info::TypeInfo;
use sp_core::H256;
use sp_runtime::{Perbill, Saturating};

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
	/// Shares of the operator in the active stake.
	pub own: Holding,
	/// Part of every reward that the operator takes first.
	pub commission: Perbill,
	/// Index of the session in which the commission was last set.
	pub commission_set: u32,
	/// Duty of the operator.
	pub status: PoolStatus,
	/// Fines of the current session and day.
	pub fines: Fines,
	/// Number of convictions that are held. The operator takes no seat while there are any.
	pub convictions: u32,
	/// Held from the operator until the pool is closed, in planck.
	pub deposit: Balance,
}

impl Pool {
	/// Stake of the operator itself, in planck. What it takes out is not counted.
	pub fn self_bond(&self) -> Balance {
		self.active.value_of(&self.own)
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
		/// The last sixteen seats, one bit each, the newest lowest. A bit is set where the operator
		/// was silent.
		history: u16,
	},
	/// The operator is neither drawn nor elected until it resumes.
	#[codec(index = 1)]
	Paused {
		/// As in `Active`: a pause does not clear the record.
		history: u16,
	},
	/// The pool takes no more stake, and closes when everyone has withdrawn.
	#[codec(index = 2)]
	Leaving,
	/// The operator was silent in too many of its last seats. It is not drawn until it resumes.
	#[codec(index = 3)]
	PausedForSilence {
		/// First session in which it can resume.
		resumable_in: u32,
	},
}

/// Shares of a pool that were fined, so that silence costs no more than its limits.
#[derive(
	Clone,
	Copy,
	Default,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Debug,
)]
pub struct Fines {
	/// Session of the last fine.
	pub session: u32,
	/// Sum of the shares that were fined in it.
	pub in_session: Perbill,
	/// Day of the last fine.
	pub day: u32,
	/// Sum of the shares that were fined on it.
	pub in_day: Perbill,
}

impl Fines {
	/// Largest part of `share` that can still be fined in `session` and on `day`. Counts it.
	pub fn admit(&mut self, share: Perbill, session: u32, day: u32) -> Perbill {
		if self.session != session {
			(self.session, self.in_session) = (session, Perbill::zero());
		}
		if self.day != day {
			(self.day, self.in_day) = (day, Perbill::zero());
		}
		let share = share
			.min(economics::MAX_FINE_PER_SESSION.saturating_sub(self.in_session))
			.min(economics::MAX_FINE_PER_DAY.saturating_sub(self.in_day));
		self.in_session = self.in_session.saturating_add(share);
		self.in_day = self.in_day.saturating_add(share);
		share
	}
}

/// Stake on its way out of a pool.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub struct Unbond<BlockNumber> {
	/// Shares of the vault of all stake that left the pool in that session.
	pub holding: Holding,
	/// Session in which it left.
	pub session: u32,
	/// Time from which on it can be withdrawn, by the clock.
	pub unlock_at: BlockNumber,
}

/// Stake that left a pool in one session. It earns nothing. It pays for what its operator does in
/// rounds that are drawn from a snapshot that still holds it.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub struct UnbondingVault<BlockNumber> {
	/// Session in which it left.
	pub session: u32,
	/// Time from which on all of it can be withdrawn, by the clock.
	pub unlock_at: BlockNumber,
	/// The stake.
	pub vault: Vault,
}

/// Vaults of a pool by the session in which the stake left it, the oldest first.
pub type UnbondingVaultsOf<T> = BoundedVec<
	UnbondingVault<frame_system::pallet_prelude::BlockNumberFor<T>>,
	<T as crate::Config>::MaxUnbondingSessions,
>;

/// Stake of an account in a pool, as view functions show it.
#[derive(Clone, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub struct StakeView<AccountId, BlockNumber> {
	/// The pool.
	pub pool: PoolId<AccountId>,
	/// Worth of its shares now, in planck. Rewards raise it, slashes lower it.
	pub active: Balance,
	/// What it took out and has not withdrawn, the oldest first.
	pub unbonding: Vec<UnbondingView<BlockNumber>>,
}

/// Stake on its way out of a pool, as view functions show it.
#[derive(Clone, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub struct UnbondingView<BlockNumber> {
	/// Worth now, in planck. Until it unlocks, a slash can lower it.
	pub amount: Balance,
	/// Time from which on it can be withdrawn, by the clock.
	pub unlock_at: BlockNumber,
}

/// Stake that an account moved from one pool to another, and that still pays for what the former
/// operator does in rounds that are drawn from a snapshot that held it.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub struct Redelegation<AccountId, BlockNumber> {
	/// Pool that it left.
	pub from: PoolId<AccountId>,
	/// Operator of the pool that it is in, of the same role.
	pub to: AccountId,
	/// Generation of the vault that it is in. The shares of another one are void.
	pub generation: u64,
	/// Amount that moved, in planck.
	pub amount: Balance,
	/// Shares of the former pool's record of all stake that moved in that session. What they have lost
	/// at the end is burned out of the stake.
	pub holding: Holding,
	/// Session in which it moved.
	pub session: u32,
	/// Time from which on `settle` ends the liability, by the clock.
	pub ends_at: BlockNumber,
}

impl<AccountId: PartialEq, BlockNumber> Redelegation<AccountId, BlockNumber> {
	/// True where the stake is in this pool, and has not been slashed to nothing there.
	pub fn is_in(&self, id: &PoolId<AccountId>, pool: &Pool) -> bool {
		self.to == id.operator
			&& self.from.role == id.role
			&& self.generation == pool.active.generation
	}
}

/// [`Redelegation`] with the types of a runtime.
pub type RedelegationOf<T> = Redelegation<
	<T as frame_system::Config>::AccountId,
	frame_system::pallet_prelude::BlockNumberFor<T>,
>;

/// Number of a conviction.
pub type ConvictionId = u32;

/// Largest number of payees of a conviction: the challengers of an answer, the pot, the court.
pub const MAX_PAYEES: u32 = 16;

/// Loss of an operator that a verdict of the court found wrong.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub struct Conviction<AccountId, BlockNumber> {
	/// Operator of the executor pool.
	pub operator: AccountId,
	/// Content hash of the model.
	pub model_hash: H256,
	/// Session from whose snapshot the seat was drawn.
	pub session: u32,
	/// Session in which the conviction was passed.
	pub convicted_in: u32,
	/// Taken from the active stake, in planck.
	pub active: Balance,
	/// Taken from the unbonding stake, in planck.
	pub unbonding: Balance,
	/// Accounts that are paid at the end, and amounts in planck. The rest is burned.
	pub payees: BoundedVec<(AccountId, Balance), ConstU32<MAX_PAYEES>>,
	/// Time at which the loss is burned and paid out, by the clock.
	pub matures_at: BlockNumber,
	/// Time at which the conviction is forgotten, by the clock. Until then it stands in the way of another
	/// one for the same operator, model and session.
	pub forget_at: BlockNumber,
	/// What became of it.
	pub status: ConvictionStatus,
}

impl<AccountId, BlockNumber> Conviction<AccountId, BlockNumber> {
	/// Amount that is held, in planck.
	pub fn amount(&self) -> Balance {
		self.active.saturating_add(self.unbonding)
	}
}

/// What became of a conviction.
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
pub enum ConvictionStatus {
	/// The loss is held.
	#[codec(index = 0)]
	Held,
	/// The loss was burned and paid out.
	#[codec(index = 1)]
	Executed,
	/// Governance gave the loss back.
	#[codec(index = 2)]
	Cancelled,
}

/// Convictions in their order. They mature, and are forgotten, in the order of their numbers.
#[derive(
	Clone,
	Copy,
	Default,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Debug,
)]
pub struct ConvictionQueue {
	/// Oldest that is kept.
	pub oldest: ConvictionId,
	/// Oldest that has not matured.
	pub maturing: ConvictionId,
	/// Number of the next.
	pub next: ConvictionId,
}

/// Keys that attest for an executor: the newest, and the one before.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub struct HotKey<BlockNumber> {
	/// Newest key.
	pub key: ExecutorKey,
	/// Time from which on the newest key is valid, by the clock.
	pub from: BlockNumber,
	/// Key that is valid until then. `None` where there was no other.
	pub previous: Option<ExecutorKey>,
}

impl<BlockNumber: PartialOrd> HotKey<BlockNumber> {
	/// Key that is valid at the time `now`.
	pub fn at(&self, now: BlockNumber) -> Option<&ExecutorKey> {
		if now >= self.from {
			Some(&self.key)
		} else {
			self.previous.as_ref()
		}
	}
}
