//! Tables of constants in the documents: `docs/constants.md` is generated from the runtime.
//!
//! After an intended change this writes it anew:
//! ```text
//! source scripts/env.sh
//! OPG_BLESS=1 cargo test --profile development --workspace --test documents
//! ```

#![allow(missing_docs)]
#![allow(clippy::unwrap_used)]

use codec::Decode;
use frame_metadata::RuntimeMetadata;
use opg_primitives::{registry, Tier, MIN_FUEL_SHARE};
use opg_runtime::{
	constants::{self, *},
	governance::tracks::RULES,
	inflation, Runtime,
};
use pallet_opg_inference::tiers::{self, CommitteeSpec};
use pallet_opg_support::{economics, Offence};
use sp_runtime::Perbill;
use std::fmt::Write;

/// Unit of a constant, by which its value is printed.
#[derive(Clone, Copy)]
enum Unit {
	Planck,
	PlanckPerFuel,
	PlanckPerByte,
	PlanckPerPicosecond,
	Blocks,
	Slots,
	Sessions,
	Milliseconds,
	Bytes,
	Mebibytes,
	Fuel,
	/// A plain number.
	Number,
}
use Unit::*;

/// Digits of `number` in groups of three.
fn grouped(number: u128) -> String {
	let digits = number.to_string();
	let groups: Vec<_> =
		digits.as_bytes().rchunks(3).rev().map(|group| str::from_utf8(group).unwrap()).collect();
	groups.join(",")
}

/// `planck` in OPG, without zeros at the end.
fn opg(planck: u128) -> String {
	let fraction = format!("{:018}", planck % OPG);
	match fraction.trim_end_matches('0') {
		"" => grouped(planck / OPG),
		fraction => format!("{}.{fraction}", grouped(planck / OPG)),
	}
}

fn seconds(millis: u64) -> String {
	match (millis % 1_000, millis / 1_000) {
		(0, seconds) if seconds >= 3_600 && seconds % 3_600 == 0 => {
			format!("{} h", grouped((seconds / 3_600).into()))
		},
		(0, seconds) => format!("{} s", grouped(seconds.into())),
		_ => format!("{millis} ms"),
	}
}

impl Unit {
	/// Value and unit as two cells of a table.
	fn cells(self, value: u128) -> String {
		let slots = |count: u128| seconds(count as u64 * SLOT_MILLIS);
		let unit = match self {
			Planck => return format!("{} | OPG", opg(value)),
			PlanckPerFuel => {
				return format!("{} | OPG per billion fuel", opg(value * 1_000_000_000))
			},
			PlanckPerByte => return format!("{} | OPG per byte", opg(value)),
			PlanckPerPicosecond => {
				return format!("{} | OPG per second of weight", opg(value * 1_000_000_000_000))
			},
			Blocks => format!("blocks ({})", slots(value)),
			Slots => format!("slots ({})", slots(value)),
			Sessions => format!("sessions ({})", slots(value * u128::from(SESSION_SLOTS))),
			Milliseconds => "ms".into(),
			Bytes => "bytes".into(),
			Mebibytes => "MiB".into(),
			Fuel => "fuel".into(),
			Number => String::new(),
		};
		format!("{} | {unit}", grouped(value))
	}
}

fn percent(share: Perbill) -> String {
	format!("{} | %", f64::from(share.deconstruct()) / 1e7)
}

fn fraction((part, whole): (u128, u128)) -> String {
	format!("{part}/{whole} |")
}

