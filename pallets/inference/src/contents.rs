//! Contents: inputs and outputs outside of the chain, and the panels of validators that hold them.
//!
//! No committee is drawn before the panel holds the input, and no challenge window begins before it holds
//! the output that a committee agreed on. So an executor is never judged for an input that it could not
//! get, and whoever withholds a content stops nothing but the request that names it. What is not held in
//! time fails the request: nobody is slashed, and no executor is paid.
//!
//! The requester pays for each byte that was held, in equal parts to the members that hold it, and for an
//! input that it did not bring as much, which is burned. A request that settles pays its panel at once. One
//! that fails may do so in a call, so the agenda pays its panel at the next time of the clock.

use crate::{
	agenda::BlockContext, pallet::*, settlement::SettlementBatch, tiers, types::*,
	weights::WeightInfo,
};
use frame_support::{
	traits::Get,
	weights::{Weight, WeightMeter},
};
use frame_system::pallet_prelude::BlockNumberFor;
use opg_primitives::{Balance, Content, FailureReason, RequestId, VersionLimits, MAX_INPUT_BYTES};
use pallet_opg_support::{OnHeld, Panels, MAX_PANEL};
use sp_core::H256;
use sp_runtime::traits::One;

/// Size of a content, if there is one, in bytes.
pub(crate) fn size_of(content: Option<Content>) -> u32 {
	content.map_or(0, |content| content.size)
}

impl<T: Config> Pallet<T> {
	/// What an input of so many bytes adds to the cost of a request, in planck: nothing where the chain
	/// carries it.
	pub fn input_fee(bytes: u32) -> Balance {
		if bytes <= MAX_INPUT_BYTES {
			return 0;
		}
		Self::byte_fee(bytes).saturating_add(T::ContentFee::get())
	}

	/// Fee of holding a content of so many bytes, in planck.
	pub(crate) fn byte_fee(bytes: u32) -> Balance {
		T::BytePrice::get().saturating_mul(bytes.into())
	}

	/// Largest fee of holding the output of a version with these limits, in planck.
	pub(crate) fn max_output_fee(limits: &VersionLimits) -> Balance {
		Self::byte_fee(limits.max_stored_output())
	}

	/// Fee of the contents of a request that were held, in planck.
	pub(crate) fn held_fee(request: &RequestOf<T>) -> Balance {
		if !request.has_panel {
			return 0;
		}
		let is_input_held = !matches!(request.state, RequestState::Uploading { .. });
		let input = request.stored_input.filter(|_| is_input_held);
		let output = request.state.attested().and_then(|(answer, _)| stored_output(answer));
		Self::byte_fee(size_of(input)).saturating_add(Self::byte_fee(size_of(output)))
	}

	/// Fee that is burned where a request fails for this reason, in planck: that of an input for which
	/// validators were asked in vain.
	pub(crate) fn burned_fee(request: &RequestOf<T>, reason: FailureReason) -> Balance {
		let is_asked = matches!(request.state, RequestState::Uploading { until: Some(_) });
		match reason {
			// A deadline that is too short is no way out of it.
			FailureReason::InputUnavailable | FailureReason::Expired if is_asked => {
				Self::byte_fee(size_of(request.stored_input))
			},
			_ => 0,
		}
	}

	/// Inputs and outputs outside of the chain that a request needs: none once it is final.
	pub fn contents_of(id: RequestId) -> impl Iterator<Item = Content> {
		let request = Requests::<T>::get(id).filter(|request| !request.state.is_final());
		let contents = request.map(|request| {
			let answer = match &request.state {
				RequestState::Holding { answer, .. } => Some(answer),
				state => state.attested().map(|(answer, _)| answer),
			};
			[request.stored_input, answer.and_then(stored_output)]
		});
		contents.into_iter().flatten().flatten()
	}

	/// Asks the panel of a request to hold the content that the request waits for.
	pub(crate) fn convene(meter: &mut WeightMeter, id: RequestId) {
		meter.consume(T::WeightInfo::convene());
		let Some(request) = Requests::<T>::get(id) else { return };
		let Some((content, None)) = request.state.awaited(request.stored_input) else { return };
		let Some(seed) = Self::panel_seed(&request) else {
			// No block since then has randomness.
			if !Self::schedule(Self::now() + One::one(), id, Action::Convene) {
				Self::refund(meter, id, request, FailureReason::Congested);
			}
			return;
		};
		meter.consume(T::Panels::max_convene_weight());
		let end = Self::now() + Self::hold_blocks(content.size).into();
		let is_convened = Self::schedule(end, id, Action::EndHolding)
			&& T::Panels::convene(id, content, seed).is_ok();
		if !is_convened {
			return Self::refund(meter, id, request, FailureReason::Congested);
		}
		Self::await_content(id, request, content, end);
	}

