//! `opg key`.

use super::Session;
use crate::{
	fs,
	keyfile::KeyFile,
	keys::{Password, Secret},
	keystore::Keystore,
	output::Output,
};
use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use serde_json::{json, Value};
use sp_core::{crypto::Ss58Codec, sr25519, Pair};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Commands about keys. None needs a node.
#[derive(Subcommand)]
pub(crate) enum KeyCommand {
	/// Make a new key, and keep it here, encrypted by a password. polkadot.js reads its file.
	Generate {
		/// Name of the key on this machine.
		name: String,
		/// Print the phrase of twelve words from which the key can be made again. Whoever reads it has
		/// the key.
		#[arg(long)]
		show_phrase: bool,
		#[command(flatten)]
		password: Password,
	},
	/// Keep a key here that exists already, encrypted by a password.
	Import(Import),
	/// Show a key: its address, and where its file is.
	Inspect {
		/// Name of a key, or a key file.
		key: String,
		/// Check that the password opens it.
		#[arg(long)]
		open: bool,
		#[command(flatten)]
		password: Password,
	},
	/// List the keys that are kept here. OPG_KEYS names another folder than that of this user.
	List,
}

/// Arguments of `opg key import`. Without an option the secret is asked for.
#[derive(Args)]
pub(crate) struct Import {
	/// Name of the key on this machine.
	name: String,
	/// Key file of polkadot.js or a wallet. It is kept as it is, with its password.
	#[arg(long, value_name = "FILE", conflicts_with = "suri_file")]
	key_file: Option<PathBuf>,
	/// File whose first line is the secret: a phrase, a seed, or a path such as //Alice.
	#[arg(long, value_name = "FILE")]
	suri_file: Option<PathBuf>,
	#[command(flatten)]
	password: Password,
}

impl KeyCommand {
	pub(crate) fn run(&self, session: &Session) -> Result<()> {
		let output = session.output;
		match self {
			Self::Generate { name, show_phrase, password } => {
				let keys = Keystore::open()?;
				keys.check_free(name)?;
				let (pair, phrase, _) = sr25519::Pair::generate_with_phrase(None);
				let phrase = Zeroizing::new(phrase);
				let file = KeyFile::encrypt(&pair, name, &password.new_one(name)?)?;
				let path = keys.add(name, &file)?;
				print(output, name, &file, &path)?;
				if *show_phrase {
					output.news(format_args!("phrase     {}", *phrase));
				}
				output.news("keep a copy of the file: without it and its password the key is lost");
				output.json(|| {
					let mut value = to_json(name, &file, &path);
					if *show_phrase {
						value["phrase"] = json!(*phrase);
					}
					value
				});
			},
			Self::Import(arguments) => arguments.run(output)?,
			Self::Inspect { key, open, password } => {
				let is_path = key.contains(['/', '\\']) || key.ends_with(".json");
				let (path, file) = if is_path {
					let path = PathBuf::from(key);
					let file = KeyFile::parse(&fs::read(&path)?).with_context(|| key.clone())?;
					(path, file)
				} else {
					let keys = Keystore::open()?;
					(keys.path(key), keys.get(key)?)
				};
				if *open {
					file.decrypt(&password.get(key)?).with_context(|| key.clone())?;
				}
				let name = if is_path { file.name().unwrap_or_default() } else { key };
				print(output, name, &file, &path)?;
				if *open {
					output.news("the password opens it");
				}
				output.json(|| to_json(name, &file, &path));
			},
			Self::List => {
				let keys = Keystore::open()?;
				let list = keys.list()?;
				for (name, file) in &list {
					match file {
						Ok(file) => output.news(format_args!("{name:<16} {}", file.address)),
						Err(error) => output.news(format_args!("{name:<16} {error}")),
					}
				}
				if list.is_empty() {
					output.news(format_args!(
						"no keys in {}: `opg key generate NAME` makes one",
						keys.folder().display()
					));
				}
				output.json(|| {
					let readable = list.iter().filter_map(|(name, file)| {
						file.as_ref().ok().map(|file| to_json(name, file, &keys.path(name)))
					});
					readable.collect()
				});
			},
		}
		Ok(())
	}
}

impl Import {
	fn run(&self, output: Output) -> Result<()> {
		let keys = Keystore::open()?;
		keys.check_free(&self.name)?;
		let file = match (&self.key_file, &self.suri_file) {
			(Some(path), _) => {
				let shown = path.display().to_string();
				let file = KeyFile::parse(&fs::read(path)?).with_context(|| shown.clone())?;
				file.decrypt(&self.password.get(&shown)?).context(shown)?;
				file
			},
			(None, Some(path)) => self.encrypt(Secret::of_file(path)?, "the first line")?,
			(None, None) => self.encrypt(Secret::prompt("Phrase or seed")?, "it")?,
		};
		let path = keys.add(&self.name, &file)?;
		print(output, &self.name, &file, &path)?;
		output.json(|| to_json(&self.name, &file, &path));
		Ok(())
	}

	fn encrypt(&self, secret: Secret, from: &str) -> Result<KeyFile> {
		let pair = secret.pair(from)?;
		Ok(KeyFile::encrypt(&pair, &self.name, &self.password.new_one(&self.name)?)?)
	}
}

fn print(output: Output, name: &str, file: &KeyFile, path: &Path) -> Result<()> {
	let public = file.public()?;
	output.news(format_args!("name       {}", opg_execution::printable(name)));
	output.news(format_args!("address    {}", public.to_ss58check()));
	output.news(format_args!("public key 0x{}", hex::encode(public.0)));
	output.news(format_args!("file       {}", path.display()));
	Ok(())
}

fn to_json(name: &str, file: &KeyFile, path: &Path) -> Value {
	let public = file.public().ok();
	json!({
		"name": name,
		"address": public.map(|public| public.to_ss58check()),
		"public_key": public.map(|public| format!("0x{}", hex::encode(public.0))),
		"file": path.display().to_string(),
	})
}