/// Cells of a constant of `constants.rs`.
fn cells(name: &str) -> String {
	let (unit, value) = match name {
		"OPG" => return format!("{} | planck", grouped(OPG)),
		"MILLI_OPG" => return format!("{} | planck", grouped(MILLI_OPG)),
		"BABE_GENESIS_EPOCH_CONFIG" => return "primary and secondary slots with VRF |".into(),
		"PRIMARY_PROBABILITY" => {
			return fraction((PRIMARY_PROBABILITY.0.into(), PRIMARY_PROBABILITY.1.into()))
		},
		"YEARLY_DECAY" => return fraction(YEARLY_DECAY),
		"FEE_ADJUSTMENT" => return fraction((FEE_ADJUSTMENT.0.into(), FEE_ADJUSTMENT.1.into())),
		"MIN_FEE_MULTIPLIER" => {
			return fraction((MIN_FEE_MULTIPLIER.0.into(), MIN_FEE_MULTIPLIER.1.into()))
		},
		"TARGET_BLOCK_FULLNESS" => {
			return format!("{} | %", TARGET_BLOCK_FULLNESS.deconstruct() as f64 / 1e16)
		},
		"NORMAL_SHARE" => return percent(NORMAL_SHARE),
		"NORMAL_RESERVE" => return percent(NORMAL_RESERVE),
		"OPERATIONAL_SHARE" => return percent(OPERATIONAL_SHARE),
		"OPERATIONAL_RESERVE" => return percent(OPERATIONAL_RESERVE),
		"INITIALIZATION_SHARE" => return percent(INITIALIZATION_SHARE),
		"COURT_SHARE" => return percent(COURT_SHARE),
		"COURT_RATE" => return percent(COURT_RATE),
		"COURT_FUEL_PER_BYTE" => (Fuel, COURT_FUEL_PER_BYTE.into()),
		"AGENDA_SHARE" => return percent(AGENDA_SHARE),
		"DEADLINE_SHARE" => return percent(DEADLINE_SHARE),
		"SCHEDULER_SHARE" => return percent(SCHEDULER_SHARE),
		"OFFLINE_SESSIONS" => (Sessions, OFFLINE_SESSIONS.into()),
		"MIN_VALIDATORS" => (Number, MIN_VALIDATORS.into()),
		"MIN_OWN_SHARE" => return percent(MIN_OWN_SHARE),
		"MAX_COMMISSION_CHANGE" => return percent(MAX_COMMISSION_CHANGE),
		"SS58_PREFIX" => (Number, SS58_PREFIX.into()),
		"SLOT_MILLIS" => (Milliseconds, SLOT_MILLIS.into()),
		"SESSION_SLOTS" => (Slots, SESSION_SLOTS.into()),
		"MINUTES" => (Blocks, MINUTES.into()),
		"HOURS" => (Blocks, HOURS.into()),
		"DAYS" => (Blocks, DAYS.into()),
		"BLOCKS_PER_YEAR" => (Blocks, BLOCKS_PER_YEAR.into()),
		"HISTORY_SESSIONS" => (Sessions, HISTORY_SESSIONS.into()),
		"BLOCK_HASH_COUNT" => (Blocks, BLOCK_HASH_COUNT.into()),
		"AUTHORIZED_ERA" => (Blocks, AUTHORIZED_ERA.into()),
		"BLOCK_MILLIS" => (Milliseconds, BLOCK_MILLIS.into()),
		"MAX_BLOCK_BYTES" => (Bytes, MAX_BLOCK_BYTES.into()),
		"MAX_SCHEDULED" => (Number, MAX_SCHEDULED.into()),
		"MAX_VALIDATORS" => (Number, MAX_VALIDATORS.into()),
		"FIRST_YEAR_REWARD" => (Planck, FIRST_YEAR_REWARD),
		"EXISTENTIAL_DEPOSIT" => (Planck, EXISTENTIAL_DEPOSIT),
		"WEIGHT_FEE" => (PlanckPerPicosecond, WEIGHT_FEE),
		"LENGTH_FEE" => (PlanckPerByte, LENGTH_FEE),
		"MAX_FEE_MULTIPLIER" => (Number, MAX_FEE_MULTIPLIER.into()),
		"OPERATIONAL_FEE_MULTIPLIER" => (Number, OPERATIONAL_FEE_MULTIPLIER.into()),
		"MAX_SIGNATORIES" => (Number, MAX_SIGNATORIES.into()),
		"MAX_PROXIES" => (Number, MAX_PROXIES.into()),
		"MAX_EXECUTORS" => (Number, MAX_EXECUTORS.into()),
		"MIN_BOND" => (Planck, MIN_BOND),
		"MIN_DELEGATION" => (Planck, MIN_DELEGATION),
		"SLOT_STAKE" => (Planck, SLOT_STAKE),
		"MIN_VALIDATOR_STAKE" => (Planck, MIN_VALIDATOR_STAKE),
		"POOL_DEPOSIT" => (Planck, POOL_DEPOSIT),
		"MAX_DELEGATIONS" => (Number, MAX_DELEGATIONS.into()),
		"MAX_UNBONDS" => (Number, MAX_UNBONDS.into()),
		"MAX_REDELEGATIONS" => (Number, MAX_REDELEGATIONS.into()),
		"UNBONDING_PERIOD" => (Blocks, UNBONDING_PERIOD.into()),
		"UNBONDING_BLOCKS" => (Blocks, UNBONDING_BLOCKS.into()),
		"MAX_UNBONDING_SESSIONS" => (Sessions, MAX_UNBONDING_SESSIONS.into()),
		"CONVICTION_PERIOD" => (Blocks, CONVICTION_PERIOD.into()),
		"CONVICTION_DELAY" => (Blocks, CONVICTION_DELAY.into()),
		"KEY_DELAY" => (Blocks, KEY_DELAY.into()),
		"MAX_SHARE_PARTS" => (Number, MAX_SHARE_PARTS.into()),
		"MAX_MODEL_BYTES" => (Bytes, MAX_MODEL_BYTES.into()),
		"FUEL_PER_CORE_SECOND" => (Fuel, FUEL_PER_CORE_SECOND.into()),
		"MAX_FUEL_LIMIT" => (Fuel, MAX_FUEL_LIMIT.into()),
		"MAX_LOAD_FUEL" => (Fuel, MAX_LOAD_FUEL.into()),
		"MAX_MEMORY" => (Mebibytes, MAX_MEMORY.into()),
		"CEILING_MODEL_BYTES" => (Bytes, CEILING_MODEL_BYTES.into()),
		"CEILING_FUEL_LIMIT" => (Fuel, CEILING_FUEL_LIMIT.into()),
		"CEILING_LOAD_FUEL" => (Fuel, CEILING_LOAD_FUEL.into()),
		"CEILING_MEMORY" => (Mebibytes, CEILING_MEMORY.into()),
		"MAX_CONTENT_BYTES" => (Bytes, MAX_CONTENT_BYTES.into()),
		"MAX_ROYALTY" => (Planck, MAX_ROYALTY),
		"MAX_ENGINES" => (Number, MAX_ENGINES.into()),
		"ITEM_DEPOSIT" => (Planck, ITEM_DEPOSIT),
		"BYTE_DEPOSIT" => (Planck, BYTE_DEPOSIT),
		"MAX_ANNOUNCEMENTS" => (Number, MAX_ANNOUNCEMENTS.into()),
		"ANNOUNCEMENT_LIFETIME" => (Blocks, ANNOUNCEMENT_LIFETIME.into()),
		"SERVE_DEPOSIT" => (Planck, SERVE_DEPOSIT),
		"MIN_FUEL_PRICE" => (PlanckPerFuel, MIN_FUEL_PRICE),
		"MAX_FUEL_PRICE" => (PlanckPerFuel, MAX_FUEL_PRICE),
		"TARGET_FUEL" => (Fuel, TARGET_FUEL.into()),
		"REQUEST_DEPOSIT" => (Planck, REQUEST_DEPOSIT),
		"SEAT_FEE" => (Planck, SEAT_FEE),
		"CHALLENGE_BOND" => (Planck, CHALLENGE_BOND),
		"MAX_AGENDA" => (Number, MAX_AGENDA.into()),
		"MAX_DRAWS" => (Number, MAX_DRAWS.into()),
		"CONTENT_FEE" => (Planck, CONTENT_FEE),
		"BYTE_PRICE" => (PlanckPerByte, BYTE_PRICE),
		"TRANSFER_BYTES" => (Bytes, TRANSFER_BYTES.into()),
		"HOLD_BLOCKS" => (Blocks, HOLD_BLOCKS.into()),
		"MAX_HOLD_BLOCKS" => (Blocks, MAX_HOLD_BLOCKS.into()),
		"COMMIT_BLOCKS" => (Blocks, COMMIT_BLOCKS.into()),
		"MAX_COMMIT_BLOCKS" => (Blocks, MAX_COMMIT_BLOCKS.into()),
		"REVEAL_BLOCKS" => (Blocks, REVEAL_BLOCKS.into()),
		"CHALLENGE_WINDOW" => (Blocks, CHALLENGE_WINDOW.into()),
		"MAX_CHALLENGE_WINDOW" => (Blocks, MAX_CHALLENGE_WINDOW.into()),
		"REQUEST_LIFETIME" => (Blocks, REQUEST_LIFETIME.into()),
		"COURT_COMMIT_BLOCKS" => (Blocks, COURT_COMMIT_BLOCKS.into()),
		"MAX_COURT_COMMIT_BLOCKS" => (Blocks, MAX_COURT_COMMIT_BLOCKS.into()),
		"COURT_REVEAL_BLOCKS" => (Blocks, COURT_REVEAL_BLOCKS.into()),
		"MAX_SITTING" => (Number, MAX_SITTING.into()),
		"MAX_CASES" => (Number, MAX_CASES.into()),
		"MAX_PANELS" => (Number, MAX_PANELS.into()),
		"COURT_SESSION_FUEL" => (Fuel, COURT_SESSION_FUEL.into()),
		"COURT_SESSION_BYTES" => (Bytes, COURT_SESSION_BYTES.into()),
		"DEVELOPMENT_SPEED" => (Number, DEVELOPMENT_SPEED.into()),
		"SUBMISSION_DEPOSIT" => (Planck, SUBMISSION_DEPOSIT),
		"MAX_QUEUED" => (Number, MAX_QUEUED.into()),
		"UNDECIDING_TIMEOUT" => (Blocks, UNDECIDING_TIMEOUT.into()),
		"MAX_VOTES" => (Number, MAX_VOTES.into()),
		"VOTE_LOCKING_PERIOD" => (Blocks, VOTE_LOCKING_PERIOD.into()),
		"SPEND_PERIOD" => (Blocks, SPEND_PERIOD.into()),
		"PAYOUT_PERIOD" => (Blocks, PAYOUT_PERIOD.into()),
		"MAX_SPEND" => (Planck, MAX_SPEND),
		"TREASURY_SHARE" => return percent(TREASURY_SHARE),
		"POT_RESERVE" => (Planck, POT_RESERVE),
		"MAX_COMMITTEE" => (Number, MAX_COMMITTEE.into()),
		"MAX_MOTIONS" => (Number, MAX_MOTIONS.into()),
		"MOTION_DURATION" => (Blocks, MOTION_DURATION.into()),
		"COMMITTEE_SHARE" => return percent(COMMITTEE_SHARE),
		"PAUSE_BLOCKS" => (Blocks, PAUSE_BLOCKS.into()),
		"PAUSE_REST" => (Blocks, PAUSE_REST.into()),
		"LONGEST_BEFORE_COURT" => (Blocks, LONGEST_BEFORE_COURT.into()),
		"LONGEST_CASE" => (Blocks, LONGEST_CASE.into()),
		"LONGEST_DISPUTE" => (Blocks, LONGEST_DISPUTE.into()),
		_ => panic!("{name} has no unit: add it to this table"),
	};
	unit.cells(value)
}

