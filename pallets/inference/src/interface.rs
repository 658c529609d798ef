//! Interface to the attestation pallet and the court: tasks of requests, and verdicts on rounds.

use crate::{pallet::*, types::*, weights::WeightInfo};
use codec::Encode;
use frame_support::{
	defensive,
	weights::{Weight, WeightMeter},
};
use opg_primitives::{RequestId, RoundIndex, Task, TaskInput};
use pallet_opg_support::{OnRoundDecided, TaskSource, Verdict};
use sp_core::H256;
use sp_io::hashing::blake2_256;

impl<T: Config> TaskSource for Pallet<T> {
	fn task(request: RequestId) -> Option<Task> {
		let Request { version, stored_input, .. } = Requests::<T>::get(request)?;
		let input = match stored_input {
			Some(content) => TaskInput::Stored(content),
			None => TaskInput::Inline(Inputs::<T>::get(request)?.into_inner()),
		};
		Some(Task {
			model_hash: version.model_hash,
			engine_id: version.engine_id,
			dims: version.dims,
			input,
			limits: version.limits,
		})
	}

	fn requester(request: RequestId) -> Option<H256> {
		let requester = Requests::<T>::get(request)?.requester;
		Some(H256(requester.using_encoded(blake2_256)))
	}
}

impl<T: Config> OnRoundDecided for Pallet<T> {
	fn on_round_decided(id: RequestId, verdict: Verdict) -> Weight {
		let Some(request) = Requests::<T>::get(id) else {
			defensive!("only a stored request is decided");
			return T::WeightInfo::noop();
		};
		let round = match request.state.committee() {
			Some(CommitteeStatus::Assigned { round }) => *round,
			// A challenge took the request to the court while its audit was at work.
			_ => return T::WeightInfo::noop(),
		};
		let mut meter = WeightMeter::new();
		if request.state.is_in_first_round() {
			meter.consume(Self::release_first_round(id));
		}
		Self::conclude_round(&mut meter, id, request, round, verdict);
		meter.consumed()
	}

	fn on_seat_declined(id: RequestId, round: RoundIndex) -> Weight {
		Self::queue_replacement(id, round)
	}

	fn max_round_decided_weight() -> Weight {
		T::WeightInfo::attested()
			.max(T::WeightInfo::escalated())
			.saturating_add(Self::undisputed_refund_weight())
			.max(Self::max_open_court_weight())
			.saturating_add(Self::max_release_weight())
	}

	fn max_seat_declined_weight() -> Weight {
		T::WeightInfo::queue_replacement()
	}
}
