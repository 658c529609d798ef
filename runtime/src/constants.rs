//! Numbers of the protocol: the only place where one is written down.
//!
//! Pallets get theirs through their `Config`. What follows from other numbers is computed from
//! them. `docs/constants.md` is the table of all; a test compares it with the code.

use opg_primitives::{Balance, BlockNumber, Fuel, VersionLimits};
use pallet_opg_inference::{tiers, SCHEDULE_SEARCH_BLOCKS};
use pallet_opg_models::Maxima;
use pallet_opg_support::{CommitPhases, MAX_PANEL};
use sp_runtime::{Perbill, Perquintill};

// Units.

/// One OPG, in planck.
pub const OPG: Balance = 1_000_000_000_000_000_000;
/// A thousandth of an OPG, in planck.
pub const MILLI_OPG: Balance = OPG / 1_000;
/// Prefix of account addresses in SS58.
pub const SS58_PREFIX: u16 = opg_primitives::address::SS58_PREFIX;

/// Deposit for the storage of `items` entries and `bytes` bytes, in planck.
pub const fn deposit(items: u32, bytes: u32) -> Balance {
	items as Balance * 100 * MILLI_OPG + bytes as Balance * MILLI_OPG / 10
}

// Time.

/// Length of a slot, in milliseconds.
pub const SLOT_MILLIS: u64 = 3_000;
/// Length of a session, in slots. Stake counts within two sessions. It cannot change after genesis;
/// a public network chooses hours.
pub const SESSION_SLOTS: u64 = 20;
/// Blocks per minute.
pub const MINUTES: BlockNumber = (60_000 / SLOT_MILLIS) as BlockNumber;
/// Blocks per hour.
pub const HOURS: BlockNumber = (3_600_000 / SLOT_MILLIS) as BlockNumber;
/// Blocks per day.
pub const DAYS: BlockNumber = 24 * HOURS;
/// Blocks per year of 365 days.
pub const BLOCKS_PER_YEAR: BlockNumber = DAYS * 365;
/// Sessions for which an equivocation can be reported.
pub const HISTORY_SESSIONS: u32 = 6;
/// Blocks whose hashes are kept: the longest era of a transaction.
pub const BLOCK_HASH_COUNT: BlockNumber = 2_400;
/// Era of an authorized transaction, in blocks: a power of two.
pub const AUTHORIZED_ERA: u64 = 128;

// Blocks.

/// Execution time of a block, in milliseconds: two fifths of a slot. An import takes about half of
/// what a block weighs (`docs/scale.md`).
pub const BLOCK_MILLIS: u64 = SLOT_MILLIS * 2 / 5;
/// Largest block, in bytes.
pub const MAX_BLOCK_BYTES: u32 = 5 * 1024 * 1024;
/// Part of a block that transactions of users can fill.
pub const NORMAL_SHARE: Perbill = Perbill::from_percent(75);
/// Part of a block that is reserved for transactions of users, whatever else the block holds.
pub const NORMAL_RESERVE: Perbill = Perbill::from_percent(25);
/// Part of a block that answers of executors and votes of validators can fill.
pub const OPERATIONAL_SHARE: Perbill = Perbill::from_percent(75);
/// Part of a block that is reserved for answers and votes, whatever else the block holds.
pub const OPERATIONAL_RESERVE: Perbill = Perbill::from_percent(25);
/// Part of a class's share that no single transaction can take, so that hooks of an ordinary block
/// never keep one out.
pub const INITIALIZATION_SHARE: Perbill = Perbill::from_percent(10);
/// Part of a block that the agenda can take. Its actions are about half of the weight of an
/// inference.
pub const AGENDA_SHARE: Perbill = Perbill::from_percent(50);
/// Part of a block that deadlines can take. With the agenda it leaves a quarter for transactions.
pub const DEADLINE_SHARE: Perbill = Perbill::from_percent(25);
/// Part of a block that scheduled calls can take.
pub const SCHEDULER_SHARE: Perbill = Perbill::from_percent(60);
/// Largest number of calls that governance schedules for one block.
pub const MAX_SCHEDULED: u32 = 50;