/// First sentence of `docs`, which may be wrapped, without the unit of the code.
fn sentence(docs: &str) -> String {
	let docs = docs.split_whitespace().collect::<Vec<_>>().join(" ");
	let first = docs.split_once(". ").map_or(docs.trim_end_matches('.'), |(first, _)| first);
	let units = ["planck per fuel and executor", "planck", "milliseconds", "slots", "bytes", "MiB"];
	units.iter().fold(first.to_owned(), |text, unit| text.replace(&format!(", in {unit}"), ""))
}

/// Constants of `constants.rs`, in their order, read from its source so that none is left out.
fn runtime_constants(table: &mut String) {
	let source = include_str!("../src/constants.rs");
	table.push_str("| constant | value | unit | meaning |\n|---|---|---|---|\n");
	let mut docs = String::new();
	for line in source.lines() {
		if let Some(text) = line.strip_prefix("///") {
			docs.push_str(text);
			continue;
		}
		let name = line.strip_prefix("pub const ").and_then(|rest| rest.split_once(':'));
		if let Some((name, _)) = name.filter(|(name, _)| !name.starts_with("fn ")) {
			writeln!(table, "| `{name}` | {} | {} |", cells(name), sentence(&docs)).unwrap();
		}
		docs.clear();
	}
}

/// Unit of a constant of one of our pallets. `None` for the ids of accounts, and for the maxima of
/// versions, which are several numbers: the table of constants has each.
fn metadata_unit(name: &str) -> Option<Unit> {
	Some(match name {
		"PalletId" | "PotId" | "DefaultMaxima" | "MaximaCeiling" => return None,
		"MinBond" | "SlotStake" | "MinDelegation" | "MinValidatorStake" | "PoolDeposit"
		| "ItemDeposit" | "ByteDeposit" | "ServeDeposit" | "MaxRoyalty" | "RequestDeposit"
		| "SeatFee" | "ContentFee" | "ChallengeBond" | "StakeAtRisk" | "PotReserve" => Planck,
		"MinFuelPrice" | "MaxFuelPrice" => PlanckPerFuel,
		"BytePrice" => PlanckPerByte,
		"UnbondingBlocks"
		| "KeyDelay"
		| "ConvictionDelay"
		| "DayBlocks"
		| "ChallengeWindow"
		| "HoldBlocks"
		| "AnnouncementLifetime"
		| "Lifetime"
		| "RevealBlocks" => Blocks,
		"MaxUnbondingSessions" | "OfflineSessions" => Sessions,
		"SessionBytes" => Bytes,
		"TargetFuel" | "SessionFuel" | "CourtFuelPerByte" => Fuel,
		"AgendaWeight" | "DeadlineWeight" | "HookWeight" | "MillisPerTick" => Milliseconds,
		"MaxPools"
		| "MaxDelegations"
		| "MaxUnbonds"
		| "MinValidators"
		| "MinOwnShare"
		| "MaxRedelegations"
		| "MaxCommissionChange"
		| "MaxShareParts"
		| "MaxValidators"
		| "MaxServingExecutors"
		| "MaxEngines"
		| "MaxAnnouncements"
		| "MaxAgenda"
		| "MaxDraws"
		| "MaxExecutors"
		| "MaxRoundsPerBlock"
		| "CourtRate"
		| "TreasuryShare"
		| "MaxBench"
		| "MaxSitting"
		| "MaxCases"
		| "MaxPanels" => Number,
		_ => panic!("{name} has no unit: add it to this table"),
	})
}

