//! Accounts, and the keys with which they sign.
//!
//! A secret on the command line is seen by every process of the machine, and kept by the shell. So it is
//! taken there on chains for development only.

use crate::{
	chain::Chain,
	failure::Failure,
	fs,
	keyfile::KeyFile,
	keystore::{self, Keystore},
	output::Output,
};
use anyhow::{anyhow, ensure, Context, Result};
use clap::Args;
use opg_primitives::{
	address::{address, SS58_PREFIX},
	executor_key::ExecutorPair,
	AccountId,
};
use serde_json::{json, Value};
use sp_core::{crypto::Ss58Codec, sr25519, Bytes, Pair, H256};
use sp_io::hashing::blake2_256;
use std::{
	env, fmt,
	path::{Path, PathBuf},
	str::FromStr,
};
use zeroize::Zeroizing;

/// Development accounts that the output names.
const KNOWN: [&str; 9] =
	["//Alice", "//Bob", "//Charlie", "//Dave", "//Eve", "//Ferdie", "//One", "//Two", "//Three"];

/// Heading of the options about keys.
pub(crate) const KEYS: &str = "Keys";

/// Types of chains on which a secret may be seen, as nodes name them.
const DEVELOPMENT: [&str; 2] = ["Development", "Local"];

/// A secret: a phrase, a hex seed, or a development path such as `//Alice`.
///
/// Every text is taken as one at first, because clap prints the values that it refuses.
#[derive(Clone)]
pub(crate) struct Secret(Zeroizing<String>);

impl FromStr for Secret {
	type Err = std::convert::Infallible;

	fn from_str(text: &str) -> Result<Self, Self::Err> {
		Ok(Self(Zeroizing::new(text.into())))
	}
}

impl fmt::Debug for Secret {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str("Secret")
	}
}

impl Secret {
	/// The first line of a file.
	pub fn of_file(path: &Path) -> Result<Self> {
		Ok(Self(first_line(path)?))
	}

	/// What a person types, unseen.
	pub fn prompt(what: &str) -> Result<Self> {
		let text = rpassword::prompt_password(format!("{what}: "));
		Ok(Self(Zeroizing::new(text.context("there is no terminal to ask for it")?)))
	}

	/// The executor hot key of the secret. `from` is where it came from.
	pub fn hot_key(&self, from: &str) -> Result<ExecutorPair> {
		ExecutorPair::from_string(&self.0, None).map_err(|_| not_a_secret(from))
	}

	/// The account's key of the secret. `from` is where it came from.
	pub fn pair(&self, from: &str) -> Result<sr25519::Pair> {
		pair(&self.0).map_err(|_| not_a_secret(from))
	}
}

fn not_a_secret(from: &str) -> anyhow::Error {
	let text = format!("{from} is neither a phrase nor a seed nor a path such as //Alice");
	Failure::CannotSign(text).into()
}

/// The first line of a file that holds a secret.
fn first_line(path: &Path) -> Result<Zeroizing<String>> {
	let bytes = Zeroizing::new(fs::read(path)?);
	let text = std::str::from_utf8(&bytes).ok().and_then(|text| text.lines().next());
	let text = text.with_context(|| format!("{} holds no line of text", path.display()))?;
	Ok(Zeroizing::new(text.into()))
}

/// Where the password of a key file comes from.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Password {
	/// File whose first line is the password of the key file. Without it, and without
	/// OPG_PASSWORD_FILE, the password is asked for.
	#[arg(long, value_name = "FILE", help_heading = KEYS)]
	password_file: Option<PathBuf>,
}

impl Password {
	/// The password of a file that exists.
	pub fn get(&self, of: &str) -> Result<Zeroizing<String>> {
		match self.file()? {
			Some(password) => Ok(password),
			None => ask(&format!("Password of {of}: ")),
		}
	}

	/// A new password. A person types it twice.
	pub fn new_one(&self, of: &str) -> Result<Zeroizing<String>> {
		let password = match self.file()? {
			Some(password) => password,
			None => {
				let password = ask(&format!("New password of {of}: "))?;
				ensure!(password == ask("The same again: ")?, "the passwords differ");
				password
			},
		};
		ensure!(!password.is_empty(), "a key file has a password: the empty one protects nothing");
		Ok(password)
	}