// Consensus.

/// Probability that a slot has a primary author, as a fraction.
pub const PRIMARY_PROBABILITY: (u64, u64) = (1, 4);
/// BABE at genesis. Secondary slots have a VRF output too: the draw needs one in every block.
pub const BABE_GENESIS_EPOCH_CONFIG: sp_consensus_babe::BabeEpochConfiguration =
	sp_consensus_babe::BabeEpochConfiguration {
		c: PRIMARY_PROBABILITY,
		allowed_slots: sp_consensus_babe::AllowedSlots::PrimaryAndSecondaryVRFSlots,
	};
/// Largest number of validators.
pub const MAX_VALIDATORS: u32 = 100;
/// Reward of a block's author in the first year, in planck.
pub const FIRST_YEAR_REWARD: Balance = 2 * OPG;
/// Part of a year's block reward that the next year pays, as a fraction.
pub const YEARLY_DECAY: (Balance, Balance) = (9, 10);

// Accounts and fees.

/// Smallest balance that keeps an account alive, in planck.
pub const EXISTENTIAL_DEPOSIT: Balance = MILLI_OPG;
/// Fee per picosecond of weight, in planck: a millisecond of execution costs 0.01 OPG.
pub const WEIGHT_FEE: Balance = MILLI_OPG / 100_000_000;
/// Fee per byte of a transaction, in planck: a kilobyte costs about 0.01 OPG.
pub const LENGTH_FEE: Balance = MILLI_OPG / 100;
/// Fullness of blocks at which the fee multiplier stays.
pub const TARGET_BLOCK_FULLNESS: Perquintill = Perquintill::from_percent(25);
/// Speed of the fee multiplier, as a fraction.
pub const FEE_ADJUSTMENT: (u32, u32) = (75, 1_000_000);
/// Smallest fee multiplier, as a fraction.
pub const MIN_FEE_MULTIPLIER: (u32, u32) = (1, 10);
/// Largest fee multiplier: a full block of transactions then costs 900 OPG. Three days of full
/// blocks lead there, and ten of empty ones back.
pub const MAX_FEE_MULTIPLIER: u32 = 100;
/// Fee of an operational transaction, as a multiple of the fee of a normal one.
pub const OPERATIONAL_FEE_MULTIPLIER: u8 = 5;
/// Largest number of signatories of a multisignature account.
pub const MAX_SIGNATORIES: u32 = 100;
/// Largest number of proxies of an account, and of calls that they have announced.
pub const MAX_PROXIES: u32 = 32;

// Staking.