	/// The panel of a request has until `end` to hold a content.
	pub(crate) fn await_content(
		id: RequestId,
		mut request: RequestOf<T>,
		content: Content,
		end: BlockNumberFor<T>,
	) {
		request.has_panel = true;
		match &mut request.state {
			RequestState::Uploading { until } | RequestState::Holding { until, .. } => {
				*until = Some(end);
			},
			_ => {},
		}
		Requests::<T>::insert(id, request);
		Self::deposit_event(Event::Convened { request: id, content, until: end });
	}

	/// Output of the first block with randomness after a request began to wait for a content.
	pub(crate) fn panel_seed(request: &RequestOf<T>) -> Option<H256> {
		let outputs = Self::seed_outputs(&VrfOutputs::<T>::get(), request.changed_at, 1)?;
		outputs.first().copied().map(H256)
	}

	/// Ends a request whose content was not held in time.
	pub(crate) fn end_holding(meter: &mut WeightMeter, id: RequestId) {
		meter.consume(T::WeightInfo::noop());
		let Some(request) = Requests::<T>::get(id) else { return };
		let now = Self::now();
		let reason = match &request.state {
			RequestState::Uploading { until: Some(until) } if *until <= now => {
				FailureReason::InputUnavailable
			},
			RequestState::Holding { until: Some(until), .. } if *until <= now => {
				FailureReason::OutputUnavailable
			},
			_ => return,
		};
		Self::refund(meter, id, request, reason);
	}

	/// Ends the panel of a request that failed, and pays it what is left of the escrow.
	pub(crate) fn dismiss(context: &mut BlockContext<T>, id: RequestId) {
		context.meter.consume(T::WeightInfo::dismiss());
		let request = Requests::<T>::get(id).filter(|request| request.state.is_final());
		let Some(mut request) = request.filter(|request| request.has_panel) else { return };
		Self::dismiss_failed(context, id, &mut request);
		Requests::<T>::insert(id, request);
	}

	/// [`Self::dismiss`], without storing the request.
	pub(crate) fn dismiss_failed(
		context: &mut BlockContext<T>,
		id: RequestId,
		request: &mut RequestOf<T>,
	) {
		context.meter.consume(T::Panels::max_dismiss_weight());
		let owed = core::mem::take(&mut request.escrow);
		context.batch.charge(&request.requester, owed, 0);
		Self::pay_panel(&mut context.batch, id, request, owed);
	}

	/// Ends the panel of a request, if it has one, and pays it `fee` planck from the pot, which was charged
	/// for it.
	pub(crate) fn pay_panel(
		batch: &mut SettlementBatch<T>,
		id: RequestId,
		request: &mut RequestOf<T>,
		fee: Balance,
	) {
		if !core::mem::take(&mut request.has_panel) {
			return;
		}
		let holders = T::Panels::dismiss(id);
		let each = fee / holders.len().max(1) as Balance;
		holders.iter().for_each(|who| batch.pay_account(who, each));
		if each > 0 && !holders.is_empty() {
			Self::deposit_event(Event::StoragePaid { request: id, holders, each });
		}
	}

	/// Largest weight of [`Self::dismiss`], and of the transfers that follow.
	pub(crate) fn max_dismiss_weight() -> Weight {
		T::WeightInfo::dismiss()
			.saturating_add(T::Panels::max_dismiss_weight())
			.saturating_add(SettlementBatch::<T>::weight_of(1, 0, MAX_PANEL as usize))
	}

	/// Largest weight of [`Self::convene`].
	pub(crate) fn max_convene_weight() -> Weight {
		T::WeightInfo::convene()
			.saturating_add(T::Panels::max_convene_weight())
			.saturating_add(Self::undisputed_refund_weight())
	}

	/// Largest weight of [`Self::end_holding`].
	pub(crate) fn max_end_holding_weight() -> Weight {
		T::WeightInfo::noop()
			.saturating_add(Self::undisputed_refund_weight())
			.saturating_add(T::WeightInfo::charge_requester())
	}
}

impl<T: Config> OnHeld for Pallet<T> {
	fn on_held(id: RequestId) -> Weight {
		let mut meter = WeightMeter::new();
		meter.consume(T::WeightInfo::held());
		let Some(mut request) = Requests::<T>::get(id) else { return meter.consumed() };
		let Some((content, Some(_))) = request.state.awaited(request.stored_input) else {
			return meter.consumed();
		};
		Self::deposit_event(Event::Held { request: id, content });
		match request.state.clone() {
			RequestState::Holding { answer, .. } => Self::attest(&mut meter, id, request, answer),
			_ => {
				Self::order_seats(request.model, &request.version.limits, request.tier);
				Self::enter(&mut request, RequestState::Open(Self::waiting(tiers::FIRST)));
				Self::fix_round(&mut meter, id, request);
			},
		}
		meter.consumed()
	}

	fn max_held_weight() -> Weight {
		T::WeightInfo::held()
			.saturating_add(T::WeightInfo::attested())
			.saturating_add(Self::undisputed_refund_weight())
	}
}
