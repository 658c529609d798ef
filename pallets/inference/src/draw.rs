//! Draw: candidates of a round, and the committees drawn from them.
//!
//! The candidates are frozen before the seed can be known: those who serve the model in the session
//! in which the round was fixed, with the stake of that session's snapshot. Whoever cannot sit stays
//! in the permutation and is skipped.

use crate::{
	capacity::{value_of, Capacity, Load, LoadChanges, SeatTerms},
	pallet::*,
	queue::Place,
	tiers,
	types::*,
	weights::WeightInfo,
};
use alloc::{collections::BTreeMap, vec::Vec};
use codec::Encode;
use frame_support::{
	defensive,
	storage::with_storage_layer,
	traits::Get,
	weights::{Weight, WeightMeter},
};
use frame_system::pallet_prelude::BlockNumberFor;
use opg_primitives::{domains, Balance, FailureReason, ModelId, RequestId, RoundIndex, Tier};
use pallet_opg_support::{
	sampling::WeightedSampler, Assignment, Committees, ExecutorStake, ModelRegistry, MAX_COMMITTEE,
};
use sp_core::H256;
use sp_io::hashing::blake2_256;
use sp_runtime::{traits::Zero, DispatchError};

/// Candidates of a model in a session.
pub(crate) struct Candidates<AccountId> {
	sampler: WeightedSampler<AccountId>,
	/// Those who stopped serving since, sorted.
	stopped: Vec<AccountId>,
}

/// Data that the draws of a block share: each snapshot is decoded once, and laid out once per model.
pub(crate) struct DrawContext<T: Config> {
	snapshots: BTreeMap<u32, Vec<(T::AccountId, u128)>>,
	candidates: BTreeMap<(ModelId, u32), Candidates<T::AccountId>>,
	/// Who takes no seat in any model now, sorted; read with the first snapshot.
	suspended: Vec<T::AccountId>,
	/// Slots that operators declared, sorted; read with the first snapshot.
	declared: Vec<(T::AccountId, u32)>,
	/// Own stake of the operators, by session, sorted; read with the snapshot.
	own: BTreeMap<u32, Vec<(T::AccountId, Balance)>>,
	/// Loads of executors, sorted; read with the first snapshot. Draws change them.
	open: Vec<(T::AccountId, Load)>,
	/// Changes of `open` by draws, which [`Self::finish`] stores.
	taken: LoadChanges<T::AccountId>,
	/// What was offered to the last first round. Its seats change it, instead of every draw counting
	/// all candidates again.
	offered: Option<Offer>,
}

/// What candidates offer to first rounds.
struct Offer {
	/// Model and session of the candidates.
	candidates: (ModelId, u32),
	/// Reserve of a seat, in planck.
	reserve: Balance,
	capacity: Capacity,
}

/// What became of a draw.
pub(crate) enum Drawn {
	/// A round was opened.
	Opened,
	/// The draw has to be queued again.
	Late(Tier),
	/// The request does not wait for a draw, or has ended.
	Nothing,
}

impl<T: Config> DrawContext<T> {
	pub(crate) fn new() -> Self {
		Self {
			snapshots: BTreeMap::new(),
			candidates: BTreeMap::new(),
			suspended: Vec::new(),
			declared: Vec::new(),
			own: BTreeMap::new(),
			open: Vec::new(),
			taken: LoadChanges::new(),
			offered: None,
		}
	}

	/// Reads the snapshot of `session`. Returns whether it is kept.
	pub(crate) fn load(&mut self, meter: &mut WeightMeter, session: u32) -> bool {
		if self.snapshots.is_empty() {
			self.suspended = T::Executors::suspended();
			self.declared = T::Executors::declared_slots();
			self.open = OpenSeats::<T>::get().into_inner();
			let longest = self.declared.len().max(self.open.len()) as u32;
			meter.consume(T::WeightInfo::open_seats(longest));
		}
		let Self { snapshots, own, .. } = self;
		let snapshot = snapshots.entry(session).or_insert_with(|| {
			let snapshot = T::Executors::snapshot(session);
			own.insert(session, T::Executors::own_stake(session));
			// The own stake is a list of the same kind and length.
			meter.consume(T::WeightInfo::snapshot(snapshot.len() as u32).saturating_mul(2));
			snapshot
		});
		!snapshot.is_empty()
	}

