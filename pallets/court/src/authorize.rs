//! Authorization: everything that must hold before a batch enters a block. Checks are in the order
//! of their cost, with the signature last. A dispatched batch cannot fail.

use crate::{pallet::*, reject, types::*};
use alloc::vec::Vec;
use codec::Encode;
use frame_support::{ensure, pallet_prelude::*};
use opg_primitives::{
	court::{court_batch_payload, court_commitment, CourtBatchKind, CourtKey, CourtSignature},
	RequestId,
};
use pallet_opg_support::{named_block, priority, refused, CALL_BLOCKS};
use sp_core::H256;
use sp_runtime::{traits::SaturatedConversion, RuntimeAppPublic};

/// Reason for which an item does not count, with its code.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Unfit {
	/// It came too early, too late, twice, or from another fork: it is ignored.
	Stale(u8),
	/// No honest validator sends it: it refuses its batch.
	Wrong(u8),
}

/// Payload of an item: what sets the two kinds of batches apart.
pub(crate) trait Payload<T: Config>: Encode {
	/// Kind that is signed with the batch.
	const KIND: CourtBatchKind;
	/// Prefix of the tags in the transaction pool.
	const TAG_PREFIX: &'static str;
	/// Priority in the transaction pool.
	const PRIORITY: TransactionPriority;

	/// Checks the payload of `validator`, whose vote so far is `vote`.
	fn ensure_fits(
		&self,
		request: RequestId,
		case: &Case,
		vote: Option<Vote>,
		validator: &T::AccountId,
	) -> Result<(), Unfit>;
}

impl<T: Config> Payload<T> for H256 {
	const KIND: CourtBatchKind = CourtBatchKind::Commit;
	const TAG_PREFIX: &'static str = "OpgCourtCommit";
	const PRIORITY: TransactionPriority = priority::COURT_COMMIT;

	fn ensure_fits(
		&self,
		_: RequestId,
		case: &Case,
		vote: Option<Vote>,
		_: &T::AccountId,
	) -> Result<(), Unfit> {
		let is_commit = matches!(case.phase, CasePhase::Commit { .. });
		ensure!(is_commit, Unfit::Stale(reject::WRONG_PHASE));
		ensure!(vote.is_none(), Unfit::Stale(reject::WRONG_VOTE_STATE));
		Ok(())
	}
}

impl<T: Config> Payload<T> for RevealedVote {
	const KIND: CourtBatchKind = CourtBatchKind::Reveal;
	const TAG_PREFIX: &'static str = "OpgCourtReveal";
	const PRIORITY: TransactionPriority = priority::COURT_REVEAL;

	fn ensure_fits(
		&self,
		request: RequestId,
		case: &Case,
		vote: Option<Vote>,
		validator: &T::AccountId,
	) -> Result<(), Unfit> {
		let is_reveal = matches!(case.phase, CasePhase::Reveal { .. });
		ensure!(is_reveal, Unfit::Stale(reject::WRONG_PHASE));
		let Some(Vote::Committed(committed)) = vote else {
			return Err(Unfit::Stale(reject::WRONG_VOTE_STATE));
		};
		let context = Pallet::<T>::vote_context(request, case, validator);
		let commitment = court_commitment(&context, &self.digest, &self.witness, &self.salt);
		ensure!(commitment == committed, Unfit::Wrong(reject::WRONG_COMMITMENT));
		match &self.answer {
			Some(answer) => {
				ensure!(answer.digest() == self.digest, Unfit::Wrong(reject::WRONG_ANSWER));
				let is_within_limit = answer.fuel <= case.load.fuel;
				ensure!(is_within_limit, Unfit::Wrong(reject::TOO_MUCH_FUEL));
				let has_size = answer.outcome.has_valid_size(case.sizes.output_limit);
				ensure!(has_size, Unfit::Wrong(reject::WRONG_OUTPUT_SIZE));
			},
			None => {
				let is_known = Pallet::<T>::holds_answer(request, self.digest);
				ensure!(is_known, Unfit::Stale(reject::ANSWER_MISSING));
			},
		}
		Ok(())
	}
}

