//! Agenda: schedules steps of requests for a time of the chain's clock, and runs them there.
//!
//! The agenda is served with a cursor: all lists from the oldest that is not done up to now, as far
//! as the weight allows. The rest stays where it is, so the weight is a bound in every state.

use crate::{pallet::*, settlement::SettlementBatch, types::*, weights::WeightInfo};
use frame_support::{
	traits::Get,
	weights::{Weight, WeightMeter},
};
use frame_system::pallet_prelude::BlockNumberFor;
use opg_primitives::{BlockNumber, RequestId};
use pallet_opg_support::Committees;
use sp_runtime::traits::{BlockNumberProvider, One};

/// Number of times in which an action looks for a free place.
pub const SCHEDULE_SEARCH_BLOCKS: u32 = 16;
/// Time by which the pruning of a request that is not final is postponed.
pub(crate) const PRUNE_RETRY_BLOCKS: u32 = 100;
/// Time after which a full court is asked again.
pub(crate) const COURT_RETRY_BLOCKS: u32 = 10;

/// Values besides agendas that most draws and actions of a block read and write. The block pays for
/// each once, in [`Pallet::base_weight`].
const SHARED_VALUES: [&str; 9] = [
	"Inference::NextRequestId",
	"Inference::PostponedAt",
	"Inference::DrawBatches",
	"Inference::Vacancies",
	"Inference::OpenSeats",
	"Inference::AgendaCursor",
	"Clock::Now",
	"System::Account of the pot",
	"System::Account of the staking pallet",
];

/// Agendas that most actions of a block extend, as distances from now. The block pays for each
/// once, in [`Pallet::base_weight`].
pub(crate) fn shared_agendas<T: Config>() -> [BlockNumber; 5] {
	[1, COURT_RETRY_BLOCKS, T::ChallengeWindow::get(), T::Lifetime::get(), PRUNE_RETRY_BLOCKS]
}

/// State that the actions of a block share, so that the block pays for each part once.
pub(crate) struct BlockContext<T: Config> {
	/// Weight of everything done so far, except that of applying `batch`.
	pub(crate) meter: WeightMeter,
	/// Transfers that follow from settlements.
	pub(crate) batch: SettlementBatch<T>,
}

impl<T: Config> BlockContext<T> {
	pub(crate) fn new(meter: WeightMeter) -> Self {
		Self { meter, batch: SettlementBatch::new() }
	}
}

impl<T: Config> Pallet<T> {
	/// Time of the chain's clock.
	pub(crate) fn now() -> BlockNumberFor<T> {
		T::BlockNumberProvider::current_block_number()
	}

	/// Current block.
	pub(crate) fn block() -> BlockNumberFor<T> {
		frame_system::Pallet::<T>::block_number()
	}

	/// Puts `action` on the first agenda from `from` on that has room. `from` is after now. Returns
	/// whether there is one.
	pub(crate) fn schedule(from: BlockNumberFor<T>, id: RequestId, action: Action) -> bool {
		(0..SCHEDULE_SEARCH_BLOCKS)
			.any(|offset| Agenda::<T>::try_append(from + offset.into(), (id, action)).is_ok())
	}

	/// Weight of a block without draws and actions, and of all values that these share.
	pub(crate) fn base_weight() -> Weight {
		let shared = (SHARED_VALUES.len() + shared_agendas::<T>().len()) as u64;
		T::WeightInfo::begin_block().saturating_add(T::DbWeight::get().reads_writes(shared, shared))
	}

	/// Serves draws and agenda as far as [`Config::AgendaWeight`] allows. Returns the weight spent.
	pub(crate) fn begin_block() -> Weight {
		let mut context = BlockContext::new(WeightMeter::with_limit(T::AgendaWeight::get()));
		context.meter.consume(Self::base_weight());
		let left_draws = Self::service_draws(&mut context);
		let left_actions = Self::service_agenda(&mut context);
		if left_draws || left_actions {
			PostponedAt::<T>::put(Self::block());
		}
		let BlockContext { mut meter, batch } = context;
		meter.consume(batch.weight());
		batch.apply();
		meter.consumed()
	}

	/// Runs the agenda from the cursor up to now. Returns whether it left an action.
	pub(crate) fn service_agenda(context: &mut BlockContext<T>) -> bool {
		let now = Self::now();
		let list = T::WeightInfo::agenda_list();
		let max = Self::max_action_weight();
		let (mut time, mut done) = AgendaCursor::<T>::get();
		let mut left = false;
		'times: while time <= now {
			// Applying the batch takes weight too.
			let reserved = |context: &BlockContext<T>| max.saturating_add(context.batch.weight());
			if !context.meter.can_consume(list.saturating_add(reserved(context))) {
				left = true;
				break;
			}
			context.meter.consume(list);
			for (id, action) in Agenda::<T>::get(time).into_iter().skip(done as usize) {
				if !context.meter.can_consume(reserved(context)) {
					left = true;
					break 'times;
				}
				Self::execute(context, id, action);
				done += 1;
			}
			Agenda::<T>::remove(time);
			(time, done) = (time + One::one(), 0);
		}
		AgendaCursor::<T>::put((time, done));
		left
	}

	fn execute(context: &mut BlockContext<T>, id: RequestId, action: Action) {
		match action {
			Action::Settle => Self::settle_or_audit(context, id),
			Action::Prune => Self::prune(&mut context.meter, id),
			Action::Expire => Self::expire(&mut context.meter, id),
			Action::OpenCourt => Self::retry_court(&mut context.meter, id),
		}
	}

	/// Largest weight of one action.
	pub fn max_action_weight() -> Weight {
		let settle = Self::max_settle_weight();
		let audit = T::WeightInfo::audit().saturating_add(Self::max_open_court_weight());
		let prune = T::WeightInfo::postpone()
			.saturating_add(Self::max_release_weight())
			.saturating_add(Self::max_refund_weight())
			.saturating_add(T::WeightInfo::prune())
			.saturating_add(T::WeightInfo::return_deposit())
			.saturating_add(T::Committees::max_remove_weight());
		let expire = T::WeightInfo::noop().saturating_add(Self::undisputed_refund_weight());
		let court = T::WeightInfo::open_court().saturating_add(Self::max_refund_weight());
		settle.max(audit).max(prune).max(expire).max(court)
	}
}