	/// Candidates for `model` in `session`.
	fn candidates(
		&mut self,
		meter: &mut WeightMeter,
		model: ModelId,
		session: u32,
	) -> &Candidates<T::AccountId> {
		self.load(meter, session);
		let Self { snapshots, candidates, .. } = self;
		candidates.entry((model, session)).or_insert_with(|| {
			let snapshot = snapshots.get(&session).map(Vec::as_slice).unwrap_or_default();
			let serving = T::Models::serving(model, session);
			let longest = snapshot.len().max(serving.candidates.len()) as u32;
			meter.consume(T::WeightInfo::sampler(longest));
			let serves = |who: &T::AccountId| serving.candidates.binary_search(who).is_ok();
			let sampler =
				WeightedSampler::new(snapshot.iter().filter(|(who, _)| serves(who)).cloned());
			Candidates { sampler, stopped: serving.stopped }
		})
	}

	/// Number of executors that can be drawn for `model` in a round that is fixed now, besides
	/// `excluded`.
	pub(crate) fn count(
		&mut self,
		meter: &mut WeightMeter,
		model: ModelId,
		excluded: &[&T::AccountId],
	) -> u32 {
		self.candidates(meter, model, T::Executors::session());
		let Self { candidates, suspended, .. } = self;
		let Some(found) = candidates.get(&(model, T::Executors::session())) else { return 0 };
		found.sampler.count(|who| skips(suspended, found, excluded, who)) as u32
	}

	/// What the candidates for `model` in `session` offer to first rounds whose seats reserve `reserve`
	/// planck, where `pending` seats that are not drawn are spread over them by their weights.
	pub(crate) fn capacity(
		&mut self,
		meter: &mut WeightMeter,
		(model, session): (ModelId, u32),
		pending: u32,
		reserve: Balance,
	) -> Capacity {
		self.candidates(meter, model, session);
		let Self { candidates, suspended, declared, open, own, .. } = self;
		let Some(found) = candidates.get(&(model, session)) else { return Capacity::default() };
		meter.consume(T::WeightInfo::capacity(found.sampler.len() as u32));
		let own = own.get(&session).map(Vec::as_slice).unwrap_or_default();
		let terms = SeatTerms { round: tiers::FIRST, reserve };
		let total = found.sampler.total().max(1);
		let mut capacity = Capacity::default();
		for (who, weight) in found.sampler.members() {
			if skips(suspended, found, &[], who) {
				continue;
			}
			let slots = slots::<T>(declared, who, weight);
			// Weights are of the size of the issuance, numbers of seats of that of blocks.
			let spread = weight.saturating_mul(pending.into()) / total;
			let load = value_of(open, who).unwrap_or_default();
			let own = value_of(own, who).unwrap_or_default();
			capacity.offered = capacity.offered.saturating_add(slots);
			if load.has_room(spread, slots, own, terms) {
				capacity.free = capacity.free.saturating_add(slots);
				capacity.executors += 1;
			}
		}
		capacity
	}

	/// As [`Self::capacity`] without pending seats. Rounds of one model and reserve in turn count once.
	pub(crate) fn offered(
		&mut self,
		meter: &mut WeightMeter,
		candidates: (ModelId, u32),
		reserve: Balance,
	) -> Capacity {
		let known = self.offered.as_ref();
		match known.filter(|offer| offer.candidates == candidates && offer.reserve == reserve) {
			Some(offer) => offer.capacity,
			None => {
				let capacity = self.capacity(meter, candidates, 0, reserve);
				self.offered = Some(Offer { candidates, reserve, capacity });
				capacity
			},
		}
	}

