//! Draw: seeds from VRF outputs, executors that can be drawn, and the committees drawn from them.

use crate::{pallet::*, tiers, types::*, weights::WeightInfo};
use alloc::{collections::BTreeMap, vec::Vec};
use codec::Encode;
use frame_support::{
	traits::Get,
	weights::{Weight, WeightMeter},
};
use frame_system::pallet_prelude::BlockNumberFor;
use opg_primitives::{domains, FailureReason, ModelId, RequestId};
use pallet_opg_support::{
	sampling::WeightedSampler, Assignment, Committees, ExecutorStake, ModelRegistry,
};
use sp_core::H256;
use sp_io::hashing::blake2_256;
use sp_runtime::traits::{One, SaturatedConversion, Saturating, Zero};

/// Blocks for which a VRF output is kept. A draw finds the outputs that it needs among them.
pub const VRF_HISTORY: u32 = 32;

/// Data that the draws of a block share: the snapshot is decoded once, and laid out once per model.
pub(crate) struct DrawContext<T: Config> {
	snapshot: Vec<(T::AccountId, u128)>,
	samplers: BTreeMap<ModelId, WeightedSampler<T::AccountId>>,
	genesis_hash: H256,
}

impl<T: Config> DrawContext<T> {
	pub(crate) fn new(meter: &mut WeightMeter) -> Self {
		let snapshot = T::Executors::snapshot();
		meter.consume(T::WeightInfo::snapshot(snapshot.len() as u32));
		let genesis_hash = Pallet::<T>::genesis_hash();
		Self { snapshot, samplers: BTreeMap::new(), genesis_hash }
	}

	/// Executors that can be drawn for `model`, with their weights.
	pub(crate) fn sampler(
		&mut self,
		meter: &mut WeightMeter,
		model: ModelId,
	) -> &WeightedSampler<T::AccountId> {
		let Self { snapshot, samplers, .. } = self;
		samplers.entry(model).or_insert_with(|| {
			let serving = T::Models::serving_executors(model);
			let longest = snapshot.len().max(serving.len()) as u32;
			meter.consume(T::WeightInfo::sampler(longest));
			let serves = |who: &T::AccountId| serving.binary_search(who).is_ok();
			WeightedSampler::new(snapshot.iter().filter(|(who, _)| serves(who)).cloned())
		})
	}

	/// Largest weight of a context with one sampler.
	pub(crate) fn max_weight() -> Weight {
		let executors = T::MaxExecutors::get();
		T::WeightInfo::snapshot(executors).saturating_add(T::WeightInfo::sampler(executors))
	}
}

