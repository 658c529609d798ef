//! Pruning: removes requests whose lifetime is over, and returns deposits.

use crate::{agenda::PRUNE_RETRY_BLOCKS, pallet::*, types::*, weights::WeightInfo};
use frame_support::weights::WeightMeter;
use frame_system::pallet_prelude::BlockNumberFor;
use opg_primitives::{FailureReason, RequestId};
use pallet_opg_support::Committees;

impl<T: Config> Pallet<T> {
	/// Removes a request, or tries again later where it is not final.
	pub(crate) fn prune(meter: &mut WeightMeter, now: BlockNumberFor<T>, id: RequestId) {
		let Some(request) = Requests::<T>::get(id) else {
			return meter.consume(T::WeightInfo::noop());
		};
		if !request.state.is_final() {
			// Every state has a deadline, so this ends.
			if Self::schedule(now + PRUNE_RETRY_BLOCKS.into(), id, Action::Prune) {
				return meter.consume(T::WeightInfo::postpone());
			}
			Self::refund(meter, id, request.clone(), FailureReason::Congested);
		}
		meter.consume(T::WeightInfo::prune());
		if request.deposit > 0 {
			Self::release(HoldReason::Request, &request.requester, request.deposit);
			meter.consume(T::WeightInfo::return_deposit());
		}
		Requests::<T>::remove(id);
		Inputs::<T>::remove(id);
		meter.consume(T::Committees::remove(id));
		Self::deposit_event(Event::Pruned { request: id });
	}
}