	/// The load of `who` has grown: it may have no room any more.
	fn update_offered(&mut self, who: &T::AccountId, before: Load, after: Load) {
		let Self { candidates, suspended, declared, own, offered, .. } = self;
		let Some(Offer { candidates: of, reserve, capacity }) = offered else { return };
		let Some(found) = candidates.get(of) else { return };
		let weight = found.sampler.weight(who);
		if weight == 0 || skips(suspended, found, &[], who) {
			return;
		}
		let slots = slots::<T>(declared, who, weight);
		let own = own.get(&of.1).map(Vec::as_slice).unwrap_or_default();
		let own = value_of(own, who).unwrap_or_default();
		let terms = SeatTerms { round: tiers::FIRST, reserve: *reserve };
		if before.has_room(0, slots, own, terms) && !after.has_room(0, slots, own, terms) {
			capacity.free = capacity.free.saturating_sub(slots);
			capacity.executors = capacity.executors.saturating_sub(1);
		}
	}

	/// Draws up to `count` executors besides `excluded`. Those without a reserve for the seat, and in
	/// a first round those without a free slot, take no seat.
	pub(crate) fn draw(
		&mut self,
		meter: &mut WeightMeter,
		(model, session): (ModelId, u32),
		terms: SeatTerms,
		seed: &[u8; 32],
		excluded: &[&T::AccountId],
		count: u32,
	) -> Vec<T::AccountId> {
		self.candidates(meter, model, session);
		let Self { candidates, suspended, declared, open, own, .. } = self;
		let Some(found) = candidates.get(&(model, session)) else { return Vec::new() };
		let own = own.get(&session).map(Vec::as_slice).unwrap_or_default();
		let has_room = |who: &T::AccountId| {
			let load = value_of(open, who).unwrap_or_default();
			let slots = slots::<T>(declared, who, found.sampler.weight(who));
			load.has_room(0, slots, value_of(own, who).unwrap_or_default(), terms)
		};
		let skip = |who: &T::AccountId| skips(suspended, found, excluded, who) || !has_room(who);
		found.sampler.draw(seed, skip, count as usize)
	}

	/// Counts the seats of members that were drawn. Returns whether there is room for all; where not,
	/// nothing changes.
	pub(crate) fn take_seats(&mut self, members: &[T::AccountId], terms: SeatTerms) -> bool {
		let new = members.iter().filter(|who| value_of(&self.open, *who).is_none()).count();
		if self.open.len() + new > T::MaxExecutors::get() as usize {
			return false;
		}
		let seat = Load::seat(terms);
		for who in members {
			self.taken.take(who, seat);
			let (before, after) = match self.open.binary_search_by(|(own, _)| own.cmp(who)) {
				Ok(at) => {
					let load = &mut self.open[at].1;
					let before = *load;
					load.add(seat);
					(before, *load)
				},
				Err(at) => {
					self.open.insert(at, (who.clone(), seat));
					(Load::default(), seat)
				},
			};
			self.update_offered(who, before, after);
		}
		true
	}

	/// A seat that counted was given to another executor.
	pub(crate) fn release_seat(&mut self, who: &T::AccountId, terms: SeatTerms) {
		self.taken.release(who, Load::seat(terms));
	}

	/// Stores what the draws have changed. What requests that ended meanwhile have released stays.
	pub(crate) fn finish(self) {
		Pallet::<T>::store_loads(self.taken);
	}

	/// Largest weight of a context with one sampler.
	pub(crate) fn max_weight() -> Weight {
		let executors = T::MaxExecutors::get();
		T::WeightInfo::snapshot(executors)
			.saturating_mul(2)
			.saturating_add(T::WeightInfo::sampler(executors))
			.saturating_add(T::WeightInfo::open_seats(executors))
			.saturating_add(T::WeightInfo::capacity(executors))
	}
}

/// Slots of a candidate with this weight: those of the snapshot, and no more than it declares now.
fn slots<T: Config>(declared: &[(T::AccountId, u32)], who: &T::AccountId, weight: u128) -> u128 {
	let backed = weight / T::Executors::slot_stake().max(1);
	value_of(declared, who).map_or(backed, |own| backed.min(own.into()))
}