	fn file(&self) -> Result<Option<Zeroizing<String>>> {
		let file =
			self.password_file.clone().or_else(|| variable("OPG_PASSWORD_FILE").map(Into::into));
		file.as_deref().map(first_line).transpose()
	}
}

fn ask(prompt: &str) -> Result<Zeroizing<String>> {
	rpassword::prompt_password(prompt).map(Zeroizing::new).map_err(|error| {
		let text = format!("no password: {error}. Give it in a file, with --password-file");
		Failure::CannotSign(text).into()
	})
}

/// The account that signs a transaction.
#[derive(Args, Clone, Debug)]
#[group(skip)]
pub(crate) struct Signer {
	#[command(flatten)]
	source: Source,
	#[command(flatten)]
	password: Password,
	/// Sign nothing: print the call, for a wallet to sign. Takes an address as --account as well.
	#[arg(long, requires = "account", help_heading = KEYS)]
	unsigned: bool,
}

/// Where the key comes from. At most one is given; without any, the environment says: OPG_ACCOUNT,
/// OPG_KEY_FILE, OPG_SURI_FILE or OPG_SURI.
#[derive(Args, Clone, Debug, Default)]
#[group(multiple = false)]
struct Source {
	/// Key of `opg key list` that signs. Without any of these options, OPG_ACCOUNT, OPG_KEY_FILE,
	/// OPG_SURI_FILE or OPG_SURI say who signs.
	#[arg(long, value_name = "NAME", help_heading = KEYS)]
	account: Option<String>,
	/// Encrypted key file of `opg key`, polkadot.js or a wallet.
	#[arg(long, value_name = "FILE", help_heading = KEYS)]
	key_file: Option<PathBuf>,
	/// File whose first line is the secret: a phrase, a seed, or a path such as //Alice.
	#[arg(long, value_name = "FILE", help_heading = KEYS)]
	suri_file: Option<PathBuf>,
	/// The secret itself. On chains for development only: others can see it here.
	#[arg(long, value_name = "SECRET", help_heading = KEYS)]
	suri: Option<Secret>,
}

impl Source {
	fn is_given(&self) -> bool {
		let Self { account, key_file, suri_file, suri } = self;
		account.is_some() || key_file.is_some() || suri_file.is_some() || suri.is_some()
	}

	/// What the environment says. Secrets may be there: only this user can read it.
	fn of_environment() -> Self {
		Self {
			account: variable("OPG_ACCOUNT"),
			key_file: variable("OPG_KEY_FILE").map(Into::into),
			suri_file: variable("OPG_SURI_FILE").map(Into::into),
			suri: variable("OPG_SURI").map(|text| Secret(Zeroizing::new(text))),
		}
	}
}

/// A variable of the environment, if it is set, not empty, and text.
fn variable(name: &str) -> Option<String> {
	env::var(name).ok().filter(|value| !value.is_empty())
}

impl Signer {
	/// The account, able to sign unless the options say otherwise.
	///
	/// # Errors
	///
	/// [`Failure::CannotSign`] where there is no key, or it would be seen by others.
	pub fn account(&self, chain: &Chain) -> Result<Account> {
		if self.unsigned {
			let account = self.source.account.as_deref().unwrap_or_default();
			return Ok(Account { id: keystore::find(account)?, pair: None });
		}
		if let Some(secret) = &self.source.suri {
			check_exposure(chain, "--suri")?;
			return secret.pair("--suri").map(Into::into);
		}
		let from_environment;
		let source = if self.source.is_given() {
			&self.source
		} else {
			from_environment = Source::of_environment();
			&from_environment
		};
		self.open(source).map(Into::into)
	}