/// Largest number of executor pools that are not leaving, and of executors that serve one model. A
/// larger stake displaces the smallest.
pub const MAX_EXECUTORS: u32 = 1_024;
/// Smallest stake of an operator in its own pool, in planck.
pub const MIN_BOND: Balance = 1_000 * OPG;
/// Smallest share of a pool that is its operator's own where it takes delegations.
pub const MIN_OWN_SHARE: Perbill = Perbill::from_percent(5);
/// Stake that backs one slot of an executor, in planck: a pool of the smallest bond has eight.
pub const SLOT_STAKE: Balance = MIN_BOND / 8;
/// Smallest delegation, in planck.
pub const MIN_DELEGATION: Balance = OPG;
/// Smallest stake of a pool whose operator is elected as validator, in planck.
pub const MIN_VALIDATOR_STAKE: Balance = 5_000 * OPG;
/// Held from an operator for its pool, in planck.
pub const POOL_DEPOSIT: Balance = deposit(4, 512);
/// Largest number of pools that one account delegates to.
pub const MAX_DELEGATIONS: u32 = 64;
/// Largest number of withdrawals that one account has under way from one pool.
pub const MAX_UNBONDS: u32 = 16;
/// Largest number of times that an account has moved stake between pools and is still liable.
pub const MAX_REDELEGATIONS: u32 = 8;
/// Blocks until stake that is taken out of a pool can be withdrawn, by the clock, on a public network.
/// Others divide it as they divide the periods of governance.
pub const UNBONDING_PERIOD: BlockNumber = 14 * DAYS;
/// Fewest blocks until stake that is taken out of a pool can be withdrawn, by the clock, on any
/// network.
pub const UNBONDING_BLOCKS: BlockNumber = 800;
/// Largest number of sessions whose unbonding stake is kept apart, and can be slashed: as many as the
/// shortest unbonding lasts while the clock is as slow as it can be.
pub const MAX_UNBONDING_SESSIONS: u32 = 192;
/// Blocks for which the loss of a convicted executor is held before it is burned, by the clock, on a
/// public network. Others divide it as they divide the periods of governance.
pub const CONVICTION_PERIOD: BlockNumber = DAYS;
/// Fewest blocks for which the loss of a convicted executor is held before it is burned, by the
/// clock, on any network.
pub const CONVICTION_DELAY: BlockNumber = 20;
/// Blocks until a new hot key is valid, by the clock: two sessions.
pub const KEY_DELAY: BlockNumber = 2 * SESSION_SLOTS as BlockNumber;
/// Sessions without a block of its own after which a validator loses its seat.
pub const OFFLINE_SESSIONS: u32 = 100;
/// Fewest candidates that are left where validators are offline: as many as bear one fault.
pub const MIN_VALIDATORS: u32 = 4;
/// Largest change of a commission, once per session.
pub const MAX_COMMISSION_CHANGE: Perbill = Perbill::from_percent(1);
/// Largest weight of an executor pool in a draw, as one part in this many of all weight. It binds
/// where there are twice as many pools: then a pool sits in at most three quarters of all
/// committees of three.
pub const MAX_SHARE_PARTS: u32 = 4;

// Models.

/// Fuel that one core of an ordinary server burns in a second.
pub const FUEL_PER_CORE_SECOND: Fuel = 2_000_000_000;
/// Largest model file, in bytes, until governance sets another maximum.
pub const MAX_MODEL_BYTES: u32 = 64 * 1024 * 1024;
/// Largest fuel limit of a run, until governance sets another: ten seconds of one core.
pub const MAX_FUEL_LIMIT: Fuel = 10 * FUEL_PER_CORE_SECOND;
/// Largest fuel limit of loading, until governance sets another: ten seconds of one core.
pub const MAX_LOAD_FUEL: Fuel = 10 * FUEL_PER_CORE_SECOND;
/// Largest memory limit, in MiB, until governance sets another.
pub const MAX_MEMORY: u32 = 512;
/// Longest encoded input of a version, and longest encoded output, in bytes, also for governance.
pub const MAX_CONTENT_BYTES: u32 = opg_primitives::MAX_CONTENT_BYTES;
/// Largest model file that governance can allow, in bytes. The engine refuses longer files.
pub const CEILING_MODEL_BYTES: u32 = opg_engine_types::MAX_MODEL_BYTES as u32;
/// Largest fuel limit of a run that governance can allow. A network with a longer unbonding time can
/// have four times the default.
pub const CEILING_FUEL_LIMIT: Fuel = 2 * MAX_FUEL_LIMIT;
/// Largest fuel limit of loading that governance can allow.
pub const CEILING_LOAD_FUEL: Fuel = 2 * MAX_LOAD_FUEL;
/// Largest memory limit that governance can allow, in MiB: what the engine's 32-bit memory holds, with
/// room for the guest itself.
pub const CEILING_MEMORY: u32 = 3 * 1024;
/// Maxima of versions at genesis.
pub(crate) const DEFAULT_MAXIMA: Maxima = Maxima {
	size: MAX_MODEL_BYTES,
	limits: VersionLimits {
		fuel: MAX_FUEL_LIMIT,
		load_fuel: MAX_LOAD_FUEL,
		memory: MAX_MEMORY,
		input_bytes: MAX_CONTENT_BYTES,
		output_bytes: MAX_CONTENT_BYTES,
	},
};
/// Largest maxima that governance can set.
pub(crate) const MAXIMA_CEILING: Maxima = Maxima {
	size: CEILING_MODEL_BYTES,
	limits: VersionLimits {
		fuel: CEILING_FUEL_LIMIT,
		load_fuel: CEILING_LOAD_FUEL,
		memory: CEILING_MEMORY,
		input_bytes: MAX_CONTENT_BYTES,
		output_bytes: MAX_CONTENT_BYTES,
	},
};
/// Largest royalty, in planck.
pub const MAX_ROYALTY: Balance = 1_000_000 * OPG;
/// Largest number of engines that are ever admitted.
pub const MAX_ENGINES: u32 = 256;
/// Held from the owner of a model for an entry of a map, in planck.
pub const ITEM_DEPOSIT: Balance = deposit(1, 0);
/// Held from the owner of a model for a byte of an entry, in planck.
pub const BYTE_DEPOSIT: Balance = deposit(0, 1);
/// Largest number of files that an account has announced and not registered.
pub const MAX_ANNOUNCEMENTS: u32 = 16;
/// Blocks within which an announced file is registered.
pub const ANNOUNCEMENT_LIFETIME: BlockNumber = DAYS;
/// Held from an executor for serving a version, in planck.
pub const SERVE_DEPOSIT: Balance = deposit(0, 64);

