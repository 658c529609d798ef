//! What benchmarks set up: accounts, models, and requests in each state.

use super::*;

/// Request that most benchmarks are about.
pub(super) const ID: RequestId = 1;
/// Fuel limit of the model.
pub(super) const FUEL_LIMIT: u64 = 1_000_000;
/// Largest number of right, and of wrong, executors in benchmarks that have both.
pub(super) const HALF: u32 = tiers::MAX_REQUEST_SEATS / 2;
/// Seats of earlier rounds, at most.
pub(super) const EARLIER: u32 = tiers::MAX_REQUEST_SEATS - tiers::audit_size(Tier::High);

pub(super) fn rich<T: Config>(name: &'static str) -> T::AccountId {
	let who = account(name, 0, 0);
	fund::<T>(&who);
	who
}

pub(super) fn fund<T: Config>(who: &T::AccountId) {
	T::Currency::set_balance(who, 1 << 90);
}

pub(super) fn executors<T: Config>(count: u32) -> Vec<T::AccountId> {
	let mut executors: Vec<_> = (0..count).map(|index| account("executor", index, 0)).collect();
	executors.sort();
	executors
}

/// Registers a model that `count` executors serve, who can all be drawn.
pub(super) fn model<T: Config>(count: u32) -> ModelId {
	let executors = executors::<T>(count);
	T::BenchmarkHelper::snapshot(&executors);
	let model = T::BenchmarkHelper::version(&rich::<T>("owner"), &executors);
	// Those of the session that the snapshot began.
	whitelist_shared_keys::<T>();
	model
}

/// Whitelists the rounds of a request.
pub(super) fn whitelist_round<T: Config>(id: RequestId) {
	add_to_whitelist(T::BenchmarkHelper::round_key(id).into());
}

/// Whitelists the seats that wait in a model: whoever lays out its candidates pays for them.
pub(super) fn whitelist_pending<T: Config>(model: ModelId) {
	add_to_whitelist(PendingSeats::<T>::hashed_key_for(model).into());
}

/// One open seat in a dispute for each of so many executors.
pub(super) fn open_seats_of<T: Config>(count: u32) {
	owe::<T>(executors::<T>(count));
}

/// Makes executors, without doubles, owe for one seat each that is in dispute.
pub(super) fn owe<T: Config>(mut executors: Vec<T::AccountId>) {
	executors.sort();
	let load = Load { seats: 1, reserved: 0, disputes: 1 };
	let loads = executors.into_iter().map(|who| (who, load)).collect();
	OpenSeats::<T>::put(BoundedVec::truncate_from(loads));
}

/// Context that has a sampler for `model`, so that a benchmark does not measure it.
pub(super) fn draw_context<T: Config>(model: ModelId) -> DrawContext<T> {
	let mut draws = DrawContext::new();
	draws.count(&mut WeightMeter::new(), model, &[]);
	draws
}

pub(super) fn block_context<T: Config>() -> BlockContext<T> {
	BlockContext::new(WeightMeter::new())
}

pub(super) fn input(bytes: u32) -> Input {
	BoundedVec::truncate_from(vec![7; bytes as usize])
}

/// Answer of the largest size.
pub(super) fn answer(fuel: u64) -> Answer {
	let output = vec![fuel as u8; MAX_OUTPUT_BYTES as usize];
	Answer { outcome: Outcome::Output(BoundedVec::truncate_from(output)), fuel }
}

/// As many symbolic dimensions as a model can have.
pub(super) fn dims() -> Dims {
	let name = |index| BoundedVec::truncate_from(vec![index as u8; MAX_DIM_NAME as usize]);
	let dims = (0..MAX_DIMS).map(|index| Dim { name: name(index), size: 1 });
	BoundedVec::truncate_from(dims.collect())
}

pub(super) fn now<T: Config>() -> BlockNumberFor<T> {
	frame_system::Pallet::<T>::block_number()
}

/// Outputs of as many different authors as there can be.
pub(super) fn outputs<T: Config>(
) -> BoundedVec<(BlockNumberFor<T>, VrfOutput), sp_core::ConstU32<VRF_HISTORY>> {
	let output = |age: u32| {
		let block = now::<T>().saturating_sub((VRF_HISTORY - 1 - age).into());
		let output = [age as u8; 32];
		(block, VrfOutput { output, author: H256::repeat_byte(age as u8) })
	};
	BoundedVec::truncate_from((0..VRF_HISTORY).map(output).collect())
}

/// Advances to a block at which the VRF outputs of all recent blocks are known, and the clock with it.
pub(super) fn go<T: Config>() {
	let block = BlockNumberFor::<T>::from(VRF_HISTORY * 2);
	frame_system::Pallet::<T>::set_block_number(block);
	T::BlockNumberProvider::set_block_number(block);
	AgendaCursor::<T>::put((block, 0));
	VrfOutputs::<T>::put(outputs::<T>());
	whitelist_shared_keys::<T>();
}