/// Constants that our pallets show in the metadata.
fn pallet_constants(table: &mut String) {
	let metadata = Runtime::metadata_at_version(15).expect("the runtime has version 15");
	let RuntimeMetadata::V15(metadata) =
		frame_metadata::RuntimeMetadataPrefixed::decode(&mut &metadata[..]).unwrap().1
	else {
		panic!("version 15 was asked for")
	};
	table.push_str("| pallet | constant | value | unit | meaning |\n|---|---|---|---|---|\n");
	for pallet in ["Staking", "Models", "Inference", "Attestation", "Court"] {
		let pallet = metadata.pallets.iter().find(|own| own.name == pallet).unwrap();
		for constant in &pallet.constants {
			let Some(unit) = metadata_unit(&constant.name) else { continue };
			let ty = metadata.types.resolve(constant.ty.id).unwrap();
			let mut bytes = &constant.value[..];
			let cells = match ty.path.segments.last().map(String::as_str) {
				Some("Perbill") => percent(Perbill::decode(&mut bytes).unwrap()),
				Some("Weight") => {
					let weight = frame_support::weights::Weight::decode(&mut bytes).unwrap();
					unit.cells(u128::from(weight.ref_time()) / 1_000_000_000)
				},
				_ => {
					let mut value = [0; 16];
					value[..bytes.len()].copy_from_slice(bytes);
					unit.cells(u128::from_le_bytes(value))
				},
			};
			let (pallet, name) = (&pallet.name, &constant.name);
			let meaning = sentence(&constant.docs.join(" "));
			writeln!(table, "| {pallet} | `{name}` | {cells} | {meaning} |").unwrap();
		}
	}
}

