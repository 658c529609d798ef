//! Requests on their way: every block carries new requests, the commitments of earlier ones, the
//! reveals of still earlier ones, and what the chain itself draws, settles and prunes.

use crate::{
	chain::{Author, Genesis, Pushed},
	client,
	people::{Account, Executor, BOND, ENGINE, FUNDS},
};
use frame_support::{dispatch::DispatchClass, BoundedVec};
use opg_primitives::{
	commitment, input_hash,
	registry::{VersionNumber, MAX_VERSIONS},
	Answer, BatchKind, CommitmentContext, ModelId, Outcome, RequestId, RoundIndex, Tier,
	VersionLimits,
};
use opg_runtime::{
	constants::{CHALLENGE_WINDOW, MAX_AGENDA, OPG, SESSION_SLOTS},
	Runtime, RuntimeCall, RuntimeEvent,
};
use pallet_opg_attestation::{Call as Attestation, Event as Attested, Item, RevealedAnswer};
use pallet_opg_inference::{tiers, Call as Inference, Event as Inferred};
use pallet_opg_models::{Call as Models, Event as Modelled, Release};
use sp_core::H256;
use sp_keyring::Sr25519Keyring;
use std::collections::{HashMap, VecDeque};

/// Most items of a batch.
const BATCH: usize = pallet_opg_attestation::MAX_BATCH as usize;
/// Fuel limit of the models: that of the digit model of the demonstration.
const FUEL_LIMIT: u64 = 15_274_892;
/// Length of an input in bytes: an image of 28 × 28 floats, as the digit model takes.
pub const INPUT_BYTES: usize = 28 * 28 * 4 + 16;
/// Length of an output in bytes: ten floats.
pub const OUTPUT_BYTES: usize = 10 * 4 + 16;
const SALT: [u8; 32] = [7; 32];
/// Digest of the report on each model: any, as nobody makes one.
const REPORT: H256 = H256::repeat_byte(2);
/// Requests per block while the weight of one is measured.
const FEW: u32 = 150;
/// Accounts that ask.
const REQUESTERS: u32 = 1_000;

/// A chain to be measured.
#[derive(Clone, Copy)]
pub struct Case {
	/// Executors of equal stake, all of whom serve all models.
	pub executors: u32,
	/// Models, which are asked in turn.
	pub models: u32,
	/// Blocks for which an executor waits to fill a batch.
	pub patience: u32,
	/// Requests in one transaction, of one requester for one model.
	pub together: u32,
}

impl Case {
	/// Blocks from a request to its answer where no block is full: until the draw, the commitments
	/// and the reveals, with the wait for each.
	pub fn latency(&self) -> u32 {
		3 + 2 * self.patience
	}

	/// Inferences per block that the runtime's limits let in, in the long run, with batches as
	/// large as the executors can make them; and the limit that binds: length of the block, the
	/// agenda, on which a request is three times, or weight.
	pub fn capacity(&self, wasm: &client::Executor) -> (u32, &'static str) {
		// Some two percent of the answers are audited by three more.
		let seats = 3.0 + 0.02 * 3.0;
		let most = self.by_length(seats, BATCH);
		let items = 2.0 * most * f64::from(1 + self.patience) / f64::from(self.executors);
		let limits = [
			(self.by_length(seats, (items as usize).clamp(1, BATCH)), "length"),
			(f64::from(MAX_AGENDA) / 3.0, "agenda"),
			(self.by_weight(wasm), "weight"),
		];
		// The block in which a session begins has only the room that is reserved, as
		// `pallet-session` says that it weighs all there is. Batches do not fill a block to the
		// last, and what waited then catches up.
		let part = 0.96 * (1.0 - 1.0 / SESSION_SLOTS as f64);
		limits
			.map(|(count, name)| ((part * count) as u32, name))
			.into_iter()
			.min()
			.expect("there are three")
	}

