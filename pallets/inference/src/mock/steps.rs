//! Steps that tests take: blocks, calls, rounds and verdicts, and what follows from them.

use super::*;

fn accounts() -> impl Iterator<Item = (u64, Balance)> {
	let pools = (1..=EXECUTORS).map(|who| (pool(who), POOL));
	let executors = (1..=EXECUTORS).map(|who| (who, FUNDS));
	let others = [REQUESTER, OTHER_REQUESTER, CHALLENGER, OTHER_CHALLENGER];
	let others = others.into_iter().chain(VALIDATORS).map(|who| (who, FUNDS));
	pools.chain(executors).chain(others)
}

/// Runs a test on a new chain, in block 1; ends with [`check`].
pub fn run(test: impl FnOnce()) {
	new_ext().execute_with(|| {
		next_block();
		check();
		test();
		check();
	});
}

/// New chain, at genesis.
pub fn new_ext() -> sp_io::TestExternalities {
	AgendaWeight::set(Weight::from_parts(1_000_000_000_000, u64::MAX));
	MaxDraws::set(MAX_AGENDA);
	StakeAtRisk::set(10_000_000);
	Entropy::set(0);
	HasVrfOutput::set(true);
	AuthorCount::set(3);
	OnlyAuthor::set(None);
	IsClockPaused::set(false);
	let mut storage = frame_system::GenesisConfig::<Test>::default().build_storage().unwrap();
	pallet_balances::GenesisConfig::<Test> { balances: accounts().collect(), ..Default::default() }
		.assimilate_storage(&mut storage)
		.unwrap();
	crate::GenesisConfig::<Test>::default().assimilate_storage(&mut storage).unwrap();
	storage.into()
}

/// Checks the invariants of the pallet, and that every planck is accounted for.
pub fn check() {
	Inference::do_try_state().unwrap();
	let accounts: Balance = frame_system::Account::<Test>::iter_values()
		.map(|account| account.data.free + account.data.reserved)
		.sum();
	assert_eq!(accounts, Balances::total_issuance());
	let panels = Requests::<Test>::iter().filter(|(_, request)| request.has_panel);
	let mut panels: Vec<_> = panels.map(|(id, _)| id).collect();
	let mut open: Vec<_> = OpenPanels::iter_keys().collect();
	panels.sort();
	open.sort();
	assert_eq!(panels, open, "the panels are those of the requests");
}

/// Planck that there were at genesis and are gone: burned prices, seat fees and convictions.
pub fn burned() -> Balance {
	let genesis = accounts().map(|(_, amount)| amount).sum::<Balance>() + EXISTENTIAL_DEPOSIT;
	genesis - Balances::total_issuance()
}

/// Ends this block and runs the hooks of the next.
pub fn next_block() -> Weight {
	let block = System::block_number();
	if block > 0 {
		Inference::on_finalize(block);
		frame_system::BlockHash::<Test>::insert(block, block_hash(block));
	}
	System::set_block_number(block + 1);
	if !IsClockPaused::get() {
		Now::set(&(Now::get() + 1));
	}
	Inference::on_initialize(block + 1)
}

/// Hash of a block after genesis.
pub fn block_hash(block: u64) -> H256 {
	H256::from_low_u64_be(block)
}

pub fn run_blocks(count: u32) {
	for _ in 0..count {
		next_block();
	}
}

pub fn now() -> u64 {
	Now::get()
}

pub fn block() -> u64 {
	System::block_number()
}

/// What an executor owes.
pub fn load(who: u64) -> Load {
	capacity::value_of(&OpenSeats::<Test>::get(), &who).unwrap_or_default()
}

/// Number of seats in first rounds that are open.
pub fn open_seats(who: u64) -> u32 {
	load(who).seats
}

/// Free and held planck of an account.
pub fn balance(who: u64) -> Balance {
	Balances::total_balance(&who)
}

pub fn on_hold(reason: HoldReason, who: u64) -> Balance {
	Balances::balance_on_hold(&reason.into(), &who)
}

pub fn pot() -> Balance {
	balance(Inference::pot())
}

pub fn signed(who: u64) -> RuntimeOrigin {
	RuntimeOrigin::signed(who)
}

/// Dispatches a call as a block does: one that is refused leaves nothing behind.
pub fn dispatch(who: u64, call: Call<Test>) -> DispatchResult {
	let done = RuntimeCall::Inference(call).dispatch(signed(who));
	done.map(drop).map_err(|refused| refused.error)
}

pub fn input() -> Input {
	Input::truncate_from(vec![1, 2, 3])
}

/// Answer of honest executors that took so much fuel.
pub fn answer(fuel: Fuel) -> Answer {
	Answer { outcome: Outcome::Output(Default::default()), fuel }
}

/// Answer that differs from every [`answer`].
pub fn wrong() -> Answer {
	Answer { outcome: Outcome::Error(ModelError::Trapped), fuel: FUEL_LIMIT }
}

