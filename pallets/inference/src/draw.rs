//! Who executes a request.

use crate::{pallet::*, tiers, types::*, weights::WeightInfo};
use alloc::{collections::BTreeMap, vec::Vec};
use codec::Encode;
use frame_support::{traits::Get, weights::Weight};
use frame_system::pallet_prelude::BlockNumberFor;
use opg_primitives::{ModelId, RequestId};
use pallet_opg_support::{
	draw::Urn, Assignment, Committees, ExecutorPools, FailureReason, ModelRegistry,
};
use sp_core::H256;
use sp_io::hashing::blake2_256;
use sp_runtime::traits::{One, SaturatedConversion, Saturating, Zero};

/// VRF outputs that are kept: a draw finds those it needs among them.
pub const KEPT_OUTPUTS: u32 = 32;

/// What the draws of one block share: the snapshot is decoded once, and laid out once per model.
pub(crate) struct Lots<T: Config> {
	snapshot: Vec<(T::AccountId, u128)>,
	urns: BTreeMap<ModelId, Urn<T::AccountId>>,
	genesis: H256,
	cost: Weight,
}

impl<T: Config> Lots<T> {
	pub(crate) fn new() -> Self {
		let genesis = frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero());
		let snapshot = T::Pools::snapshot();
		let cost = T::WeightInfo::snapshot(snapshot.len() as u32);
		Self { snapshot, urns: BTreeMap::new(), genesis, cost }
	}

	/// Executors that can be drawn for `model`, with their weight.
	pub(crate) fn urn(&mut self, model: ModelId) -> &Urn<T::AccountId> {
		let Self { snapshot, urns, cost, .. } = self;
		urns.entry(model).or_insert_with(|| {
			let servers = T::Models::servers(model);
			*cost += T::WeightInfo::urn(snapshot.len().max(servers.len()) as u32);
			let serves = |who: &T::AccountId| servers.binary_search(who).is_ok();
			Urn::new(snapshot.iter().filter(|(who, _)| serves(who)).cloned())
		})
	}

	/// What reading the snapshot and laying out the urns cost.
	pub(crate) fn cost(&self) -> Weight {
		self.cost
	}
}

impl<T: Config> Pallet<T> {
	/// The most that [`Lots`] with one urn cost.
	pub(crate) fn most_of_lots() -> Weight {
		let executors = T::MaxExecutors::get();
		T::WeightInfo::snapshot(executors).saturating_add(T::WeightInfo::urn(executors))
	}

	/// How many executors can be drawn for `model` besides `excluded`.
	pub fn eligible(model: ModelId, excluded: &[&T::AccountId]) -> u32 {
		Lots::<T>::new().urn(model).count_without(excluded) as u32
	}

	/// Keep the VRF output of the parent block.
	pub(crate) fn note_output(now: BlockNumberFor<T>, output: Option<[u8; 32]>) {
		let parent = now.saturating_sub(One::one());
		if let Some(output) = output {
			Outputs::<T>::insert(parent, output);
		}
		Outputs::<T>::remove(parent.saturating_sub(KEPT_OUTPUTS.into()));
	}

	/// The VRF outputs of the first `count` blocks after `since` that have one. `None` where there
	/// are not so many yet: nobody is drawn from anything weaker.
	pub(crate) fn outputs(since: BlockNumberFor<T>, count: u32) -> Option<Vec<[u8; 32]>> {
		let now = frame_system::Pallet::<T>::block_number();
		let age: u32 = now.saturating_sub(since).saturated_into();
		let outputs: Vec<_> = (1..age.min(KEPT_OUTPUTS))
			.filter_map(|offset| Outputs::<T>::get(since + offset.into()))
			.take(count as usize)
			.collect();
		(outputs.len() == count as usize).then_some(outputs)
	}

	/// Draw the committee that `id` waits for. Returns what it cost besides `lots`.
	pub(crate) fn draw(lots: &mut Lots<T>, id: RequestId) -> Weight {
		let Some(mut request) = Requests::<T>::get(id) else { return T::WeightInfo::look_up() };
		let tier = request.tier;
		let Some(Phase::Waiting { round, since }) = request.state.phase_mut().copied() else {
			return T::WeightInfo::look_up();
		};
		let now = frame_system::Pallet::<T>::block_number();
		let Some(outputs) = Self::outputs(since, tiers::seed_blocks(tier)) else {
			let late = now > since + KEPT_OUTPUTS.into();
			if late || !Self::schedule(now + One::one(), id, Action::Draw) {
				return Self::undecided(id, request, FailureReason::Congested);
			}
			return T::WeightInfo::postpone();
		};
		let sat = T::Committees::sat(id);
		let mut excluded: Vec<&T::AccountId> = sat.iter().collect();
		excluded.extend([&request.requester, &request.version.owner]);
		if let State::Disputed { doubt: Doubt::Challenge { challenger, .. }, .. } = &request.state {
			excluded.push(challenger);
		}
		let seats = tiers::seats(tier, round);
		let seed = (b"opg/draw/v1", lots.genesis, outputs, id, request.model, round)
			.using_encoded(blake2_256);
		let committee = lots.urn(request.model).draw(&seed, &excluded, seats.wanted as usize);
		if (committee.len() as u32) < seats.least {
			let end = Self::undecided(id, request, FailureReason::NotEnoughExecutors);
			return T::WeightInfo::draw(0, sat.len() as u32).saturating_add(end);
		}
		let cost = T::WeightInfo::draw(committee.len() as u32, sat.len() as u32);
		let assignment = Assignment {
			request: id,
			round,
			committee: committee.clone(),
			rule: seats.rule,
			model: request.version.hash,
			engine: request.version.engine,
			input: request.input,
			fuel_limit: request.version.max_fuel,
		};
		if let Err(reason) = T::Committees::open(assignment) {
			return cost.saturating_add(Self::undecided(id, request, reason));
		}
		if let Some(phase) = request.state.phase_mut() {
			*phase = Phase::Assigned { round };
		}
		request.drawn_at.get_or_insert(now);
		Requests::<T>::insert(id, request);
		Self::deposit_event(Event::Drawn { request: id, round, committee });
		cost
	}
}
