//! Challenges of an answer, the claims behind them, and audits that somebody buys.

use crate::{draw::DrawContext, pallet::*, queue::Place, tiers, types::*};
use codec::Encode;
use frame_support::{
	ensure, pallet_prelude::DispatchResult, traits::fungible::MutateHold, weights::WeightMeter,
};
use opg_primitives::{domains, RequestId};
use pallet_opg_support::{Committees, Courts};
use sp_core::H256;
use sp_io::hashing::blake2_256;

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
			disputed: digest,
			claim,
			revealed: None,
		};
		request.challenges.try_push(challenge).map_err(|_| Error::<T>::TooManyChallenges)?;
		T::Currency::hold(&HoldReason::Challenge.into(), &challenger, bond)?;
		Self::deposit_event(Event::Challenged { request: id, challenger, digest, bond });
		if matches!(request.state, RequestState::Court { .. }) {
			Requests::<T>::insert(id, request);
		} else {
			ensure!(Self::dispute(id, &mut request), Error::<T>::Congested);
		}
		Ok(())
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
		Self::burn_seat_fees(&buyer, spec.target)?;
		T::Currency::hold(&HoldReason::Audit.into(), &buyer, held)?;
		let status = Self::waiting(tiers::AUDIT);
		Self::enter(&mut request, RequestState::Audited { answer, at, status });
		ensure!(Self::queue_draw(id, request.tier, Place::UnderWay), Error::<T>::Congested);
		Requests::<T>::insert(id, request);
		Self::deposit_event(Event::Audited { request: id, buyer: Some(buyer) });
		Ok(())
	}
}