/// Limits of wire formats.
fn wire_limits(table: &mut String) {
	table.push_str("| limit | value | unit |\n|---|---|---|\n");
	for (limit, unit, value) in [
		("encoded input of a request", Bytes, opg_primitives::MAX_INPUT_BYTES),
		("encoded output of an answer", Bytes, opg_primitives::MAX_OUTPUT_BYTES),
		("symbolic dimensions that a version binds", Number, opg_primitives::MAX_DIMS),
		("name of a symbolic dimension", Bytes, opg_primitives::MAX_DIM_NAME),
		("name of a model", Bytes, registry::MAX_MODEL_NAME),
		("versions of a model, removed ones included", Number, registry::MAX_VERSIONS),
		("pre-release of a version number", Bytes, registry::MAX_PRE_RELEASE),
		("licence expression", Bytes, registry::MAX_LICENCE),
		("reason of a deprecation", Bytes, registry::MAX_REASON),
		("tags of a model", Number, registry::MAX_TAGS),
		("tag", Bytes, registry::MAX_TAG),
		("channels of a model", Number, registry::MAX_CHANNELS),
		("name of a channel", Bytes, registry::MAX_CHANNEL),
		("tasks of a nomination of an engine", Number, pallet_opg_models::MAX_PINNED),
		("input of a pinned task", Bytes, pallet_opg_models::MAX_PINNED_INPUT),
		("engines that are nominated", Number, pallet_opg_models::MAX_NOMINATIONS),
		("requirement of a version number", Bytes, registry::MAX_REQUIREMENT as u32),
		("page of versions", Number, registry::MAX_PAGE),
		("page of named models", Number, registry::MAX_NAMES_PAGE),
		("seats of a round", Number, pallet_opg_support::MAX_COMMITTEE),
		("seats of all rounds of a request", Number, pallet_opg_support::MAX_SEATS),
		("items of a batch", Number, pallet_opg_attestation::MAX_BATCH),
		("validity of a batch", Blocks, pallet_opg_support::CALL_BLOCKS),
		("VRF outputs that are kept", Blocks, pallet_opg_inference::VRF_HISTORY),
		("search for a block with room", Blocks, pallet_opg_inference::SCHEDULE_SEARCH_BLOCKS),
	] {
		writeln!(table, "| {limit} | {} |", unit.cells(value.into())).unwrap();
	}
}

