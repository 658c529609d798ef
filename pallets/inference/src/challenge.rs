//! Challenges of an answer, their bonds, the claims behind them, and audits that somebody buys.

use crate::{
	draw::DrawContext, pallet::*, queue::Place, settlement::CreditOf, tiers, types::*,
	weights::WeightInfo,
};
use codec::{Decode, DecodeWithMemTracking, Encode};
use frame_support::{
	defensive, ensure,
	pallet_prelude::DispatchResult,
	traits::{
		fungible::{BalancedHold, MutateHold},
		tokens::imbalance::Imbalance,
	},
	weights::{Weight, WeightMeter},
};
use frame_system::pallet_prelude::BlockNumberFor;
use opg_primitives::{domains, ModelId, RequestId};
use pallet_opg_support::{Committees, Courts, ExecutorLedger, ExecutorStake};
use scale_info::TypeInfo;
use sp_core::H256;
use sp_io::hashing::blake2_256;

/// Call of an executor about one request, under the signature of its hot key.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, Debug)]
pub struct PoolCall<AccountId, BlockNumber, Payload> {
	/// Operator whose hot key signs.
	pub executor: AccountId,
	/// Block whose hash is signed with it, an ancestor of the block that includes it. Bounds its
	/// validity to a fork and a time.
	pub at: BlockNumber,
	/// Number of the request.
	pub request: RequestId,
	/// A [`PoolChallenge`] or a [`PoolClaim`].
	pub payload: Payload,
}

/// Challenge with the executor's pool as the bond.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, Debug)]
pub struct PoolChallenge {
	/// Seed of the request's last round for a first answer.
	pub seed: H256,
	/// Digest of the answer that is wrong.
	pub disputed: H256,
	/// [`claim_hash`] of the executor, the request, the right digest and a salt.
	pub claim: H256,
}

/// Claim behind a [`PoolChallenge`].
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, Debug)]
pub struct PoolClaim {
	/// Digest that is right.
	pub digest: H256,
	/// Salt of the claim.
	pub salt: H256,
}

/// [`PoolCall`] of a runtime.
pub type PoolCallOf<T, Payload> =
	PoolCall<<T as frame_system::Config>::AccountId, BlockNumberFor<T>, Payload>;

/// Commitment of a challenger to the digest that it claims to be right. The salt hides the digest
/// from the voters, and the account keeps others from copying the claim.
pub fn claim_hash<AccountId: Encode>(
	challenger: &AccountId,
	request: RequestId,
	digest: H256,
	salt: H256,
) -> H256 {
	let claim = (domains::CLAIM, (challenger, request, digest, salt));
	H256(claim.using_encoded(blake2_256))
}

impl<T: Config> Pallet<T> {
	pub(crate) fn do_challenge(
		challenger: T::AccountId,
		id: RequestId,
		seed: H256,
		digest: H256,
		claim: H256,
	) -> DispatchResult {
		Self::add_challenge(challenger, id, seed, digest, claim, BondSource::Account)
	}

	/// Challenges an answer with the pool of an executor that had no part in it.
	pub(crate) fn do_challenge_with_pool(call: PoolCallOf<T, PoolChallenge>) -> DispatchResult {
		let PoolCall { executor, request: id, payload, .. } = call;
		let PoolChallenge { seed, disputed, claim } = payload;
		let is_suspended = T::Executors::suspended().binary_search(&executor).is_ok();
		ensure!(!is_suspended, Error::<T>::Suspended);
		// Its own answer is judged anyway.
		ensure!(!T::Committees::past_members(id).contains(&executor), Error::<T>::HasSeat);
		let session = T::Executors::session();
		Self::add_challenge(executor, id, seed, disputed, claim, BondSource::Pool { session })
	}

	fn add_challenge(
		challenger: T::AccountId,
		id: RequestId,
		seed: H256,
		digest: H256,
		claim: H256,
		source: BondSource,
	) -> DispatchResult {
		let mut request = Requests::<T>::get(id).ok_or(Error::<T>::UnknownRequest)?;
		let is_known = match &request.state {
			RequestState::Attested { answer, .. } | RequestState::Audited { answer, .. } => {
				answer.digest() == digest
			},
			RequestState::Court { opened, .. } => {
				ensure!(!opened || T::Courts::accepts_claims(id), Error::<T>::NotChallengeable);
				T::Committees::revealed_digests(id).contains(&digest)
			},
			_ => return Err(Error::<T>::NotChallengeable.into()),
		};
		ensure!(request.seed == Some(seed), Error::<T>::SeedMismatch);
		ensure!(is_known, Error::<T>::UnknownDigest);
		ensure!(
			!request.challenges.iter().any(|other| other.challenger == challenger),
			Error::<T>::AlreadyChallenged
		);
		let bond = Self::bond(&request).ok_or(Error::<T>::Overflow)?;
		let challenge = Challenge {
			challenger: challenger.clone(),
			bond,
			source,
			disputed: digest,
			claim,
			revealed: None,
		};
		Self::hold_bond(id, request.model, &challenge)?;
		request.challenges.try_push(challenge).map_err(|_| Error::<T>::TooManyChallenges)?;
		Self::deposit_event(Event::Challenged { request: id, challenger, digest, bond });
		if matches!(request.state, RequestState::Court { .. }) {
			Requests::<T>::insert(id, request);
		} else {
			ensure!(Self::dispute(id, &mut request), Error::<T>::Congested);
		}
		Ok(())
	}