// Requests.

/// Smallest price, in planck per fuel and executor: a billion fuel, about half a second of one
/// core, costs 0.1 OPG.
pub const MIN_FUEL_PRICE: Balance = 100_000_000;
/// Largest price, in planck per fuel and executor.
pub const MAX_FUEL_PRICE: Balance = 1_000_000_000_000;
/// Fuel of all executors, ordered per block, at which the price stays: what a hundred cores burn in
/// a slot.
pub const TARGET_FUEL: Fuel = 100 * FUEL_PER_CORE_SECOND * SLOT_MILLIS / 1_000;
/// Held from a requester for the storage of a request, in planck.
pub const REQUEST_DEPOSIT: Balance = deposit(3, 24 * 1024);
/// Burned per seat of a first committee and of an audit that is bought, in planck: what half a
/// millisecond of execution costs, the weight of commitment, reveal and tally.
pub const SEAT_FEE: Balance = 5 * MILLI_OPG;
/// Burned per input outside of the chain, and per output that can be, in planck: what a fifth of a
/// millisecond of execution costs for each member of a panel.
pub const CONTENT_FEE: Balance = MAX_PANEL as Balance * 2 * MILLI_OPG;
/// Fee of a byte of an input or output outside of the chain that validators hold, in planck: a
/// megabyte costs about 0.1 OPG.
pub const BYTE_PRICE: Balance = MILLI_OPG / 10_000;
/// Pay of a validator in the court, as a share of the smallest price of the fuel limit.
pub const COURT_RATE: Perbill = Perbill::from_percent(10);
/// Fuel that stands for a byte of a model's file in the court: what a core burns while it arrives at a
/// gigabit a second.
pub const COURT_FUEL_PER_BYTE: Fuel = FUEL_PER_CORE_SECOND * 8 / 1_000_000_000;
/// Held from a challenger besides the cost of the court, in planck.
pub const CHALLENGE_BOND: Balance = 10 * OPG;
/// Largest number of actions on the agenda of a block. Their weight binds earlier where they cost
/// much; `integrity_test` checks that a full list leaves time.
pub const MAX_AGENDA: u32 = 2_560;
/// Largest number of draws per block, and so of rounds with the same deadline.
pub const MAX_DRAWS: u32 = 1_024;

/// Bytes of an input or output that a node fetches from one block to the next.
pub const TRANSFER_BYTES: u32 = 4 * 1024 * 1024;
/// Fewest blocks in which validators must hold an input or output outside of the chain. It has three
/// times the time of its transfer besides.
pub const HOLD_BLOCKS: BlockNumber = 20;
/// Most blocks in which validators must hold an input or output.
pub const MAX_HOLD_BLOCKS: BlockNumber =
	HOLD_BLOCKS + 3 * COMMIT_PHASES.transfer(MAX_CONTENT_BYTES);