fn tier_table(table: &mut String) {
	table.push_str("| tier | round | seats | at least | must agree | authors of the seed |\n");
	table.push_str("|---|---|---|---|---|---|\n");
	for tier in [Tier::Optimistic, Tier::Quorum, Tier::High] {
		for (round, name) in
			[(0, "first committee"), (tiers::SECOND, "second committee"), (tiers::AUDIT, "audit")]
		{
			let CommitteeSpec { target, minimum, needed } = tiers::committee_spec(tier, round);
			let authors = tiers::seed_authors(tier);
			writeln!(table, "| {tier:?} | {name} | {target} | {minimum} | {needed} | {authors} |")
				.unwrap();
		}
	}
}

fn economics_table(table: &mut String) {
	table.push_str("| share | value | unit |\n|---|---|---|\n");
	for (name, share) in [
		("of a pool, for a wrong answer", economics::CONVICTION_SHARE),
		("of a pool, for a missed reveal", economics::fine(Offence::MissedReveal)),
		("of a pool, for a missed commitment", economics::fine(Offence::MissedCommit)),
		("of a pool, for silence in one session at most", economics::MAX_FINE_PER_SESSION),
		("of a pool, for silence in one day at most", economics::MAX_FINE_PER_DAY),
		("of the operator's loss, to the challengers", economics::CHALLENGER_SHARE),
		("of the operator's loss, to the pot", economics::POT_SHARE),
		("of the first committee's pay, to the protocol", economics::PROTOCOL_SHARE),
		("of the price of fuel, burned", economics::BURNED_PRICE_SHARE),
		("of stake that audits assume dishonest", economics::ASSUMED_ADVERSARY_SHARE),
		("of answers, audited at least", economics::MIN_AUDIT_PROBABILITY),
		("of the version's fuel limit, a request's own at least", MIN_FUEL_SHARE),
	] {
		writeln!(table, "| {name} | {} |", percent(share)).unwrap();
	}
	writeln!(
		table,
		"| silent seats of the last {} that pause | {} | |",
		economics::REMEMBERED_SEATS,
		economics::MAX_SILENT_SEATS
	)
	.unwrap();
}

