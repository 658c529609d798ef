//! Intake: whether the chain takes requests. Before an upgrade that touches them it takes none, until
//! the last is gone.

use crate::{pallet::*, types::*, weights::WeightInfo};
use frame_support::{ensure, pallet_prelude::DispatchResult, weights::WeightMeter};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_drain() -> DispatchResult {
		ensure!(Intake::<T>::get() == IntakeStatus::Open, Error::<T>::Draining);
		Intake::<T>::put(IntakeStatus::Draining);
		Self::deposit_event(Event::DrainStarted);
		Ok(())
	}

	pub(crate) fn do_resume() -> DispatchResult {
		ensure!(Intake::<T>::get() != IntakeStatus::Open, Error::<T>::NotDraining);
		Intake::<T>::kill();
		Self::deposit_event(Event::IntakeResumed);
		Ok(())
	}

	/// Says so once the last request is pruned, where requests are drained.
	pub(crate) fn end_drain(meter: &mut WeightMeter) {
		if Intake::<T>::get() != IntakeStatus::Draining {
			return;
		}
		meter.consume(T::WeightInfo::end_drain());
		if Requests::<T>::iter_keys().next().is_none() {
			Intake::<T>::put(IntakeStatus::Drained);
			Self::deposit_event(Event::Drained);
		}
	}

	/// Whether requests are taken, and those that there are. Reads all of them.
	pub fn backlog_view() -> Backlog {
		let mut backlog = Backlog { intake: Intake::<T>::get(), open: 0, kept: 0, lost: 0 };
		for id in Requests::<T>::iter_keys() {
			match Requests::<T>::get(id) {
				Some(request) if request.state.is_final() => backlog.kept += 1,
				Some(_) => backlog.open += 1,
				None => backlog.lost += 1,
			}
		}
		backlog
	}
}