/// Fewest blocks from a draw to the commit deadline. It is twice or four times as many for a version
/// whose job, loading included, takes more than a third of that, besides the transfer of its largest
/// input.
pub const COMMIT_BLOCKS: BlockNumber = 10;
/// Most blocks from a draw to the commit deadline: what the ceiling of the limits needs.
pub const MAX_COMMIT_BLOCKS: BlockNumber =
	UNBOUNDED_COMMIT_PHASES.needed(MAXIMA_CEILING.limits.total_fuel(), MAX_CONTENT_BYTES);
/// Lengths of commit phases, by the limits of versions.
pub(crate) const COMMIT_PHASES: CommitPhases =
	CommitPhases { longest: MAX_COMMIT_BLOCKS, ..UNBOUNDED_COMMIT_PHASES };
const UNBOUNDED_COMMIT_PHASES: CommitPhases = CommitPhases {
	shortest: COMMIT_BLOCKS,
	longest: BlockNumber::MAX,
	fuel_per_block: FUEL_PER_CORE_SECOND * SLOT_MILLIS / 1_000,
	bytes_per_block: TRANSFER_BYTES,
};
/// Blocks from the commit deadline to the reveal deadline.
pub const REVEAL_BLOCKS: BlockNumber = 5;
/// Fewest blocks for which an attested answer can be challenged: twice the time in which it was
/// computed, also where that is longer. A public network chooses hours.
pub const CHALLENGE_WINDOW: BlockNumber = 2 * COMMIT_BLOCKS;
/// Most blocks for which an attested answer can be challenged.
pub const MAX_CHALLENGE_WINDOW: BlockNumber = 2 * MAX_COMMIT_BLOCKS;
/// Blocks from inclusion to pruning.
pub const REQUEST_LIFETIME: BlockNumber = HOURS;

// Court.

/// Fewest blocks of the commit phase of a sitting: twice the commit phase of the version, also where
/// that is longer.
pub const COURT_COMMIT_BLOCKS: BlockNumber = 2 * COMMIT_BLOCKS;
/// Most blocks of the commit phase of a sitting.
pub const MAX_COURT_COMMIT_BLOCKS: BlockNumber = court_commit_blocks(Fuel::MAX, 0);
/// Blocks of the commit phase of a sitting about a version whose loading and running take so much
/// fuel, and an input of so many bytes outside of the chain.
pub const fn court_commit_blocks(fuel: Fuel, input_bytes: u32) -> BlockNumber {
	2 * COMMIT_PHASES.blocks(fuel, input_bytes)
}
/// Blocks of the reveal phase of a sitting.
pub const COURT_REVEAL_BLOCKS: BlockNumber = 10;
/// Largest number of cases that sit at once.
pub const MAX_SITTING: u32 = 16;
/// Largest number of open cases, those that wait included.
pub const MAX_CASES: u32 = 64;
/// Largest number of open panels. A validator that sits on all of them keeps two contents of 64 MiB
/// for each, 32 GiB together.
pub const MAX_PANELS: u32 = 256;
/// Seconds of a session.
const SESSION_SECONDS: u64 = SESSION_SLOTS * SLOT_MILLIS / 1_000;
/// Fuel of the cases that begin within the budget of a session: a tenth of one core. A validator
/// computes each case twice, once for the answer and once for its witness. The oldest case sits
/// besides, whatever it costs.
pub const COURT_SESSION_FUEL: Fuel = FUEL_PER_CORE_SECOND * SESSION_SECONDS / 10;
/// Bytes of the model files of these cases: 4 MiB per second.
pub const COURT_SESSION_BYTES: u64 = 4 * 1024 * 1024 * SESSION_SECONDS;
/// Part of a block that verdicts of the court can take.
pub const COURT_SHARE: Perbill = Perbill::from_percent(10);
/// Upper bound on the blocks from the opening of a case to its verdict, where each of a full docket
/// costs as much as a version may: two sittings, each after all cases before it, one at a time, and
/// the wait for another session. Cases that fit the budget wait for minutes, not for hours.
pub const LONGEST_CASE: BlockNumber =
	2 * MAX_CASES * (MAX_COURT_COMMIT_BLOCKS + COURT_REVEAL_BLOCKS + 2)
		+ SESSION_SLOTS as BlockNumber;