fn track_table(table: &mut String) {
	table.push_str(
		"| id | track | at once | deposit | prepare | decide within | confirm | enact after | approval \
		 | support |\n|---|---|---|---|---|---|---|---|---|---|\n",
	);
	for rules in &RULES {
		let periods = [rules.prepare, rules.decision, rules.confirm, rules.enactment];
		let periods = periods.map(|blocks| seconds(u64::from(blocks) * SLOT_MILLIS)).join(" | ");
		let curve = |curve: &pallet_referenda::Curve| {
			let at = |time| f64::from(curve.threshold(time).deconstruct()) / 1e7;
			let ends = [Perbill::zero(), Perbill::one()].map(at);
			format!("{:.0} % to {:.0} %", ends[0], ends[1])
		};
		writeln!(
			table,
			"| {} | {} | {} | {} OPG | {periods} | {} | {} |",
			rules.id,
			rules.name,
			rules.max_deciding,
			opg(rules.decision_deposit),
			curve(&rules.approval),
			curve(&rules.support)
		)
		.unwrap();
	}
}

fn document() -> String {
	let mut text = String::from(
		"# Constants of the protocol\n\n\
		 Generated from the code by `runtime/tests/documents.rs`, which also compares the two.\n\
		 After an intended change:\n\
		 `source scripts/env.sh; OPG_BLESS=1 cargo test --profile development --workspace \
		 --test documents`.\n",
	);
	type Table = fn(&mut String);
	let sections: [(&str, &str, Table); 6] = [
		(
			"Runtime",
			"`runtime/src/constants.rs`, where each number is written down.",
			runtime_constants,
		),
		("Pallets", "As clients read them in the runtime's metadata.", pallet_constants),
		("Wire formats", "Upper bounds that codecs and stored types carry.", wire_limits),
		("Committees", "`pallets/inference/src/tiers.rs`.", tier_table),
		(
			"Economics",
			"`pallets/support/src/economics.rs`, `runtime/primitives/src/job.rs`.",
			economics_table,
		),
		(
			"Tracks",
			"`runtime/src/configs/governance/tracks.rs`. Periods are those of a public network; a \
			 development chain divides them by `DEVELOPMENT_SPEED`. Approval is the share of ayes, \
			 weighed by conviction; support the share of all OPG that voted aye or abstained. Both \
			 fall over the decision period.",
			track_table,
		),
	];
	for (title, about, table) in sections {
		write!(text, "\n## {title}\n\n{about}\n\n").unwrap();
		table(&mut text);
	}
	writeln!(
		text,
		"\nBlock rewards are at most {} OPG in all.",
		grouped(inflation::BOUND / constants::OPG)
	)
	.unwrap();
	text
}

#[test]
fn constants_should_be_as_documented() {
	let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/constants.md");
	let expected = document();
	if std::env::var_os("OPG_BLESS").is_some() {
		std::fs::write(path, &expected).unwrap();
	}
	let written = std::fs::read_to_string(path).unwrap_or_default();
	let differing = expected.lines().zip(written.lines()).find(|(code, text)| code != text);
	assert!(
		expected == written,
		"docs/constants.md differs from the code, first at {differing:?}: run with OPG_BLESS=1"
	);
}

#[test]
fn tracks_should_be_as_documented() {
	let mut table = String::new();
	track_table(&mut table);
	let page = include_str!("../../docs/governance.md");
	assert!(page.contains(&table), "docs/governance.md has another table than this:\n{table}");
}
