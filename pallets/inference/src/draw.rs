//! Who executes a request.

use crate::{pallet::*, types::*};
use alloc::vec::Vec;
use codec::Encode;
use frame_support::traits::Get;
use frame_system::pallet_prelude::BlockNumberFor;
use opg_primitives::{ModelId, RequestId, RoundIndex};
use pallet_opg_support::{
	draw::draw, Assignment, Committees, ExecutorPools, FailureReason, ModelRegistry,
};
use sp_io::hashing::blake2_256;
use sp_runtime::traits::{One, Zero};

/// Blocks in which a round looks for room before the request fails as congested.
const SEARCH: u32 = 16;

impl<T: Config> Pallet<T> {
	/// A round that is fixed in block `b` is drawn at the start of block `b + 2`, from the VRF
	/// output of block `b + 1`, whose author nobody knew for certain at `b`.
	pub(crate) fn draw_block(fixed_in: BlockNumberFor<T>) -> BlockNumberFor<T> {
		fixed_in + 2u32.into()
	}

	/// Executors that can be drawn for `model`, with their stake, sorted.
	pub fn candidates(model: ModelId, excluded: &[&T::AccountId]) -> Vec<(T::AccountId, u128)> {
		let servers = T::Models::servers(model);
		if servers.is_empty() {
			return Vec::new();
		}
		T::Pools::snapshot()
			.into_iter()
			.filter(|(who, _)| servers.binary_search(who).is_ok() && !excluded.contains(&who))
			.collect()
	}

	/// Draw what is due. Returns how many were drawn.
	pub(crate) fn draw_due(now: BlockNumberFor<T>) -> u32 {
		let due = Draws::<T>::take(now);
		if due.is_empty() {
			return 0;
		}
		let count = due.len() as u32;
		match T::ParentVrf::get() {
			Some(vrf) => due.iter().for_each(|(request, round)| {
				if let Err(reason) = Self::draw_one(now, &vrf, *request, *round) {
					Self::fail(*request, reason);
				}
			}),
			// No fresh randomness in this block: nobody is drawn from anything weaker.
			None => due
				.into_iter()
				.for_each(|(request, round)| Self::queue_draw(now + One::one(), request, round)),
		}
		count
	}

	/// Queue a draw for the first block from `from` on that has room.
	pub(crate) fn queue_draw(from: BlockNumberFor<T>, request: RequestId, round: RoundIndex) {
		let queued = (0..SEARCH)
			.any(|offset| Draws::<T>::try_append(from + offset.into(), (request, round)).is_ok());
		if !queued {
			Self::fail(request, FailureReason::Congested);
		}
	}

	fn draw_one(
		now: BlockNumberFor<T>,
		vrf: &[u8; 32],
		id: RequestId,
		round: RoundIndex,
	) -> Result<(), FailureReason> {
		let Some(mut request) = Requests::<T>::get(id) else { return Ok(()) };
		let State::Waiting { escrow, .. } = request.state else { return Ok(()) };
		let sat = T::Committees::sat(id);
		let mut excluded: Vec<&T::AccountId> = sat.iter().collect();
		excluded.extend([&request.requester, &request.version.owner]);
		let candidates = Self::candidates(request.model, &excluded);

		let k = T::CommitteeSize::get() as usize;
		let wanted = if round == 0 { k } else { 2 * k + 1 };
		let genesis = frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero());
		let seed =
			(b"opg/draw/v1", genesis, vrf, id, request.model, round).using_encoded(blake2_256);
		let committee = draw(&seed, &candidates, wanted);
		if committee.len() < k {
			return Err(FailureReason::NotEnoughExecutors);
		}
		T::Committees::open(Assignment { request: id, round, committee: committee.clone() })?;
		request.state = State::Assigned { round, escrow };
		request.drawn_at.get_or_insert(now);
		Requests::<T>::insert(id, request);
		Self::deposit_event(Event::Drawn { request: id, round, committee });
		Ok(())
	}
}