/// Tells whether `who` takes no seat. It is skipped then, and never removed from the permutation:
/// that would change the order of the others.
fn skips<AccountId: Ord>(
	suspended: &[AccountId],
	candidates: &Candidates<AccountId>,
	excluded: &[&AccountId],
	who: &AccountId,
) -> bool {
	suspended.binary_search(who).is_ok()
		|| candidates.stopped.binary_search(who).is_ok()
		|| excluded.contains(&who)
}

impl<T: Config> Pallet<T> {
	pub(crate) fn genesis_hash() -> H256 {
		frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero())
	}

	/// Number of executors that could be drawn for `model` now, besides `excluded`.
	pub fn eligible(model: ModelId, excluded: &[&T::AccountId]) -> u32 {
		DrawContext::<T>::new().count(&mut WeightMeter::new(), model, excluded)
	}

	/// What the executors that could be drawn for `model` now offer to requests whose input the chain
	/// carries.
	pub fn capacity(model: ModelId) -> Capacity {
		let candidates = (model, T::Executors::session());
		let pending = PendingSeats::<T>::get(model);
		let version = T::Models::version(model).ok();
		let reserve =
			version.and_then(|version| Self::seat_reserve(&version, FuelPrice::<T>::get(), 0));
		let reserve = reserve.unwrap_or_default();
		DrawContext::<T>::new().capacity(&mut WeightMeter::new(), candidates, pending, reserve)
	}

	/// Accounts that are skipped for a request: its parties, and those who had a seat before.
	pub(crate) fn excluded<'a>(
		request: &'a RequestOf<T>,
		past_members: &'a [T::AccountId],
	) -> Vec<&'a T::AccountId> {
		let challengers = request.challenges.iter().map(|challenge| &challenge.challenger);
		let buyer = match &request.audit {
			Some(AuditOrder::Bought { buyer, .. }) => Some(buyer),
			_ => None,
		};
		past_members
			.iter()
			.chain([&request.requester, &request.version.owner])
			.chain(challengers)
			.chain(buyer)
			.collect()
	}

	/// Status of a committee whose round this block fixes.
	pub(crate) fn waiting(round: RoundIndex) -> CommitteeStatus<BlockNumberFor<T>> {
		CommitteeStatus::Waiting { round, since: Self::block(), session: T::Executors::session() }
	}

	/// Seed of a draw.
	pub(crate) fn draw_seed(
		outputs: &[[u8; 32]],
		id: RequestId,
		model: ModelId,
		round: RoundIndex,
	) -> H256 {
		let seed = (domains::DRAW, Self::genesis_hash(), outputs, id, model, round);
		H256(seed.using_encoded(blake2_256))
	}

	/// Draws the committee that a request waits for.
	pub(crate) fn draw(
		draws: &mut DrawContext<T>,
		meter: &mut WeightMeter,
		id: RequestId,
		outputs: &[[u8; 32]],
	) -> Drawn {
		let noop = T::WeightInfo::noop();
		let Some(mut request) = Requests::<T>::get(id) else {
			meter.consume(noop);
			return Drawn::Nothing;
		};
		let Some(CommitteeStatus::Waiting { round, session, .. }) =
			request.state.committee().copied()
		else {
			meter.consume(noop);
			return Drawn::Nothing;
		};
		if round != tiers::AUDIT && Self::is_expired(&request) {
			meter.consume(noop);
			Self::refund(meter, id, request, FailureReason::Expired);
			return Drawn::Nothing;
		}
		if !draws.load(meter, session) && session != T::Executors::session() {
			// The snapshot is gone: the round is fixed again, in this session.
			meter.consume(noop);
			return Self::postpone_draw(id, request, round);
		}
		let past_members = T::Committees::past_members(id);
		let spec = tiers::committee_spec(request.tier, round);
		let seed = Self::draw_seed(outputs, id, request.model, round);
		let excluded = Self::excluded(&request, &past_members);
		let candidates = (request.model, session);
		let is_first = round == tiers::FIRST;
		let terms = SeatTerms { round, reserve: request.seat_reserve };
		let capacity = if is_first {
			draws.offered(meter, candidates, terms.reserve)
		} else {
			Capacity::default()
		};
		if !capacity.is_enough() {
			// Others were drawn meanwhile, for another model or with luck. It waits for their answers.
			meter.consume(noop);
			return Self::postpone_draw(id, request, round);
		}
		let committee = draws.draw(meter, candidates, terms, &seed.0, &excluded, spec.target);
		meter.consume(T::WeightInfo::draw(committee.len() as u32, past_members.len() as u32));
		if (committee.len() as u32) < spec.minimum {
			if capacity.free < capacity.offered {
				return Self::postpone_draw(id, request, round);
			}
			Self::give_up_draw(meter, id, request, FailureReason::NotEnoughExecutors);
			return Drawn::Nothing;
		}
		let assignment = Assignment {
			request: id,
			round,
			committee: committee.clone(),
			needed: spec.needed,
			seed,
			session,
			model_hash: request.version.model_hash,
			engine_id: request.version.engine_id,
			input_hash: request.input_hash,
			fuel_limit: request.version.limits.fuel,
			output_limit: request.version.limits.output_bytes,
			commit_blocks: Self::commit_blocks(&request.version.limits),
			witnessed: round == tiers::AUDIT,
		};
		let opened: Result<(), DispatchError> = with_storage_layer(|| {
			T::Committees::open(assignment).map_err(|_| DispatchError::Unavailable)?;
			let has_room = draws.take_seats(&committee, terms);
			has_room.then_some(()).ok_or(DispatchError::Unavailable)
		});
		if opened.is_err() {
			return Self::postpone_draw(id, request, round);
		}
		if is_first {
			Self::end_waiting(&request);
		}
		if let Some(status) = request.state.committee_mut() {
			*status = CommitteeStatus::Assigned { round };
		}
		if round != tiers::AUDIT {
			request.seed = Some(seed);
		}
		request.is_escalated |= round == tiers::SECOND;
		let block = Self::block();
		request.drawn_at.get_or_insert(block);
		Requests::<T>::insert(id, request);
		let authors = outputs.len() as u32;
		Self::deposit_event(Event::Drawn { request: id, round, committee, seed, authors });
		Drawn::Opened
	}

	/// Fixes a round again in this block.
	fn postpone_draw(id: RequestId, mut request: RequestOf<T>, round: RoundIndex) -> Drawn {
		let tier = request.tier;
		match request.state.committee_mut() {
			Some(status) => *status = Self::waiting(round),
			None => {
				defensive!("a request that waits for a draw has a committee");
			},
		}
		Requests::<T>::insert(id, request);
		Drawn::Late(tier)
	}

	/// Goes on without the committee that a request waits for: an answer that cannot be audited goes
	/// to the court, a request without an answer fails.
	pub(crate) fn give_up_draw(
		meter: &mut WeightMeter,
		id: RequestId,
		request: RequestOf<T>,
		reason: FailureReason,
	) {
		if request.state.attested().is_some() {
			Self::open_court(meter, id, request);
		} else {
			Self::refund(meter, id, request, reason);
		}
	}

	/// Queues the draw of a round that this block fixes, or goes on without it.
	pub(crate) fn fix_round(meter: &mut WeightMeter, id: RequestId, request: RequestOf<T>) {
		Requests::<T>::insert(id, &request);
		if !Self::queue_draw(id, request.tier, Place::UnderWay) {
			Self::give_up_draw(meter, id, request, FailureReason::Congested);
		}
	}

	/// Largest weight of one draw, with a context of its own.
	pub(crate) fn max_draw_weight() -> Weight {
		T::WeightInfo::noop()
			.saturating_add(DrawContext::<T>::max_weight())
			.saturating_add(T::WeightInfo::draw(MAX_COMMITTEE, tiers::MAX_REQUEST_SEATS))
			.saturating_add(Self::late_draw_weight())
	}

	/// Largest weight of queueing a draw again, or of going on without it.
	pub(crate) fn late_draw_weight() -> Weight {
		T::WeightInfo::postpone().saturating_add(Self::max_open_court_weight())
	}
}