/// Pay of one executor for the whole fuel limit at the lowest price: a fifth of the price is burned.
pub const MAX_PAY: Balance = FUEL_LIMIT as Balance * MIN_PRICE * 4 / 5;
/// Pay of one validator in the court.
pub const COURT_PAY: Balance =
	(FUEL_LIMIT + LOAD_FUEL + MODEL_BYTES as Fuel * FUEL_PER_BYTE) as Balance * MIN_PRICE / 10;
/// Pay of one validator in the court for fetching [`STORED_INPUT`].
pub const INPUT_COURT_PAY: Balance =
	(STORED_INPUT.size as Fuel * FUEL_PER_BYTE) as Balance * MIN_PRICE / 10;
/// Reserve of a seat at the lowest price: three validators, and its replacement.
pub const SEAT_RESERVE: Balance = 3 * COURT_PAY + MAX_PAY;

/// Call of a request of this tier.
pub fn request_call(tier: Tier) -> Call<Test> {
	Call::request {
		model: MODEL,
		input: input(),
		tier,
		max_fee: Balance::MAX,
		max_royalty: Balance::MAX,
		reference: H256::repeat_byte(9),
		deadline: None,
		fuel_limit: None,
	}
}

/// Makes a request and returns its number.
pub fn request(tier: Tier) -> RequestId {
	request_of(REQUESTER, tier)
}

/// Makes a request of `who` and returns its number.
pub fn request_of(who: u64, tier: Tier) -> RequestId {
	let id = NextRequestId::<Test>::get();
	assert_ok!(dispatch(who, request_call(tier)));
	id
}

/// Makes a request with a deadline and returns its number.
pub fn request_until(tier: Tier, until: u64) -> RequestId {
	let id = NextRequestId::<Test>::get();
	let mut call = request_call(tier);
	let Call::request { deadline, .. } = &mut call else { unreachable!() };
	*deadline = Some(until);
	assert_ok!(dispatch(REQUESTER, call));
	id
}

/// Makes a request with a fuel limit of its own and returns its number.
pub fn request_within(tier: Tier, fuel: Fuel) -> RequestId {
	let id = NextRequestId::<Test>::get();
	let mut call = request_call(tier);
	let Call::request { fuel_limit, .. } = &mut call else { unreachable!() };
	*fuel_limit = Some(fuel);
	assert_ok!(dispatch(REQUESTER, call));
	id
}

/// Input outside of the chain.
pub const STORED_INPUT: Content =
	Content { hash: H256::repeat_byte(11), size: 2 * MAX_INPUT_BYTES };
/// Output outside of the chain.
pub const STORED_OUTPUT: Content =
	Content { hash: H256::repeat_byte(12), size: 3 * MAX_OUTPUT_BYTES };
/// Limits of a model with large inputs and outputs.
pub const LARGE: VersionLimits = VersionLimits {
	input_bytes: 4 * MAX_INPUT_BYTES,
	output_bytes: 4 * MAX_OUTPUT_BYTES,
	..LIMITS
};
/// Challenge window of the model with large inputs and outputs.
pub const LARGE_WINDOW: BlockNumber = 16;
/// Fee of holding [`STORED_INPUT`].
pub const INPUT_FEE: Balance = STORED_INPUT.size as Balance * BYTE_PRICE;
/// Fee of holding [`STORED_OUTPUT`].
pub const OUTPUT_FEE: Balance = STORED_OUTPUT.size as Balance * BYTE_PRICE;
/// Largest fee of holding an output of the model with large ones.
pub const MAX_OUTPUT_FEE: Balance = LARGE.output_bytes as Balance * BYTE_PRICE;

/// Call of a request with [`STORED_INPUT`].
pub fn request_stored_call(tier: Tier) -> Call<Test> {
	Call::request_stored {
		model: MODEL,
		input: STORED_INPUT,
		tier,
		max_fee: Balance::MAX,
		max_royalty: Balance::MAX,
		reference: H256::repeat_byte(9),
		deadline: None,
		fuel_limit: None,
	}
}

/// Makes a request with [`STORED_INPUT`] to a model that takes it, and returns its number.
pub fn request_stored(tier: Tier) -> RequestId {
	Limits::set(&LARGE);
	let id = NextRequestId::<Test>::get();
	assert_ok!(dispatch(REQUESTER, request_stored_call(tier)));
	id
}

/// Request whose input the panel is asked for.
pub fn convened(tier: Tier) -> RequestId {
	let id = request_stored(tier);
	next_block();
	assert!(matches!(state(id), RequestState::Uploading { until: Some(_) }));
	id
}

/// Request whose input all validators hold, and whose first committee is drawn.
pub fn drawn_stored(tier: Tier) -> RequestId {
	let id = convened(tier);
	hold(id, &VALIDATORS);
	run_draw(tier);
	id
}

