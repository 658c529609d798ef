//! What happens to requests at the start of a block.

use crate::{draw::Lots, pallet::*, tiers, types::*, weights::WeightInfo};
use alloc::vec::Vec;
use codec::Encode;
use frame_support::{traits::Get, weights::Weight, BoundedVec};
use frame_system::pallet_prelude::BlockNumberFor;
use opg_primitives::RequestId;
use pallet_opg_support::{Committees, ExecutorPools, FailureReason, MAX_ROUND};
use sp_core::H256;
use sp_io::hashing::blake2_256;
use sp_runtime::traits::{One, Saturating, Zero};

/// Blocks among which an action looks for room.
const SEARCH: u32 = 16;
/// Blocks before the settlement whose VRF outputs decide on an audit.
const AUDIT_BLOCKS: u32 = 3;
/// Blocks by which pruning waits for a request that is not final.
const PRUNE_LATER: u32 = 100;
/// Keys that most requests of a block share, so that a block pays for each once: the next number, the
/// pot, and the agenda of the blocks to which draws of either kind, settlements, prunings and what is
/// put off go.
const SHARED_WRITES: u64 = 8;
/// VRF outputs that draws and audits of a block share.
const SHARED_READS: u64 = 6;

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

	/// What a block costs in which nothing is on the agenda.
	pub(crate) fn begin_block_cost() -> Weight {
		T::WeightInfo::begin_block().saturating_add(
			T::DbWeight::get().reads_writes(SHARED_READS + SHARED_WRITES, SHARED_WRITES),
		)
	}

	/// Do what is on the agenda of this block, where it does not cost too much. Returns what it cost.
	pub(crate) fn work_off(now: BlockNumberFor<T>) -> Weight {
		let due = Agenda::<T>::take(now);
		let enough = T::AgendaWeight::get().saturating_sub(Self::most_of_action());
		let mut cost = Self::begin_block_cost();
		let mut lots: Option<Lots<T>> = None;
		let mut late = Vec::new();
		let mut act = |id, action| match action {
			Action::Draw => {
				let before = lots.as_ref().map(Lots::cost).unwrap_or_default();
				let lots = lots.get_or_insert_with(Lots::new);
				Self::draw(lots, id).saturating_add(lots.cost().saturating_sub(before))
			},
			Action::Settle => Self::settle_or_audit(now, id),
			Action::Prune => Self::prune(now, id),
		};
		let count = due.len() as u64;
		for (index, (id, action)) in (0u64..).zip(due) {
			// Putting off costs something, too.
			let rest = T::WeightInfo::postpone().saturating_mul(count.saturating_sub(index));
			if cost.saturating_add(rest).any_gt(enough) {
				cost += T::WeightInfo::postpone();
				late.push((id, action));
			} else {
				cost += act(id, action);
			}
		}
		// What no later block has room for is done: nothing is ever lost.
		for (id, action) in Self::put_off(now, late) {
			cost += act(id, action);
		}
		cost
	}

	/// Put what is `late` before what later blocks have on their agenda, so that a load that lasts
	/// delays everyone alike. Returns what none of them has room for.
	fn put_off(
		now: BlockNumberFor<T>,
		mut late: Vec<(RequestId, Action)>,
	) -> Vec<(RequestId, Action)> {
		for offset in 1..=SEARCH {
			if late.is_empty() {
				break;
			}
			Agenda::<T>::mutate(now + offset.into(), |due| {
				let room = (T::MaxAgenda::get() as usize).saturating_sub(due.len());
				let rest = late.split_off(room.min(late.len()));
				let mut first = core::mem::replace(&mut late, rest);
				first.append(&mut core::mem::take(due).into_inner());
				*due = BoundedVec::truncate_from(first);
			});
		}
		late
	}

	/// The most that one action costs.
	pub fn most_of_action() -> Weight {
		let draw = T::WeightInfo::draw(MAX_ROUND)
			.saturating_add(T::WeightInfo::urn(T::MaxExecutors::get()))
			.saturating_add(T::WeightInfo::give_up());
		let audit = T::WeightInfo::audit()
			.saturating_add(Self::most_of_lots())
			.saturating_add(T::WeightInfo::give_up());
		let settle = T::WeightInfo::settle(tiers::MOST_BEFORE_DISPUTE, 0)
			.max(T::WeightInfo::settle(1, tiers::MOST_BEFORE_DISPUTE - 1))
			.saturating_add(Self::most_of_lots());
		let prune = T::WeightInfo::prune()
			.saturating_add(T::WeightInfo::give_up())
			.saturating_add(T::Committees::most_of_forget());
		draw.max(audit).max(settle).max(prune)
	}

	pub(crate) fn settle_or_audit(now: BlockNumberFor<T>, id: RequestId) -> Weight {
		let Some(mut request) = Requests::<T>::get(id) else { return T::WeightInfo::look_up() };
		// A challenged answer is settled by its jury.
		let State::Attested { answer, at } = &request.state else {
			return T::WeightInfo::look_up();
		};
		if T::Pools::slashing_paused() {
			return Self::undecided(id, request, FailureReason::SlashingPaused);
		}
		let mut cost = Weight::zero();
		if Self::is_audited(now, id, &request) {
			let mut lots = Lots::new();
			let has_jury = Self::has_jury(&mut lots, id, &request, None);
			cost += lots.cost();
			if has_jury {
				let (answer, at) = (answer.clone(), *at);
				let phase = Self::jury_phase();
				request.state = State::Disputed { answer, at, doubt: Doubt::Audit, phase };
				Requests::<T>::insert(id, &request);
				Self::deposit_event(Event::Audited { request: id });
				cost += T::WeightInfo::audit();
				if !Self::schedule_draw(id, &request) {
					cost += Self::undecided(id, request, FailureReason::Congested);
				}
				return cost;
			}
		}
		let (answer, size) = (answer.clone(), tiers::size(request.tier));
		let (right, wrong) = Self::settle(id, request, answer);
		cost.saturating_add(if wrong == 0 && right <= size {
			T::WeightInfo::settle_agreed(right)
		} else {
			T::WeightInfo::settle(right, wrong)
		})
	}

	/// Whether chance, which nobody knew when the answer was revealed, picks this one.
	pub(crate) fn is_audited(
		now: BlockNumberFor<T>,
		id: RequestId,
		request: &RequestOf<T>,
	) -> bool {
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

	pub(crate) fn prune(now: BlockNumberFor<T>, id: RequestId) -> Weight {
		let Some(request) = Requests::<T>::get(id) else { return T::WeightInfo::look_up() };
		let mut cost = T::WeightInfo::prune();
		if !request.state.is_final() {
			// Every state has a deadline, so this ends.
			if Self::schedule(now + PRUNE_LATER.into(), id, Action::Prune) {
				return T::WeightInfo::postpone();
			}
			cost += Self::undecided(id, request.clone(), FailureReason::Congested);
		}
		Self::release(HoldReason::Deposit, &request.requester, request.deposit);
		Requests::<T>::remove(id);
		Inputs::<T>::remove(id);
		cost += T::Committees::forget(id);
		Self::deposit_event(Event::Pruned { request: id });
		cost
	}
}