	/// Inferences that fill a block. The weight of one is seen from blocks that are far from full,
	/// in which nothing is pruned yet.
	fn by_weight(&self, wasm: &client::Executor) -> f64 {
		use pallet_opg_inference::WeightInfo as _;
		let (mut pipeline, _) = Pipeline::new(*self, wasm);
		let warm = self.latency() + CHALLENGE_WINDOW + 6;
		(0..warm).for_each(|_| {
			pipeline.step(FEW);
		});
		let mut full = Vec::new();
		for _ in 0..SESSION_SLOTS {
			pipeline.step(FEW);
			full.push(pipeline.author.fullness()[2]);
		}
		// A session begins in one of these blocks: it is more than full.
		full.sort_by(f64::total_cmp);
		full.pop();
		let each = full.iter().sum::<f64>() / full.len() as f64 / f64::from(FEW);
		let budget = <Runtime as frame_system::Config>::BlockWeights::get().max_block;
		let prune = pallet_opg_inference::weights::SubstrateWeight::<Runtime>::prune();
		1.0 / (each + prune.ref_time() as f64 / budget.ref_time() as f64)
	}

	/// Number of inferences that the length of a block lets in, with `seats` for each and batches of
	/// `items`.
	fn by_length(&self, seats: f64, items: usize) -> f64 {
		let executor = Executor::new(0);
		let (genesis, parent, seed) = (H256::zero(), (1, H256::zero()), H256::zero());
		let commitments: Vec<_> = (0..items as u64)
			.map(|request| Item { request, round: 0, seed, payload: H256::zero() })
			.collect();
		let reveals: Vec<_> = (0..items as u64)
			.map(|request| Item { request, round: 0, seed, payload: revealed(0) })
			.collect();
		let extrinsics = [
			(
				Account::derived("requester", 0).sign(genesis, requests(0, self.together)),
				1.0 / f64::from(self.together),
			),
			(
				executor.batch(
					BatchKind::Commit,
					genesis,
					parent,
					commitments,
					|batch, signature| Attestation::commit { batch, signature },
				),
				seats / items as f64,
			),
			(
				executor.batch(BatchKind::Reveal, genesis, parent, reveals, |batch, signature| {
					Attestation::reveal { batch, signature }
				}),
				seats / items as f64,
			),
		];
		let lengths = <Runtime as frame_system::Config>::BlockLength::get();
		let bytes: f64 = extrinsics
			.iter()
			.map(|(extrinsic, count)| count * codec::Encode::encoded_size(extrinsic) as f64)
			.sum();
		f64::from(*lengths.max.get(DispatchClass::Normal)) / bytes
	}
}

/// Counts of a block, or of several.
#[derive(Clone, Copy, Default)]
pub struct Tally {
	pub requested: u32,
	pub drawn: u32,
	pub attested: u32,
	pub audited: u32,
	pub settled: u32,
	pub pruned: u32,
	/// Batches of commitments and reveals, and what was in them.
	pub batches: u32,
	pub items: u32,
}

impl Tally {
	pub fn add(self, other: Self) -> Self {
		Self {
			requested: self.requested + other.requested,
			drawn: self.drawn + other.drawn,
			attested: self.attested + other.attested,
			audited: self.audited + other.audited,
			settled: self.settled + other.settled,
			pruned: self.pruned + other.pruned,
			batches: self.batches + other.batches,
			items: self.items + other.items,
		}
	}
}

/// A seat that has something to send.
#[derive(Clone, Copy)]
struct Seat {
	request: RequestId,
	round: RoundIndex,
	/// Seed of the round.
	seed: H256,
	/// Block since which it could.
	since: u32,
}

/// A committee that commits.
struct Committee {
	members: Vec<usize>,
	uncommitted: usize,
	seed: H256,
}

/// Requesters and executors at work on a chain.
pub struct Pipeline {
	pub author: Author,
	case: Case,
	requesters: Vec<Account>,
	executors: Vec<Executor>,
	places: HashMap<opg_runtime::AccountId, usize>,
	to_commit: Vec<VecDeque<Seat>>,
	to_reveal: Vec<VecDeque<Seat>>,
	committees: HashMap<(RequestId, RoundIndex), Committee>,
	models: HashMap<RequestId, ModelId>,
	/// Transactions with requests.
	asked: u32,
	/// Requests that blocks had no room for.
	owed: u32,
	input_hash: H256,
	/// Everything so far.
	pub total: Tally,
}