/// Whitelists the keys that a block pays for once.
pub(super) fn whitelist_shared_keys<T: Config>() {
	let lengths = T::CommitPhases::get().lengths();
	let mut keys: Vec<_> = lengths.flat_map(T::BenchmarkHelper::shared_keys).collect();
	keys.extend(shared_keys::<T>());
	keys.push(Intake::<T>::hashed_key().into());
	keys.into_iter().for_each(|key| add_to_whitelist(key.into()));
}

/// Stores request [`ID`] with all that is held for it.
pub(super) fn insert<T: Config>(
	model: ModelId,
	tier: Tier,
	state: RequestStateOf<T>,
) -> RequestOf<T> {
	fund::<T>(&Pallet::<T>::pot());
	let requester = rich::<T>("requester");
	let royalty = T::RequestDeposit::get();
	let version = ModelVersion {
		owner: rich::<T>("owner"),
		model_hash: H256::zero(),
		size: 0,
		engine_id: H256::zero(),
		dims: dims(),
		limits: VersionLimits::inline(FUEL_LIMIT, FUEL_LIMIT, 64),
		royalty,
	};
	let price = FuelPrice::<T>::get();
	let escrow = Pallet::<T>::fee(FUEL_LIMIT, &version, price, tier).expect("it is small");
	let is_settled = matches!(state, RequestState::Settled { .. });
	let deposit = if is_settled { 0 } else { T::RequestDeposit::get() };
	hold::<T>(HoldReason::Request, &requester, escrow + deposit);
	let request = Request {
		requester,
		model,
		version,
		input_hash: H256::zero(),
		stored_input: None,
		tier,
		price,
		reference: H256::zero(),
		deadline: None,
		requested_at: now::<T>(),
		drawn_at: None,
		changed_at: now::<T>(),
		seed: Some(H256::zero()),
		seat_reserve: 0,
		is_escalated: false,
		deposit,
		escrow,
		has_panel: false,
		audit: None,
		challenges: BoundedVec::new(),
		state,
	};
	Requests::<T>::insert(ID, &request);
	Inputs::<T>::insert(ID, input(MAX_INPUT_BYTES));
	request
}

/// Largest order, of an account that can pay it. The agenda of its deadline is not counted: a request
/// pays for it where it has one.
pub(super) fn order<T: Config>(
	model: ModelId,
	input: OrderInput,
) -> (T::AccountId, Order<BlockNumberFor<T>>) {
	let who: T::AccountId = whitelisted_caller();
	fund::<T>(&who);
	let expiry = Agenda::<T>::hashed_key_for(now::<T>() + 10u32.into());
	add_to_whitelist(expiry.into());
	let order = Order {
		model,
		input,
		tier: Tier::High,
		max_fee: Balance::MAX,
		max_royalty: Balance::MAX,
		reference: H256::zero(),
		deadline: Some(now::<T>() + 9u32.into()),
		fuel_limit: Some(FUEL_LIMIT),
	};
	(who, order)
}

/// Input outside of the chain.
pub(super) const STORED: Content =
	Content { hash: H256::repeat_byte(7), size: MAX_INPUT_BYTES + 1 };

/// Stores request [`ID`], whose input is outside of the chain.
pub(super) fn insert_stored<T: Config>(state: RequestStateOf<T>) {
	let mut request = insert::<T>(0, Tier::High, state);
	request.stored_input = Some(STORED);
	// Earlier than the outputs.
	request.changed_at = now::<T>().saturating_sub(5u32.into());
	Requests::<T>::insert(ID, request);
	Inputs::<T>::remove(ID);
}

pub(super) fn hold<T: Config>(reason: HoldReason, who: &T::AccountId, amount: Balance) {
	T::Currency::hold(&reason.into(), who, amount).expect("it is rich")
}

/// Adds `count` challenges to request [`ID`], which claim and dispute nothing.
pub(super) fn add_challenges<T: Config>(count: u32) {
	Requests::<T>::mutate(ID, |request| {
		let request = request.as_mut().expect("it is stored");
		for index in 0..count {
			let challenger: T::AccountId = account("challenger", index, 0);
			fund::<T>(&challenger);
			let bond = T::RequestDeposit::get();
			hold::<T>(HoldReason::Challenge, &challenger, bond);
			let (disputed, claim) = (H256::zero(), H256::zero());
			let source = BondSource::Account;
			let challenge = Challenge { challenger, bond, source, disputed, claim, revealed: None };
			request.challenges.try_push(challenge).expect("there are few");
		}
	});
}

/// Status of a committee that waits for the outputs after block 5 before this one.
pub(super) fn waiting<T: Config>(round: RoundIndex) -> CommitteeStatus<BlockNumberFor<T>> {
	let since = now::<T>().saturating_sub(5u32.into());
	CommitteeStatus::Waiting { round, since, session: T::Executors::session() }
}

