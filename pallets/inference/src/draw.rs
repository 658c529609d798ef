//! Who executes a request.

use crate::{pallet::*, types::*};
use alloc::{collections::BTreeMap, vec::Vec};
use codec::Encode;
use frame_support::traits::Get;
use frame_system::pallet_prelude::BlockNumberFor;
use opg_primitives::{ModelId, RequestId, RoundIndex};
use pallet_opg_support::{
	draw::Urn, Assignment, Committees, ExecutorPools, FailureReason, ModelRegistry,
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

	/// Executors that can be drawn for `model`, with their weight in `snapshot`.
	fn urn(snapshot: &[(T::AccountId, u128)], model: ModelId) -> Urn<T::AccountId> {
		let servers = T::Models::servers(model);
		let serves = |who: &T::AccountId| servers.binary_search(who).is_ok();
		Urn::new(snapshot.iter().filter(|(who, _)| serves(who)).cloned())
	}

	/// How many executors can be drawn for `model` besides `excluded`.
	pub fn eligible(model: ModelId, excluded: &[&T::AccountId]) -> u32 {
		Self::urn(&T::Pools::snapshot(), model).count_without(excluded) as u32
	}

	/// Draw what is due. Returns how many were drawn.
	pub(crate) fn draw_due(now: BlockNumberFor<T>) -> u32 {
		let due = Draws::<T>::take(now);
		if due.is_empty() {
			return 0;
		}
		let count = due.len() as u32;
		let Some(vrf) = T::ParentVrf::get() else {
			// No fresh randomness in this block: nobody is drawn from anything weaker.
			due.into_iter()
				.for_each(|(request, round)| Self::queue_draw(now + One::one(), request, round));
			return count;
		};
		// Decoded once per block, and laid out once per model.
		let snapshot = T::Pools::snapshot();
		let mut urns = BTreeMap::new();
		for (id, round) in due {
			let Some(request) = Requests::<T>::get(id) else { continue };
			let urn =
				urns.entry(request.model).or_insert_with(|| Self::urn(&snapshot, request.model));
			if let Err(reason) = Self::draw_one(now, &vrf, urn, id, request, round) {
				Self::fail(id, reason);
			}
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
		urn: &Urn<T::AccountId>,
		id: RequestId,
		mut request: RequestOf<T>,
		round: RoundIndex,
	) -> Result<(), FailureReason> {
		let State::Waiting { escrow, .. } = request.state else { return Ok(()) };
		let sat = T::Committees::sat(id);
		let mut excluded: Vec<&T::AccountId> = sat.iter().collect();
		excluded.extend([&request.requester, &request.version.owner]);

		let k = T::CommitteeSize::get() as usize;
		let wanted = if round == 0 { k } else { 2 * k + 1 };
		let genesis = frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero());
		let seed =
			(b"opg/draw/v1", genesis, vrf, id, request.model, round).using_encoded(blake2_256);
		let committee = urn.draw(&seed, &excluded, wanted);
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