	fn open(&self, source: &Source) -> Result<sr25519::Pair> {
		match source {
			Source { account: Some(name), key_file: None, suri_file: None, suri: None } => {
				let keys = Keystore::open()?;
				keys.get(name)?.decrypt(&self.password.get(name)?).with_context(|| name.clone())
			},
			Source { account: None, key_file: Some(path), suri_file: None, suri: None } => {
				let shown = path.display().to_string();
				let file = KeyFile::parse(&fs::read(path)?).with_context(|| shown.clone())?;
				file.decrypt(&self.password.get(&shown)?).context(shown)
			},
			Source { account: None, key_file: None, suri_file: Some(path), suri: None } => {
				Secret::of_file(path)?.pair(&format!("the first line of {}", path.display()))
			},
			Source { account: None, key_file: None, suri_file: None, suri: Some(secret) } => {
				secret.pair("OPG_SURI")
			},
			Source { account: None, key_file: None, suri_file: None, suri: None } => {
				Err(Failure::CannotSign(
					"say who signs: --account NAME for a key of `opg key generate`, --key-file FILE for \
					 one of a wallet, or, on a chain for development, --suri //Alice"
						.into(),
				)
				.into())
			},
			_ => Err(Failure::CannotSign(
				"several of OPG_ACCOUNT, OPG_KEY_FILE, OPG_SURI_FILE and OPG_SURI say who signs: give \
				 an option, which comes before them"
					.into(),
			)
			.into()),
		}
	}
}

/// Fails where a secret on the command line could be worth something.
pub(crate) fn check_exposure(chain: &Chain, option: &str) -> Result<()> {
	let kind: Value = chain.rpc().call("system_chainType", &[])?;
	if kind.as_str().is_some_and(|kind| DEVELOPMENT.contains(&kind)) {
		return Ok(());
	}
	Err(Failure::CannotSign(format!(
		"{option} is for chains of development, and {} is none: every process of this machine can read \
		 a command line, and the shell keeps it. Take the secret for known to others. Use a key of `opg \
		 key import` with --account, a key file with --key-file, or a secret in a file with {option}-file",
		chain.name()
	))
	.into())
}

/// An account that sends transactions.
#[derive(Clone)]
pub(crate) struct Account {
	id: AccountId,
	/// `None` where somebody else signs.
	pair: Option<sr25519::Pair>,
}

impl From<sr25519::Pair> for Account {
	fn from(pair: sr25519::Pair) -> Self {
		Self { id: account(&pair), pair: Some(pair) }
	}
}

impl Account {
	/// The account of a development path such as `//Alice`.
	pub fn development(path: &str) -> Result<Self> {
		Ok(pair(path)?.into())
	}

	/// The account.
	pub fn id(&self) -> &AccountId {
		&self.id
	}

	/// The key, if it is here.
	pub fn pair(&self) -> Option<&sr25519::Pair> {
		self.pair.as_ref()
	}

	/// The key that signs an encoded call.
	///
	/// # Errors
	///
	/// [`Unsigned`], where somebody else signs.
	pub fn key_for(&self, call: &[u8]) -> Result<&sr25519::Pair, Unsigned> {
		self.pair
			.as_ref()
			.ok_or_else(|| Unsigned { signer: self.id.clone(), call: Bytes(call.to_vec()) })
	}

	/// The account, if its key is here.
	pub fn with_key(self, what: &str) -> Result<Self> {
		ensure!(
			self.pair.is_some(),
			Failure::CannotSign(format!(
				"{what} needs the key on this machine: not with --unsigned"
			))
		);
		Ok(self)
	}
}

/// A call that is not sent, because somebody else signs it.
#[derive(Debug, thiserror::Error)]
#[error("not sent: somebody else signs")]
pub(crate) struct Unsigned {
	/// The account that has to sign.
	pub signer: AccountId,
	/// The encoded call.
	pub call: Bytes,
}

impl Unsigned {
	/// Prints the call as the result of the command.
	pub fn print(&self, output: Output) {
		let call = json!(self.call);
		let hash = H256(blake2_256(&self.call));
		output.news(format_args!("call       {}", call.as_str().unwrap_or_default()));
		output.news(format_args!("call hash  {hash:?}"));
		output.news(format_args!(
			"nothing was sent: let {} sign the call, in polkadot.js Apps under Developer, Extrinsics, \
			 Decode",
			name(&self.signer)
		));
		output.json(
			|| json!({ "unsigned": true, "signer": name(&self.signer), "call": call, "call_hash": hash }),
		);
	}
}

