//! Chain specification of a public test network, from the public keys that its operators publish in
//! a ceremony.
//!
//! The same files and the same program give the same specification, byte for byte. So everybody can
//! build it again and see that nothing else is in it. No secret takes part.

use crate::{
	chain_spec::{self, ChainSpec},
	cli::TestnetCmd,
};
use opg_primitives::{AccountId, Balance, ExecutorKey};
use opg_runtime::{
	constants::{BABE_GENESIS_EPOCH_CONFIG, MAX_COMMITTEE, OPG},
	BabeConfig, BalancesConfig, ModelsConfig, RuntimeGenesisConfig, SessionConfig, SessionKeys,
	StakingConfig, SudoConfig, TechnicalCommitteeConfig,
};
use sc_service::ChainType;
use serde::Deserialize;
use sp_core::{ecdsa, ed25519, sr25519, ByteArray, H256};
use std::{
	collections::{BTreeMap, BTreeSet},
	fs, io,
	path::{Path, PathBuf},
};

/// Most operators: every session has room for that many validators.
const MAX_OPERATORS: usize = 100;

/// Longest file of an operator, in bytes.
const MAX_FILE: u64 = 64 << 10;

/// Failure to build the specification.
#[derive(Debug, thiserror::Error)]
pub enum Error {
	/// A file cannot be read.
	#[error("{}: {error}", path.display())]
	File {
		/// The file.
		path: PathBuf,
		/// The system's error.
		error: io::Error,
	},
	/// A file is not what `scripts/ceremony.sh keys` writes.
	#[error("{}: {error}", path.display())]
	Json {
		/// The file.
		path: PathBuf,
		/// What is wrong with it.
		error: serde_json::Error,
	},
	/// A file is longer than those of operators are.
	#[error("{} is longer than a file of public keys", .0.display())]
	TooLong(PathBuf),
	/// Two operators have something of the same.
	#[error("{0} and {1} have the same {2}: each needs keys of its own")]
	Twice(String, String, &'static str),
	/// An operator has neither role.
	#[error("{0} has neither session keys nor a hot key")]
	NoRole(String),
	/// Nobody makes blocks.
	#[error("no operator has session keys: there would be no blocks")]
	NoValidator,
	/// There are more than the runtime takes.
	#[error("{0} operators are more than {MAX_OPERATORS}")]
	TooMany(usize),
	/// The technical committee is more than the runtime takes.
	#[error("the technical committee has {0} members, and {MAX_COMMITTEE} at most")]
	Committee(usize),
	/// An account is named twice as a member of the technical committee.
	#[error("{0} is named twice as a member of the technical committee")]
	MemberTwice(AccountId),
	/// An endowment is none.
	#[error("{0}: an endowment is ACCOUNT=OPG, with a whole number of OPG")]
	Endowment(String),
	/// The bond is more than the operator has.
	#[error("each operator bonds {needed} OPG in its pools, and has {has}: raise --endowment")]
	Poor {
		/// Sum of its bonds, in OPG.
		needed: u64,
		/// Its endowment, in OPG.
		has: u64,
	},
	/// The specification cannot be built.
	#[error(transparent)]
	Spec(#[from] chain_spec::Error),
	/// The genesis cannot be built.
	#[error("the genesis cannot be built: {0}")]
	Genesis(String),
}

/// Public keys of an operator, as it publishes them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Operator {
	/// Name, for error messages.
	name: String,
	/// Account, which bonds.
	account: AccountId,
	/// Keys of a validator.
	session: Option<Session>,
	/// Hot key of an executor.
	hot: Option<ed25519::Public>,
}

/// Session keys of a validator.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Session {
	babe: sr25519::Public,
	grandpa: ed25519::Public,
	court: ed25519::Public,
	beefy: ecdsa::Public,
}

/// Prints the specification, raw.
///
/// # Errors
///
/// [`Error`].
pub fn run(command: &TestnetCmd) -> Result<(), Error> {
	let operators = command.operators.iter().map(|path| read(path)).collect::<Result<_, _>>()?;
	let spec = build(command, operators)?;
	println!("{}", spec.as_json(true).map_err(Error::Genesis)?);
	Ok(())
}

fn read(path: &Path) -> Result<Operator, Error> {
	let file = |error| Error::File { path: path.into(), error };
	if fs::metadata(path).map_err(file)?.len() > MAX_FILE {
		return Err(Error::TooLong(path.into()));
	}
	let text = fs::read(path).map_err(file)?;
	serde_json::from_slice(&text).map_err(|error| Error::Json { path: path.into(), error })
}

