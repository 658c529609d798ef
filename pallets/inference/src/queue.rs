//! Queue of draws: VRF outputs of the last blocks, and the batches of draws that wait for them.
//!
//! A batch is served in the block in which the outputs of its seed are complete. What such a block
//! does not do is late, and takes outputs of later blocks: nobody draws from known ones.

use crate::{
	agenda::BlockContext,
	draw::{DrawContext, Drawn},
	pallet::*,
	tiers,
	types::*,
	weights::WeightInfo,
};
use alloc::vec::Vec;
use frame_support::{
	defensive,
	traits::Get,
	weights::{Weight, WeightMeter},
};
use frame_system::pallet_prelude::BlockNumberFor;
use opg_primitives::{FailureReason, RequestId, Tier};
use pallet_opg_support::{BlockRandomness, VrfOutput};
use sp_runtime::traits::Saturating;

/// Blocks for which a VRF output is kept: no seed needs an older one.
pub const VRF_HISTORY: u32 = tiers::MAX_SEED_BLOCKS;

/// Largest number of batches: of each of the last blocks one for each number of authors, and room
/// for late ones.
pub const MAX_DRAW_BATCHES: u32 = 4 * VRF_HISTORY;

/// VRF outputs of recent blocks, in the order of the blocks.
pub(crate) type Outputs<T> = [(BlockNumberFor<T>, VrfOutput)];

/// Place in the queue that a draw takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
	/// That of a new request. It leaves half of a batch to those that are under way.
	New,
	/// That of a request which is under way.
	UnderWay,
}

impl<T: Config> Pallet<T> {
	/// Keeps the VRF output of this block, and drops those that are too old.
	pub(crate) fn record_vrf_output(output: Option<VrfOutput>) {
		let block = Self::block();
		VrfOutputs::<T>::mutate(|outputs| {
			outputs.retain(|(of, _)| block.saturating_sub(*of) < VRF_HISTORY.into());
			if let Some(output) = output {
				if outputs.try_push((block, output)).is_err() {
					defensive!("there are no more outputs than blocks");
				}
			}
		});
	}

	/// First outputs of `authors` different authors in blocks after `since`, in the order of the
	/// blocks. Where [`tiers::MAX_SEED_BLOCKS`] blocks bring fewer, those that there are, at least
	/// one. `None` where they are not complete.
	pub(crate) fn seed_outputs(
		outputs: &Outputs<T>,
		since: BlockNumberFor<T>,
		authors: u32,
	) -> Option<Vec<[u8; 32]>> {
		let mut seen = Vec::new();
		let mut found = Vec::new();
		for (_, VrfOutput { output, author }) in outputs.iter().filter(|(of, _)| *of > since) {
			if !seen.contains(author) {
				seen.push(*author);
				found.push(*output);
			}
			if found.len() == authors as usize {
				return Some(found);
			}
		}
		let is_over = Self::block() >= since + tiers::MAX_SEED_BLOCKS.into();
		(is_over && !found.is_empty()).then_some(found)
	}

	/// Queues the draw of a request whose round this block fixes. Returns whether there is room.
	pub(crate) fn queue_draw(id: RequestId, tier: Tier, place: Place) -> bool {
		let (block, authors) = (Self::block(), tiers::seed_authors(tier));
		let is_known = DrawBatches::<T>::get()
			.iter()
			.any(|batch| batch.queued_at == block && batch.authors == authors);
		if !is_known {
			let batch = DrawBatch { queued_at: block, authors, since: block, done: 0 };
			if DrawBatches::<T>::try_append(batch).is_err() {
				return false;
			}
		}
		let queued = Draws::<T>::decode_len((block, authors)).unwrap_or_default() as u32;
		let room = match place {
			Place::New => T::MaxAgenda::get() / 2,
			Place::UnderWay => T::MaxAgenda::get(),
		};
		queued < room && Draws::<T>::try_append((block, authors), id).is_ok()
	}

	/// Weight that draws can spend in a block, what the block spends anyway included.
	pub(crate) fn draw_budget() -> Weight {
		T::AgendaWeight::get() / 2
	}