/// The pair of a secret.
pub(crate) fn pair(secret: &str) -> Result<sr25519::Pair> {
	sr25519::Pair::from_string(secret, None)
		.map_err(|_| anyhow!("neither a phrase nor a seed nor a path such as //Alice"))
}

/// The account of a pair.
pub(crate) fn account(pair: &sr25519::Pair) -> AccountId {
	AccountId::from(pair.public().0)
}

/// Reads an account: an address, or a development path such as `//Alice`.
pub(crate) fn parse_account(text: &str) -> Result<AccountId> {
	if text.starts_with("//") {
		return Ok(account(&pair(text)?));
	}
	let (account, format) = AccountId::from_ss58check_with_version(text)
		.map_err(|_| anyhow!("neither an address nor a path such as //Alice"))?;
	ensure!(
		format.prefix() == SS58_PREFIX,
		"an address of another network, with the prefix {}: the account of this key is {} here",
		format.prefix(),
		address(&account)
	);
	Ok(account)
}

/// The name of a development account, the address of any other.
pub(crate) fn name(who: &AccountId) -> String {
	KNOWN
		.iter()
		.find(|path| pair(path).is_ok_and(|pair| account(&pair) == *who))
		.map_or_else(|| address(who), |path| path.trim_start_matches('/').to_string())
}

#[cfg(test)]
mod tests {
	use super::*;
	use codec::Encode;
	use opg_runtime::RuntimeCall;

	#[test]
	fn name_should_be_short_when_an_account_is_for_development() {
		assert_eq!(name(&parse_account("//Ferdie").unwrap()), "Ferdie");
		let other = AccountId::from([7; 32]);
		assert_eq!(parse_account(&name(&other)).unwrap(), other);
	}

	#[test]
	fn account_should_be_refused_when_it_is_neither_an_address_nor_a_path() {
		for text in
			["", "Alice", "/Alice", "0x00", "opJ34wkzbEsRaYwsvsQbkN7HwxeYDRsFdUNYs59Eu1nviSTLf"]
		{
			assert!(parse_account(text).is_err(), "{text}");
		}
	}

	#[test]
	fn address_should_be_refused_with_ours_when_it_is_of_another_network() {
		let theirs = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
		let error = parse_account(theirs).unwrap_err().to_string();
		let ours = address(&parse_account("//Alice").unwrap());
		assert!(error.contains("prefix 42") && error.contains(&ours), "{error}");
	}

	#[test]
	fn secret_should_stay_out_of_errors_when_it_is_refused() {
		let words = "bottom drive obey lake curtain smoke basket hold race lonely fit secretly";
		let secret: Secret = words.parse().unwrap();
		for error in [secret.pair("--suri").err().unwrap(), secret.hot_key("--suri").err().unwrap()]
		{
			let error = format!("{error:#}");
			assert!(error.contains("--suri"), "{error}");
			assert!(words.split(' ').all(|word| !error.contains(word)), "{error}");
		}
		assert_eq!(format!("{secret:?}"), "Secret");
	}

	#[test]
	fn secret_should_be_the_first_line_of_its_file() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("secret");
		for text in ["//Alice", "//Alice\n", "//Alice\r\nmore"] {
			std::fs::write(&path, text).unwrap();
			let pair = Secret::of_file(&path).unwrap().pair("it").unwrap();
			assert_eq!(account(&pair), parse_account("//Alice").unwrap(), "{text:?}");
		}
		for bytes in [&b""[..], b"\xff"] {
			std::fs::write(&path, bytes).unwrap();
			assert!(Secret::of_file(&path).is_err());
		}
	}

	#[test]
	fn call_should_be_handed_out_when_somebody_else_signs() {
		let call = RuntimeCall::System(frame_system::Call::remark { remark: vec![7] });
		let alice = parse_account("//Alice").unwrap();
		let account = Account { id: alice.clone(), pair: None };
		let unsigned = account.key_for(&call.encode()).err().unwrap();
		assert_eq!((unsigned.signer, unsigned.call.0), (alice, call.encode()));
		assert!(account.with_key("this").is_err());
		assert!(Account::development("//Alice").unwrap().key_for(&call.encode()).is_ok());
	}
}