// Governance. Periods are those of a public network. `docs/constants.md` has the tracks.

/// Number by which a development chain divides the periods of governance: a minute is a day.
pub const DEVELOPMENT_SPEED: u32 = 24 * 60;
/// Held from whoever submits a referendum, in planck.
pub const SUBMISSION_DEPOSIT: Balance = 10 * OPG;
/// Largest number of referenda of a track that wait to be decided.
pub const MAX_QUEUED: u32 = 100;
/// Blocks after which a referendum that nobody placed the decision deposit for can be removed.
pub const UNDECIDING_TIMEOUT: BlockNumber = 14 * DAYS;
/// Largest number of votes of an account on one track.
pub const MAX_VOTES: u32 = 64;
/// Blocks for which a vote of conviction 1 locks its OPG, and not less than any track's time to
/// enactment. Conviction 6 locks it 32 times as long.
pub const VOTE_LOCKING_PERIOD: BlockNumber = 7 * DAYS;
/// Blocks after which the treasury's OPG is taken off the active issuance again.
pub const SPEND_PERIOD: BlockNumber = DAYS;
/// Blocks within which an approved spend of the treasury is paid out, by anyone's call.
pub const PAYOUT_PERIOD: BlockNumber = 30 * DAYS;
/// Largest spend that the track of the treasury approves, in planck.
pub const MAX_SPEND: Balance = 100_000 * OPG;
/// Share of what operators themselves lose, and nobody else is paid, that the treasury gets. The rest
/// is burned, as all is that delegators lose.
pub const TREASURY_SHARE: Perbill = Perbill::from_percent(50);
/// Balance up to which the pot keeps what comes in, in planck: more than what a full docket of the
/// largest cases costs. The treasury gets the rest.
pub const POT_RESERVE: Balance = 10_000 * OPG;
/// Largest number of members of the technical committee.
pub const MAX_COMMITTEE: u32 = 13;
/// Largest number of open motions of the technical committee.
pub const MAX_MOTIONS: u32 = 16;
/// Blocks within which the technical committee decides on a motion.
pub const MOTION_DURATION: BlockNumber = DAYS;
/// Part of a block that a motion of the technical committee can take.
pub const COMMITTEE_SHARE: Perbill = Perbill::from_percent(10);
/// Blocks after which a pause ends by itself.
pub const PAUSE_BLOCKS: BlockNumber = DAYS;
/// Blocks after a pause in which the technical committee cannot pause again.
pub const PAUSE_REST: BlockNumber = 2 * DAYS;

/// Pay of a validator for the largest case, in planck: fuel limits, and bytes of the model file.
const MAX_COURT_PAY: Balance = (MAXIMA_CEILING.limits.total_fuel() as Balance
	+ MAXIMA_CEILING.size as Balance * COURT_FUEL_PER_BYTE as Balance)
	* MIN_FUEL_PRICE
	/ 1_000_000_000
	* COURT_RATE.deconstruct() as Balance;
const _: () = assert!(
	POT_RESERVE >= MAX_CASES as Balance * MAX_VALIDATORS as Balance * MAX_COURT_PAY,
	"the pot pays the courts of a full docket"
);

/// Upper bound on the blocks for which an action waits. Scheduling looks for room in so many
/// blocks. A congested chain takes no requests, so its backlog is at most as many blocks of work
/// again.
const MAX_DELAY: BlockNumber = 2 * SCHEDULE_SEARCH_BLOCKS;
/// Upper bound on the blocks from one draw to the next: the block that opens the round, those that
/// seed it, the delay of the draw, both phases.
const MAX_ROUND_BLOCKS: BlockNumber =
	1 + tiers::MAX_SEED_BLOCKS + MAX_DELAY + MAX_COMMIT_BLOCKS + REVEAL_BLOCKS;