	/// Puts all draws off that wait, in a block that does none: outputs of later blocks seed them.
	pub(crate) fn postpone_draws() -> Weight {
		let block = Self::block();
		DrawBatches::<T>::mutate(|batches| {
			batches.iter_mut().for_each(|batch| batch.since = block);
		});
		Self::base_weight()
	}

	/// Gives vacant seats away, and serves the batches whose outputs are complete, as far as weight
	/// and [`Config::MaxDraws`] allow. Returns whether it left one that could have been done.
	pub(crate) fn service_draws(context: &mut BlockContext<T>) -> bool {
		let block = Self::block();
		let batches = DrawBatches::<T>::get();
		if batches.is_empty() && Vacancies::<T>::decode_len().unwrap_or_default() == 0 {
			return false;
		}
		let outputs = VrfOutputs::<T>::get();
		let spent = context.meter.consumed();
		let mut meter = WeightMeter::with_consumed_and_limit(spent, Self::draw_budget());
		let mut draws = DrawContext::new();
		// Rounds that are open have less time than those to come.
		let (unfilled, mut late) = Self::service_vacancies(&mut draws, &mut meter);
		let (mut opened, mut again) = (0, Vec::new());
		let mut kept = Vec::with_capacity(batches.len());
		for mut batch in batches {
			// A set with fewer authors than a tier asks for cannot bring more.
			let authors = batch.authors.min(T::Randomness::authors().max(1));
			match Self::seed_outputs(&outputs, batch.since, authors) {
				None => {
					// The window of the seed is over without any output: another begins.
					if block >= batch.since + tiers::MAX_SEED_BLOCKS.into() {
						batch.since = block;
					}
					kept.push(batch);
				},
				Some(seed) => {
					let is_done = Self::service_batch(
						&mut draws,
						&mut meter,
						&mut batch,
						&seed,
						&mut opened,
						&mut again,
					);
					if !is_done {
						batch.since = block;
						late = true;
						kept.push(batch);
					}
				},
			}
		}
		draws.finish();
		DrawBatches::<T>::put(frame_support::BoundedVec::truncate_from(kept));
		for (id, tier) in again {
			Self::queue_again(id, tier);
		}
		Self::leave_unfilled(unfilled);
		context.meter =
			WeightMeter::with_consumed_and_limit(meter.consumed(), context.meter.limit());
		late
	}

	/// Draws the committees of a batch. Returns whether all are done.
	fn service_batch(
		draws: &mut DrawContext<T>,
		meter: &mut WeightMeter,
		batch: &mut DrawBatch<BlockNumberFor<T>>,
		seed: &[[u8; 32]],
		opened: &mut u32,
		again: &mut Vec<(RequestId, Tier)>,
	) -> bool {
		let list = T::WeightInfo::draw_list();
		let max = Self::max_draw_weight();
		if !meter.can_consume(list.saturating_add(max)) || *opened >= T::MaxDraws::get() {
			return false;
		}
		meter.consume(list);
		let key = (batch.queued_at, batch.authors);
		let ids = Draws::<T>::get(key);
		for id in ids.iter().skip(batch.done as usize) {
			if !meter.can_consume(max) || *opened >= T::MaxDraws::get() {
				return false;
			}
			match Self::draw(draws, meter, *id, seed) {
				Drawn::Opened => *opened += 1,
				Drawn::Late(tier) => {
					meter.consume(Self::late_draw_weight());
					again.push((*id, tier));
				},
				Drawn::Nothing => {},
			}
			batch.done += 1;
		}
		Draws::<T>::remove(key);
		true
	}

	/// Queues a draw again whose snapshot is gone, or for whose round there was no room. Its weight,
	/// [`Self::late_draw_weight`], is spent already.
	fn queue_again(id: RequestId, tier: Tier) {
		if Self::queue_draw(id, tier, Place::UnderWay) {
			return;
		}
		if let Some(request) = Requests::<T>::get(id) {
			let meter = &mut WeightMeter::new();
			Self::give_up_draw(meter, id, request, FailureReason::Congested);
		}
	}
}
