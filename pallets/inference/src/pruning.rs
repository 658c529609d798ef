//! Pruning: removes requests whose lifetime is over, and returns deposits.

use crate::{
	agenda::{BlockContext, PRUNE_RETRY_BLOCKS},
	pallet::*,
	types::*,
	weights::WeightInfo,
};
use opg_primitives::{FailureReason, RequestId};
use pallet_opg_support::Committees;

impl<T: Config> Pallet<T> {
	/// Removes a request, or tries again later where it is not final.
	pub(crate) fn prune(context: &mut BlockContext<T>, id: RequestId) {
		let meter = &mut context.meter;
		let Some(mut request) = Requests::<T>::get(id) else {
			return meter.consume(T::WeightInfo::noop());
		};
		if !request.state.is_final() {
			meter.consume(T::WeightInfo::postpone());
			// Every state ends, so this does; but a draw waits as long as executors are full.
			let is_stuck = request.state.waits_for_first_draw();
			if is_stuck
				|| !Self::schedule(Self::now() + PRUNE_RETRY_BLOCKS.into(), id, Action::Prune)
			{
				// Its lifetime is over, or no agenda has room: what is left of the request is refunded.
				// A later call of this function cannot be scheduled, so it is removed at once.
				if request.state.is_in_first_round() {
					meter.consume(Self::release_first_round(id));
				}
				Self::refund(meter, id, request, FailureReason::Congested);
				return Self::prune(context, id);
			}
			return;
		}
		meter.consume(T::WeightInfo::prune());
		if request.has_panel {
			// No agenda had room for it.
			Self::dismiss_failed(context, id, &mut request);
		}
		let meter = &mut context.meter;
		if request.deposit > 0 {
			Self::release(HoldReason::Request, &request.requester, request.deposit);
			meter.consume(T::WeightInfo::return_deposit());
		}
		Requests::<T>::remove(id);
		Inputs::<T>::remove(id);
		meter.consume(T::Committees::remove(id));
		let Request { requester, model, reference, .. } = request;
		Self::deposit_event(Event::Pruned { request: id, requester, model, reference });
	}
}