fn build(command: &TestnetCmd, mut operators: Vec<Operator>) -> Result<ChainSpec, Error> {
	check(&operators)?;
	let committee = committee(&command.technical_committee)?;
	// Whatever the order of the files was.
	operators.sort_by(|one, other| one.account.cmp(&other.account));
	let bond = Balance::from(command.bond).saturating_mul(OPG);
	let pools = |operator: &Operator| {
		u64::from(operator.session.is_some()) + u64::from(operator.hot.is_some())
	};
	let needed = operators.iter().map(pools).max().unwrap_or_default() * command.bond;
	if needed >= command.endowment {
		return Err(Error::Poor { needed, has: command.endowment });
	}
	let mut balances = BTreeMap::new();
	for operator in &operators {
		balances.insert(operator.account.clone(), Balance::from(command.endowment) * OPG);
	}
	for text in &command.endow {
		let (account, amount) = endowment(text).ok_or_else(|| Error::Endowment(text.clone()))?;
		*balances.entry(account).or_insert(0) += amount;
	}
	// Motions and votes cost fees.
	for account in command.sudo.iter().chain(&committee) {
		balances.entry(account.clone()).or_insert_with(|| Balance::from(command.endowment) * OPG);
	}
	let validators = operators.iter().filter_map(|operator| {
		let session = operator.session.as_ref()?;
		let keys = SessionKeys {
			babe: session.babe.into(),
			grandpa: session.grandpa.into(),
			court: session.court.into(),
			beefy: session.beefy.into(),
		};
		Some((operator.account.clone(), keys))
	});
	let validators: Vec<_> = validators.collect();
	let executors = operators.iter().filter_map(|operator| {
		Some((operator.account.clone(), bond, ExecutorKey::from(operator.hot?)))
	});
	let genesis = RuntimeGenesisConfig {
		balances: BalancesConfig { balances: balances.into_iter().collect(), ..Default::default() },
		babe: BabeConfig { epoch_config: BABE_GENESIS_EPOCH_CONFIG, ..Default::default() },
		session: SessionConfig {
			keys: validators
				.iter()
				.map(|(account, keys)| (account.clone(), account.clone(), keys.clone()))
				.collect(),
			..Default::default()
		},
		staking: StakingConfig {
			validators: validators.iter().map(|(account, _)| (account.clone(), bond)).collect(),
			executors: executors.collect(),
			validator_count: command.validators,
		},
		models: ModelsConfig {
			engines: vec![H256(opg_execution::PINNED_ENGINE_ID)],
			..Default::default()
		},
		technical_committee: TechnicalCommitteeConfig {
			members: committee.into_iter().collect(),
			..Default::default()
		},
		sudo: SudoConfig { key: command.sudo.clone() },
		..Default::default()
	};
	let genesis = serde_json::to_value(genesis).map_err(chain_spec::Error::from)?;
	Ok(chain_spec::builder(&command.name, &command.id, ChainType::Live)?
		.with_boot_nodes(command.boot_nodes.clone())
		.with_genesis_config(genesis)
		.build())
}

/// Members of the technical committee, in one order however they were named.
fn committee(members: &[AccountId]) -> Result<BTreeSet<AccountId>, Error> {
	if members.len() > MAX_COMMITTEE as usize {
		return Err(Error::Committee(members.len()));
	}
	let mut committee = BTreeSet::new();
	for member in members {
		if !committee.insert(member.clone()) {
			return Err(Error::MemberTwice(member.clone()));
		}
	}
	Ok(committee)
}

