//! Agenda: schedules steps of requests for a time of the chain's clock, and runs them there.
//!
//! The agenda is served with a cursor: all lists from the oldest that is not done up to now, as far
//! as the weight allows. The rest stays where it is, so the weight is a bound in every state.

#[cfg(any(test, feature = "runtime-benchmarks"))]
use crate::tiers;
use crate::{pallet::*, settlement::SettlementBatch, types::*, weights::WeightInfo};
use alloc::vec::Vec;
use frame_support::{
	traits::Get,
	weights::{Weight, WeightMeter},
};
use frame_system::pallet_prelude::BlockNumberFor;
use opg_primitives::{BlockNumber, RequestId, Tier};
use pallet_opg_support::Committees;
use sp_runtime::traits::{BlockNumberProvider, One};

/// Number of times in which an action looks for a free place.
pub const SCHEDULE_SEARCH_BLOCKS: u32 = 16;
/// Time by which the pruning of a request that is not final is postponed.
pub(crate) const PRUNE_RETRY_BLOCKS: u32 = 100;

/// Values besides agendas and lists of draws that most requests, draws and actions of a block read
/// and write. The block pays for each once, in [`Pallet::base_weight`]. `shared_keys` has those of
/// this pallet.
pub(crate) const SHARED_VALUES: [&str; 14] = [
	"Inference::NextRequestId",
	"Inference::PostponedAt",
	"Inference::DrawBatches",
	"Inference::Vacancies",
	"Inference::OpenSeats",
	"Inference::WaitingDisputes",
	"Inference::AgendaCursor",
	"Inference::VrfOutputs",
	"Inference::FuelOrdered",
	"Inference::FuelPrice",
	"Inference::LastAdmitted",
	"System::Account of the pot",
	"System::Account of the treasury",
	"System::Account of the staking pallet",
];

/// Values that they only read. The block pays for each once too. The snapshots of the session are
/// among those that the staking pallet pays for.
const SHARED_READS: [&str; 4] =
	["Inference::Intake", "Clock::Now", "Babe::Authorities", "Court::Benches of the session"];

/// Tiers, each of which has a list of draws of its own in a block.
const TIERS: [Tier; 3] = [Tier::Optimistic, Tier::Quorum, Tier::High];

/// Agendas that most actions of a block extend, as distances from now. The block pays for each
/// once, in [`Pallet::base_weight`].
pub(crate) fn shared_agendas<T: Config>() -> Vec<BlockNumber> {
	let mut distances = Pallet::<T>::challenge_windows();
	distances.extend([1, T::Lifetime::get(), PRUNE_RETRY_BLOCKS]);
	distances
}

/// Keys of this pallet that a block pays for once, and the accounts of the pot and of the treasury.
#[cfg(any(test, feature = "runtime-benchmarks"))]
pub(crate) fn shared_keys<T: Config>() -> alloc::vec::Vec<alloc::vec::Vec<u8>> {
	let mut keys: alloc::vec::Vec<alloc::vec::Vec<u8>> = alloc::vec![
		NextRequestId::<T>::hashed_key().into(),
		PostponedAt::<T>::hashed_key().into(),
		DrawBatches::<T>::hashed_key().into(),
		Vacancies::<T>::hashed_key().into(),
		OpenSeats::<T>::hashed_key().into(),
		WaitingDisputes::<T>::hashed_key().into(),
		AgendaCursor::<T>::hashed_key().into(),
		VrfOutputs::<T>::hashed_key().into(),
		FuelOrdered::<T>::hashed_key().into(),
		FuelPrice::<T>::hashed_key().into(),
		LastAdmitted::<T>::hashed_key().into(),
		frame_system::Account::<T>::hashed_key_for(Pallet::<T>::pot()),
		frame_system::Account::<T>::hashed_key_for(T::Treasury::get()),
	];
	for tier in TIERS {
		let list = (Pallet::<T>::block(), tiers::seed_authors(tier));
		keys.push(Draws::<T>::hashed_key_for(list));
	}
	for distance in shared_agendas::<T>() {
		keys.push(Agenda::<T>::hashed_key_for(Pallet::<T>::now() + distance.into()));
	}
	keys
}

/// Number of values, lists of draws and agendas that a block pays for once.
pub(crate) fn shared_count<T: Config>() -> usize {
	SHARED_VALUES.len() + TIERS.len() + shared_agendas::<T>().len()
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
	pub fn base_weight() -> Weight {
		let (shared, read) = (shared_count::<T>() as u64, SHARED_READS.len() as u64);
		let database = T::DbWeight::get().reads_writes(shared + read, shared);
		T::WeightInfo::begin_block().saturating_add(database)
	}

	/// Serves draws, disputes and agenda as far as [`Config::AgendaWeight`] allows. Returns the weight spent.
	pub(crate) fn begin_block() -> Weight {
		let mut context = BlockContext::new(WeightMeter::with_limit(T::AgendaWeight::get()));
		context.meter.consume(Self::base_weight());
		Self::end_drain(&mut context.meter);
		let left_draws = Self::service_draws(&mut context);
		Self::service_disputes(&mut context.meter);
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
			Action::Prune => Self::prune(context, id),
			Action::Expire => Self::expire(&mut context.meter, id),
			Action::Convene => Self::convene(&mut context.meter, id),
			Action::EndHolding => Self::end_holding(&mut context.meter, id),
			Action::Dismiss => Self::dismiss(context, id),
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
			.saturating_add(T::Committees::max_remove_weight())
			.saturating_add(Self::max_dismiss_weight());
		// What expires can have an input that nobody holds.
		let expire = Self::max_end_holding_weight();
		settle.max(audit).max(prune).max(expire).max(Self::max_convene_weight())
	}
}