fn answer() -> Answer {
	let output = BoundedVec::truncate_from(vec![4; OUTPUT_BYTES]);
	Answer { outcome: Outcome::Output(output), fuel: FUEL_LIMIT / 2 }
}

fn revealed(round: RoundIndex) -> RevealedAnswer {
	RevealedAnswer { answer: answer(), witness: witness(round), salt: SALT }
}

/// Auditors bind themselves to a witness. Nothing looks at it while all have the same.
fn witness(round: RoundIndex) -> Option<H256> {
	(round == tiers::AUDIT).then(|| H256::repeat_byte(4))
}

fn input() -> opg_primitives::Input {
	BoundedVec::truncate_from(vec![1; INPUT_BYTES])
}

fn model_hash(model: ModelId) -> H256 {
	H256::from_low_u64_be(u64::from(model) + 1)
}

/// `count` requests in one call.
fn requests(model: ModelId, count: u32) -> RuntimeCall {
	let request = RuntimeCall::Inference(Inference::request {
		model,
		input: input(),
		tier: Tier::Quorum,
		max_fee: 10 * OPG,
		max_royalty: OPG,
		reference: H256::zero(),
		deadline: None,
		fuel_limit: None,
	});
	if count == 1 {
		return request;
	}
	RuntimeCall::Utility(pallet_utility::Call::batch_all { calls: vec![request; count as usize] })
}

impl Pipeline {
	/// A chain with models that are served. Also returns its genesis, to import it elsewhere.
	pub fn new(case: Case, wasm: &client::Executor) -> (Self, Genesis) {
		let requesters: Vec<_> =
			(0..REQUESTERS).map(|index| Account::derived("requester", index)).collect();
		let mut executors: Vec<_> = (0..case.executors).map(Executor::new).collect();
		let others = executors.get(3..).unwrap_or_default();
		let genesis = Genesis::new(
			wasm,
			requesters
				.iter()
				.map(Account::id)
				.chain(others.iter().map(|executor| executor.id.clone()))
				.map(|who| (who, FUNDS)),
			others.iter().map(|executor| (executor.id.clone(), BOND, executor.key())),
			case.models,
		);
		let mut author = Author::new(&genesis);
		set_up(&mut author, case.models, &mut executors);
		let places =
			executors.iter().enumerate().map(|(at, executor)| (executor.id.clone(), at)).collect();
		let queues = || executors.iter().map(|_| VecDeque::new()).collect();
		let pipeline = Self {
			case,
			requesters,
			places,
			to_commit: queues(),
			to_reveal: queues(),
			executors,
			author,
			committees: HashMap::new(),
			models: HashMap::new(),
			asked: 0,
			owed: 0,
			input_hash: input_hash(&input()),
			total: Tally::default(),
		};
		(pipeline, genesis)
	}

	/// Requests without an answer.
	fn unanswered(&self) -> u32 {
		self.total.requested - self.total.attested
	}