impl<T: Config> Pallet<T> {
	pub(crate) fn genesis_hash() -> H256 {
		frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero())
	}

	/// Number of executors that can be drawn for `model` besides `excluded`.
	pub fn eligible(model: ModelId, excluded: &[&T::AccountId]) -> u32 {
		let mut meter = WeightMeter::new();
		let mut draws = DrawContext::<T>::new(&mut meter);
		draws.sampler(&mut meter, model).count_without(excluded) as u32
	}

	/// Keeps the VRF output of the parent block, and drops the one that is too old.
	pub(crate) fn record_vrf_output(now: BlockNumberFor<T>, output: Option<[u8; 32]>) {
		let parent = now.saturating_sub(One::one());
		if let Some(output) = output {
			VrfOutputs::<T>::insert(parent, output);
		}
		VrfOutputs::<T>::remove(parent.saturating_sub(VRF_HISTORY.into()));
	}

	/// VRF outputs of the first `count` blocks after `since` that have one. `None` where there are
	/// not so many yet: nobody is drawn from anything weaker.
	pub(crate) fn vrf_outputs(since: BlockNumberFor<T>, count: u32) -> Option<Vec<[u8; 32]>> {
		let age: u32 = Self::now().saturating_sub(since).saturated_into();
		let outputs: Vec<_> = (1..age.min(VRF_HISTORY))
			.filter_map(|offset| VrfOutputs::<T>::get(since + offset.into()))
			.take(count as usize)
			.collect();
		(outputs.len() == count as usize).then_some(outputs)
	}

	/// Accounts that cannot be drawn for a request: its parties, and those who had a seat before.
	fn excluded<'a>(
		request: &'a RequestOf<T>,
		past_members: &'a [T::AccountId],
		challenger: Option<&'a T::AccountId>,
	) -> Vec<&'a T::AccountId> {
		let parties = [&request.requester, &request.version.owner];
		past_members.iter().chain(parties).chain(challenger).collect()
	}

	/// Tells whether there are enough executors for a jury. Without one, an answer cannot be
	/// disputed: a dispute would only keep its executors from being paid.
	pub(crate) fn has_jury(
		draws: &mut DrawContext<T>,
		meter: &mut WeightMeter,
		id: RequestId,
		request: &RequestOf<T>,
		challenger: Option<&T::AccountId>,
	) -> bool {
		let past_members = T::Committees::past_members(id);
		let excluded = Self::excluded(request, &past_members, challenger);
		let jury = tiers::committee_spec(request.tier, tiers::JURY);
		let sampler = draws.sampler(meter, request.model);
		sampler.count_without(&excluded) as u32 >= jury.minimum
	}

	/// Status of the jury of a dispute that begins in this block.
	pub(crate) fn jury_status() -> CommitteeStatus<BlockNumberFor<T>> {
		CommitteeStatus::Waiting { round: tiers::JURY, since: Self::now() }
	}

	/// Draws the committee that a request waits for.
	pub(crate) fn draw(draws: &mut DrawContext<T>, meter: &mut WeightMeter, id: RequestId) {
		let Some(mut request) = Requests::<T>::get(id) else {
			return meter.consume(T::WeightInfo::noop());
		};
		let Some(CommitteeStatus::Waiting { round, since }) = request.state.committee().copied()
		else {
			return meter.consume(T::WeightInfo::noop());
		};
		let now = Self::now();
		let Some(outputs) = Self::vrf_outputs(since, tiers::seed_blocks(request.tier)) else {
			let is_overdue = now > since + VRF_HISTORY.into();
			if is_overdue || !Self::schedule(now + One::one(), id, Action::Draw) {
				return Self::refund(meter, id, request, FailureReason::Congested);
			}
			return meter.consume(T::WeightInfo::postpone());
		};
		let past_members = T::Committees::past_members(id);
		let challenger = request.state.challenge().map(|(challenger, _)| challenger);
		let excluded = Self::excluded(&request, &past_members, challenger);
		let spec = tiers::committee_spec(request.tier, round);
		let seed = (domains::DRAW, draws.genesis_hash, outputs, id, request.model, round)
			.using_encoded(blake2_256);
		let sampler = draws.sampler(meter, request.model);
		let committee = sampler.draw(&seed, &excluded, spec.target as usize);
		let earlier_seats = past_members.len() as u32;
		if (committee.len() as u32) < spec.minimum {
			meter.consume(T::WeightInfo::draw(0, earlier_seats));
			return Self::refund(meter, id, request, FailureReason::NotEnoughExecutors);
		}
		meter.consume(T::WeightInfo::draw(committee.len() as u32, earlier_seats));
		let assignment = Assignment {
			request: id,
			round,
			committee: committee.clone(),
			rule: spec.rule,
			model_hash: request.version.model_hash,
			engine_id: request.version.engine_id,
			input_hash: request.input_hash,
			fuel_limit: request.version.fuel_limit,
		};
		if let Err(reason) = T::Committees::open(assignment) {
			return Self::refund(meter, id, request, reason);
		}
		if let Some(status) = request.state.committee_mut() {
			*status = CommitteeStatus::Assigned { round };
		}
		request.drawn_at.get_or_insert(now);
		Requests::<T>::insert(id, request);
		Self::deposit_event(Event::Drawn { request: id, round, committee });
	}
}