/// Answer whose output is outside of the chain.
pub fn large_answer(fuel: Fuel) -> Answer {
	Answer { outcome: Outcome::Stored(STORED_OUTPUT), fuel }
}

/// Runs blocks until the seed of a committee is complete.
pub fn run_draw(tier: Tier) {
	run_blocks(tiers::seed_authors(tier));
}

/// Makes a request and runs blocks until its first committee is drawn.
pub fn drawn(tier: Tier) -> RequestId {
	let id = request(tier);
	run_draw(tier);
	id
}

/// Request whose first committee agreed on `answer` in this block.
pub fn attested(tier: Tier, answer: Answer) -> RequestId {
	let id = drawn(tier);
	agree(id, answer);
	id
}

/// Salt of every claim.
pub const SALT: H256 = H256::repeat_byte(5);

/// Challenge of the attested answer of a request by `who`, which claims that `right` is right.
pub fn challenge_by(who: u64, id: RequestId, right: &Answer) -> DispatchResult {
	let request = stored(id);
	let digest = match request.state.attested() {
		Some((answer, _)) => answer.digest(),
		None => <Committees as pallet_opg_support::Committees<u64>>::revealed_digests(id)[0],
	};
	let (seed, claim) = (request.seed.unwrap(), claim_hash(&who, id, right.digest(), SALT));
	dispatch(who, Call::challenge { request: id, seed, digest, claim })
}

/// `who` reveals its claim that `right` is right.
pub fn reveal_claim(who: u64, id: RequestId, right: &Answer) -> DispatchResult {
	dispatch(who, Call::reveal_claim { request: id, digest: right.digest(), salt: SALT })
}

/// Request whose answer was challenged, by a claim that `right` is right, in the block in which it
/// was attested.
pub fn challenged(tier: Tier, answer: Answer, right: &Answer) -> RequestId {
	let id = attested(tier, answer);
	assert_ok!(challenge_by(CHALLENGER, id, right));
	id
}

pub fn stored(id: RequestId) -> RequestOf<Test> {
	Requests::<Test>::get(id).unwrap()
}

pub fn state(id: RequestId) -> RequestStateOf<Test> {
	stored(id).state
}

/// Cause for which a request failed.
pub fn failure(id: RequestId) -> Option<FailureReason> {
	match state(id) {
		RequestState::Failed { reason, .. } => Some(reason),
		_ => None,
	}
}

/// Round that a committee works on.
pub fn assigned_round(id: RequestId) -> Option<RoundIndex> {
	match state(id).committee() {
		Some(CommitteeStatus::Assigned { round }) => Some(*round),
		_ => None,
	}
}

/// Members of a round.
pub fn members(id: RequestId, round: RoundIndex) -> Vec<u64> {
	let seats = Seats::get(id).into_iter().filter(|seat| seat.round == round);
	seats.map(|seat| seat.executor).collect()
}

/// Lets the executor with this index in the committee at work reveal `answer`.
pub fn reveal(id: RequestId, index: usize, answer: Answer) {
	let round = assigned_round(id).unwrap();
	Seats::mutate(id, |seats| {
		let mut committee = seats.iter_mut().filter(|seat| seat.round == round);
		committee.nth(index).unwrap().answer = Some(answer);
	});
}

/// Lets the rest of the committee at work reveal `answer`, on which they agree.
pub fn agree(id: RequestId, answer: Answer) -> Weight {
	let round = assigned_round(id).unwrap();
	Seats::mutate(id, |seats| {
		for seat in seats.iter_mut().filter(|seat| seat.round == round && seat.answer.is_none()) {
			seat.answer = Some(answer.clone());
		}
	});
	Inference::on_round_decided(id, Verdict::Agreed(answer))
}

/// Ends the round of the committee at work without an agreement.
pub fn fall_silent(id: RequestId) -> Weight {
	Inference::on_round_decided(id, Verdict::Undecided(FailureReason::NotEnoughReveals))
}

/// The committee at work reveals `answers` in turn, which differ.
pub fn dissent(id: RequestId, answers: &[Answer]) -> Weight {
	let round = assigned_round(id).unwrap();
	for index in 0..members(id, round).len() {
		reveal(id, index, answers[index % answers.len()].clone());
	}
	Inference::on_round_decided(id, Verdict::Dissent)
}

/// Fills the agendas of so many times from `from` on with actions of requests that do not exist.
pub fn fill_agendas(from: u64, count: u32) {
	for time in from..from + u64::from(count) {
		let mut filler = 1_000_000 + time * u64::from(MAX_AGENDA);
		while Agenda::<Test>::try_append(time, (filler, Action::Settle)).is_ok() {
			filler += 1;
		}
	}
}

/// Events of this pallet.
pub fn events() -> Vec<Event<Test>> {
	let events = System::events().into_iter();
	events
		.filter_map(|record| match record.event {
			RuntimeEvent::Inference(event) => Some(event),
			_ => None,
		})
		.collect()
}