/// What no genesis can have.
fn check(operators: &[Operator]) -> Result<(), Error> {
	if operators.len() > MAX_OPERATORS {
		return Err(Error::TooMany(operators.len()));
	}
	if operators.iter().all(|operator| operator.session.is_none()) {
		return Err(Error::NoValidator);
	}
	let mut seen: BTreeMap<(&'static str, Vec<u8>), &str> = BTreeMap::new();
	for operator in operators {
		if operator.session.is_none() && operator.hot.is_none() {
			return Err(Error::NoRole(operator.name.clone()));
		}
		let mut keys = BTreeSet::from([("account", operator.account.to_raw_vec())]);
		if let Some(Session { babe, grandpa, court, beefy }) = &operator.session {
			keys.insert(("babe key", babe.to_raw_vec()));
			keys.insert(("grandpa key", grandpa.to_raw_vec()));
			keys.insert(("court key", court.to_raw_vec()));
			keys.insert(("beefy key", beefy.to_raw_vec()));
		}
		keys.extend(operator.hot.map(|hot| ("hot key", hot.to_raw_vec())));
		for key in keys {
			let what = key.0;
			if let Some(other) = seen.insert(key, &operator.name) {
				return Err(Error::Twice(other.into(), operator.name.clone(), what));
			}
		}
	}
	Ok(())
}

/// Account and amount in planck of `ACCOUNT=OPG`.
fn endowment(text: &str) -> Option<(AccountId, Balance)> {
	let (account, amount) = text.split_once('=')?;
	let amount: u64 = amount.parse().ok()?;
	Some((account.parse().ok()?, Balance::from(amount) * OPG))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::cli::{Cli, Subcommand};
	use clap::Parser;
	use sc_service::ChainSpec as _;
	use sp_core::crypto::Ss58Codec;

	fn command(arguments: &[&str]) -> TestnetCmd {
		let all = ["opg-node", "build-testnet", "--name", "Test", "--id", "test"];
		match Cli::parse_from(all.iter().chain(arguments)).subcommand {
			Some(Subcommand::BuildTestnet(command)) => command,
			_ => panic!("it is that command"),
		}
	}

	fn operator(number: u8) -> Operator {
		let ed = |seed: u8| ed25519::Public::from_raw([seed; 32]);
		let session = Session {
			babe: sr25519::Public::from_raw([number; 32]),
			grandpa: ed(number),
			court: ed(number + 50),
			beefy: ecdsa::Public::from_raw([number; 33]),
		};
		Operator {
			name: format!("operator {number}"),
			account: AccountId::new([number; 32]),
			session: Some(session),
			hot: Some(ed(number + 100)),
		}
	}

	#[test]
	fn specification_should_be_the_same_whatever_the_order_of_the_files() {
		if opg_runtime::WASM_BINARY.is_none() {
			return;
		}
		let sudo = AccountId::new([9; 32]).to_ss58check();
		let command = command(&["--sudo", &sudo, "a.json"]);
		let raw = |operators| {
			let spec = build(&command, operators).expect("it is built");
			assert!(matches!(spec.chain_type(), ChainType::Live));
			spec.as_json(true).expect("the genesis is one")
		};
		let one = raw(vec![operator(1), operator(2), operator(3)]);
		assert_eq!(one, raw(vec![operator(3), operator(1), operator(2)]));
		assert_ne!(one, raw(vec![operator(1), operator(2)]));
	}

	#[test]
	fn technical_committee_should_be_in_the_genesis_and_sudo_only_where_it_is_named() {
		if opg_runtime::WASM_BINARY.is_none() {
			return;
		}
		let members = [8, 7].map(|byte| AccountId::new([byte; 32]));
		let named = members.iter().map(Ss58Codec::to_ss58check).collect::<Vec<_>>();
		let raw = |arguments: &[&str]| {
			let spec = build(&command(arguments), vec![operator(1)]).expect("it is built");
			let json = spec.as_json(true).expect("the genesis is one");
			let json: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
			let key = |pallet: &str, item: &str| {
				let parts = [pallet, item].map(|name| sp_io::hashing::twox_128(name.as_bytes()));
				sp_core::bytes::to_hex(&parts.concat(), false)
			};
			let top = &json["genesis"]["raw"]["top"];
			let at = |pallet, item| top[key(pallet, item)].as_str().map(str::to_string);
			(at("TechnicalCommittee", "Members"), at("Sudo", "Key"))
		};
		let (none, sudo) = raw(&["a.json"]);
		assert!(none.is_none_or(|members| members == "0x00"));
		assert_eq!(sudo, None);
		let both = ["--technical-committee", &named[0], "--technical-committee", &named[1]];
		let (stored, _) = raw(&[&both[..], &["a.json"]].concat());
		let sorted = ["07".repeat(32), "08".repeat(32)].concat();
		assert_eq!(stored, Some(format!("0x08{sorted}")));
		let turned = ["--technical-committee", &named[1], "--technical-committee", &named[0]];
		assert_eq!(raw(&[&turned[..], &["a.json"]].concat()).0, stored);
		let twice = committee(&[members[0].clone(), members[0].clone()]).unwrap_err();
		assert!(twice.to_string().contains("named twice"));
		let many: Vec<_> = (0..14).map(|byte| AccountId::new([byte; 32])).collect();
		assert!(committee(&many).unwrap_err().to_string().contains("14 members"));
	}

	#[test]
	fn specification_should_be_refused_when_operators_share_a_key_or_nobody_makes_blocks() {
		let refused = |operators: &[Operator]| check(operators).expect_err("refused").to_string();
		let twin = Operator { account: AccountId::new([7; 32]), ..operator(1) };
		assert!(refused(&[operator(1), twin]).contains("have the same babe key"));
		let executor = Operator { session: None, ..operator(1) };
		assert!(refused(&[executor]).contains("no blocks"));
		let nothing = Operator { session: None, hot: None, ..operator(2) };
		assert!(refused(&[operator(1), nothing]).contains("neither"));
		assert!(check(&[operator(1), operator(2)]).is_ok());
	}

	#[test]
	fn specification_should_be_refused_when_a_bond_is_more_than_an_operator_has() {
		let command = command(&["--bond", "10", "--endowment", "20", "a.json"]);
		let error = build(&command, vec![operator(1)]).err().expect("refused");
		assert!(error.to_string().contains("raise --endowment"), "{error}");
	}

	#[test]
	fn endowment_should_be_an_account_and_a_whole_amount() {
		let account = AccountId::new([7; 32]);
		let text = format!("{}=5", account.to_ss58check());
		assert_eq!(endowment(&text), Some((account, 5 * OPG)));
		for wrong in ["", "x=5", &format!("{text}.5"), &text.replace('=', " ")] {
			assert_eq!(endowment(wrong), None, "{wrong}");
		}
	}
}
