//! What happens to requests at the start of a block.

use crate::{draw::Lots, pallet::*, tiers, types::*};
use codec::Encode;
use frame_system::pallet_prelude::BlockNumberFor;
use opg_primitives::RequestId;
use pallet_opg_support::{Committees, ExecutorPools, FailureReason};
use sp_core::H256;
use sp_io::hashing::blake2_256;
use sp_runtime::traits::{One, Saturating, Zero};

/// Blocks among which an action looks for room.
const SEARCH: u32 = 16;
/// Blocks before the settlement whose VRF outputs decide on an audit.
const AUDIT_BLOCKS: u32 = 3;
/// Blocks by which pruning waits for a request that is not final.
const PRUNE_LATER: u32 = 100;

impl<T: Config> Pallet<T> {
	/// Put `action` on the agenda of the first block from `from` on that has room. False where none
	/// has.
	pub(crate) fn schedule(from: BlockNumberFor<T>, id: RequestId, action: Action) -> bool {
		(0..SEARCH)
			.any(|offset| Agenda::<T>::try_append(from + offset.into(), (id, action)).is_ok())
	}

	/// Put the draw of a request that begins to wait for one on the agenda.
	pub(crate) fn schedule_draw(id: RequestId, request: &RequestOf<T>) -> bool {
		let now = frame_system::Pallet::<T>::block_number();
		let from = now + One::one() + tiers::seed_blocks(request.tier).into();
		Self::schedule(from, id, Action::Draw)
	}

	/// Do what is on the agenda of this block. Returns how many draws and other actions there were.
	pub(crate) fn work_off(now: BlockNumberFor<T>) -> (u32, u32) {
		let due = Agenda::<T>::take(now);
		let (mut draws, mut others) = (0, 0);
		let mut lots = None;
		for (id, action) in due {
			match action {
				Action::Draw => {
					draws += 1;
					Self::draw(lots.get_or_insert_with(Lots::<T>::new), id);
				},
				Action::Settle => {
					others += 1;
					Self::settle_or_audit(now, id);
				},
				Action::Prune => {
					others += 1;
					Self::prune(now, id);
				},
			}
		}
		(draws, others)
	}

	fn settle_or_audit(now: BlockNumberFor<T>, id: RequestId) {
		let Some(mut request) = Requests::<T>::get(id) else { return };
		// A challenged answer is settled by its jury.
		let State::Attested { answer, at } = &request.state else { return };
		if T::Pools::slashing_paused() {
			return Self::fail(id, request, FailureReason::SlashingPaused);
		}
		if Self::is_audited(now, id, &request) && Self::has_jury(id, &request, None) {
			let (answer, at) = (answer.clone(), *at);
			let phase = Self::jury_phase();
			request.state = State::Disputed { answer, at, doubt: Doubt::Audit, phase };
			Requests::<T>::insert(id, &request);
			Self::deposit_event(Event::Audited { request: id });
			if !Self::schedule_draw(id, &request) {
				Self::undecided(id, request, FailureReason::Congested);
			}
			return;
		}
		let answer = answer.clone();
		Self::settle(id, request, answer);
	}

	/// Whether chance, which nobody knew when the answer was revealed, picks this one.
	fn is_audited(now: BlockNumberFor<T>, id: RequestId, request: &RequestOf<T>) -> bool {
		// The outputs of the last blocks, whose authors are not one; where one has none, the audit is
		// certain rather than guessable.
		let since = now.saturating_sub((AUDIT_BLOCKS + 1).into());
		let Some(output) = Self::outputs(since, AUDIT_BLOCKS) else { return true };
		let genesis: H256 = frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero());
		let chance = (b"opg/audit/v1", genesis, output, id).using_encoded(blake2_256);
		let ticket = u32::from_le_bytes([chance[0], chance[1], chance[2], chance[3]]);
		let most = Self::pay(request.version.max_fuel, request.price).unwrap_or(u128::MAX);
		let part = Self::audit_probability(most).deconstruct();
		u64::from(ticket) * 1_000_000_000 < u64::from(part) << 32
	}

	fn prune(now: BlockNumberFor<T>, id: RequestId) {
		let Some(request) = Requests::<T>::get(id) else { return };
		if !request.state.is_final() {
			// Every state has a deadline, so this ends.
			if Self::schedule(now + PRUNE_LATER.into(), id, Action::Prune) {
				return;
			}
			Self::undecided(id, request.clone(), FailureReason::Congested);
		}
		Self::release(HoldReason::Deposit, &request.requester, request.deposit);
		Requests::<T>::remove(id);
		Inputs::<T>::remove(id);
		T::Committees::forget(id);
		Self::deposit_event(Event::Pruned { request: id });
	}
}