impl<T: Config> Pallet<T> {
	pub(crate) fn authorize_batch<P: Payload<T>>(
		batch: &BatchOf<T, P>,
		signature: &CourtSignature,
	) -> Result<(ValidTransaction, Weight), TransactionValidityError> {
		ensure!(batch.is_well_formed(), refused(reject::MALFORMED));
		let block = named_block::<T>(batch.at).ok_or_else(|| refused(reject::EXPIRED))?;
		let (validator, key) = Self::seated(batch.session, batch.seat)?;
		let fitting = Self::fitting(batch, &validator)?;
		Self::ensure_signed(P::KIND, block, batch, &key, signature)?;
		let valid = fitting
			.into_iter()
			.fold(ValidTransaction::with_tag_prefix(P::TAG_PREFIX), |valid, (request, sitting)| {
				valid.and_provides((request, sitting, batch.seat))
			})
			.priority(P::PRIORITY)
			.longevity(CALL_BLOCKS.saturated_into())
			.propagate(true)
			.build()?;
		Ok((valid, Weight::zero()))
	}

	/// Validator and key of a seat on the bench of a session.
	fn seated(
		session: u32,
		seat: SeatIndex,
	) -> Result<(T::AccountId, CourtKey), TransactionValidityError> {
		let seated = Benches::<T>::get(session).into_iter().nth(seat.into());
		seated.ok_or_else(|| refused(reject::NOT_ON_BENCH))
	}

	/// [`Self::seated`], where that session is the current one.
	pub(crate) fn currently_seated(
		session: u32,
		seat: SeatIndex,
	) -> Result<(T::AccountId, CourtKey), TransactionValidityError> {
		ensure!(session == T::Session::get(), refused(reject::NOT_ON_BENCH));
		Self::seated(session, seat)
	}

	/// Checks the signature of a batch that names this block.
	pub(crate) fn ensure_signed<B: Encode>(
		kind: CourtBatchKind,
		block: H256,
		batch: &B,
		key: &CourtKey,
		signature: &CourtSignature,
	) -> Result<(), TransactionValidityError> {
		let payload = court_batch_payload(kind, &Self::genesis(), &block, batch);
		ensure!(key.verify(&payload, signature), refused(reject::INVALID_SIGNATURE));
		Ok(())
	}

	/// Sittings of the items that fit. An error if none does, or if one is wrong.
	fn fitting<P: Payload<T>>(
		batch: &BatchOf<T, P>,
		validator: &T::AccountId,
	) -> Result<Vec<(RequestId, u8)>, TransactionValidityError> {
		let mut fitting = Vec::new();
		let mut stale = None;
		for item in &batch.items {
			match Self::check_item(batch.session, batch.seat, validator, item) {
				Ok(_) => fitting.push((item.request, item.sitting)),
				Err(Unfit::Stale(code)) => {
					stale.get_or_insert(code);
				},
				Err(Unfit::Wrong(code)) => return Err(refused(code)),
			}
		}
		match stale {
			Some(code) if fitting.is_empty() => Err(refused(code)),
			_ => Ok(fitting),
		}
	}

	/// Case of an item that counts.
	pub(crate) fn check_item<P: Payload<T>>(
		session: u32,
		seat: SeatIndex,
		validator: &T::AccountId,
		item: &Item<P>,
	) -> Result<Case, Unfit> {
		let case = Cases::<T>::get(item.request)
			.filter(|case| case.session == session && case.sitting == item.sitting)
			.ok_or(Unfit::Stale(reject::NO_SITTING))?;
		let vote = Votes::<T>::get(item.request, seat);
		item.payload.ensure_fits(item.request, &case, vote, validator)?;
		Ok(case)
	}
}
