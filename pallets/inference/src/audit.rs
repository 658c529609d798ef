//! Audits by chance: decides by later randomness whether an answer whose window is over is settled or
//! computed again.

use crate::{
	agenda::BlockContext, pallet::*, settlement::SettlementBatch, tiers, types::*,
	weights::WeightInfo,
};
use codec::Encode;
use frame_support::{defensive, weights::Weight};
use opg_primitives::{domains, RequestId, Tier};
use pallet_opg_support::{Committees, Panels, MAX_PANEL};
use sp_io::hashing::blake2_256;
use sp_runtime::traits::Saturating;

/// Blocks up to the settlement whose VRF outputs decide on an audit.
pub(crate) const AUDIT_BLOCKS: u32 = 3;

impl<T: Config> Pallet<T> {
	/// Settles an answer whose challenge window is over, or orders an audit of it.
	pub(crate) fn settle_or_audit(context: &mut BlockContext<T>, id: RequestId) {
		let Some(mut request) = Requests::<T>::get(id) else {
			return context.meter.consume(T::WeightInfo::noop());
		};
		match request.state.clone() {
			RequestState::Attested { answer, at } if Self::is_audited(id, &request) => {
				context.meter.consume(T::WeightInfo::audit());
				request.audit = Some(AuditOrder::Random);
				let status = Self::waiting(tiers::AUDIT);
				Self::enter(&mut request, RequestState::Audited { answer, at, status });
				Self::deposit_event(Event::Audited { request: id, buyer: None });
				Self::fix_round(&mut context.meter, id, request);
			},
			RequestState::Attested { answer, .. }
			| RequestState::Audited { answer, status: CommitteeStatus::Passed, .. } => {
				// Nobody revealed another answer, so there are no payees.
				let judgement = T::Committees::judge(id, answer.digest(), None, &[]);
				if !judgement.wrong.is_empty() {
					defensive!("answers that differ go to the court");
				}
				let (right, silent) = (judgement.right.len() as u32, judgement.silent.len());
				context.meter.consume(T::WeightInfo::settle(right));
				if request.has_panel {
					context.meter.consume(T::Panels::max_dismiss_weight());
				}
				if request.is_escalated {
					context.meter.consume(Self::charges_weight(silent));
				}
				Self::settle(&mut context.batch, id, request, answer, judgement);
			},
			// An audit that is at work settles when it is done; the court when it decides.
			_ => context.meter.consume(T::WeightInfo::noop()),
		}
	}

	/// Largest weight of a settlement by the agenda.
	pub(crate) fn max_settle_weight() -> Weight {
		let seats = tiers::MAX_REQUEST_SEATS;
		// The owner and the panel.
		let accounts = 1 + MAX_PANEL as usize;
		T::WeightInfo::settle(seats)
			.saturating_add(SettlementBatch::<T>::weight_of(2, seats as usize, accounts))
			.saturating_add(T::Panels::max_dismiss_weight())
			.saturating_add(Self::charges_weight(tiers::size(Tier::High) as usize))
			.saturating_add(Self::max_release_weight())
	}

	/// Tells whether randomness that nobody knew when the answer was revealed picks the request.
	pub(crate) fn is_audited(id: RequestId, request: &RequestOf<T>) -> bool {
		// The last blocks have several authors. Where one has no output, the audit is certain
		// rather than guessable.
		let since = Self::block().saturating_sub(AUDIT_BLOCKS.into());
		let outputs: alloc::vec::Vec<_> = VrfOutputs::<T>::get()
			.into_iter()
			.filter(|(of, _)| *of > since)
			.map(|(_, vrf)| vrf.output)
			.collect();
		if outputs.len() < AUDIT_BLOCKS as usize {
			return true;
		}
		let seed = (domains::AUDIT, Self::genesis_hash(), outputs, id).using_encoded(blake2_256);
		let ticket = u32::from_le_bytes([seed[0], seed[1], seed[2], seed[3]]);
		let max_pay = Self::pay(request.version.limits.fuel, request.price).unwrap_or(u128::MAX);
		let probability = Self::audit_probability(max_pay).deconstruct();
		u64::from(ticket) * 1_000_000_000 < u64::from(probability) << 32
	}
}
