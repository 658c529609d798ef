//! Holds whose request is gone: anyone can have them released.
//!
//! What is on hold has no owner in storage but the requests. Where one does not decode any more, or
//! was lost by an error, nothing else would ever release its escrow.

use crate::{pallet::*, types::*};
use frame_support::{
	ensure,
	traits::{
		fungible::{InspectHold, MutateHold},
		tokens::Precision,
	},
};
use opg_primitives::Balance;
use sp_runtime::DispatchError;

/// Reasons for which this pallet holds funds.
const REASONS: [HoldReason; 3] = [HoldReason::Request, HoldReason::Challenge, HoldReason::Audit];

/// What requests hold of an account, in planck, by reason in the order of [`REASONS`].
type Owed = [Balance; REASONS.len()];

impl<T: Config> Pallet<T> {
	/// Adds what a request holds of `who`.
	fn add_owed(owed: &mut Owed, who: &T::AccountId, request: &RequestOf<T>) {
		let mut add = |index: usize, amount| owed[index] = owed[index].saturating_add(amount);
		if request.requester == *who {
			add(0, request.escrow.saturating_add(request.deposit));
		}
		for challenge in &request.challenges {
			if challenge.challenger == *who && challenge.source == BondSource::Account {
				add(1, challenge.bond);
			}
		}
		if let Some(AuditOrder::Bought { buyer, held }) = &request.audit {
			if buyer == who {
				add(2, *held);
			}
		}
	}

	/// Releases what `who` has on hold beyond what requests hold of it. Reads all requests, of which
	/// there are at most `max_requests`. Returns their number.
	pub(crate) fn do_release_orphaned(
		who: T::AccountId,
		max_requests: u32,
	) -> Result<u32, DispatchError> {
		let mut owed = Owed::default();
		let mut count = 0u32;
		// By the keys: what does not decode was read too.
		for id in Requests::<T>::iter_keys() {
			ensure!(count < max_requests, Error::<T>::TooManyRequests);
			count += 1;
			if let Some(request) = Requests::<T>::get(id) {
				Self::add_owed(&mut owed, &who, &request);
			}
		}
		let mut released: Balance = 0;
		for (reason, owed) in REASONS.into_iter().zip(owed) {
			let reason = reason.into();
			let orphaned = T::Currency::balance_on_hold(&reason, &who).saturating_sub(owed);
			if orphaned > 0 {
				T::Currency::release(&reason, &who, orphaned, Precision::Exact)?;
				released = released.saturating_add(orphaned);
			}
		}
		ensure!(released > 0, Error::<T>::NothingOrphaned);
		Self::deposit_event(Event::OrphanedReleased { who, amount: released });
		Ok(count)
	}
}
