//! What happens to requests at the start of a block.

use crate::{draw::Lots, pallet::*, purses::Purses, tiers, types::*, weights::WeightInfo};
use alloc::vec::Vec;
use codec::Encode;
use frame_support::{traits::Get, weights::Weight, BoundedVec};
use frame_system::pallet_prelude::BlockNumberFor;
use opg_primitives::RequestId;
use pallet_opg_support::{Committees, ExecutorPools, FailureReason, MAX_ROUND, MAX_SEATS};
use sp_core::H256;
use sp_io::hashing::blake2_256;
use sp_runtime::traits::{One, Saturating, Zero};

/// Blocks among which an action looks for room.
pub const SEARCH: u32 = 16;
/// Blocks before the settlement whose VRF outputs decide on an audit.
const AUDIT_BLOCKS: u32 = 3;
/// Blocks by which pruning waits for a request that is not final.
const PRUNE_LATER: u32 = 100;
/// Keys that most requests of a block share, so that a block pays for each once: the next number, the
/// pot, the account of all stake, whether the agenda is behind, and the agenda of the blocks to which
/// draws of either kind, settlements, prunings and what is put off go.
const SHARED_WRITES: u64 = 10;
/// VRF outputs that draws and audits of a block share.
const SHARED_READS: u64 = 6;

/// What the actions of a block share, so that it pays for each part of it once.
pub(crate) struct Shared<T: Config> {
	lots: Option<Lots<T>>,
	pub(crate) purses: Purses<T>,
}

impl<T: Config> Shared<T> {
	pub(crate) fn new() -> Self {
		Self { lots: None, purses: Purses::new() }
	}

	pub(crate) fn lots(&mut self) -> &mut Lots<T> {
		self.lots.get_or_insert_with(Lots::new)
	}

	/// What it costs, from what the actions did up to now.
	fn cost(&self) -> Weight {
		let lots = self.lots.as_ref().map(Lots::cost).unwrap_or_default();
		lots.saturating_add(self.purses.cost())
	}
}

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
		let mut shared = Shared::new();
		let (mut draws, mut late) = (0, Vec::new());
		let count = due.len() as u64;
		for (index, (id, action)) in (0u64..).zip(due) {
			// Putting off costs something, too.
			let rest = T::WeightInfo::postpone().saturating_mul(count.saturating_sub(index));
			let spent = cost.saturating_add(shared.cost()).saturating_add(rest);
			let is_draw = action == Action::Draw;
			if spent.any_gt(enough) || is_draw && draws == T::MaxDraws::get() {
				cost += T::WeightInfo::postpone();
				late.push((id, action));
			} else {
				draws += u32::from(is_draw);
				cost += Self::act(&mut shared, now, id, action);
			}
		}
		if !late.is_empty() {
			Behind::<T>::put(now);
		}
		// What no later block has room for is done: nothing is ever lost.
		for (id, action) in Self::put_off(now, late) {
			cost += Self::act(&mut shared, now, id, action);
		}
		cost += shared.cost();
		shared.purses.settle_up();
		cost
	}

	/// Returns what it cost besides what is `shared`.
	fn act(
		shared: &mut Shared<T>,
		now: BlockNumberFor<T>,
		id: RequestId,
		action: Action,
	) -> Weight {
		match action {
			Action::Draw => Self::draw(shared.lots(), id),
			Action::Settle => Self::settle_or_audit(shared, now, id),
			Action::Conclude => Self::conclude(&mut shared.purses, id),
			Action::Prune => Self::prune(now, id),
		}
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
		let judge = |cost: fn(u32, u32) -> Weight, seats: u32| {
			cost(seats, 0).max(cost(1, seats - 1)).saturating_add(Purses::<T>::cost_of(
				1,
				seats as usize,
				1,
			))
		};
		let draw = T::WeightInfo::draw(MAX_ROUND, MAX_SEATS - MAX_ROUND)
			.saturating_add(T::WeightInfo::urn(T::MaxExecutors::get()))
			.saturating_add(T::WeightInfo::give_up());
		let audit = T::WeightInfo::audit()
			.saturating_add(Self::most_of_lots())
			.saturating_add(T::WeightInfo::give_up());
		let settle = judge(T::WeightInfo::settle, tiers::MOST_BEFORE_DISPUTE)
			.saturating_add(Self::most_of_lots());
		let conclude = judge(T::WeightInfo::upheld, MAX_SEATS)
			.max(judge(T::WeightInfo::overturned, MAX_SEATS));
		let prune = T::WeightInfo::prune()
			.saturating_add(T::WeightInfo::return_deposit())
			.saturating_add(T::WeightInfo::give_up())
			.saturating_add(T::Committees::most_of_forget());
		draw.max(audit).max(settle).max(conclude).max(prune)
	}

	pub(crate) fn settle_or_audit(
		shared: &mut Shared<T>,
		now: BlockNumberFor<T>,
		id: RequestId,
	) -> Weight {
		let Some(mut request) = Requests::<T>::get(id) else { return T::WeightInfo::look_up() };
		// A challenged answer is settled by its jury.
		let State::Attested { answer, at } = &request.state else {
			return T::WeightInfo::look_up();
		};
		if T::Pools::slashing_paused() {
			return Self::undecided(id, request, FailureReason::SlashingPaused);
		}
		if Self::is_audited(now, id, &request) && Self::has_jury(shared.lots(), id, &request, None)
		{
			let (answer, at) = (answer.clone(), *at);
			let phase = Self::jury_phase();
			request.state = State::Disputed { answer, at, doubt: Doubt::Audit, phase };
			Requests::<T>::insert(id, &request);
			Self::deposit_event(Event::Audited { request: id });
			let mut cost = T::WeightInfo::audit();
			if !Self::schedule_draw(id, &request) {
				cost += Self::undecided(id, request, FailureReason::Congested);
			}
			return cost;
		}
		let (answer, size) = (answer.clone(), tiers::size(request.tier));
		let (right, wrong) = Self::settle(&mut shared.purses, id, request, answer);
		if wrong == 0 && right <= size {
			T::WeightInfo::settle_agreed(right)
		} else {
			T::WeightInfo::settle(right, wrong)
		}
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
		if request.deposit > 0 {
			Self::release(HoldReason::Request, &request.requester, request.deposit);
			cost += T::WeightInfo::return_deposit();
		}
		Requests::<T>::remove(id);
		Inputs::<T>::remove(id);
		cost += T::Committees::forget(id);
		Self::deposit_event(Event::Pruned { request: id });
		cost
	}
}