	/// Write a block with `rate` more requests, or a few more where an earlier one had no room for
	/// its own, and with everything that executors have to send. Whatever has no room waits, and
	/// where too many wait for an answer, so do requests.
	pub fn step(&mut self, rate: u32) -> Tally {
		self.owed = (self.owed + rate).min(2 * rate);
		let most = rate * (6 + self.case.latency());
		let requests = self.owed.min(rate + rate / 16).min(most.saturating_sub(self.unanswered()));
		let Self { author, executors, requesters, case, to_commit, to_reveal, .. } = self;
		let (models, asked, input_hash, genesis) =
			(&self.models, &mut self.asked, self.input_hash, author.genesis);
		let parent = author.height;
		let named = (parent, author.best);
		let mut tally = Tally::default();
		let context = |seat: &Seat, executor: &Executor| CommitmentContext {
			genesis,
			request: seat.request,
			round: seat.round,
			seed: seat.seed,
			executor: executor.id.clone(),
			model_hash: model_hash(models[&seat.request]),
			engine_id: ENGINE,
			input_hash,
		};
		// Each executor has its turn, so that not all send in the same block.
		let ready = |at: usize, queue: &VecDeque<Seat>| {
			let turn = (parent + at as u32).is_multiple_of(case.patience + 1);
			queue.len() >= BATCH
				|| queue.front().is_some_and(|seat| turn || seat.since + case.patience < parent)
		};
		let events = author.author(|push| {
			let mut left = requests;
			while left > 0 {
				let requester = &mut requesters[(*asked % REQUESTERS) as usize];
				let count = left.min(case.together);
				let call = self::requests(*asked % case.models, count);
				if push(requester.sign(genesis, call)) == Pushed::Full {
					requester.take_back();
					break;
				}
				*asked += 1;
				left -= count;
			}
			for (kind, queues) in [(BatchKind::Reveal, to_reveal), (BatchKind::Commit, to_commit)] {
				// Who has waited longest sends first.
				let mut order: Vec<_> = (0..executors.len()).collect();
				order.sort_by_key(|at| queues[*at].front().map(|seat| seat.since));
				let mut full = false;
				for at in order {
					let (executor, queue) = (&executors[at], &mut queues[at]);
					while !full && ready(at, queue) {
						let seats: Vec<_> = queue.iter().take(BATCH).copied().collect();
						let extrinsic = match kind {
							BatchKind::Commit => {
								let items = seats.iter().map(|seat| {
									let context = context(seat, executor);
									let Seat { request, round, seed, .. } = *seat;
									let witness = witness(round);
									let payload = commitment(&context, &answer(), witness, &SALT);
									Item { request, round, seed, payload }
								});
								executor.batch(kind, genesis, named, items.collect(), |b, s| {
									Attestation::commit { batch: b, signature: s }
								})
							},
							_ => {
								let items = seats.iter().map(|seat| {
									let Seat { request, round, seed, .. } = *seat;
									Item { request, round, seed, payload: revealed(round) }
								});
								executor.batch(kind, genesis, named, items.collect(), |b, s| {
									Attestation::reveal { batch: b, signature: s }
								})
							},
						};
						full = push(extrinsic) == Pushed::Full;
						if !full {
							queue.drain(..seats.len());
							tally.batches += 1;
							tally.items += seats.len() as u32;
						}
					}
				}
			}
		});
		self.note(events, &mut tally);
		self.total = self.total.add(tally);
		self.owed -= tally.requested.min(self.owed);
		tally
	}

	/// Take note of what happened in the block. Nothing may go wrong.
	fn note(&mut self, events: Vec<RuntimeEvent>, tally: &mut Tally) {
		let since = self.author.height;
		for event in events {
			match event {
				RuntimeEvent::Inference(Inferred::Requested { request, model, .. }) => {
					self.models.insert(request, model);
					tally.requested += 1;
				},
				RuntimeEvent::Inference(Inferred::Drawn {
					request,
					round,
					committee,
					seed,
					..
				}) => {
					let members: Vec<_> = committee.iter().map(|who| self.places[who]).collect();
					for at in &members {
						self.to_commit[*at].push_back(Seat { request, round, seed, since });
					}
					let uncommitted = members.len();
					self.committees
						.insert((request, round), Committee { members, uncommitted, seed });
					tally.drawn += 1;
				},
				RuntimeEvent::Attestation(Attested::Committed { request, round, .. }) => {
					let committee =
						self.committees.get_mut(&(request, round)).expect("who commits was drawn");
					committee.uncommitted -= 1;
					if committee.uncommitted == 0 {
						for at in &committee.members {
							let seed = committee.seed;
							self.to_reveal[*at].push_back(Seat { request, round, seed, since });
						}
						self.committees.remove(&(request, round));
					}
				},
				RuntimeEvent::Inference(Inferred::Attested { .. }) => tally.attested += 1,
				RuntimeEvent::Inference(Inferred::Audited { .. }) => tally.audited += 1,
				RuntimeEvent::Inference(Inferred::Settled { .. }) => tally.settled += 1,
				RuntimeEvent::Inference(Inferred::Pruned { request, .. }) => {
					self.models.remove(&request);
					tally.pruned += 1;
				},
				RuntimeEvent::Attestation(Attested::Revealed { .. }) => {},
				event @ (RuntimeEvent::Inference(_)
				| RuntimeEvent::Attestation(_)
				| RuntimeEvent::System(frame_system::Event::ExtrinsicFailed { .. })) => {
					panic!("block {since}: {event:?}")
				},
				_ => {},
			}
		}
	}

