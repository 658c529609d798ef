//! Audits: decides by later randomness whether an unchallenged answer is settled or computed again.

use crate::{agenda::BlockContext, pallet::*, tiers, types::*, weights::WeightInfo};
use codec::Encode;
use frame_system::pallet_prelude::BlockNumberFor;
use opg_primitives::{domains, FailureReason, RequestId};
use pallet_opg_support::ExecutorStake;
use sp_io::hashing::blake2_256;
use sp_runtime::traits::Saturating;

/// Blocks before the settlement whose VRF outputs decide on an audit.
pub(crate) const AUDIT_BLOCKS: u32 = 3;

impl<T: Config> Pallet<T> {
	/// Settles an answer whose challenge window is over, or opens a dispute about it.
	pub(crate) fn settle_or_audit(
		context: &mut BlockContext<T>,
		now: BlockNumberFor<T>,
		id: RequestId,
	) {
		let Some(mut request) = Requests::<T>::get(id) else {
			return context.meter.consume(T::WeightInfo::noop());
		};
		// A challenged answer is settled by its jury.
		let RequestState::Attested { answer, at } = &request.state else {
			return context.meter.consume(T::WeightInfo::noop());
		};
		if T::Executors::slashing_paused() {
			let reason = FailureReason::SlashingPaused;
			return Self::refund(&mut context.meter, id, request, reason);
		}
		let answer = answer.clone();
		if Self::is_audited(now, id, &request) && Self::has_audit_jury(context, id, &request) {
			let (at, status) = (*at, Self::jury_status());
			let origin = DisputeOrigin::Audit;
			request.state = RequestState::Disputed { answer, at, origin, status };
			Requests::<T>::insert(id, &request);
			Self::deposit_event(Event::Audited { request: id });
			context.meter.consume(T::WeightInfo::audit());
			if !Self::schedule_draw(id, &request) {
				Self::refund(&mut context.meter, id, request, FailureReason::Congested);
			}
			return;
		}
		let size = tiers::size(request.tier);
		let (right, wrong) = Self::settle(&mut context.batch, id, request, answer);
		context.meter.consume(if wrong == 0 && right <= size {
			T::WeightInfo::settle_agreed(right)
		} else {
			T::WeightInfo::settle(right, wrong)
		});
	}

	fn has_audit_jury(
		context: &mut BlockContext<T>,
		id: RequestId,
		request: &RequestOf<T>,
	) -> bool {
		let (draws, meter) = context.draws();
		Self::has_jury(draws, meter, id, request, None)
	}

	/// Tells whether randomness that nobody knew when the answer was revealed picks the request.
	pub(crate) fn is_audited(
		now: BlockNumberFor<T>,
		id: RequestId,
		request: &RequestOf<T>,
	) -> bool {
		// The last blocks have several authors. Where one has no output, the audit is certain
		// rather than guessable.
		let since = now.saturating_sub((AUDIT_BLOCKS + 1).into());
		let Some(outputs) = Self::vrf_outputs(since, AUDIT_BLOCKS) else { return true };
		let seed = (domains::AUDIT, Self::genesis_hash(), outputs, id).using_encoded(blake2_256);
		let ticket = u32::from_le_bytes([seed[0], seed[1], seed[2], seed[3]]);
		let max_pay = Self::pay(request.version.fuel_limit, request.price).unwrap_or(u128::MAX);
		let probability = Self::audit_probability(max_pay).deconstruct();
		u64::from(ticket) * 1_000_000_000 < u64::from(probability) << 32
	}
}