/// State of a request whose answer is audited.
pub(super) fn audited<T: Config>(status: CommitteeStatus<BlockNumberFor<T>>) -> RequestStateOf<T> {
	RequestState::Audited { answer: answer(9), at: now::<T>(), status }
}

pub(super) fn in_court<T: Config>() -> RequestStateOf<T> {
	RequestState::Court { attested: Some((answer(9), now::<T>())), opened: true }
}

/// Stores request [`ID`], settled with as many payments as there can be.
pub(super) fn insert_settled<T: Config>() {
	let executors = 0..tiers::MAX_REQUEST_SEATS;
	let paid = executors.map(|index| (account("executor", index, 0), 1)).collect();
	let paid = BoundedVec::truncate_from(paid);
	let state = RequestState::Settled { answer: answer(9), paid, fee: 0, at: now::<T>() };
	insert::<T>(0, Tier::High, state);
}

pub(super) fn state<T: Config>(id: RequestId) -> Option<RequestStateOf<T>> {
	Requests::<T>::get(id).map(|request| request.state)
}

pub(super) fn is_final<T: Config>(id: RequestId) -> bool {
	state::<T>(id).is_some_and(|state| state.is_final())
}

pub(super) fn is_settled<T: Config>(id: RequestId) -> bool {
	matches!(state::<T>(id), Some(RequestState::Settled { .. }))
}

/// Fate of an answer at the end of its challenge window.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
	Audited,
	Settled,
}

/// Stores a request with an attested answer, under a number that gives it this fate.
pub(super) fn insert_attested<T: Config>(model: ModelId, tier: Tier, fate: Fate) -> RequestId {
	let state = RequestState::Attested { answer: answer(9), at: now::<T>() };
	let request = insert::<T>(model, tier, state);
	let mut id = ID;
	while Pallet::<T>::is_audited(id, &request) != (fate == Fate::Audited) {
		id += 1;
	}
	Requests::<T>::insert(id, request);
	id
}

/// Gives `winners` executors a seat with the answer of fuel `right`, and `liars` others a seat with
/// an answer of their own each.
pub(super) fn answered<T: Config>(id: RequestId, right: u64, winners: u32, liars: u32) {
	T::BenchmarkHelper::snapshot(&[]);
	let seats: Vec<_> = (0..winners + liars)
		.map(|index| {
			let who: T::AccountId = account("executor", index, 0);
			T::BenchmarkHelper::executor(&who);
			let fuel = if index < winners { right } else { 100 + u64::from(index) };
			(who, 0, answer(fuel))
		})
		.collect();
	owe::<T>(seats.iter().map(|(who, ..)| who.clone()).collect());
	T::BenchmarkHelper::closed_rounds(id, seats);
}

/// Gives `count` executors without pools a seat in `round`.
pub(super) fn past_seats<T: Config>(id: RequestId, count: u32, round: RoundIndex) {
	let members: Vec<T::AccountId> = (0..count).map(|index| account("earlier", index, 0)).collect();
	owe::<T>(members.clone());
	let seats = members.into_iter().map(|who| (who, round, answer(9))).collect();
	T::BenchmarkHelper::closed_rounds(id, seats);
}

/// Executor that challenges with its pool.
pub(super) fn watcher<T: Config>() -> T::AccountId {
	account("watcher", 0, 0)
}

/// Stores request [`ID`], whose audited answer is by others than the watcher, while as many executors
/// as there can be owe for seats. Returns the hot key of the watcher.
pub(super) fn audited_by_others<T: Config>() -> ExecutorKey {
	insert::<T>(0, Tier::High, audited::<T>(waiting::<T>(tiers::AUDIT)));
	past_seats::<T>(ID, EARLIER, 0);
	let earlier = (0..EARLIER).map(|index| account("earlier", index, 0));
	let others = executors::<T>(T::MaxExecutors::get() - EARLIER - 1);
	owe::<T>(earlier.chain(others).collect());
	T::BenchmarkHelper::snapshot(&[watcher::<T>()]);
	T::BenchmarkHelper::executor(&watcher::<T>())
}

pub(super) fn pool_challenge() -> PoolChallenge {
	PoolChallenge { seed: H256::zero(), disputed: answer(9).digest(), claim: H256::zero() }
}

/// Call of the watcher about request [`ID`], and the signature of its hot key.
pub(super) fn signed<T: Config, P: Payload<T>>(
	key: ExecutorKey,
	payload: P,
) -> (PoolCallOf<T, P>, ExecutorSignature) {
	let (at, block) = (now::<T>() - 1u32.into(), H256::repeat_byte(3));
	frame_system::BlockHash::<T>::insert(at, block);
	let call = PoolCall { executor: watcher::<T>(), at, request: ID, payload };
	let payload = pool_call_payload(P::KIND, &Pallet::<T>::genesis_hash(), &block, &call);
	let signature = key.sign(&payload).expect("the keystore has the key");
	(call, signature)
}