	fn hold_bond(
		id: RequestId,
		model: ModelId,
		challenge: &Challenge<T::AccountId>,
	) -> DispatchResult {
		let Challenge { challenger, bond, source, .. } = challenge;
		match source {
			BondSource::Account => {
				T::Currency::hold(&HoldReason::Challenge.into(), challenger, *bond)
			},
			BondSource::Pool { .. } => {
				let is_open = PoolChallenges::<T>::contains_key(model, challenger);
				ensure!(!is_open, Error::<T>::PoolChallengeOpen);
				Self::reserve(challenger, *bond)?;
				PoolChallenges::<T>::insert(model, challenger, id);
				Ok(())
			},
		}
	}

	/// Returns the bond of a challenge that ends.
	pub(crate) fn return_bond(model: ModelId, challenge: &Challenge<T::AccountId>) {
		let Challenge { challenger, bond, source, .. } = challenge;
		match source {
			BondSource::Account => Self::release(HoldReason::Challenge, challenger, *bond),
			BondSource::Pool { .. } => {
				PoolChallenges::<T>::remove(model, challenger);
				Self::unreserve(challenger, *bond);
			},
		}
	}

	/// Takes the bond of a challenge that is lost. A pool pays it from the operator's own stake, which
	/// may be less by now.
	pub(crate) fn take_bond(model: ModelId, challenge: &Challenge<T::AccountId>) -> CreditOf<T> {
		let Challenge { challenger, bond, source, .. } = challenge;
		match source {
			BondSource::Account => {
				let reason = HoldReason::Challenge.into();
				let (credit, _) = T::Currency::slash(&reason, challenger, *bond);
				if credit.peek() < *bond {
					defensive!("what this pallet holds it can take");
				}
				credit
			},
			BondSource::Pool { session } => {
				Self::return_bond(model, challenge);
				T::Executors::charge(challenger, *bond, *session)
			},
		}
	}

	/// Largest weight of [`Self::return_bond`] and [`Self::take_bond`].
	pub(crate) fn max_bond_weight() -> Weight {
		let from_pool = Self::max_release_weight().saturating_add(T::Executors::charge_weight());
		T::WeightInfo::return_deposit().max(from_pool)
	}

	pub(crate) fn do_reveal_claim(
		challenger: T::AccountId,
		id: RequestId,
		digest: H256,
		salt: H256,
	) -> DispatchResult {
		let mut request = Requests::<T>::get(id).ok_or(Error::<T>::UnknownRequest)?;
		let challenge = request
			.challenges
			.iter_mut()
			.find(|own| own.challenger == challenger && own.revealed.is_none())
			.ok_or(Error::<T>::NotChallenger)?;
		ensure!(T::Courts::reveals_claims(id), Error::<T>::NotRevealing);
		ensure!(
			challenge.claim == claim_hash(&challenger, id, digest, salt),
			Error::<T>::ClaimMismatch
		);
		challenge.revealed = Some(digest);
		Requests::<T>::insert(id, request);
		Self::deposit_event(Event::ClaimRevealed { request: id, challenger, digest });
		Ok(())
	}

	pub(crate) fn do_buy_audit(
		draws: &mut DrawContext<T>,
		meter: &mut WeightMeter,
		buyer: T::AccountId,
		id: RequestId,
	) -> DispatchResult {
		let mut request = Requests::<T>::get(id).ok_or(Error::<T>::UnknownRequest)?;
		let RequestState::Attested { answer, at } = request.state.clone() else {
			return Err(Error::<T>::NotAuditable.into());
		};
		let held = Self::audit_price(&request).ok_or(Error::<T>::Overflow)?;
		request.audit = Some(AuditOrder::Bought { buyer: buyer.clone(), held });
		let past_members = T::Committees::past_members(id);
		let excluded = Self::excluded(&request, &past_members);
		let eligible = draws.count(meter, request.model, &excluded);
		let spec = tiers::committee_spec(request.tier, tiers::AUDIT);
		ensure!(eligible >= spec.minimum, Error::<T>::NotEnoughExecutors);
		Self::burn(&buyer, Self::seat_fees(spec.target))?;
		T::Currency::hold(&HoldReason::Audit.into(), &buyer, held)?;
		let status = Self::waiting(tiers::AUDIT);
		Self::enter(&mut request, RequestState::Audited { answer, at, status });
		ensure!(Self::queue_draw(id, request.tier, Place::UnderWay), Error::<T>::Congested);
		Requests::<T>::insert(id, request);
		Self::deposit_event(Event::Audited { request: id, buyer: Some(buyer) });
		Ok(())
	}
}
