//! Agenda: schedules steps of requests for the start of later blocks, and runs them there.

use crate::{
	audit::AUDIT_BLOCKS, draw::DrawContext, pallet::*, settlement::SettlementBatch, tiers,
	types::*, weights::WeightInfo,
};
use alloc::vec::Vec;
use frame_support::{
	traits::Get,
	weights::{Weight, WeightMeter},
	BoundedVec,
};
use frame_system::pallet_prelude::BlockNumberFor;
use opg_primitives::{BlockNumber, RequestId, Tier};
use pallet_opg_support::{Committees, MAX_COMMITTEE, MAX_SEATS};
use sp_runtime::traits::One;

/// Number of blocks in which an action looks for a free place.
pub const SCHEDULE_SEARCH_BLOCKS: u32 = 16;
/// Blocks by which the pruning of a request that is not final is postponed.
pub(crate) const PRUNE_RETRY_BLOCKS: u32 = 100;

/// Values besides agendas that most actions of a block read and write. The block pays for each
/// once, in [`Pallet::base_weight`].
const SHARED_VALUES: [&str; 4] = [
	"Inference::NextRequestId",
	"Inference::PostponedAt",
	"System::Account of the pot",
	"System::Account of the staking pallet",
];

/// Agendas that most actions of a block extend, as distances from it in blocks. The block pays for
/// each once, in [`Pallet::base_weight`].
pub(crate) fn shared_agendas<T: Config>() -> [BlockNumber; 6] {
	[
		// Resolved disputes, and everything that this block postpones.
		1,
		1 + tiers::seed_blocks(Tier::Quorum),
		1 + tiers::seed_blocks(Tier::High),
		T::ChallengeWindow::get(),
		T::Lifetime::get(),
		PRUNE_RETRY_BLOCKS,
	]
}

/// VRF outputs that the draws and audits of a block share.
const SHARED_VRF_OUTPUTS: u32 = tiers::MAX_SEED_BLOCKS + AUDIT_BLOCKS;

/// State that the actions of a block share, so that the block pays for each part once.
pub(crate) struct BlockContext<T: Config> {
	/// Weight of everything done so far, except that of applying `batch`.
	pub(crate) meter: WeightMeter,
	/// Transfers that follow from settlements.
	pub(crate) batch: SettlementBatch<T>,
	draws: Option<DrawContext<T>>,
}

impl<T: Config> BlockContext<T> {
	pub(crate) fn new(meter: WeightMeter) -> Self {
		Self { meter, batch: SettlementBatch::new(), draws: None }
	}

	/// Context of draws, and the meter that pays for it.
	pub(crate) fn draws(&mut self) -> (&mut DrawContext<T>, &mut WeightMeter) {
		let Self { meter, draws, .. } = self;
		(draws.get_or_insert_with(|| DrawContext::new(meter)), meter)
	}
}

impl<T: Config> Pallet<T> {
	/// Current block.
	pub(crate) fn now() -> BlockNumberFor<T> {
		frame_system::Pallet::<T>::block_number()
	}

	/// Puts `action` on the agenda of the first block from `from` on that has room. Returns whether
	/// there is one.
	pub(crate) fn schedule(from: BlockNumberFor<T>, id: RequestId, action: Action) -> bool {
		(0..SCHEDULE_SEARCH_BLOCKS)
			.any(|offset| Agenda::<T>::try_append(from + offset.into(), (id, action)).is_ok())
	}

	/// Schedules the draw of a request whose round this block fixes. Returns whether there is room.
	pub(crate) fn schedule_draw(id: RequestId, request: &RequestOf<T>) -> bool {
		let from = Self::now() + One::one() + tiers::seed_blocks(request.tier).into();
		Self::schedule(from, id, Action::Draw)
	}

	/// Weight of a block with an empty agenda, and of all values that actions share.
	pub(crate) fn base_weight() -> Weight {
		let writes = (SHARED_VALUES.len() + shared_agendas::<T>().len()) as u64;
		let reads = u64::from(SHARED_VRF_OUTPUTS) + writes;
		T::WeightInfo::begin_block().saturating_add(T::DbWeight::get().reads_writes(reads, writes))
	}