	/// Requests that are not final.
	pub fn open(&self) -> u32 {
		self.total.requested - self.total.settled
	}

	/// Write blocks without requests until all are settled.
	pub fn drain(&mut self) {
		for _ in 0..100 {
			if self.open() == 0 {
				break;
			}
			self.step(0);
		}
		let Tally { requested, attested, settled, .. } = self.total;
		assert_eq!((attested, settled), (requested, requested), "all are attested and settled");
	}
}

/// Register the models of Dave, and let all executors serve all of them.
fn set_up(author: &mut Author, models: u32, executors: &mut [Executor]) {
	let mut dave = Account::keyring(Sr25519Keyring::Dave);
	let all: Vec<ModelId> = (0..models).collect();
	let batches = |call: &dyn Fn(ModelId) -> Models<Runtime>| -> Vec<RuntimeCall> {
		all.chunks(100)
			.map(|models| models.iter().map(|model| RuntimeCall::Models(call(*model))).collect())
			.map(|calls| RuntimeCall::Utility(pallet_utility::Call::batch_all { calls }))
			.collect()
	};
	let register = |model| Models::register {
		model_hash: model_hash(model),
		size: 100_000,
		name: BoundedVec::truncate_from(format!("digits-{}", model / MAX_VERSIONS).into_bytes()),
		engine_id: ENGINE,
		dims: Default::default(),
		limits: VersionLimits::inline(FUEL_LIMIT, FUEL_LIMIT, 512),
		royalty: OPG / 10,
		report_hash: REPORT,
		release: Box::new(Release {
			number: VersionNumber::new(1, model, 0),
			licence: None,
			tokenizer: None,
			generation: None,
		}),
		salt: None,
	};
	let mut served = send(author, &mut [&mut dave], batches(&register));
	let mut accounts: Vec<_> = executors.iter_mut().map(|executor| &mut executor.account).collect();
	served +=
		send(author, &mut accounts, batches(&|model| Models::serve { model, report_hash: REPORT }));
	// Who began to serve can be drawn from the session on that is planned next.
	(0..2 * SESSION_SLOTS).for_each(|_| drop(author.author(|_| ())));
	assert_eq!(served, models * (executors.len() as u32 + 1), "all models are served");
}

/// Let each of `accounts` send `calls`, in as many blocks as they need. Returns how many models were
/// registered or served.
fn send(author: &mut Author, accounts: &mut [&mut Account], calls: Vec<RuntimeCall>) -> u32 {
	let mut queue: VecDeque<_> = (0..accounts.len())
		.flat_map(|at| calls.iter().map(move |call| (at, call.clone())))
		.collect();
	let (genesis, mut done) = (author.genesis, 0);
	while !queue.is_empty() {
		let events = author.author(|push| {
			while let Some((at, call)) = queue.front() {
				if push(accounts[*at].sign(genesis, call.clone())) == Pushed::Full {
					accounts[*at].take_back();
					break;
				}
				queue.pop_front();
			}
		});
		for event in events {
			if let RuntimeEvent::Models(Modelled::Registered { .. } | Modelled::Serving { .. }) =
				event
			{
				done += 1;
			}
		}
	}
	done
}