/// Upper bound on the blocks for which a request waits until an input or output is held: until
/// validators are asked, and late ends.
const MAX_AWAIT_BLOCKS: BlockNumber = 1 + MAX_DELAY + MAX_HOLD_BLOCKS + MAX_DELAY;
/// Upper bound on the blocks from the time at which the candidates of a request are frozen to its
/// dispute: two committees, an output that is held late, the challenge window and its late end, an
/// audit and its delay. From then on the stake behind its seats waits for the verdict.
pub const LONGEST_BEFORE_COURT: BlockNumber =
	3 * MAX_ROUND_BLOCKS + MAX_AWAIT_BLOCKS + MAX_CHALLENGE_WINDOW + MAX_DELAY + 1 + MAX_DELAY;
/// Upper bound on the blocks from a request to the end of its dispute. Its input may be held late.
pub const LONGEST_DISPUTE: BlockNumber = MAX_AWAIT_BLOCKS + LONGEST_BEFORE_COURT + LONGEST_CASE;

const _: () = assert!(
	// The snapshot that an executor is drawn from is at most two sessions old.
	UNBONDING_BLOCKS > LONGEST_BEFORE_COURT + 2 * SESSION_SLOTS as BlockNumber,
	"who lied cannot leave before the dispute, which holds its stake"
);
const _: () = assert!(
	MAX_UNBONDING_SESSIONS as u64 * SESSION_SLOTS
		> pallet_opg_clock::MAX_PAUSE as u64 * UNBONDING_BLOCKS as u64,
	"the sessions of all locked stake are kept apart"
);
const _: () = assert!(
	// Snapshots of the planned session, the current one and the two before are kept.
	UNBONDING_BLOCKS as u64 > 4 * SESSION_SLOTS,
	"no snapshot that draws can need holds a pool that is closed"
);
const _: () = assert!(
	// Both are divided by the same number, and have their least lengths.
	CONVICTION_DELAY < UNBONDING_BLOCKS && CONVICTION_PERIOD < UNBONDING_PERIOD,
	"a conviction ends before it is forgotten"
);
const _: () = assert!(
	UNBONDING_PERIOD >= UNBONDING_BLOCKS && CONVICTION_PERIOD >= CONVICTION_DELAY,
	"no network is slower than a public one"
);
const _: () = assert!(
	UNBONDING_PERIOD > LONGEST_DISPUTE + 2 * SESSION_SLOTS as BlockNumber,
	"on a public network stake stays for the longest dispute"
);
const _: () = assert!(
	// One that is online misses its turn in as many slots with a probability of e^-20.
	OFFLINE_SESSIONS as u64 * SESSION_SLOTS >= 20 * MAX_VALIDATORS as u64,
	"who is online makes a block"
);
const _: () = assert!(CHALLENGE_WINDOW >= 2 * COMMIT_BLOCKS, "there is time to look twice");
const _: () = assert!(
	(MAX_COMMIT_BLOCKS - COMMIT_PHASES.transfer(MAX_CONTENT_BYTES)) as u64
		* SLOT_MILLIS
		* FUEL_PER_CORE_SECOND
		/ 1_000
		>= 3 * MAXIMA_CEILING.limits.total_fuel(),
	"the longest commit phase is long enough for the largest limits"
);
const _: () = assert!(
	// A request in dispute is not pruned.
	REQUEST_LIFETIME > MAX_AWAIT_BLOCKS + LONGEST_BEFORE_COURT,
	"a request is kept until it is settled"
);
const _: () = assert!(
	HISTORY_SESSIONS as u64 * SESSION_SLOTS < UNBONDING_BLOCKS as u64,
	"an equivocation is reported before the stake leaves"
);