	/// Runs the agenda of this block as far as [`Config::AgendaWeight`] allows, and postpones the
	/// rest. Returns the weight spent.
	pub(crate) fn service_agenda(now: BlockNumberFor<T>) -> Weight {
		let due = Agenda::<T>::take(now);
		let mut context = BlockContext::new(WeightMeter::with_limit(T::AgendaWeight::get()));
		context.meter.consume(Self::base_weight());
		let max_action_weight = Self::max_action_weight();
		let (mut draws, mut postponed) = (0, Vec::new());
		let count = due.len() as u64;
		for (index, (id, action)) in (0u64..).zip(due) {
			// Applying the batch, and postponing what is left, takes weight too.
			let left = T::WeightInfo::postpone().saturating_mul(count.saturating_sub(index));
			let reserved =
				max_action_weight.saturating_add(left).saturating_add(context.batch.weight());
			let is_draw = action == Action::Draw;
			if !context.meter.can_consume(reserved) || is_draw && draws == T::MaxDraws::get() {
				context.meter.consume(T::WeightInfo::postpone());
				postponed.push((id, action));
			} else {
				draws += u32::from(is_draw);
				Self::execute(&mut context, now, id, action);
			}
		}
		if !postponed.is_empty() {
			PostponedAt::<T>::put(now);
		}
		// Nothing is ever lost: an action that no later block has room for runs beyond the limit.
		let spent = context.meter.consumed();
		context.meter = WeightMeter::with_consumed_and_limit(spent, Weight::MAX);
		for (id, action) in Self::postpone(now, postponed) {
			Self::execute(&mut context, now, id, action);
		}
		let BlockContext { mut meter, batch, .. } = context;
		meter.consume(batch.weight());
		batch.apply();
		meter.consumed()
	}

	fn execute(
		context: &mut BlockContext<T>,
		now: BlockNumberFor<T>,
		id: RequestId,
		action: Action,
	) {
		match action {
			Action::Draw => {
				let (draws, meter) = context.draws();
				Self::draw(draws, meter, id);
			},
			Action::Settle => Self::settle_or_audit(context, now, id),
			Action::ResolveDispute => Self::resolve_dispute(context, id),
			Action::Prune => Self::prune(&mut context.meter, now, id),
		}
	}

	/// Puts `postponed` before the agendas of later blocks, so that a lasting load delays everyone
	/// alike. Returns the actions that none of them has room for.
	pub(crate) fn postpone(
		now: BlockNumberFor<T>,
		mut postponed: Vec<(RequestId, Action)>,
	) -> Vec<(RequestId, Action)> {
		for offset in 1..=SCHEDULE_SEARCH_BLOCKS {
			if postponed.is_empty() {
				break;
			}
			Agenda::<T>::mutate(now + offset.into(), |due| {
				let room = (T::MaxAgenda::get() as usize).saturating_sub(due.len());
				let rest = postponed.split_off(room.min(postponed.len()));
				let mut first = core::mem::replace(&mut postponed, rest);
				first.append(&mut core::mem::take(due).into_inner());
				*due = BoundedVec::truncate_from(first);
			});
		}
		postponed
	}

	/// Largest weight of one action.
	pub fn max_action_weight() -> Weight {
		let judged = |weight: fn(u32, u32) -> Weight, seats: u32| {
			weight(seats, 0)
				.max(weight(1, seats - 1))
				.saturating_add(SettlementBatch::<T>::weight_of(1, seats as usize, 1))
		};
		let draw = T::WeightInfo::draw(MAX_COMMITTEE, MAX_SEATS - MAX_COMMITTEE)
			.saturating_add(T::WeightInfo::sampler(T::MaxExecutors::get()))
			.saturating_add(T::WeightInfo::refund());
		let audit = T::WeightInfo::audit()
			.saturating_add(DrawContext::<T>::max_weight())
			.saturating_add(T::WeightInfo::refund());
		let settle = judged(T::WeightInfo::settle, tiers::MAX_SEATS_BEFORE_DISPUTE)
			.saturating_add(DrawContext::<T>::max_weight());
		let resolve = judged(T::WeightInfo::upheld, MAX_SEATS)
			.max(judged(T::WeightInfo::overturned, MAX_SEATS));
		let prune = T::WeightInfo::prune()
			.saturating_add(T::WeightInfo::return_deposit())
			.saturating_add(T::WeightInfo::refund())
			.saturating_add(T::Committees::max_remove_weight());
		draw.max(audit).max(settle).max(resolve).max(prune)
	}
}
